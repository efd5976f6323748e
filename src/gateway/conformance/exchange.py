"""One call to her system and what came back, as a report shows it: secrets masked, long bodies cut."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST = 2_000
SECRET = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_TOKEN = re.compile(r"(whsec_|Bearer\s+)[A-Za-z0-9._~+/=-]+")


@dataclass
class Exchange:
    """A request and its answer."""

    method: str
    url: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None = None
    """None where no answer came."""
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    answer_body: bytes = b""
    problem: str | None = None
    """Why there is no answer."""
    is_told: bool = False
    """A case has already said what is wrong with it; the cases about every answer say nothing more."""

    @property
    def media_type(self) -> str:
        """Return the answer's media type, without parameters."""
        return self.answer_headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def json(self) -> Any:
        """Return the answer as JSON; None where it is none."""
        try:
            return json.loads(self.answer_body)
        except (ValueError, RecursionError):
            return None

    def shown(self) -> dict[str, Any]:
        """Return it for a report."""
        answer = None
        if self.status is not None:
            answer = {
                "status": self.status,
                "headers": masked(self.answer_headers),
                "body": _text(self.answer_body),
            }
        return {
            "request": {
                "method": self.method,
                "url": self.url,
                "headers": masked(self.headers),
                "body": _text(self.body),
            },
            "answer": answer,
            "problem": self.problem,
        }


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with what is secret left out; the scheme of a token stays."""
    return {
        name: (value.partition(" ")[0] + " ***" if " " in value else "***") if name.lower() in SECRET else value
        for name, value in headers.items()
    }


def _text(body: bytes) -> str:
    text = _TOKEN.sub(r"\1***", body[: LONGEST + 1].decode("utf-8", errors="replace"))
    return text if len(body) <= LONGEST else f"{text[:LONGEST]} … ({len(body)} octets)"
