"""Keep what a state tells by itself, for states that cannot be asked: what counts, and what says otherwise.

A mutual whose setting ``state_answers`` is ``pushed`` books what its state pushes: the events then carry the same
objects that ``openapi/authority.yaml`` has for the questions. They are kept in the inbox, raw, read here, and given to the
same use cases as an answer that was fetched (``pushed_channel``), with the same checks of the whole. What contradicts
something told before never replaces it by itself: it is set aside, and a person dismisses it or lets it in.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.authority.connect import country_of
from gateway.authority.protocol import RawAnswer
from gateway.authority.rest import answers, read
from gateway.filing.sql import push as sql
from gateway.filing.states import PushSubject
from gateway.kit import db
from gateway.kit.inbox import Message
from gateway.kit.tenant import MutualRow

ANSWERS = "state_answers"
"""Key of the mutual's setting: ``asked`` (usual) or ``pushed``."""
PUSHED = "pushed"
OK = 200
NOTHING = (
    "it says only that there is something to ask for, and this state is not asked: send the object itself "
    "(data.filing, data.page, data.notice, data.payments or data.remittance)"
)
_ANSWERED = ("accepted", "partly_accepted", "rejected")


def is_pushed(mutual: MutualRow) -> bool:
    """Tell whether what the mutual's state tells by itself is booked, and nothing is asked."""
    return mutual.settings.get(ANSWERS) == PUSHED


def raw_of(row: Any) -> RawAnswer:
    """Return a message as the answer that it stands for."""
    at: dt.datetime = row.received_at
    headers = {**row.headers, "content-type": row.headers.get("content-type", "application/json")}
    return RawAnswer("PUSH", f"inbox:{row.source}/{row.event_id}", OK, headers, bytes(row.body), at, at)


def told_in(row: Any, name: str) -> tuple[Mapping[str, Any], RawAnswer]:
    """Return the object that a kept message holds under a name."""
    raw = raw_of(row)
    return read.mapping(read.mapping(read.mapping(_json(raw), "the event").get("data"), "data").get(name), name), raw


def _json(raw: RawAnswer) -> Any:
    try:
        return json.loads(raw.body)
    except (ValueError, RecursionError) as problem:
        raise read.UnreadableAnswerError("the event is no JSON") from problem


@dataclass(frozen=True, slots=True)
class _Said:
    """One thing that a message says."""

    subject: PushSubject
    reference: str
    value: Any
    member: str
    """Under which name it stands in ``data``."""
    employer: str | None = None
    period_start: dt.date | None = None
    first: int | None = None
    last: int | None = None
    is_final: bool = True


def keep(session: Session, message: Message, event: Mapping[str, Any], mutual: MutualRow) -> str | None:
    """Keep what a message says; return why it is set aside instead, None where it counts.

    Raises:
        UnreadableAnswerError: It is not what the contract says.
    """
    kinds = country_of(mutual.country).kind_of_letter
    said_at = read.instant(event, "timestamp")
    things = list(_things(event, raw_of(message), kinds))
    if not things:
        return NOTHING
    is_let_in = db.scalar(session, sql.LET_IN, {"message_id": message.id}) is not None
    replaced: list[int] = []
    for thing in things:
        against = [(row, why) for row in _before(session, thing) if (why := _contradiction(thing, row, kinds))]
        if against and not is_let_in:
            row, why = against[0]
            return f"{why}; the event {row.event_id!r} of {row.source} said otherwise before and counts"
        about = {"subject": thing.subject.value, "reference": thing.reference}
        if against and db.scalar(session, sql.BOOKED, about):
            row, why = against[0]
            return f"{why}; what {row.event_id!r} said is booked: correct it by what is filed next, and dismiss this"
        replaced += [row.id for row, _ in against]
    if replaced:
        db.run(session, sql.REPLACE, {"message_id": message.id, "ids": replaced})
    for thing in things:
        db.run(session, sql.KEEP, _columns(thing, said_at, message.id))
    return None


def _columns(thing: _Said, said_at: dt.datetime, message_id: int) -> dict[str, Any]:
    return {
        "subject": thing.subject.value,
        "reference": thing.reference,
        "employer": thing.employer,
        "period_start": thing.period_start,
        "first_no": thing.first,
        "last_no": thing.last,
        "is_final": thing.is_final,
        "said_at": said_at,
        "message_id": message_id,
    }


def _things(event: Mapping[str, Any], raw: RawAnswer, kinds: Mapping[str, str]) -> Iterator[_Said]:
    about = read.mapping(event.get("data"), "data")
    kind = str(event.get("type"))
    for name, make in _MAKERS.get(kind.partition(".")[0], {}).items():
        if about.get(name) is not None:
            thing = make(read.mapping(about[name], name), raw, kinds, name)
            stated = about.get("filing_id") or about.get("reference") or about.get("remittance_id")
            if str(stated).lower() != thing.reference.lower():
                raise read.UnreadableAnswerError(f"data is about {stated}, and data.{name} about {thing.reference}")
            yield thing


def _filing(value: Mapping[str, Any], raw: RawAnswer, _kinds: Mapping[str, str], name: str) -> _Said:
    told = answers.standing(value, raw)
    is_final = told.status in _ANSWERED
    return _Said(PushSubject.FILING, str(told.reference), told, name, is_final=is_final)


def _filing_page(value: Mapping[str, Any], raw: RawAnswer, kinds: Mapping[str, str], name: str) -> _Said:
    told = answers.line_page(value, raw, kinds)
    first, last = _ends([line.line for line in told.lines])
    return _Said(PushSubject.FILING_PAGE, str(told.reference), told, name, first=first, last=last)


def _notice(value: Mapping[str, Any], raw: RawAnswer, _kinds: Mapping[str, str], name: str) -> _Said:
    told = answers.notice(value, raw)
    return _Said(
        PushSubject.NOTICE, told.reference, told, name, told.employer, told.period.start, first=told.version
    )  # fmt: skip


def _payments(value: Mapping[str, Any], raw: RawAnswer, _kinds: Mapping[str, str], name: str) -> _Said:
    told = answers.notice_payments(value, raw)
    return _Said(PushSubject.PAYMENTS, told.reference, told, name, told.employer)


def _remittance(value: Mapping[str, Any], raw: RawAnswer, _kinds: Mapping[str, str], name: str) -> _Said:
    told = answers.advice(value, raw)
    return _Said(PushSubject.REMITTANCE, told.remittance_id, told, name, told.employer)


def _remittance_page(value: Mapping[str, Any], raw: RawAnswer, kinds: Mapping[str, str], name: str) -> _Said:
    told = answers.advice_line_page(value, raw, kinds)
    first, last = _ends([line.line for line in told.lines])
    return _Said(PushSubject.REMITTANCE_PAGE, told.remittance_id, told, name, first=first, last=last)


def _ends(numbers: Sequence[int]) -> tuple[int, int]:
    if not numbers or list(numbers) != list(range(numbers[0], numbers[0] + len(numbers))):
        raise read.UnreadableAnswerError("a page has lines, one after the other, without a gap")
    return numbers[0], numbers[-1]


_Maker = Callable[[Mapping[str, Any], RawAnswer, Mapping[str, str], str], _Said]
_MAKERS: Mapping[str, Mapping[str, _Maker]] = {
    "filing": {"filing": _filing, "page": _filing_page},
    "notice": {"notice": _notice, "payments": _payments},
    "remittance": {"remittance": _remittance, "page": _remittance_page},
}
"""By the first word of the event's type: what stands under which name of ``data``."""
MEMBERS = {
    PushSubject.FILING: "filing",
    PushSubject.FILING_PAGE: "page",
    PushSubject.NOTICE: "notice",
    PushSubject.PAYMENTS: "payments",
    PushSubject.REMITTANCE: "remittance",
    PushSubject.REMITTANCE_PAGE: "page",
}


def read_thing(row: Any, kinds: Mapping[str, str]) -> Any:
    """Return the value of the protocol that a kept message holds."""
    subject = PushSubject(row.subject)
    name = MEMBERS[subject]
    value, raw = told_in(row, name)
    return _MAKERS[subject.value.partition("_")[0].replace("payments", "notice")][name](value, raw, kinds, name).value


def _before(session: Session, thing: _Said) -> list[Any]:
    values: dict[str, Any] = {"subject": thing.subject.value, "reference": thing.reference}
    if thing.last is not None:
        return db.rows(session, sql.OVERLAPPING, {**values, "first": thing.first, "last": thing.last})
    return db.rows(session, sql.ABOUT, values)


def _contradiction(thing: _Said, row: Any, kinds: Mapping[str, str]) -> str | None:
    """Return in what something differs from what was said before; None where both can be true."""
    now, before = thing.value, read_thing(row, kinds)
    match thing.subject:
        case PushSubject.FILING:
            if now.content_sha256 != before.content_sha256:
                return f"other bytes under {thing.reference}"
            if not (thing.is_final and row.is_final):
                return None
            told = [(one.status, one.code, one.counts, one.totals) for one in (now, before)]
            return None if told[0] == told[1] else f"another answer to {thing.reference}"
        case PushSubject.FILING_PAGE | PushSubject.REMITTANCE_PAGE:
            known = {line.line: line for line in before.lines}
            differing = [line.line for line in now.lines if known.get(line.line, line) != line]
            return f"another answer to line {differing[0]} of {thing.reference}" if differing else None
        case PushSubject.NOTICE:
            if now.version != before.version or _asked_for(now) == _asked_for(before):
                return None
            return f"version {now.version} of the bill {thing.reference} with other amounts"
        case PushSubject.PAYMENTS:
            known_payments = {one.payment_id: one.amount_minor for one in before.payments}
            changed = [
                one for one in now.payments if known_payments.get(one.payment_id, one.amount_minor) != one.amount_minor
            ]
            return f"another amount of the payment {changed[0].payment_id}" if changed else None
        case _:
            # What an advice says otherwise later is the benefits' own to show.
            return None


def _asked_for(notice: Any) -> tuple[Any, ...]:
    return (
        notice.total_minor,
        sorted(notice.components),
        sorted((one.reference, one.amount_minor) for one in notice.filings),
    )
