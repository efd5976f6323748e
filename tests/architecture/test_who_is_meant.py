"""What people read calls members and staff by what they are: nobody is taken for a woman, or for a man."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from gateway.kit.catalogues import read_catalogue

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "gateway"
PRESUMED = re.compile(r"\b(?:she|her|hers|herself|ella misma|una afiliada|la afiliada|adhérente)\b", re.IGNORECASE)
READ = ("README.md", "docs/month.md", "docs/glossary.md", "docs/verify.md", "docs/connect-a-state.md")


def texts_in(value: object) -> list[str]:
    """Return every text below a value of JSON or TOML; names are no texts."""
    if isinstance(value, str):
        return [value]
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in below for text in texts_in(one)]


def described(value: object) -> list[str]:
    """Return what an API's description says in sentences."""
    found: list[str] = []
    if isinstance(value, dict):
        found += [value[name] for name in ("summary", "description") if isinstance(value.get(name), str)]
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return found + [text for one in below for text in described(one)]


def presuming(texts: list[str]) -> list[str]:
    return [text for text in texts if PRESUMED.search(text)]


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.po")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_page_presumes_who_somebody_is(path: Path) -> None:
    language = path.parent.name if path.parent.name in {"es", "fr"} else path.stem
    said = [one for message in read_catalogue(path, language) for one in (message.id, message.string)]
    assert presuming([text for one in said for text in ((one,) if isinstance(one, str) else one)]) == []


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.toml")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_words_kept_as_data_presume_who_somebody_is(path: Path) -> None:
    assert presuming(texts_in(tomllib.loads(path.read_text("utf-8")))) == []


@pytest.mark.parametrize("name", ["gateway", "state"])
def test_no_description_of_the_api_presumes_who_somebody_is(name: str) -> None:
    assert presuming(described(json.loads((ROOT / "openapi" / f"{name}.json").read_text("utf-8")))) == []


@pytest.mark.parametrize("name", READ)
def test_no_page_for_the_public_presumes_who_somebody_is(name: str) -> None:
    assert presuming((ROOT / name).read_text("utf-8").splitlines()) == []
