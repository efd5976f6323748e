"""What a run of the reconciliation found, and where the money is."""

import datetime as dt

from gateway.api.money import text_of
from gateway.api.schemas.common import ReadModel
from gateway.reconciliation.position import Position
from gateway.reconciliation.queries import (
    OpenBreaks,
)
from gateway.reconciliation.run import Reconciled


class OpenBreaksRead(ReadModel):
    """How many breaks of a kind wait."""

    kind: str
    break_count: int
    amount: str
    oldest_at: dt.datetime

    @classmethod
    def of(cls, row: OpenBreaks, currency: str) -> "OpenBreaksRead":
        """Return what is shown of a kind of break."""
        shown = row._asdict()
        shown["amount"] = text_of(shown.pop("amount_minor"), currency)
        return cls.model_validate(shown)


class ReconciliationRead(ReadModel):
    """What a run did and what is left."""

    matched: dict[str, int]
    suspense_count: int
    changed_breaks: dict[str, int]
    open_breaks: list[OpenBreaksRead]

    @classmethod
    def of(cls, done: Reconciled, currency: str) -> "ReconciliationRead":
        """Return what is shown of a run."""
        kinds = [OpenBreaksRead.of(row, currency) for row in done.open_breaks]
        return cls(
            matched=done.matched,
            suspense_count=done.suspense_count,
            changed_breaks=done.changed_breaks,
            open_breaks=kinds,
        )


class AccountPositionRead(ReadModel):
    """One account at a bank or provider."""

    number: str
    name: str
    ledger_code: str
    currency: str
    statement_on: dt.date | None
    statement: str | None
    books: str
    unbooked: str
    in_transit: str
    unexplained: str


class BalanceRead(ReadModel):
    """An account that is not empty."""

    account: str
    currency: str
    balance: str


class PositionRead(ReadModel):
    """Where the money is now."""

    accounts: list[AccountPositionRead]
    suspense: list[BalanceRead]
    cash: list[BalanceRead]
    is_explained: bool
    """Nothing is unexplained on any account."""

    @classmethod
    def of(cls, position: Position) -> "PositionRead":
        """Return what is shown of the position."""
        accounts = []
        for row in position.accounts:
            shown = row._asdict()
            for name in ("statement", "books", "unbooked", "in_transit", "unexplained"):
                minor = shown.pop(f"{name}_minor")
                shown[name] = None if minor is None else text_of(minor, row.currency)
            accounts.append(AccountPositionRead.model_validate(shown))
        return cls(
            accounts=accounts,
            suspense=[_balance(*row) for row in position.suspense],
            cash=[_balance(*row) for row in position.cash],
            is_explained=position.unexplained_minor == 0,
        )


def _balance(account: str, currency: str, minor: int) -> BalanceRead:
    return BalanceRead(account=account, currency=currency, balance=text_of(minor, currency))
