"""The office's list pages over HTTP, one client, with two years of history: server time and statements of each page.

A played month is copied back month by month (assessments, receipts with the heads of their bookings, filings and their
lines), as rows: what is measured is reading. Every page whose address needs no number is measured, whoever added it, as
somebody with every role; and a member's page, a filing's lists, the reports over a year, and the search as people type.
"""

import http.client
import statistics
import sys
import threading
import time
from typing import Any, NamedTuple

import psycopg
import uvicorn
from psycopg import sql
from sqlalchemy import event

from benchmarks.figure import Figure
from benchmarks.place import Processor
from benchmarks.town import Town
from gateway.backoffice.app import find_areas
from gateway.contributions.day_totals import keep_receipt_totals
from gateway.kit import db
from gateway.ledger.snapshots import keep_totals
from gateway.reports.rules import NEEDS_SUBJECT, ReportKind
from gateway.settings import Settings
from gateway.site import create_app
from gateway.staff import queries
from gateway.staff.login import start_session
from gateway.staff.models import Role
from gateway.staff.passwords import hash_password

HISTORY_MONTHS = 24
LIMIT_MS = 100.0
ROUNDS = 7
SEARCHES = (
    "/members?q=pena+maria",
    "/members?q=2000117",
    "/members?status=active&payroll=1",
    "/members?cover=at_risk",
    "/members?debt=month",
)
COPIES: tuple[tuple[str, dict[str, str]], ...] = (
    ("contribution_assessment", {"period_start": "(t.period_start - make_interval(months => g))::date"}),
    (
        "filing",
        {
            "id": "t.id + g * 100000000::bigint",
            "period_start": "(t.period_start - make_interval(months => g))::date",
            "reference": "gen_random_uuid()",
            "status": "'settled'",
        },
    ),
    ("filing_line", {"filing_id": "t.filing_id + g * 100000000::bigint"}),
    (
        "contribution_receipt",
        {
            "id": "t.id + g * 100000000::bigint",
            "paid_on": "(t.paid_on - make_interval(months => g))::date",
            "recorded_at": "t.recorded_at - make_interval(months => g)",
            "ledger_tx_id": "t.ledger_tx_id + g * 100000000::bigint",
            "source_reference": "t.source_reference || '-' || g",
            "number": "left(t.number, -10) || lpad((t.id + g * 100000000::bigint)::text, 10, '0')",
        },
    ),
    ("contribution_receipt_line", {"receipt_id": "t.receipt_id + g * 100000000::bigint"}),
    (
        "ledger_tx",
        {
            "id": "t.id + g * 100000000::bigint",
            "idempotency_key": "t.idempotency_key || '-' || g",
            "valid_on": "(t.valid_on - make_interval(months => g))::date",
            "recorded_at": "t.recorded_at - make_interval(months => g)",
            "written_xid": "pg_current_xact_id()",
            "evidence": "'receipt:' || (substr(t.evidence, 9)::bigint + g * 100000000::bigint)",
        },
    ),
)
"""Table -> how a copy differs from the month it is copied from; ``g`` is how many months back."""
BACK = (
    "UPDATE enrolment SET valid_from = valid_from - make_interval(months => %(months)s)",
    "UPDATE member_wage SET valid_from = valid_from - make_interval(months => %(months)s)",
)


class Page(NamedTuple):
    """A page, measured."""

    path: str
    milliseconds: float
    """Median of the rounds, from the request's first byte to the answer's last."""
    processor_milliseconds: float
    """Mean of the rounds, of this process and the database's: what it takes where nobody else wants the machine."""
    statements: int
    status: int


def measure(place: Town) -> Figure:
    """Measure every list page; the figure is the slowest of them."""
    _lengthen(place)
    token = _token(place)
    settings = Settings(database_url=place.database.url, log_level="error")
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings, place.database), port=0, log_config=None, lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        found = [_look(place, port, token, path) for path in _paths(place)]
    finally:
        server.should_exit = True
        thread.join(10)
    for page in sorted(found, key=lambda page: -page.milliseconds):
        told = f"{page.milliseconds:8.1f} ms, {page.processor_milliseconds:6.1f} of processor, {page.statements:3} statements"
        sys.stderr.write(f"{told}  {page.status}  {page.path}\n")
    slowest = max(found, key=lambda page: page.milliseconds)
    what = f"slowest of {len(found)} pages of the office at {place.rows:,} members and {HISTORY_MONTHS} months, against {LIMIT_MS:.0f} ms"
    detail: dict[str, Any] = {
        page.path: {
            "ms": round(page.milliseconds, 1),
            "processor_ms": round(page.processor_milliseconds, 1),
            "statements": page.statements,
        }
        for page in found
    }
    ratio = slowest.milliseconds / LIMIT_MS
    most = max(page.processor_milliseconds for page in found) / LIMIT_MS
    told = {"note": slowest.path, "detail": detail, "processor": most}
    return Figure("pages", what, "ms", slowest.milliseconds, LIMIT_MS, ratio, 1.0, **told)


def _paths(place: Town) -> list[str]:
    """Return what is measured: every page without a number in its address, a member, and searches."""
    plain = {
        route.path for area in find_areas() for route in area.routes if "GET" in route.methods and "{" not in route.path
    }
    ((member,),) = place.query("SELECT min(id) + 100 FROM member WHERE mutual_id = 1")
    ((filing,),) = place.query("SELECT min(id) FROM filing WHERE mutual_id = 1")
    of_filing = [
        f"/filings/{filing}{below}"
        for below in ("", "/lines", "/lines?status=rejected", "/decisions", "/decisions?declared=no")
    ]
    reports = [
        f"/reports/{kind}" for kind in ReportKind if kind not in NEEDS_SUBJECT and kind is not ReportKind.GENERAL_LEDGER
    ]
    return [*sorted(plain), f"/members/{member}", *of_filing, *reports, *SEARCHES]


def _look(place: Town, port: int, token: str, path: str) -> Page:
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    processor = Processor(place.database.url.rsplit("/", 1)[1].partition("?")[0])
    took, status = [], 0
    event.listen(place.database.engine, "before_cursor_execute", note)
    try:
        for number in range(ROUNDS + 2):
            if number == 2:
                marked = processor.begin()
            seen.clear()
            began = time.perf_counter()
            connection.request("GET", f"/o{path}", headers={"cookie": f"o_session={token}"})
            answer = connection.getresponse()
            answer.read()
            took.append((time.perf_counter() - began) * 1000)
            status = answer.status
        worked = processor.since(marked) / ROUNDS * 1000
    finally:
        event.remove(place.database.engine, "before_cursor_execute", note)
        connection.close()
    return Page(path, statistics.median(took[2:]), worked, len(seen), status)


def _lengthen(place: Town) -> None:
    """Copy the newest played month back until there are two years of it."""
    with psycopg.connect(place.database.url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("SELECT set_config('gateway.mutual_id', '1', false)")
        known = owner.execute("SELECT count(DISTINCT period_start), min(period_start) FROM filing").fetchone()
        assert known is not None
        for statement in BACK:
            owner.execute(statement.encode(), {"months": HISTORY_MONTHS})
        for table, differs in COPIES:
            owner.execute(_copy(owner, table, differs), {"first": 1, "last": HISTORY_MONTHS - int(known[0])})
        owner.execute("VACUUM ANALYZE")
    # As the worker does every ten minutes.
    with place.database.session(1) as session:
        keep_totals(session)
        keep_receipt_totals(session)


def _copy(owner: psycopg.Connection[Any], table: str, differs: dict[str, str]) -> sql.Composed:
    names = [
        name
        for name, generated in owner.execute(
            "SELECT column_name, is_identity = 'YES' FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position",
            [table],
        ).fetchall()
        if not generated or name in differs
    ]
    of_first = {
        "contribution_assessment": "t.period_start = (SELECT min(period_start) FROM filing)",
        "filing": "t.period_start = (SELECT min(period_start) FROM filing)",
        "filing_line": "t.filing_id IN (SELECT id FROM filing WHERE id < 100000000 AND period_start = (SELECT min(period_start) FROM filing WHERE id < 100000000))",
        "contribution_receipt": "t.id < 100000000",
        "contribution_receipt_line": "t.receipt_id < 100000000",
        "ledger_tx": "t.id < 100000000 AND t.kind = 'receipt'",
    }
    return sql.SQL(
        "INSERT INTO {} ({}) SELECT {} FROM {} t CROSS JOIN generate_series(%(first)s::int, %(last)s::int) g WHERE {}"
    ).format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(", ").join(sql.SQL(differs.get(name, f't."{name}"')) for name in names),
        sql.Identifier(table),
        sql.SQL(of_first[table]),
    )


def _token(place: Town) -> str:
    roles = sorted(role.value for role in Role)
    values = {"username": "todos", "full_name": "Todos los Roles", "roles": roles, "language": "es"}
    with place.database.session(1, actor="bench") as session:
        user = db.one(
            session, queries.INSERT_USER, {**values, "password_hash": hash_password("tres mangos en la mesa")}
        )
        return start_session(session, user, hours=12).token
