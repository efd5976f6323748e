"""A bill may reach us before the answer to a file it names; what is ours of it is not known then."""

import datetime as dt
import uuid

from tests.filing.filing_town import COST, MARCH, TODAY, payroll_of, sealed
from tests.filing.notices import ANSWER_FILES

from gateway.authority.protocol import Notice, NoticeFiling, RawAnswer
from gateway.filing.bills import receive_notice
from gateway.filing.queries import list_documents
from gateway.kit import db
from gateway.kit.db import Database

NOW = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)


def notice(reference: uuid.UUID, minor: int) -> Notice:
    return Notice(
        reference="0320260000000014",
        version=1,
        replaces=None,
        replaced_by=None,
        employer="401999999",
        period=MARCH,
        payroll="001",
        status="current",
        issued_on=TODAY,
        due_on=TODAY,
        currency="DOP",
        line_count=1,
        components=(("health_worker", minor),),
        total_minor=minor,
        filings=(NoticeFiling(reference, 1, minor),),
        paid_minor=0,
        raw=RawAnswer("GET", "http://state/notices", 200, {}, b"{}", NOW, NOW),
    )


def test_a_bill_that_names_an_unanswered_file_waits_for_the_answer(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1)
        filing = sealed(session, payroll_id)
        (document,) = list_documents(session, filing.id)
        told = notice(document.reference, COST)
        assert receive_notice(session, told, actor="worker:1", today=TODAY) is None
        assert db.scalar(session, "SELECT count(*) FROM bill") == 0
        db.run(session, ANSWER_FILES, {"id": filing.id})
        db.run(session, "UPDATE filing_line SET status = 'accepted', state_accepted_minor = state_minor")
        db.run(session, "UPDATE filing SET status = 'accepted'")
        bill = receive_notice(session, told, actor="worker:1", today=TODAY)
        assert bill is not None
        assert db.scalar(session, "SELECT amount_minor FROM bill_filing") == COST
