"""What a route may ask for: who acts, for which mutual, in which transaction, and that it happens once.

``ActDep`` is the request's one transaction: ``routing.Router`` opens it around the endpoint, binds it to the person's
mutual in one round trip and commits it before the answer is sent. ``allow`` names the roles of a route. ``OnceDep`` keeps a repeated request from acting twice.
"""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from gateway.api import trace
from gateway.api.once import KeyHeader, Once, read_key
from gateway.api.refusals import BusyError
from gateway.kit.db import Database, act_for
from gateway.kit.errors import ForbiddenError, UnauthenticatedError
from gateway.kit.idempotency import Known
from gateway.kit.tenant import MutualNotFoundError, MutualRow, by_code
from gateway.settings import Settings
from gateway.staff.login import Principal, Whence, who_is
from gateway.staff.models import Role
from gateway.staff.rules import device_of, digest_of

RECOGNISED_SECONDS = 60.0
RECOGNISED_MOST = 10_000
LOST = {None, "57P01", "57P02", "08000", "08003", "08006"}
"""States of an error in COMMIT after which nobody knows whether the work was kept."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What every request of one process shares."""

    settings: Settings
    database: Database
    recognised: dict[str, tuple[float, Principal]] = field(default_factory=dict)
    """Who was behind a token's digest lately. It only lets a refusal come early; who acts is read anew each time."""
    counted: dict[Any, tuple[float, Any]] = field(default_factory=dict)
    """What was counted over a whole mutual lately, by what it was counted of, and when."""


class Act:
    """A request in hand: its transaction, its mutual, and who acts on which day; filled while its endpoint runs."""

    session: Session
    mutual: MutualRow
    principal: Principal
    actor: str
    """For the log, for example ``staff:ana``."""
    today: dt.date
    trace_id: str | None
    known: Known
    """What the request's key was used for before."""

    def __init__(self, gate: Gate, token: str, response: Response) -> None:
        self._gate, self._token = gate, token
        self.response = response
        """Headers set here go out with the answer."""
        self.allowed: frozenset[Role] | None = None
        self.place: tuple[str, str] | None = None
        """Route and key of a request that acts once."""
        self.trace_id = trace.current()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open the transaction, bind it to the person and her mutual, keep its work at the end.

        Raises:
            UnauthenticatedError: The token is of no live session.
            ForbiddenError: None of her roles is allowed.
        """
        with Session(self._gate.database.engine, expire_on_commit=False) as session:
            self.session = session
            route, key = self.place or (None, None)
            self.principal, self.mutual, self.known = who_is(
                session, self._token, trace_id=self.trace_id, route=route, key=key
            )
            self._require(self.principal)
            self.actor = self.principal.actor
            self.today = self._gate.settings.clock(self.mutual.time_zone)
            yield
            commit(session)

    async def admit(self) -> None:
        """Refuse early who may not, before anything she sent is looked at."""
        digest, now = digest_of(self._token), time.monotonic()
        seen_at, known = self._gate.recognised.get(digest, (0.0, None))
        if known is None or now - seen_at > RECOGNISED_SECONDS or not self._may(known):
            known = await run_in_threadpool(self._look)
            if len(self._gate.recognised) > RECOGNISED_MOST:
                self._gate.recognised.clear()
            self._gate.recognised[digest] = (now, known)
        self._require(known)

    def _look(self) -> Principal:
        with Session(self._gate.database.engine) as session:
            return who_is(session, self._token).principal

    def _may(self, principal: Principal) -> bool:
        return self.allowed is None or bool(principal.roles & self.allowed)

    def _require(self, principal: Principal) -> None:
        if not self._may(principal):
            names = ", ".join(sorted(role.value for role in self.allowed or ()))
            raise ForbiddenError(f"this needs one of the roles {names}; ask a manager if it is your work")


def gate_of(request: Request) -> Gate:
    """Return what this process's requests share."""
    gate = request.app.state.gate
    assert isinstance(gate, Gate)
    return gate


async def _gate(request: Request) -> Gate:
    return gate_of(request)


GateDep = Annotated[Gate, Depends(_gate)]


async def _act(request: Request, response: Response) -> Act:
    # Roles, key and endpoint all ask for it; the framework would look for what it depends on each time.
    act: Act | None = getattr(request.state, "act", None)
    if act is None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError("no bearer token; log in at POST /v1/sessions and send Authorization: Bearer …")
        act = request.state.act = Act(gate_of(request), token, response)
    return act


ActDep = Annotated[Act, Depends(_act)]


@contextmanager
def opened(gate: Gate, mutual_code: str, *, actor: str = "anonymous", is_required: bool = False) -> Iterator[Session]:
    """Open a transaction for the mutual with this code, before or without anybody being logged in.

    Nothing is kept unless ``commit`` is called.

    Args:
        gate: What the process shares.
        mutual_code: Of the mutual.
        actor: Who acts, for the log.
        is_required: Refuse where there is no such mutual; else the transaction is of none.

    Raises:
        MutualNotFoundError: No mutual has the code, and one is required.
    """
    with Session(gate.database.engine, expire_on_commit=False) as session:
        try:
            mutual_id = by_code(session, mutual_code).id
        except MutualNotFoundError:
            if is_required:
                raise
            mutual_id = None
        act_for(session, mutual_id, actor=actor)
        yield session


def whence_of(request: Request) -> Whence:
    """Return from where somebody logs in: her device as it names itself, and her address as the edge saw it."""
    return Whence(device_of(request.headers.get("user-agent", "")), request.client.host if request.client else None)


@contextmanager
def unbound(gate: Gate) -> Iterator[Session]:
    """Open a transaction of no mutual yet: what is asked first binds it. Nothing is kept unless ``commit`` is called."""
    with Session(gate.database.engine, expire_on_commit=False) as session:
        yield session


def commit(session: Session) -> None:
    """Keep the transaction's work, and say so where nobody can know whether it was kept.

    Raises:
        BusyError: The connection was lost during COMMIT; a repeat under the same key tells.
    """
    try:
        session.commit()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in LOST:
            raise
        words = "the connection was lost while the work was being kept; ask again, with the same Idempotency-Key"
        raise BusyError(words, outcome="unknown") from error


def allow(*roles: Role) -> Any:
    """Let only people with one of these roles in; an auditor may read whatever others may.

    To be named in a route's ``dependencies``. Without roles, everybody who is logged in may.
    """
    allowed = frozenset(roles) or frozenset(Role)

    async def check(request: Request, response: Response) -> None:
        act = await _act(request, response)
        act.allowed = allowed | {Role.AUDITOR} if request.method == "GET" else allowed
        await act.admit()

    check.roles = allowed  # type: ignore[attr-defined]  # read by the description
    return Depends(check)


async def _once(request: Request, response: Response, idempotency_key: KeyHeader = None) -> Once:
    act = await _act(request, response)
    once = Once(request, act, read_key(idempotency_key))
    act.place = (once.route, once.key)
    return once


OnceDep = Annotated[Once, Depends(_once)]
"""``once(do, status=201, body=the_request)``: runs ``do`` once per Idempotency-Key and returns the answer."""
