"""What a member saw when she complained, in words, and where the rows it rests on can be looked at."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gateway.backoffice.areas.complaints.words import CODES, FACTS, POSTINGS, RESTS_ON, TAKEN_BACK
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.pages import ENTRIES
from gateway.kit import logs
from gateway.kit.period import Period
from gateway.selfcheck.words import text_of
from gateway.staff.models import Role

WHERE: Mapping[str, tuple[str, str]] = {
    "member": ("/members", "/members/{id}"),
    "dependant": ("/members", "/members/{member}"),
    "receipt": ("/cash", "/cash/receipts/{id}"),
    "filing": ("/filings", "/filings/{id}"),
    "benefit_remittance": ("/benefits", "/benefits/remittances/{id}"),
    "payout": ("/payouts", "/payouts/one/{id}"),
    "payout_batch": ("/payouts", "/payouts/{id}"),
}
"""What a row rests on -> the area it stands in, and its page. Postings and kept evidence have no page of their own."""
NAMED = frozenset({"receipt", "filing", "payout"})
"""What has a number of its own that people know; the label of others is a code."""
BATCHES = (Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER)
"""Who looks at whole batches of payouts; a cashier sees the one that she hands out."""


class Rests(NamedTuple):
    """One thing that what she saw rests on."""

    kind: str
    """In the reader's language."""
    text: str
    path: str | None
    """Its page; None where it has none, or the reader may not go there."""


def discreet(desk: Desk, text: str) -> str:
    """Return what somebody wrote, with long numbers hidden from those who do not need them."""
    return text if desk.sees_numbers else logs.mask(text)


def facts(desk: Desk, seen: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what she saw, by name, in the order she was shown it."""
    currency = str(seen.get("currency") or desk.mutual.currency)
    return [
        (desk.words.say(FACTS[name]), _said(desk, name, value, currency))
        for name, value in seen.items()
        if name in FACTS and value not in (None, "")
    ]


def receipts(desk: Desk, seen: Mapping[str, Any]) -> list[list[tuple[str, str]]]:
    """Return the receipts that she was shown, where a payment is what she does not find among them."""
    return [facts(desk, one) for one in seen.get("receipts", ())]


def rests_on(desk: Desk, row: Any) -> list[Rests]:
    """Return the rows of ours and the evidence that what she saw rests on, each with its page where the reader may go there."""
    found = [_rests(desk, row, one["kind"], one["id"], str(one["label"] or "")) for one in row.links]
    kind, _, which = row.row_key.partition(":")
    if kind == "month":
        name, period = RESTS_ON[kind], Period.parse(which)
        found.append(Rests(desk.words.say(name), desk.words.month(period), f"/months/{period}"))
    return found


def postings(desk: Desk, rows: Iterable[Any]) -> list[tuple[str, str]]:
    """Return postings as the options of a list to choose from."""
    return [(str(row.id), posting(desk, row)) for row in {row.id: row for row in rows}.values()]


def posting(desk: Desk, row: Any) -> str:
    """Return a posting in words: its number, day, kind and what came to her by it."""
    words, kind = desk.words, row.kind.removesuffix(TAKEN_BACK)
    named = words.say(POSTINGS[kind]) if kind in POSTINGS else kind
    if kind != row.kind:
        named = words.say("{what}, taken back", what=named)
    return f"{row.id} · {words.day(row.valid_on)} · {named} · {words.amount(row.amount_minor, row.currency)}"


def _rests(desk: Desk, row: Any, kind: str, number: int, label: str) -> Rests:
    name = desk.words.say(RESTS_ON[kind]) if kind in RESTS_ON else kind
    text = row.member_number if kind == "member" else label if kind in NAMED and label else str(number)
    if kind not in WHERE or (kind == "payout_batch" and not desk.may(BATCHES, reads=True)):
        return Rests(name, text, None)
    place, path = WHERE[kind]
    is_open = any(entry.path == place and desk.may(entry.roles, reads=True) for entry in ENTRIES)
    return Rests(name, text, path.format(id=number, member=row.member_id) if is_open else None)


def _said(desk: Desk, name: str, value: Any, currency: str) -> str:
    words = desk.words
    if isinstance(value, bool):
        return words.say("Yes") if value else words.say("No")
    if name.endswith("_minor"):
        return words.amount(int(value), currency)
    if name == "told":
        return text_of(words.language, str(value))
    if name in CODES:
        return words.say(CODES[name][value]) if value in CODES[name] else str(value)
    if name in {"month", "period", "period_start"}:
        return words.month(Period.parse(str(value)[:7]))
    if isinstance(value, str) and name.endswith("_at"):
        return words.instant(dt.datetime.fromisoformat(value))
    if isinstance(value, str) and (name.endswith(("_on", "_date")) or name in {"until", "valid_from", "valid_to"}):
        return words.day(dt.date.fromisoformat(value))
    return discreet(desk, str(value)) if name == "text" else str(value)
