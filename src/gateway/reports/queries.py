"""What the reports read. Every statement takes both clocks: the day things happened, the instant they were booked."""

SETTLED_UNTIL = """
-- one row: the instant up to which nothing is being booked any more
SELECT reports_settled_until() AS at
"""

_AS_OF = "t.valid_on <= :valid_on AND t.recorded_at <= :recorded_at"

TRIAL_BALANCE = f"""
-- one row per control account that has entries: its debits, its credits and its balance on its normal side
SELECT a.currency, a.control, a.kind, count(DISTINCT a.id) AS accounts,
       coalesce(sum(e.amount_minor) FILTER (WHERE e.amount_minor > 0), 0)::bigint AS debits,
       coalesce(-sum(e.amount_minor) FILTER (WHERE e.amount_minor < 0), 0)::bigint AS credits,
       sum(e.amount_minor)::bigint AS signed
FROM ledger_account a
JOIN ledger_entry e ON e.mutual_id = a.mutual_id AND e.account_id = a.id
JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id AND {_AS_OF}
WHERE a.mutual_id = current_mutual()
GROUP BY a.currency, a.control, a.kind ORDER BY a.currency, a.control
"""

ACCOUNTS = """
-- one row per account: that with the code, or all of a control account, or all
SELECT id, code, currency, normal_side FROM ledger_account
WHERE mutual_id = current_mutual() AND (CAST(:subject AS text) IS NULL OR code = :subject OR control = :subject)
ORDER BY code
"""

NAMES = """
-- one row per till, as of the instant, and per account at a bank or provider: its account in the books and what it is called
SELECT code, name FROM cash_till WHERE mutual_id = current_mutual() AND created_at <= :recorded_at
UNION ALL
SELECT ledger_code, name FROM bank_account WHERE mutual_id = current_mutual()
"""

SHEET = f"""
-- one row per account: what it held on its normal side before the first day, as of the instant
SELECT e.account_id, sum(e.amount_minor)::bigint AS signed
FROM ledger_entry e
JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id AND {_AS_OF}
WHERE e.mutual_id = current_mutual() AND e.account_id = ANY(:accounts) AND t.valid_on < CAST(:from_on AS date)
GROUP BY e.account_id
"""

SHEET_ENTRIES = f"""
-- one row per entry from the first day on, by account, day and order of booking
SELECT e.account_id, t.valid_on, t.recorded_at, t.id, t.kind, t.evidence, t.reason, e.amount_minor AS signed
FROM ledger_entry e
JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id AND {_AS_OF}
WHERE e.mutual_id = current_mutual() AND e.account_id = ANY(:accounts)
  AND t.valid_on >= coalesce(CAST(:from_on AS date), '-infinity')
ORDER BY e.account_id, t.valid_on, t.id, e.line LIMIT :limit
"""

_THEN = """coalesce((
    SELECT c.before ->> '{field}' FROM member_change c
    WHERE c.mutual_id = m.mutual_id AND c.member_id = m.id AND c.changed_at > :recorded_at AND c.before ? '{field}'
    ORDER BY c.id LIMIT 1), {now})"""
_NAMES = ", ".join(
    _THEN.format(field=name, now=f"m.{name}") + f" AS {name}"
    for name in ("given_names", "first_surname", "second_surname")
)

MEMBER = f"""
-- at most one row: a member by her number, with the name she had at the instant
SELECT m.id, m.number, {_NAMES} FROM member m
WHERE m.mutual_id = current_mutual() AND m.number = :subject AND m.created_at <= :recorded_at
"""

FUND = """
-- at most one row: a fund by its code
SELECT id, code, name FROM fund WHERE mutual_id = current_mutual() AND code = :subject
"""

FUND_MEMBERS = f"""
-- one row per member who was in the fund at the instant: what came in for her in the days, and what is held for her
WITH belonging AS (
    SELECT m.id, m.number, {_NAMES}
    FROM member m
    WHERE m.mutual_id = current_mutual() AND m.created_at <= :recorded_at
      AND {_THEN.format(field="fund_id", now="m.fund_id::text")} = CAST(:fund_id AS text)
), moved AS (
    SELECT a.owner_id AS member_id, -sum(e.amount_minor) AS held,
           -coalesce(sum(e.amount_minor) FILTER (WHERE t.kind NOT LIKE 'filing.%'
               AND t.valid_on >= coalesce(CAST(:from_on AS date), '-infinity')), 0) AS received,
           coalesce(sum(e.amount_minor) FILTER (WHERE t.kind LIKE 'filing.%'
               AND t.valid_on >= coalesce(CAST(:from_on AS date), '-infinity')), 0) AS used
    FROM belonging b
    JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.owner_kind = 'member' AND a.owner_id = b.id
        AND a.control = 'member:contributions'
    JOIN ledger_entry e ON e.mutual_id = a.mutual_id AND e.account_id = a.id
    JOIN ledger_tx t ON t.mutual_id = e.mutual_id AND t.id = e.tx_id AND {_AS_OF}
    GROUP BY a.owner_id
)
SELECT b.number, b.given_names, b.first_surname, b.second_surname,
       coalesce(v.received, 0)::bigint AS received, coalesce(v.used, 0)::bigint AS used, coalesce(v.held, 0)::bigint AS held
FROM belonging b LEFT JOIN moved v ON v.member_id = b.id ORDER BY b.number
"""

COLLECTOR = """
-- one row: whether any receipt names the collector
SELECT EXISTS (SELECT FROM contribution_receipt WHERE mutual_id = current_mutual() AND collector = :subject) AS is_known
"""

COLLECTOR_DAYS = """
-- one row per day, account and currency: what a collector received, and what of it was taken back since
SELECT r.currency, r.paid_on, r.account_code, count(*) AS receipts, count(DISTINCT l.member_id) AS members,
       sum(l.amount_minor)::bigint AS received,
       coalesce(sum(l.amount_minor) FILTER (WHERE v.id IS NOT NULL), 0)::bigint AS reversed
FROM contribution_receipt r
JOIN contribution_receipt_line l ON l.mutual_id = r.mutual_id AND l.receipt_id = r.id
LEFT JOIN contribution_reversal v ON v.mutual_id = r.mutual_id AND v.receipt_id = r.id
    AND v.at <= :recorded_at AND v.reversed_on <= :valid_on
WHERE r.mutual_id = current_mutual() AND r.collector = :subject AND r.recorded_at <= :recorded_at
  AND r.paid_on BETWEEN coalesce(CAST(:from_on AS date), '-infinity') AND :valid_on
GROUP BY r.currency, r.paid_on, r.account_code ORDER BY r.currency, r.paid_on, r.account_code
"""

TRUST = f"""
-- one row per currency and month: what became of the contributions, transaction by transaction, by the kinds of account
-- that each of them touched
WITH tx AS (
    SELECT a.currency, t.id, date_trunc('month', t.valid_on)::date AS month,
           sum(e.amount_minor) FILTER (WHERE c.class = 'money') AS money,
           sum(e.amount_minor) FILTER (WHERE c.class = 'held') AS held,
           sum(e.amount_minor) FILTER (WHERE c.class = 'unknown') AS unknown,
           sum(e.amount_minor) FILTER (WHERE c.class = 'filed') AS filed,
           sum(e.amount_minor) FILTER (WHERE c.class = 'fees') AS fees,
           sum(e.amount_minor) FILTER (WHERE c.class = 'owed') AS owed
    FROM ledger_tx t
    JOIN ledger_entry e ON e.mutual_id = t.mutual_id AND e.tx_id = t.id
    JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.id = e.account_id
    CROSS JOIN LATERAL (SELECT CASE
        WHEN a.control ~ '^(cash|bank|momo)(:|$)' THEN 'money'
        WHEN a.control IN ('member:contributions', 'employer:contributions', 'fund') OR a.control = 'reserve:solidarity' THEN 'held'
        WHEN a.control ~ '^suspense(:|$)' AND a.control NOT IN ('suspense:benefits', 'suspense:state') THEN 'unknown'
        WHEN a.control = 'filing:reserved' THEN 'filed'
        WHEN a.control ~ '^income:fees' THEN 'fees'
        WHEN a.control IN ('member:benefits', 'payout') THEN 'owed'
    END AS class) c
    WHERE t.mutual_id = current_mutual() AND {_AS_OF}
    GROUP BY a.currency, t.id, t.valid_on
), told AS (
    SELECT currency, month, coalesce(money, 0) AS money, coalesce(owed, 0) AS owed, -coalesce(filed, 0) AS filed,
           -coalesce(fees, 0) AS fees, -coalesce(held, 0) AS held, -coalesce(unknown, 0) AS unknown
    FROM tx WHERE coalesce(held, 0) + coalesce(unknown, 0) <> 0 OR coalesce(fees, 0) <> 0
), kept AS (
    SELECT told.*, held + unknown + filed + fees AS net FROM told
)
SELECT currency, month,
       coalesce(sum(net) FILTER (WHERE net > 0 AND money > 0), 0)::bigint AS received,
       coalesce(-sum(net) FILTER (WHERE net < 0 AND (money < 0 OR owed < 0)), 0)::bigint AS returned,
       sum(filed)::bigint AS filed, sum(fees)::bigint AS fees,
       coalesce(-sum(net) FILTER (WHERE NOT (net > 0 AND money > 0) AND NOT (net < 0 AND (money < 0 OR owed < 0))), 0)::bigint AS decided,
       sum(held)::bigint AS held, sum(unknown)::bigint AS unknown
FROM kept GROUP BY currency, month ORDER BY currency, month
"""
