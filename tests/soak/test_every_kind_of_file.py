"""Two thousand generated files of every kind, and one filing of more people than a file of the state's holds."""

import datetime as dt
import io
import tempfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.authority.tss_samples import KINDS, cedula, records, verdict_of, whole_file

from gateway.authority.connect import state_format
from gateway.authority.do_tss.records import get_edition, read_records
from gateway.authority.protocol import DeclaredWorker, FilingHead
from gateway.kit.period import Period

FILES_OF_A_KIND = 300
MOST_IN_A_FILE = 999_997


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_files_of_every_kind_are_read_as_written_and_one_changed_octet_is_noticed_or_read_as_it_says(kind: str) -> None:
    edition = get_edition(kind)

    @settings(max_examples=FILES_OF_A_KIND, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.lists(records(edition), min_size=1, max_size=6, unique_by=lambda pair: pair[0].get("document", id(pair))),
        st.sampled_from([b"\r\n", b"\n", b"\r"]),
        st.data(),
    )
    def check(pairs: list, end: bytes, data: st.DataObject) -> None:
        body = whole_file(edition, pairs).replace(b"\r\n", end)
        verdict = verdict_of(body)
        assert (verdict.status, verdict.code, verdict.lines, verdict.findings) == ("P", "0", len(pairs), ())
        read = [record for record in read_records(io.BytesIO(body), edition) if record.type == "D"]
        for record, (written, _) in zip(read, pairs, strict=True):
            assert record.faults == ()
            assert {name: record.values[name] for name in written} == written
        changed = bytearray(body)
        place = data.draw(st.integers(0, len(body) - 1))
        changed[place] = data.draw(st.integers(0, 255).filter(lambda octet: octet != body[place]))
        verdict = verdict_of(bytes(changed))
        assert verdict.accepted + verdict.rejected == verdict.lines
        assert all(finding.line and finding.column for finding in verdict.findings)
        if not verdict.findings:
            assert all(record.faults == () for record in read_records(io.BytesIO(bytes(changed)), edition))

    check()


@pytest.mark.soak
def test_a_million_and_one_people_are_two_whole_files_whose_totals_agree() -> None:
    count, form = MOST_IN_A_FILE + 4, state_format("do")
    people = (
        DeclaredWorker("001", "national_id", cedula(number), "Ana", "Díaz", "", "F", None, number)
        for number in range(1, count + 1)
    )
    found = []
    for file in form.render(FilingHead("401999999", Period(2026, 3), dt.date(2026, 4, 1), count), people):
        with tempfile.TemporaryFile() as body:
            body.writelines(file.chunks)
            body.seek(-9, io.SEEK_END)
            summary = body.read()
            body.seek(0)
            verdict = form.check_file(body)
        assert (verdict.code, verdict.findings) == ("0", ())
        found.append((file.part, file.part_count, file.first_line_no, verdict.lines, summary, verdict.wage_total_minor))
    assert [one[:5] for one in found] == [
        (1, 2, 1, MOST_IN_A_FILE, b"S999999\r\n"),
        (2, 2, MOST_IN_A_FILE + 1, 4, b"S000006\r\n"),
    ]
    assert sum(one[5] for one in found) == count * (count + 1) // 2
