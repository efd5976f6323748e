"""The member's pages in a browser: small, installable, readable without a connection, in four languages, and read aloud."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from tests.conftest import MUTUALS
from tests.databases import Shelf
from tests.pages.browsing import chromium
from tests.selfcheck.member_town import OTHER_PHONE, PHONE, TODAY, Post, Town, build, codes_in, deliver

from gateway import portal
from gateway.complaints import handle
from gateway.kit import db
from gateway.kit.db import Database
from gateway.selfcheck import sessions, words
from gateway.settings import Settings
from gateway.site import create_app
from gateway.staff.models import Role

LARGEST = 50_000
WRONG = "/wrong?kind=month&row=2026-03"
HERE = Path(portal.__file__).parent


class Place(NamedTuple):
    """The site on a socket, a town in it, a browser."""

    url: str
    database: Database
    town: Town
    browser: Browser


@pytest.fixture(scope="module")
def place(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    clock = tmp_path_factory.mktemp("clock") / "today"
    clock.write_text(TODAY.isoformat())
    with shelf.lend() as address, sync_playwright() as playwright:
        with psycopg.connect(address) as owner:
            owner.cursor().executemany(
                "INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                MUTUALS,
            )
        database = Database(address)
        town = build(database)
        settings = Settings(database_url=address, demo=True, clock_file=clock, log_level="error")
        config = uvicorn.Config(create_app(settings, database), port=0, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        browser = chromium(playwright)
        yield Place(f"http://localhost:{port}", database, town, browser)
        browser.close()
        server.should_exit = True
        thread.join(10)
        database.close()


def entered(place: Place, member: int, phone: str, **options: Any) -> BrowserContext:
    """A browser in which somebody is inside."""
    with place.database.session(1) as session:
        tokens = sessions.start(session, member_id=member, helper_id=None, phone=phone)
    context = place.browser.new_context(**options)
    context.set_default_timeout(15_000)
    cookies = (("m_access", tokens.access_token), ("m_refresh", tokens.refresh_token))
    context.add_cookies([{"name": n, "value": v, "domain": "localhost", "path": "/m"} for n, v in cookies])
    return context


def test_a_member_gets_in_with_her_telephone_sees_her_cover_and_leaves(place: Place) -> None:
    context = place.browser.new_context(locale="en")
    page = context.new_page()
    page.goto(f"{place.url}/m/?mutual=amparo&lang=en")
    assert page.url.endswith("/m/enter")
    assert page.get_by_label("Your mutual's code").input_value() == "amparo"
    page.get_by_label("Your telephone").fill("809-555-0117")
    page.get_by_label("Your identity number").fill(place.town.identity)
    page.get_by_role("button", name="Send me a code").click()
    post = Post()
    page.get_by_label("The code").wait_for()
    deliver(place.database, post)
    (code,) = codes_in(post)
    page.get_by_label("The code").fill(code)
    page.get_by_role("button", name="Enter").click()
    page.get_by_role("heading", name="03/2026: Covered").wait_for()
    assert "25/03/2026" in page.inner_text("header")
    for cookie in context.cookies():
        assert cookie["httpOnly"] and cookie["sameSite"] == "Lax", cookie["name"]  # noqa: PT018
    page.get_by_role("button", name="Leave").click()
    page.get_by_role("button", name="Send me a code").wait_for()
    assert page.goto(f"{place.url}/m/").url.endswith("/m/enter")  # type: ignore[union-attr]
    context.close()


def test_the_first_visit_is_small_and_the_last_state_is_read_without_a_connection(place: Place) -> None:
    context = entered(place, place.town.berta, OTHER_PHONE, locale="fr")
    page = context.new_page()
    taken: dict[str, int] = {}

    def note(response: Any) -> None:
        sizes = response.request.sizes()
        taken[response.url] = sizes["responseBodySize"] + sizes["responseHeadersSize"]

    context.on("requestfinished", lambda request: note(request.response()))
    page.goto(f"{place.url}/m/?lang=fr")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("caches.open('files-1').then((c) => c.match('/m/offline')).then(Boolean)")
    # What the worker itself fetched is counted by what lies in its store; the icons of an installation besides.
    stored = page.evaluate(
        "caches.open('files-1').then(async (c) => { let sum = 0; for (const k of await c.keys())"
        " { sum += (await (await c.match(k)).arrayBuffer()).byteLength + 600; } return sum; })"
    )
    rest = sum(
        (HERE / "static" / name).stat().st_size for name in ("sw.js", "icon-192.png", "icon-512.png", "icon.svg")
    )
    assert taken
    assert sum(taken.values()) + stored + rest < LARGEST
    page.goto(f"{place.url}/m/")
    page.wait_for_function("caches.open('pages-1').then((c) => c.match('/m/')).then(Boolean)")
    assert page.locator("#offline").is_hidden()
    manifest = page.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then((r) => r.json())")
    assert (manifest["start_url"], manifest["display"], len(manifest["icons"])) == ("/m/", "standalone", 2)
    assert page.evaluate(
        "Promise.all(%s.map((u) => fetch(u).then((r) => r.status)))" % [i["src"] for i in manifest["icons"]]
    ) == [200, 200]

    context.set_offline(True)
    page.goto(f"{place.url}/m/")
    assert page.locator("#offline").is_visible()
    assert "25/03/2026" in page.inner_text("header")
    assert "03/2026 : Sans couverture" in page.inner_text("main") or "03/2026: Sans couverture" in page.inner_text(
        "main"
    )
    page.goto(f"{place.url}/m/payments")
    assert "hors ligne" in page.inner_text("main")
    context.close()


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_each_page_reads_well_aloud_at_every_width_in_each_language(place: Place, language: str) -> None:
    context = entered(place, place.town.ana, PHONE, viewport={"width": 320, "height": 640})
    page = context.new_page()
    for path in ("/", "/payments", "/state", "/benefits", "/family", "/messages", "/complaints", "/helpers", WRONG):
        page.goto(f"{place.url}/m{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.get_attribute("html", "lang") == language
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 20
        if language == "ht":  # the marks are the same in each language
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
            assert found.violations_count == 0, found.generate_report()
    context.close()


def test_a_helper_is_allowed_and_taken_off_by_forms_that_come_from_here(place: Place) -> None:
    context = entered(place, place.town.ana, PHONE, locale="es")
    page = context.new_page()
    page.goto(f"{place.url}/m/helpers")
    page.get_by_label("Nombre").fill("Luz <b>Marte</b>")
    page.get_by_label("Teléfono").fill("809-555-0199")
    page.get_by_role("button", name="Permitir").click()
    page.get_by_text("Luz <b>Marte</b>").wait_for()
    elsewhere = context.request.post(
        f"{place.url}/m/helpers", form={"name": "X", "phone": "809-555-0144", "form_token": "x"}
    )
    assert elsewhere.status == 403
    cookie = next(one["value"] for one in context.cookies() if one["name"] == "m_form")
    crossing = context.request.post(
        f"{place.url}/m/helpers",
        form={"name": "X", "phone": "809-555-0144", "form_token": cookie},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert crossing.status == 403
    page.get_by_role("button", name=re.compile("Quitar")).click()
    page.get_by_text("Luz").wait_for(state="detached")
    with place.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM access_helper") == 1
        assert db.scalar(session, "SELECT count(*) FROM access_helper WHERE ended_at IS NULL") == 0
    context.close()


def test_a_short_token_that_ran_out_is_renewed_on_the_way(place: Place) -> None:
    context = entered(place, place.town.ana, PHONE, locale="es")
    with place.database.session(1) as session:
        db.run(session, "UPDATE access_session SET access_expires_at = now()")
    answer = context.request.get(f"{place.url}/m/")
    assert answer.url.endswith("/m/")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert context.request.get(f"{place.url}/m/payments").url.endswith("/payments")
    context.close()


def test_every_sentence_of_the_pages_is_in_the_catalogues_and_every_sentence_there_is_said() -> None:
    source = [*HERE.rglob("*.html"), *HERE.rglob("*.py"), *Path(words.__file__).parent.glob("*.py")]
    source.append(HERE.parent / "api" / "routers" / "ussd.py")
    text = "\n".join(path.read_text("utf-8") for path in source if path.exists())
    said = set(re.findall(r'_\("([^"]+)"', text))
    known = set(words.catalogue("en"))
    assert said - known == set()
    unsaid = {one for one in known if one.replace("\n", "\\n") not in text}
    assert unsaid == set()


def test_she_says_of_a_row_that_it_is_not_right_without_any_script_and_reads_the_answer(place: Place) -> None:
    context = entered(place, place.town.berta, OTHER_PHONE, locale="es", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{place.url}/m/")
    page.get_by_role("link", name="Esto no está bien: 03/2026").click()
    assert "No se pagó" in page.inner_text("main") or "03/2026" in page.inner_text("main")
    page.get_by_label("¿Qué está mal?").fill("Yo pagué <b>el lunes</b>")
    page.get_by_role("button", name="Enviarlo a la oficina").click()
    page.get_by_text("La oficina ya lo tiene.").wait_for()
    number = int(page.url.rsplit("/", 1)[1])
    assert "Yo pagué <b>el lunes</b>" in page.inner_text("main")
    page.goto(f"{place.url}/m/")
    page.get_by_role("link", name=f"Reclamo {number}").click()

    who = handle.Handler("olga", "staff:olga", {Role.FILING_OFFICER}, TODAY)
    with place.database.session(1) as session:
        handle.take(session, number, who)
        handle.answer(session, number, "Su pago entró con otra cédula; ya es suyo.", who)
    page.reload()
    assert "ya es suyo" in page.inner_text("main")
    page.get_by_label("Diga algo a la oficina").fill("Gracias")
    page.get_by_role("button", name="Enviarlo a la oficina").click()
    page.get_by_text("Gracias").wait_for()
    page.get_by_role("button", name="Sí está bien").click()
    page.get_by_text("Usted dijo que está bien.").wait_for()
    ana = entered(place, place.town.ana, PHONE, locale="es")
    other = ana.new_page()
    other.goto(f"{place.url}/m/complaints/{number}")
    assert "Gracias" not in other.content()
    for path in (
        "/wrong?kind=receipt&row=999999",
        "/wrong?kind=x",
        "/wrong?kind=month&row=1",
        "/wrong?kind=notice&row=٣",
    ):
        assert ana.request.get(f"{place.url}/m{path}").status == 200
    for one in (context, ana):
        one.close()


def test_the_address_without_its_last_stroke_leads_to_the_page(place: Place) -> None:
    context = place.browser.new_context()
    answer = context.request.get(f"{place.url}/m?mutual=amparo", max_redirects=0)
    assert (answer.status, answer.headers["location"]) == (308, "/m/?mutual=amparo")
    assert context.request.get(f"{place.url}/m?mutual=amparo").url.endswith("/m/enter")
    context.close()
