"""Take in a file of members or dependants: first what would happen, then it happens.

The file is kept whole. A preview writes nothing but itself; applying reads the kept file again and judges it against
the register of that moment, so nothing rests on a preview that has aged. A file that was applied before changes
nothing: only the lines it was refused for are looked at again.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import audit, bulk, db, evidence, progress, tenant
from gateway.kit.errors import FieldProblem
from gateway.kit.money import currency_of
from gateway.kit.progress import Progress, Tell, silent
from gateway.kit.tabular import Row, Table, read_table
from gateway.kit.tabular_shape import fold
from gateway.kit.tenant import MutualRow
from gateway.membership import dependant_file, import_queries, load_dependants, load_members, member_file
from gateway.membership.errors import DigestError, ImportNotFoundError, ImportNotLookedAtError, ImportRefusedError
from gateway.membership.load_members import Loading, Problems
from gateway.membership.row_reader import Surroundings
from gateway.membership.rules import DAYS_AHEAD
from gateway.membership.states import ImportKind, ImportPolicy, ImportState

_COLUMNS: Mapping[ImportKind, tuple[Mapping[str, Sequence[str]], Sequence[str]]] = {
    ImportKind.MEMBERS: (member_file.COLUMNS, member_file.REQUIRED),
    ImportKind.DEPENDANTS: (dependant_file.COLUMNS, dependant_file.REQUIRED),
}
_TOLD = 20
SUBJECT = "member_import"
"""What long work on an upload is called (``kit.progress``)."""
TASK = "membership.import"
STEPS = {"look": ("read", "relate", "keep"), "apply": ("read", "relate", "write")}
"""The steps of looking at a file and of writing it, in their order."""
LARGE_BYTES, LARGE_ROWS = 150_000, 2_000
"""Larger files take longer than somebody waits for a page: a worker looks at them and writes them."""


class ImportRow(NamedTuple):
    """An uploaded file and what it does, or would do."""

    id: int
    kind: str
    file_name: str
    sha256: str
    evidence_id: int
    repeats_id: int | None
    state: str
    row_count: int
    create_count: int
    change_count: int
    same_count: int
    refused_count: int
    dialect: dict[str, Any]
    created_at: dt.datetime
    created_by: str
    applied_at: dt.datetime | None
    applied_by: str | None


@dataclass(slots=True)
class _Judged:
    """What came of judging a file."""

    table: Table
    row_count: int
    counts: dict[str, int]
    refused: Problems

    def values(self) -> dict[str, int]:
        create, change, refused = self.counts.get("create", 0), self.counts.get("change", 0), len(self.refused)
        return {
            "row_count": self.row_count,
            "create_count": create,
            "change_count": change,
            "refused_count": refused,
            "same_count": self.row_count - create - change - refused,
        }


def preview(
    session: Session,
    *,
    body: bytes,
    file_name: str,
    kind: ImportKind,
    actor: str,
    today: dt.date,
    sha256: str | None = None,
) -> ImportRow:
    """Keep a file, judge every line, and return what applying it would do.

    Args:
        session: The open transaction.
        body: The whole file.
        file_name: What it is called where it came from.
        kind: What its rows are.
        actor: Who uploads.
        today: The mutual's day.
        sha256: Digest of what was sent, to find an upload that was cut off.

    Raises:
        FileUnreadableError: It is no table; says where.
        DigestError: It is not what was sent.
    """
    import_id = upload(session, body=body, file_name=file_name, kind=kind, actor=actor, sha256=sha256)
    return look(session, import_id, today=today)


def upload(
    session: Session, *, body: bytes, file_name: str, kind: ImportKind, actor: str, sha256: str | None = None
) -> int:
    """Keep a file that can be read as a table, to be looked at afterwards; return the upload's number.

    Raises:
        FileUnreadableError: It is no table; says where.
        DigestError: It is not what was sent.
    """
    digest = evidence.digest(body)
    if sha256 is not None and sha256.lower() != digest:
        raise DigestError(
            f"{len(body)} bytes arrived with the digest {digest}, sent were {sha256}; send the file again"
        )
    columns, required = _COLUMNS[kind]
    table = read_table(body, file_name, columns, required=required)
    name = f"import.{kind.value}"
    evidence_id = evidence.find(session, name, digest) or evidence.keep(
        session, kind=name, source=actor, media_type=_media_type(table), body=body, about={"file_name": file_name}
    )
    values = {
        "kind": kind.value,
        "file_name": file_name,
        "sha256": digest,
        "evidence_id": evidence_id,
        "dialect": json.dumps(table.dialect.as_json()),
        "actor": actor,
    }
    return int(db.scalar(session, import_queries.INSERT_IMPORT, values))


def look(session: Session, import_id: int, *, today: dt.date, tell: Tell = silent) -> ImportRow:
    """Judge every line of a kept file and return what applying it would do; looked at already, it stays as it is.

    Raises:
        ImportNotFoundError: No such upload.
    """
    found = _import(db.first(session, import_queries.LOCK_IMPORT, {"id": import_id}), import_id)
    if found.state != ImportState.UPLOADED:
        return found
    kind, around = ImportKind(found.kind), _surroundings(session, tenant.current(session), today)
    body = evidence.read(session, found.evidence_id).body
    before = db.first(session, import_queries.APPLIED_BEFORE, {"kind": kind.value, "sha256": found.sha256})
    before_id = None if before is None else before.id
    total = body.count(b"\n") - 1 if found.dialect["kind"] == "csv" else None
    judged = _judge(session, body, found.file_name, kind, around, before_id, _Telling(tell, total))
    tell("keep", 0, None)
    if kind is ImportKind.MEMBERS:
        load_members.save_lines(session, import_id, around)
    else:
        load_dependants.save_lines(session, import_id)
    _save_refused(session, import_id, judged.refused)
    values = {"id": import_id, "repeats_id": before_id, **judged.values()}
    db.run(session, import_queries.MARK_LOOKED_AT, values)
    return get_import(session, import_id)


def ask_for(session: Session, import_id: int, work: str, *, policy: ImportPolicy, actor: str) -> bool:
    """Queue the looking at a file (``look``) or the writing of it (``apply``); return whether it was not queued before.

    How far it is, ``progress_of`` says.
    """
    get_import(session, import_id)
    options = {"work": work, "policy": policy.value}
    return progress.ask(session, TASK, SUBJECT, import_id, actor=actor, options=options)


def carry_out(session: Session, asked: Progress, tell: Tell, *, today: dt.date) -> None:
    """Do what was asked for; the worker calls it."""
    if asked.options["work"] == "look":
        look(session, asked.subject_id, today=today, tell=tell)
    else:
        policy = ImportPolicy(asked.options["policy"])
        apply(session, asked.subject_id, policy=policy, actor=asked.asked_by, today=today, tell=tell)


def progress_of(session: Session, import_id: int) -> Progress | None:
    """Return how far the last work on an upload is, where a worker does it or did it."""
    return progress.find(session, SUBJECT, import_id)


def apply(
    session: Session, import_id: int, *, policy: ImportPolicy, actor: str, today: dt.date, tell: Tell = silent
) -> ImportRow:
    """Write what a file's good lines say and return what happened; applying it again changes nothing.

    Raises:
        ImportNotFoundError: No such upload.
        ImportNotLookedAtError: Nobody has seen yet what it would do.
        ImportRefusedError: All or nothing was asked for, and there are bad rows.
    """
    db.run(session, import_queries.ONE_AT_A_TIME)
    upload = _import(db.first(session, import_queries.LOCK_IMPORT, {"id": import_id}), import_id)
    if upload.state == ImportState.APPLIED:
        return upload
    if upload.state == ImportState.UPLOADED:
        raise ImportNotLookedAtError(
            f"upload {import_id} is still being looked at; wait until it says what it would do"
        )
    mutual, kind = tenant.current(session), ImportKind(upload.kind)
    around = _surroundings(session, mutual, today)
    body = evidence.read(session, upload.evidence_id).body
    before = db.first(session, import_queries.APPLIED_BEFORE, {"kind": kind.value, "sha256": upload.sha256})
    before_id = None if before is None else before.id
    judged = _judge(session, body, upload.file_name, kind, around, before_id, _Telling(tell, upload.row_count))
    if policy is ImportPolicy.ALL_OR_NOTHING and judged.refused:
        raise _refusal(judged.refused)
    loading = Loading(import_id, upload.evidence_id, actor, f"import {import_id}", mutual.language)
    if kind is ImportKind.MEMBERS:
        load_members.write(session, loading, around, tell)
    else:
        load_dependants.write(session, loading, tell)
    _save_refused(session, import_id, judged.refused)
    work = "member_work" if kind is ImportKind.MEMBERS else "dependant_work"
    with bulk.without_nested_loops(session, judged.row_count):
        bulk.execute(session, import_queries.MARK_SAME.replace("<work>", work), {"import_id": import_id})
    counts = judged.values()
    db.run(session, import_queries.MARK_APPLIED, {"id": import_id, "actor": actor, **counts})
    audit.record(
        session,
        actor=actor,
        action=f"{kind.value}.import",
        subject_kind="member_import",
        subject_id=import_id,
        reason=policy.value,
        detail=counts,
    )
    return get_import(session, import_id)


def get_import(session: Session, import_id: int) -> ImportRow:
    """Return an uploaded file.

    Raises:
        ImportNotFoundError: This mutual has no such upload.
    """
    return _import(db.first(session, import_queries.GET_IMPORT, {"id": import_id}), import_id)


def columns_of(kind: ImportKind) -> tuple[Mapping[str, Sequence[str]], Sequence[str]]:
    """Return the columns a file of this kind may have, with their other names, and those it must have."""
    return _COLUMNS[kind]


def _import(row: Any | None, import_id: int) -> ImportRow:
    if row is None:
        raise ImportNotFoundError(f"no upload {import_id} in this mutual")
    return ImportRow(*row)


def _judge(
    session: Session,
    body: bytes,
    file_name: str,
    kind: ImportKind,
    around: Surroundings,
    before_id: int | None,
    telling: "_Telling",
) -> _Judged:
    columns, required = _COLUMNS[kind]
    table = read_table(body, file_name, columns, required=required)
    counted = _Counted(table, telling)
    only = None
    if before_id is not None:
        lines = db.rows(session, import_queries.REFUSED_LINES, {"import_id": before_id})
        only = frozenset(line.row_no for line in lines)
    judge = load_members.judge if kind is ImportKind.MEMBERS else load_dependants.judge
    refused: Problems = {}
    counts = judge(session, counted.table, around, refused, only)
    return _Judged(table, counted.count, counts, refused)


class _Telling(NamedTuple):
    """Whom the reading of rows is told, and how many are expected."""

    tell: Tell
    total: int | None


class _Counted:
    """A table whose rows are counted, and told of, as they are read."""

    def __init__(self, table: Table, telling: _Telling) -> None:
        self.count = 0
        self._rows = progress.told_rows(table.rows, telling.tell, telling.total)
        self.table = replace(table, rows=self)

    def __iter__(self) -> "_Counted":
        return self

    def __next__(self) -> Row:
        row = next(self._rows)
        self.count += 1
        return row


def _surroundings(session: Session, mutual: MutualRow, today: dt.date) -> Surroundings:
    funds: dict[str, int] = {}
    payrolls: dict[str, int | None] = {}
    own: set[str] = set()
    for row in db.rows(session, import_queries.CODES, {"employer_number": mutual.employer_number}):
        code = fold(row.code)
        if row.what == "fund":
            funds[code] = row.id
        elif row.is_own:
            payrolls[code] = row.id
            own.add(code)
        elif code not in own:
            payrolls[code] = None if code in payrolls else row.id
    latest = today + dt.timedelta(days=DAYS_AHEAD)
    return Surroundings(mutual.country, currency_of(mutual.currency), today, latest, funds, payrolls)


def _save_refused(session: Session, import_id: int, refused: Problems) -> None:
    bulk.execute(session, import_queries.DROP_REFUSED)
    rows = ((row_no, json.dumps(problems)) for row_no, problems in sorted(refused.items()))
    bulk.stage(session, "member_refused", import_queries.REFUSED, rows)
    bulk.execute(session, import_queries.SAVE_REFUSED, {"import_id": import_id})


def _refusal(refused: Problems) -> ImportRefusedError:
    errors = [
        FieldProblem(f"line {row_no}, column {problem['column']}", problem["code"], problem["detail"])
        for row_no, problems in sorted(refused.items())[:_TOLD]
        for problem in problems
    ]
    return ImportRefusedError(
        f"{len(refused)} rows are refused, so nothing was applied; mend them, or apply the good rows alone",
        errors=errors,
    )


def _media_type(table: Table) -> str:
    if table.dialect.kind == "xlsx":
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return "text/csv"


def list_imports(session: Session, *, before: int, limit: int) -> list[ImportRow]:
    """Return uploaded files, the newest first."""
    values = {"before": before, "limit": limit}
    return [ImportRow(*row) for row in db.rows(session, import_queries.LIST_IMPORTS, values)]


def list_rows(session: Session, import_id: int, *, action: str | None, after: int, limit: int) -> list[Any]:
    """Return lines of an upload that create, change or are refused, in the file's order.

    Raises:
        ImportNotFoundError: This mutual has no such upload.
    """
    get_import(session, import_id)
    values = {"import_id": import_id, "action": action, "after": after, "limit": limit}
    return db.rows(session, import_queries.LIST_ROWS, values)
