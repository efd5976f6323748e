"""Columns and constraints that every slice's tables are made of.

Every table carries ``mutual_id`` first in its primary key, foreign keys and unique constraints. The database fills
it from the transaction's setting ``gateway.mutual_id`` and row-level security compares it with the same setting, so
no statement of ours writes it and none can miss it.
"""

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING

CURRENT_MUTUAL = text("current_mutual()")


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction identifier."""

    cache_ok = True

    def get_col_spec(self, **_kwargs: Any) -> str:
        """Return the type's name."""
        return "xid8"


ischema_names["xid8"] = Xid8  # so that a generated migration reads the type back


class TenantTable(SQLModel):
    """The two columns of every table's primary key."""

    mutual_id: int = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_kwargs={"server_default": CURRENT_MUTUAL}
    )
    """Which mutual the row belongs to; filled by the database."""
    id: int = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_kwargs={"server_default": Identity(always=False)}
    )


def big(*, nullable: bool = False, default: Any = ..., server: str | None = None) -> Any:
    """Return a BIGINT column: an identifier or an amount in minor units."""
    kwargs: dict[str, Any] = {"server_default": text(server)} if server is not None else {}
    return _field(BigInteger, nullable, default, kwargs)


def whole(*, nullable: bool = False, default: Any = ..., server: str | None = None) -> Any:
    """Return an INTEGER column: a count or an ordinal."""
    kwargs: dict[str, Any] = {"server_default": text(server)} if server is not None else {}
    return _field(Integer, nullable, default, kwargs)


def words(*, nullable: bool = False, default: Any = ..., server: str | None = None) -> Any:
    """Return a TEXT column; its length is bounded at the edge, never by cutting."""
    kwargs: dict[str, Any] = {"server_default": text(server)} if server is not None else {}
    return _field(Text, nullable, default, kwargs)


def instant(*, nullable: bool = False, now: bool = False) -> Any:
    """Return a TIMESTAMPTZ column; with ``now`` the database's clock fills it."""
    kwargs: dict[str, Any] = {"server_default": text("now()")} if now else {}
    default: Any = None if (nullable or now) else ...
    return Field(default=default, nullable=nullable, sa_type=DateTime(timezone=True), sa_column_kwargs=kwargs)


def json_column(*, nullable: bool = False, server: str | None = "'{}'::jsonb") -> Any:
    """Return a JSONB column."""
    kwargs: dict[str, Any] = {"server_default": text(server)} if server is not None and not nullable else {}
    return Field(default=None, nullable=nullable, sa_type=JSONB, sa_column_kwargs=kwargs)


def octets(*, nullable: bool = False) -> Any:
    """Return a BYTEA column."""
    return _field(LargeBinary, nullable, ..., {})


def writer() -> Any:
    """Return the column that holds which database transaction wrote a row, for whoever reads only what has ended."""
    return Field(
        default=None, sa_type=Xid8, sa_column_kwargs={"server_default": text("pg_current_xact_id()")}, nullable=False
    )


def big_list(*, server: str | None = None) -> Any:
    """Return a BIGINT[] column: amounts in minor units, in the order of the schedule's components."""
    kwargs: dict[str, Any] = {"server_default": text(server)} if server is not None else {}
    return Field(sa_type=ARRAY(BigInteger), sa_column_kwargs=kwargs)


def word_list(*, server: str = "'{}'::text[]") -> Any:
    """Return a TEXT[] column."""
    return Field(sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text(server)})


def _field(sa_type: Any, nullable: bool, default: Any, kwargs: dict[str, Any]) -> Any:
    if default is ... and (nullable or "server_default" in kwargs):
        default = None
    if default is ...:
        return Field(sa_type=sa_type, nullable=nullable, sa_column_kwargs=kwargs)
    return Field(default=default, sa_type=sa_type, nullable=nullable, sa_column_kwargs=kwargs)


def refers(column: str, table: str) -> ForeignKeyConstraint:
    """Return the foreign key to another table's row of the same mutual."""
    return ForeignKeyConstraint(["mutual_id", column], [f"{table}.mutual_id", f"{table}.id"])


def unique(*columns: str, name: str | None = None) -> UniqueConstraint:
    """Return a unique constraint inside one mutual."""
    return UniqueConstraint("mutual_id", *columns, name=name)


def one_of(column: str, enum: type[StrEnum]) -> CheckConstraint:
    """Return the CHECK that keeps a text column to the values of an enumeration."""
    values = ", ".join(f"'{member.value}'" for member in enum)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def check(condition: str, name: str) -> CheckConstraint:
    """Return a named CHECK."""
    return CheckConstraint(condition, name=name)


Day = dt.date
