"""The log's tables. Insert only; a change is refused by the database (``migrations/sql/transparency.sql``)."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import BigInteger, Index, Integer, PrimaryKeyConstraint
from sqlmodel import Field, SQLModel

# Foreign keys name the tables of these.
import gateway.kit.models
import gateway.membership.models  # noqa: F401 - foreign keys name its tables
from gateway.kit.columns import (
    CURRENT_MUTUAL,
    TenantTable,
    big,
    check,
    instant,
    octets,
    one_of,
    refers,
    unique,
    whole,
    words,
)


class TreeKind(StrEnum):
    """What a tree stands over."""

    BOOKS = "books"
    """One seal of the ledger: what was received, placed and taken back in it."""
    FILING = "filing"
    """One sealed filing: its lines."""
    ANSWER = "answer"
    """The state's answer to one file of a filing."""


class LeafKind(StrEnum):
    """What a leaf says."""

    RECEIPT = "receipt"
    PLACED = "placed"
    """Money of a receipt that was given to its member later."""
    TAKEN_BACK = "taken_back"
    LINE = "line"
    ANSWER = "answer"
    SEALED = "sealed"
    """A filing as a whole: digests of its files, root over its lines. Nobody's own; shown to the state."""
    ANSWERED = "answered"
    """An answer as a whole: the file, the digest of what the state said."""


class TransparencyTree(TenantTable, table=True):
    """A tree over leaves, and the entry of the log that its root is. Insert only."""

    __tablename__ = "transparency_tree"
    __table_args__ = (unique("position"), unique("kind", "subject_id"), one_of("kind", TreeKind))
    position: int = big()
    """0, 1, 2, …: the entry's place in the log, without gaps."""
    kind: str = words()
    subject_id: int = big()
    """The ledger's seal, the filing, or the filing's file."""
    leaf_count: int = whole()
    root: bytes = octets()
    nodes: bytes = octets()
    """Every level of the tree, leaves first (``kit.merkle_log.levels_of``)."""
    entry: str = words()
    """The exact text that is hashed into the log."""
    entry_hash: bytes = octets()
    sealed_on: dt.date
    sealed_at: dt.datetime = instant(now=True)


class TransparencyLeaf(SQLModel, table=True):
    """One leaf: the exact text that was hashed, with its salt. Insert only."""

    __tablename__ = "transparency_leaf"
    __table_args__ = (
        PrimaryKeyConstraint("mutual_id", "tree_id", "position"),
        refers("tree_id", "transparency_tree"),
        one_of("kind", LeafKind),
        check("octet_length(salt) = 32", "salt"),
        Index(None, "mutual_id", "kind", "subject_id", "member_id"),
    )
    mutual_id: int = Field(default=None, sa_type=BigInteger, sa_column_kwargs={"server_default": CURRENT_MUTUAL})
    tree_id: int = Field(sa_type=BigInteger)
    position: int = Field(sa_type=Integer)
    """Its place in the tree: in the order of the hashes, which says nothing about what it holds."""
    kind: str = words()
    member_id: int | None = big(nullable=True)
    """Whose it is and who may see it; empty where it is of a whole filing."""
    subject_id: int = big()
    """The receipt, the filing's line, the filing, or its file."""
    salt: bytes = octets()
    content: str = words()
    hash: bytes = octets()


class TransparencyNode(SQLModel, table=True):
    """A complete subtree of the log; once there it never changes. Insert only."""

    __tablename__ = "transparency_node"
    __table_args__ = (PrimaryKeyConstraint("mutual_id", "level", "position"),)
    mutual_id: int = Field(default=None, sa_type=BigInteger, sa_column_kwargs={"server_default": CURRENT_MUTUAL})
    level: int = Field(sa_type=Integer)
    position: int = Field(sa_type=BigInteger)
    hash: bytes = octets()


class TransparencyKey(TenantTable, table=True):
    """A public key that has signed heads of the log. Insert only."""

    __tablename__ = "transparency_key"
    __table_args__ = (unique("public_key"), check("octet_length(public_key) = 32", "length"))
    public_key: bytes = octets()
    first_size: int = big()
    """The size of the log when it signed for the first time."""
    added_at: dt.datetime = instant(now=True)


class TransparencyCheckpoint(TenantTable, table=True):
    """A signed head of the log, as it is given away. Insert only."""

    __tablename__ = "transparency_checkpoint"
    __table_args__ = (unique("tree_size", "signed_by"), check("tree_size > 0", "tree_size"))
    tree_size: int = big()
    root: bytes = octets()
    origin: str = words()
    """The log's name; that of the first head for ever."""
    signed_by: str = words()
    """The hashes of the keys that signed, in order, with commas; another set of keys signs the same size anew."""
    note: str = words()
    """The whole note: C2SP signed-note and tlog-checkpoint."""
    signed_at: dt.datetime = instant(now=True)
