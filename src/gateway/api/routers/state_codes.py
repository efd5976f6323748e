"""The codes the state answers with, explained."""

from fastapi import Request

from gateway.api.dependencies import ActDep, allow
from gateway.api.errors import problems
from gateway.api.routing import Router
from gateway.api.schemas.state_codes import StateCodeList, StateCodeRead
from gateway.api.titles import language_of
from gateway.authority.connect import state_format

router = Router(prefix="/v1/state-codes", tags=["filing"])


@router.get(
    "", response_model=StateCodeList, summary="The state's codes", dependencies=[allow()], responses=problems(422)
)
def list_state_codes(act: ActDep, request: Request) -> StateCodeList:
    """Return every code of the mutual's state with its meaning, what it asks for, who acts and how, in words."""
    language = language_of(request.headers.get("accept-language"))
    return StateCodeList(items=[StateCodeRead.of(one, language) for one in state_format(act.mutual.country).codes()])
