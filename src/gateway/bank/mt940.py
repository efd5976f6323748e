"""Statements in SWIFT MT940, as strict about money as those in camt.

The grammar of a statement line (field 61) is the ``mt-940`` library's; balances, amounts and dates are read here, exactly:
the library would read ``12.50`` as 12. ``C`` and ``RD`` (a debit taken back) bring money in, ``D`` and ``RC`` take it out;
``EC`` and ``ED`` are expected and never post.
"""

import logging
import re
from collections.abc import Iterator
from typing import NamedTuple

from mt940.models import Transactions
from mt940.tags import Statement as StatementLine
from mt940.tags import StatementASNB as LongReferenceLine

from gateway.bank.camt_entry import Unreadable
from gateway.bank.errors import IntradayReportError, NotAStatementError, StatementError
from gateway.bank.mt940_statement import Message
from gateway.bank.pages import join_pages
from gateway.bank.statement import Quarantine, Quarantined, ReadFile, Statement, in_order
from gateway.kit.tabular_csv import encoding_of
from gateway.kit.tabular_shape import FileUnreadableError

FORMAT = "mt940"
MAX_OCTETS = 64 * 1024 * 1024
_LONGEST_LINE = 10_000
_FIELD = re.compile(r":(\d\d[A-Z]?|NS):")
_GRAMMARS, _NOTHING = (StatementLine(), LongReferenceLine()), Transactions()
_MARKS = frozenset({"C", "D", "RC", "RD"})
# The library logs what it cannot read, which is people's names and accounts.
logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)


class Field(NamedTuple):
    """One field of a message."""

    tag: str
    value: str
    line: int


def looks_like_mt940(body: bytes) -> bool:
    """Tell whether a file is of the MT940 family, by the fields it begins with."""
    head = body[:4096].replace(b"\x00", b"")
    return re.search(rb"(^|[\r\n{:])(\{4:|:20:|:25P?:|:28C?:)", head) is not None and b"<" not in head[:64]


def read_mt940(body: bytes) -> ReadFile:
    """Read an MT940 file; several messages, of several accounts, may stand in it.

    Raises:
        IntradayReportError: An MT942, which is a report within the day.
        NotAStatementError: No message with an account in it.
        StatementError: Not text, or longer than is read.
    """
    if len(body) > MAX_OCTETS:
        raise StatementError(
            f"the file has {len(body)} octets; at most {MAX_OCTETS} are read: ask for a shorter period"
        )
    try:
        encoding = encoding_of(body)
        text = body.decode(encoding)
    except (FileUnreadableError, UnicodeError) as problem:
        raise StatementError(getattr(problem, "detail", str(problem)), format=FORMAT) from None
    notes = [] if encoding in ("utf-8", "utf-8-sig") else [f"the text is in {encoding}"]
    statements: list[Statement] = []
    quarantined: list[Quarantined] = []
    for number, fields in enumerate(_messages(_fields(text)), start=1):
        result = _read(number, fields, notes)
        if isinstance(result, Quarantined):
            quarantined.append(result)
        else:
            statements.append(result)
    if not statements and not quarantined:
        raise NotAStatementError("the file holds no MT940 statement (field 25 names its account)", format=FORMAT)
    quarantine = Quarantine(tuple(quarantined)) if quarantined else None
    return ReadFile(FORMAT, in_order(join_pages(statements)), quarantine)


def _fields(text: str) -> Iterator[Field]:
    tag, began = "", 0
    parts: list[str] = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if len(line) > _LONGEST_LINE:
            raise StatementError(
                f"line {number} has {len(line)} characters; at most {_LONGEST_LINE} are read", format=FORMAT
            )
        bare = re.sub(r"^(\{[1235]:[^{}]*(\{[^{}]*\}[^{}]*)*\})*\{4:", "", line)
        if bare.rstrip() in ("-", "-}") or re.match(r"-\}|\{[1-5]:", bare):
            # The message ends here; some banks put a line or two of their own before the next.
            if tag:
                yield Field(tag, "\n".join(parts), began)
            tag, bare = "", ""
        match = _FIELD.match(bare)
        if match is None:
            if tag and bare.strip():
                parts.append(bare.rstrip())
            continue
        if tag:
            yield Field(tag, "\n".join(parts), began)
        tag, parts, began = match.group(1), [bare[match.end() :].rstrip()], number
    if tag:
        yield Field(tag, "\n".join(parts), began)


def _messages(fields: Iterator[Field]) -> Iterator[list[Field]]:
    """Give the fields of each message; one begins with field 20, or with an account or opening balance after a closing one."""
    current: list[Field] = []
    for field in fields:
        is_closed = any(one.tag in ("62F", "62M") for one in current)
        if current and (field.tag == "20" or (is_closed and field.tag in ("25", "25P", "28", "28C", "60F", "60M"))):
            yield current
            current = (
                [] if field.tag in ("20", "25", "25P") else [one for one in current if one.tag in ("20", "25", "25P")]
            )
        current.append(field)
    if current:
        yield current


def _read(number: int, fields: list[Field], notes: list[str]) -> Statement | Quarantined:
    tags = {field.tag for field in fields}
    if not tags & {"60F", "60M", "62F", "62M"} and tags & {"34F", "13D"}:
        told = "this is an MT942, a report within the day: what it lists may still change, so nothing of it is booked"
        raise IntradayReportError(
            f"{told}; ask the bank for the MT940 of the day", format="mt942", place=f"message {number}"
        )
    message = Message(f"message {number}, line {fields[0].line}", notes)
    for field in fields:
        try:
            message.take(field.tag, field.value, _parse_line)
        except Unreadable as problem:
            place = f"{message.place}, field {field.tag} on line {field.line}"
            return Quarantined(problem.reason, place, message.account or None, message.reference or None)
    return message.finish()


def _parse_line(value: str) -> dict[str, str | None]:
    first, _, rest = value.partition("\n")
    line = f"{first}\n{' '.join(rest.split())}" if rest.strip() else first
    found = next(filter(None, (_parse_by(grammar, line) for grammar in _GRAMMARS)), {})
    # Without its kind behind it, the library takes 500.00 for 500 and a reference.
    if not found.get("id"):
        raise Unreadable(
            "a statement line that is not as MT940 writes it: dates, C or D, an amount with a comma, its kind"
        )
    return found


def _parse_by(grammar: StatementLine, line: str) -> dict[str, str | None]:
    try:
        found = grammar.parse(_NOTHING, line)
    except RuntimeError:
        # The library's message holds the whole line, names and all.
        return {}
    return found if (found.get("status") or "").upper() in _MARKS else {}
