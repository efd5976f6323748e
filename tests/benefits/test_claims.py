"""A claim from the day it is told to the last instalment: what the mutual pays ahead comes back, to the last unit."""

import datetime as dt
import json

import psycopg
import pytest
from tests.benefits.paid import accepted_months
from tests.paying import advice, document_of, fund_in_full, line, make_members, open_bank, record

from gateway.benefits.advance import advance, float_of
from gateway.benefits.allot import allot
from gateway.benefits.amounts import enter_amount
from gateway.benefits.claim_queries import get_claim, list_instalments, list_receipts
from gateway.benefits.close_claim import close_claim
from gateway.benefits.deadlines import list_deadlines, tell_members
from gateway.benefits.decide_claim import accept_claim, refuse_claim, withdraw_claim
from gateway.benefits.eligibility import eligibility_of
from gateway.benefits.errors import (
    AdvanceOutstandingError,
    AdvanceRefusedError,
    BenefitAmountMissingError,
    ClaimInvalidError,
    ClaimKnownError,
    CreditUnclaimedError,
    DocumentUnknownError,
    FloatShortError,
    InstalmentNotFoundError,
    InstalmentsOpenError,
    NotEligibleError,
    NothingOutstandingError,
    SecondPersonError,
)
from gateway.benefits.match_credit import CreditedBenefit, credit_claim, match_credit
from gateway.benefits.open_claim import NewClaim, open_claim
from gateway.benefits.place import place
from gateway.benefits.queries import list_lines
from gateway.benefits.receive_document import checklist, receive_documents
from gateway.benefits.repay import HeldAs, repay
from gateway.benefits.rules import Stretch
from gateway.benefits.states import BenefitKind, Place, WriteOffOutcome
from gateway.benefits.submit_claim import submit_claim
from gateway.benefits.write_off import approve_write_off, decline_write_off, propose_write_off
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.kit.states import InvalidTransitionError
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.ledger.queries import current_balance, trial_balance
from gateway.reconciliation.breaks import refresh_breaks

TODAY = dt.date(2026, 4, 20)
BEGAN = dt.date(2026, 3, 2)
ANA = {"actor": "staff:ana"}
WAGE = 2_322_300
WHOLE = 7_502_815
YEAR = {str(Period(2025, 3).plus(n)): WAGE for n in range(12)}
MATERNITY = BenefitKind.MATERNITY


def setting(url: str, value: object) -> None:
    with psycopg.connect(url) as owner:
        owner.execute("UPDATE mutual SET settings = %s WHERE mutual_id = 1", [json.dumps({"benefits": value})])


def member_with_paid_year(database: Database) -> int:
    with database.session(1) as session:
        open_bank(session)
        (member,) = make_members(session, 1)
    accepted_months(database.url, member, YEAR)
    return member


def submitted(session, member: int, kind: BenefitKind = MATERNITY, **told) -> int:
    claim = open_claim(session, NewClaim(member, kind, BEGAN, **told), today=TODAY, **ANA)
    codes = [item.code for item in checklist(session, claim)]
    receive_documents(session, claim.id, codes=codes, received_on=TODAY, today=TODAY, **ANA)
    submit_claim(session, claim.id, submitted_on=TODAY, today=TODAY, **ANA)
    return claim.id


def refund(
    session, minor: int, reference: str, *, number: int = 1, claim: str | None = "M1", statement: int = 1
) -> None:
    lines = [line(1, document_of(1), minor, claim_reference=claim, instalment=number)]
    told = advice(lines, reference)
    remittance = record(session, told, lines)
    fund_in_full(session, told, statement_line=statement)
    allot(session, remittance.id, today=TODAY, **ANA)


def nothing_waits(session) -> None:
    waiting = {
        row.control: row.balance_minor for row in trial_balance(session) if row.is_clearing and row.balance_minor
    }
    assert waiting == {}


def test_only_months_whose_bill_is_paid_count(database: Database) -> None:
    with database.session(1) as session:
        (member,) = make_members(session, 1)
    accepted_months(database.url, member, dict.fromkeys(["2025-08", "2025-09", "2025-10", "2025-11", "2025-12"], WAGE))
    accepted_months(database.url, member, {"2026-01": WAGE}, bill="booked")
    accepted_months(database.url, member, {"2025-12": 100}, bill="confirmed")
    recalculated = accepted_months(database.url, member, {"2025-04": WAGE}, bill="received")
    with psycopg.connect(database.url) as owner:
        # A later version of a paid notice names its filing again and takes nothing of it any more.
        again = "INSERT INTO bill_filing (mutual_id, bill_id, filing_id, amount_minor) SELECT 1, %s, id, 0 FROM filing WHERE period_start = %s"
        owner.execute("SET session_replication_role = replica")
        owner.execute(again, [recalculated, "2026-01-01"])
    accepted_months(database.url, member, {"2025-07": WAGE}, bill="released")
    accepted_months(database.url, member, {"2025-06": WAGE}, bill=None)
    accepted_months(database.url, member, {"2025-05": WAGE}, line="rejected")
    accepted_months(database.url, member, {"2024-12": WAGE})
    with database.session(1) as session:
        found = eligibility_of(session, member, kind=MATERNITY, on=BEGAN)
        assert [str(month) for month in found.paid] == [
            "2025-08",
            "2025-09",
            "2025-10",
            "2025-11",
            "2025-12",
            "2026-01",
        ]
        assert [str(month) for month in found.pending] == ["2025-04", "2025-06", "2025-07"]
        assert found.words["en"] == "6 of 8 months paid; eligible from March 2026 if April 2025 and June 2025 are paid."
        wages = {str(month.period): month.wage_minor for month in found.months}
        assert wages["2025-12"] == WAGE + 100, "two payrolls of one month are one wage"
        claim = open_claim(session, NewClaim(member, MATERNITY, BEGAN), today=TODAY, **ANA)
        receive_documents(
            session, claim.id, codes=["medical_certificate", "identity_copy"], received_on=TODAY, today=TODAY, **ANA
        )
        with pytest.raises(NotEligibleError, match="6 of 8 months paid"):
            submit_claim(session, claim.id, submitted_on=TODAY, today=TODAY, **ANA)


def test_a_maternity_is_advanced_by_the_mutual_and_paid_back_by_the_state_to_the_last_unit(database: Database) -> None:
    member = member_with_paid_year(database)
    mine = f"member:{member}:benefits"
    with database.session(1) as session:
        claim = open_claim(session, NewClaim(member, MATERNITY, BEGAN), today=TODAY, **ANA)
        with pytest.raises(ClaimKnownError):
            open_claim(session, NewClaim(member, MATERNITY, BEGAN), today=TODAY, **ANA)
        with pytest.raises(InvalidTransitionError, match="documented"):
            submit_claim(session, claim.id, submitted_on=TODAY, today=TODAY, **ANA)
        with pytest.raises(DocumentUnknownError, match="medical_certificate"):
            receive_documents(session, claim.id, codes=["passport"], received_on=TODAY, today=TODAY, **ANA)
        assert (
            receive_documents(session, claim.id, codes=["identity_copy"], received_on=TODAY, today=TODAY, **ANA).status
            == "opened"
        )
        both = ["identity_copy", "medical_certificate"]
        assert (
            receive_documents(session, claim.id, codes=both, received_on=TODAY, today=TODAY, **ANA).status
            == "documented"
        )
        with pytest.raises(InstalmentNotFoundError, match="it has 0"):
            advance(session, claim.id, number=1, today=TODAY, **ANA)
        assert withdraw_claim(session, claim.id, reason="told twice", **ANA).status == "withdrawn"
        claim_id = submitted(session, member)
        claim = get_claim(session, claim_id)
        assert (claim.computed_minor, claim.wage_minor) == (WHOLE, WAGE)
        assert [one.expected_minor for one in list_instalments(session, claim_id)] == [WAGE, WAGE, WAGE, 535_915]
        assert any(value["name"] == "maternity.weeks" and value["mark"] == "1" for value in claim.basis["values"])

        advance(session, claim_id, number=1, today=TODAY, **ANA)
        assert advance(session, claim_id, number=1, today=TODAY, **ANA).advanced_minor == WAGE, "again: no effect"
        advance(session, claim_id, number=2, today=TODAY, **ANA)
        assert current_balance(session, mine) == 2 * WAGE
        assert current_balance(session, claim.receivable) == 2 * WAGE

        refund(session, WAGE, "R1", number=1)
        claim = get_claim(session, claim_id)
        assert (claim.status, claim.authority_reference, claim.recovered_minor) == ("accepted", "M1", WAGE)
        assert current_balance(session, mine) == 2 * WAGE, "she had it before"
        refund(session, WAGE, "R2", number=2, statement=2)
        refund(session, WAGE, "R3", number=3, statement=3)
        assert current_balance(session, mine) == 3 * WAGE
        with pytest.raises(InstalmentsOpenError, match="instalments 4"):
            close_claim(session, claim_id, **ANA)
        with pytest.raises(AdvanceRefusedError, match="received"):
            advance(session, claim_id, number=3, today=TODAY, **ANA)
        refund(session, 535_915, "R4", number=4, statement=4)
        assert {one.status for one in list_instalments(session, claim_id)} == {"received"}
        assert close_claim(session, claim_id, **ANA).status == "closed"
        assert current_balance(session, mine) == WHOLE
        assert sum(row.recovered_minor for row in list_receipts(session, claim_id)) == 2 * WAGE
        nothing_waits(session)
        assert refresh_breaks(session, today=TODAY) == {}


def test_the_float_has_a_limit_and_refuses_in_words(database: Database) -> None:
    member = member_with_paid_year(database)
    setting(database.url, {"float_limit": "30000.00"})
    with database.session(1) as session:
        claim_id = submitted(session, member)
        advance(session, claim_id, number=1, today=TODAY, **ANA)
        assert float_of(session, "DOP").free_minor == 677_700
        with pytest.raises(FloatShortError, match=r"23223\.00 are asked for and 6777\.00 are free"):
            advance(session, claim_id, number=2, today=TODAY, **ANA)
        advance(session, claim_id, number=4, today=TODAY, **ANA)


def test_a_refund_of_another_amount_is_a_break_with_its_reason(database: Database) -> None:
    member = member_with_paid_year(database)
    mine = f"member:{member}:benefits"
    with database.session(1) as session:
        claim_id = submitted(session, member)
        accept_claim(session, claim_id, decided_on=TODAY, today=TODAY, authority_reference="M1", **ANA)
        advance(session, claim_id, number=1, today=TODAY, **ANA)
        refund(session, WAGE - 100, "R1")
        first = list_instalments(session, claim_id)[0]
        assert (first.status, first.received_minor) == ("differs", WAGE - 100)
        assert first.reason == f"{WAGE - 100} minor units came, 100 less than the {WAGE} expected"
        assert current_balance(session, get_claim(session, claim_id).receivable) == 100
        refund(session, WAGE + 50, "R2", number=2, statement=2)
        assert (
            list_instalments(session, claim_id)[1].reason
            == f"{WAGE + 50} minor units came, 50 more than the {WAGE} expected"
        )
        assert get_claim(session, claim_id).outstanding_minor == 0, (
            "what the next refund brings pays the rest back first"
        )
        assert current_balance(session, mine) == WAGE + WAGE + 50 - 100
        assert refresh_breaks(session, today=TODAY) == {"instalment_differs": 2}
        found = db.rows(session, "SELECT amount_minor, theirs, ours FROM reconciliation_break ORDER BY id")
        assert [row.amount_minor for row in found] == [-100, 50]
        assert "100 less" in found[0].theirs["reason"]
        refund(session, 100, "R5", number=1, statement=5)
        assert list_instalments(session, claim_id)[0].status == "received"
        assert refresh_breaks(session, today=TODAY) == {"instalment_differs": 1}, "explained, so it vanishes"
        with pytest.raises(InstalmentsOpenError):
            close_claim(session, claim_id, **ANA)
        closed = close_claim(session, claim_id, reason="the state pays no more and says why", **ANA)
        assert closed.status == "closed"
        assert [one.status for one in list_instalments(session, claim_id)] == [
            "received",
            "accepted_as_is",
            "cancelled",
            "cancelled",
        ]
        nothing_waits(session)


def test_several_refunds_of_one_remittance_find_their_claims_and_pay_each_advance_back_once(database: Database) -> None:
    with database.session(1) as session:
        open_bank(session)
        members = make_members(session, 3)
    for member in members[:2]:
        accepted_months(database.url, member, YEAR)
    with database.session(1) as session:
        first, second = (submitted(session, member) for member in members[:2])
        for claim in (first, second):
            advance(session, claim, number=1, today=TODAY, **ANA)
        lines = [
            line(1, document_of(1), WAGE, claim_reference="SAME", instalment=1),
            line(2, document_of(1), WAGE, claim_reference="SAME", instalment=2),
            line(3, document_of(2), WAGE - 1, claim_reference="SAME", instalment=1),
            line(4, document_of(3), 500_00, claim_reference="M9"),
            line(5, document_of(2), 70_00, benefit="common_illness", claim_reference="M8"),
        ]
        told = advice(lines)
        remittance = record(session, told, lines)
        fund_in_full(session, told)
        allot(session, remittance.id, today=TODAY, **ANA)
        claims = [get_claim(session, claim) for claim in (first, second)]
        assert [claim.recovered_minor for claim in claims] == [WAGE, WAGE - 1]
        assert [claim.authority_reference for claim in claims] == [None, None], "a number that two have is nobody's"
        held = [current_balance(session, f"member:{member}:benefits") for member in members]
        assert held == [2 * WAGE, WAGE + 70_00, 500_00]
        assert [current_balance(session, claim.receivable) for claim in claims] == [0, 1]
        assert len(list_receipts(session, first)) == 2
        assert {row.status for row in list_instalments(session, first)[:2]} == {"received"}
        follow = db.scalar(session, "SELECT count(*) FROM ledger_tx WHERE kind = 'benefit.recover'")
        assert follow == 1, "one transaction for the remittance"


def test_a_claim_refused_after_an_advance_is_borne_by_a_word_of_two_people(database: Database) -> None:
    member = member_with_paid_year(database)
    with database.session(1) as session:
        claim_id = submitted(session, member)
        receivable = get_claim(session, claim_id).receivable
        with pytest.raises(NothingOutstandingError):
            propose_write_off(session, claim_id, outcome=WriteOffOutcome.LOSS, reason="x" * 3, actor="staff:mara")
        advance(session, claim_id, number=1, today=TODAY, **ANA)
        with pytest.raises(ClaimInvalidError, match="advanced"):
            withdraw_claim(session, claim_id, reason="changed her mind", **ANA)
        refuse_claim(session, claim_id, decided_on=TODAY, today=TODAY, reason="not in time", **ANA)
        assert {one.status for one in list_instalments(session, claim_id)} == {"cancelled"}
        with pytest.raises(AdvanceOutstandingError):
            close_claim(session, claim_id, reason="refused", **ANA)
        assert refresh_breaks(session, today=TODAY) == {"advance_unrecovered": 1}
        propose_write_off(session, claim_id, outcome=WriteOffOutcome.LOSS, reason="our fault", actor="staff:mara")
        with pytest.raises(SecondPersonError):
            approve_write_off(session, claim_id, actor="staff:mara", today=TODAY)
        with pytest.raises(InvalidTransitionError):
            propose_write_off(session, claim_id, outcome=WriteOffOutcome.LOSS, reason="again", actor="staff:mara")
        decline_write_off(session, claim_id, actor="staff:eva")
        propose_write_off(
            session, claim_id, outcome=WriteOffOutcome.OWED_BY_MEMBER, reason="she told a wrong day", actor="staff:mara"
        )
        approve_write_off(session, claim_id, actor="staff:eva", today=TODAY)
        assert current_balance(session, f"member:{member}:owed") == WAGE
        assert current_balance(session, receivable) == 0
        assert close_claim(session, claim_id, **ANA).status == "closed"
        back = {"held_as": HeldAs.BENEFITS, "reason": "agreed", "actor": "staff:ana", "today": TODAY}
        for _ in range(2):
            repay(session, claim_id, amount_minor=500_00, **back)
        assert current_balance(session, f"member:{member}:owed") == WAGE - 1_000_00
        assert current_balance(session, f"member:{member}:benefits") == WAGE - 1_000_00
        with pytest.raises(NothingOutstandingError):
            repay(session, claim_id, amount_minor=WAGE, **back)
        assert refresh_breaks(session, today=TODAY) == {"advance_unrecovered": 1}
        nothing_waits(session)
    with pytest.raises(Exception, match="two_people"), database.session(1) as session:
        db.run(session, "UPDATE benefit_write_off SET decided_by = proposed_by WHERE status = 'approved'")


def test_a_refund_as_a_credit_on_a_bill_pays_the_advance_back_and_the_member(database: Database) -> None:
    member = member_with_paid_year(database)
    both = 2 * WAGE
    bill = accepted_months(database.url, member, {"2026-03": WAGE}, bill="received", ours=10 * WAGE, credit=both + 5_00)
    with database.session(1) as session:
        claim_id = submitted(session, member)
        accept_claim(session, claim_id, decided_on=TODAY, today=TODAY, authority_reference="M1", **ANA)
        advance(session, claim_id, number=1, today=TODAY, **ANA)
        # What a bill's booking does with a credit: it asks for less than was reserved, the rest waits on suspense.
        open_accounts(session, [NewAccount("suspense:state")], "DOP")
        post(
            session, Event("bill", "bill.receive", TODAY, [Line("bank:main", both), Line("suspense:state", -both)], "x")
        )
        told = {"bill_id": bill, "today": TODAY, **ANA}
        assert credit_claim(session, claim_id, instalment=1, amount_minor=WAGE, **told).recovered_minor == WAGE
        again = credit_claim(session, claim_id, instalment=1, amount_minor=WAGE, **told)
        assert again.recovered_minor == WAGE, "no effect"
        with pytest.raises(CreditUnclaimedError, match="2322800 minor units less"):
            credit_claim(session, claim_id, instalment=2, amount_minor=WAGE + 5_01, **told)
        credit_claim(session, claim_id, instalment=2, amount_minor=WAGE, **told)
        assert [one.status for one in list_instalments(session, claim_id)[:2]] == ["received", "received"]
        assert current_balance(session, f"member:{member}:benefits") == 2 * WAGE
        nothing_waits(session)
        stray = CreditedBenefit(3, 5_00, "DOP", member_id=member, benefit_kind="common_illness")
        with pytest.raises(CreditUnclaimedError):
            match_credit(session, stray, today=TODAY, **ANA)
        with pytest.raises(CreditUnclaimedError, match="names no claim"):
            match_credit(session, CreditedBenefit(4, 5_00, "DOP", claim_reference="M9"), today=TODAY, **ANA)
        nothing_waits(session)
        refresh_breaks(session, today=TODAY)
        left = db.one(session, "SELECT amount_minor FROM reconciliation_break WHERE kind = 'bill_differs'")
        assert left.amount_minor == -5_00, "what is known to be a benefit is no difference any more"


def test_an_illness_is_claimed_in_time_and_its_days_come_to_money(database: Database) -> None:
    member = member_with_paid_year(database)
    days = [Stretch(BEGAN, dt.date(2026, 3, 14), Place.HOME)]
    with database.session(1) as session:
        told = NewClaim(member, BenefitKind.COMMON_ILLNESS, BEGAN, stretches=days, diagnosis="J18.9")
        claim = open_claim(session, told, today=TODAY, **ANA)
        assert claim.submit_by == dt.date(2026, 5, 1), "sixty calendar days"
        (listed,) = list_deadlines(session, today=TODAY)
        assert (listed.claim_id, listed.days_left, listed.is_late, listed.missing_count) == (claim.id, 11, False, 2)
        assert list_deadlines(session, today=dt.date(2026, 5, 2))[0].is_late
        assert tell_members(session, today=dt.date(2026, 5, 2)) == 0, "too late to tell"
        assert tell_members(session, today=dt.date(2026, 4, 15)) == 0, "sixteen days before"
        assert tell_members(session, today=dt.date(2026, 4, 16)) == 1
        assert tell_members(session, today=dt.date(2026, 4, 17)) == 0, "once"
        said = db.one(session, "SELECT text FROM notice").text
        assert "01/05/2026" in said
        receive_documents(
            session, claim.id, codes=["identity_copy", "medical_licence"], received_on=TODAY, today=TODAY, **ANA
        )
        late = dt.date(2026, 5, 3)
        done = submit_claim(session, claim.id, submitted_on=late, today=late, **ANA)
        assert (done.computed_minor, done.ends_on) == (464_460, dt.date(2026, 3, 14))
        assert list_deadlines(session, today=late) == []
        log = db.rows(session, "SELECT reason FROM state_log WHERE subject_kind = 'benefit_claim' AND event = 'submit'")
        assert log[0].reason == "after its last day, 2026-05-01"
        for kept in db.rows(session, "SELECT reason FROM state_log") + db.rows(
            session, "SELECT detail::text FROM audit_log"
        ):
            assert "J18" not in str(kept[0]), "the log knows no diagnosis"
        advance(session, claim.id, number=1, today=TODAY, **ANA)
        lines = [line(1, "99900000099", 464_460, benefit="common_illness", claim_reference=None, instalment=None)]
        advised = advice(lines, "R1")
        remittance = record(session, advised, lines)
        fund_in_full(session, advised)
        allot(session, remittance.id, today=TODAY, **ANA)
        (waiting,) = list_lines(session, remittance.id, status="suspense")
        place(session, waiting.id, member_id=member, reason="her new card", today=TODAY, **ANA)
        assert get_claim(session, claim.id).outstanding_minor == 0
        assert close_claim(session, claim.id, **ANA).status == "closed"
        nothing_waits(session)


def test_breastfeeding_waits_for_the_amount_that_staff_enter_and_is_not_advanced(database: Database) -> None:
    member = member_with_paid_year(database)
    kind = BenefitKind.BREASTFEEDING
    with database.session(1) as session:
        with pytest.raises(ClaimInvalidError, match="until 2026-03-01"):
            open_claim(session, NewClaim(member, kind, dt.date(2025, 3, 1)), today=TODAY, **ANA)
        with pytest.raises(BenefitAmountMissingError, match="band 1"):
            submitted(session, member, kind, children=2)
        claim = db.one(session, "SELECT id FROM benefit_claim").id
        entered = {"band": 1, "instalments": 3, "currency": "DOP", "source": "circular 12", **ANA}
        enter_amount(session, valid_from=dt.date(2026, 1, 1), amount_minor=999_00, **entered)
        enter_amount(session, valid_from=dt.date(2026, 1, 1), amount_minor=1_500_00, **entered)
        enter_amount(session, valid_from=dt.date(2026, 4, 1), amount_minor=2_000_00, **entered)
        done = submit_claim(session, claim, submitted_on=TODAY, today=TODAY, **ANA)
        assert done.computed_minor == 3 * 2 * 1_500_00
        assert done.basis["entered_source"] == "circular 12"
        with pytest.raises(AdvanceRefusedError, match="straight to the mother"):
            advance(session, claim, number=1, today=TODAY, **ANA)


def test_the_states_own_amount_changes_what_is_awaited_and_stands_as_a_break(database: Database) -> None:
    member = member_with_paid_year(database)
    with database.session(1) as session:
        claim_id = submitted(session, member)
        accept_claim(session, claim_id, decided_on=TODAY, today=TODAY, decided_minor=2 * WAGE + 5, **ANA)
        planned = [(one.expected_minor, one.status) for one in list_instalments(session, claim_id)]
        assert planned == [(WAGE, "expected"), (WAGE, "expected"), (5, "expected"), (535_915, "cancelled")]
        assert refresh_breaks(session, today=TODAY) == {"claim_amount_differs": 1, "instalment_overdue": 1}
        late = dt.date(2026, 7, 20)
        assert refresh_breaks(session, today=late)["instalment_overdue"] == 2
