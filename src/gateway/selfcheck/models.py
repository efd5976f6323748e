"""Members' own access: codes, sessions, refresh tokens, helpers, and how often was tried."""

import datetime as dt

from sqlalchemy import Index, text

import gateway.membership.models  # noqa: F401 - foreign keys name its tables
from gateway.kit.columns import TenantTable, big, check, instant, refers, unique, whole, words


class AccessHelper(TenantTable, table=True):
    """Somebody whom a member lets see what she sees, until she takes it back."""

    __tablename__ = "access_helper"
    __table_args__ = (
        refers("member_id", "member"),
        Index(None, "mutual_id", "member_id"),
        Index(None, "mutual_id", "phone", postgresql_where=text("ended_at IS NULL")),
    )
    member_id: int = big()
    name: str = words()
    phone: str = words()
    """E.164; codes go there."""
    created_at: dt.datetime = instant(now=True)
    ended_at: dt.datetime | None = instant(nullable=True)


class AccessCode(TenantTable, table=True):
    """One asking for a code, by whoever it was. What was typed is kept as a digest; the code as a slow hash, once sent."""

    __tablename__ = "access_code"
    __table_args__ = (
        refers("member_id", "member"),
        refers("helper_id", "access_helper"),
        check("tries >= 0", "tries"),
        Index(None, "mutual_id", "asked_sha256", "id"),
    )
    asked_sha256: str = words()
    """Digest of telephone and identity number as they were typed."""
    phone: str | None = words(nullable=True)
    """As it was typed; kept until the job has looked, seconds later."""
    identity: str | None = words(nullable=True)
    """The same."""
    member_id: int | None = big(nullable=True)
    """Whose it is; written by the job that sends it, and by nobody where nobody is known."""
    helper_id: int | None = big(nullable=True)
    code_hash: str | None = words(nullable=True)
    """Argon2id; empty until the message is on its way, and for ever where nobody is known."""
    tries: int = whole(server="0")
    created_at: dt.datetime = instant(now=True)
    expires_at: dt.datetime = instant()
    looked_at: dt.datetime | None = instant(nullable=True)
    """When the job found out whom it is for."""
    used_at: dt.datetime | None = instant(nullable=True)


class AccessSession(TenantTable, table=True):
    """A family of tokens: one log-in and everything that was renewed from it."""

    __tablename__ = "access_session"
    __table_args__ = (
        refers("member_id", "member"),
        refers("helper_id", "access_helper"),
        unique("access_sha256"),
        Index(None, "mutual_id", "member_id"),
    )
    member_id: int = big()
    helper_id: int | None = big(nullable=True)
    phone_sha256: str = words()
    """Digest of the telephone the code went to: once the member's or helper's is another, the session is no more."""
    access_sha256: str = words()
    access_expires_at: dt.datetime = instant()
    created_at: dt.datetime = instant(now=True)
    expires_at: dt.datetime = instant()
    """Nothing is renewed after this."""
    ended_at: dt.datetime | None = instant(nullable=True)
    end_reason: str | None = words(nullable=True)
    """logged_out, reused, helper_ended, everywhere."""


class AccessRefresh(TenantTable, table=True):
    """One refresh token of a family: it renews once."""

    __tablename__ = "access_refresh"
    __table_args__ = (
        refers("session_id", "access_session"),
        unique("token_sha256"),
        Index(None, "mutual_id", "session_id"),
    )
    session_id: int = big()
    token_sha256: str = words()
    created_at: dt.datetime = instant(now=True)
    expires_at: dt.datetime = instant()
    used_at: dt.datetime | None = instant(nullable=True)
    nonce: str | None = words(nullable=True)
    """What its successors were derived with, so that a repeat within the grace gives the same ones."""


class AccessCount(TenantTable, table=True):
    """How often something was asked in the present window; one row per what is counted."""

    __tablename__ = "access_count"
    __table_args__ = (unique("bucket"), check("taken >= 0", "taken"))
    bucket: str = words()
    """Kind and digest of a number or an address, for example ``code:number:…``."""
    window_start: dt.datetime = instant()
    taken: int = whole()
