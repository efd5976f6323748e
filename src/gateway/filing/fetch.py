"""Ask the state for an answer and stage it: each page is kept, in a transaction of its own, before it is understood.

The lines stand in two temporary tables of one pinned connection that outlive those transactions, what is said and of which
lines it is said, so that no transaction is open while the state is asked and no answer is whole in memory.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter, lt

from sqlalchemy import Connection
from sqlmodel import Session

from gateway.authority.protocol import FilingStanding, GroupedLines, LinePage
from gateway.filing import staging
from gateway.filing.acknowledge import Answer, KeptPage, acknowledge
from gateway.filing.control import Said
from gateway.filing.courier import Courier, keep_raw
from gateway.filing.sql.answer import ANSWERED_OF_GROUPS, LISTED, SAID
from gateway.kit import bulk
from gateway.kit.ahead import one_ahead
from gateway.kit.db import act_for

_SAID_OF = itemgetter(1, 2, 4, 5, 6, 7, 8, 9, 11)
"""Of an ``AnsweredLine``, what ``SAID`` names after its number: all but the line's own and the components."""
STAGED = {"filing_said": SAID, "filing_listed": LISTED}


def fetch_answer(courier: Courier, document_id: int, standing: FilingStanding) -> str:
    """Fetch the lines of an answered file and apply them; return applied, quarantined or repeated.

    Raises:
        AuthorityUnavailableError, OutcomeUnknownError, AuthorityRefusedError: The lines could not be had.
    """
    with courier.database.engine.connect() as pinned:
        fetching = _Fetching(courier, pinned)
        try:
            with fetching.transaction() as session:
                for table, columns in STAGED.items():
                    staging.create(session, table, columns, on_commit="PRESERVE ROWS")
                bulk.execute(session, ANSWERED_OF_GROUPS)
                standing_id = keep_raw(session, "state.standing", standing.raw)
            if not standing.is_refused_whole:
                # The next page is asked for and understood while the last is packed, kept and copied.
                for _ in one_ahead(fetching.keep, courier.channel.lines(standing.reference)):
                    pass
            courier.mark("filing.before_answer_applied")
            with fetching.transaction() as session:
                bulk.count_for_plans(session, "filing_listed", "line")
                bulk.count_for_plans(session, "filing_said", "id")
                return acknowledge(
                    session,
                    document_id,
                    fetching.answer(standing, standing_id),
                    actor=courier.actor,
                    today=courier.today,
                )
        finally:
            with fetching.transaction() as session:
                for table in STAGED:
                    bulk.execute(session, f"DROP TABLE IF EXISTS pg_temp.{table} CASCADE")


@dataclass
class _Fetching:
    courier: Courier
    pinned: Connection
    heads: list[Said] = field(default_factory=list)
    pages: list[KeptPage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256()
        self.said, self.last, self.is_in_order = 0, 0, True

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a transaction on the pinned connection."""
        with Session(self.pinned, expire_on_commit=False) as session, session.begin():
            act_for(session, self.courier.mutual.id, actor=self.courier.actor)
            yield session

    def keep(self, page: LinePage) -> None:
        """Keep a page as it came and stage its lines."""
        self.digest.update(page.raw.body)
        lines, before = GroupedLines.grouped(page.lines), self.said
        once = ((before + place, *_SAID_OF(one)) for place, one in enumerate(lines.said))
        listed = zip(lines.numbers, lines.documents, [before + place for place in lines.of], strict=True)
        with self.transaction() as session:
            kept = keep_raw(session, "state.answer", page.raw)
            staging.append(session, "filing_said", SAID, once)
            staging.append(session, "filing_listed", LISTED, listed)
        self.said += len(lines.said)
        numbers = [self.last, *lines.numbers]
        self.is_in_order = self.is_in_order and all(map(lt, numbers, numbers[1:]))
        self.last = numbers[-1]
        self.pages.append(KeptPage(min(lines.numbers, default=0), max(lines.numbers, default=0), kept))
        said = Said(page.reference, page.kind, page.employer, str(page.period), page.counts, page.totals)
        if said not in self.heads:
            self.heads.append(said)

    def answer(self, standing: FilingStanding, standing_id: int) -> Answer:
        """Return what was fetched."""
        self.digest.update(standing.raw.body)
        return Answer(standing, standing_id, self.heads, self.pages, self.digest.hexdigest(), self.is_in_order)
