"""Which announced booking is which line of a statement: each at most once, never two that name different things."""

import datetime as dt
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway.reconciliation.rules import Announced, Gathered, gather_announced, pair_announced

DAY = dt.date(2026, 3, 3)
NAMES = st.one_of(st.none(), st.sampled_from(["A", "B", "C"]))
LINES = st.lists(
    st.builds(
        lambda apart, minor, end, bank, own, text: (DAY + dt.timedelta(days=apart), minor, f"{apart}{minor}{end}{bank}{own}{text}",
                                                    end, bank, own, text),
        st.integers(0, 12), st.sampled_from([100, -100, 250]), NAMES, NAMES, NAMES, st.sampled_from(["", "cuota"]),
    ),
    max_size=7,
)  # fmt: skip


def numbered(lines: list[tuple[object, ...]]) -> list[Announced]:
    return [Announced(key, *line) for key, line in enumerate(lines)]  # type: ignore[arg-type]


@given(LINES, LINES)
def test_a_pair_is_one_amount_within_ten_days_and_contradicts_itself_in_nothing(
    announced: list[tuple[object, ...]], shown: list[tuple[object, ...]]
) -> None:
    ours, theirs = numbered(announced), numbered(shown)
    pairs = pair_announced(ours, theirs)
    for side in zip(*pairs, strict=True):
        assert len(set(side)) == len(side)
    for one, other in ((ours[a], theirs[b]) for a, b in pairs):
        assert one.amount_minor == other.amount_minor
        assert abs((one.booked_on - other.booked_on).days) <= 10
        for name in ("end_to_end_id", "bank_reference", "reference"):
            assert len({getattr(one, name), getattr(other, name)} - {None}) <= 1


@given(LINES)
def test_a_statement_that_tells_the_same_finds_every_announced_line(lines: list[tuple[object, ...]]) -> None:
    pairs = pair_announced(numbered(lines), numbered(lines))
    assert Counter(lines[a] for a, _ in pairs) == Counter(lines)
    assert all(lines[a] == lines[b] for a, b in pairs)


def test_without_any_sign_only_what_is_alone_on_its_day_is_paired() -> None:
    bare = (DAY, 100, "f", None, None, None, "")
    told = (DAY, 100, "g", None, None, None, "otra cosa")
    assert pair_announced(numbered([bare]), numbered([told])) == [(0, 0)]
    assert pair_announced(numbered([bare]), numbered([told, (*told[:2], "h", *told[3:])])) == []


PARTS = st.lists(st.integers(1, 5_000), min_size=2, max_size=6)


def batch(key: int, minors: list[int], reference: str | None = "B") -> list[Announced]:
    return [
        Announced(key + n, DAY, minor, f"{key}.{n}", f"E{key}.{n}", f"B{key}.{n}", None, "", reference)
        for n, minor in enumerate(minors)
    ]


@given(PARTS, PARTS)
def test_parts_are_gathered_where_reference_and_sum_agree_and_nowhere_else(ours: list[int], others: list[int]) -> None:
    announced = [*batch(0, ours, "B"), *batch(100, others, "C")]
    by_reference = Announced(0, DAY, sum(ours), "s", None, "B", None, "lote")
    by_ids = Announced(
        1, DAY, sum(others), "t", None, "X", None, "", parts=tuple(f"E100.{n}" for n in range(len(others)))
    )
    wrong = [
        by_reference._replace(amount_minor=sum(ours) + 1),
        by_reference._replace(booked_on=DAY + dt.timedelta(days=11)),
        by_reference._replace(bank_reference="D"),
        by_ids._replace(parts=(*by_ids.parts[:-1], "E0.0"))
        if others[-1] != ours[0]
        else by_reference._replace(amount_minor=0),
    ]
    assert gather_announced(announced, wrong) == []
    assert gather_announced(announced, [by_reference, by_ids]) == [
        Gathered(0, tuple(range(len(ours)))),
        Gathered(1, tuple(range(100, 100 + len(others)))),
    ]
    # Two lines that claim the same announcements are nobody's to choose between.
    assert gather_announced(announced, [by_reference, by_reference._replace(key=9)]) == []
