"""A list in pages: its columns, its filters, where the next page begins, and the same rows as a file.

A list is read through one function of ours that takes a key to begin after and how many rows to give: never a statement
per row. The file of a list is read by the same function, some hundreds of rows at a time.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from gateway.backoffice.frame.texts import Words
from gateway.kit import cursor as cursors
from gateway.kit.tabular_csv import not_a_formula

ROWS = 50
ROWS_AT_ONCE = 500
MOST_ROWS = 200_000
"""Rows of a file; who needs more takes a report."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list."""

    title: str
    """English sentence; marked with ``N_``."""
    cell: Callable[[Any], Any]
    """What a row shows here: a text, a text with marks, a number, a day, minor units, or None."""
    kind: str = "text"
    """text, code, amount, count, day, instant, month or status."""
    link: Callable[[Any], str | None] | None = None
    """Address that the cell leads to, from the office's own root."""
    tone: Callable[[Any], str] | None = None
    """Of a status: good, wait, bad or plain."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One thing that a list may be narrowed by."""

    name: str
    title: str
    options: Sequence[tuple[str, str]] = ()
    """Value and text of what can be chosen; without any it is a field to type in."""
    kind: str = "text"
    """Of a field to type in: text, date, month or search."""


@dataclass
class Listing:
    """One page of a list."""

    columns: Sequence[Column]
    rows: Sequence[Any]
    words: Words
    currency: str
    path: str
    """Address of the list, without a query."""
    query: dict[str, str] = field(default_factory=dict)
    """What it is narrowed by."""
    filters: Sequence[Filter] = ()
    next_cursor: str | None = None
    is_first: bool = True
    empty: str = ""
    """What is said where there is nothing, in the reader's language."""

    def url(self, **more: str | None) -> str:
        """Return the list's address with what it is narrowed by and more."""
        asked = {name: value for name, value in {**self.query, **more}.items() if value}
        return f"{self.path}?{urlencode(asked)}" if asked else self.path

    def shown(self, column: Column, row: Any) -> str:
        """Return a cell as people read it."""
        return shown(self.words, column, row, self.currency)


def shown(words: Words, column: Column, row: Any, currency: str) -> str:
    """Return what stands in a cell."""
    value = column.cell(row)
    if value is None:
        return ""
    ways: dict[str, Callable[[Any], str]] = {
        "amount": lambda minor: words.money(minor, currency),
        "count": words.number,
        "day": words.day,
        "instant": words.instant,
        "month": words.month,
    }
    return value if isinstance(value, Markup) else ways.get(column.kind, str)(value)


def read(
    fetch: Callable[[tuple[Any, ...] | None, int], Sequence[Any]],
    key: Callable[[Any], tuple[Any, ...]],
    types: Sequence[type],
    cursor: str | None,
    *,
    limit: int = ROWS,
) -> tuple[Sequence[Any], str | None]:
    """Return a page's rows and the cursor of the next page.

    Args:
        fetch: Gives rows after a key (None: from the beginning), at most so many.
        key: Of a row.
        types: Of the key's parts.
        cursor: From the page before.
        limit: Rows of a page.
    """
    after = cursors.decode(cursor, types) if cursor else None
    rows = fetch(after, limit + 1)
    following = cursors.encode(key(rows[limit - 1])) if len(rows) > limit else None
    return rows[:limit], following


def every(
    fetch: Callable[[tuple[Any, ...] | None, int], Sequence[Any]], key: Callable[[Any], tuple[Any, ...]]
) -> Iterator[Any]:
    """Give every row of a list, some hundreds at a time."""
    after, given = None, 0
    while given < MOST_ROWS:
        rows = fetch(after, ROWS_AT_ONCE)
        yield from rows
        given += len(rows)
        if len(rows) < ROWS_AT_ONCE:
            return
        after = key(rows[-1])


def to_csv(words: Words, columns: Sequence[Column], rows: Iterator[Any] | Sequence[Any], currency: str) -> bytes:
    """Return rows as a file for a spreadsheet program: no cell of it is ever a formula.

    Amounts are plain decimal figures and days are ISO, so that the program can count with them.
    """
    out = io.StringIO(newline="")
    write = csv.writer(out, lineterminator="\r\n").writerow
    write([not_a_formula(words.say(column.title)) for column in columns])
    plain = Words("en", "US")
    for row in rows:
        write([_cell(words, plain, column, row, currency) for column in columns])
    return out.getvalue().encode("utf-8-sig")


def _cell(words: Words, plain: Words, column: Column, row: Any, currency: str) -> str:
    value = column.cell(row)
    if value is None:
        return ""
    if column.kind == "amount":
        return plain.money(value, currency).replace(",", "")
    if column.kind == "count":
        return str(value)
    if column.kind == "day":
        return str(value.isoformat())
    text = shown(words, column, row, currency)
    return not_a_formula(text.striptags() if isinstance(text, Markup) else text)
