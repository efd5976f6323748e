"""Files of members and dependants: upload and preview, look at the rows, apply, take the refused ones back."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Form, Query, Response, UploadFile

from gateway.api.dependencies import ActDep, OnceDep
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routers.membership import WRITERS
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, PathId
from gateway.api.schemas.membership import ApplicationCreate, ImportLineRead, ImportRead
from gateway.membership.import_members import apply, get_import, list_imports, list_rows, preview
from gateway.membership.refused_rows import refused_file
from gateway.membership.states import ImportKind

router = Router(prefix="/v1", tags=["membership"])


@router.get("/member-imports", response_model=Page[ImportRead], summary="Uploaded files", dependencies=[WRITERS])
def list_member_imports(act: ActDep, asked: PageDep) -> Page[ImportRead]:
    """Return the files that were uploaded, the newest first."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = list_imports(act.session, before=before, limit=asked.fetch)
    return asked.page(rows, ImportRead.of, lambda row: (row.id,))


@router.post(
    "/member-imports", status_code=201, response_model=ImportRead, summary="Upload a file and see what it would do",
    dependencies=[WRITERS], responses=problems(409, 413, 422),
)  # fmt: skip
def create_member_import(
    file: UploadFile,
    act: ActDep,
    once: OnceDep,
    kind: Annotated[ImportKind, Form(description="What the rows are.")] = ImportKind.MEMBERS,
    sha256: Annotated[
        str | None,
        Form(pattern=r"^[0-9a-fA-F]{64}$", description="Digest of the file as it was sent, to find a cut-off upload."),
    ] = None,
) -> Response:
    """Keep a file and judge every row; nothing else is written until it is applied.

    CSV or XLSX; UTF-8 or Latin-1; comma, semicolon or tab; headers in Spanish, English or French. The same file again
    changes nothing and says so.
    """
    body, name = file.file.read(), (file.filename or "file")[:200].replace("\0", "")

    def look() -> ImportRead:
        return ImportRead.of(
            preview(act.session, body=body, file_name=name, kind=kind, actor=act.actor, today=act.today, sha256=sha256)
        )

    return once(look, body=kind.value.encode() + b"\0" + body)


@router.get(
    "/member-imports/{import_id}", response_model=ImportRead, summary="One uploaded file", dependencies=[WRITERS],
    responses=problems(404),
)  # fmt: skip
def get_member_import(import_id: PathId, act: ActDep) -> ImportRead:
    """Return an uploaded file and what it did or would do."""
    return ImportRead.of(get_import(act.session, import_id))


@router.get(
    "/member-imports/{import_id}/rows", response_model=Page[ImportLineRead], summary="Rows of an uploaded file",
    dependencies=[WRITERS], responses=problems(404),
)  # fmt: skip
def list_member_import_rows(
    import_id: PathId,
    act: ActDep,
    asked: PageDep,
    action: Annotated[Literal["create", "change", "same", "refuse"] | None, Query()] = None,
) -> Page[ImportLineRead]:
    """Return the rows that create, change or are refused, with the reasons; rows that change nothing are only counted."""
    (after,) = asked.after(int) or (0,)
    rows = list_rows(act.session, import_id, action=action, after=after, limit=asked.fetch)
    currency = act.mutual.currency
    return asked.page(rows, lambda row: ImportLineRead.of(row, currency), lambda row: (row.row_no,))


@router.post(
    "/member-imports/{import_id}/application", status_code=201, response_model=ImportRead,
    summary="Apply an uploaded file", dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_member_import_application(
    import_id: PathId, asked: ApplicationCreate, act: ActDep, once: OnceDep
) -> Response:
    """Write what the good rows say, or nothing if `all_or_nothing` is asked for and a row is bad."""

    def write() -> ImportRead:
        return ImportRead.of(apply(act.session, import_id, policy=asked.policy, actor=act.actor, today=act.today))

    return once(write, body=asked)


@router.get(
    "/member-imports/{import_id}/refused", summary="The refused rows as a file", dependencies=[WRITERS],
    response_class=Response,
    responses={
        200: {
            "description": "The refused rows in the format, encoding and separator they came in, with a last column that says why",
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                    "schema": {"type": "string", "format": "binary"}
                },
            },
        },
        **problems(404),
    },
)  # fmt: skip
def get_member_import_refused(import_id: PathId, act: ActDep) -> Response:
    """Return what was refused, to be mended and sent again."""
    sent = refused_file(act.session, import_id, language=act.principal.language)
    disposition = f"attachment; filename*=UTF-8''{quote(sent.file_name, safe='')}"
    return Response(sent.body, media_type=sent.media_type, headers={"content-disposition": disposition})
