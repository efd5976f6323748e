"""``filing check``: what the state would answer to a file, ours or another program's. Needs no database."""

import contextlib
import datetime as dt
import json
import sys
import tempfile
from collections.abc import Mapping
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import IO, Annotated

import typer
from pydantic import ValidationError

from gateway.authority.connect import country_of, state_format
from gateway.authority.protocol import FileVerdict, Finding, StateFormat
from gateway.cli.acting import JsonOption, note, print_fields, print_table, settings
from gateway.kit.errors import GatewayError
from gateway.kit.money import currency_of, format_amount

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2
_SHOWN = 200
"""So many findings are printed for people; ``--json`` prints all of them."""


class Language(StrEnum):
    """Of what is printed."""

    SPANISH = "es"
    FRENCH = "fr"
    ENGLISH = "en"


_WORDS: Mapping[str, tuple[str, ...]] = {
    "es": (
        "archivo", "clase", "empleador", "período", "líneas de detalle", "aceptadas", "rechazadas", "respuesta",
        "total de salarios aceptados", "línea", "columna", "campo", "código", "qué está mal y qué hacer", "más",
    ),
    "fr": (
        "fichier", "genre", "employeur", "période", "lignes de détail", "acceptées", "rejetées", "réponse",
        "total des salaires acceptés", "ligne", "colonne", "champ", "code", "ce qui ne va pas et que faire", "de plus",
    ),
    "en": (
        "file", "kind", "employer", "period", "detail lines", "accepted", "rejected", "answer",
        "total of accepted wages", "line", "column", "field", "code", "what is wrong and what to do", "more",
    ),
}  # fmt: skip
_UNREADABLE = {
    "es": "no se puede leer {path}: {why}",
    "fr": "{path} ne peut être lu : {why}",
    "en": "{path} cannot be read: {why}",
}


def check(
    path: Annotated[Path, typer.Argument(help="A file of the state's, ours or another program's.", metavar="FILE")],
    country: Annotated[str, typer.Option(help="Whose format.")] = "do",
    language: Annotated[Language, typer.Option(help="Of what is printed.")] = Language.SPANISH,
    register: Annotated[
        Path | None,
        typer.Option(
            help="Who the state knows: CSV with document_type, document, holder_document_type, holder_document. "
            "With it, persons who are not in it are rejected (24, 110, 111) and dependants of another family (195)."
        ),
    ] = None,
    today: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it would be sent; without it, today.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the state would answer to a file. Needs no database, changes nothing.

    An error of structure rejects the whole file (R, PY1, none accepted); a wrong field or a broken rule rejects its line.
    Lines are details, header and summary left out, and accepted + rejected = lines. A cédula whose check digit does not
    fit is told with code 24 as a warning: its line is not counted as rejected. An employer's number whose check digit does
    not fit is told on standard error: nothing else changes by it.

    Exit status: 0 nothing found, 1 findings, 2 unreadable (no such file, a folder, empty, no file of the state's).
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        try:
            verdict = _checked(path, country.lower(), language, register, today.date() if today else None, spool)
        except (OSError, GatewayError, ValidationError) as problem:
            verdict = _unreadable(path, problem, language)
        if as_json:
            _print_json(verdict, spool)
        else:
            _print_words(path, verdict, language, country.lower())
    for one in verdict.remarks:
        line, column = _WORDS[language][9:11]
        note(f"gateway: {path}: {line} {one.line}, {column} {one.column}: {one.message}")
    if not verdict.is_readable:
        raise typer.Exit(UNREADABLE)
    raise typer.Exit(FINDINGS if verdict.findings else CLEAN)


def _checked(
    path: Path, country: str, language: Language, register: Path | None, today: dt.date | None, spool: IO[str]
) -> FileVerdict:
    form, here = state_format(country), country_of(country)

    def keep(finding: Finding) -> None:
        print(json.dumps(finding.as_dict(), ensure_ascii=False), file=spool)

    with path.open("rb") as file, register.open("rb") if register else contextlib.nullcontext() as known:
        return form.check_file(
            file, language=language, today=today or settings().clock(here.time_zone), register=known, more=keep
        )


def _unreadable(path: Path, problem: Exception, language: Language) -> FileVerdict:
    why = problem.detail if isinstance(problem, GatewayError) else getattr(problem, "strerror", None) or str(problem)
    message = _UNREADABLE[language].format(path=path, why=why)
    return FileVerdict(
        kind=None, employer=None, period=None, lines=0, accepted=0, rejected=0, status="R", code="PY1",
        wage_total_minor=0, findings=(Finding("PY1", message),), is_readable=False,
    )  # fmt: skip


def _print_json(verdict: FileVerdict, spool: IO[str]) -> None:
    """Print one JSON document; findings that are not kept come from the spool, so that any number of them fits."""
    shown = verdict.as_dict()
    last = shown.pop("wage_total_minor")
    findings = shown.pop("findings")
    spool.seek(0)
    rows = chain((json.dumps(finding, ensure_ascii=False) for finding in findings), (row.rstrip() for row in spool))
    write = sys.stdout.write
    write(json.dumps(shown, ensure_ascii=False, indent=2).removesuffix("\n}") + ',\n  "findings": [')
    for number, row in enumerate(rows):
        write(f"{',' if number else ''}\n    {row}")
    write(f'{chr(10) + "  " if findings else ""}],\n  "wage_total_minor": {last}\n}}\n')


def _print_words(path: Path, verdict: FileVerdict, language: Language, country: str) -> None:
    if verdict.kind is None and not verdict.is_readable:
        note(f"gateway: {path}: {verdict.findings[0].message}")
        return
    words, form = _WORDS[language], state_format(country)
    answer = f"{verdict.status} {verdict.code} – {form.explain(verdict.code).meaning_in(language)}"
    total = format_amount(verdict.wage_total_minor, currency_of(country_of(country).currency))
    told = (path, verdict.kind, verdict.employer, verdict.period, verdict.lines, verdict.accepted, verdict.rejected)
    print_fields(dict(zip(words, (*told, answer, total), strict=False)))
    rows = [[one.line, one.column, one.field, one.code, one.message] for one in verdict.findings[:_SHOWN]]
    if rows:
        print_table(words[9:14], rows)
    hidden = len(verdict.findings) - len(rows) + verdict.findings_left_out
    if hidden:
        print(f"… {hidden} {words[14]}")
    _print_codes(form, verdict, language)


def _print_codes(form: StateFormat, verdict: FileVerdict, language: Language) -> None:
    """Print what each code that was met means, in every language, and who does what about it in the chosen one."""
    for code in dict.fromkeys(one.code for one in verdict.findings):
        known = form.explain(code)
        print(f"\n{code}  {' / '.join(known.meaning_in(one) for one in Language)}")
        print(f"    {known.category}, {known.role}: {known.fix_in(language)}")
