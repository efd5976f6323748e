"""Find every difference between what somebody outside says and what our lines and books say.

Each kind is one statement over the tables below; adding a kind is adding a statement here and a row in ``rules.KINDS``.
Running it again opens nothing twice: a break is known by its kind, subject and detail. A difference that is gone makes
its break vanish; one that comes back opens it again; one that a person resolved stays resolved.
"""

import datetime as dt

from sqlmodel import Session

from gateway.kit import db
from gateway.reconciliation.rules import KINDS, OVERDUE_DAYS, due_on

# Each gives: subject_kind, subject_id, detail_key, amount_minor (theirs less ours), currency, period_start, theirs, ours,
# evidence_id. Parameters: :late_before, the day before which what is still on its way is overdue.
FINDERS = {
    "bill_differs": """
-- one row per payable bill whose amount is neither that of our lines nor explained by lines that the state changed
SELECT 'bill' AS subject_kind, b.id AS subject_id, '' AS detail_key, b.total_minor - b.ours_minor - changed.minor AS amount_minor, b.currency,
    b.period_start, jsonb_build_object('total_minor', b.total_minor, 'reference', b.notice_reference, 'components', c.theirs) AS theirs,
    jsonb_build_object('total_minor', b.ours_minor, 'changed_lines_minor', changed.minor, 'components', c.ours) AS ours, b.evidence_id
FROM bill b
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(k.code, k.theirs_minor) AS theirs, jsonb_object_agg(k.code, k.ours_minor) AS ours
    FROM bill_component k WHERE k.mutual_id = b.mutual_id AND k.bill_id = b.id AND k.theirs_minor <> k.ours_minor
) c ON true
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.state_accepted_minor - l.state_minor), 0)::bigint AS minor
    FROM bill_filing f
    JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.filing_id AND l.status = 'changed'
    WHERE f.mutual_id = b.mutual_id AND f.bill_id = b.id
) changed
WHERE b.mutual_id = current_mutual() AND b.status <> 'superseded' AND b.total_minor <> b.ours_minor + changed.minor
""",
    "amount_changed": """
-- one row per line that the state accepted with another amount
SELECT 'filing_line' AS subject_kind, l.id AS subject_id, '' AS detail_key, coalesce(l.state_accepted_minor, 0) - l.state_minor AS amount_minor,
    f.currency, f.period_start, jsonb_build_object('amount_minor', l.state_accepted_minor, 'code', l.state_code) AS theirs,
    jsonb_build_object('amount_minor', l.state_minor, 'member_id', l.member_id, 'filing_id', l.filing_id, 'line_no', l.line_no,
        'wage_minor', l.wage_minor, 'additional_dependants', l.additional_dependants) AS ours, NULL::bigint AS evidence_id
FROM filing_line l JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id
WHERE l.mutual_id = current_mutual() AND l.status = 'changed'
""",
    "answer_quarantined": """
-- one row per answer of the state that was put aside, while its filing has no better one
SELECT 'filing' AS subject_kind, f.id AS subject_id, a.sha256 AS detail_key, 0::bigint AS amount_minor, f.currency, f.period_start,
    jsonb_build_object('problem', a.problem, 'accepted', a.accepted_count, 'rejected', a.rejected_count) AS theirs,
    jsonb_build_object('lines', f.line_count) AS ours, a.evidence_id
FROM filing_answer a JOIN filing f ON f.mutual_id = a.mutual_id AND f.id = a.filing_id
WHERE a.mutual_id = current_mutual() AND a.status = 'quarantined' AND f.status IN ('sending', 'unknown', 'submitted')
""",
    "line_unanswered": """
-- one row per line that an answered filing has no answer for
SELECT 'filing_line' AS subject_kind, l.id AS subject_id, '' AS detail_key, -l.state_minor AS amount_minor, f.currency, f.period_start,
    '{}'::jsonb AS theirs, jsonb_build_object('filing_id', l.filing_id, 'line_no', l.line_no, 'member_id', l.member_id,
        'amount_minor', l.state_minor) AS ours, NULL::bigint AS evidence_id
FROM filing_line l JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id
WHERE l.mutual_id = current_mutual() AND l.status = 'waiting' AND f.status IN ('accepted', 'partial', 'settled')
""",
    "statement_quarantined": """
-- one row per statement that could not be used
SELECT 'bank_statement' AS subject_kind, s.id AS subject_id, '' AS detail_key, 0::bigint AS amount_minor, s.currency,
    NULL::date AS period_start, jsonb_build_object('reference', s.statement_reference, 'from', s.from_on, 'to', s.to_on,
        'opening_minor', s.opening_minor, 'closing_minor', s.closing_minor) AS theirs,
    jsonb_build_object('reason', s.reason) AS ours, s.evidence_id
FROM bank_statement s WHERE s.mutual_id = current_mutual() AND s.status = 'quarantined'
""",
    "bank_debit_unknown": """
-- one row per debit on a statement that nobody ordered
SELECT 'bank_statement_line' AS subject_kind, l.id AS subject_id, '' AS detail_key, l.amount_minor, l.currency,
    date_trunc('month', l.booked_on)::date AS period_start, jsonb_build_object('text', l.text, 'counterparty', l.counterparty,
        'booked_on', l.booked_on, 'end_to_end_id', l.end_to_end_id) AS theirs, '{}'::jsonb AS ours, NULL::bigint AS evidence_id
FROM bank_statement_line l
WHERE l.mutual_id = current_mutual() AND l.status = 'suspense' AND l.amount_minor < 0
""",
    "payment_unbooked": """
-- one row per released payment that no statement shows yet
SELECT 'filing_payment' AS subject_kind, p.id AS subject_id, '' AS detail_key, -p.amount_minor AS amount_minor, p.currency, b.period_start,
    '{}'::jsonb AS theirs, jsonb_build_object('end_to_end_id', p.end_to_end_id, 'notice', b.notice_reference, 'released_at', p.released_at) AS ours,
    p.order_evidence_id AS evidence_id
FROM filing_payment p JOIN bill b ON b.mutual_id = p.mutual_id AND b.id = p.bill_id
WHERE p.mutual_id = current_mutual() AND p.withdrawn_at IS NULL AND p.released_at < :late_before AND p.booked_on IS NULL
""",
    "payment_unconfirmed": """
-- one row per booked payment that the state has not confirmed
SELECT 'filing_payment' AS subject_kind, p.id AS subject_id, '' AS detail_key, -p.amount_minor AS amount_minor, p.currency, b.period_start,
    '{}'::jsonb AS theirs, jsonb_build_object('end_to_end_id', p.end_to_end_id, 'notice', b.notice_reference, 'booked_on', p.booked_on) AS ours,
    p.order_evidence_id AS evidence_id
FROM filing_payment p JOIN bill b ON b.mutual_id = p.mutual_id AND b.id = p.bill_id
WHERE p.mutual_id = current_mutual() AND p.booked_on IS NOT NULL AND p.confirmed_at IS NULL
""",
    "remittance_unfunded": """
-- one row per advice whose money has not come
SELECT 'benefit_remittance' AS subject_kind, r.id AS subject_id, '' AS detail_key, r.total_minor AS amount_minor, r.currency,
    date_trunc('month', r.advised_on)::date AS period_start, jsonb_build_object('reference', r.authority_reference, 'total_minor', r.total_minor,
        'transfer_reference', r.transfer_reference, 'advised_on', r.advised_on) AS theirs, '{}'::jsonb AS ours, r.evidence_id
FROM benefit_remittance r
WHERE r.mutual_id = current_mutual() AND r.status = 'advised' AND r.advised_on < :late_before
""",
    "remittance_quarantined": """
-- one row per advice that contradicts itself or is not for us
SELECT 'benefit_remittance' AS subject_kind, r.id AS subject_id, '' AS detail_key, r.total_minor AS amount_minor, r.currency,
    date_trunc('month', r.advised_on)::date AS period_start, jsonb_build_object('reference', r.authority_reference,
        'total_minor', r.total_minor, 'line_count', r.line_count) AS theirs, '{}'::jsonb AS ours, r.evidence_id
FROM benefit_remittance r WHERE r.mutual_id = current_mutual() AND r.status = 'quarantined'
""",
    "remittance_differs": """
-- one row per advice whose money is another amount
SELECT 'benefit_remittance' AS subject_kind, r.id AS subject_id, '' AS detail_key, r.funded_minor - r.total_minor AS amount_minor, r.currency,
    date_trunc('month', r.funded_on)::date AS period_start, jsonb_build_object('reference', r.authority_reference, 'total_minor', r.total_minor) AS theirs,
    jsonb_build_object('funded_minor', r.funded_minor, 'funded_on', r.funded_on) AS ours, r.evidence_id
FROM benefit_remittance r
WHERE r.mutual_id = current_mutual() AND r.status = 'differs'
""",
    "benefit_suspense": """
-- one row per benefit in suspense
SELECT 'benefit_remittance_line' AS subject_kind, l.id AS subject_id, '' AS detail_key, l.amount_minor, r.currency,
    date_trunc('month', coalesce(r.funded_on, r.advised_on))::date AS period_start,
    jsonb_build_object('benefit', l.benefit_kind, 'remittance', r.authority_reference, 'line_no', l.line_no, 'claim', l.claim_reference) AS theirs,
    jsonb_build_object('reason', l.reason) AS ours, r.evidence_id
FROM benefit_remittance_line l JOIN benefit_remittance r ON r.mutual_id = l.mutual_id AND r.id = l.remittance_id
WHERE l.mutual_id = current_mutual() AND l.status = 'suspense'
""",
    "receipt_suspense": """
-- one row per part of a receipt that is nobody's yet
SELECT 'contribution_receipt_line' AS subject_kind, l.id AS subject_id, '' AS detail_key, l.amount_minor, r.currency,
    date_trunc('month', r.paid_on)::date AS period_start, jsonb_build_object('receipt', r.number, 'channel', r.channel, 'paid_on', r.paid_on) AS theirs,
    '{}'::jsonb AS ours, NULL::bigint AS evidence_id
FROM contribution_receipt_line l JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.id = l.receipt_id
LEFT JOIN LATERAL (
    SELECT p.member_id FROM contribution_placement p
    WHERE p.mutual_id = l.mutual_id AND p.receipt_line_id = l.id ORDER BY p.version DESC LIMIT 1
) p ON true
WHERE l.mutual_id = current_mutual() AND l.member_id IS NULL AND p.member_id IS NULL
  AND NOT EXISTS (SELECT FROM contribution_reversal v WHERE v.mutual_id = l.mutual_id AND v.receipt_id = l.receipt_id)
""",
    "transfer_overdue": """
-- one row per transfer between our own places that has not arrived
SELECT 'own_transfer' AS subject_kind, t.id AS subject_id, '' AS detail_key, t.amount_minor, t.currency,
    date_trunc('month', t.ordered_on)::date AS period_start, '{}'::jsonb AS theirs,
    jsonb_build_object('reference', t.reference, 'from', t.from_code, 'to', t.to_code, 'ordered_on', t.ordered_on) AS ours, NULL::bigint AS evidence_id
FROM own_transfer t
WHERE t.mutual_id = current_mutual() AND t.status = 'ordered' AND t.ordered_on < :late_before
""",
}

OPEN_FOUND = """
-- one row per break that is opened now, or opened again
INSERT INTO reconciliation_break (kind, subject_kind, subject_id, detail_key, amount_minor, currency, period_start, theirs, ours,
    owner_role, due_on, evidence_id)
SELECT :kind, subject_kind, subject_id, detail_key, amount_minor, currency, period_start, theirs, ours, :owner, :due_on, evidence_id
FROM found
ON CONFLICT (mutual_id, kind, subject_kind, subject_id, detail_key)
DO UPDATE SET status = 'open', amount_minor = excluded.amount_minor, theirs = excluded.theirs, ours = excluded.ours
WHERE reconciliation_break.status = 'vanished'
   OR (reconciliation_break.status IN ('open', 'proposed') AND reconciliation_break.amount_minor <> excluded.amount_minor)
"""

VANISH = """
-- one row per break whose difference is gone
UPDATE reconciliation_break b SET status = 'vanished'
WHERE b.mutual_id = current_mutual() AND b.kind = :kind AND b.status IN ('open', 'proposed')
  AND NOT EXISTS (
    SELECT FROM found f WHERE (f.subject_kind, f.subject_id, f.detail_key) = (b.subject_kind, b.subject_id, b.detail_key)
  )
"""


def refresh_breaks(session: Session, *, today: dt.date) -> dict[str, int]:
    """Open what differs and is not known, let vanish what differs no more; return how many changed, by kind.

    Args:
        session: The open transaction.
        today: Decides what is overdue and until when a new break is due.
    """
    changed: dict[str, int] = {}
    late_before = today - dt.timedelta(days=OVERDUE_DAYS)
    for kind, finder in FINDERS.items():
        db.run(session, "DROP TABLE IF EXISTS pg_temp.found")
        db.run(session, f"CREATE TEMPORARY TABLE found ON COMMIT DROP AS {finder}", {"late_before": late_before})
        values = {"kind": kind, "owner": KINDS[kind].owner.value, "due_on": due_on(kind, today)}
        touched = db.run(session, OPEN_FOUND, values) + db.run(session, VANISH, {"kind": kind})
        if touched:
            changed[kind] = touched
    return changed
