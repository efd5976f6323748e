"""A day that is typed or shown has one meaning: a browser writes it in its own language, the page beside it in words."""

import pytest
from playwright.sync_api import expect
from tests.pages.browsing import Office

from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.texts import Words

FIELD = "#f-starts_on"


@pytest.mark.parametrize(
    ("language", "said"),
    [("es", "sábado, 4 de abril de 2026"), ("fr", "samedi 4 avril 2026"), ("en", "Saturday, April 4, 2026")],
)
def test_a_browser_in_another_language_still_shows_the_day_in_words_of_the_page(
    office: Office, language: str, said: str
) -> None:
    page = office.another("bruno", locale="en-US")
    office.speak(page, language)
    office.go(page, f"/benefits/new?member={office.town.members[0]}")
    page.locator(FIELD).press_sequentially("04042026")
    expect(page.locator("#d-starts_on")).to_have_text(said)
    assert "d-starts_on" in (page.locator(FIELD).get_attribute("aria-describedby") or "").split()


def test_without_a_script_the_day_that_was_sent_stands_in_words_beside_its_field(office: Office) -> None:
    page = office.another("abel", java_script_enabled=False)
    office.speak(page, "es")
    office.go(page, "/cash/receipts?from=2026-03-02")
    expect(page.locator("output[for=n-from]")).to_have_text("lunes, 2 de marzo de 2026")
    office.reads_well("abel", "/cash/receipts?from=2026-03-02")


@pytest.mark.parametrize("typed", ["2026-02-01", "1/2/2026", "01-02-2026", "1.2.2026"])
def test_a_day_is_read_day_first_in_every_language(typed: str) -> None:
    for language in ("es", "fr", "en"):
        form = Form(Words(language), {"day": [typed]})
        assert str(form.day("day")) == "2026-02-01"
        assert form.errors == {}
