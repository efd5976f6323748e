"""Narrow the list of members by how the state has them in a month, and by the money they lack."""

import datetime as dt
import re
from enum import StrEnum

from sqlmodel import Session

from gateway.contributions import allotment
from gateway.filing.sql.allot import COST_AND_HELD
from gateway.kit import db
from gateway.kit.period import Period
from gateway.membership.search import Further


class Cover(StrEnum):
    """How the state has a member in a month."""

    COVERED = "covered"
    """It accepted her."""
    WAITING = "waiting"
    """She is in a filing that it has not answered, or that is not sealed yet."""
    AT_RISK = "at_risk"
    """She lacks money for the month, or it rejected her line: somebody has to do something."""
    NOT_COVERED = "not_covered"
    """It has not accepted her, for whatever reason."""


class Debt(StrEnum):
    """What a member's cover lacks; nobody owes it by law."""

    MONTH = "month"
    """Money for this month."""
    EARLIER = "earlier"
    """Money for a month of the last twelve, in no filing of which she has stood since."""


_LINES = """SELECT l.member_id FROM filing f JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id
          WHERE f.mutual_id = current_mutual() AND f.period_start = :start AND f.status <> 'discarded'"""
_SHORT = re.sub(
    r"%\((\w+)\)s",
    r":\1",
    re.sub(
        r"%\((\w+)\)s::(\w+)",
        r"CAST(:\1 AS \2)",
        f"SELECT c.member_id FROM ({COST_AND_HELD}) c WHERE c.short_minor > 0",
    ),
)
_ACCEPTED = f"m.id IN ({_LINES} AND l.status IN ('accepted', 'changed'))"
_CONDITIONS = {
    Cover.COVERED: _ACCEPTED,
    Cover.NOT_COVERED: f"{_ACCEPTED} IS NOT TRUE",
    Cover.WAITING: f"m.id IN ({_LINES} AND l.status = 'waiting') AND {_ACCEPTED} IS NOT TRUE",
    # Who lacks money is in no filing of the month that the state took, so only of the rejected it is asked.
    Cover.AT_RISK: f"""(m.id IN ({_SHORT}) OR m.id IN ({_LINES} AND l.status = 'rejected' AND NOT EXISTS (
        SELECT FROM filing o JOIN filing_line n ON n.mutual_id = o.mutual_id AND n.filing_id = o.id AND n.member_id = l.member_id
        WHERE o.mutual_id = current_mutual() AND o.period_start = :start AND o.status <> 'discarded'
          AND n.status IN ('accepted', 'changed'))))""",
    Debt.MONTH: f"m.id IN ({_SHORT})",
    Debt.EARLIER: """m.id IN (
        SELECT d.member_id FROM filing f
        JOIN filing_decision d ON d.mutual_id = f.mutual_id AND d.filing_id = f.id AND d.short_minor > 0
        WHERE f.mutual_id = current_mutual() AND f.status NOT IN ('draft', 'discarded')
          AND f.period_start >= CAST(:start AS date) - interval '12 months' AND f.period_start < :start
          AND NOT EXISTS (
            SELECT FROM filing o JOIN filing_line n ON n.mutual_id = o.mutual_id AND n.filing_id = o.id AND n.member_id = d.member_id
            WHERE o.mutual_id = current_mutual() AND o.period_start = f.period_start AND o.payroll_id = f.payroll_id
              AND o.status <> 'discarded' AND n.status <> 'rejected'))""",
}


_IS_FILED = """
-- one row: whether anything is filed for a month
SELECT EXISTS (SELECT FROM filing WHERE mutual_id = current_mutual() AND period_start = :start AND status <> 'discarded')
"""


def narrowed(session: Session, cover: Cover | None, debt: Debt | None, *, today: dt.date) -> list[Further]:
    """Return what else members must fit, to be given to ``membership.search.find_members``.

    Args:
        session: The open transaction.
        cover: How the state has them this month; None for all.
        debt: What they lack; None for all.
        today: Its month is looked at.
    """
    wanted = [one for one in (cover, debt) if one is not None]
    values: dict[str, object] = {"start": Period.of(today).start, "payroll_id": None}
    if {Cover.AT_RISK, Debt.MONTH} & set(wanted):
        rule = allotment.in_force(session, today)[1]
        values["oldest_first"] = rule.months is allotment.Months.OLDEST_FIRST
    if cover in {Cover.COVERED, Cover.NOT_COVERED} and not db.scalar(session, _IS_FILED, {"start": values["start"]}):
        # Nobody can be covered yet: the register need not be gone through for it.
        told = [Further("false" if cover is Cover.COVERED else "true", {})]
        return [*told, Further(_CONDITIONS[debt], values)] if debt is not None else told
    return [Further(_CONDITIONS[one], values) for one in wanted]
