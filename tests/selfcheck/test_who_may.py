"""Role, endpoint and owner, each against each: a member's token opens her own routes, and there her own rows alone."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlmodel import SQLModel
from tests.api.applications import called
from tests.api.calling import Caller
from tests.api.conftest import token_for
from tests.api.test_roles_and_tenancy import ask, example_body, filled, pointed_at, questions
from tests.conftest import ROOT
from tests.contributions.people import make_members
from tests.selfcheck.member_town import TODAY, Town, build, token_of

import gateway.tables  # noqa: F401 - every table is known
from gateway.api.access import entries, table
from gateway.kit import db, tenant
from gateway.kit.db import Database
from gateway.selfcheck.complain import Complainer, Pointed, complain
from gateway.settings import Settings
from gateway.staff.models import Role

TABLE = entries()
OWN = [one for one in TABLE if one.owner == "own"]
STRANGER = "+18095550166"
ENDING = {("DELETE", "/v1/me/sessions/current"), ("DELETE", "/v1/me/sessions/all")}

Inside = Callable[[str], Caller]


@pytest.fixture
def town(database: Database) -> Town:
    """The town, in which Ana has said of something that it is not right."""
    found = build(database)
    with database.session(1) as session:
        who = Complainer(found.ana, f"member:{found.ana}", tenant.current(session), TODAY, "api")
        complain(session, Pointed("me"), who, "Mi nombre es otro.")
    return found


@pytest.fixture
def nadia(database: Database, town: Town) -> str:
    """The token of a member of whom nothing is written but that she is one."""
    with database.session(1) as session:
        (member,) = make_members(session, 1, first=9000)
        db.run(session, "UPDATE member SET phone = :p WHERE id = :id", {"p": STRANGER, "id": member})
    return token_of(database, member, STRANGER)


@pytest.fixture
def inside(database: Database, tmp_path: Any) -> Iterator[Inside]:
    clock = tmp_path / "today"
    clock.write_text(TODAY.isoformat())
    settings = Settings(database_url=database.url, demo=True, clock_file=clock, log_level="error")
    with called(settings, database) as transport:
        yield lambda token: Caller(transport, {"authorization": f"Bearer {token}"})


def test_the_table_for_people_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "who-may.md").read_text("utf-8") == table(), "run: gateway openapi --write"
    assert len(OWN) > 15
    assert len({(one.method, one.path) for one in TABLE}) == len(TABLE)


def test_a_members_token_opens_no_route_of_staff_or_state(inside: Inside, nadia: str) -> None:
    caller, wrong = inside(nadia), []
    for one in (one for one in TABLE if one.owner in {"mutual", "state"} and one.who != ("public",)):
        answer = ask(caller, one.method, filled(one.path, 1))
        # What of the state's side is switched off is not there for anybody.
        if answer.status_code != 401 and (one.owner, answer.status_code) != ("state", 404):
            wrong.append(f"{one.method} {one.path}: {answer.status_code}")
    assert wrong == []


def test_no_role_of_staff_opens_a_route_of_members(inside: Inside, database: Database) -> None:
    wrong = []
    for role in Role:
        caller = inside(token_for(database, role))
        for one in OWN:
            answer = ask(caller, one.method, filled(one.path, 1))
            if answer.status_code != 401:
                wrong.append(f"{role} {one.method} {one.path}: {answer.status_code}")
    assert wrong == []


def test_a_helper_may_do_nothing_that_is_the_members_own_act(inside: Inside, database: Database, town: Town) -> None:
    with database.session(1) as session:
        helper = db.scalar(
            session,
            "INSERT INTO access_helper (member_id, name, phone) VALUES (:m, 'Luz', :p) RETURNING id",
            {"m": town.ana, "p": STRANGER},
        )
    caller, wrong = inside(token_of(database, town.ana, STRANGER, helper=helper)), []
    for one in OWN:
        if (one.method, one.path) in ENDING and "helper" in one.who:
            continue
        answer = ask(caller, one.method, filled(one.path, 1), example_body(one.method.lower(), one.path))
        barred = answer.status_code == 403 and answer.json()["code"] == "member_only"
        if barred == ("helper" in one.who):
            wrong.append(f"{one.method} {one.path}: {answer.status_code}")
    assert wrong == []


def test_no_identifier_of_anybody_else_opens_anything(inside: Inside, database: Database, nadia: str) -> None:
    caller, wrong = inside(nadia), []
    known = identifiers(database)
    assert len(known) > 5
    for one in OWN:
        method, body = one.method.lower(), example_body(one.method.lower(), one.path)
        in_path, in_body = "{" in one.path, body is not None and pointed_at(body, 1) != pointed_at(body, 2)
        if not in_path and not in_body:
            continue
        for number in known:
            asked = None if body is None else pointed_at(body, number)
            url = re.sub(r"\{\w+\}", str(number), one.path) + questions(method, one.path)
            answer = ask(caller, method, url, asked, mark=number)
            if answer.status_code not in {403, 404}:
                wrong.append(f"{one.method} {url} {asked}: {answer.status_code}")
    assert wrong == []


def test_what_is_hers_alone_to_read_holds_nothing_of_anybody_else(
    inside: Inside, database: Database, town: Town, nadia: str
) -> None:
    with database.session(1) as session:
        held = db.one(
            session,
            "SELECT (SELECT string_agg(number, ' ') FROM contribution_receipt) AS receipts,"
            " (SELECT string_agg(value, ' ') FROM member_identity WHERE member_id IN (:ana, :berta)) AS identities,"
            " (SELECT string_agg(reference::text, ' ') FROM filing) AS filings",
            {"ana": town.ana, "berta": town.berta},
        )
    secrets = {*held.receipts.split(), *held.identities.split(), *held.filings.split(), "80955501"}
    caller = inside(nadia)
    for one in OWN:
        if one.method == "GET" and "{" not in one.path:
            answer = caller.get(one.path + questions("get", one.path))
            assert answer.status_code == 200, (one.path, answer.text)
            assert [secret for secret in secrets if secret in answer.text] == [], one.path


def identifiers(database: Database) -> list[int]:
    """Every identifier that any row of the mutual has, whatever it is of."""
    with database.session(1) as session:
        found: set[int] = set()
        for each in SQLModel.metadata.sorted_tables:
            if {"mutual_id", "id"} <= set(each.columns.keys()):
                found |= {int(row.id) for row in db.rows(session, f"SELECT id FROM {each.name} LIMIT 40")}
    return sorted(found)[:60]
