-- Begin a request in one round trip: find the log-in, bind the transaction to it, take the client's key, say what the key
-- was used for before.
--
-- The settings are made before the reads are planned and run, so row-level security already keeps them inside the mutual
-- that the token names; a digest of another mutual's token is not there to be found. The key's lock lasts as long as the
-- transaction and is taken in a statement of its own, so the look-up after it sees what an earlier holder committed.
CREATE FUNCTION request_begin(mutual bigint, token_digest text, trace text, a_route text, a_key text)
RETURNS TABLE (
    session_id bigint, user_id bigint, username text, full_name text, roles text[], user_language text,
    mutual_id bigint, code text, name text, country text, currency text, time_zone text, language text,
    employer_number text, settings jsonb,
    is_mine boolean, fingerprint text, status integer, body bytea, headers jsonb
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('gateway.mutual_id', mutual::text, true), set_config('gateway.trace_id', coalesce(trace, ''), true);
    SELECT s.id, u.id, u.username, u.full_name, u.roles, u.language,
           m.mutual_id, m.code, m.name, m.country, m.currency, m.time_zone, m.language, m.employer_number, m.settings
    INTO session_id, user_id, username, full_name, roles, user_language,
         mutual_id, code, name, country, currency, time_zone, language, employer_number, settings
    FROM staff_session s
    JOIN staff_user u ON u.mutual_id = s.mutual_id AND u.id = s.user_id AND u.is_active
    JOIN mutual m ON m.mutual_id = s.mutual_id
    WHERE s.mutual_id = mutual AND s.token_sha256 = token_digest AND s.ended_at IS NULL AND s.expires_at > now()
      AND NOT s.awaits_factor;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM set_config('gateway.actor', 'staff:' || username, true);
    IF a_key IS NOT NULL THEN
        is_mine := pg_try_advisory_xact_lock(
            hashtextextended(concat_ws(chr(31), 'idempotency', mutual, 'staff:' || username, a_route, a_key), 0));
        SELECT k.fingerprint, k.status, k.body, k.headers INTO fingerprint, status, body, headers
        FROM idempotency_key k
        WHERE k.mutual_id = mutual AND k.client = 'staff:' || username AND k.route = a_route AND k.key = a_key;
    END IF;
    RETURN NEXT;
END $$;
