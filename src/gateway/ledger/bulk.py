"""Post by the thousand: one transaction from a query, or many from a staged table, each in a handful of statements."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import bulk, db
from gateway.ledger import queries
from gateway.ledger.errors import KeyReusedError
from gateway.ledger.post import Posted, refusals_in_words

STAGED = {
    "key": "text",
    "kind": "text",
    "valid_on": "date",
    "line": "int4",
    "account_id": "int8",
    "amount_minor": "int8",
    "evidence": "text",
}
"""Columns of a table for ``post_staged``, as ``kit.bulk.stage`` takes them."""


class Head(NamedTuple):
    """What one transaction says of itself; its entries come from a query."""

    key: str
    """Stable business identity: source, the source's id, purpose."""
    kind: str
    valid_on: dt.date
    actor: str
    reason: str | None = None
    evidence: str | None = None


class StagedResult(NamedTuple):
    """How many staged transactions were booked now, and how many had been before."""

    new: int
    repeated: int


def post_lines(session: Session, head: Head, lines_sql: str, values: Mapping[str, Any] | None = None) -> Posted:
    """Book ONE transaction whose entries a query gives; booking it again writes nothing and returns the first.

    Args:
        session: The open transaction.
        head: Key, kind, day, actor.
        lines_sql: SELECT with psycopg's ``%(name)s`` parameters that gives account id, currency and
            signed amount in this order (positive debits); amounts of zero are left out. Names that begin with ``head_`` are ours.
        values: Its parameters.

    Raises:
        KeyReusedError: The key stands for another event.
        UnknownAccountError, FloorBrokenError, PeriodClosedError, UnbalancedError, PostingRaceError: As ``post`` does.
    """
    given = {**dict(values or {}), **{f"head_{name}": value for name, value in head._asdict().items()}}
    booked = db.first(session, queries.FIND_TX_BY_KEY, {"key": head.key})
    connection = db.driver(session)
    if booked is not None:
        asked = connection.execute(queries.FINGERPRINT_OF_LINES.replace("{lines}", lines_sql).encode(), given)
        if asked.fetchone() != (booked.fingerprint,):
            raise KeyReusedError(f"{head.key!r} was booked with other amounts, accounts or dates; use a key of its own")
        return Posted(booked.id, is_new=False)
    with refusals_in_words():
        written = connection.execute(queries.POST_LINES.replace("{lines}", lines_sql).encode(), given).fetchone()
    assert written is not None
    return Posted(int(written[0]), is_new=True)


def post_pairs(
    session: Session,
    pairs_sql: str,
    values: Mapping[str, Any] | None = None,
    *,
    actor: str,
    reason: str | None = None,
) -> int:
    """Book MANY transactions of two entries each, one for each row of a query, in one statement; return how many.

    For events that the caller knows to be new: a key that was booked before refuses them all. Fingerprints are those
    of ``post_staged``.

    Args:
        session: The open transaction.
        pairs_sql: SELECT with psycopg's ``%(name)s`` parameters that gives ``tx_id`` (of ``queries.NEW_TX_ID``),
            ``key``, ``kind``, ``valid_on``, ``debit_id``, ``credit_id``, ``currency``, ``amount_minor`` (above zero)
            and ``evidence``. Names that begin with ``head_`` are ours.
        values: Its parameters.
        actor: Who books.
        reason: Why, where there is something to say.

    Raises:
        PostingRaceError: A key is booked already, or at this moment.
        UnknownAccountError, FloorBrokenError, PeriodClosedError: As ``post`` does.
    """
    given = {**dict(values or {}), "head_actor": actor, "head_reason": reason}
    with refusals_in_words():
        return bulk.execute(session, queries.INSERT_PAIRS.replace("{pairs}", pairs_sql), given)


def post_staged(session: Session, table: str, *, actor: str, reason: str | None = None) -> StagedResult:
    """Book MANY transactions from a temporary table with the columns of ``STAGED``; those booked before are left out.

    Afterwards ``<table>_tx (key, tx_id, is_new)`` says where each key stands, until the transaction ends.

    Raises:
        KeyReusedError: A key stands for another event, or for two in the table; names it.
        UnknownAccountError, FloorBrokenError, PeriodClosedError, UnbalancedError, PostingRaceError: As ``post`` does.
    """
    for statement in queries.DESCRIBE_STAGED:
        bulk.execute(session, statement.replace("{table}", table))
    reused = db.first(session, queries.STAGED_REUSED.replace("{table}", table))
    if reused is not None:
        raise KeyReusedError(f"{reused.key!r} was booked with other amounts, accounts or dates; use a key of its own")
    with refusals_in_words():
        new = bulk.execute(session, queries.INSERT_STAGED.replace("{table}", table), {"actor": actor, "reason": reason})
    known = db.scalar(session, queries.COUNT_STAGED.replace("{table}", table))
    return StagedResult(new=new, repeated=int(known) - new)
