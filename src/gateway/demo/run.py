"""Set everything up, play the months, tell how they ended, take everything down."""

import contextlib
import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.demo import play as acts
from gateway.demo.desk import Desk, Outside
from gateway.demo.files import dependants_file, members_file
from gateway.demo.money import play_in
from gateway.demo.people import FUNDS
from gateway.demo.play import BANK, BANK_NUMBER, WALLET, Play
from gateway.demo.processes import (
    Processes,
    let_go_of_database,
    new_secret,
    new_signing_secret,
    start_database,
)
from gateway.demo.proof import new_key, show_proof
from gateway.demo.scene import SCENES, Scene
from gateway.demo.statement import Ending, gather, in_words
from gateway.demo.untidy import show_untidy_files
from gateway.kit.period import Period
from gateway.kit.ports import free_port

FIRST = Period(2026, 1)
MUTUAL = "amparo"
STATE_NUMBER = "9600000099"
OPENING = "5000000.00"
STAFF = {
    "cashier": ("carmen", "cashier"),
    "filing": ("olga", "filing_officer"),
    "accountant": ("abel", "accountant"),
    "benefits": ("berta", "benefits_officer"),
    "auditor": ("irene", "auditor"),
}
POLICY = {
    "order": ["own_money", "credit", "reserve"],
    "own_share_minimum": "0.75",
    "reserve": {"limit_per_member": "0.00"},
}


@dataclass(frozen=True)
class Options:
    """What is played."""

    country: str
    members: int
    months: int
    seed: int
    as_json: bool
    keep: bool
    folder: Path
    is_own_folder: bool

    @property
    def scene(self) -> Scene:
        """Where it is played."""
        return SCENES[self.country]


@dataclass
class Addresses:
    """Where the processes are, and the secrets of this demonstration alone."""

    gateway: str
    state: str
    payer: str
    token: str
    password: str
    database: str
    seal_key: Path


def run(options: Options) -> int:
    """Play and tell; return 0 where everything holds."""
    say = _teller()
    # Asked to end, it takes down what it started.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    play_in(options.scene.currency)
    options.folder.mkdir(parents=True, exist_ok=True)
    processes = Processes(options.folder)
    began = time.monotonic()
    kept = False
    try:
        say("Starting a database, the gateway, its worker, the sandbox state and the sandbox payer …")
        addresses = start(options, processes)
        ending = play(options, addresses, processes, say)
        if options.as_json:
            print(json.dumps(ending.as_json(), ensure_ascii=False))
        else:
            print(in_words(ending))
        say(f"Played in {time.monotonic() - began:.0f} s.")
        for line in show_proof(addresses.database, options.folder, MUTUAL, addresses.seal_key, url=addresses.gateway):
            say(line)
        for finding in ending.verification["findings"]:
            say(f"  the books: {finding['check']}: {finding['subject']}: {finding['detail']}")
        kept = options.keep
        say(_where(options, addresses))
        if kept:
            _wait_for_interrupt(processes, say)
        return 0 if ending.holds else 1
    finally:
        processes.stop()
        let_go_of_database(options.folder)
        if options.is_own_folder and not kept:
            shutil.rmtree(options.folder, ignore_errors=True)


def start(options: Options, processes: Processes) -> Addresses:
    """Start every process and found the mutual; return where they are."""
    ports = {name: free_port() for name in ("gateway", "state", "payer")}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    token, state_secret, payer_secret, password = new_secret(), new_signing_secret(), new_secret(), new_secret()
    clock = options.folder / "clock"
    clock.write_text(FIRST.start.isoformat(), encoding="ascii")
    environment = {
        "GATEWAY_DATA_DIR": str(options.folder),
        "GATEWAY_STATE_URL": urls["state"],
        "GATEWAY_STATE_TOKEN": token,
        "GATEWAY_STATE_CALLBACK_SECRET": state_secret,
        "GATEWAY_PAYER_URL": urls["payer"],
        "GATEWAY_PAYER_TOKEN": token,
        "GATEWAY_PAYER_CALLBACK_SECRET": payer_secret,
        "GATEWAY_SMS_URL": urls["payer"],
        "GATEWAY_SMS_TOKEN": token,
        "GATEWAY_PUBLIC_URL": urls["gateway"],
        "GATEWAY_DEMO": "1",
        "GATEWAY_CLOCK_FILE": str(clock),
        "GATEWAY_WORKER_PACE": "0.05",
        "GATEWAY_LOG_FORMAT": "text",
    }
    gateway = ["-m", "gateway.cli"]
    state = [
        "--country",
        options.country,
        "--port",
        str(ports["state"]),
        "--data",
        str(options.folder / "state"),
        "--token",
        token,
    ]
    state += ["--callback-url", f"{urls['gateway']}/v1/callbacks/state/{MUTUAL}", "--callback-secret", state_secret]
    state += ["--bank-url", urls["payer"], "--bank-token", token, "--account", BANK_NUMBER]
    payer = ["--port", str(ports["payer"]), "--data", str(options.folder / "payer"), "--token", token]
    payer += ["--callback-url", f"{urls['gateway']}/v1/callbacks/payer/{MUTUAL}/orange"]
    payer += ["--callback-secret", payer_secret, "--state-url", urls["state"], "--state-token", token]
    payer += ["--account", BANK_NUMBER, "--state-account", STATE_NUMBER, "--opening", OPENING, "--reject-share", "0.01"]
    payer += ["--currency", options.scene.currency]
    date = ["--date", FIRST.start.isoformat(), "--seed", str(options.seed)]
    processes.start("state", ["-m", "gateway.sandbox.state", *state, *date], {})
    processes.start("payer", ["-m", "gateway.sandbox.payer", *payer, *date], {})
    # The state and the payer need nothing of ours: they come up while the database is made and the mutual founded.
    database, seal_key = start_database(options.folder), new_key(options.folder)
    environment |= {"GATEWAY_DATABASE_URL": database, "GATEWAY_SEAL_KEY_FILE": str(seal_key)}
    _command([*gateway, "migrate", "--apply"], environment)
    _found(options.scene, gateway, environment, password)
    processes.start("gateway", [*gateway, "serve", "--port", str(ports["gateway"])], environment)
    processes.start("worker", [*gateway, "worker"], environment)
    processes.wait_for("state", f"{urls['state']}/sandbox/health")
    processes.wait_for("payer", f"{urls['payer']}/sandbox/health")
    processes.wait_for("gateway", f"{urls['gateway']}/ready")
    return Addresses(urls["gateway"], urls["state"], urls["payer"], token, password, database, seal_key)


def _found(scene: Scene, gateway: list[str], environment: dict[str, str], password: str) -> None:
    new = ["--code", MUTUAL, "--name", scene.mutual, "--employer-number", scene.employer, "--manager", "mara"]
    new += ["--country", scene.country]
    _command([*gateway, "mutual", "create", *new, "--apply"], {**environment, "GATEWAY_MANAGER_PASSWORD": password})
    account = json.dumps({"name": scene.state, "account": STATE_NUMBER})
    _command([*gateway, "mutual", "configure", MUTUAL, "--set", f"state_account={account}", "--apply"], environment)


def _command(arguments: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {done.stderr.strip()}")


def play(options: Options, at: Addresses, processes: Processes, say: Callable[[str], None]) -> Ending:
    """Set the mutual up and play its months; return how they ended."""
    stage, brought = set_up(options, at, say)
    bank_until = FIRST.start - dt.timedelta(days=1)
    periods = [FIRST.plus(number) for number in range(options.months)]
    for month_no, period in enumerate(periods, start=1):
        processes.check()
        taken, bank_until = play_month(stage, period, month_no, bank_until)
        brought += taken
    return gather(stage.desks, stage.state, stage.payer, periods, brought)


def set_up(options: Options, at: Addresses, say: Callable[[str], None]) -> tuple[Play, int]:
    """Take staff on, found funds, open payrolls and accounts, bring the members in from the office's files.

    Returns the stage, and what the payers in the example files brought.
    """
    manager = Desk(at.gateway, MUTUAL, "mara", at.password)
    for username, role in STAFF.values():
        person = {"username": username, "full_name": username.title(), "password": at.password, "roles": [role]}
        manager.post("/staff-users", person)
    desks = {name: Desk(at.gateway, MUTUAL, username, at.password) for name, (username, _) in STAFF.items()}
    stage = Play(
        desks={"manager": manager, **desks},
        state=Outside(at.state, at.token),
        payer=Outside(at.payer, at.token),
        members=[],
        seed=options.seed,
        scene=options.scene,
        clock_file=options.folder / "clock",
        say=say,
    )
    stage.today(FIRST.start)
    _lay_down(stage)
    known = brought = 0
    if stage.scene.has_examples:
        say("Untidy files, as people bring them")
        known, brought = show_untidy_files(stage)
    stage.members = list(stage.scene.people(options.members - known, options.seed))
    say(f"{len(stage.members):,} more members and their families, from the office's spreadsheets")
    _bring_in(stage)
    return stage, brought


def _lay_down(stage: Play) -> None:
    manager, filing, accountant = stage.desks["manager"], stage.desks["filing"], stage.desks["accountant"]
    for code in FUNDS:
        manager.post("/funds", {"code": code, "name": f"{stage.scene.fund} {code}"})
    for code in stage.scene.payrolls:
        stage.payrolls[code] = filing.post("/payrolls", {"code": code, "name": f"{stage.scene.payroll} {code}"})["id"]
    scene = stage.scene
    money = {"currency": scene.currency}
    bank = {"number": BANK_NUMBER, "name": scene.bank_account, "kind": "bank", **money, "ledger_code": BANK}
    opening = {"opening_amount": OPENING, "opening_on": FIRST.start.isoformat(), "holder": scene.mutual}
    accountant.post("/bank-accounts", {**bank, **opening})
    wallet = {"number": "ORANGE-AMPARO", "name": scene.wallet_account, "kind": "mobile_money", **money}
    accountant.post("/bank-accounts", {**wallet, "ledger_code": WALLET})
    since = {"valid_from": FIRST.start.isoformat()}
    manager.post("/fees", {**since, "amount": scene.fee, **money, "source": "assembly of 2025-12-15"})
    manager.post("/funding-policies", {**since, "rules": POLICY, "reason": "assembly of 2025-12-15"})


def _bring_in(stage: Play) -> None:
    desk = stage.desks["manager"]
    files = {"members": members_file(stage.members, FIRST.start, stage.scene.words)}
    if any(member.dependants for member in stage.members):
        files["dependants"] = dependants_file(stage.members, FIRST.start, stage.scene.words)
    for kind, body in files.items():
        preview = desk.upload("/member-imports", f"{kind}.csv", body, kind=kind)
        done = desk.post(f"/member-imports/{preview['id']}/application", {"policy": "good_rows"})
        stage.say(
            f"  {kind}: {done['row_count']:,} rows, {done['create_count']:,} new, {done['refused_count']:,} refused"
        )
    acts.learn_numbers(stage)


def play_month(stage: Play, period: Period, month_no: int, bank_until: dt.date) -> tuple[int, dt.date]:
    """Play one month; return what members brought and until when the bank's statements are loaded."""
    stage.say(f"{period}")
    with _timed(stage, "members pay"):
        stage.today(period.end)
        costs = acts.assess(stage, period)
        taken = acts.collect(stage, period, month_no, costs)
        acts.remind(stage, period)
    after = period.next().start
    with _timed(stage, "cash to the bank, statement, reconciliation"):
        acts.bring_to_bank(stage, period.end)
        acts.load_statement(stage, bank_until + dt.timedelta(days=1), period.end)
        acts.place_suspense(stage)
    with _timed(stage, "filing and the state's answer"):
        _misbehave(stage, period, month_no)
        stage.today(after)
        filings = acts.file_month(stage, period, "monthly")
    with _timed(stage, "late payers and mended lines in a supplement"):
        late = acts.collect_late(stage, period, month_no, costs, after)
        stage.state.ask("PUT", "/sandbox/register", json={"not_registered": []})
        filings += acts.file_month(stage, period, "supplementary")
    with _timed(stage, "the bill, ordered by one and released by another"):
        paid_on = after + dt.timedelta(days=1)
        stage.today(paid_on)
        bills = acts.pay_bills(stage, period, filings)
        acts.wait_for_confirmations(stage, bills)
    with _timed(stage, "benefits come back and go out"):
        if stage.scene.pays_benefits:
            acts.pay_benefits(stage, period)
        acts.bring_to_bank(stage, paid_on)
        acts.load_statement(stage, period.end + dt.timedelta(days=1), paid_on)
        acts.place_suspense(stage)
        settled_on = paid_on + dt.timedelta(days=1)
        stage.today(settled_on)
        if stage.scene.pays_benefits:
            acts.pay_out(stage, settled_on)
        acts.load_statement(stage, settled_on, settled_on)
    with _timed(stage, "breaks explained, the day signed off, month closed"):
        acts.explain_breaks(stage, period)
        stage.desks["accountant"].post("/day-closings", {"on": settled_on.isoformat()})
        stage.desks["manager"].post(f"/months/{period}/closing", {"reason": "every difference is explained"})
    return sum(taken.values()) + late, settled_on


def _misbehave(stage: Play, period: Period, month_no: int) -> None:
    """Let the state be as states are: some persons not in its register, and in the second month a lost answer."""
    some = [member.identity for member in stage.members if (member.index + month_no) % 211 == 0]
    stage.state.ask("PUT", "/sandbox/register", json={"not_registered": some})
    if month_no == 2:
        rule = {"on": "submit", "nth": 1, "do": "drop_after"}
        stage.state.ask("POST", "/sandbox/script", json={"rules": [rule]})
        stage.say(f"    (the state will take the first file of {period} and its answer will be lost on the way)")


@contextlib.contextmanager
def _timed(stage: Play, what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    stage.say(f"  {what}: {time.monotonic() - began:.1f} s")


def _teller() -> Callable[[str], None]:
    def say(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    return say


def _where(options: Options, at: Addresses) -> str:
    if not options.keep:
        return (
            "The API's documentation: openapi/gateway.json, or /docs of a running gateway (python3 run.py demo --keep)."
        )
    people_ = ", ".join(sorted([username for username, _ in STAFF.values()] + ["mara"]))
    return (
        f"The gateway runs at {at.gateway}, its documentation at {at.gateway}/docs.\n"
        f"Mutual {MUTUAL}; staff {people_}; their password in this demonstration: {at.password}\n"
        f"The sandbox state runs at {at.state}, the payer and bank at {at.payer}. Data and logs: {options.folder}\n"
        "Ctrl-C ends everything."
    )


def _wait_for_interrupt(processes: Processes, say: Callable[[str], None]) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            processes.check()
            time.sleep(1)
    say("Stopping …")


__all__: list[Any] = ["Options", "run"]
