"""Seal a draft: look at the money again, reserve it in one booking, freeze lines, bytes and ids.

The locked balances belong to the ledger, which locks them in the order of their ids when it books and refuses the whole
booking where one would fall below zero. So we book first; only where it is refused do we look whose money is gone, leave
her behind and book the rest (``_TRIES`` times, for somebody may use more of it meanwhile). Nothing leaves the house here.
"""

import datetime as dt

from sqlmodel import Session

from gateway.filing import files, funding, movements
from gateway.filing.errors import MonthClosedError, NothingToFileError
from gateway.filing.models import Filing
from gateway.filing.queries import lock_filing, now
from gateway.filing.sql import prepare as draft_sql
from gateway.filing.sql import seal as sql
from gateway.filing.states import FILING, FilingEvent, FilingStatus
from gateway.kit import audit, bulk
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.bulk import Head, post_lines
from gateway.ledger.errors import FloorBrokenError
from gateway.membership.queries import get_payroll

_TRIES = 3


def seal(session: Session, filing_id: int, *, actor: str, today: dt.date) -> Filing:
    """Freeze a draft and reserve its money; a line that is no longer funded moves to those not declared.

    Raises:
        FilingUnknownError: No such filing.
        InvalidTransitionError: It is not a draft.
        MonthClosedError: Its month, or the month of today, is closed in the books.
        NothingToFileError: No line is funded any more.
        UnrenderableError: Somebody changed so that the state's file cannot hold her; prepare again.
    """
    filing = lock_filing(session, filing_id)
    sealed = FILING.advance(FilingStatus(filing.status), FilingEvent.SEAL)
    for day in {filing.period_start, today}:
        if periods.is_closed(session, day):
            raise MonthClosedError(f"{Period.of(day)} is closed in the books; reopen it first, with a reason")
    open_accounts(session, [NewAccount(f"filing:{filing.id}:reserved"), NewAccount("income:fees")], filing.currency)
    payroll = get_payroll(session, filing.payroll_id)
    told = movements.draw_up(session, filing, payroll.code, today=today, is_shown=True)
    if filing.line_count or not (told or filing.dependant_line_count):
        moved, root = _reserve(session, filing, actor=actor, today=today)
    else:
        with files.writing(session, filing, today) as workers:
            moved, root = 0, files.freeze(session, filing, workers, today)
    before, filing.status = filing.status, sealed
    filing.merkle_root, filing.sealed_by = root, actor
    filing.sealed_at = now(session)
    filing.version += 1
    session.add(filing)
    session.flush()
    audit.log_transition(
        session,
        subject_kind="filing",
        subject_id=filing.id,
        event=FilingEvent.SEAL,
        from_state=before,
        to_state=filing.status,
        actor=actor,
    )
    audit.record(
        session,
        actor=actor,
        action="filing.seal",
        subject_kind="filing",
        subject_id=filing.id,
        detail={"lines": filing.line_count, "reserved_minor": filing.reserved_minor, "no_longer_funded": moved},
    )
    return filing


def _reserve(session: Session, filing: Filing, *, actor: str, today: dt.date) -> tuple[int, str]:
    """Book the reservation and keep the files; return how many were left behind, and the root over the lines."""
    head = Head(
        key=f"filing:{filing.reference}:seal",
        kind="filing.seal",
        valid_on=today,
        actor=actor,
        evidence=f"filing:{filing.id}",
    )
    moved = _leave_behind(session, filing, sql.NO_LONGER)
    for attempt in range(_TRIES):
        if filing.line_count == 0:
            raise NothingToFileError(
                f"no line of filing {filing.id} is funded; take in receipts, then prepare the filing again"
            )
        with files.writing(session, filing, today) as workers:
            refusal = _book(session, head, filing)
            if refusal is None:
                return moved, files.freeze(session, filing, workers, today)
        if attempt == _TRIES - 1:
            raise refusal
        moved += _leave_behind(session, filing, sql.SHORT_NOW)
    raise AssertionError("not reached")


def _book(session: Session, head: Head, filing: Filing) -> FloorBrokenError | None:
    """Book the reservation, or give back nothing but why it was refused: somebody's money is not there any more."""
    with bulk.without_nested_loops(session):
        try:
            with session.begin_nested():
                post_lines(session, head, sql.RESERVATION, {"filing_id": filing.id})
        except FloorBrokenError as refusal:
            return refusal
    return None


def _leave_behind(session: Session, filing: Filing, which: str) -> int:
    policy = funding.read_policy(session, filing.policy_id)
    values = {
        "filing_id": filing.id,
        "payroll_id": filing.payroll_id,
        "start": filing.period_start,
        "leave_out": sorted(policy.leave_out),
        "one_payroll_only": policy.one_payroll_only,
        "assessment_count": filing.assessment_count,
    }
    bulk.execute(session, sql.FORGET_UNFUNDED)
    with bulk.without_nested_loops(session):
        moved = bulk.execute(session, which, values)
        if moved:
            for statement in (*sql.MOVE_TO_DECISIONS, draft_sql.SUM_DRAFT):
                bulk.execute(session, statement, values)
    if moved:
        session.refresh(filing)
    return moved
