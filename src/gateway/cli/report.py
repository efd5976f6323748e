"""``report KIND``: statements, balances and the trust report, as of any past date on either clock."""

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.acting import MutualOption, note, reading
from gateway.kit.errors import MalformedError
from gateway.reports.build import ask, build
from gateway.reports.render import Form, file_name, render
from gateway.reports.rules import ReportKind, Step
from gateway.reports.words import language_of


class InstantInvalidError(MalformedError):
    """What was given is not an instant with its time zone."""

    code = "instant_invalid"
    title = "Not an instant"


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("report")(report)


def report(
    kind: Annotated[ReportKind, typer.Argument(help="What is asked.")],
    subject: Annotated[
        str | None, typer.Option(help="Member's number, fund's code, collector, or account's code.")
    ] = None,
    from_on: Annotated[
        dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="From this day on.")
    ] = None,
    valid_on: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="What happened up to this day; today.")
    ] = None,
    recorded_at: Annotated[str | None, typer.Option(help="What was booked up to this instant, with time zone.")] = None,
    step: Annotated[Step | None, typer.Option(help="Of collections: by day, week or month.")] = None,
    form: Annotated[Form, typer.Option(help="The form it is wanted in.")] = Form.CSV,
    language: Annotated[str, typer.Option(help="es, en or fr.")] = "es",
    out: Annotated[Path | None, typer.Option(help="File or folder to write to; standard output.")] = None,
    mutual: MutualOption = None,
) -> None:
    """Print a report; the same question with both clocks given has the same bytes for ever."""
    with reading(mutual) as at:
        question = ask(
            at.session,
            kind,
            today=at.today,
            valid_on=valid_on and valid_on.date(),
            recorded_at=_instant(recorded_at),
            from_on=from_on and from_on.date(),
            subject=subject,
            step=step,
        )
        answer = build(at.session, question)
        body = render(answer, form, language_of(language))
    if out is None:
        sys.stdout.buffer.write(body)
        return
    path = out / file_name(answer, form) if out.is_dir() else out
    path.write_bytes(body)
    note(f"written: {path} (--valid-on {question.valid_on} --recorded-at {question.recorded_at.isoformat()})")


def _instant(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        raise InstantInvalidError(f"{text!r} is not an instant; write 2026-04-01T08:00:00-04:00") from None
