"""What is read for one member, and of one member alone: every statement names her."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.filing.sql.allot import COST_AND_HELD
from gateway.kit import db
from gateway.selfcheck.errors import ReceiptNotYoursError

ME = """
-- one row: a member, her first identity number, and her mutual's name
SELECT m.id, m.number, m.given_names, m.first_surname, m.second_surname, m.phone, m.language, m.status, m.birth_date,
       i.kind AS identity_kind, i.value AS identity, u.name AS mutual, u.code AS mutual_code
FROM member m
JOIN mutual u ON u.mutual_id = m.mutual_id
LEFT JOIN member_identity i ON i.mutual_id = m.mutual_id AND i.member_id = m.id AND i.is_primary
WHERE m.mutual_id = current_mutual() AND m.id = :member_id
"""

FAMILY = """
-- one row per dependant of a member whose cover has not ended, with whether the state holds her where it must
SELECT d.id, d.given_names, d.first_surname, d.relation, d.category, d.birth_date, d.identity_value, d.valid_from, d.valid_to,
       d.category <> 'additional' OR s.id IS NOT NULL AS is_held
FROM dependant d
LEFT JOIN LATERAL (
    SELECT s.id FROM state_dependant s WHERE s.mutual_id = d.mutual_id AND s.member_id = d.member_id AND s.dependant_id = d.id
    LIMIT 1
) s ON true
WHERE d.mutual_id = current_mutual() AND d.member_id = :member_id AND d.id > :after
  AND (d.valid_to IS NULL OR d.valid_to > :today) AND (d.valid_to IS NULL OR d.valid_to > d.valid_from)
  AND (CAST(:dependant_id AS bigint) IS NULL OR d.id = :dependant_id)
ORDER BY d.id LIMIT :limit
"""

COVERAGE = """
-- one row per month of a member, newest first: what was said of her last in each payroll, the best of them counting
WITH month AS (
    SELECT g::date AS period_start FROM (
        SELECT date_trunc('month', min(valid_from))::date AS first FROM enrolment
        WHERE mutual_id = current_mutual() AND member_id = %(member_id)s
    ) b, generate_series(greatest(b.first, (CAST(%(newest)s AS date) - make_interval(months => %(limit)s - 1))::date),
                         CAST(%(newest)s AS timestamp), interval '1 month') g
), said AS (
    SELECT f.period_start, f.payroll_id, f.sequence, CASE WHEN f.status = 'draft' THEN 'draft' ELSE l.status END AS standing,
           l.reason, l.state_code
    FROM filing_line l JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id AND f.status <> 'discarded'
    WHERE l.mutual_id = current_mutual() AND l.member_id = %(member_id)s
      AND f.period_start BETWEEN (SELECT min(period_start) FROM month) AND %(newest)s
    UNION ALL
    SELECT f.period_start, f.payroll_id, f.sequence, CASE WHEN f.status = 'draft' THEN 'draft' ELSE 'not_declared' END,
           d.reason, NULL
    FROM filing f JOIN filing_decision d ON d.mutual_id = f.mutual_id AND d.filing_id = f.id AND d.member_id = %(member_id)s
        AND d.change_since_last <> 'gone'
    WHERE f.mutual_id = current_mutual() AND f.status <> 'discarded'
      AND f.period_start BETWEEN (SELECT min(period_start) FROM month) AND %(newest)s
), newest AS (
    SELECT DISTINCT ON (period_start, payroll_id) * FROM said ORDER BY period_start, payroll_id, sequence DESC
), best AS (
    SELECT DISTINCT ON (period_start) * FROM newest
    ORDER BY period_start, CASE WHEN standing IN ('accepted', 'changed') THEN 0 WHEN standing IN ('draft', 'waiting') THEN 1
        ELSE 2 END, payroll_id
)
SELECT m.period_start, b.standing, b.reason, b.state_code, EXISTS (
    SELECT FROM enrolment e WHERE e.mutual_id = current_mutual() AND e.member_id = %(member_id)s
      AND e.valid_from < m.period_start + interval '1 month' AND coalesce(e.valid_to, 'infinity') > m.period_start
) AS is_enrolled
FROM month m LEFT JOIN best b USING (period_start) ORDER BY m.period_start DESC
"""

DUE = f"""
-- at most one row: what a month costs a member, what she has for it and lacks; none where she is not assessed for it, or
-- stands in a filing of it already
SELECT c.cost_minor, c.held_minor, c.short_minor, c.currency FROM ({COST_AND_HELD}) c WHERE c.member_id = %(member_id)s
"""

LAST_COST = """
-- at most one row: what a member's newest assessed month costs, all payrolls of it together
SELECT n.period_start, sum(n.total_minor)::bigint AS cost_minor FROM (
    SELECT DISTINCT ON (v.period_start, v.payroll_id) v.period_start, v.payroll_id, v.total_minor, v.is_withdrawn
    FROM contribution_assessment v
    WHERE v.mutual_id = current_mutual() AND v.member_id = :member_id
    ORDER BY v.period_start DESC, v.payroll_id, v.version DESC
) n WHERE NOT n.is_withdrawn GROUP BY n.period_start ORDER BY n.period_start DESC LIMIT 1
"""

DECLARED = """
-- at most one row: a member stands in a sealed filing of a month and was not refused
SELECT l.id FROM filing_line l JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id
WHERE l.mutual_id = current_mutual() AND l.member_id = :member_id AND f.period_start = :start AND l.status <> 'rejected'
  AND f.status NOT IN ('draft', 'discarded', 'rejected') LIMIT 1
"""

RECEIPTS = """
-- one row per receipt that holds money of a member, newest first: her part of it alone
WITH touched AS (
    SELECT l.id FROM contribution_receipt_line l WHERE l.mutual_id = current_mutual() AND l.member_id = :member_id
    UNION
    SELECT p.receipt_line_id FROM contribution_placement p WHERE p.mutual_id = current_mutual() AND p.member_id = :member_id
)
SELECT r.id, r.number, r.paid_on, r.recorded_at, r.channel, r.currency, sum(l.amount_minor)::bigint AS amount_minor,
       v.reversed_on
FROM touched t
JOIN contribution_receipt_line l ON l.mutual_id = current_mutual() AND l.id = t.id
JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.id = l.receipt_id
LEFT JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id
LEFT JOIN LATERAL (
    SELECT p.version, p.member_id FROM contribution_placement p
    WHERE p.mutual_id = l.mutual_id AND p.receipt_line_id = l.id ORDER BY p.version DESC LIMIT 1
) p ON true
WHERE CASE WHEN p.version IS NULL THEN l.member_id ELSE p.member_id END = :member_id
  AND (CAST(:before AS bigint) IS NULL OR r.id < :before) AND (CAST(:receipt_id AS bigint) IS NULL OR r.id = :receipt_id)
GROUP BY r.id, r.number, r.paid_on, r.recorded_at, r.channel, r.currency, v.reversed_on
ORDER BY r.id DESC LIMIT :limit
"""

FILED = """
-- one row per line of a member in a sealed filing, newest first, with the state's answer
SELECT f.id AS filing_id, f.period_start, f.kind, f.sequence, f.status AS filing_status, f.reception_reference, f.currency,
       l.line_no, l.status, l.wage_minor, l.state_minor, l.fee_minor, l.total_minor, l.from_member_minor,
       l.from_fund_minor + l.from_reserve_minor AS helped_minor, l.from_employer_minor, l.state_code,
       left(l.state_text, 160) AS state_text, l.answered_at
FROM filing_line l
JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id AND f.status NOT IN ('draft', 'discarded')
WHERE l.mutual_id = current_mutual() AND l.member_id = :member_id
  AND (CAST(:before AS bigint) IS NULL OR f.id < :before) AND (CAST(:filing_id AS bigint) IS NULL OR f.id = :filing_id)
ORDER BY f.id DESC LIMIT :limit
"""

BENEFITS = """
-- one row per benefit that the state has advised for a member, newest first
SELECT l.id, l.benefit_kind AS kind, l.period_start, l.instalment, l.instalment_count, l.amount_minor, r.currency,
       r.status AS remittance_status, r.advised_at
FROM benefit_remittance_line l
JOIN benefit_remittance r ON r.mutual_id = l.mutual_id AND r.id = l.remittance_id AND r.status <> 'quarantined'
WHERE l.mutual_id = current_mutual() AND l.member_id = :member_id AND (CAST(:before AS bigint) IS NULL OR l.id < :before)
  AND (CAST(:benefit_id AS bigint) IS NULL OR l.id = :benefit_id)
ORDER BY l.id DESC LIMIT :limit
"""

PAYOUTS = """
-- one row per payout to a member, newest first
SELECT id, amount_minor, currency, status, destination, settled_on, retry_of_id FROM payout
WHERE mutual_id = current_mutual() AND member_id = :member_id AND (CAST(:before AS bigint) IS NULL OR id < :before)
  AND (CAST(:payout_id AS bigint) IS NULL OR id = :payout_id)
ORDER BY id DESC LIMIT :limit
"""

NOTICES = """
-- one row per message to a member that was not withdrawn, newest first
SELECT id, kind, language, text, status, created_at FROM notice
WHERE mutual_id = current_mutual() AND member_id = :member_id AND status <> 'withdrawn'
  AND (CAST(:before AS bigint) IS NULL OR id < :before) AND (CAST(:notice_id AS bigint) IS NULL OR id = :notice_id)
ORDER BY id DESC LIMIT :limit
"""

BY_PHONE = """
-- at most one row: the language of whoever has a telephone, the first where several share it, or of whom she helps
SELECT language FROM (
    SELECT 0 AS place, id, language FROM member WHERE mutual_id = current_mutual() AND phone = :phone AND status <> 'deceased'
    UNION ALL
    SELECT 1, m.id, m.language FROM access_helper h JOIN member m ON m.mutual_id = h.mutual_id AND m.id = h.member_id
    WHERE h.mutual_id = current_mutual() AND h.phone = :phone AND h.ended_at IS NULL AND m.status <> 'deceased'
) known ORDER BY place, id LIMIT 1
"""

IDENTITY_ENDS = """
-- at most one row: a member one of whose identity numbers ends so, with this telephone, or whose living helper has it
SELECT m.id, known.helper_id FROM (
    SELECT id AS member_id, CAST(NULL AS bigint) AS helper_id FROM member WHERE mutual_id = current_mutual() AND phone = :phone
    UNION ALL
    SELECT member_id, id FROM access_helper WHERE mutual_id = current_mutual() AND phone = :phone AND ended_at IS NULL
) known
JOIN member m ON m.mutual_id = current_mutual() AND m.id = known.member_id AND m.status <> 'deceased'
JOIN member_identity i ON i.mutual_id = m.mutual_id AND i.member_id = m.id AND right(i.value, 4) = :ending
ORDER BY known.helper_id NULLS FIRST, m.id LIMIT 1
"""


def get_me(session: Session, member_id: int) -> Any:
    """Return a member's own row."""
    return db.one(session, ME, {"member_id": member_id})


def list_family(
    session: Session, member_id: int, *, today: dt.date, after: int = 0, dependant_id: int | None = None, limit: int
) -> list[Any]:
    """Return a member's dependants whose cover has not ended, by number after ``after``."""
    values = {"member_id": member_id, "today": today, "after": after, "dependant_id": dependant_id, "limit": limit}
    return db.rows(session, FAMILY, values)


def list_receipts(session: Session, member_id: int, *, before: int | None, limit: int) -> list[Any]:
    """Return a member's receipts, the newest first: her part alone."""
    values = {"member_id": member_id, "before": before, "receipt_id": None, "limit": limit}
    return db.rows(session, RECEIPTS, values)


def get_receipt(session: Session, member_id: int, receipt_id: int) -> Any:
    """Return one of a member's receipts.

    Raises:
        ReceiptNotYoursError: It holds no money of hers, or is not there.
    """
    values = {"member_id": member_id, "before": None, "receipt_id": receipt_id, "limit": 1}
    row = db.first(session, RECEIPTS, values)
    if row is None:
        raise ReceiptNotYoursError(f"no receipt {receipt_id} of yours; GET /v1/me/receipts has those there are")
    return row


def list_filed(
    session: Session, member_id: int, *, before: int | None = None, filing_id: int | None = None, limit: int
) -> list[Any]:
    """Return a member's lines in sealed filings, the newest first."""
    return db.rows(session, FILED, {"member_id": member_id, "before": before, "filing_id": filing_id, "limit": limit})


def list_benefits(
    session: Session, member_id: int, *, before: int | None = None, benefit_id: int | None = None, limit: int
) -> list[Any]:
    """Return the benefits the state has advised for a member, the newest first."""
    values = {"member_id": member_id, "before": before, "benefit_id": benefit_id, "limit": limit}
    return db.rows(session, BENEFITS, values)


def list_payouts(
    session: Session, member_id: int, *, before: int | None = None, payout_id: int | None = None, limit: int
) -> list[Any]:
    """Return what was or is to be paid to a member, the newest first."""
    values = {"member_id": member_id, "before": before, "payout_id": payout_id, "limit": limit}
    return db.rows(session, PAYOUTS, values)


def list_notices(
    session: Session, member_id: int, *, before: int | None = None, notice_id: int | None = None, limit: int
) -> list[Any]:
    """Return what a member was told, the newest first."""
    values = {"member_id": member_id, "before": before, "notice_id": notice_id, "limit": limit}
    return db.rows(session, NOTICES, values)
