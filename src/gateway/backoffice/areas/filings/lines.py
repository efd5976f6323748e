"""Who is declared and who is not, line by line; a line as the state reads it, with everything that is known of it."""

import json
from typing import Any

from fastapi.responses import Response

from gateway.authority.connect import state_format
from gateway.authority.protocol import StateFormat
from gateway.backoffice.areas.filings.place import (
    BILLS,
    CHANGES,
    COMPONENTS,
    FIELDS,
    LINES,
    READS,
    REASONS,
    area,
    attempt_in_words,
    choices,
    component,
    crumbs,
    name_of,
)
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_
from gateway.filing import queries
from gateway.filing.errors import LineUnknownError
from gateway.filing.evidence import trace
from gateway.filing.look_at_line import look_at_line
from gateway.filing.models import Filing
from gateway.filing.movement_rules import explain as explain_movement
from gateway.filing.movements import list_movements
from gateway.filing.words import explain
from gateway.kit.money import currency_of, parse_amount
from gateway.membership.rules import mask
from gateway.staff.models import Role

MOVEMENTS = {
    "entry": N_("entry"),
    "exit": N_("exit"),
    "holiday": N_("holidays"),
    "voluntary": N_("leave without pay"),
    "maternity": N_("maternity leave"),
    "disability": N_("leave for illness"),
    "change": N_("change of wage or data"),
}


@area.page("/filings/{filing_id:int}/decisions", *READS, Role.CASHIER)
def decisions(desk: Desk, filing_id: int) -> Response:
    """Show the decision for every member, in words."""
    found, reason, change = queries.get_filing(desk.session, filing_id), desk.asked("reason"), desk.asked("change")
    funded = {"yes": True, "no": False}.get(desk.asked("declared"))

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_decisions(
            desk.session,
            filing_id,
            is_funded=funded,
            reason=reason if reason in REASONS else None,
            change=change if change in CHANGES else None,
            after=0 if key is None else key[0],
            limit=limit,
        )

    def why(row: Any) -> str:
        return explain(
            row.reason,
            desk.words.language,
            lambda minor: desk.words.amount(minor, found.currency),
            needed_minor=row.needed_minor,
            available_minor=row.available_minor,
            short_minor=row.short_minor,
            detail=row.detail,
        )

    words = desk.words
    rows = desk.listing(
        [
            Column(N_("Member"), lambda row: row.number, "code", link=lambda row: f"/members/{row.member_id}"),
            Column(N_("Name"), _name),
            Column(
                N_("Declared"),
                lambda row: words.say("Yes") if row.is_funded else words.say("No"),
                "status",
                tone=lambda row: "good" if row.is_funded else "bad",
            ),
            Column(N_("Why"), why),
            Column(
                N_("Against last month"),
                lambda row: words.say(CHANGES.get(row.change_since_last, row.change_since_last)),
            ),
            Column(N_("Needed"), lambda row: row.needed_minor, "amount"),
            Column(N_("The member lacks"), lambda row: row.short_minor or None, "amount"),
        ],
        fetch,
        key=lambda row: (row.member_id,),
        filters=[
            Filter("declared", N_("Declared"), [("yes", words.say("Yes")), ("no", words.say("No"))]),
            Filter("reason", N_("Why"), choices(desk, REASONS)),
            Filter("change", N_("Against last month"), choices(desk, CHANGES)),
        ],
        empty=N_("Nobody fits."),
        currency=found.currency,
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "filings/rows.html",
        crumbs=crumbs(
            desk, (name_of(desk, found), f"/filings/{filing_id}"), (N_("Who is declared and who is not"), "")
        ),
        title=N_("Who is declared and who is not"),
        rows=rows,
    )


def _name(row: Any) -> str:
    return " ".join(part for part in (row.given_names, row.first_surname, row.second_surname) if part)


@area.page("/filings/{filing_id:int}/lines", *READS)
def lines(desk: Desk, filing_id: int) -> Response:
    """Show the lines with the state's answer."""
    found, status = queries.get_filing(desk.session, filing_id), desk.asked("status")
    form, words = state_format(desk.mutual.country), desk.words

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_lines(
            desk.session,
            filing_id,
            status=status if status in LINES else None,
            code=desk.asked("code") or None,
            after=0 if key is None else key[0],
            limit=limit,
        )

    def document(row: Any) -> str:
        return str(row.document if desk.sees_numbers else mask(row.document))

    rows = desk.listing(
        [
            Column(
                N_("Line"),
                lambda row: row.line_no,
                "count",
                link=lambda row: f"/filings/{filing_id}/lines/{row.line_no}",
            ),
            Column(N_("Identity number"), document, "code"),
            Column(N_("Name"), _name),
            Column(N_("Wage"), lambda row: row.wage_minor, "amount"),
            Column(N_("For the state"), lambda row: row.state_minor, "amount"),
            Column(
                N_("Status"),
                lambda row: words.say(LINES[row.status][0]),
                "status",
                tone=lambda row: LINES[row.status][1],
            ),
            Column(N_("Code"), lambda row: row.state_code, "code"),
            Column(
                N_("What it means"),
                lambda row: form.explain(row.state_code).meaning_in(words.language) if row.state_code else None,
            ),
        ],
        fetch,
        key=lambda row: (row.line_no,),
        filters=[Filter("status", N_("Status"), choices(desk, LINES)), *_codes(desk, found, form)],
        empty=N_("No line fits."),
        currency=found.currency,
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "filings/rows.html",
        crumbs=crumbs(desk, (name_of(desk, found), f"/filings/{filing_id}"), (N_("Lines"), "")),
        title=N_("Lines"),
        rows=rows,
    )


def _codes(desk: Desk, found: Filing, form: StateFormat) -> list[Filter]:
    """Return what narrows lines to one of the codes that the state gave; nothing where it has answered nothing."""
    known = [] if found.sealed_at is None else queries.answers_by_code(desk.session, found.id)
    codes = sorted({row.code for row in known if row.code})
    language = desk.words.language
    options = [(code, f"{code} · {form.explain(code).meaning_in(language)}") for code in codes]
    return [Filter("code", N_("Code"), options)] if options else []


@area.page("/filings/{filing_id:int}/movements", *READS)
def movements(desk: Desk, filing_id: int) -> Response:
    """Show the comings and goings told beside the payroll, and those that wait."""
    found, words = queries.get_filing(desk.session, filing_id), desk.words
    told = {"yes": True, "no": False}.get(desk.asked("told"))

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return list_movements(desk.session, filing_id, told=told, after=0 if key is None else key[0], limit=limit)

    def why(row: Any) -> str:
        return explain_movement(row.reason, row.held_back, row.detail, row.again_after, words.language)

    def standing(row: Any) -> tuple[str, str]:
        return (N_("waits"), "wait") if row.line_no is None else LINES[row.status]

    rows = desk.listing(
        [
            Column(N_("Member"), lambda row: row.number, "code", link=lambda row: f"/members/{row.member_id}"),
            Column(N_("Name"), _name),
            Column(N_("What"), lambda row: words.say(MOVEMENTS.get(row.event, row.event))),
            Column(N_("From"), lambda row: row.starts_on, "day"),
            Column(N_("To"), lambda row: row.ends_on, "day"),
            Column(N_("Why"), why),
            Column(N_("Status"), lambda row: words.say(standing(row)[0]), "status", tone=lambda row: standing(row)[1]),
            Column(N_("Code"), lambda row: row.state_code, "code"),
        ],
        fetch,
        key=lambda row: (row.id,),
        filters=[Filter("told", N_("Told"), [("yes", words.say("Yes")), ("no", words.say("No"))])],
        empty=N_("Nothing is told beside the payroll."),
        currency=found.currency,
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "filings/rows.html",
        crumbs=crumbs(desk, (name_of(desk, found), f"/filings/{filing_id}"), (N_("Comings and goings"), "")),
        title=N_("Comings and goings"),
        rows=rows,
    )


@area.page("/filings/{filing_id:int}/lines/{line_no:int}", *READS)
def line(desk: Desk, filing_id: int, line_no: int) -> Response:
    """Show one line in the state's own layout, the names of its fields over their places, and its whole trace."""
    found = queries.get_filing(desk.session, filing_id)
    rows = queries.list_lines(desk.session, filing_id, after=line_no - 1, limit=1)
    if not rows or rows[0].line_no != line_no:
        raise LineUnknownError(f"filing {filing_id} has no line {line_no}; it has 1 to {found.line_count}")
    seen = look_at_line(desk.session, filing_id, line_no, today=desk.today)
    shown = seen.fields if desk.sees_numbers else [one._replace(text=_hidden(one)) for one in seen.fields]
    row, meaning = rows[0], None
    rejected = queries.list_lines(desk.session, filing_id, status="rejected", after=line_no, limit=1)
    if row.state_code:
        known = state_format(desk.mutual.country).explain(row.state_code)
        language = desk.words.language
        meaning = (known.meaning_in(language), known.fixes.get(language, known.fix))
    return desk.page(
        "filings/line.html",
        crumbs=crumbs(
            desk,
            (name_of(desk, found), f"/filings/{filing_id}"),
            (N_("Lines"), f"/filings/{filing_id}/lines"),
            (str(line_no), ""),
        ),
        found=found,
        row=row,
        name=_name(row),
        standing=LINES[row.status],
        meaning=meaning,
        reason=REASONS.get(row.reason, row.reason),
        seen=seen,
        field_words=FIELDS,
        bill_words=BILLS,
        names={code: component(desk, code) for code in COMPONENTS},
        fields=shown,
        following=rejected[0].line_no if row.status == "rejected" and rejected else None,
        may_mend=row.status == "rejected" and desk.may((Role.FILING_OFFICER,)),
        rate=lambda text: desk.words.rate(text, desk.mutual.currency),
        attempt=lambda one: attempt_in_words(desk, one),
        minor=lambda text: parse_amount(text, currency_of(found.currency)),
        whole=None if found.sealed_at is None else trace(desk.session, filing_id, line_no),
    )


def _hidden(one: Any) -> str:
    return "•" * len(one.text) if "document" in one.name or one.name in {"uan", "card"} else str(one.text)


@area.page("/filings/{filing_id:int}/lines/{line_no:int}/evidence", *READS)
def evidence(desk: Desk, filing_id: int, line_no: int) -> Response:
    """Give the whole trace of a line as a file."""
    whole = json.dumps(trace(desk.session, filing_id, line_no), ensure_ascii=False, indent=2)
    return desk.file(f"evidence-{filing_id}-{line_no}.json", whole.encode(), "application/json")


@area.page("/filings/{filing_id:int}/documents/{document_id:int}", *READS)
def document(desk: Desk, filing_id: int, document_id: int) -> Response:
    """Give a frozen file byte for byte."""
    found = queries.get_document(desk.session, filing_id, document_id)
    body = b"".join(queries.read_content(desk.session, document_id))
    return desk.file(found.file_name, body, "application/octet-stream")
