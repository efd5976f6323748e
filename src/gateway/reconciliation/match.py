"""Give every loaded statement line its place: strict rules first, each stops at the one hit; what is left waits in suspense.

A rule is a statement that names candidates; the engine takes a candidate only where a line has exactly one and, for
things that happen once, no other line claims it too. Two candidates are never resolved by the machine. Money goes to
its bank account the same day whoever it is for.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.benefits.receive import fund
from gateway.contributions.models import Channel
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.filing.pay import book_payment
from gateway.kit import db
from gateway.kit.errors import GatewayError
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import FIND_TX_BY_KEY
from gateway.reconciliation import queries
from gateway.reconciliation.book_credits import book_credits
from gateway.reconciliation.book_payouts import book_payout, book_payouts, book_return
from gateway.reconciliation.states import STATEMENT_LINE, StatementLineEvent, StatementLineStatus
from gateway.reconciliation.transfer import book_transfer

ACTOR = "system:reconciliation"
SUSPENSE = "suspense:bank"
NO_RULE = "no rule knows it"
_OPEN = "l.mutual_id = current_mutual() AND l.status = 'open' AND l.matched_kind IS NULL"


class Rule(NamedTuple):
    """How a line may be known for what it is."""

    code: str
    kind: str
    """What it is matched to; decides how it is booked."""
    happens_once: bool
    meaning: str
    candidates: str
    """Gives line_id, matched_id."""


RULES = (
    Rule(
        "our_end_to_end_id",
        "filing_payment",
        True,
        "A payment of ours: its end-to-end id and its amount",
        f"""
-- one row per open debit and payment of ours with its id and amount
SELECT l.id AS line_id, p.id AS matched_id FROM bank_statement_line l
JOIN filing_payment p ON p.mutual_id = l.mutual_id AND p.end_to_end_id = l.end_to_end_id AND p.amount_minor = -l.amount_minor
WHERE {_OPEN} AND p.booked_on IS NULL AND p.withdrawn_at IS NULL AND p.released_at IS NOT NULL
""",
    ),
    Rule(
        "payout_booking",
        "payout",
        True,
        "A payout of ours: its end-to-end id and its amount, from the account it was ordered from",
        f"""
-- one row per open debit and payout of ours with its id and amount
SELECT l.id AS line_id, p.id AS matched_id FROM bank_statement_line l
JOIN bank_account a ON a.mutual_id = l.mutual_id AND a.id = l.account_id
JOIN payout p ON p.mutual_id = l.mutual_id AND p.end_to_end_id = l.end_to_end_id AND p.amount_minor = -l.amount_minor
JOIN payout_batch b ON b.mutual_id = p.mutual_id AND b.id = p.batch_id AND b.provider = a.ledger_code
WHERE {_OPEN} AND l.amount_minor < 0 AND p.status = 'ordered' AND b.released_at IS NOT NULL
""",
    ),
    Rule(
        "payout_return",
        "payout_return",
        True,
        "A payout that comes back: its end-to-end id and its amount; its own booking may stand on the same statement",
        f"""
-- one row per open credit and payout of ours with its id and amount
SELECT l.id AS line_id, p.id AS matched_id FROM bank_statement_line l
JOIN bank_account a ON a.mutual_id = l.mutual_id AND a.id = l.account_id
JOIN payout p ON p.mutual_id = l.mutual_id AND p.end_to_end_id = l.end_to_end_id AND p.amount_minor = l.amount_minor
JOIN payout_batch b ON b.mutual_id = p.mutual_id AND b.id = p.batch_id AND b.provider = a.ledger_code
WHERE {_OPEN} AND l.amount_minor > 0 AND p.status IN ('ordered', 'paid')
""",
    ),
    Rule(
        "remittance_transfer",
        "benefit_remittance",
        True,
        "Benefits from the state: the end-to-end id that its advice names",
        f"""
-- one row per open credit and advice that names its id
SELECT l.id AS line_id, r.id AS matched_id FROM bank_statement_line l
JOIN benefit_remittance r ON r.mutual_id = l.mutual_id AND r.transfer_reference = l.end_to_end_id
WHERE {_OPEN} AND l.amount_minor > 0 AND r.status IN ('advised', 'differs')
""",
    ),
    Rule(
        "transfer_reference",
        "own_transfer",
        True,
        "A transfer between our own places: its reference",
        f"""
-- one row per open line and ordered transfer with its reference
SELECT l.id AS line_id, t.id AS matched_id FROM bank_statement_line l
JOIN bank_account a ON a.mutual_id = l.mutual_id AND a.id = l.account_id
JOIN own_transfer t ON t.mutual_id = l.mutual_id AND t.transit_code = a.ledger_code || ':' || 'in-transit'
    AND t.reference IN (l.reference, l.end_to_end_id, l.bank_reference)
WHERE {_OPEN} AND t.status = 'ordered' AND (l.amount_minor > 0) = (t.to_code = a.ledger_code)
""",
    ),
    Rule(
        "member_reference",
        "member",
        False,
        "A member's own payment reference with right check digits",
        f"""
-- one row per open credit and member whose reference it carries
SELECT l.id AS line_id, m.id AS matched_id FROM bank_statement_line l
JOIN member m ON m.mutual_id = l.mutual_id AND upper(regexp_replace(m.number, '[^A-Za-z0-9]', '', 'g')) = substr(l.reference, 5)
WHERE {_OPEN} AND l.amount_minor > 0 AND l.reference LIKE 'RF%'
""",
    ),
)

APPLY = """
-- one row per line that a rule knows: it has one candidate, and a thing that happens once has one line
WITH candidate AS (
{candidates}
), single AS (
    SELECT line_id, min(matched_id) AS matched_id FROM candidate GROUP BY line_id HAVING count(DISTINCT matched_id) = 1
), fair AS (
    SELECT line_id, matched_id, count(*) OVER (PARTITION BY matched_id) AS claims FROM single
)
UPDATE bank_statement_line l SET matched_kind = :kind, matched_id = f.matched_id, rule = :rule
FROM fair f
WHERE l.mutual_id = current_mutual() AND l.id = f.line_id AND (f.claims = 1 OR NOT :once)
"""

TO_BOOK = """
-- one row per open line, in the order the bank booked them
SELECT l.id, l.amount_minor, l.currency, l.booked_on, l.end_to_end_id, l.reference, l.bank_reference, l.text, l.counterparty,
    l.matched_kind, l.matched_id, l.rule, a.ledger_code, a.number AS account_number
FROM bank_statement_line l JOIN bank_account a ON a.mutual_id = l.mutual_id AND a.id = l.account_id
WHERE l.mutual_id = current_mutual() AND l.status = 'open' ORDER BY l.booked_on, l.id
"""


class Matched(NamedTuple):
    """What a run did."""

    by_rule: dict[str, int]
    suspense_count: int


def match_lines(session: Session, *, today: dt.date) -> Matched:
    """Match and book every open statement line; a second run finds none.

    Args:
        session: The open transaction.
        today: No receipt is booked for a day after it.
    """
    for rule in RULES:
        values = {"kind": rule.kind, "rule": rule.code, "once": rule.happens_once}
        db.run(session, APPLY.format(candidates=rule.candidates), values)
    by_rule = book_credits(session, today=today, actor=ACTOR, no_rule=NO_RULE)
    suspense_count = by_rule.pop("", 0)
    paid_out = book_payouts(session, today=today, actor=ACTOR)
    if paid_out:
        by_rule["payout_booking"] = paid_out
    for line in db.rows(session, TO_BOOK):
        rule_code = _book(session, line, today)
        if rule_code is None:
            suspense_count += 1
        else:
            by_rule[rule_code] = by_rule.get(rule_code, 0) + 1
    return Matched(by_rule, suspense_count)


def _book(session: Session, line: Any, today: dt.date) -> str | None:
    if line.matched_kind is not None:
        try:
            with session.begin_nested():
                tx_id = _BOOKERS[line.matched_kind](session, line, today)
                _settle(session, line, StatementLineEvent.MATCH, line.rule, tx_id)
        except GatewayError as refusal:
            # What the match was refused for stays with the line; its money is booked all the same.
            line_rule = f"{line.rule}: refused, {refusal.detail}"
        else:
            return str(line.rule)
    else:
        line_rule = NO_RULE
    tx_id = _credit_suspense(session, line, today) if line.amount_minor > 0 else _debit_suspense(session, line)
    _settle(session, line, StatementLineEvent.GIVE_UP, line_rule, tx_id)
    return None


def _settle(session: Session, line: Any, event: StatementLineEvent, rule: str, tx_id: int) -> None:
    is_match = event is StatementLineEvent.MATCH
    values = {
        "line_id": line.id,
        "status": STATEMENT_LINE.advance(StatementLineStatus.OPEN, event),
        "rule": rule,
        "kind": line.matched_kind if is_match else None,
        "matched_id": line.matched_id if is_match else None,
        "tx_id": tx_id,
    }
    db.run(session, queries.SETTLE_LINE, values)


def _book_payment(session: Session, line: Any, _today: dt.date) -> int:
    booked = book_payment(
        session,
        end_to_end_id=line.end_to_end_id,
        amount_minor=-line.amount_minor,
        booked_on=line.booked_on,
        statement_line_id=line.id,
        actor=ACTOR,
    )
    return int(booked.ledger_tx_id)


def _book_remittance(session: Session, line: Any, _today: dt.date) -> int:
    remittance = fund(
        session,
        transfer_reference=line.end_to_end_id,
        amount_minor=line.amount_minor,
        booked_on=line.booked_on,
        statement_line_id=line.id,
        bank_code=line.ledger_code,
        actor=ACTOR,
    )
    key = f"remittance:{remittance.id}:funds:statement-line:{line.id}"
    return int(db.one(session, FIND_TX_BY_KEY, {"key": key}).id)


def _book_payout(session: Session, line: Any, today: dt.date) -> int:
    return book_payout(session, line, today=today, actor=ACTOR)


def _book_payout_return(session: Session, line: Any, today: dt.date) -> int:
    return book_return(session, line, today=today, actor=ACTOR)


def _book_transfer(session: Session, line: Any, _today: dt.date) -> int:
    return book_transfer(
        session,
        line.matched_id,
        line_minor=line.amount_minor,
        booked_on=line.booked_on,
        statement_line_id=line.id,
        actor=ACTOR,
    )


def _receive_for_member(session: Session, line: Any, today: dt.date) -> int:
    return _receive(session, line, today, NewLine(member_id=line.matched_id, amount_minor=line.amount_minor))


def _credit_suspense(session: Session, line: Any, today: dt.date) -> int:
    claimed = " · ".join(part for part in (line.counterparty, line.reference, line.text) if part)[:200]
    return _receive(
        session, line, today, NewLine(identity=claimed or "nothing was written", amount_minor=line.amount_minor)
    )


def _receive(session: Session, line: Any, today: dt.date, part: NewLine) -> int:
    receipt = receive(
        session,
        NewReceipt(
            source=line.ledger_code,
            source_reference=f"statement_line:{line.id}",
            channel=Channel.BANK,
            account_code=line.ledger_code,
            amount_minor=line.amount_minor,
            currency=line.currency,
            paid_on=line.booked_on,
            lines=(part,),
            payer_name=line.counterparty,
            payer_reference=line.reference or line.end_to_end_id or line.bank_reference,
        ),
        actor=ACTOR,
        today=today,
    )
    return receipt.ledger_tx_id


def _debit_suspense(session: Session, line: Any) -> int:
    open_accounts(session, [NewAccount(SUSPENSE)], line.currency)
    event = Event(
        key=f"statement_line:{line.id}",
        kind="bank.debit_unknown",
        valid_on=line.booked_on,
        lines=[Line(SUSPENSE, -line.amount_minor), Line(line.ledger_code, line.amount_minor)],
        actor=ACTOR,
        reason="a debit that nobody ordered",
        evidence=f"statement_line:{line.id}",
    )
    return post(session, event).tx_id


_BOOKERS: dict[str, Callable[[Session, Any, dt.date], int]] = {
    "filing_payment": _book_payment,
    "benefit_remittance": _book_remittance,
    "own_transfer": _book_transfer,
    "payout": _book_payout,
    "payout_return": _book_payout_return,
    "member": _receive_for_member,
}
