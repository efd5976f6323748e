"""``statement``: what a bank's file holds, without a database.

Exit status: 0 read, 1 quarantined (something in it may not be used; what and where is told), 2 unreadable.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.bank.errors import MappingError, NotAStatementError, StatementError
from gateway.bank.mapping import StatementMapping, read_mapping
from gateway.bank.read import all_problems, all_tolerances, read_file
from gateway.bank.statement import Quarantine, Quarantined, ReadFile, Statement
from gateway.cli.acting import JsonOption, note, print_json, print_table

QUARANTINED, UNREADABLE = 1, 2
UNKNOWN = "unknown"
COLUMNS = (
    "account", "currency", "from", "to", "opening_minor", "closing_minor", "credits_minor", "debits_minor", "lines", "balanced",
)  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Look into bank statements.", no_args_is_help=True)
    group.callback()(_group)
    group.command("read")(read)
    app.add_typer(group, name="statement")


def _group() -> None:
    """Look into bank statements."""


def read(
    path: Annotated[
        Path, typer.Argument(help="camt, MT940, or a table (CSV).", exists=True, dir_okay=False, metavar="FILE")
    ],
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="How to read a table: a JSON file.", exists=True, dir_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a bank's file holds; nothing is kept. Exit status 0: read, 1: quarantined, 2: unreadable."""
    status, told = describe(path.read_bytes(), None if mapping is None else mapping.read_bytes())
    if as_json:
        print_json(told)
    else:
        _show(told)
    if told["quarantine"] is not None:
        where = f" ({told['quarantine']['place']})" if told["quarantine"]["place"] else ""
        note(f"gateway: {told['quarantine']['reason']}{where}")
    raise typer.Exit(status)


def describe(body: bytes, mapping_body: bytes | None = None) -> tuple[int, dict[str, Any]]:
    """Return the exit status and what is told of a file."""
    try:
        found = read_file(body, mapping=None if mapping_body is None else _mapping(mapping_body))
    except NotAStatementError as other:
        return QUARANTINED, _nothing(other.format, other.detail, other.place)
    except StatementError as damage:
        return UNREADABLE, _nothing(damage.format, damage.detail, damage.place)
    except MappingError as wrong:
        return UNREADABLE, _nothing(None, wrong.detail, "the mapping")
    return _described(found)


def _mapping(body: bytes) -> StatementMapping:
    try:
        return read_mapping(json.loads(body))
    except (ValueError, RecursionError) as damage:
        raise MappingError(f"the mapping is not JSON: {damage}") from None


def _described(found: ReadFile) -> tuple[int, dict[str, Any]]:
    problems = all_problems(found)
    told = {
        "format": found.format,
        "statements": [_statement(one) for one in found.statements],
        "tolerances": all_tolerances(found),
        "quarantine": _quarantine(problems),
    }
    return (0 if problems is None else QUARANTINED), told


def _nothing(form: str | None, reason: str, place: str) -> dict[str, Any]:
    item = Quarantined(reason, place or "the file", None, None)
    return {
        "format": form or UNKNOWN,
        "statements": [],
        "tolerances": [],
        "quarantine": _quarantine(Quarantine((item,))),
    }


def _quarantine(found: Quarantine | None) -> dict[str, str] | None:
    return None if found is None else {"reason": found.reason, "place": found.place}


def _statement(one: Statement) -> dict[str, Any]:
    values = (
        one.account, one.currency, one.from_on, one.to_on, one.opening_minor, one.closing_minor, one.credits_minor,
        one.debits_minor, one.entry_count, one.is_balanced,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _show(told: dict[str, Any]) -> None:
    rows = [[one[name] for name in COLUMNS] for one in told["statements"]]
    print_table(COLUMNS, rows, title=told["format"])
    for tolerance in told["tolerances"]:
        print(f"- {tolerance}")
