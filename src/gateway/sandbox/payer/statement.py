"""Statements of account: camt.053.001.08, one for the whole range or one for each day."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from xml.sax.saxutils import escape

from gateway.sandbox.answering import Answer, Call
from gateway.sandbox.payer.books import balance, find_account
from gateway.sandbox.payer.core import IN_THE_STATEMENT, Payer
from gateway.sandbox.payer.errors import bank_problem

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_LONGEST = 400


@dataclass(frozen=True)
class Statement:
    """One statement, before it is written."""

    account: str
    start: dt.date
    end: dt.date
    opening_minor: int
    closing_minor: int
    lines: list[Any] = field(default_factory=list)


def get_statements(payer: Payer, call: Call) -> Answer:
    """GET /bank/statements?account&from&to[&daily=true]."""
    query = call.query
    try:
        start, end = dt.date.fromisoformat(query["from"]), dt.date.fromisoformat(query.get("to", query["from"]))
        if not 0 <= (end - start).days < _LONGEST:
            raise ValueError(f"to is not before from, and at most {_LONGEST} days")
    except (KeyError, ValueError) as broken:
        return bank_problem(422, "range_invalid", f"expected from and to, YYYY-MM-DD: {broken}")
    account = query.get("account", payer.options.account)
    connection = payer.store.read()
    if find_account(connection, account) is None:
        return bank_problem(404, "account_unknown", f"no account {account} is held here")
    rules = payer.fire("statements", IN_THE_STATEMENT, account=account, **{"from": query["from"]})
    if any(rule.do == "overlap" for rule in rules):
        start -= dt.timedelta(days=1)
    days = query.get("daily", "false").lower() in ("true", "1", "yes")
    ranges = [(start, end)] if not days else [(day, day) for day in _days(start, end)]
    statements = [_statement(connection, account, *span) for span in ranges]
    for rule in rules:
        statements = _spoiled(rule, statements)
    return Answer(body=write(payer, statements).encode(), media_type="application/xml")


def _days(start: dt.date, end: dt.date) -> Iterator[dt.date]:
    for number in range((end - start).days + 1):
        yield start + dt.timedelta(days=number)


def _statement(connection: sqlite3.Connection, account: str, start: dt.date, end: dt.date) -> Statement:
    opening = balance(connection, account, start.isoformat())
    lines = connection.execute(
        "SELECT * FROM booking WHERE account = ? AND booked_on BETWEEN ? AND ? ORDER BY booked_on, id",
        [account, start.isoformat(), end.isoformat()],
    ).fetchall()
    return Statement(account, start, end, opening, opening + sum(line["amount_minor"] for line in lines), lines)


def _spoiled(rule: Any, statements: list[Statement]) -> list[Statement]:
    at = min(int(rule.get("at", 0)), len(statements) - 1)
    match rule.do:
        case "drop_day":
            day = rule.get("day")
            kept = [one for one in statements if one.start.isoformat() != day] if day else [*statements]
            if not day:
                kept.pop(at)
            return kept or statements
        case "repeat":
            return [*statements, *statements]
        case "duplicate_line":
            one = next((one for one in statements if one.lines), None)
            return [replace(x, lines=[*x.lines, x.lines[-1]]) if x is one else x for x in statements]
        case "missing_line":
            one = next((one for one in statements if one.lines), None)
            return [replace(x, lines=x.lines[1:]) if x is one else x for x in statements]
        case "wrong_opening":
            by = int(rule.get("by_minor", 1))
            wrong = replace(statements[at], opening_minor=statements[at].opening_minor + by)
            return [wrong if number == at else one for number, one in enumerate(statements)]
        case "wrong_account":
            return [replace(one, account=str(rule.get("account", "9699999999"))) for one in statements]
    return statements


def write(payer: Payer, statements: list[Statement]) -> str:
    """Write statements as one document."""
    now = payer.clock.stamp()
    body = "".join(_write_one(payer, one, now) for one in statements)
    name = f"CAMT{statements[0].account}-{statements[0].start:%Y%m%d}-{statements[-1].end:%Y%m%d}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{escape(name)[:35]}</MsgId><CreDtTm>{now}</CreDtTm></GrpHdr>{body}</BkToCstmrStmt></Document>\n"
    )


def _write_one(payer: Payer, one: Statement, now: str) -> str:
    entries = "".join(_entry(payer, line) for line in one.lines)
    return (
        f"<Stmt><Id>{one.account}-{one.start:%Y%m%d}-{one.end:%Y%m%d}</Id>"
        f"<ElctrncSeqNb>{one.end.toordinal() - dt.date(2020, 1, 1).toordinal()}</ElctrncSeqNb><CreDtTm>{now}</CreDtTm>"
        f"<FrToDt><FrDtTm>{one.start}T00:00:00-04:00</FrDtTm><ToDtTm>{one.end}T23:59:59-04:00</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{escape(one.account)}</Id></Othr></Id><Ccy>{payer.currency.code}</Ccy></Acct>"
        f"{_balance(payer, 'OPBD', one.opening_minor, one.start)}{_balance(payer, 'CLBD', one.closing_minor, one.end)}"
        f"{_summary(payer, one)}{entries}</Stmt>"
    )


def _signed(payer: Payer, minor: int) -> str:
    direction = "DBIT" if minor < 0 else "CRDT"
    return f'<Amt Ccy="{payer.currency.code}">{payer.plain(abs(minor))}</Amt><CdtDbtInd>{direction}</CdtDbtInd>'


def _balance(payer: Payer, code: str, minor: int, day: dt.date) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_signed(payer, minor)}<Dt><Dt>{day}</Dt></Dt></Bal>"


def _summary(payer: Payer, one: Statement) -> str:
    incoming = [line["amount_minor"] for line in one.lines if line["amount_minor"] >= 0]
    outgoing = [-line["amount_minor"] for line in one.lines if line["amount_minor"] < 0]
    return (
        f"<TxsSummry><TtlNtries><NbOfNtries>{len(one.lines)}</NbOfNtries></TtlNtries>"
        f"<TtlCdtNtries><NbOfNtries>{len(incoming)}</NbOfNtries><Sum>{payer.plain(sum(incoming))}</Sum></TtlCdtNtries>"
        f"<TtlDbtNtries><NbOfNtries>{len(outgoing)}</NbOfNtries><Sum>{payer.plain(sum(outgoing))}</Sum></TtlDbtNtries>"
        "</TxsSummry>"
    )


def _entry(payer: Payer, line: Any) -> str:
    family, sub = line["family"].split("/")
    return (
        f"<Ntry>{_signed(payer, line['amount_minor'])}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{line['booked_on']}</Dt></BookgDt><ValDt><Dt>{line['booked_on']}</Dt></ValDt>"
        f"<AcctSvcrRef>{line['bank_reference']}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls>{_references(line)}{_signed(payer, line['amount_minor'])}{_parties(line)}"
        f"{_tagged('RmtInf', _tagged('Ustrd', escape(line['text'])[:140]))}{_return(line)}</TxDtls></NtryDtls></Ntry>"
    )


def _tagged(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>" if inside else ""


def _references(line: Any) -> str:
    given = (
        ("MsgId", line["message_id"]),
        ("AcctSvcrRef", line["bank_reference"]),
        ("PmtInfId", line["payment_info_id"]),
        ("EndToEndId", line["end_to_end_id"] or "NOTPROVIDED"),
    )
    return _tagged("Refs", "".join(_tagged(name, escape(str(value))) for name, value in given if value))


def _parties(line: Any) -> str:
    role = "Dbtr" if line["amount_minor"] >= 0 else "Cdtr"
    name = _tagged(role, _tagged("Pty", _tagged("Nm", escape(line["party_name"] or ""))))
    account = line["party_account"]
    where = f"<{role}Acct><Id><Othr><Id>{escape(account)}</Id></Othr></Id></{role}Acct>" if account else ""
    return _tagged("RltdPties", name + where)


def _return(line: Any) -> str:
    if not line["return_reason"]:
        return ""
    code, _, text = line["return_reason"].partition(":")
    more = _tagged("AddtlInf", escape(text.strip())[:105])
    return f"<RtrInf><Rsn><Cd>{escape(code)[:4]}</Cd></Rsn>{more}</RtrInf>"
