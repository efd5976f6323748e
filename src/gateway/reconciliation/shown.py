"""Lines that show what is in the books already: payouts that their provider paid, or took back, before its statement came.

A provider of mobile money says of each payment that it was paid, and that is booked; its statement shows the same payment
again. Such a line books nothing (docs/decisions/0194).
"""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit import db
from gateway.ledger.post import reverse
from gateway.reconciliation import queries
from gateway.reconciliation.book_lines import open_day
from gateway.reconciliation.claim import leave_suspense
from gateway.reconciliation.match_rules import PAYOUT_SHOWN, RETURN_SHOWN
from gateway.reconciliation.states import STATEMENT_LINE, StatementLineEvent, StatementLineStatus

SETTLE = """
-- one row per open line that was decided to show what is in the books
UPDATE bank_statement_line l SET status = :status, rule = d.rule, matched_kind = :kind, matched_id = d.matched_id
FROM pg_temp.decided d
WHERE l.mutual_id = current_mutual() AND l.id = d.line_id AND l.status = 'open' AND d.rule = :rule AND d.matched_id IS NOT NULL
RETURNING l.id
"""

INSERT_MATCHES = """
-- no row: what each line shows, and by which fields it was known
INSERT INTO reconciliation_match (line_id, rule, fields, kind, matched_id, amount_minor, actor)
SELECT l.id, l.rule, CAST(:fields AS text[]), l.matched_kind, l.matched_id, l.amount_minor, :actor
FROM bank_statement_line l WHERE l.mutual_id = current_mutual() AND l.id = ANY (CAST(:line_ids AS bigint[])) ORDER BY l.id
"""

KNOWN_LATER = """
-- one row per debit in suspense that is a payout of its account of which the provider said afterwards that it was paid; none that
-- people have explained, or another line shows
SELECT DISTINCT ON (p.id) l.id, l.amount_minor, l.booked_on, l.status, l.ledger_tx_id, p.id AS matched_id
FROM bank_statement_line l
JOIN bank_account a ON a.mutual_id = l.mutual_id AND a.id = l.account_id
CROSS JOIN LATERAL (SELECT unnest(ARRAY[l.end_to_end_id, l.bank_reference, l.reference]) AS name) n
JOIN payout p ON p.mutual_id = l.mutual_id AND (p.end_to_end_id = n.name OR p.provider_reference = n.name)
    AND p.amount_minor = -l.amount_minor AND p.status IN ('paid', 'returned')
JOIN payout_batch b ON b.mutual_id = p.mutual_id AND b.id = p.batch_id AND b.provider = a.ledger_code
WHERE l.mutual_id = current_mutual() AND l.status = 'suspense' AND l.amount_minor < 0 AND NOT l.is_announced
  AND NOT EXISTS (SELECT FROM ledger_tx r WHERE r.mutual_id = l.mutual_id AND r.reverses = l.ledger_tx_id)
  AND NOT EXISTS (
    SELECT FROM reconciliation_break k WHERE k.mutual_id = l.mutual_id AND k.subject_kind = 'bank_statement_line' AND k.subject_id = l.id
        AND k.status IN ('approved', 'posted'))
  AND NOT EXISTS (
    SELECT FROM reconciliation_match k
    WHERE k.mutual_id = p.mutual_id AND k.kind IN ('payout_booking', 'payout_shown') AND k.matched_id = p.id)
ORDER BY p.id, l.id
"""

RESETTLE = """
-- no row: a line out of suspense that shows what is in the books
UPDATE bank_statement_line SET status = :status, rule = :rule, matched_kind = :rule, matched_id = :matched_id, ledger_tx_id = NULL
WHERE mutual_id = current_mutual() AND id = :line_id
"""

TOLD_LATER = "the provider said afterwards that it is a payout of ours"


def settle_shown(session: Session, *, actor: str) -> dict[str, int]:
    """Settle every decided line that shows what is in the books already; return how many lines that were, by rule."""
    status = STATEMENT_LINE.advance(StatementLineStatus.OPEN, StatementLineEvent.MATCH).value
    counts = {}
    for rule in (PAYOUT_SHOWN, RETURN_SHOWN):
        settled = db.rows(session, SETTLE, {"status": status, "rule": rule.code, "kind": rule.kind})
        if settled:
            said = {"fields": list(rule.fields), "actor": actor, "line_ids": [row.id for row in settled]}
            db.run(session, INSERT_MATCHES, said)
            counts[rule.code] = len(settled)
    return counts


def settle_known_later(session: Session, *, today: dt.date, actor: str) -> int:
    """Take the lines out of suspense that came before their provider said what they are; return how many.

    What they were booked as is reversed: the payout's own booking stands.
    """
    # A line that names two payouts, by their ids and by the provider's, shows one of them.
    waiting = {line.id: line for line in db.rows(session, KNOWN_LATER)}
    for line in waiting.values():
        _take_out(session, line, open_day(session, line.booked_on, today), actor)
    return len(waiting)


def _take_out(session: Session, line: Any, day: dt.date, actor: str) -> None:
    key = f"statement_line:{line.id}:shown"
    reverse(session, line.ledger_tx_id, key=key, valid_on=day, actor=actor, reason=TOLD_LATER)
    status = leave_suspense(session, line, reason=TOLD_LATER, actor=actor)
    told = {"line_id": line.id, "rule": PAYOUT_SHOWN.code, "matched_id": line.matched_id}
    db.run(session, RESETTLE, {**told, "status": status})
    match = {**told, "fields": list(PAYOUT_SHOWN.fields), "kind": PAYOUT_SHOWN.kind, "amount_minor": line.amount_minor}
    db.run(
        session, queries.INSERT_MATCH, {**match, "undoes": None, "tx_id": None, "actor": actor, "reason": TOLD_LATER}
    )
