"""``ledger verify``: are the books whole, and if not, which row fails."""

import typer

from gateway.cli.acting import JsonOption, MutualOption, print_json, print_table, reading
from gateway.contributions.day_totals import check_receipt_totals
from gateway.ledger.verify import verify as verify_books

NOT_WHOLE = 3


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="The books.", no_args_is_help=True)
    group.command("verify")(verify)
    app.add_typer(group, name="ledger")


def verify(mutual: MutualOption = None, as_json: JsonOption = False) -> None:
    """Check sums, sub-ledgers, balances, seals and clearing accounts; name each row that fails. Exit status 3 if any does."""
    with reading(mutual) as at:
        findings = verify_books(at.session, today=at.today) + check_receipt_totals(at.session)
    shown = [finding._asdict() for finding in findings]
    if as_json:
        print_json({"verify": "failed" if shown else "ok", "findings": shown})
    elif shown:
        print_table(list(shown[0]), [list(row.values()) for row in shown])
    else:
        print(f"The books of {at.mutual.name} are whole.")
    if shown:
        raise typer.Exit(NOT_WHOLE)
