"""Match a statement's lines with what members owe: every rule asked, against a plain hash join of the same lines and dues.

``python -m benchmarks.matching --rows 60000`` runs it by itself; the join is measured in the same database and run.
"""

import argparse
import contextlib
import json
import resource
import sys
import time
from collections.abc import Iterator

import psycopg

from benchmarks.figure import Figure, of_rounds, table
from benchmarks.place import fresh_database, server
from gateway.kit.db import Database
from gateway.reconciliation.decide import decide
from gateway.reconciliation.match_rules import RULES

USUAL_ROWS = 60_000
TARGET = 3.0
MOST_GROWTH_MEBIBYTES = 32
TOWN = """
SELECT set_config('gateway.mutual_id', '1', false);
INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number)
VALUES (1, 'banco', 'Mutual del banco', 'do', 'DOP', 'America/Santo_Domingo', 'es', '401999999');
INSERT INTO member (number, given_names, first_surname, second_surname, sex, birth_date, search_name, phone)
SELECT 'M' || lpad(n::text, 8, '0'), 'Ana', 'Peña', '', 'F', '1980-01-01', 'ana pena ' || n, '+1809' || lpad(n::text, 7, '0')
FROM generate_series(1, {rows}) n ORDER BY n;
INSERT INTO member_identity (member_id, kind, value, is_primary)
SELECT id, 'national_id', (40000000000 + id)::text, true FROM member;
INSERT INTO payroll (code, name, employer_number) VALUES ('001', 'Nómina', '401999999');
INSERT INTO contribution_schedule (period_start, version, country, currency, components, sha256)
VALUES ('2026-03-01', 1, 'do', 'DOP', '[]', 'x');
INSERT INTO contribution_assessment (period_start, payroll_id, member_id, version, schedule_id, wage_minor, additional_dependants,
    amounts_minor, state_minor, total_minor, currency)
SELECT '2026-03-01', (SELECT min(id) FROM payroll), id, 1, (SELECT min(id) FROM contribution_schedule), 0, 0, '{{}}', 0,
       150000 + id % 977 * 100, 'DOP' FROM member ORDER BY id;
INSERT INTO bank_account (number, name, kind, currency, ledger_code, holder, bank_identifier)
VALUES ('1', 'Operativa', 'bank', 'DOP', 'bank:main', '', '');
INSERT INTO evidence (kind, source, media_type, sha256, body) VALUES ('bank.statement', 'x', 'x', 'x', '');
INSERT INTO bank_statement (account_id, statement_reference, currency, line_count, status, evidence_id, loaded_by)
SELECT a.id, 'S', 'DOP', {rows}, 'loaded', e.id, 'staff:ana' FROM bank_account a, evidence e;
-- Of a hundred lines 97 carry the member's reference; the others name her by her identity number, or nobody.
INSERT INTO bank_statement_line (statement_id, account_id, fingerprint, ordinal, booked_on, amount_minor, currency, reference, text,
    counterparty)
SELECT s.id, s.account_id, m.id::text, 1, '2026-03-05', 150000 + m.id % 977 * 100, 'DOP',
       CASE WHEN m.id % 100 < 97 THEN 'RF00' || m.number END,
       CASE WHEN m.id % 100 < 97 THEN 'cuota RF00' || m.number WHEN m.id % 100 < 99 THEN 'pago ' || (40000000000 + m.id) ELSE 'gracias' END,
       'PAGADOR ' || m.id
FROM member m CROSS JOIN bank_statement s ORDER BY m.id;
CREATE TABLE bare_match (line_id bigint, member_id bigint);
"""
JOIN = """
INSERT INTO bare_match
SELECT l.id, m.id FROM bank_statement_line l
JOIN member m ON m.number = substr(l.reference, 5)
JOIN contribution_assessment a ON a.member_id = m.id AND a.total_minor = l.amount_minor
WHERE l.status = 'open'
"""
"""The limit: the stored lines joined with the stored dues by hash, no rule but one, nothing checked, nothing told apart."""


def measure(address: str, rows: int, repeat: int) -> list[Figure]:
    """Return the figures of matching so many lines with as many dues."""
    with fresh_database(address, "gateway_bench") as url, _open(url) as (database, owner):
        for statement in TOWN.replace("{rows}", str(rows)).replace("{{}}", "{}").split(";\n"):
            if statement.strip():
                owner.execute(statement.encode())
        owner.commit()
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE")
        joined, matched, grown = [], [], []
        for _ in range(repeat):
            joined.append(_join(owner, rows))
            took, mebibytes = _match(database, rows)
            matched.append(took)
            grown.append(mebibytes)
    detail = {"microseconds_per_line": round(min(matched) / rows * 1e6, 1), "grown_mebibytes": round(max(grown), 1)}
    what = f"match {rows:,} lines with {rows:,} open dues by every rule, against a plain SQL hash join of them"
    memory = f"memory by which our process grew while {rows:,} lines were matched"
    return [
        of_rounds("match_dues", what, matched, joined, TARGET, detail=detail),
        Figure(
            "match_memory", memory, "MiB", max(grown), MOST_GROWTH_MEBIBYTES, max(grown) / MOST_GROWTH_MEBIBYTES, 1.0
        ),
    ]


@contextlib.contextmanager
def _open(url: str) -> Iterator[tuple[Database, psycopg.Connection]]:
    database = Database(url)
    try:
        with psycopg.connect(url) as owner:
            yield database, owner
    finally:
        database.close()


def _join(owner: psycopg.Connection, rows: int) -> float:
    owner.execute("TRUNCATE bare_match")
    began = time.perf_counter()
    count = owner.execute(JOIN).rowcount
    took = time.perf_counter() - began
    if not 0.9 * rows < count < rows:
        raise AssertionError(f"the join found {count} of {rows}")
    return took


def _match(database: Database, rows: int) -> tuple[float, float]:
    """Ask every rule about every line, and forget it again: the time, and by how much the process grew."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with database.session(1) as session:
        began = time.perf_counter()
        counted = decide(session, RULES)
        took = time.perf_counter() - began
        if counted.decided != sum(number % 100 < 97 for number in range(1, rows + 1)) or counted.several:
            raise AssertionError(f"{counted} of {rows}")
        session.rollback()
    return took, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main(arguments: list[str]) -> int:
    """Measure and print; status 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    parser.add_argument("--rows", type=int, default=USUAL_ROWS, help="lines and dues; 1000000 is possible")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    figures = measure(server(), asked.rows, asked.repeat)
    print(json.dumps([one.as_json() for one in figures], indent=2) if asked.json else table(figures))
    return 0 if all(one.holds is not False for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
