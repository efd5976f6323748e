"""Whatever the provider says, and however often: paid money has left, failed and returned money is owed again."""

import contextlib
import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.paying import FLOAT, TODAY, advice, document_of, fund_in_full, line, make_members, open_bank, owe, record

from gateway.benefits.allot import allot
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.ledger.bank_accounts import BankAccountRow, register_bank_account
from gateway.ledger.queries import balance_of, current_balance
from gateway.payouts.confirm import Result, apply_results, refuse
from gateway.payouts.errors import BatchNotSentError, NothingOwedError, PayoutNotFoundError, ReturnRefusedError
from gateway.payouts.order import prepare
from gateway.payouts.queries import get_batch, list_payouts
from gateway.payouts.release import release
from gateway.payouts.return_payout import return_payout

BY_WORKER = {"actor": "worker:w", "today": TODAY}


def send(session, batch_id: int) -> None:
    db.run(session, "UPDATE payout_batch SET status = 'submitted', attempt = 1 WHERE id = :id", {"id": batch_id})


def released(session):
    draft = prepare(session, provider="orange", actor="staff:ana", today=TODAY).batches[0]
    release(session, draft.id, actor="staff:eva", roles={"manager"}, today=TODAY)
    send(session, draft.id)
    return draft.id, list_payouts(session, draft.id, limit=500)


def owed(session) -> int:
    return int(
        db.scalar(
            session,
            "SELECT coalesce(sum(b.held_minor), 0) FROM ledger_balance b JOIN ledger_account a"
            " ON a.mutual_id = b.mutual_id AND a.id = b.account_id WHERE a.control = 'member:benefits'",
        )
    )


def test_paid_money_leaves_the_float_and_failed_money_is_owed_again(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        members = owe(session, [500_00, 300_01])
        before = balance_of(session, FLOAT)
        batch, (first, second) = released(session)
        done = apply_results(
            session,
            batch,
            [
                Result(first.end_to_end_id, "paid", "TX1", dt.date(2026, 4, 18)),
                Result(second.end_to_end_id, "failed", reason_code="account_closed", reason_text="closed"),
                Result("PONOTOURS-1", "paid", "TX9"),
            ],
            **BY_WORKER,
        )
        assert done[:4] == (1, 500_00, 1, 300_01)
        assert (done.unknown, done.open_count, done.contradictions) == (["PONOTOURS-1"], 0, 0)
        assert balance_of(session, FLOAT) == before - 500_00
        assert balance_of(session, f"payout:{batch}") == 0
        assert current_balance(session, f"member:{members[1]}:benefits") == 300_01
        paid, failed = list_payouts(session, batch)
        assert (paid.status, paid.provider_reference, paid.settled_on) == ("paid", "TX1", dt.date(2026, 4, 18))
        assert (failed.status, failed.reason_code) == ("failed", "account_closed")
        assert db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE kind = 'payout.settle'") == 1
        steps = db.rows(session, "SELECT event FROM state_log WHERE subject_kind = 'payout' ORDER BY id")
        assert [step.event for step in steps] == ["pay", "fail"]


def test_the_same_results_again_change_nothing(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        batch, (payout,) = released(session)
        results = [Result(payout.end_to_end_id, "paid", "TX1")] * 3
        apply_results(session, batch, results, **BY_WORKER)
        after = balance_of(session, FLOAT)
        again = apply_results(session, batch, results, **BY_WORKER)
        assert again[:5] == (0, 0, 0, 0, 0)
        assert balance_of(session, FLOAT) == after


@pytest.mark.parametrize(("first", "then"), [("paid", "failed"), ("failed", "paid")])
def test_a_contradiction_moves_nothing_and_waits_for_a_person(database: Database, first: str, then: str) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        batch, (payout,) = released(session)
        apply_results(session, batch, [Result(payout.end_to_end_id, first, "TX1", reason_code="x")], **BY_WORKER)
        money = balance_of(session, FLOAT), owed(session)
        again = apply_results(session, batch, [Result(payout.end_to_end_id, then, "TX1")], **BY_WORKER)
        assert again.contradictions == 1
        assert (balance_of(session, FLOAT), owed(session)) == money
        (kept,) = list_payouts(session, batch)
        assert kept.status == first
        assert f"says {then}" in (kept.contradiction or "")


def test_results_of_a_batch_that_never_left_are_refused(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        draft = prepare(session, provider="orange", actor="staff:ana", today=TODAY).batches[0]
        with pytest.raises(BatchNotSentError):
            apply_results(session, draft.id, [], **BY_WORKER)


def test_a_refused_batch_owes_all_of_it_again(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00, 300_00])
        batch, _ = released(session)
        done = refuse(session, batch, code="validation/format", reason="bad request", **BY_WORKER)
        assert (done.failed_count, done.open_count) == (2, 0)
        assert get_batch(session, batch).status == "refused"
        assert owed(session) == 800_00
        assert balance_of(session, f"payout:{batch}") == 0


def test_a_result_of_a_closed_month_is_booked_in_the_open_one_with_its_own_day_kept(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        batch, (payout,) = released(session)
        periods.close(session, Period(2026, 3), actor="staff:eva", reason="done")
        result = Result(payout.end_to_end_id, "paid", "TX1", dt.date(2026, 3, 31))
        apply_results(session, batch, [result], **BY_WORKER)
        assert db.scalar(session, "SELECT valid_on FROM ledger_tx WHERE kind = 'payout.settle'") == TODAY
        assert list_payouts(session, batch)[0].settled_on == dt.date(2026, 3, 31)


def test_a_returned_payout_is_owed_again_and_paid_under_a_new_id_that_names_the_old(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [500_00])
        before = balance_of(session, FLOAT)
        batch, (payout,) = released(session)
        say = {"reason": "account closed", **BY_WORKER}
        with pytest.raises(ReturnRefusedError, match="is ordered"):
            return_payout(session, end_to_end_id=payout.end_to_end_id, **say)
        apply_results(session, batch, [Result(payout.end_to_end_id, "paid", "TX1")], **BY_WORKER)
        back = return_payout(session, end_to_end_id=payout.end_to_end_id, **say)
        assert (back.status, current_balance(session, f"member:{member}:benefits")) == ("returned", 500_00)
        assert return_payout(session, end_to_end_id=payout.end_to_end_id, **say) == back, "again: no effect"
        assert balance_of(session, FLOAT) == before
        _, (anew,) = released(session)
        assert (anew.retry_of_id, anew.amount_minor) == (payout.id, 500_00)
        assert anew.end_to_end_id != payout.end_to_end_id


def test_a_return_of_something_that_is_not_ours_is_refused(database: Database) -> None:
    with database.session(1) as session, pytest.raises(PayoutNotFoundError):
        return_payout(session, end_to_end_id="POXX-1", reason="?", **BY_WORKER)


def test_each_failed_payout_is_paid_anew_by_one_of_its_own_beside_what_is_newly_owed(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [500_00])
        batch, (first,) = released(session)
        apply_results(session, batch, [Result(first.end_to_end_id, "failed", reason_code="x")], **BY_WORKER)
        db.run(session, "UPDATE member SET number = 'MX' WHERE id = :id", {"id": member})
        lines = [line(1, document_of(1), 40_00)]
        told = advice(lines, "S2")
        remittance = record(session, told, lines)
        fund_in_full(session, told, statement_line=99)
        allot(session, remittance.id, actor="staff:ana", today=TODAY)
        draft = prepare(session, provider="orange", actor="staff:ana", today=TODAY).batches[0]
        pieces = [(p.retry_of_id, p.amount_minor) for p in list_payouts(session, draft.id)]
        assert pieces == [(first.id, 500_00), (None, 40_00)]


OUTCOMES = st.lists(
    st.tuples(st.integers(1, 10**8), st.lists(st.sampled_from(["paid", "failed", "return", "none"]), max_size=4)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(OUTCOMES, min_size=1, max_size=3))
def test_what_was_allotted_is_paid_out_on_its_way_or_still_owed(
    database: Database, rounds: list[list[tuple[int, list[str]]]]
) -> None:
    with database.session(1) as session:
        if db.first(session, "SELECT 1 FROM bank_account LIMIT 1") is None:
            open_bank(session)
        for told in rounds:
            number = int(db.scalar(session, "SELECT count(*) FROM member")) + 1
            owe(session, [minor + 100 for minor, _ in told], reference=f"S{number}", first=number)
            batch, payouts = released(session)
            for payout, (_, said) in zip(payouts, [*told] * 10, strict=False):
                for outcome in said:
                    if outcome in ("paid", "failed"):
                        result = Result(payout.end_to_end_id, outcome, "TX", reason_code="x")
                        apply_results(session, batch, [result], **BY_WORKER)
                    elif outcome == "return":
                        with contextlib.suppress(ReturnRefusedError):
                            return_payout(session, end_to_end_id=payout.end_to_end_id, reason="back", **BY_WORKER)
            on_its_way = int(
                db.scalar(session, "SELECT coalesce(sum(amount_minor), 0) FROM payout WHERE status = 'ordered'")
            )
            paid = int(db.scalar(session, "SELECT coalesce(sum(amount_minor), 0) FROM payout WHERE status = 'paid'"))
            allotted = int(db.scalar(session, "SELECT sum(allotted_minor) FROM benefit_remittance"))
            assert paid + on_its_way + owed(session) == allotted
            assert balance_of(session, FLOAT) == 10**12 - paid
            clearing = "SELECT coalesce(-sum(e.amount_minor), 0) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id WHERE a.control = 'payout'"
            assert int(db.scalar(session, clearing)) == on_its_way


def test_members_of_two_drafts_are_not_ordered_twice(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        account = BankAccountRow(0, "829000002", "claro", "mobile_money", "DOP", "momo:claro", "Mutual", "X")
        register_bank_account(session, account, opening=None, actor="staff:ana")
        owe(session, [500_00])
        prepare(session, provider="orange", actor="staff:ana", today=TODAY)
        make_members(session, 1, first=50)
        with pytest.raises(NothingOwedError):
            prepare(session, provider="claro", actor="staff:ana", today=TODAY)
