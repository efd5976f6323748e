"""Statements that seal a draft: look again, take the money, freeze lines and files."""

from gateway.filing.canonical import CANONICAL
from gateway.filing.sql.prepare import COUNT_ASSESSMENTS

NO_LONGER = f"""
-- one row per line of a draft whose member left, was assessed anew, or is declared elsewhere since: each looked for from
-- the few that changed, not from the many that did not. The reasons are found once and each line's newest assessment by its
-- key: lines just written are in no statistics, and a join in another order compares everybody with everybody
CREATE TEMPORARY TABLE filing_unfunded ON COMMIT DROP AS
WITH why AS MATERIALIZED (
    SELECT m.id AS member_id, m.status AS reason, 1 AS turn FROM member m
    WHERE m.mutual_id = (SELECT current_mutual()) AND m.status IN ('left', 'deceased') AND m.status = ANY(%(leave_out)s)
    UNION ALL
    SELECT l.member_id, 'declared_elsewhere', 2 FROM filing f
    JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status <> 'rejected'
    WHERE f.mutual_id = (SELECT current_mutual()) AND f.period_start = %(start)s AND f.payroll_id <> %(payroll_id)s
      AND f.status NOT IN ('draft', 'discarded', 'rejected') AND %(one_payroll_only)s
      AND NOT EXISTS (SELECT FROM payroll_wage o WHERE o.mutual_id = l.mutual_id AND o.member_id = l.member_id
          AND o.payroll_id IN (f.payroll_id, %(payroll_id)s) AND o.valid_from < %(start)s::date + interval '1 month')
    UNION ALL
    SELECT l.member_id, CASE WHEN v.is_withdrawn THEN 'not_assessed' ELSE 'assessment_outdated' END, 3
    FROM filing_line l CROSS JOIN LATERAL (
        SELECT n.id, n.is_withdrawn FROM contribution_assessment n
        WHERE n.mutual_id = l.mutual_id AND n.period_start = %(start)s AND n.payroll_id = %(payroll_id)s AND n.member_id = l.member_id
        ORDER BY n.version DESC LIMIT 1
    ) v
    WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s AND v.id <> l.assessment_id
      AND ({COUNT_ASSESSMENTS}) <> %(assessment_count)s
)
SELECT DISTINCT ON (l.id) l.id, l.member_id, l.assessment_id, l.total_minor, coalesce(b.held_minor, 0) AS held_minor,
       l.change_since_last, w.reason
FROM why w
JOIN filing_line l ON l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s AND l.member_id = w.member_id
LEFT JOIN ledger_account c ON c.mutual_id = l.mutual_id AND c.owner_kind = 'member' AND c.owner_id = l.member_id
    AND c.control = 'member:contributions'
LEFT JOIN ledger_balance b ON b.mutual_id = c.mutual_id AND b.account_id = c.id
ORDER BY l.id, w.turn
"""

SHORT_NOW = """
-- one row per line of a draft whose money is not there any more; those who were helped most give way first
CREATE TEMPORARY TABLE filing_unfunded ON COMMIT DROP AS
WITH line AS MATERIALIZED (
    SELECT l.id, l.member_id, l.assessment_id, l.total_minor, l.from_member_minor, l.from_fund_minor, l.from_reserve_minor,
           l.from_employer_minor, l.fund_id, l.change_since_last, coalesce(b.held_minor, 0) AS held_minor
    FROM filing_line l
    LEFT JOIN ledger_account a ON a.mutual_id = l.mutual_id AND a.owner_kind = 'member' AND a.owner_id = l.member_id
        AND a.control = 'member:contributions'
    LEFT JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
    WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s
), helped AS (
    SELECT id, fund_id, from_fund_minor, from_reserve_minor,
           sum(from_fund_minor) OVER (PARTITION BY fund_id ORDER BY from_fund_minor, id) AS fund_minor,
           sum(from_reserve_minor) OVER (ORDER BY from_reserve_minor, id) AS reserve_minor
    FROM line WHERE from_fund_minor + from_reserve_minor > 0 AND held_minor >= from_member_minor
), employed AS (
    SELECT id, sum(from_employer_minor) OVER (ORDER BY from_employer_minor, id) AS employer_minor
    FROM line WHERE from_employer_minor > 0
), purse AS (
    SELECT a.code, b.held_minor FROM ledger_account a
    JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
    WHERE a.mutual_id = (SELECT current_mutual()) AND a.control IN ('fund', 'reserve:solidarity')
), employer AS (
    SELECT b.held_minor FROM filing f
    JOIN payroll p ON p.mutual_id = f.mutual_id AND p.id = f.payroll_id
    JOIN employer e ON e.mutual_id = p.mutual_id AND e.number = p.employer_number
    JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.owner_kind = 'employer' AND a.owner_id = e.id
        AND a.control = 'employer:contributions'
    JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
    WHERE f.mutual_id = (SELECT current_mutual()) AND f.id = %(filing_id)s
), beyond AS (
    SELECT m.id FROM employed m WHERE m.employer_minor > coalesce((SELECT held_minor FROM employer), 0)
    UNION ALL
    SELECT h.id FROM helped h
    LEFT JOIN purse f ON f.code = 'fund:' || h.fund_id
    LEFT JOIN purse r ON r.code = 'reserve:solidarity'
    WHERE (h.from_fund_minor > 0 AND h.fund_minor > coalesce(f.held_minor, 0))
       OR (h.from_reserve_minor > 0 AND h.reserve_minor > coalesce(r.held_minor, 0))
)
SELECT id, member_id, assessment_id, total_minor, held_minor, change_since_last,
       CASE WHEN from_employer_minor > 0 THEN 'employer_short' WHEN held_minor > 0 THEN 'short' ELSE 'no_money' END AS reason
FROM line WHERE held_minor < from_member_minor OR id IN (SELECT id FROM beyond)
"""

FORGET_UNFUNDED = """
DROP TABLE IF EXISTS pg_temp.filing_unfunded
"""

MOVE_TO_DECISIONS = (
    """
-- no row: who was to be declared and cannot is told why
INSERT INTO filing_decision (filing_id, member_id, assessment_id, reason, needed_minor, available_minor, short_minor,
    change_since_last)
SELECT %(filing_id)s, member_id, assessment_id, reason, total_minor, held_minor,
       CASE WHEN reason IN ('short', 'no_money', 'employer_short') THEN greatest(total_minor - held_minor, 0) ELSE 0 END, change_since_last
FROM filing_unfunded
""",
    """
-- no row: her additional dependants wait with her
DELETE FROM filing_dependant_line
WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s AND member_id IN (SELECT member_id FROM filing_unfunded)
""",
    """
-- no row: her line goes
DELETE FROM filing_line WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s
  AND id IN (SELECT id FROM filing_unfunded)
""",
    *(
        statement
        for table in ("filing_line", "filing_dependant_line")
        for statement in (
            f"""
-- no row: numbers out of the way of those to come (a unique constraint looks at each row by itself)
UPDATE {table} SET line_no = -line_no WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s
""",
            f"""
-- no row: 1, 2, 3, … without gaps again
UPDATE {table} l SET line_no = n.line_no FROM (
    SELECT id, row_number() OVER (ORDER BY line_no DESC) AS line_no FROM {table}
    WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s
) n WHERE l.mutual_id = current_mutual() AND l.id = n.id
""",
        )
    ),
)

RESERVATION = """
-- one row per account that gives, and one for the filing's reserve that takes
SELECT a.id AS account_id, a.currency, l.from_member_minor AS amount_minor
FROM filing_line l
JOIN ledger_account a ON a.mutual_id = (SELECT current_mutual()) AND a.owner_kind = 'member' AND a.owner_id = l.member_id
    AND a.control = 'member:contributions'
WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s
UNION ALL
SELECT a.id, a.currency, g.amount_minor FROM (
    SELECT n.code, sum(n.minor)::int8 AS amount_minor FROM (
        -- The lines are gone through once for all who help.
        SELECT fund_id, sum(from_fund_minor) AS fund_minor, sum(from_reserve_minor) AS reserve_minor, sum(from_employer_minor) AS employer_minor
        FROM filing_line
        WHERE mutual_id = (SELECT current_mutual()) AND filing_id = %(filing_id)s
          AND (from_fund_minor > 0 OR from_reserve_minor > 0 OR from_employer_minor > 0)
        GROUP BY fund_id
    ) h CROSS JOIN LATERAL (VALUES ('fund:' || h.fund_id, h.fund_minor), ('reserve:solidarity', h.reserve_minor), ((
        SELECT 'employer:' || e.id || ':contributions' FROM filing f
        JOIN payroll p ON p.mutual_id = f.mutual_id AND p.id = f.payroll_id
        JOIN employer e ON e.mutual_id = p.mutual_id AND e.number = p.employer_number
        WHERE f.mutual_id = (SELECT current_mutual()) AND f.id = %(filing_id)s
    ), h.employer_minor)) AS n (code, minor)
    GROUP BY n.code
    UNION ALL
    SELECT 'filing:' || id || ':reserved', -reserved_minor FROM filing
    WHERE mutual_id = (SELECT current_mutual()) AND id = %(filing_id)s
) g CROSS JOIN LATERAL (
    -- The few codes are looked up, each over the index; all accounts are never gone through.
    SELECT c.id, c.currency FROM ledger_account c WHERE c.mutual_id = (SELECT current_mutual()) AND c.code = g.code LIMIT 1
) a
"""

_FILING = """
    SELECT (SELECT reference FROM filing WHERE mutual_id = current_mutual() AND id = %(filing_id)s) AS reference
"""
"""The filing, looked up once: lines just written are in no statistics, and a join would look it up for each of them."""

LINES = f"""
-- one row per line, in the file's order: the bytes that the Merkle root stands over, then what the state's line is made of
SELECT convert_to({CANONICAL}, 'UTF8') AS canonical, l.document_kind, l.document, l.given_names, l.first_surname,
       l.second_surname, l.sex, l.birth_date, l.wage_minor
FROM filing_line l CROSS JOIN ({_FILING}) f
WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s ORDER BY l.line_no
"""

LINES_WITH_AMOUNTS = f"""
-- one row per line, as ``LINES``, then what it costs by component: codes and amounts of her assessment
SELECT convert_to({CANONICAL}, 'UTF8') AS canonical, l.document_kind, l.document, l.given_names, l.first_surname,
       l.second_surname, l.sex, l.birth_date, l.wage_minor, c.codes, l.amounts_minor
FROM filing_line l CROSS JOIN ({_FILING}) f
JOIN contribution_assessment a ON a.mutual_id = l.mutual_id AND a.id = l.assessment_id
JOIN (
    SELECT s.id, array_agg(e.value ->> 'code' ORDER BY e.ordinality) AS codes
    FROM contribution_schedule s, jsonb_array_elements(s.components) WITH ORDINALITY e
    WHERE s.mutual_id = (SELECT current_mutual()) GROUP BY s.id
) c ON c.id = a.schedule_id
WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s ORDER BY l.line_no
"""

LEAVES = f"""
-- one row per line, in order: the bytes that the filing's Merkle root stands over
SELECT convert_to({CANONICAL}, 'UTF8') AS canonical
FROM filing_line l CROSS JOIN ({_FILING}) f
WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s ORDER BY l.line_no
"""

DEPENDANT_LINES = """
-- one row per additional dependant to add or take away, in the file's order
SELECT line_no, holder_document_kind, holder_document, event, document_kind, document, given_names, first_surname,
       second_surname
FROM filing_dependant_line WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s ORDER BY line_no
"""

NEXT_DOCUMENT = """
-- one row: the number the next file will have
SELECT nextval(pg_get_serial_sequence('filing_document', 'id'))
"""

INSERT_CHUNK = """
-- no row: a piece of a file
INSERT INTO filing_document_chunk (document_id, seq, lines_before, body)
VALUES (%(document_id)s, %(seq)s, %(lines_before)s, %(body)b)
"""

INSERT_DOCUMENT = """
-- no row: a file, whole
INSERT INTO filing_document (id, filing_id, position, holds, kind, part, part_count, file_name, media_type, line_count, first_line_no,
    head_lines, byte_count, sha256, reference)
VALUES (:id, :filing_id, :position, :holds, :kind, :part, :part_count, :file_name, :media_type, :line_count, :first_line_no,
    :head_lines, :byte_count, :sha256, :reference)
"""
