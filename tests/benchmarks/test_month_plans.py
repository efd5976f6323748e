"""A month of many on connections that have worked for a few: nothing is compared with everything, whatever is known of the tables."""

import contextlib
import datetime as dt
from typing import Any

import psycopg
import pytest
from benchmarks.months import Months
from benchmarks.place import Counter
from benchmarks.state import running_state
from benchmarks.town import MONTHS, TODAY, Town
from tests.comparisons import comparisons, forget_statistics, gather_statistics

from benchmarks import files, town
from gateway.contributions.reference import make_reference
from gateway.kit.db import Database
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.match import match_lines

FEW, MANY = 8, 1_200
PASSES = 60
"""How often a row may be read or compared in one transaction; row by row it would be as often as there are rows."""


class Unmeasured(Months):
    """A month without clocks, limits and statistics gathered overnight."""

    def _limit(self, name: str, measure: Any) -> None: ...

    def _tidy(self) -> None: ...


class Grown(Town):
    """A town that grows, and in which nobody gathers statistics."""

    def grow(self, rows: int) -> None:
        """Let more members come into the same payroll."""
        newer = f"(SELECT * FROM member WHERE id > {self.rows}) m"
        with psycopg.connect(self.database.url, autocommit=True) as owner:
            owner.execute(town.CARD)
            for statement in town.PEOPLE:
                later = statement.replace("generate_series(1,", f"generate_series({self.rows + 1},")
                later = later.replace("FROM member m", "FROM member").replace("FROM member", f"FROM {newer}")
                if "INTO payroll" not in later:
                    owner.execute(later.encode(), {"rows": rows})
        self.rows = rows

    def look_at(self, table: str) -> None: ...


def bank_says(place: Town, opening: int, day: dt.date) -> tuple[bytes, int]:
    """A statement in which every member pays by her reference, and its closing balance."""
    numbers = [number for (number,) in place.query("SELECT number FROM member WHERE mutual_id = 1 ORDER BY id")]
    amounts = [40_000] * len(numbers)
    pieces = files._pieces(opening, [make_reference(number) for number in numbers], amounts, day)
    return "".join(pieces).encode(), opening + sum(amounts)


@pytest.mark.parametrize("analysed", ["never", "while small"])
def test_a_month_of_many_after_one_of_few(database_url: str, analysed: str) -> None:
    """Assessment, receipts, filing, answer, bill, benefits, payouts and a bank's statement, all on one connection."""
    database = Database(database_url, pool_size=1)
    forget_statistics(database_url)
    with contextlib.ExitStack() as stack:
        counted = stack.enter_context(comparisons(database))
        bare = stack.enter_context(psycopg.connect(database_url))
        sandbox = stack.enter_context(running_state(TODAY.isoformat()))
        place = Grown(database, FEW)
        forget_statistics(database_url)
        balance = files._balance(place)
        months = Unmeasured(place, bare, sandbox, Counter(database))
        for number, rows in enumerate((FEW, MANY), 1):
            if rows > place.rows:
                if analysed == "while small":
                    gather_statistics(database_url)
                place.grow(rows)
            months.run(MONTHS[number - 1], number)
            day = TODAY + dt.timedelta(days=number)
            body, balance = bank_says(place, balance, day)
            with database.session(1) as session:
                assert load_statement(session, body, file_name="banco.xml", actor=town.ACTOR).new_line_count == rows
            with database.session(1) as session:
                assert match_lines(session, today=day).by_rule == {"member_reference": rows}
    database.close()
    assert counted.too_many(PASSES * MANY) == []
