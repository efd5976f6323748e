"""Many at once: one effect for one key, locks in the order of ids, and the whole unit again where the database asks."""

import datetime as dt
import random
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from sqlmodel import Session

from gateway.kit import bulk, db
from gateway.kit.db import Database, is_transient
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.ledger.accounts import NewAccount, open_accounts, open_for_owners
from gateway.ledger.bulk import STAGED, Head, post_lines, post_staged
from gateway.ledger.errors import FloorBrokenError, PeriodClosedError, PostingRaceError
from gateway.ledger.post import Event, Line, post, reverse
from gateway.ledger.queries import balance_of, current_balance, trial_balance

DAY = dt.date(2026, 3, 3)
CASH = "cash:office"


@pytest.fixture
def books(database: Database) -> Database:
    """Ten members in mutual 1, each with 100.00."""
    with database.session(1) as session:
        open_accounts(session, [NewAccount(CASH), NewAccount("filing:9:reserved")], "DOP")
        open_for_owners(session, "member:{}:contributions", "member", list(range(1, 11)), "DOP")
        for member in range(1, 11):
            post(session, receipt(f"first:{member}", member, 10_000))
    return database


def receipt(key: str, member: int, minor: int) -> Event:
    return Event(key, "receipt", DAY, [Line(CASH, minor), Line(f"member:{member}:contributions", -minor)], "cashier")


def at_once(count: int, work: Callable[[int], str]) -> Counter[str]:
    """Run the same work in so many threads, begun together; count what came of it."""
    ready = threading.Barrier(count)
    outcomes: list[str] = []

    def run(number: int) -> None:
        ready.wait()
        try:
            outcomes.append(work(number))
        except Exception as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


def patient(database: Database) -> Database:
    """A way in with room for everybody at once."""
    return Database(database.url, pool_size=50)


def test_fifty_postings_with_one_key_have_one_effect(books: Database) -> None:
    wide = patient(books)

    def pay(_number: int) -> str:
        with wide.session(1) as session:
            return "new" if post(session, receipt("tap", 1, 500)).is_new else "told"

    outcomes = at_once(50, pay)
    wide.close()
    assert outcomes["new"] == 1
    assert set(outcomes) <= {"new", "told", PostingRaceError.__name__}
    with books.session(1) as session:
        assert current_balance(session, "member:1:contributions") == 10_500
        assert not post(session, receipt("tap", 1, 500)).is_new


def test_fifty_reversals_of_one_posting_have_one_effect(books: Database) -> None:
    wide = patient(books)
    with books.session(1) as session:
        tx_id = post(session, receipt("first:1", 1, 10_000)).tx_id

    def undo(number: int) -> str:
        with wide.session(1) as session:
            key = f"undo:{number}"
            return (
                "new" if reverse(session, tx_id, key=key, valid_on=DAY, actor="a", reason="mistake").is_new else "told"
            )

    outcomes = at_once(50, undo)
    wide.close()
    assert (outcomes["new"], outcomes["told"]) == (1, 0)
    assert set(outcomes) <= {"new", "AlreadyReversedError", "FloorBrokenError"}
    with books.session(1) as session:
        assert current_balance(session, "member:1:contributions") == 0


def test_the_same_file_loaded_eight_times_at_once_is_booked_once(books: Database) -> None:
    wide = patient(books)

    def load(_number: int) -> str:
        with wide.session(1) as session:
            ids = dict(db.rows(session, "SELECT code, id FROM ledger_account"))
            rows = []
            for number in range(200):
                key, member = f"file:{number}", ids[f"member:{number % 10 + 1}:contributions"]
                rows += [(key, "receipt", DAY, 1, ids[CASH], 5, None), (key, "receipt", DAY, 2, member, -5, None)]
            bulk.stage(session, "paid", STAGED, rows)
            return "new" if post_staged(session, "paid", actor="cashier").new else "told"

    outcomes = at_once(8, load)
    wide.close()
    assert outcomes["new"] == 1
    assert set(outcomes) <= {"new", "told", PostingRaceError.__name__}
    with books.session(1) as session:
        assert balance_of(session, CASH) == 100_000 + 200 * 5


def test_units_that_lock_in_opposite_orders_all_end_when_they_run_anew(books: Database) -> None:
    """Two postings in one unit lock their accounts one after the other: half of the units do so the wrong way round."""
    wide = patient(books)
    begun: list[int] = []

    def move(number: int) -> str:
        def both(session: Session) -> str:
            begun.append(number)
            for member in [1, 2] if number % 2 else [2, 1]:
                post(session, receipt(f"move:{number}:{member}", member, 10))
                time.sleep(0.1)
            return "done"

        return wide.unit(1, both, actor="cashier", attempts=10)

    outcomes = at_once(4, move)
    wide.close()
    assert outcomes == Counter(done=4)
    assert len(begun) > 4, "nobody stood in anybody's way: the test shows nothing"
    with books.session(1) as session:
        assert current_balance(session, "member:1:contributions") == 10_040
        assert current_balance(session, "member:2:contributions") == 10_040


def test_a_unit_that_fails_for_its_own_reason_is_not_run_anew(books: Database) -> None:
    begun: list[int] = []

    def spend(session: Session) -> None:
        begun.append(1)
        post(session, receipt("too much", 1, -10_001))

    with pytest.raises(FloorBrokenError):
        books.unit(1, spend)
    assert begun == [1]


def test_a_deadlock_is_known_as_something_to_run_anew(books: Database) -> None:
    met = threading.Barrier(2)

    def clash(number: int) -> str:
        order = [1, 2] if number else [2, 1]
        with books.session(1) as session:
            post(session, receipt(f"clash:{number}:a", order[0], 10))
            met.wait()
            try:
                post(session, receipt(f"clash:{number}:b", order[1], 10))
            except Exception as error:
                session.rollback()
                return "to run anew" if is_transient(error) else repr(error)
            return "done"

    assert at_once(2, clash) == Counter({"done": 1, "to run anew": 1})


def test_large_postings_over_the_same_members_never_deadlock(books: Database) -> None:
    """Each locks every balance it touches in one statement, in the order of ids, whatever order its lines have."""
    wide = patient(books)

    def take(number: int) -> str:
        direction = "ASC" if number % 2 else "DESC"
        query = (
            f"SELECT * FROM (SELECT id, currency, 100::bigint FROM ledger_account WHERE owner_kind = 'member' ORDER BY id {direction}) m"
            " UNION ALL SELECT id, currency, -1000 FROM ledger_account WHERE code = 'filing:9:reserved'"
        )
        with wide.session(1) as session:
            post_lines(session, Head(f"take:{number}", "filing.seal", DAY, "staff:ana"), query)
        return "done"

    assert at_once(16, take) == Counter(done=16)
    wide.close()
    with books.session(1) as session:
        assert current_balance(session, "filing:9:reserved") == 16_000


def test_what_is_held_is_never_spent_twice_however_many_try(books: Database) -> None:
    wide = patient(books)
    sums = random.Random(7).sample(range(1_000, 4_000), 30)

    def spend(number: int) -> str:
        with wide.session(1) as session:
            post(session, receipt(f"spend:{number}", 3, -sums[number]))
        return str(sums[number])

    outcomes = at_once(30, spend)
    wide.close()
    refused = outcomes.pop(FloorBrokenError.__name__)
    spent = sum(int(minor) * times for minor, times in outcomes.items())
    with books.session(1) as session:
        left = current_balance(session, "member:3:contributions")
        assert left == balance_of(session, "member:3:contributions") == 10_000 - spent
        assert left >= 0
        assert refused > 0
        assert sum(line.balance_minor * (1 if line.kind == "asset" else -1) for line in trial_balance(session)) == 0


def test_nothing_slips_into_a_month_while_it_is_being_closed(books: Database) -> None:
    wide = patient(books)

    def act(number: int) -> str:
        with wide.session(1) as session:
            if number == 7:
                periods.close(session, Period(2026, 3), actor="manager", reason="done")
                return "closed"
            post(session, receipt(f"late:{number}", 4, 1))
        return "booked"

    outcomes = at_once(15, act)
    wide.close()
    assert outcomes["closed"] == 1
    assert outcomes["booked"] + outcomes[PeriodClosedError.__name__] == 14
    with books.session(1) as session:
        closed_at = db.scalar(session, "SELECT xmin::text::bigint FROM ledger_period")
        assert closed_at
        assert current_balance(session, "member:4:contributions") == 10_000 + outcomes["booked"]
        with pytest.raises(PeriodClosedError):
            post(session, receipt("after", 4, 1))
