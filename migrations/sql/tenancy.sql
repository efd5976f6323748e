-- Whose data a transaction may touch. Run last: it walks the catalogue and binds every table that has a mutual_id.
--
-- The application's role owns nothing. It may read and insert everywhere inside the transaction's mutual, update
-- where a table is not in the list of insert-only ones, and delete nowhere.
DO $$
DECLARE
    a_table record;
    insert_only CONSTANT text[] := ARRAY[
        'audit_log', 'state_log', 'evidence', 'run_once', 'mutual_setting_change', 'message_template',
        'ledger_account', 'ledger_tx', 'ledger_entry', 'ledger_snapshot', 'ledger_day_total', 'ledger_period', 'ledger_seal', 'ledger_leaf',
        'member_wage', 'payroll_wage', 'member_change', 'member_note',
        'contribution_fee', 'contribution_schedule', 'contribution_assessment', 'contribution_receipt', 'contribution_day_total', 'contribution_receipt_line',
        'contribution_reversal', 'contribution_placement', 'receipt_import_refusal',
        'holiday_correction', 'contribution_return', 'employer_receipt', 'employer_reversal', 'bill_credit', 'funding_policy', 'filing_document_chunk', 'filing_answer_page', 'bill_filing',
        'benefit_placement', 'benefit_amount', 'benefit_claim_document', 'benefit_claim_receipt', 'benefit_credit', 'payout_destination', 'payout_stranger', 'reconciliation_note',
        'cash_count', 'cash_session_receipt', 'round_receipt', 'round_refusal', 'receipt_block', 'receipt_block_number',
        'allotment_rule', 'day_closing', 'provider_settlement_line', 'complaint_evidence', 'complaint_message',
        'transparency_tree', 'transparency_leaf', 'transparency_node', 'transparency_key', 'transparency_checkpoint',
        'state_client_token', 'state_coverage_change', 'webhook_event', 'webhook_attempt'
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

-- What lines and decisions refer to, looked at once for all rows of a statement: a foreign key would look once per row.
-- Nobody deletes filings, members or assessments, so what was there stays there.
-- Many rows are looked at by EXECUTE, which plans anew each time, and by hash alone; see ledger.sql.
CREATE FUNCTION filing_line_guard() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_nestloop = on SET enable_mergejoin = on AS $$
DECLARE
    few CONSTANT int := 200;
    faulty bigint;
    one bigint;
    told record;
    hit record;
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT few) f) = few THEN
        PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_nestloop', 'off', true),
            set_config('enable_mergejoin', 'off', true);
        -- A statement writes the lines of one filing: with its payroll and month known, no other month's assessments are read.
        LOOP
            SELECT min(n.filing_id) INTO one FROM fresh n WHERE n.filing_id > coalesce(one, 0);
            EXIT WHEN one IS NULL OR faulty IS NOT NULL;
            SELECT f.mutual_id, f.payroll_id, f.period_start INTO told FROM (SELECT one AS id) o LEFT JOIN filing f ON f.id = o.id;
            EXECUTE '
                SELECT min(n.id) FILTER (WHERE n.filing_id = $1 AND a.id IS NULL) FROM fresh n
                LEFT JOIN contribution_assessment a ON a.mutual_id = $2 AND a.payroll_id = $3 AND a.period_start = $4
                    AND a.mutual_id = n.mutual_id AND a.id = n.assessment_id AND a.member_id = n.member_id'
                INTO faulty USING one, told.mutual_id, told.payroll_id, told.period_start;
        END LOOP;
    ELSE
        SELECT min(n.id) INTO faulty FROM fresh n WHERE (
            SELECT a.id FROM contribution_assessment a
            WHERE a.mutual_id = n.mutual_id AND a.id = n.assessment_id AND a.member_id = n.member_id
              AND (a.payroll_id, a.period_start) = (
                  SELECT f.payroll_id, f.period_start FROM filing f WHERE f.mutual_id = n.mutual_id AND f.id = n.filing_id)
        ) IS NULL;
    END IF;
    IF faulty IS NOT NULL THEN
        SELECT n.filing_id, n.line_no INTO hit FROM fresh n WHERE n.id = faulty;
        RAISE EXCEPTION 'line % of filing % rests on no assessment of its member, payroll and month', hit.line_no, hit.filing_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    -- Whose money: an employer's payroll is paid by him alone, and he pays for no other. Few filings, whose lines are read once.
    SELECT g.filing_id, g.line_no INTO hit FROM (
        SELECT n.mutual_id, n.filing_id, n.from_employer_minor <> 0 AS is_his, min(n.line_no) AS line_no FROM fresh n
        WHERE n.from_employer_minor <> 0 OR n.total_minor <> 0
        GROUP BY n.mutual_id, n.filing_id, n.from_employer_minor <> 0
    ) g
    WHERE g.is_his <> (
        SELECT p.employer_number <> m.employer_number FROM filing f
        JOIN payroll p ON p.mutual_id = f.mutual_id AND p.id = f.payroll_id
        JOIN mutual m ON m.mutual_id = p.mutual_id
        WHERE f.mutual_id = g.mutual_id AND f.id = g.filing_id
    )
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'line % of filing % is paid with money that is not for its employer', hit.line_no, hit.filing_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION filing_decision_guard() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_nestloop = on SET enable_mergejoin = on AS $$
DECLARE
    few CONSTANT int := 200;
    faulty bigint;
    hit record;
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT few) f) = few THEN
        PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_nestloop', 'off', true),
            set_config('enable_mergejoin', 'off', true);
        EXECUTE '
            SELECT min(n.id) FROM fresh n
            LEFT JOIN filing f ON f.mutual_id = n.mutual_id AND f.id = n.filing_id
            LEFT JOIN member m ON m.mutual_id = n.mutual_id AND m.id = n.member_id
            WHERE f.id IS NULL OR m.id IS NULL' INTO faulty;
    ELSE
        SELECT min(n.id) INTO faulty FROM fresh n
        WHERE (SELECT f.id FROM filing f WHERE f.mutual_id = n.mutual_id AND f.id = n.filing_id) IS NULL
           OR (SELECT m.id FROM member m WHERE m.mutual_id = n.mutual_id AND m.id = n.member_id) IS NULL;
    END IF;
    IF faulty IS NOT NULL THEN
        SELECT n.filing_id, n.member_id INTO hit FROM fresh n WHERE n.id = faulty;
        RAISE EXCEPTION 'a decision about member % of filing %: there is no such member or filing', hit.member_id, hit.filing_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER guard AFTER INSERT ON filing_line REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION filing_line_guard();
CREATE TRIGGER guard AFTER INSERT ON filing_decision REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION filing_decision_guard();

-- A draft that is discarded or prepared anew gives up its lines; nothing sealed is ever deleted.
-- What may be used once is forgotten when it would be too old anyway.
GRANT DELETE ON state_client_seen TO gateway_app;
-- What was told to others is forgotten after the days that the mutual keeps it: the steps themselves stay in the logs.
GRANT DELETE ON webhook_event, webhook_delivery, webhook_attempt TO gateway_app;

GRANT DELETE ON filing_line, filing_decision, filing_dependant_line, filing_movement TO gateway_app;
CREATE FUNCTION refuse_frozen_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    SELECT f.id INTO hit FROM (SELECT DISTINCT mutual_id, filing_id FROM gone) g
    JOIN filing f ON f.mutual_id = g.mutual_id AND f.id = g.filing_id
    WHERE f.status NOT IN ('draft', 'discarded') LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'filing % is sealed: its lines and decisions stay', hit.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER frozen_delete AFTER DELETE ON filing_line REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_frozen_delete();
CREATE TRIGGER frozen_delete AFTER DELETE ON filing_decision REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_frozen_delete();
CREATE TRIGGER frozen_delete AFTER DELETE ON filing_dependant_line REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_frozen_delete();
CREATE TRIGGER frozen_delete AFTER DELETE ON filing_movement REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_frozen_delete();

-- What is declared of somebody in a sealed filing never changes; only the state's answer is written beside it. The
-- triggers name the frozen columns, so that writing an answer does not fire them; a draft's lines may be renumbered. They
-- come after the row, for the mere presence of one that comes before makes the server lock each row it then does not fire for.
CREATE FUNCTION refuse_frozen_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new IS DISTINCT FROM old AND
       (SELECT status FROM filing f WHERE f.mutual_id = old.mutual_id AND f.id = old.filing_id) IS DISTINCT FROM 'draft'
    THEN
        RAISE EXCEPTION 'line % of filing % is frozen', old.line_no, old.filing_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER frozen_update AFTER UPDATE OF mutual_id, id, filing_id, line_no, member_id, assessment_id, document_kind,
    document, given_names, first_surname, second_surname, sex, birth_date, wage_minor, additional_dependants, amounts_minor,
    state_minor, fee_minor, total_minor, from_member_minor, credit_minor, from_fund_minor, from_reserve_minor,
    from_employer_minor, fund_id, reason, change_since_last ON filing_line FOR EACH ROW EXECUTE FUNCTION refuse_frozen_update();
CREATE TRIGGER frozen_update AFTER UPDATE OF mutual_id, id, filing_id, line_no, event, member_id, dependant_id,
    holder_document_kind, holder_document, document_kind, document, given_names, first_surname, second_surname
    ON filing_dependant_line FOR EACH ROW EXECUTE FUNCTION refuse_frozen_update();
CREATE TRIGGER frozen_update AFTER UPDATE OF mutual_id, id, filing_id, line_no, file_group, after_payroll, held_back, detail, event,
    event_key, reason, source_kind, source_id, again_after, member_id, starts_on, ends_on, document_kind, document, given_names,
    first_surname, second_surname, sex, birth_date, wage_minor
    ON filing_movement FOR EACH ROW EXECUTE FUNCTION refuse_frozen_update();

-- The bytes of a file and our id for it are frozen from the first moment; only where it stands is written.
CREATE FUNCTION refuse_document_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'file % is frozen', old.reference USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER frozen_update BEFORE UPDATE OF mutual_id, id, filing_id, position, kind, part, part_count, file_name, media_type,
    line_count, first_line_no, byte_count, sha256, reference, created_at
    ON filing_document FOR EACH ROW EXECUTE FUNCTION refuse_document_update();

-- The pieces of a file come packed already (filing/files.py): the server need not try to make them smaller.
ALTER TABLE filing_document_chunk ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE FUNCTION refuse_bill_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what the state asks for in bill % is frozen', old.bill_id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER frozen_update BEFORE UPDATE OF mutual_id, id, bill_id, code, theirs_minor ON bill_component
    FOR EACH ROW EXECUTE FUNCTION refuse_bill_update();

-- Employers the mutual files for are never mixed with it or with one another, whoever asks.
CREATE FUNCTION payroll_employer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mutual m WHERE m.mutual_id = new.mutual_id AND m.employer_number = new.employer_number)
        AND NOT EXISTS (SELECT FROM employer e WHERE e.mutual_id = new.mutual_id AND e.number = new.employer_number)
    THEN
        RAISE EXCEPTION 'payroll %: no employer has the number %', new.code, new.employer_number
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'fk_payroll_employer_number';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER employer BEFORE INSERT OR UPDATE OF employer_number ON payroll
    FOR EACH ROW EXECUTE FUNCTION payroll_employer_guard();

CREATE FUNCTION filing_line_money_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'whose money pays line % of filing % is written once', old.line_no, old.filing_id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER whose_money AFTER UPDATE OF from_employer_minor ON filing_line FOR EACH ROW
    WHEN (new.from_employer_minor <> old.from_employer_minor) EXECUTE FUNCTION filing_line_money_guard();

CREATE FUNCTION bill_filing_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    SELECT n.bill_id, n.filing_id INTO hit FROM fresh n
    JOIN bill b ON b.mutual_id = n.mutual_id AND b.id = n.bill_id
    JOIN filing f ON f.mutual_id = n.mutual_id AND f.id = n.filing_id
    WHERE f.payroll_id <> b.payroll_id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'bill % cannot take the money of filing %: it is of another payroll', hit.bill_id, hit.filing_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER guard AFTER INSERT ON bill_filing REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION bill_filing_guard();

CREATE FUNCTION filing_payment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own text;
    whose text;
BEGIN
    SELECT e.account_code, p.employer_number INTO own, whose
    FROM bill b
    JOIN payroll p ON p.mutual_id = b.mutual_id AND p.id = b.payroll_id
    LEFT JOIN employer e ON e.mutual_id = p.mutual_id AND e.number = p.employer_number
    WHERE b.mutual_id = new.mutual_id AND b.id = new.bill_id;
    IF own <> new.account_code OR EXISTS (
        SELECT FROM employer e WHERE e.mutual_id = new.mutual_id AND e.account_code = new.account_code AND e.number <> whose)
    THEN
        RAISE EXCEPTION 'bill % of employer % is not paid from %', new.bill_id, whose, new.account_code
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OF bill_id, account_code ON filing_payment
    FOR EACH ROW EXECUTE FUNCTION filing_payment_guard();

GRANT USAGE ON SCHEMA public TO gateway_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO gateway_app;

-- Whether the gateway may serve is asked by the application itself.
GRANT SELECT ON alembic_version TO gateway_app;
