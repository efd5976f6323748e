"""Getting in and out of the office.

Who was put out while filling in a form logs in and finds it filled in as it was: what was typed travels through the
entrance in hidden fields, passwords and files excepted.
"""

import secrets
from typing import Any

from fastapi.responses import HTMLResponse, Response

from gateway.api.dependencies import commit, opened, unbound, whence_of
from gateway.api.rate import RateLimit
from gateway.backoffice.frame.area import Route
from gateway.backoffice.frame.desk import HEADERS, Desk
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.pages import qr_code
from gateway.backoffice.frame.texts import N_
from gateway.kit.errors import UnauthenticatedError
from gateway.kit.tenant import current
from gateway.staff.errors import FactorCodeWrongError
from gateway.staff.login import Awaits, LoggedIn, log_in, log_out
from gateway.staff.rules import AWAITING_MINUTES
from gateway.staff.second_factor import (
    address_of,
    awaiting,
    begin_factor,
    begun_factor,
    confirm_factor,
    let_in,
    pass_factor,
)

MUTUAL, WAITING = "o_mutual", "o_waiting"
KEPT = "kept:"
WRONG = N_("The mutual, the name or the password is not right, or the account is locked for a quarter of an hour.")
OFTEN = N_("Too many tries. Wait a minute.")
ENDED = N_("Your session has ended. Log in again; what you typed is kept.")
CODE_WRONG = N_("The code is not right, or was used before. Wait for the next one.")
AGAIN = N_("Please send the form again.")


def routes(tries: RateLimit) -> list[Route]:
    """Return the entrance's addresses.

    Args:
        tries: Counts log-ins by address.
    """
    return [
        Route("/enter", ("GET",), lambda desk, _form, _places: entrance(desk, None)),
        Route("/enter", ("POST",), lambda desk, form, _places: _enter(desk, form, tries)),
        Route("/enter/code", ("GET",), lambda desk, _form, _places: desk.go("/enter")),
        Route("/enter/code", ("POST",), lambda desk, form, _places: _prove(desk, form, tries)),
        Route("/enter/set-up", ("GET",), lambda desk, _form, _places: desk.go("/enter")),
        Route("/enter/set-up", ("POST",), lambda desk, form, _places: _set_up(desk, form, tries)),
        Route("/leave", ("POST",), lambda desk, form, _places: _leave(desk, form)),
    ]


def entrance(desk: Desk, form: Form | None, *, fault: str | None = None, status: int = 200) -> Response:
    """Return the page that asks who is there, with what was typed before it."""
    request = desk.request
    if _comes_from_elsewhere(desk):
        # A strict cookie does not come along from another site's link; from a page of our own it does.
        text = '<!doctype html><meta http-equiv="refresh" content="0"><title>…</title>'
        return HTMLResponse(text, headers=dict(HEADERS))
    if not desk.visitor:
        desk.visitor = secrets.token_urlsafe(24)
    desk.cookie = ""
    kept: list[tuple[str, str]] = []
    target, method = "/", "get"
    is_entrance = desk.path.startswith("/enter")
    if form is not None and not is_entrance:
        kept, target, method = form.kept(), desk.path, "post"
        fault = fault or ENDED
    elif form is not None:
        kept = [(name.removeprefix(KEPT), one) for name, one in form.kept() if name.startswith(KEPT)]
        target, method = _inside(form.value("target", "/")), form.value("method", "get")
    elif not is_entrance and desk.path != "/leave":
        target = desk.path + (f"?{request.url.query}" if request.url.query else "")
    values: dict[str, Any] = {
        "known": (form.value("mutual") if form else "")
        or desk.asked("mutual", 40)
        or request.cookies.get(MUTUAL, "")[:40],
        "username": form.value("username") if form is not None and is_entrance else "",
        "fault": fault,
        "kept": kept,
        "target": target,
        "method": method,
    }
    return desk.leave(desk.page("frame/enter.html", status=status, **values))


def _comes_from_elsewhere(desk: Desk) -> bool:
    headers = desk.request.headers
    is_visit = desk.request.method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    return is_visit and headers.get("sec-fetch-site") == "cross-site" and not desk.cookie


def _enter(desk: Desk, form: Form | None, tries: RateLimit) -> Response:
    assert form is not None
    standing = tries.take(desk.request.client.host if desk.request.client else "")
    if standing.left < 0:
        return entrance(desk, form, fault=OFTEN, status=429)
    desk.cookie = ""
    if not desk.is_own(form):
        return entrance(desk, form, fault=AGAIN, status=403)
    code = form.text("mutual", most=40)
    with opened(desk.gate, code) as session:
        given = log_in(
            session,
            username=form.text("username"),
            password=form.value("password"),
            hours=desk.gate.settings.session_hours,
            whence=whence_of(desk.request),
        )
        commit(session)
    if not isinstance(given, LoggedIn):
        return entrance(desk, form, fault=WRONG, status=401)
    if given.awaits is Awaits.SET_UP:
        return _ask_set_up(desk, form, given.token)
    if given.awaits is Awaits.CODE:
        return _wait(desk, desk.page("frame/code.html", **_carried(form), fault=None), given.token)
    return inside(desk, form, given.token)


def _carried(form: Form) -> dict[str, Any]:
    """Return what travels through the steps of the entrance."""
    kept = [(name, one) for name, one in form.kept() if name.startswith(KEPT) or name in {"target", "method", "mutual"}]
    return {"kept": kept}


def _wait(desk: Desk, found: Response, token: str) -> Response:
    """Keep the log-in that awaits its second factor in a cookie that only the entrance is sent."""
    where = f"{desk.base}/enter"
    age = AWAITING_MINUTES * 60
    found.set_cookie(WAITING, token, max_age=age, path=where, httponly=True, samesite="strict", secure=desk.is_secure)
    return found


def _prove(desk: Desk, form: Form | None, tries: RateLimit) -> Response:
    assert form is not None
    desk.cookie = ""
    if not desk.is_own(form):
        return entrance(desk, None, fault=AGAIN, status=403)
    if tries.take(desk.request.client.host if desk.request.client else "").left < 0:
        return desk.page("frame/code.html", status=429, **_carried(form), fault=OFTEN)
    with unbound(desk.gate) as session:
        waiting = awaiting(session, desk.request.cookies.get(WAITING, ""))
        given = pass_factor(session, waiting, form.value("otp"), desk.vault, hours=desk.gate.settings.session_hours)
        commit(session)
    if not isinstance(given, LoggedIn):
        return desk.page("frame/code.html", status=401, **_carried(form), fault=CODE_WRONG)
    return inside(desk, form, given.token)


def _ask_set_up(desk: Desk, form: Form, token: str, fault: str | None = None) -> Response:
    with unbound(desk.gate) as session:
        waiting = awaiting(session, token)
        secret = begun_factor(session, waiting.id, desk.vault) or begin_factor(session, waiting.id, desk.vault)
        address = address_of(secret, waiting.username, current(session).name)
        commit(session)
    status = 200 if fault is None else 401
    found = desk.page(
        "frame/set_up.html", status=status, **_carried(form), secret=secret, picture=qr_code(address), fault=fault
    )
    return _wait(desk, found, token)


def _set_up(desk: Desk, form: Form | None, tries: RateLimit) -> Response:
    assert form is not None
    desk.cookie = ""
    if not desk.is_own(form):
        return entrance(desk, None, fault=AGAIN, status=403)
    token = desk.request.cookies.get(WAITING, "")
    if tries.take(desk.request.client.host if desk.request.client else "").left < 0:
        return _ask_set_up(desk, form, token, OFTEN)
    try:
        with unbound(desk.gate) as session:
            waiting = awaiting(session, token)
            codes = confirm_factor(session, waiting, form.value("otp"), desk.vault)
            given = let_in(session, waiting, hours=desk.gate.settings.session_hours)
            commit(session)
    except FactorCodeWrongError:
        return _ask_set_up(desk, form, token, CODE_WRONG)
    return inside(desk, form, given.token, codes=codes)


def inside(desk: Desk, form: Form, token: str, *, codes: list[str] | None = None) -> Response:
    """Let somebody in and bring her to where she wanted to be, with the form she had begun.

    Args:
        desk: Her visit.
        form: Of the entrance.
        token: Of the new session.
        codes: Recovery codes to be shown first.
    """
    desk.renewed = token
    target = _inside(form.value("target", "/"))
    kept = [(name.removeprefix(KEPT), one) for name, one in form.kept() if name.startswith(KEPT)]
    is_form = form.value("method") == "post"
    if codes or is_form:
        found = desk.page("frame/resume.html", target=desk.url(target), kept=kept, is_form=is_form, codes=codes)
    else:
        found = desk.go(target)
    age, mutual = 365 * 86_400, form.text("mutual", most=40)
    where = desk.base or "/"
    found.set_cookie(MUTUAL, mutual, max_age=age, path=where, httponly=True, samesite="strict", secure=desk.is_secure)
    found.delete_cookie(WAITING, path=f"{desk.base}/enter", httponly=True, samesite="strict", secure=desk.is_secure)
    return found


def _inside(target: str) -> str:
    """Return an address of ours, whatever was asked for."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"


def _leave(desk: Desk, form: Form | None) -> Response:
    assert form is not None
    with desk.transaction():
        desk.settle()
        if not desk.is_own(form):
            raise UnauthenticatedError("the form is not of this log-in")
        log_out(desk.session, session_id=desk.principal.session_id, actor=desk.actor)
    desk.is_leaving = True
    return desk.go("/enter")
