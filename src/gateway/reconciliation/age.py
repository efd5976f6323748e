"""What age does to a break: over thirty days it is a supervisor's, over sixty suspense is proposed for ``unclaimed``.

Money that nobody claimed stays owed to whoever comes: it never becomes income. When its owner is found later, the move to
``unclaimed`` is taken back by a linked reversal.
"""

import datetime as dt
import json

from sqlmodel import Session

from gateway.contributions.receive import suspense_account
from gateway.kit import audit, db
from gateway.kit.audit import Transition
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import reverse
from gateway.reconciliation.rules import SUPERVISED_DAYS, UNCLAIMED_DAYS
from gateway.reconciliation.states import BREAK, BreakEvent
from gateway.staff.models import Role

ACTOR = "system:reconciliation"
UNCLAIMED = "unclaimed"
REASON = f"nobody has claimed it for more than {UNCLAIMED_DAYS} days; it stays owed to whoever does"

ESCALATE = """
-- one row per unresolved break that has become a supervisor's
UPDATE reconciliation_break SET owner_role = :role
WHERE mutual_id = current_mutual() AND status IN ('open', 'proposed', 'approved', 'rejected') AND since_on < :before AND owner_role <> :role
RETURNING id
"""

OLD_SUSPENSE = """
-- one row per part of a receipt that has been nobody's for so long, and that nobody has proposed anything for
SELECT id, amount_minor, currency, status, theirs->>'channel' AS channel FROM reconciliation_break
WHERE mutual_id = current_mutual() AND kind = 'receipt_suspense' AND since_on < :before
  AND (status = 'open' OR (status = 'rejected' AND proposal->>'resolution' <> 'unclaimed'))
ORDER BY id FOR UPDATE
"""

PROPOSE = """
-- the break with the machine's proposal
UPDATE reconciliation_break SET status = :status, proposal = CAST(:proposal AS jsonb), proposed_by = :actor, reason = :reason
WHERE mutual_id = current_mutual() AND id = :break_id
"""

FOUND_AFTERWARDS = """
-- one row per part of a receipt that went to unclaimed and has an owner now
SELECT b.id, b.ledger_tx_id FROM reconciliation_break b
JOIN LATERAL (
    SELECT p.member_id FROM contribution_placement p
    WHERE p.mutual_id = b.mutual_id AND p.receipt_line_id = b.subject_id ORDER BY p.version DESC LIMIT 1
) p ON p.member_id IS NOT NULL
WHERE b.mutual_id = current_mutual() AND b.kind = 'receipt_suspense' AND b.status = 'posted' AND b.resolution = 'unclaimed'
  AND NOT EXISTS (SELECT FROM ledger_tx r WHERE r.mutual_id = b.mutual_id AND r.reverses = b.ledger_tx_id)
"""


def let_age(session: Session, *, today: dt.date) -> int:
    """Give old breaks to a supervisor, propose old suspense for ``unclaimed``, take back what found its owner; return how many."""
    before = today - dt.timedelta(days=SUPERVISED_DAYS)
    escalated = db.rows(session, ESCALATE, {"role": Role.MANAGER.value, "before": before})
    for row in escalated:
        audit.record(
            session, actor=ACTOR, action="break.escalate", subject_kind="reconciliation_break", subject_id=row.id
        )
    return len(escalated) + _propose_unclaimed(session, today) + _take_back(session, today)


def _propose_unclaimed(session: Session, today: dt.date) -> int:
    old = db.rows(session, OLD_SUSPENSE, {"before": today - dt.timedelta(days=UNCLAIMED_DAYS)})
    status = BREAK.target(BreakEvent.PROPOSE)
    for row in old:
        open_accounts(session, [NewAccount(UNCLAIMED)], row.currency)
        lines = [[suspense_account(row.channel), row.amount_minor], [UNCLAIMED, -row.amount_minor]]
        values = {"proposal": json.dumps({"resolution": UNCLAIMED, "lines": lines}), "actor": ACTOR, "reason": REASON}
        db.run(session, PROPOSE, {**values, "break_id": row.id, "status": status})
    audit.log_transitions(
        session,
        [
            Transition("reconciliation_break", row.id, BreakEvent.PROPOSE, row.status, status, ACTOR, REASON)
            for row in old
        ],
    )
    return len(old)


def _take_back(session: Session, today: dt.date) -> int:
    found = db.rows(session, FOUND_AFTERWARDS)
    for row in found:
        reverse(
            session,
            row.ledger_tx_id,
            key=f"break:{row.id}:claimed",
            valid_on=today,
            actor=ACTOR,
            reason="its owner was found",
        )
    return len(found)
