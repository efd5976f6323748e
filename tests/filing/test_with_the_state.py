"""A filing on its way to the state and back, with the sandbox state on a socket: one effect, every peso accounted for."""

import datetime as dt

import pytest
from filing_town import (
    APRIL,
    COST,
    MARCH,
    OFFICER,
    TODAY,
    add_head,
    assess,
    draft,
    endow,
    enrol,
    open_payroll,
    pay,
    payroll_of,
    sealed,
    tell_state_account,
    with_check_digit,
)
from sqlmodel import Session
from state_process import StateProcess, courier_to, pursue_until

from gateway.contributions.fee import decide_fee
from gateway.filing.bills import ours_by_component
from gateway.filing.collect_bills import collect
from gateway.filing.courier import Courier
from gateway.filing.funding import lay_down
from gateway.filing.pay import book_payment, order_payment, release_payment
from gateway.filing.pursue import look_again, pursue
from gateway.filing.queries import (
    bill_parts,
    coverage,
    get_bill,
    get_filing,
    list_answers,
    list_attempts,
    list_bills,
    list_documents,
    list_lines,
)
from gateway.filing.seal import seal
from gateway.filing.states import FilingKind
from gateway.filing.submit import request_submission
from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.ledger.queries import current_balance, trial_balance

NEW_YEAR = dt.date(2026, 1, 1)


def _ready(session: Session, payroll_id: int, kind: FilingKind = FilingKind.MONTHLY) -> int:
    filing = sealed(session, payroll_id, kind=kind)
    request_submission(session, filing.id, actor=OFFICER)
    return filing.id


def _statuses(session: Session, filing_id: int) -> list[str]:
    return [line.status for line in list_lines(session, filing_id, limit=1000)]


def _reserved(session: Session, filing_id: int) -> int:
    return current_balance(session, f"filing:{filing_id}:reserved")


def test_a_clean_filing_is_accepted_line_by_line(database: Database, state: StateProcess) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 4)
        filing_id = _ready(session, payroll_id)
    with courier_to(database, state) as courier:
        assert pursue_until(courier, filing_id, "accepted") == "accepted"
    with database.session(1) as session:
        filing = get_filing(session, filing_id)
        assert (filing.accepted_count, filing.rejected_count, filing.answer_code) == (4, 0, "0")
        assert filing.next_check_at is None
        lines = list_lines(session, filing_id, limit=10)
        assert {(line.status, line.state_code, line.state_accepted_minor) for line in lines} == {
            ("accepted", "0", COST)
        }
        assert [(row.step, row.outcome) for row in list_attempts(session, filing_id)] == [("submit:AM:1", "received")]
        assert [answer.status for answer in list_answers(session, filing_id)] == ["applied"]
        assert _reserved(session, filing_id) == 4 * COST
    assert state.effects()["filings_applied"] == 1


def test_a_rejected_line_gives_every_source_its_money_back_and_is_mended_in_a_supplementary_filing(
    database: Database, state: StateProcess
) -> None:
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 3, paid=[0, 1])
        fund = db.scalar(session, "INSERT INTO fund (code, name) VALUES ('a', 'A') RETURNING id")
        db.run(session, "UPDATE member SET fund_id = :fund WHERE id = :id", {"fund": fund, "id": ids[2]})
        decide_fee(
            session, valid_from=NEW_YEAR, amount_minor=10_000, currency="DOP", source="assembly", actor="staff:mara"
        )
        assess(session, payroll_id)
        pay(session, {ids[0]: 10_000, ids[1]: 10_000, ids[2]: COST})
        endow(session, f"fund:{fund}", 6_000)
        endow(session, "reserve:solidarity", 7_000)
        rules = {"order": ["own_money", "credit", "fund", "reserve"]}
        lay_down(session, valid_from=NEW_YEAR, rules=rules, reason="assembly", actor="staff:mara")
        filing_id = _ready(session, payroll_id)
        assert current_balance(session, f"fund:{fund}") == 0
        assert current_balance(session, "reserve:solidarity") == 3_000
        rejected = list_lines(session, filing_id, limit=10)[2]
        state.register(not_registered=[rejected.document])
    with courier_to(database, state) as courier:
        assert pursue_until(courier, filing_id, "partial", "accepted") == "partial"
    with database.session(1) as session:
        assert _statuses(session, filing_id) == ["accepted", "accepted", "rejected"]
        assert [current_balance(session, f"member:{m}:contributions") for m in ids] == [0, 0, COST]
        assert (current_balance(session, f"fund:{fund}"), current_balance(session, "reserve:solidarity")) == (
            6_000,
            10_000 - 3_000,
        )
        assert current_balance(session, "income:fees") == 20_000
        assert _reserved(session, filing_id) == 2 * COST
        told = {
            (row.standing, row.reason): row.members
            for row in coverage(session, get_filing(session, filing_id).period_start)
        }
        assert told == {("accepted", ""): 2, ("rejected", "24"): 1}
        state.register(not_registered=[])
        second = draft(session, payroll_id, kind=FilingKind.SUPPLEMENTARY)
        assert (second.sequence, second.parent_id, second.line_count) == (2, filing_id, 1)
        seal(session, second.id, actor=OFFICER, today=TODAY)
        request_submission(session, second.id, actor=OFFICER)
    with courier_to(database, state) as courier:
        pursue_until(courier, second.id, "accepted")
    with database.session(1) as session:
        told = {
            (row.standing, row.reason): row.members
            for row in coverage(session, get_filing(session, filing_id).period_start)
        }
        assert told == {("accepted", ""): 3}


def test_a_line_accepted_with_another_amount_keeps_ours_and_theirs(database: Database, state: StateProcess) -> None:
    state.script({"on": "submit", "do": "change_amount", "lines": [3], "per_cent": 110})
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 3)
        filing_id = _ready(session, payroll_id)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
        collect(courier)
    with database.session(1) as session:
        line = list_lines(session, filing_id, limit=10)[1]
        assert (line.status, line.state_minor) == ("changed", COST)
        assert line.state_accepted_minor is not None
        more = line.state_accepted_minor - COST
        assert more > 0
        [bill] = list_bills(session, limit=10)
        assert (bill.total_minor - bill.ours_minor, bill.ours_minor) == (more, 3 * COST)
        assert current_balance(session, "suspense:state") == -more
        assert current_balance(session, f"state:{bill.notice_reference}:payable") == bill.total_minor
        assert _reserved(session, filing_id) == 0


def test_a_dependant_the_state_refuses_is_not_billed_and_the_line_shows_it(
    database: Database, state: StateProcess
) -> None:
    with database.session(1) as session:
        payroll_id = open_payroll(session)
        ids = enrol(session, payroll_id, 2)
        add_head(session, ids[0], with_check_digit(9_000_001))
        add_head(session, ids[1], with_check_digit(9_000_002))
        assess(session, payroll_id)
        pay(session, dict.fromkeys(ids, 2 * COST))
        filing_id = _ready(session, payroll_id)
    state.register(active_elsewhere=[with_check_digit(9_000_002)])
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
    with database.session(1) as session:
        assert [d.status for d in list_documents(session, filing_id)] == ["partial", "accepted"]
        first, second = list_lines(session, filing_id, limit=10)
        assert (first.status, second.status) == ("accepted", "changed")
        assert second.state_minor - (second.state_accepted_minor or 0) == 191_978
        held = db.rows(session, "SELECT member_id, is_active FROM state_dependant")
        assert [tuple(row) for row in held] == [(ids[0], True)]
        again = db.rows(session, "SELECT status, state_code FROM filing_dependant_line ORDER BY line_no")
        assert [tuple(row) for row in again] == [("accepted", "0"), ("rejected", "112")]


def test_a_supplement_leaves_alone_the_dependants_of_who_stands_in_the_months_first_filing(
    database: Database, state: StateProcess
) -> None:
    with database.session(1) as session:
        payroll_id = open_payroll(session)
        ids = enrol(session, payroll_id, 2)
        kept = [add_head(session, member_id, with_check_digit(9_000_001 + n)) for n, member_id in enumerate(ids)]
        assess(session, payroll_id)
        pay(session, {ids[0]: 2 * COST})
        filing_id = _ready(session, payroll_id)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
    with database.session(1) as session:
        pay(session, {ids[1]: 2 * COST})
        filing = draft(session, payroll_id, kind=FilingKind.SUPPLEMENTARY)
        told = "SELECT event, member_id FROM filing_dependant_line WHERE filing_id = :id"
        assert [tuple(row) for row in db.rows(session, told, {"id": filing.id})] == [("add", ids[1])]
        # The next month a dependant who is gone is told of, though her holder has no money to be declared with.
        db.run(session, "UPDATE dependant SET valid_to = '2026-03-31' WHERE id = :id", {"id": kept[0]})
        assess(session, payroll_id, APRIL)
        april = draft(session, payroll_id, APRIL)
        assert ("remove", ids[0]) in [tuple(row) for row in db.rows(session, told, {"id": april.id})]


def test_the_bill_is_paid_by_two_people_booked_by_the_bank_and_confirmed_by_the_state(
    database: Database, state: StateProcess
) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 3)
        filing_id = _ready(session, payroll_id)
        _open_bank(session)
    tell_state_account(database)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
        collect(courier)
        collect(courier)
        with database.session(1) as session:
            [bill] = list_bills(session, limit=10)
            assert (bill.status, bill.total_minor, bill.ours_minor) == ("received", 3 * COST, 3 * COST)
            parts = bill_parts(session, bill.id)
            assert all(part.theirs_minor == part.ours_minor for part in parts["components"])
            assert [(part.filing_id, part.amount_minor) for part in parts["filings"]] == [(filing_id, 3 * COST)]
            assert current_balance(session, "suspense:state") == 0
            payment = order_payment(session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
            release_payment(session, payment.id, actor="staff:mara")
        state.pay(bill.notice_reference, "14769.81", "A1")
        _collect_until(courier, database, bill.id, "confirmed")
    with database.session(1) as session:
        assert get_filing(session, filing_id).status == "settled"
        booked = book_payment(
            session,
            end_to_end_id=payment.end_to_end_id,
            amount_minor=3 * COST,
            booked_on=TODAY,
            statement_line_id=1,
            actor="worker:w",
        )
        assert booked.payment_id == payment.id
        assert get_bill(session, bill.id).status == "confirmed"
        assert current_balance(session, f"state:{bill.notice_reference}:payable") == 0
        assert current_balance(session, "bank:main") == 10**9 - 3 * COST
        assert (
            sum(row.balance_minor * (1 if row.kind in ("asset", "expense") else -1) for row in trial_balance(session))
            == 0
        )


def test_a_supplementary_filing_before_payment_replaces_the_bill(database: Database, state: StateProcess) -> None:
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 3, paid=[0, 1])
        first = _ready(session, payroll_id)
    with courier_to(database, state) as courier:
        pursue_until(courier, first, "accepted")
        collect(courier)
        with database.session(1) as session:
            pay(session, {ids[2]: COST})
            second = _ready(session, payroll_id, FilingKind.SUPPLEMENTARY)
        pursue_until(courier, second, "accepted")
        collect(courier)
    with database.session(1) as session:
        newest, oldest = list_bills(session, limit=10)
        assert (oldest.status, newest.status, newest.replaces_id) == ("superseded", "received", oldest.id)
        assert (newest.total_minor, newest.ours_minor) == (3 * COST, 3 * COST)
        assert (_reserved(session, first), _reserved(session, second)) == (0, 0)
        assert current_balance(session, f"state:{newest.notice_reference}:payable") == 3 * COST
        assert current_balance(session, "suspense:state") == 0


def test_what_is_filed_after_payment_gets_a_bill_of_its_own(database: Database, state: StateProcess) -> None:
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 2, paid=[0])
        first = _ready(session, payroll_id)
        _open_bank(session)
    tell_state_account(database)
    with courier_to(database, state) as courier:
        pursue_until(courier, first, "accepted")
        collect(courier)
        with database.session(1) as session:
            [bill] = list_bills(session, limit=10)
            payment = order_payment(session, bill.id, account_code="bank:main", actor="staff:abel", today=TODAY)
            release_payment(session, payment.id, actor="staff:mara")
        state.pay(bill.notice_reference, "4923.27", "A1")
        _collect_until(courier, database, bill.id, "confirmed")
        with database.session(1) as session:
            pay(session, {ids[1]: COST})
            second = _ready(session, payroll_id, FilingKind.SUPPLEMENTARY)
        pursue_until(courier, second, "accepted")
        collect(courier)
    with database.session(1) as session:
        newest, paid = list_bills(session, limit=10)
        assert (paid.status, newest.status) == ("confirmed", "received")
        assert (newest.total_minor, newest.ours_minor) == (COST, COST)
        assert current_balance(session, f"state:{newest.notice_reference}:payable") == COST


def test_a_late_processing_after_accepted_has_no_effect(database: Database, state: StateProcess) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 2)
        filing_id = _ready(session, payroll_id)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
        with database.session(1) as session:
            [document] = list_documents(session, filing_id)
        pursue(courier, filing_id)
        look_again(courier, document.id, filing_id)
    with database.session(1) as session:
        assert get_filing(session, filing_id).status == "accepted"
        assert len(list_answers(session, filing_id)) == 1
        assert db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE kind = 'filing.seal'") == 1


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        pytest.param({"on": "lines", "do": "wrong_period"}, "period", id="another period"),
        pytest.param({"on": "lines", "do": "wrong_employer"}, "employer", id="another employer"),
        pytest.param({"on": "lines", "do": "missing_line"}, "2 lines; 3", id="a line is missing"),
        pytest.param({"on": "lines", "do": "extra_line"}, "4 lines; 3", id="a line too many"),
        pytest.param({"on": "lines", "do": "repeat"}, "6 lines; 3", id="each line twice"),
        pytest.param({"on": "lines", "do": "truncate"}, "", id="cut in the middle"),
        pytest.param(
            {"on": "lines", "do": "uneven_groups", "times": 1}, "3 lines have 2 documents", id="a document is missing"
        ),
        pytest.param({"on": "lines", "do": "of_nothing", "times": 1}, "of names", id="something is said that is not"),
    ],
)
def test_an_answer_that_does_not_add_up_is_put_aside_and_asked_for_again(
    database: Database, state: StateProcess, rule: dict[str, str], said: str
) -> None:
    state.script(rule)
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 3)
        filing_id = _ready(session, payroll_id)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
    with database.session(1) as session:
        answers = list_answers(session, filing_id)
        assert [answer.status for answer in answers] == ["quarantined", "applied"]
        assert said in (answers[0].problem or "")
        assert _statuses(session, filing_id) == ["accepted"] * 3


def test_a_line_told_twice_in_the_place_of_another_is_seen(database: Database, state: StateProcess) -> None:
    state.script(
        {"on": "lines", "do": "missing_line"}, {"on": "lines", "do": "repeat"}, {"on": "lines", "do": "missing_line"}
    )
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 3)
        filing_id = _ready(session, payroll_id)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
    with database.session(1) as session:
        told = [(answer.status, answer.problem) for answer in list_answers(session, filing_id)]
        assert told == [("quarantined", "it has 2 different line numbers; 3 were expected"), ("applied", None)]


def test_unknown_codes_and_long_texts_are_kept_as_they_came(database: Database, state: StateProcess) -> None:
    state.script(
        {"on": "lines", "do": "unknown_code", "code": "9Z7"}, {"on": "lines", "do": "long_text", "length": 5000}
    )
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 3)
        filing_id = _ready(session, payroll_id)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "accepted")
    with database.session(1) as session:
        odd, *usual = list_lines(session, filing_id, limit=9)
        assert (odd.state_code, len(odd.state_text or "")) == ("9Z7", 5000)
        told = {(line.status, line.state_code, line.state_text, line.state_accepted_minor) for line in usual}
        assert told == {("accepted", "0", "Aceptada", COST)}
        days = "SELECT DISTINCT answered_at FROM filing_line"
        assert db.scalar(session, days) is not None
        assert len(db.rows(session, days)) == 1


def test_what_was_taken_is_added_up_with_the_answer_as_its_lines_say(database: Database, state: StateProcess) -> None:
    state.script({"on": "submit", "do": "change_amount", "lines": [3], "per_cent": 110})
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 4)
        filing_id = _ready(session, payroll_id)
        state.register(not_registered=[list_lines(session, filing_id, limit=9)[3].document])
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "partial")
        notice = courier.channel.notices("401999999", MARCH, "001")[0]
    with database.session(1) as session:
        assert _statuses(session, filing_id) == ["accepted", "changed", "accepted", "rejected"]
        added_up = ours_by_component(session, payroll_id, notice)
        assert sum(added_up.values()) == 3 * COST
        # Where a month has several schedules nothing is added up beforehand: the lines themselves say it.
        db.run(session, "UPDATE filing_document SET schedule_id = NULL, accepted_by_place = '{}'")
        assert ours_by_component(session, payroll_id, notice) == added_up


def test_a_file_refused_as_a_whole_gives_all_money_back(database: Database, state: StateProcess) -> None:
    state.script({"on": "submit", "do": "whole_file"})
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 2)
        filing_id = _ready(session, payroll_id)
    with courier_to(database, state) as courier:
        pursue_until(courier, filing_id, "rejected")
    with database.session(1) as session:
        assert _statuses(session, filing_id) == ["rejected", "rejected"]
        assert [current_balance(session, f"member:{m}:contributions") for m in ids] == [COST, COST]
        assert _reserved(session, filing_id) == 0
        again = draft(session, payroll_id, kind=FilingKind.SUPPLEMENTARY)
        assert again.line_count == 2


def _open_bank(session: Session) -> None:
    account = BankAccountRow(0, "DO01", "Banco", "bank", "DOP", "bank:main", "Mutual Amparo", "BCBHDOSD")
    register_bank_account(session, account, opening=Opening(10**9, NEW_YEAR), actor="staff:abel")


def _collect_until(courier: Courier, database: Database, bill_id: int, status: str) -> None:
    for _ in range(200):
        collect(courier)
        with database.session(1) as session:
            if get_bill(session, bill_id).status == status:
                return
    raise AssertionError(f"the bill never was {status}")
