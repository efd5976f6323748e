-- A mutual's settings are its own to change; the rest of its row is the operator's alone. The application's role may not
-- update the table of tenants, so it asks this, which knows one column of one row.
CREATE FUNCTION configure_mutual(wanted jsonb) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE mutual SET settings = wanted WHERE mutual_id = current_mutual() RETURNING mutual_id
$$;
REVOKE ALL ON FUNCTION configure_mutual(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION configure_mutual(jsonb) TO gateway_app;
