"""Who the state knows: documents by their form, the citizens' register by a rule and a script.

Nobody real is here: a cédula that begins with 999, a range that was never issued, with its right check digit, counts as
registered unless it was scripted away.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

_DOUBLED = bytes(min(2 * digit, 2 * digit - 9) if digit > 4 else 2 * digit for digit in range(10))
_DOUBLE = bytes(range(48)) + bytes(48 + _DOUBLED[digit] for digit in range(10)) + bytes(range(58, 256))
_FORMS = {"C": re.compile("[0-9]{11}"), "N": re.compile("[0-9]{1,10}"), "P": re.compile("[A-Z0-9-]{3,25}")}
LISTS = ("not_registered", "nss_of_nobody", "active_elsewhere", "working", "not_in_family", "not_active")
"""Scripted facts about persons, each a set of documents."""


def has_right_digit(cedula: str) -> bool:
    """Tell whether eleven digits pass Luhn's check."""
    raw = cedula.encode("ascii")
    return (sum(raw[0::2]) + sum(raw[1::2].translate(_DOUBLE)) - 528) % 10 == 0


def has_form(kind: str, document: str) -> bool:
    """Tell whether a document looks like one of its kind."""
    form = _FORMS.get(kind)
    return form is not None and form.fullmatch(document) is not None


@dataclass(frozen=True)
class Register:
    """The persons the state knows, and what was scripted about some."""

    is_open: bool = False
    """Every well-formed document is known, not only the range 999."""
    scripted: dict[str, Collection[str]] = field(default_factory=dict)

    def says(self, name: str, document: str) -> bool:
        """Tell whether a scripted list holds a document."""
        return document in self.scripted.get(name, ())

    def refusal(self, kind: str, document: str) -> str | None:
        """Return the code for a person who is not known, None for one who is."""
        form = _FORMS.get(kind)
        if form is None or form.fullmatch(document) is None:
            return "101"
        if kind == "N":
            return "417" if self.says("nss_of_nobody", document) else None
        if self.says("not_registered", document):
            return "24"
        if kind == "C" and not (has_right_digit(document) and (self.is_open or document.startswith("999"))):
            return "24"
        return None
