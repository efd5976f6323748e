"""``assess``: what a month costs, component by component, without a database."""

from typing import Annotated

import typer

from gateway.cli.acting import JsonOption, print_json, print_table
from gateway.contributions.preview import preview
from gateway.contributions.schedule import resolve
from gateway.kit.money import parse_amount
from gateway.kit.period import Period


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(assess)


def assess(
    country: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2, lower case.")],
    period: Annotated[str, typer.Option(help="The month, YYYY-MM.")],
    wage: Annotated[str, typer.Option(help="Declared monthly wage, digits and a dot.")],
    additional_dependants: Annotated[int, typer.Option(help="How many additional dependants.")] = 0,
    age: Annotated[
        int,
        typer.Option(min=0, max=130, help="Full years on the month's first day: some components end at an age."),
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Show each component of a month with its base, rate, source and amount. Needs no database."""
    schedule = resolve(country.lower(), Period.parse(period))
    shown = preview(schedule, parse_amount(wage, schedule.currency), additional_dependants, age)
    if as_json:
        print_json(shown)
        return
    columns = ("code", "share", "base", "rate", "amount", "source", "mark")
    rows = [[line[column] for column in columns] for line in shown["components"]]
    print_table(columns, rows, title=f"{shown['country'].upper()} {shown['period']}, wage {shown['wage']}")
    print(f"Total {shown['total']} {shown['currency']}")
    if not shown["verified"]:
        print(f"Not verified: {', '.join(shown['unverified'])}; see docs/sources.md for what the marks mean.")
