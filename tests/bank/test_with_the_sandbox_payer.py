"""Our adapters against the sandbox payer and bank, which share no code with them: over HTTP, to the last unit."""

import datetime as dt
import uuid

import pytest
from tests.processes import MUTUAL_ACCOUNT, STATE_ACCOUNT, start_payer, wait_for

from gateway.bank.camt import read_statement
from gateway.bank.connect import payer_channel
from gateway.bank.pain001 import VERSIONS, Party, Payment, payment_order
from gateway.bank.protocol import PayoutItem

DAY = dt.date(2026, 4, 6)
AT = dt.datetime(2026, 4, 6, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def payer(tmp_path_factory):
    with start_payer(tmp_path_factory.mktemp("payer"), date=str(DAY), opening="20000.00") as running:
        yield running


@pytest.fixture
def channel(payer):
    opened = payer_channel(payer.url, payer.token, debit_party={"organisationid": "amparo"})
    yield opened
    opened.close()


def items(count, start=0):
    return [
        PayoutItem(f"OUT-{uuid.uuid4().hex[:20]}", 10_000 + n, "DOP", f"+1809555{start + n:04d}", "Subsidio")
        for n in range(count)
    ]


def test_a_batch_is_made_approved_and_told_item_by_item(payer, channel):
    payer.script({"on": "batch", "do": "reject_items", "items": [3]})
    ours, batch = uuid.uuid4(), items(25)
    assert channel.find_batch(ours) is None
    reception = channel.send_batch(ours, batch, title="Abril")
    assert reception.status in ("pending", "completed")
    created = wait_for(lambda: (found := channel.find_batch(ours)) and found.reference and found)
    before = payer.effects()
    assert created.status == "created"
    assert list(channel.completions(created.reference)) == []
    channel.approve(created.reference)
    channel.approve(created.reference)
    finished = wait_for(lambda: (found := channel.batch(created.reference)).is_finished and found)
    assert (finished.completed, finished.rejected) == (24, 1)
    paid = {result.end_to_end_id: result for result in channel.completions(created.reference)}
    (refused,) = channel.rejections(created.reference)
    assert set(paid) == {item.end_to_end_id for item in batch} - {refused.end_to_end_id}
    assert all(result.provider_reference and result.completed_at for result in paid.values())
    assert refused.end_to_end_id == batch[2].end_to_end_id
    assert (refused.code, refused.text) == ("identifierError", "the account is not active")
    assert before != payer.effects()
    payer.script()


def test_results_of_many_pages_are_all_read(channel):
    ours, batch = uuid.uuid4(), items(2500, start=1000)
    channel.send_batch(ours, iter(batch))
    reference = wait_for(lambda: (found := channel.find_batch(ours)) and found.reference, 60)
    channel.approve(reference)
    wait_for(lambda: channel.batch(reference).is_finished, 60)
    assert {r.end_to_end_id for r in channel.completions(reference)} == {item.end_to_end_id for item in batch}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_is_taken_booked_and_stands_on_a_statement_that_adds_up(payer, version):
    name = f"PAY-{version[-2:]}"
    body = payment_order(
        message_id=f"M-{name}", payment_information_id=f"P-{name}", created_at=AT, execute_on=DAY,
        debtor=Party("Mutual Amparo", MUTUAL_ACCOUNT), currency="DOP", version=version,
        payments=[Payment(name, 492_327, Party("Tesorería de la Seguridad Social", STATE_ACCOUNT), "NP 0320260000000014")],
    )  # fmt: skip
    taken = payer.client.post("/bank/payment-orders", content=body, headers={"Content-Type": "application/xml"})
    assert taken.status_code == 202, taken.text
    payer.settle()
    answer = payer.client.get("/bank/statements", params={"account": MUTUAL_ACCOUNT, "from": str(DAY), "to": str(DAY)})
    read = read_statement(answer.content)
    assert (read.format, read.quarantine) == ("camt.053.001.08", None)
    (statement,) = read.statements
    assert (statement.account, statement.problem, statement.from_on, statement.to_on) == (
        MUTUAL_ACCOUNT,
        None,
        DAY,
        DAY,
    )
    line = next(line for line in statement.lines if line.end_to_end_id == name)
    assert (line.amount_minor, line.booked_on) == (-492_327, DAY)
    assert "0320260000000014" in (line.text or "")
