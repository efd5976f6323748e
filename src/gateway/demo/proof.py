"""At the end of a play: one member's proof, checked by the file that needs nothing of ours, in a folder of its own."""

import base64
import datetime as dt
import json
import subprocess
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from sqlmodel import Session

from gateway.kit import db, tenant
from gateway.kit.db import Database
from gateway.kit.signed_note import public_bytes
from gateway.ledger.seal import seal
from gateway.selfcheck import queries
from gateway.transparency.prove import Claim, prove_receipt
from gateway.transparency.publish import VERIFIER, verifier
from gateway.transparency.seal import seal_log

SOMEBODY = """
-- one row per member whose line the state accepted, some of them
SELECT DISTINCT member_id FROM transparency_leaf
WHERE mutual_id = current_mutual() AND kind = 'answer' AND CAST(content AS jsonb) ->> 'status' = 'accepted'
ORDER BY member_id LIMIT 5
"""


def new_key(folder: Path) -> Path:
    """Make the key that signs this demonstration's log, and return its file."""
    path = folder / "seal.pem"
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def show_proof(database_url: str, folder: Path, mutual_code: str, key_file: Path, *, url: str) -> list[str]:
    """Seal what is booked, take a member's proof, check it apart from the gateway, and return what is told of it.

    The worker seals by itself every hour; a demonstration does not wait so long.
    """
    began, database = time.monotonic(), Database(database_url, pool_size=1)
    key = load_pem_private_key(key_file.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    today = dt.date.fromisoformat((folder / "clock").read_text(encoding="ascii").strip())
    try:
        with database.session() as session:
            mutual_id = tenant.by_code(session, mutual_code).id
        with database.session(mutual_id) as session:
            seal(session, today=today, key=key)
        with database.session(mutual_id) as session:
            logged = seal_log(session, today=today, keys=[key], public_url=url)
        with database.session(mutual_id) as session:
            proof = _a_proof(session)
    finally:
        database.close()
    if proof is None:
        return []
    (folder / VERIFIER).write_bytes(verifier())
    (folder / "proof.json").write_text(json.dumps(proof), encoding="utf-8")
    command = [
        sys.executable,
        "-I",
        "-S",
        VERIFIER,
        "proof.json",
        "--key",
        base64.b64encode(public_bytes(key)).decode(),
    ]
    checked = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    head = f"One member's proof under the log's {logged.tree_size} entries, checked apart from the gateway"
    return [
        f"{head} ({time.monotonic() - began:.1f} s):",
        *(f"  {line.strip()}" for line in checked.stdout.splitlines()),
    ]


def _a_proof(session: Session) -> dict[str, object] | None:
    now = dt.datetime.now(dt.UTC)
    for (member_id,) in db.rows(session, SOMEBODY):
        for row in queries.list_receipts(session, member_id, before=None, limit=20):
            claim = Claim(row.id, row.number, row.amount_minor, row.currency)
            found = prove_receipt(session, member_id, claim, since=None, now=now)
            if any('"kind":"answer"' in part["leaf"] for part in found["parts"]):
                return found
    return None
