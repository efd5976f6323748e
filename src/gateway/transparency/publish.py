"""Write down what whoever keeps a copy outside needs: the heads of every seal of the books, and the log's signed head.

Each head of a seal is SHA-256 over the head before it and the seal's root, so whoever kept one sees whether a later list goes
on from it. ``verify_proof.py`` checks such a list without the gateway.
"""

from importlib import resources
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import signed_note, tenant
from gateway.ledger.seal import list_seals
from gateway.transparency import queries

FORM = "gateway.heads.1"
MOST = 10_000_000
VERIFIER = "verify_proof.py"


class KeyRow(NamedTuple):
    """A key that signs or signed the log's heads."""

    verifier_key: str
    """As C2SP signed-note writes it: name, hash and key."""
    public_key: bytes
    first_size: int
    is_current: bool
    """It signed the newest head."""


def heads_of(session: Session) -> dict[str, Any]:
    """Return every head of this mutual's seals, oldest first, and the log's newest signed head, as plain JSON values.

    Signatures are Ed25519 over the head's 32 bytes, base64; a seal made without a key has none, a log without a key no head.
    """
    heads = [
        {
            "sealed_on": seal.sealed_on.isoformat(),
            "tx_count": seal.tx_count,
            "root": seal.root,
            "head": seal.head,
            "key_id": seal.key_id,
            "signature": seal.signature,
        }
        for seal in list_seals(session, limit=MOST)
    ]
    newest = queries.find_head(session)
    note = None if newest is None else newest.note
    return {"format": FORM, "mutual": tenant.current(session).code, "heads": heads, "checkpoint": note}


def keys_of(session: Session) -> list[KeyRow]:
    """Return every key that ever signed a head of the log, oldest first.

    Raises:
        LogUnsignedError: None did.
    """
    head = queries.get_head(session)
    signed_by = head.signed_by.split(",")
    found = []
    for row in queries.list_keys(session):
        public = bytes(row.public_key)
        is_current = signed_note.key_hash(head.origin, public).hex() in signed_by
        found.append(KeyRow(signed_note.verifier_key(head.origin, public), public, row.first_size, is_current))
    return found


def verifier() -> bytes:
    """Return the program that checks all this without the gateway: one file of plain Python."""
    return (resources.files("gateway.transparency") / VERIFIER).read_bytes()
