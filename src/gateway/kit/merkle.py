"""Merkle trees as in RFC 6962: a root over any number of leaves, and a short proof that one of them is under it.

Leaves stream: only one hash per level is held, so a million leaves need as much memory as ten.
"""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf; the prefix keeps a leaf from passing for a node."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows a leaf at a time; asked for a leaf's number, it gathers the proof on the way."""

    def __init__(self, prove: int | None = None) -> None:
        self.size = 0
        self._prove = prove
        self._whole: list[bytes] = []
        """Complete subtrees from the left, each larger than the next: one for each 1 in ``size`` written in binary."""
        self.proof: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf."""
        self.add_hash(leaf_hash(leaf))

    def add_all(self, leaves: Iterable[bytes]) -> None:
        """Append many leaves; a run that makes a whole subtree is joined level by level, which takes two thirds of the time."""
        sha256 = hashlib.sha256
        hashes = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
        if self._prove is not None:
            for hashed in hashes:
                self.add_hash(hashed)
            return
        begins = 0
        while begins < len(hashes):
            # The longest run that the tree's size is a multiple of, and that is there.
            fits = 1 << (len(hashes) - begins).bit_length() - 1
            length = min(fits, self.size & -self.size or fits)
            level = hashes[begins : begins + length]
            begins += length
            while len(level) > 1:
                both = iter(level)
                level = [sha256(b"\x01" + left + right).digest() for left, right in zip(both, both, strict=True)]
            self._join(level[0], length)

    def _join(self, hashed: bytes, length: int) -> None:
        """Append a whole subtree of so many leaves, a power of two that divides the size."""
        before, whole = self.size, self._whole
        self.size = before + length
        while before & length:
            hashed = node_hash(whole.pop(), hashed)
            length *= 2
        whole.append(hashed)

    def add_hash(self, hashed: bytes) -> None:
        """Append a leaf whose hash is known."""
        before, length, whole = self.size, 1, self._whole
        self.size = before + 1
        while before & length:
            left = whole.pop()
            if self._prove is not None:
                self._note(self.size - 2 * length, left, self.size - length, hashed, self.size)
            hashed = node_hash(left, hashed)
            length *= 2
        whole.append(hashed)

    def root(self) -> bytes:
        """Return the root over all leaves so far, which may be one; afterwards the proof is complete and none is added."""
        if not self._whole:
            return EMPTY
        lengths = [1 << place for place in range(self.size.bit_length()) if self.size >> place & 1]
        hashed, begins = self._whole[-1], self.size - lengths[0]
        for left, length in zip(reversed(self._whole[:-1]), lengths[1:], strict=True):
            if self._prove is not None:
                self._note(begins - length, left, begins, hashed, self.size)
            hashed, begins = node_hash(left, hashed), begins - length
        return hashed

    def _note(self, first: int, left: bytes, middle: int, right: bytes, end: int) -> None:
        """Keep the other half, where the leaf to prove is in one of two that are joined."""
        if self._prove is not None and first <= self._prove < end:
            self.proof.append(right if self._prove < middle else left)


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaves, read once."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def root_of_hashes(hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaves whose hashes are known."""
    tree = Tree()
    for hashed in hashes:
        tree.add_hash(hashed)
    return tree.root()


def inclusion_proof(leaves: Iterable[bytes], index: int) -> list[bytes]:
    """Return the hashes that lead from a leaf to the root, from the leaf upwards.

    Raises:
        IndexError: There is no leaf with this number.
    """
    tree = Tree(prove=index)
    for leaf in leaves:
        tree.add(leaf)
    if not 0 <= index < tree.size:
        raise IndexError(f"no leaf {index} among {tree.size}")
    tree.root()
    return tree.proof


def verify(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Tell whether a leaf with this number is under the expected root of a tree of this size."""
    if not 0 <= index < size:
        return False
    hashed, position, last, used = leaf_hash(leaf), index, size - 1, 0
    while last > 0:
        if position % 2 == 0 and position == last:
            position, last = position // 2, last // 2
            continue
        if used == len(proof):
            return False
        hashed = node_hash(proof[used], hashed) if position % 2 else node_hash(hashed, proof[used])
        used, position, last = used + 1, position // 2, last // 2
    return used == len(proof) and hashed == expected
