"""The queue of complaints: what is due first, one case with what she saw, and one person who answers until it is over."""

from playwright.sync_api import Page, expect
from tests.pages.browsing import Office

from gateway.backoffice.areas.complaints import words
from gateway.complaints.rules import KINDS
from gateway.complaints.states import ComplaintEvent, ComplaintStatus, Resolution, Voice
from gateway.kit import db


def case(office: Office, more: int = 0) -> str:
    """The page of the complaint about a receipt, or of one of the two after it."""
    return f"/complaints/{office.town.complaint + more}"


def write(page: Page, summary: str, label: str, text: str, button: str) -> None:
    page.locator("summary", has_text=summary).click()
    page.get_by_label(label).fill(text)
    page.locator("details[open]").get_by_role("button", name=button).click()


def test_the_queue_and_a_case_read_well_and_ask_little(office: Office) -> None:
    office.reads_well("mara", "/complaints", languages=("es", "fr"))
    office.reads_well("olga", case(office, 2), languages=("es", "fr"))
    office.asks_at_most("mara", "/complaints", 5)
    office.asks_at_most("olga", case(office, 2), 7)


def test_everything_that_a_complaint_may_be_is_said_in_words() -> None:
    assert set(words.KINDS) == set(KINDS)
    for said, known in (
        (words.STATUSES, ComplaintStatus),
        (words.RESOLUTIONS, Resolution),
        (words.VOICES, Voice),
        (words.EVENTS, ComplaintEvent),
    ):
        assert set(said) == {one.value for one in known}


def test_the_queue_shows_what_is_due_first_and_is_narrowed_to_what_is_late_and_whose_it_is(office: Office) -> None:
    page = office.as_("mara")
    office.go(page, "/complaints")
    rows = page.locator("#list-rows tbody tr")
    assert rows.count() == 3
    expect(rows.first).to_contain_text("2 días de retraso")
    expect(page.locator("#n-status")).to_have_value("live")
    for query, count in (
        ("late=1", 1),
        ("owner=filing_officer", 1),
        ("kind=missing_payment", 1),
        ("status=resolved", 0),
    ):
        office.go(page, f"/complaints?{query}")
        assert rows.count() == count, query
    office.go(page, "/complaints?member=NADIE")
    assert rows.count() == 0
    office.go(office.as_("carla"), "/")
    expect(office.as_("carla").locator(".tasks")).to_contain_text("Atender 2 reclamos")
    assert office.as_("rosa").goto(f"{office.url}/complaints").status == 403  # type: ignore[union-attr]


def test_nobody_takes_what_she_recorded_herself_and_long_numbers_are_for_those_who_need_them(office: Office) -> None:
    page = office.as_("carla")
    office.go(page, case(office))
    page.get_by_text("Usted anotó aquello de lo que trata").wait_for()
    assert page.get_by_role("button", name="Tomarlo").count() == 0
    assert page.locator("a[href*='/cash/receipts/']").count() == 1
    assert "00112345678" in page.inner_text("main")
    other = office.as_("abel")
    office.go(other, case(office))
    said = other.inner_text("main")
    assert "00112345678" not in said
    assert "Pagué 5,100 y dice 5,010" in said
    other.get_by_text("Lo atiende: Caja").wait_for()


def test_a_case_goes_from_a_question_to_a_resolution_with_its_posting_and_is_taken_up_again(fresh: Office) -> None:
    page = fresh.as_("mara")
    fresh.go(page, case(fresh))
    page.get_by_role("button", name="Tomarlo").click()
    page.get_by_text("Está en sus manos").wait_for()
    write(page, "Preguntarle algo", "Pregunta", "¿Qué día pagó?", "Preguntar")
    page.get_by_text("Se le preguntó; sin respuesta hasta el 02/05/2026").wait_for()
    page.locator("summary", has_text="Terminarlo").click()
    page.get_by_label("Cómo termina").select_option("money_moved")
    page.locator("details[open]").get_by_role("button", name="Seguir").click()
    expect(page.locator("#e-posting")).to_contain_text("elija el asiento")
    page.locator("#f-posting").select_option(index=1)
    page.locator("details[open]").get_by_role("button", name="Seguir").click()
    expect(page.locator(".sentence")).to_contain_text("Terminar el reclamo")
    page.get_by_role("button", name="Terminarlo").click()
    expect(page.locator("#e-told")).to_contain_text("no ha recibido respuesta")
    page.locator("#f-told").fill("Corregimos su recibo: son 5,100.")
    page.locator("details[open]").get_by_role("button", name="Seguir").click()
    page.get_by_role("button", name="Terminarlo").click()
    page.get_by_text("El reclamo está resuelto").wait_for()
    with fresh.database.session(1) as session:
        row = db.one(
            session,
            "SELECT status, resolution, ledger_tx_id FROM complaint WHERE id = :id",
            {"id": fresh.town.complaint},
        )
    assert (row.status, row.resolution) == ("resolved", "money_moved")
    assert row.ledger_tx_id is not None
    write(page, "Retomarlo", "Por qué", "Llamó: aún falta", "Seguir")
    page.get_by_role("button", name="Retomarlo").click()
    page.get_by_text("Se retomó y está en sus manos").wait_for()
    assert "Llamó: aún falta" in page.inner_text("main")


def test_a_case_is_taken_out_of_anothers_hand_only_after_a_second_look_and_answered_after_one(fresh: Office) -> None:
    page, other = fresh.as_("carla"), fresh.as_("mara")
    fresh.go(page, case(fresh, 1))
    page.get_by_role("button", name="Tomarlo").click()
    page.get_by_text("Está en sus manos").wait_for()
    fresh.go(other, case(fresh, 1))
    other.get_by_role("button", name="Tomarlo a mi cargo").click()
    expect(other.locator(".sentence")).to_contain_text("de manos de carla")
    other.get_by_role("button", name="Tomarlo a mi cargo").click()
    other.get_by_text("Está en sus manos").wait_for()
    write(page, "Responderle", "Lo que se encontró", "Lo buscamos.", "Seguir")
    page.get_by_role("button", name="Enviar la respuesta").click()
    page.get_by_text("Primero tome el reclamo").wait_for()
    write(other, "Responderle", "Lo que se encontró", "Entró con otra referencia; ya está.", "Seguir")
    expect(other.locator(".sentence")).to_contain_text("hasta el 16/04/2026")
    other.get_by_role("button", name="Enviar la respuesta").click()
    other.get_by_text("Respondido. Un mensaje corto").wait_for()
    assert "Entró con otra referencia" in other.inner_text("main")
