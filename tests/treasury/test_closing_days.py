"""Every evening somebody signs what each place holds, and nobody can while a difference is not explained."""

import datetime as dt
from typing import Any

import pytest
from sqlmodel import Session
from tests.cash.till_town import ABEL, BAG, CARMEN, OFFICE, TODAY, counted, held, opened, payment, round_of, settle_in
from tests.reconciliation.statements import NUMBER, Booked, camt053

from gateway.cash.count import confirm_session
from gateway.cash.errors import DepositInvalidError, TillUnknownError, UndepositedError
from gateway.cash.queries import list_undeposited
from gateway.cash.take import receive_cash
from gateway.cash.tills import require_unsupervised
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.errors import MalformedError
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.queries import get_transfer
from gateway.reconciliation.run import reconcile
from gateway.treasury.day import close_day, figures_of
from gateway.treasury.deposit import deposit, give_up_deposit
from gateway.treasury.errors import DayAheadError, DayClosedError, DayNotClearError
from gateway.treasury.queries import get_closing, list_closings

BANK = "bank:main"


def bank(session: Session) -> None:
    account = BankAccountRow(0, NUMBER, "Cuenta", "bank", "DOP", BANK, "", "")
    register_bank_account(session, account, opening=Opening(1_000_000, TODAY), actor="test")


def brought(session: Session, *session_ids: int, **more: Any) -> Any:
    values = {"bank_code": BANK, "reference": None, "ordered_on": TODAY, "actor": ABEL, "today": TODAY}
    return deposit(session, session_ids=session_ids, **{**values, **more})


def test_the_evening_of_a_day_from_the_drawer_to_the_bank(database: Database) -> None:
    with database.session(1) as session:
        [ana, *_] = settle_in(session)
        bank(session)
        mine = opened(session)
        going = round_of(session)  # out for days: hers keeps no evening open
        receive_cash(session, payment("r1", ana, 40_000), actor=CARMEN, today=TODAY)
        with pytest.raises(DayNotClearError) as refused:
            close_day(session, TODAY, actor=ABEL, today=TODAY)
        assert [one.code for one in refused.value.errors] == ["till_open"]
        counted(session, mine.id, 39_000, reason="a note too few")
        assert [one.code for one in figures_of(session, TODAY).blockers] == ["difference_waits"]
        assert figures_of(session, TODAY).unexplained_minor == 1_000
        confirm_session(session, mine.id, is_confirmed=True, reason=None, actor=ABEL, today=TODAY)
        way = brought(session, mine.id)
        assert (held(session, OFFICE), held(session, f"{BANK}:in-transit")) == (0, 39_000)
        load_statement(session, camt053(1_000_000, [], day=TODAY), file_name="s.xml", actor=ABEL)
        done = close_day(session, TODAY, note="all here", actor=ABEL, today=TODAY)
        figures = done.figures
        assert figures["bank"] == {BANK: 1_000_000}
        assert figures["in_transit"] == {"bank:in-transit": 39_000}
        assert figures["expense"] == {"expense:shortages": 1_000}
        assert figures["owed"] == {"member:contributions": 40_000, "reserve:float": 1_000_000}
        assert [(one["code"], one["status"], one["differences_minor"]) for one in figures["tills"]] == [
            (OFFICE, None, -1_000),
            (BAG, "open", 0),
            ("cash:ruta-2", None, 0),
        ]
        with pytest.raises(DayClosedError):
            close_day(session, TODAY, actor=CARMEN, today=TODAY)
        with pytest.raises(DayNotClearError):  # but a bag's own day is closed by its count alone
            close_day(session, TODAY, till=BAG, actor=ABEL, today=TODAY)
        counted(session, going.session_id, 0, actor="staff:rosa")
        close_day(session, TODAY, till=BAG, actor=ABEL, today=TODAY)
        assert [one.till for one in list_closings(session, till=None, before=2**60, limit=9)] == [BAG, ""]
        # What comes later into the day is in its figures, not in what was signed.
        tomorrow = TODAY + dt.timedelta(days=1)
        arrived = [Booked(39_000, end_to_end_id=way.reference)]
        load_statement(session, camt053(1_000_000, arrived, day=tomorrow), file_name="t.xml", actor=ABEL)
        assert "unexplained_difference" in {one.code for one in figures_of(session, tomorrow).blockers}
        reconcile(session, today=tomorrow)
        assert figures_of(session, tomorrow).figures["in_transit"] == {}
        assert get_closing(session, done.id).figures == figures
        assert figures_of(session, TODAY).figures == figures_of(session, TODAY).figures | {"banks": figures["banks"]}
        assert get_transfer(session, way.id).status == "booked"


def test_a_day_ahead_an_unknown_till_and_a_strange_figure_of_the_bank_are_refused(database: Database) -> None:
    with database.session(1) as session:
        settle_in(session)
        bank(session)
        with pytest.raises(DayAheadError):
            close_day(session, TODAY + dt.timedelta(days=1), actor=ABEL, today=TODAY)
        with pytest.raises(TillUnknownError):
            close_day(session, TODAY, till="cash:nowhere", actor=ABEL, today=TODAY)
        load_statement(session, camt053(1_000_500, [], day=TODAY), file_name="s.xml", actor=ABEL)
        found = figures_of(session, TODAY)
        assert (found.unexplained_minor, [one.code for one in found.blockers]) == (500, ["unexplained_difference"])
        # A signed day never holds a difference: the database refuses it too.
        with pytest.raises(Exception, match="ck_day_closing_explained"):
            db.run(
                session,
                "INSERT INTO day_closing (closed_on, figures, sha256, unexplained_minor, signed_by)"
                " VALUES ('2026-03-01', '{}', 'x', 1, 'x')",
            )


def test_a_session_is_deposited_once_whole_and_again_only_when_the_deposit_was_given_up(database: Database) -> None:
    with database.session(1) as session:
        [ana, *_] = settle_in(session)
        bank(session)
        numbers = []
        for reference, minor in (("a", 10_000), ("b", 5_000)):
            numbers.append(opened(session).id)
            receive_cash(session, payment(reference, ana, minor), actor=CARMEN, today=TODAY)
            counted(session, numbers[-1], minor)
        with pytest.raises(UndepositedError):
            require_unsupervised(session, [OFFICE])
        require_unsupervised(session, ["cash:elsewhere", BANK])
        way = brought(session, *numbers, reference="SLIP-77")
        assert (way.amount_minor, list_undeposited(session)) == (15_000, [])
        with pytest.raises(DepositInvalidError) as refused:
            brought(session, numbers[1])
        assert refused.value.errors[0].pointer == "/session_ids/0"
        back = give_up_deposit(session, "SLIP-77", reason="the bank was shut", actor=ABEL, today=TODAY)
        assert (back.status, held(session, OFFICE)) == ("withdrawn", 15_000)
        assert [one.amount_minor for one in list_undeposited(session)] == [10_000, 5_000]
        assert brought(session, numbers[0]).amount_minor == 10_000
        with pytest.raises(MalformedError):
            brought(session, numbers[1], bank_code="cash:elsewhere")
