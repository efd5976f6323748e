"""Every adapter as the conformance suite needs it: people, a damaged line for each kind of damage, a way to read back.

A country joins the suite by one entry in ``ADAPTERS``; everything else is asked of its own format and rates.
"""

import io
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from stdnum import luhn
from tests.authority.tss_samples import cedula
from tests.conftest import ROOT

import gateway.authority
from gateway.authority import country as folders
from gateway.authority.connect import state_format
from gateway.authority.do_tss.records import get_edition, read_records
from gateway.authority.protocol import DeclaredWorker, FilingHead, StateFormat
from gateway.contributions import schedule
from gateway.contributions.rules import assess
from gateway.kit.period import Period

TEMPLATES = ROOT / "docs" / "templates" / "country"
PERIOD = Period(2026, 3)


class Seen(NamedTuple):
    """What a file says of one worker."""

    document: str
    name: str
    wage_minor: int
    amounts_minor: tuple[int, ...]
    """What the line says is paid; nothing where the state works it out itself."""


@dataclass(frozen=True)
class Damage:
    """One byte or so made wrong in a good line, and what must be said of it."""

    name: str
    damage: Callable[[str], str]
    code: str


@dataclass(frozen=True)
class Adapter:
    """One country in the suite."""

    code: str
    employer: str
    payroll: str
    document_kind: str
    document: Callable[[int], str]
    unit_minor: int
    """A wage that may be declared is a multiple of this."""
    read_back: Callable[[bytes], list[Seen]]
    damages: Sequence[Damage]
    duplicate: str
    above_ceiling: int
    """A wage, in minor units, above every ceiling of the country."""
    envelope: int
    """Lines of a file that declare nobody."""

    @property
    def form(self) -> StateFormat:
        return state_format(self.code)

    def worker(self, number: int, wage_minor: int = 0, **changes: object) -> DeclaredWorker:
        """Return a worker with what she costs by component, as a filing would give her."""
        wage = wage_minor or (10_000 + number % 977) * 100
        wage -= wage % self.unit_minor
        components = components_of(self.code)
        paid = assess(wage, 0, components, age=PERIOD.year - 1986).amounts_minor
        given = DeclaredWorker(
            self.payroll, self.document_kind, self.document(number), "Ana", "Núñez", "Peña", "F",
            PERIOD.start.replace(year=1986), wage,
            components=tuple((part.code, minor) for part, minor in zip(components, paid, strict=True)),
        )  # fmt: skip
        return given._replace(**changes)

    def head(self, count: int, **changes: object) -> FilingHead:
        """Return the head of a filing of so many workers."""
        given = {"employer": self.employer, "period": PERIOD, "written_on": PERIOD.next().start, "worker_count": count}
        return FilingHead(**{**given, **changes})

    def files(self, workers: Iterable[DeclaredWorker], **changes: object) -> list[tuple[str, bytes]]:
        """Render a filing; return names and bytes."""
        everybody = list(workers)
        made = self.form.render(self.head(len(everybody), **changes), iter(everybody))
        return [(file.file_name, b"".join(file.chunks)) for file in made]

    def file(self, *workers: DeclaredWorker) -> bytes:
        """Render a filing that is one file."""
        ((_, body),) = self.files(workers)
        return body

    def verdict(self, body: bytes):
        """Return what the state would answer."""
        return self.form.check_file(io.BytesIO(body))

    def damaged(self, change: Callable[[str], str], *, among: int = 3, place: int = 1) -> bytes:
        """Return a file of so many workers in which one line, counted from 0, is changed."""
        lines = self.file(*(self.worker(number) for number in range(1, among + 1))).decode("latin-1").split("\n")
        at = self.first_line - 1 + place
        ending = "\r" if lines[at].endswith("\r") else ""
        lines[at] = change(lines[at].removesuffix("\r")) + ending
        return "\n".join(lines).encode("latin-1")

    @property
    def first_line(self) -> int:
        """Line of the file, from 1, that declares the first worker."""
        (file,) = self.form.render(self.head(1), iter([self.worker(1)]))
        b"".join(file.chunks)
        return file.head_lines + 1


@cache
def components_of(country: str):
    """Return what a month costs, resolved once."""
    return schedule.resolve(country, PERIOD).components


def _read_dominican(body: bytes) -> list[Seen]:
    found = [record for record in read_records(io.BytesIO(body), get_edition("AM")) if record.type == "D"]
    names = ("given_names", "first_surname", "second_surname")
    return [
        Seen(one.values["document"], " ".join(one.values[name] for name in names), one.values["wage"], ())
        for one in found
    ]


def _read_indian(body: bytes) -> list[Seen]:
    rows = [line.split("#~#") for line in body.decode("ascii").splitlines()]
    return [Seen(row[0], row[1], int(row[3]) * 100, tuple(int(part) * 100 for part in row[6:9])) for row in rows]


def _read_example(body: bytes) -> list[Seen]:
    rows = [line.split(";") for line in body.decode("ascii").splitlines()[1:]]
    return [Seen(row[0], row[1], int(row[2]), (int(row[3]),)) for row in rows]


def _at(place: int, text: str) -> Callable[[str], str]:
    """Overwrite from a position, counted from 1."""
    return lambda line: line[: place - 1] + text + line[place - 1 + len(text) :]


def _field(separator: str, number: int, text: str) -> Callable[[str], str]:
    def change(line: str) -> str:
        parts = line.split(separator)
        parts[number] = text
        return separator.join(parts)

    return change


def _ecr(number: int, text: str) -> Callable[[str], str]:
    return _field("#~#", number, text)


ADAPTERS = (
    Adapter(
        code="do",
        employer="401999999",
        payroll="001",
        document_kind="national_id",
        document=lambda number: cedula(9_990_000_000 + number),
        unit_minor=1,
        read_back=_read_dominican,
        damages=(
            Damage("a payroll key that no state gives", _at(2, "000"), "155"),
            Damage("a letter for no kind of document", _at(5, "X"), "101"),
            Damage("a wage without a decimal point", _at(183, "0"), "156"),
            Damage("nothing declared at all", _at(170, "0000000000000.00"), "188"),
        ),
        duplicate="422",
        above_ceiling=50_000_000,
        envelope=2,
    ),
    Adapter(
        code="in",
        employer="MHBAN9990001000",
        payroll="MUM",
        document_kind="social_security",
        document=lambda number: f"1000{number:08d}",
        unit_minor=100,
        read_back=_read_indian,
        damages=(
            Damage("a UAN of eleven digits", lambda line: line[1:], "UAN"),
            Damage("a UAN with a letter", _at(12, "O"), "UAN"),
            Damage("a digit in the name", _ecr(1, "ANA NUNEZ 2"), "NAME"),
            Damage("no name", _ecr(1, " "), "NAME"),
            Damage("a name of 86 letters", _ecr(1, "A" * 86), "NAME"),
            Damage("paise in the wages", _ecr(2, "10002.50"), "GROSS_WAGES"),
            Damage("EPF wages above the gross", _ecr(3, "99999"), "EPF_WAGES"),
            Damage("EPS wages above the ceiling", _ecr(4, "15001"), "EPS_WAGES"),
            Damage("EDLI wages above the ceiling", _ecr(5, "15001"), "EDLI_WAGES"),
            Damage("a rupee too much for the worker", _ecr(6, "1201"), "EPF_CONTRIBUTION"),
            Damage("a pension above its cap", _ecr(7, "1251"), "EPS_CONTRIBUTION"),
            Damage("a difference that is none", _ecr(8, "368"), "EPF_EPS_DIFFERENCE"),
            Damage("32 days in a month", _ecr(9, "32"), "NCP_DAYS"),
            Damage("a refund below zero", _ecr(10, "-1"), "REFUND"),
            Damage("ten fields", lambda line: line.rpartition("#~#")[0], "FIELDS"),
            Damage("twelve fields", lambda line: line + "#~#0", "FIELDS"),
            Damage("another separator", lambda line: line.replace("#~#", ","), "FIELDS"),
            Damage("an empty line", lambda _line: "", "FIELDS"),
        ),
        duplicate="DUPLICATE",
        above_ceiling=2_200_000,
        envelope=0,
    ),
    Adapter(
        code="xx",
        employer="EX-1",
        payroll="AB",
        document_kind="national_id",
        document=lambda number: (digits := f"{number:07d}") + luhn.calc_check_digit(digits),
        unit_minor=1,
        read_back=_read_example,
        damages=(
            Damage("a card of seven digits", lambda line: line[1:], "CARD"),
            Damage("a digit in the name", _field(";", 1, "ANA 2"), "NAME"),
            Damage("a wage with a point", _field(";", 2, "1.5"), "WAGE"),
            Damage("a franc too much", _field(";", 3, "1"), "AMOUNT"),
            Damage("three fields", lambda line: line.rpartition(";")[0], "LINE"),
        ),
        duplicate="TWICE",
        above_ceiling=300_000,
        envelope=1,
    ),
)


def with_template(patch) -> None:
    """Let the template country stand beside the others, as a folder copied into the project would."""
    patch.setattr(gateway.authority, "__path__", [*gateway.authority.__path__, str(TEMPLATES)])
    folders.countries.cache_clear()
    known = schedule.tables_of
    rates = tomllib.loads((TEMPLATES / "xx_example" / "rates.toml").read_text("utf-8"))
    patch.setattr(schedule, "tables_of", lambda country: rates if country == rates["country"] else known(country))
