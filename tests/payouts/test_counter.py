"""Money handed out at the counter: a code that is used once, the member's own card, another person, and coins in the till."""

import datetime as dt

import pytest
from tests.paying import TODAY, document_of, open_bank, owe
from tests.payouts.bank_town import ANA, EVA, set_payouts

from gateway.cash.errors import SessionNeededError
from gateway.cash.states import TillKind
from gateway.cash.tills import register_till
from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import balance_of, current_balance
from gateway.payouts.counter import TRIES, give_up, hand_out, issue_code
from gateway.payouts.errors import HandOutRefusedError, ProviderUnknownError, TillShortError, WrongMeansError
from gateway.payouts.order import prepare
from gateway.payouts.queries import get_batch, get_payout, list_payouts
from gateway.payouts.release import release

TILL = "cash:main"
CARLA = {"actor": "staff:carla", "today": TODAY, "identity_kind": "national_id"}


def fill_till(session, minor: int) -> None:
    open_accounts(session, [NewAccount(TILL)], "DOP")
    post(session, Event("float", "float", TODAY, [Line(TILL, minor), Line("reserve:float", -minor)], "staff:mara"))


def at_the_counter(session, amounts: list[int], till: int = 10_000_00):
    open_bank(session)
    fill_till(session, till)
    members = owe(session, amounts)
    draft = prepare(session, provider=TILL, today=TODAY, member_ids=members, **ANA).batches[0]
    assert release(session, draft.id, **EVA).status == "submitted"
    return draft.id, list_payouts(session, draft.id)


def refusal(session, payout_id: int, **told):
    done = hand_out(session, payout_id, **{**CARLA, **told})
    assert done.payout.status == "ordered", "nothing was handed out"
    return done.refusal


def test_money_is_handed_out_once_against_code_and_card_by_another_person(database: Database) -> None:
    with database.session(1) as session:
        batch_id, (first, second) = at_the_counter(session, [500_00, 300_01])
        assert first.destination == "counter"
        mine = document_of(1)
        none = refusal(session, first.id, code="12345678", identity=mine)
        assert isinstance(none, HandOutRefusedError)
        assert "no code" in none.detail
        told = issue_code(session, first.id, actor="staff:bea")
        assert len(told.code) == 8
        kept = db.one(session, "SELECT salt, digest, issued_by FROM payout_code")
        assert told.code not in "".join(kept), "the code is kept nowhere"
        assert told.code not in str(db.rows(session, "SELECT * FROM audit_log"))
        for person in ("staff:eva", "staff:bea"):
            same = refusal(session, first.id, code=told.code, identity=mine, actor=person)
            assert "another person" in same.detail, "neither who released nor who made the code"
        wrong = f"{(int(told.code) + 1) % 10**8:08d}"
        assert "4 tries are left" in refusal(session, first.id, code=wrong, identity=mine).detail
        other = refusal(session, first.id, code=told.code, identity=document_of(2))
        assert "not the member's" in other.detail
        assert db.one(session, "SELECT tries_left FROM payout_code").tries_left == TRIES - 2
        before = balance_of(session, TILL)
        done = hand_out(session, first.id, code=told.code, identity=f"{mine[:3]}-{mine[3:10]}-{mine[10:]}", **CARLA)
        assert (done.refusal, done.payout.status) == (None, "paid")
        assert balance_of(session, TILL) == before - 500_00
        with pytest.raises(WrongMeansError):
            hand_out(session, first.id, code=told.code, identity=mine, **CARLA)
        with pytest.raises(WrongMeansError):
            issue_code(session, first.id, actor="staff:bea")
        back = give_up(session, second.id, reason="nobody came for a month", actor="staff:eva", today=TODAY)
        assert (back.status, back.reason_code) == ("failed", "not_collected")
        assert current_balance(session, f"member:{second.member_id}:benefits") == 300_01
        assert get_batch(session, batch_id).status == "finished"
        assert balance_of(session, f"payout:{batch_id}") == 0


def test_a_code_ends_after_some_tries_some_days_or_when_another_is_made(database: Database) -> None:
    set_payouts(database.url, {"code_days": 3})
    with database.session(1) as session:
        _, (first,) = at_the_counter(session, [500_00])
        mine = document_of(1)
        old = issue_code(session, first.id, actor="staff:bea")
        assert dt.timedelta(days=2) < old.expires_at - dt.datetime.now(dt.UTC) < dt.timedelta(days=4)
        new = issue_code(session, first.id, actor="staff:bea")
        wrong = next(code for code in ("00000000", "11111111") if code != new.code)
        if old.code != new.code:
            assert "wrong" in refusal(session, first.id, code=old.code, identity=mine).detail
        for _ in range(TRIES):
            refusal(session, first.id, code=wrong, identity=mine)
        assert "holds no more" in refusal(session, first.id, code=new.code, identity=mine).detail
        third = issue_code(session, first.id, actor="staff:bea")
        db.run(session, "UPDATE payout_code SET expires_at = now() - interval '1 second'")
        assert "holds no more" in refusal(session, first.id, code=third.code, identity=mine).detail


def test_a_till_without_so_much_hands_nothing_out(database: Database) -> None:
    with database.session(1) as session:
        _, (first,) = at_the_counter(session, [500_00], till=499_99)
        told = issue_code(session, first.id, actor="staff:bea")
        short = refusal(session, first.id, code=told.code, identity=document_of(1))
        assert isinstance(short, TillShortError)
        assert "499.99" in short.detail
        post(session, Event("more", "float", TODAY, [Line(TILL, 1), Line("reserve:float", -1)], "staff:mara"))
        assert hand_out(session, first.id, code=told.code, identity=document_of(1), **CARLA).refusal is None
        assert balance_of(session, TILL) == 0


def test_a_till_that_is_counted_by_sessions_hands_out_by_whoever_holds_it(database: Database) -> None:
    with database.session(1) as session:
        _, (first,) = at_the_counter(session, [500_00])
        register_till(session, code=TILL, name="Oficina", kind=TillKind.COUNTER, actor="staff:mara")
        told = issue_code(session, first.id, actor="staff:bea")
        mine = document_of(1)
        with pytest.raises(SessionNeededError):
            hand_out(session, first.id, code=told.code, identity=mine, **CARLA)
        statement = (
            "INSERT INTO cash_session (till_id, holder, status, currency, float_minor, opened_on, opened_by)"
            " SELECT id, 'staff:carla', 'open', 'DOP', 0, '2026-04-20', 'staff:carla' FROM cash_till"
        )
        db.run(session, statement)
        assert hand_out(session, first.id, code=told.code, identity=mine, **CARLA).refusal is None


def test_only_what_waits_at_the_counter_has_a_code(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        with pytest.raises(ProviderUnknownError, match="no till"):
            prepare(session, provider="cash:nowhere", today=TODAY, **ANA)
        owe(session, [500_00])
        draft = prepare(session, provider="orange", today=TODAY, **ANA).batches[0]
        (by_phone,) = list_payouts(session, draft.id)
        with pytest.raises(WrongMeansError, match="not at the counter"):
            issue_code(session, by_phone.id, actor="staff:bea")
        assert get_payout(session, by_phone.id).status == "ordered"
