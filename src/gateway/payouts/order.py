"""Prepare a batch of everything that is owed to members and can be paid now. Nothing is booked and nothing leaves."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import audit, bulk, db, tenant
from gateway.kit.money import currency_of
from gateway.ledger.bank_accounts import find_bank_account
from gateway.payouts import order_queries, queries
from gateway.payouts.errors import DraftOpenError, NothingOwedError, ProviderUnknownError
from gateway.payouts.queries import BatchRow
from gateway.payouts.rules import Terms, account_of, figures, means_of, terms_of
from gateway.payouts.states import Means


class LeftOut(NamedTuple):
    """What is owed and cannot be paid now."""

    obstacle: str
    """no_telephone, telephone_invalid, no_account, paid_otherwise, below_minimum, deceased, contradicted (the provider said two things of it)."""
    member_count: int
    total_minor: int


class Prepared(NamedTuple):
    """What was prepared: one batch, or several where the provider takes no more in one, and what was left out."""

    batches: list[BatchRow]
    left_out: list[LeftOut]


def prepare(
    session: Session, *, provider: str, actor: str, today: dt.date, member_ids: Sequence[int] | None = None
) -> Prepared:
    """Put everything owed to members into a draft for a provider; in several if the provider's limit asks for it.

    Each member is paid the way she chose (``payout_destination``), by mobile money where she chose none.

    Failed and returned payouts are paid anew one by one, each by a payout with a new id that names the old one.

    Args:
        session: The open transaction.
        provider: ``orange``, or the ledger account that pays: ``momo:orange``, ``bank:main``, ``cash:main``.
        actor: Who prepares it, and therefore may not release it.
        today: Stands in the log.
        member_ids: Only these members, this way, whatever they chose.

    Raises:
        ProviderUnknownError: The mutual has no account at this provider.
        DraftOpenError: A draft for this provider waits for its release.
        NothingOwedError: Nobody is owed anything that could be paid now.
    """
    account = account_of(provider)
    mutual = tenant.current(session)
    currency = _currency_of(session, account)
    db.one(session, order_queries.LOCK_ORDERING)
    draft = db.first(session, order_queries.OPEN_DRAFT, {"provider": account})
    if draft is not None:
        raise DraftOpenError(f"batch {draft.id} for {account} waits for its release; release or discard it first")
    terms = terms_of(mutual.settings, account, currency_of(currency))
    made = _write(session, account, currency, terms, actor, member_ids)
    left_out = [LeftOut(*row[1:]) for row in made if row[0] is None]
    batches = [queries.get_batch(session, row[0]) for row in made if row[0] is not None]
    if not batches:
        raise NothingOwedError(_why_nothing(left_out, currency))
    for batch in batches:
        _log(session, batch, actor, today)
    return Prepared(batches, left_out)


def _currency_of(session: Session, account: str) -> str:
    if means_of(account) is Means.CASH:
        till = db.first(session, order_queries.CURRENCY_OF_TILL, {"code": account})
        if till is not None:
            return str(till.currency)
        raise ProviderUnknownError(f"the mutual has no till {account!r}; it is there once money was received in it")
    kept = find_bank_account(session, code=account)
    if kept is None:
        raise ProviderUnknownError(f"the mutual has no account {account!r}; register it among the bank accounts first")
    return kept.currency


def _write(
    session: Session, account: str, currency: str, terms: Terms, actor: str, member_ids: Sequence[int] | None
) -> list[tuple[Any, ...]]:
    values = {
        "provider": account,
        "means": means_of(account).value,
        "currency": currency,
        "minimum_minor": terms.minimum_minor,
        "batch_limit": terms.batch_limit,
        "member_ids": None if member_ids is None else list(member_ids),
        "actor": actor,
    }
    with bulk.without_nested_loops(session, bulk.MANY if member_ids is None else len(member_ids)):
        return db.driver(session).execute(order_queries.ORDER.encode(), values).fetchall()


def _log(session: Session, batch: BatchRow, actor: str, today: dt.date) -> None:
    audit.record(
        session,
        actor=actor,
        action="payout_batch.prepare",
        subject_kind="payout_batch",
        subject_id=batch.id,
        detail={
            "provider": batch.provider,
            "figures": figures(batch.payout_count, batch.total_minor, batch.currency),
            "on": today,
        },
    )


def _why_nothing(left_out: list[LeftOut], currency: str) -> str:
    if not left_out:
        return f"no member is owed anything in {currency} that is not in a draft already"
    counts = ", ".join(f"{one.member_count} {one.obstacle}" for one in left_out)
    return f"members are owed money in {currency}, but none can be paid now: {counts}"
