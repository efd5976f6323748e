"""The sandbox state reads files by their published positions and answers each line by the published codes."""

import uuid
from collections import Counter

import pytest
from tests.processes import RunningState
from tests.sandbox.tss_files import (
    amount,
    answered,
    cedula,
    dependant,
    dependants_file,
    detail,
    digest,
    payroll_file,
    put,
)

WAGE = 2_322_300
BAD = amount(0).replace("0", "X", 1)
LINE_ERRORS = {
    "a cédula whose check digit is wrong": ("24", {"document": "99900000012"}),
    "a cédula outside the range that was never issued": ("24", {"document": "00113918205"}),
    "a cédula of ten digits": ("101", {"document": "9990000001"}),
    "an unknown kind of document": ("101", {"kind": "X"}),
    "payroll key 000": ("155", {"payroll": "000"}),
    "payroll key 999": ("155", {"payroll": "999"}),
    "a wage that is no amount": ("156", {"wage": BAD}),
    "a voluntary contribution that is no amount": ("157", {"voluntary": BAD}),
    "an income-tax wage that is no amount": ("158", {"isr": BAD}),
    "an INFOTEP wage that is no amount": ("321", {"infotep": BAD}),
    "an unknown income type": ("572", {"income": "0009"}),
    "nothing but zeros": ("188", {"wage": amount(0)}),
    "a passport without names": ("105", {"kind": "P", "document": "AB123456", "given": ""}),
    "a passport without a surname": ("106", {"kind": "P", "document": "AB123457", "surname": ""}),
    "a passport without sex": ("107", {"kind": "P", "document": "AB123458", "sex": " "}),
    "a passport born on the 31st of June": ("108", {"kind": "P", "document": "AB123459", "birth": "31061990"}),
    "a name in small letters": ("PY1", {"given": "ana"}),
    "a withholding agent of eight digits": ("PY1", {"agent": "12345678"}),
}


def test_every_line_is_answered_by_its_own_fault_and_the_rest_go_on(
    state: RunningState, employer: str, first: int
) -> None:
    details = []
    for number, (_, changed) in enumerate(LINE_ERRORS.values()):
        fields = dict(changed)
        document = fields.pop("document", cedula(first + number))
        details.append(detail(document, WAGE, **fields))
    good = [detail(cedula(first + 500), WAGE), detail("PA-77", WAGE, kind="P"), detail("1234567", WAGE, kind="N")]
    filing, lines = answered(state, payroll_file([*details, *good], employer=employer), employer)
    found = {name: line["code"] for name, line in zip(LINE_ERRORS, lines, strict=False)}
    assert found == {name: code for name, (code, _) in LINE_ERRORS.items()}
    assert [line["status"] for line in lines[-3:]] == ["accepted"] * 3
    assert (filing["status"], filing["state_status"], filing["code"]) == ("partly_accepted", "P", "250")
    assert filing["counts"] == {"lines": len(LINE_ERRORS) + 3, "accepted": 3, "rejected": len(LINE_ERRORS)}
    assert filing["totals"]["billed"] == "14769.81"


def test_a_clean_file_is_accepted_and_one_without_any_good_line_rejected(
    state: RunningState, employer: str, first: int
) -> None:
    clean, _ = answered(state, payroll_file([detail(cedula(first), WAGE)], employer=employer), employer)
    assert (clean["status"], clean["state_status"], clean["code"]) == ("accepted", "P", "0")
    none, _ = answered(state, payroll_file([detail("00113918205", WAGE)], employer=employer), employer)
    assert (none["status"], none["state_status"], none["code"]) == ("rejected", "R", "301")


def test_a_line_names_its_components_and_they_sum_to_its_amount(state: RunningState, employer: str, first: int) -> None:
    body = payroll_file([detail(cedula(first), WAGE, voluntary=amount(10_001))], employer=employer)
    _, [line] = answered(state, body, employer)
    components = {one["code"]: one["amount"] for one in line["components"]}
    assert components == {
        "health_worker": "705.98", "health_employer": "1646.51", "pension_worker": "666.50",
        "pension_employer": "1648.83", "work_risk": "255.45", "additional_dependants": "0.00", "voluntary": "100.01",
    }  # fmt: skip
    assert line["amount"] == "5023.28"


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_any_line_ending_is_read(state: RunningState, employer: str, first: int, ending: str) -> None:
    body = payroll_file([detail(cedula(first), WAGE)], employer=employer).replace(b"\r\n", ending.encode())
    filing, _ = answered(state, body, employer)
    assert filing["code"] == "0"


@pytest.mark.parametrize(("length", "code"), [(292, "0"), (308, "0"), (312, "0"), (311, "PY1"), (330, "PY1")])
def test_details_have_one_of_the_published_lengths(
    state: RunningState, employer: str, first: int, length: int, code: str
) -> None:
    line = detail(cedula(first), WAGE).ljust(330)[:length]
    filing, _ = answered(state, payroll_file([line], employer=employer), employer)
    assert filing["code"] == code


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        ("01" + amount(100), "0"),
        ("01" + amount(100) + "02" + amount(5) + "03" + amount(7), "0"),
        ("02" + amount(5) + "01" + amount(100), "PY1"),
        ("01" + amount(0), "PY1"),
        ("04" + amount(5), "PY1"),
    ],
)
def test_exempt_blocks_stand_in_order_and_above_zero(
    state: RunningState, employer: str, first: int, blocks: str, code: str
) -> None:
    body = payroll_file([detail(cedula(first), WAGE, blocks=blocks)], employer=employer)
    filing, _ = answered(state, body, employer)
    assert filing["code"] == code


STRUCTURAL = {
    "a summary that miscounts": (lambda lines: [*lines[:-1], "S000099"], 3),
    "something after the summary": (lambda lines: [*lines, lines[1]], 4),
    "an empty line after the summary": (lambda lines: [*lines, ""], 4),
    "no summary": (lambda lines: lines[:-1], 2),
    "a second header": (lambda lines: [lines[0], lines[0], *lines[1:]], 2),
    "another letter": (lambda lines: [lines[0], "X" + lines[1][1:], lines[2]], 2),
    "a header of another kind": (lambda lines: ["ENV" + lines[0][3:], *lines[1:]], 1),
    "a header of another month": (lambda lines: [lines[0][:14] + "022026", *lines[1:]], 1),
    "a header of another employer": (lambda lines: ["EAM" + "401000000".rjust(11) + lines[0][14:], *lines[1:]], 1),
    "a detail that is a character short": (lambda lines: [lines[0], lines[1][:-1], lines[2]], 2),
}


@pytest.mark.parametrize("name", STRUCTURAL)
def test_a_structural_error_rejects_the_whole_file_and_says_where(
    state: RunningState, employer: str, first: int, name: str
) -> None:
    change, line_no = STRUCTURAL[name]
    whole = payroll_file([detail(cedula(first), WAGE)], employer=employer).decode("latin-1").split("\r\n")[:-1]
    body = "".join(f"{line}\r\n" for line in change(whole)).encode("latin-1")
    filing, lines = answered(state, body, employer)
    assert (filing["status"], filing["code"], lines) == ("rejected", "PY1", [])
    assert filing["errors"][0]["line"] == line_no
    assert filing["totals"]["billed"] == "0.00"


def test_a_person_twice_in_a_payroll_loses_all_her_lines(state: RunningState, employer: str, first: int) -> None:
    twice = [detail(cedula(first), WAGE), detail(cedula(first + 1), WAGE), detail(cedula(first), WAGE + 100)]
    _, lines = answered(state, payroll_file(twice, employer=employer), employer)
    assert [line["code"] for line in lines] == ["422", "0", "422"]


def test_a_person_accepted_before_is_a_duplicate_in_a_later_file(
    state: RunningState, employer: str, first: int
) -> None:
    answered(state, payroll_file([detail(cedula(first), WAGE)], employer=employer), employer)
    later = payroll_file([detail(cedula(first), WAGE), detail(cedula(first + 1), WAGE)], employer=employer)
    _, lines = answered(state, later, employer)
    assert [line["code"] for line in lines] == ["422", "0"]


def test_wages_in_two_payrolls_are_summed_and_bounded_together(state: RunningState, employer: str, first: int) -> None:
    top = 9_289_200
    both = [detail(cedula(first), top - 100), detail(cedula(first), 1_000_000, payroll="002")]
    _, lines = answered(state, payroll_file(both, employer=employer), employer)
    risk = [next(c["amount"] for c in line["components"] if c["code"] == "work_risk") for line in lines]
    assert risk == ["1021.80", "0.01"]
    third = payroll_file([detail(cedula(first), 1_000_000, payroll="003")], employer=employer)
    _, [line] = answered(state, third, employer)
    assert next(c["amount"] for c in line["components"] if c["code"] == "work_risk") == "0.00"
    assert next(c["amount"] for c in line["components"] if c["code"] == "health_worker") == "304.00"


@pytest.mark.parametrize("period", ["2026-05", "2021-07", "2002-12"])
def test_a_month_that_cannot_be_filed_is_answered_252(
    state: RunningState, employer: str, first: int, period: str
) -> None:
    body = payroll_file([detail(cedula(first), WAGE)], period=period, employer=employer)
    filing, _ = answered(state, body, employer, period=period)
    assert (filing["status"], filing["code"]) == ("rejected", "252")


def test_what_the_state_was_told_of_persons_and_payrolls_decides(
    state: RunningState, employer: str, first: int
) -> None:
    state.control(
        "PUT",
        "register",
        {
            "not_registered": [cedula(first)], "not_active": [cedula(first + 1)], "nss_of_nobody": ["77"],
            "inactive_payrolls": ["444"],
        },
    )  # fmt: skip
    details = [
        detail(cedula(first), WAGE), detail(cedula(first + 1), WAGE), detail("77", WAGE, kind="N"),
        detail(cedula(first + 2), WAGE, payroll="444"), detail(cedula(first + 3), WAGE),
    ]  # fmt: skip
    _, lines = answered(state, payroll_file(details, employer=employer), employer)
    assert [line["code"] for line in lines] == ["24", "514", "417", "194", "0"]


def test_an_employer_may_be_inactive_or_unknown(state: RunningState, employer: str, first: int) -> None:
    body = payroll_file([detail(cedula(first), WAGE)], employer=employer)
    state.control("PUT", "employers", {employer: {"status": "inactive"}})
    filing, _ = answered(state, body, employer)
    assert (filing["status"], filing["code"]) == ("rejected", "150")
    state.control("PUT", "employers", {employer: {"status": "unknown"}})
    refused = put(state.client, body, employer=employer)
    assert (refused.status_code, refused.json()["code"]) == (422, "employer_unknown")


class TestDependants:
    """RD files."""

    def test_who_is_added_is_billed_with_the_holder_until_removed(
        self, state: RunningState, employer: str, first: int
    ) -> None:
        holder = cedula(first)
        added = [dependant(holder, cedula(first + 1)), dependant(holder, cedula(first + 2))]
        filing, lines = answered(state, dependants_file(added, employer), employer, kind="RD", period="2026-04")
        assert filing["code"] == "0"
        assert [(line["document"], line["amount"]) for line in lines] == [(holder, "0.00")] * 2
        _, [line] = answered(state, payroll_file([detail(holder, WAGE)], employer=employer), employer)
        assert line["additional_dependants"] == 2
        assert line["amount"] == "8762.83"
        answered(state, dependants_file([dependant(holder, cedula(first + 1), "SD")], employer), employer, kind="RD")
        body = payroll_file([detail(holder, WAGE)], period="2026-02", employer=employer)
        _, [line] = answered(state, body, employer, period="2026-02")
        assert line["additional_dependants"] == 1

    def test_who_is_added_removed_and_added_again_is_no_repetition_but_the_same_file_twice_is(
        self, state: RunningState, employer: str, first: int
    ) -> None:
        add, remove = (
            dependants_file([dependant(cedula(first), cedula(first + 1), event)], employer) for event in ("ID", "SD")
        )
        for body in (add, remove, add):
            filing, _ = answered(state, body, employer, kind="RD")
            assert filing["code"] == "0"
        refused = put(state.client, add, employer=employer, kind="RD")
        assert (refused.status_code, refused.json()["code"]) == (409, "duplicate_content")

    def test_each_fault_has_its_code(self, state: RunningState, employer: str, first: int) -> None:
        holder, other = cedula(first), cedula(first + 1)
        answered(state, payroll_file([detail(cedula(first + 9), WAGE)], employer=employer), employer)
        answered(state, dependants_file([dependant(holder, cedula(first + 2))], employer), employer, kind="RD")
        state.control(
            "PUT",
            "register",
            {
                "active_elsewhere": [cedula(first + 3)],
                "not_in_family": [cedula(first + 4)],
                "working": [cedula(first + 5)],
            },
        )
        cases = [
            ("191", dependant(holder, cedula(first + 2)).replace("LUZ", "SOL")),
            ("112", dependant(other, cedula(first + 2))),
            ("112", dependant(holder, cedula(first + 3))),
            ("195", dependant(holder, cedula(first + 4))),
            ("120", dependant(holder, cedula(first + 5))),
            ("120", dependant(holder, cedula(first + 9))),
            ("192", dependant(holder, holder)),
            ("110", dependant(holder, "00113918205")),
            ("111", dependant("00113918205", cedula(first + 6))),
            ("115", dependant(holder, cedula(first + 7), "SD")),
            ("164", dependant(holder, cedula(first + 8), "XX")),
            ("101", dependant(holder, "123")),
        ]
        # The same dependant twice in one file is a duplicate in the later line, so each case is a file of its own.
        for code, line in cases:
            _, [found] = answered(state, dependants_file([line], employer), employer, kind="RD")
            assert found["code"] == code, line[:31]

    def test_of_a_dependant_twice_in_a_file_only_the_later_line_is_refused(
        self, state: RunningState, employer: str, first: int
    ) -> None:
        lines = [dependant(cedula(first), cedula(first + 1))] * 2
        _, found = answered(state, dependants_file(lines, employer), employer, kind="RD")
        assert [line["code"] for line in found] == ["0", "422"]


class TestMovements:
    """NV files."""

    @staticmethod
    def movement(document: str, event: str = "IN", start: str = "15042026", end: str = "") -> str:
        return (
            f"D001{event}{start}{end:<8}C{document:<25}{'ANA':<50}{'PEREZ':<40}{'':<40}F{'03071990':<8}"
            f"{amount(WAGE)}{amount(0)}{amount(0)}{amount(0)}{'':<11}{amount(0)}{amount(0)}{amount(0)}{amount(0)}0001"
        )

    def test_movements_are_answered_and_bill_nothing(self, state: RunningState, employer: str, first: int) -> None:
        cases = [
            ("0", self.movement(cedula(first))),
            ("164", self.movement(cedula(first + 1), event="ZZ")),
            ("39", self.movement(cedula(first + 2), start="31042026")),
            ("39", self.movement(cedula(first + 3), start="02052026")),
            ("39", self.movement(cedula(first + 4), event="LM", start="10042026", end="09042026")),
            ("0", self.movement(cedula(first + 5), event="LM", start="10042026", end="10072026")),
            ("24", self.movement("00113918205")),
        ]
        body = payroll_file([line for _, line in cases], period="2026-04", employer=employer, kind="NV")
        filing, lines = answered(state, body, employer, kind="NV", period="2026-04")
        assert [line["code"] for line in lines] == [code for code, _ in cases]
        assert filing["totals"]["billed"] == "0.00"


class TestReception:
    """PUT /filings/{filing_id}."""

    def test_the_same_id_and_bytes_are_one_filing_however_often_they_are_sent(
        self, state: RunningState, employer: str, first: int
    ) -> None:
        before = state.effects()
        body, filing_id = payroll_file([detail(cedula(first), WAGE)], employer=employer), str(uuid.uuid4())
        answers = [put(state.client, body, filing_id, employer=employer).json() for _ in range(3)]
        assert [one["duplicate"] for one in answers] == [False, True, True]
        assert len({(one["reception_number"], one["received_at"]) for one in answers}) == 1
        state.settle()
        grown = Counter(state.effects())
        grown.subtract(before)
        assert (grown["filings_received"], grown["filings_repeated"], grown["lines_accepted"]) == (1, 2, 1)

    def test_the_same_id_with_other_bytes_is_refused(self, state: RunningState, employer: str, first: int) -> None:
        filing_id = str(uuid.uuid4())
        put(state.client, payroll_file([detail(cedula(first), WAGE)], employer=employer), filing_id, employer=employer)
        other = payroll_file([detail(cedula(first), WAGE + 1)], employer=employer)
        refused = put(state.client, other, filing_id, employer=employer)
        assert (refused.status_code, refused.json()["code"]) == (409, "filing_id_reused")

    def test_the_same_bytes_under_another_id_are_a_duplicate_unless_the_first_was_rejected(
        self, state: RunningState, employer: str, first: int
    ) -> None:
        body = payroll_file([detail(cedula(first), WAGE)], employer=employer)
        filing, _ = answered(state, body, employer)
        refused = put(state.client, body, employer=employer)
        assert (refused.status_code, refused.json()["code"]) == (409, "duplicate_content")
        assert refused.json()["duplicate_of"] == filing["filing_id"]
        rejected = payroll_file([detail("00113918205", WAGE)], employer=employer)
        answered(state, rejected, employer)
        assert put(state.client, rejected, employer=employer).status_code == 202

    @pytest.mark.parametrize(
        ("changed", "status", "code"),
        [
            ({"kind": "XX"}, 422, "kind_unknown"),
            ({"kind": None}, 422, "kind_unknown"),
            ({"period": "2026-13"}, 422, "parameter_invalid"),
            ({"employer": "12"}, 422, "parameter_invalid"),
            ({"part": 3, "of": 2}, 422, "parameter_invalid"),
            ({"group": "x"}, 400, "request_malformed"),
        ],
    )
    def test_parameters_are_asked_strictly(
        self, state: RunningState, changed: dict[str, object], status: int, code: str
    ) -> None:
        refused = put(state.client, b"x", **changed)
        assert (refused.status_code, refused.json()["code"]) == (status, code)

    def test_the_digest_must_be_there_and_be_the_one_of_the_body(self, state: RunningState, employer: str) -> None:
        url, query = f"/filings/{uuid.uuid4()}", {"kind": "AM", "employer": employer, "period": "2026-03"}
        missing = state.client.put(url, params=query, content=b"x")
        wrong = state.client.put(url, params=query, content=b"x", headers={"Content-Digest": digest(b"y")})
        assert [missing.json()["code"], wrong.json()["code"]] == ["digest_missing", "digest_mismatch"]
        assert state.client.get(url).json()["code"] == "filing_not_found"

    def test_an_idempotency_key_stands_for_one_filing(self, state: RunningState, employer: str, first: int) -> None:
        body = payroll_file([detail(cedula(first), WAGE)], employer=employer)
        headers = {"Content-Digest": digest(body), "Idempotency-Key": f'"{employer}"'}
        query, filing_id = {"kind": "AM", "employer": employer, "period": "2026-03"}, uuid.uuid4()
        for _ in range(2):
            sent = state.client.put(f"/filings/{filing_id}", params=query, content=body, headers=headers)
            assert sent.status_code == 202
        other = state.client.put(f"/filings/{uuid.uuid4()}", params=query, content=body, headers=headers)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    def test_nobody_without_the_token_gets_in(self, state: RunningState) -> None:
        refused = state.client.get("/limits", headers={"Authorization": "Bearer no"})
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthorised")
        assert refused.headers["www-authenticate"] == "Bearer"

    def test_what_never_arrived_is_proven_absent(self, state: RunningState) -> None:
        absent = state.client.get(f"/filings/{uuid.uuid4()}")
        assert (absent.status_code, absent.json()["code"]) == (404, "filing_not_found")
        assert (absent.json()["outcome"], absent.json()["retryable"]) == ("not_done", True)
        elsewhere = state.client.get("/nowhere")
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "path_not_found")

    def test_lines_come_in_pages_that_repeat_the_totals(self, state: RunningState, employer: str, first: int) -> None:
        body = payroll_file([detail(cedula(first + n), WAGE + n) for n in range(25)], employer=employer)
        filing, lines = answered(state, body, employer)
        url, seen, cursor = f"/filings/{filing['filing_id']}/lines", [], None
        while True:
            page = state.client.get(url, params={"limit": 10, **({"cursor": cursor} if cursor else {})}).json()
            assert page["totals"] == filing["totals"]
            assert page["counts"] == filing["counts"]
            seen += page["lines"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == lines
        assert [line["line"] for line in seen] == list(range(2, 27))
        assert state.client.get(url, params={"cursor": "foreign"}).json()["code"] == "parameter_invalid"
        assert state.client.get(url, params={"limit": 0}).json()["code"] == "parameter_invalid"
