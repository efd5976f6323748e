"""A provider's settlement report: what we never heard of is received, its fee is an expense, the net one credit."""

import csv
import datetime as dt
import io
import json
from typing import Any

import pytest
from sqlmodel import Session
from tests.contributions.people import TODAY, identity_of, make_members

from gateway.contributions.collect import KIND, read_collections
from gateway.contributions.queries import find_receipt_by_source, list_suspense
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.contributions.reference import member_reference
from gateway.kit import db, inbox
from gateway.kit.db import Database
from gateway.kit.errors import MalformedError
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.bank_accounts import BankAccountRow, register_bank_account
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import current_balance
from gateway.reconciliation.queries import get_transfer
from gateway.treasury.errors import SettlementRepeatedError
from gateway.treasury.queries import list_settlement_lines
from gateway.treasury.settlement import load_settlement

MOMO, CLEARING, BANK = "momo:orange", "momo:orange:clearing", "bank:main"


def transaction(reference: str, amount: int, text: str = "", phone: str = "", **more: Any) -> dict[str, Any]:
    """A payment of so many pesos, of which the provider keeps a hundredth."""
    made = {"transactionReference": reference, "type": "merchantpay", "amount": f"{amount}.00"}
    made |= {"fee": f"{amount / 100:.2f}", "net": f"{amount * 99 / 100:.2f}", "creationDate": "2026-03-03T12:00:00Z"}
    made |= {"requestingOrganisationTransactionReference": text, "debitParty": [{"key": "msisdn", "value": phone}]}
    return made | more


def report(*rows: dict[str, Any], reference: str = "ST1", **more: Any) -> dict[str, Any]:
    sums = {
        name: f"{sum(float(row[key]) for row in rows):.2f}"
        for name, key in (("gross", "amount"), ("fee", "fee"), ("net", "net"))
    }
    return {
        "settlementId": reference,
        "settledOn": "2026-03-05",
        "currency": "DOP",
        "transactions": list(rows),
        **sums,
        **more,
    }


def as_csv(found: dict[str, Any]) -> bytes:
    text = io.StringIO(newline="")
    out = csv.writer(text)
    names = ["transactionReference", "type", "originalTransactionReference", "amount", "fee", "net", "reference"]
    out.writerow(["settlement_id", "settled_on", "currency", *names, "msisdn", "creationDate"])
    head = [found["settlementId"], found["settledOn"], found["currency"]]
    for row in found["transactions"]:
        told = [row["transactionReference"], row["type"], row.get("originalTransactionReference", "")]
        told += [row["amount"], row["fee"], row["net"], row["requestingOrganisationTransactionReference"]]
        out.writerow([*head, *told, row["debitParty"][0]["value"], row["creationDate"]])
    out.writerow([*head, "", "total", "", found["gross"], found["fee"], found["net"], "", "", ""])
    return text.getvalue().encode()


def load(session: Session, found: dict[str, Any], body: bytes | None = None) -> Any:
    shown = body or json.dumps(found).encode()
    return load_settlement(
        session, body=shown, file_name="st", provider=MOMO, bank_code=BANK, actor="staff:abel", today=TODAY
    )


def settle_in(session: Session, count: int = 4) -> list[int]:
    account = BankAccountRow(0, "960", "Cuenta", "bank", "DOP", BANK, "", "")
    register_bank_account(session, account, opening=None, actor="test")
    ids = make_members(session, count)
    db.run(session, "UPDATE member SET phone = '+1809555010' || (id % 10) WHERE mutual_id = 1")
    return ids


def told(session: Session, reference: str, member: int, minor: int) -> None:
    new = NewReceipt(
        MOMO, reference, "mobile_money", CLEARING, minor, "DOP", dt.date(2026, 3, 3), [NewLine(member_id=member)]
    )
    receive(session, new, actor="worker", today=TODAY)


def fates(session: Session, found: Any) -> list[str]:
    return [row.fate for row in list_settlement_lines(session, found.id, fate=None, after=0, limit=50)]


def test_what_was_told_is_known_what_was_not_is_received_and_the_net_is_one_credit_to_come(database: Database) -> None:
    with database.session(1) as session:
        ids = settle_in(session)
        phone = db.scalar(session, "SELECT phone FROM member WHERE id = :id", {"id": ids[3]})
        told(session, "T1", ids[0], 100_000)
        found = report(
            transaction("T1", 1000, "aporte"),
            transaction("T2", 200, f"cuota {member_reference('M000002')}", phone),  # the reference is stricter
            transaction("T3", 300, identity_of(3)),
            transaction("T4", 400, "", phone),
            transaction("T5", 500, "para mi tia"),
        )
        done = load(session, found)
        assert fates(session, done) == ["known", "received", "received", "received", "suspense"]
        assert [current_balance(session, f"member:{one}:contributions") for one in ids] == [
            100_000,
            20_000,
            30_000,
            40_000,
        ]
        assert current_balance(session, "expense:fees:orange") == 2_400
        assert (current_balance(session, CLEARING), current_balance(session, f"{BANK}:in-transit")) == (0, 237_600)
        transfer = get_transfer(session, done.transfer_id)
        assert (transfer.reference, transfer.amount_minor, transfer.status) == ("ST1", 237_600, "ordered")
        [waiting] = list_suspense(session, today=TODAY, limit=9)
        assert (waiting.claimed_identity, waiting.amount_minor) == ("para mi tia", 50_000)
        # The same report again, and as CSV, is the same; another under its name is refused.
        assert load(session, found).id == load(session, found, as_csv(found)).id == done.id
        with pytest.raises(SettlementRepeatedError):
            load(session, report(transaction("T9", 900)))
        # A callback that comes after the report is the payment that the report brought.
        told_late = {"transactionStatus": "completed", "currency": "DOP", "descriptionText": "aporte"}
        body = json.dumps(transaction("T5", 500, "para mi tia") | told_late)
        inbox.receive(session, source="payer:orange", event_id="e1", kind=KIND, headers={}, body=body.encode())
        read_collections(session, actor="worker", today=TODAY)
        assert db.scalar(session, "SELECT state || ' ' || note FROM inbox_message").startswith("done receipt RF")
        assert current_balance(session, CLEARING) == 50_000 - 50_000


def test_a_reversal_is_taken_back_and_one_of_used_money_stays_on_the_clearing_account_for_a_person(
    database: Database,
) -> None:
    with database.session(1) as session:
        ids = settle_in(session)
        told(session, "T1", ids[0], 100_000)
        told(session, "T2", ids[1], 50_000)
        open_accounts(session, [NewAccount("filing:9:reserved")], "DOP")
        used = [Line(f"member:{ids[1]}:contributions", 50_000), Line("filing:9:reserved", -50_000)]
        post(session, Event("use", "seal", TODAY, used, "staff:olga"))
        back = {"type": "reversal", "transactionReference": "R"}
        done = load(
            session,
            report(
                transaction("T1", 1000),
                transaction("T2", 500),
                transaction("T3", 300, "M000003"),
                transaction("R1", -1000, originalTransactionReference="T1", **back),
                transaction("R2", -500, originalTransactionReference="T2", **back),
                transaction("R3", -300, originalTransactionReference="T3", **back),
                transaction("R4", -10, originalTransactionReference="T0", **back),
                transaction("T8", 800, "M000004"),
            ),
        )
        assert fates(session, done) == [
            "known", "known", "received", "taken_back", "open", "taken_back", "open", "received",
        ]  # fmt: skip
        assert (done.open_count, done.open_minor) == (2, 51_000)
        assert find_receipt_by_source(session, MOMO, "T1").state == "reversed"
        # What the books and the report disagree on: the used 500.00 and the 10.00 nobody knows.
        assert current_balance(session, CLEARING) == 51_000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gross": "1500.01"}, "the amounts of its transactions"),
        ({"fee": "0.00"}, "the fees of its transactions"),
        ({"net": "1.00"}, "the net amounts"),
        ({"transactions": [transaction("T1", 500), transaction("T1", 1000)]}, "more than once"),
        ({"transactions": [transaction("T1", 1500, fee="14.00")]}, "amount less fee is not the net"),
        ({"transactions": [transaction("T1", -1500)]}, "a payment is above zero"),
    ],
)
def test_a_report_that_contradicts_itself_is_kept_and_nothing_of_it_is_used(
    database: Database, change: dict[str, Any], said: str
) -> None:
    with database.session(1) as session:
        settle_in(session)
        done = load(session, report(transaction("T1", 500), transaction("T2", 1000)) | change)
        assert (done.status, said in done.reason) == ("quarantined", True)
        assert db.scalar(session, "SELECT count(*) FROM ledger_tx") == 0
        good = load(session, report(transaction("T1", 500), transaction("T2", 1000)))
        assert good.status == "booked"


@pytest.mark.parametrize(
    "body", [b"{}", b'{"transactions": 7}', b"a,b\n1,2\n", b"\xff\xfe\x00", b"{" * 5000, b'{"transactions": [7]}']
)
def test_what_is_no_report_is_refused_in_words(database: Database, body: bytes) -> None:
    with database.session(1) as session, pytest.raises(MalformedError):
        load(session, {}, body)
