"""What the log's codes are called by people: nouns and verbs of acts, events and states of steps."""

import tomllib
from collections.abc import Mapping
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


def state_in_words(state: str, language: str) -> str:
    """Return a state in words; one that nobody worded stands for itself."""
    return _said("states", state, language)


def reason_in_words(reason: str, language: str) -> str:
    """Return a reason that the machine gave by itself in words; a person's own stands as she wrote it."""
    known = _words()["reasons"].get(reason, {})
    return known.get(language) or reason


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
