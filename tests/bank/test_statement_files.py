"""Any file a bank may hand over: what it is, is told by its content; what harms or is cut off is refused with its place."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli.root import app
from gateway.cli.statement import describe

FILE = Path(__file__).parent / "files" / "day.camt053.001.08.xml"
DAY = FILE.read_bytes()
TEXT = DAY.decode()
TOTALS = ("1234567", "DOP", 1_000_000, 677_673, 200_000, 522_327, 5, True)


def zipped(*bodies: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, body in enumerate(bodies):
            archive.writestr(f"{number}.xml", body)
    return packed.getvalue()


def totals(told):
    (one,) = told["statements"]
    names = (
        "account",
        "currency",
        "opening_minor",
        "closing_minor",
        "credits_minor",
        "debits_minor",
        "lines",
        "balanced",
    )
    return tuple(one[name] for name in names)


WRITTEN = {
    "UTF-8 with a mark": b"\xef\xbb\xbf" + DAY,
    "UTF-16": TEXT.replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16 that says UTF-8": TEXT.encode("utf-16"),
    "UTF-16 without a mark": TEXT.replace("UTF-8", "UTF-16").encode("utf-16-le"),
    "UTF-8 that says UTF-16": TEXT.replace("UTF-8", "UTF-16").encode(),
    "Latin-1": TEXT.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    "in a ZIP": zipped(DAY),
    "packed with gzip": gzip.compress(DAY),
    "with blank lines before it": b"\r\n \n" + DAY,
    "with a mark and a blank line before it": b"\xef\xbb\xbf\n" + DAY,
    "with the end mark of an old system": DAY + b"\r\n\x1a",
    "with zeros behind it": DAY + b"\0\0",
    "with a prefix": TEXT.replace("<", "<d:").replace("<d:/", "</d:").replace("<d:?", "<?").replace("xmlns=", "xmlns:d=").encode(),
    "its last version": TEXT.replace("camt.053.001.08", "camt.053.001.13").encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_however_a_statement_is_written_it_is_the_same_statement(name):
    status, told = describe(WRITTEN[name])
    assert status == 0
    assert totals(told) == TOTALS


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">%s]><Document>&z9;</Document>' % b"".join(
    b'<!ENTITY z%d "%s">' % (n, (b"&z%d;" % (n - 1) if n else b"&a;") * 10) for n in range(10)
)
UNREADABLE = {
    "entities that grow": (LAUGHS, "DTD", "the file"),
    "a DTD far down": (b"<?xml version='1.0'?><!--" + b"x" * 5000 + b"--><!DOCTYPE d [<!ENTITY x '1'>]><Document/>", "DTD", "the file"),
    "a ZIP that grows": (zipped(bytes(20_000_000)), "octets", "the file"),
    "a gzip that grows": (gzip.compress(bytes(20_000_000)), "octets", "the file"),
    "a ZIP in a ZIP": (zipped(zipped(DAY)), "packed file inside", "the file"),
    "a ZIP of two kinds": (zipped(DAY, b":20:X\n:25:1\n:60F:C260401DOP1,\n:62F:C260401DOP1,\n"), "several kinds", "the file"),
    "a ZIP with one that is damaged": (zipped(DAY, DAY[:900]), "may be cut off", "1.xml, line"),
    "ZIP of two that grow together": (zipped(bytes(10_000_000), bytes(10_000_000)), "octets", "the file"),
    "a ZIP of very many": (zipped(*[DAY] * 101), "101 files", "the file"),
    "half a ZIP": (zipped(DAY)[:500], "damaged", "the file"),
    "half a gzip": (gzip.compress(DAY)[:300], "cut off", "the file"),
    "cut off": (DAY[: len(DAY) // 2], "may be cut off", "line 31, column 57"),
    "NUL octets": (DAY.replace(b"Ana", b"A\0a"), "Char 0x0", "line 30, column"),
    "Latin-1 that says UTF-8": (TEXT.encode("latin-1"), "encoding", "line 20, column 44"),
    "an entity of nobody": (DAY.replace(b"Ana", b"&foo;"), "", ""),
    "another root": (b"<html><body/></html>", "begins with <html>", "the file"),
    "far too deep": (b"<Document>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</Document>", "depth", "line 1, column"),
    "nothing": (b"", "empty", "the file"),
    "a table without a mapping": (b"Fecha;Monto\n01/02/2026;12,00\n", "mapping", "the file"),
    "octets of nothing": (bytes(range(256)) * 20, "neither camt", "the file"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_says_why_and_where_and_brings_nothing(name):
    body, reason, place = UNREADABLE[name]
    status, told = describe(body)
    assert (status, told["statements"]) == (2, [])
    assert reason in told["quarantine"]["reason"]
    assert place in told["quarantine"]["place"]


def test_statements_of_one_account_must_follow_each_other():
    start, end = DAY.index(b"<Stmt>"), DAY.index(b"</Stmt>") + 7
    later = DAY[start:end].replace(b"2026-04-06", b"2026-04-08").replace(b"6776.73", b"3553.46")
    following = later.replace(b"10000.00", b"6776.73")
    good = DAY[:end] + following + DAY[end:]
    for body in (good, zipped(DAY, DAY[:start] + following + DAY[end:])):
        status, told = describe(body)
        assert (status, [one["opening_minor"] for one in told["statements"]]) == (0, [1_000_000, 677_673])
    assert told["tolerances"][0] == "2 files came in one ZIP"
    status, told = describe(zipped(DAY, DAY))
    assert (status, told["quarantine"]["place"]) == (1, "1.xml, statement 1, line 5")
    gap = DAY[:end] + later.replace(b"10000.00", b"6776.74").replace(b"3553.46", b"3553.47") + DAY[end:]
    status, told = describe(gap)
    assert (status, [one["balanced"] for one in told["statements"]]) == (1, [True, True])
    assert (
        "opens with 6776.74 DOP, the one before (statement 1, line 5) closed with 6776.73"
        in told["quarantine"]["reason"]
    )
    assert told["quarantine"]["place"].startswith("statement 2")


def test_several_accounts_stand_in_one_file():
    start, end = DAY.index(b"<Stmt>"), DAY.index(b"</Stmt>") + 7
    other = DAY[start:end].replace(b"1234 567", b"999")
    status, told = describe(DAY[:end] + other + DAY[end:])
    assert (status, [one["account"] for one in told["statements"]]) == (0, ["1234567", "999"])


def test_the_command_prints_exactly_what_is_promised_and_ends_as_promised(tmp_path):
    def ran(*arguments):
        done = CliRunner().invoke(app, ["statement", "read", *map(str, arguments)])
        return done.exit_code, done.stdout

    status, out = ran(FILE, "--json")
    told = json.loads(out)
    assert status == 0
    assert list(told) == ["format", "statements", "tolerances", "quarantine"]
    assert told["statements"] == [
        {
            "account": "1234567", "currency": "DOP", "from": "2026-04-06", "to": "2026-04-06", "opening_minor": 1_000_000,
            "closing_minor": 677_673, "credits_minor": 200_000, "debits_minor": 522_327, "lines": 5, "balanced": True,
        }
    ]  # fmt: skip
    assert told["quarantine"] is None
    bad = tmp_path / "bad.xml"
    bad.write_bytes(DAY.replace(b"6776.73", b"6776.74"))
    status, out = ran(bad, "--json")
    assert (status, list(json.loads(out)["quarantine"])) == (1, ["reason", "place"])
    bad.write_bytes(DAY[:900])
    status, out = ran(bad, "--json")
    assert (status, json.loads(out)["format"]) == (2, "camt.053.001.08")
    assert ran(FILE)[0] == 0


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 200), st.binary(max_size=6))
def test_no_damage_to_a_packed_file_crashes_the_reader(place, cut, put):
    for packed in (zipped(DAY, DAY), gzip.compress(DAY)):
        at = place % len(packed)
        status, told = describe(packed[:at] + put + packed[at + cut :])
        assert status in (0, 1, 2)
        assert (told["quarantine"] is None) == (status == 0)
