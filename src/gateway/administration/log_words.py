"""What the log's codes are called by people: nouns and verbs of acts, events and states of steps."""

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

DEFAULT = "es"


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads(files(__package__).joinpath("log_words.toml").read_text(encoding="utf-8"))


def action_in_words(action: str, language: str) -> str:
    """Return a noun and a verb in words, for example ``receipt.reverse``; what nobody worded stands for itself."""
    noun, _, verb = action.partition(".")
    return (
        f"{_said('nouns', noun, language)}: {_said('verbs', verb, language)}"
        if verb
        else _said("nouns", noun, language)
    )


def thing_in_words(kind: str, language: str) -> str:
    """Return what a kind of subject is called; one that nobody worded stands for itself."""
    return _said("nouns", kind, language)


def list_things(language: str) -> list[tuple[str, str]]:
    """Return every kind of subject that has words, with what it is called, in their order."""
    return sorted(
        ((kind, _said("nouns", kind, language)) for kind in _words()["nouns"]), key=lambda one: one[1].lower()
    )


def state_in_words(state: str, language: str) -> str:
    """Return a state in words; one that nobody worded stands for itself."""
    return _said("states", state, language)


def reason_in_words(reason: str, language: str, write: Callable[[str, str], str]) -> str:
    """Return a reason that the machine gave by itself in words; a person's own stands as she wrote it.

    Args:
        reason: As it stands in the log.
        language: ISO 639-1.
        write: Writes a figure as the reader does, by the name of its place: what ends in ``_minor`` is an amount in minor
            units, in ``_amount`` one with its currency, in ``_decimal`` one without, in ``_on`` a day, in ``_count`` a number; the rest is text.
    """
    known = _words()["reasons"].get(reason, {})
    if known:
        return known.get(language) or reason
    for pattern, said in _sentences():
        found = pattern.fullmatch(reason)
        if found is not None and language in said:
            return said[language].format(**{name: write(name, text) for name, text in found.groupdict().items()})
    return reason


@cache
def _sentences() -> tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]:
    """Return how the machine's reasons with figures are read, and what they are in each language."""
    shapes = {
        "minor": "-?[0-9]+",
        "count": "[0-9,]+",
        "on": r"\d{4}-\d\d-\d\d",
        "amount": "[A-Z]{3} -?[0-9.,]+",
        "decimal": r"-?[0-9]+(?:\.[0-9]+)?",
    }

    def read(place: re.Match[str]) -> str:
        name = place.group(1)
        return f"(?P<{name}>{shapes.get(name.rpartition('_')[2], '.+')})"

    return tuple(
        (re.compile(re.sub(r"\\\{(\w+)\\\}", read, re.escape(shape))), said)
        for shape, said in _words()["sentences"].items()
    )


def detail_in_words(name: str, language: str) -> str | None:
    """Return what a particular of an act is called; None where nobody worded it."""
    return _words()["details"].get(name, {}).get(language)


def value_in_words(value: str, language: str) -> str | None:
    """Return what a code that stands as a particular means: a value, a state or a thing; None where nobody worded it."""
    for kind in ("values", "states", "nouns"):
        known = _words()[kind].get(value)
        if known:
            return known[language] if kind != "nouns" else known[language].lower()
    return None


def _said(kind: str, name: str, language: str) -> str:
    known = _words()[kind].get(name, {})
    return known.get(language) or known.get(DEFAULT) or name.replace("_", " ")
