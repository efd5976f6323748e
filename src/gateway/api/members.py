"""What a member's route may ask for: her transaction, and that it happens once.

``MemberDep`` is for members what ``ActDep`` is for staff: ``routing.Router`` opens its transaction around the endpoint,
bound in one round trip to the member whose token it is and her mutual. Staff's tokens open nothing here, and members'
tokens nothing of staff. ``MEMBERS`` names a route as theirs; ``MEMBER_ALONE`` as one that a helper may not call.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from gateway.api import trace
from gateway.api.dependencies import Gate, commit, gate_of
from gateway.api.once import KeyHeader, Once, read_key
from gateway.kit.errors import UnauthenticatedError
from gateway.kit.idempotency import Known
from gateway.kit.tenant import MutualRow
from gateway.selfcheck.errors import MemberOnlyError
from gateway.selfcheck.who import Insider, who_is
from gateway.selfcheck.words import LANGUAGES, spoken


class MemberAct:
    """A member's request in hand; filled while its endpoint runs."""

    session: Session
    mutual: MutualRow
    insider: Insider
    member_id: int
    """Whose data it is, also where a helper looks."""
    actor: str
    """For the log: ``member:17`` or ``member:17:helper:3``."""
    today: dt.date
    language: str
    """The one asked for by ``Accept-Language``, or her own."""
    known: Known

    def __init__(self, gate: Gate, token: str, request: Request, response: Response) -> None:
        self._gate, self._token, self._request = gate, token, request
        self.response = response
        self.is_hers_alone = False
        """A helper may not do this."""
        self.if_none_match = request.headers.get("if-none-match", "")
        self.place: tuple[str, str] | None = None
        """Route and key of a request that acts once."""

    def admit(self) -> None:
        """Refuse early who may not.

        Raises:
            AccessEndedError: The token is of no live session.
            MemberOnlyError: A helper asks for what is the member's own act.
        """
        with Session(self._gate.database.engine) as session:
            self._require(who_is(session, self._token).insider)

    def _require(self, insider: Insider) -> None:
        if self.is_hers_alone and insider.helper_id is not None:
            raise MemberOnlyError("a helper may look; this is for the member alone, with their own telephone")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open the transaction, bind it to the member and her mutual, keep its work at the end.

        Raises:
            AccessEndedError: The token is of no live session.
            MemberOnlyError: A helper asks for what is the member's own act.
        """
        with Session(self._gate.database.engine, expire_on_commit=False) as session:
            self.session = session
            route, key = self.place or (None, None)
            found = who_is(session, self._token, trace_id=trace.current(), route=route, key=key)
            self.insider, self.mutual, self.known = found
            self._require(self.insider)
            self.member_id, self.actor = self.insider.member_id, self.insider.actor
            self.today = self._gate.settings.clock(self.mutual.time_zone)
            self.language = wanted(self._request.headers.get("accept-language"), self.insider.language)
            yield
            commit(session)


def wanted(accept_language: str | None, own: str) -> str:
    """Return the language a member is answered in: the first asked for that we write, else her own."""
    tags = [part.partition(";")[0].strip().split("-")[0].lower() for part in (accept_language or "").split(",")[:20]]
    return next((tag for tag in tags if tag in LANGUAGES), None) or spoken(own)


async def _member(request: Request, response: Response) -> MemberAct:
    act: MemberAct | None = getattr(request.state, "member_act", None)
    if act is None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError(
                "no bearer token; get one at POST /v1/me/sessions and send Authorization: Bearer …"
            )
        act = request.state.member_act = MemberAct(gate_of(request), token, request, response)
    return act


MemberDep = Annotated[MemberAct, Depends(_member)]
"""The member's request: ``act.session``, ``act.mutual``, ``act.member_id``, ``act.today``, ``act.actor``."""


def _for_members(*, is_hers_alone: bool) -> Any:
    async def check(request: Request, response: Response) -> None:
        act = await _member(request, response)
        act.is_hers_alone = is_hers_alone
        if request.method != "GET":
            # Before anything she sent is looked at; a read is refused by its own transaction, one round trip less.
            await run_in_threadpool(act.admit)

    check.member = "member" if is_hers_alone else "member, helper"  # type: ignore[attr-defined]  # read by the description
    return Depends(check)


MEMBERS = _for_members(is_hers_alone=False)
"""For a route's ``dependencies``: the member and whoever she lets help her."""
MEMBER_ALONE = _for_members(is_hers_alone=True)
"""For a route's ``dependencies``: the member alone."""


async def _once(request: Request, response: Response, idempotency_key: KeyHeader = None) -> Once:
    act = await _member(request, response)
    once = Once(request, act, read_key(idempotency_key))
    act.place = (once.route, once.key)
    return once


MemberOnceDep = Annotated[Once, Depends(_once)]
"""As ``OnceDep``, for members: ``once(do, status=201, body=the_request)``."""
