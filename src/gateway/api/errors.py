"""Refusals as problem documents (RFC 9457): one shape, one place that makes it.

``code`` is stable and never translated; ``title`` follows ``Accept-Language``; ``outcome`` says whether the thing asked
for was done; ``errors`` points into the request with JSON Pointers.
"""

from typing import Any, Literal

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from gateway.api import trace
from gateway.api.refusals import BusyError, MethodNotAllowedError, RouteUnknownError, TooLargeError, UnexpectedError
from gateway.api.titles import language_of, title_of
from gateway.kit.errors import ConflictError, FieldProblem, GatewayError, MalformedError

log = structlog.get_logger("gateway.api")

MEDIA_TYPE = "application/problem+json"
TRANSIENT_STATES = {"40001", "40P01", "55P03", "53300", "57014", "57P01", "57P02", "57P03", "53100", "53200", "25006"}
"""Serialisation, deadlock, lock and statement timeouts, too many connections, shutdown, disk full, read-only."""


FORMS = {
    r"^-?\d{1,17}(\.\d{1,4})?$": "an amount in digits and a dot, for example 1500.00",
    r"^\d{4}-(0[1-9]|1[0-2])$": "a month as YYYY-MM, for example 2026-03",
    r"^[A-Z]{3}$": "a currency in three capital letters, for example DOP",
    r"^(cash|momo|bank):[a-z0-9:-]{1,60}$": "an account such as cash:office, momo:orange:clearing or bank:main",
    r"^[^\x00]*$": "a text without the NUL character",
}
"""The forms of texts that people meet most, in words."""


class ProblemField(BaseModel):
    """One place in the request that was wrong."""

    pointer: str
    """JSON Pointer into the body, or ``query:name``, ``path:name``, ``header:name``, ``line 3, column 17``."""
    code: str
    detail: str


class Problem(BaseModel):
    """Why a request was refused."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/not_enough_held",
                    "title": "No hay suficiente dinero",
                    "status": 409,
                    "detail": "member 17 holds 4000.00 DOP, 4923.27 DOP are asked for",
                    "instance": "/v1/filings/3/seal",
                    "code": "not_enough_held",
                    "errors": [],
                    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                    "retryable": False,
                    "outcome": "not_done",
                }
            ]
        }
    )

    type: str
    """Address of a page that explains the code."""
    title: str
    status: int
    detail: str
    instance: str
    code: str
    """Stable name of the refusal; never translated."""
    errors: list[ProblemField]
    trace_id: str | None
    """What to tell us when asking about it."""
    retryable: bool
    """The same request may succeed later."""
    outcome: Literal["not_done", "done", "unknown"]


CLASHES = {"23505", "23P01", "23503", "23001"}
"""Unique, exclusion, foreign key, restrict: what a use case lost a race to."""

DESCRIPTIONS = {
    400: "The request lacks something it must have",
    401: "Nobody is logged in, or the session has ended",
    403: "The caller's role does not allow this",
    404: "There is no such thing, or it is not the caller's to see",
    405: "The address does not take this method",
    409: "The thing's state or a rule does not allow this now",
    410: "It is gone for good",
    412: "Somebody else changed it meanwhile",
    413: "The body is larger than this route reads",
    415: "The body is of a kind that this route does not read",
    422: "The input is not of the shape or type that was asked for",
    428: "The request must say which version it changes (If-Match)",
    429: "Too many requests; see Retry-After",
    500: "A mistake of ours, with a trace id to ask about",
    502: "The other side refused or could not be understood",
    503: "Not available now; nothing was done unless outcome says otherwise",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of a route that may refuse with these statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": DESCRIPTIONS[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def problem_response(request: Request, error: GatewayError, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the problem document of a refusal."""
    trace_id = getattr(request.state, "trace_id", None) or trace.current()
    problem = Problem(
        type=f"/problems/{error.code}",
        title=title_of(type(error), language_of(request.headers.get("accept-language"))),
        status=error.status,
        detail=error.detail,
        instance=request.url.path,
        code=error.code,
        errors=[ProblemField(pointer=one.pointer, code=one.code, detail=one.detail) for one in error.errors],
        trace_id=trace_id,
        retryable=error.retryable,
        outcome=error.outcome,
    )
    extra = dict(headers or {})
    if error.status == 401:
        extra.setdefault("www-authenticate", "Bearer")
    if error.status == 429:
        extra.setdefault("retry-after", str(getattr(error, "seconds", 60)))
    if error.status == 503:
        extra.setdefault("retry-after", "5")
    return JSONResponse(problem.model_dump(mode="json"), error.status, extra, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Turn every way a request can fail into a problem document."""
    app.add_exception_handler(GatewayError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _by_framework)
    app.add_exception_handler(PoolTimeoutError, _pool_exhausted)
    app.add_exception_handler(DBAPIError, _by_database)
    app.add_exception_handler(psycopg.Error, _by_database)


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GatewayError)
    if error.status >= 500:
        log.warning("refused", code=error.code, outcome=error.outcome)
    return problem_response(request, error)


def _malformed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [_field(one) for one in error.errors()[:100]]
    where = ", ".join(dict.fromkeys(one.pointer or "the body" for one in fields[:5]))
    refusal = MalformedError(f"see errors: {where}; the API's description says what is expected", errors=fields)
    return problem_response(request, refusal)


def _field(one: dict[str, Any]) -> FieldProblem:
    place, *path = [str(part) for part in one["loc"]] or ["body"]
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    if one["type"] == "json_invalid":
        reason = one.get("ctx", {}).get("error", "")
        return FieldProblem("", "json_invalid", f"not JSON at character {one['loc'][-1]}: {reason}")
    if place != "body":
        pointer = f"{place}:{'.'.join(path)}"
    form = FORMS.get(one.get("ctx", {}).get("pattern", ""))
    return FieldProblem(pointer, one["type"], f"expected {form}" if form else one["msg"])


def _by_framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problem_response(request, RouteUnknownError(f"nothing is at {request.url.path}; see /docs"))
    if error.status_code == 405:
        allowed = dict(error.headers or {})
        refusal = MethodNotAllowedError(f"{request.url.path} does not take {request.method}; see Allow")
        return problem_response(request, refusal, allowed)
    kind = TooLargeError if error.status_code == 413 else MalformedError
    return problem_response(request, kind(str(error.detail)))


def _pool_exhausted(request: Request, error: Exception) -> JSONResponse:
    return problem_response(request, refusal_of(error))


def _by_database(request: Request, error: Exception) -> JSONResponse:
    return problem_response(request, refusal_of(error))


def refusal_of(error: Exception) -> GatewayError:
    """Return what an error is told as: itself where we refused, else what the database's refusal or a mistake of ours means.

    What is a mistake of ours is logged whole.
    """
    if isinstance(error, GatewayError):
        return error
    if isinstance(error, PoolTimeoutError):
        log.error("pool exhausted")
        return BusyError("every database connection is in use; nothing was done, try again soon")
    if isinstance(error, DBAPIError | psycopg.Error):
        known = _database_refusal(error.orig if isinstance(error, DBAPIError) else error)
        if known is not None:
            return known
    log.error("unexpected", exc_info=error)
    return UnexpectedError("this is a mistake of ours; tell us the trace id")


def _database_refusal(cause: BaseException | None) -> GatewayError | None:
    state = getattr(cause, "sqlstate", None) or ""
    if state in TRANSIENT_STATES:
        log.warning("database refused", sqlstate=state)
        return BusyError("the database could not do this now; nothing was done, try again")
    if state.startswith("22") or (not state and "NUL" in str(cause)):
        return MalformedError("a value is too large, or a text holds what cannot be stored")
    if state in CLASHES:
        log.warning("database refused", sqlstate=state)
        return ConflictError("this is there already, or was changed at the same moment")
    if isinstance(cause, psycopg.OperationalError):
        log.error("database not reachable")
        return BusyError("the database is not reachable; nothing was done, try again soon")
    return None


def unexpected_response(request: Request, error: Exception) -> JSONResponse:
    """Return the problem document of a mistake of ours, and log it whole."""
    return problem_response(request, refusal_of(error))
