"""Shapes of what members say is not right, for them and for staff."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from gateway.api.schemas.common import Id, PeriodText, ReadModel, WriteModel, example
from gateway.complaints.rules import KINDS, LONGEST_WORDS
from gateway.complaints.states import Resolution

Kind = Literal[
    "receipt", "missing_payment", "month", "filing_line", "due", "benefit", "payout", "family_member", "notice", "me"
]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_WORDS, pattern=r"^[^\x00]*$")
]
"""A text that a telephone shows whole."""
TOLD = "Buscamos su pago: entró el 3 de marzo con otra referencia. Ya está en su cuenta."


class ComplaintCreate(WriteModel):
    """What is not right: a kind and, where there are several, which one."""

    model_config = {
        **WriteModel.model_config,
        **example({"kind": "receipt", "row_id": 17, "words": "Pagué 500 y dice 400."}),
    }

    kind: Kind
    row_id: Id | None = None
    """For a receipt, benefit, payout, family member or notice its id; for a line in a filing the filing's id."""
    month: PeriodText | None = None
    """For a month."""
    words: Words | None = None
    """What is wrong, in her own words."""

    @model_validator(mode="after")
    def _points(self) -> Self:
        if KINDS[self.kind].has_rows != (self.row_id is not None):
            raise ValueError(
                "row_id is for a receipt, filing_line, benefit, payout, family_member or notice, and needed there"
            )
        if (self.kind == "month") != (self.month is not None):
            raise ValueError("month is for the kind month, and needed there")
        return self


class WordsCreate(WriteModel):
    """A text."""

    model_config = {**WriteModel.model_config, **example({"words": TOLD})}

    words: Words


class MyComplaintRead(ReadModel):
    """A case of mine, and how it stands."""

    id: int
    kind: Kind
    row: str
    """What it is about, for example ``receipt:17``."""
    status: str
    """open, in_hand, asked, answered, resolved, withdrawn."""
    status_words: str
    """The same in plain words, in the language asked for."""
    opened_on: dt.date
    due_on: dt.date | None
    """Until when something happens; null while it waits for me, or is over."""
    told: str | None
    """The last thing I was told or asked."""
    resolution: str | None
    message_count: int


class MyMessageRead(ReadModel):
    """One text in a case of mine."""

    id: int
    voice: str
    """opening, reply: mine; question, answer: the mutual's."""
    text: str
    written_on: dt.date


class LinkRead(ReadModel):
    """A row of ours, or kept evidence, that a member's row rests on."""

    kind: str
    """member, receipt, ledger_tx, filing, evidence, benefit_remittance, payout, payout_batch, dependant, notice."""
    id: int
    label: str


class ComplaintMessageRead(ReadModel):
    """One text in a case, staff's notes too."""

    id: int
    voice: str
    actor: str
    text: str
    written_on: dt.date


class ComplaintRead(ReadModel):
    """A case as the list shows it."""

    id: int
    member_id: int
    member_number: str
    member_name: str
    kind: str
    row_key: str
    status: str
    owner_role: str
    assignee: str | None
    opened_on: dt.date
    age_days: int
    due_on: dt.date
    is_late: bool
    """It waits for staff and its day is past."""
    channel: str
    resolution: str | None
    ledger_tx_id: int | None
    earlier_id: int | None

    @classmethod
    def of(cls, row: Any, *, today: dt.date) -> Self:
        """Return a row of the list as of a day."""
        return cls.model_validate({**row._mapping, **standing(row, today)})


class ComplaintStepRead(ReadModel):
    """One step of a case."""

    at: dt.datetime
    event: str
    from_state: str
    to_state: str
    actor: str
    reason: str | None


class ComplaintWholeRead(ComplaintRead):
    """A case with what the member saw, what it rests on and what was said."""

    opened_by: str
    seen: dict[str, Any]
    """The row's content as she was shown it."""
    links: list[LinkRead]
    evidence_sha256: str
    messages: list[ComplaintMessageRead]
    steps: list[ComplaintStepRead]


class ComplaintCountRead(ReadModel):
    """How many cases of one role and kind wait."""

    owner_role: str
    kind: str
    waiting_count: int
    late_count: int
    with_member_count: int
    oldest_on: dt.date


class ResolutionChoice(WriteModel):
    """How a case ends."""

    model_config = {**WriteModel.model_config, **example({"resolution": "explained", "words": TOLD})}

    resolution: Annotated[Literal["corrected", "money_moved", "explained", "with_state"], Field(examples=["explained"])]
    words: Words | None = None
    """What she is told; needed where she was not answered before."""
    ledger_tx_id: Id | None = None
    """The posting that put it right; needed where money moved, and only there."""

    @property
    def chosen(self) -> Resolution:
        """The reason it ends for."""
        return Resolution(self.resolution)


def standing(row: Any, today: dt.date) -> dict[str, Any]:
    """Return a case's age in days, and whether it is late."""
    is_late = row.status in {"open", "in_hand"} and row.due_on < today
    return {"age_days": max(0, (today - row.opened_on).days), "is_late": is_late}
