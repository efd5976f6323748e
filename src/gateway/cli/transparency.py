"""``transparency``: bring the log up to date, check it from the ground, give its heads and keys away."""

import datetime as dt
import json
from pathlib import Path
from typing import Annotated

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
    reading,
)
from gateway.transparency.check import check_log
from gateway.transparency.publish import heads_of, keys_of
from gateway.transparency.seal import seal_log
from gateway.worker import signing_keys

NOT_WHOLE = 3


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="What people outside can check.", no_args_is_help=True)
    group.command("seal")(seal)
    group.command("check")(check)
    group.command("publish")(publish)
    group.command("keys")(keys)
    app.add_typer(group, name="transparency")


def seal(mutual: MutualOption = None, apply: ApplyOption = False) -> None:
    """Take what was sealed and answered into the log and sign its head. The worker does it every ten minutes."""
    with acting(mutual, apply=apply) as at:
        signing = signing_keys(at.settings)
        done = seal_log(at.session, today=at.today, keys=signing, public_url=at.settings.public_url)
    print_fields({"new entries": done.new_entries, "entries": done.tree_size, "signed by": f"{done.signed_by} keys"})
    if not signing:
        note("The log's head is not signed: GATEWAY_SEAL_KEY_FILE names no key. Nobody outside can check it yet.")


def check(mutual: MutualOption = None, as_json: JsonOption = False) -> None:
    """Compute every leaf, root and signature of the log anew and set it against the books. Exit status 3 if any differs."""
    with reading(mutual) as at:
        findings = check_log(at.session, now=dt.datetime.now(dt.UTC))
    shown = [finding._asdict() for finding in findings]
    if as_json:
        print_json({"check": "failed" if shown else "ok", "findings": shown})
    elif shown:
        print_table(list(shown[0]), [list(row.values()) for row in shown])
    else:
        print(f"The log of {at.mutual.name} is whole.")
    if shown:
        raise typer.Exit(NOT_WHOLE)


def publish(
    out: Annotated[Path | None, typer.Option(help="File to write to; standard output.")] = None,
    mutual: MutualOption = None,
) -> None:
    """Write the signed heads of every seal, oldest first, and the log's. Give the file away each day; tools/verify_proof.py checks it."""
    with reading(mutual) as at:
        told = heads_of(at.session)
    if out is None:
        print_json(told)
        return
    out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    note(f"{len(told['heads'])} heads written to {out}")


def keys(mutual: MutualOption = None) -> None:
    """Print the public keys of the log, one a line, to be given away on paper."""
    with reading(mutual) as at:
        known = keys_of(at.session)
    for one in known:
        print(one.verifier_key)
        note(f"  signs since entry {one.first_size}" + ("" if one.is_current else "; not any more"))
