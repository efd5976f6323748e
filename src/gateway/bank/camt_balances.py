"""A statement's balances: which one opens it and which one closes it, whatever else stands beside them.

Booked balances alone count: opening booked (OPBD), else the previous closing one (PRCD); closing booked (CLBD). Available,
forward and expected balances (CLAV, FWAV, OPAV, XPCD, …) say what may be spent, not what was booked. Interim ones (ITBD, or
marked INTM) open and close the pages of a statement and nothing else.
"""

import datetime as dt
from dataclasses import dataclass

from gateway.bank.camt_entry import Unreadable, read_amount, read_day
from gateway.bank.xml import Element, child, children, line_of, words
from gateway.kit.money import Currency

OPENING, CLOSING, PREVIOUS, INTERIM = "OPBD", "CLBD", "PRCD", "ITBD"
_BOOKED = (OPENING, CLOSING, PREVIOUS, INTERIM)


@dataclass(frozen=True, slots=True)
class Balance:
    """One booked balance as it stands in the file."""

    kind: str
    is_interim: bool
    currency: str
    amount: str
    sign: int
    on: dt.date | None
    line: int


@dataclass(frozen=True, slots=True)
class Booked:
    """A balance read to the unit."""

    minor: int
    on: dt.date | None


@dataclass(slots=True)
class Balances:
    """What opens and closes a statement, what had to be put up with, and what keeps it from being used."""

    opening: Booked | None = None
    closing: Booked | None = None
    notes: list[str] | None = None
    problem: str | None = None


def find_balances(statement: Element) -> tuple[list[Balance], str | None]:
    """Return the booked balances of a statement, and what is wrong with one of them."""
    found, problem = [], None
    for balance in children(statement, "Bal"):
        kind = words(balance, "Tp", "CdOrPrtry", "Cd") or words(balance, "Tp", "CdOrPrtry", "Prtry")
        kind = (kind or words(balance, "Tp", "Cd") or "").upper()
        if kind not in _BOOKED:
            continue
        amount, direction = child(balance, "Amt"), words(balance, "CdtDbtInd")
        if amount is None or amount.text is None or direction not in ("CRDT", "DBIT"):
            problem = problem or f"the balance {kind} on line {line_of(balance)} has no amount or no direction"
            continue
        subtype = words(balance, "Tp", "SubTp", "Cd") or words(balance, "Tp", "SubTp", "Prtry")
        try:
            day = read_day(child(balance, "Dt"))
        except Unreadable as wrong:
            problem, day = problem or f"the balance {kind}: {wrong.reason}", None
        sign = 1 if direction == "CRDT" else -1
        is_interim = kind == INTERIM or subtype == "INTM"
        found.append(Balance(kind, is_interim, amount.get("Ccy") or "", amount.text, sign, day, line_of(balance)))
    return found, problem


def choose_balances(found: list[Balance], unit: Currency, *, is_page: bool) -> Balances:
    """Return the balance that opens a statement and the one that closes it.

    Args:
        found: What ``find_balances`` found.
        unit: The account's currency; a balance in another one is not the account's.
        is_page: Whether the statement says that it is one page of several.
    """
    chosen = Balances(notes=[])
    try:
        _choose(found, unit, is_page, chosen)
    except Unreadable as wrong:
        chosen.problem = wrong.reason
    return chosen


def _choose(found: list[Balance], unit: Currency, is_page: bool, chosen: Balances) -> None:
    notes = chosen.notes if chosen.notes is not None else []
    opening = _of_kind(found, OPENING, unit, notes)
    if not opening and (previous := _of_kind(found, PREVIOUS, unit, notes)):
        opening = previous
        notes.append("the previous closing balance stands for the opening one")
    closing = _of_kind(found, CLOSING, unit, notes)
    interim = _of_kind(found, INTERIM, unit, notes) if is_page else []
    if interim and not (opening and closing):
        notes.append("interim balances open or close a page of the statement")
        opening = opening or interim[:1]
        closing = closing or (interim[-1:] if len(interim) > 1 or opening != interim[:1] else [])
    chosen.opening, chosen.closing = _ends(opening, closing, notes)
    missing = [kind for kind, one in ((OPENING, chosen.opening), (CLOSING, chosen.closing)) if one is None]
    foreign = sorted({b.currency for b in found if b.kind in missing and b.currency != unit.code})
    if foreign:
        which = "opening" if missing[0] == OPENING else "closing"
        raise Unreadable(
            f"one account in several currencies: the booked {which} balance is in {', '.join(foreign)} and the account in"
            f" {unit.code}, so it cannot be checked; ask the bank for the statement again"
        )


def _of_kind(found: list[Balance], kind: str, unit: Currency, notes: list[str]) -> list[Booked]:
    mine = [balance for balance in found if balance.kind == kind and balance.currency in ("", unit.code)]
    final = [balance for balance in mine if not balance.is_interim or kind == INTERIM]
    if mine and not final:
        notes.append("interim balances open or close a page of the statement")
    read: dict[Booked, None] = {}
    for balance in final or mine:
        minor, told = read_amount(balance.amount, unit)
        notes.extend(told)
        read[Booked(minor * balance.sign, balance.on)] = None
    return list(read)


def _ends(opening: list[Booked], closing: list[Booked], notes: list[str]) -> tuple[Booked | None, Booked | None]:
    """Return the first opening and the last closing balance of days or pages that follow each other."""
    if len({b.minor for b in opening}) <= 1 and len({b.minor for b in closing}) <= 1:
        return (opening[0] if opening else None), (closing[-1] if closing else None)
    first = dt.date.min
    opening, closing = sorted(opening, key=lambda b: b.on or first), sorted(closing, key=lambda b: b.on or first)
    inner = zip(closing[:-1], opening[1:], strict=False)
    if len(opening) == len(closing) and all(before.minor == after.minor for before, after in inner):
        notes.append("several days or pages with balances of their own are one statement")
        return opening[0], closing[-1]
    kind = OPENING if len({b.minor for b in opening}) > 1 else CLOSING
    raise Unreadable(f"several {kind} balances that differ; the pages of one statement must be one file")
