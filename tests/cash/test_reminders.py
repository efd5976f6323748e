"""Who is short for the coming filing is on her collector's list, and is told once."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session
from tests.cash.till_town import ABEL, BAG, TODAY, payment, settle_in

from gateway.cash.errors import ReminderTooLateError
from gateway.cash.remind import Short, every_short, list_short, pay_until, remind, words_of
from gateway.cash.routes import assign_members
from gateway.contributions import allotment
from gateway.contributions.receive import receive
from gateway.contributions.reference import member_reference
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.notices.texts import LANGUAGES, compose

MARCH, FEBRUARY = Period(2026, 3), Period(2026, 2)
GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿")
GSM |= set("abcdefghijklmnopqrstuvwxyzäöñüà")
"""The letters of a short message that take one place each (3GPP TS 23.038)."""

COST = """
INSERT INTO contribution_assessment (period_start, payroll_id, member_id, version, schedule_id, wage_minor,
    additional_dependants, amounts_minor, state_minor, total_minor, currency)
SELECT :month, (SELECT min(id) FROM payroll), m, :version, s.id, 1, 0, '{1}', 1, :cost, 'DOP' FROM unnest(CAST(:ids AS bigint[])) AS m,
    (SELECT min(id) AS id FROM contribution_schedule) s
"""


def month_costs(session: Session, ids: list[int], cost: int, month: Period = MARCH, version: int = 1) -> None:
    db.run(
        session,
        "INSERT INTO payroll (code, name, employer_number) VALUES ('001', 'x', '401999999') ON CONFLICT DO NOTHING",
    )
    db.run(
        session,
        "INSERT INTO contribution_schedule (period_start, version, country, currency, components, sha256)"
        " VALUES (:month, 1, 'do', 'DOP', '[]', 'x') ON CONFLICT DO NOTHING",
        {"month": month.start},
    )
    db.run(session, COST, {"month": month.start, "ids": ids, "cost": cost, "version": version})


def short(session: Session, **more: Any) -> list[tuple[str, str, int]]:
    values = {"period": MARCH, "payroll_id": None, "till": None, "today": TODAY, **more}
    listed = list_short(session, limit=50, **values)
    assert listed == list(every_short(session, **values))
    return [(one.till, one.number, one.short_minor) for one in listed]


def test_members_who_are_short_stand_on_their_collectors_list_by_what_they_lack_and_are_told_once(
    database: Database,
) -> None:
    with database.session(1) as session:
        ids = settle_in(session, 6)
        till = db.scalar(session, "SELECT id FROM cash_till WHERE code = :code", {"code": BAG})
        assign_members(session, till, member_ids=[ids[0], ids[2]], fund_id=None, actor=ABEL)
        db.run(session, "UPDATE member SET phone = '+18095550100' WHERE id <> :id", {"id": ids[3]})
        db.run(session, "UPDATE member SET status = 'left' WHERE id = :id", {"id": ids[4]})
        month_costs(session, ids[:5], 10_000)
        month_costs(session, ids[:1], 12_000, version=2)  # the newest assessment counts
        receive(session, payment("r1", ids[0], 2_500), actor=ABEL, today=TODAY)
        receive(session, payment("r2", ids[1], 10_000), actor=ABEL, today=TODAY)
        assert short(session) == [("", "M000004", 10_000), (BAG, "M000001", 9_500), (BAG, "M000003", 10_000)]
        assert short(session, till=BAG) == [(BAG, "M000001", 9_500), (BAG, "M000003", 10_000)]
        first = remind(session, period=MARCH, payroll_id=None, actor=ABEL, today=TODAY)
        assert first[:3] == (3, 2, 1)
        again = remind(
            session, period=MARCH, payroll_id=db.scalar(session, "SELECT min(id) FROM payroll"), actor=ABEL, today=TODAY
        )
        assert again[:3] == (3, 0, 1)
        [told] = db.rows(session, "SELECT text, about_key FROM notice WHERE member_id = :id", {"id": ids[0]})
        assert told.about_key == "2026-03"
        assert told.text == (
            "Mutual Amparo: para 03/2026 le faltan 95.00 DOP. Pague hasta el 31/03/2026."
            f" Referencia {member_reference('M000001')}"
        )
        assert "Prueba" not in told.text  # a stranger who holds the telephone learns no name
        with pytest.raises(ReminderTooLateError):
            remind(session, period=FEBRUARY, payroll_id=None, actor=ABEL, today=TODAY)


def test_what_an_older_open_month_needs_is_kept_for_it_where_the_oldest_month_comes_first(database: Database) -> None:
    with database.session(1) as session:
        ids = settle_in(session, 2)
        month_costs(session, ids, 10_000)
        month_costs(session, ids[:1], 8_000, FEBRUARY)
        for number, member in enumerate(ids):
            receive(session, payment(f"r{number}", member, 12_000), actor=ABEL, today=TODAY)
        assert short(session) == []
        allotment.lay_down(session, valid_from=TODAY, rules={"months": "oldest_first"}, reason="assembly", actor=ABEL)
        assert short(session) == [("", "M000001", 6_000)]
        assert short(session, period=FEBRUARY) == []
        assert short(session, today=TODAY - dt.timedelta(days=1)) == []


@given(
    mutual=st.text(max_size=60),
    minor=st.integers(1, 10**11),
    number=st.from_regex(r"M[0-9]{6,20}", fullmatch=True),
    month=st.integers(1, 12),
    language=st.sampled_from(LANGUAGES),
)
def test_a_reminder_is_one_short_message_in_every_language(
    mutual: str, minor: int, number: str, month: int, language: str
) -> None:
    period = Period(2026, month)
    one = Short("", 1, number, "Ana", member_reference(number), True, minor, 0, minor, "DOP", period.end, None, None)
    _, text = compose("reminder_short", language, words_of(one, mutual, period), country="do")
    assert len(text) <= 160
    assert set(text) <= GSM


def test_members_pay_until_the_day_the_mutual_says_or_the_months_last() -> None:
    assert pay_until({}, FEBRUARY) == dt.date(2026, 2, 28)
    assert pay_until({"pay_until_day": 25}, MARCH) == dt.date(2026, 3, 25)
    assert pay_until({"pay_until_day": 31}, FEBRUARY) == dt.date(2026, 2, 28)
