"""The books and the month over HTTP."""

import datetime as dt
from collections.abc import Callable

from tests.api.calling import Caller

from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post

Client = Callable[..., Caller]


def book(database: Database, key: str, lines: list[tuple[str, int]], day: dt.date = dt.date(2026, 3, 5)) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount(code) for code, _ in lines], "DOP")
        post(session, Event(key, "test", day, [Line(code, minor) for code, minor in lines], "test"))


def test_the_trial_balance_shows_each_control_account_and_sums_to_zero(client: Client, database: Database) -> None:
    book(database, "one", [("cash:main", 450000), ("member:17:contributions", -450000)])
    answer = client("accountant").get("/v1/trial-balance")
    assert answer.status_code == 200, answer.text
    shown = {line["control"]: line["balance"] for line in answer.json()["items"]}
    assert shown == {"cash:main": "4500.00", "member:contributions": "4500.00"}
    assert answer.json()["differences"] == {"DOP": "0.00"}
    before = client("accountant").get("/v1/trial-balance?valid_on=2026-03-04")
    assert {line["balance"] for line in before.json()["items"]} == {"0.00"}


def test_an_account_s_entries_come_in_pages_in_the_order_they_were_booked(client: Client, database: Database) -> None:
    for number in range(5):
        book(database, f"tx-{number}", [("cash:main", 100 + number), ("member:17:contributions", -100 - number)])
    accountant = client("accountant")
    amounts, url = [], "/v1/accounts/cash:main/entries?limit=2"
    while url:
        page = accountant.get(url)
        assert page.status_code == 200, page.text
        amounts += [one["amount"] for one in page.json()["items"]]
        url = page.headers["link"].split(">")[0].lstrip("<") if "link" in page.headers else ""
    assert amounts == ["1.00", "1.01", "1.02", "1.03", "1.04"]
    assert accountant.get("/v1/accounts/member:17:contributions").json()["balance"] == "5.10"


def test_an_account_nobody_opened_is_not_found(client: Client) -> None:
    answer = client("accountant").get("/v1/accounts/cash:nowhere/entries")
    assert (answer.status_code, answer.json()["code"]) == (404, "account_unknown")


def test_a_clearing_account_is_listed_until_it_is_back_at_zero(client: Client, database: Database) -> None:
    book(database, "in", [("bank:reservas", 900), ("suspense:bank", -900)], dt.date(2026, 3, 1))
    book(database, "more", [("bank:reservas", 100), ("suspense:bank", -100)], dt.date(2026, 3, 9))
    accountant = client("accountant")
    (listed,) = accountant.get("/v1/clearing-accounts").json()["items"]
    assert (listed["code"], listed["balance"], listed["since_on"], listed["age_days"]) == (
        "suspense:bank",
        "10.00",
        "2026-03-01",
        32,
    )
    book(database, "out", [("suspense:bank", 1000), ("member:17:contributions", -1000)])
    assert accountant.get("/v1/clearing-accounts").json()["items"] == []


def test_the_books_are_verified_and_said_to_be_whole(client: Client, database: Database) -> None:
    book(database, "one", [("cash:main", 450000), ("member:17:contributions", -450000)])
    answer = client("auditor").post("/v1/ledger-verifications")
    assert answer.status_code == 201
    assert answer.json() == {"is_whole": True, "entry_count": 2, "entry_sum": 0, "findings": []}


def test_an_empty_month_waits_for_its_members(client: Client) -> None:
    answer = client("cashier").get("/v1/months/2026-03")
    assert answer.status_code == 200, answer.text
    month = answer.json()
    assert month["next"] == "members"
    assert [step["number"] for step in month["steps"]] == list(range(1, 11))
    assert month["figures"]["received"] == "0.00"
    assert month["coverage"]["reasons"] == []


def test_a_month_that_is_not_over_is_not_closed_and_each_obstacle_is_named(client: Client) -> None:
    answer = client("accountant").post("/v1/months/2026-04/closing", {"reason": "the month is done"})
    assert (answer.status_code, answer.json()["code"]) == (409, "month_not_clear")
    assert [one["code"] for one in answer.json()["errors"]] == ["month_not_over"]


def test_a_closed_month_takes_no_booking_until_a_manager_opens_it_again(client: Client, database: Database) -> None:
    because = {"reason": "everything is explained"}
    assert client("accountant").post("/v1/months/2026-03/closing", because).status_code == 201
    assert client("cashier").get("/v1/months/2026-03").json()["is_closed"] is True
    assert client("accountant").post("/v1/months/2026-03/reopening", because).status_code == 403
    assert client("manager").post("/v1/months/2026-03/reopening", because).status_code == 201
    book(database, "late", [("cash:main", 1), ("member:17:contributions", -1)])
    assert client("cashier").get("/v1/months/2026-03").json()["is_closed"] is False


def test_a_month_that_is_none_is_malformed(client: Client) -> None:
    for period in ("2026-13", "march", "2026-3"):
        assert client("cashier").get(f"/v1/months/{period}").status_code == 422
    assert client("cashier").get("/v1/months/1200-01").json()["code"] == "period_invalid"
