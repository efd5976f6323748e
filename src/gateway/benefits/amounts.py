"""What the state pays for breastfeeding: amounts that no source here knows, entered by staff, dated, each with its source."""

import datetime as dt
from typing import NamedTuple

from sqlmodel import Session

from gateway.benefits.errors import BenefitAmountInvalidError, BenefitAmountMissingError
from gateway.benefits.law import Law
from gateway.benefits.states import BenefitKind
from gateway.kit import audit, db, tenant
from gateway.kit.money import CurrencyError

INSERT = """
-- one row: the amount as it was entered
INSERT INTO benefit_amount (kind, band, valid_from, amount_minor, instalments, currency, source, actor)
VALUES (:kind, :band, :valid_from, :amount_minor, :instalments, :currency, :source, :actor)
RETURNING id, kind, band, valid_from, amount_minor, instalments, currency, source, actor, recorded_at
"""

ALL = """
-- one row per amount that was entered, newest day first; of one day and band, the newest entry first
SELECT id, kind, band, valid_from, amount_minor, instalments, currency, source, actor, recorded_at FROM benefit_amount
WHERE mutual_id = current_mutual() ORDER BY kind, band, valid_from DESC, id DESC
"""

IN_FORCE = """
-- at most one row: the amount of a band on a day
SELECT id, kind, band, valid_from, amount_minor, instalments, currency, source, actor, recorded_at FROM benefit_amount
WHERE mutual_id = current_mutual() AND kind = :kind AND band = :band AND valid_from <= :day
ORDER BY valid_from DESC, id DESC LIMIT 1
"""


class AmountRow(NamedTuple):
    """What the state pays for one child and instalment in a wage band, from a day on."""

    id: int
    kind: str
    band: int
    valid_from: dt.date
    amount_minor: int
    instalments: int
    currency: str
    source: str
    actor: str
    recorded_at: dt.datetime


def enter_amount(
    session: Session,
    *,
    band: int,
    valid_from: dt.date,
    amount_minor: int,
    instalments: int,
    currency: str,
    source: str,
    actor: str,
) -> AmountRow:
    """Write down what the state pays for breastfeeding in a band from a day on; a later entry for a day replaces it.

    Raises:
        BenefitAmountInvalidError: A band that the law does not have, below zero, no instalment, or no source.
        CurrencyError: Not the mutual's currency.
    """
    mutual = tenant.current(session)
    bands = int(Law(mutual.country, valid_from).value(BenefitKind.BREASTFEEDING, "bands"))
    if not 1 <= band <= bands:
        raise BenefitAmountInvalidError(f"band {band}: expected 1 to {bands}, up to so many minimum wages")
    if amount_minor < 0 or not 1 <= instalments <= 24 or not source.strip():
        raise BenefitAmountInvalidError("expected an amount of at least zero, 1 to 24 instalments, and who says so")
    if currency != mutual.currency:
        raise CurrencyError(f"the mutual keeps its money in {mutual.currency}, the amount is in {currency}")
    values = {
        "kind": BenefitKind.BREASTFEEDING.value,
        "band": band,
        "valid_from": valid_from,
        "amount_minor": amount_minor,
        "instalments": instalments,
        "currency": currency,
        "source": source.strip(),
    }
    row = AmountRow(*db.one(session, INSERT, {**values, "actor": actor}))
    audit.record(
        session,
        actor=actor,
        action="benefit_amount.enter",
        subject_kind="benefit_amount",
        subject_id=row.id,
        reason=source.strip(),
        detail={"band": band, "amount_minor": amount_minor, "valid_from": valid_from},
    )
    return row


def list_amounts(session: Session) -> list[AmountRow]:
    """Return every amount that was entered, by band, newest day first."""
    return [AmountRow(*row) for row in db.rows(session, ALL)]


def amount_of(session: Session, band: int, day: dt.date) -> AmountRow:
    """Return what the state pays in a band on a day.

    Raises:
        BenefitAmountMissingError: Nobody has entered it.
    """
    row = db.first(session, IN_FORCE, {"kind": BenefitKind.BREASTFEEDING.value, "band": band, "day": day})
    if row is None:
        raise BenefitAmountMissingError(
            f"nobody has entered what the state pays for breastfeeding in band {band} (up to {band} minimum wages) on {day};"
            " ask the state for its table and enter it with POST /v1/benefit-amounts"
        )
    return AmountRow(*row)
