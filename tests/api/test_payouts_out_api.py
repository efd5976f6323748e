"""Payouts by bank and at the counter over HTTP: who may, what is frozen, what is refused, and a try that is kept."""

import base64
import hashlib
import uuid
from collections.abc import Callable

import pytest
from tests.api.calling import Caller
from tests.bank.test_status_reports import report, transaction
from tests.paying import BANK, TODAY, document_of, open_bank, owe

from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.payouts.rules import message_id_of
from gateway.staff.models import Role

ACCOUNT = {"means": "bank", "account": "9700000001", "holder": "Ana Pérez", "reason": "her bank's card"}


@pytest.fixture
def owed(database: Database) -> list[int]:
    """Two members who are owed benefits."""
    with database.session(1) as session:
        open_bank(session)
        return owe(session, [500_00, 300_01])


def done(answer, status: int = 201):
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_file_for_the_bank_is_fetched_carried_once_and_reported_on(
    client: Callable[..., Caller], owed: list[int]
) -> None:
    officer, manager = client(Role.BENEFITS_OFFICER), client(Role.MANAGER)
    at = f"/v1/members/{owed[0]}/payout-destinations"
    assert client(Role.CASHIER).post(at, ACCOUNT).status_code == 403
    bad = officer.post(at, {**ACCOUNT, "holder": ""})
    assert (bad.status_code, bad.json()["code"]) == (422, "payout_destination_invalid")
    done(officer.post(at, ACCOUNT))
    assert done(officer.get(at), 200)["items"][0]["account"] == "9700000001"
    assert done(client(Role.CASHIER).get(at), 200)["items"][0]["account"] == "••••••0001"
    batch = done(officer.post("/v1/payout-batches", {"provider": BANK}))
    assert [one["obstacle"] for one in batch["left_out"]] == ["paid_otherwise"]
    here = f"/v1/payout-batches/{batch['id']}"
    early = manager.get(f"{here}/file")
    assert (early.status_code, early.json()["code"]) == (422, "payout_request_damaged")
    released = done(manager.post(f"{here}/release"))
    file = manager.get(f"{here}/file")
    digest = hashlib.sha256(file.content)
    assert digest.hexdigest() == released["request_sha256"]
    assert file.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert officer.get(f"{here}/file").status_code == 403, "who prepares does not carry"
    other = manager.post(f"{here}/hand-over", {"sha256": "0" * 64})
    assert (other.status_code, other.json()["code"]) == (422, "payout_request_damaged")
    carried = {"sha256": released["request_sha256"], "reference": "BANK-17"}
    assert done(manager.post(f"{here}/hand-over", carried))["provider_reference"] == "BANK-17"
    twice = manager.post(f"{here}/hand-over", carried)
    assert (twice.status_code, twice.json()["code"], twice.json()["outcome"]) == (409, "payout_file_sent", "not_done")
    (payout,) = done(manager.get(f"{here}/payouts"), 200)["items"]
    message = message_id_of(uuid.UUID(batch["correlation_id"]))
    body = report("PART", transaction(payout["end_to_end_id"], "RJCT", "AC04"), message=message)
    told = done(officer.post("/v1/payout-status-reports", files={"file": ("r.xml", body)}))
    assert (told["bank_status"], told["failed"], told["batch_status"]) == ("PART", "500.00", "finished")
    stranger = officer.post("/v1/payout-status-reports", files={"file": ("r.xml", report("ACCP"))})
    assert (stranger.status_code, stranger.json()["code"]) == (404, "payout_report_unknown")
    assert officer.post("/v1/payout-status-reports", files={"file": ("r.xml", b"x")}).status_code == 422


def test_the_counter_needs_a_code_a_card_and_another_person_and_keeps_each_wrong_try(
    client: Callable[..., Caller], owed: list[int], database: Database
) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:main")], "DOP")
        lines = [Line("cash:main", 600_00), Line("reserve:float", -600_00)]
        post(session, Event("float", "float", TODAY, lines, "staff:mara"))
    officer, manager = client(Role.BENEFITS_OFFICER), client(Role.MANAGER)
    cashier = client(Role.CASHIER)
    asked = {"provider": "cash:main", "member_ids": owed[:1]}
    batch = done(officer.post("/v1/payout-batches", asked))
    done(manager.post(f"/v1/payout-batches/{batch['id']}/release"))
    (payout,) = done(officer.get(f"/v1/payout-batches/{batch['id']}/payouts"), 200)["items"]
    at = f"/v1/payouts/{payout['id']}"
    assert cashier.post(f"{at}/code").status_code == 403
    code = done(officer.post(f"{at}/code"))["code"]
    card = {"identity_kind": "national_id", "identity": document_of(1)}
    wrong = "00000000" if code != "00000000" else "11111111"
    key = cashier.post(f"{at}/hand-out", {**card, "code": wrong}, key="k1")
    assert (key.status_code, key.json()["code"]) == (409, "hand_out_code_wrong")
    with database.session(1) as session:
        assert db.one(session, "SELECT tries_left FROM payout_code").tries_left == 4, "the try is kept"
        kept = db.rows(session, "SELECT convert_from(body, 'UTF8') AS body FROM idempotency_key")
        assert not [row for row in kept if code in (row.body or "")], "no answer that holds a code is kept"
    assert manager.post(f"{at}/hand-out", {**card, "code": code}).json()["code"] == "hand_out_refused"
    assert done(cashier.post(f"{at}/hand-out", {**card, "code": f"{code[:4]} {code[4:]}"}))["status"] == "paid"
    assert cashier.post(f"{at}/hand-out", {**card, "code": code}).json()["code"] == "payout_wrong_means"
    with database.session(1) as session:
        assert db.one(session, "SELECT count(*) AS n FROM ledger_tx WHERE kind = 'payout.settle'").n == 1
