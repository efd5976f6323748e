"""The statements of a month's assessment: the fee, the schedule, the roster, what is new."""

from gateway.contributions.queries import NEWEST_ASSESSMENTS

FEE_IN_FORCE = """
-- at most one row: the fee in force on a day
SELECT amount_minor, currency, source, valid_from FROM contribution_fee
WHERE mutual_id = current_mutual() AND valid_from <= :day ORDER BY valid_from DESC, id DESC LIMIT 1
"""

FEES = """
-- one row per fee that was ever decided, newest day first
SELECT id, valid_from, amount_minor, currency, source, actor, recorded_at FROM contribution_fee
WHERE mutual_id = current_mutual() ORDER BY valid_from DESC, id DESC
"""

INSERT_FEE = """
-- one row: the new fee
INSERT INTO contribution_fee (valid_from, amount_minor, currency, source, actor)
VALUES (:valid_from, :amount_minor, :currency, :source, :actor)
RETURNING id, valid_from, amount_minor, currency, source, actor, recorded_at
"""

LOCK_PERIOD = """
-- one row: nobody else assesses this month until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('assess:' || current_mutual() || ':' || CAST(:start AS date), 0))
"""

PAYROLL = """
-- at most one row: the payroll, if it is one
SELECT id FROM payroll WHERE mutual_id = current_mutual() AND id = :payroll_id
"""

INSERT_SCHEDULE = """
-- no row: the month's schedule, unless the same is there
INSERT INTO contribution_schedule (period_start, version, country, currency, components, sha256)
SELECT :start, 1 + coalesce(max(version), 0), :country, :currency, CAST(:components AS jsonb), :sha256
FROM contribution_schedule WHERE mutual_id = current_mutual() AND period_start = :start
ON CONFLICT (mutual_id, period_start, sha256) DO NOTHING
"""

SCHEDULE_ID = """
-- one row: the schedule of a month with this digest
SELECT id FROM contribution_schedule
WHERE mutual_id = current_mutual() AND period_start = :start AND sha256 = :sha256
"""

DROP_ROSTER = "DROP TABLE IF EXISTS pg_temp.assess_roster"

KEEP_ROSTER = """
-- no row: a temporary table with one row per enrolled member, her wage, heads, and the age she reached that matters
CREATE TEMPORARY TABLE assess_roster ON COMMIT DROP AS
SELECT r.member_id, r.wage_minor, r.additional_dependants, r.earlier_wage_minor, {age} AS age FROM ({roster}) r
"""

NO_AGE = "0::int4"

AGE_REACHED = """coalesce((
    SELECT max(a.years) FROM unnest(CAST(%(ages)s AS int[])) AS a (years)
    WHERE r.birth_date + make_interval(years => a.years) <= %(start)s), 0)::int4"""
"""The highest of the given ages that somebody reached by the month's first day, 0 for none. On the first of a month it
makes no difference whether who is born on 29 February has a birthday on 28 February or on 1 March."""

ANALYZE_ROSTER = "ANALYZE assess_roster"

DROP_NEWEST = "DROP TABLE IF EXISTS pg_temp.assess_newest"

KEEP_NEWEST = f"""
-- no row: a temporary table with one row per member that was ever assessed in the payroll and month, her newest version.
-- Of known size: what this very transaction writes is in no statistics, and a join that is thought to be of one row and
-- is of a million never ends.
CREATE TEMPORARY TABLE assess_newest ON COMMIT DROP AS
SELECT n.member_id, n.version, n.is_withdrawn, n.schedule_id, n.wage_minor, n.additional_dependants, n.amounts_minor,
       n.currency, n.earlier_wage_minor
FROM ({NEWEST_ASSESSMENTS}) n
"""

ANALYZE_NEWEST = "ANALYZE assess_newest"

DISTINCT_INPUTS = """
-- one row per wage, heads, age and earlier wage that the roster has
SELECT DISTINCT wage_minor, additional_dependants, age, earlier_wage_minor FROM assess_roster WHERE wage_minor IS NOT NULL
"""

COST = {
    "wage_minor": "int8",
    "additional_dependants": "int4",
    "age": "int4",
    "earlier_wage_minor": "int8",
    "amounts_minor": "int8[]",
    "state_minor": "int8",
    "total_minor": "int8",
}
"""Columns of the staged costs, one row per wage, heads and age."""

INSERT_ASSESSMENTS = """
-- no row: a new version for each member whose wage, heads, age that matters or schedule are not those of her newest one
INSERT INTO contribution_assessment (period_start, payroll_id, member_id, version, schedule_id, wage_minor,
    additional_dependants, earlier_wage_minor, amounts_minor, state_minor, total_minor, currency)
SELECT %(start)s, %(payroll_id)s, r.member_id, 1 + coalesce(n.version, 0), %(schedule_id)s, c.wage_minor,
       c.additional_dependants, c.earlier_wage_minor, c.amounts_minor, c.state_minor, c.total_minor, %(currency)s
FROM assess_roster r
JOIN assess_cost c ON c.wage_minor = r.wage_minor AND c.additional_dependants = r.additional_dependants AND c.age = r.age
    AND c.earlier_wage_minor = r.earlier_wage_minor
LEFT JOIN assess_newest n ON n.member_id = r.member_id
WHERE n.member_id IS NULL OR n.is_withdrawn OR n.schedule_id <> %(schedule_id)s OR n.wage_minor <> r.wage_minor
   OR n.additional_dependants <> r.additional_dependants OR n.amounts_minor <> c.amounts_minor
   OR n.earlier_wage_minor <> r.earlier_wage_minor
"""

WITHDRAW_ASSESSMENTS = """
-- no row: a last version for each member who is assessed but no longer on the roster, or without a wage
INSERT INTO contribution_assessment (period_start, payroll_id, member_id, version, is_withdrawn, schedule_id, wage_minor,
    additional_dependants, amounts_minor, state_minor, total_minor, currency)
SELECT %(start)s, %(payroll_id)s, n.member_id, 1 + n.version, true, %(schedule_id)s, 0, 0, '{}', 0, 0, n.currency
FROM assess_newest n
WHERE NOT n.is_withdrawn
  AND NOT EXISTS (SELECT FROM assess_roster r WHERE r.member_id = n.member_id AND r.wage_minor IS NOT NULL)
"""

TOTALS = """
-- one row: how many members of the roster are assessed, what they cost together, and how many declared no wage
SELECT count(c.total_minor), coalesce(sum(c.total_minor), 0)::bigint, count(*) FILTER (WHERE r.wage_minor IS NULL)
FROM assess_roster r
LEFT JOIN assess_cost c ON c.wage_minor = r.wage_minor AND c.additional_dependants = r.additional_dependants
    AND c.age = r.age AND c.earlier_wage_minor = r.earlier_wage_minor
"""
