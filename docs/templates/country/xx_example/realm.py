"""Exampleland's fund as the sandbox plays it: move it to ``src/gateway/sandbox/state/<country>.py``.

Written from the fund's own papers, never from ``format.py``: what both get wrong the same way, no test finds. It reads
the file itself, knows its own codes, and bills by its own arithmetic.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.kit.money import currency_of
from gateway.sandbox.script import Rule
from gateway.sandbox.state.realm import ACCEPTED, CHANGED, NOTHING, REJECTED, Inspection, Realm, Row, Verdicts
from gateway.sandbox.state.registers import declared_before, period_id_of
from gateway.sandbox.state.tampering import forced_verdicts

if TYPE_CHECKING:
    from gateway.sandbox.state.core import State

CHUNK = 10_000
CEILING = 200_000
_HEAD = re.compile(r"H;([^;]*);([^;]*)")
_NOBODY = "99999995"
"""Nobody real is here: every card of eight digits counts as given, but this one."""
MESSAGES = {
    "": "Sans description",
    "0": "Acceptée",
    "SOME": "Une partie des lignes est acceptée",
    "NONE": "Aucune ligne n'est acceptée",
    "HEAD": "L'en-tête n'est pas H;employeur;AAAA-MM, ou est d'un autre envoi",
    "LINE": "La ligne n'a pas quatre champs",
    "CARD": "La carte n'a pas huit chiffres, ou personne ne l'a",
    "WAGE": "Le salaire n'est pas un nombre de francs",
    "AMOUNT": "La cotisation n'est pas dix pour cent du salaire plafonné",
    "TWICE": "La carte figure plus d'une fois",
    "ALREADY": "Déjà déclarée pour ce mois",
    "MONTH": "Ce mois ne peut pas être déclaré",
    "EMPLOYER": "L'employeur n'est pas actif",
}


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="latin-1", newline=None) as file:
        for number, line in enumerate(file, start=1):
            yield number, line.rstrip("\n")


def _inspect(path: Path, *, kind: str, employer: str, period: str, lengths: Sequence[int]) -> Inspection:  # noqa: ARG001
    found, seen = Inspection(), set[str]()
    for number, line in _lines(path):
        if number == 1:
            head = _HEAD.fullmatch(line)
            if head is None or (head[1], head[2]) != (employer, period):
                found.complain(1, 1, "head", MESSAGES["HEAD"], "HEAD")
            continue
        if line.count(";") != 3:
            found.complain(number, len(line) + 1, "line", MESSAGES["LINE"], "LINE")
        found.details += 1
        card = line.partition(";")[0]
        if card in seen:
            found.repeated.add(card)
        seen.add(card)
    if not found.details:
        found.complain(1, 1, "line", MESSAGES["LINE"], "LINE")
    return found


def _judge(state: "State", filing: Any, found: Inspection, path: Path, rules: Sequence[Rule]) -> Iterator[list[Row]]:
    period_id, payroll, connection = period_id_of(state, filing), min(found.payrolls), state.store.read()
    forced = forced_verdicts(rules, state.options.seed, found.details)
    waiting = islice(_lines(path), 1, None)
    while chunk := list(islice(waiting, CHUNK)):
        known = declared_before(connection, period_id, filing["seq"], ["I" + line[:8] for _, line in chunk])
        rows: list[Row] = []
        for number, line in chunk:
            card, wage, code = _read(line)
            code = code or ("TWICE" if card in found.repeated else "ALREADY" if known.get("I" + card) else None)
            order = forced(number, card, wage) if forced and code is None else None
            if order is not None and order[0] != "0":
                code = order[0]
            if code is not None:
                rows.append((number, payroll, "I", card, REJECTED, code, wage, 0, 0, *NOTHING))
                continue
            taken = wage if order is None else order[1]
            status = ACCEPTED if taken == wage else CHANGED
            rows.append((number, payroll, "I", card, status, "0", wage, taken, 0, _due(taken), 0, 0, 0, 0, 0, 0))
        yield rows


def _read(line: str) -> tuple[str, int, str | None]:
    """Return card, wage in francs, and what is wrong."""
    card, _name, wage, paid = line.split(";")
    if len(card) != 8 or not (card.isascii() and card.isdigit()) or card == _NOBODY:
        return card, 0, "CARD"
    if not (wage.isascii() and wage.isdigit()):
        return card, 0, "WAGE"
    return card, int(wage), None if paid == str(_due(int(wage))) else "AMOUNT"


def _due(wage: int) -> int:
    return (min(wage, CEILING) * 10 + 50) // 100


def _due_day(period: str) -> dt.date:
    year, month = int(period[:4]), int(period[5:])
    return dt.date(year + month // 12, month % 12 + 1, 10)


EXAMPLE = Realm(
    country="xx",
    currency=currency_of("XOF"),
    zone=dt.UTC,
    lengths={"MS": ()},
    editions={"MS": "1"},
    max_bytes=10_000_000,
    employer=re.compile("[A-Z0-9-]{1,20}"),
    employer_words="1 to 20 capitals, digits and dashes",
    components=("fund_worker",),
    late=("late",),
    spoiled=0,
    messages=MESSAGES,
    changed="Acceptée avec un autre salaire",
    verdicts=Verdicts(structure="HEAD", employer_inactive="EMPLOYER", period="MONTH", some="SOME", none="NONE"),
    first_period="2020-01",
    first_line=2,
    is_all_or_nothing=False,
    undated=frozenset(),
    has_tariff=lambda period: period >= "2020-01",
    due_day=_due_day,
    lateness=lambda _unpaid, _due_on, _today: 0,
    notice_reference=lambda period, number: f"{period[:4]}{period[5:]}-{number:06d}",
    inspect=_inspect,
    judge=_judge,
)
