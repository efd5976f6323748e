"""The sandbox provider: batches and single payments over the GSMA's API, collections, and what it takes back."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.processes import RunningPayer, start_payer, wait_for
from tests.sandbox.gsma import SPECIFICATION, check
from tests.sandbox.listener import Listener

APPROVE = [{"op": "replace", "path": "/batchStatus", "value": "approved"}]


@pytest.fixture
def provider(payer: RunningPayer) -> Iterator[RunningPayer]:
    """A provider whose answers are held against the specification, where that is at hand."""
    payer.client.event_hooks["response"] = [check]
    yield payer
    payer.client.event_hooks["response"] = []


@pytest.fixture
def ear(provider: RunningPayer) -> Iterator[Listener]:
    """Hears what the provider tells; given to it request by request."""
    with Listener() as listener:
        yield listener


@pytest.mark.skipif(SPECIFICATION is None, reason="no specification: set GATEWAY_GSMA_SPECIFICATION to its file")
def test_the_specification_is_at_hand() -> None:
    """Without it the other tests of this file hold no answer against it."""


def item(number: int, amount: str = "100.5", **changed: Any) -> dict[str, Any]:
    """One payout."""
    return {
        "amount": amount, "currency": "DOP", "type": "disbursement",
        "debitParty": [{"key": "organisationid", "value": "mutual"}],
        "creditParty": [{"key": "msisdn", "value": f"+1809555{number:04d}"}],
        "requestingOrganisationTransactionReference": f"OUT-{uuid.uuid4().hex[:12]}-{number}", **changed,
    }  # fmt: skip


def create(payer: RunningPayer, items: list[dict[str, Any]], **headers: str) -> str:
    """Send a batch and return where it is."""
    correlation = headers.setdefault("X-CorrelationID", str(uuid.uuid4()))
    taken = payer.client.post("/batchtransactions", json={"transactions": items}, headers=headers)
    assert taken.status_code == 202, taken.text
    assert taken.json()["status"] == "pending"
    return str(payer.client.get(f"/responses/{correlation}").json()["link"])


def run(payer: RunningPayer, link: str) -> dict[str, Any]:
    """Approve a batch and wait until it is completed."""
    assert payer.client.patch(link, json=APPROVE).status_code == 204
    return wait_for(lambda: (found := payer.client.get(link).json())["batchStatus"] == "completed" and found)


class TestBatches:
    """Created, approved, completed."""

    def test_nothing_is_paid_before_the_approval(self, provider: RunningPayer) -> None:
        before = provider.effects()
        link = create(provider, [item(n) for n in range(3)])
        provider.settle()
        found = provider.client.get(link).json()
        assert (found["batchStatus"], found["parsingSuccessCount"], found["completedCount"]) == ("created", 3, 0)
        assert "approvalDate" not in found
        assert provider.effects()["wallet_float_minor"] == before["wallet_float_minor"]
        done = run(provider, link)
        assert (done["completedCount"], done["rejectionCount"]) == (3, 0)
        assert provider.effects()["wallet_float_minor"] == before["wallet_float_minor"] - 3 * 10_050

    def test_destinations_it_was_told_of_are_rejected_with_their_reason(self, provider: RunningPayer) -> None:
        provider.control("PUT", "destinations", {"+18095550002": "identifierError: no such wallet"})
        items = [item(n) for n in range(1, 4)]
        link = create(provider, items)
        run(provider, link)
        [refused] = provider.client.get(f"{link}/rejections").json()
        assert refused["rejectionReason"] == "identifierError: no such wallet"
        ours = "requestingOrganisationTransactionReference"
        assert refused[ours] == items[1][ours]
        paid = provider.client.get(f"{link}/completions").json()
        assert [one[ours] for one in paid] == [items[0][ours], items[2][ours]]
        single = provider.client.get(paid[0]["link"]).json()
        assert (single["transactionStatus"], single["amount"]) == ("completed", "100.5")

    def test_what_the_float_does_not_hold_is_rejected(self, provider: RunningPayer) -> None:
        held = provider.effects()["wallet_float_minor"]
        over = f"{held // 100 + 1}"
        link = create(provider, [item(1), item(2, amount=over), item(3)])
        done = run(provider, link)
        assert (done["completedCount"], done["rejectionCount"]) == (2, 1)
        [refused] = provider.client.get(f"{link}/rejections").json()
        assert refused["rejectionReason"].startswith("insufficientFunds")

    def test_items_come_in_pages_with_their_number_said(self, provider: RunningPayer) -> None:
        link = create(provider, [item(n, amount="1") for n in range(25)])
        run(provider, link)
        pages = [provider.client.get(f"{link}/completions", params={"limit": 10, "offset": n}) for n in (0, 10, 20)]
        assert [len(page.json()) for page in pages] == [10, 10, 5]
        assert {page.headers["x-records-available-count"] for page in pages} == {"25"}
        assert pages[2].headers["x-records-returned-count"] == "5"
        assert len({one["transactionReference"] for page in pages for one in page.json()}) == 25
        wrong = provider.client.get(f"{link}/completions", params={"offset": "-1"})
        assert (wrong.status_code, wrong.json()["errorCode"]) == (400, "invalidOffset")

    def test_a_correlation_id_is_taken_once(self, provider: RunningPayer) -> None:
        correlation, before = str(uuid.uuid4()), provider.effects()["batches_created"]
        create(provider, [item(1)], **{"X-CorrelationID": correlation})
        again = provider.client.post(
            "/batchtransactions", json={"transactions": [item(1)]}, headers={"X-CorrelationID": correlation}
        )
        assert (again.status_code, again.json()["errorCode"]) == (400, "duplicateRequest")
        assert provider.effects()["batches_created"] == before + 1

    def test_what_never_arrived_is_not_known(self, provider: RunningPayer) -> None:
        for path in (f"/responses/{uuid.uuid4()}", f"/requeststates/{uuid.uuid4()}", "/batchtransactions/BATCH999999"):
            absent = provider.client.get(path)
            assert (absent.status_code, absent.json()["errorCategory"]) == (404, "identification")

    def test_a_batch_is_approved_once_and_changed_in_no_other_way(self, provider: RunningPayer) -> None:
        link = create(provider, [item(1)])
        other = provider.client.patch(link, json=[{"op": "replace", "path": "/batchStatus", "value": "completed"}])
        assert (other.status_code, other.json()["errorCode"]) == (400, "formatError")
        run(provider, link)
        again = provider.client.patch(link, json=APPROVE)
        assert (again.status_code, again.json()["errorCode"]) == (400, "incorrectState")

    @pytest.mark.parametrize(
        ("wrong", "category", "code"),
        [
            ({"amount": "5.00"}, "validation", "formatError"),
            ({"amount": "05"}, "validation", "formatError"),
            ({"amount": 5}, "validation", "formatError"),
            ({"amount": "-5"}, "validation", "formatError"),
            ({"amount": "1.234"}, "validation", "formatError"),
            ({"amount": "0"}, "businessRule", "lessThanTransactionMinValue"),
            ({"currency": "USD"}, "businessRule", "currencyNotSupported"),
            ({"type": "gift"}, "validation", "formatError"),
            ({"creditParty": []}, "validation", "formatError"),
            ({"creditParty": [{"key": "msisdn"}]}, "validation", "formatError"),
            ({"descriptionText": "x" * 161}, "validation", "lengthError"),
            ({"requestDate": "yesterday"}, "validation", "formatError"),
        ],
    )
    def test_items_are_asked_strictly_and_the_fault_is_pointed_at(
        self, provider: RunningPayer, wrong: dict[str, Any], category: str, code: str
    ) -> None:
        correlation = str(uuid.uuid4())
        refused = provider.client.post(
            "/batchtransactions", json={"transactions": [item(1), item(2, **wrong)]},
            headers={"X-CorrelationID": correlation},
        )  # fmt: skip
        assert (refused.status_code, refused.json()["errorCategory"], refused.json()["errorCode"]) == (
            400, category, code,
        )  # fmt: skip
        assert "/transactions/1/" in refused.json()["errordescription"]
        assert provider.client.get(f"/responses/{correlation}").status_code == 404, "nothing was taken"

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"{}", b'{"transactions": []}', b'{"transactions": [1]}', b'{"transactions": []} x']
    )
    def test_what_is_no_batch_is_refused(self, provider: RunningPayer, body: bytes) -> None:
        refused = provider.client.post("/batchtransactions", content=body)
        assert (refused.status_code, refused.json()["errorCategory"]) == (400, "validation")

    def test_a_large_batch_is_taken_first_and_read_afterwards(self, provider: RunningPayer) -> None:
        long = {"descriptionText": "x" * 160, "metadata": [{"key": "pad", "value": "y" * 250}]}
        link = create(provider, [item(n, amount="0.01", **long) for n in range(14_000)])
        if "requeststates" in link:
            state = wait_for(lambda: (s := provider.client.get(link).json())["status"] != "pending" and s, 60)
            link = f"/batchtransactions/{state['objectReference']}"
        assert run(provider, link)["completedCount"] == 14_000

    def test_a_fault_in_a_large_batch_is_told_by_the_request(self, provider: RunningPayer) -> None:
        long = {"descriptionText": "x" * 160, "metadata": [{"key": "pad", "value": "y" * 250}]}
        items = [item(n, amount="0.01", **long) for n in range(14_000)]
        link = create(provider, [*items, item(1, amount="1.00")])
        state = wait_for(lambda: (s := provider.client.get(link).json())["status"] != "pending" and s, 60)
        assert (state["status"], state["error"]["errorCode"]) == ("failed", "formatError")

    def test_each_step_is_told_by_a_put_of_the_whole_batch(self, provider: RunningPayer, ear: Listener) -> None:
        correlation = str(uuid.uuid4())
        link = create(provider, [item(1)], **{"X-CorrelationID": correlation, "X-Callback-URL": ear.url})
        run(provider, link)
        provider.settle()
        assert {(told.method, told.headers["x-correlationid"]) for told in ear.told} == {("PUT", correlation)}
        assert [json.loads(told.body)["batchStatus"] for told in ear.told] == ["created", "completed"]
        assert json.loads(ear.told[-1].body) == provider.client.get(link).json()


class TestScripts:
    """What goes wrong on request."""

    @pytest.mark.parametrize(
        ("rule", "rejected"),
        [
            ({"do": "reject_items", "items": [1, 3]}, 2),
            ({"do": "reject_items", "every": 2}, 5),
            ({"do": "reject_items", "share": 1.0}, 10),
            ({"do": "reject_all_but_one"}, 9),
        ],
    )
    def test_items_are_rejected_as_told(self, provider: RunningPayer, rule: dict[str, Any], rejected: int) -> None:
        provider.script({"on": "batch", **rule})
        done = run(provider, create(provider, [item(n) for n in range(10)]))
        assert (done["completedCount"], done["rejectionCount"]) == (10 - rejected, rejected)

    def test_a_batch_is_taken_and_never_finished(self, provider: RunningPayer) -> None:
        provider.script({"on": "batch", "do": "stuck"})
        link = create(provider, [item(1)])
        assert provider.client.patch(link, json=APPROVE).status_code == 204
        provider.settle()
        assert provider.client.get(link).json()["batchStatus"] == "approved"

    def test_it_takes_a_batch_and_gives_no_answer(self, payer: RunningPayer) -> None:
        payer.script({"on": "batch", "do": "drop_after"})
        correlation = str(uuid.uuid4())
        with pytest.raises(httpx.TransportError):
            payer.client.post(
                "/batchtransactions", json={"transactions": [item(1)]}, headers={"X-CorrelationID": correlation}
            )
        assert "/batchtransactions/" in payer.client.get(f"/responses/{correlation}").json()["link"]

    def test_it_drops_a_batch_before_taking_it(self, payer: RunningPayer) -> None:
        payer.script({"on": "batch", "do": "drop_before"})
        correlation = str(uuid.uuid4())
        with pytest.raises(httpx.TransportError):
            payer.client.post(
                "/batchtransactions", json={"transactions": [item(1)]}, headers={"X-CorrelationID": correlation}
            )
        assert payer.client.get(f"/responses/{correlation}").status_code == 404

    def test_an_approval_takes_effect_though_500_is_said(self, payer: RunningPayer) -> None:
        link = create(payer, [item(1)])
        payer.script({"on": "approve", "do": "status"})
        refused = payer.client.patch(link, json=APPROVE)
        assert (refused.status_code, refused.json()["errorCategory"]) == (500, "internal")
        wait_for(lambda: payer.client.get(link).json()["batchStatus"] == "completed")

    @pytest.mark.parametrize(("do", "count"), [("missing_line", 2), ("extra_line", 4), ("repeat", 6), ("reorder", 3)])
    def test_a_list_is_wrong_once(self, payer: RunningPayer, do: str, count: int) -> None:
        link = create(payer, [item(n) for n in range(3)])
        run(payer, link)
        payer.script({"on": "completions", "do": do})
        wrong, right = (payer.client.get(f"{link}/completions").json() for _ in range(2))
        assert (len(wrong), len(right)) == (count, 3)
        assert wrong != right

    def test_paid_items_come_back_later_and_are_told(self, provider: RunningPayer) -> None:
        provider.script({"on": "batch", "do": "return_items", "items": [2], "seconds": 0.05})
        before = provider.effects()
        link = create(provider, [item(n) for n in range(3)])
        done = run(provider, link)
        assert done["completedCount"] == 3
        wait_for(lambda: provider.effects()["reversals"] == before["reversals"] + 1)
        assert provider.effects()["wallet_float_minor"] == before["wallet_float_minor"] - 2 * 10_050
        second = provider.client.get(f"{link}/completions").json()[1]
        assert provider.client.get(second["link"]).json()["transactionStatus"] == "reversed"


class TestSinglePayments:
    """POST /transactions/type/disbursement."""

    def test_a_payment_is_taken_done_and_told(self, provider: RunningPayer, ear: Listener) -> None:
        correlation = str(uuid.uuid4())
        payment = item(7, amount="12.3")
        taken = provider.client.post(
            "/transactions/type/disbursement", json=payment,
            headers={"X-CorrelationID": correlation, "X-Callback-URL": ear.url},
        )  # fmt: skip
        assert taken.status_code == 202
        provider.settle()
        link = provider.client.get(f"/responses/{correlation}").json()["link"]
        found = provider.client.get(link).json()
        assert (found["transactionStatus"], found["amount"]) == ("completed", "12.3")
        assert json.loads(ear.told[0].body) == found
        state = provider.client.get(f"/requeststates/{taken.json()['serverCorrelationId']}").json()
        assert (state["status"], state["objectReference"]) == ("completed", found["transactionReference"])

    def test_a_payment_that_fails_is_told_as_an_error(self, provider: RunningPayer, ear: Listener) -> None:
        provider.script({"on": "transaction", "do": "fail"})
        taken = provider.client.post(
            "/transactions", json=item(8), headers={"X-Callback-URL": ear.url}
        ).json()  # fmt: skip
        provider.settle()
        assert json.loads(ear.told[0].body)["errorCode"] == "requestDeclined"
        assert provider.client.get(f"/requeststates/{taken['serverCorrelationId']}").json()["status"] == "failed"

    def test_a_completed_payment_can_be_undone_once(self, provider: RunningPayer) -> None:
        before = provider.effects()["wallet_float_minor"]
        provider.client.post("/transactions", json=item(9), headers={"X-CorrelationID": (own := str(uuid.uuid4()))})
        provider.settle()
        link = provider.client.get(f"/responses/{own}").json()["link"]
        undone = provider.client.post(f"{link}/reversals", json={"type": "reversal"})
        assert (undone.status_code, undone.json()["originalTransactionReference"]) == (201, link.rsplit("/", 1)[1])
        again = provider.client.post(f"{link}/reversals", json={"type": "reversal"})
        assert (again.status_code, again.json()["errorCode"]) == (400, "incorrectState")
        assert provider.effects()["wallet_float_minor"] == before


class TestCollections:
    """What members pay into the mutual's wallet."""

    def test_each_is_told_with_its_reference_and_the_shared_secret(self, tmp_path: Path) -> None:
        with Listener() as ear, start_payer(tmp_path, callback_url=ear.url, callback_secret="s3cret") as payer:
            made = payer.collect({"msisdn": "+18095551234", "amount": "1500.00", "reference": "RF18 5390"})
            payer.settle()
            [told] = ear.told
            body = json.loads(told.body)
            assert (told.method, told.headers["x-callback-secret"]) == ("PUT", "s3cret")
            assert body == made["transactions"][0]
            assert (body["type"], body["amount"], body["transactionStatus"]) == ("merchantpay", "1500", "completed")
            assert body["requestingOrganisationTransactionReference"] == "RF18 5390"
            assert body["debitParty"] == [{"key": "msisdn", "value": "+18095551234"}]
            payer.control("POST", "returns", {"reference": body["transactionReference"], "reason": "wrong number"})
            payer.settle()
            undone = json.loads(ear.told[-1].body)
            assert (undone["type"], undone["originalTransactionReference"]) == (
                "reversal",
                body["transactionReference"],
            )
            assert payer.effects()["wallet_collection_minor"] == 0
            payer.script({"on": "collection", "do": "reverse", "seconds": 0.05})
            payer.collect({"msisdn": "+18095551234", "amount": "20", "reference": "X"})
            wait_for(lambda: len(ear.told) == 4)
            assert payer.effects()["wallet_collection_minor"] == 0

    def test_many_are_taken_at_once_and_two_equal_ones_are_two(self, provider: RunningPayer) -> None:
        before = Counter(provider.effects())
        same = {"msisdn": "+18095550001", "amount": "10.10", "reference": "A"}
        made = provider.collect(same, same, {**same, "amount": "0.05"}, notify=False)
        assert len({one["transactionReference"] for one in made["transactions"]}) == 3
        grown = Counter(provider.effects())
        grown.subtract(before)
        assert (grown["collections"], grown["wallet_collection_minor"]) == (3, 2025)
        refused = provider.client.post("/sandbox/collections", json={"msisdn": "+1", "amount": "-5"})
        assert refused.status_code == 422

    def test_balances_are_written_canonically(self, provider: RunningPayer) -> None:
        found = provider.client.get("/accounts/organisationid/collection/balance").json()
        held = provider.effects()["wallet_collection_minor"]
        assert float(found["currentBalance"]) * 100 == pytest.approx(held)
        assert provider.client.get("/heartbeat").json() == {"serviceStatus": "available"}


def test_a_seeded_share_of_destinations_is_rejected_the_same_ones_each_time(tmp_path: Path) -> None:
    rejected = []
    for number in (1, 2):
        with start_payer(tmp_path / str(number), reject_share=0.2, seed=7) as payer:
            link = create(payer, [item(n, amount="1") for n in range(200)])
            done = run(payer, link)
            assert 20 <= done["rejectionCount"] <= 60
            refused = payer.client.get(f"{link}/rejections", params={"limit": 200}).json()
            rejected.append([one["creditParty"][0]["value"] for one in refused])
    assert rejected[0] == rejected[1]


def test_a_batch_that_was_running_goes_on_after_a_restart_and_pays_nobody_twice(tmp_path: Path) -> None:
    with start_payer(tmp_path, float="30000.00") as payer:
        link = create(payer, [item(n % 9000, amount="1") for n in range(12_000)])
        assert payer.client.patch(link, json=APPROVE).status_code == 204
        wait_for(lambda: payer.client.get(link).json()["completedCount"] > 0, every=0.001)
        payer.kill()
        payer.restart()
        done = wait_for(lambda: (found := payer.client.get(link).json())["batchStatus"] == "completed" and found, 60)
        assert done["completedCount"] == 12_000
        effects = payer.effects()
        assert (effects["items_completed"], effects["wallet_float_minor"]) == (12_000, 1_800_000)


def test_short_messages_are_shown(payer: RunningPayer) -> None:
    sent = payer.client.post("/sms", json={"to": "+18095550001", "text": "Su recibo es el 12", "reference": "R12"})
    assert sent.status_code == 202
    [shown] = payer.client.get("/sandbox/sms", params={"to": "+18095550001"}).json()["messages"]
    assert (shown["text"], shown["reference"]) == ("Su recibo es el 12", "R12")
    assert payer.client.post("/sms", json={"to": "+1"}).status_code == 422


def test_nobody_without_the_token_gets_in(payer: RunningPayer) -> None:
    refused = payer.client.get("/heartbeat", headers={"Authorization": "Bearer no"})
    assert (refused.status_code, refused.json()["errorCode"]) == (401, "clientAuthorisationError")
    assert payer.client.get("/bank/accounts", headers={"Authorization": ""}).json()["code"] == "unauthorised"
