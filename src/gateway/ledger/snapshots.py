"""Sums kept below the horizon, so that a balance is a few rows and the rest: of busy accounts, and of every day."""

from sqlmodel import Session

from gateway.kit import db
from gateway.ledger import seal_queries


def take_snapshots(session: Session, *, at_least: int = 1_000) -> int:
    """Take a snapshot of each account with at least so many entries since its last; return how many were taken.

    Accounts with a floor keep a balance and need none. A second run at once takes none.
    """
    db.first(session, seal_queries.LOCK_SEALING)
    horizon = db.scalar(session, seal_queries.HORIZON)
    return db.run(session, seal_queries.TAKE_SNAPSHOTS, {"horizon": horizon, "at_least": at_least})


def keep_totals(session: Session, *, at_least: int = 2_000) -> int:
    """Keep what each control account moved on each day, once so many transactions are new; return how many rows were kept.

    A trial balance of any day on either clock is then a sum of these rows, and of the few entries above the horizon.
    """
    db.first(session, seal_queries.LOCK_SEALING)
    newest = db.scalar(session, seal_queries.NEWEST_TOTALS)
    values = {"from_xid": newest, "below_xid": db.scalar(session, seal_queries.HORIZON), "at_least": at_least}
    return db.run(session, seal_queries.KEEP_TOTALS, values)
