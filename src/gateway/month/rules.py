"""Pure rules of the month: from its figures, how each step stands, what comes next, who does it and what blocks.

Steps run one way. A step is ``done`` when nothing of it is left, ``ready`` when somebody can do it now, ``running`` when
the worker or somebody outside has it, ``waiting`` while a step before has not given it anything.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class StepState(StrEnum):
    """How a step stands."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"


class Blocker(str):
    """What keeps a step from being done: a sentence, and the number in it, so that it can be said in any language."""

    sentence: str
    """With ``{n}`` where the number stands."""
    figure: int | None

    __slots__ = ("figure", "sentence")

    def __new__(cls, sentence: str, figure: int | None = None) -> Self:
        """Make it from its sentence and number."""
        made = super().__new__(cls, sentence if figure is None else sentence.format(n=figure))
        made.sentence, made.figure = sentence, figure
        return made


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the month."""

    number: int
    code: str
    state: StepState
    who: str
    """Role that does what is next; ``worker``, ``state`` or ``bank`` where no person does."""
    next: str
    """What is to be done, in a sentence; empty where nothing is."""
    blockers: tuple[Blocker, ...] = ()
    """What keeps it from being done."""


COVERED, NOT_COVERED, WAITING = "covered", "not_covered", "waiting"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why so many members are covered, not covered or waiting."""

    standing: str
    reason: str
    detail: str | None
    """The state's code, where it rejected them."""
    members: int


def reasons_of(enrolled: int, decided: Iterable[Any]) -> list[Reason]:
    """Return who is covered and who is not and why, most members first.

    Args:
        enrolled: Places in payrolls in the month.
        decided: How many members each filing's line or decision is said of (``filing.queries.Coverage``).

    Source:
        SRC-MONTH, cover begins with the state's acceptance.
    """
    counts: Counter[tuple[str, str, str | None]] = Counter()
    for row in decided:
        counts[_standing(row.standing, row.reason)] += row.members
    missing = enrolled - counts.total()
    if missing > 0:
        counts[WAITING, "not_prepared", None] += missing
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1], item[0][2] or ""))
    return [Reason(*key, members) for key, members in ranked]


def _standing(standing: str, reason: str) -> tuple[str, str, str | None]:
    if standing in {"accepted", "changed"}:
        return COVERED, standing, None
    if standing == "rejected":
        return NOT_COVERED, "rejected_by_state", reason or None
    if standing == "not_declared":
        return NOT_COVERED, reason, None
    return WAITING, "filing_not_sealed" if standing == "draft" else "state_has_not_answered", None


def steps_of(figures: Any) -> list[Step]:
    """Return the ten steps of a month, in order.

    Source:
        SRC-MONTH, the shape of the month.
    """
    return [
        _members(figures),
        _assess(figures),
        _receive(figures),
        _prepare(figures),
        _answer(figures),
        _bill(figures),
        _pay(figures),
        _remittance(figures),
        _payout(figures),
        _close(figures),
    ]


def next_step(steps: list[Step]) -> Step | None:
    """Return the step that a person or a process can take up now: the earliest that is ready, else that runs.

    Source:
        SRC-MONTH.
    """
    for state in (StepState.READY, StepState.RUNNING, StepState.WAITING):
        for step in steps:
            if step.state is state:
                return step
    return None


def _members(f: Any) -> Step:
    if f.enrolled:
        return Step(1, "members", StepState.DONE, "filing_officer", "")
    return Step(1, "members", StepState.READY, "filing_officer", "Enrol or import the members of the month.")


def _assess(f: Any) -> Step:
    missing = f.enrolled - f.assessed_members
    if not f.enrolled:
        return Step(2, "assess", StepState.WAITING, "filing_officer", "")
    if not f.assessed_members:
        return Step(2, "assess", StepState.READY, "filing_officer", "Assess the month.")
    blockers = (
        (Blocker("{n} enrolled members have no assessment: no declared wage, or on leave", missing),)
        if missing > 0
        else ()
    )
    return Step(2, "assess", StepState.DONE, "filing_officer", "", blockers)


def _receive(f: Any) -> Step:
    blockers = (Blocker("money is in suspense: place it or refuse it"),) if f.suspense_minor else ()
    if not f.assessed_members:
        return Step(3, "receive", StepState.WAITING, "cashier", "", blockers)
    is_over = f.drafts + f.sealed + f.under_way + f.answered > 0
    if is_over:
        return Step(3, "receive", StepState.DONE, "cashier", "", blockers)
    return Step(
        3, "receive", StepState.READY, "cashier", "Receive the members' money, then prepare the filing.", blockers
    )


def _prepare(f: Any) -> Step:
    if f.drafts:
        return Step(4, "prepare", StepState.READY, "filing_officer", "Look the draft through, then seal it.")
    if f.sealed or f.under_way or f.answered:
        return Step(4, "prepare", StepState.DONE, "filing_officer", "")
    if f.assessed_members and f.receipts:
        return Step(4, "prepare", StepState.READY, "filing_officer", "Prepare the filing.")
    return Step(4, "prepare", StepState.WAITING, "filing_officer", "")


def _answer(f: Any) -> Step:
    if f.unreached:
        blocker = Blocker("the state could not be reached for {n} sealed filings; they are tried again", f.unreached)
        what = "Wait for the state, or upload the files on its portal and give the reception numbers."
        return Step(5, "submit", StepState.READY, "filing_officer", what, (blocker,))
    if f.sealed:
        return Step(5, "submit", StepState.READY, "filing_officer", "Submit the sealed filing.")
    if f.under_way:
        return Step(5, "submit", StepState.RUNNING, "worker", "The state has the filing, or is asked about it.")
    if not f.answered:
        return Step(5, "submit", StepState.WAITING, "filing_officer", "")
    blockers = (
        (Blocker("{n} lines were rejected; mend them and file a supplementary one", f.rejected_lines),)
        if f.rejected_lines
        else ()
    )
    return Step(5, "submit", StepState.DONE, "filing_officer", "", blockers)


def _bill(f: Any) -> Step:
    if f.bills:
        return Step(6, "bill", StepState.DONE, "accountant", "")
    if f.accepted_lines:
        return Step(6, "bill", StepState.RUNNING, "state", "The state has not sent its bill yet.")
    return Step(6, "bill", StepState.WAITING, "accountant", "")


def _pay(f: Any) -> Step:
    if not f.bills:
        return Step(7, "pay", StepState.WAITING, "accountant", "")
    if f.bills_to_order:
        return Step(7, "pay", StepState.READY, "accountant", "Order the payment of the bill.")
    if f.bills_to_release:
        return Step(7, "pay", StepState.READY, "manager", "Release the payment; not by the person who ordered it.")
    if f.bills_to_book:
        return Step(7, "pay", StepState.RUNNING, "bank", "Bring the order to the bank and load its statement.")
    if f.bills_to_confirm:
        return Step(7, "pay", StepState.RUNNING, "state", "The state has not confirmed the payment yet.")
    return Step(7, "pay", StepState.DONE, "accountant", "")


def _remittance(f: Any) -> Step:
    blockers = (Blocker("{n} advices contradict themselves; ask the state", f.quarantined),) if f.quarantined else ()
    if f.funded:
        return Step(
            8, "benefits", StepState.READY, "benefits_officer", "Allot the remittance to its members.", blockers
        )
    if f.unfunded:
        return Step(
            8, "benefits", StepState.RUNNING, "bank", "The money of an advised remittance is not here.", blockers
        )
    if f.advised or f.remitted_minor:
        return Step(8, "benefits", StepState.DONE, "benefits_officer", "", blockers)
    return Step(8, "benefits", StepState.WAITING, "benefits_officer", "", blockers)


def _payout(f: Any) -> Step:
    if f.batches_to_release:
        return Step(
            9, "payout", StepState.READY, "manager", "Release the payouts; not by the person who prepared them."
        )
    if f.batches_under_way:
        return Step(9, "payout", StepState.RUNNING, "worker", "The provider is paying, or is asked about it.")
    if f.owed_minor:
        return Step(9, "payout", StepState.READY, "benefits_officer", "Prepare the payouts of what members are owed.")
    if f.paid_out_minor:
        return Step(9, "payout", StepState.DONE, "benefits_officer", "")
    return Step(9, "payout", StepState.WAITING, "benefits_officer", "")


def _close(f: Any) -> Step:
    if f.is_closed:
        return Step(10, "close", StepState.DONE, "accountant", "")
    blockers = (Blocker("{n} differences of the month are open", f.open_breaks),) if f.open_breaks else ()
    if f.bills and not (f.bills_to_order or f.bills_to_release or f.bills_to_book or f.bills_to_confirm):
        return Step(
            10, "close", StepState.READY, "accountant", "Reconcile, explain what is left, close the month.", blockers
        )
    return Step(10, "close", StepState.WAITING, "accountant", "", blockers)
