"""A file of payments: every row accounted for, nothing twice, in the same number of statements at any size."""

import csv
import datetime as dt
import io
import threading
import time

import openpyxl
import pytest
from sqlalchemy import event
from tests.contributions.people import TODAY, count_of, identity_of, make_members

from gateway.contributions.errors import (
    ReceiptImportAppliedError,
    ReceiptImportRefusedError,
    ReceiptImportUnknownError,
    ReceiptInvalidError,
    ReceiptRepeatedError,
    ReceiptRunningError,
)
from gateway.contributions.import_receipts import (
    ImportRow,
    Options,
    apply_import,
    get_import,
    list_refusals,
    preview_import,
    refused_file,
)
from gateway.contributions.queries import ReceiptFilter, list_receipts, list_suspense
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.contributions.reference import check_reference, mutual_of
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.errors import MalformedError
from gateway.kit.period import Period
from gateway.kit.tabular import FileUnreadableError, HeaderError
from gateway.ledger import periods
from gateway.ledger.errors import UnknownAccountError
from gateway.ledger.queries import balance_of, current_balance

HEADER = "Cédula;Monto;Fecha;Referencia;Cobrador;Nota"
CASH = Options("cash", "cash:office")


def text_of(*lines: str) -> bytes:
    return ("\r\n".join([HEADER, *lines]) + "\r\n").encode("latin-1")


def look(session: db.Session, body: bytes, options: Options = CASH, name: str = "pagos.csv") -> ImportRow:
    return preview_import(
        session, body=body, file_name=name, media_type="text/csv", options=options, actor="staff:ana", today=TODAY
    )


def take(session: db.Session, body: bytes, options: Options = CASH, policy: str = "good_rows") -> ImportRow:
    found = look(session, body, options)
    return apply_import(session, found.id, policy=policy, actor="staff:eva", today=TODAY)


def held(session: db.Session, *members: int) -> list[int]:
    return [current_balance(session, f"member:{one}:contributions") for one in members]


def test_a_preview_receives_nothing_and_the_application_what_it_showed(database: Database) -> None:
    with database.session(1) as session:
        ana, eva = make_members(session, 2)
        found = look(session, text_of("999-0000000-1;1,234.50;3/3/26;libro 7;Peña;ok", "M000002;1500;2026-03-04;;;"))
        assert (found.row_count, found.accept_count, found.refused_count, found.state) == (2, 2, 0, "previewed")
        assert (found.accept_minor, held(session, ana, eva)) == (273_450, [0, 0])
        done = apply_import(session, found.id, policy="all_or_nothing", actor="staff:eva", today=TODAY)
        assert (done.state, done.applied_count, done.applied_minor, done.applied_by) == (
            "applied",
            2,
            273_450,
            "staff:eva",
        )
        assert held(session, ana, eva) == [123_450, 150_000]
        assert balance_of(session, "cash:office") == 273_450
        second, first = list_receipts(session, ReceiptFilter(import_id=done.id), limit=9)
        assert (first.payer_reference, first.collector, first.note) == ("libro 7", "Peña", "ok")
        assert (first.paid_on, second.paid_on) == (dt.date(2026, 3, 3), dt.date(2026, 3, 4))
        assert check_reference(first.number)
        assert mutual_of(first.number) == 1
        head = db.one(session, "SELECT kind, evidence FROM ledger_tx WHERE id = :id", {"id": first.ledger_tx_id})
        assert tuple(head) == ("receipt", f"receipt:{first.id}")


def test_the_same_file_again_has_no_effect_and_says_by_what_it_was_applied(database: Database) -> None:
    body = text_of(f"{identity_of(1)};100;3/3/26;;;")
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        done = take(session, body)
    with database.session(1) as session:
        assert look(session, body) == done
        assert apply_import(session, done.id, policy="good_rows", actor="x", today=TODAY) == done
        assert (held(session, ana), count_of(session, "contribution_receipt")) == ([10_000], 1)


def test_a_file_looked_at_twice_is_applied_once(database: Database) -> None:
    body = text_of(f"{identity_of(1)};100;3/3/26;;;")
    with database.session(1) as session:
        make_members(session, 1)
        first, second = look(session, body), look(session, body)
        apply_import(session, first.id, policy="good_rows", actor="x", today=TODAY)
        with pytest.raises(ReceiptImportAppliedError, match=f"import {first.id}"):
            apply_import(session, second.id, policy="good_rows", actor="x", today=TODAY)


def test_two_equal_payments_by_one_person_on_one_day_in_one_file_are_both_kept(database: Database) -> None:
    row = f"{identity_of(1)};500.00;3/3/26;;;"
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        assert take(session, text_of(row, row)).applied_count == 2
        assert held(session, ana) == [100_000]


def test_a_row_that_an_earlier_file_brought_is_the_same_payment(database: Database) -> None:
    old, new = f"{identity_of(1)};500.00;3/3/26;a;;", f"{identity_of(1)};500.00;3/3/26;b;;"
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        take(session, text_of(old))
        found = look(session, text_of(new, old))
        assert (found.accept_count, found.same_count, found.accept_minor) == (1, 1, 50_000)
        assert apply_import(session, found.id, policy="good_rows", actor="x", today=TODAY).applied_count == 1
        assert held(session, ana) == [100_000]


def test_a_row_that_an_earlier_file_put_into_another_account_is_refused(database: Database) -> None:
    row = f"{identity_of(1)};500.00;3/3/26;a;;"
    with database.session(1) as session:
        make_members(session, 1)
        take(session, text_of(row))
        found = look(session, text_of(row, f"{identity_of(1)};1.00;3/3/26;a;;"), Options("cash", "cash:other"))
        [refused] = list_refusals(session, found.id, limit=9)
        assert (found.accept_count, refused.problems[0]["code"]) == (1, "receipt_repeated")


def test_an_unknown_payer_goes_to_suspense_or_is_refused_as_chosen(database: Database) -> None:
    body = text_of("999-1111111-1;100;3/3/26;;;")
    with database.session(1) as session:
        refused = look(session, body, Options("cash", "cash:office", "refuse"))
        assert (refused.suspense_count, refused.refused_count, refused.refused_minor) == (0, 1, 10_000)
        [row] = list_refusals(session, refused.id, limit=9)
        assert row.problems[0]["pointer"] == "line 2, column Cédula"
        assert "999-1111111-1" in row.problems[0]["detail"]
        done = take(session, body)
        assert (done.suspense_count, done.applied_count) == (1, 1)
        [waiting] = list_suspense(session, today=TODAY, limit=9)
        assert (waiting.claimed_identity, balance_of(session, "suspense:cash")) == ("999-1111111-1", 10_000)


BAD_ROWS = [
    (f"{identity_of(1)};-5;3/3/26;;;", "Monto", "amount_invalid"),
    (f"{identity_of(1)};0;3/3/26;;;", "Monto", "amount_invalid"),
    (f"{identity_of(1)};10.005,1;3/3/26;;;", "Monto", None),
    (f"{identity_of(1)};1.2345;3/3/26;;;", "Monto", "amount_invalid"),
    (f"{identity_of(1)};1,234;3/3/26;;;", "Monto", "amount_invalid"),
    (f"{identity_of(1)};USD 5;3/3/26;;;", "Monto", "amount_invalid"),
    (f"{identity_of(1)};5;31/2/26;;;", "Fecha", "date_invalid"),
    (f"{identity_of(1)};5;21/3/26;;;", "Fecha", "date_in_future"),
    (f"{identity_of(1)};5;21/3/27;;;", "Fecha", "date_invalid"),
    (f"{identity_of(1)};5", None, "row_width"),
]


def test_each_bad_row_is_named_with_its_place_and_the_good_ones_are_applied(database: Database) -> None:
    good = f"{identity_of(1)};7.00;3/3/26;;;"
    body = text_of(good, *[row for row, _, code in BAD_ROWS if code])
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        found = look(session, body)
        rows = list_refusals(session, found.id, limit=99)
        wanted = [(place, code) for _, place, code in BAD_ROWS if code]
        assert (found.accept_count, found.refused_count) == (1, len(wanted))
        for number, (row, (place, code)) in enumerate(zip(rows, wanted, strict=True), start=3):
            assert row.row_no == number
            assert row.problems[0]["code"] == code
            assert row.problems[0]["pointer"] == f"line {number}" + (f", column {place}" if place else "")
        with pytest.raises(ReceiptImportRefusedError, match="refused rows"):
            apply_import(session, found.id, policy="all_or_nothing", actor="x", today=TODAY)
        assert held(session, ana) == [0]
        apply_import(session, found.id, policy="good_rows", actor="x", today=TODAY)
        assert held(session, ana) == [700]


def test_a_row_with_two_faults_names_both(database: Database) -> None:
    with database.session(1) as session:
        found = look(session, text_of("x;abc;99/99/99;;;"))
        [row] = list_refusals(session, found.id, limit=9)
        assert [one["code"] for one in row.problems] == ["amount_invalid", "date_invalid"]


def test_refused_rows_come_back_as_the_same_file_with_a_reason_and_can_be_mended(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        done = take(session, text_of(f"{identity_of(1)};1O00;3/3/26;ñ;;", f"{identity_of(1)};5.00;3/3/26;;;"))
        back = refused_file(session, done.id).decode("latin-1")
        header, row = back.splitlines()
        assert header == HEADER + ";reason"
        assert row.startswith(f"{identity_of(1)};1O00;3/3/26;ñ;;;\"'1O00' is not an amount")
        mended = take(session, back.replace(";1O00;", ";1000.00;").encode("latin-1"))
        assert (mended.applied_count, held(session, ana)) == (1, [100_500])


def test_a_day_in_a_closed_month_is_refused_row_by_row(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        periods.close(session, Period(2026, 2), actor="a", reason="done")
        done = take(session, text_of(f"{identity_of(1)};1.00;28/2/26;;;", f"{identity_of(1)};2.00;1/3/26;;;"))
        [row] = list_refusals(session, done.id, limit=9)
        assert (row.problems[0]["code"], row.problems[0]["pointer"]) == ("period_closed", "line 2, column Fecha")
        assert held(session, ana) == [200]


def test_a_row_refused_in_the_preview_stays_refused_when_the_member_is_registered_meanwhile(database: Database) -> None:
    with database.session(1) as session:
        found = look(session, text_of(f"{identity_of(1)};1.00;3/3/26;;;"), Options("cash", "cash:office", "refuse"))
        [ana] = make_members(session, 1)
        done = apply_import(session, found.id, policy="good_rows", actor="x", today=TODAY)
        assert (done.applied_count, held(session, ana)) == (0, [0])


def test_a_workbook_is_read_like_a_text_file(database: Database) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["member number", "amount", "paid on", "collector"])
    sheet.append(["M000001", 12.5, dt.date(2026, 3, 3), "route 4"])
    file = io.BytesIO()
    book.save(file)
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        done = take(session, file.getvalue())
        assert (done.applied_count, held(session, ana)) == (1, [1_250])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", FileUnreadableError),
        (b"Nombre;Monto;Fecha\r\nAna;5;3/3/26\r\n", HeaderError),
        ("Cédula;Monto\r\n1;5\r\n".encode(), HeaderError),
        (b'Cedula;Monto;Fecha\r\n1;5;"3/3', MalformedError),
        (b"Cedula;Monto;Fecha\r\n1;5\x00;3/3/26\r\n", MalformedError),
        (b"PK\x03\x04 not a workbook", MalformedError),
    ],
    ids=["empty", "nobody paid", "no day", "cut off", "nul", "broken workbook"],
)
def test_a_file_that_cannot_be_read_leaves_nothing_behind(
    database: Database, body: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error), database.session(1) as session:
        look(session, body)
    with database.session(1) as session:
        assert count_of(session, "receipt_import") == count_of(session, "evidence") == 0


def test_an_account_of_another_channel_or_an_unknown_bank_is_refused(database: Database) -> None:
    body = text_of(f"{identity_of(1)};5;3/3/26;;;")
    with database.session(1) as session:
        with pytest.raises(ReceiptInvalidError, match="begins with cash"):
            look(session, body, Options("cash", "bank:main"))
        with pytest.raises(ReceiptInvalidError):
            look(session, body, Options("cash", "cash:office", "guess"))
        with pytest.raises(UnknownAccountError):
            look(session, body, Options("bank", "bank:main"))
        with pytest.raises(ReceiptImportUnknownError):
            get_import(session, 424_242)


def test_a_file_of_another_mutual_is_unknown(database: Database) -> None:
    body = text_of(f"{identity_of(1)};5.00;3/3/26;;;")
    with database.session(1) as session:
        make_members(session, 1)
        done = take(session, body)
    with database.session(2) as session:
        with pytest.raises(ReceiptImportUnknownError):
            get_import(session, done.id)
        assert look(session, body).suspense_count == 1


def test_a_file_of_any_size_takes_the_same_number_of_statements(database: Database) -> None:
    counts = []
    for mutual, rows in ((1, 2), (2, 5_000)):
        with database.session(mutual) as session:
            ids = make_members(session, rows)
            body = text_of(*[f"{identity_of(number)};{number}.00;3/3/26;r{number};;" for number in range(1, rows + 1)])
            seen: list[str] = []

            def note(*given: object, seen: list[str] = seen) -> None:
                seen.append(str(given[2]))

            event.listen(database.engine, "before_cursor_execute", note)
            done = take(session, body)
            event.remove(database.engine, "before_cursor_execute", note)
            counts.append(len(seen))
            assert done.applied_count == rows
            assert sum(held(session, *ids[:50])) == 100 * sum(range(1, min(rows, 50) + 1))
            assert balance_of(session, "cash:office") == done.applied_minor == 100 * sum(range(1, rows + 1))
    assert counts[0] == counts[1]


def test_a_providers_own_reference_stands_for_the_payment_whoever_brings_it(database: Database) -> None:
    clearing = Options("mobile_money", "momo:orange:clearing")
    rows = [f"{identity_of(1)};5.00;3/3/26;OM-1;;", f"{identity_of(1)};6.00;3/3/26;OM-2;;"]
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        pushed = NewReceipt(
            "momo:orange", "OM-1", "mobile_money", "momo:orange:clearing", 500, "DOP", TODAY, [NewLine(ana)]
        )
        receive(session, pushed, actor="worker", today=TODAY)
        again = f"{identity_of(1)};9.00;3/3/26;OM-2;;"
        found = look(session, text_of(*rows, again), clearing)
        assert (found.same_count, found.accept_count, found.refused_count) == (1, 1, 1)
        [row] = list_refusals(session, found.id, limit=9)
        assert (row.row_no, row.problems[0]["code"]) == (4, "repeated_in_file")
        apply_import(session, found.id, policy="good_rows", actor="x", today=TODAY)
        assert held(session, ana) == [1_100]
        typed = NewReceipt(
            "momo:orange", "OM-2", "mobile_money", "momo:orange:clearing", 700, "DOP", TODAY, [NewLine(ana)]
        )
        with pytest.raises(ReceiptRepeatedError):
            receive(session, typed, actor="x", today=TODAY)


def test_a_payment_that_is_being_written_meanwhile_is_booked_once_and_the_file_is_asked_for_again(
    database: Database,
) -> None:
    clearing = Options("mobile_money", "momo:orange:clearing")
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        found = look(
            session, text_of(f"{identity_of(1)};5.00;3/3/26;OM-1;;", f"{identity_of(1)};7.00;3/3/26;OM-2;;"), clearing
        )
    pushed = NewReceipt(
        "momo:orange", "OM-2", "mobile_money", "momo:orange:clearing", 700, "DOP", TODAY, [NewLine(ana)]
    )
    told: list[str] = []

    def apply() -> None:
        try:
            with database.session(1) as other:
                apply_import(other, found.id, policy="good_rows", actor="x", today=TODAY)
        except ReceiptRunningError as refusal:
            told.append(refusal.code)

    asked = threading.Thread(target=apply)
    with database.session(1) as session:
        receive(session, pushed, actor="worker", today=TODAY)
        asked.start()
        while not db.scalar(session, "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"):
            time.sleep(0.01)
    asked.join()
    with database.session(1) as session:
        assert (told, held(session, ana), count_of(session, "contribution_receipt")) == (["in_progress"], [700], 1)
        done = apply_import(session, found.id, policy="good_rows", actor="x", today=TODAY)
        assert (done.applied_count, held(session, ana)) == (1, [1_200])


def test_receipts_of_a_file_are_listed_by_it_alone(database: Database) -> None:
    with database.session(1) as session:
        [ana] = make_members(session, 1)
        first = take(session, text_of(f"{identity_of(1)};1.00;3/3/26;a;;", f"{identity_of(1)};2.00;3/3/26;b;;"))
        paid = NewReceipt("api:desk", "1", "cash", "cash:office", 900, "DOP", TODAY, [NewLine(ana)])
        receive(session, paid, actor="x", today=TODAY)
        second = take(session, text_of(f"{identity_of(1)};4.00;3/3/26;c;;"))
        nothing = take(session, text_of(f"{identity_of(1)};x;3/3/26;d;;"))
        of = [
            [one.amount_minor for one in list_receipts(session, ReceiptFilter(import_id=made.id), limit=9)]
            for made in (first, second, nothing)
        ]
        assert of == [[200, 100], [400], []]


def test_cells_with_the_signs_of_copying_are_kept_as_they_came(database: Database) -> None:
    """What separates cells and rows on the way to the database, and what stands there for nothing, is text in a file."""
    odd = [r"a\b", r"\N", "tab\there", "línea\nnueva"]
    file = io.StringIO(newline="")
    rows = csv.writer(file, delimiter=";")
    rows.writerow(HEADER.split(";"))
    rows.writerows([identity_of(1), "5", "3/3/26", text, text, text] for text in odd)
    rows.writerow([identity_of(1), r"\N", "3/3/26", "x\ty", "x\ny", "\\"])
    with database.session(1) as session:
        make_members(session, 1)
        done = take(session, file.getvalue().encode())
        kept = list_receipts(session, ReceiptFilter(import_id=done.id), limit=9)
        tidy = [" ".join(text.split()) for text in odd]
        assert [one.payer_reference for one in reversed(kept)] == tidy
        assert [one.note for one in reversed(kept)] == tidy
        [refused] = list_refusals(session, done.id, limit=9)
        assert refused.raw == [identity_of(1), r"\N", "3/3/26", "x\ty", "x\ny", "\\"]
        assert refused.problems[0]["code"] == "amount_invalid"
        assert r"'\\N'" in refused.problems[0]["detail"]
