"""The benefits officer's day: what the state paid back, what nobody could place, and a claim from its papers to its money."""

import pytest
from playwright.sync_api import expect
from tests.benefits.paid import accepted_months
from tests.pages.browsing import Office
from tests.pages.office_town import WAGE

from gateway.kit import db

YEAR = [f"2025-{month:02d}" for month in range(4, 13)]
PAGES = (
    ("bruno", "/benefits"),
    ("bruno", "/benefits/new"),
    ("bruno", "/benefits/remittances"),
    ("bruno", "/benefits/remittances/1"),
    ("bruno", "/benefits/lines/1/7/placement"),
    ("carla", "/benefits/eligibility/1"),
)


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_every_page_about_benefits_reads_well(office: Office, who: str, path: str) -> None:
    office.reads_well(who, path)


@pytest.mark.parametrize("path", ["/benefits", "/benefits/remittances", "/benefits/remittances/1"])
def test_a_list_of_benefits_is_read_in_a_few_statements(office: Office, path: str) -> None:
    office.asks_at_most("bruno", path, 10)


def number_of(place: Office, member: int) -> str:
    with place.database.session(1) as session:
        return str(db.scalar(session, "SELECT number FROM member WHERE id = :id", {"id": member}))


def test_a_benefit_that_nobody_could_place_is_given_to_its_member_after_reading_her_name(fresh: Office) -> None:
    page = fresh.as_("bruno")
    fresh.go(page, f"/benefits/remittances/{fresh.town.remittance}?status=suspense")
    page.get_by_role("cell", name="Maternidad").wait_for()
    page.get_by_role("link", name="Asignarla").click()
    page.get_by_label("Número de afiliado").fill(number_of(fresh, fresh.town.members[8]))
    page.get_by_label("Cómo lo sabe usted").fill("Trajo la carta de la ARS")
    page.get_by_role("button", name="Seguir").click()
    expect(page.locator(".sentence")).to_contain_text("Dar DOP\u00a0800.00 a Carmen Brito Acosta")
    page.get_by_role("button", name="Es suyo").click()
    page.get_by_text("Está en su cuenta").wait_for()


def test_a_claim_says_in_words_who_is_entitled_and_counts_its_papers(fresh: Office) -> None:
    page = fresh.as_("bruno")
    fresh.go(page, "/benefits/new")
    page.locator("#f-number").fill(number_of(fresh, fresh.town.members[2]))
    page.locator("#f-kind").select_option("maternity")
    page.locator("#f-starts_on").fill("2026-04-01")
    page.locator("#f-diagnosis").fill("O80")
    page.get_by_role("button", name="Abrirla").click()
    page.get_by_text("vea qué papeles faltan").wait_for()
    assert "O80" in page.inner_text("section:has-text('Sobre su salud')")
    page.get_by_text("meses pagados").first.wait_for()
    page.get_by_text("0 de 8 meses pagados; con derecho desde noviembre de 2026").wait_for()
    page.get_by_label("Copia de la cédula").check()
    page.get_by_role("button", name="Estos llegaron").click()
    page.locator("li", has_text="Copia de la cédula").get_by_text("02/04/2026").wait_for()
    page.locator(".status", has_text="faltan papeles").wait_for()
    expect(page.locator("input[name=paper]")).to_have_count(1)
    page.get_by_label("Certificado médico").check()
    page.get_by_role("button", name="Estos llegaron").click()
    page.get_by_text("puede ir al Estado").wait_for()
    # She is not entitled: too few months are paid. Refused in words, and nothing is lost.
    page.get_by_role("button", name="Fue al Estado").click()
    page.locator("#f-reference").fill("M-1")
    page.get_by_role("button", name="Anotarlo").click()
    expect(page.locator("#faults")).to_be_visible()
    assert page.locator("#f-reference").input_value() == "M-1"
    # When the bills of a year are paid she is: the page says so, and from then on what to expect, and when.
    accepted_months(fresh.database.url, fresh.town.members[2], dict.fromkeys(YEAR, WAGE))
    page.get_by_role("button", name="Anotarlo").click()
    page.get_by_text("se esperan las cuotas").wait_for()
    page.get_by_text("9 de 8 meses pagados entre abril de 2025 y marzo de 2026; tiene derecho").wait_for()
    rows = [row.split("\t") for row in page.locator("section:has-text('Cuotas') tbody tr").all_inner_texts()]
    assert [row[1] for row in rows] == ["01/05/2026", "01/06/2026", "01/07/2026", "01/08/2026"]
    assert [row[2] for row in rows] == ["23,223.00", "23,223.00", "23,223.00", "5,359.15"]
    assert {row[5].split()[-1] for row in rows} == {"espera"}
    shown = page.inner_text("main")
    assert "Calculado\nDOP\u00a075,028.15" in shown, "the instalments sum to the whole"
    assert "Semanas de licencia: 14" in shown
    # A manager sees the claim and nothing about health.
    other = fresh.as_("mara")
    fresh.go(other, "/benefits/claims/1")
    assert other.get_by_text("Sobre su salud").count() == 0
