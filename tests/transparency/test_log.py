"""The log: what is sealed into it, that it only grows, that keys follow one another, and that nothing in it can be changed."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import create_engine
from sqlmodel import Session
from tests.databases import Shelf
from tests.transparency import forging
from tests.transparency.log_town import (
    DAY,
    KEY,
    NEXT_KEY,
    ORIGIN,
    URL,
    Town,
    build,
    log,
    pay_again,
    seal_books,
)

from gateway.api.schemas.transparency import EntriesRead
from gateway.contributions.place import place_line
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.contributions.reverse import reverse_receipt
from gateway.kit import db, signed_note
from gateway.kit.db import Database, act_for, sqlalchemy_url
from gateway.kit.jobs import TIMETABLE, Context
from gateway.selfcheck import queries as my_queries
from gateway.transparency import queries, rules
from gateway.transparency.check import TABLES, check_log
from gateway.transparency.errors import LogRangeError, LogUnsignedError
from gateway.transparency.models import LeafKind
from gateway.transparency.prove import Claim, prove_consistency, prove_entry, prove_receipt
from gateway.transparency.publish import heads_of, keys_of
from gateway.transparency.tasks import seal as seal_task

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def town(database: Database) -> Town:
    return build(database)


def ask(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.session(1) as session:
        return db.rows(session, statement, values)


def leaves(database: Database, kind: LeafKind) -> list[dict[str, Any]]:
    rows = ask(database, "SELECT content FROM transparency_leaf WHERE kind = :kind ORDER BY content", kind=kind)
    return [json.loads(row.content) for row in rows]


def test_books_filing_and_answer_are_sealed_once_and_the_log_only_grows(database: Database, town: Town) -> None:
    seal_books(database)
    first = log(database, KEY)
    assert (first.new_entries, first.tree_size, first.signed_by) == (4, 4, 1)
    assert log(database, KEY).new_entries == 0
    assert len(ask(database, "SELECT id FROM transparency_checkpoint")) == 1, "nothing new is signed twice"
    pay_again(database, town.ana, 700)
    assert log(database, KEY)[:2] == (1, 5)

    entries = [row.entry for row in ask(database, "SELECT entry FROM transparency_tree ORDER BY position")]
    assert [json.loads(entry)["kind"] for entry in entries] == ["books", "books", "filing", "answer", "books"]
    with database.session(1) as session:
        heads = queries.list_heads(session, after=0, limit=9)
    assert [head.note for head in heads] == [forging.note(ORIGIN, entries[:size], KEY) for size in (4, 5)]

    for tree in ask(database, "SELECT id, entry FROM transparency_tree"):
        texts = ask(database, "SELECT content FROM transparency_leaf WHERE tree_id = :t ORDER BY position", t=tree.id)
        root = forging.mth([forging.leaf_of(row.content) for row in texts])
        assert (json.loads(tree.entry)["root"], json.loads(tree.entry)["leaves"]) == (forging.b64(root), len(texts))
    with database.session(1) as session:
        assert check_log(session, now=NOW) == []


def test_a_leaf_says_exactly_what_is_claimed_and_no_two_are_salted_alike(database: Database, town: Town) -> None:
    seal_books(database)
    log(database, KEY)
    row = ask(database, "SELECT r.id, r.number, m.number AS member FROM contribution_receipt r, member m"
              " WHERE m.id = :ana AND r.paid_on = '2026-03-10' ORDER BY r.id LIMIT 1", ana=town.ana)[0]  # fmt: skip
    said = next(one for one in leaves(database, LeafKind.RECEIPT) if one["receipt"] == row.number)
    assert {name: said[name] for name in ("member", "amount", "currency", "paid_on", "mutual")} == {
        "member": row.member, "amount": "4923.27", "currency": "DOP", "paid_on": "2026-03-10", "mutual": "amparo"}  # fmt: skip
    lines = {one["member"]: one for one in leaves(database, LeafKind.LINE)}
    assert (lines[row.member]["wage"], lines[row.member]["amount"], lines[row.member]["own"]) == (
        "23223.00", "4923.27", "4923.27")  # fmt: skip
    answers = {one["member"]: one for one in leaves(database, LeafKind.ANSWER)}
    assert (answers[row.member]["status"], answers[row.member]["reception"]) == ("accepted", "R-77")
    assert sorted(one["status"] for one in answers.values()) == ["accepted"] * 6 + ["rejected"]
    (whole,) = leaves(database, LeafKind.SEALED)
    filing = ask(database, "SELECT f.merkle_root, d.sha256 FROM filing f JOIN filing_document d ON d.filing_id = f.id")[
        0
    ]
    assert (whole["lines_root"], whole["files"], whole["lines"]) == (filing.merkle_root, filing.sha256, 7)

    every = ask(database, "SELECT content, encode(salt, 'hex') AS salt FROM transparency_leaf")
    assert len({row.salt for row in every}) == len(every) > 20
    assert all(json.loads(row.content)["salt"] == row.salt for row in every)
    assert all(rules.canonical(json.loads(row.content)) == row.content for row in every)
    # An entry, which everybody sees, tells of nobody and of no amount.
    for row in ask(database, "SELECT entry FROM transparency_tree"):
        assert set(json.loads(row.entry)) <= {"form", "kind", "mutual", "leaves", "root", "sealed_on", "seal", "day", "head",
                                              "books_root", "filing", "file", "period"}  # fmt: skip


def test_money_placed_later_and_money_taken_back_have_leaves_of_their_own(database: Database, town: Town) -> None:
    new = NewReceipt(
        source="api:test", source_reference='Ñ "quoted"\\', channel="cash", account_code="cash:main", amount_minor=500,
        currency="DOP", paid_on=DAY, lines=[NewLine(amount_minor=500, identity="00000000000")],
    )  # fmt: skip
    with database.session(1) as session:
        unknown = receive(session, new, actor="staff:carla", today=DAY)
        place_line(session, unknown.lines[0].id, member_id=town.ana, reason="it is hers", actor="staff:abel", today=DAY)
    back = pay_again(database, town.members[1], 900)
    with database.session(1) as session:
        reverse_receipt(session, back, reason="paid twice", actor="staff:abel", today=DAY)
    seal_books(database)
    log(database, KEY)
    (placed,) = leaves(database, LeafKind.PLACED)
    assert (placed["receipt"], placed["amount"], placed["placed_on"]) == (unknown.number, "5.00", DAY.isoformat())
    (taken,) = leaves(database, LeafKind.TAKEN_BACK)
    assert (taken["amount"], taken["taken_back_on"]) == ("9.00", DAY.isoformat())
    assert unknown.number not in {one["receipt"] for one in leaves(database, LeafKind.RECEIPT)}, "it was nobody's then"


def test_money_that_was_another_members_first_is_proved_without_her(database: Database, town: Town) -> None:
    wrong = pay_again(database, town.members[1], 700)
    with database.session(1) as session:
        line = db.one(session, "SELECT id FROM contribution_receipt_line WHERE receipt_id = :r", {"r": wrong})
        place_line(session, line.id, member_id=town.ana, reason="it is hers", actor="staff:abel", today=DAY)
    seal_books(database)
    log(database, KEY)
    with database.session(1) as session:
        row = my_queries.get_receipt(session, town.ana, wrong)
        claim = Claim(row.id, row.number, row.amount_minor, row.currency)
        found = prove_receipt(session, town.ana, claim, since=None, now=NOW)
        ana, other = (my_queries.get_me(session, member).number for member in town.members[:2])
    assert next(json.loads(part["leaf"])["kind"] for part in found["parts"]) == "placed"
    assert {json.loads(part["leaf"])["member"] for part in found["parts"]} == {ana}
    assert f'"{other}"' not in json.dumps(found)


def test_what_was_not_signed_yet_is_shown_by_no_way(database: Database, town: Town) -> None:
    seal_books(database)
    log(database, KEY)
    fresh = pay_again(database, town.ana, 900)
    assert log(database).tree_size == 5, "the key is away for a while"
    with database.session(1) as session:
        row = my_queries.get_receipt(session, town.ana, fresh)
        claim = Claim(row.id, row.number, row.amount_minor, row.currency)
        assert prove_receipt(session, town.ana, claim, since=None, now=NOW)["status"] == "waiting"
        with pytest.raises(LogRangeError, match="of size 4, not 5"):
            prove_consistency(session, 1, 5)
        with pytest.raises(LogRangeError, match="of size 4, not 5"):
            prove_entry(session, 0, 5)
        shown = EntriesRead.of(queries.list_entries(session, start=0, limit=9), queries.get_head(session).tree_size, 8)
    assert [one.index for one in shown.items] == [0, 1, 2, 3]
    assert shown.next_start is None


def test_one_key_follows_another_and_both_sign_for_a_while(database: Database, town: Town) -> None:
    seal_books(database)
    with database.session(1) as session, pytest.raises(LogUnsignedError, match="GATEWAY_SEAL_KEY_FILE"):
        queries.get_head(session)
    assert log(database)[1:] == (4, 0), "without a key the log grows and waits"
    with database.session(1) as session:
        assert heads_of(session)["checkpoint"] is None
    publics = [signed_note.public_bytes(key) for key in (KEY, NEXT_KEY)]
    signed: list[tuple[int, list[bytes]]] = []
    for keys in ((KEY,), (KEY, NEXT_KEY), (NEXT_KEY,)):
        assert log(database, *keys).new_entries == 0
        with database.session(1) as session:
            head = queries.get_head(session)
        signed.append((head.tree_size, signed_note.signers(head.note, ORIGIN, publics)))
    assert signed == [(4, publics[:1]), (4, publics), (4, publics[1:])]
    with database.session(1) as session:
        known = keys_of(session)
        assert check_log(session, now=NOW) == []
    assert [(key.public_key, key.is_current) for key in known] == [(publics[0], False), (publics[1], True)]


def test_the_worker_seals_by_itself_and_keeps_the_logs_first_name(database: Database, town: Town) -> None:
    seal_books(database)
    assert TIMETABLE["transparency.seal"].seconds == rules.LOG_SECONDS
    context = Context(database, lambda _zone: DAY, {"log_keys": (KEY,), "public_url": URL})
    seal_task(context, 1)
    seal_task(Context(database, lambda _zone: DAY, {"log_keys": (NEXT_KEY,), "public_url": "https://elsewhere"}), 1)
    seal_task(Context(database, lambda _zone: DAY, {}), 2)
    with database.session(1) as session:
        assert {head.origin for head in queries.list_heads(session, after=0, limit=9)} == {ORIGIN}
    with database.session(2) as session:
        assert (queries.size_of(session), check_log(session, now=NOW)) == (0, [])


def test_nothing_in_the_log_can_be_changed_or_removed_by_anybody(database: Database, town: Town) -> None:
    seal_books(database)
    log(database, KEY)
    for table in (str(one.__tablename__) for one in TABLES):
        for role in ("gateway_app", None):
            for statement in ("UPDATE {} SET mutual_id = mutual_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
                with psycopg.connect(database.url) as owner:
                    if role:
                        owner.execute("SET ROLE gateway_app")
                    owner.execute("SET gateway.mutual_id = '1'")
                    with pytest.raises((errors.InsufficientPrivilege, errors.RestrictViolation)) as refused:
                        owner.execute(sql.SQL(statement).format(sql.Identifier(table)))
                    assert isinstance(refused.value, errors.InsufficientPrivilege) == (role is not None), (
                        table,
                        statement,
                    )
                    owner.rollback()
    gap = "INSERT INTO transparency_tree (position, kind, subject_id, leaf_count, root, nodes, entry, entry_hash, sealed_on)" \
        " SELECT {}, 'books', 99, 0, root, nodes, entry, {}, sealed_on FROM transparency_tree WHERE position = 0"  # fmt: skip
    head = "INSERT INTO transparency_checkpoint (tree_size, root, origin, signed_by, note)" \
        " SELECT {}, {}, origin, 'x', note FROM transparency_checkpoint"  # fmt: skip
    for statement in (
        gap.format(9, "entry_hash"),
        gap.format(4, "sha256('x')"),
        head.format(3, "root"),
        head.format(4, "sha256('x')"),
    ):
        with pytest.raises(
            Exception, match=r"no entry before it|hash of another text|not of the log as it is|does not follow"
        ):
            ask(database, statement + " RETURNING 1")


TAMPERINGS = [
    ("log.leaf", "UPDATE transparency_leaf SET content = replace(content, '4923.27', '1.00') WHERE kind = 'line'"),
    (
        "log.tree",
        "DELETE FROM transparency_leaf WHERE ctid = (SELECT min(ctid) FROM transparency_leaf WHERE kind = 'receipt')",
    ),
    (
        "log.tree",
        "UPDATE transparency_tree SET nodes = set_byte(nodes, 2, 255 - get_byte(nodes, 2)) WHERE position = 2",
    ),
    ("log.entry", "UPDATE transparency_tree SET entry = replace(entry, '2026', '2025') WHERE position = 0"),
    ("log.node", "UPDATE transparency_node SET hash = sha256('x') WHERE level = 1 AND position = 0"),
    ("log.node", "DELETE FROM transparency_node WHERE level = 2"),
    ("log.head", "UPDATE transparency_checkpoint SET root = sha256('x')"),
    (
        "log.head",
        "UPDATE transparency_checkpoint SET note = replace(note, 'amparo' || chr(10) || '4', 'amparo' || chr(10) || '3')",
    ),
    ("log.head", "UPDATE transparency_checkpoint SET note = 'nothing'"),
    ("log.head", "UPDATE transparency_key SET public_key = sha256('x')"),
    ("log.books", "UPDATE contribution_receipt_line SET amount_minor = amount_minor + 1 WHERE receipt_id = 2"),
    ("log.books", "DELETE FROM contribution_receipt WHERE id = 3"),
    ("log.filing", "UPDATE filing_line SET wage_minor = 1 WHERE line_no = 2"),
    ("log.filing", "UPDATE filing_line SET status = 'accepted' WHERE status = 'rejected'"),
    ("log.seal", "UPDATE ledger_seal SET head = repeat('0', 64) WHERE id = 1"),
    ("log.late", "DELETE FROM transparency_tree WHERE kind = 'books'"),
    ("guard.trigger", "DROP TRIGGER no_change ON transparency_leaf"),
    ("guard.right", "GRANT DELETE ON transparency_tree TO gateway_app"),
]


@pytest.fixture(scope="module")
def sealed(shelf: Shelf) -> Iterator[str]:
    """The address of a database whose log is sealed; what a test changes in it is not kept."""
    from tests.conftest import MUTUALS

    with shelf.lend() as address:
        with psycopg.connect(address) as owner:
            owner.cursor().executemany(
                "INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", MUTUALS,
            )  # fmt: skip
        database = Database(address)
        build(database)
        seal_books(database)
        log(database, KEY)
        database.close()
        yield address


@pytest.mark.parametrize(("check", "statement"), TAMPERINGS)
def test_what_somebody_changed_behind_the_guard_is_named(sealed: str, check: str, statement: str) -> None:
    engine = create_engine(sqlalchemy_url(sealed))
    with Session(engine) as session:
        driver = db.driver(session)
        driver.execute("SET LOCAL session_replication_role = replica")
        assert driver.execute(statement.encode()).rowcount != 0
        act_for(session, 1, actor="test")
        found = check_log(session, now=NOW + dt.timedelta(days=1))
        session.rollback()
    engine.dispose()
    assert check in {finding.check for finding in found}, found


def test_an_hour_without_receipts_is_an_entry_too(database: Database) -> None:
    empty = "INSERT INTO ledger_seal (from_xid, below_xid, tx_count, root, head, sealed_on) VALUES ('0', '1', 1, 'r', 'h', '2026-03-25')"
    ask(database, empty + " RETURNING id")
    assert log(database, KEY).tree_size == 1
    entry = ask(database, "SELECT entry FROM transparency_tree")[0].entry
    assert (json.loads(entry)["leaves"], json.loads(entry)["root"]) == (0, forging.b64(forging.mth([])))


def test_keys_that_cannot_be_read_are_named_and_nothing_crashes(tmp_path: Path) -> None:
    from gateway.settings import Settings
    from gateway.worker import SealKeyError, signing_keys

    assert signing_keys(Settings()) == ()
    for content in (None, b"not a key"):
        path = tmp_path / "key.pem"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(SealKeyError, match=r"key\.pem"):
            signing_keys(Settings(seal_key_file=path))
