"""The manager's release, and money picked up at the counter."""

import pytest
from playwright.sync_api import expect
from tests.filing.filing_town import with_check_digit
from tests.pages.browsing import Office
from tests.pages.office_town import TODAY

from gateway.cash.open_session import open_session
from gateway.kit import db
from gateway.payouts.discard import discard
from gateway.payouts.order import prepare
from gateway.payouts.queries import list_payouts
from gateway.payouts.release import release

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


def at_the_counter(place: Office, members: int = 1) -> int:
    """Let payouts wait at the counter for the first members, whose till is open and has money; return the first payout."""
    with place.database.session(1, actor="staff:bruno") as session:
        discard(session, place.town.batch, actor="staff:bruno", reason="en efectivo")
        only = place.town.members[:members]
        draft = prepare(session, provider="cash:oficina", actor="staff:bruno", today=TODAY, member_ids=only).batches[0]
        release(session, draft.id, actor="staff:mara", roles=["manager"], today=TODAY)
        drawer = {"till_code": "cash:oficina", "float_minor": 1_000_000, "float_from": "reserve:float"}
        open_session(session, **drawer, holder="staff:carla", actor="staff:carla", today=TODAY)
        return list_payouts(session, draft.id)[0].id


def test_money_is_handed_out_at_the_counter_once_against_her_code_and_her_card_and_a_receipt_says_so(
    fresh: Office,
) -> None:
    payout = at_the_counter(fresh)
    officer, page, card = fresh.as_("bruno"), fresh.as_("carla"), with_check_digit(5001)
    fresh.go(officer, f"/payouts/one/{payout}/code")
    officer.get_by_role("button", name="Crear un código").click()
    told = officer.locator(".sentence .code").inner_text()
    assert len(told) == 8
    assert officer.goto(f"{fresh.url}/payouts/one/{payout}/hand-out").status == 403, "who makes codes has no till"  # type: ignore[union-attr]
    fresh.go(page, "/payouts/counter")
    page.keyboard.type("nunez maria")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Entregar DOP\u00a01,211.50 a María José Peña Núñez").wait_for()

    def hand_out(code: str, number: str) -> None:
        page.get_by_label("Su documento").select_option("national_id")
        page.get_by_label("Número del documento").fill(number)
        page.get_by_label("Su código").fill(code)
        page.get_by_role("button", name="Entregarlo").click()

    hand_out(f"{(int(told) + 1) % 10**8:08d}", card)
    expect(page.locator("#e-code")).to_contain_text("Ese no es el código. Intentos que le quedan: 4")
    assert page.get_by_label("Número del documento").input_value() == card, "what was typed is there still"
    hand_out(told, with_check_digit(5002))
    expect(page.locator("#e-identity")).to_contain_text("Solo se le paga a la propia persona afiliada")
    expect(page.locator("#e-identity")).to_contain_text("Intentos que le quedan: 3")
    hand_out(f"{told[:4]} {told[4:]}", card)
    page.get_by_text("DOP\u00a01,211.50 entregado").wait_for()
    shown = page.inner_text("main")
    assert "María José Peña Núñez" in shown
    assert "Entregado por\ncarla" in shown
    assert page.get_by_role("button", name="Imprimir el recibo").is_visible()
    page.emulate_media(media="print")
    expect(page.get_by_text("Recibido por María José Peña Núñez")).to_be_visible()
    page.emulate_media(media="screen")
    # The same code once more: the money is out, and nothing more goes.
    fresh.go(page, f"/payouts/one/{payout}/hand-out")
    hand_out(told, card)
    expect(page.locator("#faults")).to_be_visible()
    with fresh.database.session(1) as session:
        taken = "SELECT count(*) FROM ledger_tx WHERE kind = 'payout.settle'"
        assert db.scalar(session, taken) == 1


def test_whoever_comes_for_money_is_found_among_all_for_whom_some_waits(fresh: Office) -> None:
    at_the_counter(fresh, members=12)
    page = fresh.as_("carla")
    fresh.go(page, "/payouts/counter")
    everybody = page.locator("table.rows tbody tr").count()
    page.keyboard.type("jo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/payouts/counter?q=jo")
    narrowed = page.locator("table.rows tbody tr")
    expect(narrowed.first).to_contain_text("María José Peña Núñez")
    assert 1 < narrowed.count() < everybody
    page.locator("#f-q").fill("nadie así")
    page.keyboard.press("Enter")
    expect(page.locator(".nothing")).to_contain_text("no hay dinero esperando a nombre de quien busca")
    # Nobody came: the payout leaves the counter, and its money is owed to her again.
    officer = fresh.as_("bruno")
    fresh.go(officer, "/payouts/counter?q=M0000002")
    officer.get_by_role("button", name="Nadie vino").click()
    officer.get_by_role("button", name="Quitarlo de ventanilla").click()
    expect(officer.locator("#e-reason")).to_contain_text("Complete este campo")
    officer.get_by_label("Por qué").fill("No vino en una semana")
    officer.get_by_role("button", name="Quitarlo de ventanilla").click()
    officer.get_by_text("Ese dinero se le debe otra vez").wait_for()
    assert officer.locator("table.rows tbody tr").count() == everybody - 1
    # Who has no till is led to the payout, and not to its hand-out.
    fresh.go(officer, "/payouts/counter?q=M0000001")
    officer.get_by_role("heading", name="María José Peña Núñez").wait_for()
    assert officer.url.endswith("/payouts/one/7") or "/hand-out" not in officer.url
