"""A contribution period: a calendar month, named by its first day."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Self

from gateway.kit.errors import MalformedError

_TEXT = re.compile(r"([0-9]{4})-([0-9]{2})")


class PeriodError(MalformedError):
    """Not a calendar month."""

    code = "period_invalid"
    title = "Not a month"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar month; ordered by time."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1990 <= self.year <= 2200):
            raise PeriodError(f"{self.year:04d}-{self.month:02d} is not a month between 1990-01 and 2200-12")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``YYYY-MM``.

        Raises:
            PeriodError: Any other text.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise PeriodError(f"{text!r} is not a month; expected YYYY-MM, for example 2026-03")
        return cls(int(match.group(1)), int(match.group(2)))

    @classmethod
    def of(cls, day: dt.date) -> Self:
        """Return the month a day lies in."""
        return cls(day.year, day.month)

    @property
    def start(self) -> dt.date:
        """The first day."""
        return dt.date(self.year, self.month, 1)

    @property
    def end(self) -> dt.date:
        """The last day."""
        return self.next().start - dt.timedelta(days=1)

    def next(self) -> Self:
        """Return the month after."""
        return self.plus(1)

    def previous(self) -> Self:
        """Return the month before."""
        return self.plus(-1)

    def plus(self, months: int) -> Self:
        """Return the month so many months later, or earlier if negative."""
        index = self.year * 12 + self.month - 1 + months
        return type(self)(index // 12, index % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
