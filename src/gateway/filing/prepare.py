"""Prepare a filing: decide for every member of a payroll whether she is declared this month, and with whose money.

SQL relates (one row per candidate), Python decides (``rules``), COPY and two INSERTs write. A payroll of a million
passes through in chunks. Nothing is reserved yet: a draft may be prepared again, which replaces it.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter

from sqlmodel import Session

from gateway.authority.connect import state_format
from gateway.authority.protocol import DeclaredDependant, DeclaredWorker, StateFormat, declared_workers
from gateway.contributions import allotment
from gateway.filing import funding, movements, queries, staging
from gateway.filing.errors import (
    FilingMadeError,
    FilingOpenError,
    MonthClosedError,
    NotAssessedError,
    NothingToSupplementError,
    PeriodAheadError,
)
from gateway.filing.models import Filing
from gateway.filing.policy import FundingPolicy
from gateway.filing.rules import Candidate, Decision, Pools, Reason, Row, decide, may_be_helped, share_help, sorter
from gateway.filing.sql import prepare as sql
from gateway.filing.sql.allot import DECLARE_ALONE, HEADS_COST
from gateway.filing.states import FilingKind, FilingStatus
from gateway.kit import audit, bulk, db, tenant
from gateway.kit.period import Period
from gateway.ledger import periods
from gateway.membership.errors import PayrollNotFoundError

UNFINISHED = (FilingStatus.SEALED, FilingStatus.SENDING, FilingStatus.UNKNOWN, FilingStatus.SUBMITTED)
_TO_MEND = "mend_data"
"""Category of the codes that ask for other data; what the member or the state has to do cannot be seen from here."""
_GLANCE = 2000
"""Members who are looked at together; where they are not all fit, their halves are, and so on."""
_FEW = 16
"""Of so many each is looked at by herself."""
_PERSON = 14
"""Columns of a candidate's row before those of the state's line."""
_DOCUMENT = itemgetter(_PERSON + 1)


def prepare(
    session: Session, *, payroll_id: int, period: Period, kind: FilingKind, actor: str, today: dt.date
) -> Filing:
    """Make the draft of a filing, or replace the draft that is there.

    Args:
        session: The open transaction.
        payroll_id: Whose members.
        period: The month they are declared for.
        kind: The month's first filing, or a supplementary one: only for members whom no filing of the month declared,
            late payers and lines that were mended.
        actor: Who prepares it.
        today: The day in the mutual's time zone; decides which policy is in force.

    Raises:
        PayrollNotFoundError: No such payroll.
        PeriodAheadError: The month has not begun.
        MonthClosedError: The month is closed in the books.
        FilingOpenError: A filing of the payroll and month is sealed and not finished.
        FilingMadeError: The month was filed; a supplementary filing is meant.
        NothingToSupplementError: The month was not filed yet; a monthly filing is meant.
        NotAssessedError: Nobody of the payroll is assessed for the month.
    """
    payroll = db.first(session, sql.LOCK_PAYROLL, {"payroll_id": payroll_id})
    if payroll is None:
        raise PayrollNotFoundError(f"no payroll {payroll_id}")
    _check_month(session, period, today)
    filing = _draft_row(session, payroll_id, period, kind, actor, today)
    # Counted before anybody is looked at: whoever is assessed meanwhile is noticed when the filing is sealed.
    filing.assessment_count = _count_assessed(session, payroll_id, payroll.code, period)
    session.flush()
    rule_id, rule = allotment.in_force(session, today)
    figures = _decide_all(session, filing, payroll.code, period, rule)
    session.refresh(filing)
    figures["movements"] = movements.draw_up(session, filing, payroll.code, today=today)
    for table in ("filing_candidate", "filing_decided"):
        bulk.execute(session, f"DROP TABLE {table}")
    audit.record(
        session,
        actor=actor,
        action="filing.prepare",
        subject_kind="filing",
        subject_id=filing.id,
        detail={
            "period": str(period),
            "payroll": payroll.code,
            "lines": filing.line_count,
            "allotment_rule": rule_id,
            **figures,
        },
    )
    return filing


def _check_month(session: Session, period: Period, today: dt.date) -> None:
    if period.start > today:
        raise PeriodAheadError(f"{period} begins on {period.start}; a month is filed once it has begun")
    if periods.is_closed(session, period.start):
        raise MonthClosedError(f"{period} is closed in the books; reopen it first, with a reason")


def _count_assessed(session: Session, payroll_id: int, code: str, period: Period) -> int:
    values = {"payroll_id": payroll_id, "start": period.start}
    row = db.driver(session).execute(sql.COUNT_ASSESSMENTS.encode(), values).fetchone()
    if row is None or (not row[0] and db.scalar(session, sql.ANYBODY_ENROLLED, {**values, "end": period.end})):
        raise NotAssessedError(f"nobody of payroll {code} is assessed for {period}; assess the month first")
    return int(row[0])


def _draft_row(
    session: Session, payroll_id: int, period: Period, kind: FilingKind, actor: str, today: dt.date
) -> Filing:
    made = db.rows(session, sql.FILINGS_OF_MONTH, {"payroll_id": payroll_id, "start": period.start})
    for row in made:
        if row.status in UNFINISHED:
            raise FilingOpenError(
                f"filing {row.id} of {period} is {row.status}; wait for the state's answer before preparing another"
            )
    finished = [row for row in made if row.status not in (FilingStatus.DRAFT, FilingStatus.DISCARDED)]
    if kind is FilingKind.MONTHLY and finished:
        raise FilingMadeError(f"{period} was filed as filing {finished[0].id}; prepare a supplementary filing instead")
    if kind is FilingKind.SUPPLEMENTARY and not finished:
        raise NothingToSupplementError(f"{period} was not filed yet; prepare the monthly filing first")
    policy = funding.policy_in_force(session, today)
    draft = next((row.id for row in made if row.status == FilingStatus.DRAFT), None)
    if draft is not None:
        filing = session.get_one(Filing, (tenant.current(session).id, draft), with_for_update=True)
        filing.version += 1
        for statement in sql.CLEAR_DRAFT:
            bulk.execute(session, statement, {"filing_id": draft})
    else:
        filing = Filing(
            reference=uuid.uuid4(),
            payroll_id=payroll_id,
            period_start=period.start,
            sequence=1 + max((row.sequence for row in made), default=0),
            status=FilingStatus.DRAFT,
            currency=tenant.current(session).currency,
        )
    filing.kind, filing.policy_id, filing.prepared_by = kind.value, policy.id, actor
    filing.parent_id = finished[-1].id if finished else None
    filing.prepared_at = queries.now(session)
    session.add(filing)
    session.flush()
    session.refresh(filing)
    return filing


def _decide_all(
    session: Session, filing: Filing, payroll: str, period: Period, rule: allotment.Allotment
) -> dict[str, int]:
    mutual = tenant.current(session)
    policy = funding.read_policy(session, filing.policy_id)
    values = {
        "filing_id": filing.id,
        "payroll_id": filing.payroll_id,
        "start": period.start,
        "end": period.end,
        "previous": period.previous().start,
        "oldest_first": rule.months is allotment.Months.OLDEST_FIRST,
    }
    found = db.driver(session).execute(sql.LAST_ACCEPTED_MONTH.encode(), values).fetchone()
    values["last"] = found[0] if found else None
    bulk.execute(session, sql.CREATE_CANDIDATES)
    with bulk.without_nested_loops(session):
        found_count = bulk.execute(session, sql.INSERT_CANDIDATES, values)
    staging.create(session, "filing_decided", sql.DECIDED)
    employer = db.first(session, sql.EMPLOYER_PURSE, {"payroll_id": filing.payroll_id})
    if employer is not None:
        policy = policy.for_employer()
    heads_minor = _heads_cost(session) if rule.additional_dependants is allotment.Dependants.LAST else {}
    held = int(employer.held_minor) if employer else 0
    desk = _Desk(session, policy, state_format(mutual.country), payroll, values, held, heads_minor)
    decided = 0
    for decisions in desk.decisions():
        staging.append(session, "filing_decided", sql.DECIDED, decisions)
        decided += len(decisions)
    candidates = desk.plain + decided
    gone = int(db.scalar(session, sql.COUNT_GONE)) if candidates < found_count else 0
    if candidates + gone != found_count:
        raise RuntimeError(f"{desk.plain} and {decided} decisions and {gone} gone of {found_count}")
    if desk.alone:
        bulk.stage(session, "filing_alone", {"member_id": "int8"}, ((member,) for member in sorted(desk.alone)))
        bulk.execute(session, DECLARE_ALONE)
    bulk.execute(session, "ANALYZE filing_decided (member_id, is_funded)")
    with bulk.without_nested_loops(session, candidates):
        for statement in (sql.INSERT_LINES, sql.INSERT_DECISIONS):
            bulk.execute(session, statement, values)
    if gone and filing.kind == FilingKind.MONTHLY:
        bulk.execute(session, sql.INSERT_GONE, values)
    if "dependants" in desk.form.limits.tells:
        bulk.execute(session, sql.INSERT_DEPENDANT_LINES, values)
    bulk.execute(session, sql.SUM_DRAFT, values)
    figures = {"candidates": candidates, "gone": gone if filing.kind == FilingKind.MONTHLY else 0}
    return {**figures, "looked_at_without_dependants": len(desk.alone)}


def _heads_cost(session: Session) -> dict[int, int]:
    return {member_id: int(minor) for member_id, minor in db.driver(session).execute(HEADS_COST.encode()).fetchall()}


@dataclass
class _Desk:
    """Decides on a whole payroll, chunk by chunk; those who may be helped wait until everybody has been seen."""

    session: Session
    policy: FundingPolicy
    form: StateFormat
    payroll: str
    values: dict[str, object]
    employer_minor: int
    heads_minor: dict[int, int]
    """What a member's additional dependants cost, where the rule is that they come last; empty where they come first."""
    plain: int = 0
    """How many were found to pay all of their lines themselves with new money, and fit for the state's file."""
    alone: set[int] = field(default_factory=set)
    """Who is decided on without her additional dependants, because the money does not reach for them."""

    def decisions(self) -> Iterator[list[Decision]]:
        """Give the decision for every candidate who is not plain once, in lists; ``plain`` counts the others."""
        with bulk.without_nested_loops(self.session):
            heads = self._unfit_dependants()
        refused = self._refused_lines()
        noted = heads.keys() | refused.keys()
        sort, asking = sorter(self.policy), list[Candidate]()
        for rows in bulk.read_chunks(self.session, sql.CANDIDATES):
            decided, surely_fit = [], set[int]()
            plain, odd = sort(rows)
            for some, are_fit in self._glanced(plain):
                if are_fit and not (noted and any(row[0] in noted for row in some)):
                    self.plain += len(some)
                else:
                    odd += some
            for some, are_fit in self._glanced(odd):
                surely_fit.update(row[0] for row in some if are_fit)
            for row in odd:
                candidate = Candidate._make(row[:_PERSON])
                decision = decide(candidate, self.policy)
                if not decision.is_funded and candidate.member_id in self.heads_minor:
                    candidate, decision = self._alone(candidate, decision)
                helped = not decision.is_funded and may_be_helped(candidate, decision, self.policy)
                if decision.is_funded or helped:
                    is_alone = candidate.member_id in self.alone
                    unfit = self._unmended(row, refused) or self._unfit(
                        row, None if is_alone else heads.get(candidate.member_id), row[0] in surely_fit
                    )
                    if unfit is not None:
                        decision = unfit
                    elif helped:
                        asking.append(candidate)
                        continue
                decided.append(decision)
            yield decided
        yield share_help(asking, self.policy, self._pools())

    def _alone(self, candidate: Candidate, decision: Decision) -> tuple[Candidate, Decision]:
        """Look at a member without her additional dependants, where money is all that is missing."""
        if decision.reason not in (Reason.SHORT, Reason.NO_MONEY):
            return candidate, decision
        self.alone.add(candidate.member_id)
        smaller = candidate._replace(needed_minor=candidate.needed_minor - self.heads_minor[candidate.member_id])
        return smaller, decide(smaller, self.policy)

    def _glanced(self, rows: list[Row]) -> Iterator[tuple[list[Row], bool]]:
        """Give some at a time with whether the state would take them all, as far as that is seen of many at once."""
        for start in range(0, len(rows), _GLANCE):
            yield from self._halved(rows[start : start + _GLANCE])

    def _halved(self, some: list[Row]) -> Iterator[tuple[list[Row], bool]]:
        workers = declared_workers(self.payroll, (row[_PERSON:] for row in some))
        are_fit = None not in map(_DOCUMENT, some) and self.form.are_good(workers)
        if are_fit or len(some) <= _FEW:
            yield some, are_fit
            return
        half = len(some) // 2
        yield from self._halved(some[:half])
        yield from self._halved(some[half:])

    def _worker(self, row: Row) -> DeclaredWorker:
        return DeclaredWorker(self.payroll, *row[_PERSON:])

    def _unfit(self, row: Row, dependant: str | None, is_fit: bool) -> Decision | None:
        findings = None
        if is_fit:
            pass
        elif row[_PERSON + 1] is None:
            findings = "no identity document is marked as the one to file under"
        else:
            findings = "; ".join(f"{found.code} {found.message}" for found in self.form.check(self._worker(row)))
        if findings:
            return Decision(row[0], False, Reason.IDENTITY_INCOMPLETE, findings, row[8], 0)
        if dependant:
            return Decision(row[0], False, Reason.DEPENDANT_INCOMPLETE, dependant, row[8], 0)
        return None

    def _refused_lines(self) -> dict[int, tuple[object, ...]]:
        """Return what the state refused of the month and wants mended, where one such line spoils a whole file."""
        if not self.form.limits.is_all_or_nothing:
            return {}
        rows = chain.from_iterable(bulk.read_chunks(self.session, sql.REFUSED_LINES, self.values))
        return {row[0]: row[1:] for row in rows if self.form.explain(str(row[1])).category == _TO_MEND}

    def _unmended(self, row: Row, refused: dict[int, tuple[object, ...]]) -> Decision | None:
        """Leave out who would be sent again word for word: her line would keep all others from being taken."""
        if row[0] not in refused:
            return None
        code, text, *line = refused[row[0]]
        if [*row[_PERSON:], row[7]] != line:
            return None
        told = f"the state refused this line as it stands: {code} {text or ''}".rstrip()
        return Decision(row[0], False, Reason.IDENTITY_INCOMPLETE, f"{told}; mend it first", row[8], 0)

    def _unfit_dependants(self) -> dict[int, str]:
        unfit: dict[int, str] = {}
        for rows in bulk.read_chunks(self.session, sql.HEADS_TO_ADD, self.values):
            for member_id, holder_kind, holder, kind, document, *names in rows:
                if kind is None or document is None:
                    unfit[member_id] = "an additional dependant has no identity document"
                elif holder is not None:
                    dependant = DeclaredDependant(self.payroll, holder_kind, holder, "add", kind, document, *names)
                    findings = self.form.check_dependant(dependant)
                    if findings:
                        unfit[member_id] = "; ".join(f"{found.code} {found.message}" for found in findings)
        return unfit

    def _pools(self) -> Pools:
        purses = {row.fund_id: int(row.held_minor) for row in db.rows(self.session, sql.PURSES)}
        reserve = purses.pop(0, 0)
        return Pools(self.policy, purses, reserve, self.employer_minor)
