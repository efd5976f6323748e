"""The state's paths."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox.answering import Answer, Call, Handler, World, by_method, endpoint, respond
from gateway.sandbox.message_signatures import Signatures
from gateway.sandbox.state import (
    answers,
    control,
    distortion,
    intake,
    limits,
    notices,
    payments,
    processing,
    remittance_pages,
    remittances,
)
from gateway.sandbox.state.core import IN_GROUPS, IN_THE_PAGE, KNOWN, State
from gateway.sandbox.state.problems import problem

Step = Callable[[State, Call], Answer]
_CONTRACT: tuple[tuple[str, str, str, Step], ...] = (
    ("GET", "/limits", "limits", limits.get_limits),
    ("GET", "/filings/{filing_id}", "query", answers.query_filing),
    ("GET", "/filings/{filing_id}/lines", "lines", answers.list_lines),
    ("GET", "/notices", "notices", notices.list_notices),
    ("GET", "/notices/{reference}", "notices", notices.get_notice),
    ("GET", "/notices/{reference}/payments", "payments", payments.list_payments),
    ("GET", "/remittances", "remittances", remittance_pages.list_remittances),
    ("GET", "/remittances/{remittance_id}", "remittances", remittance_pages.get_remittance),
    ("GET", "/remittances/{remittance_id}/lines", "remittances", remittance_pages.list_remittance_lines),
)
_CONTROL: tuple[tuple[str, str, Step], ...] = (
    ("PUT", "/sandbox/script", control.put_script),
    ("POST", "/sandbox/script", control.add_rules),
    ("GET", "/sandbox/script", control.get_script),
    ("PUT", "/sandbox/date", control.put_date),
    ("GET", "/sandbox/effects", control.get_effects),
    ("GET", "/sandbox/state", control.get_state),
    ("PUT", "/sandbox/register", control.put_register),
    ("PUT", "/sandbox/employers", control.put_employers),
    ("POST", "/sandbox/payments", payments.receive_payment),
    ("POST", "/sandbox/remittances", remittances.advise),
    ("POST", "/sandbox/remittances/{remittance_id}/transfer", remittances.order_transfer),
    ("POST", "/sandbox/notices/{reference}/reissue", control.reissue_notice),
)


def create_app(state: State) -> Starlette:
    """Put the paths together around a state."""
    world = World(
        script=state.script,
        today=state.clock.today,
        token=state.options.token,
        refuse=problem,
        facts=partial(_facts, state),
        distort=partial(distortion.distort, state),
        distortions={on: (IN_THE_PAGE | IN_GROUPS) & known for on, known in KNOWN.items()},
        signatures=Signatures(state.options.verify_jwks) if state.options.verify_jwks else None,
    )

    def handler(step: Step) -> Handler:
        return partial(step, state)

    routes = [Route("/sandbox/health", _health, methods=["GET"])]
    routes += [
        Route(path, endpoint(world, on, handler(step)), methods=[method]) for method, path, on, step in _CONTRACT
    ]
    put = endpoint(world, "submit", handler(intake.submit), spool=partial(intake.spool, state))
    routes.append(Route("/filings/{filing_id}", put, methods=["PUT"]))
    routes += [Route(path, endpoint(world, None, handler(step)), methods=[method]) for method, path, step in _CONTROL]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        for thread in (state.work, state.errands, state.callbacks):
            thread.start()
        for take_up in (processing.take_up, payments.take_up, remittances.take_up):
            take_up(state)
        yield
        for thread in (state.work, state.errands, state.callbacks):
            thread.stop()

    return Starlette(
        routes=by_method(routes), lifespan=lifespan,
        exception_handlers={404: _nothing_here, 405: _nothing_here, 500: _broken},
    )  # fmt: skip


async def _health(_request: Request) -> Response:
    return respond(Answer(body={"status": "ok"}))


async def _nothing_here(request: Request, _error: Exception) -> Response:
    return respond(problem(404, "path_not_found", f"nothing is at {request.method} {request.url.path}"))


async def _broken(_request: Request, error: Exception) -> Response:
    return respond(problem(500, "internal_error", f"the sandbox itself failed: {type(error).__name__}"))


def _facts(state: State, on: str, call: Call) -> Mapping[str, Any]:
    facts: dict[str, Any] = {**call.query, **call.path}
    if on in ("query", "lines", "submit"):
        row = answers.find_filing(state, call.path["filing_id"])
        if row is not None:
            facts |= {name: row[name] for name in ("kind", "employer", "period", "part", "status")}
    return facts
