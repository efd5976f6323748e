"""Remittances over HTTP: who may see and allot them, and what is refused."""

from collections.abc import Callable

import pytest
from tests.api.calling import Caller
from tests.paying import advice, document_of, fund_in_full, line, make_members, open_bank, record

from gateway.kit.db import Database
from gateway.staff.models import Role


@pytest.fixture
def remittance(database: Database) -> int:
    """A remittance with its money: one line of a member, one of nobody."""
    with database.session(1) as session:
        open_bank(session)
        make_members(session, 2)
        lines = [line(1, document_of(1), 500_00), line(2, document_of(9), 300_01)]
        told = advice(lines)
        recorded = record(session, told, lines)
        fund_in_full(session, told)
    return recorded.id


@pytest.fixture
def officer(client: Callable[..., Caller]) -> Caller:
    """A benefits officer."""
    return client(Role.BENEFITS_OFFICER)


def test_a_remittance_is_seen_allotted_and_its_rest_placed(officer: Caller, remittance: int) -> None:
    (listed,) = officer.get("/v1/remittances").json()["items"]
    assert (listed["id"], listed["status"], listed["total"], listed["funded"]) == (
        remittance, "funded", "800.01", "800.01",
    )  # fmt: skip
    done = officer.post(f"/v1/remittances/{remittance}/allotment")
    assert done.status_code == 201, done.text
    assert (done.json()["allotted"], done.json()["suspense"]) == ("500.00", "300.01")
    waiting = officer.get(f"/v1/remittances/{remittance}/lines?status=suspense").json()["items"]
    assert [(row["line_no"], row["reason"], row["amount"]) for row in waiting] == [(2, "unknown_identity", "300.01")]
    member = officer.get(f"/v1/remittances/{remittance}/lines?status=allotted").json()["items"][0]["member_id"]
    body = {"member_id": member, "reason": "her old card number"}
    placed = officer.post(f"/v1/remittance-lines/{waiting[0]['id']}/placement", body)
    assert (placed.status_code, placed.json()["member_id"]) == (201, member), placed.text
    assert officer.get(f"/v1/remittances/{remittance}").json()["suspense"] == "0.00"


def test_a_repeated_request_allots_once_and_gets_the_same_answer(officer: Caller, remittance: int) -> None:
    first = officer.post(f"/v1/remittances/{remittance}/allotment", key="k1")
    again = officer.post(f"/v1/remittances/{remittance}/allotment", key="k1")
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


def test_lines_come_in_pages(officer: Caller, remittance: int) -> None:
    first = officer.get(f"/v1/remittances/{remittance}/lines?limit=1").json()
    second = officer.get(f"/v1/remittances/{remittance}/lines?limit=1&cursor={first['next_cursor']}").json()
    assert [first["items"][0]["line_no"], second["items"][0]["line_no"], second["next_cursor"]] == [1, 2, None]


def test_allotting_without_the_money_is_refused_with_what_is_missing(officer: Caller, database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        lines = [line(1, document_of(1), 500_00)]
        recorded = record(session, advice(lines), lines)
    refused = officer.post(f"/v1/remittances/{recorded.id}/allotment")
    assert (refused.status_code, refused.json()["code"]) == (409, "remittance_not_funded")
    assert "500.00" in refused.json()["detail"]
    assert refused.json()["outcome"] == "not_done"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/remittances/999", "remittance_not_found"),
        ("/v1/remittances/999/lines", "remittance_not_found"),
    ],
)
def test_what_is_not_there_is_not_found(officer: Caller, path: str, code: str) -> None:
    answer = officer.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_a_placement_of_what_is_not_in_suspense_or_for_nobody_is_refused(officer: Caller, remittance: int) -> None:
    officer.post(f"/v1/remittances/{remittance}/allotment")
    lines = officer.get(f"/v1/remittances/{remittance}/lines").json()["items"]
    body = {"member_id": lines[0]["member_id"], "reason": "again and again"}
    refused = officer.post(f"/v1/remittance-lines/{lines[0]['id']}/placement", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_in_suspense")
    nobody = officer.post(f"/v1/remittance-lines/{lines[1]['id']}/placement", {**body, "member_id": 999_999})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "member_not_found")
    missing = officer.post("/v1/remittance-lines/999999/placement", body)
    assert (missing.status_code, missing.json()["code"]) == (404, "remittance_line_not_found")


def test_a_cashier_has_no_business_here_and_an_auditor_only_reads(
    client: Callable[..., Caller], remittance: int
) -> None:
    assert client(Role.CASHIER).get("/v1/remittances").status_code == 403
    auditor = client(Role.AUDITOR)
    assert auditor.get("/v1/remittances").status_code == 200
    assert auditor.post(f"/v1/remittances/{remittance}/allotment").status_code == 403


def test_another_mutual_sees_nothing(client: Callable[..., Caller], remittance: int) -> None:
    elsewhere = client(Role.BENEFITS_OFFICER, mutual=2)
    assert elsewhere.get("/v1/remittances").json()["items"] == []
    assert elsewhere.get(f"/v1/remittances/{remittance}").status_code == 404
