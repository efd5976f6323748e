"""Our channel and our reading of the state's files against the sandbox state, which shares no code with them.

Many files, good and damaged, go over HTTP to the sandbox; what it answers for the whole and for every line must be what
``check_file`` foretold, but for what only the state's registers know. Where both only guess (a file without details,
badly written exempt blocks) nothing is compared.
"""

import hashlib
import io
import random
import uuid

import pytest
from stdnum import luhn
from tests.authority.tss_samples import dependant, file_of, worker
from tests.processes import start_state, wait_for

from gateway.authority.connect import state_channel, state_format
from gateway.authority.errors import AuthorityRefusedError
from gateway.authority.protocol import DeclaredDependant, DeclaredWorker, Document, FilingHead
from gateway.kit.period import Period

PERIOD = Period(2026, 3)


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    with start_state(tmp_path_factory.mktemp("state"), date="2026-04-01") as running:
        yield running


@pytest.fixture(scope="module")
def channel(state):
    opened = state_channel("do", state.url, state.token)
    yield opened
    opened.close()


OF_THE_REGISTER = {"24", "417", "514", "110", "111", "112", "115", "120", "191", "195"}


def send(channel, kind, body, employer, reference=None):
    document = Document(
        reference=reference or uuid.uuid4(), kind=kind, employer=employer, period=PERIOD,
        sha256=hashlib.sha256(body).hexdigest(), size=len(body),
    )  # fmt: skip
    channel.submit(document, [body])
    standing = wait_for(lambda: _answered(channel, document.reference))
    lines = (
        [] if standing.code == "PY1" else [line for page in channel.lines(document.reference) for line in page.lines]
    )
    return standing, lines


def _answered(channel, reference):
    standing = channel.query(reference)
    assert standing is not None
    return standing if standing.is_answered else None


def cedula(number):
    """Return the digits of a cédula of the range that is not issued, with its right check digit."""
    digits = f"999{number:07d}"
    return digits + luhn.calc_check_digit(digits)


def employer_of(number):
    return f"{401000000 + number}"


def test_a_month_goes_there_and_comes_back_as_foretold(channel):
    people = [
        DeclaredWorker("001", "national_id", cedula(number), "María", "Peña", "", "F", None, 1_577_000 + number)
        for number in range(1, 1501)
    ]
    relatives = [
        DeclaredDependant("001", "national_id", cedula(1), "add", "national_id", cedula(9000), "Rosa", "Peña", "")
    ]
    import datetime as dt

    head = FilingHead("401999999", PERIOD, dt.date(2026, 4, 1), len(people), len(relatives), max_lines_per_file=1002)
    for file in state_format("do").render(head, people, relatives):
        body = b"".join(file.chunks)
        standing, lines = send(channel, file.kind, body, "401999999")
        assert (standing.status, standing.code) == ("accepted", "0")
        assert standing.counts.lines == file.line_count == len(lines)
        if file.kind == "AM":
            part = people[file.first_line_no - 1 :][: file.line_count]
            assert [(line.document, line.declared_wage_minor) for line in lines] == [
                (p.document, p.wage_minor) for p in part
            ]
            assert [line.line for line in lines] == list(range(2, file.line_count + 2))
            assert sum(line.amount_minor for line in lines) == standing.totals.billed_minor


def test_a_file_sent_again_is_the_same_file_and_an_unknown_one_is_proven_absent(channel):
    body, reference = file_of("AM", worker(int(cedula(5)))), uuid.uuid4()
    body = body.replace(b"  401999999", b"  401000777")
    document = Document(reference, "AM", "401000777", PERIOD, hashlib.sha256(body).hexdigest())
    assert channel.query(reference) is None
    assert not channel.submit(document, [body]).duplicate
    assert channel.submit(document, [body]).duplicate
    other = Document(uuid.uuid4(), "AM", "401000777", PERIOD, hashlib.sha256(body).hexdigest())
    with pytest.raises(AuthorityRefusedError) as refused:
        channel.submit(other, [body])
    assert (refused.value.their_code, refused.value.duplicate_of) == ("duplicate_content", str(reference))


def _damaged(kind, seed):
    """Return a file of a kind with a few octets changed, never in its header or its exempt blocks."""
    chance = random.Random(seed)
    if kind == "AM":
        records = [worker(int(cedula(chance.randrange(1, 40))), wage=chance.choice((0, 1, 2322300))) for _ in range(12)]
    else:
        records = [
            dependant(int(cedula(chance.randrange(1, 40))), holder=int(cedula(chance.randrange(41, 60))))
            for _ in range(12)
        ]
    body = bytearray(file_of(kind, *records).replace(b"  401999999", f"  {employer_of(seed)}".encode()))
    start = 22 if kind == "AM" else 16
    for _ in range(chance.randrange(5)):
        place = chance.randrange(start, len(body))
        body[place] = chance.choice(b"0129 ANCPMFDSE.-\xd1\xe9\r\n\x00x")
    return bytes(body)


@pytest.mark.parametrize("seed", range(60))
def test_what_the_sandbox_answers_is_what_was_foretold(channel, seed):
    body = _damaged("AM", seed)
    foretold = state_format("do").check_file(io.BytesIO(body))
    standing, lines = send(channel, "AM", body, employer_of(seed))
    assert (standing.code == "PY1") == (foretold.code == "PY1")
    if foretold.code == "PY1":
        assert (standing.state_status, foretold.status) == ("R", "R")
        return
    assert standing.counts.lines == foretold.lines == len(lines)
    reasons = _reasons(foretold)
    unknown = [line for line in lines if line.code in OF_THE_REGISTER]
    for line in lines:
        assert (line.status == "accepted") == (line.line not in reasons and line not in unknown)
        assert line.status == "accepted" or line in unknown or line.code in reasons[line.line]
    if not unknown and len(reasons) == foretold.rejected:
        assert (standing.state_status, standing.code) == (foretold.status, foretold.code)
        assert (standing.counts.accepted, standing.counts.rejected) == (foretold.accepted, foretold.rejected)
        assert standing.totals.accepted_wage_minor == foretold.wage_total_minor


def _reasons(verdict):
    found = {}
    for finding in verdict.findings:
        if "no such day" in finding.message:
            # Of a citizen, whose birth the register knows, the sandbox takes any eight digits.
            continue
        found.setdefault(finding.line, set()).add(finding.code)
    return found


@pytest.mark.parametrize("seed", range(100, 130))
def test_of_dependants_too(channel, seed):
    body = _damaged("RD", seed)
    foretold = state_format("do").check_file(io.BytesIO(body))
    standing, lines = send(channel, "RD", body, employer_of(seed))
    assert (standing.code == "PY1") == (foretold.code == "PY1")
    if foretold.code == "PY1":
        return
    assert standing.counts.lines == foretold.lines
    reasons = _reasons(foretold)
    for line in lines:
        if line.status == "accepted":
            # The sandbox does not look at a dependant's name, and counts as seen only whom it could look up.
            assert reasons.get(line.line, set()) <= {"PY1", "422"}
        elif line.code not in OF_THE_REGISTER:
            assert line.code in reasons[line.line]
