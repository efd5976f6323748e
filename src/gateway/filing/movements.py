"""What the state is told of members' comings and goings beside the payroll, found from membership by itself.

SQL finds what is due against what the state accepted (``sql.movements``), Python asks the state's format about each line,
one INSERT writes. Drawing up again replaces what a draft had.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.authority.movements import DeclaredMovement, MovementFormat, movement_format
from gateway.filing import queries, staging
from gateway.filing.models import Filing
from gateway.filing.movement_rules import hindrance
from gateway.filing.sql import movements as sql
from gateway.filing.sql.prepare import LAST_ACCEPTED_MONTH
from gateway.filing.states import LineStatus
from gateway.kit import bulk, db, tenant
from gateway.kit.period import Period


class Group(NamedTuple):
    """The movements of one file."""

    file_group: int
    after_payroll: bool
    lines: int


def draw_up(session: Session, filing: Filing, payroll: str, *, today: dt.date, is_shown: bool = False) -> int:
    """Write every movement that is due into a draft, told or held back with its reason; return how many are told.

    While a draft is made, its candidates are still in their temporary table.

    Nothing is due in a country whose state takes no file of movements, and before a month of the payroll was accepted:
    its first payroll file declares everybody itself.

    Args:
        session: The open transaction.
        filing: The locked draft.
        payroll: The payroll's code.
        today: Decides which days are too far ahead.
        is_shown: The draft was shown to people and is being sealed: what it did not tell then is not told now.
    """
    mutual = tenant.current(session)
    form = movement_format(mutual.country)
    opening = db.driver(session).execute(sql.OPENING.encode(), {"payroll_id": filing.payroll_id}).fetchone()
    if form is None or opening is None or opening[0] > filing.period_start:
        return _none(session, filing)
    period, first = Period.of(filing.period_start), Period.of(opening[0])
    values = {
        "filing_id": filing.id,
        "payroll_id": filing.payroll_id,
        "start": period.start,
        "end": period.end,
        "today": today,
        "latest": today + dt.timedelta(days=form.days_ahead),
        "time_zone": mutual.time_zone,
        "told_already": list(sql.TOLD_ALREADY),
        "last": _last_accepted(session, filing.payroll_id, period),
        "opening": first.start,
        "opening_end": first.end,
        "opening_at": opening[1],
        "prepared_at": filing.prepared_at,
    }
    _stage_due(session, values, is_shown=is_shown)
    staging.create(session, "filing_hindered", sql.HINDERED)
    bulk.execute(session, sql.PREVIEWED, values)
    shown = {row.event_key for row in db.rows(session, _SHOWN)} if is_shown else None
    for rows in bulk.read_chunks(session, sql.DRAWN):
        staging.append(session, "filing_hindered", sql.HINDERED, _hindered(form, payroll, rows, shown))
    for statement in ("ANALYZE filing_hindered", "ANALYZE filing_drawn", sql.CLEAR, sql.INSERT, sql.COUNT, *sql.DROP):
        bulk.execute(session, statement, values)
    session.refresh(filing)
    return filing.movement_count


_SHOWN = """
-- one row per movement that the draft was shown to tell
SELECT event_key FROM filing_previewed
"""


def groups(session: Session, filing_id: int) -> list[Group]:
    """Return the files that the movements of a filing make, in the order of their lines."""
    return [Group(*row) for row in db.rows(session, sql.GROUPS, {"filing_id": filing_id})]


def lines_of(session: Session, filing_id: int, payroll: str, group: Group) -> Iterator[DeclaredMovement]:
    """Give the movements of one file, as the state's format takes them."""
    values = {"filing_id": filing_id, "file_group": group.file_group}
    for rows in bulk.read_chunks(session, sql.LINES, values):
        for row in rows:
            yield DeclaredMovement(payroll, *row)


def list_movements(
    session: Session,
    filing_id: int,
    *,
    told: bool | None = None,
    status: LineStatus | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[Any]:
    """Return a filing's movements, told or held back, with reason, source row and the state's answer.

    Raises:
        FilingUnknownError: No such filing.
    """
    queries.get_filing(session, filing_id)
    values = {"filing_id": filing_id, "told": told, "status": status, "after": after, "limit": limit}
    return db.rows(session, sql.LISTED, values)


def _none(session: Session, filing: Filing) -> int:
    bulk.execute(session, sql.CLEAR, {"filing_id": filing.id})
    filing.movement_count = 0
    session.add(filing)
    session.flush()
    return 0


def _last_accepted(session: Session, payroll_id: int, period: Period) -> dt.date | None:
    values = {"payroll_id": payroll_id, "start": period.start}
    found: tuple[dt.date | None] | None = db.driver(session).execute(LAST_ACCEPTED_MONTH.encode(), values).fetchone()
    return found[0] if found else None


def _stage_due(session: Session, values: dict[str, Any], *, is_shown: bool) -> None:
    for statement in sql.DROP:
        bulk.execute(session, statement)
    later = db.driver(session).execute(sql.LATER_MONTH.encode(), values).fetchone()
    is_newest = later is not None and not later[0]
    due = (sql.DUE_ENTRIES, sql.DUE_EXITS, sql.DUE_LEAVES, sql.DUE_VOID_LEAVES)
    for statement in (sql.CREATE_DUE, sql.STAGE_TOLD, "ANALYZE filing_told"):
        bulk.execute(session, statement, values)
    count = sum(bulk.execute(session, statement, values) for statement in due)
    # A month that is filed late must not tell an old wage after the newer one.
    if is_newest:
        count += _stage_changes(session, values, is_shown=is_shown)
    bulk.execute(session, "ANALYZE filing_due")
    with bulk.without_nested_loops(session, count):
        bulk.execute(session, sql.CREATE_DRAWN, values)


def _stage_changes(session: Session, values: dict[str, Any], *, is_shown: bool) -> int:
    bulk.execute(session, sql.STAGE_MOVING)
    with bulk.without_nested_loops(session):
        suspects = bulk.execute(session, sql.STAGE_SUSPECTS_AGAIN if is_shown else sql.STAGE_SUSPECTS, values)
    if not suspects:
        return 0
    bulk.execute(session, "ANALYZE filing_suspect")
    return bulk.execute(session, sql.DUE_CHANGES, values)


def _hindered(
    form: MovementFormat, payroll: str, rows: list[tuple[Any, ...]], shown: set[str] | None
) -> Iterator[tuple[str, str, str]]:
    for key, held_back, *line in rows:
        movement = DeclaredMovement(payroll, *line)
        has_document = bool(movement.document)
        findings = form.check_movement(movement) if has_document and held_back is None else []
        said = hindrance(
            held_back,
            event=movement.event,
            has_document=has_document,
            wage_minor=movement.wage_minor,
            findings="; ".join(f"{finding.code} {finding.message}" for finding in findings),
        )
        if said is not None:
            yield key, said[0].value, said[1]
        elif shown is not None and key not in shown:
            yield key, "after_preview", ""
