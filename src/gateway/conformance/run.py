"""Try every case against her system, one after the other, and return what became of each."""

import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from gateway.conformance.bench import Bench, Target
from gateway.conformance.case import CASES, Case, Departure, NotTried, Outcome
from gateway.conformance.cases import answers, benefits, bills, callbacks, service, submission, sweeps
from gateway.conformance.exchange import Exchange
from gateway.conformance.receiver import Receiver
from gateway.kit.errors import GatewayError

_IN_ORDER = (service, submission, answers, bills, benefits, callbacks, sweeps)
_SHOWN = 6
"""Of a case's exchanges, the last so many are told."""


class CannotRunError(GatewayError):
    """Nothing can be tried: her system does not answer, or what was given does not fit."""

    code = "cannot_run"
    title = "The cases cannot be tried"


@dataclass(frozen=True)
class Result:
    """What became of one case."""

    case: Case
    outcome: Outcome
    seconds: float
    reason: str | None = None
    """Names the sentence that says why."""
    values: dict[str, Any] = field(default_factory=dict)
    exchanges: Sequence[Exchange] = ()


def in_order() -> list[Case]:
    """Return every case after those that it needs, otherwise by what they are about."""
    placed: dict[str, Case] = {}
    known = {case.name: case for case in CASES}

    def place(case: Case) -> None:
        for name in case.needs:
            place(known[name])
        placed.setdefault(case.name, case)

    for module in _IN_ORDER:
        for case in CASES:
            if _module_of(case) == module.__name__:
                place(case)
    return list(placed.values())


def _module_of(case: Case) -> str:
    return str(getattr(case.check, "func", case.check).__module__)


def chosen(names: Iterable[str]) -> list[Case]:
    """Return the cases of these names, or that begin with them and a dot, and all that they need.

    Raises:
        CannotRunError: No case has such a name.
    """
    every = in_order()
    asked = list(names)
    if not asked:
        return every
    wanted: set[str] = set()
    for name in asked:
        found = [case for case in every if case.name == name or case.name.startswith(f"{name}.")]
        if not found:
            raise CannotRunError(f"no case is called {name!r}; there are {', '.join(case.name for case in every)}")
        wanted |= {case.name for case in found}
    for case in reversed(every):
        if case.name in wanted:
            wanted |= set(case.needs)
    return [case for case in every if case.name in wanted]


def run(
    target: Target, *, names: Iterable[str] = (), on_result: Callable[[Result], None] | None = None
) -> list[Result]:
    """Try the cases; return what became of each.

    Args:
        target: Her system.
        names: Which cases; all without a name.
        on_result: Called as soon as a case has ended.

    Raises:
        CannotRunError: Her system cannot be reached, or something given does not fit.
    """
    cases = chosen(names)
    with ExitStack() as stack:
        receiver = None
        if target.callback_url is not None:
            try:
                receiver = stack.enter_context(Receiver(target.callback_url, target.listen))
            except OSError as problem:
                raise CannotRunError(f"callbacks cannot be received at {target.listen or target.callback_url}: {problem}") from problem  # fmt: skip
        bench = Bench(target, receiver)
        stack.callback(bench.close)
        _reach(bench)
        results: dict[str, Result] = {}
        for case in cases:
            results[case.name] = _try(bench, case, results)
            if on_result is not None:
                on_result(results[case.name])
    return list(results.values())


def _reach(bench: Bench) -> None:
    """See that somebody answers at all, and what day it is there."""
    try:
        exchange = bench.call("GET", "limits")
    except Departure as departure:
        problem = departure.values.get("problem")
        raise CannotRunError(
            f"{bench.target.url} does not answer ({problem}); is it the address, and is it up?"
        ) from None
    finally:
        bench.exchanges.clear()
    told = exchange.json if isinstance(exchange.json, dict) else {}
    with suppress(KeyError, TypeError, ValueError):
        bench.today = dt.date.fromisoformat(told["business_date"])
    if exchange.status == 401:
        raise CannotRunError(f"{bench.target.url} does not take the token; give it by --token, and the key by --key")


def _try(bench: Bench, case: Case, results: dict[str, Result]) -> Result:
    unmet = [results[name] for name in case.needs if results[name].outcome is not Outcome.PASSED]
    if unmet and all(one.outcome is Outcome.NOT_TRIED for one in unmet):
        return Result(case, Outcome.NOT_TRIED, 0.0, unmet[0].reason, unmet[0].values)
    if unmet:
        return Result(case, Outcome.BLOCKED, 0.0, "needs", {"case": unmet[0].case.name})
    bench.exchanges.clear()
    began = time.monotonic()

    def ended(outcome: Outcome, reason: str | None = None, values: dict[str, Any] | None = None) -> Result:
        shown = list(bench.exchanges[-_SHOWN:]) if outcome is Outcome.FAILED else ()
        return Result(case, outcome, time.monotonic() - began, reason, values or {}, shown)

    try:
        case.check(bench)
    except Departure as departure:
        return ended(Outcome.FAILED, departure.finding, departure.values)
    except NotTried as left:
        return ended(Outcome.NOT_TRIED, left.reason, left.values)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        # Whatever her system answers, the others are tried; a case that trips over an answer has failed.
        return ended(Outcome.FAILED, "unreadable", {"problem": f"{type(problem).__name__}: {problem}"})
    return ended(Outcome.PASSED)
