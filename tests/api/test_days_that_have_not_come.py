"""Whatever is said to have happened on a day that has not come is refused with its place, what was expected and what to do."""

from collections.abc import Callable

from tests.api.calling import Caller
from tests.api.test_claims_api import done, member
from tests.filing.filing_town import COST, tell_state_account
from tests.filing.test_payments_that_come_back import Town
from tests.paying import make_members, open_bank

from gateway.kit import db
from gateway.kit.db import Database
from gateway.staff.models import Role

__all__ = ["member"]
LogIn = Callable[..., Caller]
NEVER, NEVER_MONTH = "2099-01-31", "2099-01"


def refused(answer, pointer: str) -> None:
    """Check that an answer refuses a day for not having come, and says where, what was expected and what to do."""
    assert answer.status_code in (409, 422), answer.text
    problem = answer.json()
    assert [one["pointer"] for one in problem["errors"]] == [pointer], problem
    assert "expected a " in problem["errors"][0]["detail"]
    assert "2099-01" in problem["detail"]


def test_of_a_claim(client: LogIn, database: Database, member: int) -> None:
    officer = client(Role.BENEFITS_OFFICER)
    born = {"member_id": member, "kind": "breastfeeding", "starts_on": NEVER}
    assert officer.post("/v1/claims", born).status_code == 422
    claim = done(officer.post("/v1/claims", {"member_id": member, "kind": "maternity", "starts_on": "2026-03-02"}))
    at, codes = f"/v1/claims/{claim['id']}", [item["code"] for item in claim["checklist"]]
    refused(officer.post(f"{at}/documents", {"codes": codes, "received_on": NEVER}), "/received_on")
    done(officer.post(f"{at}/documents", {"codes": codes}))
    refused(officer.post(f"{at}/submission", {"submitted_on": NEVER}), "/submitted_on")
    done(officer.post(f"{at}/submission", {"authority_reference": "M1"}))
    refused(officer.post(f"{at}/decision", {"outcome": "accepted", "decided_on": NEVER}), "/decided_on")
    word = {"outcome": "refused", "reason": "asked too late", "decided_on": NEVER}
    refused(officer.post(f"{at}/decision", word), "/decided_on")
    assert officer.get(at).json()["status"] == "submitted", "nothing of it was done"


def test_of_a_bill_and_its_payment_read_on_the_portal(client: LogIn, database: Database) -> None:
    tell_state_account(database)
    with database.session(1) as session:
        town = Town(session)
        bill = town.bill()
        town.booked(bill)
        payroll, number = town.payroll_id, bill.id
    accountant = client(Role.ACCOUNTANT)
    paid = {"amount": f"{2 * COST / 100:.2f}", "currency": "DOP", "paid_on": NEVER, "authorisation": "A1"}
    refused(accountant.post(f"/v1/bills/{number}/portal-confirmation", paid), "/paid_on")
    typed = {
        "payroll_id": payroll, "period": "2026-03", "reference": "N2", "issued_on": NEVER, "due_on": "2099-02-05",
        "components": [{"code": "health_worker", "amount": "1.00"}], "total": "1.00", "currency": "DOP",
    }  # fmt: skip
    refused(accountant.post("/v1/bills", typed), "/issued_on")
    refused(accountant.post("/v1/bills", {**typed, "issued_on": "2026-04-01", "period": NEVER_MONTH}), "/period")
    assert accountant.get(f"/v1/bills/{number}").json()["status"] == "booked"


def test_of_money_between_places_of_ours_and_at_the_bank(client: LogIn, database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
    accountant = client(Role.ACCOUNTANT)
    moved = {
        "from_code": "bank:main",
        "to_code": "momo:orange",
        "amount": "10.00",
        "currency": "DOP",
        "ordered_on": NEVER,
    }
    refused(accountant.post("/v1/own-transfers", moved), "/ordered_on")
    account = {
        "number": "DO09", "name": "Banco", "kind": "bank", "currency": "DOP", "ledger_code": "bank:other", "holder": "Mutual",
        "opening_amount": "10.00", "opening_on": NEVER,
    }  # fmt: skip
    refused(accountant.post("/v1/bank-accounts", account), "/opening_on")
    with database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE valid_on > '2030-01-01'") == 0


def test_of_money_received(client: LogIn, database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        (made,) = make_members(session, 1)
    cashier, officer = client(Role.CASHIER), client(Role.FILING_OFFICER)
    paid = {
        "source_reference": "r1", "channel": "cash", "account_code": "cash:office", "amount": "10.00",
        "currency": "DOP", "paid_on": NEVER, "lines": [{"member_id": made, "amount": "10.00"}],
    }  # fmt: skip
    refused(cashier.post("/v1/receipts", paid), "/paid_on")
    employer = officer.post("/v1/employers", {"number": "1-30-00001-8", "name": "Colmado Luz"})
    given = {"amount": "10.00", "currency": "DOP", "paid_on": NEVER, "channel": "bank", "account_code": "bank:main",
             "source_reference": "r2"}  # fmt: skip
    refused(cashier.post(f"/v1/employers/{employer.json()['id']}/receipts", given), "/paid_on")


def test_of_an_entry_that_explains_a_difference(client: LogIn, database: Database) -> None:
    tell_state_account(database)
    with database.session(1) as session:
        town = Town(session)
        assert town.bill(health_worker=100).total_minor == 2 * COST + 100
        town.statement()
        (found,) = db.rows(session, "SELECT id FROM reconciliation_break WHERE kind = 'bill_differs'")
    accountant, second = client(Role.ACCOUNTANT), client(Role.MANAGER, name="berta")
    lines = [
        {"account": "expense:state-differences", "amount": "1.00"},
        {"account": "suspense:state", "amount": "-1.00"},
    ]
    done(
        accountant.post(
            f"/v1/breaks/{found.id}/proposal",
            {"resolution": "post_entry", "lines": lines, "reason": "rounding of the state"},
        ),
        200,
    )
    word = {"is_approved": True, "valid_on": NEVER}
    refused(second.post(f"/v1/breaks/{found.id}/resolution", word), "/valid_on")
