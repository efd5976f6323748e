"""Payouts on their way to a mobile-money provider: the GSMA API as it is written, and every way a call can end."""

import datetime as dt
import json
import os
import re
import uuid
from pathlib import Path

import httpx
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from tests.conftest import ROOT

from gateway.bank.connect import payer_channel
from gateway.bank.errors import PayerOutcomeUnknownError, PayerRefusedError, PayerUnavailableError
from gateway.bank.mobile_money import canonical_amount
from gateway.bank.protocol import PayoutItem
from gateway.kit.money import currency_of, parse_amount

OURS = uuid.UUID("6a0e5a0c-8f5e-4c5b-a5d0-3a3f8f4b2f01")
THEIRS = "11111111-2222-3333-4444-555555555555"
_NAMED = os.environ.get("GATEWAY_GSMA_SPECIFICATION")
SPECIFICATION = Path(_NAMED) if _NAMED else next(iter(sorted(ROOT.parent.glob("*/samples/gsma/*.yaml"))), None)
AMOUNT = re.compile(r"^([0]|([1-9][0-9]{0,17}))([.][0-9]{0,3}[1-9])?$")


class Provider:
    """Answers calls in turn and remembers what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.kept = []
        self.channel = payer_channel(
            "http://payer.test", "token-1", debit_party={"organisationid": "amparo"},
            callback_url="http://us.test/callback", on_answer=self.kept.append, http=httpx.MockTransport(self._answer),
        )  # fmt: skip

    def _answer(self, request):
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, content, *headers = answer
        body = {"content": content} if isinstance(content, bytes) else {"json": content}
        return httpx.Response(status, headers=headers[0] if headers else {}, **body)


def items(count=2, **changes):
    return [
        PayoutItem(f"OUT-{n}", 1_577_000 + n, "DOP", f"+1809555{n:04d}", "Subsidio")._replace(**changes)
        for n in range(count)
    ]


def state(status="pending", **more):
    return {"serverCorrelationId": THEIRS, "status": status, "notificationMethod": "callback", **more}


def batch(status="created", **more):
    return {
        "batchId": "B/7", "batchStatus": status, "approvalDate": "", "completionDate": "", "creationDate": "",
        "completedCount": 1, "rejectionCount": 2, "parsingSuccessCount": 3, **more,
    }  # fmt: skip


def error(category="businessRule", code="genericError"):
    return {"errorCategory": category, "errorCode": code, "errorDescription": "a sentence"}


def test_a_batch_goes_out_under_our_id_with_canonical_amounts():
    provider = Provider((202, state()))
    taken = provider.channel.send_batch(OURS, items(), title="Abril", description="7")
    request = provider.requests[0]
    assert (request.method, request.url.path) == ("POST", "/batchtransactions")
    assert request.headers["x-correlationid"] == str(OURS)
    assert request.headers["x-callback-url"] == "http://us.test/callback"
    assert dt.datetime.fromisoformat(request.headers["x-date"]).tzinfo is not None
    body = json.loads(request.content)
    assert body["batchTitle"] == "Abril"
    assert body["transactions"] == [
        {
            "amount": amount, "currency": "DOP", "type": "disbursement",
            "debitParty": [{"key": "organisationid", "value": "amparo"}],
            "creditParty": [{"key": "msisdn", "value": f"+1809555000{n}"}],
            "requestingOrganisationTransactionReference": f"OUT-{n}", "descriptionText": "Subsidio",
        }
        for n, amount in enumerate(("15770", "15770.01"))
    ]  # fmt: skip
    assert (taken.request_reference, taken.batch_reference, taken.status) == (THEIRS, None, "pending")


@pytest.mark.skipif(
    SPECIFICATION is None or not SPECIFICATION.is_file(),
    reason="no specification: set GATEWAY_GSMA_SPECIFICATION to the Mobile Money API 1.1.2 as OpenAPI",
)
def test_what_is_sent_is_what_the_specification_says():
    # The specification is OpenAPI 3.0, whose schemas are close to draft 4; its exclusive bounds are booleans there too.
    document = yaml.safe_load(SPECIFICATION.read_text("utf-8"))
    provider = Provider((202, state()), (200, batch()), (204, b""), (200, batch("approved")))
    provider.channel.send_batch(OURS, items(1200), title="Abril")
    provider.channel.approve("B/7")
    sent = json.loads(provider.requests[0].content)
    schemas = document["components"]
    for name, value in (
        ("requestBatchTransaction", sent),
        ("requestGenericPatchArray", json.loads(provider.requests[2].content)),
    ):
        Draft4Validator({"$ref": f"#/components/schemas/{name}", "components": schemas}).validate(value)
    assert len(sent["transactions"]) == 1200


@given(st.integers(1, 10**15), st.sampled_from(["DOP", "XOF", "INR"]))
def test_a_canonical_amount_is_valid_and_says_the_same(minor, currency):
    text = canonical_amount(minor, currency)
    assert AMOUNT.fullmatch(text)
    assert parse_amount(text, currency_of(currency)) == minor


def test_the_specifications_trap_is_avoided():
    assert canonical_amount(500, "DOP") == "5"
    assert canonical_amount(550, "DOP") == "5.5"
    assert canonical_amount(500, "XOF") == "500"
    with pytest.raises(ValueError, match="payout of 0"):
        canonical_amount(0, "DOP")


# Asking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link", ["/batchtransactions/B%2F7", "http://payer.test/v1/batchtransactions/B%2F7", "batchtransactions/B%2F7"]
)
def test_a_batch_is_found_by_our_id(link):
    provider = Provider((200, {"link": link}), (200, batch("completed")))
    standing = provider.channel.find_batch(OURS)
    assert [request.url.raw_path for request in provider.requests] == [
        f"/responses/{OURS}".encode(), b"/batchtransactions/B%2F7",
    ]  # fmt: skip
    assert (standing.reference, standing.status, standing.completed, standing.rejected) == ("B/7", "completed", 1, 2)
    assert standing.is_finished


def test_a_request_that_is_no_batch_yet_is_pending():
    provider = Provider((200, {"link": f"/requeststates/{THEIRS}"}), (200, state(pendingReason="reading")))
    standing = provider.channel.find_batch(OURS)
    assert (standing.reference, standing.status, standing.reason, standing.is_finished) == (
        None,
        "pending",
        "reading",
        False,
    )


def test_a_request_that_became_a_batch_leads_to_it():
    provider = Provider(
        (200, {"link": f"/requeststates/{THEIRS}"}),
        (200, state("completed", objectReference="B/7")),
        (200, batch("approved")),
    )
    assert provider.channel.find_batch(OURS).status == "approved"


def test_a_request_that_failed_says_why():
    provider = Provider((200, {"link": f"/requeststates/{THEIRS}"}), (200, state("failed", error=error())))
    standing = provider.channel.find_batch(OURS)
    assert (standing.reference, standing.status, standing.reason) == (
        None,
        "failed",
        "businessRule/genericError a sentence",
    )


def test_a_batch_that_never_arrived_is_proven_absent_by_the_category_alone():
    assert Provider((404, error("identification", "identifierError"))).channel.find_batch(OURS) is None
    for answer in (
        (404, b"<html>"),
        (404, {}),
        (404, error("internal")),
        (400, error("identification")),
        (401, error("authorisation")),
    ):
        with pytest.raises(PayerOutcomeUnknownError):
            Provider(answer).channel.find_batch(OURS)


def test_an_answer_about_another_batch_is_not_believed():
    with pytest.raises(PayerOutcomeUnknownError, match="told about"):
        Provider((200, batch(batchId="B/8"))).channel.batch("B/7")


# Approving -------------------------------------------------------------------------------------------------------


def test_approving_tells_the_provider_to_pay():
    provider = Provider((200, batch()), (204, b""), (200, batch("approved")))
    assert provider.channel.approve("B/7").status == "approved"
    patch = provider.requests[1]
    assert (patch.method, json.loads(patch.content)) == (
        "PATCH", [{"op": "replace", "path": "/batchStatus", "value": "approved"}],
    )  # fmt: skip


@pytest.mark.parametrize("status", ["approved", "completed"])
def test_what_is_approved_is_not_approved_again(status):
    provider = Provider((200, batch(status)))
    assert provider.channel.approve("B/7").status == status
    assert len(provider.requests) == 1


def test_somebody_who_approved_first_makes_no_error_of_it():
    answers = ((200, batch()), (400, error(code="incorrectState")), (200, batch("approved")))
    assert Provider(*answers).channel.approve("B/7").status == "approved"
    with pytest.raises(PayerRefusedError):
        Provider(*answers[:2], (200, batch())).channel.approve("B/7")


# Results ---------------------------------------------------------------------------------------------------------


def completion(number):
    return {
        "transactionReference": f"T{number}", "completionDate": "2026-04-20T10:00:00.000Z", "link": "/x",
        "requestingOrganisationTransactionReference": f"OUT-{number}",
    }  # fmt: skip


def test_results_are_read_page_by_page_to_the_end():
    first, second = [completion(n) for n in range(1000)], [completion(n) for n in range(1000, 1001)]
    provider = Provider((200, first), (200, second))
    found = list(provider.channel.completions("B/7"))
    assert [request.url.params["offset"] for request in provider.requests] == ["0", "1000"]
    assert len(found) == 1001
    assert (found[0].end_to_end_id, found[0].provider_reference) == ("OUT-0", "T0")
    assert found[0].completed_at == dt.datetime(2026, 4, 20, 10, tzinfo=dt.UTC)


def test_the_providers_count_of_results_is_followed():
    headers = {"X-Records-Available-Count": "3", "X-Records-Returned-Count": "2"}
    provider = Provider((200, [completion(0), completion(1)], headers), (200, [completion(2)], headers))
    assert [result.end_to_end_id for result in provider.channel.completions("B/7")] == ["OUT-0", "OUT-1", "OUT-2"]


@pytest.mark.parametrize(
    ("reason", "code", "text"),
    [
        ("accountBlocked: the wallet is closed", "accountBlocked", "the wallet is closed"),
        ("The wallet is closed", "rejected", "The wallet is closed"),
        ("Not now: later", "rejected", "Not now: later"),
        ("", "rejected", ""),
    ],
)
def test_a_refused_payout_says_why(reason, code, text):
    item = {"requestingOrganisationTransactionReference": "OUT-1", "rejectionReason": reason}
    (failure,) = Provider((200, [item])).channel.rejections("B/7")
    assert failure == ("OUT-1", code, text)


@pytest.mark.parametrize("content", [{}, [1], [{}], [{"requestingOrganisationTransactionReference": ""}], "x"])
def test_results_that_do_not_say_whose_they_are_are_not_believed(content):
    with pytest.raises(PayerOutcomeUnknownError):
        list(Provider((200, content)).channel.completions("B/7"))


# Failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")]
)
def test_a_batch_that_never_left_is_surely_not_done(failure):
    with pytest.raises(PayerUnavailableError):
        Provider(failure).channel.send_batch(OURS, items())


def test_too_many_requests_are_surely_not_done():
    for answer in ((429, b"", {"Retry-After": "9"}), (400, error(code="rateLimitError"), {"Retry-After": "9"})):
        with pytest.raises(PayerUnavailableError) as unavailable:
            Provider(answer).channel.send_batch(OURS, items())
        assert unavailable.value.retry_after_seconds == 9


@pytest.mark.parametrize(
    ("status", "category"),
    [(400, "businessRule"), (400, "validation"), (401, "authorisation"), (404, "identification")],
)
def test_a_refusal_carries_the_providers_code(status, category):
    with pytest.raises(PayerRefusedError) as refused:
        Provider((status, error(category))).channel.send_batch(OURS, items())
    assert (refused.value.their_code, refused.value.http_status) == (f"{category}/genericError", status)
    assert "a sentence" in refused.value.detail


UNKNOWN = [
    (500, error("internal")), (503, error("serviceUnavailable")), (502, b"<html>"), (400, b"<html>"), (403, {}),
    (202, b""), (202, b"{"), (202, []), (302, b""), httpx.ReadTimeout("slow"), httpx.ReadError("reset"),
    httpx.WriteError("reset"), httpx.RemoteProtocolError("half"),
]  # fmt: skip


@pytest.mark.parametrize("answer", UNKNOWN, ids=str)
def test_whatever_else_comes_leaves_the_outcome_unknown(answer):
    provider = Provider(answer)
    with pytest.raises(PayerOutcomeUnknownError) as unknown:
        provider.channel.send_batch(OURS, items())
    assert unknown.value.outcome == "unknown"
    assert unknown.value.raw is provider.kept[0]


def test_no_evidence_holds_the_token():
    provider = Provider((401, error("authorisation")))
    with pytest.raises(PayerRefusedError) as refused:
        provider.channel.send_batch(OURS, items())
    assert "token-1" not in str(refused.value) + str(provider.kept)


def test_a_large_batch_is_never_held_whole():
    sizes = []

    class Wire(httpx.BaseTransport):
        def handle_request(self, request):
            sizes.extend(len(piece) for piece in request.stream)
            return httpx.Response(202, json=state())

    channel = payer_channel("http://payer.test", "t", debit_party={"a": "b"}, http=Wire())
    channel.send_batch(OURS, iter(items(5000)))
    assert len(sizes) >= 10
    assert max(sizes) < 300_000
