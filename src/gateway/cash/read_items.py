"""Read the receipts of a telephone, one by one: what cannot be read is refused by itself and hinders no other."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from gateway.cash.rules import fingerprint
from gateway.contributions.reference import bare, serial_of
from gateway.kit.errors import GatewayError
from gateway.kit.money import Currency, parse_amount

KEYS = ("id", "number", "member", "amount", "currency", "issued_at", "payer_name", "note")
LONGEST = 200


class Item(NamedTuple):
    """A receipt as a telephone made it."""

    place: int
    device_id: uuid.UUID
    number: str
    """Bare."""
    member: str
    """The member's number with us, or a number a register knows her by."""
    amount_minor: int
    claimed_at: dt.datetime
    claimed_on: dt.date
    """The day of that in the mutual's time zone."""
    payer_name: str | None
    note: str | None
    fingerprint: str


class Refused(NamedTuple):
    """A receipt that is not booked, and why."""

    place: int
    device_id: str
    code: str
    detail: str
    pointer: str
    fingerprint: str


class UnreadableError(Exception):
    """A value of one receipt that cannot be read."""

    def __init__(self, key: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.key, self.code, self.detail = key, code, detail


def read_items(given: Sequence[Any], *, currency: Currency, time_zone: str) -> list[Item | Refused]:
    """Return each receipt as it was read, or refused with its place, in the order given."""
    zone = ZoneInfo(time_zone)
    return [_read(place, one, currency, zone) for place, one in enumerate(given)]


def _read(place: int, given: Any, currency: Currency, zone: ZoneInfo) -> Item | Refused:
    where = f"/receipts/{place}"
    if not isinstance(given, Mapping):
        return Refused(place, "", "receipt_unreadable", "expected an object", where, fingerprint({"": str(given)}))
    mark = fingerprint({key: given.get(key) for key in KEYS})
    try:
        unknown = sorted(set(map(str, given)) - set(KEYS))
        if unknown:
            raise UnreadableError(unknown[0], "receipt_unreadable", f"no such key; there are {', '.join(KEYS)}")
        claimed_at = _instant(given)
        return Item(
            place,
            _device_id(given),
            _number(given),
            _text(given, "member", needed=True) or "",
            _amount(given, currency),
            claimed_at,
            claimed_at.astimezone(zone).date(),
            _text(given, "payer_name"),
            _text(given, "note"),
            mark,
        )
    except UnreadableError as wrong:
        device = given.get("id")
        shown = device[:LONGEST] if isinstance(device, str) else ""
        return Refused(place, shown.replace("\x00", ""), wrong.code, wrong.detail, f"{where}/{wrong.key}", mark)


def _device_id(given: Mapping[str, Any]) -> uuid.UUID:
    try:
        return uuid.UUID(str(given["id"]))
    except (KeyError, ValueError):
        raise UnreadableError("id", "receipt_unreadable", "expected a UUID made on the telephone") from None


def _number(given: Mapping[str, Any]) -> str:
    text = _text(given, "number", needed=True) or ""
    if serial_of(text) is None:
        raise UnreadableError(
            "number", "number_invalid", f"{text[:40]!r} is no receipt's number: its check digits are wrong; look again"
        )
    return bare(text)


def _amount(given: Mapping[str, Any], currency: Currency) -> int:
    if given.get("currency") != currency.code:
        raise UnreadableError("currency", "currency_mismatch", f"expected {currency.code}")
    try:
        minor = parse_amount(cast(Any, given.get("amount")), currency, exact_decimals=True)
    except GatewayError as refusal:
        raise UnreadableError("amount", refusal.code, refusal.detail) from None
    if minor <= 0:
        raise UnreadableError("amount", "amount_invalid", "an amount is above zero")
    return minor


def _instant(given: Mapping[str, Any]) -> dt.datetime:
    words = "expected an instant with its offset, for example 2026-03-03T09:15:00-04:00"
    try:
        told = dt.datetime.fromisoformat(str(given["issued_at"]))
        if told.tzinfo is None:
            raise UnreadableError("issued_at", "receipt_unreadable", words)
        return told.astimezone(dt.UTC)
    except (KeyError, ValueError, OverflowError):
        raise UnreadableError("issued_at", "receipt_unreadable", words) from None


def _text(given: Mapping[str, Any], key: str, *, needed: bool = False) -> str | None:
    value = given.get(key)
    if value is None and not needed:
        return None
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text and not needed and value == "":
        return None
    if not text or len(text) > LONGEST or "\x00" in text:
        raise UnreadableError(key, "receipt_unreadable", f"expected a text of 1 to {LONGEST} characters")
    return text
