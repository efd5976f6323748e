"""What uploaded files read and write about themselves; the temporary table ``member_refused`` holds lines and reasons."""

INSERT_IMPORT = """
-- one row: the import's id
INSERT INTO member_import (kind, file_name, sha256, evidence_id, row_count, create_count, change_count, same_count,
                           refused_count, dialect, created_by)
VALUES (:kind, :file_name, :sha256, :evidence_id, 0, 0, 0, 0, 0, CAST(:dialect AS jsonb), :actor)
RETURNING id
"""

MARK_LOOKED_AT = """
-- no row: an upload is looked at, with what it would do
UPDATE member_import SET state = 'previewed', repeats_id = :repeats_id, row_count = :row_count, create_count = :create_count,
       change_count = :change_count, same_count = :same_count, refused_count = :refused_count
WHERE mutual_id = current_mutual() AND id = :id
"""

IMPORT_COLUMNS = """id, kind, file_name, sha256, evidence_id, repeats_id, state, row_count, create_count, change_count,
       same_count, refused_count, dialect, created_at, created_by, applied_at, applied_by"""

GET_IMPORT = f"""
-- at most one row: an uploaded file
SELECT {IMPORT_COLUMNS} FROM member_import WHERE mutual_id = current_mutual() AND id = :id
"""

LOCK_IMPORT = f"""
-- at most one row: an uploaded file, locked until the transaction ends
SELECT {IMPORT_COLUMNS} FROM member_import WHERE mutual_id = current_mutual() AND id = :id FOR UPDATE
"""

LIST_IMPORTS = f"""
-- one row per uploaded file, the newest first
SELECT {IMPORT_COLUMNS} FROM member_import
WHERE mutual_id = current_mutual() AND id < :before ORDER BY id DESC LIMIT :limit
"""

APPLIED_BEFORE = """
-- at most one row: the last import that applied these bytes
SELECT id FROM member_import
WHERE mutual_id = current_mutual() AND kind = :kind AND sha256 = :sha256 AND state = 'applied' ORDER BY id DESC LIMIT 1
"""

REFUSED_LINES = """
-- one row per refused line of an import, in the file's order
SELECT row_no, problems FROM member_import_row
WHERE mutual_id = current_mutual() AND import_id = :import_id AND action = 'refuse' ORDER BY row_no
"""

LIST_ROWS = """
-- one row per line of an import that creates, changes or is refused, in the file's order
SELECT row_no, action, fields, problems, member_id FROM member_import_row
WHERE mutual_id = current_mutual() AND import_id = :import_id AND row_no > :after
  AND (CAST(:action AS text) IS NULL OR action = :action)
ORDER BY row_no LIMIT :limit
"""

ONE_AT_A_TIME = """
-- no row: imports of one mutual are applied one after the other
SELECT pg_advisory_xact_lock(hashtextextended('member_import:' || current_mutual(), 0))
"""

MARK_APPLIED = """
-- no row: an import is applied, with what really happened
UPDATE member_import SET state = 'applied', applied_at = now(), applied_by = :actor, create_count = :create_count,
       change_count = :change_count, same_count = :same_count, refused_count = :refused_count
WHERE mutual_id = current_mutual() AND id = :id
"""

MARK_SAME = """
-- no row: lines of the preview that change nothing any more are no longer listed as doing so
UPDATE member_import_row r SET action = 'same', fields = '{}', problems = '[]'
WHERE r.mutual_id = current_mutual() AND r.import_id = %(import_id)s
  AND NOT EXISTS (SELECT FROM <work> w WHERE w.row_no = r.row_no)
  AND NOT EXISTS (SELECT FROM member_refused f WHERE f.row_no = r.row_no)
"""

DROP_REFUSED = "DROP TABLE IF EXISTS pg_temp.member_refused"

REFUSED = {"row_no": "int4", "problems": "text"}

SAVE_REFUSED = """
-- no row: one line per refused row, replacing what the preview said of it
INSERT INTO member_import_row (import_id, row_no, action, problems)
SELECT %(import_id)s, row_no, 'refuse', problems::jsonb FROM member_refused ORDER BY row_no
ON CONFLICT (mutual_id, import_id, row_no) DO UPDATE
SET action = excluded.action, fields = '{}', problems = excluded.problems, member_id = NULL
"""

CODES = """
-- one row per fund, and one per payroll: its code, id, and whether the payroll is the mutual's own
SELECT 'fund' AS what, code, id, true AS is_own FROM fund WHERE mutual_id = current_mutual()
UNION ALL
SELECT 'payroll', code, id, employer_number = :employer_number FROM payroll
WHERE mutual_id = current_mutual() AND is_active
"""
