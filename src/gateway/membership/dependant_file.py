"""A file of dependants: its columns, and what is read from a row."""

import datetime as dt
import functools
from collections.abc import Iterator
from typing import Any

from gateway.kit.tabular import Table, read_date
from gateway.kit.tabular_shape import fold
from gateway.membership.errors import CodeInvalidError, DependantNotEligibleError
from gateway.membership.family import RELATIONS, Kin, eligibility
from gateway.membership.row_reader import (
    EARLIEST,
    NAME_COLUMNS,
    Cells,
    Reader,
    Rule,
    Surroundings,
    kind_reader,
    known_name,
    read_sex,
    read_yes,
)
from gateway.membership.rules import check_birth_date, check_code, full_name
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
    reader = Reader(table.header, _rules(around))
    for row in table.rows:
        if only is None or row.row_no in only:
            cells = reader.read(row)
            staged = _staged(cells, around)
            if cells.problems:
                refused[row.row_no] = cells.problems
            else:
                yield staged


def _rules(around: Surroundings) -> dict[str, Rule]:
    today, latest = around.today, around.latest

    @functools.lru_cache(maxsize=65_536)
    def birth_date(text: str) -> dt.date:
        return check_birth_date(read_date(text, latest=today), today=today, member=False)

    return {
        "holder_kind": kind_reader(around.country),
        "holder_number": check_code,
        "relation": _relation,
        "category": _category,
        "given_names": lambda text: known_name(text, "given_names"),
        "first_surname": lambda text: known_name(text, "first_surname"),
        "second_surname": lambda text: known_name(text, "second_surname"),
        "sex": read_sex,
        "birth_date": birth_date,
        "document_kind": kind_reader(around.country),
        "student": read_yes,
        "disabled": read_yes,
        "together_since": lambda text: read_date(text, latest=today),
        "common_children": read_yes,
        "from": lambda text: read_date(text, latest=latest, earliest=EARLIEST),
    }


def _staged(cells: Cells, around: Surroundings) -> tuple[Any, ...]:
    read = cells.values
    holder = cells.identity("holder", "holder_kind", around.country)
    identity = cells.identity("document", "document_kind", around.country)
    for column in ("relation", "given_names", "first_surname"):
        if not cells.row.fields.get(column):
            cells.note(column, "cell_missing", "this is needed")
    if read["holder_number"] is None and not cells.row.fields.get("holder"):
        cells.note("holder", "cell_missing", "the holder's identity or number is needed")
    if cells.problems:
        return ()
    valid_from = read["from"] or around.today
    kin = Kin(
        read["relation"],
        read["birth_date"],
        bool(read["student"]),
        bool(read["disabled"]),
        read["together_since"],
        bool(read["common_children"]),
    )
    try:
        rule = eligibility(around.country, kin, on=valid_from, category=read["category"])
    except DependantNotEligibleError as error:
        cells.note("relation", error.code, error.detail)
        return ()
    return (
        cells.row.row_no,
        read["holder_number"],
        holder.kind.value if holder else None,
        holder.value if holder else None,
        kin.relation,
        rule.category.value,
        rule.rule,
        rule.eligible_until,
        read["given_names"],
        read["first_surname"],
        read["second_surname"] or "",
        full_name(read["given_names"], read["first_surname"], read["second_surname"]),
        read["sex"],
        kin.birth_date,
        identity.kind.value if identity else None,
        identity.value if identity else None,
        kin.is_student,
        kin.is_disabled,
        kin.together_since,
        kin.has_common_children,
        valid_from,
    )


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
