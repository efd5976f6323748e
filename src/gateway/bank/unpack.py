"""A bank's file as it came: plain, or packed in a ZIP, alone or with others, or with gzip; bounded before anything is unpacked."""

import io
import re
import zipfile
import zlib
from typing import NamedTuple

from gateway.bank.errors import StatementError
from gateway.bank.xml import MAX_OCTETS
from gateway.kit.tabular_shape import ZIP_DAMAGE

_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_SPREADSHEET = "[Content_Types].xml"
_JUNK = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$)")
"""What a Mac puts into a ZIP beside the files."""
_MOST_FILES = 100
_LONGEST_NAME = 100
_PIECE = 1 << 20
_ALWAYS = 16 * _PIECE
_RATIO = 250
"""Statements pack to a twentieth or a fiftieth; what unpacks to so many times its size was made to do harm."""


class Inside(NamedTuple):
    """One file that came."""

    name: str
    """What it is called where it came with others; else nothing."""
    body: bytes


def unpack(body: bytes) -> tuple[list[Inside], list[str]]:
    """Return the file inside, or the files of a ZIP that holds several, and what had to be put up with.

    Raises:
        StatementError: Damaged, locked, too many files, or larger than is read when unpacked.
    """
    if body.startswith(_ZIP):
        files = _unzip(body)
        return files, ["the file came in a ZIP" if len(files) == 1 else f"{len(files)} files came in one ZIP"]
    if body.startswith(_GZIP):
        return [Inside("", _gunzip(body))], ["the file came packed with gzip"]
    return [Inside("", body)], []


def _unzip(body: bytes) -> list[Inside]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            if _SPREADSHEET in packed.namelist():
                raise StatementError(
                    "this is a spreadsheet; save its sheet as CSV and say how to read it with a mapping"
                )
            files = [one for one in packed.infolist() if not (one.is_dir() or _JUNK.search(one.filename))]
            if not 1 <= len(files) <= _MOST_FILES:
                raise StatementError(f"the ZIP holds {len(files)} files; 1 to {_MOST_FILES} are read")
            if any(one.flag_bits & 1 for one in files):
                raise StatementError("the ZIP is locked with a password; unpack it and give the file inside")
            found: list[Inside] = []
            left = _most(body)
            for one in files:
                with packed.open(one) as inside:
                    content = inside.read(left + 1)
                left -= len(_bounded(content, body, left))
                found.append(Inside(one.filename[:_LONGEST_NAME] if len(files) > 1 else "", content))
    except ZIP_DAMAGE as damage:
        raise StatementError(f"the ZIP is damaged ({damage}); ask the bank for it again") from None
    return found


def _gunzip(body: bytes) -> bytes:
    reader, content, most = zlib.decompressobj(zlib.MAX_WBITS | 16), bytearray(), _most(body)
    try:
        for start in range(0, len(body), _PIECE):
            content += reader.decompress(body[start : start + _PIECE], most + 1 - len(content))
            if len(content) > most:
                break
    except zlib.error as damage:
        raise StatementError(f"the packed file is damaged ({damage}); ask the bank for it again") from None
    if not reader.eof and len(content) <= most:
        raise StatementError("the packed file is cut off; ask the bank for it again")
    return _bounded(bytes(content), body, most)


def _most(body: bytes) -> int:
    return min(MAX_OCTETS, max(_ALWAYS, _RATIO * len(body)))


def _bounded(content: bytes, body: bytes, left: int) -> bytes:
    if len(content) > left:
        raise StatementError(
            f"unpacked, the file has more than {_most(body)} octets, which are not read: ask for a shorter period"
        )
    if content.startswith((_ZIP, _GZIP)):
        raise StatementError("there is a packed file inside the packed file; unpack it and give the file inside")
    return content
