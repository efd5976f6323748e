"""A visit to the pages: whose cookies came, renewed where they ran out, and the answer with its headers."""

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session

from gateway.api import trace
from gateway.api.browser import is_own_form, page_headers
from gateway.api.dependencies import Gate, commit
from gateway.api.routers.me_access import renew_in
from gateway.complaints.queries import live_of_member
from gateway.kit.tenant import MutualRow
from gateway.portal.texts import LANGUAGE_COOKIE, language_of, render
from gateway.selfcheck.errors import AccessEndedError
from gateway.selfcheck.rules import REFRESH_DAYS
from gateway.selfcheck.sessions import Tokens
from gateway.selfcheck.who import Insider, who_is

ACCESS, REFRESH, FORM, MUTUAL = "m_access", "m_refresh", "m_form", "m_mutual"
HEADERS = page_headers()


class NotInsideError(Exception):
    """Nobody is logged in: the page of the entrance is shown instead."""


@dataclass(slots=True)
class Visit:
    """One request to a page."""

    request: Request
    gate: Gate
    base: str
    form_token: str
    renewed: Tokens | None = None
    chosen: dict[str, str] = field(default_factory=dict)
    """What else is kept in cookies."""

    @property
    def is_secure(self) -> bool:
        """Cookies go over TLS alone, where the site is reached so."""
        return self.gate.settings.public_url.startswith("https://")

    def page(self, name: str, language: str | None = None, *, status: int = 200, **values: Any) -> Response:
        """Return a page in the visitor's language."""
        spoken = language or language_of(self.request)
        shared = {"base": self.base, "form_token": self.form_token, "path": self.request.url.path, "as_of": None}
        found = HTMLResponse(render(name, spoken, **{**shared, **values}), status, dict(HEADERS))
        found.headers["content-language"] = spoken
        if values.get("as_of") is not None:
            found.headers["x-as-of"] = values["as_of"].isoformat()
        return self.leave_with(found)

    def go(self, where: str) -> Response:
        """Send the visitor to another page."""
        return self.leave_with(RedirectResponse(f"{self.base}{where}", 303, dict(HEADERS)))

    def leave_with(self, found: Response) -> Response:
        """Set the cookies that changed."""
        self._keep(found, FORM, self.form_token, days=1)
        if self.renewed is not None:
            self._keep(found, ACCESS, self.renewed.access_token, days=REFRESH_DAYS)
            self._keep(found, REFRESH, self.renewed.refresh_token, days=REFRESH_DAYS)
        asked = self.request.query_params.get("lang")
        if asked == language_of(self.request):
            self._keep(found, LANGUAGE_COOKIE, asked, days=365)
        for name, value in self.chosen.items():
            self._keep(found, name, value, days=365)
        return found

    def forget(self, found: Response) -> Response:
        """Take the session's cookies away, and what the browser keeps of the pages."""
        for name in (ACCESS, REFRESH):
            found.delete_cookie(name, path=self.base or "/", httponly=True, samesite="lax", secure=self.is_secure)
        found.headers["clear-site-data"] = '"cache", "storage"'
        return found

    def is_own_form(self, given: str | None) -> bool:
        """Tell whether a form came from a page of ours."""
        return is_own_form(self.request, self.request.cookies.get(FORM, ""), given)

    def _keep(self, found: Response, name: str, value: str, *, days: int) -> None:
        age = int(dt.timedelta(days=days).total_seconds())
        found.set_cookie(
            name, value, max_age=age, path=self.base or "/", httponly=True, samesite="lax", secure=self.is_secure
        )


@dataclass(frozen=True, slots=True)
class Inside:
    """A visit of somebody who is logged in, in her transaction."""

    visit: Visit
    session: Session
    insider: Insider
    mutual: MutualRow
    today: dt.date
    language: str

    def page(self, name: str, **values: Any) -> Response:
        """Return a page that says on which day it was so."""
        shared: dict[str, Any] = {
            "as_of": self.today,
            "mutual": self.mutual,
            "country": self.mutual.country,
            "is_helper": self.insider.helper_id is not None,
            "cases": live_of_member(self.session, self.insider.member_id),
        }
        return self.visit.page(name, self.language, **shared, **values)


def arrive(request: Request, ask_gate: Callable[[], Gate]) -> Visit:
    """Begin a visit."""
    base = str(request.scope.get("root_path", "")).rstrip("/")
    return Visit(request, ask_gate(), base, request.cookies.get(FORM) or secrets.token_urlsafe(24))


@contextmanager
def inside(visit: Visit) -> Iterator[Inside]:
    """Open the visitor's transaction; renew her tokens first where the short one ran out.

    Raises:
        NotInsideError: She has no cookies that open anything.
    """
    token = visit.request.cookies.get(ACCESS, "")
    with Session(visit.gate.database.engine, expire_on_commit=False) as session:
        try:
            found = who_is(session, token, trace_id=trace.current())
        except AccessEndedError:
            session.rollback()
            given = renew_in(visit.gate, visit.request.cookies.get(REFRESH, ""))
            if not isinstance(given, Tokens):
                raise NotInsideError from given
            visit.renewed = given
            found = who_is(session, given.access_token, trace_id=trace.current())
        today = visit.gate.settings.clock(found.mutual.time_zone)
        yield Inside(
            visit, session, found.insider, found.mutual, today, language_of(visit.request, found.insider.language)
        )
        commit(session)
