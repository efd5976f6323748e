"""The envelope of a file: header, details, summary, and what makes the whole of it unreadable.

Positions are the published ones, counted from 1; Python's slices stand beside them in the readers of each kind.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.sandbox.state.realm import Inspection

LENGTHS: dict[str, tuple[int, ...]] = {
    "AM": (292, 308, 312),
    "AR": (292, 308, 312),
    "NV": (310, 326, 330),
    "RD": (160,),
}
EDITIONS = {"AM": "2003-06", "AR": "2003-06", "NV": "2003-06", "RD": "2007-09"}
BLOCK = 18
"""An exempt block after the longest detail: a code of two and an amount of sixteen."""
AMOUNT = r"[0-9]{13}\.[0-9]{2}"
_BLOCKS = re.compile(rf"(?:01{AMOUNT})?(?:02{AMOUNT})?(?:03{AMOUNT})?")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and text of each line; CRLF, LF and CR end one."""
    with path.open(encoding="latin-1", newline=None) as file:
        for number, line in enumerate(file, start=1):
            yield number, line.rstrip("\n")


def read_details(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the details of a file that was found whole."""
    for number, line in read_lines(path):
        if line[:1] == "D":
            yield number, line


def key_of(kind: str, line: str) -> str:
    """Return what must be unique in a file of this kind."""
    if kind == "NV":
        return line[1:4] + line[22:48]
    if kind == "RD":
        return line[1:4] + line[18:30]
    return line[1:30]


def allowed_lengths(kind: str, lengths: Sequence[int]) -> set[int]:
    """Return every length a detail may have, exempt blocks included."""
    return set(lengths) if kind == "RD" else {*lengths, *(max(lengths) + BLOCK * n for n in (1, 2, 3))}


def inspect(path: Path, *, kind: str, employer: str, period: str, lengths: Sequence[int]) -> Inspection:
    """Read the file once from end to end and return what it holds and what is wrong with its envelope."""
    found, seen = Inspection(), set[str]()
    allowed = allowed_lengths(kind, lengths)
    number, ended = 0, False
    for number, line in read_lines(path):
        if ended:
            found.complain(number, 1, "record_type", "hay contenido después del sumario")
            break
        first = line[:1]
        if first == "D" and number > 1:
            found.details += 1
            if len(line) not in allowed:
                found.complain(
                    number, len(line), "length", f"el detalle mide {len(line)}; se esperaba {sorted(allowed)}"
                )
            elif len(line) > max(lengths) and kind != "RD":
                _check_blocks(found, number, line, max(lengths))
            key = key_of(kind, line)
            if key in seen:
                found.repeated.add(key)
            seen.add(key)
            found.payrolls.add(line[1:4])
        elif first == "E" and number == 1:
            _check_header(found, line, kind, employer, period)
        elif first == "S" and number > 1:
            ended = True
            if len(line) != 7 or not line[1:].isdecimal() or int(line[1:]) != number:
                found.complain(
                    number, 2, "line_count", f"el sumario dice {line[1:]!r}; el archivo tiene {number} líneas"
                )
        else:
            found.complain(number, 1, "record_type", f"tipo de registro {first!r} inesperado")
    if not ended:
        found.complain(max(number, 1), 1, "summary", "falta el sumario")
    elif not found.details:
        found.complain(number, 1, "details", "no hay detalle")
    return found


def _check_header(found: Inspection, line: str, kind: str, employer: str, period: str) -> None:
    expected = 14 if kind == "RD" else 20
    if len(line) != expected:
        found.complain(1, len(line), "length", f"el encabezado mide {len(line)}; se esperaba {expected}")
        return
    if line[1:3] != kind:
        found.complain(1, 2, "process", f"proceso {line[1:3]!r}; se cargó como {kind}")
    if line[3:14] != employer.rjust(11):
        found.complain(1, 4, "employer", "el RNC o cédula del encabezado no es el del envío")
    if kind != "RD" and line[14:20] != period[5:] + period[:4]:
        found.complain(1, 15, "period", f"período {line[14:20]!r}; se cargó para {period}")


def _check_blocks(found: Inspection, number: int, line: str, start: int) -> None:
    blocks = line[start:]
    if _BLOCKS.fullmatch(blocks) is None or any(
        not blocks[at + 2 : at + BLOCK].strip("0.") for at in range(0, len(blocks), BLOCK)
    ):
        found.complain(number, start + 1, "exempt", "bloques exentos fuera de orden, en cero o mal escritos")
