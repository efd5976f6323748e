"""Pure rules of the books: which side an account is on, what a control account is, what an event's fingerprint is."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AccountShape:
    """What kind of account a code stands for."""

    kind: str
    is_clearing: bool
    floor_minor: int | None
    control: str


DEBIT_KINDS = frozenset({"asset", "expense"})

_SHAPES: dict[str, tuple[str, bool, int | None]] = {
    "cash": ("asset", False, None),
    "bank": ("asset", False, None),
    "momo": ("asset", False, None),
    "member:contributions": ("liability", False, 0),
    "member:benefits": ("liability", False, 0),
    "employer:contributions": ("liability", False, 0),
    "employer:difference": ("liability", True, None),
    "fund": ("liability", False, 0),
    "fund:loans": ("asset", False, None),
    "filing:reserved": ("liability", True, 0),
    "state:payable": ("liability", True, None),
    "state:undistributed": ("liability", True, None),
    "state:credit": ("asset", True, None),
    "state:advances": ("asset", False, None),
    "state:receivable": ("asset", True, 0),
    "member:owed": ("asset", False, None),
    "payout": ("liability", True, None),
    "suspense": ("liability", True, None),
    "unclaimed": ("liability", False, None),
    "income": ("income", False, None),
    "expense": ("expense", False, None),
    "reserve": ("equity", False, 0),
}


def shape_of(code: str) -> AccountShape:
    """Return what an account code stands for: ``member:17:contributions`` is a liability with a floor of zero.

    The control account is the code without its own number: ``member:contributions`` for every member's.

    Raises:
        ValueError: The code begins with a word that the chart of accounts does not have.

    Source:
        SRC-LEDGER, the chart of accounts of a virtual employer.
    """
    parts = code.split(":")
    head, tail = parts[0], parts[-1] if len(parts) > 2 else ""
    if tail in {"in-transit", "clearing"}:
        return AccountShape("asset", True, None, f"{head}:{tail}")
    control = f"{head}:{tail}" if f"{head}:{tail}" in _SHAPES else head
    if control not in _SHAPES:
        raise ValueError(f"{code!r} is not in the chart of accounts")
    kind, is_clearing, floor_minor = _SHAPES[control]
    if head in {"cash", "bank", "momo", "suspense", "income", "expense", "reserve"}:
        control = code
    return AccountShape(kind, is_clearing, floor_minor, control)


def normal_side(kind: str) -> int:
    """Return 1 for kinds that debits increase, -1 for those that credits increase.

    Source:
        SRC-LEDGER, the sign convention: a positive entry debits.
    """
    return 1 if kind in DEBIT_KINDS else -1


def fingerprint_of(kind: str, valid_on: str, entries: Sequence[tuple[str, int]], more: Mapping[str, Any]) -> str:
    """Return the digest of what an event asks to be booked; equal events have equal digests.

    Source:
        SRC-LEDGER, the same key with other input is refused.
    """
    body = json.dumps([kind, valid_on, sorted(entries), dict(more)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def canonical_entry(entry: Sequence[Any]) -> bytes:
    """Return the exact bytes of an entry that are sealed, from its line, account code, currency and signed amount.

    Source:
        SRC-LEDGER, sealing over the exact canonical bytes.
    """
    line, code, currency, amount_minor = entry
    return _compact(["entry", line, code, currency, amount_minor])


def canonical_tx(header: Sequence[Any], entries_root: bytes) -> bytes:
    """Return the exact bytes of a transaction that are sealed.

    The header's values are id, key, fingerprint, kind, day, instant of booking, number of entries, what it reverses,
    actor, reason, evidence; the root is that of the tree over its entries.

    Source:
        SRC-LEDGER, sealing over the exact canonical bytes.
    """
    number, key, fingerprint, kind, valid_on, recorded_at, n_entries, reverses, actor, reason, evidence = header
    told = [number, key, fingerprint, kind, valid_on.isoformat(), recorded_at.astimezone(dt.UTC).isoformat(), n_entries]
    return _compact(["tx", *told, reverses, actor, reason, evidence, entries_root.hex()])


def _compact(values: Sequence[Any]) -> bytes:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
