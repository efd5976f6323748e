"""Which filed lines a receipt's money paid for: the oldest money first, as it was when each line was sealed."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.filing.rules import Inflow, Share, allocate_first_in_first_out
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
    if all(row.receipt_id != receipt_id for row in inflows):
        return []
    found: list[Use] = []
    lines = db.rows(session, sql.LINES_OF_MEMBER, {"member_id": member_id})
    for place, line in enumerate(lines):
        earlier = sum(one.from_member_minor for one in lines[:place] if kept_then(one, line.sealed_at))
        shares = shares_of(inflows, line.sealed_at, earlier, line.from_member_minor)
        part = sum(share.amount_minor for row, share in shares if row.receipt_id == receipt_id)
        if part:
            found.append(_use(line, part))
    return found


def shares_of(
    inflows: Sequence[Any], sealed_at: dt.datetime, earlier_minor: int, used_minor: int
) -> list[tuple[Any, Share]]:
    """Return what a line used of each part of a receipt that was the member's when it was sealed, the oldest first.

    What came, or was taken back, afterwards changes nothing of it.

    Args:
        inflows: Rows of ``INFLOWS``.
        sealed_at: When the line was sealed.
        earlier_minor: What earlier lines had used by then and not given back.
        used_minor: What this line used.
    """
    there = [row for row in inflows if row.came_at <= sealed_at and (row.gone_at is None or row.gone_at > sealed_at)]
    # Two transactions at one moment: what the clock puts after the sealing may have been there all the same.
    there += [row for row in inflows if row.came_at > sealed_at and row.gone_at is None]
    money = [Inflow(str(place), row.amount_minor) for place, row in enumerate(there)]
    shares = allocate_first_in_first_out(money, earlier_minor, used_minor)
    return [(there[int(share.reference)], share) for share in shares]


def kept_then(line: Any, moment: dt.datetime) -> bool:
    """Tell whether a line had not given its money back at a moment."""
    return bool(line.status != "rejected" or (line.answered_at is not None and line.answered_at > moment))


def _use(line: Any, part: int) -> Use:
    return Use(line.id, line.filing_id, line.line_no, line.period_start, part)
