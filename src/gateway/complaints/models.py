"""The tables of complaints."""

import datetime as dt

from sqlalchemy import Index, text
from sqlmodel import Field

import gateway.ledger.models
import gateway.membership.models  # noqa: F401 - foreign keys name its tables
from gateway.complaints.states import LIVE, ComplaintStatus, Resolution, Voice
from gateway.kit.columns import (
    TenantTable,
    big,
    check,
    instant,
    json_column,
    one_of,
    refers,
    unique,
    word_list,
    words,
)

_LIVE = text(f"status IN ({', '.join(repr(one.value) for one in sorted(LIVE))})")


class Complaint(TenantTable, table=True):
    """One thing that a member says is not right."""

    __tablename__ = "complaint"
    __table_args__ = (
        refers("member_id", "member"),
        refers("ledger_tx_id", "ledger_tx"),
        refers("earlier_id", "complaint"),
        one_of("status", ComplaintStatus),
        one_of("resolution", Resolution),
        check("(status = 'resolved') = (resolution IS NOT NULL)", "resolved"),
        check("(coalesce(resolution, '') = 'money_moved') = (ledger_tx_id IS NOT NULL)", "posting"),
        Index("uq_complaint_one_live", "mutual_id", "member_id", "row_key", unique=True, postgresql_where=_LIVE),
        Index(None, "mutual_id", "member_id", "id"),
        Index("ix_complaint_live", "mutual_id", "due_on", "id", postgresql_where=_LIVE),
    )
    member_id: int = big()
    kind: str = words()
    """A key of ``rules.KINDS``."""
    row_key: str = words()
    """Which row of hers, for example ``receipt:17`` or ``month:2026-03``."""
    opened_by: str = words()
    """``member:17`` or ``member:17:helper:3``."""
    channel: str = words()
    """api, page, ussd."""
    opened_on: dt.date
    """By the mutual's own day; its age counts from here."""
    status: str = words(server="'open'")
    owner_role: str = words()
    """Whose it is to look into; a manager's once it is late."""
    assignee: str | None = words(nullable=True)
    """The username of who has it in hand."""
    due_on: dt.date
    """Counts while the case waits for staff."""
    moved_on: dt.date
    """The day its status changed last."""
    resolution: str | None = words(nullable=True)
    ledger_tx_id: int | None = big(nullable=True)
    """The posting that put it right."""
    earlier_id: int | None = big(nullable=True)
    """The case about the same row before this one."""
    created_at: dt.datetime = instant(now=True)


class ComplaintEvidence(TenantTable, table=True):
    """What the member saw when she complained, and where it comes from. Insert only."""

    __tablename__ = "complaint_evidence"
    __table_args__ = (refers("complaint_id", "complaint"), unique("complaint_id"))
    complaint_id: int = big()
    seen: dict[str, object] = json_column()
    """The row's content as she was shown it, numbers of people masked."""
    links: list[dict[str, object]] = json_column(server="'[]'::jsonb")
    """Rows of ours and evidence it rests on: kind, id, label."""
    made_by: list[str] = word_list()
    """Who recorded the row, as the log names them: they do not judge it."""
    sha256: str = words()
    created_at: dt.datetime = instant(now=True)


class ComplaintMessage(TenantTable, table=True):
    """One text in a case. Insert only."""

    __tablename__ = "complaint_message"
    __table_args__ = (
        refers("complaint_id", "complaint"),
        one_of("voice", Voice),
        check("length(text) BETWEEN 1 AND 400", "length"),
        Index(None, "mutual_id", "complaint_id", "id"),
        Index(None, "mutual_id", "member_id", "created_at"),
    )
    complaint_id: int = big()
    member_id: int = big()
    voice: str = words()
    actor: str = words()
    text: str = words()
    written_on: dt.date = Field()
    created_at: dt.datetime = instant(now=True)
