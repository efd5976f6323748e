"""What is somebody's to do today: asked of the slices by the use they serve, the most urgent first."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import NamedTuple

from gateway.backoffice.areas.home.words import WHERE
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.pages import ENTRIES
from gateway.backoffice.frame.texts import N_
from gateway.benefits.claim_queries import list_deadlines
from gateway.calendar.errors import CalendarMissingError
from gateway.calendar.frozen import has_calendar
from gateway.calendar.queries import WorkCalendar, calendar_of
from gateway.cash.queries import list_handovers, list_sessions, list_tills
from gateway.complaints.queries import count_waiting
from gateway.filing.queries import list_bills
from gateway.kit.period import Period
from gateway.month.rules import StepState
from gateway.month.standing import Month
from gateway.payouts.queries import list_batches
from gateway.reconciliation.queries import list_ages
from gateway.staff.models import Role

NOW, SOON, SOME_TIME = 0, 1, 2
UNPAID = frozenset({"received", "ordered", "released"})
MOST = 200
DAYS_AHEAD = 7
NEWEST = 2**62


class Task(NamedTuple):
    """One thing to do."""

    urgency: int
    """NOW, SOON or SOME_TIME."""
    text: str
    """In the reader's language, with its figures."""
    path: str | None
    """Where it is done; None where she cannot go there."""
    due: str = ""
    """By when, in words."""


class Due(NamedTuple):
    """A bill of the state's that is not paid."""

    bill_id: int
    period: Period
    total_minor: int
    currency: str
    status: str
    due_on: dt.date
    working_days: int | None
    """Days that are worked from tomorrow to the due day; negative after it; None where no calendar is known."""


def tasks_of(desk: Desk, months: Iterable[Month], bills: Iterable[Due]) -> list[Task]:
    """Return what is hers to do, the most urgent first."""
    found = [*_of_months(desk, months), *_of_bills(desk, bills)]
    for roles, ask in ASKED:
        if desk.roles & roles:
            found += ask(desk)
    return sorted(found, key=lambda task: task.urgency)


def unpaid_bills(desk: Desk) -> list[Due]:
    """Return the state's bills that are not paid, the nearest due day first."""
    found = [bill for bill in list_bills(desk.session, limit=MOST) if bill.status in UNPAID]
    calendar = calendar_of(desk.session) if found and has_calendar(desk.mutual.country) else None
    dues = [
        Due(
            bill.id, Period.of(bill.period_start), bill.total_minor, bill.currency, bill.status, bill.due_on,
            _working_days(calendar, desk.today, bill.due_on),
        )
        for bill in found
    ]  # fmt: skip
    return sorted(dues, key=lambda due: (due.due_on, due.bill_id))


def due_words(desk: Desk, due: Due) -> str:
    """Return by when a bill is due, in working days."""
    words, left = desk.words, due.working_days
    if due.due_on < desk.today:
        return words.say("It was due on {day}", day=words.day(due.due_on))
    if due.due_on == desk.today:
        return words.say("It is due today")
    if left is None:
        return words.say("It is due on {day}", day=words.day(due.due_on))
    return words.count(
        "One working day left, until {day}", "{n} working days left, until {day}", left, day=words.day(due.due_on)
    )


def _working_days(calendar: WorkCalendar | None, today: dt.date, due_on: dt.date) -> int | None:
    if calendar is None or due_on <= today:
        return None if calendar is None else 0
    days = (today + dt.timedelta(days=ahead) for ahead in range(1, (due_on - today).days + 1))
    try:
        return sum(calendar.is_working_day(day) for day in days)
    except CalendarMissingError:
        return None


def _of_months(desk: Desk, months: Iterable[Month]) -> list[Task]:
    found = []
    mine = {role.value for role in desk.roles}
    for month in months:
        for step in month.steps:
            # Payments and payouts are asked for one by one, with their figures.
            if step.who not in mine or step.code == "pay" or (step.code == "payout" and step.who == Role.MANAGER):
                continue
            path, name = reachable(WHERE[step.code]), desk.words.month(month.period)
            if step.state is StepState.READY:
                found.append(Task(SOON, f"{name}: {desk.words.say(step.next)}", path))
            for one in step.blockers:
                text = desk.words.say(one.sentence, n=desk.words.number(one.figure or 0))
                urgency = NOW if step.code == "submit" else SOON
                found.append(Task(urgency, f"{name}: {text}", path))
    return list({task.text: task for task in found}.values())


def _of_bills(desk: Desk, bills: Iterable[Due]) -> list[Task]:
    found = []
    says = {
        "received": (Role.ACCOUNTANT, N_("Order the payment of the bill of {month}, {amount}")),
        "ordered": (Role.MANAGER, N_("Release the payment of the bill of {month}, {amount}")),
        "released": (Role.ACCOUNTANT, N_("Bring the payment of {month}, {amount}, to the bank")),
    }
    for due in bills:
        role, text = says[due.status]
        if role in desk.roles:
            said = desk.words.say(
                text, month=desk.words.month(due.period), amount=desk.words.amount(due.total_minor, due.currency)
            )
            is_near = due.due_on <= desk.today or (due.working_days is not None and due.working_days <= 2)
            found.append(Task(NOW if is_near else SOON, said, reachable("/filings"), due_words(desk, due)))
    return found


def _payouts(desk: Desk) -> list[Task]:
    found = []
    for batch in list_batches(desk.session, status="draft", limit=MOST):
        if batch.prepared_by != desk.actor:
            amount = desk.words.amount(batch.total_minor, batch.currency)
            text = desk.words.count(
                "Release one payout, {amount}", "Release {n} payouts, {amount}", batch.payout_count, amount=amount
            )
            found.append(Task(SOON, text, reachable("/payouts", f"/payouts/{batch.id}")))
    return found


def _breaks(desk: Desk) -> list[Task]:
    ages = list_ages(desk.session)
    if not ages:
        return []
    count, oldest = sum(row.break_count for row in ages), min(row.since_on for row in ages)
    days = (desk.today - oldest).days
    text = desk.words.count("Decide one difference", "Decide {n} differences", count)
    due = desk.words.count("The oldest is one day old", "The oldest is {n} days old", days) if days > 0 else ""
    return [Task(NOW if days > DAYS_AHEAD else SOON, text, reachable("/reconciliation"), due)]


def _sessions(desk: Desk) -> list[Task]:
    rows = list_sessions(desk.session, status="open", holder=desk.actor, till=None, before=NEWEST, limit=MOST)
    old = [row for row in rows if row.opened_on < desk.today]
    names = {till.code: till.name for till in list_tills(desk.session, after="", limit=MOST)} if old else {}
    return [
        Task(NOW, desk.words.say("Count the till {till}, open since {day}", till=desk.words.account(row.till, names), day=desk.words.day(row.opened_on)), reachable("/cash"))
        for row in old
    ]  # fmt: skip


def _handovers(desk: Desk) -> list[Task]:
    rows = list_handovers(desk.session, status="given", person=desk.actor, before=NEWEST, limit=MOST)
    waiting = [row for row in rows if row.giver != desk.actor]
    if not waiting:
        return []
    text = desk.words.count("Count the money that one person brought", "Count the money of {n} handovers", len(waiting))
    return [Task(NOW, text, reachable("/cash"))]


def _claims(desk: Desk) -> list[Task]:
    until = desk.today + dt.timedelta(days=DAYS_AHEAD)
    rows = list_deadlines(desk.session, until=until, limit=MOST)
    if not rows:
        return []
    text = desk.words.count("Bring one claim to the state", "Bring {n} claims to the state", len(rows))
    due = desk.words.say("The nearest by {day}", day=desk.words.day(rows[0].submit_by))
    return [Task(NOW if rows[0].submit_by <= desk.today else SOON, text, reachable("/benefits"), due)]


def _complaints(desk: Desk) -> list[Task]:
    mine = [
        row
        for row in count_waiting(desk.session, today=desk.today)
        if row.waiting_count and row.owner_role in desk.roles
    ]
    if not mine:
        return []
    late, owners = sum(row.late_count for row in mine), {row.owner_role for row in mine}
    text = desk.words.count(
        "Look into one complaint", "Look into {n} complaints", sum(row.waiting_count for row in mine)
    )
    due = desk.words.count("One of them is late", "{n} of them are late", late) if late else ""
    path = f"/complaints?owner={min(owners)}" if len(owners) == 1 else None
    return [Task(NOW if late else SOON, text, reachable("/complaints", path), due)]


ASKED: tuple[tuple[frozenset[Role], Callable[[Desk], list[Task]]], ...] = (
    (frozenset({Role.MANAGER}), _payouts),
    (frozenset({Role.ACCOUNTANT, Role.MANAGER}), _breaks),
    (frozenset({Role.CASHIER, Role.COLLECTOR}), _sessions),
    (frozenset({Role.CASHIER, Role.ACCOUNTANT}), _handovers),
    (frozenset({Role.BENEFITS_OFFICER}), _claims),
    (
        frozenset({Role.CASHIER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER}),
        _complaints,
    ),
)
"""Roles -> what is asked for them beside the months and the bills."""


def reachable(area_path: str, path: str | None = None) -> str | None:
    """Return an address of another area, if the office has that area."""
    return (path or area_path) if any(entry.path == area_path for entry in ENTRIES) else None
