"""The keys that we sign our own messages with (RFC 9421), in a file that is read anew when it changes.

So keys rotate while everything runs. The file is a JWK Set with private keys. The **first** one signs; all are published, so a key is shown to others before it
signs, and stays shown until nothing that it signed is on its way. ``gateway state key`` writes the file.
"""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from gateway.kit import http_signatures
from gateway.kit.errors import UnavailableError


class OwnKeysError(UnavailableError):
    """The file of our own keys cannot be used, or holds none to sign with."""

    code = "own_keys"
    title = "The keys for our messages cannot be used"


class OwnKeys:
    """The keys in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._keys: list[dict[str, Any]] = []

    def signing(self) -> Mapping[str, Any]:
        """Return the private key that signs.

        Raises:
            OwnKeysError: The file holds none, or cannot be used.
        """
        keys = self._read()
        if not keys:
            raise OwnKeysError(f"{self.path} holds no key to sign with; make one with gateway state key add")
        return keys[0]

    def public(self) -> dict[str, Any]:
        """Return the JWK Set that others check our messages with; an empty one while there is no file.

        Raises:
            OwnKeysError: The file cannot be used.
        """
        return {"keys": [http_signatures.public_part(key) for key in self._read()]}

    def _read(self) -> list[dict[str, Any]]:
        with self._lock:
            try:
                state = self.path.stat()
            except FileNotFoundError:
                return []
            seen = (state.st_mtime_ns, state.st_ino)
            if seen != self._seen:
                self._keys, self._seen = read_keys_file(self.path), seen
            return self._keys


def read_keys_file(path: Path) -> list[dict[str, Any]]:
    """Return the private keys of a file, the signing one first; none where there is no file yet.

    Raises:
        OwnKeysError: It holds no JWK Set of private keys that are used here, each with a ``kid`` of its own.
    """
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        keys = [dict(key) for key in found["keys"]]
    except (ValueError, TypeError, KeyError):
        raise OwnKeysError(f"{path} holds no JWK Set; make one with gateway state key add") from None
    usable = http_signatures.read_keys({"keys": keys})
    if len(usable) != len(keys) or not all("d" in key for key in keys):
        raise OwnKeysError(f"{path}: each key must be private, of a kind that is used here, with a kid of its own")
    return keys


def new_key(kid: str) -> dict[str, Any]:
    """Return a new private Ed25519 key."""
    return {**OKPKey.generate_key("Ed25519").as_dict(private=True), "kid": kid, "use": "sig", "alg": "EdDSA"}


def write_keys_file(path: Path, keys: list[dict[str, Any]]) -> None:
    """Replace the file in one step, readable by its owner alone."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps({"keys": keys}, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)
