"""A provider that speaks the GSMA API, faked at its transport: it keeps books of its own and can be told to misbehave."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from gateway.bank.connect import payer_channel
from gateway.bank.protocol import PayerChannel


class Provider:
    """Takes batches once per correlation id, pays them when they are approved, and counts what it paid."""

    def __init__(self) -> None:
        self.batches: dict[str, dict[str, Any]] = {}
        self.of_correlation: dict[str, str] = {}
        self.paid: list[str] = []
        self.rejected: dict[str, str] = {}
        self.taken_back: set[str] = set()
        self.hold: set[str] = set()
        self.posts = 0
        self.asked = 0
        self.before: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None
        self.after: Callable[[httpx.Request, httpx.Response], httpx.Response] = lambda _request, answer: answer

    def channel(self, _mutual: object, _provider: str, **more: Any) -> PayerChannel:
        """Return a way to this provider, over the real adapter."""
        http = httpx.MockTransport(self)
        return payer_channel("http://payer.test", "token", debit_party={"organisationid": "x"}, http=http, **more)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        spoiled = self.before(request)
        if spoiled is not None:
            return spoiled
        return self.after(request, self._answer(request))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        parts = request.url.path.strip("/").split("/")
        if request.method == "POST":
            return self._create(request)
        self.asked += 1
        if parts[0] == "responses":
            return self._response(parts[1])
        if parts[0] == "transactions":
            status = "reversed" if parts[1].removeprefix("T") in self.taken_back else "completed"
            return httpx.Response(200, json={"transactionReference": parts[1], "transactionStatus": status})
        batch = self.batches[parts[1]]
        if request.method == "PATCH":
            self._approve(batch)
            return httpx.Response(204)
        if len(parts) == 3:
            offset, limit = int(request.url.params["offset"]), int(request.url.params["limit"])
            return httpx.Response(200, json=self._outcomes(batch, parts[2])[offset : offset + limit])
        return httpx.Response(200, json=self._shown(batch))

    def _create(self, request: httpx.Request) -> httpx.Response:
        self.posts += 1
        correlation = request.headers["x-correlationid"]
        if correlation not in self.of_correlation:
            batch_id = uuid.uuid4().hex[:8]
            self.of_correlation[correlation] = batch_id
            items = json.loads(request.read())["transactions"]
            self.batches[batch_id] = {"id": batch_id, "status": "created", "items": items}
        state = {"serverCorrelationId": "s1", "status": "completed", "notificationMethod": "callback"}
        reference = self.of_correlation[correlation]
        return httpx.Response(202, json={**state, "objectReference": reference})

    def _response(self, correlation: str) -> httpx.Response:
        if correlation not in self.of_correlation:
            error = {"errorCategory": "identification", "errorCode": "IdentifierError"}
            return httpx.Response(404, json=error)
        return httpx.Response(200, json={"link": f"/batchtransactions/{self.of_correlation[correlation]}"})

    def _approve(self, batch: dict[str, Any]) -> None:
        batch["status"] = "completed" if not self.hold else "approved"
        for item in batch["items"]:
            reference = item["requestingOrganisationTransactionReference"]
            if item["creditParty"][0]["value"] not in self.hold | set(self.rejected):
                self.paid.append(reference)

    def settle(self) -> None:
        """Pay what was held back."""
        self.hold.clear()
        for batch in self.batches.values():
            if batch["status"] == "approved":
                for item in batch["items"]:
                    reference = item["requestingOrganisationTransactionReference"]
                    if item["creditParty"][0]["value"] not in self.rejected and reference not in self.paid:
                        self.paid.append(reference)
                batch["status"] = "completed"

    def _outcomes(self, batch: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        found = []
        for item in batch["items"]:
            reference = item["requestingOrganisationTransactionReference"]
            told = {"requestingOrganisationTransactionReference": reference, "creditParty": item["creditParty"]}
            reason = self.rejected.get(item["creditParty"][0]["value"])
            if kind == "completions" and reference in self.paid:
                found.append(
                    {**told, "transactionReference": f"T{reference}", "completionDate": "2026-04-20T12:00:00Z"}
                )
            elif kind == "rejections" and reason and batch["status"] != "created":
                found.append({**told, "rejectionReason": reason})
        return found

    def _shown(self, batch: dict[str, Any]) -> dict[str, Any]:
        return {
            "batchId": batch["id"],
            "batchStatus": batch["status"],
            "completedCount": len(self._outcomes(batch, "completions")),
            "rejectionCount": len(self._outcomes(batch, "rejections")),
            "parsingSuccessCount": len(batch["items"]),
        }
