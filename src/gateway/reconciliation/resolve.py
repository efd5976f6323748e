"""Explain a break: one person proposes an entry or says why none is needed, another approves it, then it is posted.

Nothing is edited. What a resolution moves, it moves by a ledger transaction with its reason.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post, require_accounts
from gateway.reconciliation import queries
from gateway.reconciliation.errors import ProposalInvalidError, SamePersonError
from gateway.reconciliation.queries import BreakRow, get_break
from gateway.reconciliation.states import BREAK, BreakEvent, BreakStatus

POST_ENTRY, NO_ENTRY = "post_entry", "no_entry"
HOUSE = ("expense:", "income:", "reserve:", "suspense:", "unclaimed")

PROPOSE = """
-- the break with its proposal
UPDATE reconciliation_break SET status = :status, proposal = CAST(:proposal AS jsonb), proposed_by = :actor, reason = :reason
WHERE mutual_id = current_mutual() AND id = :break_id
"""

RESOLVE = """
-- the break, explained
UPDATE reconciliation_break SET status = :status, resolution = :resolution, resolved_by = :actor, resolved_at = now(), ledger_tx_id = :tx_id
WHERE mutual_id = current_mutual() AND id = :break_id
"""

DECLINE = """
-- the break, open again because the second person said no
UPDATE reconciliation_break SET status = :status, proposal = '{}'::jsonb, proposed_by = NULL, reason = NULL
WHERE mutual_id = current_mutual() AND id = :break_id
"""


class Suggestion(NamedTuple):
    """An entry that would explain a break."""

    code: str
    """``refund_member``, ``charge_reserve``, ``book_bank_charge``, …"""
    lines: tuple[Line, ...]
    meaning: str


def suggest(a_break: BreakRow) -> list[Suggestion]:
    """Return the usual explanations of a break; a person chooses, changes or finds another.

    Where the state took less than was reserved, the rest waits on ``suspense:state`` and is the member's. Where it
    took more, the difference is there with the other sign.
    """
    minor, found = a_break.amount_minor, []
    if a_break.kind == "amount_changed":
        member = f"member:{a_break.ours['member_id']}:contributions"
        if minor < 0:
            lines = (Line("suspense:state", -minor), Line(member, minor))
            found.append(Suggestion("refund_member", lines, "Give what the state did not take back to the member"))
        else:
            lines = (Line(member, minor), Line("suspense:state", -minor))
            found.append(Suggestion("charge_member", lines, "Take what the state took more from the member's credit"))
    if a_break.kind in {"amount_changed", "bill_differs"} and minor > 0:
        lines = (Line("reserve:solidarity", minor), Line("suspense:state", -minor))
        found.append(Suggestion("charge_reserve", lines, "Let the reserve carry what the state took more"))
    if a_break.kind == "bill_differs":
        code = "expense:state-differences" if minor > 0 else "income:state-differences"
        lines = (Line(code, minor), Line("suspense:state", -minor))
        found.append(Suggestion("book_difference", lines, "Book the difference as an expense or income of the house"))
    if a_break.kind == "bank_debit_unknown":
        lines = (Line("expense:bank-charges", -minor), Line("suspense:bank", minor))
        found.append(Suggestion("book_bank_charge", lines, "It is a charge of the bank"))
    return found


def propose(
    session: Session, break_id: int, *, resolution: str, lines: Sequence[Line], reason: str, actor: str
) -> BreakRow:
    """Propose how a break is explained; a second proposal replaces the first.

    Args:
        session: The open transaction.
        break_id: Which break.
        resolution: ``post_entry`` with lines, or ``no_entry`` without.
        lines: The entry, accounts by code; sums to zero.
        reason: In words, for whoever reads the books later.
        actor: Who proposes; somebody else must approve.

    Raises:
        BreakUnknownError: No such break.
        InvalidTransitionError: It is resolved.
        ProposalInvalidError: Lines that do not balance, too few, or lines with ``no_entry``.
        UnknownAccountError: An account that the books do not have.
    """
    found = get_break(session, break_id, lock=True)
    status = BREAK.advance(BreakStatus(found.status), BreakEvent.PROPOSE)
    _check(resolution, lines, reason)
    house = [NewAccount(line.account) for line in lines if line.account.startswith(HOUSE)]
    open_accounts(session, house, found.currency)
    require_accounts(session, [line.account for line in lines])
    proposal = {"resolution": resolution, "lines": [list(line) for line in lines]}
    values = {"status": status, "proposal": json.dumps(proposal), "actor": actor, "reason": reason}
    db.run(session, PROPOSE, {**values, "break_id": break_id})
    _log(session, found, BreakEvent.PROPOSE, status, actor, reason)
    return get_break(session, break_id)


def decline(session: Session, break_id: int, *, reason: str, actor: str) -> BreakRow:
    """Say no to a proposal; the break is open again.

    Raises:
        BreakUnknownError: No such break.
        InvalidTransitionError: Nothing is proposed.
    """
    found = get_break(session, break_id, lock=True)
    status = BREAK.advance(BreakStatus(found.status), BreakEvent.DECLINE)
    db.run(session, DECLINE, {"status": status, "break_id": break_id})
    _log(session, found, BreakEvent.DECLINE, status, actor, reason)
    return get_break(session, break_id)


def resolve(session: Session, break_id: int, *, valid_on: dt.date, actor: str) -> BreakRow:
    """Approve what another person proposed, and post it.

    Raises:
        BreakUnknownError: No such break.
        InvalidTransitionError: Nothing is proposed.
        SamePersonError: The person who proposed it.
        FloorBrokenError: An account would hold less than it may.
        PeriodClosedError: ``valid_on`` lies in a closed month.
    """
    found = get_break(session, break_id, lock=True)
    status = BREAK.advance(BreakStatus(found.status), BreakEvent.RESOLVE)
    if found.proposed_by == actor:
        raise SamePersonError("the person who proposes an explanation does not approve it; ask a colleague")
    lines = [Line(code, int(minor)) for code, minor in found.proposal["lines"]]
    tx_id = None
    if lines:
        event = Event(
            key=f"break:{break_id}",
            kind="break.resolution",
            valid_on=valid_on,
            lines=lines,
            actor=actor,
            reason=found.reason,
            evidence=f"break:{break_id}",
        )
        tx_id = post(session, event).tx_id
    values = {"status": status, "resolution": found.proposal["resolution"], "actor": actor, "tx_id": tx_id}
    db.run(session, RESOLVE, {**values, "break_id": break_id})
    _log(session, found, BreakEvent.RESOLVE, status, actor, found.reason)
    return get_break(session, break_id)


def note(session: Session, break_id: int, *, text: str, actor: str) -> BreakRow:
    """Keep what somebody found out about a break; a month may be closed over an open break that has a note.

    Raises:
        BreakUnknownError: No such break.
        ProposalInvalidError: An empty note.
    """
    found = get_break(session, break_id)
    if not text.strip():
        raise ProposalInvalidError("a note needs words: what was found out, who was asked, what is expected when")
    db.run(session, queries.INSERT_NOTE, {"break_id": break_id, "note": text.strip(), "actor": actor})
    return found


def _check(resolution: str, lines: Sequence[Line], reason: str) -> None:
    if not reason.strip():
        raise ProposalInvalidError("a reason is needed: whoever reads the books later has nothing else")
    if resolution == NO_ENTRY:
        if lines:
            raise ProposalInvalidError(f"{NO_ENTRY!r} has no lines; with lines it is {POST_ENTRY!r}")
        return
    if resolution != POST_ENTRY:
        raise ProposalInvalidError(f"unknown resolution {resolution!r}; expected {POST_ENTRY!r} or {NO_ENTRY!r}")
    total = sum(line.amount_minor for line in lines)
    if len(lines) < 2 or total or any(line.amount_minor == 0 for line in lines):
        raise ProposalInvalidError(
            f"an entry has two lines or more, none of them zero, that sum to zero; these {len(lines)} sum to {total}"
        )


def _log(
    session: Session, found: BreakRow, event: BreakEvent, to_state: BreakStatus, actor: str, reason: str | None
) -> None:
    audit.log_transition(
        session,
        subject_kind="reconciliation_break",
        subject_id=found.id,
        event=event,
        from_state=found.status,
        to_state=to_state,
        actor=actor,
        reason=reason,
    )
