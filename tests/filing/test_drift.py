"""Three sides of a month: what the state holds, what was filed, what was paid."""

import datetime as dt

from sqlmodel import Session
from tests.filing.filing_town import (
    APRIL,
    COST,
    MARCH,
    WAGE,
    add_head,
    assess,
    declare,
    endow,
    enrol,
    open_payroll,
    pay,
    with_check_digit,
)
from tests.filing.notices import accepted
from tests.filing.test_bill_against_ours import accepted_april

from gateway.filing.drift import FIRST, find_drift
from gateway.filing.funding import lay_down
from gateway.filing.mirror import catch_up, list_holdings
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.kit.written import writer_of

FEBRUARY = Period(2026, 2)
LINE = "UPDATE filing_line SET {} WHERE member_id = :member AND filing_id = :filing"


def found(session: Session, period: Period = MARCH) -> dict[int, list[tuple[str, str]]]:
    told: dict[int, list[tuple[str, str]]] = {}
    for one in find_drift(session, period=period):
        assert len({one.text(language, writer_of("DOP", language, "DO")) for language in ("es", "fr", "en")}) == 3
        told.setdefault(one.sides.member_id, []).append((one.kind.value, one.role))
    return told


def test_each_difference_is_listed_once_with_who_has_to_act(database: Database) -> None:
    with database.session(1) as session:
        payroll_id = open_payroll(session)
        names = ["clean", "unpaid", "late", "refused", "waits", "wage", "amount", "changed", "heads", "gone", "helped"]
        ids = dict(zip(names, enrol(session, payroll_id, len(names)), strict=True))
        for period in (FEBRUARY, MARCH):
            assess(session, payroll_id, period)
        pay(session, dict.fromkeys(ids.values(), COST), on=dt.date(2026, 2, 20))
        accepted(session, payroll_id, FEBRUARY)
        payers = [member for name, member in ids.items() if name not in ("unpaid", "late", "helped")]
        pay(session, dict.fromkeys(payers, COST) | {ids["helped"]: COST - 500})
        endow(session, "reserve:solidarity", 500)
        rules = {"order": ["own_money", "credit", "reserve"], "own_share_minimum": "0.5"}
        lay_down(session, valid_from=dt.date(2026, 1, 1), rules=rules, reason="assembly", actor="staff:mara")
        filing_id, _ = accepted(session, payroll_id)
        assert found(session, FEBRUARY) == {}

        pay(session, {ids["late"]: COST})
        for name, change in (
            ("refused", "status = 'rejected', state_code = '24'"),
            ("waits", "status = 'waiting'"),
            ("wage", "state_wage_minor = wage_minor - 100, status = 'changed'"),
            ("amount", "state_accepted_minor = state_minor + 7, status = 'changed'"),
        ):
            db.run(session, LINE.format(change), {"member": ids[name], "filing": filing_id})
        declare(session, [ids["changed"]], WAGE + 100_000, dt.date(2026, 3, 2))
        add_head(session, ids["heads"], with_check_digit(9_000_077))
        db.run(
            session, "UPDATE enrolment SET valid_to = '2026-02-15' WHERE member_id = :member", {"member": ids["gone"]}
        )
        told = found(session)
        expected = {
            "unpaid": [("not_paid", "cashier")],
            "late": [("paid_not_filed", "filing_officer")],
            "refused": [("rejected", "cashier")],
            "waits": [("unanswered", "filing_officer")],
            "wage": [("wage_taken", "filing_officer")],
            "amount": [("amount_taken", "accountant")],
            "changed": [("wage_changed", "filing_officer")],
            "heads": [("dependants", "filing_officer")],
            "gone": [("not_enrolled", "filing_officer")],
            "helped": [("helped", "cashier")],
        }
        assert told == {ids[name]: kinds for name, kinds in expected.items()}
        # Read in pages, nothing is lost and nothing comes twice.
        place, one_by_one = FIRST, []
        while following := next(find_drift(session, period=MARCH, after=place), None):
            place = following.place
            one_by_one.append(following.sides.member_id)
        assert one_by_one == sorted(told)


def test_the_mirror_follows_the_states_answers_month_by_month_and_lets_go_of_who_is_left_out(
    database: Database,
) -> None:
    with database.session(1) as session:
        payroll_id = open_payroll(session)
        stays, leaves, late = enrol(session, payroll_id, 3)
        for period in (FEBRUARY, MARCH, APRIL):
            assess(session, payroll_id, period)
        pay(session, {stays: 3 * COST, leaves: COST}, on=dt.date(2026, 2, 20))
        accepted(session, payroll_id, FEBRUARY)
        assert (catch_up(session), catch_up(session)) == (1, 0)
        pay(session, {late: COST})
        accepted(session, payroll_id)
        assert catch_up(session) == 1

        def held() -> dict[int, tuple[str, str, int, bool]]:
            rows = list_holdings(session, payroll_id=payroll_id, limit=9)
            return {
                row.member_id: (f"{row.active_since:%m}", f"{row.last_period:%m}", row.wage_minor, row.is_active)
                for row in rows
            }

        assert held() == {
            stays: ("02", "03", WAGE, True),
            leaves: ("02", "02", WAGE, False),
            late: ("03", "03", WAGE, True),
        }
        accepted_april(session, payroll_id)
        catch_up(session)
        assert held()[stays] == ("02", "04", WAGE, True)
        assert held()[late] == ("03", "03", WAGE, False)
        # A supplementary filing for March comes late: the run of months grows, what is held now stays April's.
        db.run(session, "UPDATE filing_document SET mirrored_at = NULL")
        catch_up(session)
        assert held()[stays] == ("02", "04", WAGE, True)
        assert [row.member_id for row in list_holdings(session, is_active=True, limit=9)] == [stays]
