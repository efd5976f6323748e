-- The application's role, and the mutual a transaction acts for.
DO $$
BEGIN
    -- Roles are the cluster's, not the database's: two databases may be made at once.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gateway_app') THEN
        BEGIN
            CREATE ROLE gateway_app NOLOGIN NOINHERIT NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'gateway_app', 'MEMBER') THEN
        EXECUTE format('GRANT gateway_app TO %I', current_user);
    END IF;
END $$;

CREATE FUNCTION current_mutual() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('gateway.mutual_id', true), '')::bigint;
