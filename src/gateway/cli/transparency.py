"""``transparency publish``: the signed heads of the books' seals, for whoever keeps them outside."""

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.acting import MutualOption, note, print_json, reading
from gateway.transparency.publish import heads_of


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="What people outside can check.", no_args_is_help=True)
    group.callback()(_group)
    group.command("publish")(publish)
    app.add_typer(group, name="transparency")


def _group() -> None:
    pass


def publish(
    out: Annotated[Path | None, typer.Option(help="File to write to; standard output.")] = None,
    mutual: MutualOption = None,
) -> None:
    """Write the signed heads of every seal, oldest first. Give the file away each day; tools/verify_proof.py checks it."""
    with reading(mutual) as at:
        told = heads_of(at.session)
    if out is None:
        print_json(told)
        return
    out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    note(f"{len(told['heads'])} heads written to {out}")
