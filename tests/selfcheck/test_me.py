"""What a member sees of her own: covered or not and why, what is missing, and nothing of anybody else."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.api.applications import called
from tests.api.calling import Caller
from tests.selfcheck.member_town import OTHER_PHONE, TODAY, Town, build, rows, token_of

from gateway.kit import db
from gateway.kit.db import Database
from gateway.selfcheck import reasons, words
from gateway.selfcheck.overview import LONGEST
from gateway.settings import Settings

READS = ("", "/family", "/coverage", "/dues", "/receipts", "/filings", "/benefits", "/payouts", "/notices", "/summary")


@pytest.fixture
def town(database: Database) -> Town:
    return build(database)


@pytest.fixture
def inside(database: Database, town: Town, tmp_path: Any) -> Iterator[Callable[..., Caller]]:
    clock = tmp_path / "today"
    clock.write_text(TODAY.isoformat())
    settings = Settings(database_url=database.url, demo=True, clock_file=clock, log_level="error")
    with called(settings, database) as transport:

        def of(token: str, **headers: str) -> Caller:
            return Caller(transport, {"authorization": f"Bearer {token}", **headers})

        yield of


def test_a_member_sees_her_cover_her_money_and_what_is_missing(
    inside: Callable[..., Caller], database: Database, town: Town
) -> None:
    ana = inside(token_of(database, town.ana), **{"accept-language": "en"})
    berta = inside(token_of(database, town.berta, OTHER_PHONE), **{"accept-language": "en"})

    months = ana.get("/v1/me/coverage").json()["items"]
    assert months[0] == {
        "month": "2026-03",
        "standing": "covered",
        "reason": "accepted",
        "words": "The state has accepted this month: you are covered.",
        "state_code": None,
    }
    hers = berta.get("/v1/me/coverage").json()["items"][0]
    assert (hers["standing"], hers["reason"], hers["words"]) == (
        "not_covered",
        "no_money",
        "Nothing was paid for this month.",
    )

    # Ana's money for March is used, so April is the next; Berta may still pay for March.
    assert ana.get("/v1/me/dues").json()["month"] == "2026-04"
    due = berta.get("/v1/me/dues").json()
    assert (due["month"], due["until"], due["paid_amount"]) == ("2026-03", "2026-03-31", "0.00")
    assert due["missing_amount"] == due["cost_amount"] != "0.00"

    receipt = ana.get("/v1/me/receipts").json()["items"][0]
    assert receipt["amount"] == "5000.00"
    assert ana.get(f"/v1/me/receipts/{receipt['id']}").json() == receipt
    line = ana.get("/v1/me/filings").json()["items"][0]
    assert (line["month"], line["status"], line["own_amount"]) == ("2026-03", "accepted", line["total_amount"])
    assert berta.get("/v1/me/filings").json()["items"] == []
    me = ana.get("/v1/me").json()
    assert town.identity not in json.dumps(me)
    assert me["identity"].endswith(town.identity[-4:])
    assert me["phone"].startswith("•")


def test_each_answer_is_small_kept_by_her_own_client_and_not_sent_twice(
    inside: Callable[..., Caller], database: Database, town: Town
) -> None:
    fill(database, town.ana)
    ana = inside(token_of(database, town.ana), **{"accept-language": "ht"})
    for path in READS:
        first = ana.get(f"/v1/me{path}")
        assert first.status_code == 200, (path, first.text)
        assert len(first.content) < 2000, path
        assert first.headers["cache-control"] == "private, max-age=60"
        assert "Authorization" in first.headers["vary"]
        again = ana.get(f"/v1/me{path}", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
    pages = ana.get("/v1/me/receipts").json()
    following = ana.get("/v1/me/receipts", params={"cursor": pages["next_cursor"]}).json()
    assert {row["id"] for row in pages["items"]} & {row["id"] for row in following["items"]} == set()
    months = ana.get("/v1/me/coverage", params={"limit": 2}).json()
    older = ana.get("/v1/me/coverage", params={"limit": 2, "cursor": months["next_cursor"]}).json()
    assert [row["month"] for row in months["items"] + older["items"]] == sorted(
        (row["month"] for row in months["items"] + older["items"]), reverse=True
    )


def fill(database: Database, member: int) -> None:
    """As much as a page can hold of everything, with long texts."""
    from tests.filing.filing_town import pay

    with database.session(1) as session:
        for day in range(1, 9):
            pay(session, {member: 100 + day}, on=TODAY.replace(day=day))
        for number in range(8):
            db.run(
                session,
                "INSERT INTO notice (member_id, kind, about_key, language, text, status)"
                " VALUES (:m, 'reminder_short', :k, 'es', :t, 'sent')",
                {"m": member, "k": str(number), "t": "Ñ" * 100},
            )
            db.run(
                session,
                "INSERT INTO dependant (member_id, category, relation, given_names, first_surname, rule, search_name,"
                " valid_from, actor, identity_kind, identity_value) VALUES (:m, 'direct', 'child', 'María de los Ángeles',"
                " 'Rodríguez Encarnación', 'child', 'x', '2026-01-01', 'test', 'national_id', :v)",
                {"m": member, "v": f"0010000000{number}"},
            )


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_summary_fits_one_short_message_in_each_language(
    inside: Callable[..., Caller], database: Database, town: Town, language: str
) -> None:
    with database.session(1) as session:
        db.run(session, "UPDATE member SET language = :l", {"l": language})
    berta = inside(token_of(database, town.berta, OTHER_PHONE))
    text = berta.get("/v1/me/summary").json()["text"]
    assert len(text) <= LONGEST
    assert text.isascii()
    assert "03/2026" in text
    assert "31/03" in text


def test_nobody_sees_what_is_not_hers(inside: Callable[..., Caller], database: Database, town: Town) -> None:
    theirs = rows(database, "SELECT id FROM contribution_receipt")[0].id
    berta = inside(token_of(database, town.berta, OTHER_PHONE))
    assert berta.get("/v1/me/receipts").json()["items"] == []
    for number in (theirs, theirs + 1000, 2**62):
        answer = berta.get(f"/v1/me/receipts/{number}")
        assert (answer.status_code, answer.json()["code"]) == (404, "receipt_not_yours")


def test_every_reason_has_its_sentence_in_each_language() -> None:
    from gateway.filing.rules import FUNDED, Reason

    untold = {one.value for one in Reason if one not in FUNDED} - set(reasons.SENTENCES)
    assert untold == set()
    for language in words.LANGUAGES:
        for sentence in reasons.SENTENCES.values():
            assert words.text_of(language, sentence)
