"""A collector works for days without a network; her receipts come in any parts, again and again, and count once."""

import json
import threading
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session
from tests.cash.till_town import (
    ABEL,
    BAG,
    OTHER_BAG,
    ROSA,
    TODAY,
    counted,
    held,
    paper,
    round_of,
    settle_in,
)

from gateway.cash import queries
from gateway.cash.errors import CollectorInvalidError, NotYoursError
from gateway.cash.package import round_package
from gateway.cash.receive_round import receive_round
from gateway.cash.routes import assign_members
from gateway.contributions.blocks import numbers_of
from gateway.contributions.queries import get_receipt
from gateway.contributions.reference import check_reference
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger import periods


def sent(session: Session, number: int, papers: list[Any], today: Any = TODAY, actor: str = ROSA) -> list[Any]:
    return receive_round(session, number, papers, actor=actor, may_for_others=False, today=today)


def free(session: Session, found: Any) -> list[str]:
    return [number for number, is_used in numbers_of(session, found.block_id) if not is_used]


def fate(results: list[Any]) -> list[str]:
    return [getattr(one, "code", None) or ("booked" if one.is_new else "repeated") for one in results]


def test_the_package_has_her_members_what_each_lacks_references_and_free_numbers_and_is_the_same_bytes_again(
    database: Database,
) -> None:
    with database.session(1) as session:
        ids = settle_in(session)
        going = round_of(session, count=3)
        assign_members(session, going.till_id, member_ids=ids[:2], fund_id=None, actor=ABEL)
        assert assign_members(session, going.till_id, member_ids=ids[:2], fund_id=None, actor=ABEL) == 0
        first = round_package(session, going, today=TODAY)
        assert first == round_package(session, going, today=TODAY)
        body = json.loads(first.body)
        assert [member["number"] for member in body["members"]] == ["M000001", "M000002"]
        assert all(check_reference(member["reference"]) for member in body["members"])
        assert body["receipt_numbers"] == free(session, going)
        assert all(map(check_reference, body["receipt_numbers"]))
        assert "999" + "00000001" not in first.body.decode()  # no identity number leaves the house
        sent(session, going.id, [paper(body["receipt_numbers"][0], "M000001")])
        after = round_package(session, going, today=TODAY)
        assert after.etag != first.etag
        assert json.loads(after.body)["receipt_numbers"] == body["receipt_numbers"][1:]
        with pytest.raises(CollectorInvalidError):
            round_of(session, "carmen", OTHER_BAG)


def test_each_receipt_of_a_batch_is_booked_or_refused_by_itself_with_its_place(database: Database) -> None:
    with database.session(1) as session:
        [ana, beto, _] = settle_in(session)
        other = round_of(session, "pilar", OTHER_BAG)
        going = round_of(session)
        mine, theirs = free(session, going), free(session, other)
        db.run(session, "UPDATE member SET status = 'left' WHERE id = :id", {"id": beto})
        never = "RF" + mine[0][2:]
        first, gone, stranger = paper(mine[0], "M000001"), paper(mine[1], "M000002"), paper(mine[2], "999-9999999-9")
        batch = [
            first,
            gone,
            stranger,
            paper(mine[0], "M000001"),  # number used twice
            paper(theirs[0], "M000001"),
            paper(never[:-1] + str((int(never[-1]) + 1) % 10), "M000001"),
            paper(mine[3], "M000001", "100"),
            paper(mine[4], "M000001", currency="USD"),
            paper(mine[5], "M000001", issued_at="yesterday"),
            {**first, "amount": "100.01"},
            first,
            "no receipt at all",
            {**paper(mine[6], "M000001"), "id": 7},
        ]
        results = sent(session, going.id, batch)
        assert fate(results) == [
            "booked",
            "booked",
            "booked",
            "number_used",
            "number_of_another",
            "number_invalid",
            "amount_invalid",
            "currency_mismatch",
            "receipt_unreadable",
            "receipt_repeated",
            "repeated",
            "receipt_unreadable",
            "receipt_unreadable",
        ]
        assert [one.pointer for one in results if hasattr(one, "pointer")] == [
            "/receipts/3/number",
            "/receipts/4/number",
            "/receipts/5/number",
            "/receipts/6/amount",
            "/receipts/7/currency",
            "/receipts/8/issued_at",
            "/receipts/9/id",
            "/receipts/11",
            "/receipts/12/id",
        ]
        # Money of somebody who left, and of nobody, is kept all the same.
        assert [one.suspense_reason for one in results[:3]] == [None, "member_left", "member_unknown"]
        assert (held(session, BAG), held(session, "suspense:collector")) == (30_000, 20_000)
        assert held(session, f"member:{ana}:contributions") == 10_000
        assert [one.number for one in results[:3]] == mine[:3]
        assert get_receipt(session, results[0].receipt_id).number == mine[0]
        kept = queries.list_round_receipts(session, going.id, refused=True, after=0, limit=50)
        assert len(kept) == 8  # the changed copy of a booked one counts as booked
        assert fate(sent(session, going.id, batch))[:3] == ["repeated"] * 3
        assert len(queries.list_round_receipts(session, going.id, refused=True, after=0, limit=50)) == 8
        with pytest.raises(NotYoursError):
            sent(session, going.id, [], actor="staff:pilar")


def test_her_clock_is_a_claim_that_counts_where_it_can_be_true(database: Database) -> None:
    with database.session(1) as session:
        settle_in(session)
        going = round_of(session, today=TODAY.replace(month=2, day=27))
        numbers = free(session, going)
        clocks = ("2026-03-18T23:30:00-04:00", "1970-01-01T00:00:00Z", "2031-05-05T12:00:00Z", "2026-02-28T10:00:00Z")
        papers = [paper(number, "M000001", issued_at=clock) for number, clock in zip(numbers, clocks, strict=False)]
        days = [one.booked_on.isoformat() for one in sent(session, going.id, papers)]
        assert days == ["2026-03-18", "2026-02-27", "2026-03-20", "2026-02-28"]
        claimed = queries.list_round_receipts(session, going.id, refused=False, after=0, limit=9)
        assert [one.claimed_at.year for one in claimed] == [2026, 1970, 2031, 2026]
        periods.close(session, Period(2026, 2), actor=ABEL, reason="explained")
        late = paper(numbers[4], "M000001", issued_at="2026-02-28T10:00:00Z")
        assert [one.booked_on for one in sent(session, going.id, [late])] == [TODAY]


def test_after_her_count_a_receipt_waits_for_her_next_round_and_a_resent_one_is_still_the_same(
    database: Database,
) -> None:
    with database.session(1) as session:
        settle_in(session)
        going = round_of(session)
        numbers = free(session, going)
        early, late = paper(numbers[0], "M000001"), paper(numbers[1], "M000001")
        sent(session, going.id, [early])
        counted(session, going.session_id, 10_000, actor=ROSA)
        assert [one.amount_minor for one in queries.list_undeposited(session)] == [10_000]
        assert fate(sent(session, going.id, [early, late])) == ["repeated", "round_closed"]
        following = round_of(session)
        assert fate(sent(session, following.id, [late, early])) == ["booked", "receipt_repeated"]
        assert queries.receipts_of(session, following.session_id) == (1, 10_000)


MADE = range(12)
"""Receipts of one round, by their place."""


def test_batches_that_come_at_once_follow_one_another(database: Database) -> None:
    with database.session(1) as session:
        settle_in(session)
        going = round_of(session)
        papers = [paper(number, f"M00000{place % 3 + 1}") for place, number in enumerate(free(session, going)[:9])]
    batches = [papers[:6], papers[3:][::-1], papers, papers[1::2]]
    told: list[str] = []

    def send(batch: list[Any]) -> None:
        with database.session(1) as session:
            told.extend(fate(sent(session, going.id, batch)))

    threads = [threading.Thread(target=send, args=[batch]) for batch in batches]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert (told.count("booked"), told.count("repeated")) == (9, sum(map(len, batches)) - 9)
    with database.session(1) as session:
        assert (held(session, BAG), queries.receipts_of(session, going.session_id)) == (90_000, (9, 90_000))


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_however_her_receipts_are_split_overlapped_and_reordered_each_is_in_the_books_once(
    database: Database, data: st.DataObject
) -> None:
    """Any batches that together hold every receipt at least once leave the same books."""
    batches = data.draw(st.lists(st.lists(st.sampled_from(MADE), max_size=14), max_size=6))
    rest = data.draw(st.permutations([n for n in MADE if not any(n in batch for batch in batches)]))
    whose = data.draw(st.lists(st.sampled_from(["M000001", "M000002", "M9"]), min_size=12, max_size=12))
    with database.session(1) as session:
        if not db.scalar(session, "SELECT count(*) FROM cash_till"):
            settle_in(session)
        going = round_of(session)
        numbers = free(session, going)
        papers = [
            {**paper(numbers[n], whose[n], f"{n + 1}.00"), "id": str(uuid.UUID(int=going.id * 100 + n))} for n in MADE
        ]
        before = [held(session, code) for code in (BAG, "suspense:collector")]
        for batch in [*batches, list(rest)]:
            results = sent(session, going.id, [papers[n] for n in batch])
            assert set(fate(results)) <= {"booked", "repeated"}
            assert [one.number for one in results] == [numbers[n] for n in batch]
        total = sum(100 * (n + 1) for n in MADE)
        nobodys = sum(100 * (n + 1) for n in MADE if whose[n] == "M9")
        after = [held(session, code) for code in (BAG, "suspense:collector")]
        assert [now - then for now, then in zip(after, before, strict=True)] == [total, nobodys]
        assert queries.receipts_of(session, going.session_id) == (len(MADE), total)
        expected = db.scalar(session, "SELECT sum(amount_minor) FROM ledger_entry WHERE mutual_id = 1")
        assert expected == 0
        counted(session, going.session_id, total, actor=ROSA)
