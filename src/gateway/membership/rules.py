"""Who a person is: pure checks of identity numbers, names, birthdays, telephone numbers and days ahead.

What a register could never have given is refused; a check digit that fails only warns, because registers hold
numbers that fail it.
"""

import datetime as dt
import functools
import importlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers

from gateway.authority.country import IdentityForm, find_country
from gateway.kit.money import MAX_MINOR, AmountError, currency_of, format_amount, parse_amount
from gateway.membership.errors import (
    BirthDateInvalidError,
    CodeInvalidError,
    DayTooFarError,
    EmployerNumberError,
    IdentityInvalidError,
    NameInvalidError,
    PhoneInvalidError,
)
from gateway.membership.states import IdentityKind

DAYS_AHEAD = 30
"""So many days ahead an entry, exit or wage may be declared."""
YOUNGEST_MEMBER = 14
OLDEST_PERSON = 120
CHECK_DIGIT = "check_digit"
ZEROS_ADDED = "leading_zeros_added"
WARNINGS = {
    CHECK_DIGIT: "the check digit does not fit; compare it with the card",
    ZEROS_ADDED: "leading zeros were missing and have been added; compare it with the card",
}
"""Code of a warning -> what to do about it."""


@dataclass(frozen=True, slots=True)
class CheckedIdentity:
    """An identity number as it is kept."""

    kind: IdentityKind
    value: str
    """Bare: no dashes or spaces, upper case."""
    warning: str | None
    """Code of ``WARNINGS``: why it looks wrong though it is accepted."""


_SEPARATORS = str.maketrans("", "", " -./\u00a0\u2010\u2011\u2013")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def check_identity(kind: str, value: str, country: str) -> CheckedIdentity:
    """Return an identity number as its register writes it, with a warning where it looks wrong.

    Raises:
        IdentityInvalidError: The register could not have given it.

    Source:
        SRC-001 (kinds, lengths), SRC-050 (check digit and its exceptions), SRC-020 (UAN).
    """
    register, bare = IdentityKind(kind), bare_identity(value)
    if bare and not bare.strip("0"):
        # Zeros fit every check digit, and are what people type where there is no number.
        raise IdentityInvalidError(f"{value!r} is nobody's number; expected the one on the document")
    form = _form(country, register)
    if form is not None:
        return _of_form(register, form, value, bare)
    if register is IdentityKind.PASSPORT:
        return _passport(value, bare)
    if not (bare.isascii() and bare.isalnum() and 4 <= len(bare) <= 25):
        raise IdentityInvalidError(f"{value!r} is not an identity number; expected 4 to 25 letters and digits")
    return CheckedIdentity(register, bare, None)


def bare_identity(value: str) -> str:
    """Return a number as it is kept: without dashes and spaces, upper case.

    Source:
        SRC-001: documents have no separators.
    """
    return value.translate(_SEPARATORS).upper()


def guess_kind(value: str, country: str = "") -> IdentityKind:
    """Return the kind of an identity whose kind was not told: letters are a passport, digits what members are filed under.

    Source:
        SRC-001: a cédula has digits only, a passport letters, digits and dashes. SRC-020: a UAN has digits.
    """
    if not value.translate(_SEPARATORS).isdigit():
        return IdentityKind.PASSPORT
    return IdentityKind(filing_order(country)[0])


def rank_of(kind: IdentityKind, country: str) -> int:
    """Return the place of a kind of identity among those a member is filed under; the lowest she has is the primary one.

    Source:
        SRC-001 (cédula, NSS, passport), SRC-020 (UAN).
    """
    return filing_order(country).index(kind)


@functools.cache
def filing_order(country: str) -> list[str]:
    """Return the kinds of identity in the order a member is filed under them: the country's own, then the others.

    Source:
        SRC-001, SRC-020.
    """
    known = find_country(country)
    named = [form.kind for form in known.identities] if known else []
    return [*named, *(kind.value for kind in IdentityKind if kind.value not in named)]


@functools.cache
def _form(country: str, kind: IdentityKind) -> IdentityForm | None:
    known = find_country(country)
    return known.identity(kind) if known else None


def _of_form(kind: IdentityKind, form: IdentityForm, value: str, bare: str) -> CheckedIdentity:
    short = bool(form.zeros_lost_from) and form.zeros_lost_from <= len(bare) < form.length
    if short and bare.isascii() and bare.isdigit() and _checker(form.checks[0])(padded := bare.zfill(form.length)):
        # A spreadsheet took it for a number.
        return CheckedIdentity(kind, padded, ZEROS_ADDED)
    if form.pattern.fullmatch(bare) is None:
        raise IdentityInvalidError(f"{value!r} is not {form.name}; expected {form.expected}")
    fits = not form.checks or any(_checker(check)(bare) for check in form.checks)
    return CheckedIdentity(kind, bare, None if fits else CHECK_DIGIT)


def _passport(value: str, bare: str) -> CheckedIdentity:
    if not (bare.isascii() and bare.isalnum() and 5 <= len(bare) <= 20):
        raise IdentityInvalidError(f"{value!r} is not a passport number; expected 5 to 20 letters and digits")
    return CheckedIdentity(IdentityKind.PASSPORT, bare, None)


@functools.cache
def _checker(name: str) -> Callable[[str], bool]:
    """Return the check of a check digit: our own Luhn, or one of python-stdnum's modules."""
    if name == "luhn":
        return passes_luhn
    is_valid: Callable[[str], bool] = importlib.import_module(f"stdnum.{name}").is_valid
    return is_valid


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the Luhn check digit of the others.

    Source:
        SRC-050. It says what python-stdnum says, an order of magnitude faster: a file has a million of them.
    """
    numbers = [ord(digit) - 48 for digit in digits[::-1]]
    return (sum(numbers[::2]) + sum(_DOUBLED[number] for number in numbers[1::2])) % 10 == 0


def mask(value: str) -> str:
    """Return a number of which only the last four characters can be read.

    Source:
        SRC-MEMBERSHIP: who does not need a number does not see it.
    """
    return "•" * max(len(value) - 4, 0) + value[-4:] if len(value) > 4 else "•" * len(value)


@functools.lru_cache(maxsize=65_536)
def fold_name(text: str) -> str:
    """Return a name for finding and comparing: lower case, no accents, single spaces, ñ as n.

    Source:
        SRC-001: what the state's register compares has no accents.
    """
    folded = text.casefold()
    if not folded.isascii():
        plain = unicodedata.normalize("NFKD", folded)
        folded = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(folded.replace("'", "").replace("’", "").replace("-", " ").split())


def full_name(given_names: str, first_surname: str, second_surname: str | None) -> str:
    """Return what a person is found by: her folded names in their order.

    Source:
        SRC-001, as for each of its parts.
    """
    first = f"{fold_name(given_names)} {fold_name(first_surname)}"
    return f"{first} {fold_name(second_surname)}" if second_surname else first


_NAME = re.compile(r"[^\W\d_]+(?:[ '’.\-]+[^\W\d_]+)*\.?")


def check_name(text: str, what: str) -> str:
    """Return a name with single spaces.

    Raises:
        NameInvalidError: Empty, longer than the state's file holds, or with digits or signs that no name has.

    Source:
        SRC-001: 50 characters for given names, 40 for a surname; letters, space, apostrophe and dash.
    """
    name = " ".join(text.split())
    limit = 50 if what == "given_names" else 40
    if not name or len(name) > limit or not _NAME.fullmatch(name):
        raise NameInvalidError(
            f"{text!r} is not a name ({what}); expected 1 to {limit} letters, spaces, apostrophes and dashes"
        )
    return name


def check_birth_date(day: dt.date, *, today: dt.date, member: bool) -> dt.date:
    """Return a birthday that a living person can have; a member is of working age.

    Raises:
        BirthDateInvalidError: In the future, too long ago, or a member too young to work.

    Source:
        SRC-052: nobody works under fourteen. It also finds years written with two digits and read a century off.
    """
    age = age_on(day, today)
    if day > today or age > OLDEST_PERSON:
        raise BirthDateInvalidError(
            f"a birth date of {day.isoformat()} cannot be right; write the year with four digits"
        )
    if member and age < YOUNGEST_MEMBER:
        raise BirthDateInvalidError(
            f"a birth date of {day.isoformat()} makes a member of {age}; members are at least {YOUNGEST_MEMBER}: write the year with four digits"
        )
    return day


def age_on(birth_date: dt.date, day: dt.date) -> int:
    """Return the full years lived on a day; who is born on 29 February has a birthday on 1 March in other years.

    Source:
        SRC-053.
    """
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def birthday(birth_date: dt.date, age: int) -> dt.date:
    """Return the day on which somebody reaches an age.

    Source:
        SRC-053.
    """
    try:
        return birth_date.replace(year=birth_date.year + age)
    except ValueError:
        return dt.date(birth_date.year + age, 3, 1)


def check_day_ahead(day: dt.date, *, today: dt.date, what: str) -> dt.date:
    """Return a day from which something is declared to count.

    Raises:
        DayTooFarError: More than thirty days ahead.

    Source:
        SRC-001: entry and exit dates are at most 30 days ahead.
    """
    latest = today + dt.timedelta(days=DAYS_AHEAD)
    if day > latest:
        raise DayTooFarError(
            f"{what} {day.isoformat()} is in the future; at most {DAYS_AHEAD} days ahead, {latest.isoformat()}, can be declared"
        )
    return day


_PHONE_MARKS = str.maketrans("", "", " -.()/\u00a0\u2010\u2011\u2013")


@functools.lru_cache(maxsize=65_536)
def check_phone(text: str, country: str) -> str:
    """Return a telephone number in E.164; without a country code it is one of the mutual's country.

    Raises:
        PhoneInvalidError: Nobody can have this number.

    Source:
        SRC-054. The usual shape is told by a pattern, the rest by phonenumbers, which is forty times slower.
    """
    known = find_country(country)
    if known and known.phone_pattern and (usual := known.phone_pattern.fullmatch(text.translate(_PHONE_MARKS))):
        return known.phone_prefix + usual[1]
    try:
        number = phonenumbers.parse(text, country.upper())
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise PhoneInvalidError(
            f"{text!r} is not a telephone number; expected one of {country.upper()} or + and a country code"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def check_wage(wage_minor: int, currency: str, country: str = "") -> int:
    """Return a declared monthly wage.

    Raises:
        AmountError: Below zero, larger than anybody earns, or not in the whole units that the country's state takes.

    Source:
        SRC-001: amounts are never signed. SRC-020: whole rupees.
    """
    known = find_country(country)
    if known and known.wage_unit and wage_minor % parse_amount(known.wage_unit, currency_of(currency)):
        told = format_amount(wage_minor, currency_of(currency))
        raise AmountError(
            f"a wage of {told} {currency}; the state takes multiples of {known.wage_unit}: declare it without the rest"
        )
    if not 0 <= wage_minor <= MAX_MINOR:
        told = format_amount(wage_minor, currency_of(currency))
        raise AmountError(f"a wage of {told} {currency}; expected at least zero, and no typing mistake")
    return wage_minor


def check_payroll_code(code: str, country: str) -> str:
    """Return the state's key of a payroll.

    Raises:
        CodeInvalidError: Not a key that the state gives.

    Source:
        SRC-001: three digits; 000, 888 and 999 are refused.
    """
    bare = code.strip().upper()
    known = find_country(country)
    if known and known.payroll_pattern and not known.payroll_pattern.fullmatch(bare):
        raise CodeInvalidError(f"{code!r} is not a payroll key; expected {known.payroll_expected}")
    return check_code(bare)


def check_employer_number(number: str, country: str) -> str:
    """Return an employer's number as the state writes it: bare digits, its check digit right where the country has one.

    Raises:
        EmployerNumberError: The state could not have given it.

    Source:
        SRC-011: the RNC's weights and check digit, and the exceptions that python-stdnum knows.
    """
    bare = bare_identity(number)
    known = find_country(country)
    forms = known.employers if known else ()
    for form in forms:
        if form.pattern.fullmatch(bare):
            if form.is_strict and not any(_checker(check)(bare) for check in form.checks):
                raise EmployerNumberError(
                    f"{number!r} is not {form.name}: the check digit does not fit; compare it with the certificate"
                )
            return bare
    if forms:
        expected = " or ".join(f"{form.name} ({form.expected})" for form in forms)
        raise EmployerNumberError(f"{number!r} is no employer's number; expected {expected}")
    if not re.fullmatch(r"[A-Z0-9]{4,25}", bare):
        raise EmployerNumberError(f"{number!r} is no employer's number; expected 4 to 25 letters and digits")
    return bare


def doubt_of_employer_number(bare: str, country: str) -> str:
    """Return what to compare where an employer's number fails a check digit that some valid ones fail too; else nothing.

    Source:
        SRC-050: some issued cards fail theirs.
    """
    known = find_country(country)
    for form in known.employers if known else ():
        if form.pattern.fullmatch(bare):
            if not form.checks or any(_checker(check)(bare) for check in form.checks):
                return ""
            return f"{bare} is taken for {form.name} whose check digit does not fit; compare it with the certificate."
    return ""


def check_code(code: str) -> str:
    """Return a short code of the mutual's own.

    Raises:
        CodeInvalidError: Empty, long, or with other than letters, digits, dash and dot.

    Source:
        SRC-MEMBERSHIP: codes are typed, printed and part of account names.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,29}", code):
        raise CodeInvalidError(f"{code!r} is not a code; expected 1 to 30 letters, digits, dashes and dots")
    return code
