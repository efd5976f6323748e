"""What the state owes us: raised by notices that fell below what was paid, taken off by later ones."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.filing.sql import bill as sql
from gateway.kit import db


class CreditRow(NamedTuple):
    """One movement of what the state owes a payroll."""

    id: int
    payroll_id: int
    payroll_code: str
    employer_number: str
    bill_id: int
    notice_reference: str
    version: int
    period_start: dt.date
    kind: str
    amount_minor: int
    currency: str
    is_void: bool
    """Its bill was superseded: it does not count any more."""
    at: dt.datetime


class OpenCredit(NamedTuple):
    """What the state owes a payroll now; below zero where its notices took off more than was paid beyond them."""

    payroll_id: int
    payroll_code: str
    employer_number: str
    currency: str
    open_minor: int


def list_credits(session: Session, *, payroll_id: int | None = None, before: int, limit: int) -> list[CreditRow]:
    """Return the movements of what the state owes, newest first."""
    values = {"payroll_id": payroll_id, "before": before, "limit": limit}
    return [CreditRow(*row) for row in db.rows(session, sql.CREDITS, values)]


def open_credits(session: Session) -> list[OpenCredit]:
    """Return what the state owes each payroll now; none that is even."""
    return [OpenCredit(*row) for row in db.rows(session, sql.OPEN_CREDITS)]
