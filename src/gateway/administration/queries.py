"""What is read of a mutual's settings, of its log, and of how its ways out of the house are doing."""

LOCK_SETTINGS = """
-- one row: nobody else changes the mutual's settings until the transaction ends
SELECT pg_advisory_xact_lock(hashtextextended('settings:' || current_mutual(), 0))::text AS taken
"""

SETTINGS_VERSION = """
-- one row: the settings' version, zero where nobody changed them yet
SELECT coalesce(max(version), 0) AS version FROM mutual_setting_change WHERE mutual_id = current_mutual()
"""

INSERT_CHANGE = """
-- no row: one change of the settings
INSERT INTO mutual_setting_change (version, changes, reason, actor)
VALUES (:version, CAST(:changes AS jsonb), :reason, :actor)
"""

CHANGES = """
-- one row per change of the settings, newest first
SELECT version, changes, reason, actor, at FROM mutual_setting_change
WHERE mutual_id = current_mutual() AND version < :before ORDER BY version DESC LIMIT :limit
"""

_UNSURE = "('unavailable', 'unknown', 'vanished')"
"""Outcomes of an attempt after which nobody knows more than before."""


def _jobs(*families: str) -> str:
    """Return the newest failed jobs whose names begin so, as long as nobody let them run again."""
    tasks = " OR ".join(f"l.detail ->> 'task' LIKE '{family}.%'" for family in families)
    return f"""
    SELECT l.at, l.reason FROM audit_log l
    JOIN procrastinate_jobs j ON j.id::text = l.subject_id AND j.status = 'failed'
    WHERE l.mutual_id = current_mutual() AND l.action = 'job.fail' AND l.subject_kind = 'job' AND ({tasks})"""


def _connection(kind: str, name: str, *, success: str, tries: str, waiting: str) -> str:
    """Return one connection: its last success, what failed since, what waits.

    Args:
        kind: What it is.
        name: SQL for its name.
        success: SELECT of one instant: when it last worked.
        tries: SELECT of (at, reason): what did not work, whenever.
        waiting: SELECT of (number, since): what is on its way or is to go out.
    """
    return f"""
    SELECT '{kind}' AS kind, {name} AS name, s.succeeded_at, w.waiting_count, w.waiting_since,
           f.failure_count, f.failing_since, f.failed_at, f.last_error
    FROM (SELECT ({success}) AS succeeded_at) s
    CROSS JOIN LATERAL ({waiting}) w
    CROSS JOIN LATERAL (
        SELECT count(*) AS failure_count, min(t.at) AS failing_since, max(t.at) AS failed_at,
               (array_agg(t.reason ORDER BY t.at DESC))[1] AS last_error
        FROM ({tries}) t WHERE s.succeeded_at IS NULL OR t.at > s.succeeded_at
    ) f"""


_STATE = _connection(
    "state",
    "(SELECT country FROM mutual WHERE mutual_id = current_mutual())",
    success=f"""SELECT max(at) FROM (
        SELECT max(finished_at) AS at FROM filing_submission
        WHERE mutual_id = current_mutual() AND outcome NOT IN ('superseded', {_UNSURE[1:-1]})
        UNION ALL SELECT max(received_at) FROM bill WHERE mutual_id = current_mutual()
        UNION ALL SELECT max(received_at) FROM benefit_remittance WHERE mutual_id = current_mutual()) a""",
    tries=f"""SELECT finished_at AS at, coalesce(detail, outcome) AS reason FROM filing_submission
        WHERE mutual_id = current_mutual() AND outcome IN {_UNSURE}
        UNION ALL {_jobs("filing", "benefits")}""",
    waiting="""SELECT count(*) AS waiting_count, min(sealed_at) AS waiting_since FROM filing
        WHERE mutual_id = current_mutual() AND status IN ('sending', 'unknown', 'submitted')""",
)

_PAYERS = f"""
    SELECT c.* FROM (
        SELECT ledger_code FROM bank_account WHERE mutual_id = current_mutual() AND kind = 'mobile_money'
        UNION SELECT provider FROM payout_batch WHERE mutual_id = current_mutual() AND provider LIKE 'momo:%'
    ) p CROSS JOIN LATERAL ({
    _connection(
        "payer",
        "p.ledger_code",
        success=f'''SELECT max(at) FROM (
            SELECT max(s.finished_at) AS at FROM payout_submission s
            JOIN payout_batch b ON b.mutual_id = s.mutual_id AND b.id = s.batch_id AND b.provider = p.ledger_code
            WHERE s.mutual_id = current_mutual() AND s.outcome NOT IN ('superseded', {_UNSURE[1:-1]})
            UNION ALL SELECT max(received_at) FROM inbox_message
            WHERE mutual_id = current_mutual() AND source = 'payer:' || substr(p.ledger_code, 6)) a''',
        tries=f'''SELECT s.finished_at AS at, coalesce(s.detail, s.outcome) AS reason FROM payout_submission s
            JOIN payout_batch b ON b.mutual_id = s.mutual_id AND b.id = s.batch_id AND b.provider = p.ledger_code
            WHERE s.mutual_id = current_mutual() AND s.outcome IN {_UNSURE}
            UNION ALL {_jobs("payouts")}''',
        waiting='''SELECT count(*) AS waiting_count, min(released_at) AS waiting_since FROM payout_batch
            WHERE mutual_id = current_mutual() AND provider = p.ledger_code
              AND status IN ('released', 'sending', 'unknown', 'submitted')''',
    )
}) c"""

_BANKS = f"""
    SELECT c.* FROM bank_account p CROSS JOIN LATERAL ({
    _connection(
        "bank",
        "p.ledger_code",
        success='''SELECT max(loaded_at) FROM bank_statement
            WHERE mutual_id = current_mutual() AND account_id = p.id AND status = 'loaded' ''',
        tries='''SELECT loaded_at AS at, reason FROM bank_statement
            WHERE mutual_id = current_mutual() AND account_id = p.id AND status = 'quarantined' ''',
        waiting='''SELECT count(*) AS waiting_count, min(booked_on)::timestamptz AS waiting_since FROM bank_statement_line
            WHERE mutual_id = current_mutual() AND account_id = p.id AND status = 'open' ''',
    )
}) c WHERE p.mutual_id = current_mutual() AND p.kind = 'bank'"""

_MESSAGES = _connection(
    "messages",
    "'sms'",
    success="""SELECT max(changed_at) FROM notice WHERE mutual_id = current_mutual() AND status IN ('sent', 'delivered')""",
    tries=f"""SELECT changed_at AS at, status_reason AS reason FROM notice
        WHERE mutual_id = current_mutual() AND status = 'failed' AND status_reason IS DISTINCT FROM 'no_telephone'
        UNION ALL {_jobs("notices")}""",
    waiting="""SELECT count(*) AS waiting_count, min(created_at) AS waiting_since FROM notice
        WHERE mutual_id = current_mutual() AND status IN ('waiting', 'sending') AND (due_on IS NULL OR due_on <= :today)""",
)

_INBOXES = f"""
    SELECT c.* FROM (SELECT DISTINCT source FROM inbox_message WHERE mutual_id = current_mutual()) p
    CROSS JOIN LATERAL ({
    _connection(
        "inbox",
        "p.source",
        success='''SELECT max(handled_at) FROM inbox_message
            WHERE mutual_id = current_mutual() AND source = p.source AND state = 'done' ''',
        tries='''SELECT received_at AS at, note AS reason FROM inbox_message
            WHERE mutual_id = current_mutual() AND source = p.source AND state = 'quarantined' ''',
        waiting='''SELECT count(*) AS waiting_count, min(received_at) AS waiting_since FROM inbox_message
            WHERE mutual_id = current_mutual() AND source = p.source AND state = 'new' ''',
    )
}) c"""

_WEBHOOKS = """
    SELECT 'webhook' AS kind, s.url AS name, s.succeeded_at,
           (SELECT count(*) FROM webhook_delivery d WHERE d.mutual_id = s.mutual_id AND d.subscription_id = s.id
            AND d.status = 'waiting') AS waiting_count, NULL::timestamptz AS waiting_since,
           s.failures::bigint AS failure_count, s.failing_since, s.failing_since AS failed_at, s.status_reason AS last_error
    FROM webhook_subscription s WHERE s.mutual_id = current_mutual() AND s.status <> 'ended'"""

CONNECTIONS = f"""
-- one row per way out of the house or into it: when it last worked, what waits, what failed since
SELECT * FROM ({" UNION ALL ".join((_STATE, _PAYERS, _BANKS, _MESSAGES, _INBOXES, _WEBHOOKS))}) c ORDER BY kind, name
"""
