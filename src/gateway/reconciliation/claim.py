"""Say whose a statement line's money is, by a person: out of suspense, or away from the wrong member.

The money moves by a placement; a match that was wrong is undone by a row of its own and followed by the right one, so that
both stay to be seen, in the matches as in each member's statement.
"""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.contributions.place import place_line
from gateway.kit import audit, db
from gateway.reconciliation import queries
from gateway.reconciliation.errors import LineUnknownError, NotAReceiptError
from gateway.reconciliation.states import STATEMENT_LINE, StatementLineEvent, StatementLineStatus

PERSON = "person"


def claim_line(session: Session, line_id: int, *, member_id: int, reason: str, actor: str, today: dt.date) -> None:
    """Give a line's money to a member; what it was matched to before is undone first.

    Raises:
        LineUnknownError: No such line.
        NotAReceiptError: The line is no payment of a member's: a transfer, a debit, money of the state.
        AlreadyPlacedError, MemberNotFoundError, ReceiptUsedError, ReceiptReversedError, PeriodClosedError: As placing does.
    """
    line = db.first(session, queries.LINE, {"line_id": line_id})
    if line is None:
        raise LineUnknownError(f"no line {line_id} of any statement")
    if line.receipt_line_id is None:
        raise NotAReceiptError(f"line {line_id} is no member's payment; it is {line.matched_kind or line.rule}")
    place_line(session, line.receipt_line_id, member_id=member_id, reason=reason, actor=actor, today=today)
    note_claim(session, line, member_id=member_id, reason=reason, actor=actor)


def note_claim(session: Session, line: Any, *, member_id: int, reason: str, actor: str) -> None:
    """Write the matches of a line whose money has just been placed."""
    status = StatementLineStatus(line.status)
    if status is not StatementLineStatus.MATCHED:
        status = leave_suspense(session, line, reason=reason, actor=actor)
    values = {"line_id": line.id, "fields": [], "kind": "member", "reason": reason, "actor": actor, "tx_id": None}
    for match in standing_matches(session, line.id):
        undone = {**values, "kind": match.kind, "matched_id": match.matched_id, "amount_minor": -match.amount_minor}
        db.run(session, queries.INSERT_MATCH, {**undone, "rule": PERSON, "undoes": match.id})
    new = {**values, "rule": PERSON, "matched_id": member_id, "amount_minor": line.amount_minor, "undoes": None}
    db.run(session, queries.INSERT_MATCH, new)
    db.run(session, queries.REMATCH_LINE, {"line_id": line.id, "status": status, "member_id": member_id})
    audit.record(
        session,
        actor=actor,
        action="statement_line.claim",
        subject_kind="bank_statement_line",
        subject_id=line.id,
        reason=reason,
        detail={"member_id": member_id},
    )


def leave_suspense(session: Session, line: Any, *, reason: str, actor: str) -> StatementLineStatus:
    """Let a line whose money was in suspense go on, and log the step; the state it has now is for the caller to write."""
    status = STATEMENT_LINE.advance(StatementLineStatus(line.status), StatementLineEvent.CLAIM)
    audit.log_transition(
        session,
        subject_kind="bank_statement_line",
        subject_id=line.id,
        event=StatementLineEvent.CLAIM,
        from_state=line.status,
        to_state=status,
        actor=actor,
        reason=reason,
    )
    return status


def standing_matches(session: Session, line_id: int) -> list[Any]:
    """Return the matches of a line that are not undone."""
    found = db.rows(session, queries.LINE_MATCHES, {"line_id": line_id})
    undone = {match.undoes for match in found}
    return [match for match in found if match.undoes is None and match.id not in undone]
