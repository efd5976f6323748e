"""What came from outside or left the house, kept whole before anything interprets it. Rows are inserted, never changed."""

import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.kit.errors import NotFoundError
from gateway.kit.models import Packing

SMALL = 2000
"""Octets below which nothing is packed: about as much as the database keeps within a row."""
FAST = 1
"""The level of zlib that takes least time: an answer's pages become a tenth or less by it already."""

INSERT = """
-- one row: the new evidence's id
INSERT INTO evidence (kind, source, media_type, sha256, body, packing, about)
VALUES (:kind, :source, :media_type, :sha256, :body, :packing, CAST(:about AS jsonb)) RETURNING id
"""

FIND = """
-- at most one row: the first evidence of a kind with this digest
SELECT id FROM evidence WHERE mutual_id = current_mutual() AND kind = :kind AND sha256 = :sha256 ORDER BY id LIMIT 1
"""

READ = """
-- at most one row: the evidence, whole
SELECT kind, source, media_type, sha256, body, packing, about, received_at FROM evidence
WHERE mutual_id = current_mutual() AND id = :id
"""


class EvidenceNotFoundError(NotFoundError):
    """No evidence of this mutual has the identifier."""

    code = "evidence_not_found"
    title = "No such evidence"


class Kept(NamedTuple):
    """A piece of evidence as it was received or sent."""

    kind: str
    source: str
    media_type: str
    sha256: str
    body: bytes
    about: dict[str, Any]
    received_at: dt.datetime


class Packed(NamedTuple):
    """Bytes as they are kept, and what they are found by."""

    sha256: str
    body: bytes
    packing: Packing


def digest(body: bytes) -> str:
    """Return the SHA-256 that evidence is found by, hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def keep(
    session: Session,
    *,
    kind: str,
    source: str,
    media_type: str,
    body: bytes | Packed,
    about: Mapping[str, Any] | None = None,
) -> int:
    """Keep bytes with their digest and return their identifier.

    The same bytes are kept again each time they come: that they came twice is evidence too. Ask ``find`` first where
    the same file must have no second effect.
    """
    packed = body if isinstance(body, Packed) else pack(body)
    values = {"kind": kind, "source": source, "media_type": media_type, **packed._asdict()}
    return int(db.scalar(session, INSERT, {**values, "about": json.dumps(dict(about or {}), default=str)}))


def pack(body: bytes) -> Packed:
    """Return bytes as ``keep`` keeps them; for who would rather do it while the database works."""
    # The database would pack them as well, in three times the time and to five times the size.
    sha256, whole = digest(body), bytes(body)
    packed = zlib.compress(whole, FAST) if len(whole) >= SMALL else whole
    is_smaller = len(packed) < len(whole)
    return Packed(sha256, packed, Packing.ZLIB) if is_smaller else Packed(sha256, whole, Packing.NONE)


def find(session: Session, kind: str, sha256: str) -> int | None:
    """Return the identifier of the first evidence of a kind with this digest, or None."""
    row = db.first(session, FIND, {"kind": kind, "sha256": sha256})
    return None if row is None else int(row.id)


def read(session: Session, evidence_id: int) -> Kept:
    """Return a piece of evidence, whole.

    Raises:
        EvidenceNotFoundError: None has this identifier.
    """
    row = db.first(session, READ, {"id": evidence_id})
    if row is None:
        raise EvidenceNotFoundError(f"no evidence {evidence_id}; its number stands in the log of what it proves")
    body = zlib.decompress(row.body) if row.packing == Packing.ZLIB else bytes(row.body)
    return Kept(row.kind, row.source, row.media_type, row.sha256, body, row.about, row.received_at)
