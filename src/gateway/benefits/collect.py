"""Fetch the state's advices: what came is kept whole in transactions of its own before anything interprets it.

No transaction is open while the state is asked. Lines go through a file on disk, so memory stays flat.
"""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from gateway.authority.errors import AuthorityRefusedError, OutcomeUnknownError
from gateway.authority.protocol import Advice, AdviceLine, AdviceLinePage, RawAnswer, StateChannel
from gateway.benefits import queries, rules
from gateway.benefits.receive import record_advice, totals_of
from gateway.benefits.states import RemittanceStatus
from gateway.kit import db, evidence
from gateway.kit.errors import GatewayError
from gateway.kit.evidence import digest
from gateway.kit.period import Period
from gateway.kit.tenant import MutualRow

IN_MEMORY = 1 << 20


@dataclass(slots=True)
class Collected:
    """What one round brought."""

    recorded: int = 0
    quarantined: int = 0
    known: int = 0
    unreadable: GatewayError | None = None
    """Why the lines of the last unreadable advice could not be had."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of questions to the state."""

    open_session: Callable[[], AbstractContextManager[Session]]
    """Opens a transaction of the mutual; each is short, none spans a call."""
    channel: StateChannel
    mutual: MutualRow
    actor: str


def collect(asking: Round) -> Collected:
    """Record every advice since the last one; a second run records nothing.

    An advice whose lines cannot be had stands in no other's way: the rest is recorded first.

    Raises:
        AuthorityUnavailableError: The state cannot be reached; what was recorded before stays.
        AuthorityRefusedError, OutcomeUnknownError: The lines of an advice could not be had.
    """
    with asking.open_session() as session:
        since = queries.ask_since(session)
        known = queries.known_since(session, since)
        employers = queries.employers(session)
    done = Collected()
    for advice in asking.channel.remittances(since):
        before = known.get(advice.remittance_id)
        if before is not None and before.status != RemittanceStatus.QUARANTINED:
            done.known += 1
            _note_change(asking, advice, before)
            continue
        try:
            status = _take(asking, advice, employers)
        except (AuthorityRefusedError, OutcomeUnknownError) as error:
            done.unreadable = error
            _keep_unreadable(asking, advice, error.raw)
            continue
        done.quarantined += status == RemittanceStatus.QUARANTINED
        done.recorded += status != RemittanceStatus.QUARANTINED
    if done.unreadable is not None:
        raise done.unreadable
    return done


def _take(asking: Round, advice: Advice, employers: Collection[str]) -> str:
    advised_on = advice.advised_at.astimezone(ZoneInfo(asking.mutual.time_zone)).date()
    told = totals_of(advice)
    problem = rules.advice_problem(told, employers=employers, currency=asking.mutual.currency)
    evidence_id = _keep(asking, "state.remittance", advice, advice.raw)
    with SpooledTemporaryFile(max_size=IN_MEMORY, mode="w+", encoding="utf-8") as spool:
        for page in asking.channel.remittance_lines(advice.remittance_id):
            _keep(asking, "state.remittance_lines", advice, page.raw)
            problem = problem or rules.page_problem(told, _totals_of_page(page))
            spool.writelines(_written(line) for line in page.lines)
        spool.seek(0)
        with asking.open_session() as session:
            recorded = record_advice(
                session,
                advice,
                _read(spool),
                advised_on=advised_on,
                evidence_id=evidence_id,
                actor=asking.actor,
                problem=problem,
            )
    return recorded.status


def _keep(asking: Round, kind: str, advice: Advice, raw: RawAnswer) -> int:
    """Keep an answer in a transaction of its own; the same answer is kept once, however often it is asked for."""
    about = {"remittance": advice.remittance_id, "url": raw.url, "status": raw.status, "asked_at": raw.started_at}
    with asking.open_session() as session:
        kept = evidence.find(session, kind, digest(raw.body))
        if kept is not None:
            return kept
        media_type = raw.headers.get("content-type", "application/json")
        return evidence.keep(session, kind=kind, source="state", media_type=media_type, body=raw.body, about=about)


def _keep_unreadable(asking: Round, advice: Advice, raw: RawAnswer | None) -> None:
    if raw is not None:
        _keep(asking, "state.unreadable", advice, raw)


def _note_change(asking: Round, advice: Advice, before: Any) -> None:
    """Write down that the state says something else now of what it advised; nothing that was recorded is edited."""
    for name, theirs in (
        ("total_minor", advice.total_minor),
        ("line_count", advice.line_count),
        ("transfer_reference", advice.end_to_end_id),
    ):
        ours = getattr(before, name)
        if ours != theirs:
            problem = f"the state says {name} {theirs} now; it advised {ours}"
            _keep(asking, "state.remittance", advice, advice.raw)
            with asking.open_session() as session:
                db.run(session, queries.NOTE_PROBLEM, {"id": before.id, "problem": problem})
            return


def _totals_of_page(page: AdviceLinePage) -> rules.ControlTotals:
    return rules.ControlTotals(page.remittance_id, page.employer, page.currency, page.line_count, page.total_minor)


def _written(line: AdviceLine) -> str:
    return json.dumps([str(value) if isinstance(value, Period) else value for value in line]) + "\n"


def _read(spool: IO[str]) -> Iterator[AdviceLine]:
    for text in spool:
        line = AdviceLine(*json.loads(text))
        yield line._replace(period=Period.parse(str(line.period)))
