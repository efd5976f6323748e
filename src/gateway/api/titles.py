"""Titles of refusals in the languages people read; the code beside them is never translated."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from gateway.kit.errors import GatewayError

LANGUAGES = ("es", "en", "fr")
DEFAULT = "es"


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return each code's titles by language."""
    file = resources.files("gateway.api") / "titles.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def language_of(accept_language: str | None) -> str:
    """Return the first language of an ``Accept-Language`` header that we speak; Spanish where there is none."""
    wanted = []
    for position, part in enumerate((accept_language or "").split(",")[:20]):
        tag, _, quality = part.strip().partition(";")
        wanted.append((-_quality(quality), position, tag.split("-")[0].lower()))
    for weight, _, tag in sorted(wanted):
        if weight < 0 and tag in LANGUAGES:
            return tag
    return DEFAULT


def title_of(error: type[GatewayError], language: str) -> str:
    """Return a refusal's title; a kind without one of its own has that of the kind it belongs to."""
    if language == "en":
        return error.title
    for kind in error.__mro__:
        known = catalogue().get(getattr(kind, "code", ""), {})
        if language in known:
            return known[language]
    return error.title


def every_kind(kind: type[GatewayError] = GatewayError) -> dict[str, type[GatewayError]]:
    """Return every refusal that this process knows, by its code."""
    found = {kind.code: kind}
    for below in kind.__subclasses__():
        found |= {code: one for code, one in every_kind(below).items() if code != kind.code}
    return found


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
