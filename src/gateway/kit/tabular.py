"""Tables in files as people have them: CSV in any usual encoding and separator, or XLSX; headers in their language.

A file is read by canonical column; each row keeps what came beside what was understood, so that refused rows can go
back as the same file with a reason. Nothing is guessed where two readings are possible.
"""

import csv
import io
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway.kit.errors import FieldProblem
from gateway.kit.tabular_csv import not_a_formula, read_csv
from gateway.kit.tabular_shape import (
    MAX_BYTES,
    MAX_CELL,
    REASON,
    REASON_NAMES,
    Dialect,
    EncodingError,
    FileTooLargeError,
    FileTruncatedError,
    FileUnreadableError,
    Header,
    HeaderError,
    fold,
)
from gateway.kit.tabular_xlsx import OLE_MARK, ZIP_MARK, read_xlsx, write_xlsx
from gateway.kit.untidy import DateError, DateInFutureError, read_amount, read_date

__all__ = [
    "Block",
    "DateError",
    "DateInFutureError",
    "Dialect",
    "EncodingError",
    "FileTooLargeError",
    "FileTruncatedError",
    "FileUnreadableError",
    "Header",
    "HeaderError",
    "Row",
    "Table",
    "read_amount",
    "read_date",
    "read_table",
    "write_refused",
]


BLOCK = 2_000
"""So many rows are read at once."""


class Row(NamedTuple):
    """One row under the header."""

    row_no: int
    """Line of the file on which it begins; the first line is 1."""
    fields: dict[str, str]
    """Canonical column -> text without surrounding space; every known column of the header is there."""
    raw: list[str]
    """The cells as they came."""
    problem: FieldProblem | None = None
    """Why the row as such cannot be trusted, for example too few fields."""


class Block(NamedTuple):
    """Some rows that follow each other, column by column: what most rows of a file need is done for all of them at once."""

    row_nos: Sequence[int]
    """Of each row, the line of the file on which it begins."""
    raws: Sequence[list[str]]
    """Of each row, the cells as they came."""
    columns: dict[str, Sequence[str]]
    """Canonical column -> its text in each row, without surrounding space."""
    problems: dict[int, FieldProblem]
    """Place in the block -> why the row as such cannot be trusted; few have one."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file that has been opened; its rows are read once, as they are asked for, one by one or in blocks."""

    dialect: Dialect
    header: Header
    rows: Iterator[Row]
    blocks: Iterator[Block]


def read_table(body: bytes, file_name: str, columns: Mapping[str, Sequence[str]], *, required: Sequence[str]) -> Table:
    """Open a table in a file; what it is, is told by its content, not by its name.

    Args:
        body: The whole file.
        file_name: For messages.
        columns: Canonical column -> other names it goes by; case, accents and punctuation do not matter.
        required: Canonical columns that must be there.

    Raises:
        FileUnreadableError: Also while rows are read: a file can be wrong at its end. Import nothing before the end.
    """
    if not body.strip():
        raise FileUnreadableError(f"{file_name!r} is empty; expected a header and rows under it")
    if len(body) > MAX_BYTES:
        raise FileTooLargeError(f"{file_name!r} has {len(body)} bytes; at most {MAX_BYTES} are read: send it in parts")
    if body.startswith(OLE_MARK):
        raise FileUnreadableError(
            f"{file_name!r} is an old or locked workbook; save it as XLSX without a password, or as CSV"
        )
    read = read_xlsx if body.startswith(ZIP_MARK) else read_csv
    dialect, header, records = read(body, columns, required)
    blocks = _blocks(header, records)
    return Table(dialect, header, _rows(blocks), blocks)


def _rows(blocks: Iterator[Block]) -> Iterator[Row]:
    for block in blocks:
        names, problems = tuple(block.columns), block.problems
        cells = zip(*block.columns.values(), strict=True)
        for place, (row_no, raw, values) in enumerate(zip(block.row_nos, block.raws, cells, strict=True)):
            yield Row(row_no, dict(zip(names, values, strict=True)), raw, problems.get(place))


def _blocks(header: Header, records: Iterator[tuple[int, list[str]]]) -> Iterator[Block]:
    width = len(header.names)
    while some := list(itertools.islice(records, BLOCK)):
        row_nos, raws = zip(*some, strict=True)
        problems: dict[int, FieldProblem] = {}
        cells: Sequence[list[str]] = raws
        if set(map(len, raws)) != {width}:
            cells = [_of_width(place, *one, width, problems) for place, one in enumerate(some)]
        columns = list(zip(*cells, strict=True))
        tidied = {
            name: _tidied(columns[place], name, header, row_nos, problems) for name, place in header.places.items()
        }
        yield Block(row_nos, raws, tidied, problems)


def _of_width(place: int, row_no: int, raw: list[str], width: int, problems: dict[int, FieldProblem]) -> list[str]:
    """Return exactly as many cells as the header has; note where a row has too few or too many."""
    if len(raw) != width and (len(raw) < width or any(raw[width:])):
        detail = f"the line has {len(raw)} fields and the header {width}; a separator is missing, or one stands inside a field"
        problems[place] = FieldProblem(f"line {row_no}", "row_width", detail)
    return (raw + [""] * (width - len(raw)))[:width]


def _tidied(
    column: Sequence[str], name: str, header: Header, row_nos: Sequence[int], problems: dict[int, FieldProblem]
) -> Sequence[str]:
    # Most cells are as they should be, and seeing that of a whole column is faster than tidying each.
    if _is_tidy("".join(column)) and max(map(len, column)) <= MAX_CELL:
        return column
    found = list(column)
    for place, value in enumerate(column):
        if value and (len(value) > MAX_CELL or not (value.isalnum() or _is_tidy(value))):
            found[place], wrong = _tidy(value)
            if wrong and place not in problems:
                where = f"line {row_nos[place]}, column {header.label(name)}"
                problems[place] = FieldProblem(where, "cell_unreadable", wrong)
    return found


# A spreadsheet's mark for "this is text", ours or its own; a name that begins with an apostrophe keeps it.
_GUARDED = re.compile(r"'(?=[=+\-@\t\r\d$(])")


def _is_tidy(text: str) -> bool:
    """Tell whether cells, one or many after each other, need no tidying: no space, nothing invisible, no spreadsheet's mark."""
    return " " not in text and "'" not in text and text.isprintable()


def _tidy(value: str) -> tuple[str, str | None]:
    """Return the text with single spaces and without invisible characters, and what is wrong with it, if anything."""
    text = " ".join(value.split())
    if not text.isprintable():
        text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()
        if not text.isprintable():
            return "", "there is a control character in the cell; type it again"
    if len(text) > MAX_CELL:
        return "", f"the cell holds {len(text)} characters; at most {MAX_CELL} are read"
    return _GUARDED.sub("", text, count=1) if text.startswith("'") else text, None


def write_refused(
    dialect: Dialect,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    reasons: Iterable[str],
    *,
    reason_name: str = REASON,
) -> bytes:
    """Write rows as they came, in the same format, encoding and separator, with a last column that says why.

    A spreadsheet program that opens the file runs nothing in it; the guard it needs is taken off again when the mended
    file is read. The reason column of an earlier round is replaced.
    """
    kept = [index for index, name in enumerate(header) if fold(name) not in REASON_NAMES]
    width = len(header)

    def lines() -> Iterator[list[str]]:
        yield [*(header[index] for index in kept), reason_name]
        for raw, reason in zip(rows, reasons, strict=True):
            cells = [*raw, *[""] * (width - len(raw))]
            surplus = cells[width:]
            yield [*(cells[index] for index in kept), reason, *surplus]

    if dialect.kind == "xlsx":
        return write_xlsx(dialect.sheet, lines())
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=dialect.separator, lineterminator=dialect.line_end)
    writer.writerows([not_a_formula(cell) for cell in line] for line in lines())
    return text.getvalue().encode(dialect.encoding, errors="replace")
