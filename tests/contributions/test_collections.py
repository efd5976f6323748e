"""Money that members send by mobile money: told late, twice, in any order, and sometimes taken back."""

import datetime as dt
import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.paying import TODAY, document_of, make_members

from gateway.contributions.collect import read_collections
from gateway.contributions.queries import find_receipt_by_source
from gateway.contributions.reference import make_reference
from gateway.kit import db, inbox
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.ledger.accounts import open_for_owners
from gateway.ledger.queries import balance_of, current_balance

CLEARING = "momo:orange:clearing"
SUSPENSE = "suspense:mobile_money"
_events = itertools.count(1)


def paid(reference: str, text: str, **changes: Any) -> dict[str, Any]:
    return {
        "transactionReference": reference,
        "transactionStatus": "completed",
        "type": "merchantpay",
        "amount": "450.5",
        "currency": "DOP",
        "creationDate": "2026-04-19T12:00:00Z",
        "debitParty": [{"key": "msisdn", "value": "+1 809 999 9999"}],
        "creditParty": [{"key": "organisationid", "value": "amparo"}],
        "requestingOrganisationTransactionReference": text,
        **changes,
    }


def tell(session, *told: dict[str, Any] | bytes) -> None:
    for body in told:
        inbox.receive(
            session,
            source="payer:orange",
            event_id=f"e{next(_events)}",
            kind="payer.transaction",
            headers={},
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        )
        read_collections(session, actor="worker:w", today=TODAY)


def people(session, count: int = 3) -> list[int]:
    members = make_members(session, count)
    open_for_owners(session, "member:{}:contributions", "member", members, "DOP")
    return members


def held(session, member: int) -> int:
    return current_balance(session, f"member:{member}:contributions")


def notes(session) -> list[tuple[str, str]]:
    return [(row.state, row.note) for row in db.rows(session, "SELECT state, note FROM inbox_message ORDER BY id")]


@pytest.mark.parametrize(
    "text",
    [document_of(2), "M2", f"pago {make_reference('M2')} gracias", "999-0000000-2"],
    ids=["identity", "member number", "reference with check digits", "identity with dashes"],
)
def test_a_payment_goes_to_the_member_its_text_names(database: Database, text: str) -> None:
    with database.session(1) as session:
        members = people(session)
        tell(session, paid("T1", text))
        assert [held(session, member) for member in members] == [0, 450_50, 0]
        assert balance_of(session, CLEARING) == 450_50
        receipt = find_receipt_by_source(session, "momo:orange", "T1")
        assert receipt is not None
        assert (receipt.channel, receipt.paid_on) == ("mobile_money", dt.date(2026, 4, 19))


def test_a_payment_without_a_word_goes_by_its_telephone(database: Database) -> None:
    with database.session(1) as session:
        members = people(session)
        tell(session, paid("T1", "", debitParty=[{"key": "msisdn", "value": "18090000003"}]))
        assert held(session, members[2]) == 450_50


def test_a_payment_that_names_nobody_or_two_waits_in_suspense(database: Database) -> None:
    with database.session(1) as session:
        members = people(session)
        tell(session, paid("T1", "my contribution"), paid("T2", f"{document_of(1)} {document_of(2)}"))
        assert [held(session, member) for member in members] == [0, 0, 0]
        assert balance_of(session, SUSPENSE) == 901_00


def test_the_same_callback_fifty_times_is_one_receipt(database: Database) -> None:
    with database.session(1) as session:
        (member,) = people(session, 1)
        tell(session, *[{**paid("T1", document_of(1)), "n": n} for n in range(50)])
        assert held(session, member) == 450_50
        assert db.scalar(session, "SELECT count(*) FROM contribution_receipt") == 1
        assert {state for state, _ in notes(session)} == {"done"}


def test_a_late_pending_after_completed_changes_nothing(database: Database) -> None:
    with database.session(1) as session:
        (member,) = people(session, 1)
        tell(session, paid("T1", document_of(1)), paid("T1", document_of(1), transactionStatus="pending"))
        assert held(session, member) == 450_50


def test_the_same_reference_with_another_amount_is_set_aside(database: Database) -> None:
    with database.session(1) as session:
        (member,) = people(session, 1)
        tell(session, paid("T1", document_of(1)), paid("T1", document_of(1), amount="500"))
        assert held(session, member) == 450_50
        assert notes(session)[1][0] == "quarantined"


@pytest.mark.parametrize(
    "reversal",
    [
        paid("T1", "", transactionStatus="reversed"),
        paid("R9", "", type="reversal", originalTransactionReference="T1"),
    ],
    ids=["status", "reversal of its own"],
)
def test_a_success_that_is_taken_back_is_reversed_by_link_once(database: Database, reversal: dict[str, Any]) -> None:
    with database.session(1) as session:
        (member,) = people(session, 1)
        tell(session, paid("T1", document_of(1)), reversal, {**reversal, "again": True})
        assert held(session, member) == 0
        assert balance_of(session, CLEARING) == 0
        linked = "SELECT count(*) FROM ledger_tx WHERE reverses IS NOT NULL"
        assert db.scalar(session, linked) == 1
        tell(session, {**paid("T1", document_of(1)), "late": True})
        assert held(session, member) == 0, "the success told late again does not bring it back"


def test_a_reversal_that_overtakes_its_payment_still_takes_it_back(database: Database) -> None:
    with database.session(1) as session:
        (member,) = people(session, 1)
        tell(session, paid("T1", "", transactionStatus="reversed"))
        assert notes(session)[0][0] == "quarantined"
        tell(session, paid("T1", document_of(1)))
        assert held(session, member) == 0
        assert balance_of(session, CLEARING) == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff not json", "not JSON"),
        (b"[]", "no JSON object"),
        ({"transactionStatus": "completed"}, "no transactionReference"),
        (paid("T1", "x", amount="1,5"), "is not an amount"),
        (paid("T1", "x", currency="XXX"), "unknown currency"),
        (paid("T1", "x", currency="USD"), "kept in"),
    ],
    ids=["bytes", "list", "without reference", "amount", "currency", "currency of another account"],
)
def test_a_message_that_cannot_be_booked_is_set_aside_and_the_next_is_read(
    database: Database, body: dict[str, Any] | bytes, said: str
) -> None:
    with database.session(1) as session:
        (member,) = people(session, 1)
        tell(session, paid("T0", document_of(1)), body, paid("T2", document_of(1)))
        assert held(session, member) == 901_00
        assert said in dict(notes(session))["quarantined"]


def test_a_payment_of_a_closed_month_is_booked_today_with_its_own_instant_kept(database: Database) -> None:
    with database.session(1) as session:
        (member,) = people(session, 1)
        periods.close(session, Period(2026, 3), actor="staff:eva", reason="done")
        late = paid("T1", document_of(1), creationDate="2026-03-31T22:00:00-04:00")
        tell(session, late)
        receipt = find_receipt_by_source(session, "momo:orange", "T1")
        assert receipt is not None
        assert receipt.paid_on == TODAY
        assert "2026-03-31T22:00" in (receipt.note or "")
        tell(session, {**late, "again": 1})
        assert held(session, member) == 450_50


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_in_any_order_and_number_each_payment_counts_once_or_not_at_all(
    database: Database, data: st.DataObject
) -> None:
    run = next(_events)
    payments = {f"T{run}.{n}": data.draw(st.booleans()) for n in range(3)}
    messages = [paid(reference, document_of(1)) for reference in payments]
    messages += [paid(reference, "", transactionStatus="reversed") for reference, back in payments.items() if back]
    messages += [paid(reference, document_of(1), transactionStatus="pending") for reference in payments]
    told = data.draw(st.permutations(messages * 2))
    with database.session(1) as session:
        if db.first(session, "SELECT 1 FROM member LIMIT 1") is None:
            people(session, 1)
        member = int(db.scalar(session, "SELECT min(id) FROM member"))
        before = held(session, member)
        tell(session, *[{**body, "n": n} for n, body in enumerate(told)])
        assert held(session, member) - before == 450_50 * sum(not back for back in payments.values())
