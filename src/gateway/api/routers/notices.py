"""What members are told."""

from gateway.api.dependencies import ActDep, allow
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.common import PathId
from gateway.api.schemas.notices import NoticeRead
from gateway.notices import queries
from gateway.staff.models import Role

router = Router(prefix="/v1", tags=["notices"])
READERS = allow(Role.CASHIER, Role.FILING_OFFICER, Role.BENEFITS_OFFICER, Role.MANAGER)


@router.get(
    "/members/{member_id}/notices", response_model=Page[NoticeRead], summary="What a member was told",
    dependencies=[READERS], responses=problems(404),
)  # fmt: skip
def list_member_notices(member_id: PathId, act: ActDep, asked: PageDep) -> Page[NoticeRead]:
    """Return what a member was told or is to be told, the newest first, in the words she gets."""
    (before,) = asked.after(int) or (None,)
    rows = queries.list_notices(act.session, member_id, before=before, limit=asked.fetch)
    return asked.page(rows, NoticeRead.model_validate, lambda row: (row.id,))
