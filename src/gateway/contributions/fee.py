"""The mutual's own monthly fee: dated, with the decision behind it, never changed once written."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.contributions.assess_queries import FEE_IN_FORCE, FEES, INSERT_FEE
from gateway.contributions.errors import FeeInvalidError
from gateway.contributions.schedule import Fee
from gateway.kit import audit, db, tenant
from gateway.kit.money import CurrencyError
from gateway.kit.period import Period


class FeeRow(NamedTuple):
    """A fee from a day on."""

    id: int
    valid_from: dt.date
    amount_minor: int
    currency: str
    source: str
    actor: str
    recorded_at: dt.datetime


def decide_fee(
    session: Session, *, valid_from: dt.date, amount_minor: int, currency: str, source: str, actor: str
) -> FeeRow:
    """Write down the fee per member and month from a day on; the same decision again writes nothing.

    A later decision for the same day replaces the one before, which stays readable. A month has the fee in force on
    its first day. Zero ends a fee.

    Raises:
        FeeInvalidError: Below zero, or nobody is named who decided it.
        CurrencyError: Not the mutual's currency.
    """
    if amount_minor < 0 or not source.strip():
        raise FeeInvalidError("a fee is at least zero and names the decision behind it, for example an assembly's day")
    expected = tenant.current(session).currency
    if currency != expected:
        raise CurrencyError(f"the mutual keeps its money in {expected}, the fee is in {currency}")
    known = db.first(session, FEE_IN_FORCE, {"day": valid_from})
    if known is not None and (known.valid_from, known.amount_minor, known.source) == (valid_from, amount_minor, source):
        return next(fee for fee in list_fees(session) if fee.valid_from == valid_from)
    values = {"valid_from": valid_from, "amount_minor": amount_minor, "currency": currency, "source": source}
    row = FeeRow(*db.one(session, INSERT_FEE, {**values, "actor": actor}))
    audit.record(
        session, actor=actor, action="fee.decide", subject_kind="contribution_fee", subject_id=row.id, reason=source
    )
    return row


def list_fees(session: Session) -> list[FeeRow]:
    """Return every fee that was decided, newest day first; of one day, the newest decision first."""
    return [FeeRow(*row) for row in db.rows(session, FEES)]


def fee_of(session: Session, period: Period) -> Fee | None:
    """Return the fee of a month, or None where there is none."""
    row = db.first(session, FEE_IN_FORCE, {"day": period.start})
    if row is None or row.amount_minor == 0:
        return None
    return Fee(row.amount_minor, row.source, row.valid_from.isoformat())
