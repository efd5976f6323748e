"""Bring closed sessions' cash to the bank: one transfer of our own under one reference, which the bank's line carries."""

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session

from gateway.cash.deposit import choose, mark_deposited, release_deposit
from gateway.cash.errors import DepositUnknownError
from gateway.kit import db
from gateway.reconciliation import queries as reconciliation
from gateway.reconciliation.queries import TransferRow
from gateway.reconciliation.transfer import NewTransfer, order_transfer, withdraw_transfer


def deposit(
    session: Session,
    *,
    session_ids: Sequence[int],
    bank_code: str,
    reference: str | None,
    ordered_on: dt.date,
    actor: str,
    today: dt.date,
) -> TransferRow:
    """Order the transfer that brings the sessions' money to the bank, and return it.

    Args:
        session: The open transaction.
        session_ids: Closed sessions of one till; all of each is brought.
        bank_code: The bank account's code in the books.
        reference: The slip's own; without one, a reference with check digits is made, to be written on the slip.
        ordered_on: The day it is brought.
        actor: Who brings it.
        today: The day.

    Raises:
        DepositInvalidError: A session that cannot be brought, or not together with the others.
        TransferInvalidError, TransferRepeatedError, UnknownBankAccountError: As ``order_transfer``.
    """
    chosen = choose(session, session_ids)
    transfer = NewTransfer(chosen.till, bank_code, chosen.amount_minor, chosen.currency, ordered_on, reference)
    ordered = order_transfer(session, transfer, actor=actor, today=today)
    mark_deposited(session, chosen, reference=ordered.reference, actor=actor)
    return ordered


def give_up_deposit(session: Session, reference: str, *, reason: str, actor: str, today: dt.date) -> TransferRow:
    """Take back a deposit that was never made: its money is in the till again and its sessions wait.

    Raises:
        DepositUnknownError: No deposit on its way has this reference.
        InvalidTransitionError: The bank has booked it.
    """
    found = db.first(session, reconciliation.FIND_TRANSFER, {"reference": reference})
    if found is None:
        raise DepositUnknownError(f"no deposit on its way has the reference {reference!r}")
    release_deposit(session, reference, reason=reason, actor=actor)
    return withdraw_transfer(session, found.id, actor=actor, reason=reason, today=today)
