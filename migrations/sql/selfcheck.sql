-- Begin a member's request in one round trip: find her session, bind the transaction to her mutual, take the client's key.
--
-- As request_begin for staff. A session counts only while the telephone that was proved is still the member's or the
-- helper's own, and while the helper is one.
CREATE FUNCTION member_begin(mutual bigint, token_digest text, trace text, a_route text, a_key text)
RETURNS TABLE (
    session_id bigint, member_id bigint, helper_id bigint, member_language text,
    mutual_id bigint, code text, name text, country text, currency text, time_zone text, language text,
    employer_number text, settings jsonb,
    is_mine boolean, fingerprint text, status integer, body bytea, headers jsonb
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    who text;
BEGIN
    PERFORM set_config('gateway.mutual_id', mutual::text, true), set_config('gateway.trace_id', coalesce(trace, ''), true);
    SELECT s.id, s.member_id, s.helper_id, m.language,
           u.mutual_id, u.code, u.name, u.country, u.currency, u.time_zone, u.language, u.employer_number, u.settings
    INTO session_id, member_id, helper_id, member_language,
         mutual_id, code, name, country, currency, time_zone, language, employer_number, settings
    FROM access_session s
    JOIN member m ON m.mutual_id = s.mutual_id AND m.id = s.member_id AND m.status <> 'deceased'
    LEFT JOIN access_helper h ON h.mutual_id = s.mutual_id AND h.id = s.helper_id
    JOIN mutual u ON u.mutual_id = s.mutual_id
    WHERE s.mutual_id = mutual AND s.access_sha256 = token_digest AND s.ended_at IS NULL AND s.access_expires_at > now()
      AND s.expires_at > now() AND (s.helper_id IS NULL OR h.ended_at IS NULL)
      AND encode(sha256(convert_to(coalesce(h.phone, m.phone, ''), 'UTF8')), 'hex') = s.phone_sha256;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    who := 'member:' || member_id || coalesce(':helper:' || helper_id, '');
    PERFORM set_config('gateway.actor', who, true);
    IF a_key IS NOT NULL THEN
        is_mine := pg_try_advisory_xact_lock(
            hashtextextended(concat_ws(chr(31), 'idempotency', mutual, who, a_route, a_key), 0));
        SELECT k.fingerprint, k.status, k.body, k.headers INTO fingerprint, status, body, headers
        FROM idempotency_key k
        WHERE k.mutual_id = mutual AND k.client = who AND k.route = a_route AND k.key = a_key;
    END IF;
    RETURN NEXT;
END $$;
