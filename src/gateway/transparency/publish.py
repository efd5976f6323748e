"""Write down the heads of every seal of a mutual's books, for whoever keeps a copy outside.

Each head is SHA-256 over the head before it and the seal's root, so whoever kept one head sees whether a later list goes
on from it. ``tools/verify_proof.py`` checks such a list without the gateway.
"""

from typing import Any

from sqlmodel import Session

from gateway.kit import tenant
from gateway.ledger.seal import list_seals

FORM = "gateway.heads.1"
MOST = 10_000_000


def heads_of(session: Session) -> dict[str, Any]:
    """Return every head of this mutual's seals, oldest first, as plain JSON values.

    Signatures are Ed25519 over the head's 32 bytes, base64; a seal made without a key has none.
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
    return {"format": FORM, "mutual": tenant.current(session).code, "heads": heads}
