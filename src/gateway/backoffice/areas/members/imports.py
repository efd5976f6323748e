"""Lists of members and dependants: upload, look at what it would do, do it, take the refused rows back."""

import datetime as dt
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.members.place import CATEGORIES, FIELDS, RELATIONS, SEXES, WORKERS, area, crumbs, hidden
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Crumb, Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.refusals import said_of_code
from gateway.backoffice.frame.texts import N_
from gateway.backoffice.frame.uploads import check_table
from gateway.backoffice.frame.work import Work, fragment, shown
from gateway.kit.progress import Progress, end_here
from gateway.membership import import_members as imports
from gateway.membership.import_members import apply, get_import, list_imports, list_rows, preview
from gateway.membership.refused_rows import refused_file
from gateway.membership.states import ImportKind, ImportPolicy, ImportState

KINDS = {"members": N_("Members"), "dependants": N_("Dependants")}
STATES = {
    "uploaded": (N_("Kept, not looked at yet"), "wait"),
    "previewed": (N_("Looked at, not applied"), "wait"),
    "applied": (N_("Applied"), "good"),
}
ACTIONS = {"create": (N_("New"), "good"), "change": (N_("Changes"), "wait"), "refuse": (N_("Refused"), "bad")}
WORKS = {"look": N_("The list is being looked at."), "apply": N_("The list is being written.")}
STEPS = {
    "read": (N_("the rows are read"), N_("Row {done} of {total}")),
    "relate": (N_("the rows are compared with the register"), ""),
    "keep": (N_("what it would do is kept"), ""),
    "write": (N_("the members are written"), N_("Part {done} of {total}")),
}
OWN_NUMBERS = ("payroll_id", "fund_id", "document_kind", "rule", "status")
"""What a row writes that says something to the database alone."""
GREATEST = 2**62


def show_imports(desk: Desk, form: Form) -> Response:
    """Show the form to upload a list, and those uploaded before."""
    say = desk.words.say
    columns = (
        Column(N_("File"), lambda row: row.file_name, link=lambda row: f"/members/imports/{row.id}"),
        Column(N_("What"), lambda row: say(KINDS[row.kind])),
        Column(N_("Rows"), lambda row: row.row_count, "count"),
        Column(N_("Refused"), lambda row: row.refused_count, "count"),
        Column(N_("Status"), lambda row: say(STATES[row.state][0]), tone=lambda row: STATES[row.state][1]),
        Column(N_("When"), lambda row: row.created_at, "instant"),
    )

    def fetch(after: tuple[Any, ...] | None, limit: int) -> list[Any]:
        return list_imports(desk.session, before=(after or (GREATEST,))[0], limit=limit)

    found = desk.listing(columns, fetch, key=lambda row: (row.id,), empty=N_("No list was uploaded yet."))
    if isinstance(found, Response):
        return found
    kinds = [(code, say(name)) for code, name in KINDS.items()]
    form.over({"kind": "members"})
    return desk.page("members/imports.html", form=form, list=found, kinds=kinds, crumbs=crumbs(desk, last=say("Lists")))


@area.act("/members/imports", *WORKERS, show=show_imports)
def upload(desk: Desk, form: Form) -> Go:
    """Keep a file and judge every row; nothing else is written until it is applied."""
    kind, file = form.choice("kind", KINDS, required=True), form.file("file", check_table)
    form.check()
    assert file is not None
    given: dict[str, Any] = {"body": file.body, "file_name": file.name, "kind": ImportKind(kind), "actor": desk.actor}
    if len(file.body) <= imports.LARGE_BYTES:
        return Go(f"/members/imports/{preview(desk.session, **given, today=desk.today).id}")
    import_id = imports.upload(desk.session, **given)
    imports.ask_for(desk.session, import_id, "look", policy=ImportPolicy.GOOD_ROWS, actor=desk.actor)
    return Go(f"/members/imports/{import_id}")


def _work(desk: Desk, found: Progress | None) -> Work | None:
    """Return what the page says of work on a list that has not ended."""
    if found is None or not found.is_open:
        return None
    what, path = str(found.options["work"]), f"/members/imports/{found.subject_id}/progress"
    return shown(desk, found, path, desk.words.say(WORKS[what]), imports.STEPS[what], STEPS)


def show_import(desk: Desk, form: Form, import_id: int) -> Response:
    """Show what a list did or would do, row by row."""
    upload, say = get_import(desk.session, import_id), desk.words.say
    action = desk.asked("action") if desk.asked("action") in ACTIONS else ("refuse" if upload.refused_count else None)
    columns = (
        Column(N_("Row"), lambda row: row.row_no, "count"),
        Column(N_("What it does"), lambda row: say(ACTIONS[row.action][0]), tone=lambda row: ACTIONS[row.action][1]),
        Column(N_("Why, or what"), lambda row: _why(desk, row)),
    )

    def fetch(after: tuple[Any, ...] | None, limit: int) -> list[Any]:
        return list_rows(desk.session, import_id, action=action, after=(after or (0,))[0], limit=limit)

    shown = [(code, say(name)) for code, (name, _) in ACTIONS.items()]
    found = desk.listing(
        columns, fetch, key=lambda row: (row.row_no,), filters=(Filter("action", N_("What it does"), shown),),
        empty=N_("No such rows."),
    )  # fmt: skip
    if isinstance(found, Response):
        return found
    steps = [
        *crumbs(desk, last=say("Lists"))[:-1],
        Crumb(say("Lists"), "/members/imports"),
        Crumb(upload.file_name, ""),
    ]
    progress = imports.progress_of(desk.session, import_id)
    work = _work(desk, progress)
    failed = progress if progress is not None and progress.state == "failed" else None
    return desk.page(
        "members/import.html",
        form=form,
        upload=upload,
        list=found,
        states=STATES,
        kinds=KINDS,
        is_open=upload.state == ImportState.PREVIEWED and (work is None or work.is_quiet),
        is_unread=upload.state == ImportState.UPLOADED and (work is None or work.is_quiet),
        work=work,
        failed=None if failed is None else said_of_code(failed.code or "", failed.detail or "", desk.words),
        crumbs=steps,
    )


def _why(desk: Desk, row: Any) -> str:
    """Return why a row is refused, or what it writes: each field as it was and will be."""
    if row.action == "refuse":
        return _reason(desk, row.problems)
    said = []
    for name, value in dict(row.fields).items():
        old, new = value if isinstance(value, list) else (None, value)
        if new in (None, "") or name in OWN_NUMBERS:
            continue
        old, new = (None if one in (None, "") else _shown(desk, str(name), one) for one in (old, new))
        label = desk.words.say(FIELDS.get(str(name), str(name)))
        said.append(f"{label}: {old} → {new}" if old is not None else f"{label}: {new}")
    return "; ".join(said)


def _reason(desk: Desk, problems: list[dict[str, Any]]) -> str:
    """Return all that is wrong with a row, column by column."""
    said = (said_of_code(one["code"], one["detail"], desk.words, place=one["column"]) for one in problems)
    return "; ".join(said)


def _shown(desk: Desk, name: str, value: Any) -> str:
    """Return a value of a row as the reader writes such values."""
    if name == "wage_minor":
        return desk.words.amount(int(value), desk.mutual.currency)
    if name in ("phone", "identity", "national_id", "document", "social_security"):
        return hidden(desk, str(value))
    if name == "sex" and value in SEXES:
        return desk.words.say(SEXES[value])
    if name == "relation" and value in RELATIONS:
        return desk.words.say(RELATIONS[value])
    if name == "category" and value in CATEGORIES:
        return desk.words.say(CATEGORIES[value])
    if name.endswith(("_date", "_from", "_until")):
        return desk.words.day(dt.date.fromisoformat(str(value)))
    return str(value)


@area.page("/members/imports/{import_id:int}", *WORKERS)
def import_page(desk: Desk, import_id: int) -> Response:
    """Show one uploaded list."""
    return show_import(desk, desk.form(), import_id)


@area.page("/members/imports/{import_id:int}/progress", *WORKERS)
def import_progress(desk: Desk, import_id: int) -> Response:
    """Say how far the work on a list is; asked for again and again by its page."""
    get_import(desk.session, import_id)
    get_import(desk.session, import_id)  # no work of a list that is not there
    return fragment(desk, _work(desk, imports.progress_of(desk.session, import_id)))


@area.act("/members/imports/{import_id:int}/look", *WORKERS, show=show_import, at="/members/imports/{import_id:int}")
def look_here(desk: Desk, _form: Form, import_id: int) -> Go:
    """Look at a list here and now, where nobody in the background does."""
    imports.look(desk.session, import_id, today=desk.today)
    end_here(desk.session, imports.SUBJECT, import_id)
    return Go(f"/members/imports/{import_id}")


def sure_apply(desk: Desk, _form: Form, import_id: int) -> Confirmation:
    """Say how many rows will do what."""
    upload, words = get_import(desk.session, import_id), desk.words
    good = upload.create_count + upload.change_count
    sentence = words.count(
        "Write one row of the list {file}.", "Write {n} rows of the list {file}.", good, file=upload.file_name
    )
    figures = (
        (words.say("New"), words.number(upload.create_count)),
        (words.say("Changes"), words.number(upload.change_count)),
        (words.say("Nothing to do"), words.number(upload.same_count)),
        (words.say("Refused, left out"), words.number(upload.refused_count)),
    )
    return Confirmation(sentence, words.say("Write them"), f"/members/imports/{import_id}", figures)


@area.act(
    "/members/imports/{import_id:int}/apply",
    *WORKERS,
    show=show_import,
    confirm=sure_apply,
    at="/members/imports/{import_id:int}",
)
def apply_import(desk: Desk, _form: Form, import_id: int) -> Go:
    """Write what the good rows say; of a long list a worker does it, and its page says how far it is."""
    found, progress = get_import(desk.session, import_id), imports.progress_of(desk.session, import_id)
    is_quiet = progress is not None and progress.is_quiet
    if found.create_count + found.change_count > imports.LARGE_ROWS and not is_quiet:
        imports.ask_for(desk.session, import_id, "apply", policy=ImportPolicy.GOOD_ROWS, actor=desk.actor)
        return Go(f"/members/imports/{import_id}")
    done = apply(desk.session, import_id, policy=ImportPolicy.GOOD_ROWS, actor=desk.actor, today=desk.today)
    end_here(desk.session, imports.SUBJECT, import_id)
    said = N_("Written: {new} new, {changed} changed. {refused} refused.")
    words = desk.words
    places = {
        "new": words.number(done.create_count),
        "changed": words.number(done.change_count),
        "refused": words.number(done.refused_count),
    }
    return Go(f"/members/imports/{import_id}", said, places, "wait" if done.refused_count else "good")


@area.page("/members/imports/{import_id:int}/refused", *WORKERS)
def refused(desk: Desk, import_id: int) -> Response:
    """Give the refused rows back as the file they came in, with the reason in a last column."""
    sent = refused_file(
        desk.session, import_id, language=desk.words.language, reason=lambda problems: _reason(desk, problems)
    )
    return desk.file(sent.file_name, sent.body, sent.media_type)
