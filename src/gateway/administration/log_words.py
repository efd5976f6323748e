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


def _said(kind: str, name: str, language: str) -> str:
    known = _words()[kind].get(name, {})
    return known.get(language) or known.get(DEFAULT) or name.replace("_", " ")
