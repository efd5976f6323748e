"""Cash, rounds, the evening, rules, reminders and set-aside messages over the interface."""

import csv
import datetime as dt
import io
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.api.calling import Caller
from tests.api.conftest import TODAY
from tests.contributions.people import make_members

from gateway.contributions.collect import KIND, read_collections
from gateway.contributions.reference import check_reference
from gateway.kit import db, inbox, signing
from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import current_balance
from gateway.staff.models import Role

Client = Callable[..., Caller]


def made(answer: Any, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: Any, code: str) -> Any:
    assert answer.json()["code"] == code, answer.text
    return answer.json()


def test_a_day_at_the_counter_from_the_float_to_the_signature(client: Client, database: Database) -> None:
    accountant, carmen = client(Role.ACCOUNTANT), client(Role.CASHIER, name="carmen")
    manager = client(Role.MANAGER)
    with database.session(1) as session:
        [ana] = make_members(session, 1)
    bank = {"number": "960", "name": "Cuenta", "kind": "bank", "currency": "DOP", "ledger_code": "bank:main"}
    made(accountant.post("/v1/bank-accounts", bank))
    till = {"code": "cash:oficina", "name": "Oficina", "kind": "counter"}
    made(accountant.post("/v1/tills", till))
    refused(accountant.post("/v1/tills", till), "till_known")
    payment = {
        "channel": "cash", "account_code": "cash:oficina", "amount": "4923.27", "currency": "DOP",
        "paid_on": TODAY.isoformat(), "lines": [{"member_id": ana}],
    }  # fmt: skip
    refused(carmen.post("/v1/receipts", payment), "cash_session_needed")
    refused(carmen.post("/v1/cash-sessions", {"till": "cash:oficina", "float": "500.00"}), "float_differs")
    opening = {"till": "cash:oficina", "float": "500.00", "float_from": "reserve:float"}
    session_id = made(carmen.post("/v1/cash-sessions", opening))["id"]
    refused(accountant.post("/v1/cash-sessions", opening), "cash_session_open")
    made(carmen.post("/v1/receipts", payment))
    [listed] = made(accountant.get("/v1/tills"), 200)["items"]
    assert (listed["holder"], listed["session_id"]) == ("staff:carmen", session_id)
    assert "2000.00" in made(carmen.get("/v1/cash-denominations"), 200)["denominations"]
    count = {"pieces": [{"value": "2000.00", "number": 2}, {"value": "100.00", "number": 14}], "loose": "22.27"}
    there = f"/v1/cash-sessions/{session_id}"
    refused(carmen.post(f"{there}/count", {**count, "kept": "500.00"}), "count_differs")
    refused(carmen.post(f"{there}/count", {"pieces": [{"value": "3.00", "number": 1}]}), "count_invalid")
    waiting = made(carmen.post(f"{there}/count", {**count, "kept": "500.00", "reason": "one peso short"}))
    assert (waiting["status"], waiting["difference"]) == ("counted", "-1.00")
    problem = refused(manager.post("/v1/day-closings", {"on": TODAY.isoformat()}), "day_not_clear")
    assert problem["errors"][0]["code"] == "difference_waits"
    made(manager.post(f"{there}/confirmation", {"is_confirmed": True}))
    shown = made(carmen.get(there), 200)
    assert (shown["status"], shown["receipt_count"], shown["received"]) == ("closed", 1, "4923.27")
    assert made(client(Role.CASHIER, name="nadia").get("/v1/cash-sessions"), 200)["items"] == []
    transfer = {
        "from_code": "cash:oficina", "to_code": "bank:main", "amount": "1.00", "currency": "DOP",
        "ordered_on": TODAY.isoformat(),
    }  # fmt: skip
    refused(accountant.post("/v1/own-transfers", transfer), "deposit_by_sessions")
    [left] = made(accountant.get("/v1/cash-sessions/undeposited"), 200)["items"]
    deposit = made(accountant.post("/v1/cash-deposits", {"session_ids": [left["session_id"]], "bank": "bank:main"}))
    assert (deposit["amount"], check_reference(deposit["reference"])) == ("4922.27", True)
    refused(accountant.post("/v1/cash-deposits", {"session_ids": [session_id], "bank": "bank:main"}), "deposit_invalid")
    figures = made(accountant.get("/v1/day-figures", params={"on": TODAY.isoformat()}), 200)
    assert (figures["is_clear"], figures["unexplained"]) == (True, "0.00")
    key = str(uuid.uuid4())
    signed = made(manager.post("/v1/day-closings", {"on": TODAY.isoformat(), "note": "all here"}, key=key))
    assert made(manager.post("/v1/day-closings", {"on": TODAY.isoformat(), "note": "all here"}, key=key)) == signed
    assert signed["figures"]["cash"] == [{"account": "cash:oficina", "amount": "500.00"}]
    assert signed["figures"]["in_transit"] == [{"account": "bank:in-transit", "amount": "4922.27"}]
    refused(manager.post("/v1/day-closings", {"on": TODAY.isoformat()}), "day_closed")
    made(accountant.post("/v1/day-closings", {"on": TODAY.isoformat(), "till": "cash:oficina"}))
    assert made(manager.get(f"/v1/day-closings/{signed['id']}"), 200) == signed
    back = f"/v1/cash-deposits/{deposit['reference']}/withdrawal"
    assert made(accountant.post(back, {"reason": "the bank was shut"}))["status"] == "withdrawn"


def test_a_collector_downloads_works_and_sends_what_she_wrote(client: Client, database: Database) -> None:
    accountant, rosa = client(Role.ACCOUNTANT), client(Role.COLLECTOR, name="rosa")
    pilar = client(Role.COLLECTOR, name="pilar")
    with database.session(1) as session:
        ids = make_members(session, 2)
    till_id = made(accountant.post("/v1/tills", {"code": "cash:ruta-1", "name": "Ruta", "kind": "route"}))["id"]
    made(accountant.post(f"/v1/tills/{till_id}/members", {"member_ids": ids}))
    assert len(made(rosa.get(f"/v1/tills/{till_id}/members"), 200)["items"]) == 2
    plan = {"collector": "rosa", "till": "cash:ruta-1", "period": "2026-04", "float": "0.00", "receipt_count": 5}
    going = made(accountant.post("/v1/rounds", plan))
    there = f"/v1/rounds/{going['id']}"
    assert pilar.get(f"{there}/package").status_code == 404
    package = rosa.get(f"{there}/package")
    signing.verify([going["secret"]], package.headers, package.content, now=dt.datetime.now(dt.UTC))
    tag = package.headers["etag"]
    assert rosa.get(f"{there}/package", headers={"if-none-match": tag}).status_code == 304
    taken = package.json()
    papers = [
        {
            "id": str(uuid.uuid4()), "number": number, "member": member["number"], "amount": "100.00",
            "currency": "DOP", "issued_at": "2026-04-01T08:00:00-04:00",
        }
        for number, member in zip(taken["receipt_numbers"], taken["members"], strict=False)
    ]  # fmt: skip
    sent = made(rosa.post(f"{there}/receipts", {"receipts": [*papers, {"id": "x"}]}), 200)
    assert [one["status"] for one in sent["results"]] == ["booked", "booked", "refused"]
    assert sent["results"][0]["booked_on"] == TODAY.isoformat()  # not before the round began
    assert sent["results"][2]["pointer"] == "/receipts/2/issued_at"
    again = made(rosa.post(f"{there}/receipts", {"receipts": papers[::-1]}), 200)
    assert (again["repeated_count"], again["booked_count"]) == (2, 0)
    assert rosa.get(f"{there}/package", headers={"if-none-match": tag}).status_code == 200
    assert pilar.post(f"{there}/receipts", {"receipts": papers}).status_code == 403
    booked = made(accountant.get(f"{there}/receipts"), 200)["items"]
    assert [one["claimed_at"] for one in booked] == ["2026-04-01T12:00:00Z"] * 2
    assert len(made(rosa.get(f"{there}/receipts", params={"status": "refused"}), 200)["items"]) == 1
    made(rosa.post(f"/v1/cash-sessions/{going['session_id']}/count", {"loose": "200.00"}))
    assert made(rosa.get("/v1/rounds"), 200)["items"][0]["status"] == "closed"
    assert made(pilar.get("/v1/rounds"), 200)["items"] == []


def test_a_message_that_was_set_aside_is_on_a_list_and_is_tried_again_or_dismissed_with_a_reason(
    client: Client, database: Database
) -> None:
    accountant = client(Role.ACCOUNTANT)
    told = {"transactionReference": "T1", "type": "merchantpay", "transactionStatus": "completed", "amount": "100"}
    told |= {"currency": "DOP", "descriptionText": "M000001", "creationDate": "2026-04-01T12:00:00Z"}
    back = told | {"transactionReference": "T2", "type": "reversal", "originalTransactionReference": "T1"}

    def read() -> None:
        with database.session(1) as session:
            read_collections(session, actor="worker", today=TODAY)

    with database.session(1) as session:
        [ana] = make_members(session, 1)
        for number, body in enumerate((told, back, {"nonsense": 1}), start=1):
            keep = {"source": "payer:orange", "event_id": str(number), "kind": KIND, "headers": {}}
            inbox.receive(session, body=json.dumps(body).encode(), **keep)
            if number == 1:
                read_collections(session, actor="worker", today=TODAY)
                used = [Line(f"member:{ana}:contributions", 10_000), Line("cash:x", -10_000)]
                _open(session, "cash:x")
                post(session, Event("use", "seal", TODAY, used, "staff:olga"))
    read()
    aside = made(accountant.get("/v1/inbox", params={"status": "quarantined"}), 200)["items"]
    assert ["used" in one["reason"] for one in aside] == [False, True]
    nonsense, reversal = aside
    assert "nonsense" in nonsense["body"]
    because = {"reason": "asked the provider: a mistake of theirs"}
    gone = made(accountant.post(f"/v1/inbox/{nonsense['id']}/dismissal", because))
    assert (gone["status"], gone["handled_by"]) == ("dismissed", "staff:accountant")
    refused(accountant.post(f"/v1/inbox/{nonsense['id']}/retry", because), "message_not_set_aside")
    with database.session(1) as session:
        post(session, Event("free", "seal", TODAY, [Line("cash:x", 10_000), Line(f"member:{ana}:contributions", -10_000)], "o"))  # fmt: skip
    made(accountant.post(f"/v1/inbox/{reversal['id']}/retry", because))
    read()
    [done] = [one for one in made(accountant.get("/v1/inbox"), 200)["items"] if one["id"] == reversal["id"]]
    assert (done["status"], "taken back" in done["reason"]) == ("done", True)
    with database.session(1) as session:
        assert current_balance(session, "momo:orange:clearing") == 0
        jobs = [row.task_name for row in db.rows(session, "SELECT task_name FROM procrastinate_jobs")]
    assert jobs == ["payouts.inbox"]


def test_rules_refunds_and_reminders_over_the_interface(client: Client, database: Database) -> None:
    manager, accountant, cashier = client(Role.MANAGER), client(Role.ACCOUNTANT), client(Role.CASHIER)
    with database.session(1) as session:
        [ana] = make_members(session, 1)
    [first] = made(cashier.get("/v1/allotment-rules"), 200)["items"]
    assert (first["id"], first["rules"]["months"], len(first["explanation"])) == (None, "next_filing", 4)
    rules = {"valid_from": "2026-04-01", "rules": {"months": "oldest_first"}, "reason": "assembly"}
    made(manager.post("/v1/allotment-rules", rules))
    for language, begins in (("es", "Lo que todavía"), ("en", "What an older month"), ("fr", "Ce dont un mois")):
        told = cashier.get("/v1/allotment-rules", headers={"accept-language": language})
        assert made(told, 200)["items"][0]["explanation"][0].startswith(begins)
    assert manager.post("/v1/allotment-rules", rules | {"rules": {"months": "never"}}).status_code == 422
    payment = {
        "channel": "cash", "account_code": "cash:elsewhere", "amount": "70.00", "currency": "DOP",
        "paid_on": TODAY.isoformat(), "lines": [{"member_id": ana}],
    }  # fmt: skip
    made(cashier.post("/v1/receipts", payment))
    asked = {"member_id": ana, "reason": "she moved away"}
    refused(accountant.post("/v1/refunds", asked), "refund_refused")
    with database.session(1) as session:
        db.run(session, "UPDATE member SET status = 'left' WHERE id = :id", {"id": ana})
        _open(session, f"member:{ana}:benefits")
    refund = made(accountant.post("/v1/refunds", asked))
    assert (refund["amount"], refund["status"]) == ("70.00", "proposed")
    refused(accountant.post("/v1/refunds", asked), "refund_refused")
    decision = f"/v1/refunds/{refund['id']}/decision"
    refused(accountant.post(decision, {"is_agreed": True}), "same_person")
    assert made(manager.post(decision, {"is_agreed": True}))["status"] == "owed"
    refused(manager.post(decision, {"is_agreed": False}), "invalid_transition")
    with database.session(1) as session:
        kept = [current_balance(session, f"member:{ana}:{end}") for end in ("contributions", "benefits")]
    assert kept == [0, 7_000]
    assert made(cashier.get("/v1/reminders", params={"period": "2026-04"}), 200)["items"] == []
    answer = cashier.get("/v1/reminders", params={"period": "2026-04", "format": "csv"})
    assert next(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[:3] == ["till", "number", "name"]
    assert made(cashier.post("/v1/reminders", {"period": "2026-04"}))["until"] == "2026-04-30"
    refused(cashier.post("/v1/reminders", {"period": "2026-03"}), "reminder_too_late")
    refused(cashier.post("/v1/reminders", {"period": "2026-04", "payroll_id": 999}), "payroll_unknown")


def test_a_settlement_report_is_loaded_once_and_shows_its_transactions(client: Client, tmp_path: Path) -> None:
    accountant = client(Role.ACCOUNTANT)
    bank = {"number": "960", "name": "Cuenta", "kind": "bank", "currency": "DOP", "ledger_code": "bank:main"}
    made(accountant.post("/v1/bank-accounts", bank))
    line = {"transactionReference": "T1", "type": "merchantpay", "amount": "100.00", "fee": "1.00", "net": "99.00"}
    report = {"settlementId": "ST1", "settledOn": "2026-04-01", "currency": "DOP", "transactions": [line]}
    body = json.dumps(report | {"gross": "100.00", "fee": "1.00", "net": "99.00"}).encode()

    def load(content: bytes) -> Any:
        files = {"file": ("st.json", content, "application/json")}
        return accountant.post(
            "/v1/settlement-reports", files=files, data={"provider": "momo:orange", "bank": "bank:main"}
        )

    first = made(load(body))
    assert (first["net"], first["status"], made(load(body))["id"]) == ("99.00", "booked", first["id"])
    [shown] = made(accountant.get(f"/v1/settlement-reports/{first['id']}/lines"), 200)["items"]
    assert (shown["fate"], shown["amount"]) == ("suspense", "100.00")
    refused(load(b"{}"), "settlement_unreadable")
    aside = made(load(body.replace(b'"ST1"', b'"ST2"').replace(b'"net": "99.00"}', b'"net": "98.00"}')))
    assert (aside["status"], aside["transfer_id"]) == ("quarantined", None)
    assert len(made(accountant.get("/v1/settlement-reports"), 200)["items"]) == 2


def _open(session: Any, code: str) -> None:
    open_accounts(session, [NewAccount(code)], "DOP")


def test_cash_is_handed_from_the_counter_to_a_collector_over_the_interface(client: Client, database: Database) -> None:
    carmen, rosa = client(Role.CASHIER, name="carmen"), client(Role.COLLECTOR, name="rosa")
    manager = client(Role.MANAGER)
    for code, kind, person, amount in (
        ("cash:oficina", "counter", carmen, "900.00"),
        ("cash:ruta", "route", rosa, "0.00"),
    ):
        made(manager.post("/v1/tills", {"code": code, "name": code, "kind": kind}))
        made(person.post("/v1/cash-sessions", {"till": code, "float": amount, "float_from": "reserve:float"}))
    refused(carmen.post("/v1/cash-handovers", {"to": "rosa", "amount": "900.01"}), "handover_invalid")
    given = made(carmen.post("/v1/cash-handovers", {"to": "rosa", "amount": "300.00"}))
    there = f"/v1/cash-handovers/{given['id']}"
    refused(carmen.post(f"{there}/count", {"loose": "300.00"}), "cash_session_not_yours")
    waiting = made(rosa.post(f"{there}/count", {"loose": "299.00", "reason": "one coin lost"}))
    assert (waiting["status"], waiting["difference"]) == ("counted", "-1.00")
    done = made(manager.post(f"{there}/confirmation", {"is_confirmed": True}))
    assert (done["status"], done["counted"], done["confirmed_by"] is not None) == ("received", "299.00", True)
    refused(carmen.post(f"{there}/withdrawal", {"reason": "late"}), "invalid_transition")
    mine = client(Role.CASHIER, name="nadia").get("/v1/cash-handovers")
    assert made(mine, 200)["items"] == []
