"""What holds of every answer that was seen in the whole run: its status, its type, its shape, its instants, its amounts."""

from functools import partial

from gateway.conformance import contract
from gateway.conformance.bench import Bench
from gateway.conformance.case import CASES, Case, Departure, NotTried, case

_INFO = "info › description"


def _none(bench: Bench, kind: str, finding: str) -> None:
    found = bench.inspector.first(kind)
    if found is not None:
        exchange, where = found
        bench.exchanges.append(exchange)
        raise Departure(finding, where=where)


@case("answers.statuses", "components › responses › Problem › description", "Refused, or failed")
def statuses(bench: Bench) -> None:
    """A success has the status that the contract gives it."""
    _none(bench, "status", "undocumented")


@case("answers.media-types", "paths › /limits › get › responses › 200 › content", "application/json")
def media_types(bench: Bench) -> None:
    """A success is JSON, and says so."""
    _none(bench, "media_type", "media_type")


@case("answers.problems", _INFO, "**Errors** are problem documents (RFC 9457).")
def problems(bench: Bench) -> None:
    """A refusal is a problem document with a code, an outcome and whether it may be tried again."""
    if not bench.inspector.refusals:
        raise NotTried("never_refused")
    _none(bench, "problem", "schema")


@case("answers.instants", _INFO, "**Instants** are RFC 3339 with an offset")
def instants(bench: Bench) -> None:
    """Every instant says its offset."""
    _none(bench, "instant", "schema")


@case("answers.amounts", _INFO, "**Amounts** are decimal strings with exactly the currency's decimals")
def amounts(bench: Bench) -> None:
    """Every amount is a string with the currency's decimals."""
    _none(bench, "amount", "schema")


def _schema(operation: str, bench: Bench) -> None:
    """Every success of an operation has the shape that the contract gives it."""
    if operation not in bench.inspector.seen:
        raise NotTried("never_answered")
    _none(bench, f"schema.{operation}", "schema")


for path, item in contract.contract()["paths"].items():
    for method, described in item.items():
        if method != "parameters":
            name = described["operationId"]
            place = f"paths › {path} › {method} › operationId"
            CASES.append(Case(f"schema.{name}", place, name, (), partial(_schema, name), subject=name))
