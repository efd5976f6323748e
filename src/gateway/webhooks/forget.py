"""Delete what was told so long ago that nobody asks for it again: events, their deliveries and attempts."""

import datetime as dt

from sqlmodel import Session

from gateway.kit import db, tenant
from gateway.webhooks.rules import kept_days

FORGET_ATTEMPTS = """
-- no row: the attempts of what is too old
DELETE FROM webhook_attempt a USING webhook_delivery d, webhook_event e
WHERE a.mutual_id = current_mutual() AND d.mutual_id = a.mutual_id AND d.id = a.delivery_id AND e.mutual_id = d.mutual_id
  AND e.id = d.event_id AND e.created_at < now() - CAST(:kept AS interval)
"""

FORGET_DELIVERIES = """
-- no row: the deliveries of what is too old, those that wait too: their subscription is disabled since
DELETE FROM webhook_delivery d USING webhook_event e
WHERE d.mutual_id = current_mutual() AND e.mutual_id = d.mutual_id AND e.id = d.event_id
  AND e.created_at < now() - CAST(:kept AS interval)
"""

FORGET_EVENTS = """
-- no row: what is too old
DELETE FROM webhook_event WHERE mutual_id = current_mutual() AND created_at < now() - CAST(:kept AS interval)
"""


def forget(session: Session, *, today: dt.date) -> int:
    """Delete what is older than the mutual keeps it; return how many events. The steps stay in the logs for ever."""
    kept = {"kept": dt.timedelta(days=kept_days(tenant.current(session).settings, today))}
    db.run(session, FORGET_ATTEMPTS, kept)
    db.run(session, FORGET_DELIVERIES, kept)
    return db.run(session, FORGET_EVENTS, kept)
