"""A month's files: who is declared, in how many files, and who cannot be written."""

import datetime as dt
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.authority.connect import state_format
from gateway.authority.do_tss.codes import table
from gateway.authority.do_tss.names import UnwritableNameError, transliterate
from gateway.authority.errors import UnrenderableError, UnsupportedCountryError
from gateway.authority.protocol import DeclaredDependant, DeclaredWorker, FilingHead
from gateway.authority.text.codes import CATEGORIES
from gateway.kit.period import Period

DO = state_format("do")
TODAY = dt.date(2026, 4, 1)


def declared(number=99900000018, **changes):
    worker = DeclaredWorker(
        "001", "national_id", f"{number:011d}", "María José", "Peña", "Ünal", "F", dt.date(1990, 5, 17), 2322300
    )
    return worker._replace(**changes)


def dependant(number=1, **changes):
    found = DeclaredDependant(
        "001", "national_id", "99900000018", "add", "national_id", f"{number:011d}", "Ana", "Peña", ""
    )
    return found._replace(**changes)


def head(workers, dependants=0, **changes):
    return FilingHead(
        **{
            "employer": "401999999", "period": Period(2026, 3), "written_on": TODAY, "worker_count": workers,
            "dependant_count": dependants, **changes,
        }
    )  # fmt: skip


def written(files):
    return [(file, b"".join(file.chunks)) for file in files]


def test_a_month_is_one_file_of_workers_and_one_of_dependants():
    files = written(DO.render(head(2, 1), [declared(1), declared(2)], [dependant()]))
    assert [(f.kind, f.part, f.part_count, f.line_count, f.first_line_no, f.file_name) for f, _ in files] == [
        ("AM", 1, 1, 2, 1, "AM_401999999_032026.txt"),
        ("RD", 1, 1, 1, 1, "RD_401999999_032026.txt"),
    ]
    workers, relatives = files[0][1], files[1][1]
    assert workers.startswith(b"EAM  401999999032026\r\nD001C00000000001              MARIA JOSE ")
    assert [len(line) for line in workers.split(b"\r\n")] == [20, 312, 312, 7, 0]
    assert workers.endswith(b"S000004\r\n")
    assert relatives.startswith(b"ERD  401999999\r\nD001C99900000018IDC00000000001ANA ")
    assert [len(line) for line in relatives.split(b"\r\n")] == [14, 160, 7, 0]


def test_the_state_would_accept_what_is_written():
    people = [declared(number, wage_minor=100 + number) for number in range(1, 4001)]
    (_, body), (_, relatives) = written(DO.render(head(4000, 1), people, [dependant(5000)]))
    verdict = DO.check_file(io.BytesIO(body))
    assert (verdict.status, verdict.code, verdict.accepted) == ("P", "0", 4000)
    assert verdict.wage_total_minor == sum(person.wage_minor for person in people)
    assert DO.check_file(io.BytesIO(relatives)).code == "0"


def test_more_people_than_a_file_holds_go_into_several_whole_files_whose_totals_agree():
    people = [declared(number, wage_minor=number) for number in range(1, 12)]
    files = written(DO.render(head(11, max_lines_per_file=6, number_from=1), people))
    assert [(f.part, f.part_count, f.line_count, f.first_line_no) for f, _ in files] == [
        (1, 3, 4, 1), (2, 3, 4, 5), (3, 3, 3, 9),
    ]  # fmt: skip
    assert [f.file_name for f, _ in files][1] == "AM_401999999_032026_2.txt"
    verdicts = [DO.check_file(io.BytesIO(body)) for _, body in files]
    assert [verdict.code for verdict in verdicts] == ["0", "0", "0"]
    assert sum(verdict.wage_total_minor for verdict in verdicts) == sum(range(1, 12))
    assert sum(verdict.lines for verdict in verdicts) == 11


def test_a_supplementary_filing_goes_on_counting():
    files = written(DO.render(head(1, number_from=42), [declared()]))
    assert files[0][0].first_line_no == 42


@pytest.mark.parametrize("count", [1, 3])
def test_a_head_that_counts_other_people_than_come_is_refused(count):
    with pytest.raises(UnrenderableError, match="people for AM"):
        written(DO.render(head(count), [declared(1), declared(2)]))


def test_a_file_must_be_used_up_before_the_next():
    files = DO.render(head(4, max_lines_per_file=4), [declared(n) for n in range(4)])
    next(files)
    with pytest.raises(RuntimeError):
        next(files)


def test_a_person_who_cannot_be_written_stops_the_file_with_her_place():
    with pytest.raises(UnrenderableError) as refused:
        written(DO.render(head(2), [declared(1), declared(2, given_names="Ана")]))
    finding = refused.value.findings[0]
    assert (finding.line, finding.column, finding.field, finding.code) == (3, 31, "given_names", "PY1")


BAD_PEOPLE = [
    (declared(document_kind="newborn"), "document_kind", "101"),
    (declared(document="9990000001"), "document", "101"),
    (declared(document="999000000180"), "document", "101"),
    (declared(document=""), "document", "101"),
    (declared(document_kind="passport", document="A/1"), "document", "101"),
    (declared(given_names="安娜"), "given_names", "PY1"),
    (declared(given_names="ANA 2"), "given_names", "PY1"),
    (declared(given_names="A" * 51), "given_names", "PY1"),
    (declared(first_surname="A" * 41), "first_surname", "PY1"),
    (declared(document_kind="passport", document="AB1", first_surname=" "), "first_surname", "106"),
    (declared(document_kind="passport", document="AB1", birth_date=None), "birth_date", "108"),
    (declared(sex="X"), "sex", "PY1"),
    (declared(payroll="999"), "payroll", "155"),
    (declared(payroll="1"), "payroll", "155"),
    (declared(wage_minor=0), "wage_minor", "188"),
    (declared(wage_minor=-1), "wage_minor", "156"),
    (declared(wage_minor=10**16), "wage_minor", "156"),
    (declared(income_type="0009"), "income_type", "572"),
    (declared(training_wage_minor=-1), "training_wage_minor", "321"),
    (declared(exempt_minor=1, exempt_blocks=(("01", 5),)), "exempt_minor", "PY1"),
]


@pytest.mark.parametrize(("person", "field", "code"), BAD_PEOPLE)
def test_a_person_the_state_would_refuse_is_a_finding(person, field, code):
    assert [(finding.field, finding.code) for finding in DO.check(person)] == [(field, code)]


GOOD_PEOPLE = [
    declared(),
    declared(document_kind="social_security", document="123"),
    declared(document_kind="passport", document="AB-123"),
    declared(given_names="", first_surname="", second_surname="", sex="", birth_date=None),
    declared(exempt_blocks=(("01", 5), ("03", 7))),
    declared(wage_minor=0, other_pay_minor=1),
    declared(withholding_agent="401999999", income_type="0003"),
]


@pytest.mark.parametrize("person", GOOD_PEOPLE)
def test_a_person_the_state_would_take_has_no_finding_and_is_taken(person):
    assert DO.check(person) == []
    ((_, body),) = written(DO.render(head(1), [person]))
    assert DO.check_file(io.BytesIO(body)).code == "0"


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (dependant(99900000018), "192"),
        (dependant(document_kind="newborn"), "101"),
        (dependant(document_kind="passport", document="A" * 12), "101"),
        (dependant(holder_document_kind="passport"), "101"),
        (dependant(event="move"), "164"),
        (dependant(), None),
        (dependant(event="remove"), None),
    ],
)
def test_a_dependant_the_state_would_refuse_is_a_finding(person, code):
    assert [finding.code for finding in DO.check_dependant(person)] == ([code] if code else [])


def test_a_country_without_adapter_is_refused_in_words():
    with pytest.raises(UnsupportedCountryError, match="no adapter for the state of 'xx'"):
        state_format("xx")


def test_writing_many_people_needs_no_more_memory_than_writing_few():
    def people(count):
        return (declared(number) for number in range(count))

    def peak(count):
        tracemalloc.start()
        for file in DO.render(head(count), people(count)):
            for _ in file.chunks:
                pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(1000)
    assert peak(40_000) < peak(8_000) + 1_000_000


NAMES = {
    "María José": "MARIA JOSE",
    "PEÑA": "PENA",
    "Núñez-O’Higgins": "NUNEZ-O'HIGGINS",
    "Ma. Teresa": "MA TERESA",
    "  de   la Cruz ": "DE LA CRUZ",
    "Weiß": "WEISS",
    "Łukasz Øster": "LUKASZ OSTER",
    "Jean–Baptiste": "JEAN-BAPTISTE",
    "D´Oleo": "D'OLEO",
    "Pen\u0303a": "PENA",
    "ＡＮＡ": "ANA",
    "": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_written_in_the_states_alphabet(name):
    assert transliterate(name) == NAMES[name]


@pytest.mark.parametrize("name", ["Ана", "安娜", "Ana 2", "A\x00B", "Ana/Rosa", "Ana😀"])
def test_a_name_without_counterpart_is_refused(name):
    with pytest.raises(UnwritableNameError):
        transliterate(name)


@given(st.text(max_size=60))
def test_a_written_name_is_written_the_same_again(name):
    try:
        once = transliterate(name)
    except UnwritableNameError:
        return
    assert transliterate(once) == once
    assert set(once) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ' -")


PUBLISHED_CODES = [
    "PY1",
    "0",
    "3",
    "150",
    "24",
    "39",
    "101",
    "105",
    "106",
    "107",
    "108",
    "110",
    "111",
    "112",
    "191",
    "115",
    "120",
    "192",
    "195",
    "116",
    "155",
    "194",
    "156",
    "157",
    "158",
    "321",
    "164",
    "572",
    "188",
    "250",
    "252",
    "301",
    "417",
    "422",
    "514",
    "650",
]


def test_every_published_code_is_explained_in_three_languages_with_somebody_who_acts():
    assert set(table()) == set(PUBLISHED_CODES)
    for meaning in table().values():
        assert meaning.category in CATEGORIES
        assert all(meaning.meaning[language] for language in ("es", "fr", "en"))
        assert meaning.fix.endswith(".")
        assert (meaning.role == "nobody") <= (meaning.category == "accepted")


def test_a_code_we_do_not_know_is_shown_as_it_came():
    unknown = DO.explain("777")
    assert (unknown.code, unknown.known, unknown.category) == ("777", False, "ask_state")
    assert "777" in unknown.meaning["es"]
