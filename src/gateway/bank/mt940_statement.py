"""One MT940 message as a statement: its account, balances and lines, each amount read to the unit."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.bank.camt_entry import Unreadable, read_amount
from gateway.bank.currencies import find_currency
from gateway.bank.mt940_text import Details, identifier, read_details
from gateway.bank.statement import Line, Quarantined, Statement, balance_problem
from gateway.kit.money import Currency

_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})(\d{1,18}(?:,\d*)?)")
_EXPECTED = re.compile(r"\d{6}(?:\d{4})?E[CD]")
_NUMBER = re.compile(r"(\d+)(?:/(\d+))?")
_TOTAL = re.compile(r"(\d*)([A-Z]{3})(\d{1,15}(?:,\d*)?)")
_YEAR_AWAY = 180
_DAYS_NEAR = 7
_LONGEST_REFERENCE = 16

Parse = Callable[[str], Mapping[str, str | None]]


class Message:
    """One message being read, field by field."""

    def __init__(self, place: str, notes: list[str]) -> None:
        self.place = place
        self.account = self.reference = self.number = ""
        self.page_no: int | None = None
        self._is_last = True
        self._unit: Currency | None = None
        self._opening: tuple[int, dt.date] | None = None
        self._closing: tuple[int, dt.date] | None = None
        self._lines: list[Line] = []
        self._count = self._unbooked = 0
        self._awaits_text = False
        self._totals: list[tuple[str, str]] = []
        self._tolerances = dict.fromkeys(notes)

    def take(self, tag: str, value: str, parse: Parse) -> None:
        """Take the next field.

        Raises:
            Unreadable: What the field says cannot be read exactly.
        """
        awaited, self._awaits_text = self._awaits_text, False
        if tag == "20":
            self.reference = value.strip()
        elif tag in ("25", "25P"):
            self.account = "".join(value.split("\n")[0].split())
        elif tag in ("28", "28C"):
            self._numbered(value)
        elif tag in ("60F", "60M"):
            self._opening = self._balance(value)
            self._is_interim(tag)
        elif tag in ("62F", "62M"):
            self._closing = self._balance(value)
            self._is_interim(tag)
            self._is_last = tag == "62F"
        elif tag == "61":
            self._line(value, parse)
        elif tag == "86" and awaited:
            self._tell(read_details(value))
        elif tag in ("90C", "90D"):
            self._totals.append((tag, value.strip()))

    def finish(self) -> Statement | Quarantined:
        """Return the statement, or why it is put aside."""
        if not self.account:
            return Quarantined("the message names no account (field 25)", self.place, None, self.reference or None)
        if self._unit is None:
            told = "no balance names a currency (fields 60F and 62F), so no amount can be read; ask the bank for a whole statement"
            return Quarantined(told, self.place, self.account, self.reference or None)
        amounts = [line.amount_minor for line in self._lines]
        self._check_totals(amounts)
        opening, closing = self._opening, self._closing
        days = [line.booked_on for line in self._lines] + [b[1] for b in (opening, closing) if b is not None]
        ends = (opening[0] if opening else None, closing[0] if closing else None)
        return Statement(
            account=self.account,
            currency=self._unit.code,
            reference=self.number or self.reference,
            sequence="",
            from_on=min(days, default=None),
            to_on=max(days, default=None),
            opening_minor=ends[0],
            closing_minor=ends[1],
            credits_minor=sum(minor for minor in amounts if minor > 0),
            debits_minor=-sum(minor for minor in amounts if minor < 0),
            entry_count=self._count - self._unbooked,
            lines=self._lines,
            tolerances=list(self._tolerances),
            problem=balance_problem(*ends, sum(amounts), self._unit.code),
            unbooked_count=self._unbooked,
            place=self.place,
            page_no=None if self._is_last and self.page_no == 1 else self.page_no,
            is_last_page=self._is_last,
        )

    def _numbered(self, value: str) -> None:
        match = _NUMBER.fullmatch(value.strip())
        if match is not None:
            self.number, self.page_no = match.group(1), int(match.group(2)) if match.group(2) else None

    def _is_interim(self, tag: str) -> None:
        if tag.endswith("M"):
            self._tolerances["interim balances open or close a page of the statement"] = None
            self.page_no = self.page_no or 1

    def _balance(self, value: str) -> tuple[int, dt.date]:
        match = _BALANCE.fullmatch(value.strip())
        if match is None:
            raise Unreadable(
                f"{value.strip()[:40]!r} is no balance; expected C or D, YYMMDD, a currency, an amount with a comma"
            )
        mark, day, code, amount = match.groups()
        unit = find_currency(code)
        if unit is None:
            raise Unreadable(f"unknown currency {code!r}; expected one of ISO 4217")
        if self._unit is not None and self._unit != unit:
            raise Unreadable(f"one account in several currencies: {self._unit.code}, {code}")
        self._unit = unit
        minor = self._amount(amount)
        return (minor if mark == "C" else -minor), _day(day)

    def _amount(self, text: str) -> int:
        if self._unit is None:
            raise Unreadable("a statement line before any balance (field 60F), so its currency is not known")
        if text.count(",") > 1:
            raise Unreadable(f"{text[:40]!r} is no amount; expected digits with one comma")
        if "," not in text:
            self._tolerances["an amount without a comma is of whole units"] = None
        minor, notes = read_amount(text.replace(",", "."), self._unit)
        self._tolerances.update(dict.fromkeys(notes))
        return minor

    def _line(self, value: str, parse: Parse) -> None:
        self._count += 1
        if _EXPECTED.match(value):
            self._unbooked += 1
            return
        found = parse(value)
        minor = self._amount(found["amount"] or "")
        value_on = self._value_day(found)
        status = (found["status"] or "").upper()
        if not minor:
            self._tolerances["an entry of zero is left out"] = None
            return
        extra = " ".join((found["extra_details"] or "").split())
        named = (found["customer_reference"] or "").strip()
        if len(named) > _LONGEST_REFERENCE:
            # Banks that write more write an account or a sentence there, and no id of the payment.
            self._tolerances["a reference of more than 16 characters is taken as text"] = None
            named, extra = "", f"{named} {extra}".strip()
        self._awaits_text = True
        self._lines.append(
            Line(
                entry_no=self._count,
                detail_no=0,
                booked_on=_booked(found, value_on),
                value_on=value_on,
                amount_minor=minor if status in ("C", "RD") else -minor,
                end_to_end_id=identifier(named),
                bank_reference=identifier(found["bank_reference"]),
                reference=None,
                text=extra or None,
                counterparty=None,
                counterparty_account=None,
                is_reversal=status.startswith("R"),
                flags=(),
            )
        )

    def _value_day(self, found: Mapping[str, str | None]) -> dt.date:
        day, month, year = found["day"] or "", found["month"] or "", found["year"] or ""
        try:
            return _day(f"{year}{month}{day}")
        except Unreadable:
            if month != "02" or day not in ("29", "30") or not (found["entry_month"] or "").strip():
                raise
            # Interest is reckoned in months of thirty days, so that some banks value on the 30th of February.
            last = _day(f"{year}0301") - dt.timedelta(days=1)
            if abs((_booked(found, last) - last).days) > _DAYS_NEAR:
                raise
        self._tolerances[f"a value date of {day} February is taken as the last day of that month"] = None
        return last

    def _tell(self, details: Details) -> None:
        # Field 86 belongs to the line before it.
        last = self._lines[-1]
        self._lines[-1] = replace(
            last,
            end_to_end_id=details.end_to_end_id or last.end_to_end_id,
            text=" ".join(part for part in (details.text, last.text) if part) or None,
            counterparty=details.counterparty,
            counterparty_account=details.counterparty_account,
        )

    def _check_totals(self, amounts: list[int]) -> None:
        # Banks count reversals on either side; the balances prove the sum, so this is only told.
        for tag, value in self._totals:
            match = _TOTAL.fullmatch(value)
            mine = sum(abs(minor) for minor in amounts if (minor > 0) == (tag == "90C"))
            if match is None or self._amount(match.group(3)) != mine:
                self._tolerances[f"the bank's own total in field {tag} is not that of the lines"] = None


def _day(text: str) -> dt.date:
    try:
        return dt.date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        raise Unreadable(f"{text!r} is no date; expected YYMMDD") from None


def _booked(found: Mapping[str, str | None], value_on: dt.date) -> dt.date:
    month, day = (found["entry_month"] or "").strip(), (found["entry_day"] or "").strip()
    if not month:
        return value_on
    for year in (value_on.year, value_on.year + 1, value_on.year - 1):
        try:
            candidate = dt.date(year, int(month), int(day))
        except ValueError:
            continue
        if abs((candidate - value_on).days) <= _YEAR_AWAY:
            return candidate
    raise Unreadable(f"the booking day {month}{day} is no day near the value date {value_on}")
