"""A long settlement report: kept at once, taken in by a worker, and how far that is can be looked at meanwhile."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit.long_file import LongFile, body_of
from gateway.kit.progress import Progress, Tell
from gateway.treasury.settlement import load_settlement


def take_in(session: Session, asked: Progress, tell: Tell, today: dt.date) -> dict[str, Any]:
    """Take in a kept report; return its number, and why it was put aside if it was."""
    wanted = asked.options
    found = load_settlement(
        session,
        body=body_of(session, asked),
        file_name=str(wanted["file_name"]),
        provider=str(wanted["provider"]),
        bank_code=str(wanted["bank_code"]),
        actor=asked.asked_by,
        today=today,
        tell=tell,
    )
    return {"settlement_id": found.id, "aside": found.reason}


SETTLEMENT = LongFile(
    "treasury.settlement", "settlement_file", "upload.settlement", ("read", "compare", "book"), take_in
)
