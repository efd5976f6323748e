"""Statements that make a draft: candidates joined once, decisions taken in, lines written."""

from gateway.contributions.queries import ASSESSED
from gateway.filing.sql.allot import OLDER_OPEN_MONTHS
from gateway.membership.queries import ADDITIONAL_DEPENDANTS, OWN_WAGES, ROSTER

LOCK_PAYROLL = """
-- at most one row: the payroll, held until the transaction ends so that two cannot prepare at once
SELECT id, code, employer_number FROM payroll WHERE mutual_id = current_mutual() AND id = :payroll_id FOR NO KEY UPDATE
"""

FILINGS_OF_MONTH = """
-- one row per filing of a payroll and month, oldest first
SELECT id, sequence, status, kind, version FROM filing
WHERE mutual_id = current_mutual() AND payroll_id = :payroll_id AND period_start = :start ORDER BY sequence
"""

POLICY_IN_FORCE = """
-- at most one row: the funding policy that counts on a day
SELECT id, rules FROM funding_policy WHERE mutual_id = current_mutual() AND valid_from <= :today
ORDER BY valid_from DESC, version DESC LIMIT 1
"""

POLICIES = """
-- one row per funding policy, newest first
SELECT * FROM funding_policy WHERE mutual_id = current_mutual() AND id < :before ORDER BY id DESC LIMIT :limit
"""

INSERT_POLICY = """
-- one row: a funding policy, numbered after those of its day
INSERT INTO funding_policy (valid_from, version, rules, reason, actor)
SELECT :valid_from, coalesce(max(version), 0) + 1, CAST(:rules AS jsonb), :reason, :actor
FROM funding_policy WHERE mutual_id = current_mutual() AND valid_from = :valid_from
RETURNING id, version, recorded_at
"""

COUNT_ASSESSMENTS = """
-- one row: how many assessments the payroll's month has, older versions too; none is ever changed or deleted
SELECT count(*) FROM contribution_assessment
WHERE mutual_id = (SELECT current_mutual()) AND period_start = %(start)s AND payroll_id = %(payroll_id)s
"""

ANYBODY_ENROLLED = """
-- one row: whether anybody stands in the payroll on any day of the month
SELECT EXISTS (SELECT FROM enrolment WHERE mutual_id = current_mutual() AND payroll_id = :payroll_id
    AND valid_from <= :end AND (valid_to IS NULL OR valid_to > :start))
    OR NOT EXISTS (SELECT FROM filing WHERE mutual_id = current_mutual() AND payroll_id = :payroll_id
    AND status IN ('accepted', 'partial', 'settled'))
"""

LAST_ACCEPTED_MONTH = """
-- one row: the newest month before this one in which the payroll was accepted, or null
SELECT max(period_start) AS period_start FROM filing
WHERE mutual_id = current_mutual() AND payroll_id = %(payroll_id)s AND period_start < %(start)s
  AND status IN ('accepted', 'partial', 'settled') AND line_count > 0
"""

CREATE_CANDIDATES = """
CREATE TEMPORARY TABLE filing_candidate (
    member_id int8, status text, on_leave boolean, wage_minor int8, heads int4, assessed_wage_minor int8, assessed_heads int4,
    needed_minor int8, held_minor int8, received_minor int8, fund_id int8, was_covered boolean, is_declared_elsewhere boolean,
    waits_for_earlier boolean, document_kind text, document text, given_names text, first_surname text, second_surname text, sex text, birth_date date,
    change_since_last text, is_as_told boolean, assessment_id int8, amounts_minor int8[], state_minor int8
) ON COMMIT DROP
"""

INSERT_CANDIDATES = f"""
-- one row per member enrolled in the payroll on any day of the month, with everything the decision and the line need;
-- those whom an open or accepted filing of the same payroll and month has already are left out. After them whoever was
-- accepted in the payroll's last month and is in it no longer, as gone, with nothing else
INSERT INTO filing_candidate
WITH received AS NOT MATERIALIZED (
    SELECT coalesce(p.member_id, l.member_id) AS member_id, sum(l.amount_minor)::int8 AS received_minor
    FROM contribution_receipt r
    JOIN contribution_receipt_line l ON l.mutual_id = r.mutual_id AND l.receipt_id = r.id
    LEFT JOIN (
        SELECT DISTINCT ON (receipt_line_id) receipt_line_id, member_id FROM contribution_placement
        WHERE mutual_id = (SELECT current_mutual()) ORDER BY receipt_line_id, version DESC
    ) p ON p.receipt_line_id = l.id
    WHERE r.mutual_id = (SELECT current_mutual()) AND r.paid_on >= %(start)s
      AND NOT EXISTS (SELECT FROM contribution_reversal v WHERE v.mutual_id = r.mutual_id AND v.receipt_id = r.id)
    GROUP BY 1
), last AS NOT MATERIALIZED (
    SELECT DISTINCT ON (l.member_id) l.member_id, l.wage_minor, l.document_kind, l.document, l.given_names, l.first_surname,
           l.second_surname, l.sex, l.birth_date
    FROM filing f
    JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status IN ('accepted', 'changed')
    WHERE f.mutual_id = (SELECT current_mutual()) AND f.payroll_id = %(payroll_id)s AND f.period_start = CAST(%(last)s AS date)
    ORDER BY l.member_id, l.wage_minor DESC
), declared AS MATERIALIZED (
    SELECT l.member_id, bool_or(f.payroll_id = %(payroll_id)s) AS here,
           bool_or(f.payroll_id <> %(payroll_id)s AND o.member_id IS NULL) AS elsewhere,
           sum(l.wage_minor) FILTER (WHERE l.status IN ('accepted', 'changed') AND q.employer_number = p.employer_number
               AND q.code < p.code)::int8 AS earlier_minor
    FROM filing f
    JOIN payroll q ON q.mutual_id = f.mutual_id AND q.id = f.payroll_id
    JOIN payroll p ON p.mutual_id = f.mutual_id AND p.id = %(payroll_id)s
    JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status <> 'rejected'
    LEFT JOIN ({OWN_WAGES}) o ON o.member_id = l.member_id AND o.payroll_id = f.payroll_id
    WHERE f.mutual_id = (SELECT current_mutual()) AND f.period_start = %(start)s AND f.id <> %(filing_id)s
      AND f.status NOT IN ('discarded', 'rejected')
    GROUP BY l.member_id
)
SELECT coalesce(r.member_id, last.member_id), r.status, r.on_leave, r.wage_minor, r.additional_dependants,
       CASE WHEN a.earlier_wage_minor = r.earlier_wage_minor THEN a.wage_minor WHEN a.member_id IS NOT NULL THEN -1 END,
       a.additional_dependants,
       coalesce(a.total_minor, 0), greatest(0, coalesce(b.held_minor, 0) - coalesce(o.older_minor, 0)),
       coalesce(g.received_minor, 0), r.fund_id,
       last.member_id IS NOT NULL AND CAST(%(last)s AS date) = %(previous)s, coalesce(d.elsewhere, false) AND NOT r.has_own_wage,
       r.earlier_wage_minor > 0 AND r.earlier_wage_minor <> coalesce(d.earlier_minor, 0), r.document_kind, r.document, r.given_names, r.first_surname, r.second_surname, r.sex, r.birth_date,
       CASE WHEN r.member_id IS NULL THEN 'gone'
            WHEN last.member_id IS NOT NULL THEN CASE WHEN last.wage_minor = r.wage_minor THEN 'same' ELSE 'wage_changed' END
            -- Asked of the few who were not in the payroll's last month, each over an index; the many months before are not gone through.
            WHEN EXISTS (
                SELECT FROM filing WHERE mutual_id = (SELECT current_mutual()) AND payroll_id = %(payroll_id)s AND period_start < %(start)s
            ) AND EXISTS (
                SELECT FROM filing_line l JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id
                WHERE l.mutual_id = (SELECT current_mutual()) AND l.member_id = r.member_id AND l.status IN ('accepted', 'changed')
                  AND f.payroll_id = %(payroll_id)s AND f.period_start < %(start)s OFFSET 0
            ) THEN 'back' ELSE 'new' END,
       (last.wage_minor, last.document_kind, last.document, last.given_names, last.first_surname, last.second_surname, last.sex, last.birth_date)
           = (r.wage_minor, r.document_kind, r.document, r.given_names, r.first_surname, r.second_surname, r.sex, r.birth_date),
       a.assessment_id, a.amounts_minor, a.state_minor
FROM ({ROSTER}) r
LEFT JOIN ({ASSESSED}) a ON a.member_id = r.member_id
LEFT JOIN ledger_account c ON c.mutual_id = (SELECT current_mutual()) AND c.owner_kind = 'member' AND c.owner_id = r.member_id
    AND c.control = 'member:contributions'
LEFT JOIN ledger_balance b ON b.mutual_id = c.mutual_id AND b.account_id = c.id
LEFT JOIN received g ON g.member_id = r.member_id
LEFT JOIN ({OLDER_OPEN_MONTHS}) o ON o.member_id = r.member_id
FULL JOIN last ON last.member_id = r.member_id
LEFT JOIN declared d ON d.member_id = r.member_id
WHERE NOT coalesce(d.here, false)
"""

CANDIDATES = """
-- one row per candidate: what the decision needs, then what the state's line needs
SELECT member_id, status, on_leave, wage_minor, heads, assessed_wage_minor, assessed_heads, needed_minor, held_minor,
       received_minor, fund_id, was_covered, is_declared_elsewhere, waits_for_earlier,
       document_kind, document, given_names, first_surname, second_surname, sex, birth_date, wage_minor
FROM filing_candidate WHERE change_since_last <> 'gone'
"""

COUNT_GONE = """
-- one row: how many are in the payroll no longer
SELECT count(*) FROM filing_candidate WHERE change_since_last = 'gone'
"""

DECIDED = {
    "member_id": "int8",
    "is_funded": "bool",
    "reason": "text",
    "detail": "text",
    "available_minor": "int8",
    "short_minor": "int8",
    "from_member_minor": "int8",
    "credit_minor": "int8",
    "from_fund_minor": "int8",
    "from_reserve_minor": "int8",
    "from_employer_minor": "int8",
}
"""Columns of the staged decisions, in the order of ``rules.Decision``; a candidate without one is ``rules.plain_decision``'s."""

PURSES = """
-- one row per fund that has an account, and one with id 0 for the reserve: what it holds
SELECT CASE WHEN a.code = 'reserve:solidarity' THEN 0 ELSE split_part(a.code, ':', 2)::int8 END AS fund_id, b.held_minor
FROM ledger_account a JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
WHERE a.mutual_id = current_mutual() AND a.control IN ('fund', 'reserve:solidarity')
"""

EMPLOYER_PURSE = """
-- at most one row: what the employer whose payroll it is has paid in and nothing used; none where that is the mutual itself
SELECT e.id, coalesce(b.held_minor, 0) AS held_minor
FROM payroll p JOIN employer e ON e.mutual_id = p.mutual_id AND e.number = p.employer_number
JOIN mutual m ON m.mutual_id = p.mutual_id AND m.employer_number <> p.employer_number
LEFT JOIN ledger_account a ON a.mutual_id = e.mutual_id AND a.owner_kind = 'employer' AND a.owner_id = e.id
    AND a.control = 'employer:contributions'
LEFT JOIN ledger_balance b ON b.mutual_id = a.mutual_id AND b.account_id = a.id
WHERE p.mutual_id = current_mutual() AND p.id = :payroll_id
"""

CLEAR_DRAFT = tuple(
    f"""
-- no row: a draft gives up what it held
DELETE FROM {table} WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s
"""
    for table in ("filing_line", "filing_decision", "filing_dependant_line", "filing_movement")
)

INSERT_LINES = """
-- no row: a line for each funded member, numbered by member
INSERT INTO filing_line (filing_id, line_no, member_id, assessment_id, document_kind, document, given_names, first_surname,
    second_surname, sex, birth_date, wage_minor, additional_dependants, amounts_minor, state_minor, fee_minor, total_minor,
    from_member_minor, credit_minor, from_fund_minor, from_reserve_minor, from_employer_minor, fund_id, reason,
    change_since_last)
SELECT %(filing_id)s, row_number() OVER (ORDER BY c.member_id), c.member_id, c.assessment_id, c.document_kind, c.document,
       c.given_names, c.first_surname, c.second_surname, c.sex, c.birth_date, c.wage_minor, c.heads, c.amounts_minor,
       c.state_minor, c.needed_minor - c.state_minor, c.needed_minor, coalesce(d.from_member_minor, c.needed_minor),
       coalesce(d.credit_minor, 0), coalesce(d.from_fund_minor, 0), coalesce(d.from_reserve_minor, 0),
       coalesce(d.from_employer_minor, 0), CASE WHEN d.from_fund_minor > 0 THEN c.fund_id END, coalesce(d.reason, 'own_money'),
       c.change_since_last
FROM filing_candidate c LEFT JOIN filing_decided d ON d.member_id = c.member_id
WHERE coalesce(d.is_funded, true) AND c.change_since_last <> 'gone'
"""

INSERT_DECISIONS = """
-- no row: a decision for each member who is not declared
INSERT INTO filing_decision (filing_id, member_id, assessment_id, reason, detail, needed_minor, available_minor, short_minor,
    change_since_last)
SELECT %(filing_id)s, c.member_id, c.assessment_id, d.reason, d.detail, c.needed_minor, d.available_minor, d.short_minor,
       c.change_since_last
FROM filing_decided d JOIN filing_candidate c USING (member_id)
WHERE NOT d.is_funded
"""

INSERT_GONE = """
-- no row: a decision for each member who was accepted in the payroll's last month and is in it no longer
INSERT INTO filing_decision (filing_id, member_id, reason, needed_minor, available_minor, short_minor, change_since_last)
SELECT %(filing_id)s, member_id, 'not_enrolled', 0, 0, 0, 'gone' FROM filing_candidate WHERE change_since_last = 'gone'
"""

_HEADS = f"""
    SELECT d.*, h.id IS NOT NULL AS is_held FROM ({ADDITIONAL_DEPENDANTS}) d
    LEFT JOIN state_dependant h ON h.mutual_id = (SELECT current_mutual()) AND h.member_id = d.member_id AND h.is_active
        AND h.document_kind = d.document_kind AND h.document = d.document
"""

REFUSED_LINES = """
-- one row per member whose newest line of the payroll's month the state refused: its code, and what the line said
SELECT DISTINCT ON (l.member_id) l.member_id, l.state_code, l.state_text, l.document_kind, l.document, l.given_names, l.first_surname,
       l.second_surname, l.sex, l.birth_date, l.wage_minor, l.total_minor
FROM filing f JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status = 'rejected'
WHERE f.mutual_id = current_mutual() AND f.payroll_id = %(payroll_id)s AND f.period_start = %(start)s AND f.id <> %(filing_id)s
ORDER BY l.member_id, l.filing_id DESC
"""

HEADS_TO_ADD = f"""
-- one row per additional dependant of a candidate that the state does not hold yet
SELECT d.member_id, c.document_kind AS holder_document_kind, c.document AS holder_document, d.document_kind, d.document,
       d.given_names, d.first_surname, d.second_surname
FROM ({_HEADS}) d JOIN filing_candidate c ON c.member_id = d.member_id
WHERE NOT d.is_held
"""

INSERT_DEPENDANT_LINES = f"""
-- no row: what the state holds of additional dependants by this payroll's filings and should not, whether the holder is
-- declared this time or not, then what it lacks of the declared members'
WITH lines AS (
    SELECT member_id, document_kind AS holder_document_kind, document AS holder_document, additional_dependants
    FROM filing_line WHERE mutual_id = (SELECT current_mutual()) AND filing_id = %(filing_id)s
), heads AS MATERIALIZED (
    -- A member who is declared without her additional dependants has none for the state.
    SELECT d.* FROM ({_HEADS}) d JOIN lines l ON l.member_id = d.member_id AND l.additional_dependants > 0
), kept AS (
    -- Who is not declared this time, for want of money or because another filing of the month has her, keeps her family:
    -- of hers only those are removed who are gone from it.
    SELECT member_id, document_kind, document FROM heads
    UNION
    SELECT d.member_id, d.document_kind, d.document FROM ({_HEADS}) d
    WHERE NOT EXISTS (SELECT FROM lines l WHERE l.member_id = d.member_id)
), events AS (
    SELECT 1 AS turn, 'remove' AS event, h.member_id, h.dependant_id, h.document_kind, h.document, p.given_names,
           p.first_surname, p.second_surname
    FROM state_dependant h
    JOIN filing told ON told.mutual_id = h.mutual_id AND told.id = h.filing_id AND told.payroll_id = %(payroll_id)s
    JOIN dependant p ON p.mutual_id = h.mutual_id AND p.id = h.dependant_id
    WHERE h.mutual_id = (SELECT current_mutual()) AND h.is_active AND NOT EXISTS (
        SELECT FROM kept d WHERE d.member_id = h.member_id AND d.document_kind = h.document_kind AND d.document = h.document)
    UNION ALL
    SELECT 2, 'add', d.member_id, d.dependant_id, d.document_kind, d.document, d.given_names, d.first_surname, d.second_surname
    FROM heads d JOIN lines USING (member_id) WHERE NOT d.is_held
)
INSERT INTO filing_dependant_line (filing_id, line_no, event, member_id, dependant_id, holder_document_kind, holder_document,
    document_kind, document, given_names, first_surname, second_surname)
SELECT %(filing_id)s, row_number() OVER (ORDER BY e.turn, e.member_id, e.dependant_id), e.event, e.member_id, e.dependant_id,
       coalesce(l.holder_document_kind, i.kind), coalesce(l.holder_document, i.value), e.document_kind, e.document, e.given_names,
       e.first_surname, e.second_surname
FROM events e
LEFT JOIN lines l USING (member_id)
LEFT JOIN member_identity i ON i.mutual_id = (SELECT current_mutual()) AND i.member_id = e.member_id AND i.is_primary
WHERE coalesce(l.holder_document, i.value) IS NOT NULL
"""

SUM_DRAFT = """
-- one row: the filing with its lines added up
UPDATE filing f SET line_count = l.line_count, wage_minor = l.wage_minor, state_minor = l.state_minor, fee_minor = l.fee_minor,
    reserved_minor = l.total_minor, not_funded_count = d.not_funded_count, dependant_line_count = p.dependant_line_count
FROM (
    SELECT count(*) AS line_count, coalesce(sum(wage_minor), 0) AS wage_minor, coalesce(sum(state_minor), 0) AS state_minor,
           coalesce(sum(fee_minor), 0) AS fee_minor, coalesce(sum(total_minor), 0) AS total_minor
    FROM filing_line WHERE mutual_id = (SELECT current_mutual()) AND filing_id = %(filing_id)s
) l, (
    SELECT count(*) FILTER (WHERE change_since_last <> 'gone') AS not_funded_count FROM filing_decision
    WHERE mutual_id = (SELECT current_mutual()) AND filing_id = %(filing_id)s
) d, (
    SELECT count(*) AS dependant_line_count FROM filing_dependant_line
    WHERE mutual_id = (SELECT current_mutual()) AND filing_id = %(filing_id)s
) p
WHERE f.mutual_id = (SELECT current_mutual()) AND f.id = %(filing_id)s
"""
