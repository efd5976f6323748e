"""The state's answers as a portal gives them: what the tests of movements and of the portal path load by hand."""

import datetime as dt
import itertools
from collections.abc import Mapping
from typing import Any

from filing_town import OFFICER, TODAY
from sqlmodel import Session

from gateway.filing import queries
from gateway.filing.models import Filing
from gateway.filing.portal_answer import Loaded, load_answer
from gateway.filing.portal_submit import Reception, mark_uploaded

_receptions = itertools.count(1)


def uploaded(session: Session, filing: Filing, *, today: dt.date = TODAY) -> Filing:
    """Mark every file of a sealed filing as uploaded by hand."""
    receptions = [Reception(f"P{next(_receptions)}", d.id) for d in queries.list_documents(session, filing.id)]
    return mark_uploaded(session, filing.id, receptions, actor=OFFICER, today=today)


def table(codes: Mapping[Any, str], column: str = "Documento") -> bytes:
    """Return an answer file that names what was refused."""
    rows = "".join(f"{what};{code};no\n" for what, code in codes.items())
    return f"{column};Código;Mensaje\n{rows}".encode("latin-1")


def answered(
    session: Session,
    filing: Filing,
    refused: Mapping[str, Mapping[Any, str]] | None = None,
    *,
    today: dt.date = TODAY,
) -> list[Loaded]:
    """Upload a sealed filing and load its answers; ``refused`` is by what the file holds, then by document."""
    uploaded(session, filing, today=today)
    loaded = []
    for document in queries.list_documents(session, filing.id):
        codes = (refused or {}).get(document.holds, {})
        column = "Línea" if document.holds == "dependants" else "Documento"
        loaded.append(
            load_answer(
                session,
                filing.id,
                body=table(codes, column),
                file_name="respuesta.csv",
                document_id=document.id,
                unlisted_accepted=True,
                actor=OFFICER,
                today=today,
            )
        )
    session.refresh(filing)
    return loaded
