"""A month of a bank account with seeded trouble, by somebody who knows the truth of every line.

3 % wrong references, 1 % paid twice, 1 % reversed, 0.5 % unknown, 2 % late, providers' fees, equal payments, deposits and
settlements with and without a reference, overlapping statements, and what was made to mislead: two references in one text, two
persons in one text, a stranger's money of exactly somebody's amount.

Shares nothing with the engine but the making of references.
"""

import datetime as dt
import random
from dataclasses import dataclass, field

from tests.reconciliation.statements import Booked

from gateway.contributions.reference import check_reference, make_reference

FIRST, LAST = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
DUES = (171_546, 191_979, 240_000, 97_550)


@dataclass(frozen=True)
class Person:
    """A member as the register has her."""

    place: int
    number: str
    identity: str
    phone: str
    due_minor: int

    @property
    def reference(self) -> str:
        return make_reference(self.number)


@dataclass
class Truth:
    """A line with what it truly is."""

    booked: Booked
    tag: str
    kind: str | None
    """member, transfer, receipt, session, sessions; None: no machine can know."""
    who: object = None
    by_setting: bool = False
    """Whether it has its one answer only where identity numbers book by themselves."""
    suggests: int | None = None
    """Place of a member who must be among the suggestions."""


@dataclass
class Month:
    """What happened."""

    people: list[Person]
    transfers: list[tuple[str, str, int, int, dt.date, bool]] = field(default_factory=list)
    """Reference, from, sent, fee, day, whether the bank's text carries the reference."""
    sessions: list[tuple[int, int, dt.date]] = field(default_factory=list)
    """Till, amount, day; closed and said by nobody to be brought to the bank."""
    lines: list[Truth] = field(default_factory=list)


def month(seed: int, count: int) -> Month:
    """Return a month of ``count`` members."""
    chance = random.Random(seed)
    people = [
        Person(
            n, f"M{seed:02d}{n:05d}", f"{40_000_000_000 + seed * 10_000 + n}", f"+1809555{n:04d}", chance.choice(DUES)
        )
        for n in range(count)
    ]
    made = Month(people)
    for person in people:
        _pays(made, chance, person)
    _transfers(made, chance)
    _sessions(made, chance)
    _misleads(made, chance)
    made.lines.sort(key=lambda line: line.booked.day or FIRST)
    return made


def _day(chance: random.Random, is_late: bool = False) -> dt.date:
    return (
        LAST + dt.timedelta(days=chance.randint(1, 5)) if is_late else FIRST + dt.timedelta(days=chance.randint(0, 27))
    )


def _add(
    made: Month, minor: int, text: str, day: dt.date, kind: str | None, who: object = None, **more: object
) -> Truth:
    known = {name: more.pop(name) for name in ("end_to_end_id", "counterparty", "is_reversal") if name in more}
    tag = f"#{len(made.lines)}"
    line = Truth(Booked(minor, text=f"{text} {tag}".strip(), day=day, **known), tag, kind, who, **more)  # type: ignore[arg-type]
    made.lines.append(line)
    return line


def _pays(made: Month, chance: random.Random, person: Person) -> None:
    draw = chance.random()
    minor = person.due_minor if chance.random() < 0.7 else chance.randint(5_000, 300_000)
    day = _day(chance, is_late=chance.random() < 0.02)
    if draw < 0.03:
        wrong = _spoiled(chance, person.reference)
        with_identity = chance.random() < 0.5
        text = f"aporte {wrong} {person.identity}" if with_identity else f"aporte {wrong}"
        is_due = minor == person.due_minor
        # A slip of the pen may make another member's number; then the text names two people, and a person has to ask.
        names_another = wrong[4:] in {one.number for one in made.people}
        known = with_identity and is_due and not names_another
        _add(
            made, minor, text, day, "member" if known else None, person.place if known else None, by_setting=known,
            suggests=person.place if with_identity else None, counterparty=f"PAGADOR {person.place}",
        )  # fmt: skip
        return
    if draw < 0.035:
        _add(made, minor, "transferencia", day, None, counterparty="NADIE CONOCE")
        return
    spaced = chance.random() < 0.3
    reference = (
        " ".join([person.reference[:4], person.reference[4:8], person.reference[8:]]) if spaced else person.reference
    )
    line = _add(made, minor, f"cuota {reference}", day, "member", person.place)
    if draw < 0.055:
        # Twice: another payment on another day, or two equal lines on one day; both are hers.
        again = line.booked if chance.random() < 0.5 else line.booked._replace(day=_day(chance))
        made.lines.append(Truth(again, line.tag, "member", person.place))
    elif draw < 0.065:
        back = line.booked._replace(
            minor=-minor, day=day + dt.timedelta(days=1), is_reversal=True, text=f"devolucion {reference} {line.tag}R"
        )
        made.lines.append(Truth(back, f"{line.tag}R", "receipt", line.tag))


def _spoiled(chance: random.Random, reference: str) -> str:
    while True:
        place = chance.randint(4, len(reference) - 1)
        if chance.random() < 0.5:
            spoiled = reference[:place] + str((int(reference[place], 36) + 1) % 10) + reference[place + 1 :]
        else:
            spoiled = reference[: place - 1] + reference[place] + reference[place - 1] + reference[place + 1 :]
        if spoiled != reference and not check_reference(spoiled):
            return spoiled


def _transfers(made: Month, chance: random.Random) -> None:
    amounts = set(DUES)
    for number in range(6):
        place = "momo:orange:clearing" if number % 2 else "cash:office"
        sent = chance.randint(300_000, 900_000)
        if sent in amounts:
            continue
        amounts.add(sent)
        reference = f"SET-{number}-{sent}"
        told = chance.random() < 0.5
        day = _day(chance)
        made.transfers.append((reference, place, sent, 0, day, told))
        text = "LIQUIDACION ORANGE" if number % 2 else "DEPOSITO EN EFECTIVO"
        if chance.random() < 0.8:
            identifier = {"end_to_end_id": reference} if told else {}
            _add(made, sent, text, day + dt.timedelta(days=chance.randint(0, 3)), "transfer", reference, **identifier)


def _sessions(made: Month, chance: random.Random) -> None:
    taken = {sent for _, _, sent, *_ in made.transfers}
    for till in range(2):
        day = _day(chance)
        amounts = [chance.randint(1_000_000 * (till + 1), 1_000_000 * (till + 1) + 700_000) for _ in range(3)]
        if len({*amounts, *taken}) < len(amounts) + len(taken):
            continue
        made.sessions.extend((till, amount, day) for amount in amounts)
        later = day + dt.timedelta(days=2)
        if chance.random() < 0.5:
            _add(made, amounts[0], "DEPOSITO COBRADOR", later, "session", (till, amounts[:1]))
        else:
            _add(made, sum(amounts[:2]), "DEPOSITO COBRADOR", later, "sessions", (till, amounts[:2]))


def _misleads(made: Month, chance: random.Random) -> None:
    one, other = chance.sample(made.people, 2)
    day = _day(chance)
    _add(made, one.due_minor, f"{one.reference} {other.reference}", day, None)
    _add(made, one.due_minor, f"de {one.identity} para {other.identity}", day, None)
    _add(
        made, other.due_minor, f"pago {other.phone}", day, "member", other.place, by_setting=True, suggests=other.place
    )
    _add(made, one.due_minor, "DEPOSITO EN EFECTIVO", day, None, counterparty="CAJERO")
    _add(made, -chance.randint(500, 5_000), "COMISION", day, None)
    if made.transfers:
        reference, _place, sent, *_ = made.transfers[0]
        # A stranger pays exactly what is on its way; nothing in the text speaks of it.
        _add(made, sent, "gracias", made.transfers[0][4], None, counterparty="OTRA PERSONA")
        assert reference


def statements(made: Month) -> list[tuple[dt.date, dt.date]]:
    """Return the days of the month's statements; they overlap."""
    days = [(FIRST, dt.date(2026, 3, 12)), (dt.date(2026, 3, 9), dt.date(2026, 3, 22)), (dt.date(2026, 3, 20), LAST)]
    return [*days, (dt.date(2026, 4, 1), dt.date(2026, 4, 6))]
