"""The treasury's *novedades* (NV): entries, exits, leaves, changes of data; one person once a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gateway.authority.do_tss.format import DominicanFormat, _codec, _Files, _of_person
from gateway.authority.movements import DeclaredMovement, Movement
from gateway.authority.protocol import FilingHead, Finding, RenderedFile

KIND = "NV"
_ENVELOPE_LINES = 2
LETTERS = {
    Movement.ENTRY: "IN",
    Movement.EXIT: "SA",
    Movement.HOLIDAY: "VC",
    Movement.VOLUNTARY: "LV",
    Movement.MATERNITY: "LM",
    Movement.DISABILITY: "LD",
    Movement.CHANGE: "AD",
}
"""SRC-001"""
_PAY_LEFT = (0, 0, 0, "", 0, 0, 0, 0, "")
"""What stands behind the wage: voluntary, tax wage, other pay, agent, other employers, exempt, balance, training wage,
income type. Zero and blank let the treasury copy the wage and take its usual type."""


class DominicanMovements:
    """``MovementFormat`` for the Dominican Republic."""

    days_ahead = 30
    """SRC-001: entry and exit dates at most 30 days ahead."""

    def check_movement(self, movement: DeclaredMovement) -> list[Finding]:
        """Say why the treasury would refuse this line."""
        _, faults = _codec(KIND, None).write(_theirs(movement))
        return [_of_person(fault) for fault in faults]

    def render_movements(
        self, head: FilingHead, groups: Sequence[tuple[int, Iterable[DeclaredMovement]]]
    ) -> Iterator[RenderedFile]:
        """Write the NV files of a filing, those of one group after those of the other.

        Raises:
            UnrenderableError: A line cannot be written, or a group is not of the size it says.
        """
        limit = DominicanFormat.limits.max_lines_per_file
        most = min(head.max_lines_per_file or limit, limit) - _ENVELOPE_LINES
        total = sum(-(-count // most) for count, _ in groups)
        before, number_from = 0, 1
        for count, movements in groups:
            files = _Files(head, KIND, map(_theirs, movements), count, number_from)
            parts = 0
            for file in files.each():
                parts += 1
                part = before + parts
                yield replace(file, part=part, part_count=total, file_name=_file_name(head, part, total))
            before, number_from = before + parts, number_from + count


def _file_name(head: FilingHead, part: int, part_count: int) -> str:
    tail = f"_{part}" if part_count > 1 else ""
    return f"{KIND}_{head.employer}_{head.period.month:02d}{head.period.year:04d}{tail}.txt"


def _theirs(movement: DeclaredMovement) -> tuple[Any, ...]:
    return (movement.payroll, LETTERS[Movement(movement.event)], *movement[2:], *_PAY_LEFT)


MOVEMENTS = DominicanMovements()
