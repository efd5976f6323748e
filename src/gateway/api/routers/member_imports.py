"""Files of members and dependants: upload and preview, look at the rows, apply, take the refused ones back."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Form, Query, Response, UploadFile

from gateway.api.dependencies import Act, ActDep, OnceDep
from gateway.api.errors import problems
from gateway.api.pages import Page, PageDep
from gateway.api.routers.membership import WRITERS
from gateway.api.routing import Router
from gateway.api.schemas.common import MAX_ID, PathId
from gateway.api.schemas.member_imports import ApplicationCreate, ImportLineRead, ImportRead, ImportStandingRead
from gateway.membership import import_members as imports
from gateway.membership.import_members import apply, get_import, list_imports, list_rows, preview
from gateway.membership.refused_rows import refused_file
from gateway.membership.states import ImportKind, ImportPolicy

router = Router(prefix="/v1", tags=["membership"])


@router.get("/member-imports", response_model=Page[ImportRead], summary="Uploaded files", dependencies=[WRITERS])
def list_member_imports(act: ActDep, asked: PageDep) -> Page[ImportRead]:
    """Return the files that were uploaded, the newest first."""
    (before,) = asked.after(int) or (MAX_ID,)
    rows = list_imports(act.session, before=before, limit=asked.fetch)
    return asked.page(rows, ImportRead.of, lambda row: (row.id,))


@router.post(
    "/member-imports", status_code=201, response_model=ImportStandingRead, summary="Upload a file and see what it would do",
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
    in_background: Annotated[
        bool, Form(description="Keep it and answer at once; a worker judges the rows, `progress` says how far it is.")
    ] = False,
) -> Response:
    """Keep a file and judge every row; nothing else is written until it is applied.

    CSV or XLSX; UTF-8 or Latin-1; comma, semicolon or tab; headers in Spanish, English or French. The same file again
    changes nothing and says so.
    """
    body, name = file.file.read(), (file.filename or "file")[:200].replace("\0", "")

    def look() -> ImportStandingRead:
        given: dict[str, Any] = {"body": body, "file_name": name, "kind": kind, "actor": act.actor, "sha256": sha256}
        if not in_background:
            return _standing(act, preview(act.session, **given, today=act.today).id)
        import_id = imports.upload(act.session, **given)
        imports.ask_for(act.session, import_id, "look", policy=ImportPolicy.GOOD_ROWS, actor=act.actor)
        return _standing(act, import_id)

    return once(look, body=kind.value.encode() + b"\0" + body)


@router.get(
    "/member-imports/{import_id}", response_model=ImportStandingRead, summary="One uploaded file", dependencies=[WRITERS],
    responses=problems(404),
)  # fmt: skip
def get_member_import(import_id: PathId, act: ActDep) -> ImportStandingRead:
    """Return an uploaded file, what it did or would do, and how far the work on it is."""
    return _standing(act, import_id)


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
    "/member-imports/{import_id}/application", status_code=201, response_model=ImportStandingRead,
    summary="Apply an uploaded file", dependencies=[WRITERS], responses=problems(404, 409, 422),
)  # fmt: skip
def create_member_import_application(
    import_id: PathId, asked: ApplicationCreate, act: ActDep, once: OnceDep
) -> Response:
    """Write what the good rows say, or nothing if `all_or_nothing` is asked for and a row is bad.

    With `in_background` a worker does it: the upload is still `previewed`, and its `progress` says how far it is. Asked for
    again meanwhile, it is done once.
    """

    def write() -> ImportStandingRead:
        if asked.in_background:
            imports.ask_for(act.session, import_id, "apply", policy=asked.policy, actor=act.actor)
        else:
            apply(act.session, import_id, policy=asked.policy, actor=act.actor, today=act.today)
        return _standing(act, import_id)

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


def _standing(act: Act, import_id: int) -> ImportStandingRead:
    return ImportStandingRead.standing(get_import(act.session, import_id), imports.progress_of(act.session, import_id))
