"""One call to the state, and what became of it.

| what happened | what it means |
|---|---|
| no connection, or no slot in the pool | surely not done: AuthorityUnavailableError |
| 429, or 503 whose problem says ``not_done`` | surely not done: AuthorityUnavailableError |
| any other 4xx with a problem document and a code, unless it says ``done`` or ``unknown`` | AuthorityRefusedError |
| 2xx with JSON | the answer |
| all else: timeouts, cut or unreadable answers, 5xx, redirects, problems without a code | OutcomeUnknownError |

Nothing is retried here: the caller alone knows what may be sent again.
"""

import datetime as dt
import email.utils
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from gateway.authority.errors import AuthorityRefusedError, AuthorityUnavailableError, OutcomeUnknownError
from gateway.authority.protocol import RawAnswer
from gateway.kit import http_signatures
from gateway.kit.authorities import trusted
from gateway.kit.errors import FieldProblem
from gateway.kit.own_keys import OwnKeys, OwnKeysError

MAX_ANSWER = 64 * 1024 * 1024
"""Octets; more than any page the contract allows. A longer answer is cut off and not believed."""
_LONGEST_QUOTE = 500
_PLAIN = "application/json, application/problem+json"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds."""

    connect: float = 5.0
    read: float = 30.0
    """Between two pieces of an answer."""
    write: float = 60.0
    total: float = 300.0
    """For one whole call; a state that drips an octet at a time is given up on."""


class Transport:
    """Carries calls to one state under one token."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeouts: Timeouts | None = None,
        on_answer: Callable[[RawAnswer], None] | None = None,
        keys: OwnKeys | None = None,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        """Open the way.

        Args:
            url: Of the state's API.
            token: Agreed with the state.
            timeouts: How long to wait.
            on_answer: Called with every answer as it came.
            keys: Where given, every request is signed with them (RFC 9421), or does not leave.
            http: Another way than the network, for tests.
        """
        limits = timeouts or Timeouts()
        self._total = limits.total
        self._on_answer = on_answer
        self._keys = keys
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token}", "Accept": _PLAIN},
            timeout=httpx.Timeout(limits.read, connect=limits.connect, write=limits.write, pool=limits.connect),
            follow_redirects=False,
            transport=http,
            trust_env=False,
            verify=trusted(),
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        short_way: Callable[[bytes], Any] | None = None,
        accept: str | None = None,
    ) -> tuple[Any, RawAnswer]:
        """Ask; return the answer's JSON and the answer as it came.

        Args:
            path: Below the state's address.
            params: The query.
            short_way: Reads what is answered; where it gives None, the answer is read as any JSON.
            accept: A form of JSON that is liked better than the plain one.
        """
        headers = {} if accept is None else {"Accept": f"{accept}, {_PLAIN.replace(',', ';q=0.9,')};q=0.9"}
        return self._call("GET", path, params, headers, None, short_way)

    def put(
        self, path: str, params: Mapping[str, str], headers: Mapping[str, str], chunks: Iterable[bytes]
    ) -> tuple[Any, RawAnswer]:
        """Send a streamed body; return the answer's JSON and the answer as it came."""
        return self._call("PUT", path, params, headers, chunks)

    def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        chunks: Iterable[bytes] | None,
        short_way: Callable[[bytes], Any] | None = None,
    ) -> tuple[Any, RawAnswer]:
        request = self._client.build_request(method, path, params=params, headers=headers, content=chunks)
        if self._keys is not None:
            # A streamed body stands in the signature by its Content-Digest, which whoever streams it has given.
            request.headers.update(_signature(self._keys, method, str(request.url), headers))
        call = _Call(request)
        try:
            response = self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as problem:
            raw = self._keep(call.unanswered(f"no connection: {problem}"))
            raise AuthorityUnavailableError(
                f"the state at {request.url.host} cannot be reached ({_name(problem)}); nothing was sent", raw=raw
            ) from problem
        except httpx.HTTPError as problem:
            raise self._unknown(call.unanswered(f"no answer: {_name(problem)}")) from problem
        try:
            body, cut = self._read(response, call)
        finally:
            response.close()
        return self._judge(call.answered(response, body, cut), short_way)

    def _read(self, response: httpx.Response, call: "_Call") -> tuple[bytes, str | None]:
        """Read the whole answer; also say why it is not whole."""
        pieces, size = [], 0
        try:
            for piece in response.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > MAX_ANSWER:
                    return b"".join(pieces)[:MAX_ANSWER], f"longer than {MAX_ANSWER} octets"
                if call.seconds() > self._total:
                    return b"".join(pieces), f"not finished after {self._total:g} seconds"
        except (httpx.HTTPError, httpx.StreamError) as problem:
            return b"".join(pieces), f"cut off: {_name(problem)}"
        return b"".join(pieces), None

    def _judge(self, raw: RawAnswer, short_way: Callable[[bytes], Any] | None) -> tuple[Any, RawAnswer]:
        self._keep(raw)
        if raw.problem is not None or raw.status is None:
            raise _unknown(raw, raw.problem or "no answer")
        is_done = 200 <= raw.status < 300
        content = short_way(raw.body) if short_way is not None and is_done else None
        content = _json(raw.body) if content is None else content
        if is_done:
            if content is None:
                raise _unknown(raw, f"{raw.status} with an answer that is no JSON")
            return content, raw
        raise _refusal(raw, content)

    def _unknown(self, raw: RawAnswer) -> OutcomeUnknownError:
        return _unknown(self._keep(raw), raw.problem or "no answer")

    def _keep(self, raw: RawAnswer) -> RawAnswer:
        if self._on_answer is not None:
            self._on_answer(raw)
        return raw


class _Call:
    """A request under way: its clock and how to tell of it."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._started = _now()

    def seconds(self) -> float:
        return (_now() - self._started).total_seconds()

    def unanswered(self, problem: str) -> RawAnswer:
        return RawAnswer(self._request.method, str(self._request.url), None, {}, b"", self._started, _now(), problem)

    def answered(self, response: httpx.Response, body: bytes, cut: str | None) -> RawAnswer:
        return RawAnswer(
            self._request.method,
            str(self._request.url),
            response.status_code,
            dict(response.headers),
            body,
            self._started,
            _now(),
            cut,
        )


def _signature(keys: OwnKeys, method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
    try:
        key = keys.signing()
    except OwnKeysError as problem:
        raise AuthorityUnavailableError(f"{problem.detail}; nothing was sent") from problem
    return http_signatures.sign(key, method=method, url=url, headers=headers, body=None, now=_now())


def _refusal(raw: RawAnswer, content: Any) -> AuthorityUnavailableError | AuthorityRefusedError | OutcomeUnknownError:
    """Say what an answer other than 2xx means."""
    problem = content if isinstance(content, dict) else {}
    status = raw.status or 0
    code = problem.get("code") if isinstance(problem.get("code"), str) else None
    words = _words(problem, status)
    outcome = problem.get("outcome")
    if (status == 429 and outcome in (None, "not_done")) or (status == 503 and outcome == "not_done"):
        wait = _retry_after(raw)
        return AuthorityUnavailableError(words, their_code=code, retry_after_seconds=wait, raw=raw)
    if 400 <= status < 500 and code and outcome in (None, "not_done"):
        return AuthorityRefusedError(
            words,
            their_code=code,
            http_status=status,
            duplicate_of=_text(problem.get("duplicate_of")),
            reception_number=_text(problem.get("reception_number")),
            errors=_errors(problem.get("errors")),
            raw=raw,
        )
    return _unknown(raw, words)


def _unknown(raw: RawAnswer, why: str) -> OutcomeUnknownError:
    return OutcomeUnknownError(
        f"{raw.method} {raw.url}: {why}; ask the state what it knows before doing anything", raw=raw
    )


def _words(problem: Mapping[str, Any], status: int) -> str:
    said = _text(problem.get("detail")) or _text(problem.get("title"))
    return f"the state answered {status}: {said[:_LONGEST_QUOTE]}" if said else f"the state answered {status}"


def _errors(items: Any) -> list[FieldProblem]:
    if not isinstance(items, list):
        return []
    return [
        FieldProblem(str(item.get("pointer", "")), "refused", str(item.get("detail", ""))[:_LONGEST_QUOTE])
        for item in items
        if isinstance(item, dict)
    ]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _json(body: bytes) -> Any:
    """Return what the octets say as JSON; None if they say nothing (``null`` is no answer either)."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _retry_after(raw: RawAnswer) -> float | None:
    text = raw.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - raw.finished_at).total_seconds())


def _name(problem: Exception) -> str:
    return type(problem).__name__


def _now() -> dt.datetime:
    # The one clock of the adapters: when an answer came is part of the evidence, not of any rule.
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - a header or signature says when it was made
