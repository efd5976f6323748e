"""Pay a bill: one person orders, another releases, the bank books, the state confirms.

The order is a pain.001 file, frozen with its digest when it is made; the amount is what the notice asks for, no more and
no less, because a state takes no part of it.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session

from gateway.authority.protocol import NoticePayments
from gateway.bank.pain001 import Party, Payment, payment_order
from gateway.filing import queries
from gateway.filing.courier import keep_raw
from gateway.filing.errors import (
    AccountOfAnotherError,
    EmployerShortError,
    NothingToPayError,
    NotReadyError,
    PaymentDiffersError,
    PaymentUnknownError,
    SamePersonError,
    SettingMissingError,
)
from gateway.filing.models import Bill, FilingPayment
from gateway.filing.sql import bill as sql
from gateway.filing.states import BILL, BillEvent, BillStatus, FilingEvent
from gateway.filing.steps import advance, advance_bill
from gateway.kit import audit, db, evidence, tenant
from gateway.kit.money import currency_of, format_amount
from gateway.kit.tenant import MutualRow
from gateway.ledger.bank_accounts import get_bank_account
from gateway.ledger.errors import FloorBrokenError, KeyReusedError
from gateway.ledger.post import Event, Line, post, reverse
from gateway.membership.employers import EmployerRow, employer_of_payroll, find_owner_of_account

LONGEST_ID = 35


class BookedPayment(NamedTuple):
    """A payment that the bank has booked."""

    payment_id: int
    ledger_tx_id: int


class BillMoney(NamedTuple):
    """What became of a bill's money, in minor units."""

    paid_minor: int
    """What left our account for it, or the state confirms, and did not come back."""
    returned_minor: int
    """What the bank gave back, all times together."""
    left_minor: int
    """What is still to be paid with this bill, an order that the bank has not booked yet included."""


def order_payment(session: Session, bill_id: int, *, account_code: str, actor: str, today: dt.date) -> FilingPayment:
    """Order the payment of a bill from a bank account; the file for the bank is frozen now.

    Raises:
        BillUnknownError: No such bill.
        UnknownBankAccountError: The mutual has no bank account with this code.
        InvalidTransitionError: The bill is ordered already, paid, or replaced.
        NothingToPayError: Nothing is left to pay.
        SettingMissingError: The state's account is not in the mutual's settings.
        AccountOfAnotherError: The bank account is another employer's, or the bill's employer has one of his own.
        EmployerShortError: An employer's bill asks more than was reserved, and his money does not reach for the rest.
    """
    bill = queries.get_bill(session, bill_id, lock=True)
    BILL.advance(BillStatus(bill.status), BillEvent.ORDER)
    back = db.rows(session, sql.CAME_BACK, {"bill_id": bill.id}) if bill.replaces_id is not None else []
    amount = left_to_pay(session, bill)
    if amount <= 0:
        raise NothingToPayError(f"bill {bill.id} asks for nothing more; it was paid under an earlier version")
    mutual, account = tenant.current(session), get_bank_account(session, code=account_code)
    employer = employer_of_payroll(session, bill.payroll_id)
    _check_account(session, bill, employer, account_code)
    cover = None if employer is None else _cover(session, bill, employer, actor=actor, today=today)
    number = 1 + int(db.scalar(session, sql.PAID_BEFORE, {"bill_id": bill.id}))
    end_to_end_id = end_to_end_id_of(mutual.id, bill, number)
    body = payment_order(
        message_id=f"M{end_to_end_id}"[:LONGEST_ID],
        payment_information_id=f"P{end_to_end_id}"[:LONGEST_ID],
        created_at=queries.now(session),
        execute_on=today,
        debtor=Party(account.holder or mutual.name, account.number, account.bank_identifier),
        currency=bill.currency,
        payments=[Payment(end_to_end_id, amount, _state(mutual), text=_text(bill, employer))],
    )
    about = {"bill_id": bill.id, "end_to_end_id": end_to_end_id}
    kept = evidence.keep(
        session, kind="bank.payment_order", source="gateway", media_type="application/xml", body=body, about=about
    )
    payment = FilingPayment(
        bill_id=bill.id,
        amount_minor=amount,
        currency=bill.currency,
        account_code=account_code,
        message_id=f"M{end_to_end_id}"[:LONGEST_ID],
        end_to_end_id=end_to_end_id,
        ordered_by=actor,
        order_sha256=evidence.digest(body),
        order_evidence_id=kept,
        cover_tx_id=cover,
        with_bill_ids=[row.id for row in back],
    )
    session.add(payment)
    session.flush()
    session.refresh(payment)
    advance_bill(session, bill, BillEvent.ORDER, actor=actor, evidence_id=kept)
    _record(session, payment, "order", actor)
    return payment


def left_to_pay(session: Session, bill: Bill) -> int:
    """Return what an order of a bill is for: what it asks beyond earlier payments, and what of those came back."""
    back = db.rows(session, sql.CAME_BACK, {"bill_id": bill.id}) if bill.replaces_id is not None else []
    return bill.total_minor - bill.paid_before_minor + sum(int(row.amount_minor) for row in back)


def money_of(session: Session, bill: Bill, payments: Sequence[FilingPayment]) -> BillMoney:
    """Return what of a bill was paid, came back and is left to pay; what a newer bill asks for is left with that one.

    Args:
        session: The open transaction.
        bill: The bill.
        payments: All of the bill's (``queries.bill_payments``).
    """
    payments = [one for one in payments if one.withdrawn_at is None]
    stays = [one for one in payments if one.returned_at is None and (one.booked_on or one.confirmed_at)]
    is_open = bill.status in (BillStatus.RECEIVED, BillStatus.ORDERED, BillStatus.RELEASED)
    return BillMoney(
        sum(one.amount_minor for one in stays),
        sum(one.amount_minor for one in payments if one.returned_at is not None),
        max(0, left_to_pay(session, bill)) if is_open else 0,
    )


def end_to_end_id_of(mutual_id: int, bill: Bill, number: int) -> str:
    """Return the id of a payment, at most 34 characters: ours first, then the notice's reference where it fits."""
    ours = f"F{mutual_id}B{bill.id}P{number}"
    reference = "".join(letter for letter in bill.notice_reference if letter.isascii() and letter.isalnum())
    whole = f"{ours}-{reference}"
    return whole if len(whole) < LONGEST_ID else ours


def release_payment(session: Session, payment_id: int, *, actor: str) -> FilingPayment:
    """Let an ordered payment be carried to the bank.

    Raises:
        PaymentUnknownError: No such payment.
        SamePersonError: Who ordered it may not release it.
        InvalidTransitionError: Released before, or withdrawn.
    """
    bill, payment = _ordered(session, payment_id)
    if payment.ordered_by == actor:
        raise SamePersonError(f"{actor} ordered payment {payment.id}; another person must release it")
    advance_bill(session, bill, BillEvent.RELEASE, actor=actor, evidence_id=payment.order_evidence_id)
    payment.released_by, payment.released_at = actor, queries.now(session)
    _record(session, payment, "release", actor)
    return payment


def withdraw_payment(session: Session, payment_id: int, *, actor: str, reason: str | None = None) -> FilingPayment:
    """Take back an order; the bill may be ordered again, under a new id.

    One that was released is taken back where the bank has refused it, by another person than the one who released it. Should
    the bank book it all the same, its line is a debit that nobody ordered.

    Raises:
        PaymentUnknownError: No such payment.
        SamePersonError: Who released it may not take it back.
        InvalidTransitionError: Booked, or withdrawn before.
        PaymentDiffersError: It was released, and the state calls a newer bill paid that counts on it.
    """
    bill, payment = _ordered(session, payment_id)
    if payment.released_at is not None and payment.released_by == actor:
        raise SamePersonError(f"{actor} released payment {payment.id}; another person says that the bank refused it")
    if payment.released_at is None:
        advance_bill(session, bill, BillEvent.WITHDRAW, actor=actor, reason=reason)
    else:
        BILL.advance(BillStatus(bill.status), BillEvent.CALL_OFF)
        _open_again(session, bill, payment, BillEvent.CALL_OFF, actor=actor, reason=reason)
    payment.withdrawn_at = queries.now(session)
    _record(session, payment, "withdraw", actor)
    return payment


def read_order_file(session: Session, payment_id: int) -> bytes:
    """Return the file for the bank, byte for byte as it was ordered.

    Raises:
        PaymentUnknownError: No such payment.
        NotReadyError: Nobody has released it yet, or it was withdrawn.
    """
    payment = queries.get_payment(session, payment_id)
    if payment.released_at is None or payment.withdrawn_at is not None or payment.order_evidence_id is None:
        raise NotReadyError(f"payment {payment_id} is not released; another person releases it first")
    return evidence.read(session, payment.order_evidence_id).body


def book_payment(
    session: Session, *, end_to_end_id: str, amount_minor: int, booked_on: dt.date, statement_line_id: int, actor: str
) -> BookedPayment:
    """Book what the bank's statement says left our account; the same line again changes nothing.

    Args:
        session: The open transaction.
        end_to_end_id: As the statement gives it.
        amount_minor: What left the account, above zero.
        booked_on: The bank's day.
        statement_line_id: The line that says so.
        actor: Who matches.

    Raises:
        PaymentUnknownError: No payment of ours has the id.
        PaymentDiffersError: Not the amount that was ordered, or an order that was not released.
        KeyReusedError: Another line booked it before.
    """
    row = db.first(session, queries.PAYMENT_BY_END_TO_END_ID, {"end_to_end_id": end_to_end_id})
    if row is None:
        raise PaymentUnknownError(f"no payment of ours has the end-to-end id {end_to_end_id!r}")
    bill = queries.get_bill(session, queries.get_payment(session, row.id).bill_id, lock=True)
    payment = queries.get_payment(session, row.id, lock=True)
    if payment.amount_minor != amount_minor:
        raise PaymentDiffersError(
            f"payment {payment.id} was ordered over {payment.amount_minor} minor units; the bank booked {amount_minor}"
        )
    if payment.released_at is None:
        raise PaymentDiffersError(f"payment {payment.id} was never released, and the bank booked it")
    if payment.returned_at is not None:
        raise PaymentDiffersError(f"payment {payment.id} was booked on {payment.booked_on} and came back")
    if payment.booked_on is not None:
        if payment.statement_line_id != statement_line_id or payment.ledger_tx_id is None:
            raise KeyReusedError(f"payment {payment.id} was booked by another line of a statement")
        return BookedPayment(payment.id, payment.ledger_tx_id)
    lines = [*_paid_off(session, bill, payment), Line(payment.account_code, -amount_minor)]
    told = f"statement_line:{statement_line_id}"
    booked = post(session, Event(f"payment:{payment.id}:book", "bill.pay", booked_on, lines, actor, evidence=told))
    payment.booked_on, payment.statement_line_id, payment.ledger_tx_id = booked_on, statement_line_id, booked.tx_id
    _record(session, payment, "book", actor)
    if bill.status != BillStatus.CONFIRMED:
        advance_bill(session, bill, BillEvent.BOOK, actor=actor)
    return BookedPayment(payment.id, booked.tx_id)


def return_payment(
    session: Session, payment_id: int, *, reason: str, returned_on: dt.date, account_code: str, actor: str
) -> int:
    """Book that the bank gave a payment back: what it paid is payable again, and its bill is ordered anew.

    Where the state has replaced the bill meanwhile, the newer one is ordered with what came back; an order of it that was not
    released yet is withdrawn, for it asks too little.

    Args:
        session: The open transaction.
        payment_id: Which payment.
        reason: The bank's words.
        returned_on: The day to book on.
        account_code: Where the money came in.
        actor: Who matches.

    Raises:
        PaymentUnknownError: No such payment.
        PaymentDiffersError: It was never booked, came back before, came to another account, or the state says that it is
            paid, with it or with a newer bill: a person decides.
    """
    bill = queries.get_bill(session, queries.get_payment(session, payment_id).bill_id, lock=True)
    payment = queries.get_payment(session, payment_id, lock=True)
    if payment.returned_at is not None or payment.ledger_tx_id is None or payment.account_code != account_code:
        raise PaymentDiffersError(f"payment {payment.id} was not booked from {account_code}, or came back before")
    if bill.status != BillStatus.BOOKED:
        raise _counted_on(payment)
    key = f"payment:{payment.id}:return"
    booked = reverse(session, payment.ledger_tx_id, key=key, valid_on=returned_on, actor=actor, reason=reason)
    payment.returned_on, payment.returned_at = returned_on, queries.now(session)
    payment.return_reason, payment.return_tx_id = reason, booked.tx_id
    _record(session, payment, "return", actor)
    _open_again(session, bill, payment, BillEvent.GIVE_BACK, actor=actor, reason=reason)
    return booked.tx_id


def confirm_payment(session: Session, bill_id: int, told: NoticePayments, *, actor: str) -> bool:
    """Write down that the state says a bill is paid, and settle the filings it covers; return whether it says so.

    Raises:
        BillUnknownError: No such bill.
    """
    bill = queries.get_bill(session, bill_id, lock=True)
    confirmed = sum(paid.amount_minor for paid in told.payments if paid.status == "confirmed")
    if told.reference != bill.notice_reference or told.currency != bill.currency or confirmed < bill.total_minor:
        return False
    came_back = db.rows(session, sql.CAME_BACK, {"bill_id": bill.id})
    covered = bill.status == BillStatus.RECEIVED and bill.total_minor <= bill.paid_before_minor and not came_back
    event = BillEvent.COVER if covered else BillEvent.CONFIRM
    if not (covered or BILL.allows(BillStatus(bill.status), event)):
        return bill.status == BillStatus.CONFIRMED
    kept = keep_raw(session, "state.payments", told.raw)
    row = db.first(session, sql.LIVE_PAYMENT, {"bill_id": bill.id})
    if row is not None:
        payment = queries.get_payment(session, row.id, lock=True)
        payment.confirmed_at, payment.confirmation_evidence_id = queries.now(session), kept
        session.add(payment)
    bill.notice_status = told.status
    advance_bill(session, bill, event, actor=actor, evidence_id=kept)
    for row in came_back:
        earlier = queries.get_bill(session, row.id, lock=True)
        advance_bill(
            session, earlier, BillEvent.COVER, actor=actor, reason="paid with the newer bill", evidence_id=kept
        )
    for paid in [bill.id, *(row.id for row in came_back)]:
        for settled in db.rows(session, sql.COVERED, {"bill_id": paid}):
            filing = queries.lock_filing(session, settled.id)
            advance(session, filing, FilingEvent.SETTLE, actor=actor, evidence_id=kept)
    return True


def _counted_on(payment: FilingPayment) -> PaymentDiffersError:
    return PaymentDiffersError(
        f"the state counts on payment {payment.id} of bill {payment.bill_id}, and the bank does not; ask them both"
    )


def _open_again(
    session: Session, bill: Bill, payment: FilingPayment, event: BillEvent, *, actor: str, reason: str | None
) -> None:
    """Let a bill whose payment came to nothing be ordered anew: by itself, or with the newer bill that replaced it."""
    newer = db.rows(session, sql.NEWER_BILLS, {"bill_id": bill.id})
    if any(one.status == BillStatus.CONFIRMED or one.has_credit for one in newer):
        raise _counted_on(payment)
    for one in newer:
        order = db.first(session, sql.LIVE_PAYMENT, {"bill_id": one.id})
        if one.status == BillStatus.ORDERED and order is not None:
            withdraw_payment(session, order.id, actor=actor, reason="an earlier payment came to nothing; order anew")
    advance_bill(session, bill, BillEvent.HAND_ON if newer else event, actor=actor, reason=reason)


def _paid_off(session: Session, bill: Bill, payment: FilingPayment) -> list[Line]:
    """Return what a payment pays: the bill's own part, and what was ordered with it."""
    rows = db.rows(session, sql.ASKED_BY, {"bill_ids": [bill.id, *payment.with_bill_ids]})
    return [Line(f"state:{row.notice_reference}:payable", row.amount_minor) for row in rows if row.amount_minor]


def _check_account(session: Session, bill: Bill, employer: EmployerRow | None, account_code: str) -> None:
    """Keep the bank accounts of employers apart: an own account pays its owner's bills, and nothing else does."""
    owner = find_owner_of_account(session, account_code)
    if owner is not None and (employer is None or owner.id != employer.id):
        raise AccountOfAnotherError(
            f"{account_code} is the own account of employer {owner.number}; bill {bill.id} is not his"
        )
    if employer is not None and employer.account_code not in (None, account_code):
        raise AccountOfAnotherError(
            f"bill {bill.id} is of employer {employer.number}, whose bills are paid from {employer.account_code}"
        )


def _cover(session: Session, bill: Bill, employer: EmployerRow, *, actor: str, today: dt.date) -> int | None:
    """Settle the difference of an employer's bill with his own money, in either direction; nobody else's is touched."""
    if bill.ledger_tx_id is None:
        return None
    earlier = db.first(session, sql.BILL_COVER, {"bill_id": bill.id})
    if earlier is not None:
        # An order that was withdrawn left its cover: the bill still asks for it.
        return int(earlier.cover_tx_id)
    values = {"account": employer.difference, "tx_id": bill.ledger_tx_id}
    minor = int(db.scalar(session, sql.COVERED_DIFFERENCE, values))
    if minor == 0:
        return None
    lines = [Line(employer.money, minor), Line(employer.difference, -minor)]
    event = Event(f"bill:{bill.id}:cover", "bill.cover", today, lines, actor, evidence=f"bill:{bill.id}")
    try:
        with session.begin_nested():
            return post(session, event).tx_id
    except FloorBrokenError as short:
        raise EmployerShortError(
            f"bill {bill.id} asks {format_amount(minor, currency_of(bill.currency))} {bill.currency} more than was reserved,"
            f" and employer {employer.number} has not paid in as much; receive his money first"
        ) from short


def _text(bill: Bill, employer: EmployerRow | None) -> str:
    return f"NP {bill.notice_reference}" + ("" if employer is None else f" {employer.number}")


def _ordered(session: Session, payment_id: int) -> tuple[Bill, FilingPayment]:
    # The bill is locked before its payment, everywhere.
    bill = queries.get_bill(session, queries.get_payment(session, payment_id).bill_id, lock=True)
    return bill, queries.get_payment(session, payment_id, lock=True)


def _state(mutual: MutualRow) -> Party:
    told = mutual.settings.get("state_account")
    if not isinstance(told, dict) or not told.get("account") or not told.get("name"):
        raise SettingMissingError(
            'the mutual\'s settings need "state_account": {"name": …, "account": …, "bank_identifier": …},'
            " the account that the state's bills are paid to"
        )
    return Party(str(told["name"]), str(told["account"]), str(told.get("bank_identifier", "")))


def _record(session: Session, payment: FilingPayment, verb: str, actor: str) -> None:
    session.add(payment)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action=f"bill_payment.{verb}",
        subject_kind="filing_payment",
        subject_id=payment.id,
        detail={"bill_id": payment.bill_id, "amount_minor": payment.amount_minor},
    )
