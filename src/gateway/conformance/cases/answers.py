"""What became of a filing, as a whole and line by line."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.conformance.bench import ACCEPTED, OK, TAKEN, Bench, Sent, rows
from gateway.conformance.case import Departure, NotTried, case

_QUERY = "paths › /filings/{filing_id} › get › description"
_LINES = "paths › /filings/{filing_id}/lines › get › description"
_PAGED = "paths › /filings/{filing_id}/lines › get › parameters"
_NOBODY = "0b7e6f0a-5a3b-4f0e-9a55-4f2c6d1a7e11"
_GROUPED = "application/vnd.authority.grouped+json"
_HEAD = ("filing_id", "reception_number", "kind", "employer", "period", "counts", "totals")


@case("query.unknown", "info › description", "A 404 whose `code` is `filing_not_found` proves that nothing arrived")
def unknown(bench: Bench) -> None:
    """Of an id that never came, her system says so in the one way that proves it."""
    bench.refused(bench.call("GET", f"filings/{_NOBODY[:-4]}0000"), 404, "filing_not_found")


@case("query.at-once", _QUERY, "works from the moment of reception", needs=["submit.received"])
def from_reception(bench: Bench) -> None:
    """A filing is known from the moment it was received."""
    sent = bench.submit(bench.file(1))
    found = bench.get(f"filings/{sent.filing_id}")
    bench.same("filing_id", found.get("filing_id"), sent.filing_id)
    bench.same("content_sha256", found.get("content_sha256"), sent.file.sha256)


@case("query.answered", _QUERY, "Asked by the client's own id", needs=["submit.received"])
def answered(bench: Bench) -> None:
    """A filing is answered within the time given, and the answer is about what was sent."""
    sent: Sent = bench.kept["good"]
    found = bench.answer_of(sent)
    told = {**sent.query, "filing_id": sent.filing_id, "content_sha256": sent.file.sha256}
    for name in ("filing_id", "kind", "employer", "period", "content_sha256"):
        bench.same(name, found.get(name), told[name])
    bench.same("payrolls", found.get("payrolls"), [bench.payroll])
    bench.same("reception_number", found.get("reception_number"), bench.kept["good.reception"]["reception_number"])
    bench.same("received_at", found.get("received_at"), bench.kept["good.reception"]["received_at"])
    if found.get("answered_at") is None:
        raise Departure("member", name="answered_at")
    bench.kept["good.answer"] = found


@case("query.steady", _QUERY, "answers the same for ever after", needs=["query.answered"])
def steady(bench: Bench) -> None:
    """The same question has the same answer, and the same ETag where there is one."""
    name = f"filings/{bench.kept['good'].filing_id}"
    first, second = bench.call("GET", name), bench.call("GET", name)
    if bench.object_of(first, OK) != bench.object_of(second, OK) or first.json != bench.kept["good.answer"]:
        raise Departure("not_the_same")
    tags = [one.answer_headers.get("etag") for one in (first, second)]
    bench.same("ETag", tags[1], tags[0])


@case(
    "verdict.accepted", "components › schemas › Filing › properties › code › description", "`0` all lines accepted",
    needs=["query.answered"],
)  # fmt: skip
def accepted(bench: Bench) -> None:
    """A filing of people who are known is accepted whole."""
    sent: Sent = bench.kept["good"]
    answer = bench.get(f"filings/{sent.filing_id}")
    if answer.get("status") != "accepted":
        raise Departure("not_accepted", status=answer.get("status"), code=answer.get("code"))
    bench.same("code", answer.get("code"), "0")
    count = len(sent.file.documents)
    bench.same("counts", answer.get("counts"), {"lines": count, "accepted": count, "rejected": 0})


@case("lines.early", _LINES, "Before the answer exists: 409 `not_answered_yet`.", needs=["submit.received"])
def early(bench: Bench) -> None:
    """The lines of a filing that is not answered yet cannot be had."""
    sent = bench.submit(bench.file(1))
    exchange = bench.call("GET", f"filings/{sent.filing_id}/lines")
    if exchange.status == OK and "lines" in bench.object_of(exchange, OK):
        bench.answer_of(sent)
        raise NotTried("answered_too_soon")
    bench.refused(exchange, 409, "not_answered_yet")


@case("lines.complete", _LINES, "In the order of the file.", needs=["submit.large"])
def complete(bench: Bench) -> None:
    """The pages of a large filing's answer hold each of its lines once, in the order of the file."""
    sent: Sent = bench.kept["large"]
    pages = bench.pages(f"filings/{sent.filing_id}/lines", max(1, bench.target.lines // 4))
    bench.kept["large.pages"], bench.kept["large.exchanges"] = pages, list(bench.exchanges)
    numbers = [bench.member(row, "line", (int,)) for row in rows(pages, "lines")]
    wanted = [sent.file.line_of(document) for document in sent.file.documents]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    missing = sorted(set(wanted) - set(numbers))
    if twice or missing:
        raise Departure("lines_wrong", missing=_few(missing), twice=_few(twice))
    if numbers != wanted:
        raise Departure("lines_unordered", extra=_few(sorted(set(numbers) - set(wanted))))


def _show_pages(bench: Bench) -> None:
    bench.exchanges.extend(bench.kept["large.exchanges"])


def _few(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:10])) or "–"


@case(
    "lines.heads",
    _LINES,
    "Every page repeats which filing, employer and period it belongs to",
    needs=["lines.complete"],
)
def heads(bench: Bench) -> None:
    """Each page says what it belongs to, and what the whole adds up to."""
    _show_pages(bench)
    answer = bench.kept["large.answer"]
    for page in bench.kept["large.pages"]:
        for name in _HEAD:
            bench.same(name, page.get(name), answer.get(name))


@case("lines.add-up", _LINES, "must be as many as `counts.lines` and add up to `totals`", needs=["lines.complete"])
def add_up(bench: Bench) -> None:
    """Lines and amounts of all pages together are the counts and totals of the whole."""
    _show_pages(bench)
    pages, answer = bench.kept["large.pages"], bench.kept["large.answer"]
    lines = list(rows(pages, "lines"))
    counts = {
        "lines": len(lines),
        "accepted": sum(line.get("status") in ACCEPTED for line in lines),
        "rejected": sum(line.get("status") == "rejected" for line in lines),
    }
    bench.same("counts", answer.get("counts"), counts)
    totals = bench.member(answer, "totals", (dict,))
    sums = {
        "declared_wage": sum(bench.minor(line, "declared_wage") for line in lines),
        "accepted_wage": sum(bench.minor(line, "accepted_wage") for line in lines),
        "billed": sum(bench.minor(line, "amount") for line in lines),
    }
    bench.same("totals", {name: bench.minor(totals, name) for name in sums}, sums)


@case("lines.places", "components › schemas › Line › properties › line › description", "Number of the line in the file", needs=["lines.complete"])  # fmt: skip
def places(bench: Bench) -> None:
    """Each line names the person who stands there in the file."""
    _show_pages(bench)
    sent: Sent = bench.kept["large"]
    for line, document in zip(rows(bench.kept["large.pages"], "lines"), sent.file.documents, strict=True):
        bench.same(f"line {line['line']}: document", line.get("document"), document)
        bench.same(f"line {line['line']}: payroll", line.get("payroll"), bench.payroll)
        bench.same(f"line {line['line']}: declared_wage", bench.minor(line, "declared_wage"), bench.people.wage_minor)


@case("lines.components", "components › schemas › Line › properties › amount › description", "the sum of its components", needs=["lines.complete"])  # fmt: skip
def components(bench: Bench) -> None:
    """What a line adds to the bill is the sum of its parts."""
    _show_pages(bench)
    lines = list(rows(bench.kept["large.pages"], "lines"))
    codes = set()
    for line in lines:
        parts = bench.member(line, "components", (list,))
        codes |= {bench.member(one, "code", (str,)) for one in parts}
        added = sum(bench.minor(one, "amount") for one in parts)
        bench.same(f"line {line['line']}: amount", bench.minor(line, "amount"), added)
    bench.kept["codes"] = codes


@case("lines.changes", "components › schemas › Line › properties › status › enum", "accepted_with_change", needs=["submit.large"])  # fmt: skip
def changes(bench: Bench) -> None:
    """A line that was accepted with another wage says so."""
    for line in bench.lines_of(bench.kept["large"], 1000):
        is_same = bench.minor(line, "declared_wage") == bench.minor(line, "accepted_wage")
        if line.get("status") in ACCEPTED:
            wanted = "accepted" if is_same else "accepted_with_change"
            bench.same(f"line {line.get('line')}: status", line.get("status"), wanted)


@case("lines.stable", "components › parameters › Cursor › description", "The `next_cursor` of the page before; opaque.", needs=["lines.complete"])  # fmt: skip
def stable(bench: Bench) -> None:
    """Another size of page gives the same lines in the same order."""
    first = list(rows(bench.kept["large.pages"], "lines"))
    if bench.lines_of(bench.kept["large"], max(2, bench.target.lines // 2 + 1)) != first:
        raise Departure("not_the_same")


@case("lines.grouped", _LINES, "the same lines in the same order", needs=["lines.complete"])
def grouped(bench: Bench) -> None:
    """Where the system says once what it says of many lines, it says the same as line by line."""
    limit, sent = max(1, bench.target.lines // 4), bench.kept["large"]
    pages = bench.pages(f"filings/{sent.filing_id}/lines", limit, _GROUPED)
    told = [exchange.media_type for exchange in bench.exchanges]
    if _GROUPED not in told:
        raise NotTried("no_groups")
    for page, plain in zip(pages, bench.kept["large.pages"], strict=True):
        lines = list(_ungrouped(bench, bench.member(page, "grouped", (dict,))))
        if {**page, "lines": lines} != {**plain, "grouped": page["grouped"]}:
            raise Departure("groups_differ")


def _ungrouped(bench: Bench, groups: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    said, *lists = (bench.member(groups, name, (list,)) for name in ("said", "line", "document", "of"))
    if len({len(one) for one in lists}) > 1:
        raise Departure("groups_uneven", lengths=" / ".join(str(len(one)) for one in lists))
    for line, document, of in zip(*lists, strict=True):
        if not isinstance(of, int) or not 0 <= of < len(said):
            raise Departure("groups_of_nothing", line=line, of=of, said=len(said))
        yield {"line": line, "document": document, **said[of]}


@case("lines.cursor", "components › parameters › Cursor › description", "opaque", needs=["lines.complete"])
def cursor(bench: Bench) -> None:
    """A cursor that her system did not give is refused, never taken for the beginning."""
    name = f"filings/{bench.kept['large'].filing_id}/lines"
    bench.refused(bench.call("GET", name, query={"cursor": "not-a-cursor-of-yours"}), 422, "parameter_invalid")


@case("lines.limit", f"{_PAGED} › 2 › schema › maximum", "10000", needs=["query.answered"])
def limit(bench: Bench) -> None:
    """A page of no line, or of more than the contract allows, is refused."""
    name = f"filings/{bench.kept['good'].filing_id}/lines"
    for size in ("0", "10001", "many"):
        bench.refused(bench.call("GET", name, query={"limit": size}), 422, "parameter_invalid")


@case("lines.unknown", "info › description", "A 404 whose `code` is `filing_not_found` proves that nothing arrived")
def lines_unknown(bench: Bench) -> None:
    """Lines of an id that never came are not there either."""
    bench.refused(bench.call("GET", f"filings/{_NOBODY[:-4]}0000/lines"), 404, "filing_not_found")


@case("verdict.mixed", "components › schemas › Line › properties › code › description", "else from the state's own table", needs=["verdict.accepted"])  # fmt: skip
def mixed(bench: Bench) -> None:
    """A person nobody knows is refused with a code and its words; the others are taken, where the country takes some."""
    sent = bench.submit(bench.people.with_unknown(bench.file(3)))
    answer = bench.answer_of(sent)
    bad = sent.file.first_line
    if bench.people.form.limits.is_all_or_nothing:
        bench.same("status", answer.get("status"), "rejected")
        _names_line(bench, answer, bad)
        return
    bench.same("status", answer.get("status"), "partly_accepted")
    bench.same("counts", answer.get("counts"), {"lines": 3, "accepted": 2, "rejected": 1})
    first, *others = lines = bench.lines_of(sent, 1000)
    bench.same("lines", len(lines), 3)
    bench.same("line", first.get("line"), bad)
    bench.same(f"line {bad}: status", first.get("status"), "rejected")
    if first.get("code") in (None, "", "0") or not first.get("message"):
        raise Departure("no_reason", line=bad)
    bench.same(f"line {bad}: amount", bench.minor(first, "amount"), 0)
    for line in others:
        bench.same(f"line {line.get('line')}: status", line.get("status"), "accepted")


def _names_line(bench: Bench, answer: Mapping[str, Any], line: int) -> None:
    errors = bench.member(answer, "errors", (list,))
    if not any(isinstance(error, dict) and error.get("line") == line and error.get("code") for error in errors):
        raise Departure("no_place")


@case(
    "verdict.malformed", "components › schemas › Filing › properties › errors › description", "Why the whole file is rejected",
    needs=["verdict.accepted"],
)  # fmt: skip
def malformed(bench: Bench) -> None:
    """A file that cannot be read is refused whole, and the place is named."""
    file, place = bench.people.malformed(bench.file(3))
    sent = bench.submit(file)
    answer = bench.answer_of(sent)
    bench.same("status", answer.get("status"), "rejected")
    bench.same("counts.accepted", bench.member(answer, "counts", (dict,)).get("accepted"), 0)
    bench.same("totals.billed", bench.minor(bench.member(answer, "totals", (dict,)), "billed"), 0)
    _names_line(bench, answer, place)
    bench.kept["malformed"] = sent


@case(
    "verdict.malformed-again", "paths › /filings/{filing_id} › put › description",
    "unless that filing was rejected as a whole", needs=["verdict.malformed"],
)  # fmt: skip
def malformed_again(bench: Bench) -> None:
    """What was refused whole may be filed again under another id."""
    twin = bench.prepare(bench.kept["malformed"].file)
    bench.object_of(bench.put(twin), TAKEN)
    bench.same("status", bench.answer_of(twin).get("status"), "rejected")
