"""Money of an employer that the mutual files for: received for his payrolls alone, into an account of his own in the books."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import NamedTuple

from sqlmodel import Session

from gateway.contributions.errors import (
    PaidInFutureError,
    PaidLongAgoError,
    ReceiptInvalidError,
    ReceiptRepeatedError,
    ReceiptReversedError,
    ReceiptUnknownError,
    ReceiptUsedError,
)
from gateway.contributions.models import Channel
from gateway.contributions.receive import OPENED_AT_FIRST_USE, PLACES
from gateway.contributions.rules import OLDEST
from gateway.kit import audit, db, tenant
from gateway.kit.errors import FieldProblem
from gateway.kit.money import CurrencyError
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.errors import FloorBrokenError
from gateway.ledger.post import Event, Line, post, reverse
from gateway.membership.employers import EmployerRow, find_owner_of_account, get_employer

_COLUMNS = """r.id, r.employer_id, r.source, r.source_reference, r.channel, r.account_code, r.amount_minor, r.currency, r.paid_on,
       r.note, r.actor, r.recorded_at, r.ledger_tx_id, v.reason AS reversal_reason, v.at AS reversed_at"""
_FROM = """employer_receipt r
LEFT JOIN employer_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id"""

LOCK_SOURCE = """
-- one row: nobody else writes a payment under this reference until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('employer-receipt:' || current_mutual() || ':' || :source || ':' || :source_reference, 0))
"""

BY_SOURCE = f"""
-- at most one row: the payment with this identity at its source
SELECT {_COLUMNS} FROM {_FROM}
WHERE r.mutual_id = current_mutual() AND r.source = :source AND r.source_reference = :source_reference
"""

BY_ID = f"""
-- at most one row: a payment of an employer
SELECT {_COLUMNS} FROM {_FROM} WHERE r.mutual_id = current_mutual() AND r.id = :id
"""

OF_EMPLOYER = f"""
-- one row per payment of an employer, newest first, older than an id
SELECT {_COLUMNS} FROM {_FROM}
WHERE r.mutual_id = current_mutual() AND r.employer_id = :employer_id AND r.id < :before ORDER BY r.id DESC LIMIT :limit
"""

INSERT = """
-- one row: the new payment's id
INSERT INTO employer_receipt (employer_id, source, source_reference, channel, account_code, amount_minor, currency, paid_on, note,
    actor, ledger_tx_id)
VALUES (:employer_id, :source, :source_reference, :channel, :account_code, :amount_minor, :currency, :paid_on, :note, :actor, :tx_id)
RETURNING id
"""

INSERT_REVERSAL = """
-- no row: a payment taken back
INSERT INTO employer_reversal (receipt_id, reason, ledger_tx_id, actor) VALUES (:receipt_id, :reason, :tx_id, :actor)
"""


@dataclass(frozen=True, slots=True)
class NewEmployerReceipt:
    """A payment of an employer to be received."""

    employer_id: int
    source: str
    source_reference: str
    channel: str
    account_code: str
    amount_minor: int
    currency: str
    paid_on: dt.date
    note: str | None = None


class EmployerReceiptRow(NamedTuple):
    """A payment of an employer, and whether it was taken back."""

    id: int
    employer_id: int
    source: str
    source_reference: str
    channel: str
    account_code: str
    amount_minor: int
    currency: str
    paid_on: dt.date
    note: str | None
    actor: str
    recorded_at: dt.datetime
    ledger_tx_id: int
    reversal_reason: str | None
    reversed_at: dt.datetime | None


def receive_from_employer(
    session: Session, new: NewEmployerReceipt, *, actor: str, today: dt.date
) -> EmployerReceiptRow:
    """Write an employer's payment and book it to him; the same payment again writes nothing and returns the first.

    Raises:
        EmployerUnknownError: No such employer.
        ReceiptInvalidError: Not above zero, not an account of the channel, or another employer's own bank account.
        PaidInFutureError, PaidLongAgoError: A day that cannot be right.
        CurrencyError: Not the mutual's currency.
        ReceiptRepeatedError: The source's reference stands for another payment.
        UnknownAccountError: No such bank account.
        PeriodClosedError: The day lies in a month that is closed.
    """
    employer = get_employer(session, new.employer_id)
    _check(session, new, employer, today)
    db.one(session, LOCK_SOURCE, {"source": new.source, "source_reference": new.source_reference})
    known = db.first(session, BY_SOURCE, {"source": new.source, "source_reference": new.source_reference})
    if known is not None:
        return _same_or_refuse(EmployerReceiptRow(*known), new)
    if new.account_code.startswith(OPENED_AT_FIRST_USE):
        open_accounts(session, [NewAccount(new.account_code)], new.currency)
    lines = [Line(new.account_code, new.amount_minor), Line(employer.money, -new.amount_minor)]
    key = f"employer-receipt:{new.source}:{new.source_reference}"
    evidence = f"employer:{employer.id}"
    booked = post(session, Event(key, "employer.receipt", new.paid_on, lines, actor, evidence=evidence))
    values = {**asdict(new), "actor": actor, "tx_id": booked.tx_id}
    row = get_employer_receipt(session, int(db.scalar(session, INSERT, values)))
    _record(session, row, "receive", actor, None)
    return row


def reverse_employer_receipt(
    session: Session, receipt_id: int, *, reason: str, actor: str, today: dt.date
) -> EmployerReceiptRow:
    """Take an employer's payment back, whole.

    Raises:
        ReceiptUnknownError: No such payment.
        ReceiptInvalidError: No reason.
        ReceiptReversedError: It was taken back before.
        ReceiptUsedError: Its money is reserved or used.
    """
    if not reason.strip():
        raise ReceiptInvalidError("a reversal needs a reason; say what was wrong with the payment")
    row = get_employer_receipt(session, receipt_id)
    db.one(session, LOCK_SOURCE, {"source": row.source, "source_reference": row.source_reference})
    row = get_employer_receipt(session, receipt_id)
    if row.reversed_at is not None:
        raise ReceiptReversedError(f"payment {row.id} of employer {row.employer_id} was taken back")
    try:
        key = f"employer-receipt-reversal:{row.id}"
        booked = reverse(session, row.ledger_tx_id, key=key, valid_on=today, actor=actor, reason=reason)
    except FloorBrokenError as refusal:
        raise ReceiptUsedError(f"money of payment {row.id} has been used; take back its use first") from refusal
    values = {"receipt_id": row.id, "reason": reason, "tx_id": booked.tx_id, "actor": actor}
    db.run(session, INSERT_REVERSAL, values)
    _record(session, row, "reverse", actor, reason)
    return get_employer_receipt(session, receipt_id)


def get_employer_receipt(session: Session, receipt_id: int) -> EmployerReceiptRow:
    """Return an employer's payment.

    Raises:
        ReceiptUnknownError: None has this identifier.
    """
    row = db.first(session, BY_ID, {"id": receipt_id})
    if row is None:
        raise ReceiptUnknownError(f"no payment {receipt_id} of an employer")
    return EmployerReceiptRow(*row)


def list_employer_receipts(session: Session, employer_id: int, *, before: int, limit: int) -> list[EmployerReceiptRow]:
    """Return an employer's payments, newest first.

    Raises:
        EmployerUnknownError: No such employer.
    """
    get_employer(session, employer_id)
    values = {"employer_id": employer_id, "before": before, "limit": limit}
    return [EmployerReceiptRow(*row) for row in db.rows(session, OF_EMPLOYER, values)]


def _check(session: Session, new: NewEmployerReceipt, employer: EmployerRow, today: dt.date) -> None:
    if new.amount_minor <= 0:
        raise ReceiptInvalidError("an employer's payment is above zero")
    if new.paid_on > today:
        raise PaidInFutureError(
            f"{new.paid_on} has not come (today is {today}); give the day the money was handed over",
            errors=[FieldProblem("/paid_on", "paid_in_future", f"expected a day up to {today}")],
        )
    if new.paid_on < today - OLDEST:
        raise PaidLongAgoError(f"{new.paid_on} is more than ten years ago; look at the year again")
    if PLACES[Channel(new.channel)].fullmatch(new.account_code) is None:
        raise ReceiptInvalidError(
            f"money by {new.channel} is not in {new.account_code!r}; name an account of the channel"
        )
    owner = find_owner_of_account(session, new.account_code)
    if owner is not None and owner.id != employer.id:
        raise ReceiptInvalidError(f"{new.account_code} is the own bank account of employer {owner.number}")
    if new.channel == Channel.BANK and employer.account_code not in (None, new.account_code):
        raise ReceiptInvalidError(f"employer {employer.number} pays into his own bank account, {employer.account_code}")
    currency = tenant.current(session).currency
    if new.currency != currency:
        raise CurrencyError(f"the mutual keeps its money in {currency}, the payment is in {new.currency}")


def _same_or_refuse(first: EmployerReceiptRow, new: NewEmployerReceipt) -> EmployerReceiptRow:
    told = ("employer_id", "channel", "account_code", "amount_minor", "currency", "paid_on")
    if all(getattr(first, name) == getattr(new, name) for name in told):
        return first
    raise ReceiptRepeatedError(
        f"{new.source_reference!r} of {new.source} stands for payment {first.id}, which is another; give a reference of its own"
    )


def _record(session: Session, row: EmployerReceiptRow, verb: str, actor: str, reason: str | None) -> None:
    audit.record(
        session,
        actor=actor,
        action=f"employer_receipt.{verb}",
        subject_kind="employer_receipt",
        subject_id=row.id,
        reason=reason,
        detail={"employer_id": row.employer_id, "amount_minor": row.amount_minor},
    )
