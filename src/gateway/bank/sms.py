"""Short messages over HTTP: one is sent under a reference of ours, and can be asked about by it.

POST /sms {"to", "text", "reference"} answers {"message_id"}; the same reference again is the same message. GET
/sms/{reference} answers {"message_id", "status"}, or 404 where the carrier has none.
"""

import json
from typing import NamedTuple, Protocol
from urllib.parse import quote

import httpx

from gateway.bank.errors import PayerOutcomeUnknownError, PayerRefusedError, PayerUnavailableError
from gateway.bank.transport import Timeouts, Transport
from gateway.kit.errors import GatewayError


class Carried(NamedTuple):
    """A message that a carrier has."""

    message_id: str
    status: str
    """``sent``, ``delivered`` or ``failed``; or a word we do not know."""


class SmsChannel(Protocol):
    """Somebody who carries short messages. Both calls may raise the three errors of ``bank.errors``."""

    def send(self, reference: str, to: str, text: str) -> Carried:
        """Hand a message over; the same reference again is the same message.

        Raises:
            PayerUnavailableError: Surely not sent; try again later.
            PayerRefusedError: It will never be sent like this.
            PayerOutcomeUnknownError: Nobody knows; ask by ``find``.
        """
        ...

    def find(self, reference: str) -> Carried | None:
        """Ask what became of a message; None only where the carrier has none of it."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class HttpSms:
    """A carrier with the interface above."""

    def __init__(
        self, url: str, token: str, *, timeouts: Timeouts | None = None, http: httpx.BaseTransport | None = None
    ) -> None:
        self._transport = Transport(url, token, timeouts=timeouts, http=http)

    def send(self, reference: str, to: str, text: str) -> Carried:
        """Hand a message over."""
        body = json.dumps({"to": to, "text": text, "reference": reference}).encode()
        try:
            answer, _raw = self._transport.call("POST", "sms", content=body)
        except (PayerOutcomeUnknownError, PayerRefusedError) as told:
            raise _plainly(told) from told
        return _carried(answer)

    def find(self, reference: str) -> Carried | None:
        """Ask what became of a message."""
        try:
            answer, _raw = self._transport.call("GET", f"sms/{quote(reference, safe='')}")
        except PayerRefusedError as refusal:
            if refusal.http_status == 404:
                return None
            raise
        return _carried(answer)

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()


def _plainly(told: PayerOutcomeUnknownError | PayerRefusedError) -> GatewayError:
    """Say what a refusal means for a message: one for want of leave is not the message's fault and comes again."""
    status = None if told.raw is None else told.raw.status
    if status in (401, 403):
        return PayerUnavailableError(f"the carrier answered {status}: it does not let us in", raw=told.raw)
    if status is None or not 400 <= status < 500 or status in (408, 409, 429):
        return told
    words = f"the carrier answered {status} and will not send it"
    return PayerRefusedError(words, their_code=f"http/{status}", http_status=status, raw=told.raw)


def _carried(answer: object) -> Carried:
    found = answer if isinstance(answer, dict) else {}
    return Carried(str(found.get("message_id", "")), str(found.get("status", "sent")))
