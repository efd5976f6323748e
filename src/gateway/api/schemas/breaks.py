"""Differences: what is known of one, and what people say, propose and decide of it."""

import datetime as dt
from typing import Any, Literal

from pydantic import Field

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import Line, ReadModel, Reason, WriteModel, example, month_of
from gateway.reconciliation.queries import (
    AgeRow,
    BreakRow,
    NoteRow,
)
from gateway.reconciliation.rules import KINDS, age_bucket, needs_supervisor
from gateway.reconciliation.suggest import Suggestion, suggest


class EntryLine(WriteModel):
    """One line of an entry: positive debits the account, negative credits it."""

    account: Line
    amount: AmountText


class SuggestionRead(ReadModel):
    """A usual explanation and the entry it would post."""

    code: str
    meaning: str
    lines: list[EntryLine]
    resolution: str
    """As what it is proposed."""
    member_id: int | None
    """For ``place``: whose the money may be."""
    statement_line_id: int | None
    """For ``shown_in_sum``: the line whose sum it may stand in."""
    announced_line_ids: list[int]
    """For ``shown_in_sum``: the announcements that make it."""
    fields: list[str]
    """What agreed."""


class NoteRead(ReadModel):
    """What somebody found out."""

    note: str
    actor: str
    at: dt.datetime


class BreakRead(ReadModel):
    """A difference that somebody has to explain."""

    id: int
    kind: str
    meaning: str
    subject_kind: str
    subject_id: int
    amount: str
    """Theirs less ours."""
    currency: str
    period: str | None
    theirs: dict[str, Any]
    ours: dict[str, Any]
    owner_role: str
    owner: str | None
    """The person who took it on, if somebody did."""
    due_on: dt.date
    since_on: dt.date
    """From when its age counts."""
    age_days: int
    age: str
    """0-2, 3-7, 8-30, 31-60 or >60 days."""
    needs_supervisor: bool
    """Whether a manager has to approve its explanation."""
    status: str
    opened_at: dt.datetime
    proposal: dict[str, Any]
    proposed_by: str | None
    resolution: str | None
    reason: str | None
    resolved_by: str | None
    resolved_at: dt.datetime | None
    ledger_tx_id: int | None
    suggestions: list[SuggestionRead]
    notes: list[NoteRead]

    @classmethod
    def of(
        cls,
        row: BreakRow,
        *,
        today: dt.date,
        notes: list[NoteRow] | None = None,
        hints: list[Suggestion] | None = None,
    ) -> "BreakRead":
        """Return what is shown of a break, as old as it is today."""
        shown = row._asdict()
        shown["amount"] = text_of(shown.pop("amount_minor"), row.currency)
        shown["period"] = None if row.period_start is None else month_of(row.period_start)
        shown["meaning"] = KINDS[row.kind].meaning
        shown["age_days"] = (today - row.since_on).days
        shown["age"] = age_bucket(shown["age_days"])
        shown["needs_supervisor"] = needs_supervisor(row.since_on, today)
        shown["notes"] = [NoteRead.model_validate(note) for note in notes or []]
        shown["suggestions"] = [
            SuggestionRead(
                code=found.code,
                meaning=found.meaning,
                lines=[
                    EntryLine(account=line.account, amount=text_of(line.amount_minor, row.currency))
                    for line in found.lines
                ],
                resolution=found.resolution,
                member_id=found.member_id,
                statement_line_id=found.statement_line_id,
                announced_line_ids=list(found.announced_line_ids),
                fields=list(found.fields),
            )
            for found in [*suggest(row), *(hints or [])]
        ]
        return cls.model_validate(shown)


class BreakList(ReadModel):
    """Breaks that one act has changed together."""

    items: list[BreakRead]


class AgesRead(ReadModel):
    """Unresolved breaks of a kind and age."""

    kind: str
    age: str
    """0-2, 3-7, 8-30, 31-60 or >60 days."""
    break_count: int
    amount: str
    """What they are about, each taken as positive."""
    currency: str

    @classmethod
    def list_of(cls, rows: list[AgeRow], *, today: dt.date, currency: str) -> "list[AgesRead]":
        """Return the rows summed up by age."""
        sums: dict[tuple[str, str], list[int]] = {}
        for row in rows:
            entry = sums.setdefault((row.kind, age_bucket((today - row.since_on).days)), [0, 0])
            entry[0] += row.break_count
            entry[1] += row.amount_minor
        return [
            cls(kind=kind, age=age, break_count=count, amount=text_of(minor, currency), currency=currency)
            for (kind, age), (count, minor) in sums.items()
        ]


class AssignmentCreate(WriteModel):
    """Who looks after a break, and until when."""

    model_config = {**WriteModel.model_config, **example({"owner": "staff:carmen", "due_on": "2026-03-31"})}

    owner: Line
    due_on: dt.date | None = None


class ManyProposed(WriteModel):
    """One usual explanation for equal breaks, each with its own amount."""

    model_config = {
        **WriteModel.model_config,
        **example({"break_ids": [17, 18], "suggestion": "book_bank_charge", "reason": "Charges of the bank for March"}),
    }

    break_ids: list[int] = Field(min_length=1, max_length=500)
    suggestion: Line
    """The code of one of their suggestions, or ``no_entry``."""
    reason: Reason


class ManyResolved(WriteModel):
    """A second person's word on what was proposed for equal breaks."""

    model_config = {**WriteModel.model_config, **example({"break_ids": [17, 18], "is_approved": True})}

    break_ids: list[int] = Field(min_length=1, max_length=500)
    is_approved: bool
    valid_on: dt.date | None = None
    """Day the entries count from; today if left out."""
    reason: Reason | None = None
    """Needed where they are rejected."""


class NoteCreate(WriteModel):
    """What was found out about a break."""

    model_config = {**WriteModel.model_config, **example({"note": "The bank says it is a charge for March."})}

    note: Reason


class ProposalCreate(WriteModel):
    """How a break is to be explained."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "resolution": "post_entry",
                "lines": [
                    {"account": "expense:bank-charges", "amount": "150.00"},
                    {"account": "suspense:bank", "amount": "-150.00"},
                ],
                "reason": "Charge of the bank for March",
            }
        ),
    }

    resolution: Literal["post_entry", "place", "no_entry", "take_back", "shown_in_sum"]
    """``take_back`` and ``shown_in_sum`` are for announcements that no statement shows."""
    lines: list[EntryLine] = Field(default_factory=list, max_length=50)
    member_id: int | None = Field(default=None, ge=1)
    """For ``place``: whose the money in suspense is."""
    statement_line_id: int | None = Field(default=None, ge=1)
    """For ``shown_in_sum``: the statement's line, its money in suspense, that is the sum."""
    announced_line_ids: list[int] = Field(default_factory=list, max_length=1000)
    """For ``shown_in_sum``: every announcement that makes it; the break's own alone if left out."""
    reason: Reason


class ResolutionCreate(WriteModel):
    """A second person's word on a proposal."""

    model_config = {**WriteModel.model_config, **example({"is_approved": True})}

    is_approved: bool
    valid_on: dt.date | None = None
    """Day the entry counts from; today if left out."""
    reason: Reason | None = None
    """Needed where the proposal is declined."""
