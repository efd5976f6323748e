"""The words of each kind of notice, in every language it is written in."""

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from gateway.kit.written import spoken_money
from gateway.notices.errors import NoticeTextError

LANGUAGES = ("es", "fr", "en", "ht")
FALLBACK = "es"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return the words by kind and language."""
    return tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))


@cache
def _places() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "places.toml").read_text("utf-8"))


def places_of(kind: str) -> list[str]:
    """Return the names that are filled in a kind's words, in the order in which the shipped Spanish words have them."""
    found = string.Formatter().parse(catalogue()[kind][FALLBACK])
    return list(dict.fromkeys(name for _, name, _, _ in found if name))


def required_of(kind: str) -> list[str]:
    """Return the places that may not be left out of a kind's words."""
    return list(_places()["required"].get(kind, places_of(kind)))


class Money(NamedTuple):
    """An amount to be told: written as the language of the message writes it in the mutual's country."""

    minor: int
    currency: str

    def written(self, language: str, country: str) -> str:
        """Return it with its thousands apart, without its currency."""
        return spoken_money(self.minor, self.currency, language, country)


def sample_of(kind: str, language: str, country: str) -> dict[str, str]:
    """Return an example for each place of a kind, as long as it usually gets, as a language writes it in a country."""
    samples = dict(_places()["samples"])
    samples["amount"] = Money(samples["amount_minor"], samples["currency"]).written(language, country)
    return {name: str(samples.get(name, name)) for name in places_of(kind)}


def title_of(kind: str, language: str) -> str:
    """Return what a kind of notice is called; a kind that nobody named stands for itself."""
    titles = _places()["titles"].get(kind, {})
    return str(titles.get(language) or titles.get(FALLBACK) or kind)


def places(words: str) -> set[str]:
    """Return the names of the places in a text that are filled."""
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


Own = Mapping[tuple[str, str], str]
"""A mutual's own words, by kind and language."""


def compose(
    kind: str, language: str, values: Mapping[str, str | Money], own: Own = MappingProxyType({}), *, country: str
) -> tuple[str, str]:
    """Return the language a notice is written in and its words: the mutual's own where it has some, else the shipped.

    Args:
        kind: A chapter of ``texts.toml``.
        language: The member's.
        values: What its places are filled with.
        own: The mutual's own words.
        country: The mutual's, whose people's way of writing amounts counts.

    Raises:
        NoticeTextError: No such kind, or a place stays empty.
    """
    words = catalogue().get(kind)
    if words is None:
        raise NoticeTextError(f"no words for {kind!r}; there are {', '.join(sorted(catalogue()))}")
    written = language if language in words else FALLBACK
    text = own.get((kind, written), words[written])
    missing = places(text) - set(values)
    if missing:
        raise NoticeTextError(f"a notice {kind!r} needs {', '.join(sorted(missing))}")
    said = {name: one.written(written, country) if isinstance(one, Money) else one for name, one in values.items()}
    return written, text.format_map(said)
