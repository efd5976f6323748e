"""Words for members, from gettext catalogues: one per language, the English sentence is the key."""

from functools import cache
from pathlib import Path

from gateway.kit.catalogues import plain_texts

LOCALES = Path(__file__).parent / "locale"
LANGUAGES = ("es", "fr", "en", "ht")
FALLBACK = "es"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the texts of a language by their English sentence."""
    return dict(plain_texts(LOCALES / f"{language}.po", language))


def text_of(language: str, english: str) -> str:
    """Return a text in a language; in Spanish where we do not speak it."""
    return catalogue(language if language in LANGUAGES else FALLBACK)[english]


def spoken(language: str | None) -> str:
    """Return a language that there are texts in."""
    return language if language in LANGUAGES else FALLBACK
