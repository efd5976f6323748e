"""References with check digits (ISO 11649: "RF", two digits, up to 21 letters or digits) and receipt numbers made so.

A receipt's number is 25 characters: RF, check digits, four digits of the mutual, seven nobody can guess, ten of the
receipt. The middle keeps anybody who holds one receipt from reading others at the public verification address.
"""

import re
import secrets

from gateway.kit.errors import MalformedError

LONGEST = 21
MUTUAL_DIGITS, SALT_DIGITS, SERIAL_DIGITS = 4, 7, 10
_BODY = re.compile(rf"[A-Z0-9]{{1,{LONGEST}}}")
_NUMBER = re.compile(rf"RF\d\d(\d{{{MUTUAL_DIGITS}}})\d{{{SALT_DIGITS}}}(\d{{{SERIAL_DIGITS}}})")
# Looked at without being taken, so that a reference right after another is a place of its own.
_IN_TEXT = re.compile(r"(?<![A-Z0-9])(?=(RF(?:[ .-]?[A-Z0-9]){3,60}))")


class BadReferenceError(MalformedError):
    """A text that cannot be, or is not, a reference with check digits."""

    code = "reference_invalid"
    title = "Not a reference with check digits"


def make_reference(body: str) -> str:
    """Return a body of letters and digits with RF and its check digits in front.

    Raises:
        BadReferenceError: Empty, longer than 21, or other characters than A to Z and 0 to 9.
    """
    plain = bare(body)
    if _BODY.fullmatch(plain) is None:
        raise BadReferenceError(f"{body!r} cannot be a reference; expected 1 to {LONGEST} letters A to Z and digits")
    return f"RF{98 - _remainder(plain + 'RF00'):02d}{plain}"


def check_reference(text: str) -> bool:
    """Tell whether a text is a reference whose check digits are right; spaces and dashes do not matter."""
    plain = bare(text)
    return (
        plain.isascii()
        and plain[:2] == "RF"
        and plain[2:4].isdigit()
        # ISO 7064 gives 02 to 98; 00, 01 and 99 have the same remainder as 97, 98 and 02.
        and 2 <= int(plain[2:4]) <= 98
        and _BODY.fullmatch(plain[4:]) is not None
        and _remainder(plain[4:] + plain[:4]) == 1
    )


def member_reference(number: str) -> str:
    """Return the reference that a member writes on what she pays: her number with check digits.

    Raises:
        BadReferenceError: A number longer than a reference has room for.
    """
    return make_reference("".join(letter for letter in number if letter.isalnum()))


def employer_reference(number: str) -> str:
    """Return the reference that an employer the mutual files for writes on what he pays: EMP and his number.

    Raises:
        BadReferenceError: A number longer than a reference has room for.
    """
    return make_reference("EMP" + "".join(letter for letter in number if letter.isalnum()))


def find_references(text: str) -> list[str]:
    """Return every reference that a payer's text may hold, bare, in the order found.

    Payers write references in groups and words right after them, so each place that begins one gives every reading
    that ends with a group and whose check digits are right; two candidates are left for a person.
    """
    found: dict[str, None] = {}
    for start in _IN_TEXT.finditer(text.upper()):
        groups = re.split(r"[ .-]", start.group(1))
        for count in range(1, len(groups) + 1):
            candidate = "".join(groups[:count])
            if check_reference(candidate):
                found[candidate] = None
    return list(found)


def receipt_number(mutual_id: int, receipt_id: int) -> str:
    """Return a new number for a receipt; each call gives another, because part of it is drawn by chance.

    Raises:
        BadReferenceError: More mutuals or receipts than the number has room for.
    """
    salt = secrets.randbelow(10**SALT_DIGITS)
    body = f"{mutual_id:0{MUTUAL_DIGITS}d}{salt:0{SALT_DIGITS}d}{receipt_id:0{SERIAL_DIGITS}d}"
    return make_reference(body)


def mutual_of(number: str) -> int | None:
    """Return which mutual a receipt's number says it is from, or None where it is no receipt's number."""
    match = _NUMBER.fullmatch(bare(number))
    return int(match.group(1)) if match and check_reference(number) else None


def serial_of(number: str) -> int | None:
    """Return the identifier of the receipt that a number is of, or None where it is no receipt's number."""
    match = _NUMBER.fullmatch(bare(number))
    return int(match.group(2)) if match and check_reference(number) else None


def in_groups(reference: str) -> str:
    """Return a reference as people copy it: in groups of four."""
    plain = bare(reference)
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def bare(text: str) -> str:
    """Return a reference without what people put between its groups, in capitals."""
    return re.sub(r"[\s.-]", "", text).upper()


def _remainder(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text)) % 97
