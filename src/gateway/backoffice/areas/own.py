"""What is somebody's own: her second factor and its recovery codes."""

from types import SimpleNamespace

from fastapi.responses import Response

from gateway.backoffice.frame.area import Area, Confirmation
from gateway.backoffice.frame.desk import Crumb, Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.pages import qr_code
from gateway.backoffice.frame.texts import N_
from gateway.staff.rules import needs_factor
from gateway.staff.second_factor import (
    address_of,
    begin_factor,
    begun_factor,
    confirm_factor,
    factor_of,
    renew_recovery_codes,
    take_off,
)

area = Area("own", N_("Second factor"), "/second-factor", 95, is_listed=False)


@area.page("/second-factor")
def show_factor(desk: Desk, form: Form | None = None) -> Response:
    """Say whether she has a second factor; begin one where a secret waits for its first code."""
    user = desk.principal
    found = factor_of(desk.session, user.user_id)
    secret = None if found.confirmed_at else begun_factor(desk.session, user.user_id, desk.vault)
    picture = None if secret is None else qr_code(address_of(secret, user.username, desk.mutual.name))
    crumbs = [Crumb(desk.words.say("Home"), "/"), Crumb(desk.words.say("Second factor"), "")]
    return desk.page(
        "own/factor.html",
        status=200,
        form=form or desk.form(),
        found=found,
        secret=secret,
        picture=picture,
        is_asked_for=needs_factor([role.value for role in desk.roles], desk.mutual.settings),
        crumbs=crumbs,
    )


@area.act("/second-factor/begin", show=show_factor, has_page=False)
def begin(desk: Desk, _form: Form) -> Go:
    """Make a new secret; nothing is asked for until its first code was seen."""
    begin_factor(desk.session, desk.principal.user_id, desk.vault)
    return Go("/second-factor")


@area.act(
    "/second-factor/confirm", show=show_factor, has_page=False, is_repeatable=True, fields={"factor_code_wrong": "otp"}
)
def confirm(desk: Desk, form: Form) -> Response:
    """Take the first code, and show the recovery codes; once."""
    otp = form.text("otp", required=True, most=20)
    form.check()
    return _codes(desk, confirm_factor(desk.session, _user(desk), otp, desk.vault))


@area.act("/second-factor/recovery-codes", show=show_factor, has_page=False, is_repeatable=True)
def renew(desk: Desk, _form: Form) -> Response:
    """Give new recovery codes, and show them; once."""
    return _codes(desk, renew_recovery_codes(desk.session, _user(desk)))


def _sure(desk: Desk, _form: Form) -> Confirmation:
    say = desk.words.say
    sentence = say("Take off your second factor. From then on your password alone lets somebody in.")
    return Confirmation(sentence, say("Take it off"), "/second-factor")


@area.act("/second-factor/end", show=show_factor, has_page=False, confirm=_sure)
def end(desk: Desk, _form: Form) -> Go:
    """Take off her own second factor, where her role does not ask for one."""
    take_off(desk.session, desk.principal.user_id, actor=desk.actor, reason="her own wish", is_own=True)
    return Go("/second-factor", N_("Your second factor is taken off."))


def _user(desk: Desk) -> SimpleNamespace:
    return SimpleNamespace(id=desk.principal.user_id, username=desk.principal.username)


def _codes(desk: Desk, codes: list[str]) -> Response:
    crumbs = [Crumb(desk.words.say("Home"), "/"), Crumb(desk.words.say("Second factor"), "/second-factor")]
    return desk.page("own/codes.html", codes=codes, crumbs=crumbs)
