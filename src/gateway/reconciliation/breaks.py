"""Find every difference between what somebody outside says and what our lines and books say.

Each kind is one statement over the tables below; adding a kind is adding a statement here and a row in ``rules.KINDS``.
Running it again opens nothing twice: a break is known by its kind, subject and detail. A difference that is gone makes
its break vanish; one that comes back opens it again; one that a person resolved stays resolved.
"""

import datetime as dt

from sqlmodel import Session

from gateway.kit import db
from gateway.reconciliation.rules import KINDS, OVERDUE_DAYS, due_on
from gateway.reconciliation.states import BREAK, BreakEvent

# Each gives: subject_kind, subject_id, detail_key, amount_minor (theirs less ours), currency, period_start, theirs, ours,
# evidence_id. Parameters: :late_before, the day before which what is still on its way is overdue.
FINDERS = {
    "bill_differs": """
-- one row per payable bill of the mutual's own payrolls whose amount is neither that of our lines nor explained by lines that the
-- state changed, by benefits that it pays by asking for less, or by what it took off for an earlier notice. The difference of a
-- helped employer's bill is his own: it is settled with his money when the bill is ordered
SELECT 'bill' AS subject_kind, b.id AS subject_id, '' AS detail_key,
    b.total_minor - b.ours_minor - changed.minor + credited.minor - used.minor AS amount_minor, b.currency,
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
CROSS JOIN LATERAL (
    SELECT coalesce(sum(k.amount_minor), 0)::bigint AS minor FROM benefit_credit k WHERE k.mutual_id = b.mutual_id AND k.bill_id = b.id
) credited
CROSS JOIN LATERAL (
    SELECT coalesce(sum(k.amount_minor), 0)::bigint AS minor FROM bill_credit k
    WHERE k.mutual_id = b.mutual_id AND k.bill_id = b.id AND k.kind = 'used'
) used
JOIN payroll p ON p.mutual_id = b.mutual_id AND p.id = b.payroll_id
JOIN mutual u ON u.mutual_id = p.mutual_id AND u.employer_number = p.employer_number
WHERE b.mutual_id = current_mutual() AND b.status <> 'superseded'
  AND b.total_minor <> b.ours_minor + changed.minor - credited.minor + used.minor
""",
    "amount_changed": """
-- one row per line of the mutual's own payrolls that the state accepted with another amount
SELECT 'filing_line' AS subject_kind, l.id AS subject_id, '' AS detail_key, coalesce(l.state_accepted_minor, 0) - l.state_minor AS amount_minor,
    f.currency, f.period_start, jsonb_build_object('amount_minor', l.state_accepted_minor, 'code', l.state_code) AS theirs,
    jsonb_build_object('amount_minor', l.state_minor, 'member_id', l.member_id, 'filing_id', l.filing_id, 'line_no', l.line_no,
        'wage_minor', l.wage_minor, 'additional_dependants', l.additional_dependants) AS ours, NULL::bigint AS evidence_id
FROM filing_line l JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id
WHERE l.mutual_id = current_mutual() AND l.status = 'changed' AND l.from_employer_minor = 0
""",
    "answer_quarantined": """
-- one row per answer of the state that was put aside, while its filing has no better one
SELECT 'filing' AS subject_kind, f.id AS subject_id, a.sha256 AS detail_key, 0::bigint AS amount_minor, f.currency, f.period_start,
    jsonb_build_object('problem', a.problem, 'accepted', a.accepted_count, 'rejected', a.rejected_count) AS theirs,
    jsonb_build_object('lines', f.line_count) AS ours, a.evidence_id
FROM filing_answer a JOIN filing f ON f.mutual_id = a.mutual_id AND f.id = a.filing_id
WHERE a.mutual_id = current_mutual() AND a.status = 'quarantined' AND f.status IN ('sending', 'unknown', 'submitted')
""",
    "told_otherwise": """
-- one row per event of a state that is never asked which was set aside: it says otherwise than before, or nothing to book
SELECT 'inbox_message' AS subject_kind, m.id AS subject_id, '' AS detail_key, 0::bigint AS amount_minor, u.currency,
    date_trunc('month', m.received_at)::date AS period_start,
    jsonb_build_object('event', m.event_id, 'source', m.source, 'problem', m.note) AS theirs, '{}'::jsonb AS ours,
    NULL::bigint AS evidence_id
FROM inbox_message m JOIN mutual u ON u.mutual_id = m.mutual_id
WHERE m.mutual_id = current_mutual() AND m.state = 'quarantined' AND m.kind = 'state.event'
  AND u.settings ->> 'state_answers' = 'pushed'
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
-- one row per debit on a statement that nobody ordered, and that was not taken back
SELECT 'bank_statement_line' AS subject_kind, l.id AS subject_id, '' AS detail_key, l.amount_minor, l.currency,
    date_trunc('month', l.booked_on)::date AS period_start, jsonb_build_object('text', l.text, 'counterparty', l.counterparty,
        'booked_on', l.booked_on, 'end_to_end_id', l.end_to_end_id) AS theirs, '{}'::jsonb AS ours, NULL::bigint AS evidence_id
FROM bank_statement_line l
WHERE l.mutual_id = current_mutual() AND l.status = 'suspense' AND l.amount_minor < 0
  AND NOT EXISTS (SELECT FROM ledger_tx r WHERE r.mutual_id = l.mutual_id AND r.reverses = l.ledger_tx_id)
""",
    "announcement_unshown": """
-- one row per booking that was announced for a day whose statement is loaded and has it not, neither by itself nor in a sum,
-- and that nobody took back
SELECT 'bank_statement_line' AS subject_kind, l.id AS subject_id, 'announced' AS detail_key, -l.amount_minor AS amount_minor, l.currency,
    date_trunc('month', l.booked_on)::date AS period_start, '{}'::jsonb AS theirs, jsonb_build_object('booked_on', l.booked_on,
        'text', l.text, 'counterparty', l.counterparty, 'end_to_end_id', l.end_to_end_id, 'matched_kind', l.matched_kind,
        'matched_id', l.matched_id) AS ours, s.evidence_id
FROM bank_statement_line l
JOIN bank_statement s ON s.mutual_id = l.mutual_id AND s.id = l.statement_id
WHERE l.mutual_id = current_mutual() AND l.is_announced AND l.shown_by IS NULL AND EXISTS (
    SELECT FROM bank_statement d
    WHERE d.mutual_id = l.mutual_id AND d.account_id = l.account_id AND d.status = 'loaded' AND d.to_on >= l.booked_on)
  AND NOT EXISTS (SELECT FROM ledger_tx r WHERE r.mutual_id = l.mutual_id AND r.reverses = l.ledger_tx_id)
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
WHERE p.mutual_id = current_mutual() AND p.booked_on IS NOT NULL AND p.confirmed_at IS NULL AND p.returned_at IS NULL
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
WHERE r.mutual_id = current_mutual() AND (r.status = 'differs' OR (r.status = 'allotted' AND r.funded_minor <> r.total_minor))
""",
    "remittance_unallotted": """
-- one row per advice whose money is here for days, as much as was advised, and that nobody gave to its members
SELECT 'benefit_remittance' AS subject_kind, r.id AS subject_id, '' AS detail_key, r.funded_minor AS amount_minor, r.currency,
    date_trunc('month', r.funded_on)::date AS period_start, jsonb_build_object('reference', r.authority_reference, 'total_minor', r.total_minor,
        'booked_on', r.funded_on) AS theirs, '{}'::jsonb AS ours, r.evidence_id
FROM benefit_remittance r
WHERE r.mutual_id = current_mutual() AND r.status = 'funded' AND r.funded_on < :late_before
""",
    "benefit_unpayable": """
-- one row per member who is owed benefits that no batch can pay as things stand: she has died, or nobody knows where to
SELECT 'member' AS subject_kind, m.id AS subject_id, a.currency AS detail_key, -h.held_minor AS amount_minor, a.currency,
    NULL::date AS period_start, '{}'::jsonb AS theirs, jsonb_build_object('member_id', m.id,
        'reason', CASE WHEN m.status = 'deceased' THEN 'deceased' ELSE 'no_destination' END) AS ours, NULL::bigint AS evidence_id
FROM ledger_account a
JOIN ledger_balance h ON h.mutual_id = a.mutual_id AND h.account_id = a.id AND h.held_minor > 0
JOIN member m ON m.mutual_id = a.mutual_id AND m.id = a.owner_id
WHERE a.mutual_id = current_mutual() AND a.control = 'member:benefits' AND (m.status = 'deceased' OR (
    (m.phone IS NULL OR m.phone !~ '^\\+[1-9][0-9]+$' OR length(m.phone) NOT BETWEEN 9 AND 16) AND NOT EXISTS (
        SELECT FROM (
            SELECT d.means, d.account FROM payout_destination d
            WHERE d.mutual_id = m.mutual_id AND d.member_id = m.id ORDER BY d.id DESC LIMIT 1
        ) c WHERE c.means <> 'mobile' OR c.account <> '')))
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
    "remittance_contradicted": """
-- one row per advice of which the state says something else by now than what it advised
SELECT 'benefit_remittance' AS subject_kind, r.id AS subject_id, '' AS detail_key, 0::bigint AS amount_minor, r.currency,
    date_trunc('month', r.advised_on)::date AS period_start, jsonb_build_object('reference', r.authority_reference, 'problem', r.problem) AS theirs,
    jsonb_build_object('total_minor', r.total_minor, 'line_count', r.line_count) AS ours, r.evidence_id
FROM benefit_remittance r WHERE r.mutual_id = current_mutual() AND r.status <> 'quarantined' AND r.problem IS NOT NULL
""",
    "claim_amount_differs": """
-- one row per accepted claim for which the state pays another amount than the rule gives
SELECT 'benefit_claim' AS subject_kind, c.id AS subject_id, '' AS detail_key, c.decided_minor - c.computed_minor AS amount_minor, c.currency,
    date_trunc('month', c.decided_on)::date AS period_start, jsonb_build_object('amount_minor', c.decided_minor, 'claim', c.authority_reference) AS theirs,
    jsonb_build_object('amount_minor', c.computed_minor, 'wage_minor', c.wage_minor, 'member_id', c.member_id) AS ours, NULL::bigint AS evidence_id
FROM benefit_claim c WHERE c.mutual_id = current_mutual() AND c.status = 'accepted' AND c.decided_minor <> c.computed_minor
""",
    "instalment_differs": """
-- one row per instalment of which more or less came than was expected
SELECT 'benefit_claim_instalment' AS subject_kind, i.id AS subject_id, '' AS detail_key, i.received_minor - i.expected_minor AS amount_minor,
    c.currency, date_trunc('month', i.expected_on)::date AS period_start,
    jsonb_build_object('received_minor', i.received_minor, 'reason', i.reason, 'claim', c.authority_reference) AS theirs,
    jsonb_build_object('expected_minor', i.expected_minor, 'claim_id', c.id, 'instalment', i.instalment_no, 'member_id', c.member_id) AS ours,
    NULL::bigint AS evidence_id
FROM benefit_claim_instalment i JOIN benefit_claim c ON c.mutual_id = i.mutual_id AND c.id = i.claim_id
WHERE i.mutual_id = current_mutual() AND i.status = 'differs'
""",
    "instalment_overdue": """
-- one row per instalment that an accepted claim still awaits though its day has passed; what goes straight to the mother is not ours
SELECT 'benefit_claim_instalment' AS subject_kind, i.id AS subject_id, '' AS detail_key, -i.expected_minor AS amount_minor,
    c.currency, date_trunc('month', i.expected_on)::date AS period_start, jsonb_build_object('claim', c.authority_reference) AS theirs,
    jsonb_build_object('expected_minor', i.expected_minor, 'expected_on', i.expected_on, 'claim_id', c.id, 'instalment', i.instalment_no) AS ours,
    NULL::bigint AS evidence_id
FROM benefit_claim_instalment i JOIN benefit_claim c ON c.mutual_id = i.mutual_id AND c.id = i.claim_id
WHERE i.mutual_id = current_mutual() AND i.status = 'expected' AND i.expected_on < :late_before AND c.status = 'accepted'
  AND c.kind <> 'breastfeeding'
""",
    "advance_unrecovered": """
-- one row per refused claim on which the mutual has paid ahead, and nobody bears it yet
SELECT 'benefit_claim' AS subject_kind, c.id AS subject_id, '' AS detail_key, c.recovered_minor + c.written_off_minor - c.advanced_minor AS amount_minor,
    c.currency, date_trunc('month', c.decided_on)::date AS period_start, jsonb_build_object('claim', c.authority_reference) AS theirs,
    jsonb_build_object('advanced_minor', c.advanced_minor, 'member_id', c.member_id) AS ours, NULL::bigint AS evidence_id
FROM benefit_claim c
WHERE c.mutual_id = current_mutual() AND c.status = 'refused' AND c.advanced_minor > c.recovered_minor + c.written_off_minor
""",
    "refused_claim_paid": """
-- one row per claim that the state refused and pays all the same
SELECT 'benefit_claim' AS subject_kind, c.id AS subject_id, '' AS detail_key, r.minor AS amount_minor, c.currency,
    date_trunc('month', c.decided_on)::date AS period_start, jsonb_build_object('claim', c.authority_reference, 'paid_minor', r.minor) AS theirs,
    jsonb_build_object('refused_on', c.decided_on, 'member_id', c.member_id) AS ours, NULL::bigint AS evidence_id
FROM benefit_claim c
CROSS JOIN LATERAL (
    SELECT sum(p.amount_minor)::bigint AS minor FROM benefit_claim_receipt p WHERE p.mutual_id = c.mutual_id AND p.claim_id = c.id
) r
WHERE c.mutual_id = current_mutual() AND c.status = 'refused' AND r.minor IS NOT NULL
""",
    "payout_contradicted": """
-- one row per payout of which the provider has said two things that cannot both be true
SELECT 'payout' AS subject_kind, p.id AS subject_id, '' AS detail_key, p.amount_minor, p.currency,
    date_trunc('month', coalesce(p.settled_on, b.released_at::date))::date AS period_start, jsonb_build_object('says', p.contradiction) AS theirs,
    jsonb_build_object('status', p.status, 'end_to_end_id', p.end_to_end_id, 'member_id', p.member_id) AS ours, NULL::bigint AS evidence_id
FROM payout p JOIN payout_batch b ON b.mutual_id = p.mutual_id AND b.id = p.batch_id
WHERE p.mutual_id = current_mutual() AND p.contradiction IS NOT NULL
""",
    "payout_stranger": """
-- one row per payment that a provider or bank told of where it spoke of ours, and that is none of them; what it moved, if it did
SELECT 'payout_stranger' AS subject_kind, s.id AS subject_id, '' AS detail_key,
    CASE WHEN s.outcome = 'paid' THEN -coalesce(s.amount_minor, 0) ELSE 0 END::bigint AS amount_minor, s.currency,
    date_trunc('month', s.told_on)::date AS period_start, jsonb_strip_nulls(jsonb_build_object('through', s.provider, 'end_to_end_id',
        nullif(s.end_to_end_id, ''), 'reference', nullif(s.provider_reference, ''), 'says', s.outcome, 'paid_minor', s.amount_minor,
        'told_on', s.told_on)) AS theirs,
    jsonb_strip_nulls(jsonb_build_object('batch_id', s.batch_id, 'payout_id', p.id, 'status', p.status)) AS ours, s.evidence_id
FROM payout_stranger s
LEFT JOIN payout p ON p.mutual_id = s.mutual_id AND p.end_to_end_id = s.end_to_end_id
WHERE s.mutual_id = current_mutual()
""",
    "payer_message_aside": """
-- one row per message of a provider that was set aside: about a batch that is none of ours, or one that could not be read or booked;
-- none of a payment taken back before it was told, once that payment is here
SELECT 'inbox_message' AS subject_kind, m.id AS subject_id, '' AS detail_key, 0::bigint AS amount_minor, u.currency,
    date_trunc('month', m.received_at)::date AS period_start, jsonb_build_object('event', m.event_id, 'source', m.source, 'problem', m.note,
        'told_on', (m.received_at AT TIME ZONE u.time_zone)::date) AS theirs, '{}'::jsonb AS ours, NULL::bigint AS evidence_id
FROM inbox_message m JOIN mutual u ON u.mutual_id = m.mutual_id
WHERE m.mutual_id = current_mutual() AND m.state = 'quarantined' AND m.kind IN ('payer.batch', 'payer.transaction')
  AND NOT (m.note LIKE 'taken back before it was told: %' AND EXISTS (
    SELECT FROM contribution_receipt r JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id
    WHERE r.mutual_id = m.mutual_id AND r.source = 'momo:' || split_part(m.source, ':', 2)
      AND r.source_reference = substr(m.note, length('taken back before it was told: ') + 1)))
""",
    "payout_batch_open": """
-- one row per batch of payouts that left the house, or should have, and of which no outcome is known for days; a draft that nobody
-- releases or discards keeps its members from being paid by any other
SELECT 'payout_batch' AS subject_kind, b.id AS subject_id, '' AS detail_key, b.total_minor AS amount_minor, b.currency,
    date_trunc('month', coalesce(b.released_at, b.prepared_at))::date AS period_start, jsonb_build_object('reference', b.provider_reference) AS theirs,
    jsonb_build_object('status', b.status, 'through', b.provider, 'released_at', b.released_at,
        'ordered_on', coalesce(b.released_at, b.prepared_at)::date) AS ours, b.request_evidence_id AS evidence_id
FROM payout_batch b
WHERE b.mutual_id = current_mutual() AND ((b.status IN ('released', 'sending', 'unknown', 'submitted') AND b.released_at < :late_before)
    OR (b.status = 'draft' AND b.prepared_at < :late_before))
""",
    "payout_came_back": """
-- one row per credit in suspense that names a payout, by our id or the provider's: it came back as another amount, or again
SELECT 'bank_statement_line' AS subject_kind, l.id AS subject_id, p.id::text AS detail_key, l.amount_minor, l.currency,
    date_trunc('month', l.booked_on)::date AS period_start, jsonb_build_object('text', l.text, 'counterparty', l.counterparty,
        'booked_on', l.booked_on, 'end_to_end_id', l.end_to_end_id) AS theirs, jsonb_build_object('payout_id', p.id,
        'end_to_end_id', p.end_to_end_id, 'amount_minor', p.amount_minor, 'status', p.status, 'member_id', p.member_id) AS ours,
    NULL::bigint AS evidence_id
FROM bank_statement_line l
CROSS JOIN LATERAL (
    SELECT unnest(ARRAY[l.end_to_end_id, l.bank_reference, l.reference]) AS name
    UNION SELECT (regexp_matches(l.text, 'PO[0-9A-F]{16,}-[0-9]+', 'g'))[1]
) n
JOIN payout p ON p.mutual_id = l.mutual_id AND (p.end_to_end_id = n.name OR p.provider_reference = n.name)
WHERE l.mutual_id = current_mutual() AND l.status = 'suspense' AND l.amount_minor > 0
  AND NOT EXISTS (SELECT FROM ledger_tx r WHERE r.mutual_id = l.mutual_id AND r.reverses = l.ledger_tx_id)
""",
    "receipt_suspense": """
-- one row per part of a receipt that is nobody's now, with the bank's line it came by, if by one
SELECT 'contribution_receipt_line' AS subject_kind, l.id AS subject_id, '' AS detail_key, l.amount_minor, r.currency,
    date_trunc('month', r.paid_on)::date AS period_start, jsonb_build_object('receipt', r.number, 'channel', r.channel, 'paid_on', r.paid_on,
        'claimed', l.claimed_identity, 'payer', r.payer_name) AS theirs,
    CASE WHEN b.id IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('statement_line_id', b.id, 'rule', b.rule) END AS ours,
    NULL::bigint AS evidence_id
FROM (
    SELECT l.mutual_id, l.id FROM contribution_receipt_line l WHERE l.mutual_id = current_mutual() AND l.member_id IS NULL
    UNION
    SELECT q.mutual_id, q.receipt_line_id FROM contribution_placement q WHERE q.mutual_id = current_mutual() AND q.member_id IS NULL
) o
JOIN contribution_receipt_line l ON l.mutual_id = o.mutual_id AND l.id = o.id
JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.id = l.receipt_id
LEFT JOIN bank_statement_line b ON b.mutual_id = r.mutual_id AND r.channel IN ('bank', 'mobile_money')
    AND b.id = CASE WHEN r.source_reference LIKE 'statement_line:%' THEN split_part(r.source_reference, ':', 2)::bigint END
LEFT JOIN LATERAL (
    SELECT p.version, p.member_id FROM contribution_placement p
    WHERE p.mutual_id = l.mutual_id AND p.receipt_line_id = l.id ORDER BY p.version DESC LIMIT 1
) p ON true
WHERE CASE WHEN p.version IS NULL THEN l.member_id ELSE p.member_id END IS NULL
  AND NOT EXISTS (SELECT FROM contribution_reversal v WHERE v.mutual_id = l.mutual_id AND v.receipt_id = l.receipt_id)
""",
    "statement_line_odd": """
-- one row per booked line in which the bank's details contradict its entry
SELECT 'bank_statement_line' AS subject_kind, l.id AS subject_id, '' AS detail_key, l.amount_minor, l.currency,
    date_trunc('month', l.booked_on)::date AS period_start, jsonb_build_object('flags', to_jsonb(l.flags), 'booked_on', l.booked_on,
        'text', l.text) AS theirs, jsonb_build_object('status', l.status, 'rule', l.rule) AS ours, s.evidence_id
FROM bank_statement_line l JOIN bank_statement s ON s.mutual_id = l.mutual_id AND s.id = l.statement_id
WHERE l.mutual_id = current_mutual() AND l.flags && ARRAY['detail_direction_differs', 'detail_amount_differs', 'details_do_not_sum']
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
    owner_role, due_on, since_on, evidence_id)
SELECT :kind, subject_kind, subject_id, detail_key, amount_minor, currency, period_start, theirs, ours, :owner, :due_on,
    least(CAST(:today AS date), coalesce((theirs->>'paid_on')::date, (theirs->>'booked_on')::date, (ours->>'ordered_on')::date,
        (theirs->>'advised_on')::date, (theirs->>'told_on')::date, CAST(:today AS date))), evidence_id
FROM found
ON CONFLICT (mutual_id, kind, subject_kind, subject_id, detail_key)
DO UPDATE SET status = 'open', amount_minor = excluded.amount_minor, theirs = excluded.theirs, ours = excluded.ours
WHERE reconciliation_break.status = 'vanished'
   OR (reconciliation_break.status IN ('open', 'proposed', 'rejected') AND reconciliation_break.amount_minor <> excluded.amount_minor)
"""

VANISH = """
-- one row per break whose difference is gone
UPDATE reconciliation_break b SET status = 'vanished'
WHERE b.mutual_id = current_mutual() AND b.kind = :kind AND b.status = ANY(CAST(:from_states AS text[]))
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
        values = {"kind": kind, "owner": KINDS[kind].owner.value, "due_on": due_on(kind, today), "today": today}
        gone = {"kind": kind, "from_states": BREAK.sources(BreakEvent.VANISH)}
        touched = db.run(session, OPEN_FOUND, values) + db.run(session, VANISH, gone)
        if touched:
            changed[kind] = touched
    return changed
