"""Money for members is on its way, or on a list with its age: no draft, doubt, death or change of account lets it rest unseen."""

import datetime as dt
from typing import Any

import psycopg
import pytest
from tests.paying import (
    BANK,
    FLOAT,
    TODAY,
    advice,
    document_of,
    fund_in_full,
    line,
    make_members,
    open_bank,
    owe,
    record,
)
from tests.payouts.bank_town import ANA, EVA, on_account
from tests.payouts.test_results import BY_WORKER, released

from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.post import Line
from gateway.ledger.queries import current_balance
from gateway.payouts.confirm import Result, apply_results
from gateway.payouts.destinations import choose_destination
from gateway.payouts.discard import discard
from gateway.payouts.errors import NothingOwedError, PayoutsStaleError
from gateway.payouts.order import prepare
from gateway.payouts.queries import get_batch, list_payouts
from gateway.payouts.release import release
from gateway.payouts.states import Means
from gateway.reconciliation.breaks import refresh_breaks
from gateway.reconciliation.queries import list_breaks
from gateway.reconciliation.resolve import propose, resolve

LATER = dt.date(2026, 4, 30)


def on_the_list(session: Any, kind: str, today: dt.date = LATER) -> list[Any]:
    refresh_breaks(session, today=today)
    return list_breaks(session, status="unresolved", kind=kind, before=10**9, limit=9)


def die(database: Database, member: int) -> None:
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE member SET status = 'deceased' WHERE id = %s", [member])


def test_a_draft_that_nobody_releases_or_discards_is_on_the_list_with_its_age(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        draft = prepare(session, provider="orange", today=TODAY, **ANA).batches[0]
        db.run(session, "UPDATE payout_batch SET prepared_at = '2026-04-20 10:00+00'")
        assert on_the_list(session, "payout_batch_open", dt.date(2026, 4, 25)) == []
        (found,) = on_the_list(session, "payout_batch_open")
        assert (found.amount_minor, found.ours["status"], found.since_on) == (500_00, "draft", TODAY)
        discard(session, draft.id, actor="staff:eva")
        assert on_the_list(session, "payout_batch_open") == []


@pytest.mark.parametrize("means", [Means.BANK, Means.MOBILE])
def test_money_does_not_leave_for_the_account_she_had_when_it_was_ordered(database: Database, means: Means) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [500_00])
        if means is Means.BANK:
            on_account(session, member, 1)
        place = BANK if means is Means.BANK else "orange"
        draft = prepare(session, provider=place, today=TODAY, **ANA).batches[0]
    with database.session(1) as session:
        if means is Means.BANK:
            on_account(session, member, 2)
        else:
            choose_destination(
                session, member, means=means, account="+18095550199", reason="her telephone was stolen", **ANA
            )
    with pytest.raises(PayoutsStaleError, match="1 in batch"), database.session(1) as session:
        release(session, draft.id, **EVA)
    with database.session(1) as session:
        discard(session, draft.id, actor="staff:eva")
        again = prepare(session, provider=place, today=TODAY, **ANA).batches[0]
        release(session, again.id, **EVA)
        assert list_payouts(session, again.id)[0].destination != list_payouts(session, draft.id)[0].destination


def test_who_chooses_the_counter_after_the_draft_is_not_paid_by_telephone(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [500_00])
        draft = prepare(session, provider="orange", today=TODAY, **ANA).batches[0]
    with database.session(1) as session:
        choose_destination(session, member, means=Means.CASH, reason="no telephone any more", **ANA)
    with pytest.raises(PayoutsStaleError), database.session(1) as session:
        release(session, draft.id, **EVA)


def test_who_is_paid_this_way_by_a_persons_word_is_paid_though_she_chose_another(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [500_00])
        on_account(session, member, 1)
        draft = prepare(session, provider="orange", today=TODAY, member_ids=[member], **ANA).batches[0]
        assert release(session, draft.id, **EVA).status == "released"


def test_what_is_owed_to_who_died_is_not_sent_to_her_telephone_and_is_on_the_list(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [500_00])
        draft = prepare(session, provider="orange", today=TODAY, **ANA).batches[0]
    die(database, member)
    with pytest.raises(PayoutsStaleError, match="1 have died"), database.session(1) as session:
        release(session, draft.id, **EVA)
    with database.session(1) as session:
        discard(session, draft.id, actor="staff:eva")
        (found,) = on_the_list(session, "benefit_unpayable")
        assert (found.amount_minor, found.ours) == (-500_00, {"member_id": member, "reason": "deceased"})


def test_what_is_owed_to_who_has_no_telephone_is_on_the_list_until_somebody_knows_where_to_pay(
    database: Database,
) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [500_00])
        assert on_the_list(session, "benefit_unpayable") == []
    with psycopg.connect(database.url) as owner:
        owner.execute("UPDATE member SET phone = NULL WHERE id = %s", [member])
    with database.session(1) as session:
        (found,) = on_the_list(session, "benefit_unpayable")
        assert found.ours == {"member_id": member, "reason": "no_destination"}
        choose_destination(session, member, means=Means.CASH, reason="told at the counter", **ANA)
        assert on_the_list(session, "benefit_unpayable") == []


@pytest.mark.parametrize("was_paid", [True, False])
def test_money_of_which_two_things_are_said_is_not_sent_again_before_two_people_explain_it(
    database: Database, was_paid: bool
) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [500_00])
        batch, (payout,) = released(session)
        for outcome in ("failed", "paid"):
            apply_results(session, batch, [Result(payout.end_to_end_id, outcome, "TX1")], **BY_WORKER)
        with pytest.raises(NothingOwedError, match="1 contradicted"):
            prepare(session, provider="orange", today=TODAY, **ANA)
        (found,) = on_the_list(session, "payout_contradicted")
        entry = (Line(f"member:{member}:benefits", 500_00), Line(FLOAT, -500_00)) if was_paid else ()
        told = {"resolution": "post_entry", "lines": entry} if was_paid else {"resolution": "no_entry"}
        propose(session, found.id, reason="asked the provider", actor="staff:ana", **told)
        resolve(session, found.id, valid_on=TODAY, actor="staff:eva", today=TODAY, is_supervisor=True)
        if was_paid:
            assert current_balance(session, f"member:{member}:benefits") == 0
            with pytest.raises(NothingOwedError, match="no member is owed"):
                prepare(session, provider="orange", today=TODAY, **ANA)
        else:
            again = prepare(session, provider="orange", today=TODAY, **ANA).batches[0]
            assert [one.retry_of_id for one in list_payouts(session, again.id)] == [payout.id]


def test_money_of_benefits_that_nobody_gives_to_its_members_is_on_the_list(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        make_members(session, 1)
        told = advice([line(1, document_of(1), 500_00)])
        record(session, told, [line(1, document_of(1), 500_00)])
        fund_in_full(session, told)
        assert on_the_list(session, "remittance_unallotted", dt.date(2026, 4, 18)) == []
        (found,) = on_the_list(session, "remittance_unallotted")
        assert (found.amount_minor, found.since_on) == (500_00, dt.date(2026, 4, 16))


def test_every_payout_in_doubt_leaves_its_batch_on_the_list(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        batch, _ = released(session)
        db.run(session, "UPDATE payout_batch SET released_at = '2026-04-20 10:00+00'")
        (found,) = on_the_list(session, "payout_batch_open")
        assert (found.subject_id, found.since_on, get_batch(session, batch).status) == (batch, TODAY, "submitted")
