"""A form: what was typed, what is wrong with it, which version it changes, and that it is sent once.

A page reads a form's fields with ``text``, ``day``, ``month``, ``amount``, ``choice``, ``number`` and ``file``; each notes what is
wrong beside its field and goes on, and ``check`` refuses the form where anything was noted. What a use case refuses is
noted by ``refuse``. A form over something that others change too (``over``) knows what they changed meanwhile.
"""

import datetime as dt
import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal

from gateway.backoffice.frame.days import LAST, as_typed, read_day, read_instant, read_month
from gateway.backoffice.frame.faults import FormFaultyError, UploadRefusedError
from gateway.backoffice.frame.refusals import Told, said_of, tell
from gateway.backoffice.frame.texts import N_, Words
from gateway.kit.errors import GatewayError
from gateway.kit.money import MAX_MINOR, currency_of
from gateway.kit.period import Period, PeriodError
from gateway.kit.untidy import DateError, DateInFutureError

OWN = ("_token", "_once", "_sure", "_show", "otp")
"""Fields of the frame's own: they are no part of what was typed."""
SECRET = re.compile("password|secret|^otp$")
LONGEST = 4000
MOST_FIELDS = 400


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A field that somebody else changed while the form was open."""

    field: str
    was: str
    now: str


class Form:
    """What somebody typed, or is about to type."""

    def __init__(
        self,
        words: Words,
        values: Mapping[str, list[str]] | None = None,
        files: Mapping[str, Upload] | None = None,
        *,
        token: str = "",
    ) -> None:
        self.words = words
        self.lists = {name: list(given) for name, given in (values or {}).items()}
        self.files = dict(files or {})
        self.is_typed = values is not None
        self.errors: dict[str, str] = {}
        """Field -> what is wrong with it."""
        self.unseen: frozenset[str] = frozenset()
        """Fields among them that the page carries without showing them, or has not: nobody finds a fault beside them."""
        self.general: list[Told] = []
        """What is wrong with the whole, in the reader's words."""
        self.meanwhile: list[Meanwhile] = []
        self.token = token
        self.once = self.own("_once") or secrets.token_urlsafe(18)
        """Names this form: sent again, it does nothing again."""
        self.links: list[tuple[str, str]] = []
        """Address and words of what else to look at."""
        self._version: int | None = None

    def own(self, name: str) -> str:
        """Return a field of the frame's own."""
        return (self.lists.get(name) or [""])[0]

    def value(self, name: str, default: Any = "") -> str:
        """Return what stands in a field, as typed."""
        given = self.lists.get(name)
        return given[0] if given else str(default)

    def many(self, name: str) -> list[str]:
        """Return everything that was chosen in a field of several, no more than is sensible."""
        return [one.strip() for one in self.lists.get(name, [])][:MOST_FIELDS]

    def has(self, name: str) -> bool:
        """Tell whether a box was ticked."""
        return bool(self.value(name))

    def kept(self) -> list[tuple[str, str]]:
        """Return what was typed, to be carried through another page; never a password, a code or a file."""
        return [
            (name, one)
            for name, given in self.lists.items()
            if name not in OWN and not SECRET.search(name)
            for one in given
        ][:MOST_FIELDS]

    def fingerprint(self) -> str:
        """Return a digest of what was typed; of no password, since the digest is kept."""
        typed = sorted(
            (name, given) for name, given in self.lists.items() if name not in OWN and not SECRET.search(name)
        )
        digest = hashlib.sha256(json.dumps(typed).encode())
        for name, file in sorted(self.files.items()):
            digest.update(f"{name}\0{file.name}\0".encode() + hashlib.sha256(file.body).digest())
        return digest.hexdigest()

    def over(self, present: Mapping[str, Any], version: int | None = None) -> "Form":
        """Lay the form over what is there now: its fields where nothing was typed, and what others changed meanwhile.

        Args:
            present: Field -> value now; None is an empty field.
            version: Of what is changed, where it has one.
        """
        for name, value in present.items():
            now = _shown(value)
            was = (self.lists.get(f"was:{name}") or [now])[0]
            if self.is_typed and was != now:
                self.meanwhile.append(Meanwhile(name, was, now))
                if self.lists.get(name) == [was]:  # she did not touch it: what is true now stands there
                    self.lists[name] = [now]
            self.lists[f"was:{name}"] = [now]
            if not self.is_typed:
                self.lists.setdefault(name, [now])
        self._version = version
        return self

    @property
    def tracked(self) -> list[tuple[str, str]]:
        """Hidden fields that say what the form was made over."""
        fields = [(name, given[0]) for name, given in self.lists.items() if name.startswith("was:")]
        return [*fields, ("version", str(self._version))] if self._version is not None else fields

    @property
    def version(self) -> int:
        """The version that the form changes."""
        return self.number("version", least=0) or 0

    def fault(self, name: str, english: str, **places: Any) -> None:
        """Note what is wrong with a field."""
        self.errors.setdefault(name, self.words.say(english, **places))

    def text(self, name: str, *, required: bool = False, most: int = 200) -> str:
        """Return a text without spaces around it."""
        text = self.value(name).replace("\0", "").strip()
        if required and not text:
            self.fault(name, N_("Fill this in."))
        if len(text) > min(most, LONGEST):
            self.fault(name, N_("At most {n} characters."), n=most)
        return text

    def day(self, name: str, *, required: bool = False, latest: dt.date | None = None) -> dt.date | None:
        """Return a day, typed as people type days (``days.read_day``); ``latest`` is the last one that can be meant."""
        text = self.text(name, required=required, most=30)
        if not text:
            return None
        try:
            return read_day(text, latest)
        except DateInFutureError:
            self.fault(name, N_("No day after {day} can be meant here."), day=self.words.day(latest or LAST))
        except DateError:
            self.fault(name, N_("Not a day; write it like 31/01/2026."))
        return None

    def instant(self, name: str, *, required: bool = False) -> dt.datetime | None:
        """Return a day and a time by the mutual's clock, typed as people type them (``days.read_instant``)."""
        text = self.text(name, required=required, most=40)
        try:
            return read_instant(text, self.words.zone) if text else None
        except DateError:
            self.fault(name, N_("Not a day and a time; write it like 31/01/2026 18:30."))
            return None

    def month(self, name: str, *, required: bool = False) -> Period | None:
        """Return a month, typed as people type months (``days.read_month``)."""
        text = self.text(name, required=required, most=30)
        try:
            return read_month(text) if text else None
        except PeriodError:
            self.fault(name, N_("Not a month; write it like 03/2026."))
            return None

    def amount(self, name: str, currency: str, *, required: bool = False) -> int | None:
        """Return an amount in minor units, typed with or without thousands apart, as the country writes them."""
        text = self.text(name, required=required, most=30).replace(currency, "").replace("RD$", "").strip()
        if not text:
            return None
        exponent = currency_of(currency).exponent
        plain = re.fullmatch(r"\d+" + (rf"(\.\d{{1,{exponent}}})?" if exponent else ""), text)
        try:
            value = Decimal(text) if plain else parse_decimal(text, self.words.locale, strict=True)
            scaled = value.scaleb(exponent)
        except (NumberFormatError, ArithmeticError):
            self.fault(name, N_("Not an amount; write it like {example}."), example=self.words.money(123450, currency))
            return None
        if scaled != scaled.to_integral_value() or not 0 <= scaled <= MAX_MINOR:
            self.fault(name, N_("Not an amount; write it like {example}."), example=self.words.money(123450, currency))
            return None
        return int(scaled)

    def number(self, name: str, *, required: bool = False, least: int = 1, most: int = 2**62) -> int | None:
        """Return a whole number."""
        text = self.text(name, required=required, most=20)
        if not text:
            return None
        if not text.isascii() or not text.isdigit():
            self.fault(name, N_("Write a whole number, in figures alone."))
            return None
        if int(text) < least:
            self.fault(name, N_("{n} or more."), n=self.words.number(least))
            return None
        if int(text) > most:
            self.fault(name, N_("{n} or fewer."), n=self.words.number(most))
            return None
        return int(text)

    def choice(self, name: str, allowed: Collection[str], *, required: bool = False) -> str:
        """Return what was chosen of a list."""
        text = self.text(name, required=required)
        if text and text not in allowed:
            self.fault(name, N_("Choose one of the list."))
            return ""
        return text

    def file(self, name: str, check: Any = None) -> Upload | None:
        """Return an uploaded file whose content is of a kind that is read here.

        Args:
            name: The field.
            check: ``uploads.check_table`` or another; raises ``UploadRefusedError``.
        """
        found = self.files.get(name)
        if found is None or not found.body:
            self.fault(name, N_("Choose a file."))
            return None
        if check is not None:
            try:
                check(found)
            except UploadRefusedError as error:
                self.errors.setdefault(name, self.words.say(error.detail))
        return found

    def check(self) -> None:
        """Refuse the form if anything was noted.

        Raises:
            FormFaultyError: Something was.
        """
        if self.errors or self.general:
            raise FormFaultyError(", ".join(self.errors))

    def refuse(self, error: GatewayError, fields: Mapping[str, str]) -> None:
        """Note what a use case refused, beside the field it is about where that is known.

        Args:
            error: The refusal.
            fields: Code of a refusal -> field it is about.
        """
        if isinstance(error, FormFaultyError):
            return
        told, beside = tell(error, self.words), False
        for one in error.errors:
            name = one.pointer.strip("/").split("/")[-1]
            if name in self.lists or name in self.files:
                self.errors.setdefault(name, f"{told.title}. {said_of(one, self.words)}")
                beside = True
        if error.code in fields:
            self.errors.setdefault(fields[error.code], " ".join(one for one in (f"{told.title}.", told.words) if one))
        elif not beside:
            self.general.append(told)

    def warn(self, english: str, **places: Any) -> None:
        """Note what is wrong with the whole."""
        self.general.append(Told(self.words.say(english, **places), "", "", (), ""))


def options(rows: Iterable[Any], value: str, text: str) -> list[tuple[str, str]]:
    """Return rows as the options of a list to choose from."""
    return [(str(getattr(row, value)), str(getattr(row, text))) for row in rows]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return as_typed(value) if isinstance(value, dt.date) else str(value)
