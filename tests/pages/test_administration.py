"""Administration in the office: the manager's morning and the auditor's look-up."""

import ast
import importlib
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser
from tests.pages.browsing import Office
from tests.pages.conftest import Towns, opened
from tests.pages.walking import Walker, take_on

import gateway
from gateway.administration.log_words import _words
from gateway.kit import audit, db, tenant
from gateway.staff.models import Role

AT = "/administration"
LOOKED_AT = (
    ("mara", "/connections", 6),
    ("aura", "/log", 6),
    ("mara", "/people", 4),
    ("mara", "/settings", 7),
    ("mara", "/messages", 4),
    ("abel", "/rates", 8),
    ("mara", "/holidays", 6),
    ("mara", "/webhooks", 4),
)


@pytest.fixture(scope="module")
def fresh(towns: Towns, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all acts of this module: none of them is in another's way."""
    with opened(towns, browser, tmp_path_factory.mktemp("administration")) as place:
        yield place


def test_the_pages_read_well_in_every_language_at_every_width(office: Office) -> None:
    office.reads_well("aura", f"{AT}/log")
    for user, path in (
        ("mara", ""),
        ("mara", "/connections"),
        ("mara", "/settings"),
        ("mara", "/settings/second_factor_at_release"),
        ("mara", "/messages/reminder_short/es"),
        ("abel", "/rates"),
        ("mara", f"/people/{office.town.staff['carla']}"),
        ("mara", "/webhooks/new"),
    ):
        office.reads_well(user, AT + path, languages=("es",))


def test_no_page_asks_per_row(office: Office) -> None:
    for user, path, most in LOOKED_AT:
        office.asks_at_most(user, AT + path, most)


def test_who_may_not_does_not_come_in_and_an_auditor_changes_nothing(office: Office) -> None:
    for user, path in (("carla", ""), ("abel", "/log"), ("olga", "/people"), ("bruno", "/rates")):
        answer = office.as_(user).goto(f"{office.url}{AT}{path}")
        assert answer is not None
        assert answer.status == 403, (user, path)
    page = office.as_("aura")
    for path in ("/settings/pay_until_day", "/fees", "/holidays", f"/people/{office.town.staff['carla']}"):
        office.go(page, AT + path)
        assert page.locator("main form[method=post]").count() == 0, path


def test_of_two_managers_who_let_somebody_go_the_second_does_not_let_them_in_again(fresh: Office) -> None:
    take_on(fresh, "otra", [Role.MANAGER])
    take_on(fresh, "lia", [Role.CASHIER])
    with fresh.database.session(1) as session:
        lia = db.scalar(session, "SELECT id FROM staff_user WHERE username = 'lia'")
    first, second = Walker(fresh, "mara"), Walker(fresh, "otra")
    at, fields = first.begin(f"{AT}/people/{lia}/place")
    _, late = second.begin(at)
    assert first.send(at, fields)[0].status_code == 303
    answer, _ = second.send(at, late)
    assert 'id="faults"' in answer.text
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT is_active FROM staff_user WHERE username = 'lia'") is False


def test_the_auditor_finds_who_did_what_to_whom_and_why(fresh: Office) -> None:
    page = fresh.as_("mara")
    fresh.go(page, f"{AT}/settings/pay_until_day")
    page.get_by_label("Último día del mes para pagar").fill("25")
    page.get_by_label("Por qué").fill("acta de la asamblea, cédula 001-1234567-8")
    page.get_by_role("button", name="Cambiarlo").click()
    page.get_by_text("El ajuste está cambiado.").wait_for()
    auditor = fresh.as_("aura")
    fresh.go(auditor, f"{AT}/log?action=settings&text=acta")
    row = auditor.locator("main tbody tr")
    assert row.count() == 1
    text = row.inner_text()
    assert "Ajustes: cambiar" in text
    assert "\tmara\t" in text
    assert auditor.locator("#n-actor option", has_text="Mara Mejía Marte (mara)").count() == 1
    assert "001-1234567" not in text
    fresh.go(auditor, f"{AT}/log?text=asamblea")
    assert auditor.locator("main tbody tr").count() == 1
    fresh.go(auditor, f"{AT}/log?kind=step&action=filing.seal")
    assert re.search(r"Declaración: sellar \(borrador → sellada\)", auditor.locator("main tbody tr").first.inner_text())
    fresh.go(auditor, f"{AT}/log?from_on=2026-04-02&to_on=2026-04-01")
    auditor.get_by_role("alert").get_by_text("a lo sumo").wait_for()
    with auditor.expect_download() as waiting:
        fresh.go(auditor, f"{AT}/log?actor=staff:mara")
        auditor.get_by_role("link", name="Descargar como tabla (CSV)").click()
    assert "settings" in waiting.value.path().read_text("utf-8-sig")


def test_what_weighs_is_said_before_it_is_done_and_a_fault_stands_beside_its_field(fresh: Office) -> None:
    page = fresh.as_("mara")
    fresh.go(page, f"{AT}/settings/state_account.account")
    page.get_by_label("Cuenta a la que se paga al Estado").fill("12 34")
    page.get_by_label("Por qué").fill("carta de la Tesorería")
    page.get_by_role("button", name="Cambiarlo").click()
    page.locator("#e-value").wait_for()
    page.get_by_label("Cuenta a la que se paga al Estado").fill("9600000099")
    page.get_by_role("button", name="Cambiarlo").click()
    sentence = page.locator(".sentence").inner_text()
    assert sentence.endswith("de «sin fijar» a «9600000099»")
    assert "state_account" not in set_of(fresh)
    page.get_by_role("button", name="Cambiarlo").click()
    page.get_by_text("El ajuste está cambiado.").wait_for()
    assert set_of(fresh)["state_account"] == {"account": "9600000099"}
    fresh.go(page, f"{AT}/settings/state_url")
    assert page.locator("main form[method=post]").count() == 0


def set_of(place: Office) -> dict[str, object]:
    with place.database.session(1) as session:
        return dict(tenant.current(session).settings)


def test_a_manager_takes_somebody_on_changes_what_she_may_and_lets_her_go(fresh: Office) -> None:
    page = fresh.as_("mara")
    fresh.go(page, f"{AT}/people/new")
    page.get_by_label("Nombre completo").fill("Nuria Núñez")
    page.get_by_label("Usuario").fill("nuria")
    page.get_by_label("Contraseña").fill("corta")
    page.locator("#f-role-cashier").check()
    page.get_by_role("button", name="Dar de alta").click()
    page.locator("#e-password").wait_for()
    page.get_by_label("Contraseña").fill("cuatro guineos en la mesa")
    page.get_by_role("button", name="Dar de alta").click()
    page.get_by_text("Nuria Núñez ya puede entrar.").wait_for()
    page.locator("#f-role-manager").check()
    page.get_by_role("button", name="Guardar").click()
    page.get_by_text("Podrá liberar dinero.").wait_for()
    page.get_by_role("button", name="Cambiar sus roles").click()
    page.get_by_text("Cambiado.").wait_for()
    page.get_by_role("button", name="Dar de baja").click()
    page.get_by_role("button", name="Seguir").click()
    page.get_by_role("button", name="Dar de baja").click()
    page.get_by_text("Nuria Núñez está de baja.").wait_for()
    with fresh.database.session(1) as session:
        row = db.first(session, "SELECT roles, is_active FROM staff_user WHERE username = 'nuria'")
    assert row is not None
    assert (row.roles, row.is_active) == (["cashier", "manager"], False)


def test_of_two_who_change_the_same_person_the_second_is_told_what_changed(fresh: Office) -> None:
    first, second = fresh.as_("mara"), fresh.another("mara")
    at = f"{AT}/people/{fresh.town.staff['rosa']}"
    fresh.go(first, at)
    fresh.go(second, at)
    for page, name in ((first, "Rosa Ruiz Roa"), (second, "Rosa María Ruiz")):
        page.get_by_label("Nombre completo").fill(name)
        page.get_by_role("button", name="Guardar").click()
        page.locator(".said, .faults").first.wait_for()
    assert (
        "“Rosa Ruiz”" in second.locator(".faults").inner_text()
        or "«Rosa Ruiz»" in second.locator(".faults").inner_text()
    )
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT full_name FROM staff_user WHERE username = 'rosa'") == "Rosa Ruiz Roa"


def test_a_rate_is_proposed_by_one_and_approved_by_another_who_sees_what_it_changes(fresh: Office) -> None:
    page = fresh.as_("olga")
    fresh.go(page, f"{AT}/rates/new")
    page.get_by_label("Qué valor").select_option("ceilings.health")
    page.get_by_label("Valor nuevo").fill("245000.00")
    page.get_by_label("Vale desde").fill("2027-02-01")
    page.get_by_label("Dónde está publicada").fill("Resolución CNSS 600-01")
    page.get_by_label("Leída el").fill("2026-04-01")
    page.get_by_label("Qué tan cierto es").select_option("1")
    page.get_by_label("Por qué").fill("salario mínimo nuevo")
    page.get_by_role("button", name="Proponerla").click()
    page.get_by_text("Otra persona tiene que aprobarla").wait_for()
    where = page.url.removeprefix(fresh.url)
    other = fresh.as_("abel")
    fresh.go(other, where)
    other.get_by_label("Decisión").select_option("approve")
    other.get_by_role("button", name="Seguir").click()
    assert (
        "DOP\u00a0245,000.00 desde el 01/02/2027, para todos los afiliados" in other.locator(".sentence").inner_text()
    )
    other.get_by_role("button", name="Aprobar").click()
    other.get_by_text("Aprobada: vale desde su día.").wait_for()


def test_a_message_is_looked_at_before_its_words_are_saved(fresh: Office) -> None:
    page = fresh.as_("mara")
    fresh.go(page, f"{AT}/messages/payout_returned/es")
    page.get_by_label("Palabras").fill("{mutual}: llame a {nombre}")
    page.get_by_role("button", name="Seguir").click()
    page.locator("#e-text").wait_for()
    page.get_by_label("Palabras").fill("{mutual}: su pago volvió. Llame.")
    page.get_by_role("button", name="Seguir").click()
    assert page.locator(".bubble").inner_text() == "Mutual Amparo: su pago volvió. Llame."
    page.locator("#f-what").select_option("save")
    page.get_by_label("Por qué").fill("más corto")
    page.get_by_role("button", name="Seguir").click()
    page.get_by_role("status").get_by_text("Guardado.").wait_for()
    assert page.locator(".bubble").inner_text() == "Mutual Amparo: su pago volvió. Llame."


def test_a_connection_that_fails_stands_first_with_what_to_do(fresh: Office) -> None:
    with psycopg.connect(fresh.database.url) as owner:
        owner.execute("SELECT set_config('gateway.mutual_id', '1', false)")
        owner.execute(
            "INSERT INTO inbox_message (source, event_id, kind, headers, body, sha256, state, note)"
            " VALUES ('state', 'e1', 'state.event', '{}', '', 'x', 'quarantined', 'no filing of ours')"
        )
    page = fresh.as_("mara")
    fresh.go(page, f"{AT}/connections")
    first = page.locator(".connections li").first.inner_text()
    assert "Lo que nos envían: state" in first
    assert "no filing of ours" in first
    assert "Alguien tiene que mirar" in first


def test_another_system_is_told_and_its_secret_is_shown_once(fresh: Office) -> None:
    page = fresh.as_("mara")
    fresh.go(page, f"{AT}/webhooks/new")
    page.get_by_label("Dirección").fill("https://eventos.example.org/hook")
    page.get_by_label("Para qué").fill("Contabilidad")
    page.get_by_label("El Estado respondió una declaración.").check()
    page.get_by_role("button", name="Avisarle").click()
    assert page.locator(".secret").inner_text().startswith("whsec_")
    page.get_by_role("button", name="Ya lo tengo").click()
    assert "whsec_" not in page.content()
    page.get_by_role("button", name="Enviar un aviso de prueba").click()
    page.get_by_text("Un aviso de prueba va en camino").wait_for()
    assert page.locator("table.rows tbody tr").first.is_visible()


def test_every_state_and_event_that_the_log_may_hold_has_words_in_each_language_and_an_unknown_one_is_a_code(
    fresh: Office,
) -> None:
    kinds = [
        (name, one)
        for found in Path(gateway.__path__[0]).glob("*/states.py")
        for name, one in vars(importlib.import_module(f"gateway.{found.parent.name}.states")).items()
        if isinstance(one, type) and issubclass(one, StrEnum) and one is not StrEnum
    ]
    for ends, kind in (("Status", "states"), ("Event", "verbs")):
        coded = {str(code) for name, one in kinds if name.endswith(ends) for code in one}
        assert len(coded) > 20
        assert coded - set(_words()[kind]) == set()
    assert [word for words in _words().values() for word in words.values() if set(word) != {"es", "en", "fr"}] == []
    told = {"amount_minor": 125_050, "due_on": "2026-04-06", "holder": "staff:rosa", "new_thing": "some_code"}
    with fresh.database.session(1) as session:
        audit.record(
            session, actor="staff:mara", action="receipt.reverse", subject_kind="receipt", subject_id=7, detail=told
        )
    page = fresh.as_("mara")
    fresh.go(page, "/administration/log?action=receipt.reverse")
    row = page.locator("table.rows tbody tr").first
    assert "Recibo: anular" in row.inner_text()
    for part in ("monto: DOP\u00a01,250.50", "vence: 06/04/2026", "a cargo de: rosa"):
        assert part in row.inner_text()
    assert row.locator("td code").all_inner_texts() == ["new_thing", "some_code"]


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("30000 lines for 28900 members; DOP 12,345,678.90 to suspense",
         "30,000 líneas para 28,900 afiliados; a suspenso: DOP\u00a012,345,678.90"),
        ("the state pays DOP 1,234,500.00, ours is DOP 4,510.00", "el Estado paga DOP\u00a01,234,500.00; según nosotros son DOP\u00a04,510.00"),
        ("after its last day, 2026-03-31", "después de su último día, 31/03/2026"),
        ("1,204 payouts, DOP 3,400,117.20", "1,204 desembolsos, DOP\u00a03,400,117.20"),
        ("1 payout, DOP 7.50", "1 desembolso, DOP\u00a07.50"),
        ("rejected with 105", "rechazada con el código 105"),
        ("loss: nadie la encontró", "pérdida de la mutual: nadie la encontró"),
        ("uploaded by hand", "subida a mano"),
        ("it opens with 100000, the one before (to 2026-03-01) closed with 250000: a statement between them is missing; load it and this one follows by itself",
         "abre con DOP\u00a01,000.00 y el anterior (hasta el 01/03/2026) cerró con DOP\u00a02,500.00"),
        ("opening 1000.00 and booked -25.5 make 974.50 DOP, the closing balance says 0.00; ask the bank for the statement again (line 3)",
         "el saldo inicial 1,000.00 y lo asentado -25.5 suman DOP 974.50"),
        ("6 payouts, dice ella", "6 payouts, dice ella"),
    ],
)  # fmt: skip
def test_a_reason_that_the_machine_gave_is_said_with_its_figures_in_the_readers_language(
    fresh: Office, kept: str, said: str
) -> None:
    with fresh.database.session(1) as session:
        audit.record(
            session,
            actor="worker:w",
            action="payout_batch.release",
            subject_kind="payout_batch",
            subject_id=8,
            reason=kept,
        )
    page = fresh.as_("mara")
    fresh.go(page, "/administration/log?action=payout_batch.release")
    assert said in page.locator("table.rows tbody tr").first.inner_text()


def _own_reasons() -> Iterator[tuple[str, str]]:
    """Yield the file and the sentence of every reason that the code itself gives for an act."""
    for found in sorted(Path(gateway.__path__[0]).rglob("*.py")):
        if {"sandbox", "demo"} & set(found.parts):
            continue
        tree = ast.parse(found.read_text(encoding="utf-8"))
        named = {
            one.targets[0].id: one.value
            for one in tree.body
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
        }
        given = [one.value for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "reason"]
        for said in (named.get(one.id) if isinstance(one, ast.Name) else one for one in given):
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                yield found.name, said.value


def test_every_reason_that_the_gateway_itself_gives_has_words() -> None:
    reasons = list(_own_reasons())
    assert len(reasons) > 20
    assert [one for one in reasons if one[1] not in _words()["reasons"]] == []
