"""Benefits that the state pays back: the list of advices, and one with its lines."""

import datetime as dt
import time
from typing import Any

from gateway.conformance.bench import Bench, part, rows
from gateway.conformance.case import Departure, NotTried, case

_LIST = "paths › /remittances › get › description"
_LINES = "paths › /remittances/{remittance_id}/lines › get › description"


def _list(bench: Bench, **query: str) -> list[dict[str, Any]]:
    found = bench.get("remittances", employer=bench.employer, **query)
    return list(bench.member(found, "remittances", (list,)))


@case("remittances.listed", _LIST, "In the order in which they were advised")
def listed(bench: Bench) -> None:
    """The list of advices is there, oldest first, empty where there is none."""
    instants = [bench.member(one, "advised_at", (str,)) for one in _list(bench)]
    moments = [dt.datetime.fromisoformat(text) for text in instants]
    if moments != sorted(moments):
        raise Departure("not_in_order")


@case("remittances.since", "paths › /remittances › get › parameters › 0 › description", "Only what was advised at this instant or later.")  # fmt: skip
def since(bench: Bench) -> None:
    """What is asked from an instant on is not older, and an instant without an offset is refused."""
    bench.same("remittances", _list(bench, since=f"{bench.today.year + 1}-01-01T00:00:00Z"), [])
    exchange = bench.call("GET", "remittances", query={"since": f"{bench.today}T00:00:00"})
    bench.refused(exchange, 422, "parameter_invalid")


@case("remittances.cursor", "components › parameters › Cursor › description", "opaque")
def cursor(bench: Bench) -> None:
    """A cursor that her system did not give is refused."""
    exchange = bench.call("GET", "remittances", query={"cursor": "not-a-cursor-of-yours"})
    bench.refused(exchange, 422, "parameter_invalid")


@case(
    "remittances.unknown", "components › schemas › Problem › properties › code › description", "`remittance_not_found`"
)
def unknown(bench: Bench) -> None:
    """An advice that was never given is not there, nor are its lines."""
    for name in ("remittances/no-such-advice", "remittances/no-such-advice/lines"):
        bench.refused(bench.call("GET", name), 404, "remittance_not_found")


@case("remittances.lines", _LINES, "the amounts of all lines sum to the total", needs=["remittances.listed"])
def lines(bench: Bench) -> None:
    """An advice and its lines are one thing: as many, the same sum, for each benefit too; asked from its instant it is there."""
    advice = _advice(bench)
    name = f"remittances/{part(bench.member(advice, 'remittance_id', (str,)))}"
    if bench.get(name) != advice:
        raise Departure("not_the_same")
    pages = bench.pages(f"{name}/lines", max(1, bench.member(advice, "line_count", (int,)) // 2))
    for page in pages:
        for head in ("remittance_id", "employer", "currency", "line_count", "total"):
            bench.same(head, page.get(head), advice.get(head))
    found = list(rows(pages, "lines"))
    bench.same("line_count", len({one.get("line") for one in found}), advice["line_count"])
    bench.same("line_count", len(found), advice["line_count"])
    bench.same("total", bench.minor(advice, "total"), sum(bench.minor(one, "amount") for one in found))
    for benefit in bench.member(advice, "by_benefit", (list,)):
        of_it = [one for one in found if one.get("benefit") == benefit.get("benefit")]
        bench.same(f"{benefit.get('benefit')}: line_count", benefit.get("line_count"), len(of_it))
        bench.same(
            f"{benefit.get('benefit')}: amount",
            bench.minor(benefit, "amount"),
            sum(bench.minor(one, "amount") for one in of_it),
        )
    again = [one.get("remittance_id") for one in _list(bench, since=advice["advised_at"])]
    if advice["remittance_id"] not in again:
        raise Departure("since_left_out", remittance_id=advice["remittance_id"])


def _advice(bench: Bench) -> dict[str, Any]:
    """Return the newest advice; her system is asked for one where the command is given and a bill was paid."""
    known = _list(bench)
    if bench.target.when_paid is not None and "paid" in bench.kept:
        facts = {"EMPLOYER": bench.employer, "PERIOD": str(bench.period), "NOTICE": bench.kept["paid"]["reference"]}
        bench.ask_her(bench.target.when_paid, **facts)
        end = time.monotonic() + bench.target.wait
        while len(known) == len(found := _list(bench)) and time.monotonic() < end:
            del bench.exchanges[20:-1]
            time.sleep(0.1)
        if len(found) == len(known):
            raise Departure("not_advised", seconds=bench.target.wait)
        known = found
    if not known:
        raise NotTried("no_when_paid")
    return known[-1]
