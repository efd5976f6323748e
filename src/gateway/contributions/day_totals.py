"""What came in on each day, kept by channel and collector, so that a year of collections is a few rows and the rest.

Kept below the horizon alone, like the ledger's own totals: what no open transaction can still add to. A receipt is booked
by the database transaction that writes it, so the writer of its booking is the receipt's.
"""

import datetime as dt

from sqlmodel import Session

from gateway.kit import db
from gateway.ledger.seal_queries import HORIZON
from gateway.ledger.verify import MOST_FINDINGS, Finding

LOCK = """
-- one row: nothing, once no other transaction keeps totals for this mutual
SELECT pg_advisory_xact_lock(hashtextextended('contributions.totals:' || current_mutual(), 0))
"""

NEWEST = """
-- one row: the writer below which every receipt is in a day's total
SELECT coalesce((
    SELECT below_xid FROM contribution_day_total WHERE mutual_id = current_mutual() ORDER BY below_xid DESC LIMIT 1
), '0')::text AS below_xid
"""

LOOSE = """
-- one row: how many bookings are in no total that counts at an instant: above the newest range, or in one that was being booked then
SELECT (SELECT count(*) FROM (
            SELECT 1 FROM ledger_tx
            WHERE mutual_id = current_mutual() AND written_xid >= CAST(CAST(:below_xid AS text) AS xid8) LIMIT :most) above)
     + (SELECT coalesce(sum(receipt_count), 0) FROM contribution_day_total
        WHERE mutual_id = current_mutual() AND below_xid <= CAST(CAST(:below_xid AS text) AS xid8)
          AND booked_from <= :recorded_at AND booked_until > :recorded_at) AS loose
"""

RECEIPT_OF = """CASE WHEN t.kind = 'receipt' AND t.evidence ~ '^receipt:[0-9]{1,18}$' THEN CAST(substr(t.evidence, 9) AS bigint) END"""
"""Which receipt a booking ``t`` is of."""

KEEP = f"""
-- no row: what was received on each day in the receipts of a range of writers, where enough was booked to be kept
WITH fresh AS MATERIALIZED (
    SELECT t.id, {RECEIPT_OF} AS receipt_id FROM ledger_tx t
    WHERE t.mutual_id = current_mutual() AND t.written_xid >= CAST(CAST(:from_xid AS text) AS xid8)
      AND t.written_xid < CAST(CAST(:below_xid AS text) AS xid8)
)
INSERT INTO contribution_day_total (from_xid, below_xid, booked_from, booked_until, currency, paid_on, channel, collector,
    receipt_count, received_minor)
SELECT CAST(CAST(:from_xid AS text) AS xid8), CAST(CAST(:below_xid AS text) AS xid8), min(min(r.recorded_at)) OVER (),
       max(max(r.recorded_at)) OVER (), r.currency, r.paid_on, r.channel, coalesce(r.collector, ''), count(*),
       sum(r.amount_minor)::bigint
FROM fresh f
JOIN contribution_receipt r ON r.mutual_id = current_mutual() AND r.id = f.receipt_id AND r.ledger_tx_id = f.id
WHERE (SELECT count(*) FROM fresh) >= :at_least
GROUP BY r.currency, r.paid_on, r.channel, coalesce(r.collector, '')
"""

CHECK = """
-- one row per day, channel and collector whose totals are not what its receipts sum to
WITH received AS (
    SELECT r.currency, r.paid_on, r.channel, coalesce(r.collector, '') AS collector, sum(r.amount_minor)::bigint AS total, count(*) AS receipts
    FROM contribution_receipt r
    JOIN ledger_tx t ON t.mutual_id = current_mutual() AND t.id = r.ledger_tx_id
    WHERE r.mutual_id = current_mutual()
      AND t.written_xid < (SELECT max(below_xid::text::numeric) FROM contribution_day_total WHERE mutual_id = current_mutual())::text::xid8
    GROUP BY r.currency, r.paid_on, r.channel, coalesce(r.collector, '')
), kept AS (
    SELECT currency, paid_on, channel, collector, sum(received_minor)::bigint AS total, sum(receipt_count)::bigint AS receipts
    FROM contribution_day_total WHERE mutual_id = current_mutual() GROUP BY currency, paid_on, channel, collector
)
SELECT 'receipt total', concat_ws(' ', channel, nullif(collector, ''), 'on', paid_on),
       format('the totals say %s minor units in %s receipts, there are %s in %s',
              coalesce(k.total, 0), coalesce(k.receipts, 0), coalesce(r.total, 0), coalesce(r.receipts, 0))
FROM received r FULL JOIN kept k USING (currency, paid_on, channel, collector)
WHERE r.total IS DISTINCT FROM k.total OR r.receipts IS DISTINCT FROM k.receipts ORDER BY 2 LIMIT :limit
"""


def keep_receipt_totals(session: Session, *, at_least: int = 2_000) -> int:
    """Keep what came in on each day by channel and collector, once so many bookings are new; return how many rows were kept.

    Args:
        session: The open transaction; a second run at once keeps none.
        at_least: Fewer bookings are left to their receipts.
    """
    db.first(session, LOCK)
    values = {"from_xid": newest_writer(session), "below_xid": db.scalar(session, HORIZON), "at_least": at_least}
    return db.run(session, KEEP, values)


def newest_writer(session: Session) -> str:
    """Return the number of the database transaction below which every receipt is in a total."""
    return str(db.scalar(session, NEWEST))


def count_loose(session: Session, below_xid: str, recorded_at: dt.datetime, *, most: int) -> int:
    """Return how many bookings no total tells at an instant; of those above the newest range at most ``most`` are counted."""
    values = {"below_xid": below_xid, "recorded_at": recorded_at, "most": most}
    return int(db.scalar(session, LOOSE, values))


def check_receipt_totals(session: Session) -> list[Finding]:
    """Sum every receipt again, and name each day whose total is another."""
    return [Finding(*row) for row in db.rows(session, CHECK, {"limit": MOST_FINDINGS})]
