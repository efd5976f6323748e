"""Reports over HTTP: five forms, both clocks, and a link under which the bytes never change."""

import datetime as dt
from collections.abc import Callable

import pytest
from tests.api.calling import Caller

from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post

Client = Callable[..., Caller]


def book(database: Database, key: str, minor: int) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:main"), NewAccount("member:17:contributions")], "DOP")
        lines = [Line("cash:main", minor), Line("member:17:contributions", -minor)]
        post(session, Event(key, "receipt", dt.date(2026, 3, 5), lines, "staff:ana"))


def test_the_link_with_both_clocks_has_the_same_bytes_after_more_was_booked(client: Client, database: Database) -> None:
    book(database, "one", 450000)
    accountant = client("accountant")
    first = accountant.get("/v1/reports/trust-report?form=csv")
    assert first.status_code == 200, first.text
    settled = first.headers["content-location"]
    book(database, "two", 1)
    assert accountant.get(settled).content == first.content
    assert accountant.get("/v1/reports/trust-report?form=csv").content != first.content


@pytest.mark.parametrize(
    ("form", "begins", "media_type"),
    [
        ("json", b"{", "application/json"),
        ("html", b"<!doctype html>", "text/html; charset=utf-8"),
        ("pdf", b"%PDF", "application/pdf"),
        ("csv", b"\xef\xbb\xbftable", "text/csv; charset=utf-8; header=present"),
        ("xlsx", b"PK", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_each_form_is_served_as_what_it_is(
    client: Client, database: Database, form: str, begins: bytes, media_type: str
) -> None:
    book(database, "one", 450000)
    answer = client("accountant").get(f"/v1/reports/general-ledger?form={form}&subject=cash:main")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.content.startswith(begins)
    assert f".{form}" in answer.headers["content-disposition"]


def test_a_statement_without_a_subject_and_one_of_nobody_are_refused(client: Client) -> None:
    accountant = client("accountant")
    missing, nobody = (accountant.get(f"/v1/reports/member-statement{more}") for more in ("", "?subject=M9"))
    assert (missing.status_code, missing.json()["code"]) == (422, "report_question")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "report_subject")


def test_the_future_is_refused_as_still_being_written(client: Client) -> None:
    answer = client("accountant").get("/v1/reports/trust-report?recorded_at=2199-01-01T00:00:00Z")
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (409, "still_being_written", True)


def test_a_collector_sees_no_books(client: Client) -> None:
    assert client("collector").get("/v1/reports/trust-report").status_code == 403
