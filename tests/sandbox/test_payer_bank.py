"""The sandbox bank: orders once, statements that follow on one another, and the state that is told of its money."""

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sepaxml
from lxml import etree
from tests.processes import MUTUAL_ACCOUNT, STATE_ACCOUNT, RunningPayer, RunningState, start_both, start_payer, wait_for
from tests.sandbox.tss_files import EMPLOYER, answered, cedula, detail, notices_of, payroll_file

DAY = "2026-04-01"
SCHEMAS = Path(sepaxml.__file__).parent / "schemas"


def order(*payments: tuple[str, str, str, str], message: str | None = None, on: str = DAY, **wrong: str) -> bytes:
    """A pain.001.001.03: each payment is (end-to-end id, amount, creditor's account, text)."""
    cents = sum(round(float(amount) * 100) for _, amount, _, _ in payments)
    total = wrong.get("total", f"{cents // 100}.{cents % 100:02d}")
    count, currency = wrong.get("count", str(len(payments))), wrong.get("currency", "DOP")
    items = "".join(
        f"<CdtTrfTxInf><PmtId><EndToEndId>{ours}</EndToEndId></PmtId><Amt><InstdAmt Ccy='{currency}'>{amount}</InstdAmt>"
        f"</Amt><Cdtr><Nm>TESORERIA</Nm></Cdtr><CdtrAcct><Id><Othr><Id>{account}</Id></Othr></Id></CdtrAcct>"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></CdtTrfTxInf>"
        for ours, amount, account, text in payments
    )
    debtor = wrong.get("debtor", MUTUAL_ACCOUNT)
    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'><CstmrCdtTrfInitn><GrpHdr>"
        f"<MsgId>{message or uuid.uuid4().hex}</MsgId><CreDtTm>2026-04-01T08:00:00</CreDtTm><NbOfTxs>{count}</NbOfTxs>"
        f"<CtrlSum>{total}</CtrlSum><InitgPty><Nm>MUTUAL</Nm></InitgPty></GrpHdr><PmtInf><PmtInfId>{uuid.uuid4().hex}"
        f"</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt>{on}</ReqdExctnDt><Dbtr><Nm>MUTUAL</Nm></Dbtr><DbtrAcct><Id><Othr>"
        f"<Id>{debtor}</Id></Othr></Id></DbtrAcct><DbtrAgt><FinInstnId><BIC>BANKDOSD</BIC></FinInstnId></DbtrAgt>{items}"
        "</PmtInf></CstmrCdtTrfInitn></Document>"
    ).encode()


def statement(payer: RunningPayer, start: str, end: str | None = None, **query: Any) -> list[Any]:
    """The statements of the mutual's account."""
    parameters = {"account": MUTUAL_ACCOUNT, "from": start, "to": end or start, **query}
    answer = payer.client.get("/bank/statements", params=parameters)
    assert answer.status_code == 200, answer.text
    return etree.fromstring(answer.content).findall(".//{*}Stmt")


def signed(node: Any) -> int:
    """The amount of an entry or balance in centavos."""
    minor = int(node.find("{*}Amt").text.replace(".", ""))
    return -minor if node.find("{*}CdtDbtInd").text == "DBIT" else minor


def balances(stmt: Any) -> tuple[int, int]:
    """Opening and closing."""
    opening, closing = stmt.findall("{*}Bal")
    assert [node.find("{*}Tp/{*}CdOrPrtry/{*}Cd").text for node in (opening, closing)] == ["OPBD", "CLBD"]
    return signed(opening), signed(closing)


def entries(stmt: Any) -> list[int]:
    """The amounts of the entries."""
    return [signed(node) for node in stmt.findall("{*}Ntry")]


@pytest.fixture(autouse=True)
def _with_money(payer: RunningPayer) -> None:
    payer.client.event_hooks["response"] = []


class TestOrders:
    """POST /bank/payment-orders."""

    def test_our_own_order_is_one_the_standard_allows(self) -> None:
        schema = etree.XMLSchema(etree.parse(SCHEMAS / "pain.001.001.03.xsd"))
        schema.assertValid(etree.fromstring(order(("E1", "10.00", STATE_ACCOUNT, "NP"))))

    def test_an_order_is_booked_and_stands_on_the_statement_with_its_ids(self, payer: RunningPayer) -> None:
        before, ours, message = payer.effects(), uuid.uuid4().hex, uuid.uuid4().hex
        body = order((ours, "10.01", "123456789", "PAGO &amp; MAS"), message=message)
        assert payer.client.post("/bank/payment-orders", content=body).status_code == 202
        found = wait_for(
            lambda: (f := payer.client.get(f"/bank/payment-orders/{message}").json()["payments"][0])["booked_on"] and f
        )
        assert (found["status"], found["end_to_end_id"], found["booked_on"]) == ("booked", ours, DAY)
        key = f"account_{MUTUAL_ACCOUNT}_minor"
        assert payer.effects()[key] == before[key] - 1001
        [stmt] = statement(payer, DAY)
        entry = next(node for node in stmt.findall("{*}Ntry") if node.find(".//{*}EndToEndId").text == ours)
        assert signed(entry) == -1001
        assert entry.find(".//{*}MsgId").text == message
        assert entry.find(".//{*}Ustrd").text == "PAGO & MAS"
        assert entry.find(".//{*}AcctSvcrRef").text == found["bank_reference"]

    def test_a_message_id_is_taken_once_whatever_stands_in_it(self, payer: RunningPayer) -> None:
        message, before = uuid.uuid4().hex, payer.effects()
        body = order((uuid.uuid4().hex, "1.00", "1", "x"), message=message)
        payer.client.post("/bank/payment-orders", content=body)
        for again, same in ((body, True), (order((uuid.uuid4().hex, "1.00", "1", "y"), message=message), False)):
            refused = payer.client.post("/bank/payment-orders", content=again)
            assert (refused.status_code, refused.json()["code"]) == (409, "message_id_seen")
            assert (refused.json()["same_content"], refused.json()["outcome"]) == (same, "not_done")
        payer.settle()
        assert payer.effects()["payments_executed"] == before["payments_executed"] + 1

    def test_an_end_to_end_id_pays_once(self, payer: RunningPayer) -> None:
        ours, before = uuid.uuid4().hex, payer.effects()["payments_executed"]
        for _ in range(2):
            taken = payer.client.post("/bank/payment-orders", content=order((ours, "1.00", "1", "x")))
        assert taken.json()["payments"][0]["status"] == "rejected"
        payer.settle()
        assert payer.effects()["payments_executed"] == before + 1

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"<x/>", b"<!DOCTYPE x [<!ENTITY e 'x'>]><x>&e;</x>",
            order(("E", "1.00", "1", "x"), total="2.00"),
            order(("E", "1.00", "1", "x"), count="2"),
            order(("E", "1.00", "1", "x"), currency="USD"),
            order(("E", "0.00", "1", "x")),
            order(("E", "1.00", "", "x")),
            order(("E" * 36, "1.00", "1", "x")),
            order(("E", "1.00", "1", "x"), on="tomorrow"),
            order(("E", "1.00", "1", "x")).replace(b"pain.001.001.03", b"pain.001.001.99"),
        ],
    )  # fmt: skip
    def test_a_file_that_does_not_add_up_is_not_taken(self, payer: RunningPayer, body: bytes) -> None:
        before = payer.effects()["payment_orders_received"]
        refused = payer.client.post("/bank/payment-orders", content=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "order_invalid")
        assert payer.effects()["payment_orders_received"] == before

    def test_what_the_account_does_not_hold_is_rejected_and_not_booked(self, payer: RunningPayer) -> None:
        message = uuid.uuid4().hex
        payer.client.post(
            "/bank/payment-orders", content=order((uuid.uuid4().hex, "99999999.00", "1", "x"), message=message)
        )
        payer.settle()
        found = payer.client.get(f"/bank/payment-orders/{message}").json()["payments"][0]
        assert (found["status"], found["reason"][:4], found["booked_on"]) == ("rejected", "AM04", None)

    def test_a_payment_waits_for_its_day(self, payer: RunningPayer) -> None:
        message = uuid.uuid4().hex
        body = order((uuid.uuid4().hex, "1.00", "1", "x"), message=message, on="2026-04-03")
        payer.client.post("/bank/payment-orders", content=body)
        payer.settle()
        assert payer.client.get(f"/bank/payment-orders/{message}").json()["payments"][0]["status"] == "pending"
        payer.set_date("2026-04-03")
        payer.settle()
        found = payer.client.get(f"/bank/payment-orders/{message}").json()["payments"][0]
        assert (found["status"], found["booked_on"]) == ("booked", "2026-04-03")

    def test_what_never_arrived_is_proven_absent(self, payer: RunningPayer) -> None:
        absent = payer.client.get("/bank/payment-orders/NOTHING")
        assert (absent.status_code, absent.json()["code"]) == (404, "payment_order_not_found")

    @pytest.mark.parametrize(
        ("rule", "status", "moved"),
        [
            ({"do": "reject"}, "rejected", 0),
            ({"do": "never_book"}, "pending", 0),
            ({"do": "return", "seconds": 0.05}, "returned", 0),
            ({"do": "change_amount", "by_minor": 1}, "booked", -101),
        ],
    )
    def test_a_payment_goes_wrong_as_told(
        self, payer: RunningPayer, rule: dict[str, Any], status: str, moved: int
    ) -> None:
        payer.script({"on": "payment_order", **rule})
        key, message = f"account_{MUTUAL_ACCOUNT}_minor", uuid.uuid4().hex
        before = payer.effects()[key]
        payer.client.post("/bank/payment-orders", content=order((uuid.uuid4().hex, "1.00", "1", "x"), message=message))
        wait_for(lambda: payer.client.get(f"/bank/payment-orders/{message}").json()["payments"][0]["status"] == status)
        assert payer.effects()[key] == before + moved

    def test_a_returned_payment_stands_on_the_statement_with_its_reason(self, payer: RunningPayer) -> None:
        ours = uuid.uuid4().hex
        payer.client.post("/bank/payment-orders", content=order((ours, "7.00", "1", "x")))
        payer.settle()
        payer.control("POST", "payment-returns", {"end_to_end_id": ours, "reason": "AC04"})
        [stmt] = statement(payer, DAY)
        found = [node for node in stmt.findall("{*}Ntry") if node.find(".//{*}EndToEndId").text == ours]
        assert [signed(node) for node in found] == [-700, 700]
        assert found[1].find(".//{*}RtrInf/{*}Rsn/{*}Cd").text == "AC04"


class TestStatements:
    """GET /bank/statements."""

    @pytest.fixture
    def days(self, payer: RunningPayer) -> list[str]:
        start = dt.date(2026, 6, 1)
        days = [str(start + dt.timedelta(days=n)) for n in range(4)]
        if not statement(payer, days[0])[0].findall("{*}Ntry"):
            for number, day in enumerate(days):
                for _ in range(2):
                    self._credit(payer, day, f"{number + 1}.50")
        return days

    @staticmethod
    def _credit(payer: RunningPayer, day: str, amount: str) -> None:
        credit = {
            "account": MUTUAL_ACCOUNT, "amount": amount, "currency": "DOP", "booked_on": day,
            "remittance_information": "IGUAL", "debtor_name": "ANA",
        }  # fmt: skip
        assert payer.client.post("/bank/credits", json=credit).status_code == 201

    def test_each_day_follows_on_the_one_before_and_adds_up(self, payer: RunningPayer, days: list[str]) -> None:
        found = statement(payer, days[0], days[-1], daily="true")
        assert len(found) == 4
        for stmt in found:
            opening, closing = balances(stmt)
            assert opening + sum(entries(stmt)) == closing
        closings, openings = [balances(stmt)[1] for stmt in found], [balances(stmt)[0] for stmt in found]
        assert closings[:-1] == openings[1:]
        [whole] = statement(payer, days[0], days[-1])
        assert balances(whole) == (openings[0], closings[-1])
        assert entries(whole) == [amount for stmt in found for amount in entries(stmt)]

    def test_two_equal_payments_on_one_day_are_two_lines(self, payer: RunningPayer, days: list[str]) -> None:
        [stmt] = statement(payer, days[0])
        assert entries(stmt) == [150, 150]

    def test_a_day_is_dropped(self, payer: RunningPayer, days: list[str]) -> None:
        payer.script({"on": "statements", "do": "drop_day", "day": days[1]})
        found = statement(payer, days[0], days[-1], daily="true")
        assert [stmt.find("{*}Bal/{*}Dt/{*}Dt").text for stmt in found] == [days[0], days[2], days[3]]

    def test_a_day_overlaps_with_the_one_before(self, payer: RunningPayer, days: list[str]) -> None:
        payer.script({"on": "statements", "do": "overlap"})
        [stmt] = statement(payer, days[1], days[2])
        assert entries(stmt) == [150, 150, 250, 250, 350, 350]

    def test_a_statement_is_repeated(self, payer: RunningPayer, days: list[str]) -> None:
        payer.script({"on": "statements", "do": "repeat"})
        one, two = statement(payer, days[0])
        assert one.find("{*}Id").text == two.find("{*}Id").text

    @pytest.mark.parametrize(("do", "off"), [("duplicate_line", 150), ("missing_line", -150), ("wrong_opening", 1)])
    def test_a_statement_does_not_add_up(self, payer: RunningPayer, days: list[str], do: str, off: int) -> None:
        payer.script({"on": "statements", "do": do})
        [stmt] = statement(payer, days[0])
        opening, closing = balances(stmt)
        assert opening + sum(entries(stmt)) - closing == off
        [right] = statement(payer, days[0])
        assert balances(right)[0] + sum(entries(right)) == balances(right)[1]

    def test_ranges_and_accounts_that_are_none_are_refused(self, payer: RunningPayer) -> None:
        for query, code in (
            ({"from": "x"}, "range_invalid"),
            ({"from": "2026-04-02", "to": "2026-04-01"}, "range_invalid"),
            ({"from": DAY, "account": "42"}, "account_unknown"),
        ):
            assert payer.client.get("/bank/statements", params=query).json()["code"] == code


class TestOwnMoney:
    """Credits from outside and the mutual's own transfers."""

    def test_a_transfer_told_twice_is_one(self, payer: RunningPayer) -> None:
        credit = {
            "account": MUTUAL_ACCOUNT, "amount": "5.00", "currency": "DOP", "end_to_end_id": uuid.uuid4().hex,
            "debtor_name": "TESORERIA",
        }  # fmt: skip
        before = payer.effects()["credits"]
        first, again = (payer.client.post("/bank/credits", json=credit) for _ in range(2))
        assert first.json() == again.json()
        assert payer.effects()["credits"] == before + 1
        other = payer.client.post("/bank/credits", json={**credit, "amount": "6.00"})
        assert (other.status_code, other.json()["code"]) == (409, "end_to_end_id_reused")

    def test_deposits_settlements_and_top_ups_move_both_sides(self, tmp_path: Path) -> None:
        with start_payer(tmp_path, float="0", date=DAY) as payer:
            payer.collect({"msisdn": "+18095550001", "amount": "100", "reference": "A"})

            def move(**order: str) -> Any:
                return payer.client.post("/bank/transfers", json={"account": MUTUAL_ACCOUNT, **order})

            assert move(kind="cash_deposit", amount="50.00", reference="T1").status_code == 201
            assert move(kind="settlement", fee="2.50").json()["amount"] == "97.50"
            assert move(kind="settlement", amount="1.00").json()["code"] == "insufficient_funds"
            assert move(kind="float_top_up", amount="147.51").json()["code"] == "insufficient_funds"
            top_up = {"kind": "float_top_up", "amount": "120.00", "end_to_end_id": "T2"}
            assert move(**top_up).json()["bank_reference"] == move(**top_up).json()["bank_reference"]
            assert move(kind="gift", amount="1").json()["code"] == "body_invalid"
            effects = payer.effects()
            assert effects["wallet_collection_minor"] == 0
            assert effects["wallet_float_minor"] == 12_000
            assert effects[f"account_{MUTUAL_ACCOUNT}_minor"] == 2_750
            assert entries(statement(payer, DAY)[0]) == [5_000, 9_750, -12_000]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningState, RunningPayer]]:
    """A state and a payer that know each other."""
    state, payer = start_both(
        tmp_path_factory.mktemp("both"), state={"date": DAY}, payer={"date": DAY, "opening": "1000000.00"}
    )
    yield state, payer
    for one in (state, payer):
        one.stop()


class TestWithTheState:
    """Both processes together."""

    def _bill(self, state: RunningState, number: int) -> dict[str, Any]:
        body = payroll_file([detail(cedula(number), 2_322_300)])
        answered(state, body, EMPLOYER)
        return notices_of(state, EMPLOYER)[0]

    def _pay(self, payer: RunningPayer, reference: str, amount: str) -> str:
        message = uuid.uuid4().hex
        body = order((uuid.uuid4().hex, amount, STATE_ACCOUNT, f"NP {reference} MARZO"), message=message)
        assert payer.client.post("/bank/payment-orders", content=body).status_code == 202
        return message

    def test_a_notice_paid_at_the_bank_is_confirmed_by_the_state(self, both: tuple[RunningState, RunningPayer]) -> None:
        state, payer = both
        notice = self._bill(state, 1)
        self._pay(payer, notice["reference"], notice["total"])
        wait_for(lambda: notices_of(state, EMPLOYER)[0]["status"] == "paid")
        payments = state.client.get(f"/notices/{notice['reference']}/payments").json()["payments"]
        assert [(one["status"], one["amount"], one["paid_on"]) for one in payments] == [("confirmed", "4923.27", DAY)]
        assert payer.effects()[f"account_{STATE_ACCOUNT}_minor"] == 492_327

    @pytest.mark.parametrize("amount", ["4923.26", "9846.54"])
    def test_a_wrong_amount_comes_back(self, both: tuple[RunningState, RunningPayer], amount: str) -> None:
        state, payer = both
        notice = self._bill(state, 2 if amount == "4923.26" else 3)
        assert notice["status"] in ("current", "recalculated")
        amount = amount if amount != notice["total"] else "1.00"
        before = payer.effects()
        message = self._pay(payer, notice["reference"], amount)
        found = wait_for(
            lambda: (
                (p := payer.client.get(f"/bank/payment-orders/{message}").json()["payments"][0])["status"] == "returned"
                and p
            )
        )
        assert notice["total"] in found["reason"]
        key = f"account_{MUTUAL_ACCOUNT}_minor"
        assert payer.effects()[key] == before[key]

    def test_a_notice_nobody_knows_comes_back(self, both: tuple[RunningState, RunningPayer]) -> None:
        _, payer = both
        message = self._pay(payer, "0320269999999999", "5.00")
        wait_for(
            lambda: payer.client.get(f"/bank/payment-orders/{message}").json()["payments"][0]["status"] == "returned"
        )

    def test_the_bank_tells_a_state_that_was_down_when_it_is_back(
        self, both: tuple[RunningState, RunningPayer]
    ) -> None:
        state, payer = both
        notice = self._bill(state, 4)
        state.kill()
        self._pay(payer, notice["reference"], notice["total"])
        wait_for(lambda: payer.effects()["payments_executed"] > 0)
        state.restart()
        wait_for(lambda: notices_of(state, EMPLOYER)[0]["status"] == "paid", 60)
        assert state.effects()["payments_confirmed"] == 2

    def test_benefits_arrive_with_the_end_to_end_id_of_their_advice(
        self, both: tuple[RunningState, RunningPayer]
    ) -> None:
        state, payer = both
        lines = [{"document": cedula(1), "benefit": "maternity", "amount": "23223.00"}]
        made = state.remit(EMPLOYER, "2026-03", lines=lines)
        url = f"/remittances/{made['remittance_id']}"
        advice = wait_for(lambda: (a := state.client.get(url).json())["status"] == "paid" and a)
        [stmt] = statement(payer, DAY)
        entry = next(n for n in stmt.findall("{*}Ntry") if n.find(".//{*}EndToEndId").text == advice["end_to_end_id"])
        assert signed(entry) == 2_322_300
        assert entry.find(".//{*}AcctSvcrRef").text == advice["bank_reference"]

    def test_money_differs_from_its_advice_or_does_not_come(self, both: tuple[RunningState, RunningPayer]) -> None:
        state, payer = both
        lines = [{"document": cedula(1), "benefit": "maternity", "amount": "10.00"}]
        state.script({"on": "remittances", "do": "cent_off"})
        made = state.remit(EMPLOYER, "2026-03", lines=lines)
        wait_for(lambda: state.client.get(f"/remittances/{made['remittance_id']}").json()["status"] == "paid")
        [stmt] = statement(payer, DAY)
        entry = next(n for n in stmt.findall("{*}Ntry") if n.find(".//{*}EndToEndId").text == made["end_to_end_id"])
        assert (made["total"], signed(entry)) == ("10.00", 999)
        state.script({"on": "remittances", "do": "no_transfer"})
        kept = state.remit(EMPLOYER, "2026-03", lines=lines)
        state.settle()
        assert state.client.get(f"/remittances/{kept['remittance_id']}").json()["status"] == "advised"
        state.control("POST", f"remittances/{kept['remittance_id']}/transfer")
        wait_for(lambda: state.client.get(f"/remittances/{kept['remittance_id']}").json()["status"] == "paid")
