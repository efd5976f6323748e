"""Home: each role is told what is hers to do, with figures and working days, and how the month stands."""

import re
from pathlib import Path

from tests.pages.browsing import Office

import gateway.month.rules as month_rules
from gateway.backoffice.areas.home.words import SAID, STEPS


def test_each_role_is_told_what_is_hers_and_the_most_urgent_first(office: Office) -> None:
    page = office.as_("olga")
    office.go(page, "/")
    tasks = page.locator(".tasks li").all_inner_texts()
    assert "líneas rechazadas: 1" in tasks[0]
    assert "Ahora:" in tasks[0]
    office.go(office.as_("mara"), "/")
    released = [
        text for text in office.as_("mara").locator(".tasks li").all_inner_texts() if "Liberar 6 desembolsos" in text
    ]
    assert len(released) == 1
    assert "DOP" in released[0]
    office.go(office.as_("abel"), "/")
    accountant = office.as_("abel").inner_text(".tasks")
    assert "Ordenar el pago de la notificación de marzo de 2026" in accountant
    # Good Friday (3 April) and the weekend are not worked: only Monday 6 is left.
    assert "Queda un día laborable, hasta el 06/04/2026" in accountant
    office.go(office.as_("carla"), "/")
    assert "Liberar" not in office.as_("carla").inner_text("main")


def test_the_month_is_a_line_of_steps_with_what_blocks_it(office: Office) -> None:
    page = office.as_("aura")
    office.go(page, "/")
    line = page.locator(".line").first.locator("li").all_inner_texts()
    assert len(line) == len(STEPS)
    assert "Hecho" in line[0]
    assert "cosa que lo impide" in page.inner_text("main")
    page.locator("h2 a", has_text="marzo de 2026").click()
    page.get_by_role("heading", name="marzo de 2026").wait_for()
    assert "Afiliados con cobertura" in page.inner_text("main")


def test_home_and_a_month_read_well_and_ask_little(office: Office) -> None:
    office.reads_well("olga", "/")
    office.reads_well("abel", "/months/2026-03")
    office.asks_at_most("mara", "/", 20)


def test_every_sentence_of_the_months_rules_can_be_said_in_every_language() -> None:
    source = Path(month_rules.__file__).read_text("utf-8")
    body = source[source.index("def _members") :]
    said = {one for one in re.findall(r'"([^"]*)"', body) if " " in one}
    assert said - set(SAID) == set()
