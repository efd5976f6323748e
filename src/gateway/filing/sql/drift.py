"""Statements that mirror what the state holds, and set it against what we filed and what was paid."""

from gateway.contributions.queries import ASSESSED
from gateway.membership.queries import ROSTER

TO_MIRROR = """
-- one row per answered file of workers that was not mirrored yet, the oldest month first; held until the transaction ends
SELECT d.id, d.filing_id, f.payroll_id, d.first_line_no AS first, d.first_line_no + d.line_count - 1 AS last
FROM filing_document d JOIN filing f ON f.mutual_id = d.mutual_id AND f.id = d.filing_id
WHERE d.mutual_id = current_mutual() AND d.holds = 'workers' AND d.mirrored_at IS NULL AND d.answered_at IS NOT NULL
  AND d.status IN ('accepted', 'partial')
ORDER BY f.period_start, f.id, d.part FOR NO KEY UPDATE OF d
"""

MIRROR_WORKERS = """
-- no row: what the state holds of the members whose lines of a file it took; an older month never hides a newer one
INSERT INTO state_holding (payroll_id, member_id, active_since, last_period, wage_minor, additional_dependants, amount_minor,
    is_active, filing_id)
SELECT f.payroll_id, l.member_id, f.period_start, f.period_start, coalesce(l.state_wage_minor, l.wage_minor),
       l.additional_dependants, coalesce(l.state_accepted_minor, l.state_minor), true, f.id
FROM filing f
JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.line_no BETWEEN %(first)s AND %(last)s
    AND l.status IN ('accepted', 'changed')
WHERE f.mutual_id = current_mutual() AND f.id = %(filing_id)s
ON CONFLICT (mutual_id, payroll_id, member_id) DO UPDATE SET
    active_since = CASE
        WHEN excluded.last_period > state_holding.last_period + interval '1 month' THEN excluded.last_period
        WHEN excluded.last_period = state_holding.active_since - interval '1 month' THEN excluded.last_period
        ELSE state_holding.active_since END,
    last_period = greatest(state_holding.last_period, excluded.last_period),
    wage_minor = CASE WHEN excluded.last_period >= state_holding.last_period THEN excluded.wage_minor ELSE state_holding.wage_minor END,
    additional_dependants = CASE WHEN excluded.last_period >= state_holding.last_period
        THEN excluded.additional_dependants ELSE state_holding.additional_dependants END,
    amount_minor = CASE WHEN excluded.last_period >= state_holding.last_period THEN excluded.amount_minor ELSE state_holding.amount_minor END,
    is_active = state_holding.is_active OR excluded.last_period >= state_holding.last_period,
    filing_id = CASE WHEN excluded.last_period >= state_holding.last_period THEN excluded.filing_id ELSE state_holding.filing_id END,
    changed_at = now()
"""

MARK_MIRRORED = """
-- no row: a file whose answer stands in the mirror now
UPDATE filing_document SET mirrored_at = clock_timestamp() WHERE mutual_id = current_mutual() AND id = %(document_id)s
"""

LET_GO = """
-- no row: members whom the newest accepted month of a payroll does not hold any more
UPDATE state_holding h SET is_active = false, changed_at = now()
FROM (
    SELECT max(period_start) AS newest FROM filing
    WHERE mutual_id = current_mutual() AND payroll_id = %(payroll_id)s AND status IN ('accepted', 'partial', 'settled')
) n
WHERE h.mutual_id = current_mutual() AND h.payroll_id = %(payroll_id)s AND h.is_active AND h.last_period < n.newest
"""

HOLDINGS = """
-- one row per member that the state holds in a payroll, or held, by payroll and member after a place
SELECT h.payroll_id, p.code AS payroll_code, p.employer_number, h.member_id, m.number, h.active_since, h.last_period, h.wage_minor,
       h.additional_dependants, h.amount_minor, h.is_active, h.filing_id, h.changed_at
FROM state_holding h
JOIN payroll p ON p.mutual_id = h.mutual_id AND p.id = h.payroll_id
JOIN member m ON m.mutual_id = h.mutual_id AND m.id = h.member_id
WHERE h.mutual_id = current_mutual() AND (h.payroll_id, h.member_id) > (:after_payroll, :after_member)
  AND (CAST(:payroll_id AS bigint) IS NULL OR h.payroll_id = :payroll_id)
  AND (CAST(:is_active AS boolean) IS NULL OR h.is_active = :is_active)
ORDER BY h.payroll_id, h.member_id LIMIT :limit
"""

PAYROLLS = """
-- one row per payroll from one on, with whether a month of it has gone to the state and what its employer holds
SELECT p.id, p.code, p.employer_number, p.employer_number <> m.employer_number AS is_helped,
       EXISTS (SELECT FROM filing f WHERE f.mutual_id = p.mutual_id AND f.payroll_id = p.id AND f.period_start = :start
               AND f.status NOT IN ('draft', 'discarded')) AS is_filed,
       coalesce((
           SELECT b.held_minor FROM employer e
           JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.owner_kind = 'employer' AND a.owner_id = e.id
               AND a.control = 'employer:contributions'
           JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
           WHERE e.mutual_id = p.mutual_id AND e.number = p.employer_number), 0)::int8 AS employer_minor
FROM payroll p JOIN mutual m ON m.mutual_id = p.mutual_id
WHERE p.mutual_id = current_mutual() AND p.id >= :from_id AND (CAST(:payroll_id AS bigint) IS NULL OR p.id = :payroll_id)
ORDER BY p.id
"""

THREE_SIDES = f"""
-- one row per member of a payroll and month on whom the three sides may differ, by member: what we know of her, what we filed,
-- what the state holds, what was paid
SELECT m.id AS member_id, m.number, r.member_id IS NOT NULL AS is_enrolled, coalesce(r.status, m.status) AS member_status,
       coalesce(r.on_leave, false) AS on_leave, r.wage_minor, coalesce(r.additional_dependants, 0) AS heads,
       f.filing_id, f.line_no, f.status AS line_status, f.wage_minor AS filed_wage_minor, f.additional_dependants AS filed_heads,
       f.state_minor AS filed_minor, f.total_minor AS filed_total_minor, f.from_member_minor, f.helped_minor, f.state_code,
       f.state_accepted_minor, f.state_wage_minor, h.active_since, h.last_period, h.wage_minor AS held_wage_minor,
       h.is_active, coalesce(d.heads, 0)::int AS held_heads, coalesce(a.total_minor, 0) AS needed_minor,
       coalesce(b.held_minor, 0) AS paid_minor
FROM ({ROSTER}) r
FULL JOIN (
    SELECT DISTINCT ON (l.member_id) l.member_id, l.filing_id, l.line_no, l.status, l.wage_minor, l.additional_dependants,
           l.state_minor, l.total_minor, l.from_member_minor, l.from_fund_minor + l.from_reserve_minor AS helped_minor, l.state_code,
           l.state_accepted_minor, l.state_wage_minor
    FROM filing f JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id
    WHERE f.mutual_id = current_mutual() AND f.payroll_id = %(payroll_id)s AND f.period_start = %(start)s
      AND f.status NOT IN ('draft', 'discarded')
    ORDER BY l.member_id, l.status IN ('accepted', 'changed') DESC, f.sequence DESC
) f ON f.member_id = r.member_id
FULL JOIN (
    SELECT * FROM state_holding
    WHERE mutual_id = current_mutual() AND payroll_id = %(payroll_id)s AND last_period >= %(previous)s AND active_since <= %(start)s
) h ON h.member_id = coalesce(r.member_id, f.member_id)
JOIN member m ON m.mutual_id = current_mutual() AND m.id = coalesce(r.member_id, f.member_id, h.member_id)
LEFT JOIN ({ASSESSED}) a ON a.member_id = m.id
LEFT JOIN (
    SELECT s.member_id, count(*) AS heads FROM state_dependant s
    JOIN filing g ON g.mutual_id = s.mutual_id AND g.id = s.filing_id AND g.payroll_id = %(payroll_id)s
    WHERE s.mutual_id = current_mutual() AND s.is_active GROUP BY s.member_id
) d ON d.member_id = m.id
LEFT JOIN ledger_account c ON c.mutual_id = current_mutual() AND c.owner_kind = 'member' AND c.owner_id = m.id
    AND c.control = 'member:contributions'
LEFT JOIN ledger_balance b ON b.mutual_id = c.mutual_id AND b.account_id = c.id
WHERE m.id > %(after)s AND NOT (
    r.member_id IS NOT NULL AND coalesce(f.status, '') = 'accepted' AND f.wage_minor = coalesce(r.wage_minor, -1)
    AND f.state_wage_minor IS NULL AND f.additional_dependants = r.additional_dependants AND coalesce(d.heads, 0) = r.additional_dependants
    AND f.helped_minor = 0)
ORDER BY m.id
"""
