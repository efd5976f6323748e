"""The steps of a claim: checked by its table of states, written down with who took them. No word of anybody's health."""

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.states import CLAIM, INSTALMENT, ClaimEvent, ClaimStatus, InstalmentEvent
from gateway.kit import audit, db
from gateway.kit.audit import Transition


def advance_claim(
    session: Session, claim: ClaimRow, event: ClaimEvent, *, actor: str, reason: str | None = None
) -> ClaimRow:
    """Bring a claim to its next state.

    Raises:
        InvalidTransitionError: Not from where it stands.
    """
    status = CLAIM.advance(ClaimStatus(claim.status), event)
    db.run(session, queries.MOVE_CLAIM, {"id": claim.id, "status": status.value})
    audit.log_transition(
        session,
        subject_kind="benefit_claim",
        subject_id=claim.id,
        event=event.value,
        from_state=claim.status,
        to_state=status.value,
        actor=actor,
        reason=reason,
    )
    return queries.get_claim(session, claim.id)


def advance_instalments(
    session: Session,
    claim: ClaimRow,
    event: InstalmentEvent,
    *,
    actor: str,
    reason: str | None = None,
    number: int | None = None,
) -> int:
    """Bring every instalment of a claim that may take a step, or the one named, to its next state; return how many."""
    target = INSTALMENT.target(event).value
    values = {"claim_id": claim.id, "status": target, "sources": INSTALMENT.sources(event), "reason": reason}
    before = {one.id: one.status for one in queries.list_instalments(session, claim.id)}
    moved = db.rows(session, queries.MOVE_INSTALMENTS, {**values, "number": number})
    steps = [
        Transition("benefit_claim_instalment", row.id, event.value, before[row.id], target, actor, reason)
        for row in moved
    ]
    audit.log_transitions(session, steps)
    return len(moved)
