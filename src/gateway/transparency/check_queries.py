"""What checking the log asks: each statement answers the rows that fail, as check, subject and detail."""

LEAVES = """
-- one row per leaf whose text is not the one that was hashed
SELECT 'log.leaf', format('leaf %s of tree %s', l.position, l.tree_id), 'its text does not have the hash stored with it'
FROM transparency_leaf l
WHERE l.mutual_id = current_mutual() AND l.hash <> sha256('\\x00'::bytea || convert_to(l.content, 'UTF8'))
ORDER BY l.tree_id, l.position LIMIT :limit
"""

RECEIPTS = """
-- one row per leaf about money that says something else than the books say now
SELECT 'log.books', 'receipt ' || r.number, format('its leaf in tree %s says %s', l.tree_id, l.content)
FROM transparency_leaf l
JOIN contribution_receipt r ON r.mutual_id = l.mutual_id AND r.id = l.subject_id
LEFT JOIN contribution_receipt_line n ON n.mutual_id = r.mutual_id AND n.receipt_id = r.id
    AND n.line_no = (l.content::jsonb ->> 'line')::int
LEFT JOIN member m ON m.mutual_id = l.mutual_id AND m.id = l.member_id
WHERE l.mutual_id = current_mutual() AND l.kind IN ('receipt', 'placed', 'taken_back') AND (
    n.amount_minor IS DISTINCT FROM replace(l.content::jsonb ->> 'amount', '.', '')::int8
    OR (l.content::jsonb ->> 'receipt', l.content::jsonb ->> 'currency', l.content::jsonb ->> 'member')
        IS DISTINCT FROM (r.number, r.currency, m.number)
    OR (l.kind = 'receipt' AND l.content::jsonb ->> 'paid_on' <> r.paid_on::text))
ORDER BY l.tree_id, l.position LIMIT :limit
"""

GONE = """
-- one row per leaf whose receipt or line is not there any more
SELECT 'log.books', format('leaf %s of tree %s', l.position, l.tree_id), 'what it tells of is gone: ' || l.content
FROM transparency_leaf l
WHERE l.mutual_id = current_mutual() AND (
    (l.kind IN ('receipt', 'placed', 'taken_back') AND NOT EXISTS (
        SELECT FROM contribution_receipt r WHERE r.mutual_id = l.mutual_id AND r.id = l.subject_id))
    OR (l.kind IN ('line', 'answer') AND NOT EXISTS (
        SELECT FROM filing_line n WHERE n.mutual_id = l.mutual_id AND n.id = l.subject_id)))
ORDER BY l.tree_id, l.position LIMIT :limit
"""

LINES = """
-- one row per leaf about a filed line or its answer that says something else than the filing says now
SELECT 'log.filing', format('line %s of filing %s', n.line_no, n.filing_id), format('its leaf in tree %s says %s', l.tree_id, l.content)
FROM transparency_leaf l
JOIN filing_line n ON n.mutual_id = l.mutual_id AND n.id = l.subject_id
WHERE l.mutual_id = current_mutual() AND CASE l.kind
    WHEN 'line' THEN (n.wage_minor, n.state_minor, n.total_minor, n.from_member_minor, n.line_no, n.member_id) IS DISTINCT FROM (
        replace(l.content::jsonb ->> 'wage', '.', '')::int8, replace(l.content::jsonb ->> 'amount', '.', '')::int8,
        replace(l.content::jsonb ->> 'total', '.', '')::int8, replace(l.content::jsonb ->> 'own', '.', '')::int8,
        (l.content::jsonb ->> 'line')::int, l.member_id)
    WHEN 'answer' THEN (n.status, coalesce(n.state_code, ''), n.member_id)
        IS DISTINCT FROM (l.content::jsonb ->> 'status', l.content::jsonb ->> 'code', l.member_id)
    ELSE false END
ORDER BY l.tree_id, l.position LIMIT :limit
"""

HEADS = """
-- one row per seal of the books whose head or root is not the one in the log
SELECT 'log.seal', 'seal ' || t.subject_id, 'its head in the books is not the one in the log'
FROM transparency_tree t
LEFT JOIN ledger_seal s ON s.mutual_id = t.mutual_id AND s.id = t.subject_id
WHERE t.mutual_id = current_mutual() AND t.kind = 'books'
  AND (s.head, s.root) IS DISTINCT FROM (t.entry::jsonb ->> 'head', t.entry::jsonb ->> 'books_root')
ORDER BY t.position LIMIT :limit
"""

LATE = """
-- one row per seal of the books that should have been in the log for long
SELECT 'log.late', 'seal ' || s.id, format('was made at %s and is not in the log', s.sealed_at)
FROM ledger_seal s
WHERE s.mutual_id = current_mutual() AND s.sealed_at < :before AND NOT EXISTS (
    SELECT FROM transparency_tree t WHERE t.mutual_id = s.mutual_id AND t.kind = 'books' AND t.subject_id = s.id)
ORDER BY s.id LIMIT :limit
"""

ROWS = (LEAVES, GONE, RECEIPTS, LINES, HEADS)
"""Those that need nothing but a limit."""

TREES = """
-- one row per entry of the log, in order
SELECT id, position, kind, leaf_count, root, nodes, entry, entry_hash FROM transparency_tree
WHERE mutual_id = current_mutual() ORDER BY position
"""

HASHES = """
-- one row per leaf of a tree, in order
SELECT position, hash FROM transparency_leaf WHERE mutual_id = current_mutual() AND tree_id = %(tree_id)s ORDER BY position
"""

NODES = """
-- one row per complete subtree of the log
SELECT level, position, hash FROM transparency_node WHERE mutual_id = current_mutual()
"""
