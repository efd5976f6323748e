"""Who works for the mutual, what they may do, and their sessions."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field

from gateway.kit.columns import TenantTable, big, check, instant, octets, refers, unique, whole, word_list, words


class Role(StrEnum):
    """What a person may do; one person may have several."""

    CASHIER = "cashier"
    COLLECTOR = "collector"
    FILING_OFFICER = "filing_officer"
    ACCOUNTANT = "accountant"
    BENEFITS_OFFICER = "benefits_officer"
    MANAGER = "manager"
    AUDITOR = "auditor"


class StaffUser(TenantTable, table=True):
    """A person of the back office."""

    __tablename__ = "staff_user"
    __table_args__ = (unique("username"), check("username = lower(username)", "username_lower"))
    username: str = words()
    full_name: str = words()
    password_hash: str = words()
    """Argon2id, with its parameters and salt."""
    roles: list[str] = word_list()
    language: str = words(server="'es'")
    is_active: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    version: int = whole(server="1")
    """Counts what others changed of the person (name, roles, language, place, password); the ETag."""
    failed_logins: int = big(server="0")
    locked_until: dt.datetime | None = instant(nullable=True)
    created_at: dt.datetime = instant(now=True)


class StaffSession(TenantTable, table=True):
    """A log-in; the bearer's secret is kept as a digest only."""

    __tablename__ = "staff_session"
    __table_args__ = (refers("user_id", "staff_user"), unique("token_sha256"), Index(None, "mutual_id", "user_id"))
    user_id: int = big()
    token_sha256: str = words()
    created_at: dt.datetime = instant(now=True)
    expires_at: dt.datetime = instant()
    ended_at: dt.datetime | None = instant(nullable=True)
    awaits_factor: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """The password was right, and nothing more is proved: this session opens nothing."""
    device: str = words(server="''")
    """Browser and system as the request names them, for example ``Firefox, Windows``; empty where it says nothing."""
    address: str | None = words(nullable=True)
    """The network address that logged in, as the edge saw it."""


class StaffFactor(TenantTable, table=True):
    """A person's second factor: an app that makes a code every half minute (TOTP, RFC 6238)."""

    __tablename__ = "staff_factor"
    __table_args__ = (refers("user_id", "staff_user"), unique("user_id"))
    user_id: int = big()
    sealed_secret: bytes = octets()
    """Encrypted under a key that is not in the database, bound to the mutual and the person."""
    last_step: int = big(server="0")
    """Half minute of the newest code that was used: it and those before it are no longer taken."""
    confirmed_at: dt.datetime | None = instant(nullable=True)
    """When the first code proved that her app has the secret; before that it is asked of nobody."""
    created_at: dt.datetime = instant(now=True)


class StaffRecoveryCode(TenantTable, table=True):
    """A code that stands in for the second factor, once."""

    __tablename__ = "staff_recovery_code"
    __table_args__ = (refers("user_id", "staff_user"), unique("user_id", "code_sha256"))
    user_id: int = big()
    code_sha256: str = words()
    created_at: dt.datetime = instant(now=True)
    used_at: dt.datetime | None = instant(nullable=True)
    """Used, or given up for new ones."""
