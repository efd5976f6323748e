"""One member from enrolment to departure and back, with her history, and everything that is refused on the way."""

import datetime as dt
from typing import Any

import pytest
from sqlmodel import Session

from gateway.kit import audit, bulk, db
from gateway.kit.db import Database
from gateway.kit.errors import GatewayError
from gateway.kit.jobs import Context
from gateway.kit.money import AmountError, CurrencyError
from gateway.kit.states import InvalidTransitionError
from gateway.membership import queries
from gateway.membership.add_dependant import NewDependant, add_dependant
from gateway.membership.change import change
from gateway.membership.come_back import come_back
from gateway.membership.declare_wage import declare_wage
from gateway.membership.depart import depart
from gateway.membership.end_dependant import end_dependant
from gateway.membership.enrol import NewIdentity, NewMember, Person, enrol
from gateway.membership.errors import (
    AlreadyEnrolledError,
    ChangedMeanwhileError,
    ChangeInvalidError,
    CodeInvalidError,
    CodeTakenError,
    DaysOverlapError,
    DayTooFarError,
    DependantElsewhereError,
    DependantNotEligibleError,
    FundNotFoundError,
    IdentityTakenError,
    MemberNotFoundError,
    NotEnrolledError,
    PayrollNotFoundError,
)
from gateway.membership.family import Kin
from gateway.membership.funds import found_fund
from gateway.membership.identify import identify
from gateway.membership.leave import go_on_leave
from gateway.membership.move import keep_leaves_current
from gateway.membership.payrolls import open_payroll
from gateway.membership.queries import MemberRow, Search
from gateway.membership.states import DependantCategory, LeaveKind
from gateway.membership.tasks import follow_leaves

TODAY = dt.date(2026, 3, 10)
MARCH = {"start": dt.date(2026, 3, 1), "end": dt.date(2026, 3, 31)}
CEDULA, OTHER = "99900000008", "99900000016"


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def payroll(session: Session, code: str = "001") -> int:
    return open_payroll(session, code=code, name="Choferes", employer_number=None, actor="staff:ana").id


def a_member(session: Session, payroll_id: int, cedula: str | None = CEDULA, **more: Any) -> MemberRow:
    person = Person(
        "María", "Peña", "F", day("1986-07-03"), **{k: more.pop(k) for k in ("fund_id", "phone") if k in more}
    )
    identities = [NewIdentity("national_id", cedula)] if cedula else []
    values = {"enrolled_from": day("2026-01-01"), "identities": identities, **more}
    return enrol(session, NewMember(person, payroll_id, **values), actor="staff:ana", today=TODAY)


def roster(session: Session, payroll_id: int, period: dict[str, dt.date] = MARCH) -> list[Any]:
    names = [
        "member_id",
        "wage_minor",
        "additional_dependants",
        "on_leave",
        "status",
        "fund_id",
        "document_kind",
        "document",
    ]
    chunks = bulk.read_chunks(session, queries.ROSTER, {"payroll_id": payroll_id, **period})
    return [dict(zip(names, row, strict=False)) for chunk in chunks for row in chunk]


def child(name: str, born: str, from_: str = "2026-01-01", **more: Any) -> NewDependant:
    kin = Kin(
        more.pop("relation", "child"), day(born), **{k: more.pop(k) for k in ("is_student", "is_disabled") if k in more}
    )
    return NewDependant(kin, name, "Peña", day(from_), **more)


def mother(identity: str = OTHER, from_: str = "2026-01-01") -> NewDependant:
    return NewDependant(Kin("parent"), "Rosa", "Peña", day(from_), identity=NewIdentity("national_id", identity))


def test_an_enrolled_member_stands_in_the_roster_with_wage_identity_and_accounts(database: Database) -> None:
    with database.session(1) as session:
        fund = found_fund(session, code="F1", name="Fondo Uno", treasurer="Luz", actor="staff:ana")
        place = payroll(session)
        member = a_member(session, place, wage_minor=1_577_000, fund_id=fund.id, phone="809 555-1212")
        (row,) = roster(session, place)
        assert row == {
            "member_id": member.id,
            "wage_minor": 1_577_000,
            "additional_dependants": 0,
            "on_leave": False,
            "status": "active",
            "fund_id": fund.id,
            "document_kind": "national_id",
            "document": CEDULA,
        }
        assert (member.number, member.phone, member.version) == (f"M{member.id:07d}", "+18095551212", 1)
        codes = {row.code for row in db.rows(session, "SELECT code FROM ledger_account")}
        assert codes == {f"member:{member.id}:contributions", f"member:{member.id}:benefits", f"fund:{fund.id}"}
        (kept,) = audit.list_changes(session, "member", member.id)
        assert (kept.actor, kept.action) == ("staff:ana", "member.enrol")


def test_a_duplicate_identity_is_refused_with_the_name_of_who_has_it(database: Database) -> None:
    with database.session(1) as session:
        place = payroll(session)
        first = a_member(session, place)
        with pytest.raises(IdentityTakenError, match=f"belongs to member {first.number}, María Peña"):
            a_member(session, place, "999-0000000-8")
        assert len(roster(session, place)) == 1


def test_a_number_in_use_is_refused(database: Database) -> None:
    with database.session(1) as session:
        place = payroll(session)
        a_member(session, place, number="17")
        with pytest.raises(CodeTakenError, match="'17' belongs to another member"):
            a_member(session, place, OTHER, number="17")


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"enrolled_from": dt.date(2026, 5, 1)}, DayTooFarError),
        ({"wage_minor": 5, "wage_from": dt.date(2026, 5, 1)}, DayTooFarError),
        ({"fund_id": 99}, FundNotFoundError),
        ({"identities": [NewIdentity("national_id", "12")]}, GatewayError),
        ({"identities": [NewIdentity("passport", "A12345"), NewIdentity("passport", "A12346")]}, GatewayError),
        ({"phone": "12"}, GatewayError),
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_written(
    database: Database, more: dict[str, Any], error: type[GatewayError]
) -> None:
    with database.session(1) as session:
        place = payroll(session)
        with pytest.raises(error):
            a_member(session, place, **more)
        assert roster(session, place) == []


def test_an_unknown_payroll_and_an_unknown_member_are_refused(database: Database) -> None:
    with database.session(1) as session:
        with pytest.raises(PayrollNotFoundError):
            a_member(session, 99)
        with pytest.raises(MemberNotFoundError, match="no member 99"):
            queries.get_member(session, 99)


def test_a_payroll_key_that_the_state_does_not_give_is_refused(database: Database) -> None:
    with database.session(1) as session:
        for code in ("000", "888", "999", "12", "ABC"):
            with pytest.raises(CodeInvalidError):
                payroll(session, code)
        payroll(session, "001")
        with pytest.raises(CodeTakenError):
            payroll(session, "001")


def test_a_change_keeps_what_was_and_refuses_who_has_not_seen_it(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, payroll(session))
        changed = change(
            session,
            member.id,
            {"phone": "829 555 0000"},
            expected_version=1,
            actor="staff:eva",
            today=TODAY,
            reason="called",
        )
        assert (changed.phone, changed.version) == ("+18295550000", 2)
        (kept,) = db.rows(session, queries.CHANGES_OF, {"member_id": member.id})
        assert (kept.version, kept.before, kept.actor) == (1, {"phone": None}, "staff:eva")
        with pytest.raises(ChangedMeanwhileError, match="has version 2, you changed 1"):
            change(session, member.id, {"sex": "M"}, expected_version=1, actor="staff:luz", today=TODAY)
        same = change(session, member.id, {"sex": "F"}, expected_version=2, actor="staff:luz", today=TODAY)
        assert same.version == 2
        with pytest.raises(ChangeInvalidError, match="status cannot be changed"):
            change(session, member.id, {"status": "left"}, expected_version=2, actor="staff:luz", today=TODAY)


def test_the_newest_record_of_a_wage_counts_and_the_older_can_still_be_told(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, place := payroll(session), wage_minor=1_000_000)
    with database.session(1) as session:
        known = db.scalar(session, "SELECT now()")
    with database.session(1) as session:
        wage = {"currency": "DOP", "reason": "raise", "actor": "staff:ana", "today": TODAY}
        declare_wage(session, member.id, 1_200_000, valid_from=day("2026-03-01"), **wage)
        declare_wage(session, member.id, 1_300_000, valid_from=day("2026-03-01"), **wage)
        again = declare_wage(session, member.id, 1_300_000, valid_from=day("2026-03-01"), **wage)
        assert again.version == 3
        assert roster(session, place)[0]["wage_minor"] == 1_300_000
        assert (
            roster(session, place, {"start": day("2026-02-01"), "end": day("2026-02-28")})[0]["wage_minor"] == 1_000_000
        )
        assert queries.wage_on(session, member.id, TODAY) == (1_300_000, "DOP")
        assert queries.wage_on(session, member.id, TODAY, recorded_at=known) == (1_000_000, "DOP")
        with pytest.raises(AmountError):
            declare_wage(session, member.id, -1, valid_from=TODAY, **wage)
        with pytest.raises(CurrencyError, match="in USD"):
            declare_wage(session, member.id, 1, valid_from=TODAY, **{**wage, "currency": "USD"})
        with pytest.raises(DayTooFarError, match="2026-05-01 is in the future"):
            declare_wage(session, member.id, 1, valid_from=day("2026-05-01"), **wage)


def test_an_identity_is_added_and_replaced_only_when_asked(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, place := payroll(session), None)
        assert roster(session, place)[0]["document"] is None
        known = {"actor": "staff:ana", "today": TODAY}
        identify(session, member.id, NewIdentity("passport", "ab-123456"), **known)
        assert roster(session, place)[0]["document"] == "AB123456"
        identify(session, member.id, NewIdentity("national_id", CEDULA), **known)
        assert roster(session, place)[0]["document"] == CEDULA
        with pytest.raises(IdentityTakenError, match="ask for it to be replaced"):
            identify(session, member.id, NewIdentity("national_id", OTHER), **known)
        identify(session, member.id, NewIdentity("national_id", OTHER), replace=True, reason="typo", **known)
        assert roster(session, place)[0]["document"] == OTHER
        (kept,) = db.rows(session, queries.CHANGES_OF, {"member_id": member.id})
        assert kept.before == {"identity_national_id": CEDULA}


def test_additional_dependants_count_and_children_do_not(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, place := payroll(session))
        known = {"actor": "staff:ana", "today": TODAY}
        son = add_dependant(session, member.id, child("Luis", "2015-05-05"), **known)
        assert (son.category, son.rule, son.eligible_until) == ("direct", "do.child_minor", day("2033-05-04"))
        assert son.valid_to == day("2033-05-05")
        rosa = add_dependant(session, member.id, mother(), **known)
        assert (rosa.category, rosa.rule, rosa.valid_to) == ("additional", "do.additional_relative", None)
        assert roster(session, place)[0]["additional_dependants"] == 1
        heads = list(bulk.read_chunks(session, queries.ADDITIONAL_DEPENDANTS, {"payroll_id": place, **MARCH}))
        assert heads == [[(rosa.id, member.id, "national_id", OTHER, "Rosa", "Peña", "")]]
        assert add_dependant(session, member.id, mother(), **known).id == rosa.id
        end_dependant(session, member.id, rosa.id, last_day=day("2026-02-28"), reason="died", **known)
        assert roster(session, place)[0]["additional_dependants"] == 0
        assert (
            roster(session, place, {"start": day("2026-02-01"), "end": day("2026-02-28")})[0]["additional_dependants"]
            == 1
        )
        with pytest.raises(DaysOverlapError):
            end_dependant(session, member.id, rosa.id, last_day=day("2026-03-05"), reason="?", **known)


def test_a_dependant_declared_by_two_holders_is_refused_by_name(database: Database) -> None:
    with database.session(1) as session:
        place = payroll(session)
        first, second = a_member(session, place), a_member(session, place, "99900000024")
        known = {"actor": "staff:ana", "today": TODAY}
        add_dependant(session, first.id, mother(), **known)
        with pytest.raises(
            DependantElsewhereError, match=f"Rosa Peña is covered through member {first.number}, María Peña"
        ):
            add_dependant(session, second.id, mother("999-0000001-6"), **known)
        add_dependant(session, first.id, child("Luis", "2015-05-05"), **known)
        with pytest.raises(DependantElsewhereError, match="or give the identity number if this is somebody else"):
            add_dependant(session, second.id, child("LUÍS", "2015-05-05"), **known)
        add_dependant(session, second.id, child("Luisa", "2015-05-05"), **known)


def test_a_student_is_renewed_at_eighteen_and_the_earlier_cover_stays_told(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, payroll(session))
        known = {"actor": "staff:ana", "today": TODAY}
        young = add_dependant(session, member.id, child("Luis", "2008-03-05"), **known)
        assert young.valid_to == day("2026-03-05")
        with pytest.raises(DependantNotEligibleError, match="under 21 if studying"):
            add_dependant(session, member.id, child("Luis", "2008-03-05", "2026-03-05"), **known)
        student = add_dependant(session, member.id, child("Luis", "2008-03-05", "2026-03-05", is_student=True), **known)
        assert (student.rule, student.valid_to) == ("do.child_student", day("2029-03-05"))
        disabled = add_dependant(
            session, member.id, child("Luis", "2008-03-05", "2026-03-10", is_disabled=True), **known
        )
        assert (disabled.rule, disabled.valid_to) == ("do.child_disabled", None)
        covers = db.rows(session, queries.DEPENDANTS_OF, {"member_id": member.id})
        assert [(one.rule, one.valid_from, one.valid_to) for one in covers] == [
            ("do.child_disabled", day("2026-03-10"), None),
            ("do.child_student", day("2026-03-05"), day("2026-03-10")),
            ("do.child_minor", day("2026-01-01"), day("2026-03-05")),
        ]


def test_a_member_is_nobodys_dependant_and_a_dependant_no_member(database: Database) -> None:
    with database.session(1) as session:
        place = payroll(session)
        first, second = a_member(session, place), a_member(session, place, OTHER)
        known = {"actor": "staff:ana", "today": TODAY}
        with pytest.raises(DependantNotEligibleError, match=f"this person is member {second.number}"):
            add_dependant(session, first.id, mother(OTHER), **known)
        with pytest.raises(DependantNotEligibleError, match="the holder's own"):
            add_dependant(session, first.id, mother(CEDULA), **known)
        add_dependant(session, first.id, mother("99900000024"), **known)
        with pytest.raises(DependantElsewhereError, match=f"covered through member {first.number}"):
            a_member(session, place, "99900000024")


def test_a_holder_known_by_a_passport_has_direct_dependants_only(database: Database) -> None:
    with database.session(1) as session:
        place = payroll(session)
        member = a_member(session, place, identities=[NewIdentity("passport", "HT123456")])
        known = {"actor": "staff:ana", "today": TODAY}
        add_dependant(session, member.id, child("Luis", "2015-05-05"), **known)
        with pytest.raises(DependantNotEligibleError, match="direct dependants only"):
            add_dependant(session, member.id, mother(), **known)


def test_a_leave_shows_in_the_roster_when_it_covers_the_whole_period(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, place := payroll(session))
        known = {"reason": "birth", "actor": "staff:ana", "today": TODAY}
        go_on_leave(
            session,
            member.id,
            kind=LeaveKind.MATERNITY,
            first_day=day("2026-02-10"),
            last_day=day("2026-03-15"),
            **known,
        )
        assert [row["on_leave"] for row in roster(session, place)] == [False]
        assert queries.get_member(session, member.id).status == "on_leave"
        with pytest.raises(DaysOverlapError, match="maternity"):
            go_on_leave(session, member.id, kind=LeaveKind.HOLIDAY, first_day=day("2026-03-15"), last_day=None, **known)
        go_on_leave(session, member.id, kind=LeaveKind.VOLUNTARY, first_day=day("2026-03-16"), last_day=None, **known)
        assert [row["on_leave"] for row in roster(session, place)] == [True]
        back = come_back(session, member.id, first_day=TODAY, payroll_id=None, **known)
        assert (back.status, [row["on_leave"] for row in roster(session, place)]) == ("active", [False])
        with pytest.raises(InvalidTransitionError):
            come_back(session, member.id, first_day=TODAY, payroll_id=None, **known)


def test_statuses_follow_leaves_that_begin_and_end_by_themselves(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, payroll(session))
        days = {"first_day": day("2026-03-12"), "last_day": day("2026-03-14")}
        go_on_leave(session, member.id, kind=LeaveKind.HOLIDAY, reason="rest", actor="staff:ana", today=TODAY, **days)
        seen = []
        for today in ("2026-03-11", "2026-03-12", "2026-03-12", "2026-03-15", "2026-03-16"):
            changed = keep_leaves_current(session, actor="system", today=day(today))
            seen.append((changed, queries.get_member(session, member.id).status))
        assert seen == [(0, "active"), (1, "on_leave"), (0, "on_leave"), (1, "active"), (0, "active")]
        assert len(audit.list_transitions(session, "member", member.id)) == 2


def test_the_job_follows_leaves_by_the_mutuals_own_day(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, payroll(session))
        days = {"first_day": day("2026-03-12"), "last_day": None}
        go_on_leave(session, member.id, kind=LeaveKind.HOLIDAY, reason="rest", actor="staff:ana", today=TODAY, **days)
    asked: list[str] = []

    def today(time_zone: str) -> dt.date:
        asked.append(time_zone)
        return day("2026-03-12")

    follow_leaves(Context(database, today, worker="w1"), 1)
    with database.session(1) as session:
        assert queries.get_member(session, member.id).status == "on_leave"
        assert [step.actor for step in audit.list_transitions(session, "member", member.id)] == ["worker:w1"]
    assert asked == ["America/Santo_Domingo"]


def test_a_member_who_left_keeps_her_past_and_comes_back_to_a_new_place(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, place := payroll(session))
        known = {"reason": "moved", "actor": "staff:ana", "today": TODAY}
        add_dependant(session, member.id, mother(), actor="staff:ana", today=TODAY)
        gone = depart(session, member.id, last_day=day("2026-02-28"), **known)
        assert (gone.status, gone.status_reason) == ("left", "moved")
        assert roster(session, place) == []
        (past,) = roster(session, place, {"start": day("2026-02-01"), "end": day("2026-02-28")})
        assert past["additional_dependants"] == 1
        with pytest.raises(InvalidTransitionError):
            depart(session, member.id, last_day=day("2026-03-05"), **known)
        with pytest.raises(NotEnrolledError):
            add_dependant(session, member.id, mother(), actor="staff:ana", today=TODAY)
        with pytest.raises(NotEnrolledError):
            go_on_leave(session, member.id, kind=LeaveKind.HOLIDAY, first_day=TODAY, last_day=None, **known)
        with pytest.raises(AlreadyEnrolledError):
            come_back(session, member.id, first_day=day("2026-02-15"), payroll_id=place, **known)
        with pytest.raises(GatewayError, match="name the payroll"):
            come_back(session, member.id, first_day=TODAY, payroll_id=None, **known)
        assert come_back(session, member.id, first_day=TODAY, payroll_id=place, **known).status == "active"
        assert [row["additional_dependants"] for row in roster(session, place)] == [0]
        kinds = [(one.kind, one.detail.get("valid_from")) for one in queries.history(session, member.id)]
        assert ("enrolment", "2026-01-01") in kinds
        assert ("enrolment", "2026-03-10") in kinds
        assert {"member", "enrolment_end", "dependant", "dependant_end", "step"} <= {kind for kind, _ in kinds}


def test_a_departure_before_a_later_enrolment_is_refused(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, payroll(session), enrolled_from=TODAY)
        with pytest.raises(DaysOverlapError, match="is enrolled from 2026-03-10"):
            depart(session, member.id, last_day=day("2026-03-01"), reason="x", actor="staff:ana", today=TODAY)


def test_nobody_returns_from_death(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, place := payroll(session))
        known = {"reason": "died", "actor": "staff:ana", "today": TODAY}
        assert depart(session, member.id, last_day=TODAY, is_death=True, **known).status == "deceased"
        with pytest.raises(InvalidTransitionError):
            come_back(session, member.id, first_day=TODAY, payroll_id=place, **known)


def test_members_are_found_by_beginnings_of_names_identity_number_and_phone(database: Database) -> None:
    with database.session(1) as session:
        place = payroll(session)
        member = a_member(session, place, phone="8095551212", number="17")
        a_member(session, place, OTHER)
        for search in (
            Search(text="PENA mar", identity="17"),
            Search(identity=CEDULA),
            Search(phone="+18095551212", payroll_id=place, status="active"),
        ):
            assert [row.id for row in queries.list_members(session, search, today=TODAY)] == [member.id]
        assert queries.list_members(session, Search(text="ena"), today=TODAY) == []
        assert queries.list_members(session, Search(text="%"), today=TODAY) == []
        assert queries.find_member_by_identity(session, "999-0000000-8").id == member.id  # type: ignore[union-attr]
        assert queries.find_member_by_identity(session, "nobody") is None
    with database.session(2) as session:
        assert queries.find_member_by_identity(session, CEDULA) is None


def test_one_field_finds_a_member_by_names_in_any_order_and_part_of_any_number(database: Database) -> None:
    with database.session(1) as session:
        place = payroll(session)
        member = a_member(session, place, phone="8095551212", number="M-417")
        a_member(session, place, OTHER)
        for typed in (
            "peña maria",
            "Maria PENA",
            "(809) 555-1212",
            "5551212",
            "m-417",
            "000000-8",
            "pen 999 0000000 8",
        ):
            found = queries.list_members(session, Search.anything(typed), today=TODAY)
            assert member.id in [row.id for row in found], typed
        for typed in ("maria 555-1213", "nobody", "%", "999%8"):
            assert queries.list_members(session, Search.anything(typed), today=TODAY) == [], typed


def test_a_dependant_category_may_be_asked_for(database: Database) -> None:
    with database.session(1) as session:
        member = a_member(session, payroll(session))
        grown = child("Luis", "2000-01-01", category=DependantCategory.ADDITIONAL)
        assert add_dependant(session, member.id, grown, actor="staff:ana", today=TODAY).category == "additional"
