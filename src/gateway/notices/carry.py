"""Carry notices as short messages: each once, whatever happens on the way.

``sending`` is committed before a message leaves, under a reference made of the notice alone. What is found in it later, after
a crash or an answer that never came, is asked about first; only what the carrier has none of is sent again.
"""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.bank.errors import PayerOutcomeUnknownError, PayerRefusedError, PayerUnavailableError
from gateway.bank.sms import Carried, SmsChannel
from gateway.kit import audit, db
from gateway.notices.states import NOTICE, NoticeEvent, NoticeStatus

IN_HAND = """
-- one row per notice that was being sent when we last heard of it, oldest first
SELECT n.id, m.phone, n.text FROM notice n
JOIN member m ON m.mutual_id = n.mutual_id AND m.id = n.member_id
WHERE n.mutual_id = current_mutual() AND n.status = 'sending' ORDER BY n.id LIMIT :limit
"""

TAKE = """
-- one row per notice that is being sent from now on, oldest first
WITH taken AS (
    UPDATE notice SET status = :status, changed_at = clock_timestamp()
    WHERE mutual_id = current_mutual() AND id IN (
        SELECT id FROM notice
        WHERE mutual_id = current_mutual() AND status = ANY (CAST(:sources AS text[])) AND (due_on IS NULL OR due_on <= :today)
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id, member_id, text
)
SELECT t.id, m.phone, t.text FROM taken t JOIN member m ON m.mutual_id = current_mutual() AND m.id = t.member_id ORDER BY t.id
"""

STEP = """
-- no row: a notice one step further
UPDATE notice SET status = :status, status_reason = :reason, changed_at = clock_timestamp()
WHERE mutual_id = current_mutual() AND id = :id AND status = ANY (CAST(:sources AS text[]))
"""

CHUNK = 50
MOST = 1_000
"""Messages of one run; the rest waits for the next."""


class Way(NamedTuple):
    """What carrying needs: transactions of its own, somebody who carries, and a name for the log."""

    open_session: Callable[[], AbstractContextManager[Session]]
    channel: SmsChannel
    mutual_code: str
    actor: str
    today: dt.date


def carry(way: Way) -> int:
    """Ask about what is in doubt, then carry what waits; return how many messages the carrier has taken.

    It stops early where the carrier cannot be reached: the rest waits for the next run.
    """
    sent = 0
    with way.open_session() as session:
        doubtful = db.rows(session, IN_HAND, {"limit": MOST})
    for notice in doubtful:
        try:
            known = way.channel.find(_reference(way, notice.id))
        except (PayerUnavailableError, PayerOutcomeUnknownError, PayerRefusedError):
            return sent
        sent += _after(way, notice.id, known)
    for _ in range(MOST // CHUNK):
        taken = _take(way)
        for place, notice in enumerate(taken):
            try:
                sent += _send(way, notice)
            except PayerUnavailableError as refusal:
                for left in taken[place:]:
                    _step(way, left.id, NoticeEvent.PROVE_UNSENT, refusal.detail)
                return sent
        if len(taken) < CHUNK:
            break
    return sent


def _take(way: Way) -> list[Any]:
    event = NoticeEvent.START_SENDING
    values = {"status": NOTICE.target(event).value, "sources": NOTICE.sources(event), "today": way.today}
    with way.open_session() as session:
        taken = db.rows(session, TAKE, {**values, "limit": CHUNK})
        audit.log_transitions(
            session,
            [
                audit.Transition(
                    "notice",
                    row.id,
                    event.value,
                    NoticeStatus.WAITING.value,
                    NoticeStatus.SENDING.value,
                    way.actor,
                )
                for row in taken
            ],
        )
    return taken


def _send(way: Way, notice: Any) -> int:
    if not notice.phone:
        _step(way, notice.id, NoticeEvent.FAIL, "no_telephone")
        return 0
    try:
        way.channel.send(_reference(way, notice.id), notice.phone, notice.text)
    except PayerRefusedError as refusal:
        _step(way, notice.id, NoticeEvent.FAIL, refusal.detail)
        return 0
    except PayerOutcomeUnknownError:
        return 0  # it stays in hand and is asked about in the next run
    _step(way, notice.id, NoticeEvent.SEND, None)
    return 1


def _after(way: Way, notice_id: int, known: Carried | None) -> int:
    if known is None:
        _step(way, notice_id, NoticeEvent.PROVE_UNSENT, None)
        return 0
    events = {"failed": NoticeEvent.FAIL, "delivered": NoticeEvent.DELIVER}
    _step(way, notice_id, events.get(known.status, NoticeEvent.SEND), None)
    return 1


def _step(way: Way, notice_id: int, event: NoticeEvent, reason: str | None) -> None:
    target = NOTICE.target(event).value
    with way.open_session() as session:
        moved = db.run(
            session, STEP, {"id": notice_id, "status": target, "reason": reason, "sources": NOTICE.sources(event)}
        )
        if moved:
            audit.log_transition(
                session,
                subject_kind="notice",
                subject_id=notice_id,
                event=event.value,
                from_state=NoticeStatus.SENDING.value,
                to_state=target,
                actor=way.actor,
                reason=reason,
            )


def _reference(way: Way, notice_id: int) -> str:
    return f"{way.mutual_code}-{notice_id}"
