"""The messages to members."""

import datetime as dt

from sqlalchemy import Index, text
from sqlmodel import Field

import gateway.membership.models  # noqa: F401 - a foreign key names its table
from gateway.kit.columns import TenantTable, big, check, instant, one_of, refers, unique, whole, words
from gateway.notices.states import NoticeStatus


class Notice(TenantTable, table=True):
    """One thing a member is told, once, in the words she gets."""

    __tablename__ = "notice"
    __table_args__ = (
        unique("member_id", "kind", "about_key"),
        refers("member_id", "member"),
        one_of("status", NoticeStatus),
        Index(None, "mutual_id", "status", "changed_at"),
        Index(
            "ix_notice_waiting",
            "mutual_id",
            "due_on",
            "id",
            postgresql_where=text("status = 'waiting'"),
        ),
    )
    member_id: int = big()
    kind: str = words()
    """A chapter of ``texts.toml``."""
    about_key: str = words()
    """What it is about, the same however often it is thought of, for example ``dependant:12:2026-12-01``."""
    language: str = words()
    """The one it is written in: the member's, or Spanish where the catalogue has not hers."""
    text: str = words()
    due_on: dt.date | None = Field(default=None)
    """Not carried before this day; empty where it may go at once."""
    status: str = words(server="'waiting'")
    status_reason: str | None = words(nullable=True)
    """Why it failed or was withdrawn."""
    created_at: dt.datetime = instant(now=True)
    changed_at: dt.datetime = instant(now=True)
    """When its status changed last."""


class MessageTemplate(TenantTable, table=True):
    """A mutual's own words for a kind of notice in one language, from a day on. Insert only: the newest for a day counts."""

    __tablename__ = "message_template"
    __table_args__ = (unique("kind", "language", "version"), check("text <> ''", "text"))
    kind: str = words()
    language: str = words()
    version: int = whole()
    """1, 2, 3, … of this kind and language."""
    valid_from: dt.date
    text: str | None = words(nullable=True)
    """With its places; empty where the shipped words count again."""
    reason: str = words()
    actor: str = words()
    recorded_at: dt.datetime = instant(now=True)
