"""Take the pictures of the main pages that docs/ and the README show: ``python3 run.py screenshots``.

Each area names its own in ``PICTURES``: page, name of the picture, who looks; ``{member}``, ``{filing}``, ``{bill}`` and the
other numbers of ``office_town.Town`` may stand in a page's address. The town and the day are the tests' own, so a picture
changes only where its page does.
"""

import importlib
import pkgutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from playwright.sync_api import sync_playwright
from tests.conftest import make_template, server_address
from tests.databases import Shelf
from tests.pages.browsing import chromium
from tests.pages.conftest import Towns, opened

from gateway.backoffice import areas

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 800
NARROW = 360


def wanted(only: list[str]) -> list[tuple[str, str, str]]:
    """Return the pictures to be taken: all, or those whose names are given."""
    modules = [importlib.import_module(f"{areas.__name__}.{one.name}") for one in pkgutil.iter_modules(areas.__path__)]
    every = [picture for module in modules for picture in getattr(module, "PICTURES", ())]
    return [picture for picture in every if not only or picture[1] in only]


def main() -> int:
    """Take the pictures; ``--to FOLDER`` puts them elsewhere, ``--narrow`` takes them as on a telephone."""
    arguments = sys.argv[1:]
    folder, is_narrow = FOLDER, "--narrow" in arguments
    if "--to" in arguments:
        at = arguments.index("--to")
        folder = Path(arguments[at + 1])
        del arguments[at : at + 2]
    names = [one for one in arguments if not one.startswith("-")]
    folder.mkdir(parents=True, exist_ok=True)
    server = server_address()
    shelf = Shelf(server, make_template(server))
    towns = Towns(shelf, server)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = chromium(playwright)
        with opened(towns, browser, Path(scratch)) as office:
            town = asdict(office.town) | {"member": office.town.members[0]}
            for path, name, user in wanted(names):
                page = office.as_(user, width=NARROW if is_narrow else WIDTH)
                page.set_viewport_size({"width": NARROW if is_narrow else WIDTH, "height": HEIGHT})
                office.go(page, path.format(**town))
                page.wait_for_load_state("networkidle")
                page.screenshot(path=folder / f"{name}.png", full_page=True)
                sys.stdout.write(f"{name}.png\n")
        browser.close()
    towns.close()
    shelf.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
