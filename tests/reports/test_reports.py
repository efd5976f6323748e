"""Statements, balances and the trust report: as of any past date on either clock, and always the same bytes."""

import csv
import datetime as dt
import io
import threading
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
from sqlmodel import Session
from tests.contributions.people import make_members

from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.contributions.reverse import reverse_receipt as take_back
from gateway.kit import db
from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post, reverse
from gateway.membership.change import change
from gateway.membership.funds import found_fund
from gateway.reports.build import ask, build, settled_until
from gateway.reports.errors import ReportQuestionError, ReportSubjectError, StillBeingWrittenError
from gateway.reports.render import Form, render
from gateway.reports.rules import Report, ReportKind

TODAY = dt.date(2026, 4, 1)
MARCH = dt.date(2026, 3, 1)


def book(database: Database, key: str, kind: str, lines: Sequence[tuple[str, int]], day: dt.date) -> int:
    with database.session(1) as session:
        open_accounts(session, [NewAccount(code) for code, _ in lines], "DOP")
        event = Event(key, kind, day, [Line(code, minor) for code, minor in lines], "staff:ana")
        return post(session, event).tx_id


def report(database: Database, kind: ReportKind, **asked: Any) -> Report:
    with database.session(1) as session:
        return build(session, ask(session, kind, today=TODAY, **asked))


def rows(answer: Report, table: int = 0) -> list[dict[str, Any]]:
    sheet = answer.sheets[table]
    return [{column.name: cell for column, cell in zip(sheet.columns, row, strict=True)} for row in sheet.rows]


def instant(database: Database) -> dt.datetime:
    with database.session(1) as session:
        return settled_until(session)


def a_month(database: Database) -> None:
    """Money of two members: one is filed and answered, part of the other is taken back, a peso is nobody's."""
    cash, one, two = "cash:main", "member:1:contributions", "member:2:contributions"
    book(database, "r1", "receipt", [(cash, 500_000), (one, -500_000)], dt.date(2026, 3, 3))
    book(database, "r2", "receipt", [(cash, 300_000), (two, -300_000)], dt.date(2026, 3, 4))
    wrong = book(database, "r3", "receipt", [(cash, 20_000), (two, -20_000)], dt.date(2026, 3, 5))
    with database.session(1) as session:
        reverse(session, wrong, key="r3-back", valid_on=dt.date(2026, 3, 6), actor="staff:ana", reason="typed twice")
    book(database, "r4", "receipt", [(cash, 100), ("suspense:collections", -100)], dt.date(2026, 3, 7))
    book(database, "seal", "filing.seal", [(one, 492_327), ("filing:1:reserved", -492_327)], dt.date(2026, 4, 1))
    book(database, "fee", "filing.fees", [("filing:1:reserved", 5_000), ("income:fees", -5_000)], dt.date(2026, 4, 1))
    book(database, "bill", "bill.receive", [("filing:1:reserved", 487_327), ("state:9:payable", -487_327)], TODAY)


def test_of_every_hundred_pesos_each_part_is_told_and_they_add_up(database: Database) -> None:
    a_month(database)
    answer = report(database, ReportKind.TRUST_REPORT)
    told = {row["what"]: (row["amount"], row["of_a_hundred"]) for row in rows(answer)}
    assert {name: amount for name, (amount, _) in told.items()} == {
        "filed": 487_327,
        "fees": 5_000,
        "waiting": 307_673,
        "unknown": 100,
        "refunded": 20_000,
        "decided": 0,
        "unexplained": 0,
    }
    assert answer.sheets[0].total == ("received", 820_100, 10_000)
    assert sum(share for _, share in told.values()) == 10_000
    months = {row["month"]: row for row in rows(answer, 1)}
    assert (
        months[dt.date(2026, 3, 1)]["received"],
        months[dt.date(2026, 3, 1)]["filed"],
        months[dt.date(2026, 3, 1)]["waiting"],
    ) == (
        820_100,
        0,
        800_000,
    )
    assert (
        months[dt.date(2026, 4, 1)]["received"],
        months[dt.date(2026, 4, 1)]["filed"],
        months[dt.date(2026, 4, 1)]["waiting"],
    ) == (
        0,
        487_327,
        307_673,
    )


def test_what_a_person_decided_is_not_hidden_among_what_was_filed(database: Database) -> None:
    a_month(database)
    lines = [("suspense:collections", 100), ("unclaimed", -100)]
    book(database, "decided", "break.resolution", lines, TODAY)
    told = {row["what"]: row["amount"] for row in rows(report(database, ReportKind.TRUST_REPORT))}
    assert (told["decided"], told["unknown"], told["unexplained"]) == (100, 0, 0)


def test_the_trial_balance_is_as_of_both_clocks(database: Database) -> None:
    book(database, "one", "receipt", [("cash:main", 100), ("member:1:contributions", -100)], dt.date(2026, 3, 3))
    before = instant(database)
    book(database, "late", "receipt", [("cash:main", 50), ("member:1:contributions", -50)], dt.date(2026, 3, 4))
    cash = {}
    for name, asked in {
        "all": {},
        "by the day": {"valid_on": dt.date(2026, 3, 3)},
        "by the instant": {"recorded_at": before},
        "before anything": {"valid_on": dt.date(2026, 3, 2)},
    }.items():
        answer = report(database, ReportKind.TRIAL_BALANCE, **asked)
        cash[name] = next((row["balance"] for row in rows(answer) if row["control"] == "cash:main"), 0)
        assert answer.sheets[0].total is None or answer.sheets[0].total[-1] == 0
    assert cash == {"all": 150, "by the day": 100, "by the instant": 100, "before anything": 0}


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("language", ["es", "en", "fr"])
def test_the_same_question_has_the_same_bytes_whatever_is_booked_later(
    database: Database, form: Form, language: str
) -> None:
    a_month(database)
    at = instant(database)
    asked = {"valid_on": TODAY, "recorded_at": at}

    def bytes_now() -> bytes:
        whole = [report(database, kind, **asked) for kind in (ReportKind.TRUST_REPORT, ReportKind.GENERAL_LEDGER)]
        return b"".join(render(one, form, language) for one in whole)

    first = bytes_now()
    book(database, "later", "receipt", [("cash:main", 7), ("member:1:contributions", -7)], dt.date(2026, 3, 9))
    assert bytes_now() == first
    assert len(first) > 500


def test_an_instant_that_is_still_being_written_is_refused_and_the_settled_one_leaves_the_writer_out(
    database: Database,
) -> None:
    writing, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with database.session(1) as session:
            open_accounts(session, [NewAccount("cash:main"), NewAccount("member:1:contributions")], "DOP")
            lines = [Line("cash:main", 9), Line("member:1:contributions", -9)]
            post(session, Event("slow", "receipt", dt.date(2026, 3, 3), lines, "staff:ana"))
            writing.set()
            may_end.wait(60)

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        writing.wait(60)
        with database.session(1) as session:
            now = db.scalar(session, "SELECT clock_timestamp()")
            with pytest.raises(StillBeingWrittenError, match="settled up to"):
                ask(session, ReportKind.TRIAL_BALANCE, today=TODAY, recorded_at=now)
            question = ask(session, ReportKind.TRIAL_BALANCE, today=TODAY)
    finally:
        may_end.set()
        thread.join(60)
    with database.session(1) as session:
        assert not build(session, question).row_count
        assert build(session, ask(session, ReportKind.TRIAL_BALANCE, today=TODAY)).row_count == 2


def members(session: Session, count: int) -> list[int]:
    ids = make_members(session, count)
    db.run(session, "UPDATE member SET first_surname = 'Prueba'")
    return ids


def collect(session: Session, member_id: int, minor: int, number: str, **more: Any) -> Any:
    new = NewReceipt(
        source="api:rosa",
        source_reference=number,
        channel="collector",
        account_code="cash:rosa",
        amount_minor=minor,
        currency="DOP",
        paid_on=dt.date(2026, 3, 9),
        lines=(NewLine(member_id, amount_minor=minor),),
        collector="rosa",
        **more,
    )
    return receive(session, new, actor="staff:rosa", today=TODAY)


def test_a_member_s_statement_keeps_the_name_she_had(database: Database) -> None:
    with database.session(1) as session:
        (ana,) = members(session, 1)
        collect(session, ana, 70_000, "one")
    at = instant(database)
    before = report(database, ReportKind.MEMBER_STATEMENT, subject="M000001", recorded_at=at)
    with database.session(1) as session:
        change(session, ana, {"given_names": "Anabel"}, expected_version=1, actor="staff:ana", today=TODAY)
    assert report(database, ReportKind.MEMBER_STATEMENT, subject="M000001", recorded_at=at) == before
    now = report(database, ReportKind.MEMBER_STATEMENT, subject="M000001")
    assert (before.about, now.about) == ("M000001 Ana Prueba", "M000001 Anabel Prueba")
    assert [(row["what"], row["credit"], row["balance"]) for row in rows(now)] == [("receipt", 70_000, 70_000)]


def test_a_fund_s_statement_shows_each_of_its_members_and_a_collector_s_what_she_brought(database: Database) -> None:
    with database.session(1) as session:
        fund = found_fund(session, code="F1", name="Las Flores", treasurer=None, actor="staff:ana")
        ana, eva, _other = members(session, 3)
        for member_id in (ana, eva):
            change(session, member_id, {"fund_id": fund.id}, expected_version=1, actor="staff:ana", today=TODAY)
        collect(session, ana, 70_000, "one")
        wrong = collect(session, eva, 5_000, "two")
        collect(session, eva, 6_000, "three")
    before = instant(database)
    with database.session(1) as session:
        take_back(session, wrong.id, reason="typed twice", actor="staff:rosa", today=TODAY)
    shown = [
        (row["number"], row["received"], row["filed"], row["held"])
        for row in rows(report(database, ReportKind.FUND_STATEMENT, subject="F1"))
    ]
    assert shown == [("M000001", 70_000, 0, 70_000), ("M000002", 6_000, 0, 6_000)]
    (day,) = rows(report(database, ReportKind.COLLECTOR_STATEMENT, subject="rosa"))
    assert (day["receipts"], day["members"], day["received"], day["reversed"], day["rest"]) == (
        3,
        2,
        81_000,
        5_000,
        76_000,
    )
    assert day["account"] == ("cash:rosa", None)
    (then,) = rows(report(database, ReportKind.COLLECTOR_STATEMENT, subject="rosa", recorded_at=before))
    assert (then["received"], then["reversed"]) == (81_000, 0)


def test_an_account_s_statement_runs_from_its_opening_to_its_closing_balance(database: Database) -> None:
    a_month(database)
    answer = report(
        database,
        ReportKind.ACCOUNT_STATEMENT,
        subject="cash:main",
        from_on=dt.date(2026, 3, 4),
        valid_on=dt.date(2026, 3, 6),
    )
    told = [(row["what"], row["debit"], row["credit"], row["balance"]) for row in rows(answer)]
    assert told == [
        ("opening_balance", None, None, 500_000),
        ("receipt", 300_000, None, 800_000),
        ("receipt", 20_000, None, 820_000),
        ("receipt.reversal", None, 20_000, 800_000),
    ]
    assert answer.sheets[0].total is not None
    assert answer.sheets[0].total[-3:] == (320_000, 20_000, 800_000)


def test_the_general_ledger_holds_every_entry_once(database: Database) -> None:
    a_month(database)
    answer = report(database, ReportKind.GENERAL_LEDGER)
    with database.session(1) as session:
        assert answer.row_count == db.scalar(session, "SELECT count(*) FROM ledger_entry")
    one = report(database, ReportKind.GENERAL_LEDGER, subject="member:contributions")
    assert [sheet.subject for sheet in one.sheets] == ["member:1:contributions", "member:2:contributions"]


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (ReportKind.MEMBER_STATEMENT, "999"),
        (ReportKind.FUND_STATEMENT, "999"),
        (ReportKind.COLLECTOR_STATEMENT, "nobody"),
        (ReportKind.ACCOUNT_STATEMENT, "cash:nowhere"),
        (ReportKind.GENERAL_LEDGER, "nothing"),
    ],
)
def test_a_subject_nobody_has_is_refused_and_a_missing_one_too(
    database: Database, kind: ReportKind, subject: str
) -> None:
    with pytest.raises(ReportSubjectError):
        report(database, kind, subject=subject)
    if kind is not ReportKind.GENERAL_LEDGER:
        with pytest.raises(ReportQuestionError, match="needs a subject"):
            report(database, kind)


def test_days_in_the_wrong_order_are_refused(database: Database) -> None:
    with pytest.raises(ReportQuestionError, match="is after"):
        report(database, ReportKind.TRUST_REPORT, from_on=dt.date(2026, 5, 1))


def test_a_workbook_holds_figures_and_a_table_for_machines_plain_ones(database: Database) -> None:
    a_month(database)
    book(database, "evil", "test", [("cash:main", 1), ("suspense:=cmd|' /C calc'!A0", -1)], TODAY)
    answer = report(database, ReportKind.TRIAL_BALANCE)
    workbook = render(answer, Form.XLSX, "es")
    assert zipfile.ZipFile(io.BytesIO(workbook)).testzip() is None
    page = openpyxl.load_workbook(io.BytesIO(workbook)).worksheets[0]
    cells = {row[0].value: row for row in page.iter_rows()}
    assert cells["cash:main"][5].value == 8001.01
    assert cells["cash:main"][1].value == "Activo"
    table = render(answer, Form.CSV, "es").decode("utf-8-sig")
    (cash,) = [row for row in csv.DictReader(io.StringIO(table)) if row["control"] == "cash:main"]
    assert (cash["balance"], cash["kind"], cash["currency"]) == ("8001.01", "asset", "DOP")


def test_a_page_is_in_the_reader_s_language_with_her_country_s_figures(database: Database) -> None:
    a_month(database)
    answer = report(database, ReportKind.TRUST_REPORT)
    spanish, french = render(answer, Form.HTML, "es").decode(), render(answer, Form.HTML, "fr").decode()
    assert '<html lang="es">' in spanish
    assert "Presentado al Estado" in spanish
    assert "8,201.00" in spanish
    assert "Déclaré à l&#39;État" in french
    assert render(answer, Form.PDF, "es").startswith(b"%PDF")
