"""AM and AR: what the state says of each worker's line, and what it bills for it."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.sandbox.state.bill import Tariff
from gateway.sandbox.state.identity import Register
from gateway.sandbox.state.layout import AMOUNT
from gateway.sandbox.state.realm import ACCEPTED, CHANGED, NOTHING, REJECTED, Row

_NAME = r"[A-ZÑ '\-]"
_USUAL = re.compile(
    rf"D[0-9]{{3}}C[0-9]{{11}} {{14}}{_NAME}{{130}}[MF ](?:[0-9]{{8}}| {{8}})(?:{AMOUNT}){{4}}"
    rf"(?: {{11}}|[0-9]{{9}}  |[0-9]{{11}})"
    rf"(?:{AMOUNT}){{3}}(?:{AMOUNT}(?:(?:    |000[1-7])(?:0[123]{AMOUNT}){{0,3}})?)?"
)
"""A citizen's line with nothing wrong in any field; whatever does not match is looked at field by field."""
_ONE_AMOUNT = re.compile(AMOUNT)
_NAMES = re.compile(rf"{_NAME}*")
_AGENT = re.compile(r" {11}|\d{9}  |\d{11}")
_PERIODIC = ((185, "157"), (201, "158"), (217, "PY1"), (244, "PY1"), (260, "PY1"), (276, "PY1"))
_ZERO = "0000000000000.00"
_MONEY_AT = (169, 185, 201, 217, 244, 260, 276)
Forced = Callable[[int, str, int], tuple[str, int] | None]
"""A scripted verdict: line number, document, wage in; code and wage out, None for none. Code "0" changes the wage."""


def minor(line: str, at: int) -> int:
    """Read the amount of sixteen characters that begins there."""
    return int(line[at : at + 13] + line[at + 14 : at + 16])


def is_date(text: str) -> bool:
    """Tell whether eight characters are a day, DDMMYYYY."""
    try:
        dt.datetime.strptime(text, "%d%m%Y")  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        return False
    return True


@dataclass
class PayrollJudge:
    """Everything that decides on the lines of one payroll file."""

    tariff: Tariff
    register: Register
    repeated: set[str]
    inactive_payrolls: set[str]
    dependants: Mapping[str, int]
    """By payroll, document type and document of the holder."""
    forced: Forced | None = None
    track: bool = False
    """Whether a person may stand in this file under several payrolls."""
    silent: bool = False
    """Whether scripted changes of wage are kept quiet."""
    running: dict[str, int] = field(default_factory=dict)

    def judge(self, number: int, line: str, declared: Mapping[str, list[tuple[str, int]]]) -> Row:
        """Return the verdict on one line.

        Args:
            number: Of the line in the file.
            line: Its text.
            declared: For some persons, the payrolls and wages the state took for the period before.
        """
        usual = _USUAL.fullmatch(line) is not None
        kind, document = line[4], line[5:30].rstrip(" ")
        person, payroll = kind + document, line[1:4]
        wage = minor(line, 169) if usual or _ONE_AMOUNT.fullmatch(line, 169, 185) else 0
        code = None if usual else self._field_error(line, kind)
        code = code or self._refusal(line, kind, document, payroll, declared.get(person))
        declared_wage, status = wage, ACCEPTED
        if self.forced is not None and code is None and (order := self.forced(number, document, wage)):
            code, wage = (None, order[1]) if order[0] == "0" else (order[0], wage)
            status = ACCEPTED if self.silent or wage == declared_wage else CHANGED
        if code is not None:
            return (number, payroll, kind, document, REJECTED, code, declared_wage, 0, 0, *NOTHING)
        before = sum(one[1] for one in declared[person]) if person in declared else 0
        if self.track:
            before += self.running.get(person, 0)
            self.running[person] = self.running.get(person, 0) + wage
        heads = self.dependants.get(payroll + person, 0) if self.dependants else 0
        billed = self.tariff.components(before, wage)
        return (
            number, payroll, kind, document, status, "0", declared_wage, wage, heads,
            *billed, heads * self.tariff.dependant_minor, 0 if line[185:201] == _ZERO else minor(line, 185),
        )  # fmt: skip

    def _refusal(
        self, line: str, kind: str, document: str, payroll: str, taken: list[tuple[str, int]] | None
    ) -> str | None:
        if payroll in ("000", "888", "999") or not payroll.isdecimal():
            return "155"
        if payroll in self.inactive_payrolls:
            return "194"
        if unknown := self.register.refusal(kind, document):
            return unknown
        if line[1:30] in self.repeated or (taken and any(one[0] == payroll for one in taken)):
            return "422"
        if self.register.says("not_active", document):
            return "514"
        if line[169:185] == _ZERO and not any(minor(line, at) for at in _MONEY_AT):
            return "188"
        return None

    def _field_error(self, line: str, kind: str) -> str | None:
        if kind not in "CNP":
            return "101"
        if not _ONE_AMOUNT.fullmatch(line, 169, 185):
            return "156"
        for at, code in _PERIODIC:
            if not _ONE_AMOUNT.fullmatch(line, at, at + 16):
                return code
        if len(line) > 292 and not _ONE_AMOUNT.fullmatch(line, 292, 308):
            return "321"
        if len(line) > 308 and line[308:312] not in ("    ", *(f"000{n}" for n in range(1, 8))):
            return "572"
        return _person_error(line, kind)


def _person_error(line: str, kind: str) -> str | None:
    names, surname, sex, birth = line[30:80], line[80:120], line[160], line[161:169]
    if kind == "P":
        if not names.strip() or not _NAMES.fullmatch(names):
            return "105"
        if not surname.strip() or not _NAMES.fullmatch(surname):
            return "106"
        if sex not in "MF":
            return "107"
        if not is_date(birth):
            return "108"
    if not _NAMES.fullmatch(line[30:160]) or sex not in "MF " or (birth.strip() and not is_date(birth)):
        return "PY1"
    return None if _AGENT.fullmatch(line[233:244]) else "PY1"
