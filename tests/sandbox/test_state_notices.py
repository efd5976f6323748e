"""The sandbox state bills, recalculates, is paid, charges lateness and pays benefits back; and tells the gateway."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest
from tests.processes import SECRET, RunningState, wait_for
from tests.sandbox.contract import check_webhook
from tests.sandbox.listener import Listener, Told
from tests.sandbox.tss_files import (
    answered,
    cedula,
    dependant,
    dependants_file,
    detail,
    notices_of,
    pay,
    payroll_file,
)

WAGE = 2_322_300


@pytest.fixture
def ear(state: RunningState, employer: str) -> Iterator[Listener]:
    """Hears what the state tells of this test's employer."""
    with Listener() as listener:
        state.control("PUT", "employers", {employer: {"callback_url": listener.url, "callback_secret": SECRET}})
        yield listener
        state.control("PUT", "employers", {employer: {"status": "active"}})


def _file(state: RunningState, employer: str, documents: list[int], period: str = "2026-03", **more: str) -> str:
    body = payroll_file([detail(cedula(n), WAGE, **more) for n in documents], period=period, employer=employer)
    filing, _ = answered(state, body, employer, period=period)
    return str(filing["filing_id"])


def test_there_is_a_notice_for_each_payroll_with_every_component_apart(
    state: RunningState, employer: str, first: int
) -> None:
    rd = [dependant(cedula(first), cedula(first + 9))]
    answered(state, dependants_file(rd, employer), employer, kind="RD")
    body = payroll_file(
        [detail(cedula(first), WAGE), detail(cedula(first + 1), WAGE), detail(cedula(first + 2), WAGE, payroll="002")],
        employer=employer,
    )
    filing, _ = answered(state, body, employer)
    second, main = notices_of(state, employer)
    assert (main["payroll"], second["payroll"]) == ("001", "002")
    assert {one["code"]: one["amount"] for one in main["components"]} == {
        "health_worker": "1411.96", "health_employer": "3293.02", "pension_worker": "1333.00",
        "pension_employer": "3297.66", "work_risk": "510.90", "additional_dependants": "1919.78", "voluntary": "0.00",
        "surcharges": "0.00", "interest": "0.00", "adjustments": "0.00", "credits": "0.00",
    }  # fmt: skip
    assert (main["total"], main["line_count"], main["status"], main["due_on"]) == (
        "11766.32", 2, "current", "2026-04-06",
    )  # fmt: skip
    assert len(main["reference"]) == 16
    assert main["reference"].startswith("032026")
    assert main["filings"] == [{"filing_id": filing["filing_id"], "line_count": 2, "amount": "11766.32"}]
    assert state.client.get(f"/notices/{main['reference']}").json() == main


def test_an_unpaid_notice_is_recalculated_by_a_supplementary_filing(
    state: RunningState, employer: str, first: int
) -> None:
    one, two = _file(state, employer, [first]), _file(state, employer, [first + 1])
    [notice] = notices_of(state, employer)
    assert (notice["status"], notice["version"], notice["total"]) == ("recalculated", 2, "9846.54")
    assert [each["filing_id"] for each in notice["filings"]] == [one, two]


def test_a_paid_notice_is_left_alone_and_what_comes_later_gets_its_own(
    state: RunningState, employer: str, first: int
) -> None:
    _file(state, employer, [first])
    [notice] = notices_of(state, employer)
    assert pay(state, notice, f"A{employer}")["status"] == "received"
    state.settle()
    _file(state, employer, [first + 1])
    new, old = notices_of(state, employer)
    assert (old["status"], old["paid"], old["version"]) == ("paid", "4923.27", 1)
    assert (new["status"], new["total"], new["replaces"]) == ("current", "4923.27", None)
    payments = state.client.get(f"/notices/{old['reference']}/payments").json()
    assert [(one["status"], one["amount"]) for one in payments["payments"]] == [("confirmed", "4923.27")]
    assert payments["payments"][0]["confirmed_at"]


def test_a_payment_told_twice_is_one_payment(state: RunningState, employer: str, first: int) -> None:
    _file(state, employer, [first])
    [notice] = notices_of(state, employer)
    before = state.effects()["payments_received"]
    ids = {pay(state, notice, f"B{employer}")["payment_id"] for _ in range(3)}
    assert len(ids) == 1
    assert state.effects()["payments_received"] == before + 1


@pytest.mark.parametrize("amount", ["4923.26", "4923.28", "1.00"])
def test_only_the_exact_amount_is_taken(state: RunningState, employer: str, first: int, amount: str) -> None:
    _file(state, employer, [first])
    [notice] = notices_of(state, employer)
    assert pay(state, notice, f"C{employer}", amount=amount)["status"] == "refused"
    assert notices_of(state, employer)[0]["status"] == "current"


def test_a_notice_is_paid_once(state: RunningState, employer: str, first: int) -> None:
    _file(state, employer, [first])
    [notice] = notices_of(state, employer)
    pay(state, notice, f"D{employer}")
    assert pay(state, notice, f"E{employer}")["status"] == "refused"
    state.settle()
    assert pay(state, notice, f"F{employer}")["status"] == "refused"


def test_after_the_due_day_a_notice_is_overdue_and_costs_more_each_month(
    state: RunningState, employer: str, first: int
) -> None:
    _file(state, employer, [first])
    state.set_date("2026-04-06")
    assert notices_of(state, employer)[0]["status"] == "current"
    state.set_date("2026-04-07")
    [late] = notices_of(state, employer)
    surcharges = next(one["amount"] for one in late["components"] if one["code"] == "surcharges")
    assert (late["status"], surcharges, late["total"], late["version"]) == ("overdue", "54.16", "4977.43", 2)
    assert notices_of(state, employer)[0]["version"] == 2, "asking again changes nothing"
    state.set_date("2026-05-07")
    assert notices_of(state, employer)[0]["total"] == "5031.58"


def test_a_notice_can_be_put_under_a_new_number(state: RunningState, employer: str, first: int) -> None:
    _file(state, employer, [first])
    [old] = notices_of(state, employer)
    state.control("POST", f"notices/{old['reference']}/reissue")
    new, cancelled = notices_of(state, employer)
    assert (cancelled["status"], cancelled["replaced_by"]) == ("cancelled", new["reference"])
    assert (new["replaces"], new["total"], new["filings"]) == (old["reference"], old["total"], old["filings"])
    assert pay(state, cancelled, f"G{employer}")["status"] == "refused"


def test_a_month_without_notices_has_an_empty_list(state: RunningState, employer: str) -> None:
    assert notices_of(state, employer) == []
    missing = state.client.get("/notices/0320269999999999")
    assert (missing.status_code, missing.json()["code"]) == (404, "notice_not_found")
    assert state.client.get("/notices", params={"employer": employer}).json()["code"] == "parameter_invalid"


class TestRemittances:
    """Benefits paid back."""

    def _paid_month(self, state: RunningState, employer: str, documents: list[int], period: str = "2026-03") -> None:
        _file(state, employer, documents, period=period)
        pay(state, notices_of(state, employer, period)[0], f"R{employer}{period}")
        state.settle()

    def _lines(self, state: RunningState, name: str) -> list[dict[str, object]]:
        return list(state.client.get(f"/remittances/{name}/lines").json()["lines"])

    def test_only_workers_of_a_paid_notice_get_benefits(self, state: RunningState, employer: str, first: int) -> None:
        _file(state, employer, [first])
        asked = state.client.post("/sandbox/remittances", json={"employer": employer, "period": "2026-03", "share": 1})
        assert (asked.status_code, asked.json()["code"]) == (409, "nothing_to_pay")

    def test_an_advice_sums_to_its_total_by_line_and_by_benefit(
        self, state: RunningState, employer: str, first: int
    ) -> None:
        self._paid_month(state, employer, [first + n for n in range(20)])
        made = state.remit(employer, "2026-03", share=1.0, unknown_lines=2)
        lines = self._lines(state, made["remittance_id"])
        cents = [int(str(line["amount"]).replace(".", "")) for line in lines]
        assert sum(cents) == int(made["total"].replace(".", ""))
        assert sum(int(one["amount"].replace(".", "")) for one in made["by_benefit"]) == sum(cents)
        assert {one["benefit"] for one in made["by_benefit"]} == {"maternity", "breastfeeding", "common_illness"}
        strangers = [line for line in lines if str(line["claim_reference"]).startswith("U")]
        assert len(strangers) == 2
        page = state.client.get(f"/remittances/{made['remittance_id']}/lines", params={"limit": 5}).json()
        assert len(page["lines"]) == 5
        assert page["next_cursor"]
        assert page["line_count"] == len(lines)

    def test_maternity_is_fourteen_weeks_in_four_instalments(
        self, state: RunningState, employer: str, first: int
    ) -> None:
        paid: dict[object, list[object]] = {}
        for period in ("2025-12", "2026-01", "2026-02", "2026-03"):
            self._paid_month(state, employer, [first + n for n in range(8)], period=period)
            made = state.remit(employer, period, share=1.0 if period == "2025-12" else 0.0)
            for line in self._lines(state, made["remittance_id"]):
                if line["benefit"] == "maternity":
                    paid.setdefault(line["claim_reference"], []).append(
                        (line["instalment"], line["of"], line["amount"])
                    )
        assert paid
        whole = [(1, 4, "23223.00"), (2, 4, "23223.00"), (3, 4, "23223.00"), (4, 4, "5359.15")]
        assert all(instalments == whole for instalments in paid.values())

    def test_the_same_seed_draws_the_same_people(self, state: RunningState, employer: str, first: int) -> None:
        self._paid_month(state, employer, [first + n for n in range(40)])
        made = state.remit(employer, "2026-03", share=0.3)
        drawn = {line["holder_document"] for line in self._lines(state, made["remittance_id"])}
        assert 0 < len(drawn) < 40
        again = state.client.post(
            "/sandbox/remittances", json={"employer": employer, "period": "2026-03", "share": 0.3}
        ).json()
        redrawn = {line["holder_document"] for line in self._lines(state, again["remittance_id"])}
        assert redrawn <= drawn, "whoever has an open claim is not drawn again; nobody else is"

    def test_advices_since_an_instant_include_that_instant(
        self, state: RunningState, employer: str, first: int
    ) -> None:
        given = [{"document": cedula(first), "benefit": "common_illness", "amount": "10.00"}]
        one = state.remit(employer, "2026-03", lines=given)
        two = state.remit(employer, "2026-03", lines=given)
        found = state.client.get("/remittances", params={"since": two["advised_at"], "employer": employer}).json()
        assert [each["remittance_id"] for each in found["remittances"]] == [two["remittance_id"]]
        everything = state.client.get("/remittances", params={"employer": employer, "limit": 1}).json()
        assert [each["remittance_id"] for each in everything["remittances"]] == [one["remittance_id"]]
        rest = {"employer": employer, "cursor": everything["next_cursor"]}
        assert len(state.client.get("/remittances", params=rest).json()["remittances"]) == 1
        assert state.client.get("/remittances", params={"since": "yesterday"}).json()["code"] == "parameter_invalid"


class TestCallbacks:
    """What the state tells of its own accord."""

    @staticmethod
    def _is_signed(told: Told) -> bool:
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        signed = f"{told.headers['webhook-id']}.{told.headers['webhook-timestamp']}.".encode() + told.body
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        fresh = abs(int(told.headers["webhook-timestamp"]) - time.time()) < 60
        return fresh and hmac.compare_digest(expected, told.headers["webhook-signature"])

    def test_each_step_is_told_signed_and_as_the_contract_says(
        self, state: RunningState, employer: str, first: int, ear: Listener
    ) -> None:
        filing_id = _file(state, employer, [first])
        pay(state, notices_of(state, employer)[0], f"K{employer}")
        state.remit(employer, "2026-03", lines=[{"document": cedula(first), "benefit": "maternity", "amount": "1.00"}])
        state.settle()
        events = [json.loads(told.body) for told in ear.told]
        for event in events:
            check_webhook(event)
        assert sorted(event["type"] for event in events) == [
            "filing.answered", "notice.issued", "notice.paid", "remittance.advised",
        ]  # fmt: skip
        assert events[0]["data"]["filing_id"] == filing_id
        assert all(self._is_signed(told) for told in ear.told)

    def test_what_is_not_taken_is_told_again_under_the_same_id(
        self, state: RunningState, employer: str, first: int, ear: Listener
    ) -> None:
        ear.answer = lambda _told: 503 if len(ear.told) <= 1 else 204
        _file(state, employer, [first])
        wait_for(lambda: len(ear.told) >= 3)
        by_type: dict[str, list[str]] = {}
        for told in ear.told:
            by_type.setdefault(json.loads(told.body)["type"], []).append(told.headers["webhook-id"])
        assert by_type["filing.answered"][0] == by_type["filing.answered"][1]
        assert self._is_signed(ear.told[-1])

    def test_a_410_is_not_told_again(self, state: RunningState, employer: str, first: int, ear: Listener) -> None:
        ear.answer = lambda _told: 410
        _file(state, employer, [first])
        state.settle()
        time.sleep(0.5)
        assert len(ear.told) == 2

    @pytest.mark.parametrize(
        ("rule", "count"), [({"do": "repeat", "count": 4}, 5), ({"do": "drop_before"}, 0), ({"do": "delay"}, 1)]
    )
    def test_callbacks_repeat_or_get_lost_or_come_late(
        self, state: RunningState, employer: str, first: int, ear: Listener, rule: dict[str, object], count: int
    ) -> None:
        state.script({"on": "callback", "match": {"type": "filing.answered"}, "seconds": 0.3, **rule})
        _file(state, employer, [first])
        state.settle()
        answered_events = [told for told in ear.told if b"filing.answered" in told.body]
        assert len(answered_events) == count
        assert len({told.headers["webhook-id"] for told in answered_events}) == min(count, 1)

    def test_callbacks_come_in_the_wrong_order(
        self, state: RunningState, employer: str, first: int, ear: Listener
    ) -> None:
        state.script({"on": "callback", "do": "reorder", "match": {"type": "filing.answered"}})
        _file(state, employer, [first])
        state.settle()
        assert [json.loads(told.body)["type"] for told in ear.told] == ["notice.issued", "filing.answered"]

    @pytest.mark.parametrize("do", ["forge", "stale"])
    def test_callbacks_are_forged_or_stale(
        self, state: RunningState, employer: str, first: int, ear: Listener, do: str
    ) -> None:
        state.script({"on": "callback", "do": do, "match": {"type": "filing.answered"}})
        _file(state, employer, [first])
        state.settle()
        assert [self._is_signed(told) for told in ear.told] == [False, True]
