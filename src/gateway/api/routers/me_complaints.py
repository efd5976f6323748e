"""What a member says is not right, and what becomes of it."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from gateway.api.errors import problems
from gateway.api.members import MEMBER_ALONE, MEMBERS, MemberAct, MemberDep, MemberOnceDep
from gateway.api.mine import MOST, UNCHANGED, answer, page
from gateway.api.pages import Asked, Page
from gateway.api.routing import Router
from gateway.api.schemas.common import PathId
from gateway.api.schemas.complaints import ComplaintCreate, MyComplaintRead, MyMessageRead, WordsCreate
from gateway.complaints import own, queries
from gateway.complaints.rules import LONGEST_WORDS
from gateway.complaints.states import OURS_TO_MOVE, ComplaintStatus
from gateway.kit.period import Period
from gateway.selfcheck.complain import Complainer, Pointed, complain, status_words

router = Router(prefix="/v1/me/complaints", tags=["me"])
FEW = MOST * 130 // LONGEST_WORDS + 1
"""Texts of one answer: it stays under two kilobytes, also in letters of two bytes."""


async def _few(
    request: Request,
    response: Response,
    cursor: Annotated[str | None, Query(max_length=500, description="next_cursor of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=FEW)] = FEW,
) -> Asked:
    return Asked(request, response, cursor, limit)


FewDep = Annotated[Asked, Depends(_few)]


def _shown(act: MemberAct, row: Any) -> MyComplaintRead:
    waits = ComplaintStatus(row.status) in OURS_TO_MOVE
    told = {"row": row.row_key, "due_on": row.due_on if waits else None}
    words = {"status_words": status_words(act.language, row.status)}
    return MyComplaintRead.model_validate({**row._mapping, **told, **words})


def _one(act: MemberAct, complaint_id: int) -> MyComplaintRead:
    return _shown(act, queries.get_of_member(act.session, act.member_id, complaint_id))


@router.get(
    "", response_model=Page[MyComplaintRead], summary="What I said is not right", responses=UNCHANGED,
    dependencies=[MEMBERS],
)  # fmt: skip
def list_complaints(act: MemberDep, asked: FewDep) -> Response:
    """Return the member's cases, the newest first, with the last thing the member was told."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_of_member(act.session, act.member_id, before=before, limit=asked.fetch)
    return page(act, asked, Page[MyComplaintRead], rows, lambda row: _shown(act, row))


@router.post(
    "", status_code=201, response_model=MyComplaintRead, summary="This is not right", dependencies=[MEMBERS],
    responses=problems(404, 409, 422, 429),
)  # fmt: skip
def create_complaint(asked: ComplaintCreate, act: MemberDep, once: MemberOnceDep) -> Response:
    """Open a case about something the member is shown; what was seen is kept with it. One is open for each row.

    Where one is open already, it is returned, and the words are added to it. A helper may do this in the member's name.
    """

    def do() -> MyComplaintRead:
        what = Pointed(asked.kind, asked.row_id, Period.parse(asked.month) if asked.month else None)
        who = Complainer(act.member_id, act.actor, act.mutual, act.today, "api")
        return _one(act, complain(act.session, what, who, asked.words).id)

    return once(do, body=asked)


@router.get(
    "/{complaint_id}", response_model=MyComplaintRead, summary="One case of mine",
    responses=UNCHANGED | problems(404), dependencies=[MEMBERS],
)  # fmt: skip
def get_complaint(complaint_id: PathId, act: MemberDep) -> Response:
    """Return a case of the member's and how it stands."""
    return answer(act, _one(act, complaint_id))


@router.get(
    "/{complaint_id}/messages", response_model=Page[MyMessageRead], summary="What was said in a case of mine",
    responses=UNCHANGED | problems(404), dependencies=[MEMBERS],
)  # fmt: skip
def list_messages(complaint_id: PathId, act: MemberDep, asked: FewDep) -> Response:
    """Return what the member and the mutual wrote, the newest first."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_messages_of_member(act.session, act.member_id, complaint_id, before=before, limit=asked.fetch)
    return page(act, asked, Page[MyMessageRead], rows, MyMessageRead.model_validate)


@router.post(
    "/{complaint_id}/replies", status_code=201, response_model=MyComplaintRead, summary="Say more",
    dependencies=[MEMBERS], responses=problems(404, 409, 422, 429),
)  # fmt: skip
def create_reply(complaint_id: PathId, asked: WordsCreate, act: MemberDep, once: MemberOnceDep) -> Response:
    """Answer a question, object to an answer, or add something; the case is the mutual's to move again."""

    def do() -> MyComplaintRead:
        own.reply(
            act.session, complaint_id, member_id=act.member_id, words=asked.words, actor=act.actor, today=act.today
        )
        return _one(act, complaint_id)

    return once(do, body=asked)


@router.post(
    "/{complaint_id}/withdrawal", response_model=MyComplaintRead, summary="It is right after all",
    dependencies=[MEMBER_ALONE], responses=problems(404, 409),
)  # fmt: skip
def create_withdrawal(complaint_id: PathId, act: MemberDep, once: MemberOnceDep) -> Response:
    """End a case by the member's own word."""

    def do() -> MyComplaintRead:
        own.withdraw(act.session, complaint_id, member_id=act.member_id, actor=act.actor, today=act.today)
        return _one(act, complaint_id)

    return once(do, status=200)
