"""The queue: what is due first before the others, narrowed by status, kind, whose it is, whose complaint, and lateness."""

import datetime as dt
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.complaints.place import STAFF, area, lateness, status_of
from gateway.backoffice.areas.complaints.words import KINDS, STATUSES
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_, ROLES
from gateway.complaints import queries
from gateway.complaints.states import LIVE
from gateway.membership.queries import find_member_by_number

NOBODY = 0
"""No member has this identifier: a number that is nobody's finds nothing."""


@area.page("/complaints", *STAFF)
def complaints(desk: Desk) -> Response:
    """Show complaints, those that are not over unless asked otherwise."""
    words = desk.words
    status = desk.asked("status") if "status" in desk.request.query_params else "live"
    wanted = queries.Filter(
        statuses=_statuses(status),
        kind=desk.asked("kind") if desk.asked("kind") in KINDS else None,
        owner=desk.asked("owner") or None,
        member_id=_member(desk),
        late_on=desk.today if desk.asked("late") else None,
    )

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        after = None if key is None else (key[0], key[1])
        return queries.list_complaints(desk.session, wanted, after=after, limit=limit)

    rows = desk.listing(
        [
            Column(N_("Complaint"), lambda row: row.id, "code", link=lambda row: f"/complaints/{row.id}"),
            Column(N_("What it is about"), lambda row: words.say(KINDS[row.kind])),
            Column(N_("Member"), lambda row: row.member_name, link=lambda row: f"/members/{row.member_id}"),
            Column(N_("Member number"), lambda row: row.member_number, "code"),
            Column(N_("Since"), lambda row: row.opened_on, "day"),
            Column(N_("Due"), lambda row: row.due_on, "day"),
            Column(N_("Time"), lambda row: lateness(desk, row)[0], "status", tone=lambda row: lateness(desk, row)[1]),
            Column(N_("Whose work"), lambda row: row.assignee or words.say(ROLES[row.owner_role])),
            Column(
                N_("Status"), lambda row: status_of(desk, row)[0], "status", tone=lambda row: status_of(desk, row)[1]
            ),
        ],
        fetch,
        key=lambda row: (row.due_on, row.id),
        types=(dt.date, int),
        filters=[
            Filter(
                "status",
                N_("Status"),
                [("live", words.say("not over")), *((one, words.say(said)) for one, (said, _) in STATUSES.items())],
            ),
            Filter("kind", N_("What it is about"), [(one, words.say(said)) for one, said in KINDS.items()]),
            Filter(
                "owner",
                N_("Whose work"),
                [
                    (desk.principal.username, words.say("in my hand")),
                    *((role.value, words.say(ROLES[role.value])) for role in STAFF),
                ],
            ),
            Filter("late", N_("Time"), [("1", words.say("late"))]),
            Filter("member", N_("Member number"), kind="search"),
        ],
        empty=N_("No complaint fits."),
    )
    if isinstance(rows, Response):
        return rows
    rows.query["status"] = status or "all"
    counts = queries.count_waiting(desk.session, today=desk.today)
    return desk.page(
        "complaints/list.html",
        crumbs=[],
        rows=rows,
        counts=counts,
        kinds=KINDS,
        roles=ROLES,
        waiting=sum(one.waiting_count for one in counts),
        late=sum(one.late_count for one in counts),
        with_members=sum(one.with_member_count for one in counts),
    )


def _statuses(asked: str) -> list[str] | None:
    if asked in STATUSES:
        return [asked]
    return sorted(one.value for one in LIVE) if asked == "live" else None


def _member(desk: Desk) -> int | None:
    number = desk.asked("member", 30)
    if not number:
        return None
    found = find_member_by_number(desk.session, number.upper())
    return NOBODY if found is None else int(found.id)
