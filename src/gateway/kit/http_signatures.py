"""Signatures of HTTP requests between servers: RFC 9421 over method, address, body and key, with RFC 9530's digest.

The library builds and checks signatures; what is here is the policy, the same for what we send and what we accept:

- covered are ``@method`` and ``@target-uri`` always, ``content-digest`` (SHA-256) where there is a body, and
  ``content-type`` and ``idempotency-key`` where the request has them;
- ``created`` lies within five minutes of now, ``nonce`` is there (that it comes once is the receiver's to remember),
  ``keyid`` names a key of the sender's JWK Set;
- the algorithm follows from the key, never from what the message says of itself: Ed25519, ECDSA with P-256, or
  RSA-PSS with SHA-512 of at least 2048 bits;
- a message carries one signature.
"""

import datetime as dt
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    InvalidSignature,
    MappingKeyResolver,
    SigningKey,
    VerificationKey,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry

from gateway.kit.signing import TOLERANCE, SignatureError

LABEL = "sig1"
ALWAYS = ("@method", "@target-uri")
WHERE_PRESENT = ("content-type", "idempotency-key")
LEAST_RSA_BITS = 2048
_NONCE = re.compile(r"[\x21-\x7e]{8,255}")


@dataclass(slots=True)
class Request:
    """A request as both sides see it: the method in capitals, the whole address, its headers."""

    method: str
    url: str
    headers: dict[str, str]


class Verified(NamedTuple):
    """What a verified signature says of itself."""

    key_id: str
    created: dt.datetime
    nonce: str
    """To be remembered until ``created`` is out of the window: it must not come again."""


def sign(
    private_key: Mapping[str, Any],
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    now: dt.datetime,
    nonce: str | None = None,
) -> dict[str, str]:
    """Return the headers to add to a request: ``Signature-Input``, ``Signature`` and, with a body, ``Content-Digest``.

    Args:
        private_key: A private JWK with its ``kid``.
        method: In capitals.
        url: The whole address as the receiver is reached under, query included.
        headers: What is sent besides; ``Content-Type`` and ``Idempotency-Key`` are covered where they are there.
        body: The exact bytes that are sent; None where they are streamed and ``Content-Digest`` stands for them.
        now: When this attempt is made.
        nonce: Only tests give one; every attempt has its own.

    Raises:
        ValueError: The key is not private, has no ``kid`` or is of no kind that is used here.
    """
    key_id, key = str(private_key.get("kid") or ""), _read_key(private_key)
    if not key_id or not isinstance(key, (ed25519.Ed25519PrivateKey, ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        raise ValueError("to sign, a private JSON Web Key with a kid is needed")
    before = {name.lower(): value for name, value in headers.items()}
    message = Request(method, url, dict(before))
    signer: Any = HTTPMessageSigner(
        signature_algorithm=_algorithm(key), key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: key})
    )
    signer.sign(
        message,
        key_id=key_id,
        created=now,
        nonce=nonce or secrets.token_urlsafe(18),
        label=LABEL,
        covered_component_ids=(*ALWAYS, *(name for name in (*WHERE_PRESENT, "content-digest") if name in before)),
        body=body or None,
        use_existing_digest="content-digest" in before,
    )
    return {name: value for name, value in message.headers.items() if before.get(name) != value}


def verify(
    keys: Mapping[str, VerificationKey],
    *,
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    now: dt.datetime,
) -> Verified:
    """Check a request's signature by the policy of this module.

    Args:
        keys: The sender's public keys by ``kid``, as ``read_keys`` gives them.
        method: In capitals.
        url: The whole address that the sender was told to use, query included.
        headers: Names and values in the order they came.
        body: The raw bytes.
        now: When it came.

    Raises:
        SignatureError: The signature is missing, of an unknown key, too old, of the future, covers too little, or
            does not fit.
    """
    given = _combined(headers)
    key_id = key_id_of(given)
    key = keys.get(key_id)
    if key is None:
        raise SignatureError(f"the signature's keyid {key_id[:80]!r} is none of the keys in force")
    required = [*ALWAYS, *(name for name in WHERE_PRESENT if name in given)]
    if body:
        required.append("content-digest")
    verifier: Any = _Verifier(
        signature_algorithm=_algorithm(key), key_resolver=MappingKeyResolver(public_keys={key_id: key}, private_keys={})
    )
    verifier.now = now
    try:
        (result,) = verifier.verify(
            Request(method, url, given), max_age=TOLERANCE, require_components=required, body=bytes(body)
        )
    except HTTPMessageSignaturesException as problem:
        reason = str(problem)[:200] or "it was made over other content, or with another key"
        raise SignatureError(f"the message's signature does not hold: {reason}") from None
    nonce = result.nonce
    if not isinstance(nonce, str) or not _NONCE.fullmatch(nonce):
        raise SignatureError("the signature needs a nonce of 8 to 255 printable characters, another on every attempt")
    return Verified(key_id, dt.datetime.fromtimestamp(int(result.parameters["created"]), dt.UTC), nonce)


def key_id_of(headers: Mapping[str, str]) -> str:
    """Return the ``keyid`` that a request's one signature names, before it is checked.

    Raises:
        SignatureError: There is no signature, more than one, or none that can be read.
    """
    found = next((value for name, value in headers.items() if name.lower() == "signature-input"), None)
    if found is None:
        raise SignatureError("the header Signature-Input is missing; sign the request as RFC 9421 has it")
    parser: Any = HTTPMessageVerifier._parse_signature_dictionary
    try:
        inputs = parser(found)
        (only,) = inputs.values()
        key_id = only.params["keyid"]
    except (HTTPMessageSignaturesException, ValueError, KeyError, AttributeError):
        raise SignatureError("Signature-Input must hold one signature with a keyid") from None
    if not isinstance(key_id, str):
        raise SignatureError("the signature's keyid must be a string")
    return key_id


def read_keys(jwks: Mapping[str, Any]) -> dict[str, VerificationKey]:
    """Return the public keys of a JWK Set by ``kid``; keys without one, symmetric keys and other kinds are left out."""
    found: dict[str, VerificationKey] = {}
    listed = jwks.get("keys")
    for item in listed if isinstance(listed, list) else ():
        if not isinstance(item, Mapping) or not isinstance(item.get("kid"), str) or item.get("use", "sig") != "sig":
            continue
        try:
            key = _read_key({name: item[name] for name in item if name not in PRIVATE_MEMBERS})
        except ValueError:
            continue
        if isinstance(key, (ed25519.Ed25519PublicKey, ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
            found[item["kid"]] = key
    return found


PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def public_part(private_key: Mapping[str, Any]) -> dict[str, Any]:
    """Return a key as others may have it: without what only its owner may know."""
    return {name: value for name, value in private_key.items() if name not in PRIVATE_MEMBERS}


def _read_key(jwk: Mapping[str, Any]) -> SigningKey | VerificationKey:
    """Return the library's key of a JSON Web Key.

    Raises:
        ValueError: It cannot be read, or is of no kind that is used here.
    """
    try:
        imported: Any = JWKRegistry.import_key(dict(jwk))
        key: SigningKey | VerificationKey = imported.raw_value
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise ValueError("the JSON Web Key cannot be read") from problem
    _algorithm(key)
    return key


def _algorithm(key: object) -> type[HTTPSignatureAlgorithm]:
    if isinstance(key, (ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey)):
        return algorithms.ED25519
    if isinstance(key, (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey)) and key.curve.name == "secp256r1":
        return algorithms.ECDSA_P256_SHA256
    if isinstance(key, (rsa.RSAPublicKey, rsa.RSAPrivateKey)) and key.key_size >= LEAST_RSA_BITS:
        return algorithms.RSA_PSS_SHA512
    raise ValueError("keys are Ed25519, P-256, or RSA of at least 2048 bits")


def _combined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    combined: dict[str, str] = {}
    for name, value in headers:
        known = combined.get(name.lower())
        combined[name.lower()] = value.strip() if known is None else f"{known}, {value.strip()}"
    return combined


class _Verifier(HTTPMessageVerifier):
    """The library's verifier, with the time as an argument and one tolerance both ways."""

    now: dt.datetime

    def validate_created_and_expires(self, sig_input: Any, max_age: dt.timedelta | None = None) -> None:
        created, expires = (sig_input.params.get(name) for name in ("created", "expires"))
        if type(created) is not int:
            raise InvalidSignature("the parameter created is missing or is not a whole number of seconds")
        seconds = self.now.timestamp()
        if abs(seconds - created) > (max_age or TOLERANCE).total_seconds():
            raise InvalidSignature("it was made more than five minutes before or after now")
        if expires is not None and (type(expires) is not int or expires < seconds):
            raise InvalidSignature("it has expired")
