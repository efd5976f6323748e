"""Owe back to a member who left what she had paid in and nothing used: one proposes, another agrees, payouts bring it."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.contributions.allotment import Leaving, in_force
from gateway.contributions.errors import RefundRefusedError, RefundUnknownError, SamePersonError
from gateway.contributions.states import REFUND, RefundEvent, RefundStatus
from gateway.kit import audit, db, tenant
from gateway.ledger.errors import FloorBrokenError
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import current_balance
from gateway.membership.queries import lock_member
from gateway.membership.states import MemberStatus

_COLUMNS = """id, member_id, amount_minor, currency, status, reason, proposed_by, proposed_at, decided_by, decided_at,
    decision_reason, ledger_tx_id"""

REFUND_ROW = f"""
-- at most one row: a refund, locked
SELECT {_COLUMNS} FROM contribution_refund WHERE mutual_id = current_mutual() AND id = :refund_id FOR UPDATE
"""

REFUNDS = f"""
-- one row per refund that fits, newest first, before an id
SELECT {_COLUMNS} FROM contribution_refund
WHERE mutual_id = current_mutual() AND id < :before AND (CAST(:status AS text) IS NULL OR status = :status)
ORDER BY id DESC LIMIT :limit
"""

OPEN_REFUND = """
-- at most one row: a member's refund that waits for a second person
SELECT id FROM contribution_refund
WHERE mutual_id = current_mutual() AND member_id = :member_id AND status = 'proposed'
"""

INSERT_REFUND = """
-- one row: the new refund's id
INSERT INTO contribution_refund (member_id, amount_minor, currency, reason, proposed_by)
VALUES (:member_id, :amount_minor, :currency, :reason, :actor) RETURNING id
"""

DECIDE_REFUND = """
-- no row: the refund as the second person decided
UPDATE contribution_refund SET status = :status, decided_by = :actor, decided_at = clock_timestamp(),
    decision_reason = :reason, ledger_tx_id = :tx_id
WHERE mutual_id = current_mutual() AND id = :refund_id
"""


class RefundRow(NamedTuple):
    """A refund."""

    id: int
    member_id: int
    amount_minor: int
    currency: str
    status: str
    reason: str
    proposed_by: str
    proposed_at: dt.datetime
    decided_by: str | None
    decided_at: dt.datetime | None
    decision_reason: str | None
    ledger_tx_id: int | None


def list_refunds(session: Session, *, status: str | None, before: int, limit: int) -> list[RefundRow]:
    """Return refunds, newest first."""
    values = {"status": status, "before": before, "limit": limit}
    return [RefundRow(*row) for row in db.rows(session, REFUNDS, values)]


def get_refund(session: Session, refund_id: int) -> RefundRow:
    """Return a refund, locked.

    Raises:
        RefundUnknownError: None has this identifier.
    """
    row = db.first(session, REFUND_ROW, {"refund_id": refund_id})
    if row is None:
        raise RefundUnknownError(f"no refund {refund_id}")
    return RefundRow(*row)


def propose_refund(session: Session, member_id: int, *, reason: str, actor: str, today: dt.date) -> RefundRow:
    """Propose to owe back everything a member who left still has; nothing is booked yet.

    Raises:
        MemberNotFoundError: No such member.
        RefundRefusedError: The mutual's rule keeps it, she has not left, has nothing, or a refund of hers waits already.
    """
    member = lock_member(session, member_id)
    if in_force(session, today)[1].on_leaving is not Leaving.REFUND:
        raise RefundRefusedError("the mutual's standing rule keeps what a member leaves behind; it refunds nothing")
    if member.status not in (MemberStatus.LEFT, MemberStatus.DECEASED):
        raise RefundRefusedError(f"member {member.number} is {member.status}; only who has left is refunded")
    if db.first(session, OPEN_REFUND, {"member_id": member_id}) is not None:
        raise RefundRefusedError(f"a refund of member {member.number} waits for a second person already")
    held = current_balance(session, _paid_in(member_id))
    if held <= 0:
        raise RefundRefusedError(f"member {member.number} has nothing that could be refunded")
    values = {"member_id": member_id, "amount_minor": held, "currency": tenant.current(session).currency}
    made = int(db.scalar(session, INSERT_REFUND, {**values, "reason": reason, "actor": actor}))
    audit.record(session, actor=actor, action="refund.propose", subject_kind="refund", subject_id=made, reason=reason)
    return get_refund(session, made)


def decide_refund(
    session: Session, refund_id: int, *, is_agreed: bool, reason: str | None, actor: str, today: dt.date
) -> RefundRow:
    """Agree to a refund another person proposed, and book it among what she is owed; or decline it.

    Raises:
        RefundUnknownError: No such refund.
        InvalidTransitionError: It was decided before.
        SamePersonError: The actor proposed it.
        RefundRefusedError: She has less by now than was proposed; decline it and propose another.
        PeriodClosedError: Today's month is closed in the books.
    """
    found = get_refund(session, refund_id)
    event = RefundEvent.AGREE if is_agreed else RefundEvent.DECLINE
    status = REFUND.advance(RefundStatus(found.status), event)
    if found.proposed_by == actor:
        raise SamePersonError(f"{actor} proposed refund {refund_id}; another person decides on it")
    tx_id = _book(session, found, actor=actor, today=today) if is_agreed else None
    values = {"refund_id": refund_id, "status": status.value, "actor": actor, "reason": reason, "tx_id": tx_id}
    db.run(session, DECIDE_REFUND, values)
    audit.log_transition(
        session,
        subject_kind="refund",
        subject_id=refund_id,
        event=event.value,
        from_state=found.status,
        to_state=status.value,
        actor=actor,
        reason=reason,
    )
    return get_refund(session, refund_id)


def _book(session: Session, found: RefundRow, *, actor: str, today: dt.date) -> int:
    event = Event(
        key=f"refund:{found.id}",
        kind="refund",
        valid_on=today,
        lines=[
            Line(_paid_in(found.member_id), found.amount_minor),
            Line(f"member:{found.member_id}:benefits", -found.amount_minor),
        ],
        actor=actor,
        reason=found.reason,
        evidence=f"refund:{found.id}",
    )
    try:
        return post(session, event).tx_id
    except FloorBrokenError as refusal:
        raise RefundRefusedError(
            "the member has less by now than was proposed; decline this refund and propose another"
        ) from refusal


def _paid_in(member_id: int) -> str:
    return f"member:{member_id}:contributions"
