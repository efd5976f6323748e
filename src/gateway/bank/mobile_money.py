"""Payouts in batches over the GSMA Mobile Money API, 1.1 and 1.2.

The batch is created first and approved by a second call, which is where our second person comes in. After a lost
answer the provider is asked by our own ``X-CorrelationID``: ``/responses`` leads to the batch or the request's state.
Only an error object of category ``identification`` proves that a batch never arrived; any other 404 proves nothing.

The specification forbids trailing zeros in amounts (``"5.00"`` is invalid): they are written canonical, read lenient.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from gateway.bank.errors import PayerOutcomeUnknownError, PayerRefusedError
from gateway.bank.protocol import (
    BatchReception,
    BatchStanding,
    ItemFailure,
    ItemResult,
    PaymentStanding,
    PayoutItem,
    RawAnswer,
)
from gateway.bank.transport import Transport
from gateway.kit.errors import GatewayError
from gateway.kit.money import currency_of, format_amount, parse_amount

MAX_ITEMS = 999_999
_APPROVED = ("approved", "completed")
_PAGE = 1_000
_MOST_PAGES = 10_000
_ITEMS_PER_CHUNK = 500
_LONGEST_DESCRIPTION = 160
_LONGEST_TITLE = 256


class MobileMoneyChannel:
    """``PayerChannel`` of one provider."""

    def __init__(
        self, transport: Transport, *, debit_party: Mapping[str, str], callback_url: str | None = None
    ) -> None:
        """Open the channel.

        Args:
            transport: The way to the provider.
            debit_party: How the provider knows the account that pays, for example ``{"organisationid": "amparo"}``.
            callback_url: Where the provider is to tell us of changes; None lets us ask.
        """
        self._transport = transport
        self._debit_party = [{"key": key, "value": value} for key, value in debit_party.items()]
        self._callback_url = callback_url

    def send_batch(
        self, correlation_id: uuid.UUID, items: Iterable[PayoutItem], *, title: str = "", description: str = ""
    ) -> BatchReception:
        """Create a batch; nothing is paid before it is approved."""
        content, raw = self._transport.call(
            "POST",
            "batchtransactions",
            headers=self._ours(correlation_id),
            content=self._body(items, title, description),
        )
        state = _object(content, raw)
        return BatchReception(
            correlation_id=correlation_id,
            request_reference=_text(state.get("serverCorrelationId")),
            batch_reference=_text(state.get("objectReference")) or _text(state.get("batchId")),
            status=_text(state.get("status")) or "pending",
            raw=raw,
        )

    def find_batch(self, correlation_id: uuid.UUID) -> BatchStanding | None:
        """Ask what became of a batch, by our id."""
        try:
            content, raw = self._transport.call("GET", f"responses/{correlation_id}")
        except PayerRefusedError as refusal:
            if refusal.http_status == 404 and refusal.their_code.startswith("identification/"):
                return None
            raise PayerOutcomeUnknownError(
                f"the payer would not say what became of {correlation_id}: {refusal.detail}", raw=refusal.raw
            ) from refusal
        link = _text(_object(content, raw).get("link"))
        kind, reference = _resource(link)
        if kind == "batchtransactions":
            return self.batch(reference)
        if kind == "requeststates":
            return self._request(reference)
        raise PayerOutcomeUnknownError(f"the payer answers with a link we do not know: {(link or '')[:200]!r}", raw=raw)

    def _request(self, reference: str) -> BatchStanding:
        """Follow a request that has not become a batch yet, or never will."""
        content, raw = self._transport.call("GET", f"requeststates/{quote(reference, safe='')}")
        state = _object(content, raw)
        batch_reference = _text(state.get("objectReference"))
        if batch_reference and state.get("status") != "failed":
            kind, found = _resource(batch_reference)
            return self.batch(found if kind == "batchtransactions" else batch_reference)
        error = state.get("error")
        reason = _reason(error) if isinstance(error, dict) else _text(state.get("pendingReason"))
        return BatchStanding(None, _text(state.get("status")) or "pending", 0, 0, 0, reason, raw)

    def batch(self, reference: str) -> BatchStanding:
        """Give a batch as it stands now."""
        content, raw = self._transport.call("GET", _path(reference))
        return _standing(_object(content, raw), raw, reference)

    def approve(self, reference: str) -> BatchStanding:
        """Let a created batch be paid. One that is approved or completed already is left as it is."""
        before = self.batch(reference)
        if before.status in _APPROVED:
            return before
        patch = json.dumps([{"op": "replace", "path": "/batchStatus", "value": "approved"}]).encode()
        # The id is made of the batch's, so that a repeat is the same request.
        repeatable = uuid.uuid5(uuid.NAMESPACE_URL, f"approve:{reference}")
        try:
            self._transport.call("PATCH", _path(reference), headers=self._ours(repeatable), content=patch)
        except PayerRefusedError:
            # Somebody else of ours may have been faster.
            after = self.batch(reference)
            if after.status in _APPROVED:
                return after
            raise
        return self.batch(reference)

    def payment(self, reference: str) -> PaymentStanding:
        """Give one payment as it stands now."""
        content, raw = self._transport.call("GET", f"transactions/{quote(reference, safe='')}")
        found = _object(content, raw)
        told, status = _text(found.get("transactionReference")), _text(found.get("transactionStatus"))
        if told != reference or status is None:
            raise PayerOutcomeUnknownError(f"asked about payment {reference}, told about {told} ({status})", raw=raw)
        return PaymentStanding(reference, status, raw, *_amount(found))

    def completions(self, reference: str) -> Iterator[ItemResult]:
        """Give the payouts that were made so far."""
        for item, raw in self._list(f"{_path(reference)}/completions"):
            yield ItemResult(
                end_to_end_id=_ours_of(item, raw),
                provider_reference=_text(item.get("transactionReference")) or "",
                completed_at=_instant(item.get("completionDate") or item.get("completedDate")),
            )

    def rejections(self, reference: str) -> Iterator[ItemFailure]:
        """Give the payouts that were refused so far."""
        for item, raw in self._list(f"{_path(reference)}/rejections"):
            text = _text(item.get("rejectionReason")) or ""
            code, separator, rest = text.partition(":")
            # The specification has no code: where the reason begins with a single word and a colon, that is one.
            has_code = bool(separator) and code.isidentifier()
            yield ItemFailure(_ours_of(item, raw), code if has_code else "rejected", rest.strip() if has_code else text)

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()

    def _ours(self, correlation_id: uuid.UUID) -> dict[str, str]:
        headers = {"X-CorrelationID": str(correlation_id)}
        if self._callback_url:
            headers["X-Callback-URL"] = self._callback_url
        return headers

    def _body(self, items: Iterable[PayoutItem], title: str, description: str) -> Iterator[bytes]:
        """Write the batch as a stream; a million items are never held at once."""
        head = {"batchTitle": title[:_LONGEST_TITLE], "batchDescription": description[:_LONGEST_TITLE]}
        yield (json.dumps(head, ensure_ascii=True)[:-1] + ', "transactions": [').encode()
        pieces: list[str] = []
        separator = ""
        for item in items:
            pieces.append(separator + json.dumps(self._transaction(item)))
            separator = ",\n"
            if len(pieces) == _ITEMS_PER_CHUNK:
                yield "".join(pieces).encode()
                pieces.clear()
        yield ("".join(pieces) + "]}").encode()

    def _transaction(self, item: PayoutItem) -> dict[str, Any]:
        return {
            "amount": canonical_amount(item.amount_minor, item.currency),
            "currency": item.currency,
            "type": "disbursement",
            "debitParty": self._debit_party,
            "creditParty": [{"key": "msisdn", "value": item.destination}],
            "requestingOrganisationTransactionReference": item.end_to_end_id,
            "descriptionText": item.description[:_LONGEST_DESCRIPTION],
        }

    def _list(self, path: str) -> Iterator[tuple[Mapping[str, Any], RawAnswer]]:
        """Give all items of a list, page by page; a page that is not full is the last."""
        offset = 0
        for _ in range(_MOST_PAGES):
            content, raw = self._transport.call("GET", path, params={"limit": str(_PAGE), "offset": str(offset)})
            if not isinstance(content, list):
                raise PayerOutcomeUnknownError(f"{path}: the answer is no list", raw=raw)
            for item in content:
                if not isinstance(item, dict):
                    raise PayerOutcomeUnknownError(f"{path}: an item is no object", raw=raw)
                yield item, raw
            offset += len(content)
            available = raw.headers.get("x-records-available-count", "")
            if not content or (offset >= int(available) if available.isdigit() else len(content) < _PAGE):
                return
        raise PayerOutcomeUnknownError(f"{path}: the list has no end")


def canonical_amount(minor: int, currency: str) -> str:
    """Write an amount as the specification wants it: no trailing zeros, no trailing dot.

    Raises:
        ValueError: Not above zero.
    """
    if minor <= 0:
        raise ValueError(f"a payout of {minor} minor units")
    text = format_amount(minor, currency_of(currency))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _amount(payment: Mapping[str, Any]) -> tuple[int | None, str | None]:
    currency = _text(payment.get("currency"))
    try:
        return (
            (None, None)
            if currency is None
            else (parse_amount(str(payment.get("amount")), currency_of(currency)), currency)
        )
    except GatewayError:
        return None, None


def _path(reference: str) -> str:
    return f"batchtransactions/{quote(reference, safe='')}"


def _resource(link: str | None) -> tuple[str, str]:
    """Return the kind and id a link leads to; providers give whole addresses or paths, with or without a root."""
    parts = [unquote(part) for part in urlsplit(link or "").path.split("/") if part]
    return (parts[-2], parts[-1]) if len(parts) >= 2 else ("", "")


def _standing(batch: Mapping[str, Any], raw: RawAnswer, reference: str) -> BatchStanding:
    found = _text(batch.get("batchId"))
    if found != reference:
        raise PayerOutcomeUnknownError(f"asked about batch {reference}, told about {found}", raw=raw)
    status = _text(batch.get("batchStatus"))
    if status is None:
        raise PayerOutcomeUnknownError(f"batch {reference} has no status", raw=raw)
    return BatchStanding(
        reference=found,
        status=status,
        completed=_count(batch.get("completedCount")),
        rejected=_count(batch.get("rejectionCount")),
        parsed=_count(batch.get("parsingSuccessCount")),
        reason=None,
        raw=raw,
    )


def _object(content: Any, raw: RawAnswer) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise PayerOutcomeUnknownError(f"{raw.method} {raw.url}: the answer is no object", raw=raw)
    return content


def _ours_of(item: Mapping[str, Any], raw: RawAnswer) -> str:
    found = _text(item.get("requestingOrganisationTransactionReference"))
    if not found:
        raise PayerOutcomeUnknownError(f"{raw.url}: an item does not say which payout of ours it is", raw=raw)
    return found


def _reason(error: Mapping[str, Any]) -> str:
    said = _text(error.get("errorDescription")) or _text(error.get("errordescription")) or ""
    return f"{error.get('errorCategory')}/{error.get('errorCode')} {said}".strip()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and value >= 0 else 0


def _instant(value: Any) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    # Without an offset it is no instant; the day it came is the caller's.
    return moment if moment is not None and moment.tzinfo is not None else None
