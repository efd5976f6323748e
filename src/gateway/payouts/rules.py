"""Pure rules of payouts: a provider's terms, who may release how much, the frozen request, when to ask again."""

import datetime as dt
import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from gateway.kit.money import Currency, parse_amount, plain_amount
from gateway.payouts.states import Means

MOST_IN_A_BATCH = 100_000
"""So that a request stays a file that people, providers and memory can handle."""
GSMA_LIMIT = 999_999
LONGEST_WAIT = dt.timedelta(minutes=30)
RECHECK_DAYS = 60
"""For how long it is asked again about what a provider paid, unless the mutual says otherwise (``payouts.recheck_days``)."""


class FrozenItem(NamedTuple):
    """One payout as it was released."""

    end_to_end_id: str
    amount_minor: int
    destination: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider takes, and what the mutual finds worth sending."""

    batch_limit: int
    minimum_minor: int


@dataclass(frozen=True, slots=True)
class RequestHead:
    """What a frozen request says of itself."""

    correlation_id: uuid.UUID
    provider: str
    currency: str
    payout_count: int
    total_minor: int
    title: str


def account_of(provider: str) -> str:
    """Return the ledger account that is paid from: ``momo:orange`` for ``orange``; ``bank:main`` and ``cash:main`` as they are.

    Source:
        SRC-LEDGER, ``momo:<provider>`` is where mobile money is.
    """
    return provider if ":" in provider else f"momo:{provider}"


def means_of(account: str) -> Means:
    """Return how money leaves a ledger account.

    Source:
        SRC-LEDGER, the chart of accounts: ``bank:``, ``cash:``, ``momo:``.
    """
    return {"bank": Means.BANK, "cash": Means.CASH}.get(account.partition(":")[0], Means.MOBILE)


def message_id_of(correlation_id: uuid.UUID) -> str:
    """Return the id of a bank's file, made from ours: 34 characters, never reused.

    Source:
        SRC-030, ``MsgId`` is unique for ever and has at most 35 characters.
    """
    return f"PB{correlation_id.hex.upper()}"


def correlation_of(message_id: str) -> uuid.UUID | None:
    """Return which batch a bank speaks of by the file's id, or None where it is no id of ours.

    Source:
        SRC-030, a status report repeats the original ``MsgId``.
    """
    try:
        return uuid.UUID(hex=message_id.removeprefix("PB")) if message_id.startswith("PB") else None
    except ValueError:
        return None


def provider_of(account: str) -> str:
    """Return the provider's own name, as its callbacks and adapter know it: ``orange`` for ``momo:orange``.

    Source:
        SRC-LEDGER.
    """
    return account.removeprefix("momo:")


def terms_of(settings: Mapping[str, Any], provider: str, currency: Currency) -> Terms:
    """Return a provider's terms from the mutual's settings, ``payouts.<provider>.{batch_limit, minimum}``.

    Without settings: at most 100,000 in a batch, and nothing below one whole unit of the currency.

    Source:
        SRC-GSMA, ``POST /batchtransactions`` takes 1 to 999,999 transactions.
    """
    ours = settings.get("payouts", {}).get(provider_of(provider), {})
    minimum = ours.get("minimum")
    return Terms(
        batch_limit=min(int(ours.get("batch_limit", MOST_IN_A_BATCH)), GSMA_LIMIT),
        minimum_minor=currency.unit if minimum is None else parse_amount(str(minimum), currency),
    )


def release_limit(settings: Mapping[str, Any], roles: Collection[str], currency: Currency) -> int | None:
    """Return the largest total that somebody with these roles may release; None where there is no limit.

    ``payouts.release_limits`` of the mutual's settings maps a role to an amount, or to null for no limit. A role that
    is not named there has no limit; of several roles the most generous counts.

    Source:
        SRC-MUTUAL, the mutual's own rules of delegation.
    """
    limits = settings.get("payouts", {}).get("release_limits", {})
    mine = [limits.get(role) for role in roles]
    if not mine or any(limit is None for limit in mine):
        return None
    return max(parse_amount(str(limit), currency) for limit in mine)


def figures(payout_count: int, total_minor: int, currency: str) -> str:
    """Return what a person releases, in words: ``1,204 payouts, DOP 3,400,117.20``.

    Source:
        SRC-MUTUAL, who releases is shown what leaves the house.
    """
    noun = "payout" if payout_count == 1 else "payouts"
    return f"{payout_count:,} {noun}, {plain_amount(total_minor, currency)}"


def freeze(head: RequestHead, items: Iterable[Sequence[Any]]) -> bytes:
    """Return the request as it is frozen: a line of JSON that says what it is, then one per payout, in order.

    Of each payout the first three values count, which are those of ``FrozenItem``.

    Source:
        SRC-LEDGER, the id and the bytes are committed before any byte leaves.
    """
    said = {
        "correlation_id": str(head.correlation_id),
        "provider": head.provider,
        "currency": head.currency,
        "payout_count": head.payout_count,
        "total_minor": head.total_minor,
        "title": head.title,
    }
    lines = [json.dumps(said, ensure_ascii=False)]
    # What json.dumps makes of a list of the three, without making an encoder for each.
    lines.extend(f"[{quoted(item[0])}, {item[1]}, {quoted(item[2])}]" for item in items)
    return ("\n".join(lines) + "\n").encode()


def thaw(body: bytes) -> tuple[RequestHead, Iterator[FrozenItem]]:
    """Return what a frozen request says, and its payouts one by one.

    Source:
        SRC-LEDGER.
    """
    first, _, rest = body.partition(b"\n")
    said = json.loads(first)
    said["correlation_id"] = uuid.UUID(said["correlation_id"])
    return RequestHead(**said), (FrozenItem(*json.loads(line)) for line in rest.splitlines())


def wait_before_asking(age: dt.timedelta) -> dt.timedelta:
    """Return how long to wait before the next question about a batch that left so long ago.

    A quarter of its age, at least a second, at most half an hour: often while an answer is likely, rarely after.

    Source:
        SRC-GSMA, a callback may never come: poll.
    """
    return max(dt.timedelta(seconds=1), min(age / 4, LONGEST_WAIT))


def recheck_days(settings: Mapping[str, Any]) -> int:
    """Return for how many days after a batch ended its payments are asked about again.

    Source:
        SRC-MUTUAL, ``payouts.recheck_days`` of the mutual's settings.
    """
    return int(settings.get("payouts", {}).get("recheck_days", RECHECK_DAYS))


def day_to_ask_again(finished_on: dt.date, today: dt.date, days: int) -> dt.date | None:
    """Return the day of the next question about payments that were made, or None once they are old enough.

    As far off as they are old: after 1, 2, 4, 8, 16, 32 days and a last time on the last of ``days``. A reversal is told
    once, by a callback that may be lost; the older a payment, the rarer it is taken back.

    Source:
        SRC-GSMA, a transaction may become ``reversed`` after it was ``completed``; a callback may never come.
    """
    age = (today - finished_on).days
    if age >= days:
        return None
    return finished_on + dt.timedelta(days=min(age + max(age, 1), days))
