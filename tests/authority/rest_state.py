"""A state at the other end of a wire: scripted answers, or a socket that breaks as told."""

import datetime as dt
import hashlib
import json
import socket
import threading
import uuid
from contextlib import closing, contextmanager

import httpx
import yaml
from tests.conftest import ROOT

from gateway.authority.connect import state_channel
from gateway.authority.protocol import Document
from gateway.authority.rest.transport import Timeouts
from gateway.kit.period import Period

CONTRACT = yaml.safe_load((ROOT / "openapi" / "authority.yaml").read_text("utf-8"))
OURS = uuid.UUID("0b7e6f0a-5a3b-4f0e-9a55-4f2c6d1a7e11")
BODY = b"EAM  401999999032026\r\nS000002\r\n"
PATIENT = Timeouts(connect=60.0, read=60.0, write=60.0, total=60.0)
SHORT = Timeouts(connect=60.0, read=0.4, write=60.0, total=0.8)
"""For what is given up: a slow machine must not give up anything else."""


def document(**changes):
    given = {
        "reference": OURS, "kind": "AM", "employer": "401999999", "period": Period(2026, 3),
        "sha256": hashlib.sha256(BODY).hexdigest(), "size": len(BODY), **changes,
    }  # fmt: skip
    return Document(**given)


def reception(**changes):
    return {
        "filing_id": str(OURS), "reception_number": "R1", "received_at": "2026-04-01T09:12:44.120-04:00",
        "content_sha256": hashlib.sha256(BODY).hexdigest(), "duplicate": False, **changes,
    }  # fmt: skip


def example(path, method="get", status="200", name=None, media="application/json"):
    """Return an example of the contract."""
    examples = CONTRACT["paths"][path][method]["responses"][status]["content"][media]["examples"]
    return json.loads(json.dumps(examples[name or next(iter(examples))]["value"], default=str))


def problem(status, code, outcome="not_done", **more):
    return {
        "type": "about:blank", "title": "no", "status": status, "detail": "a sentence", "code": code,
        "outcome": outcome, "retryable": False, **more,
    }  # fmt: skip


class Script:
    """Answers calls in turn and remembers what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.kept = []
        self.channel = state_channel(
            "do", "http://state.test", "token-1", http=httpx.MockTransport(self._answer), on_answer=self.kept.append
        )

    def _answer(self, request):
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, content, *headers = answer
        if isinstance(content, bytes):
            return httpx.Response(status, content=content, headers=headers[0] if headers else {})
        return httpx.Response(status, json=content, headers=headers[0] if headers else {})


@contextmanager
def broken_place(behave):
    """Serve one connection with ``behave(connection)``; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{port}"
        thread.join(5)


@contextmanager
def broken_state(behave, timeouts=PATIENT):
    """Serve one connection with ``behave(connection)``; give a channel to it, and what it keeps."""
    kept = []
    with (
        broken_place(behave) as url,
        closing(state_channel("do", url, "t", timeouts=timeouts, on_answer=kept.append)) as channel,
    ):
        yield channel, kept


def take(connection, octets=65536):
    """Read what comes, until the request's body is there."""
    got = b""
    while BODY[-9:] not in got and (piece := connection.recv(octets)):
        got += piece
    return got


NOW = dt.datetime(2026, 4, 1, 13, 12, 44, 120000, tzinfo=dt.UTC)
