"""A file of members against the register, set-based: ``member_in`` (read), ``member_judged`` (related), ``member_work``."""

DROP_JUDGED = "DROP TABLE IF EXISTS pg_temp.member_judged, pg_temp.member_work"

JUDGE = """
-- one row per good line: whom it means, what she is now, what it would change, and what speaks against it
CREATE TEMPORARY TABLE member_judged ON COMMIT DROP AS
WITH meant AS (
    SELECT s.*, d.member_id AS by_document, n.member_id AS by_social, b.id AS by_number,
           coalesce(b.id, d.member_id, n.member_id) AS member_id
    FROM member_in s
    LEFT JOIN member_identity d ON d.mutual_id = (SELECT current_mutual()) AND d.kind = s.document_kind AND d.value = s.document
    LEFT JOIN member_identity n ON n.mutual_id = (SELECT current_mutual()) AND n.kind = 'social_security' AND n.value = s.social_security
    LEFT JOIN member b ON b.mutual_id = (SELECT current_mutual()) AND b.number = s.number
), inside AS (
    SELECT row_no,
           min(row_no) OVER document AS document_first, max(row_no) OVER document AS document_last,
           min(search_name) OVER document IS DISTINCT FROM max(search_name) OVER document AS document_of_two,
           min(row_no) OVER number AS number_first, min(row_no) OVER social AS social_first, min(row_no) OVER member AS member_first
    FROM meant
    WINDOW document AS (PARTITION BY document_kind, document), number AS (PARTITION BY number),
           social AS (PARTITION BY social_security), member AS (PARTITION BY member_id)
), known AS (
    SELECT t.*, i.document_first, i.document_last, i.document_of_two, i.number_first, i.social_first, i.member_first,
           m.status, m.version, m.number AS known_number, m.given_names AS known_given_names,
           m.first_surname AS known_first_surname, m.second_surname AS known_second_surname, m.sex AS known_sex,
           m.birth_date AS known_birth_date, m.phone AS known_phone, m.occupation AS known_occupation,
           m.municipality AS known_municipality, m.fund_id AS known_fund_id,
           t.search_name IS NULL OR m.search_name = t.search_name
               OR (t.second_surname IS NULL AND m.search_name LIKE t.search_name || ' %%') AS same_name,
           e.open_count, e.open_payroll_id, e.open_since, e.last_end, e.same_then, e.is_here,
           w.wage_minor AS known_wage_minor, h.held_document, h.held_social, c.covered_by,
           coalesce(t.enrolled_from, greatest(%(month)s::date, e.last_end)) AS from_day
    FROM meant t
    JOIN inside i ON i.row_no = t.row_no
    LEFT JOIN member m ON m.mutual_id = (SELECT current_mutual()) AND m.id = t.member_id
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE valid_to IS NULL) AS open_count,
               min(payroll_id) FILTER (WHERE valid_to IS NULL) AS open_payroll_id,
               max(valid_from) FILTER (WHERE valid_to IS NULL) AS open_since,
               max(valid_to) AS last_end,
               -- An enrolment told of already, even one that has ended since.
               bool_or(payroll_id = t.payroll_id AND valid_from <= t.enrolled_from AND valid_to > t.enrolled_from) AS same_then,
               bool_or(payroll_id = t.payroll_id AND valid_to IS NULL) AS is_here
        FROM enrolment WHERE mutual_id = (SELECT current_mutual()) AND member_id = t.member_id
    ) e ON t.member_id IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT wage_minor FROM member_wage
        WHERE mutual_id = (SELECT current_mutual()) AND member_id = t.member_id
          AND valid_from <= coalesce(t.wage_from, %(month)s::date)
        ORDER BY valid_from DESC, id DESC LIMIT 1
    ) w ON t.member_id IS NOT NULL AND t.wage_minor IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT max(value) FILTER (WHERE kind = t.document_kind) AS held_document,
               max(value) FILTER (WHERE kind = 'social_security') AS held_social
        FROM member_identity WHERE mutual_id = (SELECT current_mutual()) AND member_id = t.member_id
    ) h ON t.member_id IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT member_id AS covered_by FROM dependant
        WHERE mutual_id = (SELECT current_mutual()) AND identity_value = t.document AND identity_kind = t.document_kind
          AND (valid_to IS NULL OR (valid_to > %(today)s AND valid_to > valid_from))
        LIMIT 1
    ) c ON t.document IS NOT NULL
), wanted AS (
    SELECT *,
           payroll_id IS NOT NULL AND NOT coalesce(is_here, false) AND NOT coalesce(same_then, false) AS enrols,
           member_id IS NOT NULL AND document IS NOT NULL AND held_document IS NULL AS adds_document,
           member_id IS NOT NULL AND social_security IS NOT NULL AND held_social IS NULL AS adds_social,
           wage_minor IS NOT NULL AND wage_minor IS DISTINCT FROM known_wage_minor AS declares,
           CASE WHEN member_id IS NULL THEN '{}'::jsonb ELSE jsonb_strip_nulls(jsonb_build_object(
               'given_names', CASE WHEN NOT same_name AND given_names <> known_given_names THEN jsonb_build_array(known_given_names, given_names) END,
               'first_surname', CASE WHEN NOT same_name AND first_surname <> known_first_surname THEN jsonb_build_array(known_first_surname, first_surname) END,
               'second_surname', CASE WHEN NOT same_name AND second_surname <> known_second_surname THEN jsonb_build_array(known_second_surname, second_surname) END,
               'sex', CASE WHEN sex <> known_sex THEN jsonb_build_array(known_sex, sex) END,
               'birth_date', CASE WHEN birth_date <> known_birth_date THEN jsonb_build_array(known_birth_date, birth_date) END,
               'phone', CASE WHEN phone IS DISTINCT FROM known_phone AND phone IS NOT NULL THEN jsonb_build_array(coalesce(known_phone, ''), phone) END,
               'occupation', CASE WHEN occupation <> known_occupation THEN jsonb_build_array(known_occupation, occupation) END,
               'municipality', CASE WHEN municipality <> known_municipality THEN jsonb_build_array(known_municipality, municipality) END,
               'fund_id', CASE WHEN fund_id IS DISTINCT FROM known_fund_id AND fund_id IS NOT NULL THEN jsonb_build_array(coalesce(known_fund_id, 0), fund_id) END
           )) END AS changed
    FROM known
)
SELECT *,
       CASE WHEN member_id IS NULL THEN 'create'
            WHEN changed <> '{}' OR enrols OR adds_document OR adds_social OR declares THEN 'change' ELSE 'same' END AS action,
       array_remove(ARRAY[
           CASE WHEN document IS NOT NULL AND document_first < document_last AND document_of_two THEN 'identity_of_two' END,
           CASE WHEN document IS NOT NULL AND document_first < row_no AND NOT document_of_two THEN 'repeated_document' END,
           CASE WHEN number IS NOT NULL AND number_first < row_no THEN 'repeated_number' END,
           CASE WHEN social_security IS NOT NULL AND social_first < row_no THEN 'repeated_social' END,
           CASE WHEN member_id IS NOT NULL AND member_first < row_no THEN 'repeated_member' END,
           CASE WHEN by_document <> member_id OR by_social <> member_id THEN 'identities_disagree' END,
           CASE WHEN by_number IS NULL AND number IS NOT NULL AND known_number <> number THEN 'number_differs' END,
           CASE WHEN NOT same_name AND birth_date <> known_birth_date THEN 'somebody_else' END,
           CASE WHEN held_document <> document THEN 'document_differs' END,
           CASE WHEN held_social <> social_security THEN 'social_differs' END,
           CASE WHEN status = 'deceased' THEN 'deceased' END,
           CASE WHEN member_id IS NULL AND given_names IS NULL THEN 'missing_given_names' END,
           CASE WHEN member_id IS NULL AND first_surname IS NULL THEN 'missing_first_surname' END,
           CASE WHEN member_id IS NULL AND sex IS NULL THEN 'missing_sex' END,
           CASE WHEN member_id IS NULL AND birth_date IS NULL THEN 'missing_birth_date' END,
           CASE WHEN member_id IS NULL AND payroll_id IS NULL THEN 'missing_payroll' END,
           CASE WHEN (member_id IS NULL OR (enrols AND status = 'left')) AND covered_by IS NOT NULL THEN 'covered' END,
           CASE WHEN enrols AND open_count > 1 THEN 'two_payrolls' END,
           CASE WHEN enrols AND (from_day <= open_since OR from_day < last_end) THEN 'enrolled_later' END
       ], NULL) AS faults
FROM wanted
"""

COUNT_JUDGED = """
-- one row per action: how many good lines without anything against them
SELECT action, count(*) FROM member_judged WHERE faults = '{}' GROUP BY action
"""

FAULTS = """
-- one row per line with something against it, and who else is concerned
SELECT j.row_no, j.faults, j.document_first, j.document_last, j.number_first, j.social_first, j.member_first, j.open_since, j.last_end,
       m.number, m.given_names, m.first_surname, h.number AS holder_number, h.given_names AS holder_given_names,
       h.first_surname AS holder_first_surname
FROM member_judged j
LEFT JOIN member m ON m.mutual_id = current_mutual() AND m.id = j.member_id
LEFT JOIN member h ON h.mutual_id = current_mutual() AND h.id = j.covered_by
WHERE j.faults <> '{}' ORDER BY j.row_no
"""

SAVE_LINES = """
-- no row: one line per row that creates or changes, with what is new and what it replaces; the preview's is replaced
INSERT INTO member_import_row (import_id, row_no, action, fields, member_id)
SELECT %(import_id)s, row_no, action, CASE action WHEN 'create' THEN jsonb_strip_nulls(jsonb_build_object(
           'given_names', given_names, 'first_surname', first_surname, 'second_surname', second_surname,
           'document_kind', document_kind, 'document', document, 'warning', document_warning, 'birth_date', birth_date,
           'payroll_id', payroll_id, 'enrolled_from', from_day, 'wage_minor', wage_minor, 'fund_id', fund_id))
       ELSE changed || jsonb_strip_nulls(jsonb_build_object(
           'wage_minor', CASE WHEN declares THEN jsonb_build_array(known_wage_minor, wage_minor) END,
           'wage_from', CASE WHEN declares THEN coalesce(wage_from, %(month)s::date) END,
           'payroll_id', CASE WHEN enrols THEN jsonb_build_array(open_payroll_id, payroll_id) END,
           'enrolled_from', CASE WHEN enrols THEN from_day END,
           'status', CASE WHEN enrols AND status = 'left' THEN jsonb_build_array('left', 'active') END,
           'document', CASE WHEN adds_document THEN jsonb_build_array(NULL, document) END,
           'social_security', CASE WHEN adds_social THEN jsonb_build_array(NULL, social_security) END)) END,
       <member_id>
FROM <source> WHERE faults = '{}' AND action <> 'same' ORDER BY row_no
ON CONFLICT (mutual_id, import_id, row_no) DO UPDATE
SET action = excluded.action, fields = excluded.fields, problems = '[]', member_id = excluded.member_id
"""
PREVIEW_LINES = SAVE_LINES.replace("<member_id>", "member_id").replace("<source>", "member_judged")
DONE_LINES = SAVE_LINES.replace("<member_id>", "id").replace("<source>", "member_work")

WORK = """
-- one row per line that is taken, with the id of its member, new or known
CREATE TEMPORARY TABLE member_work ON COMMIT DROP AS
SELECT *, coalesce(member_id, nextval(pg_get_serial_sequence('member', 'id'))) AS id FROM member_judged
WHERE faults = '{}' AND action <> 'same' ORDER BY row_no
"""

INSERT_MEMBERS = """
-- no row: one member per new line
INSERT INTO member (id, number, given_names, first_surname, second_surname, sex, birth_date, phone, occupation,
                    municipality, language, fund_id, search_name)
SELECT id, coalesce(number, {number}), given_names, first_surname, coalesce(second_surname, ''), sex, birth_date, phone,
       coalesce(occupation, ''), coalesce(municipality, ''), %(language)s, fund_id, search_name
FROM member_work WHERE member_id IS NULL ORDER BY id
"""

INSERT_IDENTITIES = """
-- no row: one identity per document and social security number that a member did not have
INSERT INTO member_identity (member_id, kind, value, is_primary, warning)
SELECT id, document_kind, document, member_id IS NULL AND NOT social_security_first, document_warning
FROM member_work WHERE document IS NOT NULL AND (member_id IS NULL OR adds_document)
UNION ALL
SELECT id, 'social_security', social_security, member_id IS NULL AND social_security_first, NULL
FROM member_work WHERE social_security IS NOT NULL AND (member_id IS NULL OR adds_social)
"""

DEMOTE = """
-- no row: members who are given an identity have no primary one for a moment
UPDATE member_identity i SET is_primary = false FROM member_work w
WHERE i.mutual_id = current_mutual() AND i.member_id = w.id AND i.is_primary AND (w.adds_document OR w.adds_social)
"""

PROMOTE = """
-- no row: the first kind she has, in the order of her state, is the one to file under
UPDATE member_identity i SET is_primary = true
FROM (
    SELECT DISTINCT ON (o.member_id) o.id FROM member_identity o JOIN member_work w ON w.id = o.member_id
    WHERE o.mutual_id = current_mutual() AND (w.adds_document OR w.adds_social)
    ORDER BY o.member_id, array_position(%(kinds)s::text[], o.kind)
) best
WHERE i.mutual_id = current_mutual() AND i.id = best.id
"""

KEEP_BEFORE = """
-- no row: what is about to be replaced, per member whose data change
INSERT INTO member_change (member_id, version, before, actor, reason)
SELECT w.id, w.version, (SELECT jsonb_object_agg(key, value -> 0) FROM jsonb_each(w.changed)), %(actor)s, %(reason)s
FROM member_work w WHERE w.member_id IS NOT NULL AND w.changed <> '{}' ORDER BY w.id
"""

UPDATE_MEMBERS = """
-- no row: one member per line that changes something
UPDATE member m SET
    given_names = coalesce(w.changed -> 'given_names' ->> 1, m.given_names),
    first_surname = coalesce(w.changed -> 'first_surname' ->> 1, m.first_surname),
    second_surname = coalesce(w.changed -> 'second_surname' ->> 1, m.second_surname),
    search_name = CASE WHEN w.same_name THEN m.search_name ELSE w.search_name END,
    sex = coalesce(w.sex, m.sex), birth_date = coalesce(w.birth_date, m.birth_date), phone = coalesce(w.phone, m.phone),
    occupation = coalesce(w.occupation, m.occupation), municipality = coalesce(w.municipality, m.municipality),
    fund_id = coalesce(w.fund_id, m.fund_id),
    status = CASE WHEN w.enrols AND m.status = 'left' THEN 'active' ELSE m.status END,
    status_reason = CASE WHEN w.enrols AND m.status = 'left' THEN %(reason)s ELSE m.status_reason END,
    version = m.version + 1
FROM member_work w
WHERE m.mutual_id = current_mutual() AND m.id = w.member_id
"""

RETURNED = """
-- one row per member who comes back, in the columns of a step of her life cycle
SELECT 'member', id, %(event)s, status, %(to_state)s, %(actor)s, %(reason)s, %(evidence_id)s::bigint
FROM member_work WHERE member_id IS NOT NULL AND enrols AND status = 'left' ORDER BY id
"""

END_MOVED = """
-- no row: who moves to another payroll leaves the one she stands in
UPDATE enrolment e SET valid_to = w.from_day, end_reason = %(reason)s, ended_at = now(), ended_by = %(actor)s
FROM member_work w
WHERE e.mutual_id = current_mutual() AND e.member_id = w.member_id AND w.enrols AND e.valid_to IS NULL
"""

INSERT_ENROLMENTS = """
-- no row: one place in a payroll per line that gives one
INSERT INTO enrolment (member_id, payroll_id, valid_from, start_reason, actor)
SELECT id, payroll_id, from_day, %(reason)s, %(actor)s FROM member_work WHERE enrols ORDER BY id
"""

INSERT_WAGES = """
-- no row: one declared wage per line that tells another one than is in force
INSERT INTO member_wage (member_id, valid_from, wage_minor, currency, reason, actor)
SELECT id, coalesce(wage_from, CASE WHEN member_id IS NULL THEN from_day ELSE %(month)s::date END), wage_minor, %(currency)s,
       %(reason)s, %(actor)s
FROM member_work WHERE declares ORDER BY id
"""

NEW_MEMBERS = """
-- one row per member taken in
SELECT id FROM member_work WHERE member_id IS NULL ORDER BY id
"""
