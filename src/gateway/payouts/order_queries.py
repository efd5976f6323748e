"""The set-based statements that turn what is owed into payouts."""

LOCK_ORDERING = """
-- one row: nobody else prepares payouts of this mutual until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('payouts.order:' || current_mutual(), 0))
"""

OPEN_DRAFT = """
-- at most one row: a batch of the provider that waits for its release
SELECT id FROM payout_batch
WHERE mutual_id = current_mutual() AND provider = :provider AND status = 'draft' ORDER BY id LIMIT 1
"""

ORDER = """
-- one row per batch made, with its id alone, and one per obstacle that keeps money from being paid now: which, of how many members
-- and how much. A member's failed and returned payouts are paid anew one by one, each under a new id, then the rest she is owed.
-- The end-to-end id carries 64 random bits of the batch's correlation id, so that a gateway restored from a backup cannot give an
-- id anew that has left the house before. It begins with the batch's number and ends with the place in it, both filled with zeros:
-- each id is greater than the one before, so that its index grows at its end
WITH in_draft AS (
    SELECT p.member_id, sum(p.amount_minor)::bigint AS amount_minor
    FROM payout_batch b JOIN payout p ON p.mutual_id = b.mutual_id AND p.batch_id = b.id AND p.status = 'ordered'
    WHERE b.mutual_id = (SELECT current_mutual()) AND b.status = 'draft'
    GROUP BY p.member_id
), doubted AS (
    SELECT member_id, sum(amount_minor)::bigint AS amount_minor FROM payout
    WHERE mutual_id = (SELECT current_mutual()) AND status IN ('failed', 'returned') AND currency = %(currency)s
      AND contradiction IS NOT NULL AND contradiction_settled_at IS NULL
    GROUP BY member_id
), owed AS (
    SELECT a.owner_id AS member_id, h.held_minor - coalesce(d.amount_minor, 0) - coalesce(u.amount_minor, 0) AS amount_minor,
           least(coalesce(u.amount_minor, 0), h.held_minor) AS doubted_minor
    FROM ledger_account a
    JOIN ledger_balance h ON h.mutual_id = a.mutual_id AND h.account_id = a.id AND h.held_minor > 0
    LEFT JOIN in_draft d ON d.member_id = a.owner_id
    LEFT JOIN doubted u ON u.member_id = a.owner_id
    WHERE a.mutual_id = (SELECT current_mutual()) AND a.control = 'member:benefits' AND a.currency = %(currency)s
      AND (%(member_ids)s::bigint[] IS NULL OR a.owner_id = ANY (%(member_ids)s::bigint[]))
), chosen AS (
    SELECT DISTINCT ON (member_id) member_id, means, account, holder, bank_identifier FROM payout_destination
    WHERE mutual_id = (SELECT current_mutual()) ORDER BY member_id, id DESC
), again AS (
    SELECT o.member_id, p.id AS retry_of_id, p.amount_minor, o.amount_minor AS owed_minor,
           sum(p.amount_minor) OVER (PARTITION BY o.member_id ORDER BY p.id)::bigint AS running_minor
    FROM owed o
    JOIN payout p ON p.mutual_id = (SELECT current_mutual()) AND p.member_id = o.member_id AND p.status IN ('failed', 'returned')
    WHERE (p.contradiction IS NULL OR p.contradiction_settled_at IS NOT NULL) AND NOT EXISTS (
        SELECT FROM payout r WHERE r.mutual_id = p.mutual_id AND r.retry_of_id = p.id AND r.status <> 'cancelled')
), piece AS (
    SELECT member_id, retry_of_id, amount_minor, false AS is_doubted FROM again WHERE running_minor <= owed_minor
    UNION ALL
    SELECT member_id, NULL, doubted_minor, true FROM owed WHERE doubted_minor > 0
    UNION ALL
    SELECT o.member_id, NULL, o.amount_minor - coalesce(g.running_minor, 0), false
    FROM owed o
    LEFT JOIN (
        SELECT member_id, max(running_minor) AS running_minor FROM again WHERE running_minor <= owed_minor GROUP BY member_id
    ) g ON g.member_id = o.member_id
), judged AS (
    SELECT p.member_id, p.amount_minor, w.destination, p.retry_of_id,
           CASE WHEN %(means)s = 'bank' THEN c.holder END AS creditor_name,
           CASE WHEN %(means)s = 'bank' THEN c.bank_identifier END AS creditor_bank,
           CASE WHEN m.status = 'deceased' THEN 'deceased'
                WHEN p.is_doubted THEN 'contradicted'
                WHEN %(member_ids)s::bigint[] IS NULL AND coalesce(c.means, 'mobile') <> %(means)s THEN 'paid_otherwise'
                WHEN w.destination IS NULL THEN CASE WHEN %(means)s = 'bank' THEN 'no_account' ELSE 'no_telephone' END
                -- "+", then 8 to 15 digits of which the first is no zero; a pattern takes twice as long.
                WHEN %(means)s = 'mobile' AND (rtrim(w.destination, '0123456789') <> '+' OR w.destination LIKE '+0%%'
                    OR octet_length(w.destination) NOT BETWEEN 9 AND 16) THEN 'telephone_invalid'
                WHEN p.amount_minor < %(minimum_minor)s THEN 'below_minimum' END AS obstacle
    FROM piece p JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.id = p.member_id
    LEFT JOIN chosen c ON c.member_id = m.id
    CROSS JOIN LATERAL (
        SELECT CASE %(means)s WHEN 'cash' THEN 'counter' WHEN 'bank' THEN CASE WHEN c.means = 'bank' THEN c.account END
            ELSE coalesce(CASE WHEN c.means = 'mobile' THEN nullif(c.account, '') END, m.phone) END AS destination
    ) w
    WHERE p.amount_minor > 0
), numbered AS MATERIALIZED (
    -- Kept once, in the order in which they are paid: the telephone's form would be looked at for each mention of the obstacle, and
    -- a million sorted and kept anew for each step.
    SELECT j.*, row_number() OVER (PARTITION BY j.obstacle IS NULL ORDER BY j.member_id, j.retry_of_id NULLS LAST) AS n FROM judged j
), payable AS NOT MATERIALIZED (
    SELECT * FROM numbered WHERE obstacle IS NULL
), part AS MATERIALIZED (
    SELECT (n - 1) / %(batch_limit)s AS part, count(*) AS payout_count, sum(amount_minor)::bigint AS total_minor,
           gen_random_uuid() AS correlation_id
    FROM payable GROUP BY 1
), batch AS (
    INSERT INTO payout_batch (correlation_id, provider, currency, payout_count, total_minor, prepared_by)
    SELECT correlation_id, %(provider)s, %(currency)s, payout_count, total_minor, %(actor)s FROM part ORDER BY part
    RETURNING id, correlation_id
), made AS (
    SELECT array_agg(b.id ORDER BY p.part) AS ids,
           array_agg('PO' || lpad(b.id::text, greatest(7, length(b.id::text)), '0') || upper(left(b.correlation_id::text, 8) || right(b.correlation_id::text, 8))
               || '-' ORDER BY p.part) AS prefixes
    FROM batch b JOIN part p ON p.correlation_id = b.correlation_id
), written AS (
    INSERT INTO payout (mutual_id, batch_id, member_id, amount_minor, currency, destination, end_to_end_id, retry_of_id, creditor_name,
                        creditor_bank)
    SELECT (SELECT current_mutual()), (SELECT ids FROM made)[(p.n - 1) / %(batch_limit)s + 1], p.member_id, p.amount_minor,
           %(currency)s, p.destination,
           (SELECT prefixes FROM made)[(p.n - 1) / %(batch_limit)s + 1] || lpad(((p.n - 1) %% %(batch_limit)s + 1)::text, 6, '0'),
           p.retry_of_id, p.creditor_name, p.creditor_bank
    -- As they were kept, so in their order; nothing but the place on a page depends on it.
    FROM payable p
)
SELECT id AS batch_id, NULL AS obstacle, 0 AS member_count, 0 AS total_minor FROM batch
UNION ALL
SELECT NULL, obstacle, count(DISTINCT member_id), sum(amount_minor)::bigint FROM numbered WHERE obstacle IS NOT NULL GROUP BY obstacle
ORDER BY batch_id, obstacle
"""

CURRENCY_OF_TILL = """
-- at most one row: the currency of a till
SELECT currency FROM ledger_account WHERE mutual_id = current_mutual() AND code = :code
"""
