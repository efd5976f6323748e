-- Find a log-in and bind the transaction to it, in one round trip.
--
-- The setting is made before the read is planned and run, so row-level security already keeps it inside the mutual
-- that the token names; a digest of another mutual's token is not there to be found.
CREATE FUNCTION staff_authenticate(mutual bigint, token_digest text, trace text)
RETURNS TABLE (
    session_id bigint, user_id bigint, username text, full_name text, roles text[], user_language text,
    mutual_id bigint, code text, name text, country text, currency text, time_zone text, language text,
    employer_number text, settings jsonb
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('gateway.mutual_id', mutual::text, true), set_config('gateway.trace_id', coalesce(trace, ''), true);
    RETURN QUERY
    SELECT s.id, u.id, u.username, u.full_name, u.roles, u.language,
           m.mutual_id, m.code, m.name, m.country, m.currency, m.time_zone, m.language, m.employer_number, m.settings
    FROM staff_session s
    JOIN staff_user u ON u.mutual_id = s.mutual_id AND u.id = s.user_id AND u.is_active
    JOIN mutual m ON m.mutual_id = s.mutual_id
    CROSS JOIN LATERAL (SELECT set_config('gateway.actor', 'staff:' || u.username, true)) bound
    WHERE s.mutual_id = mutual AND s.token_sha256 = token_digest AND s.ended_at IS NULL AND s.expires_at > now();
END $$;

-- Take a client's key for this transaction and say what it was used for before. The lock is taken in a statement of
-- its own, so the look-up sees what an earlier holder committed.
CREATE FUNCTION idempotency_begin(a_client text, a_route text, a_key text)
RETURNS TABLE (is_mine boolean, fingerprint text, status integer, body bytea, headers jsonb) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    is_locked boolean;
BEGIN
    is_locked := pg_try_advisory_xact_lock(
        hashtextextended(concat_ws(chr(31), 'idempotency', current_mutual(), a_client, a_route, a_key), 0));
    RETURN QUERY
    SELECT is_locked, k.fingerprint, k.status, k.body, k.headers
    FROM (SELECT 1) one
    LEFT JOIN idempotency_key k
        ON k.mutual_id = current_mutual() AND k.client = a_client AND k.route = a_route AND k.key = a_key;
END $$;
