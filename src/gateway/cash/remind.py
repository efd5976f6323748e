"""Who is short for the coming filing, by how much and until when: a list for collectors, and one message to each.

A member is reminded of a month once, however often it is asked for: the message is known by member, month and kind.
"""

import datetime as dt
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.cash.errors import ReminderTooLateError
from gateway.contributions import allotment
from gateway.contributions.reference import member_reference
from gateway.filing.sql.allot import COST_AND_HELD
from gateway.kit import audit, bulk, db, tenant
from gateway.kit.period import Period
from gateway.notices.texts import Money
from gateway.notices.write import NewNotice, write_many

KIND = "reminder_short"
LONGEST_NAME = 24
"""Of the mutual, in a message: with it the longest text is still one short message."""

SHORT = f"""
-- one row per active member who is short for a month after another, by collector's till and member: those on no route
-- come first; what she needs, has and lacks, and when she was reminded
SELECT coalesce(t.code, '') AS till, m.id AS member_id, m.number, m.given_names, m.first_surname, m.second_surname, m.phone,
       c.cost_minor, c.held_minor, c.short_minor, c.currency, n.status AS reminder, n.created_at AS reminded_at
FROM ({COST_AND_HELD}) c
JOIN member m ON m.mutual_id = current_mutual() AND m.id = c.member_id AND m.status NOT IN ('left', 'deceased')
LEFT JOIN route_member r ON r.mutual_id = m.mutual_id AND r.member_id = m.id
LEFT JOIN cash_till t ON t.mutual_id = r.mutual_id AND t.id = r.till_id
LEFT JOIN notice n ON n.mutual_id = m.mutual_id AND n.member_id = m.id AND n.kind = '{KIND}' AND n.about_key = %(key)s
WHERE c.short_minor > 0 AND (coalesce(t.code, ''), m.id) > (%(after_till)s, %(after_id)s)
  AND (%(till)s::text IS NULL OR t.code = %(till)s)
ORDER BY 1, 2 LIMIT %(limit)s
"""


class Short(NamedTuple):
    """A member who is short for a month."""

    till: str
    """The collector's till she is shown to; empty where she is on no route."""
    member_id: int
    number: str
    name: str
    reference: str
    """What she writes on what she pays, with check digits."""
    has_telephone: bool
    cost_minor: int
    held_minor: int
    short_minor: int
    currency: str
    until: dt.date
    reminder: str | None
    """How far her reminder got; None where none was written."""
    reminded_at: dt.datetime | None


class Reminded(NamedTuple):
    """What a run of reminders came to."""

    short_count: int
    written_count: int
    """Messages that are new; the others were written before."""
    without_telephone_count: int
    until: dt.date


def pay_until(settings: Mapping[str, Any], period: Period) -> dt.date:
    """Return the last day on which members pay for a month: the mutual's own (``pay_until_day``), or the month's last."""
    day = settings.get("pay_until_day")
    return period.start.replace(day=min(int(day), period.end.day)) if day else period.end


def list_short(
    session: Session,
    *,
    period: Period,
    payroll_id: int | None,
    till: str | None,
    today: dt.date,
    limit: int,
    after: tuple[str, int] = ("", 0),
) -> list[Short]:
    """Return who is short for a month, by collector's till and member, after a place.

    Args:
        session: The open transaction.
        period: The month.
        payroll_id: Of this payroll alone; None for all.
        till: Of this collector's till alone; None for all.
        today: Decides which rule for allotting money counts.
        limit: At most so many.
        after: Till and member that came last.
    """
    until = pay_until(tenant.current(session).settings, period)
    values = {**_values(session, period, payroll_id, till, today), "limit": limit}
    found = db.driver(session).execute(SHORT.encode(), {**values, "after_till": after[0], "after_id": after[1]})
    return [_short(row, until) for row in found.fetchall()]


def every_short(
    session: Session, *, period: Period, payroll_id: int | None, till: str | None, today: dt.date
) -> Iterator[Short]:
    """Give everybody who is short for a month, one after the other, by collector's till and member."""
    until = pay_until(tenant.current(session).settings, period)
    values = {**_values(session, period, payroll_id, till, today), "limit": None, "after_till": "", "after_id": 0}
    for rows in bulk.read_chunks(session, SHORT, values):
        for row in rows:
            yield _short(row, until)


def remind(session: Session, *, period: Period, payroll_id: int | None, actor: str, today: dt.date) -> Reminded:
    """Write a message to everybody who is short for a month and was not reminded of it; carrying it is the worker's.

    Raises:
        ReminderTooLateError: The last day to pay has passed.
    """
    mutual = tenant.current(session)
    until = pay_until(mutual.settings, period)
    if today > until:
        raise ReminderTooLateError(f"members pay for {period} until {until}; today is {today}")
    everybody = list(every_short(session, period=period, payroll_id=payroll_id, till=None, today=today))
    reached = [one for one in everybody if one.has_telephone]
    written = write_many(
        session,
        [NewNotice(one.member_id, KIND, str(period), words_of(one, mutual.name, period)) for one in reached],
    )
    done = Reminded(len(everybody), written, len(everybody) - len(reached), until)
    audit.record(
        session,
        actor=actor,
        action="reminders.write",
        subject_kind="month",
        subject_id=str(period),
        detail={"payroll_id": payroll_id, "short": done.short_count, "written": written},
    )
    return done


def words_of(short: Short, mutual: str, period: Period) -> dict[str, str | Money]:
    """Return what a reminder's places are filled with: no name and no number a register knows her by."""
    return {
        "mutual": plain(mutual)[:LONGEST_NAME].strip(),
        "month": f"{period.month:02d}/{period.year}",
        "amount": Money(short.short_minor, short.currency),
        "currency": short.currency,
        "until": f"{short.until:%d/%m/%Y}",
        "reference": short.reference,
    }


def plain(text: str) -> str:
    """Return a text in letters that every telephone's short message has at one place each."""
    folded = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in folded if letter.isascii() and (letter.isalnum() or letter in " .,-'&"))


def _values(
    session: Session, period: Period, payroll_id: int | None, till: str | None, today: dt.date
) -> dict[str, Any]:
    rule = allotment.in_force(session, today)[1]
    oldest_first = rule.months is allotment.Months.OLDEST_FIRST
    shown = {"start": period.start, "key": str(period), "payroll_id": payroll_id, "till": till}
    return {**shown, "oldest_first": oldest_first}


def _short(row: tuple[Any, ...], until: dt.date) -> Short:
    till, member_id, number, given, first, second, phone, cost, held, short, currency, reminder, reminded_at = row
    name = " ".join(part for part in (given, first, second) if part)
    reference = member_reference(number)
    return Short(
        till, member_id, number, name, reference, bool(phone), cost, held, short, currency, until, reminder, reminded_at
    )
