"""What the state would answer to a file: whole, in part, not at all; with the place of every mistake."""

import datetime as dt
import io

import pytest
from tests.authority.tss_samples import dependant, file_of, verdict_of, worker

GOOD = [worker(9990000001), worker(9990000002, wage=1577000)]


def codes(verdict):
    return [(finding.line, finding.column, finding.field, finding.code) for finding in verdict.findings]


def test_all_good_is_p_with_0():
    verdict = verdict_of(file_of("AM", *GOOD))
    assert (verdict.status, verdict.code, verdict.accepted, verdict.rejected) == ("P", "0", 2, 0)
    assert (verdict.kind, verdict.employer, verdict.period) == ("AM", "401999999", "2026-03")
    assert verdict.wage_total_minor == 2322300 + 1577000


def test_some_bad_is_p_with_250_and_only_the_bad_lines_are_rejected():
    verdict = verdict_of(file_of("AM", *GOOD).replace(b"D001C99900000029", b"D888C99900000029"))
    assert (verdict.status, verdict.code, verdict.accepted, verdict.rejected) == ("P", "250", 1, 1)
    assert codes(verdict) == [(3, 2, "payroll", "155")]
    assert verdict.wage_total_minor == 2322300


def test_none_good_is_r_with_301():
    verdict = verdict_of(file_of("AM", *GOOD).replace(b"D001", b"D999"))
    assert (verdict.status, verdict.code, verdict.accepted, verdict.rejected) == ("R", "301", 0, 2)


def test_a_file_without_anybody_is_r_with_301():
    verdict = verdict_of(file_of("AM"))
    assert (verdict.status, verdict.code, [one.code for one in verdict.findings]) == ("R", "301", ["301"])


BROKEN_FILES = {
    "empty": (b"", 1, 1),
    "no header": (file_of("AM", *GOOD)[22:], 1, 1),
    "unknown kind": (b"EXX" + file_of("AM", *GOOD)[3:], 1, 2),
    "header too short": (file_of("AM", *GOOD).replace(b"032026\r\n", b"0326\r\n", 1), 1, 19),
    "employer with a letter": (file_of("AM", *GOOD).replace(b"  401999999", b"  40199999X", 1), 1, 14),
    "second header": (file_of("AM", *GOOD).replace(b"D001C99900000029", b"E001C99900000029"), 3, 1),
    "other letter": (file_of("AM", *GOOD).replace(b"D001C99900000029", b"X001C99900000029"), 3, 1),
    "line too short": (file_of("AM", *GOOD).replace(b"    \r\nD", b"   \r\nD", 1), 2, 309),
    "line too long": (file_of("AM", *GOOD).replace(b"\r\nS", b" \r\nS"), 3, 313),
    "empty line": (file_of("AM", *GOOD).replace(b"\r\nS", b"\r\n\r\nS"), 4, 1),
    "cut off": (file_of("AM", *GOOD)[:-9], 3, 1),
    "cut off in a line": (file_of("AM", *GOOD)[:200], 2, 179),
    "line after the summary": (file_of("AM", *GOOD) + b"D\r\n", 5, 1),
    "two summaries": (file_of("AM", *GOOD) + b"S000004\r\n", 5, 1),
    "wrong count": (file_of("AM", *GOOD).replace(b"S000004", b"S000005"), 4, 2),
    "summary too long": (file_of("AM", *GOOD).replace(b"S000004", b"S0000004"), 4, 8),
    "UTF-8": (file_of("AM", *GOOD).replace(b"ANA ", "ANÁ".encode() + b" ", 1), 2, 313),
    "NUL octets": (b"\x00" * 2000, 1, 1),
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_structural_error_rejects_the_whole_file_and_says_where(name):
    body, line, column = BROKEN_FILES[name]
    verdict = verdict_of(body)
    assert (verdict.status, verdict.code, verdict.accepted, verdict.wage_total_minor) == ("R", "PY1", 0, 0)
    assert verdict.rejected == verdict.lines
    assert (verdict.findings[0].line, verdict.findings[0].column, verdict.findings[0].code) == (line, column, "PY1")


def test_a_file_in_utf8_is_told_that_it_is():
    assert "UTF-8" in verdict_of(BROKEN_FILES["UTF-8"][0]).findings[0].message


@pytest.mark.parametrize("period", ["132026", "002026", "122002"])
def test_a_month_that_is_none_is_r_with_252(period):
    verdict = verdict_of(file_of("AM", *GOOD).replace(b"032026", period.encode(), 1))
    assert (verdict.status, verdict.code, verdict.accepted) == ("R", "252", 0)


@pytest.mark.parametrize(("today", "code"), [(dt.date(2026, 2, 28), "252"), (dt.date(2026, 4, 1), "0")])
def test_a_retroactive_filing_is_of_no_month_that_has_not_begun(today, code):
    verdict = verdict_of(file_of("AR", *GOOD), today=today)
    assert verdict.code == code
    assert [(f.line, f.column, f.field) for f in verdict.findings] == ([(1, 15, "period")] if code == "252" else [])


def test_the_header_must_be_of_the_kind_chosen_at_upload():
    assert verdict_of(file_of("AM", *GOOD), kind="AR").code == "PY1"
    assert verdict_of(file_of("AM", *GOOD), kind="AM").code == "0"


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_every_way_to_end_a_line_is_read(end):
    body = file_of("AM", *GOOD).replace(b"\r\n", end)
    assert verdict_of(body).code == "0"
    assert verdict_of(body.removesuffix(end)).code == "0"


BAD_FIELDS = [
    ("payroll", b"D001", b"D000", "155", 2),
    ("document_type", b"D001C", b"D001X", "101", 5),
    ("document", b"99900000011 ", b"9990000001  ", "101", 6),
    ("given_names", b"ANA", b"An4", "PY1", 32),
    ("first_surname", b"DIAZ", b"D1AZ", "PY1", 82),
    ("sex", b"F17051990", b"X17051990", "PY1", 161),
    ("birth_date", b"F17051990", b"F31021990", "PY1", 162),
    ("wage", b"0000000023223.00", b"0000000023223,00", "156", 183),
    ("wage", b"0000000023223.00", b"                ", "156", 170),
    ("wage", b"0000000023223.00", b"-000000023223.00", "156", 170),
]


@pytest.mark.parametrize(("field", "good", "bad", "code", "column"), BAD_FIELDS)
def test_a_wrong_field_rejects_its_line_with_the_states_code(field, good, bad, code, column):
    body = file_of("AM", *GOOD)
    verdict = verdict_of(body.replace(good, bad, 1))
    assert (verdict.status, verdict.code, verdict.rejected) == ("P", "250", 1)
    assert codes(verdict) == [(2, column, field, code)]


def test_of_a_passports_holder_a_wrong_name_has_a_code_of_its_own():
    body = file_of("AM", worker(1, document_type="P", document="AB-1"), worker(2))
    for good, bad, code in ((b"ANA", b"An4", "105"), (b"DIAZ", b"D1AZ", "106"), (b"F1705", b"X1705", "107"),
                            (b"17051990", b"31021990", "108")):  # fmt: skip
        assert [finding.code for finding in verdict_of(body.replace(good, bad, 1)).findings] == [code]


BAD_LINES = [
    (worker(1, wage=0), "188"),
    (worker(1, document_type="N", document="12345678901"), "101"),
    (worker(1, document_type="P", document="AB-1", given_names=""), "105"),
    (worker(1, document_type="P", document="AB-1", first_surname=""), "106"),
    (worker(1, document_type="P", document="AB-1", sex=""), "107"),
    (worker(1, document_type="P", document="AB-1", birth_date=None), "108"),
    (worker(1, exempt=100, blocks=(("01", 100),)), "PY1"),
    (worker(1, blocks=(("02", 100), ("01", 100))), "PY1"),
    (worker(1, blocks=(("01", 0),)), "PY1"),
]


@pytest.mark.parametrize(("record", "code"), BAD_LINES)
def test_a_broken_rule_rejects_its_line_with_the_states_code(record, code):
    verdict = verdict_of(file_of("AM", record, *GOOD))
    assert verdict.rejected == 1
    assert {finding.code for finding in verdict.findings} == {code}


def test_a_zero_wage_is_taken_where_another_amount_is_declared():
    assert verdict_of(file_of("AM", worker(1, wage=0, other_pay=500))).code == "0"


def test_of_people_who_stand_twice_in_a_payroll_am_rejects_every_line():
    body = file_of("AM", worker(1), worker(2), worker(1, wage=100), worker(1, payroll="002"))
    verdict = verdict_of(body)
    assert (verdict.accepted, verdict.rejected) == (2, 2)
    assert codes(verdict) == [(2, 6, "document", "422"), (4, 6, "document", "422")]
    assert verdict.wage_total_minor == 2 * 2322300


def test_of_dependants_who_stand_twice_rd_takes_the_first():
    body = file_of("RD", dependant(1), dependant(2), dependant(1, holder=99900000029), dependant(1, event="SD"))
    verdict = verdict_of(body)
    assert (verdict.status, verdict.code, verdict.accepted, verdict.rejected) == ("P", "250", 2, 2)
    assert [(f.line, f.code) for f in verdict.findings] == [(4, "422"), (5, "422")]
    assert verdict.period is None


def test_nobody_is_her_own_dependant():
    verdict = verdict_of(file_of("RD", dependant(99900000011)))
    assert [finding.code for finding in verdict.findings] == ["192"]


def novelty(event, start, end=None):
    return {**worker(1), "event": event, "start": start, "end": end}


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (novelty("LM", None), "39"),
        (novelty("LM", dt.date(2026, 3, 9), dt.date(2026, 3, 8)), "39"),
        (novelty("IN", dt.date(2026, 5, 2)), "39"),
        (novelty("SA", dt.date(2026, 5, 1)), None),
        (novelty("SA", dt.date(2026, 5, 2)), "39"),
        (novelty("SA", None, dt.date(2026, 5, 1)), None),
        (novelty("SA", None, dt.date(2026, 5, 2)), "39"),
        (novelty("SA", dt.date(2020, 1, 15), dt.date(2026, 5, 2)), "39"),
        (novelty("SA", None), "39"),
        (novelty("LM", dt.date(2026, 6, 1)), None),
        (novelty("AD", None), None),
    ],
)
def test_an_event_has_days_that_make_sense(record, code):
    verdict = verdict_of(file_of("NV", record), today=dt.date(2026, 4, 1))
    assert [finding.code for finding in verdict.findings] == ([code] if code else [])


def test_an_unknown_event_is_refused_as_such():
    body = file_of("NV", novelty("IN", dt.date(2026, 3, 1))).replace(b"D001IN", b"D001XX")
    assert [finding.code for finding in verdict_of(body).findings] == ["164"]


def payment(amount_minor):
    return {
        "transaction": "000001", "branch": "0001", "notice_reference": "0320260000000014",
        "paid_on": dt.date(2026, 4, 6), "paid_at": "11:00", "amount": amount_minor, "authorisation": "0000004711",
        "means": "01",
    }  # fmt: skip


def test_the_banks_payments_must_sum_to_their_total():
    body = file_of("EP", payment(492327), payment(100))
    assert (verdict_of(body).code, verdict_of(body).lines) == ("0", 2)
    wrong = verdict_of(body.replace(b"0000004923.27", b"0000004923.28", 1))
    assert (wrong.code, wrong.findings[0].field) == ("PY1", "total")


def test_findings_beyond_the_number_asked_for_are_counted():
    body = file_of("AM", *[worker(number) for number in range(20)]).replace(b"D001", b"D999")
    verdict = verdict_of(body, max_findings=5)
    assert (len(verdict.findings), verdict.findings_left_out, verdict.rejected) == (5, 15, 20)


def test_a_stream_that_cannot_be_rewound_is_checked_all_the_same():
    class Pipe(io.RawIOBase):
        def __init__(self, body):
            self._inner = io.BytesIO(body)

        def readable(self):
            return True

        def readinto(self, buffer):
            return self._inner.readinto(buffer)

    from gateway.authority.do_tss.check import check_file

    assert check_file(Pipe(file_of("AM", worker(1), worker(1)))).rejected == 2


def test_a_line_without_an_end_is_given_up_early():
    verdict = verdict_of(file_of("AM", *GOOD)[:22] + b"D" * 5_000_000)
    assert verdict.code == "PY1"
    assert "without a line end" in verdict.findings[0].message


def test_the_verdict_is_what_the_command_prints():
    printed = verdict_of(file_of("AM", *GOOD)).as_dict()
    assert {
        "kind",
        "employer",
        "period",
        "lines",
        "accepted",
        "rejected",
        "status",
        "code",
        "findings",
        "wage_total_minor",
    } <= set(printed)
