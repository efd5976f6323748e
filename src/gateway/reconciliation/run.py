"""One reconciliation: match and book what is loaded, then find every difference that is left."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.reconciliation.age import let_age
from gateway.reconciliation.breaks import refresh_breaks
from gateway.reconciliation.match import match_lines
from gateway.reconciliation.queries import LOCK_RECONCILIATION, OpenBreaks, open_breaks


class Reconciled(NamedTuple):
    """What a run did and what is left."""

    matched: dict[str, int]
    """Lines by rule."""
    suspense_count: int
    """Lines that no rule knew."""
    changed_breaks: dict[str, int]
    """Breaks opened, changed or vanished, by kind."""
    open_breaks: list[OpenBreaks]


def reconcile(session: Session, *, today: dt.date) -> Reconciled:
    """Match, book and compare; a second run right after changes nothing.

    Args:
        session: The open transaction.
        today: Decides what is overdue.
    """
    db.run(session, LOCK_RECONCILIATION)
    matched = match_lines(session, today=today)
    changed = refresh_breaks(session, today=today)
    let_age(session, today=today)
    return Reconciled(matched.by_rule, matched.suspense_count, changed, open_breaks(session))
