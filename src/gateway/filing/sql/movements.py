"""Statements that find what the state is to be told of members' comings and goings, and write it into a draft.

What the state accepted is the baseline. A payroll's first accepted month is its opening: the payroll file itself declared
everybody then, so only what was recorded or happened afterwards is a movement. From there on each movement has a key that
says what is told; a key that was accepted, or is on its way in another filing, is not due, one that was rejected is.
"""

TOLD_ALREADY = ("191", "115")
"""The state's codes for "active here already" and "inactive already": told so, its register is as we want it. SRC-001."""

OPENING = """
-- at most one row: the first month in which the payroll was accepted, and when that filing was prepared
SELECT period_start, prepared_at FROM filing
WHERE mutual_id = current_mutual() AND payroll_id = %(payroll_id)s AND status IN ('accepted', 'partial', 'settled') AND line_count > 0
ORDER BY period_start, id LIMIT 1
"""

LATER_MONTH = """
-- one row: whether a later month of the payroll went out already
SELECT EXISTS (SELECT FROM filing WHERE mutual_id = current_mutual() AND payroll_id = %(payroll_id)s
    AND period_start > %(start)s AND status NOT IN ('draft', 'discarded'))
"""

CREATE_DUE = """
CREATE TEMPORARY TABLE filing_due (
    event_key text, event text, reason text, source_kind text, source_id int8, member_id int8, starts_on date, ends_on date,
    held_back text, again_after text
) ON COMMIT DROP
"""

STAGE_TOLD = """
-- one row per key that a sealed filing of the payroll told, with the answer to the newest telling
CREATE TEMPORARY TABLE filing_told ON COMMIT DROP AS
SELECT DISTINCT ON (m.event_key) m.event_key, m.member_id, m.source_kind, m.source_id, m.event,
       CASE WHEN m.status = 'rejected' AND m.state_code = ANY(%(told_already)s) THEN 'accepted' ELSE m.status END AS status,
       m.state_code
FROM filing f JOIN filing_movement m ON m.mutual_id = f.mutual_id AND m.filing_id = f.id AND m.line_no IS NOT NULL
WHERE f.mutual_id = current_mutual() AND f.payroll_id = %(payroll_id)s AND f.status NOT IN ('draft', 'discarded')
ORDER BY m.event_key, m.id DESC
"""

DUE_ENTRIES = """
-- no row: whoever entered the payroll since its opening and was not told, or not taken; one told in vain and over since is left
INSERT INTO filing_due
SELECT k.event_key, 'entry', 'entered', 'enrolment', e.id, e.member_id, e.valid_from, NULL,
       CASE WHEN e.valid_from > %(latest)s THEN 'too_far_ahead' END, t.state_code
FROM enrolment e CROSS JOIN LATERAL (SELECT 'enrolment:' || e.id || ':entry' AS event_key) k
LEFT JOIN filing_told t ON t.event_key = k.event_key
WHERE e.mutual_id = (SELECT current_mutual()) AND e.payroll_id = %(payroll_id)s
  AND (e.valid_from > %(opening_end)s OR e.recorded_at > %(opening_at)s)
  AND (t.event_key IS NULL OR (t.status = 'rejected' AND (e.valid_to IS NULL OR e.valid_to > %(today)s)))
"""

DUE_EXITS = """
-- no row: whoever left the payroll since its opening, if the state knows that she was in it, with her last day in it
INSERT INTO filing_due
SELECT k.event_key, 'exit', 'left', 'enrolment', e.id, e.member_id, e.valid_to - 1, NULL,
       CASE WHEN e.valid_to - 1 > %(latest)s THEN 'too_far_ahead' END, t.state_code
FROM enrolment e CROSS JOIN LATERAL (SELECT 'enrolment:' || e.id || ':exit:' || (e.valid_to - 1) AS event_key) k
LEFT JOIN filing_told t ON t.event_key = k.event_key
LEFT JOIN filing_told i ON i.event_key = 'enrolment:' || e.id || ':entry' AND i.status <> 'rejected'
LEFT JOIN filing_due d ON d.event_key = 'enrolment:' || e.id || ':entry' AND d.held_back IS NULL
WHERE e.mutual_id = (SELECT current_mutual()) AND e.payroll_id = %(payroll_id)s AND e.valid_to > %(opening)s
  AND (t.event_key IS NULL OR t.status = 'rejected')
  AND (i.event_key IS NOT NULL OR d.event_key IS NOT NULL OR EXISTS (
    SELECT FROM filing_line l JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id
    WHERE l.mutual_id = e.mutual_id AND l.member_id = e.member_id AND l.status IN ('accepted', 'changed')
      AND f.payroll_id = e.payroll_id AND f.period_start < e.valid_to
      AND f.period_start >= date_trunc('month', e.valid_from)::date))
"""

DUE_LEAVES = """
-- no row: each leave since the opening of somebody whom the state knows in the payroll, with the last day it is known to have
INSERT INTO filing_due
SELECT k.event_key, l.kind, 'on_leave', 'leave', l.id, l.member_id, l.valid_from, l.valid_to - 1,
       CASE WHEN l.valid_from > %(latest)s THEN 'too_far_ahead' END, t.state_code
FROM leave l
CROSS JOIN LATERAL (
    SELECT 'leave:' || l.id || ':' || l.valid_from || ':' || coalesce((l.valid_to - 1)::text, 'open') AS event_key
) k
JOIN LATERAL (
    SELECT e.id, e.member_id FROM enrolment e
    WHERE e.mutual_id = l.mutual_id AND e.member_id = l.member_id AND e.payroll_id = %(payroll_id)s
      AND e.valid_from <= l.valid_from AND (e.valid_to IS NULL OR e.valid_to > l.valid_from) LIMIT 1
) e ON true
LEFT JOIN filing_told t ON t.event_key = k.event_key
LEFT JOIN filing_told i ON i.event_key = 'enrolment:' || e.id || ':entry' AND i.status <> 'rejected'
LEFT JOIN filing_due d ON d.event_key = 'enrolment:' || e.id || ':entry' AND d.held_back IS NULL
WHERE l.mutual_id = current_mutual() AND (l.valid_from > %(opening_end)s OR l.recorded_at > %(opening_at)s)
  AND (l.valid_to IS NULL OR l.valid_to > l.valid_from) AND (t.event_key IS NULL OR t.status = 'rejected')
  AND (i.event_key IS NOT NULL OR d.event_key IS NOT NULL OR EXISTS (
    SELECT FROM filing_line o JOIN filing f ON f.mutual_id = o.mutual_id AND f.id = o.filing_id
    WHERE o.mutual_id = l.mutual_id AND o.member_id = l.member_id AND o.status IN ('accepted', 'changed')
      AND f.payroll_id = %(payroll_id)s))
"""

DUE_VOID_LEAVES = """
-- no row: a leave that the state took and that was called off since: nothing in its files takes one back
INSERT INTO filing_due
SELECT DISTINCT ON (l.id) 'leave:' || l.id || ':void', l.kind, 'on_leave', 'leave', l.id, l.member_id, l.valid_from, CAST(NULL AS date),
       'called_off', CAST(NULL AS text)
FROM filing_told t JOIN leave l ON l.mutual_id = current_mutual() AND l.id = t.source_id AND l.valid_to = l.valid_from
WHERE t.source_kind = 'leave' AND t.status = 'accepted' AND NOT EXISTS (
    SELECT FROM filing_movement m JOIN filing f ON f.mutual_id = m.mutual_id AND f.id = m.filing_id
    WHERE m.mutual_id = l.mutual_id AND m.event_key = 'leave:' || l.id || ':void' AND f.payroll_id = %(payroll_id)s
      AND f.status NOT IN ('draft', 'discarded'))
"""

STAGE_MOVING = """
-- one row per member who enters or leaves in this filing; apart, for the table of what is due grows while it is asked
CREATE TEMPORARY TABLE filing_moving ON COMMIT DROP AS SELECT DISTINCT member_id FROM filing_due WHERE event IN ('entry', 'exit')
"""

_TOUCHED = """
    SELECT member_id FROM member_change WHERE mutual_id = (SELECT current_mutual()) AND changed_at > {since}
    UNION ALL
    SELECT member_id FROM member_identity WHERE mutual_id = (SELECT current_mutual()) AND created_at > {since}
"""
"""Members whose personal data or documents were recorded since an instant."""

_SUSPECTS = """
-- one row per member whose wage the draft found changed, whose change was told in vain, or whose data may not be those that the
-- state took last
CREATE TEMPORARY TABLE filing_suspect ON COMMIT DROP AS
SELECT member_id FROM filing_told WHERE event = 'change' AND status = 'rejected'
UNION
"""

STAGE_SUSPECTS = f"""{_SUSPECTS}
SELECT member_id FROM filing_candidate WHERE change_since_last IN ('wage_changed', 'back')
UNION
-- Recorded since the opening, but for those of whom her accepted line of the last month surely says what is true today, word for
-- word, and of whom nothing was told since: a mutual whose members were all recorded the day before its first month would
-- suspect them all for ever.
SELECT t.member_id FROM ({_TOUCHED.format(since="%(opening_at)s - interval '1 day'")}) t
LEFT JOIN filing_candidate c ON c.member_id = t.member_id AND c.is_as_told
LEFT JOIN (
    SELECT DISTINCT v.member_id FROM filing f
    JOIN filing_movement v ON v.mutual_id = f.mutual_id AND v.filing_id = f.id AND v.status = 'accepted'
    WHERE f.mutual_id = current_mutual() AND f.payroll_id = %(payroll_id)s AND f.period_start >= CAST(%(last)s AS date)
) v ON v.member_id = t.member_id
WHERE c.member_id IS NULL OR v.member_id IS NOT NULL
"""

STAGE_SUSPECTS_AGAIN = f"""{_SUSPECTS}
SELECT member_id FROM filing_line
WHERE mutual_id = (SELECT current_mutual()) AND filing_id = %(filing_id)s AND change_since_last IN ('wage_changed', 'back')
UNION
SELECT member_id FROM filing_decision
WHERE mutual_id = (SELECT current_mutual()) AND filing_id = %(filing_id)s AND change_since_last IN ('wage_changed', 'back')
UNION
-- Whom the draft has a change of, and whoever was recorded since it was made: nobody else's change can be told now.
SELECT member_id FROM filing_movement WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s AND event = 'change'
UNION
{_TOUCHED.format(since="%(prepared_at)s")}
"""

DUE_CHANGES = """
-- no row: whose wage or personal data are not those that the state took last, and whose change was told in vain; not of
-- somebody who enters or leaves in this filing, whose line says it anyhow
INSERT INTO filing_due
WITH person AS (
    SELECT m.id AS member_id, m.given_names, m.first_surname, m.second_surname, m.sex, m.birth_date, i.kind, i.value,
           w.id AS wage_id, w.valid_from AS wage_from, w.wage_minor, w.source_kind AS wage_kind
    FROM filing_suspect s
    JOIN member m ON m.mutual_id = current_mutual() AND m.id = s.member_id
    JOIN member_identity i ON i.mutual_id = m.mutual_id AND i.member_id = m.id AND i.is_primary
    CROSS JOIN LATERAL (
        SELECT * FROM (
            SELECT 1 AS turn, id, valid_from, wage_minor, 'payroll_wage' AS source_kind FROM payroll_wage
            WHERE mutual_id = m.mutual_id AND member_id = m.id AND payroll_id = %(payroll_id)s AND valid_from <= %(end)s
            UNION ALL
            SELECT 2, id, valid_from, wage_minor, 'member_wage' FROM member_wage
            WHERE mutual_id = m.mutual_id AND member_id = m.id AND valid_from <= %(end)s
        ) v ORDER BY turn, valid_from DESC, id DESC LIMIT 1
    ) w
    WHERE w.wage_minor > 0 AND EXISTS (
        SELECT FROM enrolment e
        WHERE e.mutual_id = m.mutual_id AND e.member_id = m.id AND e.payroll_id = %(payroll_id)s
          AND e.valid_from <= %(end)s AND (e.valid_to IS NULL OR e.valid_to > %(end)s))
      AND m.id NOT IN (SELECT member_id FROM filing_moving)
), compared AS (
    SELECT p.*, k.wage_minor AS known_wage_minor, k.kind AS known_kind, k.value AS known_value, k.told_at,
           (p.given_names, p.first_surname, p.second_surname, p.sex, p.birth_date)
               IS DISTINCT FROM (k.given_names, k.first_surname, k.second_surname, k.sex, k.birth_date) AS data_differ,
           'change:' || p.member_id || ':' || md5(concat_ws('|', p.kind, p.value, p.given_names, p.first_surname, p.second_surname,
               p.sex, p.birth_date, p.wage_minor)) AS event_key
    FROM person p CROSS JOIN LATERAL (
        SELECT * FROM (
            SELECT l.given_names, l.first_surname, l.second_surname, l.sex, l.birth_date, l.document_kind AS kind,
                   l.document AS value, l.wage_minor, f.period_start, f.id, 1 AS turn, f.prepared_at AS told_at
            FROM filing_line l JOIN filing f ON f.mutual_id = l.mutual_id AND f.id = l.filing_id AND f.payroll_id = %(payroll_id)s
            WHERE l.mutual_id = current_mutual() AND l.member_id = p.member_id AND l.status IN ('accepted', 'changed')
            UNION ALL
            SELECT v.given_names, v.first_surname, v.second_surname, v.sex, v.birth_date, v.document_kind, v.document,
                   v.wage_minor, f.period_start, f.id, 2, f.prepared_at
            FROM filing_movement v JOIN filing f ON f.mutual_id = v.mutual_id AND f.id = v.filing_id AND f.payroll_id = %(payroll_id)s
            WHERE v.mutual_id = current_mutual() AND v.member_id = p.member_id AND v.status = 'accepted'
              AND v.event IN ('entry', 'change')
        ) told ORDER BY period_start DESC, id DESC, turn DESC LIMIT 1
    ) k
)
SELECT c.event_key, 'change', CASE WHEN c.wage_minor IS DISTINCT FROM c.known_wage_minor THEN 'wage_changed' ELSE 'data_changed' END,
       CASE WHEN c.wage_minor IS DISTINCT FROM c.known_wage_minor OR h.id IS NULL THEN c.wage_kind ELSE 'member_change' END,
       CASE WHEN c.wage_minor IS DISTINCT FROM c.known_wage_minor OR h.id IS NULL THEN c.wage_id ELSE h.id END, c.member_id,
       CASE WHEN c.wage_minor IS DISTINCT FROM c.known_wage_minor THEN c.wage_from
            ELSE coalesce((h.changed_at AT TIME ZONE %(time_zone)s)::date, c.wage_from) END,
       NULL,
       CASE WHEN (c.kind, c.value) IS DISTINCT FROM (c.known_kind, c.known_value) THEN 'document_changed' END,
       CASE WHEN t.status = 'rejected' THEN t.state_code END
FROM compared c
LEFT JOIN filing_told t ON t.event_key = c.event_key
LEFT JOIN LATERAL (
    SELECT id, changed_at FROM member_change WHERE mutual_id = current_mutual() AND member_id = c.member_id ORDER BY id DESC LIMIT 1
) h ON true
WHERE coalesce(t.status, '') <> 'waiting'
  AND (c.wage_minor IS DISTINCT FROM c.known_wage_minor OR c.data_differ OR (c.kind, c.value) IS DISTINCT FROM (c.known_kind, c.known_value)
       OR t.status = 'rejected')
"""

CREATE_DRAWN = """
-- one row per movement that is due, with everything its line needs: who she is, and what she earns on the day or at the
-- month's end; an exit that is the last thing of hers follows the payroll, all else goes before it
CREATE TEMPORARY TABLE filing_drawn ON COMMIT DROP AS
SELECT d.*, m.given_names, m.first_surname, m.second_surname, m.sex, m.birth_date, i.kind AS document_kind, i.value AS document,
       coalesce(w.wage_minor, 0) AS wage_minor,
       CASE d.event WHEN 'entry' THEN 1 WHEN 'change' THEN 2 WHEN 'exit' THEN 4 ELSE 3 END AS turn
FROM filing_due d
JOIN member m ON m.mutual_id = current_mutual() AND m.id = d.member_id
LEFT JOIN member_identity i ON i.mutual_id = m.mutual_id AND i.member_id = m.id AND i.is_primary
LEFT JOIN LATERAL (
    SELECT wage_minor FROM (
        SELECT 1 AS turn, id, valid_from, wage_minor FROM payroll_wage
        WHERE mutual_id = m.mutual_id AND member_id = m.id AND payroll_id = %(payroll_id)s
          AND valid_from <= greatest(%(end)s, d.starts_on)
        UNION ALL
        SELECT 2, id, valid_from, wage_minor FROM member_wage
        WHERE mutual_id = m.mutual_id AND member_id = m.id AND valid_from <= greatest(%(end)s, d.starts_on)
    ) v ORDER BY turn, valid_from DESC, id DESC LIMIT 1
) w ON true
"""

DRAWN = """
-- one row per movement that is due, as the state's line needs it
SELECT event_key, held_back, event, starts_on, ends_on, document_kind, document, given_names, first_surname, second_surname, sex,
       birth_date, wage_minor
FROM filing_drawn
"""

HINDERED = {"event_key": "text", "held_back": "text", "detail": "text"}
"""Columns of the staged hindrances: why a movement is not told this time."""

PREVIEWED = """
-- no row: what a draft has shown as to be told; only that may be sealed
CREATE TEMPORARY TABLE filing_previewed ON COMMIT DROP AS
SELECT event_key FROM filing_movement WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s AND line_no IS NOT NULL
"""

CLEAR = """
-- no row: a draft gives up its movements
DELETE FROM filing_movement WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s
"""

INSERT = """
-- no row: the movements of a draft, each person once in a file, in the order in which things happened to her
INSERT INTO filing_movement (filing_id, line_no, file_group, after_payroll, held_back, detail, event, event_key, reason, source_kind,
    source_id, again_after, member_id, starts_on, ends_on, document_kind, document, given_names, first_surname, second_surname, sex,
    birth_date, wage_minor)
WITH told AS (
    SELECT d.*, h.held_back AS hindrance, h.detail, row_number() OVER mine AS place, count(*) OVER hers AS hers
    FROM filing_drawn d LEFT JOIN filing_hindered h USING (event_key)
    WINDOW hers AS (PARTITION BY d.member_id, h.held_back IS NULL),
           mine AS (PARTITION BY d.member_id, h.held_back IS NULL ORDER BY d.starts_on, d.turn, d.source_id)
), placed AS (
    SELECT t.*, t.hindrance IS NULL AND t.event = 'exit' AND t.place = t.hers AS is_last,
           max(t.place) FILTER (WHERE t.hindrance IS NULL) OVER () AS groups
    FROM told t
)
SELECT %(filing_id)s,
       CASE WHEN hindrance IS NULL THEN row_number() OVER (
           ORDER BY hindrance IS NOT NULL, CASE WHEN is_last THEN groups + 1 ELSE place END, member_id) END,
       CASE WHEN hindrance IS NOT NULL THEN 0 WHEN is_last THEN groups + 1 ELSE place END,
       is_last, hindrance, coalesce(detail, ''), event, event_key, reason, source_kind, source_id, again_after, member_id, starts_on,
       ends_on, coalesce(document_kind, ''), coalesce(document, ''), given_names, first_surname, second_surname, sex, birth_date, wage_minor
FROM placed
"""

COUNT = """
-- no row: the filing with its movements counted
UPDATE filing SET movement_count = (
    SELECT count(*) FROM filing_movement
    WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s AND line_no IS NOT NULL)
WHERE mutual_id = current_mutual() AND id = %(filing_id)s
"""

DROP = tuple(
    f"""
-- no row: a temporary table is not needed any more
DROP TABLE IF EXISTS pg_temp.{table}
"""
    for table in (
        "filing_due",
        "filing_told",
        "filing_moving",
        "filing_touched",
        "filing_suspect",
        "filing_drawn",
        "filing_hindered",
        "filing_previewed",
    )
)

GROUPS = """
-- one row per file of movements, in the order of the lines: how many lines, and whether it follows the payroll
SELECT file_group, after_payroll, count(*)::int AS lines FROM filing_movement
WHERE mutual_id = current_mutual() AND filing_id = :filing_id AND line_no IS NOT NULL
GROUP BY file_group, after_payroll ORDER BY file_group
"""

LINES = """
-- one row per movement of one file, in its order
SELECT event, starts_on, ends_on, document_kind, document, given_names, first_surname, second_surname, sex, birth_date, wage_minor
FROM filing_movement
WHERE mutual_id = current_mutual() AND filing_id = %(filing_id)s AND file_group = %(file_group)s AND line_no IS NOT NULL
ORDER BY line_no
"""

LISTED = """
-- one row per movement of a filing, told or held back, in the order they were written
SELECT v.id, v.line_no, v.file_group, v.after_payroll, v.held_back, v.detail, v.event, v.reason, v.source_kind, v.source_id,
       v.again_after, v.member_id, m.number, v.starts_on, v.ends_on, v.document_kind, v.document, v.given_names, v.first_surname,
       v.second_surname, v.wage_minor, v.status, v.state_code, v.state_text, v.answered_at
FROM filing_movement v JOIN member m ON m.mutual_id = v.mutual_id AND m.id = v.member_id
WHERE v.mutual_id = current_mutual() AND v.filing_id = :filing_id AND v.id > :after
  AND (CAST(:told AS boolean) IS NULL OR (v.line_no IS NOT NULL) = :told)
  AND (CAST(:status AS text) IS NULL OR v.status = :status)
ORDER BY v.id LIMIT :limit
"""
