"""The frame of the office: getting in, staying in, and that nothing is done twice."""

import importlib.util
from pathlib import Path

from tests.pages.browsing import Office
from tests.pages.office_town import PASSWORD

ROOT = Path(__file__).resolve().parents[2]


def test_somebody_logs_in_and_out_by_keyboard_alone(office: Office) -> None:
    page = office.another(locale="es")
    page.goto(f"{office.url}/")
    page.get_by_label("Código de su mutual").fill("amparo")
    page.keyboard.press("Tab")
    page.keyboard.type("carla")
    page.keyboard.press("Tab")
    page.keyboard.type("no es esta frase")
    page.keyboard.press("Enter")
    page.get_by_text("La mutual, el usuario o la contraseña no es correcta").wait_for()
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Buenos días, Carla").wait_for()
    cookie = next(one for one in page.context.cookies() if one["name"] == "o_session")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.get_by_text("Carla Cruz Peña").click()
    page.get_by_role("button", name="Salir").click()
    page.get_by_role("heading", name="Entrar").wait_for()
    page.goto(f"{office.url}/")
    assert page.get_by_label("Código de su mutual").input_value() == "amparo"
    page.context.close()


def test_pages_allow_nothing_in_line_and_nothing_from_elsewhere(office: Office) -> None:
    page = office.as_("carla")
    answer = page.context.request.get(f"{office.url}/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_that_is_not_there_is_a_page(office: Office) -> None:
    page = office.as_("carla")
    answer = page.goto(f"{office.url}/no/such/page")
    assert answer is not None
    assert answer.status == 404
    page.get_by_role("heading", name="No existe esa página").wait_for()


def test_every_text_is_there_in_every_language_and_none_is_stale() -> None:
    path = ROOT / "tools" / "office_texts.py"
    spec = importlib.util.spec_from_file_location("office_texts", path)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.faults() == [], "run python tools/office_texts.py and translate"
