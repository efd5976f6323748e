"""Who stands more than once in a file: every such line is found, no other, and memory does not grow with the file."""

import tracemalloc
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway.authority.text import duplicates
from gateway.authority.text.duplicates import Hashes, Places, repeated

KEYS = st.lists(st.sampled_from([f"C{number:011d}" for number in range(40)]), max_size=60)


@given(KEYS, st.booleans(), st.sampled_from([1, 3, 2048]))
def test_the_places_of_what_stands_twice_are_found_however_often_entries_go_to_the_disk(keys, spares_first, kept):
    before, duplicates._KEPT = duplicates._KEPT, kept
    try:
        found = repeated(lambda: enumerate(keys), spares_first=spares_first)
    finally:
        duplicates._KEPT = before
    counted = Counter(keys)
    expected = {
        place
        for place, key in enumerate(keys)
        if counted[key] > 1 and not (spares_first and keys.index(key) == place)
    }  # fmt: skip
    assert {place for place in range(len(keys) + 9) if place in found} == expected
    assert bool(found) == bool(expected)


@given(st.sets(st.integers(0, 9_000), max_size=5), st.integers(0, 9_000), st.integers(1, 900))
def test_a_row_of_places_without_any_is_passed_over_and_one_with_some_never(numbers, first, count):
    places = Places()
    for number in numbers:
        places.add(number)
    if any(first <= number < first + count for number in numbers):
        assert places.may_be_within(first, count)
    if not any(first - 8 < number < first + count + 8 for number in numbers):
        assert not places.may_be_within(first, count)


def test_a_further_key_takes_a_few_octets_and_not_those_of_an_entry_in_a_set():
    def peak(count):
        tracemalloc.start()
        with Hashes() as hashes:
            for start in range(0, count, 500):
                hashes.add([number.to_bytes(29) for number in range(start, start + 500)])
            assert not hashes.may_repeat()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(100_000) - peak(20_000) < 80_000 * 20
