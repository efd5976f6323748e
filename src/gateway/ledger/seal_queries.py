"""What sealing and snapshots read and write. Only rows below the horizon: what no open transaction can still add to."""

LOCK_SEALING = """
-- one row: nothing, once no other transaction seals or takes snapshots for this mutual
SELECT pg_advisory_xact_lock(hashtextextended('ledger.seal:' || current_mutual(), 0))
"""

HORIZON = """
-- one row: every database transaction with a smaller number has ended
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid
"""

NEWEST_SEAL = """
-- at most one row: the seal that the next one is chained to
SELECT id, below_xid::text AS below_xid, head FROM ledger_seal
WHERE mutual_id = current_mutual() ORDER BY id DESC LIMIT 1
"""

ENTRIES_BETWEEN = """
-- one row per entry whose writer lies between two numbers, with its transaction, by transaction and line
SELECT t.id, t.idempotency_key, t.fingerprint, t.kind, t.valid_on, t.recorded_at, t.n_entries, t.reverses, t.actor,
       t.reason, t.evidence, e.line, a.code, e.currency, e.amount_minor
FROM ledger_tx t
LEFT JOIN ledger_entry e ON e.mutual_id = t.mutual_id AND e.tx_id = t.id
LEFT JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.id = e.account_id
WHERE t.mutual_id = current_mutual() AND t.written_xid >= %(from_xid)s::xid8 AND t.written_xid < %(below_xid)s::xid8
ORDER BY t.id, e.line
"""

ENTRIES_OF = """
-- one row per entry of one transaction, in the order they are sealed
SELECT e.line, a.code, e.currency, e.amount_minor FROM ledger_entry e
JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.id = e.account_id
WHERE e.mutual_id = current_mutual() AND e.tx_id = %(tx_id)s ORDER BY e.line
"""

INSERT_SEAL = """
-- one row: the new seal's id
INSERT INTO ledger_seal (previous_id, from_xid, below_xid, tx_count, root, head, key_id, signature, sealed_on)
VALUES (:previous_id, CAST(CAST(:from_xid AS text) AS xid8), CAST(CAST(:below_xid AS text) AS xid8), :tx_count, :root, :head,
        :key_id, :signature, :sealed_on)
RETURNING id
"""

INSERT_LEAVES = """
-- no row: the leaves of a seal, from the staged ones
INSERT INTO ledger_leaf (tx_id, seal_id, position, canonical, hash)
SELECT tx_id, %(seal_id)s, position, canonical, encode(sha256('\\x00'::bytea || canonical), 'hex')
FROM staged_leaf ORDER BY position
"""

LEAF = """
-- at most one row: the leaf of a transaction and its seal
SELECT l.seal_id, l.position, l.canonical, s.tx_count, s.root, s.head, s.key_id, s.signature, s.sealed_on
FROM ledger_leaf l JOIN ledger_seal s ON s.mutual_id = l.mutual_id AND s.id = l.seal_id
WHERE l.mutual_id = current_mutual() AND l.tx_id = :tx_id
"""

LEAVES_OF_SEAL = """
-- one row per leaf of a seal, in its order
SELECT tx_id, canonical, hash FROM ledger_leaf
WHERE mutual_id = current_mutual() AND seal_id = %(seal_id)s ORDER BY position
"""

SEALS = """
-- one row per seal, oldest first
SELECT id, previous_id, from_xid::text AS from_xid, below_xid::text AS below_xid, tx_count, root, head, key_id, signature,
       sealed_on, sealed_at
FROM ledger_seal WHERE mutual_id = current_mutual() AND id > :after ORDER BY id LIMIT :limit
"""

TAKE_SNAPSHOTS = """
-- no row: a snapshot of each account without a stored balance that has enough new entries below the horizon
INSERT INTO ledger_snapshot (account_id, below_xid, sum_minor, entry_count)
SELECT a.id, CAST(CAST(:horizon AS text) AS xid8), coalesce(last.sum_minor, 0) + fresh.sum_minor,
       coalesce(last.entry_count, 0) + fresh.entry_count
FROM ledger_account a
LEFT JOIN LATERAL (
    SELECT s.sum_minor, s.entry_count, s.below_xid FROM ledger_snapshot s
    WHERE s.mutual_id = a.mutual_id AND s.account_id = a.id ORDER BY s.below_xid DESC LIMIT 1
) last ON true
CROSS JOIN LATERAL (
    SELECT sum(e.amount_minor)::bigint AS sum_minor, count(*) AS entry_count FROM ledger_entry e
    WHERE e.mutual_id = a.mutual_id AND e.account_id = a.id
      AND e.written_xid >= coalesce(last.below_xid, '0'::xid8) AND e.written_xid < CAST(CAST(:horizon AS text) AS xid8)
) fresh
WHERE a.mutual_id = current_mutual() AND a.floor_minor IS NULL AND fresh.entry_count >= :at_least
ON CONFLICT (mutual_id, account_id, below_xid) DO NOTHING
"""

NEWEST_TOTALS = """
-- one row: the writer below which every entry is in a day's total
SELECT coalesce((
    SELECT below_xid FROM ledger_day_total WHERE mutual_id = current_mutual() ORDER BY below_xid DESC LIMIT 1
), '0')::text AS below_xid
"""

KEEP_TOTALS = """
-- no row: what each control account moved on each day in the transactions of a range, where they are enough to be kept
WITH fresh AS MATERIALIZED (
    SELECT id, valid_on, recorded_at FROM ledger_tx
    WHERE mutual_id = current_mutual() AND written_xid >= CAST(CAST(:from_xid AS text) AS xid8)
      AND written_xid < CAST(CAST(:below_xid AS text) AS xid8)
)
INSERT INTO ledger_day_total (from_xid, below_xid, booked_from, booked_until, control, kind, currency, valid_on, sum_minor, entry_count)
SELECT CAST(CAST(:from_xid AS text) AS xid8), CAST(CAST(:below_xid AS text) AS xid8),
       min(min(f.recorded_at)) OVER (), max(max(f.recorded_at)) OVER (), a.control, a.kind, a.currency, f.valid_on,
       sum(e.amount_minor)::bigint, count(*)
FROM fresh f
JOIN ledger_entry e ON e.mutual_id = current_mutual() AND e.tx_id = f.id
JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.id = e.account_id
WHERE (SELECT count(*) FROM fresh) >= :at_least
GROUP BY a.control, a.kind, a.currency, f.valid_on
"""
