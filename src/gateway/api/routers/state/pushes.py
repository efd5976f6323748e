"""What the state's systems push: kept in the inbox first, read later, the truth asked for as for every callback."""

from fastapi import Request

from gateway.api.errors import problems
from gateway.api.routing import Router
from gateway.api.schemas.state import (
    AcknowledgementPush,
    BillPush,
    CoverageChangePush,
    LineResultsPush,
    PaymentConfirmationPush,
    PushRead,
    RemittanceAdvicePush,
)
from gateway.api.state_access import RawDep, StateAct, StateDep, needs
from gateway.statelink.push import push, pushed
from gateway.statelink.states import Scope

router = Router(prefix="/v1/state", tags=["pushes"])
KEPT = ("content-type", "content-digest", "signature-input", "signature", "date")
WRITES = (
    Scope.PUSH_ACKNOWLEDGEMENTS,
    Scope.PUSH_LINE_RESULTS,
    Scope.PUSH_BILLS,
    Scope.PUSH_PAYMENTS,
    Scope.PUSH_REMITTANCES,
    Scope.PUSH_COVERAGE,
)


def _keep(act: StateAct, request: Request, raw: bytes, event_id: str, event_type: str) -> PushRead:
    headers = {name: request.headers[name] for name in KEPT if name in request.headers}
    found = push(
        act.session,
        client_id=act.client.client_id,
        is_signed=act.client.needs_signature,
        event_id=event_id,
        event_type=event_type,
        headers=headers,
        body=raw,
    )
    return PushRead.of(found)


@router.post(
    "/acknowledgements",
    status_code=202,
    response_model=PushRead,
    summary="Say that a file was received",
    dependencies=[needs(Scope.PUSH_ACKNOWLEDGEMENTS)],
    responses=problems(409),
)
def push_acknowledgement(asked: AcknowledgementPush, raw: RawDep, request: Request, act: StateDep) -> PushRead:
    """Kept once per `id`, in any order; we then ask your API for the truth. Another content under an `id` is refused."""
    return _keep(act, request, raw, asked.id, asked.type)


@router.post(
    "/line-results",
    status_code=202,
    response_model=PushRead,
    summary="Say that a file was answered",
    dependencies=[needs(Scope.PUSH_LINE_RESULTS)],
    responses=problems(409),
)
def push_line_results(asked: LineResultsPush, raw: RawDep, request: Request, act: StateDep) -> PushRead:
    """Kept once per `id`; we then fetch the answer to every line from your API."""
    return _keep(act, request, raw, asked.id, asked.type)


@router.post(
    "/bills",
    status_code=202,
    response_model=PushRead,
    summary="Say that a bill was issued",
    dependencies=[needs(Scope.PUSH_BILLS)],
    responses=problems(409),
)
def push_bill(asked: BillPush, raw: RawDep, request: Request, act: StateDep) -> PushRead:
    """Kept once per `id`; we then fetch the bill from your API."""
    return _keep(act, request, raw, asked.id, asked.type)


@router.post(
    "/payment-confirmations",
    status_code=202,
    response_model=PushRead,
    summary="Say that a bill was paid",
    dependencies=[needs(Scope.PUSH_PAYMENTS)],
    responses=problems(409),
)
def push_payment_confirmation(asked: PaymentConfirmationPush, raw: RawDep, request: Request, act: StateDep) -> PushRead:
    """Kept once per `id`; we then fetch what you received from your API. Money is final by the bank's statement."""
    return _keep(act, request, raw, asked.id, asked.type)


@router.post(
    "/remittance-advice",
    status_code=202,
    response_model=PushRead,
    summary="Advise benefits",
    dependencies=[needs(Scope.PUSH_REMITTANCES)],
    responses=problems(409),
)
def push_remittance_advice(asked: RemittanceAdvicePush, raw: RawDep, request: Request, act: StateDep) -> PushRead:
    """Kept once per `id`; we then fetch the advice and its lines from your API."""
    return _keep(act, request, raw, asked.id, asked.type)


@router.post(
    "/coverage-changes",
    status_code=202,
    response_model=PushRead,
    summary="Say that a person's cover changed",
    dependencies=[needs(Scope.PUSH_COVERAGE)],
    responses=problems(409),
)
def push_coverage_change(asked: CoverageChangePush, raw: RawDep, request: Request, act: StateDep) -> PushRead:
    """Kept once per `id`; the latest `timestamp` counts, whichever comes last. A number nobody has waits for a person."""
    return _keep(act, request, raw, asked.id, asked.type)


@router.get(
    "/pushes/{event_id}",
    response_model=PushRead,
    summary="What became of an event",
    dependencies=[needs(*WRITES)],
    responses=problems(404),
)
def get_push(event_id: str, act: StateDep) -> PushRead:
    """Return where an event stands that this client pushed."""
    return PushRead.of(pushed(act.session, client_id=act.client.client_id, event_id=event_id))
