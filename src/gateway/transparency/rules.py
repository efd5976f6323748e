"""Pure rules of the log: what it is called, how its texts are written, until when something is in it."""

import base64
import datetime as dt
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

LEAF_FORM = "gateway.leaf.1"
ENTRY_FORM = "gateway.entry.1"
BOOKS_SECONDS = 3600
"""How often the books are sealed (``ledger.tasks``)."""
LOG_SECONDS = 600
"""How often the log is."""
SLACK = dt.timedelta(minutes=20)
"""What the horizon and the work itself may take more."""


def canonical(values: Mapping[str, str | int]) -> str:
    """Return the one way in which a leaf or an entry is written: keys in order, nothing between, letters as they are.

    Source:
        SRC-TRANSPARENCY, texts as RFC 8785 (JSON canonicalisation) writes objects of texts and whole numbers.
    """
    return json.dumps(dict(values), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def origin_of(public_url: str, mutual_code: str) -> str:
    """Return the name a log begins with: where it is read, without the scheme.

    Source:
        SRC-TRANSPARENCY, C2SP tlog-checkpoint: the origin is a URL without its scheme.
    """
    parts = urlsplit(public_url)
    return f"{parts.netloc}{parts.path.rstrip('/')}/v1/transparency/{mutual_code}"


def ready_by(booked_at: dt.datetime) -> dt.datetime:
    """Return until when what was booked is in the log, where the workers work.

    Source:
        SRC-TRANSPARENCY, the timetables of the two seals and what may hold them up.
    """
    return booked_at + dt.timedelta(seconds=BOOKS_SECONDS + LOG_SECONDS) + SLACK


def text_of_hash(hashed: bytes) -> str:
    """Return a hash as proofs, entries and heads write it.

    Source:
        SRC-TRANSPARENCY, C2SP tlog-checkpoint: base64.
    """
    return base64.b64encode(hashed).decode()
