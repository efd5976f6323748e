"""Law as data, bills against ours, and employers the mutual files for, over HTTP."""

import datetime as dt
from collections.abc import Callable

import pytest
from tests.api.calling import Caller
from tests.filing.filing_town import COST, payroll_of
from tests.filing.notices import accepted, notice

from gateway.filing.bills import receive_notice
from gateway.kit.db import Database
from gateway.staff.models import Role

LogIn = Callable[..., Caller]
TODAY = dt.date(2026, 4, 2)
EN = {"accept-language": "en"}


@pytest.fixture
def officer(client: LogIn) -> Caller:
    """Somebody who files."""
    return client(Role.FILING_OFFICER)


def test_staff_correct_the_calendar_with_a_reason_and_the_due_day_moves(officer: Caller, client: LogIn) -> None:
    def due() -> str:
        return str(officer.get("/v1/due-dates", params={"period": "2026-03"}).json()["due_on"])

    assert due() == "2026-04-06"
    body = {"day": "2026-04-02", "name": "Jueves Santo", "reason": "decreto 128-26"}
    assert client(Role.CASHIER).post("/v1/holidays", body).status_code == 403
    first = officer.post("/v1/holidays", body, key="k1")
    assert (first.status_code, first.json()["source"], due()) == (201, "staff", "2026-04-07")
    assert officer.post("/v1/holidays", body, key="k1").json() == first.json()
    assert officer.post("/v1/holidays", body).json()["code"] == "holiday_known"
    assert officer.delete("/v1/holidays/2026-04-02").status_code == 422
    assert officer.delete("/v1/holidays/2026-04-02", params={"reason": "decreto 130-26"}).status_code == 204
    assert officer.delete("/v1/holidays/2026-04-02", params={"reason": "decreto"}).json()["code"] == "holiday_unknown"
    year = officer.get("/v1/holidays").json()
    assert (len(year["items"]), year["year"], year["country"]) == (12, 2026, "do")
    assert [(one["day"], one["is_holiday"]) for one in year["corrections"]] == [("2026-04-02", False)]
    assert officer.get("/v1/holidays", params={"year": 2036}).json()["code"] == "calendar_missing"


def test_a_rate_is_proposed_by_one_and_approved_by_another(officer: Caller, client: LogIn) -> None:
    body = {
        "kind": "rates", "name": "work_risk", "valid_from": "2026-05-01", "value": "0.0115", "source": "CNSS 600",
        "read_on": "2026-04-01", "mark": "2", "reason": "new class of risk",
    }  # fmt: skip
    made = officer.post("/v1/rate-proposals", body)
    assert (made.status_code, made.json()["status"]) == (201, "proposed")
    url = f"/v1/rate-proposals/{made.json()['id']}/approval"
    assert officer.post(url).status_code == 403
    assert client(Role.MANAGER).post(url).json()["decided_by"] == "staff:manager"
    rates = {month: officer.get("/v1/rates", params={"period": month}).json() for month in ("2026-04", "2026-05")}
    risk = {
        month: next(one for one in told["components"] if one["code"] == "work_risk") for month, told in rates.items()
    }
    assert [(one["rate"], one["mark"], one["verified"]) for one in risk.values()] == [
        ("0.0110", "1", False), ("0.0115", "2", True),
    ]  # fmt: skip
    late = officer.post("/v1/rate-proposals", {**body, "valid_from": "2026-04-02"})
    assert (late.status_code, late.json()["code"]) == (409, "rate_not_ahead")
    entered = officer.post(
        "/v1/system-returns",
        {"period": "2026-02", "value": "0.0081", "source": "SIPEN", "read_on": "2026-04-01", "mark": "1"},
    )
    assert (entered.status_code, officer.get("/v1/system-returns").json()["items"][0]["value"]) == (201, "0.0081")


def test_a_bill_is_set_against_ours_and_what_paying_late_costs_is_told_before(
    officer: Caller, database: Database
) -> None:
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 2)
        _, reference = accepted(session, payroll_id)
        bill = receive_notice(session, notice([reference], lines=2, work_risk=4_646), actor="worker:1", today=TODAY)
        assert bill is not None
        bill_id = bill.id
    told = officer.get(f"/v1/bills/{bill_id}/comparison", headers=EN).json()
    risk = next(one for one in told["components"] if one["component"] == "work_risk")
    assert (told["standing"], told["difference"], told["our_due_on"], told["verified"]) == (
        "current", "46.46", "2026-04-06", False,
    )  # fmt: skip
    assert (risk["difference"], risk["reason"], risk["mark"], risk["verified"]) == (
        "46.46",
        "rate_unverified",
        "1",
        False,
    )
    assert "SRC-003" in risk["text"]
    late = officer.get(f"/v1/bills/{bill_id}/forecast", params={"pay_on": "2026-04-09"}, headers=EN).json()
    assert (late["in_time"], late["more"], late["total"], late["months"]) == ("9893.00", "108.82", "10001.82", 1)
    assert late["text"].startswith(
        "Paying on 9 April 2026 costs DOP\u00a010,001.82: DOP\u00a0108.82 more than by 6 April 2026."
    )
    assert officer.get(f"/v1/bills/{bill_id}/forecast", params={"pay_on": "2026-01-01"}).status_code == 422
    page = officer.get(f"/v1/bills/{bill_id}").json()
    assert [one["pay_on"] for one in page["forecast"]] == ["2026-04-06", "2026-04-07", "2026-05-07"]
    assert "Pagando el 7 de abril de 2026 cuesta DOP\u00a010,001.82" in page["forecast"][1]["text"]
    assert officer.get("/v1/open-bill-credits").json() == {"items": []}
    assert officer.get("/v1/bill-credits").json()["items"] == []

    with database.session(1) as session:
        from gateway.kit import db

        db.run(
            session,
            "UPDATE filing_line SET status = 'rejected', state_code = '24' WHERE member_id = :id",
            {"id": ids[0]},
        )
    drift = officer.get("/v1/drift", params={"period": "2026-03"}, headers=EN).json()["items"]
    assert [(one["kind"], one["role"], one["state"]["code"]) for one in drift] == [("rejected", "cashier", "24")]
    holdings = officer.get("/v1/state-holdings").json()["items"]
    assert [(one["member_id"], one["active_since"], one["wage"]) for one in holdings] == [
        (ids[1], "2026-03", "23223.00")
    ]


def test_an_employer_has_a_number_money_and_payrolls_of_his_own(officer: Caller, client: LogIn) -> None:
    wrong = officer.post("/v1/employers", {"number": "1-30-00001-9", "name": "Colmado"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "employer_number_invalid")
    made = officer.post("/v1/employers", {"number": "1-30-00001-8", "name": "Colmado Núñez"}).json()
    assert (made["number"], made["held"]) == ("130000018", "0.00")
    unknown = officer.post("/v1/payrolls", {"code": "001", "name": "x", "employer_number": "130000026"})
    assert unknown.json()["code"] == "employer_unknown"
    payroll = officer.post("/v1/payrolls", {"code": "001", "name": "Colmado", "employer_number": "1-30-00001-8"})
    assert (payroll.status_code, payroll.json()["employer_number"]) == (201, "130000018")
    body = {
        "channel": "cash",
        "account_code": "cash:main",
        "amount": "4923.27",
        "currency": "DOP",
        "paid_on": "2026-04-01",
    }
    cashier, url = client(Role.CASHIER), f"/v1/employers/{made['id']}/receipts"
    receipt = cashier.post(url, body, key="one")
    assert (receipt.status_code, cashier.post(url, body, key="one").json()) == (201, receipt.json())
    assert officer.get(f"/v1/employers/{made['id']}").json()["held"] == f"{COST / 100:.2f}"
    back = client(Role.ACCOUNTANT).post(
        f"/v1/employer-receipts/{receipt.json()['id']}/reversal", {"reason": "typed in twice"}
    )
    assert (back.status_code, back.json()["reversal_reason"]) == (201, "typed in twice")
    assert officer.get("/v1/employers").json()["items"][0]["held"] == "0.00"
    assert len(cashier.get(url).json()["items"]) == 1
