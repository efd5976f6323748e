"""Answer a question from the books, with nothing that could change the answer later."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from sqlmodel import Session

from gateway.kit import db, tenant
from gateway.kit.tenant import MutualRow
from gateway.ledger.rules import normal_side
from gateway.reports import queries, trends
from gateway.reports.errors import ReportQuestionError, ReportSubjectError, ReportTooLongError, StillBeingWrittenError
from gateway.reports.rules import (
    NEEDS_SUBJECT,
    TRENDS,
    Account,
    Answer,
    Cells,
    Column,
    Flow,
    Question,
    Report,
    ReportKind,
    Sheet,
    Step,
    begins_of,
    of_a_hundred,
)

MOST_ROWS = 1_000_000

AMOUNTS = ("received", "returned", "filed", "fees", "decided", "held", "unknown")


def settled_until(session: Session) -> dt.datetime:
    """Return the instant up to which nothing is being booked any more: a report of it never changes."""
    at = db.scalar(session, queries.SETTLED_UNTIL)
    assert isinstance(at, dt.datetime)
    return at


def ask(
    session: Session,
    kind: ReportKind,
    *,
    today: dt.date,
    valid_on: dt.date | None = None,
    recorded_at: dt.datetime | None = None,
    from_on: dt.date | None = None,
    subject: str | None = None,
    step: Step | None = None,
) -> Question:
    """Return the question with both clocks set: up to today and to the newest settled instant where nothing is said.

    Raises:
        ReportQuestionError: No subject where one is needed, an instant without a time zone, days in the wrong order.
        StillBeingWrittenError: Something is still being booked that would belong to it.
    """
    settled = settled_until(session)
    if recorded_at is not None and recorded_at.tzinfo is None:
        raise ReportQuestionError("recorded_at needs a time zone, for example 2026-04-01T08:00:00-04:00")
    if recorded_at is not None and recorded_at > settled:
        raise StillBeingWrittenError(
            f"the books are settled up to {settled.isoformat()}; ask for that instant, or again in a moment"
        )
    day = valid_on or today
    if kind in TRENDS and from_on is None:
        from_on = begins_of(day)
    if from_on is not None and from_on > day:
        raise ReportQuestionError(f"from {from_on} is after {day}, up to which the report is asked for")
    if kind in NEEDS_SUBJECT and not subject:
        raise ReportQuestionError(f"a {kind} needs a subject: {NAMED_BY[kind]}")
    if kind is ReportKind.COLLECTIONS:
        step = step or Step.MONTH
    elif step is not None:
        raise ReportQuestionError(f"a {kind} has no step; only {ReportKind.COLLECTIONS} has")
    return Question(kind, day, recorded_at or settled, from_on, subject or None, step)


NAMED_BY: Mapping[ReportKind, str] = {
    ReportKind.MEMBER_STATEMENT: "the member's number",
    ReportKind.FUND_STATEMENT: "the fund's code",
    ReportKind.COLLECTOR_STATEMENT: "the collector, as on the receipts",
    ReportKind.ACCOUNT_STATEMENT: "the account's code, for example bank:reservas",
}


def build(session: Session, question: Question) -> Report:
    """Answer a question.

    Raises:
        ReportSubjectError: Nobody and nothing has the subject's name.
        ReportTooLongError: More than a million rows.
    """
    mutual = tenant.current(session)
    about, sheets = ANSWERS[question.kind](session, question, mutual)
    return Report(question, mutual.name, mutual.country, mutual.time_zone, sheets, about)


def _values(question: Question, **more: Any) -> dict[str, Any]:
    clocks = {"valid_on": question.valid_on, "recorded_at": question.recorded_at}
    return {**clocks, "from_on": question.from_on, "subject": question.subject, **more}


def _trial_balance(session: Session, question: Question, mutual: MutualRow) -> Answer:
    columns = [
        Column("control", Cells.TEXT),
        Column("kind", Cells.CODE),
        Column("accounts", Cells.COUNT),
        Column("debits", Cells.AMOUNT),
        Column("credits", Cells.AMOUNT),
        Column("balance", Cells.AMOUNT),
    ]
    values = {"valid_on": question.valid_on, "recorded_at": question.recorded_at}
    found = db.rows(session, queries.TRIAL_BALANCE, values)
    sheets = []
    for currency in sorted({row.currency for row in found}) or [mutual.currency]:
        mine = [row for row in found if row.currency == currency]
        rows = [
            (row.control, row.kind, row.accounts, row.debits, row.credits, row.signed * normal_side(row.kind))
            for row in mine
        ]
        debits, credited = sum(row.debits for row in mine), sum(row.credits for row in mine)
        total = (None, None, sum(row.accounts for row in mine), debits, credited, debits - credited)
        sheets.append(Sheet("trial_balance", columns, rows, currency, total))
    return None, sheets


ENTRY_COLUMNS = [
    Column("day", Cells.DAY),
    Column("booked", Cells.INSTANT),
    Column("transaction", Cells.COUNT),
    Column("what", Cells.CODE),
    Column("evidence", Cells.TEXT),
    Column("reason", Cells.TEXT),
    Column("debit", Cells.AMOUNT),
    Column("credit", Cells.AMOUNT),
    Column("balance", Cells.AMOUNT),
]


def _accounts(session: Session, question: Question, accounts: list[Any]) -> list[Sheet]:
    """Give each account's opening balance, its entries with the running balance, and its closing balance."""
    numbers = [account.id for account in accounts]
    values = {**_values(question), "accounts": numbers}
    values.pop("subject")
    opening = {}
    if question.from_on is not None:
        opening = {row.account_id: row.signed for row in db.rows(session, queries.SHEET, values)}
    entries = db.rows(session, queries.SHEET_ENTRIES, {**values, "limit": MOST_ROWS + 1})
    if len(entries) > MOST_ROWS:
        raise ReportTooLongError(f"more than {MOST_ROWS} entries; ask for fewer days or one account")
    of: dict[int, list[Any]] = {number: [] for number in numbers}
    for entry in entries:
        of[entry.account_id].append(entry)
    names = _names(session, question) if any(_is_place(account.code) for account in accounts) else {}
    return [_account(account, opening.get(account.id, 0), of[account.id], question, names) for account in accounts]


PLACES = ("cash", "bank", "momo")
"""What the accounts of tills, banks and providers begin with."""


def _is_place(code: str) -> bool:
    """Tell whether an account is of a till, a bank or a provider, not one of the books' own (``cash:in-transit``)."""
    kind, _, rest = code.partition(":")
    return kind in PLACES and bool(rest) and rest not in {"in-transit", "fees"}


def _names(session: Session, question: Question) -> dict[str, str]:
    return {row.code: row.name for row in db.rows(session, queries.NAMES, {"recorded_at": question.recorded_at})}


def _account(account: Any, opening: int, entries: list[Any], question: Question, names: Mapping[str, str]) -> Sheet:
    side, running = account.normal_side, opening * account.normal_side
    rows: list[tuple[Any, ...]] = []
    if question.from_on is not None:
        rows.append((question.from_on, None, None, "opening_balance", None, None, None, None, running))
    debits = credited = 0
    for entry in entries:
        running += entry.signed * side
        debit, credit = max(entry.signed, 0), max(-entry.signed, 0)
        debits, credited = debits + debit, credited + credit
        told = (entry.valid_on, entry.recorded_at, entry.id, entry.kind, entry.evidence, entry.reason)
        rows.append((*told, debit or None, credit or None, running))
    total = (None, None, None, None, None, None, debits, credited, running)
    code = account.code
    place = Account(code, names.get(code)) if _is_place(code) else None
    return Sheet("entries", ENTRY_COLUMNS, rows, account.currency, total, code, place)


def _general_ledger(session: Session, question: Question, _mutual: MutualRow) -> Answer:
    accounts = db.rows(session, queries.ACCOUNTS, {"subject": question.subject})
    if not accounts and question.subject is not None:
        raise ReportSubjectError(f"no account and no control account is called {question.subject!r}")
    sheets = _accounts(session, question, accounts)
    return question.subject, [sheet for sheet in sheets if sheet.rows]


def _account_statement(session: Session, question: Question, _mutual: MutualRow) -> Answer:
    accounts = [
        row for row in db.rows(session, queries.ACCOUNTS, {"subject": question.subject}) if row.code == question.subject
    ]
    if not accounts:
        raise ReportSubjectError(
            f"no account has the code {question.subject!r}; the trial balance shows which there are"
        )
    return question.subject, _accounts(session, question, accounts)


def _member(session: Session, question: Question, _mutual: MutualRow) -> Answer:
    who = db.first(session, queries.MEMBER, {"subject": question.subject, "recorded_at": question.recorded_at})
    if who is None:
        raise ReportSubjectError(f"no member had the number {question.subject!r} at that instant")
    codes = (f"member:{who.id}:contributions", f"member:{who.id}:benefits", f"member:{who.id}:owed")
    accounts = [account for code in codes for account in db.rows(session, queries.ACCOUNTS, {"subject": code})]
    return f"{who.number} {_name(who)}", _accounts(session, question, accounts)


def _name(row: Any) -> str:
    return " ".join(part for part in (row.given_names, row.first_surname, row.second_surname) if part)


def _fund(session: Session, question: Question, mutual: MutualRow) -> Answer:
    fund = db.first(session, queries.FUND, {"subject": question.subject})
    if fund is None:
        raise ReportSubjectError(f"no fund has the code {question.subject!r}")
    columns = [
        Column("number"),
        Column("name"),
        Column("received", Cells.AMOUNT),
        Column("filed", Cells.AMOUNT),
        Column("held", Cells.AMOUNT),
    ]
    values = _values(question, fund_id=fund.id)
    values.pop("subject")
    found = db.rows(session, queries.FUND_MEMBERS, values)
    rows: list[tuple[Any, ...]] = [(row.number, _name(row), row.received, row.used, row.held) for row in found]
    total = (None, None, *(sum(row[place] for row in rows) for place in (2, 3, 4)))
    sheets = [Sheet("fund_members", columns, rows, mutual.currency, total)]
    own = db.rows(session, queries.ACCOUNTS, {"subject": f"fund:{fund.id}"})
    return f"{fund.code} {fund.name}", [*sheets, *_accounts(session, question, own)]


def _collector(session: Session, question: Question, mutual: MutualRow) -> Answer:
    is_known = bool(db.scalar(session, queries.COLLECTOR, {"subject": question.subject}))
    if not is_known:
        raise ReportSubjectError(f"no receipt names {question.subject!r} as its collector")
    columns = [
        Column("day", Cells.DAY),
        Column("account", Cells.ACCOUNT),
        Column("receipts", Cells.COUNT),
        Column("members", Cells.COUNT),
        Column("received", Cells.AMOUNT),
        Column("reversed", Cells.AMOUNT),
        Column("rest", Cells.AMOUNT),
    ]
    found, names = db.rows(session, queries.COLLECTOR_DAYS, _values(question)), _names(session, question)
    sheets = []
    for currency in sorted({row.currency for row in found}) or [mutual.currency]:
        rows: list[tuple[Any, ...]] = [
            (
                row.paid_on,
                Account(row.account_code, names.get(row.account_code)),
                row.receipts,
                row.members,
                row.received,
                row.reversed,
                row.received - row.reversed,
            )
            for row in found
            if row.currency == currency
        ]
        total = (
            None,
            None,
            sum(row[2] for row in rows),
            None,
            *(sum(row[place] for row in rows) for place in (4, 5, 6)),
        )
        sheets.append(Sheet("collector_days", columns, rows, currency, total))
    return question.subject, sheets


def _trust(session: Session, question: Question, mutual: MutualRow) -> Answer:
    """Tell what became of one hundred paid: cumulatively, and month by month."""
    values = {"valid_on": question.valid_on, "recorded_at": question.recorded_at}
    found = db.rows(session, queries.TRUST, values)
    sheets = []
    for currency in sorted({row.currency for row in found}) or [mutual.currency]:
        months = [
            (row.month, Flow(*(getattr(row, name) for name in AMOUNTS))) for row in found if row.currency == currency
        ]
        whole = Flow(*(sum(getattr(flow, name) for _, flow in months) for name in AMOUNTS))
        sheets.append(_hundred(whole, currency))
        sheets.append(_by_month(months, whole, currency))
    return None, sheets


def _hundred(whole: Flow, currency: str) -> Sheet:
    parts = {
        "filed": whole.filed,
        "fees": whole.fees,
        "waiting": whole.held,
        "unknown": whole.unknown,
        "refunded": whole.returned,
        "decided": whole.decided,
        "unexplained": whole.left_over,
    }
    shares = of_a_hundred(list(parts.values()))
    rows = [(name, minor, share) for (name, minor), share in zip(parts.items(), shares, strict=True)]
    columns = [Column("what", Cells.CODE), Column("amount", Cells.AMOUNT), Column("of_a_hundred", Cells.HUNDREDTHS)]
    return Sheet("trust", columns, rows, currency, ("received", whole.received, sum(shares)))


def _by_month(months: list[tuple[dt.date, Flow]], whole: Flow, currency: str) -> Sheet:
    named = {"received": "received", "filed": "filed", "fees": "fees", "returned": "refunded", "decided": "decided"}
    columns = [Column("month", Cells.MONTH), *(Column(word, Cells.AMOUNT) for word in named.values())]
    columns += [Column("waiting", Cells.AMOUNT), Column("unknown", Cells.AMOUNT)]
    held = unknown = 0
    rows = []
    for month, flow in months:
        held, unknown = held + flow.held, unknown + flow.unknown
        rows.append((month, *(getattr(flow, name) for name in named), held, unknown))
    total = (None, *(getattr(whole, name) for name in named), held, unknown)
    return Sheet("trust_months", columns, rows, currency, total)


ANSWERS: Mapping[ReportKind, Callable[[Session, Question, MutualRow], Answer]] = {
    ReportKind.TRIAL_BALANCE: _trial_balance,
    ReportKind.GENERAL_LEDGER: _general_ledger,
    ReportKind.MEMBER_STATEMENT: _member,
    ReportKind.FUND_STATEMENT: _fund,
    ReportKind.COLLECTOR_STATEMENT: _collector,
    ReportKind.ACCOUNT_STATEMENT: _account_statement,
    ReportKind.TRUST_REPORT: _trust,
    ReportKind.COLLECTIONS: trends.collections,
    ReportKind.COVERAGE: trends.coverage,
    ReportKind.ARREARS: trends.arrears,
    ReportKind.REJECTIONS: trends.rejections,
    ReportKind.BENEFIT_DAYS: trends.benefit_days,
}
