"""By when a bill is due, by the state's word and by our calendar, and how it stands on a day."""

import datetime as dt

from sqlmodel import Session

from gateway.calendar.frozen import has_calendar
from gateway.calendar.queries import calendar_of
from gateway.filing.models import Bill
from gateway.filing.states import BillStatus, NoticeStatus
from gateway.kit import tenant
from gateway.kit.period import Period


def due_on(session: Session, period: Period) -> dt.date | None:
    """Return the last day on which a month can be paid without a charge, by our calendar.

    None where no list of holidays is known for the country: the state's own day then stands alone.

    Raises:
        CalendarMissingError: The list does not cover the month.
    """
    if not has_calendar(tenant.current(session).country):
        return None
    return calendar_of(session).due_on(period)


def standing(bill: Bill, today: dt.date) -> NoticeStatus:
    """Return how the notice of a bill stands on a day: current, overdue, paid, recalculated or cancelled.

    What we know ourselves counts before the state's last word: it is paid once the state confirmed it, and overdue the day
    after the due day, whether or not we have asked again.
    """
    if bill.status == BillStatus.CONFIRMED:
        return NoticeStatus.PAID
    if bill.status in (BillStatus.SUPERSEDED, BillStatus.RETURNED):
        is_cancelled = bill.notice_status == NoticeStatus.CANCELLED
        return NoticeStatus.CANCELLED if is_cancelled else NoticeStatus.RECALCULATED
    if today > bill.due_on:
        return NoticeStatus.OVERDUE
    return NoticeStatus.RECALCULATED if bill.replaces_id is not None else NoticeStatus.CURRENT
