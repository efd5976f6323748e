"""Uploaded files of members: what was read, what is wrong with a row, and what may be done with it."""

import datetime as dt
from typing import Any, Literal, Self

from gateway.api.money import text_of
from gateway.api.schemas.common import ProgressRead, ReadModel, WriteModel, example
from gateway.kit.progress import Progress
from gateway.membership.import_members import ImportRow
from gateway.membership.states import (
    ImportKind,
    ImportPolicy,
    ImportState,
)

UPLOAD = {
    "id": 3,
    "kind": "members",
    "file_name": "socios.csv",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "state": "previewed",
    "repeats_id": None,
    "row_count": 2000,
    "create_count": 1988,
    "change_count": 4,
    "same_count": 5,
    "refused_count": 3,
    "format": "csv",
    "encoding": "cp1252",
    "separator": ";",
    "sheet": "",
    "created_at": "2026-01-02T14:00:00Z",
    "created_by": "staff:ana",
    "applied_at": None,
    "applied_by": None,
}


class ImportRead(ReadModel):
    """An uploaded file, and what applying it did or would do."""

    model_config = {**ReadModel.model_config, **example(UPLOAD)}

    id: int
    kind: ImportKind
    file_name: str
    sha256: str
    state: ImportState
    repeats_id: int | None
    """An earlier import that applied the same bytes: only what it refused is looked at again, the rest is ``same``."""
    row_count: int
    create_count: int
    change_count: int
    same_count: int
    refused_count: int
    format: str
    encoding: str
    separator: str
    sheet: str
    created_at: dt.datetime
    created_by: str
    applied_at: dt.datetime | None
    applied_by: str | None

    @classmethod
    def of(cls, row: ImportRow) -> Self:
        """Shape a row."""
        dialect = row.dialect
        values = {
            **row._asdict(),
            "format": dialect["kind"],
            **{name: dialect[name] for name in ("encoding", "separator", "sheet")},
        }
        return cls.model_validate({name: values[name] for name in cls.model_fields})


class ImportStandingRead(ImportRead):
    """An uploaded file, and how far the work on it is where a worker does it."""

    model_config = {**ReadModel.model_config, **example({**UPLOAD, "progress": None})}

    progress: ProgressRead | None
    """Of the last work that a worker was asked for (``in_background``); null where there was none."""

    @classmethod
    def standing(cls, row: ImportRow, progress: Progress | None) -> Self:
        """Shape a row and the work on it."""
        return cls(**ImportRead.of(row).model_dump(), progress=ProgressRead.of(progress))


class ProblemRead(ReadModel):
    """What is wrong with a cell."""

    column: str
    """As the file names it; empty where the row as such is wrong."""
    code: str
    detail: str


class ImportLineRead(ReadModel):
    """One row of a file: what it creates, changes (each as old and new), or why it is refused."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "row_no": 17,
                "action": "change",
                "fields": {"wage": ["15770.00", "16500.00"], "wage_from": "2026-03-01", "phone": ["", "+18095551212"]},
                "problems": [],
                "member_id": 17,
            }
        ),
    }

    row_no: int
    """Line of the file; the first is 1."""
    action: Literal["create", "change", "same", "refuse"]
    fields: dict[str, Any]
    problems: list[ProblemRead]
    member_id: int | None

    @classmethod
    def of(cls, row: Any, currency: str) -> Self:
        """Shape a row."""
        fields = dict(row.fields)
        if "wage_minor" in fields:
            fields["wage"] = _wages(fields.pop("wage_minor"), currency)
        return cls(row_no=row.row_no, action=row.action, fields=fields, problems=row.problems, member_id=row.member_id)


def _wages(minor: Any, currency: str) -> Any:
    if isinstance(minor, list):
        return [None if one is None else text_of(one, currency) for one in minor]
    return text_of(minor, currency)


class ApplicationCreate(WriteModel):
    """What is to become of the file's bad rows."""

    model_config = {**WriteModel.model_config, **example({"policy": "good_rows"})}

    policy: ImportPolicy
    in_background: bool = False
    """Let a worker do it and answer at once: ``progress`` of the upload says how far it is."""
