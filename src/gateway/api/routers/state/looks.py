"""Looks at a person. The number stands in the body, never in an address; each look leaves a row with its purpose."""

from gateway.api.errors import problems
from gateway.api.routing import Router
from gateway.api.schemas.common import period_of
from gateway.api.schemas.state import ContributionLookup, ContributionsRead, CoverageLookup, CoverageRead
from gateway.api.state_access import StateDep, needs
from gateway.statelink.look import look
from gateway.statelink.states import Scope

router = Router(prefix="/v1/state", tags=["looks"])


@router.post(
    "/coverage-lookups",
    response_model=CoverageRead,
    summary="How a person is covered in a month",
    dependencies=[needs(Scope.READ_COVERAGE)],
    responses=problems(422),
)
def look_up_coverage(asked: CoverageLookup, act: StateDep) -> CoverageRead:
    """Say by identity number how far a month is, with the lines it rests on. Who looked and why is written down."""
    month = period_of(asked.period)
    return CoverageRead.of(
        look(
            act.session,
            kind=asked.document_kind,
            document=asked.document,
            first=month,
            last=month,
            purpose=asked.purpose,
            case=asked.case,
            what="coverage",
            actor=act.actor,
        )
    )


@router.post(
    "/contribution-lookups",
    response_model=ContributionsRead,
    summary="What was filed for a person",
    dependencies=[needs(Scope.READ_CONTRIBUTIONS)],
    responses=problems(422),
)
def look_up_contributions(asked: ContributionLookup, act: StateDep) -> ContributionsRead:
    """Say by identity number what was filed and accepted, month by month. Who looked and why is written down."""
    return ContributionsRead.of(
        look(
            act.session,
            kind=asked.document_kind,
            document=asked.document,
            first=period_of(asked.first_period),
            last=period_of(asked.last_period),
            purpose=asked.purpose,
            case=asked.case,
            what="contributions",
            actor=act.actor,
        )
    )
