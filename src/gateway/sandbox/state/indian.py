"""The Indian provident fund as a realm: one bad line and nothing of a file is taken; its bill is a challan."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.kit.money import currency_of
from gateway.sandbox.script import Rule
from gateway.sandbox.state.ecr import FIRST_MONTH, Member, read_lines, read_member
from gateway.sandbox.state.realm import ACCEPTED, CHANGED, NOTHING, REJECTED, Inspection, Realm, Row, Verdicts
from gateway.sandbox.state.registers import declared_before, inactive_payrolls, period_id_of
from gateway.sandbox.state.tampering import forced_verdicts

if TYPE_CHECKING:
    from gateway.sandbox.state.core import State

CHUNK = 10_000
_KNOWN = "1000"
"""Nobody real is here: a UAN that begins so counts as registered, unless it was scripted away."""
_DUE_DAY = 15
MESSAGES = {
    "": "No description",
    "0": "Accepted",
    "FIELDS": "Record does not have 11 fields separated by #~#",
    "UAN": "UAN should be 12 digits",
    "NAME": "Member name should have only letters, space and dot, up to 85",
    "GROSS_WAGES": "Gross wages should be a whole number",
    "EPF_WAGES": "EPF wages should be a whole number not above gross wages",
    "EPS_WAGES": "EPS wages should be zero or EPF wages up to 15000",
    "EDLI_WAGES": "EDLI wages should not exceed EPF wages or 15000",
    "EPF_CONTRIBUTION": "EPF contribution should be 12 % of EPF wages",
    "EPS_CONTRIBUTION": "EPS contribution should be 8.33 % of EPS wages, up to 1250",
    "EPF_EPS_DIFFERENCE": "Difference should be the employer's 12 % less the EPS contribution",
    "NCP_DAYS": "NCP days should not exceed the days of a month",
    "REFUND": "Refund of advances should be a whole number",
    "DUPLICATE": "UAN occurs more than once in the file",
    "UAN_UNKNOWN": "UAN is not in the register",
    "UAN_INACTIVE": "Member is not active with this establishment",
    "ALREADY_FILED": "Member is in an approved return for this wage month",
    "EMPTY": "File has no record",
    "NOT_IMPORTED": "File is not imported because of errors in it",
    "EMPLOYER_INACTIVE": "Establishment is not active",
    "MONTH": "Wage month cannot be filed",
}


def _inspect(path: Path, *, kind: str, employer: str, period: str, lengths: Sequence[int]) -> Inspection:  # noqa: ARG001 - every realm is called alike
    found, seen = Inspection(most_errors=1_000_000), set[str]()
    for number, line in read_lines(path):
        found.details = number
        uan = line[:12]
        if uan in seen:
            found.repeated.add(uan)
        seen.add(uan)
    if not found.details:
        found.complain(1, 1, "record", MESSAGES["EMPTY"], "EMPTY")
    return found


def _judge(
    state: "State", filing: Any, found: Inspection, path: Path, rules: Sequence[Rule]
) -> Iterator[list[Row]]:  # fmt: skip
    register, period_id = state.register(), period_id_of(state, filing)
    forced = forced_verdicts(rules, state.options.seed, found.details, first=1)
    payroll = min(found.payrolls)
    inactive = payroll in inactive_payrolls(state)
    connection = state.store.read()
    lines = read_lines(path)

    def refusal(member: Member, taken: Any) -> str | None:
        if member.uan in found.repeated:
            return "DUPLICATE"
        if register.says("not_registered", member.uan) or not (register.is_open or member.uan.startswith(_KNOWN)):
            return "UAN_UNKNOWN"
        if inactive or register.says("not_active", member.uan):
            return "UAN_INACTIVE"
        return "ALREADY_FILED" if taken else None

    while chunk := list(islice(lines, CHUNK)):
        known = declared_before(connection, period_id, filing["seq"], ["U" + line[:12] for _, line in chunk])
        rows: list[Row] = []
        for number, line in chunk:
            member = read_member(line)
            code = member if isinstance(member, str) else refusal(member, known.get("U" + member.uan))
            wage = 0 if isinstance(member, str) else member.epf * 100
            order = forced(number, line[:12], wage) if forced and code is None else None
            if order is not None and order[0] != "0":
                code = order[0]
            if code is not None or isinstance(member, str):
                rows.append((number, payroll, "U", line[:12], REJECTED, code or "0", wage, 0, 0, *NOTHING))
                continue
            rows.append(_taken(number, payroll, member, wage, wage if order is None else order[1]))
        yield rows


def _taken(number: int, payroll: str, member: Member, declared: int, accepted: int) -> Row:
    own, pension, rest = member.own * 100, member.pension * 100, member.rest * 100
    if accepted != declared:
        # Scripted: the fund takes another wage than was filed, and its own amounts for it.
        rupees = accepted // 100
        twelve = (rupees * 12 + 50) // 100
        fewer = min((min(rupees, 15_000) * 833 + 5000) // 10000, 1_250) if member.eps else 0
        own, pension, rest = twelve * 100, fewer * 100, (twelve - fewer) * 100
    status = ACCEPTED if accepted == declared else CHANGED
    return (number, payroll, "U", member.uan, status, "0", declared, accepted, 0, own, pension, rest, 0, 0, 0, 0)


def _due_day(period: str) -> dt.date:
    year, month = int(period[:4]), int(period[5:])
    return dt.date(year + month // 12, month % 12 + 1, _DUE_DAY)


INDIAN = Realm(
    country="in",
    currency=currency_of("INR"),
    zone=dt.timezone(dt.timedelta(hours=5, minutes=30)),
    lengths={"ECR": ()},
    editions={"ECR": "2.0"},
    max_bytes=999_999 * 300,
    employer=re.compile("[A-Z0-9]{7,22}"),
    employer_words="7 to 22 capitals and digits",
    components=("epf_worker", "eps_employer", "epf_employer_difference"),
    late=("damages", "interest"),
    spoiled=1,
    messages=MESSAGES,
    changed="Accepted with another wage",
    verdicts=Verdicts(
        structure="NOT_IMPORTED", employer_inactive="EMPLOYER_INACTIVE", period="MONTH", some="NOT_IMPORTED",
        none="NOT_IMPORTED",
    ),
    first_period=FIRST_MONTH,
    first_line=1,
    is_all_or_nothing=True,
    undated=frozenset({"ECR"}),
    has_tariff=lambda period: period >= FIRST_MONTH,
    due_day=_due_day,
    lateness=lambda _unpaid, _due_on, _today: 0,
    notice_reference=lambda period, number: f"{period[2:4]}{period[5:]}{number:09d}",
    inspect=_inspect,
    judge=_judge,
)  # fmt: skip
