"""A payroll of any size, seeded by the database's owner set by set, and the files that such a payroll brings."""

import datetime as dt
import io
import json
from typing import Any

import psycopg
from psycopg import sql

from gateway.authority.protocol import Advice, AdviceLine, RawAnswer
from gateway.contributions import import_receipts as receipts
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger.bank_accounts import BankAccountRow, Opening, register_bank_account

EMPLOYER = "401999999"
TODAY = dt.date(2026, 7, 2)
BANK, BANK_NUMBER, FLOAT = "bank:main", "9600000001", "momo:orange"
ACTOR, SECOND = "staff:olga", "staff:eva"
MONTHS = [Period(2026, number) for number in range(1, 7)]
SETTINGS = {"state_account": {"name": "Tesorería", "account": "9900000001", "bank_identifier": "BCRDDOSD"}}

CARD = """
CREATE FUNCTION pg_temp.card(number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT body || (10 - sum(d * (1 + i % 2) / 10 + d * (1 + i % 2) % 10) % 10) % 10
    FROM (SELECT '999' || lpad(number::text, 7, '0') AS body) b
    CROSS JOIN LATERAL (SELECT i, substr(body, i + 1, 1)::int AS d FROM generate_series(0, 9) i) digit
    GROUP BY body
$$
"""
MUTUALS = """
INSERT INTO mutual (mutual_id, code, name, country, currency, time_zone, language, employer_number, settings)
VALUES (1, 'amparo', 'Mutual Amparo', 'do', 'DOP', 'America/Santo_Domingo', 'es', '401999999', %(settings)s),
       (2, 'kosove', 'Mutuelle Kosove', 'do', 'DOP', 'America/Santo_Domingo', 'fr', '401888888', '{}')
"""
PEOPLE = (
    "SELECT set_config('gateway.mutual_id', '1', false)",
    "INSERT INTO payroll (code, name, employer_number) VALUES ('001', 'Choferes', '401999999')",
    """
    INSERT INTO member (number, given_names, first_surname, second_surname, sex, birth_date, phone, search_name)
    SELECT 'M' || n, (ARRAY['María José', 'Ana', 'Luz Mercedes', 'Yocasta', 'Carmen'])[1 + n %% 5],
           (ARRAY['Peña', 'Núñez', 'Rodríguez', 'De la Cruz', 'Guzmán', 'Báez', 'Pérez'])[1 + n %% 7],
           (ARRAY['Núñez', 'Jiménez', '', 'Ortiz'])[1 + n %% 4], 'F', date '1970-01-01' + (n * 37 %% 9000)::int,
           '+1809' || lpad((2000000 + n)::text, 7, '0'), 'persona ' || n
    FROM generate_series(1, %(rows)s::bigint) n
    """,
    """
    INSERT INTO member_identity (member_id, kind, value, is_primary)
    SELECT id, 'national_id', pg_temp.card(substr(number, 2)::bigint), true FROM member
    """,
    """
    INSERT INTO member_wage (member_id, valid_from, wage_minor, currency, reason, actor)
    SELECT id, '2026-01-01', 1577000 + id %% 997 * 1000, 'DOP', 'declared', 'staff:olga' FROM member
    """,
    """
    INSERT INTO enrolment (member_id, payroll_id, valid_from, start_reason, actor)
    SELECT m.id, p.id, '2026-01-01', 'joined', 'staff:olga' FROM member m CROSS JOIN payroll p
    """,
    """
    INSERT INTO ledger_account (code, currency, kind, normal_side, floor_minor, is_clearing, control, owner_kind, owner_id)
    SELECT 'member:' || m.id || ':' || c, 'DOP', 'liability', -1, 0, false, 'member:' || c, 'member', m.id
    FROM member m CROSS JOIN (VALUES ('contributions'), ('benefits')) k (c)
    -- As a file of members opens them: those of one kind for everybody, then those of the other.
    ORDER BY c DESC, m.id
    """,
)


class Town:
    """A mutual with members, their accounts, a bank account and a mobile-money float."""

    def __init__(self, database: Database, rows: int) -> None:
        self.database, self.rows = database, rows
        with psycopg.connect(database.url, autocommit=True) as owner:
            owner.execute(CARD)
            owner.execute(MUTUALS, {"settings": json.dumps(SETTINGS)})
            for statement in PEOPLE:
                owner.execute(statement.encode(), {"rows": rows})
            owner.execute("VACUUM ANALYZE")
            found = owner.execute("SELECT id FROM payroll WHERE mutual_id = 1").fetchone()
        assert found is not None
        self.payroll_id = int(found[0])
        with database.session(1) as session:
            for number, code, kind in ((BANK_NUMBER, BANK, "bank"), ("829000001", FLOAT, "mobile_money")):
                account = BankAccountRow(0, number, code, kind, "DOP", code, "Mutual", "BCRDDOSD")
                opening = Opening(10**14, dt.date(2026, 1, 1))
                register_bank_account(session, account, opening=opening, actor=ACTOR)

    def query(self, statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Look something up as the owner, outside any clock."""
        with psycopg.connect(self.database.url) as owner:
            return owner.execute(statement.encode(), values or {}).fetchall()

    def tidy(self) -> None:
        """Do what autovacuum would have done overnight, so that no round measures it."""
        with psycopg.connect(self.database.url, autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE")

    def look_at(self, table: str) -> None:
        """Gather statistics of a table that was filled a moment ago, for what is asked outside any clock."""
        with psycopg.connect(self.database.url, autocommit=True) as owner:
            owner.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))

    def receipts_file(self, period: Period) -> bytes:
        """Return a file in which every member pays what the month costs her."""
        self.look_at("contribution_assessment")
        rows = self.query(
            """
            SELECT i.value, a.total_minor, m.number FROM member m
            JOIN member_identity i ON i.mutual_id = m.mutual_id AND i.member_id = m.id
            JOIN contribution_assessment a ON a.mutual_id = m.mutual_id AND a.member_id = m.id AND a.period_start = %(start)s
            WHERE m.mutual_id = 1 ORDER BY m.id
            """,
            {"start": period.start},
        )
        day = f"20/{period.month:02d}/{period.year}"
        target = io.StringIO()
        target.write("Cédula;Monto;Fecha;Referencia\n")
        for document, minor, number in rows:
            target.write(
                f"{document[:3]}-{document[3:10]}-{document[10]};{minor // 100}.{minor % 100:02d};{day};L{number}\n"
            )
        return target.getvalue().encode()

    def pay_in(self, period: Period, body: bytes) -> None:
        """Take in the file in which every member pays what the month costs her."""
        self.apply_file(self.look_at_file(period, body))

    def look_at_file(self, period: Period, body: bytes) -> int:
        """Preview a month's file of payments; return its import."""
        options, name = receipts.Options("cash", "cash:main"), f"pagos-{period}.csv"
        told: dict[str, Any] = {"body": body, "file_name": name, "media_type": "text/csv", "options": options}
        with self.database.session(1) as session:
            return receipts.preview_import(session, **told, actor=ACTOR, today=TODAY).id

    def apply_file(self, import_id: int) -> None:
        """Receive every row of a file that was previewed."""
        with self.database.session(1) as session:
            done = receipts.apply_import(session, import_id, policy="good_rows", actor=ACTOR, today=TODAY)
        if done.applied_count != self.rows:
            raise AssertionError(f"{done.applied_count} of {self.rows} receipts were applied: {done}")

    def advice(self, period: Period) -> tuple[Advice, list[AdviceLine]]:
        """Return an advice that brings every member a benefit."""
        documents = self.query("SELECT value FROM member_identity WHERE mutual_id = 1 ORDER BY member_id")
        lines = [
            AdviceLine(
                number, "national_id", document, "maternity", f"C{period}-{number}", period, 50_000 + number % 300, 1, 4
            )
            for number, (document,) in enumerate(documents, 1)
        ]
        at = dt.datetime(2026, 7, 1, 13, tzinfo=dt.UTC)
        reference = f"S{period}"
        told = Advice(
            remittance_id=reference,
            employer=EMPLOYER,
            currency="DOP",
            status="paid",
            advised_at=at,
            paid_on=dt.date(2026, 7, 1),
            line_count=len(lines),
            total_minor=sum(line.amount_minor for line in lines),
            by_benefit=(),
            end_to_end_id=f"E2E-{reference}",
            bank_reference=None,
            account=BANK_NUMBER,
            raw=RawAnswer("GET", "/remittances", 200, {}, b"{}", at, at),
        )
        return told, lines

    def members_file(self) -> bytes:
        """Return a file of as many new members, for the other mutual."""
        rows = self.query(
            """
            SELECT i.value, m.given_names, m.first_surname, m.second_surname, to_char(m.birth_date, 'DD/MM/YYYY'), m.phone
            FROM member m JOIN member_identity i ON i.mutual_id = m.mutual_id AND i.member_id = m.id
            WHERE m.mutual_id = 1 ORDER BY m.id
            """
        )
        target = io.StringIO()
        target.write(
            "Cédula;Nombres;Primer apellido;Segundo apellido;Sexo;Fecha de nacimiento;Teléfono;Nómina;Salario declarado;Fecha de ingreso\n"
        )
        for place, (document, given, first, second, born, phone) in enumerate(rows):
            target.write(
                f"{document[:3]}-{document[3:10]}-{document[10]};{given};{first};{second};F;{born};{phone};001;{15770 + place % 997 * 10}.00;01/01/2026\n"
            )
        return target.getvalue().encode()
