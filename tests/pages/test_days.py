"""A day that is typed or shown has one meaning: it is read day first, and the page says it in words beside its field."""

import datetime as dt

import pytest
from playwright.sync_api import expect
from tests.pages.browsing import Office
from tests.pages.office_town import TODAY

from gateway.backoffice.frame.days import as_typed
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import Words

FIELD, SAID = "#f-starts_on", "#d-starts_on"
DAY = dt.date(2026, 7, 3)
WAYS = ("3/7/26", "03-07-2026", "3.7.2026", "3 7 2026", "030726", "03072026", "2026-07-03", "2026/7/3")
"""How a day is typed; a browser says each in words at once."""
NO_DAYS = ("31/02/2026", "3/13/26", "3-7/26", "20260703", "3/7/1826", "mañana")
MONTHS = ("7/2026", "07-26", "072026", "726", "2026-07")
NO_MONTHS = ("13/2026", "2026", "26-07", "2026-00")


@pytest.mark.parametrize(
    ("language", "said"),
    [("es", "viernes, 3 de julio de 2026"), ("fr", "vendredi 3 juillet 2026"), ("en", "Friday, July 3, 2026")],
)
def test_a_day_is_said_in_words_of_the_page_while_it_is_typed_whatever_the_browsers_language(
    office: Office, language: str, said: str
) -> None:
    page = office.another("bruno", locale="en-US")
    office.speak(page, language)
    office.go(page, f"/benefits/new?member={office.town.members[0]}")
    field = page.locator(FIELD)
    assert "d-starts_on" in (field.get_attribute("aria-describedby") or "").split()
    for typed in WAYS:
        field.fill(typed)
        expect(page.locator(SAID)).to_have_text(said)
        assert Words(language).in_words(typed) == said, "the server reads it as the browser does"
        # What was typed in short stands there whole once the field is left.
        field.press("Tab")
        expect(field).to_have_value("03/07/2026")
    for typed in NO_DAYS:
        field.fill(typed)
        expect(page.locator(SAID)).to_have_text("")
        assert Words(language).in_words(typed) == ""
        field.press("Tab")
        expect(field).to_have_value(typed)


def test_a_month_is_typed_as_people_type_it_and_said_in_words(office: Office) -> None:
    page = office.as_("carla")
    office.go(page, "/cash/rounds")
    field = page.locator("#f-period")
    for typed in MONTHS:
        field.fill(typed)
        expect(page.locator("#d-period")).to_have_text("julio de 2026")
        assert Words("es").in_words(typed, "month") == "julio de 2026"
        field.press("Tab")
        expect(field).to_have_value("07/2026")
    for typed in NO_MONTHS:
        field.fill(typed)
        expect(page.locator("#d-period")).to_have_text("")
        assert Words("es").in_words(typed, "month") == ""
    for typed in ("julio de 2026", "jul 26"):
        assert Words("es").in_words(typed, "month") == "julio de 2026"


TIMES = (
    "3/7/26 18:30",
    "03-07-2026 18h30",
    "3.7.2026, 18.30",
    "030726 18:30",
    "2026-07-03T18:30",
    "3/7/2026 6:30 p. m.",
    "3/7/26 6:30PM",
)
NO_TIMES = ("3/7/2026", "3/7/2026 24:00", "31/02/2026 10:00", "3/7/2026 18:60", "3/7/26 13:00 pm", "18:30", "ayer")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "viernes, 3 de julio de 2026, 18:30"),
        ("fr", "vendredi 3 juillet 2026, 18:30"),
        ("en", "Friday, July 3, 2026, 18:30"),
    ],
)
def test_an_instant_is_typed_as_people_type_it_whatever_the_browsers_language_and_said_in_words(
    office: Office, language: str, said: str
) -> None:
    page = office.another("abel", locale="en-US", timezone_id="Asia/Tokyo")
    office.speak(page, language)
    office.go(page, "/reports/trust-report")
    field = page.locator("#f-recorded_at")
    for typed in TIMES:
        field.fill(typed)
        expect(page.locator("#d-recorded_at")).to_have_text(said)
        assert Words(language).in_words(typed, "instant") == said, "the server reads it as the browser does"
        field.press("Tab")
        expect(field).to_have_value("03/07/2026 18:30")
    for typed in NO_TIMES:
        field.fill(typed)
        expect(page.locator("#d-recorded_at")).to_have_text("")
        assert Words(language).in_words(typed, "instant") == ""


@pytest.mark.parametrize(
    "typed", [*TIMES, "3-jul-2026 18:30", "2026-07-03T22:30:00+00:00", "2026-07-03T22:30:00 00:00"]
)
def test_an_instant_is_by_the_mutuals_clock(typed: str) -> None:
    form = Form(Words("es", time_zone="America/Santo_Domingo"), {"at": [typed]})
    assert form.instant("at") == dt.datetime(2026, 7, 3, 22, 30, tzinfo=dt.UTC)
    assert form.errors == {}


@pytest.mark.parametrize("typed", [*NO_TIMES, "3/7/2126 10:00"])
def test_what_is_no_instant_is_said_beside_its_field_with_what_is_expected(typed: str) -> None:
    form = Form(Words("es"), {"at": [typed]})
    assert form.instant("at") is None
    assert "31/01/2026 18:30" in form.errors["at"]
    assert form.value("at") == typed


@pytest.mark.parametrize("at", ["18:30", "18:30:05", "18:30:05.000120"])
def test_an_instant_that_stands_in_a_field_is_the_same_once_it_is_sent(at: str) -> None:
    words = Words("es", time_zone="America/Santo_Domingo")
    instant = dt.datetime.fromisoformat(f"2026-07-03T{at}").replace(tzinfo=words.zone)
    assert as_typed(instant) == f"03/07/2026 {at}"
    assert Form(words, {"at": [as_typed(instant)]}).instant("at") == instant


def test_a_birth_of_two_figures_is_of_a_year_that_has_been(office: Office) -> None:
    page = office.as_("bruno")
    office.go(page, "/members/new")
    for typed, said in (("3/7/62", "martes, 3 de julio de 1962"), ("3/1/26", "sábado, 3 de enero de 2026")):
        page.locator("#f-birth_date").fill(typed)
        expect(page.locator("#d-birth_date")).to_have_text(said)
        assert Words("es").in_words(typed, latest=TODAY) == said
    page.locator("#f-birth_date").fill("3/7/26")
    page.get_by_role("button", name="Inscribir").click()
    expect(page.locator("#e-birth_date")).to_contain_text("después del 02/04/2026")
    assert page.locator("#f-birth_date").input_value() == "03/07/2026", "what was typed is there still"


def test_a_day_may_be_chosen_in_the_browsers_own_calendar(office: Office) -> None:
    page = office.as_("abel")
    office.go(page, "/cash/receipts")
    expect(page.get_by_role("button", name="Elegir en un calendario").first).to_be_visible()
    page.locator(".calendar").first.evaluate(
        "one => { one.value = '2026-03-02'; one.dispatchEvent(new Event('change', { bubbles: true })); }"
    )
    expect(page.locator("#n-from")).to_have_value("02/03/2026")
    expect(page.locator("output[for=n-from]")).to_have_text("lunes, 2 de marzo de 2026")
    page.wait_for_url("**/cash/receipts?**from=02%2F03%2F2026**")


def test_without_a_script_a_day_is_typed_and_stands_in_words_beside_its_field_once_it_was_sent(office: Office) -> None:
    page = office.another("abel", java_script_enabled=False)
    office.speak(page, "es")
    office.go(page, "/cash/receipts")
    assert page.get_by_role("button", name="Elegir en un calendario").count() == 0
    page.locator("#n-from").fill("2-mar-26")
    page.get_by_role("button", name="Mostrar").click()
    expect(page.locator("output[for=n-from]")).to_have_text("lunes, 2 de marzo de 2026")
    office.reads_well("abel", "/cash/receipts?from=2026-03-02")


@pytest.mark.parametrize("typed", [*WAYS, "3-jul-2026", "3 julio 26"])
def test_a_day_is_read_day_first_in_every_language(typed: str) -> None:
    for language in ("es", "fr", "en"):
        form = Form(Words(language), {"day": [typed]})
        assert form.day("day") == DAY
        assert form.errors == {}


@pytest.mark.parametrize("typed", [*NO_DAYS, "3/7/2126"])
def test_what_is_no_day_is_said_beside_its_field(typed: str) -> None:
    form = Form(Words("es"), {"day": [typed]})
    assert form.day("day") is None
    assert ("después del 31/12/2099" if typed.endswith("2126") else "31/01/2026") in form.errors["day"]
    assert form.value("day") == typed


def test_who_did_not_touch_a_day_that_another_changed_meanwhile_finds_the_new_one() -> None:
    form = Form(Words("es"), {"day": ["03/07/2026"], "was:day": ["03/07/2026"]})
    form.over({"day": DAY.replace(day=5)})
    assert form.value("day") == "05/07/2026"
    assert [(one.was, one.now) for one in form.meanwhile] == [("03/07/2026", "05/07/2026")]
