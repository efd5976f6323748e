"""Everything benefits reads, and its set-based statements."""

import datetime as dt
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.benefits.errors import BeneficiaryUnknownError, RemittanceLineNotFoundError, RemittanceNotFoundError
from gateway.benefits.states import LineStatus
from gateway.kit import db

_REMITTANCE = """id, authority_reference, transfer_reference, status, employer, currency, total_minor, line_count,
advised_on, evidence_id, problem, funded_on, funded_minor, allotted_minor, suspense_minor, received_at, version"""

REMITTANCE = f"""
-- at most one row: a remittance
SELECT {_REMITTANCE} FROM benefit_remittance WHERE mutual_id = current_mutual() AND id = :id
"""

LOCK_REMITTANCE = f"{REMITTANCE} FOR UPDATE"

REMITTANCE_BY_TRANSFER = f"""
-- at most one row: the newest remittance whose money comes under an end-to-end id
SELECT {_REMITTANCE} FROM benefit_remittance
WHERE mutual_id = current_mutual() AND transfer_reference = :reference AND status <> 'quarantined'
ORDER BY id DESC LIMIT 1
"""

LOCK_BY_AUTHORITY_REFERENCE = f"""
-- at most one row: a remittance by the state's reference, locked
SELECT {_REMITTANCE} FROM benefit_remittance
WHERE mutual_id = current_mutual() AND authority_reference = :reference FOR UPDATE
"""

REMITTANCES = f"""
-- one row per remittance, newest first
SELECT {_REMITTANCE} FROM benefit_remittance
WHERE mutual_id = current_mutual() AND id < coalesce(CAST(:before AS bigint), 9223372036854775807)
  AND status = coalesce(CAST(:status AS text), status)
ORDER BY id DESC LIMIT :limit
"""

INSERT_REMITTANCE = """
-- at most one row: the new remittance's id; none where the reference was there
INSERT INTO benefit_remittance (authority_reference, transfer_reference, status, employer, currency, total_minor,
                                line_count, advised_on, advised_at, evidence_id, problem)
VALUES (:authority_reference, :transfer_reference, :status, :employer, :currency, :total_minor,
        :line_count, :advised_on, :advised_at, :evidence_id, :problem)
ON CONFLICT (mutual_id, authority_reference) DO NOTHING RETURNING id
"""

REPLACE_QUARANTINED = """
-- no row: what the state says now takes the place of what was in quarantine
UPDATE benefit_remittance
SET transfer_reference = :transfer_reference, status = :status, employer = :employer, currency = :currency,
    total_minor = :total_minor, line_count = :line_count, advised_on = :advised_on, advised_at = :advised_at,
    evidence_id = :evidence_id, problem = :problem, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id AND status = 'quarantined'
"""

NOTE_PROBLEM = """
-- no row: what the state says differently now stands beside what it advised
UPDATE benefit_remittance SET problem = :problem, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id AND problem IS DISTINCT FROM :problem
"""

COUNT_STAGED = """
-- one row: what the staged lines add up to
SELECT count(*) AS line_count, count(DISTINCT line_no) AS distinct_lines,
       coalesce(sum(amount_minor), 0)::bigint AS total_minor, coalesce(min(amount_minor), 0) AS smallest_minor
FROM advised_line
"""

_WHOSE = """
    CASE WHEN d.id IS NULL THEN i.member_id END AS member_id,
    CASE WHEN d.id IS NOT NULL THEN 'deceased'
         WHEN i.member_id IS NOT NULL THEN NULL
         WHEN l.document_kind NOT IN ('national_id', 'social_security', 'passport', 'newborn') THEN 'unknown_document_kind'
         ELSE 'unknown_identity' END AS reason"""
# An identity has its member; only those who died are looked for, who are few.
_BY_IDENTITY = """
LEFT JOIN member_identity i ON i.mutual_id = (SELECT current_mutual()) AND i.kind = l.document_kind AND i.value = l.document
LEFT JOIN member d ON d.mutual_id = i.mutual_id AND d.id = i.member_id AND d.status = 'deceased'"""

INSERT_LINES = f"""
-- no row: one line per staged line, with whose it is as far as is known now
INSERT INTO benefit_remittance_line (mutual_id, remittance_id, line_no, document_kind, document, benefit_kind, claim_reference,
                                     instalment, instalment_count, period_start, amount_minor, member_id, reason, status)
SELECT (SELECT current_mutual()), %(remittance_id)s, l.line_no, l.document_kind, l.document, l.benefit_kind, l.claim_reference,
       l.instalment, l.instalment_count, l.period_start, l.amount_minor, {_WHOSE},
       CASE WHEN d.id IS NULL AND i.member_id IS NOT NULL THEN %(matched)s ELSE %(unmatched)s END
FROM advised_line l{_BY_IDENTITY}
ORDER BY l.line_no
"""

KNOWN_REFERENCES = """
-- one row per remittance advised since an instant, with what was advised
SELECT id, authority_reference, status, total_minor, line_count, transfer_reference FROM benefit_remittance
WHERE mutual_id = current_mutual() AND advised_at >= coalesce(CAST(:since AS timestamptz), '-infinity')
"""

ASK_SINCE = """
-- one row: the instant from which advices are asked for: a day before the newest good one, or the oldest in quarantine
SELECT least(max(advised_at) FILTER (WHERE status <> 'quarantined') - interval '1 day',
             min(advised_at) FILTER (WHERE status = 'quarantined')) AS since
FROM benefit_remittance WHERE mutual_id = current_mutual()
"""

EMPLOYERS = """
-- one row per number under which the state knows the mutual or an employer it files for
SELECT employer_number FROM mutual WHERE mutual_id = current_mutual()
UNION SELECT employer_number FROM payroll WHERE mutual_id = current_mutual()
"""

LOOK_AGAIN = f"""
-- one row: how much of a remittance is nobody's. Most lines are whose they were when the advice came, which is looked up by the
-- member's number; the others are looked up anew, and a line whose owner is another by now, or nobody, is written
WITH known AS (
    SELECT k.member_id, k.kind, k.value FROM member_identity k
    -- Who died is asked for once: a join that is planned before anybody is counted would go through all members for each.
    WHERE k.mutual_id = (SELECT current_mutual()) AND k.member_id NOT IN (
        SELECT d.id FROM member d WHERE d.mutual_id = (SELECT current_mutual()) AND d.status = 'deceased')
), doubtful AS MATERIALIZED (
    SELECT l.id, l.document_kind, l.document, l.amount_minor, l.status, l.member_id, l.reason FROM benefit_remittance_line l
    -- Joined by number; "IS NOT DISTINCT FROM" keeps the texts out of the join's keys, where they would take as long again.
    WHERE l.mutual_id = (SELECT current_mutual()) AND l.remittance_id = %(remittance_id)s AND NOT EXISTS (
        SELECT FROM known k WHERE k.member_id = l.member_id AND k.kind IS NOT DISTINCT FROM l.document_kind
            AND k.value IS NOT DISTINCT FROM l.document)
), found AS MATERIALIZED (
    SELECT l.id, l.amount_minor, l.status, l.member_id AS known_member_id, l.reason AS known_reason, {_WHOSE}
    FROM doubtful l{_BY_IDENTITY}
), written AS (
    UPDATE benefit_remittance_line w
    SET member_id = f.member_id, reason = f.reason,
        status = CASE WHEN f.reason IS NULL THEN %(matched)s ELSE %(suspense)s END
    FROM found f
    WHERE w.mutual_id = (SELECT current_mutual()) AND w.id = f.id AND f.status = ANY (%(sources)s)
      AND (f.reason IS NOT NULL OR (f.known_member_id, f.known_reason) IS DISTINCT FROM (f.member_id, f.reason))
)
SELECT coalesce(sum(amount_minor) FILTER (WHERE reason IS NOT NULL), 0)::bigint AS suspense_minor FROM found
"""

MEMBERS_WITHOUT_ACCOUNT = """
-- one row per member of a remittance who has no account for benefits yet
SELECT DISTINCT l.member_id FROM benefit_remittance_line l
WHERE l.mutual_id = current_mutual() AND l.remittance_id = :remittance_id AND l.member_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM ledger_account a WHERE a.mutual_id = current_mutual() AND a.control = 'member:benefits'
        AND a.owner_kind = 'member' AND a.owner_id = l.member_id)
ORDER BY l.member_id
"""

ALLOTMENT_ENTRIES = """
-- one row per account that an allotment touches: the members', suspense, and what the state's money waited on; a member without an
-- account has a row without one, which the ledger refuses
SELECT a.id AS account_id, %(currency)s AS currency, -s.amount_minor AS amount_minor
FROM (
    SELECT member_id, sum(amount_minor)::bigint AS amount_minor FROM benefit_remittance_line
    WHERE mutual_id = (SELECT current_mutual()) AND remittance_id = %(remittance_id)s AND member_id IS NOT NULL GROUP BY member_id
) s
LEFT JOIN ledger_account a ON a.mutual_id = (SELECT current_mutual()) AND a.control = 'member:benefits'
    AND a.owner_kind = 'member' AND a.owner_id = s.member_id
UNION ALL
SELECT a.id, a.currency, h.amount_minor
FROM (VALUES (%(suspense)s, -%(suspense_minor)s::bigint), (%(waiting_on)s, %(total_minor)s::bigint)) h (code, amount_minor)
JOIN ledger_account a ON a.mutual_id = (SELECT current_mutual()) AND a.code = h.code
"""

MARK_ALLOTTED = """
-- one row: how many members got something; every entry but the state's and suspense is a member's
UPDATE benefit_remittance r
SET status = :status, allotment_tx_id = :tx_id, allotted_minor = r.total_minor - :suspense_minor, suspense_minor = :suspense_minor,
    version = r.version + 1
FROM ledger_tx t
WHERE r.mutual_id = current_mutual() AND r.id = :remittance_id AND t.mutual_id = current_mutual() AND t.id = :tx_id
RETURNING t.n_entries - CASE WHEN :suspense_minor > 0 THEN 2 ELSE 1 END AS members
"""

ADD_FUNDS = """
-- no row: money that came is added to what has come, and the status says whether it is all
UPDATE benefit_remittance
SET funded_minor = coalesce(funded_minor, 0) + :amount_minor, funded_on = greatest(funded_on, :booked_on),
    status = :status, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""

_PLACE = (
    """CASE WHEN l.status = 'suspense' THEN 'suspense' WHEN r.status = 'allotted' THEN 'allotted' ELSE 'waiting' END"""
)

_LINE = f"""l.id, l.remittance_id, l.line_no, l.document_kind, l.document, l.benefit_kind, l.claim_reference, l.instalment,
l.instalment_count, l.period_start, l.amount_minor, r.currency, {_PLACE} AS status, l.member_id, l.reason, l.status AS match"""

LINES = f"""
-- one row per line of a remittance, in the state's order
SELECT {_LINE} FROM benefit_remittance_line l
JOIN benefit_remittance r ON r.mutual_id = l.mutual_id AND r.id = l.remittance_id
WHERE l.mutual_id = current_mutual() AND l.remittance_id = :remittance_id AND l.line_no > :after
  AND {_PLACE} = coalesce(CAST(:status AS text), {_PLACE})
ORDER BY l.line_no LIMIT :limit
"""

LINE = f"""
-- at most one row: a line of a remittance
SELECT {_LINE} FROM benefit_remittance_line l
JOIN benefit_remittance r ON r.mutual_id = l.mutual_id AND r.id = l.remittance_id
WHERE l.mutual_id = current_mutual() AND l.id = :id
"""

LOCK_LINE = f"{LINE} FOR UPDATE"

MEMBER_EXISTS = """
-- at most one row: the member
SELECT id FROM member WHERE mutual_id = current_mutual() AND id = :member_id
"""

PLACE_LINE = """
-- no row: the line has its member; why it once had none stays
UPDATE benefit_remittance_line SET member_id = :member_id, status = :status WHERE mutual_id = current_mutual() AND id = :id
"""

INSERT_PLACEMENT = """
-- no row: one placement with its reason
INSERT INTO benefit_placement (remittance_line_id, member_id, amount_minor, ledger_tx_id, actor, reason)
VALUES (:id, :member_id, :amount_minor, :tx_id, :actor, :reason)
"""

MOVE_FROM_SUSPENSE = """
-- no row: so much of the remittance is with a member now
UPDATE benefit_remittance
SET allotted_minor = allotted_minor + :amount_minor, suspense_minor = suspense_minor - :amount_minor, version = version + 1
WHERE mutual_id = current_mutual() AND id = :remittance_id
"""


class RemittanceRow(NamedTuple):
    """A remittance as it stands."""

    id: int
    authority_reference: str
    transfer_reference: str
    status: str
    employer: str
    currency: str
    total_minor: int
    line_count: int
    advised_on: dt.date
    evidence_id: int
    problem: str | None
    funded_on: dt.date | None
    funded_minor: int | None
    allotted_minor: int
    suspense_minor: int
    received_at: dt.datetime
    version: int


class RemittanceLineRow(NamedTuple):
    """A line of a remittance as it stands."""

    id: int
    remittance_id: int
    line_no: int
    document_kind: str
    document: str
    benefit_kind: str
    claim_reference: str | None
    instalment: int | None
    instalment_count: int | None
    period_start: dt.date | None
    amount_minor: int
    currency: str
    status: str
    """Where its money is: waiting, allotted or suspense."""
    member_id: int | None
    reason: str | None
    match: LineStatus
    """Whose it is, in the words of the state machine."""


def get_remittance(session: Session, remittance_id: int, *, lock: bool = False) -> RemittanceRow:
    """Return a remittance, locked where it is to be changed.

    Raises:
        RemittanceNotFoundError: None has this identifier.
    """
    row = db.first(session, LOCK_REMITTANCE if lock else REMITTANCE, {"id": remittance_id})
    if row is None:
        raise RemittanceNotFoundError(f"no remittance {remittance_id}")
    return RemittanceRow(*row)


def list_remittances(
    session: Session, *, status: str | None = None, before: int | None = None, limit: int = 50
) -> list[RemittanceRow]:
    """Return remittances, newest first, those before an identifier."""
    found = db.rows(session, REMITTANCES, {"status": status, "before": before, "limit": limit})
    return [RemittanceRow(*row) for row in found]


def list_lines(
    session: Session, remittance_id: int, *, status: str | None = None, after: int = 0, limit: int = 50
) -> list[RemittanceLineRow]:
    """Return the lines of a remittance after a line number, in the state's order."""
    values = {"remittance_id": remittance_id, "status": status, "after": after, "limit": limit}
    return [RemittanceLineRow(*row) for row in db.rows(session, LINES, values)]


def get_line(session: Session, line_id: int, *, lock: bool = False) -> RemittanceLineRow:
    """Return a line of a remittance, locked where it is to be changed.

    Raises:
        RemittanceLineNotFoundError: None has this identifier.
    """
    row = db.first(session, LOCK_LINE if lock else LINE, {"id": line_id})
    if row is None:
        raise RemittanceLineNotFoundError(f"no line {line_id} of any remittance")
    return RemittanceLineRow(*row)


def require_member(session: Session, member_id: int) -> None:
    """Check that a member exists.

    Raises:
        BeneficiaryUnknownError: None has this identifier.
    """
    if db.first(session, MEMBER_EXISTS, {"member_id": member_id}) is None:
        raise BeneficiaryUnknownError(f"no member {member_id}; look the member up by identity or name first")


def known_since(session: Session, since: dt.datetime | None) -> dict[str, Any]:
    """Return what was advised since an instant, by the state's reference."""
    return {row.authority_reference: row for row in db.rows(session, KNOWN_REFERENCES, {"since": since})}


def ask_since(session: Session) -> dt.datetime | None:
    """Return the instant from which the state is asked for advices; None asks for all."""
    since: dt.datetime | None = db.scalar(session, ASK_SINCE)
    return since


def employers(session: Session) -> frozenset[str]:
    """Return the numbers under which the state may owe us benefits."""
    return frozenset(row.employer_number for row in db.rows(session, EMPLOYERS))
