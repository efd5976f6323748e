"""The log, searched: who did what, to what, when and why; and which step everything took."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

from fastapi.responses import Response
from markupsafe import Markup

from gateway.administration.errors import LogQuestionError
from gateway.administration.log_words import (
    action_in_words,
    detail_in_words,
    list_things,
    state_in_words,
    thing_in_words,
    value_in_words,
)
from gateway.administration.search_log import LogKind, LogQuestion, LogRow, search_log
from gateway.backoffice.areas.administration.place import MANAGER, area, crumbs
from gateway.backoffice.frame.days import read_day
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.machine import said_by_machine
from gateway.backoffice.frame.texts import N_, ROLES
from gateway.kit.untidy import DateError
from gateway.staff.models import Role
from gateway.staff.queries import list_staff

MOST_PEOPLE = 500
LINKS = {
    "member": "/members/{}",
    "filing": "/filings/{}",
    "payout_batch": "/payouts/{}",
    "benefit_claim": "/benefits/claims/{}",
    "staff_user": "/administration/people/{}",
    "webhook": "/administration/webhooks/{}",
}
"""Kind of subject -> the page it is shown on."""


@area.page("/administration/log", *MANAGER)
def log(desk: Desk) -> Response:
    """Search both logs."""
    words, problems = desk.words, list[str]()

    def day(name: str) -> dt.date | None:
        try:
            return read_day(desk.asked(name)) if desk.asked(name) else None
        except DateError:
            problems.append(words.say("Not a day; write it like 31/01/2026."))
            return None

    kind = next((one for one in LogKind if one.value == desk.asked("kind")), None)
    question = LogQuestion(
        desk.asked("actor") or None,
        desk.asked("action") or None,
        desk.asked("subject_kind") or None,
        desk.asked("subject_id") or None,
        day("from_on"),
        day("to_on"),
        desk.asked("text") or None,
        kind,
    )

    def fetch(after: tuple[Any, ...] | None, limit: int) -> list[LogRow]:
        try:
            return search_log(desk.session, question, today=desk.today, limit=limit, after=after)
        except LogQuestionError:
            problems.append(
                words.say("A text is looked for in at most 366 days, and the first day comes before the last.")
            )
            return []

    columns = [
        Column(N_("When"), lambda row: row.at, "instant"),
        Column(N_("Who"), lambda row: _who(desk, row.actor)),
        Column(N_("What"), lambda row: _what(desk, row)),
        Column(
            N_("To what"),
            lambda row: f"{thing_in_words(row.subject_kind, words.language)} {row.subject_id}",
            link=_link,
        ),
        Column(N_("Why"), lambda row: said_by_machine(desk, row.reason)),
        Column(N_("Detail"), lambda row: _detail(desk, row)),
    ]
    found = desk.listing(
        columns,
        fetch,
        key=lambda row: (row.at, row.kind, row.id),
        types=(dt.datetime, str, int),
        filters=(
            Filter(
                "actor",
                N_("Who"),
                _asked_too(desk, "actor", _actors(desk), lambda one: _who(desk, one)),
            ),
            *_actions(desk),
            Filter(
                "subject_kind", N_("Kind of thing"), _asked_too(desk, "subject_kind", list_things(words.language), str)
            ),
            Filter("subject_id", N_("Its number")),
            Filter("from_on", N_("From"), kind="date"),
            Filter("to_on", N_("Until"), kind="date"),
            Filter("text", N_("Words in the reason"), kind="search"),
            Filter("kind", N_("Kind"), [(LogKind.CHANGE, words.say("Acts")), (LogKind.STEP, words.say("Steps"))]),
        ),
        empty=N_("Nothing was written down that fits."),
    )
    if isinstance(found, Response):
        return found
    return desk.page(
        "administration/log.html", list=found, problems=sorted(set(problems)), crumbs=crumbs(desk, (N_("Log"), ""))
    )


def _who(desk: Desk, actor: str) -> str:
    """Return who acted: somebody's user name, the program, or a member by her number."""
    kind, _, name = actor.partition(":")
    if kind in {"worker", "system"}:
        return desk.words.say("The program")
    if kind == "member" and name:
        return desk.words.say("Member {number}", number=name)
    return name or actor


def _actors(desk: Desk) -> list[tuple[str, str]]:
    """Return who may be chosen: everybody who works here by name, and the program."""
    people = list_staff(desk.session, after="", limit=MOST_PEOPLE)
    named = sorted(
        ((f"staff:{one.username}", f"{one.full_name} ({one.username})") for one in people), key=lambda one: one[1]
    )
    return [*named, ("worker:", desk.words.say("The program"))]


def _actions(desk: Desk) -> list[Filter]:
    """Return the action that a link asked for, so that it is seen and can be taken off."""
    asked = desk.asked("action")
    return [Filter("action", N_("Action"), [(asked, action_in_words(asked, desk.words.language))])] if asked else []


def _asked_too(
    desk: Desk, name: str, options: list[tuple[str, str]], said: Callable[[str], str]
) -> list[tuple[str, str]]:
    """Return options with what a link asked for, where it is none of them."""
    asked = desk.asked(name)
    return options if not asked or asked in dict(options) else [*options, (asked, said(asked))]


def _what(desk: Desk, row: LogRow) -> str:
    said = action_in_words(row.action, desk.words.language)
    if row.kind == LogKind.STEP:
        steps = [state_in_words(state, desk.words.language) for state in (row.from_state, row.to_state) if state]
        return f"{said} ({' → '.join(steps)})"
    return said


def _link(row: LogRow) -> str | None:
    return LINKS[row.subject_kind].format(row.subject_id) if row.subject_kind in LINKS else None


def _detail(desk: Desk, row: LogRow) -> Markup | None:
    """Return the particulars of an act in words; what nobody worded stands as a code."""
    parts = [
        Markup("{}: {}").format(_named(desk, name), _valued(desk, name, value, row.detail))
        for name, value in row.detail.items()
        if value is not None and value != [] and value != {}
    ]
    return Markup("; ").join(parts) if parts else None


def _named(desk: Desk, name: str) -> str | Markup:
    return detail_in_words(name, desk.words.language) or _code(name)


def _valued(desk: Desk, name: str, value: Any, beside: Mapping[str, Any]) -> str | Markup:
    words = desk.words
    if isinstance(value, bool):
        return words.say("Yes") if value else words.say("No")
    if name.endswith("_minor") and isinstance(value, int):
        return words.amount(value, str(beside.get("currency") or desk.mutual.currency))
    if isinstance(value, list):
        return Markup(", ").join(_valued(desk, name, one, beside) for one in value)
    if isinstance(value, dict):
        inner = (
            Markup("{}: {}").format(_named(desk, key), _valued(desk, key, one, beside)) for key, one in value.items()
        )
        return Markup("({})").format(Markup("; ").join(inner))
    text = str(value)
    if _TIME.fullmatch(text):
        return _time(desk, text)
    if text in set(Role):
        return words.say(ROLES[Role(text)])
    if text.startswith("staff:"):
        return text.removeprefix("staff:")
    said = value_in_words(text, words.language) if isinstance(value, str) else None
    if name == "figures":
        return said_by_machine(desk, text) or text
    return said or (_code(text) if _CODE.fullmatch(text) else text)


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)


def _time(desk: Desk, text: str) -> str:
    try:
        return (
            desk.words.iso_day(text) if text.count("-") > 1 else desk.words.month(dt.date.fromisoformat(f"{text}-01"))
        )
    except ValueError:
        return text


_TIME = re.compile(r"\d{4}-\d\d(?:-\d\d)?")
_CODE = re.compile(r"[a-z][a-z0-9]*(?:[_.:-][a-z0-9]+)+")
