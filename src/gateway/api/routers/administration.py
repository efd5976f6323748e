"""How the mutual is run: its settings, its log, and how its connections are doing."""

import datetime as dt
from typing import Annotated

from fastapi import Header, Query

from gateway.administration.connections import list_connections
from gateway.administration.search_log import LogKind, LogQuestion, search_log
from gateway.administration.settings import change_settings, list_setting_changes, settings_now
from gateway.api.dependencies import ActDep, allow
from gateway.api.errors import problems
from gateway.api.etag import IfMatchDep, set_tag
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.administration import (
    ConnectionList,
    ConnectionRead,
    LogEntryRead,
    SettingChangeRead,
    SettingsRead,
    SettingsUpdate,
)
from gateway.api.schemas.common import MAX_ID
from gateway.api.titles import language_of
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["administration"])
MANAGES = allow(Role.MANAGER)
Word = Annotated[str | None, Query(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]


@router.get(
    "/settings", response_model=SettingsRead, summary="What the mutual has set for itself", dependencies=[MANAGES]
)
def get_settings(
    act: ActDep, accept_language: Annotated[str | None, Header(description="es, en or fr")] = None
) -> SettingsRead:
    """Return every setting there is with its meaning, and what it is set to; the ETag counts changes."""
    now = settings_now(act.session)
    set_tag(act.response, now.version)
    return SettingsRead.of(now, language_of(accept_language))


@router.patch(
    "/settings",
    response_model=SettingsRead,
    summary="Change settings",
    dependencies=[MANAGES],
    responses=problems(403, 409, 412, 422, 428),
)
def update_settings(
    asked: SettingsUpdate,
    act: ActDep,
    version: IfMatchDep,
    accept_language: Annotated[str | None, Header(description="es, en or fr")] = None,
) -> SettingsRead:
    """Change what is named, with a reason. Nobody raises their own limit for releasing money."""
    roles = [role.value for role in act.principal.roles]
    now = change_settings(
        act.session, asked.changes, reason=asked.reason, actor=act.actor, roles=roles, version=version
    )
    set_tag(act.response, now.version)
    return SettingsRead.of(now, language_of(accept_language))


@router.get(
    "/setting-changes",
    response_model=Page[SettingChangeRead],
    summary="Who changed which setting",
    dependencies=[MANAGES],
)
def read_setting_changes(act: ActDep, asked: PageDep) -> Page[SettingChangeRead]:
    """Return the changes with what was there before, the newest first."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = list_setting_changes(act.session, before=min(before, 2**31 - 1), limit=asked.fetch)
    return asked.page(rows, SettingChangeRead.model_validate, lambda row: (row.version,))


@router.get(
    "/audit-log",
    response_model=Page[LogEntryRead],
    summary="Search the log",
    dependencies=[MANAGES],
    responses=problems(422),
)
def read_audit_log(
    act: ActDep,
    asked: PageDep,
    actor: Annotated[
        Word, Query(description="Whole, or a kind of actor as far as its colon.", examples=["staff:ana"])
    ] = None,
    action: Annotated[Word, Query(description="Whole, or its noun alone.", examples=["receipt.reverse"])] = None,
    subject_kind: Annotated[Word, Query(examples=["receipt"])] = None,
    subject_id: Annotated[Word, Query(examples=["12"])] = None,
    from_on: Annotated[dt.date | None, Query(description="From this day on, by the mutual's clock.")] = None,
    to_on: Annotated[dt.date | None, Query(description="Up to this day, the whole of it.")] = None,
    text: Annotated[
        Word, Query(description="Anywhere in the reason or detail; in the last 31 days where no first day is given.")
    ] = None,
    kind: Annotated[LogKind | None, Query(description="Only changes, or only steps.")] = None,
) -> Page[LogEntryRead]:
    """Return who did what, and which step everything took, newest first; numbers of people are masked."""
    question = LogQuestion(actor, action, subject_kind, subject_id, from_on, to_on, text, kind)
    after = asked.after(dt.datetime, str, int)
    rows = search_log(act.session, question, today=act.today, limit=asked.fetch, after=after)
    return asked.page(rows, LogEntryRead.model_validate, lambda row: (row.at, row.kind, row.id))


@router.get(
    "/connections", response_model=ConnectionList, summary="How the connections are doing", dependencies=[MANAGES]
)
def read_connections(act: ActDep) -> ConnectionList:
    """Return the state, payers, banks, messages, what is pushed to us and what we push, those that fail first."""
    found = list_connections(act.session, today=act.today)
    return ConnectionList(items=[ConnectionRead.model_validate(one) for one in found])
