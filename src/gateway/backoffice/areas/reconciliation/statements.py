"""Statements: load one, see what each line was known for, say whose a line's money is; and the rules with what each knew."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from fastapi.responses import Response

from gateway.administration.log_words import thing_in_words
from gateway.api.schemas.statements import typed_balances
from gateway.backoffice.areas.reconciliation.place import (
    LINES,
    MONEY,
    READERS,
    STATEMENTS,
    agreed_in_words,
    area,
    before,
    crumbs,
)
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.long_files import Came, LongPage, earlier, later, offer
from gateway.backoffice.frame.machine import said_by_machine
from gateway.backoffice.frame.texts import N_
from gateway.backoffice.frame.uploads import check_size
from gateway.kit.progress import Progress
from gateway.ledger.bank_accounts import list_bank_accounts
from gateway.membership.queries import find_member_by_number
from gateway.reconciliation import load_later, mappings, queries
from gateway.reconciliation.claim import PERSON, claim_line
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.match import NO_RULE
from gateway.reconciliation.match_rules import AFTERWARDS, RULES
from gateway.treasury import settle_later
from gateway.treasury.settlement import load_settlement

SINCE_DAYS = 90
TAKEN_IN = N_("The settlement is taken in; its net is expected at the bank.")


def _show(desk: Desk, form: Form) -> Any:
    words, status = desk.words, desk.asked("status")
    called = {one.ledger_code: one.name for one in list_bank_accounts(desk.session)}

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_statements(
            desk.session, status=status if status in STATEMENTS else None, before=before(key), limit=limit
        )

    rows = desk.listing(
        [
            Column(
                N_("Statement"),
                lambda row: row.statement_reference or str(row.id),
                "code",
                link=lambda row: f"/reconciliation/statements/{row.id}",
            ),
            Column(N_("Account"), lambda row: words.account(row.ledger_code or "", called) or row.account_number),
            Column(N_("From"), lambda row: row.from_on, "day"),
            Column(N_("To"), lambda row: row.to_on, "day"),
            Column(N_("Opening"), lambda row: row.opening_minor, "amount"),
            Column(N_("Closing"), lambda row: row.closing_minor, "amount"),
            Column(N_("Lines"), lambda row: row.line_count, "count"),
            Column(
                N_("Status"),
                lambda row: words.say(STATEMENTS[row.status][0]),
                "status",
                tone=lambda row: STATEMENTS[row.status][1],
            ),
            Column(N_("Why"), lambda row: said_by_machine(desk, row.reason)),
        ],
        fetch,
        key=lambda row: (row.id,),
        filters=[Filter("status", N_("Status"), [(one, words.say(said)) for one, (said, _) in STATEMENTS.items()])],
        empty=N_("No statement was loaded yet. Load the bank's file here."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "reconciliation/statements.html",
        crumbs=crumbs(desk, (N_("Statements"), "")),
        form=form,
        rows=rows,
        mappings=[(str(one.id), one.name) for one in mappings.list_mappings(desk.session, after="", limit=200)],
        may_load=desk.may(MONEY),
        earlier=earlier(desk, STATEMENT_FILES),
    )


@area.act(
    "/reconciliation/statements",
    *MONEY,
    show=_show,
    fields={"statement_unreadable": "file", "mapping_unknown": "mapping"},
)
def load(desk: Desk, form: Form) -> Go:
    """Load a statement; the same file again has no effect, and what cannot be used is put aside with the reason."""
    file = form.file("file", check_size)
    mapping = form.number("mapping")
    opening, closing = form.text("opening", most=30), form.text("closing", most=30)
    form.check()
    assert file is not None
    typed = typed_balances(opening or None, closing or None, desk.mutual.currency)
    options = {"mapping_id": mapping, "typed": None if typed is None else list(typed)}
    if waiting := later(desk, STATEMENT_FILES, file, options):
        return waiting
    done = load_statement(
        desk.session, file.body, file_name=file.name, actor=desk.actor, mapping_id=mapping, typed=typed
    )
    if not done.is_new:
        return Go("/reconciliation/statements", N_("This file was loaded before; nothing changed."), {}, "wait")
    aside = [one for one in done.statements if one.status == "quarantined"]
    if aside:
        return Go(
            "/reconciliation/statements",
            N_("Put aside: {reason}"),
            {"reason": said_by_machine(desk, aside[0].reason) or ""},
            "bad",
        )
    places = {"count": desk.words.number(done.new_line_count)}
    return Go("/reconciliation/statements", N_("Loaded with {count} new lines. Match and compare next."), places)


def _came(desk: Desk, _found: Progress, result: Mapping[str, Any]) -> Came:
    words, where = desk.words, "/reconciliation/statements"
    if not result["is_new"]:
        return Came(words.say("This file was loaded before; nothing changed."), "wait", where)
    if result["aside"]:
        return Came(words.say("Put aside: {reason}", reason=said_by_machine(desk, result["aside"])), "wait", where)
    count = words.number(result["new_lines"])
    return Came(words.say("Loaded with {count} new lines. Match and compare next.", count=count), "good", where)


STATEMENT_FILES = LongPage(
    load_later.STATEMENT,
    "/reconciliation/statements/files/{file_id:int}",
    N_("The statement is being loaded."),
    {
        "read": (N_("the file is read"), ""),
        "lines": (N_("its lines are compared with those that are known"), N_("Line {done} of {total}")),
        "keep": (N_("the new lines are kept"), ""),
    },
    _came,
    lambda desk, _found: crumbs(desk, (N_("Statements"), "/reconciliation/statements")),
)
offer(area, STATEMENT_FILES, *MONEY)


@area.page("/reconciliation/statements/{statement_id:int}", *READERS)
def statement(desk: Desk, statement_id: int) -> Response:
    """Show a statement's lines and what each was known for."""
    found, words = queries.get_statement(desk.session, statement_id), desk.words

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_lines(desk.session, statement_id, after=0 if key is None else key[0], limit=limit)

    rows = desk.listing(
        [
            Column(N_("Line"), lambda row: row.id, "code", link=lambda row: f"/reconciliation/lines/{row.id}"),
            Column(N_("Day"), lambda row: row.booked_on, "day"),
            Column(N_("Amount"), lambda row: row.amount_minor, "amount"),
            Column(N_("Payer"), lambda row: row.counterparty),
            Column(N_("Text"), lambda row: row.text),
            Column(
                N_("Status"),
                lambda row: words.say(LINES[row.status][0]),
                "status",
                tone=lambda row: LINES[row.status][1],
            ),
            Column(N_("Known by"), lambda row: known_by(desk, row.rule)),
        ],
        fetch,
        key=lambda row: (row.id,),
        empty=N_("It has no lines."),
        currency=found.currency,
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "reconciliation/statement.html",
        crumbs=crumbs(
            desk, (N_("Statements"), "/reconciliation/statements"), (found.statement_reference or str(statement_id), "")
        ),
        found=found,
        account=desk.words.account(
            found.ledger_code or "", {one.ledger_code: one.name for one in list_bank_accounts(desk.session)}
        )
        or found.account_number,
        standing=STATEMENTS[found.status],
        why=said_by_machine(desk, found.reason),
        rows=rows,
    )


def known_by(desk: Desk, rule: str | None) -> str:
    """Return what a line was known for, in words."""
    meanings = {one.code: one.meaning for one in (*RULES, *AFTERWARDS)} | {
        PERSON: N_("A person said so"),
        NO_RULE: N_("no rule knows it"),
    }
    return desk.words.say(meanings.get(rule or "", rule or ""))


def _show_line(desk: Desk, form: Form, line_id: int) -> Response:
    found = queries.get_line(desk.session, line_id)
    return desk.page(
        "reconciliation/line.html",
        crumbs=crumbs(
            desk,
            (N_("Statements"), "/reconciliation/statements"),
            (desk.words.say("Line {number}", number=line_id), ""),
        ),
        form=form,
        line_id=line_id,
        found=found,
        standing=LINES[found.status],
        account=next((one.name for one in list_bank_accounts(desk.session) if one.id == found.account_id), ""),
        currency=found.currency,
        matches=queries.list_matches(desk.session, line_id),
        hints=queries.list_suggestions(desk.session, line_id),
        known_by=lambda rule: known_by(desk, rule),
        agreed=lambda fields: agreed_in_words(desk, fields),
        thing=lambda kind: thing_in_words(kind, desk.words.language),
        may=desk.may(MONEY),
    )


def _sure(desk: Desk, form: Form, line_id: int) -> Confirmation:  # noqa: ARG001 - the frame gives the path's places
    number, words = form.text("number", required=True, most=30), desk.words
    form.text("reason", required=True)
    member = find_member_by_number(desk.session, number.upper()) if number else None
    if number and member is None:
        form.fault("number", N_("No member has this number."))
    form.check()
    assert member is not None
    name = " ".join(part for part in (member.given_names, member.first_surname, member.second_surname) if part)
    return Confirmation(
        words.say("Give this line's money to {name} ({number}).", name=name, number=member.number),
        words.say("It is this member's"),
        "/reconciliation/statements",
    )


@area.act(
    "/reconciliation/lines/{line_id:int}",
    *MONEY,
    show=_show_line,
    confirm=_sure,
    fields={"not_a_receipt": "number", "receipt_used": "number"},
)
def claim(desk: Desk, form: Form, line_id: int) -> Go:
    """Give a line's money to the member it belongs to; a match that was wrong is undone, and both stay to be seen."""
    member = find_member_by_number(desk.session, form.text("number", required=True, most=30).upper())
    reason = form.text("reason", required=True)
    if member is None:
        form.fault("number", N_("No member has this number."))
    form.check()
    assert member is not None
    claim_line(desk.session, line_id, member_id=member.id, reason=reason, actor=desk.actor, today=desk.today)
    return Go(f"/reconciliation/lines/{line_id}", N_("It is on the member's account."))


@area.page("/reconciliation/rules", *READERS)
def rules(desk: Desk) -> Response:
    """Show how lines are known, in the order the rules are asked, and how many each has known of late."""
    since = desk.today - dt.timedelta(days=SINCE_DAYS)
    known = queries.matched_by_rule(desk.session, since)
    return desk.page(
        "reconciliation/rules.html",
        crumbs=crumbs(desk, (N_("How lines are known"), "")),
        since=since,
        rules=[(rule, known.get(rule.code)) for rule in (*RULES, *AFTERWARDS)],
        by_people=known.get("person"),
    )


def _show_settlement(desk: Desk, form: Form) -> Response:
    accounts = list_bank_accounts(desk.session)
    return desk.page(
        "reconciliation/settlement.html",
        crumbs=crumbs(desk, (N_("A payer's settlement"), "")),
        form=form,
        providers=[(one.ledger_code, one.name) for one in accounts if one.ledger_code.startswith("momo:")],
        banks=[(one.ledger_code, one.name) for one in accounts if one.ledger_code.startswith("bank:")],
        earlier=earlier(desk, SETTLEMENT_FILES),
    )


@area.act(
    "/reconciliation/settlement",
    *MONEY,
    show=_show_settlement,
    fields={"settlement_unreadable": "file", "file_unreadable": "file"},
)
def settle(desk: Desk, form: Form) -> Go:
    """Read a provider's settlement report: receive what is new, book its fee, expect its net at the bank."""
    file = form.file("file", check_size)
    provider, bank = form.text("provider", required=True), form.text("bank", required=True)
    form.check()
    assert file is not None
    if waiting := later(desk, SETTLEMENT_FILES, file, {"provider": provider, "bank_code": bank}):
        return waiting
    found = load_settlement(
        desk.session,
        body=file.body,
        file_name=file.name,
        provider=provider,
        bank_code=bank,
        actor=desk.actor,
        today=desk.today,
    )
    if found.reason:
        return Go("/reconciliation", N_("Put aside: {reason}"), {"reason": said_by_machine(desk, found.reason)}, "bad")
    return Go("/reconciliation", TAKEN_IN)


def _settled(desk: Desk, _found: Progress, result: Mapping[str, Any]) -> Came:
    if result["aside"]:
        return Came(
            desk.words.say("Put aside: {reason}", reason=said_by_machine(desk, result["aside"])),
            "bad",
            "/reconciliation",
        )
    return Came(desk.words.say(TAKEN_IN), "good", "/reconciliation")


SETTLEMENT_FILES = LongPage(
    settle_later.SETTLEMENT,
    "/reconciliation/settlement/files/{settlement_file_id:int}",
    N_("The settlement is being taken in."),
    {
        "read": (N_("the file is read"), ""),
        "compare": (N_("its payments are compared with those that are known"), ""),
        "book": (N_("what is new is booked"), ""),
    },
    _settled,
    lambda desk, _found: crumbs(desk, (N_("A payer's settlement"), "/reconciliation/settlement")),
)
offer(area, SETTLEMENT_FILES, *MONEY)
