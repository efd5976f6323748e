"""Book what the bank paid to members: one ledger transaction per batch and day, however many lines."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit import db
from gateway.payouts.bank_results import Booking, book_lines
from gateway.payouts.errors import PayoutSettledError
from gateway.reconciliation.match_rules import OUR_PAYOUT
from gateway.reconciliation.states import STATEMENT_LINE, StatementLineEvent, StatementLineStatus

DECIDED_LINES = """
-- one row per open line that was decided to pay a payout which has no outcome yet
SELECT l.id AS line_id, p.batch_id, p.end_to_end_id, l.booked_on, l.bank_reference
FROM pg_temp.decided d
JOIN bank_statement_line l ON l.mutual_id = current_mutual() AND l.id = d.line_id AND l.status = 'open'
JOIN payout p ON p.mutual_id = current_mutual() AND p.id = d.matched_id AND p.status = 'ordered'
WHERE d.rule = :rule AND (CAST(:line_id AS bigint) IS NULL OR l.id = :line_id) ORDER BY l.id
"""

SETTLE = """
-- no row: the lines that have been booked
UPDATE bank_statement_line l SET status = :status, rule = :rule, matched_kind = :kind, matched_id = d.matched_id, ledger_tx_id = t.tx_id
FROM unnest(CAST(:line_ids AS bigint[]), CAST(:tx_ids AS bigint[])) AS t (line_id, tx_id)
JOIN pg_temp.decided d ON d.line_id = t.line_id
WHERE l.mutual_id = current_mutual() AND l.id = t.line_id AND l.status = 'open'
"""

INSERT_MATCHES = """
-- no row: what each line was matched to, and by which fields
INSERT INTO reconciliation_match (line_id, rule, fields, kind, matched_id, amount_minor, ledger_tx_id, actor)
SELECT l.id, :rule, CAST(:fields AS text[]), :kind, d.matched_id, l.amount_minor, l.ledger_tx_id, :actor
FROM pg_temp.decided d JOIN bank_statement_line l ON l.mutual_id = current_mutual() AND l.id = d.line_id
WHERE d.line_id = ANY (CAST(:line_ids AS bigint[])) ORDER BY l.id
"""


def book_payouts(session: Session, *, today: dt.date, actor: str) -> dict[str, int]:
    """Settle every payout that a decided line pays; return how many lines that were, by rule."""
    bookings = _bookings(session, None)
    booked = book_lines(session, bookings, actor=actor, today=today) if bookings else {}
    if not booked:
        return {}
    status = STATEMENT_LINE.advance(StatementLineStatus.OPEN, StatementLineEvent.MATCH).value
    said = {"rule": OUR_PAYOUT.code, "kind": OUR_PAYOUT.kind, "line_ids": list(booked)}
    db.run(session, SETTLE, {**said, "status": status, "tx_ids": list(booked.values())})
    db.run(session, INSERT_MATCHES, {**said, "fields": list(OUR_PAYOUT.fields), "actor": actor})
    return {OUR_PAYOUT.code: len(booked)}


def book_payout(session: Session, line: Any, day: dt.date, actor: str) -> int:
    """Settle the payout that one line pays, where it was not settled with the others; return what was booked.

    Raises:
        PayoutSettledError: It has its outcome by now; nothing is booked twice.
    """
    booked = book_lines(session, _bookings(session, line.id), actor=actor, today=day)
    if line.id not in booked:
        raise PayoutSettledError(f"the payout {line.end_to_end_id} has its outcome already")
    return booked[line.id]


def _bookings(session: Session, line_id: int | None) -> list[Booking]:
    found = db.rows(session, DECIDED_LINES, {"rule": OUR_PAYOUT.code, "line_id": line_id})
    return [Booking(*row) for row in found]
