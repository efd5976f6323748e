"""Book what the bank paid to members: one ledger transaction per batch and day, however many lines."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit import db
from gateway.ledger.periods import is_closed
from gateway.ledger.queries import FIND_TX_BY_KEY
from gateway.payouts.bank_results import Booking, book_lines
from gateway.payouts.errors import PayoutSettledError
from gateway.payouts.return_payout import return_payout
from gateway.reconciliation.states import STATEMENT_LINE, StatementLineEvent, StatementLineStatus

OPEN_LINES = """
-- one row per open line that a rule knows for a payout that has no outcome yet
SELECT l.id AS line_id, p.batch_id, p.end_to_end_id, l.booked_on, l.bank_reference
FROM bank_statement_line l JOIN payout p ON p.mutual_id = l.mutual_id AND p.id = l.matched_id
WHERE l.mutual_id = current_mutual() AND l.status = 'open' AND l.matched_kind = 'payout' AND p.status = 'ordered'
ORDER BY l.id
"""

SETTLE = """
-- no row: the lines that have been booked
UPDATE bank_statement_line l SET status = :status, ledger_tx_id = t.tx_id
FROM unnest(CAST(:line_ids AS bigint[]), CAST(:tx_ids AS bigint[])) AS t (line_id, tx_id)
WHERE l.mutual_id = current_mutual() AND l.id = t.line_id AND l.status = 'open'
"""


def book_payouts(session: Session, *, today: dt.date, actor: str) -> int:
    """Settle every payout that an open line pays; return how many lines that were."""
    bookings = [Booking(*row) for row in db.rows(session, OPEN_LINES)]
    if not bookings:
        return 0
    booked = book_lines(session, bookings, actor=actor, today=today)
    status = STATEMENT_LINE.advance(StatementLineStatus.OPEN, StatementLineEvent.MATCH).value
    values = {"status": status, "line_ids": list(booked), "tx_ids": list(booked.values())}
    db.run(session, SETTLE, values)
    return len(booked)


def book_payout(session: Session, line: Any, *, today: dt.date, actor: str) -> int:
    """Settle the payout that one line pays; return what was booked.

    Raises:
        PayoutSettledError: It has its outcome by now; nothing is booked twice.
    """
    bookings = [Booking(*row) for row in db.rows(session, OPEN_LINES) if row.line_id == line.id]
    booked = book_lines(session, bookings, actor=actor, today=today)
    if line.id not in booked:
        raise PayoutSettledError(f"the payout {line.end_to_end_id} has its outcome already")
    return booked[line.id]


def book_return(session: Session, line: Any, *, today: dt.date, actor: str) -> int:
    """Owe the money of a payout that the bank sent back to its member again; return what was booked.

    Raises:
        ReturnRefusedError: It was never paid.
    """
    payout = return_payout(
        session,
        end_to_end_id=line.end_to_end_id,
        reason=line.text or "the bank sent it back",
        actor=actor,
        today=today if is_closed(session, line.booked_on) else line.booked_on,
        account_code=line.ledger_code,
    )
    return int(db.one(session, FIND_TX_BY_KEY, {"key": f"payout:{payout.id}:return"}).id)
