"""The statements of a receipt: one that looks and writes where one line names its member, as at a counter; else two.

Of all statements these run most often, so they go straight to the driver. For the same reason the look-up asks the
transaction to keep plans: planning the writing anew took longer than everything it does.
"""

import datetime as dt
from functools import cache
from typing import NamedTuple

from gateway.ledger.queries import NEW_TX_ID, PAIR_PARTS, TX_PARTS

SALT = """('x' || left(encode(sha256(convert_to((SELECT gen_random_uuid())::text || {receipt_id}, 'UTF8')), 'hex'), 8))::bit(32)::bigint
           %% 10000000"""
"""The part of a receipt's number that nobody can guess: of its identifier and a secret that is drawn once for a statement and
kept nowhere. Drawing for each receipt asks the system for chance each time, which took more than writing the receipt."""

NUMBER = """'RF' || lpad((98 - ((n.mutual * 38 + n.salt * 49 + n.receipt_id) %% 97 * 27 + 94) %% 97)::text, 2, '0')
       || lpad(n.mutual::text, 4, '0') || lpad(n.salt::text, 7, '0') || lpad(n.receipt_id::text, 10, '0')"""
"""A receipt's number as ``reference.receipt_number`` makes one: 38, 49, 27 and 94 are what the powers of ten of its parts, and
of RF00 behind them, leave when divided by 97."""


_LOOKUP = """
-- one row: a new receipt's id, the receipt that the source's reference stands for, the account's currency, and the
-- member of each line (NULL where none or more than one is meant)
{before}
SELECT current_mutual() AS mutual_id, nextval(pg_get_serial_sequence('contribution_receipt', 'id')) AS receipt_id,
       (SELECT r.id FROM contribution_receipt r WHERE r.mutual_id = current_mutual() AND r.source = :source
            AND r.source_reference = :source_reference) AS known_id,
       (SELECT a.currency FROM ledger_account a WHERE a.mutual_id = current_mutual() AND a.code = :account_code) AS currency,
       {members} AS member_ids,
       set_config('plan_cache_mode', 'force_generic_plan', true) AS planning
"""

_CLAIMED = """WITH claimed AS ({claimed}), found AS (
    SELECT c.n, m.id FROM claimed c JOIN member m ON m.mutual_id = current_mutual() AND m.id = c.member_id
    UNION
    SELECT c.n, i.member_id FROM claimed c JOIN member_identity i ON i.mutual_id = current_mutual()
        AND i.value = c.value
    UNION
    SELECT c.n, m.id FROM claimed c JOIN member m ON m.mutual_id = current_mutual() AND m.number = c.number
)
"""
_OF_CLAIMS = """ARRAY(SELECT CASE WHEN count(f.id) = 1 THEN min(f.id) END FROM claimed c LEFT JOIN found f ON f.n = c.n
             GROUP BY c.n ORDER BY c.n)"""

LOOKUP = _LOOKUP.format(
    before=_CLAIMED.format(
        claimed="""
    SELECT c.n, c.member_id, c.value, c.number
    FROM unnest(CAST(:member_ids AS bigint[]), CAST(:values AS text[]), CAST(:numbers AS text[]))
         WITH ORDINALITY AS c (member_id, value, number, n)
"""
    ),
    members=_OF_CLAIMS,
)
LOOKUP_ONE = _LOOKUP.format(
    before=_CLAIMED.format(
        claimed="SELECT 1 AS n, CAST(:member_id AS bigint) AS member_id, CAST(:value AS text) AS value, CAST(:number AS text) AS number"
    ),
    members=_OF_CLAIMS,
)
"""The same for a receipt of one line, as nearly all are: without lists the server sees that one plan is as good as any, and keeps
it; with them it plans anew each time, which takes longer than looking."""


class LookedUp(NamedTuple):
    """What is known before a receipt is written."""

    mutual_id: int
    receipt_id: int
    known_id: int | None
    currency: str | None
    member_ids: list[int | None]
    planning: str


class Beside(NamedTuple):
    """What a slice above writes and asks in the statement that writes a receipt: no round trip of its own."""

    parts: str = ""
    """Common table expressions, each behind a comma; ``receipt`` has the new receipt's ``id``."""
    asked: str = ""
    """Expressions of the answer, each behind a comma."""


_RECEIPT = """
receipt AS (
    INSERT INTO contribution_receipt (id, number, source, source_reference, channel, account_code, collector, payer_name,
        payer_reference, amount_minor, currency, paid_on, actor, note, ledger_tx_id)
    SELECT {receipt_id}, {number}, :source, :source_reference, :channel, :account_code, :collector, :payer_name,
        :payer_reference, :amount_minor, :currency, :paid_on, :actor, :note, header.id
    FROM {source}
    RETURNING id, number, ledger_tx_id, recorded_at
)
"""

_WRITE = f"""
-- one row: the receipt's id and number, its ledger transaction, when it was recorded, the ids of the lines in their order
WITH {TX_PARTS}, {_RECEIPT.format(receipt_id=":receipt_id", number=":number", source="header")}, line AS (
    INSERT INTO contribution_receipt_line (receipt_id, line_no, member_id, amount_minor, claimed_identity)
    SELECT :receipt_id, l.n, l.member_id, l.amount_minor, l.claimed
    FROM unnest(CAST(:line_members AS bigint[]), CAST(:line_amounts AS bigint[]), CAST(:line_claims AS text[]))
         WITH ORDINALITY AS l (member_id, amount_minor, claimed, n)
    RETURNING id, line_no
)
"""
_WRITTEN = """
SELECT receipt.id, receipt.number, receipt.ledger_tx_id, receipt.recorded_at, ARRAY(SELECT line.id FROM line ORDER BY line.line_no)
"""

_AT_ONCE = f"""
-- at most one row, as above: none, and nothing is written, where the payment is known, or its account, its currency or its
-- member are not what they must be
WITH fit AS MATERIALIZED (
    SELECT m.mutual_id AS mutual, nextval('contribution_receipt_id_seq') AS receipt_id, place.id AS debit_id, hers.id AS credit_id
    FROM member m
    JOIN ledger_account place ON place.mutual_id = m.mutual_id AND place.code = :account_code AND place.currency = :currency
    JOIN ledger_account hers ON hers.mutual_id = m.mutual_id AND hers.code = :owner_code AND hers.currency = :currency
    WHERE m.mutual_id = current_mutual() AND m.id = CAST(:member_id AS bigint) AND NOT EXISTS (
        SELECT FROM contribution_receipt r
        WHERE r.mutual_id = m.mutual_id AND r.source = :source AND r.source_reference = :source_reference)
), named AS MATERIALIZED (
    SELECT n.*, {NUMBER.replace("%%", "%")} AS number
    FROM (SELECT f.*, {SALT.replace("%%", "%").format(receipt_id="f.receipt_id")} AS salt FROM fit f) n
), pair AS MATERIALIZED (
    SELECT {NEW_TX_ID} AS tx_id, f.debit_id, f.credit_id, CAST(:currency AS text) AS currency,
           CAST(:amount_minor AS bigint) AS amount_minor, 'receipt:' || f.receipt_id AS evidence
    FROM fit f
), {PAIR_PARTS}, {_RECEIPT.format(receipt_id="n.receipt_id", number="n.number", source="named n CROSS JOIN header")}, line AS (
    INSERT INTO contribution_receipt_line (receipt_id, line_no, member_id, amount_minor)
    SELECT f.receipt_id, 1, CAST(:member_id AS bigint), :amount_minor FROM fit f
    RETURNING id, line_no
)
"""


class Written(NamedTuple):
    """What the writing made."""

    receipt_id: int
    number: str
    ledger_tx_id: int
    recorded_at: dt.datetime
    line_ids: list[int]


@cache
def write(beside: Beside) -> str:
    """Return the statement that writes a receipt of any lines, once its look-up was asked."""
    return f"{_WRITE}{beside.parts}{_WRITTEN}{beside.asked} FROM receipt"


@cache
def at_once(beside: Beside) -> str:
    """Return the statement that writes a receipt of one line that names its member, where nothing stands in its way."""
    return f"{_AT_ONCE}{beside.parts}{_WRITTEN}{beside.asked} FROM receipt"
