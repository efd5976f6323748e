"""Pure rules of reconciling: what makes two statement lines equal, who owns a break and until when, how old it is."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
        BreakKind("line_unanswered", Role.FILING_OFFICER, 2, "The state answered the filing but not this line."),
        BreakKind("statement_quarantined", Role.ACCOUNTANT, 1, "A bank statement could not be used."),
        BreakKind("bank_debit_unknown", Role.ACCOUNTANT, 3, "The bank took money that nobody ordered."),
        BreakKind("payment_unbooked", Role.ACCOUNTANT, 3, "A released payment is not on the bank's statement yet."),
        BreakKind("payment_unconfirmed", Role.FILING_OFFICER, 3, "The bank paid; the state has not said so yet."),
        BreakKind("remittance_unfunded", Role.BENEFITS_OFFICER, 5, "Benefits were advised; the money is not here yet."),
        BreakKind(
            "remittance_quarantined", Role.BENEFITS_OFFICER, 1, "An advice of benefits does not add up; not used."
        ),
        BreakKind("remittance_differs", Role.BENEFITS_OFFICER, 3, "The money is not what the advice says."),
        BreakKind("benefit_suspense", Role.BENEFITS_OFFICER, 5, "A benefit whose member nobody found yet."),
        BreakKind("remittance_contradicted", Role.BENEFITS_OFFICER, 3, "The state says otherwise by now of an advice."),
        BreakKind(
            "claim_amount_differs", Role.BENEFITS_OFFICER, 5, "The state pays another amount than the rule gives."
        ),
        BreakKind("instalment_differs", Role.BENEFITS_OFFICER, 5, "A refund is less or more than was expected."),
        BreakKind("instalment_overdue", Role.BENEFITS_OFFICER, 5, "A refund has not come on its day."),
        BreakKind("advance_unrecovered", Role.MANAGER, 5, "The state refused what the mutual has paid ahead."),
        BreakKind("refused_claim_paid", Role.BENEFITS_OFFICER, 5, "The state pays a claim that it refused."),
        BreakKind("payout_contradicted", Role.ACCOUNTANT, 1, "The provider said two things of one payout."),
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
