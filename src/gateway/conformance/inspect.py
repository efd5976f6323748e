"""Holds every answer against the contract: is it documented, of its type, of its shape; its instants, its amounts."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.conformance import contract
from gateway.conformance.exchange import Exchange
from gateway.kit.errors import GatewayError
from gateway.kit.money import Currency, parse_amount

AMOUNTS = frozenset({"amount", "total", "paid", "declared_wage", "accepted_wage", "billed"})
INSTANTS = frozenset({"received_at", "answered_at", "confirmed_at", "advised_at", "timestamp"})
_REFUSED = 400


@dataclass
class Inspector:
    """Everything that departs, by kind of departure, with the exchange it was seen in."""

    currency: Currency | None = None
    seen: set[str] = field(default_factory=set)
    """Operations that were answered with success."""
    refusals: int = 0
    found: dict[str, list[tuple[Exchange, str]]] = field(default_factory=lambda: defaultdict(list))

    def look(self, exchange: Exchange, *, path: str) -> None:
        """Look at an answer."""
        operation = contract.find_operation(exchange.method, path)
        if operation is None or exchange.status is None:
            return
        if exchange.status >= _REFUSED:
            self._look_at_refusal(exchange)
            return
        answer = operation.documented(exchange.status)
        if answer is None:
            self._note("status", exchange, f"{exchange.method} {path}: {exchange.status}")
            return
        allowed = contract.media_types(answer)
        if allowed and exchange.media_type not in allowed:
            self._note("media_type", exchange, f"{exchange.media_type or '–'} / {', '.join(allowed)}")
        self.seen.add(operation.name)
        if allowed:
            # Under a type that is none of the contract's, the body may be any of its forms.
            forms = [exchange.media_type] if exchange.media_type in allowed else allowed
            self._look_at_body(operation.name, [contract.schema_of(answer, form) for form in forms], exchange)

    def _look_at_refusal(self, exchange: Exchange) -> None:
        self.refusals += 1
        if exchange.media_type != "application/problem+json":
            self._note("problem", exchange, f"content-type: {exchange.media_type or '–'}")
            return
        for departure in contract.departures(contract.problem_schema(), exchange.json):
            self._note("problem", exchange, departure)
        problem = exchange.json if isinstance(exchange.json, dict) else {}
        if isinstance(problem.get("status"), int) and problem["status"] != exchange.status:
            self._note("problem", exchange, f"$.status: {problem['status']} / {exchange.status}")

    def _look_at_body(self, name: str, schemas: list[Any], exchange: Exchange) -> None:
        for departure in min((list(contract.departures(one, exchange.json)) for one in schemas), key=len):
            self._note(f"schema.{name}", exchange, departure)
        for place, member, value in members(exchange.json):
            if member in INSTANTS and isinstance(value, str) and not contract.is_instant(value):
                self._note("instant", exchange, f"{place}: {value[:60]!r}")
            if member in AMOUNTS and isinstance(value, str) and not self._has_decimals(value):
                self._note("amount", exchange, f"{place}: {value[:60]!r}")

    def _has_decimals(self, written: str) -> bool:
        try:
            return self.currency is None or parse_amount(written, self.currency, exact_decimals=True) is not None
        except GatewayError:
            return False

    def _note(self, kind: str, exchange: Exchange, what: str) -> None:
        self.found[kind].append((exchange, what))

    def first(self, kind: str) -> tuple[Exchange, str] | None:
        """Return the first departure of a kind that no case has told of."""
        return next(((seen, what) for seen, what in self.found[kind] if not seen.is_told), None)


def members(value: Any, place: str = "$") -> Iterator[tuple[str, str, Any]]:
    """Give place, name and value of every member, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{place}.{name}", name, inner
            yield from members(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from members(inner, f"{place}[{index}]")
