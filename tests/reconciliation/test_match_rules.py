"""The declared rules, one by one: what each takes for sure, what it only suggests, and where it leaves two to a person."""

import datetime as dt
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reconciliation.payers import FIRST, Month, Person, Truth
from tests.reconciliation.statements import Booked
from tests.reconciliation.test_a_month_of_trouble import TODAY, Town, automatic_by_setting

from gateway.contributions.models import Channel
from gateway.contributions.receive import NewLine, NewReceipt, receive
from gateway.kit import db, evidence
from gateway.kit.db import Database
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.queries import current_balance
from gateway.reconciliation.match_rules import AFTERWARDS, BY_CODE, RULES
from gateway.reconciliation.run import reconcile
from gateway.reconciliation.sums import MOST_AMOUNTS, MOST_PARTS, make_total

TESTS = Path(__file__).resolve().parents[1]
DAY = FIRST + dt.timedelta(days=4)
PEOPLE = [Person(n, f"M0000{n}", f"4000000000{n}", f"+1809555000{n}", 100_000 + 7 * n) for n in range(5)]
MATCHED = """
SELECT l.text, l.rule, l.status, l.matched_kind, l.matched_id, m.fields FROM bank_statement_line l
LEFT JOIN reconciliation_match m ON m.line_id = l.id ORDER BY l.id
"""
HINTS = "SELECT l.text, s.rule, s.matched_id, s.fields FROM match_suggestion s JOIN bank_statement_line l ON l.id = s.line_id ORDER BY s.id"


def asked(database: Database, *booked: Booked, transfers=(), sessions=(), before=None) -> tuple[Town, dict, dict]:
    """Load and match; return the town, each line by its text, and its suggestions by rule."""
    lines = [Truth(one._replace(day=one.day or DAY), "", None) for one in booked]
    town = Town(database, Month(PEOPLE, list(transfers), list(sessions), lines))
    if before is not None:
        with database.session(1) as session:
            before(session, town)
    town.load()
    with database.session(1) as session:
        reconcile(session, today=TODAY)
        found = {row.text: row for row in db.rows(session, MATCHED)}
        hints: dict[str, dict[str, set[int]]] = {}
        for row in db.rows(session, HINTS):
            hints.setdefault(row.text, {}).setdefault(row.rule, set()).add(row.matched_id)
    return town, found, hints


def test_every_declared_rule_has_its_tests_and_its_words() -> None:
    written = "".join(path.read_text() for path in TESTS.rglob("test_*.py"))
    assert [rule.code for rule in (*RULES, *AFTERWARDS)] == list(BY_CODE)
    for rule in BY_CODE.values():
        assert f'"{rule.code}"' in written, f"no test names the rule {rule.code}"
        assert rule.fields
        assert rule.meaning


def test_the_looser_a_rule_the_later_it_is_asked() -> None:
    strengths = [rule.strength for rule in RULES]
    assert strengths == sorted(strengths, key=["sure", "by_setting", "hint"].index) or "by_setting" in strengths
    assert strengths[-2:] == ["hint", "hint"]
    order = [rule.code for rule in RULES]
    wanted = [
        "our_end_to_end_id",
        "member_reference",
        "provider_transaction",
        "settlement_amount",
        "deposit_amount",
        "identity_and_due",
    ]
    assert [code for code in order if code in wanted] == wanted
    assert order.index("months_of_one_member") > order.index("phone_and_due")


def pay_by_phone(session, town) -> None:
    for number in ("TX-77", "TX-78"):
        paid = NewReceipt(
            "momo:orange",
            number,
            Channel.MOBILE_MONEY,
            "momo:orange:clearing",
            20_000,
            "DOP",
            DAY,
            (NewLine(member_id=town.ids[0]),),
        )
        receive(session, paid, actor="staff:ana", today=TODAY)
    db.run(
        session,
        "INSERT INTO bank_account (number, name, kind, currency, ledger_code, holder, bank_identifier)"
        " VALUES ('8095550000', 'Orange', 'mobile_money', 'DOP', 'momo:orange', '', '')",
    )


def advise(session, town) -> None:
    pay_by_phone(session, town)
    open_accounts(session, [NewAccount("state:R-1:undistributed")], "DOP")
    kept = evidence.keep(session, kind="state.advice", source="state", media_type="application/json", body=b"{}")
    db.run(
        session,
        "INSERT INTO benefit_remittance (authority_reference, transfer_reference, employer, currency, total_minor, line_count, advised_on,"
        " advised_at, evidence_id) VALUES ('R-1', 'TSS-R-1', '401999999', 'DOP', 90000, 1, :day, now(), :kept)",
        {"day": DAY, "kept": kept},
    )


def test_what_is_known_for_sure_says_by_which_rule_and_fields(database: Database) -> None:
    transfers = [
        ("SET-1", "momo:orange:clearing", 5_000_00, 0, DAY, False),
        ("DEP-1", "cash:office", 6_000_00, 0, DAY, False),
        ("DEP-2", "cash:office", 7_000_00, 0, DAY, True),
    ]
    sessions = [(0, 8_000_00, DAY), (1, 1_000_00, DAY), (1, 2_000_50, DAY), (1, 9_000_00, DAY)]
    town, found, _ = asked(
        database,
        Booked(100, text=f"a {PEOPLE[1].reference}"),
        Booked(5_000_00, text="b", counterparty="Orange SA"),
        Booked(6_000_00, text="c deposito"),
        Booked(7_000_00, "DEP-2", text="d"),
        Booked(8_000_00, text="e efectivo"),
        Booked(3_000_50, text="f deposito"),
        Booked(20_000, "TX-77", text="g"),
        Booked(-100, text=f"h {PEOPLE[1].reference}", day=DAY + dt.timedelta(days=1), is_reversal=True),
        Booked(90_000, "TSS-R-1", text="i beneficios"),
        transfers=transfers,
        sessions=sessions,
        before=advise,
    )
    by_letter = {text[0]: (row.rule, row.matched_kind, row.matched_id) for text, row in found.items()}
    assert {letter: rule for letter, (rule, _, _) in by_letter.items()} == {
        "a": "member_reference", "b": "settlement_amount", "c": "deposit_amount", "d": "transfer_reference",
        "e": "session_amount", "f": "sessions_of_one_collector", "g": "provider_transaction", "h": "taken_back",
        "i": "remittance_transfer",
    }  # fmt: skip
    assert by_letter["a"][2] == town.ids[1]
    assert by_letter["c"][2] == town.transfers["DEP-1"]
    for row in found.values():
        assert row.fields == list(BY_CODE[row.rule].fields)
    with database.session(1) as session:
        held = {
            code: current_balance(session, code)
            for code in (
                "momo:orange:clearing",
                "cash:route-1",
                "bank:main:in-transit",
                f"member:{town.ids[1]}:contributions",
            )
        }
    assert held == {
        "momo:orange:clearing": 20_000 + 20_000 - 20_000 - 5_000_00, "cash:route-1": -3_000_50, "bank:main:in-transit": 0,
        f"member:{town.ids[1]}:contributions": 0,
    }  # fmt: skip


def test_what_two_things_claim_or_two_people_could_be_is_left_to_a_person_with_all_of_them(database: Database) -> None:
    one, two = PEOPLE[0], PEOPLE[1]
    transfers = [("DEP-1", "cash:office", 6_000_00, 0, DAY, False), ("DEP-2", "cash:office", 6_000_00, 0, DAY, False)]
    town, found, hints = asked(
        database,
        Booked(100, text=f"a {one.reference} {two.reference}"),
        Booked(6_000_00, text="b deposito"),
        Booked(one.due_minor, text="c deposito"),
        Booked(500, text=f"d {one.reference}"),
        Booked(500, text=f"d2 {one.reference}"),
        Booked(-500, text=f"e {one.reference}", day=DAY + dt.timedelta(days=1), is_reversal=True),
        Booked(9_999, text="f gracias"),
        transfers=transfers,
    )
    left = {text[0]: row.rule for text, row in found.items() if row.status == "suspense"}
    assert left == {
        "a": "member_reference: names several, a person decides",
        "b": "deposit_amount: names several, a person decides",
        "c": "no rule knows it",
        "e": "taken_back: names several, a person decides",
        "f": "no rule knows it",
    }
    both = hints[next(text for text in hints if text.startswith("a"))]
    assert both == {"member_reference": set(town.ids[:2])}
    taken = hints[next(text for text in hints if text.startswith("e"))]
    assert len(taken["taken_back"]) == 2


SUGGESTED = {
    "identity_and_due": Booked(PEOPLE[2].due_minor, text=f"pago {PEOPLE[2].identity}"),
    "phone_and_due": Booked(PEOPLE[2].due_minor, text="pago 809-555-0002"),
    "number_in_text": Booked(12_345, text=f"pago {PEOPLE[2].number} gracias"),
}


def test_a_number_in_the_text_is_only_suggested_unless_the_mutual_says_otherwise(database: Database) -> None:
    town, found, hints = asked(database, *SUGGESTED.values())
    assert {row.status for row in found.values()} == {"suspense"}
    for rule, booked in SUGGESTED.items():
        assert hints[booked.text][rule] == {town.ids[2]}, rule


def second_month(session, town) -> None:
    db.run(
        session,
        "INSERT INTO contribution_assessment (period_start, payroll_id, member_id, version, schedule_id, wage_minor,"
        " additional_dependants, amounts_minor, state_minor, total_minor, currency)"
        " SELECT '2026-02-01', payroll_id, member_id, 1, schedule_id, 0, 0, '{}', 0, 90001, 'DOP' FROM contribution_assessment"
        " WHERE member_id = :member",
        {"member": town.ids[3]},
    )
    db.run(session, "UPDATE member SET search_name = 'juana perez' WHERE id = :id", {"id": town.ids[4]})


def test_with_the_setting_a_number_and_an_amount_that_is_owed_book_and_a_name_still_only_hints(
    database: Database, database_url: str
) -> None:
    automatic_by_setting(database_url)
    months = Booked(PEOPLE[3].due_minor + 90_001, text=f"dos meses {PEOPLE[3].identity}")
    named = Booked(PEOPLE[4].due_minor, text="aporte", counterparty="Juana PÉREZ")
    town, found, hints = asked(database, *list(SUGGESTED.values())[:2], months, named, before=second_month)
    # Both months and their sum are open, so what she lacks in all is one due: the identity alone decides.
    assert found[months.text].rule in {"months_of_one_member", "identity_and_due"}
    assert found[months.text].matched_id == town.ids[3]
    assert {found[SUGGESTED[rule].text].rule for rule in ("identity_and_due", "phone_and_due")} == {
        "identity_and_due",
        "phone_and_due",
    }
    assert found[named.text].status == "suspense"
    assert hints[named.text] == {"name_and_due": {town.ids[4]}}


@given(st.lists(st.integers(1, 60), max_size=9), st.integers(1, 200))
def test_a_sum_is_found_just_where_there_is_one_and_told_from_several(amounts: list[int], total: int) -> None:
    ways = [
        chosen
        for size in range(2, MOST_PARTS + 1)
        for chosen in combinations(range(len(amounts)), size)
        if sum(amounts[place] for place in chosen) == total
    ]
    found = make_total(total, amounts)
    assert found.ways == min(len(ways), 2)
    if ways:
        assert sum(amounts[place] for place in found.parts) == total


@pytest.mark.parametrize("amounts", [[1] * (MOST_AMOUNTS + 1), [0, 5], []], ids=["too many", "a zero", "none"])
def test_nothing_is_looked_for_beyond_the_bounds(amounts: list[int]) -> None:
    assert make_total(5, amounts).ways == 0
