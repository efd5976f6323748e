"""Pure rules of reconciling: what makes two statement lines equal, who owns a break and until when, how old it is."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway.staff.models import Role


@dataclass(frozen=True, slots=True)
class BreakKind:
    """A kind of difference: who looks at it first, how soon, and what it means in words."""

    code: str
    owner: Role
    days: int
    """Calendar days until it is due."""
    meaning: str


KINDS = {
    kind.code: kind
    for kind in (
        BreakKind("bill_differs", Role.ACCOUNTANT, 2, "The state's bill is not the sum of the lines it accepted."),
        BreakKind("amount_changed", Role.FILING_OFFICER, 3, "The state accepted a line with another amount than ours."),
        BreakKind("answer_quarantined", Role.FILING_OFFICER, 1, "An answer of the state does not add up; not used."),
        BreakKind("told_otherwise", Role.FILING_OFFICER, 1, "The state told what cannot be booked; a person decides."),
        BreakKind("line_unanswered", Role.FILING_OFFICER, 2, "The state answered the filing but not this line."),
        BreakKind("statement_quarantined", Role.ACCOUNTANT, 1, "A bank statement could not be used."),
        BreakKind(
            "announcement_unshown", Role.ACCOUNTANT, 1, "The bank announced a booking that its statement does not have."
        ),
        BreakKind("bank_debit_unknown", Role.ACCOUNTANT, 3, "The bank took money that nobody ordered."),
        BreakKind("payment_unbooked", Role.ACCOUNTANT, 3, "A released payment is not on the bank's statement yet."),
        BreakKind("payment_unconfirmed", Role.FILING_OFFICER, 3, "The bank paid; the state has not said so yet."),
        BreakKind("remittance_unfunded", Role.BENEFITS_OFFICER, 5, "Benefits were advised; the money is not here yet."),
        BreakKind(
            "remittance_quarantined", Role.BENEFITS_OFFICER, 1, "An advice of benefits does not add up; not used."
        ),
        BreakKind("remittance_differs", Role.BENEFITS_OFFICER, 3, "The money is not what the advice says."),
        BreakKind("benefit_suspense", Role.BENEFITS_OFFICER, 5, "A benefit whose member nobody found yet."),
        BreakKind(
            "remittance_unallotted", Role.BENEFITS_OFFICER, 3, "Money of benefits is here and with no member yet."
        ),
        BreakKind("benefit_unpayable", Role.BENEFITS_OFFICER, 5, "Benefits are owed to a member and cannot be paid."),
        BreakKind("remittance_contradicted", Role.BENEFITS_OFFICER, 3, "The state says otherwise by now of an advice."),
        BreakKind(
            "claim_amount_differs", Role.BENEFITS_OFFICER, 5, "The state pays another amount than the rule gives."
        ),
        BreakKind("instalment_differs", Role.BENEFITS_OFFICER, 5, "A refund is less or more than was expected."),
        BreakKind("instalment_overdue", Role.BENEFITS_OFFICER, 5, "A refund has not come on its day."),
        BreakKind("advance_unrecovered", Role.MANAGER, 5, "The state refused what the mutual has paid ahead."),
        BreakKind("refused_claim_paid", Role.BENEFITS_OFFICER, 5, "The state pays a claim that it refused."),
        BreakKind("payout_contradicted", Role.ACCOUNTANT, 1, "The provider said two things of one payout."),
        BreakKind("payout_stranger", Role.ACCOUNTANT, 1, "A payment was told among ours that nobody ordered."),
        BreakKind("payout_came_back", Role.ACCOUNTANT, 2, "Money came that names a payout of ours."),
        BreakKind("payer_message_aside", Role.ACCOUNTANT, 1, "A provider told something that could not be used."),
        BreakKind("payout_batch_open", Role.ACCOUNTANT, 1, "Nobody knows for days what became of payouts."),
        BreakKind("receipt_suspense", Role.CASHIER, 5, "Money received whose member nobody found yet."),
        BreakKind("statement_line_odd", Role.ACCOUNTANT, 5, "The bank contradicts itself in a line; the entry counts."),
        BreakKind("transfer_overdue", Role.ACCOUNTANT, 3, "Money between two places of ours has not arrived yet."),
    )
}

OVERDUE_DAYS = 5
"""How long a payment, confirmation, advice or transfer may be on its way before somebody is told."""

AGES = ((2, "0-2"), (7, "3-7"), (30, "8-30"), (60, "31-60"))
OLDEST_BUCKET = ">60"
SUPERVISED_DAYS = 30
"""A break older than this is a supervisor's: a manager approves it."""
UNCLAIMED_DAYS = 60
"""Money in suspense older than this is proposed for ``unclaimed``: it stays owed to whoever comes, and is never income."""


def age_bucket(days: int) -> str:
    """Return the bucket an age in days falls into: 0-2, 3-7, 8-30, 31-60, >60.

    Source:
        SRC-LEDGER, clearing accounts return to zero; what stays is looked at by age.
    """
    return next((name for limit, name in AGES if days <= limit), OLDEST_BUCKET)


def ageing(bucket: str, today: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and the last day that breaks of an age count from; no first day for the oldest.

    Source:
        SRC-LEDGER, what stays is looked at by age.
    """
    names = [*(name for _, name in AGES), OLDEST_BUCKET]
    place = names.index(bucket)
    newest = today - dt.timedelta(days=AGES[place - 1][0] + 1 if place else 0)
    oldest = None if bucket == OLDEST_BUCKET else today - dt.timedelta(days=AGES[place][0])
    return oldest, newest


def needs_supervisor(since_on: dt.date, today: dt.date) -> bool:
    """Tell whether a break is so old that a manager has to approve its explanation.

    Source:
        SRC-LEDGER, over thirty days a supervisor.
    """
    return (today - since_on).days > SUPERVISED_DAYS


def due_on(kind: str, today: dt.date) -> dt.date:
    """Return until when a new break of this kind is to be resolved.

    Source:
        SRC-LEDGER, what stays for days is on a person's list.
    """
    return today + dt.timedelta(days=KINDS[kind].days)


def fingerprint(parts: Sequence[object]) -> str:
    """Return the digest of what makes a statement line itself: dates, signed amount, references, text, counterparty.

    Source:
        SRC-030, bank references repeat: one real statement uses one reference for thirteen lines.
    """
    body = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(body.encode()).hexdigest()[:40]


def ordinals(fingerprints: Iterable[str]) -> list[int]:
    """Number equal lines 1, 2, …: two equal lines are two lines, and the same file twice is the same lines.

    Source:
        SRC-030, two equal payments by one person on one day are both kept.
    """
    seen: Counter[str] = Counter()
    numbers = []
    for mark in fingerprints:
        seen[mark] += 1
        numbers.append(seen[mark])
    return numbers


def explains(opening_minor: int, lines_minor: Iterable[int], closing_minor: int) -> int:
    """Return what a statement leaves unexplained: closing less opening less its booked lines; 0 where it adds up.

    Source:
        SRC-030, opening balance plus booked entries is the closing balance.
    """
    return closing_minor - opening_minor - sum(lines_minor)


class Announced(NamedTuple):
    """A line as far as it tells which booking it is: one that was announced, or one on a statement."""

    key: int
    """Its number, which is given back."""
    booked_on: dt.date
    amount_minor: int
    fingerprint: str
    end_to_end_id: str | None
    bank_reference: str | None
    reference: str | None
    text: str
    batch_reference: str | None = None
    """What the bank calls the batch that it is, or is a part of."""
    parts: tuple[str, ...] = ()
    """Of a batch that is told without amounts: the ids of its parts."""


ANNOUNCED_DAYS = 10
"""By how many days a booking may stand on a statement before or after the day it was announced for."""

_Sign = Callable[[Announced], tuple[object, ...] | None]


def _sign(*names: str) -> _Sign:
    def of(line: Announced) -> tuple[object, ...] | None:
        values = tuple(getattr(line, name) for name in names)
        return values if all(values) else None

    return of


_SIGNS: tuple[_Sign, ...] = (
    _sign("fingerprint"),
    _sign("end_to_end_id", "bank_reference"),
    _sign("bank_reference"),
    _sign("end_to_end_id"),
    _sign("reference", "booked_on"),
    _sign("text", "booked_on"),
)
"""What makes two lines of one amount the same booking, strict to loose."""


class Gathered(NamedTuple):
    """A line of a statement that is the sum of announced ones."""

    shown: int
    announced: tuple[int, ...]


def gather_announced(announced: Sequence[Announced], shown: Sequence[Announced]) -> list[Gathered]:
    """Return which lines of a statement are the sums of which announced ones.

    Both the sum and the references have to agree: the line names the ids of all its parts and each was announced, or
    everything that was announced under its reference makes it, to the unit. A line that claims what another claims too is
    left to a person.

    Source:
        SRC-030, a batch may be booked as one entry and its parts told by a notification under the same references.
    """
    by_batch: dict[str, list[Announced]] = {}
    by_id: dict[str, list[Announced]] = {}
    for line in announced:
        if batch := line.batch_reference or line.bank_reference:
            by_batch.setdefault(batch, []).append(line)
        for name in {line.end_to_end_id, line.bank_reference} - {None, ""}:
            by_id.setdefault(str(name), []).append(line)
    found = []
    for whole in shown:
        if whole.parts:
            named = [by_id.get(part, []) for part in whole.parts]
            parts = [one[0] for one in named] if all(len(one) == 1 for one in named) else []
        else:
            parts = by_batch.get(whole.batch_reference or whole.bank_reference or "", [])
        if len({one.key for one in parts}) == len(parts) > 1 and _is_sum(whole, parts):
            found.append(Gathered(whole.key, tuple(one.key for one in parts)))
    claims = Counter(key for one in found for key in one.announced)
    return [one for one in found if all(claims[key] == 1 for key in one.announced)]


def _is_sum(whole: Announced, parts: Sequence[Announced]) -> bool:
    near = all(abs((one.booked_on - whole.booked_on).days) <= ANNOUNCED_DAYS for one in parts)
    return near and sum(one.amount_minor for one in parts) == whole.amount_minor


def pair_announced(announced: Sequence[Announced], shown: Sequence[Announced]) -> list[tuple[int, int]]:
    """Return which announced line is which line of a statement, as pairs of keys; each line stands in at most one.

    Lines of equal amounts are paired by what both name, strict to loose, equal ones in their order. Where nothing is
    named on both sides, one line of an amount and a day is the other only where each is alone. Two lines that name
    different things are never one booking.

    Source:
        SRC-030, a notification announces single bookings; the statement is the account's record of them.
    """
    pairs: list[tuple[int, int]] = []
    waiting, left = list(announced), list(shown)
    for sign in _SIGNS:
        waiting, left = _pair(waiting, left, sign, pairs)
    days = Counter((line.amount_minor, line.booked_on) for line in waiting)
    also = Counter((line.amount_minor, line.booked_on) for line in left)
    alone = {day for day, number in days.items() if number == also[day] == 1}

    def of_day(line: Announced) -> tuple[object, ...] | None:
        return (line.booked_on,) if (line.amount_minor, line.booked_on) in alone else None

    _pair(waiting, left, of_day, pairs)
    return pairs


def _pair(
    waiting: list[Announced], left: list[Announced], sign: _Sign, pairs: list[tuple[int, int]]
) -> tuple[list[Announced], list[Announced]]:
    of_sign: dict[tuple[object, ...], list[Announced]] = {}
    for line in left:
        if (named := sign(line)) is not None:
            of_sign.setdefault((line.amount_minor, *named), []).append(line)
    taken: set[int] = set()
    kept = []
    for line in waiting:
        named = sign(line)
        equal = of_sign.get((line.amount_minor, *named), []) if named else []
        found = next((one for one in equal if _may_be(line, one)), None)
        if found is None:
            kept.append(line)
        else:
            equal.remove(found)
            taken.add(found.key)
            pairs.append((line.key, found.key))
    return kept, [one for one in left if one.key not in taken]


def _may_be(announced: Announced, shown: Announced) -> bool:
    if abs((announced.booked_on - shown.booked_on).days) > ANNOUNCED_DAYS:
        return False
    names = ("end_to_end_id", "bank_reference", "reference")
    told = [(getattr(announced, name), getattr(shown, name)) for name in names]
    return announced.fingerprint == shown.fingerprint or all(a == b for a, b in told if a and b)
