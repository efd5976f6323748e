"""NV: entries, exits, leaves and changes of data. They are read and answered; nothing is billed for them."""

import datetime as dt
import re
from dataclasses import dataclass

from gateway.sandbox.state.identity import Register
from gateway.sandbox.state.judge_payroll import is_date, minor
from gateway.sandbox.state.layout import AMOUNT, key_of
from gateway.sandbox.state.realm import ACCEPTED, NOTHING, REJECTED, Row

_EVENTS = ("IN", "SA", "VC", "LV", "LM", "LD", "AD")
_WAGE = re.compile(AMOUNT)
_AHEAD = 30
"""Entries and exits may be announced at most this many days ahead."""


@dataclass
class MovementJudge:
    """Everything that decides on the lines of one file of movements."""

    register: Register
    repeated: set[str]
    inactive_payrolls: set[str]
    today: dt.date

    def judge(self, number: int, line: str) -> Row:
        """Return the verdict on one line."""
        kind, document = line[22], line[23:48].rstrip(" ")
        code = self._refusal(line, kind, document)
        wage = minor(line, 187) if _WAGE.fullmatch(line, 187, 203) else 0
        status = ACCEPTED if code is None else REJECTED
        return (number, line[1:4], kind, document, status, code or "0", wage, 0 if code else wage, 0, *NOTHING)

    def _refusal(self, line: str, kind: str, document: str) -> str | None:
        payroll, event, start, end = line[1:4], line[4:6], line[6:14], line[14:22]
        if payroll in ("000", "888", "999") or not payroll.isdecimal():
            return "155"
        if payroll in self.inactive_payrolls:
            return "194"
        if event not in _EVENTS:
            return "164"
        if not self._is_timely(event, start, end):
            return "39"
        if unknown := self.register.refusal(kind, document):
            return unknown
        if not _WAGE.fullmatch(line, 187, 203):
            return "156"
        return "422" if key_of("NV", line) in self.repeated else None

    def _is_timely(self, event: str, start: str, end: str) -> bool:
        given = [day for day in (start, end) if day.strip()]
        if not all(map(is_date, given)):
            return False
        if not start.strip() and event != "AD" and (event != "SA" or not given):
            return False
        days = list(map(_day, given))
        if days != sorted(days):
            return False
        bound = days if event == "SA" else days[:1] if event == "IN" else []
        return all(day <= self.today + dt.timedelta(days=_AHEAD) for day in bound)


def _day(text: str) -> dt.date:
    return dt.date(int(text[4:]), int(text[2:4]), int(text[:2]))
