"""India's monthly file: the published line, the ages, and that the quick look at a line never says more than the slow one."""

import datetime as dt
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.authority.connect import state_format
from gateway.authority.in_epfo.editions import edition_of, editions
from gateway.authority.in_epfo.record import FIELDS, _decode_slowly, decode
from gateway.authority.protocol import DeclaredWorker, FilingHead
from gateway.contributions.rules import assess
from gateway.contributions.schedule import resolve, tables_of
from gateway.kit.period import Period

PUBLISHED = "100000000001#~#PRUEBA UNO#~#15000#~#15000#~#15000#~#15000#~#1800#~#1250#~#550#~#0#~#0"
EDITION = edition_of(None)
MARCH = Period(2026, 3)


def line_of(rupees, born=dt.date(1986, 3, 1), **changes):
    components = resolve("in", MARCH).components
    age = MARCH.year - born.year - ((MARCH.month, 1) < (born.month, born.day))
    paid = assess(rupees * 100, 0, components, age=age).amounts_minor
    worker = DeclaredWorker(
        "MUM", "social_security", "100000000001", "Prueba", "Uno", "", "F", born, rupees * 100,
        components=tuple((part.code, minor) for part, minor in zip(components, paid, strict=True)),
    )._replace(**changes)  # fmt: skip
    head = FilingHead("MHBAN9990001000", MARCH, dt.date(2026, 4, 1), 1)
    (file,) = state_format("in").render(head, [worker])
    return b"".join(file.chunks).decode("ascii")


def test_the_published_line_is_written_byte_for_byte_and_taken() -> None:
    assert line_of(15_000) == PUBLISHED + "\n"
    assert state_format("in").check_file(io.BytesIO(PUBLISHED.encode())).code == "0"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", ""], ids=["lf", "crlf", "cr", "none"])
def test_whatever_ends_a_line_it_is_one_line(ending) -> None:
    verdict = state_format("in").check_file(io.BytesIO((PUBLISHED + ending).encode()))
    assert (verdict.lines, verdict.accepted, verdict.findings) == (1, 1, ())


@pytest.mark.parametrize(
    ("born", "pension_wages", "pension", "rest"),
    [
        (dt.date(1968, 3, 2), "15000", "1250", "550"),
        (dt.date(1968, 3, 1), "0", "0", "1800"),
        (dt.date(1950, 1, 1), "0", "0", "1800"),
    ],
    ids=["58 tomorrow", "58 on the first", "long above"],
)
def test_above_the_age_the_pension_is_zero_and_all_goes_to_the_fund(born, pension_wages, pension, rest) -> None:
    fields = line_of(15_000, born).strip().split("#~#")
    assert (fields[4], fields[7], fields[8], fields[5]) == (pension_wages, pension, rest, "15000")


def test_wages_above_the_ceiling_are_whole_in_the_fund_and_bounded_in_the_pension() -> None:
    assert line_of(22_000).split("#~#")[2:9] == ["22000", "22000", "15000", "15000", "2640", "1250", "1390"]


def test_what_the_file_is_validated_by_is_what_a_month_is_assessed_by() -> None:
    rates, edition = tables_of("in"), editions()[0]
    for name, ours in (("epf", edition.employee_rate), ("epf", edition.employer_rate), ("eps", edition.pension_rate)):
        assert [float(row["value"]) for row in rates["rates"][name]["values"]] == [float(ours)]
    assert rates["ceilings"]["eps"]["values"][0]["value"] == str(edition.wage_ceiling)
    assert rates["caps"]["eps"]["values"][0]["value"] == str(edition.pension_cap)
    assert resolve("in", MARCH).ages == [edition.pension_age]
    assert len(editions()) == 1, "a new edition needs rates of the same day; compare each"


@given(st.integers(0, 200_000), st.booleans())
def test_for_every_wage_the_assessment_is_what_the_portal_computes(rupees, is_old) -> None:
    born = dt.date(1950, 1, 1) if is_old else dt.date(1990, 1, 1)
    values, faults = decode(line_of(rupees, born).strip(), EDITION)
    assert faults == []
    assert values["epf_contribution"] == values["eps_contribution"] + values["epf_eps_difference"]


@given(st.integers(0, len(PUBLISHED) - 1), st.characters(min_codepoint=32, max_codepoint=255))
@example(place=46, sign="0")
def test_any_sign_changed_is_refused_with_its_place_or_read_as_what_it_says(place, sign) -> None:
    line = PUBLISHED[:place] + sign + PUBLISHED[place + 1 :]
    values, faults = decode(line, EDITION)
    assert (values, faults) == _decode_slowly(line, EDITION)
    if faults:
        assert all(1 <= fault.column <= len(line) + 1 for fault in faults)
    else:
        said = [str(int(text)) if text.isdigit() and place else text for place, text in enumerate(line.split("#~#"))]
        assert [str(values[field]) for field in FIELDS] == said


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"document_kind": "national_id"}, "UAN"),
        ({"document": "12345678901"}, "UAN"),
        ({"wage_minor": 1_500_050}, "EPF_WAGES"),
        ({"given_names": "A" * 50, "first_surname": "B" * 40}, "NAME"),
    ],
    ids=["Aadhaar alone", "eleven digits", "paise", "too long"],
)
def test_who_cannot_be_filed_is_told_in_the_preview(changes, code) -> None:
    worker = DeclaredWorker(
        "MUM", "social_security", "100000000001", "Ana", "Uno", "", "F", dt.date(1986, 1, 1), 1_500_000
    )
    assert state_format("in").check(worker) == []
    assert [finding.code for finding in state_format("in").check(worker._replace(**changes))] == [code]


@pytest.mark.parametrize(
    ("language", "meaning", "fix"),
    [
        ("es", "El aporte EPF no es el 12 % del salario EPF: ", "El aporte del trabajador debe ser"),
        ("fr", "La cotisation EPF n'est pas de 12 % du salaire EPF: ", "La part du travailleur doit être"),
        ("en", "The EPF contribution is not 12 % of the EPF wages: ", "The worker's share must be"),
    ],
)
def test_a_finding_says_what_its_code_means_and_what_to_do_in_the_language_asked_for(language, meaning, fix) -> None:
    wrong = PUBLISHED.replace("#~#1800#~#", "#~#1801#~#").encode()
    (finding,) = state_format("in").check_file(io.BytesIO(wrong), language=language).findings
    assert finding.message.startswith(meaning)
    assert "1801" in finding.message
    assert fix in finding.message
    assert {language for code in state_format("in").codes() for language in code.fixes} == {"es", "fr", "en"}
