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

MAKE_PIECES = """
CREATE TEMPORARY TABLE payout_piece (
    n bigint, member_id bigint, amount_minor bigint, destination text, retry_of_id bigint, obstacle text, creditor_name text,
    creditor_bank text
) ON COMMIT DROP
"""

DROP_PIECES = "DROP TABLE IF EXISTS pg_temp.payout_piece"

FILL_PIECES = """
-- one row per payout to be made, or amount that cannot be paid now with its obstacle, numbered where it can:
-- a member's failed and returned payouts one by one, each to be paid anew under a new id, then the rest she is owed
INSERT INTO payout_piece
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
           sum(p.amount_minor) OVER (PARTITION BY o.member_id ORDER BY p.id) AS running_minor
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
), judged AS MATERIALIZED (
    -- Kept as it is judged: the telephone's form would be looked at for each mention of the obstacle.
    SELECT p.member_id, p.amount_minor::bigint, w.destination, p.retry_of_id,
           CASE WHEN %(means)s = 'bank' THEN c.holder END AS creditor_name,
           CASE WHEN %(means)s = 'bank' THEN c.bank_identifier END AS creditor_bank,
           CASE WHEN m.status = 'deceased' THEN 'deceased'
                WHEN p.is_doubted THEN 'contradicted'
                WHEN %(member_ids)s::bigint[] IS NULL AND coalesce(c.means, 'mobile') <> %(means)s THEN 'paid_otherwise'
                WHEN w.destination IS NULL THEN CASE WHEN %(means)s = 'bank' THEN 'no_account' ELSE 'no_telephone' END
                -- Its length by itself: with a repetition from 7 to 14 in the pattern it takes three times as long.
                WHEN %(means)s = 'mobile' AND (w.destination !~ '^\\+[1-9][0-9]+$' OR length(w.destination) NOT BETWEEN 9 AND 16)
                THEN 'telephone_invalid'
                WHEN p.amount_minor < %(minimum_minor)s THEN 'below_minimum' END AS obstacle
    FROM piece p JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.id = p.member_id
    LEFT JOIN chosen c ON c.member_id = m.id
    CROSS JOIN LATERAL (
        SELECT CASE %(means)s WHEN 'cash' THEN 'counter' WHEN 'bank' THEN CASE WHEN c.means = 'bank' THEN c.account END
            ELSE coalesce(CASE WHEN c.means = 'mobile' THEN nullif(c.account, '') END, m.phone) END AS destination
    ) w
    WHERE p.amount_minor > 0
)
SELECT CASE WHEN obstacle IS NULL
            THEN row_number() OVER (PARTITION BY obstacle IS NULL ORDER BY member_id, retry_of_id NULLS LAST) END,
       member_id, amount_minor, destination, retry_of_id, obstacle, creditor_name, creditor_bank
FROM judged
"""

PARTS = """
-- one row per batch to be made: how many payouts it has and what they come to
SELECT (n - 1) / :batch_limit AS part, count(*) AS payout_count, sum(amount_minor)::bigint AS total_minor
FROM payout_piece WHERE obstacle IS NULL GROUP BY part ORDER BY part
"""

LEFT_OUT = """
-- one row per obstacle: how many members it keeps from being paid now, and how much that is
SELECT obstacle, count(DISTINCT member_id) AS member_count, sum(amount_minor)::bigint AS total_minor
FROM payout_piece WHERE obstacle IS NOT NULL GROUP BY obstacle ORDER BY obstacle
"""

INSERT_BATCH = """
-- one row: the new draft's id; its correlation id is what the provider will be asked by
INSERT INTO payout_batch (correlation_id, provider, currency, payout_count, total_minor, prepared_by)
VALUES (gen_random_uuid(), :provider, :currency, :payout_count, :total_minor, :actor) RETURNING id
"""

INSERT_PAYOUTS = """
-- no row: one payout per piece of one part. The end-to-end id carries 64 random bits of the batch's correlation id, so
-- that a gateway restored from a backup cannot give an id anew that has left the house before
WITH batch AS MATERIALIZED (
    SELECT id, currency,
           'PO' || upper(left(replace(correlation_id::text, '-', ''), 8) || right(correlation_id::text, 8)) || '-' AS prefix
    FROM payout_batch WHERE mutual_id = current_mutual() AND id = %(batch_id)s
)
INSERT INTO payout (batch_id, member_id, amount_minor, currency, destination, end_to_end_id, retry_of_id, creditor_name, creditor_bank)
SELECT b.id, p.member_id, p.amount_minor, b.currency, p.destination, b.prefix || p.n, p.retry_of_id, p.creditor_name,
       p.creditor_bank
FROM payout_piece p CROSS JOIN batch b
WHERE p.obstacle IS NULL AND (p.n - 1) / %(batch_limit)s = %(part)s
ORDER BY p.n
"""

CURRENCY_OF_TILL = """
-- at most one row: the currency of a till
SELECT currency FROM ledger_account WHERE mutual_id = current_mutual() AND code = :code
"""
