"""SPDCI-shaped registry search: who is a member, by identity number. At once, or answered later.

A thin adapter over the same look as every other: the shape of the messages is that of the DCI social registry API 1.0,
of which the identifier query (``idtype-value``) is taken and nothing else.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from gateway.kit import db, jobs
from gateway.kit.period import Period
from gateway.membership.states import IdentityKind
from gateway.statelink import queries
from gateway.statelink.errors import SearchDiffersError, SearchUnknownError
from gateway.statelink.look import look
from gateway.statelink.states import SearchState

VERSION = "1.0.0"
RECORD = "spdci:Member"
Json = dict[str, Any]

INSERT = """
-- at most one row: the new search; none where the client asked under this transaction before
INSERT INTO registry_search (client_row_id, transaction_reference, request, request_sha256, correlation_reference)
VALUES (:client_row_id, :reference, CAST(:request AS jsonb), :sha256, :correlation)
ON CONFLICT (mutual_id, client_row_id, transaction_reference) DO NOTHING RETURNING id
"""

ANSWERED = """
-- no row: the search with its answer
UPDATE registry_search SET state = 'answered', answer = CAST(:answer AS jsonb), answered_at = now()
WHERE mutual_id = current_mutual() AND id = :search_id AND state = 'waiting'
"""

DELIVERED = """
-- no row: the client has taken the answer
UPDATE registry_search SET state = 'delivered' WHERE mutual_id = current_mutual() AND id = :search_id AND state = 'answered'
"""


def search(session: Session, message: Mapping[str, Any], *, today: dt.date, actor: str, now: dt.datetime) -> Json:
    """Answer every search of a message; each is a look at a person and leaves its row."""
    answers = [_one(session, item, today=today, actor=actor, now=now) for item in message["search_request"]]
    return {"transaction_id": message["transaction_id"], "search_response": answers}


def ask(session: Session, message: Mapping[str, Any], *, client_row_id: int) -> str:
    """Keep a search to be answered by a job, and return the correlation it is known by; the same again is the same.

    Raises:
        SearchDiffersError: The transaction came before with another search.
    """
    text = json.dumps(message, sort_keys=True)
    values = {
        "client_row_id": client_row_id,
        "reference": message["transaction_id"],
        "request": text,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "correlation": str(uuid.uuid4()),
    }
    row = db.first(session, INSERT, values)
    if row is not None:
        jobs.defer(session, "statelink.search", lock=f"registry:{row.id}", search_id=row.id)
        return str(values["correlation"])
    known = find(session, message["transaction_id"], client_row_id=client_row_id)
    if known.request_sha256 != values["sha256"]:
        raise SearchDiffersError("this transaction_id is of another search; a new one has a new id")
    return str(known.correlation_reference)


def find(session: Session, reference: str, *, client_row_id: int) -> Any:
    """Return a client's search.

    Raises:
        SearchUnknownError: It asked nothing under this transaction.
    """
    found = db.first(session, queries.SEARCH, {"client_row_id": client_row_id, "reference": reference})
    if found is None:
        raise SearchUnknownError("this client asked nothing under this transaction_id")
    return found


def answer(session: Session, search_id: int, *, today: dt.date, now: dt.datetime) -> Any | None:
    """Answer a search that waits and return it with the address of its client; None where there is no such search."""
    found = db.first(session, queries.SEARCH_BY_ID, {"search_id": search_id})
    if found is None:
        return None
    if found.state == SearchState.WAITING:
        told = search(session, found.request, today=today, actor=f"state:{found.client_id}", now=now)
        told["correlation_id"] = found.correlation_reference
        db.run(session, ANSWERED, {"search_id": search_id, "answer": json.dumps(told)})
        found = db.first(session, queries.SEARCH_BY_ID, {"search_id": search_id})
    return found


def note_delivery(session: Session, search_id: int) -> None:
    """Note that a client took the answer at its own address."""
    db.run(session, DELIVERED, {"search_id": search_id})


def enveloped(action: str, message: Json, *, message_id: str, now: dt.datetime, status: str = "succ") -> Json:
    """Return a message with its header, as SPDCI has it."""
    header = {
        "version": VERSION,
        "message_id": message_id,
        "message_ts": now.isoformat(timespec="seconds"),
        "action": action,
        "status": status,
        "total_count": len(message.get("search_response", ())),
        "is_msg_encrypted": False,
    }
    return {"signature": "", "header": header, "message": message}


def acknowledged(correlation: str, *, now: dt.datetime) -> Json:
    """Return the answer to what is answered later."""
    stamp = now.isoformat(timespec="seconds")
    return {"message": {"ack_status": "ACK", "timestamp": stamp, "correlation_id": correlation}}


def _one(session: Session, item: Mapping[str, Any], *, today: dt.date, actor: str, now: dt.datetime) -> Json:
    criteria = item["search_criteria"]
    query, month = criteria["query"], Period.of(today)
    base = {"reference_id": item["reference_id"], "timestamp": now.isoformat(timespec="seconds")}
    if query["type"] not in {kind.value for kind in IdentityKind}:
        return {**base, "status": "rjct", "status_reason_code": "rjct.search_criteria.invalid"}
    found = look(
        session,
        kind=query["type"],
        document=query["value"],
        first=month,
        last=month,
        purpose=criteria["purpose"],
        what="registry",
        actor=actor,
    )
    records: list[Json] = []
    if found.member is not None:
        records = [
            {
                "@type": RECORD,
                "identifier": [{"identifier_type": query["type"], "identifier_value": query["value"]}],
                "given_names": found.member.given_names,
                "first_surname": found.member.first_surname,
                "membership_status": found.member.status,
                "period": str(month),
                "standing": found.standing.value,
            }
        ]
    data = {"version": VERSION, "reg_type": "ns:MEMBERS", "reg_record_type": RECORD, "reg_records": records}
    return {
        **base,
        "status": "succ",
        "data": data,
        "pagination": {"page_size": 1, "page_number": 1, "total_count": len(records)},
    }
