-- The job queue's tables are the library's own; the application's role works them.
DO $$
DECLARE
    a_table record;
BEGIN
    FOR a_table IN
        SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace AND n.nspname = 'public'
        WHERE relkind IN ('r', 'p') AND relname LIKE 'procrastinate%'
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO gateway_app', a_table.relname);
    END LOOP;
END $$;
