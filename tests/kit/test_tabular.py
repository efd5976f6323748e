"""Files as people have them: what is read, what is refused in words, and that what is refused goes back the same."""

import contextlib
import csv
import datetime as dt
import io
import re
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.kit.money import AmountError, currency_of, format_amount
from gateway.kit.tabular import (
    BLOCK,
    DateError,
    DateInFutureError,
    EncodingError,
    FileTooLargeError,
    FileTruncatedError,
    FileUnreadableError,
    HeaderError,
    Table,
    read_amount,
    read_date,
    read_table,
    write_refused,
)

DOP, XOF, INR = currency_of("DOP"), currency_of("XOF"), currency_of("INR")
TODAY = dt.date(2026, 11, 24)
COLUMNS = {
    "document": ("cedula", "cédula", "identity"),
    "names": ("nombres", "prénoms"),
    "birth_date": ("fecha de nacimiento",),
    "wage": ("salario", "wage declared"),
}
REQUIRED = ("document", "names")


def opened(body: bytes) -> Table:
    return read_table(body, "members.csv", COLUMNS, required=REQUIRED)


def fields(body: bytes) -> list[dict[str, str]]:
    return [row.fields for row in opened(body).rows]


def workbook(rows: list[list[object]], title: str = "Hoja1") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def repacked(body: bytes, name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return written.getvalue()


SAME = "Cédula;NOMBRES;Fecha  de nacimiento\r\n001-1234567-8;María Peña;3/7/86\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_file_is_read_in_any_usual_encoding_and_separator(encoding: str, separator: str) -> None:
    table = opened(SAME.replace(";", separator).encode(encoding))
    (row,) = table.rows
    assert row.fields == {"document": "001-1234567-8", "names": "María Peña", "birth_date": "3/7/86"}
    assert (row.row_no, table.dialect.separator) == (2, separator)


def test_a_header_is_found_under_titles_and_above_blank_lines() -> None:
    table = opened(b"Listado de socios;;\n;;\n;NOMBRES;Cedula\n\n;Ana;1\n;;\n;Eva;2\n")
    assert [(row.row_no, row.fields["names"]) for row in table.rows] == [(5, "Ana"), (7, "Eva")]


def test_a_missing_column_is_named_with_the_names_it_goes_by() -> None:
    with pytest.raises(HeaderError, match=r"line 1: the header lacks names \(also: nombres, prénoms\)"):
        opened(b"cedula,edad\n1,2\n")


def test_two_columns_that_mean_the_same_are_refused() -> None:
    with pytest.raises(HeaderError, match="'Cedula' and 'identity' both mean document"):
        opened(b"Cedula,nombres,identity\n1,2,3\n")


def test_a_line_with_too_few_or_too_many_fields_is_named_and_the_others_are_read() -> None:
    rows = list(opened(b"cedula,nombres,wage\n1,Ana\n2,Eva,5\n3,Luz,5,6\n").rows)
    assert [row.problem and row.problem.pointer for row in rows] == ["line 2", None, "line 4"]


def test_a_cut_off_file_is_refused_where_it_ends() -> None:
    with pytest.raises(FileTruncatedError, match="line 3: the last line has 2 of 3 fields"):
        fields(b"cedula,nombres,wage\n1,Ana,5\n2,Ev")
    with pytest.raises(FileTruncatedError, match="line 3: a quotation mark opens here"):
        fields(b'cedula,nombres,wage\n1,Ana,5\n2,"Ev')
    with pytest.raises(FileTruncatedError, match="line 2: the file ends in the middle of a character"):
        fields("cedula,nombres,wage\n1,Peña,José".encode()[:-1])
    with pytest.raises(FileTruncatedError, match="cut off"):
        fields(workbook([["cedula", "nombres"], ["1", "Ana"]])[:-300])


def test_utf_8_in_one_place_and_latin_1_in_another_is_refused_with_the_line() -> None:
    with pytest.raises(EncodingError, match="line 3"):
        fields("cedula,nombres\n1,Peña\n".encode() + "2,Muñoz\n".encode("latin-1"))


def test_nul_bytes_are_refused_with_the_line() -> None:
    with pytest.raises(EncodingError, match="line 2: there is a NUL"):
        fields(b"cedula,nombres\n1,A\0na\n")
    with pytest.raises(EncodingError, match="line 2: there is a NUL"):
        fields("cedula,nombres\n1,A\0na\n".encode("utf-16"))


def test_a_million_columns_are_refused() -> None:
    with pytest.raises(FileTooLargeError, match="line 1"):
        fields(b",".join([b"c"] * 1_000_000) + b"\n")
    with pytest.raises(FileTooLargeError, match="line 2 has 300 columns; at most 200"):
        fields(b"cedula,nombres\n" + b",".join([b"c"] * 300) + b"\n")
    with pytest.raises(FileTooLargeError, match="more than 200 columns"):
        fields(workbook([["c"] * 300]))


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = repacked(workbook([["cedula", "nombres"]]), "xl/worksheets/sheet1.xml", b"0" * (800 * 1024 * 1024))
    assert len(bomb) < 2_000_000
    with pytest.raises(FileTooLargeError, match="unpacks to"):
        fields(bomb)


def test_an_entity_bomb_is_refused_before_it_is_parsed() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><worksheet>&lol;</worksheet>'
    with pytest.raises(FileUnreadableError, match="declares a document type"):
        fields(repacked(workbook([["cedula", "nombres"]]), "xl/worksheets/sheet1.xml", bomb))


@pytest.mark.parametrize("body", [b"", b" \n\n", b"PK\x03\x04nonsense", b"\xd0\xcf\x11\xe0old", b"%PDF-1.7\n\0"])
def test_what_is_no_table_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(FileUnreadableError) as refused:
        fields(body)
    assert refused.value.status in {413, 422}
    assert len(refused.value.detail) > 20


def test_a_workbook_gives_dates_numbers_and_texts_as_a_person_would_type_them() -> None:
    body = workbook(
        [
            ["Socios 2026"],
            ["CÉDULA", "Nombres", "Fecha de nacimiento", "Salario"],
            [112345678, "Ana ", dt.datetime.combine(dt.date(1986, 7, 3), dt.time()), 15770.1],
            ["00112345678", "Eva\u00a0 Luz", dt.date(1990, 1, 2), 0.1 + 0.2],
            [None, None, None, None],
            ["3", "Luz", None, None],
        ]
    )
    table = opened(body)
    assert [(row.row_no, *row.fields.values()) for row in table.rows][:2] == [
        (3, "112345678", "Ana", "1986-07-03", "15770.1"),
        (4, "00112345678", "Eva Luz", "1990-01-02", "0.3"),
    ]


def test_a_formula_that_nobody_worked_out_is_refused_not_taken_for_an_empty_cell() -> None:
    """A program that writes workbooks without a spreadsheet leaves the result out; with one, an empty text may be it."""
    rows: list[list[object]] = [["Cédula", "Nombres", "Fecha de nacimiento"], ["3", "Ana", "=DATE(1986,7,3)"]]
    with pytest.raises(FileUnreadableError, match="cell C2 has a formula without its result"):
        opened(workbook(rows))
    part = "xl/worksheets/sheet1.xml"
    sheet = zipfile.ZipFile(io.BytesIO(workbook(rows))).read(part)
    formula = b"<f>DATE(1986,7,3)</f>"
    for kind, result, read in (
        (b"", b"<v>31596</v>", "31596"),
        (b' t="str"', b"<v></v>", ""),
        (b' t="str"', b"<v>3/7/86</v>", "3/7/86"),
    ):
        cell = re.sub(rb'<c r="C2"[^>]*>.*?</c>', b'<c r="C2"' + kind + b">" + formula + result + b"</c>", sheet)
        assert [row["birth_date"] for row in fields(repacked(workbook(rows), part, cell))] == [read]


def test_the_second_sheet_is_read_when_only_it_has_the_header() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["Notas"])
    book.create_sheet("Socios").append(["cedula", "nombres"])
    book["Socios"].append(["1", "Ana"])
    written = io.BytesIO()
    book.save(written)
    table = opened(written.getvalue())
    assert (table.dialect.sheet, [row.fields["names"] for row in table.rows]) == ("Socios", ["Ana"])


# Dates


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3/7/26", dt.date(2026, 7, 3)),
        ("03-07-2026", dt.date(2026, 7, 3)),
        ("3.7.2026", dt.date(2026, 7, 3)),
        ("2026-07-03", dt.date(2026, 7, 3)),
        ("2026-07-03 00:00:00", dt.date(2026, 7, 3)),
        ("3-jul-26", dt.date(2026, 7, 3)),
        ("3 Enero 1986", dt.date(1986, 1, 3)),
        ("3 août 1986", dt.date(1986, 8, 3)),
        ("1/1/58", dt.date(1958, 1, 1)),
    ],
)
def test_a_date_is_read_as_it_is_typed_here(text: str, day: dt.date) -> None:
    assert read_date(text, latest=TODAY) == day


@pytest.mark.parametrize(
    "text", ["", "7/13/26", "31/2/2026", "2026-13-01", "45992", "ayer", "3/7", "3/7-26", "0/0/0000"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(DateError):
        read_date(text, latest=TODAY)


def test_a_day_after_the_latest_is_refused_as_the_future() -> None:
    with pytest.raises(DateInFutureError, match="2026-11-25"):
        read_date("25/11/26", latest=TODAY)


def test_a_mistyped_year_of_two_digits_is_not_taken_for_one_a_century_ago() -> None:
    assert read_date("12/1/27", latest=TODAY) == dt.date(1927, 1, 12)
    with pytest.raises(DateError, match="1927-01-12"):
        read_date("12/1/27", latest=TODAY, earliest=dt.date(2016, 1, 1))


def test_months_come_first_only_where_the_file_says_so() -> None:
    assert read_date("7/3/26", day_first=False, latest=TODAY) == dt.date(2026, 7, 3)


@given(st.dates(dt.date(1927, 1, 1), TODAY), st.sampled_from(["{d}/{m}/{y}", "{d}-{m}-{s:02d}", "{y}-{m:02d}-{d:02d}"]))
def test_every_day_of_a_hundred_years_is_read_back_as_written(day: dt.date, form: str) -> None:
    text = form.format(d=day.day, m=day.month, y=day.year, s=day.year % 100)
    assert read_date(text, latest=TODAY) == day


# Amounts


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("15770", 1577000),
        ("1,234.50", 123450),
        ("1.234,50", 123450),
        ("1234,5", 123450),
        ("RD$ 1,234,567", 123456700),
        ("DOP 1 234,50", 123450),
        ("1\u00a0234.50", 123450),
        ("12,34", 1234),
        (".5", 50),
        ("1234.", 123400),
        ("0", 0),
    ],
)
def test_an_amount_is_read_as_it_is_typed_here(text: str, minor: int) -> None:
    assert read_amount(text, DOP) == minor


@pytest.mark.parametrize(
    "text", ["", "abc", "1,234", "1.234", "1.234.5", "1,23,456", "10.005", "-5", "(5)", "5-", "1e5", "12,3456", "EUR 5"]
)
def test_an_amount_with_two_meanings_or_none_is_refused(text: str) -> None:
    with pytest.raises(AmountError):
        read_amount(text, DOP)


def test_an_ambiguous_amount_is_told_how_to_be_written() -> None:
    with pytest.raises(AmountError, match=r"'1,234' may mean 1234 or 1 and a fraction; write 1234\.00"):
        read_amount("1,234", DOP)


def test_a_currency_without_decimals_has_thousands_only() -> None:
    assert read_amount("1.234", XOF) == 1234
    with pytest.raises(AmountError, match="decimals"):
        read_amount("12.5", XOF)


def test_indian_grouping_is_read_for_rupees_only() -> None:
    assert read_amount("1,00,000.50", INR) == 10000050


@given(st.integers(0, 10**13), st.sampled_from([",.", ".,", " ,", " ."]))
def test_every_amount_is_read_back_as_written_with_groups(minor: int, marks: str) -> None:
    text = f"{Decimal(minor) / 100:,.2f}".translate({ord(","): marks[0], ord("."): marks[1]})
    assert read_amount(text, DOP) == minor
    assert read_amount(format_amount(minor, DOP), DOP) == minor


# Going back


# Ã before a sign is what UTF-8 looks like to somebody who takes it for Latin-1; such a file is refused.
CELLS = st.text(st.characters(codec="latin-1", exclude_categories=["Cc", "Cf"], exclude_characters="Ã"), max_size=12)


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    st.sampled_from(["cp1252", "utf-8-sig", "utf-16", "xlsx"]),
)
def test_refused_rows_go_back_as_the_same_file_and_read_the_same(rows: list[tuple[str, str, str]], how: str) -> None:
    head = ["Cédula", "Nombres", "Nota"]
    if how == "xlsx":
        body = workbook([["Cédula", "Nombres", "Nota"], ["x", "y", "z"]])
    else:
        body = "Cédula;Nombres;Nota\r\nx;y;z\r\n".encode(how)
    table = opened(body)
    kept = [list(row) for row in rows if any(cell.strip() for cell in row[:2])]
    sent = write_refused(table.dialect, table.header.names, kept, [f"línea {n}" for n, _ in enumerate(kept)])
    again = opened(sent)
    assert list(again.header.names) == [*head, "reason"]
    assert (again.dialect.kind, again.dialect.separator) == (table.dialect.kind, table.dialect.separator)
    read = [(row.fields["document"], row.fields["names"]) for row in again.rows]
    tidy = [tuple(" ".join(cell.split()) for cell in row[:2]) for row in kept]
    assert [tuple(cell.lstrip("'") for cell in row) for row in read] == [
        tuple(cell.lstrip("'") for cell in row) for row in tidy
    ]


def test_a_refused_cell_is_never_a_formula() -> None:
    table = opened(b"cedula,nombres\n1,x\n")
    sent = write_refused(table.dialect, table.header.names, [["=cmd|' /C calc'!A0", "+18095551212"]], ["@why"])
    _, line = csv.reader(io.StringIO(sent.decode()))
    assert all(not cell.startswith(("=", "+", "-", "@")) for cell in line)
    assert fields(sent)[0]["names"] == "+18095551212"
    book = opened(workbook([["cedula", "nombres"], ["1", "x"]]))
    cells = openpyxl.load_workbook(
        io.BytesIO(write_refused(book.dialect, book.header.names, [["=1+1", "x"]], ["=2"]))
    ).active
    assert cells is not None
    assert {cell.data_type for row in cells.iter_rows() for cell in row} == {"s"}


def test_the_reason_of_an_earlier_round_is_replaced() -> None:
    table = opened(b"cedula,nombres,reason\n1,x,old\n")
    sent = write_refused(table.dialect, table.header.names, [["1", "x", "old"]], ["new"])
    assert sent == b"cedula,nombres,reason\n1,x,new\n"


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 200), st.binary(max_size=6))
def test_no_damage_to_a_workbook_is_more_than_a_refusal(place: int, cut: int, put: bytes) -> None:
    book = workbook([["cedula", "nombres"], *([f"{number:011d}", "Ana"] for number in range(40))])
    at = place % len(book)
    with contextlib.suppress(FileUnreadableError):
        for _row in opened(book[:at] + put + book[at + cut :]).rows:
            pass


def test_rows_are_read_in_blocks_and_each_keeps_its_line_and_its_fault() -> None:
    """Tidy rows and untidy ones, too wide and too narrow ones, on both sides of where a block ends."""
    count = 2 * BLOCK + 3
    odd = {
        1: "1; Ana  María ",
        BLOCK - 1: "2;x;y",
        BLOCK: "3",
        BLOCK + 1: "'=4;O'Neill",
        2 * BLOCK + 1: "5;\x07",
        2 * BLOCK + 2: "6;" + "a" * 4_001,
    }
    lines = [odd.get(place, f"{place};Eva") for place in range(count)]
    table = opened(("cedula;nombres\n" + "\n".join(lines) + "\n").encode())
    rows = list(table.rows)
    assert [row.row_no for row in rows] == list(range(2, count + 2))
    told = {place: (row.fields, row.problem and row.problem.code) for place, row in enumerate(rows) if place in odd}
    assert told == {
        1: ({"document": "1", "names": "Ana María"}, None),
        BLOCK - 1: ({"document": "2", "names": "x"}, "row_width"),
        BLOCK: ({"document": "3", "names": ""}, "row_width"),
        BLOCK + 1: ({"document": "=4", "names": "O'Neill"}, None),
        2 * BLOCK + 1: ({"document": "5", "names": ""}, "cell_unreadable"),
        2 * BLOCK + 2: ({"document": "6", "names": ""}, "cell_unreadable"),
    }
    assert all(
        row.fields == {"document": str(place), "names": "Eva"} for place, row in enumerate(rows) if place not in odd
    )
    assert [row.raw for row in rows] == [line.split(";") for line in lines]
