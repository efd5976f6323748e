"""Figures over time: what came in, who is covered and why not, what is missing, what was rejected, how long benefits take."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from gateway.kit.db import Database
from gateway.reports.build import ask, build
from gateway.reports.errors import ReportQuestionError
from gateway.reports.render import Form, render
from gateway.reports.rules import Report, ReportKind, Step, age_of, begins_of, steps_between

TODAY = dt.date(2026, 4, 2)
FEBRUARY, MARCH = "2026-02-01", "2026-03-01"


class Town:
    """Writes what the slices would have kept, without their guards: what is read here is only how it is told."""

    def __init__(self, owner: psycopg.Connection[Any]) -> None:
        self.owner = owner

    def add(self, table: str, **values: Any) -> int:
        named = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()}
        columns, places = ", ".join(named), ", ".join(["%s"] * len(named))
        row = self.owner.execute(
            f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE VALUES ({places}) RETURNING id".encode(),
            list(named.values()),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def filing(self, month: str, answered: str, lines: dict[int, tuple[str, str, str]], kind: str = "monthly") -> int:
        """File a month; of each member what changed, how the state answered and with which code."""
        last = self.owner.execute("SELECT count(*) + 1 FROM filing").fetchone()
        assert last is not None
        filing = self.add(
            "filing", reference=f"00000000-0000-0000-0000-{last[0]:012d}", payroll_id=1, period_start=month, policy_id=1,
            sequence=last[0], kind=kind, status="settled", currency="DOP", line_count=len(lines), prepared_by="staff:olga",
            prepared_at=answered, sealed_at=answered,
        )  # fmt: skip
        rejected = sum(status == "rejected" for _, status, _ in lines.values())
        self.add(
            "filing_document", filing_id=filing, position=1, holds="workers", kind="AM", part=1, part_count=1, file_name="f",
            media_type="text/plain", line_count=len(lines), first_line_no=1, head_lines=1, byte_count=1, sha256="x",
            reference=f"00000000-0000-0000-0001-{last[0]:012d}", status="partial", accepted_count=len(lines) - rejected,
            rejected_count=rejected, answered_at=answered,
        )  # fmt: skip
        for number, (member, (change, status, code)) in enumerate(lines.items(), 1):
            line = self.add(
                "filing_line", filing_id=filing, line_no=number, member_id=member, assessment_id=1, document_kind="national_id",
                document=str(member), given_names="Ana", first_surname="P", second_surname="", sex="F", birth_date="1990-01-01",
                wage_minor=1, additional_dependants=0, amounts_minor=[1], state_minor=1, fee_minor=0, total_minor=1,
                from_member_minor=1, reason="own_money", change_since_last=change, status=status, answered_at=answered,
            )  # fmt: skip
            if status == "rejected":
                self.step(answered, "filing_line", line, "reject", code)
        return filing

    def step(self, at: str, kind: str, number: int, event: str, reason: str | None = None) -> None:
        self.add(
            "state_log", at=at, subject_kind=kind, subject_id=number, event=event, from_state="a", to_state="b",
            actor="worker:w", reason=reason,
        )  # fmt: skip

    def decision(self, filing: int, member: int, reason: str, change: str, short: int = 0) -> None:
        self.add(
            "filing_decision", filing_id=filing, member_id=member, reason=reason, needed_minor=short, available_minor=0,
            short_minor=short, change_since_last=change,
        )  # fmt: skip


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    with written(database) as made:
        yield made


@contextmanager
def written(database: Database) -> Iterator[Town]:
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute("SELECT set_config('gateway.mutual_id', '1', false)")
        owner.execute("SET session_replication_role = replica")
        yield Town(owner)


def told(database: Database, kind: ReportKind, **asked: Any) -> Report:
    with database.session(1) as session:
        return build(session, ask(session, kind, today=TODAY, **asked))


def table(answer: Report, name: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in next(sheet for sheet in answer.sheets if sheet.name == name).rows]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture
def two_months(town: Town) -> Town:
    accepted, new = ("accepted", "0"), "new"
    town.filing(
        FEBRUARY, "2026-03-01T12:00Z", {**dict.fromkeys(range(1, 6), (new, *accepted)), 6: (new, "rejected", "155")}
    )
    march = town.filing(
        MARCH,
        "2026-04-01T12:00Z",
        {1: ("same", *accepted), 4: ("same", "rejected", "=104"), 6: (new, *accepted), 7: (new, *accepted)},
    )
    town.decision(march, 2, "short", "wage_changed", 100)
    town.decision(march, 3, "not_enrolled", "gone")
    town.step("2026-03-20T12:00Z", "member", 3, "leave")
    town.decision(march, 5, "no_money", "same", 500)
    town.decision(march, 8, "no_money", new, 900)
    town.filing(MARCH, "2026-04-01T15:00Z", {5: ("same", *accepted)}, kind="supplementary")
    return town


def test_coverage_says_how_many_and_why_the_lost_were_lost(database: Database, two_months: Town) -> None:
    answer = told(database, ReportKind.COVERAGE)
    assert table(answer, "coverage") == [(day(FEBRUARY), 0, 5, 0, 0, 5), (day(MARCH), 5, 2, 0, 3, 4)]
    assert dict(table(answer, "coverage_lost")) == {"short": 1, "left": 1, "rejected": 1}
    before = told(database, ReportKind.COVERAGE, recorded_at=dt.datetime(2026, 4, 1, 13, tzinfo=dt.UTC))
    assert table(before, "coverage")[-1] == (day(MARCH), 5, 2, 0, 4, 3)
    assert dict(table(before, "coverage_lost"))["no_money"] == 1
    only_march = told(database, ReportKind.COVERAGE, from_on=day(MARCH))
    assert table(only_march, "coverage") == [(day(MARCH), 5, 2, 0, 3, 4)]


def test_who_is_new_and_rejected_is_neither_gained_nor_lost(database: Database, town: Town) -> None:
    accepted = ("accepted", "0")
    town.filing(FEBRUARY, "2026-03-01T12:00Z", {1: ("new", *accepted)})
    march = {
        1: ("same", *accepted),
        2: ("new", "rejected", "155"),
        3: ("back", "rejected", "155"),
        4: ("new", *accepted),
    }
    town.filing(MARCH, "2026-04-01T12:00Z", march)
    answer = told(database, ReportKind.COVERAGE)
    assert table(answer, "coverage")[-1] == (day(MARCH), 1, 1, 0, 0, 2)
    assert table(answer, "coverage_lost") == []


def test_of_a_filing_answered_in_part_only_what_is_answered_counts(database: Database, town: Town) -> None:
    accepted = ("accepted", "0")
    town.filing(FEBRUARY, "2026-03-01T12:00Z", {1: ("new", *accepted)})
    march = town.filing(MARCH, "2026-04-01T12:00Z", {1: ("same", *accepted), 2: ("new", *accepted)})
    town.owner.execute("UPDATE filing SET line_count = 3 WHERE id = %s", [march])
    town.add(
        "filing_line", filing_id=march, line_no=3, member_id=3, assessment_id=1, document_kind="national_id", document="3",
        given_names="Ana", first_surname="P", second_surname="", sex="F", birth_date="1990-01-01", wage_minor=1,
        additional_dependants=0, amounts_minor=[1], state_minor=1, fee_minor=0, total_minor=1, from_member_minor=1,
        reason="own_money", change_since_last="new", status="waiting",
    )  # fmt: skip
    assert table(told(database, ReportKind.COVERAGE), "coverage")[-1] == (day(MARCH), 1, 1, 0, 0, 2)


def test_a_loss_that_nothing_explains_is_shown_as_such(database: Database, town: Town) -> None:
    accepted = ("accepted", "0")
    town.filing(FEBRUARY, "2026-03-01T12:00Z", {1: ("new", *accepted), 2: ("new", *accepted)})
    town.filing(MARCH, "2026-04-01T12:00Z", {1: ("same", *accepted)})
    assert table(told(database, ReportKind.COVERAGE), "coverage_lost") == [("unexplained", 1)]


def test_arrears_are_months_that_lacked_money_and_are_in_no_filing_since(database: Database, two_months: Town) -> None:
    answer = told(database, ReportKind.ARREARS)
    assert table(answer, "arrears_by_age") == [("age_1", 2, 2, 1000)]
    assert table(answer, "arrears_by_month") == [(day(MARCH), 2, 2, 1000)]
    later = told(database, ReportKind.ARREARS, valid_on=dt.date(2026, 9, 1))
    assert table(later, "arrears_by_age") == [("age_4_6", 2, 2, 1000)]
    before = told(database, ReportKind.ARREARS, recorded_at=dt.datetime(2026, 4, 1, 13, tzinfo=dt.UTC))
    assert table(before, "arrears_by_age") == [("age_1", 3, 3, 1500)]


def test_rejections_are_told_by_the_state_s_code_with_its_meaning_and_by_month(
    database: Database, two_months: Town
) -> None:
    answer = told(database, ReportKind.REJECTIONS)
    assert table(answer, "rejections_by_code") == [("155", 1, 5000), ("=104", 1, 5000)]
    assert table(answer, "rejections_by_month") == [(day(FEBRUARY), 6, 1), (day(MARCH), 5, 1)]
    page = render(answer, Form.HTML, "es").decode()
    assert "155 " in page
    assert "nómina" in page.partition("155 ")[2][:80]
    assert "'=104" in render(answer, Form.CSV, "es").decode()


def test_what_came_in_is_told_by_day_week_month_channel_and_collector(database: Database, town: Town) -> None:
    for number, (paid, channel, collector, minor) in enumerate(
        [
            ("2026-03-02", "cash", None, 100),
            ("2026-03-04", "collector", "staff:rosa", 200),
            ("2026-03-31", "collector", "staff:rosa", 400),
            ("2026-04-01", "bank", None, 800),
            ("2026-04-03", "bank", None, 1600),
        ],
        1,
    ):
        town.add(
            "contribution_receipt", id=number, number=f"RF{number:010d}", source="t", source_reference=str(number),
            channel=channel, account_code="cash:x", collector=collector, amount_minor=minor, currency="DOP", paid_on=paid,
            recorded_at="2026-04-01T12:00Z", actor="s",
            ledger_tx_id=town.add(
                "ledger_tx", idempotency_key=f"r{number}", fingerprint="f", kind="receipt", valid_on=paid, n_entries=2,
                recorded_at="2026-04-01T12:00Z", actor="s", evidence=f"receipt:{number}",
            ),
        )  # fmt: skip
    town.add(
        "contribution_reversal", receipt_id=2, reason="twice", reversed_on="2026-04-02", ledger_tx_id=1, actor="s", at="2026-04-02T12:00Z"
    )  # fmt: skip
    by_month = told(database, ReportKind.COLLECTIONS)
    assert table(by_month, "collections_over_time") == [
        (day(MARCH), 3, 700, 200, 500),
        (day("2026-04-01"), 1, 800, 0, 800),
    ]
    assert table(by_month, "collections_by_channel") == [
        ("bank", 1, 800, 0, 800),
        ("collector", 2, 600, 200, 400),
        ("cash", 1, 100, 0, 100),
    ]
    assert table(by_month, "collections_by_collector") == [("staff:rosa", 2, 600, 200, 400)]
    by_week = told(database, ReportKind.COLLECTIONS, step=Step.WEEK, from_on=dt.date(2026, 3, 4))
    assert [row[0] for row in table(by_week, "collections_over_time")] == [day("2026-03-04"), day("2026-03-30")]
    assert len(table(told(database, ReportKind.COLLECTIONS, step=Step.DAY), "collections_over_time")) == 4
    before = told(database, ReportKind.COLLECTIONS, recorded_at=dt.datetime(2026, 4, 2, 11, tzinfo=dt.UTC))
    assert table(before, "collections_over_time")[0] == (day(MARCH), 3, 700, 0, 700)
    with pytest.raises(ReportQuestionError, match="has no step"):
        told(database, ReportKind.COVERAGE, step=Step.DAY)


def test_a_benefit_is_in_hand_once_all_that_was_credited_up_to_it_has_been_paid(database: Database, town: Town) -> None:
    tx = town.add(
        "ledger_tx", idempotency_key="k", fingerprint="f", kind="benefit.allot", valid_on="2026-03-01", n_entries=2,
        recorded_at="2026-03-01T12:00Z", actor="s",
    )  # fmt: skip
    credited = [
        ("2026-03-02", 1, "maternity", 100),
        ("2026-03-10", 1, "maternity", 100),
        ("2026-03-10", 2, "common_illness", 50),
    ]
    for number, (funded, member, kind, minor) in enumerate(credited, 1):
        remittance = town.add(
            "benefit_remittance", authority_reference=f"R{number}", transfer_reference="E", status="allotted", employer="4",
            currency="DOP", total_minor=minor, line_count=1, advised_on=funded, advised_at=f"{funded}T12:00Z", evidence_id=1,
            funded_on=funded, allotment_tx_id=tx,
        )  # fmt: skip
        town.add(
            "benefit_remittance_line", remittance_id=remittance, line_no=1, document_kind="national_id", document="1",
            benefit_kind=kind, amount_minor=minor, status="matched", member_id=member,
        )  # fmt: skip
    for number, (settled, member, minor, back) in enumerate(
        [("2026-03-05", 1, 100, None), ("2026-03-20", 1, 100, None), ("2026-03-12", 2, 50, "2026-03-14")], 1
    ):
        payout = town.add(
            "payout", batch_id=1, member_id=member, amount_minor=minor, currency="DOP", destination="counter",
            end_to_end_id=f"P{number}", status="returned" if back else "paid", settled_on=settled,
        )  # fmt: skip
        town.step(f"{settled}T12:00Z", "payout", payout, "pay")
        if back:
            town.step(f"{back}T12:00Z", "payout", payout, "return")
    answer = told(database, ReportKind.BENEFIT_DAYS)
    assert table(answer, "benefit_days_by_kind") == [
        ("common_illness", 1, 0, None, None, None, 1, 23),
        ("maternity", 2, 2, 3, 10, 10, 0, None),
    ]
    assert table(answer, "benefit_days_by_month") == [(day(MARCH), 3, 2, 3, 10, 10, 1, 23)]
    then = told(database, ReportKind.BENEFIT_DAYS, recorded_at=dt.datetime(2026, 3, 13, tzinfo=dt.UTC))
    assert table(then, "benefit_days_by_kind")[0] == ("common_illness", 1, 1, 2, 2, 2, 0, None)


@pytest.mark.parametrize("kind", [ReportKind.COLLECTIONS, ReportKind.COVERAGE, ReportKind.ARREARS, ReportKind.REJECTIONS, ReportKind.BENEFIT_DAYS])  # fmt: skip
def test_figures_over_time_are_told_where_there_is_nothing_in_every_form(database: Database, kind: ReportKind) -> None:
    for form in Form:
        assert render(told(database, kind), form, "fr")


def test_ages_are_counted_in_months_and_a_year_ends_with_the_day_s_month() -> None:
    ages = [age_of(dt.date(2026, month, 1), dt.date(2027, 1, 15)) for month in (12, 11, 10, 9, 7, 6, 1)]
    assert ages == ["age_1", "age_2", "age_3", "age_4_6", "age_4_6", "age_7_12", "age_7_12"]
    assert age_of(dt.date(2025, 12, 1), dt.date(2027, 1, 15)) == "age_older"
    assert begins_of(dt.date(2026, 4, 2)) == dt.date(2025, 5, 1)
    assert begins_of(dt.date(2026, 12, 31)) == dt.date(2026, 1, 1)


def test_the_steps_of_a_figure_over_time_leave_no_day_week_or_month_out() -> None:
    assert [str(day) for day in steps_between(dt.date(2026, 2, 27), dt.date(2026, 3, 2), Step.DAY)] == [
        "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02",
    ]  # fmt: skip
    # A Wednesday, then Mondays.
    assert [str(day) for day in steps_between(dt.date(2026, 3, 4), dt.date(2026, 3, 22), Step.WEEK)] == [
        "2026-03-04", "2026-03-09", "2026-03-16",
    ]  # fmt: skip
    assert [str(day) for day in steps_between(dt.date(2025, 11, 20), dt.date(2026, 2, 1), Step.MONTH)] == [
        "2025-11-20", "2025-12-01", "2026-01-01", "2026-02-01",
    ]  # fmt: skip
