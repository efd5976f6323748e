"""The portal path over HTTP: uploaded, answered, billed, confirmed; movements; several payrolls."""

from collections.abc import Callable

from tests.api.calling import Caller
from tests.filing.filing_town import enrol, open_payroll, payroll_of

from gateway.kit import db
from gateway.kit.db import Database
from gateway.staff.models import Role

LogIn = Callable[..., Caller]


def _sealed(officer: Caller, payroll_id: int, period: str = "2026-03") -> int:
    filing_id = officer.post("/v1/filings", {"payroll_id": payroll_id, "period": period}).json()["id"]
    assert officer.post(f"/v1/filings/{filing_id}/seal").status_code == 200
    return filing_id


def _answer(officer: Caller, filing_id: int, body: bytes, **fields: str):
    url = f"/v1/filings/{filing_id}/portal-answers"
    return officer.post(url, files={"file": ("respuesta.csv", body)}, data=fields)


def test_a_filing_goes_by_hand_from_upload_to_settlement_and_then_movements_are_shown(
    database: Database, client: LogIn
) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 3)
    officer, accountant, cashier = client(Role.FILING_OFFICER), client(Role.ACCOUNTANT), client(Role.CASHIER)
    filing_id = _sealed(officer, payroll_id)
    url = f"/v1/filings/{filing_id}"

    early = _answer(officer, filing_id, b"line,code\n2,0\n", unlisted_accepted="true")
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    marked = {"receptions": [{"reception_number": "R77"}]}
    assert cashier.post(f"{url}/portal-submission", marked).status_code == 403
    first = officer.post(f"{url}/portal-submission", marked, key="up")
    assert (first.status_code, first.json()["status"], first.json()["reception_reference"]) == (200, "submitted", "R77")
    assert officer.post(f"{url}/portal-submission", marked, key="up").json() == first.json()
    assert officer.post(f"{url}/portal-submission", marked).json()["version"] == first.json()["version"]
    other = officer.post(f"{url}/portal-submission", {"receptions": [{"reception_number": "R78"}]})
    assert (other.status_code, other.json()["code"]) == (409, "reception_taken")

    bad = _answer(officer, filing_id, "Línea;Código\n2;0\nx;0\n9;24\n".encode("latin-1"))
    assert (bad.status_code, bad.json()["code"]) == (422, "portal_answer_invalid")
    assert [(one["pointer"], one["code"]) for one in bad.json()["errors"]] == [("line 3, column Línea", "line_number")]
    seen = _answer(officer, filing_id, b"line,code\n3,24\n", unlisted_accepted="true", preview="true").json()
    assert (seen["outcome"], seen["accepted"], seen["rejected"]) == ("previewed", 2, 1)
    taken = _answer(officer, filing_id, b"line,code\n3,24\n", unlisted_accepted="true")
    assert (taken.status_code, taken.json()["outcome"]) == (201, "applied")
    assert officer.get(url).json()["status"] == "partial"

    due = {"payroll_id": payroll_id, "period": "2026-03", "reference": "0320260000000014", "issued_on": "2026-04-02",
           "due_on": "2026-04-06", "currency": "DOP", "total": "9846.54"}  # fmt: skip
    parts = {"health_worker": "1411.96", "health_employer": "3293.02", "pension_worker": "1333.00",
             "pension_employer": "3297.66", "work_risk": "510.90"}  # fmt: skip
    typed = {**due, "components": [{"code": code, "amount": amount} for code, amount in parts.items()]}
    wrong = accountant.post("/v1/bills", {**typed, "total": "9846.55"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["errors"][0]["pointer"]) == (
        422,
        "notice_invalid",
        "/total",
    )
    bill = accountant.post("/v1/bills", typed)
    assert (bill.status_code, bill.json()["total"], bill.json()["difference"]) == (201, "9846.54", "0.00")
    assert accountant.post("/v1/bills", typed).json()["id"] == bill.json()["id"]
    paid = {"amount": "9846.54", "currency": "DOP", "paid_on": "2026-04-02", "authorisation": "A1"}
    unpaid = accountant.post(f"/v1/bills/{bill.json()['id']}/portal-confirmation", {**paid, "amount": "1.00"})
    assert (unpaid.status_code, unpaid.json()["code"]) == (422, "notice_invalid")

    # Somebody enters in April: shown before anything is sealed, with its source row.
    with database.session(1) as session:
        (new,) = enrol(session, payroll_id, 1)
        db.run(session, "UPDATE enrolment SET valid_from = '2026-04-01' WHERE member_id = :id", {"id": new})
    assert officer.post("/v1/assessments", {"payroll_id": payroll_id, "period": "2026-04"}).status_code in (200, 201)
    draft = officer.post("/v1/filings", {"payroll_id": payroll_id, "period": "2026-04"}).json()
    assert draft["movement_count"] == 1
    [shown] = officer.get(f"/v1/filings/{draft['id']}/movements", headers={"accept-language": "en"}).json()["items"]
    assert (shown["event"], shown["member_id"], shown["source_kind"]) == ("entry", new, "enrolment")
    assert shown["explanation"] == "The member entered the payroll."
    assert officer.get(f"/v1/filings/{draft['id']}/movements", params={"told": "false"}).json()["items"] == []


def test_a_member_joins_a_second_payroll_with_a_wage_of_its_own_and_leaves_it(
    database: Database, client: LogIn
) -> None:
    with database.session(1) as session:
        one, two = open_payroll(session), open_payroll(session, "002")
        (member,) = enrol(session, one, 1)
    officer = client(Role.FILING_OFFICER)
    url = f"/v1/members/{member}"
    join = {"payroll_id": two, "first_day": "2026-04-01", "reason": "drives too"}
    assert officer.post(f"{url}/enrolments", join).status_code == 201
    again = officer.post(f"{url}/enrolments", {**join, "first_day": "2026-04-02"})
    assert (again.status_code, again.json()["code"]) == (409, "already_enrolled")
    wage = {"wage": "5000.00", "currency": "DOP", "valid_from": "2026-04-01", "reason": "drives", "payroll_id": two}
    assert officer.post(f"{url}/wages", wage).status_code == 201
    nothing = officer.post(f"{url}/wages", {**wage, "wage": "0.00"})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "amount_invalid")
    wages = officer.get(f"{url}/wages").json()["items"]
    assert [(one_["payroll_id"], one_["wage"]["amount"]) for one_ in wages] == [(two, "5000.00"), (None, "23223.00")]
    end = {"payroll_id": two, "last_day": "2026-04-10", "reason": "sold the car"}
    assert officer.post(f"{url}/enrolments/end", end).status_code == 201
    last = officer.post(f"{url}/enrolments/end", {**end, "payroll_id": one, "last_day": "2026-04-30"})
    assert (last.status_code, last.json()["code"]) == (409, "not_enrolled")
    assert officer.get(f"{url}/notices").json()["items"] == []
