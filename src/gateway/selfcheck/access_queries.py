"""The statements of codes, tokens, helpers and limits."""

TAKE = """
-- one row per bucket asked for: how many were taken in the window, this one included, and when it begins anew
INSERT INTO access_count AS c (bucket, window_start, taken)
SELECT b, to_timestamp(floor(extract(epoch FROM now()) / :seconds) * :seconds), 1
FROM unnest(CAST(:buckets AS text[])) AS b ORDER BY b
ON CONFLICT (mutual_id, bucket) DO UPDATE SET
    taken = CASE WHEN c.window_start = excluded.window_start THEN c.taken + 1 ELSE 1 END,
    window_start = excluded.window_start
RETURNING bucket, taken, ceil(extract(epoch FROM window_start) + :seconds - extract(epoch FROM now()))::int AS seconds
"""

ASK = """
-- one row: a new asking for a code
INSERT INTO access_code (asked_sha256, phone, identity, expires_at)
VALUES (:asked, :phone, :identity, now() + make_interval(mins => :minutes)) RETURNING id
"""

WAITING_CODE = """
-- at most one row: a code that the job has not looked at, locked
SELECT id, phone, identity FROM access_code
WHERE mutual_id = current_mutual() AND id = :id AND looked_at IS NULL AND expires_at > now() FOR UPDATE
"""

WHO = """
-- at most one row: the member with the identity number and the telephone, or whose living helper has it
SELECT m.id AS member_id, CASE WHEN m.phone = :phone THEN NULL ELSE h.id END AS helper_id, m.language
FROM member_identity i
JOIN member m ON m.mutual_id = i.mutual_id AND m.id = i.member_id AND m.status <> 'deceased'
LEFT JOIN access_helper h ON h.mutual_id = m.mutual_id AND h.member_id = m.id AND h.phone = :phone AND h.ended_at IS NULL
WHERE i.mutual_id = current_mutual() AND i.value = :identity AND (m.phone = :phone OR h.id IS NOT NULL)
ORDER BY i.is_primary DESC, m.id LIMIT 1
"""

PREPARE_CODE = """
-- no row: the code is looked at, and whose it is where anybody is known; what was typed is forgotten
UPDATE access_code SET looked_at = clock_timestamp(), phone = NULL, identity = NULL, member_id = :member_id, helper_id = :helper_id, code_hash = :code_hash
WHERE mutual_id = current_mutual() AND id = :id
"""

UNSENT = """
-- no row: the message surely did not leave; the job may look again
UPDATE access_code SET looked_at = NULL, code_hash = NULL, phone = :phone, identity = :identity
WHERE mutual_id = current_mutual() AND id = :id AND used_at IS NULL
"""

NEWEST_CODE = """
-- at most one row: the newest code asked for with this telephone and identity number, locked, whether or not it was sent
SELECT id, member_id, helper_id, code_hash, tries, used_at IS NULL AND expires_at > now() AS is_open FROM access_code
WHERE mutual_id = current_mutual() AND asked_sha256 = :asked ORDER BY id DESC LIMIT 1 FOR UPDATE
"""

COUNT_TRY = """
-- no row: one more try, and the use of the code where it was right
UPDATE access_code SET tries = tries + 1, used_at = CASE WHEN :is_right THEN now() END
WHERE mutual_id = current_mutual() AND id = :id
"""

START = """
-- one row: a new session
INSERT INTO access_session (member_id, helper_id, phone_sha256, access_sha256, access_expires_at, expires_at)
VALUES (:member_id, :helper_id, :phone, :access, now() + make_interval(mins => :minutes),
        now() + make_interval(days => :days)) RETURNING id, access_expires_at
"""

ADD_REFRESH = """
-- no row: a refresh token of a session
INSERT INTO access_refresh (session_id, token_sha256, expires_at)
VALUES (:session_id, :token, now() + make_interval(days => :days))
"""

FIND_REFRESH = """
-- at most one row: which family a refresh token is of
SELECT session_id FROM access_refresh WHERE mutual_id = current_mutual() AND token_sha256 = :token
"""

LOCK_FAMILY = """
-- at most one row: a refresh token and its family, which is locked; whether it may renew, was used a moment ago, and
-- whether what it renewed was itself used
SELECT s.id, s.member_id, s.helper_id, s.ended_at IS NULL AND s.expires_at > now()
       AND encode(sha256(convert_to(coalesce(h.phone, m.phone, ''), 'UTF8')), 'hex') = s.phone_sha256
       AND m.status <> 'deceased' AND (s.helper_id IS NULL OR h.ended_at IS NULL) AS is_live,
       r.id AS refresh_id, r.expires_at > now() AS is_fresh, r.used_at IS NOT NULL AS is_used, r.nonce,
       coalesce(r.used_at > now() - make_interval(secs => :grace), false) AS is_recent,
       EXISTS (SELECT FROM access_refresh n WHERE n.mutual_id = r.mutual_id AND n.session_id = r.session_id
               AND n.id > r.id AND n.used_at IS NOT NULL) AS is_overtaken, s.access_expires_at
FROM access_refresh r
JOIN access_session s ON s.mutual_id = r.mutual_id AND s.id = r.session_id
JOIN member m ON m.mutual_id = s.mutual_id AND m.id = s.member_id
LEFT JOIN access_helper h ON h.mutual_id = s.mutual_id AND h.id = s.helper_id
WHERE r.mutual_id = current_mutual() AND r.token_sha256 = :token FOR UPDATE OF s
"""

LOCK_SESSION = """
-- no row that matters: waits for whoever renews the same family
SELECT id FROM access_session WHERE mutual_id = current_mutual() AND id = :id FOR UPDATE
"""

USE_REFRESH = """
-- no row: a refresh token has renewed
UPDATE access_refresh SET used_at = now(), nonce = :nonce WHERE mutual_id = current_mutual() AND id = :id
"""

RENEW = """
-- one row: the family's new access token
UPDATE access_session SET access_sha256 = :access, access_expires_at = now() + make_interval(mins => :minutes)
WHERE mutual_id = current_mutual() AND id = :id RETURNING access_expires_at
"""

END = """
-- no row: a family ends
UPDATE access_session SET ended_at = now(), end_reason = :reason
WHERE mutual_id = current_mutual() AND id = :id AND ended_at IS NULL
"""

END_ALL = """
-- no row: every family of a member's or a helper's ends
UPDATE access_session SET ended_at = now(), end_reason = :reason WHERE mutual_id = current_mutual()
  AND member_id = :member_id AND (CAST(:helper_id AS bigint) IS NULL OR helper_id = :helper_id) AND ended_at IS NULL
"""

HELPERS = """
-- one row per living helper of a member
SELECT id, name, phone, created_at FROM access_helper
WHERE mutual_id = current_mutual() AND member_id = :member_id AND ended_at IS NULL ORDER BY id
"""

ADD_HELPER = """
-- one row: a new helper
INSERT INTO access_helper (member_id, name, phone) VALUES (:member_id, :name, :phone) RETURNING id, name, phone, created_at
"""

END_HELPER = """
-- at most one row: a helper of the member's who is one no longer
UPDATE access_helper SET ended_at = now()
WHERE mutual_id = current_mutual() AND member_id = :member_id AND id = :id AND ended_at IS NULL RETURNING id
"""

BEGIN = """
-- at most one row: the live session with this digest and its member and mutual; binds the transaction to them
SELECT * FROM member_begin(%s, %s, %s, %s, %s)
"""
