"""How each way out of the house, and into it, is doing: read from what the slices keep of their attempts."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.administration import queries
from gateway.administration.rules import Standing, standing_of
from gateway.kit import db
from gateway.kit.logs import mask


class Connection(NamedTuple):
    """One way out or in."""

    kind: str
    """state, payer, bank (statements), messages, inbox (what is pushed to us) or webhook."""
    name: str
    """Which: the country, a ledger account, the source of what is pushed, an address."""
    standing: Standing
    succeeded_at: dt.datetime | None
    """When it last worked."""
    waiting_count: int
    """What is on its way or is to go out; of a bank, lines that are not matched."""
    waiting_since: dt.datetime | None
    failure_count: int
    """What did not work since it last worked."""
    failing_since: dt.datetime | None
    failed_at: dt.datetime | None
    last_error: str | None
    """In the words of whoever refused; numbers that may identify somebody are hidden."""


def list_connections(session: Session, *, today: dt.date) -> list[Connection]:
    """Return every connection of this mutual, those that fail first.

    Args:
        session: The open transaction.
        today: The mutual's day: a message that is not due yet does not wait.
    """
    found = [
        Connection(
            row.kind,
            row.name,
            standing_of(row.succeeded_at, row.waiting_count, row.failure_count),
            row.succeeded_at,
            row.waiting_count,
            row.waiting_since,
            row.failure_count,
            row.failing_since,
            row.failed_at,
            None if row.last_error is None else mask(row.last_error),
        )
        for row in db.rows(session, queries.CONNECTIONS, {"today": today})
    ]
    order = list(Standing)
    return sorted(found, key=lambda one: (order.index(one.standing), one.kind, one.name))
