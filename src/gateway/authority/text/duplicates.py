"""Finding keys that occur more than once among a million, without keeping a million keys.

What grows with a file goes to the disk: hashes first, eight octets each, spread over buckets by their last bits, so that
equal keys meet in the same bucket and one bucket at a time is looked through. Where two hashes are equal, the keys
themselves are spread in the same way and compared, and the places of those that stand twice are kept as one bit a line.
"""

import marshal
import sys
import tempfile
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import compress
from typing import Any, Self

_BUCKETS = 8
_KEPT = 2048
"""So many entries wait in memory, of a bucket too, before they are written away."""
_LOWEST = 0 if sys.byteorder == "little" else 7
_BELONGS = [bytes(byte % _BUCKETS == bucket for byte in range(256)) for bucket in range(_BUCKETS)]


class Hashes:
    """Hashes of keys as they come; tells whether two of them were equal. Use it in a ``with`` statement."""

    def __init__(self) -> None:
        self._spool = _Spool()
        self._hashes: list[int] = []
        self._waiting: list[list[int]] = [[] for _ in range(_BUCKETS)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add(self, keys: Iterable[Hashable]) -> None:
        """Remember some keys."""
        self._hashes.extend(map(hash, keys))
        if len(self._hashes) >= _KEPT:
            self._spread()

    def may_repeat(self) -> bool:
        """Tell whether two keys had the same hash: they are very likely the same key."""
        self._spread()
        return any(self._may_repeat(bucket) for bucket in range(_BUCKETS))

    def _spread(self) -> None:
        """Put each hash into its bucket, in one pass over all of them for each bucket."""
        lowest = array("q", self._hashes).tobytes()[_LOWEST::8]
        for bucket, (waiting, belongs) in enumerate(zip(self._waiting, _BELONGS, strict=True)):
            waiting.extend(compress(self._hashes, lowest.translate(belongs)))
            if len(waiting) >= _KEPT:
                self._spool.write(bucket, array("q", waiting).tobytes())
                waiting.clear()
        self._hashes.clear()

    def _may_repeat(self, bucket: int) -> bool:
        waiting = self._waiting[bucket]
        seen, count = set(waiting), len(waiting)
        for octets in self._spool.read(bucket):
            hashes = array("q", octets)
            seen.update(hashes)
            count += len(hashes)
        return len(seen) < count


class Places:
    """Numbers from 0 on, one bit each."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> None:
        """Put a number in."""
        byte = number >> 3
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 1024 - len(self._bits)))
        self._bits[byte] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        byte = number >> 3
        return byte < len(self._bits) and bool(self._bits[byte] >> (number & 7) & 1)

    def __bool__(self) -> bool:
        return bool(self._bits)

    def may_be_within(self, first: int, count: int) -> bool:
        """Tell whether one of some numbers in a row, or a near neighbour of theirs, may be in it."""
        return any(self._bits[first >> 3 : ((first + count) >> 3) + 1])


def repeated(keys: Callable[[], Iterable[tuple[int, Hashable]]], *, spares_first: bool = False) -> Places:
    """Return the places of keys that occur more than once.

    Args:
        keys: Gives places and keys from the beginning, each time it is called; what gives nothing is left out. Keys are
            texts or octets.
        spares_first: Leave out the place where a key stands first.
    """
    with Hashes() as hashes:
        for _, key in keys():
            hashes.add((key,))
        return places_of_repeated(keys(), spares_first=spares_first) if hashes.may_repeat() else Places()


def places_of_repeated(keys: Iterable[tuple[int, Hashable]], *, spares_first: bool = False) -> Places:
    """Return the places of keys that occur more than once, comparing the keys themselves."""
    places, spool = Places(), _Spool()
    waiting: list[list[tuple[int, Hashable]]] = [[] for _ in range(_BUCKETS)]
    try:
        for entry in keys:
            bucket = hash(entry[1]) % _BUCKETS
            entries = waiting[bucket]
            entries.append(entry)
            if len(entries) == _KEPT:
                spool.write(bucket, marshal.dumps(entries))
                entries.clear()
        for bucket, entries in enumerate(waiting):
            _compare(_each(spool, bucket, entries), places, spares_first=spares_first)
    finally:
        spool.close()
    return places


def _each(spool: "_Spool", bucket: int, last: Sequence[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    for octets in spool.read(bucket):
        yield from marshal.loads(octets)  # noqa: S302 — written by this process into a nameless file
    yield from last


def _compare(entries: Iterable[tuple[int, Any]], places: Places, *, spares_first: bool) -> None:
    first: dict[Any, int] = {}
    for place, key in entries:
        before = first.setdefault(key, place)
        if before != place:
            places.add(place)
            if not spares_first:
                places.add(before)


class _Spool:
    """A nameless file of blocks, each belonging to a bucket; only where they stand is kept in memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 — closed by who made the spool
        self._blocks: list[list[tuple[int, int]]] = [[] for _ in range(_BUCKETS)]

    def write(self, bucket: int, octets: bytes) -> None:
        self._blocks[bucket].append((self._file.tell(), len(octets)))
        self._file.write(octets)

    def read(self, bucket: int) -> Iterator[bytes]:
        for start, size in self._blocks[bucket]:
            self._file.seek(start)
            yield self._file.read(size)

    def close(self) -> None:
        self._file.close()
