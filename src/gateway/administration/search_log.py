"""Search what was written down: changes by people and machines, and steps of the state machines, in one list by time.

Two logs are read side by side, each by its own index, and merged; only as many rows are read as the page shows, unless
a text is looked for: then the days that were asked for are read through.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session

from gateway.administration.errors import LogQuestionError
from gateway.kit import db, tenant
from gateway.kit.logs import mask_value

LONGEST_TEXT_DAYS = 366
USUAL_TEXT_DAYS = 31
LAST_ID = 2**63 - 1


class LogKind(StrEnum):
    """What a row of the log is."""

    CHANGE = "change"
    """Somebody did something that has a name."""
    STEP = "step"
    """Something went from one state to another."""


class LogRow(NamedTuple):
    """One row of either log; numbers and tokens that may identify somebody are hidden."""

    at: dt.datetime
    kind: str
    id: int
    actor: str
    action: str
    """Noun and verb, for example ``receipt.reverse``; of a step, what it is of and the event."""
    subject_kind: str
    subject_id: str
    reason: str | None
    detail: dict[str, Any]
    from_state: str | None
    to_state: str | None
    trace_id: str | None
    evidence_id: int | None


@dataclass(frozen=True, slots=True)
class LogQuestion:
    """What is looked for; None is anything."""

    actor: str | None = None
    """Whole, for example ``staff:ana``, or as far as the colon: ``worker:`` is every worker."""
    action: str | None = None
    """Whole, or its noun alone: ``receipt`` is everything about receipts."""
    subject_kind: str | None = None
    subject_id: str | None = None
    from_on: dt.date | None = None
    to_on: dt.date | None = None
    """The last day, whole, by the mutual's clock."""
    text: str | None = None
    """Anywhere in the reason or the detail, whatever its case."""
    kind: LogKind | None = None


_CHANGE = """SELECT at, 'change' AS kind, id, actor, action, subject_kind, subject_id, reason, detail, NULL::text AS from_state,
       NULL::text AS to_state, trace_id, NULL::bigint AS evidence_id
FROM audit_log WHERE mutual_id = current_mutual()"""
_STEP = """SELECT at, 'step' AS kind, id, actor, subject_kind || '.' || event AS action, subject_kind, subject_id::text AS subject_id,
       reason, '{}'::jsonb AS detail, from_state, to_state, NULL::text AS trace_id, evidence_id
FROM state_log WHERE mutual_id = current_mutual()"""
_NEWEST = "ORDER BY at DESC, id DESC LIMIT :limit"

CHANGE_FILTERS = {
    "actor": "actor = :actor",
    "actor_kind": "actor LIKE :actor_kind",
    "action": "action = :action",
    "noun": "action LIKE :noun",
    "subject_kind": "subject_kind = :subject_kind",
    "subject_id": "subject_id = :subject_id",
    "since": "at >= :since",
    "until": "at < :until",
    "text": "(reason ILIKE :text OR detail::text ILIKE :text)",
    "change_at": "(at, id) < (CAST(:change_at AS timestamptz), :change_id)",
}
STEP_FILTERS = {
    **CHANGE_FILTERS,
    "action": "subject_kind = :action_noun AND event = :action_verb",
    "noun": "subject_kind = :action_noun",
    "subject_id": "subject_id = :subject_number",
    "text": "reason ILIKE :text",
    "change_at": "(at, id) < (CAST(:step_at AS timestamptz), :step_id)",
}


def search_log(
    session: Session,
    asked: LogQuestion,
    *,
    today: dt.date,
    limit: int,
    after: tuple[dt.datetime, str, int] | None = None,
) -> list[LogRow]:
    """Return what was written down, newest first.

    Args:
        session: The open transaction.
        asked: What is looked for. With a text and no first day, the last 31 days are looked through.
        today: The mutual's day.
        limit: At most so many rows.
        after: Time, kind and number of the last row of the page before.

    Raises:
        LogQuestionError: Days in the wrong order, or more of them than a text is looked for in.
    """
    values = {**_values(session, asked, today), **_place(after)}
    branches = []
    if asked.kind is not LogKind.STEP:
        branches.append(_branch(_CHANGE, CHANGE_FILTERS, values))
    # What is about no number cannot be a step.
    if asked.kind is not LogKind.CHANGE and ("subject_id" not in values or "subject_number" in values):
        branches.append(_branch(_STEP, STEP_FILTERS, values))
    if not branches:
        return []
    statement = f"SELECT * FROM ({' UNION ALL '.join(branches)}) l ORDER BY at DESC, kind, id DESC LIMIT :limit"
    found = [LogRow(*row) for row in db.rows(session, statement, {**values, "limit": limit})]
    return [row._replace(reason=mask_value(row.reason), detail=mask_value(row.detail)) for row in found]


def _branch(select: str, filters: Mapping[str, str], values: Mapping[str, Any]) -> str:
    wanted = "".join(f" AND {condition}" for name, condition in filters.items() if name in values)
    return f"({select}{wanted} {_NEWEST})"


def _values(session: Session, asked: LogQuestion, today: dt.date) -> dict[str, Any]:
    last, first = asked.to_on or today, asked.from_on
    if first is not None and first > last:
        raise LogQuestionError(f"from {first} is after {last}")
    if asked.text is not None:
        first = first or last - dt.timedelta(days=USUAL_TEXT_DAYS)
        if (last - first).days > LONGEST_TEXT_DAYS:
            raise LogQuestionError(f"a text is looked for in at most {LONGEST_TEXT_DAYS} days; ask for fewer")
    values: dict[str, Any] = {}
    if asked.actor is not None:
        values |= {"actor_kind": _literal(asked.actor) + "%"} if asked.actor.endswith(":") else {"actor": asked.actor}
    if asked.action is not None:
        noun, dot, verb = asked.action.partition(".")
        values["action_noun"] = noun
        values |= {"action": asked.action, "action_verb": verb} if dot else {"noun": _literal(noun) + ".%"}
    if asked.subject_kind is not None:
        values["subject_kind"] = asked.subject_kind
    if asked.subject_id is not None:
        values["subject_id"] = asked.subject_id
        if asked.subject_id.isascii() and asked.subject_id.isdigit() and int(asked.subject_id) <= LAST_ID:
            values["subject_number"] = int(asked.subject_id)
    if asked.text is not None:
        values["text"] = f"%{_literal(asked.text)}%"
    zone = ZoneInfo(tenant.current(session).time_zone)
    if first is not None:
        values["since"] = dt.datetime.combine(first, dt.time(), zone)
    if asked.to_on is not None:
        values["until"] = dt.datetime.combine(asked.to_on + dt.timedelta(days=1), dt.time(), zone)
    return values


def _place(after: tuple[dt.datetime, str, int] | None) -> dict[str, Any]:
    """Return where each log goes on: rows are in order of time, at one instant changes before steps, and by number."""
    if after is None:
        return {}
    at, kind, number = after
    is_change = kind == LogKind.CHANGE
    return {
        "change_at": at,
        "change_id": number if is_change else -1,
        "step_at": at,
        "step_id": LAST_ID if is_change else number,
    }


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
