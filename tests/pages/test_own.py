"""What is somebody's own: another password, and the sessions of hers that are open."""

from playwright.sync_api import Page, expect
from tests.pages.browsing import Office
from tests.pages.office_town import PASSWORD

from gateway.kit import db
from gateway.staff.login import LoggedIn, log_in

NEW = "cuatro guineos y un burro"


def fill(page: Page, old: str, new: str, again: str) -> None:
    page.get_by_label("Su contraseña actual").fill(old)
    page.get_by_label("Contraseña nueva", exact=False).first.fill(new)
    page.get_by_label("La contraseña nueva otra vez").fill(again)
    page.get_by_role("button", name="Cambiar la contraseña").click()


def enters(office: Office, password: str) -> bool:
    with office.database.session(1) as session:
        return isinstance(log_in(session, username="abel", password=password, hours=1), LoggedIn)


def test_the_page_of_ones_own_reads_well_and_says_the_rules_beside_the_field(office: Office) -> None:
    office.reads_well("abel", "/account")
    office.asks_at_most("abel", "/account", 4)
    page = office.go(office.as_("abel"), "/account")
    described = page.locator("#f-new_password").get_attribute("aria-describedby") or ""
    expect(page.locator(f"#{described.split()[-1]}")).to_contain_text("De 12 a 200 caracteres")


def test_a_new_password_is_taken_only_with_the_old_one_and_ends_the_other_sessions(fresh: Office) -> None:
    page, elsewhere = fresh.as_("abel"), fresh.another("abel")
    fresh.speak(elsewhere, "es")
    fresh.go(page, "/account")
    for old, new, again, said in (
        ("no es esta frase", NEW, NEW, "La contraseña actual no es correcta"),
        (PASSWORD, NEW, NEW + "s", "Las dos no son iguales"),
        (PASSWORD, "corta", "corta", "hacen falta de 12 a 200"),
        (PASSWORD, PASSWORD, PASSWORD, "La contraseña nueva es la de antes"),
    ):
        fill(page, old, new, again)
        expect(page.locator(".field .fault").first).to_contain_text(said)
        assert page.get_by_label("Su contraseña actual").input_value() == ""
    fill(page, PASSWORD, NEW, NEW)
    page.get_by_text("Otras sesiones que se cerraron: 1.").wait_for()
    elsewhere.goto(f"{fresh.url}/account")
    expect(elsewhere.get_by_label("Usuario")).to_be_visible()
    assert not enters(fresh, PASSWORD)
    assert enters(fresh, NEW)


def test_wrong_guesses_at_an_open_desk_lock_the_account(fresh: Office) -> None:
    page = fresh.as_("abel")
    fresh.go(page, "/account")
    for guess in range(5):
        fill(page, f"adivino una frase {guess}", NEW, NEW)
        page.locator(".field .fault").first.wait_for()
    fill(page, PASSWORD, NEW, NEW)
    expect(page.locator(".field .fault").first).to_contain_text("La contraseña actual no es correcta")
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT locked_until > now() FROM staff_user WHERE username = 'abel'")


def test_a_session_is_ended_from_another_and_nobody_ends_somebody_elses(fresh: Office) -> None:
    page, elsewhere = fresh.another("abel", java_script_enabled=False), fresh.another("abel")
    fresh.speak(page, "es")
    fresh.go(page, "/account")
    fresh.go(fresh.as_("mara"), "/account")
    expect(page.get_by_role("button", name="Cerrar la sesión del")).to_have_count(1)
    page.get_by_role("button", name="Cerrar la sesión del").click()
    page.get_by_text("Esa sesión está cerrada.").wait_for()
    elsewhere.goto(f"{fresh.url}/account")
    assert elsewhere.locator("#f-new_password").count() == 0
    with fresh.database.session(1) as session:
        others = db.scalar(
            session, "SELECT max(s.id) FROM staff_session s JOIN staff_user u ON u.id = s.user_id AND username = 'mara'"
        )
        token = page.locator("form[action$='/account/password'] input[name=_token]").get_attribute("value")
    answer = page.request.post(f"{fresh.url}/account/sessions/{others}/end", form={"_token": token or "", "_once": "x"})
    assert answer.status in {403, 404}
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT ended_at IS NULL FROM staff_session WHERE id = :id", {"id": others})


def test_each_session_says_which_device_it_is_on_and_from_where(fresh: Office) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 secreto-7"
    page = fresh.another(user_agent=agent)
    fresh.speak(page, "es")
    page.goto(f"{fresh.url}/account")
    page.get_by_label("Código de su mutual").fill("amparo")
    page.get_by_label("Usuario").fill("abel")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#own-sessions").wait_for()
    this = page.locator("section[aria-labelledby=own-sessions] tbody tr").first
    expect(this).to_contain_text("Firefox, Linux desde 127.0.0.1")
    assert "secreto-7" not in page.content()
    fresh.as_("abel")
    page.reload()
    expect(page.locator("section[aria-labelledby=own-sessions] tbody tr").nth(0)).to_contain_text("No se sabe")
