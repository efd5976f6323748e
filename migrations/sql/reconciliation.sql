-- A line's matches sum to nothing or to the whole line, whoever writes them and however many at once: a line can be neither
-- matched twice nor in part, and what is undone is undone whole.
CREATE FUNCTION reconciliation_match_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hit record;
BEGIN
    SELECT s.line_id, s.minor, l.amount_minor INTO hit
    FROM (
        SELECT m.mutual_id, m.line_id, sum(m.amount_minor) AS minor FROM reconciliation_match m
        WHERE (m.mutual_id, m.line_id) IN (SELECT mutual_id, line_id FROM fresh)
        GROUP BY m.mutual_id, m.line_id
    ) s
    JOIN bank_statement_line l ON l.mutual_id = s.mutual_id AND l.id = s.line_id
    WHERE s.minor <> 0 AND s.minor <> l.amount_minor LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'line % has % and its matches sum to %: a line is matched whole and once', hit.line_id, hit.amount_minor, hit.minor
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER reconciliation_match_guard AFTER INSERT ON reconciliation_match
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION reconciliation_match_guard();
