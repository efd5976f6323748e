"""A file of dependants against the register: judge every line, then write those that are taken."""

from typing import Any

from sqlmodel import Session

from gateway.kit import bulk, db
from gateway.kit.progress import Tell
from gateway.kit.tabular import Header, Table
from gateway.membership import dependant_file
from gateway.membership import dependant_import_queries as sql
from gateway.membership.load_members import Loading, Problems
from gateway.membership.row_reader import Surroundings


def judge(
    session: Session, table: Table, around: Surroundings, refused: Problems, only: frozenset[int] | None
) -> dict[str, int]:
    """Bring the good lines in and relate them; return how many create, change and are the same.

    What speaks against a line is added to ``refused``.
    """
    good = dependant_file.read_rows(table, around, refused, only)
    staged = bulk.stage(session, "dependant_in", dependant_file.STAGED, good)
    bulk.execute(session, sql.DROP_JUDGED)
    with bulk.without_nested_loops(session, staged):
        bulk.execute(session, sql.JUDGE)
    bulk.execute(session, "ANALYZE dependant_judged (row_no, member_id, action)")
    for fault in db.rows(session, sql.FAULTS):
        refused[fault.row_no] = [_told(code, fault, table.header) for code in fault.faults]
    return {row.action: row.count for row in db.rows(session, sql.COUNT_JUDGED)}


def save_lines(session: Session, import_id: int) -> None:
    """Keep what is to become of each line."""
    bulk.execute(session, sql.PREVIEW_LINES, {"import_id": import_id})


def write(session: Session, loading: Loading, tell: Tell) -> None:
    """Write every line that is taken."""
    save_lines(session, loading.import_id)
    bulk.execute(session, sql.WORK)
    bulk.execute(session, "ANALYZE dependant_work (row_no, member_id, cover_id)")
    parts = (sql.END_RENEWED, sql.INSERT_DEPENDANTS, sql.NEXT_VERSIONS)
    for number, statement in enumerate(parts):
        tell("write", number, len(parts))
        bulk.execute(session, statement, {"actor": loading.actor})


def _told(code: str, fault: Any, header: Header) -> dict[str, str]:
    """Return a fault in words, with the column it is about."""
    name = f"{fault.given_names} {fault.first_surname}"
    other = f"member {fault.other_number}, {fault.other_given_names} {fault.other_first_surname}"
    own = f"member {fault.own_number}, {fault.own_given_names} {fault.own_first_surname}"
    told = {
        "holder_unknown": ("holder", "nobody in the register has this identity or number; enrol the holder first"),
        "holders_disagree": ("holder", "the holder's number and identity belong to two members"),
        "holder_left": ("holder", "the holder has left; nobody is covered through this member"),
        "identity_of_two": (
            "document",
            f"{name} is declared by two holders in this file (lines {fault.identity_first} and {fault.identity_last}); keep one",
        ),
        "repeated_identity": (
            "document",
            f"line {fault.identity_first} is about the same person; this one is not needed",
        ),
        "named_of_two": (
            "given_names",
            f"{name} is declared by two holders in this file (lines {fault.named_first} and {fault.named_last}); keep one, or give identity numbers",
        ),
        "repeated_name": (
            "given_names",
            f"line {fault.named_first} seems to be the same person; give identity numbers if not",
        ),
        "is_holder": ("document", "the identity is the holder's own"),
        "is_member": ("document", f"{name} is {own}, and covered as such"),
        "holder_foreign": ("holder", "a holder known by a passport has direct dependants only"),
        "covered": (
            "document" if "document" in header.places else "given_names",
            f"{name} is covered through {other}; end that first, or give the identity number if this is somebody else",
        ),
    }
    column, words = told[code]
    return {
        "column": header.label(column),
        "code": "dependant_declared_elsewhere" if code == "covered" else code,
        "detail": words,
    }
