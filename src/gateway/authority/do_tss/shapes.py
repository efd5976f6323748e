"""The shapes a field can have: how a value is written, how text is read, and a pattern that tells good text fast.

Every shape promises: what ``encode`` writes, ``decode`` reads as the same value; and text that ``pattern`` matches
is text that ``decode`` reads. The pattern may match less than ``decode`` reads: it is the short way, not the judge.
"""

# ruff: noqa: D102  (Shape says what each method promises)

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from gateway.authority.do_tss.names import UnwritableNameError, transliterate
from gateway.authority.do_tss.sayings import Saying, say
from gateway.kit.period import Period, PeriodError

FIRST_YEAR = 2003


class ShapeError(ValueError):
    """A value that cannot be written, or text that cannot be read; ``position`` counts from 0 inside the field."""

    code: str | None = None
    """The state's code, where this mistake has another than the field's usual one."""

    def __init__(self, saying: Saying, position: int = 0) -> None:
        super().__init__(saying.key)
        self.saying = saying
        self.position = position


class Shape(Protocol):
    """What a field looks like."""

    @property
    def length(self) -> int:
        """Characters it takes."""
        ...

    @property
    def pattern(self) -> str:
        """Regular expression of text that is surely good; it takes exactly ``length`` characters."""
        ...

    def encode(self, value: Any) -> str:
        """Write a value; exactly ``length`` characters, or ShapeError."""
        ...

    def decode(self, text: str) -> Any:
        """Read text of exactly ``length`` characters, or ShapeError."""
        ...


def _first_outside(text: str, allowed: Callable[[int, str], bool]) -> int:
    return next((place for place, character in enumerate(text) if not allowed(place, character)), 0)


def _is_digit(_: int, character: str) -> bool:
    return "0" <= character <= "9"


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same text."""

    text: str

    @property
    def length(self) -> int:
        return len(self.text)

    @property
    def pattern(self) -> str:
        return re.escape(self.text)

    def encode(self, value: Any) -> str:  # noqa: ARG002 — always the same
        return self.text

    def decode(self, text: str) -> str:
        if text != self.text:
            raise ShapeError(
                say("constant", found=text, expected=self.text),
                _first_outside(text, lambda place, character: self.text[place] == character),
            )
        return text


@dataclass(frozen=True, slots=True)
class PayrollKey:
    """Three digits; some are reserved by the state."""

    length: int = 3
    reserved: ClassVar[frozenset[str]] = frozenset({"000", "888", "999"})

    @property
    def pattern(self) -> str:
        return f"(?!{'|'.join(sorted(self.reserved))})[0-9]{{3}}"

    def encode(self, value: str) -> str:
        return self.decode(value)

    def decode(self, text: str) -> str:
        if re.fullmatch("[0-9]{3}", text) is None:
            raise ShapeError(say("payroll_digits", found=text), _first_outside(text, _is_digit))
        if text in self.reserved:
            raise ShapeError(say("payroll_reserved", found=text))
        return text


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few codes; blank where allowed."""

    options: tuple[str, ...]
    length: int
    may_be_blank: bool = False
    followed_by: tuple[tuple[str, str], ...] = ()
    """For the short way: what must stand after each option (a document of the right form)."""

    @property
    def pattern(self) -> str:
        ahead = dict(self.followed_by)
        ways = [
            re.escape(option) + (f"(?={ahead[option]})" if option in ahead else "")
            for option in self.options
            if not ahead or option in ahead
        ]
        return f"(?:{'|'.join([*ways, ' ' * self.length] if self.may_be_blank else ways)})"

    def encode(self, value: str) -> str:
        text = value or " " * self.length
        self.decode(text)
        return text

    def decode(self, text: str) -> str:
        if text in self.options:
            return text
        if self.may_be_blank and not text.strip(" "):
            return ""
        key = "choice_or_blank" if self.may_be_blank else "choice"
        raise ShapeError(say(key, found=text, expected=", ".join(self.options)))


@dataclass(frozen=True, slots=True)
class Number:
    """An identity number: letters, digits and hyphens, left-justified. Its form by type is a rule of its own."""

    length: int

    @property
    def pattern(self) -> str:
        return f"[A-Za-z0-9\\- ]{{{self.length}}}"

    def encode(self, value: str) -> str:
        if len(value) > self.length:
            raise ShapeError(say("too_long", count=len(value), length=self.length), self.length)
        text = value.ljust(self.length)
        self.decode(text)
        return text

    def decode(self, text: str) -> str:
        value = text.rstrip(" ")
        if re.fullmatch(r"[A-Za-z0-9-]+", value) is None:
            place = _first_outside(value, lambda _, c: c == "-" or (c.isascii() and c.isalnum()))
            saying = say("number_character", found=value[place]) if value else say("number_empty")
            raise ShapeError(saying, place)
        return value


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the state's alphabet; blank is the business of a rule."""

    length: int

    @property
    def pattern(self) -> str:
        return f"[A-ZÑ' \\-]{{{self.length}}}"

    def encode(self, value: str) -> str:
        try:
            name = transliterate(value)
        except UnwritableNameError as problem:
            raise ShapeError(say("name_unwritable", found=problem.character)) from None
        if len(name) > self.length:
            raise ShapeError(say("name_too_long", count=len(name), length=self.length), self.length)
        return name.ljust(self.length)

    def decode(self, text: str) -> str:
        if re.fullmatch(r"[A-ZÑ' -]*", text) is None:
            place = _first_outside(text, lambda _, c: c in "ABCDEFGHIJKLMNOPQRSTUVWXYZÑ' -")
            raise ShapeError(say("name_character", found=text[place]), place)
        return text.rstrip(" ")


@dataclass(frozen=True, slots=True)
class Day:
    """DDMMYYYY; blanks where it is optional."""

    may_be_blank: bool = True
    length: int = 8

    @property
    def pattern(self) -> str:
        # Of the last days of a month all but the 29th of February.
        most, late = "(?:0[1-9]|1[0-9]|2[0-8])(?:0[1-9]|1[0-2])", "(?:29|30)(?:0[13-9]|1[0-2])|31(?:0[13578]|1[02])"
        day = f"(?:{most}|{late})(?:19|20)[0-9]{{2}}"
        return f"(?:{day}| {{8}})" if self.may_be_blank else day

    def encode(self, value: dt.date | None) -> str:
        if value is None:
            if not self.may_be_blank:
                raise ShapeError(say("day_missing"))
            return " " * 8
        return f"{value.day:02d}{value.month:02d}{value.year:04d}"

    def decode(self, text: str) -> dt.date | None:
        if self.may_be_blank and text == " " * 8:
            return None
        if re.fullmatch("[0-9]{8}", text) is None:
            raise ShapeError(say("day_form", found=text), _first_outside(text, _is_digit))
        try:
            return dt.date(int(text[4:]), int(text[2:4]), int(text[:2]))
        except ValueError:
            raise ShapeError(say("day_none", found=text)) from None


@dataclass(frozen=True, slots=True)
class Amount:
    """Zero-padded, dot, two decimals; never blank, never signed."""

    length: int = 16

    @property
    def pattern(self) -> str:
        return f"[0-9]{{{self.length - 3}}}\\.[0-9]{{2}}"

    def encode(self, value: int) -> str:
        if value < 0:
            raise ShapeError(say("amount_negative", found=value))
        text = f"{value // 100:0{self.length - 3}d}.{value % 100:02d}"
        if len(text) > self.length:
            raise ShapeError(say("amount_too_big", found=value, length=self.length))
        return text

    def decode(self, text: str) -> int:
        if re.fullmatch(self.pattern, text) is None:
            dot = self.length - 3
            place = _first_outside(text, lambda p, c: c == "." if p == dot else "0" <= c <= "9")
            raise ShapeError(say("amount_form", found=text, expected=self.encode(450000)), place)
        return int(text[:-3]) * 100 + int(text[-2:])


@dataclass(frozen=True, slots=True)
class TaxNumber:
    """9 or 11 digits, left-justified; or blank."""

    length: int = 11

    @property
    def pattern(self) -> str:
        return f"(?: {{{self.length}}}|[0-9]{{{self.length}}}|[0-9]{{9}} {{{self.length - 9}}})"

    def encode(self, value: str) -> str:
        if len(value) > self.length:
            raise ShapeError(say("tax_number", found=value), self.length)
        text = value.ljust(self.length)
        self.decode(text)
        return text

    def decode(self, text: str) -> str:
        value = text.rstrip(" ")
        if value and re.fullmatch("[0-9]{9}(?:[0-9]{2})?", value) is None:
            raise ShapeError(say("tax_number", found=value), _first_outside(value, _is_digit))
        return value


@dataclass(frozen=True, slots=True)
class Employer:
    """RNC (9 digits) or cédula (11), right-justified behind blanks."""

    length: int = 11

    @property
    def pattern(self) -> str:
        return f"(?: {{{self.length - 9}}}[0-9]{{9}}|[0-9]{{{self.length}}})"

    def encode(self, value: str) -> str:
        text = value.rjust(self.length)
        self.decode(text)
        return text

    def decode(self, text: str) -> str:
        value = text.lstrip(" ")
        if re.fullmatch("[0-9]{9}(?:[0-9]{2})?", value) is None:
            place = _first_outside(text, lambda _, c: c == " " or "0" <= c <= "9")
            raise ShapeError(say("employer", found=text), place)
        return value


@dataclass(frozen=True, slots=True)
class Month:
    """MMYYYY, from 2003 on."""

    length: int = 6

    @property
    def pattern(self) -> str:
        return "(?:0[1-9]|1[0-2])20(?:0[3-9]|[1-9][0-9])"

    def encode(self, value: Period) -> str:
        if value.year < FIRST_YEAR:
            raise ShapeError(say("month_early", found=str(value), first=FIRST_YEAR))
        return f"{value.month:02d}{value.year:04d}"

    def decode(self, text: str) -> Period:
        if re.fullmatch("[0-9]{6}", text) is None:
            raise ShapeError(say("month_form", found=text), _first_outside(text, _is_digit))
        try:
            period = Period(int(text[2:]), int(text[:2]))
        except PeriodError:
            raise MonthError(say("month_none", found=text)) from None
        if period.year < FIRST_YEAR:
            raise MonthError(say("month_early", found=text, first=FIRST_YEAR), 2)
        return period


class MonthError(ShapeError):
    """Six digits that are no month of the system's."""

    code = "252"


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number, zero-padded."""

    length: int = 6

    @property
    def pattern(self) -> str:
        return f"[0-9]{{{self.length}}}"

    def encode(self, value: int) -> str:
        text = f"{value:0{self.length}d}"
        if value < 0 or len(text) > self.length:
            raise ShapeError(say("count_too_big", found=value, length=self.length))
        return text

    def decode(self, text: str) -> int:
        if re.fullmatch(self.pattern, text) is None:
            raise ShapeError(say("digits", found=text, length=self.length), _first_outside(text, _is_digit))
        return int(text)


@dataclass(frozen=True, slots=True)
class Digits:
    """Digits that are a name and no number: leading zeros count."""

    length: int

    @property
    def pattern(self) -> str:
        return f"[0-9]{{{self.length}}}"

    def encode(self, value: str) -> str:
        if len(value) != self.length:
            raise ShapeError(say("digits", found=value, length=self.length), min(len(value), self.length))
        return self.decode(value)

    def decode(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            raise ShapeError(say("digits", found=text, length=self.length), _first_outside(text, _is_digit))
        return text


@dataclass(frozen=True, slots=True)
class Opaque:
    """Text whose meaning is not known here: kept as it is."""

    length: int

    @property
    def pattern(self) -> str:
        return f"[ -~\u00a0-\u00ff]{{{self.length}}}"

    def encode(self, value: str) -> str:
        if len(value) > self.length:
            raise ShapeError(say("too_long", count=len(value), length=self.length), self.length)
        text = value.ljust(self.length)
        self.decode(text)
        return text

    def decode(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            place = _first_outside(text, lambda _, c: " " <= c <= "~" or "\u00a0" <= c <= "\u00ff")
            raise ShapeError(say("unprintable", found=text[place]), place)
        return text.rstrip(" ")
