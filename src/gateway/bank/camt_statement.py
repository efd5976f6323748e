"""One statement: its account, days and balances around the entries, and whether they explain each other."""

import datetime as dt
from dataclasses import dataclass

from gateway.bank.camt_entry import Entry, Unreadable, read_amount, read_day, read_entry
from gateway.bank.xml import Element, child, children, line_of, words
from gateway.kit.money import Currency, CurrencyError, currency_of, format_amount

_OPENING, _CLOSING, _PREVIOUS = "OPBD", "CLBD", "PRCD"


@dataclass(frozen=True, slots=True)
class Line:
    """One booked movement. Two equal lines are two lines."""

    entry_no: int
    """Position of its entry in the statement, from 1."""
    detail_no: int
    """Position in its entry where a batch was taken apart, from 1; 0 where the line is the entry."""
    booked_on: dt.date
    value_on: dt.date | None
    amount_minor: int
    """Positive is money in, negative money out."""
    end_to_end_id: str | None
    bank_reference: str | None
    reference: str | None
    """Structured remittance reference, as it stands."""
    text: str | None
    counterparty: str | None
    counterparty_account: str | None
    is_reversal: bool
    """What the bank says of it; the amount's sign already tells the direction."""
    flags: tuple[str, ...]
    """What looks odd: ``detail_direction_differs``, ``detail_amount_differs``, ``details_do_not_sum``, …"""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of one account."""

    account: str
    """IBAN or other number, without blanks."""
    currency: str
    reference: str
    sequence: str
    from_on: dt.date | None
    to_on: dt.date | None
    opening_minor: int | None
    closing_minor: int | None
    lines: list[Line]
    tolerances: list[str]
    """What had to be put up with, each once."""
    problem: str | None
    """Why nothing of it may be posted, if so."""
    unbooked_count: int
    """Pending and information entries, which never post."""
    place: str
    """Where it stands in the file."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A statement that could not be read exactly."""

    reason: str
    place: str
    account: str | None
    reference: str | None


class StatementParts:
    """One statement being read, entry by entry."""

    def __init__(self, number: int, line: int) -> None:
        self.place = f"statement {number}, line {line}"
        self._entries: list[Entry] = []
        self._count = 0
        self._unbooked = 0
        self._problem: Unreadable | None = None
        self._tolerances: dict[str, None] = {}

    def entry(self, element: Element) -> None:
        """Take the next entry; after one that cannot be read the rest are only counted."""
        self._count += 1
        if self._problem is not None:
            return
        try:
            entry = read_entry(element, self._count)
        except Unreadable as problem:
            self._problem = Unreadable(problem.reason, f"entry {self._count}, line {line_of(element)}")
            return
        if entry is None:
            self._unbooked += 1
        else:
            self._entries.append(entry)

    def finish(self, element: Element, *, has_balances: bool, notes: list[str]) -> "Statement | Quarantined":
        """Return the statement, or why it is put aside."""
        try:
            if self._problem is not None:
                raise self._problem
            return self._statement(element, has_balances, notes)
        except Unreadable as problem:
            place = f"{self.place}, {problem.place}" if problem.place else self.place
            return Quarantined(problem.reason, place, _account(element), words(element, "Id"))

    def _statement(self, element: Element, has_balances: bool, notes: list[str]) -> Statement:
        account = _account(element)
        if account is None:
            raise Unreadable("the statement names no account")
        balances = _balances(element)
        unit = self._currency(element, balances)
        lines = self._lines(unit)
        opening, closing = self._booked_balances(balances, unit)
        from_on, to_on = self._days(element, opening, closing, lines)
        self._tolerances.update(dict.fromkeys(notes))
        return Statement(
            account=account,
            currency=unit.code,
            reference=words(element, "Id") or "",
            sequence=words(element, "ElctrncSeqNb") or words(element, "LglSeqNb") or "",
            from_on=from_on,
            to_on=to_on,
            opening_minor=opening.minor if opening else None,
            closing_minor=closing.minor if closing else None,
            lines=lines,
            tolerances=list(self._tolerances),
            problem=_balance_problem(opening, closing, lines, unit) if has_balances else None,
            unbooked_count=self._unbooked,
            place=self.place,
        )

    def _currency(self, element: Element, balances: "list[_Balance]") -> Currency:
        """Return the one currency of the account, its booked balances and its entries."""
        booked = [b.currency for b in balances if b.kind in (_OPENING, _CLOSING)]
        named = [words(element, "Acct", "Ccy"), *booked, *(entry.currency for entry in self._entries)]
        codes = list(dict.fromkeys(code for code in named if code))
        if not codes:
            raise Unreadable("no amount names a currency")
        if len(codes) > 1:
            raise Unreadable(f"one account in several currencies: {', '.join(codes)}")
        try:
            return currency_of(codes[0])
        except CurrencyError as problem:
            raise Unreadable(problem.detail) from problem

    def _lines(self, unit: Currency) -> list[Line]:
        lines: list[Line] = []
        for entry in self._entries:
            try:
                movements, notes = entry.movements(unit)
            except Unreadable as problem:
                raise Unreadable(problem.reason, f"entry {entry.number}, line {entry.line}") from problem
            self._tolerances.update(dict.fromkeys(notes))
            lines.extend(Line(entry.number, *movement) for movement in movements)
        return lines

    def _booked_balances(
        self, balances: "list[_Balance]", unit: Currency
    ) -> "tuple[_BookedBalance | None, _BookedBalance | None]":
        opening = self._one_balance(balances, _OPENING, unit)
        if opening is None:
            opening = self._one_balance(balances, _PREVIOUS, unit)
            if opening is not None:
                self._tolerances["the previous closing balance stands for the opening one"] = None
        return opening, self._one_balance(balances, _CLOSING, unit)

    def _one_balance(self, balances: "list[_Balance]", kind: str, unit: Currency) -> "_BookedBalance | None":
        found: list[_BookedBalance] = []
        for balance in balances:
            if balance.kind == kind and balance.currency == unit.code:
                minor, notes = read_amount(balance.amount, unit)
                self._tolerances.update(dict.fromkeys(notes))
                found.append(_BookedBalance(minor * balance.sign, balance.on))
        if len({balance.minor for balance in found}) > 1:
            raise Unreadable(f"several {kind} balances that differ; the pages of one statement must be one file")
        return found[0] if found else None

    def _days(
        self, element: Element, opening: "_BookedBalance | None", closing: "_BookedBalance | None", lines: list[Line]
    ) -> tuple[dt.date | None, dt.date | None]:
        from_on = _first_day(element, ("FrDtTm", "FrDt"))
        to_on = _first_day(element, ("ToDtTm", "ToDt"))
        if from_on and to_on:
            return from_on, to_on
        days = [line.booked_on for line in lines] + [
            balance.on for balance in (opening, closing) if balance and balance.on
        ]
        if not days:
            return from_on, to_on
        self._tolerances["the days covered are taken from balances and entries"] = None
        return from_on or min(days), to_on or max(days)


@dataclass(frozen=True, slots=True)
class _Balance:
    kind: str
    currency: str
    amount: str
    sign: int
    on: dt.date | None


@dataclass(frozen=True, slots=True)
class _BookedBalance:
    minor: int
    on: dt.date | None


def _balances(element: Element) -> list[_Balance]:
    found = []
    for balance in children(element, "Bal"):
        kind = words(balance, "Tp", "CdOrPrtry", "Cd") or words(balance, "Tp", "Cd") or ""
        amount = child(balance, "Amt")
        direction = words(balance, "CdtDbtInd")
        if kind not in (_OPENING, _CLOSING, _PREVIOUS):
            continue
        if amount is None or direction not in ("CRDT", "DBIT"):
            raise Unreadable(f"the balance {kind} has no amount or no direction", f"line {line_of(balance)}")
        sign = 1 if direction == "CRDT" else -1
        found.append(_Balance(kind, amount.get("Ccy") or "", amount.text or "", sign, read_day(child(balance, "Dt"))))
    return found


def _account(element: Element) -> str | None:
    number = words(element, "Acct", "Id", "IBAN") or words(element, "Acct", "Id", "Othr", "Id")
    # The first version had the other numbers right under Id.
    number = number or words(element, "Acct", "Id", "PrtryAcct", "Id") or words(element, "Acct", "Id", "BBAN")
    return number.replace(" ", "") if number else None


def _first_day(element: Element, names: tuple[str, ...]) -> dt.date | None:
    for name in names:
        found = child(element, "FrToDt", name)
        if found is not None:
            return read_day(found)
    return None


def _balance_problem(
    opening: _BookedBalance | None, closing: _BookedBalance | None, lines: list[Line], unit: Currency
) -> str | None:
    if opening is None or closing is None:
        missing = "opening" if opening is None else "closing"
        return f"no booked {missing} balance, so it cannot be checked; ask the bank for a whole statement"
    booked = sum(line.amount_minor for line in lines)
    if opening.minor + booked == closing.minor:
        return None
    return (
        f"opening {format_amount(opening.minor, unit)} and booked {format_amount(booked, unit)} make "
        f"{format_amount(opening.minor + booked, unit)} {unit.code}, the closing balance says "
        f"{format_amount(closing.minor, unit)}; ask the bank for the statement again"
    )
