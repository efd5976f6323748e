"""Book one statement line as what it was matched to; what nobody knows, to suspense. Each returns its ledger transaction."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from gateway.benefits.receive import fund
from gateway.cash.deposit import choose, mark_deposited
from gateway.contributions.employer_money import (
    NewEmployerReceipt,
    receive_from_employer,
    reverse_employer_receipt,
)
from gateway.contributions.models import Channel
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.contributions.reverse import reverse_receipt
from gateway.filing.pay import book_payment, return_payment
from gateway.kit import db
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.periods import is_closed
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import FIND_TX_BY_KEY
from gateway.payouts.queries import get_payout
from gateway.payouts.return_payout import return_payout
from gateway.reconciliation import queries
from gateway.reconciliation.book_payouts import book_payout
from gateway.reconciliation.transfer import NewTransfer, book_transfer, order_transfer

SUSPENSE = "suspense:bank"
TAKEN_BACK = "the bank took it back"

Booker = Callable[[Session, Any, dt.date, str], int]
"""Takes the open transaction, the line, the day to book on, and who acts."""


def open_day(session: Session, booked_on: dt.date, today: dt.date) -> dt.date:
    """Return the day to book on: the bank's own, or today where its month is closed in the books.

    Source:
        SRC-LEDGER, closed periods refuse what lies inside them; the original date is kept with the line.
    """
    return today if is_closed(session, booked_on) else booked_on


def credit_suspense(session: Session, line: Any, day: dt.date, actor: str) -> int:
    """Receive money that nobody knows the owner of yet."""
    claimed = " · ".join(part for part in (line.counterparty, line.reference, line.text) if part)[:200]
    part = NewLine(identity=claimed or "nothing was written", amount_minor=line.amount_minor)
    return _receive(session, line, day, actor, part)


def debit_suspense(session: Session, line: Any, day: dt.date, actor: str) -> int:
    """Book money that the bank took and nobody ordered."""
    open_accounts(session, [NewAccount(SUSPENSE)], line.currency)
    event = Event(
        key=f"statement_line:{line.id}",
        kind="bank.debit_unknown",
        valid_on=day,
        lines=[Line(SUSPENSE, -line.amount_minor), Line(line.ledger_code, line.amount_minor)],
        actor=actor,
        reason="a debit that nobody ordered",
        evidence=f"statement_line:{line.id}",
    )
    return post(session, event).tx_id


def _payment(session: Session, line: Any, day: dt.date, actor: str) -> int:
    booked = book_payment(
        session,
        end_to_end_id=line.end_to_end_id,
        amount_minor=-line.amount_minor,
        booked_on=day,
        statement_line_id=line.id,
        actor=actor,
    )
    return int(booked.ledger_tx_id)


def _returned_payment(session: Session, line: Any, day: dt.date, actor: str) -> int:
    told = line.text or "the bank gave it back"
    account = line.ledger_code
    return return_payment(session, line.matched_id, reason=told, returned_on=day, account_code=account, actor=actor)


def _returned_payout(session: Session, line: Any, day: dt.date, actor: str) -> int:
    payout = get_payout(session, line.matched_id)
    told = line.text or "the bank gave it back"
    return_payout(
        session,
        end_to_end_id=payout.end_to_end_id,
        reason=told,
        actor=actor,
        today=day,
        account_code=line.ledger_code,
    )
    return _tx(session, f"payout:{payout.id}:return")


def _remittance(session: Session, line: Any, day: dt.date, actor: str) -> int:
    remittance = fund(
        session,
        transfer_reference=line.end_to_end_id,
        amount_minor=line.amount_minor,
        booked_on=day,
        statement_line_id=line.id,
        bank_code=line.ledger_code,
        actor=actor,
    )
    return _tx(session, f"remittance:{remittance.id}:funds:statement-line:{line.id}")


def _transfer(session: Session, line: Any, day: dt.date, actor: str) -> int:
    return book_transfer(
        session, line.matched_id, line_minor=line.amount_minor, booked_on=day, statement_line_id=line.id, actor=actor
    )


def _provider_payment(session: Session, line: Any, day: dt.date, actor: str) -> int:
    receipt = db.one(session, queries.RECEIPT_PLACE, {"receipt_id": line.matched_id})
    event = Event(
        key=f"statement_line:{line.id}",
        kind="bank.provider_payment",
        valid_on=day,
        lines=[Line(line.ledger_code, line.amount_minor), Line(receipt.account_code, -line.amount_minor)],
        actor=actor,
        evidence=f"statement_line:{line.id}",
    )
    return post(session, event).tx_id


def _one_session(session: Session, line: Any, day: dt.date, actor: str) -> int:
    return _sessions(session, line, day, actor, [line.matched_id])


def _several_sessions(session: Session, line: Any, day: dt.date, actor: str) -> int:
    found = db.one(session, queries.SESSIONS_OF_SUM, {"line_id": line.id})
    return _sessions(session, line, day, actor, list(found.parts))


def _sessions(session: Session, line: Any, day: dt.date, actor: str, session_ids: list[int]) -> int:
    chosen = choose(session, session_ids)
    ordered = order_transfer(
        session,
        NewTransfer(chosen.till, line.ledger_code, chosen.amount_minor, chosen.currency, day),
        actor=actor,
        today=max(day, line.booked_on),
    )
    mark_deposited(session, chosen, reference=ordered.reference, actor=actor)
    return book_transfer(
        session, ordered.id, line_minor=line.amount_minor, booked_on=day, statement_line_id=line.id, actor=actor
    )


def _member(session: Session, line: Any, day: dt.date, actor: str) -> int:
    return _receive(session, line, day, actor, NewLine(member_id=line.matched_id, amount_minor=line.amount_minor))


def _employer(session: Session, line: Any, day: dt.date, actor: str) -> int:
    new = NewEmployerReceipt(
        employer_id=line.matched_id,
        source=line.ledger_code,
        source_reference=f"statement_line:{line.id}",
        channel=Channel.BANK.value,
        account_code=line.ledger_code,
        amount_minor=line.amount_minor,
        currency=line.currency,
        paid_on=day,
        note=" · ".join(part for part in (line.counterparty, line.text) if part)[:200] or None,
    )
    return receive_from_employer(session, new, actor=actor, today=max(day, line.booked_on)).ledger_tx_id


def _taken_back(session: Session, line: Any, day: dt.date, actor: str) -> int:
    reverse_receipt(session, line.matched_id, reason=TAKEN_BACK, actor=actor, today=day)
    return int(db.one(session, queries.REVERSAL_TX, {"receipt_id": line.matched_id}).ledger_tx_id)


def _employer_taken_back(session: Session, line: Any, day: dt.date, actor: str) -> int:
    reverse_employer_receipt(session, line.matched_id, reason=TAKEN_BACK, actor=actor, today=day)
    return int(db.one(session, queries.EMPLOYER_REVERSAL_TX, {"receipt_id": line.matched_id}).ledger_tx_id)


def _receive(session: Session, line: Any, day: dt.date, actor: str, part: NewLine) -> int:
    receipt = receive(
        session,
        NewReceipt(
            source=line.ledger_code,
            source_reference=f"statement_line:{line.id}",
            channel=Channel.BANK if line.ledger_code.startswith("bank:") else Channel.MOBILE_MONEY,
            account_code=line.ledger_code,
            amount_minor=line.amount_minor,
            currency=line.currency,
            paid_on=day,
            lines=(part,),
            payer_name=line.counterparty,
            payer_reference=line.reference or line.end_to_end_id or line.bank_reference,
            note=None if day == line.booked_on else f"the bank booked it on {line.booked_on}, in a closed month",
        ),
        actor=actor,
        today=max(day, line.booked_on),
    )
    return receipt.ledger_tx_id


def _tx(session: Session, key: str) -> int:
    return int(db.one(session, FIND_TX_BY_KEY, {"key": key}).id)


BOOKERS: dict[str, Booker] = {
    "filing_payment": _payment,
    "filing_payment_return": _returned_payment,
    "payout_booking": book_payout,
    "payout": _returned_payout,
    "benefit_remittance": _remittance,
    "own_transfer": _transfer,
    "provider_payment": _provider_payment,
    "cash_session": _one_session,
    "cash_sessions": _several_sessions,
    "employer": _employer,
    "member": _member,
    "receipt": _taken_back,
    "employer_receipt": _employer_taken_back,
}
"""By what a line is matched to."""
