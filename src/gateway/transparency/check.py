"""Check the log from the ground: every text, hash, root, subtree and signature is computed anew, and set against the books.

log.leaf        a leaf's text against its hash
log.tree        a tree's levels and root against its leaves, its entry against its root
log.entry       the entries against their hashes, one after the other without gaps
log.node        the log's complete subtrees against its entries
log.head        each signed head against the log at its size, and against its keys
log.books       what leaves say of receipts against the receipts
log.filing      what leaves say of filed lines and answers against these
log.seal        the heads of the books' seals against those in the log
log.late        what should be in the log and is not
guard.*         rights, triggers and row security that keep the log as it was
"""

import datetime as dt
import json
from typing import Any

from sqlmodel import Session, SQLModel

from gateway.kit import bulk, db, signed_note
from gateway.kit.merkle import EMPTY, leaf_hash
from gateway.kit.merkle_log import WIDTH, Node, Span, complete, grow, levels_of, root_of
from gateway.kit.signed_note import NoteError
from gateway.ledger import verify_queries as guards
from gateway.ledger.verify import MOST_FINDINGS, Finding
from gateway.transparency import check_queries as asked
from gateway.transparency import queries, rules
from gateway.transparency.models import (
    TransparencyCheckpoint,
    TransparencyKey,
    TransparencyLeaf,
    TransparencyNode,
    TransparencyTree,
)

TABLES: tuple[type[SQLModel], ...] = (
    TransparencyTree,
    TransparencyLeaf,
    TransparencyNode,
    TransparencyKey,
    TransparencyCheckpoint,
)
TRIGGERS = (
    *(("no_change", str(table.__tablename__)) for table in TABLES),
    ("guard", "transparency_tree"),
    ("guard", "transparency_checkpoint"),
)


def check_log(session: Session, *, now: dt.datetime) -> list[Finding]:
    """Return everything in this mutual's log that does not hold; an empty list where all does. Nothing is written."""
    limit = {"limit": MOST_FINDINGS}
    findings = [*_guard(session)]
    for statement in asked.ROWS:
        findings += [Finding(*row) for row in db.rows(session, statement, limit)]
    findings += [Finding(*row) for row in db.rows(session, asked.LATE, {"before": _late(now), **limit})]
    hashes = _trees(session, findings)
    known = grow(0, {}, hashes)
    _nodes(session, known, findings)
    _heads(session, known, len(hashes), findings)
    return findings


def _guard(session: Session) -> list[Finding]:
    names = [str(table.__tablename__) for table in TABLES]
    triggers = {"names": [name for name, _ in TRIGGERS], "on_tables": [table for _, table in TRIGGERS], "tables": names}
    rows = db.rows(session, guards.PRIVILEGES, {"tables": names, "role": db.APP_ROLE})
    return [Finding(*row) for row in [*rows, *db.rows(session, guards.TRIGGERS, triggers)]]


def _late(now: dt.datetime) -> dt.datetime:
    return now - dt.timedelta(seconds=rules.LOG_SECONDS) - rules.SLACK


def _trees(session: Session, findings: list[Finding]) -> list[bytes]:
    found: list[bytes] = []
    for tree in db.rows(session, asked.TREES):
        subject = f"entry {tree.position} ({tree.kind})"
        if tree.position != len(found):
            findings.append(Finding("log.entry", subject, f"there are {len(found)} entries before it"))
        found.append(bytes(tree.entry_hash))
        if leaf_hash(tree.entry.encode()) != found[-1]:
            findings.append(Finding("log.entry", subject, "its text does not have the hash stored with it"))
        findings += [Finding("log.tree", subject, fault) for fault in _faults(session, tree)]
    return found


def _faults(session: Session, tree: Any) -> list[str]:
    chunks = bulk.read_chunks(session, asked.HASHES, {"tree_id": tree.id})
    leaves = [(int(row[0]), bytes(row[1])) for rows in chunks for row in rows]
    nodes = levels_of([hashed for _, hashed in leaves])
    told = json.loads(tree.entry)
    faults = []
    if [place for place, _ in leaves] != list(range(tree.leaf_count)):
        faults.append(f"it has {len(leaves)} leaves and says {tree.leaf_count}")
    if nodes != bytes(tree.nodes) or nodes[-WIDTH:] != bytes(tree.root):
        faults.append("its leaves give another root or other levels than are stored")
    if (told.get("root"), told.get("leaves")) != (rules.text_of_hash(bytes(tree.root)), tree.leaf_count):
        faults.append("its entry tells another root or number of leaves")
    return faults


def _nodes(session: Session, known: dict[Node, bytes], findings: list[Finding]) -> None:
    chunks = bulk.read_chunks(session, asked.NODES)
    stored = {Node(int(row[0]), int(row[1])): bytes(row[2]) for rows in chunks for row in rows}
    wrong = sorted(node for node in known.keys() | stored.keys() if known.get(node) != stored.get(node))
    for node in wrong[:MOST_FINDINGS]:
        detail = "is not what the entries give" if node in stored else "is missing"
        findings.append(Finding("log.node", f"subtree {node.position} of level {node.level}", detail))


def _heads(session: Session, known: dict[Node, bytes], size: int, findings: list[Finding]) -> None:
    publics = [bytes(row.public_key) for row in queries.list_keys(session)]
    for head in queries.list_heads(session, after=0, limit=10_000_000):
        for fault in _faults_of_head(head, known, size, publics):
            findings.append(Finding("log.head", f"head {head.id} of size {head.tree_size}", fault))


def _faults_of_head(head: queries.Head, known: dict[Node, bytes], size: int, publics: list[bytes]) -> list[str]:
    span = Span(0, head.tree_size)
    is_long = head.tree_size <= size and all(node in known for node in complete(span))
    root = root_of(span, known) if is_long else EMPTY
    try:
        told = signed_note.read_checkpoint(head.note)
        signed = [
            signed_note.key_hash(head.origin, key).hex() for key in signed_note.signers(head.note, head.origin, publics)
        ]
    except NoteError as error:
        return [f"its note cannot be read: {error}"]
    faults = []
    if told != (head.origin, head.tree_size, bytes(head.root)):
        faults.append("its note says something else than its row")
    if root != bytes(head.root):
        faults.append("its root is not that of the log at its size")
    if sorted(signed) != sorted(head.signed_by.split(",")):
        faults.append("it is not signed by the keys that it names")
    return faults
