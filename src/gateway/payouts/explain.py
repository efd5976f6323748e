"""Two people have explained what a provider said of a payout that cannot both be true: its money may move again."""

from sqlmodel import Session

from gateway.kit import audit, db

SETTLE_CONTRADICTION = """
-- at most one row: a contradicted payout that is explained now
UPDATE payout SET contradiction_settled_at = clock_timestamp()
WHERE mutual_id = current_mutual() AND id = :id AND contradiction IS NOT NULL AND contradiction_settled_at IS NULL RETURNING id
"""


def settle_contradiction(session: Session, payout_id: int, *, reason: str | None, actor: str) -> None:
    """Let a contradicted payout's money, where it is still owed, be paid anew; once. Again: no effect."""
    if db.first(session, SETTLE_CONTRADICTION, {"id": payout_id}) is not None:
        audit.record(
            session,
            actor=actor,
            action="payout.explain",
            subject_kind="payout",
            subject_id=payout_id,
            reason=reason,
        )
