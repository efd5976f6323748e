"""A bank's table (CSV) as statements, by the mapping that staff made for that bank.

Every row under the header is a booking, a balance that the mapping names, or a row it says to ignore; any other row puts the
table aside with its line. A running balance is checked row by row, whichever end of the table is the newer.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from gateway.bank.camt_entry import Unreadable
from gateway.bank.cells import read_day, read_signed
from gateway.bank.currencies import find_currency
from gateway.bank.errors import StatementError
from gateway.bank.mapping import BalanceAt, StatementMapping
from gateway.bank.statement import Line, Quarantine, Quarantined, ReadFile, Statement, balance_problem, in_order
from gateway.kit.money import Currency
from gateway.kit.tabular_csv import encoding_of
from gateway.kit.tabular_shape import MAX_BYTES, MAX_COLUMNS, MAX_LINE, MAX_ROWS, FileUnreadableError, fold

FORMAT = "csv"
NO_BALANCES = "the table has no balances, so nothing proves that it is whole"


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class _Booking:
    line: Line
    account: str
    currency: str
    balance_minor: int | None
    row: int


def read_table(body: bytes, mapping: StatementMapping) -> ReadFile:
    """Read a bank's table.

    Raises:
        StatementError: Not text, too large, a NUL in it, a quotation mark that never closes; says the line.
    """
    if len(body) > MAX_BYTES:
        raise StatementError(f"the file has {len(body)} octets; at most {MAX_BYTES} are read: ask for a shorter period")
    encoding = _encoding(body, mapping)
    delimiter = mapping.delimiter or _delimiter(body, encoding)
    rows = _rows(body, encoding, delimiter)
    notes = [] if encoding in ("utf-8", "utf-8-sig") else [f"the text is in {encoding}"]
    try:
        statements = _Table(mapping, list(rows)).statements(notes)
    except Unreadable as wrong:
        return ReadFile(
            FORMAT, [], Quarantine((Quarantined(wrong.reason, wrong.place, mapping.account or None, None),))
        )
    return ReadFile(FORMAT, in_order(statements), None)


class _Table:
    def __init__(self, mapping: StatementMapping, rows: list[_Row]) -> None:
        self._mapping = mapping
        self._above = rows[: mapping.header_rows]
        self._under = rows[mapping.header_rows :]
        if len(self._above) < mapping.header_rows:
            raise Unreadable(
                f"the file has {len(rows)} rows; the mapping says {mapping.header_rows} stand above the bookings",
                "line 1",
            )
        self._places = self._find_columns()
        self._texts = [self._place("text", column) for column in mapping.text_columns]
        self._found: dict[str, str] = {}

    def statements(self, notes: list[str]) -> list[Statement]:
        for row in self._above:
            self._named_balance(row)
        bookings = [booking for row in self._under if (booking := self._booking(row))]
        if not bookings and not self._found:
            raise Unreadable("the table holds no booking", "line 1")
        grouped: dict[tuple[str, str], list[_Booking]] = {}
        for booking in bookings:
            grouped.setdefault((booking.account, booking.currency), []).append(booking)
        if not grouped:
            grouped[(self._mapping.account, self._mapping.currency)] = []
        return [self._statement(key, group, notes) for key, group in grouped.items()]

    def _statement(self, key: tuple[str, str], bookings: list[_Booking], notes: list[str]) -> Statement:
        account, code = key
        unit = _unit(code, "the mapping")
        opening, closing, problem, newest_first = self._balances(bookings, unit)
        if newest_first:
            bookings = list(reversed(bookings))
        amounts = [booking.line.amount_minor for booking in bookings]
        days = [booking.line.booked_on for booking in bookings]
        told = list(notes) if self._mapping.has_balances else [*notes, NO_BALANCES]
        lines = [replace(one.line, entry_no=number) for number, one in enumerate(bookings, start=1)]
        if 0 in amounts:
            told.append("an entry of zero is left out")
        if self._mapping.has_balances and problem is None:
            problem = balance_problem(opening, closing, sum(amounts), code)
        return Statement(
            account=account,
            currency=code,
            reference=f"{min(days, default='')}/{max(days, default='')}",
            sequence="",
            from_on=min(days, default=None),
            to_on=max(days, default=None),
            opening_minor=opening,
            closing_minor=closing,
            credits_minor=sum(minor for minor in amounts if minor > 0),
            debits_minor=-sum(minor for minor in amounts if minor < 0),
            entry_count=len(bookings),
            lines=[line for line in lines if line.amount_minor],
            tolerances=told,
            problem=problem,
            unbooked_count=0,
            place=f"line {bookings[0].row}" if bookings else "the table",
            has_balances=self._mapping.has_balances,
        )

    def _balances(self, bookings: list[_Booking], unit: Currency) -> tuple[int | None, int | None, str | None, bool]:
        """Return opening and closing balance, what is wrong with a running one, and whether the newest row comes first."""
        opening, closing = self._named("opening_balance", unit), self._named("closing_balance", unit)
        running = [(b.balance_minor, b.line.amount_minor, b.row) for b in bookings if b.balance_minor is not None]
        if not running:
            days = [booking.line.booked_on for booking in bookings]
            return opening, closing, None, len(days) > 1 and days[0] > days[-1] and days == sorted(days, reverse=True)
        if len(running) < len(bookings):
            raise Unreadable("some rows have a running balance and others none", f"line {bookings[0].row}")
        broken = _first_break(running)
        newest_first = False
        if broken is not None and len(running) > 1:
            backward = _first_break(running[::-1])
            newest_first = backward is None
            broken = None if newest_first else broken
        if newest_first:
            running = running[::-1]
        first, last = running[0], running[-1]
        problem = (
            None if broken is None else f"the running balance on line {broken} does not follow from the row before it"
        )
        return (
            first[0] - first[1] if opening is None else opening,
            last[0] if closing is None else closing,
            problem,
            newest_first,
        )

    def _named(self, member: str, unit: Currency) -> int | None:
        text = self._found.get(member)
        return (
            None if text is None else read_signed(text, self._mapping.decimal_mark, self._mapping.thousands_mark, unit)
        )

    def _named_balance(self, row: _Row) -> bool:
        for member in ("opening_balance", "closing_balance"):
            wanted: BalanceAt | None = getattr(self._mapping, member)
            if wanted is None:
                continue
            if wanted.label and any(fold(cell).startswith(wanted.label) for cell in row.cells):
                filled = [cell for cell in row.cells if cell.strip()]
                self._found.setdefault(member, filled[-1])
                return True
            if wanted.line == row.line and len(row.cells) >= wanted.column:
                self._found.setdefault(member, row.cells[wanted.column - 1])
                return True
        return False

    def _booking(self, row: _Row) -> _Booking | None:
        if not any(cell.strip() for cell in row.cells) or self._named_balance(row):
            return None
        if self._is_ignored(row):
            return None
        try:
            return self._read(row)
        except Unreadable as wrong:
            raise Unreadable(wrong.reason, f"line {row.line}") from wrong

    def _is_ignored(self, row: _Row) -> bool:
        if not any(fold(cell).startswith(words) for cell in row.cells if cell for words in self._mapping.ignored_rows):
            return False
        try:
            # A booking whose text happens to begin with such a word is a booking all the same.
            read_day(self._cell(row, "booked_on") or self._cell(row, "value_on"), self._mapping.date_format)
        except Unreadable:
            return True
        return False

    def _read(self, row: _Row) -> _Booking:
        code = self._cell(row, "currency").upper() or self._mapping.currency
        unit = _unit(code, "the row")
        day, value = self._cell(row, "booked_on"), self._cell(row, "value_on")
        if not (day or value):
            raise Unreadable("a row without a day; where it is no booking, name it in ignored_rows")
        value_on = read_day(value, self._mapping.date_format) if value else None
        booked_on = read_day(day, self._mapping.date_format) if day else value_on
        assert booked_on is not None
        balance = self._cell(row, "balance")
        return _Booking(
            Line(
                entry_no=0,
                detail_no=0,
                booked_on=booked_on,
                value_on=value_on,
                amount_minor=self._amount(row, unit),
                end_to_end_id=self._cell(row, "end_to_end_id") or None,
                bank_reference=self._cell(row, "bank_reference") or None,
                reference=self._cell(row, "reference") or None,
                text=" ".join(filter(None, (_at(row, place) for place in self._texts))) or None,
                counterparty=self._cell(row, "counterparty") or None,
                counterparty_account="".join(self._cell(row, "counterparty_account").split()) or None,
                is_reversal=False,
                flags=(),
            ),
            "".join((self._cell(row, "account") or self._mapping.account).split()),
            code,
            self._signed(balance, unit) if balance else None,
            row.line,
        )

    def _amount(self, row: _Row, unit: Currency) -> int:
        if "amount" in self._places:
            minor = self._signed(self._cell(row, "amount"), unit)
            if "direction" in self._places:
                word = fold(self._cell(row, "direction"))
                if word not in (*self._mapping.credit_words, *self._mapping.debit_words) or minor < 0:
                    raise Unreadable(
                        f"direction {word!r} of an amount that is not below zero; the mapping lists the words"
                    )
                minor = minor if word in self._mapping.credit_words else -minor
        else:
            debit, credit = (self._cell(row, name) for name in ("debit", "credit"))
            if not (debit or credit):
                raise Unreadable("a row without an amount; where it is no booking, name it in ignored_rows")
            out = abs(self._signed(debit, unit)) if debit else 0
            came_in = abs(self._signed(credit, unit)) if credit else 0
            if out and came_in:
                raise Unreadable("a row with a debit and a credit")
            minor = came_in - out
        return -minor if self._mapping.sign_convention == "reversed" else minor

    def _signed(self, text: str, unit: Currency) -> int:
        return read_signed(text, self._mapping.decimal_mark, self._mapping.thousands_mark, unit)

    def _cell(self, row: _Row, meaning: str) -> str:
        place = self._places.get(meaning)
        return "" if place is None else _at(row, place)

    def _find_columns(self) -> dict[str, int]:
        return {meaning: self._place(meaning, column) for meaning, column in self._mapping.columns.items()}

    def _place(self, meaning: str, column: str | int) -> int:
        if isinstance(column, int):
            return column - 1
        header = [fold(cell) for cell in self._above[-1].cells] if self._above else []
        found = [index for index, name in enumerate(header) if name == fold(column)]
        if len(found) != 1:
            told = "no column" if not found else f"{len(found)} columns"
            line = self._above[-1].line if self._above else 1
            shown = ", ".join(cell.strip() for cell in self._above[-1].cells)[:200] if self._above else ""
            raise Unreadable(f"{told} {column!r} for {meaning}; the header has {shown}", f"line {line}")
        return found[0]


def _first_break(running: list[tuple[int, int, int]]) -> int | None:
    for before, after in pairwise(running):
        if before[0] + after[1] != after[0]:
            return after[2]
    return None


def _at(row: _Row, place: int) -> str:
    text = row.cells[place] if place < len(row.cells) else ""
    return " ".join(text.split())


def _unit(code: str, where: str) -> Currency:
    unit = find_currency(code)
    if unit is None:
        raise Unreadable(f"unknown currency {code!r} in {where}; expected one of ISO 4217")
    return unit


def _encoding(body: bytes, mapping: StatementMapping) -> str:
    try:
        encoding = mapping.encoding or encoding_of(body)
        body.decode(encoding)
    except FileUnreadableError as problem:
        raise StatementError(problem.detail, format=FORMAT) from None
    except (LookupError, UnicodeError) as problem:
        raise StatementError(
            f"the file is not text in {mapping.encoding or 'one encoding'}: {problem}", format=FORMAT
        ) from None
    return encoding


def _delimiter(body: bytes, encoding: str) -> str:
    head = body[:65_536].decode(encoding, errors="ignore").splitlines()[:50]
    counts = {mark: sum(line.count(mark) for line in head) for mark in (";", "\t", "|", ",")}
    # A comma may be a decimal mark; any other that occurs in most lines is the separator.
    for mark in (";", "\t", "|"):
        if counts[mark] and sum(mark in line for line in head if line.strip()) * 2 >= sum(
            1 for line in head if line.strip()
        ):
            return mark
    return ","


def _rows(body: bytes, encoding: str, delimiter: str) -> Iterator[_Row]:
    text = io.StringIO(body.decode(encoding), newline="")
    reader = csv.reader(_bounded(text), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for record in reader:
            if len(record) > MAX_COLUMNS:
                raise StatementError(
                    f"line {begins} has {len(record)} columns; at most {MAX_COLUMNS} are read", format=FORMAT
                )
            if reader.line_num > MAX_ROWS:
                raise StatementError(f"the file has more than {MAX_ROWS} rows; ask for a shorter period", format=FORMAT)
            yield _Row(begins, record)
            begins = reader.line_num + 1
    except csv.Error as problem:
        raise StatementError(f"line {begins}: {problem}; the file may be cut off or damaged", format=FORMAT) from None


def _bounded(text: io.StringIO) -> Iterator[str]:
    for number, line in enumerate(text, start=1):
        if len(line) > MAX_LINE:
            raise StatementError(
                f"line {number} has {len(line)} characters; at most {MAX_LINE} are read", format=FORMAT
            )
        if "\0" in line:
            raise StatementError(f"line {number}: there is a NUL character, which no text has", format=FORMAT)
        yield line
