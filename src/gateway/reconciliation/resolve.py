"""Explain a break: one person proposes, another approves, then it is posted; or she rejects it and it waits for another.

A proposal is an entry (``post_entry``), a member whose money it is (``place``), the word that no entry is needed
(``no_entry``), that an announcement is taken back (``take_back``) or stands in a line's sum (``shown_in_sum``), or, made by the
machine for old suspense, ``unclaimed``. Nothing is edited: what a resolution moves, it moves
by a ledger transaction with its reason.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from gateway.contributions.place import place_line
from gateway.contributions.queries import MEMBER_EXISTS, PLACEMENT_TX
from gateway.kit import audit, db
from gateway.kit.happened import check_happened
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post, require_accounts
from gateway.membership.errors import MemberNotFoundError
from gateway.payouts.explain import settle_contradiction
from gateway.reconciliation import queries
from gateway.reconciliation.age import UNCLAIMED
from gateway.reconciliation.announced import (
    SHOWN_IN_SUM,
    TAKE_BACK,
    check_sum,
    check_take_back,
    show_in_sum,
    take_back,
)
from gateway.reconciliation.claim import note_claim
from gateway.reconciliation.errors import ProposalInvalidError, SamePersonError, SupervisorNeededError
from gateway.reconciliation.queries import BreakRow, get_break
from gateway.reconciliation.rules import SUPERVISED_DAYS, needs_supervisor
from gateway.reconciliation.states import BREAK, BreakEvent, BreakStatus

POST_ENTRY, NO_ENTRY, PLACE = "post_entry", "no_entry", "place"
OF_ANNOUNCEMENTS = frozenset({TAKE_BACK, SHOWN_IN_SUM})
HOUSE = ("expense:", "income:", "reserve:", "suspense:", UNCLAIMED)
SOMEBODYS = frozenset({"receipt_suspense", "benefit_suspense"})
"""Kinds whose money is somebody's, whoever it is: it is never the house's income."""

PROPOSE = """
-- the break with its proposal
UPDATE reconciliation_break SET status = :status, proposal = CAST(:proposal AS jsonb), proposed_by = :actor, reason = :reason
WHERE mutual_id = current_mutual() AND id = :break_id
"""

POST = """
-- the break, explained
UPDATE reconciliation_break SET status = :status, resolution = :resolution, resolved_by = :actor, resolved_at = now(), ledger_tx_id = :tx_id
WHERE mutual_id = current_mutual() AND id = :break_id
"""

REJECT = """
-- the break whose proposal the second person does not share; what was proposed stays to be seen
UPDATE reconciliation_break SET status = :status, proposed_by = NULL
WHERE mutual_id = current_mutual() AND id = :break_id
"""

ASSIGN = """
-- the break with the person who took it on, and until when
UPDATE reconciliation_break SET owner = :owner, due_on = coalesce(CAST(:due_on AS date), due_on)
WHERE mutual_id = current_mutual() AND id = :break_id
"""


def propose(
    session: Session,
    break_id: int,
    *,
    resolution: str,
    lines: Sequence[Line] = (),
    member_id: int | None = None,
    statement_line_id: int | None = None,
    announced_line_ids: Sequence[int] = (),
    reason: str,
    actor: str,
) -> BreakRow:
    """Propose how a break is explained; a second proposal replaces the first.

    Args:
        session: The open transaction.
        break_id: Which break.
        resolution: ``post_entry`` with lines, ``place`` with a member, ``shown_in_sum`` with a line, ``take_back`` or
            ``no_entry`` with nothing.
        lines: The entry, accounts by code; sums to zero.
        member_id: Whose the money in suspense is.
        statement_line_id: In which line's sum the announcement stands.
        announced_line_ids: All the announcements that make it, the break's own among them; that one alone if left out.
        reason: In words, for whoever reads the books later.
        actor: Who proposes; somebody else must approve.

    Raises:
        BreakUnknownError: No such break.
        InvalidTransitionError: It is explained already.
        ProposalInvalidError: Lines that do not balance, too few, what the resolution has no use for, or somebody's money
            as the house's income.
        MemberNotFoundError: No such member.
        UnknownAccountError: An account that the books do not have.
    """
    found = get_break(session, break_id, lock=True)
    status = BREAK.advance(BreakStatus(found.status), BreakEvent.PROPOSE)
    _check(found, resolution, lines, member_id, reason)
    parts = _check_announced(session, found, resolution, statement_line_id, announced_line_ids)
    if member_id is not None and db.first(session, MEMBER_EXISTS, {"member_id": member_id}) is None:
        raise MemberNotFoundError(f"there is no member {member_id}")
    house = [NewAccount(line.account) for line in lines if line.account.startswith(HOUSE)]
    open_accounts(session, house, found.currency)
    require_accounts(session, [line.account for line in lines])
    proposal: dict[str, Any] = {"resolution": resolution, "lines": [list(line) for line in lines]}
    if member_id is not None:
        proposal["member_id"] = member_id
    if parts:
        proposal |= {"statement_line_id": statement_line_id, "announced_line_ids": parts}
    values = {"status": status, "proposal": json.dumps(proposal), "actor": actor, "reason": reason}
    db.run(session, PROPOSE, {**values, "break_id": break_id})
    _log(session, found, BreakEvent.PROPOSE, found.status, status, actor, reason)
    return get_break(session, break_id)


def reject(session: Session, break_id: int, *, reason: str, actor: str) -> BreakRow:
    """Say no to a proposal; the break waits for another one.

    Raises:
        BreakUnknownError: No such break.
        InvalidTransitionError: Nothing is proposed.
        ProposalInvalidError: No reason.
    """
    found = get_break(session, break_id, lock=True)
    status = BREAK.advance(BreakStatus(found.status), BreakEvent.REJECT)
    if not reason.strip():
        raise ProposalInvalidError("a reason is needed: whoever proposed it has to know what is wrong with it")
    db.run(session, REJECT, {"status": status, "break_id": break_id})
    _log(session, found, BreakEvent.REJECT, found.status, status, actor, reason)
    return get_break(session, break_id)


def resolve(
    session: Session, break_id: int, *, valid_on: dt.date, actor: str, today: dt.date, is_supervisor: bool
) -> BreakRow:
    """Approve what another person proposed, and post it.

    Args:
        session: The open transaction.
        break_id: Which break.
        valid_on: The day its entry counts from.
        actor: Who approves.
        today: Decides how old it is.
        is_supervisor: Whether she may approve what is older than thirty days.

    Raises:
        BreakUnknownError: No such break.
        InvalidTransitionError: Nothing is proposed.
        NotHappenedError: ``valid_on`` has not come.
        SamePersonError: The person who proposed it.
        SupervisorNeededError: It is too old for her.
        FloorBrokenError: An account would hold less than it may.
        PeriodClosedError: ``valid_on`` lies in a closed month.
        ProposalInvalidError: What was announced has been taken back or shown since.
        ReceiptUsedError: The money to be taken back has been used.
    """
    found = get_break(session, break_id, lock=True)
    approved = BREAK.advance(BreakStatus(found.status), BreakEvent.APPROVE)
    check_happened(valid_on, today, "/valid_on")
    if found.proposed_by == actor:
        raise SamePersonError("the person who proposes an explanation does not approve it; ask a colleague")
    if needs_supervisor(found.since_on, today) and not is_supervisor:
        raise SupervisorNeededError(
            f"the difference counts from {found.since_on}; after {SUPERVISED_DAYS} days a manager approves its explanation"
        )
    _log(session, found, BreakEvent.APPROVE, found.status, approved, actor, found.reason)
    resolution = str(found.proposal["resolution"])
    if resolution == PLACE:
        tx_id = _place(session, found, actor, today)
    elif resolution in OF_ANNOUNCEMENTS:
        tx_id = _settle_announced(session, found, actor, today)
    else:
        tx_id = _post(session, found, valid_on, actor)
    if found.kind == "payout_contradicted":
        settle_contradiction(session, found.subject_id, reason=found.reason, actor=actor)
    status = BREAK.advance(approved, BreakEvent.POST)
    values = {"status": status, "resolution": resolution, "actor": actor, "tx_id": tx_id}
    db.run(session, POST, {**values, "break_id": break_id})
    _log(session, found, BreakEvent.POST, approved, status, actor, found.reason)
    return get_break(session, break_id)


def assign(session: Session, break_id: int, *, owner: str, due_on: dt.date | None, actor: str) -> BreakRow:
    """Say who looks after a break, and until when.

    Raises:
        BreakUnknownError: No such break.
    """
    get_break(session, break_id, lock=True)
    db.run(session, ASSIGN, {"break_id": break_id, "owner": owner, "due_on": due_on})
    audit.record(
        session,
        actor=actor,
        action="break.assign",
        subject_kind="reconciliation_break",
        subject_id=break_id,
        detail={"owner": owner, "due_on": due_on},
    )
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


def _post(session: Session, found: BreakRow, valid_on: dt.date, actor: str) -> int | None:
    lines = [Line(code, int(minor)) for code, minor in found.proposal["lines"]]
    if not lines:
        return None
    event = Event(
        key=f"break:{found.id}",
        kind="break.resolution",
        valid_on=valid_on,
        lines=lines,
        actor=actor,
        reason=found.reason,
        evidence=f"break:{found.id}",
    )
    return post(session, event).tx_id


def _place(session: Session, found: BreakRow, actor: str, today: dt.date) -> int | None:
    member_id, reason = int(found.proposal["member_id"]), found.reason or ""
    placed = place_line(session, found.subject_id, member_id=member_id, reason=reason, actor=actor, today=today)
    line_id = found.ours.get("statement_line_id")
    line = None if line_id is None else db.first(session, queries.LINE, {"line_id": line_id})
    if line is not None:
        note_claim(session, line, member_id=member_id, reason=reason, actor=actor)
    version = next(one.placement_version for one in placed.receipt.lines if one.id == found.subject_id)
    moved = db.first(session, PLACEMENT_TX, {"line_id": found.subject_id, "version": version})
    return None if moved is None else moved.ledger_tx_id


def _settle_announced(session: Session, found: BreakRow, actor: str, today: dt.date) -> int:
    told, reason = found.proposal, found.reason or ""
    if told["resolution"] == TAKE_BACK:
        return take_back(session, found.subject_id, reason=reason, actor=actor, today=today)
    line_id, parts = int(told["statement_line_id"]), told["announced_line_ids"]
    return show_in_sum(session, line_id, parts, reason=reason, actor=actor, today=today)


def _check_announced(
    session: Session, found: BreakRow, resolution: str, line_id: int | None, announced_ids: Sequence[int]
) -> list[int]:
    """Return the announcements of a sum; refuse what could not be done, so that nobody approves it in vain."""
    if (line_id is not None) != (resolution == SHOWN_IN_SUM) or (announced_ids and resolution != SHOWN_IN_SUM):
        raise ProposalInvalidError(f"{SHOWN_IN_SUM!r} names the statement's line and its parts, and nothing else does")
    if resolution in OF_ANNOUNCEMENTS and found.kind != "announcement_unshown":
        raise ProposalInvalidError(f"{resolution!r} is for an announcement that nothing shows, not for {found.kind}")
    if resolution == TAKE_BACK:
        check_take_back(session, found.subject_id)
    if line_id is None:
        return []
    parts = sorted(announced_ids) or [found.subject_id]
    if found.subject_id not in parts:
        raise ProposalInvalidError(f"the break's own announcement {found.subject_id} is not among the parts of the sum")
    check_sum(session, line_id, parts)
    return parts


def _check(found: BreakRow, resolution: str, lines: Sequence[Line], member_id: int | None, reason: str) -> None:
    if not reason.strip():
        raise ProposalInvalidError("a reason is needed: whoever reads the books later has nothing else")
    if (member_id is not None) != (resolution == PLACE):
        raise ProposalInvalidError(f"{PLACE!r} names the member whose money it is, and nothing else does")
    if resolution == PLACE and found.kind != "receipt_suspense":
        raise ProposalInvalidError(f"{PLACE!r} is for money of receipts in suspense, not for {found.kind}")
    if resolution in {NO_ENTRY, PLACE, *OF_ANNOUNCEMENTS}:
        if lines:
            raise ProposalInvalidError(f"{resolution!r} has no lines; with lines it is {POST_ENTRY!r}")
        return
    if resolution != POST_ENTRY:
        expected = ", ".join(repr(one) for one in (POST_ENTRY, PLACE, TAKE_BACK, SHOWN_IN_SUM, NO_ENTRY))
        raise ProposalInvalidError(f"unknown resolution {resolution!r}; expected one of {expected}")
    total = sum(line.amount_minor for line in lines)
    if len(lines) < 2 or total or any(line.amount_minor == 0 for line in lines):
        raise ProposalInvalidError(
            f"an entry has two lines or more, none of them zero, that sum to zero; these {len(lines)} sum to {total}"
        )
    if found.kind in SOMEBODYS and any(line.account.startswith(("income:", "reserve:", "expense:")) for line in lines):
        raise ProposalInvalidError(
            "money whose owner is not known is never the house's: it goes to the member, back to who paid it, or to unclaimed"
        )


def _log(
    session: Session,
    found: BreakRow,
    event: BreakEvent,
    from_state: str,
    to_state: BreakStatus,
    actor: str,
    reason: str | None,
) -> None:
    audit.log_transition(
        session,
        subject_kind="reconciliation_break",
        subject_id=found.id,
        event=event,
        from_state=from_state,
        to_state=to_state,
        actor=actor,
        reason=reason,
    )
