"""The trace id of the request in hand, for answers, logs and the audit log."""

import re
import secrets
from contextvars import ContextVar

HEADER = "x-trace-id"

_current: ContextVar[str | None] = ContextVar("trace_id", default=None)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def begin(traceparent: str | None) -> str:
    """Take over the caller's trace (W3C ``traceparent``) or begin one; return its id."""
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    trace_id = match.group(1) if match else secrets.token_hex(16)
    _current.set(trace_id)
    return trace_id


def current() -> str | None:
    """Return the trace id of the request in hand, if there is one."""
    return _current.get()
