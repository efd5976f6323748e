"""The state reached by hand: the same states, money and evidence as when a worker speaks to it."""

import dataclasses
import datetime as dt
import json
import time
import uuid
from typing import Any

import psycopg
import pytest
from filing_town import OFFICER, TODAY, add_head, assess, enrol, pay, payroll_of, sealed, with_check_digit
from portal_town import table, uploaded
from sqlmodel import Session
from state_process import TOKEN, StateProcess, courier_to, pursue_until

from gateway.authority.connect import state_channel
from gateway.authority.protocol import Document
from gateway.filing import queries
from gateway.filing.collect_bills import collect
from gateway.filing.errors import (
    HeldByCourierError,
    NoticeInvalidError,
    NotReadyError,
    PortalAnswerError,
    PortalOnlyError,
    ReceptionTakenError,
)
from gateway.filing.portal_answer import load_answer
from gateway.filing.portal_notice import TypedNotice, type_confirmation, type_notice
from gateway.filing.portal_submit import Reception, mark_uploaded
from gateway.filing.pursue import due, pursue
from gateway.filing.submit import request_submission
from gateway.kit import db, evidence
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger.queries import current_balance
from gateway.month.standing import get_month

MARCH = Period(2026, 3)
EMPLOYERS = {1: "401999999", 2: "401888888"}


def a_month(session: Session, employer: str, first: int) -> tuple[int, list[int]]:
    """Three members who paid, one with a mother to support; the documents are of no other mutual."""
    statement = "INSERT INTO payroll (code, name, employer_number) VALUES ('001', 'Choferes', :employer) RETURNING id"
    payroll_id = int(db.scalar(session, statement, {"employer": employer}))
    ids = enrol(session, payroll_id, 3)
    add_head(session, ids[0], with_check_digit(9_500_000 + first))
    assess(session, payroll_id)
    pay(session, dict.fromkeys(ids, 1_000_000))
    return payroll_id, ids


def by_hand(session: Session, state: StateProcess, filing_id: int, employer: str) -> None:
    """Upload each file on the portal and load what it answers, as a filing officer does."""
    portal = state_channel("do", state.url, TOKEN)
    for document in queries.list_documents(session, filing_id):
        content = b"".join(queries.read_content(session, document.id))
        name = uuid.uuid4()
        sent = Document(name, document.kind, employer, MARCH, document.sha256, len(content))
        number = portal.submit(sent, [content]).reception_number
        mark_uploaded(session, filing_id, [Reception(number, document.id)], actor=OFFICER, today=TODAY)
        until = time.monotonic() + 60
        while (standing := portal.query(name)) is None or not standing.is_answered:
            assert time.monotonic() < until
            time.sleep(0.02)
        page = state.http.get(f"/filings/{name}/lines").raise_for_status().content
        loaded = load_answer(session, filing_id, body=page, file_name="answer.json", actor=OFFICER, today=TODAY)
        assert loaded.outcome == "applied"
        again = load_answer(session, filing_id, body=page, file_name="answer.json", actor=OFFICER, today=TODAY)
        assert again.outcome == "repeated"
    portal.close()


STEPS = "SELECT subject_kind, event, to_state, evidence_id IS NOT NULL AS is_proved FROM state_log WHERE mutual_id = current_mutual() AND subject_kind LIKE 'filing%' ORDER BY id"


def outcome(session: Session, filing_id: int, members: list[int]) -> dict[str, Any]:
    """Everything that must not depend on the way: states, codes, money, log and kept answers."""
    filing = queries.get_filing(session, filing_id)
    lines = queries.list_lines(session, filing_id, limit=10)
    answers = queries.list_answers(session, filing_id)
    sending = {"start_sending"}
    return {
        "filing": (filing.status, filing.answer_code, filing.accepted_count, filing.rejected_count, filing.next_check_at),
        "files": [(d.holds, d.kind, d.status, d.answer_code, d.accepted_count) for d in queries.list_documents(session, filing_id)],
        "lines": [(one.status, one.state_code, one.state_text, one.state_accepted_minor) for one in lines],
        "answers": [(one.status, one.accepted_count, one.rejected_count) for one in answers],
        "money": [current_balance(session, f"member:{member}:contributions") for member in members],
        "reserved": current_balance(session, f"filing:{filing_id}:reserved"),
        "log": sorted(tuple(row) for row in db.rows(session, STEPS) if row.event not in sending),
        "held": db.scalar(session, "SELECT count(*) FROM state_dependant WHERE mutual_id = current_mutual() AND is_active"),
    }  # fmt: skip


def bill_of(session: Session) -> dict[str, Any]:
    (bill,) = queries.list_bills(session, period=MARCH.start, status=None, before=None, limit=5)
    parts = queries.bill_parts(session, bill.id)["components"]
    return {
        "bill": (bill.id, bill.status, bill.total_minor, bill.ours_minor),
        "parts": sorted((part.code, part.theirs_minor, part.ours_minor) for part in parts if part.theirs_minor),
    }


def test_both_ways_lead_to_the_same_states_money_and_evidence(database: Database, state: StateProcess) -> None:
    filings, members, refused = {}, {}, []
    for mutual, employer in EMPLOYERS.items():
        with database.session(mutual) as session:
            payroll_id, members[mutual] = a_month(session, employer, mutual)
            filings[mutual] = sealed(session, payroll_id).id
            refused.append(queries.list_lines(session, filings[mutual], limit=5)[1].document)
    state.register(not_registered=refused)

    with database.session(1) as session:
        request_submission(session, filings[1], actor=OFFICER)
    with courier_to(database, state) as courier:
        assert pursue_until(courier, filings[1], "partial") == "partial"
    with database.session(2) as session:
        by_hand(session, state, filings[2], EMPLOYERS[2])

    told = {}
    for mutual in EMPLOYERS:
        with database.session(mutual) as session:
            told[mutual] = outcome(session, filings[mutual], members[mutual])
    assert told[1]["filing"][:2] == ("partial", "250")
    assert told[1] == told[2]

    # The notice, typed in from the portal, and its payment.
    shown = state.http.get("/notices", params={"employer": EMPLOYERS[2], "period": "2026-03"}).json()["notices"][0]
    minor = {part["code"]: int(part["amount"].replace(".", "")) for part in shown["components"]}
    with database.session(2) as session:
        payroll_id = queries.get_filing(session, filings[2]).payroll_id
        typed = TypedNotice(
            payroll_id, MARCH, shown["reference"], shown["version"], None, dt.date.fromisoformat(shown["issued_on"]),
            dt.date.fromisoformat(shown["due_on"]), list(minor.items()), int(shown["total"].replace(".", "")),
        )  # fmt: skip
        bill = type_notice(session, typed, actor="staff:abel", today=TODAY)
        assert type_notice(session, typed, actor="staff:abel", today=TODAY).id == bill.id
        by_portal = bill_of(session)
        with pytest.raises(NoticeInvalidError) as refusal:
            type_notice(session, typed._replace(total_minor=typed.total_minor + 1), actor="staff:abel", today=TODAY)
        assert refusal.value.errors[0].pointer == "/total"
        with pytest.raises(NoticeInvalidError):
            confirmed(session, bill.id, bill.total_minor - 1)
    with courier_to(database, state) as courier:
        collect(courier)
    with database.session(1) as session:
        by_api = bill_of(session)
    assert by_api["bill"][1:] == by_portal["bill"][1:]
    assert by_api["parts"] == by_portal["parts"]


KEPT = "SELECT evidence_id FROM filing_submission WHERE mutual_id = current_mutual() ORDER BY id"


def confirmed(session: Session, bill_id: int, minor: int) -> bool:
    return type_confirmation(
        session, bill_id, amount_minor=minor, paid_on=TODAY, authorisation="A1", actor="staff:abel", today=TODAY
    )


def test_a_state_that_is_down_on_the_due_day_is_tried_with_evidence_told_to_people_and_filed_by_hand(
    database: Database, state: StateProcess
) -> None:
    """F42: queued, evidence of each attempt kept, alert; the manual upload path writes the same states."""
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 2)
        filing_id = sealed(session, payroll_id).id
        request_submission(session, filing_id, actor=OFFICER)
    with courier_to(database, state) as courier:
        down = dataclasses.replace(courier, channel=state_channel("do", "http://127.0.0.1:9", TOKEN))
        for day in (1, 2, 3):
            pursue(down, filing_id)
            with database.session(1) as session:
                filing = queries.get_filing(session, filing_id)
                assert (filing.status, filing.attempt) == ("sealed", day)
                assert filing.next_check_at is not None
        with database.session(1) as session:
            attempts = queries.list_attempts(session, filing_id)
            assert [row.outcome for row in attempts] == ["unavailable"] * 3
            kept = db.rows(session, KEPT)
            assert all(evidence.read(session, row.evidence_id).about["problem"] for row in kept)
            step = next(one for one in get_month(session, MARCH).steps if one.code == "submit")
            assert (step.who, len(step.blockers)) == ("filing_officer", 1)

            filing = uploaded(session, queries.get_filing(session, filing_id))
            assert (filing.status, filing.next_check_at) == ("submitted", None)
            assert due(session) == []
        # The interface is back: it knows nothing of the upload by our id, and is not asked; nothing goes out a second time.
        pursue(courier, filing_id)
        assert state.effects()["filings_received"] == 0
        with database.session(1) as session:
            loaded = load_answer(
                session, filing_id, body=b"code;line\n0;2\n0;3\n", file_name="r.csv", actor=OFFICER, today=TODAY
            )
            assert (loaded.outcome, queries.get_filing(session, filing_id).status) == ("applied", "accepted")


def test_uploads_are_marked_once_each_with_its_own_number_and_never_under_a_workers_hands(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 2)
        filing = sealed(session, payroll_id)
        mark = {"actor": OFFICER, "today": TODAY}
        with pytest.raises(NotReadyError):
            load_answer(session, filing.id, body=b"line,code\n2,0\n", file_name="r.csv", **mark)
        marked = mark_uploaded(session, filing.id, [Reception(" P77 ")], **mark)
        assert (marked.status, marked.reception_reference) == ("submitted", "P77")
        version = marked.version
        assert mark_uploaded(session, filing.id, [Reception("P77")], **mark).version == version
        with pytest.raises(ReceptionTakenError):
            mark_uploaded(session, filing.id, [Reception("P78")], **mark)
        (attempt,) = queries.list_attempts(session, filing.id)
        assert (attempt.step, attempt.outcome, attempt.worker) == ("portal:AM:1", "received", OFFICER)

        db.run(session, "UPDATE filing SET status = 'unknown' WHERE id = :id", {"id": filing.id})
        db.run(session, "UPDATE filing_document SET status = 'sealed', reception_reference = NULL")
        session.expire_all()
        with pytest.raises(HeldByCourierError):
            mark_uploaded(session, filing.id, [Reception("P79")], **mark)
        found = mark_uploaded(
            session, filing.id, [Reception("P79")], is_known_absent=True, reason="not listed there", **mark
        )
        assert found.status == "submitted"


def test_a_mutual_that_files_by_the_portal_sends_nothing(database: Database) -> None:
    with psycopg.connect(database.url) as owner:
        owner.execute('UPDATE mutual SET settings = settings || \'{"authority_channel": "portal"}\'::jsonb')
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 1)
        filing = sealed(session, payroll_id)
        with pytest.raises(PortalOnlyError):
            request_submission(session, filing.id, actor=OFFICER)


def test_an_answer_with_a_mistake_changes_nothing_and_every_mistake_has_its_place(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, _ = payroll_of(session, 3)
        filing = sealed(session, payroll_id)
        uploaded(session, filing)
        documents = [line.document for line in queries.list_lines(session, filing.id, limit=5)]

        def load(body: bytes, **more: Any) -> Any:
            return load_answer(session, filing.id, body=body, file_name="r.csv", actor=OFFICER, today=TODAY, **more)

        def mistakes(body: bytes) -> list[tuple[str, str]]:
            with pytest.raises(PortalAnswerError) as refused:
                load(body)
            return [(one.pointer, one.code) for one in refused.value.errors]

        assert mistakes(b"line,code\n2,0\n3,0\n") == [("/", "lines_unanswered")]
        assert mistakes(b"line,code\n2,0\n3,0\n4,0\n5,0\n") == [("line 5", "line_unknown")]
        assert mistakes(b"line,code\n2,0\n2,24\n3,0\n4,0\n") == [("line 3", "line_twice")]
        assert mistakes(table({documents[0]: "24", "99999999999": "24"})) == [("line 3", "document_unknown")]
        wrong = f"line,document,code\n2,{documents[1]},0\n3,,0\n4,,0\n".encode()
        assert mistakes(wrong) == [("line 2", "document_differs")]
        cut = json.dumps(
            {
                "counts": {"lines": 4, "accepted": 4, "rejected": 0},
                "lines": [{"line": n, "code": "0"} for n in (2, 3, 4)],
            }
        )
        assert mistakes(cut.encode()) == [("/counts/lines", "control_differs"), ("/counts/accepted", "control_differs")]
        assert queries.list_answers(session, filing.id) == []

        seen = load(table({documents[0]: "24"}), unlisted_accepted=True, is_preview=True)
        assert (seen.outcome, seen.accepted, seen.rejected) == ("previewed", 2, 1)
        assert queries.get_filing(session, filing.id).status == "submitted"
        taken = load(table({documents[0]: "24"}), unlisted_accepted=True)
        assert (taken.outcome, queries.get_filing(session, filing.id).status) == ("applied", "partial")


def test_a_refusal_of_the_whole_file_gives_everybody_her_money_back(database: Database) -> None:
    with database.session(1) as session:
        payroll_id, ids = payroll_of(session, 2)
        filing = sealed(session, payroll_id)
        uploaded(session, filing)
        body = json.dumps(
            {"status": "rejected", "code": "PY1", "message": "formato", "errors": [{"line": 3, "code": "PY1"}]}
        )
        load_answer(session, filing.id, body=body.encode(), file_name="r.json", actor=OFFICER, today=TODAY)
        filing = queries.get_filing(session, filing.id)
        assert (filing.status, filing.answer_code) == ("rejected", "PY1")
        assert current_balance(session, f"filing:{filing.id}:reserved") == 0
        assert all(current_balance(session, f"member:{one}:contributions") for one in ids)
