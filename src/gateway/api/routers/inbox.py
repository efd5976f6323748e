"""Messages that were pushed to us: what became of them, and a person's word on those that were set aside."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Query, Response

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, Because, PathId
from gateway.api.schemas.inbox import InboxMessageRead
from gateway.kit import inbox, jobs
from gateway.kit.models import InboxState
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["inbox"])
MONEY = allow(Role.ACCOUNTANT, Role.MANAGER)

READERS: Mapping[str, tuple[str, ...]] = {
    "payer.batch": ("payouts.inbox",),
    "payer.transaction": ("payouts.inbox",),
    "state.event": ("filing.inbox", "benefits.collect"),
}
"""Jobs that read messages of a kind."""


@router.get("/inbox", response_model=Page[InboxMessageRead], summary="Messages from outside", dependencies=[MONEY])
def list_inbox(
    act: ActDep, asked: PageDep, status: Annotated[InboxState | None, Query()] = None
) -> Page[InboxMessageRead]:
    """Return messages, newest first; ``status=quarantined`` are those that wait for a person, each with the reason."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = inbox.list_messages(act.session, state=status, before=before, limit=asked.fetch)
    return asked.page(rows, InboxMessageRead.of, lambda row: (row.id,))


@router.post(
    "/inbox/{message_id}/retry",
    status_code=201,
    response_model=InboxMessageRead,
    summary="Let a message be tried again",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_retry(message_id: PathId, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Let a message that was set aside be read anew, for example once the money it takes back is free again."""

    def do() -> InboxMessageRead:
        found = inbox.try_again(act.session, message_id, reason=asked.reason, actor=act.actor)
        for job in READERS.get(found.kind, ()):
            jobs.defer(act.session, job, lock=f"timetable:{job}")
        return InboxMessageRead.of(found)

    return once(do, body=asked)


@router.post(
    "/inbox/{message_id}/dismissal",
    status_code=201,
    response_model=InboxMessageRead,
    summary="Dismiss a message",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_dismissal(message_id: PathId, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Say why nothing is to be done about a message that was set aside; it stays as it came, with the reason."""
    return once(
        lambda: InboxMessageRead.of(inbox.dismiss(act.session, message_id, reason=asked.reason, actor=act.actor)),
        body=asked,
    )
