"""``mutual create``, ``mutual configure`` and ``mutual list``: the tenants of this gateway."""

import json
import os
import re
import sys
from collections.abc import Mapping
from getpass import getpass
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from sqlmodel import Session

from gateway.administration.errors import SettingInvalidError
from gateway.administration.rules import declared, find_setting, flatten
from gateway.administration.settings import change_settings, settings_now
from gateway.authority.country import find_country
from gateway.cli.acting import (
    ApplyOption,
    JsonOption,
    acting,
    note,
    opened,
    operator,
    print_json,
    print_table,
    reading,
    settings,
)
from gateway.contributions.schedule import countries
from gateway.kit import tenant
from gateway.kit.db import Database, act_for
from gateway.kit.errors import MalformedError
from gateway.kit.money import currency_of
from gateway.kit.tenant import NewMutual
from gateway.membership.rules import check_employer_number, doubt_of_employer_number
from gateway.staff.models import Role
from gateway.staff.queries import list_staff
from gateway.staff.register import NewStaffUser, register_staff
from gateway.staff.rules import check_password, check_username


class MutualInvalidError(MalformedError):
    """What was given of a new mutual cannot be right."""

    code = "mutual_invalid"
    title = "The mutual's data cannot be right"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(help="The mutuals (tenants) of this gateway.", no_args_is_help=True)
    group.command("create")(create)
    group.command("configure")(configure)
    group.command("list")(list_)
    app.add_typer(group, name="mutual")


def create(
    code: Annotated[str, typer.Option(help="Short name that people type when they log in.")],
    name: Annotated[str, typer.Option(help="Full name.")],
    employer_number: Annotated[str, typer.Option(help="Under which the state knows it as an employer.")],
    manager: Annotated[str, typer.Option(help="Username of the first manager.")],
    country: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2.")] = "do",
    currency: Annotated[str | None, typer.Option(help="ISO 4217; by default the country's.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="By default the country's.")] = None,
    language: Annotated[str | None, typer.Option(help="es, en or fr.")] = None,
    manager_name: Annotated[str | None, typer.Option(help="Full name of the first manager.")] = None,
    apply: ApplyOption = False,
) -> None:
    """Make a mutual and its first manager, whose password is read from GATEWAY_MANAGER_PASSWORD or standard input."""
    new = _checked(code, name, employer_number, country, currency, time_zone, language)
    doubt = doubt_of_employer_number(new.employer_number, new.country)
    if doubt:
        note(doubt)
    username = check_username(manager)
    password = _password()
    check_password(password, username)
    configured = settings()
    with opened(configured) as database:
        with database.session() as session:
            _refuse_known(session, new)
        if not apply:
            note(f"Would make the mutual {new.code!r} ({new.name}, {new.country}, {new.currency}) with the manager")
            note(f"{username!r}. Nothing was changed; add --apply to do it.")
            return
        mutual_id = tenant.found(database.url, new)
        person = NewStaffUser(username, manager_name or username, password, [Role.MANAGER], new.language)
        _take_on(database, mutual_id, person)
    note(
        f"Made the mutual {new.code!r} (number {mutual_id}) with the manager {username!r}; log in at"
        f" {configured.public_url.rstrip('/')}/o, or with POST /v1/sessions."
    )


def configure(
    code: Annotated[str, typer.Argument(help="The mutual's code.")],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help='NAME=JSON, for example pay_until_day=25 or state_account=\'{"name": "Tesorería", "account": "9600000099"}\'; null takes it away; may be repeated. Without it, what there is.',
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the log.")] = "by the operator",
    apply: ApplyOption = False,
) -> None:
    """Show a mutual's settings, or change some; what is not named stays as it is, and null takes a setting away."""
    wanted: dict[str, object] = {}
    for change in changes or []:
        wanted |= _setting(change)
    if not wanted:
        with reading(code) as at:
            _show(settings_now(at.session).values)
        return
    with acting(code, apply=apply) as at:
        known = settings_now(at.session).values
        # A name above several stands for all that are set below it.
        gone = [name for name, value in wanted.items() if value is None and find_setting(name) is None]
        for above in gone:
            del wanted[above]
            wanted |= {name: None for name in known if name.startswith(f"{above}.")}
        after = change_settings(at.session, wanted, reason=reason, actor=at.actor, roles=None)
        stands = json.dumps(dict(after.values), ensure_ascii=False)
        note(f"The settings of {code!r} {'are' if apply else 'would be'} {stands}")


def _show(values: Mapping[str, object]) -> None:
    rows = [
        [setting.name, json.dumps(values.get(setting.name), ensure_ascii=False), setting.meanings["en"]]
        for setting in declared()
    ]
    several = [
        [name, json.dumps(value, ensure_ascii=False), ""]
        for name, value in values.items()
        if name not in {row[0] for row in rows}
    ]
    print_table(("setting", "value", "meaning"), rows + several)


def _setting(change: str) -> dict[str, object]:
    """Read NAME=JSON; an object below a name is all the settings below it."""
    name, equals, text = change.partition("=")
    try:
        value = json.loads(text) if equals else None
    except ValueError as error:
        raise SettingInvalidError(f"the value of {name} is no JSON: {error}") from None
    is_above = any(setting.name.startswith(f"{name}.") for setting in declared())
    if not equals or not (is_above or find_setting(name)):
        known = "; ".join(f"{setting.name} ({setting.labels['en']})" for setting in declared())
        raise SettingInvalidError(f"{change!r} is no setting; expected NAME=JSON with one of {known}")
    return {name: value} if value is None or not is_above else flatten({name: value})


def list_(as_json: JsonOption = False) -> None:
    """List the mutuals."""
    with opened(settings()) as database, Session(database.engine) as session:
        known = tenant.list_mutuals(session)
    columns = ("id", "code", "name", "country", "currency", "time_zone", "language", "employer_number")
    rows = [[getattr(mutual, column) for column in columns] for mutual in known]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)


def _refuse_known(session: Session, new: NewMutual) -> None:
    """Refuse a code that is another mutual's; one that was begun and has no staff yet may be finished."""
    known = next((mutual for mutual in tenant.list_mutuals(session) if mutual.code == new.code), None)
    if known is None:
        return
    act_for(session, known.id, actor=operator())
    is_same = all(
        getattr(known, name) == getattr(new, name) for name in ("name", "country", "currency", "employer_number")
    )
    if not is_same or list_staff(session, after="", limit=1):
        raise MutualInvalidError(
            f"there is a mutual {known.code!r} already ({known.name}, {known.country}, {known.currency}); choose another"
            " code, or let its manager take on staff through POST /v1/staff-users"
        )


def _take_on(database: Database, mutual_id: int, person: NewStaffUser) -> None:
    with database.session(mutual_id, actor=operator()) as session:
        register_staff(session, person, actor=operator())


def _password() -> str:
    given = os.environ.get("GATEWAY_MANAGER_PASSWORD")
    if given is not None:
        return given
    return getpass("Password of the manager: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _checked(
    code: str,
    name: str,
    employer_number: str,
    country: str,
    currency: str | None,
    time_zone: str | None,
    language: str | None,
) -> NewMutual:
    country = country.lower()
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,29}", code):
        raise MutualInvalidError(f"{code!r} is no code; expected 2 to 30 of a-z, 0-9 and dash, a letter first")
    if country not in countries():
        raise MutualInvalidError(f"no rates for the country {country!r}; known are {', '.join(countries())}")
    known = find_country(country)
    usual = (known.currency, known.time_zone, known.language) if known else ("USD", "UTC", "en")
    chosen = (currency or usual[0], time_zone or usual[1], language or usual[2])
    currency_of(chosen[0])
    try:
        ZoneInfo(chosen[1])
    except (ZoneInfoNotFoundError, ValueError):
        raise MutualInvalidError(f"{chosen[1]!r} is no time zone; expected for example America/Santo_Domingo") from None
    if chosen[2] not in {"es", "en", "fr"}:
        raise MutualInvalidError(f"the language {chosen[2]!r} is not spoken here; expected es, en or fr")
    return NewMutual(code, name.strip(), country, *chosen, check_employer_number(employer_number, country))
