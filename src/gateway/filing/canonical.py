"""The bytes of a line that the filing's Merkle root stands over.

Fields in a fixed order, joined by tabs, UTF-8; amounts of the components by commas; nothing where a value is empty. They
say who is declared with what, what it costs by component, and where the money came from, so that anybody who holds a
line's bytes, its number and the root can prove both without us. The order never changes; a new field would be a new
``FORM``. The database writes them from the frozen columns (``l``) and the filing's own id (``f``): one definition, for
sealing and for proving.
"""

FORM = "gateway.filing_line.2"

CANONICAL = f"""concat_ws(E'\\t', '{FORM}', f.reference, l.line_no, l.document_kind, l.document, l.given_names,
    l.first_surname, l.second_surname, l.sex, to_char(l.birth_date, 'YYYY-MM-DD'), l.wage_minor, l.member_id,
    l.assessment_id, l.additional_dependants, array_to_string(l.amounts_minor, ','), l.state_minor, l.fee_minor,
    l.from_member_minor, l.credit_minor, l.from_fund_minor, l.from_reserve_minor, coalesce(l.fund_id::text, ''),
    l.from_employer_minor)"""
"""SQL text of the fields, in order."""
