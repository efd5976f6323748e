"""The log, searched: who did what, to what, when and why; and which step everything took."""

import datetime as dt
import json
from typing import Any

from fastapi.responses import Response

from gateway.administration.errors import LogQuestionError
from gateway.administration.log_words import action_in_words, state_in_words, thing_in_words
from gateway.administration.search_log import LogKind, LogQuestion, LogRow, search_log
from gateway.backoffice.areas.administration.place import MANAGER, area, crumbs
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.listing import Column, Filter
from gateway.backoffice.frame.texts import N_

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
            return dt.date.fromisoformat(desk.asked(name)) if desk.asked(name) else None
        except ValueError:
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
        Column(N_("Why"), lambda row: row.reason),
        Column(N_("Detail"), _detail),
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


def _detail(row: LogRow) -> str | None:
    if not row.detail:
        return None
    parts = [
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in row.detail.items()
    ]
    return "; ".join(parts)
