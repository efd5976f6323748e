"""Whether an answer is the answer to what we sent, told before anything of it is used. Pure."""

import uuid
from typing import NamedTuple

from gateway.authority.protocol import Counts, Totals


class Expected(NamedTuple):
    """What an answer to one of our files must say."""

    reference: uuid.UUID
    kind: str
    employer: str
    period: str
    currency: str
    sha256: str
    lines: int


class Said(NamedTuple):
    """What a page, or the standing, says the answer is of."""

    reference: uuid.UUID
    kind: str
    employer: str
    period: str
    counts: Counts
    totals: Totals


class Sums(NamedTuple):
    """What the lines of an answer add up to."""

    lines: int
    distinct_lines: int
    accepted: int
    rejected: int
    declared_minor: int
    accepted_minor: int
    billed_minor: int
    ours: int
    """Lines that stand where ours stand, with the same document."""
    ours_minor: int | None
    """Sum of the wages we declared in those lines: of all ours, where as many are ours; None for a file without wages."""


def wrong_subject(expected: Expected, said: Said) -> str | None:
    """Say why something the state says is not about our file; None if it is.

    Source:
        SRC-001: an answer names filing, employer and period.
    """
    for what, theirs, ours in (
        ("filing id", str(said.reference), str(expected.reference)),
        ("kind", said.kind, expected.kind),
        ("employer", said.employer, expected.employer),
        ("period", said.period, expected.period),
        ("currency", said.totals.currency, expected.currency),
    ):
        if theirs != ours:
            return f"the answer is of another {what}: {theirs!r}, ours is {ours!r}"
    return None


def disagreement(expected: Expected, heads: list[Said], sums: Sums) -> str | None:
    """Say why an answer with lines cannot be used; None if every control total agrees.

    Source:
        SRC-001: partial acceptance is answered line by line; this project: nothing is posted before it adds up.
    """
    for head in heads:
        problem = wrong_subject(expected, head)
        if problem:
            return problem
        if (head.counts, head.totals) != (heads[0].counts, heads[0].totals):
            return f"its pages disagree about the totals: {head.counts} {head.totals}, first {heads[0].counts} {heads[0].totals}"
    counts, totals = heads[0].counts, heads[0].totals
    for what, found, wanted in (
        ("lines", sums.lines, expected.lines),
        ("lines by its own count", counts.lines, expected.lines),
        ("different line numbers", sums.distinct_lines, expected.lines),
        ("lines that are ours", sums.ours, expected.lines),
        ("accepted lines", sums.accepted, counts.accepted),
        ("rejected lines", sums.rejected, counts.rejected),
        ("lines with a known word for their status", sums.accepted + sums.rejected, expected.lines),
        ("minor units declared", sums.declared_minor, totals.declared_wage_minor),
        ("minor units accepted", sums.accepted_minor, totals.accepted_wage_minor),
        ("minor units billed", sums.billed_minor, totals.billed_minor),
        ("minor units declared by us", sums.declared_minor, sums.ours_minor),
    ):
        if wanted is not None and found != wanted:
            return f"it has {found} {what}; {wanted} were expected"
    return None
