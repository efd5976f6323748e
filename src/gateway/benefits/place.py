"""Give a benefit in suspense to the member it belongs to, once a person has found out."""

import datetime as dt

from sqlmodel import Session

from gateway.benefits import queries
from gateway.benefits.allot import SUSPENSE
from gateway.benefits.errors import NotInSuspenseError
from gateway.benefits.queries import RemittanceLineRow
from gateway.benefits.recover import follow_remittance
from gateway.benefits.states import LINE, LineEvent, LineStatus
from gateway.kit import audit, db
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post


def place(
    session: Session, line_id: int, *, member_id: int, reason: str, actor: str, today: dt.date
) -> RemittanceLineRow:
    """Credit a suspended line to a member, with the reason; the same placement again has no effect.

    Raises:
        RemittanceLineNotFoundError: No such line.
        BeneficiaryUnknownError: No such member.
        NotInSuspenseError: The line is not in suspense.
    """
    line = queries.get_line(session, line_id, lock=True)
    if line.match == LineStatus.PLACED and line.member_id == member_id:
        return line
    if not LINE.allows(LineStatus(line.match), LineEvent.PLACE):
        raise NotInSuspenseError(f"line {line_id} is {line.match}; only a line in suspense can be placed")
    queries.require_member(session, member_id)
    account = f"member:{member_id}:benefits"
    open_accounts(session, [NewAccount(account, "member", member_id)], line.currency)
    event = Event(
        key=f"remittance-line:{line_id}:placement",
        kind="benefit.place",
        valid_on=today,
        lines=[Line(SUSPENSE, line.amount_minor), Line(account, -line.amount_minor)],
        actor=actor,
        reason=reason,
        evidence=f"remittance:{line.remittance_id}",
    )
    posted = post(session, event)
    placed = {"id": line_id, "member_id": member_id, "amount_minor": line.amount_minor}
    db.run(session, queries.PLACE_LINE, {**placed, "status": LINE.target(LineEvent.PLACE).value})
    db.run(session, queries.INSERT_PLACEMENT, {**placed, "tx_id": posted.tx_id, "actor": actor, "reason": reason})
    db.run(session, queries.MOVE_FROM_SUSPENSE, {**placed, "remittance_id": line.remittance_id})
    audit.record(
        session,
        actor=actor,
        action="benefit.place",
        subject_kind="remittance_line",
        subject_id=line_id,
        reason=reason,
        detail={"member_id": member_id, "remittance_id": line.remittance_id, "was": line.reason},
    )
    follow_remittance(session, line.remittance_id, actor=actor, today=today, line_id=line_id)
    return queries.get_line(session, line_id)
