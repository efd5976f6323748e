-- Whose data a transaction may touch. Run last: it walks the catalogue and binds every table that has a mutual_id.
--
-- The application's role owns nothing. It may read and insert everywhere inside the transaction's mutual, update
-- where a table is not in the list of insert-only ones, and delete nowhere.
DO $$
DECLARE
    a_table record;
    insert_only CONSTANT text[] := ARRAY[
        'audit_log', 'state_log', 'evidence', 'run_once',
        'ledger_account', 'ledger_tx', 'ledger_entry', 'ledger_snapshot', 'ledger_period', 'ledger_seal', 'ledger_leaf',
        'member_wage', 'member_change',
        'contribution_fee', 'contribution_schedule', 'contribution_assessment', 'contribution_receipt', 'contribution_receipt_line',
        'contribution_reversal', 'contribution_placement', 'receipt_import_refusal',
        'funding_policy', 'filing_document', 'bill_component', 'bill_filing',
        'benefit_allotment', 'reconciliation_note'
    ];
BEGIN
    FOR a_table IN
        SELECT c.relname
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'mutual_id' AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p')
        ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', a_table.relname);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', a_table.relname);
        IF a_table.relname = 'mutual' THEN
            -- Read by everybody: a log-in names its mutual before the transaction has one.
            CREATE POLICY of_all ON mutual FOR SELECT USING (true);
            GRANT SELECT ON mutual TO gateway_app;
        ELSIF a_table.relname = 'ledger_balance' THEN
            CREATE POLICY of_mutual ON ledger_balance
                USING (mutual_id = (SELECT current_mutual())) WITH CHECK (mutual_id = (SELECT current_mutual()));
            GRANT SELECT ON ledger_balance TO gateway_app;
        ELSE
            EXECUTE format(
                'CREATE POLICY of_mutual ON %I USING (mutual_id = (SELECT current_mutual()))'
                ' WITH CHECK (mutual_id = (SELECT current_mutual()))', a_table.relname);
            EXECUTE format('GRANT SELECT, INSERT ON %I TO gateway_app', a_table.relname);
            IF a_table.relname <> ALL (insert_only) THEN
                EXECUTE format('GRANT UPDATE ON %I TO gateway_app', a_table.relname);
            END IF;
        END IF;
    END LOOP;
END $$;

-- A draft that is discarded or prepared anew gives up its lines; nothing sealed is ever deleted.
GRANT DELETE ON filing_line, filing_decision TO gateway_app;
CREATE FUNCTION refuse_frozen_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT status FROM filing f WHERE f.mutual_id = old.mutual_id AND f.id = old.filing_id) NOT IN ('draft', 'discarded') THEN
        RAISE EXCEPTION 'filing % is sealed: its lines and decisions stay', old.filing_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN old;
END $$;
CREATE TRIGGER frozen_delete BEFORE DELETE ON filing_line FOR EACH ROW EXECUTE FUNCTION refuse_frozen_delete();
CREATE TRIGGER frozen_delete BEFORE DELETE ON filing_decision FOR EACH ROW EXECUTE FUNCTION refuse_frozen_delete();

-- What is declared of a member in a sealed filing never changes; only the state's answer is written beside it.
CREATE FUNCTION refuse_frozen_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.status <> 'draft' AND
       (new.filing_id, new.line_no, new.member_id, new.document_kind, new.document, new.given_names, new.first_surname,
        new.second_surname, new.wage_minor, new.additional_dependants, new.amounts_minor, new.state_minor, new.fee_minor,
        new.from_member_minor, new.from_fund_minor, new.from_reserve_minor)
       IS DISTINCT FROM
       (old.filing_id, old.line_no, old.member_id, old.document_kind, old.document, old.given_names, old.first_surname,
        old.second_surname, old.wage_minor, old.additional_dependants, old.amounts_minor, old.state_minor, old.fee_minor,
        old.from_member_minor, old.from_fund_minor, old.from_reserve_minor)
    THEN
        RAISE EXCEPTION 'line % of filing % is frozen', old.line_no, old.filing_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER frozen_update BEFORE UPDATE ON filing_line FOR EACH ROW EXECUTE FUNCTION refuse_frozen_update();

GRANT USAGE ON SCHEMA public TO gateway_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO gateway_app;
