"""Notifications of single bookings (camt.054): booked when they come, and proved by the statement of their day.

A line of a notification is a line like any other, marked as announced. The statement decides: the line of a statement
that is the same booking takes the announced one's place, so that nothing is booked twice; days whose statement is loaded
take no announcement any more; what a statement lacks though it was announced is a difference for a person.
"""

from sqlmodel import Session

from gateway.kit import bulk, db
from gateway.reconciliation.rules import Announced, pair_announced

INSERT_ANNOUNCED = """
-- one row per announced line that is not known yet, of days without a statement
INSERT INTO bank_statement_line (statement_id, account_id, fingerprint, ordinal, booked_on, value_on, amount_minor, currency,
    end_to_end_id, bank_reference, reference, text, counterparty, flags, references_found, is_announced)
SELECT %(statement_id)s, %(account_id)s, fingerprint, ordinal, booked_on, value_on, amount_minor, currency,
    end_to_end_id, bank_reference, reference, text, counterparty, flags, references_found, true
FROM staged_line
WHERE booked_on > coalesce((SELECT max(s.to_on) FROM bank_statement s WHERE s.mutual_id = (SELECT current_mutual())
    AND s.account_id = %(account_id)s AND s.status = 'loaded'), DATE '0001-01-01')
ORDER BY position
ON CONFLICT (mutual_id, account_id, fingerprint, ordinal) DO NOTHING
"""

ANNOUNCED = """
-- one row per line of an account that was announced and is on no statement, in the order of equals
SELECT id AS key, booked_on, amount_minor, fingerprint, end_to_end_id, bank_reference, reference, text FROM bank_statement_line
WHERE mutual_id = current_mutual() AND account_id = :account_id AND is_announced ORDER BY ordinal, id
"""

SHOWN = """
-- one row per staged line that is not known from a statement and has an announced line's amount, in the order of equals
SELECT s.position AS key, s.booked_on, s.amount_minor, s.fingerprint, s.end_to_end_id, s.bank_reference, s.reference, s.text
FROM staged_line s
WHERE s.amount_minor IN (SELECT a.amount_minor FROM bank_statement_line a
    WHERE a.mutual_id = current_mutual() AND a.account_id = :account_id AND a.is_announced)
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


def announce(session: Session, statement_id: int, account_id: int) -> int:
    """Keep the staged lines of a notification that no statement can have shown yet; return how many are new."""
    return bulk.execute(session, INSERT_ANNOUNCED, {"statement_id": statement_id, "account_id": account_id})


def adopt(session: Session, statement_id: int, account_id: int) -> int:
    """Give the staged statement its lines that were announced before; return how many."""
    waiting = [Announced(*row) for row in db.rows(session, ANNOUNCED, {"account_id": account_id})]
    if not waiting:
        return 0
    shown = [Announced(*row) for row in db.rows(session, SHOWN, {"account_id": account_id})]
    pairs = pair_announced(waiting, shown)
    values = {"account_id": account_id, "line_ids": [line for line, _ in pairs]}
    if pairs:
        db.run(session, STEP_ASIDE, values)
        db.run(session, ADOPT, {**values, "statement_id": statement_id, "positions": [place for _, place in pairs]})
    return len(pairs)
