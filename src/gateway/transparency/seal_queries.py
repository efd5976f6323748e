"""What sealing the log reads of the books and filings, and writes: each tree's leaves in a few statements.

A leaf's text is written here, in the database, in the one canonical way (``rules.canonical``): keys in order, texts and
whole numbers alone. Three random UUIDs of the server hold 366 random bits; their SHA-256 is the salt.
"""

from collections.abc import Mapping

from gateway.transparency.rules import LEAF_FORM

LOCK = """
-- one row: nothing, once no other transaction seals the log of this mutual
SELECT pg_advisory_xact_lock(hashtextextended('transparency.seal:' || current_mutual(), 0))
"""

OPEN_BOOKS = """
-- one row per seal of the ledger without a tree, oldest first
SELECT s.id, s.sealed_on, s.head, s.root FROM ledger_seal s
WHERE s.mutual_id = current_mutual() AND NOT EXISTS (
    SELECT FROM transparency_tree t WHERE t.mutual_id = s.mutual_id AND t.kind = 'books' AND t.subject_id = s.id)
ORDER BY s.id
"""

OPEN_FILINGS = """
-- one row per sealed filing without a tree, oldest first
SELECT f.id, f.period_start FROM filing f
WHERE f.mutual_id = current_mutual() AND f.sealed_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM transparency_tree t WHERE t.mutual_id = f.mutual_id AND t.kind = 'filing' AND t.subject_id = f.id)
ORDER BY f.sealed_at, f.id
"""

OPEN_ANSWERS = """
-- one row per file of a filing that the state has answered and that has no tree, oldest first
SELECT d.id, d.filing_id, f.period_start FROM filing_document d
JOIN filing f ON f.mutual_id = d.mutual_id AND f.id = d.filing_id
WHERE d.mutual_id = current_mutual() AND d.holds = 'workers' AND d.answered_at IS NOT NULL
  AND d.status IN ('accepted', 'partial', 'rejected') AND NOT EXISTS (
    SELECT FROM transparency_tree t WHERE t.mutual_id = d.mutual_id AND t.kind = 'answer' AND t.subject_id = d.id)
ORDER BY d.answered_at, d.id
"""


def _text(values: Mapping[str, str]) -> str:
    """Return the SQL of a leaf's text: each value is SQL of a JSON value; keys stand in their order, the salt among them."""
    given = {
        **values,
        "form": _said(f"'{LEAF_FORM}'"),
        "mutual": _said("n.mutual"),
        "salt": _said("encode(n.salt, 'hex')"),
    }
    pairs = (f"'{',' if place else '{'}\"{key}\":' || {given[key]}" for place, key in enumerate(sorted(given)))
    return " || ".join(pairs) + " || '}'"


def _said(value: str) -> str:
    return f"to_json(coalesce(({value})::text, ''))::text"


def _money(column: str) -> str:
    return _said(
        f"CASE WHEN {column} IS NOT NULL THEN round({column} / power(10::numeric, n.decimals), n.decimals) END"
    )


def _leaves(kind: str, rows: str, values: Mapping[str, str], *, append: bool) -> str:
    """Return the statement that stages leaves of one kind: ``rows`` selects member_id, subject_id and what is told."""
    into = (
        "INSERT INTO transparency_staged (kind, member_id, subject_id, salt, content)"
        if append
        else "CREATE TEMPORARY TABLE transparency_staged ON COMMIT DROP AS"
    )
    return f"""
-- no row: a temporary table with leaves, not yet in order
{into}
SELECT '{kind}' AS kind, n.member_id::int8 AS member_id, n.subject_id::int8 AS subject_id, n.salt, {_text({**values, "kind": _said(f"'{kind}'")})} AS content
FROM (
    SELECT r.*, u.code AS mutual, c.decimals,
           sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) AS salt
    FROM ({rows}) r
    JOIN unnest(%(currencies)s::text[], %(decimals)s::int[]) AS c (currency, decimals) ON c.currency = r.currency
    JOIN mutual u ON u.mutual_id = current_mutual()
    OFFSET 0
) n
"""


_RECEIVED = """
    SELECT l.member_id, r.id AS subject_id, r.number, l.line_no, l.amount_minor, r.currency, r.paid_on, t.id AS tx_id, m.number AS member
    FROM ledger_leaf s
    JOIN ledger_tx t ON t.mutual_id = s.mutual_id AND t.id = s.tx_id AND t.kind = 'receipt' AND t.evidence LIKE 'receipt:%%'
    JOIN contribution_receipt r ON r.mutual_id = t.mutual_id AND r.id = substr(t.evidence, 9)::int8 AND r.ledger_tx_id = t.id
    JOIN contribution_receipt_line l ON l.mutual_id = r.mutual_id AND l.receipt_id = r.id
    JOIN member m ON m.mutual_id = l.mutual_id AND m.id = l.member_id
    WHERE s.mutual_id = current_mutual() AND s.seal_id = %(subject_id)s"""

_PLACED = """
    SELECT p.member_id, r.id AS subject_id, r.number, l.line_no, l.amount_minor, r.currency, t.valid_on AS placed_on, t.id AS tx_id,
           m.number AS member
    FROM ledger_leaf s
    JOIN ledger_tx t ON t.mutual_id = s.mutual_id AND t.id = s.tx_id AND t.kind = 'placement' AND t.evidence LIKE 'receipt:%%'
    JOIN contribution_receipt r ON r.mutual_id = t.mutual_id AND r.id = substr(t.evidence, 9)::int8
    JOIN contribution_receipt_line l ON l.mutual_id = r.mutual_id AND l.receipt_id = r.id
    JOIN contribution_placement p ON p.mutual_id = l.mutual_id AND p.receipt_line_id = l.id AND p.ledger_tx_id = t.id
    JOIN member m ON m.mutual_id = p.mutual_id AND m.id = p.member_id
    WHERE s.mutual_id = current_mutual() AND s.seal_id = %(subject_id)s"""

_TAKEN_BACK = """
    SELECT l.owner_id AS member_id, r.id AS subject_id, r.number, l.line_no, l.amount_minor, r.currency, v.reversed_on, t.id AS tx_id,
           m.number AS member
    FROM ledger_leaf s
    JOIN ledger_tx t ON t.mutual_id = s.mutual_id AND t.id = s.tx_id AND t.idempotency_key ~ '^receipt-reversal:[0-9]+$'
    JOIN contribution_reversal v ON v.mutual_id = t.mutual_id AND v.receipt_id = substr(t.idempotency_key, 18)::int8
        AND v.ledger_tx_id = t.id
    JOIN contribution_receipt r ON r.mutual_id = v.mutual_id AND r.id = v.receipt_id
    CROSS JOIN LATERAL (
        SELECT l.line_no, l.amount_minor, CASE WHEN p.version IS NULL THEN l.member_id ELSE p.member_id END AS owner_id
        FROM contribution_receipt_line l
        LEFT JOIN LATERAL (
            SELECT p.version, p.member_id FROM contribution_placement p
            WHERE p.mutual_id = l.mutual_id AND p.receipt_line_id = l.id ORDER BY p.version DESC LIMIT 1
        ) p ON true
        WHERE l.mutual_id = r.mutual_id AND l.receipt_id = r.id
    ) l
    JOIN member m ON m.mutual_id = r.mutual_id AND m.id = l.owner_id
    WHERE s.mutual_id = current_mutual() AND s.seal_id = %(subject_id)s"""

_MONEY_IN = {
    "amount": _money("n.amount_minor"),
    "booking": "n.tx_id::text",
    "currency": _said("n.currency"),
    "line": "n.line_no::text",
    "member": _said("n.member"),
    "receipt": _said("n.number"),
    "seal": "(%(subject_id)s::int8)::text",
}

_LINES = """
    SELECT l.member_id, l.id AS subject_id, f.id AS filing_id, to_char(f.period_start, 'YYYY-MM') AS period, p.code AS payroll, l.line_no,
           l.wage_minor, l.state_minor, l.fee_minor, l.total_minor, l.from_member_minor, f.currency, m.number AS member
    FROM filing f
    JOIN payroll p ON p.mutual_id = f.mutual_id AND p.id = f.payroll_id
    JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id
    JOIN member m ON m.mutual_id = l.mutual_id AND m.id = l.member_id
    WHERE f.mutual_id = current_mutual() AND f.id = %(subject_id)s"""

_FILING = """
    SELECT NULL AS member_id, f.id AS subject_id, f.id AS filing_id, to_char(f.period_start, 'YYYY-MM') AS period, f.reference, f.kind,
           f.merkle_root, f.line_count, f.state_minor, f.currency, (
               SELECT string_agg(d.sha256, ',' ORDER BY d.position) FROM filing_document d
               WHERE d.mutual_id = f.mutual_id AND d.filing_id = f.id) AS files
    FROM filing f WHERE f.mutual_id = current_mutual() AND f.id = %(subject_id)s"""

_ANSWERS = """
    SELECT l.member_id, l.id AS subject_id, f.id AS filing_id, to_char(f.period_start, 'YYYY-MM') AS period, l.line_no, l.status,
           l.state_code, l.state_accepted_minor, coalesce(d.reception_reference, f.reception_reference) AS reception,
           to_char(l.answered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS answered_on, f.currency, m.number AS member
    FROM filing_document d
    JOIN filing f ON f.mutual_id = d.mutual_id AND f.id = d.filing_id
    JOIN filing_line l ON l.mutual_id = f.mutual_id AND l.filing_id = f.id AND l.status <> 'waiting'
        AND l.line_no >= d.first_line_no AND l.line_no < d.first_line_no + d.line_count
    JOIN member m ON m.mutual_id = l.mutual_id AND m.id = l.member_id
    WHERE d.mutual_id = current_mutual() AND d.id = %(subject_id)s"""

_ANSWER = """
    SELECT NULL AS member_id, d.id AS subject_id, f.id AS filing_id, to_char(f.period_start, 'YYYY-MM') AS period, d.reference, d.sha256,
           d.status, d.accepted_count, d.rejected_count, d.answer_code, coalesce(d.reception_reference, f.reception_reference) AS reception,
           f.currency, (
               SELECT a.sha256 FROM filing_answer a
               WHERE a.mutual_id = d.mutual_id AND a.document_id = d.id AND a.status = 'applied' ORDER BY a.id LIMIT 1) AS answer
    FROM filing_document d
    JOIN filing f ON f.mutual_id = d.mutual_id AND f.id = d.filing_id
    WHERE d.mutual_id = current_mutual() AND d.id = %(subject_id)s"""

LEAVES = {
    "books": (
        _leaves("receipt", _RECEIVED, {**_MONEY_IN, "paid_on": _said("n.paid_on")}, append=False),
        _leaves("placed", _PLACED, {**_MONEY_IN, "placed_on": _said("n.placed_on")}, append=True),
        _leaves("taken_back", _TAKEN_BACK, {**_MONEY_IN, "taken_back_on": _said("n.reversed_on")}, append=True),
    ),
    "filing": (
        _leaves("line", _LINES, {
            "amount": _money("n.state_minor"), "currency": _said("n.currency"), "fee": _money("n.fee_minor"),
            "filing": "n.filing_id::text", "line": "n.line_no::text", "member": _said("n.member"),
            "own": _money("n.from_member_minor"), "payroll": _said("n.payroll"), "period": _said("n.period"),
            "total": _money("n.total_minor"), "wage": _money("n.wage_minor"),
        }, append=False),
        _leaves("sealed", _FILING, {
            "amount": _money("n.state_minor"), "currency": _said("n.currency"), "files": _said("n.files"),
            "filing": "n.filing_id::text", "filing_kind": _said("n.kind"), "lines": "n.line_count::text", "lines_root": _said("n.merkle_root"),
            "period": _said("n.period"), "reference": _said("n.reference"),
        }, append=True),
    ),
    "answer": (
        _leaves("answer", _ANSWERS, {
            "accepted": _money("n.state_accepted_minor"), "answered_on": _said("n.answered_on"), "code": _said("n.state_code"),
            "currency": _said("n.currency"), "filing": "n.filing_id::text", "line": "n.line_no::text", "member": _said("n.member"),
            "period": _said("n.period"), "reception": _said("n.reception"), "status": _said("n.status"),
        }, append=False),
        _leaves("answered", _ANSWER, {
            "accepted_lines": "n.accepted_count::text", "answer": _said("n.answer"), "code": _said("n.answer_code"), "file": _said("n.sha256"),
            "filing": "n.filing_id::text", "period": _said("n.period"), "reception": _said("n.reception"),
            "reference": _said("n.reference"), "rejected_lines": "n.rejected_count::text", "status": _said("n.status"),
        }, append=True),
    ),
}  # fmt: skip
"""By kind of tree, the statements that stage its leaves; each reads set-based, whatever the number of leaves."""

FORGET = "DROP TABLE IF EXISTS pg_temp.transparency_staged, pg_temp.transparency_ordered"

ORDER = """
-- no row: the staged leaves with their hashes, in the order of these: a place in the tree says nothing of what stands there
CREATE TEMPORARY TABLE transparency_ordered ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY h.hash) - 1 AS position, h.*
FROM (SELECT s.*, sha256('\\x00'::bytea || convert_to(s.content, 'UTF8')) AS hash FROM transparency_staged s) h
"""

HASHES = """
-- one row per leaf, in order
SELECT hash FROM transparency_ordered ORDER BY position
"""

INSERT_TREE = """
-- one row: the new tree's id
INSERT INTO transparency_tree (position, kind, subject_id, leaf_count, root, nodes, entry, entry_hash, sealed_on)
VALUES (:position, :kind, :subject_id, :leaf_count, :root, :nodes, :entry, :entry_hash, :sealed_on) RETURNING id
"""

INSERT_LEAVES = """
-- no row: the leaves of a tree
INSERT INTO transparency_leaf (tree_id, position, kind, member_id, subject_id, salt, content, hash)
SELECT %(tree_id)s, position, kind, member_id, subject_id, salt, content, hash FROM transparency_ordered ORDER BY position
"""

INSERT_NODES = """
-- no row: complete subtrees of the log
INSERT INTO transparency_node (level, position, hash)
SELECT * FROM unnest(%(levels)s::int[], %(positions)s::int8[], %(hashes)s::bytea[])
"""

INSERT_KEY = """
-- no row: a key that signs from now on; one that did before stays as it was
INSERT INTO transparency_key (public_key, first_size) VALUES (:public_key, :first_size)
ON CONFLICT (mutual_id, public_key) DO NOTHING
"""

INSERT_CHECKPOINT = """
-- no row: a signed head
INSERT INTO transparency_checkpoint (tree_size, root, origin, signed_by, note) VALUES (:tree_size, :root, :origin, :signed_by, :note)
ON CONFLICT (mutual_id, tree_size, signed_by) DO NOTHING
"""
