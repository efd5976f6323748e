"""The people that are filed for, and their files: written as the gateway writes them, then damaged where a case asks it."""

import csv
import datetime as dt
import hashlib
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stdnum import luhn

from gateway.authority.connect import state_format
from gateway.authority.country import Country, Sample
from gateway.authority.protocol import DeclaredWorker, FilingHead
from gateway.contributions.rules import assess
from gateway.contributions.schedule import resolve
from gateway.kit.errors import GatewayError
from gateway.kit.money import currency_of, parse_amount
from gateway.kit.period import Period

_BORN = 1990
_NEIGHBOURS = 200
"""About as many as a run takes."""


class SampleMissingError(GatewayError):
    """There is nobody to file for."""

    code = "sample_missing"
    title = "Nobody to file for"


@dataclass(frozen=True)
class File:
    """One file, and who stands where in it."""

    kind: str
    body: bytes
    media_type: str
    documents: tuple[str, ...]
    """Of the people, in the order of the file."""
    first_line: int
    """Line of the file, from 1, of the first of them."""

    @property
    def sha256(self) -> str:
        """Return the digest of the bytes, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    def line_of(self, document: str) -> int:
        """Return on which line of the file a person stands."""
        return self.first_line + self.documents.index(document)

    def with_body(self, body: bytes) -> "File":
        """Return a file with other bytes."""
        return File(self.kind, body, self.media_type, self.documents, self.first_line)


class People:
    """Takes people one after the other, each once, and writes files about them."""

    def __init__(self, country: Country, *, people: Path | None, unknown: str | None, seed: int | None) -> None:
        sample = country.sample
        if sample is None:
            raise SampleMissingError(
                f"{country.folder}/country.toml has no [sample]; docs/new-country.md says what it is"
            )
        self.country, self.sample = country, sample
        self.form = state_format(country.code)
        self.unknown = unknown or sample.unknown
        self.wage_minor = parse_amount(sample.wage, currency_of(country.currency))
        self._waiting = _read(people) if people else _made(sample, seed)

    def take(self, count: int) -> list[str]:
        """Return so many identity numbers that were not taken before.

        Raises:
            SampleMissingError: The file of people is used up.
        """
        found = [number for _, number in zip(range(count), self._waiting, strict=False)]
        if len(found) < count:
            raise SampleMissingError("the file of people has too few rows: each person is filed for once; give more")
        return found

    def file(
        self, documents: Sequence[str], *, employer: str, payroll: str, period: Period, written_on: dt.date
    ) -> File:
        """Write one file that declares these people."""
        components = resolve(self.country.code, period).components
        amounts = assess(self.wage_minor, 0, components, age=period.year - _BORN).amounts_minor
        parts = tuple((part.code, minor) for part, minor in zip(components, amounts, strict=True))
        workers = [
            DeclaredWorker(
                payroll, self.sample.kind, document, "Ana", "Prueba", "Prueba", "F", dt.date(_BORN, 1, 2), self.wage_minor,
                components=parts,
            )
            for document in documents
        ]  # fmt: skip
        head = FilingHead(employer, period, written_on, len(workers))
        (made,) = self.form.render(head, iter(workers))
        body = b"".join(made.chunks)
        return File(made.kind, body, made.media_type, tuple(documents), made.head_lines + 1)

    def with_unknown(self, file: File) -> File:
        """Return the file with the first person's number replaced by one that nobody has, and nothing else changed."""
        document = file.documents[0]
        body = file.body.replace(document.encode(), self.unknown.ljust(len(document)).encode()[: len(document)], 1)
        return File(file.kind, body, file.media_type, (self.unknown, *file.documents[1:]), file.first_line)

    @staticmethod
    def malformed(file: File) -> tuple[File, int]:
        """Return the file with a line in it that is no record at all, and the number of that line."""
        lines = file.body.splitlines(keepends=True)
        ending = lines[0][len(lines[0].rstrip(b"\r\n")) :] or b"\n"
        at = file.first_line
        return file.with_body(b"".join([*lines[:at], b"?" + ending, *lines[at:]])), at + 1

    def holds(self, file: File) -> tuple[str | None, str | None]:
        """Return which employer and month the file itself names; None where its layout names none."""
        verdict = self.form.check_file(io.BytesIO(file.body))
        return verdict.employer, verdict.period


def _made(sample: Sample, seed: int | None) -> Iterator[str]:
    # A test system that is not emptied between two runs has met the people of the first. Numbers side by side meet those of
    # earlier runs far more rarely than as many drawn one by one: a run falls upon one place of the range and not on a hundred.
    lots, seen = random.Random(seed), set[int]()  # noqa: S311 — names nobody, guards nothing
    places = max(10**sample.digits // _NEIGHBOURS, 1)
    while len(seen) < (places + 1) // 2:
        place = lots.randrange(places)
        if place in seen:
            continue
        seen.add(place)
        for number in range(place * _NEIGHBOURS, min((place + 1) * _NEIGHBOURS, 10**sample.digits)):
            stem = f"{sample.prefix}{number:0{sample.digits}d}"
            yield stem + (luhn.calc_check_digit(stem) if sample.check else "")


def _read(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if "document" not in (rows.fieldnames or ()):
            raise SampleMissingError(f"{path} has no column named document")
        seen = set[str]()
        for row in rows:
            document = (row["document"] or "").strip()
            if document and document not in seen:
                seen.add(document)
                yield document
