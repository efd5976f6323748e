"""Every route against every role, and against the identifiers of another mutual."""

import json
import re
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg import sql
from sqlmodel import SQLModel
from tests.api.calling import Caller
from tests.api.test_openapi import DOCUMENT, OPERATIONS, PUBLIC, operation

import gateway.tables  # noqa: F401 — every table is known
from gateway.kit.columns import TenantTable
from gateway.kit.db import Database
from gateway.staff.models import Role

Client = Callable[..., Caller]

THEIRS = 777_001
"""A row with this identifier is put into every table, for the other mutual alone."""
GUARDED = [one for one in OPERATIONS if one[1] not in PUBLIC and "x-member" not in operation(*one)]
BY_NUMBER = [one for one in GUARDED if re.search(r"\{\w*id\}", one[1])]


def filled(path: str, number: int) -> str:
    """The path with every identifier in place, and something harmless for what is no identifier."""
    with_ids = re.sub(r"\{\w*id\}", str(number), path)
    known = {"{period}": "2026-03", "{code}": "cash:nowhere", "{n}": "1", "{number}": "RF00NOWHERE"}
    for name, value in known.items():
        with_ids = with_ids.replace(name, value)
    return re.sub(r"\{\w+\}", "1", with_ids)


def questions(method: str, path: str) -> str:
    """The query that a route cannot do without, with an example for each part."""
    needed = {}
    for one in operation(method, path).get("parameters", []):
        if one["in"] == "query" and one.get("required"):
            named = DOCUMENT["components"]["schemas"].get(one["schema"].get("$ref", "").rpartition("/")[2], {})
            values = one["schema"].get("examples") or named.get("enum") or ["2026-03-01"]
            needed[one["name"]] = values[0]
    return f"?{urlencode(needed)}" if needed else ""


def example_body(method: str, path: str) -> Any:
    for media_type, content in operation(method, path).get("requestBody", {}).get("content", {}).items():
        shapes = content["schema"].get("anyOf", [content["schema"]])
        schema = DOCUMENT["components"]["schemas"].get(shapes[0].get("$ref", "").rpartition("/")[2], {})
        if media_type == "application/json" and schema.get("examples"):
            return schema["examples"][0]
    return None


def pointed_at(body: Any, number: int) -> Any:
    """The body with each identifier of ours replaced."""
    if isinstance(body, dict):
        return {
            key: number if key.endswith("_id") and isinstance(value, int) else pointed_at(value, number)
            for key, value in body.items()
        }
    return [pointed_at(one, number) for one in body] if isinstance(body, list) else body


def ask(caller: Caller, method: str, url: str, body: Any = None, **more: Any) -> Any:
    headers = {"idempotency-key": f"{method} {url} {more.get('mark', '')}", "if-match": '"v1"'}
    content = {} if body is None else {"json": body}
    return caller.request(method.upper(), url, headers=headers, **content)


@pytest.mark.parametrize("role", list(Role))
def test_each_route_lets_in_the_roles_it_names_and_no_other(role: Role, client: Client) -> None:
    caller = client(role)
    wrong = []
    for method, path in GUARDED:
        if (method, path) == ("delete", "/v1/sessions/current"):
            continue
        answer = ask(caller, method, filled(path, THEIRS))
        is_named = role.value in operation(method, path)["x-roles"]
        is_barred = answer.status_code == 403 and answer.json()["code"] == "forbidden"
        if is_barred == is_named or answer.status_code >= 500:
            wrong.append(f"{method.upper()} {path}: {answer.status_code}, named: {is_named}")
    assert wrong == []


def test_every_route_but_the_public_ones_asks_who_is_there(anonymous: Caller) -> None:
    wrong = []
    for method, path in GUARDED:
        answer = ask(anonymous, method, filled(path, THEIRS))
        if answer.status_code != 401:
            wrong.append(f"{method.upper()} {path}: {answer.status_code}")
    assert wrong == []


def test_an_auditor_may_read_everything_and_change_nothing() -> None:
    for method, path in GUARDED:
        named = operation(method, path)["x-roles"]
        if method == "get":
            assert "auditor" in named, path
        elif path not in {"/v1/sessions/current", "/v1/ledger-verifications"}:
            assert "auditor" not in named, path


@pytest.fixture
def crowded(database: Database, database_url: str) -> Database:
    """A database in which the other mutual has one row in every table, under a known identifier."""
    tables = [table for table in SQLModel.metadata.sorted_tables if {"mutual_id", "id"} <= set(table.columns.keys())]
    with psycopg.connect(database_url) as owner:
        owner.execute("SET session_replication_role = replica")
        for table in tables:
            checks = owner.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'x')",
                [table.name],
            ).fetchall()
            for (check,) in checks:
                owner.execute(
                    sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                        sql.Identifier(table.name), sql.Identifier(check)
                    )
                )
            _put_row(owner, table)
    return database


def _put_row(owner: psycopg.Connection[Any], table: Any) -> None:
    types = {
        "bigint": 1,
        "integer": 1,
        "text": "x",
        "boolean": False,
        "date": "2026-03-01",
        "timestamp with time zone": "2026-03-01T00:00Z",
        "jsonb": "{}",
        "bytea": zlib.compress(b"x"),  # files and large evidence are kept packed
        "uuid": "00000000-0000-0000-0000-000000000001",
        "bigint[]": [1],
        "text[]": [],
        "xid8": "1",
        "pg_snapshot": "1:1:",
    }
    columns = owner.execute(
        "SELECT attname, format_type(atttypid, NULL), attnotnull FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [table.name],
    ).fetchall()
    values = {name: types[kind] for name, kind, is_needed in columns if is_needed}
    values |= {"mutual_id": 2, "id": THEIRS} | {
        name: THEIRS for name in values if name.endswith("_id") and values[name] == 1
    }
    values |= {name: "DOP" for name in ("currency",) if name in values}
    for column in table.columns:
        if column.name in values and column.name.startswith("status") and column.server_default is not None:
            values[column.name] = column.server_default.arg.text.strip("'")
    values["mutual_id"] = 2
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() for _ in values),
    )
    owner.execute(statement, list(values.values()))


def test_nothing_of_another_mutual_is_found_through_any_route(crowded: Database, client: Client) -> None:
    ours = client(*Role)
    wrong = []
    for method, path in BY_NUMBER:
        answer = ask(ours, method, filled(path, THEIRS) + questions(method, path), example_body(method, path))
        if answer.status_code not in {404, 422}:
            wrong.append(f"{method.upper()} {path}: {answer.status_code} {answer.text[:200]}")
        if answer.status_code == 422 and "requestBody" not in operation(method, path):
            wrong.append(f"{method.upper()} {path}: 422 {answer.text[:200]}")
    assert wrong == []


def test_no_list_shows_a_row_of_another_mutual(crowded: Database, client: Client) -> None:
    ours = client(*Role)
    for method, path in GUARDED:
        if method == "get" and "{" not in path:
            assert str(THEIRS) not in ask(ours, method, path + questions(method, path)).text, path


def test_no_request_may_name_a_row_of_another_mutual(crowded: Database, client: Client) -> None:
    ours = client(*Role)
    wrong = []
    for method, path in GUARDED:
        body = example_body(method, path)
        foreign = pointed_at(body, THEIRS)
        if body is None or json.dumps(foreign) == json.dumps(body) or "{" in path:
            continue
        answer = ask(ours, method, path, foreign)
        if not 400 <= answer.status_code < 500:
            wrong.append(f"{method.upper()} {path}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []


def test_their_own_mutual_does_find_the_rows(crowded: Database, client: Client) -> None:
    """Without this the tests above would pass on an empty database; the rows are nonsense, so some are not shown."""
    theirs = client(*Role, mutual=2)
    asked = [path for method, path in BY_NUMBER if method == "get"]
    found = [
        path for path in asked if ask(theirs, "get", filled(path, THEIRS) + questions("get", path)).status_code != 404
    ]
    assert len(found) > len(asked) * 2 / 3, set(asked) - set(found)


def test_every_table_of_a_mutual_is_in_the_crowd() -> None:
    tenant = [one for one in TenantTable.__subclasses__() if hasattr(one, "__table__")]
    assert len(tenant) > 40
