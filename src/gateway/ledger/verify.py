"""Verify the books: recompute everything that is stored twice, and name each row that fails.

transaction.*   number of entries, sums per currency, one writer, reversals
entry.*         each entry has its transaction and its account
balance         stored balances of accounts with a floor against their entries
control         sub-ledgers against the entries under their control account; the trial balance against zero
snapshot        sums kept to tell balances quickly
day total       sums kept to tell the balances of any day quickly
seal.*          every leaf's bytes against the rows, every root against the leaves, the chain of heads, signatures
guard.*         triggers, functions, constraints, rights and row security that keep history as it was
clearing        clearing accounts that have not come back to zero for too long (only where a day is given)
"""

import base64
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlmodel import Session

from gateway.kit import bulk, db, merkle
from gateway.ledger import seal_queries, verify_queries
from gateway.ledger.seal import head_of, list_seals, read_leaves
from gateway.ledger.statement import list_unsettled
from gateway.ledger.tampering import list_tampering

MOST_FINDINGS = 100
"""Of each check; more of the same tell nothing new."""


class Finding(NamedTuple):
    """One thing that is not as it must be."""

    check: str
    subject: str
    detail: str


def verify(
    session: Session,
    *,
    today: dt.date | None = None,
    clearing_days: int = 45,
    keys: Mapping[str, Ed25519PublicKey] | None = None,
) -> list[Finding]:
    """Return everything in the books of this mutual that does not hold; an empty list where they are whole.

    Args:
        session: The open transaction; nothing is written.
        today: Also name the clearing accounts that have been open for longer than ``clearing_days`` on this day.
        clearing_days: How long a clearing account may be open.
        keys: Public keys by their short name, to check the seals' signatures with.
    """
    findings = [Finding(*row) for row in list_tampering(session)]
    for statement in verify_queries.SUMS:
        findings += [Finding(*row) for row in db.rows(session, statement, {"limit": MOST_FINDINGS})]
    findings += _seals(session, keys or {})
    return findings + ([] if today is None else _old_clearing(session, today, clearing_days))


def _seals(session: Session, keys: Mapping[str, Ed25519PublicKey]) -> list[Finding]:
    findings: list[Finding] = []
    head: str | None = None
    below_xid = "0"
    for seal in list_seals(session, limit=1_000_000):
        subject = f"seal {seal.id}"
        if seal.from_xid != below_xid:
            findings.append(
                Finding("seal.chain", subject, f"begins at {seal.from_xid}, the one before ended at {below_xid}")
            )
        root, count, wrong = _recompute(session, seal)
        findings += wrong
        if (root, count) != (seal.root, seal.tx_count):
            detail = f"its {count} leaves give the root {root}, it says {seal.root} over {seal.tx_count}"
            findings.append(Finding("seal.root", subject, detail))
        if head_of(head, seal.root) != seal.head:
            findings.append(Finding("seal.chain", subject, "its head does not follow from the head before it"))
        if seal.key_id in keys and not _is_signed(keys[seal.key_id], seal):
            findings.append(Finding("seal.signature", subject, f"the key {seal.key_id} did not sign its head"))
        head, below_xid = seal.head, seal.below_xid
    return findings


def _recompute(session: Session, seal: Any) -> tuple[str, int, list[Finding]]:
    """Compare each stored leaf with the bytes that the rows give now; the root is that of the stored leaves."""
    tree = merkle.Tree()
    wrong: list[Finding] = []
    now = read_leaves(session, seal.from_xid, seal.below_xid)
    leaf = next(now, None)
    for tx_id, canonical, hashed in _stored_leaves(session, seal.id):
        tree.add(canonical)
        while leaf is not None and leaf.tx_id < tx_id:
            leaf = next(now, None)  # booked, but not sealed: another check names it
        if merkle.leaf_hash(canonical).hex() != hashed:
            wrong.append(Finding("seal.leaf", f"transaction {tx_id}", "its leaf does not have the hash stored with it"))
        elif leaf is not None and leaf.tx_id == tx_id and leaf.canonical != canonical:
            detail = f"was changed after it was sealed; sealed as {canonical.decode()}, now {leaf.canonical.decode()}"
            wrong.append(Finding("seal.leaf", f"transaction {tx_id}", detail))
    return tree.root().hex(), tree.size, wrong[:MOST_FINDINGS]


def _stored_leaves(session: Session, seal_id: int) -> Iterator[tuple[int, bytes, str]]:
    for chunk in bulk.read_chunks(session, seal_queries.LEAVES_OF_SEAL, {"seal_id": seal_id}):
        for tx_id, canonical, hashed in chunk:
            yield tx_id, bytes(canonical), hashed


def _is_signed(key: Ed25519PublicKey, seal: Any) -> bool:
    try:
        key.verify(base64.b64decode(seal.signature or ""), bytes.fromhex(seal.head))
    except InvalidSignature:
        return False
    return True


def _old_clearing(session: Session, today: dt.date, clearing_days: int) -> list[Finding]:
    return [
        Finding("clearing", f"account {one.code}", f"{one.balance_minor} minor units since {one.since_on}")
        for one in list_unsettled(session)
        if (today - one.since_on).days > clearing_days and not one.control.startswith("suspense")
    ]
