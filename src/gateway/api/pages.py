"""Lists in pages: an opaque cursor that stands for the last row's key, and a ``Link`` to the next page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from gateway.kit import cursor as cursors

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None
    """Give it back as ``cursor`` for the next page; null on the last."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page is asked for."""

    request: Request
    response: Response
    cursor: str | None
    limit: int

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than shown, to know whether there is a next page."""
        return self.limit + 1

    def after(self, *types: type) -> tuple[Any, ...] | None:
        """Return the key that the page begins after, or None for the first page.

        Raises:
            CursorError: The cursor is not of this list.
        """
        return None if self.cursor is None else cursors.decode(self.cursor, types)

    def page(self, rows: Sequence[Any], shape: Callable[[Any], T], key: Callable[[Any], tuple[Any, ...]]) -> Page[T]:
        """Return the page that was asked for.

        Args:
            rows: At most ``fetch`` rows, in the order of their key.
            shape: Makes what is shown of a row.
            key: The row's key, of the types that ``after`` is asked with.
        """
        shown = rows[: self.limit]
        following = cursors.encode(key(shown[-1])) if len(rows) > self.limit else None
        if following is not None:
            query = urlencode([*_kept(self.request), ("cursor", following)])
            self.response.headers["link"] = f'<{self.request.url.path}?{query}>; rel="next"'
        return Page(items=[shape(row) for row in shown], next_cursor=following)


def _kept(request: Request) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]


async def _asked(
    request: Request,
    response: Response,
    cursor: Annotated[str | None, Query(max_length=500, description="next_cursor of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Asked:
    return Asked(request, response, cursor, limit)


PageDep = Annotated[Asked, Depends(_asked)]
"""Which page is asked for: ``asked.after(int)``, ``asked.fetch``, ``asked.page(rows, shape, key)``."""
