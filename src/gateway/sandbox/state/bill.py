"""What the state charges for a wage: its own tables and its own arithmetic.

A component is the bounded wage times its share, rounded half up to the centavo by itself. Amounts are in centavos.
"""

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

COMPONENTS = ("health_worker", "health_employer", "pension_worker", "pension_employer", "work_risk")
ALL_COMPONENTS = (*COMPONENTS, "additional_dependants", "voluntary")
Components = tuple[int, int, int, int, int]
_BOUND_BY = ("health", "health", "pension", "pension", "work_risk")


@cache
def tables() -> dict[str, Any]:
    """Return the dated tables."""
    return tomllib.loads((Path(__file__).parent / "rates.toml").read_text("utf-8"))


def _in_force(rows: list[dict[str, Any]], day: dt.date) -> dict[str, Any] | None:
    fitting = [row for row in rows if row["from"] <= day]
    return max(fitting, key=lambda row: row["from"]) if fitting else None


@dataclass(frozen=True, slots=True)
class Tariff:
    """Everything that bills one period."""

    bounded: tuple[tuple[int, int], ...]
    """For each component, the top of the wage and the share of it."""
    dependant_minor: int
    minimum_wage_minor: int

    def components(self, before_minor: int, wage_minor: int) -> Components:
        """Return what a wage adds, ``before_minor`` of the same person being billed already elsewhere.

        Each line adds what the sum up to it costs more than the sum before it, so that all lines of a person together cost
        what one line of the sum would.
        """
        whole = before_minor + wage_minor
        a, b, c, d, e = [
            ((whole if whole <= top else top) * share + 5000) // 10000
            if not before_minor
            else (min(whole, top) * share + 5000) // 10000 - (min(before_minor, top) * share + 5000) // 10000
            for top, share in self.bounded
        ]
        return a, b, c, d, e


@cache
def tariff_of(period: str) -> Tariff | None:
    """Return what is in force on the first day of ``YYYY-MM``; None for a period older than the tables."""
    first = dt.date(int(period[:4]), int(period[5:]), 1)
    given = tables()
    shares, wage = _in_force(given["shares"], first), _in_force(given["minimum_wage"], first)
    dependant = _in_force(given["additional_dependant"], first)
    if shares is None or wage is None or dependant is None:
        return None
    return Tariff(
        bounded=tuple(
            (wage["minor"] * given["bounds"][bound], shares[name])
            for name, bound in zip(COMPONENTS, _BOUND_BY, strict=True)
        ),
        dependant_minor=dependant["minor"],
        minimum_wage_minor=wage["minor"],
    )


def surcharge(unpaid_minor: int, due_on: dt.date, today: dt.date) -> int:
    """Return the surcharge on unpaid contributions: a share for each month begun after the due day, not compounded."""
    if today <= due_on:
        return 0
    months = (today.year - due_on.year) * 12 + today.month - due_on.month + (1 if today.day > due_on.day else 0)
    row = _in_force(tables()["surcharge"], due_on)
    return 0 if row is None else (unpaid_minor * row["per_month"] * max(months, 1) + 5000) // 10000


def breastfeeding(wage_minor: int, minimum_wage_minor: int) -> int:
    """Return the monthly amount for a child under one, zero above the last band."""
    given = tables()["breastfeeding"]
    for bound, minor in zip(given["up_to_minimum_wages"], given["minor"], strict=True):
        if wage_minor <= bound * minimum_wage_minor:
            return int(minor)
    return 0
