"""Proofs over Merkle trees as in RFC 9162, section 2.1: of trees that stand still, and of a log that only grows.

A tree that stands still is kept as all its levels, one after the other, so that a proof is a few short pieces of one text of
bytes. A log is kept as its complete subtrees, which never change once they are there: the node at ``(level, position)``
stands over the leaves from ``position * 2**level`` up to the next one's first. Every root, inclusion and consistency of
any size follows from a few of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gateway.kit.merkle import EMPTY, node_hash

WIDTH = 32


class Node(NamedTuple):
    """A complete subtree of a log."""

    level: int
    position: int


class Span(NamedTuple):
    """The leaves of a log from the first up to the one that is not among them any more."""

    first: int
    last: int


def levels_of(hashes: Sequence[bytes]) -> bytes:
    """Return every level of the tree over leaves' hashes, from the leaves to the root; of no leaves the empty tree's root.

    A level's last node without a neighbour goes up as it is, which gives the same root as splitting at powers of two.
    """
    if not hashes:
        return EMPTY
    level, parts = list(hashes), [b"".join(hashes)]
    while len(level) > 1:
        paired = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[len(paired) * 2 :]
        parts.append(b"".join(level))
    return b"".join(parts)


def path_offsets(index: int, size: int) -> list[int]:
    """Return where in ``levels_of`` the hashes of a leaf's inclusion proof begin, from the leaf upwards.

    Raises:
        IndexError: The tree has no such leaf.
    """
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} among {size}")
    found, base = [], 0
    while size > 1:
        if index ^ 1 < size:
            found.append((base + (index ^ 1)) * WIDTH)
        base, index, size = base + size, index // 2, (size + 1) // 2
    return found


def complete(span: Span) -> list[Node]:
    """Return the complete subtrees that make up a span, from the left; it begins where one of its own length may."""
    found, first = [], span.first
    while first < span.last:
        level = (span.last - first).bit_length() - 1
        found.append(Node(level, first >> level))
        first += 1 << level
    return found


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return the spans whose roots prove that a leaf is in the log of a size, from the leaf upwards.

    Raises:
        IndexError: The log of this size has no such leaf.
    """
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} among {size}")
    found, span = [], Span(0, size)
    while span.last - span.first > 1:
        middle = _middle(span)
        if index < middle:
            found.append(Span(middle, span.last))
            span = Span(span.first, middle)
        else:
            found.append(Span(span.first, middle))
            span = Span(middle, span.last)
    return found[::-1]


def consistency_spans(old: int, new: int) -> list[Span]:
    """Return the spans whose roots prove that the log of the new size begins with that of the old one (2.1.4.1).

    Raises:
        IndexError: The old size is zero or above the new one.
    """
    if not 0 < old <= new:
        raise IndexError(f"no consistency from size {old} to size {new}")
    found, span, is_whole = [], Span(0, new), True
    while span.last != old:
        middle = _middle(span)
        if old <= middle:
            found.append(Span(middle, span.last))
            span = Span(span.first, middle)
        else:
            found.append(Span(span.first, middle))
            span, is_whole = Span(middle, span.last), False
    if not is_whole:
        found.append(span)
    return found[::-1]


def root_of(span: Span, known: Mapping[Node, bytes]) -> bytes:
    """Return the root over a span from its complete subtrees; over none the empty tree's."""
    nodes = complete(span)
    if not nodes:
        return EMPTY
    root = known[nodes[-1]]
    for node in reversed(nodes[:-1]):
        root = node_hash(known[node], root)
    return root


def grow(size: int, edge: Mapping[Node, bytes], hashes: Iterable[bytes]) -> dict[Node, bytes]:
    """Return the complete subtrees that a log gets by new leaves.

    Args:
        size: How many leaves it had.
        edge: Its complete subtrees at that size, ``complete(Span(0, size))``.
        hashes: The new leaves' hashes, in order.
    """
    known, made = dict(edge), dict[Node, bytes]()
    for hashed in hashes:
        node, size = Node(0, size), size + 1
        made[node] = known[node] = hashed
        while node.position % 2:
            above = node_hash(known[Node(node.level, node.position - 1)], known[node])
            node = Node(node.level + 1, node.position // 2)
            made[node] = known[node] = above
    return made


def _middle(span: Span) -> int:
    # The largest power of two below the span's length, counted from its first leaf.
    return span.first + (1 << ((span.last - span.first - 1).bit_length() - 1))
