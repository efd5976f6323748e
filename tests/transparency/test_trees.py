"""Trees, logs, heads and both ways of checking them, against RFC 9162 as it is written."""

import base64
import secrets
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.transparency import forging
from tests.transparency.log_town import KEY, NEXT_KEY, ORIGIN

from gateway.kit import merkle, signed_note
from gateway.kit.merkle_log import (
    WIDTH,
    Node,
    Span,
    complete,
    consistency_spans,
    grow,
    inclusion_spans,
    levels_of,
    path_offsets,
    root_of,
)
from gateway.kit.signed_note import Checkpoint, NoteError
from gateway.transparency import verify_proof

LEAVES = [secrets.token_bytes(32) for _ in range(400)]
SIZES = st.integers(1, len(LEAVES))


def log_of(size: int, steps: int = 7) -> dict[Node, bytes]:
    """The complete subtrees of a log that grew a few leaves at a time."""
    known: dict[Node, bytes] = {}
    for first in range(0, size, steps):
        edge = {node: known[node] for node in complete(Span(0, first))}
        known |= grow(first, edge, LEAVES[first : min(size, first + steps)])
    return known


@settings(max_examples=60, deadline=None)
@given(size=SIZES, data=st.data())
def test_every_place_of_every_tree_is_proved_as_the_standard_says(size: int, data: Any) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes, wanted = LEAVES[:size], forging.path(data.draw(st.just(index)), LEAVES[:size])
    root = forging.mth(hashes)

    nodes = levels_of(hashes)
    assert nodes[-WIDTH:] == root == merkle.root_of_hashes(hashes)
    assert [nodes[at : at + WIDTH] for at in path_offsets(index, size)] == wanted

    known = log_of(size, data.draw(st.integers(1, 60)))
    assert [root_of(span, known) for span in inclusion_spans(index, size)] == wanted
    assert root_of(Span(0, size), known) == root

    assert verify_proof.root_by_inclusion(hashes[index], index, size, wanted) == root
    for bad in broken(wanted):
        assert verify_proof.root_by_inclusion(hashes[index], index, size, bad) != root
    if size > 1:
        assert verify_proof.root_by_inclusion(hashes[index], index ^ 1, size, wanted) != root


@settings(max_examples=60, deadline=None)
@given(new=SIZES, data=st.data())
def test_a_log_of_any_size_goes_on_from_any_smaller_one_as_the_standard_says(new: int, data: Any) -> None:
    old = data.draw(st.integers(1, new))
    wanted = forging.proof(old, LEAVES[:new])
    known = log_of(new)
    assert [root_of(span, known) for span in consistency_spans(old, new)] == wanted

    roots = forging.mth(LEAVES[:old]), forging.mth(LEAVES[:new])
    assert verify_proof.is_consistent(old, new, *roots, wanted)
    for bad in broken(wanted):
        assert not verify_proof.is_consistent(old, new, *roots, bad)
    other = forging.mth([*LEAVES[: old - 1], secrets.token_bytes(32)])
    assert not verify_proof.is_consistent(old, new, other, roots[1], wanted)


def test_all_small_sizes_agree_with_the_standard() -> None:
    for new in range(1, 20):
        known = log_of(new, 3)
        for old in range(1, new + 1):
            assert [root_of(span, known) for span in consistency_spans(old, new)] == forging.proof(old, LEAVES[:new])
        for index in range(new):
            assert [root_of(span, known) for span in inclusion_spans(index, new)] == forging.path(index, LEAVES[:new])


def broken(path: list[bytes]) -> list[list[bytes]]:
    """A path that is too short, too long, or altered."""
    return [*([path[:-1], [secrets.token_bytes(32), *path[1:]]] if path else []), [*path, secrets.token_bytes(32)]]


def test_what_is_outside_of_a_tree_has_no_proof() -> None:
    for ask in (lambda: path_offsets(3, 3), lambda: inclusion_spans(-1, 2), lambda: consistency_spans(0, 2)):
        with pytest.raises(IndexError):
            ask()
    with pytest.raises(IndexError):
        consistency_spans(3, 2)
    assert levels_of([]) == merkle.EMPTY == root_of(Span(0, 0), {})
    assert verify_proof.root_by_inclusion(LEAVES[0], 1, 1, []) is None
    assert not verify_proof.is_consistent(2, 1, LEAVES[0], LEAVES[0], [])
    assert not verify_proof.is_consistent(0, 1, LEAVES[0], LEAVES[0], [])
    assert not verify_proof.is_consistent(1, 1, LEAVES[0], LEAVES[0], [LEAVES[0]])


def test_a_head_is_read_and_signed_as_the_standard_says() -> None:
    entries = ["a", "b", "c"]
    root = forging.mth([forging.leaf_of(one) for one in entries])
    text = signed_note.checkpoint_text(Checkpoint(ORIGIN, 3, root))
    made = signed_note.sign(text, ORIGIN, [KEY, NEXT_KEY])
    assert made == forging.note(ORIGIN, entries, KEY, NEXT_KEY), "Ed25519 signs the same in the same way"
    assert signed_note.read_checkpoint(made) == (ORIGIN, 3, root)
    publics = [signed_note.public_bytes(key) for key in (KEY, NEXT_KEY)]
    assert signed_note.signers(made, ORIGIN, publics) == publics
    assert signed_note.signers(forging.note(ORIGIN, entries, NEXT_KEY), ORIGIN, publics) == publics[1:]
    assert signed_note.signers(made.replace("\n3\n", "\n4\n"), ORIGIN, publics) == []
    assert verify_proof.read_head(made)[:3] == (ORIGIN, 3, root)
    # The example of the standard's own text: a key's hash is over its name, a line feed, the kind and the key.
    name, hashed, key = signed_note.verifier_key(ORIGIN, publics[0]).split("+", 2)
    assert (name, hashed) == (ORIGIN, verify_proof.key_hash(ORIGIN, publics[0]).hex())
    assert base64.b64decode(key) == b"\x01" + publics[0]


@pytest.mark.parametrize("note", ["", "a\nb\n", "o\n1\nAAAA\n\n— o AAAAAA==\n", "o\n01\n" + "A" * 43 + "=\n\n— o AAAAAA==\n",
                                  "o\nx\n" + "A" * 43 + "=\n\n— o AAAAAA==\n", "o\n1\n\n- o AAAAAA==\n", "o\n1\n\n— o ?\n", "o\n1\n\n— o AAAA"])  # fmt: skip
def test_what_is_no_head_is_not_read(note: str) -> None:
    with pytest.raises(NoteError):
        signed_note.read_checkpoint(note)
    with pytest.raises((ValueError, IndexError)):
        verify_proof.read_head(note)
