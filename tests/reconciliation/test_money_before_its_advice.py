"""Money of the state may be on the statement before its advice is here: it waits in suspense, and then finds its remittance."""

import datetime as dt

from tests.paying import BANK, advice, line, make_members, open_bank, record
from tests.reconciliation.statements import Booked, camt053

from gateway.benefits.allot import allot
from gateway.benefits.queries import get_remittance
from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.queries import current_balance
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.queries import list_breaks
from gateway.reconciliation.run import reconcile

DAY, TODAY = dt.date(2026, 4, 15), dt.date(2026, 4, 20)


def test_money_that_came_before_its_advice_leaves_suspense_once_the_advice_is_here(database: Database) -> None:
    with database.session(1) as session:
        [member] = make_members(session, 1)
        open_bank(session)
        money = Booked(50_000, "E2E-S202604000001", "SUBSIDIOS")
        body = camt053(10**12, [money], day=DAY, number="DO01")
        load_statement(session, body, file_name="s.xml", actor="staff:ana")
        reconcile(session, today=TODAY)
        assert current_balance(session, "suspense:bank") == 50_000
        told = record(session, advice([line(1, "99900000001", 50_000)]), [line(1, "99900000001", 50_000)])
        for _ in range(2):
            reconcile(session, today=TODAY)
            assert get_remittance(session, told.id).status == "funded"
            assert (current_balance(session, "suspense:bank"), current_balance(session, BANK)) == (0, 10**12 + 50_000)
        assert list_breaks(session, status="unresolved", before=2**62, limit=9) == []
        known = db.rows(session, "SELECT status, rule, matched_id FROM bank_statement_line")
        assert [tuple(row) for row in known] == [("matched", "remittance_transfer", told.id)]
        allot(session, told.id, actor="staff:ana", today=TODAY)
        assert current_balance(session, f"member:{member}:benefits") == 50_000


def test_money_that_is_not_fit_for_its_advice_stays_in_suspense_and_holds_nothing_up(database: Database) -> None:
    with database.session(1) as session:
        make_members(session, 1)
        open_bank(session)
        money = Booked(50_000, "E2E-S202604000001", "SUBSIDIOS")
        load_statement(session, camt053(10**12, [money], day=DAY, number="DO01"), file_name="s.xml", actor="staff:ana")
        reconcile(session, today=TODAY)
        lines = [line(1, "99900000001", 50_000)]
        told = record(session, advice(lines, currency="USD"), lines)
        for _ in range(2):
            reconcile(session, today=TODAY)
            assert get_remittance(session, told.id).status == "advised"
            assert current_balance(session, "suspense:bank") == 50_000
        assert db.rows(session, "SELECT FROM contribution_reversal") == []
