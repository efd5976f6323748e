"""``month``: how a month stands; close it, open it again."""

from typing import Annotated

import typer

from gateway.api.schemas.month import MonthRead
from gateway.cli.acting import (
    ApplyOption,
    JsonOption,
    MutualOption,
    ReasonOption,
    acting,
    note,
    print_fields,
    print_json,
    print_table,
    reading,
)
from gateway.kit.period import Period
from gateway.month.standing import get_month
from gateway.reconciliation.close_month import close_month, reopen_month

PeriodArgument = Annotated[str, typer.Argument(help="The month, YYYY-MM.", metavar="PERIOD")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="The month: steps, figures, coverage.", no_args_is_help=True)
    group.command("status")(status)
    group.command("open")(open_)
    group.command("close")(close)
    app.add_typer(group, name="month")


def status(period: PeriodArgument, mutual: MutualOption = None, as_json: JsonOption = False) -> None:
    """Show each step, what comes next and who does it, the figures, and who is covered and who is not and why."""
    with reading(mutual) as at:
        month = MonthRead.of(get_month(at.session, Period.parse(period)), at.mutual.currency)
    if as_json:
        print_json(month.model_dump())
        return
    steps = [
        [step.number, step.code, step.state, step.who, step.next, "; ".join(step.blockers)] for step in month.steps
    ]
    print_table(["", "step", "state", "who", "next", "in the way"], steps, title=f"{at.mutual.name}, {month.period}")
    print_fields({name.replace("_", " "): value for name, value in month.figures.model_dump().items()})
    cover = month.coverage
    print(
        f"\n{cover.covered} members covered, with {cover.covered_dependants} dependants;"
        f" {cover.not_covered} not covered; {cover.waiting} waiting."
    )
    reasons = [[reason.standing, reason.reason, reason.detail, reason.members] for reason in cover.reasons]
    print_table(["", "reason", "code", "members"], reasons)


def close(
    period: PeriodArgument, reason: ReasonOption, mutual: MutualOption = None, apply: ApplyOption = False
) -> None:
    """Close a month in the books; refused while a difference is unexplained."""
    month = Period.parse(period)
    with acting(mutual, apply=apply) as at:
        close_month(at.session, month, actor=at.actor, reason=reason, today=at.today)
        note(f"{month} {'is' if apply else 'would be'} closed.")


def open_(
    period: PeriodArgument, reason: ReasonOption, mutual: MutualOption = None, apply: ApplyOption = False
) -> None:
    """Open a closed month again; the reason stays in the books."""
    month = Period.parse(period)
    with acting(mutual, apply=apply) as at:
        reopen_month(at.session, month, actor=at.actor, reason=reason)
        note(f"{month} {'is' if apply else 'would be'} open.")
