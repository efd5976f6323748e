"""Give a client a token, and know it by it: scopes, certificate, and what may be used once."""

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.kit.db import act_for
from gateway.kit.tenant import MutualRow
from gateway.kit.tenant import current as current_mutual
from gateway.statelink import assertion, queries
from gateway.statelink.errors import ClientRefusedError, ReplayedError, ScopeUnknownError, TokenInvalidError
from gateway.statelink.rules import KEYS_HOLD, KEYS_REST, SKEW, TOKEN_MINUTES, mutual_in, mutual_of, token_text
from gateway.statelink.states import ClientMethod, Scope

INSERT_ISSUED = """
-- no row: a new token
INSERT INTO state_client_token (client_row_id, token_sha256, scopes, certificate, issued_at, expires_at)
VALUES (:client_row_id, :token_sha256, :scopes, :certificate, :now, :expires_at)
"""

SEE = """
-- no row: what was used, unless it was used before
INSERT INTO state_client_seen (client_row_id, kind, value, expires_at) VALUES (:client_row_id, :kind, :value, :expires_at)
ON CONFLICT (mutual_id, client_row_id, kind, value) DO NOTHING
"""

FORGET = """
-- no row: what would be refused as too old anyway
DELETE FROM state_client_seen WHERE mutual_id = current_mutual() AND client_row_id = :client_row_id AND expires_at < :now
"""

STORE_KEYS = """
-- no row: the keys as read at the client's address just now; unreadable ones leave the old in force
UPDATE state_client SET jwks = coalesce(CAST(:jwks AS jsonb), jwks), jwks_read_at = :now
WHERE mutual_id = current_mutual() AND client_id = :client_id AND jwks_url IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class ClientPrincipal:
    """The client behind a request."""

    row_id: int
    client_id: str
    name: str
    scopes: frozenset[Scope]
    needs_signature: bool
    rate_per_minute: int
    jwks: Mapping[str, Any] | None
    jwks_url: str | None
    jwks_read_at: dt.datetime | None
    mutual: MutualRow

    @property
    def actor(self) -> str:
        """Its name in the log."""
        return f"state:{self.client_id}"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token; shown once and kept nowhere."""

    access_token: str
    expires_in: int
    scopes: tuple[str, ...]


def find_client(session: Session, client_id: str) -> Any:
    """Return the live client that an identifier names, and bind the transaction to its mutual.

    Raises:
        ClientRefusedError: There is none; a disabled one is told in the same words.
    """
    mutual_id = mutual_of(client_id)
    client = None if mutual_id is None else queries.find_client(session, client_id, mutual_id=mutual_id)
    if client is None or not client.is_active:
        raise ClientRefusedError("no live client has this client_id")
    return client


def must_read_keys(client: Any, key_id: str, *, now: dt.datetime) -> bool:
    """Tell whether the keys at a client's address are to be read before its message is checked.

    They are read where none were yet, after an hour, and for a key that is not known; never twice within a minute.
    """
    if client.jwks_url is None:
        return False
    if client.jwks_read_at is None:
        return True
    age = now - client.jwks_read_at
    known = {key.get("kid") for key in (client.jwks or {}).get("keys", [])}
    return bool(age > KEYS_HOLD or (key_id not in known and age > KEYS_REST))


def store_keys(session: Session, client_id: str, jwks: Mapping[str, Any] | None, *, now: dt.datetime) -> None:
    """Keep what was read at a client's address; None where it could not be read, so that it rests before the next try."""
    act_for(session, mutual_of(client_id), actor=f"state:{client_id}")
    kept = None if jwks is None else json.dumps({"keys": jwks["keys"]})
    db.run(session, STORE_KEYS, {"client_id": client_id, "jwks": kept, "now": now})


def token_for_assertion(
    session: Session, text: str, *, asked: Sequence[str], audiences: Collection[str], now: dt.datetime
) -> Issued:
    """Check a client's assertion and give it a token.

    Raises:
        ClientRefusedError: The client is not live, shows itself otherwise, or the assertion does not hold.
        ReplayedError: The assertion was used before.
        ScopeUnknownError: It asks for what it does not have.
    """
    client = find_client(session, assertion.claimed(text).client_id)
    if client.method != ClientMethod.PRIVATE_KEY_JWT:
        raise ClientRefusedError("this client shows itself by its certificate")
    held = assertion.check(client.jwks or {}, text, client_id=client.client_id, audiences=audiences, now=now)
    see(session, client.id, "jti", held.jti, until=held.expires_at + SKEW, now=now)
    return _issue(session, client, asked, None, now)


def token_for_certificate(
    session: Session, client_id: str, names: Sequence[str], *, asked: Sequence[str], now: dt.datetime
) -> Issued:
    """Give a token, bound to its certificate, to a client whose certificate a trusted proxy has checked.

    Raises:
        ClientRefusedError: The client is not live, shows itself otherwise, or the certificate is none of its own.
        ScopeUnknownError: It asks for what it does not have.
    """
    client = find_client(session, client_id)
    shown = next((name for name in names if name in client.certificates), None)
    if client.method != ClientMethod.TLS_CLIENT_AUTH or shown is None:
        raise ClientRefusedError("the certificate is none that this client registered")
    return _issue(session, client, asked, shown, now)


def recognise(session: Session, token: str, *, certificates: Collection[str], now: dt.datetime) -> ClientPrincipal:
    """Bind the transaction to the client of a token and return it.

    Raises:
        TokenInvalidError: No live client has this token, or it is bound to another certificate.
    """
    mutual_id, row = mutual_in(token), None
    if mutual_id is not None:
        act_for(session, mutual_id, actor="state")
        row = db.first(session, queries.BY_TOKEN, {"token_sha256": _digest(token), "now": now})
    if row is None:
        raise TokenInvalidError("the access token has expired or is none; ask for one at POST /v1/state/oauth/token")
    if row.certificate is not None and row.certificate not in certificates:
        raise TokenInvalidError("the access token is bound to a certificate that this connection did not show")
    scopes = frozenset(Scope(one) for one in row.token_scopes if one in row.scopes)
    return ClientPrincipal(
        row.id,
        row.client_id,
        row.name,
        scopes,
        row.needs_signature,
        row.rate_per_minute,
        row.jwks,
        row.jwks_url,
        row.jwks_read_at,
        current_mutual(session),
    )


def see(session: Session, client_row_id: int, kind: str, value: str, *, until: dt.datetime, now: dt.datetime) -> None:
    """Note that something was used; what came at the same moment waits for this transaction and is refused.

    Raises:
        ReplayedError: It was used before.
    """
    db.run(session, FORGET, {"client_row_id": client_row_id, "now": now})
    values = {"client_row_id": client_row_id, "kind": kind, "value": value, "expires_at": until}
    if db.run(session, SEE, values) != 1:
        raise ReplayedError(f"this {kind} was used before; every request has its own")


def _issue(session: Session, client: Any, asked: Sequence[str], certificate: str | None, now: dt.datetime) -> Issued:
    beyond = sorted(set(asked) - set(client.scopes))
    if beyond:
        raise ScopeUnknownError(f"the client does not have the scope {', '.join(beyond)[:200]}")
    scopes = sorted(set(asked) or set(client.scopes))
    mutual_id = mutual_of(client.client_id)
    assert mutual_id is not None
    token = token_text(mutual_id, secrets.token_urlsafe(32))
    values = {
        "client_row_id": client.id,
        "token_sha256": _digest(token),
        "scopes": scopes,
        "certificate": certificate,
        "now": now,
        "expires_at": now + dt.timedelta(minutes=TOKEN_MINUTES),
    }
    db.run(session, INSERT_ISSUED, values)
    audit.record(
        session,
        actor=f"state:{client.client_id}",
        action="state_client.token",
        subject_kind="state_client",
        subject_id=client.client_id,
        detail={"scopes": scopes},
    )
    return Issued(token, TOKEN_MINUTES * 60, tuple(scopes))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
