"""Forms that take a member in and change what is known of her."""

import datetime as dt
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.members.place import (
    CATEGORIES,
    IDENTITY_KINDS,
    RELATIONS,
    SEXES,
    SPOKEN,
    WORKERS,
    area,
    choices,
    crumbs,
    name_of,
)
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form, options
from gateway.backoffice.frame.texts import N_
from gateway.membership import queries
from gateway.membership.add_dependant import NewDependant, add_dependant
from gateway.membership.change import change
from gateway.membership.declare_wage import declare_wage
from gateway.membership.end_dependant import end_dependant
from gateway.membership.enrol import NewIdentity, NewMember, Person, enrol
from gateway.membership.family import Kin
from gateway.membership.identify import identify
from gateway.membership.states import DependantCategory

MOST_CHOICES = 500
FAULTS = {
    "identity_taken": "identity",
    "identity_invalid": "identity",
    "dependant_elsewhere": "identity",
    "phone_invalid": "phone",
    "birth_date_invalid": "birth_date",
    "name_invalid": "given_names",
    "sex_invalid": "sex",
    "code_taken": "number",
    "wage_invalid": "wage",
    "wage_too_large": "wage",
    "day_too_far": "valid_from",
    "dependant_not_eligible": "relation",
}
"""Refusal -> field it is about."""


def _lists(desk: Desk) -> dict[str, Any]:
    payrolls = queries.list_payrolls(desk.session, limit=MOST_CHOICES)
    return {
        "sexes": choices(desk, SEXES),
        "spoken": choices(desk, SPOKEN),
        "kinds": choices(desk, IDENTITY_KINDS),
        "funds": options(queries.list_funds(desk.session, limit=MOST_CHOICES), "id", "name"),
        "payrolls": [(str(row.id), f"{row.code} {row.name}") for row in payrolls if row.is_active],
    }


def _person(desk: Desk, form: Form) -> Person:
    """Read a person's fields; what is wrong is noted beside them."""
    born = form.day("birth_date", required=True, latest=desk.today)
    return Person(
        form.text("given_names", required=True),
        form.text("first_surname", required=True),
        form.choice("sex", SEXES, required=True),
        born or dt.date(1900, 1, 1),
        form.text("second_surname"),
        form.text("phone", most=30) or None,
        form.text("occupation"),
        form.text("municipality"),
        form.choice("language", SPOKEN) or "es",
        form.number("fund_id"),
    )


def show_enrol(desk: Desk, form: Form) -> Response:
    """Show the form that takes a member in."""
    first = desk.today.replace(day=1)
    lists = _lists(desk)
    form.over({"enrolled_from": first, "kind": "national_id", "language": desk.mutual.language})
    if len(lists["payrolls"]) == 1:
        form.over({"payroll_id": lists["payrolls"][0][0]})
    return desk.page("members/enrol.html", form=form, **lists, crumbs=crumbs(desk, last=desk.words.say("Enrol")))


@area.act("/members/new", *WORKERS, show=show_enrol, fields={**FAULTS, "day_too_far": "enrolled_from"})
def enrol_member(desk: Desk, form: Form) -> Go:
    """Take a member in."""
    currency = desk.mutual.currency
    person, payroll = _person(desk, form), form.number("payroll_id", required=True)
    enrolled_from = form.day("enrolled_from", required=True)
    wage = form.amount("wage", currency, required=True)
    kind, value = form.choice("kind", IDENTITY_KINDS), form.text("identity", most=40)
    form.check()
    assert payroll is not None
    assert enrolled_from is not None
    identities = [NewIdentity(kind, value)] if value else []
    new = NewMember(
        person,
        payroll,
        enrolled_from,
        identities,
        form.text("number", most=40) or None,
        wage,
        reason=desk.words.say("Enrolled at the office"),
    )
    member = enrol(desk.session, new, actor=desk.actor, today=desk.today)
    where, name = f"/members/{member.id}", name_of(member)
    return Go(where, N_("{name} is enrolled, with the number {number}."), {"name": name, "number": member.number})


def show_change(desk: Desk, form: Form, member_id: int) -> Response:
    """Show the form over what is known of a member."""
    member = queries.get_member(desk.session, member_id)
    form.over({name: getattr(member, name) for name in Person.__slots__}, member.version)
    last = desk.words.say("Change")
    return desk.page("members/change.html", form=form, member=member, **_lists(desk), crumbs=crumbs(desk, member, last))


@area.act("/members/{member_id:int}/change", *WORKERS, show=show_change, fields=FAULTS)
def change_member(desk: Desk, form: Form, member_id: int) -> Go:
    """Change what is known of a member; what was before stays in her history."""
    person, reason = _person(desk, form), form.text("reason", required=True)
    form.check()
    changes = {name: getattr(person, name) for name in Person.__slots__}
    change(
        desk.session, member_id, changes, expected_version=form.version, actor=desk.actor, today=desk.today,
        reason=reason,
    )  # fmt: skip
    return Go(f"/members/{member_id}", N_("The change is kept."))


def show_wage(desk: Desk, form: Form, member_id: int) -> Response:
    """Show the form that declares a wage."""
    member = queries.get_member(desk.session, member_id)
    found = queries.wage_on(desk.session, member_id, desk.today)
    form.over({"valid_from": desk.today.replace(day=1)}, member.version)
    last = desk.words.say("Declare a wage")
    return desk.page("members/wage.html", form=form, member=member, present=found, crumbs=crumbs(desk, member, last))


@area.act("/members/{member_id:int}/wage", *WORKERS, show=show_wage, fields=FAULTS)
def declare(desk: Desk, form: Form, member_id: int) -> Go:
    """Declare what a member earns from a day on."""
    currency = desk.mutual.currency
    wage, valid_from = form.amount("wage", currency, required=True), form.day("valid_from", required=True)
    reason = form.text("reason", required=True)
    form.check()
    assert wage is not None
    assert valid_from is not None
    declare_wage(
        desk.session, member_id, wage, currency=currency, valid_from=valid_from, reason=reason, actor=desk.actor,
        today=desk.today, expected_version=form.version,
    )  # fmt: skip
    said = N_("A wage of {amount} is declared from {day} on.")
    places = {"amount": desk.words.amount(wage, currency), "day": desk.words.day(valid_from)}
    return Go(f"/members/{member_id}", said, places)


def show_identity(desk: Desk, form: Form, member_id: int) -> Response:
    """Show the form that records an identity number."""
    member = queries.get_member(desk.session, member_id)
    form.over({"kind": "national_id"}, member.version)
    last = desk.words.say("Identity number")
    return desk.page(
        "members/identity.html", form=form, member=member, **_lists(desk), crumbs=crumbs(desk, member, last)
    )


@area.act("/members/{member_id:int}/identity", *WORKERS, show=show_identity, fields=FAULTS)
def record_identity(desk: Desk, form: Form, member_id: int) -> Go:
    """Record a number of a register; one of the same kind is replaced where that is ticked."""
    kind, value = form.choice("kind", IDENTITY_KINDS, required=True), form.text("identity", required=True, most=40)
    reason = form.text("reason", required=True)
    form.check()
    identify(
        desk.session, member_id, NewIdentity(kind, value), actor=desk.actor, today=desk.today,
        replace=form.has("replace"), reason=reason, expected_version=form.version,
    )  # fmt: skip
    return Go(f"/members/{member_id}", N_("The identity number is kept."))


def show_dependant(desk: Desk, form: Form, member_id: int) -> Response:
    """Show the form that covers somebody of a member's family."""
    member = queries.get_member(desk.session, member_id)
    form.over({"valid_from": desk.today.replace(day=1)})
    lists = {**_lists(desk), "relations": choices(desk, RELATIONS), "categories": choices(desk, CATEGORIES)}
    last = desk.words.say("Cover a dependant")
    return desk.page("members/dependant.html", form=form, member=member, **lists, crumbs=crumbs(desk, member, last))


@area.act("/members/{member_id:int}/dependants/new", *WORKERS, show=show_dependant, fields=FAULTS)
def cover(desk: Desk, form: Form, member_id: int) -> Go:
    """Cover a person through a member, under the rule that makes her eligible."""
    kin = Kin(
        form.choice("relation", RELATIONS, required=True),
        form.day("birth_date", latest=desk.today),
        form.has("is_student"),
        form.has("is_disabled"),
        form.day("together_since", latest=desk.today),
        form.has("has_common_children"),
    )
    given, surname = form.text("given_names", required=True), form.text("first_surname", required=True)
    valid_from, category = form.day("valid_from", required=True), form.choice("category", CATEGORIES)
    kind, value = form.choice("kind", IDENTITY_KINDS), form.text("identity", most=40)
    form.check()
    assert valid_from is not None
    new = NewDependant(
        kin, given, surname, valid_from, form.text("second_surname"), form.choice("sex", SEXES) or None,
        NewIdentity(kind or "national_id", value) if value else None,
        DependantCategory(category) if category else None,
    )  # fmt: skip
    add_dependant(desk.session, member_id, new, actor=desk.actor, today=desk.today)
    return Go(
        f"/members/{member_id}",
        N_("{name} is covered from {day} on."),
        {"name": given, "day": desk.words.day(valid_from)},
    )


def show_end(desk: Desk, form: Form, member_id: int, dependant_id: int) -> Response:
    """Show the form that ends a dependant's cover."""
    member = queries.get_member(desk.session, member_id)
    kin = next((one for one in queries.list_dependants(desk.session, member_id) if one.id == dependant_id), None)
    form.over({"valid_from": desk.today})
    last = desk.words.say("End the cover")
    return desk.page(
        "members/end.html", form=form, member=member, kin=kin, name=name_of(kin), dependant_id=dependant_id,
        crumbs=crumbs(desk, member, last),
    )  # fmt: skip


@area.act("/members/{member_id:int}/dependants/{dependant_id:int}/end", *WORKERS, show=show_end, fields=FAULTS)
def end_cover(desk: Desk, form: Form, member_id: int, dependant_id: int) -> Go:
    """End a dependant's cover after a day."""
    last_day, reason = form.day("valid_from", required=True), form.text("reason", required=True)
    form.check()
    assert last_day is not None
    end_dependant(
        desk.session, member_id, dependant_id, last_day=last_day, reason=reason, actor=desk.actor, today=desk.today
    )
    return Go(f"/members/{member_id}", N_("The cover ends after {day}."), {"day": desk.words.day(last_day)})
