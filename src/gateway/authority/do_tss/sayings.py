"""Sentences about what is wrong with a file, in Spanish, French and English. The texts stand in ``sayings.toml``."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

LANGUAGES = ("es", "fr", "en")


class Saying(NamedTuple):
    """One sentence, not yet in any language."""

    key: str
    values: tuple[tuple[str, Any], ...] = ()

    def text(self, language: str = "en") -> str:
        """Return the sentence in a language; in English where we do not speak that."""
        texts = _texts()[self.key]
        return texts.get(language, texts["en"]).format(**dict(self.values))


def say(key: str, **values: Any) -> Saying:
    """Return a sentence of ``sayings.toml`` with its values."""
    return Saying(key, tuple(values.items()))


@cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads((resources.files(__package__) / "sayings.toml").read_text("utf-8"))
