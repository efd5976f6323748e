"""This is not right: a case with what she saw, in the staff's queue until she was answered, and never twice for one row."""

import datetime as dt
import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.api.applications import called
from tests.api.calling import Caller
from tests.api.conftest import token_for
from tests.selfcheck.member_town import OTHER_PHONE, PHONE, TODAY, Town, build, rows, token_of

from gateway.complaints import rules
from gateway.complaints.states import ComplaintStatus
from gateway.complaints.wait import let_wait
from gateway.kit import db, logs
from gateway.kit.db import Database
from gateway.settings import Settings
from gateway.staff.models import Role

WORDS = "Pagué 5,500 y dice 5,000. Mi cédula es 00112345678."
Of = Callable[..., Caller]


@pytest.fixture
def town(database: Database) -> Town:
    return build(database)


@pytest.fixture
def of(database: Database, town: Town, tmp_path: Any) -> Iterator[Of]:
    clock = tmp_path / "today"
    clock.write_text(TODAY.isoformat())
    settings = Settings(database_url=database.url, demo=True, clock_file=clock, log_level="error")
    with called(settings, database) as transport:
        yield lambda token: Caller(transport, {"authorization": f"Bearer {token}", "accept-language": "es"})


@pytest.fixture
def ana(of: Of, database: Database, town: Town) -> Caller:
    return of(token_of(database, town.ana))


@pytest.fixture
def clara(of: Of, database: Database) -> Caller:
    return of(token_for(database, Role.CASHIER, name="clara"))


def press(caller: Caller, key: str, **what: Any) -> Any:
    return caller.post("/v1/me/complaints", what, headers={"idempotency-key": key})


def do(caller: Caller, case: int, what: str, **body: Any) -> Any:
    headers = {"idempotency-key": f"{case}-{what}-{json.dumps(body)}"}
    return caller.request("POST", f"/v1/complaints/{case}/{what}", headers=headers, **({"json": body} if body else {}))


def receipt_of(ana: Caller) -> Any:
    return ana.get("/v1/me/receipts").json()["items"][0]


def test_a_case_goes_from_her_press_through_a_question_to_a_resolution_with_its_posting(
    ana: Caller, clara: Caller, database: Database, town: Town
) -> None:
    receipt = receipt_of(ana)
    opened = press(ana, "1", kind="receipt", row_id=receipt["id"], words=WORDS)
    assert opened.status_code == 201, opened.text
    case = opened.json()
    assert (case["row"], case["status"], case["due_on"]) == (f"receipt:{receipt['id']}", "open", "2026-03-28")
    assert case["status_words"] == "La oficina ya lo tiene."

    (listed,) = clara.get("/v1/complaints", params={"owner": "cashier"}).json()["items"]
    assert (listed["id"], listed["age_days"], listed["is_late"], listed["assignee"]) == (case["id"], 0, False, None)
    number = case["id"]
    refused = do(clara, number, "questions", words="¿Qué día pagó?")
    assert (refused.status_code, refused.json()["code"]) == (409, "complaint_not_taken")
    assert do(clara, number, "assignment").json()["assignee"] == "clara"
    assert do(clara, number, "notes", words="La caja del día cuadra.").status_code == 201
    assert do(clara, number, "questions", words="¿Qué día pagó?").json()["status"] == "asked"
    hers = ana.get(f"/v1/me/complaints/{number}").json()
    assert (hers["told"], hers["due_on"], hers["message_count"]) == ("¿Qué día pagó?", None, 2)
    reply = ana.post(f"/v1/me/complaints/{number}/replies", {"words": "El viernes."}, headers={"idempotency-key": "r"})
    assert reply.json()["status"] == "in_hand"

    ending = {"resolution": "money_moved", "words": "Tenía razón: ya está en su cuenta."}
    assert do(clara, number, "resolution", **ending).json()["code"] == "complaint_posting"
    foreign = rows(database, "SELECT coalesce(max(id), 0) + 1 AS id FROM ledger_tx")[0].id
    assert do(clara, number, "resolution", **ending, ledger_tx_id=foreign).json()["code"] == "complaint_posting"
    posting = rows(database, "SELECT ledger_tx_id FROM contribution_receipt")[0].ledger_tx_id
    over = do(clara, number, "resolution", **ending, ledger_tx_id=posting)
    assert (over.status_code, over.json()["status"], over.json()["ledger_tx_id"]) == (200, "resolved", posting)

    messages = ana.get(f"/v1/me/complaints/{number}/messages").json()
    read = messages["items"]
    while messages["next_cursor"]:
        messages = ana.get(f"/v1/me/complaints/{number}/messages", params={"cursor": messages["next_cursor"]}).json()
        read += messages["items"]
    assert [one["voice"] for one in read] == ["answer", "reply", "question", "opening"]
    whole = clara.get(f"/v1/complaints/{number}").json()
    assert [one["event"] for one in whole["steps"]] == ["take", "ask", "reply", "resolve"]
    assert whole["seen"]["number"] == receipt["number"]
    assert whole["seen"]["amount_minor"] == 500_000
    assert {"kind": "ledger_tx", "id": posting} in [
        {name: link[name] for name in ("kind", "id")} for link in whole["links"]
    ]
    told = rows(database, "SELECT kind, text FROM notice WHERE member_id = :m ORDER BY id", m=town.ana)
    assert [one.kind for one in told] == ["complaint_question", "complaint_answer"]
    assert all(str(number) in one.text and "cuenta" not in one.text for one in told)


def test_a_second_press_finds_the_same_case_and_a_closed_one_opens_anew(
    ana: Caller, of: Of, database: Database
) -> None:
    first = press(ana, "1", kind="month", month="2026-03").json()
    again = press(ana, "2", kind="month", month="2026-03", words="Sigo esperando.").json()
    assert (again["id"], again["message_count"]) == (first["id"], 1)
    done = ana.post(f"/v1/me/complaints/{first['id']}/withdrawal", headers={"idempotency-key": "w"})
    assert done.json()["status"] == "withdrawn"
    closed = ana.post(f"/v1/me/complaints/{first['id']}/replies", {"words": "x"}, headers={"idempotency-key": "c"})
    assert closed.json()["code"] == "complaint_closed"
    new = press(ana, "3", kind="month", month="2026-03").json()
    assert new["id"] != first["id"]
    assert rows(database, "SELECT earlier_id FROM complaint WHERE id = :i", i=new["id"])[0].earlier_id == first["id"]
    olga = of(token_for(database, Role.FILING_OFFICER, name="olga"))
    assert do(olga, first["id"], "reopening", words="Lo miro otra vez.").json()["code"] == "complaint_open"
    assert do(olga, new["id"], "assignment").status_code == 200
    told = do(olga, new["id"], "resolution", resolution="explained", words="El Estado contestó ayer.")
    assert told.json()["status"] == "resolved"
    back = do(olga, new["id"], "reopening", words="Faltaba su hijo.").json()
    assert (back["status"], back["assignee"], back["resolution"]) == ("in_hand", "olga", None)


def test_many_presses_at_once_open_one_case(ana: Caller, database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda n: press(ana, f"k{n}", kind="me"), range(6)))
    assert {one.status_code for one in found} == {201}
    assert len({one.json()["id"] for one in found}) == 1
    assert len(rows(database, "SELECT id FROM complaint")) == 1


def test_each_kind_of_row_she_sees_opens_one_and_nobody_elses_does(
    ana: Caller, of: Of, database: Database, town: Town
) -> None:
    from tests.selfcheck.test_me import fill

    fill(database, town.ana)
    with database.session(1) as session:
        for statement in OWED:
            db.run(session, statement, {"m": town.ana} if ":m" in statement else {})
    filing = ana.get("/v1/me/filings").json()["items"][0]["filing_id"]
    what = {
        "receipt": receipt_of(ana)["id"],
        "filing_line": filing,
        "payout": rows(database, "SELECT id FROM payout")[0].id,
        "benefit": rows(database, "SELECT id FROM benefit_remittance_line")[0].id,
        "family_member": ana.get("/v1/me/family").json()["items"][0]["id"],
        "notice": ana.get("/v1/me/notices").json()["items"][0]["id"],
    }
    assert set(what) == {one.code for one in rules.KINDS.values() if one.has_rows}
    berta = of(token_of(database, town.berta, OTHER_PHONE))
    for kind, row in what.items():
        refused = press(berta, f"b{kind}", kind=kind, row_id=row)
        assert (refused.status_code, refused.json()["outcome"]) == (404, "not_done"), kind
    cases = [press(ana, kind, kind=kind, row_id=row) for kind, row in what.items()]
    cases += [press(ana, kind, kind=kind) for kind in ("missing_payment", "due", "me")]
    cases.append(press(ana, "month", kind="month", month="2026-03"))
    assert [one.status_code for one in cases] == [201] * len(rules.KINDS)
    assert [one.json()["code"] for one in (press(ana, "n", kind="month", month="2020-01"),)] == ["row_not_yours"]
    kept = rows(database, "SELECT e.seen, e.links, e.sha256 FROM complaint_evidence e")
    assert all(rules.digest_of(one.seen, one.links) == one.sha256 for one in kept)
    # What is frozen holds no identity or telephone number in clear.
    assert not any(secret in json.dumps([one.seen for one in kept]) for secret in (town.identity, PHONE, "0010000000"))
    for path in ("/v1/me/complaints", f"/v1/me/complaints/{cases[0].json()['id']}"):
        assert len(ana.get(path).content) < 2000
    # Her day is full now.
    full = press(ana, "m2", kind="notice", row_id=what["notice"] - 1)
    assert (full.status_code, full.json()["code"]) == (429, "complaint_limit")
    assert press(ana, "again", kind="me").status_code == 201


def test_nobody_elses_case_is_read_or_moved(ana: Caller, of: Of, database: Database, town: Town) -> None:
    case = press(ana, "1", kind="me", words=WORDS).json()["id"]
    berta = of(token_of(database, town.berta, OTHER_PHONE))
    path = f"/v1/me/complaints/{case}"
    tried = [
        berta.get(path),
        berta.get(f"{path}/messages"),
        berta.post(f"{path}/replies", {"words": "mine"}),
        berta.post(f"{path}/withdrawal"),
    ]
    assert [(one.status_code, one.json()["code"]) for one in tried] == [(404, "complaint_unknown")] * 4
    assert berta.get("/v1/me/complaints").json()["items"] == []
    assert rows(database, "SELECT status FROM complaint")[0].status == "open"


def test_evidence_and_words_are_never_changed(ana: Caller, database: Database) -> None:
    press(ana, "1", kind="me", words=WORDS)
    for statement in (
        "UPDATE complaint_evidence SET seen = '{}'",
        "UPDATE complaint_message SET text = 'x'",
        "DELETE FROM complaint",
    ):
        with pytest.raises(Exception, match="permission denied"), database.session(1) as session:
            db.run(session, statement)
    with database.session(1) as session, pytest.raises(Exception, match="uq_complaint_one_live"):
        db.run(
            session,
            "INSERT INTO complaint (member_id, kind, row_key, opened_by, channel, opened_on, owner_role, due_on, moved_on)"
            " SELECT member_id, kind, row_key, opened_by, channel, opened_on, owner_role, due_on, moved_on FROM complaint",
        )


def test_nobody_decides_about_what_she_recorded_herself(ana: Caller, of: Of, database: Database) -> None:
    assert rows(database, "SELECT actor FROM contribution_receipt")[0].actor == "staff:carla"
    number = press(ana, "1", kind="receipt", row_id=receipt_of(ana)["id"]).json()["id"]
    for name, roles in (("carla", [Role.CASHIER, Role.MANAGER]), ("olga", [Role.FILING_OFFICER])):
        refused = do(of(token_for(database, *roles, name=name)), number, "assignment")
        assert (refused.status_code, refused.json()["code"]) == (409, "complaint_role"), name
    assert do(of(token_for(database, Role.CASHIER, name="clara")), number, "assignment").status_code == 200


def test_late_cases_become_a_managers_silence_brings_a_question_back_and_lets_an_answer_stand(
    ana: Caller, clara: Caller, database: Database
) -> None:
    late = press(ana, "1", kind="receipt", row_id=receipt_of(ana)["id"]).json()["id"]
    asked, answered = (press(ana, kind, kind=kind).json()["id"] for kind in ("me", "missing_payment"))
    for number in (asked, answered):
        do(clara, number, "assignment")
    do(clara, asked, "questions", words="¿Cuál dato?")
    assert do(clara, answered, "resolution", resolution="explained").json()["code"] == "complaint_unanswered"
    do(clara, answered, "answers", words="No ha entrado ningún pago más.")

    def days_later(days: int) -> int:
        with database.session(1) as session:
            return let_wait(session, today=TODAY + dt.timedelta(days=days))

    def state(number: int) -> tuple[str, str, str | None]:
        row = rows(database, "SELECT status, owner_role, resolution FROM complaint WHERE id = :i", i=number)[0]
        return row.status, row.owner_role, row.resolution

    assert days_later(3) == 0
    assert (days_later(4), days_later(4)) == (1, 0)
    assert state(late) == ("open", "manager", None)
    assert [days_later(days) for days in (14, 15)] == [0, 1]
    assert state(answered) == (ComplaintStatus.RESOLVED, "cashier", "no_objection")
    assert days_later(31) >= 1
    assert state(asked)[0] == "in_hand"
    counts = {one["kind"]: one for one in clara.get("/v1/complaint-counts").json()["items"]}
    assert (counts["receipt"]["waiting_count"], counts["receipt"]["owner_role"]) == (1, "manager")


def test_a_helper_speaks_in_her_name_and_ends_nothing(of: Of, database: Database, town: Town) -> None:
    with database.session(1) as session:
        statement = "INSERT INTO access_helper (member_id, name, phone) VALUES (:m, 'Luz', :p) RETURNING id"
        helper = db.scalar(session, statement, {"m": town.ana, "p": "+18095550199"})
    luz = of(token_of(database, town.ana, "+18095550199", helper=helper))
    case = press(luz, "1", kind="me", words=WORDS).json()["id"]
    assert luz.post(f"/v1/me/complaints/{case}/withdrawal", headers={"idempotency-key": "w"}).status_code == 403
    opened_by = rows(database, "SELECT opened_by FROM complaint")[0].opened_by
    assert opened_by == f"member:{town.ana}:helper:{helper}"


def test_logs_hold_no_word_of_hers(ana: Caller, clara: Caller, database: Database, town: Town) -> None:
    number = press(ana, "1", kind="me", words=WORDS).json()["id"]
    do(clara, number, "assignment")
    do(clara, number, "answers", words="Su cédula está bien.")
    logged = str(rows(database, "SELECT actor, action, reason, detail FROM audit_log"))
    assert "complaint.open" in logged
    assert "complaint.answer" in logged
    for secret in ("cédula", "00112345678", town.identity, PHONE):
        assert secret not in logged
    record = logging.makeLogRecord({"msg": WORDS})
    assert "00112345678" not in logs.mask(record.getMessage())


OWED = (
    "INSERT INTO evidence (kind, source, media_type, sha256, body) VALUES ('advice', 'state', 'text/plain', 'x', 'x')",
    "INSERT INTO benefit_remittance (authority_reference, transfer_reference, employer, currency, total_minor, line_count,"
    " advised_on, advised_at, evidence_id) SELECT 'A1', 'T1', '401', 'DOP', 90000, 1, '2026-03-20', now(), id FROM evidence LIMIT 1",
    "INSERT INTO benefit_remittance_line (remittance_id, line_no, document_kind, document, benefit_kind, amount_minor, member_id)"
    " SELECT id, 1, 'national_id', 'x', 'maternity', 90000, :m FROM benefit_remittance",
    "INSERT INTO payout_batch (correlation_id, provider, currency, payout_count, total_minor, prepared_by)"
    " VALUES (gen_random_uuid(), 'momo:orange', 'DOP', 1, 90000, 'staff:bea')",
    "INSERT INTO payout (batch_id, member_id, amount_minor, currency, destination, end_to_end_id)"
    " SELECT id, :m, 90000, 'DOP', '+18095550117', 'E1' FROM payout_batch",
)
"""A benefit that the state advised for a member, and money on its way to her."""
