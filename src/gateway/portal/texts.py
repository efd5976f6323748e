"""What templates say things with: words of a language, days, amounts, pictures."""

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gateway.kit.period import Period
from gateway.kit.written import locale_of, written_money
from gateway.selfcheck.overview import month_of
from gateway.selfcheck.words import LANGUAGES, spoken, text_of

HERE = Path(__file__).parent
NAMES = {"es": "Español", "fr": "Français", "en": "English", "ht": "Kreyòl"}
RELATIONS = {"spouse": "spouse", "partner": "partner", "child": "child", "stepchild": "child"}
BENEFITS = {"maternity": "Maternity", "breastfeeding": "Breastfeeding", "common_illness": "Illness"}
PAYOUTS = {
    "ordered": "On its way",
    "paid": "Paid",
    "cancelled": "It was not sent",
    "failed": "It did not arrive",
    "returned": "It came back; your money is kept",
}
"""How money sent to a member stands, in English; the catalogues translate it."""
LANGUAGE_COOKIE = "m_lang"


@cache
def environment() -> Environment:
    """Return the templates; what they name and does not exist is a mistake, never an empty place."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "picture": picture,
        "month_of": month_of,
        "day": day,
        "languages": NAMES,
        "relations": RELATIONS,
        "benefits": BENEFITS,
        "payouts": PAYOUTS,
        "iso_day": iso_day,
        "iso_month": iso_month,
    }
    return made


@cache
def picture(name: str) -> Markup:
    """Return a picture's own file, to stand in a page; the words beside it say what it shows."""
    return Markup((HERE / "pictures" / f"{name}.svg").read_text("utf-8").strip())  # noqa: S704 - a file of ours


def day(value: dt.date) -> str:
    """Return a day as every language here writes it."""
    return f"{value:%d/%m/%Y}"


def iso_day(text: str) -> str:
    """Return a day or moment that was kept as a text, as every language here writes it."""
    return day(dt.date.fromisoformat(text[:10]))


def iso_month(text: str) -> str:
    """Return a month that was kept as ``YYYY-MM`` or its first day."""
    return month_of(Period.parse(text[:7]))


def language_of(request: Request, own: str | None = None) -> str:
    """Return the language asked for in the address, chosen before, the member's own, or the browser's."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE), own):
        if wanted in LANGUAGES:
            return wanted
    tags = request.headers.get("accept-language", "").split(",")[:20]
    return spoken(next((t for t in (tag.strip()[:2].lower() for tag in tags) if t in LANGUAGES), None))


def render(name: str, language: str, *, country: str = "", **values: Any) -> str:
    """Return a page in a language, its amounts as the language writes them in the mutual's country."""
    locale = locale_of(language, country)

    def amount(minor: int, currency: str) -> str:
        return written_money(int(minor), currency, locale)

    def say(english: str, **places: Any) -> str:
        return text_of(language, english).format(**places) if places else text_of(language, english)

    return environment().get_template(name).render(_=say, amount=amount, language=language, **values)
