"""Getting in and out of the office.

Who was put out while filling in a form logs in and finds it filled in as it was: what was typed travels through the
entrance in hidden fields, passwords and files excepted.
"""

import secrets
from typing import Any

from fastapi.responses import HTMLResponse, Response

from gateway.api.dependencies import commit, opened
from gateway.api.rate import RateLimit
from gateway.backoffice.frame.area import Route
from gateway.backoffice.frame.desk import HEADERS, Desk
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_
from gateway.kit.errors import UnauthenticatedError
from gateway.staff.login import LoggedIn, log_in, log_out

MUTUAL = "o_mutual"
KEPT = "kept:"
WRONG = N_("The mutual, the name or the password is not right, or the account is locked for a quarter of an hour.")
OFTEN = N_("Too many tries. Wait a minute.")
ENDED = N_("Your session has ended. Log in again; what you typed is kept.")
AGAIN = N_("Please send the form again.")


def routes(tries: RateLimit) -> list[Route]:
    """Return the entrance's addresses.

    Args:
        tries: Counts log-ins by address.
    """
    return [
        Route("/enter", ("GET",), lambda desk, _form, _places: entrance(desk, None)),
        Route("/enter", ("POST",), lambda desk, form, _places: _enter(desk, form, tries)),
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
    if form is not None and desk.path != "/enter":
        kept, target, method = form.kept(), desk.path, "post"
        fault = fault or ENDED
    elif form is not None:
        kept = [(name.removeprefix(KEPT), one) for name, one in form.kept() if name.startswith(KEPT)]
        target, method = _inside(form.value("target", "/")), form.value("method", "get")
    elif desk.path not in {"/enter", "/leave"}:
        target = desk.path + (f"?{request.url.query}" if request.url.query else "")
    values: dict[str, Any] = {
        "known": (form.value("mutual") if form else "")
        or desk.asked("mutual", 40)
        or request.cookies.get(MUTUAL, "")[:40],
        "username": form.value("username") if form is not None and desk.path == "/enter" else "",
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
        )
        commit(session)
    if not isinstance(given, LoggedIn):
        return entrance(desk, form, fault=WRONG, status=401)
    return inside(desk, form, given.token, code)


def inside(desk: Desk, form: Form, token: str, mutual: str) -> Response:
    """Let somebody in and bring her to where she wanted to be, with the form she had begun."""
    desk.renewed = token
    target = _inside(form.value("target", "/"))
    kept = [(name.removeprefix(KEPT), one) for name, one in form.kept() if name.startswith(KEPT)]
    if form.value("method") == "post":
        found = desk.page("frame/resume.html", target=desk.url(target), kept=kept)
    else:
        found = desk.go(target)
    found.set_cookie(
        MUTUAL,
        mutual,
        max_age=365 * 86_400,
        path=desk.base or "/",
        httponly=True,
        samesite="strict",
        secure=desk.is_secure,
    )
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
