-- The ledger's guard. What must never be in the books is refused here, whoever asks.
--
-- A transaction's entries are inserted before its header, or in the same statement. The header's statement trigger then
-- finds them all and checks the whole; the entries' deferred foreign key (mutual, tx, writer) makes an entry without a
-- header, or with another writer's header, fail at commit. So a balanced pair cannot be added to an old transaction,
-- not even by two sessions at once, and no row-level trigger is needed.

CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the ledger is insert only; post a linked reversal', tg_op, tg_table_name
        USING ERRCODE = 'restrict_violation';
END $$;

-- One row per transaction of the list that is not whole, with what is wrong.
CREATE FUNCTION ledger_faults(mutual bigint[], tx bigint[]) RETURNS TABLE (tx_id bigint, fault text)
LANGUAGE sql STABLE AS $$
    WITH asked AS (
        SELECT DISTINCT u.m, u.t FROM unnest(mutual, tx) AS u (m, t)
    ), sums AS (
        SELECT a.m, a.t, e.currency, count(e.line) AS lines, sum(e.amount_minor) AS total,
               bool_and(e.written_xid = pg_current_xact_id()) AS ours
        FROM asked a
        LEFT JOIN ledger_entry e ON e.mutual_id = a.m AND e.tx_id = a.t
        GROUP BY a.m, a.t, e.currency
    ), whole AS (
        SELECT m, t, sum(lines) AS lines, bool_and(coalesce(total, 0) = 0) AS balanced, bool_and(coalesce(ours, true)) AS ours
        FROM sums GROUP BY m, t
    )
    SELECT w.t, CASE
        WHEN h.written_xid <> pg_current_xact_id() OR NOT w.ours THEN 'was written by an earlier database transaction'
        WHEN w.lines <> h.n_entries THEN format('has %s entries, its header says %s', w.lines, h.n_entries)
        WHEN NOT w.balanced THEN 'does not sum to zero in each currency'
        END
    FROM whole w
    JOIN ledger_tx h ON h.mutual_id = w.m AND h.id = w.t
    WHERE h.written_xid <> pg_current_xact_id() OR NOT w.ours OR w.lines <> h.n_entries OR NOT w.balanced
    LIMIT 1
$$;

-- A session keeps a trigger's plan, made when the tables were small, for the day they are large. Told to use no table scan
-- it joins the fresh rows by index, which is right for one row and not wrong for a million.
CREATE FUNCTION ledger_entry_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    hit record;
    mutuals bigint[];
    txs bigint[];
BEGIN
    IF EXISTS (SELECT FROM fresh WHERE written_xid <> pg_current_xact_id()) THEN
        RAISE EXCEPTION 'an entry names another writer than the transaction that inserts it' USING ERRCODE = 'check_violation';
    END IF;
    SELECT array_agg(f.mutual_id), array_agg(f.tx_id) INTO mutuals, txs
    FROM (SELECT DISTINCT mutual_id, tx_id FROM fresh) f
    JOIN ledger_tx h ON h.mutual_id = f.mutual_id AND h.id = f.tx_id;
    IF txs IS NOT NULL THEN
        SELECT * INTO hit FROM ledger_faults(mutuals, txs);
        IF FOUND THEN
            RAISE EXCEPTION 'ledger transaction % %', hit.tx_id, hit.fault USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    -- Accounts with a floor keep a balance on their normal side, locked in the order of their ids.
    WITH change AS (
        SELECT f.mutual_id, f.account_id, sum(f.amount_minor * a.normal_side)::bigint AS delta
        FROM fresh f
        JOIN ledger_account a ON a.mutual_id = f.mutual_id AND a.id = f.account_id AND a.floor_minor IS NOT NULL
        GROUP BY f.mutual_id, f.account_id
    ), locked AS MATERIALIZED (
        SELECT b.mutual_id, b.account_id, c.delta
        FROM ledger_balance b
        JOIN change c ON c.mutual_id = b.mutual_id AND c.account_id = b.account_id
        ORDER BY b.mutual_id, b.account_id
        FOR UPDATE OF b
    )
    UPDATE ledger_balance b SET held_minor = b.held_minor + l.delta
    FROM locked l
    WHERE b.mutual_id = l.mutual_id AND b.account_id = l.account_id AND l.delta <> 0;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_tx_guard() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    hit record;
BEGIN
    SELECT * INTO hit FROM ledger_faults((SELECT array_agg(mutual_id ORDER BY id) FROM fresh), (SELECT array_agg(id ORDER BY id) FROM fresh));
    IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % %', hit.tx_id, hit.fault USING ERRCODE = 'check_violation';
    END IF;
    -- Closing a month takes the same lock alone, so nothing slips in while it is being closed.
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(m.mutual_id || ':' || m.month, 0))
    FROM (SELECT DISTINCT mutual_id, date_trunc('month', valid_on)::date AS month FROM fresh ORDER BY 1, 2) m;
    SELECT m.month INTO hit
    FROM (SELECT DISTINCT mutual_id, date_trunc('month', valid_on)::date AS month FROM fresh) m
    CROSS JOIN LATERAL (
        SELECT p.is_closed FROM ledger_period p
        WHERE p.mutual_id = m.mutual_id AND p.period_start = m.month ORDER BY p.id DESC LIMIT 1
    ) newest
    WHERE newest.is_closed LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the month % is closed in the books', to_char(hit.month, 'YYYY-MM') USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_open_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_balance (mutual_id, account_id, held_minor, floor_minor)
    SELECT mutual_id, id, 0, floor_minor FROM fresh WHERE floor_minor IS NOT NULL;
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
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- A load changes every member's balance: with room on the page a change stays there and no index has to follow.
ALTER TABLE ledger_balance SET (fillfactor = 50);
