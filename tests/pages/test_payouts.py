"""The manager's release, and money picked up at the counter."""

import pytest
from playwright.sync_api import expect
from tests.pages.browsing import Office

PAGES = (
    ("mara", "/payouts"),
    ("mara", "/payouts/1"),
    ("mara", "/payouts/1/release"),
    ("mara", "/payouts/new"),
    ("carla", "/payouts/counter"),
    ("mara", "/payouts/one/1"),
)


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_every_page_about_payouts_reads_well(office: Office, who: str, path: str) -> None:
    office.reads_well(who, path)


@pytest.mark.parametrize("path", ["/payouts", "/payouts/1", "/payouts/counter"])
def test_a_list_of_payouts_is_read_in_a_few_statements(office: Office, path: str) -> None:
    office.asks_at_most("mara", path, 10)


def test_a_second_person_releases_a_batch_after_reading_its_sum_and_who_prepared_it_may_not(fresh: Office) -> None:
    path = f"/payouts/{fresh.town.batch}"
    prepared = fresh.as_("bruno")
    fresh.go(prepared, path)
    prepared.get_by_text("Usted lo preparó: otra persona lo libera").wait_for()
    assert prepared.get_by_role("button", name="Revisarlo y liberarlo").count() == 0
    page = fresh.as_("mara")
    fresh.go(page, path)
    page.get_by_role("button", name="Revisarlo y liberarlo").click()
    page.get_by_role("button", name="Seguir").click()
    expect(page.locator(".sentence")).to_contain_text(
        "Liberar 6 desembolsos, DOP\u00a07,441.50, a 6 afiliados, por Orange Money"
    )
    # The second browser, which had the same page before it, is not let release it again.
    other = fresh.another("abel")
    fresh.go(other, f"{path}/release")
    page.get_by_role("button", name="Liberarlo").click()
    page.get_by_text("va en camino").wait_for()
    other.get_by_role("button", name="Seguir").click()
    other.get_by_role("button", name="Liberarlo").click()
    expect(other.locator("#faults")).to_be_visible()


def test_a_batch_is_prepared_and_discarded_and_what_it_would_have_paid_stays_owed(fresh: Office) -> None:
    page = fresh.as_("bruno")
    fresh.go(page, f"/payouts/{fresh.town.batch}/discard")
    page.get_by_label("Por qué").fill("Era el banco equivocado")
    page.get_by_role("button", name="Seguir").click()
    page.get_by_text("se sigue debiendo").wait_for()
    fresh.go(page, "/payouts/new")
    page.locator("#f-provider").select_option("momo:orange")
    page.get_by_role("button", name="Prepararlo").click()
    page.get_by_text("Otra persona lo libera").first.wait_for()
    assert page.locator("table.rows tbody tr").count() == 6
