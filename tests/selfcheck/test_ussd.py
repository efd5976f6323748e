"""A telephone without data: three steps to "am I covered", in four languages, and nothing for whoever borrowed it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.api.calling import InProcess
from tests.selfcheck.member_town import PHONE, TODAY, Town, build

from gateway.api.app import create_app
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
    with InProcess(create_app(settings, database)) as transport:

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
        assert [line[0] for line in menu.text.removeprefix("CON ").splitlines()] == ["1", "2", "3"]
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
