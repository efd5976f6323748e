"""Walking every address of the office without a browser: fast enough to ask each of them each question."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import Any

import httpx
import psycopg
from tests.pages.browsing import Office
from tests.pages.office_town import hashed, token_of

from gateway.backoffice.app import find_areas
from gateway.membership.dossier import LOOK
from gateway.staff.models import Role

SAMPLES = {"kind": "collections", "language": "es", "name": "pay_until_day", "period": "2026-03"}
"""What stands for a place of an address that is no number."""
LOOKING = frozenset({"staff_session"})
"""Tables that change when somebody looks: whose desk is not idle."""


def filled(path: str, named: Mapping[str, str]) -> str:
    """Return an address with its places filled in: by what this town calls them, numbers by 1."""
    kind = "reminder_short" if "/messages/" in path else SAMPLES["kind"]
    return re.sub(r"\{(\w+)(:int)?\}", lambda place: {**SAMPLES, "kind": kind, **named}.get(place[1], "1"), path)


@cache
def addresses(method: str) -> tuple[str, ...]:
    """Return every address of the areas that takes a method."""
    return tuple(sorted({one.path for area in find_areas() for one in area.routes if method in one.methods}))


class _Texts(HTMLParser):
    """Gathers what is read on a page: without what is marked as another language's, and without codes."""

    VOID = frozenset({"input", "br", "img", "meta", "link", "hr", "rect", "line", "circle", "path", "use", "pattern"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            given = dict(attrs)
            is_told = tag in {"script", "style", "code", "textarea"} or "code" in (given.get("class") or "").split()
            is_other = tag != "html" and given.get("lang") is not None
            self._inside.append(is_told or is_other or (bool(self._inside) and self._inside[-1]))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and self._inside:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self._inside and self._inside[-1]):
            self.found.append(" ".join(data.split()))


def texts_of(text: str) -> list[str]:
    """Return the texts that a page says in its reader's language."""
    reader = _Texts()
    reader.feed(text)
    return reader.found


@dataclass
class Sheet:
    """A form of a page: where it goes, how, and its fields."""

    action: str
    method: str
    fields: dict[str, str]
    kinds: dict[str, str]
    """Field -> type of its element."""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Sheet] = []
        self._inside: Sheet | None = None
        self._choice = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = Sheet(given.get("action", ""), given.get("method", "get"), {}, {})
            self.found.append(self._inside)
        if self._inside is None:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            kind = given.get("type", "text")
            self._inside.kinds[name] = kind
            if kind in {"checkbox", "radio"} and "checked" not in given:
                return
            self._inside.fields[name] = given.get("value", "")
        elif tag == "textarea" and name:
            self._inside.kinds[name], self._inside.fields[name] = "textarea", ""
        elif tag == "select" and name:
            self._choice = name
            self._inside.kinds[name], self._inside.fields[name] = "select", ""
        elif tag == "option" and self._choice:
            value = given.get("value", "")
            if "selected" in given or not self._inside.fields[self._choice]:
                self._inside.fields[self._choice] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select":
            self._choice = ""


def forms_of(text: str) -> list[Sheet]:
    """Return the forms of a page."""
    reader = _Forms()
    reader.feed(text)
    return reader.found


class Walker:
    """Somebody who goes from address to address, or nobody (None)."""

    def __init__(self, office: Office, name: str | None, mutual: int = 1) -> None:
        token = token_of(office.database, name, mutual) if name is not None else ""
        cookies = {"o_language": "es", **({"o_session": token} if token else {})}
        self.client = httpx.Client(base_url=office.url, cookies=cookies, timeout=60)
        office.walkers.append(self.client)

    def get(self, path: str) -> httpx.Response:
        """Open an address."""
        return self.client.get(path)

    def post(self, path: str, fields: dict[str, Any], **more: Any) -> httpx.Response:
        """Send a form."""
        return self.client.post(path, data=fields, **more)

    def begin(self, path: str, action: str = "", **typed: Any) -> tuple[str, dict[str, Any]]:
        """Open a page and fill in its form (the one sent to ``action``, if the page has several); return both."""
        answer, action = self.get(path), action or path
        found = next((one for one in forms_of(answer.text) if one.action == f"/o{action}"), None)
        assert found is not None, f"{path} ({answer.status_code}) has no form for {action}"
        assert set(typed) <= set(found.kinds), f"{action} has {sorted(found.kinds)}"
        return action, {**found.fields, **typed}

    def send(self, action: str, fields: dict[str, Any], **more: Any) -> tuple[httpx.Response, dict[str, Any]]:
        """Send a form, and once more where it asks whether that is meant; return the answer and what was sent last."""
        answer = self.post(action, fields, **more)
        sure = next((one for one in forms_of(answer.text) if "_sure" in one.fields), None)
        return (answer, fields) if sure is None else (self.post(action, sure.fields), sure.fields)


def take_on(office: Office, name: str, roles: list[Role], mutual: int = 1) -> None:
    """Let somebody more be there, with these roles, in a mutual."""
    with psycopg.connect(office.database.url) as owner:
        owner.execute("SELECT set_config('gateway.mutual_id', %s, false)", [str(mutual)])
        owner.execute(
            "INSERT INTO staff_user (mutual_id, username, full_name, roles, language, password_hash)"
            " VALUES (%s, %s, %s, %s, 'es', %s)",
            [mutual, name, name.title(), [role.value for role in roles], hashed()],
        )


def state_of(office: Office) -> dict[str, tuple[int, int]]:
    """Return for each table how many rows it has and by which transaction one was written last: two that are equal say
    that nothing changed. Who looked at a member's page is written down, and is no change.
    """
    with psycopg.connect(office.database.url) as owner:
        owner.execute("SELECT set_config('gateway.mutual_id', '1', false)")
        names = [
            row[0]
            for row in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
            if row[0] not in LOOKING
        ]
        each = " UNION ALL ".join(
            f"SELECT '{name}', count(*), coalesce(max(xmin::text::bigint), 0) FROM \"{name}\""
            + (f" WHERE action <> '{LOOK}'" if name == "audit_log" else "")
            for name in names
        )
        return {name: (count, last) for name, count, last in owner.execute(each.encode())}
