"""Everything the ledger reads, and the statements of its one writer."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import db

FIND_TX_BY_KEY = """
-- at most one row: the transaction booked under a key
SELECT id, fingerprint FROM ledger_tx WHERE mutual_id = current_mutual() AND idempotency_key = :key
"""

INSERT_TX = """
-- one row: the new transaction's id and how many of its entries found their account
WITH head AS (
    SELECT nextval(pg_get_serial_sequence('ledger_tx', 'id')) AS id
), entries AS (
    INSERT INTO ledger_entry (tx_id, line, account_id, currency, amount_minor)
    SELECT head.id, line.ordinality, a.id, a.currency, line.amount
    FROM head
    CROSS JOIN unnest(CAST(:codes AS text[]), CAST(:amounts AS bigint[])) WITH ORDINALITY AS line (code, amount, ordinality)
    JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.code = line.code
    RETURNING 1
), header AS (
    INSERT INTO ledger_tx (id, idempotency_key, fingerprint, kind, valid_on, n_entries, reverses, actor, reason, evidence)
    SELECT head.id, :key, :fingerprint, :kind, :valid_on, cardinality(CAST(:codes AS text[])), :reverses, :actor, :reason, :evidence
    FROM head
    RETURNING id
)
SELECT header.id, (SELECT count(*) FROM entries) AS written FROM header
"""

MISSING_ACCOUNTS = """
-- one row per code that no account has, in the order given
SELECT code FROM unnest(CAST(:codes AS text[])) WITH ORDINALITY AS c (code, n)
WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.mutual_id = current_mutual() AND a.code = c.code)
ORDER BY n
"""

INSERT_ACCOUNTS = """
-- one row per account that was not there before
INSERT INTO ledger_account (code, currency, kind, normal_side, floor_minor, is_clearing, control, owner_kind, owner_id)
SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:currencies AS text[]), CAST(:kinds AS text[]), CAST(:sides AS int[]),
                     CAST(:floors AS bigint[]), CAST(:clearing AS boolean[]), CAST(:controls AS text[]),
                     CAST(:owner_kinds AS text[]), CAST(:owner_ids AS bigint[]))
ON CONFLICT (mutual_id, code) DO NOTHING
"""

ENTRIES_OF_TX = """
-- one row per entry of a transaction, by line
SELECT a.code, e.amount_minor, e.currency FROM ledger_entry e
JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.id = e.account_id
WHERE e.mutual_id = current_mutual() AND e.tx_id = :tx_id ORDER BY e.line
"""

TX = """
-- at most one row: a transaction's header
SELECT id, kind, valid_on, evidence, reverses FROM ledger_tx WHERE mutual_id = current_mutual() AND id = :tx_id
"""

REVERSAL_OF = """
-- at most one row: the transaction that reversed another
SELECT id, fingerprint, idempotency_key FROM ledger_tx WHERE mutual_id = current_mutual() AND reverses = :tx_id
"""

BALANCE = """
-- one row: the balance of an account on its normal side, as of a day it is valid on and an instant it was recorded by
SELECT coalesce(sum(e.amount_minor), 0)::bigint * a.normal_side AS balance_minor
FROM ledger_account a
LEFT JOIN (
    ledger_entry e JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id
        AND t.valid_on <= coalesce(CAST(:valid_on AS date), 'infinity') AND t.recorded_at <= coalesce(CAST(:recorded_at AS timestamptz), 'infinity')
) ON e.mutual_id = a.mutual_id AND e.account_id = a.id
WHERE a.mutual_id = current_mutual() AND a.code = :code
GROUP BY a.id, a.normal_side
"""

CURRENT_BALANCE = """
-- one row: today's balance on the normal side, from the locked balance or the newest snapshot and the rest
SELECT a.normal_side * coalesce(b.held_minor * a.normal_side, s.sum_minor, 0) + CASE WHEN b.account_id IS NOT NULL THEN 0 ELSE a.normal_side * (
    SELECT coalesce(sum(e.amount_minor), 0) FROM ledger_entry e
    WHERE e.mutual_id = a.mutual_id AND e.account_id = a.id AND e.written_xid >= coalesce(s.below_xid, '0'::xid8)
) END AS balance_minor
FROM ledger_account a
LEFT JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
LEFT JOIN LATERAL (
    SELECT s.sum_minor, s.below_xid FROM ledger_snapshot s
    WHERE s.mutual_id = a.mutual_id AND s.account_id = a.id ORDER BY s.below_xid DESC LIMIT 1
) s ON true
WHERE a.mutual_id = current_mutual() AND a.code = :code
"""

TRIAL_BALANCE = """
-- one row per control account: the sum of its entries on its normal side, by code, as of both dates
SELECT a.control, a.kind, a.currency, bool_or(a.is_clearing) AS is_clearing,
       (coalesce(sum(e.amount_minor), 0) * min(a.normal_side))::bigint AS balance_minor, count(DISTINCT a.id) AS account_count
FROM ledger_account a
LEFT JOIN (
    ledger_entry e JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id
        AND t.valid_on <= coalesce(CAST(:valid_on AS date), 'infinity') AND t.recorded_at <= coalesce(CAST(:recorded_at AS timestamptz), 'infinity')
) ON e.mutual_id = a.mutual_id AND e.account_id = a.id
WHERE a.mutual_id = current_mutual()
GROUP BY a.control, a.kind, a.currency ORDER BY a.control
"""


class TrialLine(NamedTuple):
    """One control account of the trial balance."""

    control: str
    kind: str
    currency: str
    is_clearing: bool
    balance_minor: int
    account_count: int


def balance_of(
    session: Session, code: str, *, valid_on: dt.date | None = None, recorded_at: dt.datetime | None = None
) -> int:
    """Return an account's balance on its normal side, in minor units, as of both dates; 0 where there is none."""
    row = db.first(session, BALANCE, {"code": code, "valid_on": valid_on, "recorded_at": recorded_at})
    return 0 if row is None else int(row.balance_minor)


def current_balance(session: Session, code: str) -> int:
    """Return an account's balance now, in minor units, without adding up its whole past."""
    row = db.first(session, CURRENT_BALANCE, {"code": code})
    return 0 if row is None else int(row.balance_minor)


def trial_balance(
    session: Session, *, valid_on: dt.date | None = None, recorded_at: dt.datetime | None = None
) -> list[TrialLine]:
    """Return every control account with its balance, as of both dates."""
    found = db.rows(session, TRIAL_BALANCE, {"valid_on": valid_on, "recorded_at": recorded_at})
    return [TrialLine(*row) for row in found]
