"""The files that people bring, in the shape such files have: latin-1, semicolons, dates as 3/7/26, cédulas with dashes."""

import datetime as dt
import random
from collections.abc import Iterable, Sequence

from gateway.demo.people import SampleMember
from gateway.demo.scene import Words

TOGETHER_SINCE = dt.date(2019, 5, 1)


def short_day(day: dt.date) -> str:
    """Return a day as people write it: 3/7/26."""
    return f"{day.day}/{day.month}/{day:%y}"


def long_day(day: dt.date) -> str:
    """Return a day of a birth as people write it: 03-07-1986."""
    return f"{day:%d-%m-%Y}"


def pesos(minor: int, dice: random.Random) -> str:
    """Return an amount as people write it: with a comma, with a thousands separator, or plain."""
    whole, cents = divmod(minor, 100)
    style = dice.random()
    if style < 0.4:
        return f"{whole:,}.{cents:02d}"
    if style < 0.7:
        return f"{whole},{cents:02d}"
    return f"{whole}.{cents:02d}"


def members_file(members: Iterable[SampleMember], enrolled_on: dt.date, words: Words) -> bytes:
    """Return the register that the office keeps in a spreadsheet."""
    dice = random.Random(1)
    lines = [words.members]
    for member in members:
        lines.append(
            ";".join(
                (
                    words.dashed(member.identity) if dice.random() < 0.5 else member.identity,
                    member.given_names,
                    member.first_surname,
                    member.second_surname,
                    member.sex,
                    long_day(member.birth_date),
                    member.phone,
                    member.occupation,
                    member.municipality,
                    member.fund,
                    member.payroll,
                    pesos(member.wage_minor, dice),
                    short_day(enrolled_on),
                    short_day(enrolled_on),
                )
            )
        )
    return latin1(lines)


def dependants_file(members: Iterable[SampleMember], since: dt.date, words: Words) -> bytes:
    """Return the families of the members."""
    lines = [words.dependants]
    for member in members:
        for dependant in member.dependants:
            lines.append(
                ";".join(
                    (
                        words.dashed(member.identity),
                        words.relations[dependant.relation],
                        words.additional if dependant.category == "additional" else words.direct,
                        dependant.given_names,
                        dependant.first_surname,
                        dependant.second_surname,
                        dependant.sex,
                        long_day(dependant.birth_date),
                        dependant.identity,
                        long_day(TOGETHER_SINCE) if dependant.relation == "partner" else "",
                        short_day(max(since, dependant.birth_date)),
                    )
                )
            )
    return latin1(lines)


def receipts_file(rows: Sequence[tuple[str, int, dt.date, str, str]], seed: int, words: Words) -> bytes:
    """Return a list of payments: identity, minor units, day, reference, collector."""
    dice = random.Random(seed)
    lines = [words.receipts]
    for identity, minor, day, reference, collector in rows:
        shown = words.dashed(identity) if len(identity) > 10 and dice.random() < 0.5 else identity
        lines.append(";".join((shown, pesos(minor, dice), short_day(day), reference, collector)))
    return latin1(lines)


def latin1(lines: Sequence[str]) -> bytes:
    """Return lines as an old spreadsheet saves them."""
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")
