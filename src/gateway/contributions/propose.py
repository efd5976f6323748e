"""Rates as law, changed by two people: one proposes a value ahead of its day, another approves it.

The country's file is what everybody has; an approved value counts over it for one mutual, from its day on. Nothing that
counted before its day changes, so a past month gives its past answer. The returns of the pension system, which are read
month by month and only decide what lateness costs, need one person and a source.
"""

import datetime as dt
from decimal import Decimal, InvalidOperation

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from gateway.contributions import rate_queries as queries
from gateway.contributions.errors import ApproverError, RateInvalidError, RateNotAheadError, RateTakenError
from gateway.contributions.rate_queries import ProposalRow, ReturnRow, lock_proposal
from gateway.contributions.rules import MARKS, PERCENT
from gateway.contributions.schedule import KINDS, tables_of
from gateway.contributions.states import RATE, RateEvent, RateStatus
from gateway.kit import audit, db, tenant
from gateway.kit.errors import GatewayError
from gateway.kit.money import currency_of, parse_amount
from gateway.kit.period import Period


def propose_rate(
    session: Session,
    *,
    kind: str,
    name: str,
    valid_from: dt.date,
    value: str,
    source: str,
    read_on: dt.date,
    mark: str,
    reason: str,
    actor: str,
    today: dt.date,
) -> ProposalRow:
    """Propose a value for the mutual's country from a day ahead; it counts once another person approved it.

    Raises:
        RateInvalidError: No such value in the country's file, a number that cannot be one, or no source.
        RateNotAheadError: The day has come.
    """
    country = tenant.current(session).country
    _check_source(source, read_on, mark, today)
    _check_value(country, kind, name, value)
    _check_ahead(valid_from, today)
    told = {"kind": kind, "name": name, "valid_from": valid_from, "value": value, "source": source.strip()}
    values = {**told, "read_on": read_on, "mark": mark, "country": country, "reason": reason, "actor": actor}
    row = ProposalRow(*db.one(session, queries.INSERT_PROPOSAL, values))
    _record(session, row, "propose", actor, reason)
    return row


def approve_rate(session: Session, proposal_id: int, *, actor: str, today: dt.date) -> ProposalRow:
    """Let a proposed value count from its day on.

    Raises:
        RateUnknownError: No such proposal.
        InvalidTransitionError: It is decided.
        ApproverError: Who proposed it may not approve it.
        RateNotAheadError: Its day has come meanwhile; propose it for a later one.
        RateTakenError: Another value was approved for the same day.
    """
    row = lock_proposal(session, proposal_id)
    status = RATE.advance(RateStatus(row.status), RateEvent.APPROVE)
    if row.proposed_by == actor:
        raise ApproverError(f"{actor} proposed rate {row.id}; another person approves it")
    _check_ahead(row.valid_from, today)
    try:
        with session.begin_nested():
            decided = _decide(session, row, status, actor, None)
    except IntegrityError as taken:
        raise RateTakenError(f"another value of {row.name} is approved from {row.valid_from} on") from taken
    _record(session, decided, "approve", actor, None)
    return decided


def decline_rate(session: Session, proposal_id: int, *, reason: str, actor: str) -> ProposalRow:
    """Say no to a proposed value; the person who proposed it cannot decide, she proposes another.

    Raises:
        RateUnknownError: No such proposal.
        InvalidTransitionError: It is decided.
        ApproverError: Who proposed it may not decide.
    """
    row = lock_proposal(session, proposal_id)
    status = RATE.advance(RateStatus(row.status), RateEvent.DECLINE)
    if row.proposed_by == actor:
        raise ApproverError(f"{actor} proposed rate {row.id}; another person decides")
    decided = _decide(session, row, status, actor, reason)
    _record(session, decided, "decline", actor, reason)
    return decided


def enter_return(
    session: Session,
    *,
    period: Period,
    value: str,
    source: str,
    read_on: dt.date,
    mark: str,
    actor: str,
    today: dt.date,
) -> ReturnRow:
    """Write down the pension system's average return in a month; a second figure is a new version that counts.

    Raises:
        RateInvalidError: Not a fraction between -0.5 and 0.5, a month to come, or no source.
    """
    _check_source(source, read_on, mark, today)
    number = _decimal(value)
    if number is None or not Decimal("-0.5") < number < Decimal("0.5"):
        raise RateInvalidError(f"{value!r} is no monthly return; write it as a fraction, 0.81 % is '0.0081'")
    if period.start > today:
        raise RateInvalidError(f"{period} has not begun; its return is not known")
    values = {"start": period.start, "value": value, "source": source.strip(), "read_on": read_on, "mark": mark}
    row = ReturnRow(*db.one(session, queries.INSERT_RETURN, {**values, "actor": actor}))
    audit.record(
        session,
        actor=actor,
        action="system_return.enter",
        subject_kind="contribution_return",
        subject_id=row.id,
        reason=row.source,
        detail={"period": str(period), "value": value, "mark": mark},
    )
    return row


def _check_source(source: str, read_on: dt.date, mark: str, today: dt.date) -> None:
    if not source.strip():
        raise RateInvalidError("say where the value is published, so that another person can read it too")
    if read_on > today:
        raise RateInvalidError(f"it cannot have been read on {read_on}: today is {today}")
    if mark not in MARKS:
        raise RateInvalidError(
            f"{mark!r} is no mark; expected one of {', '.join(MARKS)}: two sources, one, derived, unchecked"
        )


def _check_value(country: str, kind: str, name: str, value: str) -> None:
    tables = tables_of(country)
    known = [f"{group}.{one}" for group in KINDS for one in tables.get(group, {})]
    if f"{kind}.{name}" not in known:
        raise RateInvalidError(f"{country!r} has no value {kind}.{name}; there are {', '.join(known)}")
    shape = next((one["kind"] for one in tables["component"] if one["rate"] == name), None)
    if kind == "rates" and shape == PERCENT:
        number = _decimal(value)
        if number is None or not 0 <= number < 1:
            raise RateInvalidError(f"{value!r} is no rate; write a fraction below 1, 3.04 % is '0.0304'")
        return
    try:
        amount = parse_amount(value, currency_of(tables["currency"]))
    except GatewayError as refused:
        raise RateInvalidError(refused.detail) from refused
    if amount < 0:
        raise RateInvalidError(f"{value!r} is below zero")


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    digits = text.removeprefix("-").replace(".", "", 1)
    return number if number.is_finite() and digits.isascii() and digits.isdigit() and len(text) <= 12 else None


def _check_ahead(valid_from: dt.date, today: dt.date) -> None:
    if valid_from <= today:
        raise RateNotAheadError(
            f"{valid_from} has come (today is {today}): a month that was assessed keeps its rates; propose a later day"
        )


def _decide(session: Session, row: ProposalRow, status: RateStatus, actor: str, reason: str | None) -> ProposalRow:
    values = {"id": row.id, "status": status.value, "actor": actor, "reason": reason}
    decided = ProposalRow(*db.one(session, queries.DECIDE_PROPOSAL, values))
    event = RateEvent.APPROVE if status is RateStatus.APPROVED else RateEvent.DECLINE
    audit.log_transition(
        session,
        subject_kind="rate_proposal",
        subject_id=row.id,
        event=event.value,
        from_state=row.status,
        to_state=status.value,
        actor=actor,
        reason=reason,
    )
    return decided


def _record(session: Session, row: ProposalRow, verb: str, actor: str, reason: str | None) -> None:
    audit.record(
        session,
        actor=actor,
        action=f"rate.{verb}",
        subject_kind="rate_proposal",
        subject_id=row.id,
        reason=reason,
        detail={"name": f"{row.kind}.{row.name}", "valid_from": row.valid_from, "value": row.value, "mark": row.mark},
    )
