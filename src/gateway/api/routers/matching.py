"""How statement lines came to where they are, by which rules, and by how much a transfer may differ."""

from fastapi import Response

from gateway.api.dependencies import ActDep, OnceDep, allow
from gateway.api.errors import problems
from gateway.api.money import minor_of
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import PathId, Whole
from gateway.api.schemas.matching import LineMatchesRead, OwnerCreate, RuleRead, ToleranceCreate, ToleranceRead
from gateway.reconciliation import queries
from gateway.reconciliation.claim import claim_line
from gateway.reconciliation.match_rules import AFTERWARDS, RULES
from gateway.reconciliation.tolerance import decide_tolerance, list_tolerances
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["reconciliation"])
MONEY = allow(Role.ACCOUNTANT, Role.MANAGER)
READERS = allow(Role.ACCOUNTANT, Role.MANAGER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER)


@router.get("/match-rules", response_model=Whole[RuleRead], summary="How lines are known", dependencies=[READERS])
def list_rules() -> Whole[RuleRead]:
    """Return the rules by which statement lines are known, in the order they are asked; the first that knows one ends it."""
    return Whole(items=[RuleRead.model_validate(rule) for rule in (*RULES, *AFTERWARDS)])


@router.get(
    "/bank-statement-lines/{line_id}/matches",
    response_model=LineMatchesRead,
    summary="What a line was matched to",
    dependencies=[READERS],
    responses=problems(404),
)
def list_matches(line_id: PathId, act: ActDep) -> LineMatchesRead:
    """Return every match of a line with its rule and fields, undone ones too, and what else it may be."""
    currency = queries.get_line(act.session, line_id).currency
    matches, hints = queries.list_matches(act.session, line_id), queries.list_suggestions(act.session, line_id)
    return LineMatchesRead.of(matches, hints, currency)


@router.post(
    "/bank-statement-lines/{line_id}/owner",
    response_model=LineMatchesRead,
    summary="Say whose a line's money is",
    dependencies=[MONEY],
    responses=problems(404, 409),
)
def create_owner(line_id: PathId, asked: OwnerCreate, act: ActDep, once: OnceDep) -> Response:
    """Give a line's money to the member it belongs to; a match that was wrong is undone, and both stay to be seen."""

    def put() -> LineMatchesRead:
        claim_line(
            act.session, line_id, member_id=asked.member_id, reason=asked.reason, actor=act.actor, today=act.today
        )
        return list_matches(line_id, act)

    return once(put, status=200, body=asked)


@router.get("/match-tolerances", response_model=Page[ToleranceRead], summary="What may differ", dependencies=[READERS])
def list_match_tolerances(act: ActDep, asked: PageDep) -> Page[ToleranceRead]:
    """Return by how much transfers may differ from their lines, by place and reason; what is not listed may not differ."""
    after = asked.after(str, str) or ("", "")
    rows = list_tolerances(act.session, after=(after[0], after[1]), limit=asked.fetch)
    return asked.page(
        rows, lambda row: ToleranceRead.of(row, act.mutual.currency), lambda row: (row.place_code, row.reason)
    )


@router.post(
    "/match-tolerances",
    status_code=201,
    response_model=ToleranceRead,
    summary="Decide what may differ",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(404, 422),
)
def create_tolerance(asked: ToleranceCreate, act: ActDep, once: OnceDep) -> Response:
    """Decide by how much transfers of a place may differ from the bank's line; the difference goes to a named account."""
    currency = act.mutual.currency
    return once(
        lambda: ToleranceRead.of(
            decide_tolerance(
                act.session,
                place=asked.place_code,
                reason=asked.reason,
                most_minor=minor_of(asked.most, currency),
                difference_code=asked.difference_code,
                currency=currency,
                actor=act.actor,
            ),
            currency,
        ),
        body=asked,
    )
