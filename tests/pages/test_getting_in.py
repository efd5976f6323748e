"""Getting in with a second factor: set up, asked for, used once, done without by a recovery code, taken off."""

import json
import re
import time

import psycopg
import pyotp
import pytest
from playwright.sync_api import Page
from tests.filing.filing_town import tell_state_account
from tests.pages.browsing import Office
from tests.pages.office_town import PASSWORD, TODAY

from gateway.filing.pay import order_payment
from gateway.kit import db


@pytest.fixture
def asked_for(fresh: Office) -> Office:
    """An office that asks its manager for a second factor."""
    with psycopg.connect(fresh.database.url) as owner:
        asked = json.dumps({"second_factor_roles": ["manager"]})
        owner.execute("UPDATE mutual SET settings = settings || %s::jsonb WHERE mutual_id = 1", [asked])
    return fresh


def begin(office: Office, page: Page, name: str = "mara", path: str = "/") -> None:
    page.goto(f"{office.url}{path}")
    page.get_by_label("Código de su mutual").fill("amparo")
    page.get_by_label("Usuario").fill(name)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.keyboard.press("Enter")


def give(page: Page, code: str) -> None:
    page.get_by_label("Seis cifras").fill(code)
    page.keyboard.press("Enter")


def prove(page: Page, code: str) -> None:
    page.get_by_label("El código que su aplicación muestra ahora").fill(code)
    page.keyboard.press("Enter")


def test_who_must_have_a_second_factor_sets_it_up_and_gets_in_by_code_and_by_recovery_code(asked_for: Office) -> None:
    page = asked_for.another(locale="es")
    begin(asked_for, page)
    page.get_by_role("heading", name="Configure su segundo factor").wait_for()
    page.get_by_text("Ver la clave para escribirla").click()
    app = pyotp.TOTP(page.locator("code").first.inner_text())
    page.goto(f"{asked_for.url}/")
    page.get_by_role("heading", name="Entrar").wait_for()  # a password alone opened nothing
    begin(asked_for, page)
    page.get_by_text("Ver la clave para escribirla").click()
    assert page.locator("code").first.inner_text() == app.secret, "the same key waits for its first code"
    give(page, "000000")
    page.get_by_text("El código no es correcto").wait_for()
    first = app.at(time.time() - 30)
    give(page, first)
    page.get_by_role("heading", name="Sus códigos de recuperación").wait_for()
    recovery = page.locator(".codes code").all_inner_texts()
    assert len(set(recovery)) == 10
    page.get_by_role("button", name="Seguir").click()
    page.get_by_role("heading", name="Buenos días, Mara").wait_for()

    other = asked_for.another(locale="es")
    begin(asked_for, other)
    give(other, first)
    other.get_by_text("El código no es correcto").wait_for()  # used before
    give(other, recovery[3].upper().replace("-", " "))
    other.get_by_role("heading", name="Buenos días, Mara").wait_for()
    again = asked_for.another(locale="es")
    begin(asked_for, again)
    give(again, recovery[3])
    again.get_by_text("El código no es correcto").wait_for()
    give(again, app.at(time.time()))
    again.get_by_role("heading", name="Buenos días, Mara").wait_for()

    asked_for.go(again, "/second-factor")
    again.get_by_text("Quedan 9 códigos de recuperación").wait_for()
    again.get_by_role("button", name="Códigos de recuperación nuevos").click()
    prove(again, app.at(time.time() + 30))
    again.get_by_role("heading", name="Su segundo factor está configurado").wait_for()
    assert set(again.locator(".codes code").all_inner_texts()).isdisjoint(recovery)
    with asked_for.database.session(1) as session:
        (sealed,) = db.rows(session, "SELECT sealed_secret FROM staff_factor")
        assert app.secret.encode() not in bytes(sealed.sealed_secret)


def test_the_interface_asks_for_the_code_too(asked_for: Office) -> None:
    page = asked_for.another(locale="es")
    begin(asked_for, page, "carla")
    page.get_by_role("heading", name=re.compile("Buenos días")).wait_for()
    asked_for.go(page, "/second-factor")
    page.get_by_role("button", name="Empezar").click()
    page.get_by_text("Ver la clave para escribirla").click()
    app, now = pyotp.TOTP(page.locator("code").first.inner_text()), time.time()
    give(page, app.at(now - 30))
    page.get_by_role("heading", name="Su segundo factor está configurado").wait_for()
    sessions = asked_for.url.replace("/o", "/v1/sessions")
    mine = {"mutual": "amparo", "username": "carla", "password": PASSWORD}
    send = page.context.request.post
    assert send(sessions, data=mine).json()["code"] == "second_factor_needed"
    assert send(sessions, data={**mine, "code": app.at(now - 30)}).status == 401
    assert send(sessions, data={**mine, "code": app.at(time.time())}).status == 201
    manager = {**mine, "username": "mara"}
    assert send(sessions, data=manager).json()["code"] == "second_factor_unset"
    for _ in range(4):
        assert send(sessions, data={**mine, "code": "123456"}).status == 401
    locked = send(sessions, data={**mine, "code": "123456"})
    assert locked.json()["code"] == "login_refused"
    with asked_for.database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM staff_user WHERE locked_until > now()") == 1
    asked_for.go(page, "/second-factor")
    page.get_by_role("button", name="Quitar el segundo factor").click()
    page.get_by_text("basta su contraseña para entrar").wait_for()
    prove(page, app.at(time.time() + 30))
    page.get_by_text("El código no es correcto").wait_for()  # who guessed five times waits, with the right code too
    with psycopg.connect(asked_for.database.url) as owner:
        owner.execute("UPDATE staff_user SET locked_until = NULL, failed_logins = 0")
    prove(page, app.at(time.time() + 30))
    page.get_by_text("Se quitó su segundo factor.").wait_for()


def test_a_fresh_code_is_asked_for_where_money_goes_out(fresh: Office) -> None:
    tell_state_account(fresh.database)
    with psycopg.connect(fresh.database.url) as owner:
        asked = json.dumps({"second_factor_at_release": True})
        owner.execute("UPDATE mutual SET settings = settings || %s::jsonb WHERE mutual_id = 1", [asked])
    with fresh.database.session(1, actor="staff:abel") as session:
        told = {"account_code": "bank:main", "actor": "staff:abel", "today": TODAY}
        payment_id = order_payment(session, fresh.town.bill, **told).id
    page = fresh.as_("mara")
    fresh.go(page, "/second-factor")
    page.get_by_role("button", name="Empezar").click()
    page.get_by_text("Ver la clave para escribirla").click()
    app, now = pyotp.TOTP(page.locator("code").first.inner_text()), time.time()
    give(page, app.at(now))
    page.get_by_role("heading", name="Su segundo factor está configurado").wait_for()
    fresh.go(page, f"/payouts/{fresh.town.batch}/release")
    page.locator("form.sheet button[type=submit]").click()
    page.get_by_label("El código que su aplicación muestra ahora").fill("000000")
    page.locator("button.danger").click()
    page.get_by_text("El código no es correcto o ya se usó").wait_for()
    with fresh.database.session(1) as session:
        batch = {"id": fresh.town.batch}
        assert db.scalar(session, "SELECT status FROM payout_batch WHERE id = :id", batch) == "draft"
    fresh.go(page, f"/payment-orders/{payment_id}/release")
    page.locator("form.sheet button[type=submit]").click()
    code = page.get_by_label("El código que su aplicación muestra ahora")
    code.fill(app.at(now))
    page.locator("button.danger").click()
    page.get_by_text("El código no es correcto o ya se usó").wait_for()
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT status FROM bill") == "ordered"
    code.fill(app.at(now + 30))
    page.locator("button.danger").click()
    page.wait_for_url(f"**/bills/{fresh.town.bill}")
    with fresh.database.session(1) as session:
        assert db.scalar(session, "SELECT status FROM bill") == "released"
