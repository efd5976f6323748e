"""Decide what each open statement line is: every rule in its order, each one statement, until nothing is left undecided.

Nothing is written but temporary tables and suggestions, so it may be stopped and begun again at any point. A rule takes a
line where it names one candidate for it; a thing that happens once is taken where one line alone claims it. Where a rule
names several, the line goes to a person, with all of them as suggestions, and no looser rule is asked.

Afterwards ``decided`` has one row per line that was decided: its rule, and what it is; ``matched_id`` is empty where several
were named.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlmodel import Session

from gateway.kit import bulk, db, tenant
from gateway.reconciliation import evidence_of_lines
from gateway.reconciliation.match_rules import BY_SETTING, HINT, Rule

SETTING = "match_by_identity"
"""``automatic`` in the mutual's settings lets rules that are ``by_setting`` book by themselves."""

FEW = 5_000
"""With more lines undecided they are joined by sets alone: nobody has counted what was just loaded."""
TABLES = (
    "undecided", "rest", "decided", "odd_number", "line_text", "line_word", "line_sign", "payer_name", "line_name", "open_due", "owed_amount",
    "line_sum",
)  # fmt: skip

OPEN_LINES = """
-- no row: a temporary table with one row per line that is not booked yet; of a credit with one reference also the member whose number
-- is in it, looked up in the pass that reads the lines because nearly every line carries one
CREATE TEMPORARY TABLE undecided ON COMMIT DROP AS
SELECT l.id AS line_id, l.account_id, b.ledger_code, l.amount_minor, l.currency, l.booked_on, l.end_to_end_id,
       l.bank_reference, l.reference, l.references_found, m.id AS referenced_id
FROM bank_statement_line l JOIN bank_account b ON b.mutual_id = l.mutual_id AND b.id = l.account_id
LEFT JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.number = substr(l.reference, 5) AND l.reference LIKE 'RF%%'
    AND l.references_found = '{}' AND l.amount_minor > 0
WHERE l.mutual_id = (SELECT current_mutual()) AND l.status = 'open'
"""

MANY_OPEN = """
-- one row: whether more lines are open than a plan for a few is good for
SELECT count(*) > :few FROM (
    SELECT FROM bank_statement_line WHERE mutual_id = (SELECT current_mutual()) AND status = 'open' LIMIT :few + 1
) l
"""

DECIDED = """
-- no row: an empty temporary table for what is decided
CREATE TEMPORARY TABLE decided (line_id int8, rule text, matched_id int8) ON COMMIT DROP
"""

DECIDE = """
-- one row per line for which the rule names somebody: the one it names, or nobody where it names several
INSERT INTO decided (line_id, rule, matched_id)
SELECT line_id, %(rule)s, CASE WHEN min(matched_id) = max(matched_id) THEN min(matched_id) END
FROM ({candidates}) c GROUP BY line_id
"""

DECIDE_ALONE = """
-- one row per line that can be but one thing by the rule
INSERT INTO decided (line_id, rule, matched_id) SELECT u.line_id, %(rule)s, u.referenced_id FROM undecided u WHERE {alone}
"""

DECIDE_ONCE = """
-- one row per line for which the rule names somebody: the one it names alone and that no other line claims, or nobody
INSERT INTO decided (line_id, rule, matched_id)
SELECT n.line_id, %(rule)s, CASE WHEN count(*) OVER (PARTITION BY n.matched_id) = 1 THEN n.matched_id END
FROM (
    SELECT line_id, CASE WHEN min(matched_id) = max(matched_id) THEN min(matched_id) END AS matched_id
    FROM ({candidates}) c GROUP BY line_id
) n
"""

SUGGEST = """
-- one row per candidate of a line that a person decides
INSERT INTO match_suggestion (line_id, rule, kind, matched_id, fields)
SELECT DISTINCT c.line_id, %(rule)s, %(kind)s, c.matched_id, CAST(%(fields)s AS text[]) FROM ({candidates}) c
WHERE {which} ON CONFLICT (mutual_id, line_id, rule, matched_id) DO NOTHING
"""

OF_SEVERAL = (
    """EXISTS (SELECT FROM decided d WHERE d.line_id = c.line_id AND d.rule = %(rule)s AND d.matched_id IS NULL)"""
)

ROOM = "SET LOCAL work_mem = '64MB'"
SETS_ALONE, AS_USUAL = "SET LOCAL enable_nestloop = off", "SET LOCAL enable_nestloop = on"

NOT_DECIDED = "NOT EXISTS (SELECT FROM decided d WHERE d.line_id = u.line_id)"

REST = (
    """
-- no row: what is still undecided
CREATE TEMPORARY TABLE rest ON COMMIT DROP AS SELECT u.* FROM undecided u WHERE {left}
""",
    "DROP TABLE undecided",
    "ALTER TABLE rest RENAME TO undecided",
    "ANALYZE undecided",
)


class Counted(NamedTuple):
    """What the rules did."""

    decided: int
    """Lines that one rule named one thing for."""
    several: int
    """Lines for which a rule named several: a person's."""
    left: int
    """Lines that no rule knows for sure."""


def decide(session: Session, rules: Iterable[Rule]) -> Counted:
    """Ask the rules in their order; leave the outcome in the temporary tables ``decided`` and ``undecided``."""
    bulk.execute(session, "DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.{table}" for table in TABLES))
    bulk.execute(session, ROOM)
    bulk.execute(session, SETS_ALONE if db.scalar(session, MANY_OPEN, {"few": bulk.MANY}) else AS_USUAL)
    left = bulk.execute(session, OPEN_LINES)
    bulk.execute(session, SETS_ALONE if left > FEW else AS_USUAL)
    bulk.execute(session, DECIDED)
    is_automatic = dict(tenant.current(session).settings).get(SETTING) == "automatic"
    ready: set[str] = set()
    decided = several = 0
    for rule in rules:
        if not left:
            break
        evidence_of_lines.prepare(session, rule.needs, ready)
        if rule.strength == HINT or (rule.strength == BY_SETTING and not is_automatic):
            _suggest(session, rule, "true")
            continue
        for ask in (_take_alone, _ask) if rule.alone else (_ask,):
            taken, unclear = ask(session, rule)
            decided, several, left = decided + taken, several + unclear, left - taken - unclear
            if taken or unclear:
                _keep_rest(session, f"({rule.alone}) IS NOT TRUE" if ask is _take_alone else NOT_DECIDED)
                bulk.execute(session, SETS_ALONE if left > FEW else AS_USUAL)
    bulk.execute(session, AS_USUAL)
    return Counted(decided, several, left)


def _keep_rest(session: Session, which: str) -> None:
    for statement in REST:
        bulk.execute(session, statement.replace("{left}", which))


def _take_alone(session: Session, rule: Rule) -> tuple[int, int]:
    return bulk.execute(session, DECIDE_ALONE.replace("{alone}", rule.alone), {"rule": rule.code}), 0


def _ask(session: Session, rule: Rule) -> tuple[int, int]:
    template = DECIDE_ONCE if rule.happens_once else DECIDE
    named = bulk.execute(session, template.replace("{candidates}", rule.candidates), {"rule": rule.code})
    if not named:
        return 0, 0
    unclear = int(
        db.scalar(
            session,
            "SELECT count(*) FROM decided WHERE rule = :rule AND matched_id IS NULL",
            {"rule": rule.code},
        )
    )
    if unclear:
        _suggest(session, rule, OF_SEVERAL)
    return named - unclear, unclear


def _suggest(session: Session, rule: Rule, which: str) -> None:
    statement = SUGGEST.replace("{candidates}", rule.candidates).replace("{which}", which)
    bulk.execute(session, statement, {"rule": rule.code, "kind": rule.kind, "fields": list(rule.fields)})
