"""Send a collector on a round: her session on the road, and a block of receipt numbers of her own."""

import base64
import datetime as dt
import secrets
from typing import Any

from sqlmodel import Session

from gateway.cash import queries
from gateway.cash.errors import CollectorInvalidError, TillInvalidError
from gateway.cash.open_session import open_session
from gateway.cash.states import TillKind
from gateway.contributions.blocks import issue_block
from gateway.kit import audit, db
from gateway.kit.period import Period
from gateway.kit.signing import PREFIX

COLLECTOR = """
-- at most one row: an active staff user
SELECT username, roles FROM staff_user WHERE mutual_id = current_mutual() AND username = :username AND is_active
"""

INSERT_ROUND = """
-- one row: the new round's id
INSERT INTO collector_round (session_id, block_id, period_start, secret, created_by)
VALUES (:session_id, :block_id, :period_start, :secret, :actor) RETURNING id
"""


def start_round(
    session: Session,
    *,
    collector: str,
    till_code: str,
    period: Period,
    float_minor: int,
    float_from: str | None,
    receipt_count: int,
    actor: str,
    today: dt.date,
) -> Any:
    """Open a collector's session at her till, give her receipt numbers, and return the round.

    Args:
        session: The open transaction.
        collector: Her username.
        till_code: Her till, of kind ``route``.
        period: The month her members pay for.
        float_minor: Change she takes along.
        float_from: As ``open_session``.
        receipt_count: How many numbers she gets.
        actor: Who sends her.
        today: The day the round begins.

    Raises:
        CollectorInvalidError: No active staff user with the collector's role.
        TillInvalidError: Not a collector's till.
        Others: As ``open_session`` and ``issue_block``.
    """
    person = db.first(session, COLLECTOR, {"username": collector})
    if person is None or "collector" not in person.roles:
        raise CollectorInvalidError(f"{collector!r} is no active staff user with the role collector")
    holder = f"staff:{person.username}"
    opened = open_session(
        session,
        till_code=till_code,
        float_minor=float_minor,
        float_from=float_from,
        holder=holder,
        actor=actor,
        today=today,
    )
    if opened.till_kind != TillKind.ROUTE:
        raise TillInvalidError(f"{till_code} stands at the counter; a round is made with a collector's till")
    block = issue_block(session, holder=holder, size=receipt_count, actor=actor)
    secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    values = {"session_id": opened.id, "block_id": block.id, "period_start": period.start, "secret": secret}
    made = int(db.scalar(session, INSERT_ROUND, {**values, "actor": actor}))
    audit.record(
        session,
        actor=actor,
        action="round.start",
        subject_kind="collector_round",
        subject_id=made,
        detail={"collector": holder, "till": till_code, "receipt_count": receipt_count},
    )
    return queries.get_round(session, made)
