"""Every page of the office there is, by its address, with something on it: axe in each language, wide and narrow. Takes minutes."""

import pytest
from tests.pages.browsing import Office
from tests.pages.furnished import ABSENT, EVERYTHING, furnish
from tests.pages.walking import addresses, filled


@pytest.fixture(scope="module")
def furnished(office: Office) -> Office:
    """A town that has one of everything."""
    furnish(office)
    return office


@pytest.mark.soak
@pytest.mark.parametrize("path", addresses("GET"))
def test_every_page_reads_well_in_every_language_at_every_width(furnished: Office, path: str) -> None:
    where = filled(path, furnished.town.named)
    answer = furnished.as_(EVERYTHING).context.request.get(f"{furnished.url}{where}", max_redirects=0)
    assert answer.status in {200, 303, ABSENT.get(path)}, f"{path}: {answer.status}"
    # A file, a way to another page and a piece of a page are no pages; what is refused is one.
    if answer.status != 303 and b"<!doctype html>" in answer.body()[:40]:
        furnished.reads_well(EVERYTHING, where, is_thorough=True, status=answer.status)
