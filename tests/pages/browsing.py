"""What tests of pages do: come in as somebody, look at a page in each language and width, count its statements."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from sqlalchemy import event
from tests.pages.office_town import Town, token_of

from gateway.kit.db import Database

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000
"""Milliseconds that a page may take: how long one takes says how busy the machine is."""
expect.set_options(timeout=PATIENCE)
LANGUAGES = ("es", "fr", "en")
WIDE, NARROW = 1280, 360
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def chromium(playwright: Playwright) -> Browser:
    """Start the system's Chromium, or the one that the test command installed."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    return playwright.chromium.launch(executable_path=found, args=ARGUMENTS)


@dataclass
class Office:
    """The office on a socket, a town in it, a browser before it."""

    url: str
    """Of the office's own root, without a slash at its end."""
    database: Database
    town: Town
    browser: Browser
    clock: Path
    """File with today's date."""
    complaints: list[str] = field(default_factory=list)
    """What pages complained of: a policy that was broken, a script that failed."""
    walkers: list[httpx.Client] = field(default_factory=list)
    """Those who walk without a browser."""
    _pages: dict[str, Page] = field(default_factory=dict)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def as_(self, name: str, *, language: str = "es", width: int = WIDE) -> Page:
        """Return the page of somebody who is logged in, kept and used again by the tests of this process.

        ``name`` is a user name of ``office_town.PEOPLE``: carla (cashier), rosa (collector), olga (filing officer), abel
        (accountant), bruno (benefits officer), mara (manager), aura (auditor).
        """
        page = self._pages.get(name)
        if page is None or page.is_closed():
            page = self._pages[name] = self.another(name)
        page.set_viewport_size({"width": width, "height": 900})
        self.speak(page, language)
        return page

    def another(self, name: str | None = None, **options: Any) -> Page:
        """Return a page in a browser of its own: of somebody logged in, or of nobody yet."""
        context = self.browser.new_context(**{"locale": "es-DO", "timezone_id": "America/Santo_Domingo", **options})
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        if name is not None:
            self._give(context, "o_session", token_of(self.database, name))
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._hear(said.type, said.text))
        return page

    def speak(self, page: Page, language: str) -> None:
        """Let the pages be in a language from now on."""
        self._give(page.context, "o_language", language)

    def go(self, page: Page, path: str, *, status: int = 200) -> Page:
        """Open a page of the office; a page that is not there or broke fails the test."""
        answer = page.goto(f"{self.url}{path}")
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status} {page.inner_text('body')[:800]}"
        self.rest(page)
        return page

    def rest(self, page: Page) -> None:
        """Let the page come to rest: what is typed the moment it is there would miss the field that is about to be ready for it."""
        ready = page.locator("[autofocus]:visible")
        if ready.count():
            with suppress(AssertionError):
                expect(ready.first).to_be_focused(timeout=3_000)

    def reads_well(
        self,
        name: str,
        path: str,
        *,
        languages: tuple[str, ...] = LANGUAGES,
        is_thorough: bool = False,
        status: int = 200,
    ) -> None:
        """Look at a page as somebody in each language, wide and narrow: axe finds nothing, nothing is cut off, and
        the page says which language it is in.

        The marks are the same in each language, and a text that does not fit shows first where it is narrow: only the
        thorough look, which takes long, asks axe in each language and opens each at each width.
        """
        for language in languages:
            for width in (WIDE, NARROW):
                is_first = language == languages[0]
                if not (is_first or is_thorough or width == NARROW):
                    continue
                page = self.as_(name, language=language, width=width)
                self.go(page, path, status=status)
                where = f"{path} in {language} at {width}"
                assert page.get_attribute("html", "lang") == language, where
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), f"{where} is too wide"
                if is_first or is_thorough:
                    found = Axe().run(page, options={"runOnly": LEVELS, "resultTypes": ["violations"]})
                    assert found.violations_count == 0, f"{where}: {found.generate_report()}"

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Collect the statements that the server runs meanwhile."""
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            seen.append(statement)

        event.listen(self.database.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(self.database.engine, "before_cursor_execute", note)

    def asks_at_most(self, name: str, path: str, most: int) -> int:
        """Check how many statements a page takes, its log-in's one not counted, and that none is asked twice or per row."""
        page = self.as_(name)
        with self.statements() as seen:
            self.go(page, path)
        repeated = {one.strip().splitlines()[0] for one in seen if seen.count(one) > 2}
        assert repeated == set(), f"{path} asks per row: {repeated}"
        assert len(seen) <= most, f"{path}: {len(seen)} statements\n" + "\n".join(
            one.strip().splitlines()[0] for one in seen
        )
        return len(seen)

    def close(self) -> None:
        """Close every page."""
        for client in self.walkers:
            client.close()
        for context in self._contexts:
            context.close()
        self._pages.clear()
        self._contexts.clear()

    def _give(self, context: BrowserContext, name: str, value: str) -> None:
        context.add_cookies(
            [
                {
                    "name": name,
                    "value": value,
                    "domain": "localhost",
                    "path": "/o",
                    "httpOnly": True,
                    "sameSite": "Strict",
                }
            ]
        )

    def _hear(self, kind: str, text: str) -> None:
        # What a browser says of an answer that was refused (409, 422) is no complaint: the page says it itself.
        if kind == "error" and not re.search(r"status of (4\d\d|503)", text):
            self.complaints.append(text)
