"""What the report says, in Spanish, French and English: ``words.toml``."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from gateway.conformance.case import Case, Outcome

LANGUAGES = ("es", "fr", "en")
_LONGEST = 300


@cache
def catalogue() -> Mapping[str, Any]:
    """Return every text, by kind, name and language."""
    text = resources.files("gateway.conformance").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def title_of(case: Case, language: str) -> str:
    """Return what must hold."""
    title: str = catalogue()["case"][case.words][language][0]
    return title.format(subject=case.subject) if case.subject else title


def advice_of(case: Case, language: str) -> str:
    """Return what to do where it does not hold."""
    advice: str = catalogue()["case"][case.words][language][1]
    return advice


def reason_of(outcome: Outcome, name: str, values: Mapping[str, Any], language: str) -> str:
    """Return why a case ended as it did."""
    texts = catalogue()["finding" if outcome is Outcome.FAILED else "reason"]
    text: str = texts[name][language]
    return text.format_map({key: str(value)[:_LONGEST] for key, value in values.items()})


def say(name: str, language: str, **values: Any) -> str:
    """Return a word of the report itself."""
    text: str = catalogue()["report"][name][language]
    return text.format_map(values)
