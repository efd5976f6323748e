"""Everything the ledger reads, and the statements of its one writer."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import db

FIND_TX_BY_KEY = """
-- at most one row: the transaction booked under a key
SELECT id, fingerprint FROM ledger_tx WHERE mutual_id = current_mutual() AND idempotency_key = :key
"""

TX_PARTS = """
head AS (
    SELECT nextval('ledger_tx_id_seq') AS id
), entries AS (
    INSERT INTO ledger_entry (tx_id, line, account_id, currency, amount_minor)
    SELECT head.id, line.ordinality, a.id, a.currency, line.amount
    FROM head
    CROSS JOIN unnest(CAST(:codes AS text[]), CAST(:amounts AS bigint[])) WITH ORDINALITY AS line (code, amount, ordinality)
    -- A transaction has few lines: each account is looked up by its code, never all of them gone through.
    CROSS JOIN LATERAL (
        SELECT l.id, l.currency FROM ledger_account l WHERE l.mutual_id = current_mutual() AND l.code = line.code LIMIT 1
    ) a
    RETURNING 1
), header AS (
    INSERT INTO ledger_tx (id, idempotency_key, fingerprint, kind, valid_on, n_entries, reverses, actor, reason, evidence)
    SELECT head.id, :key, :fingerprint, :kind, :valid_on, cardinality(CAST(:codes AS text[])), :reverses, :actor, :reason, :evidence
    FROM head
    RETURNING id
)
"""
"""Common table expressions that book one transaction with the values of ``post.values_of``; ``header`` has its id.

A slice above may write its own row in the same statement, with ``header.id`` beside it: one round trip, one writer.
"""

INSERT_TX = f"""
-- one row: the new transaction's id and how many of its entries found their account
WITH {TX_PARTS}
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

INSERT_OWNED_ACCOUNTS = """
-- no row: an account for each owner that has none, in the order of their numbers
INSERT INTO ledger_account (code, currency, kind, normal_side, floor_minor, is_clearing, control, owner_kind, owner_id)
SELECT :before || o.id || :after, :currency, :kind, CAST(:side AS int), CAST(:floor AS bigint), CAST(:clearing AS boolean),
       :control, :owner_kind, o.id
FROM unnest(CAST(:owner_ids AS bigint[])) AS o (id) ORDER BY o.id
ON CONFLICT (mutual_id, code) DO NOTHING
"""

_DIGEST = """encode(sha256(convert_to(concat_ws('|', {head}, string_agg(l.account_id || ':' || l.amount_minor, ','
               ORDER BY l.account_id, l.amount_minor)), 'UTF8')), 'hex')"""

_LINES = """
    SELECT s.account_id, s.currency, s.amount_minor, row_number() OVER (ORDER BY s.account_id, s.amount_minor) AS line
    FROM ({lines}) AS s (account_id, currency, amount_minor) WHERE s.amount_minor <> 0
"""

_HEAD = "CAST(%(head_kind)s AS text), CAST(%(head_valid_on)s AS date)"

FINGERPRINT_OF_LINES = f"""
-- one row: the digest of what a query asks to be booked
SELECT {_DIGEST.format(head=_HEAD)} FROM ({_LINES}) AS l
"""

POST_LINES = f"""
-- one row: the new transaction's id
WITH lines AS MATERIALIZED ({_LINES}), head AS (
    SELECT nextval('ledger_tx_id_seq') AS id
), entries AS (
    INSERT INTO ledger_entry (mutual_id, tx_id, line, account_id, currency, amount_minor)
    SELECT (SELECT current_mutual()), head.id, l.line, l.account_id, l.currency, l.amount_minor FROM head CROSS JOIN lines l
)
INSERT INTO ledger_tx (id, idempotency_key, fingerprint, kind, valid_on, n_entries, actor, reason, evidence)
SELECT head.id, %(head_key)s, l.fingerprint, %(head_kind)s, %(head_valid_on)s, l.n, %(head_actor)s, %(head_reason)s, %(head_evidence)s
FROM head CROSS JOIN (SELECT {_DIGEST.format(head=_HEAD)} AS fingerprint, count(*) AS n FROM lines l) l
RETURNING id
"""

_PAIR_ENTRIES = """
entries AS (
    INSERT INTO ledger_entry (mutual_id, tx_id, line, account_id, currency, amount_minor)
    SELECT (SELECT current_mutual()), p.tx_id, e.line, e.account_id, p.currency, e.amount_minor
    FROM pair p CROSS JOIN LATERAL (VALUES (1, p.debit_id, p.amount_minor), (2, p.credit_id, -p.amount_minor))
        AS e (line, account_id, amount_minor)
)
"""

INSERT_PAIRS = f"""
-- no row: a transaction of two entries for each row of a query, header and entries in one statement as the guard asks
WITH pair AS MATERIALIZED ({{pairs}}), {_PAIR_ENTRIES}
INSERT INTO ledger_tx (mutual_id, id, idempotency_key, fingerprint, kind, valid_on, n_entries, actor, reason, evidence)
SELECT (SELECT current_mutual()), tx_id, key, encode(sha256(convert_to(concat_ws('|', kind, valid_on, CASE WHEN debit_id < credit_id
           THEN debit_id || ':' || amount_minor || ',' || credit_id || ':' || -amount_minor
           ELSE credit_id || ':' || -amount_minor || ',' || debit_id || ':' || amount_minor END), 'UTF8')), 'hex'),
       kind, valid_on, 2, %(head_actor)s, %(head_reason)s, evidence
FROM pair
"""

PAIR_PARTS = f"""
{_PAIR_ENTRIES}, header AS (
    INSERT INTO ledger_tx (id, idempotency_key, fingerprint, kind, valid_on, n_entries, actor, evidence)
    SELECT p.tx_id, :key, :fingerprint, :kind, :valid_on, 2, :actor, p.evidence FROM pair p
    RETURNING id
)
"""
"""As ``TX_PARTS``, for a slice above that has looked both accounts up: its ``pair`` has at most one row, of ``tx_id``
(``NEW_TX_ID``), ``debit_id``, ``credit_id``, ``currency``, ``amount_minor`` above zero and ``evidence``. Without a row
nothing is booked."""

NEW_TX_ID = "nextval('ledger_tx_id_seq')"
"""The number of a transaction to be written, where a slice above needs it before the booking."""

DESCRIBE_STAGED = (
    "DROP TABLE IF EXISTS pg_temp.{table}_tx",
    f"""
-- no row: a table with one row per key, what it asks, and where it stands if it was booked before
CREATE TEMPORARY TABLE {{table}}_tx ON COMMIT DROP AS
SELECT s.*, coalesce(t.id, nextval('ledger_tx_id_seq')) AS tx_id, t.id IS NULL AS is_new,
       t.fingerprint AS booked_fingerprint
FROM (
    SELECT l.key, min(l.kind) AS kind, min(l.valid_on) AS valid_on, min(l.evidence) AS evidence, count(*)::int AS n_entries,
           min(l.kind) <> max(l.kind) OR min(l.valid_on) <> max(l.valid_on) AS is_mixed,
           {_DIGEST.format(head="min(l.kind), min(l.valid_on)")} AS fingerprint
    FROM {{table}} l WHERE l.amount_minor <> 0 GROUP BY l.key
) s
LEFT JOIN ledger_tx t ON t.mutual_id = current_mutual() AND t.idempotency_key = s.key
""",
    "ANALYZE {table}_tx",
)

STAGED_REUSED = """
-- at most one row: a key that stands for another event
SELECT key FROM {table}_tx WHERE is_mixed OR booked_fingerprint <> fingerprint ORDER BY key LIMIT 1
"""

INSERT_STAGED = """
-- no row: the header and the entries of every new transaction, in one statement as the guard asks
WITH entries AS (
    INSERT INTO ledger_entry (tx_id, line, account_id, currency, amount_minor)
    SELECT t.tx_id, s.line, s.account_id, a.currency, s.amount_minor
    FROM {table}_tx t
    JOIN {table} s ON s.key = t.key
    JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.id = s.account_id
    WHERE t.is_new AND s.amount_minor <> 0
    ORDER BY t.tx_id, s.line
)
INSERT INTO ledger_tx (id, idempotency_key, fingerprint, kind, valid_on, n_entries, actor, reason, evidence)
SELECT tx_id, key, fingerprint, kind, valid_on, n_entries, %(actor)s, %(reason)s, evidence
FROM {table}_tx WHERE is_new ORDER BY tx_id
"""

COUNT_STAGED = """
-- one row: how many keys were staged
SELECT count(*) FROM {table}_tx
"""

NEWEST_PERIOD = """
-- at most one row: how a month of the books stands
SELECT is_closed FROM ledger_period
WHERE mutual_id = current_mutual() AND period_start = :start ORDER BY id DESC LIMIT 1
"""

INSERT_PERIOD = """
-- no row: a month closed or opened
INSERT INTO ledger_period (period_start, is_closed, actor, reason) VALUES (:start, :is_closed, :actor, :reason)
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

SIZE = """
-- one row: how many entries the books hold and what they sum to, per currency all zero
SELECT count(*) AS entry_count, coalesce(sum(amount_minor), 0)::bigint AS sum_minor FROM ledger_entry
WHERE mutual_id = current_mutual()
"""

_AS_OF = """t.valid_on <= coalesce(CAST(:valid_on AS date), 'infinity')
      AND t.recorded_at <= coalesce(CAST(:recorded_at AS timestamptz), 'infinity')"""

TOTALS_AT = """
-- one row: the writer below which every entry is in a day's total, and whether a range was being booked at the instant asked for
SELECT coalesce((
           SELECT below_xid FROM ledger_day_total WHERE mutual_id = current_mutual() ORDER BY below_xid DESC LIMIT 1
       ), '0')::text AS below_xid,
       EXISTS (SELECT FROM ledger_day_total WHERE mutual_id = current_mutual()
               AND booked_from <= CAST(:recorded_at AS timestamptz) AND booked_until > CAST(:recorded_at AS timestamptz)) AS is_cut
"""

_TRIAL_BALANCE = """
-- one row per control account: the sum of its entries on its normal side, by code, as of both dates
WITH accounts AS MATERIALIZED (
    SELECT control, kind, currency, bool_or(is_clearing) AS is_clearing, min(normal_side) AS normal_side, count(*) AS account_count
    FROM ledger_account WHERE mutual_id = current_mutual() GROUP BY control, kind, currency
), fresh AS MATERIALIZED (
    SELECT t.id FROM ledger_tx t
    WHERE t.mutual_id = current_mutual() AND t.written_xid >= CAST(CAST(:below_xid AS text) AS xid8) AND {as_of}{cut}
), moved AS MATERIALIZED (
    SELECT control, kind, currency, sum(sum_minor) AS sum_minor FROM (
        SELECT control, kind, currency, sum_minor FROM ledger_day_total
        WHERE mutual_id = current_mutual() AND below_xid <= CAST(CAST(:below_xid AS text) AS xid8)
          AND valid_on <= coalesce(CAST(:valid_on AS date), 'infinity')
          AND booked_until <= coalesce(CAST(:recorded_at AS timestamptz), 'infinity')
        UNION ALL
        SELECT a.control, a.kind, a.currency, e.amount_minor FROM fresh f
        JOIN ledger_entry e ON e.mutual_id = current_mutual() AND e.tx_id = f.id
        JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.id = e.account_id
    ) one GROUP BY control, kind, currency
)
SELECT a.control, a.kind, a.currency, a.is_clearing, (coalesce(m.sum_minor, 0) * a.normal_side)::bigint AS balance_minor, a.account_count
FROM accounts a LEFT JOIN moved m ON m.control = a.control AND m.kind = a.kind AND m.currency = a.currency
ORDER BY a.control, a.kind, a.currency
"""
_CUT = """
    UNION ALL
    -- Ranges that were being booked at the instant asked for: of these the entries are looked at.
    SELECT t.id FROM (
        SELECT DISTINCT from_xid, below_xid FROM ledger_day_total
        WHERE mutual_id = current_mutual() AND below_xid <= CAST(CAST(:below_xid AS text) AS xid8)
          AND booked_from <= CAST(:recorded_at AS timestamptz) AND booked_until > CAST(:recorded_at AS timestamptz)
    ) cut JOIN ledger_tx t ON t.mutual_id = current_mutual() AND t.written_xid >= cut.from_xid AND t.written_xid < cut.below_xid AND {as_of}"""
TRIAL_BALANCE = _TRIAL_BALANCE.format(as_of=_AS_OF, cut="")
"""Where no range is cut: nearly always. Named in the same statement, ranges that are not there were planned as a third of the books."""
TRIAL_BALANCE_CUT = _TRIAL_BALANCE.format(as_of=_AS_OF, cut=_CUT.format(as_of=_AS_OF))


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
    """Return every control account with its balance, as of both dates; from the totals of days, and the entries above them."""
    newest = db.one(session, TOTALS_AT, {"recorded_at": recorded_at})
    statement = TRIAL_BALANCE_CUT if newest.is_cut else TRIAL_BALANCE
    found = db.rows(
        session, statement, {"valid_on": valid_on, "recorded_at": recorded_at, "below_xid": newest.below_xid}
    )
    return [TrialLine(*row) for row in found]


class Size(NamedTuple):
    """How large the books are."""

    entry_count: int
    sum_minor: int
    """Sum of every signed amount in minor units, whatever the currency; always zero."""


def size_of_books(session: Session) -> Size:
    """Return how many entries the books hold and what they sum to."""
    return Size(*db.one(session, SIZE))
