"""GET /filings/{filing_id} and its lines, one by one or by what is said of them."""

import json
import uuid
from functools import cache
from typing import Any

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.state.core import State
from gateway.sandbox.state.limits import limits_now
from gateway.sandbox.state.paging import PageError, cursor_of, read_page
from gateway.sandbox.state.problems import invalid, problem
from gateway.sandbox.state.realm import CHANGED, COLUMNS


def _amount(column: str, exponent: int) -> str:
    # Written by the database: a million lines are read in pages of ten thousand.
    if not exponent:
        return f"printf('%d', {column})"
    unit = 10**exponent
    return f"printf('%d.%0{exponent}d', {column} / {unit}, {column} % {unit})"


GROUPED = "application/vnd.authority.grouped+json"
_SUM = " + ".join(f"c{number}" for number in range(1, COLUMNS + 1))


@cache
def line_json(components: tuple[str, ...], exponent: int) -> str:
    """Return the statement that writes the lines of a filing, with a state's names for the components and its decimals."""
    parts = " || ',' || ".join(
        f'\'{{"code":"{code}","amount":"\' || {_amount(f"c{number}", exponent)} || \'"}}\''
        for number, code in enumerate(components, start=1)
    )
    declared, accepted, added = (
        _amount(column, exponent) for column in ("declared_minor", "accepted_minor", f"({_SUM})")
    )
    return f"""
-- one row per line of a filing, in the order of the file: its number, document and code, and as JSON all else but the message
SELECT line, json_quote(document) AS document, code, status,
  '"payroll":' || json_quote(payroll) || ',"document_type":' || json_quote(document_type) || ',"status":"' ||
  CASE status WHEN 0 THEN 'accepted' WHEN 1 THEN 'rejected' ELSE 'accepted_with_change' END ||
  '","code":' || json_quote(code) || ',"declared_wage":"' || {declared} ||
  '","accepted_wage":"' || {accepted} || '","additional_dependants":' || dependants ||
  ',"components":[' || CASE WHEN status = 1 THEN '' ELSE {parts} END ||
  '],"amount":"' || {added} || '","message":' AS body
FROM line WHERE filing_seq = ? AND line > ? ORDER BY line LIMIT ?
"""


def find_filing(state: State, filing_id: str) -> Any:
    """Return the filing's row, None if nothing arrived under the id."""
    try:
        key = str(uuid.UUID(filing_id))
    except ValueError:
        return None
    return state.store.read().execute("SELECT * FROM filing WHERE filing_id = ?", [key]).fetchone()


def _absent(filing_id: str) -> Answer:
    return problem(404, "filing_not_found", f"nothing arrived under {filing_id}; it may be sent again")


def _sums(state: State, row: Any) -> dict[str, Any]:
    return {
        "counts": {"lines": row["lines"], "accepted": row["accepted"], "rejected": row["rejected"]},
        "totals": {
            "currency": state.currency.code,
            "declared_wage": state.money(row["declared_minor"]),
            "accepted_wage": state.money(row["accepted_minor"]),
            "billed": state.money(row["billed_minor"]),
        },
    }


def query_filing(state: State, call: Call) -> Answer:
    """GET /filings/{filing_id}."""
    row = find_filing(state, call.path["filing_id"])
    if row is None:
        return _absent(call.path["filing_id"])
    return Answer(
        body={
            "filing_id": row["filing_id"],
            "reception_number": row["reception"],
            "kind": row["kind"],
            "employer": row["employer"],
            "period": row["period"],
            "payrolls": json.loads(row["payrolls"]),
            "group": row["grp"],
            "part": row["part"],
            "of": row["parts"],
            "status": row["status"],
            "state_status": row["state_status"],
            "code": row["code"],
            "message": row["message"],
            **_sums(state, row),
            "content_sha256": row["sha256"],
            "received_at": row["received_at"],
            "answered_at": row["answered_at"],
            "errors": json.loads(row["errors"]),
        }
    )


def list_lines(state: State, call: Call) -> Answer:
    """GET /filings/{filing_id}/lines: the text of a page is put together by the database."""
    row = find_filing(state, call.path["filing_id"])
    if row is None:
        return _absent(call.path["filing_id"])
    if row["answered_at"] is None:
        return problem(409, "not_answered_yet", "the filing was received and is not answered yet; ask again later")
    habits = {rule.do for rule in state.fire("lines", frozenset({"overlap", "any_cursor"}), filing_id=row["filing_id"])}
    try:
        after, limit = read_page(call.query, usual=1000, most=limits_now(state).max_page)
        after -= "overlap" in habits and after > 0
    except PageError as broken:
        if "any_cursor" in habits and "cursor" in call.query:
            return list_lines(state, Call(call.path, {}, call.headers))
        return invalid(*str(broken).split(": ", 1))
    lines = (
        state.store.read()
        .execute(line_json(state.realm.components, state.currency.exponent), [row["seq"], after, limit + 1])
        .fetchall()
    )
    more = len(lines) > limit
    lines = lines[:limit]
    head = {
        "filing_id": row["filing_id"], "reception_number": row["reception"], "kind": row["kind"],
        "employer": row["employer"], "period": row["period"], **_sums(state, row),
        "next_cursor": cursor_of(lines[-1]["line"]) if more else None,
    }  # fmt: skip
    is_grouped = GROUPED in call.headers.get("accept", "")
    text = (_grouped if is_grouped else _one_by_one)(state, lines)
    body = json.dumps(head, ensure_ascii=False)[:-1] + f", {text}}}"
    return Answer(body=body.encode(), media_type=GROUPED if is_grouped else "application/json")


def _one_by_one(state: State, lines: list[Any]) -> str:
    told = (f'{{"line":{one["line"]},"document":{one["document"]},{_said(state, one)}}}' for one in lines)
    return f'"lines": [{",".join(told)}]'


def _grouped(state: State, lines: list[Any]) -> str:
    """Write once what is the same of many lines."""
    said: dict[str, int] = {}
    of = ",".join(str(said.setdefault(_said(state, one), len(said))) for one in lines)
    once = ",".join(f"{{{one}}}" for one in said)
    numbers, documents = (",".join(str(one[name]) for one in lines) for name in ("line", "document"))
    return f'"grouped": {{"said":[{once}],"line":[{numbers}],"document":[{documents}],"of":[{of}]}}'


def ungroup(body: dict[str, Any]) -> None:
    """Turn a page's groups into lines one by one."""
    groups = body.pop("grouped")
    body["lines"] = [
        {"line": line, "document": document, **groups["said"][of]}
        for line, document, of in zip(groups["line"], groups["document"], groups["of"], strict=True)
    ]


def group(body: dict[str, Any]) -> None:
    """Turn a page's lines one by one into groups, whatever their members have become."""
    said: dict[str, int] = {}
    lines, of = body.pop("lines"), []
    for line in lines:
        rest = json.dumps({name: value for name, value in line.items() if name not in ("line", "document")})
        of.append(said.setdefault(rest, len(said)))
    body["grouped"] = {
        "said": [json.loads(one) for one in said],
        "line": [line["line"] for line in lines if "line" in line],
        "document": [line["document"] for line in lines if "document" in line],
        "of": of,
    }


def _said(state: State, line: Any) -> str:
    return str(line["body"]) + _message(state, line)


def _message(state: State, line: Any) -> str:
    return message_json(state.realm.changed if line["status"] == CHANGED else state.realm.message(line["code"]))


@cache
def message_json(text: str) -> str:
    """Return words as a JSON string."""
    return json.dumps(text, ensure_ascii=False)
