"""A telephone without data: the callback of a USSD aggregator, in the shape they share."""

import hmac
from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import PlainTextResponse

from gateway.api.dependencies import GateDep, commit, opened
from gateway.api.errors import problems
from gateway.api.routers.me_access import address_of, limits_of
from gateway.api.routing import Router
from gateway.kit import tenant
from gateway.kit.errors import UnauthenticatedError
from gateway.selfcheck.ussd import answer

router = Router(prefix="/v1/ussd", tags=["ussd"])

Session = Annotated[str, Form(alias="sessionId", min_length=1, max_length=200)]
Telephone = Annotated[str, Form(alias="phoneNumber", min_length=3, max_length=30, pattern=r"^[^\x00]*$")]
Typed = Annotated[str, Form(max_length=200, pattern=r"^[^\x00]*$")]
PLAIN: dict[int | str, Any] = {
    200: {
        "content": {"text/plain": {"schema": {"type": "string"}, "example": "CON 1 …"}},
        "description": "CON or END and a text",
    }
}
EXAMPLE = {
    "application/x-www-form-urlencoded": {
        "example": {"sessionId": "ATUid_1", "phoneNumber": "+18095550117", "text": "1*5678"}
    }
}


class UssdSecretError(UnauthenticatedError):
    """The callback does not carry the aggregator's secret."""

    code = "ussd_secret"
    title = "The aggregator's secret is missing or wrong"


@router.post(
    "/{mutual_code}", summary="Answer a telephone without data", response_class=PlainTextResponse,
    responses={**PLAIN, **problems(401, 404)}, openapi_extra={"requestBody": {"content": EXAMPLE}},
)  # fmt: skip
def answer_ussd(
    mutual_code: str, request: Request, gate: GateDep, session_id: Session, phone: Telephone, text: Typed = ""
) -> Response:
    """Take what was typed so far, joined by `*`, and answer `CON` with the next question or `END` with the answer.

    The aggregator's secret stands in `X-USSD-Secret` or, where it can set no header, in the query as `secret`.
    """
    known = gate.settings.ussd_secret
    given = request.headers.get("x-ussd-secret") or request.query_params.get("secret") or ""
    if known is None or not hmac.compare_digest(given.encode(), known.get_secret_value().encode()):
        raise UssdSecretError("send the secret that was agreed as X-USSD-Secret; GATEWAY_USSD_SECRET holds it here")
    with opened(gate, mutual_code, actor="ussd", is_required=True) as session:
        mutual = tenant.current(session)
        said = answer(
            session, mutual, phone=phone, text=text, caller=f"{session_id}:{address_of(request)}",
            limits=limits_of(gate), today=gate.settings.clock(mutual.time_zone),
        )  # fmt: skip
        commit(session)
    return PlainTextResponse(said)
