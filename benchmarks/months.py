"""Whole months of a mutual, each round a month, each step beside its limit: figures 1 to 5, and storage."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import psycopg

from benchmarks import limits, town
from benchmarks.figure import Figure, of_rounds
from benchmarks.place import Counter, Processor, clock, median
from benchmarks.state import Sandbox
from benchmarks.town import Town
from gateway.benefits.allot import allot
from gateway.benefits.receive import fund, record_advice
from gateway.contributions.assess import assess_period
from gateway.filing import queries
from gateway.filing.bills import receive_notice
from gateway.filing.courier import Courier
from gateway.filing.deliver import deliver
from gateway.filing.prepare import prepare
from gateway.filing.pursue import pursue
from gateway.filing.seal import seal
from gateway.filing.states import FilingKind, FilingStatus
from gateway.filing.submit import request_submission
from gateway.kit import evidence, tenant
from gateway.kit.period import Period
from gateway.payouts import order
from gateway.payouts.queries import BatchRow
from gateway.payouts.release import release

T = TypeVar("T")
OPENIMIS_SECONDS = 0.170
"""What openIMIS's contract module takes per worker, from creation to activation."""
REJECTED_OF = 100
"""The state rejects one line of so many."""
PARTS = ("import", "seal", "answer", "benefits")
"""The parts of a month, in its order; each stands on those before it."""
TABLES = """
SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 2 DESC
"""


@dataclass
class Months:
    """Measures month after month of one town."""

    place: Town
    bare: psycopg.Connection
    sandbox: Sandbox
    counter: Counter
    until: str = "benefits"
    """The last part of a month that is wanted, of ``PARTS``: what comes after it is not done."""
    seconds: dict[str, list[float]] = field(default_factory=dict)
    processed: dict[str, list[float]] = field(default_factory=dict)
    """The same steps in the processor's seconds."""
    statements: list[int] = field(default_factory=list)
    sizes: list[dict[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = self.place.database
        with self.database.session(1) as session:
            self.mutual = tenant.current(session)
        self.courier = Courier(self.database, self.mutual, self.sandbox.channel, "bench", town.TODAY)
        self.processor = Processor(self.database.url.rsplit("/", 1)[1], self.bare.info.dbname)
        self.sizes.append(self._sizes())

    def run(self, period: Period, round_no: int) -> None:
        """Measure one month, from assessment to the payout batch."""
        before = self.counter.sent
        self._timed("assess", lambda: self._assess(period))
        assessed = self.counter.sent - before
        body = self.place.receipts_file(period)
        self._limit("A", lambda: limits.measure_a(self.bare, self.place.rows))
        import_id = self._timed("look", lambda: self.place.look_at_file(period, body))
        self._timed("apply", lambda: self.place.apply_file(import_id))
        self._tidy()
        if self.until == "import":
            return
        self._limit("B", lambda: limits.measure_b(self.bare, round_no))
        before = self.counter.sent
        filing_id = self._timed("prepare", lambda: self._prepare(period))
        self._timed("seal", lambda: self._seal(filing_id))
        self._tidy()
        if self.until == "seal":
            return
        self._reject_some(filing_id)
        self._timed("deliver", lambda: self._deliver(filing_id))
        delivered = self.counter.sent - before
        self._fetch_ahead(filing_id, period)
        self._limit("C", lambda: limits.measure_c(self.bare, self.place.rows, round_no))
        before = self.counter.sent
        self._timed("answer", lambda: pursue(self.courier, filing_id))
        self.statements.append(assessed + delivered + self.counter.sent - before)
        self._check(filing_id)
        self._timed("bill", lambda: self._take_bill(period))
        self._tidy()
        if self.until == "answer":
            return
        self._limit("D", lambda: limits.measure_d(self.bare, self.place.rows))
        self._benefits(period)
        self._tidy()
        self.sizes.append(self._sizes())

    def last(self) -> str:
        """Return the newest seconds in words."""
        return ", ".join(f"{name} {took[-1]:.2f}" for name, took in self.seconds.items())

    def figures(self) -> list[Figure]:
        """Return what was measured, in the order of the month; whole rounds only."""
        took, rows = self.seconds, self.place.rows
        found = [
            of_rounds(
                "receipts",
                f"a file of {rows:,} receipts, previewed and applied",
                _added(took["look"], took["apply"]),
                took["A"],
                1.5,
                processor=self._ratio(("look", "apply"), "A"),
            ),
            of_rounds(
                "receipts_applied",
                f"of that the application alone: {rows:,} receipts read, checked, booked",
                took["apply"],
                took["A"],
                None,
                processor=self._ratio(("apply",), "A"),
            ),
        ]
        if "seal" in took:
            filing = _added(took["prepare"], took["seal"])
            what = "prepare and seal: decisions, reservation, lines, file, digest, root"
            found.append(
                of_rounds("filing", what, filing, took["B"], 2.0, processor=self._ratio(("prepare", "seal"), "B"))
            )
        if "bill" in took:
            found += self._answered(filing)
        if "release" in took:
            found += self._benefited()
        return found

    def _answered(self, filing: list[float]) -> list[Figure]:
        took, rows = self.seconds, self.place.rows
        answer = _added(took["answer"], took["bill"])
        month = _added(took["assess"], filing, took["deliver"], took["answer"])
        parts = {name: round(median(values), 4) for name, values in took.items()}
        return [
            of_rounds(
                "answer",
                f"the state's answer for every line, 1 in {REJECTED_OF} rejected and released, and its bill",
                answer,
                took["C"],
                2.0,
                processor=self._ratio(("answer", "bill"), "C"),
                note="a real sandbox state's answers, given again from memory",
            ),
            Figure(
                "month",
                "per member from assessment to accepted, against openIMIS's 170 ms",
                "µs",
                median(month) / rows * 1e6,
                OPENIMIS_SECONDS * 1e6,
                OPENIMIS_SECONDS / (median(month) / rows),
                1000.0,
                more_is_better=True,
                rounds=len(month),
                detail=parts,
            ),
            Figure(
                "statements",
                f"statements per member in that month ({median([float(n) for n in self.statements]):,.0f} in all)",
                "",
                median([float(n) for n in self.statements]) / rows,
                0.01,
                median([float(n) for n in self.statements]) / rows,
                0.01,
                rounds=len(self.statements),
            ),
        ]

    def _benefited(self) -> list[Figure]:
        took = self.seconds
        benefits = _added(took["advice"], took["allot"], took["order"], took["release"])
        what = "advice, allotment, payout batch ordered, released and frozen"
        ratio = self._ratio(("advice", "allot", "order", "release"), "D")
        return [of_rounds("benefits", what, benefits, took["D"], 1.5, processor=ratio), self._storage()]

    def _tidy(self) -> None:
        """Do what autovacuum would have done overnight, on both sides."""
        self.place.tidy()
        self.bare.autocommit = True
        self.bare.execute(b"VACUUM ANALYZE")
        self.bare.autocommit = False

    def _timed(self, name: str, work: Callable[[], T]) -> T:
        stood, began = self.processor.begin(), clock()
        done = work()
        self.seconds.setdefault(name, []).append(clock() - began)
        self.processed.setdefault(name, []).append(self.processor.since(stood))
        return done

    def _limit(self, name: str, measure: Callable[[], limits.Limit]) -> None:
        stood = self.processor.begin()
        self.seconds.setdefault(name, []).append(measure().seconds)
        self.processed.setdefault(name, []).append(self.processor.since(stood))

    def _ratio(self, names: tuple[str, ...], limit: str) -> float | None:
        """Return ours through the limit in the processor's seconds, the median of the rounds."""
        took = self.processed
        ours = _added(*(took[name] for name in names))
        rounds = [mine / bare for mine, bare in zip(ours, took[limit], strict=True) if bare]
        return median(rounds) if rounds else None

    def _assess(self, period: Period) -> None:
        with self.database.session(1) as session:
            assess_period(session, payroll_id=self.place.payroll_id, period=period, actor=town.ACTOR)

    def _prepare(self, period: Period) -> int:
        with self.database.session(1) as session:
            filing = prepare(
                session,
                payroll_id=self.place.payroll_id,
                period=period,
                kind=FilingKind.MONTHLY,
                actor=town.ACTOR,
                today=town.TODAY,
            )
            if filing.line_count != self.place.rows:
                raise AssertionError(f"{filing.line_count} of {self.place.rows} members are funded")
            return int(filing.id)

    def _seal(self, filing_id: int) -> None:
        with self.database.session(1) as session:
            seal(session, filing_id, actor=town.ACTOR, today=town.TODAY)

    def _reject_some(self, filing_id: int) -> None:
        found = self.place.query(
            "SELECT document FROM filing_line WHERE filing_id = %(filing)s AND line_no %% %(of)s = 0",
            {"filing": filing_id, "of": REJECTED_OF},
        )
        self.sandbox.reject([document for (document,) in found])

    def _deliver(self, filing_id: int) -> None:
        with self.database.session(1) as session:
            request_submission(session, filing_id, actor=town.ACTOR)
        deliver(self.courier, filing_id)

    def _fetch_ahead(self, filing_id: int, period: Period) -> None:
        self.sandbox.replay.forget()
        with self.database.session(1) as session:
            references = [document.reference for document in queries.list_documents(session, filing_id)]
        self.sandbox.wait_for_answer(list(references))
        channel = self.sandbox.channel
        for reference in references:
            channel.query(reference)
            for _page in channel.lines(reference):
                pass
        channel.notices(town.EMPLOYER, period, "001")
        self.sandbox.replay.is_replaying = True

    def _check(self, filing_id: int) -> None:
        with self.database.session(1) as session:
            filing = queries.get_filing(session, filing_id)
            expected = self.place.rows - self.place.rows // REJECTED_OF
            if filing.status not in (FilingStatus.PARTIAL, FilingStatus.ACCEPTED) or filing.accepted_count != expected:
                raise AssertionError(
                    f"the filing is {filing.status} with {filing.accepted_count} of {expected} accepted"
                )

    def _take_bill(self, period: Period) -> None:
        for notice in self.sandbox.channel.notices(town.EMPLOYER, period, "001"):
            with self.courier.session() as session:
                bill = receive_notice(session, notice, actor=self.courier.actor, today=town.TODAY)
                if bill is None or bill.ours_minor != bill.total_minor:
                    raise AssertionError(f"the bill is not what was accepted: {bill}")

    def _benefits(self, period: Period) -> None:
        told, lines = self.place.advice(period)
        by = {"actor": town.ACTOR, "today": town.TODAY}

        def record() -> int:
            with self.database.session(1) as session:
                kept = evidence.keep(
                    session, kind="state.remittance", source="state", media_type="application/json", body=b"{}"
                )
                made = record_advice(
                    session, told, lines, advised_on=town.TODAY, evidence_id=kept, actor="worker:bench"
                )
                return int(made.id)

        def give(remittance_id: int) -> None:
            with self.database.session(1) as session:
                fund(
                    session,
                    transfer_reference=told.end_to_end_id,
                    amount_minor=told.total_minor,
                    booked_on=town.TODAY,
                    statement_line_id=remittance_id,
                    bank_code=town.BANK,
                    actor="worker:bench",
                )
                allot(session, remittance_id, **by)

        def ordered() -> list[BatchRow]:
            with self.database.session(1) as session:
                return order.prepare(session, provider=town.FLOAT, **by).batches

        def released(batches: list[BatchRow]) -> None:
            for batch in batches:
                with self.database.session(1) as session:
                    release(session, batch.id, actor=town.SECOND, roles={"accountant"}, today=town.TODAY)

        remittance_id = self._timed("advice", record)
        self._timed("allot", lambda: give(remittance_id))
        batches = self._timed("order", ordered)
        if sum(batch.payout_count for batch in batches) != self.place.rows:
            raise AssertionError("not every member is in the payout batch")
        self._timed("release", lambda: released(batches))

    def _sizes(self) -> dict[str, int]:
        return dict(self.place.query(TABLES))

    def _storage(self) -> Figure:
        first, last, months = self.sizes[0], self.sizes[-1], len(self.sizes) - 1
        grown = {name: (last[name] - first.get(name, 0)) / self.place.rows / months for name in last}
        largest = sorted(((size, name) for name, size in grown.items() if size >= 1), reverse=True)
        return Figure(
            "storage",
            "bytes per member and month, indexes included",
            "B",
            sum(grown.values()),
            rounds=months,
            detail={name: round(size) for size, name in largest},
        )


def _added(*lists: list[float]) -> list[float]:
    return [sum(parts) for parts in zip(*lists, strict=True)]
