"""What was received wrongly is taken back or given to the right member, and everybody can see that it was."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contributions.people import PAID, TODAY, count_of, make_members

from gateway.contributions.errors import (
    AlreadyPlacedError,
    ReceiptInvalidError,
    ReceiptLineUnknownError,
    ReceiptReversedError,
    ReceiptUnknownError,
    ReceiptUsedError,
)
from gateway.contributions.place import place_line
from gateway.contributions.queries import ReceiptRow, get_receipt, list_suspense, member_statement
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.contributions.reverse import reverse_receipt
from gateway.kit import db
from gateway.kit.audit import list_changes
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.errors import PeriodClosedError
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import balance_of, current_balance
from gateway.membership.errors import MemberNotFoundError


def paid(session: db.Session, *lines: NewLine, reference: str = "r", minor: int = 1_000) -> ReceiptRow:
    new = NewReceipt("api:ana", reference, "cash", "cash:office", minor, "DOP", PAID, lines)
    return receive(session, new, actor="staff:ana", today=TODAY)


def held(session: db.Session, *members: int) -> list[int]:
    return [current_balance(session, f"member:{one}:contributions") for one in members]


def use(session: db.Session, member: int, minor: int) -> None:
    """Reserve a member's money, as a filing does."""
    open_accounts(session, [NewAccount("filing:1:reserved")], "DOP")
    lines = [Line(f"member:{member}:contributions", minor), Line("filing:1:reserved", -minor)]
    post(session, Event(f"use:{member}:{minor}", "seal", TODAY, lines, "test"))


def place(session: db.Session, receipt: ReceiptRow, member: int | None, line: int = 0) -> ReceiptRow:
    line_id = receipt.lines[line].id
    return place_line(session, line_id, member_id=member, reason="she showed it", actor="eva", today=TODAY).receipt


def test_a_receipt_is_taken_back_by_a_linked_reversal_with_its_reason(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        first = paid(session, NewLine(ana))
        back = reverse_receipt(session, first.id, reason="typed twice", actor="staff:eva", today=TODAY)
        assert (back.state, back.reversal_reason, back.reversed_on) == ("reversed", "typed twice", TODAY)
        assert held(session, ana) == [0]
        assert balance_of(session, "cash:office") == 0
        link = db.one(session, "SELECT reverses, reason, kind FROM ledger_tx WHERE reverses IS NOT NULL")
        assert tuple(link) == (first.ledger_tx_id, "typed twice", "receipt.reversal")
        [change] = list_changes(session, "receipt", first.id)
        assert (change.actor, change.action, change.reason) == ("staff:eva", "receipt.reverse", "typed twice")


def test_a_receipt_is_taken_back_once(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        first = paid(session, NewLine(ana))
        reverse_receipt(session, first.id, reason="typed twice", actor="eva", today=TODAY)
        with pytest.raises(ReceiptReversedError, match=first.number):
            reverse_receipt(session, first.id, reason="typed twice", actor="eva", today=TODAY)


def test_money_that_was_used_cannot_be_taken_back(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        first = paid(session, NewLine(ana))
        use(session, ana, 1)
    with pytest.raises(ReceiptUsedError, match="has been used"), database.session(1) as session:
        reverse_receipt(session, first.id, reason="typed twice", actor="eva", today=TODAY)
    with database.session(1) as session:
        assert get_receipt(session, first.id).state == "received"
        assert held(session, ana) == [999]


def test_a_reversal_without_a_reason_or_of_nothing_is_refused(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        first = paid(session, NewLine(ana))
        with pytest.raises(ReceiptInvalidError, match="reason"):
            reverse_receipt(session, first.id, reason=" ", actor="eva", today=TODAY)
        with pytest.raises(ReceiptUnknownError):
            reverse_receipt(session, first.id + 1, reason="x", actor="eva", today=TODAY)


def test_a_reversal_into_a_closed_month_is_refused(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        first = paid(session, NewLine(ana))
        periods.close(session, Period.of(TODAY), actor="a", reason="month end")
    with pytest.raises(PeriodClosedError), database.session(1) as session:
        reverse_receipt(session, first.id, reason="typed twice", actor="eva", today=TODAY)


def test_money_in_suspense_is_placed_with_the_member_it_belongs_to(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        first = paid(session, NewLine(identity="unknown"))
        now = place(session, first, ana)
        assert (held(session, ana), balance_of(session, "suspense:cash")) == ([1_000], 0)
        assert (now.lines[0].member_id, now.lines[0].claimed_identity) == (ana, "unknown")
        assert list_suspense(session, today=TODAY, limit=10) == []


def test_money_matched_to_the_wrong_member_moves_on_and_both_statements_show_it(database: Database) -> None:
    with database.session(1) as session:
        ana, eva = make_members(session, 2)
        first = paid(session, NewLine(identity="unknown"))
        place(session, first, ana)
        place(session, first, eva)
        assert held(session, ana, eva) == [0, 1_000]
        shown = [
            [(row.kind, row.amount_minor) for row in member_statement(session, one, limit=9)] for one in (ana, eva)
        ]
        assert shown == [[("placement", 1_000), ("placement.reversal", -1_000)], [("placement", 1_000)]]
        assert {row.reason for row in member_statement(session, ana, limit=9)} == {"she showed it"}


def test_a_receipt_typed_for_the_wrong_member_moves_to_the_right_one_and_back(database: Database) -> None:
    with database.session(1) as session:
        ana, eva, lia = make_members(session, 3)
        first = paid(session, NewLine(ana, amount_minor=600), NewLine(lia))
        place(session, first, eva)
        assert held(session, ana, eva, lia) == [0, 600, 400]
        place(session, first, None)
        assert held(session, ana, eva, lia) == [0, 0, 400]
        assert [row.amount_minor for row in list_suspense(session, today=TODAY, limit=9)] == [600]
        last = place(session, first, ana)
        assert held(session, ana, eva, lia) == [600, 0, 400]
        assert (last.lines[0].placement_version, last.lines[1].placement_version) == (3, 0)
        balances = [row.balance_minor for row in member_statement(session, ana, limit=20)]
        assert balances[-1] == 600
        assert min(balances) == 0


def test_money_that_the_wrong_member_used_cannot_be_placed_elsewhere(database: Database) -> None:
    with database.session(1) as session:
        ana, eva = make_members(session, 2)
        first = paid(session, NewLine(ana))
        use(session, ana, 500)
    with pytest.raises(ReceiptUsedError), database.session(1) as session:
        place(session, first, eva)
    with database.session(1) as session:
        assert held(session, ana, eva) == [500, 0]


def test_a_receipt_whose_line_was_placed_is_taken_back_from_whom_it_went_to(database: Database) -> None:
    with database.session(1) as session:
        ana, eva = make_members(session, 2)
        first = paid(session, NewLine(identity="x", amount_minor=700), NewLine(ana))
        place(session, first, eva)
        reverse_receipt(session, first.id, reason="bounced", actor="eva", today=TODAY)
        assert held(session, ana, eva) == [0, 0]
        assert balance_of(session, "suspense:cash") == balance_of(session, "cash:office") == 0
        with pytest.raises(ReceiptReversedError):
            place(session, first, ana)


def test_a_placement_that_changes_nothing_or_nobody_knows_is_refused(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        first = paid(session, NewLine(identity="x"))
        with pytest.raises(AlreadyPlacedError, match="in suspense"):
            place(session, first, None)
        place(session, first, ana)
        with pytest.raises(AlreadyPlacedError):
            place(session, first, ana)
        with pytest.raises(MemberNotFoundError):
            place(session, first, 424_242)
        with pytest.raises(ReceiptInvalidError, match="reason"):
            place_line(session, first.lines[0].id, member_id=ana, reason="", actor="a", today=TODAY)
        with pytest.raises(ReceiptLineUnknownError):
            place_line(session, 424_242, member_id=ana, reason="x", actor="a", today=TODAY)


def test_a_receipt_of_another_mutual_can_be_neither_read_nor_taken_back_nor_placed(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        first = paid(session, NewLine(ana))
    with database.session(2) as session:
        with pytest.raises(ReceiptUnknownError):
            get_receipt(session, first.id)
        with pytest.raises(ReceiptUnknownError):
            reverse_receipt(session, first.id, reason="x", actor="m", today=TODAY)
        with pytest.raises(ReceiptLineUnknownError):
            place_line(session, first.lines[0].id, member_id=None, reason="x", actor="m", today=TODAY)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3), max_size=8), st.booleans())
def test_wherever_a_line_is_placed_its_money_is_in_one_place_and_taken_back_from_there(
    database: Database, steps: list[int], undo: bool
) -> None:
    with database.session(1) as session:
        many = count_of(session, "member")
        people: list[int | None] = [*make_members(session, 3, first=many), None]
        before = balance_of(session, "suspense:cash")
        first = paid(session, NewLine(identity="x"), reference=f"r{many}")
        where: int | None = None
        for step in steps:
            if people[step] != where:
                where = people[step]
                place(session, first, where)
        if undo:
            reverse_receipt(session, first.id, reason="bounced", actor="eva", today=TODAY)
        now = [*held(session, *[one for one in people if one]), balance_of(session, "suspense:cash") - before]
        assert now == [0 if undo or one != where else 1_000 for one in people]
