"""What a provider takes, who may release how much, what is frozen, and when to ask again."""

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.money import AmountError, currency_of
from gateway.kit.states import InvalidTransitionError
from gateway.payouts import rules
from gateway.payouts.states import BATCH, PAYOUT, BatchEvent, BatchStatus, PayoutEvent, PayoutStatus

DOP, XOF = currency_of("DOP"), currency_of("XOF")


@pytest.mark.parametrize(
    ("count", "minor", "currency", "said"),
    [
        (1204, 3_400_117_20, "DOP", "1,204 payouts, DOP 3,400,117.20"),
        (1, 5, "DOP", "1 payout, DOP 0.05"),
        (2, 1_500_000, "XOF", "2 payouts, XOF 1,500,000"),
    ],
)
def test_figures_are_told_as_a_person_reads_them(count: int, minor: int, currency: str, said: str) -> None:
    assert rules.figures(count, minor, currency) == said


@pytest.mark.parametrize(
    ("limits", "roles", "limit"),
    [
        ({}, {"accountant"}, None),
        ({"accountant": "700.00"}, {"accountant"}, 700_00),
        ({"accountant": "700.00", "manager": "900.00"}, {"accountant", "manager"}, 900_00),
        ({"accountant": "700.00", "manager": None}, {"accountant", "manager"}, None),
        ({"accountant": "700.00"}, {"accountant", "manager"}, None),
        ({"accountant": "0.00"}, {"accountant"}, 0),
    ],
)
def test_the_most_generous_of_a_persons_roles_counts(
    limits: dict[str, str | None], roles: set[str], limit: int | None
) -> None:
    assert rules.release_limit({"payouts": {"release_limits": limits}}, roles, DOP) == limit


def test_a_limit_that_is_no_amount_is_refused_and_not_ignored() -> None:
    with pytest.raises(AmountError):
        rules.release_limit({"payouts": {"release_limits": {"accountant": "7e2"}}}, {"accountant"}, DOP)


def test_terms_are_the_providers_or_the_usual() -> None:
    assert rules.terms_of({}, "momo:orange", DOP) == rules.Terms(100_000, 100)
    assert rules.terms_of({}, "orange", XOF) == rules.Terms(100_000, 1)
    ours = {"payouts": {"orange": {"batch_limit": 10**7, "minimum": "25.50"}}}
    assert rules.terms_of(ours, "momo:orange", DOP) == rules.Terms(rules.GSMA_LIMIT, 25_50)


@given(
    st.lists(
        st.builds(rules.FrozenItem, st.text(min_size=1, max_size=35), st.integers(1, 10**15), st.text(max_size=16)),
        max_size=20,
    ),
    st.text(max_size=40),
)
def test_what_is_thawed_is_what_was_frozen(items: list[rules.FrozenItem], title: str) -> None:
    head = rules.RequestHead(uuid.uuid4(), "momo:orange", "DOP", len(items), sum(i.amount_minor for i in items), title)
    body = rules.freeze(head, items)
    assert body == rules.freeze(head, items), "the same bytes each time"
    told, thawed = rules.thaw(body)
    assert (told, list(thawed)) == (head, items)


@given(st.timedeltas(min_value=dt.timedelta(0), max_value=dt.timedelta(days=40)))
def test_questions_come_often_at_first_and_rarely_later_but_always(age: dt.timedelta) -> None:
    wait = rules.wait_before_asking(age)
    assert dt.timedelta(seconds=1) <= wait <= rules.LONGEST_WAIT
    assert wait <= rules.wait_before_asking(age + dt.timedelta(minutes=1))


@pytest.mark.parametrize("status", BatchStatus)
@pytest.mark.parametrize("event", BatchEvent)
def test_a_batch_moves_only_as_its_table_says(status: BatchStatus, event: BatchEvent) -> None:
    if BATCH.allows(status, event):
        assert BATCH.advance(status, event) == BATCH.target(event)
    else:
        with pytest.raises(InvalidTransitionError):
            BATCH.advance(status, event)


def test_nothing_leads_back_from_an_end() -> None:
    for end in (BatchStatus.DISCARDED, BatchStatus.FINISHED, BatchStatus.REFUSED):
        assert not any(BATCH.allows(end, event) for event in BatchEvent)
    for last in (PayoutStatus.CANCELLED, PayoutStatus.FAILED, PayoutStatus.RETURNED):
        assert not any(PAYOUT.allows(last, event) for event in PayoutEvent)


def test_only_a_question_or_a_late_answer_leads_out_of_doubt() -> None:
    out = {event for event in BatchEvent if BATCH.allows(BatchStatus.UNKNOWN, event)}
    assert out == {BatchEvent.PROVE_ABSENT, BatchEvent.RECEIVE, BatchEvent.REFUSE}
    assert not BATCH.allows(BatchStatus.UNKNOWN, BatchEvent.START_SENDING)
