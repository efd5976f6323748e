"""Book what members pay into the bank: a day's credits in a fixed number of statements.

Whatever is out of the ordinary (a closed month, another currency, a member without an account, a line whose receipt is
there) is left for ``match``, which books line by line and keeps the reason with the line.
"""

import datetime as dt

from sqlmodel import Session

from gateway.contributions.models import Channel
from gateway.contributions.receive import suspense_account
from gateway.contributions.receive_many import receive_staged
from gateway.contributions.rules import OLDEST
from gateway.kit import bulk, db, tenant
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.reconciliation.match_rules import BY_CODE
from gateway.reconciliation.states import STATEMENT_LINE, StatementLineEvent, StatementLineStatus

DROP = ("DROP TABLE IF EXISTS pg_temp.open_credit", "DROP TABLE IF EXISTS pg_temp.bank_credit")

KEEP_OPEN = """
-- no row: a temporary table with one row per open credit that is a member's by a rule, or nobody's by any; of known size, for
-- lines that were just loaded are in no statistics
CREATE TEMPORARY TABLE open_credit ON COMMIT DROP AS
SELECT l.id AS line_id, b.ledger_code, l.amount_minor, l.currency, l.booked_on, l.counterparty, l.reference, l.end_to_end_id,
       l.bank_reference, l.text, d.matched_id AS member_id,
       CASE WHEN d.matched_id IS NOT NULL THEN d.rule WHEN d.rule IS NOT NULL THEN d.rule || ': names several, a person decides'
            ELSE %(no_rule)s END AS rule,
       'statement_line:' || l.id AS source_reference,
       CASE WHEN d.matched_id IS NOT NULL THEN 'member:' || d.matched_id || ':contributions' ELSE %(suspense)s END AS owner_code
FROM bank_statement_line l JOIN bank_account b ON b.mutual_id = l.mutual_id AND b.id = l.account_id
LEFT JOIN decided d ON d.line_id = l.id
WHERE l.mutual_id = (SELECT current_mutual()) AND l.status = 'open' AND l.amount_minor > 0
  AND (d.rule = ANY(%(of_members)s) OR d.matched_id IS NULL) AND b.ledger_code LIKE 'bank:%%'
  AND l.booked_on BETWEEN %(earliest)s AND %(today)s
"""

ANALYZE_OPEN = "ANALYZE open_credit"

STAGE = """
-- no row: a temporary table with one row per open credit that can be received as it stands
CREATE TEMPORARY TABLE bank_credit ON COMMIT DROP AS
WITH closed AS (
    SELECT period_start FROM (
        SELECT DISTINCT ON (period_start) period_start, is_closed FROM ledger_period
        WHERE mutual_id = (SELECT current_mutual()) ORDER BY period_start, id DESC
    ) p WHERE p.is_closed
)
SELECT l.line_id, nextval(pg_get_serial_sequence('contribution_receipt', 'id')) AS receipt_id, l.ledger_code AS source,
       l.source_reference, %(channel)s AS channel, l.ledger_code AS account_code, g.id AS money_account_id,
       o.id AS owner_account_id, l.amount_minor, l.currency, l.booked_on AS paid_on, l.counterparty AS payer_name,
       coalesce(nullif(l.reference, ''), nullif(l.end_to_end_id, ''), l.bank_reference) AS payer_reference, l.member_id, l.rule,
       coalesce(nullif(left(concat_ws(' · ', nullif(l.counterparty, ''), nullif(l.reference, ''), nullif(l.text, '')), 200), ''),
                'nothing was written') AS claimed
FROM open_credit l
JOIN ledger_account g ON g.mutual_id = (SELECT current_mutual()) AND g.code = l.ledger_code AND g.currency = l.currency
JOIN ledger_account o ON o.mutual_id = (SELECT current_mutual()) AND o.code = l.owner_code AND o.currency = l.currency
LEFT JOIN contribution_receipt r ON r.mutual_id = (SELECT current_mutual()) AND r.source = l.ledger_code
    AND r.source_reference = l.source_reference
WHERE r.id IS NULL AND date_trunc('month', l.booked_on)::date NOT IN (SELECT period_start FROM closed)
ORDER BY l.booked_on, l.line_id
"""

ANALYZE = "ANALYZE bank_credit"

SETTLE = """
-- no row: the lines that have been booked
UPDATE bank_statement_line l
SET status = CASE WHEN c.member_id IS NULL THEN %(given_up)s ELSE %(matched)s END, rule = c.rule, ledger_tx_id = t.tx_id,
    matched_kind = CASE WHEN c.member_id IS NOT NULL THEN 'member' END, matched_id = c.member_id
FROM bank_credit c JOIN bank_credit_entry_tx t ON t.key = 'receipt:' || c.source || ':' || c.source_reference
WHERE l.mutual_id = (SELECT current_mutual()) AND l.id = c.line_id AND l.status = 'open'
"""

KEEP_MATCHES = """
-- no row: which rule and fields each line was matched by
INSERT INTO reconciliation_match (line_id, rule, fields, kind, matched_id, amount_minor, ledger_tx_id, actor)
SELECT c.line_id, c.rule, string_to_array(f.fields, '|'), 'member', c.member_id, c.amount_minor, t.tx_id, %(actor)s
FROM bank_credit c JOIN bank_credit_entry_tx t ON t.key = 'receipt:' || c.source || ':' || c.source_reference
JOIN unnest(CAST(%(rules)s AS text[]), CAST(%(fields)s AS text[])) AS f (rule, fields) ON f.rule = c.rule
WHERE c.member_id IS NOT NULL ORDER BY c.line_id
"""

BY_RULE = """
-- one row per rule that knew lines, and one without a rule for those nobody knows
SELECT CASE WHEN member_id IS NULL THEN '' ELSE rule END AS rule, count(*) AS lines FROM bank_credit GROUP BY 1
"""


def book_credits(session: Session, *, today: dt.date, actor: str, no_rule: str) -> dict[str, int]:
    """Receive every ordinary open credit; return how many by rule, those for suspense under an empty one.

    Args:
        session: The open transaction.
        today: Nothing is received for a day after it.
        actor: Who books.
        no_rule: What is written on a line that no rule knows.
    """
    suspense = suspense_account(Channel.BANK)
    open_accounts(session, [NewAccount(suspense)], tenant.current(session).currency)
    days = {"today": today, "earliest": today - OLDEST}
    of_members = [rule.code for rule in BY_CODE.values() if rule.kind == "member"]
    for statement in DROP:
        bulk.execute(session, statement)
    if not bulk.execute(
        session, KEEP_OPEN, {"suspense": suspense, "no_rule": no_rule, "of_members": of_members, **days}
    ):
        return {}
    bulk.execute(session, ANALYZE_OPEN)
    staged = bulk.execute(session, STAGE, {"channel": Channel.BANK.value})
    if not staged:
        return {}
    bulk.execute(session, ANALYZE)
    receive_staged(session, "bank_credit", actor=actor)
    states = {
        "matched": STATEMENT_LINE.advance(StatementLineStatus.OPEN, StatementLineEvent.MATCH).value,
        "given_up": STATEMENT_LINE.advance(StatementLineStatus.OPEN, StatementLineEvent.GIVE_UP).value,
    }
    bulk.execute(session, SETTLE, states)
    told = {"rules": list(BY_CODE), "fields": ["|".join(rule.fields) for rule in BY_CODE.values()], "actor": actor}
    bulk.execute(session, KEEP_MATCHES, told)
    return {row.rule: int(row.lines) for row in db.rows(session, BY_RULE)}
