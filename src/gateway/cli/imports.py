"""``import``: members and dependants, receipts, bank statements, from the files that people have."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.acting import (
    ApplyOption,
    JsonOption,
    MutualOption,
    acting,
    note,
    print_fields,
    print_json,
    print_table,
)
from gateway.contributions import import_receipts
from gateway.contributions.import_receipts import Options
from gateway.contributions.models import Channel
from gateway.kit.money import currency_of, parse_amount
from gateway.membership import import_members, refused_rows
from gateway.membership.states import ImportKind, ImportPolicy
from gateway.reconciliation.load_statement import TypedBalances, load_statement
from gateway.reconciliation.mappings import find_mapping

FileArgument = Annotated[Path, typer.Argument(help="CSV or XLSX.", exists=True, dir_okay=False, metavar="FILE")]
PolicyOption = Annotated[ImportPolicy, typer.Option(help="What to do if some rows are refused.")]
RefusedOption = Annotated[
    Path | None, typer.Option(help="Write the refused rows here, with the reason in a last column.")
]
TOLD = 20
"""So many refused rows are named one by one."""
SHOWN = {
    "row_count": "rows",
    "create_count": "created",
    "change_count": "changed",
    "accept_count": "received",
    "suspense_count": "in suspense",
    "same_count": "known already",
    "refused_count": "refused",
}


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="Take in files: members, receipts, statements.", no_args_is_help=True)
    group.command("members")(members)
    group.command("receipts")(receipts)
    group.command("statement")(statement)
    app.add_typer(group, name="import")


def members(
    path: FileArgument,
    kind: Annotated[ImportKind, typer.Option(help="What the rows are.")] = ImportKind.MEMBERS,
    policy: PolicyOption = ImportPolicy.GOOD_ROWS,
    refused: RefusedOption = None,
    mutual: MutualOption = None,
    as_json: JsonOption = False,
    apply: ApplyOption = False,
) -> None:
    """Import members or dependants. Importing the same file twice changes nothing."""
    with acting(mutual, apply=apply) as at:
        preview = import_members.preview(
            at.session, body=path.read_bytes(), file_name=path.name, kind=kind, actor=at.actor, today=at.today
        )
        done = import_members.apply(at.session, preview.id, policy=policy, actor=at.actor, today=at.today)
        _show(done, as_json)
        if done.refused_count:
            named = import_members.list_rows(at.session, done.id, action="refuse", after=0, limit=TOLD)
            _tell(
                (
                    f"line {row.row_no}, column {problem['column']}: {problem['detail']}"
                    if problem["column"]
                    else f"line {row.row_no}: {problem['detail']}"
                )
                for row in named
                for problem in row.problems
            )
            rows = refused_rows.refused_file(at.session, done.id, language=at.mutual.language)
            _hand_back(refused, rows.body, done.refused_count)


def receipts(
    path: FileArgument,
    account: Annotated[
        str, typer.Option(help="Account the money is in, for example cash:main or momo:orange:clearing.")
    ],
    channel: Annotated[Channel, typer.Option(help="How it came in.")] = Channel.CASH,
    unknown: Annotated[str, typer.Option(help="Payers nobody knows: suspense or refuse.")] = "suspense",
    collector: Annotated[str | None, typer.Option(help="For rows that name none.")] = None,
    month_first: Annotated[bool, typer.Option("--month-first", help="3/7 is the seventh of March.")] = False,
    policy: PolicyOption = ImportPolicy.GOOD_ROWS,
    refused: RefusedOption = None,
    mutual: MutualOption = None,
    as_json: JsonOption = False,
    apply: ApplyOption = False,
) -> None:
    """Import receipts. A payment that was received before has no second effect."""
    options = Options(channel.value, account, unknown, collector, day_first=not month_first)
    with acting(mutual, apply=apply) as at:
        preview = import_receipts.preview_import(
            at.session,
            body=path.read_bytes(),
            file_name=path.name,
            media_type="application/octet-stream",
            options=options,
            actor=at.actor,
            today=at.today,
        )
        if preview.applied_at is not None:
            note(
                f"The same file was taken in before, as import {preview.id}; it has no second effect. What it did then:"
            )
        done = import_receipts.apply_import(at.session, preview.id, policy=policy.value, actor=at.actor, today=at.today)
        _show(done, as_json)
        if done.refused_count:
            named = import_receipts.list_refusals(at.session, done.id, limit=TOLD)
            _tell(f"{problem['pointer']}: {problem['detail']}" for row in named for problem in row.problems)
            _hand_back(refused, import_receipts.refused_file(at.session, done.id), done.refused_count)


def statement(
    path: FileArgument,
    mapping: Annotated[
        str | None, typer.Option(help="For a table: the name its bank's mapping was saved under.")
    ] = None,
    balances: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Opening and closing balance, for a table that has none.", metavar="OPENING CLOSING"),
    ] = None,
    mutual: MutualOption = None,
    as_json: JsonOption = False,
    apply: ApplyOption = False,
) -> None:
    """Load a bank statement: camt.053, MT940, or a table with its mapping."""
    with acting(mutual, apply=apply) as at:
        unit = currency_of(at.mutual.currency)
        loaded = load_statement(
            at.session,
            path.read_bytes(),
            file_name=path.name,
            actor=at.actor,
            mapping_id=None if mapping is None else find_mapping(at.session, mapping).id,
            typed=None if balances is None else TypedBalances(*(parse_amount(one, unit) for one in balances)),
        )
        columns = ("id", "ledger_code", "statement_reference", "from_on", "to_on", "line_count", "status", "reason")
        rows = [[getattr(one, column) for column in columns] for one in loaded.statements]
        if as_json:
            listed = [dict(zip(columns, row, strict=True)) for row in rows]
            print_json({"is_new": loaded.is_new, "new_line_count": loaded.new_line_count, "statements": listed})
            return
        print_table(columns, rows)
        if not loaded.is_new:
            note("The same file was loaded before; it has no second effect.")


def _show(done: Any, as_json: bool) -> None:
    counts = {name: getattr(done, name) for name in SHOWN if hasattr(done, name)}
    if as_json:
        print_json({"id": done.id, "file_name": done.file_name, **counts})
    else:
        print_fields({SHOWN[name]: value for name, value in counts.items()})


def _tell(refusals: Iterable[str]) -> None:
    for refusal in refusals:
        note(f"  {refusal}")


def _hand_back(target: Path | None, body: bytes, count: int) -> None:
    if target is None:
        more = f", of which the first {TOLD} are named above" if count > TOLD else ""
        note(f"{count} rows were refused{more}; --refused FILE writes them out with their reasons.")
        return
    target.write_bytes(body)
    note(f"{count} refused rows are in {target}.")
