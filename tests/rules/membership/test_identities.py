"""Identity numbers, names, birthdays and telephones: what is kept, what warns, what is refused."""

import datetime as dt

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.do import cedula

from gateway.membership.errors import (
    BirthDateInvalidError,
    CodeInvalidError,
    DayTooFarError,
    IdentityInvalidError,
    NameInvalidError,
    PhoneInvalidError,
)
from gateway.membership.rules import (
    CHECK_DIGIT,
    WARNINGS,
    ZEROS_ADDED,
    age_on,
    birthday,
    check_birth_date,
    check_day_ahead,
    check_identity,
    check_name,
    check_payroll_code,
    check_phone,
    fold_name,
    full_name,
    guess_kind,
    mask,
    passes_luhn,
)

TODAY = dt.date(2026, 3, 10)


@pytest.mark.parametrize(
    ("kind", "typed", "country", "value", "warning"),
    [
        ("national_id", "001-1391820-5", "do", "00113918205", None),
        ("national_id", " 001 1391820 5", "do", "00113918205", None),
        ("national_id", "113918205", "do", "00113918205", ZEROS_ADDED),
        ("national_id", "00113918204", "do", "00113918204", CHECK_DIGIT),
        ("social_security", "012-345-678", "do", "012345678", None),
        ("passport", "rd-1234567", "do", "RD1234567", None),
        ("newborn", "00113918204", "do", "00113918204", None),
        ("social_security", "1000 0000 0001", "in", "100000000001", None),
        ("national_id", "234123412346", "in", "234123412346", None),
        ("national_id", "234123412347", "in", "234123412347", CHECK_DIGIT),
        ("national_id", "cni-1234", "sn", "CNI1234", None),
    ],
)
def test_an_identity_is_kept_bare_and_warns_where_its_check_digit_fails(
    kind: str, typed: str, country: str, value: str, warning: str | None
) -> None:
    checked = check_identity(kind, typed, country)
    assert (checked.kind, checked.value, checked.warning) == (kind, value, warning)
    assert warning is None or warning in WARNINGS


@pytest.mark.parametrize(
    ("kind", "typed", "country"),
    [
        ("national_id", "001139182051", "do"),
        ("national_id", "113918204", "do"),
        ("national_id", "0011391820A", "do"),
        ("national_id", "", "do"),
        ("national_id", "000-0000000-0", "do"),
        ("national_id", "0000000000", "do"),
        ("social_security", "000000000000", "in"),
        ("passport", "00000", "do"),
        ("national_id", "0000", "sn"),
        ("national_id", "００１１３９１８２０５", "do"),
        ("social_security", "12345678901", "do"),
        ("social_security", "10000000001", "in"),
        ("passport", "A1", "do"),
        ("passport", "ÑANDU1", "do"),
        ("newborn", "123", "do"),
        ("national_id", "a", "sn"),
    ],
)
def test_what_a_register_could_not_have_given_is_refused(kind: str, typed: str, country: str) -> None:
    with pytest.raises(IdentityInvalidError, match="expected"):
        check_identity(kind, typed, country)


def test_a_card_on_the_list_of_exceptions_does_not_warn() -> None:
    exception = sorted(cedula.whitelist)[0]
    assert not passes_luhn(exception)
    assert check_identity("national_id", exception, "do").warning is None


@given(st.text("0123456789", min_size=2, max_size=20))
def test_the_check_digit_is_the_librarys(digits: str) -> None:
    assert passes_luhn(digits) == luhn.is_valid(digits)


def test_digits_are_taken_for_a_card_and_letters_for_a_passport() -> None:
    assert [guess_kind(text) for text in ("001-1391820-5", "RD123456")] == ["national_id", "passport"]


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("809 555-1212", "do", "+18095551212"),
        ("(829) 555.1212", "do", "+18295551212"),
        ("1-849-255-1212", "do", "+18492551212"),
        ("+18095551212", "do", "+18095551212"),
        ("+34 612 345 678", "do", "+34612345678"),
        ("98765 43210", "in", "+919876543210"),
        ("612345678", "es", "+34612345678"),
    ],
)
def test_a_telephone_is_kept_in_e164(typed: str, country: str, kept: str) -> None:
    assert check_phone(typed, country) == kept


@pytest.mark.parametrize("typed", ["12", "555-1212", "809-055", "abc", "+1", "0" * 20])
def test_what_is_no_telephone_is_refused(typed: str) -> None:
    with pytest.raises(PhoneInvalidError, match="one of DO"):
        check_phone(typed, "do")


@given(st.sampled_from(["809", "829", "849"]), st.integers(2_000_000, 9_999_999))
def test_the_short_way_for_usual_telephones_says_what_the_library_says(area: str, rest: int) -> None:
    kept = check_phone(f"{area}-{rest}", "do")
    number = phonenumbers.parse(f"{area}-{rest}", "DO")
    assert phonenumbers.is_valid_number(number)
    assert kept == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize("name", ["María José", "O'Brien", "Jean-Pierre", "De  la   Cruz", "Ñáñez", "J. R."])
def test_a_name_is_kept_with_single_spaces(name: str) -> None:
    assert check_name(name, "given_names") == " ".join(name.split())


@pytest.mark.parametrize("name", ["", " ", "4", "A1", "=1+1", "a" * 51, "María;", "-"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(NameInvalidError):
        check_name(name, "given_names")


def test_names_are_folded_for_finding() -> None:
    assert fold_name("  MARÍA  José O'Neill-Peña ") == "maria jose oneill pena"
    assert full_name("María", "Peña", "") == "maria pena"
    assert full_name("María", "Peña", "Muñoz") == "maria pena munoz"


@given(st.text(max_size=30))
def test_folding_a_folded_name_changes_nothing(text: str) -> None:
    assert fold_name(fold_name(text)) == fold_name(text)


def test_a_number_is_masked_but_for_its_last_four() -> None:
    assert [mask(text) for text in ("00113918205", "1234", "12", "")] == ["•••••••8205", "••••", "••", ""]


def test_a_birth_date_must_be_one_of_a_living_person_of_working_age() -> None:
    assert check_birth_date(dt.date(2012, 3, 10), today=TODAY, member=True)
    for day in (dt.date(2012, 3, 11), dt.date(2026, 3, 11), dt.date(1905, 1, 1)):
        with pytest.raises(BirthDateInvalidError, match="four digits"):
            check_birth_date(day, today=TODAY, member=True)
    assert check_birth_date(TODAY, today=TODAY, member=False) == TODAY


@given(st.dates(dt.date(1920, 1, 1), dt.date(2026, 1, 1)), st.integers(0, 100))
def test_on_her_birthday_she_is_that_old_and_the_day_before_one_year_less(born: dt.date, age: int) -> None:
    day = birthday(born, age)
    assert age_on(born, day) == age
    assert age_on(born, day - dt.timedelta(days=1)) == age - 1


def test_a_day_may_be_thirty_days_ahead_and_no_more() -> None:
    assert check_day_ahead(dt.date(2026, 4, 9), today=TODAY, what="the wage from") == dt.date(2026, 4, 9)
    with pytest.raises(DayTooFarError, match="2026-04-10 is in the future"):
        check_day_ahead(dt.date(2026, 4, 10), today=TODAY, what="the wage from")


def test_a_payroll_key_has_three_digits_where_the_state_gives_such() -> None:
    assert [check_payroll_code("001", "do"), check_payroll_code("ab-1", "in")] == ["001", "AB-1"]
    for code in ("1", "000", "888", "999", "00A"):
        with pytest.raises(CodeInvalidError):
            check_payroll_code(code, "do")
