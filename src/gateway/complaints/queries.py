"""What is read of complaints: the staff's list, one case whole, a member's own, and where a row's content comes from."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.complaints.errors import ComplaintUnknownError
from gateway.kit import db
from gateway.kit.audit import list_transitions

COLUMNS = """c.id, c.member_id, c.kind, c.row_key, c.opened_by, c.channel, c.opened_on, c.status, c.owner_role, c.assignee, c.due_on,
       c.moved_on, c.resolution, c.ledger_tx_id, c.earlier_id, c.created_at"""

LIST = f"""
-- one row per complaint that fits what is given; what waits for staff by its due day, else the newest first
SELECT {COLUMNS}, m.number AS member_number, m.given_names || ' ' || m.first_surname AS member_name
FROM complaint c JOIN member m ON m.mutual_id = c.mutual_id AND m.id = c.member_id
WHERE c.mutual_id = current_mutual()
  AND (CAST(:statuses AS text[]) IS NULL OR c.status = ANY (CAST(:statuses AS text[])))
  AND (CAST(:kind AS text) IS NULL OR c.kind = :kind)
  AND (CAST(:owner AS text) IS NULL OR c.owner_role = :owner OR c.assignee = :owner)
  AND (CAST(:member_id AS bigint) IS NULL OR c.member_id = :member_id)
  AND (CAST(:late_on AS date) IS NULL OR (c.due_on < :late_on AND c.status IN ('open', 'in_hand')))
  AND (CAST(:after_on AS date) IS NULL OR (c.due_on, c.id) > (:after_on, :after_id))
ORDER BY c.due_on, c.id LIMIT :limit
"""

ONE = f"""
-- at most one row: a complaint with its evidence and the member it is of
SELECT {COLUMNS}, m.number AS member_number, m.given_names || ' ' || m.first_surname AS member_name, m.language,
       e.seen, e.links, e.made_by, e.sha256
FROM complaint c
JOIN member m ON m.mutual_id = c.mutual_id AND m.id = c.member_id
JOIN complaint_evidence e ON e.mutual_id = c.mutual_id AND e.complaint_id = c.id
WHERE c.mutual_id = current_mutual() AND c.id = :id
"""

LOCK = f"""
-- at most one row: a complaint, locked, with who recorded what it is about
SELECT {COLUMNS}, e.made_by FROM complaint c
JOIN complaint_evidence e ON e.mutual_id = c.mutual_id AND e.complaint_id = c.id
WHERE c.mutual_id = current_mutual() AND c.id = :id AND (CAST(:member_id AS bigint) IS NULL OR c.member_id = :member_id)
FOR UPDATE OF c
"""

MESSAGES = """
-- one row per text of a complaint, oldest first
SELECT id, voice, actor, text, written_on, created_at FROM complaint_message
WHERE mutual_id = current_mutual() AND complaint_id = :id ORDER BY id
"""

COUNTS = """
-- one row per role and kind that has cases in hand: how many wait for staff, are late, wait for the member
SELECT owner_role, kind, count(*) FILTER (WHERE status IN ('open', 'in_hand')) AS waiting_count,
       count(*) FILTER (WHERE status IN ('open', 'in_hand') AND due_on < :today) AS late_count,
       count(*) FILTER (WHERE status IN ('asked', 'answered')) AS with_member_count, min(opened_on) AS oldest_on
FROM complaint WHERE mutual_id = current_mutual() AND status IN ('open', 'in_hand', 'asked', 'answered')
GROUP BY owner_role, kind ORDER BY owner_role, kind
"""

_HERS = f"""
SELECT {COLUMNS}, e.seen,
       (SELECT o.text FROM complaint_message o WHERE o.mutual_id = c.mutual_id AND o.complaint_id = c.id
        AND o.voice IN ('question', 'answer') ORDER BY o.id DESC LIMIT 1) AS told,
       (SELECT count(*) FROM complaint_message o WHERE o.mutual_id = c.mutual_id AND o.complaint_id = c.id
        AND o.voice <> 'note') AS message_count
FROM complaint c JOIN complaint_evidence e ON e.mutual_id = c.mutual_id AND e.complaint_id = c.id
WHERE c.mutual_id = current_mutual() AND c.member_id = :member_id"""

HERS = f"""
-- one row per complaint of a member, newest first, with the last thing she was told or asked
{_HERS} AND (CAST(:before AS bigint) IS NULL OR c.id < :before) AND (CAST(:id AS bigint) IS NULL OR c.id = :id)
ORDER BY c.id DESC LIMIT :limit
"""

HER_MESSAGES = """
-- one row per text of a member's complaint that she may read, newest first
SELECT o.id, o.voice, o.text, o.written_on FROM complaint_message o
JOIN complaint c ON c.mutual_id = o.mutual_id AND c.id = o.complaint_id AND c.member_id = :member_id
WHERE o.mutual_id = current_mutual() AND o.complaint_id = :id AND o.voice <> 'note'
  AND (CAST(:before AS bigint) IS NULL OR o.id < :before)
ORDER BY o.id DESC LIMIT :limit
"""

HER_LIVE = """
-- one row per open complaint of a member
SELECT row_key, id FROM complaint
WHERE mutual_id = current_mutual() AND member_id = :member_id AND status IN ('open', 'in_hand', 'asked', 'answered')
"""

LAST_OF_ROW = """
-- at most one row: the newest case about a row of a member's
SELECT id, status FROM complaint
WHERE mutual_id = current_mutual() AND member_id = :member_id AND row_key = :row_key ORDER BY id DESC LIMIT 1
"""

TAKEN_TODAY = """
-- one row: how many cases a member opened, and texts she wrote, in the last day; when the oldest of each stops counting
SELECT (SELECT count(*) FROM complaint WHERE mutual_id = current_mutual() AND member_id = :member_id
        AND created_at > now() - interval '1 day') AS cases,
       (SELECT count(*) FROM complaint_message WHERE mutual_id = current_mutual() AND member_id = :member_id
        AND voice IN ('opening', 'reply') AND created_at > now() - interval '1 day') AS texts
"""

ANSWERED = """
-- at most one row: the member was answered after the last thing she said
SELECT id FROM complaint_message o WHERE o.mutual_id = current_mutual() AND o.complaint_id = :id AND o.voice = 'answer'
  AND NOT EXISTS (SELECT FROM complaint_message r WHERE r.mutual_id = o.mutual_id AND r.complaint_id = o.complaint_id
                  AND r.id > o.id AND r.voice = 'reply') ORDER BY o.id DESC LIMIT 1
"""

POSTING_OF = """
-- at most one row: a posting that moved money of a member's
SELECT t.id FROM ledger_tx t
WHERE t.mutual_id = current_mutual() AND t.id = :ledger_tx_id AND EXISTS (
    SELECT FROM ledger_entry e JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.id = e.account_id
    WHERE e.mutual_id = t.mutual_id AND e.tx_id = t.id AND a.owner_kind = 'member' AND a.owner_id = :member_id)
"""

POSTINGS = """
-- one row per posting that moved money of a member's, newest first, with what came to her by it in each currency
SELECT t.id, t.kind, t.valid_on, t.reason, e.currency, (-sum(e.amount_minor))::bigint AS amount_minor
FROM ledger_account a
JOIN ledger_entry e ON e.mutual_id = a.mutual_id AND e.account_id = a.id
JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id
WHERE a.mutual_id = current_mutual() AND a.owner_kind = 'member' AND a.owner_id = :member_id
GROUP BY t.id, t.kind, t.valid_on, t.reason, e.currency ORDER BY t.id DESC LIMIT :limit
"""

_RECEIPT_LINKS = """
SELECT 'receipt' AS kind, r.id, r.number AS label, ARRAY[r.actor, 'staff:' || coalesce(r.collector, '')] AS made_by
FROM contribution_receipt r WHERE r.mutual_id = current_mutual() AND r.id = :row
UNION ALL
SELECT 'ledger_tx', r.ledger_tx_id, r.channel, NULL FROM contribution_receipt r WHERE r.mutual_id = current_mutual() AND r.id = :row
UNION ALL
SELECT 'ledger_tx', v.ledger_tx_id, 'reversal', ARRAY[v.actor] FROM contribution_reversal v
WHERE v.mutual_id = current_mutual() AND v.receipt_id = :row
"""

_FILING_LINKS = """
SELECT 'filing' AS kind, f.id, f.reference::text AS label, CAST(NULL AS text[]) AS made_by FROM filing f
JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.member_id = :member_id
WHERE f.mutual_id = current_mutual() AND f.status <> 'discarded' AND {which}
UNION ALL
SELECT 'evidence', a.evidence_id, a.status, NULL FROM filing f
JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.member_id = :member_id
JOIN filing_answer a ON a.mutual_id = f.mutual_id AND a.filing_id = f.id
WHERE f.mutual_id = current_mutual() AND f.status <> 'discarded' AND {which}
"""

_BENEFIT_LINKS = """
SELECT 'benefit_remittance' AS kind, r.id, l.benefit_kind AS label, CAST(NULL AS text[]) AS made_by FROM benefit_remittance_line l
JOIN benefit_remittance r ON r.mutual_id = l.mutual_id AND r.id = l.remittance_id
WHERE l.mutual_id = current_mutual() AND l.id = :row
UNION ALL
SELECT 'evidence', r.evidence_id, 'advice', NULL FROM benefit_remittance_line l
JOIN benefit_remittance r ON r.mutual_id = l.mutual_id AND r.id = l.remittance_id
WHERE l.mutual_id = current_mutual() AND l.id = :row
"""

_PAYOUT_LINKS = """
SELECT 'payout' AS kind, p.id, p.end_to_end_id AS label, CAST(NULL AS text[]) AS made_by FROM payout p
WHERE p.mutual_id = current_mutual() AND p.id = :row
UNION ALL
SELECT 'payout_batch', p.batch_id, p.status, NULL FROM payout p WHERE p.mutual_id = current_mutual() AND p.id = :row
UNION ALL
SELECT 'evidence', s.evidence_id, s.step, NULL FROM payout p
JOIN payout_submission s ON s.mutual_id = p.mutual_id AND s.batch_id = p.batch_id AND s.evidence_id IS NOT NULL
WHERE p.mutual_id = current_mutual() AND p.id = :row
"""

_DEPENDANT_LINKS = """
SELECT 'dependant' AS kind, d.id, d.rule AS label, ARRAY[d.actor] AS made_by FROM dependant d
WHERE d.mutual_id = current_mutual() AND d.id = :row
"""

_NOTICE_LINKS = """
SELECT 'notice' AS kind, n.id, n.kind || ' ' || n.about_key AS label, CAST(NULL AS text[]) AS made_by FROM notice n
WHERE n.mutual_id = current_mutual() AND n.id = :row
"""

LINKS = {
    "receipt": _RECEIPT_LINKS,
    "filing_line": _FILING_LINKS.format(which="f.id = :row"),
    "month": _FILING_LINKS.format(which="f.period_start = CAST(:period AS date)"),
    "benefit": _BENEFIT_LINKS,
    "payout": _PAYOUT_LINKS,
    "family_member": _DEPENDANT_LINKS,
    "notice": _NOTICE_LINKS,
}
"""By kind: one row per thing that a member's row rests on, with who recorded it. The others rest on her file alone."""


class Resting(NamedTuple):
    """What a row of a member's rests on."""

    links: list[dict[str, Any]]
    made_by: list[str]


class Filter(NamedTuple):
    """Which complaints are listed."""

    statuses: list[str] | None = None
    kind: str | None = None
    owner: str | None = None
    """A role, or the username of who has them in hand."""
    member_id: int | None = None
    late_on: dt.date | None = None
    """Only those that wait for staff and were due before this day."""


def rests_on(session: Session, kind: str, member_id: int, *, row: int | None, period: dt.date | None) -> Resting:
    """Return what a row of a member's rests on: rows of ours and kept evidence, and who recorded them."""
    statement = LINKS.get(kind)
    values: Mapping[str, Any] = {"member_id": member_id, "row": row, "period": period}
    wanted = {name: value for name, value in values.items() if statement and f":{name}" in statement}
    found = [] if statement is None else db.rows(session, statement, wanted)
    links = [{"kind": "member", "id": member_id, "label": ""}]
    links += [{"kind": one.kind, "id": one.id, "label": one.label or ""} for one in found if one.id is not None]
    makers = {name for one in found for name in one.made_by or () if name not in {"", "staff:"}}
    return Resting(links, sorted(makers))


def list_complaints(session: Session, wanted: Filter, *, after: tuple[dt.date, int] | None, limit: int) -> list[Any]:
    """Return complaints, what is due first before the others; each with the member's number and name."""
    after_on, after_id = after or (None, None)
    values = {**wanted._asdict(), "after_on": after_on, "after_id": after_id, "limit": limit}
    return db.rows(session, LIST, values)


def get_complaint(session: Session, complaint_id: int) -> Any:
    """Return one complaint with its evidence.

    Raises:
        ComplaintUnknownError: There is none with this identifier.
    """
    row = db.first(session, ONE, {"id": complaint_id})
    if row is None:
        raise ComplaintUnknownError(f"no complaint {complaint_id}")
    return row


def lock_complaint(session: Session, complaint_id: int, *, member_id: int | None = None) -> Any:
    """Return one complaint, locked; of this member alone where one is named.

    Raises:
        ComplaintUnknownError: There is none with this identifier, or it is not hers.
    """
    row = db.first(session, LOCK, {"id": complaint_id, "member_id": member_id})
    if row is None:
        raise ComplaintUnknownError(f"no complaint {complaint_id}")
    return row


def list_messages(session: Session, complaint_id: int) -> list[Any]:
    """Return every text of a complaint, oldest first, staff's notes too."""
    return db.rows(session, MESSAGES, {"id": complaint_id})


def list_steps(session: Session, complaint_id: int) -> list[Any]:
    """Return every step of a complaint, oldest first."""
    return list_transitions(session, "complaint", complaint_id)


def list_postings(session: Session, member_id: int, *, limit: int) -> list[Any]:
    """Return the newest postings that moved money of a member's: those that a resolution may name."""
    return db.rows(session, POSTINGS, {"member_id": member_id, "limit": limit})


def count_waiting(session: Session, *, today: dt.date) -> list[Any]:
    """Return how many complaints wait, by role and kind."""
    return db.rows(session, COUNTS, {"today": today})


def list_of_member(session: Session, member_id: int, *, before: int | None, limit: int) -> list[Any]:
    """Return a member's complaints, the newest first, as she may see them."""
    return db.rows(session, HERS, {"member_id": member_id, "before": before, "id": None, "limit": limit})


def get_of_member(session: Session, member_id: int, complaint_id: int) -> Any:
    """Return one complaint of a member as she may see it.

    Raises:
        ComplaintUnknownError: It is not hers, or not there.
    """
    row = db.first(session, HERS, {"member_id": member_id, "before": None, "id": complaint_id, "limit": 1})
    if row is None:
        raise ComplaintUnknownError(f"no complaint {complaint_id} of yours; GET /v1/me/complaints has those there are")
    return row


def list_messages_of_member(
    session: Session, member_id: int, complaint_id: int, *, before: int | None, limit: int
) -> list[Any]:
    """Return what was said in a member's complaint, the newest first, without staff's notes.

    Raises:
        ComplaintUnknownError: It is not hers, or not there.
    """
    get_of_member(session, member_id, complaint_id)
    values = {"member_id": member_id, "id": complaint_id, "before": before, "limit": limit}
    return db.rows(session, HER_MESSAGES, values)


def live_of_member(session: Session, member_id: int) -> dict[str, int]:
    """Return the member's open cases by what they are about."""
    return {row.row_key: row.id for row in db.rows(session, HER_LIVE, {"member_id": member_id})}
