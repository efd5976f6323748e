"""Give a line's money to the member it belongs to: out of suspense, or away from the wrong member.

A placement moves money from where the receipt put it. Placing it again takes the placement before back by a linked
reversal and moves it anew, so that every member's statement shows what came and what went.
"""

import datetime as dt
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.contributions.errors import (
    AlreadyPlacedError,
    ReceiptInvalidError,
    ReceiptLineUnknownError,
    ReceiptReversedError,
    ReceiptUsedError,
)
from gateway.contributions.queries import (
    INSERT_PLACEMENT,
    LINE,
    LOCK_RECEIPT,
    MEMBER_EXISTS,
    PLACEMENT_TX,
    ReceiptRow,
    get_receipt,
)
from gateway.contributions.receive import suspense_account
from gateway.kit import audit, db
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.errors import FloorBrokenError
from gateway.ledger.post import Event, Line, post, reverse
from gateway.membership.errors import MemberNotFoundError


class Placed(NamedTuple):
    """A placement and the receipt it belongs to, as it stands now."""

    placement_id: int
    receipt: ReceiptRow


def place_line(
    session: Session, line_id: int, *, member_id: int | None, reason: str, actor: str, today: dt.date
) -> Placed:
    """Give a line's money to a member, or back to suspense where ``member_id`` is None.

    Raises:
        ReceiptLineUnknownError: No such line.
        ReceiptInvalidError: No reason is given.
        MemberNotFoundError: No such member.
        AlreadyPlacedError: The money is there already.
        ReceiptReversedError: The receipt was taken back.
        ReceiptUsedError: The member who has the money has used it.
        PeriodClosedError: Today's month is closed in the books.
    """
    if not reason.strip():
        raise ReceiptInvalidError("a placement needs a reason; say how it is known whose money it is")
    line = _locked_line(session, line_id)
    if line.is_reversed:
        raise ReceiptReversedError(f"receipt {line.receipt_id} was reversed; there is no money to place")
    if member_id is not None and db.first(session, MEMBER_EXISTS, {"member_id": member_id}) is None:
        raise MemberNotFoundError(f"there is no member {member_id}")
    if member_id == (line.placed_member_id if line.is_placed else line.first_member_id):
        whose = "in suspense" if member_id is None else f"member {member_id}'s"
        raise AlreadyPlacedError(f"the money of line {line_id} is {whose} already")
    try:
        undone = _take_back(session, line, reason=reason, actor=actor, today=today)
        moved = _move(session, line, member_id, reason=reason, actor=actor, today=today)
    except FloorBrokenError as refusal:
        raise ReceiptUsedError(
            f"the money of line {line_id} has been used by the member who has it; take back its use first"
        ) from refusal
    values = {"receipt_line_id": line_id, "version": line.version + 1, "member_id": member_id, "reason": reason}
    booked = {"amount_minor": line.amount_minor, "ledger_tx_id": moved, "reversal_tx_id": undone, "actor": actor}
    made = int(db.scalar(session, INSERT_PLACEMENT, {**values, **booked}))
    audit.record(
        session, actor=actor, action="receipt.place", subject_kind="receipt_line", subject_id=line_id, reason=reason
    )
    return Placed(made, get_receipt(session, line.receipt_id))


def _locked_line(session: Session, line_id: int) -> Any:
    line = db.first(session, LINE, {"line_id": line_id})
    if line is None:
        raise ReceiptLineUnknownError(f"no line {line_id} of any receipt")
    db.one(session, LOCK_RECEIPT, {"receipt_id": line.receipt_id})
    # Read again: it may have been placed or reversed while the lock was waited for.
    return db.first(session, LINE, {"line_id": line_id})


def _take_back(session: Session, line: Any, *, reason: str, actor: str, today: dt.date) -> int | None:
    earlier = db.first(session, PLACEMENT_TX, {"line_id": line.id, "version": line.version})
    if earlier is None or earlier.ledger_tx_id is None:
        return None
    key = f"placement-reversal:{line.id}:{line.version}"
    return reverse(session, earlier.ledger_tx_id, key=key, valid_on=today, actor=actor, reason=reason).tx_id


def _move(session: Session, line: Any, member_id: int | None, *, reason: str, actor: str, today: dt.date) -> int | None:
    if member_id == line.first_member_id:
        return None
    origin, target = (_account_of(line, one) for one in (line.first_member_id, member_id))
    if member_id is None:
        open_accounts(session, [NewAccount(target)], line.currency)
    event = Event(
        key=f"placement:{line.id}:{line.version + 1}",
        kind="placement",
        valid_on=today,
        lines=[Line(origin, line.amount_minor), Line(target, -line.amount_minor)],
        actor=actor,
        reason=reason,
        evidence=f"receipt:{line.receipt_id}",
    )
    return post(session, event).tx_id


def _account_of(line: Any, member_id: int | None) -> str:
    return suspense_account(line.channel) if member_id is None else f"member:{member_id}:contributions"
