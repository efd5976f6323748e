-- The ledger's guard. What must never be in the books is refused here, whoever asks.
--
-- A transaction's header and its entries are written by ONE statement. The entries' statement trigger looks at what that
-- statement brought, and at nothing else: every transaction in it must have its header by then, written by the same database
-- transaction, and exactly the lines 1 to n that the header promises, which sum to zero. A line number is given once (primary
-- key), so nothing can be added later, not even by two sessions that do not see each other; and the header's trigger refuses a
-- header without line 1. No row is looked at twice and nothing waits for the commit.
--
-- What an entry refers to is looked up here as well, once per statement: a foreign key would look, and lock the row it finds,
-- once per entry, which made up nearly half of every large booking. Accounts and headers are never changed or deleted, so what
-- was there stays there; "referred" says so even where the owner has taken "no_change" away.
--
-- A session keeps a trigger's plan, made when the tables were small, for the day they are large. So the rows of a small statement
-- are looked at by sub-selects, which can only run once per row over an index (no table scan), and those of a large one by
-- EXECUTE, which plans anew each time, with the number of rows that really came. That one counts the faults (EXISTS would be
-- planned to find the first one soon, and there is none); the sub-selects then say which.

CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the ledger is insert only; post a linked reversal', tg_op, tg_table_name
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION ledger_entry_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_hashagg = on SET enable_nestloop = on AS $$
DECLARE
    few CONSTANT int := 2000;
    far CONSTANT int := 8;
    writer CONSTANT xid8 := pg_current_xact_id();
    brought record;
    pieces bigint[];
    named bigint[];
    is_odd boolean;
    is_large boolean;
    is_faulty boolean := true;
    hit record;
BEGIN
    SELECT count(*) AS entries, min(f.tx_id) AS first_tx, max(f.tx_id) AS last_tx, min(f.mutual_id) AS mutual,
           min(f.currency) AS currency, min(f.currency) <> max(f.currency) AS is_mixed,
           min(f.mutual_id) <> max(f.mutual_id) OR min(f.currency) <> max(f.currency) AS is_manifold,
           sum(f.amount_minor) AS total, min(f.line) AS first, max(f.line) AS last, bool_and(f.written_xid = writer) AS is_ours,
           min(f.account_id) AS first_account, max(f.account_id) AS last_account
    INTO brought FROM fresh f;
    -- What is of several currencies or mutuals is rare and looked at as a small statement is.
    is_large := brought.entries >= few AND NOT brought.is_manifold;
    IF is_large THEN
        IF brought.first_tx = brought.last_tx THEN
            -- One transaction: its header must say what was counted just now.
            is_faulty := NOT brought.is_ours OR brought.first <> 1 OR brought.last <> brought.entries OR brought.total <> 0
                OR (SELECT h.n_entries FROM ledger_tx h
                    WHERE h.mutual_id = brought.mutual AND h.id = brought.first_tx AND h.written_xid = writer
                ) IS DISTINCT FROM brought.entries;
        END IF;
        -- Tables that were analysed while small look as if one row were left to compare with: a loop over them has no end.
        PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
            set_config('enable_nestloop', 'off', true);
        IF brought.first_tx <> brought.last_tx THEN
            -- The headers are looked for between the first and the last, not in the whole of the books.
            EXECUTE '
                SELECT count(*) > 0 FROM (
                    SELECT f.tx_id, count(*) AS lines, min(f.line) AS first, max(f.line) AS last,
                           sum(f.amount_minor) AS total, bool_and(f.written_xid = $1) AS is_ours
                    FROM fresh f GROUP BY f.tx_id
                ) g
                LEFT JOIN ledger_tx h ON h.mutual_id = $2 AND h.id = g.tx_id AND h.id BETWEEN $3 AND $4 AND h.written_xid = $1
                WHERE h.id IS NULL OR NOT g.is_ours OR g.lines <> h.n_entries OR g.first <> 1 OR g.last <> h.n_entries OR g.total <> 0'
                INTO is_faulty USING writer, brought.mutual, brought.first_tx, brought.last_tx;
        END IF;
        IF NOT is_faulty THEN
            -- Accounts with a floor keep a balance on their normal side, changed and thereby locked in the order of their ids
            -- (merged, not hashed; grouped by sorting, as they come in order mostly; looked for between the first and the last, as
            -- the accounts of a kind lie together where a file of members opened them). Who has one is proven to be there in this
            -- currency; the few others are looked up.
            PERFORM set_config('enable_hashjoin', 'off', true), set_config('enable_hashagg', 'off', true);
            pieces := ARRAY[ARRAY[brought.first_account, brought.last_account]];
            IF brought.last_account - brought.first_account > 4 * brought.entries THEN
                -- A few lie far from the others (what a batch is paid from was opened long after its members): they are looked up, and
                -- all that lies between is not gone through for them.
                SELECT ARRAY[ARRAY[brought.first_account, low - 1], ARRAY[low, high], ARRAY[high + 1, brought.last_account]]
                FROM (SELECT f.account_id AS low FROM fresh f ORDER BY f.account_id OFFSET far LIMIT 1) l,
                     (SELECT f.account_id AS high FROM fresh f ORDER BY f.account_id DESC OFFSET far LIMIT 1) h INTO pieces;
            END IF;
            FOR place IN 1 .. array_length(pieces, 1) LOOP
                named := NULL;
                IF place <> array_length(pieces, 1) / 2 + 1 THEN
                    SELECT array_agg(DISTINCT f.account_id) INTO named FROM fresh f
                    WHERE f.account_id BETWEEN pieces[place][1] AND pieces[place][2];
                    CONTINUE WHEN named IS NULL;
                END IF;
                EXECUTE '
                    WITH c AS (
                        SELECT f.account_id, sum(f.amount_minor)::bigint AS minor FROM fresh f WHERE f.account_id BETWEEN $3 AND $4
                        GROUP BY f.account_id ORDER BY f.account_id
                    ), kept AS (
                        UPDATE ledger_balance b SET held_minor = b.held_minor + c.minor * b.normal_side
                        FROM c WHERE b.mutual_id = $1 AND b.account_id = c.account_id AND b.currency = $2
                            AND b.account_id BETWEEN $3 AND $4' || CASE WHEN named IS NULL THEN '' ELSE ' AND b.account_id = ANY ($5)' END || '
                        RETURNING b.account_id
                    )
                    SELECT (SELECT count(*) FROM c) <> (SELECT count(*) FROM kept) + (
                        SELECT count(*) FROM c JOIN ledger_account a ON a.mutual_id = $1 AND a.id = c.account_id
                            AND a.currency = $2 AND a.floor_minor IS NULL)'
                    INTO is_odd USING brought.mutual, brought.currency, pieces[place][1], pieces[place][2], named;
                is_faulty := is_faulty OR is_odd;
            END LOOP;
        END IF;
        PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_hashagg', 'on', true), set_config('enable_nestloop', 'on', true);
    END IF;
    IF is_faulty THEN
        SELECT t.* INTO hit FROM (
            SELECT g.*, (
                SELECT CASE WHEN h.written_xid = writer THEN h.n_entries ELSE 0 END
                FROM ledger_tx h WHERE h.mutual_id = g.mutual_id AND h.id = g.tx_id
            ) AS n_entries
            FROM (
                SELECT f.mutual_id, f.tx_id, count(*) AS lines, min(f.line) AS first, max(f.line) AS last,
                       sum(f.amount_minor) AS total, bool_and(f.written_xid = writer) AS is_ours
                FROM fresh f GROUP BY f.mutual_id, f.tx_id
            ) g
        ) t
        WHERE t.n_entries IS NULL OR NOT t.is_ours OR t.lines <> t.n_entries OR t.first <> 1 OR t.last <> t.n_entries OR t.total <> 0
        LIMIT 1;
        IF NOT FOUND THEN
            NULL;
        ELSIF NOT hit.is_ours THEN
            RAISE EXCEPTION 'an entry names another writer than the transaction that inserts it' USING ERRCODE = 'check_violation';
        ELSIF hit.n_entries IS NULL THEN
            RAISE EXCEPTION 'entries of ledger transaction % have no header in ledger_tx: one statement writes both', hit.tx_id
                USING ERRCODE = 'foreign_key_violation';
        ELSIF hit.n_entries = 0 THEN
            RAISE EXCEPTION 'ledger transaction % was written by an earlier database transaction', hit.tx_id
                USING ERRCODE = 'check_violation';
        ELSIF hit.lines <> hit.n_entries THEN
            RAISE EXCEPTION 'ledger transaction % has % entries, its header says %', hit.tx_id, hit.lines, hit.n_entries
                USING ERRCODE = 'check_violation';
        ELSIF hit.first <> 1 OR hit.last <> hit.n_entries THEN
            RAISE EXCEPTION 'ledger transaction % has lines % to %, its header says % entries', hit.tx_id, hit.first, hit.last,
                hit.n_entries USING ERRCODE = 'check_violation';
        ELSE
            RAISE EXCEPTION 'ledger transaction % does not sum to zero in each currency', hit.tx_id USING ERRCODE = 'check_violation';
        END IF;
        SELECT g.account_id, g.currency INTO hit FROM (SELECT DISTINCT f.mutual_id, f.account_id, f.currency FROM fresh f) g
        WHERE (SELECT a.currency FROM ledger_account a WHERE a.mutual_id = g.mutual_id AND a.id = g.account_id) IS DISTINCT FROM g.currency
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'an entry names account %, which does not exist in % (foreign key)', hit.account_id, hit.currency
                USING ERRCODE = 'foreign_key_violation';
        END IF;
    END IF;
    -- In one currency a transaction's entries sum to zero by now; in several, each is looked at by itself.
    IF brought.is_mixed THEN
        SELECT f.tx_id INTO hit FROM fresh f
        GROUP BY f.mutual_id, f.tx_id, f.currency HAVING sum(f.amount_minor) <> 0 LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'ledger transaction % does not sum to zero in each currency', hit.tx_id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NOT is_large THEN
        FOR hit IN
            SELECT f.mutual_id, f.account_id, sum(f.amount_minor)::bigint AS minor FROM fresh f
            GROUP BY f.mutual_id, f.account_id HAVING sum(f.amount_minor) <> 0 ORDER BY f.mutual_id, f.account_id
        LOOP
            UPDATE ledger_balance b SET held_minor = b.held_minor + hit.minor * b.normal_side
            WHERE b.mutual_id = hit.mutual_id AND b.account_id = hit.account_id;
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_tx_guard() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_nestloop = on AS $$
DECLARE
    few CONSTANT int := 2000;
    writer CONSTANT xid8 := pg_current_xact_id();
    is_faulty boolean := true;
    hit record;
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT few) f) = few THEN
        PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_nestloop', 'off', true);
        EXECUTE '
            SELECT count(*) > 0 FROM fresh f
            LEFT JOIN ledger_entry e ON e.mutual_id = f.mutual_id AND e.tx_id = f.id AND e.line = 1 AND e.tx_id BETWEEN $2 AND $3
            WHERE e.line IS NULL OR f.written_xid <> $1'
            INTO is_faulty USING writer, (SELECT min(f.id) FROM fresh f), (SELECT max(f.id) FROM fresh f);
        PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_nestloop', 'on', true);
    END IF;
    IF is_faulty THEN
        SELECT f.id, f.n_entries, f.written_xid = writer AS is_ours INTO hit FROM fresh f
        WHERE f.written_xid <> writer
           OR (SELECT e.line FROM ledger_entry e WHERE e.mutual_id = f.mutual_id AND e.tx_id = f.id AND e.line = 1) IS NULL
        LIMIT 1;
        IF NOT FOUND THEN
            NULL;
        ELSIF NOT hit.is_ours THEN
            RAISE EXCEPTION 'ledger transaction % was written by an earlier database transaction', hit.id USING ERRCODE = 'check_violation';
        ELSE
            RAISE EXCEPTION 'ledger transaction % has 0 entries, its header says %', hit.id, hit.n_entries USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    SELECT f.id, f.reverses INTO hit FROM fresh f
    WHERE f.reverses IS NOT NULL
      AND (SELECT o.id FROM ledger_tx o WHERE o.mutual_id = f.mutual_id AND o.id = f.reverses) IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % reverses %, which does not exist (foreign key)', hit.id, hit.reverses
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    -- Closing a month takes the same lock alone, so nothing slips in while it is being closed.
    FOR hit IN
        SELECT DISTINCT d.mutual_id, date_trunc('month', d.valid_on)::date AS month
        FROM (SELECT DISTINCT f.mutual_id, f.valid_on FROM fresh f) d ORDER BY 1, 2
    LOOP
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(hit.mutual_id || ':' || hit.month, 0));
        IF (SELECT p.is_closed FROM ledger_period p
            WHERE p.mutual_id = hit.mutual_id AND p.period_start = hit.month ORDER BY p.id DESC LIMIT 1)
        THEN
            RAISE EXCEPTION 'the month % is closed in the books', to_char(hit.month, 'YYYY-MM') USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Fires where the owner has switched "no_change" off: what an entry refers to is neither deleted nor renamed.
CREATE FUNCTION ledger_referred() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    hit record;
BEGIN
    IF tg_op = 'UPDATE' AND tg_table_name = 'ledger_account' THEN
        SELECT o.id INTO hit FROM gone o
        WHERE NOT EXISTS (SELECT FROM kept n WHERE n.mutual_id = o.mutual_id AND n.id = o.id AND n.currency = o.currency)
          AND EXISTS (SELECT FROM ledger_entry e WHERE e.mutual_id = o.mutual_id AND e.account_id = o.id) LIMIT 1;
    ELSIF tg_op = 'UPDATE' THEN
        SELECT o.id INTO hit FROM gone o
        WHERE NOT EXISTS (SELECT FROM kept n WHERE n.mutual_id = o.mutual_id AND n.id = o.id AND n.written_xid = o.written_xid)
          AND (EXISTS (SELECT FROM ledger_entry e WHERE e.mutual_id = o.mutual_id AND e.tx_id = o.id)
               OR EXISTS (SELECT FROM ledger_tx r WHERE r.mutual_id = o.mutual_id AND r.reverses = o.id)) LIMIT 1;
        IF NOT FOUND THEN
            SELECT n.id INTO hit FROM kept n
            WHERE n.reverses IS NOT NULL
              AND NOT EXISTS (SELECT FROM ledger_tx o WHERE o.mutual_id = n.mutual_id AND o.id = n.reverses) LIMIT 1;
        END IF;
    ELSIF tg_table_name = 'ledger_account' THEN
        SELECT o.id INTO hit FROM gone o
        WHERE EXISTS (SELECT FROM ledger_entry e WHERE e.mutual_id = o.mutual_id AND e.account_id = o.id) LIMIT 1;
    ELSE
        SELECT o.id INTO hit FROM gone o
        WHERE EXISTS (SELECT FROM ledger_entry e WHERE e.mutual_id = o.mutual_id AND e.tx_id = o.id)
           OR EXISTS (SELECT FROM ledger_tx r WHERE r.mutual_id = o.mutual_id AND r.reverses = o.id) LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION '% % has entries or a reversal: it is neither deleted nor given other keys (foreign key)', tg_table_name, hit.id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_open_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_balance (mutual_id, account_id, held_minor, floor_minor, normal_side, currency)
    SELECT mutual_id, id, 0, floor_minor, normal_side, currency FROM fresh WHERE floor_minor IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_period_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(new.mutual_id || ':' || new.period_start, 0));
    RETURN new;
END $$;

CREATE TRIGGER guard AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_guard();
CREATE TRIGGER guard AFTER INSERT ON ledger_tx REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_tx_guard();
CREATE TRIGGER open_balance AFTER INSERT ON ledger_account REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_open_balance();
CREATE TRIGGER guard BEFORE INSERT ON ledger_period FOR EACH ROW EXECUTE FUNCTION ledger_period_guard();

CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_tx
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER referred_delete AFTER DELETE ON ledger_account REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_referred();
CREATE TRIGGER referred_update AFTER UPDATE ON ledger_account REFERENCING OLD TABLE AS gone NEW TABLE AS kept
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_referred();
CREATE TRIGGER referred_delete AFTER DELETE ON ledger_tx REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_referred();
CREATE TRIGGER referred_update AFTER UPDATE ON ledger_tx REFERENCING OLD TABLE AS gone NEW TABLE AS kept
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_referred();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
-- What is large enough to leave its row comes packed already (kit/evidence.py).
ALTER TABLE evidence ALTER COLUMN body SET STORAGE EXTERNAL;

-- A load changes every member's balance: with room on the page a change stays there and no index has to follow.
ALTER TABLE ledger_balance SET (fillfactor = 50);
