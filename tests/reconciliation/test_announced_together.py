"""Payments that a bank announces one by one and books as one sum; and what people do with an announcement that nothing shows."""

import datetime as dt

import pytest
from tests.contributions.people import make_members
from tests.paying import TODAY
from tests.reconciliation.statements import Booked, Together, camt053, camt054
from tests.reconciliation.test_announcements import DAY, bank, load, state

from gateway.contributions.reference import member_reference
from gateway.kit import audit, db
from gateway.kit.db import Database
from gateway.reconciliation.errors import ProposalInvalidError
from gateway.reconciliation.many import propose_many, resolve_many
from gateway.reconciliation.position import money_position
from gateway.reconciliation.queries import BreakRow, list_breaks, list_matches
from gateway.reconciliation.resolve import NO_ENTRY, SHOWN_IN_SUM, TAKE_BACK, propose, resolve
from gateway.reconciliation.run import reconcile
from gateway.reconciliation.suggest import suggest, suggest_sums

assert bank
PARTS = tuple(Booked(minor, f"E{minor}", f"pago {minor}", "ANA") for minor in (10_000, 25_000, 7_500))
SUM = 42_500
ANA, BERTA = {"actor": "staff:ana"}, {"actor": "staff:berta"}
LINES = """
SELECT l.id, l.amount_minor, l.is_announced, l.shown_by, l.status, l.rule, l.ledger_tx_id FROM bank_statement_line l ORDER BY l.id
"""


def unshown(bank: Database) -> list[BreakRow]:
    with bank.session(1) as session:
        found = list_breaks(session, status="unresolved", kind="announcement_unshown", before=10**9, limit=20)
        return sorted(found, key=lambda one: one.subject_id)


def explain(bank: Database, found: BreakRow, **how: object) -> BreakRow:
    """One proposes, another approves, and the night's run looks again."""
    with bank.session(1) as session:
        propose(session, found.id, reason="the bank says so", **how, **ANA)
    with bank.session(1) as session:
        done = resolve(session, found.id, valid_on=TODAY, today=TODAY, is_supervisor=False, **BERTA)
        reconcile(session, today=TODAY)
    return done


@pytest.mark.parametrize(
    ("announced", "booked"),
    [
        # The notification tells the batch whole, the statement its sum under the bank's one reference.
        ([Together("B7", PARTS, "all")], Together("B7", PARTS)),
        # Each announced by itself; the statement names their ids without amounts, under a reference of its own.
        (list(PARTS), Together("X1", PARTS, "ids")),
    ],
    ids=["one reference", "the ids of the parts"],
)
def test_what_was_announced_singly_is_known_in_the_statements_sum_by_amount_and_reference(
    bank: Database, announced: list[Booked | Together], booked: Together
) -> None:
    with bank.session(1) as session:
        [ana, _] = make_members(session, 2)
        number = db.scalar(session, "SELECT number FROM member WHERE id = :id", {"id": ana})
    hers = Booked(900, "M1", f"cuota {member_reference(number)}")
    load(bank, camt054([*announced, hers]))
    assert state(bank, "bank:main", "suspense:bank", f"member:{ana}:contributions") == ([143_400, SUM, 900], 0, [])
    body = camt053(100_000, [booked, hers])
    assert load(bank, body).new_line_count == 1
    assert state(bank, "bank:main", "suspense:bank", f"member:{ana}:contributions") == ([143_400, SUM, 900], 0, [])
    with bank.session(1) as session:
        *singles, _, whole = db.rows(session, LINES)
        assert [(one.is_announced, one.shown_by) for one in singles] == [(True, whole.id)] * 3
        assert (whole.status, whole.rule, whole.ledger_tx_id) == ("matched", "announced_together", None)
        matches = list_matches(session, whole.id)
        assert [(one.kind, one.matched_id, one.amount_minor) for one in matches] == [
            ("announced_line", one.id, one.amount_minor) for one in singles
        ]
    # Another statement of the same days brings nothing, and the next day follows.
    assert load(bank, camt053(100_000, [booked, hers], reference="again")).new_line_count == 0
    (late,) = load(bank, camt053(143_400, [Booked(1)], day=DAY + dt.timedelta(days=1))).statements
    assert (late.status, state(bank, "bank:main")) == ("loaded", ([143_401], 0, []))


@pytest.mark.parametrize(
    "booked",
    [
        Together("B7", (*PARTS[:2], PARTS[2]._replace(minor=7_400))),
        Together("B8", PARTS),
        Together("X1", (*PARTS[:2], PARTS[2]._replace(end_to_end_id="E9")), "ids"),
    ],
    ids=["another sum", "another reference", "another id"],
)
def test_where_sum_or_reference_differs_a_person_decides(bank: Database, booked: Together) -> None:
    load(bank, camt054([Together("B7", PARTS, "all")]))
    load(bank, camt053(100_000, [booked]))
    assert len(unshown(bank)) == 3
    assert state(bank, "suspense:bank")[0] == [SUM + booked.minor]


def test_a_sum_without_a_reference_is_proposed_with_its_evidence_and_explained_by_two_people(bank: Database) -> None:
    load(bank, camt054(list(PARTS)))
    load(bank, camt053(100_000, [Booked(SUM, "S1", "lote"), Booked(300, "O1", "otra")]))
    first, *others = unshown(bank)
    assert state(bank, "bank:main", "suspense:bank") == ([185_300, SUM + SUM + 300], SUM, ["announcement_unshown"] * 3)
    with bank.session(1) as session:
        (hint,) = suggest_sums(session, first)
        assert (hint.code, hint.resolution, hint.fields) == (
            SHOWN_IN_SUM,
            SHOWN_IN_SUM,
            ("amount = the sum of 3", "days"),
        )
        assert sorted(hint.announced_line_ids) == sorted(one.subject_id for one in (first, *others))
    done = explain(
        bank,
        first,
        resolution=SHOWN_IN_SUM,
        statement_line_id=hint.statement_line_id,
        announced_line_ids=hint.announced_line_ids,
    )
    assert (done.status, done.ledger_tx_id is not None) == ("posted", True)
    assert unshown(bank) == []
    assert state(bank, "bank:main", "suspense:bank") == ([142_800, SUM + 300], 0, [])
    with bank.session(1) as session:
        assert [break_.kind for break_ in list_breaks(session, status="unresolved", before=10**9, limit=20)] == [
            "receipt_suspense"
        ] * 4
        steps = audit.list_transitions(session, "bank_statement_line", int(hint.statement_line_id or 0))
        assert [(step.event, step.to_state) for step in steps] == [("claim", "matched")]


def test_only_what_makes_the_sum_and_is_not_shown_yet_can_be_proposed(bank: Database) -> None:
    load(bank, camt054([*PARTS, Booked(-50, "D1", "cargo")]))
    load(bank, camt053(100_000, [Booked(SUM, "S1", "lote")]))
    with bank.session(1) as session:
        lines = db.rows(session, LINES)
    first, _, _, debit = unshown(bank)
    singles, whole = [line.id for line in lines[:3]], lines[-1].id
    for told, problem in (
        ({"statement_line_id": whole}, "they make 10000 minor"),
        ({"statement_line_id": whole, "announced_line_ids": singles[1:]}, "is not among"),
        ({"statement_line_id": singles[1], "announced_line_ids": singles}, "no line of a statement"),
        ({}, "names the statement's line"),
    ):
        with pytest.raises(ProposalInvalidError, match=problem), bank.session(1) as session:
            propose(session, first.id, resolution=SHOWN_IN_SUM, reason="lote", **told, **ANA)
    with pytest.raises(ProposalInvalidError, match="announcement"), bank.session(1) as session:
        other = list_breaks(session, status="open", kind="receipt_suspense", before=10**9, limit=1)[0]
        propose(session, other.id, resolution=TAKE_BACK, reason="no", **ANA)
    assert debit.amount_minor == 50


def test_what_the_bank_never_booked_is_taken_back_by_two_people_many_at_once(bank: Database) -> None:
    with bank.session(1) as session:
        [ana, _] = make_members(session, 2)
        number = db.scalar(session, "SELECT number FROM member WHERE id = :id", {"id": ana})
    hers = Booked(5_000, "M1", f"cuota {member_reference(number)}")
    load(bank, camt054([hers, Booked(700, text="gracias"), Booked(-90, text="cargo")]))
    load(bank, camt053(100_000, [Booked(1, "Z", "otra")]))
    found = unshown(bank)
    assert [[one.code for one in suggest(each)] for each in found] == [[TAKE_BACK]] * 3
    assert state(bank, "bank:main")[1] == 5_610
    ids = [one.id for one in found]
    with bank.session(1) as session:
        propose_many(session, ids, suggestion=TAKE_BACK, reason="it was never booked", **ANA)
    with bank.session(1) as session:
        done = resolve_many(
            session, ids, is_approved=True, reason="", valid_on=TODAY, today=TODAY, is_supervisor=False, **BERTA
        )
        assert [(one.status, one.resolution, one.ledger_tx_id is not None) for one in done] == [
            ("posted", TAKE_BACK, True)
        ] * 3
        reconcile(session, today=TODAY)
    whose = ("bank:main", f"member:{ana}:contributions", "suspense:bank")
    assert state(bank, *whose) == ([100_001, 0, 1], 0, [])
    with bank.session(1) as session:
        assert [break_.kind for break_ in list_breaks(session, status="unresolved", before=10**9, limit=9)] == [
            "receipt_suspense"
        ]


def test_an_announcement_of_a_later_day_does_not_touch_what_the_statement_before_it_explains(bank: Database) -> None:
    load(bank, camt053(100_000, [Booked(500, "E1")]))
    load(bank, camt054([Booked(800, "E2")], day=DAY + dt.timedelta(days=1)))
    with bank.session(1) as session:
        assert money_position(session).unexplained_minor == 0


def test_an_unshown_announcement_may_still_be_left_as_it_is_with_a_reason(bank: Database) -> None:
    load(bank, camt054([Booked(700, text="gracias")]))
    load(bank, camt053(100_000, [Booked(1, "Z", "otra")]))
    (found,) = unshown(bank)
    assert explain(bank, found, resolution=NO_ENTRY).status == "posted"
