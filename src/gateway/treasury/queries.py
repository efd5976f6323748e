"""Everything the treasury reads: places on a day, closed days, settlement reports."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit import db
from gateway.treasury.errors import DayClosingUnknownError, SettlementUnknownError

BANKS_ON_DAY = """
-- one row per account at a bank or provider, by code: its newest statement up to a day, what that day the books said,
-- and the lines up to it that are loaded and not booked
SELECT a.number, a.name, a.kind, a.ledger_code AS code, a.currency, last.to_on AS statement_on,
       last.closing_minor AS statement_minor,
       (SELECT coalesce(sum(l.amount_minor), 0)::bigint FROM bank_statement_line l
        WHERE l.mutual_id = a.mutual_id AND l.account_id = a.id AND l.status = 'open'
          AND (NOT l.is_announced OR l.shown_by IS NOT NULL)
          AND l.booked_on <= :day) AS unbooked_minor,
       (SELECT coalesce(sum(e.amount_minor), 0)::bigint FROM ledger_account c
        JOIN ledger_entry e ON e.mutual_id = c.mutual_id AND e.account_id = c.id
        JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id AND t.valid_on <= coalesce(last.to_on, :day)
        WHERE c.mutual_id = a.mutual_id AND c.code = a.ledger_code)
       -- What a closed month moved to a later day is in the statement, and in the books after it.
       + (SELECT coalesce(sum(l.amount_minor), 0)::bigint FROM bank_statement_line l
          JOIN ledger_tx t ON t.mutual_id = l.mutual_id AND t.id = l.ledger_tx_id AND t.valid_on > last.to_on
          WHERE l.mutual_id = a.mutual_id AND l.account_id = a.id AND l.booked_on <= last.to_on
            AND (NOT l.is_announced OR l.shown_by IS NOT NULL)) AS books_minor
FROM bank_account a
LEFT JOIN LATERAL (
    SELECT s.to_on, s.closing_minor FROM bank_statement s
    WHERE s.mutual_id = a.mutual_id AND s.account_id = a.id AND s.status = 'loaded' AND s.to_on <= :day
    ORDER BY s.to_on DESC, s.loaded_at DESC, s.id DESC LIMIT 1
) last ON true
WHERE a.mutual_id = current_mutual() ORDER BY a.ledger_code
"""

TILLS_ON_DAY = """
-- one row per till that fits, by code: its session that is not closed, and what the day's counts came to
SELECT t.code, t.name, t.kind, t.currency, o.id AS session_id, o.holder, o.status, o.opened_on,
       coalesce(o.counted_minor - o.expected_minor, 0)::bigint AS waiting_minor,
       count(s.id) AS sessions, coalesce(sum(s.counted_minor), 0)::bigint AS counted_minor,
       coalesce(sum(s.counted_minor - s.expected_minor), 0)::bigint AS differences_minor,
       coalesce(sum(s.counted_minor - s.kept_minor), 0)::bigint AS set_aside_minor
FROM cash_till t
LEFT JOIN cash_session o ON o.mutual_id = t.mutual_id AND o.till_id = t.id AND o.status <> 'closed' AND o.opened_on <= :day
LEFT JOIN cash_session s ON s.mutual_id = t.mutual_id AND s.till_id = t.id AND s.status = 'closed' AND s.counted_on = :day
WHERE t.mutual_id = current_mutual() AND (:till = '' OR t.code = :till)
GROUP BY t.mutual_id, t.id, o.mutual_id, o.id ORDER BY t.code
"""

_CLOSING = "id, closed_on, till, figures, sha256, unexplained_minor, note, signed_by, signed_at"

CLOSING = f"""
-- at most one row: a closed day
SELECT {_CLOSING} FROM day_closing WHERE mutual_id = current_mutual() AND id = :closing_id
"""

CLOSING_OF = f"""
-- at most one row: how a day was closed, for the house or a till
SELECT {_CLOSING} FROM day_closing WHERE mutual_id = current_mutual() AND closed_on = :day AND till = :till
"""

CLOSINGS = f"""
-- one row per closed day that fits, the newest signature first, before an id
SELECT {_CLOSING} FROM day_closing
WHERE mutual_id = current_mutual() AND id < :before AND (CAST(:till AS text) IS NULL OR till = :till)
ORDER BY id DESC LIMIT :limit
"""

INSERT_CLOSING = f"""
-- one row: a day that is signed off
INSERT INTO day_closing (closed_on, till, figures, sha256, unexplained_minor, note, signed_by)
VALUES (:day, :till, CAST(:figures AS jsonb), :sha256, :unexplained_minor, :note, :actor)
RETURNING {_CLOSING}
"""

_SETTLEMENT = """s.id, s.provider, s.reference, s.settled_on, s.currency, s.gross_minor, s.fee_minor, s.net_minor, s.line_count,
    s.open_count, s.open_minor, s.status, s.reason, s.sha256, s.transfer_id, s.loaded_by, s.loaded_at"""

SETTLEMENT = f"""
-- at most one row: a settlement report
SELECT {_SETTLEMENT} FROM provider_settlement s WHERE s.mutual_id = current_mutual() AND s.id = :settlement_id
"""

BOOKED_SETTLEMENT = f"""
-- at most one row: the report that was booked under a provider's reference
SELECT {_SETTLEMENT} FROM provider_settlement s
WHERE s.mutual_id = current_mutual() AND s.provider = :provider AND s.reference = :reference AND s.status = 'booked'
"""

SETTLEMENTS = f"""
-- one row per settlement report, newest first, before an id
SELECT {_SETTLEMENT} FROM provider_settlement s
WHERE s.mutual_id = current_mutual() AND s.id < :before ORDER BY s.id DESC LIMIT :limit
"""

SETTLEMENT_LINES = """
-- one row per line of a settlement report after one, in its order
SELECT line_no, transaction_reference, is_reversal, amount_minor, fee_minor, fate, detail, receipt_id
FROM provider_settlement_line
WHERE mutual_id = current_mutual() AND settlement_id = :settlement_id AND line_no > :after
  AND (CAST(:fate AS text) IS NULL OR fate = :fate)
ORDER BY line_no LIMIT :limit
"""


def get_closing(session: Session, closing_id: int) -> Any:
    """Return a closed day.

    Raises:
        DayClosingUnknownError: None has this identifier.
    """
    row = db.first(session, CLOSING, {"closing_id": closing_id})
    if row is None:
        raise DayClosingUnknownError(f"no closed day {closing_id}")
    return row


def list_closings(session: Session, *, till: str | None, before: int, limit: int) -> list[Any]:
    """Return closed days, the newest signature first; of the house alone with ``till=""``."""
    return db.rows(session, CLOSINGS, {"till": till, "before": before, "limit": limit})


def get_settlement(session: Session, settlement_id: int) -> Any:
    """Return a settlement report.

    Raises:
        SettlementUnknownError: None has this identifier.
    """
    row = db.first(session, SETTLEMENT, {"settlement_id": settlement_id})
    if row is None:
        raise SettlementUnknownError(f"no settlement report {settlement_id}")
    return row


def list_settlements(session: Session, *, before: int, limit: int) -> list[Any]:
    """Return settlement reports, newest first."""
    return db.rows(session, SETTLEMENTS, {"before": before, "limit": limit})


def list_settlement_lines(
    session: Session, settlement_id: int, *, fate: str | None, after: int, limit: int
) -> list[Any]:
    """Return a report's lines in its order."""
    values = {"settlement_id": settlement_id, "fate": fate, "after": after, "limit": limit}
    return db.rows(session, SETTLEMENT_LINES, values)


def closing_of(session: Session, day: dt.date, till: str) -> Any | None:
    """Return how a day was closed, for the house (``till`` empty) or a till; None where it was not."""
    return db.first(session, CLOSING_OF, {"day": day, "till": till})
