"""What people do with an announcement that no statement shows: take it back, or say in which line's sum it stands.

Both move money by linked reversals alone: the announcement's own, or that of the line which brought its money a second time.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from gateway.contributions.employer_money import reverse_employer_receipt
from gateway.contributions.reverse import reverse_receipt
from gateway.kit import db
from gateway.ledger.post import reverse
from gateway.ledger.queries import REVERSAL_OF
from gateway.reconciliation import queries
from gateway.reconciliation.announce import ANNOUNCED_LINE, MATCH_PARTS
from gateway.reconciliation.book_lines import open_day
from gateway.reconciliation.claim import PERSON, leave_suspense
from gateway.reconciliation.errors import ProposalInvalidError
from gateway.reconciliation.states import StatementLineStatus

BOOKED_LINES = """
-- one row per line of statements and notifications, locked in the order of ids: what it is, and what it was booked as
SELECT l.id, l.account_id, l.amount_minor, l.booked_on, l.status, l.is_announced, l.shown_by, l.ledger_tx_id, l.matched_kind,
    r.id AS receipt_id, e.id AS employer_receipt_id
FROM bank_statement_line l
JOIN bank_account b ON b.mutual_id = l.mutual_id AND b.id = l.account_id
LEFT JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.source = b.ledger_code
    AND r.source_reference = 'statement_line:' || l.id
LEFT JOIN employer_receipt e ON e.mutual_id = l.mutual_id AND e.source = b.ledger_code
    AND e.source_reference = 'statement_line:' || l.id
WHERE l.mutual_id = current_mutual() AND l.id = ANY (CAST(:line_ids AS bigint[])) ORDER BY l.id FOR UPDATE OF l
"""

SHOW = """
-- no row: announced lines that stand in a line's sum
UPDATE bank_statement_line SET shown_by = :line_id
WHERE mutual_id = current_mutual() AND id = ANY (CAST(:line_ids AS bigint[])) AND is_announced AND shown_by IS NULL
"""

RESETTLE = """
-- no row: a line out of suspense that is the sum of announced ones
UPDATE bank_statement_line SET status = :status, rule = :rule, matched_kind = :kind, matched_id = NULL, ledger_tx_id = NULL
WHERE mutual_id = current_mutual() AND id = :line_id
"""

TAKE_BACK, SHOWN_IN_SUM = "take_back", "shown_in_sum"
OWN_STEPS = {
    "filing_payment": "a payment of ours",
    "filing_payment_return": "a payment of ours that came back",
    "payout_booking": "a payout",
    "payout": "a payout that came back",
    "payout_shown": "a payout that was in the books before",
    "payout_return_shown": "a payout that was known to have come back",
    "benefit_remittance": "money of the state",
    "own_transfer": "a transfer between our own places",
    "cash_session": "a deposit of cash",
    "cash_sessions": "a deposit of cash",
    "receipt": "a payment that the bank took back",
    "employer_receipt": "an employer's payment that the bank took back",
}
"""What is more than one booking: its own steps undo it, and the difference is explained by an entry."""


def check_take_back(session: Session, line_id: int) -> Any:
    """Return an announced line that can be taken back as one booking.

    Raises:
        ProposalInvalidError: It was taken back before, is shown by now, or was booked as something with steps of its own.
    """
    (line,) = _standing(session, [line_id])
    if line.matched_kind in OWN_STEPS:
        raise ProposalInvalidError(
            f"line {line_id} was booked as {OWN_STEPS[line.matched_kind]}, which is more than one booking; explain it with an"
            " entry, and undo that by its own steps"
        )
    return line


def take_back(session: Session, line_id: int, *, reason: str, actor: str, today: dt.date) -> int:
    """Reverse what an announced line was booked as, on the line's own day where its month is open; return the transaction.

    Raises:
        ProposalInvalidError: As ``check_take_back``.
        ReceiptUsedError: Its money has been used.
        FloorBrokenError: An account would hold less than it may.
    """
    line = check_take_back(session, line_id)
    return _reverse(session, line, reason, actor, open_day(session, line.booked_on, today))


def check_sum(session: Session, line_id: int, announced_ids: Sequence[int]) -> Any:
    """Return a line of a statement that the announced ones make.

    Raises:
        ProposalInvalidError: Not a line in suspense of the same account, an announcement that is shown, or another sum.
    """
    announced = _standing(session, announced_ids)
    found = db.rows(session, BOOKED_LINES, {"line_ids": [line_id]})
    whole = found[0] if found else None
    if whole is None or whole.is_announced or whole.status != StatementLineStatus.SUSPENSE:
        raise ProposalInvalidError(
            f"{line_id} is no line of a statement whose money is in suspense; its list shows those"
        )
    if any(line.account_id != whole.account_id for line in announced):
        raise ProposalInvalidError("the announcements and the line are of several accounts")
    made = sum(line.amount_minor for line in announced)
    if made != whole.amount_minor:
        raise ProposalInvalidError(
            f"they make {made} minor units and the line has {whole.amount_minor}; name all of its parts"
        )
    return whole


def show_in_sum(
    session: Session, line_id: int, announced_ids: Sequence[int], *, reason: str, actor: str, today: dt.date
) -> int:
    """Say that a line in suspense is the sum of announced ones: its own booking is reversed, for theirs stand; return that.

    Raises:
        ProposalInvalidError: As ``check_sum``.
        ReceiptUsedError: Somebody has used what the line brought.
    """
    whole = check_sum(session, line_id, announced_ids)
    tx_id = _reverse(session, whole, reason, actor, open_day(session, whole.booked_on, today))
    status = leave_suspense(session, whole, reason=reason, actor=actor)
    db.run(session, SHOW, {"line_id": line_id, "line_ids": list(announced_ids)})
    db.run(session, RESETTLE, {"line_id": line_id, "status": status, "rule": PERSON, "kind": ANNOUNCED_LINE})
    match = {"rule": PERSON, "fields": [], "kind": ANNOUNCED_LINE, "reason": reason, "actor": actor}
    db.run(session, MATCH_PARTS, {**match, "line_ids": list(announced_ids)})
    return tx_id


def _standing(session: Session, line_ids: Sequence[int]) -> list[Any]:
    """Return announced lines that are booked, not taken back and on no statement yet."""
    found = db.rows(session, BOOKED_LINES, {"line_ids": list(line_ids)})
    if len(found) != len(set(line_ids)) or len(found) != len(line_ids):
        raise ProposalInvalidError("announced lines are named by their numbers, each once; one of these is not there")
    for line in found:
        if not line.is_announced or line.shown_by is not None or line.ledger_tx_id is None:
            raise ProposalInvalidError(f"line {line.id} is no announcement that waits for its statement")
        if db.first(session, REVERSAL_OF, {"tx_id": line.ledger_tx_id}) is not None:
            raise ProposalInvalidError(f"line {line.id} was taken back before")
    return found


def _reverse(session: Session, line: Any, reason: str, actor: str, day: dt.date) -> int:
    if line.receipt_id is not None:
        reverse_receipt(session, line.receipt_id, reason=reason, actor=actor, today=day)
        return int(db.one(session, queries.REVERSAL_TX, {"receipt_id": line.receipt_id}).ledger_tx_id)
    if line.employer_receipt_id is not None:
        reverse_employer_receipt(session, line.employer_receipt_id, reason=reason, actor=actor, today=day)
        values = {"receipt_id": line.employer_receipt_id}
        return int(db.one(session, queries.EMPLOYER_REVERSAL_TX, values).ledger_tx_id)
    key = f"statement_line:{line.id}:taken-back"
    return reverse(session, line.ledger_tx_id, key=key, valid_on=day, actor=actor, reason=reason).tx_id
