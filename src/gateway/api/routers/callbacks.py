"""What the state and the payers push to us: checked over its raw bytes, kept, answered; understood later by a job.

A callback proves nothing: the job that reads it asks the sender for the truth. So the body is not interpreted here
beyond what decides who reads it, and a body that nobody can read is kept all the same.
"""

import datetime as dt
import hashlib
import hmac
import json
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import SecretStr

from gateway.api.dependencies import Gate, GateDep, commit, opened
from gateway.api.errors import problems
from gateway.api.routing import Router
from gateway.kit import inbox, jobs, signing
from gateway.kit.signing import SignatureError

router = Router(prefix="/v1/callbacks", tags=["callbacks"])

STATE_JOBS = {"remittance": ("filing.inbox", "benefits.collect")}
"""Jobs that an event wakes, by the first word of its type; every other wakes the filing slice's reader alone."""

KEPT_HEADERS = ("webhook-id", "webhook-timestamp", "x-correlationid", "x-date", "content-type")


async def _raw(request: Request) -> bytes:
    return await request.body()


RawDep = Annotated[bytes, Depends(_raw)]


def _takes_json(example: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/state/{mutual_code}",
    status_code=204,
    summary="Take an event of the state",
    responses=problems(401, 404),
    openapi_extra=_takes_json(
        {
            "type": "filing.answered",
            "timestamp": "2026-04-01T09:12:45.002-04:00",
            "data": {"filing_id": "0b7e6f0a-5a3b-4f0e-9a55-4f2c6d1a7e11", "employer": "401999999", "period": "2026-03"},
        }
    ),
)
def take_state_event(mutual_code: str, request: Request, raw: RawDep, gate: GateDep) -> None:
    """Signed as Standard Webhooks 1.0 has it; within five minutes of now; the same `webhook-id` counts once."""
    secrets = _revealed(gate.settings.state_callback_secret)
    now = dt.datetime.now(dt.UTC)
    signed = signing.verify(secrets, request.headers, raw, now=now)
    wakes = STATE_JOBS.get(_type_of(raw).split(".")[0], ("filing.inbox",))
    _keep(gate, mutual_code, request, raw, source="state", event_id=signed.event_id, kind="state.event", wakes=wakes)


@router.put(
    "/payer/{mutual_code}/{provider}",
    status_code=204,
    summary="Take a payer's result",
    responses=problems(401, 404),
    openapi_extra=_takes_json({"batchId": "9f1c", "batchStatus": "completed", "completedCount": 12}),
)
def take_payer_result(mutual_code: str, provider: str, request: Request, raw: RawDep, gate: GateDep) -> None:
    """The GSMA callback: the whole resource by PUT; repeats count once.

    It is signed as Standard Webhooks 1.0 has it, within five minutes of now, or carries the shared secret in
    `X-Callback-Secret`. A message that is signed is never believed by its secret instead.
    """
    event_id = _payers_event(_revealed(gate.settings.payer_callback_secret), request, raw)
    kind = "payer.batch" if "batchId" in _object(raw) else "payer.transaction"
    _keep(
        gate,
        mutual_code,
        request,
        raw,
        source=f"payer:{provider}",
        event_id=event_id,
        kind=kind,
        wakes=("payouts.inbox",),
    )


def _payers_event(secrets: list[str], request: Request, raw: bytes) -> str:
    """Return what tells a payer's message from others, once it is shown to be hers."""
    if "webhook-signature" in request.headers:
        keys = [secret for secret in secrets if secret.startswith(signing.PREFIX)]
        return signing.verify(keys, request.headers, raw, now=dt.datetime.now(dt.UTC)).event_id
    given = request.headers.get("x-callback-secret", "").encode()
    if not any(hmac.compare_digest(given, known.encode()) for known in secrets):
        raise SignatureError(
            "X-Callback-Secret is missing or is none of the secrets in force, and there is no signature"
        )
    return hashlib.sha256(raw).hexdigest()


def _keep(
    gate: Gate,
    mutual_code: str,
    request: Request,
    raw: bytes,
    *,
    source: str,
    event_id: str,
    kind: str,
    wakes: tuple[str, ...],
) -> None:
    headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
    with opened(gate, mutual_code, actor=f"callback:{source}", is_required=True) as session:
        if inbox.receive(session, source=source, event_id=event_id, kind=kind, headers=headers, body=raw):
            for job in wakes:
                # The timetable's own lock: a job that an event wakes never runs beside the same job in its turn.
                jobs.defer(session, job, lock=f"timetable:{job}")
        commit(session)


def _revealed(secrets: list[SecretStr]) -> list[str]:
    return [secret.get_secret_value() for secret in secrets]


def _type_of(raw: bytes) -> str:
    named = _object(raw).get("type")
    return named if isinstance(named, str) else ""


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
