"""Everything that is read of filings, bills and payments, here and by the slices above."""

import datetime as dt
import uuid
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import select, text
from sqlmodel import Session, SQLModel

from gateway.filing.errors import (
    BillUnknownError,
    DocumentUnknownError,
    FilingUnknownError,
    LineUnknownError,
    PaymentUnknownError,
)
from gateway.filing.models import Bill, Filing, FilingDocument, FilingPayment
from gateway.kit import db, tenant
from gateway.kit.db import driver

NOW = """
-- one row: the database's clock
SELECT clock_timestamp()
"""

FILINGS = """
-- one row per filing, newest first
SELECT f.* FROM filing f WHERE f.mutual_id = current_mutual()
  AND (CAST(:period AS date) IS NULL OR f.period_start = :period)
  AND (CAST(:status AS text) IS NULL OR f.status = :status)
  AND (CAST(:payroll_id AS bigint) IS NULL OR f.payroll_id = :payroll_id)
  AND (CAST(:before AS bigint) IS NULL OR f.id < :before)
ORDER BY f.id DESC LIMIT :limit
"""

DECISIONS = """
-- one row per member of the payroll, declared or not, by member
SELECT * FROM (
    SELECT l.member_id, m.number, m.given_names, m.first_surname, m.second_surname, true AS is_funded, l.reason, '' AS detail,
           l.total_minor AS needed_minor, l.total_minor AS available_minor, 0::int8 AS short_minor, l.from_member_minor,
           l.credit_minor, l.from_fund_minor, l.from_reserve_minor, l.from_employer_minor, l.change_since_last, l.line_no
    FROM filing_line l JOIN member m ON m.mutual_id = l.mutual_id AND m.id = l.member_id
    WHERE l.mutual_id = current_mutual() AND l.filing_id = :filing_id AND l.member_id > :after
      AND (CAST(:is_funded AS boolean) IS NULL OR :is_funded) AND (CAST(:reason AS text) IS NULL OR l.reason = :reason)
      AND (CAST(:change AS text) IS NULL OR l.change_since_last = :change)
    UNION ALL
    SELECT d.member_id, m.number, m.given_names, m.first_surname, m.second_surname, false, d.reason, d.detail,
           d.needed_minor, d.available_minor, d.short_minor, 0, 0, 0, 0, 0, d.change_since_last, NULL
    FROM filing_decision d JOIN member m ON m.mutual_id = d.mutual_id AND m.id = d.member_id
    WHERE d.mutual_id = current_mutual() AND d.filing_id = :filing_id AND d.member_id > :after
      AND (CAST(:is_funded AS boolean) IS NULL OR NOT :is_funded) AND (CAST(:reason AS text) IS NULL OR d.reason = :reason)
      AND (CAST(:change AS text) IS NULL OR d.change_since_last = :change)
) b ORDER BY member_id LIMIT :limit
"""

LINES = """
-- one row per line, by number
SELECT line_no, member_id, document_kind, document, given_names, first_surname, second_surname, wage_minor,
       additional_dependants, state_minor, fee_minor, total_minor, from_member_minor, credit_minor, from_fund_minor,
       from_reserve_minor, from_employer_minor, reason, change_since_last, status, state_code, state_text, state_accepted_minor, answered_at
FROM filing_line
WHERE mutual_id = current_mutual() AND filing_id = :filing_id AND line_no > :after
  AND (CAST(:status AS text) IS NULL OR status = :status) AND (CAST(:code AS text) IS NULL OR state_code = :code)
ORDER BY line_no LIMIT :limit
"""

FIGURES = """
-- one row per way of funding or reason for not declaring, and change since the last month: how many members, how much
SELECT true AS is_funded, reason, change_since_last, count(*) AS members, sum(total_minor)::int8 AS needed_minor,
       0::int8 AS short_minor
FROM filing_line WHERE mutual_id = current_mutual() AND filing_id = :filing_id GROUP BY 2, 3
UNION ALL
SELECT false, reason, change_since_last, count(*), sum(needed_minor)::int8, sum(short_minor)::int8
FROM filing_decision WHERE mutual_id = current_mutual() AND filing_id = :filing_id GROUP BY 2, 3
ORDER BY 1 DESC, 2, 3
"""

LAST_BILL = """
-- at most one row: the newest bill of the payroll's months before
SELECT b.period_start, b.total_minor, b.due_on FROM bill b
WHERE b.mutual_id = current_mutual() AND b.payroll_id = :payroll_id AND b.period_start < :start AND b.status <> 'superseded'
ORDER BY b.period_start DESC, b.id DESC LIMIT 1
"""

DOCUMENTS = """
-- one row per file of a filing, in the order they reach the state
SELECT * FROM filing_document WHERE mutual_id = current_mutual() AND filing_id = :filing_id ORDER BY position
"""

CHUNK = """
-- at most one row: one piece of a file
SELECT body FROM filing_document_chunk
WHERE mutual_id = current_mutual() AND document_id = %(document_id)s AND seq = %(seq)s
"""

CHUNKS_OF_LINE = """
-- at most two rows: the pieces of a file in which its n-th line lies, from the one in which the line before it ends
SELECT lines_before, body FROM filing_document_chunk
WHERE mutual_id = current_mutual() AND document_id = %(document_id)s AND seq >= (
    SELECT coalesce(max(seq), 1) FROM filing_document_chunk
    WHERE mutual_id = current_mutual() AND document_id = %(document_id)s AND lines_before < %(line)s - 1)
ORDER BY seq LIMIT 2
"""

BY_REFERENCE = """
-- at most one row: the file, and its filing, that an id of ours stands for
SELECT id AS document_id, filing_id FROM filing_document WHERE mutual_id = current_mutual() AND reference = :reference
"""

SUBMISSIONS = """
-- one row per attempt or question, oldest first
SELECT attempt, step, started_at, finished_at, outcome, detail, request_sha256, evidence_id, worker
FROM filing_submission WHERE mutual_id = current_mutual() AND filing_id = :filing_id ORDER BY id
"""

ANSWERS = """
-- one row per answer of the state, oldest first
SELECT document_id, status, code, accepted_count, rejected_count, problem, evidence_id, received_at
FROM filing_answer WHERE mutual_id = current_mutual() AND filing_id = :filing_id ORDER BY id
"""

BILLS = """
-- one row per bill, newest first
SELECT b.* FROM bill b WHERE b.mutual_id = current_mutual()
  AND (CAST(:period AS date) IS NULL OR b.period_start = :period)
  AND (CAST(:status AS text) IS NULL OR b.status = :status)
  AND (CAST(:before AS bigint) IS NULL OR b.id < :before)
ORDER BY b.id DESC LIMIT :limit
"""

NEWEST_SCHEDULE = """
-- at most one row: the components a month was last assessed by
SELECT components FROM contribution_schedule
WHERE mutual_id = current_mutual() AND period_start = :start ORDER BY version DESC LIMIT 1
"""

BILL_COMPONENTS = """
-- one row per component of a bill
SELECT code, theirs_minor, ours_minor FROM bill_component
WHERE mutual_id = current_mutual() AND bill_id = :bill_id ORDER BY id
"""

BILL_FILINGS = """
-- one row per filing that a bill covers
SELECT b.filing_id, b.amount_minor, f.period_start, f.kind, f.sequence
FROM bill_filing b JOIN filing f ON f.mutual_id = b.mutual_id AND f.id = b.filing_id
WHERE b.mutual_id = current_mutual() AND b.bill_id = :bill_id ORDER BY b.filing_id
"""

PAYMENTS_OF_BILL = """
-- one row per payment of a bill, newest first
SELECT * FROM filing_payment WHERE mutual_id = current_mutual() AND bill_id = :bill_id ORDER BY id DESC
"""

PAYMENT_BY_END_TO_END_ID = """
-- at most one row: the payment with this id of ours
SELECT id FROM filing_payment WHERE mutual_id = current_mutual() AND end_to_end_id = :end_to_end_id
"""

COVERAGE = """
-- one row per payroll, status of a line and reason: how many members of a month, and what the state took or would take
WITH filed AS (
    SELECT f.id, f.payroll_id, f.status, f.sequence FROM filing f
    WHERE f.mutual_id = current_mutual() AND f.period_start = :start AND f.status <> 'discarded'
), line AS (
    SELECT f.payroll_id, l.member_id, f.sequence, CASE WHEN f.status = 'draft' THEN 'draft' ELSE l.status END AS standing,
           coalesce(l.state_code, l.reason) AS reason, coalesce(l.state_accepted_minor, l.state_minor) AS state_minor
    FROM filed f JOIN filing_line l ON l.mutual_id = current_mutual() AND l.filing_id = f.id
    UNION ALL
    SELECT f.payroll_id, d.member_id, f.sequence, 'not_declared', d.reason, 0
    FROM filed f JOIN filing_decision d ON d.mutual_id = current_mutual() AND d.filing_id = f.id
        AND d.change_since_last <> 'gone'
), newest AS (
    SELECT DISTINCT ON (payroll_id, member_id) payroll_id, standing, reason, state_minor FROM line
    ORDER BY payroll_id, member_id, sequence DESC
)
SELECT payroll_id, standing, CASE WHEN standing IN ('not_declared', 'rejected') THEN reason ELSE '' END AS reason,
       count(*) AS members, sum(state_minor)::int8 AS state_minor
FROM newest GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

MONTH_FIGURES = """
-- one row: what was filed, answered, billed and paid for a month
SELECT coalesce(sum(f.line_count), 0)::int8 AS filed_lines, coalesce(sum(f.accepted_count), 0)::int8 AS accepted_lines,
       coalesce(sum(f.rejected_count), 0)::int8 AS rejected_lines, coalesce(sum(f.state_minor), 0)::int8 AS filed_minor,
       (SELECT coalesce(sum(b.total_minor - b.paid_before_minor), 0)::int8 FROM bill b
        WHERE b.mutual_id = current_mutual() AND b.period_start = :start AND b.status <> 'superseded') AS billed_minor,
       (SELECT coalesce(sum(p.amount_minor), 0)::int8 FROM filing_payment p
        JOIN bill b ON b.mutual_id = p.mutual_id AND b.id = p.bill_id
        WHERE p.mutual_id = current_mutual() AND b.period_start = :start AND p.booked_on IS NOT NULL
          AND p.returned_at IS NULL) AS paid_minor
FROM filing f WHERE f.mutual_id = current_mutual() AND f.period_start = :start AND f.status NOT IN ('draft', 'discarded')
"""


T = TypeVar("T", bound=SQLModel)
_SUMS = ("members", "needed_minor", "short_minor")


class Coverage(NamedTuple):
    """How many members of a payroll stand where for a month."""

    payroll_id: int
    standing: str
    """A line's status (waiting, accepted, changed, rejected), draft, or not_declared."""
    reason: str
    """Why, for not_declared (a ``rules.Reason``) and rejected (the state's code); else empty."""
    members: int
    state_minor: int


class MonthFigures(NamedTuple):
    """What was filed, answered, billed and paid for a month; amounts in minor units."""

    filed_lines: int
    accepted_lines: int
    rejected_lines: int
    filed_minor: int
    billed_minor: int
    paid_minor: int


class DocumentRef(NamedTuple):
    """A file and its filing."""

    document_id: int
    filing_id: int


ANSWERS_BY_CODE = """
-- one row per code that the state gave lines of a filing, the most frequent first: how many lines, and their amount
SELECT coalesce(state_code, '') AS code, status, count(*) AS lines, sum(state_minor)::bigint AS minor
FROM filing_line WHERE mutual_id = current_mutual() AND filing_id = :filing_id AND answered_at IS NOT NULL
GROUP BY 1, 2 ORDER BY 3 DESC, 1
"""


def now(session: Session) -> dt.datetime:
    """Return the database's clock, by which leases and waits are told."""
    told: dt.datetime = db.scalar(session, NOW)
    return told


def rows_of(session: Session, table: type[T], statement: str, values: Mapping[str, Any]) -> list[T]:
    """Return whole rows of a table, read anew by one statement, in its order."""
    asked = select(table).from_statement(text(statement)).execution_options(populate_existing=True)
    return list(session.execute(asked, dict(values)).scalars())


def key(session: Session, row_id: int) -> tuple[int, int]:
    """Return the primary key of a row of this transaction's mutual."""
    return (tenant.current(session).id, row_id)


def get_filing(session: Session, filing_id: int) -> Filing:
    """Return a filing.

    Raises:
        FilingUnknownError: There is none with this identifier.
    """
    filing = session.get(Filing, key(session, filing_id), populate_existing=True)
    if filing is None:
        raise FilingUnknownError(f"no filing {filing_id}")
    return filing


def lock_filing(session: Session, filing_id: int) -> Filing:
    """Return a filing, held until the transaction ends.

    Raises:
        FilingUnknownError: There is none with this identifier.
    """
    filing = session.get(Filing, key(session, filing_id), with_for_update=True, populate_existing=True)
    if filing is None:
        raise FilingUnknownError(f"no filing {filing_id}")
    return filing


def list_filings(
    session: Session,
    *,
    period: dt.date | None = None,
    status: str | None = None,
    payroll_id: int | None = None,
    before: int | None = None,
    limit: int,
) -> list[Filing]:
    """Return filings, newest first, older than ``before``."""
    values = {"period": period, "status": status, "payroll_id": payroll_id, "before": before, "limit": limit}
    return rows_of(session, Filing, FILINGS, values)


def list_decisions(
    session: Session,
    filing_id: int,
    *,
    is_funded: bool | None = None,
    reason: str | None = None,
    change: str | None = None,
    after: int = 0,
    limit: int,
) -> list[Any]:
    """Return the decision for every member, declared or not, or of one reason or change alone, by member after ``after``."""
    get_filing(session, filing_id)
    values = {"filing_id": filing_id, "is_funded": is_funded, "reason": reason, "change": change}
    return db.rows(session, DECISIONS, {**values, "after": after, "limit": limit})


def list_lines(
    session: Session,
    filing_id: int,
    *,
    status: str | None = None,
    code: str | None = None,
    after: int = 0,
    limit: int,
) -> list[Any]:
    """Return the lines of a filing, or those of one status or of one code of the state's, by number after ``after``."""
    get_filing(session, filing_id)
    values = {"filing_id": filing_id, "status": status, "code": code, "after": after, "limit": limit}
    return db.rows(session, LINES, values)


def answers_by_code(session: Session, filing_id: int) -> list[Any]:
    """Return how the state answered a filing's lines: code, status, how many, and what they cost, in minor units."""
    return db.rows(session, ANSWERS_BY_CODE, {"filing_id": filing_id})


def figures_of(session: Session, filing: Filing) -> dict[str, Any]:
    """Return a filing's preview: members by reason and by change, what is short, and the last bill beside it."""
    by_reason: dict[str, dict[str, Any]] = {}
    by_change: dict[str, int] = {}
    for row in db.rows(session, FIGURES, {"filing_id": filing.id}):
        sums = by_reason.setdefault(row.reason, {"is_funded": row.is_funded, **dict.fromkeys(_SUMS, 0)})
        for name in _SUMS:
            sums[name] += getattr(row, name)
        by_change[row.change_since_last] = by_change.get(row.change_since_last, 0) + row.members
    bill = db.first(session, LAST_BILL, {"payroll_id": filing.payroll_id, "start": filing.period_start})
    return {
        "by_reason": by_reason,
        "by_change": by_change,
        "last_bill": bill,
        "unverified": unverified_rates(session, filing.period_start),
    }


def unverified_rates(session: Session, period_start: dt.date) -> list[dict[str, Any]]:
    """Return the components of a month, as it was last assessed, that rest on a value not known from two sources."""
    row = db.first(session, NEWEST_SCHEDULE, {"start": period_start})
    return [
        {
            "component": part["code"],
            "rate": part["rate"],
            "source": part["source"],
            "mark": part["mark"],
            "read_on": part["read_on"],
        }
        for part in (row.components if row else ())
        if not part["verified"]
    ]


def list_documents(session: Session, filing_id: int) -> list[FilingDocument]:
    """Return the files of a filing in the order they reach the state; none before it is sealed."""
    get_filing(session, filing_id)
    return rows_of(session, FilingDocument, DOCUMENTS, {"filing_id": filing_id})


def get_document(session: Session, filing_id: int, document_id: int) -> FilingDocument:
    """Return one file of a filing.

    Raises:
        DocumentUnknownError: The filing has none with this identifier.
    """
    document = session.get(FilingDocument, key(session, document_id), populate_existing=True)
    if document is None or document.filing_id != filing_id:
        raise DocumentUnknownError(f"filing {filing_id} has no file {document_id}")
    return document


def find_by_reference(session: Session, reference: uuid.UUID) -> DocumentRef | None:
    """Return the file that an id of ours stands for, or None."""
    row = db.first(session, BY_REFERENCE, {"reference": reference})
    return None if row is None else DocumentRef(row.document_id, row.filing_id)


def read_piece(session: Session, document_id: int, seq: int) -> bytes | None:
    """Return one piece of a file, at most 1 MiB; None after the last."""
    values = {"document_id": document_id, "seq": seq}
    found = driver(session).execute(CHUNK.encode(), values, binary=True).fetchone()
    return None if found is None else zlib.decompress(found[0])


def read_content(session: Session, document_id: int) -> Iterator[bytes]:
    """Give the bytes of a file piece by piece; only one piece is in memory."""
    seq = 1
    while (piece := read_piece(session, document_id, seq)) is not None:
        yield piece
        seq += 1


def read_file_line(session: Session, document_id: int, line: int) -> bytes:
    """Return the bytes of one line of a file, its line end included; the header is line 1.

    Raises:
        LineUnknownError: The file has fewer lines.
    """
    values = {"document_id": document_id, "line": line}
    found = driver(session).execute(CHUNKS_OF_LINE.encode(), values, binary=True).fetchall()
    place = line - 1 - found[0][0] if found else 0
    lines = b"".join(zlib.decompress(row[1]) for row in found).split(b"\n", place + 1)
    if line < 1 or len(lines) < place + 2:
        raise LineUnknownError(f"file {document_id} has no line {line}")
    return lines[place] + b"\n"


def get_bill(session: Session, bill_id: int, *, lock: bool = False) -> Bill:
    """Return a bill; with ``lock``, held until the transaction ends.

    Raises:
        BillUnknownError: There is none with this identifier.
    """
    bill = session.get(Bill, key(session, bill_id), with_for_update=True if lock else None, populate_existing=True)
    if bill is None:
        raise BillUnknownError(f"no bill {bill_id}")
    return bill


def list_bills(
    session: Session,
    *,
    period: dt.date | None = None,
    status: str | None = None,
    before: int | None = None,
    limit: int,
) -> list[Bill]:
    """Return bills, newest first, older than ``before``."""
    values = {"period": period, "status": status, "before": before, "limit": limit}
    return rows_of(session, Bill, BILLS, values)


def bill_components(session: Session, bill_id: int) -> list[Any]:
    """Return a bill's components, theirs beside ours, in the notice's order."""
    return db.rows(session, BILL_COMPONENTS, {"bill_id": bill_id})


def bill_parts(session: Session, bill_id: int) -> Mapping[str, list[Any]]:
    """Return a bill's components, the filings it covers and its payments."""
    return {
        "components": bill_components(session, bill_id),
        "filings": bill_filings(session, bill_id),
        "payments": bill_payments(session, bill_id),
    }


def bill_filings(session: Session, bill_id: int) -> list[Any]:
    """Return the filings a bill covers: month, kind and amount of each."""
    return db.rows(session, BILL_FILINGS, {"bill_id": bill_id})


def bill_payments(session: Session, bill_id: int) -> list[FilingPayment]:
    """Return a bill's payments, newest first, those that were taken back among them."""
    return rows_of(session, FilingPayment, PAYMENTS_OF_BILL, {"bill_id": bill_id})


def get_payment(session: Session, payment_id: int, *, lock: bool = False) -> FilingPayment:
    """Return the payment of a bill; with ``lock``, held until the transaction ends.

    Raises:
        PaymentUnknownError: There is none with this identifier.
    """
    lock_row = True if lock else None
    payment = session.get(FilingPayment, key(session, payment_id), with_for_update=lock_row, populate_existing=True)
    if payment is None:
        raise PaymentUnknownError(f"no payment order {payment_id}")
    return payment


def list_attempts(session: Session, filing_id: int) -> list[Any]:
    """Return every attempt to bring a filing to the state and every question about it, oldest first."""
    return db.rows(session, SUBMISSIONS, {"filing_id": filing_id})


def list_answers(session: Session, filing_id: int) -> list[Any]:
    """Return every answer of the state to a filing's files, oldest first, quarantined ones included."""
    return db.rows(session, ANSWERS, {"filing_id": filing_id})


def coverage(session: Session, period_start: dt.date) -> list[Coverage]:
    """Return how many members of each payroll are covered for a month and how many are not, and why.

    A member counts once: by the newest filing of the month that looked at her.
    """
    return [Coverage(*row) for row in db.rows(session, COVERAGE, {"start": period_start})]


def month_figures(session: Session, period_start: dt.date) -> MonthFigures:
    """Return what was filed, answered, billed and paid for a month."""
    return MonthFigures(*db.one(session, MONTH_FIGURES, {"start": period_start}))
