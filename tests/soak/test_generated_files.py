"""Two thousand generated payroll files: what is written is read back as it was, and judged clean."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.authority.connect import state_format
from gateway.authority.protocol import DeclaredWorker, FilingHead
from gateway.demo.people import cedula
from gateway.kit.period import Period

FORM = state_format("do")
NAMES = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZÁÉÍÓÚÜÑ '-", min_size=1, max_size=30).filter(
    lambda name: name.strip(" '-") != ""
)


@pytest.mark.soak
@settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(1, 9_999_999), NAMES, NAMES, st.sampled_from("MF"), st.integers(100, 10**9)),
        min_size=1,
        max_size=12,
        unique_by=lambda worker: worker[0],
    ),
    st.integers(0, 40),
)
def test_a_written_file_is_judged_clean_and_its_wages_add_up(
    people: list[tuple[int, str, str, str, int]], months: int
) -> None:
    workers = [
        DeclaredWorker("001", "national_id", cedula(number), given_name, surname, "", sex, None, wage)
        for number, given_name, surname, sex, wage in people
    ]
    workers = [worker for worker in workers if not FORM.check(worker)]
    if not workers:
        return
    period = Period(2023, 1).plus(months)
    head = FilingHead("401999992", period, period.end, worker_count=len(workers))
    (body,) = [b"".join(file.chunks) for file in FORM.render(head, iter(workers), iter(()))]
    told = FORM.check_file(io.BytesIO(body)).as_dict()
    assert (told["status"], told["rejected"], told["findings"]) == ("P", 0, [])
    assert told["wage_total_minor"] == sum(worker.wage_minor for worker in workers)
    assert told["lines"] == len(workers)
