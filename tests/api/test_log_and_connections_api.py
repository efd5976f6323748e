"""The log, searched; and how the connections are doing."""

import datetime as dt
from collections.abc import Callable

import psycopg
from tests.api.calling import Caller

from gateway.kit import audit
from gateway.kit.audit import Transition
from gateway.kit.db import Database

Client = Callable[..., Caller]


def write(database: Database, actor: str, action: str, number: int, at: str, reason: str = "", line: str = "") -> None:
    """Write a change of a subject on a day; the log is insert only, also for its owner."""
    with psycopg.connect(database.url) as owner:
        owner.execute("SELECT set_config('gateway.mutual_id', '1', false)")
        owner.execute(
            "INSERT INTO audit_log (at, actor, action, subject_kind, subject_id, reason, detail)"
            " VALUES (%s, %s, %s, %s, %s, nullif(%s, ''), jsonb_build_object('line', %s::text))",
            [at, actor, action, action.split(".")[0], str(number), reason, line],
        )


def found(who: Caller, query: str = "") -> list[str]:
    answer = who.get(f"/v1/audit-log?limit=100{query}")
    assert answer.status_code == 200, answer.text
    return [
        f"{one['action']} {one['subject_id']} {one['actor']}"
        for one in answer.json()["items"]
        if one["subject_kind"] not in {"staff_user", "staff_session"}
    ]


def test_the_log_is_found_by_whoever_did_what_to_what_and_when(client: Client, database: Database) -> None:
    auditor = client("auditor")
    # 03:30 UTC is the evening before in Santo Domingo.
    write(database, "staff:ana", "receipt.reverse", 7, "2026-03-02 03:30+00", reason="typed in twice")
    write(database, "staff:ana", "member.change", 7, "2026-03-03 12:00+00")
    write(database, "worker:w1", "job.fail", 9, "2026-03-04 12:00+00", reason="100% lost")
    write(database, "staff:anabel", "receipt.place", 8, "2026-03-05 12:00+00", line="surplus")
    with database.session(1) as session:
        audit.log_transitions(session, [Transition("filing", 7, "seal", "draft", "sealed", "staff:ana", "as filed")])
    everything = found(auditor)
    assert everything == [
        "filing.seal 7 staff:ana", "receipt.place 8 staff:anabel", "job.fail 9 worker:w1", "member.change 7 staff:ana",
        "receipt.reverse 7 staff:ana",
    ]  # fmt: skip
    assert found(auditor, "&actor=staff:ana") == [everything[0], everything[3], everything[4]]
    assert found(auditor, "&actor=worker:") == [everything[2]]
    assert found(auditor, "&action=receipt") == [everything[1], everything[4]]
    assert found(auditor, "&action=filing.seal") == [everything[0]]
    assert found(auditor, "&kind=change&subject_id=7") == [everything[3], everything[4]]
    assert found(auditor, "&subject_kind=filing&subject_id=7") == [everything[0]]
    assert found(auditor, "&from_on=2026-03-01&to_on=2026-03-01") == [everything[4]]
    assert found(auditor, "&text=SURPLUS&to_on=2026-03-06") == [everything[1]]
    assert found(auditor, "&text=100%25&to_on=2026-03-06") == [everything[2]]
    assert found(auditor, "&text=twice&to_on=2026-05-06") == []
    assert found(auditor, "&text=twice&from_on=2026-02-01&to_on=2026-05-06") == [everything[4]]
    for wrong in ("from_on=2026-03-02&to_on=2026-03-01", "text=a&from_on=2020-01-01"):
        assert auditor.get(f"/v1/audit-log?{wrong}").json()["code"] == "log_question"
    assert client("accountant").get("/v1/audit-log").status_code == 403
    assert "receipt.reverse 7 staff:ana" not in found(client("auditor", mutual=2))


def test_pages_of_the_log_lose_and_repeat_nothing_where_many_rows_are_of_one_instant(
    client: Client, database: Database
) -> None:
    auditor = client("auditor")
    with database.session(1) as session:
        for number in range(1, 8):
            audit.record(session, actor="staff:ana", action="fund.found", subject_kind="fund", subject_id=number)
        steps = [Transition("fund", number, "open", "draft", "open", "staff:ana") for number in range(1, 8)]
        audit.log_transitions(session, steps)
    address, pages = "/v1/audit-log?action=fund&limit=3", []
    while address and len(pages) < 10:
        page = auditor.get(address).json()
        pages.append([(one["kind"], one["subject_id"]) for one in page["items"]])
        cursor = page["next_cursor"]
        address = cursor and f"/v1/audit-log?action=fund&limit=3&cursor={cursor}"
    read = [row for page in pages for row in page]
    assert read == [(kind, str(number)) for kind in ("change", "step") for number in range(7, 0, -1)]
    assert [len(page) for page in pages] == [3, 3, 3, 3, 2]


def test_numbers_of_people_are_hidden_in_what_the_log_says(client: Client, database: Database) -> None:
    told = {
        "phone": "+18095550101",
        "was": ["00112345678"],
        "day": "2026-03-01",
        "member_id": 12345678901,
        "done": True,
    }
    with database.session(1) as session:
        change = {"action": "member.change", "subject_kind": "member", "subject_id": 7, "detail": told}
        audit.record(session, actor="staff:ana", reason="cédula 001-1234567-8 was wrong", **change)
    (row,) = client("manager").get("/v1/audit-log?action=member.change").json()["items"]
    assert row["reason"] == "cédula ***-8 was wrong"
    assert row["detail"] == {
        "phone": "***",
        "was": ["***78"],
        "day": "2026-03-01",
        "member_id": 12345678901,
        "done": True,
    }


def connections(who: Caller) -> dict[str, dict[str, object]]:
    answer = who.get("/v1/connections")
    assert answer.status_code == 200, answer.text
    return {f"{one['kind']} {one['name']}": one for one in answer.json()["items"]}


def test_a_connection_fails_from_its_first_error_after_its_last_success_and_is_well_again_with_the_next(
    client: Client, database: Database
) -> None:
    manager = client("manager")
    with psycopg.connect(database.url) as owner:
        owner.execute("SELECT set_config('gateway.mutual_id', '1', false)")
        owner.execute(
            "INSERT INTO bank_account (number, name, kind, currency, ledger_code) VALUES"
            " ('960', 'Reservas', 'bank', 'DOP', 'bank:main'), ('829', 'Orange', 'mobile_money', 'DOP', 'momo:orange')"
        )
        owner.execute(
            "INSERT INTO member (number, given_names, first_surname, sex, birth_date, search_name)"
            " VALUES ('M1', 'Ana', 'Pérez', 'F', '1990-01-01', 'ana perez')"
        )
        owner.execute(
            "INSERT INTO payout_batch (correlation_id, provider, status, currency, payout_count, total_minor, prepared_by, released_at)"
            " VALUES (gen_random_uuid(), 'momo:orange', 'sending', 'DOP', 1, 100, 'staff:ana', '2026-03-02 08:00+00')"
        )
        tries = [(1, "08:01", "received"), (2, "08:02", "unavailable"), (3, "08:03", "unknown")]
        for attempt, minute, outcome in tries:
            owner.execute(
                "INSERT INTO payout_submission (batch_id, attempt, step, finished_at, outcome, detail, worker) SELECT id, %s, 'submit',"
                " %s, %s, 'no answer for 18095550101', 'w' FROM payout_batch",
                [attempt, f"2026-03-02 {minute}+00", outcome],
            )
        owner.execute(
            "INSERT INTO notice (member_id, kind, about_key, language, text, due_on) SELECT id, 'child_leaves', d::text, 'es', 'x', d"
            " FROM member, (VALUES (date '2026-04-02'), ('2026-04-03')) v (d)"
        )
    known = connections(manager)
    payer = known["payer momo:orange"]
    assert (payer["standing"], payer["waiting_count"], payer["failure_count"]) == ("failing", 1, 2)
    assert (payer["succeeded_at"], payer["failing_since"]) == ("2026-03-02T08:01:00Z", "2026-03-02T08:02:00Z")
    assert payer["last_error"] == "no answer for ***01"
    assert (known["messages sms"]["standing"], known["messages sms"]["waiting_count"]) == ("waiting", 1)
    assert (known["bank bank:main"]["standing"], known["state do"]["standing"]) == ("unused", "unused")
    assert next(iter(known)) == "payer momo:orange"
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE payout_submission SET outcome = 'received' WHERE attempt = 3")
        owner.execute("UPDATE payout_batch SET status = 'finished'")
    assert connections(manager)["payer momo:orange"]["standing"] == "working"
    assert client("accountant").get("/v1/connections").status_code == 403
    assert dt.datetime.fromisoformat(str(connections(manager)["payer momo:orange"]["succeeded_at"])).minute == 3
