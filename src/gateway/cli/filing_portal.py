"""``filing``, by hand: what is told of comings and goings, and what was uploaded to and answered by the state's portal."""

from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from gateway.cli.acting import (
    ApplyOption,
    JsonOption,
    MutualOption,
    acting,
    note,
    print_fields,
    print_json,
    print_table,
    reading,
)
from gateway.filing import queries
from gateway.filing.errors import DocumentUnknownError
from gateway.filing.movement_rules import explain
from gateway.filing.movements import list_movements
from gateway.filing.portal_answer import load_answer
from gateway.filing.portal_submit import Reception, mark_uploaded

FilingArgument = Annotated[int, typer.Argument(help="Number of the filing.", metavar="FILING")]
MOST_SHOWN = 10_000


def register(group: typer.Typer) -> None:
    """Add the commands to those of ``filing``."""
    group.command("movements")(movements)
    group.command("uploaded")(uploaded)
    group.command("load-answer")(load)


def movements(filing: FilingArgument, mutual: MutualOption = None, as_json: JsonOption = False) -> None:
    """Show what the state is told of comings and goings beside the payroll, and what waits and why."""
    with reading(mutual) as at:
        rows = list_movements(at.session, filing, limit=MOST_SHOWN)
        language = at.mutual.language
        shown = [
            {
                "line": row.line_no,
                "event": row.event,
                "member": row.number,
                "from": row.starts_on,
                "to": row.ends_on,
                "source": f"{row.source_kind} {row.source_id}",
                "why": explain(row.reason, row.held_back, row.detail, row.again_after, language),
                "status": "held back" if row.held_back else row.status,
                "code": row.state_code,
            }
            for row in rows
        ]
    if as_json:
        print_json(shown)
    elif shown:
        print_table(list(shown[0]), [list(one.values()) for one in shown])
    else:
        note(f"Filing {filing} has no movements.")


def uploaded(
    filing: FilingArgument,
    reception: Annotated[
        list[str],
        typer.Option(
            help="The portal's number, or FILE=NUMBER with the number or name of the file; once for each file."
        ),
    ],
    known_absent: Annotated[
        str | None,
        typer.Option(help="How you know that a filing nobody knows about was not on the portal.", metavar="REASON"),
    ] = None,
    mutual: MutualOption = None,
    as_json: JsonOption = False,
    apply: ApplyOption = False,
) -> None:
    """Mark files as uploaded by hand on the state's portal, with the reception numbers it gave."""
    with acting(mutual, apply=apply) as at:
        receptions = [_reception(at.session, filing, text) for text in reception]
        marked = mark_uploaded(
            at.session, filing, receptions, actor=at.actor, today=at.today, is_known_absent=known_absent is not None,
            reason=known_absent,
        )  # fmt: skip
        shown = {
            "filing": marked.id,
            "status": marked.status,
            **{d.file_name: d.reception_reference for d in queries.list_documents(at.session, filing)},
        }
        print_json(shown) if as_json else print_fields(shown)


def load(
    filing: FilingArgument,
    path: Annotated[Path, typer.Argument(help="The portal's answer: JSON, CSV or XLSX.", metavar="FILE")],
    document: Annotated[
        int | None, typer.Option(help="Number of our file that it answers, where several wait.")
    ] = None,
    unlisted_accepted: Annotated[
        bool, typer.Option("--unlisted-accepted", help="The portal names only what it refused.")
    ] = False,
    mutual: MutualOption = None,
    as_json: JsonOption = False,
    apply: ApplyOption = False,
) -> None:
    """Load what the portal answered; every mistake in the file is named by line and column."""
    with acting(mutual, apply=apply) as at:
        loaded = load_answer(
            at.session, filing, body=path.read_bytes(), file_name=path.name, document_id=document,
            unlisted_accepted=unlisted_accepted, is_preview=not apply, actor=at.actor, today=at.today,
        )  # fmt: skip
        print_json(loaded._asdict()) if as_json else print_fields(loaded._asdict())


def _reception(session: Session, filing_id: int, text: str) -> Reception:
    file_part, has_file, number = text.partition("=")
    if not has_file:
        return Reception(text)
    documents = {name: d.id for d in queries.list_documents(session, filing_id) for name in (str(d.id), d.file_name)}
    if file_part not in documents:
        known = ", ".join(d.file_name for d in queries.list_documents(session, filing_id))
        raise DocumentUnknownError(f"filing {filing_id} has no file {file_part!r}; it has {known}")
    return Reception(number, documents[file_part])
