"""What the mutual's rule for allotting money keeps back, and who is short of what."""

PAYROLLS_OF_EMPLOYERS = """
-- one row per payroll that is filed for an employer, with his money alone
SELECT p.id AS payroll_id FROM payroll p
JOIN mutual m ON m.mutual_id = p.mutual_id AND m.employer_number <> p.employer_number
JOIN employer e ON e.mutual_id = p.mutual_id AND e.number = p.employer_number
WHERE p.mutual_id = current_mutual()
"""

OLDER_OPEN_MONTHS = f"""
-- one row per member: what her older open months need, where the rule is that the oldest month comes first; a month is
-- open while it is not closed in the books and she stands in no filing of it. What is filed for an employer he pays himself
SELECT n.member_id, sum(n.total_minor)::bigint AS older_minor
FROM (
    SELECT DISTINCT ON (v.period_start, v.payroll_id, v.member_id) v.period_start, v.member_id, v.total_minor, v.is_withdrawn
    FROM contribution_assessment v
    WHERE v.mutual_id = current_mutual() AND %(oldest_first)s AND v.period_start < %(start)s
      AND v.period_start >= CAST(%(start)s AS date) - interval '12 months'
      AND v.payroll_id NOT IN (SELECT payroll_id FROM ({PAYROLLS_OF_EMPLOYERS}) e)
    ORDER BY v.period_start, v.payroll_id, v.member_id, v.version DESC
) n
LEFT JOIN (
    SELECT DISTINCT f.period_start, l.member_id FROM filing f
    JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status <> 'rejected'
    WHERE f.mutual_id = current_mutual() AND %(oldest_first)s AND f.period_start < %(start)s
      AND f.status NOT IN ('draft', 'discarded', 'rejected')
) d ON d.period_start = n.period_start AND d.member_id = n.member_id
LEFT JOIN (
    SELECT DISTINCT ON (period_start) period_start, is_closed FROM ledger_period
    WHERE mutual_id = current_mutual() ORDER BY period_start, id DESC
) c ON c.period_start = n.period_start
WHERE NOT n.is_withdrawn AND d.member_id IS NULL AND NOT coalesce(c.is_closed, false)
GROUP BY n.member_id
"""

COST_AND_HELD = f"""
-- one row per member assessed for a month and declared in no filing of it: what it costs her, what she has for it
SELECT a.member_id, a.cost_minor, a.currency,
       greatest(0, coalesce(b.held_minor, 0) - coalesce(o.older_minor, 0))::bigint AS held_minor,
       greatest(0, a.cost_minor - greatest(0, coalesce(b.held_minor, 0) - coalesce(o.older_minor, 0)))::bigint AS short_minor
FROM (
    SELECT n.member_id, sum(n.total_minor)::bigint AS cost_minor, min(n.currency) AS currency FROM (
        SELECT DISTINCT ON (v.payroll_id, v.member_id) v.member_id, v.total_minor, v.currency, v.is_withdrawn
        FROM contribution_assessment v
        WHERE v.mutual_id = current_mutual() AND v.period_start = %(start)s
          AND (%(payroll_id)s::bigint IS NULL OR v.payroll_id = %(payroll_id)s)
          AND v.payroll_id NOT IN (SELECT payroll_id FROM ({PAYROLLS_OF_EMPLOYERS}) e)
          -- Who is declared is left out before anything is added up: late in a month that is nearly everybody.
          AND NOT EXISTS (
            SELECT FROM filing f
            JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status <> 'rejected'
            WHERE f.mutual_id = current_mutual() AND f.period_start = %(start)s AND l.member_id = v.member_id
              AND (%(payroll_id)s::bigint IS NULL OR f.payroll_id = %(payroll_id)s)
              AND f.status NOT IN ('draft', 'discarded', 'rejected'))
        ORDER BY v.payroll_id, v.member_id, v.version DESC
    ) n WHERE NOT n.is_withdrawn GROUP BY n.member_id
) a
LEFT JOIN ledger_account c ON c.mutual_id = current_mutual() AND c.owner_kind = 'member' AND c.owner_id = a.member_id
    AND c.control = 'member:contributions'
LEFT JOIN ledger_balance b ON b.mutual_id = c.mutual_id AND b.account_id = c.id
LEFT JOIN ({OLDER_OPEN_MONTHS}) o ON o.member_id = a.member_id
"""

_PER_HEAD = "s.components -> (u.n::int - 1) ->> 'kind' = 'per_head'"

HEADS_COST = f"""
-- one row per candidate with additional dependants that cost something: what they cost
SELECT c.member_id, sum(u.minor)::bigint FROM filing_candidate c
JOIN contribution_assessment a ON a.mutual_id = current_mutual() AND a.id = c.assessment_id
JOIN contribution_schedule s ON s.mutual_id = a.mutual_id AND s.id = a.schedule_id
CROSS JOIN LATERAL unnest(c.amounts_minor) WITH ORDINALITY AS u (minor, n)
WHERE c.heads > 0 AND {_PER_HEAD} GROUP BY c.member_id HAVING sum(u.minor) > 0
"""

DECLARE_ALONE = f"""
-- no row: candidates who are declared without their additional dependants: what these cost is taken off
UPDATE filing_candidate c SET heads = 0, amounts_minor = w.amounts_minor, needed_minor = c.needed_minor - w.heads_minor,
    state_minor = c.state_minor - w.heads_minor
FROM (
    SELECT c.member_id, array_agg(CASE WHEN {_PER_HEAD} THEN 0 ELSE u.minor END ORDER BY u.n) AS amounts_minor,
           sum(u.minor) FILTER (WHERE {_PER_HEAD})::bigint AS heads_minor
    FROM filing_alone n
    JOIN filing_candidate c ON c.member_id = n.member_id
    JOIN contribution_assessment a ON a.mutual_id = current_mutual() AND a.id = c.assessment_id
    JOIN contribution_schedule s ON s.mutual_id = a.mutual_id AND s.id = a.schedule_id
    CROSS JOIN LATERAL unnest(c.amounts_minor) WITH ORDINALITY AS u (minor, n)
    GROUP BY c.member_id
) w WHERE w.member_id = c.member_id
"""
