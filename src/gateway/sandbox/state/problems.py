"""Refusals of the state, as problem documents."""

from typing import Any

from gateway.sandbox.answering import Answer

_TITLES = {
    "request_malformed": "The request cannot be read",
    "digest_missing": "Content-Digest is missing",
    "digest_mismatch": "The body is not the one of its digest",
    "unauthorised": "No token, or not a good one",
    "signature_missing": "The request is not signed",
    "signature_invalid": "The signature does not hold",
    "filing_not_found": "No filing has this id",
    "notice_not_found": "No notice has this reference",
    "remittance_not_found": "No remittance has this id",
    "path_not_found": "Nothing is here",
    "filing_id_reused": "This id already stands for other bytes",
    "duplicate_content": "These bytes were already taken",
    "not_answered_yet": "The answer is not there yet",
    "file_too_large": "The file is too large",
    "parameter_invalid": "A parameter is not valid",
    "kind_unknown": "This kind of file is not taken",
    "employer_unknown": "No employer has this number",
    "too_many_lines": "The file has too many lines",
    "idempotency_key_reused": "This key was used for another filing",
    "layout_superseded": "This layout is no longer taken",
    "rate_limited": "Too many requests",
    "internal_error": "Unexpected error",
    "maintenance": "Closed for maintenance",
    "unavailable": "Not available now",
}
_RETRYABLE = {"filing_not_found", "not_answered_yet", "rate_limited", "internal_error", "maintenance", "unavailable"}


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    """Make a problem document."""
    body = {
        "type": f"https://example.org/problems/{code.replace('_', '-')}",
        "title": _TITLES.get(code, "Refused"),
        "status": status,
        "detail": detail,
        "code": code,
        "outcome": "unknown" if status >= 500 and code != "maintenance" else "not_done",
        "retryable": code in _RETRYABLE,
        **more,
    }
    return Answer(status, body, headers or {}, "application/problem+json")


def invalid(pointer: str, detail: str, code: str = "parameter_invalid") -> Answer:
    """Refuse one parameter."""
    return problem(422, code, f"{pointer}: {detail}", errors=[{"pointer": pointer, "detail": detail}])
