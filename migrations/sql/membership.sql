-- Places in payrolls and covers of dependants that may not overlap, refused by the database whoever asks.
--
-- These are exclusion constraints in all but name. As GiST indexes they cost 2.5 s of processor for 60,000 rows, three
-- times the insert itself, and grow with the table; looked up once per statement over B-trees they cost 0.2 s. What an
-- index does by itself is done here by a lock taken before the look, which therefore sees what an earlier holder
-- committed (each statement of a function reads anew under READ COMMITTED, which is what the gateway runs under).

-- A session keeps a trigger's plan, made when the tables were small, for the day a large file comes. So the rows of a small
-- statement are looked at by sub-selects, once per row over an index (no table scan), and those of a large one by EXECUTE, which
-- plans anew each time, with the number of rows that really came, and joins by hash alone.
CREATE FUNCTION enrolment_guard() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_nestloop = on SET enable_mergejoin = on AS $$
DECLARE
    few CONSTANT int := 200;
    one record;
    faulty bigint;
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT few) f) = few THEN
        PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_nestloop', 'off', true),
            set_config('enable_mergejoin', 'off', true);
        EXECUTE '
            SELECT FROM member m
            WHERE (m.mutual_id, m.id) IN (SELECT f.mutual_id, f.member_id FROM fresh f)
            ORDER BY m.mutual_id, m.id
            FOR NO KEY UPDATE';
        EXECUTE '
            SELECT min(f.id) FROM fresh f
            JOIN enrolment e ON e.mutual_id = f.mutual_id AND e.member_id = f.member_id AND e.payroll_id = f.payroll_id
                AND e.id <> f.id AND daterange(e.valid_from, e.valid_to) && daterange(f.valid_from, f.valid_to)' INTO faulty;
    ELSE
        FOR one IN SELECT DISTINCT f.mutual_id, f.member_id FROM fresh f ORDER BY f.mutual_id, f.member_id LOOP
            PERFORM FROM member m WHERE m.mutual_id = one.mutual_id AND m.id = one.member_id FOR NO KEY UPDATE;
        END LOOP;
        -- "+ 0" keeps the look-up off the payroll's index, which for a whole payroll that enters at once finds it each time.
        SELECT min(f.id) INTO faulty FROM fresh f WHERE (
            SELECT min(e.id) FROM enrolment e
            WHERE e.mutual_id = f.mutual_id AND e.member_id = f.member_id AND e.payroll_id + 0 = f.payroll_id
              AND e.id <> f.id AND daterange(e.valid_from, e.valid_to) && daterange(f.valid_from, f.valid_to)
        ) IS NOT NULL;
    END IF;
    IF faulty IS NOT NULL THEN
        SELECT f.member_id, f.payroll_id INTO one FROM fresh f WHERE f.id = faulty;
        RAISE EXCEPTION 'member % stands in payroll % on these days already', one.member_id, one.payroll_id
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'ex_enrolment_overlap';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION dependant_guard() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_nestloop = on SET enable_mergejoin = on AS $$
DECLARE
    few CONSTANT int := 200;
    faulty bigint;
    holder bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM fresh WHERE identity_value IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    -- Two holders' rows have nothing in common to lock, so covers of one mutual are written one transaction at a time.
    PERFORM pg_advisory_xact_lock(hashtextextended('dependant:' || mutual_id, 0))
    FROM (SELECT DISTINCT mutual_id FROM fresh ORDER BY mutual_id) m;
    IF (SELECT count(*) FROM (SELECT FROM fresh LIMIT few) f) = few THEN
        PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_nestloop', 'off', true),
            set_config('enable_mergejoin', 'off', true);
        EXECUTE '
            SELECT min(f.id) FROM fresh f
            JOIN dependant d ON d.mutual_id = f.mutual_id AND d.identity_kind = f.identity_kind
                AND d.identity_value = f.identity_value AND d.id <> f.id
                AND daterange(d.valid_from, d.valid_to) && daterange(f.valid_from, f.valid_to)' INTO faulty;
    ELSE
        SELECT min(f.id) INTO faulty FROM fresh f WHERE (
            SELECT min(d.id) FROM dependant d
            WHERE d.mutual_id = f.mutual_id AND d.identity_kind = f.identity_kind AND d.identity_value = f.identity_value
              AND d.id <> f.id AND daterange(d.valid_from, d.valid_to) && daterange(f.valid_from, f.valid_to)
        ) IS NOT NULL;
    END IF;
    IF faulty IS NOT NULL THEN
        SELECT d.member_id INTO holder FROM fresh f
        JOIN dependant d ON d.mutual_id = f.mutual_id AND d.identity_kind = f.identity_kind
            AND d.identity_value = f.identity_value AND d.id <> f.id
            AND daterange(d.valid_from, d.valid_to) && daterange(f.valid_from, f.valid_to)
        WHERE f.id = faulty LIMIT 1;
        RAISE EXCEPTION 'dependant % is covered on these days through member %', faulty, holder
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'ex_dependant_one_holder';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER guard_insert AFTER INSERT ON enrolment REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION enrolment_guard();
CREATE TRIGGER guard_update AFTER UPDATE ON enrolment REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION enrolment_guard();
CREATE TRIGGER guard_insert AFTER INSERT ON dependant REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION dependant_guard();
CREATE TRIGGER guard_update AFTER UPDATE ON dependant REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION dependant_guard();
