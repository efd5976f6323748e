"""Give every loaded statement line its place: decide by the rules, book what is known, send the rest to suspense, say why.

Money goes to its bank account the same day whoever it is for. Every line that is booked keeps its rule and, where it was
matched, a row of ``reconciliation_match`` with the fields that agreed. It may be run again at any time: a line that is
booked is not asked about again.
"""

import datetime as dt
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.contributions.reverse import reverse_receipt
from gateway.kit import db
from gateway.kit.errors import GatewayError
from gateway.reconciliation import queries
from gateway.reconciliation.book_credits import book_credits
from gateway.reconciliation.book_lines import BOOKERS, credit_suspense, debit_suspense, open_day
from gateway.reconciliation.book_payouts import book_payouts
from gateway.reconciliation.claim import leave_suspense
from gateway.reconciliation.decide import decide
from gateway.reconciliation.match_rules import AFTERWARDS, BY_CODE, PAYOUT_SHOWN, RULES
from gateway.reconciliation.shown import settle_known_later, settle_shown
from gateway.reconciliation.states import STATEMENT_LINE, StatementLineEvent, StatementLineStatus

ACTOR = "system:reconciliation"
NO_RULE = "no rule knows it"
ADVICE_CAME = "the state's advice says what it is"

TO_BOOK = """
-- one row per open line, in the order the bank booked them; without debits that nothing is known of yet, if so asked
SELECT l.id, l.amount_minor, l.currency, l.booked_on, l.end_to_end_id, l.reference, l.bank_reference, l.text, l.counterparty,
    a.ledger_code, a.number AS account_number, d.rule, d.matched_id
FROM bank_statement_line l JOIN bank_account a ON a.mutual_id = l.mutual_id AND a.id = l.account_id
LEFT JOIN pg_temp.decided d ON d.line_id = l.id
WHERE l.mutual_id = current_mutual() AND l.status = 'open' AND (:all OR l.amount_minor > 0 OR d.matched_id IS NOT NULL)
ORDER BY l.booked_on, l.id
"""

ADVISED_LATER = """
-- one row per credit in suspense that is the state's money by an advice that came after it; none whose money was placed or taken
-- back
SELECT l.id, l.amount_minor, l.currency, l.booked_on, l.end_to_end_id, l.status, a.ledger_code, r.id AS receipt_id, m.id AS matched_id,
    'remittance_transfer' AS rule
FROM benefit_remittance m
JOIN bank_statement_line l ON l.mutual_id = m.mutual_id AND l.end_to_end_id = m.transfer_reference AND l.amount_minor > 0
    AND l.status = 'suspense' AND NOT l.is_announced
JOIN bank_account a ON a.mutual_id = l.mutual_id AND a.id = l.account_id
JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.source = a.ledger_code
    AND r.source_reference = 'statement_line:' || l.id
WHERE m.mutual_id = current_mutual() AND m.status = 'advised'
  AND NOT EXISTS (SELECT FROM contribution_reversal v WHERE v.mutual_id = r.mutual_id AND v.receipt_id = r.id)
  AND NOT EXISTS (
    SELECT FROM contribution_receipt_line p JOIN contribution_placement q ON q.mutual_id = p.mutual_id AND q.receipt_line_id = p.id
    WHERE p.mutual_id = r.mutual_id AND p.receipt_id = r.id)
ORDER BY l.booked_on, l.id FOR UPDATE OF l
"""

RESETTLE = """
-- no row: a line out of suspense that is known by now
UPDATE bank_statement_line SET status = :status, rule = :rule, matched_kind = :kind, matched_id = :matched_id, ledger_tx_id = :tx_id
WHERE mutual_id = current_mutual() AND id = :line_id
"""


class Matched(NamedTuple):
    """What a run did."""

    by_rule: dict[str, int]
    suspense_count: int


def match_lines(session: Session, *, today: dt.date) -> Matched:
    """Match and book every open statement line; a second run finds none.

    Args:
        session: The open transaction.
        today: No receipt is booked for a day after it, and what the bank booked in a closed month is booked on it.
    """
    decide(session, RULES)
    by_rule = book_credits(session, today=today, actor=ACTOR, no_rule=NO_RULE)
    suspense_count = by_rule.pop("", 0)
    by_rule.update(book_payouts(session, today=today, actor=ACTOR))
    by_rule.update(settle_shown(session, actor=ACTOR))
    for asks_afterwards in (False, True):
        if asks_afterwards:
            # What the bank took back is known by the receipts that were just written.
            decide(session, AFTERWARDS)
        for line in db.rows(session, TO_BOOK, {"all": asks_afterwards}):
            rule = _book(session, line, today)
            if rule is None:
                suspense_count += 1
            else:
                by_rule[rule] = by_rule.get(rule, 0) + 1
    for line in db.rows(session, ADVISED_LATER):
        try:
            with session.begin_nested():
                _advised_later(session, line, today)
        except GatewayError:
            continue  # Not fit for the advice, in another currency for example: it waits in suspense for a person.
        by_rule[line.rule] = by_rule.get(line.rule, 0) + 1
    known_later = settle_known_later(session, today=today, actor=ACTOR)
    if known_later:
        by_rule[PAYOUT_SHOWN.code] = by_rule.get(PAYOUT_SHOWN.code, 0) + known_later
    return Matched(by_rule, suspense_count)


def _advised_later(session: Session, line: Any, today: dt.date) -> None:
    """Give money of the state that came before its advice to the remittance, out of suspense."""
    day, kind = open_day(session, line.booked_on, today), BY_CODE[line.rule].kind
    reverse_receipt(session, line.receipt_id, reason=ADVICE_CAME, actor=ACTOR, today=day)
    tx_id = BOOKERS[kind](session, line, day, ACTOR)
    status = leave_suspense(session, line, reason=ADVICE_CAME, actor=ACTOR)
    values = {"line_id": line.id, "status": status, "rule": line.rule, "kind": kind, "matched_id": line.matched_id}
    db.run(session, RESETTLE, {**values, "tx_id": tx_id})
    _keep_match(session, line, tx_id)


def _book(session: Session, line: Any, today: dt.date) -> str | None:
    day = open_day(session, line.booked_on, today)
    told = NO_RULE
    if line.matched_id is not None:
        try:
            with session.begin_nested():
                tx_id = BOOKERS[BY_CODE[line.rule].kind](session, line, day, ACTOR)
                _settle(session, line, StatementLineEvent.MATCH, line.rule, tx_id)
                _keep_match(session, line, tx_id)
        except GatewayError as refusal:
            # What the match was refused for stays with the line; its money is booked all the same.
            told = f"{line.rule}: refused, {refusal.detail}"
        else:
            return str(line.rule)
    elif line.rule is not None:
        told = f"{line.rule}: names several, a person decides"
    tx_id = (credit_suspense if line.amount_minor > 0 else debit_suspense)(session, line, day, ACTOR)
    _settle(session, line, StatementLineEvent.GIVE_UP, told, tx_id)
    return None


def _settle(session: Session, line: Any, event: StatementLineEvent, rule: str, tx_id: int) -> None:
    is_match = event is StatementLineEvent.MATCH
    values = {
        "line_id": line.id,
        "status": STATEMENT_LINE.advance(StatementLineStatus.OPEN, event),
        "rule": rule,
        "kind": BY_CODE[line.rule].kind if is_match else None,
        "matched_id": line.matched_id if is_match else None,
        "tx_id": tx_id,
    }
    db.run(session, queries.SETTLE_LINE, values)


def _keep_match(session: Session, line: Any, tx_id: int) -> None:
    values = {
        "line_id": line.id,
        "rule": line.rule,
        "fields": list(BY_CODE[line.rule].fields),
        "kind": BY_CODE[line.rule].kind,
        "matched_id": line.matched_id,
        "amount_minor": line.amount_minor,
        "tx_id": tx_id,
        "actor": ACTOR,
    }
    db.run(session, queries.INSERT_MATCH, {**values, "undoes": None, "reason": None})
