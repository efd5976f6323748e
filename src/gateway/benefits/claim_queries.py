"""Everything that is read of claims, and the statements that change one."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.benefits.errors import ClaimNotFoundError, InstalmentNotFoundError
from gateway.kit import db
from gateway.kit.period import Period

_CLAIM = """id, member_id, kind, status, starts_on, ends_on, currency, health, basis, wage_minor, computed_minor, decided_minor,
submit_by, submitted_on, authority_reference, decided_on, decision_reason, advanced_minor, recovered_minor, written_off_minor,
opened_by, opened_at, version"""

CLAIM = f"""
-- at most one row: a claim
SELECT {_CLAIM} FROM benefit_claim WHERE mutual_id = current_mutual() AND id = :id
"""

LOCK_CLAIM = f"{CLAIM} FOR UPDATE"

CLAIMS = f"""
-- one row per claim, newest first
SELECT {_CLAIM} FROM benefit_claim
WHERE mutual_id = current_mutual() AND id < :before
  AND (CAST(:kind AS text) IS NULL OR kind = :kind) AND (CAST(:status AS text) IS NULL OR status = :status)
  AND (CAST(:member_id AS bigint) IS NULL OR member_id = :member_id)
ORDER BY id DESC LIMIT :limit
"""

DEADLINES = """
-- one row per claim that has not gone to the state and has a last day, the nearest first, with how many documents are here
SELECT id, member_id, kind, status, starts_on, submit_by, (
    SELECT count(*) FROM benefit_claim_document d WHERE d.mutual_id = current_mutual() AND d.claim_id = c.id) AS here_count
FROM benefit_claim c
WHERE mutual_id = current_mutual() AND status IN ('opened', 'documented') AND submit_by IS NOT NULL
  AND submit_by <= coalesce(CAST(:until AS date), 'infinity') AND (submit_by, id) > (CAST(:after_day AS date), :after_id)
ORDER BY submit_by, id LIMIT :limit
"""

INSERT_CLAIM = """
-- at most one row: the new claim's id; none where the event has a live claim
INSERT INTO benefit_claim (member_id, kind, starts_on, ends_on, currency, health, basis, submit_by, opened_by)
VALUES (:member_id, :kind, :starts_on, :ends_on, :currency, CAST(:health AS jsonb), CAST(:basis AS jsonb), :submit_by, :actor)
ON CONFLICT (mutual_id, member_id, kind, starts_on) WHERE status NOT IN ('withdrawn', 'refused', 'closed') DO NOTHING
RETURNING id
"""

MOVE_CLAIM = """
-- no row: a claim's next state
UPDATE benefit_claim SET status = :status, version = version + 1 WHERE mutual_id = current_mutual() AND id = :id
"""

SUBMIT_CLAIM = """
-- no row: a claim that has gone to the state, with what it should bring
UPDATE benefit_claim
SET submitted_on = :submitted_on, authority_reference = coalesce(:authority_reference, authority_reference),
    wage_minor = :wage_minor, computed_minor = :computed_minor, basis = CAST(:basis AS jsonb), ends_on = :ends_on
WHERE mutual_id = current_mutual() AND id = :id
"""

DECIDE_CLAIM = """
-- no row: the state's word on a claim
UPDATE benefit_claim
SET decided_on = :decided_on, decided_minor = :decided_minor, decision_reason = :reason,
    authority_reference = coalesce(:authority_reference, authority_reference)
WHERE mutual_id = current_mutual() AND id = :id
"""

CLAIM_OF_REFERENCE = """
-- at most one row: the claim that has a number of the state
SELECT id FROM benefit_claim WHERE mutual_id = current_mutual() AND authority_reference = :reference
"""

INSERT_DOCUMENT = """
-- no row: a document that has come; once
INSERT INTO benefit_claim_document (claim_id, code, received_on, actor) VALUES (:claim_id, :code, :received_on, :actor)
ON CONFLICT (mutual_id, claim_id, code) DO NOTHING
"""

DOCUMENTS = """
-- one row per document of a claim that has come
SELECT code, received_on, actor FROM benefit_claim_document WHERE mutual_id = current_mutual() AND claim_id = :claim_id ORDER BY id
"""

_INSTALMENT = (
    """id, claim_id, instalment_no, expected_on, expected_minor, received_minor, advanced_minor, status, reason"""
)

INSTALMENTS = f"""
-- one row per instalment of a claim, in order
SELECT {_INSTALMENT} FROM benefit_claim_instalment
WHERE mutual_id = current_mutual() AND claim_id = :claim_id ORDER BY instalment_no
"""

INSERT_INSTALMENTS = """
-- no row: the instalments of a claim
INSERT INTO benefit_claim_instalment (claim_id, instalment_no, expected_on, expected_minor)
SELECT :claim_id, * FROM unnest(CAST(:numbers AS int[]), CAST(:days AS date[]), CAST(:amounts AS bigint[]))
"""

REPLAN_INSTALMENT = """
-- no row: an instalment of another amount, because the state decided on another
UPDATE benefit_claim_instalment SET expected_minor = :expected_minor
WHERE mutual_id = current_mutual() AND claim_id = :claim_id AND instalment_no = :number
"""

MOVE_INSTALMENTS = """
-- one row per instalment of a claim that takes a step
UPDATE benefit_claim_instalment SET status = :status, reason = coalesce(:reason, reason)
WHERE mutual_id = current_mutual() AND claim_id = :claim_id AND status = ANY (:sources)
  AND (CAST(:number AS int) IS NULL OR instalment_no = :number)
RETURNING id
"""

NOTE_ADVANCE = """
-- no row: an instalment that the mutual has paid ahead
UPDATE benefit_claim_instalment SET advanced_minor = :amount_minor, advance_tx_id = :tx_id
WHERE mutual_id = current_mutual() AND id = :id
"""

ADD_TO_CLAIM = """
-- no row: what was advanced on a claim, paid back, and borne by somebody else
UPDATE benefit_claim SET advanced_minor = advanced_minor + :advanced, recovered_minor = recovered_minor + :recovered,
    written_off_minor = written_off_minor + :written_off, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""

PAID_MONTHS = """
-- one row per month with lines of a member that the state accepted: the wage it took of them together, and whether a bill
-- that covers one of them is paid and none that covers it is not
SELECT f.period_start, sum(coalesce(l.state_wage_minor, l.wage_minor)) FILTER (WHERE p.is_paid)::bigint AS wage_minor, bool_or(p.is_paid) AS is_paid
FROM filing_line l
JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id
CROSS JOIN LATERAL (
    SELECT coalesce(bool_and(b.status IN ('booked', 'confirmed')), false) AS is_paid
    FROM bill_filing c JOIN bill b ON b.mutual_id = c.mutual_id AND b.id = c.bill_id AND b.status <> 'superseded'
    WHERE c.mutual_id = f.mutual_id AND c.filing_id = f.id AND c.amount_minor > 0
) p
WHERE l.mutual_id = current_mutual() AND l.member_id = :member_id AND l.status IN ('accepted', 'changed')
  AND f.status IN ('accepted', 'partial', 'settled') AND f.period_start < :before
GROUP BY f.period_start ORDER BY f.period_start
"""

LOCK_FLOAT = """
-- one row: nobody else advances money of this mutual until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('benefits.float:' || current_mutual(), 0))
"""

OUTSTANDING = """
-- one row: what the mutual has advanced and nobody has paid back or borne
SELECT coalesce(sum(advanced_minor - recovered_minor - written_off_minor), 0)::bigint AS minor FROM benefit_claim
WHERE mutual_id = current_mutual() AND advanced_minor > recovered_minor + written_off_minor AND currency = :currency
"""

RECEIPTS = """
-- one row per sum of the state for a claim, oldest first
SELECT r.source, r.source_id, r.amount_minor, r.recovered_minor, i.instalment_no, r.at FROM benefit_claim_receipt r
LEFT JOIN benefit_claim_instalment i ON i.mutual_id = r.mutual_id AND i.id = r.instalment_id
WHERE r.mutual_id = current_mutual() AND r.claim_id = :claim_id ORDER BY r.id
"""


class ClaimRow(NamedTuple):
    """A claim as it stands."""

    id: int
    member_id: int
    kind: str
    status: str
    starts_on: dt.date
    ends_on: dt.date | None
    currency: str
    health: Mapping[str, Any]
    basis: Mapping[str, Any]
    wage_minor: int | None
    computed_minor: int | None
    decided_minor: int | None
    submit_by: dt.date | None
    submitted_on: dt.date | None
    authority_reference: str | None
    decided_on: dt.date | None
    decision_reason: str | None
    advanced_minor: int
    recovered_minor: int
    written_off_minor: int
    opened_by: str
    opened_at: dt.datetime
    version: int

    @property
    def outstanding_minor(self) -> int:
        """What the mutual advanced and nobody has paid back or borne."""
        return self.advanced_minor - self.recovered_minor - self.written_off_minor

    @property
    def receivable(self) -> str:
        """The account that the mutual's advance stands on."""
        return receivable_of(self.id)


class InstalmentRow(NamedTuple):
    """An instalment as it stands."""

    id: int
    claim_id: int
    instalment_no: int
    expected_on: dt.date
    expected_minor: int
    received_minor: int
    advanced_minor: int
    status: str
    reason: str | None


class MonthRow(NamedTuple):
    """A month in which the state accepted a member."""

    period: Period
    wage_minor: int
    is_paid: bool


def receivable_of(claim_id: int) -> str:
    """Return the account that what was advanced on a claim stands on until it is paid back."""
    return f"state:claim-{claim_id}:receivable"


def get_claim(session: Session, claim_id: int, *, lock: bool = False) -> ClaimRow:
    """Return a claim, locked where it is to be changed.

    Raises:
        ClaimNotFoundError: None has this identifier.
    """
    row = db.first(session, LOCK_CLAIM if lock else CLAIM, {"id": claim_id})
    if row is None:
        raise ClaimNotFoundError(f"no claim {claim_id}; GET /v1/claims lists them")
    return ClaimRow(*row)


def list_claims(
    session: Session,
    *,
    kind: str | None = None,
    status: str | None = None,
    member_id: int | None = None,
    before: int,
    limit: int,
) -> list[ClaimRow]:
    """Return claims, newest first."""
    values = {"kind": kind, "status": status, "member_id": member_id, "before": before, "limit": limit}
    return [ClaimRow(*row) for row in db.rows(session, CLAIMS, values)]


def list_deadlines(
    session: Session, *, until: dt.date | None = None, after: tuple[dt.date, int] = (dt.date.min, 0), limit: int
) -> list[Any]:
    """Return claims that have not gone to the state and have a last day, the nearest first."""
    values = {"until": until, "after_day": after[0], "after_id": after[1], "limit": limit}
    return db.rows(session, DEADLINES, values)


def list_documents(session: Session, claim_id: int) -> list[Any]:
    """Return what has come of a claim's checklist."""
    return db.rows(session, DOCUMENTS, {"claim_id": claim_id})


def list_instalments(session: Session, claim_id: int) -> list[InstalmentRow]:
    """Return a claim's instalments, in order."""
    return [InstalmentRow(*row) for row in db.rows(session, INSTALMENTS, {"claim_id": claim_id})]


def get_instalment(session: Session, claim_id: int, number: int) -> InstalmentRow:
    """Return one instalment of a claim.

    Raises:
        InstalmentNotFoundError: The claim has none with this number.
    """
    known = list_instalments(session, claim_id)
    found = next((one for one in known if one.instalment_no == number), None)
    if found is None:
        raise InstalmentNotFoundError(f"claim {claim_id} has no instalment {number}; it has {len(known)}")
    return found


def list_receipts(session: Session, claim_id: int) -> list[Any]:
    """Return what has come of a claim, oldest first."""
    return db.rows(session, RECEIPTS, {"claim_id": claim_id})


def paid_months(session: Session, member_id: int, *, before: dt.date) -> list[MonthRow]:
    """Return the months before a day in which the state accepted a member, whether each is paid, and at which wage."""
    found = db.rows(session, PAID_MONTHS, {"member_id": member_id, "before": before})
    return [MonthRow(Period.of(row.period_start), int(row.wage_minor or 0), row.is_paid) for row in found]


def outstanding(session: Session, currency: str) -> int:
    """Return what the mutual has advanced in a currency and nobody has paid back or borne."""
    return int(db.scalar(session, OUTSTANDING, {"currency": currency}))
