"""A large statement file: kept at once, loaded by a worker, and how far that is can be looked at meanwhile."""

import datetime as dt
from typing import Any

from sqlmodel import Session

from gateway.kit.long_file import LongFile, body_of
from gateway.kit.progress import Progress, Tell
from gateway.reconciliation.load_statement import TypedBalances, load_statement


def load_kept(session: Session, asked: Progress, tell: Tell, _today: dt.date) -> dict[str, Any]:
    """Load a kept file and return what came of it: whether it is new, its new lines, and why it was put aside if it was."""
    wanted = asked.options
    typed = None if wanted["typed"] is None else TypedBalances(*wanted["typed"])
    done = load_statement(
        session,
        body_of(session, asked),
        file_name=str(wanted["file_name"]),
        actor=asked.asked_by,
        mapping_id=wanted["mapping_id"],
        typed=typed,
        tell=tell,
    )
    aside = [one.reason for one in done.statements if one.status == "quarantined"]
    return {"is_new": done.is_new, "new_lines": done.new_line_count, "aside": aside[0] if aside else None}


STATEMENT = LongFile("reconciliation.load", "statement_file", "upload.statement", ("read", "lines", "keep"), load_kept)
