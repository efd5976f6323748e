"""What a refusal's code means: the page that a problem document's ``type`` points at."""

from fastapi import APIRouter

from gateway.api.errors import problems
from gateway.api.schemas.common import ReadModel
from gateway.api.titles import LANGUAGES, every_kind, title_of
from gateway.kit.errors import NotFoundError

router = APIRouter(tags=["operations"])


class ProblemKindRead(ReadModel):
    """A kind of refusal."""

    code: str
    status: int
    retryable: bool
    titles: dict[str, str]
    """By language."""
    meaning: str


@router.get(
    "/problems/{code}",
    response_model=ProblemKindRead,
    summary="What a refusal's code means",
    responses=problems(404),
)
def get_problem_kind(code: str) -> ProblemKindRead:
    """Explain the code of a problem document."""
    kind = every_kind().get(code)
    if kind is None:
        raise NotFoundError(f"no refusal has the code {code[:60]!r}")
    titles = {language: title_of(kind, language) for language in LANGUAGES}
    meaning = (kind.__doc__ or "").strip().splitlines()[0]
    return ProblemKindRead(code=code, status=kind.status, retryable=kind.retryable, titles=titles, meaning=meaning)
