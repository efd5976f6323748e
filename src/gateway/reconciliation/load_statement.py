"""Load a bank's statement file: kept whole first, then read, checked for gaps, and its new lines kept once.

The same file twice has no effect and says so. A notification (camt.054) is taken as what it is: announced bookings, until
the statement of their day shows them. Pages of one statement that come in several files wait for each other. A statement that does not add up, belongs to no account of ours, or does
not follow the one before it is put aside with the reason; when the missing one comes, those that waited for it are
loaded by themselves. Lines are told apart by what they are and how many equal ones there are, so statements that
overlap bring only what is new.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.bank.read import read_file
from gateway.bank.statement import Line as ReadLine
from gateway.bank.statement import ReadFile, Statement, balance_problem
from gateway.contributions.reference import find_references
from gateway.kit import audit, bulk, db, evidence
from gateway.kit.progress import Tell, silent, told_rows
from gateway.kit.tenant import current
from gateway.ledger.bank_accounts import BankAccountRow, find_bank_account
from gateway.reconciliation import mappings, queries
from gateway.reconciliation.announce import adopt, announce, show_sums
from gateway.reconciliation.held_pages import (
    LAST_POSITION,
    PAGES_HELD,
    RELEASE_PAGES,
    HeldPage,
    is_part,
    put_together,
    told_missing,
)
from gateway.reconciliation.queries import StatementRow
from gateway.reconciliation.rules import explains, fingerprint, ordinals
from gateway.reconciliation.states import STATEMENT, StatementEvent, StatementStatus

EVIDENCE = "bank.statement"
SHOWN_LINES = 20
STAGED = {
    "position": "int4",
    "fingerprint": "text",
    "ordinal": "int4",
    "booked_on": "date",
    "value_on": "date",
    "amount_minor": "int8",
    "currency": "text",
    "end_to_end_id": "text",
    "bank_reference": "text",
    "reference": "text",
    "text": "text",
    "counterparty": "text",
    "flags": "text[]",
    "references_found": "text[]",
    "batch_reference": "text",
    "batch_parts": "text[]",
}


class LoadedFile(NamedTuple):
    """What became of a file."""

    is_new: bool
    """False where the same bytes had been loaded before; nothing was done then."""
    statements: list[StatementRow]
    new_line_count: int


class TypedBalances(NamedTuple):
    """Balances of a table that has none, as somebody read them on the bank's own page."""

    opening_minor: int
    closing_minor: int


def load_statement(
    session: Session,
    body: bytes,
    *,
    file_name: str,
    actor: str,
    mapping_id: int | None = None,
    typed: TypedBalances | None = None,
    tell: Tell = silent,
) -> LoadedFile:
    """Load a statement file: camt, MT940, or a table with the mapping that was saved for its bank.

    Args:
        session: The open transaction.
        body: The file as it came.
        file_name: For people.
        actor: Who loads it.
        mapping_id: How to read it if it is a table.
        typed: Its balances if it is a table without any; without them it is put aside.
        tell: Told how far it is: ``read`` (the file), ``lines`` (how many of a statement), ``keep``.

    Raises:
        StatementError: Not a statement that can be read at all; nothing of it is kept.
        MappingUnknownError: No such mapping.
    """
    how = {"mapping_id": mapping_id, "typed": None if typed is None else list(typed)}
    known = _known(session, body, how)
    if known is not None:
        return LoadedFile(is_new=False, statements=_of_evidence(session, known), new_line_count=0)
    told = {**how, "actor": actor}
    tell("read", 0, None)
    read = _read(session, body, told)
    # Lines that came while a run of matching decides would be booked by it without having been asked about: it waits for us, or we for it.
    db.run(session, queries.LOCK_RECONCILIATION)
    about = {"file_name": file_name, "format": read.format, **told}
    media_type = "application/xml" if read.format.startswith("camt") else "text/plain"
    kept = evidence.keep(
        session, kind=EVIDENCE, source=f"staff:{file_name}", media_type=media_type, body=body, about=about
    )
    for item in () if read.quarantine is None else read.quarantine.items:
        account = find_bank_account(session, number=item.account or "")
        _insert(session, None, account, kept, f"{item.reason} ({item.place})", actor, item.reference or "")
    new_lines = sum(_take(session, read, statement, kept, actor, tell) for statement in read.statements)
    new_lines += _release_waiting(session, read, actor)
    audit.record(session, actor=actor, action="statement.load", subject_kind="evidence", subject_id=kept, detail=about)
    return LoadedFile(is_new=True, statements=_of_evidence(session, kept), new_line_count=new_lines)


def _known(session: Session, body: bytes, how: Mapping[str, Any]) -> int | None:
    """Return where the same bytes were kept, unless they come with another explanation after none of them could be used."""
    found = db.rows(session, queries.SAME_BYTES, {"kind": EVIDENCE, "sha256": evidence.digest(body)})
    for row in found:
        if row.is_used or all(row.about.get(name) == value for name, value in how.items()):
            return int(row.id)
    return None


def _read(session: Session, body: bytes, about: Mapping[str, Any]) -> ReadFile:
    """Read a file as it was read when it came: by the same mapping, with the same balances typed for it."""
    number, typed = about.get("mapping_id"), about.get("typed")
    mapping = None if number is None else mappings.use(mappings.get_mapping(session, int(number)))
    read = read_file(body, mapping=mapping)
    if typed is None:
        return read
    told = f"the balances were typed by {about.get('actor')}"
    return replace(read, statements=[_with_balances(one, typed, told) for one in read.statements])


def _with_balances(statement: Statement, typed: Sequence[int], told: str) -> Statement:
    if statement.has_balances:
        return statement
    opening, closing = typed
    booked = statement.credits_minor - statement.debits_minor
    return replace(
        statement,
        opening_minor=opening,
        closing_minor=closing,
        problem=statement.problem or balance_problem(opening, closing, booked, statement.currency),
        tolerances=[*statement.tolerances, told],
    )


def _of_evidence(session: Session, evidence_id: int) -> list[StatementRow]:
    found = db.rows(session, queries.STATEMENTS_OF_EVIDENCE, {"evidence_id": evidence_id})
    return [StatementRow(*row) for row in found]


def _take(
    session: Session, read: ReadFile, statement: Statement, evidence_id: int, actor: str, tell: Tell = silent
) -> int:
    account = find_bank_account(session, number=statement.account)
    problem = _own_problem(read, statement, account)
    if problem is not None or account is None:
        _insert(session, statement, account, evidence_id, problem, actor)
        return 0
    _stage(session, statement, tell)
    tell("keep", 0, None)
    if not read.is_statement:
        return announce(
            session, _insert(session, statement, account, evidence_id, None, actor, is_final=False), account.id
        )
    problem = _continuity_problem(session, statement, account.id)
    statement_id = _insert(session, statement, account, evidence_id, problem, actor)
    _keep_difference(session, account.id, statement_id)
    return 0 if problem is not None else _keep_lines(session, statement_id, account.id)


def _keep_lines(session: Session, statement_id: int, account_id: int, pages: Sequence[HeldPage] = ()) -> int:
    """Keep the staged lines that are new; those that were announced before become the statement's."""
    sums = adopt(session, statement_id, account_id)
    parts = [(page.statement_id, page.since, page.until) for page in pages] or [(statement_id, 0, LAST_POSITION)]
    kept = sum(
        bulk.execute(
            session,
            queries.INSERT_LINES,
            {"statement_id": part, "account_id": account_id, "since": since, "until": until},
        )
        for part, since, until in parts
    )
    show_sums(session, account_id, sums)
    return kept


def _own_problem(read: ReadFile, statement: Statement, account: BankAccountRow | None) -> str | None:
    if read.is_statement and not statement.has_balances and statement.opening_minor is None:
        return "the table has no balances, so nothing proves that it is whole; load it with both, as the bank's page shows them"
    if account is None:
        return f"the account {statement.account} is not one of the mutual's; register it or ask the bank"
    if account.currency != statement.currency:
        return f"the account is kept in {account.currency}, the statement in {statement.currency}"
    if statement.problem is not None:
        return f"{statement.problem} ({statement.place})"
    if read.is_statement and (statement.opening_minor is None or statement.closing_minor is None):
        return (
            "the statement has no opening or no closing balance, so it cannot be checked; ask the bank for a whole one"
        )
    if statement.from_on is None or statement.to_on is None:
        return "the statement does not say which days it covers; ask the bank for one that does"
    if statement.opening_minor is None or statement.closing_minor is None:
        return None
    left = explains(statement.opening_minor, [line.amount_minor for line in statement.lines], statement.closing_minor)
    if left:
        return (
            f"opening {statement.opening_minor} and the booked lines do not make the closing {statement.closing_minor}:"
            f" {left} minor units are left; ask the bank for the statement again"
        )
    return None


def _continuity_problem(session: Session, statement: Statement, account_id: int) -> str | None:
    last = db.first(session, queries.LAST_LOADED, {"account_id": account_id})
    if last is None:
        # Nothing stands before it that it could follow: what is on the pages before it is known to nobody.
        return None if statement.pages is None or statement.pages[0] == 1 else told_missing([statement])
    assert statement.from_on is not None
    assert statement.to_on is not None
    assert statement.closing_minor is not None
    if statement.from_on > last.to_on:
        if statement.opening_minor == last.closing_minor:
            return None
        return (
            f"it opens with {statement.opening_minor}, the one before (to {last.to_on}) closed with"
            f" {last.closing_minor}: a statement between them is missing; load it and this one follows by itself"
        )
    known = _known_lines(session, account_id, statement, last.to_on)
    if statement.to_on < last.to_on:
        return (
            None if known.new_count == 0 else f"it brings {known.new_count} lines for days that are loaded and closed"
        )
    if last.closing_minor + known.new_minor != statement.closing_minor:
        return (
            f"it overlaps the one to {last.to_on}, and its new lines lead to {last.closing_minor + known.new_minor}, not"
            f" to its closing {statement.closing_minor}; ask the bank which is right"
        )
    # Another statement or page of the same day goes on where the last one ended, and need not repeat it.
    if known.missing_count and statement.opening_minor != last.closing_minor:
        return f"it lacks {known.missing_count} lines that are known for its days; ask the bank which is right"
    return None


def _keep_difference(session: Session, account_id: int, statement_id: int) -> None:
    """Show what a later version of a known statement says that the one before did not, and the other way round."""
    values = {"account_id": account_id, "statement_id": statement_id}
    found = db.driver(session).execute(queries.DIFFERENCE.encode(), {**values, "most": SHOWN_LINES}).fetchone()
    if found is not None:
        db.run(session, queries.KEEP_DIFFERENCE, {"statement_id": statement_id, "difference": json.dumps(found[0])})


class _Known(NamedTuple):
    new_count: int
    new_minor: int
    missing_count: int


def _known_lines(session: Session, account_id: int, statement: Statement, last_on: dt.date) -> _Known:
    values = {"account_id": account_id, "from_on": statement.from_on, "to_on": last_on}
    found = db.driver(session).execute(queries.KNOWN_LINES.encode(), values).fetchone()
    assert found is not None
    return _Known(*(int(value) for value in found))


def _stage(session: Session, statement: Statement, tell: Tell = silent) -> None:
    rows = _staged_rows(statement.lines, statement.currency)
    bulk.stage(session, "staged_line", STAGED, told_rows(rows, tell, len(statement.lines), step="lines"))


def _staged_rows(lines: Sequence[ReadLine], currency: str) -> Iterator[tuple[object, ...]]:
    marks = [
        fingerprint(
            (
                line.booked_on,
                line.value_on,
                line.amount_minor,
                line.end_to_end_id,
                line.bank_reference,
                line.reference,
                line.text,
                line.counterparty,
            )
        )
        for line in lines
    ]
    for position, (line, mark, ordinal) in enumerate(zip(lines, marks, ordinals(marks), strict=True)):
        found = find_references(f"{line.reference or ''} {line.text or ''}")
        reference = found[0] if len(found) == 1 else line.reference
        yield (
            position,
            mark,
            ordinal,
            line.booked_on,
            line.value_on,
            line.amount_minor,
            currency,
            line.end_to_end_id,
            line.bank_reference,
            reference,
            line.text or "",
            line.counterparty,
            [*line.flags, *(["reversal"] if line.is_reversal else [])],
            found if len(found) > 1 else [],
            line.batch_reference,
            list(line.batch_parts),
        )


def _insert(
    session: Session,
    statement: Statement | None,
    account: BankAccountRow | None,
    evidence_id: int,
    problem: str | None,
    actor: str,
    reference: str = "",
    *,
    is_final: bool = True,
) -> int:
    values = {
        "account_id": None if account is None else account.id,
        "statement_reference": reference if statement is None else statement.reference,
        "sequence": "" if statement is None else _sequence(statement),
        "from_on": None if statement is None else statement.from_on,
        "to_on": None if statement is None else statement.to_on,
    }
    version = 1 + int(db.one(session, queries.SAME_STATEMENT, values).version)
    return int(
        db.scalar(
            session,
            queries.INSERT_STATEMENT,
            {
                **values,
                "version": version,
                "currency": current(session).currency if statement is None else statement.currency,
                "opening_minor": None if statement is None else statement.opening_minor,
                "closing_minor": None if statement is None else statement.closing_minor,
                "line_count": 0 if statement is None else len(statement.lines),
                "status": _status(problem, is_final=is_final),
                "reason": problem,
                "evidence_id": evidence_id,
                "tolerances": json.dumps([] if statement is None else list(statement.tolerances), default=str),
                "actor": actor,
            },
        )
    )


def _status(problem: str | None, *, is_final: bool) -> StatementStatus:
    if problem is not None:
        return StatementStatus.QUARANTINED
    return StatementStatus.LOADED if is_final else StatementStatus.ANNOUNCED


def _release_waiting(session: Session, read: ReadFile, actor: str) -> int:
    """Load what waited for the statements of this file; each that is loaded may be what the next one waited for."""
    new_lines = 0
    for number in dict.fromkeys(statement.account for statement in read.statements):
        account = find_bank_account(session, number=number)
        if account is None:
            continue
        new_lines += _release_pages(session, account, actor)
        waiting = db.rows(session, queries.QUARANTINED_OF_ACCOUNT, {"account_id": account.id})
        for row in waiting:
            statement = _find_again(session, row)
            if statement is None or _own_problem(read, statement, account) is not None:
                continue
            _stage(session, statement)
            problem = _continuity_problem(session, statement, account.id)
            if problem is not None:
                db.run(session, queries.QUARANTINE_AGAIN, {"statement_id": row.id, "reason": problem})
                continue
            new_lines += _keep_lines(session, row.id, account.id)
            db.run(session, queries.RELEASE_STATEMENT, {"statement_id": row.id})
            _log_release(session, row.id, "the statement before it has come", actor)
    return new_lines


def _release_pages(session: Session, account: BankAccountRow, actor: str) -> int:
    """Load the statements whose pages are all here; the others tell which page they wait for."""
    rows = db.rows(session, PAGES_HELD, {"account_id": account.id})
    found = [(int(row.id), _find_again(session, row)) for row in rows]
    new_lines = 0
    for together in put_together([(number, page) for number, page in found if page is not None and is_part(page)]):
        ids, whole = [page.statement_id for page in together.pages], together.whole
        problem: str | None = together.reason
        if whole is not None:
            problem = _own_problem(ReadFile("", [whole], None), whole, account)
        if whole is not None and problem is None:
            _stage(session, whole)
            problem = _continuity_problem(session, whole, account.id)
        if whole is None or problem is not None:
            for number in ids:
                db.run(session, queries.QUARANTINE_AGAIN, {"statement_id": number, "reason": problem})
            continue
        new_lines += _keep_lines(session, ids[0], account.id, together.pages)
        balances = {"opening_minor": whole.opening_minor, "closing_minor": whole.closing_minor}
        db.run(session, RELEASE_PAGES, {**balances, "from_on": whole.from_on, "to_on": whole.to_on, "ids": ids})
        for number in ids:
            _log_release(session, number, "all pages of the statement are here", actor)
    return new_lines


def _log_release(session: Session, statement_id: int, reason: str, actor: str) -> None:
    audit.log_transition(
        session,
        subject_kind="bank_statement",
        subject_id=statement_id,
        event=StatementEvent.RELEASE,
        from_state=StatementStatus.QUARANTINED,
        to_state=STATEMENT.advance(StatementStatus.QUARANTINED, StatementEvent.RELEASE),
        actor=actor,
        reason=reason,
    )


def _find_again(session: Session, row: object) -> Statement | None:
    wanted = (
        getattr(row, "statement_reference", ""),
        getattr(row, "sequence", ""),
        getattr(row, "from_on", None),
        getattr(row, "to_on", None),
    )
    kept = evidence.read(session, int(getattr(row, "evidence_id", 0)))
    for statement in _read(session, kept.body, kept.about).statements:
        if wanted == (statement.reference, _sequence(statement), statement.from_on, statement.to_on):
            return statement
    return None


def _sequence(statement: Statement) -> str:
    """Return what tells two statements of the same days apart: the bank's number, and the page where it is one of several."""
    return statement.sequence if statement.page_no is None else f"{statement.sequence}/{statement.page_no}"
