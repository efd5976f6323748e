"""Bring the log up to date: a tree for each seal of the books, sealed filing and answer that has none, and a signed head.

A second run writes nothing. All current keys sign each head: while one key follows another both do, so that whoever knows
one of them can check. Without a key the log grows all the same and is signed as soon as there is one.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import Session

from gateway.kit import bulk, db, signed_note, tenant
from gateway.kit.merkle import leaf_hash
from gateway.kit.merkle_log import WIDTH, Span, grow, levels_of, root_of
from gateway.kit.money import CURRENCIES
from gateway.kit.period import Period
from gateway.kit.signed_note import Checkpoint
from gateway.transparency import queries, rules
from gateway.transparency import seal_queries as sql
from gateway.transparency.models import TreeKind


class Logged(NamedTuple):
    """What one run did."""

    new_entries: int
    tree_size: int
    signed_by: int
    """How many keys signed the newest head; none where there is no key."""


class _Open(NamedTuple):
    """Something that has no tree yet."""

    kind: TreeKind
    subject_id: int
    told: dict[str, str | int]


def seal_log(session: Session, *, today: dt.date, keys: Sequence[Ed25519PrivateKey], public_url: str) -> Logged:
    """Append what is missing to the log and sign its head, if it grew or its keys changed.

    Args:
        session: The mutual's transaction.
        today: The business day that entries name.
        keys: Those that sign now, the newest first.
        public_url: Where the gateway is known; the log's name is made from it once.
    """
    db.first(session, sql.LOCK)
    mutual = tenant.current(session)
    size = before = queries.size_of(session)
    hashes: list[bytes] = []
    for one in _missing(session):
        entry_hash = _add_tree(session, one, size, mutual=mutual.code, today=today)
        hashes.append(entry_hash)
        size += 1
    _grow(session, before, hashes)
    signed_by = _sign(session, size, keys, rules.origin_of(public_url, mutual.code)) if size else 0
    return Logged(size - before, size, signed_by)


def _missing(session: Session) -> Iterator[_Open]:
    for row in db.rows(session, sql.OPEN_BOOKS):
        told = {"seal": row.id, "day": row.sealed_on.isoformat(), "head": row.head, "books_root": row.root}
        yield _Open(TreeKind.BOOKS, row.id, told)
    for row in db.rows(session, sql.OPEN_FILINGS):
        yield _Open(TreeKind.FILING, row.id, {"filing": row.id, "period": str(Period.of(row.period_start))})
    for row in db.rows(session, sql.OPEN_ANSWERS):
        told = {"filing": row.filing_id, "file": row.id, "period": str(Period.of(row.period_start))}
        yield _Open(TreeKind.ANSWER, row.id, told)


def _add_tree(session: Session, one: _Open, position: int, *, mutual: str, today: dt.date) -> bytes:
    values = {
        "subject_id": one.subject_id,
        "currencies": [currency.code for currency in CURRENCIES.values()],
        "decimals": [currency.exponent for currency in CURRENCIES.values()],
    }
    bulk.execute(session, sql.FORGET)
    for statement in (*sql.LEAVES[one.kind], sql.ORDER):
        bulk.execute(session, statement, values)
    hashes = [bytes(row[0]) for rows in bulk.read_chunks(session, sql.HASHES) for row in rows]
    nodes = levels_of(hashes)
    root = nodes[-WIDTH:]
    entry = rules.canonical(
        {
            **one.told,
            "form": rules.ENTRY_FORM,
            "kind": one.kind,
            "mutual": mutual,
            "leaves": len(hashes),
            "root": rules.text_of_hash(root),
            "sealed_on": today.isoformat(),
        }
    )
    entry_hash = leaf_hash(entry.encode())
    tree: dict[str, Any] = {
        "position": position,
        "kind": one.kind,
        "subject_id": one.subject_id,
        "leaf_count": len(hashes),
        "root": root,
        "nodes": nodes,
        "entry": entry,
        "entry_hash": entry_hash,
        "sealed_on": today,
    }
    tree_id = db.scalar(session, sql.INSERT_TREE, tree)
    bulk.execute(session, sql.INSERT_LEAVES, {"tree_id": tree_id})
    return entry_hash


def _grow(session: Session, size: int, hashes: list[bytes]) -> None:
    if not hashes:
        return
    made = grow(size, queries.read_nodes(session, [Span(0, size)]), hashes)
    values = {
        "levels": [node.level for node in made],
        "positions": [node.position for node in made],
        "hashes": list(made.values()),
    }
    bulk.execute(session, sql.INSERT_NODES, values)


def _sign(session: Session, size: int, keys: Sequence[Ed25519PrivateKey], origin: str) -> int:
    newest = queries.find_head(session)
    if newest is not None:
        origin = newest.origin
    publics = [signed_note.public_bytes(key) for key in keys]
    signed_by = ",".join(signed_note.key_hash(origin, public).hex() for public in publics)
    if not keys or (newest is not None and (newest.tree_size, newest.signed_by) == (size, signed_by)):
        return len(keys)
    root = root_of(Span(0, size), queries.read_nodes(session, [Span(0, size)]))
    note = signed_note.sign(signed_note.checkpoint_text(Checkpoint(origin, size, root)), origin, keys)
    for public in publics:
        db.run(session, sql.INSERT_KEY, {"public_key": public, "first_size": size})
    values = {"tree_size": size, "root": root, "origin": origin, "signed_by": signed_by, "note": note}
    db.run(session, sql.INSERT_CHECKPOINT, values)
    return len(keys)
