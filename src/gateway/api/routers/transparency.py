"""The log that everybody may check: no log-in, no personal data, the same for every asker."""

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from gateway.api.dependencies import GateDep, opened
from gateway.api.errors import problems
from gateway.api.public import FOR_EVER, RATED, UNCHANGED, answer
from gateway.api.routing import Router
from gateway.api.schemas.transparency import (
    NOTE,
    ConsistencyRead,
    EntriesRead,
    HeadRead,
    HistoryRead,
    InclusionRead,
    KeysRead,
    LogRead,
)
from gateway.kit import tenant
from gateway.transparency import queries
from gateway.transparency.prove import prove_consistency, prove_entry
from gateway.transparency.publish import keys_of, verifier
from gateway.transparency.rules import text_of_hash

router = Router(prefix="/v1/transparency", tags=["transparency"], dependencies=[RATED])

MOST = 500
MutualCode = Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[a-z0-9_-]+$", examples=["amparo"])]
Size = Annotated[int, Query(ge=1, le=2**53)]
Place = Annotated[int, Query(ge=0, le=2**53)]
Limit = Annotated[int, Query(ge=1, le=MOST)]
REFUSALS = UNCHANGED | problems(404, 429)


def _text(media_type: str, example: str) -> dict[int | str, dict[str, Any]]:
    content = {media_type: {"schema": {"type": "string"}, "example": example}}
    return {200: {"description": "The text", "content": content}}


@router.get(
    "/verify_proof.py", summary="The program that checks proofs", response_class=Response,
    responses=_text("text/x-python", "#!/usr/bin/env python3\n") | UNCHANGED | problems(429),
)  # fmt: skip
def get_verifier(request: Request) -> Response:
    """Return one file of plain Python (3.10 or newer) that checks heads and proofs without the gateway."""
    found = answer(request, verifier().decode(), seconds=3600)
    found.headers["content-disposition"] = 'attachment; filename="verify_proof.py"'
    found.headers["content-type"] = "text/x-python; charset=utf-8"
    return found


@router.get("/{mutual_code}", response_model=LogRead, summary="The log as it stands", responses=REFUSALS)
def get_log(mutual_code: MutualCode, request: Request, gate: GateDep) -> Response:
    """Return the log's name and its newest signed head."""
    with opened(gate, mutual_code, is_required=True) as session:
        head, mutual = queries.get_head(session), tenant.current(session)
    return answer(request, LogRead(mutual=mutual.code, origin=head.origin, head=HeadRead.of(head)))


@router.get(
    "/{mutual_code}/checkpoint", summary="The newest signed head", response_class=Response,
    responses=_text("text/plain", NOTE) | REFUSALS,
)  # fmt: skip
def get_checkpoint(mutual_code: MutualCode, request: Request, gate: GateDep) -> Response:
    """Return the newest signed head as C2SP tlog-checkpoint has it: keep it, and compare it with what others are shown."""
    with opened(gate, mutual_code, is_required=True) as session:
        return answer(request, queries.get_head(session).note)


@router.get("/{mutual_code}/entries", response_model=EntriesRead, summary="Entries of the log", responses=REFUSALS)
def list_entries(
    mutual_code: MutualCode, request: Request, gate: GateDep, start: Place = 0, limit: Limit = 100
) -> Response:
    """Return entries in order: which seal, filing or answer, how many leaves, their root. Nothing of persons, no amount."""
    with opened(gate, mutual_code, is_required=True) as session:
        size = queries.get_head(session).tree_size
        rows = queries.list_entries(session, start=start, limit=limit + 1)
    return answer(request, EntriesRead.of(rows, size, limit))


@router.get(
    "/{mutual_code}/consistency", response_model=ConsistencyRead, summary="That the log only grew", responses=REFUSALS
)
def get_consistency(
    mutual_code: MutualCode, request: Request, gate: GateDep,
    from_size: Annotated[int, Query(ge=1, le=2**53, alias="from", examples=[1])],
    to_size: Annotated[int | None, Query(ge=1, le=2**53, alias="to", description="The newest head's where it is left out.")] = None,
) -> Response:  # fmt: skip
    """Return the hashes that prove that the log of one size begins with that of another."""
    with opened(gate, mutual_code, is_required=True) as session:
        size = to_size or queries.get_head(session).tree_size
        path = prove_consistency(session, from_size, size)
    found = ConsistencyRead(from_size=from_size, to_size=size, path=[text_of_hash(step) for step in path])
    return answer(request, found, seconds=FOR_EVER if to_size else 60)


@router.get(
    "/{mutual_code}/inclusion", response_model=InclusionRead, summary="That an entry is in the log", responses=REFUSALS
)
def get_inclusion(
    mutual_code: MutualCode, request: Request, gate: GateDep,
    entry: Annotated[int, Query(ge=0, le=2**53, examples=[0])],
    size: Annotated[int | None, Query(ge=1, le=2**53, description="The newest head's where it is left out.")] = None,
) -> Response:  # fmt: skip
    """Return the hashes that lead from an entry to the root of the log of a size."""
    with opened(gate, mutual_code, is_required=True) as session:
        of_size = size or queries.get_head(session).tree_size
        path = prove_entry(session, entry, of_size)
    found = InclusionRead(index=entry, size=of_size, path=[text_of_hash(step) for step in path])
    return answer(request, found, seconds=FOR_EVER if size else 60)


@router.get("/{mutual_code}/keys", response_model=KeysRead, summary="The keys of the log", responses=REFUSALS)
def list_keys(mutual_code: MutualCode, request: Request, gate: GateDep) -> Response:
    """Return every key that ever signed a head. Compare them with those you got by another way."""
    with opened(gate, mutual_code, is_required=True) as session:
        return answer(request, KeysRead.of(keys_of(session)))


@router.get("/{mutual_code}/history", response_model=HistoryRead, summary="All signed heads", responses=REFUSALS)
def list_history(
    mutual_code: MutualCode, request: Request, gate: GateDep,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0, limit: Limit = 100,
) -> Response:  # fmt: skip
    """Return every head that was ever signed, oldest first."""
    with opened(gate, mutual_code, is_required=True) as session:
        queries.get_head(session)
        heads = queries.list_heads(session, after=after, limit=limit + 1)
    return answer(request, HistoryRead.of(heads, limit))
