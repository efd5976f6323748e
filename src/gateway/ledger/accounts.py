"""Open accounts: once, by code, in the currency and shape that the chart of accounts gives them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import bulk, db
from gateway.ledger import queries
from gateway.ledger.rules import normal_side, shape_of


class NewAccount(NamedTuple):
    """An account to open: its code, and whose it is where it is somebody's."""

    code: str
    owner_kind: str | None = None
    owner_id: int | None = None


def open_accounts(session: Session, accounts: Iterable[NewAccount], currency: str) -> int:
    """Open the accounts that are not there yet; return how many. A second run opens none."""
    wanted = sorted(set(accounts))
    shapes = [shape_of(account.code) for account in wanted]
    return db.run(
        session,
        queries.INSERT_ACCOUNTS,
        {
            "codes": [account.code for account in wanted],
            "currencies": [currency] * len(wanted),
            "kinds": [shape.kind for shape in shapes],
            "sides": [normal_side(shape.kind) for shape in shapes],
            "floors": [shape.floor_minor for shape in shapes],
            "clearing": [shape.is_clearing for shape in shapes],
            "controls": [shape.control for shape in shapes],
            "owner_kinds": [account.owner_kind for account in wanted],
            "owner_ids": [account.owner_id for account in wanted],
        },
    )


def open_for_owners(session: Session, pattern: str, owner_kind: str, owner_ids: Sequence[int], currency: str) -> int:
    """Open the same account for many owners in one statement; return how many there were not before.

    Args:
        session: The open transaction.
        pattern: The code with ``{}`` where the owner's number goes, for example ``member:{}:contributions``.
        owner_kind: What the owners are, for example ``member``.
        owner_ids: Their numbers.
        currency: Of every account.
    """
    shape = shape_of(pattern.format(0))
    bulk.plan_anew(session, len(owner_ids))
    return db.run(
        session,
        queries.INSERT_OWNED_ACCOUNTS,
        {
            "before": pattern.partition("{}")[0],
            "after": pattern.partition("{}")[2],
            "owner_kind": owner_kind,
            "owner_ids": list(owner_ids),
            "currency": currency,
            "kind": shape.kind,
            "side": normal_side(shape.kind),
            "floor": shape.floor_minor,
            "clearing": shape.is_clearing,
            "control": shape.control,
        },
    )
