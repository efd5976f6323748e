"""Members in the office: found whatever is typed, seen on one page, enrolled and changed by forms that say what is wrong."""

import csv
import io
import re

from playwright.sync_api import expect
from tests.filing.filing_town import with_check_digit
from tests.pages.browsing import Office

from gateway.contributions.queries import member_statement, newest_entries
from gateway.kit import db


def test_the_list_and_the_page_read_well_in_every_language_at_every_width(office: Office) -> None:
    office.reads_well("carla", "/members")
    office.reads_well("olga", f"/members/{office.town.rejected}")


def test_the_list_asks_nothing_per_row_and_the_page_asks_each_thing_once(office: Office) -> None:
    office.asks_at_most("carla", "/members", 5)
    office.asks_at_most("olga", f"/members/{office.town.members[0]}", 28)


def test_the_search_forgives_accents_order_and_parts_of_numbers(office: Office) -> None:
    page = office.as_("carla")
    for typed in ("nunez maria", "PEÑA NÚÑEZ mar", "pena maria jose"):
        office.go(page, f"/members?q={typed}")
        page.get_by_role("heading", name=re.compile("María José Peña Núñez")).wait_for()
    office.go(page, "/members?q=809-555-0102")
    page.get_by_role("heading", name=re.compile("Juan Carlos Rodríguez")).wait_for()
    with office.database.session(1) as session:
        values = {"id": office.town.members[6]}
        identity = db.scalar(session, "SELECT value FROM member_identity WHERE member_id = :id", values)
    office.go(page, f"/members?q={identity[-6:-3]}-{identity[-3:]}")
    page.get_by_role("heading", name=re.compile("Ángela Polanco")).wait_for()
    office.go(page, "/members?q=nun")
    assert page.locator("tbody tr").count() == 2
    page.get_by_role("searchbox").last.fill("nun rafael")
    page.get_by_role("link", name="Rafael Núñez Peña").wait_for()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_file_of_the_list_has_the_same_rows_and_no_formula(fresh: Office) -> None:
    with fresh.database.session(1) as session:
        db.run(session, "UPDATE fund SET name = '=HYPERLINK(1)'")
    page = fresh.as_("carla")
    fresh.go(page, "/members?status=active")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Descargar como tabla (CSV)").click()
    rows = list(csv.reader(io.StringIO(waiting.value.path().read_text("utf-8-sig"))))
    assert rows[0][:2] == ["Nombre", "Número de afiliado"]
    assert len(rows) == 1 + len(fresh.town.members)
    assert {row[4] for row in rows[1:]} == {"'=HYPERLINK(1)"}
    assert not [cell for row in rows[1:] for cell in row if cell[:1] in "=+-@" and cell]


def test_who_need_not_see_numbers_sees_their_end_alone(office: Office) -> None:
    page = office.as_("rosa")
    office.go(page, f"/members/{office.town.members[1]}")
    assert "8095550102" not in page.content()
    assert "0102" in page.inner_text("main")
    office.go(page, "/members")
    assert "8095550102" not in page.content()
    answer = page.goto(f"{office.url}/members/new")
    assert answer is not None
    assert answer.status == 403


def test_a_members_page_says_what_is_covered_by_a_sign_and_who_looked(office: Office) -> None:
    page = office.as_("olga")
    office.go(page, f"/members/{office.town.rejected}")
    march = page.locator(".strip li", has_text="marzo de 2026")
    assert "Sin cobertura" in march.inner_text()
    assert "✕" in march.inner_text()
    assert "105" in page.inner_text("section:has(#lines)")
    other = office.as_("mara")
    office.go(other, f"/members/{office.town.rejected}")
    assert "olga" in other.inner_text("section:has(#looks)")


def test_somebody_is_enrolled_and_what_is_wrong_stands_beside_its_field(fresh: Office) -> None:
    page = fresh.as_("carla")
    fresh.go(page, "/members/new")
    page.get_by_label("Nombres").fill("Mercedes")
    page.get_by_label("Primer apellido").fill("Lora")
    page.get_by_label("Fecha de nacimiento").fill("1988-04-30")
    page.get_by_label("Teléfono").fill("12")
    page.get_by_label("Salario mensual").fill("veinte mil")
    page.get_by_role("button", name="Inscribir").click()
    page.get_by_role("heading", name=re.compile("cosas que revisar")).wait_for()
    assert page.locator("#faults").evaluate("one => one === document.activeElement")
    assert "No es un monto" in page.locator(".field:has(#f-wage)").inner_text()
    assert page.get_by_label("Nombres").input_value() == "Mercedes"
    page.get_by_label("Salario mensual").fill("23,500.50")
    page.get_by_label("Sexo").select_option("F")
    page.get_by_role("button", name="Inscribir").click()
    page.get_by_text("Hay una cosa que revisar").wait_for()
    assert "teléfono" in page.locator(".field:has(#f-phone) .fault").inner_text().lower()
    page.get_by_label("Teléfono").fill("829 555 7788")
    page.get_by_role("button", name="Inscribir").click()
    page.get_by_text("Se inscribió a Mercedes Lora").wait_for()
    assert "23,500.50" in page.inner_text(".person")
    page.reload()
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM member WHERE first_surname = 'Lora'") == 1


def test_a_double_click_sends_a_form_once(fresh: Office) -> None:
    page = fresh.as_("carla")
    fresh.go(page, f"/members/{fresh.town.members[0]}")
    # Without the script that holds the second click back: the server alone must do.
    context = page.context.request
    fields = {
        one["name"]: one["value"]
        for one in page.evaluate(
            "[...document.querySelectorAll('form[action$=\"/notes\"] input')].map((i) => ({name: i.name, value: i.value}))"
        )
    }
    where = f"{fresh.url}/members/{fresh.town.members[0]}/notes"
    for _ in range(3):
        context.post(where, form={**fields, "note": "llamar el lunes"})
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM member_note") == 1
    refused = context.post(where, form={**fields, "note": "otra cosa"})
    assert refused.status == 409
    assert "ya se envió con otro contenido" in refused.text()
    foreign = context.post(where, form={**fields, "_token": "x", "note": "otra cosa"})
    assert foreign.status == 403
    assert "otra cosa" in foreign.text(), "what was typed is there still"
    crossing = context.post(where, form={**fields, "note": "z"}, headers={"sec-fetch-site": "cross-site"})
    assert crossing.status == 403
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM member_note") == 1


def test_the_second_of_two_browsers_is_told_what_the_first_changed(fresh: Office) -> None:
    where = f"/members/{fresh.town.members[2]}/change"
    first, second = fresh.as_("carla"), fresh.as_("mara")
    fresh.go(first, where)
    fresh.go(second, where)
    first.get_by_label("Municipio").fill("Haina")
    first.get_by_label("Motivo").fill("se mudó")
    first.get_by_role("button", name="Guardar").click()
    first.get_by_text("El cambio quedó guardado.").wait_for()
    second.get_by_label("Ocupación").fill("Peluquera")
    second.get_by_label("Motivo").fill("lo dijo")
    second.get_by_role("button", name="Guardar").click()
    second.get_by_text("era «Santo Domingo Oeste», ahora es «Haina»").wait_for()
    assert second.get_by_label("Ocupación").input_value() == "Peluquera"
    assert second.get_by_label("Municipio").input_value() == "Haina"
    second.get_by_role("button", name="Guardar").click()
    second.get_by_text("El cambio quedó guardado.").wait_for()
    assert "Peluquera, Haina" in second.inner_text(".person")


def test_a_session_that_ran_out_keeps_what_was_typed(fresh: Office) -> None:
    page = fresh.as_("carla")
    fresh.go(page, "/members/new")
    page.get_by_label("Nombres").fill("Mercedes")
    page.get_by_label("Primer apellido").fill("Lora & Cía")
    with fresh.database.session(1) as session:
        db.run(session, "UPDATE staff_session SET expires_at = now()")
    page.get_by_role("button", name="Inscribir").click()
    page.get_by_text("Su sesión terminó").wait_for()
    page.get_by_label("Código de su mutual").fill("amparo")
    page.get_by_label("Usuario").fill("carla")
    page.get_by_label("Contraseña").fill("tres mangos en la mesa")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Inscribir afiliado").wait_for()
    assert page.get_by_label("Nombres").input_value() == "Mercedes"
    assert page.get_by_label("Primer apellido").input_value() == "Lora & Cía"
    assert page.locator("#faults").count() == 0
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM member WHERE first_surname LIKE 'Lora%'") == 0


def test_somebody_leaves_only_after_it_was_said_once_more_with_figures(fresh: Office) -> None:
    page = fresh.as_("carla")
    fresh.go(page, f"/members/{fresh.town.members[0]}/departure")
    page.get_by_label("Motivo").fill("se fue del país")
    page.get_by_role("button", name="Seguir").click()
    page.get_by_text("Dar de baja a María José Peña Núñez después del 02/04/2026").wait_for()
    assert "Dependientes que pierden la cobertura\n1" in page.inner_text("main")
    assert "DOP" in page.inner_text("main")
    page.get_by_role("button", name="Dar de baja").click()
    page.get_by_text("La baja vale después del 02/04/2026").wait_for()
    page.locator("h1 .status", has_text="De baja").wait_for()


def test_a_list_is_looked_at_written_and_its_refused_rows_are_given_back(fresh: Office) -> None:
    page = fresh.as_("olga")
    fresh.go(page, "/members/imports")
    body = (
        "Nombres;Primer Apellido;Sexo;Fecha de nacimiento;Cédula;Nómina;Fecha de ingreso;Salario declarado\n"
        f"Nieves;Abreu;F;1990-02-02;{with_check_digit(9001)};001;2026-03-01;21000\n"
        f"Mal;Escrito;F;2090-02-02;{with_check_digit(9002)};001;2026-03-01;21000\n"
    )
    for name, content in (("lista.csv", b"%PDF-1.7 no"), ("socios.csv", body.encode())):
        page.get_by_label("Archivo").set_input_files([{"name": name, "mimeType": "text/csv", "buffer": content}])
        page.get_by_role("button", name="Revisarla").click()
        if name == "lista.csv":
            page.get_by_text("No es una lista").first.wait_for()
    page.get_by_role("heading", name="socios.csv").wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Descargar las filas rechazadas").or_(
            page.get_by_role("button", name="Descargar las filas rechazadas")
        ).click()
    assert b"Escrito" in waiting.value.path().read_bytes()
    page.get_by_role("button", name=re.compile("Escribir una fila")).click()
    page.get_by_text("Escribir una fila de la lista socios.csv.").wait_for()
    page.get_by_role("button", name="Escribirlas").click()
    page.get_by_text("Escrito: 1 nuevos, 0 cambiados. 1 rechazados.").wait_for()
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM member WHERE first_surname IN ('Abreu', 'Escrito')") == 1


def test_everything_works_without_javascript(fresh: Office) -> None:
    page = fresh.another("carla", java_script_enabled=False)
    fresh.speak(page, "es")
    fresh.go(page, "/members")
    page.get_by_label("Nombre, cédula, teléfono").last.fill("nun rafael")
    page.get_by_role("button", name="Mostrar").click()
    page.get_by_role("heading", name=re.compile("Rafael Núñez")).wait_for()
    with fresh.database.session(1) as session:
        db.run(session, "UPDATE staff_session SET expires_at = now()")
    page.get_by_label("Lo que debe saber").fill("trae la cédula el lunes")
    page.get_by_role("button", name="Guardar la nota").click()
    page.get_by_label("Código de su mutual").fill("amparo")
    page.get_by_label("Usuario").fill("carla")
    page.get_by_label("Contraseña").fill("tres mangos en la mesa")
    page.get_by_role("button", name="Entrar").click()
    page.get_by_role("button", name="Volver al formulario").click()
    assert page.get_by_label("Lo que debe saber").input_value() == "trae la cédula el lunes"
    page.get_by_role("button", name="Guardar la nota").click()
    page.get_by_text("La nota quedó guardada.").wait_for()


def test_the_list_is_narrowed_by_cover_and_missing_money_and_its_file_and_address_keep_to_it(office: Office) -> None:
    page = office.as_("olga")
    before = office.clock.read_text()
    office.clock.write_text("2026-03-31")
    try:
        office.go(page, "/members")
        page.get_by_label("Cobertura de este mes").select_option(label="En riesgo")
        expect(page.locator("#list-rows tbody tr")).to_have_count(3)
        assert "cover=at_risk" in page.url
        page.reload()
        expect(page.get_by_label("Cobertura de este mes")).to_have_value("at_risk")
        names = page.locator("#list-rows tbody tr td:first-child").all_inner_texts()
        assert "Pedro Jiménez" in names, "the state rejected her line"
        assert "Óscar Tejada" in names, "she paid nothing"
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Descargar como tabla").click()
        kept = list(csv.reader(io.StringIO(waiting.value.path().read_text(encoding="utf-8-sig"))))
        assert [row[0] for row in kept[1:]] == names
        for query, many in (("cover=covered", 9), ("cover=not_covered", 3), ("cover=waiting", 0), ("debt=month", 3)):
            office.go(page, f"/members?{query}")
            assert page.locator("#list-rows tbody tr").count() == many, query
        office.clock.write_text("2026-04-02")
        office.go(page, "/members?debt=earlier")
        assert page.locator("#list-rows tbody tr").count() == 2
        office.asks_at_most("olga", "/members?cover=at_risk&debt=earlier", 7)
        office.go(office.as_("bruno"), "/members?debt=month")
        assert office.as_("bruno").get_by_label("Dinero que falta").count() == 0
    finally:
        office.clock.write_text(before)


def test_a_members_page_leads_to_her_receipts_and_to_what_she_is_entitled_to_and_shows_her_newest_money(
    office: Office,
) -> None:
    member = office.town.members[1]
    page = office.as_("carla")
    office.go(page, f"/members/{member}")
    page.locator("section:has(#receipts) tbody a").first.click()
    page.get_by_role("heading", name="Recibo").wait_for()
    office.go(page, f"/members/{member}")
    page.get_by_role("link", name="A qué prestaciones tiene derecho").click()
    page.get_by_text("meses pagados").first.wait_for()
    with office.database.session(1) as session:
        every = member_statement(session, member, limit=1000)
        newest = newest_entries(session, member, limit=1)
    assert len(every) > 1
    assert newest == every[-1:]
    # Who may not see a receipt is not led to one.
    other = office.as_("olga")
    office.go(other, f"/members/{member}")
    assert other.locator("section:has(#receipts) tbody a").count() == 0
    assert other.locator("section:has(#receipts) tbody tr").count() > 0
