"""Long files of the state, the bank and a payer: a worker takes them in, and their page says how far that is."""

import json
import re

from playwright.sync_api import Page, expect
from tests.filing.filing_town import MARCH
from tests.pages.browsing import Office
from tests.pages.office_town import OFFICER, TODAY
from tests.pages.test_long_lists import work_off

from gateway.contributions.assess import assess_period
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.filing import tasks as filing_tasks
from gateway.filing.portal_submit import Reception, mark_uploaded
from gateway.filing.prepare import prepare
from gateway.filing.queries import list_documents
from gateway.filing.seal import seal
from gateway.filing.states import FilingKind
from gateway.kit import db
from gateway.kit.long_file import LARGE_BYTES
from gateway.payouts import tasks as payout_tasks
from gateway.treasury import tasks as treasury_tasks

APRIL = MARCH.plus(1)
PADDING = b"\n" * LARGE_BYTES
"""What makes a short file long, and says nothing."""


def send(page: Page, name: str, body: bytes, button: str) -> None:
    page.locator("#f-file").set_input_files([{"name": name, "mimeType": "text/plain", "buffer": body}])
    page.get_by_role("button", name=button).click()


def silence(office: Office) -> None:
    with office.database.session(1) as session:
        db.run(session, "UPDATE work_progress SET told_at = now() - interval '1 minute'")


def uploaded(office: Office) -> int:
    """A filing of April that was carried to the portal by hand, and waits for its answer."""
    with office.database.session(1, actor=OFFICER) as session:
        for place, member in enumerate(office.town.members[:3]):
            lines = [NewLine(amount_minor=500_000, member_id=member)]
            new = NewReceipt("api:carla", f"a{place}", "cash", "cash:main", 500_000, "DOP", TODAY, lines)
            receive(session, new, actor="staff:carla", today=TODAY)
        assess_period(session, payroll_id=office.town.payroll, period=APRIL, actor=OFFICER, today=TODAY)
        draft = prepare(
            session, payroll_id=office.town.payroll, period=APRIL, kind=FilingKind.MONTHLY, actor=OFFICER, today=TODAY
        )
        filing = seal(session, draft.id, actor=OFFICER, today=TODAY)
        receptions = [Reception(f"P{one.id}", one.id) for one in list_documents(session, filing.id)]
        mark_uploaded(session, filing.id, receptions, actor=OFFICER, today=TODAY)
        return int(filing.id)


def test_a_long_answer_of_the_portal_names_every_mistake_and_its_lines_are_taken_in_by_a_worker(fresh: Office) -> None:
    assert filing_tasks
    page, filing = fresh.as_("olga"), uploaded(fresh)
    fresh.go(page, f"/filings/{filing}/answer")
    send(page, "mala.csv", b"line,code\n2,0\n3,0\n9,0\n" + PADDING, "Cargarla")
    expect(page.locator("#work")).to_contain_text("Espera su turno")
    work_off(fresh).join(60)
    expect(page.get_by_role("alert")).to_contain_text("No se tomó nada del archivo")
    expect(page.get_by_role("alert").locator("li")).to_have_count(1)
    expect(page.get_by_role("alert").locator("li")).to_contain_text("9")
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT status FROM filing WHERE id = :id", {"id": filing}) == "submitted"
    page.get_by_role("link", name="Volver: La respuesta del portal").click()
    before = page.locator("section", has_text="Archivos largos enviados antes").get_by_role("listitem")
    expect(before).to_have_text([re.compile("mala.csv.*No se tomó nada del archivo", re.S)])
    assert before.get_by_role("link").get_attribute("href").startswith("/o/filings/answers/")
    send(page, "buena.csv", b"line,code\n2,0\n3,24\n4,0\n" + PADDING, "Cargarla")
    work_off(fresh).join(60)
    expect(page.locator("main .status.good")).to_contain_text("2 aceptadas, 1 rechazadas")
    page.get_by_role("button", name="Ver el resultado").click()
    page.get_by_role("heading", name="Qué respondió el Estado").wait_for()


def test_a_long_settlement_is_taken_in_here_where_no_worker_comes(fresh: Office) -> None:
    assert treasury_tasks
    page = fresh.another("abel", java_script_enabled=False)
    fresh.speak(page, "es")
    paid = {
        "transactionReference": "T1", "type": "merchantpay", "amount": "450.00", "fee": "4.50", "net": "445.50",
        "creationDate": "2026-03-30T12:00:00Z", "requestingOrganisationTransactionReference": "M0000003",
        "debitParty": [{"key": "msisdn", "value": ""}],
    }  # fmt: skip
    told = {
        "settlementId": "ST1", "settledOn": "2026-04-01", "currency": "DOP", "transactions": [paid],
        "gross": "450.00", "fee": "4.50", "net": "445.50",
    }  # fmt: skip
    fresh.go(page, "/reconciliation/settlement")
    page.locator("#f-provider").select_option("momo:orange")
    page.locator("#f-bank").select_option("bank:main")
    send(page, "st1.json", json.dumps(told).encode() + PADDING, "Cargarla")
    assert "Espera su turno" in page.inner_text("#work")
    silence(fresh)
    page.reload()
    page.get_by_role("button", name="Procesarlo aquí y ahora").click()
    expect(page.locator("main .status.good")).to_contain_text("La liquidación está cargada")
    fresh.go(page, "/reconciliation/settlement")
    page.get_by_role("link", name="st1.json").click()
    expect(page.locator("main .status.good")).to_contain_text("La liquidación está cargada")
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM provider_settlement WHERE status = 'booked'") == 1
    work_off(fresh).join(60)
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM provider_settlement") == 1


def test_a_long_report_of_the_bank_that_is_about_no_file_of_ours_says_what_to_do(fresh: Office) -> None:
    assert payout_tasks
    page = fresh.as_("abel")
    body = (
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId>'
        b"<CreDtTm>2026-04-02T09:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>PBOTHER</OrgnlMsgId>"
        b"<OrgnlMsgNmId>pain.001</OrgnlMsgNmId><GrpSts>ACSC</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
    )
    fresh.go(page, "/payouts/report")
    send(page, "estado.xml", body + PADDING, "Cargarlo")
    expect(page.locator("#work")).to_contain_text("Se está procesando el informe del banco.")
    work_off(fresh).join(60)
    expect(page.get_by_role("alert")).to_contain_text("No se tomó nada del archivo")
    expect(page.get_by_role("alert")).to_contain_text("PBOTHER")
