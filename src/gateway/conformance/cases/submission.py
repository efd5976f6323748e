"""Sending a file: once, again, wrongly, and eight times at once."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.conformance.bench import OK, TAKEN, Bench, Sent, digest_header
from gateway.conformance.case import Departure, NotTried, case
from gateway.conformance.exchange import Exchange
from gateway.conformance.people import File

_PUT = "paths › /filings/{filing_id} › put › description"
_PARAMETERS = "paths › /filings/{filing_id} › put › parameters"
_CODES = "components › schemas › Problem › properties › code › description"
_AT_ONCE = 8


@case("submit.received", _PUT, "202 says that it was received and will be processed")
def received(bench: Bench) -> None:
    """A file is received under our id, and the reception names its bytes."""
    sent = bench.prepare(bench.file(3))
    if bench.receiver is not None:
        bench.receiver.refuse_once(sent.filing_id)
    reception = bench.object_of(bench.put(sent), TAKEN)
    _same_reception(bench, sent, reception)
    bench.same("duplicate", reception.get("duplicate"), wanted=False)
    if not bench.member(reception, "reception_number", (str,)):
        raise Departure("member", name="reception_number")
    bench.kept["good"], bench.kept["good.reception"] = sent, reception


def _same_reception(bench: Bench, sent: Sent, reception: dict[str, object]) -> None:
    bench.same("filing_id", reception.get("filing_id"), sent.filing_id)
    bench.same("content_sha256", reception.get("content_sha256"), sent.file.sha256)


def _again(bench: Bench, **changed: Any) -> None:
    first = bench.kept["repeated.reception"]
    again = bench.object_of(bench.put(bench.kept["repeated"], **changed), TAKEN)
    for name in ("filing_id", "reception_number", "received_at", "content_sha256"):
        bench.same(name, again.get(name), first.get(name))
    bench.same("duplicate", again.get("duplicate"), wanted=True)


@case(
    "submit.again",
    _PUT,
    "Sent again with the same id and bytes, the answer is the same reception with `duplicate: true`",
    needs=["submit.received"],
)
def again(bench: Bench) -> None:
    """The same id with the same bytes is the same filing."""
    sent = bench.prepare(bench.file(2))
    reception = bench.object_of(bench.put(sent), TAKEN)
    bench.kept["repeated"], bench.kept["repeated.reception"] = sent, reception
    _again(bench)
    _again(bench)


@case(
    "submit.key-bare",
    f"{_PARAMETERS} › 8 › description",
    "A quoted string (a bare one is taken too).",
    needs=["submit.again"],
)
def key_bare(bench: Bench) -> None:
    """The key of repeats may stand without its quotation marks, or be missing."""
    sent = bench.kept["repeated"]
    _again(bench, headers={"idempotency-key": sent.filing_id})
    _again(bench, headers={"idempotency-key": None})


@case(
    "submit.key-reused", f"{_PARAMETERS} › 8 › description",
    "the same key on another filing is refused with `idempotency_key_reused`", needs=["submit.received"],
)  # fmt: skip
def key_reused(bench: Bench) -> None:
    """A key of one filing does not open another."""
    sent = bench.prepare(bench.file(1))
    key = bench.kept["good"].headers["idempotency-key"]
    bench.refused(bench.put(sent, headers={"idempotency-key": key}), 422, "idempotency_key_reused")
    bench.nothing_arrived(sent)


@case(
    "submit.other-bytes", "info › description", "the same id with other bytes is refused (`filing_id_reused`)",
    needs=["submit.received"],
)  # fmt: skip
def other_bytes(bench: Bench) -> None:
    """An id stands for its first bytes for ever."""
    good: Sent = bench.kept["good"]
    other = bench.prepare(bench.file(2), filing_id=good.filing_id)
    bench.refused(bench.put(other), 409, "filing_id_reused")
    bench.same("content_sha256", bench.get(f"filings/{good.filing_id}").get("content_sha256"), good.file.sha256)


@case(
    "submit.same-bytes", _PUT, "Bytes that were already taken under another id are refused with `duplicate_content`",
    needs=["submit.received"],
)  # fmt: skip
def same_bytes(bench: Bench) -> None:
    """The same content under another id has no second effect."""
    first = bench.submit(bench.file(1))
    twin = bench.prepare(first.file)
    problem = bench.refused(bench.put(twin), 409, "duplicate_content")
    bench.same("duplicate_of", problem.get("duplicate_of"), first.filing_id)
    bench.nothing_arrived(twin)


@case("submit.digest-missing", _CODES, "400 `request_malformed`, `digest_missing`, `digest_mismatch`")
def digest_missing(bench: Bench) -> None:
    """Without a digest nobody knows that the bytes are whole."""
    if bench.target.key is not None:
        raise NotTried("signatures_agreed")
    sent = bench.prepare(bench.file(1))
    bench.refused(bench.put(sent, headers={"content-digest": None}), 400, "digest_missing")
    bench.nothing_arrived(sent)


@case("submit.digest-wrong", f"{_PARAMETERS} › 7 › description", "RFC 9530, `sha-256` over the body.")
def digest_wrong(bench: Bench) -> None:
    """Bytes that were changed on the way are not taken."""
    if bench.target.key is not None:
        raise NotTried("signatures_agreed")
    sent = bench.prepare(bench.file(1))
    wrong = digest_header(sent.file.body + b" ")
    bench.refused(bench.put(sent, headers={"content-digest": wrong}), 400, "digest_mismatch")
    bench.nothing_arrived(sent)


@case(
    "submit.id-malformed", "components › parameters › FilingId › description", "Made by the client, one for each file."
)
def id_malformed(bench: Bench) -> None:
    """An id that is no UUID is refused."""
    bench.refused(bench.put(bench.prepare(bench.file(1), filing_id="not-a-uuid")), 400, "request_malformed")


@case("submit.kind-unknown", f"{_PARAMETERS} › 0 › description", "The country's key for the kind of file.")
def kind_unknown(bench: Bench) -> None:
    """A kind that her country does not have is refused."""
    sent = bench.prepare(bench.file(1), kind="ZZ9")
    bench.refused(bench.put(sent), 422, "kind_unknown")
    bench.nothing_arrived(sent)


@case("submit.period-malformed", "components › schemas › Period › pattern", "^[0-9]{4}-(0[1-9]|1[0-2])$")
def period_malformed(bench: Bench) -> None:
    """A month that is none is refused."""
    sent = bench.prepare(bench.file(1), period="2026-13")
    bench.refused(bench.put(sent), 422, "parameter_invalid")
    bench.nothing_arrived(sent)


@case(
    "submit.other-employer", f"{_PARAMETERS} › 1 › description", "The filer's number as the file's header holds it",
    needs=["query.answered"],
)  # fmt: skip
def other_employer(bench: Bench) -> None:
    """A file whose header names another employer is not taken."""
    file = bench.file(1, employer=bench.people.sample.other_employer)
    if bench.people.holds(file)[0] is None:
        raise NotTried("not_in_file")
    _refused_whole(bench, file)


@case(
    "submit.other-period", f"{_PARAMETERS} › 2 › description", "For kinds whose header has no period",
    needs=["query.answered"],
)  # fmt: skip
def other_period(bench: Bench) -> None:
    """A file whose header names another month is not taken."""
    file = bench.file(1, period=bench.period.plus(-1))
    if bench.people.holds(file)[1] is None:
        raise NotTried("not_in_file")
    _refused_whole(bench, file)


def _refused_whole(bench: Bench, file: File) -> None:
    """Check that a file is refused, at once or in its answer."""
    sent = bench.prepare(file)
    exchange = bench.put(sent)
    if exchange.status is not None and 400 <= exchange.status < 500:
        bench.nothing_arrived(sent)
        return
    bench.object_of(exchange, TAKEN)
    answer = bench.answer_of(sent)
    bench.same("status", answer.get("status"), "rejected")
    if not bench.member(answer, "errors", (list,)):
        raise Departure("no_place")


@case(
    "submit.text", "paths › /filings/{filing_id} › put › requestBody › content", "text/plain; charset=iso-8859-1",
    needs=["submit.received"],
)  # fmt: skip
def as_text(bench: Bench) -> None:
    """A file may be called what it is: text in its letters."""
    sent = bench.prepare(bench.file(1))
    reception = bench.object_of(bench.put(sent, headers={"content-type": sent.file.media_type}), TAKEN)
    _same_reception(bench, sent, reception)


@case(
    "submit.parts", _PUT, "each under its own `filing_id`, bound by `group`, `part` and `of`",
    needs=["query.answered"],
)  # fmt: skip
def parts(bench: Bench) -> None:
    """A filing of two files is two filings that say that they belong together."""
    group = str(uuid.uuid4())
    for number in (1, 2):
        sent = bench.submit(bench.file(1), group=group, part=str(number), of="2")
        found = bench.answer_of(sent)
        shown = (found.get("group"), found.get("part"), found.get("of"))
        bench.same("group, part, of", shown, (group, number, 2))


@case(
    "submit.at-once", _PUT, "and nothing is done twice", needs=["submit.received"],
)  # fmt: skip
def at_once(bench: Bench) -> None:
    """The same filing sent eight times at the same moment is one filing."""
    sent = bench.kept["at_once"] = bench.prepare(bench.file(2))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers: list[Exchange] = list(pool.map(lambda _: bench.put(sent), range(_AT_ONCE)))
    receptions = [bench.object_of(one, TAKEN) for one in answers]
    numbers = {reception.get("reception_number") for reception in receptions}
    if len(numbers) != 1:
        raise Departure("several_receptions", numbers=sorted(map(str, numbers)))
    first = [reception.get("duplicate") for reception in receptions].count(False)
    bench.same("duplicate: false", first, 1)
    bench.object_of(bench.call("GET", f"filings/{sent.filing_id}"), OK)


@case(
    "submit.large", "components › schemas › Filing › properties › status › enum", "accepted", needs=["verdict.accepted"]
)
def large(bench: Bench) -> None:
    """A filing of many lines is received and accepted like any other."""
    sent = bench.submit(bench.file(bench.target.lines))
    answer = bench.answer_of(sent)
    bench.kept["large"], bench.kept["large.answer"] = sent, answer
    if answer.get("status") != "accepted":
        raise Departure("not_accepted", status=answer.get("status"), code=answer.get("code"))
