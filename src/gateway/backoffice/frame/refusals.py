"""What a refusal says to staff: its title, its figures and what to do, in the reader's language.

A use case refuses in English, with a code and a sentence that holds the figures. The catalogue (``refusals.toml``) has, for
each code that the office can meet, what to do about it; the figures are read out of the sentence and written as the reader
writes them. Only a code that the catalogue does not know falls back to the English sentence, folded away.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from gateway.api.titles import every_kind, title_of
from gateway.backoffice.frame.texts import Words
from gateway.kit.errors import FieldProblem, GatewayError
from gateway.kit.money import CURRENCIES

_FIGURE = re.compile(
    r"(?P<day>\b\d{4}-\d\d-\d\d\b)|(?P<month>\b\d{4}-\d\d\b)|'(?P<quoted>[^'\n]{1,60})'"
    r"|(?P<amount>\b\d[\d,]*(?:\.\d+)? [A-Z]{3}\b|\b[A-Z]{3} \d[\d,]*(?:\.\d+)?)|(?P<name>\b(?:cash|bank|momo):[\w:-]+|\bM\d{4,}\b)"
    r"|(?P<number>\b\d[\d,]*(?:\.\d+)?\b)"
)
_MOST_FIGURES = 8


class Catalogue(NamedTuple):
    """What is said of refusals."""

    remedies: Mapping[str, Mapping[str, str]]
    """Code -> what to do, by language."""
    sentences: Mapping[str, tuple[re.Pattern[str], Mapping[str, str]]]
    """Code -> what reads the figures out of the detail, and the sentence they stand in, by language."""


class Told(NamedTuple):
    """A refusal, as it is shown."""

    title: str
    words: str
    """What happened with its figures, and what to do; empty where the code is not known."""
    figures: str
    """What the refusal is about, where no sentence holds it."""
    items: tuple[str, ...]
    """Each single thing that was wrong."""
    detail: str
    """The English sentence, where nothing else is known."""


@cache
def catalogue() -> Catalogue:
    """Return what is said of refusals in Spanish and French."""
    read = tomllib.loads((resources.files("gateway.backoffice.frame") / "refusals.toml").read_text(encoding="utf-8"))
    remedies = {code: entry for entry in read["remedies"] for code in entry["codes"]}
    sentences = {entry["code"]: (re.compile(entry["pattern"]), entry) for entry in read["sentences"]}
    return Catalogue(remedies, sentences)


def tell(error: GatewayError, words: Words) -> Told:
    """Return what a refusal says in the reader's language."""
    title = title_of(type(error), words.language)
    items = tuple(said_of(one, words) for one in error.errors)
    if words.language == "en":
        return Told(title, _sentence(error.detail), "", items, "")
    remedy = catalogue().remedies.get(error.code)
    if remedy is None:
        return Told(title, "", "", items, error.detail)
    sentence = _with_figures(error.code, error.detail, words)
    if sentence is not None:
        return Told(title, f"{sentence} {remedy[words.language]}", "", items, "")
    return Told(title, remedy[words.language], figures_of(error.detail, words), items, "")


def said_of(problem: FieldProblem, words: Words) -> str:
    """Return a single thing that was wrong: where, what, and the figures it is about."""
    return said_of_code(problem.code, problem.detail, words, place=_place(problem.pointer))


def said_of_code(code: str, detail: str, words: Words, *, place: str = "") -> str:
    """Return what a code says of a place, for example of a column of a row, in the reader's language."""
    if words.language == "en":
        return f"{place}: {detail}".removeprefix(": ")
    kind, remedy = every_kind().get(code), _remedy_of(code)
    told = [title_of(kind, words.language)] if kind is not None else []
    told += [remedy[words.language].rstrip(".")] if remedy is not None else []
    told = told or [detail]
    figures = figures_of(detail, words) if kind is not None or remedy is not None else ""
    said = ". ".join(told) + (f" ({figures})" if figures else "")
    return f"{place}: {said}".removeprefix(": ")


def figures_of(detail: str, words: Words) -> str:
    """Return the days, amounts, numbers and names in an English sentence, written as the reader writes them."""
    found = []
    for match in _FIGURE.finditer(detail):
        text = _figure(match.lastgroup or "", match[match.lastgroup or 0], words)
        if text and text not in found:
            found.append(text)
    return " · ".join(found[:_MOST_FIGURES])


def _remedy_of(code: str) -> Mapping[str, str] | None:
    found = catalogue().remedies.get(code)
    return catalogue().remedies["missing"] if found is None and code.startswith("missing_") else found


def _with_figures(code: str, detail: str, words: Words) -> str | None:
    pattern, texts = catalogue().sentences.get(code, (None, None))
    match = pattern.search(detail) if pattern is not None else None
    if match is None or texts is None:
        return None
    places = {name: figures_of(value, words) or value for name, value in match.groupdict().items()}
    return texts[words.language].format(**places)


def _figure(kind: str, text: str, words: Words) -> str:
    try:
        if kind == "day":
            return words.day(dt.date.fromisoformat(text))
        if kind == "month":
            return words.month(dt.date.fromisoformat(f"{text}-01"))
    except ValueError:
        return text
    if kind == "amount":
        number, _, currency = text.partition(" ") if text[0].isdigit() else text.partition(" ")[::-1]
        return f"{currency}\u00a0{number}" if currency in CURRENCIES else number
    return text


def _place(pointer: str) -> str:
    return pointer.rsplit("/", 1)[-1].replace("line ", "").strip() if pointer else ""


def _sentence(detail: str) -> str:
    return detail[:1].upper() + detail[1:] + ("" if detail.endswith((".", "?", "!")) else ".")
