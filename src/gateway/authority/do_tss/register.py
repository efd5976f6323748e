"""Who the state may know: check digits of cédulas and employers' numbers, and a register of persons and families where one is given.

Nothing here refuses a person. A check digit that does not fit is a warning, since a few hundred valid cards fail it;
a register is somebody's extract of what the state holds, and speaks for itself.
"""

import csv
import io
from collections.abc import Iterator
from functools import cache
from typing import BinaryIO, NamedTuple

from stdnum.do import cedula, rnc

from gateway.kit.errors import MalformedError

CARD_DIGITS = 11
COLUMNS = ("document_type", "document", "holder_document_type", "holder_document")
_ONCE = bytes(byte - 48 if 48 <= byte <= 57 else 0 for byte in range(256))
_TWICE = bytes((byte - 48) * 2 - (9 if byte > 52 else 0) if 48 <= byte <= 57 else 0 for byte in range(256))
_TENS = bytes(range(0, 256, 10))

Person = tuple[str, str]
"""Type and number, as the state writes them: ``("C", "00112345678")``."""


class RegisterUnreadableError(MalformedError):
    """The file given as a register has no such columns."""

    code = "register_unreadable"
    title = "The register cannot be read"


class Register(NamedTuple):
    """Persons the state knows, and whose family they are."""

    people: frozenset[Person]
    families: frozenset[tuple[Person, Person]]
    """Person and holder."""

    def knows(self, person: Person) -> bool:
        """Tell whether the person is in it."""
        return person in self.people

    def is_family(self, person: Person, holder: Person) -> bool:
        """Tell whether the person belongs to the holder's family nucleus."""
        return (person, holder) in self.families


def read_register(file: BinaryIO) -> Register:
    """Read a register: CSV in UTF-8 with the columns ``COLUMNS``, separated by ``,`` or ``;``.

    One row a person. Where she belongs to a holder's family, type and number of the holder stand beside hers; with
    several holders she has several rows. Holders named there are known too.

    Raises:
        RegisterUnreadableError: It is no text, or a column is missing.
    """
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RegisterUnreadableError("the register is no UTF-8 text; save it as CSV in UTF-8") from None
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in head else ",")
    found = {name.strip() for name in rows.fieldnames or () if name}
    if not {"document_type", "document"} <= found:
        raise RegisterUnreadableError(f"the register's first line names {sorted(found)}; expected {', '.join(COLUMNS)}")
    people: set[Person] = set()
    families: set[tuple[Person, Person]] = set()
    for row in rows:
        person, holder = (tuple((row.get(name) or "").strip() for name in pair) for pair in (COLUMNS[:2], COLUMNS[2:]))
        people.add((person[0], person[1]))
        if holder[1]:
            people.add((holder[0], holder[1]))
            families.add(((person[0], person[1]), (holder[0], holder[1])))
    return Register(frozenset(people), frozenset(families))


def check_digit_fits(number: str) -> bool:
    """Tell whether eleven digits are a cédula as far as its check digit tells, the known exceptions included.

    Source:
        SRC-050: Luhn, and the list of valid numbers that fail it.
    """
    return not (sum(number.encode()[0::2].translate(_ONCE)) + sum(number.encode()[1::2].translate(_TWICE))) % 10 or (
        number in _exceptions()
    )


def employer_number_fits(number: str) -> bool:
    """Tell whether an employer's number, an RNC or a cédula, is one as far as its check digit tells.

    Source:
        SRC-011: the RNC's weights and exceptions; SRC-050 for an employer who is a person.
    """
    return check_digit_fits(number) if len(number) == CARD_DIGITS else bool(rnc.is_valid(number))


@cache
def _exceptions() -> frozenset[str]:
    return frozenset(cedula.whitelist)


def unfit_among(columns: Iterator[bytes], count: int) -> list[int]:
    """Return which of many cédulas have a check digit that does not fit, counted from 0; exceptions not looked at.

    Args:
        columns: The first digits of all of them, then the second digits, and so on.
        count: How many there are; each column has that length.
    """
    total = 0
    for place, column in enumerate(columns):
        # One addition for all of them: a digit's sum stays below 256, so that no byte carries into the next.
        total += int.from_bytes(column.translate(_TWICE if place % 2 else _ONCE), "little")
    sums = total.to_bytes(count, "little")
    return [place for place, one in enumerate(sums) if one % 10] if sums.translate(None, _TENS) else []
