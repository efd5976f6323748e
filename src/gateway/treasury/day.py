"""Close a day: what every place holds, what is owed to whom, and a person's name under it."""

import datetime as dt
import hashlib
import json
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from gateway.cash import queries as cash
from gateway.cash.errors import TillUnknownError
from gateway.kit import audit, db
from gateway.kit.errors import FieldProblem
from gateway.ledger.queries import balance_of, trial_balance
from gateway.treasury import queries, rules
from gateway.treasury.errors import DayAheadError, DayClosedError, DayNotClearError


class Day(NamedTuple):
    """A day as it stands now."""

    on: dt.date
    till: str
    """One till's code; empty for the whole house."""
    figures: dict[str, Any]
    """Amounts in minor units, as they are kept when it is signed off."""
    unexplained_minor: int
    blockers: list[FieldProblem]


def figures_of(session: Session, on: dt.date, *, till: str = "") -> Day:
    """Return what every place held at the end of a day, by everything that is booked now.

    Args:
        session: The open transaction.
        on: The day.
        till: One till's code, or empty for the whole house.

    Raises:
        TillUnknownError: No such till.
    """
    tills = [_till(row, balance_of(session, row.code, valid_on=on)) for row in _tills(session, on, till)]
    if till:
        unexplained = sum(abs(one["waiting_minor"]) for one in tills)
        return Day(on, till, {"tills": tills}, unexplained, rules.blockers_of([], tills, only_till=True))
    banks = [_bank(row) for row in db.rows(session, queries.BANKS_ON_DAY, {"day": on})]
    trial = trial_balance(session, valid_on=on)
    sides = rules.sides_of((line.control, line.kind, line.is_clearing, line.balance_minor) for line in trial)
    unexplained = sum(abs(one["unexplained_minor"]) for one in banks) + sum(abs(one["waiting_minor"]) for one in tills)
    unexplained += abs(rules.unbalanced(sides))
    waiting = cash.list_counted_handovers(session)
    unexplained += sum(abs(one.difference_minor) for one in waiting)
    figures = {"banks": banks, "tills": tills, **sides}
    blockers = [*rules.blockers_of(banks, tills, only_till=False), *rules.handovers_of(waiting)]
    return Day(on, "", figures, unexplained, blockers)


def close_day(
    session: Session, on: dt.date, *, till: str = "", note: str | None = None, actor: str, today: dt.date
) -> Any:
    """Sign a day off and return it as it is kept; what is booked into it later does not change what was signed.

    Raises:
        TillUnknownError: No such till.
        DayAheadError: The day has not come.
        DayClosedError: It is signed off already.
        DayNotClearError: A difference is not explained, or a drawer is not counted; ``errors`` lists each.
    """
    if on > today:
        raise DayAheadError(f"{on} has not come; today is {today}")
    earlier = queries.closing_of(session, on, till)
    if earlier is not None:
        raise DayClosedError(f"{till or 'the house'} was signed off for {on} by {earlier.signed_by}")
    day = figures_of(session, on, till=till)
    if day.blockers or day.unexplained_minor:
        raise DayNotClearError(f"{on} has {len(day.blockers)} things that are not explained", errors=day.blockers)
    body = json.dumps(day.figures, sort_keys=True, separators=(",", ":"))
    values = {"day": on, "till": till, "figures": body, "sha256": hashlib.sha256(body.encode()).hexdigest()}
    try:
        with session.begin_nested():
            made = db.one(
                session, queries.INSERT_CLOSING, {**values, "unexplained_minor": 0, "note": note, "actor": actor}
            )
    except IntegrityError as refusal:
        raise DayClosedError(f"{till or 'the house'} is being signed off for {on} at this moment") from refusal
    audit.record(
        session,
        actor=actor,
        action="day.close",
        subject_kind="day_closing",
        subject_id=made.id,
        detail={"on": on, "till": till, "sha256": made.sha256},
    )
    return made


def _tills(session: Session, on: dt.date, till: str) -> list[Any]:
    rows = db.rows(session, queries.TILLS_ON_DAY, {"day": on, "till": till})
    if till and not rows:
        raise TillUnknownError(f"no till {till!r}; GET /v1/tills lists them")
    return rows


def _till(row: Any, books_minor: int) -> dict[str, Any]:
    shown = {name: value for name, value in row._mapping.items() if name != "session_id"}
    opened_on = None if row.opened_on is None else row.opened_on.isoformat()
    return {**shown, "opened_on": opened_on, "books_minor": books_minor}


def _bank(row: Any) -> dict[str, Any]:
    statement = row.statement_minor
    unexplained = 0 if statement is None else statement - row.books_minor - row.unbooked_minor
    statement_on = None if row.statement_on is None else row.statement_on.isoformat()
    return {**row._mapping, "statement_on": statement_on, "unexplained_minor": unexplained}
