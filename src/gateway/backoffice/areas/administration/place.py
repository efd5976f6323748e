"""What the pages of administration have in common."""

from fastapi.responses import Response

from gateway.backoffice.frame.area import Area
from gateway.backoffice.frame.desk import Crumb, Desk
from gateway.backoffice.frame.texts import N_
from gateway.staff.models import Role

MANAGER = (Role.MANAGER,)
LAW = (Role.FILING_OFFICER, Role.ACCOUNTANT, Role.MANAGER)
APPROVERS = (Role.ACCOUNTANT, Role.MANAGER)
area = Area("administration", N_("Administration"), "/administration", 80, (*LAW, Role.AUDITOR))
PICTURES = [
    ("/administration/connections", "administration-connections", "mara"),
    ("/administration/log", "administration-log", "aura"),
    ("/administration/settings", "administration-settings", "mara"),
    ("/administration/rates", "administration-rates", "abel"),
]

PAGES = (
    (
        "/administration/connections",
        N_("Connections"),
        N_("The state, payers, banks and messages: what works, waits or fails."),
    ),
    ("/administration/log", N_("Log"), N_("Who did what, to what, when and why.")),
    ("/administration/people", N_("People and roles"), N_("Who works here, what each may do, second factors.")),
    ("/administration/settings", N_("Settings"), N_("What the mutual decided for itself.")),
    (
        "/administration/rates",
        N_("Rates"),
        N_("What a month costs, from which source; new rates, proposed by one and approved by another."),
    ),
    ("/administration/fees", N_("The mutual's fee"), N_("What each member pays for the mutual itself.")),
    ("/administration/holidays", N_("Holidays"), N_("Days on which nobody works: due days follow from them.")),
    ("/administration/messages", N_("Messages to members"), N_("The words of each message, in each language.")),
    ("/administration/state-clients", N_("The state's systems"), N_("Who of the state may ask and tell us things.")),
    ("/administration/webhooks", N_("Who is told"), N_("Other systems that are told what happens.")),
)
"""Address, name, and what it is for."""


def crumbs(desk: Desk, *steps: tuple[str, str]) -> list[Crumb]:
    """Return the way back from a page of administration: steps are an English sentence or a name, and an address."""
    found = [Crumb(desk.words.say("Administration"), "/administration")]
    return [*found, *(Crumb(desk.words.say(text), path) for text, path in steps)]


@area.page("/administration", *LAW)
def overview(desk: Desk) -> Response:
    """Show what there is to look after."""
    shown = [(path, desk.words.say(name), desk.words.say(about)) for path, name, about in PAGES if desk.opens(path)]
    return desk.page("administration/overview.html", pages=shown)
