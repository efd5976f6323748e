"""A member's own months over HTTP at sixteen clients, beside a bare endpoint with one indexed read."""

import psycopg

from benchmarks.figure import Figure
from benchmarks.over_http import CLIENTS, NOTE, SECONDS, Load, load, rate, request_of, served
from benchmarks.town import Town
from gateway.kit import db
from gateway.kit.ports import free_port
from gateway.selfcheck import sessions

MEMBERS = 400
"""Members who look, again and again."""
PHONE = "+18095550117"
NOTES = "INSERT INTO note (reference, amount) SELECT 'selfcheck-' || g, 492.32 FROM generate_series(1, 400) g"


def measure(
    place: Town, bare_url: str, *, repeat: int, clients: int = CLIENTS, seconds: float = SECONDS
) -> list[Figure]:
    """Measure ``GET /v1/me/coverage``, each round beside the bare read."""
    with psycopg.connect(bare_url) as owner:
        owner.execute("DROP TABLE IF EXISTS note")
        owner.execute(NOTE)
        owner.execute(NOTES)
    tokens = _tokens(place)

    def months(client_no: int, number: int) -> bytes:
        token = tokens[(client_no * 311 + number) % len(tokens)]
        return request_of("GET", "/v1/me/coverage", authorization=f"Bearer {token}")

    def note_read(client_no: int, number: int) -> bytes:
        return request_of("GET", f"/notes/{1 + (client_no * 311 + number) % 400}")

    bare_port, our_port = free_port(), free_port()
    settings = {"GATEWAY_DATABASE_URL": place.database.url, "GATEWAY_PORT": str(our_port), "GATEWAY_LOG_LEVEL": "error"}
    looks: list[tuple[Load, Load]] = []
    with (
        served(["-m", "benchmarks.bare_server", str(bare_port)], bare_port, "/notes/1", BENCH_DATABASE_URL=bare_url),
        served(["-m", "gateway.cli", "serve"], our_port, "/health", **settings),
    ):
        load(bare_port, note_read, 200, clients=2, seconds=seconds / 4)
        load(our_port, months, 200, clients=2, seconds=seconds / 4)
        for _ in range(repeat):
            ours = load(our_port, months, 200, clients=clients, seconds=seconds)
            looks.append((ours, load(bare_port, note_read, 200, clients=clients, seconds=seconds)))
    what = f"GET /v1/me/coverage at {clients} clients, against a bare indexed read"
    return [rate("selfcheck_http", what, looks, 0.6)]


def _tokens(place: Town) -> list[str]:
    with place.database.session(1, actor="bench") as session:
        rows = db.rows(
            session, "SELECT id FROM member WHERE status = 'active' ORDER BY id LIMIT :most", {"most": MEMBERS}
        )
        ids = [row.id for row in rows]
        db.run(session, "UPDATE member SET phone = :phone WHERE id = ANY (:ids)", {"phone": PHONE, "ids": ids})
        given = [sessions.start(session, member_id=member, helper_id=None, phone=PHONE) for member in ids]
    return [one.access_token for one in given]
