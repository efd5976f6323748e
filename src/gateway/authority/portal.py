"""What a state's portal says of a whole file, where its answer is loaded by hand."""

from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from gateway.authority.country import find_country


class FileCodes(NamedTuple):
    """The state's code for a file of which all, some or none of the lines were taken."""

    all_taken: str
    some_taken: str
    none_taken: str

    def of(self, accepted: int, rejected: int) -> str:
        """Return the code of a file by what became of its lines."""
        if not accepted:
            return self.none_taken
        return self.some_taken if rejected else self.all_taken


PLAIN = FileCodes("0", "0", "0")
"""Of a state whose portal has no code for a file."""
ACCEPTED_CODES = frozenset({"", "0"})
"""Codes of a line that was taken."""


def file_codes(country: str) -> FileCodes:
    """Return the codes of a country's portal."""
    known = find_country(country)
    if known is None or find_spec(f"gateway.authority.{known.folder}.portal") is None:
        return PLAIN
    made: FileCodes = import_module(f"gateway.authority.{known.folder}.portal").CODES
    return made
