"""What the state holds, mirrored from its own answers: one row a member and payroll, kept apart from what we think of her."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.filing.sql import drift as sql
from gateway.kit import bulk, db


class HoldingRow(NamedTuple):
    """What the state holds of a member in a payroll."""

    payroll_id: int
    payroll_code: str
    employer_number: str
    member_id: int
    number: str
    active_since: dt.date
    """First month of the unbroken run of accepted months."""
    last_period: dt.date
    wage_minor: int
    additional_dependants: int
    amount_minor: int
    is_active: bool
    """False once a later month of the payroll was accepted without her."""
    filing_id: int
    changed_at: dt.datetime


def catch_up(session: Session) -> int:
    """Write every answer that is not in the mirror yet into it, the oldest month first; return how many files.

    A second run writes nothing. Each file is one statement, however many lines it has.
    """
    documents = db.rows(session, sql.TO_MIRROR)
    with bulk.without_nested_loops(session):
        for document in documents:
            bulk.execute(session, sql.MIRROR_WORKERS, document._mapping)
    for document in documents:
        bulk.execute(session, sql.MARK_MIRRORED, {"document_id": document.id})
    for payroll_id in sorted({document.payroll_id for document in documents}):
        bulk.execute(session, sql.LET_GO, {"payroll_id": payroll_id})
    return len(documents)


def list_holdings(
    session: Session,
    *,
    payroll_id: int | None = None,
    is_active: bool | None = None,
    after: tuple[int, int] = (0, 0),
    limit: int,
) -> list[HoldingRow]:
    """Return what the state holds, by payroll and member, after a place."""
    values = {"payroll_id": payroll_id, "is_active": is_active, "limit": limit}
    places = {"after_payroll": after[0], "after_member": after[1]}
    return [HoldingRow(*row) for row in db.rows(session, sql.HOLDINGS, {**values, **places})]
