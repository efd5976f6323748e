"""Set closed sessions' money on its way to the bank under one reference, and take that back."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from gateway.cash import queries
from gateway.cash.errors import DepositInvalidError, DepositUnknownError
from gateway.cash.queries import Undeposited
from gateway.kit import audit, db
from gateway.kit.errors import FieldProblem

INSERT_DEPOSITS = """
-- no row: sessions whose money goes to the bank together
INSERT INTO cash_deposit (session_id, reference, amount_minor, actor)
SELECT n.session_id, :reference, n.amount_minor, :actor
FROM unnest(CAST(:session_ids AS bigint[]), CAST(:amounts AS bigint[])) AS n (session_id, amount_minor) ORDER BY n.session_id
"""

RELEASE = """
-- one row per session whose money waits again
UPDATE cash_deposit SET released_at = clock_timestamp()
WHERE mutual_id = current_mutual() AND reference = :reference AND released_at IS NULL
"""


class Chosen(NamedTuple):
    """Sessions of one till to be deposited together."""

    till: str
    currency: str
    amount_minor: int
    sessions: list[Undeposited]


def choose(session: Session, session_ids: Sequence[int]) -> Chosen:
    """Return what closed sessions bring to the bank together.

    Raises:
        DepositInvalidError: One is not closed, has nothing to bring, is on its way already, or is of another till.
    """
    waiting = {one.session_id: one for one in queries.list_undeposited(session)}
    wrong = [
        FieldProblem(f"/session_ids/{place}", "deposit_invalid", "not closed, nothing to bring, or on its way already")
        for place, number in enumerate(session_ids)
        if number not in waiting or number in session_ids[:place]
    ]
    if wrong or not session_ids:
        raise DepositInvalidError(
            "a deposit is of closed sessions whose money waits; GET /v1/cash-sessions/undeposited lists them",
            errors=wrong,
        )
    chosen = [waiting[number] for number in sorted(session_ids)]
    if len({one.till for one in chosen}) != 1:
        raise DepositInvalidError("sessions of different tills are brought by deposits of their own")
    return Chosen(chosen[0].till, chosen[0].currency, sum(one.amount_minor for one in chosen), chosen)


def mark_deposited(session: Session, chosen: Chosen, *, reference: str, actor: str) -> None:
    """Remember that the sessions' money is on its way under a reference.

    Raises:
        DepositInvalidError: Somebody has brought one of them at this moment.
    """
    values = {
        "reference": reference,
        "actor": actor,
        "session_ids": [one.session_id for one in chosen.sessions],
        "amounts": [one.amount_minor for one in chosen.sessions],
    }
    try:
        with session.begin_nested():
            db.run(session, INSERT_DEPOSITS, values)
    except IntegrityError as refusal:
        raise DepositInvalidError("one of these sessions was deposited at this moment; look again") from refusal
    audit.record(
        session,
        actor=actor,
        action="cash.deposit",
        subject_kind="cash_deposit",
        subject_id=reference,
        detail={"sessions": values["session_ids"], "amount_minor": chosen.amount_minor},
    )


def release_deposit(session: Session, reference: str, *, reason: str, actor: str) -> None:
    """Let the sessions of a deposit that was not made wait again.

    Raises:
        DepositUnknownError: No deposit on its way has this reference.
    """
    if not db.run(session, RELEASE, {"reference": reference}):
        raise DepositUnknownError(f"no deposit on its way has the reference {reference!r}")
    audit.record(
        session,
        actor=actor,
        action="cash.deposit_release",
        subject_kind="cash_deposit",
        subject_id=reference,
        reason=reason,
    )


def sessions_of(session: Session, reference: str) -> list[Any]:
    """Return the sessions of a deposit."""
    return db.rows(session, queries.DEPOSIT, {"reference": reference})
