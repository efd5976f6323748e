"""A member's proof, checked where there is no gateway: by one file of Python, and by a browser from a folder of files.

The real proof comes over HTTP from a server with a sealed log; the forgeries are made by somebody who holds the mutual's key.
"""

import json
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from tests.conftest import MUTUALS
from tests.databases import Shelf
from tests.pages.browsing import chromium
from tests.selfcheck.member_town import token_of
from tests.transparency.forging import Forger, Forgery, Proof, note, public
from tests.transparency.log_town import KEY, NEXT_KEY, PHONES, Town, build, log, pay_again, seal_books

from gateway.kit import db
from gateway.kit.db import Database
from gateway.selfcheck import sessions, words
from gateway.settings import Settings
from gateway.site import create_app
from gateway.transparency import verify_proof

TOOL = Path(__file__).resolve().parents[2] / "tools" / "verify_proof.py"
LOG = "/v1/transparency/amparo"


class Place(NamedTuple):
    """A site on a socket whose log is sealed, and the tokens of two members."""

    http: httpx.Client
    database: Database
    town: Town
    tokens: list[str]
    receipts: list[int]
    """Each member's own receipt."""


@pytest.fixture(scope="module")
def place(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    clock = tmp_path_factory.mktemp("clock") / "today"
    clock.write_text("2026-03-25")
    with shelf.lend() as address:
        with psycopg.connect(address) as owner:
            owner.cursor().executemany(
                "INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                MUTUALS,
            )
        database = Database(address)
        town = build(database)
        seal_books(database)
        log(database, KEY)
        tokens = [token_of(database, member, phone) for member, phone in zip(town.members, PHONES, strict=True)]
        statement = "SELECT min(receipt_id) AS id FROM contribution_receipt_line WHERE amount_minor > 1000 GROUP BY member_id ORDER BY member_id"
        with database.session(1) as session:
            receipts = [row.id for row in db.rows(session, statement)]
        limits = {"transparency_rate_per_minute": 100_000, "login_rate_per_minute": 100_000}
        settings = Settings(database_url=address, demo=True, clock_file=clock, log_level="error", **limits)
        server = uvicorn.Server(uvicorn.Config(create_app(settings, database), port=0, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://localhost:{port}", timeout=60) as http:
            yield Place(http, database, town, tokens, receipts)
        server.should_exit = True
        thread.join(10)
        database.close()


def proof_of(place: Place, member: int, receipt: int | None = None, **query: Any) -> Proof:
    answer = place.http.get(
        f"/v1/me/proofs/{place.receipts[member] if receipt is None else receipt}",
        params=query,
        headers={"authorization": f"Bearer {place.tokens[member]}"},
    )
    assert answer.status_code == 200, answer.text
    found: Proof = answer.json()
    return found


@pytest.fixture(scope="module")
def real(place: Place) -> Proof:
    """Ana's proof, with the way from a head of size 2."""
    return proof_of(place, 0, since=2)


@pytest.fixture(scope="module")
def forgeries(place: Place, real: Proof) -> list[Forgery]:
    items = place.http.get(f"{LOG}/entries").json()["items"]
    return Forger(real, [one["entry"] for one in items], KEY).all(proof_of(place, 1))


def run(folder: Path, proof: Any, *more: str, saved: str | None = None) -> tuple[int, str]:
    """Run the program in a folder that holds nothing but it and what it is given."""
    (folder / "proof.json").write_text(proof if isinstance(proof, str) else json.dumps(proof), encoding="utf-8")
    if saved is not None:
        (folder / "saved.txt").write_text(saved, encoding="utf-8")
        more = (*more, "--saved", "saved.txt")
    command = [sys.executable, "-I", "-S", "verify_proof.py", "proof.json", "--key", public(KEY), *more]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.stderr == "", ended.stderr
    return ended.returncode, ended.stdout


def test_a_proof_is_checked_by_a_file_that_the_gateway_gives_away_in_a_folder_without_it(
    place: Place, real: Proof, tmp_path: Path
) -> None:
    given = place.http.get("/v1/transparency/verify_proof.py")
    assert given.content == TOOL.read_bytes()
    (tmp_path / "verify_proof.py").write_bytes(given.content)
    keys = place.http.get(f"{LOG}/keys").json()["items"]
    saved = note(real["checkpoint"].split("\n")[0], entries_of(place)[:2], KEY)
    asked = ["--receipt", real["about"]["receipt"], "--amount", "4923.27", "--lang", "es"]
    status, said = run(tmp_path, real, *asked, saved=saved)
    assert (status, said[:9]) == (0, "Correcto:"), said
    for sentence in (
        "4923.27 DOP, pagado el 2026-03-10",
        "salario 23223.00",
        "El Estado ACEPTÓ la línea",
        "sigue en su sitio",
    ):
        assert sentence in said
    status, said = run(tmp_path, real, "--key", keys[0]["verifier_key"], "--amount", "4923.28", "--lang", "fr")
    assert (status, said) == (1, "FAUX : dans les livres le reçu est de 4923.27, non de 4923.28.\n")
    # A head alone, held to an older one by what anybody can ask for.
    way = place.http.get(f"{LOG}/consistency", params={"from": 2, "to": 4})
    (tmp_path / "way.json").write_text(way.text)
    head = place.http.get(f"{LOG}/checkpoint").text
    assert run(tmp_path, head, "--consistency", "way.json", saved=saved)[0] == 0
    assert run(tmp_path, head, saved=saved)[0] == 2
    assert run(tmp_path, head, saved=json.dumps(real))[0] == 0, "an earlier proof is a kept head too"
    # What Windows or mail did to a file on its way changes nothing of what was signed.
    assert run(tmp_path, head.replace("\n", "\r\n"))[0] == 0
    assert run(tmp_path, "\ufeff" + json.dumps(real))[0] == 0
    status, said = run(tmp_path, real, "--consistency", "nowhere.json", saved=saved)
    assert (status, said) == (2, "Cannot be checked: nowhere.json is not there or cannot be read.\n")


def entries_of(place: Place) -> list[str]:
    return [one["entry"] for one in place.http.get(f"{LOG}/entries").json()["items"]]


def test_whatever_somebody_forges_who_holds_the_key_is_seen_by_the_program(
    forgeries: list[Forgery], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = []
    assert len(forgeries) == len({one.name for one in forgeries}) > 25
    for one in forgeries:
        proof, saved = tmp_path / "proof.json", tmp_path / "saved.txt"
        proof.write_text(one.proof if isinstance(one.proof, str) else json.dumps(one.proof))
        asked = [str(proof), "--key", public(KEY)]
        if one.saved is not None:
            saved.write_text(one.saved)
            asked += ["--saved", str(saved)]
        asked += [
            word for name in ("receipt", "amount") if (value := getattr(one, name)) for word in (f"--{name}", value)
        ]
        status = verify_proof.main(asked)
        said = capsys.readouterr().out
        shape = re.escape(verify_proof.WORDS[one.sentence]["en"])
        shape = re.sub(r"\\\{\w+\\\}", ".+", shape)
        if status != one.status or not re.fullmatch(shape, said.strip()):
            wrong.append((one.name, status, said))
    assert wrong == []


def test_a_proof_holds_nothing_of_another_member(place: Place) -> None:
    """Every text of it is looked at, whatever it stands in."""
    statement = """
        SELECT m.id, m.number, i.value, array_agg(DISTINCT r.number) AS receipts
        FROM member m JOIN member_identity i ON i.member_id = m.id
        JOIN contribution_receipt_line l ON l.member_id = m.id JOIN contribution_receipt r ON r.id = l.receipt_id
        GROUP BY m.id, m.number, i.value ORDER BY m.id"""
    with place.database.session(1) as session:
        people = db.rows(session, statement)
        others = {
            row.member_id: row.content for row in db.rows(session, "SELECT member_id, content FROM transparency_leaf")
        }
    for member, row in enumerate(people):
        text = json.dumps([proof_of(place, member), proof_of(place, member, place.receipts[member])])
        for other in (one for one in people if one.id != row.id):
            for secret in (other.value, *(set(other.receipts) - set(row.receipts)), json.dumps(others[other.id])[1:-1]):
                assert secret not in text, (row.number, secret)
            assert f'"member\\":\\"{other.number}\\"' not in text.replace("\\\\", "\\")
        leaves = [json.loads(part["leaf"]) for part in json.loads(text)[0]["parts"]]
        assert {leaf["member"] for leaf in leaves} == {row.number}
        assert set(json.loads(text)[0]) == {
            "format",
            "mutual",
            "status",
            "ready_by",
            "about",
            "checkpoint",
            "parts",
            "used",
            "consistency",
        }
    # Of a receipt that three share, each is shown her own part alone.
    shared = [proof_of(place, member, place.town.shared) for member in range(3)]
    assert [one["about"]["amount"] for one in shared] == ["111.11", "222.22", "333.33"]
    assert [len([part for part in one["parts"] if '"kind":"receipt"' in part["leaf"]]) for one in shared] == [1, 1, 1]


def test_another_members_receipt_is_unknown_like_one_that_is_not_there(place: Place) -> None:
    refused = []
    for receipt in (place.receipts[1], 10**9):
        answer = place.http.get(f"/v1/me/proofs/{receipt}", headers={"authorization": f"Bearer {place.tokens[0]}"})
        told = answer.json()
        refused.append((answer.status_code, told["code"], told["detail"].replace(str(receipt), "N")))
    assert refused[0] == refused[1]
    assert refused[0][:2] == (404, "receipt_not_yours")
    shared = place.http.get(
        f"/v1/me/proofs/{place.town.shared}", headers={"authorization": f"Bearer {place.tokens[4]}"}
    )
    assert shared.status_code == 404


def test_a_refused_line_is_told_as_refused(place: Place, tmp_path: Path) -> None:
    shutil.copy(TOOL, tmp_path)
    status, said = run(tmp_path, proof_of(place, 6))
    assert status == 0
    assert "The state REFUSED line" in said and "code 24" in said  # noqa: PT018


def test_what_is_not_sealed_yet_says_until_when_it_will_be(place: Place, tmp_path: Path) -> None:
    from tests.filing.filing_town import pay

    with place.database.session(1) as session:
        pay(session, {place.town.members[5]: 4321})
        fresh = db.scalar(session, "SELECT max(id) FROM contribution_receipt")
    found = proof_of(place, 5, fresh)
    assert (found["status"], found["parts"]) == ("waiting", [])
    assert found["ready_by"]
    shutil.copy(TOOL, tmp_path)
    status, said = run(tmp_path, found)
    assert (status, said[:29]) == (2, "Not sealed yet; it will be by")
    with psycopg.connect(place.database.url) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE contribution_receipt SET recorded_at = now() - interval '2 hours' WHERE id = %s", [fresh])
    assert proof_of(place, 5, fresh)["status"] == "late"


def test_everybody_may_read_the_log_and_nobody_too_often(place: Place, real: Proof) -> None:
    stands = place.http.get(LOG).json()
    assert stands["origin"] == real["checkpoint"].split("\n")[0]
    head = place.http.get(f"{LOG}/checkpoint")
    assert head.headers["content-type"].startswith("text/plain")
    assert head.headers["cache-control"] == "public, max-age=60"
    assert place.http.get(f"{LOG}/checkpoint", headers={"if-none-match": head.headers["etag"]}).status_code == 304
    items, start = [], 0
    while start is not None:
        page = place.http.get(f"{LOG}/entries", params={"start": start, "limit": 2}).json()
        items += page["items"]
        start = page["next_start"]
    assert [one["index"] for one in items] == list(range(page["size"]))
    way = place.http.get(f"{LOG}/inclusion", params={"entry": 1, "size": 3})
    assert "immutable" in way.headers["cache-control"]
    root = verify_proof.root_by_inclusion(
        verify_proof.leaf_hash(items[1]["entry"]),
        1,
        3,
        [verify_proof.base64.b64decode(one) for one in way.json()["path"]],
    )
    assert (
        note(stands["origin"], [one["entry"] for one in items[:3]], KEY).split("\n")[2]
        == verify_proof.base64.b64encode(root or b"").decode()
    )
    for path in (
        "/consistency?from=1&to=999",
        "/consistency?from=3&to=2",
        "/inclusion?entry=9&size=3",
        "/inclusion?entry=0&size=99",
    ):
        assert place.http.get(LOG + path).json()["code"] == "log_range", path
    history = place.http.get(f"{LOG}/history", params={"limit": 1}).json()
    assert history["items"][0]["checkpoint"].startswith(stands["origin"])
    assert place.http.get("/v1/transparency/nobody").json()["code"] == "mutual_not_found"
    assert place.http.get("/v1/transparency/kosove").json()["code"] == "log_unsigned"


def test_the_public_log_is_limited_by_address(place: Place, tmp_path: Path) -> None:
    from tests.api.calling import Caller, InProcess

    settings = Settings(database_url=place.database.url, log_level="error", transparency_rate_per_minute=2)
    with InProcess(create_app(settings, place.database)) as transport:
        answers = [Caller(transport, {}).get(f"{LOG}/checkpoint") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"]
    assert answers[2].headers["ratelimit-policy"] == '"log";q=2;w=60'
    assert "ratelimit" not in answers[1].headers, "others may be given the same answer"


def test_every_sentence_of_the_program_is_said_in_three_languages_with_the_same_values() -> None:
    for name, said in verify_proof.WORDS.items():
        assert set(said) == {"es", "fr", "en"}, name
        assert len({frozenset(re.findall(r"\{(\w+)\}", text)) for text in said.values()}) == 1, name


# In the browser


@pytest.fixture(scope="module")
def folder(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of files as somebody saved it, with what came packed with it."""
    packed = place.http.get("/m/verify.zip", params={"lang": "en"})
    assert packed.headers["content-type"] == "application/zip"
    saved = tmp_path_factory.mktemp("saved")
    with zipfile.ZipFile(BytesIO(packed.content)) as kept:
        assert sorted(kept.namelist()) == ["ed25519.js", "proof.js", "style.css", "verify.html", "verify_proof.py"]
        kept.extractall(saved)
    assert (saved / "verify_proof.py").read_bytes() == TOOL.read_bytes()
    return saved


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        opened = chromium(playwright)
        yield opened
        opened.close()


def check_in(
    page: Page, proof: Any, *, key: str, saved: str | None = None, receipt: str = "", amount: str = ""
) -> tuple[int, str]:
    """Check files on the page; return the verdict and what it says."""
    text = proof if isinstance(proof, str) else json.dumps(proof)
    page.evaluate("() => { document.forms[0].reset(); delete document.getElementById('verdict').dataset.status; }")
    page.locator("#file").set_input_files(
        {"name": "proof.json", "mimeType": "application/json", "buffer": text.encode()}
    )
    if saved is not None:
        page.locator("#saved").set_input_files(
            {"name": "saved.txt", "mimeType": "text/plain", "buffer": saved.encode()}
        )
    for name, value in (("key", key), ("receipt", receipt), ("amount", amount)):
        page.locator(f"#{name}").fill(value)
    page.locator("#check button").click()
    verdict = page.locator("#verdict[data-status]")
    verdict.wait_for()
    return int(verdict.get_attribute("data-status") or 9), page.inner_text("main")


def test_a_page_in_a_folder_without_a_connection_sees_whatever_somebody_forges(
    browser: Any, folder: Path, place: Place, real: Proof, forgeries: list[Forgery]
) -> None:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((folder / "verify.html").as_uri())
    sentences = {row.get_attribute("data-say"): row.text_content() for row in page.locator("#words li").all()}
    assert sentences.keys() >= {one.sentence for one in forgeries}
    saved = note(real["checkpoint"].split("\n")[0], entries_of(place)[:2], KEY)
    status, said = check_in(
        page, real, key=public(KEY), saved=saved, receipt=real["about"]["receipt"], amount="4923.27"
    )
    assert status == 0, said
    assert "The state accepted line" in said and "(2 entries) still stands" in said  # noqa: PT018
    wrong = []
    for one in forgeries:
        status, said = check_in(
            page, one.proof, key=public(KEY), saved=one.saved, receipt=one.receipt or "", amount=one.amount or ""
        )
        shape = re.sub(r"\\\{\w+\\\}", ".+", re.escape(sentences[one.sentence] or ""))
        if status != one.status or not re.search(shape, said):
            wrong.append((one.name, status, said[-300:]))
    assert wrong == []
    context.close()


OLDER = "crypto.subtle.importKey = () => Promise.reject(new DOMException('Unrecognized name', 'NotSupportedError'))"
"""What browsers before 2025 answer."""


def test_a_browser_that_does_not_know_the_signature_is_given_a_library_that_does(
    browser: Any, folder: Path, place: Place, real: Proof, forgeries: list[Forgery]
) -> None:
    context = browser.new_context(offline=True)
    context.add_init_script(OLDER)
    page = context.new_page()
    page.goto((folder / "verify.html").as_uri())
    assert check_in(page, real, key=public(KEY))[0] == 0
    tampered = next(one for one in forgeries if one.sentence == "head_signature")
    assert check_in(page, tampered.proof, key=public(KEY))[0] == 1
    assert check_in(page, real, key=public(NEXT_KEY))[0] == 1
    assert check_in(page, real, key="no key")[0] == 2
    context.close()
    inside = entered(browser, place, 4)
    inside.add_init_script(OLDER)
    page = inside.new_page()
    page.goto(f"{place.http.base_url}/m/proof/{place.receipts[4]}")
    page.locator("#verdict[data-status='0']").wait_for()
    inside.close()


def entered(browser: Any, place: Place, member: int, **options: Any) -> Any:
    with place.database.session(1) as session:
        tokens = sessions.start(session, member_id=place.town.members[member], helper_id=None, phone=PHONES[member])
    context = browser.new_context(**options)
    context.set_default_timeout(15_000)
    cookies = (("m_access", tokens.access_token), ("m_refresh", tokens.refresh_token))
    context.add_cookies([{"name": n, "value": v, "domain": "localhost", "path": "/m"} for n, v in cookies])
    return context


def reads_well(page: Page) -> None:
    """Nothing on the page is in the way of who hears it, sees little or has a small screen."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_member_checks_a_receipt_from_her_list_and_the_telephone_remembers_the_log(
    browser: Any, place: Place
) -> None:
    context = entered(browser, place, 3, locale="es", viewport={"width": 320, "height": 640})
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(f"{place.http.base_url}/m/payments?lang=es")
    page.get_by_role("link", name="Compruébelo usted").first.click()
    page.locator("#verdict[data-status='0']").wait_for()
    assert "El Estado aceptó la línea" in page.inner_text("main")
    assert "unsafe" not in page.request.get(page.url).headers["content-security-policy"]
    reads_well(page)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Guardar la prueba").click()
    kept = json.loads(Path(saved.value.path()).read_text())
    assert kept["status"] == "sealed"
    # The log goes on, and is held to what this telephone saw.
    pay_again(place.database, place.town.members[3], 600)
    log(place.database, KEY)
    page.reload()
    page.locator("#verdict[data-status='0']").wait_for()
    assert "sigue en su sitio" in page.inner_text("#said")
    # Another log than it saw is not believed.
    forged = note(kept["checkpoint"].split("\n")[0], ["x"] * 4, KEY)
    page.evaluate("(note) => localStorage.setItem('proof.head.amparo', note)", forged)
    page.reload()
    page.locator("#verdict[data-status='1']").wait_for()
    assert "La historia fue cambiada" in page.inner_text("#verdict")
    page.get_by_role("link", name="Comprobar un archivo").click()
    page.get_by_label("La prueba").wait_for()
    reads_well(page)
    assert faults == []
    assert context.request.get(f"{place.http.base_url}/m/proof/{place.receipts[1]}").status == 404
    assert context.request.get(f"{place.http.base_url}/m/proof/{place.receipts[1]}/file").status == 404
    context.close()


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_page_of_files_is_there_for_anybody_in_each_language(place: Place, language: str) -> None:
    answer = place.http.get("/m/verify", params={"lang": language})
    assert (answer.status_code, answer.headers["content-language"]) == (200, language)
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", answer.text)
    assert words.text_of(language, "Check a file") in answer.text
