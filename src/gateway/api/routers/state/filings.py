"""Filings for the state and its auditors: by the id a file was sent under, with lines, bytes and evidence."""

import uuid
from collections.abc import Iterator
from typing import Annotated

from fastapi import Path
from fastapi.responses import StreamingResponse

from gateway.api.dependencies import GateDep
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routing import Router
from gateway.api.schemas.state import FILE_ID, LineEvidenceRead, StateFilingRead, StateLineRead
from gateway.api.state_access import StateAct, StateDep, needs
from gateway.filing import queries as filing_queries
from gateway.filing.errors import DocumentUnknownError, FilingUnknownError
from gateway.filing.evidence import trace
from gateway.membership.queries import get_payroll
from gateway.statelink import queries
from gateway.statelink.look import note_filing_look
from gateway.statelink.states import Scope

router = Router(prefix="/v1/state/filings", tags=["filings"])
READS = needs(Scope.READ_FILINGS)
Reference = Annotated[uuid.UUID, Path(examples=[FILE_ID], description="Our id: of the filing, or of one of its files.")]
LineNo = Annotated[int, Path(ge=1, le=2_147_483_647, examples=[1])]


def _find(act: StateAct, reference: uuid.UUID) -> int:
    found = queries.find_filing(act.session, reference)
    if found is None:
        raise FilingUnknownError(f"no filing or file of this mutual was sent under {reference}")
    return found


@router.get(
    "/{reference}",
    response_model=StateFilingRead,
    summary="One filing",
    dependencies=[READS],
    responses=problems(404),
)
def get_filing(reference: Reference, act: StateDep) -> StateFilingRead:
    """Return a sealed filing with its files and their digests."""
    filing = filing_queries.get_filing(act.session, _find(act, reference))
    documents = filing_queries.list_documents(act.session, filing.id)
    return StateFilingRead.of(filing, get_payroll(act.session, filing.payroll_id), documents)


@router.get(
    "/{reference}/lines",
    response_model=Page[StateLineRead],
    summary="The lines of a filing",
    dependencies=[READS],
    responses=problems(404),
)
def list_lines(reference: Reference, act: StateDep, asked: PageDep) -> Page[StateLineRead]:
    """Return who is declared, by line. Which lines were shown to whom is written down."""
    filing = filing_queries.get_filing(act.session, _find(act, reference))
    (after,) = asked.after(int) or (0,)
    rows = filing_queries.list_lines(act.session, filing.id, after=after, limit=asked.fetch)
    shown = [row.line_no for row in rows[: asked.limit]]
    note_filing_look(
        act.session,
        filing.id,
        what="lines",
        first_line=shown[0] if shown else None,
        last_line=shown[-1] if shown else None,
        actor=act.actor,
    )
    return asked.page(rows, lambda row: StateLineRead.of(row, filing.currency), lambda row: (row.line_no,))


@router.get(
    "/{reference}/lines/{line_no}/evidence",
    response_model=LineEvidenceRead,
    summary="The evidence of a line",
    dependencies=[needs(Scope.READ_EVIDENCE)],
    responses=problems(404, 409),
)
def get_evidence(reference: Reference, line_no: LineNo, act: StateDep) -> LineEvidenceRead:
    """Return everything that is known of one filed line, from the receipts that paid for it to the state's bill."""
    filing_id = _find(act, reference)
    found = trace(act.session, filing_id, line_no)
    note_filing_look(act.session, filing_id, what="evidence", first_line=line_no, last_line=line_no, actor=act.actor)
    return LineEvidenceRead.model_validate(found)


@router.get(
    "/{reference}/content",
    response_class=StreamingResponse,
    summary="A file's bytes",
    dependencies=[needs(Scope.READ_EVIDENCE)],
    responses={
        200: {
            "description": "The file, byte for byte as it was sealed",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems(404),
    },
)
def get_content(reference: Reference, act: StateDep, gate: GateDep) -> StreamingResponse:
    """Return a file byte for byte, by the id it was sent under."""
    found = filing_queries.find_by_reference(act.session, reference)
    if found is None or queries.find_filing(act.session, reference) is None:
        raise DocumentUnknownError(f"no file of this mutual was sent under {reference}")
    document = filing_queries.get_document(act.session, found.filing_id, found.document_id)
    note_filing_look(
        act.session, found.filing_id, what=f"file {reference}", first_line=None, last_line=None, actor=act.actor
    )
    mutual_id, actor = act.mutual.id, act.actor

    def pieces() -> Iterator[bytes]:
        seq = 1
        while True:
            with gate.database.session(mutual_id, actor=actor) as session:
                piece = filing_queries.read_piece(session, found.document_id, seq)
            if piece is None:
                return
            yield piece
            seq += 1

    headers = {"content-length": str(document.byte_count), "etag": f'"{document.sha256}"'}
    return StreamingResponse(pieces(), headers=headers, media_type="application/octet-stream")
