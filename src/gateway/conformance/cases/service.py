"""What the state takes today, and who may ask."""

import datetime as dt

from gateway.conformance.bench import Bench
from gateway.conformance.case import Departure, NotTried, case
from gateway.kit.period import Period

_UNAUTHORISED = "components › responses › Unauthorised › description"
_SIGNED = "components › securitySchemes › bearer › description"
_ANOTHER = "not-the-agreed-token"
_WRONG_SIGNATURE = {
    "signature-input": 'sig1=("@method");created=1767225600;keyid="nobody"',
    "signature": "sig1=:AAAA:",
}


@case("limits", "paths › /limits › get › description", "Limits and layout editions may change from one day to the next")
def limits(bench: Bench) -> None:
    """What her system takes is what the country's files need."""
    found = bench.get("limits")
    bench.same("country", found.get("country"), bench.target.country)
    bench.same("currency", found.get("currency"), bench.currency.code)
    kinds = bench.member(found, "kinds", (list,))
    try:
        dt.date.fromisoformat(bench.member(found, "business_date", (str,)))
    except ValueError:
        raise Departure("member", name="business_date") from None
    kind = bench.file(1).kind
    if kind not in kinds:
        raise Departure("value", name="kinds", got=kinds, wanted=kind)


@case("auth.none", _UNAUTHORISED, "No token, or not a good one (`unauthorised`)")
def no_token(bench: Bench) -> None:
    """Nothing is answered and nothing is taken without a token."""
    bench.refused(bench.call("GET", "limits", token=None), 401, "unauthorised")
    sent = bench.prepare(bench.file(1))
    bench.refused(bench.put(sent, token=None), 401, "unauthorised")
    bench.nothing_arrived(sent)


@case("auth.wrong", _UNAUTHORISED, "No token, or not a good one (`unauthorised`)")
def wrong_token(bench: Bench) -> None:
    """Another token opens nothing."""
    bench.refused(bench.call("GET", "limits", token=_ANOTHER), 401, "unauthorised")
    query = {"employer": bench.employer, "period": str(bench.period)}
    bench.refused(bench.call("GET", "notices", query=query, token=_ANOTHER[:3]), 401, "unauthorised")


@case("signature.ignored", _SIGNED, "are taken on every request and ignored where they are not asked for")
def signature_ignored(bench: Bench) -> None:
    """Where signatures were not agreed, a request that carries one is a request like any other."""
    if bench.target.key is not None:
        raise NotTried("signatures_agreed")
    bench.object_of(bench.call("GET", "limits", headers=_WRONG_SIGNATURE), 200)


@case("signature.asked", _SIGNED, "A state may ask for HTTP message signatures (RFC 9421) beside it")
def signature_asked(bench: Bench) -> None:
    """Where signatures were agreed, a request without one, or with one over something else, is refused."""
    if bench.target.key is None:
        raise NotTried("no_key")
    good = bench.call("GET", "limits")
    bench.object_of(good, 200)
    bench.refused(bench.call("GET", "limits", key=None), 401, None)
    sent = bench.prepare(bench.file(1))
    borrowed = {name: good.headers[name] for name in ("signature-input", "signature")}
    bench.refused(bench.put(sent, key=None, headers=borrowed), 401, None)
    bench.nothing_arrived(sent)


@case("path.unknown", "info › description", "A 404 without that code proves nothing.")
def unknown_path(bench: Bench) -> None:
    """An address that is not there never looks like a filing that never arrived."""
    exchange = bench.call("GET", "no-such-path")
    problem = exchange.json if isinstance(exchange.json, dict) else {}
    if exchange.status != 404:
        raise Departure("status", wanted=404, got=exchange.status)
    if problem.get("code") == "filing_not_found":
        raise Departure("code", wanted="path_not_found", got="filing_not_found")


def next_year(bench: Bench) -> str:
    """Return a month for which nothing can have been filed."""
    return str(Period.of(bench.today).plus(13))
