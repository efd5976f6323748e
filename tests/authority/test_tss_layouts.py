"""What is written is read as itself, for every kind of file; what is changed is noticed or read as what it says."""

import datetime as dt
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.authority.tss_samples import KINDS, of_shape, records, verdict_of, whole_file

from gateway.authority.do_tss.codec import LineCodec
from gateway.authority.do_tss.editions import EDITIONS, edition_of
from gateway.authority.do_tss.records import get_edition, read_records
from gateway.authority.do_tss.shapes import Name, Number

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PUBLISHED_LENGTHS = {
    "AM": (292, 308, 312),
    "AR": (292, 308, 312),
    "NV": (310, 326, 330),
    "RD": (160,),
    "BO": (182,),
    "RT": (258,),
    "EP": (65,),
}
PUBLISHED_PLACES = {
    ("AM", "payroll"): (2, 4),
    ("AM", "document"): (6, 30),
    ("AM", "given_names"): (31, 80),
    ("AM", "second_surname"): (121, 160),
    ("AM", "birth_date"): (162, 169),
    ("AM", "wage"): (170, 185),
    ("AM", "withholding_agent"): (234, 244),
    ("AM", "balance"): (277, 292),
    ("AM", "training_wage"): (293, 308),
    ("AM", "income_type"): (309, 312),
    ("NV", "event"): (5, 6),
    ("NV", "start"): (7, 14),
    ("NV", "end"): (15, 22),
    ("NV", "document"): (24, 48),
    ("NV", "wage"): (188, 203),
    ("NV", "balance"): (295, 310),
    ("NV", "income_type"): (327, 330),
    ("RD", "holder_document"): (6, 16),
    ("RD", "event"): (17, 18),
    ("RD", "document"): (20, 30),
    ("RD", "second_surname"): (121, 160),
    ("EP", "notice_reference"): (12, 27),
    ("EP", "paid_on"): (28, 35),
    ("EP", "amount"): (41, 53),
    ("EP", "means"): (64, 65),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_the_published_lengths(kind):
    assert get_edition(kind).detail.lengths == PUBLISHED_LENGTHS[kind]


@pytest.mark.parametrize(("kind", "field"), PUBLISHED_PLACES)
def test_every_field_stands_where_the_state_says(kind, field):
    found = next(f for f in get_edition(kind).detail.fields if f.name == field)
    assert (found.start, found.end - 1) == PUBLISHED_PLACES[kind, field]


def test_a_header_has_20_characters_and_that_of_rd_14():
    assert {e.kind: e.header.lengths[-1] for e in EDITIONS if e.kind != "EP"} == {
        "AM": 20, "AR": 20, "NV": 20, "RD": 14, "BO": 20, "RT": 20,
    }  # fmt: skip
    assert all(e.summary.lengths == (7,) for e in EDITIONS if e.kind != "EP")


@pytest.mark.parametrize("kind", ["BO", "RT", "EP", "RD"])
def test_what_has_one_source_or_none_is_marked_as_unverified(kind):
    edition = get_edition(kind)
    assert not edition.verified
    assert not any(field.verified for field in edition.detail.fields)


def test_the_edition_is_chosen_by_the_day():
    newer = type(edition_of("AM"))(
        **{**vars(edition_of("AM")), "edition": "2030-01", "valid_from": dt.date(2030, 1, 1)}
    )
    both = (*EDITIONS, newer)
    assert edition_of("AM", dt.date(2029, 12, 31), both).edition == "2003-06"
    assert edition_of("AM", dt.date(2030, 1, 1), both).edition == "2030-01"
    assert edition_of("AM", dt.date(2003, 5, 31), both) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_record_written_and_read_back_is_itself(kind):
    edition = get_edition(kind)

    @quick
    @given(records(edition))
    def check(pair):
        record, length = pair
        line, faults = edition.detail.encode(record, length=length)
        assert faults == []
        values, faults = LineCodec(edition).judge(line)
        assert faults == []
        wanted = {name: value for name, value in record.items() if name != "type"}
        assert {name: value for name, value in values.items() if name != "type"} == wanted

    check()


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_file_of_every_kind_is_accepted_whole(kind):
    edition = get_edition(kind)

    @settings(quick, max_examples=8)
    @given(st.lists(records(edition), min_size=1, max_size=4, unique_by=lambda pair: pair[0].get("document", id(pair))))
    def check(pairs):
        verdict = verdict_of(whole_file(edition, pairs))
        assert (verdict.status, verdict.code, verdict.findings) == ("P", "0", ())
        assert (verdict.kind, verdict.lines, verdict.accepted, verdict.rejected) == (kind, len(pairs), len(pairs), 0)
        if edition.summed == "wage":
            assert verdict.wage_total_minor == sum(record["wage"] for record, _ in pairs)

    check()


@pytest.mark.parametrize("kind", KINDS)
def test_any_single_octet_changed_is_refused_with_its_place_or_read_as_what_it_says(kind):
    edition = get_edition(kind)

    @settings(quick, max_examples=40)
    @given(st.lists(records(edition), min_size=2, max_size=2), st.data())
    def check(pairs, data):
        body = bytearray(whole_file(edition, pairs))
        place = data.draw(st.integers(0, len(body) - 1))
        body[place] = data.draw(st.integers(0, 255).filter(lambda octet: octet != body[place]))
        verdict = verdict_of(bytes(body))
        if verdict.findings:
            assert all(finding.line and finding.column for finding in verdict.findings)
            return
        lines = bytes(body).decode("latin-1").splitlines()
        assert [record.line for record in read_records(io.BytesIO(bytes(body)), edition)] == [1, 2, 3, 4]
        for record, line in zip(read_records(io.BytesIO(bytes(body)), edition), lines, strict=True):
            assert record.faults == ()
            assert _says(edition, record) == line

    check()


def _says(edition, record):
    """Write what was read, letter by letter, without the writer's kindness to names."""
    layout = {"E": edition.header, "D": edition.detail, "S": edition.summary}[record.type]
    fields = [field for field in layout.fields if field.name in record.values]
    parts = [
        record.values[f.name].ljust(f.shape.length)
        if isinstance(f.shape, Name)
        else f.shape.encode(record.values[f.name])
        for f in fields
    ]
    for block in record.values.get("blocks", ()):
        parts += [field.shape.encode(value) for field, value in zip(layout.block, block, strict=True)]
    return "".join(parts)


@pytest.mark.parametrize("kind", KINDS)
def test_the_short_way_never_says_yes_where_the_long_way_says_no(kind):
    edition = get_edition(kind)
    codec = LineCodec(edition)

    @settings(quick, max_examples=40)
    @given(records(edition), st.data())
    def check(pair, data):
        line = list(edition.detail.encode(pair[0], length=pair[1])[0])
        for _ in range(data.draw(st.integers(0, 2))):
            line[data.draw(st.integers(1, len(line) - 1))] = data.draw(st.sampled_from("0129 ANP.-ñÑé\x00\xa0"))
        changed = "".join(line)
        if codec.looks_good(changed):
            assert codec.judge(changed)[1] == []

    check()


@pytest.mark.parametrize("kind", ["AM", "NV", "RD"])
def test_both_ways_of_writing_write_the_same(kind):
    edition = get_edition(kind)
    codec = LineCodec(edition)

    @quick
    @given(records(edition))
    def check(pair):
        record, length = pair
        if length != edition.detail.lengths[-1]:
            return
        values = tuple(record[field.name] for field in edition.detail.fields[1:])
        line, faults = codec.write(values, record.get("blocks", ()))
        assert faults == []
        assert line == edition.detail.encode(record)[0]

    check()


SHAPES = {
    field.shape
    for edition in EDITIONS
    for field in [*edition.header.fields, *edition.detail.fields, *edition.detail.block, *edition.summary.fields]
    if not isinstance(field.shape, Number)
}


@pytest.mark.parametrize("shape", sorted(SHAPES, key=repr), ids=repr)
def test_every_field_takes_its_length_and_gives_back_what_was_put_in(shape):
    @settings(quick, max_examples=10)
    @given(of_shape(shape))
    def check(value):
        text = shape.encode(value)
        assert len(text) == shape.length
        assert shape.decode(text) == value

    check()
