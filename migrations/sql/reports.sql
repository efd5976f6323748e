-- What reports need of the server itself.

-- The instant up to which nothing is being booked any more: a transaction's entries carry the instant it began, so one
-- that is still open may yet add entries of the past. Other sessions' state is shown only to their owner.
CREATE FUNCTION reports_settled_until() RETURNS timestamptz
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT least(coalesce(min(xact_start) - interval '1 microsecond', clock_timestamp()), clock_timestamp())
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
      AND backend_type = 'client backend'
$$;
REVOKE ALL ON FUNCTION reports_settled_until() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reports_settled_until() TO gateway_app;
