"""Receive many payments that are staged, each for one member or for nobody yet, in a fixed number of statements."""

from sqlmodel import Session

from gateway.contributions.receive_queries import NUMBER, SALT
from gateway.kit import bulk
from gateway.ledger.bulk import post_staged

ENTRIES = (
    "DROP TABLE IF EXISTS pg_temp.{table}_entry",
    """
-- no row: a temporary table with the two entries of each payment
CREATE TEMPORARY TABLE {table}_entry ON COMMIT DROP AS
SELECT 'receipt:' || p.source || ':' || p.source_reference AS key, 'receipt' AS kind, p.paid_on AS valid_on, e.line,
       e.account_id, e.amount_minor, 'receipt:' || p.receipt_id AS evidence
FROM {table} p
CROSS JOIN LATERAL (VALUES (1, p.money_account_id, p.amount_minor), (2, p.owner_account_id, -p.amount_minor))
    AS e (line, account_id, amount_minor)
""",
    "ANALYZE {table}_entry",
)

INSERT_RECEIPTS = f"""
-- no row: the receipt of each payment
INSERT INTO contribution_receipt (id, number, source, source_reference, channel, account_code, payer_name, payer_reference,
    amount_minor, currency, paid_on, actor, ledger_tx_id)
SELECT n.receipt_id, {NUMBER}, n.source, n.source_reference, n.channel, n.account_code, n.payer_name, n.payer_reference, n.amount_minor, n.currency, n.paid_on,
       %(actor)s, n.tx_id
FROM (
    SELECT p.*, t.tx_id, (SELECT current_mutual()) AS mutual, {SALT.format(receipt_id="p.receipt_id")} AS salt
    FROM {{table}} p
    JOIN {{table}}_entry_tx t ON t.key = 'receipt:' || p.source || ':' || p.source_reference
) n ORDER BY n.receipt_id
"""

INSERT_LINES = """
-- no row: the one line of each payment
INSERT INTO contribution_receipt_line (receipt_id, line_no, member_id, amount_minor, claimed_identity)
SELECT receipt_id, 1, member_id, amount_minor, CASE WHEN member_id IS NULL THEN claimed END FROM {table} ORDER BY receipt_id
"""


def receive_staged(session: Session, table: str, *, actor: str) -> int:
    """Write and book every payment of a temporary table; return how many there were.

    Whoever stages them answers for what ``receive`` would refuse: that the day is a possible one of an open month, the
    currency that of both accounts, and the payment new. A payment that another transaction is writing is refused by
    the ledger's keys. Afterwards ``<table>_entry_tx`` says by ``receipt:<source>:<source_reference>`` where each stands.

    Args:
        session: The open transaction.
        table: A temporary table with ``receipt_id`` (a new number of the receipts' sequence), ``source``,
            ``source_reference``, ``channel``, ``account_code``, ``money_account_id``, ``owner_account_id``,
            ``amount_minor``, ``currency``, ``paid_on``, ``payer_name``, ``payer_reference``, ``member_id`` and
            ``claimed`` (what was said where nobody is known).
        actor: Who receives.

    Raises:
        KeyReusedError, PeriodClosedError, PostingRaceError: As the ledger does.
    """
    for statement in ENTRIES:
        bulk.execute(session, statement.replace("{table}", table))
    booked = post_staged(session, f"{table}_entry", actor=actor)
    bulk.execute(session, INSERT_RECEIPTS.replace("{table}", table), {"actor": actor})
    bulk.execute(session, INSERT_LINES.replace("{table}", table))
    return booked.new
