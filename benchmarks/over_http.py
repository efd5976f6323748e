"""Receipts over HTTP at sixteen clients, beside a bare endpoint with one insert: figures 6."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import NamedTuple

import psycopg

from benchmarks import town
from benchmarks.figure import Figure, of_rounds
from benchmarks.place import ROOT, clock
from benchmarks.town import Town
from gateway.kit import db
from gateway.kit.ports import free_port
from gateway.staff import queries
from gateway.staff.login import start_session
from gateway.staff.passwords import hash_password

CLIENTS = 16
SECONDS = 4.0
NOTE = "CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reference text NOT NULL UNIQUE, amount numeric NOT NULL)"


class Load(NamedTuple):
    """What a server did under load."""

    per_second: float
    p99_seconds: float


class Client:
    """The leanest HTTP client there is, so that it takes little of the two cores from the server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and return status and body."""
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        lower = head.lower()
        length = int(lower.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]) if b"content-length:" in lower else 0
        while len(body) < length:
            body += self._more()
        return int(head[9:12]), body

    def _more(self) -> bytes:
        piece = self._socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        return piece

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def request_of(method: str, path: str, body: object = None, **headers: str) -> bytes:
    """Return the bytes of a request."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        f"content-length: {len(content)}",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def load(port: int, make: Callable[[int, int], bytes], expected: int, *, clients: int, seconds: float) -> Load:
    """Call from so many clients at once for a while."""
    took: list[float] = []
    failures: list[str] = []
    until = clock() + seconds

    def work(client_no: int) -> None:
        client, number = Client(port), 0
        while clock() < until:
            request = make(client_no, number)
            began = clock()
            status, body = client.call(request)
            took.append(clock() - began)
            if status != expected:
                failures.append(f"{status} {body[:300]!r}")
                break
            number += 1
        client.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    began = clock()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise AssertionError(f"refused under load: {failures[0]}")
    took.sort()
    return Load(len(took) / (clock() - began), took[min(len(took) - 1, int(len(took) * 0.99))])


@contextlib.contextmanager
def served(arguments: list[str], port: int, path: str, **environment: str) -> Iterator[None]:
    """Run a server for a while, from the moment it answers."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **environment}
    process = subprocess.Popen([sys.executable, *arguments], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        # On a machine that others use as well, loading the application takes its time.
        deadline = time.monotonic() + 180
        while True:
            with contextlib.suppress(OSError):
                client = Client(port)
                client.call(request_of("GET", path))
                client.close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{arguments} did not come up")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _token(place: Town) -> str:
    values = {"username": "carla", "full_name": "Carla", "roles": ["cashier"], "language": "es"}
    with place.database.session(1, actor="bench") as session:
        user = db.one(session, queries.INSERT_USER, {**values, "password_hash": hash_password(uuid.uuid4().hex)})
        return start_session(session, user, hours=12).token


def measure(
    place: Town, bare_url: str, *, repeat: int, clients: int = CLIENTS, seconds: float = SECONDS
) -> list[Figure]:
    """Measure receipts and a read of a member's page, each round beside the bare endpoints."""
    with psycopg.connect(bare_url) as owner:
        owner.execute("DROP TABLE IF EXISTS note")
        owner.execute(NOTE)
    token = _token(place)
    members = [int(row[0]) for row in place.query("SELECT id FROM member WHERE mutual_id = 1 ORDER BY id LIMIT 5000")]
    run = uuid.uuid4().hex[:8]

    def note(_client: int, _number: int) -> bytes:
        return request_of("POST", "/notes", {"reference": f"{uuid.uuid4()}", "amount": "492.32"})

    def receipt(client_no: int, number: int) -> bytes:
        body = {
            "channel": "cash",
            "account_code": "cash:main",
            "amount": "492.32",
            "currency": "DOP",
            "paid_on": town.TODAY.isoformat(),
            "payer_reference": f"{run}-{client_no}-{number}",
            "lines": [{"member_id": members[(client_no * 311 + number) % len(members)]}],
        }
        return request_of(
            "POST", "/v1/receipts", body, authorization=f"Bearer {token}", idempotency_key=f"{uuid.uuid4()}"
        )

    def note_read(client_no: int, number: int) -> bytes:
        return request_of("GET", f"/notes/{1 + (client_no * 311 + number) % 20}")

    def member_read(client_no: int, number: int) -> bytes:
        path = f"/v1/members/{members[(client_no * 311 + number) % len(members)]}"
        return request_of("GET", path, authorization=f"Bearer {token}")

    bare_port, our_port = free_port(), free_port()
    settings = {"GATEWAY_DATABASE_URL": place.database.url, "GATEWAY_PORT": str(our_port), "GATEWAY_LOG_LEVEL": "error"}
    writes: list[tuple[Load, Load]] = []
    reads: list[tuple[Load, Load]] = []
    with (
        served(["-m", "benchmarks.bare_server", str(bare_port)], bare_port, "/notes/1", BENCH_DATABASE_URL=bare_url),
        served(["-m", "gateway.cli", "serve"], our_port, "/health", **settings),
    ):
        both = {"clients": clients, "seconds": seconds}
        load(bare_port, note, 201, clients=2, seconds=seconds / 4)
        load(our_port, receipt, 201, clients=2, seconds=seconds / 4)
        for _ in range(repeat):
            writes.append((load(our_port, receipt, 201, **both), load(bare_port, note, 201, **both)))
            reads.append((load(our_port, member_read, 200, **both), load(bare_port, note_read, 200, **both)))
    return [
        rate("receipt_http", f"POST /v1/receipts at {clients} clients, against a bare insert", writes, 0.5),
        _tail("receipt_p99", "its 99th percentile, against that of the bare insert", writes, 3.0),
        rate("member_http", f"GET /v1/members/… at {clients} clients, against a bare indexed read", reads, None),
    ]


def rate(name: str, what: str, loads: list[tuple[Load, Load]], target: float | None) -> Figure:
    """Return how many requests a second of ours stand against those of the bare endpoint."""
    ours, bare = [one.per_second for one, _ in loads], [other.per_second for _, other in loads]
    return of_rounds(name, what, ours, bare, target, unit="/s", more_is_better=True)


def _tail(name: str, what: str, loads: list[tuple[Load, Load]], target: float) -> Figure:
    ours, bare = [one.p99_seconds * 1e3 for one, _ in loads], [other.p99_seconds * 1e3 for _, other in loads]
    return of_rounds(name, what, ours, bare, target, unit="ms")
