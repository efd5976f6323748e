"""The state's bills: against ours component by component, and what paying on a day costs."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.filings.by_hand import HAND
from gateway.backoffice.areas.filings.place import (
    BILLS,
    NOTICES,
    PAYS,
    READS,
    RELEASES,
    account_name,
    area,
    before,
    choices,
    component,
    crumbs,
    name_of,
)
from gateway.backoffice.areas.filings.prepare import month_typed
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_
from gateway.filing import due, queries
from gateway.filing.bill_words import costs, why
from gateway.filing.compare_bill import compare_bill
from gateway.filing.credits import open_credits
from gateway.filing.forecast import usual_days
from gateway.filing.pay import money_of
from gateway.filing.states import BillStatus
from gateway.kit.period import Period
from gateway.membership.queries import get_payroll

STILL_OPEN = (BillStatus.RECEIVED, BillStatus.ORDERED, BillStatus.RELEASED)


@area.page("/bills", *READS)
def bills(desk: Desk) -> Response:
    """Show the state's bills, newest first."""
    words, status, period = desk.words, desk.asked("status"), month_typed(desk.asked("month", 30))

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_bills(
            desk.session,
            period=period.start if period else None,
            status=status if status in BILLS else None,
            before=before(key),
            limit=limit,
        )

    rows = desk.listing(
        [
            Column(N_("Notice"), lambda row: row.notice_reference, "code", link=lambda row: f"/bills/{row.id}"),
            Column(N_("Month"), lambda row: row.period_start, "month"),
            Column(N_("Theirs"), lambda row: row.total_minor, "amount"),
            Column(N_("Ours"), lambda row: row.ours_minor, "amount"),
            Column(N_("Difference"), lambda row: row.total_minor - row.ours_minor, "amount"),
            Column(N_("Due"), lambda row: row.due_on, "day"),
            Column(
                N_("In time?"),
                lambda row: words.say(NOTICES[due.standing(row, desk.today)][0]),
                "status",
                tone=lambda row: NOTICES[due.standing(row, desk.today)][1],
            ),
            Column(
                N_("Status"),
                lambda row: words.say(BILLS[row.status][0]),
                "status",
                tone=lambda row: BILLS[row.status][1],
            ),
        ],
        fetch,
        key=lambda row: (row.id,),
        filters=[Filter("month", N_("Month"), kind="month"), Filter("status", N_("Status"), choices(desk, BILLS))],
        empty=N_("No bill fits. Bills come after the state has answered a filing; one from the portal is typed in."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "filings/bills.html",
        crumbs=crumbs(desk, (N_("Bills"), "")),
        rows=rows,
        credits=open_credits(desk.session),
        may_type=desk.may(HAND),
    )


@area.page("/bills/{bill_id:int}", *READS)
def bill(desk: Desk, bill_id: int) -> Response:
    """Show a bill: each component ours against theirs with the likely reason, what lateness costs, and its payment."""
    found, words = queries.get_bill(desk.session, bill_id), desk.words
    compared, payments = (
        compare_bill(desk.session, bill_id, today=desk.today),
        queries.bill_payments(desk.session, bill_id),
    )
    forecasts = usual_days(desk.session, found, desk.today) if found.status in STILL_OPEN else []
    money = money_of(desk.session, found, payments)
    live = next((one for one in payments if one.withdrawn_at is None and one.returned_at is None), None)
    return desk.page(
        "filings/bill.html",
        crumbs=crumbs(desk, (N_("Bills"), "/bills"), (found.notice_reference, "")),
        bill=found,
        period=Period.of(found.period_start),
        payroll=get_payroll(desk.session, found.payroll_id),
        standing=BILLS[BillStatus(found.status)],
        notice=NOTICES[compared.standing],
        our_due_on=compared.our_due_on,
        components=[(component(desk, one.component), one, why(one, words.language)) for one in compared.components],
        ours_minor=compared.ours_minor,
        theirs_minor=compared.theirs_minor,
        lines=(compared.their_lines, compared.our_lines),
        filings=[(one.filing_id, name_of(desk, one)) for one in queries.bill_filings(desk.session, bill_id)],
        accounts={code: account_name(desk, code) for code in {one.account_code for one in payments}},
        payments=payments,
        paid_so_far=money,
        live=live,
        forecasts=[
            (
                one,
                costs(
                    words.language,
                    lambda minor: words.amount(minor, found.currency),
                    pay_on=one.pay_on,
                    due_on=one.due_on,
                    total_minor=one.total_minor,
                    more_minor=one.more_minor,
                    is_verified=one.is_verified,
                ),
            )
            for one in forecasts
        ],
        may_order=desk.may(PAYS) and found.status == BillStatus.RECEIVED and money.left_minor > 0,
        may_release=desk.may(RELEASES)
        and live is not None
        and live.released_at is None
        and live.ordered_by != desk.actor,
        may_withdraw=desk.may(RELEASES)
        and live is not None
        and live.booked_on is None
        and live.confirmed_at is None
        and live.released_by != desk.actor,
        may_fetch=desk.may(RELEASES, reads=True) and live is not None and live.released_at is not None,
        may_confirm=desk.may(HAND) and found.status in {BillStatus.RELEASED, BillStatus.BOOKED},
    )
