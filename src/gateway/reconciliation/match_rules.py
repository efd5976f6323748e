"""The rules by which a statement line is known for what it is: a declared list, strict to loose.

A rule is a statement that names candidates (``line_id``, ``matched_id``) among the lines of the temporary table ``undecided``.
The engine (``decide``) takes a candidate only where a line has exactly one and, for things that happen once, no other line
claims it too; where there are two, a person decides. A rule that is not sure only suggests. A new rule is a few lines here and
a case in ``tests/reconciliation/test_match_rules.py``, which holds the list to its cases.

Source: SRC-030 and SRC-LEDGER; the order is the house's own (docs/decisions/0081).
"""

from typing import NamedTuple

from gateway.reconciliation.evidence_of_lines import CASH_WORDS, SETTLEMENT_WORDS

SURE, BY_SETTING, HINT = "sure", "by_setting", "hint"
"""Books by itself; books by itself where the mutual has said so, else suggests; only ever suggests."""


class Rule(NamedTuple):
    """How a line may be known for what it is."""

    code: str
    kind: str
    """What it is matched to; decides how it is booked."""
    strength: str
    happens_once: bool
    """Whether two lines cannot both be it: a payment, a transfer; a member pays as often as she likes."""
    fields: tuple[str, ...]
    """What agreed, kept with the match."""
    meaning: str
    candidates: str
    alone: str = ""
    """Of the rule that knows nearly every line: where ``referenced_id`` of a line ``u`` is its only candidate. Such lines are taken in
    one pass, and the same condition tells what is left; nothing is joined or grouped again."""
    needs: str = ""
    """What has to be made ready, in order (``evidence_of_lines``): ``numbers`` of members; ``text``; ``signs``, numbers of people in it; ``names``;
    ``dues`` of who is named; ``amounts`` that anybody owes; ``sums``."""


OUR_PAYMENT = Rule(
    "our_end_to_end_id",
    "filing_payment",
    SURE,
    True,
    ("end_to_end_id", "amount"),
    "A payment of ours: its end-to-end id and its amount",
    """
-- one row per debit and payment of ours with its id and amount
SELECT l.line_id, p.id AS matched_id FROM undecided l
JOIN filing_payment p ON p.mutual_id = (SELECT current_mutual()) AND p.end_to_end_id = l.end_to_end_id AND p.amount_minor = -l.amount_minor
WHERE l.amount_minor < 0 AND p.booked_on IS NULL AND p.withdrawn_at IS NULL AND p.released_at IS NOT NULL
""",
)

RETURNED_PAYMENT = Rule(
    "payment_returned",
    "filing_payment_return",
    SURE,
    True,
    ("end_to_end_id", "amount", "account"),
    "A payment to the state that came back: its end-to-end id and its amount; its booking may stand on the same statement",
    """
-- one row per credit and released payment of ours with its id and amount that did not come back before
SELECT l.line_id, p.id AS matched_id FROM undecided l
JOIN filing_payment p ON p.mutual_id = (SELECT current_mutual()) AND p.end_to_end_id = l.end_to_end_id AND p.amount_minor = l.amount_minor
WHERE l.amount_minor > 0 AND p.account_code = l.ledger_code AND p.released_at IS NOT NULL AND p.returned_at IS NULL
""",
)

OUR_PAYOUT = Rule(
    "payout_booked",
    "payout_booking",
    SURE,
    True,
    ("end_to_end_id", "amount", "account"),
    "A payout of ours: its end-to-end id and its amount, from the account it was ordered from",
    """
-- one row per debit and payout without an outcome with its id and amount, from the account that was to pay it
SELECT l.line_id, p.id AS matched_id FROM undecided l
JOIN payout p ON p.mutual_id = (SELECT current_mutual()) AND p.end_to_end_id = l.end_to_end_id AND p.amount_minor = -l.amount_minor
JOIN payout_batch b ON b.mutual_id = p.mutual_id AND b.id = p.batch_id AND b.provider = l.ledger_code
WHERE l.amount_minor < 0 AND p.status = 'ordered' AND b.released_at IS NOT NULL
""",
)

PAYOUT_SHOWN = Rule(
    "payout_shown",
    "payout_shown",
    SURE,
    False,
    ("our id or the provider's", "amount", "account"),
    "A payout whose provider said before that it was paid, on the statement of the provider's account: it is in the books already",
    """
-- one row per paid payout and the first debit of its account that shows it; another debit for it is nobody's
WITH named AS (
    SELECT l.line_id, p.id, p.batch_id, l.ledger_code FROM undecided l
    JOIN payout p ON p.mutual_id = (SELECT current_mutual()) AND p.end_to_end_id = l.end_to_end_id AND p.amount_minor = -l.amount_minor
    WHERE l.amount_minor < 0 AND p.status IN ('paid', 'returned')
    UNION
    SELECT l.line_id, p.id, p.batch_id, l.ledger_code FROM undecided l
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(ARRAY[l.end_to_end_id, l.bank_reference, l.reference]) AS name) n
    JOIN payout p ON p.mutual_id = (SELECT current_mutual()) AND p.provider_reference = n.name AND p.amount_minor = -l.amount_minor
    WHERE l.amount_minor < 0 AND p.status IN ('paid', 'returned')
)
SELECT DISTINCT ON (n.id) n.line_id, n.id AS matched_id FROM named n
JOIN payout_batch b ON b.mutual_id = (SELECT current_mutual()) AND b.id = n.batch_id AND b.provider = n.ledger_code
WHERE NOT EXISTS (
    SELECT FROM reconciliation_match k
    WHERE k.mutual_id = b.mutual_id AND k.kind IN ('payout_booking', 'payout_shown') AND k.matched_id = n.id)
ORDER BY n.id, n.line_id
""",
)

RETURNED_PAYOUT = Rule(
    "payout_returned",
    "payout",
    SURE,
    True,
    ("end_to_end_id", "amount"),
    "A payout that came home: the end-to-end id we gave it and its amount; its booking may stand on the same statement",
    """
-- one row per credit and payout that was paid, or is by a line before it, with its id and amount; of the payer's own account also by
-- his number of the payment
SELECT l.line_id, p.id AS matched_id FROM undecided l
JOIN payout p ON p.mutual_id = (SELECT current_mutual()) AND p.end_to_end_id = l.end_to_end_id AND p.amount_minor = l.amount_minor
WHERE l.amount_minor > 0 AND p.status IN ('ordered', 'paid')
UNION
SELECT l.line_id, p.id FROM undecided l
CROSS JOIN LATERAL (SELECT DISTINCT unnest(ARRAY[l.end_to_end_id, l.bank_reference, l.reference]) AS name) n
JOIN payout p ON p.mutual_id = (SELECT current_mutual()) AND p.provider_reference = n.name AND p.amount_minor = l.amount_minor
JOIN payout_batch b ON b.mutual_id = p.mutual_id AND b.id = p.batch_id AND b.provider = l.ledger_code
WHERE l.amount_minor > 0 AND l.ledger_code LIKE 'momo:%%' AND p.status = 'paid'
""",
)

RETURN_SHOWN = Rule(
    "payout_return_shown",
    "payout_return_shown",
    SURE,
    False,
    ("our id or the provider's", "amount", "account"),
    "A payout that is known to have come back, on the statement of the account it came back to: it is in the books already",
    """
-- one row per payout whose return to an account is booked and the first credit there that shows it; another credit for it is nobody's
WITH named AS (
    SELECT l.line_id, p.id, l.ledger_code FROM undecided l
    JOIN payout p ON p.mutual_id = (SELECT current_mutual()) AND p.end_to_end_id = l.end_to_end_id AND p.amount_minor = l.amount_minor
    WHERE l.amount_minor > 0 AND p.status = 'returned'
    UNION
    SELECT l.line_id, p.id, l.ledger_code FROM undecided l
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(ARRAY[l.end_to_end_id, l.bank_reference, l.reference]) AS name) n
    JOIN payout p ON p.mutual_id = (SELECT current_mutual()) AND p.provider_reference = n.name AND p.amount_minor = l.amount_minor
    WHERE l.amount_minor > 0 AND l.ledger_code LIKE 'momo:%%' AND p.status = 'returned'
)
SELECT DISTINCT ON (n.id) n.line_id, n.id AS matched_id FROM named n
JOIN ledger_tx t ON t.mutual_id = (SELECT current_mutual()) AND t.idempotency_key = 'payout:' || n.id || ':return'
JOIN ledger_account a ON a.mutual_id = t.mutual_id AND a.code = n.ledger_code
JOIN ledger_entry e ON e.mutual_id = t.mutual_id AND e.tx_id = t.id AND e.account_id = a.id
WHERE NOT EXISTS (
    SELECT FROM reconciliation_match k
    WHERE k.mutual_id = t.mutual_id AND k.kind IN ('payout', 'payout_return_shown') AND k.matched_id = n.id)
ORDER BY n.id, n.line_id
""",
)

STATE_MONEY = Rule(
    "remittance_transfer",
    "benefit_remittance",
    SURE,
    True,
    ("end_to_end_id",),
    "Benefits from the state: the end-to-end id that its advice names",
    """
-- one row per credit and advice that names its id
SELECT l.line_id, r.id AS matched_id FROM undecided l
JOIN benefit_remittance r ON r.mutual_id = (SELECT current_mutual()) AND r.transfer_reference = l.end_to_end_id
WHERE l.amount_minor > 0 AND r.status IN ('advised', 'differs')
""",
)

TRANSFER = Rule(
    "transfer_reference",
    "own_transfer",
    SURE,
    True,
    ("reference", "direction"),
    "A transfer between our own places: its reference",
    """
-- one row per line and ordered transfer whose reference it carries
SELECT l.line_id, t.id AS matched_id FROM undecided l
JOIN own_transfer t ON t.mutual_id = (SELECT current_mutual()) AND t.transit_code = l.ledger_code || ':in-transit'
    AND t.reference IN (l.reference, l.end_to_end_id, l.bank_reference)
WHERE t.status = 'ordered' AND (l.amount_minor > 0) = (t.to_code = l.ledger_code)
""",
)

MEMBER = Rule(
    "member_reference",
    "member",
    SURE,
    False,
    ("reference", "check digits"),
    "A member's own payment reference with right check digits",
    """
-- one row per credit and member whose reference it carries; a line with several references has a row for each
SELECT l.line_id, l.referenced_id AS matched_id FROM undecided l WHERE l.referenced_id IS NOT NULL
UNION ALL
SELECT l.line_id, o.member_id FROM undecided l JOIN odd_number o ON o.bare = substr(l.reference, 5)
WHERE l.amount_minor > 0 AND l.reference LIKE 'RF%%' AND l.references_found = '{}'
UNION ALL
SELECT l.line_id, w.member_id FROM undecided l CROSS JOIN unnest(l.references_found) AS r (reference)
JOIN (
    SELECT m.id AS member_id, m.number AS bare FROM member m WHERE m.mutual_id = (SELECT current_mutual())
    UNION ALL SELECT o.member_id, o.bare FROM odd_number o
) w ON w.bare = substr(r.reference, 5)
WHERE l.amount_minor > 0 AND l.references_found <> '{}' AND EXISTS (SELECT FROM undecided WHERE references_found <> '{}')
""",
    alone="u.referenced_id IS NOT NULL AND substr(u.reference, 5) NOT IN (SELECT bare FROM odd_number)",
    needs="numbers",
)

EMPLOYER = Rule(
    "employer_reference",
    "employer",
    SURE,
    False,
    ("reference", "check digits"),
    "The reference of an employer the mutual files for, with right check digits",
    """
-- one row per credit and employer whose reference it carries; none where a member has that very number
SELECT l.line_id, e.id AS matched_id FROM undecided l
CROSS JOIN LATERAL (SELECT unnest(CASE WHEN l.references_found = '{}' THEN ARRAY[l.reference] ELSE l.references_found END) AS reference) r
JOIN employer e ON e.mutual_id = (SELECT current_mutual())
    AND 'EMP' || regexp_replace(upper(e.number), '[^A-Z0-9]', '', 'g') = substr(r.reference, 5)
WHERE l.amount_minor > 0 AND r.reference LIKE 'RF__EMP%%' AND (l.references_found <> '{}' OR l.reference LIKE 'RF__EMP%%')
  AND NOT EXISTS (SELECT FROM member m WHERE m.mutual_id = e.mutual_id AND m.number = substr(r.reference, 5))
""",
)

SINGLE_SETTLEMENT = Rule(
    "provider_transaction",
    "provider_payment",
    SURE,
    True,
    ("provider's transaction id", "amount"),
    "One payment by telephone, brought to the bank by itself: the provider's transaction id and its amount",
    """
-- one row per credit and payment by telephone whose id at the provider it carries
SELECT DISTINCT l.line_id, r.id AS matched_id FROM undecided l
CROSS JOIN unnest(ARRAY[l.end_to_end_id, l.bank_reference, l.reference]) AS n (number)
JOIN bank_account p ON p.mutual_id = (SELECT current_mutual()) AND p.kind = 'mobile_money'
JOIN contribution_receipt r ON r.mutual_id = (SELECT current_mutual()) AND r.source = p.ledger_code AND r.source_reference = n.number
    AND r.channel = 'mobile_money' AND r.amount_minor = l.amount_minor AND r.currency = l.currency
WHERE l.amount_minor > 0
  AND NOT EXISTS (SELECT FROM contribution_reversal v WHERE v.mutual_id = r.mutual_id AND v.receipt_id = r.id)
  AND NOT EXISTS (
    SELECT FROM reconciliation_match k
    WHERE k.mutual_id = r.mutual_id AND k.kind = 'provider_payment' AND k.matched_id = r.id)
""",
)

_BY_AMOUNT = """
-- one row per credit without a sign of anybody and transfer of exactly its amount that was ordered in the days before
SELECT l.line_id, t.id AS matched_id FROM undecided l JOIN line_text x ON x.line_id = l.line_id
JOIN own_transfer t ON t.mutual_id = (SELECT current_mutual()) AND t.to_code = l.ledger_code AND t.amount_minor = l.amount_minor
    AND t.currency = l.currency AND l.booked_on BETWEEN t.ordered_on AND t.ordered_on + 10
WHERE l.amount_minor > 0 AND t.status = 'ordered' AND t.from_code LIKE '{head}%%' AND l.reference IS NULL AND {told}
  AND NOT EXISTS (SELECT FROM line_sign s WHERE s.line_id = l.line_id)
  AND NOT EXISTS (SELECT FROM owed_amount d WHERE d.amount_minor = l.amount_minor)
"""

SETTLEMENT = Rule(
    "settlement_amount",
    "own_transfer",
    SURE,
    True,
    ("amount", "provider or word for a settlement in the text", "days since", "nobody owes it"),
    "A provider's settlement report less its fees, to the unit; no one else's amount",
    _BY_AMOUNT.replace("{head}", "momo:").replace(
        "{told}",
        f"(concat_ws(' ', x.text, x.counterparty) ~* '{SETTLEMENT_WORDS}'"
        " OR strpos(lower(concat_ws(' ', x.text, x.counterparty)), split_part(t.from_code, ':', 2)) > 0)",
    ),
    needs="text signs amounts",
)

DEPOSIT = Rule(
    "deposit_amount",
    "own_transfer",
    SURE,
    True,
    ("amount", "word for cash in the text", "days since", "nobody owes it"),
    "Cash on its way to the bank: what closed sessions set aside, to the unit; no one else's amount",
    _BY_AMOUNT.replace("{head}", "cash:").replace("{told}", f"x.text ~* '{CASH_WORDS}'"),
    needs="text signs amounts",
)

SESSION = Rule(
    "session_amount",
    "cash_session",
    SURE,
    True,
    ("amount", "word for cash in the text", "days since", "nobody owes it"),
    "The receipts of one closed cash session that nobody said was brought to the bank, to the unit",
    """
-- one row per credit without a sign of anybody and closed session whose money waits for the bank, of exactly its amount
SELECT l.line_id, s.id AS matched_id FROM undecided l JOIN line_text x ON x.line_id = l.line_id
JOIN cash_session s ON s.mutual_id = (SELECT current_mutual()) AND s.status = 'closed' AND s.currency = l.currency
    AND s.counted_minor - s.kept_minor = l.amount_minor AND l.booked_on BETWEEN s.counted_on AND s.counted_on + 10
WHERE l.amount_minor > 0 AND l.reference IS NULL AND l.ledger_code LIKE 'bank:%%' AND {told}
  AND NOT EXISTS (
    SELECT FROM cash_deposit d WHERE d.mutual_id = s.mutual_id AND d.session_id = s.id AND d.released_at IS NULL)
  AND NOT EXISTS (SELECT FROM own_transfer t WHERE t.mutual_id = s.mutual_id AND t.status = 'ordered'
    AND t.to_code = l.ledger_code AND t.amount_minor = l.amount_minor)
  AND NOT EXISTS (SELECT FROM line_sign g WHERE g.line_id = l.line_id)
  AND NOT EXISTS (SELECT FROM owed_amount u WHERE u.amount_minor = l.amount_minor)
""".replace("{told}", f"x.text ~* '{CASH_WORDS}'"),
    needs="text signs amounts",
)

IDENTITY = Rule(
    "identity_and_due",
    "member",
    BY_SETTING,
    False,
    ("identity number", "amount = an open due"),
    "A member's identity number in the text, and exactly what one of that member's open months costs or lacks",
    """
-- one row per credit and member whose identity number its text holds, where she owes exactly its amount
SELECT l.line_id, s.member_id AS matched_id FROM undecided l JOIN line_sign s ON s.line_id = l.line_id
    AND s.how = 'identity' AND s.persons = 1
WHERE l.amount_minor > 0
  AND EXISTS (SELECT FROM open_due d WHERE d.member_id = s.member_id AND d.amount_minor = l.amount_minor)
""",
    needs="text signs names dues",
)

PHONE = Rule(
    "phone_and_due",
    "member",
    BY_SETTING,
    False,
    ("telephone", "amount = an open due"),
    "A member's telephone in the text, and exactly what one of that member's open months costs or lacks",
    """
-- one row per credit and member whose telephone its text holds, where she owes exactly its amount
SELECT l.line_id, s.member_id AS matched_id FROM undecided l JOIN line_sign s ON s.line_id = l.line_id
    AND s.how = 'phone' AND s.persons = 1
WHERE l.amount_minor > 0
  AND EXISTS (SELECT FROM open_due d WHERE d.member_id = s.member_id AND d.amount_minor = l.amount_minor)
""",
    needs="text signs names dues",
)

MONTHS = Rule(
    "months_of_one_member",
    "member",
    BY_SETTING,
    False,
    ("identity number or telephone", "amount = a sum of her open months, the only one"),
    "A member's number in the text, and a sum of that member's open months in one way alone",
    """
-- one row per credit and member named in its text whose open months make it, in one way alone
SELECT line_id, owner_id AS matched_id FROM line_sum WHERE kind = 'months' AND ways = 1
""",
    needs="text signs names dues amounts sums",
)

SESSIONS = Rule(
    "sessions_of_one_collector",
    "cash_sessions",
    SURE,
    True,
    ("amount = a sum of one till's closed sessions, the only one", "word for cash in the text", "nobody owes it"),
    "Several closed sessions of one till that nobody said were brought to the bank, in one way alone",
    """
-- one row per credit and till whose waiting sessions make it, in one way alone over all tills
SELECT s.line_id, s.owner_id AS matched_id FROM line_sum s WHERE s.kind = 'sessions' AND s.ways = 1
""",
    needs="text signs names dues amounts sums",
)

SIGN = Rule(
    "number_in_text",
    "member",
    HINT,
    False,
    ("identity number, telephone or member number",),
    "A member's number stands in the text; the amount is another than that member owes",
    """
-- one row per credit and member of whom its text holds a number
SELECT DISTINCT l.line_id, s.member_id AS matched_id FROM undecided l JOIN line_sign s ON s.line_id = l.line_id
WHERE l.amount_minor > 0
""",
    needs="text signs",
)

NAME = Rule(
    "name_and_due",
    "member",
    HINT,
    False,
    ("name", "amount = an open due"),
    "A member of the payer's name owes exactly this; a name is only a hint",
    """
-- one row per credit and member of its payer's name who owes exactly its amount
SELECT l.line_id, n.member_id AS matched_id FROM undecided l JOIN line_name n ON n.line_id = l.line_id
WHERE l.amount_minor > 0
  AND EXISTS (SELECT FROM open_due d WHERE d.member_id = n.member_id AND d.amount_minor = l.amount_minor)
""",
    needs="text signs names dues",
)

_TAKEN_BACK = """
-- one row per debit marked as a reversal and {what} of a line of its account with its id or reference and amount; where the id
-- it names is another line's, a reference that many payments carry says nothing
SELECT DISTINCT l.line_id, r.id AS matched_id FROM undecided l JOIN line_text x ON x.line_id = l.line_id AND x.is_reversal
JOIN bank_statement_line c ON c.mutual_id = (SELECT current_mutual()) AND c.account_id = l.account_id AND c.amount_minor = -l.amount_minor
    AND c.booked_on <= l.booked_on AND c.status <> 'open'
    AND (c.end_to_end_id = l.end_to_end_id
         OR ((c.reference = l.reference OR c.bank_reference = l.bank_reference) AND NOT EXISTS (
            SELECT FROM bank_statement_line e WHERE e.mutual_id = c.mutual_id AND e.end_to_end_id = l.end_to_end_id
              AND e.account_id = c.account_id AND e.amount_minor > 0)))
JOIN {receipts} r ON r.mutual_id = c.mutual_id AND r.source = l.ledger_code
    AND r.source_reference = 'statement_line:' || c.id
WHERE l.amount_minor < 0
  AND NOT EXISTS (SELECT FROM {reversals} v WHERE v.mutual_id = r.mutual_id AND v.receipt_id = r.id)
"""

TAKEN_BACK = Rule(
    "taken_back",
    "receipt",
    SURE,
    True,
    ("reversal mark", "reference", "amount"),
    "A payment that the bank took back: marked as a reversal, the same reference, the same amount the other way",
    _TAKEN_BACK.format(what="receipt", receipts="contribution_receipt", reversals="contribution_reversal"),
    needs="text",
)

EMPLOYER_TAKEN_BACK = Rule(
    "employer_taken_back",
    "employer_receipt",
    SURE,
    True,
    ("reversal mark", "reference", "amount"),
    "An employer's payment that the bank took back: marked as a reversal, the same reference, the same amount the other way",
    _TAKEN_BACK.format(what="employer's payment", receipts="employer_receipt", reversals="employer_reversal"),
    needs="text",
)

RULES = (
    OUR_PAYMENT, RETURNED_PAYMENT, OUR_PAYOUT, PAYOUT_SHOWN, RETURNED_PAYOUT, RETURN_SHOWN, STATE_MONEY, TRANSFER, EMPLOYER, MEMBER, SINGLE_SETTLEMENT, SETTLEMENT, DEPOSIT, SESSION, IDENTITY,
    PHONE, MONTHS, SESSIONS, SIGN, NAME,
)  # fmt: skip
"""In the order in which they are asked."""

AFTERWARDS = (TAKEN_BACK, EMPLOYER_TAKEN_BACK)
"""Asked when the credits are booked, for they may be what is taken back."""

BY_CODE = {rule.code: rule for rule in (*RULES, *AFTERWARDS)}
