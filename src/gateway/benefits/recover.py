"""Follow the state's money to the claims it is for: the mutual's advance is paid back first, the rest is the member's.

Runs in the transaction that gave the money to the members, in a fixed number of statements whatever the number of lines.
"""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from sqlmodel import Session

from gateway.benefits.states import INSTALMENT, InstalmentEvent
from gateway.kit import audit, bulk, db
from gateway.ledger.bulk import Head, post_lines

ANY_LIVE = """
-- one row: whether any claim awaits money
SELECT EXISTS (SELECT FROM benefit_claim WHERE mutual_id = current_mutual() AND status IN ('submitted', 'accepted', 'refused')) AS any_live
"""

DROP = "DROP TABLE IF EXISTS pg_temp.claim_money"

OF_REMITTANCE = """
-- one row per line of a remittance that is with a member, or the one line named
SELECT l.id AS source_id, l.member_id, l.benefit_kind, l.claim_reference, l.instalment, l.amount_minor
FROM benefit_remittance_line l
WHERE l.mutual_id = current_mutual() AND l.remittance_id = %(remittance_id)s AND l.member_id IS NOT NULL
  AND (%(line_id)s::bigint IS NULL OR l.id = %(line_id)s)
"""

MATCH = """
-- no row: a temporary table with one row per sum and the one claim it is for: by the state's number, else the member's only live
-- claim of the kind that has no number yet; with what of it pays back the advance, earlier sums first
CREATE TEMPORARY TABLE claim_money ON COMMIT DROP AS
WITH money AS (
{money}
), numbered AS (
    SELECT m.source_id, c.id AS claim_id FROM money m
    JOIN benefit_claim c ON c.mutual_id = current_mutual() AND c.authority_reference = m.claim_reference
        AND c.member_id = m.member_id AND c.kind = m.benefit_kind AND c.status IN ('submitted', 'accepted', 'refused')
), alone AS (
    SELECT m.source_id, min(c.id) AS claim_id FROM money m
    JOIN benefit_claim c ON c.mutual_id = current_mutual() AND c.member_id = m.member_id AND c.kind = m.benefit_kind
        AND c.status IN ('submitted', 'accepted', 'refused') AND (c.authority_reference IS NULL OR m.claim_reference IS NULL)
    WHERE NOT EXISTS (SELECT FROM numbered n WHERE n.source_id = m.source_id)
      AND NOT EXISTS (SELECT FROM benefit_claim o WHERE o.mutual_id = current_mutual() AND o.authority_reference = m.claim_reference)
    GROUP BY m.source_id HAVING count(*) = 1
), found AS (
    SELECT * FROM numbered UNION ALL SELECT * FROM alone
), placed AS (
    SELECT m.source_id, m.member_id, m.claim_reference, m.amount_minor, c.id AS claim_id, c.status AS claim_status, i.id AS instalment_id,
           greatest(0, c.advanced_minor - c.recovered_minor - c.written_off_minor) AS outstanding_minor,
           coalesce(sum(m.amount_minor) OVER (PARTITION BY c.id ORDER BY m.instalment NULLS LAST, m.source_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before_minor
    FROM found f JOIN money m USING (source_id)
    JOIN benefit_claim c ON c.mutual_id = current_mutual() AND c.id = f.claim_id
    LEFT JOIN LATERAL (
        SELECT i.id FROM benefit_claim_instalment i
        WHERE i.mutual_id = c.mutual_id AND i.claim_id = c.id AND i.status <> 'cancelled'
          AND (m.instalment IS NULL OR i.instalment_no = m.instalment) AND (m.instalment IS NOT NULL OR i.status IN ('expected', 'differs'))
        ORDER BY i.instalment_no LIMIT 1
    ) i ON true
    WHERE NOT EXISTS (
        SELECT FROM benefit_claim_receipt r
        WHERE r.mutual_id = current_mutual() AND r.source = %(source)s AND r.source_id = m.source_id)
)
SELECT source_id, member_id, claim_reference, amount_minor, claim_id, claim_status, instalment_id,
       greatest(0, least(amount_minor, outstanding_minor - before_minor))::bigint AS recovered_minor
FROM placed
"""

LOCK = """
-- one row per live claim of a member whom money came for, locked in order: nothing is advanced on one meanwhile
SELECT c.id, c.currency FROM benefit_claim c
WHERE c.mutual_id = current_mutual() AND c.status IN ('submitted', 'accepted', 'refused')
  AND c.member_id IN (SELECT member_id FROM ({money}) m) ORDER BY c.id FOR UPDATE
"""

INSERT_RECEIPTS = """
-- no row: what came, for which claim
INSERT INTO benefit_claim_receipt (claim_id, instalment_id, source, source_id, amount_minor, recovered_minor)
SELECT claim_id, instalment_id, %(source)s, source_id, amount_minor, recovered_minor FROM claim_money ORDER BY source_id
"""

LEARN = """
-- no row: a claim has the state's number from its first money on, and what of it is paid back
UPDATE benefit_claim c
SET authority_reference = coalesce(c.authority_reference, m.reference), recovered_minor = c.recovered_minor + m.recovered_minor,
    version = c.version + 1
FROM (
    SELECT claim_id, sum(recovered_minor)::bigint AS recovered_minor, min(claim_reference) FILTER (WHERE NOT EXISTS (
        SELECT FROM claim_money o WHERE o.claim_reference = g.claim_reference AND o.claim_id <> g.claim_id)) AS reference
    FROM claim_money g GROUP BY claim_id
) m
WHERE c.mutual_id = current_mutual() AND c.id = m.claim_id
"""

STEPS_OF_CLAIMS = """
-- one row per claim that the state pays before it has said so: its step, for the log
SELECT DISTINCT 'benefit_claim', claim_id, 'accept', 'submitted', 'accepted', %(actor)s::text, 'the state pays it', NULL::bigint
FROM claim_money WHERE claim_status = 'submitted'
"""

ACCEPT = """
-- no row: a claim that the state pays is accepted
UPDATE benefit_claim c SET status = 'accepted', decided_on = %(today)s, decided_minor = computed_minor
WHERE c.mutual_id = current_mutual() AND c.status = 'submitted' AND c.id IN (SELECT claim_id FROM claim_money)
"""

_TOLD = """
    SELECT i.id, i.status AS before, i.expected_minor, i.received_minor + s.amount_minor AS received_minor,
           CASE WHEN i.received_minor + s.amount_minor = i.expected_minor THEN %(received)s ELSE %(differs)s END AS after
    FROM benefit_claim_instalment i
    JOIN (SELECT instalment_id, sum(amount_minor)::bigint AS amount_minor FROM claim_money GROUP BY instalment_id) s ON s.instalment_id = i.id
    WHERE i.mutual_id = current_mutual()"""

STEPS_OF_INSTALMENTS = f"""
-- one row per instalment that money came for: its step, for the log
SELECT 'benefit_claim_instalment', t.id, CASE WHEN t.after = %(received)s THEN %(receive)s ELSE %(receive_differently)s END,
       t.before, t.after, %(actor)s::text, NULL::text, NULL::bigint
FROM ({_TOLD}) t WHERE t.before = ANY (%(sources)s) ORDER BY t.id
"""

RECEIVE_INSTALMENTS = f"""
-- no row: what came of each instalment, and in what it differs
UPDATE benefit_claim_instalment w
SET received_minor = t.received_minor,
    status = CASE WHEN t.before = ANY (%(sources)s) THEN t.after ELSE t.before END,
    reason = CASE WHEN t.received_minor = t.expected_minor THEN NULL
        ELSE t.received_minor || ' minor units came, ' || abs(t.received_minor - t.expected_minor)
            || CASE WHEN t.received_minor > t.expected_minor THEN ' more' ELSE ' less' END || ' than the ' || t.expected_minor || ' expected' END
FROM ({_TOLD}) t WHERE w.mutual_id = current_mutual() AND w.id = t.id
"""

ENTRIES = """
-- one row per account: the members' money that pays back what they were given before, and what the mutual waited for
SELECT a.id AS account_id, a.currency, m.minor AS amount_minor
FROM (SELECT member_id, sum(recovered_minor)::bigint AS minor FROM claim_money WHERE recovered_minor > 0 GROUP BY member_id) m
JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.code = 'member:' || m.member_id || ':benefits'
UNION ALL
SELECT a.id, a.currency, -m.minor
FROM (SELECT claim_id, sum(recovered_minor)::bigint AS minor FROM claim_money WHERE recovered_minor > 0 GROUP BY claim_id) m
JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.code = 'state:claim-' || m.claim_id || ':receivable'
"""

SUMS = """
-- one row: how many claims money came for, and how much of it pays back advances
SELECT count(DISTINCT claim_id) AS claims, coalesce(sum(recovered_minor), 0)::bigint AS recovered_minor FROM claim_money
"""


class Recovered(NamedTuple):
    """What a set of the state's money was for."""

    claims: int
    recovered_minor: int
    """What of it paid back the mutual's advances."""


def follow_remittance(
    session: Session, remittance_id: int, *, actor: str, today: dt.date, line_id: int | None = None
) -> Recovered:
    """Bring the lines of an allotted remittance, or one that was placed, to the claims they are for. Again: no effect.

    Args:
        session: The transaction that credited the members.
        remittance_id: The remittance.
        actor: Who allotted or placed.
        today: The day it is booked on.
        line_id: Only this line.
    """
    if not db.one(session, ANY_LIVE).any_live:
        return Recovered(0, 0)
    about = f"remittance:{remittance_id}" if line_id is None else f"remittance-line:{line_id}"
    values = {"remittance_id": remittance_id, "line_id": line_id, "source": "remittance_line"}
    return follow(session, OF_REMITTANCE, values, about=about, actor=actor, today=today)


def follow(
    session: Session, money_sql: str, values: Mapping[str, object], *, about: str, actor: str, today: dt.date
) -> Recovered:
    """Bring sums that the members have been credited to the claims they are for.

    Args:
        session: The transaction that credited the members.
        money_sql: SELECT that gives source_id, member_id, benefit_kind, claim_reference, instalment, amount_minor.
        values: Its parameters, and ``source``: what the sums are.
        about: Stable name of the set, for the books.
        actor: Who brought it.
        today: The day it is booked on.
    """
    claims = db.driver(session).execute(LOCK.replace("{money}", money_sql).encode(), values).fetchall()
    db.driver(session).execute(DROP.encode())
    if not claims or not bulk.execute(session, MATCH.replace("{money}", money_sql), values):
        return Recovered(0, 0)
    bulk.execute(session, INSERT_RECEIPTS, values)
    said = {"actor": actor, "today": today}
    audit.log_selected_transitions(session, STEPS_OF_CLAIMS, said)
    bulk.execute(session, ACCEPT, said)
    _receive_instalments(session, actor)
    bulk.execute(session, LEARN)
    sums = db.one(session, SUMS)
    if sums.recovered_minor:
        head = Head(f"{about}:recovery", "benefit.recover", today, actor, evidence=about)
        post_lines(session, head, ENTRIES)
    return Recovered(int(sums.claims), int(sums.recovered_minor))


def _receive_instalments(session: Session, actor: str) -> None:
    sources = {*INSTALMENT.sources(InstalmentEvent.RECEIVE), *INSTALMENT.sources(InstalmentEvent.RECEIVE_DIFFERENTLY)}
    said = {
        "received": INSTALMENT.target(InstalmentEvent.RECEIVE).value,
        "differs": INSTALMENT.target(InstalmentEvent.RECEIVE_DIFFERENTLY).value,
        "receive": InstalmentEvent.RECEIVE.value,
        "receive_differently": InstalmentEvent.RECEIVE_DIFFERENTLY.value,
        "sources": sorted(sources),
        "actor": actor,
    }
    audit.log_selected_transitions(session, STEPS_OF_INSTALMENTS, said)
    bulk.execute(session, RECEIVE_INSTALMENTS, said)
