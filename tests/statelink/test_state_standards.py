"""Cover as FHIR R4, read by a FHIR library, and the registry search in the shape of SPDCI; both off by default."""

import datetime as dt
import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.coverage import Coverage
from fhir.resources.R4B.coverageeligibilityrequest import CoverageEligibilityRequest
from fhir.resources.R4B.coverageeligibilityresponse import CoverageEligibilityResponse
from fhir.resources.R4B.operationoutcome import OperationOutcome
from tests.api.calling import InProcess
from tests.statelink.conftest import World
from tests.statelink.state_town import looks, register, settings_of

from gateway.api.app import create_app
from gateway.authority.web import StateWeb
from gateway.kit import db
from gateway.statelink import tasks

BASE = "/v1/state/fhir/R4"
WHY = {"purpose-of-use": "admission at the hospital"}
SYSTEM = "urn:gateway:identity:national_id"


def find(world: World, value: str, **more: str) -> httpx.Response:
    form = urlencode({"beneficiary:identifier": f"{SYSTEM}|{value}", "period": "2026-03", **more}).encode()
    headers = {**WHY, "content-type": "application/x-www-form-urlencoded"}
    return world.system.post(f"{BASE}/Coverage/_search", form, headers=headers)


def ask(world: World, value: str, **more: Any) -> httpx.Response:
    resource = {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation"],
        "patient": {"identifier": {"system": SYSTEM, "value": value}},
        "created": "2026-04-01",
        "insurer": {"display": "Mutual"},
        "servicedDate": "2026-03-15",
        **more,
    }
    CoverageEligibilityRequest.model_validate(resource)
    return world.system.post(f"{BASE}/CoverageEligibilityRequest", resource, headers=WHY)


def test_every_resource_is_one_by_a_fhir_library(world: World) -> None:
    metadata = world.system.get(f"{BASE}/metadata")
    assert metadata.headers["content-type"] == "application/fhir+json"
    assert CapabilityStatement.model_validate(metadata.json()).fhirVersion == "4.0.1"
    found = find(world, world.filed.person)
    bundle = Bundle.model_validate(found.json())
    assert bundle.total == 1
    resource = found.json()["entry"][0]["resource"]
    cover = Coverage.model_validate(resource)
    assert (cover.status, cover.period.end) == ("draft", dt.date(2026, 3, 31))
    read = world.system.get(f"{BASE}/Coverage/{resource['id']}", headers=WHY)
    assert read.json() == resource
    answer = ask(world, world.filed.person)
    told = CoverageEligibilityResponse.model_validate(answer.json())
    assert (told.outcome, told.insurance[0].inforce) == ("complete", False)
    CoverageEligibilityRequest.model_validate(answer.json()["contained"][0])
    nobody = CoverageEligibilityResponse.model_validate(ask(world, "00100000009").json())
    assert nobody.insurance is None
    assert Bundle.model_validate(find(world, "00100000009").json()).total == 0


@pytest.mark.parametrize(
    ("status", "inforce"), [("accepted", True), ("changed", True), ("rejected", False), ("waiting", False)]
)
def test_a_month_that_the_state_accepted_is_in_force(status: str, inforce: bool) -> None:
    from gateway.kit.period import Period
    from gateway.statelink import fhir
    from gateway.statelink.look import Look, Month
    from gateway.statelink.rules import standing_of

    march = Period(2026, 3)
    row = SimpleNamespace(period_start=march.start, payroll="001", status=status)
    month = Month(row, standing_of(status, is_paid=False))
    look = Look(SimpleNamespace(id=7, number="M7"), march, march, (month,), None)  # type: ignore[arg-type]
    cover = Coverage.model_validate(fhir.coverage(look, payor="Mutual"))
    assert (cover.status == "active") == inforce
    asked = {"patient": {"identifier": {"system": SYSTEM, "value": "1"}}}
    at = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    answer = fhir.eligibility(look, request_id="r", day=march.start, payor="Mutual", now=at, asked=asked)
    assert CoverageEligibilityResponse.model_validate(answer).insurance[0].inforce is inforce


def test_every_refusal_is_an_operation_outcome_and_a_look_without_a_purpose_is_none(world: World) -> None:
    system, coverage = world.system, f"{BASE}/Coverage/{world.filed.member_id}-2026-03"
    before = len(looks(world.database))
    narrow = register(world.database, world.transport, scopes=["filings:read"]).log_in()
    bare = register(world.database, world.transport)
    answers = {
        "purpose_missing": system.get(coverage),
        "coverage_not_found": system.get(f"{BASE}/Coverage/nonsense", headers=WHY),
        "insufficient_scope": narrow.get(coverage, headers=WHY),
        "unauthenticated": bare.get(coverage, headers=WHY),
        "fhir_unreadable": system.post(f"{BASE}/CoverageEligibilityRequest", {"resourceType": "Patient"}, headers=WHY),
        "malformed": find(world, "1", period="soon"),
    }
    for code, answer in answers.items():
        assert answer.headers["content-type"] == "application/fhir+json"
        outcome = OperationOutcome.model_validate(answer.json())
        assert outcome.issue[0].details.text == code
    assert len(looks(world.database)) == before
    assert system.get(f"{BASE}/Coverage/{world.filed.member_id}-2026-02", headers=WHY).status_code == 404
    assert system.get(f"{BASE}/Coverage/{world.filed.member_id}-1200-02", headers=WHY).status_code == 404


def test_each_look_by_fhir_and_registry_leaves_its_row(world: World) -> None:
    before = len(looks(world.database))
    find(world, world.filed.person)
    world.system.get(f"{BASE}/Coverage/{world.filed.member_id}-2026-03", headers=WHY)
    ask(world, world.filed.person)
    world.system.post("/v1/state/registry/sync/search", search("t-look", world.filed.person, "00100000009"))
    seen = looks(world.database)[before:]
    assert [(row.subject_id, row.reason) for row in seen] == [
        *[(str(world.filed.member_id), WHY["purpose-of-use"])] * 3,
        (str(world.filed.member_id), "assistance, case 4"),
        ("unknown", "assistance, case 4"),
    ]


def search(transaction: str, *values: str, kind: str = "national_id") -> dict[str, Any]:
    items = [
        {
            "reference_id": str(number),
            "timestamp": "2026-04-01T09:00:00Z",
            "search_criteria": {
                "query_type": "idtype-value",
                "query": {"type": kind, "value": value},
                "purpose": "assistance, case 4",
            },
        }
        for number, value in enumerate(values, 1)
    ]
    header = {"message_id": "m-1", "message_ts": "2026-04-01T09:00:00Z", "action": "search", "sender_id": "registry"}
    return {"signature": "", "header": header, "message": {"transaction_id": transaction, "search_request": items}}


def test_a_registry_search_answers_each_number_at_once(world: World) -> None:
    told = world.system.post("/v1/state/registry/sync/search", search("t-1", world.filed.person, "00100000009")).json()
    assert (told["header"]["action"], told["header"]["status"], told["header"]["total_count"]) == ("search", "succ", 2)
    known, nobody = told["message"]["search_response"]
    assert known["data"]["reg_records"][0]["standing"] == "not_declared"
    assert (nobody["status"], nobody["data"]["reg_records"]) == ("succ", [])
    odd = world.system.post("/v1/state/registry/sync/search", search("t-2", "x", kind="shoe_size")).json()
    assert odd["message"]["search_response"][0]["status"] == "rjct"


def test_a_search_to_be_answered_later_is_asked_for_by_its_status_or_brought_to_the_registered_address(
    world: World,
) -> None:
    received: list[httpx.Request] = []
    told = [500, 200]

    def take(request: httpx.Request) -> httpx.Response:
        received.append(request)
        return httpx.Response(told.pop(0))

    system = register(world.database, world.transport, callback_url="http://registry.example/on-search").log_in()
    asked = search("t-later", world.filed.person)
    acks = [system.post("/v1/state/registry/async/search", asked) for _ in range(2)]
    assert {one.status_code for one in acks} == {202}
    assert acks[0].json()["message"]["correlation_id"] == acks[1].json()["message"]["correlation_id"]
    other = system.post("/v1/state/registry/async/search", search("t-later", "00100000009"))
    assert other.json()["code"] == "registry_search_differs"
    status = {"message": {"transaction_id": "t-later"}}
    waiting = system.post("/v1/state/registry/sync/txn/status", status).json()
    assert waiting["header"]["status"] == "pdng"
    with world.database.session(1) as session:
        row = db.one(session, "SELECT id FROM registry_search WHERE transaction_reference = 't-later'")
    context: Any = SimpleNamespace(
        session=world.database.session,
        today=lambda _zone: dt.date(2026, 3, 20),
        services={"state_web": StateWeb(http=httpx.MockTransport(take))},
    )
    with pytest.raises(Exception, match="500"):
        tasks.answer_search(context, 1, search_id=row.id)
    answered = system.post("/v1/state/registry/sync/txn/status", status).json()
    assert answered["message"]["search_response"][0]["data"]["reg_records"][0]["standing"] == "waiting"
    tasks.answer_search(context, 1, search_id=row.id)
    tasks.answer_search(context, 1, search_id=row.id)
    assert [str(one.url) for one in received] == ["http://registry.example/on-search"] * 2, "brought until taken, once"
    bodies = [json.loads(one.content) for one in received]
    assert bodies[0]["header"]["message_id"] == bodies[1]["header"]["message_id"]
    assert bodies[1]["header"]["action"] == "on-search"
    assert bodies[1]["message"]["correlation_id"] == acks[0].json()["message"]["correlation_id"]


def test_both_are_not_there_unless_they_are_switched_on(world: World, tmp_path: Any) -> None:
    settings = settings_of(world.database, tmp_path, state_fhir=False, state_registry=False)
    with InProcess(create_app(settings, world.database)) as transport:
        system = register(world.database, transport).log_in()
        answers = [
            system.get(f"{BASE}/metadata"),
            system.get(f"{BASE}/Coverage/1-2026-03", headers=WHY),
            system.post("/v1/state/registry/sync/search", search("t", "1")),
            system.post("/v1/state/registry/async/search", search("t", "1")),
        ]
        assert {one.status_code for one in answers} == {404}
