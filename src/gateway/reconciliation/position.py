"""Where the mutual's money is: what the banks say, what the books say, what is on its way, what nobody explained."""

import datetime as dt
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.ledger.queries import balance_of, current_balance, trial_balance
from gateway.reconciliation import queries


class AccountPosition(NamedTuple):
    """One account at a bank or provider."""

    number: str
    name: str
    ledger_code: str
    currency: str
    statement_on: dt.date | None
    """Day of its newest statement; None where there is none, and then nothing is compared."""
    statement_minor: int | None
    books_minor: int
    unbooked_minor: int
    """Statement lines that are loaded and not booked yet."""
    in_transit_minor: int
    unexplained_minor: int
    """Statement less what the books hold up to its last day, less unbooked; must be zero. What is booked for days after it is
    the next statement's."""


class Position(NamedTuple):
    """The whole."""

    accounts: list[AccountPosition]
    suspense: list[tuple[str, str, int]]
    """Account, currency and balance of each suspense account that is not empty."""
    cash: list[tuple[str, str, int]]
    unexplained_minor: int


def money_position(session: Session) -> Position:
    """Return where the money is now."""
    accounts = []
    for row in db.rows(session, queries.POSITION):
        books = current_balance(session, row.ledger_code)
        as_stated = books if row.statement_on is None else _as_stated(session, row)
        suffix = "in-transit" if row.kind == "bank" else "clearing"
        transit = current_balance(session, f"{row.ledger_code}:{suffix}")
        unexplained = 0 if row.closing_minor is None else row.closing_minor - as_stated - row.unbooked_minor
        accounts.append(
            AccountPosition(
                row.number,
                row.name,
                row.ledger_code,
                row.currency,
                row.statement_on,
                row.closing_minor,
                books,
                row.unbooked_minor,
                transit,
                unexplained,
            )
        )
    balances = trial_balance(session)
    suspense = [(line.control, line.currency, line.balance_minor) for line in balances if _holds(line, "suspense")]
    cash = [(line.control, line.currency, line.balance_minor) for line in balances if _holds(line, "cash")]
    return Position(accounts, suspense, cash, sum(abs(account.unexplained_minor) for account in accounts))


def _as_stated(session: Session, row: Any) -> int:
    """Return what the books hold up to the statement's last day, with its lines that a closed month moved to a later one."""
    moved = db.scalar(session, queries.BOOKED_LATER, {"number": row.number, "statement_on": row.statement_on})
    return balance_of(session, row.ledger_code, valid_on=row.statement_on) + int(moved)


def _holds(line: object, head: str) -> bool:
    return str(getattr(line, "control", "")).split(":")[0] == head and bool(getattr(line, "balance_minor", 0))
