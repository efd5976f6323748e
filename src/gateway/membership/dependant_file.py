"""A file of dependants: its columns, and what is read from a row."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from gateway.kit.tabular import Header, Row, Table, read_date
from gateway.kit.tabular_shape import fold
from gateway.membership.errors import CodeInvalidError, DependantNotEligibleError
from gateway.membership.family import RELATIONS, Eligibility, Kin, eligibility
from gateway.membership.row_reader import NAME_COLUMNS, Cells, Surroundings, read_identity, read_sex, read_yes
from gateway.membership.rules import check_birth_date, check_code, check_name, fold_name
from gateway.membership.states import DependantCategory

COLUMNS: dict[str, tuple[str, ...]] = {
    "holder": (
        "cedula titular", "cedula del titular", "titular", "documento titular", "documento del titular",
        "holder identity", "holder document", "titulaire",
    ),
    "holder_kind": ("tipo documento titular", "tipo de documento del titular", "holder identity kind"),
    "holder_number": ("numero titular", "numero del titular", "numero de socio", "holder number", "member number"),
    "relation": ("parentesco", "relacion", "relationship", "lien", "kinship"),
    "category": ("categoria", "tipo de dependiente", "tipo dependiente", "categorie"),
    **NAME_COLUMNS,
    "document": (
        "cedula", "cedula dependiente", "cedula del dependiente", "documento", "nui", "identity", "identity number",
        "identificacion",
    ),
    "document_kind": ("tipo de documento", "tipo documento", "tipo doc", "document type", "identity kind"),
    "student": ("estudiante", "estudia", "is student", "etudiant"),
    "disabled": ("discapacidad", "discapacitado", "con discapacidad", "is disabled", "handicap"),
    "together_since": ("union desde", "convive desde", "juntos desde", "ensemble depuis"),
    "common_children": ("hijos en comun", "tienen hijos", "common child", "enfants communs"),
    "from": ("desde", "fecha desde", "valid from", "cubierto desde", "depuis"),
}  # fmt: skip
REQUIRED = ("holder", "relation", "given_names", "first_surname")

STAGED = {
    "row_no": "int4",
    "holder_number": "text",
    "holder_kind": "text",
    "holder_document": "text",
    "relation": "text",
    "category": "text",
    "rule": "text",
    "eligible_until": "date",
    "given_names": "text",
    "first_surname": "text",
    "second_surname": "text",
    "search_name": "text",
    "sex": "text",
    "birth_date": "date",
    "identity_kind": "text",
    "identity_value": "text",
    "is_student": "bool",
    "is_disabled": "bool",
    "together_since": "date",
    "has_common_children": "bool",
    "valid_from": "date",
}
"""Column -> type of the table that good rows are brought in by."""

_WORDS = {
    "spouse": "conyuge esposo esposa marido mujer conjoint husband wife",
    "partner": "pareja companero companera concubino concubina conviviente compagnon compagne",
    "child": "hijo hija son daughter enfant fils fille",
    "stepchild": "hijastro hijastra stepson stepdaughter",
    "parent": "padre madre father mother pere mere",
    "parent_in_law": "suegro suegra",
    "sibling": "hermano hermana brother sister frere soeur",
    "sibling_in_law": "cunado cunada",
    "grandparent": "abuelo abuela grandfather grandmother",
    "grandchild": "nieto nieta grandson granddaughter",
    "great_grandparent": "bisabuelo bisabuela",
    "great_grandchild": "bisnieto bisnieta",
    "uncle_aunt": "tio tia uncle aunt oncle tante",
    "nephew_niece": "sobrino sobrina nephew niece neveu niece",
}
_RELATIONS = {word: relation for relation, words in _WORDS.items() for word in words.split()}
_RELATIONS |= {fold(relation): relation for relation in RELATIONS}
_CATEGORIES = {
    "direct": DependantCategory.DIRECT, "directo": DependantCategory.DIRECT, "directa": DependantCategory.DIRECT,
    "additional": DependantCategory.ADDITIONAL, "adicional": DependantCategory.ADDITIONAL,
    "additionnel": DependantCategory.ADDITIONAL,
}  # fmt: skip


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
    country, today = around.country, around.today
    if row.problem is not None:
        cells.problems.append({"column": "", "code": row.problem.code, "detail": row.problem.detail})
    holder = read_identity(cells, "holder", "holder_kind", country)
    number = cells.read("holder_number", check_code)
    given = cells.read("given_names", lambda text: check_name(text, "given_names"))
    first = cells.read("first_surname", lambda text: check_name(text, "first_surname"))
    second = cells.read("second_surname", lambda text: check_name(text, "second_surname")) or ""
    sex = cells.read("sex", read_sex)
    identity = read_identity(cells, "document", "document_kind", country)
    valid_from = cells.read("from", lambda text: read_date(text, latest=around.latest)) or today
    kin = _kin(cells, today)
    category = cells.read("category", _category)
    for column, value in (("given_names", given), ("first_surname", first), ("relation", cells.get("relation"))):
        if not value and not cells.get(column):
            cells.note(column, "cell_missing", "this is needed")
    if holder is None and number is None and not cells.get("holder"):
        cells.note("holder", "cell_missing", "the holder's identity or number is needed")
    if cells.problems or kin is None:
        return cells.problems
    rule = _rule(cells, kin, country, valid_from, category)
    if rule is None:
        return cells.problems
    return (
        row.row_no,
        number,
        holder.kind.value if holder else None,
        holder.value if holder else None,
        kin.relation,
        rule.category.value,
        rule.rule,
        rule.eligible_until,
        given,
        first,
        second,
        fold_name(f"{given} {first} {second}"),
        sex,
        kin.birth_date,
        identity.kind.value if identity else None,
        identity.value if identity else None,
        kin.is_student,
        kin.is_disabled,
        kin.together_since,
        kin.has_common_children,
        valid_from,
    )


def _kin(cells: Cells, today: dt.date) -> Kin | None:
    relation = cells.read("relation", _relation)
    birth_date = cells.read(
        "birth_date", lambda text: check_birth_date(read_date(text, latest=today), today=today, member=False)
    )
    together_since = cells.read("together_since", lambda text: read_date(text, latest=today))
    student, disabled, children = (
        bool(cells.read(column, read_yes)) for column in ("student", "disabled", "common_children")
    )
    return Kin(relation, birth_date, student, disabled, together_since, children) if relation else None


def _relation(text: str) -> str:
    known = _RELATIONS.get(fold(text)) or _RELATIONS.get(fold(text).partition(" ")[0])
    if known is None:
        raise DependantNotEligibleError(
            f"{text!r} is no relation to the third degree; expected one of {', '.join(RELATIONS)}"
        )
    return known


def _category(text: str) -> DependantCategory:
    known = _CATEGORIES.get(fold(text))
    if known is None:
        raise CodeInvalidError(f"{text!r} is no category; write directo or adicional")
    return known


def _rule(
    cells: Cells, kin: Kin, country: str, valid_from: dt.date, category: DependantCategory | None
) -> Eligibility | None:
    try:
        return eligibility(country, kin, on=valid_from, category=category)
    except DependantNotEligibleError as error:
        cells.note("relation", error.code, error.detail)
        return None
