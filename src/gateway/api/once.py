"""The same request acts once: its answer is kept under the client's key and given again.

The key is taken with a lock that lasts as long as the transaction, and the answer is stored in that transaction, so an
effect and its record are kept together or not at all. Only success is stored: what was refused may be tried again.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import Header, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from gateway.api.refusals import KeyMissingError, KeyRunningError, KeyUsedError
from gateway.kit.idempotency import Known, Place, keep

REPLAYED = "idempotency-replayed"
KeyHeader = Annotated[
    str | None,
    Header(
        description="A value of your own, the same on every retry; quoted or bare.",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]
"""The header that every request which acts once asks for."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")


def read_key(header: str | None) -> str:
    """Return the key of an ``Idempotency-Key`` header, quoted (a structured string) or bare.

    Raises:
        KeyMissingError: There is none, or it is empty, too long or holds other than printable ASCII.
    """
    text = (header or "").strip()
    quoted = _QUOTED.fullmatch(text)
    key = re.sub(r"\\(.)", r"\1", quoted.group(1)) if quoted else text
    if not _PRINTABLE.fullmatch(key):
        raise KeyMissingError(
            "send Idempotency-Key with a value of your own, for example a UUID, and the same one on every retry; "
            "at most 255 printable characters"
        )
    return key


class Acting(Protocol):
    """Who acts, in which transaction."""

    session: Session
    actor: str
    known: Known


class Once:
    """Runs a request's effect unless it was done before under the same key."""

    def __init__(self, request: Request, act: Acting, key: str) -> None:
        self._request, self._act = request, act
        self.route = f"{request.method} {request.scope['route'].path}"
        self.key = key

    def __call__(
        self,
        do: Callable[[], BaseModel],
        *,
        status: int = 201,
        body: BaseModel | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Return the answer of ``do``, or the stored one of the first time.

        Args:
            do: The effect; returns what is answered.
            status: The answer's status.
            body: The request: its model, or a digest of an uploaded file.
            headers: Kept with the answer, for example ``location``.

        Raises:
            KeyUsedError: The key was used for another request.
            KeyRunningError: The first request with this key has not ended.
        """
        fingerprint, known = self._fingerprint(body), self._act.known
        if known.fingerprint is not None:
            return _replay(known, fingerprint)
        if not known.is_mine:
            raise KeyRunningError("a request with this key is running; ask again in a moment to get its answer")
        content = do().model_dump_json(by_alias=True).encode()
        kept = {"content-type": "application/json", **(headers or {})}
        place = Place(self._act.actor, self.route, self.key)
        keep(self._act.session, place, fingerprint=fingerprint, status=status, body=content, headers=kept)
        return Response(content, status, kept)

    def _fingerprint(self, body: BaseModel | bytes | None) -> str:
        scope = self._request.scope
        digest = hashlib.sha256(scope["path"].encode() + b"?" + scope["query_string"] + b"\0")
        # A model writes its fields in its own order, however they were sent.
        digest.update(body.model_dump_json().encode() if isinstance(body, BaseModel) else body or b"")
        return digest.hexdigest()


def _replay(known: Known, fingerprint: str) -> Response:
    if known.fingerprint != fingerprint:
        raise KeyUsedError(
            "this Idempotency-Key was used for a request with other content; use a new key for a new one"
        )
    assert known.status is not None
    return Response(known.body, known.status, {**(known.headers or {}), REPLAYED: "true"})
