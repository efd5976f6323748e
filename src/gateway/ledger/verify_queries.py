"""What verification asks: each statement answers the rows that fail, as check, subject and detail; none where all is well."""

HEADERS = """
-- one row per transaction that is not whole: its number of entries, its sums, its writer
SELECT 'transaction.' || f.fault, 'transaction ' || f.id || ' (' || f.idempotency_key || ')', f.detail
FROM (
    SELECT t.id, t.idempotency_key, x.fault, x.detail
    FROM ledger_tx t
    LEFT JOIN (
        SELECT tx_id, sum(lines) AS lines, bool_and(total = 0) AS balanced, min(first_writer) AS first_writer,
               max(last_writer) AS last_writer, string_agg(total || ' ' || currency, ', ' ORDER BY currency) AS sums
        FROM (
            SELECT tx_id, currency, count(*) AS lines, sum(amount_minor) AS total,
                   min(written_xid::text::numeric) AS first_writer, max(written_xid::text::numeric) AS last_writer
            FROM ledger_entry WHERE mutual_id = current_mutual() GROUP BY tx_id, currency
        ) by_currency GROUP BY tx_id
    ) e ON e.tx_id = t.id
    CROSS JOIN LATERAL (VALUES
        ('entries', coalesce(e.lines, 0) <> t.n_entries, format('has %s entries, its header says %s', coalesce(e.lines, 0), t.n_entries)),
        ('balance', NOT coalesce(e.balanced, true), format('its entries sum to %s minor units, not to zero', e.sums)),
        ('writer', e.first_writer <> t.written_xid::text::numeric OR e.last_writer <> t.written_xid::text::numeric,
         'an entry was not written by the database transaction that wrote the header')
    ) AS x (fault, is_so, detail)
    WHERE t.mutual_id = current_mutual() AND x.is_so
) f ORDER BY f.id LIMIT :limit
"""

ORPHANS = """
-- one row per entry without its transaction, or without its account in its currency
SELECT CASE WHEN t.id IS NULL THEN 'entry.header' ELSE 'entry.account' END, 'entry ' || e.tx_id || '/' || e.line,
       CASE WHEN t.id IS NULL THEN 'its transaction does not exist' ELSE 'its account does not exist in its currency' END
FROM ledger_entry e
LEFT JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id
LEFT JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.id = e.account_id AND a.currency = e.currency
WHERE e.mutual_id = current_mutual() AND (t.id IS NULL OR a.id IS NULL) ORDER BY e.tx_id, e.line LIMIT :limit
"""

REVERSALS = """
-- one row per reversal that is not its original with every sign turned
SELECT 'transaction.reversal', 'transaction ' || r.id || ' (' || r.idempotency_key || ')',
       'is not transaction ' || r.reverses || ' with every sign turned'
FROM ledger_tx r
WHERE r.mutual_id = current_mutual() AND r.reverses IS NOT NULL AND EXISTS (
    SELECT FROM ledger_entry e
    WHERE e.mutual_id = r.mutual_id AND e.tx_id IN (r.id, r.reverses)
    GROUP BY e.account_id HAVING sum(e.amount_minor) <> 0)
ORDER BY r.id LIMIT :limit
"""

BALANCES = """
-- one row per stored balance that is missing, wrong or below its floor
SELECT 'balance', 'account ' || a.code,
       CASE WHEN b.account_id IS NULL THEN 'has no stored balance'
            WHEN b.held_minor <> e.held THEN format('stores %s minor units, its entries sum to %s', b.held_minor, e.held)
            ELSE format('holds %s minor units, less than its floor of %s', e.held, a.floor_minor) END
FROM ledger_account a
LEFT JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
LEFT JOIN (
    SELECT account_id, sum(amount_minor)::bigint AS total FROM ledger_entry WHERE mutual_id = current_mutual() GROUP BY account_id
) s ON s.account_id = a.id
CROSS JOIN LATERAL (SELECT coalesce(s.total, 0) * a.normal_side AS held) e
WHERE a.mutual_id = current_mutual() AND a.floor_minor IS NOT NULL
  AND (b.account_id IS NULL OR b.held_minor <> e.held OR e.held < a.floor_minor)
ORDER BY a.code LIMIT :limit
"""

CONTROLS = """
-- one row per control account whose sub-ledger's stored balances do not sum to the entries under it, and per currency
-- whose control accounts do not sum to zero
WITH by_control AS (
    SELECT a.control, a.currency, min(a.normal_side) AS side, bool_and(a.floor_minor IS NOT NULL) AS is_stored,
           coalesce(sum(e.total), 0)::bigint AS entries, coalesce(sum(b.held_minor), 0)::bigint AS stored
    FROM ledger_account a
    LEFT JOIN (
        SELECT account_id, sum(amount_minor) AS total FROM ledger_entry WHERE mutual_id = current_mutual() GROUP BY account_id
    ) e ON e.account_id = a.id
    LEFT JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
    WHERE a.mutual_id = current_mutual()
    GROUP BY a.control, a.currency
)
SELECT 'control', 'control account ' || control, format('its sub-ledger holds %s minor units, the entries under it sum to %s', stored, entries * side)
FROM by_control WHERE is_stored AND stored <> entries * side
UNION ALL
SELECT 'trial balance', currency, format('debits less credits are %s minor units', sum(entries))
FROM by_control GROUP BY currency HAVING sum(entries) <> 0
LIMIT :limit
"""

SNAPSHOTS = """
-- one row per newest snapshot that is not the sum of the entries below it
SELECT 'snapshot', 'account ' || a.code, format('the snapshot says %s minor units in %s entries, there are %s in %s',
       s.sum_minor, s.entry_count, e.total, e.lines)
FROM (
    SELECT DISTINCT ON (account_id) account_id, below_xid, sum_minor, entry_count FROM ledger_snapshot
    WHERE mutual_id = current_mutual() ORDER BY account_id, below_xid DESC
) s
JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.id = s.account_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount_minor), 0)::bigint AS total, count(*) AS lines FROM ledger_entry e
    WHERE e.mutual_id = current_mutual() AND e.account_id = s.account_id AND e.written_xid < s.below_xid
) e
WHERE e.total <> s.sum_minor OR e.lines <> s.entry_count ORDER BY a.code LIMIT :limit
"""

TOTALS = """
-- one row per control account and day whose kept totals are not the sum of the entries they stand for
WITH booked AS (
    SELECT a.control, a.currency, t.valid_on, sum(e.amount_minor)::bigint AS total, count(*) AS lines
    FROM ledger_tx t
    JOIN ledger_entry e ON e.mutual_id = t.mutual_id AND e.tx_id = t.id
    JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.id = e.account_id
    WHERE t.mutual_id = current_mutual()
      AND t.written_xid < (SELECT max(below_xid::text::numeric) FROM ledger_day_total WHERE mutual_id = current_mutual())::text::xid8
    GROUP BY a.control, a.currency, t.valid_on
), kept AS (
    SELECT control, currency, valid_on, sum(sum_minor)::bigint AS total, sum(entry_count)::bigint AS lines
    FROM ledger_day_total WHERE mutual_id = current_mutual() GROUP BY control, currency, valid_on
)
SELECT 'day total', control || ' on ' || valid_on, format('the totals say %s minor units in %s entries, there are %s in %s',
       coalesce(k.total, 0), coalesce(k.lines, 0), coalesce(b.total, 0), coalesce(b.lines, 0))
FROM booked b FULL JOIN kept k USING (control, currency, valid_on)
WHERE b.total IS DISTINCT FROM k.total OR b.lines IS DISTINCT FROM k.lines ORDER BY 2 LIMIT :limit
"""

LEAVES = """
-- one row per transaction below the newest seal's horizon without a leaf, and per leaf without its transaction
SELECT 'seal.leaf', 'transaction ' || coalesce(t.id, l.tx_id),
       CASE WHEN t.id IS NULL THEN 'was sealed and is gone' ELSE 'was booked before a seal and is not in it' END
FROM (
    SELECT id FROM ledger_tx
    WHERE mutual_id = current_mutual()
      AND written_xid < (SELECT max(below_xid::text::numeric) FROM ledger_seal WHERE mutual_id = current_mutual())::text::xid8
) t
FULL JOIN (SELECT tx_id FROM ledger_leaf WHERE mutual_id = current_mutual()) l ON l.tx_id = t.id
WHERE t.id IS NULL OR l.tx_id IS NULL ORDER BY 2 LIMIT :limit
"""

SUMS = (HEADERS, ORPHANS, REVERSALS, BALANCES, CONTROLS, SNAPSHOTS, TOTALS, LEAVES)

PRIVILEGES = """
-- one row per right on a table of the books that the application's role should not have, and per table without its guard
SELECT 'guard.right', 'table ' || c.relname, format('the application''s role may %s it', lower(p.kind))
FROM pg_class c CROSS JOIN unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS p (kind)
WHERE c.oid = ANY (CAST(:tables AS regclass[])) AND has_table_privilege(:role, c.oid, p.kind)
UNION ALL
SELECT 'guard.right', 'table ' || c.relname, 'belongs to the application''s role'
FROM pg_class c WHERE c.oid = ANY (CAST(:tables AS regclass[])) AND pg_get_userbyid(c.relowner) = :role
UNION ALL
SELECT 'guard.tenancy', 'table ' || c.relname, 'its rows are not kept apart by mutual'
FROM pg_class c WHERE c.oid = ANY (CAST(:tables AS regclass[])) AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
UNION ALL
SELECT 'guard.right', 'role ' || r.rolname, 'may pass by row security'
FROM pg_roles r WHERE r.rolname = :role AND (r.rolsuper OR r.rolbypassrls)
"""

TRIGGERS = """
-- one row per trigger of the books that is missing or off, the foreign keys' own included
SELECT 'guard.trigger', format('trigger %s on %s', w.name, w.on_table),
       CASE WHEN t.oid IS NULL THEN 'is missing' ELSE 'is disabled' END
FROM unnest(CAST(:names AS text[]), CAST(:on_tables AS text[])) AS w (name, on_table)
LEFT JOIN pg_trigger t ON t.tgname = w.name AND t.tgrelid = to_regclass(w.on_table)
WHERE t.oid IS NULL OR t.tgenabled NOT IN ('O', 'A')
UNION ALL
SELECT 'guard.trigger', format('the foreign key %s on %s', c.conname, t.tgrelid::regclass), 'is not checked'
FROM pg_trigger t JOIN pg_constraint c ON c.oid = t.tgconstraint
WHERE t.tgisinternal AND t.tgrelid = ANY (CAST(:tables AS regclass[])) AND t.tgenabled NOT IN ('O', 'A')
"""

CONSTRAINTS = """
-- one row per constraint of the books that is missing or was never checked against the rows that were there
SELECT 'guard.constraint', format('constraint %s on %s', w.name, w.on_table),
       CASE WHEN c.oid IS NULL THEN 'is missing' ELSE 'was not checked against all rows' END
FROM unnest(CAST(:names AS text[]), CAST(:on_tables AS text[])) AS w (name, on_table)
LEFT JOIN pg_constraint c ON c.conname = w.name AND c.conrelid = to_regclass(w.on_table)
WHERE c.oid IS NULL OR NOT c.convalidated
"""

FUNCTIONS = """
-- one row per function of the guard that is missing or is not the one that was installed
SELECT 'guard.function', 'function ' || w.name, CASE WHEN p.oid IS NULL THEN 'is missing' ELSE 'was replaced' END
FROM unnest(CAST(:names AS text[]), CAST(:digests AS text[])) AS w (name, digest)
LEFT JOIN pg_proc p ON p.proname = w.name AND p.pronamespace = 'public'::regnamespace
WHERE p.oid IS NULL OR left(encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'), 16) <> w.digest
"""

FUNCTION_DIGESTS = """
-- one row per function of the guard: its name and the digest of its body
SELECT p.proname AS name, left(encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'), 16) AS digest FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'ledger\\_%' ORDER BY 1
"""
