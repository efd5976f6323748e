"""Any kind of file, record by record: the general way to write and read one, from the same layouts as all else.

``format`` is the fast way for the two kinds a month needs; here a record is a mapping of the layout's field names.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, BinaryIO

from gateway.authority.do_tss.codec import LineCodec
from gateway.authority.do_tss.editions import edition_of
from gateway.authority.do_tss.layout import Edition, Fault, LineLayout
from gateway.authority.do_tss.sayings import say
from gateway.authority.errors import UnrenderableError
from gateway.authority.protocol import Finding
from gateway.authority.text.lines import split_lines
from gateway.kit.errors import MalformedError


class UnknownKindError(MalformedError):
    """No layout of this kind was in force."""

    code = "file_kind_unknown"
    title = "Not a kind of file the state takes"


@dataclass(frozen=True, slots=True)
class Record:
    """One line as it was read."""

    line: int
    type: str
    """``E``, ``D`` or ``S``; another letter, or nothing, is a fault."""
    values: Mapping[str, Any]
    faults: tuple[Fault, ...]


def get_edition(kind: str, on: dt.date | None = None) -> Edition:
    """Return the layout of a kind in force on a day.

    Raises:
        UnknownKindError: There was none.
    """
    edition = edition_of(kind, on)
    if edition is None:
        raise UnknownKindError(f"no layout of {kind!r} was in force on {on or 'any day'}")
    return edition


def write_records(
    edition: Edition,
    head: Mapping[str, Any],
    records: Iterable[Mapping[str, Any]],
    *,
    lengths: Mapping[int, int] | None = None,
) -> Iterator[bytes]:
    """Write a whole file, line by line.

    Args:
        edition: The layout.
        head: The header's fields (``employer``, ``period``; the bank's file has others).
        records: The details' fields.
        lengths: Shorter permitted lengths for single records, by their position from 0.

    Raises:
        UnrenderableError: A value does not fit its field.
    """
    yield _line(edition.header, head, 1, None)
    total_minor, number = 0, 1
    for position, record in enumerate(records):
        number += 1
        total_minor += record.get(edition.summed or "", 0)
        yield _line(edition.detail, record, number, (lengths or {}).get(position))
    yield _line(edition.summary, {"line_count": number + 1, "total": total_minor, "filler": ""}, number + 1, None)


def _line(layout: LineLayout, values: Mapping[str, Any], number: int, length: int | None) -> bytes:
    line, faults = layout.encode(values, length=length)
    if faults:
        findings = [Finding(fault.code, fault.message, fault.field, number, fault.column) for fault in faults]
        first = findings[0]
        raise UnrenderableError(
            f"line {number}, column {first.column}, {first.field}: {first.message}", findings=findings
        )
    return (line + "\r\n").encode("latin-1")


def read_records(file: BinaryIO, edition: Edition) -> Iterator[Record]:
    """Read a file of a known kind, line by line, at flat memory; what is wrong with a line comes with it."""
    codec = LineCodec(edition)
    for number, line in zip(count(1), split_lines(file), strict=False):
        layout = {"E": edition.header, "D": edition.detail, "S": edition.summary}.get(line[:1])
        if layout is None:
            yield Record(number, line[:1], {}, (Fault("type", "PY1", say("other_record", found=line[:1]), 1),))
        elif not layout.permits(len(line)):
            saying = say("length", found=len(line), expected=layout.expected_lengths())
            yield Record(number, line[:1], {}, (Fault("type", "PY1", saying, len(line) + 1),))
        else:
            values, faults = codec.judge(line) if layout is edition.detail else layout.decode(line)
            yield Record(number, line[:1], values, tuple(faults))
