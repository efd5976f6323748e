"""The mutual's funding policies: which is in force, and how a new one is laid down."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.filing.models import FundingPolicy as FundingPolicyRow
from gateway.filing.policy import FundingPolicy
from gateway.filing.queries import rows_of
from gateway.filing.sql import prepare as sql
from gateway.kit import audit, db, tenant
from gateway.kit.money import currency_of

FIRST_POLICY: dict[str, Any] = {"order": ["own_money", "credit"]}


class PolicyRef(NamedTuple):
    """Which policy counts."""

    id: int
    policy: FundingPolicy


def lay_down(
    session: Session, *, valid_from: dt.date, rules: Mapping[str, Any], reason: str, actor: str
) -> FundingPolicyRow:
    """Lay down how lines may be funded from a day on; a newer one for the same day replaces it.

    Raises:
        PolicyInvalidError: Names every place that cannot be used.
    """
    FundingPolicy.parse(rules, currency_of(tenant.current(session).currency))
    made = db.one(
        session,
        sql.INSERT_POLICY,
        {"valid_from": valid_from, "rules": json.dumps(dict(rules)), "reason": reason, "actor": actor},
    )
    audit.record(
        session,
        actor=actor,
        action="funding_policy.lay_down",
        subject_kind="funding_policy",
        subject_id=made.id,
        reason=reason,
        detail={"valid_from": valid_from.isoformat(), "rules": dict(rules)},
    )
    return session.get_one(FundingPolicyRow, (tenant.current(session).id, made.id))


def policy_in_force(session: Session, today: dt.date) -> PolicyRef:
    """Return the policy that counts on a day; where the mutual has none, the first one is laid down.

    The first lets a member's own money pay and nobody else's.
    """
    row = db.first(session, sql.POLICY_IN_FORCE, {"today": today})
    if row is None:
        lay_down(
            session,
            valid_from=dt.date(2000, 1, 1),
            rules=FIRST_POLICY,
            reason="the mutual has laid down none: own money only",
            actor="system",
        )
        row = db.one(session, sql.POLICY_IN_FORCE, {"today": today})
    return PolicyRef(row.id, FundingPolicy.parse(row.rules, currency_of(tenant.current(session).currency)))


def read_policy(session: Session, policy_id: int) -> FundingPolicy:
    """Return a policy by its number, as a filing kept it."""
    mutual = tenant.current(session)
    row = session.get_one(FundingPolicyRow, (mutual.id, policy_id))
    return FundingPolicy.parse(row.rules, currency_of(mutual.currency))


def list_policies(session: Session, *, before: int, limit: int) -> list[FundingPolicyRow]:
    """Return the mutual's funding policies, newest first, older than ``before``."""
    return rows_of(session, FundingPolicyRow, sql.POLICIES, {"before": before, "limit": limit})
