"""Things that may start once only, for example one kind of run for one month, whoever starts it."""

from sqlmodel import Session

from gateway.kit import db

CLAIM = """
-- no row: the claim, unless somebody has it
INSERT INTO run_once (kind, key, actor) VALUES (:kind, :key, :actor) ON CONFLICT (mutual_id, kind, key) DO NOTHING
"""


def claim(session: Session, kind: str, key: str, actor: str) -> bool:
    """Claim the right to start something; return False where it is taken.

    Of two that claim at once, the second waits for the first's commit and then gets False, or True if the first
    rolled back. The claim and the work it allows belong in one transaction.
    """
    return db.run(session, CLAIM, {"kind": kind, "key": key, "actor": actor}) == 1
