"""What is somebody's own: her password, her open sessions, her second factor and its recovery codes."""

from fastapi.responses import Response

from gateway.api.dependencies import commit, opened
from gateway.backoffice.frame.area import Area, Confirmation
from gateway.backoffice.frame.desk import Crumb, Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.pages import qr_code
from gateway.backoffice.frame.texts import N_
from gateway.staff.own import (
    change_own_password,
    end_other_sessions,
    end_own_session,
    list_own_sessions,
    proves_password,
)
from gateway.staff.rules import MAX_PASSWORD, MIN_PASSWORD, needs_factor
from gateway.staff.second_factor import (
    address_of,
    begin_factor,
    begun_factor,
    confirm_factor,
    factor_of,
    renew_recovery_codes,
    take_off,
)

area = Area("own", N_("Your account"), "/account", 95, is_listed=False)


def show_account(desk: Desk, form: Form | None = None) -> Response:
    """Show what is her own: the form for another password, her open sessions, her second factor."""
    return desk.page(
        "own/account.html",
        form=form or desk.form(),
        sessions=list_own_sessions(desk.session, desk.principal),
        factor=factor_of(desk.session, desk.principal.user_id),
        least=MIN_PASSWORD,
        most=MAX_PASSWORD,
        crumbs=[Crumb(desk.words.say("Home"), "/"), Crumb(desk.words.say("Your account"), "")],
    )


@area.page("/account")
def account(desk: Desk) -> Response:
    """Show what is her own."""
    return show_account(desk)


@area.act(
    "/account/password",
    show=show_account,
    at="/account",
    fields={"password_wrong": "password", "password_same": "new_password", "password_weak": "new_password"},
)
def change_password(desk: Desk, form: Form) -> Go:
    """Give herself another password; her other sessions end."""
    old, new = form.value("password"), form.value("new_password")
    for name in ("password", "new_password", "password_again"):
        if not form.value(name):
            form.fault(name, N_("Fill this in."))
    if new and form.value("password_again") not in {"", new}:
        form.fault("password_again", N_("The two are not the same."))
    form.check()
    # In a transaction of its own, so that a wrong one is counted although the form is refused.
    with opened(desk.gate, desk.mutual.code) as counted:
        is_proved = proves_password(counted, desk.principal, old)
        commit(counted)
    ended = change_own_password(desk.session, desk.principal, old=old, new=new, is_proved=is_proved)
    said = N_("You have a new password. Other sessions that ended with it: {count}.")
    return Go("/account", said, {"count": desk.words.number(ended)})


def _show_with_sessions(desk: Desk, form: Form, session_id: int) -> Response:  # noqa: ARG001 - the address names it
    return show_account(desk, form)


@area.act(
    "/account/sessions/{session_id:int}/end",
    show=_show_with_sessions,
    at="/account",
)
def end_session(desk: Desk, _form: Form, session_id: int) -> Go:
    """End one of her other sessions."""
    end_own_session(desk.session, desk.principal, session_id)
    return Go("/account", N_("That session has ended."))


@area.act("/account/sessions/end", show=show_account, at="/account")
def end_others(desk: Desk, _form: Form) -> Go:
    """End every session of hers but this one."""
    ended = end_other_sessions(desk.session, desk.principal)
    return Go("/account", N_("Sessions that ended: {count}. This one goes on."), {"count": desk.words.number(ended)})


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


@area.act("/second-factor/begin", show=show_factor, at="/second-factor")
def begin(desk: Desk, _form: Form) -> Go:
    """Make a new secret; nothing is asked for until its first code was seen."""
    begin_factor(desk.session, desk.principal.user_id, desk.vault)
    return Go("/second-factor")


@area.act(
    "/second-factor/confirm",
    show=show_factor,
    at="/second-factor",
    is_repeatable=True,
    fields={"factor_code_wrong": "otp"},
)
def confirm(desk: Desk, form: Form) -> Response:
    """Take the first code, and show the recovery codes; once."""
    otp = form.text("otp", required=True, most=20)
    form.check()
    return _codes(desk, confirm_factor(desk.session, desk.principal, otp, desk.vault))


def _sure_of_codes(desk: Desk, _form: Form) -> Confirmation:
    say = desk.words.say
    sentence = say("Make new recovery codes. Those before no longer work.")
    return Confirmation(sentence, say("New recovery codes"), "/second-factor", is_hers_alone=True)


@area.act(
    "/second-factor/recovery-codes", show=show_factor, at="/second-factor", is_repeatable=True, confirm=_sure_of_codes
)
def renew(desk: Desk, _form: Form) -> Response:
    """Give new recovery codes, and show them; once."""
    return _codes(desk, renew_recovery_codes(desk.session, desk.principal))


def _sure(desk: Desk, _form: Form) -> Confirmation:
    say = desk.words.say
    sentence = say("Take off your second factor. From then on your password alone lets somebody in.")
    return Confirmation(sentence, say("Take it off"), "/second-factor", is_hers_alone=True)


@area.act("/second-factor/end", show=show_factor, at="/second-factor", confirm=_sure)
def end(desk: Desk, _form: Form) -> Go:
    """Take off her own second factor, where her role does not ask for one."""
    take_off(desk.session, desk.principal.user_id, actor=desk.actor, reason="her own wish", is_own=True)
    return Go("/second-factor", N_("Your second factor is taken off."))


def _codes(desk: Desk, codes: list[str]) -> Response:
    crumbs = [Crumb(desk.words.say("Home"), "/"), Crumb(desk.words.say("Second factor"), "/second-factor")]
    return desk.page("own/codes.html", codes=codes, crumbs=crumbs)
