"""What the figures over time read. Both clocks everywhere: the day it happened, the instant it was booked or answered."""

from gateway.contributions.day_totals import RECEIPT_OF

_OF_TOTALS = f"""cut AS (
    SELECT DISTINCT from_xid, below_xid FROM contribution_day_total
    WHERE mutual_id = current_mutual() AND below_xid <= CAST(CAST(:below_xid AS text) AS xid8)
      AND booked_from <= :recorded_at AND booked_until > :recorded_at
), fresh AS (
    SELECT t.id, {RECEIPT_OF} AS receipt_id FROM ledger_tx t
    WHERE t.mutual_id = current_mutual() AND t.written_xid >= CAST(CAST(:below_xid AS text) AS xid8)
    UNION ALL
    SELECT t.id, {RECEIPT_OF} FROM cut
    JOIN ledger_tx t ON t.mutual_id = current_mutual() AND t.written_xid >= cut.from_xid AND t.written_xid < cut.below_xid
), day AS (
    SELECT currency, paid_on, channel, collector, sum(receipt_count) AS receipts, sum(received_minor) AS received
    FROM (
        SELECT currency, paid_on, channel, collector, receipt_count, received_minor FROM contribution_day_total
        WHERE mutual_id = current_mutual() AND below_xid <= CAST(CAST(:below_xid AS text) AS xid8)
          AND booked_until <= :recorded_at AND paid_on BETWEEN :from_on AND :valid_on
        UNION ALL
        SELECT r.currency, r.paid_on, r.channel, r.collector, 1, r.amount_minor FROM fresh f
        CROSS JOIN LATERAL (
            SELECT currency, paid_on, channel, coalesce(collector, '') AS collector, amount_minor FROM contribution_receipt
            WHERE mutual_id = current_mutual() AND id = f.receipt_id AND ledger_tx_id = f.id AND recorded_at <= :recorded_at
              AND paid_on BETWEEN :from_on AND :valid_on OFFSET 0
        ) r
    ) one
    GROUP BY currency, paid_on, channel, collector
)"""
"""From the totals of days; of ranges that were being booked at the instant asked for, and above the newest, from receipts."""

_OF_RECEIPTS = """day AS (
    SELECT currency, paid_on, channel, coalesce(collector, '') AS collector, count(*) AS receipts, sum(amount_minor) AS received
    FROM contribution_receipt
    WHERE mutual_id = current_mutual() AND paid_on BETWEEN :from_on AND :valid_on AND recorded_at <= :recorded_at
    GROUP BY currency, paid_on, channel, collector
)"""
"""From the receipts alone: quicker where many are in no total that counts."""

_COLLECTED = """
-- one row per currency, day or week or month, channel and collector: what came in, and what of it was taken back since
WITH <day>, back AS (
    SELECT r.currency, r.paid_on, r.channel, coalesce(r.collector, '') AS collector, sum(r.amount_minor) AS reversed
    FROM contribution_reversal v
    JOIN contribution_receipt r ON r.mutual_id = v.mutual_id AND r.id = v.receipt_id
    WHERE v.mutual_id = current_mutual() AND v.reversed_on <= :valid_on AND v.at <= :recorded_at
      AND r.paid_on BETWEEN :from_on AND :valid_on AND r.recorded_at <= :recorded_at
    GROUP BY r.currency, r.paid_on, r.channel, r.collector
)
SELECT d.currency, greatest(date_trunc(:step, d.paid_on)::date, CAST(:from_on AS date)) AS begins_on, d.channel, d.collector,
       sum(d.receipts)::bigint AS receipts, sum(d.received)::bigint AS received, coalesce(sum(b.reversed), 0)::bigint AS reversed
FROM day d LEFT JOIN back b USING (currency, paid_on, channel, collector)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
COLLECTED = _COLLECTED.replace("<day>", _OF_TOTALS)
COLLECTED_PLAINLY = _COLLECTED.replace("<day>", _OF_RECEIPTS)

_ANSWERED = """
    SELECT f.id, f.payroll_id, f.period_start, f.kind, f.prepared_at, sum(d.accepted_count)::bigint AS accepted,
           sum(d.rejected_count)::bigint AS rejected, sum(d.line_count) = f.line_count AS is_whole
    FROM filing f
    JOIN filing_document d ON d.mutual_id = f.mutual_id AND d.filing_id = f.id AND d.holds = 'workers'
    WHERE f.mutual_id = current_mutual() AND f.status NOT IN ('draft', 'discarded')
      AND f.period_start <= :valid_on AND d.answered_at <= :recorded_at
    GROUP BY f.mutual_id, f.id"""
"""Filings that the state had answered by the instant, with the counts of its answers, and whether for every line."""

_OTHERS = """
    SELECT a.*, (SELECT coalesce(array_agg(o.id), '{}') FROM answered o WHERE o.period_start = a.period_start AND o.id <> a.id) AS others
    FROM answered a"""
"""Each filing with the others of its month; mostly there are none, and nobody is looked for in them."""

# A sub-select of one row's own (LATERAL … OFFSET 0) is looked up by its index, row by row: the planner cannot know how few
# of a table's millions a month's exceptions are, and would read it whole.

COVERED = f"""
-- one row per month: how many were covered by the state's answers, how many in the accepted month before of the same
-- payrolls, and how many lines were of somebody new or back; of filings that are answered whole the rejected ones among
-- these still count here, and stand in LOST: so only the index is read
WITH answered AS MATERIALIZED ({_ANSWERED}), month AS (
    SELECT payroll_id, period_start, sum(accepted) AS covered,
           lag(sum(accepted)) OVER (PARTITION BY payroll_id ORDER BY period_start) AS before
    FROM answered GROUP BY payroll_id, period_start HAVING sum(accepted) > 0
), gained AS (
    SELECT a.payroll_id, a.period_start, sum(l.new) AS new, sum(l.back) AS back
    FROM answered a
    JOIN month m ON m.payroll_id = a.payroll_id AND m.period_start = a.period_start AND m.before IS NOT NULL
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE change_since_last = 'new') AS new, count(*) FILTER (WHERE change_since_last = 'back') AS back
        FROM filing_line
        WHERE a.is_whole AND mutual_id = current_mutual() AND filing_id = a.id AND change_since_last IN ('new', 'back')
        UNION ALL
        SELECT count(*) FILTER (WHERE change_since_last = 'new') AS new, count(*) FILTER (WHERE change_since_last = 'back') AS back
        FROM filing_line
        WHERE NOT a.is_whole AND mutual_id = current_mutual() AND filing_id = a.id AND change_since_last IN ('new', 'back')
          AND status IN ('accepted', 'changed') AND answered_at <= :recorded_at
    ) l
    WHERE a.period_start >= CAST(:from_on AS date)
    GROUP BY a.payroll_id, a.period_start
)
SELECT m.period_start, sum(coalesce(m.before, 0))::bigint AS before,
       sum(CASE WHEN m.before IS NULL THEN m.covered ELSE coalesce(g.new, 0) END)::bigint AS new,
       sum(coalesce(g.back, 0))::bigint AS back, sum(m.covered)::bigint AS covered
FROM month m LEFT JOIN gained g USING (payroll_id, period_start)
WHERE m.period_start >= CAST(:from_on AS date)
GROUP BY m.period_start ORDER BY m.period_start
"""

LOST = f"""
-- one row per month and reason: who was covered in the accepted month before and is in no filing of this one; and under
-- ``rejected_new`` and ``rejected_back`` those whom COVERED counts as gained and the state rejected
WITH answered AS MATERIALIZED ({_ANSWERED}), filed AS MATERIALIZED (
    SELECT o.*, EXISTS (SELECT FROM answered n WHERE n.payroll_id = o.payroll_id AND n.period_start < o.period_start
                        AND n.accepted > 0) AS is_later
    FROM ({_OTHERS}) o
    WHERE o.period_start >= CAST(:from_on AS date) AND EXISTS (
        SELECT FROM answered n WHERE n.payroll_id = o.payroll_id AND n.period_start = o.period_start AND n.accepted > 0)
), decided AS (
    SELECT f.id, f.payroll_id, f.period_start, f.others, d.member_id, CASE WHEN d.reason <> 'not_enrolled' THEN d.reason ELSE coalesce((
               SELECT CASE s.event WHEN 'leave' THEN 'left' ELSE 'deceased' END FROM state_log s
               WHERE s.mutual_id = current_mutual() AND s.subject_kind = 'member' AND s.subject_id = d.member_id
                 AND s.event IN ('leave', 'die') AND s.at <= f.prepared_at ORDER BY s.id DESC LIMIT 1), d.reason) END AS reason
    FROM filed f
    CROSS JOIN LATERAL (
        SELECT member_id, reason FROM filing_decision
        WHERE mutual_id = current_mutual() AND filing_id = f.id AND change_since_last IN ('same', 'wage_changed', 'gone') OFFSET 0
    ) d
    WHERE f.kind = 'monthly'
), refused AS MATERIALIZED (
    SELECT f.id, f.payroll_id, f.period_start, f.others, l.member_id, l.change_since_last, f.is_whole AND f.is_later AS is_counted
    FROM state_log s
    CROSS JOIN LATERAL (
        SELECT filing_id, member_id, change_since_last FROM filing_line
        WHERE mutual_id = current_mutual() AND id = s.subject_id OFFSET 0
    ) l
    JOIN filed f ON f.id = l.filing_id
    WHERE s.mutual_id = current_mutual() AND s.subject_kind = 'filing_line' AND s.event = 'reject'
      AND s.at BETWEEN :from_on AND :recorded_at
), whose AS (
    SELECT * FROM decided
    UNION ALL
    SELECT DISTINCT ON (r.payroll_id, r.period_start, r.member_id) r.id, r.payroll_id, r.period_start, r.others, r.member_id, 'rejected'
    FROM refused r
    WHERE r.change_since_last IN ('same', 'wage_changed') AND (r.others = '{{}}' OR NOT EXISTS (
        SELECT FROM decided d WHERE d.payroll_id = r.payroll_id AND d.period_start = r.period_start AND d.member_id = r.member_id))
), told AS (
    SELECT w.*, CASE WHEN w.others = '{{}}' THEN NULL ELSE ARRAY(
               SELECT l.payroll_id FROM unnest(w.others) AS o (id) CROSS JOIN LATERAL (
                   SELECT f.payroll_id FROM filing_line n JOIN filing f ON f.mutual_id = n.mutual_id AND f.id = n.filing_id
                   WHERE n.mutual_id = current_mutual() AND n.member_id = w.member_id AND n.filing_id = o.id
                     AND n.status IN ('accepted', 'changed') AND n.answered_at <= :recorded_at OFFSET 0) l) END AS taken_in
    FROM whose w
)
SELECT period_start, CASE WHEN coalesce(taken_in, '{{}}') = '{{}}' THEN reason ELSE 'other_payroll' END AS reason, count(*) AS members
FROM told WHERE taken_in IS NULL OR NOT payroll_id = ANY (taken_in)
GROUP BY 1, 2
UNION ALL
SELECT period_start, 'rejected_' || change_since_last, count(*) FROM refused
WHERE is_counted AND change_since_last IN ('new', 'back') GROUP BY 1, 2
ORDER BY 1, 3 DESC, 2
"""

MISSING = f"""
-- one row per month and member who could not be declared for lack of money and was in no filing of it since
WITH answered AS MATERIALIZED (
    SELECT id, payroll_id, period_start, currency FROM filing
    WHERE mutual_id = current_mutual() AND status NOT IN ('draft', 'discarded') AND period_start BETWEEN :from_on AND :valid_on
      AND sealed_at <= :recorded_at
), filed AS MATERIALIZED ({_OTHERS}), short AS (
    SELECT DISTINCT ON (f.payroll_id, f.period_start, d.member_id) f.id, f.period_start, f.payroll_id, f.currency, f.others,
           d.member_id, d.short_minor
    FROM filed f
    CROSS JOIN LATERAL (
        SELECT member_id, short_minor FROM filing_decision
        WHERE mutual_id = current_mutual() AND filing_id = f.id AND short_minor > 0 OFFSET 0
    ) d
    ORDER BY f.payroll_id, f.period_start, d.member_id, f.id DESC
)
SELECT s.currency, s.period_start, s.member_id, s.short_minor FROM short s
WHERE s.others = '{{}}' OR NOT (SELECT coalesce(bool_or(l.is_declared), false) FROM unnest(s.others) AS o (id) CROSS JOIN LATERAL (
    SELECT f.payroll_id = s.payroll_id AS is_declared FROM filing_line n
    JOIN filing f ON f.mutual_id = n.mutual_id AND f.id = n.filing_id
    WHERE n.mutual_id = current_mutual() AND n.member_id = s.member_id AND n.filing_id = o.id
      AND NOT (n.status = 'rejected' AND n.answered_at <= :recorded_at) OFFSET 0) l)
ORDER BY s.currency, s.period_start
"""

DECLARED = f"""
-- one row per month: lines that the state answered, and how many of them it rejected
WITH answered AS ({_ANSWERED})
SELECT period_start, sum(accepted + rejected)::bigint AS declared, sum(rejected)::bigint AS rejected FROM answered
WHERE period_start >= CAST(:from_on AS date) GROUP BY period_start ORDER BY period_start
"""

REJECTED = """
-- one row per month and code of the state's: lines that it rejected
SELECT f.period_start, coalesce(s.reason, '') AS code, count(*) AS lines
FROM state_log s
CROSS JOIN LATERAL (SELECT filing_id FROM filing_line WHERE mutual_id = current_mutual() AND id = s.subject_id OFFSET 0) l
JOIN filing f ON f.mutual_id = current_mutual() AND f.id = l.filing_id AND f.period_start BETWEEN :from_on AND :valid_on
WHERE s.mutual_id = current_mutual() AND s.subject_kind = 'filing_line' AND s.event = 'reject' AND s.at BETWEEN :from_on AND :recorded_at
GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""

_HANDED = """
    SELECT p.id, p.member_id, p.currency, p.amount_minor, p.settled_on FROM payout p
    WHERE p.mutual_id = current_mutual() AND p.member_id = ANY (SELECT member_id FROM whose) AND p.settled_on <= :valid_on
      AND p.status IN ('paid', 'returned')
      AND EXISTS (SELECT FROM state_log s WHERE s.mutual_id = p.mutual_id AND s.subject_kind = 'payout' AND s.subject_id = p.id
                  AND s.event = 'pay' AND s.at <= :recorded_at)
      AND NOT EXISTS (SELECT FROM state_log s WHERE s.mutual_id = p.mutual_id AND s.subject_kind = 'payout'
                      AND s.subject_id = p.id AND s.event = 'return' AND s.at <= :recorded_at)"""

HANDED = f"""
-- one row per month of the state's credit and kind of benefit: how many days until it was in the member's hand. What she
-- was paid is for what was credited first: a benefit is in her hand once all that was credited up to it has been paid
WITH line AS (
    SELECT l.id, coalesce(p.member_id, l.member_id) AS member_id, l.benefit_kind, l.amount_minor, r.currency, r.funded_on
    FROM benefit_remittance r
    JOIN ledger_tx t ON t.mutual_id = r.mutual_id AND t.id = r.allotment_tx_id AND t.recorded_at <= :recorded_at
    JOIN benefit_remittance_line l ON l.mutual_id = r.mutual_id AND l.remittance_id = r.id
    LEFT JOIN benefit_placement p ON p.mutual_id = l.mutual_id AND p.remittance_line_id = l.id AND p.at <= :recorded_at
    WHERE coalesce(p.member_id, l.member_id) IS NOT NULL AND r.mutual_id = current_mutual() AND r.funded_on <= :valid_on
), whose AS MATERIALIZED (
    SELECT DISTINCT member_id FROM line WHERE funded_on >= CAST(:from_on AS date)
), credited AS (
    SELECT l.*, sum(l.amount_minor) OVER (PARTITION BY l.member_id, l.currency ORDER BY l.funded_on, l.id) AS up_to
    FROM line l JOIN whose USING (member_id)
), handed AS MATERIALIZED (
    SELECT h.member_id, h.currency, h.settled_on,
           sum(h.amount_minor) OVER (PARTITION BY h.member_id, h.currency ORDER BY h.settled_on, h.id) AS up_to
    FROM ({_HANDED}) h
), told AS (
    SELECT c.funded_on, c.benefit_kind, c.amount_minor,
           (SELECT min(h.settled_on) FROM handed h
            WHERE h.member_id = c.member_id AND h.currency = c.currency AND h.up_to >= c.up_to) - c.funded_on AS days
    FROM credited c WHERE c.funded_on >= CAST(:from_on AS date)
)
SELECT CASE WHEN grouping(date_trunc('month', funded_on)) = 0 THEN date_trunc('month', funded_on)::date END AS month,
       CASE WHEN grouping(benefit_kind) = 0 THEN benefit_kind END AS benefit_kind, count(*) AS lines, count(days) AS handed,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY greatest(days, 0)) FILTER (WHERE days IS NOT NULL) AS median_days,
       percentile_disc(0.9) WITHIN GROUP (ORDER BY greatest(days, 0)) FILTER (WHERE days IS NOT NULL) AS ninetieth_days,
       max(greatest(days, 0)) FILTER (WHERE days IS NOT NULL) AS slowest_days, count(*) FILTER (WHERE days IS NULL) AS still_waiting,
       max(CAST(:valid_on AS date) - funded_on) FILTER (WHERE days IS NULL) AS waiting_days
FROM told GROUP BY GROUPING SETS ((date_trunc('month', funded_on)), (benefit_kind), ())
HAVING count(*) > 0
ORDER BY 1 NULLS LAST, 2 NULLS LAST
"""
