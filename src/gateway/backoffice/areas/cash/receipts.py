"""Receipts: one to print or send, all of them to look through, files of them, and taking one back."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.cash.place import (
    CHANNELS,
    DESK,
    MONEY,
    OFFICE,
    account_names,
    area,
    crumbs,
    person,
    rows_before,
    said_account,
    who,
)
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.refusals import said_of_code
from gateway.backoffice.frame.texts import N_, Words
from gateway.backoffice.frame.uploads import check_table
from gateway.backoffice.frame.work import Work, fragment, shown
from gateway.contributions import import_receipts as imports
from gateway.contributions import queries
from gateway.contributions.document import Letterhead, receipt_document, verification_address
from gateway.contributions.models import Channel
from gateway.contributions.reference import bare
from gateway.contributions.reverse import reverse_receipt
from gateway.kit.progress import Progress, end_here
from gateway.membership.queries import get_member
from gateway.notices.texts import Money
from gateway.notices.write import write_once

STATES = {"received": (N_("received"), "good"), "reversed": (N_("taken back"), "bad")}
IMPORTS = {
    "uploaded": (N_("kept, not looked at yet"), "wait"),
    "previewed": (N_("looked at, nothing received yet"), "wait"),
    "applied": (N_("received"), "good"),
}


WORKS = {"look": N_("The file is being looked through."), "apply": N_("The payments are being received.")}
STEPS = {
    "read": (N_("the rows are read"), N_("Row {done} of {total}")),
    "relate": (N_("the payers are looked up"), ""),
    "write": (N_("the payments are booked"), N_("Part {done} of {total}")),
}


@area.page("/cash/receipts", *DESK)
def receipts(desk: Desk) -> Response:
    """Show receipts, newest first."""
    words = desk.words
    form = Form(words, {"from": [desk.asked("from")], "to": [desk.asked("to")]})
    channel, number = desk.asked("channel"), desk.asked("number", 40)
    wanted = queries.ReceiptFilter(
        channel=channel if channel in {str(one) for one in Channel} else None,
        paid_from=form.day("from"),
        paid_to=form.day("to"),
        number=bare(number) if number else None,
    )

    names = account_names(desk)

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return queries.list_receipts(desk.session, wanted, limit=limit, before_id=rows_before(key))

    columns = [
        Column(N_("Receipt"), lambda row: row.number, "code", link=lambda row: f"/cash/receipts/{row.id}"),
        Column(N_("Day"), lambda row: row.paid_on, "day"),
        Column(N_("Amount"), lambda row: row.amount_minor, "amount"),
        Column(N_("How"), lambda row: words.say(CHANNELS[Channel(row.channel)])),
        Column(N_("Account"), lambda row: said_account(desk, names, row.account_code)),
        Column(N_("Received by"), lambda row: who(desk, row.collector or row.actor)),
        Column(N_("Members"), lambda row: len(row.lines), "count"),
        Column(
            N_("Status"), lambda row: words.say(STATES[row.state][0]), "status", tone=lambda row: STATES[row.state][1]
        ),
    ]
    rows = desk.listing(
        columns,
        fetch,
        key=lambda row: (row.id,),
        filters=[
            Filter("number", N_("Receipt number"), kind="search"),
            Filter("channel", N_("How"), [(str(one), words.say(said)) for one, said in CHANNELS.items()]),
            Filter("from", N_("From"), kind="date"),
            Filter("to", N_("To"), kind="date"),
        ],
        empty=N_("No receipt fits. Try fewer figures, or more days."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "cash/receipts.html",
        crumbs=crumbs(desk, (N_("Receipts"), "")),
        rows=rows,
        may_import=desk.may(OFFICE, reads=True),
    )


@area.page("/cash/receipts/{receipt_id:int}", *DESK)
def receipt(desk: Desk, receipt_id: int) -> Response:
    """Show one receipt, to be printed or sent, with the way to the next person of the queue."""
    return show_receipt(desk, desk.form(), receipt_id)


def show_receipt(desk: Desk, form: Form, receipt_id: int) -> Response:
    """Show one receipt, with the form that sends it."""
    found = queries.get_receipt(desk.session, receipt_id)
    names = queries.names_of(desk.session, [line.member_id for line in found.lines if line.member_id is not None])
    change = desk.asked("change", 15)
    return desk.page(
        "cash/receipt.html",
        crumbs=crumbs(desk, (N_("Receipts"), "/cash/receipts"), (found.number, "")),
        receipt=found,
        names=names,
        channel=desk.words.say(CHANNELS[Channel(found.channel)]),
        received_by=who(desk, found.collector or found.actor),
        change_minor=int(change) if change.isascii() and change.isdigit() else 0,
        is_mine=found.actor == desk.actor and found.paid_on == desk.today and found.account_code.startswith("cash:"),
        may_reverse=desk.may(MONEY) and found.reversed_on is None,
        send=form,
        may_send=desk.may(DESK),
        is_for_one=len({line.member_id for line in found.lines if line.member_id is not None}) == 1,
    )


@area.page("/cash/receipts/{receipt_id:int}/document", *DESK)
def document(desk: Desk, receipt_id: int) -> Response:
    """Give the receipt as a PDF with its QR code."""
    found = queries.get_receipt(desk.session, receipt_id)
    names = queries.names_of(desk.session, [line.member_id for line in found.lines if line.member_id is not None])
    head = Letterhead(desk.mutual.name, desk.mutual.country, desk.words.language)
    address = verification_address(desk.gate.settings.public_url, found.number)
    return desk.file(f"{found.number}.pdf", receipt_document(found, names, head, address), "application/pdf")


@area.act("/cash/receipts/{receipt_id:int}/message", *DESK, show=show_receipt, at="/cash/receipts/{receipt_id:int}")
def message(desk: Desk, _form: Form, receipt_id: int) -> Go:
    """Send the receipt as a message to the member's telephone; one receipt is sent once."""
    found = queries.get_receipt(desk.session, receipt_id)
    members = {line.member_id for line in found.lines if line.member_id is not None}
    sent, without = 0, 0
    for member_id in sorted(members):
        if not get_member(desk.session, member_id).phone:
            without += 1
            continue
        part = sum(line.amount_minor for line in found.lines if line.member_id == member_id)
        sent += write_once(
            desk.session,
            member_id=member_id,
            kind="receipt",
            key=found.number,
            text_params={
                "mutual": desk.mutual.name[:24].strip(),
                "amount": Money(part, found.currency),
                "currency": found.currency,
                "day": f"{found.paid_on:%d/%m/%Y}",
                "number": found.number,
            },
        )
    if without == len(members):
        return Go(
            f"/cash/receipts/{receipt_id}",
            N_("No telephone is written down for the member: print the receipt."),
            {},
            "wait",
        )
    said = (
        N_("The receipt is on its way to the member's telephone.")
        if sent
        else N_("It was sent before, and is not sent again.")
    )
    return Go(f"/cash/receipts/{receipt_id}", said, {}, "good" if sent else "wait")


def _show_reversal(desk: Desk, form: Form, receipt_id: int) -> Response:
    found = queries.get_receipt(desk.session, receipt_id)
    return desk.page(
        "cash/reversal.html",
        crumbs=crumbs(
            desk,
            (N_("Receipts"), "/cash/receipts"),
            (found.number, f"/cash/receipts/{receipt_id}"),
            (N_("Take it back"), ""),
        ),
        form=form,
        receipt=found,
    )


def _reversal(desk: Desk, form: Form, receipt_id: int) -> Confirmation | None:
    found = queries.get_receipt(desk.session, receipt_id)
    form.text("reason", required=True)
    form.check()
    words = desk.words
    sentence = words.say(
        "Take back receipt {number} of {day} over {amount}: the money leaves the members' accounts.",
        number=found.number,
        day=words.day(found.paid_on),
        amount=words.amount(found.amount_minor, found.currency),
    )
    return Confirmation(sentence, words.say("Take it back"), f"/cash/receipts/{receipt_id}")


@area.act("/cash/receipts/{receipt_id:int}/reversal", *MONEY, show=_show_reversal, confirm=_reversal)
def reverse(desk: Desk, form: Form, receipt_id: int) -> Go:
    """Take a receipt back with a reason."""
    reason = form.text("reason", required=True)
    form.check()
    reverse_receipt(desk.session, receipt_id, reason=reason, actor=desk.actor, today=desk.today)
    return Go(f"/cash/receipts/{receipt_id}", N_("The receipt is taken back."))


# Files of payments


def _show_imports(desk: Desk, form: Form) -> Any:
    words = desk.words

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return imports.list_imports(desk.session, limit=limit, before_id=None if key is None else key[0])

    rows = desk.listing(
        [
            Column(N_("File"), lambda row: row.file_name, link=lambda row: f"/cash/imports/{row.id}"),
            Column(N_("Sent"), lambda row: row.created_at, "instant"),
            Column(N_("By"), lambda row: person(row.created_by)),
            Column(N_("Rows"), lambda row: row.row_count, "count"),
            Column(N_("Refused rows"), lambda row: row.refused_count, "count"),
            Column(N_("Amount"), lambda row: row.accept_minor, "amount"),
            Column(
                N_("Status"),
                lambda row: words.say(IMPORTS[row.state][0]),
                "status",
                tone=lambda row: IMPORTS[row.state][1],
            ),
        ],
        fetch,
        key=lambda row: (row.id,),
        empty=N_("No file was sent yet."),
    )
    if isinstance(rows, Response):
        return rows
    return desk.page(
        "cash/imports.html",
        crumbs=crumbs(desk, (N_("Receipts"), "/cash/receipts"), (N_("Files of payments"), "")),
        form=form,
        rows=rows,
        channels=[(str(one), words.say(said)) for one, said in CHANNELS.items()],
        accounts=_accounts(desk),
    )


def _accounts(desk: Desk) -> list[tuple[str, str]]:
    return list(account_names(desk).items())


@area.act("/cash/imports", *OFFICE, show=_show_imports, fields={"file_unreadable": "file"})
def send_file(desk: Desk, form: Form) -> Go:
    """Look at a file of payments; nothing is received yet."""
    channel = form.choice("channel", [str(one) for one in Channel], required=True)
    account = form.choice("account_code", [code for code, _ in _accounts(desk)], required=True)
    unknown = form.choice("unknown", ("suspense", "refuse"), required=True)
    file = form.file("file", check_table)
    form.check()
    assert file is not None
    options = imports.Options(channel, account, unknown, None, not form.has("month_first"))
    given: dict[str, Any] = {"body": file.body, "file_name": file.name, "options": options, "actor": desk.actor}
    given["media_type"] = "application/octet-stream"
    if len(file.body) > imports.LARGE_BYTES:
        import_id = imports.upload(desk.session, **given)
        if imports.get_import(desk.session, import_id).state == "uploaded":
            imports.ask_for(desk.session, import_id, "look", policy=imports.GOOD, actor=desk.actor)
        return Go(f"/cash/imports/{import_id}")
    found = imports.preview_import(desk.session, **given, today=desk.today)
    return Go(f"/cash/imports/{found.id}", N_("Looked through. Nothing is received yet."), {}, "wait")


def _work(desk: Desk, found: Progress | None) -> Work | None:
    """Return what the page says of work on a file that has not ended."""
    if found is None or not found.is_open:
        return None
    what, path = str(found.options["work"]), f"/cash/imports/{found.subject_id}/progress"
    return shown(desk, found, path, desk.words.say(WORKS[what]), imports.STEPS[what], STEPS)


@area.page("/cash/imports/{import_id:int}/progress", *OFFICE)
def import_progress(desk: Desk, import_id: int) -> Response:
    """Say how far the work on a file is; asked for again and again by its page."""
    imports.get_import(desk.session, import_id)  # no work of a file that is not there
    return fragment(desk, _work(desk, imports.progress_of(desk.session, import_id)))


def _show_import(desk: Desk, form: Form, import_id: int) -> Any:
    found = imports.get_import(desk.session, import_id)

    def fetch(key: tuple[Any, ...] | None, limit: int) -> Any:
        return imports.list_refusals(desk.session, import_id, limit=limit, after=0 if key is None else key[0])

    rows = desk.listing(
        [
            Column(N_("Row"), lambda row: row.row_no, "count"),
            Column(N_("What is wrong"), lambda row: _why(desk.words, row.problems)),
        ],
        fetch,
        key=lambda row: (row.row_no,),
        empty=N_("No row is refused."),
    )
    if isinstance(rows, Response):
        return rows
    progress = imports.progress_of(desk.session, import_id)
    work = _work(desk, progress)
    failed = progress if progress is not None and progress.state == "failed" else None
    is_free = work is None or work.is_quiet
    return desk.page(
        "cash/import.html",
        crumbs=crumbs(desk, (N_("Files of payments"), "/cash/imports"), (found.file_name, "")),
        form=form,
        found=found,
        standing=IMPORTS[found.state],
        rows=rows,
        work=work,
        failed=None if failed is None else said_of_code(failed.code or "", failed.detail or "", desk.words),
        may_apply=is_free and desk.may(OFFICE) and found.state == "previewed" and found.accept_count > 0,
        may_look=is_free and desk.may(OFFICE) and found.state == "uploaded",
    )


def _why(words: Words, problems: Sequence[Mapping[str, str]]) -> str:
    """Return what is wrong with a row, column by column."""
    told = (
        said_of_code(one["code"], one["detail"], words, place=one["pointer"].rpartition("column ")[2])
        for one in problems
    )
    return "; ".join(told)


def _application(desk: Desk, form: Form, import_id: int) -> Confirmation | None:
    found = imports.get_import(desk.session, import_id)
    form.choice("policy", ("good_rows", "all_or_nothing"), required=True)
    form.check()
    words = desk.words
    amount = words.amount(found.accept_minor, desk.mutual.currency)
    sentence = words.count(
        "Receive one payment, {amount}.", "Receive {n} payments, {amount}.", found.accept_count, amount=amount
    )
    figures = [
        (words.say("Rows of the file"), words.number(found.row_count)),
        (words.say("Received before, not again"), words.number(found.same_count)),
        (words.say("Payer not known: to be placed later"), words.number(found.suspense_count)),
        (words.say("Refused rows"), words.number(found.refused_count)),
    ]
    return Confirmation(sentence, words.say("Receive them"), f"/cash/imports/{import_id}", figures)


@area.act("/cash/imports/{import_id:int}/look", *OFFICE, show=_show_import, at="/cash/imports/{import_id:int}")
def look_here(desk: Desk, _form: Form, import_id: int) -> Go:
    """Look through a file here and now, where nobody in the background does."""
    imports.look(desk.session, import_id, today=desk.today)
    end_here(desk.session, imports.SUBJECT, import_id)
    return Go(f"/cash/imports/{import_id}")


@area.act("/cash/imports/{import_id:int}", *OFFICE, show=_show_import, confirm=_application)
def apply(desk: Desk, form: Form, import_id: int) -> Go:
    """Receive every accepted row of a file in one go; of a long one a worker does it, and its page says how far it is."""
    policy = form.choice("policy", ("good_rows", "all_or_nothing"), required=True)
    form.check()
    found, progress = imports.get_import(desk.session, import_id), imports.progress_of(desk.session, import_id)
    is_quiet = progress is not None and progress.is_quiet
    if found.accept_count + found.suspense_count > imports.LARGE_ROWS and not is_quiet:
        imports.ask_for(desk.session, import_id, "apply", policy=policy, actor=desk.actor)
        return Go(f"/cash/imports/{import_id}")
    done = imports.apply_import(desk.session, import_id, policy=policy, actor=desk.actor, today=desk.today)
    end_here(desk.session, imports.SUBJECT, import_id)
    return Go(
        f"/cash/imports/{import_id}",
        N_("{count} payments are received."),
        {"count": desk.words.number(done.applied_count)},
    )


@area.page("/cash/imports/{import_id:int}/refused", *OFFICE)
def refused(desk: Desk, import_id: int) -> Response:
    """Give the refused rows as the same kind of file, with a column that says why, to be mended and sent again."""
    found = imports.get_import(desk.session, import_id)
    kind = found.dialect.get("kind", "csv")
    return desk.file(
        f"refused-{import_id}.{kind}", imports.refused_file(desk.session, import_id), "application/octet-stream"
    )
