"""What was pushed to us, and what a person decides about what could not be handled."""

import datetime as dt
from typing import Any, Self

from gateway.api.schemas.common import ReadModel
from gateway.kit.models import InboxState

LONGEST = 4_000


class InboxMessageRead(ReadModel):
    """A message from outside."""

    id: int
    source: str
    event_id: str
    kind: str
    status: InboxState
    reason: str | None
    """What became of it, or why it was set aside."""
    received_at: dt.datetime
    handled_at: dt.datetime | None
    handled_by: str | None
    """Who let it be tried again or dismissed it."""
    body: str
    """As it came; at most 4,000 characters are shown."""

    @classmethod
    def of(cls, row: Any) -> Self:
        """Shape a row."""
        kept = ("id", "source", "event_id", "kind", "received_at", "handled_at", "handled_by")
        values = {name: getattr(row, name) for name in kept}
        body = bytes(row.body).decode("utf-8", errors="replace").replace("\x00", "\ufffd")[:LONGEST]
        return cls(**values, status=InboxState(row.state), reason=row.note, body=body)
