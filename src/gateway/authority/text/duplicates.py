"""Finding keys that occur more than once among a million, without keeping a million keys."""

from collections.abc import Callable, Iterator
from typing import TypeVar

Key = TypeVar("Key", str, bytes)
_BITS = 27
_MASK = (1 << _BITS) - 1


def repeated(keys: Callable[[], Iterator[Key]]) -> frozenset[Key]:
    """Return the keys that occur more than once. ``keys`` starts from the beginning each time it is called.

    The first pass marks each key in a bit field of 16 MiB and suspects whatever finds its mark there already; the
    second, needed only if there is a suspect, counts the suspects exactly.
    """
    marks = bytearray(1 << (_BITS - 3))
    suspects: dict[Key, int] = {}
    for key in keys():
        place = hash(key) & _MASK
        byte, bit = place >> 3, 1 << (place & 7)
        if marks[byte] & bit:
            suspects[key] = 0
        else:
            marks[byte] |= bit
    if not suspects:
        return frozenset()
    for key in keys():
        if key in suspects:
            suspects[key] += 1
    return frozenset(key for key, count in suspects.items() if count > 1)
