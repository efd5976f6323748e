"""The payer's paths: the provider's at the root, the bank's under /bank, the levers under /sandbox."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.sandbox.answering import Answer, Call, Handler, Refusal, World, by_method, endpoint, respond
from gateway.sandbox.payer import (
    batch_pages,
    batches,
    books,
    control,
    orders,
    requests,
    settlements,
    statement,
    transactions,
    wallets,
)
from gateway.sandbox.payer.core import IN_THE_PAGE, KNOWN, Payer
from gateway.sandbox.payer.distortion import distort
from gateway.sandbox.payer.errors import RefusedError, bank_problem, provider_refusal

Step = Callable[[Payer, Call], Answer]
_PROVIDER: tuple[tuple[str, str, str, Step], ...] = (
    ("POST", "/transactions", "transaction", transactions.take_transaction),
    ("POST", "/transactions/type/{type}", "transaction", transactions.take_transaction),
    ("GET", "/transactions/{reference}", "transaction", transactions.get_transaction),
    ("POST", "/transactions/{reference}/reversals", "transaction", transactions.take_reversal),
    ("GET", "/batchtransactions/{batch_id}", "batch_query", batch_pages.get_batch),
    ("PATCH", "/batchtransactions/{batch_id}", "approve", batches.patch_batch),
    ("GET", "/batchtransactions/{batch_id}/completions", "completions", batch_pages.list_completions),
    ("GET", "/batchtransactions/{batch_id}/rejections", "rejections", batch_pages.list_rejections),
    ("GET", "/responses/{correlation}", "responses", requests.get_response),
    ("GET", "/requeststates/{server_id}", "requeststates", requests.get_request_state),
    ("GET", "/accounts/{kind}/{identifier}/balance", "transaction", wallets.get_balance),
    ("GET", "/accounts/{kind}/{identifier}/transactions", "transaction", wallets.list_transactions),
    ("GET", "/heartbeat", "transaction", wallets.heartbeat),
    ("GET", "/sms/{reference}", "sms", wallets.get_sms),
    ("GET", "/settlements/{settlement}", "settlement", settlements.get_settlement),
)
_BANK: tuple[tuple[str, str, str | None, Step], ...] = (
    ("POST", "/bank/payment-orders", "payment_order", orders.take_order),
    ("GET", "/bank/payment-orders/{message_id}", "payment_order", orders.get_order),
    ("GET", "/bank/statements", "statements", statement.get_statements),
    ("POST", "/bank/credits", None, books.take_credit),
    ("POST", "/bank/transfers", None, books.take_transfer),
    ("GET", "/bank/accounts", None, books.list_accounts),
    ("PUT", "/bank/accounts/{account}", None, books.put_account),
    ("POST", "/sms", "sms", wallets.send_sms),
)
_CONTROL: tuple[tuple[str, str, Step], ...] = (
    ("PUT", "/sandbox/script", control.put_script),
    ("POST", "/sandbox/script", control.add_rules),
    ("GET", "/sandbox/script", control.get_script),
    ("PUT", "/sandbox/date", control.put_date),
    ("GET", "/sandbox/effects", control.get_effects),
    ("GET", "/sandbox/state", control.get_state),
    ("POST", "/sandbox/collections", wallets.collect),
    ("POST", "/sandbox/settlements", settlements.settle),
    ("POST", "/sandbox/returns", wallets.take_back),
    ("POST", "/sandbox/payment-returns", orders.return_payment),
    ("PUT", "/sandbox/destinations", wallets.put_destinations),
    ("GET", "/sandbox/sms", wallets.list_sms),
)


def create_app(payer: Payer) -> Starlette:
    """Put the paths together around a payer."""
    provider, bank = _world(payer, provider_refusal), _world(payer, bank_problem)
    take_batch = endpoint(provider, "batch", _guarded(payer, batches.take_batch), spool=partial(batches.spool, payer))
    routes = [Route("/sandbox/health", _health, methods=["GET"])]
    routes += [
        Route(path, endpoint(provider, on, _guarded(payer, step)), methods=[method])
        for method, path, on, step in _PROVIDER
    ]
    routes.append(Route("/batchtransactions", take_batch, methods=["POST"]))
    routes += [
        Route(path, endpoint(bank, on, _guarded(payer, step)), methods=[method]) for method, path, on, step in _BANK
    ]
    routes += [
        Route(path, endpoint(bank, None, partial(step, payer)), methods=[method]) for method, path, step in _CONTROL
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        payer.work.start()
        payer.callbacks.start()
        for take_up in (transactions.take_up, batches.take_up, orders.take_up):
            take_up(payer)
        yield
        payer.work.stop()
        payer.callbacks.stop()

    return Starlette(
        routes=by_method(routes), lifespan=lifespan,
        exception_handlers={404: _nothing_here, 405: _nothing_here, 500: _broken},
    )  # fmt: skip


def _world(payer: Payer, refuse: Refusal) -> World:
    def facts(_on: str, call: Call) -> dict[str, Any]:
        return {**call.query, **call.path}

    return World(
        script=payer.script, today=payer.clock.today, token=payer.options.token, refuse=refuse, facts=facts,
        distort=partial(distort, payer), distortions={on: IN_THE_PAGE & known for on, known in KNOWN.items() if on != "statements"},
    )  # fmt: skip


def _guarded(payer: Payer, step: Step) -> Handler:
    def handler(call: Call) -> Answer:
        try:
            answer = step(payer, call)
        except RefusedError as refused:
            answer = refused.answer()
        answer.headers.setdefault("X-Date", payer.clock.stamp())
        return answer

    return handler


async def _health(_request: Request) -> Response:
    return respond(Answer(body={"status": "ok"}))


async def _nothing_here(request: Request, _error: Exception) -> Response:
    return respond(provider_refusal(404, "identifierError", f"nothing is at {request.method} {request.url.path}"))


async def _broken(_request: Request, error: Exception) -> Response:
    return respond(provider_refusal(500, "internal_error", f"the sandbox itself failed: {type(error).__name__}"))
