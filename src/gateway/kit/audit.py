"""Who did what, and which step each state machine took. Rows are inserted, never changed.

A request's trace id reaches the log through the transaction's setting ``gateway.trace_id``, where the edge sets it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import bulk, db

INSERT_AUDIT = """
-- no row: one change, named
INSERT INTO audit_log (actor, action, subject_kind, subject_id, reason, detail, trace_id)
VALUES (:actor, :action, :subject_kind, :subject_id, :reason, CAST(:detail AS jsonb),
        nullif(current_setting('gateway.trace_id', true), ''))
"""

INSERT_TRANSITIONS = """
-- no row: one step per element of the arrays
INSERT INTO state_log (subject_kind, subject_id, event, from_state, to_state, actor, reason, evidence_id)
SELECT * FROM unnest(CAST(:subject_kind AS text[]), CAST(:subject_id AS bigint[]), CAST(:event AS text[]),
                     CAST(:from_state AS text[]), CAST(:to_state AS text[]), CAST(:actor AS text[]),
                     CAST(:reason AS text[]), CAST(:evidence_id AS bigint[]))
"""

INSERT_SELECTED_TRANSITIONS = """
-- no row: one step per row of the query
INSERT INTO state_log (subject_kind, subject_id, event, from_state, to_state, actor, reason, evidence_id)
"""

TRANSITIONS_OF = """
-- one row per step of one subject, oldest first
SELECT at, event, from_state, to_state, actor, reason, evidence_id FROM state_log
WHERE mutual_id = current_mutual() AND subject_kind = :subject_kind AND subject_id = :subject_id ORDER BY id
"""

NEWEST_OF = """
-- at most one row: the newest change that somebody made
SELECT id FROM audit_log WHERE mutual_id = current_mutual() AND actor = :actor AND action <> :besides
ORDER BY at DESC, id DESC LIMIT 1
"""

CHANGES_OF = """
-- one row per named change of one subject, oldest first
SELECT at, actor, action, reason, detail, trace_id FROM audit_log
WHERE mutual_id = current_mutual() AND subject_kind = :subject_kind AND subject_id = :subject_id ORDER BY id
"""


BIND_TRACE = """
-- one row: the trace id, for the rest of the transaction
SELECT set_config('gateway.trace_id', :trace_id, true)
"""


class Transition(NamedTuple):
    """One step of a state machine."""

    subject_kind: str
    subject_id: int
    event: str
    from_state: str
    to_state: str
    actor: str
    reason: str | None = None
    evidence_id: int | None = None


def bind_trace(session: Session, trace_id: str | None) -> None:
    """Let what this transaction writes down carry the request's trace id."""
    db.rows(session, BIND_TRACE, {"trace_id": trace_id or ""})


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    subject_kind: str,
    subject_id: int | str,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down a change: who, what (``receipt.reverse``), to which subject, why, and what else explains it.

    ``detail`` holds no personal data beyond identifiers: the log is read by more people than the members' files.
    """
    db.run(
        session,
        INSERT_AUDIT,
        {
            "actor": actor,
            "action": action,
            "subject_kind": subject_kind,
            "subject_id": str(subject_id),
            "reason": reason,
            "detail": json.dumps(dict(detail or {}), default=str),
        },
    )


def log_transition(
    session: Session,
    *,
    subject_kind: str,
    subject_id: int,
    event: str,
    from_state: str,
    to_state: str,
    actor: str,
    reason: str | None = None,
    evidence_id: int | None = None,
) -> None:
    """Write down one step of one state machine."""
    log_transitions(
        session, [Transition(subject_kind, subject_id, event, from_state, to_state, actor, reason, evidence_id)]
    )


def log_transitions(session: Session, rows: Iterable[Transition]) -> None:
    """Write down many steps in one statement."""
    steps = list(rows)
    if steps:
        columns = zip(*steps, strict=True)
        db.run(session, INSERT_TRANSITIONS, dict(zip(Transition._fields, map(list, columns), strict=True)))


def log_selected_transitions(session: Session, query: str, values: Mapping[str, Any] | None = None) -> int:
    """Write down a step for each row of a query; return how many. Nothing passes through this process.

    Args:
        session: The open transaction.
        query: SELECT with psycopg's ``%(name)s`` parameters that gives the columns of ``Transition`` in their order.
        values: The parameters.
    """
    return bulk.execute(session, INSERT_SELECTED_TRANSITIONS + query, values)


def list_transitions(session: Session, subject_kind: str, subject_id: int) -> list[Any]:
    """Return every step of one subject, oldest first."""
    return db.rows(session, TRANSITIONS_OF, {"subject_kind": subject_kind, "subject_id": subject_id})


def list_changes(session: Session, subject_kind: str, subject_id: int | str) -> list[Any]:
    """Return every named change of one subject, oldest first."""
    return db.rows(session, CHANGES_OF, {"subject_kind": subject_kind, "subject_id": str(subject_id)})


def newest_of(session: Session, actor: str, *, besides: str = "") -> int:
    """Return a number that grows with each change that somebody makes; 0 before the first.

    Args:
        session: The open transaction.
        actor: Who.
        besides: An action that is no change.
    """
    row = db.first(session, NEWEST_OF, {"actor": actor, "besides": besides})
    return 0 if row is None else int(row.id)
