"""The statements of a settlement report: what is known of each transaction, and whose the unknown ones are."""

STAGED = {
    "line_no": "int4",
    "reference": "text",
    "is_reversal": "bool",
    "amount_minor": "int8",
    "fee_minor": "int8",
    "text": "text",
    "phone": "text",
    "paid_on": "date",
}
"""One row per transaction of the report."""

SIGNS = {"line_no": "int4", "sign": "int4", "value": "text"}
"""One row per sign of whose a payment is: 1 a reference with check digits, 2 a word of the text, 3 a telephone."""

FATES = """
-- no row: a temporary table with what is known of each transaction
CREATE TEMPORARY TABLE settlement_fate ON COMMIT DROP AS
SELECT s.line_no, s.reference, s.is_reversal, s.amount_minor, s.fee_minor, s.text, s.phone, s.paid_on, r.id AS receipt_id,
       r.amount_minor AS ours_minor, v.id IS NOT NULL AS is_taken_back
FROM settlement_staged s
LEFT JOIN contribution_receipt r ON r.mutual_id = current_mutual() AND r.source = %(source)s
    AND r.source_reference = s.reference
LEFT JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id
"""

WHOSE = """
-- no row: a temporary table with the one member that each unknown payment's strictest sign means, if it is one
CREATE TEMPORARY TABLE settlement_whose ON COMMIT DROP AS
WITH found AS (
    SELECT g.line_no, g.sign, m.id FROM settlement_sign g
    JOIN member m ON m.mutual_id = current_mutual() AND upper(regexp_replace(m.number, '[^A-Za-z0-9]', '', 'g')) = g.value
    WHERE g.sign = 1
    UNION
    SELECT g.line_no, g.sign, m.id FROM settlement_sign g
    JOIN member m ON m.mutual_id = current_mutual() AND m.number = g.value WHERE g.sign = 2
    UNION
    SELECT g.line_no, g.sign, i.member_id FROM settlement_sign g
    JOIN member_identity i ON i.mutual_id = current_mutual() AND i.value = g.value WHERE g.sign = 2
    UNION
    SELECT g.line_no, g.sign, m.id FROM settlement_sign g
    JOIN member m ON m.mutual_id = current_mutual() AND m.phone = g.value WHERE g.sign = 3
), best AS (
    SELECT f.*, min(f.sign) OVER (PARTITION BY f.line_no) AS strictest FROM found f
)
SELECT line_no, min(id) AS member_id FROM best WHERE sign = strictest GROUP BY line_no HAVING count(*) = 1
"""

NEW_PAYMENTS = """
-- no row: a temporary table with the payments nobody told us of, as they are received
CREATE TEMPORARY TABLE settlement_new ON COMMIT DROP AS
SELECT f.line_no, nextval(pg_get_serial_sequence('contribution_receipt', 'id')) AS receipt_id, %(source)s::text AS source,
       f.reference AS source_reference, 'mobile_money'::text AS channel, %(clearing)s::text AS account_code,
       c.id AS money_account_id, coalesce(a.id, n.id) AS owner_account_id, f.amount_minor, c.currency, f.paid_on,
       NULL::text AS payer_name, nullif(f.text, '') AS payer_reference, w.member_id,
       coalesce(nullif(left(f.text, 100), ''), f.phone, f.reference) AS claimed
FROM settlement_fate f
JOIN ledger_account c ON c.mutual_id = current_mutual() AND c.code = %(clearing)s
JOIN ledger_account n ON n.mutual_id = current_mutual() AND n.code = %(suspense)s
LEFT JOIN settlement_whose w ON w.line_no = f.line_no
LEFT JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.code = 'member:' || w.member_id || ':contributions'
WHERE NOT f.is_reversal AND f.receipt_id IS NULL
"""

REVERSALS = """
-- one row per reversal whose payment was received, some just now: which receipt it takes back
SELECT f.line_no, r.id AS receipt_id, v.id IS NOT NULL AS is_taken_back, r.amount_minor = -f.amount_minor AS is_whole
FROM settlement_fate f
JOIN contribution_receipt r ON r.mutual_id = current_mutual() AND r.source = %(source)s AND r.source_reference = f.reference
LEFT JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id
WHERE f.is_reversal ORDER BY f.line_no
"""

UNDONE = {"line_no": "int4", "fate": "text", "detail": "text", "receipt_id": "int8"}
"""One row per reversal: what became of it."""

INSERT_LINES = """
-- no row: every transaction of the report with what became of it
INSERT INTO provider_settlement_line (settlement_id, line_no, transaction_reference, is_reversal, amount_minor, fee_minor, fate,
    detail, receipt_id)
SELECT %(settlement_id)s, f.line_no, f.reference, f.is_reversal, f.amount_minor, f.fee_minor,
       CASE WHEN f.is_reversal THEN coalesce(u.fate, 'open')
            WHEN n.receipt_id IS NOT NULL AND n.member_id IS NULL THEN 'suspense'
            WHEN n.receipt_id IS NOT NULL THEN 'received'
            WHEN f.ours_minor = f.amount_minor THEN 'known' ELSE 'open' END,
       CASE WHEN f.is_reversal THEN coalesce(u.detail, CASE WHEN u.line_no IS NULL THEN 'no payment of ours has this reference' END)
            WHEN f.ours_minor <> f.amount_minor THEN 'received with another amount' END,
       coalesce(u.receipt_id, n.receipt_id, f.receipt_id)
FROM settlement_fate f
LEFT JOIN settlement_new n ON n.line_no = f.line_no
LEFT JOIN settlement_undone u ON u.line_no = f.line_no
ORDER BY f.line_no
"""

OPEN_LINES = """
-- one row: how many lines a person must look at, and what they are off by
SELECT count(*), coalesce(sum(abs(l.amount_minor - CASE WHEN l.is_reversal THEN 0 ELSE coalesce(r.amount_minor, 0) END)), 0)::bigint
FROM provider_settlement_line l
LEFT JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.id = l.receipt_id
WHERE l.mutual_id = current_mutual() AND l.settlement_id = %(settlement_id)s AND l.fate = 'open'
"""

INSERT_SETTLEMENT = """
-- one row: the report's id
INSERT INTO provider_settlement (provider, reference, settled_on, currency, gross_minor, fee_minor, net_minor, line_count, status,
    reason, sha256, evidence_id, loaded_by)
VALUES (:provider, :reference, :settled_on, :currency, :gross_minor, :fee_minor, :net_minor, :line_count, :status,
    :reason, :sha256, :evidence_id, :actor)
RETURNING id
"""

FINISH = """
-- no row: the report with what was booked for it
UPDATE provider_settlement SET transfer_id = :transfer_id, fee_tx_id = :fee_tx_id, open_count = :open_count, open_minor = :open_minor
WHERE mutual_id = current_mutual() AND id = :settlement_id
"""
