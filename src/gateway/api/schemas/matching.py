"""Which rule knew a statement's line, whose it is, and how far a transfer may differ."""

import datetime as dt

from pydantic import Field

from gateway.api.money import AmountText, text_of
from gateway.api.schemas.common import Line, ReadModel, Reason, WriteModel, example
from gateway.reconciliation.match_rules import BY_CODE
from gateway.reconciliation.queries import (
    MatchRow,
    SuggestionRow,
)
from gateway.reconciliation.tolerance import ToleranceRow


class MatchRead(ReadModel):
    """What a line was matched to."""

    id: int
    rule: str
    fields: list[str]
    """What agreed."""
    kind: str
    matched_id: int
    amount: str
    undoes: int | None
    """The match that this one takes back."""
    ledger_tx_id: int | None
    reason: str | None
    actor: str
    at: dt.datetime


class LineSuggestionRead(ReadModel):
    """What a line may be, by a rule that is not sure or that names several."""

    rule: str
    meaning: str
    fields: list[str]
    kind: str
    matched_id: int
    at: dt.datetime


class LineMatchesRead(ReadModel):
    """How a line came to where it is."""

    matches: list[MatchRead]
    suggestions: list[LineSuggestionRead]

    @classmethod
    def of(cls, matches: list[MatchRow], suggestions: list[SuggestionRow], currency: str) -> "LineMatchesRead":
        """Return what is shown of a line's matches."""
        shown = []
        for match in matches:
            fields = match._asdict()
            fields["amount"] = text_of(fields.pop("amount_minor"), currency)
            shown.append(MatchRead.model_validate(fields))
        hints = [LineSuggestionRead(**one._asdict(), meaning=BY_CODE[one.rule].meaning) for one in suggestions]
        return cls(matches=shown, suggestions=hints)


class OwnerCreate(WriteModel):
    """Whose the money of a line is."""

    model_config = {**WriteModel.model_config, **example({"member_id": 17, "reason": "The slip was shown"})}

    member_id: int = Field(ge=1)
    reason: Reason


class RuleRead(ReadModel):
    """A rule by which lines are known, in the order they are asked."""

    code: str
    kind: str
    """What it matches a line to."""
    strength: str
    """``sure``: books by itself; ``by_setting``: only where the mutual has said so; ``hint``: only suggests."""
    fields: list[str]
    meaning: str


class ToleranceCreate(WriteModel):
    """By how much transfers of a place may differ from the bank's line, and where the difference goes."""

    model_config = {
        **WriteModel.model_config,
        **example(
            {
                "place_code": "momo:orange:clearing",
                "reason": "provider_fee",
                "most": "250.00",
                "difference_code": "expense:provider-fees",
            }
        ),
    }

    place_code: Line
    reason: str = Field(pattern=r"^[a-z_]{1,40}$")
    most: AmountText
    """An absolute amount; zero ends it."""
    difference_code: str = Field(pattern=r"^expense:[a-z0-9:-]{1,60}$")


class ToleranceRead(ReadModel):
    """What was decided for a place and reason."""

    place_code: str
    reason: str
    version: int
    most: str
    difference_code: str
    decided_by: str
    at: dt.datetime

    @classmethod
    def of(cls, row: ToleranceRow, currency: str) -> "ToleranceRead":
        """Return what is shown of a tolerance."""
        shown = row._asdict()
        shown["most"] = text_of(shown.pop("most_minor"), currency)
        return cls.model_validate(shown)
