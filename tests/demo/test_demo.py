"""The demonstration, played small: the same processes, the same interface, and everything equal at the end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.demo.people import cedula, payments, people
from gateway.demo.people_india import people as people_in_india
from gateway.demo.processes import Processes, ProcessFailedError, new_secret
from gateway.kit.period import Period
from gateway.membership.rules import check_identity
from gateway.membership.states import IdentityKind

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "period", "assessed_minor", "received_minor", "filed_lines", "accepted_lines", "rejected_lines", "filed_minor",
    "billed_minor", "paid_minor", "remitted_minor", "distributed_minor", "paid_out_minor", "suspense_minor", "open_breaks",
}  # fmt: skip


def test_two_months_of_a_small_mutual_end_with_every_sum_equal(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "gateway.demo",
        "--members",
        "80",
        "--months",
        "2",
        "--json",
        "--folder",
        str(tmp_path),
    ]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GATEWAY_")}
    played = subprocess.run(
        command, cwd=ROOT, env={**environment, "PYTHONPATH": "src"}, capture_output=True, text=True, timeout=600
    )
    assert played.returncode == 0, played.stderr[-3000:]
    told = json.loads(played.stdout)
    assert told["members"] == 80
    assert [period["period"] for period in told["periods"]] == ["2026-01", "2026-02"]
    assert all(period.keys() == KEYS for period in told["periods"])
    assert all(pair["holds"] and pair["left_minor"] == pair["right_minor"] for pair in told["conservation"])
    assert told["ledger"]["verify"] == "ok"
    assert "  It holds: " in played.stderr, "a member's proof, checked apart from the gateway"
    assert (told["ledger"]["sum_minor"], told["ledger"]["entries"] > 500) == (0, True)
    for period in told["periods"]:
        assert 0 < period["accepted_lines"] <= period["filed_lines"] <= 80
        assert period["billed_minor"] == period["paid_minor"]
        assert period["open_breaks"] == 0


def test_a_month_of_the_second_country_tells_the_same_document_and_every_sum_is_equal(tmp_path: Path) -> None:
    options = ["--country", "in", "--members", "60", "--months", "1", "--json", "--folder", str(tmp_path)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GATEWAY_")}
    played = subprocess.run(
        [sys.executable, "-m", "gateway.demo", *options],
        cwd=ROOT, env={**environment, "PYTHONPATH": "src"}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr[-3000:]
    told = json.loads(played.stdout)
    (period,) = told["periods"]
    assert period.keys() == KEYS
    assert all(pair["holds"] for pair in told["conservation"])
    assert (told["members"], told["ledger"]["verify"], period["open_breaks"]) == (60, "ok", 0)
    assert period["billed_minor"] == period["paid_minor"] > 0
    assert period["billed_minor"] % 100 == 0


def test_the_sample_people_of_the_second_country_are_nobody_and_a_mistyped_number_is_nobodys() -> None:
    group = list(people_in_india(400, 7))
    numbers = {member.identity for member in group}
    assert len(numbers) == 400
    for member in group:
        assert check_identity(IdentityKind.SOCIAL_SECURITY, member.identity, "in").warning is None
        assert member.identity.startswith("1000")
        assert member.wage_minor % 100 == 0
        assert f"{member.identity[:-2]}{(int(member.identity[-2:]) + 7) % 100:02d}" not in numbers


def test_the_sample_people_are_the_same_for_the_same_seed_and_nobody_real() -> None:
    first, second, other = list(people(200, 7)), list(people(200, 7)), list(people(200, 8))
    assert first == second != other
    numbers = [member.identity for member in first] + [
        dependant.identity
        for member in first
        for dependant in member.dependants
        if dependant.identity_kind == "national_id"
    ]
    assert len(set(numbers)) == len(numbers)
    for number in numbers:
        assert number.startswith("999")
        assert check_identity(IdentityKind.NATIONAL_ID, number, "do").warning is None


def test_the_sample_group_has_the_shape_that_is_published_of_such_a_mutual() -> None:
    group = list(people(4_000, 7))
    wages = [member.wage_minor for member in group]
    assert 1_500_000 < sum(wages) / len(wages) < 1_660_000
    assert max(wages) <= 3 * 1_577_000
    assert 2.2 < sum(len(member.dependants) for member in group) / len(group) < 2.5
    assert {member.behaviour for member in group} == {
        "regular", "short", "early", "late", "irregular", "gone", "returning"
    }  # fmt: skip


def test_who_is_gone_pays_no_more_and_who_returns_pays_again() -> None:
    months = [Period(2026, 1).plus(number).start for number in range(3)]
    for member in people(400, 7):
        paid = [bool(payments(member, month, number, 7)) for number, month in enumerate(months, start=1)]
        if member.behaviour == "gone":
            assert paid == [True, False, False]
        if member.behaviour == "returning":
            assert paid == [True, False, True]


def test_the_check_digit_is_the_one_the_register_asks_for() -> None:
    assert cedula(1) == "99900000011"


def test_a_process_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    processes.start("state", ["-c", "print('the port is taken'); print(); raise SystemExit(3)"], {})
    processes.running["state"].wait(timeout=60)
    with pytest.raises(ProcessFailedError, match=r"state ended with 3: the port is taken; its log is .*state\.log"):
        processes.wait_for("state", "http://127.0.0.1:9")


def test_a_secret_can_be_given_to_a_command_whatever_it_begins_with() -> None:
    # One that begins with a dash would be taken for an option: one demonstration in thirty did not start.
    assert all(new_secret().isalnum() for _ in range(300))
