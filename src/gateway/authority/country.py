"""What a country is to the rest of the gateway: data, read from its folder.

A country is a sub-package of ``gateway.authority`` with a ``country.toml`` (what is known of its people, numbers and
calendar) and a ``format.py`` (how its files are written and read). Nobody outside names one: slices ask by the mutual's
code. What a folder holds and how to add one is told in ``docs/new-country.md``.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from importlib.resources.abc import Traversable
from pkgutil import iter_modules
from typing import Any

import gateway.authority
from gateway.authority.protocol import StateFormat

DATA = "country.toml"


@dataclass(frozen=True, slots=True)
class IdentityForm:
    """How one kind of identity number looks where a country gives it."""

    kind: str
    """``national_id``, ``social_security``, ``passport`` or ``newborn``."""
    letter: str
    """What the state calls the kind in its answers; empty where it never names it."""
    name: str
    """With its article, for sentences: ``a UAN``."""
    pattern: "re.Pattern[str]"
    expected: str
    """The pattern in words."""
    checks: tuple[str, ...] = ()
    """Check digits, ``luhn`` or a module of python-stdnum (``in_.aadhaar``); one of them must hold, else it warns."""
    zeros_lost_from: int = 0
    """A number at least so long that passes the first check once its leading zeros are back is taken as that."""
    length: int = 0
    """Digits with the zeros, where ``zeros_lost_from`` says that they may be missing."""
    words: tuple[str, ...] = ()
    """What people call the kind in a column of a file, folded."""


@dataclass(frozen=True, slots=True)
class EmployerForm:
    """How one kind of employer's number looks."""

    name: str
    """With its article, for sentences: ``an RNC``."""
    pattern: "re.Pattern[str]"
    expected: str
    checks: tuple[str, ...] = ()
    """As for identities; where ``is_strict`` one of them must hold, else nothing is said."""
    is_strict: bool = False


@dataclass(frozen=True, slots=True)
class FamilyLaw:
    """Which relatives are covered with a member from a day on, where a law says so."""

    valid_from: dt.date
    child_until: int
    student_until: int
    partner_years: int
    direct_source: str
    additional_source: str
    read_on: dt.date
    verified: bool
    """Two or more independent public sources say so."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Who is filed for where a state's interface is tried: an employer and people who do not exist."""

    employer: str
    other_employer: str
    payroll: str
    kind: str
    """Of the identity numbers."""
    prefix: str
    """How they begin: a range that was never given to anybody."""
    digits: int
    """How many more make each of them another."""
    check: str
    """``luhn`` where a check digit follows, else empty."""
    unknown: str
    """A number of the right form that the state must not know."""
    wage: str
    """Decimal string, in the country's currency."""


@dataclass(frozen=True, slots=True)
class Country:
    """One country's data."""

    code: str
    """ISO 3166-1 alpha-2, lower case."""
    name: str
    folder: str
    currency: str
    time_zone: str
    language: str
    identities: tuple[IdentityForm, ...]
    """In the order a member is filed under them."""
    phone_prefix: str = ""
    phone_pattern: "re.Pattern[str] | None" = None
    """Of the usual shape; its first group is the number without the prefix."""
    payroll_pattern: "re.Pattern[str] | None" = None
    payroll_expected: str = ""
    wage_unit: str = ""
    """A declared wage is a whole number of these, as a decimal string; empty where any amount may be declared."""
    dependant_held: str = ""
    """The state's code for a dependant that it holds already: its register is as we want it."""
    dependant_not_held: str = ""
    employers: tuple[EmployerForm, ...] = ()
    """The kinds of numbers an employer may have; where there is none, any short code."""
    family: tuple[FamilyLaw, ...] = ()
    """By first day, the oldest first; empty where no law is known: what the holder declares is kept."""
    sample: Sample | None = None

    def identity(self, kind: str) -> IdentityForm | None:
        """Return how a kind of identity looks; None where the country says nothing of it."""
        return next((form for form in self.identities if form.kind == kind), None)

    def family_on(self, day: dt.date) -> FamilyLaw | None:
        """Return the law of family cover in force on a day, before all of them the oldest; None where none is known."""
        return max(
            (law for law in self.family if law.valid_from <= day), key=_first_day, default=next(iter(self.family), None)
        )

    @property
    def kind_of_letter(self) -> Mapping[str, str]:
        """The state's letter for a kind of identity -> ours."""
        return {form.letter: form.kind for form in self.identities if form.letter}


@cache
def countries() -> Mapping[str, Country]:
    """Return every country that has a folder, by code."""
    found = {}
    for module in iter_modules(gateway.authority.__path__):
        if module.ispkg:
            data = resources.files(f"gateway.authority.{module.name}") / DATA
            if data.is_file():
                country = read_country(data, module.name)
                found[country.code] = country
    return found


def find_country(code: str) -> Country | None:
    """Return a country's data; None where it has no folder."""
    return countries().get(code)


@cache
def format_of(country: Country) -> StateFormat:
    """Return how a country's state wants its files: the one value of ``format.FORMAT`` in its folder."""
    made: StateFormat = import_module(f"gateway.authority.{country.folder}.format").FORMAT
    return made


def read_country(file: Traversable, folder: str) -> Country:
    """Read a ``country.toml``.

    Raises:
        KeyError, TypeError, ValueError: It lacks something, or has something nobody reads.
    """
    given = tomllib.loads(file.read_text(encoding="utf-8"))
    phone, payroll = given.pop("phone", {}), given.pop("payroll", {})
    family, dependants = [_family(row) for row in given.pop("family", ())], given.pop("dependants", {})
    identities = tuple(_identity(row) for row in given.pop("identity"))
    sample = given.pop("sample", None)
    return Country(
        folder=folder,
        identities=identities,
        phone_prefix=phone.get("prefix", ""),
        phone_pattern=_pattern(phone.get("pattern")),
        payroll_pattern=_pattern(payroll.get("pattern")),
        payroll_expected=payroll.get("expected", ""),
        dependant_held=dependants.get("held_already", ""),
        dependant_not_held=dependants.get("not_held", ""),
        employers=tuple(
            EmployerForm(**{**row, "pattern": re.compile(row["pattern"], re.ASCII), "checks": tuple(row["checks"])})
            for row in given.pop("employer", ())
        ),
        family=tuple(sorted(family, key=_first_day)),
        sample=None if sample is None else Sample(**sample),
        **given,
    )


def _first_day(law: FamilyLaw) -> dt.date:
    return law.valid_from


def _family(row: Mapping[str, Any]) -> FamilyLaw:
    values = dict(row)
    return FamilyLaw(valid_from=values.pop("from"), read_on=values.pop("read"), **values)


def _identity(row: Mapping[str, Any]) -> IdentityForm:
    values = {**row, "pattern": re.compile(row["pattern"], re.ASCII)}
    values |= {name: tuple(row.get(name, ())) for name in ("checks", "words")}
    return IdentityForm(**values)


def _pattern(text: str | None) -> "re.Pattern[str] | None":
    return None if text is None else re.compile(text, re.ASCII)
