"""A file of dependants against the register, set-based: ``dependant_in`` (read), ``dependant_judged``, ``dependant_work``."""

DROP_JUDGED = "DROP TABLE IF EXISTS pg_temp.dependant_judged, pg_temp.dependant_work"

JUDGE = """
-- one row per good line: whose dependant it means, who covers her now, and what speaks against it
CREATE TEMPORARY TABLE dependant_judged ON COMMIT DROP AS
WITH meant AS (
    SELECT s.*, b.id AS by_number, d.member_id AS by_document, coalesce(b.id, d.member_id) AS member_id
    FROM dependant_in s
    LEFT JOIN member_identity d ON d.mutual_id = (SELECT current_mutual()) AND d.kind = s.holder_kind AND d.value = s.holder_document
    LEFT JOIN member b ON b.mutual_id = (SELECT current_mutual()) AND b.number = s.holder_number
), inside AS (
    SELECT row_no,
           min(row_no) OVER identity AS identity_first, max(row_no) OVER identity AS identity_last,
           min(member_id) OVER identity IS DISTINCT FROM max(member_id) OVER identity AS identity_of_two,
           min(row_no) OVER named AS named_first, max(row_no) OVER named AS named_last,
           bool_or(identity_value IS NULL) OVER named AS named_unclear,
           min(member_id) OVER named IS DISTINCT FROM max(member_id) OVER named AS named_of_two
    FROM meant
    WINDOW identity AS (PARTITION BY identity_kind, identity_value), named AS (PARTITION BY birth_date, search_name)
), known AS (
    SELECT t.*, i.identity_first, i.identity_last, i.identity_of_two, i.named_first, i.named_last, i.named_unclear, i.named_of_two,
           m.status, p.kind = 'passport' AS is_foreign, o.id AS own_member_id, o.status AS own_status,
           coalesce(c.id, n.id) AS cover_id, coalesce(c.member_id, n.member_id) AS covered_by,
           coalesce(c.category, n.category) AS known_category, coalesce(c.relation, n.relation) AS known_relation,
           coalesce(c.rule, n.rule) AS known_rule, CASE WHEN c.id IS NULL THEN n.eligible_until ELSE c.eligible_until END AS known_until
    FROM meant t
    JOIN inside i ON i.row_no = t.row_no
    LEFT JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.id = t.member_id
    LEFT JOIN member_identity p ON p.mutual_id = (SELECT current_mutual()) AND p.member_id = t.member_id AND p.is_primary
    LEFT JOIN member_identity x ON x.mutual_id = (SELECT current_mutual()) AND x.kind = t.identity_kind AND x.value = t.identity_value
    LEFT JOIN member o ON o.mutual_id = (SELECT current_mutual()) AND o.id = x.member_id
    LEFT JOIN LATERAL (
        SELECT id, member_id, category, relation, rule, eligible_until FROM dependant
        WHERE mutual_id = (SELECT current_mutual()) AND identity_value = t.identity_value AND identity_kind = t.identity_kind
          AND (valid_to IS NULL OR (valid_to > t.valid_from AND valid_to > valid_from))
        ORDER BY member_id = t.member_id, id LIMIT 1
    ) c ON t.identity_value IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT id, member_id, category, relation, rule, eligible_until FROM dependant
        WHERE mutual_id = (SELECT current_mutual()) AND birth_date = t.birth_date AND search_name = t.search_name
          AND (identity_value IS NULL OR t.identity_value IS NULL)
          AND (valid_to IS NULL OR (valid_to > t.valid_from AND valid_to > valid_from))
        ORDER BY member_id = t.member_id, id LIMIT 1
    ) n ON t.birth_date IS NOT NULL
)
SELECT *,
       CASE WHEN cover_id IS NULL THEN 'create'
            WHEN (category, relation, rule) IS DISTINCT FROM (known_category, known_relation, known_rule)
                 OR eligible_until IS DISTINCT FROM known_until THEN 'change' ELSE 'same' END AS action,
       array_remove(ARRAY[
           CASE WHEN member_id IS NULL THEN 'holder_unknown' END,
           CASE WHEN by_document <> member_id THEN 'holders_disagree' END,
           CASE WHEN status NOT IN ('active', 'on_leave') THEN 'holder_left' END,
           CASE WHEN identity_value IS NOT NULL AND identity_first < identity_last AND identity_of_two THEN 'identity_of_two' END,
           CASE WHEN identity_value IS NOT NULL AND identity_first < row_no AND NOT identity_of_two THEN 'repeated_identity' END,
           CASE WHEN birth_date IS NOT NULL AND named_unclear AND named_first < named_last AND named_of_two THEN 'named_of_two' END,
           CASE WHEN birth_date IS NOT NULL AND named_unclear AND named_first < row_no AND NOT named_of_two THEN 'repeated_name' END,
           CASE WHEN own_member_id = member_id THEN 'is_holder' END,
           CASE WHEN own_member_id <> member_id AND own_status IN ('active', 'on_leave') THEN 'is_member' END,
           CASE WHEN is_foreign AND category = 'additional' THEN 'holder_foreign' END,
           CASE WHEN covered_by <> member_id THEN 'covered' END
       ], NULL) AS faults
FROM known
"""

COUNT_JUDGED = """
-- one row per action: how many good lines without anything against them
SELECT action, count(*) FROM dependant_judged WHERE faults = '{}' GROUP BY action
"""

FAULTS = """
-- one row per line with something against it, and who else is concerned
SELECT j.row_no, j.faults, j.identity_first, j.identity_last, j.named_first, j.named_last, j.given_names, j.first_surname,
       h.number AS other_number, h.given_names AS other_given_names, h.first_surname AS other_first_surname,
       o.number AS own_number, o.given_names AS own_given_names, o.first_surname AS own_first_surname
FROM dependant_judged j
LEFT JOIN member h ON h.mutual_id = current_mutual() AND h.id = j.covered_by
LEFT JOIN member o ON o.mutual_id = current_mutual() AND o.id = j.own_member_id
WHERE j.faults <> '{}' ORDER BY j.row_no
"""

PREVIEW_LINES = """
-- no row: one line per row that creates or changes, with what is new and what it replaces; the preview's is replaced
INSERT INTO member_import_row (import_id, row_no, action, fields, member_id)
SELECT %(import_id)s, row_no, action, jsonb_strip_nulls(jsonb_build_object(
           'given_names', given_names, 'first_surname', first_surname, 'second_surname', second_surname,
           'relation', relation, 'birth_date', birth_date, 'document_kind', identity_kind, 'document', identity_value,
           'category', category, 'valid_from', valid_from, 'eligible_until', eligible_until,
           'rule', CASE action WHEN 'create' THEN to_jsonb(rule) ELSE jsonb_build_array(known_rule, rule) END)), member_id
FROM dependant_judged WHERE faults = '{}' AND action <> 'same' ORDER BY row_no
ON CONFLICT (mutual_id, import_id, row_no) DO UPDATE
SET action = excluded.action, fields = excluded.fields, problems = '[]', member_id = excluded.member_id
"""

WORK = """
-- one row per line that is taken
CREATE TEMPORARY TABLE dependant_work ON COMMIT DROP AS
SELECT * FROM dependant_judged WHERE faults = '{}' AND action <> 'same' ORDER BY row_no
"""

END_RENEWED = """
-- no row: a cover that is renewed under another rule ends on the day the new one begins
UPDATE dependant d SET valid_to = greatest(d.valid_from, w.valid_from), end_reason = 'renewed as ' || w.rule,
       ended_at = now(), ended_by = %(actor)s
FROM dependant_work w
WHERE d.mutual_id = current_mutual() AND d.id = w.cover_id AND w.action = 'change'
"""

INSERT_DEPENDANTS = """
-- no row: one cover per line that is taken
INSERT INTO dependant (member_id, category, relation, given_names, first_surname, second_surname, sex, birth_date,
                       identity_kind, identity_value, is_student, is_disabled, together_since, has_common_children, rule,
                       eligible_until, search_name, valid_from, valid_to, actor)
SELECT member_id, category, relation, given_names, first_surname, second_surname, sex, birth_date, identity_kind,
       identity_value, is_student, is_disabled, together_since, has_common_children, rule, eligible_until, search_name,
       valid_from, eligible_until + 1, %(actor)s
FROM dependant_work ORDER BY row_no
"""

NEXT_VERSIONS = """
-- no row: every holder concerned has a new version
UPDATE member m SET version = m.version + 1
WHERE m.mutual_id = current_mutual() AND m.id IN (SELECT member_id FROM dependant_work)
"""
