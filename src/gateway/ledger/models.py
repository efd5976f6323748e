"""The ledger's tables. Insert only; what must never be is refused by the database (see ``ledger/sql``)."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Integer, PrimaryKeyConstraint, text
from sqlmodel import Field, SQLModel

from gateway.kit.columns import (
    CURRENT_MUTUAL,
    TenantTable,
    Xid8,
    big,
    check,
    instant,
    octets,
    one_of,
    refers,
    unique,
    whole,
    words,
    writer,
)


class AccountKind(StrEnum):
    """The five kinds of account."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    EQUITY = "equity"


class BankAccountKind(StrEnum):
    """What keeps the account."""

    BANK = "bank"
    MOBILE_MONEY = "mobile_money"


class LedgerAccount(TenantTable, table=True):
    """Where money is, or whose it is. Its code is stable and readable: ``member:17:contributions``."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        unique("code"),
        one_of("kind", AccountKind),
        check("normal_side IN (-1, 1)", "normal_side"),
        Index(None, "mutual_id", "control"),
        Index(None, "mutual_id", "owner_kind", "owner_id"),
        # The few accounts that keep no balance: the guard looks for them in each large booking, never through all members'.
        Index("ix_ledger_account_without_floor", "mutual_id", "id", postgresql_where=text("floor_minor IS NULL")),
    )
    code: str = words()
    currency: str = words()
    kind: str = words()
    normal_side: int = whole()
    """1 where debits increase it (asset, expense), -1 where credits do."""
    floor_minor: int | None = big(nullable=True)
    """Its balance on its normal side never goes below this; such accounts keep a locked balance."""
    is_clearing: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """It returns to zero; what stays for days is on a person's list."""
    control: str = words()
    """The control account it is summed under, for example ``member:contributions``."""
    owner_kind: str | None = words(nullable=True)
    owner_id: int | None = big(nullable=True)
    created_at: dt.datetime = instant(now=True)


class LedgerTx(TenantTable, table=True):
    """One business event in the books. What it reverses is looked up once per statement (``ledger_tx_guard``)."""

    __tablename__ = "ledger_tx"
    __table_args__ = (
        unique("idempotency_key"),
        # The writer before the id: readers take ranges of writers from it.
        unique("written_xid", "id"),
        check("n_entries >= 2", "n_entries"),
        Index(
            "uq_ledger_tx_mutual_id_reverses",
            "mutual_id",
            "reverses",
            unique=True,
            postgresql_where=text("reverses IS NOT NULL"),
        ),
    )
    idempotency_key: str = words()
    """Made from the stable business identity: source, the source's id, purpose."""
    fingerprint: str = words()
    """SHA-256 of what was asked; the same key with another one is refused."""
    kind: str = words()
    valid_on: dt.date
    """When it happened."""
    recorded_at: dt.datetime = instant(now=True)
    """When it was booked."""
    n_entries: int = whole()
    written_xid: int = writer()
    """The database transaction that wrote it; its entries carry the same."""
    reverses: int | None = big(nullable=True)
    actor: str = words()
    reason: str | None = words(nullable=True)
    evidence: str | None = words(nullable=True)
    """What it rests on, for example ``receipt:4711`` or ``evidence:88``."""


class LedgerEntry(SQLModel, table=True):
    """One line of a transaction: positive debits the account, negative credits it.

    Its header and its account are looked up once per statement, not once per row (``ledger_entry_guard``).
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        PrimaryKeyConstraint("mutual_id", "tx_id", "line"),
        check("amount_minor <> 0", "amount"),
        Index(None, "mutual_id", "account_id", "written_xid", postgresql_include=["amount_minor"]),
    )
    mutual_id: int = Field(default=None, sa_type=BigInteger, sa_column_kwargs={"server_default": CURRENT_MUTUAL})
    tx_id: int = Field(sa_type=BigInteger)
    line: int = Field(sa_type=Integer)
    account_id: int = Field(sa_type=BigInteger)
    currency: str = words()
    amount_minor: int = big()
    written_xid: int = writer()


class LedgerBalance(SQLModel, table=True):
    """The locked balance of an account with a floor, on its normal side; written by the ledger's trigger alone."""

    __tablename__ = "ledger_balance"
    __table_args__ = (
        PrimaryKeyConstraint("mutual_id", "account_id"),
        ForeignKeyConstraint(["mutual_id", "account_id"], ["ledger_account.mutual_id", "ledger_account.id"]),
        check("held_minor >= floor_minor", "floor"),
    )
    mutual_id: int = Field(default=None, sa_type=BigInteger, sa_column_kwargs={"server_default": CURRENT_MUTUAL})
    account_id: int = Field(sa_type=BigInteger)
    held_minor: int = big()
    floor_minor: int = big()
    normal_side: int = whole()
    """The account's, so that a booking need not ask for it; as is the currency."""
    currency: str = words()


class LedgerSnapshot(TenantTable, table=True):
    """The balance of an account over every entry whose writer ended before a horizon."""

    __tablename__ = "ledger_snapshot"
    __table_args__ = (refers("account_id", "ledger_account"), unique("account_id", "below_xid"))
    account_id: int = big()
    below_xid: int = Field(sa_type=Xid8, nullable=False)
    sum_minor: int = big()
    """Sum of signed amounts with ``written_xid < below_xid``."""
    entry_count: int = big()
    taken_at: dt.datetime = instant(now=True)


class LedgerDayTotal(TenantTable, table=True):
    """What a control account moved on a day, in the entries of the writers of one range. Insert only.

    Ranges follow each other without a gap; what is above the newest is summed from its entries.
    """

    __tablename__ = "ledger_day_total"
    __table_args__ = (unique("below_xid", "control", "kind", "currency", "valid_on"),)
    from_xid: int = Field(sa_type=Xid8, nullable=False)
    below_xid: int = Field(sa_type=Xid8, nullable=False)
    booked_from: dt.datetime
    """The first and the last instant at which anything in the range was booked: between them the entries are looked at."""
    booked_until: dt.datetime
    control: str = words()
    kind: str = words()
    currency: str = words()
    valid_on: dt.date
    sum_minor: int = big()
    """Sum of signed amounts with ``from_xid <= written_xid < below_xid``."""
    entry_count: int = big()


class LedgerPeriod(TenantTable, table=True):
    """A month of the books, once it is closed or reopened; the newest row of a month counts. Insert only."""

    __tablename__ = "ledger_period"
    __table_args__ = (
        check("extract(day from period_start) = 1", "first_day"),
        Index(None, "mutual_id", "period_start"),
    )
    period_start: dt.date
    is_closed: bool
    actor: str = words()
    reason: str = words()
    at: dt.datetime = instant(now=True)


class LedgerSeal(TenantTable, table=True):
    """A Merkle root over the transactions below a horizon, chained to the one before. Insert only."""

    __tablename__ = "ledger_seal"
    __table_args__ = (unique("previous_id"), Index(None, "mutual_id", "sealed_on"))
    previous_id: int | None = big(nullable=True)
    from_xid: int = Field(sa_type=Xid8, nullable=False)
    below_xid: int = Field(sa_type=Xid8, nullable=False)
    tx_count: int = big()
    root: str = words()
    """Merkle root of the leaves, hexadecimal."""
    head: str = words()
    """SHA-256 over the previous head and this root."""
    key_id: str | None = words(nullable=True)
    signature: str | None = words(nullable=True)
    """Ed25519 over the head, base64; empty where no key is configured."""
    sealed_on: dt.date
    sealed_at: dt.datetime = instant(now=True)


class LedgerLeaf(SQLModel, table=True):
    """The exact bytes that were hashed for one transaction. Insert only."""

    __tablename__ = "ledger_leaf"
    __table_args__ = (
        PrimaryKeyConstraint("mutual_id", "tx_id"),
        ForeignKeyConstraint(["mutual_id", "tx_id"], ["ledger_tx.mutual_id", "ledger_tx.id"]),
        refers("seal_id", "ledger_seal"),
        Index(None, "mutual_id", "seal_id", "position", unique=True),
    )
    mutual_id: int = Field(default=None, sa_type=BigInteger, sa_column_kwargs={"server_default": CURRENT_MUTUAL})
    tx_id: int = Field(sa_type=BigInteger)
    seal_id: int = big()
    position: int = whole()
    canonical: bytes = octets()
    hash: str = words()


class BankAccount(TenantTable, table=True):
    """An account of the mutual at a bank or provider: the outside number of a ledger account."""

    __tablename__ = "bank_account"
    __table_args__ = (unique("number"), unique("ledger_code"), one_of("kind", BankAccountKind))
    number: str = words()
    """As the statement names it: IBAN or other."""
    name: str = words()
    kind: str = words()
    currency: str = words()
    ledger_code: str = words()
    holder: str = words(server="''")
    bank_identifier: str = words(server="''")
