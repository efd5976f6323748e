"""One call to a payer, and what became of it: answered, refused, surely not done, or not known.

Nothing is retried here: the caller alone knows what may be sent again.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from gateway.bank.errors import PayerOutcomeUnknownError, PayerRefusedError, PayerUnavailableError
from gateway.bank.protocol import RawAnswer
from gateway.kit.authorities import trusted

MAX_ANSWER = 64 * 1024 * 1024
_LONGEST_QUOTE = 500


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds."""

    connect: float = 5.0
    read: float = 30.0
    write: float = 60.0
    total: float = 300.0
    """For one whole call."""


class Transport:
    """Carries calls to one payer under one token."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeouts: Timeouts | None = None,
        on_answer: Callable[[RawAnswer], None] | None = None,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        limits = timeouts or Timeouts()
        self._total = limits.total
        self._on_answer = on_answer
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=httpx.Timeout(limits.read, connect=limits.connect, write=limits.write, pool=limits.connect),
            follow_redirects=False,
            transport=http,
            trust_env=False,
            verify=trusted(),
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: Iterable[bytes] | bytes | None = None,
    ) -> tuple[Any, RawAnswer]:
        """Make a call; return the answer's JSON (None for an empty 204) and the answer as it came."""
        started = _now()
        stamped = {"X-Date": started.isoformat(timespec="milliseconds"), **(headers or {})}
        if content is not None:
            stamped["Content-Type"] = "application/json"
        request = self._client.build_request(method, path, headers=stamped, params=params, content=content)
        try:
            response = self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as problem:
            raw = self._keep(_unanswered(request, started, f"no connection: {problem}"))
            raise PayerUnavailableError(
                f"the payer at {request.url.host} cannot be reached ({type(problem).__name__}); nothing was sent",
                raw=raw,
            ) from problem
        except httpx.HTTPError as problem:
            raw = self._keep(_unanswered(request, started, f"no answer: {type(problem).__name__}"))
            raise _unknown(raw, raw.problem or "no answer") from problem
        try:
            body, cut = self._read(response, started)
        finally:
            response.close()
        headers_in = dict(response.headers)
        raw = RawAnswer(method, str(request.url), response.status_code, headers_in, body, started, _now(), cut)
        return _judge(self._keep(raw)), raw

    def _read(self, response: httpx.Response, started: dt.datetime) -> tuple[bytes, str | None]:
        body = bytearray()
        try:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MAX_ANSWER:
                    return bytes(body[:MAX_ANSWER]), f"longer than {MAX_ANSWER} octets"
                if (_now() - started).total_seconds() > self._total:
                    return bytes(body), f"not finished after {self._total:g} seconds"
        except (httpx.HTTPError, httpx.StreamError) as problem:
            return bytes(body), f"cut off: {type(problem).__name__}"
        return bytes(body), None

    def _keep(self, raw: RawAnswer) -> RawAnswer:
        if self._on_answer is not None:
            self._on_answer(raw)
        return raw


def _judge(raw: RawAnswer) -> Any:
    if raw.problem is not None or raw.status is None:
        raise _unknown(raw, raw.problem or "no answer")
    if raw.status == 204:
        return None
    content = _json(raw.body)
    if 200 <= raw.status < 300:
        if content is None:
            raise _unknown(raw, f"{raw.status} with an answer that is no JSON")
        return content
    raise _refusal(raw, content)


def _refusal(raw: RawAnswer, content: Any) -> PayerUnavailableError | PayerRefusedError | PayerOutcomeUnknownError:
    """Say what an error object means. 500 and 503 may come after the deed, so they prove nothing."""
    problem = content if isinstance(content, dict) else {}
    status = raw.status or 0
    category, code = problem.get("errorCategory"), problem.get("errorCode")
    said = problem.get("errorDescription") or problem.get("errordescription")
    words = f"the payer answered {status}" + (f": {said[:_LONGEST_QUOTE]}" if isinstance(said, str) else "")
    their_code = f"{category}/{code}"
    if status == 429 or (400 <= status < 500 and code == "rateLimitError"):
        return PayerUnavailableError(words, their_code=their_code, retry_after_seconds=_retry_after(raw), raw=raw)
    if 400 <= status < 500 and isinstance(category, str) and isinstance(code, str):
        return PayerRefusedError(f"{words} ({their_code})", their_code=their_code, http_status=status, raw=raw)
    return _unknown(raw, words)


def _unknown(raw: RawAnswer, why: str) -> PayerOutcomeUnknownError:
    return PayerOutcomeUnknownError(
        f"{raw.method} {raw.url}: {why}; ask the payer what it knows before doing anything", raw=raw
    )


def _unanswered(request: httpx.Request, started: dt.datetime, problem: str) -> RawAnswer:
    return RawAnswer(request.method, str(request.url), None, {}, b"", started, _now(), problem)


def _retry_after(raw: RawAnswer) -> float | None:
    text = raw.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _now() -> dt.datetime:
    # The one clock of this adapter: when an answer came is part of the evidence, not of any rule.
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - a header says when a message was made
