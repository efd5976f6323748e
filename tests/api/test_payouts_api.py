"""Payouts over HTTP: two people, one effect, and refusals in words."""

from collections.abc import Callable

import pytest
from tests.api.calling import Caller
from tests.paying import TODAY, open_bank, owe

from gateway.kit import db
from gateway.kit.db import Database
from gateway.payouts.confirm import Result, apply_results
from gateway.staff.models import Role


@pytest.fixture
def owed(database: Database) -> list[int]:
    """Two members who are owed benefits."""
    with database.session(1) as session:
        open_bank(session)
        return owe(session, [500_00, 300_01])


@pytest.fixture
def officer(client: Callable[..., Caller]) -> Caller:
    """A benefits officer."""
    return client(Role.BENEFITS_OFFICER)


@pytest.fixture
def manager(client: Callable[..., Caller]) -> Caller:
    """A manager."""
    return client(Role.MANAGER)


def test_one_person_prepares_another_releases(officer: Caller, manager: Caller, owed: list[int]) -> None:
    prepared = officer.post("/v1/payout-batches", {"provider": "orange"})
    assert prepared.status_code == 201, prepared.text
    batch = prepared.json()
    assert (batch["status"], batch["figures"]) == ("draft", "2 payouts, DOP 800.01")
    assert (batch["further_batches"], batch["left_out"]) == ([], [])
    released = manager.post(f"/v1/payout-batches/{batch['id']}/release")
    assert (released.status_code, released.json()["status"]) == (201, "released"), released.text
    detail = manager.get(f"/v1/payout-batches/{batch['id']}").json()
    assert detail["payouts"] == [{"status": "ordered", "payout_count": 2, "total": "800.01", "currency": "DOP"}]
    payouts = manager.get(f"/v1/payout-batches/{batch['id']}/payouts?limit=1").json()
    assert [row["amount"] for row in payouts["items"]] == ["500.00"]
    assert payouts["next_cursor"] is not None
    assert [row["id"] for row in manager.get("/v1/payout-batches?status=released").json()["items"]] == [batch["id"]]


def test_a_release_by_the_person_who_prepared_it_is_refused(
    client: Callable[..., Caller], owed: list[int], database: Database
) -> None:
    both = client(Role.BENEFITS_OFFICER, Role.MANAGER)
    batch = both.post("/v1/payout-batches", {"provider": "momo:orange"}).json()
    refused = both.post(f"/v1/payout-batches/{batch['id']}/release")
    assert (refused.status_code, refused.json()["code"]) == (409, "second_person_needed")
    with database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE kind = 'payout.release'") == 0


def test_who_only_prepares_may_not_release(officer: Caller, owed: list[int]) -> None:
    batch = officer.post("/v1/payout-batches", {"provider": "orange"}).json()
    assert officer.post(f"/v1/payout-batches/{batch['id']}/release").status_code == 403


def test_a_second_draft_is_refused_and_a_discarded_one_makes_room(officer: Caller, owed: list[int]) -> None:
    first = officer.post("/v1/payout-batches", {"provider": "orange"}).json()
    refused = officer.post("/v1/payout-batches", {"provider": "orange"})
    assert (refused.status_code, refused.json()["code"]) == (409, "payout_draft_open")
    given_up = officer.post(f"/v1/payout-batches/{first['id']}/discard", {"reason": "too early"})
    assert (given_up.status_code, given_up.json()["reason"]) == (201, "too early")
    again = officer.post("/v1/payout-batches", {"provider": "orange"})
    assert again.status_code == 201
    assert officer.post(f"/v1/payout-batches/{again.json()['id']}/discard").status_code == 201, "a reason is optional"


def test_a_released_batch_is_neither_released_nor_discarded_again(
    officer: Caller, manager: Caller, owed: list[int]
) -> None:
    batch = officer.post("/v1/payout-batches", {"provider": "orange"}).json()
    manager.post(f"/v1/payout-batches/{batch['id']}/release")
    for act in ("release", "discard"):
        refused = manager.post(f"/v1/payout-batches/{batch['id']}/{act}")
        assert (refused.status_code, refused.json()["code"]) == (409, "invalid_transition")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"provider": "nobody"}, 404, "provider_unknown"),
        ({"provider": "../x"}, 422, "malformed"),
        ({}, 422, "malformed"),
    ],
)
def test_a_provider_that_cannot_be_is_refused(
    officer: Caller, owed: list[int], body: dict[str, str], status: int, code: str
) -> None:
    refused = officer.post("/v1/payout-batches", body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_nothing_owed_is_said_so(officer: Caller, database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
    refused = officer.post("/v1/payout-batches", {"provider": "orange"})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_owed")


def test_a_paid_payout_comes_back_once_and_one_that_was_not_paid_cannot(
    officer: Caller, manager: Caller, owed: list[int], database: Database
) -> None:
    batch = officer.post("/v1/payout-batches", {"provider": "orange"}).json()
    manager.post(f"/v1/payout-batches/{batch['id']}/release")
    first, second = manager.get(f"/v1/payout-batches/{batch['id']}/payouts").json()["items"]
    with database.session(1) as session:
        db.run(session, "UPDATE payout_batch SET status = 'submitted'")
        result = Result(first["end_to_end_id"], "paid", "T1")
        apply_results(session, batch["id"], [result], actor="worker:w", today=TODAY)
    back = manager.post(f"/v1/payouts/{first['id']}/return", {"reason": "the account was closed"})
    assert (back.status_code, back.json()["status"]) == (201, "returned"), back.text
    refused = manager.post(f"/v1/payouts/{second['id']}/return", {"reason": "the account was closed"})
    assert (refused.status_code, refused.json()["code"]) == (409, "payout_not_returnable")
    missing = manager.post("/v1/payouts/999999/return", {"reason": "the account was closed"})
    assert (missing.status_code, missing.json()["code"]) == (404, "payout_not_found")


def test_what_is_not_there_or_another_mutuals_is_not_found(
    officer: Caller, client: Callable[..., Caller], owed: list[int]
) -> None:
    batch = officer.post("/v1/payout-batches", {"provider": "orange"}).json()
    elsewhere = client(Role.MANAGER, mutual=2)
    for path in (f"/v1/payout-batches/{batch['id']}", f"/v1/payout-batches/{batch['id']}/payouts"):
        assert elsewhere.get(path).json()["code"] == "payout_batch_not_found"
    assert elsewhere.post(f"/v1/payout-batches/{batch['id']}/release").status_code == 404
