"""What is read of receipts: one, many, a member's statement, money in suspense; and the month's assessments."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.contributions.errors import ReceiptUnknownError
from gateway.contributions.reference import serial_of
from gateway.kit import db

NEWEST_ASSESSMENTS = """
-- one row per member that was ever assessed in a payroll and month: the newest version
SELECT DISTINCT ON (v.member_id) v.member_id, v.id AS assessment_id, v.version, v.is_withdrawn, v.schedule_id,
       v.wage_minor, v.additional_dependants, v.amounts_minor, v.state_minor, v.total_minor, v.currency, v.assessed_at,
       v.earlier_wage_minor
FROM contribution_assessment v
WHERE v.mutual_id = current_mutual() AND v.period_start = %(start)s AND v.payroll_id = %(payroll_id)s
ORDER BY v.member_id DESC, v.version DESC
"""

ASSESSED = f"""
-- one row per member assessed in a payroll and month; parameters payroll_id and start (the month's first day)
SELECT n.* FROM ({NEWEST_ASSESSMENTS}) n WHERE NOT n.is_withdrawn
"""

ASSESSED_PAGE = f"""
-- one row per assessed member after a member, with her number and names, by member
SELECT a.member_id, m.number, m.given_names, m.first_surname, m.second_surname, a.version, a.wage_minor,
       a.additional_dependants, a.amounts_minor, a.state_minor, a.total_minor, a.currency, a.assessed_at, a.schedule_id
FROM ({ASSESSED}) a
JOIN member m ON m.mutual_id = current_mutual() AND m.id = a.member_id
WHERE a.member_id > %(after)s ORDER BY a.member_id LIMIT %(limit)s
"""

COMPONENTS = """
-- one row per schedule: its components in the order that amounts are stored in
SELECT id, components FROM contribution_schedule WHERE mutual_id = current_mutual() AND id = ANY(CAST(:ids AS bigint[]))
"""

LOCK_RECEIPT = """
-- one row: nobody else reverses or places this receipt's money until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('receipt:' || current_mutual() || ':' || CAST(:receipt_id AS bigint), 0))
"""

ACTIVE_PLACEMENTS = """
-- one row per line of a receipt whose newest placement moved money: that transaction
SELECT p.receipt_line_id, p.version, p.ledger_tx_id FROM (
    SELECT DISTINCT ON (p.receipt_line_id) p.receipt_line_id, p.version, p.ledger_tx_id
    FROM contribution_receipt_line l
    JOIN contribution_placement p ON p.mutual_id = l.mutual_id AND p.receipt_line_id = l.id
    WHERE l.mutual_id = current_mutual() AND l.receipt_id = :receipt_id ORDER BY p.receipt_line_id, p.version DESC
) p WHERE p.ledger_tx_id IS NOT NULL ORDER BY p.receipt_line_id
"""

INSERT_REVERSAL = """
-- no row: a receipt taken back
INSERT INTO contribution_reversal (receipt_id, reason, reversed_on, ledger_tx_id, actor)
VALUES (:receipt_id, :reason, :reversed_on, :ledger_tx_id, :actor)
"""

PLACEMENT_TX = """
-- at most one row: the transaction of a line's placement
SELECT ledger_tx_id FROM contribution_placement
WHERE mutual_id = current_mutual() AND receipt_line_id = :line_id AND version = :version
"""

INSERT_PLACEMENT = """
-- one row: the new placement's id
INSERT INTO contribution_placement (receipt_line_id, version, member_id, amount_minor, reason, ledger_tx_id, reversal_tx_id, actor)
VALUES (:receipt_line_id, :version, :member_id, :amount_minor, :reason, :ledger_tx_id, :reversal_tx_id, :actor)
RETURNING id
"""

MEMBER_EXISTS = """
-- at most one row: the member, if she is one
SELECT id FROM member WHERE mutual_id = current_mutual() AND id = :member_id
"""

_HOLDER = """
LEFT JOIN LATERAL (
    SELECT p.version, p.member_id FROM contribution_placement p
    WHERE p.mutual_id = l.mutual_id AND p.receipt_line_id = l.id ORDER BY p.version DESC LIMIT 1
) p ON true
"""

_RECEIPTS = """
-- one row per receipt, newest first
SELECT r.id, r.number, r.source, r.source_reference, r.channel, r.account_code, r.collector, r.payer_name,
       r.payer_reference, r.amount_minor, r.currency, r.paid_on, r.recorded_at, r.actor, r.note, r.import_id,
       r.ledger_tx_id, v.reversed_on, v.reason AS reversal_reason
FROM contribution_receipt r
LEFT JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id
WHERE r.mutual_id = current_mutual()
"""

LINES = f"""
-- one row per line of the receipts asked for, with whose the money is now
SELECT l.receipt_id, l.id, l.line_no, CASE WHEN p.version IS NULL THEN l.member_id ELSE p.member_id END AS member_id,
       l.member_id AS first_member_id, l.amount_minor, l.claimed_identity, coalesce(p.version, 0) AS placement_version
FROM contribution_receipt_line l {_HOLDER}
WHERE l.mutual_id = current_mutual() AND l.receipt_id = ANY(CAST(:ids AS bigint[])) ORDER BY l.receipt_id, l.line_no
"""

LINE = f"""
-- at most one row: a line, its receipt's standing and whose the money is now
SELECT l.id, l.receipt_id, l.line_no, l.member_id AS first_member_id, l.amount_minor, l.claimed_identity,
       p.version IS NOT NULL AS is_placed, coalesce(p.version, 0) AS version, p.member_id AS placed_member_id,
       r.channel, r.currency, r.paid_on, v.id IS NOT NULL AS is_reversed
FROM contribution_receipt_line l
JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.id = l.receipt_id
LEFT JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id {_HOLDER}
WHERE l.mutual_id = current_mutual() AND l.id = :line_id
"""

STATEMENT = """
-- one row per entry of a member's contributions account after a transaction, with the balance after each
SELECT * FROM (
    SELECT t.id AS tx_id, e.line, t.kind, t.valid_on, t.recorded_at, t.reason, t.evidence, t.reverses,
           -e.amount_minor AS amount_minor, e.currency,
           (-sum(e.amount_minor) OVER (ORDER BY t.id, e.line))::bigint AS balance_minor
    FROM ledger_account a
    JOIN ledger_entry e ON e.mutual_id = a.mutual_id AND e.account_id = a.id
    JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id
    WHERE a.mutual_id = current_mutual() AND a.code = :code
      AND t.valid_on <= coalesce(CAST(:valid_on AS date), 'infinity')
      AND t.recorded_at <= coalesce(CAST(:recorded_at AS timestamptz), 'infinity')
) s WHERE (s.tx_id, s.line) > (:after_tx, :after_line) ORDER BY s.tx_id, s.line LIMIT :limit
"""

NEWEST_FIRST = STATEMENT.replace("ORDER BY s.tx_id, s.line LIMIT", "ORDER BY s.tx_id DESC, s.line DESC LIMIT")

SUSPENSE = f"""
-- one row per line whose money nobody has yet, oldest payment first
SELECT l.id AS line_id, l.receipt_id, r.number, r.channel, r.account_code, l.amount_minor, r.currency,
       l.claimed_identity, r.payer_name, r.payer_reference, r.collector, r.paid_on, r.recorded_at,
       CAST(:today AS date) - r.paid_on AS age_days
FROM (
    SELECT l.mutual_id, l.id FROM contribution_receipt_line l
    WHERE l.mutual_id = current_mutual() AND l.member_id IS NULL
    UNION
    SELECT q.mutual_id, q.receipt_line_id FROM contribution_placement q
    WHERE q.mutual_id = current_mutual() AND q.member_id IS NULL
) open
JOIN contribution_receipt_line l ON l.mutual_id = open.mutual_id AND l.id = open.id
JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.id = l.receipt_id {_HOLDER}
WHERE CASE WHEN p.version IS NULL THEN l.member_id ELSE p.member_id END IS NULL
  AND NOT EXISTS (SELECT FROM contribution_reversal v WHERE v.mutual_id = r.mutual_id AND v.receipt_id = r.id)
  AND (r.paid_on, l.id) > (CAST(:after_day AS date), :after_line)
ORDER BY r.paid_on, l.id LIMIT :limit
"""

VERIFICATION = """
-- at most one row: what anybody who holds a receipt may know of it
SELECT r.number, r.paid_on, r.amount_minor, r.currency, v.id IS NOT NULL AS is_reversed
FROM contribution_receipt r
LEFT JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id
WHERE r.mutual_id = current_mutual() AND r.id = :serial AND r.number = :number
"""

NAMES = """
-- one row per member asked for: her number and names
SELECT id, number, given_names, first_surname, second_surname FROM member
WHERE mutual_id = current_mutual() AND id = ANY(CAST(:ids AS bigint[]))
"""

_FILTERS = {
    "id": "r.id = :id",
    "number": "r.id = CAST(right(:number, 10) AS bigint) AND r.number = :number",
    "source_reference": "r.source = :source AND r.source_reference = :source_reference",
    "member_id": (
        "EXISTS (SELECT FROM contribution_receipt_line l WHERE l.mutual_id = r.mutual_id AND l.receipt_id = r.id"
        " AND (l.member_id = :member_id OR EXISTS (SELECT FROM contribution_placement q WHERE q.mutual_id = l.mutual_id"
        " AND q.receipt_line_id = l.id AND q.member_id = :member_id)))"
    ),
    "import_id": (
        "r.import_id = :import_id"
        " AND r.id >= (SELECT i.first_receipt_id FROM receipt_import i WHERE i.mutual_id = current_mutual() AND i.id = :import_id)"
        " AND r.id <= (SELECT i.last_receipt_id FROM receipt_import i WHERE i.mutual_id = current_mutual() AND i.id = :import_id)"
    ),
    "account_code": "r.account_code = :account_code",
    "channel": "r.channel = :channel",
    "paid_from": "r.paid_on >= :paid_from",
    "paid_to": "r.paid_on <= :paid_to",
    "before_id": "r.id < :before_id",
}


class ReceiptLineRow(NamedTuple):
    """A line of a receipt and whose its money is now."""

    id: int
    line_no: int
    member_id: int | None
    """Who has the money now; None while it is in suspense."""
    first_member_id: int | None
    """Who had it when it was received."""
    amount_minor: int
    claimed_identity: str | None
    placement_version: int
    """How many times it was placed; 0 where it stands as it was received."""


class ReceiptRow(NamedTuple):
    """A receipt with its lines."""

    id: int
    number: str
    source: str
    source_reference: str
    channel: str
    account_code: str
    collector: str | None
    payer_name: str | None
    payer_reference: str | None
    amount_minor: int
    currency: str
    paid_on: dt.date
    recorded_at: dt.datetime
    actor: str
    note: str | None
    import_id: int | None
    ledger_tx_id: int
    reversed_on: dt.date | None
    reversal_reason: str | None
    lines: tuple[ReceiptLineRow, ...]
    is_new: bool = False
    """True in the answer of the call that wrote it."""

    @property
    def state(self) -> str:
        """Say whether the receipt stands: received or reversed."""
        return "received" if self.reversed_on is None else "reversed"


class ReceiptFilter(NamedTuple):
    """Which receipts to list; None asks nothing."""

    member_id: int | None = None
    import_id: int | None = None
    account_code: str | None = None
    channel: str | None = None
    paid_from: dt.date | None = None
    paid_to: dt.date | None = None
    number: str | None = None


def get_receipt(session: Session, receipt_id: int) -> ReceiptRow:
    """Return a receipt with its lines.

    Raises:
        ReceiptUnknownError: None has this identifier.
    """
    found = _receipts(session, {"id": receipt_id}, 1)
    if not found:
        raise ReceiptUnknownError(f"no receipt {receipt_id}")
    return found[0]


def find_receipt_by_source(session: Session, source: str, source_reference: str) -> ReceiptRow | None:
    """Return the receipt of a payment by its identity at its source, or None."""
    found = _receipts(session, {"source_reference": source_reference}, 1, source=source)
    return found[0] if found else None


def list_receipts(
    session: Session, asked: ReceiptFilter, *, limit: int, before_id: int | None = None
) -> list[ReceiptRow]:
    """Return at most ``limit`` receipts, newest first, older than ``before_id``."""
    if asked.number is not None and serial_of(asked.number) is None:
        return []
    return _receipts(session, {**asked._asdict(), "before_id": before_id}, limit)


def _receipts(session: Session, asked: Mapping[str, Any], limit: int, **more: Any) -> list[ReceiptRow]:
    given = {name: value for name, value in asked.items() if value is not None}
    where = "".join(f" AND {_FILTERS[name]}" for name in given)
    heads = db.rows(session, f"{_RECEIPTS}{where} ORDER BY r.id DESC LIMIT :limit", {**given, **more, "limit": limit})
    lines: dict[int, list[ReceiptLineRow]] = {head.id: [] for head in heads}
    for row in db.rows(session, LINES, {"ids": list(lines)}) if heads else ():
        lines[row.receipt_id].append(ReceiptLineRow(*row[1:]))
    return [ReceiptRow(**head._mapping, lines=tuple(lines[head.id])) for head in heads]


def member_statement(
    session: Session,
    member_id: int,
    *,
    limit: int,
    after: tuple[int, int] = (0, 0),
    valid_on: dt.date | None = None,
    recorded_at: dt.datetime | None = None,
) -> list[Any]:
    """Return the entries of a member's contributions account in the order booked, each with the balance after it."""
    values = {
        "code": f"member:{member_id}:contributions",
        "valid_on": valid_on,
        "recorded_at": recorded_at,
        "after_tx": after[0],
        "after_line": after[1],
        "limit": limit,
    }
    return db.rows(session, STATEMENT, values)


def newest_entries(session: Session, member_id: int, *, limit: int) -> list[Any]:
    """Return the newest entries of a member's contributions account, the newest first, each with the balance after it."""
    values = {
        "code": f"member:{member_id}:contributions",
        "valid_on": None,
        "recorded_at": None,
        "after_tx": 0,
        "after_line": 0,
        "limit": limit,
    }
    return db.rows(session, NEWEST_FIRST, values)


def list_suspense(
    session: Session, *, today: dt.date, limit: int, after: tuple[dt.date, int] = (dt.date.min, 0)
) -> list[Any]:
    """Return lines whose money nobody has yet, with their age in days since the payment, oldest first."""
    values = {"today": today, "after_day": after[0], "after_line": after[1], "limit": limit}
    return db.rows(session, SUSPENSE, values)


def list_assessments(
    session: Session, *, payroll_id: int, start: dt.date, limit: int, after: int = 0
) -> list[Mapping[str, Any]]:
    """Return the newest assessments of a payroll and month, by member, with the codes their amounts belong to."""
    values = {"payroll_id": payroll_id, "start": start, "after": after, "limit": limit}
    with db.driver(session).cursor() as cursor:
        cursor.execute(ASSESSED_PAGE.encode(), values)
        names = [column.name for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    known = db.rows(session, COMPONENTS, {"ids": sorted({row["schedule_id"] for row in found})}) if found else []
    components = {row.id: row.components for row in known}
    return [{**row, "components": components[row["schedule_id"]]} for row in found]


def names_of(session: Session, member_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return number and full name of members, by identifier."""
    asked: Sequence[int] = sorted(set(member_ids))
    found = db.rows(session, NAMES, {"ids": list(asked)}) if asked else []
    return {
        row.id: (
            row.number,
            " ".join(part for part in (row.given_names, row.first_surname, row.second_surname) if part),
        )
        for row in found
    }
