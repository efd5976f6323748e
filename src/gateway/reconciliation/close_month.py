"""Close a month in the books: refused while a difference is unexplained or something of it waits without a note."""

import datetime as dt

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.kit.errors import FieldProblem
from gateway.kit.money import currency_of, format_amount
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.reconciliation import queries
from gateway.reconciliation.breaks import refresh_breaks
from gateway.reconciliation.errors import MonthNotClearError
from gateway.reconciliation.position import money_position


def blockers(session: Session, period: Period, *, today: dt.date) -> list[FieldProblem]:
    """Return what keeps a month from being closed, each with what to do; an empty list lets it close."""
    refresh_breaks(session, today=today)
    found = []
    for account in money_position(session).accounts:
        if account.unexplained_minor or account.unbooked_minor:
            currency = currency_of(account.currency)
            shown = format_amount(account.unexplained_minor + account.unbooked_minor, currency)
            found.append(
                FieldProblem(
                    f"/accounts/{account.ledger_code}",
                    "unexplained_difference",
                    f"{account.ledger_code} differs from its statement by {shown} {account.currency}; run the"
                    " reconciliation, then explain what is left",
                )
            )
    for row in db.rows(session, queries.UNNOTED_IN_MONTH, {"period_start": period.start}):
        about = f"{row.kind} of {format_amount(row.amount_minor, currency_of(row.currency))} {row.currency}"
        # What is found only now goes with this transaction if it is refused: its number would be nobody's.
        found.append(
            FieldProblem(
                "/breaks", row.kind, f"{about} was found just now; run the reconciliation, then resolve it or note it"
            )
            if row.is_fresh
            else FieldProblem(
                f"/breaks/{row.id}", row.kind, f"{about} is open; resolve it, or note what is known of it"
            )
        )
    if period.end >= today:
        found.append(FieldProblem("/period", "month_not_over", f"{period} ends on {period.end}; today is {today}"))
    return found


def close_month(session: Session, period: Period, *, actor: str, reason: str, today: dt.date) -> None:
    """Close a month; afterwards nothing is booked with a day inside it.

    Raises:
        MonthNotClearError: Something of the month is not explained; ``errors`` lists each.
    """
    found = blockers(session, period, today=today)
    if found:
        raise MonthNotClearError(f"{period} has {len(found)} things that are not explained", errors=found)
    periods.close(session, period, actor=actor, reason=reason)
    audit.record(
        session, actor=actor, action="month.close", subject_kind="month", subject_id=str(period), reason=reason
    )


def reopen_month(session: Session, period: Period, *, actor: str, reason: str) -> None:
    """Open a closed month again; the reason stays in the books."""
    periods.reopen(session, period, actor=actor, reason=reason)
    audit.record(
        session, actor=actor, action="month.reopen", subject_kind="month", subject_id=str(period), reason=reason
    )
