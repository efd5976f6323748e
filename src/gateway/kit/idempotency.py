"""What a client asked under a key of its own, and the answer it got.

The lock on a key lasts as long as the transaction (``request_begin`` of ``migrations/sql/staff.sql`` takes it); the
answer is kept in the same transaction as the effect. So of many requests with one key at once, one acts and the others
see it running or get its answer.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.kit.db import driver

KEEP = """
-- no row: the answer under its key
INSERT INTO idempotency_key (client, route, key, fingerprint, status, body, headers)
VALUES (%(client)s, %(route)s, %(key)s, %(fingerprint)s, %(status)s, %(body)s, %(headers)s)
"""

HOLD = """
-- one row: whether this transaction holds the key now
SELECT pg_try_advisory_xact_lock(
    hashtextextended(concat_ws(chr(31), 'idempotency', current_mutual(), CAST(:client AS text), CAST(:route AS text), CAST(:key AS text)), 0))
"""

KEPT = """
-- at most one row: the answer under a key
SELECT fingerprint, status, body, headers FROM idempotency_key
WHERE mutual_id = current_mutual() AND client = :client AND route = :route AND key = :key
"""


class Place(NamedTuple):
    """Where a key counts: the same word of another client, or on another route, is another key."""

    client: str
    route: str
    key: str


class Known(NamedTuple):
    """What is known of a key."""

    is_mine: bool | None
    """This transaction holds the key; False while another one does, None where no key was asked for."""
    fingerprint: str | None
    """Digest of the request it was used for; None where it was not."""
    status: int | None
    body: bytes | None
    headers: Mapping[str, str] | None


def take(session: Session, place: Place) -> Known:
    """Take a key for this transaction and return what it was used for; ``request_begin`` does the same for the staff."""
    values = place._asdict()
    is_mine = bool(db.scalar(session, HOLD, values))
    # Looked at after the lock: what a transaction that ended meanwhile kept is seen.
    row = db.first(session, KEPT, values)
    return Known(is_mine, None, None, None, None) if row is None else Known(is_mine, *row)


def keep(
    session: Session, place: Place, *, fingerprint: str, status: int, body: bytes, headers: Mapping[str, str]
) -> None:
    """Keep the answer with the effect."""
    values = {"fingerprint": fingerprint, "status": status, "body": body, "headers": json.dumps(dict(headers))}
    driver(session).execute(KEEP, {**place._asdict(), **values})
