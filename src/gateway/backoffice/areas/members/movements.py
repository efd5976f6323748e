"""A member goes on leave, comes back, or leaves for good; the last is said once more before it is done."""

from fastapi.responses import Response

from gateway.backoffice.areas.members.place import LEAVES, WORKERS, area, choices, crumbs, name_of
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_
from gateway.membership import queries
from gateway.membership.come_back import come_back
from gateway.membership.depart import depart
from gateway.membership.leave import go_on_leave
from gateway.membership.states import LeaveKind
from gateway.selfcheck.overview import held, owed

FAULTS = {"day_too_far": "first_day", "days_overlap": "first_day", "not_enrolled": "first_day"}


def show_leave(desk: Desk, form: Form, member_id: int) -> Response:
    """Show the form of a leave."""
    member = queries.get_member(desk.session, member_id)
    form.over({"first_day": desk.today}, member.version)
    last = desk.words.say("Leave")
    kinds = choices(desk, LEAVES)
    return desk.page("members/leave.html", form=form, member=member, kinds=kinds, crumbs=crumbs(desk, member, last))


@area.act("/members/{member_id:int}/leave", *WORKERS, show=show_leave, fields=FAULTS)
def leave(desk: Desk, form: Form, member_id: int) -> Go:
    """Record a leave; she keeps her place in the payroll."""
    kind, first_day = form.choice("kind", LEAVES, required=True), form.day("first_day", required=True)
    last_day, reason = form.day("last_day"), form.text("reason", required=True)
    if first_day is not None and last_day is not None and last_day < first_day:
        form.fault("last_day", N_("Before the first day."))
    form.check()
    assert first_day is not None
    go_on_leave(
        desk.session, member_id, kind=LeaveKind(kind), first_day=first_day, last_day=last_day, reason=reason,
        actor=desk.actor, today=desk.today, expected_version=form.version,
    )  # fmt: skip
    return Go(f"/members/{member_id}", N_("The leave is kept."))


def show_return(desk: Desk, form: Form, member_id: int) -> Response:
    """Show the form of a return."""
    member = queries.get_member(desk.session, member_id)
    form.over({"first_day": desk.today}, member.version)
    payrolls = [(str(row.id), f"{row.code} {row.name}") for row in queries.list_payrolls(desk.session, limit=500)]
    last = desk.words.say("Come back")
    return desk.page(
        "members/return.html", form=form, member=member, payrolls=payrolls, crumbs=crumbs(desk, member, last)
    )


@area.act("/members/{member_id:int}/return", *WORKERS, show=show_return, fields=FAULTS)
def take_back(desk: Desk, form: Form, member_id: int) -> Go:
    """Let a member work again from a day on."""
    first_day, reason = form.day("first_day", required=True), form.text("reason", required=True)
    payroll_id = form.number("payroll_id")
    form.check()
    assert first_day is not None
    come_back(
        desk.session, member_id, first_day=first_day, payroll_id=payroll_id, reason=reason, actor=desk.actor,
        today=desk.today, expected_version=form.version,
    )  # fmt: skip
    return Go(f"/members/{member_id}", N_("The member is back from {day} on."), {"day": desk.words.day(first_day)})


def show_departure(desk: Desk, form: Form, member_id: int) -> Response:
    """Show the form of a departure."""
    member = queries.get_member(desk.session, member_id)
    form.over({"last_day": desk.today}, member.version)
    last = desk.words.say("Let go")
    return desk.page("members/departure.html", form=form, member=member, crumbs=crumbs(desk, member, last))


def sure_departure(desk: Desk, form: Form, member_id: int) -> Confirmation:
    """Say what ends with her."""
    member = queries.get_member(desk.session, member_id)
    last_day, say = form.day("last_day", required=True), desk.words.say
    form.text("reason", required=True)
    kin = [
        one
        for one in queries.list_dependants(desk.session, member_id)
        if one.valid_to is None or one.valid_to > desk.today
    ]
    money = desk.mutual.currency
    sentence = say(
        "End the part of {name} after {day}, and the cover of the family.",
        name=name_of(member),
        day=desk.words.day(last_day),
    )
    figures = (
        (say("Dependants who lose their cover"), desk.words.number(len(kin))),
        (say("Paid in and not used"), desk.words.amount(held(desk.session, member_id), money)),
        (say("Owed to the member"), desk.words.amount(owed(desk.session, member_id), money)),
    )
    warnings = (say("The member's money and history stay."),)
    return Confirmation(sentence, say("Let go"), f"/members/{member_id}", figures, warnings)


@area.act(
    "/members/{member_id:int}/departure",
    *WORKERS,
    show=show_departure,
    confirm=sure_departure,
    fields={"day_too_far": "last_day", "days_overlap": "last_day"},
)
def let_go(desk: Desk, form: Form, member_id: int) -> Go:
    """End a member's part after a day, and her dependants' cover."""
    last_day, reason = form.day("last_day", required=True), form.text("reason", required=True)
    form.check()
    assert last_day is not None
    depart(
        desk.session, member_id, last_day=last_day, reason=reason, is_death=form.has("is_death"), actor=desk.actor,
        today=desk.today, expected_version=form.version,
    )  # fmt: skip
    return Go(f"/members/{member_id}", N_("The member's part ends after {day}."), {"day": desk.words.day(last_day)})
