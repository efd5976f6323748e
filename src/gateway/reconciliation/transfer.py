"""Move the mutual's money between two places of its own: cash to the bank, a provider's settlement, a float top-up.

The side that is no bank moves when the transfer is ordered, the bank's side when its statement shows it; between the
two, the money stands on the bank account's clearing account.
"""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.contributions.reference import make_reference
from gateway.kit import audit, db
from gateway.kit.happened import check_happened
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.bank_accounts import get_bank_account
from gateway.ledger.post import Event, Line, post, require_accounts, reverse
from gateway.reconciliation import queries
from gateway.reconciliation.errors import (
    TransferInvalidError,
    TransferRepeatedError,
)
from gateway.reconciliation.queries import TransferRow, get_transfer
from gateway.reconciliation.states import TRANSFER, TransferEvent, TransferStatus
from gateway.reconciliation.tolerance import find_tolerance


class NewTransfer(NamedTuple):
    """A transfer to order."""

    from_code: str
    to_code: str
    amount_minor: int
    currency: str
    ordered_on: dt.date
    reference: str | None = None
    """The other side's own reference; without one, a reference with check digits is made."""


def order_transfer(session: Session, transfer: NewTransfer, *, actor: str, today: dt.date) -> TransferRow:
    """Order a transfer; ordering it again under the same reference has no effect.

    Raises:
        TransferInvalidError: No amount, or not exactly one side is a bank account.
        NotHappenedError: Its day has not come.
        TransferRepeatedError: The reference stands on a transfer with other content.
        UnknownAccountError: A place that the books do not have.
        UnknownBankAccountError: A bank account that is not registered.
    """
    bank_code = _bank_side(transfer, today)
    bank = get_bank_account(session, code=bank_code)
    if bank.currency != transfer.currency:
        raise TransferInvalidError(f"{bank_code} is kept in {bank.currency}, not in {transfer.currency}")
    other = transfer.to_code if transfer.from_code == bank_code else transfer.from_code
    require_accounts(session, [other])
    known = transfer.reference and db.first(session, queries.FIND_TRANSFER, {"reference": transfer.reference})
    if known:
        return _same_or_refuse(TransferRow(*known), transfer)
    transit = f"{bank_code}:in-transit"
    reference = transfer.reference or make_reference(f"T{db.scalar(session, queries.NEXT_TRANSFER_NUMBER)}")
    sign = 1 if other == transfer.to_code else -1
    booked = post(
        session,
        Event(
            key=f"transfer:{reference}:ordered",
            kind="transfer.ordered",
            valid_on=transfer.ordered_on,
            lines=[Line(other, sign * transfer.amount_minor), Line(transit, -sign * transfer.amount_minor)],
            actor=actor,
            evidence=f"transfer:{reference}",
        ),
    )
    values = {**transfer._asdict(), "reference": reference, "transit_code": transit, "actor": actor}
    made = db.scalar(session, queries.INSERT_TRANSFER, {**values, "ordered_tx_id": booked.tx_id})
    audit.record(session, actor=actor, action="transfer.order", subject_kind="own_transfer", subject_id=made)
    return get_transfer(session, int(made))


def book_transfer(
    session: Session, transfer_id: int, *, line_minor: int, booked_on: dt.date, statement_line_id: int, actor: str
) -> int:
    """Book the bank's side of a transfer as its statement shows it; return the ledger transaction.

    Args:
        session: The open transaction.
        transfer_id: Which transfer.
        line_minor: The statement line's signed amount: positive came in. What it lacks must be within what was decided
            for the other place (``tolerance``), and goes to the account named there.
        booked_on: The bank's booking day.
        statement_line_id: The line, as evidence.
        actor: Who or what matched it.

    Raises:
        TransferInvalidError: The line goes the other way, or differs by more than was decided: by default by anything.
    """
    transfer = get_transfer(session, transfer_id)
    TRANSFER.advance(TransferStatus(transfer.status), TransferEvent.BOOK)
    bank_code = transfer.transit_code.removesuffix(":in-transit")
    expected = transfer.amount_minor if transfer.to_code == bank_code else -transfer.amount_minor
    fee_minor = expected - line_minor
    place = transfer.from_code if transfer.to_code == bank_code else transfer.to_code
    allowed = find_tolerance(session, place) if fee_minor else None
    if fee_minor and (allowed is None or not 0 < fee_minor <= allowed.most_minor):
        most = 0 if allowed is None else allowed.most_minor
        raise TransferInvalidError(
            f"transfer {transfer.reference} expects {expected} minor units on the statement; the line has {line_minor}, and"
            f" {place} may differ by {most}"
        )
    lines = [Line(bank_code, line_minor), Line(transfer.transit_code, -expected)]
    if allowed is not None:
        open_accounts(session, [NewAccount(allowed.difference_code)], transfer.currency)
        lines.insert(1, Line(allowed.difference_code, fee_minor))
    booked = post(
        session,
        Event(
            key=f"transfer:{transfer.reference}:booked",
            kind="transfer.booked",
            valid_on=booked_on,
            lines=lines,
            actor=actor,
            evidence=f"statement_line:{statement_line_id}",
        ),
    )
    values = {"transfer_id": transfer_id, "booked_on": booked_on, "line_id": statement_line_id}
    db.run(session, queries.BOOK_TRANSFER, {**values, "fee_minor": fee_minor, "tx_id": booked.tx_id})
    audit.log_transition(
        session,
        subject_kind="own_transfer",
        subject_id=transfer_id,
        event=TransferEvent.BOOK,
        from_state=transfer.status,
        to_state=TransferStatus.BOOKED,
        actor=actor,
    )
    return booked.tx_id


def _bank_side(transfer: NewTransfer, today: dt.date) -> str:
    if transfer.amount_minor <= 0:
        raise TransferInvalidError(f"an amount above zero is moved, not {transfer.amount_minor} minor units")
    check_happened(transfer.ordered_on, today, "/ordered_on")
    banks = [code for code in (transfer.from_code, transfer.to_code) if code.startswith("bank:")]
    if len(banks) != 1:
        raise TransferInvalidError(
            f"one side is a bank account and the other cash or a provider; found {transfer.from_code!r} and"
            f" {transfer.to_code!r}"
        )
    return banks[0]


def _same_or_refuse(known: TransferRow, asked: NewTransfer) -> TransferRow:
    same = (known.from_code, known.to_code, known.amount_minor, known.currency, known.ordered_on)
    if same != asked[:5]:
        raise TransferRepeatedError(f"{known.reference!r} stands on another transfer; use a reference of its own")
    return known


def withdraw_transfer(session: Session, transfer_id: int, *, actor: str, reason: str, today: dt.date) -> TransferRow:
    """Take back a transfer that was never made; its money is again where it was.

    Raises:
        TransferUnknownError: No such transfer.
        InvalidTransitionError: The bank has booked it.
    """
    transfer = get_transfer(session, transfer_id)
    TRANSFER.advance(TransferStatus(transfer.status), TransferEvent.WITHDRAW)
    key = f"transfer:{transfer.reference}:withdrawn"
    reverse(session, transfer.ordered_tx_id, key=key, valid_on=today, actor=actor, reason=reason)
    db.run(session, queries.WITHDRAW_TRANSFER, {"transfer_id": transfer_id})
    audit.log_transition(
        session,
        subject_kind="own_transfer",
        subject_id=transfer_id,
        event=TransferEvent.WITHDRAW,
        from_state=transfer.status,
        to_state=TransferStatus.WITHDRAWN,
        actor=actor,
        reason=reason,
    )
    return get_transfer(session, transfer_id)
