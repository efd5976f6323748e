"""The rates of a month: read from the dated tables and what a mutual approved over them, resolved once, stored with the period.

A past month always resolves to the same schedule: values are only ever added with a later day.
"""

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Self

from gateway.contributions.errors import CountryUnknownError, RatesMissingError
from gateway.contributions.rules import FLAT, MARKS, PERCENT, Component, weakest
from gateway.kit.money import Currency, currency_of, format_amount, parse_amount
from gateway.kit.period import Period

KINDS = ("rates", "ceilings", "caps")
"""The tables of values in a country's file."""
CARRIED_FOR = dt.timedelta(days=366)
"""A value holds until another is published; nobody knows that for a month so long after it was read."""
CARRIED = "d"
"""Mark of a value in a month that begins after it was read: that it still holds is an inference."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every component of one month."""

    country: str
    currency: Currency
    period: Period
    components: tuple[Component, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Return the components as they are stored and shown."""
        return [asdict(component) for component in self.components]

    @property
    def sha256(self) -> str:
        """Digest of everything that decides an amount, with its sources."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()

    @property
    def ages(self) -> list[int]:
        """Ages at which a component ends, ascending; empty where age does not matter."""
        return sorted({component.until_age for component in self.components if component.until_age is not None})

    @property
    def state_indexes(self) -> list[int]:
        """Positions of what the state bills; the rest is the mutual's own fee."""
        return [index for index, component in enumerate(self.components) if component.share != "fee"]


@dataclass(frozen=True, slots=True)
class Fee:
    """The mutual's own fee for a month, and who decided it."""

    amount_minor: int
    source: str
    valid_from: str


@dataclass(frozen=True, slots=True)
class _Dated:
    value: str
    source: str
    valid_from: dt.date
    read_on: dt.date
    mark: str

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Read a value of a table; one without a mark is known from two sources if it is verified, else unchecked."""
        mark = row.get("mark") or ("2" if row["verified"] else "?")
        return cls(row["value"], row["source"], row["from"], row["read"], mark)

    def mark_in(self, period: Period) -> str:
        """Return how well it is known that this is the value of a month that may begin after it was read."""
        return self.mark if period.start <= self.known_to else weakest((self.mark, CARRIED))

    @property
    def known_to(self) -> dt.date:
        """The last day for which it is known and not inferred: when it was read, or its first month, if it was read ahead."""
        first = Period.of(self.valid_from)
        return max(self.read_on, first.start if self.valid_from.day == 1 else first.next().start)


@cache
def tables_of(country: str) -> Mapping[str, Any]:
    """Return a country's tables as they stand in its file.

    Raises:
        CountryUnknownError: There is no file for the country.
    """
    file = resources.files("gateway.contributions") / "rates" / f"{country}.toml"
    if not country.isalpha() or not file.is_file():
        raise CountryUnknownError(f"no rates for the country {country!r}; known are {', '.join(countries())}")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def countries() -> list[str]:
    """Return the countries that have rate tables."""
    folder = resources.files("gateway.contributions") / "rates"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


@dataclass(frozen=True, slots=True)
class ApprovedRate:
    """A value that two people of a mutual laid down over its country's file."""

    kind: str
    """rates, ceilings or caps."""
    name: str
    valid_from: dt.date
    value: str
    source: str
    read_on: dt.date
    mark: str


def with_approved(tables: Mapping[str, Any], approved: Iterable[ApprovedRate]) -> Mapping[str, Any]:
    """Return a country's tables with the values that were approved; of one day, the approved one counts."""
    merged = {**tables, **{kind: dict(tables.get(kind, {})) for kind in KINDS}}
    for one in approved:
        rows = merged[one.kind].get(one.name, {"values": []})["values"]
        kept = [row for row in rows if row["from"] != one.valid_from]
        row = {"from": one.valid_from, "value": one.value, "source": one.source, "read": one.read_on, "mark": one.mark}
        merged[one.kind][one.name] = {"values": [*kept, row]}
    return merged


def resolve(country: str, period: Period, *, fee: Fee | None = None, approved: Iterable[ApprovedRate] = ()) -> Schedule:
    """Return the month's schedule: each component with the values in force on its first day.

    Raises:
        CountryUnknownError: There are no tables for the country.
        RatesMissingError: A value has no date that covers the month.
    """
    tables = with_approved(tables_of(country), approved)
    currency = currency_of(tables["currency"])
    unit_minor = parse_amount(tables["rounding"], currency)
    order = [declared["code"] for declared in tables["component"]]
    components = [_component(tables, declared, period, currency, unit_minor, order) for declared in tables["component"]]
    if fee is not None:
        components.append(_fee_component(fee, currency))
    return Schedule(country, currency, period, tuple(components))


def _component(
    tables: Mapping[str, Any],
    declared: Mapping[str, Any],
    period: Period,
    currency: Currency,
    unit: int,
    order: list[str],
) -> Component:
    rate = _in_force(tables["rates"], declared["rate"], period, tables["country"])
    ceiling = _bound(tables, "ceilings", declared.get("ceiling"), period)
    cap = _bound(tables, "caps", declared.get("cap"), period)
    is_percent = declared["kind"] == PERCENT
    fraction = Decimal(rate.value).as_integer_ratio() if is_percent else (0, 1)
    decided_by = [value for value in (rate, ceiling, cap) if value is not None]
    mark = weakest([value.mark_in(period) for value in decided_by])
    return Component(
        code=declared["code"],
        insurance=declared["insurance"],
        share=declared["share"],
        kind=declared["kind"],
        rate=rate.value,
        numerator=fraction[0],
        denominator=fraction[1],
        amount_minor=0 if is_percent else parse_amount(rate.value, currency),
        ceiling_minor=None if ceiling is None else parse_amount(ceiling.value, currency),
        cap_minor=None if cap is None else parse_amount(cap.value, currency),
        less=order.index(declared["less"]) if "less" in declared else None,
        unit_minor=unit,
        source=", ".join(dict.fromkeys(value.source for value in decided_by)),
        valid_from=max(value.valid_from for value in decided_by).isoformat(),
        read_on=min(value.read_on for value in decided_by).isoformat(),
        mark=mark,
        verified=mark == MARKS[0],
        until_age=declared.get("until_age"),
    )


def _fee_component(fee: Fee, currency: Currency) -> Component:
    return Component(
        code="mutual_fee",
        insurance="mutual",
        share="fee",
        kind=FLAT,
        rate=format_amount(fee.amount_minor, currency),
        numerator=0,
        denominator=1,
        amount_minor=fee.amount_minor,
        ceiling_minor=None,
        cap_minor=None,
        less=None,
        unit_minor=1,
        source=fee.source,
        valid_from=fee.valid_from,
        read_on=fee.valid_from,
        mark=MARKS[0],
        verified=True,
    )


def _bound(tables: Mapping[str, Any], group: str, name: str | None, period: Period) -> _Dated | None:
    return None if name is None else _in_force(tables[group], name, period, tables["country"])


def _in_force(group: Mapping[str, Any], name: str, period: Period, country: str) -> _Dated:
    dated = [_Dated.read(row) for row in group[name]["values"]]
    covering = [value for value in dated if value.valid_from <= period.start]
    if not covering:
        first = min(value.valid_from for value in dated)
        raise RatesMissingError(f"{name} of {country!r} is known from {first} on; {period} is earlier")
    newest = max(covering, key=lambda value: value.valid_from)
    if period.start > newest.known_to + CARRIED_FOR:
        raise RatesMissingError(
            f"{name} of {country!r} was last read on {newest.read_on}, too long before {period};"
            " propose the value that holds then, with its source, and let another person approve it"
        )
    return newest
