"""Logs as lines of JSON (or text for a terminal), without personal data and secrets.

Masking is the last step before writing, so nothing that a library logs escapes it. It hides what looks like an identity
number, a telephone or account number, or a token, and every value whose name says that it is one.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAMES = re.compile(
    r"pass|secret|token|authori[sz]ation|cookie|phone|document|identity|cedula|iban|names?$|surname|destination", re.I
)
SAFE_NAMES = {"trace_id", "timestamp", "event", "level", "logger", "route", "file_name"}

_TOKEN = re.compile(r"\b(?:gw_\d+_|whsec_|Bearer\s+|eyJ)[A-Za-z0-9_\-.=+/]{8,}")
_NUMBER = re.compile(r"(?P<day>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?)|(?<![\w-])\+?\d(?:[\s-]?\d){7,17}(?![\w-])")
_PASSWORD_IN_ADDRESS = re.compile(r"(://[^:/\s]+:)[^@\s]+@")


def mask(text: str) -> str:
    """Return a text with numbers and tokens that may identify somebody hidden; the last two digits stay."""
    shown = _PASSWORD_IN_ADDRESS.sub(r"\1***@", _TOKEN.sub("***", text))
    return _NUMBER.sub(lambda found: found.group() if found.group("day") else f"***{found.group()[-2:]}", shown)


def mask_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what must not be logged; a step of the chain that every line goes through."""
    for name, value in list(event.items()):
        if name in SAFE_NAMES and name != "event":
            continue
        event[name] = "***" if SECRET_NAMES.search(name) and value is not None else _masked(value)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: "***" if SECRET_NAMES.search(str(key)) else _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in value]
    return value


def configure(*, form: str = "json", level: str = "info") -> None:
    """Send every log line of this process, also those of libraries, to standard error in one form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, mask_event, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn.access", "httpx", "httpcore", "procrastinate"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
