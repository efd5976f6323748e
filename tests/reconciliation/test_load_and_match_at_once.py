"""A statement that is loaded while a run of matching decides: its lines are asked about, not booked unasked."""

import datetime as dt
import threading

import pytest
from tests.paying import open_bank
from tests.reconciliation.statements import Booked, camt053

from gateway.kit import db
from gateway.kit.db import Database
from gateway.reconciliation import match
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.run import reconcile

TODAY = dt.date(2026, 4, 2)


def test_a_statement_loaded_while_a_run_decides_is_not_booked_by_it_unasked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.session(1) as session:
        open_bank(session)
    deciding, go_on = threading.Event(), threading.Event()
    decide = match.decide

    def slowly(session: object, rules: object) -> object:
        counted = decide(session, rules)  # type: ignore[arg-type]
        deciding.set()
        go_on.wait(3)
        return counted

    monkeypatch.setattr(match, "decide", slowly)

    def run() -> None:
        with database.session(1) as session:
            reconcile(session, today=TODAY)

    def load() -> None:
        with database.session(1) as session:
            body = camt053(10**12, [Booked(5_000, text="DEPOSITO")], day=TODAY, number="DO01")
            load_statement(session, body, file_name="f.xml", actor="staff:ana")

    running, loading = threading.Thread(target=run), threading.Thread(target=load)
    running.start()
    assert deciding.wait(60)
    loading.start()
    loading.join(1)
    go_on.set()
    running.join(60)
    loading.join(60)
    with database.session(1) as session:
        assert db.scalar(session, "SELECT status FROM bank_statement_line") == "open", "the next run asks what it is"
