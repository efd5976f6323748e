"""How each member gets her money: on her telephone, on a bank account, or at the counter. Written, never changed."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.bank.text import is_bank_identifier, is_iban, restrict
from gateway.benefits.queries import require_member
from gateway.kit import audit, db
from gateway.payouts.errors import DestinationInvalidError
from gateway.payouts.states import Means

_COLUMNS = "id, member_id, means, account, holder, bank_identifier, actor, reason, recorded_at"

INSERT = f"""
-- one row: the destination as it was written
INSERT INTO payout_destination (member_id, means, account, holder, bank_identifier, actor, reason)
VALUES (:member_id, :means, :account, :holder, :bank_identifier, :actor, :reason) RETURNING {_COLUMNS}
"""

OF_MEMBER = f"""
-- one row per destination a member has had, newest first
SELECT {_COLUMNS} FROM payout_destination WHERE mutual_id = current_mutual() AND member_id = :member_id ORDER BY id DESC LIMIT 100
"""


class DestinationRow(NamedTuple):
    """How a member gets their money, from when on, and who wrote it down."""

    id: int
    member_id: int
    means: str
    account: str
    holder: str
    bank_identifier: str
    actor: str
    reason: str
    recorded_at: dt.datetime


def choose_destination(
    session: Session,
    member_id: int,
    *,
    means: Means,
    account: str = "",
    holder: str = "",
    bank_identifier: str = "",
    reason: str,
    actor: str,
) -> DestinationRow:
    """Write down how a member wants her money; the same again writes nothing.

    Raises:
        BeneficiaryUnknownError: No such member.
        DestinationInvalidError: An account that no bank would take, an account at the counter, a telephone that is none.
    """
    require_member(session, member_id)
    number = "".join(account.split()).upper() if means is Means.BANK else account.strip()
    bank = bank_identifier.strip().upper()
    _check(means, number, holder)
    if bank and not is_bank_identifier(bank):
        raise DestinationInvalidError("expected the bank's BIC, 8 or 11 letters and digits, or none")
    wanted = (member_id, means.value, number, " ".join(holder.split()), bank)
    known = list_destinations(session, member_id)
    if known and known[0][1:6] == wanted:
        return known[0]
    values = dict(zip(("member_id", "means", "account", "holder", "bank_identifier"), wanted, strict=True))
    row = DestinationRow(*db.one(session, INSERT, {**values, "actor": actor, "reason": reason}))
    audit.record(
        session,
        actor=actor,
        action="payout_destination.choose",
        subject_kind="member",
        subject_id=member_id,
        reason=reason,
        detail={"means": means.value, "destination_id": row.id},
    )
    return row


def list_destinations(session: Session, member_id: int) -> list[DestinationRow]:
    """Return how a member has got her money, the newest first; it counts."""
    return [DestinationRow(*row) for row in db.rows(session, OF_MEMBER, {"member_id": member_id})]


def _check(means: Means, number: str, holder: str) -> None:
    if means is Means.CASH and number:
        raise DestinationInvalidError("at the counter there is no account; leave it empty")
    if (
        means is Means.MOBILE
        and number
        and not (number.startswith("+") and number[1:].isdigit() and 8 <= len(number) <= 16)
    ):
        raise DestinationInvalidError(
            "expected a telephone as +18095550101, or none for the one the member is known by"
        )
    if means is not Means.BANK:
        return
    if not holder.strip() or not restrict(holder).strip("? "):
        raise DestinationInvalidError("the bank asks whose account it is; write the holder's name as the bank has it")
    looks_like_iban = len(number) >= 15 and number[:2].isalpha() and number[2:4].isdigit()
    if looks_like_iban and not is_iban(number):
        raise DestinationInvalidError("the check digits of the IBAN are wrong; compare it with the bank's paper")
    if not 1 <= len(number) <= 34 or restrict(number) != number:
        raise DestinationInvalidError("expected an account number of 1 to 34 plain letters and digits")
