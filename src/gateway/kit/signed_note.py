"""Signed notes and checkpoints of a log, as C2SP has them (signed-note, tlog-checkpoint): a text and lines of signatures.

A signature line names the key by a name and four bytes of hash; several keys may sign one note, which is how one follows
another. Only Ed25519 is made and read here; lines of other keys are left alone, as the standard wants.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519 = b"\x01"
DASH = "\u2014"


class Checkpoint(NamedTuple):
    """What a log's signed head says."""

    origin: str
    size: int
    root: bytes


class NoteError(ValueError):
    """A text that is no signed note, or no checkpoint."""


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the 32 bytes of a private key's public one."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_hash(name: str, public: bytes) -> bytes:
    """Return the four bytes that a signature line calls a key by."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def verifier_key(name: str, public: bytes) -> str:
    """Return a public key as people pass it on: name, hash and key in one line."""
    return f"{name}+{key_hash(name, public).hex()}+{base64.b64encode(ED25519 + public).decode()}"


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """Return what is signed."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def sign(text: str, name: str, keys: Sequence[Ed25519PrivateKey]) -> str:
    """Return the note: the text, an empty line, a signature by each key."""
    lines = []
    for key in keys:
        signed = key_hash(name, public_bytes(key)) + key.sign(text.encode())
        lines.append(f"{DASH} {name} {base64.b64encode(signed).decode()}\n")
    return text + "\n" + "".join(lines)


def split(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return a note's text, and of each signature the key's name, the key's hash and the signature.

    Raises:
        NoteError: It is none.
    """
    text, found, lines = note.rpartition("\n\n")
    if not found or not lines.endswith("\n"):
        raise NoteError("a signed note is a text, an empty line and signatures")
    signatures = []
    for line in lines.splitlines():
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise NoteError("a signature is not in base64") from None
        if dash != DASH or not name or len(raw) < 5:
            raise NoteError("a signature line is a dash, a name and a signature")
        signatures.append((name, raw[:4], raw[4:]))
    return text + "\n", signatures


def read_checkpoint(note: str) -> Checkpoint:
    """Return what a note says of a log; who signed it is not looked at.

    Raises:
        NoteError: It is no checkpoint.
    """
    text, _ = split(note)
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (ValueError, IndexError):
        raise NoteError("a checkpoint is an origin, a size and a root") from None
    if not origin or str(size) != lines[1] or size < 0 or len(root) != 32:
        raise NoteError("a checkpoint is an origin, a size and a root")
    return Checkpoint(origin, size, root)


def signers(note: str, name: str, publics: Sequence[bytes]) -> list[bytes]:
    """Return those of the given public keys whose signature under this name holds.

    Raises:
        NoteError: It is no signed note.
    """
    text, signatures = split(note)
    found = []
    for public in publics:
        hashed = key_hash(name, public)
        if any(
            signed == name and called == hashed and _holds(public, text, signature)
            for signed, called, signature in signatures
        ):
            found.append(public)
    return found


def _holds(public: bytes, text: str, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True
