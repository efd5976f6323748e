"""Keeps a secret in the database that the database alone cannot read: AES-256-GCM under a key from outside.

The secret is bound to its mutual and person: copied to somebody else's row, it cannot be opened.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class VaultClosedError(RuntimeError):
    """A secret was sealed under another key, or for somebody else."""


class Vault:
    """Seals and opens secrets."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, secret: str, *, mutual_id: int, user_id: int) -> bytes:
        """Return a secret as it is kept."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), _bound(mutual_id, user_id))

    def open(self, sealed: bytes, *, mutual_id: int, user_id: int) -> str:
        """Return a secret that was sealed.

        Raises:
            VaultClosedError: Under another key, or for somebody else.
        """
        try:
            opened = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(mutual_id, user_id))
        except InvalidTag as error:
            raise VaultClosedError(
                "a second factor was sealed under another key; is the key file the right one?"
            ) from error
        return opened.decode()


def _bound(mutual_id: int, user_id: int) -> bytes:
    return f"staff_factor:{mutual_id}:{user_id}".encode()
