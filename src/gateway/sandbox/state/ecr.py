"""The Indian fund's monthly file, as the fund publishes it: eleven fields, no header, whole rupees.

Its own reading and its own arithmetic: nothing of the gateway's was looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CEILING, CAP = 15_000, 1_250
FIRST_MONTH = "2014-09"
_SIGNS = re.compile(r"[A-Z .]{1,85}", re.IGNORECASE)
_NUMBERS = ("gross", "epf", "eps", "edli", "own", "pension", "rest", "ncp", "refund")
_NAMED = ("UAN", "NAME", "GROSS_WAGES", "EPF_WAGES", "EPS_WAGES", "EDLI_WAGES", "EPF_CONTRIBUTION", "EPS_CONTRIBUTION",
          "EPF_EPS_DIFFERENCE", "NCP_DAYS", "REFUND")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A line that could be read. Amounts are rupees."""

    uan: str
    gross: int
    epf: int
    eps: int
    edli: int
    own: int
    pension: int
    rest: int
    ncp: int
    refund: int


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and text of each line."""
    with path.open(encoding="latin-1", newline=None) as file:
        for number, line in enumerate(file, start=1):
            yield number, line.rstrip("\n")


def read_member(line: str) -> Member | str:
    """Return what a line says, or the code of what is wrong with it."""
    parts = line.split("#~#")
    if len(parts) != len(_NAMED):
        return "FIELDS"
    if len(parts[0]) != 12 or not (parts[0].isascii() and parts[0].isdigit()):
        return "UAN"
    if not parts[1].strip() or _SIGNS.fullmatch(parts[1]) is None:
        return "NAME"
    for name, part in zip(_NAMED[2:], parts[2:], strict=True):
        if not (part.isascii() and part.isdigit()):
            return name
    member = Member(parts[0], **dict(zip(_NUMBERS, map(int, parts[2:]), strict=True)))
    return _wrong(member) or member


def _wrong(member: Member) -> str | None:
    twelve = _share(member.epf, 1200)
    for is_right, code in (
        (member.epf <= member.gross, "EPF_WAGES"),
        (member.eps in (0, min(member.epf, CEILING)), "EPS_WAGES"),
        (member.edli <= min(member.epf, CEILING), "EDLI_WAGES"),
        (member.own == twelve, "EPF_CONTRIBUTION"),
        (member.pension == min(_share(member.eps, 833), CAP), "EPS_CONTRIBUTION"),
        (member.rest == twelve - member.pension, "EPF_EPS_DIFFERENCE"),
        (member.ncp <= 31, "NCP_DAYS"),
    ):
        if not is_right:
            return code
    return None


def _share(wages: int, per_myriad: int) -> int:
    return (wages * per_myriad + 5000) // 10000
