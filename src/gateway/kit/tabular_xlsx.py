"""Spreadsheet tables (XLSX): opened with limits, read as text."""

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.kit.tabular_shape import (
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_UNZIPPED,
    ZIP_DAMAGE,
    Dialect,
    FileTooLargeError,
    FileTruncatedError,
    FileUnreadableError,
    Header,
    HeaderError,
    find_header,
)

ZIP_MARK = b"PK\x03\x04"
OLE_MARK = b"\xd0\xcf\x11\xe0"
_MAX_PARTS = 1_000
_MAX_SHEETS = 30
_ROOT = re.compile(rb"<[A-Za-z]")
_NOT_WORKED_OUT = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"(?![^>]* t="str")[^>]*>\s*<f(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
_LONGEST_CELL = 70_000
_NEVER_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

_Records = Iterator[tuple[int, list[str]]]


def read_xlsx(
    body: bytes, columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> tuple[Dialect, Header, _Records]:
    """Return how the workbook is written, the header of the first sheet that has one, and the rows under it.

    Raises:
        FileUnreadableError: Not a workbook, cut off, larger than the limits when unpacked, or no sheet has the header.
    """
    _check_parts(body)
    book = _open(body)
    refusal: FileUnreadableError | None = None
    for sheet in book.worksheets[:_MAX_SHEETS]:
        try:
            header = find_header(_records(sheet, MAX_COLUMNS), columns, required)
        except FileUnreadableError as error:
            refusal = error if refusal is None or isinstance(error, HeaderError) else refusal
            continue
        _refuse_formulas_without_results(body, sheet._worksheet_path)
        return Dialect("xlsx", sheet=sheet.title), header, _rows_after(sheet, header)
    raise refusal or FileUnreadableError("the workbook has no sheet with rows")


def _check_parts(body: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > _MAX_PARTS or unpacked > MAX_UNZIPPED:
                raise FileTooLargeError(
                    f"the workbook unpacks to {unpacked} bytes in {len(parts)} parts; at most {MAX_UNZIPPED} in {_MAX_PARTS} are read: send it as CSV"
                )
            if "xl/workbook.xml" not in archive.namelist():
                raise FileUnreadableError("the file is not an XLSX workbook; save it as XLSX or CSV and send it again")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _refuse_document_type(archive, part)
    except ZIP_DAMAGE as error:
        raise _damaged(error) from None


def _refuse_document_type(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a part that declares entities, before any parser sees it."""
    prolog = b""
    with archive.open(part) as stream:
        while (root := _ROOT.search(prolog)) is None and (piece := stream.read(4_096)):
            prolog += piece
            if len(prolog) > 1 << 20:
                raise FileUnreadableError(f"the workbook's part {part.filename} does not begin like XML")
    before = prolog[: root.start()] if root else prolog
    if b"<!" in before.replace(b"<!--", b"") or b"\0" in before:
        raise FileUnreadableError(
            f"the workbook's part {part.filename} declares a document type, which no workbook needs"
        )


def _refuse_formulas_without_results(body: bytes, part: str) -> None:
    """Refuse a sheet that was written by a program which never worked its formulas out: their cells would look empty."""
    rest = b""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive, archive.open(part.lstrip("/")) as stream:
            while piece := stream.read(1 << 20):
                text = rest + piece
                found = _NOT_WORKED_OUT.search(text) if b"<f" in text else None
                if found is not None:
                    raise FileUnreadableError(
                        f"cell {found[1].decode()} has a formula without its result; open the workbook in a spreadsheet program,"
                        " save it and send it again"
                    )
                rest = text[-_LONGEST_CELL:]
    except ZIP_DAMAGE as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> FileTruncatedError:
    return FileTruncatedError(
        f"the workbook cannot be unpacked ({error}); it may be cut off or locked: send the whole file again"
    )


def _open(body: bytes) -> Any:
    # A large library: who meets no workbook does not wait for it.
    import openpyxl

    try:
        with warnings.catch_warnings():
            # A workbook without a default style, or with an unknown extension, is read all the same.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # whatever a damaged workbook makes of the library is the file's fault
        raise FileUnreadableError(f"the workbook cannot be read ({type(error).__name__}: {error})") from None


def _rows_after(sheet: Any, header: Header) -> _Records:
    width = len(header.names)
    for row_no, cells in _records(sheet, width):
        if row_no > header.row_no:
            # A sheet keeps no empty cells at a row's end.
            yield row_no, cells + [""] * (width - len(cells))


def _records(sheet: Any, width: int) -> _Records:
    """Yield each row that holds something, without empty cells at its end; one column more than asked for is looked at."""
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True, max_col=width + 1, max_row=MAX_ROWS)
    row_no = 0
    try:
        for row_no, values in enumerate(rows, start=1):
            cells = [_text(value) for value in values]
            while cells and not cells[-1]:
                cells.pop()
            if len(cells) > MAX_COLUMNS:
                raise FileTooLargeError(
                    f"line {row_no} has more than {MAX_COLUMNS} columns, which is the most that is read"
                )
            if cells:
                yield row_no, cells
    except FileUnreadableError:
        raise
    except Exception as error:  # the library parses as it goes
        raise FileUnreadableError(f"line {row_no + 1}: the sheet cannot be read ({type(error).__name__})") from None


def _text(value: Any) -> str:
    """Return a cell as a person would type it; a date cell as ISO."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _NEVER_TEXT.sub(" ", value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return _digits(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def _digits(value: float) -> str:
    # Spreadsheets keep fifteen digits; what stands behind them is the binary fraction's noise.
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    return f"{Decimal(f'{value:.15g}'):f}"


def write_xlsx(sheet: str, rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows as text cells: nothing in them is ever a formula."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet(sheet or "1")
    for row in rows:
        page.append([_as_text(WriteOnlyCell(page, value=None), value) for value in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _as_text(cell: Any, value: str) -> Any:
    cell.value = value
    if value:
        cell.data_type = "s"
    return cell
