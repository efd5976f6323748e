"""The jobs of the state's side."""

import datetime as dt
import uuid

from gateway.authority.errors import AuthorityUnavailableError, OutcomeUnknownError
from gateway.kit import jobs, tenant
from gateway.kit.jobs import Context, task
from gateway.statelink import cover, registry
from gateway.statelink.states import SearchState


@task("statelink.inbox")
def read_inbox(context: Context, mutual_id: int) -> None:
    """Read the changes of cover that the state told us of."""
    with context.session(mutual_id) as session:
        if cover.read_changes(session) == cover.AT_ONCE:
            jobs.defer(session, "statelink.inbox", lock="timetable:statelink.inbox")


@task("statelink.search", retry_on=(AuthorityUnavailableError, OutcomeUnknownError))
def answer_search(context: Context, mutual_id: int, *, search_id: int) -> None:
    """Answer a registry search, and bring the answer to who waits; no transaction is open while we call."""
    with context.session(mutual_id) as session:
        mutual = tenant.current(session)
        now = dt.datetime.now(dt.UTC)  # noqa: TID251 — when the message is made
        found = registry.answer(session, search_id, today=context.today(mutual.time_zone), now=now)
    if found is None or found.state != SearchState.ANSWERED or not found.callback_url or not found.is_active:
        return
    # The same message id on every attempt: who receives it twice can see that it is one.
    message_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"registry:{found.correlation_reference}"))
    told = registry.enveloped("on-search", found.answer, message_id=message_id, now=now)
    context.services["state_web"].post_json(found.callback_url, told)
    with context.session(mutual_id) as session:
        registry.note_delivery(session, search_id)
