"""What the pages about cash have in common."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from gateway.backoffice.frame.area import GREATEST, Area
from gateway.backoffice.frame.desk import Crumb, Desk
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_
from gateway.cash import queries
from gateway.cash.denominations import pieces_of
from gateway.cash.rules import Pieces
from gateway.cash.states import HandoverStatus, SessionStatus, TillKind
from gateway.contributions.models import Channel
from gateway.ledger.bank_accounts import list_bank_accounts
from gateway.membership.states import MemberStatus
from gateway.staff.models import Role

DESK = (Role.CASHIER, Role.COLLECTOR, Role.ACCOUNTANT, Role.MANAGER)
OFFICE = (Role.CASHIER, Role.ACCOUNTANT, Role.MANAGER)
MONEY = (Role.ACCOUNTANT, Role.MANAGER)
OVER_OTHERS = (Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR)

area = Area(name="cash", title=N_("Cash"), path="/cash", order=20, roles=DESK)

CHANNELS = {
    Channel.CASH: N_("Cash"),
    Channel.COLLECTOR: N_("By a collector"),
    Channel.MOBILE_MONEY: N_("Mobile money"),
    Channel.BANK: N_("Bank"),
}
TILL_KINDS = {TillKind.COUNTER: N_("Counter in the office"), TillKind.ROUTE: N_("Collector's bag")}
MEMBERS = {
    MemberStatus.ACTIVE: N_("takes part"),
    MemberStatus.ON_LEAVE: N_("on leave"),
    MemberStatus.LEFT: N_("has left"),
    MemberStatus.DECEASED: N_("has died"),
}
SESSIONS = {
    SessionStatus.OPEN: (N_("open"), "wait"),
    SessionStatus.COUNTED: (N_("waits for a second person"), "bad"),
    SessionStatus.CLOSED: (N_("closed"), "good"),
}
HANDOVERS = {
    HandoverStatus.GIVEN: (N_("on its way"), "wait"),
    HandoverStatus.COUNTED: (N_("waits for a third person"), "bad"),
    HandoverStatus.RECEIVED: (N_("received"), "good"),
    HandoverStatus.TAKEN_BACK: (N_("taken back"), "plain"),
}
"""What each status is called, and how it is shown."""


def crumbs(desk: Desk, *steps: tuple[str, str]) -> list[Crumb]:
    """Return the way back from a page about cash: steps are an English sentence or a name, and an address."""
    return [Crumb(desk.words.say("Cash"), "/cash"), *(Crumb(desk.words.say(text), path) for text, path in steps)]


def sees_others(desk: Desk) -> bool:
    """Tell whether she may see and count what other people answer for."""
    return bool(desk.roles & set(OVER_OTHERS))


def my_session(desk: Desk) -> Any | None:
    """Return her own session that is not closed, or None."""
    # She has one at a time, so the newest is the one that is not closed, if any is.
    found = queries.list_sessions(desk.session, status=None, holder=desk.actor, till=None, before=GREATEST, limit=1)
    return found[0] if found and found[0].status != SessionStatus.CLOSED else None


def name_of(row: Any) -> str:
    """Return a person's whole name."""
    return " ".join(part for part in (row.given_names, row.first_surname, row.second_surname) if part)


def person(actor: str) -> str:
    """Return a staff person's log-in name without what tells her from a machine."""
    return actor.partition(":")[2] or actor


def who(desk: Desk, actor: str) -> str:
    """Return a staff person's log-in name, or that a program did it."""
    return person(actor) if actor.startswith("staff:") else desk.words.say("The program")


def till_names(desk: Desk) -> dict[str, str]:
    """Return what each till is called, by its code."""
    return {till.code: till.name for till in queries.list_tills(desk.session, after="", limit=200)}


def account_names(desk: Desk) -> dict[str, str]:
    """Return what each till and each account at a bank is called, by its code."""
    return till_names(desk) | {one.ledger_code: one.name for one in list_bank_accounts(desk.session)}


def said_account(desk: Desk, names: Mapping[str, str], code: str) -> str:
    """Return what an account is called; its code, marked as one, where there are no words for it."""
    said = desk.words.account(code, names)
    return said if said != code else Markup('<span class="code">{}</span>').format(code)


MOST_PIECES = 1_000_000


def counted(desk: Desk, form: Form) -> tuple[list[Pieces], int, int]:
    """Return the notes and coins of a counted drawer, the small change, and what all of it comes to, in minor units."""
    currency = desk.mutual.currency
    pieces = [
        Pieces(value, form.number(f"piece-{value}", least=0, most=MOST_PIECES) or 0) for value in pieces_of(currency)
    ]
    loose = form.amount("loose", currency) or 0
    return pieces, loose, loose + sum(one.value_minor * one.number for one in pieces)


def float_sources(desk: Desk, but: str = "") -> list[tuple[str, str]]:
    """Return where change may come from: the float kept for it, or a till that nobody has open."""
    tills = queries.list_tills(desk.session, after="", limit=200)
    free = [(till.code, till.name) for till in tills if till.session_id is None and till.is_active and till.code != but]
    return [("reserve:float", desk.words.say("The float that is kept for change")), *free]


def rows_before(key: tuple[Any, ...] | None) -> int:
    """Return before which identifier a list that begins with the newest goes on."""
    return GREATEST if key is None else int(key[0])


PICTURES = [
    ("/cash", "cash", "carla"),
    ("/cash/receipts", "receipts", "abel"),
]
