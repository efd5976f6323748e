"""Snapshots: the sum of a busy account's entries below the horizon, so that its balance is one row and the rest."""

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
