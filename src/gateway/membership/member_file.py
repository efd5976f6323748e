"""A file of members: its columns, and what is read from a row."""

import datetime as dt
import functools
from collections.abc import Iterator
from typing import Any

from gateway.kit.tabular import Table, read_amount, read_date
from gateway.membership.row_reader import (
    EARLIEST,
    NAME_COLUMNS,
    Cells,
    Reader,
    Rule,
    Surroundings,
    kind_reader,
    known_name,
    read_code,
    read_sex,
)
from gateway.membership.rules import (
    check_birth_date,
    check_code,
    check_identity,
    check_phone,
    check_wage,
    full_name,
    rank_of,
)
from gateway.membership.states import IdentityKind

COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("numero", "no", "numero de socio", "numero de miembro", "member number", "codigo de socio"),
    "document": (
        "cedula", "no cedula", "numero de cedula", "cedula de identidad", "cedula o pasaporte", "documento",
        "numero de documento", "identity", "identity number", "national id", "identificacion",
    ),
    "document_kind": ("tipo de documento", "tipo documento", "tipo doc", "document type", "identity kind"),
    "social_security": ("nss", "numero de seguridad social", "seguridad social", "social security number", "uan"),
    **NAME_COLUMNS,
    "phone": ("telefono", "tel", "celular", "movil", "telephone", "mobile"),
    "occupation": ("ocupacion", "oficio", "profesion", "job", "metier"),
    "municipality": ("municipio", "ciudad", "city", "town", "commune"),
    "fund": ("fondo", "grupo", "codigo de fondo", "fund code", "fonds"),
    "payroll": ("nomina", "clave de nomina", "codigo de nomina", "payroll code", "payroll key"),
    "wage": ("salario", "salario declarado", "sueldo", "ingreso", "declared wage", "salary", "salaire"),
    "wage_from": ("salario desde", "vigencia del salario", "vigente desde", "wage valid from", "salario vigente desde", "salaire depuis"),
    "enrolled_from": ("fecha de ingreso", "afiliado desde", "ingreso desde", "fecha de afiliacion", "inscrit depuis"),
}  # fmt: skip
REQUIRED = ("document",)

STAGED = {
    "row_no": "int4",
    "number": "text",
    "document_kind": "text",
    "document": "text",
    "document_warning": "text",
    "social_security": "text",
    "social_security_first": "bool",
    "given_names": "text",
    "first_surname": "text",
    "second_surname": "text",
    "search_name": "text",
    "sex": "text",
    "birth_date": "date",
    "phone": "text",
    "occupation": "text",
    "municipality": "text",
    "fund_id": "int8",
    "payroll_id": "int8",
    "wage_minor": "int8",
    "wage_from": "date",
    "enrolled_from": "date",
}
"""Column -> type of the table that good rows are brought in by; an empty cell is NULL and changes nothing."""


def read_rows(
    table: Table, around: Surroundings, refused: dict[int, list[dict[str, str]]], only: frozenset[int] | None
) -> Iterator[tuple[Any, ...]]:
    """Yield good rows for the staging table and gather the problems of the others in ``refused``.

    Args:
        table: The opened file.
        around: What it is read against.
        refused: Line -> problems; filled here.
        only: Lines to look at; all without it.
    """
    reader = Reader(table.header, _rules(around))
    for row in table.rows:
        if only is None or row.row_no in only:
            cells = reader.read(row)
            staged = _staged(cells, around.country)
            if cells.problems:
                refused[row.row_no] = cells.problems
            else:
                yield staged


def _rules(around: Surroundings) -> dict[str, Rule]:
    country, currency, today, latest = around.country, around.currency, around.today, around.latest

    @functools.lru_cache(maxsize=65_536)
    def birth_date(text: str) -> dt.date:
        return check_birth_date(read_date(text, latest=today), today=today, member=True)

    return {
        "document_kind": kind_reader(around.country),
        "social_security": lambda text: check_identity(IdentityKind.SOCIAL_SECURITY, text, country),
        "number": check_code,
        "given_names": lambda text: known_name(text, "given_names"),
        "first_surname": lambda text: known_name(text, "first_surname"),
        "second_surname": lambda text: known_name(text, "second_surname"),
        "sex": read_sex,
        "birth_date": birth_date,
        "phone": lambda text: check_phone(text, country),
        "occupation": str,
        "municipality": str,
        "fund": lambda text: read_code(around.funds, "fund", text),
        "payroll": lambda text: read_code(around.payrolls, "payroll", text),
        "wage": lambda text: check_wage(read_amount(text, currency), currency.code, country),
        "wage_from": lambda text: read_date(text, latest=latest, earliest=EARLIEST),
        "enrolled_from": lambda text: read_date(text, latest=latest, earliest=EARLIEST),
    }


def _staged(cells: Cells, country: str) -> tuple[Any, ...]:
    identity, read = cells.identity("document", "document_kind", country), cells.values
    social, given, first, second = (
        read["social_security"],
        read["given_names"],
        read["first_surname"],
        read["second_surname"],
    )
    if not cells.problems and identity is None and social is None and read["number"] is None:
        cells.note(
            "document",
            "identity_missing",
            "an identity number or the member's own number is needed to know who is meant",
        )
    if identity is not None and social is not None and identity.kind is IdentityKind.SOCIAL_SECURITY:
        cells.note(
            "social_security", "identity_invalid", "the document is a social security number too; leave one empty"
        )
    return (
        cells.row.row_no,
        read["number"],
        identity.kind.value if identity else None,
        identity.value if identity else None,
        identity.warning if identity else None,
        social.value if social else None,
        social is not None and (identity is None or rank_of(social.kind, country) < rank_of(identity.kind, country)),
        given,
        first,
        second,
        full_name(given, first, second) if given and first else None,
        read["sex"],
        read["birth_date"],
        read["phone"],
        read["occupation"],
        read["municipality"],
        read["fund"],
        read["payroll"],
        read["wage"],
        read["wage_from"],
        read["enrolled_from"],
    )
