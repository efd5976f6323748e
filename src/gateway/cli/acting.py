"""What the commands share: settings, a mutual's transaction that is kept only with ``--apply``, and output."""

import datetime as dt
import getpass
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Session

from gateway.kit import tenant
from gateway.kit.db import Database, act_for
from gateway.kit.errors import GatewayError
from gateway.kit.tenant import MutualRow
from gateway.migrate import require_current
from gateway.settings import Settings, from_environment

WIDEST = 1_000
"""Characters of a table's row in a file or a pipe, of which it takes what it needs."""
ApplyOption = Annotated[bool, typer.Option("--apply", help="Do it; without this it is only shown.")]
ReasonOption = Annotated[str, typer.Option(help="Why, for the log.", callback=lambda text: _given(text))]
MutualOption = Annotated[
    str | None, typer.Option("--mutual", help="Code of the mutual; not needed where there is one.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]


class MutualUnclearError(GatewayError):
    """There are several mutuals, or none, and the command does not say which."""

    code = "mutual_unclear"
    title = "Which mutual?"


def _given(reason: str) -> str:
    """Refuse a reason that says nothing, as the API does."""
    if len(reason.strip()) < 3:
        raise typer.BadParameter("say why, in three letters or more")
    return reason.strip()


@dataclass(frozen=True, slots=True)
class Acting:
    """A command at work."""

    session: Session
    mutual: MutualRow
    actor: str
    today: dt.date
    settings: Settings


def operator() -> str:
    """Return who acts, for the log."""
    return f"operator:{getpass.getuser()}"


def settings() -> Settings:
    """Return the settings of this process."""
    return from_environment()


@contextmanager
def opened(configured: Settings) -> Iterator[Database]:
    """Open the database and check that it has the form this version needs."""
    database = Database(configured.database_address(), pool_size=2)
    try:
        with database.session() as session:
            require_current(session)
        yield database
    finally:
        database.close()


@contextmanager
def acting(mutual_code: str | None, *, apply: bool) -> Iterator[Acting]:
    """Open a mutual's transaction; keep its work with ``apply``, else roll it back and say so.

    Raises:
        MutualUnclearError: No code was given and there is not exactly one mutual.
        MutualNotFoundError: No mutual has the code.
    """
    configured = settings()
    with opened(configured) as database, Session(database.engine, expire_on_commit=False) as session:
        mutual = _chosen(session, mutual_code)
        actor = operator()
        act_for(session, mutual.id, actor=actor)
        yield Acting(session, mutual, actor, configured.clock(mutual.time_zone), configured)
        if apply:
            session.commit()
        else:
            session.rollback()
            note("Nothing was changed; add --apply to do it.")


@contextmanager
def reading(mutual_code: str | None) -> Iterator[Acting]:
    """Open a mutual's transaction that changes nothing."""
    configured = settings()
    with opened(configured) as database, Session(database.engine, expire_on_commit=False) as session:
        mutual = _chosen(session, mutual_code)
        act_for(session, mutual.id, actor=operator())
        yield Acting(session, mutual, operator(), configured.clock(mutual.time_zone), configured)
        session.rollback()


def _chosen(session: Session, code: str | None) -> MutualRow:
    if code is not None:
        return tenant.by_code(session, code)
    known = tenant.list_mutuals(session)
    if len(known) == 1:
        return known[0]
    if not known:
        raise MutualUnclearError("there is no mutual yet; make the first with gateway mutual create")
    raise MutualUnclearError(f"say which mutual: --mutual {' | '.join(mutual.code for mutual in known)}")


def note(words: str) -> None:
    """Tell the operator, on standard error."""
    print(words, file=sys.stderr)


def print_json(value: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print names and values, one a line."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        print(f"{name:<{width}}  {'' if value is None else value}")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str | None = None) -> None:
    """Print rows under headings; columns of figures to the right."""
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        figures = all(isinstance(row[index], int) for row in rows) and bool(rows)
        table.add_column(column, justify="right" if figures else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    # Where nobody looks at a screen, no word is broken in two.
    width = None if sys.stdout.isatty() else WIDEST
    Console(file=sys.stdout, highlight=False, width=width).print(table)
