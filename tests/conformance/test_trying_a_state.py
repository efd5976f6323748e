"""The cases are green against a state that keeps the contract, and red, each for its own reason, against one that does not."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import yaml
from joserfc.jwk import OKPKey
from stdnum import luhn
from tests.conformance.conftest import Try, named, started, target
from tests.processes import ROOT, RunningState, free_port

import gateway.conformance
from gateway.authority.connect import country_of
from gateway.conformance import contract, words
from gateway.conformance.case import CASES, Outcome
from gateway.conformance.exchange import masked
from gateway.conformance.people import People
from gateway.conformance.run import CannotRunError, in_order, run

SOURCE = Path(gateway.conformance.__file__).parent


def command(state: RunningState, *more: str) -> "subprocess.CompletedProcess[str]":
    """The command as an engineer runs it."""
    asked = target(state)
    options = [
        "--url", state.url, "--country", "do", "--token", state.token, "--callback-url", str(asked.callback_url),
        "--secret", str(asked.secret), "--when-billed", str(asked.when_billed), "--when-paid", str(asked.when_paid),
        "--employer", str(asked.employer), "--wait", "60", "--lines", "8", *more,
    ]  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", "conformance", *options], capture_output=True, text=True, check=False,
        cwd=ROOT, timeout=120,
    )  # fmt: skip


# Green ----------------------------------------------------------------------------------------------------------


def test_the_command_is_green_against_the_sandbox_state_and_tells_no_secret(
    state: RunningState, tmp_path: Path
) -> None:
    file = tmp_path / "cases.xml"
    ran = command(state, "--json", "--junit", str(file))
    told = json.loads(ran.stdout)
    assert ran.returncode == 0, ran.stderr + ran.stdout[-3000:]
    outcomes = {one["case"]: one["outcome"] for one in told["cases"]}
    assert {name for name, outcome in outcomes.items() if outcome != "passed"} == {"signature.asked"}
    assert len(outcomes) == len(CASES) == told["counts"]["passed"] + 1
    assert state.token not in ran.stdout
    suite = Xml.parse(file).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == (str(len(CASES)), "0", "1")


def test_india_where_one_bad_line_keeps_a_file_from_being_taken_is_green_too(tmp_path: Path) -> None:
    with started(tmp_path, country="in") as indian:
        results = {result.case.name: result for result in run(target(indian, "in"))}
    assert named(results, Outcome.FAILED) == set()
    assert named(results, Outcome.NOT_TRIED) == {"signature.asked", "submit.other-employer", "submit.other-period"}


def test_where_signatures_are_agreed_every_request_is_signed_and_what_is_not_is_refused(tmp_path: Path) -> None:
    key = dict(OKPKey.generate_key("Ed25519", {"kid": "gateway-1"}).as_dict(private=True))
    jwks = tmp_path / "keys.json"
    jwks.write_text(json.dumps({"keys": [{name: value for name, value in key.items() if name != "d"}]}))
    with started(tmp_path, verify_jwks=str(jwks)) as signed:
        results = {result.case.name: result for result in run(target(signed, key=key, when_paid=None))}
        assert named(results, Outcome.FAILED) == set()
        assert results["signature.asked"].outcome is Outcome.PASSED
        assert named(results, Outcome.NOT_TRIED) >= {"signature.ignored", "submit.digest-missing"}
        with pytest.raises(CannotRunError, match="does not take the token"):
            run(target(signed))


def test_a_state_that_does_not_look_at_agreed_signatures_is_found(tried: Try) -> None:
    key = dict(OKPKey.generate_key("Ed25519", {"kid": "gateway-1"}).as_dict(private=True))
    assert named(tried(key=key), Outcome.FAILED) == {"signature.asked"}


# Red ------------------------------------------------------------------------------------------------------------

REFUSALS = {
    "auth.none", "submit.key-reused", "submit.other-bytes", "submit.same-bytes", "submit.digest-missing",
    "submit.digest-wrong", "submit.id-malformed", "submit.kind-unknown", "submit.period-malformed", "query.unknown",
    "lines.cursor", "lines.limit", "lines.unknown", "notices.unknown", "notices.parameters", "remittances.since",
    "remittances.cursor", "remittances.unknown",
}  # fmt: skip
FAULTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "forgets what it received": ({"on": "submit", "do": "forget_id"}, {"submit.again", "submit.at-once"}),
    "takes other bytes under the same id": ({"on": "submit", "do": "take_other_bytes"}, {"submit.other-bytes"}),
    "takes the same bytes under another id": ({"on": "submit", "do": "take_twin"}, {"submit.same-bytes"}),
    "bills a repetition again": ({"on": "submit", "do": "bill_twice"}, {"notices.once"}),
    "looks at no digest": (
        {"on": "submit", "do": "no_digest_check"}, {"submit.digest-missing", "submit.digest-wrong"},
    ),
    "never answers": ({"on": "submit", "do": "never_answer"}, {"query.answered"}),
    "refuses every file": ({"on": "submit", "do": "whole_file"}, {"verdict.accepted"}),
    "changes a wage and does not say so": (
        {"on": "submit", "do": "change_amount", "silent": True}, {"lines.changes"},
    ),
    "answers about another month": ({"on": "query", "do": "wrong_period"}, {"query.answered"}),
    "drops a page's last line": (
        {"on": "lines", "do": "missing_line", "at": 10**6}, {"lines.complete", "verdict.mixed"},
    ),
    "gives a line on two pages": ({"on": "lines", "do": "overlap"}, {"lines.complete"}),
    "says something of fewer documents than lines": ({"on": "lines", "do": "uneven_groups"}, {"lines.grouped"}),
    "says of a line what it does not say": ({"on": "lines", "do": "of_nothing"}, {"lines.grouped"}),
    "takes any cursor": ({"on": "lines", "do": "any_cursor"}, {"lines.cursor"}),
    "gives lines in another order": ({"on": "lines", "do": "reorder"}, {"lines.complete", "verdict.mixed"}),
    "adds a bill up wrongly": ({"on": "notices", "do": "wrong_total"}, {"notices.adds-up", "payments.confirmed"}),
    "bills a centavo too much": ({"on": "notices", "do": "cent_off"}, {"notices.from-lines"}),
    "never books a payment": ({"on": "payments", "do": "never_answer"}, {"payments.confirmed"}),
    "lets everybody in": ({"on": "*", "do": "no_authentication"}, {"auth.none", "auth.wrong"}),
    "refuses with a success": ({"on": "*", "do": "refuse_with_200"}, REFUSALS | {"lines.early"}),
    "refuses with a page for people": ({"on": "*", "do": "plain_errors"}, REFUSALS | {"lines.early"}),
    "calls JSON text": ({"on": "*", "do": "media_type"}, {"answers.media-types"}),
    "leaves a member out": (
        {"on": "notices", "do": "drop_member", "name": "replaced_by"}, {"schema.listNotices", "schema.getNotice"},
    ),
    "writes instants without an offset": ({"on": "query|submit", "do": "naive_instants"}, {"answers.instants"}),
    "writes amounts without decimals": ({"on": "lines|notices", "do": "loose_amounts"}, {"answers.amounts"}),
    "tells nothing": ({"on": "callback", "do": "drop_before"}, {"callbacks.answered"}),
    "signs with another secret": ({"on": "callback", "do": "forge"}, {"callbacks.signed"}),
    "does not sign what it tells": (
        {"on": "callback", "do": "unsigned"}, {"callbacks.signed", "callbacks.repeated"},
    ),
    "tells once": ({"on": "callback", "do": "once"}, {"callbacks.repeated"}),
}  # fmt: skip
WAITS = {"never answers", "never books a payment", "adds a bill up wrongly", "tells nothing", "tells once"}
"""Faults that show by something that does not come: three seconds are enough for it, unless the machine stood still so long."""


TOGETHER = (
    (
        "takes other bytes under the same id",
        "takes any cursor",
        "leaves a member out",
        "tells once",
        "says something of fewer documents than lines",
    ),
    (
        "takes the same bytes under another id",
        "changes a wage and does not say so",
        "does not sign what it tells",
        "says of a line what it does not say",
    ),
    ("forgets what it received", "writes instants without an offset", "signs with another secret"),
    ("bills a repetition again", "looks at no digest", "lets everybody in", "calls JSON text"),
    ("drops a page's last line", "never books a payment"),
    ("gives a line on two pages", "adds a bill up wrongly"),
    ("gives lines in another order", "tells nothing"),
    ("bills a centavo too much", "writes amounts without decimals"),
    ("never answers",),
    ("refuses every file",),
    ("answers about another month",),
    ("refuses with a success",),
    ("refuses with a page for people",),
)
"""Faults of one state: those that stand together fail other cases each, so that one run shows all of them."""


def test_faults_that_are_tried_together_fail_other_cases_each() -> None:
    assert sorted(fault for group in TOGETHER for fault in group) == sorted(FAULTS)
    for group in TOGETHER:
        assert sum(len(FAULTS[fault][1]) for fault in group) == len(set().union(*(FAULTS[fault][1] for fault in group)))


@pytest.mark.parametrize("faults", TOGETHER, ids="; ".join)
def test_a_state_with_these_faults_fails_their_cases_and_no_other(tried: Try, faults: tuple[str, ...]) -> None:
    cases = set().union(*(FAULTS[fault][1] for fault in faults))
    # Who forgets what it received may take two that come at once for two, and bill both: it depends on how they meet.
    either = {"notices.once"} - cases if "forgets what it received" in faults else set()
    for wait in (3.0, 60.0) if WAITS & set(faults) else (60.0,):
        results = tried(*(FAULTS[fault][0] for fault in faults), wait=wait)
        failed = {name: result for name, result in results.items() if result.outcome is Outcome.FAILED}
        # Under load a filing may be answered before its lines can be asked for.
        asked = cases - (named(results, Outcome.NOT_TRIED) & {"lines.early"})
        if failed.keys() - either == asked:
            break
    told = "\n".join(f"{name}: {one.reason} {one.values}" for name, one in failed.items())
    assert failed.keys() - either == asked, told
    for name, result in failed.items():
        assert result.exchanges or name == "callbacks.answered"
        for language in words.LANGUAGES:
            assert words.reason_of(result.outcome, str(result.reason), result.values, language)


def test_a_red_case_shows_what_was_asked_and_answered_what_the_contract_says_and_what_to_do(
    state: RunningState, tmp_path: Path
) -> None:
    state.script({"on": "submit", "do": "take_other_bytes"})
    file = tmp_path / "cases.xml"
    ran = command(state, "--case", "submit.other-bytes", "--language", "fr", "--junit", str(file))
    state.script()
    assert ran.returncode == 1
    assert "the same id with other bytes is refused (`filing_id_reused`)" in ran.stdout
    for said in ("statut 409 attendu, 202 reçu", "que faire: Comparez", "requête: PUT", "réponse: 202", "Bearer ***"):
        assert said in ran.stdout, ran.stdout
    assert state.token not in ran.stdout
    assert "1 réussis, 1 en échec" in ran.stdout
    (failure,) = Xml.parse(file).getroot().iter("failure")
    assert "409" in str(failure.get("message"))


def test_what_cannot_be_tried_is_told_and_ends_with_2(state: RunningState) -> None:
    asked = [sys.executable, "-m", "gateway.cli", "conformance", "--url", state.url, "--country", "do", "--token", "x"]
    ran = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "does not take the token" in ran.stderr


def test_an_address_where_nobody_is_or_a_case_that_is_none_cannot_be_tried(state: RunningState) -> None:
    with pytest.raises(CannotRunError, match="does not answer"):
        run(dataclasses.replace(target(state), url=f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(CannotRunError, match="no case is called 'nothing'"):
        run(target(state), names=["nothing"])


def test_one_case_is_tried_with_what_it_needs_and_people_of_her_own(state: RunningState, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("document,name\n99900000011,Ana\n99900000029,Eva\n99900000037,Luz\n99900000037,Luz\n")
    results = {one.case.name: one for one in run(target(state, people=people), names=["submit.received"])}
    assert {name: result.outcome for name, result in results.items()} == {"submit.received": Outcome.PASSED}
    with pytest.raises(Exception, match="too few rows"):
        run(target(state, people=people), names=["submit.large"])


# What the report says -------------------------------------------------------------------------------------------


def test_the_packaged_contract_is_the_one_that_is_published() -> None:
    published = yaml.safe_load((ROOT / "openapi" / "authority.yaml").read_text("utf-8"))
    same = contract.contract() == json.loads(json.dumps(published, default=str))
    assert same, "the contract has changed: run .venv/bin/python tools/pack_contract.py"


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_case_quotes_the_contract_where_it_says_so_and_has_words(case: Any) -> None:
    assert case.quote in contract.says(case.place), contract.says(case.place)
    for language in words.LANGUAGES:
        assert words.title_of(case, language)
        assert words.advice_of(case, language)


def test_every_sentence_that_is_needed_is_there_and_no_other() -> None:
    code = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    catalogue = words.catalogue()
    findings = set(re.findall(r'Departure\(\s*"([a-z_]+)"', code)) | set(
        re.findall(r'_none\(bench, .*?, "([a-z_]+)"\)', code)
    )
    reasons = set(re.findall(r'NotTried\(\s*"([a-z_]+)"', code)) | {"needs"}
    assert findings | {"unreadable"} == catalogue["finding"].keys()
    assert reasons == catalogue["reason"].keys()
    assert {case.words for case in CASES} == catalogue["case"].keys()
    for texts in catalogue.values():
        assert all(sorted(one) == sorted(words.LANGUAGES) for one in texts.values())


def test_every_case_stands_after_what_it_needs() -> None:
    seen: set[str] = set()
    for case in in_order():
        assert set(case.needs) <= seen, case.name
        seen.add(case.name)
    assert seen == {case.name for case in CASES}


def test_secrets_are_masked_in_headers() -> None:
    shown = masked({"authorization": "Bearer abc", "cookie": "abc", "accept": "x"})
    assert shown == {"authorization": "Bearer ***", "cookie": "***", "accept": "x"}


def test_people_of_one_run_stand_side_by_side_so_that_runs_seldom_meet_each_other() -> None:
    numbers = People(country_of("do"), people=None, unknown=None, seed=7).take(450)
    assert len(set(numbers)) == 450
    assert all(number.startswith("999") and luhn.is_valid(number) for number in numbers)
    assert len({int(number[3:-1]) // 200 for number in numbers}) == 3
