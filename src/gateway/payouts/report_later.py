"""A long status report of the bank's: kept at once, taken in by a worker, and how far that is can be looked at meanwhile."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit.long_file import LongFile, body_of
from gateway.kit.progress import Progress, Tell
from gateway.payouts.bank_results import apply_report


def take_in(session: Session, asked: Progress, tell: Tell, today: dt.date) -> dict[str, Any]:
    """Take in a kept report; return its batch and how many payouts it rejected."""
    told = apply_report(session, body_of(session, asked), actor=asked.asked_by, today=today, tell=tell)
    return {"batch_id": told.batch.id, "rejected": told.applied.failed_count}


REPORT = LongFile("payouts.report", "status_report_file", "upload.status_report", ("read", "book"), take_in)
