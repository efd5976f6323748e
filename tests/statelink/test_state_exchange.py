"""What the state's systems push, look at and fetch: kept once, understood in any order, each look written down."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.statelink.conftest import World
from tests.statelink.state_town import looks, register

from gateway.filing import listen
from gateway.kit import db
from gateway.statelink import cover

COVERAGE = "/v1/state/coverage-changes"
STAMP = "2026-04-01T09:00:00-04:00"
EVENTS = {
    "/v1/state/acknowledgements": ("filing.received", {"filing_id": "FILE"}, ["filing.inbox"]),
    "/v1/state/line-results": ("filing.answered", {"filing_id": "FILE", "lines": [1, 2]}, ["filing.inbox"]),
    "/v1/state/bills": ("notice.issued", {"reference": "N-1"}, ["filing.inbox"]),
    "/v1/state/payment-confirmations": ("notice.paid", {"reference": "N-1"}, ["filing.inbox"]),
    "/v1/state/remittance-advice": (
        "remittance.advised",
        {"remittance_id": "R-1"},
        ["filing.inbox", "benefits.collect"],
    ),
}


def queued(world: World) -> list[str]:
    with world.database.session(1) as session:
        rows = db.rows(session, "SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
    return [row.task_name for row in rows]


def event(kind: str, about: dict[str, Any], event_id: str, stamp: str = STAMP) -> dict[str, Any]:
    return {"id": event_id, "type": kind, "timestamp": stamp, "data": about}


@pytest.mark.parametrize("path", EVENTS)
def test_an_event_is_kept_whole_once_and_wakes_the_readers_of_every_other_callback(world: World, path: str) -> None:
    kind, about, jobs = EVENTS[path]
    about = {**about, "filing_id": str(world.filed.document)} if "filing_id" in about else about
    body = json.dumps({**event(kind, about, f"once-{kind}"), "more": "of theirs"}).encode()
    before = queued(world)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.system.post(path, body), range(20)))
    assert {one.status_code for one in answers} == {202}
    assert answers[0].json()["sha256"] == hashlib.sha256(body).hexdigest()
    assert queued(world) == before + jobs
    with world.database.session(1) as session:
        found = db.rows(
            session,
            "SELECT kind, body, source FROM inbox_message WHERE event_id = :id",
            {"id": f"once-{kind}"},
        )
    assert [(row.kind, bytes(row.body), row.source) for row in found] == [
        ("state.event", body, f"state:{world.system.client_id}")
    ]
    changed = world.system.post(path, body.replace(b"of theirs", b"of others"))
    assert (changed.status_code, changed.json()["code"]) == (409, "push_differs")


def test_events_of_a_filing_in_any_order_make_us_ask_about_the_file_and_one_of_nothing_of_ours_waits(
    world: World,
) -> None:
    file = {"filing_id": str(world.filed.document)}
    for kind, path in (
        ("filing.answered", "/v1/state/line-results"),
        ("filing.received", "/v1/state/acknowledgements"),
    ):
        assert world.system.post(path, event(kind, file, f"order-{kind}")).status_code == 202
    stranger = {"filing_id": "0b7e6f0a-5a3b-4f0e-9a55-4f2c6d1a7e11"}
    assert (
        world.system.post("/v1/state/line-results", event("filing.answered", stranger, "stranger")).status_code == 202
    )
    before = queued(world).count("filing.look")
    with world.database.session(1) as session:
        listen.read_events(session)
    assert queued(world).count("filing.look") - before >= 2
    assert world.system.get("/v1/state/pushes/order-filing.answered").json()["status"] == "done"
    assert world.system.get("/v1/state/pushes/order-filing.received").json()["status"] == "done"
    assert world.system.get("/v1/state/pushes/stranger").json()["status"] == "quarantined"


@pytest.mark.parametrize(
    "change",
    [
        {"type": "notice.paid"},
        {"id": ""},
        {"id": "two words"},
        {"timestamp": "2026-04-01T09:00:00"},
        {"data": {"filing_id": "1"}},
        {"data": {}},
    ],
)
def test_an_event_of_another_shape_is_refused_and_not_kept(world: World, change: dict[str, Any]) -> None:
    good = event("filing.answered", {"filing_id": str(world.filed.document)}, "wrong-shape")
    assert world.system.post("/v1/state/line-results", {**good, **change}).status_code == 422
    assert world.system.get("/v1/state/pushes/wrong-shape").status_code == 404


def change_of(person: str, status: str, number: int, stamp: str) -> dict[str, Any]:
    about = {"document_kind": "national_id", "document": person, "status": status, "effective_on": "2026-05-01"}
    return event("coverage.changed", about, f"cover-{number}", stamp)


def test_the_latest_change_of_cover_counts_whichever_comes_last_and_is_evidence(world: World) -> None:
    person = world.filed.person
    with world.database.session(1) as session:
        cover.read_changes(session)
    changes = [
        change_of(person, "suspended", 1, "2026-04-02T09:00:00Z"),
        change_of(person, "ended", 2, "2026-04-03T09:00:00Z"),
        change_of(person, "active", 3, "2026-04-01T09:00:00Z"),
        change_of("99999999999", "ended", 4, "2026-04-01T09:00:00Z"),
    ]
    for one in changes:
        assert world.system.post(COVERAGE, one).status_code == 202
    with world.database.session(1) as session:
        assert cover.read_changes(session) == 4
        assert cover.read_changes(session) == 0
    asked = {"document_kind": "national_id", "document": person, "period": "2026-03", "purpose": "claim 7"}
    told = world.system.post("/v1/state/coverage-lookups", asked).json()["told"]
    assert (told["status"], told["changed_at"]) == ("ended", "2026-04-03T09:00:00Z")
    assert world.system.get("/v1/state/pushes/cover-4").json()["status"] == "quarantined"
    with world.database.session(1) as session:
        kept = db.rows(session, "SELECT body FROM evidence WHERE kind = 'state.coverage' ORDER BY id")
    assert [json.loads(bytes(row.body)) for row in kept] == changes[:3]


def test_a_look_says_how_far_the_month_is_and_leaves_a_row_with_its_purpose(world: World) -> None:
    asked = {
        "document_kind": "national_id",
        "document": world.filed.person,
        "purpose": "claim, case 771",
        "case": "771",
    }
    before = len(looks(world.database))
    told = world.system.post("/v1/state/coverage-lookups", {**asked, "period": "2026-03"})
    assert (told.json()["is_known"], told.json()["standing"]) == (True, "waiting")
    [month] = told.json()["months"]
    assert (month["filing"], month["amount"], month["currency"]) == (str(world.filed.reference), "4923.27", "DOP")
    earlier = world.system.post("/v1/state/coverage-lookups", {**asked, "period": "2026-02"}).json()
    assert (earlier["standing"], earlier["months"]) == ("not_declared", [])
    rows = {"first_period": "2026-01", "last_period": "2026-03"}
    paid = world.system.post("/v1/state/contribution-lookups", {**asked, **rows}).json()
    assert [one["period"] for one in paid["months"]] == ["2026-03"]
    nobody = world.system.post("/v1/state/coverage-lookups", {**asked, "document": "00100000009", "period": "2026-03"})
    assert (nobody.status_code, nobody.json()["is_known"], nobody.json()["member_number"]) == (200, False, None)
    seen = looks(world.database)[before:]
    actor = f"state:{world.system.client_id}"
    assert [(row.actor, row.subject_kind, row.reason) for row in seen] == [(actor, "member", "claim, case 771")] * 4
    assert [row.subject_id for row in seen] == [str(world.filed.member_id)] * 3 + ["unknown"]
    assert world.filed.person not in str(seen)
    assert "00100000009" not in str(seen)
    assert seen[2].detail == {"what": "contributions", "from": "2026-01", "to": "2026-03", "case": "771"}


@pytest.mark.parametrize(("line", "is_paid", "standing"), [("accepted", False, "accepted"), ("changed", True, "paid"), ("rejected", False, "rejected")])  # fmt: skip
def test_the_states_own_answer_and_the_bill_decide_how_far_a_month_is(line: str, is_paid: bool, standing: str) -> None:
    from gateway.statelink.rules import best_of, standing_of
    from gateway.statelink.states import Standing

    assert standing_of(line, is_paid=is_paid) == standing
    assert best_of([Standing.REJECTED, standing_of(line, is_paid=is_paid)]) == standing


@pytest.mark.parametrize(
    "change", [{"purpose": ""}, {"purpose": " "}, {"purpose": None}, {"period": "2026-13"}, {"document_kind": "name"}]
)
def test_a_look_without_a_purpose_or_a_month_is_refused(world: World, change: dict[str, Any]) -> None:
    asked = {"document_kind": "national_id", "document": world.filed.person, "period": "2026-03", "purpose": "claim"}
    before = len(looks(world.database))
    assert world.system.post("/v1/state/coverage-lookups", {**asked, **change}).status_code == 422
    assert len(looks(world.database)) == before


def test_months_are_at_most_24_and_in_order(world: World) -> None:
    asked = {"document_kind": "national_id", "document": world.filed.person, "purpose": "claim"}
    for first, last in (("2024-03", "2026-03"), ("2026-03", "2026-02")):
        months = {"first_period": first, "last_period": last}
        assert world.system.post("/v1/state/contribution-lookups", {**asked, **months}).status_code == 422


def test_a_filing_is_fetched_by_any_id_of_ours_with_its_lines_in_pages_its_bytes_and_its_evidence(
    world: World,
) -> None:
    system, filed = world.system, world.filed
    whole = system.get(f"/v1/state/filings/{filed.reference}").json()
    assert whole == system.get(f"/v1/state/filings/{filed.document}").json()
    assert (whole["status"], whole["line_count"], whole["amount"]) == ("sealed", 2, "9846.54")
    before = len(looks(world.database))
    first = system.get(f"/v1/state/filings/{filed.reference}/lines?limit=1").json()
    rest = system.get(f"/v1/state/filings/{filed.reference}/lines?limit=1&cursor={first['next_cursor']}").json()
    assert [one["line"] for one in first["items"] + rest["items"]] == [1, 2]
    assert rest["next_cursor"] is None
    assert "from_member" not in first["items"][0]
    [document] = whole["documents"]
    content = system.get(f"/v1/state/filings/{filed.document}/content")
    assert hashlib.sha256(content.content).hexdigest() == document["sha256"]
    assert len(content.content) == document["byte_count"]
    evidence = system.get(f"/v1/state/filings/{filed.reference}/lines/1/evidence").json()
    assert evidence["line"]["line_no"] == 1
    assert system.get(f"/v1/state/filings/{filed.reference}/lines/3/evidence").status_code == 404
    seen = looks(world.database)[before:]
    assert [(row.subject_id, row.detail["what"], row.detail["first_line"]) for row in seen] == [
        (str(filed.filing_id), "lines", 1),
        (str(filed.filing_id), "lines", 2),
        (str(filed.filing_id), f"file {filed.document}", None),
        (str(filed.filing_id), "evidence", 1),
    ]


def test_a_draft_is_not_there_for_the_state(world: World) -> None:
    from tests.filing.filing_town import APRIL, assess, draft

    with world.database.session(1) as session:
        payroll_id = db.scalar(session, "SELECT payroll_id FROM filing WHERE id = :id", {"id": world.filed.filing_id})
        assess(session, payroll_id, APRIL)
        reference = draft(session, payroll_id, APRIL).reference
    assert world.system.get(f"/v1/state/filings/{reference}").status_code == 404


def test_no_log_line_holds_a_number_a_token_or_an_assertion(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    from gateway.kit.logs import mask

    system = register(world.database, world.transport).log_in()
    asked = {"document_kind": "national_id", "document": world.filed.person, "period": "2026-03", "purpose": "claim"}
    system.post("/v1/state/coverage-lookups", asked)
    said = "".join(capsys.readouterr())
    assert world.filed.person not in said
    assert (system.token or "") not in said
    assert (system.token or "")[10:] not in mask(f"refused {system.token}")
