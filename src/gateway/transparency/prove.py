"""Make what somebody needs to check, without us, that hers is in the log: her leaves, paths of hashes, the signed head.

A path holds hashes alone, and each stands over a salted text or over other hashes. What is not signed is said to be so in
``docs/verify.md``: which line a receipt paid for is how the books explain one balance, the oldest money first.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.filing.uses import Use, uses_of_receipt
from gateway.kit import db, tenant
from gateway.kit.merkle_log import consistency_spans, inclusion_spans, path_offsets
from gateway.kit.money import currency_of, format_amount
from gateway.kit.period import Period
from gateway.transparency import queries, rules
from gateway.transparency.errors import LogRangeError, NotInLogError
from gateway.transparency.queries import Head

FORM = "gateway.proof.1"
Plain = dict[str, Any]


class Claim(NamedTuple):
    """What a member holds: her part of a receipt, as her own list shows it."""

    receipt_id: int
    number: str
    amount_minor: int
    currency: str


def prove_receipt(session: Session, member_id: int, claim: Claim, *, since: int | None, now: dt.datetime) -> Plain:
    """Return the proof of a member's part of a receipt and of the filed lines it paid for.

    Its ``status`` is sealed; or waiting, with ``ready_by``; or late, where that has passed; or unsigned, where the mutual
    has no key. Whether the receipt is hers is asked before.

    Args:
        session: The mutual's transaction.
        member_id: Whose it is.
        claim: Her part of the receipt.
        since: The size of the log that she kept a head of, for the proof that it only grew.
        now: The moment, to tell who waits from who waits too long.
    """
    head = queries.find_head(session)
    values = {"receipt_id": claim.receipt_id, "member_id": member_id, "size": _size(head)}
    rows = db.rows(session, queries.RECEIPT_LEAVES, values)
    uses = uses_of_receipt(session, member_id, claim.receipt_id)
    if rows:
        rows += _lines(session, [use.line_id for use in uses], _size(head))
    about = {
        "receipt": claim.number,
        "amount": format_amount(claim.amount_minor, currency_of(claim.currency)),
        "currency": claim.currency,
    }
    status, ready_by = _standing(session, member_id, claim.receipt_id, head, is_found=bool(rows), now=now)
    return {
        **_document(session, head, rows, about, since),
        "status": status,
        "ready_by": ready_by,
        "used": [_used(use, claim.currency) for use in uses],
    }


def prove_filing(session: Session, filing_id: int, line_no: int | None, *, since: int | None) -> Plain:
    """Return the proof of a filing as a whole and of the state's answers to it; or of one of its lines and its answer.

    Raises:
        LogUnsignedError: No head was signed yet.
        NotInLogError: The filing is not in the log yet, or has no such line.
    """
    head = queries.get_head(session)
    if line_no is None:
        rows = db.rows(session, queries.FILING_LEAVES, {"filing_id": filing_id, "size": head.tree_size})
    else:
        line = db.first(session, queries.LINE_ID, {"filing_id": filing_id, "line_no": line_no})
        rows = _lines(session, [] if line is None else [line.id], head.tree_size)
    if not rows:
        raise NotInLogError("this is not in the log yet, or there is no such line; the log is sealed every ten minutes")
    about: Plain = {"filing": filing_id} if line_no is None else {"filing": filing_id, "line": line_no}
    return {**_document(session, head, rows, about, since), "status": "sealed", "ready_by": None, "used": []}


def prove_consistency(session: Session, old: int, new: int) -> list[bytes]:
    """Return the hashes that prove that the log of one size begins with that of another.

    Raises:
        LogRangeError: The log never was that long.
        LogUnsignedError: It has no head.
    """
    try:
        return queries.roots_of(session, consistency_spans(old, _known(session, new)))
    except IndexError as error:
        raise LogRangeError(f"{error}; sizes are whole, above zero and at most that of the newest head") from None


def prove_entry(session: Session, index: int, size: int) -> list[bytes]:
    """Return the hashes that prove that an entry is in the log of a size.

    Raises:
        LogRangeError: The log never was that long, or has no such entry.
        LogUnsignedError: It has no head.
    """
    try:
        return queries.roots_of(session, inclusion_spans(index, _known(session, size)))
    except IndexError as error:
        raise LogRangeError(f"{error}; entries count from 0, and the size is at most that of the newest head") from None


def _document(session: Session, head: Head | None, rows: Sequence[Any], about: Plain, since: int | None) -> Plain:
    consistency = None
    if head is not None and since is not None and 0 < since <= head.tree_size:
        path = queries.roots_of(session, consistency_spans(since, head.tree_size))
        consistency = {"from": since, "path": [rules.text_of_hash(step) for step in path]}
    return {
        "format": FORM,
        "mutual": tenant.current(session).code,
        "about": about,
        "checkpoint": None if head is None else head.note,
        "parts": [_part(session, row, head.tree_size) for row in rows] if head is not None else [],
        "consistency": consistency,
    }


def _part(session: Session, row: Any, size: int) -> Plain:
    path = queries.read_pieces(session, row.tree_id, path_offsets(row.position, row.leaf_count))
    entry_path = queries.roots_of(session, inclusion_spans(row.entry_position, size))
    return {
        "leaf": row.content,
        "index": row.position,
        "path": [rules.text_of_hash(step) for step in path],
        "entry": row.entry,
        "entry_index": row.entry_position,
        "entry_path": [rules.text_of_hash(step) for step in entry_path],
    }


def _lines(session: Session, line_ids: list[int], size: int) -> list[Any]:
    if not line_ids:
        return []
    return db.rows(session, queries.LINE_LEAVES, {"line_ids": line_ids, "size": size})


def _used(use: Use, currency: str) -> Plain:
    return {
        "filing": use.filing_id,
        "line": use.line_no,
        "period": str(Period.of(use.period_start)),
        "amount": format_amount(use.amount_minor, currency_of(currency)),
    }


def _standing(
    session: Session, member_id: int, receipt_id: int, head: Head | None, *, is_found: bool, now: dt.datetime
) -> tuple[str, str | None]:
    if is_found:
        return "sealed", None
    row = db.first(session, queries.BOOKED_AT, {"receipt_id": receipt_id, "member_id": member_id})
    until = rules.ready_by(now if row is None else row.booked_at)
    if head is None and queries.size_of(session):
        return "unsigned", None
    return ("waiting" if now <= until else "late"), until.astimezone(dt.UTC).isoformat(timespec="seconds")


def _known(session: Session, size: int) -> int:
    # What was not signed yet is not shown, by no way.
    newest = queries.get_head(session).tree_size
    if size > newest:
        raise LogRangeError(f"the newest head of the log is of size {newest}, not {size}")
    return size


def _size(head: Head | None) -> int:
    return 0 if head is None else head.tree_size
