-- What the rows of large loads refer to, looked up once per statement.
--
-- A foreign key looks once per row, and locks and thereby rewrites the row it finds: of a payment list that is taken in, of a
-- remittance, of a payout batch it was a third of the time. The tables below are protected the same way on both sides without
-- one. Rows that arrive together are checked together: a few by sub-selects, which can only run over the parent's primary key (a
-- plan made while the tables were small does not go wrong on a large day), many by EXECUTE, which plans anew each time. A column
-- that is changed later is checked row by row. A parent that somebody refers to is neither deleted nor renumbered; nobody but the
-- owner may delete one at all, so what was seen to be there stays there without a lock on it.
DO $$
DECLARE
    -- Table, column, parent; whether many rows of a statement have the same parent, which is then looked up once.
    kept CONSTANT text[][] := ARRAY[
        ['contribution_assessment', 'member_id', 'member', ''],
        ['contribution_assessment', 'payroll_id', 'payroll', 'shared'],
        ['contribution_assessment', 'schedule_id', 'contribution_schedule', 'shared'],
        ['contribution_receipt', 'ledger_tx_id', 'ledger_tx', ''],
        ['contribution_receipt_line', 'receipt_id', 'contribution_receipt', ''],
        ['contribution_receipt_line', 'member_id', 'member', ''],
        ['benefit_remittance_line', 'remittance_id', 'benefit_remittance', 'shared'],
        ['benefit_remittance_line', 'member_id', 'member', ''],
        ['payout', 'batch_id', 'payout_batch', 'shared'],
        ['payout', 'member_id', 'member', ''],
        ['payout', 'retry_of_id', 'payout', '']
    ];
    -- %1$I the table, %2$I its column, %3$I the parent, %4$s the fresh rows, each parent once where it is shared, %5$s the column's
    -- place among those of its table.
    on_insert CONSTANT text := $part$
    is_faulty := true;
    IF is_large THEN
        is_faulty := lowest[%5$s] IS NOT NULL;
        IF is_faulty AND one_mutual IS NOT NULL AND lowest[%5$s] = highest[%5$s] THEN
            is_faulty := (SELECT p.id FROM %3$I p WHERE p.mutual_id = one_mutual AND p.id = lowest[%5$s]) IS NULL;
        ELSIF is_faulty THEN
            -- Looked for between the lowest and the highest, not in the whole of the parent.
            PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_nestloop', 'off', true);
            EXECUTE 'SELECT count(*) > 0 FROM %4$s f'
                ' LEFT JOIN %3$I p ON p.mutual_id = f.mutual_id AND p.id = f.%2$I AND p.id BETWEEN $1 AND $2'
                ' WHERE f.%2$I IS NOT NULL AND p.id IS NULL' INTO is_faulty USING lowest[%5$s], highest[%5$s];
            PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_nestloop', 'on', true);
        END IF;
    END IF;
    IF is_faulty THEN
        SELECT f.%2$I INTO missing FROM %4$s f
        WHERE f.%2$I IS NOT NULL AND (SELECT p.id FROM %3$I p WHERE p.mutual_id = f.mutual_id AND p.id = f.%2$I) IS NULL LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'a row of %1$I refers to %3$I %%, which does not exist (foreign key)', missing
                USING ERRCODE = 'foreign_key_violation';
        END IF;
    END IF;$part$;
    insert_guard CONSTANT text := $part$
CREATE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET enable_nestloop = on AS $guard$
DECLARE
    few CONSTANT int := 200;
    is_large CONSTANT boolean := (SELECT count(*) FROM (SELECT FROM fresh LIMIT few) f) = few;
    is_faulty boolean;
    missing bigint;
    lowest bigint[];
    highest bigint[];
    one_mutual bigint;
BEGIN
    IF is_large THEN
        -- One pass for all columns: mostly all rows have one parent in some column, and that one is looked up by itself.
        SELECT ARRAY[%3$s], ARRAY[%4$s], CASE WHEN min(f.mutual_id) = max(f.mutual_id) THEN min(f.mutual_id) END
        INTO lowest, highest, one_mutual FROM fresh f;
    END IF;%2$s
    RETURN NULL;
END $guard$ $part$;
    update_guard CONSTANT text := $part$
CREATE FUNCTION %4$I() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF NOT EXISTS (SELECT FROM %3$I p WHERE p.mutual_id = new.mutual_id AND p.id = new.%2$I) THEN
        RAISE EXCEPTION 'a row of %1$I refers to %3$I %%, which does not exist (foreign key)', new.%2$I
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $guard$ $part$;
    parent_guard CONSTANT text := $part$
CREATE FUNCTION %4$I() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF EXISTS (SELECT FROM %1$I c WHERE c.mutual_id = old.mutual_id AND c.%2$I = old.id) THEN
        RAISE EXCEPTION '%3$I %% stays as it is: %1$I refers to it (foreign key)', old.id USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $guard$ $part$;
    a_table text;
    one text[];
    name text;
    places text[];
    checks text;
BEGIN
    FOR a_table IN SELECT DISTINCT kept[n][1] FROM generate_subscripts(kept, 1) n ORDER BY 1 LOOP
        checks := '';
        places := '{}';
        FOREACH one SLICE 1 IN ARRAY kept LOOP
            CONTINUE WHEN one[1] <> a_table;
            places := places || one[2];
            checks := checks || format(on_insert, one[1], one[2], one[3],
                CASE WHEN one[4] = 'shared' THEN format('(SELECT DISTINCT mutual_id, %I FROM fresh)', one[2]) ELSE 'fresh' END,
                cardinality(places));
            name := one[1] || '_' || one[2];
            EXECUTE format(update_guard, one[1], one[2], one[3], name || '_refers');
            EXECUTE format(
                'CREATE TRIGGER %1$I AFTER UPDATE OF mutual_id, %2$I ON %3$I FOR EACH ROW'
                ' WHEN (new.%2$I IS NOT NULL AND (new.%2$I IS DISTINCT FROM old.%2$I OR new.mutual_id <> old.mutual_id))'
                ' EXECUTE FUNCTION %4$I()', one[2] || '_refers', one[2], one[1], name || '_refers');
            EXECUTE format(parent_guard, one[1], one[2], one[3], name || '_keeps');
            EXECUTE format('CREATE TRIGGER %1$I AFTER DELETE ON %2$I FOR EACH ROW EXECUTE FUNCTION %1$I()', name || '_keeps', one[3]);
            EXECUTE format(
                'CREATE TRIGGER %1$I AFTER UPDATE OF mutual_id, id ON %2$I FOR EACH ROW'
                ' WHEN (new.id <> old.id OR new.mutual_id <> old.mutual_id) EXECUTE FUNCTION %3$I()',
                name || '_keeps_key', one[3], name || '_keeps');
        END LOOP;
        EXECUTE format(insert_guard, a_table || '_refers', checks,
            (SELECT string_agg(format('min(f.%I)', p.place), ', ' ORDER BY p.n) FROM unnest(places) WITH ORDINALITY AS p (place, n)),
            (SELECT string_agg(format('max(f.%I)', p.place), ', ' ORDER BY p.n) FROM unnest(places) WITH ORDINALITY AS p (place, n)));
        EXECUTE format(
            'CREATE TRIGGER refers AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION %I()',
            a_table, a_table || '_refers');
    END LOOP;
END $$;
