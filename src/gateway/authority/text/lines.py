"""Lines of a file of any size, at flat memory; CRLF, LF or CR end a line."""

from collections.abc import Iterator
from typing import BinaryIO

_BLOCK = 1 << 18
LONGEST = 4096
"""Longer than any line of a state's; what is longer is no such file and is cut here."""


def whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """Give a file from its present place on in pieces that end where a line ends.

    A line of more than ``LONGEST`` characters is given cut, and nothing after it.
    """
    rest = b""
    while block := file.read(_BLOCK):
        data = rest + block
        # A CR at the very end may be half of a CRLF; it waits for the next block.
        cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
        if cut:
            yield data[:cut]
        rest = data[cut:]
        if len(rest) > LONGEST:
            yield rest[: LONGEST + 1]
            return
    if rest:
        yield rest


def split_lines(file: BinaryIO) -> Iterator[str]:
    """Give the lines of a latin-1 file from its present place on, without their ends, as ``whole_lines`` finds them."""
    for piece in whole_lines(file):
        for line in piece.splitlines():
            yield line.decode("latin-1")
