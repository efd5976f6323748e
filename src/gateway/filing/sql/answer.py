"""Statements that carry a filing to the state and take its answer in."""

from functools import cache

DUE = """
-- one row per filing with which something is to be done now; each is looked at again a little later in any case
UPDATE filing SET next_check_at = clock_timestamp() + interval '30 seconds'
WHERE mutual_id = current_mutual() AND id IN (
    SELECT id FROM filing
    WHERE mutual_id = current_mutual() AND status NOT IN ('draft', 'discarded')
      AND (next_check_at <= clock_timestamp() OR (status = 'sending' AND lease_until < clock_timestamp()))
    ORDER BY id FOR UPDATE SKIP LOCKED)
RETURNING id
"""

OPEN_STEP = """
-- no row: an attempt, or a question of an attempt, begins
INSERT INTO filing_submission (filing_id, attempt, step, request_sha256, worker)
VALUES (:filing_id, :attempt, :step, :request_sha256, :worker)
ON CONFLICT (mutual_id, filing_id, attempt, step)
DO UPDATE SET started_at = clock_timestamp(), finished_at = NULL, outcome = NULL, detail = NULL, worker = excluded.worker
"""

CLOSE_STEP = """
-- no row: how an attempt ended, as far as its own worker knows
UPDATE filing_submission SET finished_at = clock_timestamp(), outcome = :outcome, detail = :detail, evidence_id = :evidence_id
WHERE mutual_id = current_mutual() AND filing_id = :filing_id AND attempt = :attempt AND step = :step
"""

TABLE = "filing_answered"
"""Where an answer stands while it is set against ours: a temporary table, or a view of two."""
ANSWERED = {
    "line": "int4",
    "payroll": "text",
    "document_kind": "text",
    "document": "text",
    "status": "text",
    "code": "text",
    "message": "text",
    "declared_minor": "int8",
    "accepted_minor": "int8",
    "heads": "int4",
    "amount_minor": "int8",
}
"""Columns of the staged answer: one row per line of the file."""

SAID = {"id": "int4 PRIMARY KEY", **{name: kind for name, kind in ANSWERED.items() if name not in ("line", "document")}}
"""Columns of what a fetched answer says, of however many lines."""
LISTED = {"line": "int4", "document": "text", "said": "int4"}
"""Columns of the lines of a fetched answer, and what is said of each."""
ANSWERED_OF_GROUPS = f"""
-- no row: a fetched answer, line by line; who asks for numbers and documents alone looks at nothing that is said
CREATE TEMPORARY VIEW filing_answered AS
SELECT {", ".join(f"l.{name}" if name in ("line", "document") else f"s.{name}" for name in ANSWERED)}
FROM filing_listed l LEFT JOIN filing_said s ON s.id = l.said
"""

_SAME = "o.document_kind = a.document_kind AND o.document = a.document"
_OURS = """LEFT JOIN {table} o ON o.mutual_id = (SELECT current_mutual()) AND o.filing_id = %(filing_id)s
    AND o.line_no = a.line + %(offset)s AND o.line_no BETWEEN %(first)s AND %(last)s AND o.status = 'waiting'"""
_DIFFERENT = "(SELECT count(*) FROM (SELECT FROM filing_answered GROUP BY line) d)"
_THEIRS = """count(*) AS lines, {different} AS distinct_lines,
       count(*) FILTER (WHERE a.status IN ('accepted', 'accepted_with_change')) AS accepted,
       count(*) FILTER (WHERE a.status = 'rejected') AS rejected,
       coalesce(sum(a.declared_minor), 0)::int8 AS declared_minor, coalesce(sum(a.accepted_minor), 0)::int8 AS accepted_minor,
       coalesce(sum(a.amount_minor), 0)::int8 AS billed_minor"""

USUAL = """
-- at most one row: what the state says of a line that it takes, as most of the first few have it
SELECT code, message FROM (SELECT code, message FROM filing_answered WHERE status = 'accepted' LIMIT 300) few
GROUP BY code, message ORDER BY count(*) DESC, code, message LIMIT 1
"""


@cache
def sums_of_answer(holds: str, places: int = 0, *, is_in_order: bool = False) -> str:
    """Return the statement that adds an answer up and sets it against ours; it keeps apart what is not as usual.

    Into ``filing_alone`` go the lines that were not taken as filed, and those of which other words are said than usual:
    what each of these takes must be written by itself, what all others take is the same.

    Args:
        holds: What the file holds.
        places: How many components' amounts of accepted workers are added up by their place.
        is_in_order: Each line's number is known to be above the one before, so that all of them are different.
    """
    theirs = _THEIRS.format(different="count(*)" if is_in_order else _DIFFERENT)
    if holds != "workers":
        table, same = {"dependants": ("filing_dependant_line", "true"), "movements": ("filing_movement", _SAME)}[holds]
        return f"""
-- one row: the staged answer added up, and how many of its lines stand where ours stand
SELECT {theirs}, count(o.id) FILTER (WHERE {same}) AS ours, NULL::int8 AS ours_minor
FROM filing_answered a {_OURS.format(table=table)}
"""
    amounts = ", ".join(
        f"coalesce(sum(o.amounts_minor[{place}]) FILTER (WHERE a.status <> 'rejected'), 0)::int8"
        for place in range(1, places + 1)
    )
    return f"""
-- one row: the staged answer added up, how many of its lines stand where ours stand, the wages we declared in those, and
-- what the accepted of them come to by our reckoning: all, our fees, and each component
WITH summed AS (
    SELECT {theirs}, count(o.id) FILTER (WHERE {_SAME}) AS ours, sum(o.wage_minor)::int8 AS ours_minor,
           coalesce(sum(o.state_minor) FILTER (WHERE a.status <> 'rejected'), 0)::int8 AS kept_minor,
           coalesce(sum(o.fee_minor) FILTER (WHERE a.status <> 'rejected'), 0)::int8 AS fee_minor,
           ARRAY[{amounts}]::int8[] AS amounts_minor,
           array_agg(a.line) FILTER (WHERE (
               a.status = 'accepted' AND a.amount_minor = o.state_minor AND a.accepted_minor = o.wage_minor
               AND a.code IS NOT DISTINCT FROM %(code)s::text AND a.message IS NOT DISTINCT FROM %(text)s::text) IS NOT TRUE) AS alone
    FROM filing_answered a {_OURS.format(table="filing_line")}
), alone AS (
    INSERT INTO filing_alone (line, line_no) SELECT line, line + %(offset)s FROM summed, unnest(alone) line
)
SELECT lines, distinct_lines, accepted, rejected, declared_minor, accepted_minor, billed_minor, ours, ours_minor,
       kept_minor, fee_minor, amounts_minor
FROM summed
"""


UPDATE_LINES = """
-- no row: each line of which something of its own is said takes its own answer, once
UPDATE filing_line l SET
    status = CASE WHEN a.status = 'rejected' THEN 'rejected'
                  WHEN a.status = 'accepted_with_change' OR a.amount_minor <> l.state_minor THEN 'changed'
                  ELSE 'accepted' END,
    state_code = a.code, state_text = a.message,
    state_accepted_minor = CASE WHEN a.status = 'rejected' THEN 0 ELSE a.amount_minor END,
    state_wage_minor = CASE WHEN a.status <> 'rejected' AND a.accepted_minor <> l.wage_minor THEN a.accepted_minor END,
    answered_at = now()
FROM filing_alone x JOIN filing_answered a ON a.line = x.line
WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s AND l.line_no = x.line_no
  AND l.line_no = ANY (ARRAY(SELECT line_no FROM filing_alone))
  AND l.line_no BETWEEN %(first)s AND %(last)s AND l.status = 'waiting'
"""

UPDATE_USUAL = """
-- no row: every other line of a file was taken as it was filed, in the usual words, once
UPDATE filing_line l SET status = 'accepted', state_code = %(code)s, state_text = %(text)s, state_accepted_minor = l.state_minor,
    answered_at = now()
WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s AND l.line_no BETWEEN %(first)s AND %(last)s
  AND l.status = 'waiting'
"""

_UPDATE_PLAIN = """
-- no row: each line of a file takes its answer, once
UPDATE {table} l SET status = CASE WHEN a.status = 'rejected' THEN 'rejected' ELSE 'accepted' END,
    state_code = a.code, state_text = a.message, answered_at = now()
FROM filing_answered a
WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s AND l.line_no = a.line + %(offset)s
  AND l.line_no BETWEEN %(first)s AND %(last)s AND l.status = 'waiting'
"""

UPDATE = {
    "workers": UPDATE_LINES,
    "dependants": _UPDATE_PLAIN.replace("{table}", "filing_dependant_line"),
    "movements": _UPDATE_PLAIN.replace("{table}", "filing_movement"),
}

REJECT_ALL = {
    holds: f"""
-- no row: no line of a file was taken
UPDATE {table} l SET status = 'rejected', state_code = %(code)s, state_text = %(text)s, answered_at = now(){more}
WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s AND l.line_no BETWEEN %(first)s AND %(last)s
  AND l.status = 'waiting'
"""
    for holds, table, more in (
        ("workers", "filing_line", ", state_accepted_minor = 0"),
        ("dependants", "filing_dependant_line", ""),
        ("movements", "filing_movement", ""),
    )
}

REJECT_WITH_CAUSE = {
    holds: f"""
-- no row: of a file that was not taken, each line that the state found wrong takes its own error
UPDATE {table} l SET status = 'rejected', state_code = e.code, state_text = e.text, answered_at = now(){more}
FROM unnest(CAST(%(lines)s AS int[]), CAST(%(codes)s AS text[]), CAST(%(texts)s AS text[])) AS e (line, code, text)
WHERE l.mutual_id = (SELECT current_mutual()) AND l.filing_id = %(filing_id)s AND l.line_no = e.line + %(offset)s
  AND l.line_no BETWEEN %(first)s AND %(last)s AND l.status = 'waiting'
"""
    for holds, table, more in (
        ("workers", "filing_line", ", state_accepted_minor = 0"),
        ("dependants", "filing_dependant_line", ""),
        ("movements", "filing_movement", ""),
    )
}

ALONE = {"line": "int4", "line_no": "int4"}
"""Columns of the temporary table of the lines of an answer of which something else is said than is usual: theirs and ours."""
APART = {"line_id": "int8", "status": "text"}
"""Columns of the temporary table of a file's workers whom the state did not take as they were filed."""


def told_apart(update: str) -> str:
    """Return an update of workers' lines that keeps apart those that were not taken as filed.

    Of a file's many lines these are few: releasing their money and logging them goes through no other line again.
    """
    return f"""
-- no row: lines take their answer by this, and are kept apart
WITH answered AS ({update}
    RETURNING l.id, l.status
)
INSERT INTO filing_apart (line_id, status) SELECT id, status FROM answered WHERE status <> 'accepted'
"""


MIRROR = """
-- no row: what the state holds of dependants after its answer; told that it was so already, it is so
INSERT INTO state_dependant (member_id, dependant_id, document_kind, document, is_active, filing_id)
SELECT DISTINCT ON (member_id, document_kind, document) member_id, dependant_id, document_kind, document, event = 'add', filing_id
FROM filing_dependant_line
WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s AND line_no BETWEEN %(first)s AND %(last)s
  AND (status = 'accepted' OR (event = 'add' AND state_code = %(held)s) OR (event = 'remove' AND state_code = %(not_held)s))
ORDER BY member_id, document_kind, document, line_no DESC
ON CONFLICT (mutual_id, member_id, document_kind, document)
DO UPDATE SET dependant_id = excluded.dependant_id, is_active = excluded.is_active, filing_id = excluded.filing_id, changed_at = now()
"""

MOVEMENTS_FOR_LOG = """
-- one row per movement that was rejected: a step of its state machine
SELECT 'filing_movement', id, 'reject', 'waiting', status, %(actor)s, state_code, %(evidence_id)s::int8
FROM filing_movement
WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s AND line_no BETWEEN %(first)s AND %(last)s
  AND status = 'rejected' ORDER BY line_no
"""

EXCEPTIONS_FOR_LOG = """
-- one row per line that was rejected or changed: a step of its state machine
SELECT 'filing_line', l.id, CASE l.status WHEN 'rejected' THEN 'reject' ELSE 'accept_changed' END, 'waiting', l.status, %(actor)s,
       l.state_code, %(evidence_id)s::int8
FROM filing_apart x JOIN filing_line l ON l.mutual_id = (SELECT current_mutual()) AND l.id = x.line_id
ORDER BY l.line_no
"""

COUNT_ANSWERED = {
    holds: f"""
-- one row: how the lines of a file stand
SELECT count(*) FILTER (WHERE status = 'accepted') AS accepted, count(*) FILTER (WHERE status = 'rejected') AS rejected
FROM {table} WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s AND line_no BETWEEN %(first)s AND %(last)s
"""
    for holds, table in (("dependants", "filing_dependant_line"), ("movements", "filing_movement"))
} | {
    "workers": """
-- one row: how the lines of a file stand
SELECT %(lines)s - count(*), count(*) FROM filing_apart WHERE status = 'rejected'
"""
}

RELEASE = """
-- one row per account that gets its money back, and one for the filing's reserve that gives it
WITH line AS (
    SELECT l.* FROM filing_apart x JOIN filing_line l ON l.mutual_id = (SELECT current_mutual()) AND l.id = x.line_id
    WHERE x.status = 'rejected'
), given AS (
    SELECT 'fund:' || fund_id AS code, sum(from_fund_minor)::int8 AS amount_minor FROM line WHERE from_fund_minor > 0 GROUP BY fund_id
    UNION ALL
    SELECT 'reserve:solidarity', sum(from_reserve_minor)::int8 FROM line WHERE from_reserve_minor > 0
    UNION ALL
    SELECT 'employer:' || e.id || ':contributions', sum(l.from_employer_minor)::int8 FROM line l
    JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id
    JOIN payroll p ON p.mutual_id = f.mutual_id AND p.id = f.payroll_id
    JOIN employer e ON e.mutual_id = p.mutual_id AND e.number = p.employer_number
    WHERE l.from_employer_minor > 0 GROUP BY e.id
    UNION ALL
    SELECT %(reserved)s, -sum(total_minor)::int8 FROM line
)
SELECT a.id AS account_id, a.currency, -l.from_member_minor AS amount_minor
FROM line l
JOIN ledger_account a ON a.mutual_id = (SELECT current_mutual()) AND a.owner_kind = 'member' AND a.owner_id = l.member_id
    AND a.control = 'member:contributions'
UNION ALL
SELECT a.id, a.currency, -g.amount_minor FROM given g JOIN ledger_account a ON a.mutual_id = (SELECT current_mutual()) AND a.code = g.code
"""

INSERT_ANSWER = """
-- one row: the new answer's id
INSERT INTO filing_answer (filing_id, document_id, sha256, evidence_id, status, code, accepted_count, rejected_count, problem)
VALUES (:filing_id, :document_id, :sha256, :evidence_id, :status, :code, :accepted, :rejected, :problem)
ON CONFLICT (mutual_id, document_id, sha256) DO NOTHING RETURNING id
"""

INSERT_PAGES = """
-- no row: the pages an answer came in
INSERT INTO filing_answer_page (answer_id, page_no, first_line, last_line, evidence_id)
SELECT :answer_id, n, first_line, last_line, evidence_id
FROM unnest(CAST(:first AS int[]), CAST(:last AS int[]), CAST(:evidence AS bigint[])) WITH ORDINALITY AS p (first_line, last_line, evidence_id, n)
"""

WORKERS_STANDING = """
-- one row: how the files of a filing stand; those that decide are the workers', or all where nobody is declared
SELECT count(*) FILTER (WHERE status = 'sealed') AS sealed, count(*) FILTER (WHERE status = 'received') AS received,
       count(*) FILTER (WHERE decides AND status IN ('sealed', 'received')) AS workers_open,
       coalesce(sum(accepted_count) FILTER (WHERE decides), 0)::int AS accepted,
       coalesce(sum(rejected_count) FILTER (WHERE decides), 0)::int AS rejected
FROM (
    SELECT status, accepted_count, rejected_count, holds = 'workers' OR NOT bool_or(holds = 'workers') OVER () AS decides
    FROM filing_document WHERE mutual_id = current_mutual() AND filing_id = :filing_id
) d
"""
