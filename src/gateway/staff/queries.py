"""What is read and written of staff; the log-in's own statements among them."""

from typing import Any

from sqlmodel import Session

from gateway.kit import db
from gateway.kit.db import driver
from gateway.staff.errors import StaffUnknownError

BEGIN = """
-- at most one row: the live session with this digest, its person, her mutual, and what is known of the request's key;
-- binds the transaction to them
SELECT * FROM request_begin(%s, %s, %s, %s, %s)
"""

FIND_LOGIN = """
-- at most one row: what a log-in is checked against, locked so that failures are counted one by one
SELECT id, username, full_name, password_hash, roles, language, is_active, version, created_at, failed_logins,
       coalesce(locked_until > now(), false) AS is_locked, now() AS now
FROM staff_user WHERE mutual_id = current_mutual() AND username = :username FOR UPDATE
"""

NOTE_FAILURE = """
-- no row: one more failure in a row
UPDATE staff_user SET failed_logins = :failed_logins, locked_until = :locked_until
WHERE mutual_id = current_mutual() AND id = :user_id
"""

NOTE_SUCCESS = """
-- no row: failures are forgotten
UPDATE staff_user SET failed_logins = 0, locked_until = NULL
WHERE mutual_id = current_mutual() AND id = :user_id AND (failed_logins > 0 OR locked_until IS NOT NULL)
"""

INSERT_SESSION = """
-- one row: a new session and when it ends
INSERT INTO staff_session (user_id, token_sha256, expires_at, awaits_factor, device, address)
VALUES (:user_id, :token_sha256, now() + make_interval(mins => :minutes), :awaits_factor, :device, :address)
RETURNING id, expires_at
"""

END_SESSION = """
-- no row: the session ends now
UPDATE staff_session SET ended_at = now() WHERE mutual_id = current_mutual() AND id = :session_id AND ended_at IS NULL
"""

END_SESSIONS_OF = """
-- no row: every session of a person ends now
UPDATE staff_session SET ended_at = now() WHERE mutual_id = current_mutual() AND user_id = :user_id AND ended_at IS NULL
"""

END_OTHER_SESSIONS_OF = """
-- no row: every session of a person but one ends now
UPDATE staff_session SET ended_at = now()
WHERE mutual_id = current_mutual() AND user_id = :user_id AND ended_at IS NULL AND expires_at > now() AND id <> :session_id
"""

OPEN_SESSIONS_OF = """
-- one row per open session of a person, the newest first
SELECT id, created_at, expires_at, awaits_factor, device, address, id = :session_id AS is_this FROM staff_session
WHERE mutual_id = current_mutual() AND user_id = :user_id AND ended_at IS NULL AND expires_at > now()
ORDER BY id DESC LIMIT 100
"""

KEEP_HASH = """
-- no row: a person has another password
UPDATE staff_user SET password_hash = :password_hash WHERE mutual_id = current_mutual() AND id = :user_id
"""

FACTOR_OF = """
-- at most one row: a person's second factor, locked
SELECT id, sealed_secret, last_step, confirmed_at, now() AS now FROM staff_factor
WHERE mutual_id = current_mutual() AND user_id = :user_id FOR UPDATE
"""

HAS_FACTOR = """
-- one row: whether a person has a second factor, since when, and how many recovery codes are left
SELECT (SELECT confirmed_at FROM staff_factor WHERE mutual_id = current_mutual() AND user_id = :user_id) AS confirmed_at,
       (SELECT count(*) FROM staff_recovery_code
        WHERE mutual_id = current_mutual() AND user_id = :user_id AND used_at IS NULL) AS recovery_codes
"""

BEGIN_FACTOR = """
-- one row touched, or none where a confirmed secret stands: a new one takes only the place of one that was not confirmed
INSERT INTO staff_factor AS f (user_id, sealed_secret) VALUES (:user_id, :sealed_secret)
ON CONFLICT (mutual_id, user_id) DO UPDATE SET sealed_secret = :sealed_secret, last_step = 0, created_at = now()
WHERE f.confirmed_at IS NULL
"""

USE_STEP = """
-- no row: the half minute whose code was used
UPDATE staff_factor SET last_step = :step, confirmed_at = coalesce(confirmed_at, now())
WHERE mutual_id = current_mutual() AND user_id = :user_id
"""

DROP_FACTOR = """
-- no row: the second factor is taken off; its secret opens nothing any more
UPDATE staff_factor SET confirmed_at = NULL, sealed_secret = '' WHERE mutual_id = current_mutual() AND user_id = :user_id
"""

USE_RECOVERY_CODE = """
-- at most one row: a recovery code, used now
UPDATE staff_recovery_code SET used_at = now()
WHERE mutual_id = current_mutual() AND user_id = :user_id AND code_sha256 = :code_sha256 AND used_at IS NULL RETURNING id
"""

DROP_RECOVERY_CODES = """
-- no row: a person's recovery codes are given up
UPDATE staff_recovery_code SET used_at = now() WHERE mutual_id = current_mutual() AND user_id = :user_id AND used_at IS NULL
"""

INSERT_RECOVERY_CODES = """
-- no row: new recovery codes
INSERT INTO staff_recovery_code (user_id, code_sha256) SELECT :user_id, code FROM unnest(CAST(:codes AS text[])) AS given (code)
"""

AWAITING = """
-- at most one row: a session that awaits its second factor, and its person, locked so that failures are counted one by one
SELECT s.id AS session_id, s.device, s.address, u.id, u.username, u.full_name, u.roles, u.language, u.is_active, u.version, u.created_at, u.failed_logins,
       coalesce(u.locked_until > now(), false) AS is_locked, now() AS now
FROM staff_session s JOIN staff_user u ON u.mutual_id = s.mutual_id AND u.id = s.user_id AND u.is_active
WHERE s.mutual_id = current_mutual() AND s.token_sha256 = :token_sha256 AND s.awaits_factor AND s.ended_at IS NULL
  AND s.expires_at > now() FOR UPDATE OF u
"""

STAFF = """
-- one row per staff user, by username
SELECT id, username, full_name, roles, language, is_active, version, created_at FROM staff_user
WHERE mutual_id = current_mutual() AND username > :after ORDER BY username LIMIT :limit
"""

STAFF_USER = """
-- at most one row: a staff user, locked
SELECT id, username, full_name, roles, language, is_active, version, created_at FROM staff_user
WHERE mutual_id = current_mutual() AND id = :user_id FOR UPDATE
"""

ONE_USER = """
-- at most one row: a staff user
SELECT id, username, full_name, roles, language, is_active, version, created_at FROM staff_user
WHERE mutual_id = current_mutual() AND id = :user_id
"""

INSERT_USER = """
-- one row, or none where the username is taken: the new staff user
INSERT INTO staff_user (username, full_name, password_hash, roles, language)
VALUES (:username, :full_name, :password_hash, :roles, :language)
ON CONFLICT (mutual_id, username) DO NOTHING
RETURNING id, username, full_name, roles, language, is_active, version, created_at
"""

UPDATE_USER = """
-- one row: the staff user as changed
UPDATE staff_user SET full_name = :full_name, roles = :roles, language = :language, is_active = :is_active,
       password_hash = coalesce(:password_hash, password_hash), version = version + 1
WHERE mutual_id = current_mutual() AND id = :user_id
RETURNING id, username, full_name, roles, language, is_active, version, created_at
"""

OTHER_MANAGERS = """
-- one row: how many other active managers there are; their rows are locked so that two cannot step down at once
SELECT count(*) AS managers FROM (
    SELECT id FROM staff_user
    WHERE mutual_id = current_mutual() AND id <> :user_id AND is_active AND 'manager' = ANY (roles)
    ORDER BY id FOR UPDATE
) others
"""


def recognise(
    session: Session, *, mutual_id: int, token_sha256: str, trace_id: str | None, route: str | None, key: str | None
) -> tuple[Any, ...] | None:
    """Bind the transaction to a live session's person and mutual, take the key, and return the row, or None.

    It goes to the driver directly: every request begins with it.
    """
    return driver(session).execute(BEGIN, (mutual_id, token_sha256, trace_id, route, key)).fetchone()


def list_staff(session: Session, *, after: str, limit: int) -> list[Any]:
    """Return staff users by username, from the one after ``after`` on."""
    return db.rows(session, STAFF, {"after": after, "limit": limit})


def get_staff(session: Session, user_id: int) -> Any:
    """Return a staff user.

    Raises:
        StaffUnknownError: This mutual has none with this identifier.
    """
    row = db.first(session, ONE_USER, {"user_id": user_id})
    if row is None:
        raise StaffUnknownError(f"no staff user {user_id}")
    return row
