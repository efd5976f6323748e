"""What a table in a file looks like: its dialect, its header, its limits, and what can be wrong with the whole file."""

import functools
import itertools
import lzma
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from gateway.kit.errors import FieldProblem, MalformedError

MAX_BYTES = 256 * 1024 * 1024
MAX_ROWS = 2_000_000
MAX_COLUMNS = 200
MAX_LINE = 200_000
"""Characters of one line of a text file."""
MAX_CELL = 4_000
MAX_UNZIPPED = 768 * 1024 * 1024
ZIP_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, NotImplementedError, EOFError, OSError, ValueError,
    RuntimeError, KeyError,
)  # fmt: skip
"""What the library raises over a ZIP whose octets were changed."""
HEADER_WITHIN = 10
"""A header is looked for in so many first rows: files have titles above it."""
REASON = "reason"
REASON_NAMES = ("reason", "motivo", "motif", "problem", "problema")
"""Headers of the column that a refused file carries; such a column is read past."""


class FileUnreadableError(MalformedError):
    """A file that is no table the gateway can read."""

    code = "file_unreadable"
    title = "The file could not be read"


class FileTruncatedError(FileUnreadableError):
    """A file that ends in the middle of something."""

    code = "file_truncated"
    title = "The file is not whole"


class FileTooLargeError(FileUnreadableError):
    """A file beyond the limits."""

    code = "file_too_large"
    title = "The file is too large"
    status = 413


class EncodingError(FileUnreadableError):
    """Bytes that are not text in one encoding."""

    code = "file_encoding"
    title = "The file's characters could not be read"


class HeaderError(FileUnreadableError):
    """A header without the columns that are needed."""

    code = "file_header"
    title = "The header lacks columns"
    known_count = 0
    """How many columns made sense all the same."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written, so that another one can be written the same way."""

    kind: str
    """csv or xlsx."""
    encoding: str = "utf-8"
    separator: str = ","
    line_end: str = "\r\n"
    sheet: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it for a JSON column."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return what ``as_json`` gave; other members are read past."""
        return cls(
            **{name: kept[name] for name in ("kind", "encoding", "separator", "line_end", "sheet") if name in kept}
        )


@dataclass(frozen=True, slots=True)
class Header:
    """Where each known column stands."""

    row_no: int
    names: tuple[str, ...]
    """As they came."""
    places: Mapping[str, int]
    """Canonical name -> index."""

    def label(self, canonical: str) -> str:
        """Return the column's name as the file has it, or ours where it has none."""
        place = self.places.get(canonical)
        return canonical if place is None else self.names[place].strip()


@functools.lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """Return a header without case, accents and punctuation, for comparing."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter if letter.isalnum() else " " for letter in plain if not unicodedata.combining(letter))
    return " ".join(kept.split())


def places_of(names: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return which known column stands where.

    Raises:
        HeaderError: Two columns of the file mean the same.
    """
    known = {fold(alias): canonical for canonical, aliases in columns.items() for alias in (canonical, *aliases)}
    places: dict[str, int] = {}
    for index, name in enumerate(names):
        canonical = known.get(fold(name))
        if canonical is None:
            continue
        if canonical in places:
            refusal = HeaderError(
                f"the columns {names[places[canonical]]!r} and {name!r} both mean {canonical}; keep one of them"
            )
            refusal.known_count = len(places) + 1
            raise refusal
        places[canonical] = index
    return places


def find_header(
    rows: Iterable[tuple[int, Sequence[str]]], columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> Header:
    """Return the first of the rows that names every required column.

    Raises:
        HeaderError: None does; says which columns the best one lacks and by which names they are known.
    """
    best: tuple[int, int, list[str]] | None = None
    for row_no, names in itertools.islice(rows, HEADER_WITHIN):
        places = places_of(names, columns)
        missing = [canonical for canonical in required if canonical not in places]
        if not missing:
            return Header(row_no, tuple(names), places)
        if best is None or len(places) > best[0]:
            best = (len(places), row_no, missing)
    if best is None:
        raise FileUnreadableError("the file is empty; expected a header and rows under it")
    known_count, row_no, missing = best
    told = "; ".join(f"{name} (also: {', '.join(columns[name])})" if columns[name] else name for name in missing)
    refusal = HeaderError(
        f"line {row_no}: the header lacks {told}",
        errors=[FieldProblem(f"line {row_no}", "column_missing", f"there is no column {name}") for name in missing],
    )
    refusal.known_count = known_count
    raise refusal


def check_width(row_no: int, count: int) -> None:
    """Refuse a row with more columns than any table has.

    Raises:
        FileTooLargeError: More than ``MAX_COLUMNS``.
    """
    if count > MAX_COLUMNS:
        raise FileTooLargeError(f"line {row_no} has {count} columns; at most {MAX_COLUMNS} are read")
