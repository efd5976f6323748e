"""A large statement file: kept at once, loaded by a worker, and how far that is can be looked at meanwhile."""

from typing import Any

from sqlmodel import Session

from gateway.kit import evidence, progress
from gateway.kit.progress import Progress, Tell
from gateway.reconciliation.load_statement import TypedBalances, load_statement

SUBJECT = "statement_file"
"""What the work is called (``kit.progress``); its number is that of the file's evidence."""
TASK = "reconciliation.load"
STEPS = ("read", "lines", "keep")
LARGE_BYTES = 750_000
"""Larger files take longer than somebody waits for a page: at 28 MB and 60,000 lines, 8 s."""
KEPT = "upload.statement"


def load_later(
    session: Session, body: bytes, *, file_name: str, actor: str, mapping_id: int | None, typed: TypedBalances | None
) -> int:
    """Keep a file and queue its loading; return the number under which ``progress_of`` says how far it is."""
    digest = evidence.digest(body)
    about = {"file_name": file_name}
    kept = evidence.find(session, KEPT, digest) or evidence.keep(
        session, kind=KEPT, source=actor, media_type="application/octet-stream", body=body, about=about
    )
    options = {"file_name": file_name, "mapping_id": mapping_id, "typed": None if typed is None else list(typed)}
    progress.ask(session, TASK, SUBJECT, kept, actor=actor, options=options)
    return kept


def load_kept(session: Session, asked: Progress, tell: Tell) -> dict[str, Any]:
    """Load a kept file and return what came of it: whether it is new, its new lines, and why it was put aside if it was."""
    wanted = asked.options
    typed = None if wanted["typed"] is None else TypedBalances(*wanted["typed"])
    done = load_statement(
        session,
        evidence.read(session, asked.subject_id).body,
        file_name=str(wanted["file_name"]),
        actor=asked.asked_by,
        mapping_id=wanted["mapping_id"],
        typed=typed,
        tell=tell,
    )
    aside = [one.reason for one in done.statements if one.status == "quarantined"]
    return {"is_new": done.is_new, "new_lines": done.new_line_count, "aside": aside[0] if aside else None}


def progress_of(session: Session, number: int) -> Progress | None:
    """Return how far the loading of a kept file is."""
    return progress.find(session, SUBJECT, number)
