"""A long list of members: a worker looks at it and writes it, and its page says meanwhile how far it is."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from tests.filing.filing_town import with_check_digit
from tests.pages.browsing import Office
from tests.pages.office_town import TODAY
from tests.reconciliation.statements import Booked, camt053

from gateway.contributions import import_receipts as receipts
from gateway.contributions import tasks as receipt_tasks
from gateway.kit import db, working
from gateway.kit.jobs import TASKS, Context
from gateway.kit.long_file import LARGE_BYTES
from gateway.membership import import_members as imports
from gateway.membership import tasks
from gateway.reconciliation import tasks as statement_tasks

ROWS = imports.LARGE_ROWS + 300
HEAD = "Nombres;Primer Apellido;Sexo;Fecha de nacimiento;Cédula;Nómina;Fecha de ingreso;Salario declarado\n"


class DiedError(BaseException):
    """The worker's machine lost its power."""


def long_list() -> bytes:
    rows = (
        f"Nieves Altagracia;Abreu de los Santos;F;1990-02-02;{with_check_digit(20_000 + n)};001;2026-03-01;21000\n"
        for n in range(ROWS)
    )
    return (HEAD + "".join(rows)).encode()


def worker(office: Office, mark: Callable[[str], None] = lambda _point: None) -> Context:
    assert tasks
    return Context(office.database, lambda _zone: TODAY, {}, "test", mark)


def work_off(office: Office, mark: Callable[[str], None] = lambda _point: None) -> threading.Thread:
    """Let a worker do what is queued, beside the browser."""
    thread = threading.Thread(target=working.work_off, args=(worker(office, mark),))
    thread.start()
    return thread


def upload(office: Office, page: Page) -> int:
    office.go(page, "/members/imports")
    page.get_by_label("Archivo").set_input_files(
        [{"name": "grande.csv", "mimeType": "text/csv", "buffer": long_list()}]
    )
    page.get_by_role("button", name="Revisarla").click()
    page.get_by_role("heading", name="grande.csv").wait_for()
    return int(page.url.rsplit("/", 1)[1])


def written(office: Office) -> int:
    with office.database.session(1) as session:
        return int(db.scalar(session, "SELECT count(*) FROM member WHERE first_surname = 'Abreu de los Santos'"))


def test_the_page_says_how_far_a_list_is_and_what_came_of_it_while_a_worker_does_it(fresh: Office) -> None:
    page = fresh.as_("olga")
    import_id = upload(fresh, page)
    expect(page.locator("#work")).to_contain_text("Espera su turno")
    seen, go_on = threading.Event(), threading.Event()

    def stop_at(point: str) -> None:
        if point in {"progress.relate", "progress.write"}:
            seen.set()
            go_on.wait(60)

    thread = work_off(fresh, stop_at)
    assert seen.wait(60)
    expect(page.locator("#work")).to_contain_text("Paso 1 de 3: se leen las filas")
    expect(page.locator("#work")).to_contain_text(f"de {ROWS:,}")
    expect(page.get_by_role("status")).to_have_text("Se está revisando la lista. Paso 1 de 3: se leen las filas")
    fresh.reads_well("olga", f"/members/imports/{import_id}")
    page = fresh.as_("olga")
    fresh.go(page, f"/members/imports/{import_id}")
    go_on.set()
    thread.join(60)
    page.get_by_role("button", name="Escribir 2,300 filas").click()
    page.get_by_text("Escribir 2,300 filas de la lista grande.csv.").wait_for()
    seen.clear()
    go_on.clear()
    page.get_by_role("button", name="Escribirlas").dblclick()
    expect(page.locator("#work")).to_contain_text("Se está escribiendo la lista.")
    another = fresh.as_("carla")
    fresh.go(another, f"/members/imports/{import_id}")
    expect(another.locator("#work")).to_contain_text("Se está escribiendo la lista.")
    with fresh.database.session(1) as session:
        waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'membership.import' AND status = 'todo'"
        assert db.scalar(session, waiting) == 1
    thread = work_off(fresh, stop_at)
    assert seen.wait(60)
    page.reload()
    expect(page.locator("#work")).to_contain_text("Paso 1 de 3")
    assert written(fresh) == 0
    assert page.get_by_role("button", name="Escribir").count() == 0
    go_on.set()
    thread.join(60)
    expect(page.locator(".steps")).to_contain_text("Aplicada")
    assert page.locator("#work").count() == 0
    assert written(fresh) == ROWS


def test_a_worker_that_dies_leaves_nothing_half_done_and_the_list_is_written_here_or_by_the_next(fresh: Office) -> None:
    page = fresh.another("olga", java_script_enabled=False)
    fresh.speak(page, "es")
    import_id = upload(fresh, page)
    assert page.locator("noscript meta[http-equiv=refresh]").count() or 'http-equiv="refresh"' in page.content()

    def die(point: str) -> None:
        if point in {"progress.keep", "progress.write"}:
            raise DiedError

    def silence() -> None:
        with fresh.database.session(1) as session:
            db.run(session, "UPDATE work_progress SET told_at = now() - interval '1 minute'")

    with pytest.raises(DiedError):
        TASKS["membership.import"].function(worker(fresh, die), 1, subject_id=import_id)
    silence()
    fresh.go(page, f"/members/imports/{import_id}")
    expect(page.locator("#work")).to_contain_text("Nada quedó a medias")
    page.get_by_role("button", name="Revisarla aquí y ahora").click()
    page.get_by_role("button", name="Escribir 2,300 filas").click()
    page.get_by_role("button", name="Escribirlas").click()
    with pytest.raises(DiedError):
        TASKS["membership.import"].function(worker(fresh, die), 1, subject_id=import_id)
    assert written(fresh) == 0
    silence()
    work_off(fresh).join(60)
    fresh.go(page, f"/members/imports/{import_id}")
    expect(page.locator(".steps")).to_contain_text("Aplicada")
    assert written(fresh) == ROWS


def test_who_is_on_the_way_to_another_page_when_the_work_ends_gets_there(fresh: Office) -> None:
    page = fresh.as_("olga")
    upload(fresh, page)
    chosen = f"{fresh.url}/members"
    held: list[Route] = []
    page.route(chosen, lambda route: held.append(route))
    page.evaluate("there => { setTimeout(() => { location.href = there; }, 0); }", chosen)
    work_off(fresh).join(60)
    while not held:
        page.wait_for_timeout(20)
    with page.expect_response(lambda answer: answer.headers.get("hx-refresh") == "true"):
        pass
    page.wait_for_timeout(300)
    held[0].continue_()
    page.wait_for_url(chosen)


def test_a_list_that_is_refused_meanwhile_says_so_in_the_readers_language(fresh: Office) -> None:
    page = fresh.as_("olga")
    import_id = upload(fresh, page)
    work_off(fresh).join(60)
    with fresh.database.session(1) as session:
        imports.ask_for(session, import_id, "apply", policy=imports.ImportPolicy.ALL_OR_NOTHING, actor="staff:olga")
        values = {"body": (HEAD + "Mal;Escrito;F;2090-02-02;x;001;2026-03-01;1\n").encode(), "file_name": "mala.csv"}
        bad = imports.preview(session, **values, kind=imports.ImportKind.MEMBERS, actor="staff:olga", today=TODAY)
        imports.ask_for(session, bad.id, "apply", policy=imports.ImportPolicy.ALL_OR_NOTHING, actor="staff:olga")
    work_off(fresh).join(60)
    fresh.go(page, f"/members/imports/{bad.id}")
    expect(page.get_by_role("alert")).to_contain_text("No se escribió nada")
    expect(page.get_by_role("alert")).to_contain_text("El archivo tiene filas malas")


def test_a_long_file_of_payments_is_received_by_a_worker_while_its_page_says_how_far_it_is(fresh: Office) -> None:
    assert receipt_tasks
    page, rows = fresh.as_("abel"), receipts.LARGE_ROWS + 200
    number = with_check_digit(5001)
    body = "Cédula;Monto;Fecha;Referencia\n" + "".join(f"{number};1.00;20/03/2026;PAGO-{n:06d}\n" for n in range(rows))
    fresh.go(page, "/cash/imports")
    page.locator("#f-file").set_input_files([{"name": "pagos.csv", "mimeType": "text/csv", "buffer": body.encode()}])
    page.locator("#f-channel").select_option("cash")
    page.locator("#f-account_code").select_option("cash:oficina")
    page.locator("#f-unknown").select_option("suspense")
    page.locator("main form.sheet button[type=submit]").click()
    expect(page.locator("#work")).to_contain_text("Espera su turno")
    work_off(fresh).join(60)
    page.get_by_role("button", name="Seguir").click()
    page.get_by_text("Recibir 5,200 pagos").first.wait_for()
    page.get_by_role("button", name="Recibirlos").click()
    expect(page.locator("#work")).to_contain_text("Se están recibiendo los pagos.")
    seen, go_on = threading.Event(), threading.Event()

    def stop_at(point: str) -> None:
        if point == "progress.write":
            seen.set()
            go_on.wait(60)

    thread = work_off(fresh, stop_at)
    assert seen.wait(60)
    expect(page.locator("#work")).to_contain_text("Paso 2 de 3: se busca a quienes pagan")
    with fresh.database.session(1) as session:
        counted = "SELECT count(*) FROM contribution_receipt WHERE import_id IS NOT NULL"
        assert db.scalar(session, counted) == 0
        go_on.set()
        thread.join(60)
        expect(page.locator("main")).to_contain_text("recibido")
        assert db.scalar(session, counted) == rows


def test_a_large_statement_is_loaded_by_a_worker_and_its_page_says_what_came_of_it(fresh: Office) -> None:
    assert statement_tasks
    page = fresh.as_("abel")
    lines = [Booked(1_000 + n, text=f"DEPOSITO {n:05d} " + "APORTE DE LA SEMANA " * 12) for n in range(1_400)]
    body = camt053(10**8 + 250_000, lines, day=TODAY + dt.timedelta(days=1))
    assert len(body) > LARGE_BYTES
    fresh.go(page, "/reconciliation/statements")
    page.locator("#f-file").set_input_files([{"name": "grande.xml", "mimeType": "text/xml", "buffer": body}])
    page.get_by_role("button", name="Cargarlo").click()
    expect(page.locator("#work")).to_contain_text("Espera su turno")
    seen, go_on = threading.Event(), threading.Event()

    def stop_at(point: str) -> None:
        if point == "progress.keep":
            seen.set()
            go_on.wait(60)

    thread = work_off(fresh, stop_at)
    assert seen.wait(60)
    expect(page.locator("#work")).to_contain_text("Paso 2 de 3: sus líneas se comparan con las conocidas")
    expect(page.locator("#work")).to_contain_text("de 1,400")
    go_on.set()
    thread.join(60)
    expect(page.locator("#work")).to_have_count(0)
    expect(page.locator("main .status.good")).to_contain_text("1,400")
    with fresh.database.session(1) as session:
        assert (
            db.scalar(session, "SELECT count(*) FROM bank_statement_line WHERE text LIKE '%APORTE DE LA SEMANA%'")
            == 1_400
        )
