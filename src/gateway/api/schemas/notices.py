"""Shapes of the messages to members."""

import datetime as dt

from gateway.api.schemas.common import ReadModel, example


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
