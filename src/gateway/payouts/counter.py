"""Hand a payout out at the counter: a one-time code, the member's own identity, and another person than the one who released it.

The code is told to the member and kept nowhere; its digest is (scrypt, with a salt of its own). It holds for some days and
some tries; a new one ends the old.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.cash.errors import SessionNeededError
from gateway.cash.tills import in_drawer
from gateway.kit import audit, db, tenant
from gateway.kit.errors import GatewayError
from gateway.kit.money import currency_of, format_amount
from gateway.payouts import queries, rules
from gateway.payouts.confirm import Result, apply_results, finish
from gateway.payouts.errors import (
    CardWrongError,
    CodeEndedError,
    CodeWrongError,
    HandOutRefusedError,
    TillShortError,
    WrongMeansError,
)
from gateway.payouts.queries import BatchRow, PayoutRow
from gateway.payouts.states import Means, PayoutStatus

DIGITS = 8
TRIES = 5
DAYS = 7
"""How long a code holds, unless the mutual's settings say otherwise (``payouts.code_days``)."""

LOCK_PAYOUT = """
-- one row: the payout, held so that it is handed out once
SELECT id FROM payout WHERE mutual_id = current_mutual() AND id = :id FOR UPDATE
"""

INSERT_CODE = """
-- one row: until when the new code holds
INSERT INTO payout_code (payout_id, salt, digest, tries_left, expires_at, issued_by)
VALUES (:payout_id, :salt, :digest, :tries, now() + make_interval(days => :days), :actor) RETURNING expires_at
"""

NEWEST_CODE = """
-- at most one row: the code of a payout that counts, and whether it still holds
SELECT id, salt, digest, tries_left, expires_at > clock_timestamp() AS holds, used_at, issued_by FROM payout_code
WHERE mutual_id = current_mutual() AND payout_id = :payout_id ORDER BY id DESC LIMIT 1 FOR UPDATE
"""

COUNT_TRY = """
-- no row: one try less
UPDATE payout_code SET tries_left = tries_left - 1 WHERE mutual_id = current_mutual() AND id = :id AND tries_left > 0
"""

USE_CODE = """
-- no row: the code has been used
UPDATE payout_code SET used_at = now() WHERE mutual_id = current_mutual() AND id = :id
"""

IS_HERS = """
-- at most one row: the member has this identity
SELECT 1 AS hers FROM member_identity
WHERE mutual_id = current_mutual() AND member_id = :member_id AND kind = :kind AND value = :value
"""


OPEN_DRAWER = """
-- one row: whether the account is a till that is in use, and whether this person has it open; held so that it is not counted
-- before this payout is out of it
WITH till AS (
    SELECT id FROM cash_till WHERE mutual_id = current_mutual() AND code = :code AND is_active
), mine AS MATERIALIZED (
    SELECT s.id FROM cash_session s
    WHERE s.mutual_id = current_mutual() AND s.holder = :holder AND s.status = 'open' AND s.till_id = (SELECT id FROM till)
    FOR KEY SHARE
)
SELECT EXISTS (SELECT FROM till) AS is_till, EXISTS (SELECT FROM mine) AS is_open
"""


class Code(NamedTuple):
    """A code as it is told to the member, once."""

    payout_id: int
    code: str
    expires_at: dt.datetime


class HandedOut(NamedTuple):
    """What came of a try at the counter."""

    payout: PayoutRow
    refusal: GatewayError | None
    """Why nothing was handed out. The try is counted all the same: commit before refusing."""


def issue_code(session: Session, payout_id: int, *, actor: str) -> Code:
    """Make a new code for a payout that waits at the counter; an earlier one holds no more.

    Raises:
        PayoutNotFoundError: No such payout.
        WrongMeansError: It is not paid at the counter, or waits no more.
    """
    payout, _batch = _waiting(session, payout_id)
    code, salt = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}", secrets.token_hex(16)
    days = int(tenant.current(session).settings.get("payouts", {}).get("code_days", DAYS))
    values = {"payout_id": payout.id, "salt": salt, "digest": _digest(code, salt), "tries": TRIES, "days": days}
    expires_at = db.one(session, INSERT_CODE, {**values, "actor": actor}).expires_at
    _record(session, payout, "code", actor)
    return Code(payout.id, code, expires_at)


def hand_out(
    session: Session, payout_id: int, *, code: str, identity_kind: str, identity: str, actor: str, today: dt.date
) -> HandedOut:
    """Hand a payout out, once, against its code and the member's identity.

    Args:
        session: The open transaction.
        payout_id: What is handed out.
        code: As the member tells it.
        identity_kind: Of the card she shows, for example ``national_id``.
        identity: Its number.
        actor: Who hands out; neither who released the batch nor who made the code.
        today: The day it is booked on.

    Returns:
        The payout, and why nothing was handed out, if so: a wrong code costs a try, which must be kept.

    Raises:
        PayoutNotFoundError: No such payout.
        WrongMeansError: It is not paid at the counter, or waits no more.
        SessionNeededError: The till is counted by sessions, and the actor has none open at it.
        PeriodClosedError: Today's month is closed in the books.
    """
    payout, batch = _waiting(session, payout_id)
    drawer = db.one(session, OPEN_DRAWER, {"code": batch.provider, "holder": actor})
    if drawer.is_till and not drawer.is_open:
        raise SessionNeededError(
            f"{batch.provider} is a till; open a session at it with POST /v1/cash-sessions, then hand the money out"
        )
    kept = db.first(session, NEWEST_CODE, {"payout_id": payout_id})
    refusal = _wrong_person(batch, kept, actor) or _wrong_code(session, kept, code)
    if refusal is None and kept is not None and not _is_hers(session, payout, identity_kind, identity):
        db.run(session, COUNT_TRY, {"id": kept.id})
        refusal = CardWrongError(
            f"the card is not the member's, and only the member is paid at the counter; {kept.tries_left - 1} tries are left"
        )
    if refusal is None:
        refusal = _till_short(session, payout, batch)
    if refusal is not None:
        _record(session, payout, "refused_at_counter", actor)
        return HandedOut(payout, refusal)
    assert kept is not None
    db.run(session, USE_CODE, {"id": kept.id})
    result = Result(payout.end_to_end_id, PayoutStatus.PAID.value, f"counter:{kept.id}", today)
    apply_results(session, batch.id, [result], actor=actor, today=today)
    finish(session, batch.id, actor=actor, today=today)
    _record(session, payout, "hand_out", actor)
    return HandedOut(queries.get_payout(session, payout_id), None)


def give_up(session: Session, payout_id: int, *, reason: str, actor: str, today: dt.date) -> PayoutRow:
    """Take a payout that nobody came for off the counter; its money is owed again and paid anew under a new id.

    Raises:
        PayoutNotFoundError: No such payout.
        WrongMeansError: It is not paid at the counter, or waits no more.
        PeriodClosedError: Today's month is closed in the books.
    """
    payout, batch = _waiting(session, payout_id)
    result = Result(payout.end_to_end_id, PayoutStatus.FAILED.value, reason_code="not_collected", reason_text=reason)
    apply_results(session, batch.id, [result], actor=actor, today=today)
    finish(session, batch.id, actor=actor, today=today)
    return queries.get_payout(session, payout_id)


def _waiting(session: Session, payout_id: int) -> tuple[PayoutRow, BatchRow]:
    batch = queries.get_batch(session, queries.get_payout(session, payout_id).batch_id, lock=True)
    db.first(session, LOCK_PAYOUT, {"id": payout_id})
    payout = queries.get_payout(session, payout_id)
    if rules.means_of(batch.provider) is not Means.CASH:
        raise WrongMeansError(f"payout {payout_id} is paid through {batch.provider}, not at the counter")
    if payout.status != PayoutStatus.ORDERED or batch.released_by is None:
        raise WrongMeansError(f"payout {payout_id} is {payout.status}; it does not wait at the counter")
    return payout, batch


def _wrong_person(batch: BatchRow, kept: Any, actor: str) -> GatewayError | None:
    if actor in (batch.released_by, None if kept is None else kept.issued_by):
        return HandOutRefusedError(
            f"{actor} released it or made its code; another person looks at the card and hands the money out"
        )
    return None


def _wrong_code(session: Session, kept: Any, code: str) -> GatewayError | None:
    if kept is None:
        return CodeEndedError("no code was made for this payout; whoever released it makes one and tells the member")
    if kept.used_at is not None or not kept.holds or kept.tries_left <= 0:
        return CodeEndedError("the code holds no more (too old, or tried too often); a new one has to be made")
    if not hmac.compare_digest(kept.digest, _digest(code.strip(), kept.salt)):
        db.run(session, COUNT_TRY, {"id": kept.id})
        return CodeWrongError(f"the code is wrong; {kept.tries_left - 1} tries are left")
    return None


def _is_hers(session: Session, payout: PayoutRow, kind: str, identity: str) -> bool:
    value = "".join(character for character in identity if character.isalnum()).upper()
    return db.first(session, IS_HERS, {"member_id": payout.member_id, "kind": kind, "value": value}) is not None


def _till_short(session: Session, payout: PayoutRow, batch: BatchRow) -> GatewayError | None:
    held = in_drawer(session, batch.provider)
    if held >= payout.amount_minor:
        return None
    currency = currency_of(payout.currency)
    there, asked = format_amount(held, currency), format_amount(payout.amount_minor, currency)
    return TillShortError(f"{batch.provider} holds {payout.currency} {there} and {asked} are to be handed out")


def _digest(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()


def _record(session: Session, payout: PayoutRow, verb: str, actor: str) -> None:
    audit.record(
        session,
        actor=actor,
        action=f"payout.{verb}",
        subject_kind="payout",
        subject_id=payout.id,
        detail={"amount_minor": payout.amount_minor, "member_id": payout.member_id},
    )
