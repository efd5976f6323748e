"""The bank's file of a batch: pain.001, made once, at the release; from then on only read."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from sqlmodel import Session

from gateway.bank.pain001 import VERSIONS, Party, Payment, payment_order
from gateway.kit import db, evidence, tenant
from gateway.kit.evidence import digest
from gateway.ledger.bank_accounts import get_bank_account
from gateway.payouts import rules
from gateway.payouts.errors import RequestDamagedError, WrongMeansError
from gateway.payouts.queries import BatchRow, get_batch
from gateway.payouts.states import Means

NOW = """
-- one row: the instant of this transaction
SELECT now() AS at
"""


def bank_file(session: Session, batch: BatchRow, today: dt.date) -> Callable[[Iterable[tuple[Any, ...]]], bytes]:
    """Return what writes the order for the bank; ``payouts.<account>.pain_version`` of the mutual's settings is its version.

    It takes end-to-end id, amount, account, holder and bank identifier of each payout, in order, and asks the database
    nothing any more. It raises PaymentOrderError for an account or name that a bank would refuse.

    Args:
        session: The open transaction.
        batch: What is paid.
        today: The day the bank is to book it.

    Raises:
        UnknownBankAccountError: The account it is paid from is gone.
    """
    mutual = tenant.current(session)
    ours = get_bank_account(session, code=batch.provider)
    version = mutual.settings.get("payouts", {}).get(batch.provider, {}).get("pain_version", VERSIONS[-1])
    created_at: dt.datetime = db.one(session, NOW).at

    def write(rows: Iterable[tuple[Any, ...]]) -> bytes:
        payments = [
            Payment(
                end_to_end_id=row[0],
                amount_minor=int(row[1]),
                creditor=Party(name=row[3] or "", account=row[2], bank_identifier=row[4] or ""),
                text=mutual.name[:100],
            )
            for row in rows
        ]
        return payment_order(
            message_id=rules.message_id_of(batch.correlation_id),
            payment_information_id=information_id_of(batch),
            created_at=created_at,
            execute_on=today,
            debtor=Party(ours.holder or mutual.name, ours.number, ours.bank_identifier),
            currency=batch.currency,
            payments=payments,
            version=version,
        )

    return write


def information_id_of(batch: BatchRow) -> str:
    """Return the id of the file's one block of payments."""
    return f"{rules.message_id_of(batch.correlation_id)}-1"[-35:]


def read_bank_file(session: Session, batch_id: int) -> bytes:
    """Return a batch's file exactly as it was released; the same bytes for ever.

    Raises:
        BatchNotFoundError: No such batch.
        WrongMeansError: Its money does not leave by a file.
        RequestDamagedError: It was not released, or what is kept is not what was.
    """
    batch = get_batch(session, batch_id)
    if rules.means_of(batch.provider) is not Means.BANK:
        raise WrongMeansError(f"batch {batch_id} is paid through {batch.provider}; only a bank gets a file")
    if batch.request_evidence_id is None:
        raise RequestDamagedError(f"batch {batch_id} has no file; it was never released")
    body = evidence.read(session, batch.request_evidence_id).body
    if digest(body) != batch.request_sha256:
        raise RequestDamagedError(f"evidence {batch.request_evidence_id} is not what was released as batch {batch_id}")
    return body
