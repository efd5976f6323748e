"""Every address of the office, asked as somebody who means harm, who clicks twice, who came too late, and who may not."""

import base64
import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Callable
from types import SimpleNamespace

import httpx
import psycopg
import pytest
from markupsafe import escape
from tests.pages.browsing import Office
from tests.pages.furnished import ABSENT, EVERYTHING, Sent, furnish
from tests.pages.office_town import PEOPLE
from tests.pages.walking import Walker, addresses, filled, forms_of, state_of, take_on, texts_of

from gateway.backoffice.app import find_areas
from gateway.backoffice.frame import uploads
from gateway.staff.models import Role

ELSEWHERE = "otra"
"""Somebody who may everything in another mutual."""


@pytest.fixture(scope="module")
def sent(office: Office) -> list[Sent]:
    """The forms by which the town was furnished."""
    take_on(office, ELSEWHERE, list(Role), mutual=2)
    return furnish(office)


@pytest.fixture(scope="module")
def address(office: Office, sent: list[Sent]) -> Callable[[str], str]:
    """Fill in an address with what the furnished town has."""
    return lambda path: filled(path, office.town.named)


@pytest.fixture(scope="module")
def walker(office: Office, sent: list[Sent]) -> Walker:
    """The one who may everything, in one log-in: what her forms carry is good for her alone."""
    return Walker(office, EVERYTHING)


@pytest.fixture(scope="module")
def answers(office: Office, address: Callable[[str], str], walker: Walker) -> dict[str, httpx.Response]:
    """Every address, looked at once: looking changes nothing."""
    before = state_of(office)
    found = {path: walker.get(address(path)) for path in addresses("GET")}
    assert state_of(office) == before
    return found


def test_no_page_carries_anything_in_line_or_from_elsewhere_and_none_is_kept(
    answers: dict[str, httpx.Response],
) -> None:
    seen = 0
    assert {path: one.status_code for path, one in answers.items() if one.status_code not in {200, 303}} == ABSENT
    for path, answer in answers.items():
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        if answer.headers.get("content-type", "").startswith("text/html"):
            seen += 1
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]* src=)", answer.text), path
            assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", answer.text), f"{path}: from elsewhere"
        elif answer.content:
            assert answer.headers["content-disposition"].startswith("attachment"), path
    assert seen > len(answers) * 0.9


def test_nothing_is_done_twice_by_a_second_click_by_back_or_by_reload(office: Office, sent: list[Sent]) -> None:
    before = state_of(office)
    for walker, where, fields, files, led_to in sent:
        answer = walker.post(where, fields, files=files or None)
        assert (answer.status_code, answer.headers["location"]) == (303, led_to or f"/o{where}"), where
        said = json.loads(base64.urlsafe_b64decode(answer.cookies["o_said"]))
        assert said[:2] == ["wait", "This was done already, and is not done again."], where
    assert state_of(office) == before


def test_no_page_in_spanish_says_anything_in_english_or_in_codes(answers: dict[str, httpx.Response]) -> None:
    wrong = set()
    for path, answer in answers.items():
        if answer.headers.get("content-type", "").startswith("text/html"):
            for text in texts_of(answer.text):
                is_english = len(ENGLISH & set(re.findall(r"[a-z]+", text.lower()))) > 1
                if is_english or CODE.fullmatch(text):
                    wrong.add((path, text))
    assert sorted(wrong) == []


def test_a_till_that_nobody_registered_is_called_by_words_wherever_people_look(
    answers: dict[str, httpx.Response], walker: Walker
) -> None:
    pages = {
        path: one.text for path, one in answers.items() if one.headers.get("content-type", "").startswith("text/html")
    }
    shown = {path: re.findall(r">([^<>]*\bcash:main\b[^<>]*)<", text) for path, text in pages.items()}
    assert {path: texts for path, texts in shown.items() if texts and path not in BY_CODE} == {}
    assert sum("Caja main" in text for text in pages.values()) >= 2
    statement = walker.get("/reports/account-statement?subject=cash:main").text
    assert "Caja main (cash:main)" in statement


BY_CODE = frozenset({"/administration/log", "/reports/{kind}"})
"""Where the books' own keys are read: as they were written down."""
ENGLISH = {
    "the",
    "has",
    "been",
    "not",
    "this",
    "with",
    "and",
    "was",
    "you",
    "her",
    "is",
    "are",
    "of",
    "by",
    "for",
    "to",
}
CODE = re.compile(r"[a-z]+(?:_[a-z]+)+|[a-z]+:[a-z]+(?:[-:][a-z]+)*")


def test_every_form_has_a_token_a_name_of_its_own_and_an_address_that_takes_it(
    answers: dict[str, httpx.Response],
) -> None:
    known = [re.sub(r"\{\w+(:int)?\}", "[^/]+", one) for one in addresses("POST")]
    found = set()
    for path, answer in answers.items():
        for form in forms_of(answer.text):
            if form.method.lower() != "post":
                assert not {"_token", "otp", "password"} & set(form.fields), f"{path}: a secret in an address"
                continue
            where = form.action.removeprefix("/o") or "/"
            assert form.fields.get("_token"), (path, where)
            if where != "/leave":
                assert form.fields.get("_once"), (path, where)
                assert any(re.fullmatch(one, where) for one in known), (path, where)
                found.add(next(one for one in known if re.fullmatch(one, where)))
    assert len(found) > 50


@pytest.mark.parametrize("harm", ["a token of another form", "its own token, sent by another site"])
def test_a_form_that_is_not_of_a_page_of_ours_does_nothing_and_says_so(
    office: Office, address: Callable[[str], str], walker: Walker, answers: dict[str, httpx.Response], harm: str
) -> None:
    is_from_another_site = harm.endswith("site")
    tokens = {one.action: one.fields for answer in answers.values() for one in forms_of(answer.text)}
    before = state_of(office)
    for path in addresses("POST"):
        where = f"/o{address(path)}"
        foreign = tokens["/o/members/new" if path != "/members/new" else "/o/cash/tills"]
        fields = tokens.get(where, foreign) if is_from_another_site else foreign
        headers = {"sec-fetch-site": "cross-site"} if is_from_another_site else {}
        answer = walker.post(address(path), fields, headers=headers)
        assert answer.status_code == 403, (path, answer.status_code)
        assert "No se hizo nada: usted volvió a entrar" in answer.text, path
    assert state_of(office) == before


def test_who_comes_too_late_does_nothing_and_finds_every_form_as_she_had_filled_it(
    office: Office, address: Callable[[str], str]
) -> None:
    walker, before = Walker(office, None), state_of(office)
    for path in addresses("POST"):
        typed = {"note": 'Llamó "ayer" & <hoy>', "amount": "1,234.50", "password": "secreto", "otp": "123456"}
        answer = walker.post(address(path), typed)
        assert answer.status_code == 200, path
        entrance = next(one for one in forms_of(answer.text) if one.action == "/o/enter")
        assert entrance.fields["target"] == address(path)
        assert entrance.fields["kept:note"] == typed["note"], path
        assert entrance.fields["kept:amount"] == typed["amount"], path
        assert "secreto" not in answer.text, path
        assert "123456" not in answer.text, path
    assert state_of(office) == before


def test_every_page_is_reached_from_another(answers: dict[str, httpx.Response]) -> None:
    links = {
        link
        for answer in answers.values()
        if answer.headers.get("content-type", "").startswith("text/html")
        for link in re.findall(r'(?:href|hx-get)="/o(/[^"?#]*)', answer.text)
    }
    patterns = {path: PLACE.sub(lambda one: r"\d+" if one[2] else "[^/]+", path) for path in addresses("GET")}
    missing = {path for path, one in patterns.items() if not any(re.fullmatch(one, link) for link in links)}
    assert missing <= ONLY_AT_A_TIME, "\n".join(sorted(missing - ONLY_AT_A_TIME))


def test_nothing_of_one_mutual_is_seen_from_another(office: Office, address: Callable[[str], str]) -> None:
    walker = Walker(office, ELSEWHERE, mutual=2)
    seen = {}
    for path in addresses("GET"):
        answer = walker.get(address(path))
        if ":int}" in path:
            seen[path] = answer.status_code
        for name in ("Peña", "99900050", "8095550101", "Alcarrizos", "Ventanilla 1"):
            assert name not in answer.text, (path, name)
    # Her own self alone has the number of one of ours.
    assert {path for path, status in seen.items() if status != 404} == set()


def test_nobody_sees_what_another_answers_for_by_writing_its_number(office: Office, sent: list[Sent]) -> None:
    take_on(office, "ramon", [Role.COLLECTOR])
    another, cashier, hers = Walker(office, "ramon"), Walker(office, "carla"), Walker(office, "rosa")
    for path in (
        "/cash/rounds/1",
        "/cash/rounds/1/package",
        "/cash/sessions/3",
        "/cash/sessions/3/count",
        "/cash/handovers/1",
    ):
        assert hers.get(path).status_code == 200, path
        assert another.get(path).status_code in {403, 404}, path
    assert 'href="/o/cash/rounds/1"' in hers.get("/cash/rounds").text
    assert 'href="/o/cash/rounds/1"' not in another.get("/cash/rounds").text
    assert cashier.get("/cash/sessions/1").status_code == 200
    for path in ("/cash/sessions/2", "/cash/sessions/3"):
        assert cashier.get(path).status_code in {403, 404}, path


class Stopped(BaseException):
    """Whom an address lets in is known before its transaction begins."""


def let_in(method: str, path: str) -> frozenset[Role]:
    """Return the roles that an address lets in, by what it tells the gate."""
    route = next(one for area in find_areas() for one in area.routes if one.path == path and method in one.methods)

    def stop() -> None:
        raise Stopped

    desk = SimpleNamespace(base="", allowed=frozenset(), transaction=stop)
    with pytest.raises(Stopped):
        route.serve(desk, SimpleNamespace(once=""), {})  # type: ignore[arg-type]
    return desk.allowed


def test_each_role_comes_where_it_is_said_and_nowhere_else(office: Office, address: Callable[[str], str]) -> None:
    said = dict(one.rsplit(" ", 1) for one in WHO_MAY.strip().splitlines())
    asked = [(method, path) for method in ("GET", "POST") for path in addresses(method)]
    told = {
        f"{method} {path}": "".join(LETTERS[one] for one in LETTERS if one in let_in(method, path))
        for method, path in asked
    }
    assert told == said, "say in WHO_MAY who may"
    for name, (_, role) in PEOPLE.items():
        walker = Walker(office, name)
        for method, path in asked:
            if LETTERS[role] not in said[f"{method} {path}"]:
                answer = walker.get(address(path)) if method == "GET" else walker.post(address(path), {"_once": "x"})
                assert answer.status_code == 403, (name, method, path)
                assert "Su función no lo permite" in answer.text, (name, method, path)


@pytest.mark.parametrize("name", ["carla", "rosa", "olga", "bruno"])
def test_no_page_leads_somebody_where_she_may_not_go(office: Office, address: Callable[[str], str], name: str) -> None:
    walker, role = Walker(office, name), PEOPLE[name][1]
    known = [
        (re.compile(PLACE.sub(lambda one: r"\d+" if one[2] else "[^/]+", path)), path) for path in addresses("GET")
    ]
    # An address of numbers counts before one of names, as it does where requests are sent on their way.
    known.sort(key=lambda one: "[^/]+" in one[0].pattern)
    wrong = set()
    for path in addresses("GET"):
        if role in let_in("GET", path):
            for link in re.findall(r'href="/o(/[^"?#]*)', walker.get(address(path)).text):
                found = next((one for pattern, one in known if pattern.fullmatch(link)), None)
                if found is not None and role not in let_in("GET", found):
                    wrong.add((path, found))
    assert sorted(wrong) == []


def test_what_cannot_be_read_is_said_in_words_beside_its_field_and_stays_as_it_was_typed(
    office: Office, answers: dict[str, httpx.Response], walker: Walker
) -> None:
    forms = {
        form.action: form for answer in answers.values() for form in forms_of(answer.text) if form.method == "post"
    }
    kinds = {"text", "search", "tel", "url", "textarea"}
    fields = {action: [name for name, kind in form.kinds.items() if kind in kinds] for action, form in forms.items()}
    assert sum(map(bool, fields.values())) > 40
    before = state_of(office)
    for wrong in ("1a2b" + "x" * 1200, ""):
        if not wrong:
            assert state_of(office) == before
        for action, written in fields.items():
            form = forms[action]
            if not written:
                continue
            answer = walker.post(action.removeprefix("/o"), {**form.fields, **dict.fromkeys(written, wrong)})
            assert answer.status_code < 500, (action, answer.status_code)
            if "_sure" in answer.text or 'id="faults"' not in answer.text:
                continue  # what may be left empty
            there = set(re.findall(r' id="([fe]-[^"]+)"', answer.text))
            listed = answer.text.partition('id="faults"')[2].partition("</section>")[0]
            said = re.findall(r'href="#f-([^"]+)">(.*?)</a>', listed)
            for name, text in said:
                if name not in form.kinds:
                    continue  # what the page asks for only while it is missing
                assert f"f-{name}" in there, (action, name)
                assert f"e-{name}" in there or name in GATHERED, (action, name)
                assert text.strip(), (action, name)
                if wrong and name in written:
                    assert answer.text.count(wrong) >= 1, (action, name)
            assert said or not wrong or "told" in listed or "<strong>" in listed, action


def test_after_a_refusal_every_link_and_every_search_on_the_page_leads_somewhere(
    office: Office, address: Callable[[str], str], answers: dict[str, httpx.Response], walker: Walker
) -> None:
    forms = {form.action: form for answer in answers.values() for form in forms_of(answer.text)}
    foreign = forms["/o/members/new"].fields
    before, found = state_of(office), {}
    for path in addresses("POST"):
        action = f"/o{address(path)}"
        token = foreign if path != "/members/new" else forms["/o/cash/tills"].fields
        found[path, "foreign"] = walker.post(address(path), token)
        if (form := forms.get(action)) is not None:
            written = [name for name, kind in form.kinds.items() if kind not in {"hidden", "file", "checkbox", "radio"}]
            if written and "password" not in form.kinds.values():  # a wrong password is counted
                found[path, "faulty"] = walker.post(
                    address(path), {**form.fields, **dict.fromkeys(written, "1a2b" + "x" * 1200)}
                )
    refused = {key: answer for key, answer in found.items() if answer.status_code >= 400 or "_sure" in answer.text}
    assert {path for path, _ in refused} == set(addresses("POST"))
    wrong, seen = [], {}
    for (path, harm), answer in refused.items():
        links = {html.unescape(one) for one in re.findall(r'(?:href|hx-get)="([^"#][^"]*)"', answer.text)}
        for form in forms_of(answer.text):
            if form.method.lower() == "get":
                links.add(f"{form.action}?{httpx.QueryParams(form.fields)}" if form.fields else form.action)
        for link in links:
            asked = str(httpx.URL(f"/o{address(path)}").join(link)).removeprefix("/o")
            if asked.startswith("/static/"):
                continue
            if asked not in seen:
                seen[asked] = walker.get(asked).status_code
            if seen[asked] not in {200, 303} and re.sub(r"\d+", "1", asked) not in NOT_YET:
                wrong.append((path, harm, asked, seen[asked]))
    assert sorted(wrong) == []
    assert len(seen) > 100
    assert state_of(office) == before


NOT_YET = frozenset({"/payouts/1/file", "/payment-orders/1/file"})
"""What a page offers and refuses in words as long as nobody released it."""


def test_a_fault_of_a_field_that_nobody_sees_is_told_in_words_above_the_form(
    office: Office, answers: dict[str, httpx.Response], walker: Walker
) -> None:
    forms = {
        form.action: form for answer in answers.values() for form in forms_of(answer.text) if form.method == "post"
    }
    before, told = state_of(office), set()
    for action, form in forms.items():
        carried = [name for name, kind in form.kinds.items() if kind == "hidden" and not name.startswith(("_", "was:"))]
        written = [name for name, kind in form.kinds.items() if kind not in {"hidden", "file", "checkbox", "radio"}]
        typed = dict.fromkeys([*carried, *written], "1a2b" + "x" * 1200)
        if not written or "password" in form.kinds.values():  # else it acts; a wrong password is counted
            continue
        answer = walker.post(action.removeprefix("/o"), {**form.fields, **typed})
        assert answer.status_code < 500, (action, answer.status_code)
        there = set(re.findall(r' id="(f-[^"]+)"', answer.text))
        listed = answer.text.partition('id="faults"')[2].partition("</section>")[0]
        assert set(re.findall(r'href="#(f-[^"]+)"', listed)) <= there, action
        if "no muestra" in listed:
            told.add(action)
    assert told
    assert state_of(office) == before


GATHERED = frozenset({"session", "paper", "role-cashier"})
"""What is chosen of several boxes, beside which its fault stands once."""
ONLY_AT_A_TIME = frozenset(
    [
        "/administration/people/{user_id:int}/second-factor",
        "/benefits/claims/{claim_id:int}/advance",
        "/benefits/claims/{claim_id:int}/closing",
        "/benefits/claims/{claim_id:int}/decision",
        "/benefits/claims/{claim_id:int}/submission",
        "/benefits/claims/{claim_id:int}/write-off",
        "/benefits/claims/{claim_id:int}/write-off/decision",
        "/benefits/remittances/{remittance_id:int}/allotment",
        "/bills/{bill_id:int}/confirmation",
        "/bills/{bill_id:int}/payment",
        "/cash/counter/{member_id:int}",
        "/cash/handovers/{handover_id:int}/confirmation",
        "/cash/handovers/{handover_id:int}/count",
        "/cash/imports/{import_id:int}/progress",
        "/cash/open",
        "/cash/sessions/{session_id:int}/confirmation",
        "/filings/{filing_id:int}/answer",
        "/filings/{filing_id:int}/discard",
        "/filings/{filing_id:int}/lines/{line_no:int}/mending",
        "/filings/{filing_id:int}/seal",
        "/filings/{filing_id:int}/submission",
        "/filings/{filing_id:int}/uploaded",
        "/members/imports/{import_id:int}/progress",
        "/members/{member_id:int}/return",
        "/payment-orders/{payment_id:int}/file",
        "/payouts/one/{payout_id:int}/code",
        "/payouts/one/{payout_id:int}/give-up",
        "/payouts/one/{payout_id:int}/hand-out",
        "/payouts/one/{payout_id:int}/return",
        "/payouts/{batch_id:int}/file",
        "/payouts/{batch_id:int}/hand-over",
        "/reconciliation/statements/files/{file_id:int}",
    ]
)
"""Pages to which a link leads only while something is as it is not in the furnished town."""
PLACE = re.compile(r"\{(\w+)(:int)?\}")
LETTERS = {
    Role.CASHIER: "c",
    Role.COLLECTOR: "k",
    Role.FILING_OFFICER: "f",
    Role.ACCOUNTANT: "a",
    Role.BENEFITS_OFFICER: "b",
    Role.MANAGER: "m",
    Role.AUDITOR: "u",
}
WHO_MAY = """
GET / ckfabmu
GET /account ckfabmu
GET /administration famu
GET /administration/connections mu
GET /administration/fees mu
GET /administration/holidays famu
GET /administration/log mu
GET /administration/messages mu
GET /administration/messages/{kind}/{language} mu
GET /administration/people mu
GET /administration/people/new mu
GET /administration/people/{user_id:int} mu
GET /administration/people/{user_id:int}/password mu
GET /administration/people/{user_id:int}/place mu
GET /administration/people/{user_id:int}/second-factor mu
GET /administration/rates famu
GET /administration/rates/new famu
GET /administration/rates/returns famu
GET /administration/rates/{proposal_id:int} amu
GET /administration/settings mu
GET /administration/settings/{name} mu
GET /administration/state-clients mu
GET /administration/state-clients/new mu
GET /administration/state-clients/{client_id} mu
GET /administration/webhooks mu
GET /administration/webhooks/new mu
GET /administration/webhooks/{subscription_id:int} mu
GET /administration/webhooks/{subscription_id:int}/deliveries/{delivery_id:int} mu
GET /benefits abmu
GET /benefits/claims/{claim_id:int} abmu
GET /benefits/claims/{claim_id:int}/advance bu
GET /benefits/claims/{claim_id:int}/closing bu
GET /benefits/claims/{claim_id:int}/decision bu
GET /benefits/claims/{claim_id:int}/submission bu
GET /benefits/claims/{claim_id:int}/withdrawal bu
GET /benefits/claims/{claim_id:int}/write-off mu
GET /benefits/claims/{claim_id:int}/write-off/decision amu
GET /benefits/eligibility/{member_id:int} cfbmu
GET /benefits/lines/{remittance_id:int}/{line_no:int}/placement abmu
GET /benefits/new bu
GET /benefits/remittances abmu
GET /benefits/remittances/{remittance_id:int} abmu
GET /benefits/remittances/{remittance_id:int}/allotment abmu
GET /bills famu
GET /bills/new fau
GET /bills/{bill_id:int} famu
GET /bills/{bill_id:int}/confirmation fau
GET /bills/{bill_id:int}/payment au
GET /cash ckamu
GET /cash/counter ckamu
GET /cash/counter/{member_id:int} ckamu
GET /cash/deposits camu
GET /cash/deposits/{reference}/withdrawal amu
GET /cash/funds ckamu
GET /cash/funds/{fund_id:int} ckamu
GET /cash/handovers ckamu
GET /cash/handovers/{handover_id:int} ckamu
GET /cash/handovers/{handover_id:int}/confirmation amu
GET /cash/handovers/{handover_id:int}/count ckamu
GET /cash/handovers/{handover_id:int}/withdrawal ckamu
GET /cash/imports camu
GET /cash/imports/{import_id:int} camu
GET /cash/imports/{import_id:int}/progress camu
GET /cash/imports/{import_id:int}/refused camu
GET /cash/open ckamu
GET /cash/receipts ckamu
GET /cash/receipts/{receipt_id:int} ckamu
GET /cash/receipts/{receipt_id:int}/document ckamu
GET /cash/receipts/{receipt_id:int}/reversal amu
GET /cash/rounds ckamu
GET /cash/rounds/{round_id:int} ckamu
GET /cash/rounds/{round_id:int}/package ckamu
GET /cash/sessions/{session_id:int} ckamu
GET /cash/sessions/{session_id:int}/confirmation amu
GET /cash/sessions/{session_id:int}/count ckamu
GET /cash/short camu
GET /cash/tills amu
GET /cash/tills/{till_id:int} camu
GET /complaints cfabmu
GET /complaints/{complaint_id:int} cfabmu
GET /filings famu
GET /filings/answers/{answer_file_id:int} fu
GET /filings/answers/{answer_file_id:int}/progress fu
GET /filings/new fu
GET /filings/{filing_id:int} famu
GET /filings/{filing_id:int}/answer fu
GET /filings/{filing_id:int}/decisions cfamu
GET /filings/{filing_id:int}/discard fu
GET /filings/{filing_id:int}/documents/{document_id:int} famu
GET /filings/{filing_id:int}/lines famu
GET /filings/{filing_id:int}/lines/{line_no:int} famu
GET /filings/{filing_id:int}/lines/{line_no:int}/evidence famu
GET /filings/{filing_id:int}/lines/{line_no:int}/mending fu
GET /filings/{filing_id:int}/movements famu
GET /filings/{filing_id:int}/seal fu
GET /filings/{filing_id:int}/submission fu
GET /filings/{filing_id:int}/uploaded fu
GET /members ckfabmu
GET /members/imports cfbmu
GET /members/imports/{import_id:int} cfbmu
GET /members/imports/{import_id:int}/progress cfbmu
GET /members/imports/{import_id:int}/refused cfbmu
GET /members/new cfbmu
GET /members/{member_id:int} ckfabmu
GET /members/{member_id:int}/change cfbmu
GET /members/{member_id:int}/departure cfbmu
GET /members/{member_id:int}/dependants/new cfbmu
GET /members/{member_id:int}/dependants/{dependant_id:int}/end cfbmu
GET /members/{member_id:int}/history ckfabmu
GET /members/{member_id:int}/identity cfbmu
GET /members/{member_id:int}/leave cfbmu
GET /members/{member_id:int}/return cfbmu
GET /members/{member_id:int}/wage cfbmu
GET /months/{period} ckfabmu
GET /payment-orders/{payment_id:int}/file amu
GET /payment-orders/{payment_id:int}/release amu
GET /payment-orders/{payment_id:int}/withdrawal amu
GET /payouts cabmu
GET /payouts/counter cabmu
GET /payouts/new abmu
GET /payouts/one/{payout_id:int} cabmu
GET /payouts/one/{payout_id:int}/code abmu
GET /payouts/one/{payout_id:int}/give-up abmu
GET /payouts/one/{payout_id:int}/hand-out cmu
GET /payouts/one/{payout_id:int}/return amu
GET /payouts/report abmu
GET /payouts/reports/{report_file_id:int} abmu
GET /payouts/reports/{report_file_id:int}/progress abmu
GET /payouts/{batch_id:int} abmu
GET /payouts/{batch_id:int}/discard abmu
GET /payouts/{batch_id:int}/file amu
GET /payouts/{batch_id:int}/hand-over amu
GET /payouts/{batch_id:int}/release amu
GET /reconciliation fabmu
GET /reconciliation/days amu
GET /reconciliation/exceptions fabmu
GET /reconciliation/exceptions/many fabmu
GET /reconciliation/exceptions/{break_id:int} fabmu
GET /reconciliation/lines/{line_id:int} amu
GET /reconciliation/month amu
GET /reconciliation/month/reopening mu
GET /reconciliation/rules fabmu
GET /reconciliation/settlement amu
GET /reconciliation/settlement/files/{settlement_file_id:int} amu
GET /reconciliation/settlement/files/{settlement_file_id:int}/progress amu
GET /reconciliation/statements amu
GET /reconciliation/statements/files/{file_id:int} amu
GET /reconciliation/statements/files/{file_id:int}/progress amu
GET /reconciliation/statements/{statement_id:int} fabmu
GET /reports amu
GET /reports/{kind} amu
GET /reports/{kind}/file amu
GET /second-factor ckfabmu
POST /account/password ckfabmu
POST /account/sessions/end ckfabmu
POST /account/sessions/{session_id:int}/end ckfabmu
POST /administration/fees m
POST /administration/holidays fam
POST /administration/messages/{kind}/{language} m
POST /administration/people/new m
POST /administration/people/{user_id:int} m
POST /administration/people/{user_id:int}/password m
POST /administration/people/{user_id:int}/place m
POST /administration/people/{user_id:int}/second-factor m
POST /administration/rates/new fam
POST /administration/rates/returns fam
POST /administration/rates/{proposal_id:int} am
POST /administration/settings/{name} m
POST /administration/state-clients/new m
POST /administration/state-clients/{client_id}/disablement m
POST /administration/state-clients/{client_id}/keys m
POST /administration/webhooks/new m
POST /administration/webhooks/{subscription_id:int} m
POST /administration/webhooks/{subscription_id:int}/again m
POST /administration/webhooks/{subscription_id:int}/deliveries/{delivery_id:int} m
POST /administration/webhooks/{subscription_id:int}/secret m
POST /administration/webhooks/{subscription_id:int}/switch m
POST /administration/webhooks/{subscription_id:int}/test m
POST /benefits/claims/{claim_id:int}/advance b
POST /benefits/claims/{claim_id:int}/closing b
POST /benefits/claims/{claim_id:int}/decision b
POST /benefits/claims/{claim_id:int}/documents b
POST /benefits/claims/{claim_id:int}/submission b
POST /benefits/claims/{claim_id:int}/withdrawal b
POST /benefits/claims/{claim_id:int}/write-off m
POST /benefits/claims/{claim_id:int}/write-off/decision am
POST /benefits/lines/{remittance_id:int}/{line_no:int}/placement abm
POST /benefits/new b
POST /benefits/remittances/{remittance_id:int}/allotment abm
POST /bills/new fa
POST /bills/{bill_id:int}/confirmation fa
POST /bills/{bill_id:int}/payment a
POST /cash/counter/{member_id:int} ckam
POST /cash/deposits cam
POST /cash/deposits/{reference}/withdrawal am
POST /cash/funds/{fund_id:int} ckam
POST /cash/handovers ckam
POST /cash/handovers/{handover_id:int}/confirmation am
POST /cash/handovers/{handover_id:int}/count ckam
POST /cash/handovers/{handover_id:int}/withdrawal ckam
POST /cash/imports cam
POST /cash/imports/{import_id:int} cam
POST /cash/imports/{import_id:int}/look cam
POST /cash/open ckam
POST /cash/receipts/{receipt_id:int}/message ckam
POST /cash/receipts/{receipt_id:int}/reversal am
POST /cash/rounds cam
POST /cash/sessions/{session_id:int}/confirmation am
POST /cash/sessions/{session_id:int}/count ckam
POST /cash/short cam
POST /cash/tills am
POST /cash/tills/{till_id:int} cam
POST /complaints/{complaint_id:int}/answer cfabm
POST /complaints/{complaint_id:int}/note cfabm
POST /complaints/{complaint_id:int}/question cfabm
POST /complaints/{complaint_id:int}/reopening cfabm
POST /complaints/{complaint_id:int}/resolution cfabm
POST /complaints/{complaint_id:int}/take cfabm
POST /filings/answers/{answer_file_id:int}/here f
POST /filings/new f
POST /filings/{filing_id:int}/answer f
POST /filings/{filing_id:int}/discard f
POST /filings/{filing_id:int}/lines/{line_no:int}/mending f
POST /filings/{filing_id:int}/seal f
POST /filings/{filing_id:int}/submission f
POST /filings/{filing_id:int}/uploaded f
POST /members/imports cfbm
POST /members/imports/{import_id:int}/apply cfbm
POST /members/imports/{import_id:int}/look cfbm
POST /members/new cfbm
POST /members/{member_id:int}/change cfbm
POST /members/{member_id:int}/departure cfbm
POST /members/{member_id:int}/dependants/new cfbm
POST /members/{member_id:int}/dependants/{dependant_id:int}/end cfbm
POST /members/{member_id:int}/identity cfbm
POST /members/{member_id:int}/leave cfbm
POST /members/{member_id:int}/notes ckfabm
POST /members/{member_id:int}/return cfbm
POST /members/{member_id:int}/wage cfbm
POST /payment-orders/{payment_id:int}/release am
POST /payment-orders/{payment_id:int}/withdrawal am
POST /payouts/new abm
POST /payouts/one/{payout_id:int}/code abm
POST /payouts/one/{payout_id:int}/give-up abm
POST /payouts/one/{payout_id:int}/hand-out cm
POST /payouts/one/{payout_id:int}/return am
POST /payouts/report abm
POST /payouts/reports/{report_file_id:int}/here abm
POST /payouts/{batch_id:int}/discard abm
POST /payouts/{batch_id:int}/hand-over am
POST /payouts/{batch_id:int}/release am
POST /reconciliation/exceptions/many fabm
POST /reconciliation/exceptions/{break_id:int}/decision am
POST /reconciliation/exceptions/{break_id:int}/note fabm
POST /reconciliation/exceptions/{break_id:int}/owner fabm
POST /reconciliation/exceptions/{break_id:int}/proposal fabm
POST /reconciliation/lines/{line_id:int} am
POST /reconciliation/month am
POST /reconciliation/month/reopening m
POST /reconciliation/run am
POST /reconciliation/settlement am
POST /reconciliation/settlement/files/{settlement_file_id:int}/here am
POST /reconciliation/sign am
POST /reconciliation/statements am
POST /reconciliation/statements/files/{file_id:int}/here am
POST /second-factor/begin ckfabmu
POST /second-factor/confirm ckfabmu
POST /second-factor/end ckfabmu
POST /second-factor/recovery-codes ckfabmu
"""
"""Address and who may come there: cashier, collector (k), filing officer, accountant, benefits officer, manager, auditor (u)."""


def test_every_file_is_known_by_what_is_in_it_and_is_not_larger_than_is_read(
    office: Office, walker: Walker, answers: dict[str, httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, before = set(), state_of(office)
    forms = {
        one.action: one for answer in answers.values() for one in forms_of(answer.text) if "file" in one.kinds.values()
    }
    monkeypatch.setattr(uploads, "LARGEST_TABLE", 1000)
    monkeypatch.setattr(uploads.check_size, "__defaults__", (1000,))
    for where, form in forms.items():
        names = [name for name, kind in form.kinds.items() if kind == "file"]
        fields = {name: value for name, value in form.fields.items() if name not in names}
        for body in (b"MZ\x90\0\x03\0<script>alert(1)</script>", b"a;b\n" * 1000):
            sent_files = dict.fromkeys(names, ("lista.csv", body, "text/csv"))
            answer = walker.post(where.removeprefix("/o"), fields, files=sent_files)
            assert answer.status_code == 422, (where, body[:9], answer.status_code)
            assert 'id="faults"' in answer.text, where
            assert len(body) < 1000 or "demasiado grande" in answer.text, where
        seen.add(where)
    assert len(seen) >= 6
    assert state_of(office) == before


def test_what_people_type_is_shown_as_text_and_is_no_formula_in_any_file(
    office: Office, address: Callable[[str], str], walker: Walker
) -> None:
    assert poison(office) > 40
    shown, files = 0, 0
    for path in addresses("GET"):
        answer = walker.get(address(path))
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        assert POISON not in answer.text, path
        shown += html.escape(POISON) in answer.text or str(escape(POISON)) in answer.text
        for link in re.findall(r'href="([^"]*(?:export=csv|/file\?form=csv)[^"]*)"', answer.text):
            rows = csv.reader(
                io.StringIO(walker.get(html.unescape(link).removeprefix("/o")).content.decode("utf-8-sig"))
            )
            cells = [cell for row in rows for cell in row]
            assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell and not NUMBER.fullmatch(cell)] == [], (
                link
            )
            files += any(POISON in cell for cell in cells)
        for link in re.findall(r'href="([^"]*/file\?form=xlsx[^"]*)"', answer.text):
            with zipfile.ZipFile(io.BytesIO(walker.get(html.unescape(link).removeprefix("/o")).content)) as book:
                assert not [name for name in book.namelist() if name.endswith(".xml") and b"<f>" in book.read(name)], (
                    link
                )
    assert shown > 80
    assert files > 10


POISON = '=1+1<img src=x onerror="a()">'
TYPED = (
    "given_names", "first_surname", "second_surname", "name", "full_name", "text", "note", "reason", "description", "file_name",
    "payer_name", "occupation", "municipality", "treasurer", "counterparty", "state_text", "source", "reason_text", "message",
)  # fmt: skip
"""Columns that hold what people typed, here or elsewhere."""
NUMBER = re.compile(r"-?[\d.,]+")


def poison(office: Office) -> int:
    """Write harm into everything that people type, past what guards the tables; return into how many columns."""
    found = 0
    with psycopg.connect(office.database.url, autocommit=True) as owner:
        owner.execute("SELECT set_config('gateway.mutual_id', '1', false)")
        columns = owner.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying') AND is_generated = 'NEVER' AND column_name = ANY(%s)",
            [list(TYPED)],
        ).fetchall()
        for table, column in columns:
            owner.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER'.encode())
            try:
                changed = owner.execute(f'UPDATE "{table}" SET "{column}" = %s'.encode(), [POISON])
                found += changed.rowcount > 0
            except psycopg.errors.IntegrityError:
                continue  # it takes only what it knows
    return found
