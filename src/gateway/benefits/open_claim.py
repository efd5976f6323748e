"""Open a claim: what happened to whom and when, the checklist, and the last day the state takes it."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.benefits import claim_queries as queries
from gateway.benefits import rules
from gateway.benefits.claim_queries import ClaimRow
from gateway.benefits.eligibility import eligibility_of
from gateway.benefits.errors import ClaimInvalidError, ClaimKnownError
from gateway.benefits.law import Law
from gateway.benefits.rules import Stretch
from gateway.benefits.states import BenefitKind
from gateway.kit import audit, db, tenant
from gateway.kit.happened import check_happened

AHEAD = dt.timedelta(days=280)
"""An expected birth is at most so far ahead; anything later is a mistyped year."""


class NewClaim(NamedTuple):
    """What is known when a claim is opened."""

    member_id: int
    kind: BenefitKind
    starts_on: dt.date
    """First day of leave or illness; for breastfeeding the day of birth."""
    stretches: Sequence[Stretch] = ()
    """Of an illness: its days by place."""
    children: int = 1
    """Of breastfeeding: how many."""
    diagnosis: str = ""
    """As the licence has it; seen by the benefits officer and the auditor alone."""


def open_claim(session: Session, new: NewClaim, *, actor: str, today: dt.date) -> ClaimRow:
    """Open a claim; whether the member is entitled is kept beside it and decides when it is submitted.

    Raises:
        BeneficiaryUnknownError: No such member.
        BenefitLawUnknownError: The country's tables do not know the benefit on that day.
        ClaimInvalidError: Days or children that cannot be.
        ClaimKnownError: The same event has a live claim.
    """
    mutual = tenant.current(session)
    law = Law(mutual.country, new.starts_on)
    found = eligibility_of(session, new.member_id, kind=new.kind, on=new.starts_on)
    _check(new, law, today)
    last = max((stretch.last for stretch in new.stretches), default=None)
    basis = {"paid_months": found.standing.paid_count, "needed_months": found.standing.needed}
    values = {
        "member_id": new.member_id,
        "kind": new.kind.value,
        "starts_on": new.starts_on,
        "ends_on": last,
        "currency": mutual.currency,
        "health": json.dumps(_health(new)),
        "basis": json.dumps(basis),
        "submit_by": _submit_by(new, law),
        "actor": actor,
    }
    made = db.first(session, queries.INSERT_CLAIM, values)
    if made is None:
        raise ClaimKnownError(f"member {new.member_id} has a claim of this kind from {new.starts_on} already")
    audit.log_transition(
        session,
        subject_kind="benefit_claim",
        subject_id=made.id,
        event="open",
        from_state="",
        to_state="opened",
        actor=actor,
        reason=found.words.get(mutual.language, found.words["es"]),
    )
    return queries.get_claim(session, int(made.id))


def _check(new: NewClaim, law: Law, today: dt.date) -> None:
    if not today - dt.timedelta(days=3653) < new.starts_on <= today + AHEAD:
        raise ClaimInvalidError(f"{new.starts_on} is no day to claim for; look at the year")
    if new.kind is BenefitKind.COMMON_ILLNESS:
        if not new.stretches:
            raise ClaimInvalidError("an illness needs its days, and for each stretch whether at home or in hospital")
        rules.illness_days(new.starts_on, new.stretches, law.illness)
        return
    if new.stretches:
        raise ClaimInvalidError("only an illness has stretches of days by place")
    if new.kind is BenefitKind.BREASTFEEDING:
        check_happened(new.starts_on, today, "/starts_on")
        if not 1 <= new.children <= 9:
            raise ClaimInvalidError(f"{new.children} children: expected 1 to 9")
        oldest = rules.expected_days(new.starts_on, int(law.value(new.kind, "child_under_months")), new.starts_on)[-1]
        if today >= oldest:
            raise ClaimInvalidError(
                f"the child was born on {new.starts_on}; breastfeeding is claimed from the birth until {oldest}"
            )


def _submit_by(new: NewClaim, law: Law) -> dt.date | None:
    if not law.has(new.kind, "submit_within_days"):
        return None
    return new.starts_on + dt.timedelta(days=int(law.value(new.kind, "submit_within_days")))


def _health(new: NewClaim) -> dict[str, Any]:
    health: dict[str, Any] = {}
    if new.diagnosis:
        health["diagnosis"] = new.diagnosis
    if new.kind is BenefitKind.COMMON_ILLNESS:
        health["stretches"] = [
            {"from": one.first.isoformat(), "to": one.last.isoformat(), "place": one.place.value}
            for one in sorted(new.stretches)
        ]
    if new.kind is BenefitKind.BREASTFEEDING:
        health["children"] = new.children
    return health
