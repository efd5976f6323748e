"""The filing officer's last day: prepare, freeze, send, mend what the state rejected, and the accountant pays the bill."""

import json
import re

import pytest
from playwright.sync_api import expect
from tests.filing.filing_town import tell_state_account
from tests.pages.browsing import Office
from tests.pages.office_town import TODAY

from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.kit import db

PAGES = (
    ("olga", "/filings"),
    ("olga", "/filings/new"),
    ("olga", "/filings/1"),
    ("olga", "/filings/1/decisions"),
    ("olga", "/filings/1/lines"),
    ("olga", "/filings/1/lines/1"),
    ("olga", "/filings/1/movements"),
    ("olga", "/filings/1/answer"),
    ("olga", "/bills"),
    ("olga", "/bills/1"),
    ("abel", "/bills/1/payment"),
    ("olga", "/bills/new"),
)


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_every_page_about_filings_reads_well(office: Office, who: str, path: str) -> None:
    office.reads_well(who, path)


@pytest.mark.parametrize(
    "path", ["/filings", "/filings/1", "/filings/1/lines", "/filings/1/decisions", "/bills", "/bills/1"]
)
def test_a_page_about_filings_is_read_in_a_few_statements(office: Office, path: str) -> None:
    office.asks_at_most("olga", path, 16)


def test_a_draft_is_looked_through_frozen_and_sent_and_each_step_says_with_figures_what_it_does(fresh: Office) -> None:
    with fresh.database.session(1, actor="staff:carla") as session:
        for place, member in enumerate(fresh.town.members[:3]):
            lines = [NewLine(amount_minor=500_000, member_id=member)]
            new = NewReceipt("api:carla", f"april{place}", "cash", "cash:main", 500_000, "DOP", TODAY, lines)
            receive(session, new, actor="staff:carla", today=TODAY)
    page = fresh.as_("olga")
    fresh.go(page, "/filings/new")
    page.locator("#f-period").fill("2026-04")
    page.get_by_role("button", name="Prepararla").click()
    page.get_by_text("Todavía no se reservó ni se envió nada").wait_for()
    drafted = page.url.rstrip("/").rsplit("/", 1)[1]
    # Against last month: what the bill will be more or less, and who is new, each by her name.
    with fresh.database.session(1) as session:
        bill = int(db.scalar(session, "SELECT total_minor FROM bill WHERE id = :id", {"id": fresh.town.bill}))
        ours = int(db.scalar(session, "SELECT state_minor FROM filing WHERE id = :id", {"id": drafted}))
    compared = page.inner_text("section:has-text('Frente al mes pasado')")
    assert f"La notificación de marzo de 2026\nDOP\u00a0{bill / 100:,.2f}" in compared
    assert f"Diferencia\nDOP\u00a0{(ours - bill) / 100:,.2f}" in compared
    new = page.locator("dl.figures div", has_text="nueva").get_by_role("link")
    assert (ours < bill, new.inner_text()) == (True, "3")
    new.click()
    expect(page.locator("#list-rows tbody tr")).to_have_count(3)
    told = page.locator("#list-rows tbody").inner_text()
    assert "Óscar Tejada" in told
    assert "nueva" in told
    fresh.go(page, f"/filings/{drafted}")
    page.get_by_role("link", name="Todos, con el motivo en palabras").click()
    page.get_by_text("No ha pagado nada para este mes").first.wait_for()
    fresh.go(page, f"/filings/{drafted}/lines/1")
    page.get_by_text("Como se escribiría hoy").wait_for()
    # Two clicks, with the figures in between; the sum is the draft's own.
    fresh.go(page, f"/filings/{drafted}")
    page.get_by_role("button", name="Congelarla").click()
    page.get_by_role("button", name="Seguir").click()
    expect(page.locator(".sentence")).to_contain_text("Congelar la declaración de")
    page.get_by_role("button", name="Congelarla").click()
    page.get_by_text("Todavía no se envió").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="AM_401999999_042026.txt").click()
    assert download.value.path().read_bytes().startswith(b"EAM  401999999042026")
    page.get_by_role("button", name="Enviarla al Estado").click()
    page.get_by_role("button", name="Seguir").click()
    expect(page.locator(".sentence")).to_contain_text("Enviar al Estado la declaración de")
    page.get_by_role("button", name="Enviarla al Estado").click()
    page.get_by_text("Va en camino al Estado").wait_for()
    # An accountant may look, and may not freeze or send.
    other = fresh.as_("abel")
    fresh.go(other, f"/filings/{drafted}")
    assert other.get_by_role("button", name="Enviarla al Estado").count() == 0
    assert other.goto(f"{fresh.url}/filings/{drafted}/submission").status == 403  # type: ignore[union-attr]


def test_a_rejected_line_is_explained_mended_where_it_stands_and_goes_into_the_supplementary_filing(
    fresh: Office,
) -> None:
    page = fresh.as_("olga")
    fresh.go(page, "/filings/1")
    page.get_by_role("link", name="1", exact=True).first.wait_for()
    fresh.go(page, "/filings/1/lines?status=rejected")
    page.locator("table.rows tbody tr td a").first.click()
    page.get_by_text("El Estado dice 105").wait_for()
    page.get_by_role("button", name="Corregir aquí").click()
    page.locator("#f-given_names").fill("Pedro Antonio")
    page.get_by_role("button", name="Corregir").click()
    page.get_by_text("va en la declaración complementaria").wait_for()
    page.get_by_role("button", name="Preparar una complementaria").click()
    assert page.locator("#f-kind").input_value() == "supplementary"
    page.get_by_role("button", name="Prepararla").click()
    page.get_by_role("heading", name="complementaria").wait_for()
    page.get_by_role("link", name="Todos, con el motivo en palabras").click()
    page.get_by_text("Pedro Antonio").wait_for()


def test_the_second_of_two_who_mend_the_same_line_is_told_what_changed(fresh: Office) -> None:
    first, second = fresh.as_("olga"), fresh.another("olga")
    fresh.go(first, "/filings/1/lines?status=rejected")
    first.locator("table.rows tbody tr td a").first.click()
    path = first.url.removeprefix(fresh.url) + "/mending"
    fresh.go(first, path)
    fresh.go(second, path)
    first.locator("#f-given_names").fill("Pedro Antonio")
    first.get_by_role("button", name="Corregir").click()
    first.get_by_text("va en la declaración complementaria").wait_for()
    second.locator("#f-second_surname").fill("Mota")
    second.get_by_role("button", name="Corregir").click()
    second.get_by_text("ahora es «Pedro Antonio»").wait_for()
    assert second.locator("#f-second_surname").input_value() == "Mota"


def test_a_line_is_shown_field_by_field_and_its_evidence_is_a_file(office: Office) -> None:
    page = office.as_("olga")
    office.go(page, "/filings/1/lines/1")
    names = page.locator(".layout .name").all_inner_texts()
    assert any(name.startswith("Primer apellido") for name in names)
    known = page.inner_text("main")
    assert "Enviada al Estado · 01/04/2026 10:00 · recibida" in known
    assert re.search(r"Salud, parte del trabajador\s+3\.04 %\s+705\.98", known)
    with page.expect_download() as download:
        page.get_by_role("link", name="Descargar la evidencia").click()
    told = json.loads(download.value.path().read_bytes())
    assert {"funding", "assessment", "sealed", "answer", "bills"} <= told.keys()
    hidden = office.as_("abel")
    office.go(hidden, "/filings/1/lines/1")
    assert "•" in hidden.locator(".layout").inner_text()


def test_the_bill_is_ordered_by_one_and_released_by_another_who_reads_the_sum_first(fresh: Office) -> None:
    tell_state_account(fresh.database)
    page = fresh.as_("abel")
    fresh.go(page, "/bills/1")
    page.get_by_role("button", name="Ordenar el pago").click()
    page.get_by_role("button", name="Seguir").click()
    expect(page.locator(".sentence")).to_contain_text("Ordenar DOP")
    page.get_by_role("button", name="Ordenar el pago").click()
    page.get_by_text("Otra persona lo libera").wait_for()
    assert re.search(r"Por pagar\s+DOP", page.inner_text("main")), "an order is no payment"
    assert page.get_by_role("button", name="Liberar el pago").count() == 0
    other = fresh.as_("mara")
    fresh.go(other, "/bills/1")
    other.get_by_role("button", name="Liberar el pago").click()
    other.get_by_role("button", name="Seguir").click()
    expect(other.locator(".sentence")).to_contain_text("Liberar DOP")
    other.get_by_role("button", name="Liberarlo").click()
    other.get_by_text("Lleve el archivo al banco").wait_for()
    with other.expect_download() as download:
        other.get_by_role("button", name="El archivo del banco").click()
    assert b"pain.001" in download.value.path().read_bytes()


def test_rejected_lines_are_narrowed_by_code_and_mended_one_after_the_other(fresh: Office) -> None:
    with fresh.database.session(1) as session:
        db.run(
            session,
            "UPDATE filing_line SET status = 'rejected', state_code = '24', state_accepted_minor = NULL WHERE filing_id = 1 AND line_no = 9",
        )
    page = fresh.as_("olga")
    fresh.go(page, "/filings/1")
    page.locator("tr", has_text="105").get_by_role("link").click()
    page.wait_for_url("**/lines?status=rejected&code=105")
    expect(page.locator("#list-rows tbody tr")).to_have_count(1)
    page.locator("#n-code").select_option("24")
    expect(page.locator("#list-rows tbody tr").first).to_contain_text("24")
    expect(page.locator("#list-rows tbody tr")).to_have_count(1)
    fresh.go(page, "/filings/1/lines?status=rejected")
    page.locator("table.rows tbody tr td a").first.click()
    page.get_by_role("button", name="Corregir aquí").click()
    page.locator("#f-given_names").fill("Pedro Antonio")
    page.get_by_role("button", name="Corregir").click()
    page.get_by_text("Esta es la siguiente línea rechazada").wait_for()
    assert page.url.endswith("/filings/1/lines/9")
    assert page.get_by_role("button", name="La siguiente línea rechazada").count() == 0
