"""Which filed lines a receipt's money paid for: the oldest money first, as the evidence of each line tells it."""

import datetime as dt
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.filing.rules import Inflow, allocate_first_in_first_out
from gateway.filing.sql import trace as sql
from gateway.kit import db


class Use(NamedTuple):
    """The part of a receipt that one line used."""

    line_id: int
    filing_id: int
    line_no: int
    period_start: dt.date
    amount_minor: int


def uses_of_receipt(session: Session, member_id: int, receipt_id: int) -> list[Use]:
    """Return the lines of a member in sealed filings that money of a receipt paid for, oldest first.

    A line that the state refused gave its money back; it is told with what it had used.
    """
    inflows = db.rows(session, sql.INFLOWS, {"member_id": member_id})
    ours = {str(place) for place, row in enumerate(inflows) if row.receipt_id == receipt_id}
    if not ours:
        return []
    money = [Inflow(str(place), row.amount_minor) for place, row in enumerate(inflows)]
    found, used_minor = [], 0
    for line in db.rows(session, sql.LINES_OF_MEMBER, {"member_id": member_id}):
        shares = allocate_first_in_first_out(money, used_minor, line.from_member_minor)
        part = sum(share.amount_minor for share in shares if share.reference in ours)
        if part:
            found.append(_use(line, part))
        if line.status != "rejected":
            used_minor += line.from_member_minor
    return found


def _use(line: Any, part: int) -> Use:
    return Use(line.id, line.filing_id, line.line_no, line.period_start, part)
