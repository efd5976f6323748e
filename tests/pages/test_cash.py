"""The cashier's queue, her drawer in the evening, the way to the bank, and a collector on her round."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect
from tests.filing.filing_town import with_check_digit
from tests.pages.browsing import Office
from tests.pages.office_town import TODAY, WAGE

from gateway.kit import db
from gateway.ledger.queries import current_balance
from gateway.membership.enrol import NewIdentity, NewMember, Person, enrol

PAGES = (
    ("abel", "/cash"),
    ("carla", "/cash/open"),
    ("abel", "/cash/receipts"),
    ("abel", "/cash/receipts/1"),
    ("abel", "/cash/receipts/1/reversal"),
    ("carla", "/cash/funds/1"),
    ("abel", "/cash/deposits"),
    ("abel", "/cash/rounds"),
    ("abel", "/cash/short?period=2026-04"),
    ("abel", "/cash/handovers"),
    ("abel", "/cash/imports"),
    ("abel", "/cash/tills"),
    ("abel", "/cash/tills/2"),
)


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_every_page_about_cash_reads_well(office: Office, who: str, path: str) -> None:
    office.reads_well(who, path)


@pytest.mark.parametrize("path", ["/cash", "/cash/receipts", "/cash/short?period=2026-04", "/cash/rounds"])
def test_a_list_about_cash_is_read_in_a_few_statements_however_long_it_is(office: Office, path: str) -> None:
    office.asks_at_most("abel", path, 10)


def open_till(place: Office, page: Page, till: str = "cash:oficina", amount: str = "0.00") -> None:
    place.go(page, "/cash/open")
    page.locator("#f-till").select_option(till)
    page.locator("#f-float").fill(amount)
    page.get_by_role("button", name="Abrirla").click()
    page.get_by_role("heading", name="Ventanilla").wait_for()


def total_of(place: Office, account: str) -> int:
    with place.database.session(1) as session:
        return current_balance(session, account)


def test_a_cashier_takes_a_queue_by_keyboard_alone_and_nobody_pays_twice(fresh: Office) -> None:
    page = fresh.as_("carla")
    open_till(fresh, page)
    # One person of the queue: letters of a name, Enter, the proposed amount, what she hands over, Enter.
    fresh.rest(page)
    page.keyboard.type("juan rodri")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Juan Carlos Rodríguez Díaz").wait_for()
    expect(page.get_by_label("Monto DOP")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("4,923.27")
    page.keyboard.press("Tab")
    page.keyboard.type("5000")
    page.keyboard.press("Enter")
    page.get_by_text("Devuelva DOP\u00a076.73").wait_for()
    first = page.url
    # The next: part of a number.
    expect(page.get_by_label("Siguiente: ¿quién paga?")).to_be_focused()
    page.keyboard.type("5550103")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Altagracia de los Santos Martínez").wait_for()
    expect(page.get_by_label("Monto DOP")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("100")
    page.keyboard.press("Enter")
    page.get_by_label("Siguiente: ¿quién paga?").wait_for()
    assert total_of(fresh, "cash:oficina") == 492_327 + 10_000
    # Several fit: the first has the keys, and each is called by its figure.
    page.get_by_label("Siguiente: ¿quién paga?").fill("nunez pena")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="María José Peña Núñez")).to_be_focused()
    page.keyboard.press("2")
    page.get_by_role("heading", name="Rafael Núñez Peña").wait_for()
    page.go_back()
    page.go_back()
    page.get_by_label("Siguiente: ¿quién paga?").wait_for()
    # Back at the form: whoever sends it once more is told what was received already, and nothing is received.
    page.go_back()
    page.get_by_label("Monto DOP").fill("100")
    page.keyboard.press("Enter")
    page.get_by_text("Ya pagó DOP\u00a0100.00 hoy").wait_for()
    page.goto(first)
    page.reload()
    assert total_of(fresh, "cash:oficina") == 492_327 + 10_000
    page.get_by_role("button", name="Enviarlo a su teléfono").click()
    page.get_by_text("El recibo va en camino a su teléfono").wait_for()
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM notice WHERE kind = 'receipt'") == 1


def test_an_amount_that_cannot_be_meant_is_asked_about_and_a_bad_one_is_shown_beside_its_field(fresh: Office) -> None:
    page = fresh.as_("carla")
    open_till(fresh, page)
    fresh.go(page, f"/cash/counter/{fresh.town.members[1]}")
    page.get_by_label("Monto DOP").fill("cien")
    page.get_by_role("button", name="Recibir").click()
    expect(page.locator("#e-amount")).to_contain_text("No es un monto")
    page.get_by_label("Monto DOP").fill("492327")
    page.get_by_role("button", name="Recibir").click()
    page.get_by_text("Recibir DOP\u00a0492,327.00 de Juan Carlos").wait_for()
    assert total_of(fresh, "cash:oficina") == 0
    page.get_by_role("button", name="No, volver").click()
    page.get_by_label("Monto DOP").wait_for()
    # Of somebody whom no month was assessed for, more than a wage cannot be meant.
    person = Person("Nieves", "Nueva", "F", dt.date(1990, 1, 1), "", "8095559999", "Chofer", "Haina")
    new = NewMember(
        person, fresh.town.payroll, TODAY, [NewIdentity("national_id", with_check_digit(9009))], wage_minor=WAGE
    )
    with fresh.database.session(1, actor="staff:olga") as session:
        nieves = enrol(session, new, actor="staff:olga", today=TODAY).id
    fresh.go(page, f"/cash/counter/{nieves}")
    page.get_by_label("Monto DOP").fill("123456789012")
    page.keyboard.press("Enter")
    page.get_by_text("Recibir DOP\u00a0123,456,789,012.00 de Nieves Nueva").wait_for()
    assert total_of(fresh, "cash:oficina") == 0


def test_a_drawer_that_is_short_closes_with_a_reason_and_a_second_persons_word_and_goes_to_the_bank(
    fresh: Office,
) -> None:
    page = fresh.as_("carla")
    open_till(fresh, page)
    fresh.go(page, f"/cash/counter/{fresh.town.members[1]}")
    page.get_by_label("Monto DOP").fill("500")
    page.get_by_role("button", name="Recibir").click()
    page.get_by_label("Siguiente: ¿quién paga?").wait_for()
    fresh.go(page, "/cash")
    page.get_by_role("button", name="Contar y cerrar").click()
    page.get_by_label("200.00", exact=True).fill("dos")
    page.get_by_label("Menudo, en una suma").fill("50")
    page.get_by_role("button", name="Sumar").click()
    expect(page.locator("#e-piece-20000")).to_contain_text("solo con cifras")
    assert page.get_by_label("200.00", exact=True).input_value() == "dos"
    page.get_by_label("200.00", exact=True).fill("2")
    page.get_by_role("button", name="Sumar").click()
    # What the books say is not shown before a reason is given: a count is not made to fit.
    expect(page.locator("#e-reason")).to_contain_text("no es lo que dicen los libros")
    assert "DOP\u00a0500.00" not in page.inner_text("main")
    page.get_by_label("qué pudo pasar").fill("Di mal una devuelta")
    page.get_by_role("button", name="Sumar").click()
    page.get_by_text("Cerrar la sesión 1 de Ventanilla 1 con DOP\u00a0450.00").wait_for()
    page.get_by_role("button", name="Cerrar la sesión").click()
    page.get_by_text("Espera la palabra de una segunda persona").first.wait_for()

    other = fresh.as_("abel")
    fresh.go(other, "/cash/sessions/1")
    other.get_by_role("button", name="Ver la diferencia").click()
    other.get_by_label("Su palabra").select_option("confirm")
    other.get_by_role("button", name="Seguir").click()
    other.get_by_text("Asentar un faltante de DOP\u00a050.00 de carla").wait_for()
    other.get_by_role("button", name="Asentarlo").click()
    other.get_by_text("La diferencia quedó asentada y la sesión cerrada").wait_for()

    fresh.go(other, "/cash/deposits")
    other.get_by_label("Sesión 1").check()
    other.get_by_role("button", name="Seguir").click()
    other.get_by_text("Llevar al banco DOP\u00a0450.00 de una sesión").wait_for()
    other.get_by_role("button", name="Va al banco").click()
    other.get_by_text("en el volante: así se reconoce la línea del banco").wait_for()
    assert total_of(fresh, "cash:oficina") == 0


def test_a_treasurer_pays_for_her_group_with_one_receipt(fresh: Office) -> None:
    page = fresh.as_("carla")
    open_till(fresh, page)
    fresh.go(page, f"/cash/funds/{fresh.town.fund}")
    for member, typed in zip(fresh.town.members[:3], ("100", "200.50", ""), strict=True):
        page.locator(f"#f-member-{member}").fill(typed)
    page.get_by_role("button", name="Seguir").click()
    page.get_by_text("Recibir DOP\u00a0300.50 por 2 afiliados de Los Alcarrizos").wait_for()
    page.get_by_role("button", name="Sí, recibirlo").click()
    page.get_by_text("Traído por Nilda Cruz").wait_for()
    assert page.locator(".receipt tbody tr").count() == 2
    assert total_of(fresh, "cash:oficina") == 30_050


def test_a_collector_is_sent_on_her_round_and_her_secret_is_shown_once(fresh: Office) -> None:
    page = fresh.as_("carla")
    fresh.go(page, "/cash/rounds")
    page.get_by_label("Cobrador", exact=False).first.wait_for()
    page.locator("#f-collector").select_option("rosa")
    page.locator("#f-till").select_option("cash:ruta-1")
    page.locator("#f-period").fill("2026-04")
    page.get_by_role("button", name="Enviar a la ruta").click()
    secret = page.locator(".secret").inner_text()
    assert len(secret) > 20
    page.get_by_role("button", name="A la ruta").click()
    assert secret not in page.content()
    hers = fresh.as_("rosa")
    fresh.go(hers, "/cash/rounds/1")
    with hers.expect_download() as download:
        hers.get_by_role("link", name="Lo que lleva").click()
    assert download.value.suggested_filename == "round-1.json"
    assert hers.goto(f"{fresh.url}/cash/deposits").status == 403  # type: ignore[union-attr]


def test_cash_from_hand_to_hand_is_counted_by_who_gets_it(fresh: Office) -> None:
    giver = fresh.as_("carla")
    open_till(fresh, giver)
    fresh.go(giver, f"/cash/counter/{fresh.town.members[1]}")
    giver.get_by_label("Monto DOP").fill("700")
    giver.get_by_role("button", name="Recibir").click()
    giver.get_by_label("Siguiente: ¿quién paga?").wait_for()
    hers = fresh.as_("rosa")
    open_till(fresh, hers, "cash:ruta-1")
    fresh.go(giver, "/cash/handovers")
    giver.locator("#f-to").select_option("rosa")
    giver.locator("#f-amount").fill("200")
    giver.get_by_role("button", name="Seguir").click()
    giver.get_by_role("button", name="Entregarlo").click()
    giver.get_by_text("Está en camino").first.wait_for()
    fresh.go(hers, "/cash")
    hers.get_by_role("link", name="Contarlo").click()
    hers.get_by_role("button", name="Contarlo").click()
    hers.get_by_label("200.00", exact=True).fill("1")
    hers.get_by_role("button", name="Recibirlo").click()
    hers.get_by_text("Recibido; es lo que se entregó").wait_for()
    assert (total_of(fresh, "cash:oficina"), total_of(fresh, "cash:ruta-1")) == (50_000, 20_000)


def test_a_file_of_payments_is_looked_at_then_received_and_what_is_refused_comes_back(fresh: Office) -> None:
    page = fresh.as_("abel")
    with fresh.database.session(1) as session:
        number = db.scalar(session, "SELECT number FROM member WHERE id = :id", {"id": fresh.town.members[2]})
    fresh.go(page, "/cash/imports")
    body = f"afiliado;monto;fecha\n{number};350.00;01/04/2026\n{number};mucho;01/04/2026\n".encode()
    page.locator("#f-file").set_input_files({"name": "pagos.csv", "mimeType": "text/csv", "buffer": body})
    page.locator("#f-channel").select_option("bank")
    page.locator("#f-account_code").select_option("bank:main")
    page.locator("#f-unknown").select_option("refuse")
    page.locator("form.sheet button[type=submit]").click()
    page.get_by_role("heading", name="pagos.csv").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Descárguelas con los motivos").click()
    assert b"mucho" in download.value.path().read_bytes()
    page.locator("#f-policy").select_option("good_rows")
    page.get_by_role("button", name="Seguir").click()
    page.get_by_text("Recibir un pago, DOP\u00a0350.00").wait_for()
    page.get_by_role("button", name="Recibirlos").click()
    page.get_by_text("1 pagos recibidos").wait_for()


def test_a_file_that_is_no_table_is_refused_by_what_is_in_it(fresh: Office) -> None:
    page = fresh.as_("abel")
    fresh.go(page, "/cash/imports")
    page.locator("#f-file").set_input_files({"name": "pagos.csv", "mimeType": "text/csv", "buffer": b"%PDF-1.7 x"})
    page.locator("#f-channel").select_option("bank")
    page.locator("#f-account_code").select_option("bank:main")
    page.locator("#f-unknown").select_option("refuse")
    page.locator("form.sheet button[type=submit]").click()
    expect(page.locator("#e-file")).to_be_visible()


def test_an_accountant_takes_a_receipt_back_after_looking_once_more(fresh: Office) -> None:
    page = fresh.as_("carla")
    open_till(fresh, page)
    fresh.go(page, f"/cash/counter/{fresh.town.members[1]}")
    page.get_by_label("Monto DOP").fill("123.45")
    page.get_by_role("button", name="Recibir").click()
    page.get_by_label("Siguiente: ¿quién paga?").wait_for()
    path = page.url.removeprefix(fresh.url).split("?")[0]
    assert page.get_by_role("link", name="Anular este recibo").count() == 0
    other = fresh.as_("abel")
    fresh.go(other, path)
    other.get_by_role("link", name="Anular este recibo").click()
    other.get_by_label("Por qué").fill("Era de otra persona")
    other.get_by_role("button", name="Seguir").click()
    other.get_by_text("el dinero sale de las cuentas de los afiliados").wait_for()
    other.get_by_role("button", name="Retirarlo").click()
    other.get_by_text("Anulado el").wait_for()
    assert total_of(fresh, "cash:oficina") == 0


@pytest.mark.parametrize(
    ("who", "path"), [("carla", "/cash/receipts/1"), ("olga", "/filings/1/decisions"), ("abel", "/bills/1")]
)
def test_receipts_and_lists_are_printed_without_what_is_for_the_screen_and_with_every_amount(
    office: Office, who: str, path: str
) -> None:
    page = office.as_(who)
    office.go(page, path)
    amounts = page.locator("td.amount").all_inner_texts()
    assert amounts
    try:
        # As wide as paper between its margins: narrower than many a screen, and no telephone.
        page.set_viewport_size({"width": 700, "height": 1000})
        page.emulate_media(media="print")
        for one in page.locator("nav, form, button, [role=button], header.top, footer, .skip").all():
            assert not one.is_visible(), one.evaluate("one => one.outerHTML")
        assert page.locator("td.amount").all_inner_texts() == amounts
        assert page.locator("td.amount").first.evaluate("one => getComputedStyle(one).display") == "table-cell"
        for head in page.locator("table.rows thead").all():
            assert head.evaluate("one => getComputedStyle(one).display") == "table-header-group", (
                "repeated on each sheet"
            )
            assert head.locator("th").last.is_visible()
        margin = {"top": "1cm", "bottom": "1cm", "left": "1cm", "right": "1cm"}
        sheets = len(re.findall(rb"/Type /Page\b", page.pdf(format="Letter", margin=margin)))
        assert sheets == 1 or not path.startswith("/cash/receipts/")
    finally:
        page.emulate_media(media="screen")
