"""The sample people of India: UANs that nobody has, declared wages of informal work, and the same ways of paying.

Made-up UANs begin with 1000; their last two digits follow from the others, so that a mistyped one is nobody's.
"""

import datetime as dt
import random
from collections.abc import Iterator

from gateway.demo.people import FUNDS, SampleMember, behaviour, channel

GIVEN_F = [
    "Lakshmi",
    "Savita",
    "Sunita",
    "Meena",
    "Fatima",
    "Kavita",
    "Radha",
    "Anjali",
    "Geeta",
    "Rukmini",
    "Asha",
    "Pooja",
]
GIVEN_M = [
    "Ramesh",
    "Suresh",
    "Anil",
    "Mohammed",
    "Vijay",
    "Ganesh",
    "Prakash",
    "Arun",
    "Dilip",
    "Iqbal",
    "Raju",
    "Sanjay",
]
SURNAMES = [
    "Jadhav",
    "Pawar",
    "Shaikh",
    "Kamble",
    "Yadav",
    "Patil",
    "Gaikwad",
    "Sharma",
    "D'Souza",
    "Nair",
    "Khan",
    "More",
]
TRADES = (
    ("Street vendor", 24, None),
    ("Domestic worker", 24, "F"),
    ("Driver", 18, "M"),
    ("Home tailor", 18, "F"),
    ("Construction worker", 16, "M"),
)
CITIES = ("Mumbai", "Pune", "Nashik", "Thane", "Nagpur")
PAYROLLS = ("MUM", "PUN")


def uan(number: int) -> str:
    """Return the made-up UAN with this running number, of at most six digits."""
    body = f"1000{number:06d}"
    return f"{body}{int(body) * 31 % 97:02d}"


def people(count: int, seed: int) -> Iterator[SampleMember]:
    """Make so many members, the same ones for the same seed."""
    for index in range(1, count + 1):
        yield _member(index, random.Random(f"{seed}:in:{index}"))


def _member(index: int, dice: random.Random) -> SampleMember:
    trade, _, usual_sex = dice.choices(TRADES, [weight for _, weight, _ in TRADES])[0]
    sex = usual_sex if usual_sex and dice.random() < 0.93 else dice.choice("MF")
    fund = dice.choice(FUNDS) if dice.random() < 0.28 else ""
    return SampleMember(
        index=index,
        identity=uan(index),
        given_names=dice.choice(GIVEN_F if sex == "F" else GIVEN_M),
        first_surname=dice.choice(SURNAMES),
        second_surname="",
        sex=sex,
        birth_date=dt.date(dice.randint(1962, 2004), dice.randint(1, 12), dice.randint(1, 28)),
        phone=f"+91{9_000_000_000 + index}",
        occupation=trade,
        municipality=dice.choice(CITIES),
        fund=fund,
        payroll=PAYROLLS[0] if dice.random() < 0.7 else PAYROLLS[1],
        wage_minor=_wage(dice),
        behaviour=behaviour(dice),
        channel="treasurer" if fund and dice.random() < 0.5 else channel(dice),
    )


def _wage(dice: random.Random) -> int:
    """Around 12,000 rupees, one in six above the pension's ceiling of 15,000, in whole rupees as people declare."""
    rupees = min(28_000, max(4_500, dice.lognormvariate(9.35, 0.27)))
    return round(rupees / 10) * 1_000 + (dice.randint(0, 9) * 100 if dice.random() < 0.3 else 0)
