"""Reading one row of an uploaded file: each cell by its rule, each mistake with its column, none raised."""

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.authority.country import find_country
from gateway.kit.errors import GatewayError
from gateway.kit.money import Currency
from gateway.kit.tabular import Header, Row
from gateway.kit.tabular_shape import fold
from gateway.membership.errors import CodeInvalidError, IdentityInvalidError, SexInvalidError
from gateway.membership.rules import CheckedIdentity, check_identity, check_name, guess_kind
from gateway.membership.states import IdentityKind

SEXES = {
    "m": "M", "masculino": "M", "hombre": "M", "varon": "M", "male": "M", "homme": "M", "masculin": "M",
    "f": "F", "femenino": "F", "mujer": "F", "hembra": "F", "female": "F", "femme": "F", "feminin": "F",
}  # fmt: skip
YES = frozenset({"si", "s", "yes", "y", "x", "1", "true", "verdadero", "oui", "o"})
NO = frozenset({"", "no", "n", "0", "false", "falso", "non"})
KINDS = {
    "national id": IdentityKind.NATIONAL_ID, "social security": IdentityKind.SOCIAL_SECURITY, "p": IdentityKind.PASSPORT,
    "passport": IdentityKind.PASSPORT, "pasaporte": IdentityKind.PASSPORT, "passeport": IdentityKind.PASSPORT,
    "newborn": IdentityKind.NEWBORN,
}  # fmt: skip
"""Words for a kind of identity that are nobody's own; each country adds its words."""

NAME_COLUMNS: dict[str, tuple[str, ...]] = {
    "given_names": ("nombres", "nombre", "first name", "first names", "names", "prenom", "prenoms", "primer nombre"),
    "first_surname": ("primer apellido", "apellido", "apellido paterno", "apellido 1", "surname", "last name", "nom"),
    "second_surname": ("segundo apellido", "apellido materno", "apellido 2", "second last name", "deuxieme nom"),
    "sex": ("sexo", "genero", "gender", "sexe"),
    "birth_date": (
        "fecha de nacimiento", "fecha nacimiento", "nacimiento", "fec nac", "date of birth", "birthday",
        "date de naissance",
    ),
}  # fmt: skip
"""Columns that a file of members and one of dependants share."""


EARLIEST = dt.date(1990, 1, 1)
"""No wage, enrolment or cover here is older: it keeps 1/1/27 from being read as 1927."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a file is read against."""

    country: str
    currency: Currency
    today: dt.date
    latest: dt.date
    """The last day that may be declared."""
    funds: Mapping[str, int]
    """Folded code -> id."""
    payrolls: Mapping[str, int | None]
    """Folded code -> id; None where two employers have the code."""


Rule = Callable[[str], Any]
"""Makes a value of a cell's text, or refuses it."""


@dataclass(slots=True)
class Cells:
    """One row being read; what is wrong gathers in ``problems``."""

    row: Row
    header: Header
    values: dict[str, Any]
    problems: list[dict[str, str]]

    def note(self, column: str, code: str, detail: str) -> None:
        """Write down a mistake by the column's name in the file."""
        self.problems.append({"column": self.header.label(column), "code": code, "detail": detail})

    def identity(self, column: str, kind_column: str, country: str) -> CheckedIdentity | None:
        """Return the identity of a row; without a kind, digits are a national card and letters a passport."""
        text = self.row.fields.get(column)
        if not text:
            return None
        try:
            return check_identity(self.values[kind_column] or guess_kind(text, country), text, country)
        except GatewayError as error:
            self.note(column, error.code, error.detail)
            return None


class Reader:
    """Reads the cells of one file's rows; made once per file, because a file has a million of them."""

    def __init__(self, header: Header, rules: Mapping[str, Rule]) -> None:
        self._header = header
        self._rules = [(column, rule) for column, rule in rules.items() if column in header.places]
        self._empty = dict.fromkeys(rules)

    def read(self, row: Row) -> Cells:
        """Return a row's values by column, None where a cell is empty or refused."""
        values: dict[str, Any] = self._empty.copy()
        cells = Cells(row, self._header, values, [])
        fields = row.fields
        if row.problem is not None:
            cells.problems.append({"column": "", "code": row.problem.code, "detail": row.problem.detail})
        for column, rule in self._rules:
            text = fields[column]
            if text:
                try:
                    values[column] = rule(text)
                except GatewayError as error:
                    cells.note(column, error.code, error.detail)
        return cells


def read_sex(text: str) -> str:
    """Read a sex in one of three languages.

    Raises:
        SexInvalidError: Another word, or H, in whose company M means the opposite.
    """
    known = SEXES.get(text.lower()) or SEXES.get(fold(text))
    if known is None:
        raise SexInvalidError(
            f"{text!r} is not a sex; write M (man) or F (woman), and check the whole column: beside H, M means woman"
        )
    return known


def read_yes(text: str) -> bool:
    """Read yes or no in one of three languages.

    Raises:
        CodeInvalidError: Another word.
    """
    folded = fold(text)
    if folded not in YES | NO:
        raise CodeInvalidError(f"{text!r} is neither yes nor no; write si or no")
    return folded in YES


def kind_reader(country: str) -> Callable[[str], IdentityKind]:
    """Return the reader of what kind of identity a number is, in the country's words."""
    known = find_country(country)
    words = dict(KINDS)
    for form in known.identities if known else ():
        words |= dict.fromkeys(form.words, IdentityKind(form.kind))

    def read_kind(text: str) -> IdentityKind:
        kind = words.get(fold(text))
        if kind is None:
            raise IdentityInvalidError(f"{text!r} is no kind of identity; write one of {', '.join(sorted(words))}")
        return kind

    return read_kind


@functools.lru_cache(maxsize=65_536)
def known_name(text: str, what: str) -> str:
    """Return a name that was checked before, or check it: a file has each name many times.

    Raises:
        NameInvalidError: It is no name.
    """
    return check_name(text, what)


def read_code(known: Mapping[str, Any], what: str, text: str) -> Any:
    """Return the id that a code stands for; a number that lost its zeros in a spreadsheet is found all the same.

    Raises:
        CodeInvalidError: Nothing has the code, or two employers have it.
    """
    code = fold(text)
    found = known[code] if code in known else known.get(fold(text.zfill(3)), 0)
    if found == 0:
        raise CodeInvalidError(f"there is no {what} {text!r}; open it first, or mend the code")
    if found is None:
        raise CodeInvalidError(f"two employers have a {what} {text!r}; enrol these members by hand")
    return found
