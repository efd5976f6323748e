"""What is read of the state's clients and of what they may see."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit import db
from gateway.kit.db import act_for
from gateway.statelink.errors import ClientUnknownError

_CLIENT = """id, client_id, name, method, scopes, jwks, jwks_url, jwks_read_at, certificates, needs_signature,
       rate_per_minute, callback_url, is_active, version, created_by, created_at"""

CLIENTS = f"""
-- one row per client of the mutual, by id
SELECT {_CLIENT} FROM state_client WHERE mutual_id = current_mutual() AND id > :after ORDER BY id LIMIT :limit
"""

CLIENT = f"""
-- at most one row: a client by its identifier
SELECT {_CLIENT} FROM state_client WHERE mutual_id = current_mutual() AND client_id = :client_id
"""

LOCKED = f"""
-- at most one row: a client by its identifier, locked
SELECT {_CLIENT} FROM state_client WHERE mutual_id = current_mutual() AND client_id = :client_id FOR UPDATE
"""

BY_TOKEN = f"""
-- at most one row: the live client of a live token, with what the token may do
SELECT {", ".join(f"c.{name.strip()}" for name in _CLIENT.split(","))}, t.scopes AS token_scopes, t.certificate
FROM state_client_token t
JOIN state_client c ON c.mutual_id = t.mutual_id AND c.id = t.client_row_id AND c.is_active
WHERE t.mutual_id = current_mutual() AND t.token_sha256 = :token_sha256 AND t.expires_at > :now
"""

MONTHS = """
-- one row per payroll and month for which a member was filed: her newest line in it, and whether its bill is paid
SELECT DISTINCT ON (f.period_start, f.payroll_id) f.period_start, f.reference, p.employer_number, p.code AS payroll, l.line_no,
       l.status, l.state_code, l.wage_minor, l.additional_dependants, l.state_minor, l.state_accepted_minor, l.answered_at,
       f.currency, EXISTS (
           SELECT FROM bill_filing bf JOIN bill b ON b.mutual_id = bf.mutual_id AND b.id = bf.bill_id
           WHERE bf.mutual_id = f.mutual_id AND bf.filing_id = f.id AND b.status IN ('booked', 'confirmed')) AS is_paid
FROM filing_line l
JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id AND f.sealed_at IS NOT NULL
JOIN payroll p ON p.mutual_id = f.mutual_id AND p.id = f.payroll_id
WHERE l.mutual_id = current_mutual() AND l.member_id = :member_id AND f.period_start BETWEEN :first AND :last
ORDER BY f.period_start DESC, f.payroll_id, f.sequence DESC
"""

NEWEST_CHANGE = """
-- at most one row: what the state last said of a member's cover, by its own clock
SELECT status, effective_on, changed_at, reason FROM state_coverage_change
WHERE mutual_id = current_mutual() AND member_id = :member_id ORDER BY changed_at DESC, id DESC LIMIT 1
"""

CHANGES = """
-- one row per change of cover the state told us of, newest first, before an id
SELECT c.id, c.member_id, c.status, c.effective_on, c.changed_at, c.reason, c.evidence_id, c.recorded_at
FROM state_coverage_change c
WHERE c.mutual_id = current_mutual() AND c.id < :before ORDER BY c.id DESC LIMIT :limit
"""

FILING_BY_REFERENCE = """
-- at most one row: the sealed filing that one of our ids stands for, its own or one of its files
SELECT f.id FROM filing f WHERE f.mutual_id = current_mutual() AND f.sealed_at IS NOT NULL AND (f.reference = :reference
    OR f.id = (SELECT d.filing_id FROM filing_document d WHERE d.mutual_id = current_mutual() AND d.reference = :reference))
"""

PUSH = """
-- at most one row: what a source pushed under an id, and what became of it
SELECT id, event_id, kind, state, note, received_at, handled_at, sha256 FROM inbox_message
WHERE mutual_id = current_mutual() AND source = :source AND event_id = :event_id
"""

SEARCH = """
-- at most one row: a client's search by its transaction
SELECT id, client_row_id, transaction_reference, request, request_sha256, correlation_reference, state, answer, created_at
FROM registry_search
WHERE mutual_id = current_mutual() AND client_row_id = :client_row_id AND transaction_reference = :reference
"""

SEARCH_BY_ID = """
-- at most one row: a search with the address of who waits for it, locked
SELECT s.id, s.client_row_id, s.transaction_reference, s.request, s.correlation_reference, s.state, s.answer, c.client_id,
       c.callback_url, c.is_active
FROM registry_search s JOIN state_client c ON c.mutual_id = s.mutual_id AND c.id = s.client_row_id
WHERE s.mutual_id = current_mutual() AND s.id = :search_id FOR UPDATE OF s
"""


def list_clients(session: Session, *, after: int = 0, limit: int = 500) -> list[Any]:
    """Return the mutual's clients, by id after ``after``."""
    return db.rows(session, CLIENTS, {"after": after, "limit": limit})


def find_client(session: Session, client_id: str, *, mutual_id: int) -> Any | None:
    """Bind the transaction to the mutual that an identifier names and return the client, or None."""
    act_for(session, mutual_id, actor=f"state:{client_id}")
    return db.first(session, CLIENT, {"client_id": client_id})


def lock_client(session: Session, client_id: str) -> Any:
    """Return a client, held until the transaction ends.

    Raises:
        ClientUnknownError: This mutual has none with this identifier.
    """
    row = db.first(session, LOCKED, {"client_id": client_id})
    if row is None:
        raise ClientUnknownError(f"no client {client_id[:80]!r}; gateway state client list names them")
    return row


def list_changes(session: Session, *, before: int, limit: int) -> list[Any]:
    """Return what the state told us of people's cover, newest first."""
    return db.rows(session, CHANGES, {"before": before, "limit": limit})


def find_filing(session: Session, reference: Any) -> int | None:
    """Return the sealed filing that an id of ours stands for, or None."""
    row = db.first(session, FILING_BY_REFERENCE, {"reference": reference})
    return None if row is None else int(row.id)


def months_of(session: Session, member_id: int, first: dt.date, last: dt.date) -> list[Any]:
    """Return a member's filed months between two, both included, newest first."""
    return db.rows(session, MONTHS, {"member_id": member_id, "first": first, "last": last})
