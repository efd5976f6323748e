"""The sandbox plays the provident fund: all or nothing, a challan that sums up, the same misbehaviour on order."""

import hashlib
import uuid
import zlib

import pytest
from tests.authority.conformance.adapters import ADAPTERS, PERIOD
from tests.processes import start_state, wait_for
from tests.sandbox.contract import check

from gateway.authority.connect import state_channel
from gateway.authority.protocol import Document

INDIA = next(adapter for adapter in ADAPTERS if adapter.code == "in")


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    with start_state(tmp_path_factory.mktemp("fund"), date="2026-04-01", country="in") as running:
        running.client.event_hooks["response"] = [check]
        yield running


@pytest.fixture(scope="module")
def channel(state):
    opened = state_channel("in", state.url, state.token)
    yield opened
    opened.close()


def send(channel, body, employer, period=PERIOD):
    reference = uuid.uuid4()
    digest = hashlib.sha256(body).hexdigest()
    channel.submit(Document(reference, "ECR", employer, period, digest, len(body), payroll="MUM"), [body])
    return wait_for(lambda: found if (found := channel.query(reference)).is_answered else None)


def members(first, count):
    return [INDIA.worker(number) for number in range(first, first + count)]


def test_a_good_file_is_taken_and_its_challan_is_what_was_assessed_to_the_rupee(state, channel) -> None:
    everybody = members(1, 20)
    standing = send(channel, INDIA.file(*everybody), "MHBAN0000001000")
    assert (standing.status, standing.counts.accepted, standing.totals.currency) == ("accepted", 20, "INR")
    (page,) = channel.lines(standing.reference)
    assert [(line.document, line.components) for line in page.lines] == [
        (one.document, one.components) for one in everybody
    ]
    assert {line.document_kind for line in page.lines} == {"social_security"}
    (challan,) = channel.notices("MHBAN0000001000", PERIOD)
    sums = {code: sum(dict(one.components)[code] for one in everybody) for code, _ in everybody[0].components}
    assert {code: minor for code, minor in challan.components if minor} == sums
    assert challan.total_minor == sum(sums.values())
    assert (str(challan.due_on), challan.reference.isdigit(), len(challan.reference)) == ("2026-04-15", True, 13)
    total = f"{challan.total_minor // 100}.00"
    paid = {
        "reference": challan.reference,
        "amount": total,
        "currency": "INR",
        "paid_on": "2026-04-02",
        "authorisation": "A1",
    }
    assert state.control("POST", "payments", paid)["status"] == "received"
    wait_for(lambda: channel.notice(challan.reference).status == "paid")
    assert channel.payments(challan.reference).paid_minor == challan.total_minor


def test_an_unchanged_payroll_makes_the_same_bytes_every_month_and_is_taken_every_month(channel) -> None:
    body = INDIA.file(*members(60, 2))
    for period in (PERIOD.previous(), PERIOD):
        assert send(channel, body, "MHBAN0000008000", period).status == "accepted"


@pytest.mark.parametrize("damage", INDIA.damages, ids=[damage.name for damage in INDIA.damages])
def test_one_bad_line_and_nothing_is_taken_as_our_own_check_foretells(state, channel, damage) -> None:
    if damage.name == "an empty line":
        pytest.skip("the fund's reading of an empty line is not published")
    body = INDIA.damaged(damage.damage)
    standing = send(channel, body, f"MHBAN{zlib.crc32(damage.name.encode()):010d}")
    foretold = INDIA.verdict(body)
    assert standing.is_refused_whole
    assert (standing.code, standing.state_status) == (foretold.code, foretold.status)
    assert {line: code for line, (code, _) in standing.line_errors().items()} == {2: damage.code}


def test_every_bad_line_is_listed_persons_the_register_does_not_know_among_them(state, channel) -> None:
    everybody = members(100, 5)
    state.control("PUT", "register", {"not_registered": [everybody[1].document], "not_active": [everybody[3].document]})
    body = INDIA.file(*everybody, everybody[4]._replace(components=everybody[4].components))
    errors = {line: code for line, (code, _) in send(channel, body, "MHBAN0000002000").line_errors().items()}
    state.control("PUT", "register", {"not_registered": [], "not_active": []})
    assert errors == {2: "UAN_UNKNOWN", 4: "UAN_INACTIVE", 5: "DUPLICATE", 6: "DUPLICATE"}
    assert channel.notices("MHBAN0000002000", PERIOD) == []


def test_a_member_is_filed_for_a_month_once(channel) -> None:
    assert send(channel, INDIA.file(*members(200, 3)), "MHBAN0000003000").status == "accepted"
    again = send(channel, INDIA.file(*members(202, 3)), "MHBAN0000003000")
    assert again.line_errors() == {1: ("ALREADY_FILED", "Member is in an approved return for this wage month")}


def test_the_script_can_reject_lines_and_so_the_file(state, channel) -> None:
    state.script({"on": "submit", "do": "reject_lines", "lines": [2], "code": "9Z7"})
    standing = send(channel, INDIA.file(*members(300, 3)), "MHBAN0000004000")
    assert standing.is_refused_whole
    assert standing.line_errors() == {2: ("9Z7", "No description")}
    state.script({"on": "notices", "do": "cent_off"})
    assert send(channel, INDIA.file(*members(310, 3)), "MHBAN0000004000").status == "accepted"
    (challan,) = channel.notices("MHBAN0000004000", PERIOD)
    assert challan.total_minor == sum(minor for one in members(310, 3) for _, minor in one.components) + 1
    state.script()
