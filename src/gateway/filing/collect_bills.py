"""Ask the state for its bills and for what it received; what it says is taken in by ``bills`` and ``pay``."""

from sqlmodel import Session

from gateway.filing.bills import receive_notice
from gateway.filing.courier import Courier
from gateway.filing.pay import confirm_payment
from gateway.filing.sql import bill as sql
from gateway.kit import db
from gateway.kit.period import Period


def is_anything_open(session: Session) -> bool:
    """Tell whether a bill, or the confirmation of one, is waited for."""
    return bool(db.rows(session, sql.OPEN_MONTHS) or db.rows(session, sql.UNCONFIRMED))


def collect(courier: Courier) -> None:
    """Take in every notice of the months that are accepted and not settled, then every confirmation.

    Raises:
        AuthorityUnavailableError, AuthorityRefusedError, OutcomeUnknownError: The state could not be asked; what was
            taken in before stays.
    """
    with courier.session() as session:
        months = db.rows(session, sql.OPEN_MONTHS)
    for month in months:
        notices = courier.channel.notices(month.employer_number, Period.of(month.period_start), month.code)
        for notice in sorted(notices, key=lambda notice: (notice.issued_on, notice.reference, notice.version)):
            with courier.session() as session:
                receive_notice(session, notice, actor=courier.actor, today=courier.today)
    with courier.session() as session:
        unconfirmed = db.rows(session, sql.UNCONFIRMED)
    for bill in unconfirmed:
        told = courier.channel.payments(bill.notice_reference)
        with courier.session() as session:
            confirm_payment(session, bill.id, told, actor=courier.actor)
