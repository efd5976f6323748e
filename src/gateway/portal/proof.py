"""The pages on which a member checks for herself: one for a receipt of hers, one for any file, for anybody and without us."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.dependencies import Gate
from gateway.api.schemas.common import MAX_ID
from gateway.api.schemas.transparency import ProofRead
from gateway.kit.money import currency_of, format_amount
from gateway.portal.texts import language_of, render
from gateway.portal.visit import HEADERS, Inside, arrive, inside
from gateway.selfcheck import queries
from gateway.selfcheck.errors import ReceiptNotYoursError
from gateway.transparency.errors import LogUnsignedError
from gateway.transparency.prove import Claim, prove_receipt
from gateway.transparency.publish import VERIFIER, keys_of, verifier

STATIC = FilePath(__file__).parent / "static"
CARRIED = ("style.css", "proof.js", "ed25519.js")
"""What the page of files needs beside itself."""
Receipt = Annotated[int, Path(ge=1, le=MAX_ID)]


def proof(here: Inside, receipt_id: int) -> Response:
    """The page on which a receipt's proof is checked by the browser."""
    row = _mine(here, receipt_id)
    try:
        keys = " ".join(key.verifier_key for key in keys_of(here.session) if key.is_current)
    except LogUnsignedError:
        keys = ""
    plain = format_amount(row.amount_minor, currency_of(row.currency))
    return here.page("proof.html", row=row, plain_amount=plain, keys=keys)


def file(here: Inside, receipt_id: int, since: int | None) -> Response:
    """The proof itself, to be checked or kept."""
    row = _mine(here, receipt_id)
    claim = Claim(row.id, row.number, row.amount_minor, row.currency)
    found = prove_receipt(here.session, here.insider.member_id, claim, since=since, now=dt.datetime.now(dt.UTC))  # noqa: TID251 - the edge
    text = ProofRead.model_validate(found).model_dump_json()
    return here.visit.leave_with(Response(text, headers=dict(HEADERS), media_type="application/json"))


def carried(language: str) -> bytes:
    """Return the page of files, what it needs, and the program, packed to be used without a connection."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as kept:
        kept.writestr(_member("verify.html"), render("verify.html", language, base=None))
        for name in CARRIED:
            kept.writestr(_member(name), (STATIC / name).read_bytes())
        kept.writestr(_member(VERIFIER), verifier())
    return packed.getvalue()


def add_routes(router: APIRouter, gate: Callable[[], Gate]) -> None:
    """Add the pages."""

    @router.get("/proof/{receipt_id}")
    def show(request: Request, receipt_id: Receipt) -> Response:
        with inside(arrive(request, gate)) as here:
            return proof(here, receipt_id)

    @router.get("/proof/{receipt_id}/file")
    def give(
        request: Request, receipt_id: Receipt, since: Annotated[int | None, Query(ge=1, le=2**53)] = None
    ) -> Response:
        with inside(arrive(request, gate)) as here:
            return file(here, receipt_id, since)

    @router.get("/verify")
    def verify(request: Request) -> Response:
        language = language_of(request)
        base = str(request.scope.get("root_path", "")).rstrip("/")
        text = render("verify.html", language, base=base)
        kept = {
            **HEADERS,
            "cache-control": "public, max-age=3600",
            "vary": "Cookie, Accept-Language",
            "content-language": language,
        }
        return HTMLResponse(text, headers=kept)

    @router.get("/verify.zip")
    def verify_packed(request: Request) -> Response:
        headers = {
            **HEADERS,
            "content-disposition": 'attachment; filename="verify.zip"',
            "vary": "Cookie, Accept-Language",
        }
        return Response(carried(language_of(request)), headers=headers, media_type="application/zip")


def _mine(here: Inside, receipt_id: int) -> Any:
    try:
        return queries.get_receipt(here.session, here.insider.member_id, receipt_id)
    except ReceiptNotYoursError as error:
        raise HTTPException(404) from error


def _member(name: str) -> zipfile.ZipInfo:
    # The same bytes each time: nobody has to wonder what changed.
    found = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    found.compress_type = zipfile.ZIP_DEFLATED
    return found
