"""Cover as FHIR R4, read only. Off unless GATEWAY_STATE_FHIR says so; refusals are OperationOutcome resources."""

import json
import uuid
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Form, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from gateway import __version__
from gateway.api.dependencies import GateDep
from gateway.api.errors import problem_response
from gateway.api.routing import Router
from gateway.api.state_access import RawDep, StateAct, StateDep, needs, only_if
from gateway.kit.errors import GatewayError, MalformedError
from gateway.kit.period import Period
from gateway.membership.errors import MemberNotFoundError
from gateway.membership.queries import get_member
from gateway.statelink import fhir
from gateway.statelink.errors import CoverNotFoundError, FhirUnreadableError, PurposeMissingError
from gateway.statelink.look import Look, look, note_look, of_member
from gateway.statelink.states import Scope, Standing

BASE = "/v1/state/fhir/R4"
READS = needs(Scope.READ_FHIR)
OUTCOMES: dict[int | str, dict[str, Any]] = {
    status: {"description": "Why not", "content": {fhir.MEDIA_TYPE: {"schema": {"type": "object"}}}}
    for status in (400, 401, 403, 404, 422, 429)
}
FOUND: dict[int | str, dict[str, Any]] = {
    200: {"description": "The resource", "content": {fhir.MEDIA_TYPE: {"schema": {"type": "object"}}}}
}


class FhirRoute(APIRoute):
    """A route whose refusals are OperationOutcome resources."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with its refusals turned."""
        handler = super().get_route_handler()

        async def told(request: Request) -> Response:
            # Read whole first: a form that the framework takes from the stream leaves nothing to check a signature over.
            await request.body()
            try:
                return await handler(request)
            except RequestValidationError as error:
                where = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()[:5])
                refusal: GatewayError = MalformedError(f"see {where}")
            except GatewayError as error:
                refusal = error
            problem = problem_response(request, refusal)
            content = fhir.outcome(code=refusal.code, text=refusal.detail, status=refusal.status)
            kept = {
                name: problem.headers[name] for name in ("www-authenticate", "retry-after") if name in problem.headers
            }
            return JSONResponse(content, refusal.status, kept, fhir.MEDIA_TYPE)

        return told


router = Router(prefix=BASE, tags=["fhir"], route_class=FhirRoute, dependencies=[only_if("state_fhir")])
PurposeHeader = Annotated[
    str | None,
    Header(alias="Purpose-Of-Use", max_length=200, description="Why the person is looked at; required."),
]


def _resource(content: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(content, ensure_ascii=False).encode(), status, media_type=fhir.MEDIA_TYPE)


def _purpose(text: str | None) -> str:
    purpose = (text or "").strip()
    if len(purpose) < 3:
        raise PurposeMissingError("send the header Purpose-Of-Use: why this person is looked at")
    return purpose


def _look(act: StateAct, kind: str, document: str, period: Period, purpose: str) -> Look:
    return look(
        act.session,
        kind=kind,
        document=document,
        first=period,
        last=period,
        purpose=purpose,
        what="fhir",
        actor=act.actor,
    )


@router.get("/metadata", summary="What this FHIR server does", responses={**FOUND, **OUTCOMES}, dependencies=[READS])
def get_metadata(gate: GateDep) -> Response:
    """Return the CapabilityStatement."""
    url = gate.settings.public_url.rstrip("/") + BASE
    return _resource(fhir.capabilities(version=__version__, url=url, date="2026-11-24"))


@router.get(
    "/Coverage/{coverage_id}", summary="One month of cover", responses={**FOUND, **OUTCOMES}, dependencies=[READS]
)
def get_coverage(coverage_id: str, act: StateDep, purpose_of_use: PurposeHeader = None) -> Response:
    """Return a member's cover in a month. Who looked and why is written down."""
    purpose, known = _purpose(purpose_of_use), fhir.parse_coverage_id(coverage_id)
    if known is None:
        raise CoverNotFoundError("no coverage has this id; ids come from a search")
    member_id, period = known
    try:
        member = get_member(act.session, member_id)
    except MemberNotFoundError:
        raise CoverNotFoundError("no coverage has this id; ids come from a search") from None
    found = of_member(act.session, member, period, period)
    if found.standing == Standing.NOT_DECLARED:
        raise CoverNotFoundError("no coverage has this id; ids come from a search")
    detail = {"what": "fhir", "from": str(period), "to": str(period), "case": None}
    note_look(act.session, member_id=member.id, purpose=purpose, detail=detail, actor=act.actor)
    return _resource(fhir.coverage(found, payor=act.mutual.name))


@router.post("/Coverage/_search", summary="Search cover", responses={**FOUND, **OUTCOMES}, dependencies=[READS])
def search_coverage(
    act: StateDep,
    gate: GateDep,
    identifier: Annotated[str, Form(alias="beneficiary:identifier", max_length=200, pattern=r"^[^\x00|]*\|[^\x00]+$")],
    period: Annotated[str | None, Form(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] = None,
    purpose_of_use: PurposeHeader = None,
) -> Response:
    """Return the cover of who has an identifier (`system|value`) in a month, this month without one."""
    system, _, value = identifier.partition("|")
    month = Period.of(act.today) if period is None else Period.parse(period)
    found = _look(act, fhir.kind_of(system), value, month, _purpose(purpose_of_use))
    hits = [] if found.standing == Standing.NOT_DECLARED else [fhir.coverage(found, payor=act.mutual.name)]
    return _resource(fhir.bundle(hits, gate.settings.public_url.rstrip("/") + BASE))


@router.post(
    "/CoverageEligibilityRequest",
    summary="Ask whether a person is covered",
    responses={**FOUND, **OUTCOMES},
    dependencies=[READS],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                fhir.MEDIA_TYPE: {
                    "schema": {"type": "object"},
                    "example": {
                        "resourceType": "CoverageEligibilityRequest",
                        "status": "active",
                        "purpose": ["validation"],
                        "patient": {
                            "identifier": {"system": "urn:gateway:identity:national_id", "value": "00112345678"}
                        },
                        "created": "2026-04-01",
                        "insurer": {"display": "Mutual"},
                        "servicedDate": "2026-03-15",
                    },
                }
            },
        }
    },
)
def ask_eligibility(raw: RawDep, act: StateDep, purpose_of_use: PurposeHeader = None) -> Response:
    """Answer a CoverageEligibilityRequest at once with a CoverageEligibilityResponse that holds the request; it is not kept."""
    purpose = _purpose(purpose_of_use)
    try:
        asked = json.loads(raw)
    except (ValueError, RecursionError):
        raise FhirUnreadableError("the body is not JSON") from None
    if not isinstance(asked, dict):
        raise FhirUnreadableError("the body must be one resource")
    kind, document, on = fhir.read_request(asked)
    day = on or act.today
    found = _look(act, kind, document, Period.of(day), purpose)
    request_id = str(uuid.uuid4())
    payor, now = act.mutual.name, act.now
    answer = fhir.eligibility(found, request_id=request_id, day=day, payor=payor, now=now, asked=asked)
    understood = fhir.eligibility_request(asked, request_id=request_id, day=day, payor=payor, now=now)
    return _resource({**answer, "contained": [understood], "request": {"reference": f"#{request_id}"}})
