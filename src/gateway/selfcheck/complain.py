"""Say that something is not right: the row is read as the member is shown it, and a case is opened with that."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.complaints.open import Opened, Seen, open_complaint
from gateway.kit.period import Period
from gateway.kit.tenant import MutualRow
from gateway.membership.rules import mask
from gateway.selfcheck import overview, queries, reasons
from gateway.selfcheck.errors import RowNotYoursError
from gateway.selfcheck.words import text_of

NEWEST_RECEIPTS = 6

STATUSES = {
    "open": "The office has it.",
    "in_hand": "Somebody is looking into it.",
    "asked": "The office has a question for you.",
    "answered": "The office has answered. If it is still not right, say so.",
    "resolved": "It is settled.",
    "withdrawn": "You said that it is right.",
}
"""How a case stands, in one English sentence each; the catalogues translate it."""


class Pointed(NamedTuple):
    """What a member points at."""

    kind: str
    """A key of ``complaints.rules.KINDS``."""
    row: int | None = None
    """Its number, as she sees it; of a line in a filing the filing's."""
    period: Period | None = None
    """Where it is a month of hers."""


class Complainer(NamedTuple):
    """Who complains, of what mutual, when, and by which way."""

    member_id: int
    actor: str
    mutual: MutualRow
    today: dt.date
    channel: str
    """api, page, ussd."""


def complain(session: Session, what: Pointed, who: Complainer, words: str | None) -> Opened:
    """Open a case about what a member points at, or return the one that is open about it.

    Raises:
        RowNotYoursError, ReceiptNotYoursError: She is shown no such row.
        ComplaintLimitError: She has opened or written as much as a day allows.
    """
    found = seen(session, what, who)
    return open_complaint(
        session,
        found,
        member_id=who.member_id,
        words=words,
        actor=who.actor,
        channel=who.channel,
        today=who.today,
    )


def status_words(language: str, status: str) -> str:
    """Return how a case stands, in plain words."""
    return text_of(language, STATUSES[status])


def seen(session: Session, what: Pointed, who: Complainer) -> Seen:
    """Return a row as the member is shown it now.

    Raises:
        RowNotYoursError, ReceiptNotYoursError: She is shown no such row.
    """
    content = _READERS[what.kind](session, what, who)
    if content is None:
        raise RowNotYoursError("nothing that you are shown has this number; the lists under /v1/me have what there is")
    period = what.period.start if what.period else None
    return Seen(what.kind, what.row, period, {name: _plain(value) for name, value in content.items()})


Content = Mapping[str, Any] | None


def _receipt(session: Session, what: Pointed, who: Complainer) -> Content:
    return dict(queries.get_receipt(session, who.member_id, what.row or 0)._mapping)


def _filing_line(session: Session, what: Pointed, who: Complainer) -> Content:
    return _first(queries.list_filed(session, who.member_id, filing_id=what.row or 0, limit=1))


def _benefit(session: Session, what: Pointed, who: Complainer) -> Content:
    return _first(queries.list_benefits(session, who.member_id, benefit_id=what.row or 0, limit=1))


def _payout(session: Session, what: Pointed, who: Complainer) -> Content:
    found = _first(queries.list_payouts(session, who.member_id, payout_id=what.row or 0, limit=1))
    return None if found is None else {**found, "destination": mask(found["destination"])}


def _notice(session: Session, what: Pointed, who: Complainer) -> Content:
    return _first(queries.list_notices(session, who.member_id, notice_id=what.row or 0, limit=1))


def _family_member(session: Session, what: Pointed, who: Complainer) -> Content:
    rows = queries.list_family(session, who.member_id, today=who.today, dependant_id=what.row or 0, limit=1)
    found = _first(rows)
    if found is None:
        return None
    month = overview.coverage(session, who.member_id, newest=Period.of(who.today), limit=1)
    own = month[0].standing if month else reasons.NOT_COVERED
    number = found.pop("identity_value")
    identity = mask(number) if number else None
    return {**found, "identity": identity, "standing": overview.kin_standing(own, rows[0], who.today)}


def _month(session: Session, what: Pointed, who: Complainer) -> Content:
    if what.period is None or what.period > Period.of(who.today):
        return None
    months = overview.coverage(session, who.member_id, newest=what.period, limit=1)
    if not months:
        return None
    (month,) = months
    told = {"reason": month.reason, "told": reasons.SENTENCES[month.reason], "state_code": month.state_code}
    return {"month": month.month, "standing": month.standing, **told}


def _due(session: Session, _what: Pointed, who: Complainer) -> Content:
    number = queries.get_me(session, who.member_id).number
    found = overview.due(session, who.member_id, number, who.mutual, today=who.today)
    return {"month": None} if found is None else {**found._asdict(), "period": str(found.period)}


def _missing_payment(session: Session, _what: Pointed, who: Complainer) -> Content:
    rows = queries.list_receipts(session, who.member_id, before=None, limit=NEWEST_RECEIPTS)
    return {"receipts": [{name: _plain(value) for name, value in row._mapping.items()} for row in rows]}


def _me(session: Session, _what: Pointed, who: Complainer) -> Content:
    row = queries.get_me(session, who.member_id)
    numbers = {
        name: mask(value) if value else None for name, value in (("identity", row.identity), ("phone", row.phone))
    }
    return {**row._mapping, **numbers}


_READERS: dict[str, Callable[[Session, Pointed, Complainer], Content]] = {
    "receipt": _receipt,
    "missing_payment": _missing_payment,
    "month": _month,
    "filing_line": _filing_line,
    "due": _due,
    "benefit": _benefit,
    "payout": _payout,
    "family_member": _family_member,
    "notice": _notice,
    "me": _me,
}


def _first(rows: list[Any]) -> dict[str, Any] | None:
    return dict(rows[0]._mapping) if rows else None


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
