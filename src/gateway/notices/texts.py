"""The words of each kind of notice, in every language it is written in."""

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from gateway.notices.errors import NoticeTextError

LANGUAGES = ("es", "fr", "en", "ht")
FALLBACK = "es"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return the words by kind and language."""
    return tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))


def places(words: str) -> set[str]:
    """Return the names of the places in a text that are filled."""
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def compose(kind: str, language: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Return the language a notice is written in and its words.

    Raises:
        NoticeTextError: No such kind, or a place stays empty.
    """
    words = catalogue().get(kind)
    if words is None:
        raise NoticeTextError(f"no words for {kind!r}; there are {', '.join(sorted(catalogue()))}")
    written = language if language in words else FALLBACK
    missing = places(words[written]) - set(values)
    if missing:
        raise NoticeTextError(f"a notice {kind!r} needs {', '.join(sorted(missing))}")
    return written, words[written].format_map(dict(values))
