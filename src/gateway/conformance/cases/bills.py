"""The state's bill: what it names, what it adds up to, how it changes, and that it was paid."""

import datetime as dt
import time
from typing import Any

from gateway.conformance.bench import Bench, Sent, part
from gateway.conformance.case import Departure, NotTried, case
from gateway.conformance.cases.service import next_year

_NOTICE = "components › schemas › Notice › properties"
_PAYMENTS = "paths › /notices/{reference}/payments › get › description"
_CODES = "components › schemas › Problem › properties › code › description"
_PAYABLE = ("current", "overdue", "recalculated")


def _of(notice: dict[str, Any], sent: Sent) -> list[dict[str, Any]]:
    return [one for one in notice["filings"] if one.get("filing_id") == sent.filing_id]


@case("notices.issued", f"{_NOTICE} › filings › items › required", "filing_id", needs=["submit.large"])
def issued(bench: Bench) -> None:
    """What was accepted is billed: the month's bill names the filing, its lines and its amount."""
    sent: Sent = bench.kept["large"]
    notice = bench.notice_with(sent)
    bench.kept["notice"] = notice
    told = {"employer": bench.employer, "period": str(bench.period), "payroll": bench.payroll}
    for name, value in {**told, "currency": bench.currency.code}.items():
        bench.same(name, notice.get(name), value)
    first, *_ = _of(notice, sent)
    billed = bench.minor(bench.member(bench.kept["large.answer"], "totals", (dict,)), "billed")
    bench.same("filings[].line_count", first.get("line_count"), len(sent.file.documents))
    bench.same("filings[].amount", bench.minor(first, "amount"), billed)


@case("notices.adds-up", f"{_NOTICE} › total › description", "The sum of the components; exactly this is to be paid", needs=["notices.issued"])  # fmt: skip
def adds_up(bench: Bench) -> None:
    """The parts of a bill add up to its total."""
    for notice in bench.notices():
        parts = bench.member(notice, "components", (list,))
        added = sum(bench.minor(one, "amount") for one in parts)
        bench.same(f"{notice.get('reference')}: total", bench.minor(notice, "total"), added)


@case("notices.from-lines", "components › schemas › Line › properties › amount › description", "What this line adds to the notice", needs=["notices.issued", "lines.components"])  # fmt: skip
def from_lines(bench: Bench) -> None:
    """A bill asks for what its filings' lines add to it, component by component, and nothing else of theirs."""
    notice, codes = bench.notice_with(bench.kept["large"]), bench.kept["codes"]
    billed = [one for one in bench.member(notice, "components", (list,)) if one.get("code") in codes]
    filings = bench.member(notice, "filings", (list,))
    bench.same("line_count", notice.get("line_count"), sum(bench.member(one, "line_count", (int,)) for one in filings))
    of_lines = sum(bench.minor(one, "amount") for one in filings)
    bench.same("components", sum(bench.minor(one, "amount") for one in billed), of_lines)


@case("notices.once", "info › description", "The same id with the same bytes is the same filing, however often it is sent", needs=["notices.issued"])  # fmt: skip
def once(bench: Bench) -> None:
    """A filing that was sent several times is billed once."""
    sent = [bench.kept[name] for name in ("repeated", "at_once") if name in bench.kept]
    for one in sent:
        answer = bench.answer_of(one)
        found = _of(bench.notice_with(one), one)
        if len(found) != 1:
            raise Departure("billed_twice", filing_id=one.filing_id, times=len(found))
        billed = bench.minor(bench.member(answer, "totals", (dict,)), "billed")
        bench.same("filings[].amount", bench.minor(found[0], "amount"), billed)


@case("notices.due", f"{_NOTICE} › due_on › format", "date", needs=["notices.issued"])
def due(bench: Bench) -> None:
    """A bill says until when it is to be paid, and is overdue after that day, not before."""
    notice = bench.notice_with(bench.kept["large"])
    due_on, issued_on = (_day(bench, notice, name) for name in ("due_on", "issued_on"))
    if due_on < bench.period.start or issued_on < bench.period.start:
        raise Departure("value", name="due_on", got=str(due_on), wanted=f"> {bench.period.start}")
    if notice.get("status") in ("current", "overdue"):
        bench.same("status", notice.get("status"), "overdue" if due_on < bench.today else "current")


def _day(bench: Bench, value: dict[str, Any], name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(bench.member(value, name, (str,)))
    except ValueError:
        raise Departure("member", name=name) from None


@case("notices.one", "paths › /notices/{reference} › get › summary", "One payment notice", needs=["notices.issued"])
def one_notice(bench: Bench) -> None:
    """A bill asked for by its reference is the one that is listed."""
    listed = bench.notice_with(bench.kept["large"])
    alone = bench.get(f"notices/{part(listed['reference'])}")
    if alone != listed:
        raise Departure("not_the_same")


@case("notices.unknown", _CODES, "`notice_not_found`")
def unknown(bench: Bench) -> None:
    """A reference that was never given is not there, nor are its payments."""
    for name in ("notices/no-such-notice", "notices/no-such-notice/payments"):
        bench.refused(bench.call("GET", name), 404, "notice_not_found")


@case("notices.none", "paths › /notices › get › responses › 200 › description", "an empty list if none was issued yet")
def none(bench: Bench) -> None:
    """A month without a bill has an empty list."""
    bench.same("notices", bench.notices(next_year(bench)), [])


@case("notices.parameters", "components › schemas › Period › pattern", "^[0-9]{4}-(0[1-9]|1[0-2])$")
def parameters(bench: Bench) -> None:
    """A question without an employer, or about no month, is refused."""
    for query in ({"employer": bench.employer, "period": "2026-13"}, {"period": str(bench.period)}):
        bench.refused(bench.call("GET", "notices", query=query), 422, "parameter_invalid")


@case("notices.supplement", f"{_NOTICE} › version › description", "Goes up with every recalculation under this reference", needs=["notices.issued"])  # fmt: skip
def supplement(bench: Bench) -> None:
    """What is filed besides changes the unpaid bill: a new version of it, or a new bill beside or in its place."""
    before = bench.notice_with(bench.kept["large"])
    sent = bench.submit(bench.file(1))
    answer = bench.answer_of(sent)
    bench.same("status", answer.get("status"), "accepted")
    after = bench.notice_with(sent)
    billed = bench.minor(bench.member(answer, "totals", (dict,)), "billed")
    bench.kept["notice"] = after
    if after.get("reference") != before.get("reference"):
        if after.get("replaces") not in (None, before.get("reference")):
            bench.same("replaces", after.get("replaces"), before.get("reference"))
        return
    if bench.member(after, "version", (int,)) <= bench.member(before, "version", (int,)):
        raise Departure("value", name="version", got=after["version"], wanted=f"> {before['version']}")
    # Lateness is charged on what is billed, so the total may grow by more than the supplement.
    if bench.minor(after, "total") < bench.minor(before, "total") + billed:
        raise Departure("value", name="total", got=after["total"], wanted=f">= {before['total']} + {billed}")


@case("payments.none", _PAYMENTS, "The confirmation of payment.", needs=["notices.issued"])
def no_payment(bench: Bench) -> None:
    """Of an unpaid bill it is said that nothing was received."""
    notice = bench.kept["notice"]
    found = bench.get(f"notices/{part(notice['reference'])}/payments")
    for name in ("reference", "employer", "period", "currency"):
        bench.same(name, found.get(name), notice.get(name))
    confirmed = [one for one in bench.member(found, "payments", (list,)) if one.get("status") == "confirmed"]
    bench.same("paid", bench.minor(found, "paid"), sum(bench.minor(one, "amount") for one in confirmed))


@case("payments.confirmed", _PAYMENTS, "A payment the bank announced and the state has not booked yet is `received`.", needs=["payments.none"])  # fmt: skip
def confirmed(bench: Bench) -> None:
    """A bill that was paid says so: its status, what was paid, and the payment with the bank's number."""
    if bench.target.when_billed is None:
        raise NotTried("no_when_billed")
    notice = bench.get(f"notices/{part(bench.kept['notice']['reference'])}")
    facts = {"NOTICE": notice["reference"], "AMOUNT": notice["total"], "CURRENCY": bench.currency.code}
    facts |= {"EMPLOYER": bench.employer, "PERIOD": str(bench.period), "TODAY": bench.today.isoformat()}
    bench.ask_her(bench.target.when_billed, **facts)
    end = time.monotonic() + bench.target.wait
    while True:
        del bench.exchanges[20:-1]
        found = bench.get(f"notices/{part(notice['reference'])}/payments")
        payments = bench.member(found, "payments", (list,))
        booked = [one for one in payments if one.get("status") == "confirmed"]
        if booked:
            break
        if time.monotonic() > end:
            raise Departure("not_confirmed", seconds=bench.target.wait, reference=notice["reference"])
        time.sleep(0.1)
    bench.same("paid", bench.minor(found, "paid"), sum(bench.minor(one, "amount") for one in booked))
    bench.same("total", bench.minor(found, "total"), bench.minor(notice, "total"))
    if not all(one.get("authorisation") and one.get("confirmed_at") for one in booked):
        raise Departure("member", name="authorisation, confirmed_at")
    now = bench.get(f"notices/{part(notice['reference'])}")
    bench.same("status", (found.get("status"), now.get("status")), ("paid", "paid"))
    bench.same("paid", bench.minor(now, "paid"), bench.minor(found, "paid"))
    bench.kept["paid"] = now


@case("payments.left-alone", f"{_NOTICE} › status › description", "what is filed later gets a notice of its own", needs=["payments.confirmed"])  # fmt: skip
def left_alone(bench: Bench) -> None:
    """What is filed after a bill was paid gets a bill of its own."""
    paid = bench.kept["paid"]
    sent = bench.submit(bench.file(1))
    bench.answer_of(sent)
    later = bench.notice_with(sent)
    if later.get("reference") == paid["reference"]:
        raise Departure("paid_changed", reference=paid["reference"])
    if later.get("status") not in _PAYABLE:
        raise Departure("value", name="status", got=later.get("status"), wanted=" / ".join(_PAYABLE))
    if bench.get(f"notices/{part(paid['reference'])}") != paid:
        raise Departure("paid_changed", reference=paid["reference"])
