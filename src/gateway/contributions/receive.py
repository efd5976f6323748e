"""Receive money once: from one payer, for one member or many, into one account, in one statement or two."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg.errors import UniqueViolation
from sqlmodel import Session

from gateway.contributions.errors import (
    PaidInFutureError,
    PaidLongAgoError,
    ReceiptInvalidError,
    ReceiptRepeatedError,
    ReceiptRunningError,
)
from gateway.contributions.models import Channel
from gateway.contributions.queries import ReceiptLineRow, ReceiptRow, find_receipt_by_source, get_receipt
from gateway.contributions.receive_queries import LOOKUP, LOOKUP_ONE, Beside, LookedUp, Written, at_once, write
from gateway.contributions.reference import receipt_number
from gateway.contributions.rules import OLDEST, split_receipt
from gateway.kit import db, tenant
from gateway.kit.errors import FieldProblem
from gateway.kit.money import CurrencyError
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.errors import UnknownAccountError
from gateway.ledger.post import Event, Line, refusals_in_words, values_of
from gateway.membership.errors import MemberNotFoundError

__all__ = [
    "Beside",
    "NewLine",
    "NewReceipt",
    "ReceiptRow",
    "find_receipt_by_source",
    "receive",
    "receive_beside",
    "suspense_account",
]

PLACES = {
    Channel.CASH: re.compile(r"cash:[a-z0-9-]{1,40}"),
    Channel.COLLECTOR: re.compile(r"cash:[a-z0-9-]{1,40}"),
    Channel.MOBILE_MONEY: re.compile(r"momo:[a-z0-9-]{1,40}(:clearing)?"),
    Channel.BANK: re.compile(r"bank:[a-z0-9-]{1,40}"),
}
"""Which accounts money of a channel may be in."""
OPENED_AT_FIRST_USE = ("cash:", "momo:")
"""A till or a provider's clearing account is opened by its first receipt; a bank account is registered before."""
_BETWEEN = str.maketrans("", "", " \t-./_")


class NewLine(NamedTuple):
    """A member's part of a receipt: whose, and how much (None: an equal part of what the others leave)."""

    member_id: int | None = None
    identity: str | None = None
    """Identity or member number as the payer gave it; asked only where ``member_id`` is not known."""
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """A payment to be received."""

    source: str
    source_reference: str
    channel: str
    account_code: str
    amount_minor: int
    currency: str
    paid_on: dt.date
    lines: Sequence[NewLine]
    collector: str | None = None
    payer_name: str | None = None
    payer_reference: str | None = None
    note: str | None = None


def suspense_account(channel: str) -> str:
    """Return the code of the account that holds what nobody could place yet of a channel's money."""
    return f"suspense:{channel}"


def bare_identity(text: str) -> str:
    """Return an identity as registers keep it: capitals, nothing between."""
    return text.translate(_BETWEEN).upper()


def receive(session: Session, new: NewReceipt, *, actor: str, today: dt.date) -> ReceiptRow:
    """Write a payment and book it; the same payment again writes nothing and returns the first.

    An identity nobody knows sends its line to suspense, with what was claimed. What a member paid and nothing has used
    is kept as her credit.

    Raises:
        PaidInFutureError: ``paid_on`` has not come.
        PaidLongAgoError: ``paid_on`` is more than ten years ago.
        ReceiptInvalidError: The lines do not make up the amount, or the account is not one of the channel.
        UnknownAccountError: No such bank account, or a member without an account.
        CurrencyError: The account is kept in another currency.
        MemberNotFoundError: A line names a member who is not there.
        ReceiptRepeatedError: The source's reference stands for another payment.
        PeriodClosedError: The day lies in a month that is closed.
        ReceiptRunningError: The same payment is being written by another transaction; ask again.
    """
    return receive_beside(session, new, Beside(), {}, actor=actor, today=today)[0]


def receive_beside(
    session: Session, new: NewReceipt, beside: Beside, values: Mapping[str, Any], *, actor: str, today: dt.date
) -> tuple[ReceiptRow, tuple[Any, ...]]:
    """Receive a payment as ``receive`` does, and write and ask in the same statement what a slice above has beside it.

    Args:
        session: The open transaction.
        new: The payment.
        beside: What else is written and asked.
        values: Its parameters; those of the payment have its fields' names.
        actor: Who receives.
        today: Of the mutual.

    Returns:
        The receipt, and what ``beside`` asked; nothing where the payment had been received before.
    """
    parts = _checked(new, today)
    member_id = new.lines[0].member_id
    if len(new.lines) == 1 and member_id is not None:
        done = _write_at_once(session, new, member_id, actor, beside, values)
        if done is not None:
            return done
    known = LookedUp(*db.single(session, *_asked(new)))
    if known.known_id is not None:
        return _same_or_refuse(get_receipt(session, known.known_id), new, parts, known.member_ids), ()
    _check_members(new, known.member_ids)
    _check_account(session, new, known.currency)
    suspense = suspense_account(new.channel)
    if None in known.member_ids:
        open_accounts(session, [NewAccount(suspense)], new.currency)
    event = _event(new, known.member_ids, parts, actor, evidence=f"receipt:{known.receipt_id}")
    claims = [
        line.identity if member is None else None for line, member in zip(new.lines, known.member_ids, strict=True)
    ]
    asked = {
        **values,
        **values_of(event),
        **_head(new),
        "receipt_id": known.receipt_id,
        "number": receipt_number(known.mutual_id, known.receipt_id),
        "line_members": known.member_ids,
        "line_amounts": parts,
        "line_claims": claims,
    }
    with _receipt_refusals():
        written, told = _split(db.single(session, write(beside), asked))
    return _row(new, actor, written, known.member_ids, parts, claims), told


def _write_at_once(
    session: Session, new: NewReceipt, member_id: int, actor: str, beside: Beside, values: Mapping[str, Any]
) -> tuple[ReceiptRow, tuple[Any, ...]] | None:
    """Write a payment for one member, or nothing where something stands in its way, which its look-up then tells."""
    event = _event(new, [member_id], [new.amount_minor], actor)
    asked = {
        **values,
        **values_of(event),
        **_head(new),
        "member_id": member_id,
        "owner_code": event.lines[1].account,
    }
    with _receipt_refusals():
        found = db.at_most_one(session, at_once(beside), asked)
    if found is None:
        return None
    written, told = _split(found)
    return _row(new, actor, written, [member_id], [new.amount_minor], [None]), told


def _event(
    new: NewReceipt, members: Sequence[int | None], parts: Sequence[int], actor: str, *, evidence: str | None = None
) -> Event:
    owners = [suspense_account(new.channel) if one is None else f"member:{one}:contributions" for one in members]
    return Event(
        key=f"receipt:{new.source}:{new.source_reference}",
        kind="receipt",
        valid_on=new.paid_on,
        lines=[Line(new.account_code, new.amount_minor), *map(Line, owners, (-part for part in parts))],
        actor=actor,
        evidence=evidence,
    )


def _head(new: NewReceipt) -> dict[str, Any]:
    return {name: getattr(new, name) for name in NewReceipt.__slots__ if name != "lines"}


def _split(found: tuple[Any, ...]) -> tuple[Written, tuple[Any, ...]]:
    own = len(Written._fields)
    return Written(*found[:own]), found[own:]


def _row(
    new: NewReceipt,
    actor: str,
    written: Written,
    members: Sequence[int | None],
    parts: Sequence[int],
    claims: Sequence[str | None],
) -> ReceiptRow:
    lines = tuple(
        ReceiptLineRow(line_id, number, member, member, part, claim, 0)
        for number, (line_id, member, part, claim) in enumerate(
            zip(written.line_ids, members, parts, claims, strict=True), start=1
        )
    )
    return ReceiptRow(
        id=written.receipt_id,
        number=written.number,
        **_head(new),
        recorded_at=written.recorded_at,
        actor=actor,
        import_id=None,
        ledger_tx_id=written.ledger_tx_id,
        reversed_on=None,
        reversal_reason=None,
        lines=lines,
        is_new=True,
    )


@contextmanager
def _receipt_refusals() -> Iterator[None]:
    try:
        with refusals_in_words():
            yield
    except UniqueViolation as refusal:
        if refusal.diag.constraint_name != "uq_contribution_receipt_mutual_id_source_source_reference":
            raise
        raise ReceiptRunningError("the same payment is being written at this moment; ask again") from refusal


def _checked(new: NewReceipt, today: dt.date) -> list[int]:
    if new.paid_on > today:
        raise PaidInFutureError(
            f"{new.paid_on} has not come (today is {today}); give the day the money was handed over",
            errors=[FieldProblem("/paid_on", "paid_in_future", f"expected a day up to {today}")],
        )
    if new.paid_on < today - OLDEST:
        raise PaidLongAgoError(
            f"{new.paid_on} is more than ten years ago; look at the year again",
            errors=[FieldProblem("/paid_on", "paid_long_ago", f"expected a day from {today - OLDEST} on")],
        )
    if PLACES[Channel(new.channel)].fullmatch(new.account_code) is None:
        expected = PLACES[Channel(new.channel)].pattern.split(":")[0]
        raise ReceiptInvalidError(
            f"money by {new.channel} is not in {new.account_code!r}; expected an account that begins with {expected}:",
            errors=[FieldProblem("/account_code", "receipt_invalid", f"expected {expected}:…")],
        )
    for number, line in enumerate(new.lines):
        if line.member_id is None and not (line.identity or "").strip():
            raise ReceiptInvalidError(
                f"line {number + 1} names nobody; give member_id or identity",
                errors=[FieldProblem(f"/lines/{number}", "receipt_invalid", "expected member_id or identity")],
            )
    return split_receipt(new.amount_minor, [line.amount_minor for line in new.lines])


def _asked(new: NewReceipt) -> tuple[str, dict[str, Any]]:
    """Return the statement that looks up what must be known, and its values."""
    about = {
        "source": new.source,
        "source_reference": new.source_reference,
        "account_code": new.account_code,
    }
    claims = [(line.identity or "") if line.member_id is None else "" for line in new.lines]
    members: list[int | None] = [line.member_id for line in new.lines]
    values, numbers = [bare_identity(claim) for claim in claims], [claim.strip().upper() for claim in claims]
    if len(members) == 1:
        return LOOKUP_ONE, {**about, "member_id": members[0], "value": values[0], "number": numbers[0]}
    return LOOKUP, {**about, "member_ids": members, "values": values, "numbers": numbers}


def _check_members(new: NewReceipt, found: Sequence[int | None]) -> None:
    wrong = [
        number
        for number, (line, member) in enumerate(zip(new.lines, found, strict=True))
        if member is None and line.member_id is not None
    ]
    if wrong:
        errors = [FieldProblem(f"/lines/{number}/member_id", "member_unknown", "no such member") for number in wrong]
        asked = ", ".join(str(new.lines[number].member_id) for number in wrong[:10])
        raise MemberNotFoundError(
            f"there is no member {asked}; give another, or the identity as claimed", errors=errors
        )


def _check_account(session: Session, new: NewReceipt, currency: str | None) -> None:
    if currency is None:
        if not new.account_code.startswith(OPENED_AT_FIRST_USE):
            raise UnknownAccountError(f"no account has the code {new.account_code!r}; register it first")
        currency = _open_place(session, new)
    if currency != new.currency:
        raise CurrencyError(
            f"{new.account_code} is kept in {currency}, the receipt is in {new.currency}",
            errors=[FieldProblem("/currency", "currency_mismatch", f"expected {currency}")],
        )


def _open_place(session: Session, new: NewReceipt) -> str:
    currency = tenant.current(session).currency
    if currency == new.currency:
        open_accounts(session, [NewAccount(new.account_code)], currency)
    return currency


def _same_or_refuse(
    first: ReceiptRow, new: NewReceipt, parts: Sequence[int], members: Sequence[int | None]
) -> ReceiptRow:
    def head(one: Any) -> tuple[Any, ...]:
        return (one.channel, one.account_code, one.amount_minor, one.currency, one.paid_on, one.collector)

    def is_same(kept: ReceiptLineRow, line: NewLine, part: int, member: int | None) -> bool:
        # A claim that nobody knew then may be known now: it is still the same claim.
        claim = kept.claimed_identity is not None and kept.claimed_identity == line.identity
        return kept.amount_minor == part and (claim or (member is not None and kept.first_member_id == member))

    same = head(first) == head(new) and len(first.lines) == len(new.lines)
    same = same and first.payer_reference == new.payer_reference
    if same and all(map(is_same, first.lines, new.lines, parts, members)):
        return first
    raise ReceiptRepeatedError(
        f"{new.source_reference!r} of {new.source} stands for receipt {first.number} of {first.paid_on}, which has other"
        " content; give this payment a reference of its own"
    )
