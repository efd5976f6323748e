"""Answers for members: small pages, kept by her own client for a while, and not sent again while they are the same."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from gateway.api.members import MemberAct
from gateway.api.pages import Asked, Page

T = TypeVar("T", bound=BaseModel)

MOST = 6
"""Rows of one answer: it stays under two kilobytes."""
FRESH_SECONDS = 60
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "It is as it was under the ETag that was sent"}}


async def _small(
    request: Request,
    response: Response,
    cursor: Annotated[str | None, Query(max_length=500, description="next_cursor of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Asked:
    return Asked(request, response, cursor, limit)


SmallPageDep = Annotated[Asked, Depends(_small)]


def answer(act: MemberAct, found: BaseModel) -> Response:
    """Return what was found, or 304 where the client has it; only her own client may keep it."""
    body = found.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {
        "etag": tag,
        "cache-control": f"private, max-age={FRESH_SECONDS}",
        "vary": "Authorization, Accept-Language",
    }
    for name, value in act.response.headers.items():
        if name == "link":
            headers[name] = value
    if tag in act.if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def page(
    act: MemberAct, asked: Asked, shape: type[Page[T]], rows: Sequence[Any], make: Callable[[Any], T], key: str = "id"
) -> Response:
    """Return a page of rows, newest first, whose next page begins before the last one's number."""
    found = asked.page(rows, make, lambda row: (getattr(row, key),))
    # The cursor's Link was set on the framework's answer, which is not the one that goes out.
    link = asked.response.headers.get("link")
    if link is not None:
        act.response.headers["link"] = link
    return answer(act, shape(items=found.items, next_cursor=found.next_cursor))
