"""Who gets benefits: the claims that are open, new ones drawn by the seed, and people nobody knows."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.sandbox.state.bill import breastfeeding, tariff_of
from gateway.sandbox.state.core import State

_BENEFITS = (("maternity", 3), ("breastfeeding", 3), ("common_illness", 4))
"""How often each is drawn, in tenths of the share."""
PAID_WORKERS = """
-- one row per worker accepted in a period whose notice is paid, in the order of their documents
SELECT l.document_type AS kind, l.document, max(l.accepted_minor) AS wage
FROM line l JOIN filing f ON f.seq = l.filing_seq
JOIN notice_filing nf ON nf.filing_id = f.filing_id
JOIN notice n ON n.reference = nf.reference AND n.payroll = l.payroll AND n.status = 'paid'
WHERE f.employer = ? AND f.period = ? AND l.status <> 1 AND f.kind IN ('AM', 'AR')
GROUP BY l.document_type, l.document ORDER BY l.document
"""


@dataclass(frozen=True)
class Line:
    """One benefit of one person."""

    kind: str
    document: str
    benefit: str
    claim: str
    minor: int
    instalment: int = 1
    instalments: int = 1


def next_instalments(connection: Any, employer: str, period: str) -> Iterator[Line]:
    """Yield what is due on the claims that are open."""
    claims = connection.execute(
        "SELECT * FROM claim WHERE employer = ? AND last_period < ? AND paid < json_array_length(amounts)"
        " ORDER BY number",
        [employer, period],
    )
    for claim in claims.fetchall():
        yield _instalment(connection, claim, period)


def _instalment(connection: Any, claim: Any, period: str) -> Line:
    amounts, number = json.loads(claim["amounts"]), claim["paid"] + 1
    connection.execute("UPDATE claim SET paid = ?, last_period = ? WHERE number = ?", [number, period, claim["number"]])
    person = claim["person"]
    return Line(
        person[0], person[1:], claim["benefit"], f"{claim['benefit'][0].upper()}{claim['number']:08d}",
        amounts[number - 1], number, len(amounts),
    )  # fmt: skip


def new_claims(state: State, connection: Any, employer: str, period: str, share: float) -> Iterator[Line]:
    """Open a claim for some of the workers of a paid notice, drawn by the seed, and yield its first instalment."""
    open_claims = {
        row["person"]
        for row in connection.execute(
            "SELECT person FROM claim WHERE employer = ? AND paid < json_array_length(amounts)", [employer]
        )
    }
    bound = int(share * 2**32)
    for worker in connection.execute(PAID_WORKERS, [employer, period]).fetchall():
        person = worker["kind"] + worker["document"]
        lot = zlib.crc32(f"{state.options.seed}/{period}/{person}".encode())
        if lot >= bound or person in open_claims:
            continue
        benefit = _drawn(lot)
        amounts = _amounts(benefit, worker["wage"], period, lot)
        if not amounts:
            continue
        number = connection.execute(
            "INSERT INTO claim (employer, person, benefit, amounts) VALUES (?, ?, ?, ?)",
            [employer, person, benefit, json.dumps(amounts)],
        ).lastrowid
        claim = connection.execute("SELECT * FROM claim WHERE number = ?", [number]).fetchone()
        yield _instalment(connection, claim, period)


def _drawn(lot: int) -> str:
    tenth = lot % 10
    for benefit, weight in _BENEFITS:
        if tenth < weight:
            return benefit
        tenth -= weight
    raise AssertionError("the weights fill ten tenths")


def _amounts(benefit: str, wage: int, period: str, lot: int) -> list[int]:
    tariff = tariff_of(period)
    minimum = tariff.minimum_wage_minor if tariff else wage
    if benefit == "maternity":
        # Fourteen weeks of twelve fifty-seconds of the wage: three monthly instalments and what is left.
        whole = (wage * 14 * 12 + 26) // 52
        return [wage, wage, wage, whole - 3 * wage]
    if benefit == "breastfeeding":
        monthly = breastfeeding(wage, minimum)
        return [monthly] * 3 if monthly else []
    # Sixty per cent of the mean wage, at most ten minimum wages, for the days from the fourth on.
    days = 4 + lot % 23
    amount = (min(wage, 10 * minimum) * 60 * days + 1500) // 3000
    return [amount] if amount else []


def strangers(period: str, count: int) -> Iterator[Line]:
    """Yield lines of persons that the mutual does not know."""
    for number in range(1, count + 1):
        stem = f"999{int(period[2:4] + period[5:]):04d}{number:03d}"
        yield Line("C", stem + _check_digit(stem), "common_illness", f"U{number:08d}", 150_000 + 1_050 * number)


def _check_digit(stem: str) -> str:
    total = sum(
        digit - 9 if digit > 9 else digit for digit in (int(c) * (2 - i % 2) for i, c in enumerate(reversed(stem)))
    )
    return str(-total % 10)
