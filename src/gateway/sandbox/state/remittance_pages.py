"""GET /remittances, one of them, and its lines."""

import datetime as dt
import sqlite3
from typing import Any

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.state.core import State
from gateway.sandbox.state.limits import limits_now
from gateway.sandbox.state.paging import PageError, cursor_of, read_page
from gateway.sandbox.state.problems import invalid, problem
from gateway.sandbox.state.remittances import describe


def list_remittances(state: State, call: Call) -> Answer:
    """GET /remittances."""
    try:
        after, limit = read_page(call.query, usual=100, most=1000)
    except PageError as broken:
        return invalid(*str(broken).split(": ", 1))
    since = call.query.get("since")
    try:
        # A plus sign that was not escaped arrives as a space.
        start = dt.datetime.fromisoformat(since.replace(" ", "+")) if since else None
    except ValueError:
        return invalid("since", "expected an instant with an offset, RFC 3339")
    if start is not None and start.tzinfo is None:
        return invalid("since", "expected an instant with an offset, RFC 3339")
    rows = [
        row for row in _advised(state, call.query.get("employer"), after) if start is None or _instant(row) >= start
    ]
    page = rows[:limit]
    return Answer(
        body={
            "remittances": [describe(state, row) for row in page],
            "next_cursor": cursor_of(page[-1]["number"]) if len(rows) > limit else None,
        }
    )


def _advised(state: State, employer: str | None, after: int) -> list[sqlite3.Row]:
    return (
        state.store.read()
        .execute(
            "SELECT * FROM remittance WHERE is_advised = 1 AND number > ? AND (? IS NULL OR employer = ?)"
            " ORDER BY number",
            [after, employer, employer],
        )
        .fetchall()
    )


def _instant(row: sqlite3.Row) -> dt.datetime:
    return dt.datetime.fromisoformat(row["advised_at"])


def _find(state: State, call: Call) -> Any:
    return (
        state.store.read()
        .execute("SELECT * FROM remittance WHERE remittance_id = ? AND is_advised = 1", [call.path["remittance_id"]])
        .fetchone()
    )


def get_remittance(state: State, call: Call) -> Answer:
    """GET /remittances/{remittance_id}."""
    row = _find(state, call)
    return Answer(body=describe(state, row)) if row else _absent()


def _absent() -> Answer:
    return problem(404, "remittance_not_found", "no remittance has this id")


def list_remittance_lines(state: State, call: Call) -> Answer:
    """GET /remittances/{remittance_id}/lines."""
    row = _find(state, call)
    if row is None:
        return _absent()
    try:
        after, limit = read_page(call.query, usual=1000, most=limits_now(state).max_page)
    except PageError as broken:
        return invalid(*str(broken).split(": ", 1))
    lines = (
        state.store.read()
        .execute(
            "SELECT * FROM remittance_line WHERE number = ? AND line > ? ORDER BY line LIMIT ?",
            [row["number"], after, limit + 1],
        )
        .fetchall()
    )
    page = lines[:limit]
    return Answer(
        body={
            "remittance_id": row["remittance_id"],
            "employer": row["employer"],
            "currency": state.currency.code,
            "line_count": row["line_count"],
            "total": state.money(row["total_minor"]),
            "lines": [_line(state, line) for line in page],
            "next_cursor": cursor_of(page[-1]["line"]) if len(lines) > limit else None,
        }
    )


def _line(state: State, line: sqlite3.Row) -> dict[str, Any]:
    return {
        "line": line["line"],
        "holder_document_type": line["document_type"],
        "holder_document": line["document"],
        "benefit": line["benefit"],
        "claim_reference": line["claim"],
        "period": line["period"],
        "amount": state.money(line["amount_minor"]),
        "instalment": line["instalment"],
        "of": line["instalments"],
    }
