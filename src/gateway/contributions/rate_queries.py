"""What is read and written of proposed rates and of the pension system's returns."""

import datetime as dt
from fractions import Fraction
from typing import NamedTuple

from sqlmodel import Session

from gateway.contributions.errors import RateUnknownError
from gateway.contributions.lateness import Return
from gateway.contributions.schedule import ApprovedRate
from gateway.kit import db
from gateway.kit.period import Period

_COLUMNS = """id, country, kind, name, valid_from, value, source, read_on, mark, reason, status, proposed_by, proposed_at,
       decided_by, decided_at, decision_reason"""

PROPOSALS = f"""
-- one row per proposed rate, newest first, older than an id
SELECT {_COLUMNS} FROM rate_proposal
WHERE mutual_id = current_mutual() AND id < :before AND (CAST(:status AS text) IS NULL OR status = :status)
ORDER BY id DESC LIMIT :limit
"""

LOCK_PROPOSAL = f"""
-- at most one row: a proposed rate, held until the transaction ends
SELECT {_COLUMNS} FROM rate_proposal WHERE mutual_id = current_mutual() AND id = :id FOR NO KEY UPDATE
"""

APPROVED = """
-- one row per approved value of a country
SELECT kind, name, valid_from, value, source, read_on, mark FROM rate_proposal
WHERE mutual_id = current_mutual() AND country = :country AND status = 'approved' ORDER BY kind, name, valid_from
"""

INSERT_PROPOSAL = f"""
-- one row: the new proposal
INSERT INTO rate_proposal (country, kind, name, valid_from, value, source, read_on, mark, reason, proposed_by)
VALUES (:country, :kind, :name, :valid_from, :value, :source, :read_on, :mark, :reason, :actor)
RETURNING {_COLUMNS}
"""

DECIDE_PROPOSAL = f"""
-- one row: the proposal, decided
UPDATE rate_proposal SET status = :status, decided_by = :actor, decided_at = now(), decision_reason = :reason
WHERE mutual_id = current_mutual() AND id = :id RETURNING {_COLUMNS}
"""

_RETURN = "id, period_start, version, value, source, read_on, mark, actor, recorded_at"

RETURNS = f"""
-- one row per month with a return, the newest version of each, newest month first
SELECT DISTINCT ON (period_start) {_RETURN} FROM contribution_return
WHERE mutual_id = current_mutual() AND period_start < :before ORDER BY period_start DESC, version DESC LIMIT :limit
"""

INSERT_RETURN = f"""
-- one row: the new version of a month's return
INSERT INTO contribution_return (period_start, version, value, source, read_on, mark, actor)
SELECT :start, 1 + coalesce(max(version), 0), :value, :source, :read_on, :mark, :actor
FROM contribution_return WHERE mutual_id = current_mutual() AND period_start = :start
RETURNING {_RETURN}
"""

RETURN_OF = """
-- at most one row: what counts as a month's return
SELECT value, source, mark FROM contribution_return
WHERE mutual_id = current_mutual() AND period_start = :start ORDER BY version DESC LIMIT 1
"""


class ProposalRow(NamedTuple):
    """A proposed rate."""

    id: int
    country: str
    kind: str
    name: str
    valid_from: dt.date
    value: str
    source: str
    read_on: dt.date
    mark: str
    reason: str
    status: str
    proposed_by: str
    proposed_at: dt.datetime
    decided_by: str | None
    decided_at: dt.datetime | None
    decision_reason: str | None


class ReturnRow(NamedTuple):
    """The pension system's return in one month, as entered."""

    id: int
    period_start: dt.date
    version: int
    value: str
    source: str
    read_on: dt.date
    mark: str
    actor: str
    recorded_at: dt.datetime


def list_proposals(session: Session, *, status: str | None, before: int, limit: int) -> list[ProposalRow]:
    """Return proposed rates, newest first."""
    rows = db.rows(session, PROPOSALS, {"status": status, "before": before, "limit": limit})
    return [ProposalRow(*row) for row in rows]


def lock_proposal(session: Session, proposal_id: int) -> ProposalRow:
    """Return a proposed rate, held until the transaction ends.

    Raises:
        RateUnknownError: There is none with this identifier.
    """
    row = db.first(session, LOCK_PROPOSAL, {"id": proposal_id})
    if row is None:
        raise RateUnknownError(f"no proposed rate {proposal_id}")
    return ProposalRow(*row)


def approved_rates(session: Session, country: str) -> list[ApprovedRate]:
    """Return the values that this mutual approved over its country's file."""
    return [ApprovedRate(*row) for row in db.rows(session, APPROVED, {"country": country})]


def list_returns(session: Session, *, before: dt.date, limit: int) -> list[ReturnRow]:
    """Return the pension system's returns, newest month first."""
    return [ReturnRow(*row) for row in db.rows(session, RETURNS, {"before": before, "limit": limit})]


def returns_before(session: Session, period: Period) -> dict[Period, Return]:
    """Return what staff entered for the month before a period; empty where nobody did."""
    month = period.previous()
    row = db.first(session, RETURN_OF, {"start": month.start})
    return {} if row is None else {month: Return(Fraction(row.value), row.source, row.mark)}
