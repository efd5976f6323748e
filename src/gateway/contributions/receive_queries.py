"""The two statements of a receipt: what must be known before it is written, and the writing.

Of all statements these run most often, so they go straight to the driver. For the same reason the first asks the
transaction to keep plans: planning the second anew took longer than everything it does.
"""

import datetime as dt
from typing import NamedTuple

from gateway.ledger.queries import TX_PARTS

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
LOOKUP_MEMBER = _LOOKUP.format(
    before="",
    members="ARRAY[(SELECT m.id FROM member m WHERE m.mutual_id = current_mutual() AND m.id = CAST(:member_id AS bigint))]",
)
"""The same for one line that names its member, as at a counter: nobody is looked for by an identity that was not given."""


class LookedUp(NamedTuple):
    """What is known before a receipt is written."""

    mutual_id: int
    receipt_id: int
    known_id: int | None
    currency: str | None
    member_ids: list[int | None]
    planning: str


WRITE = f"""
-- one row: the ledger transaction, when it was recorded and the ids of the lines in their order
WITH {TX_PARTS}, receipt AS (
    INSERT INTO contribution_receipt (id, number, source, source_reference, channel, account_code, collector, payer_name,
        payer_reference, amount_minor, currency, paid_on, actor, note, ledger_tx_id)
    SELECT :receipt_id, :number, :source, :source_reference, :channel, :account_code, :collector, :payer_name,
        :payer_reference, :amount_minor, :currency, :paid_on, :actor, :note, header.id
    FROM header
    RETURNING ledger_tx_id, recorded_at
), line AS (
    INSERT INTO contribution_receipt_line (receipt_id, line_no, member_id, amount_minor, claimed_identity)
    SELECT :receipt_id, l.n, l.member_id, l.amount_minor, l.claimed
    FROM unnest(CAST(:line_members AS bigint[]), CAST(:line_amounts AS bigint[]), CAST(:line_claims AS text[]))
         WITH ORDINALITY AS l (member_id, amount_minor, claimed, n)
    RETURNING id, line_no
)
SELECT ledger_tx_id, recorded_at, ARRAY(SELECT line.id FROM line ORDER BY line.line_no) AS line_ids FROM receipt
"""


class Written(NamedTuple):
    """What the writing made."""

    ledger_tx_id: int
    recorded_at: dt.datetime
    line_ids: list[int]
