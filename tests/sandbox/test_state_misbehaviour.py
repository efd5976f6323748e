"""Every misbehaviour of the catalogue, seen from outside; the effects stay honest."""

import json
import time
import uuid
from typing import Any

import httpx
import pytest
from tests.processes import RunningState
from tests.sandbox.tss_files import answer_of, answered, cedula, detail, digest, notices_of, pay, payroll_file, put

WAGE = 2_322_300


@pytest.fixture
def wild(state: RunningState) -> RunningState:
    """A state whose answers are not held against the contract, since they are to be wrong."""
    state.client.event_hooks["response"] = []
    return state


GROUPED = "application/vnd.authority.grouped+json"


def _body(employer: str, *documents: int, period: str = "2026-03") -> bytes:
    return payroll_file([detail(cedula(n), WAGE) for n in documents], period=period, employer=employer)


def _is_known(state: RunningState, filing_id: str) -> bool:
    return state.client.get(f"/filings/{filing_id}").status_code == 200


class TestTheWay:
    """What befalls requests and answers on their way."""

    def test_it_drops_before_anything_is_done(self, wild: RunningState, employer: str, first: int) -> None:
        wild.script({"on": "submit", "do": "drop_before"})
        filing_id = str(uuid.uuid4())
        with pytest.raises(httpx.TransportError):
            put(wild.client, _body(employer, first), filing_id, employer=employer)
        assert not _is_known(wild, filing_id)

    def test_it_applies_and_then_gives_no_answer(self, wild: RunningState, employer: str, first: int) -> None:
        wild.script({"on": "submit", "do": "drop_after"})
        before, filing_id = wild.effects()["filings_received"], str(uuid.uuid4())
        with pytest.raises(httpx.TransportError):
            put(wild.client, _body(employer, first), filing_id, employer=employer)
        filing, _ = answer_of(wild, filing_id)
        assert filing["code"] == "0"
        assert wild.effects()["filings_received"] == before + 1

    def test_it_answers_500_after_applying_or_before(self, wild: RunningState, employer: str, first: int) -> None:
        wild.script({"on": "submit", "do": "status", "status": 500}, {"on": "submit", "do": "status", "when": "before"})
        # Both rules fire on the first submission; the second goes through.
        filing_id = str(uuid.uuid4())
        refused = put(wild.client, _body(employer, first), filing_id, employer=employer)
        assert (refused.status_code, refused.json()["outcome"]) == (500, "unknown")
        assert not _is_known(wild, filing_id)
        wild.script({"on": "submit", "do": "status", "status": 502})
        assert put(wild.client, _body(employer, first), filing_id, employer=employer).status_code == 502
        assert _is_known(wild, filing_id)

    def test_it_delays_before_and_after(self, wild: RunningState, employer: str) -> None:
        wild.script(
            {"on": "notices", "do": "delay", "seconds": 0.4},
            {"on": "notices", "do": "delay", "after": True, "seconds": 0.4},
        )
        start = time.monotonic()
        notices_of(wild, employer)
        assert time.monotonic() - start >= 0.8
        with pytest.raises(httpx.ReadTimeout):
            wild.script({"on": "notices", "do": "delay", "seconds": 2})
            wild.client.get("/notices", params={"employer": employer, "period": "2026-03"}, timeout=0.2)

    def test_it_limits_the_rate_with_and_without_saying_how_long(self, state: RunningState) -> None:
        state.script(
            {"on": "limits", "do": "rate_limit", "retry_after": 3}, {"on": "limits", "do": "rate_limit", "nth": 2}
        )
        first, second, third = (state.client.get("/limits") for _ in range(3))
        assert [first.status_code, second.status_code, third.status_code] == [429, 429, 200]
        assert (first.headers.get("retry-after"), second.headers.get("retry-after")) == ("3", None)
        assert first.json()["outcome"] == "not_done"

    def test_it_is_closed_for_maintenance_on_some_days(self, state: RunningState) -> None:
        state.script({"on": "*", "do": "maintenance", "from": "2026-04-02", "until": "2026-04-04", "times": None})
        codes = []
        for day in ("2026-04-01", "2026-04-02", "2026-04-04", "2026-04-05"):
            state.set_date(day)
            codes.append(state.client.get("/limits").status_code)
        assert codes == [200, 503, 503, 200]

    def test_it_is_down_until_told_otherwise(self, wild: RunningState) -> None:
        wild.script({"on": "*", "do": "down"})
        for _ in range(3):
            with pytest.raises(httpx.TransportError):
                wild.client.get("/limits")
        wild.script()
        assert wild.client.get("/limits").status_code == 200

    def test_it_cuts_an_answer_short(self, wild: RunningState, employer: str, first: int) -> None:
        filing, _ = answered(wild, _body(employer, first), employer)
        wild.script({"on": "lines", "do": "truncate"})
        cut = wild.client.get(f"/filings/{filing['filing_id']}/lines")
        with pytest.raises(json.JSONDecodeError):
            cut.json()

    def test_lines_told_in_groups_go_wrong_as_lines_one_by_one_do(
        self, wild: RunningState, employer: str, first: int
    ) -> None:
        filing, plain = answered(wild, _body(employer, first, first + 1), employer)

        def told(*rules: dict[str, Any]) -> dict[str, Any]:
            wild.script(*rules)
            page = wild.client.get(f"/filings/{filing['filing_id']}/lines", headers={"Accept": GROUPED})
            assert page.headers["content-type"] == GROUPED
            found: dict[str, Any] = page.json()
            return found

        groups = told()["grouped"]
        assert (groups["line"], len(groups["said"]), groups["of"]) == ([2, 3], 1, [0, 0])
        assert [{"line": 2, "document": plain[0]["document"], **groups["said"][0]}] == plain[:1]
        assert told({"on": "lines", "do": "missing_line"})["grouped"]["line"] == [3]
        twice = told({"on": "lines", "do": "unknown_code", "code": "9Z7"}, {"on": "lines", "do": "repeat"})["grouped"]
        assert ([one["code"] for one in twice["said"]], twice["of"]) == (["9Z7", "0"], [0, 1, 0, 1])
        assert len(told({"on": "lines", "do": "uneven_groups", "times": 1})["grouped"]["document"]) == 1
        assert told({"on": "lines", "do": "of_nothing", "times": 1})["grouped"]["of"] == [0, 1]
        assert "grouped" not in wild.client.get(f"/filings/{filing['filing_id']}/lines").json()

    def test_it_answers_204_though_it_took_the_file(self, wild: RunningState, employer: str, first: int) -> None:
        wild.script({"on": "submit", "do": "no_content_204"})
        filing_id = str(uuid.uuid4())
        assert put(wild.client, _body(employer, first), filing_id, employer=employer).status_code == 204
        assert _is_known(wild, filing_id)

    def test_it_sends_text_that_is_not_utf_8(self, wild: RunningState, employer: str, first: int) -> None:
        filing, _ = answered(wild, _body(employer, first), employer)
        wild.script({"on": "query|lines", "do": "non_utf8", "times": 2})
        for path in ("", "/lines"):
            content = wild.client.get(f"/filings/{filing['filing_id']}{path}").content
            with pytest.raises(UnicodeDecodeError):
                content.decode("utf-8")


class TestThePage:
    """What is wrong in one answer and right in the next."""

    @pytest.fixture
    def filing_id(self, wild: RunningState, employer: str, first: int) -> str:
        filing, _ = answered(wild, _body(employer, first, first + 1, first + 2), employer)
        return str(filing["filing_id"])

    def _lines(self, wild: RunningState, filing_id: str, **rule: Any) -> dict[str, Any]:
        wild.script({"on": "lines", **rule})
        wrong = wild.client.get(f"/filings/{filing_id}/lines").json()
        right = wild.client.get(f"/filings/{filing_id}/lines").json()
        assert [line["line"] for line in right["lines"]] == [2, 3, 4]
        assert right["employer"] != "401000000"
        return dict(wrong)

    def test_a_line_is_missing(self, wild: RunningState, filing_id: str) -> None:
        page = self._lines(wild, filing_id, do="missing_line", at=1)
        assert [line["line"] for line in page["lines"]] == [2, 4]
        assert page["counts"]["lines"] == 3

    def test_a_line_is_too_many(self, wild: RunningState, filing_id: str) -> None:
        page = self._lines(wild, filing_id, do="extra_line")
        assert [line["line"] for line in page["lines"]] == [2, 3, 4, 5]

    def test_lines_are_repeated_or_in_the_wrong_order(self, wild: RunningState, filing_id: str) -> None:
        assert [line["line"] for line in self._lines(wild, filing_id, do="repeat")["lines"]] == [2, 3, 4, 2, 3, 4]
        assert [line["line"] for line in self._lines(wild, filing_id, do="reorder")["lines"]] == [4, 3, 2]

    def test_the_answer_is_of_another_month_or_employer(self, wild: RunningState, filing_id: str) -> None:
        assert self._lines(wild, filing_id, do="wrong_period")["period"] == "2019-01"
        assert self._lines(wild, filing_id, do="wrong_employer")["employer"] == "401000000"

    def test_a_code_is_unknown_and_a_text_endless(self, wild: RunningState, filing_id: str) -> None:
        assert self._lines(wild, filing_id, do="unknown_code")["lines"][0]["code"] == "9Z7"
        assert len(self._lines(wild, filing_id, do="long_text")["lines"][0]["message"]) == 5000

    def test_success_is_said_and_failure_written(self, wild: RunningState, filing_id: str) -> None:
        line = self._lines(wild, filing_id, do="success_code_failure_text")["lines"][0]
        assert (line["code"], line["message"][:5]) == ("0", "ERROR")

    def test_old_answers_are_mixed_in(self, wild: RunningState, filing_id: str, employer: str, first: int) -> None:
        other, _ = answered(wild, _body(employer, first + 5), employer)
        page = self._lines(wild, filing_id, do="old_answers")
        assert [line["document"] for line in page["lines"]][-1] == cedula(first + 5)
        wild.script({"on": "query", "do": "old_answers"})
        assert wild.client.get(f"/filings/{filing_id}").json()["filing_id"] == other["filing_id"]

    @pytest.mark.parametrize("as_", ["missing", "empty"])
    def test_a_reception_has_no_number(self, wild: RunningState, employer: str, first: int, as_: str) -> None:
        wild.script({"on": "submit", "do": "ack_without_id", "as": as_})
        taken = put(wild.client, _body(employer, first), employer=employer)
        assert taken.status_code == 202
        assert not taken.json().get("reception_number")

    def test_a_reception_comes_with_a_warning(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "submit", "do": "warning"})
        taken = put(state.client, _body(employer, first), employer=employer).json()
        assert taken["reception_number"]
        assert taken["warnings"]

    def test_receptions_are_numbered_in_another_way(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "submit", "do": "new_reference"})
        taken = put(state.client, _body(employer, first), employer=employer).json()
        assert "/TSS-" in taken["reception_number"]
        assert (
            state.client.get(f"/filings/{taken['filing_id']}").json()["reception_number"] == taken["reception_number"]
        )


class TestTheVerdict:
    """What is wrong in the answer itself, for ever."""

    @pytest.mark.parametrize(
        ("rule", "codes"),
        [
            ({"lines": [3], "code": "650"}, ["0", "650", "0", "0"]),
            ({"every": 2, "code": "24"}, ["0", "24", "0", "24"]),
            ({"every": 1, "codes": ["24", "422"]}, ["24", "422", "24", "422"]),
            ({"share": 1.0, "code": "39"}, ["39"] * 4),
            ({"share": 0.0}, ["0"] * 4),
        ],
    )
    def test_it_rejects_the_lines_it_is_told_to(
        self, state: RunningState, employer: str, first: int, rule: dict[str, Any], codes: list[str]
    ) -> None:
        state.script({"on": "submit", "do": "reject_lines", **rule})
        _, lines = answered(state, _body(employer, *range(first, first + 4)), employer)
        assert [line["code"] for line in lines] == codes

    def test_it_rejects_by_document(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "submit", "do": "reject_lines", "documents": [cedula(first + 1)], "match": {"kind": "AM"}})
        _, lines = answered(state, _body(employer, first, first + 1), employer)
        assert [line["status"] for line in lines] == ["accepted", "rejected"]

    def test_it_rejects_all_but_one(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "submit", "do": "reject_all_but_one", "code": "24"})
        filing, _ = answered(state, _body(employer, *range(first, first + 50)), employer)
        assert filing["counts"] == {"lines": 50, "accepted": 1, "rejected": 49}
        assert notices_of(state, employer)[0]["total"] == "4923.27"

    def test_it_rejects_the_whole_file_for_one_line(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "submit", "do": "whole_file", "line": 3})
        filing, lines = answered(state, _body(employer, first, first + 1), employer)
        assert (filing["status"], filing["code"], filing["errors"][0]["line"], lines) == ("rejected", "PY1", 3, [])

    @pytest.mark.parametrize(("silent", "status"), [(False, "accepted_with_change"), (True, "accepted")])
    def test_it_changes_a_wage_openly_or_silently(
        self, state: RunningState, employer: str, first: int, silent: bool, status: str
    ) -> None:
        state.script({"on": "submit", "do": "change_amount", "lines": [2], "wage_minor": 2_000_000, "silent": silent})
        filing, [changed, same] = answered(state, _body(employer, first, first + 1), employer)
        assert (changed["status"], changed["accepted_wage"], changed["amount"]) == (status, "20000.00", "4240.00")
        assert changed["declared_wage"] == "23223.00"
        assert same["amount"] == "4923.27"
        assert filing["totals"]["billed"] == "9163.27"

    def test_it_forgets_what_it_took(self, wild: RunningState, employer: str, first: int) -> None:
        wild.script({"on": "submit", "do": "forget_after_ack"})
        taken = put(wild.client, _body(employer, first), employer=employer)
        wild.settle()
        assert taken.status_code == 202
        assert wild.client.get(f"/filings/{taken.json()['filing_id']}").json()["code"] == "filing_not_found"

    def test_it_accepts_and_then_does_not_bill(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "submit", "do": "forget_after_ack", "stage": "billed"})
        filing, _ = answered(state, _body(employer, first), employer)
        assert filing["code"] == "0"
        assert notices_of(state, employer) == []

    def test_it_takes_and_never_answers(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "submit", "do": "never_answer"})
        taken = put(state.client, _body(employer, first), employer=employer).json()
        state.settle()
        filing = state.client.get(f"/filings/{taken['filing_id']}").json()
        assert (filing["status"], filing["code"]) == ("received", None)
        refused = state.client.get(f"/filings/{taken['filing_id']}/lines")
        assert (refused.status_code, refused.json()["code"]) == (409, "not_answered_yet")

    def test_a_later_filing_is_answered_first(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "submit", "do": "wait", "seconds": 1.0})
        slow = put(state.client, _body(employer, first), employer=employer).json()["filing_id"]
        filing, _ = answered(state, _body(employer, first + 1), employer)
        assert filing["answered_at"]
        assert state.client.get(f"/filings/{slow}").json()["answered_at"] is None
        assert answer_of(state, slow)[0]["code"] == "0"


class TestTheRules:
    """Limits and layouts that change from one day to the next."""

    def test_limits_are_lowered_in_the_middle(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "limits|submit", "do": "lower_limits", "max_lines_per_file": 4, "max_page_size": 2})
        assert state.client.get("/limits").json()["max_lines_per_file"] == 4
        refused = put(state.client, _body(employer, *range(first, first + 3)), employer=employer)
        assert (refused.status_code, refused.json()["code"]) == (422, "too_many_lines")
        assert put(state.client, _body(employer, first, first + 1), employer=employer).status_code == 202

    def test_a_layout_is_switched_at_midnight(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "limits|submit", "do": "layout_switch", "detail_lengths": [308], "from": "2026-04-02"})
        assert state.client.get("/limits").json()["layouts"][0]["detail_lengths"] == [292, 308, 312]
        state.set_date("2026-04-02")
        assert state.client.get("/limits").json()["layouts"][0]["detail_lengths"] == [308]
        refused = put(state.client, _body(employer, first), employer=employer)
        assert (refused.status_code, refused.json()["code"]) == (422, "layout_superseded")


class TestTheMoney:
    """Bills and payments that are not what they should be."""

    def test_a_notice_is_a_centavo_off(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "notices", "do": "cent_off"})
        filing, _ = answered(state, _body(employer, first), employer)
        [notice] = notices_of(state, employer)
        assert (filing["totals"]["billed"], notice["total"]) == ("4923.27", "4923.28")
        assert sum(int(one["amount"].replace(".", "")) for one in notice["components"]) == 492_328
        assert pay(state, notice, f"H{employer}")["status"] == "received"

    def test_a_notice_comes_back_under_a_new_number(self, state: RunningState, employer: str, first: int) -> None:
        answered(state, _body(employer, first), employer)
        state.script({"on": "notices", "do": "new_reference"})
        new, old = notices_of(state, employer)
        assert (old["status"], new["replaces"]) == ("cancelled", old["reference"])
        assert len(notices_of(state, employer)) == 2

    @pytest.mark.parametrize(
        ("do", "status", "paid"),
        [("refuse", "refused", "0.00"), ("never_answer", "received", "0.00"), ("cent_off", "confirmed", "4923.26")],
    )
    def test_a_payment_is_refused_or_stays_open_or_is_a_centavo_short(
        self, state: RunningState, employer: str, first: int, do: str, status: str, paid: str
    ) -> None:
        answered(state, _body(employer, first), employer)
        [notice] = notices_of(state, employer)
        state.script({"on": "payments", "do": do})
        pay(state, notice, f"I{employer}")
        state.settle()
        told = state.client.get(f"/notices/{notice['reference']}/payments").json()
        assert ([one["status"] for one in told["payments"]], told["paid"]) == ([status], paid)

    def test_an_advice_is_hidden_until_it_is_transferred(self, state: RunningState, employer: str, first: int) -> None:
        state.script({"on": "remittances", "do": "unadvised"})
        given = [{"document": cedula(first), "benefit": "maternity", "amount": "5.00"}]
        made = state.remit(employer, "2026-03", lines=given)
        assert state.client.get("/remittances", params={"employer": employer}).json()["remittances"] == []
        state.control("POST", f"remittances/{made['remittance_id']}/transfer")
        assert len(state.client.get("/remittances", params={"employer": employer}).json()["remittances"]) == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"on": "nowhere", "do": "delay"},
        {"on": "lines", "do": "dance"},
        {"on": "submit", "do": "delay", "nth": 0},
        {"do": "delay"},
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(state: RunningState, rule: dict[str, Any]) -> None:
    refused = state.client.put("/sandbox/script", json={"rules": [rule]})
    assert (refused.status_code, refused.json()["code"]) == (422, "parameter_invalid")


def test_the_script_says_how_often_each_rule_was_followed(state: RunningState) -> None:
    state.script(
        {"on": "limits", "do": "rate_limit", "nth": [2, 3]}, {"on": "limits", "do": "delay", "seconds": 0, "times": 1}
    )
    codes = [state.client.get("/limits").status_code for _ in range(4)]
    assert codes == [200, 429, 429, 200]
    rules = state.control("GET", "script")["rules"]
    assert [(rule["seen"], rule["fired"]) for rule in rules] == [(4, 2), (4, 1)]


def test_headers_of_a_digest_are_what_the_tests_think() -> None:
    assert digest(b"") == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
