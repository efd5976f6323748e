"""The sample people: who they are, what they declare, whom they care for, and how their money comes and goes."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

GIVEN_F = [
    "Altagracia",
    "Milagros",
    "Yokasta",
    "Rosa",
    "Carmen",
    "María",
    "Ana",
    "Juana",
    "Luisa",
    "Mercedes",
    "Yesenia",
    "Francisca",
    "Ramona",
    "Dolores",
    "Isabel",
    "Santa",
    "Teresa",
    "Belkis",
    "Miguelina",
    "Kenia",
    "Yudelka",
    "Josefina",
    "Martha",
    "Esperanza",
    "Noemí",
    "Ángela",
    "Damaris",
    "Eufemia",
    "Zunilda",
    "Nairobi",
]
GIVEN_M = [
    "José",
    "Juan",
    "Luis",
    "Ramón",
    "Francisco",
    "Rafael",
    "Pedro",
    "Manuel",
    "Miguel",
    "Carlos",
    "Julio",
    "Andrés",
    "Víctor",
    "Domingo",
    "Santiago",
    "Félix",
    "Héctor",
    "Wilkin",
    "Yunior",
    "Starlin",
    "Martín",
    "Tomás",
    "Ángel",
    "Fausto",
    "Bienvenido",
    "Radhamés",
    "Leonel",
    "Cristóbal",
    "Eladio",
    "Nelson",
]
SURNAMES = [
    "Rodríguez",
    "Pérez",
    "García",
    "Martínez",
    "Sánchez",
    "Ramírez",
    "Reyes",
    "Díaz",
    "Peña",
    "Santana",
    "Jiménez",
    "Núñez",
    "Rosario",
    "Cruz",
    "Castillo",
    "Polanco",
    "Mejía",
    "Guzmán",
    "Hernández",
    "de-la-Cruz",
    "Vásquez",
    "Feliz",
    "Batista",
    "Familia",
    "Encarnación",
    "Marte",
    "Báez",
    "Ureña",
    "Matos",
    "Muñoz",
    "Ogando",
    "Montero",
    "Cabrera",
    "Almonte",
    "Tejada",
    "Brito",
    "Acosta",
    "Suero",
    "Alcántara",
    "Piña",
    "Contreras",
    "Liriano",
    "Abreu",
    "Paulino",
    "Toribio",
    "Sosa",
]
TRADES = (
    ("Chofer", 22, "M"),
    ("Trabajadora doméstica", 24, "F"),
    ("Peluquera", 12, "F"),
    ("Jornalero", 14, "M"),
    ("Vendedora ambulante", 16, "F"),
    ("Microempresario", 12, None),
)
MUNICIPALITIES = (
    "Santo Domingo Este",
    "Santo Domingo Norte",
    "Los Alcarrizos",
    "Santiago",
    "La Romana",
    "San Pedro de Macorís",
    "San Cristóbal",
    "Higüey",
    "Barahona",
    "La Vega",
)
PAYROLLS = ("001", "002")
FUNDS = tuple(f"F{number:03d}" for number in range(1, 13))

REGULAR, SHORT, EARLY, LATE, IRREGULAR, GONE, RETURNING = (
    "regular",
    "short",
    "early",
    "late",
    "irregular",
    "gone",
    "returning",
)
BEHAVIOURS = ((REGULAR, 68), (SHORT, 6), (EARLY, 6), (LATE, 6), (IRREGULAR, 8), (GONE, 3), (RETURNING, 3))


@dataclass(frozen=True, slots=True)
class SampleDependant:
    """Somebody covered through a member."""

    relation: str
    category: str
    given_names: str
    first_surname: str
    second_surname: str
    sex: str
    birth_date: dt.date
    identity_kind: str
    identity: str


@dataclass(frozen=True, slots=True)
class SampleMember:
    """Somebody who pays through the mutual."""

    index: int
    identity: str
    given_names: str
    first_surname: str
    second_surname: str
    sex: str
    birth_date: dt.date
    phone: str
    occupation: str
    municipality: str
    fund: str
    payroll: str
    wage_minor: int
    behaviour: str
    channel: str
    """cash, collector, mobile_money, bank or treasurer (her fund's treasurer pays for the group)."""
    dependants: tuple[SampleDependant, ...] = field(default=())


def check_digit(ten_digits: str) -> str:
    """Return the Luhn digit that makes a cédula of ten digits."""
    total = 0
    for position, digit in enumerate(ten_digits):
        product = int(digit) * (1 if position % 2 == 0 else 2)
        total += product - 9 if product > 9 else product
    return str(-total % 10)


def cedula(number: int) -> str:
    """Return the cédula with this running number, of the range that is not issued."""
    body = f"999{number:07d}"
    return body + check_digit(body)


def people(count: int, seed: int, *, first: int = 1) -> Iterator[SampleMember]:
    """Make so many members, the same ones for the same seed.

    Args:
        count: How many.
        seed: Decides everything.
        first: Running number of the first, so that two groups share nobody.
    """
    for index in range(first, first + count):
        yield _member(index, random.Random(f"{seed}:{index}"))


def _member(index: int, dice: random.Random) -> SampleMember:
    trade, _, usual_sex = dice.choices(TRADES, [weight for _, weight, _ in TRADES])[0]
    sex = usual_sex if usual_sex and dice.random() < 0.93 else dice.choice("MF")
    first, second = _surname(dice), _surname(dice)
    # Two regular payers in seven belong to a fund whose treasurer pays for the group.
    fund = dice.choice(FUNDS) if dice.random() < 0.28 else ""
    paid_through = "treasurer" if fund and dice.random() < 0.5 else channel(dice)
    behaves = behaviour(dice)
    # Dependants have running numbers of their own, ten for each member, above every member's.
    base = 1_000_000 + index * 10
    return SampleMember(
        index=index,
        identity=cedula(index),
        given_names=_given(sex, dice),
        first_surname=first,
        second_surname=second,
        sex=sex,
        birth_date=dt.date(dice.randint(1962, 2004), dice.randint(1, 12), dice.randint(1, 28)),
        phone=_phone(index),
        occupation=trade,
        municipality=dice.choice(MUNICIPALITIES),
        fund=fund,
        payroll=PAYROLLS[0] if dice.random() < 0.7 else PAYROLLS[1],
        wage_minor=_wage(dice),
        behaviour=behaves,
        channel=paid_through,
        dependants=tuple(_dependants(base, first, second, dice)),
    )


def _surname(dice: random.Random) -> str:
    return dice.choice(SURNAMES).replace("-", " ")


def _given(sex: str, dice: random.Random) -> str:
    names = GIVEN_F if sex == "F" else GIVEN_M
    return " ".join(dice.sample(names, 2 if dice.random() < 0.4 else 1))


def behaviour(dice: random.Random) -> str:
    """Draw how somebody pays: most regularly, some short, early, late or not any more."""
    return dice.choices([name for name, _ in BEHAVIOURS], [weight for _, weight in BEHAVIOURS])[0]


def channel(dice: random.Random) -> str:
    """Draw the way somebody brings her money."""
    return dice.choices(("collector", "cash", "mobile_money", "bank"), (46, 26, 22, 6))[0]


def _phone(index: int) -> str:
    area = ("809", "829", "849")[index % 3]
    return f"+1{area}{555 + index // 30_000}{index // 3 % 10_000:04d}"


def _wage(dice: random.Random) -> int:
    """Around 15,770 pesos, up to three times that, in steps that people declare."""
    if dice.random() < 0.35:
        return 1_577_000
    pesos = min(47_310, max(10_500, dice.lognormvariate(9.62, 0.28)))
    return round(pesos / 10) * 1_000


def _dependants(base: int, first: str, second: str, dice: random.Random) -> Iterator[SampleDependant]:
    number = base
    if dice.random() < 0.52:
        sex = dice.choice("MF")
        relation = "spouse" if dice.random() < 0.6 else "partner"
        born = dt.date(dice.randint(1962, 2004), dice.randint(1, 12), dice.randint(1, 28))
        yield SampleDependant(
            relation,
            "direct",
            _given(sex, dice),
            _surname(dice),
            _surname(dice),
            sex,
            born,
            "national_id",
            cedula(number),
        )
        number += 1
    for _ in range(dice.choices((0, 1, 2, 3, 4), (17, 25, 31, 19, 8))[0]):
        sex = dice.choice("MF")
        born = dt.date(dice.randint(2009, 2025), dice.randint(1, 12), dice.randint(1, 28))
        kind, value = ("newborn", f"9{number:010d}") if born.year >= 2024 else ("national_id", cedula(number))
        yield SampleDependant("child", "direct", _given(sex, dice), first, second, sex, born, kind, value)
        number += 1
    if dice.random() < 0.09:
        sex = dice.choice("MF")
        born = dt.date(dice.randint(1940, 1960), dice.randint(1, 12), dice.randint(1, 28))
        yield SampleDependant(
            "parent",
            "additional",
            _given(sex, dice),
            first,
            _surname(dice),
            sex,
            born,
            "national_id",
            cedula(number),
        )


@dataclass(frozen=True, slots=True)
class Payment:
    """What a member brings in one month: when, how much, in how many parts."""

    on: dt.date
    share: tuple[int, int]
    """Of the month's cost, as a fraction; (2, 1) pays two months at once."""
    is_after_filing: bool
    """It comes after the monthly filing and waits for a supplementary one."""


def payments(member: SampleMember, month: dt.date, month_no: int, seed: int) -> list[Payment]:
    """Return what a member pays in a month, the same for the same seed.

    Args:
        member: Who.
        month: Its first day.
        month_no: 1 for the first month that is played.
        seed: Decides everything.
    """
    dice = random.Random(f"{seed}:{member.index}:{month_no}")
    day = month.replace(day=dice.randint(5, 26))
    late = (month.replace(day=28) + dt.timedelta(days=10)).replace(day=dice.randint(1, 3))
    whole = [Payment(day, (1, 1), is_after_filing=False)]
    if member.behaviour == SHORT:
        return [Payment(day, (dice.randint(3, 9), 10), is_after_filing=False)]
    if member.behaviour == EARLY:
        return [Payment(day, (2, 1), is_after_filing=False)] if month_no % 2 else []
    if member.behaviour == LATE:
        return [Payment(late, (1, 1), is_after_filing=True)]
    if member.behaviour == IRREGULAR:
        return whole if dice.random() < 0.6 else []
    if member.behaviour == GONE:
        return whole if month_no == 1 else []
    if member.behaviour == RETURNING:
        return [] if month_no == 2 else whole
    if member.channel == "collector" and dice.random() < 0.3:
        # Coins, week by week: two halves on two days.
        second = min(day + dt.timedelta(days=9), month.replace(day=27))
        return [Payment(day, (1, 2), is_after_filing=False), Payment(second, (1, 2), is_after_filing=False)]
    return whole
