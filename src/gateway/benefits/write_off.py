"""Say who bears an advance that the state does not pay back: one manager says, another person approves, then it is booked.

Either the member owes it (``member:<id>:owed``), or it is a loss of the mutual (``expense:benefit-losses``).
"""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.errors import NothingOutstandingError, SecondPersonError
from gateway.benefits.states import WRITE_OFF, WriteOffEvent, WriteOffOutcome, WriteOffStatus
from gateway.kit import audit, db
from gateway.kit.states import InvalidTransitionError
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post

LOSSES = "expense:benefit-losses"
_COLUMNS = "id, claim_id, outcome, amount_minor, reason, status, proposed_by, proposed_at, decided_by, ledger_tx_id"

INSERT = f"""
-- at most one row: the proposal; none where one is open
INSERT INTO benefit_write_off (claim_id, outcome, amount_minor, reason, proposed_by)
VALUES (:claim_id, :outcome, :amount_minor, :reason, :actor)
ON CONFLICT (mutual_id, claim_id) WHERE status = 'proposed' DO NOTHING RETURNING {_COLUMNS}
"""

OPEN = f"""
-- at most one row: the open proposal of a claim, locked
SELECT {_COLUMNS} FROM benefit_write_off
WHERE mutual_id = current_mutual() AND claim_id = :claim_id AND status = 'proposed' FOR UPDATE
"""

OF_CLAIM = f"""
-- one row per word on a claim's advance, oldest first
SELECT {_COLUMNS} FROM benefit_write_off WHERE mutual_id = current_mutual() AND claim_id = :claim_id ORDER BY id
"""

DECIDE = f"""
-- one row: the proposal, decided
UPDATE benefit_write_off SET status = :status, decided_by = :actor, ledger_tx_id = :tx_id
WHERE mutual_id = current_mutual() AND id = :id RETURNING {_COLUMNS}
"""


class WriteOffRow(NamedTuple):
    """Who is to bear an advance, and who said so."""

    id: int
    claim_id: int
    outcome: str
    amount_minor: int
    reason: str
    status: str
    proposed_by: str
    proposed_at: dt.datetime
    decided_by: str | None
    ledger_tx_id: int | None


def list_write_offs(session: Session, claim_id: int) -> list[WriteOffRow]:
    """Return what was said about a claim's advance, oldest first."""
    return [WriteOffRow(*row) for row in db.rows(session, OF_CLAIM, {"claim_id": claim_id})]


def propose_write_off(
    session: Session, claim_id: int, *, outcome: WriteOffOutcome, reason: str, actor: str
) -> WriteOffRow:
    """Propose who bears what is outstanding on a claim.

    Raises:
        ClaimNotFoundError: No such claim.
        NothingOutstandingError: Nothing is.
        InvalidTransitionError: A proposal is open.
    """
    claim = queries.get_claim(session, claim_id, lock=True)
    if claim.outstanding_minor <= 0:
        raise NothingOutstandingError(f"nothing is outstanding on claim {claim_id}")
    values = {"claim_id": claim_id, "outcome": outcome.value, "amount_minor": claim.outstanding_minor}
    row = db.first(session, INSERT, {**values, "reason": reason, "actor": actor})
    if row is None:
        raise InvalidTransitionError(f"a proposal for claim {claim_id} waits for another person's word")
    proposal = WriteOffRow(*row)
    _log(session, proposal, "propose", "", actor)
    return proposal


def approve_write_off(session: Session, claim_id: int, *, actor: str, today: dt.date) -> WriteOffRow:
    """Approve what another person proposed, and book it.

    Raises:
        ClaimNotFoundError: No such claim.
        InvalidTransitionError: Nothing is proposed.
        SecondPersonError: The person who proposed it.
        NothingOutstandingError: Less is outstanding by now than was proposed; decline it and propose anew.
        PeriodClosedError: Today's month is closed in the books.
    """
    claim = queries.get_claim(session, claim_id, lock=True)
    proposal = _open(session, claim_id)
    if proposal.proposed_by == actor:
        raise SecondPersonError(f"{actor} proposed who bears the advance of claim {claim_id}; another person approves")
    if claim.outstanding_minor < proposal.amount_minor:
        raise NothingOutstandingError(
            f"{claim.outstanding_minor} minor units are outstanding by now, {proposal.amount_minor} were proposed;"
            " decline the proposal and make another"
        )
    borne_by = _bearer(session, claim, WriteOffOutcome(proposal.outcome))
    event = Event(
        key=f"benefit-write-off:{proposal.id}",
        kind="benefit.write_off",
        valid_on=today,
        lines=[Line(borne_by, proposal.amount_minor), Line(claim.receivable, -proposal.amount_minor)],
        actor=actor,
        reason=proposal.reason,
        evidence=f"benefit_claim:{claim_id}",
    )
    tx_id = post(session, event).tx_id
    added = {"advanced": 0, "recovered": 0, "written_off": proposal.amount_minor}
    db.run(session, queries.ADD_TO_CLAIM, {"id": claim_id, **added})
    return _decide(session, proposal, WriteOffEvent.APPROVE, actor, tx_id)


def decline_write_off(session: Session, claim_id: int, *, actor: str) -> WriteOffRow:
    """Say no to a proposal, or take one's own back.

    Raises:
        ClaimNotFoundError: No such claim.
        InvalidTransitionError: Nothing is proposed.
    """
    queries.get_claim(session, claim_id, lock=True)
    return _decide(session, _open(session, claim_id), WriteOffEvent.DECLINE, actor, None)


def _open(session: Session, claim_id: int) -> WriteOffRow:
    row = db.first(session, OPEN, {"claim_id": claim_id})
    if row is None:
        raise InvalidTransitionError(f"nobody has proposed who bears the advance of claim {claim_id}")
    return WriteOffRow(*row)


def _bearer(session: Session, claim: ClaimRow, outcome: WriteOffOutcome) -> str:
    if outcome is WriteOffOutcome.LOSS:
        open_accounts(session, [NewAccount(LOSSES)], claim.currency)
        return LOSSES
    owed = f"member:{claim.member_id}:owed"
    open_accounts(session, [NewAccount(owed, "member", claim.member_id)], claim.currency)
    return owed


def _decide(
    session: Session, proposal: WriteOffRow, event: WriteOffEvent, actor: str, tx_id: int | None
) -> WriteOffRow:
    status = WRITE_OFF.advance(WriteOffStatus(proposal.status), event)
    values = {"id": proposal.id, "status": status.value, "actor": actor, "tx_id": tx_id}
    decided = WriteOffRow(*db.one(session, DECIDE, values))
    _log(session, decided, event.value, proposal.status, actor)
    return decided


def _log(session: Session, proposal: WriteOffRow, event: str, from_state: str, actor: str) -> None:
    audit.log_transition(
        session,
        subject_kind="benefit_write_off",
        subject_id=proposal.id,
        event=event,
        from_state=from_state,
        to_state=proposal.status,
        actor=actor,
        reason=f"{proposal.outcome}: {proposal.reason}",
    )
