"""Whose an access token is, in one round trip."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit.db import driver
from gateway.kit.idempotency import Known
from gateway.kit.tenant import MutualRow
from gateway.selfcheck import access_queries as sql
from gateway.selfcheck.errors import AccessEndedError
from gateway.selfcheck.rules import digest, mutual_of_access


@dataclass(frozen=True, slots=True)
class Insider:
    """The member behind a request, or her helper."""

    session_id: int
    member_id: int
    helper_id: int | None
    """Set where a helper looks in her name."""
    language: str

    @property
    def actor(self) -> str:
        """The name in the log: numbers of ours alone."""
        helper = "" if self.helper_id is None else f":helper:{self.helper_id}"
        return f"member:{self.member_id}{helper}"


class Recognised(NamedTuple):
    """Who is behind a token, her mutual, and what the request's key was used for before."""

    insider: Insider
    mutual: MutualRow
    known: Known


def who_is(
    session: Session, token: str, *, trace_id: str | None = None, route: str | None = None, key: str | None = None
) -> Recognised:
    """Bind the transaction to the member and mutual of an access token, and take the request's key.

    Raises:
        AccessEndedError: No live session has this token.
    """
    mutual_id = mutual_of_access(token)
    row = None
    if mutual_id is not None:
        row = driver(session).execute(sql.BEGIN, (mutual_id, digest(token), trace_id, route, key)).fetchone()
    if row is None:
        raise AccessEndedError("this token is of no live session; renew it at POST /v1/me/tokens or ask for a new code")
    return Recognised(Insider(*row[:4]), MutualRow(*row[4:13]), Known(*row[13:]))
