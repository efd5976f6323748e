"""The editions of the fund's monthly file: its separator, its bounds, its rates, by wage month. Source: SRC-020."""

import datetime as dt
import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Edition:
    """What the portal validates a file of some months against. Amounts are whole rupees."""

    name: str
    valid_from: dt.date
    separator: str
    name_length: int
    employee_rate: Fraction
    employer_rate: Fraction
    pension_rate: Fraction
    wage_ceiling: int
    pension_cap: int
    pension_age: int
    source: str
    read_on: dt.date
    verified: bool

    def employee_share(self, wages: int) -> int:
        """Return what a worker pays into the fund."""
        return _rounded(wages, self.employee_rate)

    def pension_share(self, wages: int) -> int:
        """Return the part of the employer's share that goes to the pension."""
        return min(_rounded(wages, self.pension_rate), self.pension_cap)

    def employer_share(self, wages: int) -> int:
        """Return what an employer pays, pension and fund together."""
        return _rounded(wages, self.employer_rate)


@cache
def editions() -> tuple[Edition, ...]:
    """Return every edition, oldest first."""
    text = (resources.files(__package__) / "editions.toml").read_text("utf-8")
    made = []
    for row in tomllib.loads(text)["edition"]:
        values: dict[str, Any] = {n: Fraction(value) if n.endswith("_rate") else value for n, value in row.items()}
        made.append(Edition(valid_from=values.pop("from"), read_on=values.pop("read"), **values))
    return tuple(sorted(made, key=lambda edition: edition.valid_from))


def edition_of(month: dt.date | None) -> Edition | None:
    """Return the edition of a wage month, told by its first day; the newest without one, None before the first."""
    fitting = [edition for edition in editions() if month is None or edition.valid_from <= month]
    return fitting[-1] if fitting else None


def _rounded(wages: int, rate: Fraction) -> int:
    # Half up, as the portal rounds to the rupee; on integers, for a file has a million of them.
    above, below = rate.numerator, rate.denominator
    return (2 * wages * above + below) // (2 * below)
