"""The line to a state that cannot be asked: files are sent to it; every question is answered from what it pushed.

What was pushed in part is not there yet: an answer whose lines are not all told counts as being processed, an advice
whose lines are not all told is not listed. So the use cases above see whole things only, and check them as always.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from gateway.authority.connect import country_of
from gateway.authority.errors import AuthorityRefusedError
from gateway.authority.protocol import (
    Advice,
    AdviceLinePage,
    Document,
    FilingStanding,
    LinePage,
    Notice,
    NoticePayments,
    Reception,
    ServiceLimits,
    StateChannel,
)
from gateway.filing.errors import NothingToldError
from gateway.filing.pushed import is_pushed, read_thing
from gateway.filing.sql import push as sql
from gateway.filing.states import PushSubject
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.jobs import Context
from gateway.kit.period import Period
from gateway.kit.tenant import MutualRow


def channel_of(context: Context, mutual: MutualRow) -> StateChannel:
    """Return the line to a mutual's state: one that asks, or one that knows what was pushed."""
    sending: StateChannel = context.services["state"](mutual)
    return PushedChannel(context.database, mutual, sending) if is_pushed(mutual) else sending


class PushedChannel:
    """Sends by one channel and knows the rest by what was pushed."""

    def __init__(self, database: Database, mutual: MutualRow, sending: StateChannel) -> None:
        self._database, self._mutual, self._sending = database, mutual, sending
        self._kinds = country_of(mutual.country).kind_of_letter

    def limits(self) -> ServiceLimits:
        """Ask what the state takes today."""
        return self._sending.limits()

    def submit(self, document: Document, chunks: Iterable[bytes]) -> Reception:
        """Send a file; this alone goes to the state."""
        return self._sending.submit(document, chunks)

    def query(self, reference: uuid.UUID) -> FilingStanding | None:
        """Say what was told of a file; being processed while lines of its answer are not told yet.

        Raises:
            NothingToldError: Nothing was; that proves neither that it arrived nor that it did not.
        """
        rows = self._rows(sql.ABOUT, subject=PushSubject.FILING.value, reference=str(reference))
        if not rows:
            raise NothingToldError(f"the state has told nothing of {reference} yet; it cannot be asked")
        final = next((row for row in rows if row.is_final), None)
        standing: FilingStanding = read_thing(final or rows[0], self._kinds)
        if final is None or standing.is_refused_whole:
            return standing
        told = _count(self._pages(PushSubject.FILING_PAGE, str(reference)))
        return standing if told >= standing.counts.lines else replace(standing, status="processing")

    def lines(self, reference: uuid.UUID) -> Iterator[LinePage]:
        """Give the answer line by line, each line once, page by page as they were told."""
        yield from self._cut(PushSubject.FILING_PAGE, str(reference))

    def notices(self, employer: str, period: Period, payroll: str | None = None) -> list[Notice]:
        """Give the bills of a month that were told, newest first."""
        rows = self._rows(sql.NOTICES, employer=employer, period_start=period.start)
        found: list[Notice] = [read_thing(row, self._kinds) for row in rows]
        mine = [notice for notice in found if payroll is None or notice.payroll == payroll]
        return sorted(mine, key=lambda notice: (notice.issued_on, notice.reference), reverse=True)

    def notice(self, reference: str) -> Notice:
        """Give one bill as it was told last."""
        found: Notice = read_thing(self._last(PushSubject.NOTICE, reference), self._kinds)
        return found

    def payments(self, reference: str) -> NoticePayments:
        """Give what was told of the payment of a bill; nothing is received of a bill of which nothing was told."""
        rows = self._rows(sql.ABOUT, subject=PushSubject.PAYMENTS.value, reference=reference)
        if rows:
            found: NoticePayments = read_thing(rows[0], self._kinds)
            return found
        bill = self.notice(reference)
        return NoticePayments(
            bill.reference, bill.employer, bill.period, bill.status, bill.currency, bill.total_minor, 0, (), bill.raw
        )

    def remittances(self, since: dt.datetime | None = None, employer: str | None = None) -> Iterator[Advice]:
        """Give the advices that were told whole, since an instant, in the order they were advised."""
        rows = self._rows(sql.REMITTANCES, employer=employer)
        found: list[Advice] = [read_thing(row, self._kinds) for row in rows]
        for advice in sorted(found, key=lambda one: (one.advised_at, one.remittance_id)):
            told = _count(self._pages(PushSubject.REMITTANCE_PAGE, advice.remittance_id))
            if (since is None or advice.advised_at >= since) and told >= advice.line_count:
                yield advice

    def remittance(self, remittance_id: str) -> Advice:
        """Give one advice as it was told last."""
        found: Advice = read_thing(self._last(PushSubject.REMITTANCE, remittance_id), self._kinds)
        return found

    def remittance_lines(self, remittance_id: str) -> Iterator[AdviceLinePage]:
        """Give the lines of an advice, each once, page by page as they were told."""
        yield from self._cut(PushSubject.REMITTANCE_PAGE, remittance_id)

    def close(self) -> None:
        """Let go of the connections."""
        self._sending.close()

    def _rows(self, statement: str, **values: Any) -> list[Any]:
        with self._database.session(self._mutual.id) as session:
            return db.rows(session, statement, values)

    def _last(self, subject: PushSubject, reference: str) -> Any:
        rows = self._rows(sql.ABOUT, subject=subject.value, reference=reference)
        if not rows:
            raise AuthorityRefusedError(f"the state has told nothing of {reference}", their_code="", http_status=404)
        return rows[0]

    def _pages(self, subject: PushSubject, reference: str) -> list[Any]:
        return self._rows(sql.PAGES, subject=subject.value, reference=reference)

    def _cut(self, subject: PushSubject, reference: str) -> Iterator[Any]:
        """Give the pages in the order of their lines, without a line that stood on one before."""
        last = 0
        for known in self._pages(subject, reference):
            if known.last_no <= last:
                continue
            (row,) = self._rows(sql.ONE, id=known.id)
            page = read_thing(row, self._kinds)
            lines = tuple(sorted((line for line in page.lines if line.line > last), key=lambda line: line.line))
            yield replace(page, lines=lines)
            last = known.last_no


def _count(pages: Iterable[Any]) -> int:
    """Return how many lines pages hold, each once; a page has no gap, as a page of the contract has none."""
    told, last = 0, 0
    for page in pages:
        told += max(0, page.last_no - max(last, page.first_no - 1))
        last = max(last, page.last_no)
    return told
