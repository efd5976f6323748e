"""A member's money goes where the mutual's standing rules say: to which month, and to whom first."""

import pytest
from filing_town import (
    APRIL,
    COST,
    MARCH,
    OFFICER,
    TODAY,
    add_head,
    assess,
    draft,
    enrol,
    open_payroll,
    pay,
    sealed,
    with_check_digit,
)
from sqlmodel import Session

from gateway.cash.remind import every_short
from gateway.contributions.allotment import Allotment, lay_down
from gateway.contributions.errors import AllotmentInvalidError
from gateway.filing.queries import list_decisions, list_lines
from gateway.kit import audit, db
from gateway.kit.db import Database
from gateway.ledger.queries import current_balance
from gateway.membership.employers import register_employer
from gateway.membership.payrolls import open_payroll as open_for

HEAD = 191_978


def rule(session: Session, **rules: str) -> None:
    lay_down(session, valid_from=TODAY.replace(day=1), rules=rules, reason="assembly", actor=OFFICER)


def test_the_next_filing_takes_the_money_or_leaves_what_an_older_open_month_needs(database: Database) -> None:
    with database.session(1) as session:
        payroll_id = open_payroll(session)
        ids = enrol(session, payroll_id, 3)
        for month in (MARCH, APRIL):
            assess(session, payroll_id, month)
        pay(session, {ids[0]: COST, ids[1]: 2 * COST, ids[2]: COST - 1})
        sealed(session, payroll_id)  # March: the third is short
        pay(session, {ids[0]: COST, ids[2]: COST})
        assert [line.member_id for line in list_lines(session, draft(session, payroll_id, APRIL).id, limit=9)] == ids
        rule(session, months="oldest_first")
        filing = draft(session, payroll_id, APRIL)
        # The first two have paid March; of the third's money March needs all but one unit less than a month.
        assert [line.member_id for line in list_lines(session, filing.id, limit=9)] == ids[:2]
        [left] = [one for one in list_decisions(session, filing.id, limit=9) if one.reason == "short"]
        assert (left.member_id, left.reason, left.available_minor, left.short_minor) == (ids[2], "short", COST - 1, 1)
        rule(session, months="next_filing")
        assert draft(session, payroll_id, APRIL).line_count == 3


def test_a_member_is_declared_without_her_dependants_only_where_they_come_last(database: Database) -> None:
    with database.session(1) as session:
        payroll_id = open_payroll(session)
        ids = enrol(session, payroll_id, 4)
        heads = [add_head(session, ids[place], with_check_digit(9_000_001 + place)) for place in range(3)]
        assess(session, payroll_id)
        pay(session, {ids[0]: COST + HEAD, ids[1]: COST + HEAD - 1, ids[2]: COST - 1, ids[3]: COST})
        assert [line.member_id for line in list_lines(session, draft(session, payroll_id).id, limit=9)] == [
            ids[0],
            ids[3],
        ]
        rule(session, additional_dependants="last")
        db.run(
            session,
            "INSERT INTO state_dependant (member_id, dependant_id, document_kind, document, is_active, filing_id)"
            " SELECT member_id, id, 'national_id', identity_value, true, (SELECT min(id) FROM filing) FROM dependant WHERE id = :id",
            {"id": heads[1]},
        )
        filing = draft(session, payroll_id)
        lines = list_lines(session, filing.id, limit=9)
        assert [(line.member_id, line.additional_dependants, line.total_minor) for line in lines] == [
            (ids[0], 1, COST + HEAD),
            (ids[1], 0, COST),
            (ids[3], 0, COST),
        ]
        parts = db.rows(session, "SELECT amounts_minor, state_minor, fee_minor, total_minor FROM filing_line")
        assert all((one.total_minor, one.fee_minor) == (sum(one.amounts_minor), 0) for one in parts)
        assert all(one.total_minor == one.state_minor for one in parts)
        [left] = [one for one in list_decisions(session, filing.id, limit=9) if one.reason == "short"]
        assert (left.member_id, left.needed_minor, left.short_minor) == (ids[2], COST, 1)
        # What the state holds of her dependants ends, what it lacks of the other's begins.
        told = db.rows(session, "SELECT event, member_id FROM filing_dependant_line ORDER BY line_no")
        assert [tuple(row) for row in told] == [("remove", ids[1]), ("add", ids[0])]
        sealed(session, payroll_id)
        assert current_balance(session, f"member:{ids[1]}:contributions") == HEAD - 1
        last = audit.list_changes(session, "filing", filing.id)[-2].detail
        assert last["looked_at_without_dependants"] == 2


def test_the_first_rules_are_as_it_was_and_a_wrong_one_is_named_by_its_place() -> None:
    assert Allotment.parse({}) == Allotment()
    assert Allotment().months.value == "next_filing"
    with pytest.raises(AllotmentInvalidError) as refused:
        Allotment.parse({"months": "never", "colour": "red"})
    assert [one.pointer for one in refused.value.errors] == ["/colour", "/months"]


def test_a_month_that_an_employer_pays_holds_nothing_of_a_members_own_money_back(database: Database) -> None:
    with database.session(1) as session:
        his = register_employer(session, number="130000018", name="Colmado", account_code=None, actor=OFFICER)
        helped = open_for(session, code="777", name="Colmado", employer_number=his.number, actor=OFFICER).id
        own = open_payroll(session)
        [ana] = enrol(session, helped, 1)
        assess(session, helped, MARCH)  # and he never paid for March
        db.run(session, "UPDATE enrolment SET payroll_id = :own WHERE member_id = :ana", {"own": own, "ana": ana})
        assess(session, own, APRIL)
        pay(session, {ana: COST})
        rule(session, months="oldest_first")
        filing = draft(session, own, APRIL)
        assert [line.member_id for line in list_lines(session, filing.id, limit=9)] == [ana]
        asked = {"payroll_id": None, "till": None, "today": TODAY}
        for month in (MARCH, APRIL):  # March is his to pay, April is paid
            assert list(every_short(session, period=month, **asked)) == []
