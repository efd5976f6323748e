"""What is owed is ordered whole, looked at by two people, frozen, booked once, and given up without a trace of money."""

import json

import pytest
from tests.paying import FLOAT, TODAY, make_members, open_bank, owe

from gateway.kit import db, evidence
from gateway.kit.db import Database
from gateway.kit.evidence import digest
from gateway.kit.states import InvalidTransitionError
from gateway.ledger.errors import FloorBrokenError
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import balance_of, current_balance
from gateway.payouts.discard import discard
from gateway.payouts.errors import (
    BatchNotFoundError,
    DraftOpenError,
    NothingOwedError,
    ProviderUnknownError,
    ReleaseLimitError,
    SamePersonError,
)
from gateway.payouts.order import prepare
from gateway.payouts.queries import list_payouts
from gateway.payouts.release import release

BY_ANA = {"actor": "staff:ana", "today": TODAY}
BY_EVA = {"actor": "staff:eva", "roles": {"accountant"}, "today": TODAY}


def settings(session, value: dict[str, object], url: str) -> None:
    import psycopg

    with psycopg.connect(url) as owner:
        owner.execute("UPDATE mutual SET settings = %s WHERE mutual_id = 1", [json.dumps(value)])


def test_everybody_who_is_owed_is_ordered_once(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        members = owe(session, [500_00, 300_01, 70_00])
        prepared = prepare(session, provider="orange", **BY_ANA)
        (batch,) = prepared.batches
        assert (batch.status, batch.provider, batch.payout_count, batch.total_minor) == ("draft", FLOAT, 3, 870_01)
        payouts = list_payouts(session, batch.id)
        assert [(p.member_id, p.amount_minor) for p in payouts] == list(
            zip(members, [500_00, 300_01, 70_00], strict=True)
        )
        assert payouts[0].destination == "+18090000001"
        assert len({p.end_to_end_id for p in payouts}) == 3
        assert all(len(p.end_to_end_id) <= 35 for p in payouts)
        assert current_balance(session, f"member:{members[0]}:benefits") == 500_00, "a draft books nothing"


def test_what_cannot_be_paid_is_left_out_with_its_obstacle(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        members = owe(session, [500_00, 300_00, 50, 80_00, 90_00])
        for member, change in ((1, "phone = NULL"), (3, "status = 'deceased'"), (4, "phone = '8095550000'")):
            db.run(session, f"UPDATE member SET {change} WHERE id = :id", {"id": members[member]})
        prepared = prepare(session, provider=FLOAT, **BY_ANA)
        assert prepared.batches[0].total_minor == 500_00
        assert {one.obstacle: (one.member_count, one.total_minor) for one in prepared.left_out} == {
            "no_telephone": (1, 300_00),
            "below_minimum": (1, 50),
            "deceased": (1, 80_00),
            "telephone_invalid": (1, 90_00),
        }


@pytest.mark.parametrize(
    ("phone", "is_one"),
    [
        ("+12345678", True),
        ("+1234567", False),
        ("+123456789012345", True),
        ("+1234567890123456", False),
        ("+0234567890", False),
    ],
)
def test_a_telephone_has_eight_to_fifteen_digits_and_begins_with_a_country(
    database: Database, phone: str, is_one: bool
) -> None:
    with database.session(1) as session:
        open_bank(session)
        other, ana = owe(session, [500_00, 300_00])
        db.run(session, "UPDATE member SET phone = :phone WHERE id = :id", {"id": ana, "phone": phone})
        prepared = prepare(session, provider=FLOAT, **BY_ANA)
        assert [p.member_id for p in list_payouts(session, prepared.batches[0].id)] == [other, ana][: 1 + is_one]
        assert [one.obstacle for one in prepared.left_out] == ["telephone_invalid"] * (not is_one)


def test_nothing_owed_makes_no_batch(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        make_members(session, 1)
        with pytest.raises(NothingOwedError):
            prepare(session, provider="orange", **BY_ANA)
        assert db.scalar(session, "SELECT count(*) FROM payout_batch") == 0


def test_a_provider_without_an_account_is_refused(database: Database) -> None:
    with database.session(1) as session, pytest.raises(ProviderUnknownError, match="momo:nobody"):
        prepare(session, provider="nobody", **BY_ANA)


def test_one_draft_at_a_time(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        first = prepare(session, provider="orange", **BY_ANA).batches[0]
        with pytest.raises(DraftOpenError, match=f"batch {first.id}"):
            prepare(session, provider="orange", **BY_ANA)
        discard(session, first.id, actor="staff:ana", reason="wrong day")
        assert prepare(session, provider="orange", **BY_ANA).batches[0].total_minor == 500_00


def test_a_batch_is_split_where_the_provider_takes_no_more(database: Database) -> None:
    with database.session(1) as session:
        settings(session, {"payouts": {"orange": {"batch_limit": 2, "minimum": "5.00"}}}, database.url)
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00, 4_99, 300_00, 200_00, 100_00, 50_00])
        prepared = prepare(session, provider="orange", **BY_ANA)
        assert [batch.payout_count for batch in prepared.batches] == [2, 2, 1]
        assert [batch.total_minor for batch in prepared.batches] == [800_00, 300_00, 50_00]
        ids = [p.end_to_end_id for batch in prepared.batches for p in list_payouts(session, batch.id)]
        assert len(set(ids)) == 5
        assert ids == sorted(ids), "each id is greater than the one before: their index grows at its end"
        assert [one[-7:] for one in ids] == ["-000001", "-000002", "-000001", "-000002", "-000001"]
        for batch in prepared.batches:
            release(session, batch.id, **BY_EVA)
        assert sum(balance_of(session, f"payout:{batch.id}") for batch in prepared.batches) == 1150_00


def test_a_release_books_one_transaction_and_freezes_what_will_leave(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        members = owe(session, [500_00, 300_01])
        draft = prepare(session, provider="orange", **BY_ANA).batches[0]
        batch = release(session, draft.id, **BY_EVA)
        assert (batch.status, batch.released_by) == ("released", "staff:eva")
        assert current_balance(session, f"payout:{batch.id}") == 800_01
        assert [current_balance(session, f"member:{member}:benefits") for member in members] == [0, 0]
        assert db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE kind = 'payout.release'") == 1
        assert batch.request_evidence_id is not None
        kept = evidence.read(session, batch.request_evidence_id)
        assert batch.request_sha256 == digest(kept.body)
        head, *items = [json.loads(line) for line in kept.body.splitlines()]
        assert head["correlation_id"] == str(batch.correlation_id)
        assert [item[1:] for item in items] == [[500_00, "+18090000001"], [300_01, "+18090000002"]]
        said = db.scalar(session, "SELECT reason FROM state_log WHERE subject_kind = 'payout_batch'")
        assert said == "2 payouts, DOP 800.01"
        assert db.scalar(session, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'payouts.deliver'") == 1


def test_who_prepared_a_batch_does_not_release_it(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        draft = prepare(session, provider="orange", **BY_ANA).batches[0]
        with pytest.raises(SamePersonError, match="staff:ana prepared"):
            release(session, draft.id, roles={"manager"}, **BY_ANA)
        assert balance_of(session, f"payout:{draft.id}") == 0


def test_even_the_database_refuses_one_person_for_both(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        prepare(session, provider="orange", **BY_ANA)
    with pytest.raises(Exception, match="two_people"), database.session(1) as session:
        db.run(session, "UPDATE payout_batch SET released_by = prepared_by, status = 'released'")


def test_a_role_releases_up_to_its_limit(database: Database) -> None:
    with database.session(1) as session:
        limits = {"payouts": {"release_limits": {"accountant": "700.00", "manager": None}}}
        settings(session, limits, database.url)
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00, 300_00])
        draft = prepare(session, provider="orange", **BY_ANA).batches[0]
        with pytest.raises(ReleaseLimitError, match=r"2 payouts, DOP 800\.00"):
            release(session, draft.id, **BY_EVA)
        assert release(session, draft.id, **{**BY_EVA, "roles": {"accountant", "manager"}}).status == "released"


def test_a_batch_is_released_once_and_not_after_it_was_discarded(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        draft = prepare(session, provider="orange", **BY_ANA).batches[0]
        assert discard(session, draft.id, actor="staff:ana").status == "discarded"
        assert [p.status for p in list_payouts(session, draft.id)] == ["cancelled"]
        with pytest.raises(InvalidTransitionError):
            release(session, draft.id, **BY_EVA)
        again = prepare(session, provider="orange", **BY_ANA).batches[0]
        release(session, again.id, **BY_EVA)
        with pytest.raises(InvalidTransitionError):
            release(session, again.id, **BY_EVA)
        with pytest.raises(InvalidTransitionError):
            discard(session, again.id, actor="staff:ana")


def test_a_draft_that_promises_more_than_is_owed_by_now_cannot_be_released(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        (member,) = owe(session, [500_00])
        draft = prepare(session, provider="orange", **BY_ANA).batches[0]
        correction = [Line(f"member:{member}:benefits", 1_00), Line("suspense:benefits", -1_00)]
        post(session, Event("correction:1", "correction", TODAY, correction, "staff:eva", reason="not hers"))
    with pytest.raises(FloorBrokenError), database.session(1) as session:
        release(session, draft.id, **BY_EVA)
    with database.session(1) as session:
        assert balance_of(session, f"payout:{draft.id}") == 0
        assert discard(session, draft.id, actor="staff:ana").status == "discarded"


def test_a_mutual_cannot_release_anothers_batch(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        owe(session, [500_00])
        draft = prepare(session, provider="orange", **BY_ANA).batches[0]
    with database.session(2) as session, pytest.raises(BatchNotFoundError):
        release(session, draft.id, **BY_EVA)
