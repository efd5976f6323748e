"""Statements that set the state's bill against our lines, and follow its payment."""

from functools import cache

PAYROLL_OF_NOTICE = """
-- at most one row: the payroll a notice is for, held so that two cannot take the same notice in at once
SELECT id, code FROM payroll WHERE mutual_id = current_mutual() AND employer_number = :employer AND code = :payroll
FOR NO KEY UPDATE
"""

FIND_BILL = """
-- at most one row: the bill with this content
SELECT id FROM bill WHERE mutual_id = current_mutual() AND notice_reference = :reference AND version = :version AND sha256 = :sha256
"""

LIVE_BILLS = """
-- one row per bill under a reference, or under the one it replaces, that still counts, oldest first
SELECT id FROM bill WHERE mutual_id = current_mutual() AND notice_reference = ANY(CAST(:references AS text[]))
  AND status <> 'superseded' ORDER BY id
"""

NEWEST_BILL = """
-- at most one row: the newest bill under a reference, or under the one it replaces, whether it still counts or not
SELECT id FROM bill WHERE mutual_id = current_mutual() AND notice_reference = ANY(CAST(:references AS text[]))
ORDER BY id DESC LIMIT 1
"""

CLAIMED = """
-- one row per filing of the notice's own payroll that it names: what our lines that the state took cost in the files it names, and what
-- earlier bills that still count have taken of the filing's reserve
SELECT d.filing_id, f.status, sum(d.accepted_minor)::int8 AS claimed_minor, (
    SELECT coalesce(sum(c.amount_minor), 0)::int8 FROM bill_filing c
    JOIN bill b ON b.mutual_id = c.mutual_id AND b.id = c.bill_id AND b.status <> 'superseded'
    WHERE c.mutual_id = current_mutual() AND c.filing_id = d.filing_id) AS moved_minor
FROM filing_document d
JOIN filing f ON f.mutual_id = d.mutual_id AND f.id = d.filing_id AND f.payroll_id = :payroll_id
WHERE d.mutual_id = current_mutual() AND d.holds = 'workers' AND d.reference = ANY(CAST(:references AS uuid[]))
GROUP BY d.filing_id, f.status ORDER BY d.filing_id
"""

UNANSWERED = """
-- at most one row: a file that a notice names and whose answer we have not taken in yet
SELECT d.id FROM filing_document d
WHERE d.mutual_id = current_mutual() AND d.holds = 'workers' AND d.reference = ANY(CAST(:references AS uuid[]))
  AND d.status IN ('sealed', 'received')
LIMIT 1
"""

ANSWERED = """
-- one row: how many files with workers of a payroll and month the state has answered, of filings that are answered whole:
-- the lines of one whose other files are still waited for are not ours to bill yet
SELECT count(*) FROM filing f
JOIN filing_document d ON d.mutual_id = f.mutual_id AND d.filing_id = f.id AND d.holds = 'workers' AND d.answered_at IS NOT NULL
WHERE f.mutual_id = current_mutual() AND f.payroll_id = :payroll_id AND f.period_start = :start
  AND f.status IN ('accepted', 'partial', 'settled')
"""

SCHEDULES = """
-- one row per schedule that a month was assessed by: its components
SELECT id, components FROM contribution_schedule WHERE mutual_id = current_mutual() AND period_start = :start ORDER BY id
"""


_OURS = """
WITH ours AS MATERIALIZED (
    SELECT f.id, NOT EXISTS (
        SELECT FROM bill_filing o JOIN bill b ON b.mutual_id = o.mutual_id AND b.id = o.bill_id AND b.status <> 'superseded'
        WHERE o.mutual_id = f.mutual_id AND o.filing_id = f.id AND b.notice_reference <> ALL(CAST(:references AS text[]))
    ) AS is_ours
    FROM filing f
    WHERE f.mutual_id = current_mutual() AND f.payroll_id = :payroll_id AND f.period_start = :start
      AND f.status IN ('accepted', 'partial', 'settled')
)"""

IS_ADDED_UP = """
-- one row: whether what the state took of each file of a payroll and month was added up when it was answered
SELECT coalesce(bool_and(d.schedule_id IS NOT NULL OR d.status = 'rejected'), true)
FROM filing f
JOIN filing_document d ON d.mutual_id = f.mutual_id AND d.filing_id = f.id AND d.holds = 'workers'
WHERE f.mutual_id = current_mutual() AND f.payroll_id = :payroll_id AND f.period_start = :start
  AND f.status IN ('accepted', 'partial', 'settled')
"""

ADDED_UP = f"""
-- one row per schedule that accepted lines of a payroll and month were assessed by: what they came to by place when their
-- files were answered, of the filings that no other notice has
{_OURS.strip()}, place AS (
    SELECT d.schedule_id, p.place, coalesce(sum(p.minor) FILTER (WHERE o.is_ours), 0)::int8 AS minor
    FROM ours o
    JOIN filing_document d ON d.mutual_id = (SELECT current_mutual()) AND d.filing_id = o.id AND d.holds = 'workers'
    CROSS JOIN unnest(d.accepted_by_place) WITH ORDINALITY p (minor, place)
    WHERE d.schedule_id IS NOT NULL GROUP BY d.schedule_id, p.place
)
SELECT schedule_id, array_agg(minor ORDER BY place) AS sums FROM place GROUP BY schedule_id ORDER BY schedule_id
"""


@cache
def ours(places: int, *, is_one_schedule: bool) -> str:
    """Return the statement that adds up our accepted lines by the place of a component in its schedule.

    Args:
        places: How many components the longest schedule of the month has.
        is_one_schedule: The month has one schedule, so that no assessment need be looked at to know by which it was made.
    """
    summed = ", ".join(
        f"coalesce(sum(l.amounts_minor[{place}]) FILTER (WHERE o.is_ours), 0)::int8" for place in range(1, places + 1)
    )
    assessed = """
JOIN contribution_assessment a ON a.mutual_id = (SELECT current_mutual()) AND a.id = l.assessment_id"""
    return f"""
-- one row per schedule that accepted lines of a payroll and month were assessed by: what our lines come to by place, of the
-- filings that no other notice has
{_OURS.strip()}
SELECT {"s.id" if is_one_schedule else "a.schedule_id"} AS schedule_id, ARRAY[{summed}] AS sums
FROM ours o
JOIN filing_line l ON l.mutual_id = (SELECT current_mutual()) AND l.filing_id = o.id AND l.status IN ('accepted', 'changed')
{"CROSS JOIN (SELECT id FROM contribution_schedule WHERE mutual_id = (SELECT current_mutual()) AND period_start = :start) s" if is_one_schedule else assessed.strip()}
GROUP BY 1 ORDER BY 1
"""


INSERT_COMPONENTS = """
-- no row: a bill's components, theirs beside ours
INSERT INTO bill_component (bill_id, code, theirs_minor, ours_minor)
SELECT :bill_id, * FROM unnest(CAST(:codes AS text[]), CAST(:theirs AS bigint[]), CAST(:ours AS bigint[]))
"""

UPDATE_OURS = """
-- no row: our side of a bill's components, as our lines stand now
UPDATE bill_component c SET ours_minor = o.ours_minor
FROM unnest(CAST(:codes AS text[]), CAST(:ours AS bigint[])) AS o (code, ours_minor)
WHERE c.mutual_id = current_mutual() AND c.bill_id = :bill_id AND c.code = o.code
"""

INSERT_FILINGS = """
-- no row: the filings a bill covers
INSERT INTO bill_filing (bill_id, filing_id, amount_minor)
SELECT :bill_id, * FROM unnest(CAST(:filings AS bigint[]), CAST(:amounts AS bigint[]))
"""

OPEN_MONTHS = """
-- one row per employer, month and payroll for which a bill or its confirmation is waited for
SELECT DISTINCT p.employer_number, p.code, f.period_start FROM filing f
JOIN payroll p ON p.mutual_id = f.mutual_id AND p.id = f.payroll_id
WHERE f.mutual_id = current_mutual() AND f.status IN ('accepted', 'partial') ORDER BY 3, 1, 2
"""

UNCONFIRMED = """
-- one row per bill whose payment the state has not confirmed yet, or that was covered before anything was ordered
SELECT id, notice_reference FROM bill
WHERE mutual_id = current_mutual()
  AND (status IN ('released', 'booked') OR (status = 'received' AND total_minor <= paid_before_minor)) ORDER BY id
"""

PAID_BEFORE = """
-- one row: how many payments of a bill there were
SELECT count(*) FROM filing_payment WHERE mutual_id = current_mutual() AND bill_id = :bill_id
"""

LIVE_PAYMENT = """
-- at most one row: the payment of a bill that was not withdrawn and did not come back
SELECT id, amount_minor FROM filing_payment
WHERE mutual_id = current_mutual() AND bill_id = :bill_id AND withdrawn_at IS NULL AND returned_at IS NULL
"""

CAME_BACK = """
-- one row per bill that a bill replaced and whose payment came to nothing: what it asked is ordered with this one
WITH RECURSIVE chain AS (
    SELECT replaces_id AS id FROM bill WHERE mutual_id = current_mutual() AND id = :bill_id
    UNION
    SELECT b.replaces_id FROM bill b JOIN chain c ON b.id = c.id WHERE b.mutual_id = current_mutual()
)
SELECT b.id, b.total_minor - b.paid_before_minor AS amount_minor FROM bill b JOIN chain c ON c.id = b.id
WHERE b.mutual_id = current_mutual() AND b.status = 'returned' ORDER BY b.id
"""

ASKED_BY = """
-- one row per account that a payment pays off: what its bill asked beyond earlier payments, and the bills ordered with it
SELECT notice_reference, sum(total_minor - paid_before_minor)::int8 AS amount_minor FROM bill
WHERE mutual_id = current_mutual() AND id = ANY(CAST(:bill_ids AS bigint[])) GROUP BY notice_reference ORDER BY notice_reference
"""

NEWER_BILLS = """
-- one row per bill that replaced a bill, or one that did, and still counts, newest first, and whether it raised a credit
WITH RECURSIVE newer AS (
    SELECT id FROM bill WHERE mutual_id = current_mutual() AND replaces_id = :bill_id
    UNION
    SELECT b.id FROM bill b JOIN newer n ON b.replaces_id = n.id WHERE b.mutual_id = current_mutual()
)
SELECT b.id, b.status, EXISTS (
    SELECT FROM bill_credit k WHERE k.mutual_id = b.mutual_id AND k.bill_id = b.id AND k.kind = 'overpaid') AS has_credit
FROM bill b JOIN newer n ON n.id = b.id
WHERE b.mutual_id = current_mutual() AND b.status <> 'superseded' ORDER BY b.id DESC
"""

COVERED = """
-- one row per filing of a bill whose accepted lines are all on bills that the state says are paid
SELECT f.id FROM bill_filing c
JOIN filing f ON f.mutual_id = c.mutual_id AND f.id = c.filing_id AND f.status IN ('accepted', 'partial')
WHERE c.mutual_id = current_mutual() AND c.bill_id = :bill_id AND (
    SELECT coalesce(sum(l.state_minor), 0) FROM filing_line l
    WHERE l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status IN ('accepted', 'changed')
) <= (
    SELECT coalesce(sum(o.amount_minor), 0) FROM bill_filing o
    JOIN bill b ON b.mutual_id = o.mutual_id AND b.id = o.bill_id AND b.status = 'confirmed'
    WHERE o.mutual_id = f.mutual_id AND o.filing_id = f.id
) ORDER BY f.id
"""

LOCK_CREDIT = """
-- one row: nobody else raises or uses a payroll's credit with the state until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('bill-credit:' || current_mutual() || ':' || CAST(:payroll_id AS bigint), 0))
"""

OPEN_CREDIT = """
-- one row: what the state owes a payroll, and the part of it that earlier versions of one notice raised
SELECT coalesce(sum(c.amount_minor), 0)::int8 AS open_minor,
       coalesce(sum(c.amount_minor) FILTER (
           WHERE c.kind = 'overpaid' AND b.notice_reference = ANY(CAST(:references AS text[]))), 0)::int8 AS raised_minor
FROM bill_credit c JOIN bill b ON b.mutual_id = c.mutual_id AND b.id = c.bill_id AND b.status <> 'superseded'
WHERE c.mutual_id = current_mutual() AND c.payroll_id = :payroll_id
"""

INSERT_CREDIT = """
-- no row: a movement of what the state owes a payroll
INSERT INTO bill_credit (bill_id, payroll_id, kind, amount_minor, currency)
VALUES (:bill_id, :payroll_id, :kind, :amount_minor, :currency)
"""

CREDIT_USED = """
-- one row: what a bill took off of what the state owed its payroll, below zero
SELECT coalesce(sum(amount_minor), 0)::int8 FROM bill_credit
WHERE mutual_id = current_mutual() AND bill_id = :bill_id AND kind = 'used'
"""

CREDITS = """
-- one row per movement of what the state owes, newest first, older than an id; those of superseded bills say so
SELECT c.id, c.payroll_id, p.code AS payroll_code, p.employer_number, c.bill_id, b.notice_reference, b.version, b.period_start,
       c.kind, c.amount_minor, c.currency, b.status = 'superseded' AS is_void, c.at
FROM bill_credit c
JOIN bill b ON b.mutual_id = c.mutual_id AND b.id = c.bill_id
JOIN payroll p ON p.mutual_id = c.mutual_id AND p.id = c.payroll_id
WHERE c.mutual_id = current_mutual() AND c.id < :before
  AND (CAST(:payroll_id AS bigint) IS NULL OR c.payroll_id = :payroll_id)
ORDER BY c.id DESC LIMIT :limit
"""

OPEN_CREDITS = """
-- one row per payroll that the state owes something, or that has taken more than that
SELECT c.payroll_id, p.code AS payroll_code, p.employer_number, c.currency, sum(c.amount_minor)::int8 AS open_minor
FROM bill_credit c
JOIN bill b ON b.mutual_id = c.mutual_id AND b.id = c.bill_id AND b.status <> 'superseded'
JOIN payroll p ON p.mutual_id = c.mutual_id AND p.id = c.payroll_id
WHERE c.mutual_id = current_mutual() GROUP BY c.payroll_id, p.code, p.employer_number, c.currency
HAVING sum(c.amount_minor) <> 0 ORDER BY c.payroll_id
"""

BILL_COVER = """
-- at most one row: what an employer's own money covered of the difference of his bill
SELECT cover_tx_id FROM filing_payment
WHERE mutual_id = current_mutual() AND bill_id = :bill_id AND cover_tx_id IS NOT NULL ORDER BY id DESC LIMIT 1
"""

COVERED_DIFFERENCE = """
-- one row: what a bill took more (above zero) or less than was reserved for it, as it was booked to an employer
SELECT coalesce(sum(e.amount_minor), 0)::int8 AS minor FROM ledger_entry e
JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.id = e.account_id AND a.code = :account
WHERE e.mutual_id = current_mutual() AND e.tx_id = :tx_id
"""

COMPARED = """
-- one row: how many lines the state bills and how many we hold for accepted, of them changed ones, and ones it does not name
WITH ours AS (
    SELECT count(*) AS lines, count(*) FILTER (WHERE l.status = 'changed') AS changed,
           coalesce(sum(l.state_accepted_minor - l.state_minor) FILTER (WHERE l.status = 'changed'), 0) AS changed_minor,
           EXISTS (SELECT FROM bill_filing n WHERE n.mutual_id = f.mutual_id AND n.bill_id = :bill_id AND n.filing_id = f.id) AS is_named
    FROM bill b
    JOIN filing f ON f.mutual_id = b.mutual_id AND f.payroll_id = b.payroll_id AND f.period_start = b.period_start
        AND f.status IN ('accepted', 'partial', 'settled')
    JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status IN ('accepted', 'changed')
    WHERE b.mutual_id = current_mutual() AND b.id = :bill_id AND NOT EXISTS (
        SELECT FROM bill_filing o JOIN bill x ON x.mutual_id = o.mutual_id AND x.id = o.bill_id AND x.status <> 'superseded'
        WHERE o.mutual_id = f.mutual_id AND o.filing_id = f.id
          AND x.notice_reference NOT IN (b.notice_reference, coalesce((
              SELECT r.notice_reference FROM bill r WHERE r.mutual_id = b.mutual_id AND r.id = b.replaces_id), '')))
    GROUP BY f.mutual_id, f.id
)
SELECT coalesce(sum(lines), 0)::int AS our_lines, coalesce(sum(changed), 0)::int AS changed_lines,
       coalesce(sum(changed_minor), 0)::int8 AS changed_minor,
       coalesce(sum(lines) FILTER (WHERE NOT is_named), 0)::int AS unnamed_lines
FROM ours
"""
