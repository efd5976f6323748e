-- Places in payrolls and covers of dependants that may not overlap, refused by the database whoever asks.
--
-- These are exclusion constraints in all but name. As GiST indexes they cost 2.5 s of processor for 60,000 rows, three
-- times the insert itself, and grow with the table; looked up once per statement over B-trees they cost 0.2 s. What an
-- index does by itself is done here by a lock taken before the look, which therefore sees what an earlier holder
-- committed (each statement of a function reads anew under READ COMMITTED, which is what the gateway runs under).

-- No table scan: a session keeps a trigger's plan, made when the tables were small, for the day a large file comes.
CREATE FUNCTION enrolment_guard() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    hit record;
BEGIN
    PERFORM FROM member m
    WHERE (m.mutual_id, m.id) IN (SELECT f.mutual_id, f.member_id FROM fresh f)
    ORDER BY m.mutual_id, m.id
    FOR NO KEY UPDATE;
    -- "+ 0" keeps the look-up off the payroll's index, which for a whole payroll that enters at once finds it each time.
    SELECT f.member_id, f.payroll_id INTO hit
    FROM fresh f
    JOIN enrolment e ON e.mutual_id = f.mutual_id AND e.member_id = f.member_id AND e.payroll_id + 0 = f.payroll_id
        AND e.id <> f.id AND daterange(e.valid_from, e.valid_to) && daterange(f.valid_from, f.valid_to)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'member % stands in payroll % on these days already', hit.member_id, hit.payroll_id
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'ex_enrolment_overlap';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION dependant_guard() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    hit record;
BEGIN
    IF NOT EXISTS (SELECT FROM fresh WHERE identity_value IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    -- Two holders' rows have nothing in common to lock, so covers of one mutual are written one transaction at a time.
    PERFORM pg_advisory_xact_lock(hashtextextended('dependant:' || mutual_id, 0))
    FROM (SELECT DISTINCT mutual_id FROM fresh ORDER BY mutual_id) m;
    SELECT f.id, d.member_id INTO hit
    FROM fresh f
    JOIN dependant d ON d.mutual_id = f.mutual_id AND d.identity_kind = f.identity_kind
        AND d.identity_value = f.identity_value AND d.id <> f.id
        AND daterange(d.valid_from, d.valid_to) && daterange(f.valid_from, f.valid_to)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'dependant % is covered on these days through member %', hit.id, hit.member_id
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
