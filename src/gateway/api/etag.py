"""Versions of what people edit: ``ETag`` on the answer, ``If-Match`` on the change."""

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from gateway.api.refusals import VersionMissingError
from gateway.kit.errors import PreconditionError

_TAG = re.compile(r'(?:W/)?"v?(\d{1,9})"')


def tag_of(version: int) -> str:
    """Return the entity tag of a version."""
    return f'"v{version}"'


def set_tag(response: Response, version: int) -> None:
    """Tell the answer's version."""
    response.headers["etag"] = tag_of(version)


def version_in(header: str | None) -> int:
    """Return the version that an ``If-Match`` header names.

    Raises:
        VersionMissingError: There is no header.
        PreconditionError: It names no version of ours.
    """
    if header is None:
        raise VersionMissingError("send If-Match with the ETag that you read, so that nobody's change is overwritten")
    match = _TAG.fullmatch(header.strip())
    if match is None:
        raise PreconditionError(f"If-Match {header[:40]!r} is no version of this; read it again and use its ETag")
    return int(match.group(1))


async def _if_match(
    if_match: Annotated[str | None, Header(description="The ETag that was read.", examples=['"v3"'])] = None,
) -> int:
    return version_in(if_match)


IfMatchDep = Annotated[int, Depends(_if_match)]
"""The version that the caller changes."""
