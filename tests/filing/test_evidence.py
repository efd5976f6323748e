"""The whole trace of one filed line: each piece can be checked without us."""

import datetime as dt
import hashlib
import json

import pytest
from filing_town import COST, TODAY, pay, payroll_of, sealed, tell_state_account
from state_process import StateProcess, courier_to, pursue_until
from test_with_the_state import _open_bank, _ready

from gateway.contributions.reverse import reverse_receipt
from gateway.filing.collect_bills import collect
from gateway.filing.errors import LineUnknownError
from gateway.filing.evidence import trace
from gateway.filing.pay import book_payment, order_payment, release_payment
from gateway.filing.queries import list_bills, list_documents, read_content
from gateway.filing.states import FilingKind
from gateway.filing.uses import uses_of_receipt
from gateway.kit import db, merkle
from gateway.kit import evidence as kept
from gateway.kit.db import Database


def test_a_line_is_traced_from_its_receipts_to_the_booked_bill(database: Database, state: StateProcess) -> None:
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 3, paid=[0, 2])
        pay(session, {ids[1]: 400_000})
        pay(session, {ids[1]: COST - 400_000 + 5})
        filing_id = _ready(session, payroll_id)
        _open_bank(session)
    tell_state_account(database)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
        collect(courier)
    with database.session(1) as session:
        [bill] = list_bills(session, limit=9)
        payment = order_payment(session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
        release_payment(session, payment.id, actor="staff:mara")
        booked = book_payment(
            session,
            end_to_end_id=payment.end_to_end_id,
            amount_minor=bill.total_minor,
            booked_on=TODAY,
            statement_line_id=9,
            actor="worker:w",
        )
        told = trace(session, filing_id, 2)
        body = b"".join(read_content(session, list_documents(session, filing_id)[0].id))
        page = kept.read(session, told["answer"]["evidence_id"])
    assert json.loads(json.dumps(told)) == told
    assert [receipt["used"] for receipt in told["funding"]["receipts"]] == ["4000.00", "923.27"]
    assert told["line"]["member_id"] == ids[1]
    costs = {part["code"]: part["amount"] for part in told["assessment"]["components"]}
    assert costs["health_worker"] == "705.98"
    frozen = told["sealed"]
    assert hashlib.sha256(body).hexdigest() == frozen["document"]["sha256"]
    assert body.splitlines(keepends=True)[frozen["file_line"] - 1].hex() == frozen["file_line_hex"]
    proof = [bytes.fromhex(step) for step in frozen["inclusion_proof"]]
    root = bytes.fromhex(frozen["merkle_root"])
    assert merkle.verify(frozen["canonical"].encode(), frozen["merkle_index"], frozen["merkle_size"], proof, root)
    assert [step["outcome"] for step in told["submissions"]] == ["received"]
    assert told["answer"]["evidence_sha256"] == hashlib.sha256(page.body).hexdigest()
    assert (told["answer"]["raw"]["line"], told["answer"]["raw"]["amount"]) == (3, "4923.27")
    [billed] = told["bills"]
    assert (billed["total"], billed["status"]) == ("14769.81", "booked")
    assert (billed["payments"][0]["ledger_tx_id"], billed["payments"][0]["statement_line_id"]) == (
        booked.ledger_tx_id,
        9,
    )
    assert [booking["kind"] for booking in told["bookings"]] == ["filing.seal"]


def test_a_line_that_is_not_there_is_not_traced(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1)
        filing = sealed(session, payroll_id)
        with pytest.raises(LineUnknownError, match="1 to 1"):
            trace(session, filing.id, 2)


def test_what_came_or_was_taken_back_after_the_sealing_changes_nothing_of_what_paid_for_a_line(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll_id, [member] = payroll_of(session, 1)
    with database.session(1) as session:
        filing = sealed(session, payroll_id)
        first = trace(session, filing.id, 1)["funding"]["receipts"]
    assert [(row["used"], row["taken_back"]) for row in first] == [("4923.27", None)]
    with database.session(1) as session:
        # Handed over before the receipt that paid for the line, and typed in after the sealing.
        pay(session, {member: COST}, on=dt.date(2026, 3, 2))
    with database.session(1) as session:
        late = trace(session, filing.id, 1)["funding"]["receipts"]
    assert late == first
    with database.session(1) as session:
        reverse_receipt(session, first[0]["receipt_id"], reason="a false note", actor="staff:abel", today=TODAY)
    with database.session(1) as session:
        [told] = trace(session, filing.id, 1)["funding"]["receipts"]
        assert (told["number"], told["used"], told["taken_back"]) == (first[0]["number"], "4923.27", "a false note")
        assert told["gone_at"] > told["came_at"]
        assert [use.amount_minor for use in uses_of_receipt(session, member, told["receipt_id"])] == [COST]
        later = db.scalar(session, "SELECT max(id) FROM contribution_receipt")
        assert uses_of_receipt(session, member, later) == []


def test_a_line_that_was_rejected_still_tells_what_it_had_used_and_the_supplement_uses_it_again(
    database: Database, state: StateProcess
) -> None:
    with database.session(1) as session:
        payroll_id, [member] = payroll_of(session, 1)
    with database.session(1) as session:
        filing_id = _ready(session, payroll_id)
    state.script({"on": "submit", "do": "reject_lines", "lines": [2]})
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "rejected")
    with database.session(1) as session:
        pay(session, {member: COST})
    with database.session(1) as session:
        second = sealed(session, payroll_id, kind=FilingKind.SUPPLEMENTARY)
        both = [trace(session, number, 1) for number in (filing_id, second.id)]
    [[before], [after]] = [told["funding"]["receipts"] for told in both]
    assert (before["number"], before["used"]) == (after["number"], after["used"])
    others = [[(row["filing_id"], row["kind"], row["status"]) for row in told["same_month"]] for told in both]
    assert others == [[(second.id, "supplementary", "waiting")], [(filing_id, "monthly", "rejected")]]
    assert (both[0]["line"]["status"], both[0]["answer"]["raw"]["code"]) == ("rejected", "24")
