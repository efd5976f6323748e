"""Pure: which settings there are, what a value of each may be, and how they are stored one inside another."""

import datetime as dt
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from gateway.kit.errors import FieldProblem
from gateway.kit.money import AmountError, Currency, format_amount, parse_amount

LANGUAGES = ("es", "en", "fr")
ROLES_WITH_LIMIT = ("accountant", "manager")
"""Who may release a batch at all."""
LIMIT = "payouts.release_limits."
_RESERVED = ("release_limits", "code_days", "recheck_days")
_NAMES = {"provider": r"[a-z][a-z0-9_:-]{1,39}", "role": "|".join(ROLES_WITH_LIMIT)}
MOST_DAYS_KEPT = 3650


class SettingKind(StrEnum):
    """What a setting's value is."""

    TEXT = "text"
    ADDRESS = "address"
    CHOICE = "choice"
    WHOLE = "whole"
    AMOUNT = "amount"
    """A decimal string in the mutual's currency."""
    TEXTS = "texts"
    """An object of short texts."""
    KEEPING = "keeping"
    """A list of ``{"from": day, "days": number}``."""
    FLAG = "flag"
    """True or false."""
    ROLES = "roles"
    """A list of roles."""


class Standing(StrEnum):
    """How a connection is doing; the worst first."""

    FAILING = "failing"
    """Something did not work since it last worked."""
    WAITING = "waiting"
    """Something is on its way, and nothing says that it does not work."""
    WORKING = "working"
    UNUSED = "unused"
    """It never carried anything."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a mutual may set."""

    name: str
    """Where it is stored: a dot goes one level down; ``{provider}`` and ``{role}`` stand for a name."""
    group: str
    kind: SettingKind
    labels: Mapping[str, str]
    """What it is, by language."""
    meanings: Mapping[str, str]
    """What it does, by language."""
    least: int | None = None
    most: int | None = None
    unit: str | None = None
    choices: tuple[str, ...] = ()
    choice_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the choices are called, by language, in their order; empty where they stand for themselves."""
    default: Any = None
    """What counts where it is not set; None where that is told by its meaning."""
    pattern: str | None = None
    is_operators: bool = False
    """Set by whoever runs the gateway alone: a secret of the gateway's is sent there."""
    is_weighty: bool = False
    """A page says in words what will change before it does."""

    def choice_in(self, value: Any, language: str) -> str:
        """Return what a choice is called in a language."""
        words = self.choice_words.get(language)
        return words[self.choices.index(value)] if words and value in self.choices else str(value)

    @property
    def is_of_many(self) -> bool:
        """Tell whether the name stands for several, one for each provider or role."""
        return "{" in self.name


@cache
def declared() -> tuple[Setting, ...]:
    """Return every setting, in the order in which people read them.

    Source:
        SRC-MUTUAL, the mutual's own rules; ``settings.toml``.
    """
    return tuple(_setting(name, told) for name, told in _file().items() if name != "groups")


@cache
def group_names(language: str) -> Mapping[str, str]:
    """Return what the groups of settings are called.

    Source:
        SRC-MUTUAL.
    """
    return dict(_file()["groups"][language if language in LANGUAGES else LANGUAGES[0]])


def find_setting(name: str) -> Setting | None:
    """Return the declaration that a name falls under, or None.

    Source:
        SRC-MUTUAL.
    """
    return next((setting for setting, pattern in _patterns() if pattern.fullmatch(name)), None)


def flatten(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as they are stored, by their whole names; what is not declared keeps its own.

    Source:
        SRC-MUTUAL.
    """
    return dict(_leaves(stored, ""))


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by their whole names as they are stored.

    Source:
        SRC-MUTUAL.
    """
    stored: dict[str, Any] = {}
    for name, value in flat.items():
        *above, last = name.split(".")
        place = stored
        for level in above:
            place = place.setdefault(level, {})
        place[last] = value
    return stored


def check_value(name: str, value: Any, currency: Currency) -> tuple[Any, FieldProblem | None]:
    """Return a value as it is stored, or what is wrong with it.

    Args:
        name: The setting's whole name.
        value: As it came in JSON; None takes the setting away.
        currency: The mutual's, for amounts.

    Source:
        SRC-MUTUAL, ``settings.toml``.
    """
    setting = find_setting(name)
    if setting is None:
        return None, FieldProblem(
            f"/changes/{name}", "unknown", f"there is no setting {name!r}; GET /v1/settings lists them"
        )
    if value is None:
        return None, None
    try:
        return _CHECKS[setting.kind](setting, value, currency), None
    except ValueError as error:
        return None, FieldProblem(f"/changes/{name}", "invalid", str(error))


def raises_own_limit(
    before: Mapping[str, Any], after: Mapping[str, Any], roles: Collection[str], currency: Currency
) -> str | None:
    """Return the role whose limit somebody who has it would raise or take away, or None.

    Args:
        before: Settings by whole name.
        after: The same as they would be.
        roles: Of whoever changes them.
        currency: The mutual's.

    Source:
        SRC-MUTUAL, separation of duties: who releases does not say how much she may.
    """
    for role in sorted(roles):
        old, new = before.get(LIMIT + role), after.get(LIMIT + role)
        if old is not None and (new is None or parse_amount(str(new), currency) > parse_amount(str(old), currency)):
            return role
    return None


def standing_of(succeeded_at: dt.datetime | None, waiting_count: int, failure_count: int) -> Standing:
    """Return how a connection is doing.

    Args:
        succeeded_at: When it last worked.
        waiting_count: What is on its way.
        failure_count: What did not work since.

    Source:
        SRC-MUTUAL, what staff look at first in the morning.
    """
    if failure_count:
        return Standing.FAILING
    if waiting_count:
        return Standing.WAITING
    return Standing.UNUSED if succeeded_at is None else Standing.WORKING


def _leaves(stored: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in stored.items():
        name = above + key
        if value is None:
            continue
        if find_setting(name) is None and isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("settings.toml").read_text(encoding="utf-8"))


@cache
def _patterns() -> tuple[tuple[Setting, re.Pattern[str]], ...]:
    return tuple((setting, re.compile(_pattern_of(setting.name))) for setting in declared())


def _pattern_of(name: str) -> str:
    parts = []
    for part in name.split("."):
        if part.startswith("{"):
            kept = "".join(f"(?!{word}$|{word}\\.)" for word in _RESERVED) if part == "{provider}" else ""
            parts.append(f"{kept}(?:{_NAMES[part.strip('{}')]})")
        else:
            parts.append(re.escape(part))
    return r"\.".join(parts)


def _setting(name: str, told: Mapping[str, Any]) -> Setting:
    return Setting(
        name=name,
        group=told["group"],
        kind=SettingKind(told["kind"]),
        labels={language: told[language][0] for language in LANGUAGES},
        meanings={language: told[language][1] for language in LANGUAGES},
        least=told.get("least"),
        most=told.get("most"),
        unit=told.get("unit"),
        choices=tuple(told.get("choices", ())),
        choice_words={language: tuple(words) for language, words in told.get("choice_words", {}).items()},
        default=told.get("default"),
        pattern=told.get("pattern"),
        is_operators=told.get("who") == "operator",
        is_weighty=told.get("weighty", False),
    )


def _text(setting: Setting, value: Any, _currency: Currency) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or not text.isprintable() or len(text) > (setting.most or 200):
        raise ValueError(f"expected a text of 1 to {setting.most or 200} characters")
    if setting.pattern is not None and not re.fullmatch(setting.pattern, text):
        raise ValueError(f"{text!r} is not of the form {setting.pattern}")
    return text


def _address(_setting: Setting, value: Any, _currency: Currency) -> str:
    parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("expected an address, for example https://interface.example/v1")
    return str(value)


def _choice(setting: Setting, value: Any, _currency: Currency) -> str:
    if value not in setting.choices:
        raise ValueError(f"expected one of {', '.join(setting.choices)}")
    return str(value)


def _whole(setting: Setting, value: Any, _currency: Currency) -> int:
    if type(value) is not int or not (setting.least or 0) <= value <= (setting.most or 2**31):
        raise ValueError(f"expected a whole number from {setting.least} to {setting.most}")
    return value


def _amount(_setting: Setting, value: Any, currency: Currency) -> str:
    try:
        minor = parse_amount(str(value) if type(value) in (int, str) else "", currency)
    except AmountError as error:
        raise ValueError(f"expected an amount in {currency.code} as a decimal string, for example 25000.00") from error
    if minor < 0:
        raise ValueError("expected an amount of zero or more")
    return format_amount(minor, currency)


def _texts(_setting: Setting, value: Any, _currency: Currency) -> dict[str, str]:
    is_plain = isinstance(value, Mapping) and 0 < len(value) <= 10
    if not is_plain or not all(
        isinstance(text, str) and 0 < len(text) <= 100 for pair in value.items() for text in pair
    ):
        raise ValueError("expected an object of at most 10 short texts")
    return dict(value)


def _keeping(_setting: Setting, value: Any, _currency: Currency) -> list[dict[str, Any]]:
    try:
        kept = {dt.date.fromisoformat(one["from"]).isoformat(): one["days"] for one in value}
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError('expected a list like [{"from": "2026-01-01", "days": 30}]') from error
    if (
        not kept
        or len(kept) != len(value)
        or not all(type(n) is int and 1 <= n <= MOST_DAYS_KEPT for n in kept.values())
    ):
        raise ValueError(f"expected each day once and 1 to {MOST_DAYS_KEPT} days")
    return [{"from": day, "days": days} for day, days in sorted(kept.items())]


def _flag(_setting: Setting, value: Any, _currency: Currency) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


def _roles(setting: Setting, value: Any, _currency: Currency) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise ValueError("expected a list of roles")
    unknown = sorted(set(value) - set(setting.choices))
    if unknown:
        raise ValueError(f"no role is called {', '.join(unknown)}; there are {', '.join(setting.choices)}")
    return [role for role in setting.choices if role in value]


_CHECKS = {
    SettingKind.TEXT: _text,
    SettingKind.ADDRESS: _address,
    SettingKind.CHOICE: _choice,
    SettingKind.WHOLE: _whole,
    SettingKind.AMOUNT: _amount,
    SettingKind.TEXTS: _texts,
    SettingKind.KEEPING: _keeping,
    SettingKind.ROLES: _roles,
    SettingKind.FLAG: _flag,
}
