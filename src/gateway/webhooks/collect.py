"""Make events of the steps that somebody subscribed to, and a delivery of each event for each of them. Set-based.

The logs are the outbox: a step is written in the transaction that takes it, so there is an event for what was kept and
none for what was not. Rows become visible in another order than their numbers, so reading on from the last number would
miss some; as the seals of the books do, a turn takes the rows of every transaction below a horizon, before which all
have ended, and from there the next one goes on.
"""

from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.webhooks.rules import KINDS

LOCK = """
-- one row: nothing, once no other transaction collects for this mutual
SELECT pg_advisory_xact_lock(hashtextextended('webhooks.collect:' || current_mutual(), 0))
"""

TURN = """
-- at most one row: from which writer on and up to which this turn reads; none where nobody subscribed
SELECT greatest(coalesce((SELECT below_xid FROM webhook_cursor WHERE mutual_id = current_mutual()), '0'::xid8),
                pg_snapshot_xmin(s.since))::text AS from_xid,
       pg_snapshot_xmin(pg_current_snapshot())::text AS below_xid
FROM webhook_subscription s WHERE s.mutual_id = current_mutual() AND s.status <> 'ended' ORDER BY pg_snapshot_xmin(s.since) LIMIT 1
"""

COLLECT = """
-- no row: one event per step of a kind that somebody wants, and one delivery for each who does
WITH kind AS (
    SELECT * FROM unnest(CAST(:types AS text[]), CAST(:versions AS int[]), CAST(:sources AS text[]), CAST(:subjects AS text[]),
                         CAST(:occasions AS text[]), CAST(:statuses AS text[]))
        AS k(type, version, source, subject, occasion, status)
), step AS (
    SELECT k.type, k.version, k.source, l.id AS source_id, k.subject, l.subject_id::text AS subject_id, k.status, l.at,
           l.written_xid
    FROM state_log l
    JOIN kind k ON k.source = 'state_log' AND k.subject = l.subject_kind AND k.occasion = l.to_state
    WHERE l.mutual_id = current_mutual() AND l.written_xid >= CAST(CAST(:from_xid AS text) AS xid8)
      AND l.written_xid < CAST(CAST(:below_xid AS text) AS xid8) AND l.from_state <> l.to_state
    UNION ALL
    SELECT k.type, k.version, k.source, l.id, k.subject, l.subject_id, k.status, l.at, l.written_xid
    FROM audit_log l
    JOIN kind k ON k.source = 'audit_log' AND k.subject = l.subject_kind AND k.occasion = l.action
    WHERE l.mutual_id = current_mutual() AND l.written_xid >= CAST(CAST(:from_xid AS text) AS xid8)
      AND l.written_xid < CAST(CAST(:below_xid AS text) AS xid8)
), wanted AS (
    SELECT t.*, w.id AS subscription_id FROM step t
    JOIN webhook_subscription w ON w.mutual_id = current_mutual() AND t.type = ANY (w.events)
        AND w.status <> 'ended' AND NOT pg_visible_in_snapshot(t.written_xid, w.since)
), told AS (
    INSERT INTO webhook_event (type, version, source, source_id, subject_id, reference, status, occurred_at)
    SELECT DISTINCT t.type, t.version, t.source, t.source_id, t.subject_id,
           coalesce(f.reference::text, b.notice_reference, r.authority_reference), t.status, t.at
    FROM wanted t
    LEFT JOIN filing f ON t.subject = 'filing' AND f.mutual_id = current_mutual() AND f.id = t.subject_id::bigint
    LEFT JOIN bill b ON t.subject = 'bill' AND b.mutual_id = current_mutual() AND b.id = t.subject_id::bigint
    LEFT JOIN benefit_remittance r ON t.subject = 'remittance' AND r.mutual_id = current_mutual() AND r.id = t.subject_id::bigint
    ORDER BY t.at, t.source_id
    ON CONFLICT (mutual_id, source, source_id, type) WHERE source <> 'test' DO NOTHING
    RETURNING id, type, source, source_id
)
INSERT INTO webhook_delivery (subscription_id, event_id)
SELECT t.subscription_id, e.id FROM told e
JOIN wanted t ON t.source = e.source AND t.source_id = e.source_id AND t.type = e.type
ORDER BY e.id, t.subscription_id
"""

MOVE_ON = """
-- no row: how far the logs were read
INSERT INTO webhook_cursor (name, below_xid) VALUES ('log', CAST(CAST(:below_xid AS text) AS xid8))
ON CONFLICT (mutual_id, name) DO UPDATE SET below_xid = excluded.below_xid
"""


class Occasion(NamedTuple):
    """One state that is entered, or one action, and the event that is made of it."""

    type: str
    version: int
    source: str
    subject: str
    occasion: str
    status: str


OCCASIONS = [
    Occasion(kind.type, kind.version, kind.source, kind.subject, str(occasion), str(status))
    for kind in KINDS
    for occasion, status in zip(
        kind.on, kind.statuses if kind.source == "state_log" else kind.statuses * len(kind.on), strict=True
    )
]


def collect(session: Session) -> int:
    """Make the deliveries of what ended since the last turn; return how many."""
    db.first(session, LOCK)
    turn = db.first(session, TURN)
    if turn is None:
        return 0
    types, versions, sources, subjects, occasions, statuses = (list(column) for column in zip(*OCCASIONS, strict=True))
    kinds = {"types": types, "versions": versions, "sources": sources, "subjects": subjects}
    between = {"from_xid": turn.from_xid, "below_xid": turn.below_xid}
    made = db.run(session, COLLECT, {**kinds, "occasions": occasions, "statuses": statuses, **between})
    db.run(session, MOVE_ON, between)
    return made
