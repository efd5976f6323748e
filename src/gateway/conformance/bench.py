"""What every case works with: the way to her system, what was made before, and the questions that repeat.

Every answer is held against the contract the moment it comes; what departs is kept by kind, for the cases about every
answer at the end. What one case makes (a filing, its answer, its bill) others find in ``kept``.
"""

import base64
import datetime as dt
import hashlib
import os
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from gateway.authority.connect import country_of
from gateway.conformance.case import Departure, NotTried
from gateway.conformance.exchange import Exchange
from gateway.conformance.inspect import Inspector
from gateway.conformance.people import File, People
from gateway.conformance.receiver import Receiver
from gateway.kit import http_signatures
from gateway.kit.errors import GatewayError
from gateway.kit.money import currency_of, parse_amount
from gateway.kit.period import Period

ANSWERED = ("accepted", "partly_accepted", "rejected")
ACCEPTED = ("accepted", "accepted_with_change")
OK, TAKEN, BUSY, CLOSED = 200, 202, 429, 503
_MOST_PAGES = 10_000
_LONGEST_PAUSE = 30.0
_AS_AGREED = object()


@dataclass(frozen=True)
class Target:
    """Her system, and how it is to be tried."""

    url: str
    country: str
    token: str | None = None
    employer: str | None = None
    """Who is filed for; None takes the country's sample."""
    payroll: str | None = None
    period: str | None = None
    """``YYYY-MM``; None takes the month before the state's business date."""
    people: Path | None = None
    unknown: str | None = None
    key: Mapping[str, Any] | None = None
    """Private JWK that signs every request (RFC 9421)."""
    callback_url: str | None = None
    listen: str | None = None
    secret: str | None = None
    """``whsec_…`` that her callbacks are signed with."""
    when_billed: str | None = None
    """Command that makes her system book a payment."""
    when_paid: str | None = None
    """Command that makes her system advise benefits."""
    wait: float = 60.0
    """Seconds for an answer, a bill, a callback."""
    lines: int = 60
    """Of the large filing."""
    timeout: float = 30.0
    seed: int | None = None


@dataclass
class Sent:
    """A filing that was sent."""

    filing_id: str
    file: File
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass
class Bench:
    """One run."""

    target: Target
    receiver: Receiver | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    """Of the case that is being tried."""
    inspector: Inspector = field(default_factory=Inspector)

    def __post_init__(self) -> None:
        target = self.target
        self.country = country_of(target.country)
        self.people = People(self.country, people=target.people, unknown=target.unknown, seed=target.seed)
        self.currency = currency_of(self.country.currency)
        self.inspector.currency = self.currency
        self.employer = target.employer or self.people.sample.employer
        self.payroll = target.payroll or self.people.sample.payroll
        self.today = dt.datetime.now(dt.UTC).date()  # noqa: TID251 — until her system has said its business date
        self._http = httpx.Client(
            base_url=target.url.rstrip("/") + "/", timeout=target.timeout, follow_redirects=False, trust_env=False
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    @property
    def period(self) -> Period:
        """Return the month that is filed."""
        return Period.parse(self.target.period) if self.target.period else Period.of(self.today).plus(-1)

    # Calls ------------------------------------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        token: Any = _AS_AGREED,
        key: Any = _AS_AGREED,
    ) -> Exchange:
        """Make one call, again where her system asks for patience.

        Raises:
            Departure: No answer came.
        """
        for attempt in range(6):
            exchange = self._call(method, path, query or {}, headers or {}, body, token, key)
            problem = exchange.json if isinstance(exchange.json, dict) else {}
            is_busy = exchange.status == BUSY or (exchange.status == CLOSED and problem.get("outcome") == "not_done")
            if not is_busy or attempt == 5:
                break
            time.sleep(_pause(exchange))
        if exchange.status is None:
            raise Departure("no_answer", problem=exchange.problem)
        return exchange

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        token: Any,
        key: Any,
    ) -> Exchange:
        word = self.target.token if token is _AS_AGREED else token
        sent = {"accept": "application/json, application/problem+json", **headers}
        if word is not None:
            sent["authorization"] = f"Bearer {word}"
        request = self._http.build_request(method, path.lstrip("/"), params=query, headers=sent, content=body or None)
        signing = self.target.key if key is _AS_AGREED else key
        if signing is not None:
            now = dt.datetime.now(dt.UTC)  # noqa: TID251 — a signature says when it was made
            request.headers.update(
                http_signatures.sign(signing, method=method, url=str(request.url), headers=sent, body=body, now=now)
            )
        exchange = Exchange(method, str(request.url), request.url.path, dict(request.headers), body)
        self.exchanges.append(exchange)
        try:
            answer = self._http.send(request)
        except httpx.HTTPError as problem:
            exchange.problem = f"{type(problem).__name__}: {problem}"
            return exchange
        exchange.status, exchange.answer_headers = answer.status_code, dict(answer.headers)
        exchange.answer_body = answer.content
        self.inspector.look(exchange, path="/" + path.lstrip("/").partition("?")[0])
        return exchange

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Ask; return the object that a 200 brings."""
        exchange = self.call("GET", path, query=query)
        return self.object_of(exchange, OK)

    def object_of(self, exchange: Exchange, *wanted: int) -> dict[str, Any]:
        """Return the object of an answer with one of these statuses."""
        if exchange.status not in wanted:
            exchange.is_told = True
            raise Departure("status", wanted=" / ".join(map(str, wanted)), got=exchange.status)
        found = exchange.json
        if not isinstance(found, dict):
            exchange.is_told = True
            raise Departure("no_object")
        return found

    def refused(self, exchange: Exchange, status: int, code: str | None) -> dict[str, Any]:
        """Check that a call was refused with this status and code; return the problem."""
        problem = self.object_of(exchange, status)
        if code is not None and problem.get("code") != code:
            raise Departure("code", wanted=code, got=problem.get("code"))
        return problem

    # Filings ----------------------------------------------------------------------------------------------------

    def file(self, count: int, **changed: Any) -> File:
        """Write a file about people nobody filed for before."""
        given = {"employer": self.employer, "payroll": self.payroll, "period": self.period, "written_on": self.today}
        return self.people.file(self.people.take(count), **{**given, **changed})

    def prepare(self, file: File, *, filing_id: str | None = None, **changed: str | None) -> Sent:
        """Give a file an id, and what is said of it."""
        name = filing_id or str(uuid.uuid4())
        query = {"kind": file.kind, "employer": self.employer, "period": str(self.period), "payroll": self.payroll}
        given = {k: v for k, v in {**query, **changed}.items() if v is not None}
        headers = {
            "content-type": "application/octet-stream",
            "content-digest": digest_header(file.body),
            "idempotency-key": f'"{name}"',
        }
        return Sent(name, file, given, headers)

    def put(self, sent: Sent, **changed: Any) -> Exchange:
        """Send a filing; ``headers`` are added, None takes one out."""
        added = changed.pop("headers", {})
        headers = {name: value for name, value in {**sent.headers, **added}.items() if value is not None}
        return self.call(
            "PUT", f"filings/{sent.filing_id}", query=sent.query, headers=headers,
            **{"body": sent.file.body, **changed},
        )  # fmt: skip

    def submit(self, file: File, **changed: str | None) -> Sent:
        """Send a file that her system must receive."""
        sent = self.prepare(file, **changed)
        self.object_of(self.put(sent), TAKEN)
        return sent

    def nothing_arrived(self, sent: Sent) -> None:
        """Check that a filing that was refused is not there."""
        exchange = self.call("GET", f"filings/{sent.filing_id}")
        found = exchange.json if isinstance(exchange.json, dict) else {}
        if exchange.status == OK and found.get("filing_id") == sent.filing_id:
            raise Departure("refused_but_kept", filing_id=sent.filing_id)
        self.refused(exchange, 404, "filing_not_found")

    def answer_of(self, sent: Sent) -> dict[str, Any]:
        """Wait until a filing is answered; return it."""
        end, pause = time.monotonic() + self.target.wait, 0.02
        while True:
            del self.exchanges[20:-1]
            found = self.get(f"filings/{sent.filing_id}")
            if found.get("status") in ANSWERED:
                return found
            if time.monotonic() > end:
                raise Departure("not_answered", seconds=self.target.wait, status=found.get("status"))
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def pages(self, path: str, limit: int, accept: str | None = None) -> list[dict[str, Any]]:
        """Return every page of a list, in a form that is asked for where the system knows it."""
        headers = {} if accept is None else {"accept": f"{accept}, application/json;q=0.9"}
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            query = {"limit": str(limit), **({"cursor": cursor} if cursor else {})}
            page = self.object_of(self.call("GET", path, query=query, headers=headers), OK)
            found.append(page)
            following = self.member(page, "next_cursor", (str, type(None)))
            if following is None:
                return found
            if following == cursor:
                break
            cursor = following
        raise Departure("no_last_page", path=path)

    def lines_of(self, sent: Sent, limit: int) -> list[dict[str, Any]]:
        """Return every line of an answer, over its pages."""
        return list(rows(self.pages(f"filings/{sent.filing_id}/lines", limit), "lines"))

    def notices(self, period: str | None = None) -> list[dict[str, Any]]:
        """Return the month's bills."""
        found = self.get("notices", employer=self.employer, period=period or str(self.period))
        return list(self.member(found, "notices", (list,)))

    def notice_with(self, sent: Sent) -> dict[str, Any]:
        """Wait for the bill in force that names a filing."""
        end = time.monotonic() + self.target.wait
        while True:
            del self.exchanges[20:-1]
            for notice in self.notices():
                named = [one.get("filing_id") for one in notice.get("filings") or () if isinstance(one, dict)]
                if sent.filing_id in named and notice.get("status") != "cancelled":
                    return notice
            if time.monotonic() > end:
                raise Departure("not_billed", seconds=self.target.wait, filing_id=sent.filing_id)
            time.sleep(0.1)

    # Values -----------------------------------------------------------------------------------------------------

    def member(self, value: Any, name: str, kinds: tuple[type, ...]) -> Any:
        """Return what stands under a name.

        Raises:
            Departure: It is missing or of another kind.
        """
        if not isinstance(value, dict) or name not in value or not isinstance(value[name], kinds):
            self._tell()
            raise Departure("member", name=name)
        return value[name]

    def minor(self, value: Any, name: str) -> int:
        """Return an amount in minor units, however many decimals it was written with."""
        written = self.member(value, name, (str,))
        try:
            return parse_amount(written, self.currency)
        except GatewayError:
            self._tell()
            raise Departure("member", name=name) from None

    def _tell(self) -> None:
        if self.exchanges:
            self.exchanges[-1].is_told = True

    def same(self, name: str, got: Any, wanted: Any) -> None:
        """Check that a value is the one that it must be."""
        if got != wanted:
            raise Departure("value", name=name, got=got, wanted=wanted)

    # What only her side can do ----------------------------------------------------------------------------------

    def ask_her(self, command: str, **facts: str) -> None:
        """Run the command that makes her system do something; the facts stand in its environment."""
        try:
            done = subprocess.run(  # noqa: S603 — the operator's own command line
                ["/bin/sh", "-c", command], env={**os.environ, **facts}, capture_output=True, text=True,
                timeout=self.target.wait + 60, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise NotTried("command_failed", command=command, problem=str(problem)) from problem
        if done.returncode:
            raise NotTried("command_failed", command=command, problem=(done.stderr or done.stdout).strip()[-500:])


def rows(pages: Sequence[Mapping[str, Any]], name: str) -> Iterator[dict[str, Any]]:
    """Give what stands on all pages.

    Raises:
        Departure: A page has no such list.
    """
    for page in pages:
        found = page.get(name)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise Departure("member", name=name)
        yield from found


def digest_header(body: bytes) -> str:
    """Return the value of Content-Digest (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def part(text: str) -> str:
    """Return a text as one part of a path."""
    return quote(text, safe="")


def _pause(exchange: Exchange) -> float:
    asked = exchange.answer_headers.get("retry-after", "")
    return min(float(asked), _LONGEST_PAUSE) if asked.isascii() and asked.isdigit() else 1.0
