"""The log, searched: who did what, to what, when and why; and which step everything took."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from fastapi.responses import Response
from markupsafe import Markup

from gateway.administration.errors import LogQuestionError
from gateway.administration.log_words import (
    action_in_words,
    detail_in_words,
    reason_in_words,
    state_in_words,
    thing_in_words,
    value_in_words,
)
from gateway.administration.search_log import LogKind, LogQuestion, LogRow, search_log
from gateway.backoffice.areas.administration.place import MANAGER, area, crumbs
from gateway.backoffice.frame.days import read_day
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_, ROLES
from gateway.kit.untidy import DateError
from gateway.staff.models import Role

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
        Column(N_("Who"), lambda row: row.actor, "code"),
        Column(N_("What"), lambda row: _what(desk, row)),
        Column(
            N_("To what"),
            lambda row: f"{thing_in_words(row.subject_kind, words.language)} {row.subject_id}",
            link=_link,
        ),
        Column(N_("Why"), lambda row: reason_in_words(row.reason, words.language) if row.reason else None),
        Column(N_("Detail"), lambda row: _detail(desk, row)),
    ]
    found = desk.listing(
        columns,
        fetch,
        key=lambda row: (row.at, row.kind, row.id),
        types=(dt.datetime, str, int),
        filters=(
            Filter("actor", N_("Who")),
            Filter("action", N_("Action")),
            Filter("subject_kind", N_("Kind of thing")),
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
