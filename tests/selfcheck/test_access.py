"""Getting in: the same for a known and an unknown number, a code that is used once, tokens whose theft shows."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.api.applications import called
from tests.api.calling import Caller
from tests.selfcheck.member_town import OTHER_PHONE, PHONE, TODAY, Post, Town, build, codes_in, deliver, rows, token_of

from gateway.bank.errors import PayerUnavailableError
from gateway.kit import db, logs
from gateway.kit.db import Database
from gateway.selfcheck import rules, sessions, words
from gateway.settings import Settings

DAUGHTER = "+18095550199"


@pytest.fixture
def town(database: Database) -> Town:
    return build(database)


@pytest.fixture
def nobody(database: Database, town: Town, tmp_path: Any) -> Iterator[Caller]:
    clock = tmp_path / "today"
    clock.write_text(TODAY.isoformat())
    settings = Settings(
        database_url=database.url,
        demo=True,
        clock_file=clock,
        log_level="error",
        access_per_number=7,
        access_per_address=24,
    )
    with called(settings, database) as transport:
        yield Caller(transport, {})


def typed(town: Town, **other: str) -> dict[str, str]:
    return {"mutual": "amparo", "phone": "809-555-0117", "identity": town.identity, **other}


def renewed(nobody: Caller, token: str) -> Any:
    return nobody.post("/v1/me/tokens", {"refresh_token": token})


def sees(nobody: Caller, token: str) -> int:
    return nobody.get("/v1/me", headers={"authorization": f"Bearer {token}"}).status_code


def test_a_code_by_message_lets_a_member_in_once(nobody: Caller, database: Database, town: Town) -> None:
    post = Post()
    assert nobody.post("/v1/me/codes", typed(town)).status_code == 202
    # Until the worker has been there, no code is right.
    assert nobody.post("/v1/me/sessions", typed(town, code="000000")).status_code == 401
    assert deliver(database, post) == 1
    assert deliver(database, post) == 0
    ((to, _text),) = post.sent
    (code,) = codes_in(post)
    assert to == PHONE
    kept = rows(database, "SELECT * FROM access_code")[0]
    assert code not in str(kept)
    assert (kept.phone, kept.identity) == (None, None)

    wrong = nobody.post("/v1/me/sessions", typed(town, code=f"{(int(code) + 1) % 1_000_000:06d}"))
    assert (wrong.status_code, wrong.json()["code"]) == (401, "access_refused")
    given = nobody.post("/v1/me/sessions", typed(town, code=code))
    assert given.status_code == 201, given.text
    assert sees(nobody, given.json()["access_token"]) == 200
    assert nobody.post("/v1/me/sessions", typed(town, code=code)).status_code == 401
    held = str(rows(database, "SELECT * FROM access_session")) + str(rows(database, "SELECT * FROM access_refresh"))
    assert given.json()["access_token"] not in held
    assert given.json()["refresh_token"] not in held


def test_an_unknown_number_is_answered_and_worked_for_like_a_known_one(
    nobody: Caller, database: Database, town: Town
) -> None:
    known, strangers = typed(town), [typed(town, phone="809-555-0000"), typed(town, identity="99999999999")]
    first = nobody.post("/v1/me/codes", known)
    statements: list[list[str]] = []
    for body in (known, *strangers):
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_more: Any, seen: list[str] = seen) -> None:
            seen.append(statement)

        from sqlalchemy import event

        event.listen(database.engine, "before_cursor_execute", note)
        answer = nobody.post("/v1/me/codes", body)
        event.remove(database.engine, "before_cursor_execute", note)
        statements.append(seen)
        assert (answer.status_code, answer.content) == (first.status_code, first.content)
    assert statements[0] == statements[1] == statements[2]
    post = Post()
    deliver(database, post)
    assert {to for to, _ in post.sent} == {PHONE}
    refused = [nobody.post("/v1/me/sessions", {**body, "code": "123456"}) for body in (known, *strangers)]
    assert {(one.status_code, one.json()["detail"]) for one in refused} == {(401, refused[0].json()["detail"])}


def test_five_wrong_tries_spend_a_code(nobody: Caller, database: Database, town: Town) -> None:
    post = Post()
    nobody.post("/v1/me/codes", typed(town))
    deliver(database, post)
    (code,) = codes_in(post)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(rules.CODE_TRIES):
        assert nobody.post("/v1/me/sessions", typed(town, code=wrong)).status_code == 401
    assert nobody.post("/v1/me/sessions", typed(town, code=code)).status_code == 401


def test_tries_are_counted_per_number_and_per_address_in_the_database(
    nobody: Caller, database: Database, town: Town
) -> None:
    statuses = [nobody.post("/v1/me/codes", typed(town)).status_code for _ in range(8)]
    assert statuses == [202] * 7 + [429]
    refused = nobody.post("/v1/me/codes", typed(town))
    assert (refused.json()["code"], 0 < int(refused.headers["retry-after"]) <= 900) == ("too_many_tries", True)
    # Another number from the same address, until the address has had enough.
    more = [nobody.post("/v1/me/codes", typed(town, identity=f"9999{n:07d}")).status_code for n in range(16)]
    assert more == [202] * 15 + [429]
    assert rows(database, "SELECT bucket FROM access_count WHERE bucket LIKE :t", t=f"%{town.identity}%") == []


def test_a_message_that_surely_did_not_leave_is_sent_with_another_code(
    nobody: Caller, database: Database, town: Town
) -> None:
    class Down(Post):
        def send(self, reference: str, to: str, text: str) -> Any:  # noqa: ARG002
            raise PayerUnavailableError("no carrier")

    nobody.post("/v1/me/codes", typed(town))
    with pytest.raises(PayerUnavailableError):
        deliver(database, Down())
    post = Post()
    assert deliver(database, post) == 1
    (code,) = codes_in(post)
    assert nobody.post("/v1/me/sessions", typed(town, code=code)).status_code == 201


def start(database: Database, town: Town) -> sessions.Tokens:
    with database.session(1) as session:
        return sessions.start(session, member_id=town.ana, helper_id=None, phone=PHONE)


def test_a_used_refresh_token_ends_everything_that_came_of_its_log_in(
    nobody: Caller, database: Database, town: Town
) -> None:
    first = start(database, town)
    other = start(database, town)
    second = renewed(nobody, first.refresh_token).json()
    assert sees(nobody, first.access_token) == 401
    third = renewed(nobody, second["refresh_token"]).json()
    assert sees(nobody, third["access_token"]) == 200
    # Whoever stole the first one comes too late, and shows that there is a thief.
    assert renewed(nobody, first.refresh_token).status_code == 401
    assert sees(nobody, third["access_token"]) == 401
    assert renewed(nobody, third["refresh_token"]).status_code == 401
    assert sees(nobody, other.access_token) == 200
    assert rows(database, "SELECT end_reason FROM access_session WHERE ended_at IS NOT NULL")[0].end_reason == "reused"
    assert renewed(nobody, "gr_1_" + "A" * 43).status_code == 401


def test_a_renewal_whose_answer_was_lost_gives_the_same_pair_for_a_moment_and_no_longer(
    nobody: Caller, database: Database, town: Town
) -> None:
    first = start(database, town)
    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(lambda _: renewed(nobody, first.refresh_token), range(6)))
    assert {one.status_code for one in answers} == {201}
    pairs = {(one.json()["access_token"], one.json()["refresh_token"]) for one in answers}
    assert len(pairs) == 1
    ((access, _refresh),) = pairs
    assert sees(nobody, access) == 200
    with database.session(1) as session:
        db.run(session, "UPDATE access_refresh SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL")
    assert renewed(nobody, first.refresh_token).status_code == 401
    assert sees(nobody, access) == 401


def test_a_changed_telephone_ends_what_the_old_one_opened(nobody: Caller, database: Database, town: Town) -> None:
    given = start(database, town)
    assert sees(nobody, given.access_token) == 200
    with database.session(1) as session:
        db.run(session, "UPDATE member SET phone = '+18095550222' WHERE id = :id", {"id": town.ana})
    assert sees(nobody, given.access_token) == 401
    assert renewed(nobody, given.refresh_token).status_code == 401


def test_a_helper_sees_changes_nothing_and_is_taken_off_at_once(nobody: Caller, database: Database, town: Town) -> None:
    ana = {"authorization": f"Bearer {start(database, town).access_token}"}
    made = nobody.post("/v1/me/helpers", {"name": "Luz", "phone": "809-555-0199"}, headers=ana)
    assert made.status_code == 201, made.text
    assert "0199" in made.json()["phone"]
    assert "809555" not in made.json()["phone"]

    post = Post()
    body = typed(town, phone="809-555-0199")
    nobody.post("/v1/me/codes", body)
    deliver(database, post)
    assert post.sent[0][0] == DAUGHTER
    (code,) = codes_in(post)
    luz = {"authorization": f"Bearer {nobody.post('/v1/me/sessions', {**body, 'code': code}).json()['access_token']}"}
    me = nobody.get("/v1/me", headers=luz).json()
    assert me["is_helper"] is True
    assert me["identity"].endswith(town.identity[-4:])
    barred = [
        nobody.post("/v1/me/helpers", {"name": "Sol", "phone": "809-555-0144"}, headers=luz),
        nobody.delete(f"/v1/me/helpers/{made.json()['id']}", headers=luz),
        nobody.delete("/v1/me/sessions/all", headers=luz),
    ]
    assert [(one.status_code, one.json()["code"]) for one in barred] == [(403, "member_only")] * 3

    berta = {"authorization": f"Bearer {token_of(database, town.berta, OTHER_PHONE)}"}
    assert nobody.delete(f"/v1/me/helpers/{made.json()['id']}", headers=berta).status_code == 404
    assert nobody.delete(f"/v1/me/helpers/{made.json()['id']}", headers=ana).status_code == 204
    assert nobody.get("/v1/me", headers=luz).status_code == 401
    post.sent.clear()
    nobody.post("/v1/me/codes", body)
    assert deliver(database, post) == 0


def test_leaving_ends_this_log_in_and_leaving_everywhere_all(nobody: Caller, database: Database, town: Town) -> None:
    one, two = start(database, town), start(database, town)
    assert (
        nobody.delete("/v1/me/sessions/current", headers={"authorization": f"Bearer {one.access_token}"}).status_code
        == 204
    )
    assert (sees(nobody, one.access_token), sees(nobody, two.access_token)) == (401, 200)
    assert (
        nobody.delete("/v1/me/sessions/all", headers={"authorization": f"Bearer {two.access_token}"}).status_code == 204
    )
    assert sees(nobody, two.access_token) == 401


def test_logs_hold_no_code_token_identity_or_telephone(nobody: Caller, database: Database, town: Town) -> None:
    tokens = start(database, town)
    for secret in (tokens.access_token, tokens.refresh_token, PHONE, town.identity):
        assert secret not in logs.mask(f"somebody logged {secret} by mistake")
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    keeper = Keep()
    logging.getLogger().addHandler(keeper)
    try:
        nobody.post("/v1/me/codes", typed(town))
        nobody.post("/v1/me/sessions", typed(town, code="246813"))
        renewed(nobody, tokens.refresh_token)
    finally:
        logging.getLogger().removeHandler(keeper)
    told = (
        " ".join(seen)
        + str(rows(database, "SELECT * FROM audit_log"))
        + str(rows(database, "SELECT args FROM procrastinate_jobs"))
    )
    for secret in ("246813", tokens.refresh_token, PHONE, "555-0117", town.identity):
        assert secret not in told


def test_the_catalogues_hold_the_same_sentences_with_the_same_places() -> None:
    import string

    english = words.catalogue("en")
    for language in words.LANGUAGES:
        found = words.catalogue(language)
        assert set(found) == set(english), language
        for key, text in found.items():
            assert text.strip(), (language, key)
            places = {name for _, name, _, _ in string.Formatter().parse(key) if name}
            assert {name for _, name, _, _ in string.Formatter().parse(text) if name} == places, (language, key)
