"""One case: what she saw beside the rows it rests on, what was said, and what whoever has it in hand may do."""

import datetime as dt
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.complaints import evidence
from gateway.backoffice.areas.complaints.place import STAFF, area, crumbs, lateness, status_of
from gateway.backoffice.areas.complaints.words import EVENTS, KINDS, RESOLUTIONS, SPOKEN, VOICES, WAYS
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import N_, ROLES
from gateway.complaints import handle, queries, rules
from gateway.complaints.handle import Handler
from gateway.complaints.states import COMPLAINT, ComplaintEvent, ComplaintStatus, Resolution

ONE = "/complaints/{complaint_id:int}"
CHOSEN = tuple(one for one in Resolution if one is not Resolution.NO_OBJECTION)
"""How people end a case; the other way it ends by itself."""
MOST_POSTINGS = 20
MOST = rules.LONGEST_WORDS


def who(desk: Desk) -> Handler:
    """Return the person at the desk as the use cases know her."""
    return Handler(desk.principal.username, desk.actor, desk.roles, desk.today)


@area.page(ONE, *STAFF)
def complaint(desk: Desk, complaint_id: int) -> Response:
    """Show one complaint with its evidence, its conversation and its steps."""
    return show(desk, desk.form(), complaint_id)


def show(desk: Desk, form: Form, complaint_id: int) -> Response:
    """Show one complaint, with the forms of what the reader may do."""
    row, words = queries.get_complaint(desk.session, complaint_id), desk.words
    is_mine = row.assignee == desk.principal.username and desk.may(STAFF)
    may = {event.value: _may(desk, row, event, is_mine=is_mine) for event in ComplaintEvent}
    name = words.say("Complaint {number}", number=row.id)
    messages = queries.list_messages(desk.session, complaint_id)
    return desk.page(
        "complaints/case.html",
        crumbs=crumbs(desk, name),
        form=form,
        name=name,
        row=row,
        about=words.say(KINDS[row.kind]),
        standing=status_of(desk, row),
        late=lateness(desk, row),
        figures=_figures(desk, row),
        seen=evidence.facts(desk, row.seen),
        receipts=evidence.receipts(desk, row.seen),
        rests_on=evidence.rests_on(desk, row),
        made_by=[_person(desk, one) for one in row.made_by],
        messages=[
            (one, VOICES[one.voice], _person(desk, one.actor), evidence.discreet(desk, one.text)) for one in messages
        ],
        steps=[
            (one, EVENTS[one.event], _person(desk, one.actor)) for one in queries.list_steps(desk.session, complaint_id)
        ],
        may=may,
        why_not=_why_not(desk, row, is_mine=is_mine),
        until=_until(row),
        resolution=RESOLUTIONS.get(row.resolution or ""),
        endings=[(one.value, words.say(RESOLUTIONS[one.value])) for one in CHOSEN],
        postings=_postings(desk, row) if may["resolve"] else [],
        may_note=desk.may(STAFF),
        speaks=words.say(SPOKEN[row.language]) if row.language in SPOKEN else row.language,
        most=MOST,
    )


def _may(desk: Desk, row: Any, event: ComplaintEvent, *, is_mine: bool) -> bool:
    if not desk.may(STAFF) or not COMPLAINT.allows(ComplaintStatus(row.status), event):
        return False
    if event in {ComplaintEvent.TAKE, ComplaintEvent.REOPEN}:
        return not (event is ComplaintEvent.TAKE and is_mine) and _is_hers_to_judge(desk, row)
    return is_mine and event in {ComplaintEvent.ASK, ComplaintEvent.ANSWER, ComplaintEvent.RESOLVE}


def _is_hers_to_judge(desk: Desk, row: Any) -> bool:
    return rules.may_look_into(desk.roles, row.owner_role) and not rules.judges_herself(desk.actor, row.made_by)


def _why_not(desk: Desk, row: Any, *, is_mine: bool) -> str | None:
    """Say why the reader can do nothing with a case that is not over."""
    words = desk.words
    if is_mine or not desk.may(STAFF) or row.status in {"resolved", "withdrawn"}:
        return None
    if rules.judges_herself(desk.actor, row.made_by):
        return words.say("You recorded what it is about: somebody else looks into it.")
    if not rules.may_look_into(desk.roles, row.owner_role):
        return words.say("It is looked into by: {role}, or a manager.", role=words.say(ROLES[row.owner_role]))
    if row.assignee and row.status in {"asked", "answered"}:
        return words.say("{person} has it in hand, and it waits for the member.", person=row.assignee)
    return None


def _figures(desk: Desk, row: Any) -> list[tuple[str, str]]:
    say, words = desk.words.say, desk.words
    return [
        (say("Since"), f"{words.day(row.opened_on)}, {say(WAYS[row.channel])}"),
        (say("Said by"), _person(desk, row.opened_by)),
        (say("Due"), words.day(row.due_on)),
        (say("Whose work"), say(ROLES[row.owner_role])),
        (say("In the hand of"), row.assignee or "–"),
    ]


def _person(desk: Desk, actor: str) -> str:
    kind, _, name = actor.partition(":")
    if kind == "member":
        return desk.words.say("a helper of the member's") if ":helper:" in actor else desk.words.say("the member")
    return name if kind == "staff" else desk.words.say("the program")


def _until(row: Any) -> dt.date:
    """Return the last day on which what the case waits for may come."""
    days = rules.SILENT_DAYS if row.status == ComplaintStatus.ASKED else rules.OBJECTION_DAYS
    until: dt.date = row.moved_on + dt.timedelta(days=days)
    return until


def _postings(desk: Desk, row: Any) -> list[tuple[str, str]]:
    return evidence.postings(desk, queries.list_postings(desk.session, row.member_id, limit=MOST_POSTINGS))


def _sure_taking(desk: Desk, _form: Form, complaint_id: int) -> Confirmation | None:
    row, words = queries.get_complaint(desk.session, complaint_id), desk.words
    if row.assignee is None or row.assignee == desk.principal.username:
        return None
    sentence = words.say(
        "Take complaint {number} out of the hand of {person}: you answer for it from now on.",
        number=row.id,
        person=row.assignee,
    )
    return Confirmation(sentence, words.say("Take it over"), f"/complaints/{row.id}")


@area.act(f"{ONE}/take", *STAFF, show=show, confirm=_sure_taking, at=ONE)
def take(desk: Desk, _form: Form, complaint_id: int) -> Go:
    """Take it in hand; out of somebody else's after a second look."""
    handle.take(desk.session, complaint_id, who(desk))
    return Go(f"/complaints/{complaint_id}", N_("It is in your hand."))


@area.act(f"{ONE}/question", *STAFF, show=show, at=ONE)
def ask(desk: Desk, form: Form, complaint_id: int) -> Go:
    """Ask the member something."""
    words = form.text("question", required=True, most=MOST)
    form.check()
    handle.ask(desk.session, complaint_id, words, who(desk))
    return Go(f"/complaints/{complaint_id}", N_("Asked. A short message tells the member that there is a question."))


def _sure_answer(desk: Desk, form: Form, complaint_id: int) -> Confirmation:
    row, words = queries.get_complaint(desk.session, complaint_id), desk.words
    text = form.text("answer", required=True, most=MOST)
    form.check()
    until = desk.today + dt.timedelta(days=rules.OBJECTION_DAYS)
    sentence = words.say(
        "Answer {member} in complaint {number}. If nothing is said against it until {day}, it is resolved.",
        member=row.member_name,
        number=row.id,
        day=words.day(until),
    )
    figures = [(words.say("The member reads"), text)]
    return Confirmation(sentence, words.say("Send the answer"), f"/complaints/{row.id}", figures)


@area.act(f"{ONE}/answer", *STAFF, show=show, confirm=_sure_answer, at=ONE)
def answer(desk: Desk, form: Form, complaint_id: int) -> Go:
    """Tell the member what was found; what she was told is never changed."""
    words = form.text("answer", required=True, most=MOST)
    form.check()
    handle.answer(desk.session, complaint_id, words, who(desk))
    return Go(f"/complaints/{complaint_id}", N_("Answered. A short message tells the member that there is an answer."))


@area.act(f"{ONE}/note", *STAFF, show=show, at=ONE)
def note(desk: Desk, form: Form, complaint_id: int) -> Go:
    """Keep what was found out, for staff alone."""
    words = form.text("note", required=True, most=MOST)
    form.check()
    handle.note(desk.session, complaint_id, words, who(desk))
    return Go(f"/complaints/{complaint_id}", N_("The note is kept."))


def _ending(form: Form) -> tuple[Resolution, str | None, int | None]:
    """Read how a case ends: the reason, what the member is told, and the posting."""
    chosen = form.choice("resolution", [one.value for one in CHOSEN], required=True)
    told, ledger_tx_id = form.text("told", most=MOST), form.number("posting")
    if chosen == Resolution.MONEY_MOVED and ledger_tx_id is None:
        form.fault("posting", N_("Money moved: choose the posting that put it right."))
    if chosen and chosen != Resolution.MONEY_MOVED and ledger_tx_id is not None:
        form.fault("posting", N_("A posting is named only where money moved."))
    form.check()
    return Resolution(chosen), told or None, ledger_tx_id


def _sure_end(desk: Desk, form: Form, complaint_id: int) -> Confirmation:
    row, words = queries.get_complaint(desk.session, complaint_id), desk.words
    ending, told, ledger_tx_id = _ending(form)
    sentence = words.say("End complaint {number} of {member}.", number=row.id, member=row.member_name)
    figures = [(words.say("How it ends"), words.say(RESOLUTIONS[ending.value]))]
    if ledger_tx_id is not None:
        named = dict(_postings(desk, row)).get(str(ledger_tx_id), str(ledger_tx_id))
        figures.append((words.say("Posting"), named))
    if told:
        figures.append((words.say("The member reads"), told))
    return Confirmation(sentence, words.say("End it"), f"/complaints/{row.id}", figures)


@area.act(
    f"{ONE}/resolution",
    *STAFF,
    show=show,
    confirm=_sure_end,
    at=ONE,
    fields={"complaint_unanswered": "told", "complaint_posting": "posting"},
)
def resolve(desk: Desk, form: Form, complaint_id: int) -> Go:
    """End it with a reason, an answer where there was none yet, and the posting where money moved."""
    ending, told, ledger_tx_id = _ending(form)
    handle.resolve(desk.session, complaint_id, ending, who(desk), words=told, ledger_tx_id=ledger_tx_id)
    return Go(f"/complaints/{complaint_id}", N_("The complaint is resolved."))


def _sure_reopening(desk: Desk, form: Form, complaint_id: int) -> Confirmation:
    row, words = queries.get_complaint(desk.session, complaint_id), desk.words
    form.text("because", required=True, most=MOST)
    form.check()
    sentence = words.say(
        "Take up complaint {number} of {member} again: it is in your hand, due {day}.",
        number=row.id,
        member=row.member_name,
        day=words.day(rules.due_day(row.kind, desk.today)),
    )
    return Confirmation(sentence, words.say("Take it up again"), f"/complaints/{row.id}")


@area.act(f"{ONE}/reopening", *STAFF, show=show, confirm=_sure_reopening, at=ONE)
def reopen(desk: Desk, form: Form, complaint_id: int) -> Go:
    """Take up again what was resolved; the reason stays as a note."""
    because = form.text("because", required=True, most=MOST)
    form.check()
    handle.reopen(desk.session, complaint_id, because, who(desk))
    return Go(f"/complaints/{complaint_id}", N_("It is taken up again, and in your hand."))
