"""Logs as lines of JSON (or text for a terminal), without personal data and secrets.

Masking is the last step before writing, so nothing that a library logs escapes it. It hides what looks like an identity
number, a telephone or account number, or a token, and every value whose name says that it is one.
"""

import datetime as dt
import json
import logging
import re
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAMES = re.compile(
    r"pass|secret|token|authori[sz]ation|cookie|phone|document|identity|cedula|iban|names?$|surname|destination", re.I
)
SAFE_NAMES = {"trace_id", "timestamp", "event", "level", "logger", "route", "file_name"}

_TOKEN = re.compile(r"\b(?:g[wmrs]_\d+_|whsec_|Bearer\s+|eyJ)[A-Za-z0-9_\-.=+/]{8,}")
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
        event[name] = "***" if SECRET_NAMES.search(name) and value is not None else mask_value(value)
    return event


def mask_value(value: Any) -> Any:
    """Return a value of JSON with what may identify somebody hidden, also where the name beside it says so."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: _beside(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [mask_value(inner) for inner in value]
    return value


def _beside(name: str, value: Any) -> Any:
    is_secret = SECRET_NAMES.search(name) and name not in SAFE_NAMES and isinstance(value, str | int)
    return "***" if is_secret and not isinstance(value, bool) else mask_value(value)


_is_json = False
_access = logging.getLogger("gateway.access")


def note_request(**values: str | int | float) -> None:
    """Write the line of an answered request; on the path of all of them, so without the chain the others go through.

    Its values are numbers, methods, and routes without their identifiers: there is nothing to mask.
    """
    if not _access.isEnabledFor(logging.INFO):
        return
    if not _is_json:
        _access.info("request %s", values)
        return
    moment = dt.datetime.fromtimestamp(time.time(), dt.UTC).isoformat()
    line = {**values, "event": "request", "level": "info", "logger": "gateway.access", "timestamp": moment}
    sys.stderr.write(json.dumps(line) + "\n")


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
    global _is_json
    _is_json = form == "json"
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn.access", "httpx", "httpcore", "procrastinate"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
