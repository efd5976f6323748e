"""Give refused rows back as the file they came in, with the reason in a last column."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import db, evidence
from gateway.kit.tabular import read_table, write_refused
from gateway.membership import import_queries
from gateway.membership.import_members import columns_of, get_import
from gateway.membership.states import ImportKind

REASON_NAMES = {"es": "motivo", "fr": "motif"}


class RefusedFile(NamedTuple):
    """A file to be mended and sent again."""

    file_name: str
    media_type: str
    body: bytes


def refused_file(
    session: Session,
    import_id: int,
    *,
    language: str = "en",
    reason: Callable[[list[dict[str, Any]]], str] | None = None,
) -> RefusedFile:
    """Return the refused rows of an upload in its own format, encoding and separator.

    Args:
        session: The open transaction.
        import_id: The upload.
        language: Of the last column's name.
        reason: Says what is wrong with a row; in English, if not given.

    Raises:
        ImportNotFoundError: No such upload.
    """
    upload = get_import(session, import_id)
    kept = evidence.read(session, upload.evidence_id)
    columns, required = columns_of(ImportKind(upload.kind))
    table = read_table(kept.body, upload.file_name, columns, required=required)
    lines = db.rows(session, import_queries.REFUSED_LINES, {"import_id": import_id})
    say = reason or reason_of
    reasons = {line.row_no: say(line.problems) for line in lines}
    rows = [(row.raw, reasons[row.row_no]) for row in table.rows if row.row_no in reasons]
    body = write_refused(
        table.dialect,
        table.header.names,
        [raw for raw, _ in rows],
        [reason for _, reason in rows],
        reason_name=REASON_NAMES.get(language, "reason"),
    )
    stem, dot, ending = upload.file_name.rpartition(".")
    name = f"{stem}-refused.{ending}" if dot else f"{upload.file_name}-refused"
    return RefusedFile(name, kept.media_type, body)


def reason_of(problems: list[dict[str, Any]]) -> str:
    """Return all that is wrong with a row in one cell."""
    return "; ".join(f"{problem['column']}: {problem['detail']}".removeprefix(": ") for problem in problems)
