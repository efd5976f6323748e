"""``conformance``: whether a state's implementation of ``openapi/authority.yaml`` keeps the contract. Needs no database."""

import datetime as dt
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from gateway.authority.connect import country_of
from gateway.cli.acting import JsonOption, print_json
from gateway.conformance import report
from gateway.conformance.bench import Target
from gateway.conformance.case import Outcome
from gateway.conformance.contract import contract as whole_contract
from gateway.conformance.people import People
from gateway.conformance.run import CannotRunError, Result, in_order, run
from gateway.conformance.words import LANGUAGES, title_of
from gateway.kit.errors import GatewayError
from gateway.kit.period import Period

PASSED, FAILED, CANNOT_RUN = 0, 1, 2


class Language(StrEnum):
    """Of what is printed."""

    SPANISH = "es"
    FRENCH = "fr"
    ENGLISH = "en"


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(conformance)


def conformance(
    url: Annotated[str | None, typer.Option(help="Where the state's system serves the contract.")] = None,
    country: Annotated[str, typer.Option(help="Whose files it takes; needed with --url.")] = "",
    token: Annotated[
        str | None, typer.Option(envvar="GATEWAY_STATE_TOKEN", show_envvar=True, help="Bearer token that it takes.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Private JWK that signs every request (RFC 9421).")] = None,
    secret: Annotated[str | None, typer.Option(help="whsec_… that its callbacks are signed with.")] = None,
    callback_url: Annotated[str | None, typer.Option(help="Address that it calls back; its port is opened here.")] = None,
    listen: Annotated[str | None, typer.Option(help="host:port to open, where another than that of --callback-url.")] = None,
    employer: Annotated[str | None, typer.Option(help="Who is filed for; a made-up one without.")] = None,
    payroll: Annotated[str | None, typer.Option(help="The payroll's key.")] = None,
    period: Annotated[str | None, typer.Option(help="The month, YYYY-MM; the one before its business date without.")] = None,
    people: Annotated[Path | None, typer.Option(help="CSV with a column document: people it knows, each filed for once.")] = None,
    unknown: Annotated[str | None, typer.Option(help="A number of a person that it does not know.")] = None,
    when_billed: Annotated[str | None, typer.Option(help="Shell command that pays $NOTICE ($AMOUNT $CURRENCY, $TODAY) there.")] = None,
    when_paid: Annotated[str | None, typer.Option(help="Shell command that advises benefits for $EMPLOYER and $PERIOD there.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds for an answer, a bill, a callback.", min=0)] = 60.0,
    lines: Annotated[int, typer.Option(help="Lines of the large filing.", min=4)] = 60,
    case: Annotated[list[str], typer.Option("--case", help="Only this case or group, and what it needs; may be repeated.")] = [],  # noqa: B006 — typer copies it
    list_cases: Annotated[bool, typer.Option("--list", help="Say which cases there are.")] = False,
    print_contract: Annotated[bool, typer.Option("--contract", help="Print the contract as JSON.")] = False,
    sample: Annotated[Path | None, typer.Option(help="Write a file of three people here, as the gateway would send it, and end.")] = None,
    junit: Annotated[Path | None, typer.Option(help="File to write for a build server.")] = None,
    language: Annotated[Language | None, typer.Option(help="Of what is printed; the country's without.")] = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Try a state's implementation of openapi/authority.yaml, case by case; of what fails, show request, answer, what to do.

    It files people who do not exist and one who is not to be known, for the month and employer given. Use a test system.

    Exit status: 0 everything tried passes, 1 something fails, 2 it cannot be tried.
    """
    if print_contract:
        print_json(whole_contract())
        return
    if list_cases:
        _list(language.value if language else "en", as_json)
        return
    try:
        tongue = language.value if language else _language_of(country)
        if sample is not None:
            _write_sample(sample, country, employer, payroll, period, people)
            return
        if url is None:
            raise CannotRunError("say where it is by --url; --list says what is tried, --contract against what")
        target = Target(
            url, country, token, employer, payroll, period, people, unknown, _read_key(key), callback_url, listen, secret,
            when_billed, when_paid, wait, lines,
        )  # fmt: skip
        results = run(target, names=case, on_result=None if as_json else lambda one: print(report.as_text(one, tongue)))
    except (GatewayError, OSError) as refusal:
        typer.echo(f"gateway: {refusal.detail if isinstance(refusal, GatewayError) else refusal}", err=True)
        raise typer.Exit(CANNOT_RUN) from None
    _finish(results, tongue, junit, url, country, as_json)


def _write_sample(
    path: Path, country: str, employer: str | None, payroll: str | None, period: str | None, people: Path | None
) -> None:
    crowd = People(country_of(country), people=people, unknown=None, seed=None)
    month = (
        Period.parse(period)
        if period
        else Period.of(dt.datetime.now(ZoneInfo(crowd.country.time_zone)).date()).plus(-1)
    )
    made = crowd.file(
        crowd.take(3), employer=employer or crowd.sample.employer, payroll=payroll or crowd.sample.payroll,
        period=month, written_on=month.plus(1).start,
    )  # fmt: skip
    path.write_bytes(made.body)


def _finish(results: list[Result], language: str, junit: Path | None, url: str, country: str, as_json: bool) -> None:
    if junit is not None:
        junit.write_bytes(report.as_junit(results, language, url))
    if as_json:
        print_json(report.as_json(results, language, url=url, country=country))
    else:
        print(report.total(results, language))
    if any(result.outcome is Outcome.FAILED for result in results):
        raise typer.Exit(FAILED)


def _list(language: str, as_json: bool) -> None:
    rows = [
        {"case": case.name, "title": title_of(case, language), "contract": {"place": case.place, "says": case.quote}}
        for case in in_order()
    ]
    if as_json:
        print_json({"cases": rows})
    else:
        print("\n".join(f"{row['case']:<30}{row['title']}" for row in rows))


def _language_of(country: str) -> str:
    language = country_of(country).language
    return language if language in LANGUAGES else "en"


def _read_key(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or "d" not in found or "kid" not in found:
        raise CannotRunError(f"{path} holds no private JSON Web Key with a kid")
    return found
