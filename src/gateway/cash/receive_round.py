"""Book the receipts a collector made on her telephone: each once, however often and in whatever parts they come.

Batches of one round follow one another (its session is locked). First each receipt is looked at in the order given, then
the good ones are booked by member, so that two batches lock accounts in one order. Money is never turned away because of
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
from gateway.cash.take import link_receipt
from gateway.contributions.blocks import GivenOut, find_given_out
from gateway.contributions.models import Channel
from gateway.contributions.receive import Issued, NewLine, NewReceipt, bare_identity, receive
from gateway.kit import db, tenant
from gateway.kit.errors import GatewayError
from gateway.kit.money import currency_of

GONE = frozenset({"left", "deceased"})
_LAST = 2**63

INSERT_ROUND_RECEIPT = """
-- no row: a receipt of a telephone that is booked now
INSERT INTO round_receipt (round_id, device_id, fingerprint, receipt_id, claimed_at, suspense_reason)
VALUES (:round_id, :device_id, :fingerprint, :receipt_id, :claimed_at, :suspense_reason)
"""

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
    issued: Issued
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
        raise NotYoursError(f"round {round_id} is {found.holder}'s; she sends its receipts")
    mutual = tenant.current(session)
    read = read_items(given, currency=currency_of(found.currency), time_zone=mutual.time_zone)
    desk = _Desk(session, found, [one for one in read if isinstance(one, Item)], actor, today)
    results = {one.place: desk.look_at(one) if isinstance(one, Item) else one for one in read}
    for place, booked in desk.book():
        results[place] = booked
    ordered = [results[place] for place in sorted(results)]
    done = [one for one in ordered if not isinstance(one, _Ready)]
    _keep_refusals(session, round_id, [one for one in done if isinstance(one, Refused)], given)
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
            words = "the round is counted; send this receipt with the collector's next round, its number stays hers"
            return _refused(item, "round_closed", words, "")
        wrong = self._wrong_number(item)
        if wrong is not None:
            return wrong
        self.taken.add(item.number)
        member_id, reason = self._whose(item)
        ready = self.ready[item.device_id] = _Ready(item, self.numbers[item.number].issued, member_id, reason)
        return ready

    def book(self) -> list[tuple[int, Booked | Refused]]:
        """Book what is ready, by member; return what became of each place."""
        done: list[tuple[int, Booked | Refused]] = []
        for ready in sorted(self.ready.values(), key=lambda one: (one.member_id or _LAST, one.item.place)):
            done.append((ready.item.place, self._book(ready)))
        by_device = {one.device_id: one for _, one in done}
        for twin in self.twins:
            first = by_device[str(twin.device_id)]
            again = first._replace(place=twin.place)
            done.append((twin.place, again._replace(is_new=False) if isinstance(again, Booked) else again))
        return done

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

    def _book(self, ready: _Ready) -> Booked | Refused:
        item = ready.item
        day = booking_day(
            item.claimed_on, round_opened_on=self.round.opened_on, received_on=self.today, closed_months=self.closed
        )
        try:
            with self.session.begin_nested():
                receipt = receive(
                    self.session, self._new(ready, day), actor=self.round.holder, today=self.today, issued=ready.issued
                )
                link_receipt(self.session, receipt, holder=self.round.holder)
                db.run(
                    self.session,
                    INSERT_ROUND_RECEIPT,
                    {
                        "round_id": self.round.id,
                        "device_id": str(item.device_id),
                        "fingerprint": item.fingerprint,
                        "receipt_id": receipt.id,
                        "claimed_at": item.claimed_at,
                        "suspense_reason": ready.suspense_reason,
                    },
                )
        except GatewayError as refusal:
            if refusal.retryable:
                raise
            return _refused(item, refusal.code, refusal.detail, "")
        return Booked(
            item.place, str(item.device_id), receipt.id, receipt.number, receipt.paid_on, ready.suspense_reason, True
        )

    def _new(self, ready: _Ready, day: dt.date) -> NewReceipt:
        item = ready.item
        line = NewLine(identity=_claim(item)) if ready.member_id is None else NewLine(member_id=ready.member_id)
        return NewReceipt(
            source=f"round:{self.round.id}",
            source_reference=str(item.device_id),
            channel=Channel.COLLECTOR.value,
            account_code=self.round.till,
            amount_minor=item.amount_minor,
            currency=self.round.currency,
            paid_on=day,
            lines=[line],
            collector=self.round.holder.partition(":")[2],
            payer_name=item.payer_name,
            payer_reference=None,
            note=item.note,
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
