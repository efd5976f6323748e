"""Answers of the provider gone wrong on their way out."""

import json
from typing import Any

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.payer.core import Payer
from gateway.sandbox.script import Rule


def distort(_payer: Payer, rule: Rule, _on: str, _call: Call, answer: Answer) -> Answer:
    """Change an answer as a rule says; refusals and files are left alone."""
    if answer.status >= 300 or answer.media_type != "application/json" or not answer.written():
        return answer
    body = json.loads(answer.written())
    rows = body if isinstance(body, list) else None
    match rule.do:
        case "missing_line" if rows:
            rows.pop(min(int(rule.get("at", 0)), len(rows) - 1))
        case "extra_line" if rows:
            rows.append(_stranger(rows[-1]))
        case "reorder" if rows:
            rows.reverse()
        case "repeat" if rows:
            rows.extend([*rows])
        case "long_text":
            _first(body)["descriptionText"] = "Ñ" * int(rule.get("length", 5000))
            if "rejectionReason" in _first(body):
                _first(body)["rejectionReason"] = "Ñ" * int(rule.get("length", 5000))
        case "unknown_status":
            for name in ("batchStatus", "transactionStatus", "status"):
                if name in body:
                    body[name] = str(rule.get("value", "limbo"))
    return Answer(answer.status, body, answer.headers, answer.media_type)


def _first(body: Any) -> dict[str, Any]:
    first: dict[str, Any] = (body[0] if body else {}) if isinstance(body, list) else body
    return first


def _stranger(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row, "transactionReference": "MB9999990000001", "requestingOrganisationTransactionReference": "NOT-OURS",
        "creditParty": [{"key": "msisdn", "value": "+18090000000"}],
    }  # fmt: skip
