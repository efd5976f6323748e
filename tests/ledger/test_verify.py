"""Somebody edits history as the database's owner: verification names the row. Seals can be shown to outsiders."""

import base64
import datetime as dt
import hashlib
import time

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.kit import db, merkle
from gateway.kit.db import Database
from gateway.ledger import tampering, verify_queries
from gateway.ledger.accounts import NewAccount, open_accounts, open_for_owners
from gateway.ledger.bulk import Head, post_lines
from gateway.ledger.post import Event, Line, post, reverse
from gateway.ledger.queries import balance_of, current_balance
from gateway.ledger.seal import EntryProof, head_of, key_id_of, list_seals, prove_entry, root_of_day, seal
from gateway.ledger.snapshots import take_snapshots
from gateway.ledger.statement import list_unsettled
from gateway.ledger.verify import verify

DAY = dt.date(2026, 3, 3)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def books(database: Database) -> Database:
    """Three receipts, one of them reversed, and a filing that takes from two members, all sealed."""
    with database.session(1) as session:
        open_for_owners(session, "member:{}:contributions", "member", [1, 2, 3], "DOP")
        open_accounts(session, [NewAccount("cash:a"), NewAccount("filing:9:reserved")], "DOP")
        for member in (1, 2, 3):
            lines = [Line("cash:a", 1_000), Line(f"member:{member}:contributions", -1_000)]
            booked = post(session, Event(f"receipt:{member}", "receipt", DAY, lines, "cashier"))
        reverse(session, booked.tx_id, key="undo:3", valid_on=DAY, actor="accountant", reason="typed twice")
        taken = (
            "SELECT id, currency, 400::bigint FROM ledger_account WHERE owner_id IN (1, 2)"
            " UNION ALL SELECT id, currency, -800 FROM ledger_account WHERE code = 'filing:9:reserved'"
        )
        post_lines(session, Head("filing:9:seal", "filing.seal", DAY, "staff:ana"), taken)
    passed(database)
    with database.session(1) as session:
        sealed = seal(session, today=DAY, key=KEY)
        assert sealed is not None
        assert sealed.tx_count == 5
        assert take_snapshots(session, at_least=1) == 1
    return database


def passed(books: Database) -> None:
    """Wait until the horizon has passed what is booked: transactions of other tests on the same server hold it back."""
    end = time.monotonic() + 60
    newest = "SELECT coalesce(max(written_xid::text::numeric), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::numeric FROM ledger_tx"
    while True:
        with books.session(1) as session:
            if db.scalar(session, newest):
                return
        assert time.monotonic() < end, "the horizon never passed"
        time.sleep(0.05)


def found(books: Database, **options) -> list[tuple[str, str]]:
    with books.session(1) as session:
        return [(finding.check, finding.subject) for finding in verify(session, **options)]


def tamper(books: Database, *statements: str) -> None:
    """Do what only the owner can, with every guard off, and put the guards back."""
    tables = ("ledger_tx", "ledger_entry", "ledger_account", "ledger_balance", "ledger_leaf", "ledger_seal")
    with psycopg.connect(books.url) as owner:
        for table in tables:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements:
            assert owner.execute(statement).rowcount > 0, statement
        for table in tables:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def test_books_that_nobody_touched_are_whole(books: Database) -> None:
    with books.session(1) as session:
        assert verify(session, today=DAY, keys={key_id_of(KEY.public_key()): KEY.public_key()}) == []
    with books.session(2) as session:
        assert verify(session, today=DAY) == []


TX = "(SELECT id FROM ledger_tx WHERE idempotency_key = 'receipt:2')"
CASES = {
    "an amount": (
        [f"UPDATE ledger_entry SET amount_minor = amount_minor * 2 WHERE tx_id = {TX} AND line = 1"],
        {"transaction.balance", "trial balance", "snapshot", "seal.leaf"},
    ),
    "an amount and its counterpart": (
        [f"UPDATE ledger_entry SET amount_minor = amount_minor * 2 WHERE tx_id = {TX}"],
        {"balance", "control", "snapshot", "seal.leaf"},
    ),
    "amounts and the stored balance": (
        [
            f"UPDATE ledger_entry SET amount_minor = amount_minor * 2 WHERE tx_id = {TX}",
            "UPDATE ledger_balance SET held_minor = held_minor + 1000 WHERE account_id = (SELECT id FROM ledger_account WHERE owner_id = 2)",
            "UPDATE ledger_snapshot SET sum_minor = sum_minor + 1000",
        ],
        {"seal.leaf"},
    ),
    "whose money it is": (
        [
            f"UPDATE ledger_entry SET account_id = (SELECT id FROM ledger_account WHERE owner_id = 1) WHERE tx_id = {TX} AND line = 2"
        ],
        {"balance", "seal.leaf"},
    ),
    "the day": ([f"UPDATE ledger_tx SET valid_on = valid_on - 31 WHERE id = {TX}"], {"seal.leaf"}),
    "the reason": ([f"UPDATE ledger_tx SET reason = 'as agreed' WHERE id = {TX}"], {"seal.leaf"}),
    "an entry taken out": (
        [f"DELETE FROM ledger_entry WHERE tx_id = {TX} AND line = 2"],
        {"transaction.entries", "transaction.balance", "balance", "control", "trial balance", "seal.leaf"},
    ),
    "a header taken out": (
        [f"DELETE FROM ledger_tx WHERE id = {TX}"],
        {"entry.header", "seal.leaf"},
    ),
    "a transaction taken out": (
        [f"DELETE FROM ledger_entry WHERE tx_id = {TX}", f"DELETE FROM ledger_tx WHERE id = {TX}"],
        {"balance", "control", "snapshot", "seal.leaf"},
    ),
    "a balanced pair added to an old transaction": (
        [
            "INSERT INTO ledger_entry (mutual_id, tx_id, line, account_id, currency, amount_minor)"
            f" SELECT 1, {TX}, 2 + g, id, 'DOP', CASE g WHEN 1 THEN 5 ELSE -5 END FROM ledger_account, generate_series(1, 2) g WHERE code = 'cash:a'"
        ],
        {"transaction.entries", "transaction.writer", "seal.leaf"},
    ),
    "a transaction slipped in below the horizon": (
        [
            "INSERT INTO ledger_tx (mutual_id, id, idempotency_key, fingerprint, kind, valid_on, n_entries, actor, written_xid)"
            f" SELECT 1, 900, 'forged', 'x', 'receipt', valid_on, 2, 'cashier', written_xid FROM ledger_tx WHERE id = {TX}",
            "INSERT INTO ledger_entry (mutual_id, tx_id, line, account_id, currency, amount_minor, written_xid)"
            f" SELECT 1, 900, g, e.account_id, 'DOP', CASE g WHEN 1 THEN 5 ELSE -5 END, e.written_xid FROM ledger_entry e, generate_series(1, 2) g WHERE e.tx_id = {TX} AND e.line = 1",
        ],
        {"seal.leaf", "snapshot"},
    ),
    "a stored balance": (["UPDATE ledger_balance SET held_minor = held_minor + 7"], {"balance", "control"}),
    "a stored balance taken out": (["DELETE FROM ledger_balance"], {"balance", "control"}),
    "a reversal": (
        [
            "UPDATE ledger_entry SET amount_minor = amount_minor / 2 WHERE tx_id = (SELECT id FROM ledger_tx WHERE reverses IS NOT NULL)"
        ],
        {"transaction.reversal", "balance", "control", "snapshot", "seal.leaf"},
    ),
    "an account's currency": (
        ["UPDATE ledger_account SET currency = 'USD' WHERE owner_id = 2"],
        {"entry.account", "trial balance"},
    ),
    "a leaf": (
        [
            f"UPDATE ledger_leaf SET canonical = replace(convert_from(canonical, 'UTF8'), 'receipt', 'donation')::bytea WHERE tx_id = {TX}"
        ],
        {"seal.leaf", "seal.root"},
    ),
    "a leaf taken out": ([f"DELETE FROM ledger_leaf WHERE tx_id = {TX}"], {"seal.leaf", "seal.root"}),
    "a root": (["UPDATE ledger_seal SET root = repeat('0', 64)"], {"seal.root", "seal.chain"}),
}


@pytest.mark.parametrize("what", CASES)
def test_history_edited_by_the_owner_is_named(books: Database, what: str) -> None:
    statements, checks = CASES[what]
    tamper(books, *statements)
    named = found(books)
    assert checks <= {check for check, _ in named}
    if TX in statements[0] and "snapshot" not in statements[0]:
        with psycopg.connect(books.url) as owner:
            known = owner.execute(
                f"SELECT coalesce({TX}, (SELECT max(tx_id) FROM ledger_leaf WHERE position = 1))"
            ).fetchone()
        assert known is not None
        assert any(str(known[0]) in subject or "900" in subject for _, subject in named)


def test_a_forger_with_the_whole_seal_in_hand_lacks_the_key(books: Database) -> None:
    """She edits a row, its leaf, the root and the head; only the signature, and the head given away, are beyond her."""
    tamper(books, f"UPDATE ledger_tx SET reason = 'as agreed' WHERE id = {TX}")
    with books.session(1) as session:
        (finding,) = verify(session)
    now = finding.detail.partition(", now ")[2].encode()
    with books.session(1) as session:
        rows = db.rows(session, "SELECT tx_id, canonical FROM ledger_leaf ORDER BY position")
    changed = int(finding.subject.split()[-1])
    leaves = [now if row.tx_id == changed else bytes(row.canonical) for row in rows]
    root = merkle.root(leaves).hex()
    tamper(
        books,
        f"UPDATE ledger_leaf SET canonical = convert_to($q${now.decode()}$q$, 'UTF8'), hash = '{merkle.leaf_hash(now).hex()}' WHERE tx_id = {changed}",
        f"UPDATE ledger_seal SET root = '{root}', head = '{head_of(None, root)}'",
    )
    assert found(books) == []
    keys = {key_id_of(KEY.public_key()): KEY.public_key()}
    assert [check for check, _ in found(books, keys=keys)] == ["seal.signature"]


GUARD_OFF = {
    "ALTER TABLE ledger_entry DISABLE TRIGGER guard": ("guard.trigger", "trigger guard on ledger_entry"),
    "ALTER TABLE ledger_tx DISABLE TRIGGER no_change": ("guard.trigger", "trigger no_change on ledger_tx"),
    "DROP TRIGGER no_change ON ledger_entry": ("guard.trigger", "trigger no_change on ledger_entry"),
    "DROP TRIGGER no_change ON audit_log": ("guard.trigger", "trigger no_change on audit_log"),
    "ALTER TABLE ledger_balance DROP CONSTRAINT ck_ledger_balance_floor": (
        "guard.constraint",
        "constraint ck_ledger_balance_floor on ledger_balance",
    ),
    "GRANT UPDATE ON ledger_entry TO gateway_app": ("guard.right", "table ledger_entry"),
    "GRANT INSERT, UPDATE ON ledger_balance TO gateway_app": ("guard.right", "table ledger_balance"),
    "ALTER TABLE ledger_tx NO FORCE ROW LEVEL SECURITY": ("guard.tenancy", "table ledger_tx"),
    "CREATE OR REPLACE FUNCTION ledger_tx_guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'": (
        "guard.function",
        "function ledger_tx_guard",
    ),
}


@pytest.mark.parametrize("statement", GUARD_OFF)
def test_a_guard_that_is_off_is_named(books: Database, statement: str) -> None:
    with psycopg.connect(books.url) as owner:
        owner.execute(statement)
    assert found(books) == [GUARD_OFF[statement]]


def test_a_foreign_key_that_is_not_checked_is_named(books: Database) -> None:
    with psycopg.connect(books.url) as owner:
        owner.execute("ALTER TABLE ledger_balance DISABLE TRIGGER ALL")
    subjects = {subject for check, subject in found(books) if check == "guard.trigger"}
    assert any("fk_ledger_balance_mutual_id_account_id" in subject for subject in subjects)


def test_the_known_digests_are_those_of_the_installed_guard(database: Database) -> None:
    with database.session(1) as session:
        installed = dict(db.rows(session, verify_queries.FUNCTION_DIGESTS))
    assert installed == tampering.FUNCTIONS, f"write into ledger/tampering.py: FUNCTIONS = {installed}"


def test_every_trigger_of_the_guard_is_watched(database: Database) -> None:
    with psycopg.connect(database.url) as owner:
        installed = owner.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgfoid::regproc::text LIKE 'ledger%'"
        ).fetchall()
    assert set(installed) == set(tampering.TRIGGERS)


def test_a_clearing_account_that_stays_open_is_named_after_its_days(books: Database) -> None:
    assert found(books, today=DAY + dt.timedelta(days=45)) == []
    assert found(books, today=DAY + dt.timedelta(days=46)) == [("clearing", "account filing:9:reserved")]


def test_money_in_suspense_is_aged_on_its_own_list_and_breaks_no_books(books: Database) -> None:
    with books.session(1) as session:
        open_accounts(session, [NewAccount("suspense:momo")], "DOP")
        lines = [Line("cash:a", 5), Line("suspense:momo", -5)]
        post(session, Event("whose?", "receipt", DAY - dt.timedelta(days=1), lines, "cashier"))
        assert list_unsettled(session)[0].code == "suspense:momo"
    assert ("clearing", "account suspense:momo") not in found(books, today=DAY + dt.timedelta(days=400))


def check_proof(proof: EntryProof) -> None:
    """What an outsider does with a proof and the public key, by the standard's own words."""
    inner = proof.leaf.decode().rpartition('"')[0].rpartition('"')[2]
    path = [bytes.fromhex(hashed) for hashed in proof.entry_path]
    assert merkle.verify(proof.entry, proof.entry_index, proof.entry_count, path, bytes.fromhex(inner))
    path = [bytes.fromhex(hashed) for hashed in proof.leaf_path]
    assert merkle.verify(proof.leaf, proof.leaf_index, proof.leaf_count, path, bytes.fromhex(proof.root))
    KEY.public_key().verify(base64.b64decode(proof.signature or ""), bytes.fromhex(proof.head))


def test_each_entry_is_proved_against_a_signed_head(books: Database) -> None:
    with books.session(1) as session:
        entries = db.rows(session, "SELECT tx_id, line FROM ledger_entry")
        assert len(entries) == 11
        for tx_id, line in entries:
            proof = prove_entry(session, tx_id, line)
            assert proof is not None
            check_proof(proof)
        assert b'"member:1:contributions"' in b"".join(
            found.entry for found in (prove_entry(session, tx_id, line) for tx_id, line in entries) if found
        )


def test_seals_are_chained_and_nothing_is_sealed_twice(books: Database) -> None:
    with books.session(1) as session:
        assert seal(session, today=DAY) is None
        lines = [Line("cash:a", 5), Line("member:1:contributions", -5)]
        late = post(session, Event("late", "receipt", DAY, lines, "cashier"))
        assert prove_entry(session, late.tx_id, 1) is None
    passed(books)
    with books.session(1) as session:
        second = seal(session, today=DAY)
        assert second is not None
        first, newest = list_seals(session)
        assert second.tx_count == 1
        assert newest.head == hashlib.sha256(bytes.fromhex(first.head) + bytes.fromhex(newest.root)).hexdigest()
        assert (newest.from_xid, newest.previous_id, newest.key_id) == (first.below_xid, first.id, None)
        assert root_of_day(session, DAY) == merkle.root([bytes.fromhex(first.root), bytes.fromhex(newest.root)]).hex()
    assert found(books) == []


def test_what_an_open_transaction_may_still_write_waits_for_the_next_seal(books: Database) -> None:
    """A reader that took the highest number it saw would lose the slow one for good."""
    events = {
        key: Event(key, "receipt", DAY, [Line("cash:a", minor), Line("member:1:contributions", -minor)], "cashier")
        for key, minor in (("slow", 5), ("quick", 7))
    }
    with books.session(1) as slow:
        db.scalar(slow, "SELECT pg_current_xact_id()::text")
        with books.session(1) as quick:
            post(quick, events["quick"])
        with books.session(1) as sealing:
            assert seal(sealing, today=DAY) is None
            take_snapshots(sealing, at_least=1)
        post(slow, events["slow"])
    passed(books)
    with books.session(1) as session:
        later = seal(session, today=DAY)
        assert later is not None
        assert later.tx_count == 2
        assert current_balance(session, "cash:a") == balance_of(session, "cash:a") == 2_012
    assert found(books) == []


def test_a_balance_from_a_snapshot_is_the_balance_from_all_entries(books: Database) -> None:
    with books.session(1) as session:
        post(session, Event("x", "fee", DAY, [Line("cash:a", 5), Line("member:1:contributions", -5)], "cashier"))
        for code in ("cash:a", "member:1:contributions", "filing:9:reserved"):
            assert current_balance(session, code) == balance_of(session, code)
        assert take_snapshots(session, at_least=1) == 0
