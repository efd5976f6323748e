"""What the state told by itself, and is booked."""

KEEP = """
-- no row: one thing that a message says
INSERT INTO state_push (subject, reference, employer, period_start, first_no, last_no, is_final, said_at, message_id)
VALUES (:subject, :reference, :employer, :period_start, :first_no, :last_no, :is_final, :said_at, :message_id)
"""

REPLACE = """
-- no row: what is said otherwise by a message that a person let in counts no more
UPDATE state_push SET replaced_by = :message_id
WHERE mutual_id = current_mutual() AND id = ANY (CAST(:ids AS bigint[]))
"""

_TOLD = """
SELECT p.id, p.subject, p.reference, p.first_no, p.last_no, p.is_final, p.said_at, m.id AS message_id, m.source, m.event_id,
    m.headers, m.body, m.received_at
FROM state_push p JOIN inbox_message m ON m.mutual_id = p.mutual_id AND m.id = p.message_id
WHERE p.mutual_id = current_mutual() AND p.replaced_by IS NULL
"""

ABOUT = f"""
-- one row per thing said of one subject, the newest by the state's clock first; message: where the words stand
{_TOLD} AND p.subject = :subject AND p.reference = :reference
ORDER BY p.said_at DESC, p.id DESC
"""

OVERLAPPING = f"""
-- one row per page that has lines of these
{_TOLD} AND p.subject = :subject AND p.reference = :reference AND p.first_no <= :last AND p.last_no >= :first
ORDER BY p.first_no, p.id
"""

PAGES = """
-- one row per page told of, in the order of its lines; the words are read one by one
SELECT id, first_no, last_no FROM state_push
WHERE mutual_id = current_mutual() AND replaced_by IS NULL AND subject = :subject AND reference = :reference
ORDER BY first_no, last_no DESC, id
"""

ONE = f"""
-- at most one row
{_TOLD} AND p.id = :id
"""

NOTICES = f"""
-- one row per notice of a month, the newest version of each by the state's clock
SELECT DISTINCT ON (told.reference) told.* FROM ({_TOLD} AND p.subject = 'notice'
    AND p.employer = :employer AND p.period_start = :period_start) told
ORDER BY told.reference, told.first_no DESC, told.said_at DESC, told.id DESC
"""

REMITTANCES = f"""
-- one row per remittance, as it was told last
SELECT DISTINCT ON (told.reference) told.* FROM ({_TOLD} AND p.subject = 'remittance'
    AND (CAST(:employer AS text) IS NULL OR p.employer = :employer)) told
ORDER BY told.reference, told.said_at DESC, told.id DESC
"""

LET_IN = """
-- one row: who let a message in that was set aside; null where nobody had to
SELECT handled_by FROM inbox_message WHERE mutual_id = current_mutual() AND id = :message_id
"""

BOOKED = """
-- one row: whether what was told of a subject is booked already
SELECT CASE CAST(:subject AS text)
    WHEN 'filing' THEN EXISTS (SELECT FROM filing_document d WHERE d.mutual_id = current_mutual()
        AND CAST(d.reference AS text) = :reference AND d.answered_at IS NOT NULL)
    WHEN 'filing_page' THEN EXISTS (SELECT FROM filing_document d WHERE d.mutual_id = current_mutual()
        AND CAST(d.reference AS text) = :reference AND d.answered_at IS NOT NULL)
    WHEN 'notice' THEN EXISTS (SELECT FROM bill b WHERE b.mutual_id = current_mutual() AND b.notice_reference = :reference
        AND b.status NOT IN ('received', 'superseded'))
    ELSE false END AS is_booked
"""
