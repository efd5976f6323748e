"""Codes of a second factor count once and for a minute and a half; recovery codes are told apart; roles ask for a factor."""

import datetime as dt

import pytest

from gateway.staff.rules import bare_code, needs_factor, new_recovery_codes, step_of, steps_taken
from gateway.staff.vault import Vault, VaultClosedError

NOON = dt.datetime(2026, 4, 2, 12, 0, 10, tzinfo=dt.UTC)


def test_a_code_counts_in_its_half_minute_and_its_neighbours_and_never_again() -> None:
    here = step_of(NOON)
    assert steps_taken(NOON, 0) == [here, here - 1, here + 1]
    assert steps_taken(NOON, here - 1) == [here, here + 1]
    assert steps_taken(NOON, here) == [here + 1]
    assert steps_taken(NOON, here + 1) == []
    assert step_of(NOON + dt.timedelta(seconds=19)) == here
    assert step_of(NOON + dt.timedelta(seconds=20)) == here + 1


def test_recovery_codes_have_no_letter_that_looks_like_another_and_are_compared_without_dashes() -> None:
    codes = new_recovery_codes([bytes(range(start, start + 10)) for start in range(0, 240, 10)])
    assert not set("".join(codes)) & set("01ilo")
    assert {len(code) for code in codes} == {11}
    assert bare_code(" 2345A-bcdef ") == "2345abcdef"


@pytest.mark.parametrize(
    ("settings", "asked"),
    [({}, False), ({"second_factor_roles": ["manager"]}, True), ({"second_factor_roles": "manager"}, False)],
)
def test_a_mutual_says_for_which_roles_a_password_is_not_enough(settings: dict[str, object], asked: bool) -> None:
    assert needs_factor(["cashier", "manager"], settings) is asked
    assert not needs_factor(["cashier"], settings)


def test_a_sealed_secret_opens_for_its_person_and_key_alone() -> None:
    vault = Vault(b"k" * 32)
    sealed = vault.seal("JBSWY3DPEHPK3PXP", mutual_id=1, user_id=7)
    assert b"JBSWY3" not in sealed
    assert vault.open(sealed, mutual_id=1, user_id=7) == "JBSWY3DPEHPK3PXP"
    for other, mutual_id, user_id in ((vault, 1, 8), (vault, 2, 7), (Vault(b"x" * 32), 1, 7)):
        with pytest.raises(VaultClosedError):
            other.open(sealed, mutual_id=mutual_id, user_id=user_id)
