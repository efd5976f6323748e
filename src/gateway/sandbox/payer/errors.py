"""Refusals: of the provider in the GSMA's shape, of the bank as short problem documents."""

import datetime as dt
from typing import Any

from gateway.sandbox.answering import Answer

_CATEGORY = {
    400: "validation",
    401: "authorisation",
    404: "identification",
    409: "businessRule",
    429: "businessRule",
    500: "internal",
    503: "serviceUnavailable",
}
_CODES = {
    "unauthorised": "clientAuthorisationError",
    "rate_limited": "rateLimitError",
    "internal_error": "genericError",
    "maintenance": "genericError",
}


class RefusedError(Exception):
    """The provider does not do it."""

    def __init__(self, category: str, code: str, detail: str, **parameters: Any) -> None:
        super().__init__(detail)
        self.category, self.code, self.detail, self.parameters = category, code, detail, parameters

    def document(self) -> dict[str, Any]:
        """Return the error object."""
        found: dict[str, Any] = {
            "errorCategory": self.category,
            "errorCode": self.code,
            "errordescription": self.detail[:256],
            "errorDateTime": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        }
        if self.parameters:
            found["errorParameters"] = [{"key": key, "value": str(value)} for key, value in self.parameters.items()]
        return found

    def answer(self) -> Answer:
        """Return the error as an answer."""
        status = {"authorisation": 401, "identification": 404, "internal": 500, "serviceUnavailable": 503}
        return Answer(status.get(self.category, 400), self.document())


def provider_refusal(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> Answer:
    """Refuse in the name of the provider, for what befalls any request."""
    error = RefusedError(_CATEGORY.get(status, "internal"), _CODES.get(code, code), detail)
    return Answer(status, error.document(), headers or {})


def bank_problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    """Refuse in the name of the bank."""
    outcome = "unknown" if status >= 500 and code != "maintenance" else "not_done"
    body = {"title": "Refused", "status": status, "code": code, "detail": detail, "outcome": outcome, **more}
    return Answer(status, body, headers or {}, "application/problem+json")
