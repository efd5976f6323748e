"""Every page of the office there is, by its address: axe in each language, wide and narrow. Takes minutes."""

import re

import pytest
from tests.pages.browsing import Office

from gateway.backoffice.app import find_areas

PATHS = sorted({route.path for area in find_areas() for route in area.routes if "GET" in route.methods})
SAMPLES = {"kind": "collections", "language": "es", "code": "reminder_short"}
"""What stands for a place of an address that is no number."""


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)(:int)?\}", lambda place: SAMPLES.get(place[1], "1"), path)


@pytest.mark.soak
@pytest.mark.parametrize("path", PATHS)
def test_every_page_reads_well_in_every_language_at_every_width(office: Office, path: str) -> None:
    # The auditor may look at every page and form.
    page = office.as_("aura")
    answer = page.context.request.get(f"{office.url}{filled(path)}", max_redirects=0)
    if not answer.headers.get("content-type", "").startswith("text/html") or answer.status != 200:
        # A file, a way to another page, or something that the town has none of: what is refused is a page too.
        assert answer.status in {200, 303, 403, 404, 409}, f"{path}: {answer.status}"
        return
    office.reads_well("aura", filled(path), is_thorough=True)


def test_nearly_every_page_can_be_looked_at(office: Office) -> None:
    page = office.as_("aura")
    pages = [
        path for path in PATHS if page.context.request.get(f"{office.url}{filled(path)}", max_redirects=0).status == 200
    ]
    assert len(pages) >= len(PATHS) * 0.6, sorted(set(PATHS) - set(pages))
