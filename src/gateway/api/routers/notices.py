"""What members are told, and in which words."""

from typing import Annotated

from fastapi import Header, Path

from gateway.api.dependencies import ActDep, allow
from gateway.api.errors import problems
from gateway.api.etag import IfMatchDep, set_tag
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import PathId
from gateway.api.schemas.notices import (
    MessageTemplateList,
    MessageTemplateRead,
    MessageTemplateWrite,
    NoticeRead,
    PreviewAsk,
    PreviewRead,
    WordingList,
    WordingRead,
)
from gateway.api.titles import language_of
from gateway.notices import queries
from gateway.notices.templates import get_template, list_templates, list_wordings, preview, word_message
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["notices"])
MANAGES = allow(Role.MANAGER)
Kind = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$", examples=["payout_returned"])]
Language = Annotated[str, Path(pattern=r"^[a-z]{2}$", examples=["es"])]
Reads = Annotated[str | None, Header(description="es, en or fr")]
READERS = allow(Role.CASHIER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER, Role.MANAGER)


@router.get(
    "/members/{member_id}/notices", response_model=Page[NoticeRead], summary="What a member was told",
    dependencies=[READERS], responses=problems(404),
)  # fmt: skip
def list_member_notices(member_id: PathId, act: ActDep, asked: PageDep) -> Page[NoticeRead]:
    """Return what a member was told or is to be told, the newest first, in the words that are sent."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_notices(act.session, member_id, before=before, limit=asked.fetch)
    return asked.page(rows, NoticeRead.model_validate, lambda row: (row.id,))


@router.get(
    "/message-templates",
    response_model=MessageTemplateList,
    summary="The words of the messages to members",
    dependencies=[MANAGES],
)
def list_message_templates(act: ActDep, accept_language: Reads = None) -> MessageTemplateList:
    """Return what each kind of message says in each language, in the mutual's own words or the shipped ones."""
    language = language_of(accept_language)
    found = list_templates(act.session, today=act.today)
    return MessageTemplateList(items=[MessageTemplateRead.of(one, language) for one in found])


@router.get(
    "/message-templates/{kind}/{language}",
    response_model=MessageTemplateRead,
    summary="The words of one message",
    dependencies=[MANAGES],
    responses=problems(404),
)
def get_message_template(
    kind: Kind, language: Language, act: ActDep, accept_language: Reads = None
) -> MessageTemplateRead:
    """Return what a kind of message says in a language; the ETag counts its wordings."""
    found = get_template(act.session, kind, language, today=act.today)
    set_tag(act.response, found.version)
    return MessageTemplateRead.of(found, language_of(accept_language))


@router.put(
    "/message-templates/{kind}/{language}",
    response_model=MessageTemplateRead,
    summary="Word a message",
    dependencies=[MANAGES],
    responses=problems(404, 412, 422, 428),
)
def word_message_template(
    kind: Kind,
    language: Language,
    asked: MessageTemplateWrite,
    act: ActDep,
    version: IfMatchDep,
    accept_language: Reads = None,
) -> MessageTemplateRead:
    """Say a kind of message in the mutual's own words from a day on; null goes back to the shipped ones."""
    made = word_message(
        act.session,
        kind=kind,
        language=language,
        text=asked.text,
        valid_from=asked.valid_from or act.today,
        reason=asked.reason,
        actor=act.actor,
        today=act.today,
        version=version,
    )
    set_tag(act.response, made.version)
    return MessageTemplateRead.of(made, language_of(accept_language))


@router.get(
    "/message-templates/{kind}/{language}/wordings",
    response_model=WordingList,
    summary="What a message said before",
    dependencies=[MANAGES],
    responses=problems(404),
)
def list_message_wordings(kind: Kind, language: Language, act: ActDep) -> WordingList:
    """Return every wording that was saved, the newest first."""
    return WordingList(items=[WordingRead.model_validate(one) for one in list_wordings(act.session, kind, language)])


@router.post(
    "/message-templates/{kind}/{language}/preview",
    response_model=PreviewRead,
    summary="Look at a wording",
    dependencies=[MANAGES],
    responses=problems(404, 422),
)
def preview_message_template(kind: Kind, language: Language, asked: PreviewAsk, act: ActDep) -> PreviewRead:
    """Fill the places with an example and say how many short messages it takes; nothing is saved."""
    return PreviewRead.model_validate(preview(kind, language, asked.text, act.mutual.country))
