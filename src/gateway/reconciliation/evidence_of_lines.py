"""What looser rules look at, made once per run and only for lines that the strict ones left: numbers in texts, names, dues, sums."""

from collections.abc import Iterator

from sqlmodel import Session

from gateway.contributions.receive import bare_identity
from gateway.kit import bulk, db
from gateway.membership.rules import fold_name
from gateway.reconciliation.sums import MOST_AMOUNTS, make_total

SIGNS = {"line_id": "int8", "value": "text"}
"""Words that may be numbers of people; ``line_sign`` keeps those that are."""
NAMES = {"line_id": "int8", "name": "text"}
SUMS = {"line_id": "int8", "kind": "text", "owner_id": "int8", "ways": "int4", "parts": "int8[]"}
_SHORTEST_SIGN = 5
_LONGEST_SIGN = 25

OPEN_DUES = """
-- no row: a temporary table with one row per open month of a member and what it costs, and one with what she lacks in all; a
-- month is open while it is not closed in the books and she stands in no filing of it
CREATE TEMPORARY TABLE open_due ON COMMIT DROP AS
WITH month AS (
    SELECT n.member_id, n.period_start, sum(n.total_minor)::bigint AS amount_minor FROM (
        SELECT DISTINCT ON (v.period_start, v.payroll_id, v.member_id) v.period_start, v.member_id, v.total_minor, v.is_withdrawn
        FROM contribution_assessment v
        WHERE v.mutual_id = current_mutual()
          AND v.period_start >= (SELECT date_trunc('month', max(booked_on)) FROM undecided) - interval '12 months'
        ORDER BY v.period_start, v.payroll_id, v.member_id, v.version DESC
    ) n
    LEFT JOIN (
        SELECT DISTINCT f.period_start, l.member_id FROM filing f
        JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status <> 'rejected'
        WHERE f.mutual_id = current_mutual() AND f.status NOT IN ('draft', 'discarded', 'rejected')
    ) d ON d.period_start = n.period_start AND d.member_id = n.member_id
    LEFT JOIN (
        SELECT DISTINCT ON (period_start) period_start, is_closed FROM ledger_period
        WHERE mutual_id = current_mutual() ORDER BY period_start, id DESC
    ) c ON c.period_start = n.period_start
    WHERE NOT n.is_withdrawn AND d.member_id IS NULL AND NOT coalesce(c.is_closed, false)
    GROUP BY n.member_id, n.period_start
)
SELECT member_id, period_start, amount_minor FROM month WHERE amount_minor > 0
UNION
SELECT m.member_id, NULL, sum(m.amount_minor)::bigint - max(coalesce(b.held_minor, 0)) FROM month m
LEFT JOIN ledger_account a ON a.mutual_id = current_mutual() AND a.owner_kind = 'member' AND a.owner_id = m.member_id
    AND a.control = 'member:contributions'
LEFT JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
GROUP BY m.member_id HAVING sum(m.amount_minor) > max(coalesce(b.held_minor, 0))
"""

TEXTS = """
-- one row per undecided credit: where a number or a name may stand
SELECT line_id, concat_ws(' ', text, reference, end_to_end_id), counterparty FROM undecided WHERE amount_minor > 0
"""

LINE_SIGNS = (
    "ANALYZE line_word",
    """
-- no row: a temporary table with one row per undecided credit and member of whom a number stands in it, and which number it is
CREATE TEMPORARY TABLE line_sign ON COMMIT DROP AS
SELECT w.line_id, i.member_id, 'identity' AS how FROM line_word w
JOIN member_identity i ON i.mutual_id = current_mutual() AND i.value = w.value
UNION
SELECT w.line_id, m.id, 'phone' FROM line_word w JOIN member m ON m.mutual_id = current_mutual() AND m.phone = w.value
UNION
SELECT w.line_id, m.id, 'number' FROM line_word w
JOIN member m ON m.mutual_id = current_mutual() AND translate(upper(m.number), ' -.', '') = w.value
""",
    "ANALYZE line_sign",
)

NAMED_DUES = """
-- one row per undecided credit and member named in its text: her open months, oldest first
SELECT u.line_id, n.member_id, u.amount_minor, array_agg(d.amount_minor ORDER BY d.period_start) AS amounts
FROM undecided u
JOIN (SELECT DISTINCT line_id, member_id FROM line_sign WHERE how IN ('identity', 'phone')) n ON n.line_id = u.line_id
JOIN open_due d ON d.member_id = n.member_id AND d.period_start IS NOT NULL
GROUP BY u.line_id, n.member_id, u.amount_minor HAVING count(*) BETWEEN 2 AND %(most)s
"""

WAITING_SESSIONS = """
-- one row per till with closed sessions that wait for the bank: their numbers, amounts and days, oldest first
SELECT s.till_id, s.currency, array_agg(s.id ORDER BY s.counted_on, s.id) AS sessions,
       array_agg(s.counted_minor - s.kept_minor ORDER BY s.counted_on, s.id) AS amounts,
       array_agg(s.counted_on ORDER BY s.counted_on, s.id) AS days
FROM cash_session s
WHERE s.mutual_id = current_mutual() AND s.status = 'closed' AND s.counted_minor > s.kept_minor
  AND NOT EXISTS (
    SELECT FROM cash_deposit d WHERE d.mutual_id = s.mutual_id AND d.session_id = s.id AND d.released_at IS NULL)
GROUP BY s.till_id, s.currency
"""

NOBODYS = """
-- one row per undecided credit of a bank with no sign of anybody, whose amount nobody owes and no transfer is of
SELECT u.line_id, u.amount_minor, u.currency, u.booked_on FROM undecided u
WHERE u.amount_minor > 0 AND u.reference IS NULL AND u.ledger_code LIKE 'bank:%%'
  AND NOT EXISTS (SELECT FROM line_sign s WHERE s.line_id = u.line_id)
  AND NOT EXISTS (SELECT FROM open_due d WHERE d.amount_minor = u.amount_minor)
  AND NOT EXISTS (SELECT FROM own_transfer t WHERE t.mutual_id = current_mutual() AND t.status = 'ordered'
    AND t.to_code = u.ledger_code AND t.amount_minor = u.amount_minor)
"""

_DAYS = 10


def prepare(session: Session, needs: str, ready: set[str]) -> None:
    """Make what a rule needs, if it is not there yet."""
    for need in needs.split():
        if need not in ready:
            ready.add(need)
            _MADE_BY[need](session)


def _signs(session: Session) -> None:
    bulk.stage(session, "line_word", SIGNS, list(_words_of(session)))
    for statement in LINE_SIGNS:
        bulk.execute(session, statement)


def _words_of(session: Session) -> Iterator[tuple[int, str]]:
    for rows in bulk.read_chunks(session, TEXTS):
        for line_id, text, _counterparty in rows:
            words = (text or "").replace(",", " ").replace(":", " ").split()
            found = {bare_identity(word) for word in words} | set(words)
            # A reference whose check digits are wrong still shows which number was meant: a hint.
            found |= {word[4:] for word in found if word.startswith("RF")}
            found |= {f"+{word.lstrip('+')}" for word in found if word.lstrip("+").isdigit()}
            # Ten digits are a telephone of the country, which the register keeps with its code.
            found |= {f"+1{word}" for word in found if word.isdigit() and len(word) == 10}
            yield from (
                (line_id, word)
                for word in sorted(found)
                if _SHORTEST_SIGN <= len(word) <= _LONGEST_SIGN and any(letter.isdigit() for letter in word)
            )


def _names(session: Session) -> None:
    rows = [
        (line_id, fold_name(name)) for chunk in bulk.read_chunks(session, TEXTS) for line_id, _, name in chunk if name
    ]
    bulk.stage(session, "line_name", NAMES, rows)


def _dues(session: Session) -> None:
    bulk.execute(session, OPEN_DUES)
    bulk.execute(session, "ANALYZE open_due")


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


_MADE_BY = {"signs": _signs, "names": _names, "dues": _dues, "sums": _sums}
