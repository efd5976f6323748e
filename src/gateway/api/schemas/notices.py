"""Shapes of the messages to members, and of the words they are said in."""

import datetime as dt
from typing import Annotated

from pydantic import Field

from gateway.api.schemas.common import ReadModel, Reason, WriteModel, example
from gateway.notices.rules import LONGEST_WORDS
from gateway.notices.templates import Template
from gateway.notices.texts import required_of, sample_of, title_of


class NoticeRead(ReadModel):
    """One thing a member is told."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "id": 31,
                "member_id": 17,
                "kind": "child_leaves",
                "about_key": "dependant:12:2026-12-01",
                "language": "es",
                "text": "Luis cumple 18 años el 01/12/2026 y ese día sale de su núcleo familiar.",
                "due_on": "2026-10-02",
                "status": "waiting",
                "status_reason": None,
                "created_at": "2026-10-02T06:00:00Z",
                "changed_at": "2026-10-02T06:00:00Z",
            }
        ),
    }

    id: int
    member_id: int
    kind: str
    """What sort of thing it is."""
    about_key: str
    """What it is about; told once."""
    language: str
    text: str
    due_on: dt.date | None
    """Not carried before this day; null where it may go at once."""
    status: str
    """waiting, sending, sent, delivered, failed, withdrawn."""
    status_reason: str | None
    created_at: dt.datetime
    changed_at: dt.datetime


class PlaceRead(ReadModel):
    """A place in a message's words that is filled."""

    name: str
    sample: str
    is_required: bool


class LengthRead(ReadModel):
    """How long words are as a short message, filled by an example."""

    letters: int
    is_wide: bool
    """Has letters of the wide alphabet, for example á: a message holds less than half of it."""
    parts: int
    """Messages it is sent in."""


class PreviewRead(ReadModel):
    """Words with their places filled by an example."""

    text: str
    length: LengthRead


class MessageTemplateRead(ReadModel):
    """What is said of one kind of notice in one language."""

    model_config = {
        **ReadModel.model_config,
        **example(
            {
                "kind": "payout_returned",
                "title": "A payout came back",
                "language": "en",
                "version": 1,
                "shipped": "{mutual}: a payment we sent you came back.",
                "own": "{mutual}: your payout came back to us. Please call.",
                "own_since": "2026-04-02",
                "coming": None,
                "coming_on": None,
                "preview": {
                    "text": "Mutual Amparo: your payout came back to us. Please call.",
                    "length": {"letters": 56, "is_wide": False, "parts": 1},
                },
                "places": [{"name": "mutual", "sample": "Mutual Amparo", "is_required": False}],
            }
        ),
    }

    kind: str
    title: str
    language: str
    version: int
    shipped: str
    own: str | None
    """The mutual's own words today; null where the shipped ones count."""
    own_since: dt.date | None
    coming: str | None
    """Own words that count from a later day."""
    coming_on: dt.date | None
    preview: PreviewRead
    """Of what counts today."""
    places: list[PlaceRead]

    @classmethod
    def of(cls, template: Template, language: str) -> "MessageTemplateRead":
        """Shape a template; its title in the reader's language."""
        required = required_of(template.kind)
        places = [
            PlaceRead(name=name, sample=sample, is_required=name in required)
            for name, sample in sample_of(template.kind, template.language, template.country).items()
        ]
        shown = {name: one for name, one in template._asdict().items() if name != "country"}
        values = {**shown, "preview": PreviewRead.model_validate(template.preview)}
        return cls(**values, title=title_of(template.kind, language), places=places)


class MessageTemplateList(ReadModel):
    """Every kind in every language."""

    items: list[MessageTemplateRead]


class MessageTemplateWrite(WriteModel):
    """A mutual's own words for a kind, or null for the shipped ones again."""

    model_config = example(
        {"text": "{mutual}: your payout came back to us. Please call.", "valid_from": "2026-04-02", "reason": "shorter"}
    )

    text: Annotated[str, Field(max_length=LONGEST_WORDS)] | None
    valid_from: dt.date | None = None
    """From when; today where it is left out."""
    reason: Reason


class PreviewAsk(WriteModel):
    """Words to look at before they are saved."""

    model_config = example({"text": "{mutual}: your payout came back to us. Please call."})

    text: Annotated[str, Field(max_length=LONGEST_WORDS)]


class WordingRead(ReadModel):
    """Words that were once saved."""

    version: int
    valid_from: dt.date
    text: str | None
    reason: str
    actor: str
    recorded_at: dt.datetime


class WordingList(ReadModel):
    """Every wording of a kind in a language, the newest first."""

    items: list[WordingRead]
