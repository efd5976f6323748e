"""Reports in the office: pictures readable in black and white, the table behind each, files without formulas, both clocks."""

import csv
import datetime as dt
import io
import re

from tests.pages.browsing import Office
from tests.pages.office_town import TODAY

from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.contributions.reverse import reverse_receipt


def test_the_reports_read_well_in_every_language_at_every_width(office: Office) -> None:
    office.reads_well("aura", "/reports")
    office.reads_well("mara", "/reports/coverage")
    office.reads_well("abel", "/reports/trust-report", languages=("es",))
    office.reads_well("abel", "/reports/fund-statement?subject=F01", languages=("fr",))


def test_a_report_asks_the_same_however_many_rows_it_has(office: Office) -> None:
    for kind, most in (
        ("collections", 6),
        ("coverage", 7),
        ("arrears", 6),
        ("rejections", 7),
        ("benefit-days", 6),
        ("trial-balance", 6),
    ):
        office.asks_at_most("mara", f"/reports/{kind}", most)
    office.asks_at_most("abel", "/reports/fund-statement?subject=F01", 9)


def test_each_picture_says_its_figures_in_words_and_has_its_table_behind_it(office: Office) -> None:
    page = office.as_("mara")
    for kind in ("collections", "coverage", "arrears", "rejections", "trust-report"):
        office.go(page, f"/reports/{kind}")
        pictures = page.locator("main figure.chart [aria-describedby]")
        assert pictures.count() >= 1, kind
        for picture in pictures.all():
            behind = picture.get_attribute("aria-describedby") or ""
            assert page.locator(f"#{behind} table").count() == 1
            assert picture.locator("title, strong").first.text_content()
    office.go(page, "/reports/rejections")
    assert "105 Los nombres faltan" in page.locator("main table").first.inner_text()


def test_the_file_of_a_report_has_its_rows_and_no_formula_and_its_link_says_the_same_for_ever(fresh: Office) -> None:
    with fresh.database.session(1) as session:
        new = NewReceipt(
            source="t", source_reference="1", channel="collector", account_code="cash:main", amount_minor=1_000, currency="DOP",
            paid_on=TODAY, lines=[NewLine(fresh.town.members[0], amount_minor=1_000)], collector="=cmd|calc",
        )  # fmt: skip
        receipt = receive(session, new, actor="staff:rosa", today=TODAY)
    page = fresh.as_("abel")
    fresh.go(page, "/reports/collections?from_on=2026-03-01")
    forever = page.get_by_role("link", name="para siempre").get_attribute("href") or ""
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Descargar como CSV").click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text("utf-8-sig"))))
    assert [row["collector"] for row in rows if row["table"] == "collections_by_collector"] == ["'=cmd|calc"]
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Descargar como XLSX").click()
    assert waiting.value.path().read_bytes().startswith(b"PK")
    before = page.locator("table").all_inner_texts()
    with fresh.database.session(1) as session:
        reverse_receipt(session, receipt.id, reason="tecleado dos veces", actor="staff:abel", today=TODAY)
    page.goto(fresh.url.removesuffix("/o") + forever)
    assert page.locator("table").all_inner_texts() == before
    fresh.go(page, "/reports/collections?from_on=2026-03-01")
    assert page.locator("table").all_inner_texts() != before


def test_what_cannot_be_asked_is_said_beside_its_field(office: Office) -> None:
    page = office.as_("aura")
    for asked, words in (
        ("member-statement?subject=M999", "No hay de qué informar"),
        ("collections?from_on=ayer", "No es una fecha"),
        ("trust-report?recorded_at=ayer", "No es un día con su hora"),
        ("trust-report?recorded_at=2199-01-01T00:00", "registrando"),
    ):
        answer = page.goto(f"{office.url}/reports/{asked}")
        assert answer is not None
        assert answer.status == 422
        assert re.search(words, page.inner_text("main")), (asked, page.inner_text("main")[:400])
    assert page.goto(f"{office.url}/reports/no-such").status == 404
    assert office.as_("carla").goto(f"{office.url}/reports/coverage").status == 403


def test_a_day_on_which_nothing_came_in_keeps_its_place_in_the_picture(fresh: Office) -> None:
    begins, days = TODAY - dt.timedelta(days=6), []
    with fresh.database.session(1) as session:
        for ordinal, before in enumerate((6, 2)):
            paid_on = TODAY - dt.timedelta(days=before)
            line = NewLine(fresh.town.members[0], amount_minor=1_000)
            new = NewReceipt(
                source="gap", source_reference=str(ordinal), channel="cash", account_code="cash:main", amount_minor=1_000,
                currency="DOP", paid_on=paid_on, lines=[line],
            )  # fmt: skip
            receive(session, new, actor="staff:rosa", today=TODAY)
            days.append(paid_on)
    page = fresh.as_("abel")
    fresh.go(page, f"/reports/collections?from_on={begins}&step=day")
    bars = page.locator("main figure.chart svg[role=img]").first.locator("rect > title")
    told = [text.split(",")[0] for text in bars.all_text_contents()]
    wanted = [f"{begins + dt.timedelta(days=number):%d/%m}" for number in range((days[1] - begins).days + 1)]
    assert told[: len(wanted)] == wanted
