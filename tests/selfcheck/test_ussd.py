"""A telephone without data: three steps to "am I covered", in four languages, and nothing for whoever borrowed it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.api.applications import called
from tests.selfcheck.member_town import PHONE, TODAY, Town, build

from gateway.kit import db
from gateway.kit.db import Database
from gateway.settings import Settings

SECRET = "a secret of the aggregator"
COVERED = {
    "es": "END 03/2026: con seguro.",
    "fr": "END 03/2026 : avec couverture.",
    "en": "END 03/2026: covered.",
    "ht": "END 03/2026: ou kouvri.",
}


@pytest.fixture
def town(database: Database) -> Town:
    return build(database)


@pytest.fixture
def dial(database: Database, town: Town, tmp_path: Any) -> Iterator[Callable[..., Any]]:
    clock = tmp_path / "today"
    clock.write_text(TODAY.isoformat())
    settings = Settings(
        database_url=database.url,
        demo=True,
        clock_file=clock,
        log_level="error",
        ussd_secret=SECRET,
        access_per_number=9,
    )
    with called(settings, database) as transport:

        def send(text: str, *, phone: str = PHONE, secret: str = SECRET) -> Any:
            form = {"sessionId": "s1", "serviceCode": "*123#", "phoneNumber": phone, "text": text}
            return transport.request("POST", "/v1/ussd/amparo", data=form, headers={"x-ussd-secret": secret})

        yield send


def test_three_steps_tell_whether_she_is_covered_in_her_language(
    dial: Callable[..., Any], database: Database, town: Town
) -> None:
    ending = town.identity[-4:]
    for language, told in COVERED.items():
        with database.session(1) as session:
            db.run(session, "UPDATE member SET language = :l", {"l": language})
        menu, question = dial(""), dial("1")
        assert menu.headers["content-type"].startswith("text/plain")
        assert menu.text.startswith("CON 1 ")
        assert [line[0] for line in menu.text.removeprefix("CON ").splitlines()] == ["1", "2", "3", "4"]
        assert question.text.startswith("CON ")
        answer = dial(f"1*{ending}").text
        assert answer.startswith(told)
        due, owed = dial(f"2*{ending}").text, dial(f"3*{ending}").text
        for text in (menu.text, question.text, answer, due, owed):
            assert len(text) <= 164
            assert text.isascii()
        assert "04/2026" in due
        assert owed.startswith("END ")
        with database.session(1) as session:
            db.run(session, "UPDATE access_count SET taken = 0")


def test_a_borrowed_or_unknown_telephone_is_told_nothing_and_tries_end(dial: Callable[..., Any], town: Town) -> None:
    wrong = "0000"
    refusals = {dial(f"1*{wrong}").text, dial(f"1*{wrong}", phone="18095559999").text, dial("1*").text}
    assert refusals == {"END No coincide. Pregunte en la oficina."}
    assert dial("7").text == "END Eso no esta en la lista."
    for _ in range(8):
        last = dial(f"1*{wrong}").text
    assert last == dial(f"1*{town.identity[-4:]}").text == "END Demasiados intentos. Llame mas tarde."


def test_only_the_aggregator_may_ask(dial: Callable[..., Any], town: Town) -> None:
    for secret in ("", "another"):
        answer = dial("", secret=secret)
        assert (answer.status_code, answer.json()["code"]) == (401, "ussd_secret")


def test_a_helper_asks_for_the_member_who_allowed_her_until_she_is_taken_off(
    dial: Callable[..., Any], database: Database, town: Town
) -> None:
    ending, luz = town.identity[-4:], "+18095550199"
    refusal = dial(f"1*{ending}", phone=luz).text
    assert refusal == "END No coincide. Pregunte en la oficina."
    with database.session(1) as session:
        statement = "INSERT INTO access_helper (member_id, name, phone) VALUES (:m, 'Luz', :p) RETURNING id"
        helper = db.scalar(session, statement, {"m": town.ana, "p": luz})
        db.run(session, "UPDATE member SET language = 'fr' WHERE id = :m", {"m": town.ana})
    assert "\n2 " in dial("", phone=luz).text
    assert dial(f"1*{ending}", phone=luz).text.startswith(COVERED["fr"])
    assert dial("1*0000", phone=luz).text.startswith("END ")
    with database.session(1) as session:
        actors = [row.actor for row in db.rows(session, "SELECT actor FROM audit_log WHERE action = 'access.ussd'")]
        db.run(session, "UPDATE access_helper SET ended_at = now()")
    assert actors == [f"member:{town.ana}:helper:{helper}"]
    assert dial(f"1*{ending}", phone=luz).text == refusal


def test_a_fourth_step_says_that_something_is_not_right_and_how_it_stands(
    dial: Callable[..., Any], database: Database, town: Town
) -> None:
    ending = town.identity[-4:]
    menu = dial(f"4*{ending}").text
    assert menu.startswith("CON 1 ")
    assert dial(f"4*{ending}*3").text == "END Usted no tiene reclamos."
    first, again = dial(f"4*{ending}*2").text, dial(f"4*{ending}*2").text
    assert first == again == "END Reclamo 1 anotado. Respuesta hasta el 28/03."
    assert dial(f"4*{ending}*1").text == "END Reclamo 2 anotado. Respuesta hasta el 30/03."
    assert dial(f"4*{ending}*3").text == "END 2: La oficina ya lo tiene."
    assert dial("4*0000*2").text == "END No coincide. Pregunte en la oficina."
    with database.session(1) as session:
        kinds = [row.kind for row in db.rows(session, "SELECT kind FROM complaint WHERE channel = 'ussd' ORDER BY id")]
    assert kinds == ["missing_payment", "month"]
