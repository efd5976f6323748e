"""Notifications of single bookings (camt.054): booked when they come, and proved by the statement of their day.

A line of a notification is a line like any other, marked as announced. The statement decides: the line of a statement
that is the same booking takes the announced one's place, so that nothing is booked twice; one that is the sum of several
shows all of them and books nothing; days whose statement is loaded take no announcement any more; what a statement lacks
though it was announced is a difference for a person.
"""

from collections.abc import Sequence

from sqlmodel import Session

from gateway.kit import bulk, db
from gateway.reconciliation.rules import Announced, Gathered, gather_announced, pair_announced
from gateway.reconciliation.states import STATEMENT_LINE, StatementLineEvent, StatementLineStatus

ACTOR = "system:reconciliation"
TOGETHER, ANNOUNCED_LINE = "announced_together", "announced_line"
"""How a line of a statement is known that is a sum of announced ones, and what it is matched to."""

INSERT_ANNOUNCED = """
-- one row per announced line that is not known yet, of days without a statement
INSERT INTO bank_statement_line (statement_id, account_id, fingerprint, ordinal, booked_on, value_on, amount_minor, currency,
    end_to_end_id, bank_reference, reference, text, counterparty, flags, references_found, batch_reference, is_announced)
SELECT %(statement_id)s, %(account_id)s, fingerprint, ordinal, booked_on, value_on, amount_minor, currency,
    end_to_end_id, bank_reference, reference, text, counterparty, flags, references_found, batch_reference, true
FROM staged_line
WHERE booked_on > coalesce((SELECT max(s.to_on) FROM bank_statement s WHERE s.mutual_id = (SELECT current_mutual())
    AND s.account_id = %(account_id)s AND s.status = 'loaded'), DATE '0001-01-01')
ORDER BY position
ON CONFLICT (mutual_id, account_id, fingerprint, ordinal) DO NOTHING
"""

ANNOUNCED = """
-- one row per line of an account that was announced and is on no statement, in the order of equals
SELECT id AS key, booked_on, amount_minor, fingerprint, end_to_end_id, bank_reference, reference, text, batch_reference
FROM bank_statement_line
WHERE mutual_id = current_mutual() AND account_id = :account_id AND is_announced AND shown_by IS NULL ORDER BY ordinal, id
"""

SHOWN = """
-- one row per staged line that is not known from a statement and has an announced line's amount or a batch's reference, in the
-- order of equals
WITH waiting AS (
    SELECT a.amount_minor, coalesce(a.batch_reference, a.bank_reference) AS batch_reference FROM bank_statement_line a
    WHERE a.mutual_id = current_mutual() AND a.account_id = :account_id AND a.is_announced AND a.shown_by IS NULL
)
SELECT s.position AS key, s.booked_on, s.amount_minor, s.fingerprint, s.end_to_end_id, s.bank_reference, s.reference, s.text,
    s.batch_reference, s.batch_parts AS parts
FROM staged_line s
WHERE (s.amount_minor IN (SELECT w.amount_minor FROM waiting w) OR s.batch_parts <> '{}'
       OR coalesce(s.batch_reference, s.bank_reference) IN (SELECT w.batch_reference FROM waiting w))
  AND NOT EXISTS (SELECT FROM bank_statement_line k WHERE k.mutual_id = current_mutual() AND k.account_id = :account_id
    AND NOT k.is_announced AND k.fingerprint = s.fingerprint AND k.ordinal = s.ordinal)
ORDER BY s.ordinal, s.position
"""

STEP_ASIDE = """
-- no row: announced lines that are on the statement leave their place among equals
UPDATE bank_statement_line SET fingerprint = 'announced:' || id
WHERE mutual_id = current_mutual() AND account_id = :account_id AND id = ANY (CAST(:line_ids AS bigint[]))
"""

ADOPT = """
-- no row: announced lines become the statement's, as it tells of them; what they were matched to and booked as stays
UPDATE bank_statement_line l SET statement_id = :statement_id, is_announced = false, fingerprint = s.fingerprint, ordinal = s.ordinal,
    booked_on = s.booked_on, value_on = s.value_on, end_to_end_id = s.end_to_end_id, bank_reference = s.bank_reference,
    reference = s.reference, text = s.text, counterparty = s.counterparty, flags = s.flags, references_found = s.references_found
FROM unnest(CAST(:line_ids AS bigint[]), CAST(:positions AS int[])) AS n (line_id, position)
JOIN staged_line s ON s.position = n.position
WHERE l.mutual_id = current_mutual() AND l.account_id = :account_id AND l.id = n.line_id
"""

SHOW_PARTS = """
-- no row: announced lines that the statement shows in a sum
UPDATE bank_statement_line l SET shown_by = w.id
FROM unnest(CAST(:line_ids AS bigint[]), CAST(:positions AS int[])) AS n (line_id, position)
JOIN staged_line s ON s.position = n.position
JOIN bank_statement_line w ON w.mutual_id = current_mutual() AND w.account_id = :account_id AND w.fingerprint = s.fingerprint
    AND w.ordinal = s.ordinal
WHERE l.mutual_id = current_mutual() AND l.id = n.line_id AND l.is_announced
"""

MATCH_SUMS = """
-- no row: the sums, which are what was announced
UPDATE bank_statement_line w SET status = :status, rule = :rule, matched_kind = :kind
WHERE w.mutual_id = current_mutual() AND w.status = 'open'
  AND w.id IN (SELECT l.shown_by FROM bank_statement_line l WHERE l.mutual_id = current_mutual() AND l.id = ANY (CAST(:line_ids AS bigint[])))
"""

MATCH_PARTS = """
-- no row: a match of each sum with each of its parts
INSERT INTO reconciliation_match (line_id, rule, fields, kind, matched_id, amount_minor, ledger_tx_id, reason, actor)
SELECT l.shown_by, :rule, CAST(:fields AS text[]), :kind, l.id, l.amount_minor, l.ledger_tx_id, CAST(:reason AS text), :actor
FROM bank_statement_line l WHERE l.mutual_id = current_mutual() AND l.id = ANY (CAST(:line_ids AS bigint[])) ORDER BY l.id
"""


def announce(session: Session, statement_id: int, account_id: int) -> int:
    """Keep the staged lines of a notification that no statement can have shown yet; return how many are new."""
    return bulk.execute(session, INSERT_ANNOUNCED, {"statement_id": statement_id, "account_id": account_id})


def adopt(session: Session, statement_id: int, account_id: int) -> list[Gathered]:
    """Give the staged statement its lines that were announced before; return its lines that are sums of announced ones."""
    waiting = [Announced(*row) for row in db.rows(session, ANNOUNCED, {"account_id": account_id})]
    if not waiting:
        return []
    found = db.rows(session, SHOWN, {"account_id": account_id})
    shown = [Announced(*row)._replace(parts=tuple(row.parts)) for row in found]
    sums = gather_announced(waiting, shown)
    wholes, gathered = {one.shown for one in sums}, {key for one in sums for key in one.announced}
    pairs = pair_announced(
        [line for line in waiting if line.key not in gathered], [line for line in shown if line.key not in wholes]
    )
    values = {"account_id": account_id, "line_ids": [line for line, _ in pairs]}
    if pairs:
        db.run(session, STEP_ASIDE, values)
        db.run(session, ADOPT, {**values, "statement_id": statement_id, "positions": [place for _, place in pairs]})
    return sums


def show_sums(session: Session, account_id: int, sums: Sequence[Gathered]) -> None:
    """Mark the lines just kept that are sums of announced ones: they book nothing, for their parts are booked."""
    if not sums:
        return
    values = {
        "account_id": account_id,
        "positions": [one.shown for one in sums for _ in one.announced],
        "line_ids": [line for one in sums for line in one.announced],
        "rule": TOGETHER,
        "kind": ANNOUNCED_LINE,
        "fields": ["reference of the batch or of its parts", "amount = the sum of what was announced"],
        "reason": None,
        "actor": ACTOR,
        "status": STATEMENT_LINE.advance(StatementLineStatus.OPEN, StatementLineEvent.MATCH),
    }
    for statement in (SHOW_PARTS, MATCH_SUMS, MATCH_PARTS):
        db.run(session, statement, values)
