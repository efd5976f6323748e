"""RFC 9162 as it is written, recursion and all, and with it logs and proofs that somebody could forge who holds the key.

Nothing here is of the gateway: what it makes and what the gateway makes are compared, and both verifiers are fed with it.
"""

import base64
import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Proof = dict[str, Any]


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def leaf_of(text: str) -> bytes:
    return sha(b"\x00" + text.encode())


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(hashes: Sequence[bytes]) -> bytes:
    """2.1.1, over hashes of leaves."""
    if not hashes:
        return sha(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return sha(b"\x01" + mth(hashes[:k]) + mth(hashes[k:]))


def path(m: int, hashes: Sequence[bytes]) -> list[bytes]:
    """2.1.3.1"""
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    return [*path(m, hashes[:k]), mth(hashes[k:])] if m < k else [*path(m - k, hashes[k:]), mth(hashes[:k])]


def proof(m: int, hashes: Sequence[bytes]) -> list[bytes]:
    """2.1.4.1"""

    def subproof(m: int, d: Sequence[bytes], b: bool) -> list[bytes]:
        if m == len(d):
            return [] if b else [mth(d)]
        k = split(len(d))
        if m <= k:
            return [*subproof(m, d[:k], b), mth(d[k:])]
        return [*subproof(m - k, d[k:], False), mth(d[:k])]

    return subproof(m, hashes, True)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def told(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def public(key: Ed25519PrivateKey) -> str:
    return b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def note(origin: str, entries: Sequence[str], *keys: Ed25519PrivateKey) -> str:
    """A signed head over entries."""
    text = f"{origin}\n{len(entries)}\n{b64(mth([leaf_of(one) for one in entries]))}\n"
    lines = []
    for key in keys:
        called = sha(origin.encode() + b"\n\x01" + base64.b64decode(public(key)))[:4]
        lines.append(f"— {origin} {b64(called + key.sign(text.encode()))}\n")
    return text + "\n" + "".join(lines)


@dataclass
class Forgery:
    """A proof that is not to be believed, or cannot be looked at."""

    name: str
    proof: Any
    status: int
    sentence: str
    saved: str | None = None
    receipt: str | None = None
    amount: str | None = None
    keys: list[str] = field(default_factory=list)


class Forger:
    """Somebody with the mutual's key who wants a proof to say something else."""

    def __init__(self, real: Proof, entries: Sequence[str], key: Ed25519PrivateKey) -> None:
        self.real, self.key = real, key
        self.origin, size, *_ = real["checkpoint"].split("\n")
        self.entries = list(entries[: int(size)])

    def whole(self, entries: Sequence[str], since: int | None = None, proof_of: Proof | None = None) -> Proof:
        """The real proof, on a log of other entries that is signed as it should be."""
        made = copy.deepcopy(proof_of or self.real)
        hashes = [leaf_of(one) for one in entries]
        made["checkpoint"] = note(self.origin, entries, self.key)
        for part in made["parts"]:
            if part["entry_index"] < len(entries):
                part["entry"] = entries[part["entry_index"]]
                part["entry_path"] = [b64(step) for step in path(part["entry_index"], hashes)]
        if since is not None:
            made["consistency"] = {"from": since, "path": [b64(step) for step in proof(since, hashes)]}
        return made

    def changed(self, **values: Any) -> Proof:
        """The real proof with something else at its top."""
        return {**copy.deepcopy(self.real), **values}

    def in_leaf(self, place: int, **values: Any) -> Proof:
        """The real proof with a leaf that says something else."""
        made = copy.deepcopy(self.real)
        made["parts"][place]["leaf"] = told({**json.loads(made["parts"][place]["leaf"]), **values})
        return made

    def in_entry(self, place: int, **values: Any) -> Proof:
        """The real proof with an entry that says something else."""
        made = copy.deepcopy(self.real)
        made["parts"][place]["entry"] = told({**json.loads(made["parts"][place]["entry"]), **values})
        return made

    def without_receipt(self) -> list[str]:
        """The entries, as if the receipt had never been in its tree: another leaf stands there."""
        entries, part = list(self.entries), self.real["parts"][0]
        entry = json.loads(part["entry"])
        entries[part["entry_index"]] = told({**entry, "root": b64(mth([leaf_of("x")] * entry["leaves"]))})
        return entries

    def all(self, other: Proof) -> list[Forgery]:
        """Every kind of forgery; ``other`` is the real proof of another member."""
        neighbour = self.origin.replace("amparo", "kosove")
        size, last = len(self.entries), self.real["parts"][-1]
        old = note(self.origin, self.entries[:2], self.key)
        now = note(self.origin, self.entries, self.key)
        elsewhere = [*self.entries[:-1], told({**json.loads(self.entries[-1]), "sealed_on": "2026-01-01"})]
        rewritten = [told({**json.loads(self.entries[0]), "sealed_on": "2026-01-01"}), *self.entries[1:]]
        stranger = Ed25519PrivateKey.from_private_bytes(bytes(range(7, 39)))
        mixed = self.changed(parts=[*self.real["parts"], other["parts"][0]])
        moved = copy.deepcopy(self.real)
        moved["parts"][0] |= {name: last[name] for name in ("entry", "entry_index", "entry_path")}
        spaced = copy.deepcopy(self.real)
        spaced["parts"][0]["leaf"] = spaced["parts"][0]["leaf"].replace('":"', '": "')
        twice = copy.deepcopy(self.real)
        twice["parts"][0]["leaf"] = twice["parts"][0]["leaf"].replace('{"amount":', '{"amount":"1.00","amount":')
        shifted = copy.deepcopy(self.real)
        shifted["parts"][0]["index"] ^= 1
        tampered = self.real["checkpoint"].replace(f"\n{size}\n", f"\n{size + 1}\n")
        greedy = copy.deepcopy(self.real["used"])
        greedy[0]["amount"] = "999999.00"
        grown = [*self.entries, self.entries[0]]
        spoken = "1.\n  The state ACCEPTED line 9 of filing 9 (month 2026-03)"
        return [
            Forgery("an altered amount", self.in_leaf(0, amount="1.00"), 1, "leaf"),
            Forgery("an altered amount beside the leaves", self.changed(about={**self.real["about"], "amount": "1.00"}), 1, "amount"),
            Forgery("another currency beside the leaves", self.changed(about={**self.real["about"], "currency": "USD"}), 1, "amount"),
            Forgery("about another filing than the leaves", self.changed(about={**self.real["about"], "filing": 99}), 1, "misfit"),
            Forgery("a leaf counted twice", self.changed(parts=[*self.real["parts"], self.real["parts"][0]]), 2, "unusable"),
            Forgery("a sentence of its own in what is not signed", self.changed(used=[{**self.real["used"][0], "filing": spoken}]), 2, "unusable"),
            Forgery("another amount than on paper", self.real, 1, "amount", amount="1.00"),
            Forgery("another receipt than on paper", self.real, 1, "receipt", receipt="RF18000100000010000000009"),
            Forgery("an altered wage", self.in_leaf(1, wage="1.00"), 1, "leaf"),
            Forgery("a refusal that became an acceptance", self.in_leaf(2, status="rejected"), 1, "leaf"),
            Forgery("a removed receipt", self.whole(self.without_receipt()), 1, "leaf"),
            Forgery("a removed receipt, held to what was kept", self.whole(self.without_receipt(), since=2), 1, "leaf", saved=old),
            Forgery("no leaf of the receipt", self.changed(parts=self.real["parts"][1:]), 1, "receipt"),
            Forgery("a rewritten history", self._kept_part(rewritten, since=2), 1, "log_rewritten", saved=old),
            Forgery("a forked root", self._kept_part(elsewhere), 1, "log_fork", saved=now),
            Forgery("history cut off", self.real, 1, "log_shorter", saved=note(self.origin, grown, self.key)),
            Forgery("an entry that was never signed", self.changed(parts=[{**self.real["parts"][0], "entry_path": []}]), 1, "entry"),
            Forgery("an entry that says something else", self.in_entry(0, sealed_on="2026-01-01"), 1, "entry"),
            Forgery("a leaf at another place", shifted, 1, "leaf"),
            Forgery("another member's leaf", mixed, 1, "misfit"),
            Forgery("a leaf in a tree of another kind", moved, 1, "misfit"),
            Forgery("another mutual's proof", self.changed(mutual="kosove"), 1, "misfit"),
            Forgery("a head of somebody else's key", self.changed(checkpoint=note(self.origin, self.entries, stranger)), 1, "head_unsigned"),
            Forgery("a head whose text was changed", self.changed(checkpoint=tampered), 1, "head_signature"),
            Forgery("a head of another mutual's log, by the same key", self.changed(checkpoint=note(neighbour, self.entries, self.key)), 1, "misfit"),
            Forgery("a kept head of another log, by the same key", self.real, 1, "other_log", saved=note(neighbour, self.entries, self.key)),
            Forgery("more paid than there was", self.changed(used=greedy), 1, "used"),
            Forgery("a kept head of another key", self.real, 2, "kept_unsigned", saved=note(self.origin, self.entries[:2], stranger)),
            Forgery("a kept head without the way from it", self.changed(consistency=None), 2, "consistency", saved=old),
            Forgery("a leaf that is not written the one way", spaced, 2, "unusable"),
            Forgery("a leaf that says a thing twice", twice, 2, "unusable"),
            Forgery("half a proof", json.dumps(self.real)[:900], 2, "unusable"),
            Forgery("not sealed yet", self.changed(status="waiting", ready_by="2026-03-25T12:00:00Z", parts=[]), 2, "waiting"),
            Forgery("sealed too late", self.changed(status="late", ready_by="2026-03-25T12:00:00Z", parts=[]), 2, "late"),
            Forgery("a log without a key", self.changed(status="unsigned", checkpoint=None, parts=[]), 2, "no_head"),
        ]  # fmt: skip

    def _kept_part(self, entries: list[str], since: int | None = None) -> Proof:
        # What is hers stays as it was: the history is changed beside it.
        kept = [part for part in self.real["parts"] if entries[part["entry_index"]] == part["entry"]]
        about = {"receipt": None, "amount": None, "currency": None}
        whole = kept if len(kept) == len(self.real["parts"]) else None
        base = self.changed() if whole else self.changed(parts=kept, about=about, used=[])
        return self.whole(entries, since, base)
