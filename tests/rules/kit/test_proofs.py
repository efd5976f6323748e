"""Cursors, Merkle trees and signatures: what was made here is read back, and nothing else is."""

import base64
import contextlib
import datetime as dt
import hashlib
import json
import tracemalloc

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from gateway.kit import cursor, merkle, signing
from gateway.kit.cursor import CursorError
from gateway.kit.signing import SignatureError

NOW = dt.datetime(2026, 3, 3, 12, tzinfo=dt.UTC)
OLD, NEW = ("whsec_" + base64.b64encode(letter * 24).decode() for letter in (b"o", b"n"))
KEY = st.tuples(st.integers(), st.text(), st.booleans(), st.dates(), st.datetimes(timezones=st.just(dt.UTC)))


@given(KEY)
def test_a_cursor_gives_back_its_key(key) -> None:
    assert cursor.decode(cursor.encode(key), [int, str, bool, dt.date, dt.datetime]) == key


@pytest.mark.parametrize(
    "text", ["", "x", "ñ", "e30", "WzFd", "WyJhIl0", "W3RydWVd", "[1]", "W1s" * 40_000, cursor.encode([1, 2])]
)
def test_a_foreign_cursor_is_refused_in_words(text: str) -> None:
    with pytest.raises(CursorError, match="not of this list"):
        cursor.decode(text, [dt.date] if text == "WzFd" else [int])


@given(st.text(max_size=60))
def test_any_text_as_a_cursor_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(CursorError):
        cursor.decode(text, [int, str])


def rfc6962(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + rfc6962(leaves[:split]) + rfc6962(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_a_root_is_that_of_the_standard(leaves: list[bytes]) -> None:
    assert merkle.root(iter(leaves)) == rfc6962(leaves)
    assert merkle.root_of_hashes(map(merkle.leaf_hash, leaves)) == rfc6962(leaves)


@given(st.lists(st.lists(st.binary(max_size=8), max_size=20), max_size=6), st.booleans())
def test_a_tree_that_grew_by_many_at_once_is_the_one_that_grew_leaf_by_leaf(
    groups: list[list[bytes]], is_mixed: bool
) -> None:
    leaves = [leaf for group in groups for leaf in group]
    tree = merkle.Tree(prove=len(leaves) // 2)
    plain = merkle.Tree()
    for place, group in enumerate(groups):
        tree.add_all(group)
        if is_mixed and place % 2:
            for leaf in group:
                plain.add(leaf)
        else:
            plain.add_all(group)
    assert plain.root() == tree.root() == rfc6962(leaves)
    assert tree.proof == (merkle.inclusion_proof(leaves, len(leaves) // 2) if leaves else [])


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70), st.data())
def test_each_leaf_is_proved_and_no_other_is(leaves: list[bytes], data) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    root, proof = merkle.root(leaves), merkle.inclusion_proof(leaves, index)
    assert merkle.verify(leaves[index], index, len(leaves), proof, root)
    assert not merkle.verify(leaves[index] + b"!", index, len(leaves), proof, root)
    assert not merkle.verify(leaves[index], len(leaves), len(leaves), proof, root)
    assert not merkle.verify(leaves[index], index, len(leaves), [*proof, root], root)
    if proof:
        assert not merkle.verify(leaves[index], index, len(leaves), proof[:-1], root)


def test_a_leaf_that_is_not_there_has_no_proof() -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof([b"a"], 1)


def test_a_root_over_many_leaves_takes_no_more_memory() -> None:
    tracemalloc.start()
    merkle.root(number.to_bytes(8) for number in range(100_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


@given(st.binary(max_size=200), st.text("abc-123", min_size=1, max_size=20))
def test_what_we_sign_the_standards_own_library_accepts(body: bytes, event_id: str) -> None:
    with time_machine.travel(NOW, tick=False):
        headers = signing.sign([NEW], event_id, body, now=NOW)
        text = json.dumps(base64.b64encode(body).decode())
        Webhook(NEW).verify(text, signing.sign([NEW], event_id, text.encode(), now=NOW))
        theirs = Webhook(NEW).sign(event_id, NOW, text)
    assert signing.verify([NEW], headers, body, now=NOW) == (event_id, NOW)
    assert theirs == signing.sign([NEW], event_id, text.encode(), now=NOW)["webhook-signature"]


def test_while_secrets_rotate_either_is_accepted() -> None:
    both = signing.sign([NEW, OLD], "e", b"body", now=NOW)
    for held in ([OLD], [NEW], [OLD, NEW]):
        assert signing.verify(held, both, b"body", now=NOW).event_id == "e"
    assert signing.verify([NEW, OLD], signing.sign([OLD], "e", b"body", now=NOW), b"body", now=NOW)
    with pytest.raises(SignatureError, match="no secret"):
        signing.verify([NEW], signing.sign([OLD], "e", b"body", now=NOW), b"body", now=NOW)


@pytest.mark.parametrize(
    ("change", "body", "after", "told"),
    [
        ({}, b"other", 0, "no secret"),
        ({"webhook-id": "f"}, b"body", 0, "no secret"),
        ({"webhook-signature": "v1,ñ v0,x"}, b"body", 0, "no secret"),
        ({"webhook-timestamp": "soon"}, b"body", 0, "not a time"),
        ({"webhook-timestamp": "9" * 40}, b"body", 0, "not a time"),
        ({}, b"body", 301, "five minutes"),
        ({}, b"body", -301, "five minutes"),
    ],
)
def test_a_forged_or_stale_message_is_refused(change: dict[str, str], body: bytes, after: int, told: str) -> None:
    headers = signing.sign([NEW], "e", b"body", now=NOW) | change
    with pytest.raises(SignatureError, match=told):
        signing.verify([NEW], headers, body, now=NOW + dt.timedelta(seconds=after))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_message_without_its_headers_is_refused_by_the_headers_name(name: str) -> None:
    headers = {key.title(): value for key, value in signing.sign([NEW], "e", b"", now=NOW).items() if key != name}
    with pytest.raises(SignatureError, match=name):
        signing.verify([NEW], headers, b"", now=NOW)


def test_a_secret_that_is_not_base64_is_a_mistake_of_the_operator() -> None:
    with pytest.raises(ValueError, match="base64"):
        signing.sign(["whsec_ñ?"], "e", b"", now=NOW)
