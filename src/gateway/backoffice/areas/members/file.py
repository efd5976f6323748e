"""A member's page: everything the house knows of her on one screen, and who looked at it."""

from typing import Any, NamedTuple

from fastapi.responses import Response

from gateway.backoffice.areas.members import words
from gateway.backoffice.areas.members.place import (
    CATEGORIES,
    FIELDS,
    IDENTITY_KINDS,
    LEAVES,
    READERS,
    RELATIONS,
    SEE_MONEY,
    STATUSES,
    WORKERS,
    area,
    crumbs,
    hidden,
    name_of,
    said,
)
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_
from gateway.contributions.queries import newest_entries
from gateway.kit.period import Period
from gateway.membership.dossier import add_note, dossier, note_look, wage_in_force
from gateway.membership.queries import get_member, history
from gateway.membership.rules import age_on
from gateway.selfcheck import overview, queries

MONTHS = 24
ROWS = 12
ENTRIES = 400


class Month(NamedTuple):
    """A month on the strip."""

    period: Period
    standing: str
    sign: str
    text: str
    """In the reader's language: month, standing, why."""


@area.page("/members/{member_id:int}", *READERS)
def member_page(desk: Desk, member_id: int) -> Response:
    """Show everything of one member, and write down who looked."""
    return show_member(desk, desk.form(), member_id)


def show_member(desk: Desk, form: Form, member_id: int) -> Response:
    """Show everything of one member, with the form of a note."""
    session, found = desk.session, dossier(desk.session, member_id)
    note_look(session, found, actor=desk.actor)
    member, sees_money = found.member, bool(desk.roles & SEE_MONEY)
    newest = Period.of(desk.today)
    months = [_month(desk, one) for one in overview.coverage(session, member_id, newest=newest, limit=MONTHS)]
    entries = newest_entries(session, member_id, limit=ENTRIES) if sees_money else []
    due = overview.due(session, member_id, member.number, desk.mutual, today=desk.today) if sees_money else None
    return desk.page(
        "members/member.html",
        found=found,
        member=member,
        name=name_of(member),
        age=age_on(member.birth_date, desk.today),
        wage=wage_in_force(found.wages, desk.today),
        months=list(reversed(months)),
        this_month=months[0] if months else None,
        entries=entries,
        held=entries[0].balance_minor if entries else 0,
        owed=overview.owed(session, member_id),
        due=due,
        sees_money=sees_money,
        receipts=queries.list_receipts(session, member_id, before=None, limit=ROWS) if sees_money else [],
        lines=queries.list_filed(session, member_id, before=None, limit=ROWS),
        benefits=queries.list_benefits(session, member_id, before=None, limit=ROWS),
        payouts=queries.list_payouts(session, member_id, before=None, limit=ROWS),
        may_write=desk.may(WORKERS),
        form=form,
        crumbs=crumbs(desk, member),
        statuses=STATUSES,
        kinds=IDENTITY_KINDS,
        relations=RELATIONS,
        categories=CATEGORIES,
        leaves=LEAVES,
        w=words,
        hidden=lambda value: hidden(desk, value),
        said=lambda names, code: said(desk, names, code),
        name_of=name_of,
        period_of=Period.of,
    )


def _month(desk: Desk, one: overview.CoverMonth) -> Month:
    sign, name = words.STANDINGS[one.standing]
    why = desk.words.say(words.REASONS[one.reason]) if one.reason in words.REASONS else one.reason
    code = f" ({one.state_code})" if one.state_code else ""
    text = f"{desk.words.month(one.period)}: {desk.words.say(name)}. {why}{code}"
    return Month(one.period, one.standing, sign, text)


@area.act("/members/{member_id:int}/notes", *READERS, show=show_member, at="/members/{member_id:int}")
def note(desk: Desk, form: Form, member_id: int) -> Go:
    """Write a note that the next one reads."""
    text = form.text("note", required=True, most=1000)
    form.check()
    add_note(desk.session, member_id, text, actor=desk.actor)
    return Go(f"/members/{member_id}", N_("The note is kept."))


@area.page("/members/{member_id:int}/history", *READERS)
def history_page(desk: Desk, member_id: int) -> Response:
    """Show everything that was recorded about a member, the newest first."""
    member = get_member(desk.session, member_id)
    rows = list(reversed(history(desk.session, member_id)))
    return desk.page(
        "members/history.html",
        member=member,
        rows=rows,
        w=words,
        told=lambda row: _told(desk, row),
        said=lambda names, code: said(desk, names, code),
        crumbs=crumbs(desk, member, desk.words.say("History")),
    )


HIDDEN = ("phone", "identity")


def _told(desk: Desk, row: Any) -> str:
    """Return what a line of the history says, in words."""
    detail = dict(row.detail or {})
    if row.kind == "change":
        before = dict(detail.get("before", {}))
        return "; ".join(
            f"{said(desk, FIELDS, name)}: {hidden(desk, str(value)) if name.startswith(HIDDEN) else value if value is not None else chr(8211)}"
            for name, value in before.items()
        )
    if "wage_minor" in detail:
        since = desk.words.iso_day(str(detail["valid_from"]))
        return f"{desk.words.amount(detail['wage_minor'], detail['currency'])}, {since}"
    if row.kind == "step":
        states = {code: name for code, (name, _) in STATUSES.items()}
        return f"{said(desk, states, detail.get('from_state'))} → {said(desk, states, detail.get('to_state'))}"
    days = [
        desk.words.iso_day(str(detail[name])) for name in ("valid_from", "valid_to", "last_day") if detail.get(name)
    ]
    return ", ".join([*([str(detail["number"])] if detail.get("number") else []), *days])
