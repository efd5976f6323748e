"""Sealing: the money is taken once, lines and bytes are frozen, and what is no longer funded stays behind."""

import hashlib

import psycopg
import pytest
from filing_town import (
    COST,
    MARCH,
    OFFICER,
    TODAY,
    add_head,
    assess,
    draft,
    enrol,
    open_payroll,
    pay,
    payroll_of,
    sealed,
    with_check_digit,
)
from sqlalchemy.exc import DBAPIError

from gateway.authority.connect import state_format
from gateway.filing.canonical import FORM
from gateway.filing.errors import NothingToFileError
from gateway.filing.queries import list_documents, list_lines, read_content, read_file_line
from gateway.filing.seal import seal
from gateway.filing.sql import seal as sql
from gateway.kit import bulk, db, merkle
from gateway.kit.db import Database
from gateway.kit.states import InvalidTransitionError
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import balance_of, current_balance


def test_sealing_moves_each_members_money_to_the_filings_reserve(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 3, paid=[0, 2])
        pay(session, {ids[0]: 55})
        filing = sealed(session, payroll_id)
        assert (filing.status, filing.sealed_by, filing.line_count) == ("sealed", OFFICER, 2)
        assert [current_balance(session, f"member:{member}:contributions") for member in ids] == [55, 0, 0]
        assert current_balance(session, f"filing:{filing.id}:reserved") == 2 * COST == filing.reserved_minor
        assert balance_of(session, f"filing:{filing.id}:reserved") == 2 * COST
        assert db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE kind = 'filing.seal'") == 1


def test_the_frozen_file_is_what_the_state_asks_for_and_its_digest_is_kept(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 3)
        filing = sealed(session, payroll_id)
        [document] = list_documents(session, filing.id)
        body = b"".join(read_content(session, document.id))
        assert hashlib.sha256(body).hexdigest() == document.sha256
        assert (len(body), document.kind, document.file_name) == (document.byte_count, "AM", "AM_401999999_032026.txt")
        assert body.startswith(b"EAM  401999999032026")
        assert body.count(b"\r\n") == 5
        assert b"PENA" in body
        assert read_file_line(session, document.id, 1) == body.splitlines(keepends=True)[0]
        assert read_file_line(session, document.id, 3) == body.splitlines(keepends=True)[2]
        assert read_file_line(session, document.id, 5) == body.splitlines(keepends=True)[4]


def test_a_line_is_found_in_a_file_of_many_pieces(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.filing.files.CHUNK_BYTES", 400)
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 7)
        filing = sealed(session, payroll_id)
        [document] = list_documents(session, filing.id)
        body = b"".join(read_content(session, document.id))
        assert db.scalar(session, "SELECT count(*) FROM filing_document_chunk") > 4
        whole = [read_file_line(session, document.id, number) for number in range(1, 10)]
        assert b"".join(whole) == body


def test_the_merkle_root_stands_over_the_canonical_lines(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 5)
        filing = sealed(session, payroll_id)
        rows = [row for rows in bulk.read_chunks(session, sql.LEAVES, {"filing_id": filing.id}) for row in rows]
        leaves = [bytes(row[0]) for row in rows]
        assert leaves[0].decode().split("\t")[:7] == [
            FORM,
            str(filing.reference),
            "1",
            "national_id",
            list_lines(session, filing.id, limit=1)[0].document,
            "María José",
            "Peña",
        ]
        assert leaves[0].count(b"\t") == 22
        assert merkle.root(leaves).hex() == filing.merkle_root
        proof = merkle.inclusion_proof(leaves, 3)
        assert merkle.verify(leaves[3], 3, 5, proof, bytes.fromhex(filing.merkle_root or ""))


def test_dependants_travel_in_a_file_of_their_own_before_the_workers(database: Database) -> None:
    with database.session(1) as session:
        payroll_id = open_payroll(session)
        ids = enrol(session, payroll_id, 2)
        add_head(session, ids[1], with_check_digit(9_000_001))
        assess(session, payroll_id)
        pay(session, dict.fromkeys(ids, 2 * COST))
        filing = sealed(session, payroll_id)
        documents = list_documents(session, filing.id)
        assert [(d.position, d.kind, d.line_count) for d in documents] == [(1, "RD", 1), (2, "AM", 2)]
        assert len({d.reference for d in documents}) == 2
        line = read_file_line(session, documents[0].id, 2)
        assert (len(line.rstrip(b"\r\n")), line[16:18]) == (160, b"ID")


@pytest.fixture(params=["one of one line is held", "all are held"])
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lines that are read before the booking be the first alone, or all."""
    if request.param != "all are held":
        monkeypatch.setattr("gateway.filing.files._HELD", 1)
        monkeypatch.setattr("gateway.filing.files._ROWS", 1)


@pytest.mark.usefixtures("held")
def test_lines_that_are_not_held_before_the_booking_stand_in_the_file_as_well(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 5)
        filing = sealed(session, payroll_id)
        rows = [row for rows in bulk.read_chunks(session, sql.LEAVES, {"filing_id": filing.id}) for row in rows]
        assert merkle.root([bytes(row[0]) for row in rows]).hex() == filing.merkle_root
        [document] = list_documents(session, filing.id)
        body = b"".join(read_content(session, document.id))
        assert (body.count(b"\r\n"), hashlib.sha256(body).hexdigest()) == (7, document.sha256)
        assert current_balance(session, f"filing:{filing.id}:reserved") == 5 * COST


@pytest.mark.usefixtures("held")
def test_money_used_since_the_draft_leaves_its_line_behind(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 3)
        filing = draft(session, payroll_id)
        taken = [Line(f"member:{ids[0]}:contributions", 1), Line("cash:main", -1)]
        post(session, Event("refund", "refund", TODAY, taken, "staff:carla"))
        filing = seal(session, filing.id, actor=OFFICER, today=TODAY)
        assert (filing.line_count, filing.not_funded_count, filing.reserved_minor) == (2, 1, 2 * COST)
        assert db.rows(session, "SELECT member_id, reason, short_minor FROM filing_decision") == [(ids[0], "short", 1)]
        lines = db.rows(session, "SELECT line_no, member_id FROM filing_line ORDER BY line_no")
        assert [tuple(line) for line in lines] == [(1, ids[1]), (2, ids[2])]
        assert current_balance(session, f"member:{ids[0]}:contributions") == COST - 1
        assert list_documents(session, filing.id)[0].line_count == 2


def test_a_member_who_left_or_was_assessed_anew_since_the_draft_stays_behind(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 3)
        filing = draft(session, payroll_id)
        db.run(session, "UPDATE member SET status = 'left' WHERE id = :id", {"id": ids[1]})
        add_head(session, ids[2], with_check_digit(9_000_001))
        assess(session, payroll_id, MARCH)
        filing = seal(session, filing.id, actor=OFFICER, today=TODAY)
        found = db.rows(session, "SELECT member_id, reason FROM filing_decision ORDER BY member_id")
        assert [tuple(row) for row in found] == [(ids[1], "left"), (ids[2], "assessment_outdated")]


def test_a_draft_without_anybody_is_not_sealed(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1, paid=[])
        with pytest.raises(NothingToFileError, match="receipts"):
            sealed(session, payroll_id)


def test_sealing_twice_is_refused(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1)
        filing = sealed(session, payroll_id)
        with pytest.raises(InvalidTransitionError):
            seal(session, filing.id, actor=OFFICER, today=TODAY)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE filing_line SET wage_minor = wage_minor + 1",
        "UPDATE filing_line SET document = '1'",
        "UPDATE filing_line SET from_member_minor = 0, from_fund_minor = total_minor",
        "DELETE FROM filing_line",
        "DELETE FROM filing_decision",
        "UPDATE filing_document SET sha256 = 'x'",
        "UPDATE filing_document_chunk SET body = 'x'",
        "DELETE FROM filing_document_chunk",
    ],
)
def test_the_database_refuses_to_change_what_is_sealed(database: Database, statement: str) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 2, paid=[0])
        sealed(session, payroll_id)
    with pytest.raises(DBAPIError) as refused, database.session(1) as session:
        db.run(session, statement)
    assert isinstance(refused.value.orig, (psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege))


def test_the_states_own_check_finds_nothing_wrong_with_the_file(database: Database, tmp_path) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 4)
        filing = sealed(session, payroll_id)
        [document] = list_documents(session, filing.id)
        path = tmp_path / document.file_name
        path.write_bytes(b"".join(read_content(session, document.id)))
    with path.open("rb") as file:
        verdict = state_format("do").check_file(file)
    assert (verdict.accepted, verdict.rejected, verdict.code) == (4, 0, "0")
    assert verdict.wage_total_minor == filing.wage_minor
