"""The books as they are shown."""

import datetime as dt

from gateway.api.money import AmountText
from gateway.api.schemas.common import ReadModel


class TrialLineRead(ReadModel):
    """One control account: the sum of its accounts, on the side that kind of account is on."""

    control: str
    kind: str
    currency: str
    is_clearing: bool
    balance: AmountText
    account_count: int


class TrialBalanceRead(ReadModel):
    """Every control account, as of both dates."""

    valid_on: dt.date | None
    """Only what happened up to this day; null means all."""
    recorded_at: dt.datetime | None
    """Only what was booked up to this instant; null means all."""
    items: list[TrialLineRead]
    differences: dict[str, AmountText]
    """Debits less credits, by currency; always zero."""


class AccountRead(ReadModel):
    """An account and its balance now."""

    code: str
    control: str
    kind: str
    currency: str
    is_clearing: bool
    balance: AmountText


class AccountEntryRead(ReadModel):
    """One entry of an account; a positive amount debits it, a negative one credits it."""

    tx_id: int
    line: int
    kind: str
    amount: AmountText
    currency: str
    valid_on: dt.date
    recorded_at: dt.datetime
    actor: str
    reason: str | None
    evidence: str | None
    """What it rests on."""
    idempotency_key: str
    reverses: int | None
    """The transaction that this one takes back."""


class ClearingAccountRead(ReadModel):
    """A clearing account that has not come back to zero."""

    code: str
    control: str
    balance: AmountText
    currency: str
    since_on: dt.date
    age_days: int


class ClearingAccountsRead(ReadModel):
    """Clearing accounts that are not at zero, the longest standing first."""

    items: list[ClearingAccountRead]


class FindingRead(ReadModel):
    """One thing that is not as it must be."""

    check: str
    subject: str
    detail: str


class LedgerVerificationRead(ReadModel):
    """Whether the books are whole."""

    is_whole: bool
    entry_count: int
    entry_sum: int
    """Every signed amount together, whatever its currency; always zero."""
    findings: list[FindingRead]
