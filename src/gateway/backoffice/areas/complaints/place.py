"""What the pages about complaints have in common."""

from typing import Any

from gateway.api.schemas.complaints import standing
from gateway.backoffice.areas.complaints.words import STATUSES
from gateway.backoffice.frame.area import Area
from gateway.backoffice.frame.desk import Crumb, Desk
from gateway.backoffice.frame.texts import N_
from gateway.complaints.states import OURS_TO_MOVE
from gateway.staff.models import Role

STAFF = (Role.CASHIER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER, Role.ACCOUNTANT, Role.MANAGER)

area = Area("complaints", N_("Complaints"), "/complaints", 55, STAFF)


def crumbs(desk: Desk, *steps: str) -> list[Crumb]:
    """Return the way back from a page about complaints."""
    return [Crumb(desk.words.say("Complaints"), "/complaints"), *(Crumb(text, "") for text in steps)]


def status_of(desk: Desk, row: Any) -> tuple[str, str]:
    """Return how a case stands, in words, and its tone."""
    text, tone = STATUSES[row.status]
    return desk.words.say(text), tone


def lateness(desk: Desk, row: Any) -> tuple[str, str]:
    """Return how a case that waits for staff keeps its due day, in words, and its tone; nothing where it waits for nobody."""
    if row.status not in {one.value for one in OURS_TO_MOVE}:
        return "", "plain"
    days = (row.due_on - desk.today).days
    if standing(row, desk.today)["is_late"]:
        return desk.words.count("One day late", "{n} days late", -days), "bad"
    if days == 0:
        return desk.words.say("Due today"), "wait"
    return desk.words.count("One day left", "{n} days left", days), "plain"
