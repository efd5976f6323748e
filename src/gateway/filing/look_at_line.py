"""One line of a filing as it is, or will be, written for the state: its bytes, field by field."""

import datetime as dt
from itertools import islice
from typing import NamedTuple

from sqlmodel import Session

from gateway.authority.connect import state_format
from gateway.authority.errors import UnrenderableError
from gateway.authority.protocol import DeclaredWorker, FilingHead, LaidField
from gateway.filing import queries
from gateway.filing.errors import LineUnknownError
from gateway.filing.models import Filing
from gateway.kit import db, tenant
from gateway.kit.period import Period
from gateway.membership.queries import get_payroll

LINE = """
-- at most one row: what the state's line of one member is made of, then codes and amounts of her assessment
SELECT l.document_kind, l.document, l.given_names, l.first_surname, l.second_surname, l.sex, l.birth_date, l.wage_minor,
       (SELECT array_agg(e.value ->> 'code' ORDER BY e.ordinality) FROM contribution_schedule s,
            jsonb_array_elements(s.components) WITH ORDINALITY e
        WHERE s.mutual_id = a.mutual_id AND s.id = a.schedule_id) AS codes, l.amounts_minor
FROM filing_line l JOIN contribution_assessment a ON a.mutual_id = l.mutual_id AND a.id = l.assessment_id
WHERE l.mutual_id = current_mutual() AND l.filing_id = :filing_id AND l.line_no = :line_no
"""


class LineSeen(NamedTuple):
    """A line of a filing in the state's own layout."""

    fields: list[LaidField]
    file_name: str
    file_line: int
    """Which line of the file, the header being 1; 0 where the file is not frozen yet."""
    fault: str
    """Why it cannot be written as it is; empty where it can."""


def look_at_line(session: Session, filing_id: int, line_no: int, *, today: dt.date) -> LineSeen:
    """Return a line as it stands in the frozen file, or as it would be written today while the filing is a draft.

    Raises:
        FilingUnknownError, LineUnknownError: No such filing, or it has no such line.
    """
    filing = queries.get_filing(session, filing_id)
    form = state_format(tenant.current(session).country)
    if filing.sealed_at is None:
        return _would_be(session, filing, line_no, today)
    for document in queries.list_documents(session, filing_id):
        place = line_no - document.first_line_no
        if document.holds == "workers" and 0 <= place < document.line_count:
            file_line = place + 1 + document.head_lines
            text = queries.read_file_line(session, document.id, file_line).decode("latin-1").rstrip("\r\n")
            laid = form.lay_out(document.kind, text, filing.sealed_at.date())
            return LineSeen(laid, document.file_name, file_line, "")
    raise LineUnknownError(f"filing {filing_id} has no line {line_no}; it has 1 to {filing.line_count}")


def _would_be(session: Session, filing: Filing, line_no: int, today: dt.date) -> LineSeen:
    row = db.first(session, LINE, {"filing_id": filing.id, "line_no": line_no})
    if row is None:
        raise LineUnknownError(f"filing {filing.id} has no line {line_no}; it has 1 to {filing.line_count}")
    form, payroll = state_format(tenant.current(session).country), get_payroll(session, filing.payroll_id)
    worker = DeclaredWorker(payroll.code, *row[:8])
    if form.limits.carries_amounts:
        worker = worker._replace(components=tuple(zip(row.codes or (), row.amounts_minor, strict=True)))
    head = FilingHead(payroll.employer_number, Period.of(filing.period_start), today, 1, number_from=line_no)
    try:
        (file,) = islice(form.render(head, [worker]), 1)
        lines = b"".join(file.chunks).decode("latin-1").splitlines()
    except UnrenderableError as problem:
        return LineSeen([], "", 0, problem.detail)
    return LineSeen(form.lay_out(file.kind, lines[file.head_lines], today), file.file_name, 0, "")
