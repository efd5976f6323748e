"""One hundred pesos shared out: whatever the parts are, they add up."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.reports.figures import called, plain
from gateway.reports.rules import HUNDRED, Account, Cells, Column, Flow, Sheet, of_a_hundred
from gateway.reports.words import LANGUAGES, _catalogue, word


@given(st.lists(st.integers(min_value=-(10**12), max_value=10**15), min_size=1, max_size=8))
def test_the_shares_of_a_hundred_add_up_and_none_is_off_by_a_hundredth(parts: list[int]) -> None:
    shares, whole = of_a_hundred(parts), sum(parts)
    if whole <= 0:
        assert shares == [0] * len(parts)
        return
    assert sum(shares) == HUNDRED
    assert all(abs(share * whole - part * HUNDRED) < whole for share, part in zip(shares, parts, strict=True))


def test_what_came_in_and_is_nowhere_is_left_over() -> None:
    assert Flow(100, 10, 50, 5, 0, 30, 5).left_over == 0
    assert Flow(100, 10, 50, 5, 0, 30, 4).left_over == 1


def test_every_word_is_there_in_every_language_and_a_reversal_says_what_was_taken_back() -> None:
    for name, told in _catalogue().items():
        assert set(told) == set(LANGUAGES), name
        assert all(told.values()), name
    assert word("receipt.reversal", "es") == "Aporte recibido – anulación"
    assert word("no such word", "fr") == "no such word"


def test_an_account_is_called_by_its_name_or_by_what_it_is_and_machines_read_its_code() -> None:
    column, sheet = Column("account", Cells.ACCOUNT), Sheet("collector_days", (), (), "DOP")
    for language, said in (("es", "Caja main"), ("en", "Till main"), ("fr", "Caisse main")):
        assert called(Account("cash:main", None), language) == said
        assert called(Account("cash:main", "Ventanilla 1"), language) == "Ventanilla 1"
        assert called(Account("other:x", None), language) == "other:x"
        assert plain(column, Account("cash:main", "Ventanilla 1"), sheet, "UTC") == "cash:main"
