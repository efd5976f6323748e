"""What is read of the log."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlmodel import Session

from gateway.kit import db
from gateway.kit.merkle_log import Node, Span, complete, root_of
from gateway.transparency.errors import LogRangeError, LogUnsignedError

SIZE = """
-- one row: how many entries the log has
SELECT coalesce(max(position) + 1, 0)::int8 FROM transparency_tree WHERE mutual_id = current_mutual()
"""

NODES = """
-- one row per complete subtree asked for
SELECT n.level, n.position, n.hash FROM transparency_node n
JOIN unnest(CAST(:levels AS int[]), CAST(:positions AS int8[])) AS a (level, position)
    ON a.level = n.level AND a.position = n.position
WHERE n.mutual_id = current_mutual()
"""

NEWEST_CHECKPOINT = """
-- at most one row: the newest signed head
SELECT id, tree_size, root, origin, signed_by, note, signed_at FROM transparency_checkpoint
WHERE mutual_id = current_mutual() ORDER BY id DESC LIMIT 1
"""

CHECKPOINTS = """
-- one row per signed head behind an id, oldest first
SELECT id, tree_size, root, origin, signed_by, note, signed_at FROM transparency_checkpoint
WHERE mutual_id = current_mutual() AND id > :after ORDER BY id LIMIT :limit
"""

KEYS = """
-- one row per key that ever signed, oldest first
SELECT public_key, first_size, added_at FROM transparency_key WHERE mutual_id = current_mutual() ORDER BY id
"""

ENTRIES = """
-- one row per entry from a place on, in order
SELECT position, kind, leaf_count, entry, entry_hash, sealed_on, sealed_at FROM transparency_tree
WHERE mutual_id = current_mutual() AND position >= :start ORDER BY position LIMIT :limit
"""

RECEIPT_LEAVES = """
-- one row per leaf of a member about lines of a receipt that are hers now, oldest tree first
SELECT l.tree_id, l.position, l.kind, l.subject_id, l.content, t.position AS entry_position, t.leaf_count, t.entry
FROM transparency_leaf l JOIN transparency_tree t ON t.mutual_id = l.mutual_id AND t.id = l.tree_id
WHERE l.mutual_id = current_mutual() AND l.kind IN ('receipt', 'placed', 'taken_back') AND l.subject_id = :receipt_id
  AND l.member_id = :member_id AND t.position < :size AND CAST(CAST(l.content AS jsonb) ->> 'line' AS int) IN (
    SELECT n.line_no FROM contribution_receipt_line n
    LEFT JOIN LATERAL (
        SELECT p.version, p.member_id FROM contribution_placement p
        WHERE p.mutual_id = n.mutual_id AND p.receipt_line_id = n.id ORDER BY p.version DESC LIMIT 1
    ) p ON true
    WHERE n.mutual_id = l.mutual_id AND n.receipt_id = :receipt_id
      AND CASE WHEN p.version IS NULL THEN n.member_id ELSE p.member_id END = :member_id)
ORDER BY t.position, l.position
"""

LINE_LEAVES = """
-- one row per leaf about lines of a filing, the line before its answer
SELECT l.tree_id, l.position, l.kind, l.subject_id, l.content, t.position AS entry_position, t.leaf_count, t.entry
FROM transparency_leaf l JOIN transparency_tree t ON t.mutual_id = l.mutual_id AND t.id = l.tree_id
WHERE l.mutual_id = current_mutual() AND l.kind IN ('line', 'answer') AND l.subject_id = ANY(CAST(:line_ids AS int8[]))
  AND t.position < :size
ORDER BY l.subject_id, t.position
"""

FILING_LEAVES = """
-- one row per leaf about a filing as a whole, and about the answer to each of its files
SELECT l.tree_id, l.position, l.kind, l.subject_id, l.content, t.position AS entry_position, t.leaf_count, t.entry
FROM transparency_leaf l JOIN transparency_tree t ON t.mutual_id = l.mutual_id AND t.id = l.tree_id
WHERE l.mutual_id = current_mutual() AND t.position < :size AND (
    (l.kind = 'sealed' AND l.subject_id = :filing_id) OR (l.kind = 'answered' AND l.subject_id IN (
        SELECT d.id FROM filing_document d WHERE d.mutual_id = l.mutual_id AND d.filing_id = :filing_id)))
ORDER BY t.position
"""

LINE_ID = """
-- at most one row: a line of a filing
SELECT id FROM filing_line WHERE mutual_id = current_mutual() AND filing_id = :filing_id AND line_no = :line_no
"""

PIECES = """
-- one row per piece of a tree's levels, in the order asked for
SELECT substring(t.nodes FROM a.begins + 1 FOR 32) AS hash
FROM transparency_tree t, unnest(CAST(:offsets AS int[])) WITH ORDINALITY AS a (begins, n)
WHERE t.mutual_id = current_mutual() AND t.id = :tree_id ORDER BY a.n
"""

BOOKED_AT = """
-- at most one row: when what a member's receipt says was booked last
SELECT greatest(r.recorded_at, max(p.at)) AS booked_at FROM contribution_receipt r
JOIN contribution_receipt_line l ON l.mutual_id = r.mutual_id AND l.receipt_id = r.id
LEFT JOIN contribution_placement p ON p.mutual_id = l.mutual_id AND p.receipt_line_id = l.id AND p.member_id = :member_id
WHERE r.mutual_id = current_mutual() AND r.id = :receipt_id GROUP BY r.id, r.recorded_at
"""


class Head(NamedTuple):
    """A signed head of the log."""

    id: int
    tree_size: int
    root: bytes
    origin: str
    signed_by: str
    note: str
    signed_at: dt.datetime


def size_of(session: Session) -> int:
    """Return how many entries the log has."""
    return int(db.scalar(session, SIZE))


def find_head(session: Session) -> Head | None:
    """Return the newest signed head, if there is one."""
    row = db.first(session, NEWEST_CHECKPOINT)
    return None if row is None else Head(*row)


def get_head(session: Session) -> Head:
    """Return the newest signed head.

    Raises:
        LogUnsignedError: There is none.
    """
    head = find_head(session)
    if head is None:
        raise LogUnsignedError(
            "the mutual has signed no head of its log: it has no key (GATEWAY_SEAL_KEY_FILE), or nothing was sealed yet"
        )
    return head


def list_heads(session: Session, *, after: int, limit: int) -> list[Head]:
    """Return signed heads behind an id, oldest first."""
    return [Head(*row) for row in db.rows(session, CHECKPOINTS, {"after": after, "limit": limit})]


def list_keys(session: Session) -> list[Any]:
    """Return every key that ever signed, oldest first."""
    return db.rows(session, KEYS)


def list_entries(session: Session, *, start: int, limit: int) -> list[Any]:
    """Return entries of the log from a place on."""
    return db.rows(session, ENTRIES, {"start": start, "limit": limit})


def read_nodes(session: Session, spans: Iterable[Span]) -> dict[Node, bytes]:
    """Return the complete subtrees that make up spans of the log."""
    wanted = {node for span in spans for node in complete(span)}
    values = {"levels": [node.level for node in wanted], "positions": [node.position for node in wanted]}
    return {Node(row.level, row.position): bytes(row.hash) for row in db.rows(session, NODES, values)}


def roots_of(session: Session, spans: list[Span]) -> list[bytes]:
    """Return the root over each span of the log.

    Raises:
        LogRangeError: The log is not that long.
    """
    known = read_nodes(session, spans)
    try:
        return [root_of(span, known) for span in spans]
    except KeyError:
        raise LogRangeError("the log is not that long; its newest head says how many entries there are") from None


def read_pieces(session: Session, tree_id: int, offsets: list[int]) -> list[bytes]:
    """Return pieces of 32 bytes of a tree's levels."""
    return [bytes(row.hash) for row in db.rows(session, PIECES, {"tree_id": tree_id, "offsets": offsets})]
