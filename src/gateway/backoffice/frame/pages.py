"""Templates, and which areas somebody sees."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gateway.backoffice.frame.days import LAST, as_typed
from gateway.backoffice.frame.texts import LANGUAGES, Words
from gateway.staff.models import Role

HERE = Path(__file__).parent.parent
STATIC = HERE / "static"


@dataclass(frozen=True, slots=True)
class Entry:
    """An area in the navigation."""

    name: str
    title: str
    path: str
    order: int
    roles: frozenset[Role]


ENTRIES: list[Entry] = []
"""Every area that has pages, as the areas themselves register."""


_DOORS: list[tuple[re.Pattern[str], frozenset[Role]]] = []
_PLACE = re.compile(r"\{\w+(:int)?\}")


def open_to(path: str, roles: frozenset[Role]) -> None:
    """Note who may open a page: nobody is led where she is refused."""
    pattern = _PLACE.sub(lambda place: r"\d+" if place[1] else "[^/]+", path)
    _DOORS.append((re.compile(pattern), roles))
    # An address of numbers counts before one of names, as where requests are sent on their way.
    _DOORS.sort(key=lambda door: "[^/]+" in door[0].pattern)
    _who_opens.cache_clear()


@cache
def _who_opens(shape: str) -> frozenset[Role]:
    return next((roles for pattern, roles in _DOORS if pattern.fullmatch(shape)), frozenset(Role))


def who_opens(address: str) -> frozenset[Role]:
    """Return who may open the page at an address, whatever the numbers in it; everybody, if no area has such a page."""
    return _who_opens(_NUMBERS.sub("1", address.partition("?")[0]))


_NUMBERS = re.compile(r"\d+")


def shown_to(desk: Any) -> Sequence[Entry]:
    """Return the areas that somebody sees, in order."""
    return sorted((one for one in ENTRIES if desk.may(one.roles, reads=True)), key=lambda one: one.order)


def qr_code(text: str) -> Markup:
    """Return a text as a picture that a telephone's camera reads, to stand in a page."""
    picture = segno.make(text, error="m").svg_inline(scale=5, border=4, svgclass="qr", lineclass=None, omitsize=False)
    return Markup(picture)  # noqa: S704 - made here, of squares alone


@cache
def environment() -> Environment:
    """Return the templates; what they name and does not exist is a mistake, never an empty place."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"languages_of_office": LANGUAGES, "static": static_name, "last_day": LAST}
    return made


def render(template: str, words: Words, **values: Any) -> str:
    """Return a page in a language."""
    shared = {
        "_": words.say,
        "n_": words.count,
        "words": words,
        "language": words.language,
        "amount": words.amount,
        "money": words.money,
        "number": words.number,
        "day": words.day,
        "long_day": words.long_day,
        "as_typed": as_typed,
        "in_words": words.in_words,
        "instant": words.instant,
        "month": words.month,
    }
    return environment().get_template(template).render({**shared, **values})


@cache
def static_name(name: str) -> str:
    """Return a static file's name with a mark that changes with its content, so that browsers may keep it for ever."""
    return f"static/{name}?{sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"
