"""Exceptions and matches over HTTP: ages, owners, equal cases together, whose a line's money is, what may differ."""

import datetime as dt
from collections.abc import Callable

import pytest
from tests.api.calling import Caller
from tests.reconciliation.statements import Booked, camt053, camt054

from gateway.staff.models import Role

ACCOUNT = {
    "number": "9600000001", "name": "Cuenta", "kind": "bank", "currency": "DOP", "ledger_code": "bank:main",
    "opening_amount": "10000.00", "opening_on": "2026-03-01",
}  # fmt: skip


@pytest.fixture
def people(client: Callable[..., Caller]) -> tuple[Caller, Caller]:
    """An accountant and a manager of a mutual whose statement brought two charges and money of nobody."""
    accountant, manager = client(Role.ACCOUNTANT), client(Role.MANAGER)
    assert accountant.post("/v1/bank-accounts", ACCOUNT).status_code == 201
    lines = [Booked(-150, text="COMISION 1"), Booked(-275, text="COMISION 2"), Booked(999, text="nadie")]
    body = camt053(1_000_000, lines)
    assert accountant.post("/v1/bank-statements", files={"file": ("x.xml", body, "application/xml")}).status_code == 201
    assert accountant.post("/v1/reconciliation-runs").status_code == 201
    return accountant, manager


def test_equal_cases_are_listed_by_age_assigned_and_explained_by_two_people(people: tuple[Caller, Caller]) -> None:
    accountant, manager = people
    charges = accountant.get("/v1/breaks", params={"kind": "bank_debit_unknown", "status": "unresolved"}).json()[
        "items"
    ]
    age = charges[0]["age"]
    assert charges[0]["suggestions"][0]["code"] == "book_bank_charge"
    listed = accountant.get("/v1/breaks", params={"age": age, "owner": charges[0]["owner_role"]}).json()["items"]
    assert {one["id"] for one in charges} <= {one["id"] for one in listed}
    ages = {row["kind"]: row for row in accountant.get("/v1/break-ages").json()["items"]}
    assert (ages["bank_debit_unknown"]["break_count"], ages["bank_debit_unknown"]["amount"]) == (2, "4.25")
    owned = accountant.post(
        f"/v1/breaks/{charges[0]['id']}/assignment", {"owner": "staff:carmen", "due_on": "2026-12-31"}
    )
    assert (owned.status_code, owned.json()["owner"]) == (200, "staff:carmen")
    ids = [one["id"] for one in charges]
    how = {"break_ids": ids, "suggestion": "book_bank_charge", "reason": "charges of March"}
    proposed = accountant.post("/v1/break-proposals", how)
    assert [one["status"] for one in proposed.json()["items"]] == ["proposed", "proposed"], proposed.text
    alone = accountant.post("/v1/break-resolutions", {"break_ids": ids, "is_approved": True})
    assert (alone.status_code, alone.json()["code"]) == (403, "same_person")
    done = manager.post("/v1/break-resolutions", {"break_ids": ids, "is_approved": True})
    assert [one["status"] for one in done.json()["items"]] == ["posted", "posted"], done.text
    other = accountant.get("/v1/breaks", params={"kind": "receipt_suspense"}).json()["items"][0]["id"]
    mixed = accountant.post("/v1/break-proposals", {**how, "break_ids": [ids[0], other]})
    assert (mixed.status_code, mixed.json()["code"]) == (422, "cases_differ")
    income = {"resolution": "post_entry", "reason": "old", "lines": [{"account": "suspense:bank", "amount": "9.99"}, {"account": "income:other", "amount": "-9.99"}]}  # fmt: skip
    refused = accountant.post(f"/v1/breaks/{other}/proposal", income)
    assert (refused.status_code, refused.json()["code"]) == (422, "proposal_invalid")


def test_an_announcement_that_nothing_shows_is_taken_back_or_shown_in_a_sum(people: tuple[Caller, Caller]) -> None:
    accountant, manager = people
    day, opening = dt.date(2026, 3, 4), 1_000_574
    announced = camt054([Booked(4_000, "E1"), Booked(5_000, "E2"), Booked(70, "E3")], day=day)
    for body in (announced, camt053(opening, [Booked(9_000, "S1", "lote")], day=day)):
        loaded = accountant.post("/v1/bank-statements", files={"file": ("x.xml", body, "application/xml")})
        assert loaded.status_code == 201
        assert accountant.post("/v1/reconciliation-runs").status_code == 201
    asked = {"kind": "announcement_unshown", "status": "unresolved"}
    found = {one["amount"]: one["id"] for one in accountant.get("/v1/breaks", params=asked).json()["items"]}
    hints = {one["code"]: one for one in accountant.get(f"/v1/breaks/{found['-40.00']}").json()["suggestions"]}
    shown = {name: hints["shown_in_sum"][name] for name in ("resolution", "statement_line_id", "announced_line_ids")}
    for number, how in ((found["-40.00"], shown), (found["-0.70"], {"resolution": hints["take_back"]["resolution"]})):
        told = {**how, "reason": "the bank's own list says so"}
        proposed = accountant.post(f"/v1/breaks/{number}/proposal", told)
        assert (proposed.status_code, proposed.json()["status"]) == (200, "proposed"), proposed.text
        done = manager.post(f"/v1/breaks/{number}/resolution", {"is_approved": True})
        assert (done.status_code, done.json()["resolution"]) == (200, how["resolution"]), done.text
    assert accountant.post("/v1/reconciliation-runs").status_code == 201
    assert accountant.get("/v1/breaks", params=asked).json()["items"] == []
    assert accountant.get("/v1/money-position").json()["is_explained"] is True
    again = accountant.post(
        f"/v1/breaks/{found['-50.00']}/proposal", {"resolution": "take_back", "reason": "once more"}
    )
    assert again.status_code == 409


def test_rules_matches_and_tolerances_are_there_to_be_seen(people: tuple[Caller, Caller]) -> None:
    accountant, manager = people
    rules = accountant.get("/v1/match-rules").json()["items"]
    assert [rule["code"] for rule in rules][:1] == ["our_end_to_end_id"]
    assert {rule["strength"] for rule in rules} == {"sure", "by_setting", "hint"}
    statement = accountant.get("/v1/bank-statements").json()["items"][0]["id"]
    lines = accountant.get(f"/v1/bank-statements/{statement}/lines").json()["items"]
    told = accountant.get(f"/v1/bank-statement-lines/{lines[0]['id']}/matches").json()
    assert told == {"matches": [], "suggestions": []}
    wrong = accountant.post(f"/v1/bank-statement-lines/{lines[0]['id']}/owner", {"member_id": 1, "reason": "hers"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "not_a_receipt")
    assert accountant.get("/v1/bank-statement-lines/999999/matches").json()["code"] == "statement_line_unknown"
    asked = {
        "place_code": "bank:main:in-transit",
        "reason": "bank_charge",
        "most": "2.50",
        "difference_code": "expense:bank-charges",
    }
    assert accountant.post("/v1/match-tolerances", asked).status_code == 403
    decided = manager.post("/v1/match-tolerances", asked)
    assert (decided.status_code, decided.json()["version"]) == (201, 1), decided.text
    assert accountant.get("/v1/match-tolerances").json()["items"] == [decided.json()]
