"""Differences: the queue, one with its evidence side by side and its usual explanations by one key, and equal ones together."""

import re
from collections import Counter
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.reconciliation.place import (
    AGES,
    MONEY,
    READERS,
    SAID,
    STATUSES,
    account_in_words,
    agreed_in_words,
    area,
    before,
    crumbs,
    facts,
)
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_
from gateway.contributions.queries import names_of
from gateway.ledger.post import Line
from gateway.membership.queries import find_member_by_number
from gateway.reconciliation import queries
from gateway.reconciliation.many import propose_many, resolve_many
from gateway.reconciliation.resolve import NO_ENTRY, PLACE, POST_ENTRY, assign, note, propose, reject, resolve
from gateway.reconciliation.rules import KINDS, age_bucket, ageing, needs_supervisor
from gateway.reconciliation.suggest import suggest, suggest_members, suggest_sums
from gateway.staff.models import Role

ONE = "/reconciliation/exceptions/{break_id:int}"
MOST_TOGETHER = 50


@area.page("/reconciliation/exceptions", *READERS)
def exceptions(desk: Desk) -> Response:
    """Show differences, the unresolved ones unless asked otherwise."""
    words = desk.words
    status, kind, age = desk.asked("status"), desk.asked("kind"), desk.asked("age")
    if "status" not in desk.request.query_params:
        status = "unresolved"  # what is asked for by nobody is what is left to do; "all" is an empty choice

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_breaks(
            desk.session,
            status=status if status in {*STATUSES, "unresolved"} else None,
            kind=kind if kind in KINDS else None,
            period_start=None,
            since=ageing(age, desk.today) if age in AGES else (None, None),
            owner=desk.asked("owner", 80) or None,
            before=before(key),
            limit=limit,
        )

    rows = desk.listing(
        [
            Column(
                N_("Difference"), lambda row: row.id, "code", link=lambda row: f"/reconciliation/exceptions/{row.id}"
            ),
            Column(N_("What it is"), lambda row: words.say(KINDS[row.kind].meaning)),
            Column(N_("Amount"), lambda row: row.amount_minor, "amount"),
            Column(N_("Age"), lambda row: words.say(AGES[age_bucket((desk.today - row.since_on).days)])),
            Column(N_("Due"), lambda row: row.due_on, "day"),
            Column(
                N_("Whose work"),
                lambda row: (row.owner or row.owner_role).partition(":")[2] or words.say(_role(row.owner_role)),
            ),
            Column(
                N_("Status"),
                lambda row: words.say(STATUSES[row.status][0]),
                "status",
                tone=lambda row: STATUSES[row.status][1],
            ),
        ],
        fetch,
        key=lambda row: (row.id,),
        filters=[
            Filter(
                "status",
                N_("Status"),
                [
                    ("unresolved", words.say("unresolved")),
                    *((one, words.say(said)) for one, (said, _) in STATUSES.items()),
                ],
            ),
            Filter("kind", N_("What it is"), [(one.code, words.say(one.meaning)) for one in KINDS.values()]),
            Filter("age", N_("Age"), [(one, words.say(said)) for one, said in AGES.items()]),
        ],
        empty=N_("Nothing is unexplained.") if status == "unresolved" else N_("No difference fits."),
    )
    if isinstance(rows, Response):
        return rows
    rows.query["status"] = status or "all"
    return desk.page(
        "reconciliation/exceptions.html",
        crumbs=crumbs(desk, (N_("Differences"), "")),
        rows=rows,
        following=rows.rows[0].id if rows.rows else None,
    )


def _role(role: str) -> str:
    return ROLES.get(role, role)


ROLES = {
    "accountant": N_("Accountant"),
    "filing_officer": N_("Filing officer"),
    "benefits_officer": N_("Benefits officer"),
    "cashier": N_("Cashier"),
    "manager": N_("Manager"),
}


def _suggestions(desk: Desk, found: Any) -> list[Any]:
    return [*suggest(found), *suggest_members(desk.session, found), *suggest_sums(desk.session, found)]


def _show(desk: Desk, form: Form, break_id: int) -> Response:
    found, words = queries.get_break(desk.session, break_id), desk.words
    usual = _suggestions(desk, found) if found.status in {"open", "rejected"} else []
    is_mine = found.proposed_by == desk.actor
    proposal = dict(found.proposal or {})
    following = queries.list_breaks(desk.session, status="unresolved", before=break_id, limit=1)
    return desk.page(
        "reconciliation/exception.html",
        following=following[0].id if following else None,
        crumbs=crumbs(desk, (N_("Differences"), "/reconciliation/exceptions"), (str(break_id), "")),
        form=form,
        found=found,
        meaning=KINDS[found.kind].meaning,
        standing=STATUSES[found.status],
        owner=(found.owner or "").partition(":")[2] or words.say(ROLES.get(found.owner_role, found.owner_role)),
        age=(desk.today - found.since_on).days,
        theirs=facts(desk, found.theirs, found.currency),
        ours=facts(desk, found.ours, found.currency),
        usual=[
            (
                number,
                _said(desk, one.meaning),
                agreed_in_words(desk, one.fields),
                [
                    (account_in_words(desk, line.account), words.money(line.amount_minor, found.currency))
                    for line in one.lines
                ],
            )
            for number, one in enumerate(usual, start=1)
        ],
        notes=queries.list_notes(desk.session, break_id),
        lines=[
            (account_in_words(desk, one[0]), words.money(one[1], found.currency)) for one in proposal.get("lines", ())
        ],
        resolution=RESOLUTIONS.get(str(proposal.get("resolution", "")), str(proposal.get("resolution", ""))),
        proposed_by=(found.proposed_by or "").partition(":")[2],
        may_propose=found.status in {"open", "rejected"} and desk.may(READERS),
        may_decide=found.status == "proposed" and desk.may(MONEY) and not is_mine,
        is_mine=found.status == "proposed" and is_mine,
        needs_manager=needs_supervisor(found.since_on, desk.today) and Role.MANAGER not in desk.roles,
        is_money=found.amount_minor > 0,
    )


RESOLUTIONS = {
    POST_ENTRY: N_("an entry"),
    PLACE: N_("it is a member's"),
    NO_ENTRY: N_("no entry is needed"),
    "take_back": N_("take the booking back"),
    "shown_in_sum": N_("it stands in a sum"),
}


def _said(desk: Desk, meaning: str) -> str:
    """Say an explanation; of one that names a member, its rule in the reader's language and the member after it."""
    if meaning in SAID:
        return desk.words.say(meaning)
    summed = re.fullmatch(r"The statement shows it in line (\d+), the sum of (\d+) announcements", meaning)
    if summed:
        places = {"line": summed[1], "count": summed[2]}
        return desk.words.say("The statement shows it in line {line}, the sum of {count} announcements", **places)
    rule, _, who = meaning.rpartition(": ")
    return f"{desk.words.say(rule)}: {who}" if rule in SAID else meaning


@area.page(ONE, *READERS)
def exception(desk: Desk, break_id: int) -> Response:
    """Show one difference, theirs and ours side by side, and its usual explanations."""
    return _show(desk, desk.form(), break_id)


@area.act(
    f"{ONE}/proposal",
    *READERS,
    show=_show,
    at=ONE,
    fields={"proposal_invalid": "reason", "member_not_found": "number"},
)
def put(desk: Desk, form: Form, break_id: int) -> Go:
    """Propose what explains it: a usual explanation by its number, a member by hers, or that no entry is needed."""
    found = queries.get_break(desk.session, break_id)
    chosen, number = form.number("usual", most=99), form.text("number", most=30)
    reason = form.text("reason", required=True)
    debit, credit = form.text("debit", most=80), form.text("credit", most=80)
    amount = form.amount("amount", found.currency)
    usual = _suggestions(desk, found)
    values: dict[str, Any] = {"resolution": NO_ENTRY}
    if chosen is not None and chosen <= len(usual):
        one = usual[chosen - 1]
        values = {
            "resolution": one.resolution,
            "lines": one.lines,
            "member_id": one.member_id,
            "statement_line_id": one.statement_line_id,
            "announced_line_ids": list(one.announced_line_ids),
        }
    elif number:
        member = find_member_by_number(desk.session, number.upper())
        if member is None:
            form.fault("number", N_("No member has this number."))
        values = {"resolution": PLACE, "member_id": member.id if member else None}
    elif debit or credit or amount:
        if not debit or not credit or not amount:
            form.fault("amount", N_("Of an entry: both accounts and the amount."))
        values = {"resolution": POST_ENTRY, "lines": [Line(debit, amount or 0), Line(credit, -(amount or 0))]}
    elif not form.has("no_entry"):
        form.fault("reason", N_("Choose an explanation, name a member, write an entry, or say that none is needed."))
    form.check()
    propose(desk.session, break_id, reason=reason, actor=desk.actor, **values)
    return Go(f"/reconciliation/exceptions/{break_id}", N_("Proposed. Another person looks at it."), {}, "wait")


def _sure_decision(desk: Desk, form: Form, break_id: int) -> Confirmation | None:
    """Say what approving books; declining books nothing and needs no second look."""
    if form.value("decision") != "approve":
        return None
    found, words = queries.get_break(desk.session, break_id), desk.words
    proposal = dict(found.proposal or {})
    amount = words.amount(abs(found.amount_minor), found.currency)
    if "member_id" in proposal:
        member = int(proposal["member_id"])
        name = names_of(desk.session, [member]).get(member, ("", ""))[1]
        sentence = words.say("Book {amount} as the money of {name}.", amount=amount, name=name)
    elif proposal.get("lines"):
        sentence = words.say("Book an entry that explains {amount}.", amount=amount)
    else:
        what = words.say(RESOLUTIONS.get(str(proposal.get("resolution", "")), ""))
        sentence = words.say("Close the difference of {amount}: {what}.", amount=amount, what=what)
    figures = [
        (account_in_words(desk, account), words.amount(int(minor), found.currency))
        for account, minor in proposal.get("lines", ())
    ]
    figures.append((words.say("How it is known"), found.reason or "–"))
    figures.append((words.say("Proposed by"), (found.proposed_by or "").partition(":")[2]))
    return Confirmation(sentence, words.say("Approve and book it"), f"/reconciliation/exceptions/{break_id}", figures)


@area.act(
    f"{ONE}/decision",
    *MONEY,
    show=_show,
    confirm=_sure_decision,
    at=ONE,
    fields={"same_person": "because", "supervisor_needed": "because"},
)
def decide(desk: Desk, form: Form, break_id: int) -> Go:
    """Approve what another person proposed and post it, or decline it with a reason."""
    decision = form.choice("decision", ("approve", "decline"), required=True)
    because = form.text("because", required=decision == "decline")
    form.check()
    if decision == "decline":
        reject(desk.session, break_id, reason=because, actor=desk.actor)
        return Go(f"/reconciliation/exceptions/{break_id}", N_("Declined."), {}, "wait")
    resolve(
        desk.session,
        break_id,
        valid_on=desk.today,
        actor=desk.actor,
        today=desk.today,
        is_supervisor=Role.MANAGER in desk.roles,
    )
    return Go("/reconciliation/exceptions", N_("Approved and booked."))


@area.act(f"{ONE}/note", *READERS, show=_show, at=ONE)
def write(desk: Desk, form: Form, break_id: int) -> Go:
    """Keep what somebody found out."""
    text = form.text("note", required=True, most=500)
    form.check()
    note(desk.session, break_id, text=text, actor=desk.actor)
    return Go(f"/reconciliation/exceptions/{break_id}", N_("Kept."))


@area.act(f"{ONE}/owner", *READERS, show=_show, at=ONE)
def take(desk: Desk, form: Form, break_id: int) -> Go:
    """Take it on, and say until when."""
    due = form.day("due_on")
    form.check()
    assign(desk.session, break_id, owner=desk.actor, due_on=due, actor=desk.actor)
    return Go(f"/reconciliation/exceptions/{break_id}", N_("It is yours now."))


# Equal ones together


def _show_many(desk: Desk, form: Form) -> Response:
    status = desk.asked("status") or form.value("status") or "open"
    waiting: Counter[str] = Counter()
    for age in queries.list_ages(desk.session):
        waiting[age.kind] += age.break_count
    # The kind of which there are most, so that the page never begins with nothing.
    kind = desk.asked("kind") or form.value("kind") or next((one for one, _ in waiting.most_common(1)), "")
    rows: list[Any] = []
    if kind in KINDS:
        rows = queries.list_breaks(
            desk.session,
            status=status,
            kind=kind,
            period_start=None,
            since=(None, None),
            owner=None,
            before=before(None),
            limit=MOST_TOGETHER,
        )
    usual: dict[str, str] = {}
    for row in rows:
        usual |= {one.code: _said(desk, one.meaning) for one in suggest(row)}
    form.lists |= {"kind": [kind], "status": [status]}
    return desk.page(
        "reconciliation/many.html",
        crumbs=crumbs(desk, (N_("Differences"), "/reconciliation/exceptions"), (N_("Equal ones together"), "")),
        form=form,
        kinds=[
            (one.code, f"{desk.words.say(one.meaning)} ({desk.words.number(waiting[one.code])})")
            for one in sorted(KINDS.values(), key=lambda one: -waiting[one.code])
            if waiting[one.code] or one.code == kind
        ],
        kind=kind,
        wanted=status,
        rows=rows,
        usual=sorted(usual.items()),
        total_minor=sum(abs(row.amount_minor) for row in rows),
        may_approve=desk.may(MONEY),
    )


def _sure_many(desk: Desk, form: Form) -> Confirmation:
    ids, words = [int(one) for one in form.many("break") if one.isdigit()], desk.words
    if not ids:
        form.fault("break", N_("Choose at least one."))
    what = form.choice("what", ("propose", "approve", "decline"), required=True)
    if what == "propose":
        form.text("usual", required=True)
    if what != "approve":
        form.text("reason", required=True)
    form.check()
    total = sum(abs(queries.get_break(desk.session, one).amount_minor) for one in ids[: MOST_TOGETHER + 1])
    said = {
        "propose": words.count(
            "Propose this explanation for one difference.", "Propose this explanation for {n} differences.", len(ids)
        ),
        "approve": words.count("Approve and book one difference.", "Approve and book {n} differences.", len(ids)),
        "decline": words.count(
            "Decline the proposal for one difference.", "Decline the proposals for {n} differences.", len(ids)
        ),
    }[what]
    figures = [(words.say("In all"), words.amount(total, desk.mutual.currency))]
    return Confirmation(said, words.say("Do it"), "/reconciliation/exceptions/many", figures)


@area.act(
    "/reconciliation/exceptions/many",
    *READERS,
    show=_show_many,
    confirm=_sure_many,
    fields={"cases_differ": "break", "supervisor_needed": "break"},
)
def together(desk: Desk, form: Form) -> Go:
    """Propose for equal differences, or approve or decline what another person proposed for them; all or none."""
    ids = [int(one) for one in form.many("break") if one.isdigit()]
    what, reason = form.choice("what", ("propose", "approve", "decline"), required=True), form.text("reason")
    if what != "propose" and not desk.may(MONEY):
        form.fault("what", N_("An accountant or a manager approves."))
    form.check()
    if what == "propose":
        propose_many(desk.session, ids, suggestion=form.text("usual", required=True), reason=reason, actor=desk.actor)
        return Go("/reconciliation/exceptions", N_("Proposed. Another person looks at them."), {}, "wait")
    resolve_many(
        desk.session,
        ids,
        is_approved=what == "approve",
        reason=reason,
        valid_on=desk.today,
        actor=desk.actor,
        today=desk.today,
        is_supervisor=Role.MANAGER in desk.roles,
    )
    return Go("/reconciliation/exceptions", N_("Done."))
