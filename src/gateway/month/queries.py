"""What the month's overview reads from the slices' tables."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit import db
from gateway.kit.period import Period

_ENROLLED = """SELECT DISTINCT member_id, payroll_id FROM enrolment WHERE mutual_id = current_mutual()
        AND valid_from <= :last AND (valid_to IS NULL OR valid_to > :first)"""

SUMS = f"""
-- one row: the month's counts and sums over everybody's rows, each of one table
WITH enrolled AS ({_ENROLLED}
), assessed AS (
    SELECT coalesce(sum(total_minor), 0)::bigint AS minor, count(*) AS members FROM (
        SELECT DISTINCT ON (payroll_id, member_id) total_minor, is_withdrawn FROM contribution_assessment
        WHERE mutual_id = current_mutual() AND period_start = :first
        ORDER BY payroll_id, member_id, version DESC
    ) newest WHERE NOT is_withdrawn
), received AS (
    SELECT coalesce(sum(r.amount_minor), 0)::bigint AS minor, count(*) AS receipts FROM contribution_receipt r
    WHERE r.mutual_id = current_mutual() AND r.paid_on BETWEEN :first AND :last AND NOT EXISTS (
        SELECT FROM contribution_reversal v WHERE v.mutual_id = r.mutual_id AND v.receipt_id = r.id)
), payouts AS (
    SELECT coalesce(sum(amount_minor), 0)::bigint AS minor FROM payout
    WHERE mutual_id = current_mutual() AND status = 'paid' AND settled_on BETWEEN :first AND :last
), owed AS (
    SELECT coalesce(sum(b.held_minor), 0)::bigint AS minor FROM ledger_account a
    JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
    WHERE a.mutual_id = current_mutual() AND a.control = 'member:benefits'
), suspense AS (
    SELECT coalesce(-sum(e.amount_minor), 0)::bigint AS minor FROM ledger_account a
    JOIN ledger_entry e ON e.mutual_id = a.mutual_id AND e.account_id = a.id
    JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id AND t.valid_on <= :last
    WHERE a.mutual_id = current_mutual() AND a.control LIKE 'suspense%'
)
SELECT (SELECT count(*) FROM enrolled) AS enrolled, assessed.members AS assessed_members, assessed.minor AS assessed_minor,
       received.receipts, received.minor AS received_minor, payouts.minor AS paid_out_minor, owed.minor AS owed_minor,
       suspense.minor AS suspense_minor
FROM assessed, received, payouts, owed, suspense
"""

STANDING = """
-- one row: where the month's filings, bills, remittances, batches and breaks stand, each of one small table
WITH filings AS (
    SELECT id, status FROM filing WHERE mutual_id = current_mutual() AND period_start = :first AND status <> 'discarded'
), bills AS (
    SELECT count(*) AS bills,
           count(*) FILTER (WHERE status = 'received') AS to_order, count(*) FILTER (WHERE status = 'ordered') AS to_release,
           count(*) FILTER (WHERE status = 'released') AS to_book, count(*) FILTER (WHERE status = 'booked') AS to_confirm
    FROM bill WHERE mutual_id = current_mutual() AND period_start = :first AND status <> 'superseded'
), remitted AS (
    SELECT coalesce(sum(funded_minor) FILTER (WHERE funded_on BETWEEN :first AND :last), 0)::bigint AS minor,
           coalesce(sum(allotted_minor) FILTER (WHERE funded_on BETWEEN :first AND :last), 0)::bigint AS distributed_minor,
           count(*) FILTER (WHERE status IN ('advised', 'differs')) AS unfunded, count(*) FILTER (WHERE status = 'funded') AS funded,
           count(*) FILTER (WHERE status = 'quarantined') AS quarantined,
           count(*) FILTER (WHERE advised_on BETWEEN :first AND :last) AS advised
    FROM benefit_remittance WHERE mutual_id = current_mutual() AND (advised_on <= :last OR funded_on <= :last)
), batches AS (
    SELECT count(*) FILTER (WHERE status = 'draft') AS to_release,
           count(*) FILTER (WHERE status IN ('released', 'sending', 'unknown', 'submitted')) AS under_way
    FROM payout_batch WHERE mutual_id = current_mutual()
), breaks AS (
    SELECT count(*) FILTER (WHERE period_start = :first) AS of_month, count(*) AS of_all FROM reconciliation_break
    WHERE mutual_id = current_mutual() AND status IN ('open', 'proposed', 'approved', 'rejected')
)
SELECT (SELECT count(*) FROM filings WHERE status = 'draft') AS drafts,
       (SELECT count(*) FROM filings WHERE status = 'sealed') AS sealed,
       (SELECT count(*) FROM filing f WHERE f.mutual_id = current_mutual() AND f.period_start = :first AND f.status = 'sealed'
          AND (SELECT s.outcome FROM filing_submission s WHERE s.mutual_id = f.mutual_id AND s.filing_id = f.id
               ORDER BY s.id DESC LIMIT 1) = 'unavailable') AS unreached,
       (SELECT count(*) FROM filings WHERE status IN ('sending', 'unknown', 'submitted')) AS under_way,
       (SELECT count(*) FROM filings WHERE status IN ('accepted', 'partial', 'rejected', 'settled')) AS answered,
       bills.bills, bills.to_order AS bills_to_order, bills.to_release AS bills_to_release,
       bills.to_book AS bills_to_book, bills.to_confirm AS bills_to_confirm,
       remitted.advised, remitted.minor AS remitted_minor, remitted.distributed_minor, remitted.unfunded, remitted.funded,
       remitted.quarantined, batches.to_release AS batches_to_release,
       batches.under_way AS batches_under_way, breaks.of_month AS open_breaks, breaks.of_all AS all_open_breaks,
       coalesce((SELECT is_closed FROM ledger_period WHERE mutual_id = current_mutual() AND period_start = :first
                 ORDER BY id DESC LIMIT 1), false) AS is_closed
FROM bills, remitted, batches, breaks
"""

COVERED_DEPENDANTS = """
-- one row: how many dependants are covered through a member whose line of the month was accepted
SELECT count(*) AS dependants FROM dependant d
WHERE d.mutual_id = current_mutual() AND d.valid_from <= :last AND (d.valid_to IS NULL OR d.valid_to > :first)
  AND EXISTS (
    SELECT FROM filing f JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id
    WHERE f.mutual_id = d.mutual_id AND f.period_start = :first AND l.member_id = d.member_id
      AND l.status IN ('accepted', 'changed'))
"""

MONTHS = """
-- one row per month that something was assessed, filed or received for, newest first; from one month to the one before it by
-- an index, however many rows a month has
WITH RECURSIVE assessed AS (
    SELECT max(period_start) AS period_start FROM contribution_assessment WHERE mutual_id = current_mutual()
    UNION ALL
    SELECT (SELECT max(a.period_start) FROM contribution_assessment a
            WHERE a.mutual_id = current_mutual() AND a.period_start < k.period_start)
    FROM assessed k WHERE k.period_start IS NOT NULL
), received AS (
    SELECT date_trunc('month', max(paid_on))::date AS period_start FROM contribution_receipt WHERE mutual_id = current_mutual()
    UNION ALL
    SELECT (SELECT date_trunc('month', max(r.paid_on))::date FROM contribution_receipt r
            WHERE r.mutual_id = current_mutual() AND r.paid_on < k.period_start)
    FROM received k WHERE k.period_start IS NOT NULL
)
SELECT period_start FROM (
    (SELECT period_start FROM assessed WHERE period_start IS NOT NULL LIMIT :limit)
    UNION SELECT period_start FROM filing WHERE mutual_id = current_mutual()
    UNION (SELECT period_start FROM received WHERE period_start IS NOT NULL LIMIT :limit)
) known ORDER BY period_start DESC LIMIT :limit
"""


def sums(session: Session, period: Period) -> Any:
    """Return the month's counts and sums over everybody's rows; in a large mutual it takes a moment."""
    return db.one(session, SUMS, _days(period))


def standing(session: Session, period: Period) -> Any:
    """Return where the month's filings, bills, remittances, batches and breaks stand."""
    return db.one(session, STANDING, _days(period))


def covered_dependants(session: Session, period: Period) -> int:
    """Return how many dependants are covered in the month."""
    return int(db.scalar(session, COVERED_DEPENDANTS, _days(period)))


def list_months(session: Session, *, limit: int = 120) -> list[Period]:
    """Return the months that something is known of, newest first."""
    return [Period.of(row.period_start) for row in db.rows(session, MONTHS, {"limit": limit})]


def _days(period: Period) -> dict[str, dt.date]:
    return {"first": period.start, "last": period.end}
