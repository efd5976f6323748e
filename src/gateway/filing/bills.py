"""Take the state's bill in: component by component against our lines, then from the filings' reserve to the state.

A notice that was seen before has no effect. One that replaces an unpaid one takes its place by a linked reversal. The
difference between theirs and ours stands on ``suspense:state`` until somebody resolves it; nothing is edited. What was paid
beyond a recalculated notice is a credit with the state, kept as such until a later notice takes it off.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.authority.protocol import Notice
from gateway.filing import queries
from gateway.filing.courier import keep_raw
from gateway.filing.models import Bill
from gateway.filing.sql import bill as sql
from gateway.filing.states import BillEvent, BillStatus
from gateway.filing.steps import advance_bill
from gateway.kit import audit, bulk, db
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post, reverse
from gateway.membership.employers import employer_of_payroll

DIFFERENCE = "suspense:state"
"""Where the difference of the mutual's own bills waits; that of an employer's bill waits on an account of his own."""
CREDITS = "credits"
"""The notice's component that takes something off."""
GONE = ("cancelled",)
_UNPAID = (BillStatus.RECEIVED, BillStatus.ORDERED)


class _Credit(NamedTuple):
    """What a notice changes in what the state owes the payroll."""

    overpaid_minor: int
    """Paid beyond it, less what an earlier version of it raised."""
    used_minor: int
    """Below zero: what it takes off."""


class _Claim(NamedTuple):
    """What a notice takes of one filing's reserve."""

    filing_id: int
    amount_minor: int


def receive_notice(session: Session, notice: Notice, *, actor: str, today: dt.date) -> Bill | None:
    """Write a bill down and book it; return it, or None where there is nothing to write.

    None where the payroll is not ours, where the notice was cancelled, where it is an older version than the one that
    counts, and where it names a file whose answer we have not taken in: it is asked for again. The same notice again
    returns the bill it made.
    """
    payroll = db.first(session, sql.PAYROLL_OF_NOTICE, {"employer": notice.employer, "payroll": notice.payroll})
    if payroll is None:
        return None
    found = db.first(
        session,
        sql.FIND_BILL,
        {"reference": notice.reference, "version": notice.version, "sha256": digest_of(notice)},
    )
    if found is not None and notice.status not in GONE and notice.replaced_by is None:
        return _refresh(session, queries.get_bill(session, found.id, lock=True), notice)
    live = _live(session, notice)
    if any(bill.notice_reference == notice.reference and bill.version > notice.version for bill in live):
        return None
    if notice.status in GONE or notice.replaced_by is not None:
        for bill in live:
            if bill.notice_reference == notice.reference and bill.status in (*_UNPAID, BillStatus.RETURNED):
                bill.notice_status = notice.status
                _supersede(session, bill, actor=actor, today=today)
        return None
    if db.first(session, sql.UNANSWERED, {"references": [str(filing.reference) for filing in notice.filings]}):
        # The state bills lines whose answer is still on its way to us: what is ours of it is not known yet.
        return None
    return _take_in(session, notice, payroll.id, live, actor=actor, today=today)


def _refresh(session: Session, bill: Bill, notice: Notice) -> Bill:
    """Set an unpaid bill against what our lines say by now: a filing accepted since, and not on it, must show."""
    if bill.notice_status != notice.status:
        bill.notice_status = notice.status
        session.add(bill)
    answered = _answered(session, bill.payroll_id, notice)
    if bill.status != BillStatus.RECEIVED or answered == bill.answered_count:
        return bill
    ours = ours_by_component(session, bill.payroll_id, notice)
    bill.ours_minor, bill.answered_count = sum(ours.values()), answered
    bill.row_version += 1
    session.add(bill)
    session.flush()
    db.run(session, sql.UPDATE_OURS, {"bill_id": bill.id, "codes": list(ours), "ours": list(ours.values())})
    return bill


def _answered(session: Session, payroll_id: int, notice: Notice) -> int:
    # Counted before our lines are added up: an answer that comes in between is noticed the next time.
    return int(db.scalar(session, sql.ANSWERED, {"payroll_id": payroll_id, "start": notice.period.start}))


def digest_of(notice: Notice) -> str:
    """Return the digest of what a notice asks for; when it is paid or falls overdue it is still the same."""
    asked: list[Any] = [
        notice.reference,
        notice.version,
        notice.employer,
        str(notice.period),
        notice.payroll,
        notice.currency,
        notice.total_minor,
        sorted(notice.components),
        sorted((str(filing.reference), filing.amount_minor) for filing in notice.filings),
    ]
    return hashlib.sha256(json.dumps(asked, separators=(",", ":")).encode()).hexdigest()


def _live(session: Session, notice: Notice) -> list[Bill]:
    rows = db.rows(session, sql.LIVE_BILLS, {"references": _references(notice)})
    return [queries.get_bill(session, row.id, lock=True) for row in rows]


def _references(notice: Notice) -> list[str]:
    return [notice.reference, *([notice.replaces] if notice.replaces else [])]


def _take_in(
    session: Session, notice: Notice, payroll_id: int, live: list[Bill], *, actor: str, today: dt.date
) -> Bill:
    paid_before = 0
    for earlier in live:
        if earlier.status in _UNPAID:
            _supersede(session, earlier, actor=actor, today=today)
        else:
            paid_before += max(0, earlier.total_minor - earlier.paid_before_minor)
    replaced = db.first(session, sql.NEWEST_BILL, {"references": _references(notice)})
    claims = _claims(session, payroll_id, notice)
    answered = _answered(session, payroll_id, notice)
    ours = ours_by_component(session, payroll_id, notice)
    bill = Bill(
        notice_reference=notice.reference,
        version=notice.version,
        sha256=digest_of(notice),
        payroll_id=payroll_id,
        period_start=notice.period.start,
        replaces_id=None if replaced is None else replaced.id,
        status=BillStatus.RECEIVED,
        currency=notice.currency,
        total_minor=notice.total_minor,
        ours_minor=sum(ours.values()),
        paid_before_minor=paid_before,
        answered_count=answered,
        issued_on=notice.issued_on,
        due_on=notice.due_on,
        taken_on=today,
        notice_status=notice.status,
        line_count=notice.line_count,
        evidence_id=keep_raw(session, "state.notice", notice.raw),
    )
    session.add(bill)
    session.flush()
    session.refresh(bill)
    _write_parts(session, bill, notice, claims, ours)
    credit = _credit(session, bill, notice)
    _book(session, bill, claims, credit, actor=actor, today=today)
    audit.record(
        session,
        actor=actor,
        action="bill.receive",
        subject_kind="bill",
        subject_id=bill.id,
        detail={
            "notice": notice.reference,
            "version": notice.version,
            "difference_minor": bill.total_minor - bill.ours_minor,
            "credit_minor": sum(credit),
        },
    )
    return bill


def _claims(session: Session, payroll_id: int, notice: Notice) -> list[_Claim]:
    references = [str(filing.reference) for filing in notice.filings]
    rows = db.rows(session, sql.CLAIMED, {"references": references, "payroll_id": payroll_id})
    return [_Claim(row.filing_id, max(0, row.claimed_minor - row.moved_minor)) for row in rows]


def ours_by_component(session: Session, payroll_id: int, notice: Notice) -> Mapping[str, int]:
    """Return what our accepted lines say a notice should ask for, by component."""
    references = [notice.reference, *([notice.replaces] if notice.replaces else [])]
    values = {"payroll_id": payroll_id, "start": notice.period.start, "references": references}
    ours: dict[str, int] = {}
    schedules = {row.id: row.components for row in db.rows(session, sql.SCHEDULES, {"start": notice.period.start})}
    if not schedules:
        return ours
    if db.scalar(session, sql.IS_ADDED_UP, values):
        summed = db.rows(session, sql.ADDED_UP, values)
    else:
        places = max(map(len, schedules.values()))
        with bulk.without_nested_loops(session):
            summed = db.rows(session, sql.ours(places, is_one_schedule=len(schedules) == 1), values)
    for schedule in summed:
        # A schedule may be shorter than the longest of its month.
        for component, minor in zip(schedules[schedule.schedule_id], schedule.sums, strict=False):
            if component["share"] != "fee":
                ours[component["code"]] = ours.get(component["code"], 0) + int(minor)
    return ours


def _write_parts(session: Session, bill: Bill, notice: Notice, claims: list[_Claim], ours: Mapping[str, int]) -> None:
    theirs: dict[str, int] = {}
    for code, minor in notice.components:
        theirs[code] = theirs.get(code, 0) + minor
    codes = list(dict.fromkeys([*theirs, *ours]))
    values = {
        "bill_id": bill.id,
        "codes": codes,
        "theirs": [theirs.get(code, 0) for code in codes],
        "ours": [ours.get(code, 0) for code in codes],
    }
    db.run(session, sql.INSERT_COMPONENTS, values)
    amounts = {"filings": [claim.filing_id for claim in claims], "amounts": [claim.amount_minor for claim in claims]}
    db.run(session, sql.INSERT_FILINGS, {"bill_id": bill.id, **amounts})


def _credit(session: Session, bill: Bill, notice: Notice) -> _Credit:
    """Write down what the state owes after this notice: what was paid beyond it, and what it takes off for an earlier one."""
    values = {"payroll_id": bill.payroll_id, "references": _references(notice)}
    db.one(session, sql.LOCK_CREDIT, values)
    known = db.one(session, sql.OPEN_CREDIT, values)
    asked_off = -sum(minor for code, minor in notice.components if code == CREDITS)
    overpaid = max(0, bill.paid_before_minor - bill.total_minor) - known.raised_minor
    used = min(max(0, asked_off), max(0, known.open_minor - known.raised_minor))
    for kind, minor in (("overpaid", overpaid), ("used", -used)):
        if minor:
            more = {"bill_id": bill.id, "payroll_id": bill.payroll_id, "currency": bill.currency}
            db.run(session, sql.INSERT_CREDIT, {**more, "kind": kind, "amount_minor": minor})
    return _Credit(overpaid, -used)


def difference_account(session: Session, payroll_id: int) -> str:
    """Return where a difference between a payroll's bill and what was reserved for it waits."""
    employer = employer_of_payroll(session, payroll_id)
    return DIFFERENCE if employer is None else employer.difference


def _book(session: Session, bill: Bill, claims: list[_Claim], credit: _Credit, *, actor: str, today: dt.date) -> None:
    payable, asked = f"state:{bill.notice_reference}:payable", max(0, bill.total_minor - bill.paid_before_minor)
    waits, owed = difference_account(session, bill.payroll_id), f"state:{bill.payroll_id}:credit"
    open_accounts(session, [NewAccount(payable), NewAccount(waits)], bill.currency)
    if any(credit):
        open_accounts(session, [NewAccount(owed)], bill.currency)
    taken = [Line(f"filing:{claim.filing_id}:reserved", claim.amount_minor) for claim in claims if claim.amount_minor]
    difference = asked - sum(line.amount_minor for line in taken) - sum(credit)
    lines = [*taken, Line(owed, sum(credit)), Line(waits, difference), Line(payable, -asked)]
    if sum(line.amount_minor != 0 for line in lines) < 2:
        return
    event = Event(f"bill:{bill.id}:receive", "bill.receive", today, lines, actor, evidence=f"bill:{bill.id}")
    bill.ledger_tx_id = post(session, event).tx_id
    session.add(bill)
    session.flush()


def _supersede(session: Session, bill: Bill, *, actor: str, today: dt.date) -> None:
    reason = "the state replaced the notice before it was paid"
    payment = db.first(session, sql.LIVE_PAYMENT, {"bill_id": bill.id})
    if payment is not None:
        order = queries.get_payment(session, payment.id, lock=True)
        order.withdrawn_at = queries.now(session)
        session.add(order)
    cover = db.first(session, sql.BILL_COVER, {"bill_id": bill.id})
    if cover is not None:
        # What an employer's own money covered of a bill that does not stand is his again.
        reverse(session, cover.cover_tx_id, key=f"bill:{bill.id}:uncover", valid_on=today, actor=actor, reason=reason)
    if bill.ledger_tx_id is not None:
        reverse(session, bill.ledger_tx_id, key=f"bill:{bill.id}:supersede", valid_on=today, actor=actor, reason=reason)
    advance_bill(session, bill, BillEvent.SUPERSEDE, actor=actor, reason=reason)
