"""What pages say things with: the texts of all areas, and amounts, days and numbers as the country writes them.

Each area has a catalogue of its own (``locale/<language>/<area>.po``), so that two people who write pages do not meet in
one file. A text that several areas say stands in ``frame.po``. The English sentence is the key.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal, format_percent

from gateway.backoffice.frame.days import read_day, read_instant, read_month
from gateway.kit.catalogues import is_many, read_catalogue, texts_in
from gateway.kit.money import currency_of
from gateway.kit.period import Period, PeriodError
from gateway.kit.untidy import DateError
from gateway.kit.written import locale_of, written_amount, written_money

LOCALES = Path(__file__).parent.parent / "locale"
LANGUAGES = {"es": "Español", "fr": "Français", "en": "English"}
DEFAULT = "es"
FRAME = "frame"
"""Name of the catalogue that all areas share."""


def N_(english: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a text that is looked up where it is shown."""
    return english


ROLES = {
    "cashier": N_("Cashier"),
    "collector": N_("Collector"),
    "filing_officer": N_("Filing officer"),
    "accountant": N_("Accountant"),
    "benefits_officer": N_("Benefits officer"),
    "manager": N_("Manager"),
    "auditor": N_("Auditor"),
}
"""What each role is called."""


COVERAGE = {
    "accepted": N_("The state accepted the member."),
    "changed": N_("The state accepted the member, with another amount."),
    "state_has_not_answered": N_("The state has not answered yet."),
    "filing_not_sealed": N_("The filing is a draft."),
    "not_prepared": N_("The month has not been prepared yet."),
    "rejected_by_state": N_("The state rejected the member's line."),
    "no_money": N_("The member paid nothing for it."),
    "short": N_("What the member paid was not enough."),
    "employer_short": N_("The employer's money was not enough."),
    "identity_incomplete": N_("The member's identity number is missing."),
    "dependant_incomplete": N_("Papers of a dependant are missing."),
    "wage_missing": N_("No wage is declared."),
    "not_assessed": N_("The month was not assessed for the member."),
    "assessment_outdated": N_("The member's data changed after the assessment."),
    "earlier_payroll": N_("Another payroll of the member's comes first."),
    "declared_elsewhere": N_("Somebody else declared the member."),
    "on_leave": N_("The member was on leave."),
    "left": N_("The member had left."),
    "deceased": N_("The member had died."),
    "not_enrolled": N_("The member was not enrolled."),
}
"""Why a month is covered or not, as the office says it of a member."""


COMMON = (
    N_("Amount"),
    N_("Balance"),
    N_("Benefits"),
    N_("Cash"),
    N_("Change"),
    N_("Day"),
    N_("Download"),
    N_("From"),
    N_("Fund"),
    N_("Identity number"),
    N_("Member"),
    N_("Member number"),
    N_("Members"),
    N_("Month"),
    N_("Name"),
    N_("No"),
    N_("Note"),
    N_("Payroll"),
    N_("Print"),
    N_("Reason"),
    N_("Receipt"),
    N_("Save"),
    N_("Search"),
    N_("Status"),
    N_("Telephone"),
    N_("To"),
    N_("Total"),
    N_("Upload"),
    N_("When"),
    N_("Who"),
    N_("Yes"),
)
"""What several areas say, translated once."""


@cache
def catalogue(language: str, area: str = FRAME) -> Mapping[str, tuple[str, ...]]:
    """Return what an area says in a language: English sentence -> text of one, text of many.

    Its own catalogue counts before the frame's, and that before those of the others, of which it needs the names alone.
    """
    paths = {path.stem: path for path in sorted((LOCALES / language).glob("*.po"))}
    found: dict[str, tuple[str, ...]] = {}
    for name in [*(name for name in paths if name not in {FRAME, area}), FRAME, area]:
        if name in paths:
            found.update(texts_in(read_catalogue(paths[name], language)))
    return found


UNREGISTERED = {"cash": N_("Till {name}"), "bank": N_("Bank account {name}"), "momo": N_("Mobile money {name}")}
"""What an account of the books is where nobody registered it under a name of its own."""


class Words:
    """One language of one mutual: its texts, and how it writes amounts, numbers, days and instants."""

    def __init__(self, language: str, country: str = "DO", time_zone: str = "UTC", area: str = FRAME) -> None:
        self.language = language if language in LANGUAGES else DEFAULT
        self.locale = locale_of(self.language, country)
        self._texts = catalogue(self.language, area)
        self.zone = ZoneInfo(time_zone)
        """The mutual's."""

    def say(self, english: str, **places: Any) -> str:
        """Return a text with its places filled in."""
        found = self._texts.get(english)
        text = found[0] if found and found[0] else english
        return text.format(**places) if places else text

    def count(self, one: str, many: str, number: int, **places: Any) -> str:
        """Return the text for so many; ``{n}`` is the number as it is written here."""
        found, is_of_many = self._texts.get(one), is_many(self.language, number)
        text = many if is_of_many else one
        if found and all(found):
            text = found[min(int(is_of_many), len(found) - 1)]
        return text.format(n=self.number(number), **places)

    def account(self, code: str, names: Mapping[str, str]) -> str:
        """Return what a till or an account at a bank or provider is called; what one that is not registered is, and which.

        Args:
            code: In the books, ``cash:main``.
            names: Code -> name of those that are registered.
        """
        kind, _, rest = code.partition(":")
        said = UNREGISTERED.get(kind)
        return names.get(code) or (self.say(said, name=rest) if said and rest else code)

    def number(self, value: int | Decimal) -> str:
        """Return a number with its thousands apart."""
        return str(format_decimal(value, locale=self.locale))

    def decimal(self, value: Decimal) -> str:
        """Return a number with its thousands apart and every decimal it was written with."""
        places = max(0, -int(value.as_tuple().exponent))
        return str(format_decimal(value, "#,##0" + ("." + "0" * places if places else ""), locale=self.locale))

    def share(self, value: float | Decimal) -> str:
        """Return a share of one in hundredths, with one decimal."""
        return str(format_percent(value, "#,##0.0 %", locale=self.locale))

    def exact_share(self, value: Decimal) -> str:
        """Return a share of one in hundredths with every decimal it has: a rate of the law is never rounded."""
        return str(format_percent(value, "#,##0.00## %", locale=self.locale))

    def money(self, minor: int, currency: str) -> str:
        """Return an amount without its currency, for a column whose head names it."""
        return written_money(minor, currency, self.locale)

    def amount(self, minor: int, currency: str) -> str:
        """Return an amount and its currency, for example ``DOP 3,400,117.20``; they are never parted at a line's end."""
        return written_amount(minor, currency, self.locale)

    def rate(self, text: str, currency: str) -> str:
        """Return a rate as people read it: a share of the wage in hundredths, or a fixed amount."""
        value = Decimal(text)
        if value >= 1:
            return self.amount(int(value.scaleb(currency_of(currency).exponent)), currency)
        return self.exact_share(value)

    def day(self, value: dt.date | None) -> str:
        """Return a day in short, or nothing."""
        return "" if value is None else str(format_date(value, "dd/MM/yyyy", locale=self.locale))

    def iso_day(self, value: str | None) -> str:
        """Return a day in short that was kept as text (``2026-03-31``), or nothing."""
        return "" if value is None else self.day(dt.date.fromisoformat(value))

    def long_day(self, value: dt.date) -> str:
        """Return a day with its weekday and month in words."""
        return str(format_date(value, "full", locale=self.locale))

    def in_words(self, typed: str, kind: str = "date", latest: dt.date | None = None) -> str:
        """Return a day (``date``), a month or an ``instant`` as it was typed, in words; nothing where none was typed.

        3/7 is another day to somebody who writes the month first: in words it is only one.
        """
        try:
            if kind == "instant":
                at = read_instant(typed, self.zone).astimezone(self.zone)
                return f"{self.long_day(at.date())}, {at:%H:%M}"
            return self.month(read_month(typed)) if kind == "month" else self.long_day(read_day(typed, latest))
        except (DateError, PeriodError):
            return ""

    def month(self, value: Period | dt.date) -> str:
        """Return a month in words and its year."""
        first = value.start if isinstance(value, Period) else value
        return str(format_skeleton("yMMMM", first, locale=self.locale))

    def short_month(self, value: Period | dt.date) -> str:
        """Return a month in three or four letters."""
        first = value.start if isinstance(value, Period) else value
        return str(format_date(first, "LLL", locale=self.locale)).rstrip(".")

    def instant(self, value: dt.datetime | None) -> str:
        """Return an instant by the mutual's clock, or nothing."""
        if value is None:
            return ""
        return str(format_datetime(value.astimezone(self.zone), "dd/MM/yyyy HH:mm", locale=self.locale))
