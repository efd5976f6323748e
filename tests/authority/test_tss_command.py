"""``gateway filing check`` as it is called: every code by a file that earns it and a file one character away."""

import json
from dataclasses import replace

import pytest
import typer
from tests.authority.tss_samples import cedula, dependant, file_of, worker
from typer.testing import CliRunner

from gateway.authority.do_tss.codes import table
from gateway.cli.checking import check as command

KEYS = [
    "kind", "employer", "period", "lines", "accepted", "rejected", "status", "code", "findings", "wage_total_minor",
]  # fmt: skip
app = typer.Typer()
app.command()(command)
FINDING_KEYS = ["line", "column", "field", "code", "message"]


@pytest.fixture
def check(tmp_path):
    """``check(octets, "--json")``: exit status and what was printed."""

    def run(octets, *options):
        path = tmp_path / "file.txt"
        path.write_bytes(octets)
        ran = CliRunner().invoke(app, [str(path), *options])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran.exit_code, ran.stdout

    return run


def told(check, octets, *options):
    status, printed = check(octets, "--json", *options)
    return status, json.loads(printed)


def insured(number, **other):
    return worker(1, document_type="N", document=str(number), **other)


def event(letters):
    import datetime as dt

    return {**worker(3), "event": letters, "start": dt.date(2026, 3, 1), "end": None}


PAIR = file_of("AM", worker(1), worker(2, income_type="0001"))
RELATIVE = file_of("RD", {**dependant(1), "document_type": "N", "document": "1000000001"})
REGISTER = f"""document_type;document;holder_document_type;holder_document
N;1000000001;C;{cedula(9990000001)}
N;1000000002;C;{cedula(5)}
"""
CASES = {
    "PY1": (PAIR, b"S000004", b"S000005"),
    "24": (PAIR, b"C00000000018", b"C00000000019"),
    "101": (PAIR, b"00000000018 ", b"0000000001  "),
    "155": (PAIR, b"D001C00000000018", b"D000C00000000018"),
    "156": (PAIR, b"23223.00", b"23223,00"),
    "164": (file_of("NV", event("IN")), b"D001IN", b"D001IX"),
    "188": (file_of("AM", worker(1, wage=1)), b"0000000000000.01", b"0000000000000.00"),
    "195": (RELATIVE, b"1000000001", b"1000000002"),
    "250": (PAIR, b"D001C00000000018", b"D000C00000000018"),
    "252": (PAIR, b"032026", b"132026"),
    "301": (file_of("AM", worker(1)), b"D001", b"D000"),
    "422": (file_of("AM", insured(1000000001), insured(1000000002)), b"1000000002", b"1000000001"),
    "572": (PAIR, b"0001\r\n", b"0009\r\n"),
}
"""By the state's code: a good file, and one character of it changed so that it earns the code."""


@pytest.mark.parametrize("code", CASES)
def test_a_file_earns_a_code_and_one_a_character_away_does_not(code, check, tmp_path):
    good, before, after = CASES[code]
    bad = good.replace(before, after, 1)
    assert sum(one != other for one, other in zip(good, bad, strict=True)) == 1
    options = ["--today", "2026-04-01"]
    if code == "195":
        (tmp_path / "register.csv").write_text(REGISTER)
        options += ["--register", str(tmp_path / "register.csv")]
    status, verdict = told(check, bad, *options)
    assert code in {verdict["code"], *(finding["code"] for finding in verdict["findings"])}
    assert (status, verdict["accepted"] + verdict["rejected"]) == (1, verdict["lines"])
    assert list(verdict) == KEYS
    assert all(list(finding) == FINDING_KEYS for finding in verdict["findings"])
    assert all(isinstance(finding["line"], int) and finding["column"] > 0 for finding in verdict["findings"])
    assert table()[verdict["findings"][0]["code"]].meaning["es"] in verdict["findings"][0]["message"]
    status, verdict = told(check, good, *options)
    assert (status, verdict["status"], verdict["code"], verdict["findings"]) == (0, "P", "0", [])


def test_what_the_state_would_do_with_the_rest_of_the_file(check):
    whole = {"lines": 2, "accepted": 2, "rejected": 0, "status": "P", "code": "0", "wage_total_minor": 4644600}
    wanted = {
        "PY1": {**whole, "accepted": 0, "rejected": 2, "status": "R", "code": "PY1", "wage_total_minor": 0},
        "252": {**whole, "accepted": 0, "rejected": 2, "status": "R", "code": "252", "wage_total_minor": 0},
        "155": {**whole, "accepted": 1, "rejected": 1, "code": "250", "wage_total_minor": 2322300},
        "24": whole,  # a warning: a few hundred valid cards fail the check digit
    }
    for code, expected in wanted.items():
        good, before, after = CASES[code]
        _, verdict = told(check, good.replace(before, after, 1))
        assert {name: verdict[name] for name in whole} == expected
    assert (verdict["kind"], verdict["employer"], verdict["period"]) == ("AM", "401999999", "2026-03")


def test_a_register_knows_better_than_a_check_digit(check, tmp_path):
    card = "00000000019"
    odd = file_of("AM", worker(1, document=card))
    assert told(check, odd)[0] == 1
    path = tmp_path / "register.csv"
    path.write_text(f"document_type,document\nC,{card}\n")
    assert told(check, odd, "--register", str(path))[0] == 0
    status, verdict = told(check, PAIR, "--register", str(path))
    assert (status, verdict["code"], [one["code"] for one in verdict["findings"]]) == (1, "301", ["24", "24"])
    path.write_text(REGISTER)
    stranger = RELATIVE.replace(b"N1000000001", b"N1000000009", 1)
    assert [one["code"] for one in told(check, stranger, "--register", str(path))[1]["findings"]] == ["110"]
    unknown = RELATIVE.replace(b"C" + cedula(9990000001).encode(), b"C" + cedula(77).encode(), 1)
    assert [one["code"] for one in told(check, unknown, "--register", str(path))[1]["findings"]] == ["111", "195"]
    path.write_text("nombre\nAna\n")
    assert check(PAIR, "--register", str(path))[0] == 2


NOT_THE_STATES = {
    "empty": b"",
    "words": b"Estimados senores:\r\nadjunto la nomina.\r\n",
    "a table": b"cedula;nombre;salario\n00112345678;Ana;15770\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    "noughts": b"\x00" * 3000,
    "UTF-16": PAIR.decode("latin-1").encode("utf-16"),
}


@pytest.mark.parametrize("name", NOT_THE_STATES)
def test_what_is_no_file_of_the_states_is_unreadable(name, check):
    status, verdict = told(check, NOT_THE_STATES[name])
    assert (status, list(verdict), verdict["kind"], verdict["status"], len(verdict["findings"])) == (
        2,
        KEYS,
        None,
        "R",
        1,
    )
    assert check(NOT_THE_STATES[name])[0] == 2


def test_a_file_that_is_not_there_or_a_folder_is_unreadable(tmp_path):
    for path in (tmp_path / "nothing.txt", tmp_path):
        ran = CliRunner().invoke(app, [str(path), "--json"])
        assert (ran.exit_code, json.loads(ran.stdout)["lines"]) == (2, 0)


DAMAGED = {
    "header lost": PAIR[22:],
    "header's letter": b"X" + PAIR[1:],
    "header's kind": PAIR.replace(b"EAM", b"EAN", 1),
    "mark of UTF-8": b"\xef\xbb\xbf" + PAIR,
    "cut off": PAIR[:200],
    "empty line first": b"\r\n" + PAIR,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_of_the_states_is_read_and_refused_whole(name, check):
    status, verdict = told(check, DAMAGED[name])
    assert (status, verdict["status"], verdict["code"], verdict["accepted"]) == (1, "R", "PY1", 0)
    assert verdict["rejected"] == verdict["lines"] > 0
    assert {one["code"] for one in verdict["findings"]} == {"PY1"}


def test_every_finding_of_a_hopeless_file_is_printed(check):
    head, line, _ = file_of("AM", insured(1_000_000, payroll="001")).replace(b"D001", b"D999").split(b"\r\n", 2)
    lines = [line.replace(b"1000000 ", b"%d " % number) for number in range(1_000_000, 1_010_050)]
    status, verdict = told(check, b"\r\n".join([head, *lines, b"S010052", b""]))
    assert (status, verdict["rejected"], len(verdict["findings"])) == (1, 10_050, 10_050)
    assert [one["line"] for one in verdict["findings"]] == list(range(2, 10_052))


@pytest.mark.parametrize(("language", "words"), [("es", "clave de nómina"), ("fr", "clé"), ("en", "payroll key")])
def test_it_is_told_in_the_language_asked_for_and_the_codes_in_all_three(language, words, check):
    bad = PAIR.replace(b"D001", b"D000", 1)
    _, verdict = told(check, bad, "--language", language)
    assert words in verdict["findings"][0]["message"]
    known = table()["155"]
    assert known.fix_in(language) in verdict["findings"][0]["message"]
    status, printed = check(bad, "--language", language)
    assert status == 1
    assert all(known.meaning[one] in printed for one in ("es", "fr", "en"))
    assert known.fix_in(language) in printed


def test_spanish_is_spoken_where_nobody_asks(check):
    assert "clave de nómina" in told(check, PAIR.replace(b"D001", b"D000", 1))[1]["findings"][0]["message"]
    assert "La última" not in check(PAIR)[1]
    assert "aceptadas" in check(PAIR)[1]


def test_an_entry_is_looked_at_from_the_day_it_would_be_sent(check):
    entry = file_of("NV", event("IN"))
    assert told(check, entry, "--today", "2026-01-30")[0] == 0
    status, verdict = told(check, entry, "--today", "2026-01-29")
    assert (status, verdict["findings"][0]["code"], verdict["findings"][0]["column"]) == (1, "39", 7)


def test_an_unknown_code_is_explained_as_one_and_shown_as_it_came():
    from gateway.authority.connect import state_format

    unknown = state_format("do").explain("Z99")
    assert not unknown.known
    assert all("Z99" in text for text in (*unknown.meaning.values(), *unknown.fixes.values()))
    assert replace(unknown, fixes={}).fix_in("es") == unknown.fix


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (b"  401999999", "línea 1, columna 6"),
        (b"00000000019", "línea 1, columna 4"),
        (b"  401999994", ""),
        (b"00000000018", ""),
    ],
)
def test_an_employers_number_whose_check_digit_does_not_fit_is_told_beside_the_verdict(tmp_path, number, said):
    path = tmp_path / "file.txt"
    path.write_bytes(PAIR.replace(b"  401999999", number, 1))
    ran = CliRunner().invoke(app, [str(path), "--json"])
    verdict = json.loads(ran.stdout)
    assert (ran.exit_code, verdict["findings"], verdict["status"]) == (0, [], "P")
    assert verdict["employer"] == number.decode().strip()
    assert said in ran.stderr
    assert bool(said) == ("no está registrado" in ran.stderr)
