"""What PostgreSQL itself can do here: the same work in the barest SQL, without checks, roles, seals or evidence.

Each limit runs in a database of its own, on tables with the keys that nobody would give up, in one durable
transaction. The letters are those of the table that the benchmark prints.
"""

import io
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import psycopg

SETUP = """
DROP SCHEMA IF EXISTS bare CASCADE;
CREATE SCHEMA bare;
SET search_path = bare;
CREATE TABLE member (id bigint PRIMARY KEY, account_id bigint NOT NULL, wage_minor bigint NOT NULL, document text NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE account (id bigint PRIMARY KEY, balance_minor bigint NOT NULL);
CREATE TABLE receipt (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reference text NOT NULL UNIQUE, member_id bigint NOT NULL REFERENCES member, amount_minor bigint NOT NULL);
CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source bigint NOT NULL, account_id bigint NOT NULL REFERENCES account, amount_minor bigint NOT NULL);
CREATE TABLE line (filing_id bigint NOT NULL, line_no int NOT NULL, member_id bigint NOT NULL REFERENCES member, wage_minor bigint NOT NULL,
    health_worker bigint NOT NULL, health_employer bigint NOT NULL, pension_worker bigint NOT NULL, pension_employer bigint NOT NULL, work_risk bigint NOT NULL,
    PRIMARY KEY (filing_id, line_no));
CREATE TABLE exception (kind text NOT NULL, document text NOT NULL, theirs bigint, ours bigint);
CREATE TABLE payout (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, member_id bigint NOT NULL REFERENCES member, amount_minor bigint NOT NULL);
INSERT INTO account SELECT 0, 0;
INSERT INTO account SELECT g, 0 FROM generate_series(1, %(rows)s) g;
INSERT INTO member SELECT g, g, 1577000 + g %% 997 * 1000, lpad(g::text, 11, '0'), 'NOMBRE APELLIDO ' || g FROM generate_series(1, %(rows)s) g;
ANALYZE member; ANALYZE account;
"""


class Limit(NamedTuple):
    """A limit, measured."""

    letter: str
    seconds: float


def prepare(connection: psycopg.Connection, rows: int) -> None:
    """Make the bare tables with so many members."""
    for statement in SETUP.split(";\n"):
        if statement.strip():
            connection.execute((statement.replace("%(rows)s", str(rows)).replace("%%", "%")).encode())
    connection.commit()
    connection.execute(b"SET search_path = bare")
    connection.commit()


def _timed(connection: psycopg.Connection, work: Callable[..., object], *arguments: object) -> float:
    began = time.perf_counter()
    work(connection, *arguments)
    connection.commit()
    return time.perf_counter() - began


def measure_a(connection: psycopg.Connection, rows: int) -> Limit:
    """A receipts file to checked receipts, two entries each, and balances."""
    mark = run_mark(connection)
    body = "".join(f"R{mark}-{n},{n},{100_000 + n % 5000}\n" for n in range(1, rows + 1)).encode()
    return Limit("A", _timed(connection, _receipts, body))


def run_mark(connection: psycopg.Connection) -> int:
    """Return a number that makes this run's references its own."""
    found = connection.execute(b"SELECT count(*) FROM receipt").fetchone()
    assert found is not None
    return int(found[0])


def _receipts(connection: psycopg.Connection, body: bytes) -> None:
    connection.execute(
        b"CREATE TEMP TABLE staging (reference text, member_id bigint, amount_minor bigint) ON COMMIT DROP"
    )
    with connection.cursor() as cursor, cursor.copy(b"COPY staging FROM STDIN (FORMAT csv)") as copy:
        copy.write(body)
    connection.execute(
        b"""WITH checked AS (
            INSERT INTO receipt (reference, member_id, amount_minor)
            SELECT s.reference, m.id, s.amount_minor FROM staging s JOIN member m ON m.id = s.member_id WHERE s.amount_minor > 0
            RETURNING id, member_id, amount_minor
        ), entries AS (
            INSERT INTO entry (source, account_id, amount_minor)
            SELECT c.id, e.account_id, e.amount FROM checked c JOIN member m ON m.id = c.member_id
            CROSS JOIN LATERAL (VALUES (0::bigint, c.amount_minor), (m.account_id, -c.amount_minor)) e (account_id, amount)
        )
        UPDATE account a SET balance_minor = a.balance_minor + c.sum
        FROM (SELECT m.account_id, sum(c.amount_minor) AS sum FROM checked c JOIN member m ON m.id = c.member_id GROUP BY 1) c
        WHERE a.id = c.account_id"""
    )


def measure_b(connection: psycopg.Connection, filing_id: int) -> Limit:
    """Compute the month's components, store the lines, write the file."""
    return Limit("B", _timed(connection, _lines, filing_id))


def _lines(connection: psycopg.Connection, filing_id: int) -> None:
    connection.execute(
        b"""INSERT INTO line
        SELECT %s, row_number() OVER (ORDER BY id), id, wage_minor, (wage_minor * 304 + 5000) / 10000, (wage_minor * 709 + 5000) / 10000,
            (wage_minor * 287 + 5000) / 10000, (wage_minor * 710 + 5000) / 10000, (wage_minor * 110 + 5000) / 10000
        FROM member""",
        [filing_id],
    )
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        query = f"""COPY (SELECT 'D001C' || rpad(m.document, 25) || rpad(m.name, 50) || rpad('APELLIDO', 40) || rpad('', 40) || 'F' || '01011990'
            || lpad((l.wage_minor / 100)::text || '.' || lpad((l.wage_minor % 100)::text, 2, '0'), 16, '0') || rpad('', 126, '0')
            FROM line l JOIN member m ON m.id = l.member_id WHERE l.filing_id = {filing_id} ORDER BY l.line_no) TO STDOUT"""
        with cursor.copy(query.encode()) as copy:
            for block in copy:
                file.write(block)


def measure_c(connection: psycopg.Connection, rows: int, filing_id: int) -> Limit:
    """Load two files, match three sides, insert the exceptions."""
    theirs = "".join(f"{n:011d},{1_577_000 + n % 997 * 1000 + (n % 100 == 0)}\n" for n in range(1, rows + 1)).encode()
    paid = "".join(f"{n:011d},{n % 50 != 0}\n" for n in range(1, rows + 1)).encode()
    return Limit("C", _timed(connection, _match, filing_id, theirs, paid))


def _match(connection: psycopg.Connection, filing_id: int, theirs: bytes, paid: bytes) -> None:
    for table, kind, body in (("theirs", "bigint", theirs), ("paid", "boolean", paid)):
        connection.execute(f"CREATE TEMP TABLE {table} (document text, value {kind}) ON COMMIT DROP".encode())
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)".encode()) as copy:
            copy.write(body)
        connection.execute(f"ANALYZE {table}".encode())
    connection.execute(
        b"""INSERT INTO exception
        SELECT CASE WHEN l.wage_minor IS NULL THEN 'extra' WHEN t.value IS NULL THEN 'missing' WHEN t.value <> l.wage_minor THEN 'changed' ELSE 'unpaid' END,
            coalesce(t.document, m.document), t.value, l.wage_minor
        FROM (SELECT * FROM line WHERE filing_id = %s) l JOIN member m ON m.id = l.member_id
        FULL JOIN theirs t ON t.document = m.document LEFT JOIN paid p ON p.document = m.document
        WHERE t.value IS DISTINCT FROM l.wage_minor OR NOT p.value""",
        [filing_id],
    )


def measure_d(connection: psycopg.Connection, rows: int) -> Limit:
    """Allot a remittance, make the payouts, two entries each, balances, and the file."""
    body = "".join(f"{n:011d},{50_000 + n % 300}\n" for n in range(1, rows + 1)).encode()
    return Limit("D", _timed(connection, _remit, body, rows))


def _remit(connection: psycopg.Connection, body: bytes, rows: int) -> None:
    connection.execute(b"CREATE TEMP TABLE advice (document text, amount_minor bigint) ON COMMIT DROP")
    with connection.cursor() as cursor, cursor.copy(b"COPY advice FROM STDIN (FORMAT csv)") as copy:
        copy.write(body)
    connection.execute(
        b"""WITH allotted AS MATERIALIZED (
            SELECT m.id, m.account_id, a.amount_minor FROM advice a JOIN member m ON m.document = a.document
        ), payouts AS (
            INSERT INTO payout (member_id, amount_minor) SELECT id, amount_minor FROM allotted RETURNING id, amount_minor
        ), entries AS (
            INSERT INTO entry (source, account_id, amount_minor)
            SELECT a.id, e.account_id, e.amount FROM allotted a
            CROSS JOIN LATERAL (VALUES (0::bigint, a.amount_minor), (a.account_id, -a.amount_minor)) e (account_id, amount)
        )
        UPDATE account c SET balance_minor = c.balance_minor + a.amount_minor FROM allotted a WHERE c.id = a.account_id"""
    )
    newest = f"COPY (SELECT id, member_id, amount_minor FROM payout ORDER BY id DESC LIMIT {rows}) TO STDOUT"
    target = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(newest.encode()) as copy:
        for block in copy:
            target.write(block)


def copied_by_python(lines: Iterator[bytes]) -> float:
    """Return how long Python takes to copy the same bytes line by line: the limit of any writer or reader here."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as file:
        for line in lines:
            file.write(line)
    return time.perf_counter() - began


def measure_members(connection: psycopg.Connection, body: bytes) -> Limit:
    """Load a file of members: the person, the identity, the wage, the enrolment and the account."""
    return Limit("M", _timed(connection, _members, body))


MEMBER_TABLES = b"""
DROP TABLE IF EXISTS person, identity, wage, enrolment, purse CASCADE;
CREATE TEMP TABLE file (document text, given text, first text, second text, sex text, born text, phone text, payroll text, wage numeric, since text) ON COMMIT DROP;
CREATE TABLE person (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, document text NOT NULL UNIQUE, given text, first text, second text, born date, phone text);
CREATE TABLE identity (person_id bigint NOT NULL REFERENCES person, kind text, value text, PRIMARY KEY (kind, value));
CREATE TABLE wage (person_id bigint NOT NULL REFERENCES person, since date, minor bigint, PRIMARY KEY (person_id, since));
CREATE TABLE enrolment (person_id bigint NOT NULL REFERENCES person, payroll text, since date, PRIMARY KEY (person_id, payroll));
CREATE TABLE purse (person_id bigint NOT NULL REFERENCES person, kind text, PRIMARY KEY (person_id, kind));
"""
MEMBER_INSERTS = (
    b"INSERT INTO person (document, given, first, second, born, phone) SELECT replace(document, '-', ''), given, first, second, to_date(born, 'DD/MM/YYYY'), phone FROM file",
    b"INSERT INTO identity SELECT id, 'national_id', document FROM person",
    b"INSERT INTO wage SELECT p.id, to_date(f.since, 'DD/MM/YYYY'), f.wage * 100 FROM file f JOIN person p ON p.document = replace(f.document, '-', '')",
    b"INSERT INTO enrolment SELECT p.id, f.payroll, to_date(f.since, 'DD/MM/YYYY') FROM file f JOIN person p ON p.document = replace(f.document, '-', '')",
    b"INSERT INTO purse SELECT id, kind FROM person CROSS JOIN (VALUES ('contributions'), ('benefits')) k (kind)",
)


def _members(connection: psycopg.Connection, body: bytes) -> None:
    for statement in MEMBER_TABLES.split(b";\n"):
        if statement.strip():
            connection.execute(statement)
    with (
        connection.cursor() as cursor,
        cursor.copy(b"COPY file FROM STDIN (FORMAT csv, DELIMITER ';', HEADER true)") as copy,
    ):
        copy.write(body)
    for statement in MEMBER_INSERTS:
        connection.execute(statement)
