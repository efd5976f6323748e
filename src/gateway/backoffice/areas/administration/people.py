"""People and roles: take somebody on, change what she may do, let her go, give her a new password, take off her second factor."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.administration.place import MANAGER, area, crumbs
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column
from gateway.backoffice.frame.texts import LANGUAGES, N_, ROLES
from gateway.kit.errors import PreconditionError
from gateway.staff import queries
from gateway.staff.models import Role
from gateway.staff.register import NewStaffUser, StaffChange, change_staff, register_staff
from gateway.staff.rules import needs_factor
from gateway.staff.second_factor import factor_of, take_off

AT = "/administration/people"
FIELDS = {"username_taken": "username", "username_invalid": "username", "password_weak": "password"}


def _roles(desk: Desk) -> list[tuple[str, str]]:
    return [(role.value, desk.words.say(ROLES[role.value])) for role in Role]


def _named(desk: Desk, roles: Any) -> str:
    return ", ".join(desk.words.say(ROLES[role]) for role in roles) or desk.words.say("no role")


@area.page(AT, *MANAGER)
def people(desk: Desk) -> Response:
    """List everybody who has or had a log-in."""
    words = desk.words
    found = desk.listing(
        [
            Column(N_("Name"), lambda row: row.full_name, link=lambda row: f"{AT}/{row.id}"),
            Column(N_("User name"), lambda row: row.username, "code"),
            Column(N_("Roles"), lambda row: _named(desk, row.roles)),
            Column(
                N_("Status"),
                lambda row: words.say("works here") if row.is_active else words.say("was let go"),
                "status",
                tone=lambda row: "good" if row.is_active else "plain",
            ),
            Column(N_("Since"), lambda row: row.created_at, "instant"),
        ],
        lambda after, limit: queries.list_staff(desk.session, after=str(after[0]) if after else "", limit=limit),
        key=lambda row: (row.username,),
        types=(str,),
    )
    if isinstance(found, Response):
        return found
    return desk.page(
        "administration/people.html",
        list=found,
        may=desk.may(MANAGER),
        crumbs=crumbs(desk, (N_("People and roles"), "")),
    )


def _show_new(desk: Desk, form: Form) -> Response:
    return desk.page(
        "administration/person_new.html",
        form=form,
        roles=_roles(desk),
        spoken=list(LANGUAGES.items()),
        crumbs=crumbs(desk, (N_("People and roles"), AT), (N_("Take somebody on"), "")),
    )


def _chosen(form: Form) -> list[Role]:
    chosen = [role for role in Role if form.has(f"role-{role.value}")]
    if not chosen:
        form.fault("role-cashier", N_("Choose at least one role."))
    return chosen


@area.act(f"{AT}/new", *MANAGER, show=_show_new, fields=FIELDS)
def take_on(desk: Desk, form: Form) -> Go:
    """Give a person a log-in with some roles."""
    name, username = form.text("full_name", required=True), form.text("username", required=True, most=40)
    password = form.value("password")
    if not password:
        form.fault("password", N_("Fill this in."))
    language, roles = form.choice("language", list(LANGUAGES), required=True), _chosen(form)
    form.check()
    row = register_staff(desk.session, NewStaffUser(username, name, password, roles, language), actor=desk.actor)
    return Go(f"{AT}/{row.id}", N_("{name} can log in now."), {"name": name})


def _present(person: Any) -> dict[str, Any]:
    roles = {f"role-{role.value}": "1" if role.value in person.roles else None for role in Role}
    return {"full_name": person.full_name, "language": person.language, **roles}


def _show_person(desk: Desk, form: Form, user_id: int) -> Response:
    person = queries.get_staff(desk.session, user_id)
    factor = factor_of(desk.session, user_id)
    form.over(_present(person))
    return desk.page(
        "administration/person.html",
        form=form,
        person=person,
        factor=factor,
        needs_factor=needs_factor(person.roles, desk.mutual.settings),
        is_self=person.id == desk.principal.user_id,
        may=desk.may(MANAGER),
        roles=_roles(desk),
        role_names=_named(desk, person.roles),
        spoken=list(LANGUAGES.items()),
        crumbs=crumbs(desk, (N_("People and roles"), AT), (person.full_name, "")),
    )


def _sure_of_change(desk: Desk, form: Form, user_id: int) -> Confirmation | None:
    person = queries.get_staff(desk.session, user_id)
    roles = [role.value for role in _chosen(form)]
    form.text("full_name", required=True)
    if set(roles) == set(person.roles) or form.errors:
        return None
    words, gained, lost = desk.words, set(roles) - set(person.roles), set(person.roles) - set(roles)
    figures = [(words.say("Now"), _named(desk, person.roles)), (words.say("From now on"), _named(desk, sorted(roles)))]
    warnings = []
    if gained & {"manager", "accountant"}:
        warnings.append(words.say("This person will be able to release money."))
    if "manager" in lost and person.id == desk.principal.user_id:
        warnings.append(words.say("You will not be able to undo this yourself."))
    return Confirmation(
        words.say("Change what {name} may do", name=person.full_name),
        words.say("Change the roles"),
        f"{AT}/{user_id}",
        figures,
        warnings,
    )


@area.act(f"{AT}/{{user_id:int}}", *MANAGER, show=_show_person, confirm=_sure_of_change)
def change_person(desk: Desk, form: Form, user_id: int) -> Go:
    """Change a person's name, language and roles."""
    name, language = form.text("full_name", required=True), form.choice("language", list(LANGUAGES), required=True)
    roles = _chosen(form)
    form.check()
    # What stood in the form when it was opened is compared field by field with what is there now, and that stays till the end.
    person = queries.get_staff(desk.session, user_id)
    if form.over(_present(person)).meanwhile:
        raise PreconditionError("somebody changed this person since the form was opened")
    change = StaffChange(name, roles, language)
    change_staff(desk.session, user_id, change, version=person.version, actor=desk.actor)
    return Go(f"{AT}/{user_id}", N_("Changed."))


def _show_password(desk: Desk, form: Form, user_id: int) -> Response:
    person = queries.get_staff(desk.session, user_id)
    return desk.page(
        "administration/person_password.html",
        form=form,
        person=person,
        crumbs=crumbs(
            desk, (N_("People and roles"), AT), (person.full_name, f"{AT}/{user_id}"), (N_("New password"), "")
        ),
    )


@area.act(f"{AT}/{{user_id:int}}/password", *MANAGER, show=_show_password, fields={"password_weak": "password"})
def new_password(desk: Desk, form: Form, user_id: int) -> Go:
    """Give a person a new password; she is logged out everywhere."""
    password = form.value("password")
    if not password:
        form.fault("password", N_("Fill this in."))
    form.check()
    change_staff(desk.session, user_id, StaffChange(password=password), version=None, actor=desk.actor)
    return Go(f"{AT}/{user_id}", N_("The new password counts; this person is logged out everywhere."))


def _show_factor(desk: Desk, form: Form, user_id: int) -> Response:
    person = queries.get_staff(desk.session, user_id)
    return desk.page(
        "administration/person_factor.html",
        form=form,
        person=person,
        factor=factor_of(desk.session, user_id),
        crumbs=crumbs(
            desk, (N_("People and roles"), AT), (person.full_name, f"{AT}/{user_id}"), (N_("Second factor"), "")
        ),
    )


def _sure_of_factor(desk: Desk, form: Form, user_id: int) -> Confirmation:
    person, words = queries.get_staff(desk.session, user_id), desk.words
    form.text("reason", required=True)
    return Confirmation(
        words.say(
            "Take off the second factor of {name}: the password alone lets them in until another is set up",
            name=person.full_name,
        ),
        words.say("Take it off"),
        f"{AT}/{user_id}",
        warnings=[
            words.say(
                "Do it only if this person stands before you or you know the voice. They are logged out everywhere."
            )
        ],
        is_hers_alone=user_id == desk.principal.user_id,
    )


@area.act(f"{AT}/{{user_id:int}}/second-factor", *MANAGER, show=_show_factor, confirm=_sure_of_factor)
def take_off_factor(desk: Desk, form: Form, user_id: int) -> Go:
    """Take off a person's second factor: her telephone is lost."""
    reason = form.text("reason", required=True, most=500)
    form.check()
    is_own = user_id == desk.principal.user_id
    take_off(desk.session, user_id, actor=desk.actor, reason=reason, is_own=is_own)
    return Go(f"{AT}/{user_id}", N_("The second factor is taken off."))


def _show_place(desk: Desk, form: Form, user_id: int) -> Response:
    person = queries.get_staff(desk.session, user_id)
    form.over({}, person.version)
    return desk.page(
        "administration/person_place.html",
        form=form,
        person=person,
        crumbs=crumbs(
            desk, (N_("People and roles"), AT), (person.full_name, f"{AT}/{user_id}"), (N_("Place in the office"), "")
        ),
    )


def _sure_of_place(desk: Desk, _form: Form, user_id: int) -> Confirmation:
    person, words = queries.get_staff(desk.session, user_id), desk.words
    if person.is_active:
        sentence = words.say("Let {name} go: logged out everywhere, and cannot come in again", name=person.full_name)
        return Confirmation(
            sentence, words.say("Let go"), f"{AT}/{user_id}", [(words.say("Roles"), _named(desk, person.roles))]
        )
    sentence = words.say("Let {name} come in again with the old password and roles", name=person.full_name)
    return Confirmation(
        sentence, words.say("Let in"), f"{AT}/{user_id}", [(words.say("Roles"), _named(desk, person.roles))]
    )


@area.act(f"{AT}/{{user_id:int}}/place", *MANAGER, show=_show_place, confirm=_sure_of_place)
def change_place(desk: Desk, form: Form, user_id: int) -> Go:
    """Let somebody go, or take her on again."""
    form.check()
    person = queries.get_staff(desk.session, user_id)
    change = StaffChange(is_active=not person.is_active)
    change_staff(desk.session, user_id, change, version=form.version, actor=desk.actor)
    said = N_("{name} was let go.") if person.is_active else N_("{name} can log in again.")
    return Go(f"{AT}/{user_id}", said, {"name": person.full_name})
