"""Watch the last days on which the state takes a claim: a list for staff, and a notice to the member before."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits.law import Law
from gateway.benefits.states import BenefitKind
from gateway.kit import tenant
from gateway.notices.write import NewNotice, write_many

DAYS_BEFORE = 15
"""How long before its last day a member is told, unless the mutual's settings say otherwise (``benefits.notice_days``)."""
AT_ONCE = 500


class Deadline(NamedTuple):
    """A claim that has to go to the state, and until when."""

    claim_id: int
    member_id: int
    status: str
    submit_by: dt.date
    days_left: int
    is_late: bool
    missing_count: int


def list_deadlines(
    session: Session,
    *,
    today: dt.date,
    until: dt.date | None = None,
    after: tuple[dt.date, int] = (dt.date.min, 0),
    limit: int = 50,
) -> list[Deadline]:
    """Return claims that have not gone to the state and must until a day, the nearest first; late ones stay on the list."""
    country = tenant.current(session).country
    found = []
    for row in queries.list_deadlines(session, until=until, after=after, limit=limit):
        left = (row.submit_by - today).days
        missing = len(Law(country, row.starts_on).documents(BenefitKind(row.kind))) - int(row.here_count)
        found.append(Deadline(row.id, row.member_id, row.status, row.submit_by, left, left < 0, max(0, missing)))
    return found


def tell_members(session: Session, *, today: dt.date) -> int:
    """Write to members whose claim's last day comes near, once for each claim; return how many were told now.

    The notice says that papers are missing for their claim, never what it is for: others may read their telephone.
    """
    mutual = tenant.current(session)
    days = int(mutual.settings.get("benefits", {}).get("notice_days", DAYS_BEFORE))
    near = queries.list_deadlines(session, until=today + dt.timedelta(days=days), limit=AT_ONCE)
    told = [
        NewNotice(
            member_id=claim.member_id,
            kind="claim_deadline",
            key=f"claim:{claim.id}:{claim.submit_by}",
            text_params={"mutual": mutual.name, "day": f"{claim.submit_by:%d/%m/%Y}"},
        )
        for claim in near
        if claim.submit_by >= today
    ]
    return write_many(session, told)
