"""A staff person's visit to a page: who she is, her transaction, her language, and the page she gets.

``Desk`` is for pages what ``Act`` is for the API's routes, and opens its transaction the same way. Cookies hold the
session's token (no script reads it, no other site sends it) and what is to be said on the next page.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.api.browser import is_own_form, page_headers
from gateway.api.dependencies import Act, Gate
from gateway.backoffice.frame import listing as lists
from gateway.backoffice.frame import pages
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter, Listing
from gateway.backoffice.frame.texts import DEFAULT, FRAME, LANGUAGES, ROLES, Words
from gateway.staff.models import Role
from gateway.staff.vault import Vault

SESSION, LANGUAGE, SAID, VISITOR = "o_session", "o_language", "o_said", "o_visitor"
HEADERS = page_headers(images="data:")
SEE_NUMBERS = frozenset({Role.CASHIER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER, Role.MANAGER, Role.AUDITOR})
_FILE_NAME = re.compile(r"[^\w.-]+")


class Crumb(NamedTuple):
    """A step of the way back: what it is called and where it is."""

    text: str
    path: str


@dataclass(frozen=True)
class Go:
    """Where somebody is sent after an act, and what is said there."""

    path: str
    """From the office's own root."""
    said: str = ""
    """English sentence, marked with ``N_``."""
    places: Mapping[str, Any] = field(default_factory=dict)
    tone: str = "good"
    """good, wait or bad."""


class Desk(Act):
    """A visit to a page by somebody who is, or may be, logged in."""

    area = FRAME
    """Whose texts count first."""
    is_inside = False
    """Whether it is known who she is."""

    def __init__(self, gate: Gate, request: Request, token: str | None = None) -> None:
        self.cookie = request.cookies.get(SESSION, "") if token is None else token
        super().__init__(gate, self.cookie, Response())
        self.gate, self.request = gate, request
        self.base = str(request.scope.get("root_path", "")).rstrip("/")
        self.path = request.url.path.removeprefix(self.base) or "/"
        self.kept: dict[str, Any] = {}
        """What was asked once for this page."""
        self.shown_at = self.path
        """Where the page that is shown can be opened again: a form that is part of another page is sent elsewhere."""
        self.words = Words(self._language(DEFAULT))
        self.renewed: str | None = None
        """A new session's token, to be kept in the cookie."""
        self.is_leaving = False
        self.said: Go | None = None
        """What is said on the next page."""
        self.visitor = request.cookies.get(VISITOR, "")

    def settle(self) -> None:
        """Know the person once her transaction is open: her language, and how her country writes."""
        self.is_inside = True
        self.words = Words(
            self._language(self.principal.language), self.mutual.country, self.mutual.time_zone, self.area
        )

    def _language(self, own: str) -> str:
        for wanted in (self.request.query_params.get("lang"), self.request.cookies.get(LANGUAGE), own):
            if wanted in LANGUAGES:
                return str(wanted)
        return DEFAULT

    @property
    def is_secure(self) -> bool:
        """Cookies go over TLS alone, where the office is reached so."""
        return self.gate.settings.public_url.startswith("https://")

    @property
    def vault(self) -> Vault:
        """What second factors are sealed with."""
        return Vault(self.gate.settings.second_factor_key())

    @property
    def roles(self) -> frozenset[Role]:
        """What she may do."""
        return self.principal.roles

    @property
    def role_names(self) -> list[str]:
        """Her roles in her language."""
        return [self.words.say(ROLES[role.value]) for role in sorted(self.roles)]

    @property
    def sees_numbers(self) -> bool:
        """Whether identity numbers and telephones are shown to her whole."""
        return bool(self.roles & SEE_NUMBERS)

    def may(self, roles: Iterable[Role], *, reads: bool = False) -> bool:
        """Tell whether she has one of the roles; an auditor may read what others may."""
        allowed = frozenset(roles) or frozenset(Role)
        return bool(self.roles & (allowed | {Role.AUDITOR} if reads else allowed))

    def opens(self, path: str) -> bool:
        """Tell whether she may open the page at an address of the office: nobody is led where she is refused."""
        return bool(self.roles & pages.who_opens(path))

    def url(self, path: str) -> str:
        """Return the address of a page of the office."""
        return f"{self.base}{path}"

    def asked(self, name: str, most: int = 100) -> str:
        """Return a word of the address's query."""
        return self.request.query_params.get(name, "").replace("\0", "").strip()[:most]

    def token_for(self, path: str) -> str:
        """Return the token that a form which is sent to this address carries."""
        secret = self.renewed or self.cookie or self.visitor
        return hmac.new(secret.encode(), path.encode(), hashlib.sha256).hexdigest()

    def is_own(self, form: Form) -> bool:
        """Tell whether a form came from a page of ours, made for this log-in and this address."""
        secret = self.cookie or self.visitor
        return bool(secret) and is_own_form(self.request, self.token_for(self.request.url.path), form.own("_token"))

    def form(self) -> Form:
        """Return an empty form."""
        return Form(self.words)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page in her language."""
        shared = {"desk": self, "areas": pages.shown_to(self) if self.is_inside else ()}
        text = pages.render(template, self.words, **{**shared, **values})
        form = values.get("form")
        if isinstance(form, Form) and (unseen := {name for name in form.errors if f'id="f-{name}"' not in text}):
            # Which fields a page shows is known once it is made: a fault beside none of them is told above all of them.
            form.unseen = frozenset(unseen)
            text = pages.render(template, self.words, **{**shared, **values})
        found = HTMLResponse(text, status, dict(HEADERS))
        found.headers["content-language"] = self.words.language
        return found

    def listing(
        self,
        columns: Sequence[Column],
        fetch: Callable[[tuple[Any, ...] | None, int], Sequence[Any]],
        *,
        key: Callable[[Any], tuple[Any, ...]],
        types: Sequence[type] = (int,),
        filters: Sequence[Filter] = (),
        empty: str = "",
        currency: str | None = None,
    ) -> Listing | Response:
        """Return one page of a list, or the whole list as a file where ``?export=csv`` asks for it.

        Args:
            columns: Of the list and the file.
            fetch: Gives rows after a key (None: from the beginning), at most so many; one statement for all.
            key: Of a row.
            types: Of the key's parts.
            filters: What it may be narrowed by; the page reads their values with ``asked``.
            empty: What is said where there is nothing.
            currency: Of the amounts; the mutual's, if not named.
        """
        money = currency or self.mutual.currency
        if self.asked("export") == "csv":
            name = self.path.strip("/").replace("/", "-") or "list"
            return self.file(
                f"{name}.csv",
                lists.to_csv(self.words, columns, lists.every(fetch, key), money),
                "text/csv; charset=utf-8",
            )
        cursor = self.request.query_params.get("cursor")
        rows, following = lists.read(fetch, key, types, cursor)
        query = {one.name: self.asked(one.name) for one in filters}
        says = self.words.say(empty) if empty else self.words.say("There is nothing here.")
        where = self.url(self.shown_at)
        return Listing(
            columns, rows, self.words, money, where, query, filters, following, is_first=cursor is None, empty=says
        )

    def file(self, name: str, body: bytes, media_type: str) -> Response:
        """Return a file to be kept; a browser never shows it as a page."""
        plain = _FILE_NAME.sub("-", name.encode("ascii", "ignore").decode()) or "file"
        disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
        return Response(body, media_type=media_type, headers={**HEADERS, "content-disposition": disposition})

    def go(self, where: Go | str) -> Response:
        """Send her to another page."""
        target = Go(where) if isinstance(where, str) else where
        if target.said:
            self.said = target
        return RedirectResponse(self.url(target.path), 303, dict(HEADERS))

    def heard(self) -> tuple[str, str] | None:
        """Return what is to be said on this page, and how it is meant; once."""
        text = self.request.cookies.get(SAID)
        if not text:
            return None
        try:
            tone, said, places = json.loads(base64.urlsafe_b64decode(text.encode()))
            return str(tone), self.words.say(str(said), **places)
        except (ValueError, TypeError, KeyError, IndexError, binascii.Error):
            return None

    def leave(self, found: Response) -> Response:
        """Set the cookies that changed; the session's is renewed with each answer, so it ends when nobody is at the desk."""
        is_page = found.headers.get("content-type", "").startswith("text/html")
        if self.said is not None:
            told = json.dumps(
                [self.said.tone, self.said.said, {name: str(one) for name, one in self.said.places.items()}]
            )
            self._keep(found, SAID, base64.urlsafe_b64encode(told.encode()).decode(), 60)
        elif SAID in self.request.cookies and is_page:
            found.delete_cookie(SAID, path=self.base or "/")
        asked = self.request.query_params.get("lang")
        if asked in LANGUAGES:
            self._keep(found, LANGUAGE, str(asked), 365 * 86_400)
        if self.is_leaving:
            found.delete_cookie(SESSION, path=self.base or "/", httponly=True, samesite="strict", secure=self.is_secure)
            found.headers["clear-site-data"] = '"cache"'
        elif self.renewed or self.is_inside:
            self._keep(found, SESSION, self.renewed or self.cookie, self.gate.settings.office_idle_minutes * 60)
        if self.visitor and VISITOR not in self.request.cookies:
            self._keep(found, VISITOR, self.visitor, 86_400)
        return found

    def _keep(self, found: Response, name: str, value: str, seconds: int) -> None:
        found.set_cookie(
            name, value, max_age=seconds, path=self.base or "/", httponly=True, samesite="strict", secure=self.is_secure
        )
