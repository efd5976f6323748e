"""A filing's way to the state and back: what is asked, what is understood, what becomes of every failure."""

import contextlib
import datetime as dt
import json
import re
import time
import uuid

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from tests.authority.rest_state import (
    BODY,
    CONTRACT,
    NOW,
    OURS,
    SHORT,
    Script,
    broken_place,
    broken_state,
    document,
    example,
    problem,
    reception,
    take,
)

from gateway import worker as working
from gateway.authority.connect import state_channel
from gateway.authority.errors import AuthorityRefusedError, AuthorityUnavailableError, OutcomeUnknownError
from gateway.authority.rest.channel import GROUPED
from gateway.kit.period import Period
from gateway.kit.tenant import MutualRow
from gateway.settings import Settings

LINES = "/filings/{filing_id}/lines"


def test_the_contract_is_valid_openapi():
    validate(CONTRACT)


# What is asked ---------------------------------------------------------------------------------------------------


def test_a_file_goes_out_streamed_under_our_id_with_its_digest():
    state = Script((202, reception()))
    taken = state.channel.submit(
        document(payroll="001", part=1, part_count=2, group=uuid.UUID(int=7)), [BODY[:5], BODY[5:]]
    )
    request = state.requests[0]
    assert (request.method, request.url.path) == ("PUT", f"/filings/{OURS}")
    assert dict(request.url.params) == {
        "kind": "AM", "employer": "401999999", "period": "2026-03", "payroll": "001", "part": "1", "of": "2",
        "group": str(uuid.UUID(int=7)),
    }  # fmt: skip
    assert request.content == BODY
    assert re.fullmatch(r"sha-256=:[A-Za-z0-9+/]{43}=:", request.headers["content-digest"])
    assert request.headers["idempotency-key"] == f'"{OURS}"'
    assert request.headers["authorization"] == "Bearer token-1"
    assert request.headers["content-length"] == str(len(BODY))
    assert (taken.reception_number, taken.duplicate, taken.received_at) == ("R1", False, NOW)


def everything(channel):
    """Ask everything there is."""
    channel.limits()
    channel.submit(document(), [BODY])
    channel.query(OURS)
    list(channel.lines(OURS))
    channel.notices("401999999", Period(2026, 3), payroll="001")
    channel.notice("0320260000000014")
    channel.payments("0320260000000014")
    list(channel.remittances(since=NOW, employer="401999999"))
    channel.remittance("S1")
    list(channel.remittance_lines("S202604000001"))


def answers_of_the_contract():
    notice = example("/notices/{reference}")
    advice = {
        "remittance_id": "S1", "employer": "401999999", "currency": "DOP", "status": "advised",
        "advised_at": "2026-04-20T08:00:00-04:00", "paid_on": None, "line_count": 1, "total": "23223.00",
        "by_benefit": [{"benefit": "maternity", "line_count": 1, "amount": "23223.00"}], "end_to_end_id": "E1",
        "bank_reference": None, "account": "DO28",
    }  # fmt: skip
    return [
        (200, example("/limits")),
        (202, reception()),
        (200, example("/filings/{filing_id}")),
        (200, example(LINES)),
        (200, {"employer": "401999999", "period": "2026-03", "notices": [notice]}),
        (200, notice),
        (200, example("/notices/{reference}/payments")),
        (200, {"remittances": [advice], "next_cursor": None}),
        (200, advice),
        (200, example("/remittances/{remittance_id}/lines")),
    ]


def test_everything_asked_is_in_the_contract_and_every_example_of_it_is_understood():
    state = Script(*answers_of_the_contract())
    everything(state.channel)
    assert state.answers == []
    asked = set()
    for request in state.requests:
        path, methods = next(
            (path, methods)
            for path, methods in CONTRACT["paths"].items()
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), request.url.path)
        )
        asked.add(path)
        declared = [*methods.get("parameters", []), *methods[request.method.lower()].get("parameters", [])]
        known = {}
        for one in declared:
            found = CONTRACT["components"]["parameters"][one["$ref"].split("/")[-1]] if "$ref" in one else one
            known[found["name"]] = found
        queries = {name for name, found in known.items() if found["in"] == "query"}
        assert set(request.url.params) <= queries
        assert {name for name in queries if known[name].get("required")} <= set(request.url.params)
        headers = {name.lower() for name, found in known.items() if found["in"] == "header" and found.get("required")}
        assert headers <= set(request.headers)
    assert asked == set(CONTRACT["paths"])


def test_members_we_do_not_know_are_ignored_and_codes_we_do_not_know_are_kept():
    page = example(LINES)
    page["extra"] = {"deep": [1]}
    page["lines"][0] |= {"status": "parked", "code": "ZZ9", "document_type": "Q", "new": None}
    page["lines"][0]["components"].append({"code": "health_robot", "amount": "0.00", "why": "?"})
    (read,) = Script((200, page)).channel.lines(OURS)
    line = read.lines[0]
    assert (line.status, line.code, line.document_kind) == ("parked", "ZZ9", "Q")
    assert line.components[-1] == ("health_robot", 0)


def test_a_line_is_understood_to_the_unit():
    (page,) = Script((200, example(LINES))).channel.lines(OURS)
    accepted, rejected = page.lines
    assert (accepted.line, accepted.document_kind, accepted.document) == (2, "national_id", "99900000011")
    assert accepted.amount_minor == 492327 == sum(minor for _, minor in accepted.components)
    assert (rejected.status, rejected.code, rejected.accepted_wage_minor) == ("rejected", "24", 0)
    assert (page.counts.lines, page.totals.billed_minor) == (2, 492327)


def test_pages_are_followed_to_the_end_and_no_further():
    first, last = example(LINES), example(LINES)
    first["next_cursor"] = "c2"
    state = Script((200, first), (200, last))
    assert len(list(state.channel.lines(OURS))) == 2
    assert [request.url.params.get("cursor") for request in state.requests] == [None, "c2"]


def test_pages_in_a_circle_are_noticed():
    page = example(LINES) | {"next_cursor": "same"}
    with pytest.raises(OutcomeUnknownError, match="no end"):
        list(Script(*[(200, page)] * 5).channel.lines(OURS))


# What becomes of failures ----------------------------------------------------------------------------------------


def test_a_filing_the_state_never_had_is_proven_absent_by_the_code_alone():
    assert Script((404, problem(404, "filing_not_found"))).channel.query(OURS) is None


UNPROVEN = [
    (404, problem(404, "path_not_found")),
    (404, {"detail": "Not Found"}),
    (404, b"<html>nginx</html>"),
    (401, problem(401, "unauthorised")),
    (410, problem(410, "filing_not_found")),
    (500, problem(500, "filing_not_found")),
    (200, example("/filings/{filing_id}") | {"filing_id": str(uuid.UUID(int=1))}),
]


@pytest.mark.parametrize("answer", UNPROVEN, ids=str)
def test_nothing_else_proves_that_a_filing_is_absent(answer):
    with pytest.raises(OutcomeUnknownError):
        Script(answer).channel.query(OURS)


REFUSED = [
    (400, "digest_mismatch"), (401, "unauthorised"), (409, "filing_id_reused"), (409, "duplicate_content"),
    (413, "file_too_large"), (422, "employer_unknown"), (422, "a_code_of_tomorrow"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code"), REFUSED)
def test_a_refusal_carries_the_states_code(status, code):
    answer = (status, problem(status, code, duplicate_of=str(OURS), reception_number="R9"))
    with pytest.raises(AuthorityRefusedError) as refused:
        Script(answer).channel.submit(document(), [BODY])
    assert (refused.value.their_code, refused.value.http_status) == (code, status)
    assert (refused.value.duplicate_of, refused.value.reception_number) == (str(OURS), "R9")
    assert refused.value.outcome == "not_done"
    assert refused.value.raw.status == status


@pytest.mark.parametrize("status", [429, 503])
def test_too_many_requests_and_maintenance_are_surely_not_done(status):
    answer = (status, problem(status, "rate_limited"), {"Retry-After": "7"})
    with pytest.raises(AuthorityUnavailableError) as unavailable:
        Script(answer).channel.submit(document(), [BODY])
    assert unavailable.value.retry_after_seconds == 7
    assert unavailable.value.retryable


def test_a_wait_may_be_told_as_a_date_or_not_at_all():
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    for text, least, most in ((later, 60, 91), ("soon", None, None)):
        with pytest.raises(AuthorityUnavailableError) as unavailable:
            Script((503, problem(503, "maintenance"), {"Retry-After": text})).channel.limits()
        wait = unavailable.value.retry_after_seconds
        assert (wait is None) if least is None else least <= wait <= most


UNKNOWN = [
    (500, problem(500, "internal_error", "unknown")),
    (500, problem(500, "internal_error", "not_done")),
    (502, b"<html>bad gateway</html>"),
    (503, problem(503, "unavailable", "unknown")),
    (503, problem(503, "unavailable", "done")),
    (503, b""),
    (504, b"timeout"),
    (429, problem(429, "rate_limited", "unknown")),
    (409, problem(409, "conflict", "done")),
    (400, problem(400, "late", "unknown")),
    (408, b"Request Timeout"),
    (301, b"", {"Location": "http://elsewhere.test/"}),
    (202, b""),
    (202, b"<html>thank you</html>"),
    (202, b'{"filing_id": "0b7e6f0a'),
    (202, b"null"),
    (202, b"[]"),
    (204, b""),
    (202, b"\xff\xfe\x00"),
    (202, b"[" * 100_000),
    (202, reception(reception_number="")),
    (202, reception(filing_id=str(uuid.UUID(int=1)))),
    (202, reception(content_sha256="0" * 64)),
    (202, {k: v for k, v in reception().items() if k != "received_at"}),
    (202, reception(received_at="yesterday")),
    (202, reception(received_at="2026-04-01T09:12:44")),
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.RemoteProtocolError("half"),
]


@pytest.mark.parametrize("answer", UNKNOWN, ids=lambda answer: str(answer)[:60])
def test_whatever_else_comes_leaves_the_outcome_unknown(answer):
    state = Script(answer)
    with pytest.raises(OutcomeUnknownError) as unknown:
        state.channel.submit(document(), [BODY])
    assert unknown.value.outcome == "unknown"
    assert not unknown.value.retryable
    assert unknown.value.raw is state.kept[0]


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")]
)
def test_a_call_that_never_left_is_surely_not_done(failure):
    with pytest.raises(AuthorityUnavailableError):
        Script(failure).channel.submit(document(), [BODY])


@settings(max_examples=150, deadline=None)
@given(st.integers(200, 599), st.binary(max_size=80), st.sampled_from(["json", "text", "none"]))
def test_no_answer_at_all_crashes_us(status, body, kind):
    headers = {"json": {"Content-Type": "application/json"}, "text": {"Content-Type": "text/html"}, "none": {}}[kind]
    for ask in (lambda c: c.submit(document(), [BODY]), lambda c: c.query(OURS), lambda c: list(c.lines(OURS))):
        with pytest.raises((AuthorityRefusedError, AuthorityUnavailableError, OutcomeUnknownError)):
            ask(Script((status, body, headers)).channel)


MANGLED = [
    ("amount", "4923.2"), ("amount", "4923.270"), ("amount", 4923.27), ("amount", 492327), ("amount", "4,923.27"),
    ("amount", None), ("amount", "１.00"), ("line", "2"), ("line", 0), ("line", True), ("line", 2.0), ("code", 0),
    ("document", None), ("components", None), ("components", [{"code": 1, "amount": "1.00"}]),
    ("components", [{"code": "a"}]), ("components", ["x"]), ("additional_dependants", -1), ("document_type", ["C"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), MANGLED)
def test_a_line_that_is_not_exactly_as_agreed_is_not_believed(name, value):
    page = example(LINES)
    page["lines"][0][name] = value
    with pytest.raises(OutcomeUnknownError, match="not as agreed"):
        list(Script((200, page)).channel.lines(OURS))


def test_a_page_that_must_be_read_the_long_way_says_the_same():
    page = example(LINES)
    (short,) = Script((200, page)).channel.lines(OURS)
    # A number that is none in JSON, in a member nobody looks at: as lenient as it ever was.
    (long,) = Script((200, json.dumps(page | {"odd": float("nan")}).encode())).channel.lines(OURS)
    assert (long.lines, long.counts, long.totals) == (short.lines, short.counts, short.totals)


def test_lines_that_are_told_in_groups_are_the_same_lines():
    page, of = example(LINES), example(LINES, media=GROUPED)
    state = Script((200, of))
    (told,) = state.channel.lines(OURS)
    assert state.requests[0].headers["accept"].startswith(f"{GROUPED}, application/json;q=0.9")
    (plain,) = Script((200, page)).channel.lines(OURS)
    assert told.lines[:2] == plain.lines
    assert told.lines[2] == plain.lines[0]._replace(line=4, document="99900000037")
    # Read the long way they are the same; so is a page that says everything of each line anew.
    (long,) = Script((200, json.dumps(of | {"odd": float("nan")}).encode())).channel.lines(OURS)
    assert long.lines == tuple(told.lines)
    said = of["grouped"]["said"]
    each = of | {"grouped": of["grouped"] | {"said": [said[0], said[1], said[0]], "of": [0, 1, 2]}}
    (apart,) = Script((200, each)).channel.lines(OURS)
    assert tuple(apart.lines) == tuple(told.lines)


GROUPS_MANGLED = [
    ("document", ["99900000011"]), ("line", [2, 3]), ("of", [0, 1, 0, 0]), ("of", [0, 1, 2]), ("of", [0, 1, -1]),
    ("of", [0, 1, True]), ("of", [0, 1, "0"]), ("line", [2, 3, 0]), ("line", [2, 3, "4"]), ("line", [2, 3, 4.0]),
    ("document", ["a", "b", None]), ("said", None), ("said", []), ("said", ["x"]), ("line", None), ("of", None),
    ("document", "abc"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), GROUPS_MANGLED)
def test_groups_that_are_not_exactly_as_agreed_are_not_believed(name, value):
    page = example(LINES, media=GROUPED)
    page["grouped"][name] = value
    with pytest.raises(OutcomeUnknownError, match="not as agreed"):
        list(Script((200, page)).channel.lines(OURS))


@pytest.mark.parametrize(("name", "value"), [one for one in MANGLED if one[0] not in ("line", "document")])
def test_what_is_said_of_many_lines_is_held_to_the_same_as_a_line(name, value):
    page = example(LINES, media=GROUPED)
    page["grouped"]["said"][0][name] = value
    with pytest.raises(OutcomeUnknownError, match="not as agreed"):
        list(Script((200, page)).channel.lines(OURS))


def test_a_page_with_lines_and_groups_or_neither_is_not_believed():
    page, of = example(LINES), example(LINES, media=GROUPED)
    for odd in (page | {"grouped": of["grouped"]}, {name: value for name, value in page.items() if name != "lines"}):
        with pytest.raises(OutcomeUnknownError, match="not as agreed"):
            list(Script((200, odd)).channel.lines(OURS))


@pytest.mark.parametrize("place", ["page", "line", "component"])
def test_a_page_with_octets_of_no_alphabet_is_no_answer_even_where_nobody_looks(place):
    page = example(LINES)
    where = {"page": page, "line": page["lines"][0], "component": page["lines"][0]["components"][0]}[place]
    where["odd"] = "here"
    with pytest.raises(OutcomeUnknownError, match="no JSON"):
        list(Script((200, json.dumps(page).encode().replace(b"here", b"\xff"))).channel.lines(OURS))


def test_a_page_of_another_filing_is_not_believed():
    with pytest.raises(OutcomeUnknownError, match="told about"):
        list(Script((200, example(LINES))).channel.lines(uuid.UUID(int=1)))


def test_an_answer_of_another_currency_than_we_know_is_not_believed():
    page = example(LINES)
    page["totals"]["currency"] = "ZZZ"
    with pytest.raises(OutcomeUnknownError, match="unknown currency"):
        list(Script((200, page)).channel.lines(OURS))


# Evidence --------------------------------------------------------------------------------------------------------


def test_every_answer_is_kept_as_it_came_before_it_is_understood():
    state = Script((200, b'{"odd":   1}', {"X-Trace": "t1"}), httpx.ReadTimeout("slow"))
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError):
            state.channel.limits()
    understood, lost = state.kept
    assert (understood.method, understood.url, understood.status) == ("GET", "http://state.test/limits", 200)
    assert understood.body == b'{"odd":   1}'
    assert understood.headers["x-trace"] == "t1"
    assert understood.started_at <= understood.finished_at
    assert (lost.status, lost.body, lost.problem) == (None, b"", "no answer: ReadTimeout")


def test_the_token_is_in_no_evidence_and_no_sentence():
    state = Script((401, problem(401, "unauthorised")))
    with pytest.raises(AuthorityRefusedError) as refused:
        state.channel.limits()
    assert "token-1" not in str(refused.value) + str(state.kept)


# On a real wire --------------------------------------------------------------------------------------------------


def test_nobody_listening_is_surely_not_done():
    channel = state_channel("do", "http://127.0.0.1:9", "t", timeouts=SHORT)
    with pytest.raises(AuthorityUnavailableError):
        channel.submit(document(), [BODY])
    channel.close()


def test_no_answer_in_time_leaves_the_outcome_unknown():
    def behave(connection):
        take(connection)
        time.sleep(0.8)

    with broken_state(behave, SHORT) as (channel, _), pytest.raises(OutcomeUnknownError):
        channel.submit(document(), [BODY])


def test_a_mutual_says_how_long_its_state_may_think():
    """A state that answers after three seconds is heard by whoever waits thirty, not by whoever waits one."""

    def behave(connection):
        take(connection)
        time.sleep(3)
        whole = json.dumps(reception()).encode()
        head = f"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: {len(whole)}\r\n\r\n"
        with contextlib.suppress(OSError):
            connection.sendall(head.encode() + whole)

    def submit(**ours_alone):
        server = Settings(database_url="postgresql://nobody@127.0.0.1:1/none", state_token="t")
        with broken_place(behave) as url:
            mutual = MutualRow(1, "a", "A", "do", "DOP", "UTC", "es", "401999999", {"state_url": url, **ours_alone})
            with contextlib.closing(working.services(server)["state"](mutual)) as ours:
                return ours.submit(document(), [BODY])

    assert submit().reception_number == "R1"
    with pytest.raises(OutcomeUnknownError):
        submit(state_answer_seconds=1)


def test_a_connection_that_ends_after_the_body_leaves_the_outcome_unknown():
    with broken_state(take) as (channel, _), pytest.raises(OutcomeUnknownError):
        channel.submit(document(), [BODY])


def test_an_answer_cut_off_leaves_the_outcome_unknown_and_what_came_is_kept():
    whole = json.dumps(reception()).encode()

    def behave(connection):
        take(connection)
        head = f"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: {len(whole)}\r\n\r\n"
        connection.sendall(head.encode() + whole[:40])

    with broken_state(behave) as (channel, kept):
        with pytest.raises(OutcomeUnknownError, match="cut off"):
            channel.submit(document(), [BODY])
        assert (kept[0].status, kept[0].body) == (202, whole[:40])


def test_an_answer_that_drips_for_ever_is_given_up():
    def behave(connection):
        take(connection)
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100000\r\n\r\n")
        try:
            for _ in range(600):
                connection.sendall(b" ")
                time.sleep(0.1)
        except OSError:
            pass

    with broken_state(behave, SHORT) as (channel, _), pytest.raises(OutcomeUnknownError, match="not finished"):
        channel.submit(document(), [BODY])


def test_an_answer_that_is_no_http_leaves_the_outcome_unknown():
    def behave(connection):
        take(connection)
        connection.sendall(b"220 mail.example ESMTP\r\n")

    with broken_state(behave) as (channel, _), pytest.raises(OutcomeUnknownError):
        channel.submit(document(), [BODY])


def test_a_large_file_goes_out_in_pieces():
    sizes = []
    big = b"D" * 1_000_000

    class Wire(httpx.BaseTransport):
        def handle_request(self, request):
            sizes.extend(len(piece) for piece in request.stream)
            return httpx.Response(202, json=reception())

    channel = state_channel("do", "http://state.test", "t", http=Wire())
    channel.submit(document(size=len(big)), [big])
    assert sum(sizes) == len(big)
    assert max(sizes) <= 1 << 18
