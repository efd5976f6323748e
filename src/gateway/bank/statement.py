"""What a bank's file holds, whichever format it is in: statements with their lines, and what was put aside with the reason.

Amounts are positive for money in and negative for money out.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from gateway.bank.currencies import find_currency
from gateway.kit.money import Currency, format_amount


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
    batch_reference: str | None = None
    """Of a batch and of each part it was taken apart into: what the bank calls the batch."""
    batch_parts: tuple[str, ...] = ()
    """Of a batch that stays whole: the ids of its parts, where each has one of its own."""


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
    credits_minor: int
    """Sum of the booked entries that the bank calls credits, batches whole."""
    debits_minor: int
    """Sum of the booked entries that the bank calls debits, as a positive amount."""
    entry_count: int
    """Booked entries."""
    lines: list[Line]
    """The entries, batches taken apart where their details make them to the unit."""
    tolerances: list[str]
    """What had to be put up with, each once."""
    problem: str | None
    """Why nothing of it may be posted, if so."""
    unbooked_count: int
    """Pending and information entries, which never post."""
    place: str
    """Where it stands in the file."""
    has_balances: bool = True
    """False where its kind has none: a notification, or a bank's table without them."""
    page_no: int | None = None
    """Which page of a longer statement it is; None where it says nothing of pages."""
    is_last_page: bool = True
    first_page_no: int | None = None
    """Where pages are put together: the first of them; ``page_no`` is the last."""

    @property
    def pages(self) -> tuple[int, int] | None:
        """Return the first and the last page that this is; None where it says nothing of pages."""
        return None if self.page_no is None else (self.first_page_no or self.page_no, self.page_no)

    @property
    def is_balanced(self) -> bool:
        """Tell whether opening plus booked entries was shown to be the closing balance."""
        if self.opening_minor is None or self.closing_minor is None:
            return False
        return self.opening_minor + self.credits_minor - self.debits_minor == self.closing_minor


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A statement that could not be read exactly."""

    reason: str
    place: str
    account: str | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class Quarantine:
    """All that may not be used."""

    items: tuple[Quarantined, ...]

    @property
    def reason(self) -> str:
        """Return the reasons in one sentence."""
        return "; ".join(dict.fromkeys(item.reason for item in self.items))

    @property
    def place(self) -> str:
        """Return the places."""
        return "; ".join(dict.fromkeys(item.place for item in self.items))


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file holds."""

    format: str
    """``camt.053.001.08``, ``camt.053`` where the file does not say which version, ``mt940``, ``csv``."""
    statements: list[Statement]
    """Each that could be added up, in the order of accounts and days; one with a ``problem`` may not be used."""
    quarantine: Quarantine | None
    """What could not even be added up."""
    notes: list[str] = field(default_factory=list)
    """What had to be put up with in the file as such."""

    @property
    def is_statement(self) -> bool:
        """Tell a statement from a notification (camt.054), which has no balances and announces single bookings."""
        return not self.format.startswith("camt.054")


def unit_of(code: str) -> Currency:
    """Return the currency of a code that a statement was read in."""
    return find_currency(code) or Currency(code, 2)


def balance_problem(
    opening_minor: int | None, closing_minor: int | None, booked_minor: int, currency: str
) -> str | None:
    """Return why the balances do not prove the entries, in words; None where they do."""
    if opening_minor is None or closing_minor is None:
        missing = "opening" if opening_minor is None else "closing"
        return f"no booked {missing} balance, so it cannot be checked; ask the bank for a whole statement"
    if opening_minor + booked_minor == closing_minor:
        return None
    unit = unit_of(currency)
    return (
        f"opening {format_amount(opening_minor, unit)} and booked {format_amount(booked_minor, unit)} make "
        f"{format_amount(opening_minor + booked_minor, unit)} {currency}, the closing balance says "
        f"{format_amount(closing_minor, unit)}; ask the bank for the statement again"
    )


def in_order(statements: Sequence[Statement]) -> list[Statement]:
    """Return statements by account and day; those of one day stay as they came."""
    first = dt.date.min
    return sorted(statements, key=lambda s: (s.account, s.currency, s.to_on or first, s.from_on or first))


def gaps(statements: Sequence[Statement]) -> list[Quarantined]:
    """Return where, of statements of one account in one file, one does not open with what the one before closed with."""
    found = []
    ordered = [s for s in in_order(statements) if s.opening_minor is not None and s.closing_minor is not None]
    for before, after in pairwise(ordered):
        if (before.account, before.currency) != (after.account, after.currency):
            continue
        if before.closing_minor != after.opening_minor:
            reason = (
                f"it opens with {_shown(after, after.opening_minor)}, the one before ({before.place}) closed with "
                f"{_shown(before, before.closing_minor)}: a statement between them is missing, or they overlap"
            )
            found.append(Quarantined(reason, after.place, after.account, after.reference))
    return found


def _shown(statement: Statement, minor: int | None) -> str:
    unit = unit_of(statement.currency)
    return f"{format_amount(minor or 0, unit)} {statement.currency}"
