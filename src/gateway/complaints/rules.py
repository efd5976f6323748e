"""Who looks into a complaint, until when, and who may not: pure."""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from gateway.staff.models import Role


class ComplaintKind(NamedTuple):
    """A kind of row that a member may complain of."""

    code: str
    owner: Role
    """Who looks into it first."""
    days: int
    """Calendar days until she is to have an answer."""
    has_rows: bool
    """The row has a number of ours; else it is a month, or there is one of it."""


KINDS = {
    one.code: one
    for one in (
        ComplaintKind("receipt", Role.CASHIER, 3, has_rows=True),
        ComplaintKind("missing_payment", Role.CASHIER, 3, has_rows=False),
        ComplaintKind("month", Role.FILING_OFFICER, 5, has_rows=False),
        ComplaintKind("filing_line", Role.FILING_OFFICER, 5, has_rows=True),
        ComplaintKind("due", Role.FILING_OFFICER, 5, has_rows=False),
        ComplaintKind("benefit", Role.BENEFITS_OFFICER, 5, has_rows=True),
        ComplaintKind("payout", Role.ACCOUNTANT, 3, has_rows=True),
        ComplaintKind("family_member", Role.FILING_OFFICER, 5, has_rows=True),
        ComplaintKind("notice", Role.CASHIER, 5, has_rows=True),
        ComplaintKind("me", Role.CASHIER, 5, has_rows=False),
    )
}
"""``missing_payment`` is what no row shows: money she paid and does not find. ``me`` is her own data, ``due`` what is asked."""

LONGEST_WORDS = 400
"""Letters of one text: a telephone shows it whole, and an answer of the API stays small."""
MOST_CASES = 10
MOST_WORDS = 30
"""Cases opened and texts written by or for one member in a day; more is a machine, or somebody who should be called."""
SILENT_DAYS = 30
OBJECTION_DAYS = 14


def row_key(kind: str, row: int | str | None) -> str:
    """Return what a case is known by: one is open for each.

    Source:
        SRC-COMPLAINT, one open case per row.
    """
    return kind if row is None else f"{kind}:{row}"


def due_day(kind: str, today: dt.date) -> dt.date:
    """Return until when a case that waits for staff from today on is to be moved.

    Source:
        SRC-COMPLAINT, days by kind.
    """
    return today + dt.timedelta(days=KINDS[kind].days)


def may_look_into(roles: Collection[Role], owner_role: str) -> bool:
    """Tell whether somebody with these roles may take a case: its owner's role, or a manager.

    Source:
        SRC-COMPLAINT, owner by kind.
    """
    return Role.MANAGER in roles or owner_role in {role.value for role in roles}


def judges_herself(actor: str, made_by: Collection[str]) -> bool:
    """Tell whether somebody would judge what she recorded herself; a manager too.

    Source:
        SRC-COMPLAINT, nobody decides on a complaint about her own act.
    """
    return actor in made_by


def digest_of(seen: Mapping[str, Any], links: Any) -> str:
    """Return the digest of a case's evidence, over its JSON with sorted names.

    Source:
        SRC-COMPLAINT, evidence is frozen.
    """
    body = json.dumps([dict(seen), links], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()
