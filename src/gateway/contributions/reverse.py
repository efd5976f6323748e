"""Take a receipt back, whole, with a reason; what its lines were placed to meanwhile is taken back with it."""

import datetime as dt

from sqlmodel import Session

from gateway.contributions.errors import ReceiptInvalidError, ReceiptReversedError, ReceiptUsedError
from gateway.contributions.queries import (
    ACTIVE_PLACEMENTS,
    INSERT_REVERSAL,
    LOCK_RECEIPT,
    ReceiptRow,
    get_receipt,
)
from gateway.kit import audit, db
from gateway.ledger.errors import FloorBrokenError
from gateway.ledger.post import reverse


def reverse_receipt(session: Session, receipt_id: int, *, reason: str, actor: str, today: dt.date) -> ReceiptRow:
    """Reverse a receipt and every placement of its lines, as of today, and return it.

    The receipt stays as it was written; the reversal stands beside it. A second run is refused.

    Raises:
        ReceiptUnknownError: None has this identifier.
        ReceiptInvalidError: No reason is given.
        ReceiptReversedError: It was reversed before.
        ReceiptUsedError: A member's part has been used, for example reserved for a filing.
        PeriodClosedError: Today's month is closed in the books.
    """
    if not reason.strip():
        raise ReceiptInvalidError("a reversal needs a reason; say what was wrong with the receipt")
    db.one(session, LOCK_RECEIPT, {"receipt_id": receipt_id})
    receipt = get_receipt(session, receipt_id)
    if receipt.reversed_on is not None:
        raise ReceiptReversedError(f"receipt {receipt.number} was reversed on {receipt.reversed_on}")
    try:
        for placed in db.rows(session, ACTIVE_PLACEMENTS, {"receipt_id": receipt_id}):
            key = f"placement-reversal:{placed.receipt_line_id}:{placed.version}"
            reverse(session, placed.ledger_tx_id, key=key, valid_on=today, actor=actor, reason=reason)
        key = f"receipt-reversal:{receipt_id}"
        booked = reverse(session, receipt.ledger_tx_id, key=key, valid_on=today, actor=actor, reason=reason)
    except FloorBrokenError as refusal:
        raise ReceiptUsedError(
            f"money of receipt {receipt.number} has been used, so it cannot be taken back; take back its use first"
        ) from refusal
    values = {"receipt_id": receipt_id, "reason": reason, "reversed_on": today, "actor": actor}
    db.run(session, INSERT_REVERSAL, {**values, "ledger_tx_id": booked.tx_id})
    audit.record(
        session, actor=actor, action="receipt.reverse", subject_kind="receipt", subject_id=receipt_id, reason=reason
    )
    return get_receipt(session, receipt_id)
