"""What the gateway asks of anyone who pays members in batches. Amounts are integers in minor units."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One call and what came back, as it came: evidence."""

    method: str
    url: str
    status: int | None
    """HTTP status; None if no complete answer came."""
    headers: Mapping[str, str]
    body: bytes
    started_at: dt.datetime
    finished_at: dt.datetime
    problem: str | None = None
    """Why the answer could not be used, if it could not."""


class PayoutItem(NamedTuple):
    """One payout to order."""

    end_to_end_id: str
    """Ours, at most 35 characters, never reused."""
    amount_minor: int
    currency: str
    destination: str
    """Telephone in E.164."""
    description: str


@dataclass(frozen=True, slots=True)
class BatchReception:
    """The provider has the batch, or has begun to take it."""

    correlation_id: uuid.UUID
    request_reference: str | None
    """The provider's id of the request (``serverCorrelationId``), by which its state is asked."""
    batch_reference: str | None
    """The provider's id of the batch, if the answer names it already."""
    status: str
    """``pending``, ``completed`` or ``failed``: of the request, not of the payouts."""
    raw: RawAnswer = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class BatchStanding:
    """A batch as the provider holds it."""

    reference: str | None
    """The provider's id of the batch; None while the request is still being read."""
    status: str
    """``pending``, ``created``, ``approved``, ``completed``, ``failed``; or a word we do not know."""
    completed: int
    rejected: int
    parsed: int
    """Items the provider has read so far."""
    reason: str | None
    """Why it failed, in the provider's words."""
    raw: RawAnswer = field(repr=False, compare=False)

    @property
    def is_finished(self) -> bool:
        """Tell whether no payout of it is open any more."""
        return self.status in ("completed", "failed")


@dataclass(frozen=True, slots=True)
class PaymentStanding:
    """One payment as the provider holds it."""

    reference: str
    status: str
    """``pending``, ``completed``, ``failed``, ``reversed``; or a word we do not know."""
    raw: RawAnswer = field(repr=False, compare=False)
    amount_minor: int | None = None
    """What it moved; None where the answer does not say it in a form we know."""
    currency: str | None = None


class ItemResult(NamedTuple):
    """One payout that reached its member."""

    end_to_end_id: str
    provider_reference: str
    completed_at: dt.datetime | None


class ItemFailure(NamedTuple):
    """One payout that did not."""

    end_to_end_id: str
    code: str
    text: str


class PayerChannel(Protocol):
    """Somebody who pays members. Every method may raise the three errors of ``bank.errors``."""

    def send_batch(
        self, correlation_id: uuid.UUID, items: Iterable[PayoutItem], *, title: str = "", description: str = ""
    ) -> BatchReception:
        """Order a batch. The correlation id is committed before; the batch is not paid before ``approve``.

        Raises:
            PayerUnavailableError: Surely not done; send the same again later.
            PayerRefusedError: Refused; the same will be refused again.
            PayerOutcomeUnknownError: Nobody knows; ask by ``find_batch``.
        """
        ...

    def find_batch(self, correlation_id: uuid.UUID) -> BatchStanding | None:
        """Ask what became of a batch, by our id; None only where the provider proves that it never arrived."""
        ...

    def batch(self, reference: str) -> BatchStanding:
        """Give a batch as it stands now, by the provider's id."""
        ...

    def approve(self, reference: str) -> BatchStanding:
        """Let a created batch be paid; approving it again changes nothing."""
        ...

    def payment(self, reference: str) -> PaymentStanding:
        """Give one payment as it stands now, by the provider's id: whether a success was taken back since."""
        ...

    def completions(self, reference: str) -> Iterator[ItemResult]:
        """Give the payouts that were made so far."""
        ...

    def rejections(self, reference: str) -> Iterator[ItemFailure]:
        """Give the payouts that were refused so far."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...
