"""The one writer of the books: post an event once, or many at once, or take one back."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from gateway.kit import db
from gateway.ledger import queries
from gateway.ledger.errors import (
    AlreadyReversedError,
    FloorBrokenError,
    KeyReusedError,
    PeriodClosedError,
    PostingRaceError,
    UnbalancedError,
    UnknownAccountError,
    UnknownTransactionError,
)
from gateway.ledger.rules import fingerprint_of


class Line(NamedTuple):
    """One entry: an account's code and a signed amount in minor units, positive debits."""

    account: str
    amount_minor: int


class Posted(NamedTuple):
    """Where an event stands in the books."""

    tx_id: int
    is_new: bool
    """False where the event had been booked before; nothing was written then."""


class Event(NamedTuple):
    """A business event to book."""

    key: str
    """Stable business identity: source, the source's id, purpose."""
    kind: str
    valid_on: dt.date
    lines: Sequence[Line]
    actor: str
    reason: str | None = None
    evidence: str | None = None


def post(session: Session, event: Event, *, reverses: int | None = None) -> Posted:
    """Book an event in one statement; booking it again writes nothing and returns the first.

    Raises:
        KeyReusedError: The key stands for another event.
        UnknownAccountError: A code that no account has.
        FloorBrokenError: An account would hold less than it may.
        PeriodClosedError: ``valid_on`` lies in a closed month.
        UnbalancedError: The lines do not sum to zero per currency, or are fewer than two.
        PostingRaceError: The same key is being booked by another transaction; ask again.
    """
    values = values_of(event, reverses=reverses)
    booked = db.first(session, queries.FIND_TX_BY_KEY, {"key": event.key})
    if booked is not None:
        if booked.fingerprint != values["fingerprint"]:
            raise KeyReusedError(
                f"{event.key!r} was booked with other amounts, accounts or dates; use a key of its own"
            )
        return Posted(booked.id, is_new=False)
    with refusals_in_words():
        written = db.one(session, queries.INSERT_TX, values)
    return Posted(written.id, is_new=True)


def values_of(event: Event, *, reverses: int | None = None) -> dict[str, Any]:
    """Return the parameters of the statement that books an event (``queries.TX_PARTS``); lines of zero are left out."""
    lines = [line for line in event.lines if line.amount_minor != 0]
    return {
        "codes": [line.account for line in lines],
        "amounts": [line.amount_minor for line in lines],
        "key": event.key,
        "fingerprint": fingerprint_of(event.kind, event.valid_on.isoformat(), lines, {"reverses": reverses}),
        "kind": event.kind,
        "valid_on": event.valid_on,
        "reverses": reverses,
        "actor": event.actor,
        "reason": event.reason,
        "evidence": event.evidence,
    }


def require_accounts(session: Session, codes: Sequence[str]) -> None:
    """Check that every account is there, before anything is booked.

    Raises:
        UnknownAccountError: Names the first that is not.
    """
    missing = db.first(session, queries.MISSING_ACCOUNTS, {"codes": list(codes)})
    if missing is not None:
        raise UnknownAccountError(f"no account has the code {missing.code!r}; open it first")


def reverse(session: Session, tx_id: int, *, key: str, valid_on: dt.date, actor: str, reason: str) -> Posted:
    """Take a transaction back by a linked one with every sign turned, computed from the original's own lines.

    Raises:
        UnknownTransactionError: No such transaction.
        AlreadyReversedError: It has been reversed under another key.
    """
    original = db.first(session, queries.TX, {"tx_id": tx_id})
    if original is None:
        raise UnknownTransactionError(f"no transaction {tx_id}")
    earlier = db.first(session, queries.REVERSAL_OF, {"tx_id": tx_id})
    if earlier is not None and earlier.idempotency_key != key:
        raise AlreadyReversedError(f"transaction {tx_id} was reversed by transaction {earlier.id}")
    entries = db.rows(session, queries.ENTRIES_OF_TX, {"tx_id": tx_id})
    event = Event(
        key=key,
        kind=f"{original.kind}.reversal",
        valid_on=valid_on,
        lines=[Line(entry.code, -entry.amount_minor) for entry in entries],
        actor=actor,
        reason=reason,
        evidence=original.evidence,
    )
    return post(session, event, reverses=tx_id)


_REFUSALS = (
    ("ck_ledger_balance_floor", FloorBrokenError, "an account would hold less than it may; nothing was booked"),
    ("is closed in the books", PeriodClosedError, "the day lies in a month that is closed; book it in the open month"),
    ("does not sum to zero", UnbalancedError, "the entries do not sum to zero in each currency"),
    ("its header says", UnknownAccountError, "an entry names an account that does not exist"),
    (
        "an entry names account ",
        UnknownAccountError,
        "an entry names an account that does not exist in its currency",
    ),
    ('null value in column "account_id"', UnknownAccountError, "an entry names no account"),
    ("ck_ledger_tx_n_entries", UnbalancedError, "a transaction has at least two entries"),
    (
        "uq_ledger_tx_mutual_id_idempotency_key",
        PostingRaceError,
        "the same event is being booked at this moment; ask again",
    ),
    ("uq_ledger_tx_mutual_id_reverses", AlreadyReversedError, "the transaction has been reversed"),
)


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """Turn what the database refuses into the errors of this slice."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as refusal:
        said = str(refusal.orig if isinstance(refusal, DBAPIError) else refusal)
        for mark, error, words in _REFUSALS:
            if mark in said:
                raise error(f"{words} ({said.splitlines()[0]})") from refusal
        raise
