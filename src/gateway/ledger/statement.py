"""What an account did, entry by entry, and which clearing accounts have not come back to zero."""

import datetime as dt
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.ledger.errors import UnknownAccountError

ACCOUNT = """
-- at most one row: an account by its code
SELECT id, code, currency, kind, normal_side, is_clearing, control FROM ledger_account
WHERE mutual_id = current_mutual() AND code = :code
"""

ENTRIES = """
-- one row per entry of an account, in the order they were written, from the one after a key on
SELECT e.written_xid::text::bigint AS xid, e.tx_id, e.line, e.amount_minor, t.kind, t.valid_on, t.recorded_at, t.actor,
       t.reason, t.evidence, t.idempotency_key, t.reverses
FROM ledger_entry e
JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id
WHERE e.mutual_id = current_mutual() AND e.account_id = :account_id
  AND (e.written_xid, e.tx_id, e.line) > (CAST(CAST(:xid AS text) AS xid8), :tx_id, :line)
ORDER BY e.written_xid, e.tx_id, e.line LIMIT :limit
"""

UNSETTLED = """
-- one row per clearing account that is not at zero, the longest standing first: its balance on its normal side and the
-- day of the first entry since it last was at zero
WITH open AS (
    SELECT a.id, a.code, a.control, a.currency, a.normal_side, sum(e.amount_minor)::bigint AS signed_minor
    FROM ledger_account a
    JOIN ledger_entry e ON e.mutual_id = a.mutual_id AND e.account_id = a.id
    WHERE a.mutual_id = current_mutual() AND a.is_clearing
    GROUP BY a.id, a.code, a.control, a.currency, a.normal_side
    HAVING sum(e.amount_minor) <> 0
), steps AS (
    SELECT o.id, t.valid_on, sum(e.amount_minor) OVER w AS after_minor, row_number() OVER w AS position
    FROM open o
    JOIN ledger_entry e ON e.mutual_id = current_mutual() AND e.account_id = o.id
    JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id
    WINDOW w AS (PARTITION BY o.id ORDER BY t.valid_on, e.tx_id, e.line)
), since AS (
    SELECT s.id, min(s.valid_on) AS since_on
    FROM steps s
    LEFT JOIN (SELECT id, max(position) AS position FROM steps WHERE after_minor = 0 GROUP BY id) z ON z.id = s.id
    WHERE s.position > coalesce(z.position, 0) GROUP BY s.id
)
SELECT o.code, o.control, o.currency, (o.signed_minor * o.normal_side)::bigint AS balance_minor, s.since_on
FROM open o JOIN since s ON s.id = o.id
ORDER BY s.since_on, o.code LIMIT :limit
"""


class Unsettled(NamedTuple):
    """A clearing account that has not come back to zero."""

    code: str
    control: str
    currency: str
    balance_minor: int
    since_on: dt.date
    """Day of the first entry since it last was at zero."""


def get_account(session: Session, code: str) -> Any:
    """Return an account by its code.

    Raises:
        UnknownAccountError: No account of this mutual has it.
    """
    row = db.first(session, ACCOUNT, {"code": code})
    if row is None:
        raise UnknownAccountError(f"no account has the code {code!r}; the trial balance shows which there are")
    return row


def list_entries(session: Session, account_id: int, *, after: tuple[int, int, int], limit: int) -> list[Any]:
    """Return an account's entries in the order they were written, from the one after a key on."""
    xid, tx_id, line = after
    values = {"account_id": account_id, "xid": str(xid), "tx_id": tx_id, "line": line, "limit": limit}
    return db.rows(session, ENTRIES, values)


def list_unsettled(session: Session, *, limit: int = 1000) -> list[Unsettled]:
    """Return the clearing accounts that are not at zero, the longest standing first."""
    return [Unsettled(*row) for row in db.rows(session, UNSETTLED, {"limit": limit})]
