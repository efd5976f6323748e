"""Statements, own transfers, breaks and the position of the money over HTTP: two people, one effect, refusals in words."""

from collections.abc import Callable

import pytest
from tests.api.calling import Caller
from tests.reconciliation.statements import Booked, camt053

from gateway.staff.models import Role

ACCOUNT = {
    "number": "9600000001",
    "name": "Cuenta operativa",
    "kind": "bank",
    "currency": "DOP",
    "ledger_code": "bank:main",
    "opening_amount": "10000.00",
    "opening_on": "2026-03-01",
}
DEPOSIT = {
    "from_code": "cash:office",
    "to_code": "bank:main",
    "amount": "250.00",
    "currency": "DOP",
    "ordered_on": "2026-03-03",
}
CHARGE = {
    "resolution": "post_entry",
    "lines": [
        {"account": "expense:bank-charges", "amount": "15.00"},
        {"account": "suspense:bank", "amount": "-15.00"},
    ],
    "reason": "the bank's charge for March",
}


@pytest.fixture
def accountant(client: Callable[..., Caller]) -> Caller:
    """An accountant of a mutual with a bank account that holds 10,000.00 and a till that took 250.00."""
    found = client(Role.ACCOUNTANT)
    made = found.post("/v1/bank-accounts", ACCOUNT)
    assert made.status_code == 201, made.text
    receipt = {
        "channel": "cash",
        "account_code": "cash:office",
        "amount": "250.00",
        "currency": "DOP",
        "paid_on": "2026-03-02",
        "lines": [{"identity": "nobody knows", "amount": "250.00"}],
    }
    assert client(Role.CASHIER).post("/v1/receipts", receipt).status_code == 201
    return found


@pytest.fixture
def manager(client: Callable[..., Caller]) -> Caller:
    """A manager."""
    return client(Role.MANAGER)


def load(who: Caller, *lines: Booked, opening: int = 1_000_000) -> dict[str, object]:
    answer = who.post("/v1/bank-statements", files={"file": ("estado.xml", camt053(opening, list(lines)))})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_deposit_reaches_the_bank_and_the_position_explains_itself(accountant: Caller) -> None:
    order = accountant.post("/v1/own-transfers", DEPOSIT)
    assert (order.status_code, order.json()["status"]) == (201, "ordered"), order.text
    loaded = load(accountant, Booked(25_000, text=order.json()["reference"]))
    assert (loaded["is_new"], loaded["new_line_count"]) == (True, 1)
    done = accountant.post("/v1/reconciliation-runs").json()
    assert done["matched"] == {"transfer_reference": 1}
    position = accountant.get("/v1/money-position").json()
    assert position["is_explained"]
    assert position["accounts"][0]["books"] == position["accounts"][0]["statement"] == "10250.00"
    statement = loaded["statements"][0]["id"]  # type: ignore[index]
    (line,) = accountant.get(f"/v1/bank-statements/{statement}/lines").json()["items"]
    assert (line["status"], line["rule"], line["amount"]) == ("matched", "transfer_reference", "250.00")
    assert accountant.get("/v1/own-transfers?status=booked").json()["items"][0]["booked_on"] == "2026-03-03"


def test_the_same_statement_twice_says_so_and_the_same_key_twice_replays(accountant: Caller) -> None:
    load(accountant, Booked(100))
    again = load(accountant, Booked(100))
    assert (again["is_new"], again["new_line_count"]) == (False, 0)
    first = accountant.post("/v1/own-transfers", DEPOSIT, key="one")
    second = accountant.post("/v1/own-transfers", DEPOSIT, key="one")
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json()["id"] == first.json()["id"]
    other = accountant.post("/v1/own-transfers", {**DEPOSIT, "amount": "1.00"}, key="one")
    assert other.status_code == 422


def test_an_unknown_debit_is_explained_by_one_and_approved_by_another(accountant: Caller, manager: Caller) -> None:
    load(accountant, Booked(-1_500, text="COMISION"))
    accountant.post("/v1/reconciliation-runs")
    (found,) = accountant.get("/v1/breaks?status=unresolved&kind=bank_debit_unknown").json()["items"]
    assert (found["amount"], found["suggestions"][0]["code"]) == ("-15.00", "book_bank_charge")
    proposed = accountant.post(f"/v1/breaks/{found['id']}/proposal", CHARGE)
    assert (proposed.status_code, proposed.json()["status"]) == (200, "proposed"), proposed.text
    alone = accountant.post(f"/v1/breaks/{found['id']}/resolution", {"is_approved": True})
    assert (alone.status_code, alone.json()["code"]) == (403, "same_person")
    done = manager.post(f"/v1/breaks/{found['id']}/resolution", {"is_approved": True, "valid_on": "2026-03-03"})
    assert (done.status_code, done.json()["status"]) == (200, "posted"), done.text
    again = manager.post(f"/v1/breaks/{found['id']}/resolution", {"is_approved": True})
    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")


def test_a_note_stands_beside_the_break(accountant: Caller) -> None:
    load(accountant, Booked(-1_500, text="COMISION"))
    accountant.post("/v1/reconciliation-runs")
    (found,) = accountant.get("/v1/breaks?kind=bank_debit_unknown").json()["items"]
    accountant.post(f"/v1/breaks/{found['id']}/notes", {"note": "asked the bank"})
    assert [row["note"] for row in accountant.get(f"/v1/breaks/{found['id']}").json()["notes"]] == ["asked the bank"]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/v1/own-transfers", {**DEPOSIT, "amount": "250"}, (422, "amount_invalid")),
        ("/v1/own-transfers", {**DEPOSIT, "amount": "250.001"}, (422, "amount_invalid")),
        ("/v1/own-transfers", {**DEPOSIT, "amount": "-250.00"}, (422, "transfer_invalid")),
        ("/v1/own-transfers", {**DEPOSIT, "currency": "USD"}, (422, "transfer_invalid")),
        ("/v1/own-transfers", {**DEPOSIT, "from_code": "cash:nowhere"}, (404, "account_unknown")),
        ("/v1/own-transfers", {**DEPOSIT, "to_code": "bank:other"}, (404, "bank_account_unknown")),
        ("/v1/own-transfers", {**DEPOSIT, "ordered_on": "2026-05-01"}, (422, "not_happened_yet")),
        ("/v1/bank-accounts", {**ACCOUNT, "ledger_code": "bank:two"}, (409, "bank_account_known")),
        ("/v1/breaks/999/notes", {"note": "who knows"}, (404, "break_unknown")),
        ("/v1/breaks/999/proposal", CHARGE, (404, "break_unknown")),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(
    accountant: Caller, path: str, body: dict[str, object], expected: tuple[int, str]
) -> None:
    refused = accountant.post(path, body)
    assert (refused.status_code, refused.json()["code"]) == expected, refused.text
    assert refused.json()["outcome"] == "not_done"
    assert len(refused.json()["detail"]) > 20


def test_what_is_no_statement_is_refused_with_its_place(accountant: Caller) -> None:
    refused = accountant.post("/v1/bank-statements", files={"file": ("x.xml", b"<html>sorry</html>")})
    assert refused.status_code == 422
    assert accountant.get("/v1/bank-statements").json()["items"] == []


def test_a_statement_that_does_not_follow_is_put_aside_with_the_reason(accountant: Caller) -> None:
    load(accountant, Booked(100))
    gap = accountant.post(
        "/v1/bank-statements",
        files={"file": ("x.xml", camt053(5, [Booked(1)], number="123"))},
    ).json()
    assert gap["statements"][0]["status"] == "quarantined"
    (aside,) = accountant.get("/v1/bank-statements?status=quarantined").json()["items"]
    assert "not one of the mutual's" in aside["reason"]


def test_a_transfer_that_was_never_made_is_taken_back(accountant: Caller) -> None:
    order = accountant.post("/v1/own-transfers", DEPOSIT).json()
    back = accountant.post(f"/v1/own-transfers/{order['id']}/withdrawal", {"reason": "the bank was closed"})
    assert (back.status_code, back.json()["status"]) == (200, "withdrawn"), back.text


def test_another_mutual_sees_none_of_it(accountant: Caller, client: Callable[..., Caller]) -> None:
    loaded = load(accountant, Booked(100))
    other = client(Role.ACCOUNTANT, mutual=2)
    statement = loaded["statements"][0]["id"]  # type: ignore[index]
    assert other.get(f"/v1/bank-statements/{statement}").status_code == 404
    assert other.get("/v1/bank-accounts").json()["items"] == []
