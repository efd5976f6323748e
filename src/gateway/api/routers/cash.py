"""Tills, cash sessions and deposits of their money."""

from typing import Annotated

from fastapi import Query, Response

from gateway.api.dependencies import Act, ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.money import minor_of, text_of
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.cash import (
    CashSessionCreate,
    CashSessionDetailRead,
    CashSessionRead,
    ConfirmationCreate,
    CountCreate,
    DenominationsRead,
    DepositCreate,
    DepositRead,
    RouteCreate,
    RouteMemberRead,
    RouteRead,
    TillCreate,
    TillListed,
    TillRead,
    UndepositedRead,
)
from gateway.api.schemas.common import MAX_ID, Because, PathId
from gateway.cash import queries
from gateway.cash.count import confirm_session, count_session
from gateway.cash.denominations import pieces_of
from gateway.cash.deposit import sessions_of
from gateway.cash.errors import SessionUnknownError
from gateway.cash.open_session import open_session
from gateway.cash.routes import assign_members, list_route
from gateway.cash.states import SessionStatus
from gateway.cash.tills import register_till
from gateway.staff.models import Role
from gateway.treasury.deposit import deposit, give_up_deposit

router = Router(prefix="/v1", tags=["cash"])
DESK = allow(Role.CASHIER, Role.COLLECTOR, Role.ACCOUNTANT, Role.MANAGER)
OFFICE = allow(Role.CASHIER, Role.ACCOUNTANT, Role.MANAGER)
MONEY = allow(Role.ACCOUNTANT, Role.MANAGER)
_OVER_OTHERS = {Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR}


def sees_others(act: Act) -> bool:
    """Tell whether somebody may see and count what other people answer for."""
    return bool(act.principal.roles & _OVER_OTHERS)


@router.get("/tills", response_model=Page[TillListed], summary="Tills", dependencies=[DESK])
def list_tills(act: ActDep, asked: PageDep) -> Page[TillListed]:
    """Return the tills by code, and who has each open."""
    (after,) = asked.after(str) or ("",)
    rows = queries.list_tills(act.session, after=after, limit=asked.fetch)
    return asked.page(rows, TillListed.model_validate, lambda row: (row.code,))


@router.post(
    "/tills",
    status_code=201,
    response_model=TillRead,
    summary="Register a till",
    dependencies=[MONEY],
    responses=problems(409),
)
def create_till(asked: TillCreate, act: ActDep, once: OnceDep) -> Response:
    """Make a cash account a till: from then on its cash is taken in an open session of whoever takes it."""

    def do() -> TillRead:
        made = register_till(act.session, code=asked.code, name=asked.name, kind=asked.kind, actor=act.actor)
        return TillRead.model_validate(made)

    return once(do, body=asked)


@router.get(
    "/tills/{till_id}/members",
    response_model=Page[RouteMemberRead],
    summary="Members of a collector's till",
    dependencies=[DESK],
    responses=problems(404),
)
def list_till_members(till_id: PathId, act: ActDep, asked: PageDep) -> Page[RouteMemberRead]:
    """Return whom a collector is shown; a member may pay anybody all the same."""
    (after,) = asked.after(int) or (0,)
    rows = list_route(act.session, till_id, after=after, limit=asked.fetch)
    return asked.page(rows, RouteMemberRead.model_validate, lambda row: (row.id,))


@router.post(
    "/tills/{till_id}/members",
    status_code=201,
    response_model=RouteRead,
    summary="Put members on a collector's till",
    dependencies=[OFFICE],
    responses=problems(404),
)
def create_till_members(till_id: PathId, asked: RouteCreate, act: ActDep, once: OnceDep) -> Response:
    """Put members on a collector's till, away from the one they were on."""

    def do() -> RouteRead:
        moved = assign_members(
            act.session, till_id, member_ids=asked.member_ids, fund_id=asked.fund_id, actor=act.actor
        )
        return RouteRead(till_id=till_id, moved_count=moved)

    return once(do, body=asked)


@router.get("/cash-denominations", response_model=DenominationsRead, summary="Notes and coins", dependencies=[DESK])
def get_denominations(act: ActDep) -> DenominationsRead:
    """Return the notes and coins of the mutual's currency that a count names."""
    currency = act.mutual.currency
    return DenominationsRead(
        currency=currency, denominations=[text_of(piece, currency) for piece in pieces_of(currency)]
    )


@router.get("/cash-sessions", response_model=Page[CashSessionRead], summary="Cash sessions", dependencies=[DESK])
def list_cash_sessions(
    act: ActDep,
    asked: PageDep,
    status: Annotated[SessionStatus | None, Query()] = None,
    till: Annotated[str | None, Query(max_length=60, pattern=r"^[^\x00]*$")] = None,
) -> Page[CashSessionRead]:
    """Return sessions, newest first: one's own, or everybody's for who looks after the money."""
    (before,) = asked.after(int) or (MAX_ID,)
    holder = None if sees_others(act) else act.actor
    rows = queries.list_sessions(act.session, status=status, holder=holder, till=till, before=before, limit=asked.fetch)
    return asked.page(rows, CashSessionRead.of, lambda row: (row.id,))


@router.post(
    "/cash-sessions",
    status_code=201,
    response_model=CashSessionRead,
    summary="Open a cash session",
    dependencies=[DESK],
    responses=problems(404, 409),
)
def create_cash_session(asked: CashSessionCreate, act: ActDep, once: OnceDep) -> Response:
    """Answer for a till from now on. One open session for each till and each person."""

    def do() -> CashSessionRead:
        made = open_session(
            act.session,
            till_code=asked.till,
            float_minor=minor_of(asked.float, act.mutual.currency),
            float_from=asked.float_from,
            holder=act.actor,
            actor=act.actor,
            today=act.today,
        )
        return CashSessionRead.of(made)

    return once(do, body=asked)


@router.get(
    "/cash-sessions/undeposited",
    response_model=Page[UndepositedRead],
    summary="Closed sessions whose money waits",
    dependencies=[OFFICE],
)
def list_undeposited(act: ActDep, asked: PageDep) -> Page[UndepositedRead]:
    """Return closed sessions whose money is on no way to the bank yet."""
    (after,) = asked.after(int) or (0,)
    waiting = sorted(queries.list_undeposited(act.session), key=lambda row: row.session_id)
    rows = [row for row in waiting if row.session_id > after]
    return asked.page(rows[: asked.fetch], UndepositedRead.of, lambda row: (row.session_id,))


@router.get(
    "/cash-sessions/{session_id}",
    response_model=CashSessionDetailRead,
    summary="One cash session",
    dependencies=[DESK],
    responses=problems(404),
)
def get_cash_session(session_id: PathId, act: ActDep) -> CashSessionDetailRead:
    """Return a session with what was received in it and every count."""
    found = queries.get_session(act.session, session_id)
    if found.holder != act.actor and not sees_others(act):
        raise SessionUnknownError(f"no cash session {session_id} of yours")
    receipts = queries.receipts_of(act.session, session_id)
    return CashSessionDetailRead.with_parts(found, receipts, queries.counts_of(act.session, session_id))


@router.post(
    "/cash-sessions/{session_id}/count",
    status_code=201,
    response_model=CashSessionRead,
    summary="Count the drawer",
    dependencies=[DESK],
    responses=problems(404, 409),
)
def create_count(session_id: PathId, asked: CountCreate, act: ActDep, once: OnceDep) -> Response:
    """Count a drawer and close its session; where the count is not what the books say, a second person is asked."""

    def do() -> CashSessionRead:
        pieces, loose_minor, kept_minor = asked.counted(act.mutual.currency)
        done = count_session(
            act.session,
            session_id,
            pieces=pieces,
            loose_minor=loose_minor,
            kept_minor=kept_minor,
            reason=asked.reason,
            may_for_others=sees_others(act),
            actor=act.actor,
            today=act.today,
        )
        return CashSessionRead.of(done)

    return once(do, body=asked)


@router.post(
    "/cash-sessions/{session_id}/confirmation",
    status_code=201,
    response_model=CashSessionRead,
    summary="Give a second person's word",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_confirmation(session_id: PathId, asked: ConfirmationCreate, act: ActDep, once: OnceDep) -> Response:
    """Book a shortage or surplus to its account, or ask for another count."""

    def do() -> CashSessionRead:
        done = confirm_session(
            act.session,
            session_id,
            is_confirmed=asked.is_confirmed,
            reason=asked.reason,
            actor=act.actor,
            today=act.today,
        )
        return CashSessionRead.of(done)

    return once(do, body=asked)


@router.post(
    "/cash-deposits",
    status_code=201,
    response_model=DepositRead,
    summary="Bring sessions' cash to the bank",
    dependencies=[OFFICE],
    responses=problems(404, 409),
)
def create_deposit(asked: DepositCreate, act: ActDep, once: OnceDep) -> Response:
    """Order the one transfer that brings closed sessions' money to the bank, under the reference on the slip."""

    def do() -> DepositRead:
        made = deposit(
            act.session,
            session_ids=asked.session_ids,
            bank_code=asked.bank,
            reference=asked.reference,
            ordered_on=asked.ordered_on or act.today,
            actor=act.actor,
            today=act.today,
        )
        return DepositRead.of(made, sessions_of(act.session, made.reference))

    return once(do, body=asked)


@router.post(
    "/cash-deposits/{reference}/withdrawal",
    status_code=201,
    response_model=DepositRead,
    summary="Give a deposit up",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_deposit_withdrawal(reference: str, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Take back a deposit that was never made; its sessions wait for another."""

    def do() -> DepositRead:
        back = give_up_deposit(act.session, reference, reason=asked.reason, actor=act.actor, today=act.today)
        return DepositRead.of(back, sessions_of(act.session, reference))

    return once(do, body=asked)
