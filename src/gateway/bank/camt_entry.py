"""One entry of a statement: what was booked, and the single movements of a batch where they explain it exactly."""

import datetime as dt
import re
from dataclasses import dataclass, field

from gateway.bank.xml import Element, child, children, line_of, words
from gateway.kit.money import MAX_MINOR, Currency

_AMOUNT = re.compile(r"([0-9]{1,18})(?:\.([0-9]*))?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*|Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
_NO_ID = frozenset({"NOTPROVIDED", "NONREF", "NOT PROVIDED", "NONE"})
_BOOKED = "BOOK"
_UNBOOKED = frozenset({"PDNG", "INFO", "FUTR"})
_LONGEST_TEXT = 2000

Movement = tuple[
    int, dt.date, dt.date | None, int, str | None, str | None, str | None, str | None, str | None, str | None, bool,
    tuple[str, ...], str | None, tuple[str, ...],
]  # fmt: skip
"""The fields of a ``Line`` after its entry's number."""


class Unreadable(Exception):
    """A part that cannot be read exactly."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


def read_amount(text: str, unit: Currency) -> tuple[int, list[str]]:
    """Return an amount in minor units, and what had to be put up with. Nothing is ever rounded.

    Raises:
        Unreadable: Not a plain decimal, more decimals than the currency has that are not zero, or too large.
    """
    plain = text.strip()
    match = _AMOUNT.fullmatch(plain)
    if match is None:
        raise Unreadable(f"{plain[:40]!r} is no amount; expected digits with a dot")
    decimals = match.group(2) or ""
    kept, surplus = decimals[: unit.exponent], decimals[unit.exponent :]
    if surplus.strip("0"):
        raise Unreadable(f"{plain} has {len(decimals)} decimals; {unit.code} has {unit.exponent}")
    minor = int(match.group(1)) * unit.unit + int(kept.ljust(unit.exponent, "0") or "0")
    if minor > MAX_MINOR:
        raise Unreadable(f"{plain} is larger than any amount the gateway accepts")
    return minor, ["zeros after the currency's last decimal"] if surplus else []


def read_day(element: Element | None) -> dt.date | None:
    """Return the day an element holds, itself or in Dt or DtTm: the bank's own day, whatever the offset."""
    if element is None:
        return None
    text = words(element, "Dt") or words(element, "DtTm") or words(element)
    if text is None:
        return None
    match = _DAY.fullmatch(text)
    try:
        if match is not None:
            return dt.date.fromisoformat(match.group(1))
    except ValueError:
        pass
    raise Unreadable(f"{text[:40]!r} is no date; expected YYYY-MM-DD", f"line {line_of(element)}")


def read_entry(element: Element, number: int) -> "Entry | None":
    """Return a booked entry; None for one that is pending or for information.

    Raises:
        Unreadable: A booked entry that lacks what money needs.
    """
    status = words(element, "Sts", "Cd") or words(element, "Sts", "Prtry") or words(element, "Sts")
    if status in _UNBOOKED:
        return None
    if status not in (None, _BOOKED):
        raise Unreadable(f"status {status!r} of an entry; expected BOOK, PDNG or INFO")
    amount = child(element, "Amt")
    direction = words(element, "CdtDbtInd")
    if amount is None or amount.text is None:
        raise Unreadable("an entry without an amount")
    if direction not in ("CRDT", "DBIT"):
        raise Unreadable(f"direction {direction!r} of an entry; expected CRDT or DBIT")
    value_on = read_day(child(element, "ValDt"))
    booked_on = read_day(child(element, "BookgDt"))
    notes = []
    if status is None:
        notes.append("an entry without a status is taken as booked")
    if booked_on is None:
        booked_on = value_on
        if value_on is not None:
            notes.append("the value date stands for a missing booking date")
    return Entry(
        number=number,
        line=line_of(element),
        currency=amount.get("Ccy") or "",
        amount=amount.text,
        is_credit=direction == "CRDT",
        is_reversal=words(element, "RvslInd") in ("true", "1"),
        booked_on=booked_on,
        value_on=value_on,
        bank_reference=words(element, "AcctSvcrRef"),
        batch_reference=_batch_reference(element),
        text=words(element, "AddtlNtryInf"),
        details=_details(element),
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class Detail:
    """One transaction of an entry, as the bank tells of it."""

    amount: str | None
    currency: str | None
    is_credit: bool | None
    end_to_end_id: str | None
    bank_reference: str | None
    reference: str | None
    text: str | None
    debtor: str | None
    debtor_account: str | None
    creditor: str | None
    creditor_account: str | None


def _details(entry: Element) -> list[Detail]:
    # The first version had the transactions right under the entry.
    groups = [*children(entry, "NtryDtls"), entry]
    return [_detail(part) for group in groups for part in children(group, "TxDtls")]


def _batch_reference(entry: Element) -> str | None:
    """Return what the bank calls a batch: its own reference, else that of the order or message it came in."""
    own = words(entry, "AcctSvcrRef")
    batches = [child(group, "Btch") for group in children(entry, "NtryDtls")]
    names = [own, *(words(batch, name) for name in ("PmtInfId", "MsgId") for batch in batches)]
    return next((name for name in names if name and name.upper() not in _NO_ID), None)


def _detail(element: Element) -> Detail:
    amount = child(element, "Amt")
    if amount is None:
        amount = child(element, "AmtDtls", "TxAmt", "Amt")
    direction = words(element, "CdtDbtInd")
    identifier = words(element, "Refs", "EndToEndId")
    parties = child(element, "RltdPties")
    return Detail(
        amount=None if amount is None else amount.text,
        currency=None if amount is None else amount.get("Ccy"),
        is_credit=None if direction not in ("CRDT", "DBIT") else direction == "CRDT",
        end_to_end_id=None if identifier is None or identifier.upper() in _NO_ID else identifier,
        bank_reference=words(element, "Refs", "AcctSvcrRef") or words(element, "Refs", "TxId"),
        reference=_structured(child(element, "RmtInf")),
        text=_text(element),
        debtor=_party(parties, "Dbtr") or _party(parties, "UltmtDbtr"),
        debtor_account=_party_account(parties, "DbtrAcct"),
        creditor=_party(parties, "Cdtr") or _party(parties, "UltmtCdtr"),
        creditor_account=_party_account(parties, "CdtrAcct"),
    )


def _structured(remittance: Element | None) -> str | None:
    for part in children(remittance, "Strd"):
        found = words(part, "CdtrRefInf", "Ref") or words(part, "CdtrRefInf", "CdtrRef")
        if found:
            return found
    return None


def _text(element: Element) -> str | None:
    remittance = child(element, "RmtInf")
    parts = [words(part) for part in children(remittance, "Ustrd")]
    parts += [words(part, "AddtlRmtInf") for part in children(remittance, "Strd")]
    parts.append(words(element, "AddtlTxInf"))
    # Why money comes back: the code (AC04, a closed account) and the bank's own words for it.
    returned = child(element, "RtrInf")
    parts.append(words(returned, "Rsn", "Cd") or words(returned, "Rsn", "Prtry"))
    parts += [words(part) for part in children(returned, "AddtlInf")]
    return " ".join(part for part in parts if part)[:_LONGEST_TEXT] or None


def _party(parties: Element | None, name: str) -> str | None:
    # Since version 8 a person stands one level deeper, and an agent may stand in her place.
    party = child(parties, name)
    return words(party, "Nm") or words(party, "Pty", "Nm") or words(party, "Agt", "FinInstnId", "Nm")


def _party_account(parties: Element | None, name: str) -> str | None:
    account = child(parties, name, "Id")
    number = words(account, "IBAN") or words(account, "Othr", "Id")
    return number.replace(" ", "") if number else None


@dataclass(slots=True)
class Entry:
    """A booked entry."""

    number: int
    line: int
    currency: str
    amount: str
    is_credit: bool
    is_reversal: bool
    booked_on: dt.date | None
    """None where the bank gives no day at all; such an entry cannot be posted."""
    value_on: dt.date | None
    bank_reference: str | None
    batch_reference: str | None
    text: str | None
    details: list[Detail]
    notes: list[str] = field(default_factory=list)

    def movements(self, unit: Currency) -> tuple[list[Movement], list[str]]:
        """Return the entry as movements that sum to it exactly, and what had to be put up with.

        A batch is taken apart only where every detail has an amount in the account's currency and all of them, with
        their own directions, make the entry. Otherwise the entry posts as it is, with a flag.
        """
        minor, notes = read_amount(self.amount, unit)
        signed = minor if self.is_credit else -minor
        notes = [*self.notes, *notes]
        if signed == 0:
            return [], [*notes, "an entry of zero is left out"]
        if len(self.details) > 1:
            parts = self._parts(unit)
            if parts is not None and sum(parts) == signed:
                pairs = enumerate(zip(self.details, parts, strict=True), start=1)
                return [self._movement(number, part, detail, ()) for number, (detail, part) in pairs if part], notes
            return [
                self._movement(0, signed, _shared(self.details), self._batch_flags(parts), _ids(self.details))
            ], notes
        detail = self.details[0] if self.details else _NOTHING
        return [self._movement(0, signed, detail, self._flags(detail, unit, minor))], notes

    def _parts(self, unit: Currency) -> list[int] | None:
        parts = []
        for detail in self.details:
            if detail.amount is None or detail.currency not in (None, unit.code):
                return None
            try:
                minor, _ = read_amount(detail.amount, unit)
            except Unreadable:
                return None
            is_credit = self.is_credit if detail.is_credit is None else detail.is_credit
            parts.append(minor if is_credit else -minor)
        return parts

    def _batch_flags(self, parts: list[int] | None) -> tuple[str, ...]:
        flags = ["details_without_amounts" if parts is None else "details_do_not_sum"]
        if any(detail.is_credit not in (None, self.is_credit) for detail in self.details):
            flags.append("detail_direction_differs")
        return tuple(flags)

    def _flags(self, detail: Detail, unit: Currency, minor: int) -> tuple[str, ...]:
        flags = []
        if detail.is_credit not in (None, self.is_credit):
            flags.append("detail_direction_differs")
        if detail.amount is not None:
            try:
                same = detail.currency in (None, unit.code) and read_amount(detail.amount, unit)[0] == minor
            except Unreadable:
                same = False
            if not same:
                flags.append("detail_amount_differs")
        return tuple(flags)

    def _movement(
        self, number: int, minor: int, detail: Detail, flags: tuple[str, ...], parts: tuple[str, ...] = ()
    ) -> Movement:
        came_in = minor > 0
        # Of a returned payment some banks name us on both sides; the other side is who is told, not who is guessed.
        name = detail.debtor if came_in else detail.creditor
        account = detail.debtor_account if came_in else detail.creditor_account
        return (
            number,
            self.booked_on or dt.date.min,
            self.value_on,
            minor,
            detail.end_to_end_id,
            detail.bank_reference if number and detail.bank_reference else self.bank_reference or detail.bank_reference,
            detail.reference,
            detail.text or self.text,
            name,
            account,
            self.is_reversal,
            flags,
            self.batch_reference,
            parts,
        )


_NOTHING = Detail(None, None, None, None, None, None, None, None, None, None, None)


def _ids(details: list[Detail]) -> tuple[str, ...]:
    """Return the id of each part of a batch; nothing where one has none or two have the same."""
    ids = [detail.end_to_end_id or detail.bank_reference for detail in details]
    return tuple(one for one in ids if one) if all(ids) and len(set(ids)) == len(ids) else ()


def _shared(details: list[Detail]) -> Detail:
    """Return what all the details of a batch that stays whole say alike."""

    def one(name: str) -> str | None:
        values = {getattr(detail, name) for detail in details}
        value = values.pop() if len(values) == 1 else None
        return value if isinstance(value, str) else None

    texts = " ".join(dict.fromkeys(detail.text for detail in details if detail.text))
    return Detail(
        None, None, None, one("end_to_end_id"), one("bank_reference"), one("reference"), texts[:_LONGEST_TEXT] or None,
        one("debtor"), one("debtor_account"), one("creditor"), one("creditor_account"),
    )  # fmt: skip
