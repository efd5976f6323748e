"""A file of members: its columns, and what is read from a row."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from gateway.kit.tabular import Header, Row, Table, read_amount, read_date
from gateway.membership.row_reader import NAME_COLUMNS, Cells, Surroundings, read_code, read_identity, read_sex
from gateway.membership.rules import (
    check_birth_date,
    check_code,
    check_identity,
    check_name,
    check_phone,
    check_wage,
    fold_name,
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
    "wage_from": ("salario desde", "vigencia del salario", "wage valid from", "salario vigente desde", "salaire depuis"),
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
    for row in table.rows:
        if only is None or row.row_no in only:
            read = _read(row, table.header, around)
            if isinstance(read, list):
                refused[row.row_no] = read
            else:
                yield read


def _read(row: Row, header: Header, around: Surroundings) -> tuple[Any, ...] | list[dict[str, str]]:
    cells = Cells(row, header)
    country, today, latest = around.country, around.today, around.latest
    if row.problem is not None:
        cells.problems.append({"column": "", "code": row.problem.code, "detail": row.problem.detail})
    identity = read_identity(cells, "document", "document_kind", country)
    social = cells.read("social_security", lambda text: check_identity(IdentityKind.SOCIAL_SECURITY, text, country))
    number = cells.read("number", check_code)
    given = cells.read("given_names", lambda text: check_name(text, "given_names"))
    first = cells.read("first_surname", lambda text: check_name(text, "first_surname"))
    second = cells.read("second_surname", lambda text: check_name(text, "second_surname"))
    fields = row.fields
    staged = (
        row.row_no,
        number,
        identity.kind.value if identity else None,
        identity.value if identity else None,
        identity.warning if identity else None,
        social.value if social else None,
        social is not None and (identity is None or rank_of(social.kind, country) < rank_of(identity.kind, country)),
        given,
        first,
        second,
        fold_name(f"{given} {first} {second or ''}") if given and first else None,
        cells.read("sex", read_sex),
        cells.read("birth_date", lambda text: _birth_date(text, today)),
        cells.read("phone", lambda text: check_phone(text, country)),
        fields.get("occupation") or None,
        fields.get("municipality") or None,
        cells.read("fund", lambda text: read_code(around.funds, "fund", text)),
        cells.read("payroll", lambda text: read_code(around.payrolls, "payroll", text)),
        cells.read("wage", lambda text: check_wage(read_amount(text, around.currency), around.currency.code)),
        cells.read("wage_from", lambda text: read_date(text, latest=latest)),
        cells.read("enrolled_from", lambda text: read_date(text, latest=latest)),
    )
    if not cells.problems and identity is None and social is None and number is None:
        cells.note(
            "document", "identity_missing", "an identity number or the member's own number is needed to know her"
        )
    if identity is not None and social is not None and identity.kind is IdentityKind.SOCIAL_SECURITY:
        cells.note(
            "social_security", "identity_invalid", "the document is a social security number too; leave one empty"
        )
    return cells.problems or staged


def _birth_date(text: str, today: dt.date) -> dt.date:
    return check_birth_date(read_date(text, latest=today), today=today, member=True)
