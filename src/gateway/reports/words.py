"""The words of the reports in Spanish, English and French."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("es", "en", "fr")
DEFAULT = "es"
REVERSAL = ".reversal"


@cache
def _catalogue() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))


def language_of(asked: str | None) -> str:
    """Return the language, or Spanish where it is not one of ours."""
    return asked if asked in LANGUAGES else DEFAULT


def word(name: str, language: str) -> str:
    """Return a word of the catalogue; a name that has none stands for itself."""
    if name.endswith(REVERSAL) and name not in _catalogue():
        return f"{word(name.removesuffix(REVERSAL), language)} – {word('reversal', language).lower()}"
    return _catalogue().get(name, {}).get(language, name)
