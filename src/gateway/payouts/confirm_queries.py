"""The set-based statements that settle payouts by what the provider says of them."""

STAGED = {
    "end_to_end_id": "text",
    "outcome": "text",
    "provider_reference": "text",
    "settled_on": "date",
    "reason_code": "text",
    "reason_text": "text",
    "amount_minor": "int8",
}

SETTLE = """
-- one row: how many payouts the results settled, what they come to, and the digest of exactly these
CREATE TEMPORARY TABLE payout_settled ON COMMIT DROP AS
WITH result AS (
    SELECT DISTINCT ON (end_to_end_id) * FROM payout_result ORDER BY end_to_end_id, outcome DESC
)
SELECT p.id, p.member_id, p.amount_minor, r.outcome, r.settled_on, r.provider_reference, r.reason_code, r.reason_text
FROM payout p JOIN result r ON r.end_to_end_id = p.end_to_end_id
WHERE p.mutual_id = current_mutual() AND p.batch_id = %(batch_id)s
  AND ((r.outcome = 'paid' AND p.status = ANY (%(before_pay)s)) OR (r.outcome = 'failed' AND p.status = ANY (%(before_fail)s)))
"""

DROP_SETTLED = "DROP TABLE IF EXISTS pg_temp.payout_settled"

SUMS = """
-- one row: what was settled, and a digest that names exactly this set
SELECT count(*) FILTER (WHERE outcome = 'paid') AS paid_count,
       coalesce(sum(amount_minor) FILTER (WHERE outcome = 'paid'), 0)::bigint AS paid_minor,
       count(*) FILTER (WHERE outcome = 'failed') AS failed_count,
       coalesce(sum(amount_minor) FILTER (WHERE outcome = 'failed'), 0)::bigint AS failed_minor,
       max(settled_on) AS settled_on,
       encode(sha256(convert_to(coalesce(string_agg(id || outcome, ',' ORDER BY id), ''), 'UTF8')), 'hex') AS digest
FROM payout_settled
"""

MARK = """
-- no row: every settled payout has its outcome
UPDATE payout p
SET status = s.outcome, settled_on = coalesce(s.settled_on, %(today)s), provider_reference = s.provider_reference,
    reason_code = s.reason_code, reason_text = s.reason_text
FROM payout_settled s WHERE p.mutual_id = current_mutual() AND p.id = s.id
"""

STEPS = """
-- one row per settled payout: the step of its state machine, for the log
SELECT 'payout', id, CASE outcome WHEN 'paid' THEN %(pay)s ELSE %(fail)s END, 'ordered', outcome, %(actor)s, reason_code, %(evidence_id)s::bigint
FROM payout_settled ORDER BY id
"""

ENTRIES = """
-- one row per account that the results touch: the batch, the provider's float, and who is owed again
SELECT a.id AS account_id, a.currency, s.amount_minor
FROM (SELECT sum(amount_minor)::bigint AS amount_minor FROM payout_settled) s
JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.code = 'payout:' || %(batch_id)s
UNION ALL
SELECT a.id, a.currency, -s.amount_minor
FROM (SELECT coalesce(sum(amount_minor), 0)::bigint AS amount_minor FROM payout_settled WHERE outcome = 'paid') s
JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.code = %(provider)s
WHERE s.amount_minor > 0
UNION ALL
SELECT a.id, a.currency, -s.amount_minor
FROM (SELECT member_id, sum(amount_minor)::bigint AS amount_minor FROM payout_settled WHERE outcome = 'failed' GROUP BY member_id) s
JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.code = 'member:' || s.member_id || ':benefits'
"""

CONTRADICTIONS = """
-- one row per payout that the results contradict: paid and now failed, failed and now paid
UPDATE payout p SET contradiction = 'the provider says ' || r.outcome || ' (' || coalesce(r.reason_code, r.provider_reference, '') || ')'
FROM payout_result r
WHERE p.mutual_id = current_mutual() AND p.batch_id = :batch_id AND p.end_to_end_id = r.end_to_end_id
  AND ((r.outcome = 'failed' AND p.status = 'paid') OR (r.outcome = 'paid' AND p.status IN ('failed', 'returned') AND
        (p.status = 'failed' OR p.provider_reference IS DISTINCT FROM r.provider_reference)))
  AND p.contradiction IS NULL
RETURNING p.id
"""

UNKNOWN_RESULTS = """
-- one row per result that is of no payout of this batch
SELECT r.end_to_end_id FROM payout_result r
WHERE NOT EXISTS (
    SELECT FROM payout p WHERE p.mutual_id = current_mutual() AND p.batch_id = :batch_id AND p.end_to_end_id = r.end_to_end_id)
ORDER BY r.end_to_end_id LIMIT 100
"""

KEEP_STRANGERS = """
-- no row: what the results tell of payments that are not in this batch, once
INSERT INTO payout_stranger (provider, batch_id, end_to_end_id, provider_reference, outcome, amount_minor, currency, told_on, evidence_id)
SELECT b.provider, b.id, r.end_to_end_id, coalesce(r.provider_reference, ''), r.outcome, max(r.amount_minor), b.currency, :today, :evidence_id
FROM payout_result r
JOIN payout_batch b ON b.mutual_id = current_mutual() AND b.id = :batch_id
WHERE NOT EXISTS (
    SELECT FROM payout p WHERE p.mutual_id = current_mutual() AND p.batch_id = :batch_id AND p.end_to_end_id = r.end_to_end_id)
GROUP BY b.provider, b.id, b.currency, r.end_to_end_id, coalesce(r.provider_reference, ''), r.outcome
ON CONFLICT (mutual_id, provider, end_to_end_id, provider_reference, outcome) DO NOTHING
"""

OPEN_COUNT = """
-- one row: how many payouts of a batch have no outcome yet
SELECT count(*) FROM payout WHERE mutual_id = current_mutual() AND batch_id = :batch_id AND status = 'ordered'
"""

OPEN_PAYOUTS = """
-- one row per payout of a batch that has no outcome yet
SELECT end_to_end_id FROM payout
WHERE mutual_id = current_mutual() AND batch_id = %(batch_id)s AND status = 'ordered' ORDER BY id
"""

MARK_FINISHED = """
-- no row: the batch has ended; of what mobile money paid it is asked again whether it was taken back
UPDATE payout_batch SET status = :status, reason = :reason, finished_at = clock_timestamp(), next_check_at = NULL, lease_until = NULL,
    finished_on = :today, recheck_on = CASE WHEN provider LIKE 'momo:%' THEN CAST(:recheck_on AS date) END, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id
"""
