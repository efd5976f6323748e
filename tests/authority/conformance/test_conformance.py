"""Every adapter goes through the same cases: what the gateway asks of a state's format and answers, whoever's it is."""

import hashlib
import io
import re
import tracemalloc
import uuid

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.authority.conformance.adapters import ADAPTERS, PERIOD, with_template

from gateway.authority.connect import country_of, state_channel, state_format
from gateway.authority.country import countries
from gateway.authority.errors import OutcomeUnknownError, UnrenderableError
from gateway.authority.text.codes import CATEGORIES, LANGUAGES
from gateway.contributions import schedule
from gateway.contributions.rules import assess
from gateway.kit.money import currency_of, format_amount, parse_amount
from gateway.membership.rules import check_identity, filing_order

ROLES = {"filing_officer", "cashier", "accountant", "benefits_officer", "manager", "nobody"}
NAMES = {
    "Ñusta": "N",
    "José Ángel": "JOSE ANGEL",
    "Françoise": "FRANCOISE",
    "O’Brien": "BRIEN",
    "Łukasz": "LUKASZ",
    "Ana-María": "MARIA",
    "  Ana   Eva ": "ANA EVA",
}
"""A name, and what must be found in it once it is written for the state."""
UNWRITABLE = ("李小龙", "सुनीता", "Ana2", "Ana\n", "Ana;Eva", "Ana#~#Eva")


@pytest.fixture(scope="module", autouse=True)
def _template():
    with pytest.MonkeyPatch.context() as patch:
        with_template(patch)
        yield
    countries.cache_clear()


each_adapter = pytest.mark.parametrize("adapter", ADAPTERS, ids=[adapter.code for adapter in ADAPTERS])


def test_every_country_with_a_folder_is_in_the_suite() -> None:
    assert {adapter.code for adapter in ADAPTERS} == set(countries())


# The folder -----------------------------------------------------------------------------------------------------


@each_adapter
def test_the_folder_says_who_its_people_are_and_its_rates_are_in_its_currency(adapter) -> None:
    country = country_of(adapter.code)
    assert adapter.form.country == adapter.code
    assert currency_of(country.currency) == schedule.resolve(adapter.code, PERIOD).currency
    assert country.identities
    assert filing_order(adapter.code)[0] == country.identities[0].kind == adapter.document_kind
    letters = [form.letter for form in country.identities if form.letter]
    assert len(set(letters)) == len(letters) == len(country.kind_of_letter)
    for number in (1, 2, 977):
        checked = check_identity(adapter.document_kind, adapter.document(number), adapter.code)
        assert (checked.value, checked.warning) == (adapter.document(number), None)


@each_adapter
def test_every_code_says_in_three_languages_what_it_means_who_acts_and_what_to_do(adapter) -> None:
    codes = list(adapter.form.codes())
    assert {damage.code for damage in adapter.damages} | {adapter.duplicate} <= {meaning.code for meaning in codes}
    for meaning in codes:
        assert meaning.category in CATEGORIES
        assert meaning.role in ROLES
        assert all(meaning.meaning[language] for language in LANGUAGES)
        assert meaning.fix
        assert adapter.form.explain(meaning.code) == meaning


@each_adapter
def test_a_code_that_is_in_no_table_is_kept_as_it_came_and_is_one_to_ask_about(adapter) -> None:
    meaning = adapter.form.explain("9Z7 never seen")
    assert (meaning.code, meaning.known, meaning.category) == ("9Z7 never seen", False, "ask_state")
    assert "9Z7 never seen" in meaning.fix


# Writing and reading --------------------------------------------------------------------------------------------


@each_adapter
def test_what_is_written_is_read_back_and_the_state_would_take_all_of_it(adapter) -> None:
    workers = [adapter.worker(number) for number in range(1, 41)]
    body = adapter.file(*workers)
    seen = adapter.read_back(body)
    assert [(one.document, one.wage_minor) for one in seen] == [(w.document, w.wage_minor) for w in workers]
    assert all("NUNEZ" in one.name for one in seen)
    if adapter.form.limits.carries_amounts:
        assert [one.amounts_minor for one in seen] == [tuple(minor for _, minor in w.components) for w in workers]
    verdict = adapter.verdict(body)
    assert verdict.findings == ()
    assert (verdict.lines, verdict.accepted, verdict.rejected, verdict.is_readable) == (40, 40, 0, True)
    assert verdict.wage_total_minor == sum(worker.wage_minor for worker in workers)
    assert verdict.kind in adapter.form.limits.kinds


@each_adapter
def test_a_line_is_laid_out_field_by_field_without_a_gap_in_what_it_says(adapter) -> None:
    body = adapter.file(adapter.worker(1), adapter.worker(2))
    kind = adapter.verdict(body).kind
    for line in body.decode("latin-1").splitlines():
        laid = adapter.form.lay_out(kind, line, PERIOD.start)
        assert [one.start for one in laid] == sorted({one.start for one in laid})
        assert all(one.name and line[one.start - 1 :].startswith(one.text) for one in laid)
        assert len("".join(one.text for one in laid).strip()) > 0
    more = adapter.form.lay_out(
        kind, body.decode("latin-1").splitlines()[adapter.first_line - 1] + "?" * 400, PERIOD.start
    )
    assert more[-1].text.endswith("?")


@each_adapter
def test_what_is_checked_before_sealing_is_what_can_be_written(adapter) -> None:
    assert adapter.form.check(adapter.worker(1)) == []
    assert adapter.form.check(adapter.worker(1, components=())) == []


CASES = [(adapter, damage) for adapter in ADAPTERS for damage in adapter.damages]


@pytest.mark.parametrize(("adapter", "damage"), CASES, ids=[f"{a.code}: {d.name}" for a, d in CASES])
def test_a_damaged_line_is_refused_with_its_place_and_a_known_code(adapter, damage) -> None:
    verdict = adapter.verdict(adapter.damaged(damage.damage))
    found = [finding for finding in verdict.findings if finding.code == damage.code]
    assert found, verdict.findings
    assert {finding.line for finding in verdict.findings} == {adapter.first_line + 1}
    assert all(finding.column and finding.field and finding.message for finding in verdict.findings)
    assert adapter.form.explain(damage.code).known
    assert verdict.lines == 3
    if adapter.form.limits.is_all_or_nothing:
        assert (verdict.accepted, verdict.rejected, verdict.status, verdict.wage_total_minor) == (0, 3, "R", 0)
    else:
        assert (verdict.accepted, verdict.rejected) == (2, 1)


@each_adapter
def test_every_bad_line_is_listed_not_only_the_first(adapter) -> None:
    change = adapter.damages[0].damage
    lines = adapter.damaged(change, among=5, place=0).decode("latin-1").split("\n")
    last = adapter.first_line - 1 + 4
    lines[last] = change(lines[last].removesuffix("\r")) + ("\r" if lines[last].endswith("\r") else "")
    verdict = adapter.verdict("\n".join(lines).encode("latin-1"))
    assert {finding.line for finding in verdict.findings} == {adapter.first_line, adapter.first_line + 4}


@each_adapter
def test_nobody_stands_in_a_file_twice(adapter) -> None:
    body = adapter.file(adapter.worker(1), adapter.worker(2), adapter.worker(1))
    verdict = adapter.verdict(body)
    lines = {finding.line for finding in verdict.findings if finding.code == adapter.duplicate}
    assert adapter.first_line + 2 in lines
    assert lines <= {adapter.first_line, adapter.first_line + 2}
    assert verdict.accepted <= 1


@each_adapter
def test_findings_beyond_those_asked_for_are_counted_and_given(adapter) -> None:
    body = adapter.damaged(adapter.damages[0].damage)
    everything, more = adapter.verdict(body), []
    bounded = adapter.form.check_file(io.BytesIO(body), max_findings=0, more=more.append)
    assert bounded.findings == ()
    assert bounded.findings_left_out == len(everything.findings) == len(more)
    assert (bounded.accepted, bounded.status) == (everything.accepted, everything.status)


@each_adapter
def test_what_is_no_file_of_the_states_is_unreadable_and_nothing_of_it_is_accepted(adapter) -> None:
    for body in (b"", b"\x00\xff\xfe binary", b"hello\nworld\n", b"x" * 10_000):
        verdict = adapter.verdict(body)
        assert verdict.accepted == 0
        assert verdict.findings
        assert verdict.is_readable is False


# Money ----------------------------------------------------------------------------------------------------------


@each_adapter
def test_above_the_ceilings_a_wage_costs_no_more_and_the_line_is_taken(adapter) -> None:
    components = schedule.resolve(adapter.code, PERIOD).components
    bounded = [number for number, part in enumerate(components) if part.ceiling_minor or part.cap_minor]
    assert bounded
    above, far_above = (
        assess(wage, 0, components).amounts_minor for wage in (adapter.above_ceiling, adapter.above_ceiling * 2)
    )
    assert [above[number] for number in bounded] == [far_above[number] for number in bounded]
    verdict = adapter.verdict(adapter.file(adapter.worker(1, adapter.above_ceiling)))
    assert (verdict.accepted, verdict.findings) == (1, ())


@each_adapter
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wages=st.lists(st.integers(1, 60_000), min_size=1, max_size=12))
def test_rounded_amounts_sum_to_the_files_total_whatever_the_wages(adapter, wages) -> None:
    workers = [adapter.worker(number, wage * 100) for number, wage in enumerate(wages, start=1)]
    unit = parse_amount(schedule.tables_of(adapter.code)["rounding"], currency_of(country_of(adapter.code).currency))
    for worker in workers:
        assert all(minor >= 0 and minor % unit == 0 for _, minor in worker.components)
    body = adapter.file(*workers)
    verdict = adapter.verdict(body)
    assert (verdict.accepted, verdict.wage_total_minor) == (len(wages), sum(worker.wage_minor for worker in workers))
    if adapter.form.limits.carries_amounts:
        filed = sum(sum(one.amounts_minor) for one in adapter.read_back(body))
        assert filed == sum(minor for worker in workers for _, minor in worker.components)


@each_adapter
def test_an_amount_that_is_not_what_was_assessed_never_leaves(adapter) -> None:
    if not adapter.form.limits.carries_amounts:
        pytest.skip("the state works the amounts out itself")
    worker = adapter.worker(1)
    wrong = tuple((code, minor + adapter.unit_minor) for code, minor in worker.components)
    for components in (wrong, ()):
        with pytest.raises(UnrenderableError):
            adapter.file(worker._replace(components=components))


# Files ----------------------------------------------------------------------------------------------------------


@each_adapter
def test_a_filing_that_is_too_long_becomes_several_whole_files_in_order(adapter) -> None:
    workers = [adapter.worker(number) for number in range(1, 8)]
    made, first_numbers, parts = [], [], []
    for file in adapter.form.render(adapter.head(7, max_lines_per_file=adapter.envelope + 3), iter(workers)):
        made.append((file.file_name, file.line_count, b"".join(file.chunks)))
        first_numbers.append(file.first_line_no)
        parts.append((file.part, file.part_count))
    assert ([count for _, count, _ in made], first_numbers) == ([3, 3, 1], [1, 4, 7])
    assert parts == [(1, 3), (2, 3), (3, 3)]
    assert len({name for name, _, _ in made}) == 3
    verdicts = [adapter.verdict(body) for _, _, body in made]
    assert sum(verdict.accepted for verdict in verdicts) == 7
    assert sum(verdict.wage_total_minor for verdict in verdicts) == sum(worker.wage_minor for worker in workers)
    documents = [one.document for _, _, body in made for one in adapter.read_back(body)]
    assert documents == [worker.document for worker in workers]


@each_adapter
@pytest.mark.parametrize("said", [1, 3], ids=["more than said", "fewer than said"])
def test_a_filing_of_another_number_of_people_than_its_head_says_is_not_written(adapter, said) -> None:
    with pytest.raises(UnrenderableError):
        for file in adapter.form.render(adapter.head(said), iter([adapter.worker(1), adapter.worker(2)])):
            b"".join(file.chunks)


@each_adapter
def test_a_files_name_is_safe_wherever_it_is_put(adapter) -> None:
    for name, _ in adapter.files(
        [adapter.worker(number) for number in (1, 2, 3)], max_lines_per_file=adapter.envelope + 1
    ):
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name)


@each_adapter
def test_the_same_filing_is_the_same_bytes(adapter) -> None:
    workers = [adapter.worker(number) for number in range(1, 2_500)]
    digests = {hashlib.sha256(adapter.file(*workers)).hexdigest() for _ in range(2)}
    assert len(digests) == 1
    assert hashlib.sha256(adapter.file(*reversed(workers))).hexdigest() not in digests


@each_adapter
def test_a_larger_filing_takes_no_more_memory_to_write(adapter) -> None:
    one = adapter.worker(1)
    everybody = [one._replace(document=adapter.document(number)) for number in range(1, 9_001)]

    def peak(count: int) -> int:
        people = iter(everybody[:count])
        tracemalloc.start()
        for file in adapter.form.render(adapter.head(count), people):
            for _ in file.chunks:
                pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(2_500)
    small, large = peak(2_500), peak(9_000)
    assert large < small * 1.5 + 200_000


# Names ----------------------------------------------------------------------------------------------------------


@each_adapter
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_written_in_the_states_letters(adapter, name) -> None:
    worker = adapter.worker(1, given_names=name)
    assert adapter.form.check(worker) == []
    body = adapter.file(worker)
    assert body.isascii()
    assert NAMES[name] in adapter.read_back(body)[0].name
    assert adapter.verdict(body).accepted == 1


@each_adapter
@pytest.mark.parametrize("name", UNWRITABLE)
def test_a_name_that_cannot_be_written_is_told_before_it_surprises(adapter, name) -> None:
    worker = adapter.worker(1, given_names=name)
    findings = adapter.form.check(worker)
    if not findings:
        # It is written, but as what it says and as one line.
        body = adapter.file(worker)
        assert adapter.verdict(body).accepted == 1
        assert len(adapter.read_back(body)) == 1
        assert name == "Ana\n"
        return
    assert all(finding.line is None and finding.field and finding.message for finding in findings)
    with pytest.raises(UnrenderableError) as refusal:
        adapter.file(worker)
    assert refusal.value.findings


# Answers --------------------------------------------------------------------------------------------------------


def channel_to(adapter, *answers):
    """Return a channel to a state that answers in turn."""
    waiting = list(answers)
    wire = httpx.MockTransport(lambda _request: httpx.Response(200, json=waiting.pop(0)))
    return state_channel(adapter.code, "http://state.test", "token", http=wire)


def standing_of(adapter, reference, status, **changes):
    zero = format_amount(0, currency_of(country_of(adapter.code).currency))
    return {
        "filing_id": str(reference), "reception_number": "R1", "kind": adapter.form.limits.kinds[0],
        "employer": adapter.employer, "period": str(PERIOD), "payrolls": [adapter.payroll], "group": None, "part": 1,
        "of": 1, "status": status, "state_status": "R" if status == "rejected" else "P", "code": "0", "message": "m",
        "counts": {"lines": 3, "accepted": 3, "rejected": 0},
        "totals": {
            "currency": country_of(adapter.code).currency, "declared_wage": zero, "accepted_wage": zero, "billed": zero,
        },
        "content_sha256": "0" * 64, "received_at": "2026-04-01T09:00:00+00:00",
        "answered_at": "2026-04-01T09:00:01+00:00", "errors": [], **changes,
    }  # fmt: skip


@each_adapter
def test_a_file_refused_whole_tells_each_bad_line_its_own_error(adapter) -> None:
    reference = uuid.uuid4()
    bad = adapter.damages[0].code
    errors = [
        {"line": 2, "column": 1, "field": "x", "code": bad, "message": "first"},
        {"line": 2, "column": 9, "field": "y", "code": bad, "message": "second"},
        {"line": 3, "column": 1, "field": "x", "code": "9Z7", "message": "never seen"},
        {"line": None, "code": "0", "message": "about the file"},
    ]
    counts = {"lines": 3, "accepted": 0, "rejected": 3}
    answer = standing_of(adapter, reference, "rejected", counts=counts, code=bad, errors=errors)
    standing = channel_to(adapter, answer).query(reference)
    assert standing is not None
    assert standing.is_answered
    assert standing.is_refused_whole
    assert standing.line_errors() == {2: (bad, "first"), 3: ("9Z7", "never seen")}


@each_adapter
def test_an_answer_by_line_keeps_amounts_kinds_and_codes_as_they_came(adapter) -> None:
    reference, worker = uuid.uuid4(), adapter.worker(1)
    country = country_of(adapter.code)
    unit, letter = currency_of(country.currency), country.identities[0].letter
    paid = [{"code": code, "amount": format_amount(minor, unit)} for code, minor in worker.components]
    total = sum(minor for _, minor in worker.components)
    line = {
        "line": 1, "payroll": adapter.payroll, "document_type": letter, "document": worker.document, "status": "accepted",
        "code": "0", "message": "m", "declared_wage": format_amount(worker.wage_minor, unit),
        "accepted_wage": format_amount(worker.wage_minor, unit), "additional_dependants": 0, "components": paid,
        "amount": format_amount(total, unit),
    }  # fmt: skip
    unknown = {**line, "line": 2, "status": "rejected", "code": "9Z7", "message": "Ñ" * 5_000, "document_type": "?"}
    head = standing_of(adapter, reference, "partly_accepted")
    kept = ("filing_id", "reception_number", "kind", "employer", "period", "counts", "totals")
    page = {**{name: head[name] for name in kept}, "lines": [line, unknown], "next_cursor": None}
    ((first, second),) = [page.lines for page in channel_to(adapter, page).lines(reference)]
    assert (first.document_kind, first.document, first.amount_minor) == (adapter.document_kind, worker.document, total)
    assert first.components == worker.components
    assert (second.code, len(second.message), second.document_kind) == ("9Z7", 5_000, "?")
    assert not adapter.form.explain(second.code).known


@each_adapter
def test_a_bills_components_sum_to_its_total_and_are_those_that_were_assessed(adapter) -> None:
    unit = currency_of(country_of(adapter.code).currency)
    workers = [adapter.worker(number) for number in range(1, 30)]
    sums = {code: sum(dict(worker.components)[code] for worker in workers) for code, _ in workers[0].components}
    total = sum(sums.values())
    notice = {
        "reference": "N1", "version": 1, "replaces": None, "replaced_by": None, "employer": adapter.employer,
        "period": str(PERIOD), "payroll": adapter.payroll, "status": "current", "issued_on": "2026-04-01",
        "due_on": "2026-04-15", "currency": unit.code, "line_count": 29,
        "components": [{"code": code, "amount": format_amount(minor, unit)} for code, minor in sums.items()],
        "total": format_amount(total, unit), "filings": [], "paid": format_amount(0, unit),
    }  # fmt: skip
    bill = channel_to(adapter, notice).notice("N1")
    assert dict(bill.components) == sums
    assert sum(minor for _, minor in bill.components) == bill.total_minor == total
    codes = [part.code for part in schedule.resolve(adapter.code, PERIOD).components]
    assert [code for code, _ in bill.components] == codes
    other = next(code for code in ("USD", "EUR") if code != unit.code)
    with pytest.raises(OutcomeUnknownError):
        channel_to(adapter, {**notice, "currency": other, "total": "1"}).notice("N1")


def test_a_country_without_a_folder_is_refused_by_name() -> None:
    with pytest.raises(Exception, match="no adapter for the state of 'zz'"):
        state_format("zz")
