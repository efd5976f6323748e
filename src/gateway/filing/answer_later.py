"""A long answer of the state's portal: kept at once, taken in by a worker, and how far that is can be looked at meanwhile."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.filing.portal_answer import load_answer
from gateway.kit.long_file import LongFile, body_of
from gateway.kit.progress import Progress, Tell


def take_in(session: Session, asked: Progress, tell: Tell, today: dt.date) -> dict[str, Any]:
    """Take in a kept answer; return how many lines it accepts and rejects, and what does not add up if anything does not."""
    wanted = asked.options
    loaded = load_answer(
        session,
        int(wanted["filing_id"]),
        body=body_of(session, asked),
        file_name=str(wanted["file_name"]),
        document_id=wanted["document_id"],
        unlisted_accepted=bool(wanted["unlisted_accepted"]),
        actor=asked.asked_by,
        today=today,
        tell=tell,
    )
    return {"accepted": loaded.accepted, "rejected": loaded.rejected, "problem": loaded.problem}


ANSWER = LongFile(
    "filing.portal_answer", "portal_answer_file", "upload.portal_answer", ("read", "compare", "book"), take_in
)
