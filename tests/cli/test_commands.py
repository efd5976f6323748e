"""Commands do nothing without --apply, refuse in a sentence, and print for people or for machines."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.main import get_command

from gateway import __version__
from gateway.cli.root import MODULES, app, commands
from gateway.contributions.assess import assess_period
from gateway.kit import db
from gateway.kit.db import Database
from gateway.kit.period import Period
from gateway.ledger.accounts import NewAccount, open_accounts
from gateway.ledger.post import Event, Line, post
from gateway.membership.payrolls import open_payroll

Gateway = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
MANAGER = "GATEWAY_MANAGER_PASSWORD"
NEW = ["mutual", "create", "--code", "nueva", "--name", "Mutual Nueva", "--employer-number", "401777772"]
ASSESS = ["assess", "--country", "do", "--period", "2026-03", "--wage", "23223.00"]
COMMANDS = {
    "serve", "worker", "migrate", "openapi", "demo",
    "sandbox state", "sandbox payer", "sandbox receiver", "mutual create", "mutual configure", "mutual list",
    "import members", "import receipts", "import statement", "statement read",
    "month status", "month open", "month close",
    "filing prepare", "filing seal", "filing submit", "filing file", "filing check", "filing evidence",
    "filing movements", "filing uploaded", "filing load-answer", "report",
    "assess", "ledger verify", "transparency seal", "transparency check", "transparency publish", "transparency keys", "bill forecast", "bill compare", "state drift",
    "conformance", "state client add", "state client rotate", "state client list", "state client disable",
    "state key list", "state key add", "state key use", "state key drop",
    "webhooks list", "webhooks add", "webhooks rotate", "webhooks disable", "webhooks enable", "webhooks end", "webhooks deliveries",
    "webhooks redeliver", "webhooks test",
}  # fmt: skip


def every_command(command: Any, prefix: str = "") -> dict[str, Any]:
    found = {}
    for name, below in getattr(command, "commands", {}).items():
        found |= every_command(below, f"{prefix} {name}".strip())
    return found or {prefix: command}


def test_every_command_that_is_promised_is_there_and_says_what_it_does() -> None:
    known = every_command(get_command(app))
    assert known.keys() == COMMANDS
    assert all(command.help for command in known.values())


def test_the_version_is_told() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "--version"], capture_output=True, text=True, check=True
    )
    assert told.stdout == f"gateway {__version__}\n"


def test_whatever_changes_something_asks_for_apply() -> None:
    known = every_command(get_command(app))
    changing = {
        "migrate", "mutual create", "mutual configure", "import members", "import receipts", "import statement", "month open",
        "month close", "filing prepare", "filing seal", "filing submit", "filing file",
        "filing uploaded", "filing load-answer", "transparency seal", "state client add", "state client rotate", "state client disable",
        "state key add", "state key use", "state key drop", "webhooks add", "webhooks rotate", "webhooks disable",
        "webhooks enable", "webhooks end", "webhooks redeliver", "webhooks test",
    }  # fmt: skip
    asking = {name for name, command in known.items() if any("--apply" in one.opts for one in command.params)}
    assert asking == changing


# Assess


def test_assess_prints_each_component_with_its_base_rate_source_and_amount(gateway: Gateway) -> None:
    ran = gateway(*ASSESS, "--additional-dependants", 1, "--json")
    assert ran.status == 0, ran.err
    shown = json.loads(ran.out)
    assert shown["total_minor"] == sum(line["amount_minor"] for line in shown["components"])
    assert shown["wage"] == "23223.00"
    assert all({"base", "rate", "source", "amount"} <= line.keys() for line in shown["components"])
    assert any(line["code"] == "additional_dependants" or line["base"] == "1" for line in shown["components"])


def test_assess_needs_no_database() -> None:
    environment = {**os.environ, "GATEWAY_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    ran = subprocess.run(
        [sys.executable, "-m", "gateway.cli", *ASSESS, "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT / "src")},
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["total"] == "4923.27"
    assert ran.stderr == ""


@pytest.mark.parametrize(("age", "pension", "fund"), [(57, "1250.00", "550.00"), (58, "0.00", "1800.00")])
def test_assess_knows_the_age_at_which_a_component_ends(gateway: Gateway, age: int, pension: str, fund: str) -> None:
    ran = gateway("assess", "--country", "in", "--period", "2026-04", "--wage", "15000.00", "--age", age, "--json")
    amounts = {line["code"]: line["amount"] for line in json.loads(ran.out)["components"]}
    assert (amounts["eps_employer"], amounts["epf_employer_difference"]) == (pension, fund)


def test_assess_prints_a_table_for_people(gateway: Gateway) -> None:
    ran = gateway(*ASSESS)
    assert "Total 4923.27 DOP" in ran.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--country", "xx", "--period", "2026-03", "--wage", "1"], "no rates for the country 'xx'"),
        (["--country", "do", "--period", "March", "--wage", "1"], "'March' is not a month"),
        (["--country", "do", "--period", "1991-01", "--wage", "1"], "1991-01 is earlier"),
        (["--country", "do", "--period", "2026-03", "--wage", "1,5"], "'1,5' is not an amount"),
        (["--country", "do", "--period", "2026-03", "--wage", "١٢٣"], "'١٢٣' is not an amount"),
        (["--country", "do", "--period", "٢٠٢٦-03", "--wage", "1"], "is not a month"),
        (["--country", "do", "--period", "2026-03", "--wage", "1.555"], "has 3 decimals"),
        (["--country", "do", "--period", "2026-03", "--wage", "-1"], "-1.00 DOP is below zero"),
        (["--country", "do", "--period", "2021-07", "--wage", "1"], "known from 2021-08-01 on"),
        (["--country", "do", "--period", "2099-01", "--wage", "1"], "last read on"),
        (["--country", "do", "--period", "2026-03", "--wage", "1", "--additional-dependants", "-1"], "from 0 to 99"),
        (
            ["--country", "in", "--period", "2026-03", "--wage", "1", "--additional-dependants", "2"],
            "in IN; leave out the 2",
        ),
    ],
)
def test_a_refusal_is_a_sentence_and_a_status(gateway: Gateway, arguments: list[str], sentence: str) -> None:
    ran = gateway("assess", *arguments)
    assert ran.status == 1
    assert ran.out == ""
    assert sentence in ran.err
    assert "Traceback" not in ran.err
    assert ran.err.startswith("gateway: ")


# The bill

FORECAST = ["bill", "forecast", "--period", "2026-03", "--amount", "1191.23"]


def test_what_paying_late_costs_is_told_without_a_database(gateway: Gateway) -> None:
    told = json.loads(gateway(*FORECAST, "--pay-on", "2026-04-09", "--json").out)
    assert (told["due_on"], told["months"], told["more"], told["total"]) == ("2026-04-06", 1, "13.10", "1204.33")
    assert (told["verified"], told["charges"][0]["mark"]) == (False, "?")
    assert "Paying on 9 April 2026 costs DOP\u00a01,204.33" in gateway(*FORECAST, "--pay-on", "2026-04-09").out
    for arguments, sentence in (
        ([*FORECAST, "--pay-on", "2026-04-31"], "is no day"),
        (["bill", "forecast", "--pay-on", "2026-04-09"], "name a bill"),
        ([*FORECAST, "--country", "in", "--pay-on", "2026-04-09"], "--due-on"),
        ([*FORECAST[:-1], "-5.00", "--pay-on", "2026-04-09"], "below zero"),
        (["bill", "compare", "7", "--mutual", "amparo"], "no bill 7"),
    ):
        ran = gateway(*arguments)
        assert (ran.status, ran.out) == (1, "")
        assert sentence in ran.err


def test_a_month_on_which_all_sides_agree_has_no_drift(gateway: Gateway) -> None:
    assert json.loads(gateway("state", "drift", "--period", "2026-03", "--mutual", "amparo", "--json").out) == {
        "period": "2026-03",
        "counts": {},
        "differences": [],
    }


# Mutuals


def test_a_mutual_is_made_with_a_manager_who_can_log_in(
    gateway: Gateway, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MANAGER, "tres mangos en la mesa")
    dry = gateway(*NEW, "--manager", "ana")
    assert dry.status == 0, dry.err
    assert "Nothing was changed" in dry.err
    assert len(json.loads(gateway("mutual", "list", "--json").out)) == 2
    done = gateway(*NEW, "--manager", "ana", "--apply")
    assert done.status == 0, done.err
    listed = json.loads(gateway("mutual", "list", "--json").out)
    assert [one["code"] for one in listed] == ["amparo", "kosove", "nueva"]
    assert (listed[2]["currency"], listed[2]["time_zone"]) == ("DOP", "America/Santo_Domingo")
    with database.session(listed[2]["id"]) as session:
        row = db.one(session, "SELECT username, roles FROM staff_user")
    assert (row.username, row.roles) == ("ana", ["manager"])


def test_the_manager_s_password_may_come_through_standard_input(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("tres mangos en la mesa\n"))
    assert gateway(*NEW, "--manager", "ana", "--apply").status == 0


def test_a_mutual_is_configured_only_with_apply_and_keeps_what_is_not_named(gateway: Gateway) -> None:
    account = 'state_account={"name": "Tesorería", "account": "9600000099"}'
    assert "would be" in gateway("mutual", "configure", "amparo", "--set", account).err
    assert gateway("mutual", "configure", "amparo", "--set", account, "--apply").status == 0
    ran = gateway("mutual", "configure", "amparo", "--set", "filing_lease_seconds=60")
    assert ("9600000099" in ran.err, '"filing_lease_seconds": 60' in ran.err) == (True, True)
    taken = gateway("mutual", "configure", "amparo", "--set", "state_account=null", "--apply")
    assert "9600000099" not in taken.err
    for wrong in ("colour=1", "state_account", "state_account={"):
        assert gateway("mutual", "configure", "amparo", "--set", wrong, "--apply").status == 1


@pytest.mark.parametrize(
    ("more", "password", "sentence"),
    [
        (["--manager", "ana"], "short", "expected 12 to 200"),
        (["--manager", "x"], "tres mangos en la mesa", "is not a username"),
        (["--manager", "ana", "--country", "zz"], "tres mangos en la mesa", "no rates for the country 'zz'"),
        (["--manager", "ana", "--time-zone", "Mars/Base"], "tres mangos en la mesa", "is no time zone"),
        (["--manager", "ana", "--currency", "ABC"], "tres mangos en la mesa", "unknown currency"),
        (
            ["--manager", "ana", "--employer-number", "401999999"],
            "tres mangos en la mesa",
            "'401999999' is not an RNC: the check digit does not fit",
        ),
        (
            ["--manager", "ana", "--employer-number", "4019999"],
            "tres mangos en la mesa",
            "expected an RNC (9 digits, the last a check digit) or a cédula (11 digits)",
        ),
        (
            ["--manager", "ana", "--country", "in"],
            "tres mangos en la mesa",
            "'401777772' is no employer's number; expected an establishment's code (5 letters",
        ),
    ],
)
def test_a_mutual_that_cannot_be_right_is_refused_before_anything_is_made(
    gateway: Gateway, database: Database, monkeypatch: pytest.MonkeyPatch, more: list[str], password: str, sentence: str
) -> None:
    monkeypatch.setenv(MANAGER, password)
    ran = gateway(*NEW, *more, "--apply")
    assert (ran.status, sentence in ran.err) == (1, True), ran.err
    with database.session() as session:
        assert db.scalar(session, "SELECT count(*) FROM mutual") == 2


@pytest.mark.parametrize(
    ("country", "written", "kept", "doubt"),
    [
        ("do", "4-01-77777-2", "401777772", False),
        ("do", "001-1391820-5", "00113918205", False),
        # A few hundred cédulas that were given to people fail their digit: it is told, and the number stands.
        ("do", "001-1391820-6", "00113918206", True),
        ("in", "mhban 0012345 000", "MHBAN0012345000", False),
        ("in", "MHBAN001234500A", "MHBAN001234500A", False),
    ],
)
def test_a_mutual_s_employer_number_is_kept_as_the_state_writes_it_and_a_doubt_is_told(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, country: str, written: str, kept: str, doubt: bool
) -> None:
    monkeypatch.setenv(MANAGER, "tres mangos en la mesa")
    made = gateway(*NEW, "--country", country, "--employer-number", written, "--manager", "ana", "--apply")
    assert (made.status, "whose check digit does not fit" in made.err) == (0, doubt), made.err
    assert json.loads(gateway("mutual", "list", "--json").out)[2]["employer_number"] == kept


def test_a_second_creation_of_the_same_mutual_and_manager_is_refused(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MANAGER, "tres mangos en la mesa")
    gateway(*NEW, "--manager", "ana", "--apply")
    again = gateway(*NEW, "--manager", "ana", "--apply")
    assert (again.status, "there is a mutual 'nueva' already" in again.err) == (1, True), again.err
    india = ["--country", "in", "--employer-number", "MHBAN0012345000"]
    for other in (["--manager", "eva"], ["--manager", "eva", *india], ["--manager", "eva", "--apply"]):
        again = gateway(*NEW, *other)
        assert (again.status, "(Mutual Nueva, do, DOP)" in again.err) == (1, True), again.err


# Which mutual


def test_with_several_mutuals_the_command_must_say_which(gateway: Gateway) -> None:
    ran = gateway("month", "status", "2026-03")
    assert ran.status == 1
    assert "--mutual amparo | kosove" in ran.err
    assert gateway("month", "status", "2026-03", "--mutual", "amparo").status == 0


def test_a_mutual_that_is_not_there_is_refused(gateway: Gateway) -> None:
    ran = gateway("ledger", "verify", "--mutual", "nowhere")
    assert (ran.status, "no mutual has the code 'nowhere'" in ran.err) == (1, True)


# The month and the books


def test_a_month_is_closed_only_with_apply(gateway: Gateway) -> None:
    close = ["month", "close", "2026-03", "--reason", "all is explained", "--mutual", "amparo"]
    status = ["month", "status", "2026-03", "--json", "--mutual", "amparo"]
    shown = gateway(*close)
    assert (shown.status, "2026-03 would be closed." in shown.err) == (0, True), shown.err
    unsaid = gateway("month", "close", "2026-03", "--reason", "  ", "--mutual", "amparo", "--apply")
    assert (unsaid.status, "say why" in unsaid.err) == (2, True), unsaid.err
    assert json.loads(gateway(*status).out)["is_closed"] is False
    done = gateway(*close, "--apply")
    assert (done.status, "2026-03 is closed." in done.err) == (0, True), done.err
    assert json.loads(gateway(*status).out)["is_closed"] is True
    reopened = gateway("month", "open", "2026-03", "--reason", "a late receipt", "--mutual", "amparo", "--apply")
    assert reopened.status == 0
    assert json.loads(gateway(*status).out)["is_closed"] is False


def test_a_month_that_is_not_over_is_not_closed_and_the_obstacle_is_named(gateway: Gateway) -> None:
    ran = gateway("month", "close", "2026-04", "--reason", "too early", "--mutual", "amparo", "--apply")
    assert ran.status == 1
    assert "2026-04 ends on 2026-04-30; today is 2026-04-02" in ran.err


def test_month_status_is_readable_by_people(gateway: Gateway) -> None:
    ran = gateway("month", "status", "2026-03", "--mutual", "amparo")
    assert ran.status == 0, ran.err
    assert "Enrol or import the members of the month." in ran.out
    assert "0 members covered" in ran.out


def book(database: Database) -> None:
    with database.session(1) as session:
        open_accounts(session, [NewAccount("cash:main"), NewAccount("suspense:bank")], "DOP")
        lines = [Line("cash:main", 100), Line("suspense:bank", -100)]
        post(session, Event("one", "test", __import__("datetime").date(2026, 3, 1), lines, "test"))


def test_ledger_verify_says_that_the_books_are_whole(gateway: Gateway, database: Database) -> None:
    book(database)
    ran = gateway("ledger", "verify", "--mutual", "amparo", "--json")
    assert (ran.status, json.loads(ran.out)["verify"]) == (0, "ok"), ran.out


def test_heads_are_written_to_a_file_to_be_given_away(gateway: Gateway, tmp_path: Path) -> None:
    out = tmp_path / "heads.json"
    ran = gateway("transparency", "publish", "--mutual", "amparo", "--out", out)
    assert (ran.status, ran.err) == (0, f"0 heads written to {out}\n")
    assert json.loads(out.read_text()) == {
        "format": "gateway.heads.1",
        "mutual": "amparo",
        "heads": [],
        "checkpoint": None,
    }
    assert gateway("transparency", "publish", "--mutual", "amparo").out == out.read_text()


def test_ledger_verify_names_the_row_that_somebody_changed(
    gateway: Gateway, database: Database, database_url: str
) -> None:
    book(database)
    with psycopg.connect(database_url) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE ledger_entry SET amount_minor = 90 WHERE amount_minor = 100")
    ran = gateway("ledger", "verify", "--mutual", "amparo", "--json")
    assert ran.status == 3
    found = json.loads(ran.out)
    assert found["verify"] == "failed"
    assert any("transaction" in one["check"] for one in found["findings"])


# Migrations and the database


def test_a_database_that_lacks_a_migration_is_refused_with_what_to_do(gateway: Gateway, database_url: str) -> None:
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE alembic_version SET version_num = 'older'")
    ran = gateway("mutual", "list")
    assert ran.status == 1
    assert "run gateway migrate" in ran.err


def test_migrate_says_when_there_is_nothing_to_do(gateway: Gateway) -> None:
    ran = gateway("migrate", "--apply")
    assert (ran.status, "as this version needs it" in ran.err) == (0, True)


def test_a_database_that_is_not_there_is_a_sentence(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    ran = gateway("mutual", "list")
    assert ran.status == 1
    assert "is the database reachable" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(("name", "value"), [("POOL_SIZE", "many"), ("DATABASE_URL", "mysql://root:hunter2@db/x")])
def test_a_setting_that_cannot_be_used_is_named(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"GATEWAY_{name}", value)
    ran = gateway("mutual", "list")
    assert ran.status == 1
    assert f"GATEWAY_{name}" in ran.err
    assert "hunter2" not in ran.err
    assert "Traceback" not in ran.err


# Filing and files


def test_filing_prepare_without_an_assessment_is_refused(gateway: Gateway, database: Database) -> None:
    with database.session(1) as session:
        open_payroll(session, code="001", name="Main", employer_number=None, actor="test")
    ran = gateway("filing", "prepare", "--period", "2026-03", "--mutual", "amparo")
    assert ran.status == 1
    assert ran.err.startswith("gateway: ")
    ran = gateway("filing", "prepare", "--period", "2026-03", "--mutual", "amparo", "--payroll", "002")
    assert (ran.status, "there is no payroll '002'; known are 001" in ran.err) == (1, True), ran.err


def test_a_filing_is_prepared_sealed_and_written_by_commands(
    gateway: Gateway, database: Database, tmp_path: Path
) -> None:
    """Figures as people read them; a draft that is only shown has no number, and files are there once it is sealed."""
    with database.session(1) as session:
        payroll = open_payroll(session, code="001", name="Main", employer_number=None, actor="test")
    of = ("--mutual", "amparo")
    people = tmp_path / "people.csv"
    people.write_text(
        "Cédula;Nombres;Primer apellido;Sexo;Fecha de nacimiento;Nómina;Salario;Fecha de ingreso\n"
        + "".join(f"{card};Ana;Luz;F;1/2/1980;001;15770.00;1/1/2026\n" for card in ("99900000008", "99900000016"))
    )
    paid = tmp_path / "paid.csv"
    paid.write_text("Cédula;Monto;Fecha\n99900000008;9000.00;3/3/26\n99900000016;100.00;3/3/26\n")
    assert gateway("import", "members", people, *of, "--apply").status == 0
    assert gateway("import", "receipts", paid, *of, "--account", "cash:main", "--apply").status == 0
    with database.session(1) as session:
        assess_period(session, payroll_id=payroll.id, period=Period(2026, 3), actor="test")
    prepare = ("filing", "prepare", "--period", "2026-03", *of)
    shown = gateway(*prepare)
    assert (shown.status, json.loads(gateway(*prepare, "--json").out)["filing"]) == (0, None), shown.err
    assert ("own_money" in shown.out, "3243.24" in shown.out, "{" in shown.out) == (True, True, False)
    number = json.loads(gateway(*prepare, "--json", "--apply").out)["filing"]
    unsealed = gateway("filing", "file", number, "--to", tmp_path, *of, "--apply")
    assert (unsealed.status, "has no files" in unsealed.err) == (1, True), unsealed.err
    assert gateway("filing", "seal", number, *of, "--apply").status == 0
    written = gateway("filing", "file", number, "--to", tmp_path, *of, "--apply")
    assert (written.status, len(list(tmp_path.glob("AM_*.txt")))) == (0, 1), written.err


def test_a_file_of_receipts_that_was_taken_in_before_says_so(gateway: Gateway, tmp_path: Path) -> None:
    """The figures are those of the first time: read without that word they would be money received twice."""
    path = tmp_path / "cobros.csv"
    path.write_text("Cédula;Monto;Fecha\n99900000008;100.00;3/3/26\n")
    arguments = ["import", "receipts", path, "--mutual", "amparo", "--account", "cash:main", "--apply"]
    assert "before" not in gateway(*arguments).err
    assert "was taken in before, as import 1; it has no second effect" in gateway(*arguments).err


@pytest.mark.parametrize("command", [["serve"], ["sandbox", "state"], ["sandbox", "payer"]])
@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_cannot_be_is_refused_in_a_sentence(command: list[str], port: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "gateway.cli", *command, f"--port={port}"], capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert ran.returncode in (1, 2)
    assert ("port" in ran.stderr, "Traceback" in ran.stderr) == (True, False), ran.stderr


@pytest.mark.parametrize("command", [["seal", "7"], ["submit", "7"], ["file", "7"], ["evidence", "7", "1"]])
def test_a_filing_that_is_not_there_is_refused(gateway: Gateway, command: list[str]) -> None:
    ran = gateway("filing", *command, "--mutual", "amparo")
    assert ran.status == 1
    assert "filing 7" in ran.err


def test_filing_check_says_what_is_wrong_with_a_file(gateway: Gateway, tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"not a file of the state\r\n")
    ran = gateway("filing", "check", bad, "--json")
    assert ran.status == 2, ran.err
    assert json.loads(ran.out)["findings"]
    bad.write_bytes(b"EAM  401999999032026\r\nS000002\r\n")
    ran = gateway("filing", "check", bad, "--json")
    assert (ran.status, json.loads(ran.out)["code"]) == (1, "301")


def test_a_file_that_is_no_table_is_refused(gateway: Gateway, database: Database, tmp_path: Path) -> None:
    noise = tmp_path / "members.csv"
    noise.write_bytes(bytes(range(256)) * 4)
    ran = gateway("import", "members", noise, "--mutual", "amparo", "--apply")
    assert ran.status == 1
    assert ran.err.startswith("gateway: ")
    with database.session(1) as session:
        assert db.scalar(session, "SELECT count(*) FROM member") == 0


def test_a_statement_that_is_none_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    noise = tmp_path / "statement.xml"
    noise.write_text("<Document/>")
    ran = gateway("import", "statement", noise, "--mutual", "amparo", "--apply")
    assert (ran.status, ran.err.startswith("gateway: ")) == (1, True)


MEMBERS = """cedula;nombres;primer apellido;segundo apellido;sexo;fecha de nacimiento;salario;nómina
999-0000001-1;Ana;Pérez;Díaz;F;3/7/85;15770,00;001
999-0000001-1;Ana;Pérez;Díaz;F;3/7/85;15770,00;001
"""


def test_members_are_imported_only_with_apply_and_refused_rows_handed_back(
    gateway: Gateway, database: Database, tmp_path: Path
) -> None:
    with database.session(1) as session:
        open_payroll(session, code="001", name="Main", employer_number=None, actor="test")
    path, refused = tmp_path / "members.csv", tmp_path / "refused.csv"
    path.write_bytes(MEMBERS.encode("latin-1"))
    arguments = ["import", "members", path, "--mutual", "amparo", "--refused", refused, "--json"]

    def members() -> int:
        with database.session(1) as session:
            return int(db.scalar(session, "SELECT count(*) FROM member"))

    dry = gateway(*arguments)
    assert dry.status == 0, dry.err
    counts = json.loads(dry.out)
    assert (counts["row_count"], counts["create_count"], counts["refused_count"]) == (2, 1, 1)
    assert members() == 0
    nowhere = gateway("import", "members", path, "--mutual", "amparo", "--refused", tmp_path / "none" / "r.csv")
    assert (nowhere.status, "there is no file or folder" in nowhere.err, "database" in nowhere.err) == (1, True, False)
    done = gateway(*arguments, "--apply")
    assert json.loads(done.out)["create_count"] == members() == counts["create_count"]
    again = gateway(*arguments, "--apply")
    assert json.loads(again.out)["create_count"] == 0
    assert "same identity" in refused.read_text("latin-1")
    assert "line 3, column cedula: line 2 has the same identity" in done.err


# The description


def test_openapi_prints_the_description(gateway: Gateway) -> None:
    ran = gateway("openapi")
    assert json.loads(ran.out)["openapi"].startswith("3.1")


def test_the_first_word_of_every_command_names_the_one_module_that_has_it() -> None:
    assert set(MODULES) == set(get_command(commands(MODULES.values())).commands)  # type: ignore[attr-defined]
    for word, module in MODULES.items():
        assert word in get_command(commands([module])).commands  # type: ignore[attr-defined]


# The log


def test_the_log_is_sealed_checked_and_its_keys_printed_by_commands(
    gateway: Gateway, database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from tests.transparency.log_town import KEY, ORIGIN, URL, build, seal_books

    build(database)
    seal_books(database)
    of = ("--mutual", "amparo")
    ran = gateway("transparency", "seal", *of, "--apply")
    assert (ran.status, "GATEWAY_SEAL_KEY_FILE names no key" in ran.err) == (0, True), ran
    assert "4" in ran.out
    ran = gateway("transparency", "keys", *of)
    assert (ran.status, "GATEWAY_SEAL_KEY_FILE" in ran.err) == (1, True), ran
    pem = tmp_path / "seal.pem"
    pem.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.setenv("GATEWAY_SEAL_KEY_FILE", str(pem))
    monkeypatch.setenv("GATEWAY_PUBLIC_URL", URL)
    assert "Nothing was changed" in gateway("transparency", "seal", *of).err
    assert gateway("transparency", "keys", *of).status == 1, "without --apply nothing is kept"
    assert gateway("transparency", "seal", *of, "--apply").status == 0
    assert gateway("transparency", "keys", *of).out.startswith(f"{ORIGIN}+")
    assert json.loads(gateway("transparency", "publish", *of).out)["checkpoint"].startswith(f"{ORIGIN}\n4\n")
    ran = gateway("transparency", "check", *of)
    assert (ran.status, ran.out) == (0, "The log of Mutual Amparo is whole.\n")
    with psycopg.connect(database_url) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE transparency_leaf SET content = replace(content, '4923.27', '1.00')")
    ran = gateway("transparency", "check", *of, "--json")
    assert (ran.status, json.loads(ran.out)["findings"][0]["check"]) == (3, "log.leaf"), ran
    monkeypatch.setenv("GATEWAY_SEAL_KEY_FILE", str(tmp_path / "nowhere.pem"))
    ran = gateway("transparency", "seal", *of, "--apply")
    assert (ran.status, "nowhere.pem cannot be read" in ran.err, "Traceback" in ran.err) == (1, True, False), ran
