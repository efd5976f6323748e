"""Compare three sides: what the state says it holds, what we filed, what was paid. Each difference names who has to act."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.authority.connect import state_format
from gateway.authority.protocol import StateFormat
from gateway.filing.drift_kinds import ACTS, DriftKind, Month, Sides, kinds_of
from gateway.filing.drift_words import explain
from gateway.filing.mirror import catch_up
from gateway.filing.sql import drift as sql
from gateway.kit import bulk, db, tenant
from gateway.kit.period import Period

FIRST = (0, 0, -1)
"""A place before every difference."""
_ORDER = {kind: number for number, kind in enumerate(DriftKind)}


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the three sides differ on a member."""

    payroll_id: int
    payroll_code: str
    employer_number: str
    kind: DriftKind
    role: str
    """Who has to act."""
    sides: Sides
    paid_minor: int
    """What there is for her that nothing has used: her own money, or her employer's."""

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it stands among all: payroll, member, kind."""
        return (self.payroll_id, self.sides.member_id, _ORDER[self.kind])

    def text(self, language: str, write: Callable[[int], str]) -> str:
        """Say it in a sentence; ``write`` writes an amount in minor units with its currency, as the reader does."""
        return explain(self.kind, language, **_values(self, write))


def find_drift(
    session: Session,
    *,
    period: Period,
    payroll_id: int | None = None,
    kind: DriftKind | None = None,
    after: tuple[int, int, int] = FIRST,
) -> Iterator[Difference]:
    """Give every difference of a month, by payroll, member and kind after a place; the mirror is brought up to date before.

    Members are read in chunks, one statement a payroll; nothing is written but the mirror.
    """
    catch_up(session)
    form = state_format(tenant.current(session).country)
    values = {"start": period.start, "from_id": after[0], "payroll_id": payroll_id}
    for payroll in db.rows(session, sql.PAYROLLS, values):
        month = Month(period.start, payroll.is_filed, payroll.is_helped, int(payroll.employer_minor))
        first = after[1] - 1 if payroll.id == after[0] else 0
        for sides in _sides(session, payroll.id, period, first):
            for found in kinds_of(sides, month):
                difference = _difference(payroll, month, sides, found, form)
                if (kind is None or found is kind) and difference.place > after:
                    yield difference


def _sides(session: Session, payroll_id: int, period: Period, after: int) -> Iterator[Sides]:
    values = {
        "payroll_id": payroll_id,
        "start": period.start,
        "end": period.end,
        "previous": period.previous().start,
        "after": after,
    }
    for rows in bulk.read_chunks(session, sql.THREE_SIDES, values):
        yield from map(Sides._make, rows)


def _difference(payroll: Any, month: Month, sides: Sides, kind: DriftKind, form: StateFormat) -> Difference:
    role = ACTS[kind]
    if kind is DriftKind.REJECTED and sides.state_code:
        told = form.explain(sides.state_code).role
        role = role if told == "nobody" else told
    paid = month.employer_minor if month.is_helped else sides.paid_minor
    return Difference(payroll.id, payroll.code, payroll.employer_number, kind, role, sides, paid)


def _values(found: Difference, write: Callable[[int], str]) -> dict[str, object]:
    sides, kind = found.sides, found.kind

    def money(minor: int | None) -> str:
        return write(minor or 0)

    short = sides.helped_minor or 0 if kind is DriftKind.HELPED else max(0, sides.needed_minor - found.paid_minor)
    values: dict[str, object] = {"short": money(short), "code": sides.state_code or "–"}
    values["filed"] = sides.filed_heads or 0
    ours, theirs = {
        DriftKind.WAGE_TAKEN: (money(sides.filed_wage_minor), money(sides.state_wage_minor)),
        DriftKind.AMOUNT_TAKEN: (money(sides.filed_minor), money(sides.state_accepted_minor)),
        DriftKind.WAGE_CHANGED: (money(sides.wage_minor), money(sides.filed_wage_minor)),
        DriftKind.DEPENDANTS: (str(sides.heads), str(sides.held_heads)),
    }.get(kind, ("", ""))
    return {**values, "ours": ours, "theirs": theirs}
