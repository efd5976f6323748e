"""Text tables: which encoding and separator a file has, and its rows."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from gateway.kit.tabular_shape import (
    MAX_COLUMNS,
    MAX_LINE,
    MAX_ROWS,
    Dialect,
    EncodingError,
    FileTooLargeError,
    FileTruncatedError,
    FileUnreadableError,
    Header,
    HeaderError,
    check_width,
    find_header,
)

_SEPARATORS = (",", ";", "\t", "|")
_CP1252_GAPS = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
# An accented letter in UTF-8. In Latin-1 it would be a capital A with tilde before a sign, which no name has.
_UTF8_LETTER = re.compile(rb"\xc3[\x80-\xbf]")
_PIECE = 1 << 20
_FORMULA_LETTERS = frozenset("=+-@\t\r")


def not_a_formula(text: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula: what begins like one stands behind an apostrophe."""
    return f"'{text}" if text[:1] in _FORMULA_LETTERS else text


def encoding_of(body: bytes) -> str:
    """Return the encoding a text file is in: by its mark, else UTF-8 where it is valid, else Windows or ISO Latin-1.

    Raises:
        FileTruncatedError: UTF-8 that ends in the middle of a character.
        EncodingError: UTF-8 in one place and something else in another, or bytes that no text has.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if (hole := body.find(b"\0")) >= 0:
        raise EncodingError(
            f"line {_line_at(body, hole)}: there is a NUL byte, which no text has; save the file as CSV (UTF-8) or XLSX and send it again"
        )
    marked = body.startswith(codecs.BOM_UTF8)
    wrong = _first_not_utf8(body)
    if wrong is None:
        return "utf-8-sig" if marked else "utf-8"
    line = _line_at(body, wrong)
    if wrong >= len(body) - 3 and (marked or _UTF8_LETTER.search(body)) and _ends_inside_character(body):
        raise FileTruncatedError(f"line {line}: the file ends in the middle of a character; send the whole file again")
    if marked or _UTF8_LETTER.search(body):
        raise EncodingError(
            f"line {line}, byte {wrong + 1}: part of the file is UTF-8 and this is not; save the whole file as CSV (UTF-8) and send it again"
        )
    return "latin-1" if _CP1252_GAPS.search(body) else "cp1252"


def _first_not_utf8(body: bytes) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    for start in range(0, len(body), _PIECE):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(bytes(view[start : start + _PIECE]), final=start + _PIECE >= len(body))
        except UnicodeDecodeError as error:
            return start - held + error.start
    return None


def _ends_inside_character(body: bytes) -> bool:
    try:
        body[-4:].decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False


def _line_at(body: bytes, position: int) -> int:
    return body.count(b"\n", 0, position) + 1


def read_csv(
    body: bytes, columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> tuple[Dialect, Header, Iterator[tuple[int, list[str]]]]:
    """Return how the file is written, its header, and its rows with their line numbers, read as they are asked for.

    Raises:
        FileUnreadableError: The file, its encoding or its header cannot be read; from the rows also, with the line.
    """
    encoding = encoding_of(body)
    separator, header = _separator_and_header(body, encoding, columns, required)
    line_end = "\r\n" if b"\r\n" in body[:_PIECE] else "\n" if b"\n" in body[:_PIECE] else "\r"
    dialect = Dialect("csv", encoding, separator, line_end)
    return dialect, header, _rows_after(body, dialect, header)


def _separator_and_header(
    body: bytes, encoding: str, columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> tuple[str, Header]:
    refusals: list[tuple[float, FileUnreadableError]] = []
    for separator in _SEPARATORS:
        try:
            # Only as far as the header: what is wrong further down is told with its line when it is read.
            return separator, find_header(_records(body, encoding, separator), columns, required)
        except HeaderError as error:
            refusals.append((error.known_count, error))
        except FileUnreadableError as error:
            refusals.append((0.5, error))
    # The separator under which the header made the most sense tells what is wrong with it.
    raise max(refusals, key=lambda refusal: refusal[0])[1]


def _lines(body: bytes, encoding: str) -> Iterator[str]:
    # utf-16 carries its mark, which the codec reads past; newline="" leaves line ends to the reader of records.
    with io.TextIOWrapper(io.BytesIO(body), encoding=encoding, newline="") as text:
        for number, line in enumerate(text, start=1):
            if len(line) > MAX_LINE:
                raise FileTooLargeError(
                    f"line {number} has {len(line)} characters; at most {MAX_LINE} and {MAX_COLUMNS} columns are read"
                )
            if "\0" in line:
                raise EncodingError(f"line {number}: there is a NUL character, which no text has")
            yield line


def _records(body: bytes, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that holds something, with the line it begins on."""
    reader = csv.reader(_lines(body, encoding), delimiter=separator, strict=True)
    begins = 1
    try:
        for record in reader:
            if any(record):
                check_width(begins, len(record))
                yield begins, record
            begins = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise FileTruncatedError(
                f"line {begins}: a quotation mark opens here and never closes; the file may be cut off: send the whole file again"
            ) from None
        raise FileUnreadableError(
            f"line {reader.line_num}: {error}; write each field plain or between quotation marks"
        ) from None
    except UnicodeError:
        raise FileTruncatedError(
            f"line {begins}: the file ends in the middle of a character; send the whole file again"
        ) from None


def _rows_after(body: bytes, dialect: Dialect, header: Header) -> Iterator[tuple[int, list[str]]]:
    width, last_no, last_width = len(header.names), header.row_no, len(header.names)
    for count, (row_no, record) in enumerate(_records(body, dialect.encoding, dialect.separator)):
        if row_no <= header.row_no:
            continue
        if count > MAX_ROWS:
            raise FileTooLargeError(f"the file has more than {MAX_ROWS} rows; send it in parts")
        last_no, last_width = row_no, len(record)
        yield row_no, record
    if last_width < width and not body.rstrip(b"\0").endswith((b"\n", b"\r")):
        raise FileTruncatedError(
            f"line {last_no}: the last line has {last_width} of {width} fields and no end; the file may be cut off: send the whole file again"
        )
