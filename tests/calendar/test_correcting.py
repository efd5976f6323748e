"""Staff correct the calendar and the law: the newest word counts, for their mutual alone."""

import datetime as dt

import pytest
from sqlmodel import Session

from gateway.calendar.correct import add_holiday, remove_holiday
from gateway.calendar.errors import HolidayKnownError, HolidayUnknownError
from gateway.calendar.queries import calendar_of
from gateway.contributions.assess import schedule_of
from gateway.contributions.errors import ApproverError, RateInvalidError, RateNotAheadError, RateTakenError
from gateway.contributions.propose import approve_rate, decline_rate, enter_return, propose_rate
from gateway.contributions.rate_queries import list_returns, returns_before
from gateway.kit.audit import list_changes, list_transitions
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.kit.states import InvalidTransitionError

MARCH = Period(2026, 3)
TODAY = dt.date(2026, 3, 20)
THURSDAY = dt.date(2026, 4, 2)


def test_a_freed_day_moves_the_due_day_of_one_mutual_and_can_be_taken_back(database: Database) -> None:
    with database.session(1) as session:
        assert calendar_of(session).due_on(MARCH) == dt.date(2026, 4, 6)
        added = add_holiday(session, THURSDAY, name=" Jueves  Santo ", reason="decreto 128-26", actor="staff:olga")
        assert (added.name, added.source, added.actor) == ("Jueves Santo", "staff", "staff:olga")
        assert calendar_of(session).due_on(MARCH) == dt.date(2026, 4, 7)
        with pytest.raises(HolidayKnownError):
            add_holiday(session, THURSDAY, name="otra vez", reason="decreto", actor="staff:olga")
    with database.session(2) as session:
        assert calendar_of(session).due_on(MARCH) == dt.date(2026, 4, 6)
    with database.session(1) as session:
        remove_holiday(session, THURSDAY, reason="decreto 130-26", actor="staff:mara")
        with pytest.raises(HolidayUnknownError):
            remove_holiday(session, THURSDAY, reason="decreto", actor="staff:mara")
        remove_holiday(session, dt.date(2026, 4, 3), reason="se labora", actor="staff:mara")
        assert calendar_of(session).due_on(MARCH) == dt.date(2026, 4, 3)
        actions = [change.action for change in list_changes(session, "holiday", "2026-04-02")]
        assert actions == ["holiday.add", "holiday.remove"]


def propose(session: Session, **more: object) -> int:
    values = {
        "kind": "ceilings", "name": "health", "valid_from": dt.date(2026, 4, 1), "value": "240000.00",
        "source": "CNSS 600", "read_on": TODAY, "mark": "2", "reason": "new minimum wage", "actor": "staff:olga",
        "today": TODAY, **more,
    }  # fmt: skip
    return propose_rate(session, **values).id  # type: ignore[arg-type]


def test_a_rate_is_proposed_by_one_approved_by_another_and_counts_from_its_day_on(database: Database) -> None:
    with database.session(1) as session:
        before = schedule_of(session, MARCH).sha256
        first, second = propose(session), propose(session, value="241000.00")
        with pytest.raises(ApproverError):
            approve_rate(session, first, actor="staff:olga", today=TODAY)
        assert schedule_of(session, Period(2026, 4)).components[0].ceiling_minor == 23_223_000
        approve_rate(session, first, actor="staff:mara", today=TODAY)
        assert schedule_of(session, Period(2026, 4)).components[0].ceiling_minor == 24_000_000
        assert schedule_of(session, MARCH).sha256 == before
        with pytest.raises(RateTakenError):
            approve_rate(session, second, actor="staff:mara", today=TODAY)
        assert decline_rate(session, second, reason="typed wrongly", actor="staff:mara").status == "declined"
        with pytest.raises(InvalidTransitionError):
            approve_rate(session, second, actor="staff:mara", today=TODAY)
        late = propose(session, name="pension")
        with pytest.raises(RateNotAheadError):
            approve_rate(session, late, actor="staff:mara", today=dt.date(2026, 4, 1))
        assert [step.event for step in list_transitions(session, "rate_proposal", first)] == ["approve"]
    with database.session(2) as session:
        assert schedule_of(session, Period(2026, 4)).components[0].ceiling_minor == 23_223_000


def test_a_value_that_cannot_be_one_is_refused_where_it_is_wrong(database: Database) -> None:
    wrong = [
        ({"name": "weather"}, "there are rates.health_worker"),
        ({"kind": "rates", "name": "health_worker", "value": "3.04"}, "3.04 % is '0.0304'"),
        ({"value": "240000.001"}, "3 decimals"),
        ({"value": "-1.00"}, "below zero"),
        ({"source": "  "}, "where the value is published"),
        ({"read_on": dt.date(2026, 3, 21)}, "cannot have been read"),
        ({"mark": "x"}, "is no mark"),
    ]
    with database.session(1) as session:
        for more, told in wrong:
            with pytest.raises(RateInvalidError, match=told):
                propose(session, **more)
        with pytest.raises(RateNotAheadError, match="keeps its rates"):
            propose(session, valid_from=TODAY)


def test_a_months_return_is_entered_with_its_source_and_the_newest_figure_counts(database: Database) -> None:
    told = {"period": Period(2026, 2), "source": "SIPEN", "read_on": TODAY, "mark": "1", "actor": "a", "today": TODAY}
    with database.session(1) as session:
        assert returns_before(session, MARCH) == {}
        for value in ("0.0081", "0.0079"):
            enter_return(session, value=value, **told)  # type: ignore[arg-type]
        assert float(returns_before(session, MARCH)[Period(2026, 2)].value) == 0.0079
        [row] = list_returns(session, before=dt.date.max, limit=9)
        assert (row.version, row.value) == (2, "0.0079")
        for value in ("0.9", "x", "1e-3", "NaN"):
            with pytest.raises(RateInvalidError, match="no monthly return"):
                enter_return(session, value=value, **told)  # type: ignore[arg-type]
        with pytest.raises(RateInvalidError, match="has not begun"):
            enter_return(session, value="0.01", **{**told, "period": Period(2026, 4)})  # type: ignore[arg-type]
