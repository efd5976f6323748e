"""Tills, sessions with their counts and receipts, collectors' rounds and what came of them, deposits."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import Index, Uuid, text
from sqlmodel import Field

import gateway.contributions.models  # noqa: F401 - foreign keys name its tables
from gateway.cash.states import HandoverStatus, SessionStatus, TillKind
from gateway.kit.columns import TenantTable, big, check, instant, json_column, one_of, refers, unique, whole, words


class CashTill(TenantTable, table=True):
    """A place for cash that somebody answers for: a drawer in the office, a collector's bag."""

    __tablename__ = "cash_till"
    __table_args__ = (unique("code"), one_of("kind", TillKind), check("code LIKE 'cash:%'", "code"))
    code: str = words()
    """Its ledger account, ``cash:office``."""
    name: str = words()
    kind: str = words()
    currency: str = words()
    is_active: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    created_at: dt.datetime = instant(now=True)
    created_by: str = words()


class CashSession(TenantTable, table=True):
    """One person answering for one till, from a float to a count."""

    __tablename__ = "cash_session"
    __table_args__ = (
        refers("till_id", "cash_till"),
        refers("difference_tx_id", "ledger_tx"),
        one_of("status", SessionStatus),
        check("float_minor >= 0 AND kept_minor >= 0 AND kept_minor <= counted_minor", "amounts"),
        check("confirmed_by IS NULL OR (confirmed_by <> holder AND confirmed_by <> counted_by)", "two_people"),
        Index(
            "uq_cash_session_till_open",
            "mutual_id",
            "till_id",
            unique=True,
            postgresql_where=text("status <> 'closed'"),
        ),
        Index(
            "uq_cash_session_holder_open",
            "mutual_id",
            "holder",
            unique=True,
            postgresql_where=text("status <> 'closed'"),
        ),
        Index(None, "mutual_id", "till_id", "opened_on"),
    )
    till_id: int = big()
    holder: str = words()
    """Who answers for it, for example ``staff:carmen``."""
    status: str = words(server="'open'")
    currency: str = words()
    float_minor: int = big()
    """What was in the drawer when it was opened."""
    opened_on: dt.date
    opened_at: dt.datetime = instant(now=True)
    opened_by: str = words()
    expected_minor: int | None = big(nullable=True)
    """What the books said was in the drawer when it was counted."""
    counted_minor: int | None = big(nullable=True)
    kept_minor: int | None = big(nullable=True)
    """Of that, what stays as the next float; the rest is set aside for the bank."""
    reason: str | None = words(nullable=True)
    """Why the count differs."""
    counted_on: dt.date | None = None
    counted_by: str | None = words(nullable=True)
    confirmed_by: str | None = words(nullable=True)
    closed_at: dt.datetime | None = instant(nullable=True)
    difference_tx_id: int | None = big(nullable=True)


class CashCount(TenantTable, table=True):
    """One count of a drawer, by note and coin. Insert only: another count is another row."""

    __tablename__ = "cash_count"
    __table_args__ = (refers("session_id", "cash_session"), unique("session_id", "attempt"))
    session_id: int = big()
    attempt: int = whole()
    """1, 2, … where a second person asked for another count."""
    pieces: list[Any] = json_column(server="'[]'::jsonb")
    """Value in minor units and number of each note and coin."""
    loose_minor: int = big()
    total_minor: int = big()
    expected_minor: int = big()
    actor: str = words()
    at: dt.datetime = instant(now=True)


class CashSessionReceipt(TenantTable, table=True):
    """A receipt that was issued in a session. Insert only."""

    __tablename__ = "cash_session_receipt"
    __table_args__ = (
        refers("session_id", "cash_session"),
        refers("receipt_id", "contribution_receipt"),
        unique("receipt_id"),
        Index(None, "mutual_id", "session_id"),
    )
    session_id: int = big()
    receipt_id: int = big()


class CashHandover(TenantTable, table=True):
    """Cash that one person hands to another, between their open sessions."""

    __tablename__ = "cash_handover"
    __table_args__ = (
        refers("from_session_id", "cash_session"),
        refers("to_session_id", "cash_session"),
        one_of("status", HandoverStatus),
        check("amount_minor > 0 AND counted_minor >= 0", "amounts"),
        check("giver <> receiver", "two_people"),
        check("confirmed_by IS NULL OR (confirmed_by <> giver AND confirmed_by <> receiver)", "third_person"),
        Index(None, "mutual_id", "status"),
    )
    from_session_id: int = big()
    from_till: str = words()
    giver: str = words()
    receiver: str = words()
    """Who is to count it, for example ``staff:rosa``."""
    status: str = words(server="'given'")
    currency: str = words()
    amount_minor: int = big()
    """What was given, by the giver's word."""
    given_on: dt.date
    given_at: dt.datetime = instant(now=True)
    note: str | None = words(nullable=True)
    to_session_id: int | None = big(nullable=True)
    """The session it was counted into, or went back into."""
    to_till: str | None = words(nullable=True)
    counted_minor: int | None = big(nullable=True)
    reason: str | None = words(nullable=True)
    """Why the count differs, or why it was taken back."""
    confirmed_by: str | None = words(nullable=True)
    ended_at: dt.datetime | None = instant(nullable=True)


class RouteMember(TenantTable, table=True):
    """Which collector's till a member usually pays into; it says who is shown to whom, and hinders no payment."""

    __tablename__ = "route_member"
    __table_args__ = (
        refers("till_id", "cash_till"),
        refers("member_id", "member"),
        unique("member_id"),
        Index(None, "mutual_id", "till_id"),
    )
    till_id: int = big()
    member_id: int = big()
    changed_at: dt.datetime = instant(now=True)
    changed_by: str = words()


class CollectorRound(TenantTable, table=True):
    """A collector's way round her members: her session on the road, and the receipt numbers she was given for it."""

    __tablename__ = "collector_round"
    __table_args__ = (
        refers("session_id", "cash_session"),
        refers("block_id", "receipt_block"),
        unique("session_id"),
        check("extract(day from period_start) = 1", "first_day"),
    )
    session_id: int = big()
    block_id: int = big()
    period_start: dt.date
    """The month her members pay for."""
    secret: str = words()
    """What the package is signed with; given to her telephone once."""
    created_at: dt.datetime = instant(now=True)
    created_by: str = words()


class RoundReceipt(TenantTable, table=True):
    """A receipt made on a collector's telephone and booked here. Insert only."""

    __tablename__ = "round_receipt"
    __table_args__ = (
        refers("round_id", "collector_round"),
        refers("receipt_id", "contribution_receipt"),
        unique("device_id"),
        unique("receipt_id"),
        Index(None, "mutual_id", "round_id"),
    )
    round_id: int = big()
    device_id: uuid.UUID = Field(sa_type=Uuid)
    """Its id, made on the telephone."""
    fingerprint: str = words()
    """Digest of what it said: the same id with another one is refused."""
    receipt_id: int = big()
    claimed_at: dt.datetime = instant()
    """What the telephone's clock said: a claim."""
    received_at: dt.datetime = instant(now=True)
    suspense_reason: str | None = words(nullable=True)
    """Why its money is nobody's yet, though she named a member."""


class RoundRefusal(TenantTable, table=True):
    """A receipt of a telephone that was refused, as it came, and why; the same refusal is kept once. Insert only."""

    __tablename__ = "round_refusal"
    __table_args__ = (
        refers("round_id", "collector_round"),
        unique("round_id", "fingerprint", "code"),
    )
    round_id: int = big()
    device_id: str = words()
    fingerprint: str = words()
    code: str = words()
    detail: str = words()
    pointer: str = words()
    content: dict[str, Any] = json_column()
    refused_at: dt.datetime = instant(now=True)


class CashDeposit(TenantTable, table=True):
    """A closed session's money on its way to the bank, under the reference of the transfer that brings it."""

    __tablename__ = "cash_deposit"
    __table_args__ = (
        refers("session_id", "cash_session"),
        check("amount_minor > 0", "amount"),
        Index(
            "uq_cash_deposit_session",
            "mutual_id",
            "session_id",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
        Index(None, "mutual_id", "reference"),
    )
    session_id: int = big()
    reference: str = words()
    amount_minor: int = big()
    actor: str = words()
    at: dt.datetime = instant(now=True)
    released_at: dt.datetime | None = instant(nullable=True)
    """When the deposit was given up; the session waits for another."""
