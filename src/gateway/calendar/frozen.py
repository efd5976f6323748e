"""The holidays of a country as they stand in its folder, ``holidays.toml``."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from gateway.authority.country import find_country
from gateway.calendar.errors import CalendarMissingError

DATA = "holidays.toml"


@dataclass(frozen=True, slots=True)
class FrozenCalendar:
    """A country's holidays, each with its name, and how well they are known."""

    country: str
    holidays: Mapping[dt.date, str]
    first_year: int
    last_year: int
    source: str
    mark: str
    read_on: dt.date
    due_working_day: int
    """Number of the working day of the following month by which a month is to be paid."""
    due_source: str
    due_mark: str

    def require(self, day: dt.date) -> None:
        """Check that the list covers a day's year.

        Raises:
            CalendarMissingError: It does not.
        """
        if not self.first_year <= day.year <= self.last_year:
            raise CalendarMissingError(
                f"the holidays of {self.country!r} are known from {self.first_year} to {self.last_year};"
                f" {day} is outside"
            )


@cache
def frozen(country: str) -> FrozenCalendar:
    """Return a country's calendar.

    Raises:
        CalendarMissingError: There is none for the country.
    """
    file = _file(country)
    if file is None:
        raise CalendarMissingError(f"no list of holidays for the country {country!r}")
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    return FrozenCalendar(
        country=told["country"],
        holidays={dt.date.fromisoformat(day): name for day, name in told["holidays"].items()},
        first_year=told["first_year"],
        last_year=told["last_year"],
        source=told["source"],
        mark=told["mark"],
        read_on=told["read"],
        due_working_day=told["due"]["working_day"],
        due_source=told["due"]["source"],
        due_mark=told["due"]["mark"],
    )


def has_calendar(country: str) -> bool:
    """Tell whether there is a list of holidays for a country."""
    return _file(country) is not None


def _file(country: str) -> Traversable | None:
    known = find_country(country)
    if known is None:
        return None
    file = resources.files(f"gateway.authority.{known.folder}") / DATA
    return file if file.is_file() else None
