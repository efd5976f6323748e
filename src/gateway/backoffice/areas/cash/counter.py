"""The counter: find, take the money, give the receipt, next; made for a queue and for hands that stay on the keys."""

from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.cash.place import DESK, MEMBERS, OFFICE, area, crumbs, my_session, name_of, till_names
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import COVERAGE, N_
from gateway.cash.states import SessionStatus, TillKind
from gateway.cash.take import receive_cash
from gateway.contributions.models import Channel
from gateway.contributions.queries import ReceiptFilter, list_receipts
from gateway.contributions.receive import NewLine, NewReceipt
from gateway.kit.period import Period
from gateway.membership.queries import Search, get_fund, get_member, list_funds, list_members, wage_on
from gateway.selfcheck.overview import coverage, due, held

SHOWN = 12
MONTHS = 6
LARGE = 10
"""So many times what she lacks is asked about once more: a key that was held down costs nobody money."""
MOST_OF_A_FUND = 300
CHANNEL_OF = {TillKind.COUNTER.value: Channel.CASH, TillKind.ROUTE.value: Channel.COLLECTOR}


def _session_or_go(desk: Desk) -> Any:
    found = my_session(desk)
    return found if found is not None and found.status == SessionStatus.OPEN else None


@area.page("/cash/counter", *DESK)
def counter(desk: Desk) -> Any:
    """Show the counter: one field to find somebody; where one person fits, she is there at once."""
    mine = _session_or_go(desk)
    if mine is None:
        return Go("/cash/open", N_("Open a session first: you answer for the drawer from then on."), {}, "wait")
    typed = desk.asked("q")
    found = _find(desk, typed) if typed else []
    if len(found) == 1:
        return f"/cash/counter/{found[0].id}"
    return desk.page(
        "cash/counter.html",
        crumbs=crumbs(desk, (N_("Counter"), "")),
        typed=typed,
        found=[(row, name_of(row)) for row in found[:SHOWN]],
        has_more=len(found) > SHOWN,
        statuses=MEMBERS,
        till=desk.words.account(mine.till, till_names(desk)),
    )


def _find(desk: Desk, typed: str) -> list[Any]:
    return list_members(desk.session, Search.anything(typed), today=desk.today, limit=SHOWN + 1)


def _show(desk: Desk, form: Form, member_id: int) -> Response:
    member = get_member(desk.session, member_id)
    needed = due(desk.session, member_id, member.number, desk.mutual, today=desk.today)
    months = coverage(desk.session, member_id, newest=Period.of(desk.today), limit=MONTHS)
    if not form.is_typed and needed is not None and needed.short_minor > 0:
        form.lists["amount"] = [desk.words.money(needed.short_minor, desk.mutual.currency)]
    return desk.page(
        "cash/take.html",
        crumbs=crumbs(desk, (N_("Counter"), "/cash/counter"), (name_of(member), "")),
        form=form,
        member=member,
        name=name_of(member),
        statuses=MEMBERS,
        needed=needed,
        credit_minor=held(desk.session, member_id),
        months=[(month, desk.words.say(COVERAGE[month.reason])) for month in months],
        mine=_session_or_go(desk),
    )


def _unusual(desk: Desk, form: Form, member_id: int) -> Confirmation | None:
    """Ask once more where somebody paid already today, or pays many times what a month costs.

    The form may have come back by the browser's way, or a key was held down.
    """
    amount, _ = _typed(desk, form)
    form.check()
    words, currency, member = desk.words, desk.mutual.currency, get_member(desk.session, member_id)
    today = ReceiptFilter(member_id=member_id, paid_from=desk.today, paid_to=desk.today)
    before = [one for one in list_receipts(desk.session, today, limit=5) if one.reversed_on is None]
    needed = due(desk.session, member_id, member.number, desk.mutual, today=desk.today)
    usual = needed.cost_minor if needed is not None else 0
    wage = wage_on(desk.session, member_id, desk.today) if not usual else None
    # Where no month of hers is to be paid, a whole wage is as much as can be meant.
    most = usual * LARGE if usual else wage[0] if wage is not None else 0
    if not before and amount <= most:
        return None
    warnings = [
        words.say(
            "{amount} was paid today: receipt {number}.",
            amount=words.amount(one.amount_minor, one.currency),
            number=one.number,
        )
        for one in before
    ]
    figures = [(words.say("A month costs"), words.amount(usual, currency))] if usual else []
    sentence = words.say("Receive {amount} from {name}.", amount=words.amount(amount, currency), name=name_of(member))
    return Confirmation(sentence, words.say("Yes, receive it"), f"/cash/counter/{member_id}", figures, warnings)


@area.act("/cash/counter/{member_id:int}", *DESK, show=_show, confirm=_unusual, fields={"receipt_invalid": "amount"})
def take(desk: Desk, form: Form, member_id: int) -> Go:
    """Receive what a member pays into the open drawer, and show its receipt."""
    amount, given = _typed(desk, form)
    form.check()
    return _receive(desk, form, [(member_id, amount)], given)


def _typed(desk: Desk, form: Form) -> tuple[int, int | None]:
    currency = desk.mutual.currency
    amount = form.amount("amount", currency, required=True)
    if amount == 0:
        form.fault("amount", N_("An amount above zero."))
    given = form.amount("given", currency)
    if given is not None and amount is not None and given < amount:
        form.fault("given", N_("Less than the amount."))
    return amount or 0, given


def _receive(desk: Desk, form: Form, parts: list[tuple[int, int]], given: int | None, payer: str = "") -> Go:
    mine = _session_or_go(desk)
    if mine is None:
        return Go("/cash/open", N_("Nothing was received: open a session first."), {}, "bad")
    amount = sum(part for _, part in parts)
    new = NewReceipt(
        source=f"counter:{desk.actor}",
        source_reference=form.once,
        channel=CHANNEL_OF[mine.till_kind],
        account_code=mine.till,
        amount_minor=amount,
        currency=mine.currency,
        paid_on=desk.today,
        lines=[NewLine(member_id, None, part) for member_id, part in parts],
        collector=desk.actor if mine.till_kind == TillKind.ROUTE else None,
        payer_name=payer or None,
        note=form.text("note") or None,
    )
    receipt = receive_cash(desk.session, new, actor=desk.actor, today=desk.today)
    change = f"?change={given - amount}" if given is not None and given > amount else ""
    return Go(
        f"/cash/receipts/{receipt.id}{change}",
        N_("Received. The receipt has the number {number}."),
        {"number": receipt.number},
    )


def _show_group(desk: Desk, form: Form, fund_id: int) -> Response:
    fund = get_fund(desk.session, fund_id)
    members = list_members(
        desk.session, Search(fund_id=fund_id, status="active"), today=desk.today, limit=MOST_OF_A_FUND
    )
    return desk.page(
        "cash/group.html",
        crumbs=crumbs(desk, (N_("Counter"), "/cash/counter"), (fund.name, "")),
        form=form,
        fund=fund,
        members=[(row, name_of(row)) for row in members],
        is_cut=len(members) == MOST_OF_A_FUND,
    )


def _parts(desk: Desk, form: Form, fund_id: int) -> list[tuple[int, int]]:
    rows = list_members(desk.session, Search(fund_id=fund_id, status="active"), today=desk.today, limit=MOST_OF_A_FUND)
    amounts = [(row.id, form.amount(f"member-{row.id}", desk.mutual.currency)) for row in rows]
    parts = [(member_id, amount) for member_id, amount in amounts if amount]
    if not parts and not form.errors:
        form.fault("payer", N_("Write an amount for at least one member."))
    return parts


def _group_sum(desk: Desk, form: Form, fund_id: int) -> Confirmation | None:
    parts = _parts(desk, form, fund_id)
    form.text("payer", required=True)
    form.check()
    words, total = desk.words, sum(part for _, part in parts)
    return Confirmation(
        words.count(
            "Receive {amount} for one member of {fund}, with one receipt.",
            "Receive {amount} for {n} members of {fund}, with one receipt.",
            len(parts),
            amount=words.amount(total, desk.mutual.currency),
            fund=get_fund(desk.session, fund_id).name,
        ),
        words.say("Yes, receive it"),
        f"/cash/funds/{fund_id}",
    )


@area.act("/cash/funds/{fund_id:int}", *DESK, show=_show_group, confirm=_group_sum)
def take_for_many(desk: Desk, form: Form, fund_id: int) -> Go:
    """Receive what a fund's treasurer brings for many, split by member, with one receipt."""
    parts = _parts(desk, form, fund_id)
    payer = form.text("payer", required=True)
    form.check()
    return _receive(desk, form, parts, None, payer)


@area.page("/cash/funds", *DESK)
def funds(desk: Desk) -> Response:
    """Show the funds whose treasurers pay for their members."""
    rows = list_funds(desk.session, limit=500)
    return desk.page(
        "cash/funds.html", crumbs=crumbs(desk, (N_("For a fund"), "")), rows=rows, may_import=desk.may(OFFICE)
    )
