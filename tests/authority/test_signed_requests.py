"""What goes to a state that wants it signed: the sandbox state checks with code of its own, and refuses all else."""

import datetime as dt
import hashlib
import http.server
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.authority.tss_samples import file_of, worker
from tests.processes import RunningState, start_state
from tests.webhooks.hook_town import keys_in

from gateway import worker as working
from gateway.authority.connect import state_channel
from gateway.authority.errors import AuthorityRefusedError, AuthorityUnavailableError
from gateway.authority.protocol import Document
from gateway.kit import http_signatures
from gateway.kit.own_keys import OwnKeys
from gateway.kit.period import Period
from gateway.kit.tenant import MutualRow
from gateway.sandbox.message_signatures import Signatures
from gateway.settings import Settings

PERIOD = Period(2026, 3)
EMPLOYER = "401999999"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> OwnKeys:
    return keys_in(tmp_path_factory.mktemp("keys"), "march")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, keys: OwnKeys) -> Iterator[RunningState]:
    folder = tmp_path_factory.mktemp("state")
    with start_state(folder, date="2026-04-01", verify_jwks=keys.path) as running:
        yield running


def document(body: bytes) -> Document:
    return Document(
        reference=uuid.uuid4(), kind="AM", employer=EMPLOYER, period=PERIOD, sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
    )  # fmt: skip


def a_file() -> bytes:
    return file_of("AM", worker(99900000003))


class Altering(httpx.BaseTransport):
    """Somebody between us and the state who changes one thing."""

    def __init__(self, alter: Any) -> None:
        self._alter, self._wire = alter, httpx.HTTPTransport()

    def close(self) -> None:
        self._wire.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._wire.handle_request(self._alter(request))


def test_what_we_sign_is_taken_and_asked_about(state: RunningState, keys: OwnKeys) -> None:
    body = a_file()
    sent = document(body)
    with closing(state_channel("do", state.url, state.token, keys=keys)) as channel:
        assert channel.submit(sent, [body[:40], body[40:]]).content_sha256 == sent.sha256
        assert channel.query(sent.reference) is not None
        assert list(channel.remittances()) == []


def test_what_is_not_signed_or_by_another_key_is_refused(state: RunningState, tmp_path: Path) -> None:
    for wrong, code in ((None, "signature_missing"), (keys_in(tmp_path, "march"), "signature_invalid")):
        with (
            closing(state_channel("do", state.url, state.token, keys=wrong)) as channel,
            pytest.raises(AuthorityRefusedError) as refused,
        ):
            channel.limits()
        assert refused.value.their_code == code
    assert state.effects()["filings_applied"] <= 1


def altered(request: httpx.Request, **changes: Any) -> httpx.Request:
    headers = {**request.headers, **changes.pop("headers", {})}
    return httpx.Request(
        changes.get("method", request.method), changes.get("url", request.url), headers=headers,
        content=changes.get("content", request.read()),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "alter"),
    [
        ("another body", lambda one: altered(one, content=one.read().replace(b"23223.00", b"93223.00"))),
        ("a byte of the body and its digest", lambda one: altered(one, content=one.read()[:-1] + b"X", headers={"content-digest": f"sha-256=:{'A' * 43}=:"})),
        ("another address", lambda one: altered(one, url=str(one.url).replace("part=1", "part=1&x=1"))),
        ("another key of the filing", lambda one: altered(one, headers={"idempotency-key": '"another"'})),
        ("another type", lambda one: altered(one, headers={"content-type": "text/html"})),
        ("a cut signature", lambda one: altered(one, headers={"signature": one.headers["signature"][:-8] + "AAAA=:"})),
        ("an old signature", lambda one: altered(one, headers={"signature-input": one.headers["signature-input"].replace("created=1", "created=")})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_whatever_is_altered_on_the_way_is_refused(state: RunningState, keys: OwnKeys, what: str, alter: Any) -> None:
    before = state.effects()
    body = a_file()
    with (
        closing(state_channel("do", state.url, state.token, keys=keys, http=Altering(alter))) as channel,
        pytest.raises(AuthorityRefusedError) as refused,
    ):
        channel.submit(document(body), [body])
    assert refused.value.their_code == "signature_invalid", what
    assert state.effects() == before


def test_the_same_request_twice_is_refused_by_its_nonce(state: RunningState, keys: OwnKeys) -> None:
    kept: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Request:
        kept.append(request)
        return kept[0]

    with closing(state_channel("do", state.url, state.token, keys=keys, http=Altering(keep))) as channel:
        channel.limits()
        with pytest.raises(AuthorityRefusedError) as refused:
            channel.limits()
    assert "seen before" in refused.value.detail


def test_keys_change_while_everything_runs(state: RunningState, keys: OwnKeys) -> None:
    with closing(state_channel("do", state.url, state.token, keys=keys)) as channel:
        channel.limits()
        keys_in(keys.path.parent, "april", "march")
        assert channel.limits().country == "do"
    assert [key["kid"] for key in keys.public()["keys"]] == ["april", "march"]
    assert all("d" not in key for key in keys.public()["keys"])


def test_a_mutual_says_for_its_own_state_whether_requests_are_signed(tmp_path: Path) -> None:
    def mutual(**settings: Any) -> MutualRow:
        return MutualRow(
            1, "a", "A", "do", "DOP", "UTC", "es", EMPLOYER, {"state_url": "http://127.0.0.1:9", **settings}
        )

    given = {"database_url": "postgresql://nobody@127.0.0.1:1/none", "state_token": "t"}
    without = working.services(Settings(**given, state_signed=True))["state"]
    with pytest.raises(working.WayOutMissingError, match="GATEWAY_MESSAGE_KEYS_FILE"):
        without(mutual())
    without(mutual(state_signed="no")).close()
    path = tmp_path / "keys.json"
    path.write_text('{"keys": []}')
    opened = working.services(Settings(**given, message_keys_file=path))["state"](mutual(state_signed="yes"))
    with (
        closing(opened) as empty,
        pytest.raises(AuthorityUnavailableError, match=r"no key to sign with.*; nothing was sent"),
    ):
        empty.limits()


def test_the_state_reads_our_keys_where_we_publish_them_and_again_for_one_it_does_not_know(tmp_path: Path) -> None:
    own, asked = keys_in(tmp_path, "one"), []

    class Published(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps(own.public()).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    def ask(signatures: Signatures) -> str:
        url, now = "https://state.example/limits", dt.datetime.now(dt.UTC)
        headers = http_signatures.sign(own.signing(), method="GET", url=url, headers={}, body=None, now=now)
        return signatures.check("GET", url, {name.lower(): value for name, value in headers.items()}, None)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Published) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        signatures = Signatures(f"http://127.0.0.1:{server.server_port}/.well-known/jwks.json")
        assert [ask(signatures), ask(signatures)] == ["one", "one"]
        keys_in(tmp_path, "two", "one")
        assert ask(signatures) == "two"
        server.shutdown()
        thread.join()
    assert len(asked) == 2, "once, and once more for the new key"
