"""What the state pays back in a country, on a day: read from the dated tables, each value with its source and mark."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from gateway.benefits.errors import BenefitLawUnknownError
from gateway.benefits.rules import IllnessLaw, MaternityLaw, PaidMonthsNeeded
from gateway.benefits.states import BenefitKind
from gateway.kit.money import currency_of, parse_amount

VERIFIED = "2"
"""The mark of a value that two or more independent sources agree on."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value in force on a day, and where it comes from."""

    name: str
    value: Any
    source: str
    valid_from: dt.date
    mark: str

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored with what was computed from it."""
        return {
            "name": self.name,
            "value": str(self.value),
            "source": self.source,
            "valid_from": self.valid_from.isoformat(),
            "mark": self.mark,
            "verified": self.mark == VERIFIED,
        }


@dataclass(frozen=True, slots=True)
class Document:
    """Something that has to be there before a claim goes to the state."""

    code: str
    words: Mapping[str, str]
    mark: str


class Law:
    """A country's rules on a day; it remembers which values were asked for, so that they can be shown."""

    def __init__(self, country: str, day: dt.date) -> None:
        self._tables = tables_of(country)
        self._country, self._day = country, day
        self.used: dict[str, Value] = {}

    def value(self, *path: str) -> Any:
        """Return the value of a table on the day.

        Raises:
            BenefitLawUnknownError: The tables begin later, or have no such value.
        """
        name, table = ".".join(path), self._tables
        for part in path:
            table = table.get(part, {})
        covering = [row for row in table.get("values", ()) if row["from"] <= self._day]
        if not covering:
            raise BenefitLawUnknownError(
                f"{name} of {self._country!r} is not known on {self._day}; add it to the tables with its source"
            )
        row = max(covering, key=lambda one: one["from"])
        self.used[name] = Value(name, row["value"], row["source"], row["from"], row["mark"])
        return row["value"]

    def amount(self, *path: str) -> int:
        """Return an amount of a table on the day, in minor units."""
        return parse_amount(self.value(*path), currency_of(self._tables["currency"]))

    def has(self, *path: str) -> bool:
        """Tell whether there is such a table."""
        table: Any = self._tables
        for part in path:
            table = table.get(part, {})
        return bool(table)

    def needed(self, kind: BenefitKind) -> PaidMonthsNeeded:
        """Return how many paid months a benefit needs, of how many before."""
        return PaidMonthsNeeded(int(self.value(kind, "months_needed")), int(self.value(kind, "months_looked_at")))

    @property
    def minimum_wage_minor(self) -> int:
        """The average minimum wage."""
        return self.amount("minimum_wage")

    def wage_months(self, kind: BenefitKind) -> int:
        """Return of how many paid months the wage is the mean."""
        return int(self.value(kind, "wage_months"))

    @property
    def wage_ceiling_minor(self) -> int:
        """What a month's wage counts for at most."""
        return int(self.value("wage_ceiling_in_minimum_wages")) * self.minimum_wage_minor

    @property
    def maternity(self) -> MaternityLaw:
        """The figures of maternity."""
        kind = BenefitKind.MATERNITY
        return MaternityLaw(
            weeks=int(self.value(kind, "weeks")),
            weeks_in_a_year=int(self.value(kind, "weeks_in_a_year")),
            monthly_instalments=int(self.value(kind, "monthly_instalments")),
        )

    @property
    def illness(self) -> IllnessLaw:
        """The figures of common illness."""
        kind = BenefitKind.COMMON_ILLNESS
        return IllnessLaw(
            share_at_home=Decimal(self.value(kind, "share_at_home")),
            share_in_hospital=Decimal(self.value(kind, "share_in_hospital")),
            days_in_a_month=int(self.value(kind, "days_in_a_month")),
            waiting_days=int(self.value(kind, "waiting_days")),
            longest_weeks=int(self.value(kind, "longest_weeks")),
        )

    def documents(self, kind: BenefitKind) -> list[Document]:
        """Return the checklist of a benefit."""
        return [
            Document(row["code"], {language: row[language] for language in ("es", "fr", "en")}, row["mark"])
            for row in self._tables.get("document", ())
            if row["kind"] == kind
        ]


@cache
def tables_of(country: str) -> dict[str, Any]:
    """Return a country's tables as they stand in its file.

    Raises:
        BenefitLawUnknownError: There is no file for the country.
    """
    file = resources.files("gateway.benefits") / "law" / f"{country}.toml"
    if not country.isalpha() or not file.is_file():
        raise BenefitLawUnknownError(f"what the state pays back in the country {country!r} is not known here")
    return tomllib.loads(file.read_text(encoding="utf-8"))
