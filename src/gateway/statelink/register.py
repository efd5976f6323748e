"""Register a client of the state, give it other keys, disable it: a manager's acts."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, db, http_signatures, tenant
from gateway.statelink import queries
from gateway.statelink.errors import ClientInvalidError, ClientTakenError
from gateway.statelink.rules import certificate_name, check_address, client_id_of
from gateway.statelink.states import ClientMethod, Scope

DEFAULT_RATE = 600

INSERT = """
-- at most one row: the new client; none where its name is taken
INSERT INTO state_client (client_id, name, method, scopes, jwks, jwks_url, certificates, needs_signature, rate_per_minute,
    callback_url, created_by)
VALUES (:client_id, :name, :method, :scopes, CAST(:jwks AS jsonb), :jwks_url, :certificates, :needs_signature,
    :rate_per_minute, :callback_url, :actor)
ON CONFLICT (mutual_id, name) DO NOTHING RETURNING id
"""

ROTATE = """
-- no row: the client's new keys
UPDATE state_client SET jwks = CAST(:jwks AS jsonb), jwks_url = :jwks_url, jwks_read_at = NULL,
    certificates = :certificates, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""

DISABLE = """
-- no row: the client may do nothing from now on, its tokens included
UPDATE state_client SET is_active = false, version = version + 1 WHERE mutual_id = current_mutual() AND id = :id AND is_active
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """What is asked for a new client."""

    name: str
    scopes: Sequence[str]
    method: ClientMethod = ClientMethod.PRIVATE_KEY_JWT
    jwks: Mapping[str, Any] | None = None
    jwks_url: str | None = None
    certificates: Sequence[str] = ()
    needs_signature: bool = False
    rate_per_minute: int = DEFAULT_RATE
    callback_url: str | None = None


def register_client(session: Session, new: NewClient, *, actor: str, over_tls: bool = True) -> Any:
    """Register a client and return it.

    Args:
        session: The open transaction.
        new: What is asked for.
        actor: Who registers it.
        over_tls: Addresses must be https; a demonstration alone does without.

    Raises:
        ClientInvalidError: Scopes, keys or addresses that cannot be.
        ClientTakenError: A client of this name is there.
    """
    scopes = _scopes(new.scopes)
    jwks, jwks_url, certificates = _means(new, over_tls=over_tls)
    client_id = client_id_of(tenant.current(session).id, secrets.token_hex(8))
    values = {
        "client_id": client_id,
        "name": new.name,
        "method": ClientMethod(new.method).value,
        "scopes": scopes,
        "jwks": None if jwks is None else json.dumps(jwks),
        "jwks_url": jwks_url,
        "certificates": certificates,
        "needs_signature": new.needs_signature,
        "rate_per_minute": new.rate_per_minute,
        "callback_url": None if new.callback_url is None else check_address(new.callback_url, over_tls=over_tls),
        "actor": actor,
    }
    if db.first(session, INSERT, values) is None:
        raise ClientTakenError(f"a client is called {new.name!r}; choose another name, or give that one new keys")
    _log(session, actor, "state_client.register", client_id, {"name": new.name, "scopes": scopes})
    return queries.lock_client(session, client_id)


def rotate_keys(
    session: Session,
    client_id: str,
    *,
    actor: str,
    jwks: Mapping[str, Any] | None = None,
    jwks_url: str | None = None,
    certificates: Sequence[str] = (),
    over_tls: bool = True,
) -> Any:
    """Replace what a client shows itself with; keys that are not named count no longer. Tokens run out by themselves.

    Raises:
        ClientUnknownError: No such client.
        ClientInvalidError: Keys, certificates or addresses that cannot be.
    """
    client = queries.lock_client(session, client_id)
    asked = NewClient(
        name=client.name,
        scopes=client.scopes,
        method=ClientMethod(client.method),
        jwks=jwks,
        jwks_url=jwks_url,
        certificates=certificates,
        needs_signature=client.needs_signature,
    )
    keys, address, names = _means(asked, over_tls=over_tls)
    values = {
        "id": client.id,
        "jwks": None if keys is None else json.dumps(keys),
        "jwks_url": address,
        "certificates": names,
    }
    db.run(session, ROTATE, values)
    kids = [key.get("kid") for key in (keys or {}).get("keys", [])]
    _log(session, actor, "state_client.rotate", client_id, {"kids": kids, "jwks_url": address, "certificates": names})
    return queries.lock_client(session, client_id)


def disable_client(session: Session, client_id: str, *, reason: str, actor: str) -> Any:
    """Let a client do nothing any more; disabling it again changes nothing.

    Raises:
        ClientUnknownError: No such client.
    """
    client = queries.lock_client(session, client_id)
    if db.run(session, DISABLE, {"id": client.id}):
        _log(session, actor, "state_client.disable", client_id, {}, reason)
    return queries.lock_client(session, client_id)


def _scopes(asked: Sequence[str]) -> list[str]:
    known = {scope.value for scope in Scope}
    unknown = sorted(set(asked) - known)
    if unknown or not asked:
        named = ", ".join(unknown) or "none"
        raise ClientInvalidError(f"scopes asked for: {named}; there are {', '.join(sorted(known))}")
    return sorted(set(asked))


def _means(new: NewClient, *, over_tls: bool) -> tuple[dict[str, Any] | None, str | None, list[str]]:
    """Return keys, address of keys and certificates as they are kept."""
    if new.jwks is not None and new.jwks_url is not None:
        raise ClientInvalidError("give the keys or the address they are read at, not both")
    keys = None
    if new.jwks is not None:
        usable = http_signatures.read_keys(new.jwks)
        public = [
            http_signatures.public_part(key)
            for key in (new.jwks["keys"] if usable else ())
            if isinstance(key, Mapping) and key.get("kid") in usable
        ]
        if not public or len(public) != len(new.jwks["keys"]):
            raise ClientInvalidError(
                "each key of the JWK Set needs a kid and must be Ed25519, P-256 or RSA of at least 2048 bits, for signing"
            )
        if len(usable) != len(public):
            raise ClientInvalidError("two keys of the JWK Set have the same kid")
        keys = {"keys": public}
    address = None if new.jwks_url is None else check_address(new.jwks_url, over_tls=over_tls)
    names = sorted({certificate_name(one) for one in new.certificates})
    by_certificate = new.method == ClientMethod.TLS_CLIENT_AUTH
    if by_certificate and not names:
        raise ClientInvalidError("a client that shows itself by certificate needs at least one")
    if (not by_certificate or new.needs_signature) and keys is None and address is None:
        raise ClientInvalidError("keys are needed: a JWK Set, or the https address where it is read")
    return keys, address, names


def _log(
    session: Session, actor: str, action: str, client_id: str, detail: Mapping[str, Any], reason: str | None = None
) -> None:
    audit.record(
        session,
        actor=actor,
        action=action,
        subject_kind="state_client",
        subject_id=client_id,
        reason=reason,
        detail=detail,
    )
