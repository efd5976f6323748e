"""Answers gone wrong on their way out, while what the state holds is right."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.script import Rule
from gateway.sandbox.state.answers import group, list_lines, query_filing, ungroup
from gateway.sandbox.state.core import State

_LISTS = ("lines", "notices", "remittances", "payments")
_INSTANTS = {"received_at", "answered_at", "advised_at", "confirmed_at"}


def distort(state: State, rule: Rule, on: str, call: Call, answer: Answer) -> Answer:
    """Change an answer as a rule says; refusals are left alone."""
    if answer.status >= 300:
        return answer
    if rule.do == "old_answers":
        return _older(state, on, call, answer)
    body = json.loads(answer.written())
    if rule.do in _OF_GROUPS:
        if "grouped" in body:
            _OF_GROUPS[rule.do](body["grouped"])
        return Answer(answer.status, body, answer.headers, answer.media_type)
    change = _CHANGES.get(rule.do)
    if change is not None:
        with _one_by_one(body):
            change(body, rule, on)
    return Answer(answer.status, body, answer.headers, answer.media_type)


@contextmanager
def _one_by_one(body: dict[str, Any]) -> Iterator[None]:
    """Let lines that are told in groups be changed as if they were told one by one."""
    is_grouped = "grouped" in body
    if is_grouped:
        ungroup(body)
    yield
    if is_grouped:
        group(body)


def _first(body: dict[str, Any]) -> dict[str, Any]:
    """Return the first thing of a list in the answer, or the answer itself."""
    for name in _LISTS:
        if body.get(name):
            found: dict[str, Any] = body[name][0]
            return found
    return body


def _rows(body: dict[str, Any]) -> list[Any]:
    for name in _LISTS:
        if isinstance(body.get(name), list):
            rows: list[Any] = body[name]
            return rows
    return []


def _wrong_period(body: dict[str, Any], rule: Rule, _on: str) -> None:
    for thing in (body, _first(body)):
        if "period" in thing:
            thing["period"] = rule.get("period", "2019-01")


def _wrong_employer(body: dict[str, Any], rule: Rule, _on: str) -> None:
    for thing in (body, _first(body)):
        if "employer" in thing:
            thing["employer"] = rule.get("employer", "401000000")


def _unknown_code(body: dict[str, Any], rule: Rule, _on: str) -> None:
    _first(body)["code"] = str(rule.get("code", "9Z7"))


def _long_text(body: dict[str, Any], rule: Rule, _on: str) -> None:
    _first(body)["message"] = "Ñ" * int(rule.get("length", 5000))


def _missing_line(body: dict[str, Any], rule: Rule, _on: str) -> None:
    rows = _rows(body)
    if rows:
        rows.pop(min(int(rule.get("at", 0)), len(rows) - 1))


def _extra_line(body: dict[str, Any], rule: Rule, _on: str) -> None:
    rows = _rows(body)
    if rows:
        extra = dict(rows[-1])
        extra |= {
            name: value
            for name, value in {"document": "99999999999", "holder_document": "99999999999"}.items()
            if name in extra
        }
        if "line" in extra:
            extra["line"] += int(rule.get("ahead", 1))
        rows.append(extra)


def _reorder(body: dict[str, Any], _rule: Rule, _on: str) -> None:
    _rows(body).reverse()


def _repeat(body: dict[str, Any], _rule: Rule, _on: str) -> None:
    rows = _rows(body)
    rows.extend([dict(row) for row in rows])


def _empty(body: dict[str, Any], _rule: Rule, _on: str) -> None:
    _rows(body).clear()


def _ack_without_id(body: dict[str, Any], rule: Rule, _on: str) -> None:
    if rule.get("as") == "empty":
        body["reception_number"] = ""
    else:
        body.pop("reception_number", None)


def _success_code_failure_text(body: dict[str, Any], _rule: Rule, on: str) -> None:
    if on == "submit":
        body["warnings"] = [{"line": None, "code": "0", "message": "ERROR: no se pudo agregar el trabajador"}]
        return
    thing = _first(body)
    thing["message"] = "ERROR: no se pudo agregar el trabajador"
    thing["code"] = "0"


def _warning(body: dict[str, Any], _rule: Rule, on: str) -> None:
    if on == "submit":
        body["warnings"] = [{"line": 2, "code": "W01", "message": "Dirección desactualizada; el envío fue recibido"}]
    else:
        thing = _first(body)
        thing["message"] = "Aceptada con advertencia: dirección desactualizada"
        thing["code"] = "W01"


def _drop_member(body: dict[str, Any], rule: Rule, _on: str) -> None:
    for thing in (body, _first(body)):
        thing.pop(str(rule.get("name")), None)


def _naive_instants(body: dict[str, Any], _rule: Rule, _on: str) -> None:
    for thing in (body, *_rows(body)):
        for name in _INSTANTS & thing.keys():
            thing[name] = thing[name] and thing[name][:19]


def _loose_amounts(body: dict[str, Any], _rule: Rule, _on: str) -> None:
    for thing in (body, *_rows(body)):
        for name in ("amount", "total"):
            if isinstance(thing.get(name), str):
                thing[name] = thing[name].rstrip("0").rstrip(".")


def _wrong_total(body: dict[str, Any], _rule: Rule, _on: str) -> None:
    for notice in [body] if "total" in body else _rows(body):
        whole, _, cents = notice["total"].partition(".")
        notice["total"] = f"{int(whole) + 1}.{cents}"


_CHANGES: dict[str, Callable[[dict[str, Any], Rule, str], None]] = {
    "wrong_period": _wrong_period,
    "wrong_employer": _wrong_employer,
    "unknown_code": _unknown_code,
    "long_text": _long_text,
    "missing_line": _missing_line,
    "extra_line": _extra_line,
    "reorder": _reorder,
    "repeat": _repeat,
    "empty": _empty,
    "ack_without_id": _ack_without_id,
    "success_code_failure_text": _success_code_failure_text,
    "warning": _warning,
    "drop_member": _drop_member,
    "naive_instants": _naive_instants,
    "loose_amounts": _loose_amounts,
    "wrong_total": _wrong_total,
}


def _uneven(groups: dict[str, Any]) -> None:
    groups["document"].pop()


def _of_nothing(groups: dict[str, Any]) -> None:
    groups["of"][-1] = len(groups["said"])


_OF_GROUPS: dict[str, Callable[[dict[str, Any]], None]] = {"uneven_groups": _uneven, "of_nothing": _of_nothing}
"""What can go wrong only where lines are told in groups; told one by one, they are left alone."""


def _older(state: State, on: str, call: Call, answer: Answer) -> Answer:
    """Answer with another filing of the same employer, or mix its lines in."""
    if on not in ("query", "lines"):
        return answer
    filing_id = call.path["filing_id"]
    other = (
        state.store.read()
        .execute(
            "SELECT o.filing_id FROM filing f JOIN filing o ON o.employer = f.employer AND o.seq <> f.seq"
            " AND o.answered_at IS NOT NULL WHERE f.filing_id = ? ORDER BY o.seq LIMIT 1",
            [filing_id],
        )
        .fetchone()
    )
    if other is None:
        return answer
    elsewhere = Call({"filing_id": other["filing_id"]}, {}, call.headers)
    if on == "query":
        return query_filing(state, elsewhere)
    mixed, others = json.loads(answer.written()), json.loads(list_lines(state, elsewhere).written())
    with _one_by_one(mixed), _one_by_one(others):
        mixed["lines"] += others["lines"]
    return Answer(answer.status, mixed, answer.headers, answer.media_type)
