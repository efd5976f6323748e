"""What the state is told of comings and goings beside the payroll, found from membership by itself."""

import datetime as dt
from typing import Any

from filing_town import COST, OFFICER, assess, declare, enrol, open_payroll, pay, with_check_digit
from portal_town import answered
from sqlmodel import Session
from state_process import StateProcess, courier_to, pursue_until

from gateway.filing import queries
from gateway.filing.models import Filing
from gateway.filing.movements import list_movements
from gateway.filing.prepare import prepare
from gateway.filing.seal import seal
from gateway.filing.states import FilingKind
from gateway.filing.submit import request_submission
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.membership.change import change
from gateway.membership.come_back import come_back
from gateway.membership.depart import depart
from gateway.membership.enrol import NewIdentity
from gateway.membership.identify import identify
from gateway.membership.leave import go_on_leave
from gateway.membership.queries import get_member
from gateway.membership.states import IdentityKind, LeaveKind

MARCH, APRIL, MAY = Period(2026, 3), Period(2026, 4), Period(2026, 5)
IN_APRIL, END_OF_APRIL = dt.date(2026, 4, 10), dt.date(2026, 4, 28)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def filed(
    session: Session, payroll_id: int, period: Period, members: list[int], *, today: dt.date, seal_it: bool = True
) -> Filing:
    """Assess and pay for some members, prepare, and seal."""
    assess(session, payroll_id, period)
    pay(session, dict.fromkeys(members, 2 * COST))
    return filed_again(session, payroll_id, period, today=today, seal_it=seal_it)


def filed_again(session: Session, payroll_id: int, period: Period, *, today: dt.date, seal_it: bool = True) -> Filing:
    known = {"period": period.start, "payroll_id": payroll_id, "status": None, "before": None, "limit": 5}
    finished = [one for one in queries.list_filings(session, **known) if one.status not in ("draft", "discarded")]
    kind = FilingKind.SUPPLEMENTARY if finished else FilingKind.MONTHLY
    made = prepare(session, payroll_id=payroll_id, period=period, kind=kind, actor=OFFICER, today=today)
    return seal(session, made.id, actor=OFFICER, today=today) if seal_it else made


def document_of(session: Session, member_id: int) -> str:
    statement = (
        "SELECT value FROM member_identity WHERE mutual_id = current_mutual() AND member_id = :id AND is_primary"
    )
    return str(db.scalar(session, statement, {"id": member_id}))


def told(session: Session, filing: Filing) -> list[tuple[Any, ...]]:
    rows = list_movements(session, filing.id, told=True, limit=100)
    return [(row.event, row.member_id, row.starts_on.isoformat(), row.file_group) for row in rows]


def waiting(session: Session, filing: Filing) -> list[tuple[str, int, str]]:
    rows = list_movements(session, filing.id, told=False, limit=100)
    return [(row.event, row.member_id, row.held_back) for row in rows]


def opened_in_march(session: Session, count: int = 4) -> tuple[int, list[int]]:
    """A payroll whose March the state accepted."""
    payroll_id = open_payroll(session)
    members = enrol(session, payroll_id, count)
    first = filed(session, payroll_id, MARCH, members, today=day("2026-04-01"))
    assert first.movement_count == 0
    answered(session, first)
    assert first.status == "accepted"
    return payroll_id, members


def enrol_from(session: Session, payroll_id: int, first_day: str) -> int:
    (member,) = enrol(session, payroll_id, 1)
    db.run(
        session, "UPDATE enrolment SET valid_from = :day WHERE member_id = :id", {"day": day(first_day), "id": member}
    )
    return member


def test_entries_exits_leaves_and_changes_since_the_accepted_month_are_told_beside_the_payroll(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll_id, (ana, rosa, luz, eva) = opened_in_march(session)
        new = enrol_from(session, payroll_id, "2026-04-06")
        depart(session, ana, last_day=day("2026-04-08"), reason="moved away", actor=OFFICER, today=IN_APRIL)
        go_on_leave(
            session, rosa, kind=LeaveKind.MATERNITY, first_day=day("2026-04-07"), last_day=day("2026-07-13"),
            reason="birth", actor=OFFICER, today=IN_APRIL,
        )  # fmt: skip
        declare(session, [luz], 2_500_000, day("2026-04-01"))
        version = get_member(session, eva).version
        change(
            session, eva, {"first_surname": "Marte"}, expected_version=version, actor=OFFICER, today=IN_APRIL, reason="typed wrong"
        )  # fmt: skip
        draft = filed(session, payroll_id, APRIL, [new, rosa, luz, eva], today=IN_APRIL, seal_it=False)

        rows = list_movements(session, draft.id, limit=100)
        seen = {row.member_id: (row.event, row.reason, row.source_kind, row.starts_on, row.ends_on) for row in rows}
        assert seen == {
            new: ("entry", "entered", "enrolment", day("2026-04-06"), None),
            ana: ("exit", "left", "enrolment", day("2026-04-08"), None),
            rosa: ("maternity", "on_leave", "leave", day("2026-04-07"), day("2026-07-13")),
            luz: ("change", "wage_changed", "member_wage", day("2026-04-01"), None),
            eva: ("change", "data_changed", "member_change", seen[eva][3], None),
        }
        assert [row.after_payroll for row in rows if row.event == "exit"] == [True]
        assert [row.first_surname for row in rows if row.member_id == eva] == ["Marte"]

        april = seal(session, draft.id, actor=OFFICER, today=IN_APRIL)
        files = queries.list_documents(session, april.id)
        assert [(f.holds, f.kind, f.part, f.line_count) for f in files] == [
            ("movements", "NV", 1, 4),
            ("workers", "AM", 1, 4),
            ("movements", "NV", 2, 1),
        ]
        answered(session, april)
        assert {row.status for row in list_movements(session, april.id, limit=100)} == {"accepted"}

        # What was told and taken is not told again.
        may = filed(session, payroll_id, MAY, [new, rosa, luz, eva], today=day("2026-05-10"))
        assert told(session, may) == waiting(session, may) == []


def test_what_the_state_rejected_stays_due_until_it_is_taken_and_what_is_on_its_way_is_not_told_twice(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll_id, (ana, rosa, *_) = opened_in_march(session)
        declare(session, [rosa], 2_500_000, day("2026-04-01"))
        new = enrol_from(session, payroll_id, "2026-04-06")
        april = filed(session, payroll_id, APRIL, [ana, rosa, new], today=IN_APRIL)
        assert told(session, april) == [("change", rosa, "2026-04-01", 1), ("entry", new, "2026-04-06", 1)]

        # April is on its way when May is prepared: nothing of it is told again.
        may = filed(session, payroll_id, MAY, [ana, rosa, new], today=day("2026-05-10"), seal_it=False)
        assert told(session, may) == []

        documents = [document_of(session, one) for one in (rosa, new)]
        answered(session, april, {"movements": dict.fromkeys(documents, "24")})
        assert april.status == "accepted"  # the payroll itself was taken, their wages with it
        may = filed_again(session, payroll_id, MAY, today=day("2026-05-10"), seal_it=False)
        assert {(row.event, row.member_id, row.again_after) for row in list_movements(session, may.id)} == {
            ("change", rosa, "24"),
            ("entry", new, "24"),
        }
        answered(session, seal(session, may.id, actor=OFFICER, today=day("2026-05-10")))
        june = filed(session, payroll_id, Period(2026, 6), [ana, rosa, new], today=day("2026-06-10"))
        assert told(session, june) == []


def test_who_leaves_and_returns_within_a_month_is_told_in_two_files_in_the_order_it_happened(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll_id, (ana, *others) = opened_in_march(session)
        depart(session, ana, last_day=day("2026-04-05"), reason="ill", actor=OFFICER, today=END_OF_APRIL)
        come_back(
            session, ana, first_day=day("2026-04-20"), payroll_id=payroll_id, reason="well", actor=OFFICER, today=END_OF_APRIL
        )  # fmt: skip
        april = filed(session, payroll_id, APRIL, [ana, *others], today=END_OF_APRIL)
        assert told(session, april) == [("exit", ana, "2026-04-05", 1), ("entry", ana, "2026-04-20", 2)]
        files = queries.list_documents(session, april.id)
        # Both before the payroll: its line for her stands on the entry.
        assert [(f.holds, f.part, f.part_count, f.line_count) for f in files] == [
            ("movements", 1, 2, 1),
            ("movements", 2, 2, 1),
            ("workers", 1, 1, 4),
        ]
        answered(session, april)
        assert april.status == "accepted"


def test_an_entry_dated_ahead_is_told_thirty_days_before_and_waits_until_then(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, members = opened_in_march(session)
        near, far = enrol_from(session, payroll_id, "2026-05-10"), enrol_from(session, payroll_id, "2026-05-11")
        april = filed(session, payroll_id, APRIL, members, today=IN_APRIL)
        assert told(session, april) == [("entry", near, "2026-05-10", 1)]
        assert waiting(session, april) == [("entry", far, "too_far_ahead")]
        answered(session, april)
        late = filed_again(session, payroll_id, APRIL, today=day("2026-04-11"))
        assert (late.line_count, told(session, late)) == (0, [("entry", far, "2026-05-11", 1)])
        answered(session, late)
        # A filing of movements alone asks for no money and is done when it is answered.
        assert (late.status, late.reserved_minor) == ("settled", 0)


def test_the_last_member_leaving_is_told_though_nobody_is_declared_any_more(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, members = opened_in_march(session, 1)
        depart(session, members[0], last_day=day("2026-03-31"), reason="moved", actor=OFFICER, today=day("2026-04-02"))
        april = filed_again(session, payroll_id, APRIL, today=IN_APRIL)
        assert told(session, april) == [("exit", members[0], "2026-03-31", 2)]
        answered(session, april, {"movements": {document_of(session, members[0]): "514"}})
        assert april.status == "rejected"


def test_only_what_a_draft_showed_is_sealed_and_a_line_the_state_would_refuse_waits(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, members = opened_in_march(session)
        nameless = enrol_from(session, payroll_id, "2026-04-03")
        db.run(session, "UPDATE member_identity SET value = '123' WHERE member_id = :id", {"id": nameless})
        draft = filed(session, payroll_id, APRIL, members, today=IN_APRIL, seal_it=False)
        assert waiting(session, draft) == [("entry", nameless, "state_would_refuse")]
        late = enrol_from(session, payroll_id, "2026-04-09")
        april = seal(session, draft.id, actor=OFFICER, today=IN_APRIL)
        assert ("entry", late, "after_preview") in waiting(session, april)
        assert told(session, april) == []


def test_a_number_corrected_or_given_since_the_accepted_month_is_found_by_itself_and_shown_to_be_told_by_hand(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll_id = open_payroll(session)
        members = ana, rosa, luz, eva = enrol(session, payroll_id, 4)
        passport = "UPDATE member_identity SET kind = 'passport', value = 'AB77' WHERE member_id = :id"
        db.run(session, passport, {"id": eva})
        answered(session, filed(session, payroll_id, MARCH, members, today=day("2026-04-01")))
        card = NewIdentity(IdentityKind.NATIONAL_ID, with_check_digit(7_654_321))
        # One had a wrong number; the other was known by a passport and has a card now.
        identify(session, luz, card, replace=True, reason="mistyped", actor=OFFICER, today=IN_APRIL)
        card = NewIdentity(IdentityKind.NATIONAL_ID, with_check_digit(7_654_322))
        identify(session, eva, card, actor=OFFICER, today=IN_APRIL)
        april = filed(session, payroll_id, APRIL, [ana, rosa, luz, eva], today=IN_APRIL, seal_it=False)
        assert sorted(waiting(session, april)) == [("change", one, "document_changed") for one in (luz, eva)]
        assert told(session, april) == []


def test_two_payrolls_tell_each_its_own(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, members = opened_in_march(session)
        second = open_payroll(session, "002")
        others = enrol(session, second, 2)
        depart(session, members[0], last_day=day("2026-04-08"), reason="moved", actor=OFFICER, today=IN_APRIL)
        april = filed(session, payroll_id, APRIL, members[1:], today=IN_APRIL)
        assert [row[:2] for row in told(session, april)] == [("exit", members[0])]
        # The second payroll opens in April: its payroll file itself declares everybody.
        opening = filed(session, second, APRIL, others, today=IN_APRIL)
        assert told(session, opening) == []


def test_the_state_takes_movements_before_and_after_the_payroll_and_what_it_refuses_stays_due(
    database: Database, state: StateProcess
) -> None:
    first_of_april = day("2026-04-01")
    with database.session(1) as session:
        payroll_id, members = opened_in_march(session, 3)
        good, strange = (enrol_from(session, payroll_id, "2026-04-01") for _ in range(2))
        depart(session, members[0], last_day=first_of_april, reason="moved", actor=OFFICER, today=first_of_april)
        declare(session, [members[1]], 2_500_000, first_of_april)
        april = filed(session, payroll_id, APRIL, [*members[1:], good], today=first_of_april)
        request_submission(session, april.id, actor=OFFICER)
        state.register(not_registered=[document_of(session, strange)])
    with courier_to(database, state) as courier:
        assert pursue_until(courier, april.id, "accepted") == "accepted"
    with database.session(1) as session:
        answers = {row.member_id: (row.event, row.status, row.state_code) for row in list_movements(session, april.id)}
        assert answers == {
            members[0]: ("exit", "accepted", "0"),
            members[1]: ("change", "accepted", "0"),
            good: ("entry", "accepted", "0"),
            strange: ("entry", "rejected", "24"),
        }
        files = [(one.holds, one.status) for one in queries.list_documents(session, april.id)]
        assert files == [("movements", "partial"), ("workers", "accepted"), ("movements", "accepted")]
        logged = db.rows(
            session,
            "SELECT event FROM state_log WHERE mutual_id = current_mutual() AND subject_kind = 'filing_movement'",
        )
        assert [row.event for row in logged] == ["reject"]
        late = filed_again(session, payroll_id, APRIL, today=first_of_april, seal_it=False)
        assert [(row.event, row.member_id, row.again_after) for row in list_movements(session, late.id)] == [
            ("entry", strange, "24")
        ]
