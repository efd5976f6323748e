"""The accountant's evening: the day on one page, a difference explained by two people, the day signed off."""

import datetime as dt

import pytest
from playwright.sync_api import expect
from tests.pages.browsing import Office
from tests.pages.office_town import TODAY
from tests.reconciliation.statements import Booked, camt053

from gateway.backoffice.areas.reconciliation.place import AGREED, SAID
from gateway.kit import db
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.match_rules import AFTERWARDS, RULES
from gateway.reconciliation.rules import KINDS
from gateway.reconciliation.run import reconcile

PAGES = (
    ("abel", "/reconciliation"),
    ("abel", "/reconciliation/exceptions"),
    ("abel", "/reconciliation/exceptions/1"),
    ("abel", "/reconciliation/exceptions/many?kind=receipt_suspense"),
    ("abel", "/reconciliation/statements"),
    ("abel", "/reconciliation/statements/1"),
    ("abel", "/reconciliation/lines/1"),
    ("abel", "/reconciliation/rules"),
    ("abel", "/reconciliation/month"),
    ("abel", "/reconciliation/settlement"),
)


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_every_page_about_reconciliation_reads_well(office: Office, who: str, path: str) -> None:
    office.reads_well(who, path)


@pytest.mark.parametrize(
    "path",
    [
        "/reconciliation/exceptions",
        "/reconciliation/statements",
        "/reconciliation/statements/1",
        "/reconciliation/rules",
    ],
)
def test_a_list_of_reconciliation_is_read_in_a_few_statements(office: Office, path: str) -> None:
    office.asks_at_most("abel", path, 10)


def test_every_kind_of_difference_and_every_rule_is_said_in_the_readers_language() -> None:
    assert {field for rule in (*RULES, *AFTERWARDS) for field in rule.fields} <= set(AGREED)
    assert {kind.meaning for kind in KINDS.values()} | {rule.meaning for rule in (*RULES, *AFTERWARDS)} <= set(SAID)


def test_why_a_statement_was_put_aside_is_said_in_the_readers_language(fresh: Office) -> None:
    page = fresh.as_("abel")
    body = camt053(5 * 10**8, [Booked(100, text="X")], day=TODAY + dt.timedelta(days=3))
    fresh.go(page, "/reconciliation/statements")
    page.locator("#f-file").set_input_files([{"name": "hueco.xml", "mimeType": "text/xml", "buffer": body}])
    page.get_by_role("button", name="Cargarlo").click()
    expect(page.locator(".said").first).to_contain_text("falta un extracto entre los dos")
    page.locator("#list-rows tbody tr").first.get_by_role("link").first.click()
    expect(page.locator(".said.bad")).to_contain_text(
        "abre con DOP\u00a05,000,000.00 y el anterior (hasta el 02/04/2026)"
    )


def stray(place: Office) -> int:
    """The difference of the credit that names nobody."""
    with place.database.session(1) as session:
        return int(db.scalar(session, "SELECT id FROM reconciliation_break WHERE kind = 'receipt_suspense'"))


def test_a_credit_that_names_nobody_is_placed_by_two_people_with_the_evidence_side_by_side(fresh: Office) -> None:
    page, number = fresh.as_("abel"), stray(fresh)
    with fresh.database.session(1) as session:
        member = str(db.scalar(session, "SELECT number FROM member WHERE id = :id", {"id": fresh.town.members[10]}))
    fresh.go(page, "/reconciliation/exceptions")
    page.get_by_role("link", name=str(number), exact=True).click()
    page.get_by_role("heading", name="Dinero recibido cuyo afiliado nadie encontró aún").wait_for()
    page.get_by_label("O es dinero del afiliado número").fill(member)
    page.get_by_role("button", name="Proponerlo").click()
    expect(page.locator("#e-reason")).to_be_visible()
    assert page.get_by_label("O es dinero del afiliado número").input_value() == member
    page.get_by_label("Cómo lo sabe usted").fill("Llamó y dijo el día y el monto")
    page.get_by_role("button", name="Proponerlo").click()
    page.get_by_text("otra persona lo revisa").first.wait_for()
    other = fresh.as_("mara")
    fresh.go(other, f"/reconciliation/exceptions/{number}")
    other.get_by_role("button", name="Aprobarla: mirar otra vez").click()
    expect(other.locator(".sentence")).to_contain_text(
        "Asentar DOP\u00a02,500.00 como dinero de Ana Iris Vásquez Medina"
    )
    other.get_by_role("button", name="Aprobarla y asentarla").click()
    other.get_by_text("Aprobado y asentado").wait_for()
    # What is explained is off the list, and stands among all.
    assert other.get_by_role("link", name=str(number), exact=True).count() == 0
    fresh.go(other, "/reconciliation/exceptions?status=")
    other.get_by_role("link", name=str(number), exact=True).wait_for()
    for status, count in (("posted", 1), ("open", 0)):
        fresh.go(other, f"/reconciliation/exceptions?status={status}")
        assert other.get_by_role("link", name=str(number), exact=True).count() == count, status
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT status FROM reconciliation_break WHERE id = :id", {"id": number}) == "posted"


def test_differences_are_decided_with_the_evidence_side_by_side_by_keys_and_without_a_script_by_buttons(
    fresh: Office,
) -> None:
    number = stray(fresh)
    with fresh.database.session(1, actor="staff:abel") as session:
        statement = camt053(10**8 + 250_000, [Booked(-12_500, text="COMISION")], day=TODAY)
        load_statement(session, statement, file_name="comision.xml", actor="staff:abel")
        reconcile(session, today=TODAY)
        charge = int(db.scalar(session, "SELECT id FROM reconciliation_break WHERE kind = 'bank_debit_unknown'"))
    page = fresh.as_("abel")
    press, typed = page.keyboard.press, page.keyboard.type
    fresh.go(page, "/reconciliation/exceptions")
    for expected in sorted((number, charge), reverse=True):
        press("n")
        page.wait_for_url(f"**/exceptions/{expected}")
    fresh.go(page, f"/reconciliation/exceptions/{charge}")
    theirs, ours = (
        page.locator(f"section:has(h2:text-is('{name}'))") for name in ("Lo que ellos dicen", "Lo que tenemos")
    )
    expect(theirs).to_contain_text("COMISION")
    left, right = theirs.bounding_box(), ours.bounding_box()
    assert left is not None
    assert right is not None
    assert (left["y"], left["x"] < right["x"]) == (right["y"], True), "side by side"
    # A key chooses, the hand goes on with the reason; nothing is booked until another person has approved.
    press("1")
    expect(page.locator("#f-reason")).to_be_focused()
    typed("es la comision de abril")
    press("Enter")
    page.get_by_text("otra persona lo revisa").first.wait_for()
    other = fresh.as_("mara")
    fresh.go(other, f"/reconciliation/exceptions/{charge}")
    other.keyboard.press("a")
    expect(other.locator(".sentence")).to_contain_text("Asentar lo que explica DOP\u00a0125.00")
    assert "Cargos de bancos\nDOP\u00a0125.00" in other.inner_text("main")
    assert standing_of(fresh, charge) == "proposed", "one key approves nothing"
    # Enter at once, by a hand that hit the key by chance, goes back.
    other.keyboard.press("Enter")
    other.get_by_role("button", name="Aprobarla: mirar otra vez").wait_for()
    assert standing_of(fresh, charge) == "proposed"
    other.keyboard.press("a")
    other.locator(".sentence").wait_for()
    other.keyboard.press("Tab")
    other.keyboard.press("Enter")
    other.get_by_text("Aprobado y asentado").wait_for()
    assert standing_of(fresh, charge) == "posted"
    # The same without a script, by buttons; declined, as it needs a reason.
    plain = fresh.another("abel", java_script_enabled=False)
    fresh.go(plain, f"/reconciliation/exceptions/{number}")
    plain.get_by_label("No hace falta asiento").check()
    plain.get_by_label("Cómo lo sabe usted").fill("es un error del banco")
    plain.get_by_role("button", name="Proponerlo").click()
    fresh.go(other, f"/reconciliation/exceptions/{number}")
    other.keyboard.press("d")
    expect(other.locator("#f-because")).to_be_focused()
    other.keyboard.press("Enter")
    expect(other.locator("#e-because")).to_be_visible()
    other.locator("#f-because").fill("el banco lo confirma")
    other.locator("#f-because").press("Enter")
    other.get_by_text("Rechazado").first.wait_for()
    assert standing_of(fresh, number) == "rejected"
    # Who dictates switches the keys off.
    fresh.go(page, "/reconciliation/exceptions")
    page.get_by_text("Abel Acosta").click()
    page.get_by_role("button", name="Desactivar las teclas de una letra").click()
    page.get_by_role("button", name="Activar las teclas de una letra").wait_for()
    page.keyboard.press("n")
    page.reload()
    page.keyboard.press("n")
    assert page.url.endswith("/reconciliation/exceptions")


def standing_of(place: Office, number: int) -> str:
    with place.database.session(1) as session:
        return str(db.scalar(session, "SELECT status FROM reconciliation_break WHERE id = :id", {"id": number}))


def test_a_statement_is_loaded_once_matched_and_its_lines_say_by_which_rule(fresh: Office) -> None:
    page = fresh.as_("abel")
    body = camt053(10**8 + 250_000, [Booked(-12_500, text="COMISION")], day=TODAY)
    for said in ("Cargado con 1 líneas nuevas", "ya se había cargado"):
        fresh.go(page, "/reconciliation/statements")
        page.locator("#f-file").set_input_files({"name": "extracto.xml", "mimeType": "text/xml", "buffer": body})
        page.get_by_role("button", name="Cargarlo").click()
        page.get_by_text(said).wait_for()
    fresh.go(page, "/reconciliation")
    page.get_by_role("button", name="Emparejar y comparar ahora").click()
    page.get_by_text("esto es lo que queda").wait_for()
    fresh.go(page, "/reconciliation/statements")
    page.locator("table.rows tbody tr td a").first.click()
    page.get_by_text("-125.00").wait_for()
    assert "sin revisar" not in page.inner_text("table.rows")


def test_a_month_closes_after_a_second_look_a_manager_opens_it_again_and_the_day_is_signed(fresh: Office) -> None:
    page = fresh.as_("abel")
    fresh.go(page, "/reconciliation/month")
    page.locator("#f-period").fill("2026-03")
    page.get_by_label("Por qué").fill("Fin de mes")
    page.get_by_role("button", name="Seguir").click()
    page.get_by_text("ya no se puede asentar nada").wait_for()
    page.get_by_role("button", name="Cerrarlo").click()
    page.get_by_text("marzo de 2026 está cerrado").wait_for()
    assert page.goto(f"{fresh.url}/reconciliation/month/reopening").status == 403  # type: ignore[union-attr]
    other = fresh.as_("mara")
    fresh.go(other, "/reconciliation/month/reopening")
    other.locator("#f-period").fill("2026-03")
    other.get_by_label("Por qué").fill("Falta un recibo")
    other.get_by_role("button", name="Seguir").click()
    other.get_by_role("button", name="Abrirlo otra vez").click()
    other.get_by_text("está abierto otra vez").wait_for()
    fresh.go(page, "/reconciliation")
    page.get_by_role("button", name="Firmar el día").click()
    expect(page.locator(".sentence")).to_contain_text("Firmar el jueves, 2 de abril de 2026")
    page.get_by_role("button", name="Firmarlo").click()
    page.get_by_text("El día quedó firmado").wait_for()
    assert page.get_by_role("button", name="Firmar el día").count() == 0
