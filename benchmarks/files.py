"""Files: the state's, a bank's statement and a list of members. Figures 7, 8 and the members' import."""

import datetime as dt
import io
import tempfile
from collections.abc import Iterator
from xml.etree import ElementTree

import psycopg

from benchmarks import child, limits, town
from benchmarks.figure import Figure, of_rounds
from benchmarks.place import clock
from benchmarks.town import Town
from gateway.bank.camt import read_statement
from gateway.contributions.reference import make_reference
from gateway.membership.import_members import apply, preview
from gateway.membership.states import ImportKind, ImportPolicy


def measure_tss(rows: int, repeat: int) -> list[Figure]:
    """Measure the writing and checking of the state's file, in a process of its own."""
    # A file of the state holds no more.
    rows = min(rows, 999_997)
    told = child.run("tss", rows, repeat)
    memory = {"peak_mebibytes": told["peak_mebibytes"]}
    what = f"a file of {rows:,} lines against copying its lines in Python"
    return [
        of_rounds("tss_write", f"write {what}", told["written"], told["copied"], 2.0),
        of_rounds("tss_check", f"check {what}", told["checked"], told["copied"], 2.0, detail=memory),
    ]


def measure_members(place: Town, bare: psycopg.Connection, repeat: int) -> Figure:
    """Measure the import of a file of new members into the other mutual."""
    body = place.members_file()
    with psycopg.connect(place.database.url) as owner:
        owner.execute("SELECT set_config('gateway.mutual_id', '2', false)")
        owner.execute("INSERT INTO payroll (code, name, employer_number) VALUES ('001', 'Choferes', '401888888')")
    limit = [limits.measure_members(bare, body).seconds for _ in range(repeat)]
    began = clock()
    with place.database.session(2) as session:
        made = preview(
            session, body=body, file_name="socios.csv", kind=ImportKind.MEMBERS, actor=town.ACTOR, today=town.TODAY
        )
    with place.database.session(2) as session:
        done = apply(session, made.id, policy=ImportPolicy.GOOD_ROWS, actor=town.ACTOR, today=town.TODAY)
    took = clock() - began
    if (done.create_count, done.refused_count) != (place.rows, 0):
        raise AssertionError(f"{done.create_count} of {place.rows} members were taken on: {done}")
    what = f"a file of {place.rows:,} new members, previewed and applied, against COPY and five bare inserts"
    return of_rounds("members", what, [took] * repeat, limit, None, note="once; the limit several times")


def measure_statement(place: Town, lines: int) -> list[Figure]:
    """Measure a statement in which members pay by their references: reading, loading, booking, and the memory of both."""
    body = _statement(place, lines)
    began = clock()
    for _event, element in ElementTree.iterparse(io.BytesIO(body)):
        element.clear()
    parsed = clock() - began
    began = clock()
    read_statement(body)
    took_reading = clock() - began
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(body)
        file.flush()
        told = child.run("statement", place.database.url, file.name)
    if told["lines"] != lines or told["by_rule"] != {"member_reference": lines}:
        raise AssertionError(f"of {lines} lines: {told}")
    took, memory = told["booking"], "resident peak of a process that loads and books a statement"
    return [
        of_rounds(
            "statement_read",
            f"read {lines:,} statement lines, against a bare XML parser",
            [took_reading],
            [parsed],
            None,
        ),
        Figure("statement_load", f"load {lines:,} statement lines", "s", told["loading"]),
        Figure(
            "statement_match",
            f"match {lines:,} statement lines and book a receipt for each",
            "s",
            took,
            detail={"microseconds_per_line": round(took / lines * 1e6)},
        ),
        Figure(
            "statement_memory",
            f"{memory} of {lines:,} lines",
            "MiB",
            told["peak_mebibytes"],
            detail={name: round(told[name], 1) for name in ("mebibytes_before", "mebibytes_loaded")},
        ),
    ]


def _statement(place: Town, lines: int) -> bytes:
    with place.database.session(1):
        opening = _balance(place)
    numbers = place.query("SELECT number FROM member WHERE mutual_id = 1 ORDER BY id LIMIT %(lines)s", {"lines": lines})
    day = town.TODAY
    amounts = [40_000 + place_no % 500 for place_no in range(lines)]
    return "".join(_pieces(opening, [make_reference(number) for (number,) in numbers], amounts, day)).encode()


def _balance(place: Town) -> int:
    found = place.query(
        "SELECT coalesce(sum(e.amount_minor), 0)::int8 FROM ledger_entry e JOIN ledger_account a"
        " ON a.mutual_id = e.mutual_id AND a.id = e.account_id WHERE a.mutual_id = 1 AND a.code = %(code)s",
        {"code": town.BANK},
    )
    return int(found[0][0])


def _pieces(opening: int, references: list[str], amounts: list[int], day: dt.date) -> Iterator[str]:
    yield (
        "<?xml version='1.0' encoding='UTF-8'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'>"
        f"<BkToCstmrStmt><GrpHdr><MsgId>M{day}</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr><Stmt>"
        f"<Id>S{day}</Id><CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<FrToDt><FrDtTm>{day}T00:00:00</FrDtTm><ToDtTm>{day}T23:59:59</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{town.BANK_NUMBER}</Id></Othr></Id><Ccy>DOP</Ccy></Acct>"
        f"{_balance_element('OPBD', opening, day)}{_balance_element('CLBD', opening + sum(amounts), day)}"
    )
    for number, (reference, minor) in enumerate(zip(references, amounts, strict=True), 1):
        amount = f"{minor // 100}.{minor % 100:02d}"
        yield (
            f"<Ntry><NtryRef>N{number}</NtryRef><Amt Ccy='DOP'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
            f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>"
            f"<NtryDtls><TxDtls><Refs><EndToEndId>C{number}</EndToEndId></Refs><Amt Ccy='DOP'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
            f"<RltdPties><Dbtr><Nm>Persona {number}</Nm></Dbtr></RltdPties><RmtInf><Ustrd>aporte {reference}</Ustrd></RmtInf>"
            "</TxDtls></NtryDtls></Ntry>"
        )
    yield "</Stmt></BkToCstmrStmt></Document>"


def _balance_element(code: str, minor: int, day: dt.date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='DOP'>{minor // 100}.{minor % 100:02d}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )
