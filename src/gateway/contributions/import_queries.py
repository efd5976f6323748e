"""The statements of a receipts file: what becomes of each row, and the writing of those that are accepted."""

from typing import NamedTuple

from gateway.contributions.receive_queries import NUMBER, SALT
from gateway.ledger.queries import NEW_TX_ID

STAGED = {
    "row_no": "int4",
    "claimed": "text",
    "value": "text",
    "number": "text",
    "amount_minor": "int8",
    "paid_on": "date",
    "payer_reference": "text",
    "collector": "text",
    "note": "text",
    "raw": "text",
    "problems": "text",
}
"""One row per row of the file: what was read, the cells as they came, and why it cannot be read, if it cannot.

Who paid stands as claimed, as registers keep identities (``value``), and in capitals where that is something else (``number``).
"""

_DECIDED = """
-- Equal rows are told apart by their ordinal, so two equal payments are two, and the same file again is the same. A
-- provider's own number of a payment stands for it, whoever brings it.
WITH payer AS (
    -- The member a row means, if it is one alone: an identity of any kind, or a member's number, with its dashes or without.
    SELECT row_no, CASE WHEN min(member_id) = max(member_id) THEN min(member_id) END AS member_id
    FROM (
        SELECT s.row_no, i.member_id FROM import_staged s
        JOIN member_identity i ON i.mutual_id = (SELECT current_mutual()) AND i.value = s.value WHERE s.problems IS NULL
        UNION ALL
        SELECT s.row_no, m.id FROM import_staged s
        JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.number = s.value WHERE s.problems IS NULL
        UNION ALL
        SELECT s.row_no, m.id FROM import_staged s
        JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.number = s.number WHERE s.problems IS NULL
    ) f GROUP BY row_no
), marked AS (
    SELECT s.row_no, s.claimed, s.amount_minor, s.paid_on, s.payer_reference, s.note, p.member_id,
           coalesce(s.collector, %(collector)s) AS collector,
           %(provider)s::text IS NOT NULL AND s.payer_reference IS NOT NULL AS is_numbered,
           CASE WHEN %(provider)s::text IS NOT NULL AND s.payer_reference IS NOT NULL THEN md5(s.payer_reference)
                ELSE md5(concat_ws(E'\\x1f', s.value, s.paid_on, s.amount_minor, coalesce(s.payer_reference, ''),
                                   coalesce(s.collector, %(collector)s, ''))) END::uuid AS mark
    FROM import_staged s
    LEFT JOIN payer p ON p.row_no = s.row_no WHERE s.problems IS NULL
), ranked AS (
    SELECT m.*, row_number() OVER (PARTITION BY m.mark ORDER BY m.row_no) AS ordinal FROM marked m
), numbered AS (
    SELECT k.*, CASE WHEN k.is_numbered THEN %(provider)s ELSE 'import' END AS source,
           CASE WHEN k.is_numbered THEN k.payer_reference ELSE k.mark || '-' || k.ordinal END AS source_reference
    FROM ranked k
), closed AS (
    SELECT period_start FROM (
        SELECT DISTINCT ON (period_start) period_start, is_closed FROM ledger_period
        WHERE mutual_id = (SELECT current_mutual()) ORDER BY period_start, id DESC
    ) p WHERE p.is_closed
), decided AS (
    SELECT n.row_no, n.claimed, n.member_id, n.amount_minor, n.paid_on, n.payer_reference, n.collector, n.note, n.source,
           n.source_reference, n.mark, n.ordinal,
           CASE WHEN n.is_numbered AND n.ordinal > 1 THEN 'repeated_in_file'
                WHEN e.id IS NOT NULL AND e.account_code = %(account_code)s AND e.amount_minor = n.amount_minor THEN 'same'
                WHEN e.id IS NOT NULL THEN 'receipt_repeated'
                WHEN r.row_no IS NOT NULL THEN 'refused_before'
                WHEN c.period_start IS NOT NULL THEN 'period_closed'
                WHEN n.member_id IS NOT NULL THEN 'accept'
                WHEN %(unknown)s = 'suspense' THEN 'suspense'
                ELSE 'member_unknown' END AS fate
    FROM numbered n
    LEFT JOIN closed c ON c.period_start = date_trunc('month', n.paid_on)::date
    LEFT JOIN contribution_receipt e ON e.mutual_id = (SELECT current_mutual()) AND e.source = n.source
         AND e.source_reference = n.source_reference
    LEFT JOIN receipt_import_refusal r ON r.mutual_id = (SELECT current_mutual()) AND r.import_id = %(import_id)s
         AND r.row_no = n.row_no
)
"""
"""Common table expressions: ``decided`` has each readable row of the file, whose it is and what becomes of it."""

_REFUSED = """
INSERT INTO receipt_import_refusal (import_id, row_no, raw, problems)
SELECT %(import_id)s, s.row_no, to_jsonb(string_to_array(s.raw, E'\\x1f')), s.problems::jsonb
FROM import_staged s WHERE s.problems IS NOT NULL
UNION ALL
SELECT %(import_id)s, s.row_no, to_jsonb(string_to_array(s.raw, E'\\x1f')), jsonb_build_array(jsonb_build_object(
    'pointer', 'line ' || s.row_no || ', column ' || CASE WHEN i.fate = 'period_closed' THEN %(day_column)s ELSE %(who_column)s END,
    'code', i.fate,
    'detail', CASE i.fate
        WHEN 'period_closed' THEN 'the month of ' || i.paid_on || ' is closed in the books; give a day of an open month and say the true one in the note'
        WHEN 'receipt_repeated' THEN 'this payment was received before, into another account or with another amount; look it up before it is typed again'
        WHEN 'repeated_in_file' THEN 'the provider''s reference ' || quote_literal(i.payer_reference) || ' stands in an earlier row of this file; a payment has one of its own'
        ELSE 'nobody is known by ' || quote_literal(i.claimed) || '; register her, mend the number, or choose suspense' END))
FROM {rows} i JOIN import_staged s ON s.row_no = i.row_no
WHERE i.fate IN ('period_closed', 'receipt_repeated', 'repeated_in_file', 'member_unknown')
ON CONFLICT (mutual_id, import_id, row_no) DO NOTHING
"""

_COUNTS = """
SELECT (SELECT count(*) FROM import_staged) AS row_count,
       count(*) FILTER (WHERE fate = 'accept') AS accept_count,
       count(*) FILTER (WHERE fate = 'suspense') AS suspense_count,
       count(*) FILTER (WHERE fate = 'same') AS same_count,
       coalesce(sum(amount_minor) FILTER (WHERE fate IN ('accept', 'suspense')), 0)::bigint AS accept_minor,
       coalesce(sum(amount_minor) FILTER (WHERE fate NOT IN ('accept', 'suspense', 'same')), 0)::bigint AS refused_minor
FROM {rows}
"""


class Counts(NamedTuple):
    """How many rows of each fate a file has, and their amounts."""

    row_count: int
    accept_count: int
    suspense_count: int
    same_count: int
    accept_minor: int
    refused_minor: int


LOOK_AT_ROWS = f"""
-- one row: how many rows of each fate, and their amounts; every row that is refused is kept as it came, with the reason
{_DECIDED}, refused AS ({_REFUSED.format(rows="decided")})
{_COUNTS.format(rows="decided")}
"""

DROP_ROWS = "DROP TABLE IF EXISTS pg_temp.import_row"

KEEP_ROWS = f"""
-- no row: a temporary table with one row per readable row of the file, numbered in its order where it is accepted
CREATE TEMPORARY TABLE import_row ON COMMIT DROP AS
{_DECIDED}
SELECT f.*, CASE WHEN f.fate IN ('accept', 'suspense') THEN nextval('contribution_receipt_id_seq') END AS receipt_id,
       CASE WHEN f.fate IN ('accept', 'suspense') THEN {NEW_TX_ID} END AS tx_id
FROM (SELECT * FROM decided ORDER BY row_no) f
"""

FEW_SAMPLES = "SET LOCAL default_statistics_target = 10"
"""How many rows there are is what the plans need to know; a hundred times as many samples took as long as a join."""

ANALYZE_ROWS = "ANALYZE import_row (row_no, member_id, receipt_id, fate)"

COUNTS = f"""
-- one row: how many rows of each fate, and their amounts
{_COUNTS.format(rows="import_row")}
"""

INSERT_REFUSALS = f"""
-- no row: every row that is refused, as it came, with the reason
{_REFUSED.format(rows="import_row")}
"""

ENTRIES = """
-- one row per accepted row: the two accounts that its booking touches
SELECT i.tx_id, 'receipt:' || i.receipt_id AS key, 'receipt' AS kind, i.paid_on AS valid_on,
       %(account_id)s::bigint AS debit_id, CASE WHEN i.member_id IS NULL THEN %(suspense_id)s ELSE a.id END AS credit_id,
       %(currency)s AS currency, i.amount_minor, 'receipt:' || i.receipt_id AS evidence
FROM import_row i
LEFT JOIN ledger_account a ON a.mutual_id = (SELECT current_mutual()) AND a.owner_kind = 'member'
     AND a.owner_id = i.member_id AND a.control = 'member:contributions' AND a.currency = %(currency)s
WHERE i.receipt_id IS NOT NULL
"""

INSERT_RECEIPTS = f"""
-- no row: the receipt of each accepted row
INSERT INTO contribution_receipt (mutual_id, id, number, source, source_reference, channel, account_code, collector, payer_reference,
    amount_minor, currency, paid_on, actor, note, import_id, ledger_tx_id)
SELECT n.mutual, n.receipt_id, {NUMBER}, n.source, n.source_reference, %(channel)s, %(account_code)s, n.collector, n.payer_reference, n.amount_minor, %(currency)s,
       n.paid_on, %(actor)s, n.note, %(import_id)s, n.tx_id
FROM (
    SELECT i.*, (SELECT current_mutual()) AS mutual, {SALT.format(receipt_id="i.receipt_id")} AS salt
    FROM import_row i WHERE i.receipt_id IS NOT NULL
) n
"""

INSERT_RECEIPT_LINES = """
-- no row: the one line of each accepted row
INSERT INTO contribution_receipt_line (mutual_id, receipt_id, line_no, member_id, amount_minor, claimed_identity)
SELECT (SELECT current_mutual()), receipt_id, 1, member_id, amount_minor, CASE WHEN member_id IS NULL THEN claimed END
FROM import_row WHERE receipt_id IS NOT NULL
"""

LOCK_IMPORTS = """
-- one row: nobody else applies a file of receipts until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('receipt-import:' || current_mutual(), 0))
"""

ACCOUNT = """
-- at most one row: a ledger account's id and currency
SELECT id, currency FROM ledger_account WHERE mutual_id = current_mutual() AND code = :code
"""

INSERT_IMPORT = """
-- one row: the new import's id
INSERT INTO receipt_import (file_name, sha256, evidence_id, row_count, accept_count, same_count, suspense_count,
    refused_count, accept_minor, refused_minor, dialect, options, created_by)
VALUES (:file_name, :sha256, :evidence_id, 0, 0, 0, 0, 0, 0, 0, CAST(:dialect AS jsonb), CAST(:options AS jsonb), :actor)
RETURNING id
"""

COUNT_IMPORT = """
-- no row: what the preview found
UPDATE receipt_import SET state = 'previewed', row_count = :row_count, accept_count = :accept_count, same_count = :same_count,
    suspense_count = :suspense_count, refused_count = :refused_count, accept_minor = :accept_minor,
    refused_minor = :refused_minor
WHERE mutual_id = current_mutual() AND id = :import_id
"""

APPLY_IMPORT = """
-- no row: the import, applied
UPDATE receipt_import SET state = 'applied', applied_at = now(), applied_by = :actor, applied_count = :applied_count,
    applied_minor = :applied_minor, first_receipt_id = r.first_id, last_receipt_id = r.last_id
FROM (SELECT min(receipt_id) AS first_id, max(receipt_id) AS last_id FROM import_row) r
WHERE mutual_id = current_mutual() AND id = :import_id
"""

LOCK_ONE = """
-- no row: one import, locked until the transaction ends
SELECT id FROM receipt_import WHERE mutual_id = current_mutual() AND id = :import_id FOR UPDATE
"""

IMPORT_COLUMNS = """id, file_name, sha256, evidence_id, state, row_count, accept_count, same_count, suspense_count,
       refused_count, accept_minor, refused_minor, applied_count, applied_minor, dialect, options, created_at, created_by,
       applied_at, applied_by"""

GET_IMPORT = f"""
-- at most one row: an import of receipts
SELECT {IMPORT_COLUMNS} FROM receipt_import WHERE mutual_id = current_mutual() AND id = :import_id
"""

LIST_IMPORTS = f"""
-- one row per import of receipts, newest first
SELECT {IMPORT_COLUMNS} FROM receipt_import
WHERE mutual_id = current_mutual() AND id < :before ORDER BY id DESC LIMIT :limit
"""

APPLIED_IMPORT = """
-- at most one row: the import by which a file was applied
SELECT id FROM receipt_import WHERE mutual_id = current_mutual() AND sha256 = :sha256 AND state = 'applied'
"""

REFUSALS = """
-- one row per refused row of a file after a row, in its order
SELECT row_no, raw, problems FROM receipt_import_refusal
WHERE mutual_id = current_mutual() AND import_id = :import_id AND row_no > :after ORDER BY row_no LIMIT :limit
"""

COUNT_REFUSALS = """
-- one row: how many rows of a file are refused
SELECT count(*) FROM receipt_import_refusal WHERE mutual_id = current_mutual() AND import_id = :import_id
"""

STREAM_REFUSALS = """
-- one row per refused row of a file, in its order
SELECT raw, problems FROM receipt_import_refusal
WHERE mutual_id = current_mutual() AND import_id = %(import_id)s ORDER BY row_no
"""
