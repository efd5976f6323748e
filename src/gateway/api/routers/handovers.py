"""Cash handed from one person to another: given, counted, and looked at by a third where it differs."""

from typing import Annotated

from fastapi import Query, Response

from gateway.api.dependencies import ActDep, OnceDep
from gateway.api.errors import problems
from gateway.api.money import minor_of
from gateway.api.pages import Page, PageDep
from gateway.api.routers.cash import DESK, MONEY, sees_others
from gateway.api.routing import Router
from gateway.api.schemas.cash import ConfirmationCreate
from gateway.api.schemas.common import MAX_ID, Because, PathId
from gateway.api.schemas.handovers import HandoverCountCreate, HandoverCreate, HandoverRead
from gateway.cash import queries
from gateway.cash.hand_over import confirm_handover, hand_over, receive_handover, take_back_handover
from gateway.cash.states import HandoverStatus

router = Router(prefix="/v1", tags=["cash"])


@router.get("/cash-handovers", response_model=Page[HandoverRead], summary="Handovers of cash", dependencies=[DESK])
def list_cash_handovers(
    act: ActDep, asked: PageDep, status: Annotated[HandoverStatus | None, Query()] = None
) -> Page[HandoverRead]:
    """Return handovers, newest first: those one gave or is to count, or everybody's for who looks after the money."""
    (before,) = asked.after(int) or (MAX_ID,)
    person = None if sees_others(act) else act.actor
    rows = queries.list_handovers(act.session, status=status, person=person, before=before, limit=asked.fetch)
    return asked.page(rows, HandoverRead.of, lambda row: (row.id,))


@router.post(
    "/cash-handovers",
    status_code=201,
    response_model=HandoverRead,
    summary="Hand cash to another person",
    dependencies=[DESK],
    responses=problems(409),
)
def create_cash_handover(asked: HandoverCreate, act: ActDep, once: OnceDep) -> Response:
    """Take cash out of one's own open session; it is in transit until the other person has counted it into theirs."""

    def do() -> HandoverRead:
        amount_minor = minor_of(asked.amount, act.mutual.currency)
        made = hand_over(
            act.session, username=asked.to, amount_minor=amount_minor, note=asked.note, actor=act.actor, today=act.today
        )
        return HandoverRead.of(made)

    return once(do, body=asked)


@router.post(
    "/cash-handovers/{handover_id}/count",
    status_code=201,
    response_model=HandoverRead,
    summary="Count what was handed over",
    dependencies=[DESK],
    responses=problems(404, 409),
)
def create_handover_count(handover_id: PathId, asked: HandoverCountCreate, act: ActDep, once: OnceDep) -> Response:
    """Count it into one's own open session; where it is not what was given, a third person is asked."""

    def do() -> HandoverRead:
        pieces, loose_minor = asked.counted(act.mutual.currency)
        done = receive_handover(
            act.session,
            handover_id,
            pieces=pieces,
            loose_minor=loose_minor,
            reason=asked.reason,
            actor=act.actor,
            today=act.today,
        )
        return HandoverRead.of(done)

    return once(do, body=asked)


@router.post(
    "/cash-handovers/{handover_id}/confirmation",
    status_code=201,
    response_model=HandoverRead,
    summary="Give a third person's word for a handover",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_handover_confirmation(
    handover_id: PathId, asked: ConfirmationCreate, act: ActDep, once: OnceDep
) -> Response:
    """Book what was counted and the difference to its account, or ask for another count."""

    def do() -> HandoverRead:
        done = confirm_handover(
            act.session,
            handover_id,
            is_confirmed=asked.is_confirmed,
            reason=asked.reason,
            actor=act.actor,
            today=act.today,
        )
        return HandoverRead.of(done)

    return once(do, body=asked)


@router.post(
    "/cash-handovers/{handover_id}/withdrawal",
    status_code=201,
    response_model=HandoverRead,
    summary="Take a handover back",
    dependencies=[DESK],
    responses=problems(404, 409),
)
def create_handover_withdrawal(handover_id: PathId, asked: Because, act: ActDep, once: OnceDep) -> Response:
    """Put back into one's own open session what nobody has counted yet."""

    def do() -> HandoverRead:
        back = take_back_handover(act.session, handover_id, reason=asked.reason, actor=act.actor, today=act.today)
        return HandoverRead.of(back)

    return once(do, body=asked)
