"""Money comes in once, is split to the unit, and is the member's until something uses it."""

import datetime as dt
import threading
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contributions.people import PAID, TODAY, count_of, identity_of, make_members

from gateway.contributions.errors import (
    PaidInFutureError,
    ReceiptInvalidError,
    ReceiptRepeatedError,
    ReceiptRunningError,
)
from gateway.contributions.queries import find_receipt_by_source, get_receipt, list_suspense
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.contributions.reference import check_reference, mutual_of
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.money import CurrencyError
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.errors import PeriodClosedError, PostingRaceError, UnknownAccountError
from gateway.ledger.queries import balance_of, current_balance
from gateway.membership.errors import MemberNotFoundError


def payment(reference: str = "r1", amount_minor: int = 100_000, *lines: NewLine, **other: object) -> NewReceipt:
    base = NewReceipt(
        source="api:ana",
        source_reference=reference,
        channel="cash",
        account_code="cash:office",
        amount_minor=amount_minor,
        currency="DOP",
        paid_on=PAID,
        lines=lines,
    )
    return replace(base, **other)  # type: ignore[arg-type]


def held(session: db.Session, member_id: int) -> int:
    return current_balance(session, f"member:{member_id}:contributions")


def test_a_receipt_moves_the_money_into_the_till_and_keeps_it_for_the_member(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        got = receive(session, payment("r1", 100_000, NewLine(ana)), actor="staff:ana", today=TODAY)
        assert (balance_of(session, "cash:office"), held(session, ana)) == (100_000, 100_000)
        assert check_reference(got.number)
        assert mutual_of(got.number) == 1
        assert got == get_receipt(session, got.id)._replace(is_new=True)
        evidence = db.one(session, "SELECT kind, idempotency_key, evidence FROM ledger_tx WHERE mutual_id = 1")
        assert tuple(evidence) == ("receipt", "receipt:api:ana:r1", f"receipt:{got.id}")


def test_a_receipt_for_a_member_takes_one_statement_and_by_an_identity_two(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        receive(session, payment("opens the till", 1, NewLine(ana)), actor="staff:ana", today=TODAY)
        seen: list[object] = []

        class Noting(psycopg.Cursor[Any]):
            def execute(self, query: Any, *given: Any, **more: Any) -> Any:
                seen.append(query)
                return super().execute(query, *given, **more)

        connection = db.driver(session)
        usual, connection.cursor_factory = connection.cursor_factory, Noting
        receive(session, payment("r1", 100_000, NewLine(ana)), actor="staff:ana", today=TODAY)
        assert len(seen) == 1
        receive(session, payment("r2", 100_000, NewLine(identity=identity_of(1))), actor="staff:ana", today=TODAY)
        connection.cursor_factory = usual
        assert len(seen) == 3
        assert held(session, ana) == 200_001


def test_an_overpayment_stays_the_members_credit(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        for reference, minor in (("a", 492_327), ("b", 10_000)):
            receive(session, payment(reference, minor, NewLine(ana)), actor="staff:ana", today=TODAY)
        assert held(session, ana) == 502_327


def test_a_treasurers_payment_is_split_by_line(database: Database) -> None:
    with database.session(1) as session:
        ana, eva, lia = make_members(session, 3)
        lines = [NewLine(ana, amount_minor=50_000), NewLine(identity=identity_of(2), amount_minor=30_000), NewLine(lia)]
        got = receive(session, payment("fund", 100_000, *lines), actor="staff:ana", today=TODAY)
        assert [held(session, one) for one in (ana, eva, lia)] == [50_000, 30_000, 20_000]
        assert [line.member_id for line in got.lines] == [ana, eva, lia]
        assert count_of(session, "ledger_tx") == 1


def test_three_equal_parts_of_a_hundred_francs_sum_to_a_hundred(database: Database) -> None:
    with database.session(1) as session:
        ids = make_members(session, 3, currency="XOF")
        open_accounts(session, [NewAccount("cash:dakar")], "XOF")
        new = payment("xof", 100, *map(NewLine, ids), currency="XOF", account_code="cash:dakar")
        got = receive(session, new, actor="staff:ana", today=TODAY)
        assert [line.amount_minor for line in got.lines] == [34, 33, 33]
        assert [held(session, one) for one in ids] == [34, 33, 33]


def test_a_member_is_found_by_identity_with_dashes_and_by_number(database: Database) -> None:
    with database.session(1) as session:
        ana, eva = make_members(session, 2)
        lines = [NewLine(identity="999-0000000-1", amount_minor=1), NewLine(identity=" m000002 ", amount_minor=2)]
        receive(session, payment("x", 3, *lines), actor="staff:ana", today=TODAY)
        assert (held(session, ana), held(session, eva)) == (1, 2)


def test_an_unknown_identity_goes_to_suspense_with_what_was_claimed(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        lines = [NewLine(ana, amount_minor=60), NewLine(identity="999-9999999-9", amount_minor=40)]
        receive(session, payment("x", 100, *lines), actor="staff:ana", today=TODAY)
        assert (held(session, ana), balance_of(session, "suspense:cash")) == (60, 40)
        [waiting] = list_suspense(session, today=TODAY, limit=10)
        assert (waiting.claimed_identity, waiting.amount_minor, waiting.age_days) == ("999-9999999-9", 40, 17)


def test_an_identity_that_two_registers_give_to_two_members_goes_to_suspense(database: Database) -> None:
    with database.session(1) as session:
        ana, eva = make_members(session, 2)
        for member, kind in ((ana, "passport"), (eva, "social_security")):
            db.run(
                session,
                "INSERT INTO member_identity (member_id, kind, value) VALUES (:member, :kind, 'X77')",
                {"member": member, "kind": kind},
            )
        receive(session, payment("x", 5, NewLine(identity="x77")), actor="staff:ana", today=TODAY)
        assert balance_of(session, "suspense:cash") == 5


def test_the_same_payment_again_has_no_effect_and_returns_the_first(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        first = receive(session, payment("tap", 100, NewLine(ana)), actor="staff:ana", today=TODAY)
    with database.session(1) as session:
        again = receive(session, payment("tap", 100, NewLine(ana)), actor="staff:eva", today=TODAY)
        assert (again, again.is_new) == (first._replace(is_new=False), False)
        assert find_receipt_by_source(session, "api:ana", "tap") == again
        assert (held(session, ana), count_of(session, "contribution_receipt")) == (100, 1)


def test_the_same_unknown_claim_again_is_the_same_even_when_she_is_known_by_then(database: Database) -> None:
    with database.session(1) as session:
        first = receive(session, payment("t", 9, NewLine(identity=identity_of(1))), actor="a", today=TODAY)
        make_members(session, 1)
        again = receive(session, payment("t", 9, NewLine(identity=identity_of(1))), actor="a", today=TODAY)
        assert again.id == first.id
        assert balance_of(session, "suspense:cash") == 9


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 101},
        {"paid_on": PAID - dt.timedelta(days=1)},
        {"account_code": "cash:other"},
        {"payer_reference": "other"},
        {"collector": "other"},
        {"lines": [NewLine(2)]},
        {"lines": [NewLine(identity="nobody")]},
        {"channel": "collector"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_reused_reference_with_other_content_is_refused(database: Database, change: dict[str, object]) -> None:
    with database.session(1) as session:
        ids = make_members(session, 2)
        receive(session, payment("tap", 100, NewLine(ids[0])), actor="staff:ana", today=TODAY)
        if change.get("lines") == [NewLine(2)]:
            change = {"lines": [NewLine(ids[1])]}
        with pytest.raises(ReceiptRepeatedError, match="other content"):
            receive(session, replace(payment("tap", 100, NewLine(ids[0])), **change), actor="a", today=TODAY)  # type: ignore[arg-type]
        assert (held(session, ids[0]), held(session, ids[1])) == (100, 0)


def test_two_equal_payments_by_one_person_on_one_day_are_both_kept(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        for reference in ("first", "second"):
            receive(session, payment(reference, 100, NewLine(ana)), actor="staff:ana", today=TODAY)
        assert (held(session, ana), count_of(session, "contribution_receipt")) == (200, 2)


def test_ten_taps_at_once_make_one_receipt(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        receive(session, payment("opens", 1, NewLine(ana)), actor="a", today=TODAY)
    outcomes: list[str] = []
    gate = threading.Barrier(10)

    def tap() -> None:
        gate.wait()
        try:
            with database.session(1) as session:
                made = receive(session, payment("tap", 100, NewLine(ana)), actor="a", today=TODAY)
                outcomes.append("new" if made.is_new else "first")
        except (ReceiptRunningError, PostingRaceError):
            outcomes.append("running")

    threads = [threading.Thread(target=tap) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("new") == 1
    assert len(outcomes) == 10
    with database.session(1) as session:
        assert held(session, ana) == 101


def test_a_day_that_has_not_come_is_refused(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        tomorrow = payment("x", 100, NewLine(ana), paid_on=TODAY + dt.timedelta(days=1))
        with pytest.raises(PaidInFutureError, match="2026-03-21"):
            receive(session, tomorrow, actor="a", today=TODAY)
        assert receive(session, replace(tomorrow, paid_on=TODAY), actor="a", today=TODAY).is_new


def test_a_closed_month_is_refused_and_the_books_stay(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        receive(session, payment("open", 100, NewLine(ana)), actor="a", today=TODAY)
        periods.close(session, Period(2026, 3), actor="a", reason="month end")
    with pytest.raises(PeriodClosedError), database.session(1) as session:
        receive(session, payment("late", 100, NewLine(ana)), actor="a", today=TODAY)
    with database.session(1) as session:
        assert (held(session, ana), count_of(session, "contribution_receipt")) == (100, 1)


def test_a_currency_that_is_not_the_accounts_is_refused(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        with pytest.raises(CurrencyError, match="DOP"):
            receive(session, payment("x", 100, NewLine(ana), currency="USD"), actor="a", today=TODAY)
        receive(session, payment("y", 100, NewLine(ana)), actor="a", today=TODAY)
        with pytest.raises(CurrencyError, match="kept in DOP"):
            receive(session, payment("z", 100, NewLine(ana), currency="USD"), actor="a", today=TODAY)


def test_a_negative_amount_is_refused(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        for minor in (-100, 0):
            with pytest.raises(ReceiptInvalidError):
                receive(session, payment("x", minor, NewLine(ana)), actor="a", today=TODAY)
        with pytest.raises(ReceiptInvalidError):
            lines = [NewLine(ana, amount_minor=200), NewLine(ana, amount_minor=-100)]
            receive(session, payment("x", 100, *lines), actor="a", today=TODAY)
        assert count_of(session, "contribution_receipt") == 0


def test_lines_that_do_not_make_up_the_amount_are_refused(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        with pytest.raises(ReceiptInvalidError, match="1 minor units less"):
            receive(session, payment("x", 100, NewLine(ana, amount_minor=99)), actor="a", today=TODAY)
        with pytest.raises(ReceiptInvalidError):
            receive(session, payment("x", 100), actor="a", today=TODAY)


def test_an_unknown_member_is_refused_by_name(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        with pytest.raises(MemberNotFoundError, match="no member 424242") as refusal:
            receive(session, payment("x", 100, NewLine(ana), NewLine(424242)), actor="a", today=TODAY)
        assert [one.pointer for one in refusal.value.errors] == ["/lines/1/member_id"]


def test_a_member_of_another_mutual_is_unknown(database: Database) -> None:
    with database.session(2) as session:
        [other] = make_members(session, 1)
    with database.session(1) as session, pytest.raises(MemberNotFoundError):
        receive(session, payment("x", 100, NewLine(other)), actor="a", today=TODAY)


def test_a_line_that_names_nobody_is_refused(database: Database) -> None:
    with database.session(1) as session, pytest.raises(ReceiptInvalidError, match="names nobody"):
        receive(session, payment("x", 100, NewLine(identity="  ")), actor="a", today=TODAY)


@pytest.mark.parametrize("code", ["bank:main", "member:1:contributions", "income:fees", "cash:", "momo:x"])
def test_cash_is_refused_in_an_account_that_is_no_till(database: Database, code: str) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        with pytest.raises(ReceiptInvalidError, match="cash"):
            receive(session, payment("x", 100, NewLine(ana), account_code=code), actor="a", today=TODAY)


def test_a_bank_account_that_is_not_registered_is_refused(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        with pytest.raises(UnknownAccountError, match="bank:main"):
            new = payment("x", 100, NewLine(ana), channel="bank", account_code="bank:main")
            receive(session, new, actor="a", today=TODAY)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 10**9)), min_size=1, max_size=9), st.randoms())
def test_what_members_hold_does_not_depend_on_the_order_of_receipts(
    database: Database, parts: list[tuple[int, int]], chance: object
) -> None:
    shuffled = list(enumerate(parts))
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    holdings = []
    for round_, order in enumerate((list(enumerate(parts)), shuffled)):
        with database.session(1) as session:
            first = count_of(session, "member")
            ids = make_members(session, 5, first=first)
            before = balance_of(session, "cash:office")
            for number, (who, minor) in order:
                new = payment(f"{first}:{round_}:{number}", minor, NewLine(ids[who]))
                receive(session, new, actor="a", today=TODAY)
            holdings.append([held(session, one) for one in ids])
            assert sum(holdings[-1]) == balance_of(session, "cash:office") - before == sum(minor for _, minor in parts)
    assert holdings[0] == holdings[1]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10**6)), min_size=1, max_size=8), st.integers(0, 45))
def test_cash_typed_in_late_counts_on_the_day_it_was_paid_and_is_known_from_the_day_it_was_typed(
    database: Database, payments: list[tuple[int, int]], days: int
) -> None:
    asked = TODAY - dt.timedelta(days=days)
    with database.session(1) as session:
        [ana] = make_members(session, 1, first=count_of(session, "member"))
        started = db.scalar(session, "SELECT clock_timestamp()")
    code = f"member:{ana}:contributions"
    expected = []
    for number, (late, minor) in enumerate(payments):
        with database.session(1) as session:
            day = TODAY - dt.timedelta(days=late)
            got = receive(session, payment(f"{ana}:{number}", minor, NewLine(ana), paid_on=day), actor="a", today=TODAY)
            assert got.recorded_at >= started
            expected.append((day, got.recorded_at, minor))
    with database.session(1) as session:
        assert balance_of(session, code, valid_on=asked, recorded_at=started) == 0
        for _, moment, _ in expected:
            known = sum(minor for day, at, minor in expected if day <= asked and at <= moment)
            assert balance_of(session, code, valid_on=asked, recorded_at=moment) == known
