"""Receive staged payments whose receipts carry a number that was given out before (``contributions.blocks``)."""

from sqlmodel import Session

from gateway.contributions.receive_many import ENTRIES, INSERT_LINES
from gateway.kit import bulk
from gateway.ledger.bulk import post_staged

INSERT_RECEIPTS = """
-- no row: the receipt of each payment, under the number on its paper
INSERT INTO contribution_receipt (id, number, source, source_reference, channel, account_code, collector, payer_name,
    amount_minor, currency, paid_on, actor, note, ledger_tx_id)
SELECT p.receipt_id, p.number, p.source, p.source_reference, p.channel, p.account_code, p.collector, p.payer_name,
       p.amount_minor, p.currency, p.paid_on, %(actor)s, p.note, t.tx_id
FROM {table} p
JOIN {table}_entry_tx t ON t.key = 'receipt:' || p.source || ':' || p.source_reference
ORDER BY p.receipt_id
"""


def receive_issued(session: Session, table: str, *, actor: str) -> int:
    """Write and book every payment of a temporary table; return how many there were.

    Whoever stages them answers for what ``receive`` would refuse, and that no other receipt has the number.

    Args:
        session: The open transaction.
        table: As ``receive_staged`` has it, with ``number`` (and its serial in ``receipt_id``), ``collector`` and ``note``,
            without ``payer_reference``.
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
