"""Receipts, files of them, fees and assessments over the API: what is answered, and every refusal by its code."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.api.calling import Caller
from tests.contributions.people import identity_of, make_members
from tests.contributions.test_assessing import payroll_of

from gateway.contributions.reference import make_reference
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.staff.models import Role

Client = Callable[..., Caller]


@pytest.fixture
def ana(database: Database) -> int:
    """A member with an identity and an account."""
    with database.session(1) as session:
        return make_members(session, 1)[0]


def body_of(ana: int, **other: Any) -> dict[str, Any]:
    base = {
        "channel": "cash",
        "account_code": "cash:office",
        "amount": "1000.00",
        "currency": "DOP",
        "paid_on": "2026-03-03",
        "lines": [{"member_id": ana}],
    }
    return base | other


def refusal(answer: Any) -> tuple[int, str]:
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["outcome"] == "not_done"
    return answer.status_code, problem["code"]


def test_a_payment_is_received_read_back_and_listed(client: Client, ana: int) -> None:
    desk = client(Role.CASHIER)
    made = desk.post("/v1/receipts", body_of(ana, payer_reference="libreta 12", collector="Peña"))
    assert made.status_code == 201
    receipt = made.json()
    assert (receipt["amount"], receipt["state"], receipt["lines"][0]["amount"]) == ("1000.00", "received", "1000.00")
    assert desk.get(f"/v1/receipts/{receipt['id']}").json() == receipt
    for query in ({"member_id": ana}, {"number": receipt["number"]}, {"account_code": "cash:office"}):
        assert desk.get("/v1/receipts", params=query).json() == {"items": [receipt], "next_cursor": None}
    assert desk.get("/v1/receipts", params={"paid_from": "2026-03-04"}).json()["items"] == []


def test_a_double_tap_gives_the_same_answer_and_another_body_under_the_key_is_refused(client: Client, ana: int) -> None:
    desk = client(Role.CASHIER)
    first, again = (desk.post("/v1/receipts", body_of(ana), key="tap") for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert refusal(desk.post("/v1/receipts", body_of(ana, amount="1.00"), key="tap")) == (422, "idempotency_key_reused")
    assert len(desk.get("/v1/receipts").json()["items"]) == 1


def test_the_same_providers_payment_typed_by_two_people_is_received_once(client: Client, ana: int) -> None:
    body = body_of(ana, channel="mobile_money", account_code="momo:orange:clearing", source_reference="OM-77")
    first = client(Role.CASHIER).post("/v1/receipts", body).json()
    second = client(Role.ACCOUNTANT).post("/v1/receipts", body).json()
    assert (first["id"], first["source"]) == (second["id"], "momo:orange")
    other = client(Role.CASHIER).post("/v1/receipts", body | {"amount": "2.00"})
    assert refusal(other) == (422, "receipt_repeated")


def test_lists_come_in_pages(client: Client, ana: int) -> None:
    desk = client(Role.CASHIER)
    ids = [desk.post("/v1/receipts", body_of(ana)).json()["id"] for _ in range(3)]
    first = desk.get("/v1/receipts", params={"limit": 2})
    assert 'rel="next"' in first.headers["link"]
    rest = desk.get("/v1/receipts", params={"limit": 2, "cursor": first.json()["next_cursor"]}).json()
    assert [one["id"] for one in first.json()["items"] + rest["items"]] == ids[::-1]
    assert desk.get("/v1/receipts", params={"cursor": "x"}).json()["code"] == "cursor_invalid"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount": "-5.00"}, (422, "receipt_invalid")),
        ({"amount": "0.00"}, (422, "receipt_invalid")),
        ({"amount": "1.234"}, (422, "amount_invalid")),
        ({"amount": "1"}, (422, "amount_invalid")),
        ({"amount": 5}, (422, "malformed")),
        ({"currency": "USD"}, (422, "currency_mismatch")),
        ({"currency": "ZZZ"}, (422, "currency_mismatch")),
        ({"paid_on": "2026-04-03"}, (409, "paid_in_future")),
        ({"paid_on": "1926-03-03"}, (409, "paid_long_ago")),
        ({"paid_on": "2026-02-31"}, (422, "malformed")),
        ({"account_code": "bank:main"}, (422, "receipt_invalid")),
        ({"channel": "bank", "account_code": "bank:main"}, (404, "account_unknown")),
        ({"lines": [{"member_id": 424242}]}, (404, "member_unknown")),
        ({"lines": [{}]}, (422, "receipt_invalid")),
        ({"lines": []}, (422, "malformed")),
        ({"lines": [{"identity": "x", "amount": "999.99"}]}, (422, "receipt_invalid")),
        ({"surprise": 1}, (422, "malformed")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_payment_that_cannot_be_is_refused_and_the_books_stay(
    client: Client, ana: int, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    desk = client(Role.CASHIER)
    answer = desk.post("/v1/receipts", body_of(ana, **change))
    assert refusal(answer) == expected
    assert answer.json()["detail"]
    assert desk.get("/v1/receipts").json()["items"] == []


def test_a_closed_month_is_refused(client: Client, ana: int, database: Database) -> None:
    with database.session(1) as session:
        periods.close(session, Period(2026, 3), actor="a", reason="month end")
    assert refusal(client(Role.CASHIER).post("/v1/receipts", body_of(ana))) == (409, "period_closed")


def test_a_key_is_asked_for_and_a_role(client: Client, ana: int) -> None:
    desk = client(Role.CASHIER)
    assert refusal(desk.request("POST", "/v1/receipts", json=body_of(ana))) == (400, "idempotency_key_missing")
    assert refusal(client(Role.AUDITOR).post("/v1/receipts", body_of(ana))) == (403, "forbidden")
    assert client(Role.AUDITOR).get("/v1/receipts").status_code == 200


def test_a_receipt_is_taken_back_once_and_not_when_its_money_was_used(
    client: Client, ana: int, database: Database
) -> None:
    desk, books = client(Role.CASHIER), client(Role.ACCOUNTANT)
    first, second = (desk.post("/v1/receipts", body_of(ana)).json()["id"] for _ in range(2))
    back = books.post(f"/v1/receipts/{first}/reversal", {"reason": "typed twice"})
    assert (back.status_code, back.json()["state"], back.json()["reversal_reason"]) == (201, "reversed", "typed twice")
    again = books.post(f"/v1/receipts/{first}/reversal", {"reason": "typed twice"})
    assert refusal(again) == (409, "receipt_reversed")
    with database.session(1) as session:
        open_accounts(session, [NewAccount("filing:1:reserved")], "DOP")
        lines = [Line(f"member:{ana}:contributions", 1), Line("filing:1:reserved", -1)]
        post(session, Event("use", "seal", dt.date(2026, 4, 1), lines, "test"))
    assert refusal(books.post(f"/v1/receipts/{second}/reversal", {"reason": "typed twice"})) == (409, "receipt_used")
    assert refusal(books.post("/v1/receipts/424242/reversal", {"reason": "nothing"})) == (404, "receipt_unknown")
    assert refusal(desk.get("/v1/receipts/424242")) == (404, "receipt_unknown")
    assert refusal(desk.post(f"/v1/receipts/{second}/reversal", {"reason": "typed twice"})) == (403, "forbidden")


def test_money_in_suspense_is_seen_placed_and_on_the_members_statement(client: Client, ana: int) -> None:
    books = client(Role.ACCOUNTANT)
    receipt = books.post("/v1/receipts", body_of(ana, lines=[{"identity": "999-1234567-0"}])).json()
    [waiting] = books.get("/v1/suspense").json()["items"]
    assert (waiting["claimed_identity"], waiting["amount"], waiting["age_days"]) == ("999-1234567-0", "1000.00", 30)
    line = f"/v1/receipt-lines/{receipt['lines'][0]['id']}/placement"
    placed = books.post(line, {"member_id": ana, "reason": "showed her card"})
    assert (placed.status_code, placed.json()["lines"][0]["member_id"]) == (201, ana)
    assert books.get("/v1/suspense").json()["items"] == []
    assert refusal(books.post(line, {"member_id": ana, "reason": "showed her card"})) == (409, "already_placed")
    assert refusal(books.post(line, {"member_id": 424242, "reason": "guess"})) == (404, "member_unknown")
    gone = books.post("/v1/receipt-lines/424242/placement", {"member_id": ana, "reason": "guess"})
    assert refusal(gone) == (404, "receipt_line_unknown")
    [shown] = books.get(f"/v1/contribution-statements/{ana}").json()["items"]
    assert (shown["kind"], shown["amount"], shown["balance"]) == ("placement", "1000.00", "1000.00")
    assert refusal(books.get("/v1/contribution-statements/424242")) == (404, "member_unknown")


def test_the_document_is_a_pdf_in_the_language_asked_for(client: Client, ana: int) -> None:
    desk = client(Role.CASHIER)
    receipt = desk.post("/v1/receipts", body_of(ana)).json()
    for language in (None, "en", "fr"):
        answer = desk.get(f"/v1/receipts/{receipt['id']}/document", params={"language": language} if language else {})
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
    assert refusal(desk.get("/v1/receipts/424242/document")) == (404, "receipt_unknown")


def test_anybody_with_the_number_may_verify_a_receipt_and_learns_nothing_of_who_paid(
    client: Client, anonymous: Caller, ana: int
) -> None:
    receipt = client(Role.CASHIER).post("/v1/receipts", body_of(ana, payer_name="Ana Prueba")).json()
    answer = anonymous.get(f"/v1/receipt-verifications/{receipt['number']}").json()
    known = {"number": receipt["number"], "paid_on": "2026-03-03", "amount": "1000.00", "currency": "DOP"}
    assert answer == {**known, "state": "received"}
    client(Role.MANAGER).post(f"/v1/receipts/{receipt['id']}/reversal", {"reason": "bounced"})
    assert anonymous.get(f"/v1/receipt-verifications/{receipt['number']}").json()["state"] == "reversed"


@pytest.mark.parametrize("kind", ["mistyped", "never issued", "another mutual's prefix", "nonsense"])
def test_a_number_that_is_no_receipts_verifies_nothing(client: Client, anonymous: Caller, ana: int, kind: str) -> None:
    number = client(Role.CASHIER).post("/v1/receipts", body_of(ana)).json()["number"]
    wrong = {
        "mistyped": number[:-1] + str((int(number[-1]) + 1) % 10),
        "never issued": make_reference(f"0001{1234567:07d}{999:010d}"),
        "another mutual's prefix": make_reference("0002" + number[8:]),
        "nonsense": "'; DROP TABLE member",
    }[kind]
    assert refusal(anonymous.get(f"/v1/receipt-verifications/{wrong}")) == (404, "receipt_unknown")


def test_a_month_is_assessed_and_shown_by_component(client: Client, database: Database) -> None:
    officer = client(Role.FILING_OFFICER)
    with database.session(1) as session:
        payroll, [member] = payroll_of(session, 1)
    asked = {"payroll_id": payroll, "period": "2026-03"}
    done = officer.post("/v1/assessments", asked)
    expected = {"written": 1, "members": 1, "total": "4923.27", "currency": "DOP", "without_wage": 0}
    assert (done.status_code, done.json()) == (201, expected)
    [shown] = officer.get("/v1/assessments", params=asked).json()["items"]
    assert (shown["member_id"], shown["total"], shown["wage"]) == (member, "4923.27", "23223.00")
    assert {one["code"]: one["amount"] for one in shown["components"]}["health_worker"] == "705.98"
    assert refusal(officer.post("/v1/assessments", asked | {"period": "2026-05"})) == (409, "period_in_future")
    assert refusal(officer.post("/v1/assessments", asked | {"payroll_id": 424242})) == (404, "payroll_unknown")
    assert refusal(officer.post("/v1/assessments", asked | {"period": "2020-01"})) == (409, "rates_missing")
    assert refusal(officer.post("/v1/assessments", asked | {"period": "2026-13"})) == (422, "malformed")


def test_the_fee_is_decided_by_a_manager_and_stands_among_the_rates(client: Client) -> None:
    manager = client(Role.MANAGER)
    fee = {"valid_from": "2026-03-01", "amount": "150.00", "currency": "DOP", "source": "Assembly of 2026-02-15"}
    made = manager.post("/v1/fees", fee)
    assert (made.status_code, made.json()["amount"]) == (201, "150.00")
    assert manager.get("/v1/fees").json()["items"] == [made.json()]
    shown = manager.get("/v1/rates", params={"period": "2026-03"}).json()["components"]
    assert (shown[-1]["code"], shown[-1]["rate"], shown[-1]["source"]) == ("mutual_fee", "150.00", fee["source"])
    assert refusal(manager.post("/v1/fees", fee | {"amount": "-1.00"})) == (422, "fee_invalid")
    assert refusal(manager.post("/v1/fees", fee | {"currency": "USD"})) == (422, "currency_mismatch")
    assert refusal(client(Role.CASHIER).post("/v1/fees", fee)) == (403, "forbidden")


def test_rates_name_their_source_and_an_unknown_country_or_month_is_refused(client: Client) -> None:
    desk = client(Role.CASHIER)
    shown = desk.get("/v1/rates", params={"period": "2026-03"}).json()
    risk = {one["code"]: one for one in shown["components"]}["work_risk"]
    assert (risk["rate"], risk["ceiling"], risk["verified"], shown["verified"]) == ("0.0110", "92892.00", False, False)
    assert desk.get("/v1/rates", params={"period": "2026-03", "country": "in"}).json()["currency"] == "INR"
    assert refusal(desk.get("/v1/rates", params={"period": "2026-03", "country": "xx"})) == (404, "country_unknown")
    assert refusal(desk.get("/v1/rates", params={"period": "2020-01"})) == (409, "rates_missing")


def upload(desk: Caller, body: bytes, *, key: str | None = None, **fields: str) -> Any:
    form = {"channel": "cash", "account_code": "cash:office", **fields}
    return desk.post("/v1/receipt-imports", key=key, files={"file": ("pagos.csv", body, "text/csv")}, data=form)


FILE = f"Cédula;Monto;Fecha\r\n{identity_of(1)};10.00;3/3/26\r\n{identity_of(1)};x;3/3/26\r\n".encode("latin-1")


def test_a_file_is_looked_at_applied_and_its_refused_rows_handed_back(client: Client, ana: int) -> None:
    desk = client(Role.CASHIER)
    found = upload(desk, FILE)
    shown = found.json()
    assert (found.status_code, shown["accept_count"], shown["refused_count"]) == (201, 1, 1)
    assert desk.get(f"/v1/receipt-imports/{shown['id']}").json() == shown
    listed = {name: value for name, value in shown.items() if name != "progress"}
    assert desk.get("/v1/receipt-imports").json()["items"] == [listed]
    place = f"/v1/receipt-imports/{shown['id']}"
    [row] = desk.get(f"{place}/rows", params={"action": "refuse"}).json()["items"]
    assert (row["row_no"], row["problems"][0]["code"], row["cells"][1]) == (3, "amount_invalid", "x")
    whole = desk.post(f"{place}/application", {"policy": "all_or_nothing"})
    assert refusal(whole) == (409, "receipt_import_refused")
    done = desk.post(f"{place}/application", {"policy": "good_rows"})
    assert (done.status_code, done.json()["applied_amount"], done.json()["state"]) == (201, "10.00", "applied")
    again = desk.post(f"{place}/application", {"policy": "good_rows"})
    assert again.json() == done.json()
    assert upload(desk, FILE).json() == done.json()
    assert desk.get("/v1/receipts", params={"import_id": shown["id"]}).json()["items"][0]["amount"] == "10.00"
    back = desk.get(f"{place}/refused")
    assert back.content.decode("latin-1").splitlines()[0] == "Cédula;Monto;Fecha;reason"
    assert "refused-" in back.headers["content-disposition"]


def test_a_file_that_was_applied_under_another_look_is_refused(client: Client, ana: int) -> None:
    desk = client(Role.CASHIER)
    first, second = (upload(desk, FILE).json()["id"] for _ in range(2))
    desk.post(f"/v1/receipt-imports/{first}/application", {"policy": "good_rows"})
    late = desk.post(f"/v1/receipt-imports/{second}/application", {"policy": "good_rows"})
    assert refusal(late) == (409, "receipt_import_applied")


@pytest.mark.parametrize(
    ("body", "fields", "expected"),
    [
        (b"Nombre;Monto;Fecha\r\nAna;5;3/3/26\r\n", {}, (422, "file_header")),
        (b"", {}, (422, "file_unreadable")),
        (b'Cedula;Monto;Fecha\r\n1;5;"3/3', {}, (422, "file_truncated")),
        ("Cédula;Monto;Fecha\r\n1;5;3/3/26\r\n".encode() + b"\xe9;5;3/3/26\r\n", {}, (422, "file_encoding")),
        (FILE, {"account_code": "bank:main"}, (422, "receipt_invalid")),
        (FILE, {"channel": "bank", "account_code": "bank:main"}, (404, "account_unknown")),
        (FILE, {"channel": "pigeon"}, (422, "malformed")),
    ],
    ids=["header", "empty", "cut off", "two encodings", "another account", "unknown account", "unknown channel"],
)
def test_a_file_that_cannot_be_used_is_refused(
    client: Client, body: bytes, fields: dict[str, str], expected: tuple[int, str]
) -> None:
    desk = client(Role.CASHIER)
    assert refusal(upload(desk, body, **fields)) == expected
    assert desk.get("/v1/receipt-imports").json()["items"] == []


def test_an_unknown_file_is_told_as_unknown(client: Client) -> None:
    desk = client(Role.CASHIER)
    for place in ("", "/rows", "/refused"):
        assert refusal(desk.get(f"/v1/receipt-imports/424242{place}")) == (404, "receipt_import_unknown")
    applied = desk.post("/v1/receipt-imports/424242/application", {"policy": "good_rows"})
    assert refusal(applied) == (404, "receipt_import_unknown")


def test_a_receipt_of_another_mutual_is_unknown(client: Client, ana: int) -> None:
    receipt = client(Role.CASHIER).post("/v1/receipts", body_of(ana)).json()["id"]
    theirs = client(Role.CASHIER, Role.ACCOUNTANT, mutual=2)
    assert refusal(theirs.get(f"/v1/receipts/{receipt}")) == (404, "receipt_unknown")
    assert refusal(theirs.post(f"/v1/receipts/{receipt}/reversal", {"reason": "not ours"})) == (404, "receipt_unknown")
    assert theirs.get("/v1/receipts").json()["items"] == []


def test_the_day_of_the_mutual_decides_what_is_in_the_future(client: Client, ana: int, clock_file: Path) -> None:
    desk = client(Role.CASHIER)
    clock_file.write_text("2026-03-02")
    assert refusal(desk.post("/v1/receipts", body_of(ana))) == (409, "paid_in_future")
    clock_file.write_text("2026-03-03")
    assert desk.post("/v1/receipts", body_of(ana)).status_code == 201


def test_every_change_says_who_made_it(client: Client, ana: int, database: Database) -> None:
    books = client(Role.ACCOUNTANT)
    receipt = books.post("/v1/receipts", body_of(ana)).json()
    books.post(f"/v1/receipts/{receipt['id']}/reversal", {"reason": "typed twice"})
    with database.session(1) as session:
        rows = db.rows(session, "SELECT actor, action, reason FROM audit_log WHERE action = 'receipt.reverse'")
    assert [tuple(row) for row in rows] == [("staff:accountant", "receipt.reverse", "typed twice")]
    assert receipt["actor"] == "staff:accountant"
