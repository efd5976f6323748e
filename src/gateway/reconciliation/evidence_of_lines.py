"""What looser rules look at, made once per run and only for lines that the strict ones left: numbers in texts, names, dues, sums."""

from collections.abc import Iterator

from sqlmodel import Session

from gateway.kit import bulk, db
from gateway.membership.rules import fold_name
from gateway.reconciliation.sums import MOST_AMOUNTS, make_total

NAMES = {"counterparty": "text", "name": "text"}
SUMS = {"line_id": "int8", "kind": "text", "owner_id": "int8", "ways": "int4", "parts": "int8[]"}
CASH_WORDS = "(dep[oó]sito|efectivo|cash|caja|versement|d[eé]p[oô]t|esp[eè]ces)"
SETTLEMENT_WORDS = "(liquidaci[oó]n|settlement|r[eè]glement|recaudo|compensaci[oó]n)"
"""What banks write at money that is brought in coins, or that a provider settles; an amount alone proves nothing."""

ODD_NUMBERS = """
-- no row: a temporary table with one row per member whose number is written otherwise than in a reference, and how it is there
CREATE TEMPORARY TABLE odd_number ON COMMIT DROP AS
SELECT m.id AS member_id, upper(regexp_replace(m.number, '[^A-Za-z0-9]', '', 'g')) AS bare FROM member m
WHERE m.mutual_id = (SELECT current_mutual()) AND m.number ~ ('[^A-Z0-9]' COLLATE "C")
"""

_OPEN_MONTHS = """
    SELECT n.member_id, n.period_start, sum(n.total_minor)::bigint AS amount_minor FROM (
        SELECT DISTINCT ON (v.period_start, v.payroll_id, v.member_id) v.period_start, v.member_id, v.total_minor, v.is_withdrawn
        FROM contribution_assessment v
        WHERE v.mutual_id = (SELECT current_mutual()) AND {whose}
          AND v.period_start >= (SELECT date_trunc('month', max(booked_on)) FROM undecided) - interval '12 months'
        ORDER BY v.period_start, v.payroll_id, v.member_id, v.version DESC
    ) n
    LEFT JOIN (
        SELECT DISTINCT f.period_start, l.member_id FROM filing f
        JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status <> 'rejected'
        WHERE f.mutual_id = (SELECT current_mutual()) AND f.status NOT IN ('draft', 'discarded', 'rejected')
    ) d ON d.period_start = n.period_start AND d.member_id = n.member_id
    LEFT JOIN (
        SELECT DISTINCT ON (period_start) period_start, is_closed FROM ledger_period
        WHERE mutual_id = (SELECT current_mutual()) ORDER BY period_start, id DESC
    ) c ON c.period_start = n.period_start
    WHERE NOT n.is_withdrawn AND d.member_id IS NULL AND NOT coalesce(c.is_closed, false)
    GROUP BY n.member_id, n.period_start
"""

_DUES = f"""
WITH month AS MATERIALIZED ({_OPEN_MONTHS})
SELECT member_id, period_start, amount_minor FROM month WHERE amount_minor > 0
UNION
SELECT m.member_id, NULL, sum(m.amount_minor)::bigint - max(coalesce(b.held_minor, 0)) FROM month m
LEFT JOIN ledger_account a ON a.mutual_id = (SELECT current_mutual()) AND a.owner_kind = 'member' AND a.owner_id = m.member_id
    AND a.control = 'member:contributions'
LEFT JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
GROUP BY m.member_id HAVING sum(m.amount_minor) > max(coalesce(b.held_minor, 0))
"""

NAMED = """v.member_id IN (SELECT member_id FROM line_sign UNION SELECT member_id FROM line_name)"""

OPEN_DUES = f"""
-- no row: a temporary table with one row per open month of a member that a line names, and what it costs, and one with what she
-- lacks in all; a month is open while it is not closed in the books and she stands in no filing of it
CREATE TEMPORARY TABLE open_due ON COMMIT DROP AS {_DUES.replace("{whose}", NAMED)}
"""

OWED_AMOUNTS = f"""
-- no row: a temporary table with one row per amount that anybody owes and an undecided credit is of
CREATE TEMPORARY TABLE owed_amount ON COMMIT DROP AS
SELECT DISTINCT o.amount_minor FROM ({_DUES.replace("{whose}", "true")}) o
WHERE o.amount_minor IN (SELECT amount_minor FROM undecided WHERE amount_minor > 0)
"""

NO_AMOUNTS = """
-- no row: the same, empty
CREATE TEMPORARY TABLE owed_amount (amount_minor int8) ON COMMIT DROP
"""

BY_AMOUNT_ALONE = """
-- one row: whether cash or a provider's settlement may be known by its amount, so that what everybody owes has to be looked at
SELECT EXISTS (
    SELECT FROM undecided u JOIN own_transfer t ON t.mutual_id = (SELECT current_mutual()) AND t.status = 'ordered' AND t.amount_minor = u.amount_minor
) OR EXISTS (
    SELECT FROM cash_session s WHERE s.mutual_id = (SELECT current_mutual()) AND s.status = 'closed' AND s.counted_minor > s.kept_minor
      AND NOT EXISTS (
        SELECT FROM cash_deposit d WHERE d.mutual_id = s.mutual_id AND d.session_id = s.id AND d.released_at IS NULL)
)
"""

LINE_TEXTS = """
-- no row: a temporary table with one row per undecided line: what is written in it
CREATE TEMPORARY TABLE line_text ON COMMIT DROP AS
SELECT u.line_id, concat_ws(' ', l.text, u.reference, u.end_to_end_id) AS words, l.text, l.counterparty,
       'reversal' = ANY (l.flags) AS is_reversal
FROM undecided u JOIN bank_statement_line l ON l.mutual_id = (SELECT current_mutual()) AND l.id = u.line_id
"""

LINE_WORDS = r"""
-- no row: a temporary table with one row per word of an undecided credit that may be somebody's number, in every way it is
-- written: bare, as the body of a reference whose check digits are wrong, as a telephone with and without its country's code
CREATE TEMPORARY TABLE line_word ON COMMIT DROP AS
SELECT DISTINCT w.line_id, v.value
FROM (
    SELECT u.line_id, t.word, upper(translate(t.word, '-./_', '')) AS bare FROM undecided u JOIN line_text x ON x.line_id = u.line_id
    CROSS JOIN unnest(string_to_array(translate(x.words, E'\t\n,:;()', '       '), ' ')) AS t (word)
    WHERE u.amount_minor > 0 AND length(t.word) >= 5
) w
CROSS JOIN LATERAL (VALUES
    (w.word), (w.bare), (CASE WHEN w.bare LIKE 'RF%%' THEN substr(w.bare, 5) END),
    (CASE WHEN ltrim(w.bare, '+') ~ '^[0-9]+$' THEN '+' || ltrim(w.bare, '+') END),
    (CASE WHEN w.bare ~ '^[0-9]{10}$' THEN '+1' || w.bare END)
) AS v (value)
WHERE length(v.value) BETWEEN 5 AND 25 AND v.value ~ '[0-9]'
"""

PAYERS = """
-- one row per name that a payer of an undecided credit goes by
SELECT DISTINCT x.counterparty FROM undecided u JOIN line_text x ON x.line_id = u.line_id
WHERE u.amount_minor > 0 AND x.counterparty <> ''
"""

LINE_NAMES = """
-- no row: a temporary table with one row per undecided credit and member of its payer's name
CREATE TEMPORARY TABLE line_name ON COMMIT DROP AS
SELECT x.line_id, m.id AS member_id FROM payer_name n
JOIN line_text x ON x.counterparty = n.counterparty
JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.search_name = n.name
"""

LINE_SIGNS = (
    "ANALYZE line_word",
    """
-- no row: a temporary table with one row per undecided credit and member of whom a number stands in it, which number it is, and
-- how many persons the line names in all
CREATE TEMPORARY TABLE line_sign ON COMMIT DROP AS
WITH sign AS (
    SELECT w.line_id, i.member_id, 'identity' AS how FROM line_word w
    JOIN member_identity i ON i.mutual_id = (SELECT current_mutual()) AND i.value = w.value
    UNION
    SELECT w.line_id, m.id, 'phone' FROM line_word w JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.phone = w.value
    UNION
    SELECT w.line_id, m.id, 'number' FROM line_word w JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.number = w.value
    UNION
    SELECT w.line_id, o.member_id, 'number' FROM line_word w JOIN odd_number o ON o.bare = w.value
)
SELECT s.line_id, s.member_id, s.how, n.persons FROM sign s
JOIN (SELECT line_id, count(DISTINCT member_id) AS persons FROM sign GROUP BY line_id) n ON n.line_id = s.line_id
""",
    "ANALYZE line_sign",
)

NAMED_DUES = """
-- one row per undecided credit and member named in its text: her open months, oldest first
SELECT u.line_id, n.member_id, u.amount_minor, array_agg(d.amount_minor ORDER BY d.period_start) AS amounts
FROM undecided u
JOIN (SELECT DISTINCT line_id, member_id FROM line_sign WHERE how IN ('identity', 'phone') AND persons = 1) n ON n.line_id = u.line_id
JOIN open_due d ON d.member_id = n.member_id AND d.period_start IS NOT NULL
GROUP BY u.line_id, n.member_id, u.amount_minor HAVING count(*) BETWEEN 2 AND %(most)s
"""

WAITING_SESSIONS = """
-- one row per till with closed sessions that wait for the bank: their numbers, amounts and days, oldest first
SELECT s.till_id, s.currency, array_agg(s.id ORDER BY s.counted_on, s.id) AS sessions,
       array_agg(s.counted_minor - s.kept_minor ORDER BY s.counted_on, s.id) AS amounts,
       array_agg(s.counted_on ORDER BY s.counted_on, s.id) AS days
FROM cash_session s
WHERE s.mutual_id = (SELECT current_mutual()) AND s.status = 'closed' AND s.counted_minor > s.kept_minor
  AND NOT EXISTS (
    SELECT FROM cash_deposit d WHERE d.mutual_id = s.mutual_id AND d.session_id = s.id AND d.released_at IS NULL)
GROUP BY s.till_id, s.currency
"""

NOBODYS = f"""
-- one row per undecided credit of cash with no sign of anybody, whose amount nobody owes and no transfer is of
SELECT u.line_id, u.amount_minor, u.currency, u.booked_on FROM undecided u JOIN line_text x ON x.line_id = u.line_id
WHERE u.amount_minor > 0 AND u.reference IS NULL AND u.ledger_code LIKE 'bank:%' AND x.text ~* '{CASH_WORDS}'
  AND NOT EXISTS (SELECT FROM line_sign s WHERE s.line_id = u.line_id)
  AND NOT EXISTS (SELECT FROM owed_amount d WHERE d.amount_minor = u.amount_minor)
  AND NOT EXISTS (SELECT FROM own_transfer t WHERE t.mutual_id = (SELECT current_mutual()) AND t.status = 'ordered'
    AND t.to_code = u.ledger_code AND t.amount_minor = u.amount_minor)
"""

_DAYS = 10


def prepare(session: Session, needs: str, ready: set[str]) -> None:
    """Make what a rule needs, in that order, if it is not there yet."""
    for need in needs.split():
        if need not in ready:
            ready.add(need)
            _MADE_BY[need](session)


def _numbers(session: Session) -> None:
    bulk.execute(session, ODD_NUMBERS)


def _texts(session: Session) -> None:
    bulk.execute(session, LINE_TEXTS)
    bulk.execute(session, "ANALYZE line_text")


def _signs(session: Session) -> None:
    for statement in (LINE_WORDS, *LINE_SIGNS):
        bulk.execute(session, statement)


def _names(session: Session) -> None:
    found = db.driver(session).execute(PAYERS.encode()).fetchall()
    bulk.stage(session, "payer_name", NAMES, [(name, fold_name(name)) for (name,) in found])
    bulk.execute(session, LINE_NAMES)
    bulk.execute(session, "ANALYZE line_name")


def _dues(session: Session) -> None:
    bulk.execute(session, OPEN_DUES)
    bulk.execute(session, "ANALYZE open_due")


def _amounts(session: Session) -> None:
    is_needed = bool(db.scalar(session, BY_AMOUNT_ALONE))
    bulk.execute(session, OWED_AMOUNTS if is_needed else NO_AMOUNTS)


def _sums(session: Session) -> None:
    bulk.stage(session, "line_sum", SUMS, [*_months(session), *_sessions(session)])


def _months(session: Session) -> Iterator[tuple[int, str, int, int, list[int]]]:
    for row in db.driver(session).execute(NAMED_DUES.encode(), {"most": MOST_AMOUNTS}).fetchall():
        line_id, member_id, total, amounts = row
        found = make_total(total, amounts)
        if found.ways:
            yield line_id, "months", member_id, found.ways, list(found.parts)


def _sessions(session: Session) -> Iterator[tuple[int, str, int, int, list[int]]]:
    tills = db.driver(session).execute(WAITING_SESSIONS.encode()).fetchall()
    for line_id, total, currency, booked_on in db.driver(session).execute(NOBODYS.encode()).fetchall() if tills else ():
        ways, owner, parts = 0, 0, []
        for till_id, till_currency, numbers, amounts, days in tills:
            near = [
                n for n, day in enumerate(days) if till_currency == currency and 0 <= (booked_on - day).days <= _DAYS
            ]
            found = make_total(total, [amounts[n] for n in near])
            if found.ways:
                ways, owner, parts = ways + found.ways, till_id, [numbers[near[n]] for n in found.parts]
        if ways:
            yield line_id, "sessions", owner, min(ways, 2), parts


_MADE_BY = {
    "numbers": _numbers,
    "text": _texts,
    "signs": _signs,
    "names": _names,
    "dues": _dues,
    "amounts": _amounts,
    "sums": _sums,
}
