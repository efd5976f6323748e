"""Seal the books in the background: a Merkle root over everything booked below the horizon, chained to the one before.

A leaf is the exact bytes of one transaction; it holds the root of an inner tree over the transaction's entries, so a
member can be shown her own entry without those of the others, and memory stays flat however many entries there are.
A head proves nothing until somebody outside has seen it: sign it and give it away each day.
"""

import base64
import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlmodel import Session

from gateway.kit import bulk, db, merkle
from gateway.ledger import seal_queries
from gateway.ledger.rules import canonical_entry, canonical_tx

HEADER_COLUMNS = 11
LEAF_COLUMNS = {"tx_id": "int8", "position": "int4", "canonical": "bytea"}


class Sealed(NamedTuple):
    """A new seal."""

    seal_id: int
    tx_count: int
    root: str
    head: str


class Leaf(NamedTuple):
    """One transaction as it is sealed."""

    tx_id: int
    canonical: bytes


class EntryProof(NamedTuple):
    """Everything that somebody outside needs to see that one entry is under a head that was given away."""

    entry: bytes
    entry_index: int
    entry_count: int
    entry_path: list[str]
    """Hashes from the entry up to the root inside the transaction's leaf, hexadecimal."""
    leaf: bytes
    leaf_index: int
    leaf_count: int
    leaf_path: list[str]
    """Hashes from the leaf up to the seal's root, hexadecimal."""
    root: str
    head: str
    key_id: str | None
    signature: str | None
    sealed_on: dt.date


def read_leaves(session: Session, from_xid: str, below_xid: str) -> Iterator[Leaf]:
    """Stream every transaction written between two numbers as the bytes that are sealed, in their order."""
    header: tuple[Any, ...] | None = None
    entries = merkle.Tree()
    between = {"from_xid": from_xid, "below_xid": below_xid}
    for chunk in bulk.read_chunks(session, seal_queries.ENTRIES_BETWEEN, between):
        for row in chunk:
            if header is None or row[0] != header[0]:
                if header is not None:
                    yield Leaf(header[0], canonical_tx(header, entries.root()))
                header, entries = row[:HEADER_COLUMNS], merkle.Tree()
            entries.add(canonical_entry(row[HEADER_COLUMNS:]))
    if header is not None:
        yield Leaf(header[0], canonical_tx(header, entries.root()))


def head_of(previous: str | None, root: str) -> str:
    """Return the head that chains a root to the head before it."""
    return hashlib.sha256(bytes.fromhex(previous or "") + bytes.fromhex(root)).hexdigest()


def key_id_of(key: Ed25519PublicKey) -> str:
    """Return the short name of a public key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def seal(session: Session, *, today: dt.date, key: Ed25519PrivateKey | None = None) -> Sealed | None:
    """Seal everything booked below the horizon since the last seal; return None where there is nothing new."""
    db.first(session, seal_queries.LOCK_SEALING)
    below_xid = str(db.scalar(session, seal_queries.HORIZON))
    previous = db.first(session, seal_queries.NEWEST_SEAL)
    from_xid = "0" if previous is None else str(previous.below_xid)
    tree = merkle.Tree()

    def rows() -> Iterator[tuple[int, int, bytes]]:
        for leaf in read_leaves(session, from_xid, below_xid):
            tree.add(leaf.canonical)
            yield leaf.tx_id, tree.size - 1, leaf.canonical

    for number, part in enumerate(_parts(rows())):
        bulk.stage(session, "staged_leaf", LEAF_COLUMNS, part, append=number > 0)
    if tree.size == 0:
        return None
    root = tree.root().hex()
    head = head_of(None if previous is None else previous.head, root)
    signed_by, signature = _sign(key, head)
    values = {
        "previous_id": None if previous is None else previous.id,
        "from_xid": from_xid,
        "below_xid": below_xid,
        "tx_count": tree.size,
        "root": root,
        "head": head,
        "key_id": signed_by,
        "signature": signature,
        "sealed_on": today,
    }
    seal_id = int(db.scalar(session, seal_queries.INSERT_SEAL, values))
    bulk.execute(session, seal_queries.INSERT_LEAVES, {"seal_id": seal_id})
    return Sealed(seal_id, tree.size, root, head)


def list_seals(session: Session, *, after: int = 0, limit: int = 100) -> list[Any]:
    """Return the seals behind an id, oldest first: what is given away of them is the head and its signature."""
    return db.rows(session, seal_queries.SEALS, {"after": after, "limit": limit})


def root_of_day(session: Session, day: dt.date) -> str:
    """Return the Merkle root over the roots of a day's seals, hexadecimal."""
    roots = [bytes.fromhex(row.root) for row in list_seals(session, limit=1_000_000) if row.sealed_on == day]
    return merkle.root(roots).hex()


def prove_entry(session: Session, tx_id: int, line: int) -> EntryProof | None:
    """Return the proof that an entry is under a sealed head, or None while its transaction is not sealed."""
    leaf = db.first(session, seal_queries.LEAF, {"tx_id": tx_id})
    if leaf is None:
        return None
    rows = db.driver(session).execute(seal_queries.ENTRIES_OF.encode(), {"tx_id": tx_id}).fetchall()
    index = [row[0] for row in rows].index(line)
    entries = [canonical_entry(row) for row in rows]
    tree = merkle.Tree(prove=leaf.position)
    for chunk in bulk.read_chunks(session, seal_queries.LEAVES_OF_SEAL, {"seal_id": leaf.seal_id}):
        for _, _, hashed in chunk:
            tree.add_hash(bytes.fromhex(hashed))
    tree.root()
    return EntryProof(
        entry=entries[index],
        entry_index=index,
        entry_count=len(entries),
        entry_path=[hashed.hex() for hashed in merkle.inclusion_proof(entries, index)],
        leaf=bytes(leaf.canonical),
        leaf_index=leaf.position,
        leaf_count=leaf.tx_count,
        leaf_path=[hashed.hex() for hashed in tree.proof],
        root=leaf.root,
        head=leaf.head,
        key_id=leaf.key_id,
        signature=leaf.signature,
        sealed_on=leaf.sealed_on,
    )


def _sign(key: Ed25519PrivateKey | None, head: str) -> tuple[str | None, str | None]:
    if key is None:
        return None, None
    return key_id_of(key.public_key()), base64.b64encode(key.sign(bytes.fromhex(head))).decode()


def _parts(rows: Iterator[tuple[int, int, bytes]]) -> Iterator[list[tuple[int, int, bytes]]]:
    # A server-side cursor and COPY cannot share the connection, so each part is read before it is written.
    while True:
        part = [row for _, row in zip(range(bulk.CHUNK), rows, strict=False)]
        yield part
        if len(part) < bulk.CHUNK:
            return
