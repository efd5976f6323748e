"""A bank's file as it came: plain, or packed as the only file of a ZIP, or with gzip; bounded before anything is unpacked."""

import io
import zipfile
import zlib

from gateway.bank.errors import StatementError
from gateway.bank.xml import MAX_OCTETS

_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_PIECE = 1 << 20
_ALWAYS = 16 * _PIECE
_RATIO = 250
"""Statements pack to a twentieth or a fiftieth; what unpacks to so many times its size was made to do harm."""


def unpack(body: bytes) -> tuple[bytes, list[str]]:
    """Return the file inside, and what had to be put up with.

    Raises:
        StatementError: Damaged, locked, more than one file, or larger than is read when unpacked.
    """
    if body.startswith(_ZIP):
        return _unzip(body), ["the file came in a ZIP"]
    if body.startswith(_GZIP):
        return _gunzip(body), ["the file came packed with gzip"]
    return body, []


def _unzip(body: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            files = [one for one in packed.infolist() if not one.is_dir()]
            if len(files) != 1:
                raise StatementError(f"the ZIP holds {len(files)} files; unpack it and give them one by one")
            if files[0].flag_bits & 1:
                raise StatementError("the ZIP is locked with a password; unpack it and give the file inside")
            with packed.open(files[0]) as inside:
                content = inside.read(_most(body) + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as damage:
        raise StatementError(f"the ZIP is damaged ({damage}); ask the bank for it again") from None
    return _bounded(content, body)


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
    return _bounded(bytes(content), body)


def _most(body: bytes) -> int:
    return min(MAX_OCTETS, max(_ALWAYS, _RATIO * len(body)))


def _bounded(content: bytes, body: bytes) -> bytes:
    if len(content) > _most(body):
        raise StatementError(
            f"unpacked, the file has more than {_most(body)} octets, which are not read: ask for a shorter period"
        )
    if content.startswith((_ZIP, _GZIP)):
        raise StatementError("there is a packed file inside the packed file; unpack it and give the file inside")
    return content
