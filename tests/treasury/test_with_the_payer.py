"""Messages and a settlement with the sandbox payer, over a socket: nothing twice, and to the last unit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contributions.people import make_members
from tests.processes import MUTUAL_ACCOUNT, start_payer

from gateway.bank.connect import sms_channel
from gateway.bank.errors import PayerRefusedError, PayerUnavailableError
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger.bank_accounts import BankAccountRow, register_bank_account
from gateway.ledger.queries import current_balance
from gateway.notices.carry import Way, carry
from gateway.notices.write import NewNotice, write_many
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.run import reconcile
from gateway.treasury.settlement import load_settlement

DAY = Period(2026, 3).start
WORDS = {
    "mutual": "M",
    "month": "03/2026",
    "amount": "1.00",
    "currency": "DOP",
    "until": "31/03/2026",
    "reference": "RF",
}


@pytest.fixture(scope="module")
def payer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with start_payer(tmp_path_factory.mktemp("payer"), date=DAY.isoformat()) as running:
        yield running


def test_each_message_is_carried_once_though_answers_are_lost_and_the_carrier_is_away(
    database: Database, payer: Any, tmp_path: Path
) -> None:
    with database.session(1) as session:
        ids = make_members(session, 4)
        db.run(session, "UPDATE member SET phone = '+1809555010' || (id % 10) WHERE id <> :id", {"id": ids[3]})
        write_many(session, [NewNotice(one, "reminder_short", "2026-03", WORDS) for one in ids])
    channel = sms_channel(payer.url, payer.token)
    way = Way(lambda: database.session(1), channel, "amparo", "worker", DAY)

    def standing() -> list[str]:
        with database.session(1) as session:
            return [row.status for row in db.rows(session, "SELECT status FROM notice ORDER BY member_id")]

    away = way._replace(channel=sms_channel("http://127.0.0.1:9", "token"))
    assert (carry(away), set(standing())) == (0, {"waiting"})
    payer.script({"on": "sms", "nth": 1, "do": "drop_after"}, {"on": "sms", "nth": 2, "do": "drop_before"})
    assert (carry(way), standing()) == (1, ["sending", "sending", "sent", "failed"])
    payer.script()
    # Asked about: the first had gone out, the second had not and goes now.
    assert (carry(way), standing()) == (2, ["sent", "sent", "sent", "failed"])
    assert carry(way) == 0
    effects = payer.effects()
    assert (effects["sms_sent"], effects["sms_repeated"]) == (3, 0)
    assert channel.send("other-1", "+18095550199", "x").message_id
    with pytest.raises(PayerRefusedError):
        channel.send("other-1", "+18095550198", "other words under the same reference")
    stranger = sms_channel(payer.url, "wrong")
    with pytest.raises(PayerUnavailableError):
        stranger.send("other-2", "+18095550199", "x")
    assert channel.find("never") is None
    for opened in (channel, stranger, away.channel):
        opened.close()


def test_a_settlement_is_one_credit_less_its_fee_and_the_clearing_account_is_empty(
    database: Database, payer: Any
) -> None:
    with database.session(1) as session:
        account = BankAccountRow(0, MUTUAL_ACCOUNT, "Cuenta", "bank", "DOP", "bank:main", "", "")
        register_bank_account(session, account, opening=None, actor="test")
        ids = make_members(session, 3)
    paid = [{"msisdn": f"+1809555020{n}", "amount": "1000.55", "reference": f"M00000{n + 1}"} for n in range(3)]
    made = payer.client.post("/sandbox/collections", json={"items": paid}).json()["transactions"]
    payer.client.post("/sandbox/returns", json={"reference": made[2]["transactionReference"]})
    settled = payer.client.post("/sandbox/settlements", json={"fee_rate": "0.01"})
    assert settled.status_code == 201, settled.text
    assert payer.client.post("/sandbox/settlements", json={}).status_code == 422  # everything is settled
    reference = settled.json()["settlementId"]
    as_csv = payer.client.get(f"/settlements/{reference}", params={"format": "csv"}).content
    values = {"provider": "momo:orange", "bank_code": "bank:main", "actor": "staff:abel", "today": DAY}
    with database.session(1) as session:
        done = load_settlement(session, body=as_csv, file_name="st.csv", **values)
        again = load_settlement(session, body=json.dumps(settled.json()).encode(), file_name="st.json", **values)
        assert (again.id, done.status, done.open_count) == (done.id, "booked", 0)
        assert (done.gross_minor, done.fee_minor, done.net_minor) == (200_110, 3_003, 197_107)
    span = {"account": MUTUAL_ACCOUNT, "from": DAY.isoformat(), "to": DAY.isoformat()}
    statement = payer.client.get("/bank/statements", params=span).content
    with database.session(1) as session:
        load_statement(session, statement, file_name="s.xml", actor="staff:abel")
        reconcile(session, today=DAY)
        books = {code: current_balance(session, code) for code in ("bank:main", "momo:orange:clearing")}
        assert books == {"bank:main": 197_107, "momo:orange:clearing": 0}
        assert current_balance(session, "bank:main:in-transit") == 0
        assert current_balance(session, "expense:fees:orange") == 3_003
        assert [current_balance(session, f"member:{one}:contributions") for one in ids] == [100_055, 100_055, 0]
