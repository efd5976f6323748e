"""Book the receipts a collector made on her telephone: each once, however often and in whatever parts they come.

Batches of one round follow one another (its session is locked). First each receipt is looked at by itself, in the order
given; then the good ones are booked in a fixed number of statements. Money is never turned away because of
whose it is: where she named somebody who has left, or nobody, it waits in suspense.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.cash import queries
from gateway.cash.errors import NotYoursError
from gateway.cash.read_items import Item, Refused, read_items
from gateway.cash.rules import booking_day
from gateway.cash.states import SessionStatus
from gateway.contributions.blocks import GivenOut, find_given_out
from gateway.contributions.models import Channel
from gateway.contributions.receive import bare_identity, suspense_account
from gateway.contributions.receive_issued import receive_issued
from gateway.kit import audit, bulk, db, tenant
from gateway.kit.money import currency_of
from gateway.ledger.accounts import NewAccount, open_accounts

GONE = frozenset({"left", "deceased"})

PAPER = {
    "receipt_id": "int8",
    "number": "text",
    "source_reference": "text",
    "amount_minor": "int8",
    "paid_on": "date",
    "payer_name": "text",
    "note": "text",
    "member_id": "int8",
    "claimed": "text",
    "fingerprint": "text",
    "claimed_at": "timestamptz",
    "suspense_reason": "text",
}
"""One row per receipt of the batch that is booked now."""

DROP_NEW = "DROP TABLE IF EXISTS pg_temp.round_new"

KEEP_NEW = """
-- no row: a temporary table with the receipts as they are received, each with the accounts it goes through
CREATE TEMPORARY TABLE round_new ON COMMIT DROP AS
SELECT p.*, 'round:' || %(round_id)s AS source, 'collector'::text AS channel, %(till)s::text AS account_code,
       %(collector)s::text AS collector, %(currency)s::text AS currency, c.id AS money_account_id,
       coalesce(a.id, n.id) AS owner_account_id
FROM round_paper p
JOIN ledger_account c ON c.mutual_id = current_mutual() AND c.code = %(till)s
JOIN ledger_account n ON n.mutual_id = current_mutual() AND n.code = %(suspense)s
LEFT JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.code = 'member:' || p.member_id || ':contributions'
"""

KEEP_LINKS = (
    """
-- no row: each receipt is one of the session, which is locked and open
INSERT INTO cash_session_receipt (session_id, receipt_id)
SELECT %(session_id)s, receipt_id FROM round_new ORDER BY receipt_id
""",
    """
-- no row: each receipt is known by the id its telephone made
INSERT INTO round_receipt (round_id, device_id, fingerprint, receipt_id, claimed_at, suspense_reason)
SELECT %(round_id)s, source_reference::uuid, fingerprint, receipt_id, claimed_at, suspense_reason FROM round_new ORDER BY receipt_id
""",
)

INSERT_REFUSALS = """
-- no row: what was refused, the same refusal once
INSERT INTO round_refusal (round_id, device_id, fingerprint, code, detail, pointer, content)
SELECT :round_id, * FROM unnest(CAST(:device_ids AS text[]), CAST(:fingerprints AS text[]), CAST(:codes AS text[]),
                                CAST(:details AS text[]), CAST(:pointers AS text[]), CAST(:contents AS jsonb[]))
ON CONFLICT (mutual_id, round_id, fingerprint, code) DO NOTHING
"""


class Booked(NamedTuple):
    """A receipt of the telephone that stands in the books."""

    place: int
    device_id: str
    receipt_id: int
    number: str
    booked_on: dt.date
    suspense_reason: str | None
    is_new: bool
    """False where an earlier batch brought it."""


class _Known(NamedTuple):
    fingerprint: str
    round_id: int
    receipt_id: int
    number: str
    paid_on: dt.date
    suspense_reason: str | None


class _Ready(NamedTuple):
    item: Item
    serial: int
    member_id: int | None
    suspense_reason: str | None


def receive_round(
    session: Session, round_id: int, given: Sequence[Any], *, actor: str, may_for_others: bool, today: dt.date
) -> list[Booked | Refused]:
    """Book what is new and good of a batch; return what became of each receipt, in the order given.

    Sending it again, or in other parts, writes nothing twice: a receipt is known by the id made on the telephone. What is
    refused is refused by itself, with its place and what to do; a receipt that was refused may be sent again, mended.

    Args:
        session: The open transaction.
        round_id: Which round.
        given: The receipts as they came.
        actor: Who sends them: the collector, or somebody who may do so for others.
        may_for_others: Whether the actor may send another's.
        today: The day they reach us; nothing is booked on a day after it.

    Raises:
        RoundUnknownError: No such round.
        NotYoursError: It is another collector's.
    """
    found = queries.get_round(session, round_id, lock=True)
    if found.holder != actor and not may_for_others:
        raise NotYoursError(f"round {round_id} is {found.holder}'s; only that person sends its receipts")
    mutual = tenant.current(session)
    read = read_items(given, currency=currency_of(found.currency), time_zone=mutual.time_zone)
    desk = _Desk(session, found, [one for one in read if isinstance(one, Item)], actor, today)
    results = {one.place: desk.look_at(one) if isinstance(one, Item) else one for one in read}
    for place, booked in desk.book():
        results[place] = booked
    ordered = [results[place] for place in sorted(results)]
    done = [one for one in ordered if not isinstance(one, _Ready)]
    _keep_refusals(session, round_id, [one for one in done if isinstance(one, Refused)], given)
    new = sum(isinstance(one, Booked) and one.is_new for one in done)
    if new:
        audit.record(
            session,
            actor=actor,
            action="round.receive",
            subject_kind="collector_round",
            subject_id=round_id,
            detail={"sent": len(given), "booked": new},
        )
    return done


class _Desk:
    """Looks at the receipts of one batch, then books those that are good."""

    def __init__(self, session: Session, found: Any, items: Sequence[Item], actor: str, today: dt.date) -> None:
        self.session, self.round, self.actor, self.today = session, found, actor, today
        rows = db.rows(session, queries.BOOKED_OF_DEVICES, {"device_ids": [str(one.device_id) for one in items]})
        self.known = {
            row.device_id: _Known(
                row.fingerprint, row.round_id, row.receipt_id, row.number, row.paid_on, row.suspense_reason
            )
            for row in rows
        }
        self.numbers: dict[str, GivenOut] = find_given_out(session, [one.number for one in items])
        self.persons = _persons(session, [one.member for one in items])
        since = found.opened_on.replace(day=1)
        self.closed = {row.period_start for row in db.rows(session, queries.CLOSED_MONTHS, {"since": since})}
        self.ready: dict[Any, _Ready] = {}
        self.taken: set[str] = set()
        self.twins: list[Item] = []

    def look_at(self, item: Item) -> Booked | Refused | _Ready:
        """Say what becomes of a receipt, as far as that is known before it is booked."""
        known = self.known.get(item.device_id)
        if known is not None:
            return self._same(item, known)
        twin = self.ready.get(item.device_id)
        if twin is not None:
            if twin.item.fingerprint != item.fingerprint:
                return _other_content(item)
            self.twins.append(item)
            return twin
        if self.round.status != SessionStatus.OPEN:
            words = "the round is counted; send this receipt with the collector's next round, its number stays valid"
            return _refused(item, "round_closed", words, "")
        wrong = self._wrong_number(item)
        if wrong is not None:
            return wrong
        self.taken.add(item.number)
        member_id, reason = self._whose(item)
        ready = self.ready[item.device_id] = _Ready(item, self.numbers[item.number].serial, member_id, reason)
        return ready

    def book(self) -> list[tuple[int, Booked]]:
        """Book what is ready in a fixed number of statements; return what became of each place."""
        done = [self._booked(ready) for ready in self.ready.values()]
        if done:
            self._write(done)
        by_device = {one.device_id: one for one in done}
        twins = [by_device[str(twin.device_id)]._replace(place=twin.place, is_new=False) for twin in self.twins]
        return [(one.place, one) for one in (*done, *twins)]

    def _same(self, item: Item, known: _Known) -> Booked | Refused:
        if known.fingerprint != item.fingerprint or known.round_id != self.round.id:
            return _other_content(item)
        return Booked(
            item.place, str(item.device_id), known.receipt_id, known.number, known.paid_on, known.suspense_reason, False
        )

    def _wrong_number(self, item: Item) -> Refused | None:
        given_out = self.numbers.get(item.number)
        if given_out is None:
            words = "this number was given out to nobody; use one of the numbers in the round's package"
            return _refused(item, "number_not_given_out", words, "number")
        if given_out.holder != self.round.holder:
            words = "this number was given to another collector; use one of the numbers in the round's package"
            return _refused(item, "number_of_another", words, "number")
        if given_out.is_used or item.number in self.taken:
            words = "another receipt has this number; look at the papers, and give this one a number that is free"
            return _refused(item, "number_used", words, "number")
        return None

    def _whose(self, item: Item) -> tuple[int | None, str | None]:
        person = self.persons.get(item.member)
        if person is None:
            return None, "member_unknown"
        member_id, status = person
        return (None, f"member_{status}") if status in GONE else (member_id, None)

    def _booked(self, ready: _Ready) -> Booked:
        item = ready.item
        day = booking_day(
            item.claimed_on, round_opened_on=self.round.opened_on, received_on=self.today, closed_months=self.closed
        )
        return Booked(item.place, str(item.device_id), ready.serial, item.number, day, ready.suspense_reason, True)

    def _write(self, done: Sequence[Booked]) -> None:
        session, found = self.session, self.round
        suspense = suspense_account(Channel.COLLECTOR)
        open_accounts(session, [NewAccount(suspense)], found.currency)
        papers = zip(self.ready.values(), done, strict=True)
        bulk.stage(session, "round_paper", PAPER, (_paper(ready, booked) for ready, booked in papers))
        values = {"round_id": found.id, "session_id": found.session_id, "till": found.till, "suspense": suspense}
        more = {"collector": found.holder.partition(":")[2], "currency": found.currency}
        bulk.execute(session, DROP_NEW)
        bulk.execute(session, KEEP_NEW, {**values, **more})
        receive_issued(session, "round_new", actor=found.holder)
        for statement in KEEP_LINKS:
            bulk.execute(session, statement, values)


def _paper(ready: _Ready, booked: Booked) -> tuple[Any, ...]:
    item = ready.item
    return (
        ready.serial,
        item.number,
        booked.device_id,
        item.amount_minor,
        booked.booked_on,
        item.payer_name,
        item.note,
        ready.member_id,
        _claim(item),
        item.fingerprint,
        item.claimed_at,
        ready.suspense_reason,
    )


def _claim(item: Item) -> str:
    # Written so that no register finds it again: whose the money is, is for a person to say.
    return f"{item.member} ({item.payer_name})" if item.payer_name else f"{item.member} (?)"


def _persons(session: Session, claimed: Sequence[str]) -> dict[str, tuple[int, str]]:
    asked = sorted(set(claimed))
    values = {"claimed": asked, "bare": [bare_identity(text) for text in asked]}
    return {row.claimed: (row.member_id, row.status) for row in db.rows(session, queries.PERSONS, values)}


def _refused(item: Item, code: str, detail: str, key: str) -> Refused:
    pointer = f"/receipts/{item.place}/{key}".rstrip("/")
    return Refused(item.place, str(item.device_id), code, detail, pointer, item.fingerprint)


def _other_content(item: Item) -> Refused:
    words = "this id stands for a receipt with other content; a receipt that was changed gets an id of its own"
    return _refused(item, "receipt_repeated", words, "id")


def _keep_refusals(session: Session, round_id: int, refused: Sequence[Refused], given: Sequence[Any]) -> None:
    if not refused:
        return
    shown = [given[one.place] if isinstance(given[one.place], Mapping) else {} for one in refused]
    values = {
        "round_id": round_id,
        "device_ids": [one.device_id for one in refused],
        "fingerprints": [one.fingerprint for one in refused],
        "codes": [one.code for one in refused],
        "details": [one.detail for one in refused],
        "pointers": [one.pointer for one in refused],
        "contents": [json.dumps(dict(one)).replace("\\u0000", "") for one in shown],
    }
    db.run(session, INSERT_REFUSALS, values)
