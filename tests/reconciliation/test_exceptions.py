"""Exceptions age, have an owner, are explained by two people, together where they are equal, and never become income."""

import datetime as dt

import pytest
from tests.reconciliation.statements import Booked, camt053
from tests.reconciliation.test_matching import DAY, bank, book, breaks, held, member

from gateway.contributions.place import place_line
from gateway.contributions.reference import make_reference
from gateway.kit import audit
from gateway.kit.db import Database
from gateway.ledger.post import Line
from gateway.reconciliation.errors import (
    CasesDifferError,
    ProposalInvalidError,
    SamePersonError,
    SupervisorNeededError,
)
from gateway.reconciliation.load_statement import load_statement
from gateway.reconciliation.many import propose_many, resolve_many
from gateway.reconciliation.queries import get_break, list_ages
from gateway.reconciliation.resolve import NO_ENTRY, PLACE, POST_ENTRY, assign, propose, reject, resolve
from gateway.reconciliation.rules import OLDEST_BUCKET, age_bucket, ageing
from gateway.reconciliation.run import reconcile
from gateway.reconciliation.suggest import suggest_members

assert bank
SOON, LATE, OLD = (DAY + dt.timedelta(days=days) for days in (5, 31, 61))
ANA, BERTA = {"actor": "staff:ana"}, {"actor": "staff:berta"}


def again(bank: Database, today: dt.date) -> None:
    with bank.session(1) as session:
        reconcile(session, today=today)


@pytest.mark.parametrize("days", [0, 2, 3, 7, 8, 30, 31, 60, 61, 400])
def test_an_age_is_listed_under_the_bucket_it_falls_into(days: int) -> None:
    today = dt.date(2026, 11, 24)
    since = today - dt.timedelta(days=days)
    oldest, newest = ageing(age_bucket(days), today)
    assert (oldest or dt.date.min) <= since <= newest
    for other in {"0-2", "3-7", "8-30", "31-60", OLDEST_BUCKET} - {age_bucket(days)}:
        oldest, newest = ageing(other, today)
        assert not (oldest or dt.date.min) <= since <= newest


def test_money_in_suspense_is_placed_by_two_people_and_the_line_says_so(bank: Database) -> None:
    rosa = member(bank, "M-00017")
    book(bank, Booked(50_000, text="pago M00017 gracias"))
    (found,) = breaks(bank, "receipt_suspense")
    with bank.session(1) as session:
        (hint,) = suggest_members(session, found)
        assert (hint.member_id, hint.fields) == (rosa, ("identity number, telephone or member number",))
        assign(session, found.id, owner="staff:carmen", due_on=OLD, **ANA)
        proposed = propose(session, found.id, resolution=PLACE, member_id=rosa, reason="she showed the slip", **ANA)
        assert (proposed.status, proposed.owner, proposed.due_on) == ("proposed", "staff:carmen", OLD)
    with pytest.raises(SamePersonError), bank.session(1) as session:
        resolve(session, found.id, valid_on=SOON, today=SOON, is_supervisor=False, **ANA)
    with bank.session(1) as session:
        done = resolve(session, found.id, valid_on=SOON, today=SOON, is_supervisor=False, **BERTA)
        steps = [
            (step.event, step.to_state) for step in audit.list_transitions(session, "reconciliation_break", found.id)
        ]
    assert steps == [("propose", "proposed"), ("approve", "approved"), ("post", "posted")]
    assert done.ledger_tx_id is not None
    assert (held(bank, f"member:{rosa}:contributions"), held(bank, "suspense:bank")) == (50_000, 0)
    again(bank, SOON)
    assert breaks(bank, "receipt_suspense") == []


def test_a_rejected_proposal_needs_a_reason_and_leaves_the_break_to_another(bank: Database) -> None:
    book(bank, Booked(-150, text="COMISION"))
    (found,) = breaks(bank, "bank_debit_unknown")
    with bank.session(1) as session:
        propose(session, found.id, resolution=NO_ENTRY, reason="no sé", **ANA)
        with pytest.raises(ProposalInvalidError, match="reason"):
            reject(session, found.id, reason=" ", **BERTA)
        assert reject(session, found.id, reason="ask the bank", **BERTA).status == "rejected"
        lines = (Line("expense:bank-charges", 150), Line("suspense:bank", -150))
        assert (
            propose(session, found.id, resolution=POST_ENTRY, lines=lines, reason="comisión", **ANA).status
            == "proposed"
        )


def test_over_thirty_days_a_manager_approves_and_it_is_hers_to_see(bank: Database) -> None:
    book(bank, Booked(-150, text="COMISION"))
    again(bank, LATE)
    (found,) = breaks(bank, "bank_debit_unknown")
    assert (found.owner_role, found.since_on) == ("manager", DAY)
    with bank.session(1) as session:
        propose(session, found.id, resolution=NO_ENTRY, reason="known", **ANA)
        with pytest.raises(SupervisorNeededError, match="after 30 days"):
            resolve(session, found.id, valid_on=LATE, today=LATE, is_supervisor=False, **BERTA)
        assert resolve(session, found.id, valid_on=LATE, today=LATE, is_supervisor=True, **BERTA).status == "posted"


def test_over_sixty_days_suspense_goes_to_unclaimed_by_a_managers_word_and_comes_back_when_its_owner_does(
    bank: Database,
) -> None:
    rosa = member(bank, "M-00017")
    book(bank, Booked(50_000, text="nadie"))
    again(bank, DAY + dt.timedelta(days=60))
    assert breaks(bank, "receipt_suspense")[0].status == "open"
    again(bank, OLD)
    (found,) = breaks(bank, "receipt_suspense")
    assert (found.status, found.proposed_by) == ("proposed", "system:reconciliation")
    with bank.session(1) as session:
        resolve(session, found.id, valid_on=OLD, today=OLD, is_supervisor=True, **BERTA)
    assert (held(bank, "suspense:bank"), held(bank, "unclaimed")) == (0, 50_000)
    with bank.session(1) as session:
        place_line(session, found.subject_id, member_id=rosa, reason="she came", today=OLD, **ANA)
    again(bank, OLD)
    again(bank, OLD)
    assert [held(bank, code) for code in ("suspense:bank", "unclaimed", f"member:{rosa}:contributions")] == [
        0,
        0,
        50_000,
    ]


@pytest.mark.parametrize("account", ["income:other", "reserve:solidarity", "expense:bank-charges"])
def test_money_whose_owner_is_unknown_is_never_the_houses(bank: Database, account: str) -> None:
    book(bank, Booked(50_000, text="nadie"))
    (found,) = breaks(bank, "receipt_suspense")
    lines = (Line("suspense:bank", 50_000), Line(account, -50_000))
    with pytest.raises(ProposalInvalidError, match="never the house's"), bank.session(1) as session:
        propose(session, found.id, resolution=POST_ENTRY, lines=lines, reason="old", **ANA)


def test_equal_cases_are_explained_together_each_with_its_own_amount_or_not_at_all(bank: Database) -> None:
    book(bank, Booked(-150, text="COMISION 1"), Booked(-275, text="COMISION 2"), Booked(999, text="nadie"))
    charges = [one.id for one in breaks(bank, "bank_debit_unknown")]
    (other,) = [one.id for one in breaks(bank, "receipt_suspense")]
    how = {"suggestion": "book_bank_charge", "reason": "charges of March", **ANA}
    with bank.session(1) as session:
        for wrong in ([*charges, other], [charges[0], charges[0]], []):
            with pytest.raises(CasesDifferError):
                propose_many(session, wrong, **how)
        with pytest.raises(CasesDifferError, match="no usual explanation"):
            propose_many(session, [other], **how)
        propose_many(session, charges, **how)
    word = {"is_approved": True, "reason": "", "valid_on": SOON, "today": SOON, "is_supervisor": False}
    with pytest.raises(SamePersonError), bank.session(1) as session:
        resolve_many(session, charges, **word, **ANA)
    with bank.session(1) as session:
        done = resolve_many(session, charges, **word, **BERTA)
        assert {one.status for one in done} == {"posted"}
        assert get_break(session, other).status == "open"
        ages = list_ages(session)
    assert held(bank, "expense:bank-charges") == 425
    assert [(one.kind, one.break_count, one.amount_minor) for one in ages] == [("receipt_suspense", 1, 999)]


def test_a_line_in_which_the_bank_contradicts_itself_posts_by_its_entry_and_raises_a_flag(bank: Database) -> None:
    rosa = member(bank, "M-00017")
    body = camt053(1_000_000, [Booked(50_000, text=make_reference("M00017"))])
    inside = body.index(b"<TxDtls>")
    body = body[:inside] + body[inside:].replace(b"CRDT", b"DBIT", 1)
    with bank.session(1) as session:
        load_statement(session, body, file_name="x", actor="staff:ana")
    again(bank, SOON)
    assert held(bank, f"member:{rosa}:contributions") == 50_000
    (flag,) = breaks(bank, "statement_line_odd")
    assert flag.theirs["flags"] == ["detail_direction_differs"]
