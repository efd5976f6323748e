"""Everything cash reads: tills, sessions, counts, rounds and their receipts, and what waits for the bank."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.cash.errors import HandoverUnknownError, RoundUnknownError, SessionUnknownError, TillUnknownError
from gateway.kit import db

UNDEPOSITED = """
-- one row per closed session whose money is set aside and on no way to the bank, oldest first
SELECT s.id AS session_id, s.holder, t.code AS till, s.counted_on AS closed_on, s.currency,
       s.counted_minor - s.kept_minor AS amount_minor
FROM cash_session s
JOIN cash_till t ON t.mutual_id = s.mutual_id AND t.id = s.till_id
WHERE s.mutual_id = current_mutual() AND s.status = 'closed' AND s.counted_minor > s.kept_minor
  AND NOT EXISTS (
    SELECT FROM cash_deposit d
    WHERE d.mutual_id = s.mutual_id AND d.session_id = s.id AND d.released_at IS NULL)
ORDER BY s.counted_on, s.id
"""

SET_ASIDE = f"""
-- one row: what closed sessions of a till have set aside and nobody has brought to the bank
SELECT coalesce(sum(u.amount_minor), 0)::bigint FROM ({UNDEPOSITED}) u WHERE u.till = :code
"""

_TILL = "t.id, t.code, t.name, t.kind, t.currency, t.is_active, t.created_at, t.created_by"

TILLS = f"""
-- one row per till, by code, with who has it open
SELECT {_TILL}, s.id AS session_id, s.holder FROM cash_till t
LEFT JOIN cash_session s ON s.mutual_id = t.mutual_id AND s.till_id = t.id AND s.status <> 'closed'
WHERE t.mutual_id = current_mutual() AND t.code > :after ORDER BY t.code LIMIT :limit
"""

TILL = f"""
-- at most one row: a till
SELECT {_TILL} FROM cash_till t WHERE t.mutual_id = current_mutual() AND t.id = :till_id
"""

TILL_BY_CODE = f"""
-- at most one row: a till, locked so that two sessions of it cannot begin at once
SELECT {_TILL} FROM cash_till t WHERE t.mutual_id = current_mutual() AND t.code = :code FOR NO KEY UPDATE
"""

_SESSION = """s.id, s.till_id, t.code AS till, t.kind AS till_kind, s.holder, s.status, s.currency, s.float_minor, s.opened_on,
    s.opened_at, s.opened_by, s.expected_minor, s.counted_minor, s.kept_minor, s.reason, s.counted_on, s.counted_by,
    s.confirmed_by, s.closed_at, s.difference_tx_id"""

SESSION = f"""
-- at most one row: a session with its till
SELECT {_SESSION} FROM cash_session s JOIN cash_till t ON t.mutual_id = s.mutual_id AND t.id = s.till_id
WHERE s.mutual_id = current_mutual() AND s.id = :session_id
"""

LOCK_SESSION = f"{SESSION} FOR UPDATE OF s"

SESSIONS = f"""
-- one row per session that fits, newest first, before an id
SELECT {_SESSION} FROM cash_session s JOIN cash_till t ON t.mutual_id = s.mutual_id AND t.id = s.till_id
WHERE s.mutual_id = current_mutual() AND s.id < :before
  AND (CAST(:status AS text) IS NULL OR s.status = :status)
  AND (CAST(:holder AS text) IS NULL OR s.holder = :holder)
  AND (CAST(:till AS text) IS NULL OR t.code = :till)
ORDER BY s.id DESC LIMIT :limit
"""

SESSION_RECEIPTS = """
-- one row: how many receipts were issued in a session and their sum; those taken back are not among them
SELECT count(*) AS receipts, coalesce(sum(r.amount_minor), 0)::bigint AS minor
FROM cash_session_receipt l
JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.id = l.receipt_id
WHERE l.mutual_id = current_mutual() AND l.session_id = :session_id
  AND NOT EXISTS (SELECT FROM contribution_reversal v WHERE v.mutual_id = r.mutual_id AND v.receipt_id = r.id)
"""

COUNTS = """
-- one row per count of a session, the first one first
SELECT attempt, pieces, loose_minor, total_minor, expected_minor, actor, at FROM cash_count
WHERE mutual_id = current_mutual() AND session_id = :session_id ORDER BY attempt
"""

_ROUND = """r.id, r.session_id, r.block_id, r.period_start, r.secret, r.created_at, r.created_by, s.holder, s.status,
    s.currency, s.opened_on, s.till_id, t.code AS till, b.size AS number_count"""

_ROUNDS = f"""
SELECT {_ROUND} FROM collector_round r
JOIN cash_session s ON s.mutual_id = r.mutual_id AND s.id = r.session_id
JOIN cash_till t ON t.mutual_id = s.mutual_id AND t.id = s.till_id
JOIN receipt_block b ON b.mutual_id = r.mutual_id AND b.id = r.block_id
WHERE r.mutual_id = current_mutual()
"""

ROUND = f"""
-- at most one row: a round with its session and till
{_ROUNDS} AND r.id = :round_id
"""

LOCK_ROUND = f"""
-- at most one row: a round, its session locked, so that batches of one telephone follow one another
{_ROUNDS} AND r.id = :round_id FOR UPDATE OF s
"""

ROUNDS = f"""
-- one row per round that fits, newest first, before an id
{_ROUNDS} AND r.id < :before AND (CAST(:holder AS text) IS NULL OR s.holder = :holder) ORDER BY r.id DESC LIMIT :limit
"""

ROUND_RECEIPTS = """
-- one row per booked receipt of a round after an id, oldest first
SELECT x.id, x.device_id, x.receipt_id, r.number, r.amount_minor, r.currency, r.paid_on, x.claimed_at, x.received_at,
       x.suspense_reason, v.id IS NOT NULL AS is_reversed
FROM round_receipt x
JOIN contribution_receipt r ON r.mutual_id = x.mutual_id AND r.id = x.receipt_id
LEFT JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id
WHERE x.mutual_id = current_mutual() AND x.round_id = :round_id AND x.id > :after ORDER BY x.id LIMIT :limit
"""

ROUND_REFUSALS = """
-- one row per refused receipt of a round after an id that was not booked since, oldest first
SELECT x.id, x.device_id, x.code, x.detail, x.pointer, x.refused_at FROM round_refusal x
WHERE x.mutual_id = current_mutual() AND x.round_id = :round_id AND x.id > :after
  AND NOT EXISTS (SELECT FROM round_receipt b WHERE b.mutual_id = x.mutual_id AND b.device_id::text = x.device_id)
ORDER BY x.id LIMIT :limit
"""

BOOKED_OF_DEVICES = """
-- one row per id of a telephone that stands for a booked receipt
SELECT x.device_id, x.fingerprint, x.receipt_id, x.round_id, r.number, r.paid_on, x.suspense_reason
FROM round_receipt x JOIN contribution_receipt r ON r.mutual_id = x.mutual_id AND r.id = x.receipt_id
WHERE x.mutual_id = current_mutual() AND x.device_id = ANY (CAST(:device_ids AS uuid[]))
"""

PERSONS = """
-- one row per number that a telephone named and that means one member alone: her id and how she stands
SELECT n.claimed, min(m.id) AS member_id, min(m.status) AS status
FROM (
    SELECT a.claimed, m.id FROM unnest(CAST(:claimed AS text[])) AS a (claimed)
    JOIN member m ON m.mutual_id = current_mutual() AND m.number = upper(a.claimed)
    UNION
    SELECT a.claimed, i.member_id FROM unnest(CAST(:claimed AS text[]), CAST(:bare AS text[])) AS a (claimed, bare)
    JOIN member_identity i ON i.mutual_id = current_mutual() AND i.value = a.bare
) n
JOIN member m ON m.mutual_id = current_mutual() AND m.id = n.id
JOIN ledger_account a ON a.mutual_id = m.mutual_id AND a.owner_kind = 'member' AND a.owner_id = m.id
    AND a.control = 'member:contributions'
GROUP BY n.claimed HAVING count(*) = 1
"""

CLOSED_MONTHS = """
-- one row per month that is closed in the books, since a day
SELECT period_start FROM (
    SELECT DISTINCT ON (period_start) period_start, is_closed FROM ledger_period
    WHERE mutual_id = current_mutual() AND period_start >= :since ORDER BY period_start, id DESC
) p WHERE p.is_closed
"""

ROUTE = """
-- one row per member of a route after an id, by id
SELECT m.id, m.number, m.given_names, m.first_surname, m.second_surname, m.status FROM route_member r
JOIN member m ON m.mutual_id = r.mutual_id AND m.id = r.member_id
WHERE r.mutual_id = current_mutual() AND r.till_id = :till_id AND m.id > :after ORDER BY m.id LIMIT :limit
"""

DEPOSIT = """
-- one row per session whose money a deposit brings
SELECT d.session_id, d.amount_minor, d.released_at FROM cash_deposit d
WHERE d.mutual_id = current_mutual() AND d.reference = :reference ORDER BY d.session_id
"""


OPEN_SESSION_OF = """
-- at most one row: the open session of a person, held so that it is not counted at this moment
SELECT s.id, t.code AS till, s.currency FROM cash_session s
JOIN cash_till t ON t.mutual_id = s.mutual_id AND t.id = s.till_id
WHERE s.mutual_id = current_mutual() AND s.holder = :holder AND s.status = 'open' FOR NO KEY UPDATE OF s
"""

_HANDOVER = """id, from_session_id, from_till, giver, receiver, status, currency, amount_minor, given_on, given_at, note,
    to_session_id, to_till, counted_minor, reason, confirmed_by, ended_at"""

HANDOVER = f"""
-- at most one row: a handover
SELECT {_HANDOVER} FROM cash_handover WHERE mutual_id = current_mutual() AND id = :id
"""

HANDOVERS = f"""
-- one row per handover that fits, newest first, before an id: one person's, or everybody's
SELECT {_HANDOVER} FROM cash_handover
WHERE mutual_id = current_mutual() AND id < :before AND (CAST(:status AS text) IS NULL OR status = :status)
  AND (CAST(:person AS text) IS NULL OR giver = :person OR receiver = :person)
ORDER BY id DESC LIMIT :limit
"""


HANDOVER_WAITS = """
-- at most one row: a handover that was counted into a session and waits for a third person
SELECT id FROM cash_handover
WHERE mutual_id = current_mutual() AND to_session_id = :session_id AND status = 'counted' LIMIT 1
"""

COUNTED_HANDOVERS = """
-- one row per handover whose count differs and waits for a third person, by id
SELECT id, from_till, to_till, receiver, currency, counted_minor - amount_minor AS difference_minor FROM cash_handover
WHERE mutual_id = current_mutual() AND status = 'counted' ORDER BY id
"""


class Undeposited(NamedTuple):
    """A closed session whose money waits for the bank."""

    session_id: int
    holder: str
    till: str
    closed_on: dt.date
    currency: str
    amount_minor: int


def list_undeposited(session: Session) -> list[Undeposited]:
    """Return every closed session whose money is on no way to the bank, oldest first."""
    return [Undeposited(*row) for row in db.rows(session, UNDEPOSITED)]


def list_tills(session: Session, *, after: str, limit: int) -> list[Any]:
    """Return tills by code, with the session each has."""
    return db.rows(session, TILLS, {"after": after, "limit": limit})


def get_till(session: Session, till_id: int) -> Any:
    """Return a till.

    Raises:
        TillUnknownError: None has this identifier.
    """
    row = db.first(session, TILL, {"till_id": till_id})
    if row is None:
        raise TillUnknownError(f"no till {till_id}; GET /v1/tills lists them")
    return row


def get_session(session: Session, session_id: int, *, lock: bool = False) -> Any:
    """Return a cash session with its till, locked if asked for.

    Raises:
        SessionUnknownError: None has this identifier.
    """
    row = db.first(session, LOCK_SESSION if lock else SESSION, {"session_id": session_id})
    if row is None:
        raise SessionUnknownError(f"no cash session {session_id}")
    return row


def list_sessions(
    session: Session, *, status: str | None, holder: str | None, till: str | None, before: int, limit: int
) -> list[Any]:
    """Return sessions, newest first."""
    values = {"status": status, "holder": holder, "till": till, "before": before, "limit": limit}
    return db.rows(session, SESSIONS, values)


def get_round(session: Session, round_id: int, *, lock: bool = False) -> Any:
    """Return a round with its session and till, the session locked if asked for.

    Raises:
        RoundUnknownError: None has this identifier.
    """
    row = db.first(session, LOCK_ROUND if lock else ROUND, {"round_id": round_id})
    if row is None:
        raise RoundUnknownError(f"no round {round_id}")
    return row


def list_rounds(session: Session, *, holder: str | None, before: int, limit: int) -> list[Any]:
    """Return rounds, newest first."""
    return db.rows(session, ROUNDS, {"holder": holder, "before": before, "limit": limit})


def list_round_receipts(session: Session, round_id: int, *, refused: bool, after: int, limit: int) -> list[Any]:
    """Return a round's receipts that were booked, or those that were refused and not booked since, oldest first."""
    statement = ROUND_REFUSALS if refused else ROUND_RECEIPTS
    return db.rows(session, statement, {"round_id": round_id, "after": after, "limit": limit})


def counts_of(session: Session, session_id: int) -> Sequence[Any]:
    """Return every count of a session, the first one first."""
    return db.rows(session, COUNTS, {"session_id": session_id})


def receipts_of(session: Session, session_id: int) -> tuple[int, int]:
    """Return how many receipts stand that were issued in a session, and their sum in minor units."""
    row = db.one(session, SESSION_RECEIPTS, {"session_id": session_id})
    return int(row.receipts), int(row.minor)


def get_handover(session: Session, handover_id: int, *, lock: bool = False) -> Any:
    """Return a handover, locked for its next step if asked.

    Raises:
        HandoverUnknownError: The mutual has none with this id.
    """
    row = db.first(session, HANDOVER + ("FOR NO KEY UPDATE" if lock else ""), {"id": handover_id})
    if row is None:
        raise HandoverUnknownError(f"no handover {handover_id} of cash; GET /v1/cash-handovers lists them")
    return row


def list_handovers(session: Session, *, status: str | None, person: str | None, before: int, limit: int) -> list[Any]:
    """Return handovers, newest first: those that a person gave or is to count, or everybody's."""
    return db.rows(session, HANDOVERS, {"status": status, "person": person, "before": before, "limit": limit})


def list_counted_handovers(session: Session) -> list[Any]:
    """Return the handovers whose count differs and waits for a third person."""
    return db.rows(session, COUNTED_HANDOVERS)
