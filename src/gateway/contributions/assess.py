"""Assess a month: what each enrolled member costs, by component, for a payroll of any size in a few statements.

The rule is asked once per pair of wage and heads, of which a million members share a few thousand.
"""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.contributions import assess_queries as queries
from gateway.contributions.errors import PeriodFutureError
from gateway.contributions.fee import fee_of
from gateway.contributions.rate_queries import approved_rates
from gateway.contributions.rules import assessor
from gateway.contributions.schedule import Schedule, resolve
from gateway.kit import audit, bulk, db, tenant
from gateway.kit.period import Period
from gateway.membership.errors import PayrollNotFoundError
from gateway.membership.queries import ROSTER


class Assessed(NamedTuple):
    """What an assessment found and wrote."""

    written: int
    """New versions; 0 where nothing changed since the last run."""
    members: int
    """Enrolled members with a declared wage."""
    total_minor: int
    """What they cost together, the mutual's fee included."""
    without_wage: int
    """Enrolled members who are not assessed because they declared no wage."""


def assess_period(
    session: Session, *, payroll_id: int, period: Period, actor: str, today: dt.date | None = None
) -> Assessed:
    """Write what the month costs each member of a payroll; a second run writes nothing.

    A member whose wage, number of heads, earlier wages or schedule changed since gets a new version, which counts from then on; one
    who turns out not to be enrolled, or to have no wage, a version that withdraws hers.

    Raises:
        PayrollNotFoundError: No such payroll.
        PeriodFutureError: The month begins after ``today``.
        CountryUnknownError, RatesMissingError: There are no rates for the month.
    """
    if today is not None and period.start > today:
        raise PeriodFutureError(f"{period} has not begun (today is {today}); its rates may still change")
    if db.first(session, queries.PAYROLL, {"payroll_id": payroll_id}) is None:
        raise PayrollNotFoundError(f"no payroll {payroll_id}")
    db.one(session, queries.LOCK_PERIOD, {"start": period.start})
    schedule = schedule_of(session, period)
    schedule_id = _keep(session, schedule)
    _stage_roster(session, payroll_id, schedule)
    _stage_costs(session, schedule)
    values = {
        "start": period.start,
        "payroll_id": payroll_id,
        "schedule_id": schedule_id,
        "currency": schedule.currency.code,
    }
    written = bulk.execute(session, queries.INSERT_ASSESSMENTS, values)
    written += bulk.execute(session, queries.WITHDRAW_ASSESSMENTS, values)
    members, total_minor, without_wage = db.one(session, queries.TOTALS)
    if written:
        audit.record(
            session,
            actor=actor,
            action="assessment.write",
            subject_kind="payroll",
            subject_id=payroll_id,
            detail={"period": str(period), "written": written, "schedule_id": schedule_id},
        )
    return Assessed(written, members, total_minor, without_wage)


def schedule_of(session: Session, period: Period) -> Schedule:
    """Return the month's schedule for this mutual: its country's rates, what it approved over them, and its own fee.

    Raises:
        CountryUnknownError, RatesMissingError: There are no rates for the month.
    """
    country = tenant.current(session).country
    return resolve(country, period, fee=fee_of(session, period), approved=approved_rates(session, country))


def _keep(session: Session, schedule: Schedule) -> int:
    key = {"start": schedule.period.start, "sha256": schedule.sha256}
    more = {"country": schedule.country, "currency": schedule.currency.code}
    components = json.dumps(schedule.as_json())
    db.run(session, queries.INSERT_SCHEDULE, {**key, **more, "components": components})
    return int(db.scalar(session, queries.SCHEDULE_ID, key))


def _stage_roster(session: Session, payroll_id: int, schedule: Schedule) -> None:
    period = schedule.period
    values = {"payroll_id": payroll_id, "start": period.start, "end": period.end, "ages": schedule.ages}
    bulk.execute(session, queries.DROP_ROSTER)
    with bulk.without_nested_loops(session):
        bulk.execute(session, _keep_roster(schedule), values)
    bulk.execute(session, queries.ANALYZE_ROSTER)
    bulk.execute(session, queries.DROP_NEWEST)
    bulk.execute(session, queries.KEEP_NEWEST, values)
    bulk.execute(session, queries.ANALYZE_NEWEST)


def _keep_roster(schedule: Schedule) -> str:
    # Age is asked for only where a component ends at one: a million members need no birthdays for nothing.
    reached = queries.AGE_REACHED if schedule.ages else queries.NO_AGE
    return queries.KEEP_ROSTER.replace("{roster}", ROSTER).replace("{age}", reached)


def _stage_costs(session: Session, schedule: Schedule) -> None:
    amounts_of, state = assessor(schedule.components), schedule.state_indexes

    def costs(inputs: list[tuple[Any, ...]]) -> Iterator[tuple[int, int, int, int, list[int], int, int]]:
        for wage_minor, heads, age, earlier in inputs:
            amounts = amounts_of(wage_minor, heads, age, earlier)
            yield wage_minor, heads, age, earlier, amounts, sum(amounts[index] for index in state), sum(amounts)

    bulk.stage(session, "assess_cost", queries.COST, ())
    for pairs in bulk.read_chunks(session, queries.DISTINCT_INPUTS, chunk=50_000):
        bulk.stage(session, "assess_cost", queries.COST, costs(pairs), append=True)
