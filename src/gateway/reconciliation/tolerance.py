"""By how much a transfer may differ from its line: an absolute amount per place and reason, nothing unless somebody decided it.

The difference is never left in a clearing account: it is booked to the account that was named with it.
"""

import datetime as dt
import re
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import audit, db
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import require_accounts
from gateway.reconciliation.errors import ToleranceInvalidError

_COLUMNS = "id, place_code, reason, version, most_minor, difference_code, decided_by, at"
_NAMED = re.compile(r"expense:[a-z0-9:-]{1,60}")

NEWEST = f"""
-- one row per reason of a place: its newest tolerance, the widest first
SELECT {_COLUMNS} FROM (
    SELECT DISTINCT ON (reason) {_COLUMNS} FROM match_tolerance
    WHERE mutual_id = current_mutual() AND place_code = :place ORDER BY reason, version DESC
) t WHERE most_minor > 0 ORDER BY most_minor DESC, reason LIMIT 1
"""

TOLERANCES = f"""
-- one row per place and reason, its newest tolerance, after a place and reason
SELECT DISTINCT ON (place_code, reason) {_COLUMNS} FROM match_tolerance
WHERE mutual_id = current_mutual() AND (place_code, reason) > (:place, :reason)
ORDER BY place_code, reason, version DESC LIMIT :limit
"""

INSERT = f"""
-- one row: the new tolerance
INSERT INTO match_tolerance (place_code, reason, version, most_minor, difference_code, decided_by)
SELECT :place, :reason, 1 + coalesce(max(version), 0), :most_minor, :difference_code, :actor
FROM match_tolerance WHERE mutual_id = current_mutual() AND place_code = :place AND reason = :reason
RETURNING {_COLUMNS}
"""


class ToleranceRow(NamedTuple):
    """What was decided for a place."""

    id: int
    place_code: str
    reason: str
    version: int
    most_minor: int
    difference_code: str
    decided_by: str
    at: dt.datetime


def find_tolerance(session: Session, place: str) -> ToleranceRow | None:
    """Return the widest tolerance in force for a place, or None where it may not differ at all."""
    found = db.first(session, NEWEST, {"place": place})
    return None if found is None else ToleranceRow(*found)


def list_tolerances(session: Session, *, after: tuple[str, str], limit: int) -> list[ToleranceRow]:
    """Return the newest tolerance of each place and reason."""
    values = {"place": after[0], "reason": after[1], "limit": limit}
    return [ToleranceRow(*row) for row in db.rows(session, TOLERANCES, values)]


def decide_tolerance(
    session: Session, *, place: str, reason: str, most_minor: int, difference_code: str, currency: str, actor: str
) -> ToleranceRow:
    """Decide by how much transfers of a place may differ from their lines; nothing (0) ends it.

    Raises:
        ToleranceInvalidError: Below zero, no reason, or the difference would not go to an expense with a name.
        UnknownAccountError: A place that the books do not have.
    """
    if most_minor < 0:
        raise ToleranceInvalidError(f"a tolerance is an amount from zero, not {most_minor} minor units")
    if not reason.strip() or _NAMED.fullmatch(difference_code) is None:
        raise ToleranceInvalidError(
            f"a tolerance has a reason in a word and an account for the difference, for example expense:provider-fees;"
            f" found {reason!r} and {difference_code!r}"
        )
    require_accounts(session, [place])
    open_accounts(session, [NewAccount(difference_code)], currency)
    values = {"place": place, "reason": reason.strip(), "most_minor": most_minor, "difference_code": difference_code}
    row = ToleranceRow(*db.one(session, INSERT, {**values, "actor": actor}))
    audit.record(
        session,
        actor=actor,
        action="tolerance.decide",
        subject_kind="match_tolerance",
        subject_id=row.id,
        detail={"place": place, "reason": row.reason, "most_minor": most_minor},
    )
    return row
