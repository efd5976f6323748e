"""Heads that were given away, checked by one file in a folder of its own: each way of rewriting history is seen."""

import base64
import copy
import datetime as dt
import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.ledger.seal import key_id_of, seal
from gateway.transparency.publish import heads_of

TOOL = Path(__file__).resolve().parents[2] / "tools" / "verify_proof.py"
DAY = dt.date(2026, 4, 1)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
RFC_8032 = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]  # fmt: skip


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def listed(*roots: str, key: Ed25519PrivateKey = KEY) -> dict:
    heads, before = [], b""
    for root in roots:
        before = hashlib.sha256(before + bytes.fromhex(root)).digest()
        signature = base64.b64encode(key.sign(before)).decode()
        heads.append({"sealed_on": "2026-04-01", "tx_count": 1, "root": root, "head": before.hex(),
                      "key_id": key_id_of(key.public_key()), "signature": signature})  # fmt: skip
    return {"format": "gateway.heads.1", "mutual": "amparo", "heads": heads}


A, B, C, X = (letter * 64 for letter in "abcd")


@pytest.fixture(scope="module")
def tool() -> dict:
    names: dict = {"__name__": "verify_proof"}
    exec(compile(TOOL.read_text(encoding="utf-8"), str(TOOL), "exec"), names)
    return names


def passed(books: Database) -> None:
    """Wait until what is booked can be sealed: transactions of other tests on the same server hold the horizon back."""
    end = time.monotonic() + 60
    newest = (
        "SELECT max(written_xid::text::numeric) < pg_snapshot_xmin(pg_current_snapshot())::text::numeric FROM ledger_tx"
    )
    while True:
        with books.session(1) as session:
            if db.scalar(session, newest):
                return
        assert time.monotonic() < end, "the horizon never passed"
        time.sleep(0.05)


def run(tool: dict, tmp_path: Path, told: object, saved: object = None, *, key: Ed25519PrivateKey = KEY) -> int:
    given = tmp_path / "heads.json"
    given.write_text(told if isinstance(told, str) else json.dumps(told))
    arguments = [str(given), "--key", public(key)]
    if saved is not None:
        (tmp_path / "saved.json").write_text(json.dumps(saved))
        arguments += ["--saved", str(tmp_path / "saved.json")]
    return tool["main"](arguments)


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_signatures_are_checked_as_the_standards_own_examples_say(tool, key, message, signature) -> None:
    key, message, signature = map(bytes.fromhex, (key, message, signature))
    assert tool["ed25519_holds"](key, message, signature)
    assert not tool["ed25519_holds"](key, message + b"x", signature)
    for at in (0, 31, 32, 63):
        assert not tool["ed25519_holds"](
            key, message, signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        )
    higher = (int.from_bytes(signature[32:], "little") + tool["L"]).to_bytes(32, "little")
    assert not tool["ed25519_holds"](key, message, signature[:32] + higher), "one signature may have one form alone"


def test_a_history_that_only_grew_holds(tool, tmp_path) -> None:
    assert run(tool, tmp_path, listed(A, B, C), listed(A, B)) == 0


@pytest.mark.parametrize(
    ("told", "saved", "key"),
    [
        pytest.param(listed(A, X, C), listed(A, B), KEY, id="rewritten and signed anew"),
        pytest.param(listed(A, X), listed(A, B), KEY, id="forked"),
        pytest.param(listed(A), listed(A, B), KEY, id="cut off"),
        pytest.param(listed(B), listed(A, B), KEY, id="the oldest removed"),
        pytest.param(listed(A, B, key=OTHER), None, KEY, id="signed by another key"),
        pytest.param(listed(A, B), {**listed(A), "mutual": "kosove"}, KEY, id="of another mutual"),
    ],
)
def test_a_history_that_is_not_the_one_kept_is_refused(tool, tmp_path, told, saved, key) -> None:
    assert run(tool, tmp_path, told, saved, key=key) == 1


@pytest.mark.parametrize("field", ["root", "head", "signature", "key_id"])
def test_one_altered_field_is_refused(tool, tmp_path, field) -> None:
    told = listed(A, B)
    told["heads"][1][field] = listed(A, X, key=OTHER)["heads"][1][field]
    assert run(tool, tmp_path, told) == 1


def test_what_is_cut_short_or_of_another_kind_cannot_be_used(tool, tmp_path) -> None:
    whole = json.dumps(listed(A, B))
    short = copy.deepcopy(listed(A))
    short["heads"][0]["root"] = A[:10]
    odd = listed(A)
    odd["heads"][0]["key_id"] = ["a", "list"]
    for told in (whole[: len(whole) // 2], "[]", {**listed(A), "format": "x"}, {**listed(A), "heads": []}, short, odd):
        assert run(tool, tmp_path, told) == 2
    assert tool["main"]([str(tmp_path / "heads.json"), "--key", "no key"]) == 2


def test_real_heads_are_checked_in_a_folder_without_the_gateway(database: Database, tmp_path: Path) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:main"), NewAccount("income:fees")], "DOP")
    given = []
    for number in (1, 2):
        with database.session(1) as session:
            lines = [Line("cash:main", 5), Line("income:fees", -5)]
            post(session, Event(key=f"t:{number}", kind="test", valid_on=DAY, lines=lines, actor="staff:ana"))
        passed(database)
        with database.session(1) as session:
            assert seal(session, today=DAY, key=KEY)
            given.append(heads_of(session))
    shutil.copy(TOOL, tmp_path)
    (tmp_path / "old.json").write_text(json.dumps(given[0]))
    (tmp_path / "new.json").write_text(json.dumps(given[1]))
    command = [sys.executable, "-I", "-S", "verify_proof.py", "new.json", "--key", public(KEY), "--saved", "old.json"]
    ended = subprocess.run([*command, "--lang", "es"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout[:9]) == (0, "Correcto:"), ended
