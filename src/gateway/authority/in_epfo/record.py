"""One line of the fund's file: eleven fields, in order, and what each may hold. Source: SRC-020."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from gateway.authority.in_epfo.editions import Edition

NAME_MARKS = re.compile(r"[A-Z .]*")
FIELDS = (
    "uan",
    "name",
    "gross_wages",
    "epf_wages",
    "eps_wages",
    "edli_wages",
    "epf_contribution",
    "eps_contribution",
    "epf_eps_difference",
    "ncp_days",
    "refund_of_advances",
)
CODES = {
    "uan": "UAN",
    "name": "NAME",
    "gross_wages": "GROSS_WAGES",
    "epf_wages": "EPF_WAGES",
    "eps_wages": "EPS_WAGES",
    "edli_wages": "EDLI_WAGES",
    "epf_contribution": "EPF_CONTRIBUTION",
    "eps_contribution": "EPS_CONTRIBUTION",
    "epf_eps_difference": "EPF_EPS_DIFFERENCE",
    "ncp_days": "NCP_DAYS",
    "refund_of_advances": "REFUND",
}
"""Our code for what is wrong in a field: the portal answers in words alone."""
STRUCTURE = "FIELDS"
MOST_DAYS = 31
_WHOLE = re.compile(r"[0-9]{1,12}")
_UAN = re.compile(r"[0-9]{12}")

Values = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a line."""

    field: str
    code: str
    message: str
    column: int


def encode(values: Values, edition: Edition) -> tuple[str, list[Fault]]:
    """Write a line; it is whole only if there is no fault."""
    line = edition.separator.join(str(values[field]) for field in FIELDS)
    _, faults = decode(line, edition)
    return line, faults


def decode(line: str, edition: Edition) -> tuple[dict[str, str | int], list[Fault]]:
    """Read a line and judge it, field by field and then as a whole; a field that cannot be read has no value.

    Nearly every line is good and is seen to be by one pattern and some sums; only another is looked at the long way.
    """
    found = _good_line(edition.separator, edition.name_length).fullmatch(line)
    if found is not None and found[2].strip():
        numbers = [int(text) for text in found.groups()[2:]]
        if _agrees(numbers, edition):
            return dict(zip(FIELDS, (found[1], found[2], *numbers), strict=True)), []
    return _decode_slowly(line, edition)


@cache
def _good_line(separator: str, name_length: int) -> "re.Pattern[str]":
    between = re.escape(separator)
    return re.compile(rf"([0-9]{{12}}){between}([A-Za-z .]{{1,{name_length}}})" + rf"{between}([0-9]{{1,12}})" * 9)


def _agrees(numbers: list[int], edition: Edition) -> bool:
    """Tell whether the numbers of a line fit one another; ``_disagreements`` says which do not."""
    gross, epf, eps, edli, employee, pension, difference, days, _ = numbers
    bound = min(epf, edition.wage_ceiling)
    return (
        epf <= gross
        and eps <= bound
        and edli <= bound
        and employee == edition.employee_share(epf)
        and pension == edition.pension_share(eps)
        and difference == edition.employer_share(epf) - pension
        and days <= MOST_DAYS
    )


def _decode_slowly(line: str, edition: Edition) -> tuple[dict[str, str | int], list[Fault]]:
    parts = line.split(edition.separator)
    if len(parts) != len(FIELDS):
        place = len(line) + 1 if len(parts) < len(FIELDS) else _column_of(parts, len(FIELDS), edition)
        expected = f"{len(FIELDS)} fields separated by {edition.separator}, without header or footer"
        return {}, [Fault("line", STRUCTURE, f"{len(parts)} fields; expected {expected}", place)]
    values: dict[str, str | int] = {}
    faults: list[Fault] = []
    for number, (field, text) in enumerate(zip(FIELDS, parts, strict=True)):
        problem = _problem(field, text, edition)
        if problem is None:
            values[field] = text if field in ("uan", "name") else int(text)
        else:
            place, message = problem
            faults.append(Fault(field, CODES[field], message, _column_of(parts, number, edition) + place))
    for field, message in () if faults else _disagreements(values, edition):
        faults.append(Fault(field, CODES[field], message, _column_of(parts, FIELDS.index(field), edition)))
    return values, faults


def _column_of(parts: list[str], number: int, edition: Edition) -> int:
    return sum(len(part) + len(edition.separator) for part in parts[:number]) + 1


def _problem(field: str, text: str, edition: Edition) -> tuple[int, str] | None:
    """Say what is wrong with a field by itself: offset of the first wrong character, and a sentence."""
    if field == "uan":
        if _UAN.fullmatch(text):
            return None
        return _first_other(text, "0123456789", 12), f"{text[:40]!r} is no UAN; expected 12 digits"
    if field == "name":
        return _name_problem(text, edition)
    if _WHOLE.fullmatch(text):
        return None
    expected = "days" if field == "ncp_days" else "whole rupees"
    return _first_other(text, "0123456789", 12), f"{text[:40]!r} in {field}; expected {expected}, digits alone"


def _name_problem(text: str, edition: Edition) -> tuple[int, str] | None:
    if not text.strip():
        return 0, "the name is empty; write it as the fund's register has it"
    if len(text) > edition.name_length:
        return edition.name_length, f"{len(text)} characters in the name; at most {edition.name_length}"
    other = next((place for place, sign in enumerate(text.upper()) if not NAME_MARKS.fullmatch(sign)), None)
    if other is None:
        return None
    return other, f"{text[other]!r} in the name; expected letters A to Z, spaces and full stops"


def _first_other(text: str, known: str, most: int) -> int:
    return next((place for place, sign in enumerate(text) if sign not in known), min(len(text), most))


def _disagreements(values: Values, edition: Edition) -> list[tuple[str, str]]:
    """Say which fields do not fit the others, by the edition's ceilings and rates."""
    gross, epf, eps, edli, employee, pension, difference, days, _ = (int(values[field]) for field in FIELDS[2:])
    ceiling, employer = edition.wage_ceiling, edition.employer_share(epf)
    found: list[tuple[str, str]] = []

    def expect(is_right: bool, field: str, message: str) -> None:
        if not is_right:
            found.append((field, message))

    expect(epf <= gross, "epf_wages", f"{epf} is more than the gross wages of {gross}")
    expect(eps <= min(epf, ceiling), "eps_wages", f"{eps}; at most the EPF wages of {epf} and {ceiling}")
    expect(edli <= min(epf, ceiling), "edli_wages", f"{edli}; at most the EPF wages of {epf} and {ceiling}")
    wanted = edition.employee_share(epf)
    told = f"{employee}; {_per_cent(edition.employee_rate)} of EPF wages of {epf}, rounded, is {wanted}"
    expect(employee == wanted, "epf_contribution", told)
    wanted = edition.pension_share(eps)
    rate = _per_cent(edition.pension_rate)
    told = f"{pension}; {rate} of EPS wages of {eps}, rounded and at most {edition.pension_cap}, is {wanted}"
    expect(pension == wanted, "eps_contribution", told)
    wanted = employer - pension
    told = f"{difference}; the employer's {employer} less {pension} for the pension is {wanted}"
    expect(difference == wanted, "epf_eps_difference", told)
    expect(days <= MOST_DAYS, "ncp_days", f"{days} days in a month; at most {MOST_DAYS}")
    return found


def _per_cent(rate: Fraction) -> str:
    return f"{float(rate * 100):.4g} %"
