"""Filing over HTTP: who may do what, what each refusal is called, and a filing from draft to released payment."""

import datetime as dt
from collections.abc import Callable

import psycopg
import pytest
from tests.api.calling import Caller
from tests.filing.filing_town import COST, MARCH, payroll_of, tell_state_account
from tests.filing.test_payments_that_come_back import Town
from tests.reconciliation.statements import Booked

from gateway.authority.protocol import Notice, NoticeFiling, RawAnswer
from gateway.filing.bills import receive_notice
from gateway.filing.queries import list_documents
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.staff.models import Role

LogIn = Callable[..., Caller]
TODAY = dt.date(2026, 4, 2)


@pytest.fixture
def payroll_id(database: Database) -> int:
    """A payroll of three members; the third paid nothing."""
    with database.session(1) as session:
        made, _ = payroll_of(session, 3, paid=[0, 1])
    return made


@pytest.fixture
def officer(client: LogIn) -> Caller:
    """Somebody who files."""
    return client(Role.FILING_OFFICER)


def _prepared(officer: Caller, payroll_id: int, **more: str) -> dict:
    answer = officer.post("/v1/filings", {"payroll_id": payroll_id, "period": "2026-03", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def _sealed(officer: Caller, payroll_id: int) -> int:
    filing_id = _prepared(officer, payroll_id)["id"]
    assert officer.post(f"/v1/filings/{filing_id}/seal").status_code == 200
    return filing_id


def _code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_draft_shows_who_is_declared_and_who_is_not_and_why(officer: Caller, payroll_id: int) -> None:
    draft = _prepared(officer, payroll_id)
    assert (draft["status"], draft["line_count"], draft["not_funded_count"]) == ("draft", 2, 1)
    assert (draft["reserved"], draft["currency"], draft["period"]) == ("9846.54", "DOP", "2026-03")
    assert draft["by_change"] == {"new": 3}
    reasons = {row["reason"]: (row["members"], row["short"]) for row in draft["by_reason"]}
    assert reasons == {"own_money": (2, "0.00"), "no_money": (1, "4923.27")}
    url = f"/v1/filings/{draft['id']}/decisions"
    [missing] = officer.get(url, params={"is_funded": "false"}, headers={"accept-language": "en"}).json()["items"]
    assert missing["explanation"] == "Nothing was paid in for this month; DOP\u00a04,923.27 are needed."
    of_change = {change: officer.get(url, params={"change": change}).json()["items"] for change in ("new", "gone")}
    assert (len(of_change["new"]), of_change["gone"]) == (3, [])
    assert officer.get(url, params={"change": "another"}).status_code == 422
    page = officer.get(url, params={"limit": 2}).json()
    rest = officer.get(url, params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert len(page["items"]) + len(rest["items"]) == 3
    assert rest["next_cursor"] is None


def test_the_same_key_prepares_once_and_another_body_under_it_is_refused(officer: Caller, payroll_id: int) -> None:
    asked = {"payroll_id": payroll_id, "period": "2026-03"}
    first = officer.post("/v1/filings", asked, key="k1")
    again = officer.post("/v1/filings", asked, key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = officer.post("/v1/filings", {**asked, "period": "2026-02"}, key="k1")
    assert other.status_code == 422


def test_a_sealed_filing_gives_its_lines_its_file_and_the_trace_of_a_line(officer: Caller, payroll_id: int) -> None:
    filing_id = _sealed(officer, payroll_id)
    filing = officer.get(f"/v1/filings/{filing_id}")
    assert (filing.json()["status"], filing.headers["etag"]) == ("sealed", '"v2"')
    lines = officer.get(f"/v1/filings/{filing_id}/lines").json()["items"]
    assert [(line["line_no"], line["total"], line["status"]) for line in lines] == [
        (1, "4923.27", "waiting"),
        (2, "4923.27", "waiting"),
    ]
    [document] = officer.get(f"/v1/filings/{filing_id}/documents").json()["items"]
    content = officer.get(f"/v1/filings/{filing_id}/documents/{document['id']}/content")
    assert (len(content.content), content.headers["etag"]) == (document["byte_count"], f'"{document["sha256"]}"')
    assert "AM_401999999_032026.txt" in content.headers["content-disposition"]
    laid = officer.get(f"/v1/filings/{filing_id}/lines/2/layout").json()
    assert (laid["file_name"], laid["file_line"], laid["fault"]) == ("AM_401999999_032026.txt", 3, None)
    assert "".join(field["text"] for field in laid["fields"]).encode("latin-1") == content.content.splitlines()[2]
    assert [field["end"] + 1 for field in laid["fields"][:-1]] == [field["start"] for field in laid["fields"][1:]]
    traced = officer.get(f"/v1/filings/{filing_id}/lines/2/evidence").json()
    assert traced["line"]["total"] == "4923.27"
    assert traced["sealed"]["file_line"] == 3
    assert traced["sealed"]["merkle_root"] == traced["sealed"]["merkle_root_recomputed"]
    assert bytes.fromhex(traced["sealed"]["file_line_hex"]) == content.content.splitlines(keepends=True)[2]
    [receipt] = traced["funding"]["receipts"]
    assert (receipt["used"], receipt["channel"]) == ("4923.27", "cash")
    assert traced["answer"] is None
    sources = {part["code"]: part["source"] for part in traced["assessment"]["components"]}
    assert sources["health_worker"].startswith("SRC-002")


def test_a_filing_goes_out_by_a_job_and_is_asked_for_once(database: Database, officer: Caller, payroll_id: int) -> None:
    filing_id = _sealed(officer, payroll_id)
    answer = officer.post(f"/v1/filings/{filing_id}/submission")
    assert (answer.status_code, answer.json()["status"]) == (202, "sealed")
    with database.session(1) as session:
        queued = db.rows(session, "SELECT task_name, args FROM procrastinate_jobs")
    assert [(job.task_name, job.args["filing_id"]) for job in queued] == [("filing.pursue", filing_id)]


def test_every_refusal_has_its_name(database: Database, officer: Caller, payroll_id: int) -> None:
    asked = {"payroll_id": payroll_id, "period": "2026-03"}
    assert _code(officer.post("/v1/filings", {**asked, "period": "2026-05"})) == (409, "period_ahead")
    assert _code(officer.post("/v1/filings", {**asked, "period": "2026-02"})) == (409, "not_assessed")
    assert _code(officer.post("/v1/filings", {**asked, "payroll_id": 999})) == (404, "payroll_unknown")
    assert _code(officer.post("/v1/filings", {**asked, "kind": "supplementary"})) == (409, "nothing_to_supplement")
    assert _code(officer.post("/v1/filings", {**asked, "period": "March"})) == (422, "malformed")
    assert _code(officer.get("/v1/filings/999")) == (404, "filing_unknown")
    filing_id = _prepared(officer, payroll_id)["id"]
    assert _code(officer.post(f"/v1/filings/{filing_id}/submission")) == (409, "invalid_transition")
    assert _code(officer.get(f"/v1/filings/{filing_id}/lines/1/evidence")) == (409, "not_ready")
    assert officer.get(f"/v1/filings/{filing_id}/lines/1/layout").json()["file_line"] is None
    assert _code(officer.get(f"/v1/filings/{filing_id}/lines/9/layout")) == (404, "line_unknown")
    officer.post(f"/v1/filings/{filing_id}/seal")
    assert _code(officer.post(f"/v1/filings/{filing_id}/seal")) == (409, "invalid_transition")
    assert _code(officer.post("/v1/filings", asked)) == (409, "filing_open")
    assert _code(officer.get(f"/v1/filings/{filing_id}/lines/9/evidence")) == (404, "line_unknown")
    assert _code(officer.get(f"/v1/filings/{filing_id}/documents/99/content")) == (404, "document_unknown")
    assert _code(officer.post(f"/v1/filings/{filing_id}/discard", {"reason": "wrong one"})) == (
        409,
        "invalid_transition",
    )
    with database.session(1) as session:
        db.run(session, "UPDATE filing SET status = 'accepted'")
    assert _code(officer.post("/v1/filings", asked)) == (409, "filing_made")
    with database.session(1) as session:
        periods.close(session, MARCH, actor="staff:mara", reason="done")
    assert _code(officer.post("/v1/filings", {**asked, "kind": "supplementary"})) == (409, "period_closed")


def test_a_draft_is_discarded_and_the_month_may_be_prepared_again(officer: Caller, payroll_id: int) -> None:
    filing_id = _prepared(officer, payroll_id)["id"]
    discarded = officer.post(f"/v1/filings/{filing_id}/discard", {"reason": "wrong payroll"})
    assert (discarded.status_code, discarded.json()["status"]) == (200, "discarded")
    again = _prepared(officer, payroll_id)
    assert (again["id"] != filing_id, again["sequence"]) == (True, 2)


def test_each_role_does_its_own_part(client: LogIn, officer: Caller, payroll_id: int) -> None:
    asked = {"payroll_id": payroll_id, "period": "2026-03"}
    for role in (Role.CASHIER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR, Role.BENEFITS_OFFICER):
        assert client(role).post("/v1/filings", asked).status_code == 403
    filing_id = _prepared(officer, payroll_id)["id"]
    assert officer.post("/v1/bills/1/payment-order", {"account_code": "bank:main"}).status_code == 403
    assert officer.post("/v1/payment-orders/1/release").status_code == 403
    assert (
        officer.post("/v1/funding-policies", {"valid_from": "2026-01-01", "rules": {}, "reason": "why not"}).status_code
        == 403
    )
    for role in (Role.AUDITOR, Role.MANAGER, Role.ACCOUNTANT):
        assert client(role).get(f"/v1/filings/{filing_id}").status_code == 200
    assert client(Role.CASHIER).get(f"/v1/filings/{filing_id}/decisions").status_code == 200
    assert client(Role.CASHIER).get(f"/v1/filings/{filing_id}/lines").status_code == 403


def test_another_mutual_sees_nothing_of_it(client: LogIn, officer: Caller, payroll_id: int) -> None:
    filing_id = _sealed(officer, payroll_id)
    stranger = client(Role.FILING_OFFICER, mutual=2)
    assert stranger.get("/v1/filings").json()["items"] == []
    assert stranger.get(f"/v1/filings/{filing_id}").status_code == 404
    assert stranger.post(f"/v1/filings/{filing_id}/submission").status_code == 404


def test_a_funding_policy_is_laid_down_and_its_mistakes_are_named(client: LogIn) -> None:
    manager = client(Role.MANAGER)
    asked = {"valid_from": "2026-01-01", "rules": {"order": ["own_money", "fund"]}, "reason": "assembly"}
    assert manager.post("/v1/funding-policies", asked).status_code == 201
    assert [row["reason"] for row in manager.get("/v1/funding-policies").json()["items"]] == ["assembly"]
    wrong = manager.post("/v1/funding-policies", {**asked, "rules": {"order": ["fund"], "own_share_minimum": "2"}})
    assert _code(wrong) == (422, "policy_invalid")
    assert [one["pointer"] for one in wrong.json()["errors"]] == ["/order", "/own_share_minimum"]


def _billed(database: Database, filing_id: int) -> int:
    """Let the state accept every line and issue its notice; return the bill's id."""
    tell_state_account(database)
    now = dt.datetime(2026, 4, 2, tzinfo=dt.UTC)
    raw = RawAnswer("GET", "/notices", 200, {"content-type": "application/json"}, b"{}", now, now)
    with database.session(1) as session:
        db.run(session, "UPDATE filing_line SET status = 'accepted'")
        billed = "(SELECT sum(state_minor) FROM filing_line)"
        db.run(
            session, f"UPDATE filing_document SET status = 'accepted', answered_at = now(), accepted_minor = {billed}"
        )
        db.run(session, "UPDATE filing SET status = 'accepted'")
        [document] = list_documents(session, filing_id)
        notice = Notice(
            reference="0320260000000014",
            version=1,
            replaces=None,
            replaced_by=None,
            employer="401999999",
            period=Period(2026, 3),
            payroll="001",
            status="current",
            issued_on=TODAY,
            due_on=dt.date(2026, 4, 7),
            currency="DOP",
            line_count=2,
            components=(("health_worker", 2 * COST + 1),),
            total_minor=2 * COST + 1,
            filings=(NoticeFiling(document.reference, 2, 2 * COST + 1),),
            paid_minor=0,
            raw=raw,
        )
        bill = receive_notice(session, notice, actor="worker:w", today=TODAY)
        assert bill is not None
        account = BankAccountRow(0, "DO01", "Banco", "bank", "DOP", "bank:main", "Mutual Amparo", "BCBHDOSD")
        register_bank_account(session, account, opening=Opening(10**9, dt.date(2026, 1, 1)), actor="staff:abel")
    return bill.id


def test_a_bill_is_ordered_by_one_person_and_released_by_another(
    database: Database, client: LogIn, officer: Caller, payroll_id: int
) -> None:
    bill_id = _billed(database, _sealed(officer, payroll_id))
    accountant, second = client(Role.ACCOUNTANT), client(Role.ACCOUNTANT, name="berta")
    bill = accountant.get(f"/v1/bills/{bill_id}").json()
    assert (bill["total"], bill["ours"], bill["difference"]) == ("9846.55", "9846.54", "0.01")
    assert bill["filings"][0]["amount"] == "9846.54"
    url = f"/v1/bills/{bill_id}/payment-order"
    assert _code(accountant.post(url, {"account_code": "bank:other"}))[0] == 404
    order = accountant.post(url, {"account_code": "bank:main"}).json()
    assert (order["amount"], order["end_to_end_id"]) == ("9846.55", f"F1B{bill_id}P1-0320260000000014")
    payment = f"/v1/payment-orders/{order['id']}"
    assert _code(accountant.get(f"{payment}/file")) == (409, "not_ready")
    assert _code(accountant.post(f"{payment}/release")) == (403, "same_person")
    assert _code(accountant.post(url, {"account_code": "bank:main"})) == (409, "invalid_transition")
    assert second.post(f"{payment}/withdrawal", {"reason": "wrong account"}).status_code == 200
    again = accountant.post(url, {"account_code": "bank:main"}).json()
    assert again["end_to_end_id"] == f"F1B{bill_id}P2-0320260000000014"
    assert second.post(f"/v1/payment-orders/{again['id']}/release").status_code == 200
    file = accountant.get(f"/v1/payment-orders/{again['id']}/file")
    assert file.headers["content-type"] == "application/xml"
    assert again["end_to_end_id"].encode() in file.content
    assert b"NP 0320260000000014" in file.content
    assert accountant.get("/v1/bills", params={"status": "released"}).json()["items"][0]["id"] == bill_id


def test_a_bill_whose_payment_came_back_says_what_is_left_to_pay(database: Database, client: LogIn) -> None:
    tell_state_account(database)
    with database.session(1) as session:
        town = Town(session)
        bill = town.bill()
        number, payment_id = bill.id, town.booked(bill).end_to_end_id
    accountant, names = client(Role.ACCOUNTANT), ("status", "paid", "returned", "left_to_pay")
    whole = f"/v1/bills/{number}"
    assert [accountant.get(whole).json()[name] for name in names] == ["booked", "9846.54", "0.00", "0.00"]
    with database.session(1) as session:
        town.session = session
        town.statement(Booked(2 * COST, payment_id, "DEVOLUCION"))
    assert [accountant.get(whole).json()[name] for name in names] == ["received", "0.00", "9846.54", "9846.54"]


def test_a_bill_is_not_ordered_while_the_states_account_is_unknown(
    database: Database, client: LogIn, officer: Caller, payroll_id: int
) -> None:
    bill_id = _billed(database, _sealed(officer, payroll_id))
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE mutual SET settings = '{}'")
    answer = client(Role.ACCOUNTANT).post(f"/v1/bills/{bill_id}/payment-order", {"account_code": "bank:main"})
    assert _code(answer) == (409, "setting_missing")
    assert "state_account" in answer.json()["detail"]
