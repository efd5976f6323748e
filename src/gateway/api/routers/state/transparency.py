"""The mutual's log for the state's systems: what everybody sees, and the proofs of filings and their lines."""

import uuid
from typing import Annotated

from fastapi import Path, Query

from gateway.api.errors import problems
from gateway.api.routing import Router
from gateway.api.schemas.state import FILE_ID
from gateway.api.schemas.transparency import (
    ConsistencyRead,
    EntriesRead,
    HeadRead,
    HistoryRead,
    KeysRead,
    LogRead,
    ProofRead,
)
from gateway.api.state_access import StateDep, needs
from gateway.filing.errors import FilingUnknownError
from gateway.statelink import queries as state_queries
from gateway.statelink.look import note_filing_look
from gateway.statelink.states import Scope
from gateway.transparency import queries
from gateway.transparency.prove import prove_consistency, prove_filing
from gateway.transparency.publish import keys_of
from gateway.transparency.rules import text_of_hash

router = Router(prefix="/v1/state/transparency", tags=["transparency"])
READS = needs(Scope.READ_TRANSPARENCY)
MOST = 500
Size = Annotated[int | None, Query(ge=1, le=2**53)]
Limit = Annotated[int, Query(ge=1, le=MOST)]
Reference = Annotated[uuid.UUID, Path(examples=[FILE_ID], description="Our id: of the filing, or of one of its files.")]
LineNo = Annotated[int, Path(ge=1, le=2_147_483_647, examples=[1])]


@router.get("", response_model=LogRead, summary="The log as it stands", dependencies=[READS], responses=problems(404))
def get_log(act: StateDep) -> LogRead:
    """Return the log's name and its newest signed head."""
    head = queries.get_head(act.session)
    return LogRead(mutual=act.mutual.code, origin=head.origin, head=HeadRead.of(head))


@router.get(
    "/entries", response_model=EntriesRead, summary="Entries of the log", dependencies=[READS], responses=problems(404)
)
def list_entries(act: StateDep, start: Annotated[int, Query(ge=0, le=2**53)] = 0, limit: Limit = 100) -> EntriesRead:
    """Return entries in order: which seal, filing or answer, how many leaves, their root."""
    size = queries.get_head(act.session).tree_size
    return EntriesRead.of(queries.list_entries(act.session, start=start, limit=limit + 1), size, limit)


@router.get(
    "/consistency",
    response_model=ConsistencyRead,
    summary="That the log only grew",
    dependencies=[READS],
    responses=problems(404),
)
def get_consistency(
    act: StateDep,
    from_size: Annotated[int, Query(ge=1, le=2**53, alias="from", examples=[1])],
    to_size: Annotated[Size, Query(alias="to")] = None,
) -> ConsistencyRead:
    """Return the hashes that prove that the log of one size begins with that of another."""
    size = to_size or queries.get_head(act.session).tree_size
    path = prove_consistency(act.session, from_size, size)
    return ConsistencyRead(from_size=from_size, to_size=size, path=[text_of_hash(step) for step in path])


@router.get(
    "/keys", response_model=KeysRead, summary="The keys of the log", dependencies=[READS], responses=problems(404)
)
def list_keys(act: StateDep) -> KeysRead:
    """Return every key that ever signed a head."""
    return KeysRead.of(keys_of(act.session))


@router.get(
    "/history", response_model=HistoryRead, summary="All signed heads", dependencies=[READS], responses=problems(404)
)
def list_history(act: StateDep, after: Annotated[int, Query(ge=0, le=2**53)] = 0, limit: Limit = 100) -> HistoryRead:
    """Return every head that was ever signed, oldest first."""
    queries.get_head(act.session)
    return HistoryRead.of(queries.list_heads(act.session, after=after, limit=limit + 1), limit)


@router.get(
    "/filings/{reference}",
    response_model=ProofRead,
    summary="The proof of a filing",
    dependencies=[READS],
    responses=problems(404),
)
def get_filing_proof(reference: Reference, act: StateDep, since: Size = None) -> ProofRead:
    """Return the digests of a filing's files and of the answers to them, each with its way to the signed head."""
    found = prove_filing(act.session, _find(act, reference), None, since=since)
    return ProofRead.model_validate(found)


@router.get(
    "/filings/{reference}/lines/{line_no}",
    response_model=ProofRead,
    summary="The proof of a line",
    dependencies=[needs(Scope.READ_EVIDENCE)],
    responses=problems(404),
)
def get_line_proof(reference: Reference, line_no: LineNo, act: StateDep, since: Size = None) -> ProofRead:
    """Return a filed line and its answer with their way to the signed head. Who looked is written down."""
    filing_id = _find(act, reference)
    found = prove_filing(act.session, filing_id, line_no, since=since)
    note_filing_look(act.session, filing_id, what="proof", first_line=line_no, last_line=line_no, actor=act.actor)
    return ProofRead.model_validate(found)


def _find(act: StateDep, reference: uuid.UUID) -> int:
    found = state_queries.find_filing(act.session, reference)
    if found is None:
        raise FilingUnknownError(f"no filing or file of this mutual was sent under {reference}")
    return found
