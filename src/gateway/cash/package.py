"""What a collector takes along: her members, what each could pay, their references, and her receipt numbers."""

import datetime as dt
import hashlib
import json
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.cash import queries
from gateway.cash.denominations import pieces_of
from gateway.cash.errors import RoundUnknownError
from gateway.contributions import allotment
from gateway.contributions.blocks import numbers_of
from gateway.contributions.reference import member_reference
from gateway.filing.sql.allot import COST_AND_HELD
from gateway.kit import bulk, tenant
from gateway.kit.money import currency_of, format_amount
from gateway.kit.period import Period

MEMBERS_OF_ROUND = f"""
-- one row per member of a route who has not died, by number: who she is, what her month costs and what she lacks
SELECT m.id, m.number, m.given_names, m.first_surname, m.second_surname, coalesce(c.cost_minor, 0),
       coalesce(c.held_minor, 0), coalesce(c.short_minor, 0), c.member_id IS NOT NULL
FROM route_member r
JOIN member m ON m.mutual_id = r.mutual_id AND m.id = r.member_id AND m.status <> 'deceased'
LEFT JOIN ({COST_AND_HELD}) c ON c.member_id = m.id
WHERE r.mutual_id = current_mutual() AND r.till_id = %(till_id)s ORDER BY m.number
"""


class Package(NamedTuple):
    """A round's package: its bytes, and the tag they have."""

    body: bytes
    etag: str


def round_package(session: Session, found: Any, *, today: dt.date) -> Package:
    """Return what a round's collector takes along; the same state of things gives the same bytes.

    Only what she needs: no identity number, telephone or wage leaves the house with her.

    Args:
        session: The open transaction.
        found: The round.
        today: Decides which rule for allotting money counts.
    """
    period, currency = Period.of(found.period_start), currency_of(found.currency)
    rule = allotment.in_force(session, today)[1]
    values = {
        "till_id": found.till_id,
        "start": period.start,
        "payroll_id": None,
        "oldest_first": rule.months is allotment.Months.OLDEST_FIRST,
    }
    members = [
        {
            "member_id": member_id,
            "number": number,
            "name": " ".join(part for part in (given, first, second) if part),
            "reference": member_reference(number),
            "month_costs": format_amount(cost, currency),
            "has": format_amount(held, currency),
            "could_pay": format_amount(short, currency),
            "is_assessed": is_assessed,
        }
        for rows in bulk.read_chunks(session, MEMBERS_OF_ROUND, values)
        for member_id, number, given, first, second, cost, held, short, is_assessed in rows
    ]
    content = {
        "round_id": found.id,
        "mutual": tenant.current(session).name,
        "collector": found.holder,
        "till": found.till,
        "opened_on": found.opened_on.isoformat(),
        "period": str(period),
        "currency": found.currency,
        "denominations": [format_amount(piece, currency) for piece in pieces_of(found.currency)],
        "receipt_numbers": [number for number, is_used in numbers_of(session, found.block_id) if not is_used],
        "members": members,
    }
    body = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return Package(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def require_holder(session: Session, round_id: int, *, actor: str, may_for_others: bool) -> Any:
    """Return a round that the actor may see: her own, or anybody's where she may.

    Raises:
        RoundUnknownError: No such round, or it is another's and not hers to see.
    """
    found = queries.get_round(session, round_id)
    if found.holder != actor and not may_for_others:
        raise RoundUnknownError(f"no round {round_id} of {actor}")
    return found
