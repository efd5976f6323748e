"""How one bank writes its tables: made once by staff, kept, and the only thing that tells what a column means.

A mapping is a JSON object. ``docs/statement-mappings.md`` explains each member with examples.
"""

import re
from collections.abc import Mapping as JsonObject
from dataclasses import dataclass
from typing import Any

from gateway.bank.currencies import find_currency
from gateway.bank.errors import MappingError
from gateway.kit.errors import FieldProblem
from gateway.kit.tabular_shape import fold

SIGNS = ("as_written", "reversed")
SINGLE = (
    "booked_on", "value_on", "amount", "debit", "credit", "direction", "balance", "end_to_end_id", "bank_reference",
    "reference", "counterparty", "counterparty_account", "account", "currency",
)  # fmt: skip
DELIMITERS = (",", ";", "\t", "|")
_DATE = re.compile(r"(YYYY|YY|MMM|MM|DD|M|D)")


@dataclass(frozen=True, slots=True)
class BalanceAt:
    """Where a balance stands: in the row that begins with some words, or in one cell."""

    label: str = ""
    """The row holds a cell that begins with this; the row's last filled cell is the balance."""
    line: int = 0
    column: int = 0
    """From 1; with ``line``, the one cell."""


@dataclass(frozen=True, slots=True)
class StatementMapping:
    """How to read one bank's table."""

    name: str
    columns: dict[str, str | int]
    """What it means -> the column's header, or its number from 1."""
    text_columns: tuple[str | int, ...]
    date_format: str
    decimal_mark: str
    thousands_mark: str
    sign_convention: str
    header_rows: int
    """How many rows stand above the first booking, the last of them with the headers; 0 means no header at all."""
    account: str
    currency: str
    credit_words: tuple[str, ...]
    debit_words: tuple[str, ...]
    opening_balance: BalanceAt | None
    closing_balance: BalanceAt | None
    ignored_rows: tuple[str, ...]
    """Rows with a cell that begins with one of these are no bookings: totals, remarks."""
    delimiter: str
    encoding: str

    @property
    def has_balances(self) -> bool:
        """Tell whether the bank's table holds balances."""
        return "balance" in self.columns or (self.opening_balance is not None and self.closing_balance is not None)


def read_mapping(given: object) -> StatementMapping:
    """Return a mapping from the JSON a person or a program wrote.

    Raises:
        MappingError: Something is missing or contradictory; ``errors`` points at each member.
    """
    if not isinstance(given, dict):
        raise MappingError("a mapping is a JSON object; docs/statement-mappings.md shows one")
    problems: list[FieldProblem] = []
    read = _Reader(given, problems)
    mapping = read.mapping()
    _check(mapping, problems)
    if problems:
        told = "; ".join(f"{one.pointer}: {one.detail}" for one in problems[:3])
        raise MappingError(f"the mapping does not say how to read the table: {told}", errors=problems)
    return mapping


class _Reader:
    def __init__(self, given: JsonObject[str, Any], problems: list[FieldProblem]) -> None:
        self._given, self._problems = given, problems
        known = {
            "name", "columns", "date_format", "decimal_mark", "thousands_mark", "sign_convention", "header_rows", "account",
            "currency", "credit_words", "debit_words", "opening_balance", "closing_balance", "ignored_rows", "delimiter",
            "encoding",
        }  # fmt: skip
        for member in given.keys() - known:
            self._wrong(f"/{member}", "unknown", f"there is no such member; known are {', '.join(sorted(known))}")

    def mapping(self) -> StatementMapping:
        columns, text_columns = self._columns()
        decimal = self._text("decimal_mark", ".")
        return StatementMapping(
            name=self._text("name", ""),
            columns=columns,
            text_columns=text_columns,
            date_format=self._text("date_format", ""),
            decimal_mark=decimal,
            thousands_mark=self._text("thousands_mark", {".": ",", ",": "."}.get(decimal, ""), strip=False),
            sign_convention=self._text("sign_convention", "as_written"),
            header_rows=self._whole("header_rows", 1),
            account="".join(self._text("account", "").split()),
            currency=self._text("currency", "").upper(),
            credit_words=self._words("credit_words"),
            debit_words=self._words("debit_words"),
            opening_balance=self._balance("opening_balance"),
            closing_balance=self._balance("closing_balance"),
            ignored_rows=self._words("ignored_rows"),
            delimiter=self._text("delimiter", "", strip=False),
            encoding=self._text("encoding", ""),
        )

    def _columns(self) -> tuple[dict[str, str | int], tuple[str | int, ...]]:
        given = self._given.get("columns")
        if not isinstance(given, dict):
            self._wrong("/columns", "missing", 'say which column holds what, for example {"booked_on": "Fecha"}')
            return {}, ()
        columns: dict[str, str | int] = {}
        texts: tuple[str | int, ...] = ()
        for meaning, column in given.items():
            if meaning == "text":
                texts = tuple(column) if isinstance(column, list) else (column,)
                if not all(_is_column(one) for one in texts):
                    self._wrong("/columns/text", "type", "a header, a number from 1, or a list of these")
                    texts = ()
            elif meaning not in SINGLE:
                self._wrong(f"/columns/{meaning}", "unknown", f"known are text, {', '.join(SINGLE)}")
            elif not _is_column(column):
                self._wrong(f"/columns/{meaning}", "type", "a column is its header, or its number from 1")
            else:
                columns[meaning] = column
        return columns, texts

    def _text(self, member: str, default: str, *, strip: bool = True) -> str:
        value = self._given.get(member, default)
        if value is None:
            return default
        if not isinstance(value, str) or len(value) > 200:
            self._wrong(f"/{member}", "type", "expected a text of at most 200 characters")
            return default
        return value.strip() if strip else value

    def _whole(self, member: str, default: int) -> int:
        value = self._given.get(member, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
            self._wrong(f"/{member}", "range", "expected a whole number from 0 to 100")
            return default
        return value

    def _words(self, member: str) -> tuple[str, ...]:
        value = self._given.get(member, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            self._wrong(f"/{member}", "type", "expected a list of texts")
            return ()
        return tuple(fold(one) for one in value)

    def _balance(self, member: str) -> BalanceAt | None:
        value = self._given.get(member)
        if value is None:
            return None
        if isinstance(value, dict):
            label, line, column = value.get("label"), value.get("line"), value.get("column")
            if isinstance(label, str) and fold(label):
                return BalanceAt(label=fold(label))
            if isinstance(line, int) and isinstance(column, int) and line > 0 and column > 0:
                return BalanceAt(line=line, column=column)
        self._wrong(f"/{member}", "type", 'expected {"label": "Saldo inicial"} or {"line": 3, "column": 2}')
        return None

    def _wrong(self, pointer: str, code: str, detail: str) -> None:
        self._problems.append(FieldProblem(pointer, code, detail))


def _is_column(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return (isinstance(value, int) and 1 <= value <= 200) or (isinstance(value, str) and bool(fold(value)))


def _check(mapping: StatementMapping, problems: list[FieldProblem]) -> None:
    def wrong(pointer: str, detail: str) -> None:
        problems.append(FieldProblem(pointer, "contradiction", detail))

    columns = mapping.columns
    if "booked_on" not in columns and "value_on" not in columns:
        wrong("/columns/booked_on", "the day of each booking is needed")
    has_two = "debit" in columns and "credit" in columns
    if "amount" in columns and ("debit" in columns or "credit" in columns):
        wrong("/columns/amount", "either one column with a sign or two for debit and credit, not both")
    elif "amount" not in columns and not has_two:
        wrong("/columns/amount", "one column amount, or two columns debit and credit, are needed")
    if "direction" in columns and ("amount" not in columns or not mapping.credit_words or not mapping.debit_words):
        wrong("/columns/direction", "a column of directions stands beside amount, with credit_words and debit_words")
    if mapping.sign_convention not in SIGNS:
        wrong("/sign_convention", "as_written (money in is positive) or reversed (money out is positive)")
    if mapping.decimal_mark not in (".", ","):
        wrong("/decimal_mark", "a dot or a comma")
    if mapping.thousands_mark == mapping.decimal_mark or mapping.thousands_mark not in ("", ".", ",", " ", "'"):
        wrong("/thousands_mark", "empty, a dot, a comma, a blank or an apostrophe, and not the decimal mark")
    found = _DATE.findall(mapping.date_format)
    if (
        not ({"YYYY", "YY"} & set(found) and {"MM", "M", "MMM"} & set(found) and {"DD", "D"} & set(found))
        or len(found) != 3
    ):
        wrong("/date_format", "year, month and day once each, for example DD/MM/YYYY, YYYY-MM-DD or DD-MMM-YY")
    if mapping.header_rows == 0 and any(isinstance(one, str) for one in [*columns.values(), *mapping.text_columns]):
        wrong("/header_rows", "without a header, columns are named by their number")
    if mapping.currency and find_currency(mapping.currency) is None:
        wrong("/currency", f"{mapping.currency!r} is no currency of ISO 4217")
    if not mapping.currency and "currency" not in columns:
        wrong("/currency", "say the account's currency, or which column holds it")
    if not mapping.account and "account" not in columns:
        wrong("/account", "say the account's number, or which column holds it")
    if mapping.delimiter and mapping.delimiter not in DELIMITERS:
        wrong("/delimiter", "a comma, a semicolon, a tab or a bar")
    if (mapping.opening_balance is None) != (mapping.closing_balance is None):
        wrong("/opening_balance", "both balances or none")
