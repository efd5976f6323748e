"""HTTP message signatures (RFC 9421) and content digests (RFC 9530), checked from the texts alone.

What is asked of a request: one signature by a key of the sender's JWK Set, Ed25519, over method, address, and, where they
are there, content digest, content type and idempotency key; made within five minutes of now; its nonce never seen before.
"""

import base64
import datetime as dt
import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WINDOW = 300
_INPUT = re.compile(r'([a-z*][a-z0-9_.*-]*)=(\(("[^"]+"(?: "[^"]+")*)\)((?:;[a-z]+=(?:"[^"\\]*"|[0-9]+))*))')
_PARAMETER = re.compile(r';([a-z]+)=(?:"([^"]*)"|([0-9]+))')
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


class UnsignedError(Exception):
    """The request bears no signature."""


class ForgedError(Exception):
    """The signature does not hold, in words."""


class Signatures:
    """Whose signatures count, and which nonces were seen."""

    def __init__(self, jwks: str) -> None:
        self._jwks = jwks
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._nonces: set[str] = set()
        self._lock = threading.Lock()

    def check(self, method: str, url: str, headers: Mapping[str, str], digest: bytes | None) -> str:
        """Return the name of the key that signed.

        Args:
            method: In capitals.
            url: The whole address as the sender wrote it.
            headers: By their names in lower case.
            digest: SHA-256 of the body; None where there is none.

        Raises:
            UnsignedError: There is no signature.
            ForgedError: It is not good, in words.
        """
        given, written = headers.get("signature-input"), headers.get("signature")
        if given is None or written is None:
            raise UnsignedError
        found = _INPUT.fullmatch(given.strip())
        if found is None:
            raise ForgedError("Signature-Input cannot be read")
        label, parameters, names = found.group(1), found.group(2), re.findall(r'"([^"]+)"', found.group(3))
        said = {name: text or number for name, text, number in _PARAMETER.findall(found.group(4))}
        self._check_digest(headers, digest)
        self._check_covered(names, headers, digest)
        self._check_time(said)
        base = _base(names, method, url, headers, parameters)
        self._check_signature(said.get("keyid", ""), label, written, base)
        with self._lock:
            nonce = said.get("nonce", "")
            if not nonce or nonce in self._nonces:
                raise ForgedError("the nonce is missing or was seen before")
            self._nonces.add(nonce)
        return str(said["keyid"])

    def _check_digest(self, headers: Mapping[str, str], digest: bytes | None) -> None:
        if digest is None:
            return
        match = _DIGEST.fullmatch(headers.get("content-digest", ""))
        if match is None or base64.b64decode(match.group(1)) != digest:
            raise ForgedError("Content-Digest is missing or of another body")

    def _check_covered(self, names: list[str], headers: Mapping[str, str], digest: bytes | None) -> None:
        wanted = {"@method", "@target-uri"} | {name for name in ("content-type", "idempotency-key") if name in headers}
        if digest is not None:
            wanted.add("content-digest")
        missing = wanted - set(names)
        if missing:
            raise ForgedError(f"the signature does not cover {', '.join(sorted(missing))}")

    def _check_time(self, said: Mapping[str, str]) -> None:
        made = said.get("created", "")
        if not made.isdecimal() or abs(dt.datetime.now(dt.UTC).timestamp() - int(made)) > WINDOW:
            raise ForgedError("created is missing or more than five minutes away")

    def _check_signature(self, key_id: str, label: str, written: str, base: bytes) -> None:
        match = re.fullmatch(rf"{re.escape(label)}=:([A-Za-z0-9+/=]+):", written.strip())
        key = self._key(key_id)
        if match is None or key is None:
            raise ForgedError(f"no signature {label} by a key that is known; keyid is {key_id[:80]!r}")
        try:
            key.verify(base64.b64decode(match.group(1)), base)
        except (InvalidSignature, ValueError):
            raise ForgedError("the signature is not of this request, or not by this key") from None

    def _key(self, key_id: str) -> Ed25519PublicKey | None:
        with self._lock:
            if key_id not in self._keys:
                self._keys = _read_keys(self._jwks)
            return self._keys.get(key_id)


def _base(names: list[str], method: str, url: str, headers: Mapping[str, str], parameters: str) -> bytes:
    derived = {"@method": method, "@target-uri": url}
    try:
        lines = [f'"{name}": {derived[name] if name.startswith("@") else headers[name].strip()}' for name in names]
    except KeyError as missing:
        raise ForgedError(f"the signature covers {missing.args[0]}, which is not there") from None
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def _read_keys(where: str) -> dict[str, Ed25519PublicKey]:
    """Read a JWK Set at an address or in a file; what cannot be read holds no key."""
    try:
        if where.startswith(("http://", "https://")):
            found: Any = httpx.get(where, timeout=5, trust_env=False).json()
        else:
            found = json.loads(Path(where).read_text(encoding="utf-8"))
        return {
            str(key["kid"]): Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "=="))
            for key in found["keys"]
            if key.get("crv") == "Ed25519"
        }
    except (httpx.HTTPError, OSError, ValueError, KeyError, TypeError):
        return {}
