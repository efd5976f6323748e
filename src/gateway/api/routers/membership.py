"""Members, their families, wages and leaves; funds and payrolls."""

from typing import Annotated

from fastapi import Query, Response

from gateway.api.dependencies import Act, ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.etag import IfMatchDep, set_tag
from gateway.api.money import minor_of
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import Id, PathId
from gateway.api.schemas.dependants import DependantCreate, DependantEnd, DependantListRead, DependantRead
from gateway.api.schemas.groups import FundCreate, FundRead, PayrollCreate, PayrollRead
from gateway.api.schemas.membership import (
    DepartureCreate,
    HistoryListRead,
    HistoryRead,
    IdentityAdd,
    LeaveCreate,
    LeaveListRead,
    LeaveRead,
    MemberCreate,
    MemberRead,
    MemberUpdate,
    PlaceCreate,
    PlaceEnd,
    ReturnCreate,
    WageCreate,
    WageListRead,
    WageRead,
)
from gateway.kit.money import CurrencyError
from gateway.membership import queries
from gateway.membership.add_dependant import add_dependant
from gateway.membership.change import change
from gateway.membership.come_back import come_back
from gateway.membership.declare_wage import declare_wage
from gateway.membership.depart import depart
from gateway.membership.end_dependant import end_dependant
from gateway.membership.enrol import enrol
from gateway.membership.funds import found_fund
from gateway.membership.identify import identify
from gateway.membership.join_payroll import join_payroll, leave_payroll
from gateway.membership.leave import go_on_leave
from gateway.membership.payrolls import open_payroll
from gateway.membership.profiles import profile, profiles
from gateway.membership.queries import MemberRow, Search
from gateway.membership.states import MemberStatus
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["membership"])
WORKERS = (Role.CASHIER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER, Role.MANAGER)
WRITERS = allow(*WORKERS)
READERS = allow(*WORKERS, Role.COLLECTOR, Role.ACCOUNTANT)
SEE_NUMBERS = frozenset({*WORKERS, Role.AUDITOR})
"""Who needs identity numbers and telephones whole; the others see the last four characters."""


def _sees(act: Act) -> bool:
    return bool(act.principal.roles & SEE_NUMBERS)


def _shown(act: Act, member: MemberRow) -> MemberRead:
    return MemberRead.of(profile(act.session, member, day=act.today), is_open=_sees(act))


@router.get("/funds", response_model=Page[FundRead], summary="Funds", dependencies=[READERS])
def list_funds(act: ActDep, asked: PageDep) -> Page[FundRead]:
    """Return the self-managed groups of the mutual."""
    (after,) = asked.after(int) or (0,)
    rows = queries.list_funds(act.session, after=after, limit=asked.fetch)
    return asked.page(rows, FundRead.model_validate, lambda row: (row.id,))


@router.post(
    "/funds", status_code=201, response_model=FundRead, summary="Found a fund", dependencies=[WRITERS],
    responses=problems(409, 422),
)  # fmt: skip
def create_fund(asked: FundCreate, act: ActDep, once: OnceDep) -> Response:
    """Found a self-managed group; its account in the books is opened with it."""
    return once(
        lambda: FundRead.model_validate(
            found_fund(act.session, code=asked.code, name=asked.name, treasurer=asked.treasurer, actor=act.actor)
        ),
        body=asked,
    )


@router.get("/payrolls", response_model=Page[PayrollRead], summary="Payrolls", dependencies=[READERS])
def list_payrolls(act: ActDep, asked: PageDep) -> Page[PayrollRead]:
    """Return the keys under which the state knows the mutual's members."""
    (after,) = asked.after(int) or (0,)
    rows = queries.list_payrolls(act.session, after=after, limit=asked.fetch)
    return asked.page(rows, PayrollRead.model_validate, lambda row: (row.id,))


@router.post(
    "/payrolls", status_code=201, response_model=PayrollRead, summary="Open a payroll",
    dependencies=[allow(Role.FILING_OFFICER, Role.MANAGER)], responses=problems(404, 409, 422),
)  # fmt: skip
def create_payroll(asked: PayrollCreate, act: ActDep, once: OnceDep) -> Response:
    """Open a payroll under the state's key; three digits in the Dominican Republic."""
    return once(
        lambda: PayrollRead.model_validate(
            open_payroll(
                act.session, code=asked.code, name=asked.name, employer_number=asked.employer_number, actor=act.actor
            )
        ),
        body=asked,
    )


@router.get("/members", response_model=Page[MemberRead], summary="Find members", dependencies=[READERS])
def list_members(
    act: ActDep,
    asked: PageDep,
    search: Annotated[
        str | None,
        Query(max_length=100, description="Beginnings of words of the name, in any order.", examples=["mar pena"]),
    ] = None,
    identity: Annotated[
        str | None, Query(max_length=40, description="An identity number or the member's own number.")
    ] = None,
    phone: Annotated[str | None, Query(max_length=40, description="As people write it.")] = None,
    status: MemberStatus | None = None,
    fund_id: Annotated[Id | None, Query()] = None,
    payroll_id: Annotated[Id | None, Query(description="Who stands in it today.")] = None,
) -> Page[MemberRead]:
    """Return the members that fit everything that is given, in the order they were taken in."""
    (after,) = asked.after(int) or (0,)
    typed = Search.typed(act.mutual.country, search, identity, phone)
    wanted = typed._replace(status=status, fund_id=fund_id, payroll_id=payroll_id)
    rows = queries.list_members(act.session, wanted, today=act.today, after=after, limit=asked.fetch)
    found = profiles(act.session, rows, day=act.today)
    is_open = _sees(act)
    return asked.page(found, lambda one: MemberRead.of(one, is_open=is_open), lambda one: (one.member.id,))


@router.post(
    "/members", status_code=201, response_model=MemberRead, summary="Enrol a member", dependencies=[WRITERS],
    responses=problems(404, 409, 422),
)  # fmt: skip
def create_member(asked: MemberCreate, act: ActDep, once: OnceDep) -> Response:
    """Take in a member with a place in a payroll, identities, first wage, and accounts in the books."""

    def take_in() -> MemberRead:
        currency = act.mutual.currency
        if asked.wage is not None and asked.currency != currency:
            raise CurrencyError(f"a wage in {asked.currency}; wages of this mutual are in {currency}")
        new = asked.as_new(currency, act.mutual.language)
        return _shown(act, enrol(act.session, new, actor=act.actor, today=act.today))

    return once(take_in, body=asked)


@router.get(
    "/members/{member_id}", response_model=MemberRead, summary="One member", dependencies=[READERS],
    responses=problems(404),
)  # fmt: skip
def get_member(member_id: PathId, act: ActDep, response: Response) -> MemberRead:
    """Return a member; the ETag is what a change must name."""
    member = queries.get_member(act.session, member_id)
    set_tag(response, member.version)
    return _shown(act, member)


@router.patch(
    "/members/{member_id}", response_model=MemberRead, summary="Change a member's data", dependencies=[WRITERS],
    responses=problems(404, 409, 412, 422, 428),
)  # fmt: skip
def update_member(
    member_id: PathId, asked: MemberUpdate, act: ActDep, version: IfMatchDep, response: Response
) -> MemberRead:
    """Change what is named; what was before is kept in the member's history. Needs `If-Match`."""
    changes, reason = asked.changes(), asked.reason
    member = change(
        act.session, member_id, changes, expected_version=version, actor=act.actor, today=act.today, reason=reason
    )
    set_tag(response, member.version)
    return _shown(act, member)


@router.get(
    "/members/{member_id}/wages", response_model=WageListRead, summary="A member's wages", dependencies=[READERS],
    responses=problems(404),
)  # fmt: skip
def list_member_wages(member_id: PathId, act: ActDep) -> WageListRead:
    """Return every declared wage; of those for one day the newest record counts."""
    return WageListRead(items=[WageRead.of(row) for row in queries.list_wages(act.session, member_id)])


@router.post(
    "/members/{member_id}/wages", status_code=201, response_model=MemberRead, summary="Declare a wage",
    dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_member_wage(member_id: PathId, asked: WageCreate, act: ActDep, once: OnceDep) -> Response:
    """Declare what a member earns from a day on. What was filed before does not change."""

    def declare() -> MemberRead:
        minor = minor_of(asked.wage, asked.currency)
        member = declare_wage(
            act.session, member_id, minor, currency=asked.currency, valid_from=asked.valid_from, reason=asked.reason,
            actor=act.actor, today=act.today, payroll_id=asked.payroll_id,
        )  # fmt: skip
        return _shown(act, member)

    return once(declare, body=asked)


@router.post(
    "/members/{member_id}/enrolments", status_code=201, response_model=MemberRead, summary="Join a further payroll",
    dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_member_enrolment(member_id: PathId, asked: PlaceCreate, act: ActDep, once: OnceDep) -> Response:
    """Let a member stand in a further payroll; declare what is earned there as a wage of that payroll."""

    def join() -> MemberRead:
        member = join_payroll(
            act.session, member_id, payroll_id=asked.payroll_id, first_day=asked.first_day, reason=asked.reason,
            actor=act.actor, today=act.today,
        )  # fmt: skip
        return _shown(act, member)

    return once(join, body=asked)


@router.post(
    "/members/{member_id}/enrolments/end", status_code=201, response_model=MemberRead,
    summary="Leave one of several payrolls", dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def end_member_enrolment(member_id: PathId, asked: PlaceEnd, act: ActDep, once: OnceDep) -> Response:
    """End a member's place in one payroll after a day; the others stay."""

    def leave() -> MemberRead:
        member = leave_payroll(
            act.session, member_id, payroll_id=asked.payroll_id, last_day=asked.last_day, reason=asked.reason,
            actor=act.actor, today=act.today,
        )  # fmt: skip
        return _shown(act, member)

    return once(leave, body=asked)


@router.post(
    "/members/{member_id}/identities", status_code=201, response_model=MemberRead, summary="Record an identity",
    dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_member_identity(member_id: PathId, asked: IdentityAdd, act: ActDep, once: OnceDep) -> Response:
    """Give a member a number of another register, or replace one that was wrong."""

    def record() -> MemberRead:
        member = identify(
            act.session, member_id, asked.as_new(), replace=asked.replace, reason=asked.reason, actor=act.actor,
            today=act.today,
        )  # fmt: skip
        return _shown(act, member)

    return once(record, body=asked)


@router.get(
    "/members/{member_id}/dependants", response_model=DependantListRead, summary="A member's dependants",
    dependencies=[READERS], responses=problems(404),
)  # fmt: skip
def list_member_dependants(member_id: PathId, act: ActDep) -> DependantListRead:
    """Return who is or was covered through a member, and by which rule."""
    is_open = _sees(act)
    rows = queries.list_dependants(act.session, member_id)
    return DependantListRead(items=[DependantRead.of(row, is_open=is_open) for row in rows])


@router.post(
    "/members/{member_id}/dependants", status_code=201, response_model=DependantRead, summary="Cover a dependant",
    dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_member_dependant(member_id: PathId, asked: DependantCreate, act: ActDep, once: OnceDep) -> Response:
    """Cover a person through a member, under the rule that makes this person eligible; the answer names it."""

    def cover() -> DependantRead:
        row = add_dependant(act.session, member_id, asked.as_new(), actor=act.actor, today=act.today)
        return DependantRead.of(row, is_open=_sees(act))

    return once(cover, body=asked)


@router.post(
    "/members/{member_id}/dependants/{dependant_id}/end", status_code=201, response_model=DependantRead,
    summary="End a dependant's cover", dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def end_member_dependant(
    member_id: PathId, dependant_id: PathId, asked: DependantEnd, act: ActDep, once: OnceDep
) -> Response:
    """End a cover after a day."""

    def end() -> DependantRead:
        row = end_dependant(
            act.session, member_id, dependant_id, last_day=asked.last_day, reason=asked.reason, actor=act.actor,
            today=act.today,
        )  # fmt: skip
        return DependantRead.of(row, is_open=_sees(act))

    return once(end, body=asked)


@router.get(
    "/members/{member_id}/leaves", response_model=LeaveListRead, summary="A member's leaves", dependencies=[READERS],
    responses=problems(404),
)  # fmt: skip
def list_member_leaves(member_id: PathId, act: ActDep) -> LeaveListRead:
    """Return a member's leaves, the newest first."""
    return LeaveListRead(items=[LeaveRead.model_validate(row) for row in queries.list_leaves(act.session, member_id)])


@router.post(
    "/members/{member_id}/leaves", status_code=201, response_model=MemberRead, summary="Let a member go on leave",
    dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_member_leave(member_id: PathId, asked: LeaveCreate, act: ActDep, once: OnceDep) -> Response:
    """Record a leave; the place in the payroll stays."""

    def leave() -> MemberRead:
        member = go_on_leave(
            act.session, member_id, kind=asked.kind, first_day=asked.first_day, last_day=asked.last_day,
            reason=asked.reason, actor=act.actor, today=act.today,
        )  # fmt: skip
        return _shown(act, member)

    return once(leave, body=asked)


@router.post(
    "/members/{member_id}/departure", status_code=201, response_model=MemberRead, summary="Let a member go",
    dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_member_departure(member_id: PathId, asked: DepartureCreate, act: ActDep, once: OnceDep) -> Response:
    """End a member's part after a day, and the dependants' cover; money and history stay."""

    def let_go() -> MemberRead:
        member = depart(
            act.session, member_id, last_day=asked.last_day, reason=asked.reason, is_death=asked.is_death,
            actor=act.actor, today=act.today,
        )  # fmt: skip
        return _shown(act, member)

    return once(let_go, body=asked)


@router.post(
    "/members/{member_id}/return", status_code=201, response_model=MemberRead, summary="Take a member back",
    dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_member_return(member_id: PathId, asked: ReturnCreate, act: ActDep, once: OnceDep) -> Response:
    """Let a member work again from a day on, after a leave or a departure."""

    def take_back() -> MemberRead:
        member = come_back(
            act.session, member_id, first_day=asked.first_day, payroll_id=asked.payroll_id, reason=asked.reason,
            actor=act.actor, today=act.today,
        )  # fmt: skip
        return _shown(act, member)

    return once(take_back, body=asked)


@router.get(
    "/members/{member_id}/history", response_model=HistoryListRead, summary="A member's history",
    dependencies=[READERS], responses=problems(404),
)  # fmt: skip
def get_member_history(member_id: PathId, act: ActDep) -> HistoryListRead:
    """Return everything recorded about a member, in the order it was recorded."""
    is_open = _sees(act)
    queries.get_member(act.session, member_id)
    rows = queries.history(act.session, member_id)
    return HistoryListRead(items=[HistoryRead.of(row, is_open=is_open) for row in rows])
