"""Words for members, from gettext catalogues: one per language, the English sentence is the key."""

from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locale"
LANGUAGES = ("es", "fr", "en", "ht")
FALLBACK = "es"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the texts of a language by their English sentence."""
    return {str(one.id): str(one.string) for one in read(language) if one.id}


def read(language: str) -> Catalog:
    """Read a language's catalogue as it is written."""
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language if language != "ht" else None)


def text_of(language: str, english: str) -> str:
    """Return a text in a language; in Spanish where we do not speak it."""
    return catalogue(language if language in LANGUAGES else FALLBACK)[english]


def spoken(language: str | None) -> str:
    """Return a language that there are texts in."""
    return language if language in LANGUAGES else FALLBACK
