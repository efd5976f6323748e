"""What a route may ask for: who acts, for which mutual, in which transaction, and that it happens once.

``ActDep`` opens the request's one transaction, binds it to the person's mutual in one round trip and commits it before
the answer is sent. ``allow`` names the roles of a route. ``OnceDep`` keeps a repeated request from acting twice.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from gateway.api import trace
from gateway.api.once import Once, read_key
from gateway.api.refusals import BusyError
from gateway.kit.db import Database, act_for
from gateway.kit.errors import ForbiddenError, UnauthenticatedError
from gateway.kit.tenant import MutualNotFoundError, MutualRow, by_code
from gateway.settings import Settings
from gateway.staff.login import Principal, who_is
from gateway.staff.models import Role

LOST = {None, "57P01", "57P02", "08000", "08003", "08006"}
"""States of an error in COMMIT after which nobody knows whether the work was kept."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What every request of one process shares."""

    settings: Settings
    database: Database


@dataclass(frozen=True, slots=True)
class Act:
    """A request in hand: its transaction, its mutual, and who acts on which day."""

    session: Session
    mutual: MutualRow
    principal: Principal
    actor: str
    """For the log, for example ``staff:ana``."""
    today: dt.date
    trace_id: str | None


def gate_of(request: Request) -> Gate:
    """Return what this process's requests share."""
    gate = request.app.state.gate
    assert isinstance(gate, Gate)
    return gate


async def _gate(request: Request) -> Gate:
    return gate_of(request)


GateDep = Annotated[Gate, Depends(_gate)]

_bearer = HTTPBearer(auto_error=False, scheme_name="session", description="The token from POST /v1/sessions.")


async def _token(found: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    if found is None:
        raise UnauthenticatedError("no bearer token; log in at POST /v1/sessions and send Authorization: Bearer …")
    return found.credentials


def _act(gate: GateDep, token: Annotated[str, Depends(_token)]) -> Iterator[Act]:
    trace_id = trace.current()
    with Session(gate.database.engine, expire_on_commit=False) as session:
        principal, mutual = who_is(session, token, trace_id=trace_id)
        today = gate.settings.clock(mutual.time_zone)
        yield Act(session, mutual, principal, principal.actor, today, trace_id)
        commit(session)


ActDep = Annotated[Act, Depends(_act, scope="function")]


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

    async def check(request: Request, act: ActDep) -> None:
        readers = {Role.AUDITOR} if request.method == "GET" else set()
        if not act.principal.roles & (allowed | readers):
            names = ", ".join(sorted(role.value for role in allowed))
            raise ForbiddenError(f"this needs one of the roles {names}; ask a manager if it is your work")

    check.roles = allowed  # type: ignore[attr-defined]
    return Depends(check)


async def _once(
    request: Request,
    act: ActDep,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="A value of your own, the same on every retry; quoted or bare.",
            examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
        ),
    ] = None,
) -> Once:
    return Once(request, act.session, act.actor, read_key(idempotency_key))


OnceDep = Annotated[Once, Depends(_once)]
"""``once(do, status=201, body=the_request)``: runs ``do`` once per Idempotency-Key and returns the answer."""
