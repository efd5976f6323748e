"""What a client asked under a key of its own, and the answer it got.

The lock on a key lasts as long as the transaction; the answer is kept in the same transaction as the effect. So of many
requests with one key at once, one acts and the others see it running or get its answer.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import db

BEGIN = """
-- one row: whether the key is locked for this transaction, and what it was used for before, if it was
SELECT is_mine, fingerprint, status, body, headers FROM idempotency_begin(:client, :route, :key)
"""

KEEP = """
-- no row: the answer under its key
INSERT INTO idempotency_key (client, route, key, fingerprint, status, body, headers)
VALUES (:client, :route, :key, :fingerprint, :status, :body, CAST(:headers AS jsonb))
"""


class Place(NamedTuple):
    """Where a key counts: the same word of another client, or on another route, is another key."""

    client: str
    route: str
    key: str


class Known(NamedTuple):
    """What is known of a key."""

    is_mine: bool
    """This transaction holds the key; False while another one does."""
    fingerprint: str | None
    """Digest of the request it was used for; None where it was not."""
    status: int | None
    body: bytes | None
    headers: Mapping[str, str]


def begin(session: Session, place: Place) -> Known:
    """Take the key for this transaction, if nobody has it, and say what it was used for before."""
    row = db.one(session, BEGIN, place._asdict())
    body = None if row.body is None else bytes(row.body)
    return Known(row.is_mine, row.fingerprint, row.status, body, row.headers or {})


def keep(
    session: Session, place: Place, *, fingerprint: str, status: int, body: bytes, headers: Mapping[str, str]
) -> None:
    """Keep the answer with the effect."""
    values = {"fingerprint": fingerprint, "status": status, "body": body, "headers": json.dumps(dict(headers))}
    db.run(session, KEEP, {**place._asdict(), **values})
