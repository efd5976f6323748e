"""Statements that follow one filed line back to the money and forward to the payment."""

LINE = """
-- at most one row: a line with the number of its member and what it was assessed by
SELECT l.line_no, l.member_id, m.number, l.document_kind, l.document, l.given_names, l.first_surname, l.second_surname,
       l.wage_minor, l.additional_dependants, l.amounts_minor, l.state_minor, l.fee_minor, l.total_minor, l.from_member_minor,
       l.credit_minor, l.from_fund_minor, l.from_reserve_minor, l.from_employer_minor, l.fund_id, l.reason, l.change_since_last, l.status,
       l.state_code, l.state_text, l.state_accepted_minor, l.answered_at, a.id AS assessment_id, a.version, a.assessed_at,
       s.id AS schedule_id, s.sha256 AS schedule_sha256, s.components
FROM filing_line l
JOIN member m ON m.mutual_id = l.mutual_id AND m.id = l.member_id
JOIN contribution_assessment a ON a.mutual_id = l.mutual_id AND a.id = l.assessment_id
JOIN contribution_schedule s ON s.mutual_id = a.mutual_id AND s.id = a.schedule_id
WHERE l.mutual_id = current_mutual() AND l.filing_id = :filing_id AND l.line_no = :line_no
"""

INFLOWS = """
-- one row per part of a receipt and time in which it was a member's, in the order it became hers: when it did, and when it was
-- taken back or moved to another
WITH part AS (
    SELECT l.id, l.receipt_id, l.member_id FROM contribution_receipt_line l
    WHERE l.mutual_id = current_mutual() AND l.id IN (
        SELECT o.id FROM contribution_receipt_line o WHERE o.mutual_id = current_mutual() AND o.member_id = :member_id
        UNION
        SELECT q.receipt_line_id FROM contribution_placement q WHERE q.mutual_id = current_mutual() AND q.member_id = :member_id)
), move AS (
    SELECT t.id, t.member_id, r.recorded_at AS came_at, 0 AS version
    FROM part t JOIN contribution_receipt r ON r.mutual_id = current_mutual() AND r.id = t.receipt_id
    UNION ALL
    SELECT t.id, p.member_id, p.at, p.version
    FROM part t JOIN contribution_placement p ON p.mutual_id = current_mutual() AND p.receipt_line_id = t.id
), held AS (
    SELECT id, member_id, came_at, lead(came_at) OVER (PARTITION BY id ORDER BY version) AS left_at FROM move
)
SELECT r.id AS receipt_id, r.number, l.line_no, l.amount_minor, r.channel, r.account_code, r.collector, r.payer_reference,
       r.paid_on, r.recorded_at, r.ledger_tx_id, h.came_at, least(h.left_at, v.at) AS gone_at, v.reason AS taken_back
FROM held h
JOIN contribution_receipt_line l ON l.mutual_id = current_mutual() AND l.id = h.id
JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.id = l.receipt_id
LEFT JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id
WHERE h.member_id = :member_id
ORDER BY h.came_at, r.paid_on, r.id, l.line_no
"""

USED_EARLIER = """
-- one row: what a member's lines sealed before this filing used of her money and had not given back when it was sealed
SELECT coalesce(sum(l.from_member_minor), 0)::int8 AS used_minor
FROM filing o
JOIN filing f ON f.mutual_id = o.mutual_id AND (f.sealed_at, f.id) < (o.sealed_at, o.id)
JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.member_id = :member_id
WHERE o.mutual_id = current_mutual() AND o.id = :filing_id AND (l.status <> 'rejected' OR l.answered_at > o.sealed_at)
"""

LINES_OF_MEMBER = """
-- one row per line of a member in a sealed filing, in the order they were sealed
SELECT l.id, l.filing_id, l.line_no, l.from_member_minor, l.status, l.answered_at, f.period_start, f.sealed_at
FROM filing_line l JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id
WHERE l.mutual_id = current_mutual() AND l.member_id = :member_id AND f.sealed_at IS NOT NULL ORDER BY f.sealed_at, f.id
"""

ANSWER_OF_LINE = """
-- at most one row: the answer that was applied to a file, and the page of it that a line stands on
SELECT a.id, a.status, a.code, a.sha256, a.received_at, a.evidence_id AS standing_evidence_id, p.page_no,
       p.evidence_id AS page_evidence_id
FROM filing_answer a
LEFT JOIN filing_answer_page p ON p.mutual_id = a.mutual_id AND p.answer_id = a.id AND :file_line BETWEEN p.first_line AND p.last_line
WHERE a.mutual_id = current_mutual() AND a.document_id = :document_id AND a.status = 'applied'
ORDER BY a.id, p.page_no LIMIT 1
"""

DEPENDANTS_OF_LINE = """
-- one row per additional dependant of a member that a filing added at the state or took away
SELECT line_no, event, dependant_id, document_kind, document, given_names, first_surname, second_surname, status, state_code,
       state_text, answered_at
FROM filing_dependant_line
WHERE mutual_id = current_mutual() AND filing_id = :filing_id AND member_id = :member_id ORDER BY line_no
"""

BILLS_OF_FILING = """
-- one row per bill that covers a filing, oldest first
SELECT b.id FROM bill_filing c JOIN bill b ON b.mutual_id = c.mutual_id AND b.id = c.bill_id
WHERE c.mutual_id = current_mutual() AND c.filing_id = :filing_id ORDER BY b.id
"""

BOOKINGS = """
-- one row per booking about a filing, oldest first
SELECT id, idempotency_key, kind, valid_on, recorded_at, actor, evidence FROM ledger_tx
WHERE mutual_id = current_mutual() AND idempotency_key LIKE :prefix ORDER BY id
"""

SAME_MONTH = """
-- one row per line of a member for a month in another sealed filing of the payroll, in the order they were sealed
SELECT f.id AS filing_id, l.line_no, f.kind, f.sequence, f.sealed_at, l.status, l.state_code
FROM filing f JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.member_id = :member_id
WHERE f.mutual_id = current_mutual() AND f.payroll_id = :payroll_id AND f.period_start = :start AND f.id <> :filing_id
  AND f.sealed_at IS NOT NULL ORDER BY f.sealed_at, f.id
"""

MOVEMENTS_OF_LINE = """
-- one row per movement of a member in a filing, told or held back, in order
SELECT line_no, event, reason, held_back, source_kind, source_id, starts_on, ends_on, status, state_code, state_text, answered_at
FROM filing_movement WHERE mutual_id = current_mutual() AND filing_id = :filing_id AND member_id = :member_id ORDER BY id
"""
