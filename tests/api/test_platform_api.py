"""Log-ins, roles, refusals and repeated requests, over HTTP."""

import datetime as dt
import inspect
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import SecretStr
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool
from tests.api.calling import Caller, InProcess
from tests.api.conftest import PASSWORD, TODAY, token_for

from gateway.api.app import ROUTERS, create_app
from gateway.api.dependencies import ActDep, allow
from gateway.api.errors import FORMS
from gateway.api.routing import Router, act_of
from gateway.api.schemas.staff import StaffUserRead
from gateway.kit import db
from gateway.kit.db import Database
from gateway.settings import Settings
from gateway.staff.models import Role
from gateway.staff.register import NewStaffUser, register_staff

NEW = {"username": "berta", "full_name": "Berta Díaz", "password": "cuatro gatos en el techo", "roles": ["cashier"]}
LOGIN = {"mutual": "amparo", "username": "ana", "password": PASSWORD}

Client = Callable[..., Caller]


def staff_count(database: Database) -> int:
    with database.session(1) as session:
        return int(db.scalar(session, "SELECT count(*) FROM staff_user"))


# Log-ins


def test_a_log_in_gives_a_token_that_opens_the_api(anonymous: Caller, database: Database) -> None:
    token_for(database, "cashier", name="ana")
    answer = anonymous.post("/v1/sessions", {**LOGIN, "username": "Ana"})
    assert answer.status_code == 201, answer.text
    token = answer.json()["token"]
    me = anonymous.get("/v1/me/staff", headers={"authorization": f"Bearer {token}"})
    assert me.status_code == 200
    assert (me.json()["username"], me.json()["mutual"], me.json()["today"]) == ("ana", "amparo", TODAY.isoformat())


def test_only_a_digest_of_the_token_is_kept(anonymous: Caller, database: Database) -> None:
    token_for(database, "cashier", name="ana")
    token = anonymous.post("/v1/sessions", LOGIN).json()["token"]
    with database.session(1) as session:
        kept = db.rows(session, "SELECT token_sha256 FROM staff_session")
    assert all(token not in row.token_sha256 and len(row.token_sha256) == 64 for row in kept)


@pytest.mark.parametrize(
    "wrong",
    [{"password": "otra cosa distinta"}, {"username": "nobody"}, {"mutual": "kosove"}, {"mutual": "nowhere"}],
    ids=["password", "username", "mutual of others", "no mutual"],
)
def test_a_wrong_log_in_says_the_same_whatever_was_wrong(
    anonymous: Caller, database: Database, wrong: dict[str, str]
) -> None:
    token_for(database, "cashier", name="ana")
    answer = anonymous.post("/v1/sessions", {**LOGIN, **wrong})
    assert answer.status_code == 401
    assert answer.json()["code"] == "login_refused"
    assert answer.json()["detail"].startswith("the mutual, the username or the password is not right")


def test_five_wrong_passwords_lock_the_account_even_for_the_right_one(anonymous: Caller, database: Database) -> None:
    token_for(database, "cashier", name="ana")
    for _ in range(5):
        assert anonymous.post("/v1/sessions", {**LOGIN, "password": "no es esta"}).status_code == 401
    assert anonymous.post("/v1/sessions", LOGIN).status_code == 401
    with database.session(1) as session:
        row = db.one(session, "SELECT locked_until > now() AS locked FROM staff_user WHERE username = 'ana'")
        actions = [one.action for one in db.rows(session, "SELECT action FROM audit_log ORDER BY id")]
        db.run(session, "UPDATE staff_user SET locked_until = now() - interval '1 second'")
    assert row.locked
    assert actions.count("session.refuse") == 4
    assert actions.count("staff_user.lock") == 1
    assert anonymous.post("/v1/sessions", LOGIN).status_code == 201


def test_log_ins_from_one_address_are_limited(settings: Settings, database: Database) -> None:
    with InProcess(create_app(settings.model_copy(update={"login_rate_per_minute": 2}), database)) as transport:
        caller = Caller(transport, {})
        statuses = [caller.post("/v1/sessions", LOGIN).status_code for _ in range(3)]
        refused = caller.post("/v1/sessions", LOGIN)
    assert statuses[:2] == [401, 401]
    # The window may have turned between the second and third request; the fourth is over the limit of either.
    assert refused.status_code in {401, 429}
    assert "q=2;w=60" in refused.headers["ratelimit-policy"]
    if refused.status_code == 429:
        assert int(refused.headers["retry-after"]) <= 60
        assert refused.json()["retryable"] is True


def test_figures_are_asked_for_with_their_token_whatever_its_letters(settings: Settings, database: Database) -> None:
    guarded = settings.model_copy(update={"metrics_token": SecretStr("contraseña")})
    with InProcess(create_app(guarded, database)) as transport:
        statuses = [
            transport.request("GET", "/metrics", headers={"authorization": f"Bearer {token}".encode()}).status_code
            for token in ("contraseña", "otra señal", "plain")
        ]
    assert statuses == [200, 401, 401]


def test_a_session_that_was_ended_or_ran_out_is_no_longer_one(client: Client, database: Database) -> None:
    cashier, collector = client("cashier"), client("collector")
    assert cashier.delete("/v1/sessions/current").status_code == 204
    assert cashier.get("/v1/me/staff").status_code == 401
    with database.session(1) as session:
        db.run(session, "UPDATE staff_session SET expires_at = now() - interval '1 second'")
    assert collector.get("/v1/me/staff").status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer gw_1_" + "A" * 43,
        "Basic YW5hOng=",
        "Bearer gw_99999999999999999999_" + "A" * 43,
    ],
)
def test_a_request_without_a_live_token_is_told_to_log_in(anonymous: Caller, header: str) -> None:
    answer = anonymous.get("/v1/me/staff", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_opens_only_its_own_mutual(client: Client, anonymous: Caller) -> None:
    token = client("manager").headers["authorization"]
    turned = token.replace("gw_1_", "gw_2_")
    assert anonymous.get("/v1/me/staff", headers={"authorization": turned}).status_code == 401


# Staff users


def test_a_new_staff_user_is_made_once_for_one_key(client: Client, database: Database) -> None:
    manager = client("manager")
    first = manager.post("/v1/staff-users", NEW, key="k-1")
    again = manager.post("/v1/staff-users", NEW, key='"k-1"')
    assert first.status_code == 201, first.text
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert staff_count(database) == 2


def test_a_key_with_other_content_is_refused_and_nothing_is_done(client: Client, database: Database) -> None:
    manager = client("manager")
    manager.post("/v1/staff-users", NEW, key="k-1")
    other = manager.post("/v1/staff-users", {**NEW, "username": "carla"}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert staff_count(database) == 2


def test_the_same_word_of_another_client_is_another_key(client: Client, database: Database) -> None:
    client("manager").post("/v1/staff-users", NEW, key="k-1")
    other = client("manager", name="otra").post("/v1/staff-users", {**NEW, "username": "carla"}, key="k-1")
    assert other.status_code == 201


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "ñ"], ids=["none", "empty", "long", "not ASCII"])
def test_a_request_without_a_usable_key_is_refused(client: Client, key: str) -> None:
    headers = {"idempotency-key": key.encode("latin-1")} if key else {"idempotency-key": ""}
    answer = client("manager").request("POST", "/v1/staff-users", json=NEW, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_what_was_refused_may_be_asked_again_with_the_same_key(client: Client) -> None:
    manager = client("manager")
    weak = manager.post("/v1/staff-users", {**NEW, "password": "short"}, key="k-1")
    assert (weak.status_code, weak.json()["code"]) == (422, "password_weak")
    assert manager.post("/v1/staff-users", NEW, key="k-1").status_code == 201


def test_of_fifty_requests_with_one_key_at_once_one_acts(client: Client, database: Database) -> None:
    manager = client("manager")
    start = threading.Barrier(50)

    def ask(_: int) -> tuple[int, bytes]:
        start.wait(60)
        answer = manager.post("/v1/staff-users", NEW, key="k-1")
        return answer.status_code, answer.content

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(ask, range(50)))
    assert {status for status, _ in answers} <= {201, 409}
    assert len({body for status, body in answers if status == 201}) == 1
    assert all(json.loads(body)["code"] == "in_progress" for status, body in answers if status == 409)
    assert staff_count(database) == 2


def test_the_last_manager_stays_a_manager(client: Client, database: Database) -> None:
    manager = client("manager")
    me = manager.get("/v1/me/staff").json()["user_id"]
    refused = manager.patch(f"/v1/staff-users/{me}", {"roles": ["cashier"]}, etag='"v1"')
    assert (refused.status_code, refused.json()["code"]) == (409, "last_manager")
    manager.post("/v1/staff-users", {**NEW, "roles": ["manager"]})
    assert manager.patch(f"/v1/staff-users/{me}", {"roles": ["cashier"]}, etag='"v1"').status_code == 200
    assert manager.get("/v1/staff-users").status_code == 403


def test_of_two_managers_who_change_the_same_person_the_second_is_told_that_it_changed(client: Client) -> None:
    manager, other = client("manager"), client("manager", name="otra")
    made = manager.post("/v1/staff-users", NEW).json()
    at = f"/v1/staff-users/{made['id']}"
    read = manager.get(at)
    assert (read.json(), read.headers["etag"]) == (made, f'"v{made["version"]}"')
    first = manager.patch(at, {"roles": ["cashier", "collector"]}, etag=read.headers["etag"])
    assert (first.status_code, first.headers["etag"]) == (200, '"v2"')
    late = other.patch(at, {"roles": ["auditor"], "full_name": "Otra"}, etag=read.headers["etag"])
    assert (late.status_code, late.json()["code"], late.json()["outcome"]) == (412, "changed_meanwhile", "not_done")
    blind = other.patch(at, {"roles": ["auditor"]})
    assert (blind.status_code, blind.json()["code"]) == (428, "if_match_missing")
    now = other.get(at)
    assert (now.json()["roles"], now.json()["full_name"]) == (["cashier", "collector"], made["full_name"])
    assert other.patch(at, {"roles": ["auditor"]}, etag=now.headers["etag"]).json()["roles"] == ["auditor"]


def test_letting_somebody_go_ends_her_sessions(client: Client) -> None:
    manager, cashier = client("manager"), client("cashier")
    user_id = cashier.get("/v1/me/staff").json()["user_id"]
    changed = manager.patch(f"/v1/staff-users/{user_id}", {"is_active": False}, etag='"v1"')
    assert changed.json()["is_active"] is False
    assert cashier.get("/v1/me/staff").status_code == 401


def test_a_list_of_staff_comes_in_pages_that_join_without_a_gap(client: Client) -> None:
    manager = client("manager")
    for name in ("berta", "carla", "delia", "elena"):
        manager.post("/v1/staff-users", {**NEW, "username": name})
    seen, url = [], "/v1/staff-users?limit=2"
    while url:
        page = manager.get(url)
        seen += [one["username"] for one in page.json()["items"]]
        link = page.headers.get("link")
        url = link.split(">")[0].lstrip("<") if link else ""
        assert (page.json()["next_cursor"] is None) == (link is None)
    assert seen == ["berta", "carla", "delia", "elena", "manager"]


def test_a_cursor_of_another_list_is_refused(client: Client) -> None:
    answer = client("manager").get("/v1/staff-users?cursor=WzFd")
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")


def test_staff_of_another_mutual_are_not_there(client: Client, database: Database) -> None:
    token_for(database, "cashier", mutual=2, name="chantal")
    with database.session(2) as session:
        theirs = db.scalar(session, "SELECT id FROM staff_user")
    answer = client("manager").patch(f"/v1/staff-users/{theirs}", {"is_active": False}, etag='"v1"')
    assert (answer.status_code, answer.json()["code"]) == (404, "staff_user_unknown")


# Refusals


def test_a_problem_document_points_at_what_is_wrong(client: Client) -> None:
    answer = client("manager").post("/v1/staff-users", {**NEW, "roles": ["cashier", "king"], "surplus": 1})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "malformed"
    assert problem["outcome"] == "not_done"
    assert problem["retryable"] is False
    assert {one["pointer"] for one in problem["errors"]} == {"/roles/1", "/surplus"}
    assert problem["trace_id"] == answer.headers["x-trace-id"]
    assert problem["instance"] == "/v1/staff-users"


def test_a_caller_s_trace_is_taken_over(anonymous: Caller) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = anonymous.get("/health", headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})
    assert answer.headers["x-trace-id"] == trace_id


@pytest.mark.parametrize(
    ("accepted", "title"),
    [
        ("", "Inicie sesión primero"),
        ("en-GB,en;q=0.9", "Log in first"),
        ("fr;q=0.5,es;q=0.1", "Connectez-vous d'abord"),
        ("de, *;q=0.1", "Inicie sesión primero"),
        ("en;q=0, fr", "Connectez-vous d'abord"),
    ],
)
def test_titles_follow_the_caller_s_language_and_codes_do_not(anonymous: Caller, accepted: str, title: str) -> None:
    problem = anonymous.get("/v1/me/staff", headers={"accept-language": accepted}).json()
    assert (problem["title"], problem["code"]) == (title, "unauthenticated")


def test_the_address_in_a_problem_explains_its_code(anonymous: Caller) -> None:
    problem = anonymous.get("/v1/me/staff").json()
    page = anonymous.get(problem["type"])
    assert page.status_code == 200
    assert page.json()["titles"]["fr"] == "Connectez-vous d'abord"


@pytest.mark.parametrize(
    ("method", "url", "status"), [("GET", "/v1/nothing", 404), ("PUT", "/v1/sessions", 405), ("GET", "/nothing", 404)]
)
def test_an_address_or_method_that_is_not_there_is_a_problem_document(
    anonymous: Caller, method: str, url: str, status: int
) -> None:
    answer = anonymous.request(method, url)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_is_too_long_is_not_read(settings: Settings, database: Database) -> None:
    small = settings.model_copy(update={"max_body_bytes": 1024})
    with InProcess(create_app(small, database)) as transport:
        caller = Caller(transport, {})
        said = caller.request("POST", "/v1/sessions", content=b"x" * 1025)
        unsaid = caller.request(
            "POST", "/v1/sessions", content=slowly(b"x" * 600, 3), headers={"content-type": "application/json"}
        )
    for answer in (said, unsaid):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def slowly(part: bytes, times: int):
    for _ in range(times):
        yield part


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1]", b"null", b'{"mutual": "a\\u0000b"}'])
def test_a_body_that_is_not_what_was_asked_for_is_malformed(anonymous: Caller, body: bytes) -> None:
    answer = anonymous.request("POST", "/v1/sessions", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def test_a_text_of_another_form_is_told_the_form_in_words(client: Client) -> None:
    """Nobody has to read a regular expression; and no form is told in words that is not asked for somewhere."""
    body = {
        "channel": "cash",
        "account_code": "till 7",
        "paid_on": "2026-03-03",
        "currency": "pesos",
        "amount": "1,500",
    }
    answer = client(Role.CASHIER).post("/v1/receipts", {**body, "lines": [{"member_id": 1, "amount": "mil"}]})
    told = {one["pointer"]: one["detail"] for one in answer.json()["errors"]}
    assert (answer.status_code, told["/amount"]) == (422, "expected an amount in digits and a dot, for example 1500.00")
    assert told["/lines/0/amount"] == told["/amount"]
    assert told["/currency"] == "expected a currency in three capital letters, for example DOP"
    assert told["/account_code"].startswith("expected an account such as cash:office")
    asked = client(Role.FILING_OFFICER).post("/v1/filings", {"payroll_id": 1, "period": "March", "kind": "monthly"})
    assert asked.json()["errors"][0]["detail"] == "expected a month as YYYY-MM, for example 2026-03"
    described = json.dumps(client(Role.MANAGER).get("/openapi.json").json())
    assert [form for form in FORMS if json.dumps(form)[1:-1] not in described] == []


def test_a_number_no_table_can_hold_is_malformed(client: Client) -> None:
    answer = client("manager").patch("/v1/staff-users/99999999999999999999999", {"is_active": False}, etag='"v1"')
    assert answer.status_code == 422


def test_without_a_free_connection_nothing_is_done_and_the_answer_says_so(
    settings: Settings, database_url: str, database: Database
) -> None:
    token = token_for(database, "manager")
    narrow = Database(database_url, pool_size=1)
    narrow.engine.dispose()
    narrow.engine = create_engine(
        db.sqlalchemy_url(database_url), poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.2
    )
    with InProcess(create_app(settings, narrow)) as transport, narrow.engine.connect():
        answer = Caller(transport, {"authorization": f"Bearer {token}"}).post("/v1/staff-users", NEW)
    narrow.close()
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["outcome"]) == (503, "database_unavailable", "not_done")
    assert problem["retryable"] is True
    assert answer.headers["retry-after"]
    assert staff_count(database) == 1


def test_without_a_database_the_gateway_lives_but_is_not_ready(settings: Settings) -> None:
    nowhere = Database("postgresql://nobody:none@127.0.0.1:1/none")
    with InProcess(create_app(settings, nowhere)) as transport:
        caller = Caller(transport, {})
        assert caller.get("/health").status_code == 200
        ready = caller.get("/ready")
    assert (ready.status_code, ready.json()["code"]) == (503, "database_unavailable")


def test_the_gateway_is_ready_when_the_database_has_the_form_it_needs(anonymous: Caller, database_url: str) -> None:
    assert anonymous.get("/ready").status_code == 200
    import psycopg

    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE alembic_version SET version_num = 'older'")
    outdated = anonymous.get("/ready")
    assert (outdated.status_code, outdated.json()["code"]) == (503, "schema_outdated")


def test_a_mistake_of_ours_is_a_problem_document_with_a_trace_id(app: FastAPI) -> None:
    @app.get("/mistake")
    def mistake() -> None:
        raise ZeroDivisionError("a secret of ours")

    with InProcess(app) as transport:
        answer = Caller(transport, {}).get("/mistake")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "secret" not in answer.text
    assert len(answer.json()["trace_id"]) == 32


def test_every_answer_carries_safe_headers(anonymous: Caller) -> None:
    for url in ("/health", "/v1/me/staff", "/nothing"):
        headers = anonymous.get(url).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_figures_count_requests_by_route_and_never_by_identifier(client: Client) -> None:
    manager = client("manager")
    manager.patch("/v1/staff-users/424242", {"is_active": False}, etag='"v1"')
    figures = manager.get("/metrics").text
    assert 'route="/v1/staff-users/{user_id}",status="404"' in figures
    # Without what is counted: an instant may have the same digits.
    assert "424242" not in "".join(line.rpartition(" ")[0] for line in figures.splitlines())


def test_figures_need_the_token_where_one_is_set(settings: Settings, database: Database) -> None:
    guarded = Settings(**{**settings.model_dump(), "metrics_token": "figures please"})
    with InProcess(create_app(guarded, database)) as transport:
        caller = Caller(transport, {})
        assert caller.get("/metrics").status_code == 401
        assert caller.get("/metrics", headers={"authorization": "Bearer figures please"}).status_code == 200


def test_today_is_the_mutual_s_own_date(settings: Settings) -> None:
    real = settings.model_copy(update={"demo": False})
    assert settings.clock("America/Santo_Domingo") == TODAY
    now = dt.datetime.now(dt.UTC)
    assert real.clock("Pacific/Kiritimati") - real.clock("Pacific/Pago_Pago") in {dt.timedelta(1), dt.timedelta(2)}
    assert abs(real.clock("UTC") - now.date()) <= dt.timedelta(1)


def test_a_change_is_logged_with_who_did_it_and_under_which_trace(client: Client, database: Database) -> None:
    answer = client("manager").post("/v1/staff-users", NEW)
    with database.session(1) as session:
        row = db.one(session, "SELECT * FROM audit_log WHERE action = 'staff_user.create' AND actor = 'staff:manager'")
    assert row.trace_id == answer.headers["x-trace-id"]
    assert row.subject_id == str(answer.json()["id"])


# The transaction around an endpoint


def test_a_role_that_is_given_or_taken_counts_from_the_next_request_on(client: Client) -> None:
    manager, cashier = client("manager"), client("cashier")
    user_id = cashier.get("/v1/me/staff").json()["user_id"]
    assert cashier.get("/v1/staff-users").status_code == 403
    manager.patch(f"/v1/staff-users/{user_id}", {"roles": ["cashier", "manager"]}, etag='"v1"')
    assert cashier.get("/v1/staff-users").status_code == 200
    manager.patch(f"/v1/staff-users/{user_id}", {"roles": ["cashier"]}, etag='"v2"')
    assert cashier.get("/v1/staff-users").status_code == 403


def test_who_may_not_is_told_before_what_she_sent_is_looked_at(client: Client, anonymous: Caller) -> None:
    for _ in range(2):
        assert client("cashier").post("/v1/staff-users", {"nonsense": 1}).status_code == 403
        assert anonymous.post("/v1/staff-users", {"nonsense": 1}).status_code == 401


def test_an_answer_that_is_not_of_its_shape_is_a_mistake_of_ours_and_nothing_is_kept(
    settings: Settings, database: Database
) -> None:
    router = Router(prefix="/v1")

    @router.post("/mistake", response_model=StaffUserRead, dependencies=[allow()])
    def mistake(act: ActDep) -> object:
        new = NewStaffUser("berta", "Berta", "cuatro gatos en el techo", [Role.CASHIER])
        register_staff(act.session, new, actor=act.actor)
        return {"id": "not a number"}

    app = create_app(settings, database)
    app.include_router(router)
    token = token_for(database, "manager")
    with InProcess(app) as transport:
        answer = Caller(transport, {"authorization": f"Bearer {token}"}).post("/v1/mistake")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert staff_count(database) == 1


def test_every_endpoint_with_a_transaction_runs_whole_in_one_thread() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    asking = [route for route in routes if act_of(inspect.unwrap(route.endpoint))]
    assert len(asking) > 60
    assert [route.path for route in asking if route.endpoint is inspect.unwrap(route.endpoint)] == []
