"""A file of members against the register: judge every line, then write those that are taken, in a dozen statements."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from gateway.kit import audit, bulk, db
from gateway.kit.progress import Tell
from gateway.kit.tabular import Header, Table
from gateway.ledger.accounts import open_for_owners
from gateway.membership import member_file
from gateway.membership import member_import_queries as sql
from gateway.membership.row_reader import Surroundings
from gateway.membership.rules import filing_order
from gateway.membership.states import MEMBER, MemberEvent
from gateway.membership.write_queries import NUMBER_OF

Problems = dict[int, list[dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Loading:
    """One file on its way in."""

    import_id: int
    evidence_id: int
    actor: str
    reason: str
    language: str


def judge(
    session: Session, table: Table, around: Surroundings, refused: Problems, only: frozenset[int] | None
) -> dict[str, int]:
    """Bring the good lines in and relate them; return how many create, change and are the same.

    What speaks against a line is added to ``refused``.
    """
    good = member_file.read_rows(table, around, refused, only)
    staged = bulk.stage(session, "member_in", member_file.STAGED, good)
    bulk.execute(session, sql.DROP_JUDGED)
    with bulk.without_nested_loops(session, staged):
        bulk.execute(session, sql.JUDGE, {"today": around.today, "month": around.today.replace(day=1)})
    bulk.execute(session, "ANALYZE member_judged (row_no, member_id, action)")
    for fault in db.rows(session, sql.FAULTS):
        refused[fault.row_no] = [_told(code, fault, table.header) for code in fault.faults]
    return {row.action: row.count for row in db.rows(session, sql.COUNT_JUDGED)}


def save_lines(session: Session, import_id: int, around: Surroundings) -> None:
    """Keep what the preview says of each line."""
    bulk.execute(session, sql.PREVIEW_LINES, {"import_id": import_id, "month": around.today.replace(day=1)})


def write(session: Session, loading: Loading, around: Surroundings, tell: Tell) -> None:
    """Write every line that is taken: members, identities, places, wages, changes, accounts."""
    values = {
        "actor": loading.actor,
        "reason": loading.reason,
        "language": loading.language,
        "month": around.today.replace(day=1),
        "currency": around.currency.code,
        "import_id": loading.import_id,
        "evidence_id": loading.evidence_id,
        "kinds": filing_order(around.country),
        "event": MemberEvent.COME_BACK.value,
        "to_state": MEMBER.target(MemberEvent.COME_BACK).value,
    }
    bulk.execute(session, sql.WORK)
    bulk.execute(session, "ANALYZE member_work (id, member_id)")
    audit.log_selected_transitions(session, sql.RETURNED, values)
    bulk.execute(session, sql.INSERT_MEMBERS.format(number=NUMBER_OF.format(id="id")), values)
    parts = (
        sql.KEEP_BEFORE,
        sql.UPDATE_MEMBERS,
        sql.INSERT_IDENTITIES,
        sql.DEMOTE,
        sql.PROMOTE,
        sql.END_MOVED,
        sql.INSERT_ENROLMENTS,
        sql.INSERT_WAGES,
        sql.DONE_LINES,
    )
    for number, statement in enumerate(parts):
        tell("write", number, len(parts) + 1)
        bulk.execute(session, statement, values)
    tell("write", len(parts), len(parts) + 1)
    _open_accounts(session, [row.id for row in db.rows(session, sql.NEW_MEMBERS)], around.currency.code)


def _open_accounts(session: Session, member_ids: list[int], currency: str) -> None:
    if member_ids:
        for pattern in ("member:{}:contributions", "member:{}:benefits"):
            open_for_owners(session, pattern, "member", member_ids, currency)


def _told(code: str, fault: Any, header: Header) -> dict[str, str]:
    """Return a fault in words, with the column it is about."""
    column, words = _words(code, fault)
    return {"column": header.label(column) if column else "", "code": code, "detail": words}


def _words(code: str, fault: Any) -> tuple[str, str]:
    who = f"member {fault.number}, {fault.given_names} {fault.first_surname}"
    holder = f"member {fault.holder_number}, {fault.holder_given_names} {fault.holder_first_surname}"
    if code.startswith("missing_"):
        column = code.removeprefix("missing_")
        return column, f"nobody in the register has this identity or number, and a new member needs {column}"
    told = {
        "identity_of_two": (
            "document",
            f"the lines from {fault.document_first} to {fault.document_last} give this identity to persons of different names; mend the wrong one",
        ),
        "repeated_document": ("document", f"line {fault.document_first} has the same identity; this one is not needed"),
        "repeated_number": ("number", f"line {fault.number_first} has the same number; mend or leave out one of them"),
        "repeated_social": ("social_security", f"line {fault.social_first} has the same number; mend one of them"),
        "repeated_member": ("document", f"line {fault.member_first} is about the same person, {who}"),
        "identities_disagree": (
            "document",
            f"the number and the identities of this line belong to different members; one is {who}",
        ),
        "number_differs": ("number", f"the identity belongs to {who}; a member's number never changes"),
        "somebody_else": ("document", f"the identity belongs to {who}, whose name and birth date are others"),
        "document_differs": (
            "document",
            f"{who} has another identity of this kind; replace it by hand if that one was wrong",
        ),
        "social_differs": ("social_security", f"{who} has another one; replace it by hand if that one was wrong"),
        "deceased": ("document", f"{who} has died"),
        "covered": ("document", f"this person is covered as a dependant through {holder}; end that first"),
        "two_payrolls": ("payroll", f"{who} stands in two payrolls; move the member by hand"),
        "enrolled_later": (
            "enrolled_from",
            f"{who} was enrolled up to or from a later day ({fault.open_since or fault.last_end}); give a day after it",
        ),
    }
    return told[code]
