"""Texts for people from gettext catalogues: the English sentence is the key.

Where a set of texts has no catalogue for English, the key itself is what is said.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po


def read_catalogue(path: Path, language: str) -> Catalog:
    """Read a catalogue as it is written."""
    with path.open("rb") as file:
        return read_po(file, locale=language if _is_known(language) else None)


def texts_in(catalogue: Catalog) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give each message: its English sentence (of one, where it counts), and its texts (of one, of many)."""
    for message in catalogue:
        if message.id:
            key, *_ = message.id if isinstance(message.id, list | tuple) else (message.id,)
            texts = message.string if isinstance(message.string, list | tuple) else (message.string,)
            yield key, tuple(str(text) for text in texts)


def plain_texts(path: Path, language: str) -> Mapping[str, str]:
    """Return the texts of a catalogue in which nothing is counted, by their English sentence."""
    return {key: texts[0] for key, texts in texts_in(read_catalogue(path, language))}


def is_many(language: str, count: Any) -> bool:
    """Tell whether a count takes the plural: in French from two on, in Spanish and English for all but one."""
    return bool(abs(count) >= 2 if language == "fr" else count != 1)


def _is_known(language: str) -> bool:
    try:
        Locale.parse(language)
    except UnknownLocaleError:
        return False
    return True
