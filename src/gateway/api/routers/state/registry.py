"""SPDCI-shaped registry search. Off unless GATEWAY_STATE_REGISTRY says so."""

import uuid

from gateway.api.errors import problems
from gateway.api.routing import Router
from gateway.api.schemas.state_registry import RegistryAck, RegistryAnswer, RegistrySearch, RegistryStatus
from gateway.api.state_access import StateDep, needs, only_if
from gateway.statelink import registry
from gateway.statelink.states import Scope, SearchState

router = Router(prefix="/v1/state/registry", tags=["registry"], dependencies=[only_if("state_registry")])
SEARCHES = needs(Scope.SEARCH_REGISTRY)


@router.post(
    "/sync/search",
    response_model=RegistryAnswer,
    summary="Search the registry",
    dependencies=[SEARCHES],
    responses=problems(404, 422),
)
def search(asked: RegistrySearch, act: StateDep) -> RegistryAnswer:
    """Answer each search at once; each is a look at a person and is written down with its purpose."""
    message = asked.message.model_dump(mode="json")
    told = registry.search(act.session, message, today=act.today, actor=act.actor, now=act.now)
    told["correlation_id"] = str(uuid.uuid4())
    return RegistryAnswer(**registry.enveloped("search", told, message_id=asked.header.message_id, now=act.now))


@router.post(
    "/async/search",
    status_code=202,
    response_model=RegistryAck,
    summary="Search the registry, to be answered later",
    dependencies=[SEARCHES],
    responses=problems(404, 409, 422),
)
def search_later(asked: RegistrySearch, act: StateDep) -> RegistryAck:
    """Take a search: the answer is brought to the client's registered address as `on-search`, or asked for by its status.

    The same transaction again is the same search.
    """
    message = asked.message.model_dump(mode="json")
    correlation = registry.ask(act.session, message, client_row_id=act.client.row_id)
    return RegistryAck(**registry.acknowledged(correlation, now=act.now))


@router.post(
    "/sync/txn/status",
    response_model=RegistryAnswer,
    summary="What became of a search",
    dependencies=[SEARCHES],
    responses=problems(404, 422),
)
def get_status(asked: RegistryStatus, act: StateDep) -> RegistryAnswer:
    """Return the answer to a search of this client, or that it is still being worked on (`pdng`)."""
    reference = asked.message.transaction_id
    found = registry.find(act.session, reference, client_row_id=act.client.row_id)
    waits = found.state == SearchState.WAITING
    message = {"transaction_id": reference, "correlation_id": found.correlation_reference, **(found.answer or {})}
    told = registry.enveloped(
        "search", message, message_id=str(uuid.uuid4()), now=act.now, status="pdng" if waits else "succ"
    )
    return RegistryAnswer(**told)
