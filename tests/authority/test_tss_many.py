"""Many lines at once: what is read or written in one go is what is read and written line by line."""

import datetime as dt
import functools
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.authority.tss_samples import cedula, days, file_of, names, verdict_of, worker

from gateway.authority.connect import state_format
from gateway.authority.do_tss.batch import Batch
from gateway.authority.do_tss.codec import LineCodec
from gateway.authority.do_tss.records import get_edition
from gateway.authority.do_tss.register import check_digit_fits, unfit_among
from gateway.authority.do_tss.sweep import Sweep
from gateway.authority.protocol import DeclaredDependant, DeclaredWorker, FilingHead
from gateway.kit.period import Period

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
AM = get_edition("AM")
JUDGE = LineCodec(AM)
SWEEP = Sweep(AM, JUDGE.looks_good)
LENGTHS = st.sampled_from(AM.detail.lengths)


@functools.cache
def lines_of(count, length, born=dt.date(1988, 2, 28)):
    """Return detail lines that differ as people do, all of one length."""
    records = [
        worker(
            number * 13 + 1, wage=number * 17_331 + 1, sex="MF"[number % 2], birth_date=born + dt.timedelta(number * 97)
        )
        for number in range(count)
    ]
    return tuple(line[:length] for line in file_of("AM", *records).split(b"\r\n")[1:-2])


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("length", AM.detail.lengths)
def test_a_usual_piece_is_seen_to_be_good_at_once(length, end):
    lines = lines_of(40, length)
    swept = SWEEP.look(end.join([*lines, b""]))
    assert swept is not None
    assert (swept.count, swept.unfit) == (40, [])
    assert swept.sum_minor == sum(number * 17_331 + 1 for number in range(40))
    assert swept.keys == [line[1:30] for line in lines]


@pytest.mark.parametrize(
    ("born", "is_good"),
    [(b"29022024", True), (b"29022023", False), (b"31122020", True), (b"31112020", False), (b"30022020", False),
     (b"00012020", False), (b"10132020", False), (b"10002020", False), (b"1A012020", False), (b"        ", None)],
)  # fmt: skip
def test_days_are_looked_at_many_at_once(born, is_good):
    lines = list(lines_of(40, 312))
    lines[20] = lines[20][:161] + born + lines[20][169:]
    swept = SWEEP.look(b"\r\n".join([*lines, b""]))
    assert (swept is not None) == bool(is_good)
    _, faults = JUDGE.judge(lines[20].decode("latin-1"))
    assert bool(faults) == (is_good is False)


@quick
@given(LENGTHS, st.integers(0, 39), st.integers(0, 311), st.integers(0, 255))
def test_a_piece_that_is_good_at_once_is_good_line_by_line(length, place, column, octet):
    lines = list(lines_of(40, length))
    changed = bytearray(lines[place])
    changed[column % length] = octet
    lines[place] = bytes(changed)
    swept = SWEEP.look(b"\r\n".join([*lines, b""]))
    if swept is not None:
        assert all(JUDGE.judge(line.decode("latin-1"))[1] == [] for line in lines)
        amounts = [int(line[169:182] + line[183:185]) for line in lines]
        assert (swept.sum_minor, swept.keys) == (sum(amounts), [line[1:30] for line in lines])


@quick
@given(
    LENGTHS,
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 311), st.sampled_from(b"09 AC.x\xd1\xe1")), max_size=4),
)
def test_a_file_gets_the_verdict_that_its_lines_get_one_by_one(length, changes):
    lines = [bytearray(line) for line in lines_of(100, length)]
    for place, column, octet in changes:
        lines[place][max(column % length, 1)] = octet
    body = b"\r\n".join([b"EAM  401999999032026", *lines, b"S000102", b""])
    verdict = verdict_of(body)
    keys = [bytes(line[1:30]) for line in lines]
    bad = {
        number
        for number, (line, key) in enumerate(zip(lines, keys, strict=True), start=2)
        if JUDGE.judge(line.decode("latin-1"))[1] or keys.count(key) > 1
    }
    assert {finding.line for finding in verdict.findings if "warning" not in finding.message} == bad
    assert (verdict.lines, verdict.rejected) == (100, len(bad))
    assert verdict.wage_total_minor == sum(
        int(line[169:182] + line[183:185]) for number, line in enumerate(lines, start=2) if number not in bad
    )


def test_people_who_stand_twice_far_apart_are_found_in_a_long_file():
    records = [worker(number + 1) for number in range(3000)]
    records[2900] = worker(8, wage=5)
    verdict = verdict_of(file_of("AM", *records))
    assert [(finding.line, finding.code) for finding in verdict.findings] == [(9, "422"), (2902, "422")]
    assert (verdict.accepted, verdict.wage_total_minor) == (2998, 2998 * 2_322_300)


@given(st.lists(st.integers(0, 10**11 - 1), min_size=1, max_size=40))
def test_check_digits_of_many_are_those_of_each(numbers):
    cards = [f"{number:011d}" for number in numbers]
    columns = (bytes(ord(card[place]) for card in cards) for place in range(11))
    found = {place for place, card in enumerate(cards) if not check_digit_fits(card)}
    assert {place for place in unfit_among(columns, len(cards)) if not check_digit_fits(cards[place])} == found


def test_a_card_that_is_a_known_exception_is_no_finding():
    assert verdict_of(file_of("AM", worker(1, document="00000021249"))).findings == ()


# Writing ----------------------------------------------------------------------------------------------------------

PEOPLE = st.builds(
    lambda **given: DeclaredWorker(**given),
    payroll=st.sampled_from(["001", "002", "000"]),
    document_kind=st.sampled_from(["national_id"] * 6 + ["social_security", "passport", "newborn"]),
    document=st.one_of(st.integers(1, 10**10 - 1).map(cedula), st.sampled_from(["", "12", "٣٣٣٣٣٣٣٣٣٣٣", " 001"])),
    given_names=st.one_of(names, st.sampled_from(["Ñuñez Ü", "Ана", ""])),
    first_surname=names,
    second_surname=names,
    sex=st.sampled_from(["M", "F", "", "X"]),
    birth_date=st.one_of(st.none(), days),
    wage_minor=st.sampled_from([0, 1, 2_322_300, -1, 10**16]),
    withholding_agent=st.sampled_from(["", "401999999", "x"]),
    income_type=st.sampled_from(["", "0001", "0009"]),
    exempt_blocks=st.sampled_from([(), (), (("01", 5),)]),
)


@quick
@given(st.lists(PEOPLE, min_size=1, max_size=3), st.booleans())
def test_what_is_written_at_once_is_what_is_written_one_by_one(people, is_alike):
    if is_alike:
        good = people[0]._replace(
            payroll="001", document_kind="national_id", given_names="Ana", wage_minor=7, withholding_agent="", income_type="",
            exempt_blocks=(), sex="F", birth_date=None,
        )  # fmt: skip
        people = [good._replace(document=cedula(number + 1)) for number in range(3)]
    text = Batch(AM).write(people)
    assert Batch(AM).can_write(people) == (text is not None)
    written = [JUDGE.write(person, person.exempt_blocks) for person in people]
    if is_alike:
        assert text is not None
    if text is not None:
        assert [faults for _, faults in written] == [[]] * len(people)
        assert text == "".join(line + "\r\n" for line, _ in written)


def test_dependants_are_written_at_once_and_one_who_is_her_own_holder_is_not():
    relatives = [
        DeclaredDependant("001", "national_id", cedula(1), event, "national_id", cedula(number), "Ana", "Peña", "")
        for number, event in ((2, "add"), (3, "remove"))
    ]
    batch = Batch(get_edition("RD"))
    text = batch.write(relatives)
    assert text is not None
    assert [line[16:18] for line in text.splitlines()] == ["ID", "SD"]
    assert batch.write([*relatives, relatives[0]._replace(document=cedula(1))]) is None


def test_more_people_than_a_file_holds_in_every_size_of_file():
    people = [DeclaredWorker("001", "national_id", cedula(n), "Ana", "Díaz", "", "F", None, n) for n in range(1, 48)]
    for most in (3, 4, 10, 48, 49, 50):
        head = FilingHead("401999999", Period(2026, 3), dt.date(2026, 4, 1), len(people), max_lines_per_file=most)
        form, lines, total, first = state_format("do"), 0, 0, 1
        for file in form.render(head, people):
            body = b"".join(file.chunks)
            verdict = form.check_file(io.BytesIO(body))
            assert (verdict.code, verdict.lines, file.first_line_no) == ("0", file.line_count, first)
            assert body.splitlines()[-1] == f"S{file.line_count + 2:06d}".encode()
            assert file.line_count <= most - 2
            lines, total, first = lines + verdict.lines, total + verdict.wage_total_minor, first + file.line_count
        assert (lines, total) == (47, sum(range(1, 48)))
