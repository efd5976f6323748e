"""Do the same to equal breaks at once: one kind, one explanation, each with its own amount; all of them or none."""

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session

from gateway.reconciliation.errors import CasesDifferError
from gateway.reconciliation.queries import BreakRow, get_break
from gateway.reconciliation.resolve import NO_ENTRY, propose, reject, resolve
from gateway.reconciliation.suggest import Suggestion, suggest

MOST = 500


def propose_many(
    session: Session, break_ids: Sequence[int], *, suggestion: str, reason: str, actor: str
) -> list[BreakRow]:
    """Propose one usual explanation for equal breaks.

    Args:
        session: The open transaction.
        break_ids: Which; each once, at most ``MOST``.
        suggestion: The code of one of their usual explanations, or ``no_entry``.
        reason: In words, for whoever reads the books later.
        actor: Who proposes; somebody else must approve.

    Raises:
        CasesDifferError: Of several kinds, or one has no such explanation.
        BreakUnknownError, InvalidTransitionError, ProposalInvalidError: As for one.
    """
    equal = _equal(session, break_ids)
    return [
        propose(
            session,
            one.id,
            resolution=chosen.resolution,
            lines=chosen.lines,
            reason=reason,
            actor=actor,
        )
        for one, chosen in [(one, _chosen(one, suggestion)) for one in equal]
    ]


def resolve_many(
    session: Session,
    break_ids: Sequence[int],
    *,
    is_approved: bool,
    reason: str,
    valid_on: dt.date,
    actor: str,
    today: dt.date,
    is_supervisor: bool,
) -> list[BreakRow]:
    """Approve and post, or reject, what was proposed for equal breaks.

    Raises:
        CasesDifferError: Of several kinds.
        BreakUnknownError, InvalidTransitionError, SamePersonError, SupervisorNeededError, PeriodClosedError: As for one.
    """
    equal = _equal(session, break_ids)
    if not is_approved:
        return [reject(session, one.id, reason=reason, actor=actor) for one in equal]
    return [
        resolve(session, one.id, valid_on=valid_on, actor=actor, today=today, is_supervisor=is_supervisor)
        for one in equal
    ]


def _equal(session: Session, break_ids: Sequence[int]) -> list[BreakRow]:
    if not break_ids or len(break_ids) > MOST or len(set(break_ids)) != len(break_ids):
        raise CasesDifferError(
            f"from one to {MOST} breaks are done at once, each named once; these are {len(break_ids)}"
        )
    # In the order of their ids, so that two people who do it at once wait for each other and do not block each other.
    found = [get_break(session, number, lock=True) for number in sorted(break_ids)]
    kinds = sorted({one.kind for one in found})
    if len(kinds) > 1:
        raise CasesDifferError(f"these breaks are of several kinds: {', '.join(kinds)}; choose those of one")
    return found


def _chosen(one: BreakRow, code: str) -> Suggestion:
    if code == NO_ENTRY:
        return Suggestion(NO_ENTRY, (), "", NO_ENTRY)
    for usual in suggest(one):
        if usual.code == code:
            return usual
    raise CasesDifferError(f"break {one.id} ({one.kind}) has no usual explanation {code!r}")
