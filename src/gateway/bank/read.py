"""Read a bank's file, whatever it is: camt, MT940, or a table with its mapping. What it is, is told by its content."""

import codecs
import re
from dataclasses import replace
from typing import TypeVar

from gateway.bank import camt, mt940, table
from gateway.bank.errors import StatementError
from gateway.bank.mapping import StatementMapping
from gateway.bank.pages import join_pages
from gateway.bank.statement import Quarantine, Quarantined, ReadFile, Statement, gaps, in_order
from gateway.bank.unpack import unpack

_SAYS_UTF16 = re.compile(rb"""\s*<\?xml[^>]{0,60}encoding=["'](UTF-?16)["']""", re.IGNORECASE)
_KIND = len("camt.053")
_Found = TypeVar("_Found", Statement, Quarantined)
_BLANKS, _ENDS = b" \t\r\n", b"\x00\x1a"
FLAGS = {
    "detail_direction_differs": "a detail names another direction than its entry; the entry counts",
    "detail_amount_differs": "a detail names another amount than its entry; the entry counts",
    "details_do_not_sum": "the details of a batch do not make its entry; the entry counts",
    "details_without_amounts": "the details of a batch have no amounts; the entry counts",
}


def read_file(body: bytes, *, mapping: StatementMapping | None = None) -> ReadFile:
    """Read a bank's file.

    Args:
        body: The file as it came.
        mapping: How to read it if it is a table; not looked at for the formats that explain themselves.

    Raises:
        NotAStatementError: Whole, readable, and no statement; ``IntradayReportError`` if it is of the day that still runs.
        StatementError: It cannot be read.
    """
    files, notes = unpack(body)
    read = _joined([_read_one(name, content, mapping) for name, content in files])
    if notes:
        statements = [replace(s, tolerances=[*notes, *s.tolerances]) for s in read.statements]
        return replace(read, statements=statements, notes=[*notes, *read.notes])
    return read


def _read_one(name: str, body: bytes, mapping: StatementMapping | None) -> ReadFile:
    content, notes = _own_encoding(body)
    content, told = _without_surroundings(content)
    notes += told
    try:
        read = _read(content, mapping)
    except StatementError as problem:
        if name:
            problem.place = f"{name}, {problem.place}" if problem.place else name
        raise
    statements = [_placed(replace(one, tolerances=[*notes, *one.tolerances]), name) for one in read.statements]
    items = tuple(_placed(one, name) for one in read.quarantine.items) if read.quarantine else ()
    quarantine = Quarantine(items) if items else None
    return replace(read, statements=statements, quarantine=quarantine, notes=[*notes, *read.notes])


def _placed(found: _Found, name: str) -> _Found:
    return replace(found, place=f"{name}, {found.place}") if name else found


def _joined(files: list[ReadFile]) -> ReadFile:
    """Make one of the files of a ZIP: they are of one kind, and their statements follow each other like those of one file."""
    first = files[0]
    if len(files) == 1:
        return first
    kinds = sorted({one.format[:_KIND] for one in files})
    if len(kinds) > 1:
        raise StatementError(f"the ZIP holds files of several kinds ({', '.join(kinds)}); give those of one kind alone")
    return ReadFile(
        first.format,
        in_order(join_pages([statement for one in files for statement in one.statements])),
        Quarantine(items)
        if (items := tuple(q for one in files if one.quarantine for q in one.quarantine.items))
        else None,
        list(dict.fromkeys(note for one in files for note in one.notes)),
    )


def _own_encoding(body: bytes) -> tuple[bytes, list[str]]:
    """Return XML that says UTF-16 and is written in single octets as what it is."""
    match = _SAYS_UTF16.match(body)
    if match is None:
        return body, []
    return body[: match.start(1)] + b"UTF-8" + body[match.end(1) :], ["the file says UTF-16 and is UTF-8"]


def _without_surroundings(body: bytes) -> tuple[bytes, list[str]]:
    """Return XML without the blanks before its declaration and the end marks of old systems behind it, which XML forbids."""
    plain = body.removeprefix(codecs.BOM_UTF8).lstrip(_BLANKS)
    if not plain.startswith(b"<?xml") or b"\x00" in plain[:64]:
        return body, []
    inner = plain.rstrip(_BLANKS + _ENDS)
    behind = plain[len(inner) :]
    if not any(mark in behind for mark in _ENDS):
        inner = plain
    return inner, ["the file has octets before or behind the XML"] if len(inner) < len(
        body.removeprefix(codecs.BOM_UTF8)
    ) else []


def _read(body: bytes, mapping: StatementMapping | None) -> ReadFile:
    start = body[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00")
    if start.startswith(b"<"):
        return camt.read_statement(body)
    if mt940.looks_like_mt940(body):
        return mt940.read_mt940(body)
    if not body.strip():
        raise StatementError("the file is empty; expected a bank statement")
    if mapping is None:
        raise StatementError(
            "the file is neither camt (XML) nor MT940; if it is a table, say how to read it with a mapping"
            " (docs/statement-mappings.md)"
        )
    return table.read_table(body, mapping)


def all_problems(read: ReadFile) -> Quarantine | None:
    """Return everything of a file that may not be used: what could not be added up, does not add up, or does not follow."""
    found = list(read.quarantine.items) if read.quarantine else []
    for statement in read.statements:
        if statement.problem is not None:
            found.append(Quarantined(statement.problem, statement.place, statement.account, statement.reference))
    found.extend(gaps(read.statements))
    return Quarantine(tuple(found)) if found else None


def all_tolerances(read: ReadFile) -> list[str]:
    """Return what had to be put up with, each once; odd entries are told in words."""
    told = dict.fromkeys(read.notes)
    odd: dict[str, list[int]] = {}
    for statement in read.statements:
        told.update(dict.fromkeys(statement.tolerances))
        for line in statement.lines:
            for flag in line.flags:
                odd.setdefault(flag, []).append(line.entry_no)
    for flag, entries in odd.items():
        more = f" and {len(entries) - 1} more" if len(entries) > 1 else ""
        told[f"entry {entries[0]}{more}: {FLAGS.get(flag, flag)}"] = None
    return list(told)
