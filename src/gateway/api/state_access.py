"""What a route of the state's side may ask for: the client behind the token, within its scopes, in one transaction.

``StateDep`` is for a state's systems what ``ActDep`` is for staff; neither's tokens open anything of the other. ``needs``
names the scopes of a route. Before an endpoint runs: the token is known, its scope reaches, the client's rate is not
used up, and where the client signs its requests the signature holds and its nonce is new. A nonce stays used whatever
becomes of the request.
"""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from gateway.api import trace
from gateway.api.dependencies import Gate, commit, gate_of
from gateway.api.once import KeyHeader, Once, read_key
from gateway.api.proxies import is_one_of, networks
from gateway.api.rate import RateLimit, Standing, refusal
from gateway.api.refusals import RouteUnknownError
from gateway.authority.errors import AuthorityUnavailableError
from gateway.authority.web import StateWeb
from gateway.kit import audit, http_signatures, idempotency
from gateway.kit.db import act_for
from gateway.kit.errors import UnauthenticatedError
from gateway.kit.idempotency import Known, Place
from gateway.kit.signing import TOLERANCE
from gateway.kit.tenant import MutualRow
from gateway.settings import Settings
from gateway.statelink import admit
from gateway.statelink.admit import ClientPrincipal
from gateway.statelink.errors import ClientInvalidError, ScopeMissingError
from gateway.statelink.rules import certificate_name
from gateway.statelink.states import Scope


class StateSide:
    """What all requests of the state's side share in one process: its way to clients' keys, and how often each asks."""

    def __init__(self, settings: Settings, web: StateWeb | None = None) -> None:
        self.web = web or StateWeb()
        self.token_rate = RateLimit(settings.login_rate_per_minute)
        self._limits: dict[int, RateLimit] = {}
        self._lock = threading.Lock()

    def take(self, client: ClientPrincipal) -> Standing:
        """Count a request of a client and return what is left of its minute."""
        with self._lock:
            limit = self._limits.setdefault(client.rate_per_minute, RateLimit(client.rate_per_minute))
        return limit.take(client.client_id)


class StateAct:
    """A request of a client of the state; filled while its endpoint runs."""

    session: Session
    client: ClientPrincipal
    mutual: MutualRow
    actor: str
    """For the log: ``state:sc-1-0123456789abcdef``."""
    today: dt.date

    def __init__(self, request: Request, response: Response, token: str) -> None:
        self._gate, self._request, self._token = gate_of(request), request, token
        self.response = response
        self.now = dt.datetime.now(dt.UTC)
        self.scopes: frozenset[Scope] = frozenset()
        self.place: tuple[str, str] | None = None
        """Route and key of a request that acts once."""
        self.known = Known(None, None, None, None, None)

    def admit(self, body: bytes) -> None:
        """Refuse who may not, before anything it sent is looked at.

        Raises:
            TokenInvalidError: The token is of no live client.
            ScopeMissingError: It does not reach this far.
            TooManyError: The client's minute is used up.
            SignatureError: The request must be signed, and is not as it must.
            ReplayedError: Its nonce was used before.
        """
        side = side_of(self._request)
        self.client = self._recognised()
        if not self.client.scopes & self.scopes:
            names = " or ".join(sorted(scope.value for scope in self.scopes))
            raise ScopeMissingError(f"this needs the scope {names}, which the access token does not have")
        standing = side.take(self.client)
        standing.tell(self._request, "client")
        if standing.left < 0:
            raise refusal(standing)
        if self.client.needs_signature or "signature-input" in self._request.headers:
            self._check_signature(side, body)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open the transaction, bind it to the client's mutual, keep its work at the end."""
        with Session(self._gate.database.engine, expire_on_commit=False) as session:
            self.session, self.mutual, self.actor = session, self.client.mutual, self.client.actor
            act_for(session, self.mutual.id, actor=self.actor)
            audit.bind_trace(session, trace.current())
            self.today = self._gate.settings.clock(self.mutual.time_zone)
            if self.place is not None:
                self.known = idempotency.take(session, Place(self.actor, *self.place))
            yield
            commit(session)

    def _recognised(self) -> ClientPrincipal:
        shown = presented(self._request, self._gate.settings)
        with Session(self._gate.database.engine) as session:
            return admit.recognise(session, self._token, certificates=shown, now=self.now)

    def _check_signature(self, side: StateSide, body: bytes) -> None:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._request.headers.raw]
        key_id = http_signatures.key_id_of(dict(headers))
        if admit.must_read_keys(self.client, key_id, now=self.now):
            assert self.client.jwks_url is not None
            read_keys(self._gate, side, self.client.client_id, self.client.jwks_url, now=self.now)
            self.client = self._recognised()
        verified = http_signatures.verify(
            http_signatures.read_keys(self.client.jwks or {}),
            method=self._request.method,
            url=address_of(self._request, self._gate.settings),
            headers=headers,
            body=body,
            now=self.now,
        )
        with Session(self._gate.database.engine) as session:
            act_for(session, self.client.mutual.id, actor=self.client.actor)
            until = verified.created + 2 * TOLERANCE
            admit.see(session, self.client.row_id, "nonce", verified.nonce, until=until, now=self.now)
            commit(session)


def side_of(request: Request) -> StateSide:
    """Return what the requests of the state's side share."""
    side = request.app.state.state_side
    assert isinstance(side, StateSide)
    return side


def read_keys(gate: Gate, side: StateSide, client_id: str, url: str, *, now: dt.datetime) -> None:
    """Read a client's keys at its address and keep them; no transaction is open while we call.

    Where they cannot be read, those that were kept stay in force, and the address is left alone for a minute.
    """
    try:
        found = side.web.read_jwks(url)
    except AuthorityUnavailableError:
        found = None
    with Session(gate.database.engine) as session:
        admit.store_keys(session, client_id, found, now=now)
        commit(session)


def address_of(request: Request, settings: Settings) -> str:
    """Return the address that a client was told to use: ours as it is known outside, with the path as it came."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"").decode("latin-1")
    path = raw.split(b"?")[0].decode("latin-1")
    return settings.public_url.rstrip("/") + path + (f"?{query}" if query else "")


def presented(request: Request, settings: Settings) -> frozenset[str]:
    """Return the names of the certificate that a trusted proxy says it has checked; of nobody else's word."""
    peer = request.scope["state"]["peer"]
    if peer is None or not is_one_of(peer[0], networks(settings.state_trusted_proxies)):
        return frozenset()
    found = set()
    for header, prefix in ((settings.state_certificate_header, "sha256:"), (settings.state_san_header, "san:")):
        for value in request.headers.getlist(header) if header else ():
            for one in value.split(","):
                try:
                    found.add(certificate_name(prefix + one.strip()))
                except ClientInvalidError:
                    continue
    return frozenset(found)


async def _state(request: Request, response: Response) -> StateAct:
    act: StateAct | None = getattr(request.state, "state_act", None)
    if act is None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError("no access token; get one at POST /v1/state/oauth/token")
        act = request.state.state_act = StateAct(request, response, token)
    return act


StateDep = Annotated[StateAct, Depends(_state)]
"""The request of a client of the state: ``act.session``, ``act.client``, ``act.actor``, ``act.today``, ``act.now``."""


async def _once(request: Request, response: Response, idempotency_key: KeyHeader = None) -> Once:
    act = await _state(request, response)
    once = Once(request, act, read_key(idempotency_key))
    act.place = (once.route, once.key)
    return once


StateOnceDep = Annotated[Once, Depends(_once)]
"""As ``OnceDep``, for a state's systems: ``once(do, status=201, body=the_request)``."""


async def _raw(request: Request) -> bytes:
    return await request.body()


RawDep = Annotated[bytes, Depends(_raw)]
"""The body as it came."""


def needs(*scopes: Scope) -> Any:
    """Let only clients with one of these scopes in. To be named in a route's ``dependencies``."""
    asked = frozenset(scopes)

    async def check(request: Request, response: Response) -> None:
        act = await _state(request, response)
        act.scopes = asked
        await run_in_threadpool(act.admit, await request.body())

    check.scopes = asked  # type: ignore[attr-defined]  # read by the description
    return Depends(check)


def only_if(setting: str) -> Any:
    """Let a route be there only where a setting says so; else it is as if it were not."""

    async def check(request: Request) -> None:
        if not getattr(gate_of(request).settings, setting):
            raise RouteUnknownError(f"nothing is at {request.url.path}; it is switched on by GATEWAY_{setting.upper()}")

    return Depends(check)
